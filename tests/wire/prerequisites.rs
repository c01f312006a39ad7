//! The simulator over real HTTP, what the further prerequisites are read from: rights, versions,
//! solutions, companies, teams, licences. With its clock standing still.

use super::bench::{BAP, Bench, GATEWAY, GRAPH, UAT, json_of};
use dualwrite::wire::{app_id, bap, dataverse, finance_operations, gateway, graph};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const GOLDEN: &str = "contoso-golden";
const PROD: &str = "contoso-prod";
const SANDBOX: &str = "contoso-sandbox";

impl Bench {
    /// Something of the Dataverse of an environment.
    async fn of_dataverse<T: DeserializeOwned>(&self, name: &str, path: &str) -> T {
        self.read(&self.dataverse(name), &(self.dataverse(name) + path)).await
    }

    async fn rows<T: DeserializeOwned>(&self, name: &str, path: &str) -> Vec<T> {
        self.of_dataverse::<dataverse::Rows<T>>(name, path).await.value
    }

    async fn companies(&self, name: &str) -> Vec<dataverse::Company> {
        self.rows(name, &dataverse::companies_path()).await
    }

    async fn me(&self, name: &str) -> String {
        self.of_dataverse::<dataverse::WhoAmI>(name, &dataverse::who_am_i_path()).await.user_id
    }

    async fn root(&self, name: &str) -> dataverse::BusinessUnit {
        self.rows(name, &dataverse::root_business_unit_path()).await.remove(0)
    }

    async fn default_team(&self, name: &str) -> dataverse::Team {
        let unit = self.root(name).await.businessunitid;
        let mut teams: Vec<dataverse::Team> = self.rows(name, &dataverse::default_team_path(&unit)).await;
        assert_eq!(teams.len(), 1);
        teams.remove(0)
    }

    async fn graph<T: DeserializeOwned>(&self, path: &str) -> Vec<T> {
        self.read::<dataverse::Rows<T>>(GRAPH, &(self.base("graph") + path)).await.value
    }
}

fn names(roles: &[dataverse::Role]) -> Vec<&str> {
    roles.iter().filter_map(|role| role.name.as_deref()).collect()
}

// Who is asking

#[tokio::test]
async fn the_person_is_administrator_unless_the_scenario_says_otherwise() {
    let bench = Bench::named("happy").await;
    let me = bench.me(GOLDEN).await;
    let own: Vec<dataverse::Role> = bench.rows(GOLDEN, &dataverse::own_roles_path(&me)).await;
    assert!(own.len() == 1 && own[0].is_system_administrator() && own[0].template.is_some(), "{own:?}");
    let teams: Vec<dataverse::Team> = bench.rows(GOLDEN, &dataverse::own_teams_path(&me)).await;
    assert_eq!((teams.len(), teams[0].name.as_deref()), (1, Some(GOLDEN)));
    assert!(!teams[0].teamroles_association.iter().any(dataverse::Role::is_system_administrator));

    let bench = Bench::uat("my_roles = []\nmy_team_roles = [\"System Administrator\"]").await;
    let me = bench.me(UAT).await;
    assert!(bench.rows::<dataverse::Role>(UAT, &dataverse::own_roles_path(&me)).await.is_empty());
    let teams: Vec<dataverse::Team> = bench.rows(UAT, &dataverse::own_teams_path(&me)).await;
    assert!(teams[1].teamroles_association[0].is_system_administrator());
    let user = bench.rows::<dataverse::User>(UAT, &dataverse::users_path(app_id::FINANCE_OPERATIONS)).await.remove(0);
    let teams: Vec<dataverse::Team> = bench.rows(UAT, &dataverse::own_teams_path(&user.systemuserid)).await;
    assert_eq!(teams.len(), 1, "an application user is in the default team only");
}

#[tokio::test]
async fn nobody_has_roles_or_teams_who_is_not_there() {
    let bench = Bench::named("happy").await;
    for path in [dataverse::own_roles_path(app_id::RUNTIME), dataverse::own_teams_path(app_id::RUNTIME)] {
        let answer = bench.get(&bench.dataverse(UAT), &(bench.dataverse(UAT) + &path)).await;
        assert_eq!(json_of(answer, StatusCode::NOT_FOUND).await["error"]["code"], "0x80040217", "{path}");
    }
}

#[tokio::test]
async fn a_user_of_finance_and_operations_is_administrator_unless_the_scenario_says_otherwise() {
    let bench = Bench::uat("users = [{ id = \"Admin\" }, { id = \"Grace\", roles = [\"System user\"] }]").await;
    let ask = async |user: &str| {
        let url = bench.finops(UAT) + &finance_operations::user_roles_path(user);
        bench.read::<dataverse::Rows<finance_operations::UserRole>>(&bench.finops(UAT), &url).await.value
    };
    let admin = ask("Admin").await;
    assert_eq!(
        (admin[0].identifier.as_deref(), admin[0].name.as_deref()),
        (Some("-SYSADMIN-"), Some("System administrator"))
    );
    let grace = ask("Grace").await;
    assert!(grace.len() == 1 && !grace[0].is_system_administrator());
    assert!(ask("O'Neill").await.is_empty());
}

// What is there

#[tokio::test]
async fn the_organisation_tells_its_version_language_and_currency() {
    let bench = Bench::named("happy").await;
    for path in [dataverse::version_path(), dataverse::version_path() + "()"] {
        let version: dataverse::Version = bench.of_dataverse(UAT, &path).await;
        assert_eq!(version.version, "9.2.26101.00180");
    }
    let rows: Vec<dataverse::Organization> = bench.rows(UAT, &dataverse::organization_path()).await;
    assert_eq!((rows.len(), rows[0].languagecode), (1, Some(1033)));
    assert_eq!(rows[0].basecurrencyid.isocurrencycode.as_deref(), Some("EUR"));
    let bare: Vec<Value> = bench.rows(UAT, &format!("{}/organizations", dataverse::BASE)).await;
    assert!(bare[0].get("basecurrencyid").is_none(), "only when it is expanded");
}

#[tokio::test]
async fn plug_in_steps_come_with_the_core_solution_and_can_be_disabled() {
    let bench = Bench::named("happy").await;
    assert!(bench.rows::<dataverse::PluginStep>(UAT, &dataverse::plugin_steps_path()).await.is_empty());
    let steps: Vec<dataverse::PluginStep> = bench.rows(GOLDEN, &dataverse::plugin_steps_path()).await;
    assert!(steps.len() == 5 && steps.iter().all(|step| step.statecode == Some(0)), "{steps:?}");
    let all: Vec<Value> = bench.rows(GOLDEN, &format!("{}/sdkmessageprocessingsteps", dataverse::BASE)).await;
    assert_eq!(all.len(), 6, "one is none of dual-write");
    let steps: Vec<Value> = bench.rows(GOLDEN, &dataverse::plugin_steps_path()).await;
    assert_eq!(steps[0]["plugintypeid"]["assemblyname"], dataverse::PLUGIN_ASSEMBLIES[0]);

    let bench = Bench::uat("packages = [\"DualWriteCoreAnchor\"]\ndisabled_plugin_steps = true").await;
    let steps: Vec<dataverse::PluginStep> = bench.rows(UAT, &dataverse::plugin_steps_path()).await;
    assert!(steps.len() == 5 && steps.iter().all(|step| step.statecode == Some(1)), "{steps:?}");
}

#[tokio::test]
async fn a_table_is_not_there_before_its_package() {
    let bench = Bench::named("happy").await;
    for path in [dataverse::companies_path(), dataverse::runtime_configurations_path()] {
        let answer = bench.get(&bench.dataverse(UAT), &(bench.dataverse(UAT) + &path)).await;
        let answer = json_of(answer, StatusCode::NOT_FOUND).await;
        assert_eq!(answer["error"]["code"], dataverse::MALFORMED, "{path}");
        assert!(bench.rows::<Value>(GOLDEN, &path).await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_link_brings_companies_and_runtime_configurations_to_its_own_end() {
    let bench = Bench::named("happy").await;
    let companies = bench.companies(PROD).await;
    let codes: Vec<_> = companies.iter().filter_map(|company| company.code.as_deref()).collect();
    assert_eq!(codes, ["DAT", "USMF", "GBSI"]);
    let team = bench.default_team(PROD).await.teamid;
    assert!(companies.iter().all(|one| one.is_enabled == Some(true) && one.owning_team() == Some(Some(&*team))));
    let configurations: Vec<Value> = bench.rows(PROD, &dataverse::runtime_configurations_path()).await;
    assert_eq!(configurations.len(), 2, "the third map does not run");

    let bench = Bench::named("mismatch-set-up").await;
    assert!(bench.companies(UAT).await.is_empty());
    assert_eq!(bench.companies(SANDBOX).await.len(), 3);
}

#[tokio::test]
async fn companies_and_runtime_configurations_can_be_said() {
    let companies = r#"packages = ["DualWriteCoreAnchor", "msdyn_DualWriteAppCoreAnchor"]
        companies = [{ code = "USMF", name = "A", owning_team = false }, { code = "DEMF" }]
        runtime_configurations = 60"#;
    let bench = Bench::uat(companies).await;
    let rows = bench.companies(UAT).await;
    let seen: Vec<_> = rows.iter().map(|one| (one.code.as_deref(), one.name.as_deref())).collect();
    assert_eq!(seen, [(Some("USMF"), Some("A")), (Some("DEMF"), None)]);
    assert_eq!(rows[0].owning_team(), Some(None));
    assert!(rows[1].owning_team().flatten().is_some());
    let rows: Vec<Value> = bench.rows(UAT, &dataverse::runtime_configurations_path()).await;
    assert_eq!(rows.len(), 50);
}

#[tokio::test]
async fn the_default_team_is_named_like_the_unit_and_has_a_role() {
    let bench = Bench::named("happy").await;
    let team = bench.default_team(UAT).await;
    assert_eq!(team.name, bench.root(UAT).await.name);
    assert_eq!(names(&team.teamroles_association), ["Basic User"]);
    let documented = "/api/data/v9.0/teams?$filter=isdefault eq true and businessunitid/_parentbusinessunitid_value eq null&$select=name";
    let rows: Vec<Value> = bench.rows(UAT, documented).await;
    assert_eq!((rows.len(), &rows[0]["name"]), (1, &json!(UAT)));
    assert!(rows[0].get("teamroles_association").is_none() && rows[0].get("businessunitid").is_none());

    let bench = Bench::uat("default_team = { name = \"Old\", roles = [] }").await;
    let team = bench.default_team(UAT).await;
    assert_eq!((team.name.as_deref(), team.teamroles_association.len()), (Some("Old"), 0));
}

#[tokio::test]
async fn other_solutions_stand_beside_those_of_the_packages() {
    let solution = "other_solutions = [{ name = \"Fleet\" }]\npackages = [\"DualWriteCoreAnchor\"]";
    let rows: Vec<dataverse::Solution> = Bench::uat(solution).await.rows(UAT, &dataverse::solutions_path()).await;
    assert!(rows.iter().any(|one| one.uniquename == "DualWriteCore"));
    let own = rows.last().unwrap();
    assert_eq!((own.friendlyname.as_deref(), own.version.as_deref()), (Some("Fleet"), Some("1.0.0.0")));
}

// Graph

#[tokio::test]
async fn graph_tells_licences_roles_and_applications() {
    let bench = Bench::named("happy").await;
    let licences: Vec<graph::Licence> = bench.graph(graph::LICENCES_PATH).await;
    assert_eq!((licences.len(), licences[0].sku_part_number.as_deref()), (1, Some("DYN365_ENTERPRISE_PLAN1")));
    let plan = |plan: &graph::ServicePlan| plan.service_plan_name.as_deref() == Some("POWERAPPS_DYN_APPS");
    let plan = licences[0].service_plans.iter().find(|one| plan(one)).unwrap();
    assert_eq!(plan.provisioning_status.as_deref(), Some("Success"));
    let roles: Vec<graph::DirectoryRole> = bench.graph(graph::DIRECTORY_ROLES_PATH).await;
    assert_eq!(roles[0].display_name.as_deref(), Some("Power Platform Administrator"));
    assert_eq!(roles[0].role_template_id.as_deref(), Some(graph::CREATOR_ROLES[1]));
    let path = graph::principals_path(&[app_id::DATA_INTEGRATION, app_id::RUNTIME, UAT]);
    let apps: Vec<graph::ServicePrincipal> = bench.graph(&path).await;
    let apps: Vec<_> = apps.iter().map(|one| (one.app_id.as_deref(), one.account_enabled)).collect();
    assert_eq!(apps, [(Some(app_id::DATA_INTEGRATION), Some(true)), (Some(app_id::RUNTIME), Some(true))]);

    let person = "[person]\nlicences = [{ sku = \"EXCHANGESTANDARD\" }]\ndirectory_roles = []";
    let bench = Bench::text(person).await;
    let licences: Vec<graph::Licence> = bench.graph(graph::LICENCES_PATH).await;
    assert!(licences.len() == 1 && licences[0].service_plans.is_empty());
    assert!(bench.graph::<graph::DirectoryRole>(graph::DIRECTORY_ROLES_PATH).await.is_empty());
}

#[tokio::test]
async fn graph_is_a_service_like_the_others() {
    let bench = Bench::text(
        "profile_without = [\"graph\"]\n[[fault]]\nservice = [\"graph\"]\non = [1]\ndo = \"status\"\nstatus = 403\nbody = \"json\"\nmessage = \"Not you.\"",
    )
    .await;
    let url = bench.base("graph") + graph::LICENCES_PATH;
    let refused = json_of(bench.get(GRAPH, &url).await, StatusCode::FORBIDDEN).await;
    assert_eq!(refused["error"]["message"], "Not you.");
    assert!(!bench.simulator.profile_toml().contains("graph"));
    let unknown = json_of(bench.get(GRAPH, &bench.base("graph/v1.0/me/secrets")).await, StatusCode::NOT_FOUND).await;
    assert_eq!(unknown["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(bench.send(GRAPH, Method::POST, &url, None).await.status(), StatusCode::METHOD_NOT_ALLOWED);

    let bench = Bench::text("[sign_in]\nrefused = [\"graph\"]").await;
    let profile: toml::Table = toml::from_str(&bench.simulator.profile_toml()).unwrap();
    assert_eq!(profile["graph"].as_str(), Some(bench.base("graph").as_str()));
    let refused = json_of(bench.ask_token(GRAPH).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(refused["error_codes"][0], 65002);
}

// Strictness

/// Every address that this file is about, with its audience, and with a column nobody knows where
/// columns can be chosen.
async fn addresses(bench: &Bench) -> Vec<(String, String, Option<String>)> {
    let (org, finops) = (bench.dataverse(PROD), bench.finops(UAT));
    let me = bench.me(PROD).await;
    let unit = bench.root(PROD).await.businessunitid;
    let chosen = |path: String| {
        let wrong = match path.split_once("$select=") {
            Some((before, after)) => format!("{before}$select=colour,{after}"),
            None => format!("{path}{}$select=colour", if path.contains('?') { '&' } else { '?' }),
        };
        (org.clone(), org.clone() + &path, Some(org.clone() + &wrong))
    };
    let mut all: Vec<_> = [
        dataverse::own_roles_path(&me),
        dataverse::own_teams_path(&me),
        dataverse::solutions_path(),
        dataverse::plugin_steps_path(),
        dataverse::companies_path(),
        dataverse::default_team_path(&unit),
        dataverse::runtime_configurations_path(),
        dataverse::organization_path(),
    ]
    .into_iter()
    .map(chosen)
    .collect();
    all.push((org.clone(), org.clone() + &dataverse::version_path(), None));
    let roles = finops.clone() + &finance_operations::user_roles_path("Nobody");
    all.push((finops, roles.clone(), Some(roles + "&$select=colour")));
    for path in [graph::LICENCES_PATH, graph::DIRECTORY_ROLES_PATH, &graph::principals_path(&[app_id::RUNTIME])] {
        let url = bench.base("graph") + path;
        let wrong = format!("{}?$select=colour", url.split('?').next().unwrap());
        all.push((GRAPH.to_owned(), url, Some(wrong)));
    }
    all
}

#[tokio::test]
async fn what_nobody_knows_and_who_has_no_right_token_is_refused_everywhere() {
    let bench = Bench::named("happy").await;
    for (audience, url, wrong) in addresses(&bench).await {
        assert_eq!(bench.get(&audience, &url).await.status(), StatusCode::OK, "{url}");
        assert_eq!(bench.http.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{url}");
        assert_eq!(bench.get(BAP, &url).await.status(), StatusCode::UNAUTHORIZED, "{url}");
        assert_eq!(
            bench.send(&audience, Method::DELETE, &url, None).await.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{url}"
        );
        if let Some(wrong) = wrong {
            let refused = json_of(bench.get(&audience, &wrong).await, StatusCode::BAD_REQUEST).await;
            assert!(refused.to_string().contains("'colour'"), "{refused}");
        }
    }
}

#[tokio::test]
async fn filters_expansions_and_tops_that_are_not_understood_are_refused() {
    let bench = Bench::named("happy").await;
    for question in [
        "teams?$expand=members",
        "teams?$expand=teamroles_association($select=colour)",
        "teams?$select=teamroles_association",
        "teams?$filter=businessunitid/colour eq null",
        "teams?$filter=name/colour eq null",
        "cdm_companies?$filter=colour eq 1",
        "msdyn_dualwriteruntimeconfigs?$top=many",
    ] {
        let url = format!("{}{}/{question}", bench.dataverse(GOLDEN), dataverse::BASE);
        let refused = json_of(bench.get(&bench.dataverse(GOLDEN), &url).await, StatusCode::BAD_REQUEST).await;
        assert_eq!(refused["error"]["code"], dataverse::MALFORMED, "{question}");
    }
}

// Repairs

#[tokio::test]
async fn a_deleted_twin_goes_with_one_deletion_and_a_row_is_bound_to_another_user() {
    let bench = Bench::named("deleted-twin").await;
    let app = app_id::DATA_INTEGRATION;
    let refused = json_of(bench.post_user(app).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("matching application id"));
    let twin = bench.rows::<dataverse::User>(UAT, &dataverse::users_path(app)).await.remove(0);
    assert_eq!(twin.deletedstate, Some(1));
    let url = bench.dataverse(UAT) + &dataverse::user_path(&twin.systemuserid);
    assert_eq!(bench.send(&bench.dataverse(UAT), Method::DELETE, &url, None).await.status(), StatusCode::NO_CONTENT);
    assert!(bench.rows::<dataverse::User>(UAT, &dataverse::users_path(app)).await.is_empty());
    assert_eq!(bench.send(&bench.dataverse(UAT), Method::DELETE, &url, None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(bench.post_user(app).await.status(), StatusCode::NO_CONTENT);
    let made = bench.rows::<dataverse::User>(UAT, &dataverse::users_path(app)).await.remove(0);
    let url = bench.dataverse(UAT) + &dataverse::user_path(&made.systemuserid);
    assert_eq!(bench.send(&bench.dataverse(UAT), Method::DELETE, &url, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bench.counters().users_purged, [(app.to_owned(), 1)].into(), "a soft deletion does not count");

    let finops = bench.finops(UAT);
    let users = finops.clone() + finance_operations::USERS_PATH;
    let users: dataverse::Rows<finance_operations::User> = bench.read(&finops, &users).await;
    assert_eq!((users.value[1].user_id.as_str(), users.value[1].enabled), ("Retired", Some(false)));
    let url = finops.clone() + &finance_operations::client_id_row_path(app_id::RUNTIME);
    let row: finance_operations::ClientIdRow = bench.read(&finops, &url).await;
    assert_eq!(row.user_id.as_deref(), Some("Retired"));
    let body = |user: &str| serde_json::to_value(finance_operations::BindRow { user_id: user.to_owned() }).ok();
    assert_eq!(bench.send(&finops, Method::PATCH, &url, body("Nobody")).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(bench.send(&finops, Method::PATCH, &url, body("Admin")).await.status(), StatusCode::NO_CONTENT);
    let row: finance_operations::ClientIdRow = bench.read(&finops, &url).await;
    assert_eq!(row.user_id.as_deref(), Some("Admin"));
    assert_eq!(bench.counters().rows_bound, [(app_id::RUNTIME.to_owned(), 1)].into());
}

// Scenarios

#[tokio::test]
async fn the_unmet_prerequisites_can_all_be_seen() {
    let bench = Bench::named("prerequisites-unmet").await;
    let solutions: Vec<dataverse::Solution> = bench.rows(UAT, &dataverse::solutions_path()).await;
    assert!(solutions.iter().any(|one| one.friendlyname.as_deref() == Some("Prospect to Cash")));
    let companies: Vec<_> = bench.companies(UAT).await.into_iter().map(|company| company.name).collect();
    assert!(companies[0] == companies[1] && companies[2].is_none(), "{companies:?}");
    assert_ne!(bench.default_team(UAT).await.name, bench.root(UAT).await.name);
    let steps: Vec<dataverse::PluginStep> = bench.rows(UAT, &dataverse::plugin_steps_path()).await;
    assert!(steps.iter().all(|step| step.statecode == Some(1)));
    assert_eq!(bench.rows::<Value>(UAT, &dataverse::runtime_configurations_path()).await.len(), 3);
    let me = bench.me(UAT).await;
    assert_eq!(names(&bench.rows(UAT, &dataverse::own_roles_path(&me)).await), ["Basic User"]);
    let teams: Vec<dataverse::Team> = bench.rows(UAT, &dataverse::own_teams_path(&me)).await;
    let mut roles = teams.iter().flat_map(|team| &team.teamroles_association);
    assert!(!roles.any(dataverse::Role::is_system_administrator));
    let licences: Vec<graph::Licence> = bench.graph(graph::LICENCES_PATH).await;
    assert!(!format!("{licences:?}").contains("POWERAPPS"));
}

async fn gateway_link(bench: &Bench) -> gateway::Link {
    let host = bench.finops(UAT).replace("http://", "");
    let url = bench.base("gateway") + &gateway::environments_path(&host);
    bench.read::<Vec<gateway::Link>>(GATEWAY, &url).await.remove(0)
}

#[tokio::test]
async fn a_reset_whose_answer_is_lost_was_done() {
    let bench = Bench::named("reset-lost").await;
    let all: bap::EnvironmentPage = bench.read(BAP, &(bench.base("bap") + &bap::environments_path())).await;
    let uat = all.value[0].name.clone();
    let link = gateway_link(&bench).await;
    assert_ne!(link.power_apps_environment.as_ref(), Some(&uat));
    let side = |kind: &str| gateway::ResetSide { target_type: kind.to_owned(), ..gateway::ResetSide::default() };
    let body = gateway::Reset {
        power_apps_environment_name: uat.clone(),
        environments: vec![side("CRM"), side("AX")],
        legal_entities: vec!["USMF".to_owned()],
    };
    let url = bench.base("gateway") + &gateway::reset_path(&link.cid.unwrap(), false);
    let token = json_of(bench.ask_token(GATEWAY).await, StatusCode::OK).await;
    let request = bench.http.post(&url).bearer_auth(token["access_token"].as_str().unwrap()).json(&body);
    assert!(request.send().await.is_err());
    assert_eq!(bench.counters().resets, 1);
    assert_eq!(gateway_link(&bench).await.power_apps_environment, Some(uat));
}

#[tokio::test]
async fn modules_has_maps_in_every_state_and_one_that_never_was() {
    let bench = Bench::named("modules").await;
    let link = gateway_link(&bench).await;
    let url = bench.base("gateway") + &gateway::maps_path(&link.cid.unwrap());
    let maps: Vec<gateway::Map> = bench.read(GATEWAY, &url).await;
    let states: Vec<_> = maps.iter().map(|map| (map.detail.state.as_deref(), map.detail.pid.is_some())).collect();
    let state = |number| (Some(number), true);
    assert_eq!(states, [state("4"), state("1"), state("5"), state("6"), (Some("1"), false)]);
    assert_eq!(bench.companies(UAT).await.len(), 3);
    let solutions: Vec<dataverse::Solution> = bench.rows(UAT, &dataverse::solutions_path()).await;
    let has = |name: &str| solutions.iter().any(|one| one.uniquename == name);
    assert!(has("Dynamics365FinanceExtended") && !has("Dynamics365SupplyChainExtended"));
}
