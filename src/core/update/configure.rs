//! Configure: the stages, one after the other, each looking before it changes anything.
//!
//! What keeps it safe: a package is installed only after the list was read and showed it neither
//! installed nor on its way; a change whose outcome is not known is never repeated before the
//! service was read again; an unknown state is still running.

mod identities;
mod install;

use super::troubles::{failure, failure_of, tell_miss};
use super::{Cx, reading, run, storing, troubles};
use crate::core::call::{Call, Change, Reply};
use crate::core::configuring::{AskedBefore, Configuring, StageState, Step};
use crate::core::facts::{Answer, FactKind, Facts};
use crate::core::failure::{Failure, Halt};
use crate::core::gate::{self, Gate};
use crate::core::journal::{ChangeResult, Deed, Outcome, Run, What as Line, Work};
use crate::core::mandate::Mandate;
use crate::core::msg::Ticket;
use crate::core::plan::{APPLICATION_USERS, CORE_PACKAGE, STAGES, StageId};
use crate::core::service::Service;
use crate::core::setup::{Flow, Setup, Watch};
use crate::core::time::{Now, between};
use crate::core::trouble::{Trouble, What};
use identities::{change_answered, create_user, read_role, read_rows, read_user, rows_read, user_read};
use install::{SettleTries, install_answered, look, looked, watch_call, watched};
use std::time::Duration;

/// What becomes of a run after one event.
enum Next {
    Stay,
    Done,
    Failed(Box<Failure>),
}

/// Starts at a stage.
pub(super) fn start(setup: &mut Setup, first: StageId, mandate: Mandate, cx: &mut Cx) {
    run::began(setup, Work::Configure { first, mandate: mandate.clone() }, false, cx);
    setup.tell(cx.now, format!("set-up started as {}", cx.account));
    // A repair adds to what its set-up has written.
    if first == StageId::Prerequisites {
        setup.written.clear();
    }
    let linked = match &setup.flow {
        Flow::Linked(link) => Some(link.clone()),
        _ => None,
    };
    let run = Configuring { linked, ..fresh(first, mandate, cx.now, cx.now) };
    go(setup, Box::new(run), cx, begin);
}

/// Goes on after an interruption. Every stage is looked at anew; what is done is passed over, and an
/// installation that was asked for before is watched.
pub(super) fn take_up(setup: &mut Setup, first: StageId, mandate: Mandate, since: Now, before: &Run, cx: &mut Cx) {
    let mut run = fresh(first, mandate, since, cx.now);
    let done = before.changes.iter().filter(|line| line.result == Some(ChangeResult::Done));
    setup.written = done.map(|line| line.deed.clone()).collect();
    let last = before.changes.last().filter(|line| matches!(line.result, None | Some(ChangeResult::Unknown)));
    run.unsettled = last.map(|line| line.deed.clone());
    run.asked_before = std::iter::once(CORE_PACKAGE)
        .chain(run.mandate.packages())
        .filter_map(|package| {
            let line = before.installation(package)?;
            let is_accepted = line.result == Some(ChangeResult::Accepted);
            Some(AskedBefore { package, operation: line.id.clone(), is_accepted, at: line.at })
        })
        .collect();
    go(setup, Box::new(run), cx, begin);
}

fn fresh(first: StageId, mandate: Mandate, started: Now, now: Now) -> Configuring {
    Configuring {
        started,
        unsettled: None,
        mandate,
        package: 0,
        is_asked: false,
        installed: 0,
        linked: None,
        last_deed: None,
        met: None,
        asked_before: Vec::new(),
        stages: Configuring::stages(first),
        current: STAGES.iter().position(|id| *id == first).unwrap_or(0),
        step: Step::ReadAll,
        watch: idle(now),
    }
}

/// Again from the failed stage. What the last stage found missing is made by an earlier one.
pub(super) fn again(setup: &mut Setup, cx: &mut Cx) {
    let Flow::ConfigureFailed(run, _) = std::mem::replace(&mut setup.flow, Flow::Details { wanted: false }) else {
        return;
    };
    let mut run = run;
    run::began(setup, Work::Configure { first: run.first(), mandate: run.mandate.clone() }, false, cx);
    if run.stage().id == StageId::Verification {
        // No stage that this run was not meant for: a repair installs nothing.
        let place = |wanted: StageId| STAGES.iter().position(|id| *id == wanted).unwrap_or(0);
        run.current = place(StageId::CoreSolution).max(place(run.first()));
    }
    // The wait on the failure is nobody's work: the clock begins anew.
    run.started = cx.now;
    let from = run.current;
    for stage in &mut run.stages[from..] {
        stage.state = StageState::Waiting;
        stage.detail.clear();
        stage.since = None;
        stage.until = None;
    }
    setup.tell(cx.now, format!("tried again from {}", run.title()));
    go(setup, run, cx, begin);
}

/// A reply to the open question of the run.
pub(super) fn reply(setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) {
    if let Flow::Configuring(run) = std::mem::replace(&mut setup.flow, Flow::Details { wanted: false }) {
        go(setup, run, cx, |run, setup, cx| {
            let (was_watched, stage) = (matches!(run.step, Step::Watch(_)), run.stage().id);
            let next = on_reply(run, setup, result, cx);
            if let (true, Some((at, word))) = (was_watched, &run.watch.last)
                && *at == cx.now
                && run.watch.trouble.is_none()
                // What ended the stage stands in the line of the stage.
                && run.stage().id == stage
            {
                let (elapsed, next_in) = (between(run.started, cx.now), between(cx.now, run.watch.asks_at));
                run::read(setup, Some(stage), word, elapsed, next_in, cx);
            }
            next
        });
    }
}

/// Every fact was read: the first and the last stage wait for it.
pub(super) fn all_read(setup: &mut Setup, cx: &mut Cx) {
    if let Flow::Configuring(run) = std::mem::replace(&mut setup.flow, Flow::Details { wanted: false }) {
        go(setup, run, cx, |run, setup, cx| if run.step == Step::ReadAll { judge(run, setup, cx) } else { Next::Stay });
    }
}

fn go(
    setup: &mut Setup,
    mut run: Box<Configuring>,
    cx: &mut Cx,
    work: impl FnOnce(&mut Configuring, &mut Setup, &mut Cx) -> Next,
) {
    match work(&mut run, setup, cx) {
        Next::Stay => setup.flow = Flow::Configuring(run),
        Next::Done => {
            let mut took = between(run.started, cx.now);
            if run.is_whole() {
                took += std::mem::take(&mut setup.tries_took);
                setup.configure_took = Some(took);
            }
            let what = if run.is_whole() { "set-up complete" } else { "what was missing is there now, made" };
            setup.tell(cx.now, format!("{what} in {}", crate::core::time::to_the_second(took)));
            cx.record(setup, Line::Configured);
            // What is linked stays linked: only something was added.
            setup.flow = if gate::is_linked(cx.environment, &setup.facts) {
                super::link::linked_already(setup, cx)
            } else if gate::mismatch(cx.environment, &setup.facts).is_some() {
                Flow::Configured
            } else {
                run.linked.take().map_or(Flow::Configured, Flow::Linked)
            };
            let is_linked = matches!(setup.flow, Flow::Linked(_));
            run::finished(setup, if is_linked { Outcome::Linked } else { Outcome::Configured }, cx);
        }
        Next::Failed(mut failure) => {
            setup.count(&mut failure);
            if run.is_whole() {
                setup.tries_took += between(run.started, cx.now);
            }
            mark(&mut run, setup, StageState::Failed, "", cx);
            setup.tell(cx.now, format!("{} failed: {}", run.title(), failure.words));
            cx.record(setup, failure.line("configure"));
            run::finished(setup, Outcome::Failed, cx);
            setup.flow = Flow::ConfigureFailed(run, failure);
        }
    }
}

/// What a reading says of the change whose answer is missing; `None`: it is about another one.
fn settle(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, says: impl Fn(&Deed, &Facts) -> Option<ChangeResult>) {
    if let Some(result) = run.unsettled.as_ref().and_then(|deed| says(deed, &setup.facts)) {
        if let Some(deed) = run.unsettled.take().filter(|_| result == ChangeResult::Done) {
            setup.wrote(deed);
        }
        cx.record(setup, Line::Outcome { result, id: None, words: "result found by reading".into() });
    }
}

fn idle(now: Now) -> Watch {
    Watch {
        ticket: Ticket(0),
        asks: None,
        asks_at: now,
        is_change: false,
        last: None,
        misses: 0,
        trouble: None,
        not_before: None,
    }
}

fn mark(run: &mut Configuring, setup: &Setup, state: StageState, detail: &str, cx: &mut Cx) {
    let current = &mut run.stages[run.current];
    current.state = state;
    // What it was doing is no detail of a failure.
    if !detail.is_empty() || state == StageState::Failed {
        detail.clone_into(&mut current.detail);
    }
    match state {
        StageState::Running => current.since = Some(cx.now),
        StageState::Done | StageState::Skipped | StageState::Failed => current.until = Some(cx.now),
        StageState::Waiting => {}
    }
    let line = Line::Stage { stage: current.id, state, detail: current.detail.clone() };
    cx.record(setup, line);
}

fn begin(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx) -> Next {
    mark(run, setup, StageState::Running, "", cx);
    match run.stage().id {
        StageId::Prerequisites | StageId::Verification => {
            run.step = Step::ReadAll;
            run.watch = idle(cx.now);
            reading::read_all(setup, cx);
            "reading both sides".clone_into(&mut run.stages[run.current].detail);
            if reading::is_judgeable(setup) { judge(run, setup, cx) } else { Next::Stay }
        }
        StageId::CoreSolution | StageId::Application => {
            (run.package, run.is_asked, run.installed) = (0, false, 0);
            look(run, setup, cx, SettleTries::default(), Duration::ZERO)
        }
        StageId::ApplicationUsers => read_user(run, setup, cx, 0, 0, Duration::ZERO),
        StageId::ClientIdRows => {
            run.step = Step::ReadFinopsUsers;
            ask(run, setup, cx, FactKind::FinopsUsers, Duration::ZERO)
        }
    }
}

fn finish(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, state: StageState, detail: &str) -> Next {
    mark(run, setup, state, detail, cx);
    setup.tell(cx.now, format!("{}: {detail}", run.title()));
    run.met = None;
    if run.current + 1 == run.stages.len() {
        return Next::Done;
    }
    run.current += 1;
    begin(run, setup, cx)
}

/// The first and the last stage, once everything was read.
fn judge(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx) -> Next {
    let unknown = setup.facts.troubles().len();
    run.watch.heard(cx.now, "read");
    let read = || match unknown {
        0 => "both sides read".to_owned(),
        count => format!("both sides read, {count} could not be told"),
    };
    if run.stage().id == StageId::Prerequisites {
        return match gate::dual_write_application(cx.environment, &setup.facts) {
            Gate::Open if let Some(refusal) = setup.facts.refusal() => {
                let failure = failure_of(&refusal.clone(), setup, cx);
                Next::Failed(Box::new(Failure { halt: Halt::CouldNotRead, ..failure }))
            }
            Gate::Open => finish(run, setup, cx, StageState::Done, &read()),
            Gate::Closed(why) => own_words(Service::Dataverse, why, setup, cx),
            Gate::Reading => own_words(
                Service::Dataverse,
                "Could not tell whether Power Platform Integration is set up.".into(),
                setup,
                cx,
            ),
        };
    }
    match setup.facts.configured(cx.environment) {
        Answer::Yes => finish(run, setup, cx, StageState::Done, "everything is there"),
        Answer::No(reasons) => {
            own_words(Service::Dataverse, format!("Verification found: {}.", reasons.join("; ")), setup, cx)
        }
        Answer::Unknown(reasons) => {
            own_words(Service::Dataverse, format!("Verification could not tell: {}.", reasons.join("; ")), setup, cx)
        }
    }
}

/// A failure that the program itself found; the catalogue is not asked.
fn own_words(service: Service, words: String, setup: &Setup, cx: &Cx) -> Next {
    let mut failure = failure(service, words, None, setup, cx);
    failure.fault = None;
    failure.is_ours = true;
    "Fix what is named, then try again; everything is read again.".clone_into(&mut failure.next_move);
    Next::Failed(Box::new(failure))
}

/// A change that was asked for again and again and that is not there all the same: what the last try met is said.
fn given_up(run: &Configuring, service: Service, words: &str, setup: &Setup, cx: &Cx) -> Next {
    if let Some(trouble) = &run.met {
        let what = format!("{words}; the latest attempt failed");
        return Next::Failed(Box::new(troubles::failed_at(&what, trouble, setup, cx)));
    }
    let who = service.name();
    own_words(service, format!("{words}; the latest attempt was accepted, but {who} does not show it."), setup, cx)
}

/// Asks for a fact on the run's own account.
fn ask(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, kind: FactKind, after: Duration) -> Next {
    match reading::call_for_step(kind, setup, cx) {
        Ok(call) => {
            run.watch.then_ask(cx, call, after);
            Next::Stay
        }
        Err(trouble) => standstill(&trouble, setup, cx),
    }
}

fn change(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, change: Change) -> Next {
    setup.tell(cx.now, format!("requested: {}", change.sentence()));
    run.last_deed = Some(change.deed());
    run.watch.then_change(cx, &setup.run, change);
    Next::Stay
}

fn on_reply(run: &mut Configuring, setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) -> Next {
    match run.step.clone() {
        Step::ReadAll => Next::Stay,
        Step::Look { settle, tries } => looked(run, setup, result, SettleTries { settle, tries }, cx),
        Step::Install { tries } => install_answered(run, setup, result, tries, cx),
        Step::Watch(install) => watched(run, setup, result, install, cx),
        Step::ReadUser { index, changes } => match read(run, setup, cx, FactKind::User(index), result) {
            Ok(()) => user_read(run, setup, index, changes, cx),
            Err(next) => next,
        },
        Step::ReadBusinessUnit { index, changes, user } => match result {
            Ok(Reply::BusinessUnits(units)) => {
                let Some(unit) = units.into_iter().next() else {
                    return own_words(
                        Service::Dataverse,
                        "Dataverse shows no root business unit to this account, so no application user can be made."
                            .into(),
                        setup,
                        cx,
                    );
                };
                match user {
                    None => create_user(run, setup, index, changes, unit.businessunitid, cx),
                    Some(user) => read_role(run, cx, index, changes, user, unit.businessunitid),
                }
            }
            other => ask_again(run, setup, other, cx),
        },
        Step::ReadRole { index, changes, user, .. } => match result {
            Ok(Reply::Roles(roles)) => {
                let Some(role) = roles.into_iter().next() else {
                    return own_words(
                        Service::Dataverse,
                        "Dataverse shows no role System Administrator in the user's business unit.".into(),
                        setup,
                        cx,
                    );
                };
                run.step = Step::ChangeUser { index, changes };
                let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
                let app = APPLICATION_USERS[index];
                change(run, setup, cx, Change::GiveRole { dataverse, user, role: role.roleid, app })
            }
            other => ask_again(run, setup, other, cx),
        },
        Step::ChangeUser { index, changes } => match change_answered(run, setup, result, cx) {
            Ok(after) => read_user(run, setup, cx, index, changes + 1, after),
            Err(next) => next,
        },
        Step::ReadFinopsUsers => {
            if let Err(trouble) = &result
                && run.watch.may_ask_again(trouble)
            {
                return ask_again(run, setup, result, cx);
            }
            // Who the users are is good to know, and not needed: the rows are read all the same.
            storing::store(&mut setup.facts, FactKind::FinopsUsers, result, cx);
            read_rows(run, setup, cx, 0, Duration::ZERO)
        }
        Step::ReadRows { changes } => match read(run, setup, cx, FactKind::Rows, result) {
            Ok(()) => rows_read(run, setup, changes, cx),
            Err(next) => next,
        },
        Step::ChangeRows { changes } => match change_answered(run, setup, result, cx) {
            Ok(after) => read_rows(run, setup, cx, changes + 1, after),
            Err(next) => next,
        },
    }
}

/// Keeps a fact that a step asked for, or asks again, or fails.
fn read(
    run: &mut Configuring,
    setup: &mut Setup,
    cx: &mut Cx,
    kind: FactKind,
    result: Result<Reply, Trouble>,
) -> Result<(), Next> {
    match result {
        Ok(reply) => {
            storing::store(&mut setup.facts, kind, Ok(reply), cx);
            run.watch.heard(cx.now, "read");
            Ok(())
        }
        Err(trouble) => Err(ask_again(run, setup, Err(trouble), cx)),
    }
}

/// A question of a step that brought no answer: again after a pause, or the stage fails.
fn ask_again(run: &mut Configuring, setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) -> Next {
    let trouble = match result {
        Err(trouble) => trouble,
        Ok(_) => Trouble::new(Service::Dataverse, What::Unreadable, "an answer to another question"),
    };
    if run.watch.may_ask_again(&trouble)
        && let Some(call) = step_call(run, setup, cx)
    {
        let line = trouble.clone();
        let pause = run.watch.missed(cx, call, trouble);
        tell_miss(setup, &line, run.watch.misses, pause, cx);
        return Next::Stay;
    }
    standstill(&trouble, setup, cx)
}

/// What must be known cannot be read: nothing says that the stage itself has failed.
fn standstill(trouble: &Trouble, setup: &Setup, cx: &Cx) -> Next {
    Next::Failed(Box::new(Failure { halt: Halt::CouldNotRead, ..failure_of(trouble, setup, cx) }))
}

/// The question that the step of a run asks.
fn step_call(run: &Configuring, setup: &Setup, cx: &Cx) -> Option<Call> {
    let dataverse = || cx.environment.dataverse.as_ref().map(|side| side.url.clone());
    let fact = |kind| reading::call_for_step(kind, setup, cx).ok();
    match &run.step {
        Step::Look { .. } => fact(FactKind::Packages),
        Step::Watch(install) => watch_call(install, setup, cx),
        Step::ReadUser { index, .. } => fact(FactKind::User(*index)),
        Step::ReadBusinessUnit { .. } => dataverse().map(Call::RootBusinessUnit),
        Step::ReadRole { business_unit, .. } => {
            Some(Call::AdministratorRole { dataverse: dataverse()?, business_unit: business_unit.clone() })
        }
        Step::ReadFinopsUsers => fact(FactKind::FinopsUsers),
        Step::ReadRows { .. } => fact(FactKind::Rows),
        Step::ReadAll | Step::Install { .. } | Step::ChangeUser { .. } | Step::ChangeRows { .. } => None,
    }
}
