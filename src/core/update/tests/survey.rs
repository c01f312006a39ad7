//! Surveys: of many environments only what tells how far each is, and nothing is kept of those that were told.

use super::*;
use crate::core::directory::sent::{project, tenant};
use crate::core::facts::FactKind;

/// The list was read, and nobody looks at it.
fn listed() -> (World, EnvironmentId) {
    let mut world = World::new();
    world.model.shows_list = false;
    world.settle();
    assert!(world.model.setups.is_empty(), "nothing is read of an environment that nobody asked for");
    (world, EnvironmentId("pp-1".into()))
}

fn asked(world: &World) -> Vec<&Asked> {
    world.open.iter().map(|(_, _, asked)| asked).collect()
}

#[test]
fn a_survey_asks_for_what_decides_and_for_more_only_where_that_does_not() {
    let (mut world, id) = listed();
    world.want(Intent::Survey(id.clone()));
    let is_first =
        |asked: &&Asked| matches!(asked, Asked::Call(Call::Links(_) | Call::Integration(_) | Call::Packages(_)));
    assert!(asked(&world).iter().all(is_first) && world.open.len() == 3, "{:?}", world.open);
    world.core_state = "InstallRequested";
    world.settle();
    let setup = world.model.setups.get(&id).unwrap();
    assert!(setup.reading.is_empty() && setup.facts.is_unread(FactKind::Rows), "it is being installed: that is all");
    // Nothing is installed: whether Configure could begin takes more, and nobody asks for maps or licences.
    let (mut world, id) = listed();
    world.want(Intent::Survey(id.clone()));
    world.settle();
    let setup = world.model.setups.get(&id).unwrap();
    let is_read = |kind: FactKind| !setup.facts.is_unread(kind);
    assert!(is_read(FactKind::Rows) && is_read(FactKind::User(1)) && is_read(FactKind::OwnRoles));
    for kind in [FactKind::LegalEntities, FactKind::Maps, FactKind::PluginSteps, FactKind::Licences] {
        assert!(!is_read(kind), "{kind:?}");
    }
    assert_eq!(standing(world.model.directory.get(&id).unwrap(), Some(setup)), Standing::ReadyToConfigure);
}

#[test]
fn one_of_many_that_gives_no_answer_is_not_waited_for_as_long_as_one_that_is_looked_at() {
    let misses = |intent: fn(EnvironmentId) -> Intent, what: Happened| {
        let (mut world, id) = listed();
        world.want(intent(id));
        let mut misses = 0;
        while let Some(call) = world.open.front().map(|(_, _, asked)| asked.clone()) {
            if matches!(call, Asked::Call(Call::Integration(_))) {
                misses += 1;
                world.answer(Err(Trouble::new(Service::Dataverse, what.clone(), "")));
            } else {
                world.answer_as_it_is();
            }
        }
        misses
    };
    assert_eq!([Happened::NoAnswer, Happened::CutOff].map(|what| misses(Intent::Survey, what)), [2, 4]);
    assert_eq!(misses(Intent::OpenEnvironment, Happened::NoAnswer), 6);
    assert_eq!(misses(Intent::Survey, Happened::Status(429)), 6, "who asks to slow down has answered");
}

#[test]
fn nothing_is_kept_of_what_was_let_go_and_its_questions_are_dropped() {
    let (mut world, id) = listed();
    world.want(Intent::Survey(id.clone()));
    assert!(world.model.setups.is_any_read());
    world.want(Intent::LetGo(id.clone()));
    assert!(world.open.is_empty() && world.model.setups.is_empty() && !world.model.setups.is_any_read());
    assert_eq!(world.model.desk.open_questions(), 0);
    // What runs is not let go of.
    let mut world = World::running();
    world.want(Intent::Environments);
    world.want(Intent::LetGo(id.clone()));
    assert!(world.model.setups.get(&id).is_some_and(Setup::is_running));
}

#[test]
fn a_side_that_only_lifecycle_services_names_is_read_when_its_list_comes_after_the_environment_was_opened() {
    let mut world = World::new();
    // The initial environment: neither Dataverse nor partner.
    world.answer(Ok(Reply::Environments(tenant(json!([{"name": "pp-1", "properties": {"displayName": "dev"}}])))));
    let id = EnvironmentId("pp-1".into());
    world.want(Intent::OpenEnvironment(id.clone()));
    world.settle();
    assert!(world.model.setups[&id].facts.is_unread(FactKind::Link));
    let row =
        json!({"EnvironmentId": "l", "EnvironmentName": "dev", "EnvironmentEndpointBaseUrl": "https://fo.example"});
    let question = Question::of_all(Purpose::Lifecycle);
    let now = world.now;
    lists::directory_reply(&mut world.model, question, Ok(Reply::Lifecycle(project(json!([row])))), now);
    let asked = &world.model.setups[&id].reading;
    for kind in [FactKind::Link, FactKind::Rows, FactKind::FinopsUsers, FactKind::LegalEntities] {
        assert!(asked.contains_key(&kind), "{kind:?} of {asked:?}");
    }
}
