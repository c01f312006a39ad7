//! One transition each, without HTTP: what only a made-up answer can show. Whole flows are in
//! `tests/flows.rs`.

mod access;
mod faults;
mod installing;
mod linking;
mod looking;
mod meanwhile;
mod piloted;
mod run;
mod survey;
mod world;

use super::*;
use crate::core::call::{Call, Change};
use crate::core::configuring::Step;
use crate::core::failure::Halt;
use crate::core::gate::{self, Gate};
use crate::core::journal::fold;
use crate::core::linking::{Confirmation, LinkStep};
use crate::core::msg::{Found, NotClaimed};
use crate::core::plan::{APPLICATION_PACKAGE, CORE_PACKAGE};
use crate::core::route::Screen;
use crate::core::schedule::{BUSY_PAUSE, RETRY_AFTER_MAX, SETTLE_PAUSE};
use crate::core::sign_in::Session;
use crate::core::standing::{Standing, standing};
use crate::core::trouble::{Done, What as Happened};
use serde_json::json;
use std::collections::VecDeque;
use world::{Asked, Users, World, from, passing};

#[test]
fn a_stale_reply_is_ignored() {
    let mut world = World::running();
    let before = world.model.clone();
    world.tell(Msg::Reply { ticket: Ticket(9_999), result: Ok(Reply::Done) });
    assert_eq!(world.model, before);
}

#[test]
fn configure_stays_closed_until_the_terms_were_read_and_ticked() {
    let mut world = World::opened();
    world.want(Intent::DualWriteApplication);
    world.want(Intent::Configure);
    assert!(matches!(world.flow(), Flow::Terms { .. }));
    world.want(Intent::TickTerms);
    world.want(Intent::Configure);
    assert!(matches!(world.flow(), Flow::Terms { .. }), "the end was not seen");
    world.want(Intent::TermsSeenToEnd);
    world.want(Intent::Configure);
    assert!(matches!(world.flow(), Flow::Confirm));
    assert!(world.changes.is_empty());
}

#[test]
fn a_side_that_refuses_this_account_ends_configure_before_anything_is_installed() {
    let mut world = World::new();
    world.refuses_rows = true;
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    world.settle();
    let (environment, setup) = world.model.current().unwrap();
    assert_eq!(standing(environment, Some(setup)), Standing::Unknown, "it is not ready to configure");
    for intent in
        [Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure, Intent::Ok]
    {
        world.want(intent);
    }
    world.settle_until(|world| matches!(world.flow(), Flow::ConfigureFailed(..)));
    let Flow::ConfigureFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!((world.changes.len(), &failure.halt), (0, &Halt::CouldNotRead));
    assert!(
        failure.words.contains("no privilege") && failure.next_move.contains("Ask for the role System administrator"),
        "{failure:?}"
    );
}

#[test]
fn an_acceptance_that_cannot_be_kept_is_none() {
    let mut world = World::opened();
    world.terms_kept = Err("/state (no space left)".into());
    for intent in [Intent::DualWriteApplication, Intent::TickTerms, Intent::TermsSeenToEnd, Intent::Configure] {
        world.want(intent);
    }
    assert!(matches!(world.flow(), Flow::Terms { keeping: false, .. }), "{:?}", world.flow());
    let notice = world.model.notice.clone().unwrap();
    assert!(notice.contains("/state (no space left)") && notice.contains("--state-dir"), "{notice}");
    world.terms_kept = Ok(());
    world.want(Intent::Configure);
    assert!(matches!(world.flow(), Flow::Confirm));
}

#[test]
fn a_second_ok_starts_nothing() {
    let mut world = World::running();
    assert_eq!(world.changes.len(), 1);
    world.want(Intent::Ok);
    world.want(Intent::Configure);
    world.want(Intent::DualWriteApplication);
    assert_eq!(world.changes.len(), 1);
}

#[test]
fn an_installation_whose_answer_was_lost_is_looked_for_before_it_is_asked_again() {
    let mut world = World::running();
    assert!(matches!(world.changes[..], [Change::Install { .. }]));
    world.answer(Err(passing(Service::PowerPlatform, Done::Perhaps)));
    assert_eq!(world.open.front().unwrap().1, SETTLE_PAUSE);
    world.core_state = "InstallRequested";
    let reply = world.healthy(&Call::Packages("".into()));
    world.answer(Ok(reply));
    assert!(matches!(world.step(), Step::Watch(_)), "the request had arrived: it is watched");
    assert_eq!(world.changes.len(), 1);
}

#[test]
fn an_installation_that_surely_never_arrived_is_asked_again_after_looks() {
    let mut world = World::running();
    world.answer(Err(passing(Service::PowerPlatform, Done::Perhaps)));
    world.settle();
    assert_eq!(world.changes.len(), 2);
    assert!(world.now >= later(Now::UNIX_EPOCH, SETTLE_PAUSE * 2), "not before it was looked for more than once");
}

#[test]
fn a_refused_installation_fails_with_the_words_of_the_service() {
    let mut world = World::running();
    world.answer(Err(Trouble::new(Service::PowerPlatform, Happened::Status(403), "No capacity left.")));
    let Flow::ConfigureFailed(_, failure) = world.flow() else { panic!("not failed") };
    assert_eq!(failure.words, "No capacity left.");
}

#[test]
fn a_service_that_does_not_answer_never_fails_an_installation() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    for _ in 0..100 {
        world.answer(Err(passing(Service::PowerPlatform, Done::No)));
    }
    assert!(matches!(world.step(), Step::Watch(_)));
    let Flow::Configuring(run) = world.flow() else { panic!("not running") };
    assert!(run.watch.misses >= 3);
}

#[test]
fn an_unknown_status_is_still_running() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    for status in ["Paused", "SUCCEEDING", "", "Queued"] {
        world.answer(Ok(Reply::Operation { operation: Some(from(json!({ "status": status }))), retry_after: None }));
        assert!(matches!(world.step(), Step::Watch(_)), "{status}");
    }
}

#[test]
fn what_was_called_off_did_not_fail() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.answer(Ok(Reply::Operation { operation: Some(from(json!({"status": "Canceled"}))), retry_after: None }));
    let Flow::ConfigureFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(failure.halt, crate::core::failure::Halt::Canceled);
}

#[test]
fn success_counts_only_when_the_package_list_agrees() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.answer(Ok(Reply::Operation { operation: Some(from(json!({"status": "sUcCeEdEd"}))), retry_after: None }));
    for _ in 0..5 {
        let reply = world.healthy(&Call::Packages("".into()));
        let asked = world.answer(Ok(reply));
        assert!(matches!(asked, Asked::Call(Call::Packages(_))));
        assert!(matches!(world.step(), Step::Watch(_)), "not listed yet");
    }
    world.core_state = "Installed";
    world.settle();
    assert!(matches!(world.flow(), Flow::Configured));
}

#[test]
fn a_failure_from_before_is_not_taken_for_a_new_one() {
    let mut world = World::running();
    world.core_state = "InstallFailed";
    world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
    let reply = world.healthy(&Call::Packages("".into()));
    world.answer(Ok(reply));
    assert!(matches!(world.step(), Step::Watch(_)), "the list may not have moved yet");
    world.core_state = "Installing";
    let reply = world.healthy(&Call::Packages("".into()));
    world.answer(Ok(reply));
    world.core_state = "InstallFailed";
    let reply = world.healthy(&Call::Packages("".into()));
    world.answer(Ok(reply));
    assert!(matches!(world.flow(), Flow::ConfigureFailed(_, _)));
}

#[test]
fn reading_now_respects_a_pause_the_service_asked_for() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    let mut throttled = Trouble::new(Service::PowerPlatform, Happened::Status(429), "");
    throttled.retry_after = Some(Duration::from_hours(9));
    world.answer(Err(throttled));
    assert_eq!(world.open.front().unwrap().1, RETRY_AFTER_MAX);
    let open = world.open.clone();
    world.want(Intent::ReadNow);
    assert_eq!(world.open, open);
    assert!(world.model.notice.as_deref().unwrap().contains("asked to wait"));
}

#[test]
fn what_a_service_asks_for_with_a_success_is_a_floor_too() {
    let mut world = World::running();
    let asked = Some(Duration::from_secs(90));
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: asked }));
    assert!(world.open.front().unwrap().1 >= Duration::from_secs(90));
    let open = world.open.clone();
    world.want(Intent::ReadNow);
    assert_eq!(world.open, open);
    world.answer(Ok(Reply::Operation { operation: None, retry_after: None }));
    assert!(world.open.front().unwrap().1 < Duration::from_secs(70), "it was asked for once");
}

#[test]
fn reading_now_asks_at_once_and_once() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    assert!(world.open.front().unwrap().1 > Duration::ZERO);
    world.want(Intent::ReadNow);
    assert_eq!(world.open.len(), 1);
    assert_eq!(world.open.front().unwrap().1, Duration::ZERO);
    let open = world.open.clone();
    world.want(Intent::ReadNow);
    assert_eq!(world.open, open, "it is being read already");
}

#[test]
fn a_lost_start_of_the_link_is_repeated_under_the_same_request_id() {
    let mut world = World::linking();
    let Some(Change::StartLink { request_id: first, .. }) = world.changes.first().cloned() else { panic!() };
    world.answer(Err(passing(Service::Link, Done::Perhaps)));
    world.settle();
    let Some(Change::StartLink { request_id, .. }) = world.changes.last() else { panic!() };
    assert_eq!((world.changes.len(), request_id), (2, &first));
}

#[test]
fn a_link_that_the_gateway_shows_after_a_lost_start_is_not_started_again() {
    let mut world = World::linking();
    world.answer(Err(passing(Service::Link, Done::Perhaps)));
    world.answer(Ok(Reply::Links(from(json!([{"cid": "c", "powerAppsEnvironment": "PP1"}])))));
    assert_eq!(world.changes.len(), 1);
    assert!(matches!(world.flow(), Flow::Linked(_)));
}

#[test]
fn a_link_that_is_reported_and_not_shown_is_said_to_be_exactly_that() {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("a".into())));
    world.answer(Ok(Reply::LinkStatus(from(json!({"IsSuccess": true, "OperationStatus": "Completed"})))));
    world.settle();
    let Flow::Linked(linked) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(linked.confirmed, Confirmation::GatewayDoesNotShowIt);
    assert_eq!(linked.address, "https://portal.example/dualWrite?axenv=uat.operations.dynamics.com");
}

#[test]
fn an_address_that_is_no_web_address_is_never_offered() {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("a".into())));
    let answer = json!({"IsSuccess": true, "OperationStatus": "Completed", "AdministrationUrl": "file:///etc/passwd"});
    world.answer(Ok(Reply::LinkStatus(from(answer))));
    world.settle();
    let Flow::Linked(linked) = world.flow() else { panic!("{:?}", world.flow()) };
    assert!(linked.address.starts_with("https://portal.example/"));
}

#[test]
fn a_refused_link_fails_and_the_next_try_has_a_new_request_id() {
    let mut world = World::linking();
    world.answer(Err(Trouble::new(Service::Link, Happened::Refused, "already linked elsewhere")));
    assert!(matches!(world.flow(), Flow::LinkFailed(_, failure) if failure.words == "already linked elsewhere"));
    world.settle();
    world.want(Intent::TryAgain);
    world.settle();
    let ids: Vec<_> = world
        .changes
        .iter()
        .map(|change| if let Change::StartLink { request_id, .. } = change { request_id.clone() } else { panic!() })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn without_link_operation_and_gateway_the_person_is_asked() {
    let mut world = World::new();
    world.core_state = "Installed";
    world.model.cloud.has_link = false;
    world.model.cloud.has_gateway = false;
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    world.settle();
    world.want(Intent::Link);
    world.want(Intent::Link);
    world.answer(Err(Trouble::new(Service::Gateway, Happened::NotConfigured, "")));
    let Flow::Linking(linking) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!((linking.way, &linking.step), (Way::Assisted, &LinkStep::AskPerson));
    world.want(Intent::ConfirmLinked);
    assert!(matches!(world.flow(), Flow::Linked(linked) if linked.confirmed == Confirmation::Person));
    assert!(world.changes.is_empty());
}

#[test]
fn could_not_find_out_is_never_not_there() {
    let mut world = World::new();
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    while let Some((_, _, Asked::Call(call))) = world.open.front().cloned() {
        if let Call::Packages(_) = call {
            world.answer(Err(passing(Service::PowerPlatform, Done::No)));
        } else {
            let reply = world.healthy(&call);
            world.answer(Ok(reply));
        }
    }
    let (environment, setup) = world.model.current().unwrap();
    // The survey had read the list before; what could not be read now is not known now.
    assert!(setup.facts.packages.trouble().is_some());
    assert!(matches!(gate::link(environment, &setup.facts), Gate::Closed(why) if why.contains("Could not tell")));
}

#[test]
fn a_link_was_started_by_keys_pressed_before_the_identities_were_read() {
    let mut world = World::new();
    world.core_state = "Installed";
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    world.settle_until(|world| {
        world.model.current().is_some_and(|(environment, setup)| gate::link(environment, &setup.facts).is_open())
    });
    assert!(!world.open.is_empty(), "the identities are still being read");
    world.want(Intent::Link);
    world.want(Intent::Link);
    assert!(matches!(world.flow(), Flow::Details { .. }) && world.changes.is_empty(), "{:?}", world.flow());
    assert_eq!(world.model.notice.as_deref(), Some("Still reading this environment; wait a moment, then try again."));
    world.settle();
    world.want(Intent::Link);
    world.want(Intent::Link);
    assert!(matches!(world.flow(), Flow::Linking(_)));
}

#[test]
fn an_ended_sign_in_asks_for_a_code_and_comes_back_to_the_same_place() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.answer(Err(Trouble::new(Service::PowerPlatform, Happened::SignInNeeded, "expired")));
    assert_eq!(crate::core::route::screen(&world.model), crate::core::route::Screen::SignIn);
    let code = Reply::DeviceCode { user_code: "A".into(), address: "https://x".into(), expires_in: 900, interval: 5 };
    assert_eq!(world.answer(Ok(code)), Asked::Call(Call::DeviceCode));
    assert_eq!(world.answer(Ok(Reply::SignedIn("ada".into()))), Asked::Call(Call::PollDeviceCode));
    assert_eq!(crate::core::route::screen(&world.model), crate::core::route::Screen::Progress);
    assert!(matches!(world.step(), Step::Watch(_)));
    let asked = world.open.iter().any(|(_, _, asked)| matches!(asked, Asked::Call(Call::Operation { .. })));
    assert!(asked, "the question that was refused is asked again");
}

#[test]
fn a_code_that_is_not_used_in_time_stops_and_a_new_one_can_be_had() {
    let mut world = World::new();
    world.model.session = Session::Unknown;
    world.open.clear();
    world.tell(Msg::Start);
    let code = Reply::DeviceCode { user_code: "A".into(), address: "https://x".into(), expires_in: 12, interval: 5 };
    world.answer(Ok(code));
    world.answer(Ok(Reply::SignInPending { slow_down: true }));
    assert_eq!(world.open.front().unwrap().1, Duration::from_secs(10), "slow_down adds five seconds for good");
    world.answer(Ok(Reply::SignInPending { slow_down: false }));
    assert!(matches!(&world.model.session, Session::Stopped(trouble) if trouble.what == Happened::CodeEnded));
    world.want(Intent::NewCode);
    assert_eq!(world.open.front().unwrap().2, Asked::Call(Call::DeviceCode));
}

#[test]
fn a_list_that_has_lost_an_environment_does_not_stop_what_runs_in_it() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.want(Intent::Environments);
    world.want(Intent::ReadNow);
    let place = world.open.iter().position(|(_, _, asked)| *asked == Asked::Call(Call::Environments)).unwrap();
    let (ticket, _, _) = world.open.remove(place).unwrap();
    world.tell(Msg::Reply { ticket, result: Ok(Reply::Environments(Vec::new())) });
    assert_eq!(world.model.running().count(), 1);
    world.answer(Ok(Reply::Operation { operation: None, retry_after: None }));
    assert!(matches!(world.step(), Step::Watch(_)));
    assert_eq!(world.open.len(), 1, "it is read again");
}

#[test]
fn a_refusal_that_says_that_a_link_is_being_made_is_watched_and_not_given_up() {
    let mut world = World::linking();
    let words = "Another link operation is running for this environment.";
    world.answer(Err(Trouble::new(Service::Link, Happened::Refused, words)));
    assert!(matches!(world.flow(), Flow::Linking(link) if link.step == LinkStep::WatchGateway), "{:?}", world.flow());
    let link = from(json!([{"cid": "c", "powerAppsEnvironment": "pp-1"}]));
    world.answer(Ok(Reply::Links(link)));
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
}

#[test]
fn a_clock_that_is_moved_fails_nothing_and_ends_nothing() {
    for jump in [jiff::SignedDuration::from_hours(8), jiff::SignedDuration::from_hours(-1)] {
        let mut world = World::running();
        world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
        world.now = world.now.checked_add(jump).unwrap();
        // The list still shows nothing of it, and an old failure besides.
        for _ in 0..3 {
            let reply = world.healthy(&Call::Packages("".into()));
            world.answer(Ok(reply));
        }
        assert!(matches!(world.step(), Step::Watch(_)), "{jump}: {:?}", world.flow());
        world.core_state = "Installed";
        world.settle();
        assert!(matches!(world.flow(), Flow::Configured), "{jump}: {:?}", world.flow());
        assert_eq!(world.changes.len(), 1);
        let took = world.model.setups[&EnvironmentId("pp-1".into())].configure_took.unwrap();
        assert!(took < Duration::from_hours(9), "{took:?}");
    }
}

#[test]
fn what_this_program_says_itself_is_not_looked_up_in_the_catalogue() {
    let mut world = World::running();
    let path = "/state/DW9003/runs/e7e8.jsonl: no space, Failed to connect to CRM";
    world.answer(Err(Trouble::new(Service::PowerPlatform, Happened::NotRecorded, path)));
    let Flow::ConfigureFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert!(failure.fault.is_none() && failure.is_ours && failure.halt == Halt::NoRecord, "{failure:?}");
    assert!(failure.next_move.contains("Free disk space"), "{}", failure.next_move);
}

#[test]
fn a_code_with_two_causes_is_not_guessed_and_where_to_look_it_up_is_named() {
    let mut world = World::linking();
    world.answer(Err(Trouble::new(Service::Link, Happened::Refused, "DW9003: refused")));
    let Flow::LinkFailed(_, failure) = world.flow() else { panic!("not failed") };
    assert_eq!((failure.fault, failure.open_code()), (None, Some("DW9003")));
    assert!(failure.next_move.contains("Look it up: dualwrite explain DW9003."), "{}", failure.next_move);
}

#[test]
fn an_address_with_letters_that_no_address_has_is_not_given_to_a_browser() {
    let mut world = World::opened();
    for address in
        ["https://x.example/\n--flag", "https://x.example/\"&calc", "https://x\u{202e}", "javascript:alert(1)"]
    {
        let effects = update(&mut world.model, Msg::Intent(Intent::Open(address.into())), world.now);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Open(_))), "{address:?}");
        assert!(world.model.notice.as_ref().is_some_and(|notice| notice.contains("not opened")));
    }
    let effects = update(&mut world.model, Msg::Intent(Intent::Open("https://x.example/a?b='c'&d".into())), world.now);
    assert!(matches!(&effects[..], [Effect::Open(_)]));
}

#[test]
fn neither_a_name_nor_an_id_becomes_a_part_of_a_command_that_a_shell_reads() {
    let world = World::opened();
    let mut environment = world.model.directory.environments[0].clone();
    environment.name = "x\"; rm -rf ~; \"".into();
    assert_eq!(world.model.cloud.come_back(&environment), format!("{} --environment pp-1", world.model.cloud.command));
    environment.id = EnvironmentId("pp\n$(rm -rf ~)".into());
    assert_eq!(world.model.cloud.come_back(&environment), world.model.cloud.command);
}
