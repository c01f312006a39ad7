//! Installations of packages: whose they are, and what a list that lags behind may say of them.

use super::*;
use crate::core::journal::ChangeResult;

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
