//! The vigil: while something is not met that a person mends elsewhere, it is read again and again, so
//! that the effect is seen without a key.
//!
//! Only questions, only about the environment that is looked at, only while nothing runs. A reading that
//! brings nothing leaves what was known before, with its age.

use super::{lists, reading, storing, with_setup};
use crate::core::call::{Call, Reply};
use crate::core::check::{self, Level, Tri, Unmet};
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::facts::FactKind;
use crate::core::gate;
use crate::core::model::{Model, Purpose, Question, Sight};
use crate::core::msg::Ticket;
use crate::core::setup::{Flow, Setup};
use crate::core::time::Now;
use crate::core::trouble::Trouble;
use std::time::Duration;

/// Pause between two looks at a fact.
const PAUSE: Duration = Duration::from_secs(30);
/// Pause between two looks at the list of environments, which can be long.
const LIST_PAUSE: Duration = Duration::from_mins(2);

/// Begins, or goes on, where a person is waited for.
pub(super) fn keep(model: &mut Model, now: Now) {
    let Some(id) = model.selected().cloned() else { return };
    let (Some(environment), Some(setup)) = (model.directory.get(&id), model.setups.get(&id)) else { return };
    if !is_waiting(setup) {
        return;
    }
    // Where nothing was found the last time, nothing is found as long as nothing has changed.
    let of = (id, setup.worked, model.directory.revision);
    if model.at_peace.as_ref() == Some(&of) {
        return;
    }
    let sights = sights(environment, setup);
    if sights.is_empty() {
        model.at_peace = Some(of);
        return;
    }
    let (id, ..) = of;
    for sight in sights {
        with_setup(model, &id, now, |setup, cx| {
            let call = match sight {
                Sight::List => Ok(Call::Environments),
                Sight::Fact(kind) => reading::call_for_step(kind, setup, cx),
            };
            if let Ok(call) = call {
                let purpose = Purpose::Vigil(sight);
                let question = Question::about(&setup.id, purpose);
                let pause = if sight == Sight::List { LIST_PAUSE } else { PAUSE };
                let ticket = cx.desk.ask(question, call, pause);
                setup.vigil.push(ticket);
            }
        });
    }
    // What cannot be asked is not tried again before something has changed.
    let worked = model.setups.get(&id).filter(|setup| setup.vigil.is_empty()).map(|setup| setup.worked);
    model.at_peace = worked.map(|worked| (id, worked, model.directory.revision));
}

/// Whether nothing runs, nothing is being read, and no vigil is open.
fn is_waiting(setup: &Setup) -> bool {
    setup.opened && setup.reading.is_empty() && setup.vigil.is_empty() && setup.held.is_none() && !setup.is_running()
}

/// What shows the effect of what a person does elsewhere.
fn sights(environment: &Environment, setup: &Setup) -> Vec<Sight> {
    let has_failed = matches!(setup.flow, Flow::ConfigureFailed(_, _) | Flow::LinkFailed(_, _));
    let is_on_the_way = matches!(setup.flow, Flow::Terms { .. } | Flow::Confirm | Flow::Linked(_));
    if is_on_the_way {
        return Vec::new();
    }
    let is_mismatch = gate::mismatch(environment, &setup.facts).is_some();
    let waits = |check: &Unmet| match check.level {
        Level::Block => true,
        // What Configure makes is waited for only where it did not help.
        Level::Made | Level::Error => has_failed,
        Level::Warn => is_mismatch && check.id == "P43",
    };
    let mut sights: Vec<Sight> = Vec::new();
    for check in check::unmet(environment, &setup.facts).filter(waits) {
        sights.extend(check.reads.iter().map(|kind| Sight::Fact(*kind)));
        // The only thing in a list that a person mends while somebody waits; the others want another
        // environment.
        if check.id == "P01" {
            sights.push(Sight::List);
        }
    }
    sights.sort_unstable();
    sights.dedup();
    sights
}

/// A look brought something, or nothing.
pub(super) fn seen(
    model: &mut Model,
    id: &EnvironmentId,
    sight: Sight,
    ticket: Ticket,
    result: Result<Reply, Trouble>,
    now: Now,
) {
    let no = |model: &Model| -> Vec<&'static str> {
        let (Some(environment), Some(setup)) = (model.directory.get(id), model.setups.get(id)) else {
            return Vec::new();
        };
        check::unmet(environment, &setup.facts).map(|check| check.id).collect()
    };
    let before = no(model);
    let fact = match (sight, result) {
        (Sight::List, Ok(Reply::Environments(fresh))) => {
            lists::take_list(model, |directory| directory.take_tenant(fresh, now));
            None
        }
        (Sight::Fact(kind), Ok(reply)) => Some((kind, reply)),
        _ => None,
    };
    model.setups.work(id, |setup| setup.vigil.retain(|open| *open != ticket));
    with_setup(model, id, now, |setup, cx| {
        if let Some((kind, reply)) = fact.filter(|_| !setup.is_running()) {
            // A page that is looked at does not flicker: only what the link and the join lead to is read too.
            match kind {
                FactKind::Link | FactKind::Integration => reading::take(setup, kind, Ok(reply), cx),
                _ => storing::store(&mut setup.facts, kind, Ok(reply), cx),
            }
        }
    });
    let after = no(model);
    let met: Vec<&str> = before.into_iter().filter(|id| !after.contains(id)).collect();
    with_setup(model, id, now, |setup, cx| {
        let checks = check::checks(cx.environment, &setup.facts);
        for check in checks.iter().filter(|check| met.contains(&check.id) && check.answer == Tri::Yes) {
            setup.tell(cx.now, format!("{} is now met: {}", check.id, check.what));
        }
        reading::go_on(setup, cx);
    });
}
