//! Link: look, start once, watch, read back. Reset link ends the same way.
//!
//! What keeps it safe: nothing is started while the gateway shows a link; the start carries one
//! request id, which a repetition repeats; an unknown state is still running; and what the
//! operation reports is read back before it is called linked.

mod reset;
mod watching;

pub(super) use reset::{reset, start_reset, take_up_reset};

use reset::RESET_TRIES;
use watching::{status_call, watch, watched, watched_gateway};

use super::troubles::{failed_at, failure, failure_of, miss_line, tell_miss};
use super::{Cx, Notice, reading, run, storing, way};
use crate::core::call::{Call, Change, Reply};
use crate::core::facts::{Answer, FactKind};
use crate::core::failure::{Failure, Halt};
use crate::core::gate::{self, Gate, Leads};
use crate::core::journal::{ChangeResult, Outcome, Run, What as Line, Work};
use crate::core::linking::{Confirmation, LinkStep, Linked, Linking, Way};
use crate::core::schedule::{SETTLE_PAUSE, STEP_ATTEMPTS, back_off};
use crate::core::service::Service;
use crate::core::setup::{Flow, Setup, Start, Watch};
use crate::core::time::{Now, between, to_the_second};
use crate::core::trouble::{Done, Trouble, What};
use crate::wire::{bare_host, bare_id, gateway, lcs};
use std::time::Duration;

/// How long the gateway is watched for a link that another operation makes.
const REFUSED_MAX: Duration = Duration::from_mins(15);
/// Readings of the gateway that may not show a reported link yet.
const READ_BACK_TRIES: u8 = 6;
/// Pause between them.
const READ_BACK_PAUSE: Duration = Duration::from_secs(5);
/// Pause between readings of the gateway while a person links in Lifecycle Services.
const ASSISTED_PAUSE: Duration = Duration::from_secs(15);

enum Next {
    Stay,
    Linked(Confirmation),
    Failed(Box<Failure>),
    /// The gateway shows a link to another environment.
    Mismatch,
}

/// The button, on the details or on the finished set-up.
pub(super) fn wanted(setup: &mut Setup, cx: &mut Cx) -> Option<Notice> {
    // What failed on a linked environment was an addition: the link is still there.
    if !matches!(setup.flow, Flow::Details { .. } | Flow::Configured | Flow::ConfigureFailed(_, _)) {
        return None;
    }
    match gate::leads(cx.environment, &setup.facts) {
        Leads::Here => {
            setup.flow = linked_already(setup, cx);
            return None;
        }
        Leads::Unsure(why) => return Some(Notice(why)),
        // The gate says what is in the way.
        Leads::Elsewhere | Leads::Nowhere => {}
    }
    if matches!(setup.flow, Flow::ConfigureFailed(_, _)) {
        return None;
    }
    match gate::link(cx.environment, &setup.facts) {
        Gate::Closed(why) => return Some(Notice(why)),
        // What could not be told closes nothing, but only once it surely could not.
        Gate::Open if setup.facts.configured(cx.environment) == Answer::Yes || setup.is_read() => {}
        Gate::Reading | Gate::Open => {
            return Some(Notice("Still reading this environment; wait a moment, then try again.".into()));
        }
    }
    if matches!(setup.flow, Flow::Details { .. }) {
        // First from and to, and what takes part; nothing starts before that was on the screen.
        setup.flow = Flow::Configured;
        return None;
    }
    let request_id = cx.desk.guid();
    run::claim(setup, Start::Link { way: way(cx.cloud), request_id }, cx);
    None
}

/// The flow of an environment whose link is known.
pub(super) fn linked_already(setup: &Setup, cx: &Cx) -> Flow {
    let finops = gate::finops_url(cx.environment, &setup.facts).unwrap_or_default();
    Flow::Linked(Box::new(Linked {
        at: setup.facts.link.at().unwrap_or(cx.now),
        address: cx.cloud.administration(finops),
        confirmed: Confirmation::Gateway,
        took: None,
    }))
}

/// Starts: looks first whether there is a link already.
pub(super) fn start(setup: &mut Setup, way: Way, request_id: String, cx: &mut Cx) {
    run::began(setup, Work::Link { way, request_id: request_id.clone() }, false, cx);
    setup.tell(
        cx.now,
        match way {
            Way::Assisted => "waiting for the link to be made in Lifecycle Services".to_owned(),
            Way::Direct | Way::Reset => format!("link started ({})", way.word()),
        },
    );
    cx.record(setup, Line::Link { way, state: "begun".into(), address: None });
    let linking = fresh(setup, way, request_id, cx.now, cx);
    setup.flow = Flow::Linking(Box::new(linking));
}

/// Goes on after an interruption: the gateway is read first. What was accepted is watched, what was
/// not answered is asked for again under its own request id, which starts nothing a second time.
pub(super) fn take_up(setup: &mut Setup, way: Way, request_id: String, since: Now, before: &Run, cx: &mut Cx) {
    let asked = before.link(&request_id);
    let activity = asked.and_then(|line| line.id.clone());
    let unsettled = asked.is_some_and(|line| matches!(line.result, None | Some(ChangeResult::Unknown)));
    let linking = fresh(setup, way, request_id, since, cx);
    setup.flow = Flow::Linking(Box::new(Linking { activity, unsettled, ..linking }));
}

fn fresh(setup: &Setup, way: Way, request_id: String, started: Now, cx: &mut Cx) -> Linking {
    Linking {
        way,
        started,
        request_id,
        activity: None,
        is_answered: false,
        step: LinkStep::Look,
        watch: Watch::ask(cx, links(setup, cx), Duration::ZERO),
        administration_url: None,
        unsettled: false,
        starts: 0,
        reported: false,
        refused: None,
    }
}

/// The question whether there is a link.
fn links(setup: &Setup, cx: &Cx) -> Call {
    let host = bare_host(gate::finops_url(cx.environment, &setup.facts).unwrap_or_default());
    Call::Links(cx.at_gateway(setup, host))
}

/// Nothing is linked yet: start it, or wait for the person.
fn begin(linking: &mut Linking, setup: &mut Setup, cx: &mut Cx) {
    if linking.activity.is_some() {
        // Accepted before an interruption.
        linking.step = LinkStep::Watch;
        let call = status_call(linking, setup, cx);
        linking.watch.then_ask(cx, call, Duration::ZERO);
        return;
    }
    match linking.way {
        Way::Direct | Way::Reset => start_change(linking, setup, cx),
        Way::Assisted if cx.gateway(setup).is_some() => {
            ask_person(setup, cx);
            linking.step = LinkStep::WatchGateway;
            let call = links(setup, cx);
            linking.watch.then_ask(cx, call, ASSISTED_PAUSE);
        }
        Way::Assisted => {
            ask_person(setup, cx);
            linking.step = LinkStep::AskPerson;
        }
    }
}

/// What the person is to do, and where.
fn ask_person(setup: &Setup, cx: &mut Cx) {
    let project = cx.cloud.lcs_project;
    let address = project.and_then(|of| Some(lcs::portal_environment(of, gate::lcs_id(cx.environment, &setup.facts)?)));
    cx.record(setup, Line::Link { way: Way::Assisted, state: "waiting_for_person".into(), address });
}

fn start_change(linking: &mut Linking, setup: &mut Setup, cx: &mut Cx) {
    linking.step = LinkStep::Start;
    linking.starts += 1;
    let change = Change::StartLink {
        environment: gate::lcs_id(cx.environment, &setup.facts).unwrap_or_default().to_owned(),
        power_platform: cx.environment.power_platform.as_deref().unwrap_or_default().to_owned(),
        request_id: linking.request_id.clone(),
    };
    setup.tell(cx.now, format!("requested: {}", change.sentence()));
    linking.watch.then_change(cx, &setup.run, change);
}

/// Again after a failure. A start whose outcome is not known is repeated under its own id.
pub(super) fn try_again(setup: &mut Setup, cx: &mut Cx) -> Option<Notice> {
    let Flow::LinkFailed(linking, failure) = &setup.flow else { return None };
    if linking.way == Way::Reset {
        setup.flow = Flow::Mismatch;
        reading::read_all(setup, cx);
        return None;
    }
    // What cannot be read may still be on its way: its own request id starts nothing a second time.
    let is_over = failure.halt != Halt::CouldNotRead && (linking.is_answered || linking.activity.is_some());
    let request_id = if is_over { cx.desk.guid() } else { linking.request_id.clone() };
    let way = linking.way;
    run::claim(setup, Start::Link { way, request_id }, cx);
    None
}

/// The person says that the page shows the link; only where nothing here can read it.
pub(super) fn confirmed_by_person(setup: &mut Setup, cx: &mut Cx) {
    if let Flow::Linking(linking) = &setup.flow
        && linking.step == LinkStep::AskPerson
    {
        let linking = linking.clone();
        finish(setup, &linking, Confirmation::Person, cx);
    }
}

/// The gateway can be read now: it is watched for what the person does.
pub(super) fn watch_gateway_again(setup: &mut Setup, cx: &mut Cx) {
    let (call, is_known) = (links(setup, cx), cx.gateway(setup).is_some());
    if let Flow::Linking(linking) = &mut setup.flow
        && linking.step == LinkStep::AskPerson
        && is_known
    {
        linking.step = LinkStep::WatchGateway;
        linking.watch.then_ask(cx, call, Duration::ZERO);
    }
}

/// Nobody links in Lifecycle Services now.
pub(super) fn stop_waiting(setup: &mut Setup, cx: &mut Cx) {
    if let Flow::Linking(linking) = &setup.flow
        && linking.way == Way::Assisted
    {
        cx.desk.cancel(linking.watch.ticket);
        setup.tell(cx.now, "no longer waiting for the link");
        run::finished(setup, Outcome::Configured, cx);
        setup.flow = Flow::Configured;
    }
}

/// A reply to the open question of the link.
pub(super) fn reply(setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) {
    let Flow::Linking(mut linking) = std::mem::replace(&mut setup.flow, Flow::Details { wanted: false }) else {
        return;
    };
    let was_watched = matches!(linking.step, LinkStep::Watch | LinkStep::WatchGateway);
    let before = linking.watch.last.clone();
    let next = on_reply(&mut linking, setup, result, cx);
    tell_reading(&linking, before.as_ref(), was_watched, setup, cx);
    match next {
        Next::Stay => setup.flow = Flow::Linking(linking),
        Next::Linked(confirmed) => finish(setup, &linking, confirmed, cx),
        Next::Mismatch => {
            run::finished(setup, Outcome::Mismatch, cx);
            let has_started = linking.starts > 0 || linking.activity.is_some();
            let more = if has_started { "" } else { "; nothing was started" };
            setup.tell(cx.now, format!("dual-write is linked to another environment{more}"));
            setup.flow = Flow::Mismatch;
            reading::read_all(setup, cx);
        }
        Next::Failed(mut failure) => {
            setup.count(&mut failure);
            setup.tell(cx.now, format!("link failed: {}", failure.words));
            if linking.activity.is_some() && failure.halt != Halt::CouldNotRead {
                cx.record(setup, Line::Outcome { result: ChangeResult::Failed, id: None, words: String::new() });
            }
            cx.record(setup, failure.line("link"));
            run::finished(setup, Outcome::Failed, cx);
            setup.flow = Flow::LinkFailed(linking, failure);
            // DW9003 is about identities: show at once which of them is in order.
            reading::read_identities(setup, cx);
        }
    }
}

/// Writes down what was heard just now.
fn tell_reading(linking: &Linking, before: Option<&(Now, String)>, was_watched: bool, setup: &mut Setup, cx: &mut Cx) {
    let Some((at, word)) = linking.watch.last.as_ref().filter(|(at, _)| *at == cx.now) else { return };
    if before.is_some_and(|before| before == &(*at, word.clone())) {
        return;
    }
    if before.is_none_or(|(_, last)| last != word) {
        cx.record(setup, Line::Link { way: linking.way, state: word.clone(), address: None });
    }
    if !was_watched {
        return;
    }
    let (elapsed, next_in) = (between(linking.started, cx.now), between(cx.now, linking.watch.asks_at));
    run::read(setup, None, word, elapsed, next_in, cx);
}

fn finish(setup: &mut Setup, linking: &Linking, confirmed: Confirmation, cx: &mut Cx) {
    let own = || {
        let finops = gate::finops_url(cx.environment, &setup.facts).unwrap_or_default();
        cx.cloud.administration(finops)
    };
    let is_web = |address: &String| address.starts_with("https://") || address.starts_with("http://");
    let address = linking.administration_url.clone().filter(is_web).unwrap_or_else(own);
    // Where the start was refused, somebody else has made it.
    let is_own = linking.refused.is_none() || linking.way == Way::Reset;
    if is_own && (linking.starts > 0 || linking.activity.is_some() || linking.unsettled) {
        cx.record(setup, Line::came(ChangeResult::Done, None));
    }
    cx.record(setup, Line::Linked { address: address.clone(), confirmed: confirmed.words() });
    run::finished(setup, Outcome::Linked, cx);
    let took = between(linking.started, cx.now);
    setup.stopped_by = None;
    setup.tell(cx.now, format!("linked in {}, {}", to_the_second(took), confirmed.words()));
    let took = is_own.then_some((linking.way, took));
    setup.flow = Flow::Linked(Box::new(Linked { at: cx.now, address, confirmed, took }));
    for kind in [FactKind::Maps, FactKind::Companies, FactKind::Packages] {
        reading::ask(setup, kind, cx);
    }
}

/// Whether a link leads to this environment.
fn is_own(link: &gateway::Link, cx: &Cx) -> bool {
    match (link.power_apps_environment.as_deref(), cx.environment.power_platform.as_deref()) {
        (Some(theirs), Some(own)) if !theirs.is_empty() => bare_id(theirs) == bare_id(own),
        // The gateway does not say where the link leads: nothing speaks against it.
        _ => true,
    }
}

fn on_reply(linking: &mut Linking, setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) -> Next {
    match linking.step.clone() {
        LinkStep::Look => match result {
            Ok(reply) => {
                storing::store(&mut setup.facts, FactKind::Link, Ok(reply), cx);
                linking.watch.heard(cx.now, if setup.facts.linked().is_some() { "linked" } else { "no link yet" });
                match setup.facts.linked() {
                    Some(link) if is_own(link, cx) => {
                        setup.tell(cx.now, "there is a link already; nothing was started");
                        read_connection_set(linking, setup, cx)
                    }
                    Some(_) => Next::Mismatch,
                    None => {
                        begin(linking, setup, cx);
                        Next::Stay
                    }
                }
            }
            Err(trouble) => {
                if linking.watch.may_ask_again(&trouble) && linking.watch.misses < 3 {
                    return missed(linking, setup, links(setup, cx), trouble, cx);
                }
                // The operation itself refuses where a link leads elsewhere.
                setup.tell(cx.now, format!("could not tell whether there is a link: {trouble}"));
                begin(linking, setup, cx);
                Next::Stay
            }
        },
        LinkStep::Start => started(linking, setup, result, cx),
        LinkStep::Watch => watched(linking, setup, result, cx),
        LinkStep::WatchGateway => watched_gateway(linking, setup, result, cx),
        LinkStep::ReadBack { tries } => read_back(linking, setup, result, tries, cx),
        LinkStep::ReadConnectionSet => {
            storing::store(&mut setup.facts, FactKind::ConnectionSet, result, cx);
            Next::Linked(Confirmation::Gateway)
        }
        LinkStep::AskPerson => Next::Stay,
    }
}

fn missed(linking: &mut Linking, setup: &mut Setup, call: Call, trouble: Trouble, cx: &mut Cx) -> Next {
    let line = trouble.clone();
    let pause = linking.watch.missed(cx, call, trouble);
    tell_miss(setup, &line, linking.watch.misses, pause, cx);
    Next::Stay
}

fn started(linking: &mut Linking, setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) -> Next {
    match result {
        Ok(Reply::LinkAccepted(activity)) => {
            cx.record(setup, Line::came(ChangeResult::Accepted, Some(activity.clone())));
            setup.tell(cx.now, format!("link accepted, activity {activity}"));
            linking.watch.heard(cx.now, "accepted");
            linking.activity = Some(activity);
            linking.step = LinkStep::Watch;
            watch(linking, setup, cx)
        }
        Ok(_) => {
            cx.record(setup, Line::came(ChangeResult::Done, None));
            linking.watch.heard(cx.now, "done");
            ask_back(linking, setup, 0, Duration::ZERO, cx)
        }
        Err(trouble) => {
            cx.record(setup, Line::went_wrong(&trouble));
            let perhaps = trouble.done == Done::Perhaps;
            if linking.way == Way::Reset {
                if perhaps {
                    setup.tell(
                        cx.now,
                        format!("{}; its outcome is not known, so the gateway is read", trouble.sentence()),
                    );
                    linking.refused = Some(Box::new(reset::not_seen(&trouble, setup, cx)));
                    return ask_back(linking, setup, 0, SETTLE_PAUSE, cx);
                }
                return Next::Failed(Box::new(reset::not_done(&trouble, setup, cx)));
            }
            let tries = linking.starts;
            if (perhaps || trouble.is_passing()) && tries < STEP_ATTEMPTS {
                let pause = back_off(tries, trouble.retry_after, cx.desk.roll());
                setup
                    .tell(cx.now, format!("{}; repeated under the same request id", miss_line(&trouble, tries, pause)));
                // The gateway is read first: it may show the link that the lost answer was about.
                // Without one the status of an empty activity cannot be asked, so the start itself
                // is repeated; its request id makes that harmless.
                linking.step = LinkStep::Look;
                linking.watch.then_ask(cx, links(setup, cx), pause);
                linking.watch.misses = tries;
                linking.watch.trouble = Some(Box::new(trouble));
                return Next::Stay;
            }
            let mut failure = if perhaps || trouble.is_passing() {
                failed_at(
                    &format!("The link could not be started in {tries} attempts; the latest attempt failed"),
                    &trouble,
                    setup,
                    cx,
                )
            } else {
                failure_of(&trouble, setup, cx)
            };
            failure.ids.push(("Request id", linking.request_id.clone()));
            if trouble.what == What::Refused {
                // The service has answered this request id for good; the next try is a new one.
                linking.is_answered = true;
            }
            if trouble.what == What::Refused && cx.gateway(setup).is_some() && says_it_runs(&trouble.words) {
                // Started by another program, or by this one before its record was lost.
                setup.tell(cx.now, format!("{}; the gateway is watched for its link", trouble.clause()));
                linking.refused = Some(Box::new(failure));
                linking.step = LinkStep::WatchGateway;
                let call = links(setup, cx);
                linking.watch.then_ask(cx, call, READ_BACK_PAUSE);
                return Next::Stay;
            }
            Next::Failed(Box::new(failure))
        }
    }
}

/// Whether a refusal says that a link is being made or is there. The wording is not documented, so a
/// wrong guess must be harmless: the gateway is only read, and only for so long.
fn says_it_runs(words: &str) -> bool {
    let words = words.to_lowercase();
    ["another link", "in progress", "already running", "is running"].iter().any(|known| words.contains(known))
}

fn link_failure(linking: &Linking, words: String, setup: &Setup, cx: &Cx) -> Failure {
    let mut failure = failure(Service::Link, words, None, setup, cx);
    let code = failure.fault.map_or_else(|| failure.open_code(), |fault| Some(fault.code.as_str()));
    failure.code = code.filter(|code| !code.is_empty()).map(str::to_owned);
    failure.ids.push(("Activity id", linking.activity.clone().unwrap_or_default()));
    failure.ids.push(("Request id", linking.request_id.clone()));
    failure
}

fn ask_back(linking: &mut Linking, setup: &Setup, tries: u8, after: Duration, cx: &mut Cx) -> Next {
    if cx.gateway(setup).is_none() {
        return Next::Linked(Confirmation::NoGateway);
    }
    linking.step = LinkStep::ReadBack { tries };
    let call = links(setup, cx);
    linking.watch.then_ask(cx, call, after);
    Next::Stay
}

fn read_back(linking: &mut Linking, setup: &mut Setup, result: Result<Reply, Trouble>, tries: u8, cx: &mut Cx) -> Next {
    let is_reset = linking.way == Way::Reset;
    let limit = if is_reset { RESET_TRIES } else { READ_BACK_TRIES };
    let reported = linking.reported;
    match result {
        Ok(reply) => {
            storing::store(&mut setup.facts, FactKind::Link, Ok(reply), cx);
            linking.watch.heard(cx.now, "read back");
            if setup.facts.linked().is_some_and(|link| is_own(link, cx)) {
                return read_connection_set(linking, setup, cx);
            }
            if tries + 1 < limit {
                return ask_back(linking, setup, tries + 1, READ_BACK_PAUSE, cx);
            }
            if reported && setup.facts.linked().is_none() {
                return Next::Linked(Confirmation::GatewayDoesNotShowIt);
            }
            if setup.facts.linked().is_some() && !is_reset {
                // The operation has ended, and the link is not the one that was asked for.
                cx.record(setup, Line::Outcome { result: ChangeResult::Failed, id: None, words: String::new() });
                return Next::Mismatch;
            }
            if let Some(mut failure) = linking.refused.take() {
                "The dual-write service was read for five minutes and shows no link to this environment. Read the mismatch again (r) before anything else: the reset may still be under way.".clone_into(&mut failure.next_move);
                return Next::Failed(failure);
            }
            if is_reset {
                return Next::Failed(Box::new(reset::not_shown(setup, cx)));
            }
            let words = "The dual-write service does not show a link to this environment.".to_owned();
            let failure = link_failure(linking, words, setup, cx).found_here();
            Next::Failed(Box::new(failure))
        }
        Err(trouble) if trouble.is_passing() && tries + 1 < limit => {
            let pause = back_off(tries + 1, trouble.retry_after, cx.desk.roll());
            tell_miss(setup, &trouble, tries + 1, pause, cx);
            let next = ask_back(linking, setup, tries + 1, pause, cx);
            linking.watch.misses = tries + 1;
            linking.watch.trouble = Some(Box::new(trouble));
            next
        }
        Err(trouble) if reported => Next::Linked(Confirmation::GatewayUnread(trouble.to_string())),
        Err(trouble) if is_reset => Next::Failed(Box::new(reset::unread(&trouble, setup, cx))),
        Err(trouble) => Next::Failed(Box::new(failure_of(&trouble, setup, cx))),
    }
}

fn read_connection_set(linking: &mut Linking, setup: &mut Setup, cx: &mut Cx) -> Next {
    match setup.facts.linked().and_then(|link| link.cname.clone()).filter(|name| !name.is_empty()) {
        Some(name) => {
            linking.step = LinkStep::ReadConnectionSet;
            linking.watch.then_ask(cx, Call::ConnectionSet(cx.at_gateway(setup, name)), Duration::ZERO);
            Next::Stay
        }
        None => Next::Linked(Confirmation::Gateway),
    }
}
