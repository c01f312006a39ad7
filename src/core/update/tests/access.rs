//! What a person gives while something runs: a token, or the address of the gateway.

use super::world::{Asked, World};
use super::*;
use crate::core::access::{Wanted, wanted};
use crate::core::gateways::Gateway;
use crate::core::pilot::{End, Goal, Next, Orders, Pilot, Until};

fn refused(service: Service) -> Result<Reply, Trouble> {
    let variable = service.token_variable().unwrap();
    Err(Trouble::new(service, Happened::OutsideToken(variable), "it has ended"))
}

fn has_asked(world: &World, wanted: impl Fn(&Call) -> bool) -> bool {
    world.open.iter().any(|(_, _, asked)| matches!(asked, Asked::Call(call) if wanted(call)))
}

#[test]
fn a_step_whose_token_has_ended_waits_for_another_and_goes_on_with_the_same_question() {
    let mut world = World::running();
    world.model.takes_tokens = true;
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.answer(refused(Service::PowerPlatform));
    assert!(matches!(world.flow(), Flow::Configuring(run) if run.watch.waits_for_token()), "{:?}", world.flow());
    assert_eq!(wanted(&world.model), Some(Wanted::Token(Service::PowerPlatform)));
    assert!(!has_asked(&world, |call| matches!(call, Call::Operation { .. })));
    world.tell(Msg::TokenGiven(Service::PowerPlatform));
    assert!(has_asked(&world, |call| matches!(call, Call::Operation { operation, .. } if **operation == *"op")));
    assert_eq!(world.changes.len(), 1, "nothing was asked for twice");
}

#[test]
fn where_nobody_can_give_a_token_the_run_ends_and_names_the_variable() {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world.answer(refused(Service::PowerPlatform));
    let orders = Orders { until: Until::Linked, goal: Goal::SetUp(Vec::new()), accepted: None, yes: true };
    let next = Pilot::new(EnvironmentId("pp-1".into()), orders).next(&world.model);
    let Next::End(End::Unreachable(why)) = next else { panic!("{next:?}") };
    assert!(why.contains("DUALWRITE_TOKEN_POWER_PLATFORM") && why.contains("continues"), "{why}");
}

/// An assisted link that waits for the person, with a gateway to watch.
fn assisted() -> World {
    let mut world = World::new();
    world.core_state = "Installed";
    world.model.cloud.has_link = false;
    world.model.takes_tokens = true;
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    world.settle();
    world.want(Intent::Link);
    world.want(Intent::Link);
    world
}

#[test]
fn an_assisted_link_whose_gateway_token_ends_asks_for_it_and_watches_on() {
    let mut world = assisted();
    world.answer(Ok(Reply::Links(Vec::new())));
    assert!(matches!(world.flow(), Flow::Linking(link) if link.step == LinkStep::WatchGateway));
    world.answer(refused(Service::Gateway));
    // Meanwhile the person may say it, too.
    assert!(matches!(world.flow(), Flow::Linking(link) if link.step == LinkStep::AskPerson));
    assert_eq!(wanted(&world.model), Some(Wanted::Token(Service::Gateway)));
    world.tell(Msg::TokenGiven(Service::Gateway));
    assert!(matches!(world.flow(), Flow::Linking(link) if link.step == LinkStep::WatchGateway));
    let link = from(json!({"cid": "c", "powerAppsEnvironment": "pp-1"}));
    world.answer(Ok(Reply::Links(vec![link])));
    assert!(matches!(world.flow(), Flow::Linked(linked) if linked.confirmed == Confirmation::Gateway));
}

#[test]
fn a_gateway_that_is_named_while_the_person_links_is_watched() {
    let mut world = assisted();
    world.model.cloud.has_gateway = false;
    world.answer(Err(Trouble::new(Service::Gateway, Happened::NotConfigured, "")));
    assert!(matches!(world.flow(), Flow::Linking(link) if link.step == LinkStep::AskPerson));
    let address = "https://projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com";
    world.want(Intent::FindGateway(address.into()));
    assert!(has_asked(&world, |call| *call == Call::FindGateway(address.into())));
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::FindGateway(_))))));
    world.answer(Ok(Reply::Gateway(address.into())));
    let (of, setup) = world.model.current().unwrap();
    assert_eq!(world.model.gateway(of, setup), Some(Gateway::Found(address.into())));
    assert!(matches!(world.flow(), Flow::Linking(link) if link.step == LinkStep::WatchGateway));
    assert!(has_asked(&world, |call| matches!(call, Call::Links(_))));
}

/// The line over which it was typed closes at once: nothing else on the screen says that it was wrong.
#[test]
fn an_address_that_leads_to_no_gateway_is_said() {
    let address = "https://projectmanagementservice.wrong.example";
    for (what, again) in [(Happened::NoGateway, false), (Happened::Unreachable, true)] {
        let mut world = assisted();
        world.model.cloud.has_gateway = false;
        world.answer(Err(Trouble::new(Service::Gateway, Happened::NotConfigured, "")));
        world.want(Intent::FindGateway(address.into()));
        world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::FindGateway(_))))));
        world.answer(Err(Trouble::new(Service::Gateway, what, "no such host")));
        let notice = world.model.notice.clone().unwrap();
        assert!(notice.starts_with(&format!("No gateway was found at {address}: ")), "{notice}");
        assert!(notice.contains("no such host") && notice.ends_with("It is asked again.") == again, "{notice}");
        assert_eq!(has_asked(&world, |call| matches!(call, Call::FindGateway(_))), again);
    }
}

#[test]
fn the_gateway_of_the_record_is_tried_before_it_is_asked_anything() {
    let mut world = World::new();
    world.model.cloud.has_gateway = false;
    world.cluster = Some("eu-il107.gateway.prod.island");
    world.settle();
    world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
    let guess = "https://projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com";
    assert!(has_asked(&world, |call| *call == Call::GuessedGateway(guess.into())));
    assert!(!has_asked(&world, |call| matches!(call, Call::Links(_))));
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::GuessedGateway(_))))));
    world.answer(Err(Trouble::new(Service::Gateway, Happened::Status(404), "no such page")));
    let (_, setup) = world.model.current().unwrap();
    assert!(setup.facts.link.trouble().is_some() && setup.gateway.is_none());
}
