//! The table as a whole, and the rules one by one.

use super::*;
use crate::core::environment::Fact;
use crate::core::time::Now;
use crate::wire::bap;
use serde_json::json;

fn environment() -> Environment {
    let row: bap::Environment = serde_json::from_value(json!({"name": "pp", "properties": {
        "displayName": "uat", "environmentSku": "Sandbox",
        "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com"}}}))
    .unwrap();
    crate::core::environment::merge(&[row], &[]).remove(0)
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
    let facts = Facts { rows: Fact::Known(Vec::new(), Now::UNIX_EPOCH), ..Facts::default() };
    let of = |id| checks(&environment(), &facts).into_iter().find(|check| check.id == id).unwrap().answer;
    assert_eq!((of("P23"), of("P24"), of("P25")), (Tri::No, Tri::No, Tri::Unknown));
}
