//! Reset link: confirmed by the name, asked for once, read back. It is never asked for again by itself.

use super::super::troubles::{failed_at, failure};
use super::super::{Cx, Notice, run};
use super::links;
use crate::core::call::Change;
use crate::core::facts::FactKind;
use crate::core::failure::{Failure, Halt};
use crate::core::gate::{self, Gate};
use crate::core::journal::{What as Line, Work};
use crate::core::linking::{LinkStep, Linking, Way};
use crate::core::reset as of;
use crate::core::service::Service;
use crate::core::setup::{Flow, Setup, Start, Watch};
use crate::core::time::Now;
use crate::core::trouble::Trouble;
use std::time::Duration;

/// Readings of the gateway after a reset whose outcome is not known, five seconds apart: as long as a reset may take.
pub(super) const RESET_TRIES: u8 = 60;
/// Readings of the gateway after an interrupted reset.
const RESET_TRIES_AFTER: u8 = 12;

/// Reset link, confirmed by typing the name of the environment.
pub(in crate::core::update) fn reset(setup: &mut Setup, typed: &str, cx: &mut Cx) -> Option<Notice> {
    if !matches!(setup.flow, Flow::Mismatch) {
        return None;
    }
    if typed.trim() != cx.environment.name {
        return Some(Notice(format!("Nothing was reset: the name typed is not “{}”.", cx.environment.name)));
    }
    // What goes is told from what is read last: a reset that was asked for before may be under way.
    if [FactKind::Link, FactKind::ConnectionSet, FactKind::Maps].iter().any(|kind| setup.reading.contains_key(kind)) {
        return Some(Notice(
            "Nothing was reset: where dual-write leads was being read right then. Select Reset link again.".into(),
        ));
    }
    match gate::reset_link(cx.environment, &setup.facts) {
        Gate::Closed(why) => return Some(Notice(why)),
        Gate::Reading => return Some(Notice("Still reading this environment; wait a moment, then try again.".into())),
        Gate::Open => {}
    }
    let (Some(cid), Some(set)) =
        (setup.facts.linked().and_then(|link| link.cid.clone()), setup.facts.connection_set.value())
    else {
        return Some(Notice("The connection set is not known; read again (r).".into()));
    };
    let Some(body) = gate::finops_url(cx.environment, &setup.facts).and_then(|url| of::body(cx.environment, url, set))
    else {
        return Some(Notice("Nothing was reset: the address of a side is not known; read again (r).".into()));
    };
    let cid = cx.at_gateway(setup, cid);
    run::claim(setup, Start::Reset(Change::ResetLink { cid, body }), cx);
    None
}

/// Resets the link.
pub(in crate::core::update) fn start_reset(setup: &mut Setup, change: Change, cx: &mut Cx) {
    let linked_to = setup.facts.linked().and_then(|link| link.power_apps_environment.clone()).unwrap_or_default();
    let owner = setup.facts.connection_set.value().and_then(|set| set.owner_text()).unwrap_or_default();
    let maps = of::maps(&setup.facts).collect();
    let legal_entities = match &change {
        Change::ResetLink { body, .. } => body.legal_entities.clone(),
        _ => Vec::new(),
    };
    let typed = cx.environment.name.clone();
    run::began(setup, Work::Reset { typed, linked_to, owner, maps, legal_entities }, false, cx);
    setup.tell(cx.now, format!("requested: {}", change.sentence()));
    cx.record(setup, Line::Link { way: Way::Reset, state: "begun".into(), address: None });
    let watch = Watch::change(cx, &setup.run, change);
    setup.flow = Flow::Linking(Box::new(resetting(watch, cx.now)));
}

/// Goes on after an interruption: only the gateway can tell whether the reset was done. It is never
/// asked for again from here; where it was not done, a person sees the mismatch.
pub(in crate::core::update) fn take_up_reset(setup: &mut Setup, since: Now, cx: &mut Cx) {
    let watch = Watch::ask(cx, links(setup, cx), Duration::ZERO);
    let step = LinkStep::ReadBack { tries: RESET_TRIES - RESET_TRIES_AFTER };
    setup.flow = Flow::Linking(Box::new(Linking { step, ..resetting(watch, since) }));
}

/// The reset was refused.
pub(super) fn not_done(trouble: &Trouble, setup: &Setup, cx: &Cx) -> Failure {
    failed_at("The reset of the link was not done", trouble, setup, cx)
}

/// The answer to the reset is missing, and reading it back does not show it.
pub(super) fn not_seen(trouble: &Trouble, setup: &Setup, cx: &Cx) -> Failure {
    failed_at("Whether the reset of the link was done could not be seen; its answer was", trouble, setup, cx)
}

/// Reading back does not show the reset; after an interruption nobody knows whether it was asked for.
pub(super) fn not_shown(setup: &Setup, cx: &Cx) -> Failure {
    let words = "The reset of the link cannot be seen: the dual-write gateway shows no link to this environment.";
    Failure { fault: None, ..failure(Service::Gateway, words.into(), None, setup, cx).found_here() }
}

/// The gateway does not say whether the reset was done: nothing says that it was not.
pub(super) fn unread(trouble: &Trouble, setup: &Setup, cx: &Cx) -> Failure {
    let failure = failed_at("Whether the reset of the link was done could not be read", trouble, setup, cx);
    Failure { halt: Halt::CouldNotRead, ..failure }
}

fn resetting(watch: Watch, started: Now) -> Linking {
    Linking {
        way: Way::Reset,
        started,
        request_id: String::new(),
        activity: None,
        is_answered: false,
        step: LinkStep::Start,
        watch,
        administration_url: None,
        unsettled: false,
        starts: 1,
        reported: false,
        refused: None,
    }
}
