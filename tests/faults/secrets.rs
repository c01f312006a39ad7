//! What a service sends back of the secrets that it was sent.

use super::*;
use dualwrite::api::{Certificate, Identity, Proof};
use serde_json::json;
use url::form_urlencoded;

/// Has letters that a form writes otherwise.
const SECRET: &str = "Q~w8~very+secret";

/// The fields of the form in a request.
fn fields(request: &str) -> Vec<(String, String)> {
    let form = request.split_once("\r\n\r\n").unwrap().1;
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

/// A refusal that repeats the form twice: as it came, and as it is read.
pub fn echo(request: &[u8]) -> Vec<u8> {
    let request = String::from_utf8_lossy(request);
    let (_, came) = request.split_once("\r\n\r\n").unwrap();
    let read: Vec<String> = fields(&request).into_iter().map(|(name, value)| format!("{name} is {value}")).collect();
    let words = format!("Bad request {came} where {}", read.join(", "));
    http("400 Bad Request", "", &json!({"error": "invalid_request", "error_description": words}).to_string())
}

fn application(proof: Proof) -> Credentials {
    Credentials { identity: Identity::Application(proof), ..Credentials::person(None) }
}

fn certificate() -> Proof {
    let pem =
        concat!(include_str!("../fixtures/assertion/key.pem"), include_str!("../fixtures/assertion/certificate.pem"));
    Proof::Certificate(Certificate::parse(&pem.into()).unwrap())
}

#[rstest]
#[case::refresh_token("refresh_token", || Credentials::person(Some(SECRET.into())))]
#[case::device_code("device_code", || Credentials::person(None))]
#[case::client_secret("client_secret", || application(Proof::Secret(SECRET.into())))]
#[case::client_assertion("client_assertion", || application(certificate()))]
#[tokio::test]
async fn a_secret_that_comes_back_raw_or_as_a_form_writes_it_is_told_without_it(
    #[case] field: &str,
    #[case] credentials: fn() -> Credentials,
) {
    let is_code = field == "device_code";
    let code = json!({"user_code": "A", "device_code": SECRET, "verification_uri": "https://x", "expires_in": 900});
    let first = if is_code { vec![http("200 OK", "", &code.to_string())] } else { Vec::new() };
    let server = serve(Serve::Echo(first)).await;
    let api = api_of(server.port, credentials());
    if is_code {
        api.call(Call::DeviceCode).await.unwrap();
    }
    let question = if is_code { Call::PollDeviceCode } else { Call::Packages("e".into()) };
    let trouble = api.call(question).await.unwrap_err();
    let heard = server.heard.lock().unwrap().last().cloned().unwrap();
    let (_, sent) = fields(&heard).into_iter().find(|(name, _)| name == field).expect(field);
    let in_form: String = form_urlencoded::byte_serialize(sent.as_bytes()).collect();
    assert!(heard.contains(&in_form) && (sent == SECRET || field == "client_assertion"), "{heard}");
    let told = format!("{trouble:?} {trouble}");
    assert!(!told.contains(&sent) && !told.contains(&in_form), "{told}");
    for words in [format!("{field}=[left-out]"), format!("{field} is [left-out]")] {
        assert!(trouble.words.contains(&words), "{words}: {told}");
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_the_token_is_told_without_it() {
    let body = format!("{{\"error\":{{\"code\":\"X\",\"message\":\"Token {TOKEN} is bad\"}}}}");
    for (name, trouble) in all_troubles(Serve::Bytes(http("403 Forbidden", "", &body))).await {
        assert!(trouble.words.contains("Token [left-out] is bad"), "{name}: {trouble}");
    }
}

#[tokio::test]
async fn nothing_of_a_token_or_a_body_is_told() {
    // A service that sends back what it was sent, wherever an id or an address could be.
    let jwt = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln";
    let hostile = [
        http("503 Service Unavailable", &format!("x-ms-request-id: {jwt}\r\nrequest-id: Bearer {jwt}\r\n"), jwt),
        http("302 Found", &format!("location: /bap/{jwt}/t%3D{jwt}?token={jwt}\r\n"), ""),
        http("200 OK", "", &format!("{{\"value\":[],\"nextLink\":\"https://evil.example/{jwt}\"}}")),
    ];
    let server = serve(Serve::InTurn(hostile.to_vec())).await;
    let (api, all) = heard(server.port);
    for _ in 0..2 {
        assert!(api.call(Call::Environments).await.is_err());
    }
    let all = format!("{:?}", all.lock().unwrap());
    assert!(all.contains("evil.example") && all.contains("left-out"), "{all}");
    assert!(!all.contains("eyJ") && !all.contains(TOKEN), "{all}");
}
