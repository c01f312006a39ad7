//! Faults of the services in the middle of a change: how often it is asked again, whose answer it was, and what is
//! said at the end.

use super::*;
use crate::core::environment::Fact;
use crate::core::failure::Failure;
use crate::core::pilot::{End, Goal, Next, Orders, Pilot, Until};
use crate::core::silence;
use rstest::rstest;

/// A service that answers with a status and a sentence.
fn status(service: Service, status: u16, words: &str) -> Trouble {
    Trouble::new(service, Happened::Status(status), words)
}

#[test]
fn an_environment_that_stays_busy_is_not_asked_every_two_seconds() {
    let mut world = World::running();
    let begin = world.now;
    for time in 1..=20 {
        world.answer(Err(status(Service::PowerPlatform, 409, "another operation is in progress")));
        world.settle();
        assert!(world.now >= later(begin, BUSY_PAUSE * time), "asked for {} times", time + 1);
    }
    assert!(matches!(world.step(), Step::Install { tries: 0 }), "and waiting is no try");
    // A longer pause that the service asks for is kept.
    let long = BUSY_PAUSE * 3;
    let mut busy = status(Service::PowerPlatform, 409, "");
    busy.retry_after = Some(long);
    world.answer(Err(busy));
    assert_eq!(world.open.front().unwrap().1, long);
}

#[test]
fn a_token_service_that_is_not_found_says_nothing_of_the_operation_that_was_asked_for() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    let asked = world.answer(Err(status(Service::Entra, 404, "no such page")));
    assert!(matches!(world.step(), Step::Watch(install) if install.operation.is_some()), "{:?}", world.step());
    assert_eq!(world.open.front().map(|(_, _, next)| next), Some(&asked), "the same question again");
    // The service itself may say so.
    world.answer(Err(status(Service::PowerPlatform, 404, "")));
    assert!(matches!(world.step(), Step::Watch(install) if install.operation.is_none()), "{:?}", world.step());
}

#[test]
fn a_token_service_that_is_not_found_says_nothing_of_the_user_that_is_purged() {
    let mut world = World::repairing(Users::Deleted);
    assert!(matches!(world.changes[..], [Change::PurgeUser { .. }]), "{:?}", world.changes);
    world.answer(Err(status(Service::Entra, 404, "no such page")));
    let Flow::ConfigureFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(failure.service, Service::Entra);
    assert!(failure.next_move.contains("authority"), "{}", failure.next_move);
}

#[test]
fn a_conflict_at_the_token_service_is_no_busy_environment_and_no_twin() {
    let mut world = World::running();
    world.answer(Err(status(Service::Entra, 409, "")));
    assert!(matches!(world.flow(), Flow::ConfigureFailed(_, failure) if failure.service == Service::Entra));
    let mut world = World::repairing(Users::Missing);
    world.answer(Err(status(Service::Entra, 412, "")));
    assert!(matches!(world.flow(), Flow::ConfigureFailed(_, failure) if failure.service == Service::Entra));
}

/// Answers every change with a trouble, and every question as the world stands, until the flow has failed.
fn given_up(mut world: World, met: &Trouble) -> Failure {
    for _ in 0..200 {
        match (world.flow(), world.open.front()) {
            (Flow::ConfigureFailed(_, failure) | Flow::LinkFailed(_, failure), _) => return (**failure).clone(),
            (_, Some((_, _, Asked::Change(_)))) => {
                world.answer(Err(met.clone()));
            }
            (_, Some(_)) => assert!(world.answer_as_it_is()),
            (flow, None) => panic!("nothing is asked: {flow:?}"),
        }
    }
    panic!("it goes on: {:?}", world.flow());
}

#[rstest]
#[case::install(World::running(), Service::PowerPlatform, "The installation of DualWriteCoreAnchor")]
#[case::user(World::repairing(Users::Missing), Service::Dataverse, "Application user 2e49aa60-")]
#[case::row(World::without_rows(), Service::FinanceOperations, "Client ID row ")]
#[case::link(World::linking(), Service::Link, "The link could not be started")]
fn a_change_that_was_given_up_did_not_say_what_it_met(
    #[case] world: World,
    #[case] service: Service,
    #[case] step: &str,
) {
    let met = Trouble { correlation: Some("corr-1".into()), ..status(service, 503, "Try later.") };
    let failure = given_up(world, &met);
    let words = format!("{} is in trouble (HTTP 503): Try later.", service.name());
    assert!(failure.words.starts_with(step) && failure.words.ends_with(&words), "{}", failure.words);
    assert_eq!((failure.service, failure.next_move.as_str()), (service, "Wait a little; then try again."));
    assert!(failure.ids.contains(&("Correlation id", "corr-1".into())), "{:?}", failure.ids);
}

#[rstest]
#[case::the_service(Service::PowerPlatform, Halt::Failed)]
#[case::the_tokens(Service::Entra, Halt::CouldNotRead)]
fn a_change_for_which_no_token_is_to_be_had_has_not_failed(#[case] service: Service, #[case] halt: Halt) {
    assert_eq!(given_up(World::running(), &status(service, 503, "Try later.")).halt, halt);
}

#[test]
fn a_change_that_was_cut_off_every_time_is_given_up_with_that() {
    let failure = given_up(World::repairing(Users::Missing), &passing(Service::Dataverse, Done::Perhaps));
    assert!(failure.words.contains("the answer of Dataverse was cut off before its end: cut."), "{}", failure.words);
}

#[test]
fn a_reset_whose_mismatch_could_not_be_read_was_called_linked() {
    let mut world = World::opened();
    let id = EnvironmentId("pp-1".into());
    world.model.directory.environments[0].partner = None;
    let now = world.now;
    world.model.setups.work(&id, |setup| {
        setup.facts.link = Fact::Known(Some(Box::new(from(json!({"cid": "c", "powerAppsEnvironment": "pp-2"})))), now);
        setup.facts.integration = Fact::Unknown(Box::new(passing(Service::Dataverse, Done::No)), now);
    });
    let goal = Goal::Reset(vec!["uat".into()]);
    let orders = Orders { until: Until::Linked, goal, accepted: None, yes: true };
    let next = Pilot::new(id, orders).next(&world.model);
    let Next::End(End::Unreachable(why)) = next else { panic!("{next:?}") };
    assert!(why.contains("Dataverse") && why.ends_with("then run the command again."), "{why}");
}

#[test]
fn a_reset_that_could_not_be_read_back_was_called_a_failed_link() {
    let mut world = World::resetting();
    world.answer(Ok(Reply::Done));
    while matches!(world.flow(), Flow::Linking(_)) {
        world.answer(Err(passing(Service::Gateway, Done::No)));
    }
    let Flow::LinkFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(failure.halt, Halt::CouldNotRead, "{failure:?}");
    let words =
        "Whether the reset of the link was done could not be read: the answer of the dual-write gateway was cut";
    assert!(failure.words.starts_with(words), "{}", failure.words);
    assert_eq!(failure.next_move, "Check the network; then try again.");
}

#[rstest]
#[case::refused(
    Err(status(Service::Gateway, 409, "Maps are running.")),
    "busy with another operation (HTTP 409): Maps"
)]
#[case::unclear(Err(Trouble { done: Done::Perhaps, ..status(Service::Gateway, 500, "boom") }), "(HTTP 500): boom.")]
#[case::no_words(Err(Trouble { done: Done::Perhaps, ..status(Service::Gateway, 502, "") }), "(HTTP 502).")]
#[case::not_shown(Ok(Reply::Done), "the dual-write gateway shows no link to this environment")]
fn a_reset_that_was_not_done_did_not_name_the_service(#[case] answer: Result<Reply, Trouble>, #[case] met: &str) {
    let mut world = World::resetting();
    world.answer(answer);
    world.settle_until(|world| matches!(world.flow(), Flow::LinkFailed(..)));
    let Flow::LinkFailed(_, failure) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(failure.service, Service::Gateway);
    let words = failure.words.to_lowercase();
    assert!(words.contains("the dual-write gateway") && words.contains("reset"), "{}", failure.words);
    assert!(failure.words.contains(met) && !failure.next_move.is_empty(), "{failure:?}");
}

/// Who keeps the set-up of a world waiting.
fn silent(world: &World) -> Option<String> {
    silence::of_setup(&world.model.setups[&EnvironmentId("pp-1".into())], world.now)
}

#[test]
fn a_run_whose_time_was_over_did_not_say_who_was_silent() {
    // A change without an answer.
    let mut world = World::running();
    world.now = later(world.now, Duration::from_secs(40));
    let words = "the Power Platform API was asked 40 s ago and has not answered yet";
    assert_eq!(silent(&world), Some(format!("Dual-write core solution: {words}")));
    // A change that is tried again.
    world.answer(Err(status(Service::PowerPlatform, 503, "Try later.")));
    let words = "the last attempt failed: the Power Platform API is in trouble (HTTP 503): Try later";
    assert_eq!(silent(&world), Some(format!("Dual-write core solution: {words}")));
    // An installation that is watched; nothing is wrong with it.
    world.core_state = "Installing";
    world.answer_as_it_is();
    assert_eq!(silent(&world), None);
    // Readings that bring nothing.
    world.answer(Err(passing(Service::PowerPlatform, Done::No)));
    world.answer(Err(status(Service::Entra, 503, "")));
    let words = "the last 2 attempts failed; the latest: Microsoft Entra ID is in trouble (HTTP 503)";
    assert_eq!(silent(&world), Some(format!("Dual-write core solution: {words}")));
    // A reset that is read back.
    let mut world = World::resetting();
    world.answer(Ok(Reply::Done));
    world.answer(Err(passing(Service::Gateway, Done::No)));
    let words = "the last attempt failed: the answer of the dual-write gateway was cut off before its end: cut";
    assert_eq!(silent(&world), Some(format!("Reset link: {words}")));
}

#[test]
fn a_run_whose_time_was_over_while_it_read_did_not_say_who_was_silent() {
    let mut world = World::new();
    let list = "the list of environments: the Power Platform admin service has not answered yet";
    assert_eq!(silence::of_lists(&world.model).as_deref(), Some(list));
    world.answer(Err(passing(Service::Bap, Done::No)));
    let words = silence::of_lists(&world.model).unwrap();
    assert!(words.contains("the answer of the Power Platform admin service was cut off"), "{words}");
    world.settle();
    assert_eq!(silence::of_lists(&world.model), None);
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::Rows(_))))));
    world.answer(Err(status(Service::FinanceOperations, 503, "Restarting")));
    world.open.retain(|(_, _, asked)| matches!(asked, Asked::Call(Call::Rows(_))));
    let words = silent(&world).unwrap();
    let met = "the last attempt failed: finance and operations is in trouble (HTTP 503): Restarting";
    assert!(words.contains(met) && words.contains("the dual-write gateway has not answered yet"), "{words}");
}

#[test]
fn a_link_whose_operation_falls_silent_was_watched_for_ever_though_the_gateway_showed_it() {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("activity".into())));
    let silent = || Err(Trouble::new(Service::Link, Happened::NoAnswer, ""));
    let mut asked = Vec::new();
    for _ in 0..6 {
        let is_gateway = matches!(world.open.front(), Some((_, _, Asked::Call(Call::Links(_)))));
        asked.push(is_gateway);
        world.answer(if is_gateway { Ok(Reply::Links(Vec::new())) } else { silent() });
    }
    assert_eq!(asked, [false, false, false, true, false, false], "both are asked in turn, once it gives no response");
    assert!(matches!(world.open.front(), Some((_, _, Asked::Call(Call::Links(_))))), "{:?}", world.open);
    let link = from(json!([{"cName": "", "cid": "c", "powerAppsEnvironment": "pp-1"}]));
    world.answer(Ok(Reply::Links(link)));
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
}

#[test]
fn a_device_code_was_given_up_at_the_first_passing_fault() {
    let mut world = World::new();
    world.model.session = Session::Unknown;
    world.open.clear();
    world.tell(Msg::Start);
    for tries in 1..=3 {
        assert!(matches!(world.model.session, Session::AskingForCode(_)), "before try {tries}");
        assert_eq!(world.answer(Err(status(Service::Entra, 503, ""))), Asked::Call(Call::DeviceCode));
    }
    assert!(matches!(&world.model.session, Session::Stopped(why) if why.what == Happened::Status(503)));
    assert!(world.open.is_empty());
    // Nobody sits and waits for minutes without a word.
    world.want(Intent::NewCode);
    let later = Trouble { retry_after: Some(Duration::from_mins(5)), ..status(Service::Entra, 429, "") };
    world.answer(Err(later));
    assert!(matches!(world.model.session, Session::Stopped(_)));
}

#[test]
fn a_link_to_another_environment_counted_as_linked_while_the_integration_was_not_read() {
    use crate::core::environment::Fact;
    use crate::core::pilot::{End, Goal, Next, Orders, Pilot, Until};
    let mut world = World::opened();
    let id = EnvironmentId("pp-1".into());
    let now = world.now;
    world.model.setups.work(&id, |setup| {
        let link = json!({"cid": "c", "cname": "dw", "powerAppsEnvironment": "pp-2"});
        setup.facts.link = Fact::Known(Some(Box::new(from(link))), now);
        setup.facts.integration = Fact::Unknown(Box::new(status(Service::Dataverse, 503, "")), now);
    });
    world.model.directory.environments[0].partner = None;
    let (environment, setup) = world.model.current().unwrap();
    assert_eq!(standing(environment, Some(setup)), Standing::Unknown);
    let orders = Orders { until: Until::Linked, goal: Goal::Link, accepted: None, yes: true };
    let Next::End(End::Unreachable(why)) = Pilot::new(id, orders).next(&world.model) else { panic!("it goes on") };
    assert!(why.contains("linked to pp-2") && why.contains("Dataverse") && why.contains("read again"), "{why}");
    world.want(Intent::Link);
    assert!(matches!(world.flow(), Flow::Details { .. }) && world.changes.is_empty(), "{:?}", world.flow());
    assert_eq!(world.model.notice.as_ref(), Some(&why));
}

#[test]
fn terms_of_another_version_were_passed_over_where_a_run_was_taken_up() {
    use crate::core::pilot::{End, Goal, Next, Orders, Pilot, Until};
    let world = World::running();
    let goal = Goal::SetUp(Vec::new());
    let orders = Orders { until: Until::Linked, goal, accepted: Some("1".into()), yes: true };
    let next = Pilot::new(EnvironmentId("pp-1".into()), orders).next(&world.model);
    assert!(matches!(&next, Next::End(End::Consent(why)) if why.contains("not 1.")), "{next:?}");
}
