//! Whole flows over HTTP on the simulator, in simulated time, with the counters of the world after
//! each: exactly one installation per package, exactly one link, whatever went wrong.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod common;

use common::Driver;
use dualwrite::core::call::Change;
use dualwrite::core::configuring::StageState;
use dualwrite::core::environment::EnvironmentId;
use dualwrite::core::fault::When;
use dualwrite::core::gate::{self, Gate, Integration};
use dualwrite::core::journal::What;
use dualwrite::core::linking::Confirmation;
use dualwrite::core::mandate::Mandate;
use dualwrite::core::msg::Intent;
use dualwrite::core::route::Screen;
use dualwrite::core::setup::Flow;
use dualwrite::core::standing::{Standing, standing};
use dualwrite::sim::Scenario;
use rstest::rstest;

const CORE: &str = "DualWriteCoreAnchor";
const APPLICATION: &str = "msdyn_DualWriteAppCoreAnchor";

fn installs(driver: &Driver, package: &str) -> u32 {
    let counters = driver.sim.counters();
    counters.installs.iter().filter(|(name, _)| name.eq_ignore_ascii_case(package)).map(|(_, count)| count).sum()
}

fn assert_done_once(driver: &Driver) {
    let counters = driver.sim.counters();
    assert_eq!(installs(driver, CORE), 1, "{counters:?}");
    assert_eq!(installs(driver, APPLICATION), 1, "{counters:?}");
    for (what, counts) in
        [("users", &counters.users_created), ("roles", &counters.roles_given), ("rows", &counters.rows_created)]
    {
        assert!(counts.values().all(|count| *count <= 1), "{what} made twice: {counters:?}");
    }
    assert_eq!((counters.links_started, counters.links_completed), (1, 1), "{counters:?}");
}

async fn walk(driver: &mut Driver, name: &str) {
    driver.open(name).await;
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    driver.want(Intent::Link);
    driver.until_screen(Screen::Linked).await;
}

#[rstest]
#[case::healthy("happy")]
#[case::accepted_with_202("accepted-202")]
#[case::throttled("throttled")]
#[case::flaky("flaky")]
#[case::slow("slow")]
#[case::unknown_states("unknown-states")]
#[case::tokens_run_out("token-expiry")]
#[tokio::test]
async fn a_set_up_ends_linked_with_everything_made_once(#[case] scenario: &str) {
    let mut driver = Driver::on(scenario).await;
    driver.until_read().await;
    let first = driver.model.directory.environments[0].name.clone();
    walk(&mut driver, &first).await;
    assert_done_once(&driver);
    let Some((_, setup)) = driver.model.current() else { panic!("nothing is open") };
    let Flow::Linked(linked) = &setup.flow else { panic!("not linked") };
    assert_eq!(linked.confirmed, Confirmation::Gateway);
    assert!(
        linked.address.starts_with("https://dataintegrator.trafficmanager.net/dualWrite?axenv="),
        "{}",
        linked.address
    );
}

#[tokio::test]
async fn tokens_that_run_out_are_renewed_on_the_way() {
    let mut refreshes = Vec::new();
    for scenario in ["happy", "token-expiry"] {
        let mut driver = Driver::on(scenario).await;
        walk(&mut driver, "contoso-uat").await;
        refreshes.push(driver.sim.counters().refreshes);
    }
    assert!(refreshes[1] > 2 * refreshes[0], "{refreshes:?}");
}

#[tokio::test]
async fn enter_before_everything_is_read_is_remembered() {
    let mut driver = Driver::on("happy").await;
    driver.want(Intent::OpenFirst);
    driver.until_screen(Screen::Details).await;
    driver.want(Intent::DualWriteApplication);
    assert_eq!(driver.screen(), Screen::Details);
    driver.until_screen(Screen::Terms).await;
}

#[tokio::test]
async fn every_change_is_recorded_before_it_is_made_and_the_terms_are_kept() {
    let mut driver = Driver::on("happy").await;
    walk(&mut driver, "contoso-uat").await;
    let intentions = driver.recorded.iter().filter(|entry| matches!(entry.what, What::Intention { .. })).count();
    assert_eq!(intentions, driver.changes.len());
    assert_eq!(driver.accepted.len(), 1);
    assert_eq!(driver.accepted[0].account, "ada@contoso.example");
}

#[tokio::test]
async fn configure_twice_changes_nothing_the_second_time() {
    let mut driver = Driver::on("happy").await;
    driver.open("contoso-uat").await;
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    let before = driver.changes.len();
    driver.want(Intent::Back);
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    assert_eq!(driver.changes.len(), before);
}

#[rstest]
#[case::failed("configure-fails")]
#[case::canceled("canceled")]
#[case::hostile("hostile")]
#[tokio::test]
async fn a_failed_installation_keeps_its_words_closes_the_link_and_can_be_tried_again(#[case] scenario: &str) {
    let mut driver = Driver::on(scenario).await;
    driver.until_read().await;
    let first = driver.model.directory.environments[0].name.clone();
    driver.open(&first).await;
    driver.accept_and_start();
    driver.until_screen(Screen::Failed).await;
    {
        let (environment, setup) = driver.model.current().unwrap();
        let Flow::ConfigureFailed(run, failure) = &setup.flow else { panic!("not failed") };
        assert_eq!(run.stage().state, StageState::Failed);
        assert!(!failure.words.is_empty());
        assert!(matches!(gate::link(environment, &setup.facts), Gate::Closed(_)));
    }
    driver.want(Intent::Link);
    assert_eq!(driver.screen(), Screen::Failed);
    driver.want(Intent::TryAgain);
    driver.until_screen(Screen::Complete).await;
    driver.want(Intent::Link);
    driver.until_screen(Screen::Linked).await;
    assert_eq!(installs(&driver, CORE), 1);
    assert_eq!(installs(&driver, APPLICATION), 2);
    assert_eq!(driver.sim.counters().links_started, 1);
}

#[rstest]
#[case::dataverse_side("dw9003-crm", "dw9003-crm")]
#[case::finance_and_operations_side("dw9003-ax", "dw9003-ax")]
#[tokio::test]
async fn dw9003_is_named_repaired_and_linked(#[case] scenario: &str, #[case] fault: &str) {
    let mut driver = Driver::on(scenario).await;
    driver.open("contoso-uat").await;
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    driver.want(Intent::Link);
    driver.until_screen(Screen::LinkFailed).await;
    driver.until_read().await;
    {
        let (environment, setup) = driver.model.current().unwrap();
        let Flow::LinkFailed(_, failure) = &setup.flow else { panic!("not failed") };
        assert_eq!(failure.fault.unwrap().id, fault);
        assert!(failure.words.starts_with("DW9003"));
        assert!(gate::repair(environment, &setup.facts));
    }
    driver.want(Intent::RepairIdentities(Mandate::default()));
    driver.until_screen(Screen::Complete).await;
    driver.want(Intent::Link);
    driver.until_screen(Screen::Linked).await;
    let counters = driver.sim.counters();
    assert_eq!((counters.links_started, counters.links_completed), (2, 1));
    assert_eq!(installs(&driver, CORE), 1);
}

#[tokio::test]
async fn identities_are_made_where_they_are_missing() {
    let mut driver = Driver::on("identities-missing").await;
    walk(&mut driver, "contoso-uat").await;
    let counters = driver.sim.counters();
    assert!(counters.installs.is_empty(), "{counters:?}");
    assert_eq!(counters.users_created.len(), 2);
    assert_eq!(counters.rows_created.len(), 2);
    assert_eq!(counters.links_started, 1);
}

#[tokio::test]
async fn without_power_platform_integration_the_button_is_closed_with_its_reason() {
    let mut driver = Driver::on("not-set-up").await;
    driver.open("contoso-uat").await;
    {
        let (environment, setup) = driver.model.current().unwrap();
        assert_eq!(gate::integration(environment, &setup.facts), Integration::NotSetUp);
        assert!(matches!(gate::dual_write_application(environment, &setup.facts), Gate::Closed(_)));
    }
    driver.want(Intent::DualWriteApplication);
    assert_eq!(driver.screen(), Screen::Details);
    assert!(driver.model.notice.as_deref().unwrap().contains("Lifecycle Services"));
    assert!(driver.changes.is_empty());
}

#[tokio::test]
async fn a_mismatch_without_integration_has_no_reset() {
    let mut driver = Driver::on("mismatch-never-set-up").await;
    driver.open("contoso-uat").await;
    {
        let (environment, setup) = driver.model.current().unwrap();
        let mismatch = gate::mismatch(environment, &setup.facts).expect("a mismatch");
        assert_eq!(mismatch.when, When::IntegrationNeverSetUp);
        assert_eq!(driver.model.directory.name_of(&mismatch.linked_to.unwrap()), Some("contoso-sandbox"));
    }
    driver.want(Intent::Mismatch).want(Intent::ResetLink("contoso-uat".into()));
    assert_eq!(driver.screen(), Screen::Mismatch);
    assert!(driver.changes.is_empty());
}

#[tokio::test]
async fn a_mismatch_with_integration_is_reset_only_by_name_and_read_back() {
    let mut driver = Driver::on("mismatch-set-up").await;
    driver.open("contoso-uat").await;
    driver.want(Intent::Link);
    assert_eq!(driver.screen(), Screen::Details, "a mismatch closes the link");
    driver.want(Intent::Mismatch).want(Intent::ResetLink("contoso".into()));
    assert!(driver.changes.is_empty());
    driver.want(Intent::ResetLink("contoso-uat".into()));
    driver.until_screen(Screen::Linked).await;
    assert!(matches!(driver.changes[..], [Change::ResetLink { .. }]));
    let counters = driver.sim.counters();
    assert_eq!((counters.resets, counters.links_started), (1, 0));
    driver.want(Intent::Back);
    driver.open("contoso-uat").await;
    let (environment, setup) = driver.model.current().unwrap();
    assert_eq!(gate::mismatch(environment, &setup.facts), None);
}

#[tokio::test]
async fn running_maps_close_reset_link() {
    let mut driver = Driver::on("mismatch-set-up").await;
    driver.open("contoso-test").await;
    driver.want(Intent::Mismatch).want(Intent::ResetLink("contoso-test".into()));
    let notice = driver.model.notice.clone().unwrap();
    assert!(notice.contains("2 maps are not stopped: Customers V3 (running)"), "{notice}");
    assert!(driver.changes.is_empty());
}

#[tokio::test]
async fn two_set_ups_run_side_by_side_and_leaving_one_stops_nothing() {
    let mut driver = Driver::on("happy").await;
    driver.open("contoso-uat").await;
    driver.accept_and_start();
    driver.want(Intent::Back);
    assert_eq!(driver.screen(), Screen::Environments);
    driver.open("contoso-golden").await;
    driver.want(Intent::Link).want(Intent::Link);
    assert_eq!(driver.screen(), Screen::LinkProgress);
    assert_eq!(driver.model.running().count(), 2);
    driver.until("both are done", |model| model.running().count() == 0).await;
    assert_eq!(driver.screen(), Screen::Linked);
    let uat = driver.id("contoso-uat");
    assert!(matches!(driver.model.setups[&uat].flow, Flow::Configured));
    assert_eq!(driver.sim.counters().links_started, 1);
}

#[tokio::test]
async fn a_linked_environment_is_shown_linked_and_nothing_is_started() {
    let mut driver = Driver::on("happy").await;
    driver.open("contoso-prod").await;
    driver.want(Intent::Link);
    assert_eq!(driver.screen(), Screen::Linked);
    assert!(driver.changes.is_empty());
}

#[tokio::test]
async fn an_unknown_environment_is_named() {
    let mut driver = Driver::with(Scenario::named("happy").unwrap(), Some("contoso-uta")).await;
    driver.until_read().await;
    assert_eq!(driver.model.directory.not_found.as_deref(), Some("contoso-uta"));
    for typed in ["https://CONTOSO-PROD.crm4.localhost/main.aspx", "Contoso-Prod"] {
        let mut driver = Driver::with(Scenario::named("happy").unwrap(), Some(typed)).await;
        driver.until_read().await;
        let (environment, _) = driver.model.current().expect(typed);
        assert_eq!(environment.name, "contoso-prod");
    }
}

#[tokio::test]
async fn nothing_is_repaired_where_nothing_is_joined() {
    let mut driver = Driver::on("mismatch-set-up").await;
    driver.open("contoso-sandbox").await;
    {
        let (environment, setup) = driver.model.current().unwrap();
        assert!(!gate::repair(environment, &setup.facts));
    }
    driver.want(Intent::RepairIdentities(Mandate::default()));
    assert_eq!(driver.screen(), Screen::Details);
    assert!(driver.changes.is_empty());
}

#[rstest]
#[case::usual("happy")]
#[case::identities("identities-missing")]
#[case::elsewhere("mismatch-set-up")]
#[case::never_set_up("mismatch-never-set-up")]
#[case::closed("prerequisites-unmet")]
#[tokio::test]
async fn a_survey_tells_how_far_each_is_as_reading_everything_does(#[case] scenario: &str) {
    let mut driver = Driver::on(scenario).await;
    driver.model.shows_list = false;
    driver.until_read().await;
    let ids: Vec<EnvironmentId> = driver.model.directory.environments.iter().map(|of| of.id.clone()).collect();
    let mut told = Vec::new();
    for look in [Intent::Survey, Intent::OpenEnvironment] {
        for id in &ids {
            driver.want(look(id.clone()));
        }
        driver.until_read().await;
        let far = |id| standing(driver.model.directory.get(id).unwrap(), driver.model.setups.get(id));
        told.push(ids.iter().map(far).collect::<Vec<Standing>>());
        driver.want(Intent::Environments);
        for id in &ids {
            driver.want(Intent::LetGo(id.clone()));
        }
        assert!(driver.model.setups.is_empty());
    }
    assert_eq!(told[0], told[1]);
    assert!(!told[0].is_empty() && !told[0].contains(&Standing::NotRead), "{:?}", told[0]);
}
