//! What is wrong is known, said and mended, over HTTP on the simulator in simulated time: the repair of
//! the identities, errors that come back, what a person mends elsewhere, Reset link, modules.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod common;

use common::Driver;
use dualwrite::core::call::Change;
use dualwrite::core::check::{self, Tri};
use dualwrite::core::gate::{self, Gate};
use dualwrite::core::linking::Way;
use dualwrite::core::mandate::{Mandate, Module};
use dualwrite::core::msg::Intent;
use dualwrite::core::remedy;
use dualwrite::core::route::Screen;
use dualwrite::core::setup::Flow;
use dualwrite::wire::app_id;

const WITH_ADMIN: fn(bool) -> Mandate =
    |purges| Mandate { purges, row_user: Some("Admin".into()), ..Mandate::default() };

/// The answer to one prerequisite of the environment that is looked at.
fn answer(driver: &Driver, id: &str) -> Tri {
    let (environment, setup) = driver.model.current().unwrap();
    check::checks(environment, &setup.facts).into_iter().find(|check| check.id == id).unwrap().answer
}

/// Requests that change something, in order, without hosts.
fn changes_on_the_wire(driver: &Driver) -> Vec<String> {
    let is_change = |line: &&String| !line.starts_with("GET ") && !line.contains("/entra/");
    let all = driver.sim.requests();
    all.iter().filter(is_change).map(|line| line.split(['?', '(']).next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_deleted_twin_is_purged_only_where_that_was_agreed_to() {
    let mut driver = Driver::on("deleted-twin").await;
    driver.open("contoso-uat").await;
    driver.want(Intent::RepairIdentities(WITH_ADMIN(false)));
    driver.until_screen(Screen::Failed).await;
    {
        let (environment, setup) = driver.model.current().unwrap();
        let Flow::ConfigureFailed(_, failure) = &setup.flow else { panic!("not failed") };
        assert!(failure.is_ours && failure.words.contains("deleted application user"), "{}", failure.words);
        assert!(gate::repair(environment, &setup.facts), "the way out is offered where it failed");
    }
    assert!(changes_on_the_wire(&driver).is_empty(), "nothing was written before somebody agreed");

    driver.want(Intent::RepairIdentities(WITH_ADMIN(true)));
    driver.until_screen(Screen::Complete).await;
    let counters = driver.sim.counters();
    assert_eq!(counters.users_purged.get(app_id::DATA_INTEGRATION), Some(&1), "{counters:?}");
    assert_eq!(counters.users_created.get(app_id::DATA_INTEGRATION), Some(&1), "{counters:?}");
    assert_eq!(counters.rows_bound.get(app_id::RUNTIME), Some(&1), "{counters:?}");
    let host = "contoso-uat.crm4.localhost";
    let dataverse: Vec<String> =
        changes_on_the_wire(&driver).into_iter().filter(|line| line.contains(host)).take(3).collect();
    let api = format!("{host}/api/data/v9.2/systemusers");
    assert_eq!(dataverse, [format!("DELETE {api}"), format!("POST {api}"), format!("POST {api}")]);

    // A repeated repair finds nothing to do.
    let before = driver.changes.len();
    driver.want(Intent::RepairIdentities(WITH_ADMIN(true)));
    assert_eq!((driver.changes.len(), driver.screen()), (before, Screen::Complete));
}

#[tokio::test]
async fn a_row_that_runs_as_a_disabled_user_is_bound_to_nobody_that_was_not_chosen() {
    let mut driver = Driver::on("deleted-twin").await;
    driver.open("contoso-uat").await;
    driver.want(Intent::RepairIdentities(Mandate { purges: true, ..Mandate::default() }));
    driver.until_screen(Screen::Failed).await;
    assert!(!driver.changes.iter().any(|change| matches!(change, Change::BindRow { .. })), "{:?}", driver.changes);
    assert_eq!(answer(&driver, "P23"), Tri::No);
}

#[tokio::test]
async fn an_error_that_comes_back_is_counted_and_the_next_remedy_named() {
    let mut driver = Driver::on("dw9003-again").await;
    driver.open("contoso-uat").await;
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    for repeats in 0..2 {
        driver.want(Intent::Link);
        driver.until_screen(Screen::LinkFailed).await;
        driver.until_read().await;
        let (environment, setup) = driver.model.current().unwrap();
        let Flow::LinkFailed(_, failure) = &setup.flow else { panic!("not failed") };
        assert_eq!(failure.repeats, repeats);
        let checks = check::checks(environment, &setup.facts);
        let remedies = remedy::remedies(failure.fault.unwrap(), &checks, failure.repeats);
        let next = remedies.iter().find(|remedy| remedy.is_next).unwrap();
        assert!(next.text.contains(app_id::FINANCE_OPERATIONS), "what surely is not so comes first: {}", next.text);
        assert!(remedies[1].is_done, "the other user is ticked off");
        driver.want(Intent::RepairIdentities(Mandate::default()));
        driver.until_screen(Screen::Complete).await;
    }
    driver.want(Intent::Link);
    driver.until_screen(Screen::Linked).await;
    assert_eq!(driver.sim.counters().links_completed, 1);
}

#[tokio::test]
async fn what_a_person_mends_elsewhere_is_seen_without_a_key() {
    let mut driver = Driver::on("dw9003-ax").await;
    driver.open("contoso-uat").await;
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    driver.want(Intent::Link);
    driver.until_screen(Screen::LinkFailed).await;
    driver.until_read().await;
    assert_eq!(answer(&driver, "P23"), Tri::No);
    let finops = {
        let (environment, setup) = driver.model.current().unwrap();
        gate::finops_url(environment, &setup.facts).unwrap().to_owned()
    };
    // Somebody adds the row on the page of finance and operations.
    let row = Change::CreateRow { finops, app: app_id::RUNTIME, user: "Admin".into() };
    driver.api.change(row).await.unwrap();
    driver
        .until("P23 is ticked off", |model| {
            let (environment, setup) = model.current().unwrap();
            check::checks(environment, &setup.facts).iter().any(|check| check.id == "P23" && check.answer == Tri::Yes)
        })
        .await;
    assert!(driver.timeline().contains("P23 is now met"), "{}", driver.timeline());
    assert_eq!(driver.screen(), Screen::LinkFailed, "trying again stays the person's word");
    driver.want(Intent::TryAgain);
    driver.until_screen(Screen::Linked).await;
}

#[tokio::test]
async fn blockers_close_their_button_and_an_unknown_closes_none() {
    let mut driver = Driver::on("prerequisites-unmet").await;
    driver.open("contoso-uat").await;
    for (id, wanted) in [("P06", Tri::No), ("P09", Tri::No), ("P28", Tri::No), ("P29", Tri::No), ("P32", Tri::No)] {
        assert_eq!(answer(&driver, id), wanted, "{id}");
    }
    assert_eq!((answer(&driver, "P36"), answer(&driver, "P37")), (Tri::No, Tri::No));
    let (environment, setup) = driver.model.current().unwrap();
    let Gate::Closed(why) = gate::dual_write_application(environment, &setup.facts) else { panic!("open") };
    assert!(why.contains("P06") && why.contains("Basic User"), "{why}");
    driver.want(Intent::DualWriteApplication);
    assert_eq!(driver.screen(), Screen::Details);
    assert!(driver.changes.is_empty());
}

#[tokio::test]
async fn a_lost_answer_to_the_reset_is_settled_by_reading() {
    let mut driver = Driver::on("reset-lost").await;
    driver.open("contoso-uat").await;
    driver.want(Intent::Mismatch).want(Intent::ResetLink("contoso-uat".into()));
    driver.until_screen(Screen::Linked).await;
    assert_eq!(driver.sim.counters().resets, 1, "asked for once");
    let Flow::Linked(link) = &driver.model.current().unwrap().1.flow else { panic!("not linked") };
    assert!(matches!(link.took, Some((Way::Reset, _))));
}

#[tokio::test]
async fn a_module_is_added_to_a_linked_environment_and_it_stays_linked() {
    let mut driver = Driver::on("modules").await;
    driver.open("contoso-uat").await;
    driver.want(Intent::Link);
    assert_eq!(driver.screen(), Screen::Linked);
    driver.want(Intent::InstallModules(vec![Module::HumanResources]));
    assert_eq!(driver.screen(), Screen::Progress);
    driver.until_screen(Screen::Linked).await;
    let counters = driver.sim.counters();
    let installed: Vec<&str> = counters.installs.keys().map(String::as_str).collect();
    assert_eq!(installed, ["HCMCommonAnchor", "msdyn_Dynamics365HCMAnchor"], "nothing else was installed");
    assert_eq!((counters.links_started, counters.resets), (0, 0));
    let before = driver.changes.len();
    driver.want(Intent::InstallModules(vec![Module::HumanResources]));
    assert_eq!(driver.changes.len(), before, "what is there is not installed again");
}

#[tokio::test]
async fn left_out_services_are_could_not_tell_and_never_no() {
    let scenario = dualwrite::sim::Scenario::parse(
        "title = \"without\"\nprofile_without = [\"lcs\", \"gateway\", \"graph\", \"link\"]",
        "test",
    )
    .unwrap();
    let mut driver = Driver::with(scenario, None).await;
    driver.open("contoso-uat").await;
    for id in ["P02", "P05", "P08", "P09", "P13", "P14", "P17", "P18", "P19", "P20", "P27", "P30", "P34", "P43"] {
        assert_eq!(answer(&driver, id), Tri::Unknown, "{id}");
    }
    let (environment, setup) = driver.model.current().unwrap();
    assert!(gate::dual_write_application(environment, &setup.facts).is_open());
}

#[tokio::test]
async fn a_reset_that_would_bring_nothing_back_is_closed() {
    let scenario = dualwrite::sim::Scenario::parse(
        &format!(
            "{}\n[words]\nomit = [\"legalEntityMappings\"]\n",
            include_str!("../assets/scenarios/mismatch-set-up.toml")
        ),
        "test",
    )
    .unwrap();
    let mut driver = Driver::with(scenario, None).await;
    driver.open("contoso-uat").await;
    driver.want(Intent::Mismatch).want(Intent::ResetLink("contoso-uat".into()));
    assert_eq!(driver.screen(), Screen::Mismatch);
    let notice = driver.model.notice.clone().unwrap();
    assert!(notice.contains("legal entities"), "{notice}");
    assert!(driver.changes.is_empty());
}

#[tokio::test]
async fn a_reset_that_cannot_be_seen_keeps_the_words_of_the_service() {
    let rule = "[[fault]]\nservice = [\"gateway\"]\nmethod = \"POST\"\npath = \"Reset\"\non = [1]\ndo = \"status\"\nstatus = 500\nbody = \"json\"\nmessage = \"boom in the gateway\"\n";
    let scenario = dualwrite::sim::Scenario::parse(
        &format!("{}\n{rule}", include_str!("../assets/scenarios/mismatch-set-up.toml")),
        "test",
    )
    .unwrap();
    let mut driver = Driver::with(scenario, None).await;
    driver.open("contoso-uat").await;
    driver.want(Intent::Mismatch).want(Intent::ResetLink("contoso-uat".into()));
    driver.until_screen(Screen::LinkFailed).await;
    let Flow::LinkFailed(_, failure) = &driver.model.current().unwrap().1.flow else { panic!("not failed") };
    assert!(failure.words.contains("boom in the gateway"), "{}", failure.words);
    assert!(failure.next_move.contains("may still be under way"), "{}", failure.next_move);
    assert_eq!(
        (driver.sim.counters().resets, driver.changes.len()),
        (0, 1),
        "asked for once, and never again by itself"
    );
}
