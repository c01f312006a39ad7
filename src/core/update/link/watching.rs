//! Watching a link that is being made: by its operation, and by the gateway where there is one. Nothing is
//! started here.

use super::super::troubles::failed_at;
use super::super::{Cx, storing};
use super::Next;
use super::{ASSISTED_PAUSE, REFUSED_MAX, ask_back, is_own, link_failure, links, missed, read_connection_set};
use crate::core::call::{Call, Reply};
use crate::core::facts::FactKind;
use crate::core::failure::{Failure, Halt};
use crate::core::gate;
use crate::core::linking::{LinkStep, Linking, Way};
use crate::core::schedule::prior::Watched;
use crate::core::schedule::{LINK_USUAL, is_turn_of_another};
use crate::core::service::Service;
use crate::core::setup::Setup;
use crate::core::time::between;
use crate::core::trouble::{Trouble, What};
use crate::wire::link;
use std::time::Duration;

pub(super) fn status_call(linking: &Linking, setup: &Setup, cx: &Cx) -> Call {
    Call::LinkStatus {
        environment: gate::lcs_id(cx.environment, &setup.facts).unwrap_or_default().to_owned(),
        activity: linking.activity.clone().unwrap_or_default(),
    }
}

pub(super) fn watch(linking: &mut Linking, setup: &Setup, cx: &mut Cx) -> Next {
    let (call, pause) = (status_call(linking, setup, cx), pause(linking, cx));
    linking.watch.then_ask(cx, call, pause);
    Next::Stay
}

/// How long until the next look.
fn pause(linking: &Linking, cx: &mut Cx) -> Duration {
    cx.look_again(Watched::Link, Service::Link, between(linking.started, cx.now))
}

pub(super) fn watched(linking: &mut Linking, setup: &mut Setup, result: Result<Reply, Trouble>, cx: &mut Cx) -> Next {
    match result {
        Ok(Reply::LinkStatus(answer)) => status_read(linking, setup, answer, cx),
        // The operation is silent; the link itself can be there.
        Ok(reply @ Reply::Links(_)) => {
            storing::store(&mut setup.facts, FactKind::Link, Ok(reply), cx);
            match setup.facts.linked() {
                Some(link) if is_own(link, cx) => read_connection_set(linking, setup, cx),
                _ => {
                    // The operation is as silent as before.
                    let (misses, trouble) = (linking.watch.misses, linking.watch.trouble.take());
                    let next = watch(linking, setup, cx);
                    (linking.watch.misses, linking.watch.trouble) = (misses, trouble);
                    next
                }
            }
        }
        Ok(_) => watch(linking, setup, cx),
        Err(trouble) if trouble.is_passing() || asks_gateway(linking.watch.misses, setup, cx) => {
            let is_turn = asks_gateway(linking.watch.misses.saturating_add(1), setup, cx);
            let call = if is_turn { links(setup, cx) } else { status_call(linking, setup, cx) };
            missed(linking, setup, call, trouble, cx)
        }
        Err(trouble) => status_cannot_be_read(linking, setup, trouble, cx),
    }
}

/// Whether it is the gateway's turn after so many misses.
fn asks_gateway(misses: u8, setup: &Setup, cx: &Cx) -> bool {
    cx.gateway(setup).is_some() && is_turn_of_another(misses)
}

/// What cannot be read is still running. The gateway, where there is one, shows what becomes of it.
fn status_cannot_be_read(linking: &mut Linking, setup: &mut Setup, trouble: Trouble, cx: &mut Cx) -> Next {
    if cx.gateway(setup).is_some() {
        setup.tell(cx.now, format!("{}; the gateway is watched instead", trouble.clause()));
        linking.step = LinkStep::WatchGateway;
        linking.watch.then_ask(cx, links(setup, cx), Duration::ZERO);
        linking.watch.trouble = Some(Box::new(trouble));
        return Next::Stay;
    }
    let call = status_call(linking, setup, cx);
    missed(linking, setup, call, trouble, cx)
}

fn status_read(linking: &mut Linking, setup: &mut Setup, answer: link::Answer, cx: &mut Cx) -> Next {
    let word = answer.operation_status.clone().unwrap_or_else(|| "no status".into());
    let words = answer.error_message.clone().filter(|words| !words.trim().is_empty());
    setup.tell(cx.now, format!("link: the service says {word}"));
    linking.watch.heard(cx.now, word.clone());
    match word.to_ascii_lowercase().as_str() {
        "completed" if answer.is_success != Some(false) => {
            linking.administration_url = answer.administration_url;
            linking.reported = true;
            if linking.starts > 0 {
                cx.experience.add(Watched::Link, between(linking.started, cx.now));
            }
            ask_back(linking, setup, 0, Duration::ZERO, cx)
        }
        // Completed, but not a success: nothing was linked.
        "failed" | "aborted" | "completed" => {
            let ours = || format!("The link operation says {word} without success and gives no reason.");
            let mut failure = link_failure(linking, words.clone().unwrap_or_else(ours), setup, cx);
            if words.is_none() {
                failure = failure.found_here();
            }
            Next::Failed(Box::new(failure))
        }
        _ if answer.is_success != Some(true) && answer.operation_status.is_none() => {
            let refused = Trouble::new(Service::Link, What::Refused, words.unwrap_or_default());
            status_cannot_be_read(linking, setup, refused, cx)
        }
        // One that never says its end has ended at the gateway.
        _ if between(linking.started, cx.now) > LINK_USUAL && cx.gateway(setup).is_some() => {
            let pause = pause(linking, cx);
            linking.watch.then_ask(cx, links(setup, cx), pause);
            Next::Stay
        }
        _ => watch(linking, setup, cx),
    }
}

pub(super) fn watched_gateway(
    linking: &mut Linking,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    cx: &mut Cx,
) -> Next {
    let call = links(setup, cx);
    match result {
        Ok(reply) => {
            storing::store(&mut setup.facts, FactKind::Link, Ok(reply), cx);
            match setup.facts.linked() {
                Some(link) if is_own(link, cx) => read_connection_set(linking, setup, cx),
                Some(_) => Next::Mismatch,
                None => {
                    if let Some(failure) = linking.refused.take_if(|failure| between(failure.at, cx.now) > REFUSED_MAX)
                    {
                        return Next::Failed(failure);
                    }
                    linking.watch.heard(cx.now, "not linked yet");
                    linking.watch.then_ask(cx, call, ASSISTED_PAUSE);
                    Next::Stay
                }
            }
        }
        Err(trouble) if trouble.is_passing() => missed(linking, setup, call, trouble, cx),
        // Neither the operation nor the gateway tells what becomes of it, and nobody was to make it by hand.
        Err(trouble) if linking.way != Way::Assisted && !trouble.wants_token() => {
            Next::Failed(linking.refused.take().unwrap_or_else(|| {
                let failure = failed_at("What becomes of the link cannot be read", &trouble, setup, cx);
                Box::new(Failure { halt: Halt::CouldNotRead, ..failure })
            }))
        }
        Err(trouble) => {
            setup.tell(cx.now, format!("the gateway cannot be read: {trouble}"));
            linking.watch.trouble = Some(Box::new(trouble));
            linking.step = LinkStep::AskPerson;
            Next::Stay
        }
    }
}
