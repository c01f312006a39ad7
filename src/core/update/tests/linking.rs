//! Links and resets: what is refused, what cannot be read, and what an interruption makes of it.

use super::*;
use crate::core::facts::FactKind;
use crate::core::journal::ChangeResult;
use crate::core::time::between;
use rstest::rstest;

fn refusal(words: &str) -> Trouble {
    let correlation = Some("activity-of-the-refusal".into());
    Trouble { correlation, ..Trouble::new(Service::Link, Happened::Refused, words) }
}

fn watched_at_the_gateway(world: &World) -> bool {
    matches!(world.flow(), Flow::Linking(linking) if linking.step == LinkStep::WatchGateway)
}

#[test]
fn the_record_keeps_why_a_link_was_refused() {
    let mut world = World::linking();
    world.answer(Err(refusal("already linked elsewhere")));
    assert!(matches!(world.flow(), Flow::LinkFailed(..)));
    let run = fold(&world.recorded).unwrap();
    let line = run.changes.last().unwrap();
    assert_eq!((line.result, line.words.contains("already linked elsewhere")), (Some(ChangeResult::Refused), true));
}

#[test]
fn another_link_is_waited_for_from_its_refusal_on_however_long_ago_the_work_began() {
    let mut world = World::linking();
    // An interruption, or pauses that the service asked for.
    world.now = later(world.now, Duration::from_hours(1));
    world.answer(Err(refusal("Another link is in progress.")));
    for _ in 0..3 {
        world.answer(Ok(Reply::Links(Vec::new())));
    }
    assert!(watched_at_the_gateway(&world), "{:?}", world.flow());
    world.now = later(world.now, Duration::from_mins(16));
    world.answer(Ok(Reply::Links(Vec::new())));
    assert!(matches!(world.flow(), Flow::LinkFailed(_, failure) if failure.words.contains("in progress")));
}

#[rstest]
#[case::refused(true, Halt::Failed)]
#[case::accepted(false, Halt::CouldNotRead)]
fn a_direct_link_that_nothing_can_read_ends_and_waits_for_nobody(#[case] is_refused: bool, #[case] halt: Halt) {
    let mut world = World::linking();
    if is_refused {
        world.answer(Err(refusal("Another link is in progress.")));
    } else {
        world.answer(Ok(Reply::LinkAccepted("activity".into())));
        world.answer(Err(Trouble::new(Service::Link, Happened::Status(403), "")));
    }
    assert!(watched_at_the_gateway(&world), "{:?}", world.flow());
    world.answer(Err(Trouble::new(Service::Gateway, Happened::Status(403), "no right")));
    let Flow::LinkFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(failure.halt, halt, "{failure:?}");
    let first = world.changes.clone();
    let result = fold(&world.recorded).unwrap().changes.last().unwrap().result;
    let known = if is_refused { ChangeResult::Refused } else { ChangeResult::Accepted };
    assert_eq!(result, Some(known), "nobody knows that it failed");
    if !is_refused {
        // It may still be on its way: the next try repeats it under its own request id.
        world.settle();
        world.want(Intent::TryAgain);
        world.settle();
        assert_eq!(world.changes, [first.clone(), first].concat());
    }
}

#[test]
fn a_reset_is_not_asked_for_while_it_is_read_where_the_link_leads() {
    let mut world = World::resetting();
    world.answer(Err(passing(Service::Gateway, Done::Perhaps)));
    world.settle_until(|world| matches!(world.flow(), Flow::LinkFailed(..)));
    let Flow::LinkFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert!(failure.next_move.contains("may still be under way"), "{failure:?}");
    assert!(world.now >= later(Now::UNIX_EPOCH, Duration::from_mins(4)), "as long as a reset may take: {}", world.now);
    // Another mismatch is not read from what was known before.
    let id = EnvironmentId("pp-1".into());
    world.model.setups.work(&id, |setup| {
        setup.flow = Flow::Mismatch;
        setup.reading.insert(FactKind::Link, crate::core::setup::Asked { ticket: Ticket(0), misses: 0 });
    });
    world.want(Intent::ResetLink("uat".into()));
    assert_eq!(world.changes.len(), 1);
    assert!(world.model.notice.as_deref().is_some_and(|text| text.contains("was being read")));
}

#[test]
fn the_terms_were_accepted_by_whoever_selected_configure() {
    let mut world = World::opened();
    for intent in [Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure] {
        world.want(intent);
    }
    world.settle();
    world.model.session = Session::SignedIn("grace".into());
    world.want(Intent::Ok);
    let run = fold(&world.recorded).unwrap();
    assert_eq!((run.account.as_str(), run.terms.unwrap().1.as_str()), ("grace", "ada"));
}

#[test]
fn a_link_that_is_completed_without_success_has_failed() {
    for (words, said) in [(Some("DW9003: no right"), "DW9003: no right"), (None, "gives no reason")] {
        let mut world = World::linking();
        world.answer(Ok(Reply::LinkAccepted("activity".into())));
        let answer = json!({"IsSuccess": false, "OperationStatus": "Completed", "ErrorMessage": words});
        world.answer(Ok(Reply::LinkStatus(from(answer))));
        let Flow::LinkFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
        assert!(failure.words.contains(said), "{}", failure.words);
    }
}

#[test]
fn of_several_links_the_one_to_the_own_dataverse_counts() {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("activity".into())));
    world.answer(Ok(Reply::LinkStatus(from(json!({"IsSuccess": true, "OperationStatus": "Completed"})))));
    let links = json!([{"cid": "old", "powerAppsEnvironment": "pp-9"}, {"cid": "new", "powerAppsEnvironment": "PP1"}]);
    world.answer(Ok(Reply::Links(from(links))));
    let setup = &world.model.setups[&EnvironmentId("pp-1".into())];
    assert_eq!(setup.facts.linked().and_then(|link| link.cid.as_deref()), Some("new"), "{:?}", world.flow());
}

#[test]
fn a_link_whose_operation_never_says_its_end_is_found_at_the_gateway_once_it_takes_long() {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("activity".into())));
    let began = world.now;
    while matches!(world.flow(), Flow::Linking(_)) {
        match world.open.front() {
            Some((_, _, Asked::Call(Call::LinkStatus { .. }))) => {
                world.answer(Ok(Reply::LinkStatus(from(json!({"IsSuccess": true, "OperationStatus": "Settling"})))));
            }
            Some((_, _, Asked::Call(Call::Links(_)))) => {
                world.answer(Ok(Reply::Links(from(json!([{"cid": "c", "powerAppsEnvironment": "pp-1"}])))));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
    assert!(between(began, world.now) > crate::core::schedule::LINK_USUAL, "the operation is believed first");
}

#[test]
fn a_link_that_leads_elsewhere_once_it_was_made_is_a_mismatch() {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("activity".into())));
    // What is not said is not denied.
    world.answer(Ok(Reply::LinkStatus(from(json!({"OperationStatus": "Completed"})))));
    while matches!(world.flow(), Flow::Linking(_)) {
        world.answer(Ok(Reply::Links(from(json!([{"cid": "c", "powerAppsEnvironment": "pp-9"}])))));
    }
    assert!(matches!(world.flow(), Flow::Mismatch), "{:?}", world.flow());
    let run = fold(&world.recorded).unwrap();
    assert_eq!(run.outcome, Some(crate::core::journal::Outcome::Mismatch));
    assert_eq!(run.changes.last().unwrap().result, Some(ChangeResult::Failed));
}
