//! The token service over HTTP: what it refuses and how, applications that come as themselves, tokens that run
//! out or are revoked; and the one page of the gateway that needs no token.

use crate::bench::{APP_CORE, BAP, Bench, CORE, GATEWAY, GRAPH, LCS, POWER_PLATFORM, PROJECT, UAT, json_of};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dualwrite::api::assertion::Certificate;
use dualwrite::sim::{CLIENT_SECRET, Scenario};
use dualwrite::wire::entra::{
    ASSERTION_JWT, CLIENT_ASSERTION, CLIENT_ASSERTION_TYPE, GRANT_CLIENT_CREDENTIALS, GRANT_DEVICE_CODE, GRANT_REFRESH,
    token_path,
};
use dualwrite::wire::{bap, finance_operations, gateway, graph, lcs, link};
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

const CLIENT: &str = "00000000-0000-4000-8000-0000000000c1";
const TENANT: &str = "f1e2d3c4-0000-4000-8000-00000000aaaa";

/// What an error answer says, apart from its words: status, error, number, suberror.
async fn refusal(answer: Response) -> (u16, String, u64, Option<String>) {
    let status = answer.status();
    let value = json_of(answer, status).await;
    let number = value["error_codes"][0].as_u64().unwrap();
    let words = value["error_description"].as_str().unwrap();
    assert!(words.starts_with(&format!("AADSTS{number}: ")), "{words}");
    assert!(Uuid::try_parse(value["correlation_id"].as_str().unwrap()).is_ok());
    let suberror = value["suberror"].as_str().map(str::to_owned);
    (status.as_u16(), value["error"].as_str().unwrap().to_owned(), number, suberror)
}

impl Bench {
    async fn ask_code(&self) -> Response {
        let scope = format!("{BAP}/.default openid profile offline_access");
        self.token_service("devicecode", &[("scope", &scope)]).await
    }

    async fn code(&self) -> String {
        json_of(self.ask_code().await, StatusCode::OK).await["device_code"].as_str().unwrap().to_owned()
    }

    /// A poll after so many seconds.
    async fn poll(&self, code: &str, seconds: u64) -> Response {
        self.pass(seconds);
        let form = [("grant_type", GRANT_DEVICE_CODE), ("device_code", code), ("scope", "openid offline_access")];
        self.token_service("token", &form).await
    }

    async fn redeem(&self, refresh: &SecretString, audience: &str) -> Response {
        let scope = format!("{audience}/.default offline_access");
        let refresh = refresh.expose_secret();
        let form = [("grant_type", GRANT_REFRESH), ("refresh_token", refresh), ("scope", &scope)];
        self.token_service("token", &form).await
    }

    /// Client credentials of the simulated registration, with what proves them.
    async fn application(&self, tenant: &str, audience: &str, proof: &[(&str, &str)]) -> Response {
        let url = self.base("entra") + &token_path(tenant);
        let scope = format!("{audience}/.default");
        let fixed = [("grant_type", GRANT_CLIENT_CREDENTIALS), ("client_id", CLIENT), ("scope", &scope)];
        let form: Vec<(&str, &str)> = fixed.into_iter().chain(proof.iter().copied()).collect();
        self.http.post(url).form(&form).send().await.unwrap()
    }

    async fn application_token(&self, audience: &str) -> String {
        let answer = self.application(TENANT, audience, &[("client_secret", CLIENT_SECRET)]).await;
        json_of(answer, StatusCode::OK).await["access_token"].as_str().unwrap().to_owned()
    }

    async fn status_with(&self, token: &str, url: &str) -> StatusCode {
        self.http.get(url).bearer_auth(token).send().await.unwrap().status()
    }
}

// Refusals by number

#[tokio::test]
async fn a_refusal_has_the_shape_of_its_number_at_every_step() {
    for (number, status, error, suberror) in [
        (50076, 400, "invalid_grant", Some("basic_action")),
        (53003, 400, "invalid_grant", Some("message_only")),
        (65001, 400, "invalid_grant", Some("consent_required")),
        (65002, 400, "invalid_grant", None),
        (70043, 400, "invalid_grant", Some("bad_token")),
        (90094, 400, "invalid_grant", Some("consent_required")),
        (530_033, 400, "invalid_grant", Some("message_only")),
        (700_082, 400, "invalid_grant", Some("bad_token")),
        (7_000_218, 401, "invalid_client", None),
    ] {
        let expected = (status, error.to_owned(), number, suberror.map(str::to_owned));
        let on = |at: &str| format!("[[sign_in.refusals]]\nat = \"{at}\"\nnumber = {number}");
        let bench = Bench::text(&on("device-code")).await;
        assert_eq!(refusal(bench.ask_code().await).await, expected);
        let bench = Bench::text(&on("poll")).await;
        let code = bench.code().await;
        assert_eq!(refusal(bench.poll(&code, 10).await).await, expected);
        let bench = Bench::text(&on("refresh")).await;
        assert_eq!(refusal(bench.redeem(&bench.simulator.signed_in(), BAP).await).await, expected);
        let counters = bench.counters();
        assert_eq!((counters.sign_ins, counters.refreshes), (0, 0), "{number}");
    }
}

#[tokio::test]
async fn what_is_about_the_person_waits_for_the_person_and_what_is_about_the_client_does_not() {
    for (number, expected) in [(53003, "authorization_pending"), (7_000_218, "invalid_client")] {
        let bench = Bench::text(&format!("[[sign_in.refusals]]\nat = \"poll\"\nnumber = {number}")).await;
        let code = bench.code().await;
        assert_eq!(refusal(bench.poll(&code, 5).await).await.1, expected);
    }
}

#[tokio::test]
async fn a_refusal_can_be_about_one_service_and_end_after_some_times() {
    let bench =
        Bench::text("[[sign_in.refusals]]\nat = \"refresh\"\nnumber = 50076\nservice = \"gateway\"\ntimes = 2").await;
    let refresh = bench.simulator.signed_in();
    for (audience, status) in [
        (BAP, StatusCode::OK),
        (GATEWAY, StatusCode::BAD_REQUEST),
        (LCS, StatusCode::OK),
        (GATEWAY, StatusCode::BAD_REQUEST),
        (GATEWAY, StatusCode::OK),
    ] {
        assert_eq!(bench.redeem(&refresh, audience).await.status(), status, "{audience}");
    }
}

#[tokio::test]
async fn mistakes_in_what_a_scenario_says_of_the_sign_in_are_named() {
    for (text, words) in [
        ("[[sign_in.refusals]]\nat = \"poll\"\nnumber = 1", "own:4:10: 1 is none of the refusals 50076, 53003"),
        ("[[sign_in.refusals]]\nat = \"poll\"\nnumber = 53003\ntimes = 0", "own:5:1: times = 0 is never"),
        ("[[sign_in.refusals]]\nat = \"poll\"\nnumber = 53003\nservice = \"bap\"", "only a refusal at the refresh"),
        ("[sign_in]\napplication = [\"lcs\"]", "own:3:1: lcs, link and gateway take no token of an application"),
    ] {
        let error = Scenario::parse(&format!("title = \"own\"\n{text}"), "own").unwrap_err().to_string();
        assert!(error.contains(words), "{text}\n{error}");
    }
}

// The built-in scenarios

#[tokio::test]
async fn the_first_polls_are_slowed_down_whatever_their_pace() {
    let bench = Bench::named("sign-in-slow-down").await;
    let code = bench.code().await;
    for seconds in [60, 10, 15] {
        assert_eq!(refusal(bench.poll(&code, seconds).await).await.1, "slow_down");
    }
    // Whoever did not slow down hears it again.
    assert_eq!(refusal(bench.poll(&code, 15).await).await.1, "slow_down");
    assert_eq!(bench.poll(&code, 25).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_sign_in_is_declined_expires_or_is_blocked() {
    for (scenario, seconds, error, number) in [
        ("sign-in-declined", 10, "authorization_declined", 70000),
        ("sign-in-expired", 900, "expired_token", 70019),
        ("sign-in-blocked", 10, "invalid_grant", 53003),
    ] {
        let bench = Bench::named(scenario).await;
        let code = bench.code().await;
        assert_eq!(refusal(bench.poll(&code, 5).await).await.1, "authorization_pending", "{scenario}");
        let (_, own_error, own_number, _) = refusal(bench.poll(&code, seconds).await).await;
        assert_eq!((own_error.as_str(), own_number), (error, number), "{scenario}");
        assert_eq!(bench.counters().sign_ins, 0);
    }
}

#[tokio::test]
async fn tokens_that_live_for_a_minute_run_out_after_it() {
    let bench = Bench::named("token-expiry").await;
    let url = bench.base("bap") + &bap::environments_path();
    let token = bench.token(BAP).await;
    for (seconds, status) in [(0, StatusCode::OK), (59, StatusCode::OK), (1, StatusCode::UNAUTHORIZED)] {
        bench.pass(seconds);
        assert_eq!(bench.status_with(&token, &url).await, status, "{seconds}");
    }
}

#[tokio::test]
async fn in_the_middle_of_the_set_up_every_token_is_revoked_once_and_a_new_sign_in_goes_on() {
    let bench = Bench::named("refresh-revoked").await;
    let id = bench.id(UAT).await;
    let (refresh, access) = (bench.simulator.signed_in(), bench.token(BAP).await);
    let url = bench.base("bap") + &bap::environments_path();
    bench.install_id(&id, CORE).await;
    bench.pass(150);
    assert_eq!(bench.redeem(&refresh, BAP).await.status(), StatusCode::OK);
    bench.install_id(&id, APP_CORE).await;
    assert_eq!(refusal(bench.redeem(&refresh, BAP).await).await.2, 50173);
    assert_eq!(bench.status_with(&access, &url).await, StatusCode::UNAUTHORIZED);
    let code = bench.code().await;
    let token = json_of(bench.poll(&code, 10).await, StatusCode::OK).await;
    let refresh = SecretString::from(token["refresh_token"].as_str().unwrap());
    bench.pass(530);
    assert_eq!(bench.redeem(&refresh, POWER_PLATFORM).await.status(), StatusCode::OK);
    assert_eq!(bench.package_state(&id, APP_CORE).await.to_lowercase(), "installed");
}

// Applications that come as themselves

#[tokio::test]
async fn an_application_gets_a_token_for_its_secret_and_no_refresh_token() {
    let bench = Bench::named("happy").await;
    let answer = bench.application(TENANT, BAP, &[("client_secret", CLIENT_SECRET)]).await;
    let token = json_of(answer, StatusCode::OK).await;
    assert_eq!((token["token_type"].as_str(), token["expires_in"].as_u64()), (Some("Bearer"), Some(4521)));
    assert!(token.get("refresh_token").is_none() && token.get("id_token").is_none());
    let url = bench.base("bap") + &bap::environments_path();
    assert_eq!(bench.status_with(token["access_token"].as_str().unwrap(), &url).await, StatusCode::OK);
    let counters = bench.counters();
    assert_eq!((counters.client_credentials, counters.refreshes, counters.sign_ins), (1, 0, 0));
}

#[tokio::test]
async fn client_credentials_are_refused_with_the_reason() {
    let bench = Bench::named("happy").await;
    let secret = ("client_secret", CLIENT_SECRET);
    for tenant in ["common", "organizations", "Organizations"] {
        let said = refusal(bench.application(tenant, BAP, &[secret]).await).await;
        assert_eq!(said, (400, "invalid_request".to_owned(), 50059, None), "{tenant}");
    }
    let said = refusal(bench.application(TENANT, BAP, &[("client_secret", "wrong")]).await).await;
    assert_eq!(said, (401, "invalid_client".to_owned(), 7_000_215, None));
    let said = refusal(bench.application(TENANT, BAP, &[]).await).await;
    assert_eq!((said.0, said.2), (400, 7_000_216));
    let said = refusal(bench.application(TENANT, "https://unknown.example", &[secret]).await).await;
    assert_eq!((said.1.as_str(), said.2), ("invalid_resource", 500_011));
    let form = [("grant_type", GRANT_CLIENT_CREDENTIALS), ("client_id", CLIENT), secret, ("scope", "openid")];
    let url = bench.base("entra") + &token_path(TENANT);
    let said = refusal(bench.http.post(url).form(&form).send().await.unwrap()).await;
    assert_eq!((said.1.as_str(), said.2), ("invalid_scope", 1_002_012));
    assert_eq!(bench.counters().client_credentials, 0);
}

#[tokio::test]
async fn the_token_of_an_application_is_taken_only_where_it_can_be() {
    for (more, sides) in [
        ("", StatusCode::UNAUTHORIZED),
        (
            "[sign_in]\napplication = [\"bap\", \"power_platform\", \"graph\", \"dataverse\", \"finance_operations\"]",
            StatusCode::OK,
        ),
    ] {
        let bench = Bench::text(more).await;
        let (org, finops) = (bench.dataverse(UAT), bench.finops(UAT));
        let no = StatusCode::UNAUTHORIZED;
        let status = link::status_path(PROJECT, &bench.lcs_id(UAT).await, "5d3a10c9-0000-4000-8000-000000000001");
        for (audience, url, expected) in [
            (BAP, bench.base("bap") + &bap::environments_path(), StatusCode::OK),
            (GATEWAY, bench.base("gateway") + &gateway::environments_path("x"), no),
            (LCS, bench.base("lcs") + &lcs::environments_path(PROJECT, 1), no),
            (LCS, bench.base("link") + &status, no),
            (&org, org.clone() + "/api/data/v9.2/WhoAmI", sides),
            (&finops, finops.clone() + finance_operations::CLIENT_ID_ROWS_PATH, sides),
            // Nobody is signed in.
            (GRAPH, bench.base("graph") + graph::LICENCES_PATH, StatusCode::BAD_REQUEST),
        ] {
            let token = bench.application_token(audience).await;
            assert_eq!(bench.status_with(&token, &url).await, expected, "{url}");
        }
    }
}

/// An assertion of made-up parts, with a signature that nobody checks.
fn assertion(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(head), part(claims), URL_SAFE_NO_PAD.encode("signature"))
}

#[tokio::test]
async fn an_application_gets_a_token_for_the_assertion_that_the_client_makes() {
    let bench = Bench::named("happy").await;
    let pem =
        concat!(include_str!("../fixtures/assertion/key.pem"), include_str!("../fixtures/assertion/certificate.pem"));
    let certificate = Certificate::parse(&pem.into()).unwrap();
    let endpoint = bench.base("entra") + &token_path(TENANT);
    let now = bench.simulator.now();
    let made = certificate.assertion(&endpoint, CLIENT, now, Uuid::from_u128(1)).unwrap();
    let proof = [(CLIENT_ASSERTION_TYPE, ASSERTION_JWT), (CLIENT_ASSERTION, made.expose_secret())];
    assert_eq!(bench.application(TENANT, BAP, &proof).await.status(), StatusCode::OK);
    let untyped = refusal(bench.application(TENANT, BAP, &proof[1..]).await).await;
    assert_eq!(untyped.2, 900_144);
    bench.pass(600);
    let late = refusal(bench.application(TENANT, BAP, &proof).await).await;
    assert_eq!(late, (401, "invalid_client".to_owned(), 700_024, None));
    assert_eq!(bench.counters().client_credentials, 1);
}

#[tokio::test]
async fn an_assertion_must_be_whole_and_of_this_client_endpoint_and_time() {
    let bench = Bench::named("happy").await;
    let now = bench.simulator.now().as_second();
    let head = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": "thumbprint"});
    let claims = json!({
        "aud": bench.base("entra") + &token_path(TENANT), "iss": CLIENT, "sub": CLIENT, "jti": "1",
        "nbf": now, "iat": now, "exp": now + 600,
    });
    let changed = |from: &Value, name: &str, value: Value| {
        let mut changed = from.clone();
        changed[name] = value;
        changed
    };
    for (assertion, expected) in [
        (assertion(&head, &claims), None),
        ("junk".to_owned(), Some(50027)),
        ("a.b.c".to_owned(), Some(50027)),
        (assertion(&changed(&head, "alg", "none".into()), &claims), Some(700_027)),
        (assertion(&changed(&head, "x5t#S256", Value::Null), &claims), Some(700_027)),
        (assertion(&head, &claims).replace(&URL_SAFE_NO_PAD.encode("signature"), ""), Some(700_027)),
        (assertion(&head, &changed(&claims, "iss", "other".into())), Some(700_021)),
        (assertion(&head, &changed(&claims, "sub", Value::Null)), Some(700_021)),
        (assertion(&head, &changed(&claims, "aud", "https://other.example".into())), Some(700_023)),
        (assertion(&head, &changed(&claims, "exp", now.into())), Some(700_024)),
        (assertion(&head, &changed(&claims, "nbf", (now + 301).into())), Some(700_024)),
        (assertion(&head, &changed(&claims, "jti", Value::Null)), Some(50027)),
    ] {
        let proof = [(CLIENT_ASSERTION_TYPE, ASSERTION_JWT), (CLIENT_ASSERTION, assertion.as_str())];
        let answer = bench.application(TENANT, BAP, &proof).await;
        match expected {
            None => assert_eq!(answer.status(), StatusCode::OK),
            Some(number) => {
                let (status, error, own, _) = refusal(answer).await;
                assert_eq!((status, error.as_str(), own), (401, "invalid_client", number), "{assertion}");
            }
        }
    }
}

// The gateway

#[tokio::test]
async fn the_gateway_tells_its_version_without_a_token_and_nothing_else() {
    let bench = Bench::named("happy").await;
    let url = bench.base("gateway") + gateway::VERSION_PATH;
    let version = json_of(bench.http.get(&url).send().await.unwrap(), StatusCode::OK).await;
    assert!(version["version"].is_string());
    assert_eq!(bench.http.post(&url).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    let other = bench.base("gateway") + &gateway::environments_path("x");
    assert_eq!(bench.http.get(other).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}
