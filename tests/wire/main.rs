//! The simulator over real HTTP: that it is as strict as the services, that it goes wrong in the
//! ways a scenario asks for, and that its answers are words of `dualwrite::wire`.
//!
//! Its clock is moved by hand: nothing here waits.

#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod bench;
mod configuring;
mod linking;
mod prerequisites;
mod sign_in;
mod trouble;

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
