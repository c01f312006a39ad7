//! Installations of packages: whose they are, and what a list that lags behind may say of them.

use super::*;
use crate::core::journal::{ChangeResult, Outcome};
use crate::core::mandate::{Mandate, Module};
use crate::core::time::between;

/// What became of each change on record.
fn outcomes(world: &World) -> Vec<Option<ChangeResult>> {
    fold(&world.recorded).unwrap().changes.iter().map(|line| line.result).collect()
}

fn lists(world: &mut World, state: &'static str) {
    world.core_state = state;
    let reply = world.healthy(&Call::Packages("".into()));
    world.answer(Ok(reply));
}

#[test]
fn a_success_whose_list_still_shows_the_failure_from_before_is_no_failure() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    for status in ["Running", "Succeeded"] {
        world.answer(Ok(Reply::Operation { operation: Some(from(json!({ "status": status }))), retry_after: None }));
    }
    lists(&mut world, "InstallFailed");
    assert!(matches!(world.step(), Step::Watch(_)), "the list lags behind: {:?}", world.flow());
    lists(&mut world, "Installed");
    world.settle();
    assert!(matches!(world.flow(), Flow::Configured), "{:?}", world.flow());
}

#[test]
fn a_list_that_stays_with_the_failure_ends_it() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.answer(Ok(Reply::Operation { operation: Some(from(json!({"status": "Succeeded"}))), retry_after: None }));
    world.core_state = "InstallFailed";
    world.settle_until(|world| matches!(world.flow(), Flow::ConfigureFailed(..)));
}

#[test]
fn what_somebody_else_installs_is_no_change_of_ours() {
    for end in ["Installed", "InstallFailed"] {
        let mut world = World::running();
        let busy = Trouble::new(Service::PowerPlatform, Happened::Status(409), "busy");
        world.answer(Err(busy));
        lists(&mut world, "Installing");
        assert!(matches!(world.step(), Step::Watch(_)), "it is joined");
        lists(&mut world, end);
        assert_eq!(outcomes(&world), [Some(ChangeResult::Refused)], "{end}");
        let setup = &world.model.setups[&EnvironmentId("pp-1".into())];
        assert!(setup.written.is_empty(), "{end}: {:?}", setup.written);
    }
}

#[test]
fn what_was_accepted_without_an_operation_is_watched_after_an_interruption_not_asked_for_again() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.flow(), Flow::Configuring(run) if matches!(run.step, Step::Watch(_))));
    for _ in 0..5 {
        lists(&mut world, "NotInstalled");
    }
    assert!(world.changes.is_empty() && matches!(world.step(), Step::Watch(_)), "{:?}", world.flow());
    lists(&mut world, "Installed");
    world.settle();
    assert!(matches!(world.flow(), Flow::Configured), "{:?}", world.flow());
}

/// A module that is added to an environment of which a person has said that it is linked.
fn adding_a_module() -> World {
    let mut world = World::opened();
    world.core_state = "Installed";
    world.want(Intent::ReadNow);
    world.settle();
    let linked = crate::core::linking::Linked {
        at: world.now,
        address: "https://example".into(),
        confirmed: Confirmation::Person,
        took: None,
    };
    let id = EnvironmentId("pp-1".into());
    world.model.setups.work(&id, |setup| setup.flow = Flow::Linked(Box::new(linked)));
    world.want(Intent::InstallModules(vec![Module::Finance]));
    world.settle();
    assert!(matches!(world.changes[..], [Change::Install { .. }]), "{:?}", world.flow());
    world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
    world
}

#[test]
fn what_a_person_said_of_the_link_outlives_a_module_that_is_added() {
    let mut world = adding_a_module();
    world.finance_state = "Installed";
    world.settle();
    assert!(matches!(world.flow(), Flow::Linked(link) if link.confirmed == Confirmation::Person), "{:?}", world.flow());
    assert_eq!(fold(&world.recorded).unwrap().outcome, Some(Outcome::Linked));
}

#[test]
fn a_module_that_failed_is_not_called_mended_by_a_reading() {
    let mut world = adding_a_module();
    world.finance_state = "Installing";
    let reply = world.healthy(&Call::Packages("".into()));
    world.answer(Ok(reply));
    world.finance_state = "InstallFailed";
    world.settle_until(|world| matches!(world.flow(), Flow::ConfigureFailed(..)));
    world.want(Intent::ReadNow);
    world.settle_until(|world| world.model.current().unwrap().1.reading.is_empty());
    assert!(matches!(world.flow(), Flow::ConfigureFailed(..)), "{:?}", world.flow());
    // Mended elsewhere it is over.
    world.finance_state = "Installed";
    world.want(Intent::ReadNow);
    world.settle_until(|world| matches!(world.flow(), Flow::Details { .. }));
}

#[test]
fn a_role_that_could_not_be_read_once_is_asked_for_again() {
    let mut world = World { users: Users::WithoutRole, core_state: "Installed", ..World::new() };
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    world.settle_until(|world| world.model.current().is_some_and(|(_, setup)| setup.reading.is_empty()));
    world.want(Intent::RepairIdentities(Mandate::default()));
    let asks_role =
        |world: &World| matches!(world.open.front(), Some((_, _, Asked::Call(Call::AdministratorRole { .. }))));
    world.settle_until(asks_role);
    world.answer(Err(Trouble::new(Service::Dataverse, Happened::Status(503), "")));
    assert!(world.open.iter().any(|(_, _, asked)| matches!(asked, Asked::Call(Call::AdministratorRole { business_unit, .. }) if business_unit == "unit")), "{:?}", world.flow());
}

#[test]
fn users_that_could_not_be_read_are_not_said_to_be_enabled() {
    for (refuses_users, words) in [(false, "with enabled users"), (true, "could not tell whether")] {
        let mut world = World { refuses_users, ..World::running() };
        world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
        world.core_state = "Installed";
        world.settle_until(|world| !matches!(world.flow(), Flow::Configuring(_)));
        let run = fold(&world.recorded).unwrap();
        let told = run.stages.iter().any(|line| line.detail.contains(words));
        assert!(told, "{words}: {:?}", run.stages);
    }
}

fn refusal(status: u16, code: Option<&str>) -> Trouble {
    let code = code.map(str::to_owned);
    Trouble { code, ..Trouble::new(Service::PowerPlatform, Happened::Status(status), "") }
}

/// How often an installation is asked for that is always refused like this; `None`: it is still waited for.
fn asked_for(refusal: &Trouble) -> Option<usize> {
    let mut world = World::running();
    for _ in 0..100 {
        match world.open.front() {
            Some((_, _, Asked::Change(_))) => drop(world.answer(Err(refusal.clone()))),
            _ if matches!(world.flow(), Flow::ConfigureFailed(..)) => return Some(world.changes.len()),
            _ => drop(world.answer_as_it_is()),
        }
    }
    None
}

#[test]
fn another_installation_is_waited_for_and_a_refusal_that_only_may_mean_one_not_for_ever() {
    for surely in [refusal(409, None), refusal(409, Some("operationNotStartable"))] {
        assert_eq!(asked_for(&surely), None, "{surely:?}");
    }
    let tries = usize::from(crate::core::schedule::STEP_ATTEMPTS);
    for perhaps in [refusal(409, Some("InsufficientCapacity_StorageDriven")), refusal(400, None)] {
        assert_eq!(asked_for(&perhaps), Some(tries), "{perhaps:?}");
    }
    assert_eq!(asked_for(&refusal(400, Some("BadRequest"))), Some(1));
}

#[test]
fn a_refusal_without_a_word_says_what_it_may_mean() {
    let mut world = World::running();
    while !matches!(world.flow(), Flow::ConfigureFailed(..)) {
        match world.open.front() {
            Some((_, _, Asked::Change(_))) => drop(world.answer(Err(refusal(400, None)))),
            _ => drop(world.answer_as_it_is()),
        }
    }
    let Flow::ConfigureFailed(_, failure) = world.flow() else { unreachable!() };
    assert!(failure.words.contains("perhaps another installation runs in this environment"), "{}", failure.words);
}

/// An installation under an operation, whose questions are answered like this from now on; the list as it stands.
fn watched_with(answer: &Result<Reply, Trouble>, is_over: impl Fn(&World) -> bool) -> World {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.core_state = "Installing";
    for looks in 0..40 {
        if looks == 10 {
            world.core_state = "Installed";
        }
        match world.open.front() {
            Some((_, _, Asked::Call(Call::Operation { .. }))) => drop(world.answer(answer.clone())),
            _ => drop(world.answer_as_it_is()),
        }
        if is_over(&world) {
            break;
        }
    }
    world
}

#[rstest::rstest]
#[case::refused(Err(refusal(403, None)))]
#[case::in_trouble(Err(refusal(503, None)))]
#[case::in_words_that_nobody_knows(Ok(Reply::Operation {
    operation: Some(from(json!({"status": "SucceededWithWarnings"}))), retry_after: None }))]
fn an_operation_that_tells_nothing_is_asked_about_at_the_list_too(#[case] answer: Result<Reply, Trouble>) {
    let world = watched_with(&answer, |world| !matches!(world.flow(), Flow::Configuring(_)));
    assert!(matches!(world.flow(), Flow::Configured), "{:?}", world.flow());
    assert_eq!(world.changes.len(), 1);
}

#[test]
fn an_operation_that_runs_is_not_overruled_by_the_list() {
    let running = Ok(Reply::Operation { operation: Some(from(json!({"status": "Running"}))), retry_after: None });
    let world = watched_with(&running, |_| false);
    assert!(matches!(world.step(), Step::Watch(_)), "{:?}", world.flow());
}

#[test]
fn an_operation_that_never_says_its_end_is_looked_for_in_the_list_once_it_takes_long() {
    let running = Some(from(json!({"status": "Running"})));
    for operation in [running, None] {
        let mut world = World::running();
        world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
        world.core_state = "Installed";
        let began = world.now;
        while matches!(world.flow(), Flow::Configuring(_)) {
            match world.open.front() {
                Some((_, _, Asked::Call(Call::Operation { .. }))) => {
                    world.answer(Ok(Reply::Operation { operation: operation.clone(), retry_after: None }));
                }
                _ => drop(world.answer_as_it_is()),
            }
        }
        assert!(matches!(world.flow(), Flow::Configured), "{:?}", world.flow());
        assert!(between(began, world.now) > crate::core::schedule::CONFIGURE_USUAL, "the operation is believed first");
    }
}

#[test]
fn a_row_that_is_there_already_is_read_and_not_called_a_failure() {
    let mut world = World::without_rows();
    let words = "The record already exists.";
    world.answer(Err(Trouble::new(Service::FinanceOperations, Happened::Status(400), words)));
    world.has_rows = true;
    world.settle_until(|world| matches!(world.flow(), Flow::Configured));
    assert_eq!(world.changes.len(), 1, "{:?}", world.changes);
}

#[test]
fn an_installation_is_not_watched_for_ever_where_the_clock_was_put_back() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
    world.now -= jiff::SignedDuration::from_hours(24);
    world.settle_until(|world| matches!(world.flow(), Flow::ConfigureFailed(..)));
}
