//! Each reason that closes a button, one at a time and together.

use super::*;
use crate::core::directory::sent;
use crate::core::environment::Fact;
use crate::core::plan::client_id_rows;
use crate::core::sign_in::Account;
use crate::core::time::Now;
use crate::wire::dataverse;
use rstest::rstest;
use serde_json::{Value, json};
use std::sync::Arc;

const FINOPS: &str = "https://uat.sandbox.operations.dynamics.com";
const CORE_VERSION: &str = "1.0.40.0";
/// The one who reads.
const READER: &str = "ada@contoso.example";

fn known<T: serde::de::DeserializeOwned>(value: Value) -> Fact<Arc<T>> {
    Fact::Known(Arc::new(from(value)), Now::UNIX_EPOCH)
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// As the two lists show it: both sides joined, and what `change` makes of the two rows.
fn environment(change: impl FnOnce(&mut Value, &mut Value)) -> Environment {
    let mut row = json!({"name": "pp", "properties": {
        "displayName": "uat", "environmentSku": "Sandbox",
        "linkedAppMetadata": {"id": "l", "type": "Linked", "url": FINOPS},
        "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com"}}});
    let mut lcs = json!({"EnvironmentId": "l", "EnvironmentType": "Sandbox",
        "EnvironmentInfrastructure": "MicrosoftManaged", "CurrentApplicationReleaseName": "10.0.39"});
    change(&mut row, &mut lcs);
    sent::both(json!([row]), json!([lcs])).environments.remove(0)
}

fn usual() -> Environment {
    environment(|_, _| {})
}

/// All that Configure makes is there.
fn configured() -> Facts {
    let role = json!([{"roleid": "r", "name": "System Administrator"}]);
    let user = || known(json!([{"systemuserid": "u", "isdisabled": false, "systemuserroles_association": role}]));
    let package = |name: &str| json!({"uniqueName": name, "state": "Installed", "version": CORE_VERSION});
    let rows = client_id_rows(Some(CORE_VERSION)).map(|app| json!({"AADClientId": app, "UserId": "Admin"}));
    Facts {
        integration: Fact::Known(Some(from(json!({"Url": FINOPS}))), Now::UNIX_EPOCH),
        packages: known(json!([package(CORE_PACKAGE), package(APPLICATION_PACKAGE)])),
        users: [user(), user()],
        rows: known(json!(rows)),
        finops_users: known(json!([{"UserID": "Admin", "Enabled": true, "Alias": READER}])),
        link: Fact::Known(None, Now::UNIX_EPOCH),
        reader: Arc::new(Account::from(READER)),
        ..Facts::default()
    }
}

/// Why it is closed; empty where it is open.
fn closed(gate: Gate) -> String {
    match gate {
        Gate::Closed(why) => why,
        Gate::Open => String::new(),
        Gate::Reading => panic!("it is being read"),
    }
}

#[test]
fn what_is_configured_can_be_linked() {
    assert_eq!(configured().configured(&usual()), Answer::Yes);
    assert_eq!(link(&usual(), &configured()), Gate::Open);
}

#[rstest]
#[case::no_role("P07", |facts: &mut Facts| facts.finops_roles = known(json!([{"SecurityRoleName": "Accountant"}])))]
#[case::prospect_to_cash("P29", |facts: &mut Facts| {
    facts.solutions = known(json!([{"uniquename": "ProspectToCash", "version": "14.0.0.0"}]));
})]
#[case::a_company_without_a_name("P32", |facts: &mut Facts| {
    let rows: Vec<dataverse::Company> = from(json!([{"cdm_companycode": "DAT"}]));
    facts.companies = Fact::Known(Some(Arc::new(rows)), Now::UNIX_EPOCH);
})]
#[case::too_many_legal_entities("P33", |facts: &mut Facts| {
    let all: Vec<Value> = (0..=LEGAL_ENTITIES_MAX).map(|at| json!({"LegalEntityId": format!("{at:04}")})).collect();
    facts.legal_entities = known(json!(all));
})]
fn link_is_closed_by_a_prerequisite_of_it_that_is_not_met(#[case] id: &str, #[case] spoil: fn(&mut Facts)) {
    let mut facts = configured();
    spoil(&mut facts);
    let why = closed(link(&usual(), &facts));
    assert!(why.starts_with(&format!("{id} is not met")), "{why}");
    assert_eq!(dual_write_application(&usual(), &facts), Gate::Open, "only Link waits for it");
}

#[test]
fn what_is_not_configured_is_said_before_a_prerequisite_of_link() {
    let solutions = known(json!([{"uniquename": "ProspectToCash", "version": "14.0.0.0"}]));
    let facts = Facts { rows: known(json!([])), solutions, ..configured() };
    let why = closed(link(&usual(), &facts));
    assert!(why.starts_with("Not configured yet: client ID row "), "{why}");
}

/// A mismatch that Reset link mends: everything is there that it asks for.
fn mismatched() -> Facts {
    let side = |kind: &str| json!({"targetType": kind, "name": kind});
    let set = json!({"id": "c", "environments": {"one": side("AX"), "two": side("CRM")},
        "dualWriteDetail": {"legalEntityMappings": companies(LEGAL_ENTITIES_MAX)}});
    Facts {
        link: Fact::Known(Some(from(json!({"cid": "c", "powerAppsEnvironment": "another"}))), Now::UNIX_EPOCH),
        connection_set: Fact::Known(from(set), Now::UNIX_EPOCH),
        maps: known(json!([map("1")])),
        ..configured()
    }
}

/// So many linked legal entities.
fn companies(count: usize) -> Value {
    let all: Vec<Value> = (0..count).map(|at| json!({"left": {"name": format!("{at:04}")}})).collect();
    json!({"mappings": all})
}

fn map(state: &str) -> Value {
    json!({"detail": {"tName": "Customers", "state": state}})
}

/// What is spoiled of an environment and its facts.
type Spoil = fn(&mut Value, &mut Value, &mut Facts);

fn cloud_hosted(_: &mut Value, lcs: &mut Value, _: &mut Facts) {
    lcs["EnvironmentInfrastructure"] = "CustomerManaged".into();
}

fn another_finops(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    let row = from(json!({"Url": "https://other.operations.dynamics.com"}));
    facts.integration = Fact::Known(Some(row), Now::UNIX_EPOCH);
}

fn old_release(_: &mut Value, lcs: &mut Value, _: &mut Facts) {
    lcs["CurrentApplicationReleaseName"] = "10.0.29".into();
}

/// The connection set as it is otherwise, changed.
fn set(facts: &mut Facts, change: impl FnOnce(&mut gateway::ConnectionSet)) {
    let mut set = facts.connection_set.value().unwrap().clone();
    change(&mut set);
    facts.connection_set = Fact::Known(set, Now::UNIX_EPOCH);
}

fn too_many(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    set(facts, |set| set.dual_write_detail.legal_entity_mappings = from(companies(LEGAL_ENTITIES_MAX + 1)));
}

fn no_sides(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    set(facts, |set| set.environments.clear());
}

fn one_side(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    set(facts, |set| set.environments.retain(|_, side| side.is_finops()));
}

fn no_companies(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    set(facts, |set| set.dual_write_detail.legal_entity_mappings.mappings = None);
}

fn a_map_runs(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    facts.maps = known(json!([map("4")]));
}

fn maps_unknown(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    let trouble = Trouble::new(Service::Gateway, crate::core::trouble::What::Status(503), "");
    facts.maps = Fact::Unknown(Box::new(trouble), Now::UNIX_EPOCH);
}

fn set_unknown(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    let trouble = Trouble::new(Service::Gateway, crate::core::trouble::What::Status(503), "");
    facts.connection_set = Fact::Unknown(Box::new(trouble), Now::UNIX_EPOCH);
}

fn linked_here(_: &mut Value, _: &mut Value, facts: &mut Facts) {
    facts.link = Fact::Known(Some(from(json!({"cid": "c", "powerAppsEnvironment": "pp"}))), Now::UNIX_EPOCH);
}

fn nothing_to_move_to(row: &mut Value, _: &mut Value, facts: &mut Facts) {
    row["properties"].as_object_mut().unwrap().remove("linkedAppMetadata");
    facts.integration = Fact::Known(None, Now::UNIX_EPOCH);
}

fn reset_link_of(spoils: &[Spoil]) -> Gate {
    let mut facts = mismatched();
    let environment = environment(|row, lcs| spoils.iter().for_each(|spoil| spoil(row, lcs, &mut facts)));
    reset_link(&environment, &facts)
}

#[rstest]
#[case::cloud_hosted(cloud_hosted, "A cloud-hosted environment takes its Dataverse only while it is deployed")]
#[case::another_finops(
    another_finops,
    "Dataverse names another finance and operations environment, https://other.operations"
)]
#[case::old_release(old_release, "This version (10.0.29) has no Reset link")]
#[case::too_many(too_many, "251 legal entities are linked; dual-write takes 250 at most")]
#[case::no_sides(no_sides, "The connection set does not say which sides and legal entities it has")]
#[case::one_side(one_side, "The connection set does not say which sides and legal entities it has")]
#[case::no_companies(no_companies, "The connection set does not say which sides and legal entities it has")]
#[case::a_map_runs(a_map_runs, "1 map is not stopped: Customers (running)")]
#[case::maps_unknown(maps_unknown, "Could not tell whether maps are running: ")]
#[case::set_unknown(set_unknown, "Could not read the connection set: ")]
#[case::linked_here(linked_here, "There is no linking mismatch.")]
#[case::nothing_to_move_to(nothing_to_move_to, "Reset link moves dual-write to the environment of Power Platform")]
fn reset_link_is_closed_by_each_reason_alone_and_says_it(#[case] spoil: Spoil, #[case] begins: &str) {
    let why = closed(reset_link_of(&[spoil]));
    assert!(why.starts_with(begins), "{why}");
}

#[test]
fn reset_link_is_open_where_nothing_speaks_against_it() {
    assert_eq!(reset_link_of(&[]), Gate::Open);
}

#[test]
fn all_reasons_against_reset_link_are_said_at_once() {
    let why = closed(reset_link_of(&[another_finops, old_release, a_map_runs, too_many]));
    let all = ["Dataverse names another", "This version (10.0.29)", "1 map is not stopped", "251 legal entities"];
    let places: Vec<Option<usize>> = all.iter().map(|words| why.find(words)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{why}");
}

#[test]
fn reset_link_waits_for_what_is_being_read_and_a_reason_that_is_known_does_not() {
    let unread: Spoil = |_, _, facts| facts.maps = Fact::Unread;
    assert_eq!(reset_link_of(&[unread]), Gate::Reading);
    assert!(closed(reset_link_of(&[unread, old_release])).starts_with("This version (10.0.29)"));
}

#[rstest]
#[case::failed("Failed", Integration::Failed("Failed".into()), "Power Platform Integration failed (the service says F")]
#[case::preparing("Preparing", Integration::SettingUp("Preparing".into()), "Power Platform Integration is being set up (")]
#[case::running("running", Integration::SettingUp("running".into()), "Power Platform Integration is being set up (")]
#[case::provisioning(
    "LinkedDatabaseProvisioning",
    Integration::SettingUp("LinkedDatabaseProvisioning".into()),
    "Power Platform Integration is being set up (the service says LinkedDatabaseProvisioning)"
)]
#[case::done("Succeeded", Integration::NotSetUp, "Power Platform Integration is not set up.")]
fn an_integration_that_is_on_its_way_or_failed_is_told_by_the_word_of_the_service(
    #[case] word: &str,
    #[case] expected: Integration,
    #[case] begins: &str,
) {
    let of = environment(|row, _| {
        row["properties"].as_object_mut().unwrap().remove("linkedAppMetadata");
        row["properties"]["provisioningState"] = word.into();
    });
    let facts = Facts { integration: Fact::Known(None, Now::UNIX_EPOCH), ..configured() };
    assert_eq!(integration(&of, &facts), expected);
    let why = closed(dual_write_application(&of, &facts));
    assert!(why.starts_with(begins), "{why}");
}

#[test]
fn a_partner_that_is_named_is_an_integration_that_is_set_up_whatever_the_state_says() {
    let of = environment(|row, _| row["properties"]["provisioningState"] = "Failed".into());
    assert_eq!(integration(&of, &configured()), Integration::SetUp);
}

#[test]
fn an_environment_is_the_same_under_another_host_name_if_its_id_is() {
    let named = |id: Value| {
        let row = json!({"Url": "https://uat-2.sandbox.operations.dynamics.com", "Id": id});
        Facts { integration: Fact::Known(Some(from(row)), Now::UNIX_EPOCH), ..configured() }
    };
    assert_eq!(dual_write_application(&usual(), &named("L".into())), Gate::Open);
    assert_eq!(link(&usual(), &named("L".into())), Gate::Open);
    for other in [Value::Null, "".into(), "m".into()] {
        let why = closed(dual_write_application(&usual(), &named(other)));
        assert!(why.contains("uat-2"), "{why}");
    }
}

#[test]
fn a_cloud_hosted_environment_is_configured_without_the_user_of_finance_and_operations() {
    let hosted = environment(|_, lcs| lcs["EnvironmentInfrastructure"] = "CustomerManaged".into());
    let [first, _] = configured().users;
    let facts = Facts { users: [first, known(json!([]))], ..configured() };
    assert_eq!((facts.configured(&hosted), link(&hosted, &facts)), (Answer::Yes, Gate::Open));
    assert!(!repair(&hosted, &facts), "there is nothing to repair");
    assert!(matches!(facts.configured(&usual()), Answer::No(_)));
    let planned = crate::core::plan::identities(&hosted, &facts, &Mandate::default());
    assert!(planned.iter().all(|line| !line.what.contains("00000015-")), "{planned:?}");
}
