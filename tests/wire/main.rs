//! The simulator over real HTTP: that it is as strict as the services, that it goes wrong in the
//! ways a scenario asks for, and that its answers are words of `dualwrite::wire`.
//!
//! Its clock is moved by hand: nothing here waits.

#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod bench;
mod prerequisites;
mod sign_in;

use bench::{APP_CORE, BAP, Bench, CORE, GATEWAY, GRAPH, LCS, POWER_PLATFORM, PROJECT, UAT, json_of};
use dualwrite::sim::{Options, Scenario, start};
use dualwrite::wire::{app_id, bap, dataverse, finance_operations, gateway, graph, lcs, link, power_platform};
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "5d3a10c9-0000-4000-8000-000000000001";
const OTHER_KEY: &str = "5d3a10c9-0000-4000-8000-000000000002";

// The whole way

#[tokio::test]
async fn the_whole_flow_from_sign_in_to_link() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    assert_eq!(bench.environments().await.len(), 4);

    bench.configure_packages(&id).await;
    bench.make_identities().await;
    let ended = bench.link(KEY, UAT).await;
    assert_eq!(ended.operation_status.as_deref(), Some("Completed"));
    let host = bench.finops(UAT).replace("http://", "");
    let page = format!("https://dataintegrator.trafficmanager.net/dualWrite?axenv={host}");
    assert_eq!(ended.administration_url, Some(page));

    let shown = &bench.gateway_link(UAT).await[0];
    let set = bench.base("gateway") + &gateway::connection_set_path(shown.cname.as_deref().unwrap());
    let set: gateway::ConnectionSet = bench.read(GATEWAY, &set).await;
    assert_eq!(set.created_date_time, ended.completion_date);
    assert_eq!(shown.power_apps_environment.as_deref(), Some(id.as_str()));
    let counters = bench.counters();
    assert_eq!(counters.installs, [(CORE.to_owned(), 1), (APP_CORE.to_owned(), 1)].into());
    assert_eq!(counters.users_created, [(app_id::DATA_INTEGRATION.to_owned(), 1)].into());
    assert_eq!(counters.roles_given, [(app_id::DATA_INTEGRATION.to_owned(), 1)].into());
    assert_eq!(counters.rows_created, [(app_id::RUNTIME.to_owned(), 1)].into());
    assert_eq!((counters.links_started, counters.links_completed, counters.installs_refused), (1, 1, 0));
    let installs = bench.simulator.requests().into_iter().filter(|line| line.contains("/install?")).count();
    assert_eq!(installs, 2);
}

#[tokio::test]
async fn every_built_in_scenario_answers_in_words_of_the_wire() {
    for name in Scenario::names().filter(|name| !matches!(*name, "flaky" | "throttled")) {
        let bench = Bench::named(name).await;
        for environment in bench.environments().await {
            if environment.properties.linked_environment_metadata.is_some() {
                assert!(!bench.packages(&environment.name).await.is_empty(), "{name}");
            }
        }
        let url = bench.base("lcs") + &lcs::environments_path(PROJECT, 1);
        let page: lcs::Envelope<Vec<lcs::Environment>> = bench.read(LCS, &url).await;
        assert!(page.is_success && !page.data.unwrap().is_empty(), "{name}");
    }
}

// Signing in

#[tokio::test]
async fn a_person_signs_in_with_a_code() {
    let bench = Bench::named("happy").await;
    let scope = format!("{BAP}/.default openid profile offline_access");
    let asked = json_of(bench.token_service("devicecode", &[("scope", &scope)]).await, StatusCode::OK).await;
    let code = asked["device_code"].as_str().unwrap();
    assert_eq!((asked["interval"].as_u64(), asked["expires_in"].as_u64()), (Some(5), Some(900)));
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let form = [("grant_type", grant), ("device_code", code), ("scope", scope.as_str())];

    bench.pass(5);
    let waiting = json_of(bench.token_service("token", &form).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(waiting["error"], "authorization_pending");
    assert!(waiting["error_description"].as_str().unwrap().starts_with("AADSTS70016: "));
    bench.pass(1);
    let fast = json_of(bench.token_service("token", &form).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(fast["error"], "slow_down");
    bench.pass(10);
    let token = json_of(bench.token_service("token", &form).await, StatusCode::OK).await;
    assert_eq!(token["token_type"], "Bearer");
    assert!(token["refresh_token"].is_string());
    assert_eq!(token["id_token"].as_str().unwrap().split('.').count(), 3);
    bench.pass(10);
    let again = json_of(bench.token_service("token", &form).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(again["error"], "bad_verification_code");
    assert_eq!(bench.counters().sign_ins, 1);
}

#[tokio::test]
async fn a_scenario_can_refuse_a_resource_and_an_unknown_one_is_refused_anyway() {
    let bench = Bench::text("[sign_in]\nrefused = [\"gateway\"]").await;
    let refresh = bench.simulator.signed_in();
    for (scope, error, number) in [
        ("https://IntegratorApp.com/.default", "invalid_grant", 65002),
        ("https://unknown.example/.default", "invalid_resource", 500_011),
        ("https://service.powerapps.com", "invalid_scope", 70011),
    ] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret()), ("scope", scope)];
        let answer = json_of(bench.token_service("token", &form).await, StatusCode::BAD_REQUEST).await;
        assert_eq!((answer["error"].as_str(), answer["error_codes"][0].as_u64()), (Some(error), Some(number)));
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", "nobody"), ("scope", "openid")];
    let answer = json_of(bench.token_service("token", &form).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(answer["error"], "invalid_grant");
    assert_eq!(bench.counters().refreshes, 0);
}

// Strictness that all services share

/// A good address of every service with its audience.
async fn addresses(bench: &Bench) -> Vec<(String, String)> {
    let id = bench.id(UAT).await;
    let (org, finops) = (bench.dataverse(UAT), bench.finops(UAT));
    let status = link::status_path(PROJECT, &bench.lcs_id(UAT).await, KEY);
    vec![
        (BAP.to_owned(), bench.base("bap") + &bap::environments_path()),
        (POWER_PLATFORM.to_owned(), bench.base("powerplatform") + &power_platform::packages_path(&id)),
        (org.clone(), org + &dataverse::integration_path()),
        (finops.clone(), finops + finance_operations::CLIENT_ID_ROWS_PATH),
        (GATEWAY.to_owned(), bench.base("gateway") + &gateway::environments_path("x")),
        (LCS.to_owned(), bench.base("lcs") + &lcs::environments_path(PROJECT, 1)),
        (LCS.to_owned(), bench.base("link") + &status),
        (GRAPH.to_owned(), bench.base("graph") + graph::LICENCES_PATH),
    ]
}

#[tokio::test]
async fn a_token_must_be_there_and_good_and_fresh_and_for_this_service() {
    let bench = Bench::named("happy").await;
    for (audience, url) in addresses(&bench).await {
        assert_eq!(bench.get(&audience, &url).await.status(), StatusCode::OK, "{url}");
        assert_eq!(bench.http.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{url}");
        let unknown = bench.http.get(&url).bearer_auth("nonsense").send().await.unwrap();
        assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED, "{url}");
        let other = if audience == BAP { LCS } else { BAP };
        assert_eq!(bench.get(other, &url).await.status(), StatusCode::UNAUTHORIZED, "{url}");
        let token = bench.token(&audience).await;
        bench.pass(4521);
        let late = bench.http.get(&url).bearer_auth(token).send().await.unwrap();
        assert_eq!(late.status(), StatusCode::UNAUTHORIZED, "{url}");
    }
}

#[tokio::test]
async fn only_finance_and_operations_minds_a_slash_at_the_end_of_the_audience() {
    let bench = Bench::named("happy").await;
    for (audience, url) in addresses(&bench).await {
        let expected = if url.contains("/data/Sys") { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        assert_eq!(bench.get(&format!("{audience}/"), &url).await.status(), expected, "{url}");
    }
}

#[tokio::test]
async fn each_service_says_no_in_its_own_shape() {
    let bench = Bench::named("happy").await;
    let shapes =
        ["/error/code", "/code", "/error/code", "/error/innererror/message", "/Message", "", "", "/error/code"];
    for ((_, url), pointer) in addresses(&bench).await.into_iter().zip(shapes) {
        let text = bench.http.get(&url).send().await.unwrap().text().await.unwrap();
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        assert!(if pointer.is_empty() { text.is_empty() } else { value.pointer(pointer).is_some() }, "{url}: {text}");
    }
}

#[tokio::test]
async fn wrong_methods_and_unknown_paths_are_refused() {
    let bench = Bench::named("happy").await;
    for (audience, url) in addresses(&bench).await {
        let wrong = bench.send(&audience, Method::PUT, &url, None).await;
        assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED, "{url}");
        let base = url.split('?').next().unwrap().trim_end_matches('/');
        let unknown = bench.get(&audience, &format!("{base}/unknown/path/here/too")).await;
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND, "{url}");
    }
    let token_page = bench.base("entra/organizations/oauth2/v2.0/token");
    assert_eq!(bench.http.get(token_page).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    for url in [bench.base("nothing"), bench.base(""), bench.dataverse("contoso-dev"), bench.base("entra/x")] {
        assert_eq!(bench.http.get(&url).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{url}");
    }
}

#[tokio::test]
async fn the_api_version_must_be_a_known_one() {
    let bench = Bench::named("happy").await;
    for (audience, url) in addresses(&bench).await.into_iter().take(2) {
        let bare = url.split('?').next().unwrap();
        for query in ["", "?api-version=1999-01-01"] {
            let answer = bench.get(&audience, &format!("{bare}{query}")).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{url}");
        }
    }
}

#[tokio::test]
async fn an_unknown_environment_is_said_in_each_services_way() {
    let bench = Bench::named("happy").await;
    let answer = bench.get(BAP, &(bench.base("bap") + &bap::environment_path(KEY))).await;
    assert_eq!(json_of(answer, StatusCode::NOT_FOUND).await["error"]["code"], "EnvironmentNotFound");
    let answer = bench.get(POWER_PLATFORM, &(bench.base("powerplatform") + &power_platform::packages_path(KEY))).await;
    let answer = json_of(answer, StatusCode::NOT_FOUND).await;
    assert_eq!(
        (&answer["code"], &answer["innererror"]["code"]),
        (&json!("EndpointInvalid"), &json!("EnvironmentIdInvalid"))
    );
    let url = bench.base("lcs") + &format!("/environmentinfo/v1/detail/project/{PROJECT}/?environmentId={KEY}");
    let envelope: lcs::Envelope<Vec<lcs::Environment>> = bench.read(LCS, &url).await;
    assert!(!envelope.is_success && envelope.error_message.is_some() && envelope.operation_activity_id.is_some());
}

// Lists

#[tokio::test]
async fn the_list_of_environments_comes_in_pages() {
    let bench = Bench::named("happy").await;
    let first: bap::EnvironmentPage = bench.read(BAP, &(bench.base("bap") + &bap::environments_path())).await;
    assert_eq!(first.value.len(), 2);
    assert!(first.next_link.unwrap().starts_with(&bench.base("bap/")));
    let names: Vec<_> = bench.environments().await.into_iter().filter_map(|one| one.properties.display_name).collect();
    assert_eq!(names, ["contoso-uat", "contoso-golden", "contoso-prod", "contoso-dev"]);
}

#[tokio::test]
async fn only_a_joined_environment_names_its_finance_and_operations() {
    let bench = Bench::named("happy").await;
    let all = bench.environments().await;
    let joined: Vec<bool> = all.iter().map(|one| one.properties.linked_app_metadata.is_some()).collect();
    assert_eq!(joined, [true, true, true, false]);
    assert!(all[3].properties.linked_environment_metadata.is_none());
    assert_eq!(all[0].properties.linked_app_metadata.as_ref().unwrap().url, Some(bench.finops(UAT)));
}

#[tokio::test]
async fn lcs_spells_ids_in_two_ways_and_has_a_second_page() {
    let bench = Bench::named("happy").await;
    let page = |number| lcs::environments_path(PROJECT, number);
    let first: lcs::Envelope<Vec<lcs::Environment>> = bench.read(LCS, &(bench.base("lcs") + &page(1))).await;
    assert!(first.result_has_more_pages);
    let ids: Vec<String> = first.data.unwrap().into_iter().filter_map(|one| one.environment_id).collect();
    assert!(ids[0].contains('-') && !ids[1].contains('-'), "{ids:?}");
    let second: lcs::Envelope<Vec<lcs::Environment>> = bench.read(LCS, &(bench.base("lcs") + &page(2))).await;
    assert!(!second.result_has_more_pages);
    assert_eq!(second.data.unwrap().len(), 1);
}

#[tokio::test]
async fn lcs_allows_six_calls_in_a_minute() {
    let bench = Bench::named("happy").await;
    let url = bench.base("lcs") + &lcs::environments_path(PROJECT, 1);
    for _ in 0..6 {
        assert_eq!(bench.get(LCS, &url).await.status(), StatusCode::OK);
        bench.pass(2);
    }
    let answer = bench.get(LCS, &url).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "48");
    bench.pass(48);
    assert_eq!(bench.get(LCS, &url).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_installed_package_can_have_a_second_row_and_names_are_spelled_in_two_ways() {
    let bench = Bench::named("happy").await;
    let all = bench.packages(&bench.id("contoso-golden").await).await;
    let rows: Vec<_> = all.iter().filter(|row| row.unique_name.eq_ignore_ascii_case(APP_CORE)).collect();
    let states: Vec<_> = rows.iter().filter_map(|row| row.state.as_deref()).collect();
    assert_eq!(states, ["Installed", "NotInstalled"]);
    assert_ne!(rows[0].unique_name, rows[1].unique_name);
    assert_ne!(rows[0].version, rows[1].version);
}

// Installing

#[tokio::test]
async fn an_installation_goes_through_its_states() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    assert_eq!(bench.package_state(&id, CORE).await, "NotInstalled");
    let operation = bench.install_id(&id, CORE).await;
    for (seconds, status, state) in
        [(0, "NotStarted", "InstallRequested"), (60, "Running", "Installing"), (90, "Succeeded", "Installed")]
    {
        bench.pass(seconds);
        assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some(status));
        assert_eq!(bench.package_state(&id, CORE).await, state);
    }
}

#[tokio::test]
async fn one_installation_at_a_time_and_only_of_known_packages() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    bench.install_id(&id, CORE).await;
    let second = bench.install(&id, "HCMCommonAnchor").await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    assert!(second.bytes().await.unwrap().is_empty());
    let unknown = bench.install(&id, "NothingAnchor").await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    assert!(unknown.bytes().await.unwrap().is_empty());
    assert_eq!(bench.counters().installs, [(CORE.to_owned(), 1)].into());
    assert_eq!(bench.counters().installs_refused, 2);
}

#[tokio::test]
async fn an_installation_without_what_it_needs_fails() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    let operation = bench.install_id(&id, APP_CORE).await;
    bench.pass(60);
    let ended = bench.operation(&id, &operation).await;
    assert_eq!(ended.status.as_deref(), Some("Failed"));
    assert_eq!(ended.error.unwrap().message.as_deref(), Some("A dependency is missing."));
    assert_eq!(bench.package_state(&id, APP_CORE).await, "InstallFailed");
}

#[tokio::test]
async fn an_installation_can_be_accepted_without_a_body() {
    let bench = Bench::named("accepted-202").await;
    let id = bench.id(UAT).await;
    let answer = bench.install(&id, CORE).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()["operation-location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&bench.base("powerplatform/")));
    assert!(answer.bytes().await.unwrap().is_empty());
    let operation: power_platform::Operation = bench.read(POWER_PLATFORM, &location).await;
    assert_eq!(operation.status.as_deref(), Some("NotStarted"));
}

#[tokio::test]
async fn a_failed_or_canceled_installation_succeeds_when_it_is_tried_again() {
    for (name, status, state) in
        [("configure-fails", "Failed", "InstallFailed"), ("canceled", "Canceled", "NotInstalled")]
    {
        let bench = Bench::named(name).await;
        let id = bench.id(UAT).await;
        bench.install_id(&id, CORE).await;
        bench.pass(150);
        let operation = bench.install_id(&id, APP_CORE).await;
        bench.pass(300);
        assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some(status), "{name}");
        assert_eq!(bench.package_state(&id, APP_CORE).await, state, "{name}");
        bench.install_id(&id, APP_CORE).await;
        bench.pass(540);
        assert_eq!(bench.package_state(&id, APP_CORE).await, "Installed", "{name}");
    }
}

#[tokio::test]
async fn unknown_words_come_while_it_runs_and_fields_are_missing() {
    let bench = Bench::named("unknown-states").await;
    let id = bench.id(UAT).await;
    let operation = bench.install_id(&id, CORE).await;
    bench.pass(40);
    assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some("Paused"));
    assert_eq!(bench.package_state(&id, CORE).await, "InstallQueuedForReview");
    bench.pass(40);
    assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some("RUNNING"));
    bench.pass(70);
    assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some("SUCCEEDED"));
    let row = bench.get(BAP, &(bench.base("bap") + &bap::environment_path(&id))).await;
    assert!(json_of(row, StatusCode::OK).await["properties"].get("states").is_none());
}

// Identities

#[tokio::test]
async fn dataverse_says_whether_it_is_joined() {
    let bench = Bench::named("mismatch-never-set-up").await;
    let org = bench.dataverse("contoso-sandbox");
    let answer = bench.get(&org, &(org.clone() + &dataverse::integration_path())).await;
    let answer = json_of(answer, StatusCode::BAD_REQUEST).await;
    assert_eq!(answer["error"]["code"], dataverse::NOT_INTEGRATED);
    let org = bench.dataverse("contoso-golden");
    let joined: dataverse::Integration = bench.read(&org, &(org.clone() + &dataverse::integration_path())).await;
    assert_eq!(joined.url, bench.finops("contoso-golden"));
}

#[tokio::test]
async fn an_application_user_is_made_once_and_a_deleted_twin_is_in_the_way() {
    let bench = Bench::named("happy").await;
    let org = bench.dataverse(UAT);
    assert!(bench.users(app_id::DATA_INTEGRATION).await.is_empty());
    let user = bench.create_user(app_id::DATA_INTEGRATION).await;
    let made = &bench.users(app_id::DATA_INTEGRATION).await[0];
    assert_eq!((&made.systemuserid, made.isdisabled, made.deletedstate), (&user, Some(false), Some(0)));
    assert!(made.systemuserroles_association.is_empty());
    assert_eq!(bench.post_user(app_id::DATA_INTEGRATION).await.status(), StatusCode::PRECONDITION_FAILED);

    let url = org.clone() + &dataverse::user_path(&user);
    assert_eq!(bench.send(&org, Method::DELETE, &url, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bench.users(app_id::DATA_INTEGRATION).await[0].deletedstate, Some(1));
    let refused = json_of(bench.post_user(app_id::DATA_INTEGRATION).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("matching application id"));
    assert_eq!(bench.send(&org, Method::DELETE, &url, None).await.status(), StatusCode::NO_CONTENT);
    bench.create_user(app_id::DATA_INTEGRATION).await;
    assert_eq!(bench.counters().users_created[app_id::DATA_INTEGRATION], 2);

    assert_eq!(bench.post_user(KEY).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_disabled_user_is_enabled_and_counted_once() {
    let bench = Bench::text(&format!(
        "[[environment]]\nname = \"contoso-uat\"\napplication_users = [{{ app = \"{}\", enabled = false }}]",
        app_id::FINANCE_OPERATIONS
    ))
    .await;
    let org = bench.dataverse(UAT);
    let user = bench.users(app_id::FINANCE_OPERATIONS).await.remove(0);
    assert_eq!(user.isdisabled, Some(true));
    assert!(user.systemuserroles_association[0].is_system_administrator());
    let body = json!({"isdisabled": false, "applicationid": app_id::FINANCE_OPERATIONS});
    for _ in 0..2 {
        let url = org.clone() + &dataverse::user_path(&user.systemuserid);
        let answer = bench.send(&org, Method::PATCH, &url, Some(body.clone())).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(bench.users(app_id::FINANCE_OPERATIONS).await[0].isdisabled, Some(false));
    assert_eq!(bench.counters().users_enabled[app_id::FINANCE_OPERATIONS], 1);
}

#[tokio::test]
async fn a_role_is_given_once_and_only_one_of_the_users_own_business_unit() {
    let bench = Bench::named("happy").await;
    let org = bench.dataverse(UAT);
    let user = bench.create_user(app_id::DATA_INTEGRATION).await;
    bench.give_administrator(&org, &user).await;
    let role = bench.users(app_id::DATA_INTEGRATION).await[0].systemuserroles_association[0].clone();
    let twice = json_of(bench.give_role(&org, &user, &role.roleid).await, StatusCode::PRECONDITION_FAILED).await;
    assert_eq!(twice["error"]["code"], dataverse::DUPLICATE);

    let url = format!("{org}{}/roles?$filter=name eq 'System Administrator'", dataverse::BASE);
    let both: dataverse::Rows<dataverse::Role> = bench.read(&org, &url).await;
    let other = both.value.iter().find(|own| own.roleid != role.roleid).unwrap();
    assert_eq!(bench.give_role(&org, &user, &other.roleid).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(bench.give_role(&org, &user, KEY).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(bench.counters().roles_given[app_id::DATA_INTEGRATION], 1);
}

#[tokio::test]
async fn a_filter_that_quotes_an_id_is_refused() {
    let bench = Bench::named("happy").await;
    let org = bench.dataverse(UAT);
    let quoted = dataverse::users_path(&format!("'{}'", app_id::FINANCE_OPERATIONS));
    let answer = json_of(bench.get(&org, &(org.clone() + &quoted)).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(answer["error"]["code"], "0x80060888");
}

#[tokio::test]
async fn a_client_id_row_is_made_once_for_a_user_that_exists() {
    let bench = Bench::named("happy").await;
    let finops = bench.finops(UAT);
    let url = finops.clone() + finance_operations::CLIENT_ID_ROWS_PATH;
    let row = |user: &str| Some(json!({"AADClientId": app_id::RUNTIME, "UserId": user, "Name": "x"}));
    let nobody = json_of(bench.send(&finops, Method::POST, &url, row("Nobody")).await, StatusCode::BAD_REQUEST).await;
    assert!(nobody["error"]["innererror"]["message"].as_str().unwrap().contains("'Nobody'"));
    assert_eq!(bench.send(&finops, Method::POST, &url, row("Admin")).await.status(), StatusCode::CREATED);
    let twice = json_of(bench.send(&finops, Method::POST, &url, row("Admin")).await, StatusCode::BAD_REQUEST).await;
    assert!(twice["error"]["innererror"]["message"].as_str().unwrap().contains("already exists"));

    let rows: dataverse::Rows<finance_operations::ClientIdRow> = bench.read(&finops, &url).await;
    assert_eq!(rows.value.len(), 2);
    let one: finance_operations::ClientIdRow =
        bench.read(&finops, &format!("{url}(AADClientId='{}')", app_id::RUNTIME)).await;
    assert_eq!(one.user_id.as_deref(), Some("Admin"));
    let users: dataverse::Rows<finance_operations::User> =
        bench.read(&finops, &(finops.clone() + finance_operations::USERS_PATH)).await;
    assert_eq!((users.value[0].user_id.as_str(), users.value[0].enabled), ("Admin", Some(true)));
    let companies: dataverse::Rows<finance_operations::LegalEntity> =
        bench.read(&finops, &(finops.clone() + finance_operations::LEGAL_ENTITIES_PATH)).await;
    assert_eq!(companies.value.len(), 3);
    assert_eq!(bench.counters().rows_created[app_id::RUNTIME], 1);
}

// Linking

#[tokio::test]
async fn the_same_key_starts_one_link() {
    let bench = Bench::named("happy").await;
    assert_eq!(bench.start_link(None, "contoso-golden").await.status(), StatusCode::BAD_REQUEST);
    let first = bench.link_answer(KEY, "contoso-golden").await;
    let again = bench.link_answer(KEY, "contoso-golden").await;
    assert_eq!(first.operation_activity_id, again.operation_activity_id);
    let other = bench.link_answer(OTHER_KEY, "contoso-golden").await;
    assert!(!other.is_success && other.error_message.unwrap().contains("running"));
    let status = bench.link_status(first.operation_activity_id.as_deref().unwrap(), "contoso-golden").await;
    assert_eq!((status.operation_status.as_deref(), status.administration_url), (Some("NotStarted"), None));
    bench.pass(109);
    let status = bench.link_status(first.operation_activity_id.as_deref().unwrap(), "contoso-golden").await;
    assert_eq!(status.operation_status.as_deref(), Some("InProgress"));
    assert_eq!(bench.counters().links_started, 1);
}

#[tokio::test]
async fn a_link_is_refused_while_something_is_in_its_way() {
    let bench = Bench::named("mismatch-set-up").await;
    let elsewhere = bench.link_answer(KEY, UAT).await;
    assert!(elsewhere.error_message.unwrap().contains("linked via dual-write to a different destination"));
    let linked = bench.link_answer(KEY, "contoso-prod").await;
    assert!(!linked.is_success && linked.error_message.unwrap().contains("already linked"));
    let bench = Bench::named("happy").await;
    let bare = bench.link_answer(KEY, UAT).await;
    assert!(!bare.is_success && bare.error_message.unwrap().contains("not configured"));
    assert_eq!(bench.counters().links_started, 0);
}

#[tokio::test]
async fn a_disabled_application_user_fails_the_link_and_enabling_it_helps() {
    let bench = Bench::named("dw9003-crm").await;
    let id = bench.id(UAT).await;
    bench.configure_packages(&id).await;
    bench.make_identities().await;
    let failed = bench.link(KEY, UAT).await;
    assert_eq!(failed.operation_status.as_deref(), Some("Failed"));
    assert_eq!(
        failed.error_message.as_deref(),
        Some(
            "DW9003: Failed to connect to CRM. Ensure that the service principal has the correct permissions to access CRM."
        )
    );
    assert!(bench.gateway_link(UAT).await.is_empty());
    let org = bench.dataverse(UAT);
    let user = bench.users(app_id::FINANCE_OPERATIONS).await.remove(0);
    let url = org.clone() + &dataverse::user_path(&user.systemuserid);
    let body = json!({"isdisabled": false, "applicationid": app_id::FINANCE_OPERATIONS});
    bench.send(&org, Method::PATCH, &url, Some(body)).await;
    assert_eq!(bench.link(OTHER_KEY, UAT).await.operation_status.as_deref(), Some("Completed"));
}

#[tokio::test]
async fn a_vanished_client_id_row_fails_the_link_and_adding_it_helps() {
    let bench = Bench::named("dw9003-ax").await;
    let id = bench.id(UAT).await;
    bench.configure_packages(&id).await;
    bench.make_identities().await;
    let failed = bench.link(KEY, UAT).await;
    assert!(failed.error_message.unwrap().starts_with("DW9003: Failed to connect to AX."));
    let (finops, row) = (bench.finops(UAT), json!({"AADClientId": app_id::RUNTIME, "UserId": "Admin", "Name": "x"}));
    let url = finops.clone() + finance_operations::CLIENT_ID_ROWS_PATH;
    bench.send(&finops, Method::POST, &url, Some(row)).await;
    assert_eq!(bench.link(OTHER_KEY, UAT).await.operation_status.as_deref(), Some("Completed"));
    assert_eq!((bench.counters().links_started, bench.counters().links_completed), (2, 1));
}

// The gateway

#[tokio::test]
async fn the_gateway_knows_a_link_by_its_bare_host_only() {
    let bench = Bench::named("happy").await;
    let port = bench.simulator.address().port();
    let host = "contoso-prod.operations.localhost";
    for (identifier, rows) in [
        (host.to_owned(), 1),
        (format!("{host}:{port}"), 1),
        (format!("http://{host}:{port}"), 0),
        (format!("{host}/"), 0),
        ("Contoso-prod.operations.localhost".to_owned(), 0),
    ] {
        let url = bench.base("gateway") + &gateway::environments_path(&identifier);
        let links: Vec<gateway::Link> = bench.read(GATEWAY, &url).await;
        assert_eq!(links.len(), rows, "{identifier}");
    }
}

#[tokio::test]
async fn a_connection_set_is_found_by_name_and_tells_owner_sides_companies_and_maps() {
    let bench = Bench::named("happy").await;
    let url = bench.base("gateway") + &gateway::environments_path("contoso-prod.operations.localhost");
    let link = bench.read::<Vec<gateway::Link>>(GATEWAY, &url).await.remove(0);
    let (cid, cname) = (link.cid.unwrap(), link.cname.unwrap());
    let set: gateway::ConnectionSet =
        bench.read(GATEWAY, &(bench.base("gateway") + &gateway::connection_set_path(&cname))).await;
    assert_eq!(set.owner_text().as_deref(), Some("ada@contoso.example"));
    assert_eq!(set.environments.values().filter(|side| side.is_finops()).count(), 1);
    assert_eq!(set.dual_write_detail.legal_entity_mappings.mappings.as_ref().unwrap().len(), 3);
    let maps: Vec<gateway::Map> = bench.read(GATEWAY, &(bench.base("gateway") + &gateway::maps_path(&cid))).await;
    assert_eq!(maps[0].detail.state.as_deref(), Some("4"));
    let by_id = bench.get(GATEWAY, &(bench.base("gateway") + &gateway::connection_set_path(&cid))).await;
    assert_eq!(by_id.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reset_moves_the_link_unless_maps_run_and_it_is_not_forced() {
    let bench = Bench::named("mismatch-set-up").await;
    assert_eq!(bench.gateway_link(UAT).await[0].power_apps_environment, Some(bench.id("contoso-sandbox").await));
    assert_eq!(bench.reset(UAT, false).await.status(), StatusCode::OK);
    assert_eq!(bench.gateway_link(UAT).await[0].power_apps_environment, Some(bench.id(UAT).await));

    let running = json_of(bench.reset("contoso-test", false).await, StatusCode::CONFLICT).await;
    let words = running["Message"].as_str().unwrap();
    assert!(words.contains("Customers V3") && words.contains("Vendors V2"), "{words}");
    assert_eq!(bench.reset("contoso-test", true).await.status(), StatusCode::OK);
    let link = bench.gateway_link("contoso-test").await.remove(0);
    let maps: Vec<gateway::Map> =
        bench.read(GATEWAY, &(bench.base("gateway") + &gateway::maps_path(&link.cid.unwrap()))).await;
    assert!(maps.is_empty());
    assert_eq!(bench.counters().resets, 2);
}

#[tokio::test]
async fn a_reset_is_refused_while_the_integration_is_not_set_up() {
    let bench = Bench::named("mismatch-never-set-up").await;
    let refused = json_of(bench.reset(UAT, true).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["Message"].as_str().unwrap().contains("not set up"));
    assert_eq!(bench.counters().resets, 0);
}

// Trouble

fn fault(more: &str) -> String {
    format!("[[fault]]\nservice = [\"power_platform\"]\n{more}")
}

#[tokio::test]
async fn a_status_comes_instead_of_the_answer_in_the_numbers_that_were_asked_for() {
    let more =
        "on = [1, 3]\ndo = \"status\"\nstatus = 503\nbody = \"html\"\nretry_after = \"seconds\"\nretry_after_s = 7";
    let bench = Bench::text(&fault(more)).await;
    let url = bench.base("powerplatform") + &power_platform::packages_path(&bench.id(UAT).await);
    for (number, expected) in [(1, 503), (2, 200), (3, 503), (4, 200)] {
        let answer = bench.get(POWER_PLATFORM, &url).await;
        assert_eq!(answer.status(), expected, "{number}");
        if expected == 503 {
            assert_eq!(answer.headers()["retry-after"], "7");
            assert!(answer.text().await.unwrap().contains("<title>503 Service Unavailable</title>"));
        }
    }
}

#[tokio::test]
async fn a_reset_connection_did_nothing_and_a_lost_answer_did_it() {
    for (kind, started) in [("reset", 0), ("lost", 1)] {
        let bench = Bench::text(&fault(&format!("method = \"POST\"\non = [1]\ndo = \"{kind}\""))).await;
        let id = bench.id(UAT).await;
        let url = bench.base("powerplatform") + &power_platform::install_path(&id, CORE);
        let token = bench.token(POWER_PLATFORM).await;
        assert!(bench.http.post(&url).bearer_auth(token).send().await.is_err(), "{kind}");
        assert_eq!(bench.counters().installs.get(CORE).copied().unwrap_or(0), started, "{kind}");
    }
}

#[tokio::test]
async fn bodies_are_truncated_cut_and_stalled() {
    for (kind, arrives, is_json) in [("truncate", true, false), ("cut", false, false), ("stall", true, true)] {
        let bench = Bench::text(&fault(&format!("on = [1]\ndo = \"{kind}\"\nstall_ms = 20"))).await;
        let url = bench.base("powerplatform") + &power_platform::packages_path(&bench.id(UAT).await);
        let answer = bench.get(POWER_PLATFORM, &url).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let bytes = answer.bytes().await;
        assert_eq!(bytes.is_ok(), arrives, "{kind}");
        assert_eq!(bytes.is_ok_and(|bytes| serde_json::from_slice::<Value>(&bytes).is_ok()), is_json, "{kind}");
        assert_eq!(bench.get(POWER_PLATFORM, &url).await.status(), StatusCode::OK, "{kind}: only once");
    }
}

#[tokio::test]
async fn on_a_bad_network_looking_shows_what_a_lost_answer_did() {
    let bench = Bench::named("flaky").await;
    let patient = async |audience: &str, method: Method, url: &str| {
        for _ in 0..5 {
            let refresh = bench.simulator.signed_in();
            let scope = format!("{audience}/.default");
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.expose_secret()),
                ("scope", &scope),
                ("client_id", "00000000-0000-4000-8000-0000000000c1"),
            ];
            let tokens = bench.base("entra/organizations/oauth2/v2.0/token");
            let Ok(answer) = bench.http.post(tokens).form(&form).send().await else { continue };
            let Ok(answer) = answer.json::<Value>().await else { continue };
            let Some(token) = answer["access_token"].as_str() else { continue };
            let request = bench.http.request(method.clone(), url).bearer_auth(token);
            match request.send().await {
                Ok(answer) if answer.status().is_success() => {
                    if let Ok(value) = answer.json::<Value>().await {
                        return Some(value);
                    }
                }
                // What changes something is not repeated without looking.
                Err(_) if method == Method::POST => return None,
                Ok(_) | Err(_) => {}
            }
        }
        panic!("{url} did not answer in five tries");
    };
    let list = patient(BAP, Method::GET, &(bench.base("bap") + &bap::environments_path())).await.unwrap();
    let id = list["value"][0]["name"].as_str().unwrap();
    for (package, answered, seconds) in [(CORE, true, 150), (APP_CORE, false, 540)] {
        let url = bench.base("powerplatform") + &power_platform::install_path(id, package);
        assert_eq!(patient(POWER_PLATFORM, Method::POST, &url).await.is_some(), answered, "{package}");
        assert_eq!(bench.counters().installs[package], 1);
        bench.pass(seconds);
        let url = bench.base("powerplatform") + &power_platform::packages_path(id);
        let list = patient(POWER_PLATFORM, Method::GET, &url).await.unwrap();
        let rows = list["value"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["uniqueName"] == package && row["state"] == "Installed"));
    }
}

#[tokio::test]
async fn every_service_is_busy_three_times_in_three_ways() {
    let bench = Bench::named("throttled").await;
    for service in ["lcs", "bap", "powerplatform", "gateway", "link", "graph"] {
        let url = bench.base(service);
        let mut forms = Vec::new();
        for _ in 0..3 {
            let answer = bench.http.get(&url).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{service}");
            forms.push(answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned()));
        }
        assert_eq!(forms[0].as_deref(), Some("12"));
        assert!(forms[1].as_deref().unwrap().ends_with("GMT"));
        assert_eq!(forms[2], None);
        assert_ne!(bench.http.get(&url).send().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS, "{service}");
    }
}

#[tokio::test]
async fn hostile_text_arrives_as_it_was_written() {
    let bench = Bench::named("hostile").await;
    let name = bench.environments().await.remove(0).properties.display_name.unwrap();
    for sign in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}', '\n', '\0'] {
        assert!(name.contains(sign), "{sign:?}");
    }
}

#[tokio::test]
async fn events_can_take_tokens_away() {
    let bench = Bench::text("[[event]]\nwhen = \"install-started\"\ndo = \"expire-tokens\"").await;
    let id = bench.id(UAT).await;
    let (token, url) = (bench.token(BAP).await, bench.base("bap") + &bap::environments_path());
    assert_eq!(bench.http.get(&url).bearer_auth(&token).send().await.unwrap().status(), StatusCode::OK);
    bench.install_id(&id, CORE).await;
    assert_eq!(bench.http.get(&url).bearer_auth(&token).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

// The simulator itself

#[tokio::test]
async fn the_profile_names_the_services_that_the_scenario_offers() {
    let bench = Bench::text("profile_without = [\"link\", \"lcs\"]").await;
    let profile: toml::Table = toml::from_str(&bench.simulator.profile_toml()).unwrap();
    assert_eq!(profile["name"].as_str(), Some("SIMULATOR"));
    assert_eq!(profile["gateway"].as_str(), Some(bench.base("gateway").as_str()));
    for absent in ["link", "lcs", "lcs_project"] {
        assert!(!profile.contains_key(absent), "{absent}");
    }
    let whole: toml::Table = toml::from_str(&Bench::named("happy").await.simulator.profile_toml()).unwrap();
    assert_eq!(whole["lcs_project"].as_integer(), i64::try_from(PROJECT).ok());
    assert!(!whole.contains_key("speed"), "a clock that stands still has no speed");
}

#[tokio::test]
async fn the_control_pages_need_no_token_and_are_not_counted() {
    let bench = Bench::named("happy").await;
    bench.install_id(&bench.id(UAT).await, CORE).await;
    let before = bench.counters();
    let page = |path: &str| bench.http.get(bench.base(&format!("simulator/{path}"))).send();
    let counters = json_of(page("counters").await.unwrap(), StatusCode::OK).await;
    assert_eq!(counters, serde_json::to_value(&before).unwrap());
    let requests = json_of(page("requests").await.unwrap(), StatusCode::OK).await;
    assert_eq!(requests.as_array().unwrap().len(), bench.simulator.requests().len());
    let world = json_of(page("world").await.unwrap(), StatusCode::OK).await;
    assert_eq!(world["installing"][0]["package"], CORE);
    assert_eq!(page("nothing").await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(bench.counters(), before);
}

#[tokio::test]
async fn it_stops_when_it_is_dropped_and_refuses_a_speed_that_is_none() {
    let bench = Bench::named("happy").await;
    let address = bench.simulator.address();
    assert!(tokio::net::TcpStream::connect(address).await.is_ok());
    drop(bench);
    let stopped = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), stopped).await.unwrap();

    let options =
        Options { scenario: Scenario::named("happy").unwrap(), speed: f64::NAN, port: 0, start: Timestamp::UNIX_EPOCH };
    assert!(start(options).await.is_err());
}

#[tokio::test]
async fn a_fast_clock_needs_no_hand() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let scenario = Scenario::named("happy").unwrap();
    let options = Options { scenario, speed: 1e6, port: 0, start: Timestamp::UNIX_EPOCH };
    let simulator = start(options).await.unwrap();
    let profile: toml::Table = toml::from_str(&simulator.profile_toml()).unwrap();
    assert_eq!(profile["speed"].as_float(), Some(1e6));
    let before = simulator.now();
    tokio::task::yield_now().await;
    assert!(simulator.now() > before);
}
