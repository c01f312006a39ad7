//! When a running operation is looked at again, and what is learned from it.

use super::*;
use crate::core::facts::FactKind;
use crate::core::schedule::CONFIGURE_USUAL;
use crate::core::schedule::outlook::Still;
use crate::core::schedule::prior::{Experience, Watched};
use crate::core::time::between;
use crate::core::update::with_setup;
use crate::wire::dataverse;
use std::sync::Arc;

/// A core solution that is installed under the operation `op`, accepted just now.
fn accepted() -> World {
    let mut world = World::running();
    world.answer(Ok(Reply::InstallAccepted { operation: Some("op".into()), retry_after: None }));
    world
}

fn status(word: &str) -> Reply {
    Reply::Operation { operation: Some(from(json!({"operationId": "op", "status": word}))), retry_after: None }
}

fn likely(learned: &Experience) -> Duration {
    learned.prior(Watched::CoreSolution).to_go(Duration::ZERO)[1]
}

#[test]
fn an_operation_that_was_watched_to_its_end_teaches_how_long_the_next_one_takes() {
    let mut world = accepted();
    let began = world.now;
    while between(began, world.now) < Duration::from_mins(20) {
        world.answer(Ok(status("Running")));
    }
    let took = between(began, world.now);
    world.core_state = "Installed";
    let before = likely(&world.model.experience);
    world.answer(Ok(status("Succeeded")));
    world.answer_as_it_is();
    assert!(likely(&world.model.experience) > before + Duration::from_mins(1));
    let lasted = fold(&world.recorded).unwrap().lasted;
    assert!(matches!(lasted[..], [(Watched::CoreSolution, noted)] if noted >= took), "{lasted:?}");
    // What the record holds teaches the next program the same.
    let mut next = World::new();
    next.tell(Msg::Learned(lasted));
    assert!(likely(&next.model.experience) > before + Duration::from_mins(1));
}

#[test]
fn what_was_interrupted_is_looked_at_by_its_own_age_and_teaches_nothing() {
    let world = accepted();
    let began = world.recorded.iter().rfind(|entry| matches!(entry.what, What::Intention { .. })).unwrap().at;
    let mut world = world.killed();
    world.want(Intent::GoOn);
    world.settle_until(|world| matches!(world.open.front(), Some((_, _, Asked::Call(Call::Operation { .. })))));
    assert!(matches!(world.step(), Step::Watch(install) if install.since == began), "{:?}", world.step());
    world.core_state = "Installed";
    let before = world.model.experience.clone();
    world.answer(Ok(status("Succeeded")));
    world.settle();
    assert_eq!(world.model.experience, before);
}

#[test]
fn looks_come_closer_together_where_the_end_is_likely() {
    let mut world = accepted();
    let began = world.now;
    let mut pauses = Vec::new();
    while between(began, world.now) < Duration::from_mins(9) {
        pauses.push(world.open.front().unwrap().1);
        world.answer(Ok(status("Running")));
    }
    let shortest = pauses.iter().min().unwrap();
    assert!(pauses[0] > *shortest * 2, "{pauses:?}");
}

#[test]
fn the_time_still_to_go_is_told_in_a_few_words_of_what_runs_alone() {
    use crate::core::schedule::outlook;
    let mut world = World::running();
    let told = |world: &World| {
        let setup = world.model.setups.values().next().unwrap();
        outlook::still(setup, &world.model.experience, world.now).map(Still::in_words)
    };
    let words = told(&world).unwrap();
    assert!(words.contains(" to ") && words.ends_with(" min more (estimate)"), "{words}");
    world.now = later(world.now, CONFIGURE_USUAL);
    assert_eq!(told(&world).as_deref(), Some("longer than usual"));
    assert_eq!(told(&World::opened()), None);
}

/// What is kept of companies and roles whose ids and columns nobody asks for are made of `mark`.
fn kept(mark: &str) -> (Arc<Vec<dataverse::Company>>, Arc<Vec<dataverse::Role>>) {
    let mut world = World::running();
    let id = world.model.setups.keys().next().cloned().unwrap();
    let companies = json!([{"cdm_companycode": "USMF", dataverse::OWNING_TEAM: "team", "ownerid": mark}]);
    let roles = json!([{"roleid": mark, "name": "System Administrator", "_businessunitid_value": mark}]);
    let read = [
        (FactKind::Companies, Reply::Companies(Some(from(companies)))),
        (FactKind::OwnRoles, Reply::OwnRoles(from(roles))),
    ];
    let kept = with_setup(&mut world.model, &id, Now::UNIX_EPOCH, |setup, cx| {
        for (kind, reply) in read {
            storing::store(&mut setup.facts, kind, Ok(reply), cx);
        }
        let facts = &setup.facts;
        (facts.companies.value().unwrap().clone().unwrap(), Arc::clone(facts.own_roles.value().unwrap()))
    });
    let kept = kept.unwrap();
    assert!(Arc::ptr_eq(&kept.0, &world.model.shelf.companies.share((*kept.0).clone())), "it is on the shelf");
    kept
}

#[test]
fn what_nobody_asks_for_makes_no_answer_another_one() {
    let kept = [kept("1"), kept("2")];
    assert_eq!(kept[0], kept[1]);
    assert_eq!(kept[0].0[0].owning_team(), Some(Some("team")));
    assert!(kept[0].1[0].is_system_administrator());
}
