//! The harm that a scenario does to requests, and what others do to its world.

use super::*;

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
