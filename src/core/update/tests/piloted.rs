//! Without a screen: what was asked for is done, or the end says that it was not.

use super::world::{World, from};
use super::*;
use crate::core::environment::Fact;
use crate::core::journal::Work;
use crate::core::mandate::{Mandate, Module};
use crate::core::pilot::{End, Goal, Next, Orders, Pilot, Until};
use crate::core::plan::StageId;
use rstest::rstest;

fn id() -> EnvironmentId {
    EnvironmentId("pp-1".into())
}

fn orders(goal: Goal, until: Until) -> Orders {
    Orders { until, goal, accepted: Some(crate::core::terms::version().into()), yes: true }
}

/// A configured environment without the module Finance, looked at by a pilot until it presses a button or ends.
fn asked_for_finance(mut world: World, until: Until) -> (World, Next) {
    world.core_state = "Installed";
    world.settle();
    let mut pilot = Pilot::new(id(), orders(Goal::SetUp(vec![Module::Finance]), until));
    loop {
        match pilot.next(&world.model) {
            Next::Want(intent @ (Intent::OpenEnvironment(_) | Intent::ChooseModules(_))) => world.want(intent),
            Next::Wait if world.answer_as_it_is() => {}
            other => return (world, other),
        }
    }
}

#[rstest]
#[case(Until::Linked)]
#[case(Until::Configured)]
fn modules_that_were_asked_for_are_installed_where_all_else_is_there(#[case] until: Until) {
    let (mut world, next) = asked_for_finance(World::new(), until);
    assert_eq!(next, Next::Want(Intent::DualWriteApplication), "{:?}", world.model.notice);
    let mut pilot = Pilot::new(id(), orders(Goal::SetUp(vec![Module::Finance]), until));
    while world.changes.is_empty() {
        match pilot.next(&world.model) {
            Next::Want(intent) => world.want(intent),
            Next::Wait => assert!(world.answer_as_it_is()),
            Next::End(end) => panic!("{end:?}"),
        }
    }
    let package = Module::Finance.packages()[0];
    assert!(matches!(&world.changes[..], [Change::Install { package: asked, .. }] if **asked == *package));
}

#[test]
fn modules_are_added_where_an_earlier_run_that_was_taken_up_knew_nothing_of_them() {
    let mut world = World::running();
    world.core_state = "Installed";
    world.answer(Ok(Reply::InstallAccepted { operation: None, retry_after: None }));
    let mut world = world.killed();
    world.want(Intent::GoOn);
    let mut pilot = Pilot::new(id(), orders(Goal::SetUp(vec![Module::Finance]), Until::Linked));
    let package = Module::Finance.packages()[0];
    let is_asked = |world: &World| {
        world
            .changes
            .iter()
            .any(|change| matches!(change, Change::Install { package: asked, .. } if **asked == *package))
    };
    while !is_asked(&world) {
        match pilot.next(&world.model) {
            Next::Want(intent) => world.want(intent),
            Next::Wait => assert!(world.answer_as_it_is(), "{:?}", world.flow()),
            Next::End(end) => panic!("{end:?}"),
        }
    }
    assert!(
        !world.changes.iter().any(|change| matches!(change, Change::StartLink { .. })),
        "first all of it, then the link"
    );
}

#[test]
fn a_link_by_hand_that_was_interrupted_is_made_by_the_link_service_where_there_is_one() {
    let mut world = World::new();
    world.core_state = "Installed";
    world.model.cloud.has_link = false;
    world.settle();
    world.want(Intent::OpenEnvironment(id()));
    world.settle();
    world.want(Intent::Link);
    world.want(Intent::Link);
    let mut world = world.killed();
    assert!(world.model.cloud.has_link);
    world.want(Intent::GoOn);
    world.settle();
    assert!(matches!(world.changes[..], [Change::StartLink { .. }]), "{:?}", world.flow());
}

#[test]
fn where_they_are_there_nothing_is_installed_again() {
    let world = World { finance_state: "Installed", ..World::new() };
    let (world, next) = asked_for_finance(world, Until::Configured);
    assert_eq!(next, Next::End(End::Configured), "{:?}", world.model.notice);
}

#[test]
fn on_a_linked_environment_modules_that_cannot_be_added_are_no_success() {
    let linked = |world: &mut World| {
        let link = json!({"cid": "c", "powerAppsEnvironment": "pp-1"});
        let now = world.now;
        world.model.setups.work(&id(), |setup| setup.facts.link = Fact::Known(Some(Box::new(from(link))), now));
    };
    let next = |world: &World| {
        let mut pilot = Pilot::new(id(), orders(Goal::SetUp(vec![Module::Finance]), Until::Linked));
        pilot.next(&world.model)
    };
    let (mut world, _) = asked_for_finance(World::new(), Until::Linked);
    linked(&mut world);
    assert_eq!(next(&world), Next::Want(Intent::InstallModules(vec![Module::Finance])));
    let trouble = Trouble::new(Service::PowerPlatform, Happened::Status(500), "");
    let now = world.now;
    world.model.setups.work(&id(), |setup| setup.facts.packages = Fact::Unknown(Box::new(trouble), now));
    assert!(matches!(next(&world), Next::End(End::Unreachable(why)) if why.contains("FinanceExtended")));
    // Power Platform does not offer it here, and the button above it is closed.
    let (mut world, _) = asked_for_finance(World::new(), Until::Linked);
    linked(&mut world);
    world.model.setups.work(&id(), |setup| setup.facts.integration = Fact::Known(None, now));
    assert!(matches!(next(&world), Next::End(End::Prerequisites(_) | End::Unreachable(_))), "{:?}", next(&world));
}

#[rstest]
#[case::of_the_way(Goal::SetUp(Vec::new()), Until::Linked, [true, true, false])]
#[case::of_configure(Goal::SetUp(Vec::new()), Until::Configured, [true, false, false])]
#[case::of_the_link(Goal::Link, Until::Linked, [false, true, false])]
#[case::of_a_reset(Goal::Reset(Vec::new()), Until::Linked, [false, false, true])]
fn an_interrupted_run_is_taken_up_only_by_what_includes_it(
    #[case] goal: Goal,
    #[case] until: Until,
    #[case] included: [bool; 3],
) {
    let works = [
        Work::Configure { first: StageId::Prerequisites, mandate: Mandate::default() },
        Work::Link { way: Way::Direct, request_id: "q".into() },
        Work::Reset {
            typed: String::new(),
            linked_to: String::new(),
            owner: String::new(),
            maps: Vec::new(),
            legal_entities: Vec::new(),
        },
    ];
    assert_eq!(works.map(|work| orders(goal.clone(), until).include(&work)), included);
}
