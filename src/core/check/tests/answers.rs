//! Every row of the table with each answer it can give: what was read, the answer, and a piece of its reason.

use super::*;
use crate::core::call::DefaultTeam;
use crate::core::plan::{APPLICATION_PACKAGE, APPLICATION_SOLUTIONS, CORE_PACKAGE, client_id_rows};
use crate::core::sign_in::Account;
use crate::wire::app_id;
use serde_json::Value;
use std::collections::BTreeSet;

const FINOPS: &str = "https://uat.sandbox.operations.dynamics.com";
const READER: &str = "ada@contoso.example";
/// Rows that never say no: what is not seen there proves nothing.
const NEVER_NO: [&str; 3] = ["P05", "P10", "P12"];

/// What the rules read.
struct World {
    /// The row of the tenant's list.
    row: Value,
    /// That of Lifecycle Services; null: there is none.
    lcs: Value,
    facts: Facts,
}

impl World {
    /// Both sides joined, and nothing read but the lists.
    fn new() -> Self {
        let row = json!({"name": "pp", "location": "europe", "properties": {
            "displayName": "uat", "environmentSku": "Sandbox", "tenantId": "t", "azureRegion": "westeurope",
            "linkedAppMetadata": {"id": "l", "type": "Linked", "url": FINOPS},
            "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com"}}});
        let lcs = json!({"EnvironmentId": "l", "EnvironmentType": "Sandbox", "EnvironmentInfrastructure":
            "MicrosoftManaged", "CloudStorageLocation": "West Europe", "CurrentApplicationReleaseName": "10.0.39"});
        let reader = Arc::new(Account { name: READER.into(), tenant: None });
        Self { row, lcs, facts: Facts { reader, ..Facts::default() } }
    }

    fn environment(&self) -> Environment {
        let of_project = if self.lcs.is_null() { json!([]) } else { json!([self.lcs]) };
        let all = sent::both(json!([self.row]), of_project).environments;
        all.into_iter().find(|environment| &*environment.id.0 == "pp").unwrap()
    }

    fn list(&mut self, field: &str, value: Value) {
        self.row["properties"][field] = value;
    }

    fn reader_of(&mut self, tenant: &str) {
        self.facts.reader = Arc::new(Account { name: READER.into(), tenant: Some(tenant.into()) });
    }

    /// The reader as a user of finance and operations, with these roles.
    fn finops_roles(&mut self, enabled: bool, roles: Value) {
        self.facts.finops_users = known(json!([{"UserID": "Ada", "Enabled": enabled, "Alias": READER}]));
        self.facts.finops_roles = known(roles);
    }

    fn package(&mut self, name: &str, state: &str, version: &str) {
        self.facts.packages = known(json!([{"uniqueName": name, "state": state, "version": version}]));
    }

    /// The client ID row of this application, bound to this user; Admin is the one that is enabled.
    fn client_id(&mut self, app: &str, user: &str) {
        self.facts.rows = known(json!([{"AADClientId": app, "UserId": user}]));
        self.facts.finops_users =
            known(json!([{"UserID": "Admin", "Enabled": true}, {"UserID": "x", "Enabled": false}]));
    }

    fn user(&mut self, index: usize, rows: Value) {
        self.facts.users[index] = known(rows);
    }

    fn link(&mut self, to: &str) {
        self.facts.link = link(json!({"cid": "c", "powerAppsEnvironment": to}));
    }

    /// DAT and USMF are linked; these are in finance and operations, and in Dataverse.
    fn companies(&mut self, finops: &[&str], dataverse: &[&str]) {
        let mappings = json!([{"left": {"name": "DAT"}}, {"left": {"name": "USMF"}}]);
        let set = from(json!({"dualWriteDetail": {"legalEntityMappings": {"mappings": mappings}}}));
        self.facts.connection_set = Fact::Known(set, Now::UNIX_EPOCH);
        let entities: Vec<Value> = finops.iter().map(|code| json!({"LegalEntityId": code})).collect();
        self.facts.legal_entities = known(json!(entities));
        let rows: Vec<Value> = dataverse.iter().map(|code| json!({"cdm_companycode": code})).collect();
        self.facts.companies = companies(json!(rows));
    }

    /// So many runtime configurations, and one map with this project.
    fn left_over(&mut self, count: usize, project: &Value) {
        self.facts.runtime_configurations = Fact::Known(Some(count), Now::UNIX_EPOCH);
        self.facts.maps = known(json!([{"detail": {"tName": "Customers", "state": "1", "pid": project}}]));
    }

    fn team(&mut self, name: &str, roles: &Value) {
        let team = from(json!({"name": name, "teamroles_association": roles}));
        self.facts.default_team =
            Fact::Known(Arc::new(DefaultTeam { unit: "contoso".into(), team: Some(team) }), Now::UNIX_EPOCH);
    }

    fn map(&mut self, state: &str) {
        self.facts.maps = known(json!([{"detail": {"tName": "Customers", "state": state}}]));
    }
}

fn link(value: Value) -> Fact<Option<Box<crate::wire::gateway::Link>>> {
    Fact::Known(from(value), Now::UNIX_EPOCH)
}

/// A service that gave no answer.
fn failed<T>() -> Fact<T> {
    Fact::Unknown(Box::new(Trouble::new(Service::Dataverse, What::Status(503), "")), Now::UNIX_EPOCH)
}

/// The roles of an administrator of Dataverse.
fn admin() -> Value {
    json!([{"roleid": "r", "name": "System Administrator"}])
}

struct Case {
    id: &'static str,
    read: fn(&mut World),
    answer: Tri,
    /// A piece of the reason.
    piece: &'static str,
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use Tri::{No, Unknown, Yes};
    let mut all = Vec::new();
    let mut case = |id, read: fn(&mut World), answer, piece| all.push(Case { id, read, answer, piece });
    case("P01", |_| {}, Yes, "set up");
    case("P01", |w| { w.list("linkedAppMetadata", json!(null)); w.facts.integration = integration(json!(null)); }, No, "not set up");
    case("P01", |w| { w.list("linkedAppMetadata", json!(null)); w.list("provisioningState", json!("Preparing")); }, No, "being set up, the service says Preparing");
    case("P01", |w| { w.list("linkedAppMetadata", json!(null)); w.list("provisioningState", json!("Failed")); }, No, "failed, the service says Failed");
    case("P01", |w| w.facts.integration = integration(json!({"Url": "https://other.operations.dynamics.com"})), No, "Dataverse reports https://other.operations");
    case("P01", |w| w.facts.integration = integration(json!(null)), Unknown, "0x80048d0b");
    case("P02", |w| w.link("pp"), Yes, "linked to it");
    case("P02", |w| w.facts.link = link(json!(null)), Yes, "not linked yet");
    case("P02", |w| w.link("another"), No, "linked to another environment");
    case("P02", |w| w.facts.link = failed(), Unknown, "503");
    case("P03", |w| w.facts.integration = integration(json!({"Url": FINOPS, "TenantId": "t"})), Yes, "both in t");
    case("P03", |w| w.facts.integration = integration(json!({"Url": FINOPS, "TenantId": "o"})), No, "t and o");
    case("P03", |w| w.facts.integration = integration(json!({"Url": FINOPS})), Unknown, "a service does not name its tenant");
    case("P04", |w| w.reader_of("t"), Yes, "signed in to the tenant of the environments");
    case("P04", |w| w.reader_of("o"), No, "signed in to o; the environments are in t");
    case("P04", |_| {}, Unknown, "the sign-in names no tenant");
    case("P05", |_| {}, Yes, "shows the environment to this account");
    case("P05", |w| w.lcs = json!(null), Unknown, "Lifecycle Services was not asked");
    case("P06", |w| w.facts.own_roles = known(admin()), Yes, "System Administrator");
    case("P06", |w| w.facts.own_roles = known(json!([{"name": "Basic User"}])), No, "its roles are Basic User");
    case("P06", |w| w.facts.own_roles = known(json!([])), Unknown, "shows no role of this account");
    case("P07", |w| w.finops_roles(true, json!([{"SecurityRoleIdentifier": "-SYSADMIN-"}])), Yes, "Ada is System administrator");
    case("P07", |w| w.finops_roles(true, json!([{"SecurityRoleName": "Accountant"}])), No, "the roles of Ada are Accountant");
    case("P07", |w| w.finops_roles(false, json!([{"SecurityRoleIdentifier": "-SYSADMIN-"}])), No, "the user Ada is disabled");
    case("P07", |w| w.finops_roles(true, json!([])), Unknown, "no role of Ada is shown");
    case("P07", |w| w.finops_roles(true, json!([{"SecurityRoleName": null}])), Unknown, "no role of Ada is shown");
    case("P07", |w| w.facts.finops_users = known(json!([{"UserID": "Admin"}])), Unknown, "none of its 1 users signs in as ada@");
    case("P08", |w| w.facts.licences = known(json!([{"skuPartNumber": "DYN365_FINANCE"}])), Yes, "DYN365_FINANCE");
    case("P08", |w| w.facts.licences = known(json!([])), No, "no license at all");
    case("P08", |w| w.facts.licences = known(json!([{"skuPartNumber": "NEW_NAME"}])), Unknown, "its licenses are NEW_NAME");
    case("P09", |w| w.facts.licences = known(json!([{"servicePlans": [{"servicePlanName": "POWERAPPS_P2", "provisioningStatus": "Success"}]}])), Yes, "POWERAPPS_P2");
    case("P09", |w| w.facts.licences = known(json!([])), No, "no license at all");
    case("P09", |w| w.facts.licences = known(json!([{"servicePlans": [{"servicePlanName": "POWERAPPS_P2", "provisioningStatus": "Disabled"}]}])), No, "none of Power Apps");
    case("P09", |w| w.facts.licences = known(json!([{"skuPartNumber": "X"}])), Unknown, "name no service plan");
    case("P10", |_| {}, Yes, "there is a Dataverse already");
    case("P10", |w| { w.list("linkedEnvironmentMetadata", json!(null)); w.facts.directory_roles = known(json!([])); }, Unknown, "has no role that always may");
    case("P12", |w| w.package(CORE_PACKAGE, "NotInstalled", ""), Yes, "offers dual-write here");
    case("P12", |w| w.facts.packages = known(json!([])), Unknown, "does not offer dual-write here");
    case("P13", |_| {}, Yes, "both in Europe");
    case("P13", |w| w.lcs["CloudStorageLocation"] = json!("East US"), No, "finance and operations is in East US (United States), Dataverse in Europe");
    case("P13", |w| w.lcs["CloudStorageLocation"] = json!("Moon North"), Unknown, "the geography of Moon North is not known here");
    case("P14", |_| {}, Yes, "West Europe");
    case("P14", |w| w.list("azureRegion", json!("northeurope")), No, "in West Europe, Dataverse in northeurope");
    case("P14", |w| w.list("azureRegion", json!(null)), Unknown, "names no region");
    case("P15", |_| {}, Yes, "Europe");
    case("P15", |w| w.row["location"] = json!("norway"), No, "norway is not in Microsoft's list");
    case("P15", |w| w.row["location"] = json!(null), Unknown, "names no geography");
    case("P16", |_| {}, Yes, "sandbox");
    case("P16", |w| w.list("environmentSku", json!("Trial")), No, "a trial environment");
    case("P16", |w| w.lcs["TopologyDisplayName"] = json!("Trial of everything"), No, "a trial environment");
    case("P16", |w| w.list("environmentSku", json!("Quantum")), Unknown, "the kind is Quantum");
    case("P17", |_| {}, Yes, "Sandbox and Sandbox");
    case("P17", |w| w.list("environmentSku", json!("Production")), No, "a production Dataverse and a sandbox");
    case("P17", |w| w.lcs["EnvironmentType"] = json!("Production"), No, "a sandbox Dataverse and a production environment");
    case("P17", |w| w.lcs["EnvironmentType"] = json!(null), Unknown, "Lifecycle Services names no kind");
    case("P18", |_| {}, Yes, "not cloud-hosted (MicrosoftManaged)");
    case("P18", |w| w.lcs["EnvironmentInfrastructure"] = json!("CustomerManaged"), No, "cloud-hosted: integration is deprecated");
    case("P18", |w| w.lcs["EnvironmentInfrastructure"] = json!(null), Unknown, "does not say who runs it");
    case("P19", |w| w.lcs["CurrentApplicationReleaseName"] = json!("10.0.9"), Yes, "10.0.9");
    case("P19", |w| w.lcs["CurrentApplicationReleaseName"] = json!("10.0.8"), No, "10.0.8");
    case("P19", |w| w.lcs["CurrentApplicationReleaseName"] = json!(null), Unknown, "names no release");
    case("P20", |w| w.lcs["CurrentApplicationReleaseName"] = json!("10.0.30"), Yes, "10.0.30");
    case("P20", |w| w.lcs["CurrentApplicationReleaseName"] = json!("10.0.29"), No, "10.0.29");
    case("P20", |w| w.lcs["CurrentApplicationReleaseName"] = json!(null), Unknown, "names no release");
    case("P21", |w| w.facts.version = known(json!("9.1.0.11732")), Yes, "9.1.0.11732");
    case("P21", |w| w.facts.version = known(json!("9.1.0.11731")), No, "9.1.0.11731");
    case("P21", |w| w.facts.version = known(json!("the newest")), Unknown, "the service says the newest");
    case("P22", |w| w.package(CORE_PACKAGE, "Installed", "1.0.16.0"), Yes, "1.0.16.0");
    case("P22", |w| w.package(CORE_PACKAGE, "Installed", "1.0.15.9"), No, "1.0.15.9 is installed; it works with the older application");
    case("P22", |w| w.package(CORE_PACKAGE, "NotInstalled", ""), No, "not installed");
    case("P22", |w| w.package(CORE_PACKAGE, "Installing", ""), No, "on its way, the service says Installing");
    case("P22", |w| w.package(CORE_PACKAGE, "InstallFailed", ""), No, "failed: ");
    case("P22", |w| w.facts.packages = failed(), Unknown, "503");
    case("P23", |w| w.client_id(client_id_rows(None)[1], "Admin"), Yes, "runs as Admin");
    case("P23", |w| w.client_id(client_id_rows(None)[0], "Admin"), No, "is not there");
    case("P23", |w| w.client_id(client_id_rows(None)[1], "x"), No, "runs as x, who is missing or disabled");
    case("P23", |w| w.facts.rows = failed(), Unknown, "503");
    case("P24", |w| w.client_id(client_id_rows(None)[0], "Admin"), Yes, "runs as Admin");
    case("P24", |w| w.client_id(client_id_rows(None)[1], "Admin"), No, "is not there");
    case("P24", |w| w.client_id(client_id_rows(None)[0], "gone"), No, "runs as gone, who is missing or disabled");
    case("P24", |w| w.facts.rows = failed(), Unknown, "503");
    case("P25", |w| w.user(0, json!([{"systemuserid": "u", "systemuserroles_association": admin()}])), Yes, app_id::DATA_INTEGRATION);
    case("P25", |w| w.user(0, json!([])), No, "is not there");
    case("P25", |w| w.user(0, json!([{"systemuserid": "u"}])), No, "lacks System Administrator");
    case("P25", |w| w.user(0, json!([{"systemuserid": "u", "isdisabled": true}])), No, "is disabled");
    case("P25", |w| w.user(0, json!([{"systemuserid": "u", "deletedstate": 1}])), No, "is deleted and in the way");
    case("P25", |w| w.facts.users[0] = failed(), Unknown, "503");
    case("P26", |w| w.user(1, json!([{"systemuserid": "u", "systemuserroles_association": admin()}])), Yes, app_id::FINANCE_OPERATIONS);
    case("P26", |w| { w.user(1, json!([])); w.lcs["EnvironmentInfrastructure"] = json!("CustomerManaged"); }, Yes, "not needed in a cloud-hosted environment");
    case("P26", |w| w.user(1, json!([])), No, "is not there");
    case("P26", |w| w.facts.users[1] = failed(), Unknown, "503");
    case("P27", |w| w.facts.principals = known(json!(client_id_rows(None).map(|app| json!({"appId": app})))), Yes, "both are there");
    case("P27", |w| w.facts.principals = known(json!([{"appId": client_id_rows(None)[0]}])), No, "is not among the enterprise applications");
    case("P27", |w| w.facts.principals = known(json!(client_id_rows(None).map(|app| json!({"appId": app, "accountEnabled": false})))), No, "sign-in is blocked for");
    case("P27", |w| w.facts.principals = failed(), Unknown, "503");
    case("P28", |w| w.facts.plugin_steps = known(json!([{"name": "one", "statecode": 0}])), Yes, "1 steps");
    case("P28", |w| w.facts.plugin_steps = known(json!([{"name": "one", "statecode": 0}, {"name": "two", "statecode": 1}])), No, "1 of 2 are disabled: two");
    case("P28", |w| w.facts.plugin_steps = known(json!([])), Unknown, "shows no plug-in step");
    case("P29", |w| w.facts.solutions = known(json!([])), Yes, "not there");
    case("P29", |w| w.facts.solutions = known(json!([{"uniquename": "ProspectToCash", "version": "15.0.0.2"}])), Yes, "a harmless version");
    case("P29", |w| w.facts.solutions = known(json!([{"uniquename": "ProspectToCash", "version": "15.0.0.1"}])), No, "ProspectToCash 15.0.0.1");
    case("P29", |w| w.facts.solutions = known(json!([{"uniquename": "msdyn_p2c"}])), No, "of an unknown version");
    case("P29", |w| w.facts.solutions = failed(), Unknown, "503");
    case("P30", |w| w.link("pp"), Yes, "linked to each other");
    case("P30", |w| w.facts.link = link(json!(null)), Yes, "linked to nothing");
    case("P30", |w| w.facts.integration = integration(json!({"Url": "https://other.operations.dynamics.com"})), No, "names another finance and operations environment, https://other");
    case("P30", |w| w.link("another"), No, "dual-write goes to another Dataverse");
    case("P30", |w| w.facts.link = failed(), Unknown, "503");
    case("P31", |w| w.facts.solutions = known(json!(APPLICATION_SOLUTIONS.map(|name| json!({"uniquename": name})))), Yes, "all there");
    case("P31", |w| w.facts.solutions = known(json!([])), No, "none is there yet");
    case("P31", |w| w.facts.solutions = known(json!([{"uniquename": APPLICATION_PACKAGE}])), No, "missing: ");
    case("P31", |w| w.facts.solutions = failed(), Unknown, "503");
    case("P32", |w| w.facts.companies = companies(json!([{"cdm_companycode": "A", "cdm_name": "One"}])), Yes, "1 companies");
    case("P32", |w| w.facts.companies = companies(json!([{"cdm_companycode": "A"}])), No, "these have no name: A");
    case("P32", |w| w.facts.companies = companies(json!([{"cdm_companycode": "A", "cdm_name": "One"}, {"cdm_companycode": "a", "cdm_name": "Two"}])), No, "there more than once: code a");
    case("P32", |w| w.facts.companies = failed(), Unknown, "503");
    case("P33", |w| w.facts.legal_entities = known(json!([{"LegalEntityId": "DAT"}])), Yes, "1");
    case("P33", |w| w.facts.legal_entities = known(json!((0..251).map(|at| json!({"LegalEntityId": at.to_string()})).collect::<Vec<_>>())), No, "251 legal entities");
    case("P33", |w| w.facts.legal_entities = known(json!([])), Unknown, "none is listed, and DAT always exists");
    case("P34", |w| w.companies(&["DAT", "USMF"], &["dat", "usmf"]), Yes, "2 linked companies are on both sides");
    case("P34", |w| w.facts.link = link(json!(null)), Yes, "not linked yet");
    case("P34", |w| w.companies(&["USMF"], &["DAT", "USMF"]), No, "not in finance and operations any more: DAT");
    case("P34", |w| w.companies(&["DAT", "USMF"], &["DAT"]), No, "not in Dataverse: USMF");
    case("P34", |w| w.companies(&["DAT", "USMF"], &[]), Unknown, "no linked company is in Dataverse yet");
    case("P36", |w| w.left_over(0, &json!(null)), Yes, "there is none");
    case("P36", |w| { w.left_over(2, &json!(null)); w.facts.link = link(json!(null)); }, No, "2 are there, and nothing is linked");
    case("P36", |w| { w.left_over(2, &json!(null)); w.link("pp"); }, No, "2 are there, and no map was ever started");
    case("P36", |w| { w.left_over(2, &json!("p")); w.link("pp"); }, Unknown, "whether all are of this link cannot be told");
    case("P37", |w| w.team("contoso", &json!([{"name": "Basic User"}])), Yes, "contoso: Basic User");
    case("P37", |w| w.team("contoso", &json!([])), No, "the team contoso has no role");
    case("P37", |w| w.team("fabrikam", &json!([{"name": "Basic User"}])), No, "the team is called fabrikam, its business unit contoso");
    case("P37", |w| w.facts.default_team = Fact::Known(Arc::new(DefaultTeam { unit: "u".into(), team: None }), Now::UNIX_EPOCH), Unknown, "shows no default team");
    case("P38", |w| w.facts.companies = companies(json!([{"cdm_companycode": "A", "_cdm_defaultowningteam_value": "t"}])), Yes, "1 companies");
    case("P38", |w| w.facts.companies = companies(json!([{"cdm_companycode": "A", "_cdm_defaultowningteam_value": null}])), No, "without one: A");
    case("P38", |w| w.facts.companies = companies(json!([{"cdm_companycode": "A"}])), Unknown, "does not show the owning team");
    case("P43", |w| w.map("1"), Yes, "none runs");
    case("P43", |w| { w.map("4"); w.link("pp"); }, Yes, "no reset is at hand; not stopped: Customers (running)");
    case("P43", |w| { w.map("4"); w.link("another"); }, No, "not stopped: Customers (running)");
    case("P43", |w| { w.map("9"); w.link("another"); }, Unknown, "in a state that is not known: Customers");
    all
}

#[test]
fn each_prerequisite_is_told_from_what_was_read_with_its_reason() {
    let mut wrong = Vec::new();
    for Case { id, read, answer, piece } in cases() {
        let mut world = World::new();
        read(&mut world);
        let told = of(id, &world.environment(), &world.facts);
        if told.0 != answer || !told.1.contains(piece) {
            wrong.push(format!("{id}: {answer:?}, {piece}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A new row brings its cases: without a no it could not be known that it ever closes or says anything.
#[test]
fn each_readable_row_is_shown_to_say_yes_no_and_unknown() {
    let shown: BTreeSet<(&str, &str)> = cases().iter().map(|case| (case.id, case.answer.word())).collect();
    let readable = table::TABLE.iter().filter(|row| row.sure != Sure::ByHand);
    let wanted = readable.flat_map(|row| [Tri::Yes, Tri::No, Tri::Unknown].map(|answer| (row.id, answer.word())));
    let lacking: Vec<_> = wanted.filter(|of| !shown.contains(of)).collect();
    assert_eq!(lacking, NEVER_NO.map(|id| (id, "no")));
}

/// Scripts and gates rely on it: a prerequisite that closes another button, or none, is another program.
#[test]
fn how_much_each_matters_and_which_button_it_closes_stays_as_it_is() {
    let all = [
        ("Block Configure", "P01 P03 P04 P06 P13 P15 P16 P17 P19 P21"),
        ("Block Link", "P02 P07 P29 P30 P32 P33"),
        ("Block Nothing", "P05 P08 P09 P10 P11 P12"),
        ("Made Nothing", "P22 P23 P24 P25 P26 P31"),
        ("Error Nothing", "P34 P35 P36 P37 P38"),
        ("Warn Nothing", "P14 P18 P20 P27 P28 P39 P40 P41 P42 P43"),
    ];
    for (kind, ids) in all {
        let of_kind = table::TABLE.iter().filter(|row| format!("{:?} {:?}", row.level, row.closes) == kind);
        assert_eq!(of_kind.map(|row| row.id).collect::<Vec<_>>().join(" "), ids, "{kind}");
    }
    let count: usize = all.iter().map(|(_, ids)| ids.split(' ').count()).sum();
    assert_eq!(count, table::TABLE.len(), "each is of one kind");
}
