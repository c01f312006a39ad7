//! What the world does meanwhile: another list, another account, another program, a link that goes away.

use super::world::{Asked, World, from};
use super::*;
use crate::core::environment::Fact;
use crate::core::journal::ChangeResult;
use crate::core::plan::StageId;
use crate::core::setup::Start;
use crate::core::sign_in::Account;
use std::sync::Arc;

fn id() -> EnvironmentId {
    EnvironmentId("pp-1".into())
}

fn link_to(environment: &str) -> Reply {
    Reply::Links(vec![from(json!({"cid": "c", "powerAppsEnvironment": environment}))])
}

fn set_up(world: &World) -> &Setup {
    &world.model.setups[&id()]
}

#[test]
fn an_environment_that_was_off_the_list_for_a_moment_can_be_read_again() {
    let mut world = World::opened();
    world.want(Intent::ReadNow);
    assert!(!set_up(&world).reading.is_empty());
    world.model.directory.take_tenant(Vec::new(), world.now);
    while matches!(world.open.front(), Some((_, after, Asked::Call(_))) if after.is_zero()) {
        world.answer_as_it_is();
    }
    assert!(set_up(&world).reading.is_empty(), "an answer that nobody could keep is not waited for");
    let Reply::Environments(rows) = world.healthy(&Call::Environments) else { unreachable!() };
    world.model.directory.take_tenant(rows, world.now);
    world.want(Intent::OpenEnvironment(id()));
    world.want(Intent::ReadNow);
    world.settle_until(|world| set_up(world).is_read());
}

/// Linked by its own start, and read back.
fn linked() -> World {
    let mut world = World::linking();
    world.answer(Ok(Reply::LinkAccepted("activity".into())));
    world.answer(Ok(Reply::LinkStatus(from(json!({"IsSuccess": true, "OperationStatus": "Completed"})))));
    world.answer(Ok(link_to("pp-1")));
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
    world
}

/// A minute later the person asks again, and only the gateway answers.
fn read_link_again(world: &mut World, result: Result<Reply, Trouble>) {
    world.now = later(world.now, Duration::from_mins(1));
    world.open.clear();
    world.want(Intent::ReadNow);
    let at = world.open.iter().position(|(_, _, asked)| matches!(asked, Asked::Call(Call::Links(_)))).unwrap();
    world.open.swap(0, at);
    world.answer(result);
}

#[test]
fn a_link_that_somebody_took_away_is_not_called_linked() {
    for now in [Reply::Links(Vec::new()), link_to("pp-2")] {
        let mut world = linked();
        read_link_again(&mut world, Ok(now));
        assert!(matches!(world.flow(), Flow::Details { .. }), "{:?}", world.flow());
    }
    // One that cannot be read is still what was read before.
    let mut world = linked();
    read_link_again(&mut world, Err(Trouble::new(Service::Gateway, Happened::Status(403), "")));
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
}

#[test]
fn nobody_reads_terms_for_an_environment_that_is_linked_already() {
    let leads = [("pp-1", true), ("pp-2", false)];
    for (to, here) in leads {
        let mut world = World::opened();
        let now = world.now;
        let link = from(json!({"cid": "c", "powerAppsEnvironment": to}));
        world.model.setups.work(&id(), |setup| setup.facts.link = Fact::Known(Some(Box::new(link)), now));
        world.want(Intent::DualWriteApplication);
        let is_there =
            if here { matches!(world.flow(), Flow::Linked(_)) } else { matches!(world.flow(), Flow::Mismatch) };
        assert!(is_there, "{to}: {:?}", world.flow());
    }
}

#[test]
fn a_link_that_was_only_read_leads_back_to_the_details_and_one_that_was_made_here_stays() {
    let mut world = linked();
    world.want(Intent::Back);
    assert!(matches!(world.flow(), Flow::Linked(_)) && world.model.selected().is_none(), "{:?}", world.flow());
    let mut world = World::opened();
    let now = world.now;
    let link = from(json!({"cid": "c", "powerAppsEnvironment": "pp-1"}));
    world.model.setups.work(&id(), |setup| setup.facts.link = Fact::Known(Some(Box::new(link)), now));
    world.want(Intent::Link);
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
    world.want(Intent::Back);
    assert!(matches!(world.flow(), Flow::Details { .. }) && world.model.selected().is_some(), "{:?}", world.flow());
}

#[test]
fn an_interrupted_link_that_could_not_be_taken_up_is_not_begun_anew() {
    let world = World::linking();
    let [Change::StartLink { request_id, .. }] = &world.changes[..] else { panic!("{:?}", world.changes) };
    let (first, mut world) = (request_id.clone(), world.killed());
    world.claimed = Err(NotClaimed::Failed("no space left on device".into()));
    world.want(Intent::GoOn);
    world.settle();
    assert!(world.changes.is_empty() && set_up(&world).interrupted.is_some());
    world.claimed = Ok(());
    world.want(Intent::Link);
    world.want(Intent::Link);
    world.settle();
    let [Change::StartLink { request_id, .. }] = &world.changes[..] else { panic!("{:?}", world.changes) };
    assert_eq!(*request_id, first, "the same request id starts nothing a second time");
}

#[test]
fn what_was_read_as_another_account_says_nothing_of_this_one() {
    let mut world = World::opened();
    let now = world.now;
    world.model.setups.work(&id(), |setup| {
        setup.facts.own_roles = Fact::Known(Arc::default(), now);
        setup.facts.licences = Fact::Known(Arc::default(), now);
    });
    let ended = Trouble::new(Service::Dataverse, Happened::SignInNeeded, "revoked");
    world.want(Intent::ReadNow);
    world.answer(Err(ended));
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::DeviceCode)))));
    world.answer(Ok(Reply::DeviceCode {
        user_code: "C".into(),
        address: "https://e".into(),
        expires_in: 900,
        interval: 5,
    }));
    let at = world.open.iter().position(|(_, _, asked)| matches!(asked, Asked::Call(Call::PollDeviceCode))).unwrap();
    world.open.swap(0, at);
    world.answer(Ok(Reply::SignedIn(Account { name: "bob".into(), tenant: None })));
    let facts = &set_up(&world).facts;
    assert_eq!(facts.reader.name, "bob");
    assert!(facts.licences.value().is_none(), "they were those of ada");
    let asks = |wanted: fn(&Call) -> bool| {
        world.open.iter().filter(|(_, _, asked)| matches!(asked, Asked::Call(call) if wanted(call))).count()
    };
    assert_eq!(asks(|call| matches!(call, Call::Environments)), 1, "bob may see other environments");
    assert_eq!(asks(|call| matches!(call, Call::Packages(_))), 1, "asked anew, and once");
}

#[test]
fn a_link_that_somebody_else_made_is_none_of_ours_on_record() {
    let mut world = World::linking();
    world.answer(Err(Trouble::new(Service::Link, Happened::Refused, "Another link is in progress.")));
    world.answer(Ok(link_to("pp-1")));
    let Flow::Linked(linked) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(linked.took, None, "how long theirs took is not known");
    let run = fold(&world.recorded).unwrap();
    assert_eq!(run.changes.last().unwrap().result, Some(ChangeResult::Refused));
    assert!(run.lasted.is_empty(), "it teaches nothing: {:?}", run.lasted);
}

#[test]
fn a_start_whose_answer_was_lost_with_the_program_is_settled_by_the_link_that_is_there() {
    let before = World::linking();
    let mut record = before.recorded.clone();
    let mut world = before.killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.flow(), Flow::Linking(_)));
    world.open.retain(|(_, _, asked)| matches!(asked, Asked::Call(Call::Links(_))));
    world.answer(Ok(link_to("pp-1")));
    assert!(matches!(world.flow(), Flow::Linked(_)), "{:?}", world.flow());
    record.append(&mut world.recorded);
    assert_eq!(fold(&record).unwrap().changes.last().unwrap().result, Some(ChangeResult::Done));
}

#[test]
fn a_refused_request_id_is_not_used_again_whatever_it_was_refused_for() {
    let mut world = World::linking();
    let [Change::StartLink { request_id, .. }] = &world.changes[..] else { panic!("{:?}", world.changes) };
    let first = request_id.clone();
    world.answer(Err(Trouble::new(Service::Link, Happened::Refused, "Another link is in progress.")));
    world.now = later(world.now, Duration::from_mins(16));
    world.answer(Ok(Reply::Links(Vec::new())));
    assert!(matches!(world.flow(), Flow::LinkFailed(..)), "{:?}", world.flow());
    world.open.clear();
    world.want(Intent::TryAgain);
    world.answer(Ok(Reply::Links(Vec::new())));
    let Some(Change::StartLink { request_id, .. }) = world.changes.last() else { panic!("{:?}", world.changes) };
    assert_ne!(*request_id, first);
}

#[test]
fn a_repair_that_is_tried_again_installs_nothing() {
    let mut world = World::repairing(Users::Missing);
    let fail = Trouble::new(Service::Dataverse, Happened::Status(403), "no right");
    world.answer(Err(fail));
    assert!(matches!(world.flow(), Flow::ConfigureFailed(..)), "{:?}", world.flow());
    world.model.setups.work(&id(), |setup| {
        let Flow::ConfigureFailed(run, _) = &mut setup.flow else { unreachable!() };
        run.current = run.stages.len() - 1;
    });
    world.want(Intent::TryAgain);
    let Flow::Configuring(run) = world.flow() else { panic!("{:?}", world.flow()) };
    assert_eq!(run.stage().id, StageId::ApplicationUsers, "no further back than it was meant for");
}

#[test]
fn what_was_wanted_is_not_begun_where_a_reading_has_moved_on_while_the_record_was_opened() {
    // Reset link: the mismatch is gone by the time the record is open.
    let reset = World::resetting().changes[0].clone();
    let mut world = World::opened();
    world.model.setups.work(&id(), |setup| {
        setup.flow = Flow::Details { wanted: false };
        setup.starts = Some(Box::new(Start::Reset(reset)));
    });
    let effects = update(&mut world.model, Msg::Claimed { environment: id(), result: Ok(()) }, world.now);
    assert!(matches!(&effects[..], [Effect::Release(of)] if *of == id()), "{effects:?}");
    assert!(world.model.notice.as_deref().is_some_and(|text| text.contains("Nothing was reset")));
    // Configure again: what had failed is there.
    world.model.setups.work(&id(), |setup| setup.starts = Some(Box::new(Start::ConfigureAgain)));
    let effects = update(&mut world.model, Msg::Claimed { environment: id(), result: Ok(()) }, world.now);
    assert!(matches!(&effects[..], [Effect::Release(of)] if *of == id()), "{effects:?}");
}

#[test]
fn an_environment_that_changes_hands_is_looked_at_once_at_a_time() {
    let mut world = World::opened();
    let by = crate::core::journal::Program { host: "tower".into(), process: 42, version: "0".into() };
    let held = || Some(crate::core::setup::Held { by: Some(by.clone()) });
    for held in [held(), None, held(), None, held()] {
        world.tell(Msg::Holder { environment: id(), held });
    }
    world.settle_until(|world| world.open.iter().all(|(_, after, _)| !after.is_zero()));
    assert_eq!(world.open.len(), 2, "the packages and the link: {:?}", world.open);
    for _ in 0..4 {
        world.answer_as_it_is();
        world.settle_until(|world| world.open.iter().all(|(_, after, _)| !after.is_zero()));
        assert_eq!(world.open.len(), 2, "{:?}", world.open);
    }
    world.tell(Msg::Holder { environment: id(), held: None });
    world.settle();
    assert!(set_up(&world).looks.is_empty() && set_up(&world).held.is_none());
}
