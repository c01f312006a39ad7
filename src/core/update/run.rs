//! The record around the work: the lock before it, its first and last lines, and what was
//! interrupted before this program began.
//!
//! What is taken up again is settled by reading: every stage and the link look before they change
//! anything, and what was asked for before the interruption is watched, not asked for again.

use super::{Cx, Notice, configure, link, lists, reading, storing};
use crate::core::call::Reply;
use crate::core::effect::Effect;
use crate::core::environment::EnvironmentId;
use crate::core::facts::FactKind;
use crate::core::gate;
use crate::core::journal::{Entry, Outcome, Run, What, Work};
use crate::core::linking::Way;
use crate::core::model::{Model, Place, Purpose, Question};
use crate::core::msg::{Found, Intent, NotClaimed, Ticket};
use crate::core::plan::StageId;
use crate::core::setup::{Flow, Held, Record, Setup, Start};
use crate::core::terms::Acceptance;
use crate::core::time::Now;
use crate::core::trouble::{Trouble, capital, record_help};
use crate::wire::bare_id;
use std::time::Duration;

/// Pause between two looks at an environment that another program drives.
const WATCH_PAUSE: Duration = Duration::from_secs(15);
/// What is read of an environment that another program drives.
const WATCHED: [FactKind; 2] = [FactKind::Packages, FactKind::Link];

/// Asks for the environment; the work begins once this program has it to itself.
pub(super) fn claim(setup: &mut Setup, start: Start, cx: &mut Cx) {
    if setup.is_running() {
        return;
    }
    if setup.record == Record::Complete {
        setup.run = cx.desk.guid();
        setup.record = Record::New;
    }
    // What was interrupted and could not be taken up comes first: beginning anew would ask for it a second time.
    let start = setup.interrupted.take().map_or(start, Start::TakeUp);
    if let Start::TakeUp(run) = &start {
        setup.run.clone_from(&run.id);
    }
    setup.starts = Some(Box::new(start));
    let (environment, address, run) = (setup.id.clone(), cx.cloud.address.clone(), setup.run.clone());
    cx.desk.push(Effect::Claim { environment, address, run });
}

/// Asks who drives an environment; the answer begins or ends the watching.
pub(super) fn ask_holder(setup: &Setup, cx: &mut Cx) {
    cx.desk.push(Effect::AskHolder { environment: setup.id.clone(), address: cx.cloud.address.clone() });
}

/// Who drives an environment.
pub(super) fn holder(model: &mut Model, id: &EnvironmentId, held: Option<Held>, now: Now) {
    for found in model.found.iter_mut().filter(|found| *found.run.environment == *id.0) {
        found.held.clone_from(&held);
    }
    if held.is_some() {
        // What it leaves is another run, or this one further on.
        model.put_off.retain(|found| *found.run.environment != *id.0);
    }
    let ended = super::with_setup(model, id, now, |setup, cx| {
        if setup.is_running() {
            return None;
        }
        if let Some(held) = held {
            watch(setup, &held, cx);
            return None;
        }
        let before = free(setup, cx)?;
        setup.tell(cx.now, format!("{} has ended", before.words()));
        reading::read_all(setup, cx);
        Some(format!("{} has ended; “{}” is free.", capital(&before.words()), cx.environment.name))
    });
    if let Some(text) = ended.flatten() {
        model.notice = Some(text);
    }
}

/// This program has the environment to itself, or not.
pub(super) fn claimed(setup: &mut Setup, result: Result<(), NotClaimed>, cx: &mut Cx) -> Option<Notice> {
    let start = *setup.starts.take()?;
    match result {
        Ok(()) => {
            free(setup, cx);
            if let Some(why) = overtaken(setup, &start, cx) {
                cx.desk.push(Effect::Release(setup.id.clone()));
                return Some(Notice(why.into()));
            }
            match start {
                Start::Configure { first, mandate } => configure::start(setup, first, mandate, cx),
                Start::ConfigureAgain => configure::again(setup, cx),
                Start::Link { way, request_id } => link::start(setup, way, request_id, cx),
                Start::Reset(change) => link::start_reset(setup, change, cx),
                Start::TakeUp(run) => take_up(setup, &run, cx),
            }
            None
        }
        Err(NotClaimed::Held(held)) => {
            let text = format!(
                "Nothing was started: {} works on “{}”; this program only watches.",
                held.words(),
                cx.environment.name
            );
            watch(setup, &held, cx);
            Some(Notice(text))
        }
        Err(NotClaimed::Failed(why)) => {
            if let Start::TakeUp(run) = start {
                setup.interrupted = Some(run);
            }
            let help = record_help(&why);
            Some(Notice(format!("Nothing was started, because the record cannot be written: {why}. {help}")))
        }
    }
}

/// Why what was wanted is not begun after all: while the record was opened, a reading has moved the flow on.
fn overtaken(setup: &Setup, start: &Start, cx: &Cx) -> Option<&'static str> {
    match start {
        Start::ConfigureAgain if !matches!(setup.flow, Flow::ConfigureFailed(_, _)) => {
            Some("Nothing was started: what had failed is there now.")
        }
        Start::Reset(_)
            if !matches!(setup.flow, Flow::Mismatch) || !gate::reset_link(cx.environment, &setup.facts).is_open() =>
        {
            Some("Nothing was reset: what was read meanwhile speaks against it.")
        }
        _ => None,
    }
}

/// Nobody else drives the environment: what was looked at because of that is not looked at any more.
fn free(setup: &mut Setup, cx: &mut Cx) -> Option<Box<Held>> {
    for (_, ticket) in setup.looks.drain(..) {
        cx.desk.cancel(ticket);
    }
    setup.held.take()
}

/// The first lines of a piece of work.
pub(super) fn began(setup: &mut Setup, work: Work, again: bool, cx: &mut Cx) {
    if setup.record == Record::New {
        let (cloud, account) = (cx.cloud, cx.account.to_owned());
        let what = What::Started {
            name: cx.environment.name.clone(),
            cloud: cloud.name.clone(),
            address: cloud.address.clone(),
            account,
        };
        cx.record(setup, what);
        setup.record = Record::Begun;
    }
    if let Some(Acceptance { version, account, at, .. }) = setup.accepts.take() {
        cx.record(setup, What::Terms { version, accepted_by: account, accepted_at: Some(at) });
    }
    let account = cx.account.to_owned();
    setup.reading_on_record = None;
    cx.record(setup, What::Began { work, account, again });
}

/// A service said how far it is: written down when its word is news, else only told. A record grows with what
/// happens, not with time.
pub(super) fn read(
    setup: &mut Setup,
    stage: Option<StageId>,
    status: &str,
    elapsed: Duration,
    next_in: Duration,
    cx: &mut Cx,
) {
    let (elapsed_s, next_in_s) = (elapsed.as_secs(), next_in.as_secs());
    let line = cx.entry(setup, What::Reading { stage, status: status.to_owned(), elapsed_s, next_in_s });
    let is_known = setup.reading_on_record.as_ref().is_some_and(|(of, word)| *of == stage && word == status);
    if is_known {
        cx.desk.push(Effect::Note(line));
    } else {
        setup.reading_on_record = Some((stage, status.to_owned()));
        cx.desk.push(Effect::Record(line));
    }
}

/// The last line: nothing runs any more.
pub(super) fn finished(setup: &mut Setup, outcome: Outcome, cx: &mut Cx) {
    cx.record(setup, What::Finished { outcome });
    if matches!(outcome, Outcome::Linked | Outcome::Forgotten) {
        setup.record = Record::Complete;
    }
    cx.desk.push(Effect::Release(setup.id.clone()));
}

/// Another program drives the environment: read again and again how far it is.
fn watch(setup: &mut Setup, held: &Held, cx: &mut Cx) {
    let is_new = setup.held.is_none();
    setup.held = Some(Box::new(held.clone()));
    if is_new {
        setup.tell(cx.now, format!("{} works on this environment; this program only watches", held.words()));
        setup.flow = Flow::Details { wanted: false };
        reading::read_all(setup, cx);
        for kind in WATCHED {
            look_later(setup, kind, cx);
        }
    }
}

fn look_later(setup: &mut Setup, kind: FactKind, cx: &mut Cx) {
    if let Ok(call) = reading::call_for_step(kind, setup, cx) {
        let ticket = cx.desk.ask(Question::about(&setup.id, Purpose::Watch(kind)), call, WATCH_PAUSE);
        setup.looks.push((kind, ticket));
    }
}

/// What a look at a driven environment brought; the next one follows as long as it is driven.
pub(super) fn watched(setup: &mut Setup, kind: FactKind, ticket: Ticket, result: Result<Reply, Trouble>, cx: &mut Cx) {
    let open = setup.looks.len();
    setup.looks.retain(|look| *look != (kind, ticket));
    if setup.looks.len() == open || setup.held.is_none() {
        return;
    }
    // A look that brought nothing leaves what was known before, with its age.
    if result.is_ok() {
        let before = setup.facts.packages.clone();
        storing::store(&mut setup.facts, kind, result, cx);
        // What a package brings is read with it, so that nothing on one page is older than the rest.
        if setup.facts.packages.value() != before.value() {
            reading::read_all(setup, cx);
        }
    }
    look_later(setup, kind, cx);
    if kind == WATCHED[0] {
        ask_holder(setup, cx);
    }
}

/// Runs that were interrupted. With an environment named on the command line only its own counts.
pub(super) fn found(model: &mut Model, mut found: Vec<Found>) {
    if let Some(named) = &model.directory.open_named {
        found.retain(|found| {
            bare_id(&found.run.environment) == bare_id(named) || found.run.name.eq_ignore_ascii_case(named.trim())
        });
    }
    model.found = found;
}

/// The run that is shown, taken off the list of those nobody has decided about.
/// What the services say of the next one is read anew.
fn decided(model: &mut Model, now: Now) -> Option<Found> {
    let found = (!model.found.is_empty()).then(|| model.found.remove(0))?;
    if let Some(next) = model.found.first() {
        let id = EnvironmentId(next.run.environment.as_str().into());
        super::with_setup(model, &id, now, |setup, cx| {
            for kind in WATCHED {
                reading::ask(setup, kind, cx);
            }
        });
    }
    Some(found)
}

/// Takes up the run that is shown, at once or as soon as its environment is listed.
pub(super) fn go_on(model: &mut Model, now: Now) {
    if let Some(held) = model.found.first().and_then(|found| found.held.clone()) {
        model.notice = Some(format!("{} works on it; look at it, or close that program first.", held.words()));
        return;
    }
    if let Some(found) = decided(model, now) {
        model.directory.open_named = None;
        model.to_take_up.push(found.run);
        take_up_listed(model, now);
    }
}

/// Looks at the environment of the run that is shown, at once or as soon as it is listed.
pub(super) fn only_look(model: &mut Model, now: Now) {
    if let Some(found) = decided(model, now) {
        model.directory.open_named = None;
        if found.held.is_none() {
            model.put_off.push(found.clone());
        }
        model.to_look_at = Some(found);
        take_up_listed(model, now);
    }
}

/// Whether a run of the environment that is looked at was put off, and something else would begin there: that one
/// would be closed as replaced, so it is asked about again.
pub(super) fn asks_first(model: &mut Model, wanted: &Intent) -> bool {
    let Some((environment, setup)) = model.current() else { return false };
    if setup.is_running() || !gate::begins(environment, setup, wanted) || gate::is_linked(environment, &setup.facts) {
        return false;
    }
    let id = environment.id.clone();
    let Some(at) = model.put_off.iter().position(|found| *found.run.environment == *id.0) else { return false };
    let found = model.put_off.remove(at);
    model.found.insert(0, found);
    model.place = Place::List;
    model.desk.push(Effect::AskHolder { environment: id, address: model.cloud.address.clone() });
    true
}

/// The run that is shown is over: nobody is asked about it again. Not while another program drives it.
pub(super) fn forget(model: &mut Model, now: Now) {
    if let Some(held) = model.found.first().and_then(|found| found.held.clone()) {
        model.notice = Some(format!("{} works on it; it cannot be forgotten.", held.words()));
        return;
    }
    if let Some(found) = decided(model, now) {
        let Run { id, environment, name, .. } = found.run;
        let address = model.cloud.address.clone();
        let what = What::Finished { outcome: Outcome::Forgotten };
        model.desk.push(Effect::Forget { entry: Entry { at: now, run: id, environment, what }, name, address });
    }
}

/// What came of forgetting a run.
pub(super) fn forgotten(name: &str, result: Result<(), NotClaimed>) -> String {
    match result {
        Ok(()) => format!("Forgotten. What runs for “{name}” at the services continues there."),
        Err(NotClaimed::Held(held)) => format!("{} works on “{name}”; it was not forgotten.", held.words()),
        Err(NotClaimed::Failed(why)) => format!("It could not be forgotten: {why}. {}", record_help(&why)),
    }
}

/// Takes up, or looks at, the runs whose environment is listed.
pub(super) fn take_up_listed(model: &mut Model, now: Now) {
    if model.directory.read_at.is_none() {
        return;
    }
    if let Some(Found { run, held }) = model.to_look_at.take() {
        let id = EnvironmentId(run.environment.into());
        lists::open(model, &id, now);
        if model.selected() != Some(&id) {
            model.notice = Some(format!("“{}” is not in the list of this account.", run.name));
        }
        if let Some(held) = held {
            super::with_setup(model, &id, now, |setup, cx| watch(setup, &held, cx));
        }
    }
    for run in std::mem::take(&mut model.to_take_up) {
        let id = EnvironmentId(run.environment.as_str().into());
        let name = run.name.clone();
        let taken = super::with_setup(model, &id, now, |setup, cx| {
            if !setup.is_running() {
                setup.opened = true;
                setup.run.clone_from(&run.id);
                setup.to_take_up = Some(Box::new(run));
                reading::read_all(setup, cx);
                reading::go_on(setup, cx);
            }
        });
        if taken.is_none() {
            model.notice = Some(format!("“{name}” is not in the list of this account; its set-up is not resumed."));
        } else if model.found.is_empty() && model.place == Place::List {
            model.place = Place::Environment(id);
        }
    }
}

/// Goes on with what was interrupted.
fn take_up(setup: &mut Setup, run: &Run, cx: &mut Cx) {
    setup.run.clone_from(&run.id);
    setup.record = Record::Begun;
    setup.accepted = run.terms.is_some();
    (setup.configure_took, setup.tries_took) = (run.configure_took, run.tries_took);
    setup.tell(cx.now, "resumed after an interruption");
    match &run.work {
        Some((work @ Work::Configure { first, mandate }, since)) => {
            began(setup, work.clone(), true, cx);
            configure::take_up(setup, *first, mandate.clone(), *since, run, cx);
        }
        Some((Work::Link { way, request_id }, since)) => {
            // Nobody has to link by hand where the link service may be asked now.
            let way = if *way == Way::Assisted { super::way(cx.cloud) } else { *way };
            began(setup, Work::Link { way, request_id: request_id.clone() }, true, cx);
            link::take_up(setup, way, request_id.clone(), *since, run, cx);
        }
        Some((work @ Work::Reset { .. }, since)) => {
            began(setup, work.clone(), true, cx);
            link::take_up_reset(setup, *since, cx);
        }
        None => finished(setup, Outcome::Forgotten, cx),
    }
}
