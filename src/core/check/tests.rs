//! The table as a whole, and the rules one by one.

mod answers;

use super::*;
use crate::core::directory::sent;
use crate::core::environment::Fact;
use crate::core::time::Now;
use crate::core::trouble::{Trouble, What};
use serde_json::json;
use std::sync::Arc;

fn environment() -> Environment {
    let row = json!({"name": "pp", "properties": {
        "displayName": "uat", "environmentSku": "Sandbox",
        "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com"}}});
    sent::tenant(json!([row])).remove(0)
}

#[test]
fn with_nothing_read_nothing_that_needs_reading_is_yes_or_no() {
    let told: Vec<&str> = checks(&environment(), &Facts::default())
        .into_iter()
        .filter(|check| check.answer != Tri::Unknown)
        .map(|check| check.id)
        .collect();
    assert_eq!(told, ["P10", "P16"], "only that there is a Dataverse and its kind are in the list itself");
}

#[test]
fn each_has_an_id_of_its_own_and_a_page() {
    let all = checks(&environment(), &Facts::default());
    let mut ids: Vec<&str> = all.iter().map(|check| check.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len());
    assert!(all.iter().all(|check| check.doc_url.starts_with("https://learn.microsoft.com/")));
}

#[test]
fn what_surely_is_missing_is_a_no() {
    let facts = Facts { rows: Fact::Known(Arc::default(), Now::UNIX_EPOCH), ..Facts::default() };
    let of = |id| checks(&environment(), &facts).into_iter().find(|check| check.id == id).unwrap().answer;
    assert_eq!((of("P23"), of("P24"), of("P25")), (Tri::No, Tri::No, Tri::Unknown));
}

/// The answer to one prerequisite, with its reason.
fn of(id: &str, environment: &Environment, facts: &Facts) -> (Tri, String) {
    let check = checks(environment, facts).into_iter().find(|check| check.id == id).unwrap();
    (check.answer, check.reason)
}

fn from<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn known<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Fact<Arc<T>> {
    Fact::Known(Arc::new(from(value)), Now::UNIX_EPOCH)
}

fn companies(value: serde_json::Value) -> Fact<Option<Arc<Vec<dataverse::Company>>>> {
    Fact::Known(from::<Option<Vec<_>>>(value).map(Arc::new), Now::UNIX_EPOCH)
}

fn integration(value: serde_json::Value) -> Fact<Option<dataverse::Integration>> {
    Fact::Known(from(value), Now::UNIX_EPOCH)
}

#[test]
fn the_table_has_every_prerequisite_once_and_in_order() {
    let ids: Vec<String> = checks(&environment(), &Facts::default()).iter().map(|check| check.id.into()).collect();
    assert_eq!(ids, (1..=43).map(|number| format!("P{number:02}")).collect::<Vec<_>>());
}

#[test]
fn what_is_by_hand_is_never_yes_or_no() {
    let all = checks(&environment(), &Facts::default());
    let by_hand: Vec<&Check> = all.iter().filter(|check| check.is_by_hand()).collect();
    assert_eq!(by_hand.iter().map(|check| check.id).collect::<Vec<_>>(), ["P11", "P35", "P39", "P40", "P41", "P42"]);
    assert!(by_hand.iter().all(|check| check.answer == Tri::Unknown && !check.remedy.is_empty()));
    assert_eq!(tally(&all).by_hand, 6);
}

#[test]
fn an_unknown_closes_nothing_and_a_guess_about_licences_neither() {
    for check in checks(&environment(), &Facts::default()).iter().filter(|check| check.answer == Tri::Unknown) {
        assert!(!check.blocks(Closes::Configure) && !check.blocks(Closes::Link), "{}", check.id);
    }
    let facts = Facts { licences: known(json!([])), ..Facts::default() };
    assert_eq!(of("P09", &environment(), &facts).0, Tri::No);
    assert_eq!(blocker(&environment(), &facts, Closes::Configure), None);
    assert_eq!(blocker(&environment(), &facts, Closes::Link), None);
}

#[test]
fn a_role_counts_by_its_template_and_through_a_team_and_none_at_all_is_no_answer() {
    let with = |roles| Facts { own_roles: known(roles), ..Facts::default() };
    let template = crate::wire::dataverse::SYSTEM_ADMINISTRATOR_TEMPLATE;
    let admin = json!([{"name": "Basic User"}, {"name": "Systemadministrator", "_roletemplateid_value": template}]);
    assert_eq!(of("P06", &environment(), &with(admin)).0, Tri::Yes);
    assert_eq!(of("P06", &environment(), &with(json!([{"name": "Basic User"}]))).0, Tri::No);
    assert_eq!(of("P06", &environment(), &with(json!([]))).0, Tri::Unknown);
}

#[test]
fn prospect_to_cash_is_harmless_from_its_last_version_on() {
    let with = |version: &str| Facts {
        solutions: known(json!([{"uniquename": "x", "friendlyname": "Prospect to Cash", "version": version}])),
        ..Facts::default()
    };
    assert_eq!(of("P29", &environment(), &with("14.9.9.9")).0, Tri::No);
    assert_eq!(of("P29", &environment(), &with("15.0.0.2")).0, Tri::Yes);
}

#[test]
fn companies_without_a_name_and_with_the_name_of_another_are_named() {
    let with = |rows| Facts { companies: companies(rows), ..Facts::default() };
    let (answer, reason) = of("P32", &environment(), &with(json!([{"cdm_companycode": "DAT", "cdm_name": " "}])));
    assert_eq!((answer, reason.contains("DAT")), (Tri::No, true), "{reason}");
    let twice =
        json!([{"cdm_companycode": "A", "cdm_name": "Contoso"}, {"cdm_companycode": "B", "cdm_name": "contoso"}]);
    assert!(of("P32", &environment(), &with(twice)).1.contains("contoso"));
    let fine = json!([{"cdm_companycode": "A", "cdm_name": "One"}, {"cdm_companycode": "B", "cdm_name": "Two"}]);
    assert_eq!(of("P32", &environment(), &with(fine)).0, Tri::Yes);
}

#[test]
fn legal_entities_warn_above_forty_and_block_above_two_hundred_and_fifty() {
    let with = |count: usize| {
        let all: Vec<_> = (0..count).map(|at| json!({"LegalEntityId": format!("{at:04}")})).collect();
        let facts = Facts { legal_entities: known(json!(all)), ..Facts::default() };
        let check = checks(&environment(), &facts).into_iter().find(|check| check.id == "P33").unwrap();
        (check.answer, check.level)
    };
    assert_eq!(with(40), (Tri::Yes, Level::Block));
    assert_eq!(with(41), (Tri::No, Level::Warn));
    assert_eq!(with(250), (Tri::No, Level::Warn));
    assert_eq!(with(251), (Tri::No, Level::Block));
}

#[test]
fn a_missing_table_is_as_it_should_be_only_before_its_package_is_there() {
    let with = |state: &str| Facts {
        companies: companies(json!(null)),
        packages: known(json!([{"uniqueName": "msdyn_DualWriteAppCoreAnchor", "state": state}])),
        ..Facts::default()
    };
    assert_eq!(of("P32", &environment(), &with("NotInstalled")).0, Tri::Yes);
    assert_eq!(of("P32", &environment(), &with("Installed")).0, Tri::Unknown);
}

#[test]
fn an_owning_team_is_missing_only_where_the_answer_has_the_column() {
    let with = |company| Facts { companies: companies(json!([company])), ..Facts::default() };
    let null = json!({"cdm_companycode": "A", "cdm_name": "One", "_cdm_defaultowningteam_value": null});
    assert_eq!(of("P38", &environment(), &with(null)).0, Tri::No);
    assert_eq!(of("P38", &environment(), &with(json!({"cdm_companycode": "A", "cdm_name": "One"}))).0, Tri::Unknown);
}

#[test]
fn each_answer_is_as_old_as_the_oldest_thing_it_stands_on() {
    let later = Now::from_second(60).unwrap();
    let facts = Facts {
        rows: Fact::Known(Arc::default(), later),
        finops_users: Fact::Known(Arc::default(), Now::UNIX_EPOCH),
        ..Facts::default()
    };
    let check = checks(&environment(), &facts).into_iter().find(|check| check.id == "P23").unwrap();
    assert_eq!(check.read_at, Some(Now::UNIX_EPOCH));
    assert!(check.evidence().contains("read 1970"));
}

fn joined(sku: Option<&str>, mut lcs: serde_json::Value) -> Environment {
    let row = json!({"name": "pp", "properties": {
        "displayName": "uat", "environmentSku": sku,
        "linkedAppMetadata": {"id": "l", "type": "Linked", "url": "https://uat.operations.dynamics.com"},
        "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com"}}});
    lcs["EnvironmentId"] = "l".into();
    sent::both(json!([row]), json!([lcs])).environments.remove(0)
}

#[test]
fn a_value_that_is_not_there_is_never_a_yes() {
    let none = Facts::default();
    let environment = joined(None, json!({"EnvironmentType": "Sandbox"}));
    for id in ["P16", "P17", "P18", "P19"] {
        assert_eq!(of(id, &environment, &none).0, Tri::Unknown, "{id}");
    }
    assert_eq!(of("P17", &joined(Some("Quantum"), json!({"EnvironmentType": "Sandbox"})), &none).0, Tri::Unknown);
    let facts = Facts { legal_entities: known(json!([])), finops_users: known(json!([])), ..Facts::default() };
    assert_eq!(of("P33", &environment, &facts).0, Tri::Unknown);
    assert_eq!(facts.finops_user_enabled("Admin"), None, "an empty list of users shows none");
}

#[test]
fn a_platform_update_stands_for_a_release_that_is_not_named() {
    let with = |update: &str| joined(Some("Sandbox"), json!({"CurrentPlatformReleaseName": update}));
    let none = Facts::default();
    assert_eq!(of("P20", &with("PU63"), &none).0, Tri::Yes);
    assert_eq!(of("P20", &with("Update53"), &none).0, Tri::No);
    assert_eq!(of("P19", &with("Update33"), &none).0, Tri::Yes);
}

#[test]
fn two_sources_that_contradict_each_other_are_named() {
    let environment = joined(Some("Sandbox"), json!({}));
    let not_integrated = Facts { integration: integration(json!(null)), ..Facts::default() };
    let (answer, reason) = of("P01", &environment, &not_integrated);
    assert!(answer == Tri::Unknown && reason.contains("0x80048d0b"), "{reason}");
    let elsewhere =
        Facts { integration: integration(json!({"Url": "https://other.operations.dynamics.com"})), ..Facts::default() };
    let (answer, reason) = of("P01", &environment, &elsewhere);
    assert!(answer == Tri::No && reason.contains("other.operations"), "{reason}");
    assert!(blocker(&environment, &elsewhere, Closes::Configure).is_some_and(|check| check.id == "P01"));
}

#[test]
fn nobody_is_sent_to_an_address_that_was_refused() {
    let uat = environment();
    let mut facts =
        Facts { integration: integration(json!({"Url": "https://uat.operations.dynamics.com"})), ..Facts::default() };
    let places = |facts: &Facts| {
        let all = checks(&uat, facts).into_iter().filter_map(|check| check.address);
        all.filter(|address| address.starts_with("https://uat.")).count()
    };
    let all = places(&facts);
    let refused = |service| Trouble::new(service, What::ForeignHost("uat.example".into()), "");
    facts.rows = Fact::Unknown(Box::new(refused(Service::FinanceOperations)), Now::UNIX_EPOCH);
    let some = places(&facts);
    facts.solutions = Fact::Unknown(Box::new(refused(Service::Dataverse)), Now::UNIX_EPOCH);
    assert!(all > some && some > 0 && places(&facts) == 0, "{all} {some}");
}
