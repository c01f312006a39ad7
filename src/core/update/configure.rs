//! Configure: the stages, one after the other, each looking before it changes anything.
//!
//! What keeps it safe: a package is installed only after the list was read and showed it neither
//! installed nor on its way; a change whose outcome is not known is never repeated before the
//! service was read again; an unknown state is still running.

use super::{Cx, failure, failure_of, miss_line, reading};
use crate::core::call::{Call, Change, Reply};
use crate::core::gate::{self, Gate};
use crate::core::journal::What as Line;
use crate::core::msg::Ticket;
use crate::core::plan::{APPLICATION_USERS, STAGES, StageId, client_id_rows};
use crate::core::schedule::{SETTLE_PAUSE, STEP_ATTEMPTS, back_off, pace};
use crate::core::setup::{
    Answer, Configuring, FactKind, Failure, Flow, IdentityState, Install, PackageState, Setup, StageState, Step, Watch,
    error_words,
};
use crate::core::time::{Now, between};
use crate::core::trouble::{Done, Service, Trouble, What};
use crate::wire::finance_operations::DEFAULT_USER;
use crate::wire::power_platform::Operation;
use std::time::Duration;

/// Changes asked for one identity before the program stops and says so: three are needed at most
/// (make, enable, role), and each can be lost on its way.
const IDENTITY_CHANGES: u8 = 9;
/// How long the package list may stay silent about an accepted installation.
const SILENT_MAX: Duration = Duration::from_mins(10);
/// A failure in the package list younger than this may be the one from before.
const OLD_FAILURE: Duration = Duration::from_mins(1);
/// Looks at the list after an installation whose outcome is not known, before it is asked again.
const SETTLE_LOOKS: u8 = 2;

/// What becomes of a run after one event.
enum Next {
    Stay,
    Done,
    Failed(Box<Failure>),
}

/// Starts a run at a stage.
pub(super) fn start(setup: &mut Setup, first: StageId, terms: Option<&str>, cx: &mut Cx) {
    let run_id = cx.desk.guid();
    cx.record(
        &run_id,
        Line::Started {
            name: cx.environment.name.clone(),
            account: cx.account.to_owned(),
            terms: terms.map(str::to_owned),
        },
    );
    setup.tell(cx.now, format!("set-up started as {}", cx.account));
    let run = Configuring {
        run: run_id,
        started: cx.now,
        stages: Configuring::stages(first),
        current: STAGES.iter().position(|id| *id == first).unwrap_or(0),
        step: Step::ReadAll,
        watch: idle(cx.now),
    };
    go(setup, Box::new(run), cx, begin);
}

/// Again from the failed stage. What the last stage found missing is made by an earlier one.
pub(super) fn try_again(setup: &mut Setup, cx: &mut Cx) {
    let Flow::ConfigureFailed(run, _) = std::mem::replace(&mut setup.flow, Flow::Details { wanted: false }) else {
        return;
    };
    let mut run = run;
    if run.stage().id == StageId::Verification {
        run.current = STAGES.iter().position(|id| *id == StageId::CoreSolution).unwrap_or(0);
    }
    let from = run.current;
    for stage in &mut run.stages[from..] {
        stage.state = StageState::Waiting;
        stage.detail.clear();
        stage.since = None;
        stage.until = None;
    }
    setup.tell(cx.now, format!("tried again from {}", run.stage().id.title()));
    go(setup, run, cx, begin);
}

/// A reply to the open question of the run.
pub(super) fn reply(setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) {
    if let Flow::Configuring(run) = std::mem::replace(&mut setup.flow, Flow::Details { wanted: false }) {
        go(setup, run, cx, |run, setup, cx| on_reply(run, setup, result, cx));
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
            let took = between(run.started, cx.now);
            setup.configure_took = Some(took);
            setup.tell(cx.now, format!("set-up complete in {}", crate::core::time::stopwatch(took)));
            setup.flow = Flow::Configured;
        }
        Next::Failed(failure) => {
            mark(&mut run, StageState::Failed, "", cx);
            cx.record(&run.run, Line::Failed { step: "configure", words: failure.words.clone() });
            setup.tell(cx.now, format!("{} failed: {}", run.stage().id.title(), failure.words));
            setup.flow = Flow::ConfigureFailed(run, failure);
        }
    }
}

fn idle(now: Now) -> Watch {
    Watch { ticket: Ticket(0), asks_at: now, is_change: false, last: None, misses: 0, trouble: None, not_before: None }
}

fn mark(run: &mut Configuring, state: StageState, detail: &str, cx: &mut Cx) {
    let current = &mut run.stages[run.current];
    current.state = state;
    if !detail.is_empty() {
        detail.clone_into(&mut current.detail);
    }
    match state {
        StageState::Running => current.since = Some(cx.now),
        StageState::Done | StageState::Skipped | StageState::Failed => current.until = Some(cx.now),
        StageState::Waiting => {}
    }
    let line = Line::Stage { stage: current.id.title(), state: state.word(), detail: current.detail.clone() };
    cx.record(&run.run, line);
}

fn begin(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx) -> Next {
    mark(run, StageState::Running, "", cx);
    match run.stage().id {
        StageId::Prerequisites | StageId::Verification => {
            run.step = Step::ReadAll;
            run.watch = idle(cx.now);
            reading::read_all(setup, cx);
            "reading both sides".clone_into(&mut run.stages[run.current].detail);
            if setup.reading.is_empty() { judge(run, setup, cx) } else { Next::Stay }
        }
        StageId::CoreSolution | StageId::Application => look(run, setup, cx, SettleTries::default(), Duration::ZERO),
        StageId::ApplicationUsers => read_user(run, setup, cx, 0, 0, Duration::ZERO),
        StageId::ClientIdRows => {
            run.step = Step::ReadFinopsUsers;
            ask(run, setup, cx, FactKind::FinopsUsers, Duration::ZERO)
        }
    }
}

fn finish(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, state: StageState, detail: &str) -> Next {
    mark(run, state, detail, cx);
    setup.tell(cx.now, format!("{}: {detail}", run.stage().id.title()));
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
    match setup.facts.configured() {
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
    "Mend what is named, then try again; everything is read anew.".clone_into(&mut failure.next_move);
    Next::Failed(Box::new(failure))
}

/// Counters of the look before an installation.
#[derive(Clone, Copy, Default)]
struct SettleTries {
    settle: u8,
    tries: u8,
}

fn look(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, counts: SettleTries, after: Duration) -> Next {
    run.step = Step::Look { settle: counts.settle, tries: counts.tries };
    if run.stage().detail.is_empty() {
        "looking".clone_into(&mut run.stages[run.current].detail);
    }
    ask(run, setup, cx, FactKind::Packages, after)
}

/// Asks for a fact on the run's own account.
fn ask(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, kind: FactKind, after: Duration) -> Next {
    match reading::call_for_step(kind, setup, cx) {
        Ok(call) => {
            run.watch.then_ask(cx, call, after);
            Next::Stay
        }
        Err(trouble) => Next::Failed(Box::new(failure_of(&trouble, setup, cx))),
    }
}

fn change(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, change: Change) -> Next {
    setup.tell(cx.now, change.sentence());
    let run_id = run.run.clone();
    run.watch.then_change(cx, &run_id, change);
    Next::Stay
}

fn read_user(
    run: &mut Configuring,
    setup: &mut Setup,
    cx: &mut Cx,
    index: usize,
    changes: u8,
    after: Duration,
) -> Next {
    run.step = Step::ReadUser { index, changes };
    run.stages[run.current].detail = format!("{} of {}", index + 1, APPLICATION_USERS.len());
    ask(run, setup, cx, FactKind::User(index), after)
}

fn read_rows(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, changes: u8, after: Duration) -> Next {
    run.step = Step::ReadRows { changes };
    ask(run, setup, cx, FactKind::Rows, after)
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
        Step::ReadRole { index, changes, user } => match result {
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
            reading::store(&mut setup.facts, FactKind::FinopsUsers, result, cx.now);
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
            reading::store(&mut setup.facts, kind, Ok(reply), cx.now);
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
        setup.tell(cx.now, miss_line(&line, run.watch.misses, pause));
        return Next::Stay;
    }
    Next::Failed(Box::new(failure_of(&trouble, setup, cx)))
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
        Step::ReadRole { index, .. } => {
            let business_unit = match setup.facts.user_state(*index)? {
                IdentityState::NoRole { business_unit, .. } => business_unit?,
                _ => return None,
            };
            Some(Call::AdministratorRole { dataverse: dataverse()?, business_unit })
        }
        Step::ReadFinopsUsers => fact(FactKind::FinopsUsers),
        Step::ReadRows { .. } => fact(FactKind::Rows),
        Step::ReadAll | Step::Install { .. } | Step::ChangeUser { .. } | Step::ChangeRows { .. } => None,
    }
}

// ---- packages ----

fn package_of(run: &Configuring) -> &'static str {
    run.stage().id.package().unwrap_or_default()
}

fn looked(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    counts: SettleTries,
    cx: &mut Cx,
) -> Next {
    if let Err(next) = read(run, setup, cx, FactKind::Packages, result) {
        return next;
    }
    let name = package_of(run);
    match setup.facts.package(name) {
        Some(PackageState::Installed { version }) => {
            let state = if run.stage().detail == "looking" { StageState::Skipped } else { StageState::Done };
            let words = if state == StageState::Skipped { "was installed already" } else { "installed" };
            finish(run, setup, cx, state, format!("{words} {version}").trim_end())
        }
        Some(PackageState::InProgress { state }) => {
            run.watch.heard(cx.now, state.clone());
            setup.tell(cx.now, format!("{name} is on its way already: {state}"));
            let install = Install { operation: None, since: cx.now, seen_running: true, succeeded: false };
            watch(run, setup, install, cx)
        }
        Some(PackageState::NotInstalled | PackageState::Failed { .. }) => {
            if counts.settle > 0 {
                let counts = SettleTries { settle: counts.settle - 1, ..counts };
                return look(run, setup, cx, counts, SETTLE_PAUSE);
            }
            if counts.tries >= STEP_ATTEMPTS {
                let words = format!("{name} could not be started after {} tries.", counts.tries);
                return own_words(Service::PowerPlatform, words, setup, cx);
            }
            run.step = Step::Install { tries: counts.tries };
            "asking for the installation".clone_into(&mut run.stages[run.current].detail);
            let environment = cx.environment.power_platform.clone().unwrap_or_default();
            let package = setup.facts.package_spelling(name).unwrap_or(name).to_owned();
            change(run, setup, cx, Change::Install { environment, package })
        }
        Some(PackageState::NotOffered) | None => {
            let words = format!(
                "The Power Platform does not offer the package {name} in this environment. It must have been made with Dynamics 365 apps enabled."
            );
            own_words(Service::PowerPlatform, words, setup, cx)
        }
    }
}

fn install_answered(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    tries: u8,
    cx: &mut Cx,
) -> Next {
    let sentence = format!("install {}", package_of(run));
    match result {
        Ok(Reply::InstallAccepted(operation)) => {
            cx.record(&run.run, Line::Outcome { change: sentence.clone(), result: "accepted".into() });
            let under = operation.as_deref().map(|id| format!(", operation {id}")).unwrap_or_default();
            setup.tell(cx.now, format!("{sentence}: accepted{under}"));
            run.watch.heard(cx.now, "accepted");
            "installing".clone_into(&mut run.stages[run.current].detail);
            let install = Install { operation, since: cx.now, seen_running: false, succeeded: false };
            watch(run, setup, install, cx)
        }
        Ok(_) => look_again(run, setup, cx, SettleTries { settle: SETTLE_LOOKS, tries: tries + 1 }, SETTLE_PAUSE),
        Err(trouble) => {
            cx.record(&run.run, Line::Outcome { change: sentence.clone(), result: trouble.to_string() });
            if trouble.done == Done::Perhaps {
                setup.tell(
                    cx.now,
                    format!(
                        "{sentence}: {}; its outcome is not known, so the service is read first",
                        trouble.sentence()
                    ),
                );
                return look_again(
                    run,
                    setup,
                    cx,
                    SettleTries { settle: SETTLE_LOOKS, tries: tries + 1 },
                    SETTLE_PAUSE,
                );
            }
            let busy = trouble.what == What::Status(409);
            if busy || trouble.is_passing() {
                let pause = back_off(tries + 1, trouble.retry_after, cx.desk.roll());
                setup.tell(cx.now, miss_line(&trouble, tries + 1, pause));
                // Another installation in this environment may take long; waiting for it is no try.
                let tries = if busy { tries } else { tries + 1 };
                return look_again(run, setup, cx, SettleTries { settle: 0, tries }, pause);
            }
            Next::Failed(Box::new(failure_of(&trouble, setup, cx)))
        }
    }
}

fn look_again(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, counts: SettleTries, after: Duration) -> Next {
    "looking again".clone_into(&mut run.stages[run.current].detail);
    look(run, setup, cx, counts, after)
}

fn watch_call(install: &Install, setup: &Setup, cx: &Cx) -> Option<Call> {
    match (&install.operation, install.succeeded) {
        (Some(operation), false) => {
            Some(Call::Operation { environment: cx.environment.power_platform.clone()?, operation: operation.clone() })
        }
        _ => reading::call_for_step(FactKind::Packages, setup, cx).ok(),
    }
}

fn watch(run: &mut Configuring, setup: &mut Setup, install: Install, cx: &mut Cx) -> Next {
    let pause = pace(between(install.since, cx.now), cx.desk.roll());
    watch_after(run, setup, install, pause, cx)
}

fn watch_after(run: &mut Configuring, setup: &mut Setup, install: Install, pause: Duration, cx: &mut Cx) -> Next {
    let Some(call) = watch_call(&install, setup, cx) else { return Next::Stay };
    run.watch.then_ask(cx, call, pause);
    run.step = Step::Watch(install);
    Next::Stay
}

fn watched(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    install: Install,
    cx: &mut Cx,
) -> Next {
    match result {
        Ok(Reply::Operation(None)) => {
            run.watch.heard(cx.now, "busy");
            watch(run, setup, install, cx)
        }
        Ok(Reply::Operation(Some(operation))) => operation_read(run, setup, &operation, install, cx),
        Ok(reply @ Reply::Packages(_)) => {
            reading::store(&mut setup.facts, FactKind::Packages, Ok(reply), cx.now);
            packages_watched(run, setup, install, cx)
        }
        Ok(_) => watch(run, setup, install, cx),
        Err(trouble) if trouble.is_passing() => {
            // A service that does not answer says nothing of the installation: on it goes.
            let Some(call) = watch_call(&install, setup, cx) else { return Next::Stay };
            let line = trouble.clone();
            let pause = run.watch.missed(cx, call, trouble);
            setup.tell(cx.now, miss_line(&line, run.watch.misses, pause));
            Next::Stay
        }
        Err(trouble) if install.operation.is_some() && trouble.what == What::Status(404) => {
            setup.tell(cx.now, "the service does not know this operation; the package list is watched instead");
            watch_after(run, setup, Install { operation: None, ..install }, Duration::ZERO, cx)
        }
        Err(trouble) => Next::Failed(Box::new(failure_of(&trouble, setup, cx))),
    }
}

fn operation_read(
    run: &mut Configuring,
    setup: &mut Setup,
    operation: &Operation,
    mut install: Install,
    cx: &mut Cx,
) -> Next {
    let word = operation.status.clone().unwrap_or_else(|| "no status".into());
    run.watch.heard(cx.now, word.clone());
    setup.tell(cx.now, format!("{}: {word}", run.stage().id.title()));
    let failed = |what: &str| {
        let details = operation.error.as_ref().map(error_words);
        let (code, words) = details.unwrap_or((None, operation.status_message.clone().unwrap_or_default()));
        let words = if words.trim().is_empty() {
            format!("The service says the installation {what} and gives no reason.")
        } else {
            words
        };
        (code, words)
    };
    match word.to_ascii_lowercase().as_str() {
        "succeeded" => {
            install.succeeded = true;
            watch_after(run, setup, install, Duration::ZERO, cx)
        }
        "failed" => install_failed(run, setup, failed("failed"), &install, cx),
        "canceled" | "cancelled" => install_failed(run, setup, failed("was canceled"), &install, cx),
        _ => {
            install.seen_running = true;
            watch(run, setup, install, cx)
        }
    }
}

fn packages_watched(run: &mut Configuring, setup: &mut Setup, mut install: Install, cx: &mut Cx) -> Next {
    let age = between(install.since, cx.now);
    match setup.facts.package(package_of(run)) {
        Some(PackageState::Installed { version }) => {
            run.watch.heard(cx.now, "Installed");
            let sentence = format!("install {}", package_of(run));
            cx.record(&run.run, Line::Outcome { change: sentence, result: "done".into() });
            finish(run, setup, cx, StageState::Done, format!("installed {version}").trim_end())
        }
        Some(PackageState::InProgress { state }) => {
            setup.tell(cx.now, format!("{}: {state}", run.stage().id.title()));
            run.watch.heard(cx.now, state);
            install.seen_running = true;
            watch(run, setup, install, cx)
        }
        Some(PackageState::Failed { words, code })
            if install.seen_running || install.succeeded || age > OLD_FAILURE =>
        {
            let words = if words.trim().is_empty() {
                "The service says InstallFailed and gives no reason.".into()
            } else {
                words
            };
            install_failed(run, setup, (code, words), &install, cx)
        }
        Some(PackageState::NotInstalled) if install.seen_running && install.operation.is_none() => {
            let words = "The installation ended, and the package is not installed.".to_owned();
            install_failed(run, setup, (None, words), &install, cx)
        }
        _ if age > SILENT_MAX && !install.seen_running && !install.succeeded => {
            let words = "The service accepted the installation, and the package list shows nothing of it.".to_owned();
            install_failed(run, setup, (None, words), &install, cx)
        }
        _ => {
            run.watch.heard(cx.now, if install.succeeded { "Succeeded, not listed yet" } else { "not listed yet" });
            watch(run, setup, install, cx)
        }
    }
}

fn install_failed(
    run: &mut Configuring,
    setup: &mut Setup,
    (code, words): (Option<String>, String),
    install: &Install,
    cx: &mut Cx,
) -> Next {
    let sentence = format!("install {}", package_of(run));
    cx.record(&run.run, Line::Outcome { change: sentence, result: words.clone() });
    let mut failure = failure(Service::PowerPlatform, words, code, setup, cx);
    failure.ids.push(("Package", package_of(run).to_owned()));
    if let Some(operation) = &install.operation {
        failure.ids.push(("Operation id", operation.clone()));
    }
    Next::Failed(Box::new(failure))
}

// ---- identities ----

fn user_read(run: &mut Configuring, setup: &mut Setup, index: usize, changes: u8, cx: &mut Cx) -> Next {
    let app = APPLICATION_USERS[index];
    let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
    let state = setup.facts.user_state(index);
    if changes >= IDENTITY_CHANGES && !matches!(state, Some(IdentityState::Good { .. })) {
        let words = format!("Application user {app} is still not enabled with its role after {changes} changes.");
        return own_words(Service::Dataverse, words, setup, cx);
    }
    match state {
        Some(IdentityState::Good { .. }) => {
            if changes > 0 {
                setup.tell(cx.now, format!("application user {app} is there"));
            }
            if index + 1 < APPLICATION_USERS.len() {
                return read_user(run, setup, cx, index + 1, 0, Duration::ZERO);
            }
            finish(run, setup, cx, StageState::Done, "both there, enabled, with their role")
        }
        Some(IdentityState::Missing) => {
            run.step = Step::ReadBusinessUnit { index, changes, user: None };
            run.watch.then_ask(cx, Call::RootBusinessUnit(dataverse), Duration::ZERO);
            Next::Stay
        }
        Some(IdentityState::Disabled { user }) => {
            run.step = Step::ChangeUser { index, changes };
            change(run, setup, cx, Change::EnableUser { dataverse, user, app })
        }
        Some(IdentityState::NoRole { user, business_unit: Some(unit) }) => {
            read_role(run, cx, index, changes, user, unit)
        }
        Some(IdentityState::NoRole { user, business_unit: None }) => {
            run.step = Step::ReadBusinessUnit { index, changes, user: Some(user) };
            run.watch.then_ask(cx, Call::RootBusinessUnit(dataverse), Duration::ZERO);
            Next::Stay
        }
        Some(IdentityState::Deleted) => {
            let words = format!(
                "A deleted application user {app} is in the way. Restore or purge it in Power Platform admin center (Settings, Users + permissions, Application users), then try again."
            );
            own_words(Service::Dataverse, words, setup, cx)
        }
        None => {
            let words = format!("Could not tell whether application user {app} is there.");
            own_words(Service::Dataverse, words, setup, cx)
        }
    }
}

fn read_role(
    run: &mut Configuring,
    cx: &mut Cx,
    index: usize,
    changes: u8,
    user: String,
    business_unit: String,
) -> Next {
    let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
    run.step = Step::ReadRole { index, changes, user };
    run.watch.then_ask(cx, Call::AdministratorRole { dataverse, business_unit }, Duration::ZERO);
    Next::Stay
}

fn create_user(
    run: &mut Configuring,
    setup: &mut Setup,
    index: usize,
    changes: u8,
    business_unit: String,
    cx: &mut Cx,
) -> Next {
    let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
    run.step = Step::ChangeUser { index, changes };
    change(run, setup, cx, Change::CreateUser { dataverse, app: APPLICATION_USERS[index], business_unit })
}

fn rows_read(run: &mut Configuring, setup: &mut Setup, changes: u8, cx: &mut Cx) -> Next {
    let needed = client_id_rows(setup.facts.core_version().as_deref());
    for app in needed {
        match setup.facts.row_user(app) {
            Some(None) => {
                if setup.facts.finops_user_enabled(DEFAULT_USER) == Some(false) {
                    let words = format!(
                        "The user {DEFAULT_USER} is missing or disabled in finance and operations, so no client ID row can run as it. Enable it there, then try again."
                    );
                    return own_words(Service::FinanceOperations, words, setup, cx);
                }
                if changes >= IDENTITY_CHANGES {
                    let words = format!("Client ID row {app} is still missing after {changes} changes.");
                    return own_words(Service::FinanceOperations, words, setup, cx);
                }
                let finops = gate::finops_url(cx.environment, &setup.facts).unwrap_or_default().to_owned();
                run.step = Step::ChangeRows { changes };
                return change(run, setup, cx, Change::CreateRow { finops, app, user: DEFAULT_USER.into() });
            }
            Some(Some(user)) if setup.facts.finops_user_enabled(&user) == Some(false) => {
                let words = format!(
                    "Client ID row {app} runs as {user}, who is missing or disabled in finance and operations. Enable the user or choose another on the page Microsoft Entra ID applications, then try again."
                );
                return own_words(Service::FinanceOperations, words, setup, cx);
            }
            Some(Some(_)) => {}
            None => {
                let words = format!("Could not tell whether client ID row {app} is there.");
                return own_words(Service::FinanceOperations, words, setup, cx);
            }
        }
    }
    finish(run, setup, cx, StageState::Done, "both there, with enabled users")
}

/// What came of a change of an identity: read it back after a pause, or the stage fails. A
/// duplicate means that it is there.
fn change_answered(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    cx: &mut Cx,
) -> Result<Duration, Next> {
    let change = run.stage().id.title().to_owned();
    match result {
        Ok(_) => {
            cx.record(&run.run, Line::Outcome { change, result: "done".into() });
            run.watch.heard(cx.now, "changed");
            Ok(Duration::ZERO)
        }
        Err(trouble) => {
            cx.record(&run.run, Line::Outcome { change, result: trouble.to_string() });
            if trouble.what == What::Status(412) {
                return Ok(Duration::ZERO);
            }
            if trouble.done == Done::Perhaps || trouble.is_passing() {
                let pause = SETTLE_PAUSE.max(back_off(1, trouble.retry_after, cx.desk.roll()));
                setup.tell(
                    cx.now,
                    format!("{}; read again in {}", trouble.sentence(), crate::core::time::in_words(pause)),
                );
                return Ok(pause);
            }
            Err(Next::Failed(Box::new(failure_of(&trouble, setup, cx))))
        }
    }
}
