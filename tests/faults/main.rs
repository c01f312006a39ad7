//! What the client makes of every kind of bad answer, byte by byte: a server that writes what the
//! test says and nothing else. No combination panics, hangs, or is read as "not there".
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod bodies;
#[path = "../common/held.rs"]
mod held;
mod redirects;
mod secrets;
mod tokens;

use dualwrite::api::{Api, Credentials, Outside, Time, Trust};
use dualwrite::core::call::{Call, Change, Reply};
use dualwrite::core::exchange::{Ending, Exchange};
use dualwrite::core::gateways::{AtGateway, Gateway};
use dualwrite::core::trouble::{Again, Done, Trouble, What};
use dualwrite::settings::Profile;
use held::{Held, wait};
use rstest::rstest;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

/// The token of the test; it must not be seen anywhere but in the header it belongs to.
const TOKEN: &str = "secret-token-of-the-test";

/// What the server does with each connection.
#[derive(Clone)]
enum Serve {
    /// Writes this and closes.
    Bytes(Vec<u8>),
    /// Writes this and stays silent.
    ThenSilence(Vec<u8>),
    /// Writes this, then the same piece for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// Closes without a byte.
    Close,
    /// Writes one after the other, one for each connection; the last for all that follow.
    InTurn(Vec<Vec<u8>>),
    /// The same, and for all that follow a refusal that sends back what it was sent, as it came and as it is read.
    Echo(Vec<Vec<u8>>),
}

struct Server {
    port: u16,
    /// Every request as it came.
    heard: Arc<Mutex<Vec<String>>>,
    /// Answers that stay silent.
    held: Arc<Held>,
}

async fn serve(what: Serve) -> Server {
    serve_at(|_| what).await
}

/// A server whose answers name its own port.
async fn serve_at(what: impl FnOnce(u16) -> Serve) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, held, what) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Held::default()), what(port));
    let (log, silent) = (Arc::clone(&heard), Arc::clone(&held));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (what, log, silent) = (what.clone(), Arc::clone(&log), Arc::clone(&silent));
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !is_whole(&request) {
                    match socket.read(&mut buffer).await {
                        Ok(0) | Err(_) => return,
                        Ok(count) => request.extend_from_slice(&buffer[..count]),
                    }
                }
                let turn = {
                    let mut log = log.lock().unwrap();
                    log.push(String::from_utf8_lossy(&request).into_owned());
                    log.len() - 1
                };
                match what {
                    Serve::Close => {}
                    Serve::Echo(first) => {
                        let answer = first.get(turn).cloned().unwrap_or_else(|| secrets::echo(&request));
                        drop(socket.write_all(&answer).await);
                    }
                    Serve::InTurn(all) => drop(socket.write_all(&all[turn.min(all.len() - 1)]).await),
                    Serve::Bytes(bytes) => drop(socket.write_all(&bytes).await),
                    Serve::ThenSilence(bytes) => {
                        let _ = socket.write_all(&bytes).await;
                        silent.begins();
                        // Until the client goes away.
                        while socket.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
                        silent.ends();
                    }
                    Serve::Endless(first, piece) => {
                        let _ = socket.write_all(&first).await;
                        while socket.write_all(&piece).await.is_ok() {}
                    }
                }
            });
        }
    });
    Server { port, heard, held }
}

/// Whether head and body of a request are there: who closes before all is read resets the connection.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn api(port: u16) -> Api {
    api_of(port, outside())
}

fn outside() -> Credentials {
    Credentials::outside(Outside::read(|_| Some(TOKEN.to_owned())))
}

fn api_of(port: u16, credentials: Credentials) -> Api {
    api_at(port, credentials, 1.0)
}

/// A client whose own pauses are so many times shorter.
fn api_at(port: u16, credentials: Credentials, speed: f64) -> Api {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = format!("http://127.0.0.1:{port}");
    let text = format!(
        "name = \"test\"\nauthority = \"{base}/entra\"\nclient_id = \"c\"\nbap = \"{base}/bap\"\npower_platform = \"{base}/pp\"\n\
         lcs = \"{base}/lcs\"\nlcs_project = 7\ngateway = \"{base}/gateway\"\nlink = \"{base}/link\"\n"
    );
    let profile = Profile::parse(&text, "test").unwrap();
    let time = Time { now: Arc::new(jiff::Timestamp::now), speed };
    Api::new(profile, credentials, Trust::default(), time).unwrap()
}

/// A client whose requests are heard.
fn heard(port: u16) -> (Api, Arc<Mutex<Vec<Exchange>>>) {
    let all = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&all);
    (api(port).telling(Arc::new(move |exchange| listener.lock().unwrap().push(exchange))), all)
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// Every question, to whichever service, on this server.
fn calls(port: u16) -> Vec<Call> {
    let side = format!("http://127.0.0.1:{port}/side");
    vec![
        Call::Environments,
        Call::Lifecycle,
        Call::Integration(side.clone()),
        Call::Packages("e".into()),
        Call::Operation { environment: "e".into(), operation: "o".into() },
        Call::Users { dataverse: side.clone(), app: "a" },
        Call::RootBusinessUnit(side.clone()),
        Call::AdministratorRole { dataverse: side.clone(), business_unit: "b".into() },
        Call::Rows(side.clone()),
        Call::FinopsUsers(side.clone()),
        Call::LegalEntities(side),
        Call::Links(AtGateway { of: "host".into(), ..AtGateway::default() }),
        Call::ConnectionSet(AtGateway { of: "name".into(), ..AtGateway::default() }),
        Call::Maps(AtGateway { of: "cid".into(), ..AtGateway::default() }),
        Call::LinkStatus { environment: "e".into(), activity: "a".into() },
    ]
}

fn changes(port: u16) -> Vec<Change> {
    let side = format!("http://127.0.0.1:{port}/side");
    vec![
        Change::Install { environment: "e".into(), package: "p".into() },
        Change::CreateUser { dataverse: side.clone(), app: "a", business_unit: "b".into() },
        Change::EnableUser { dataverse: side.clone(), user: "u".into(), app: "a" },
        Change::GiveRole { dataverse: side.clone(), user: "u".into(), role: "r".into(), app: "a" },
        Change::CreateRow { finops: side, app: "a", user: "Admin".into() },
        Change::StartLink { environment: "e".into(), power_platform: "p".into(), request_id: "r".into() },
        Change::ResetLink {
            cid: AtGateway { of: "c".into(), ..AtGateway::default() },
            body: dualwrite::wire::gateway::Reset::default(),
        },
    ]
}

/// Whether this is one of [`changes`].
fn is_change(name: &str) -> bool {
    ["Install", "Create", "Enable", "Give", "Start", "Reset"].iter().any(|word| name.starts_with(word))
}

/// What every trouble must be able to say, and must never say.
fn assert_speaks(trouble: &Trouble) {
    assert!(trouble.sentence().len() > 10, "{trouble:?}");
    assert!(trouble.next_move(Again::Reading).ends_with('.'), "{trouble:?}");
    assert!(!format!("{trouble:?} {trouble}").contains(TOKEN));
}

async fn all_troubles(what: Serve) -> Vec<(String, Trouble)> {
    let server = serve(what).await;
    let api = api(server.port);
    let mut all = Vec::new();
    for call in calls(server.port) {
        let name = format!("{call:?}");
        match api.call(call).await {
            Err(trouble) => all.push((name, trouble)),
            Ok(reply) => panic!("{name} took it for an answer: {reply:?}"),
        }
    }
    for change in changes(server.port) {
        let name = format!("{change:?}");
        match api.change(change).await {
            Err(trouble) => all.push((name, trouble)),
            Ok(reply) => panic!("{name} took it for an answer: {reply:?}"),
        }
    }
    for (_, trouble) in &all {
        assert_speaks(trouble);
    }
    all
}

#[rstest]
#[case::bad_request("400 Bad Request", 400)]
#[case::forbidden("403 Forbidden", 403)]
#[case::not_found("404 Not Found", 404)]
#[case::time_out("408 Request Timeout", 408)]
#[case::too_early("425 Too Early", 425)]
#[case::slow_down("429 Too Many Requests", 429)]
#[case::broken("500 Internal Server Error", 500)]
#[case::bad_gateway("502 Bad Gateway", 502)]
#[case::unavailable("503 Service Unavailable", 503)]
#[case::gateway_time_out("504 Gateway Timeout", 504)]
#[tokio::test]
async fn a_status_is_told_with_its_words(#[case] line: &str, #[case] status: u16) {
    for body in ["", "<html><title>Sorry</title></html>", r#"{"error":{"code":"X","message":"Sorry"}}"#] {
        for (name, trouble) in all_troubles(Serve::Bytes(http(line, "", body))).await {
            assert_eq!(trouble.what, What::Status(status), "{name}");
            assert_eq!(trouble.words.contains("Sorry"), !body.is_empty(), "{name}");
            let perhaps = is_change(&name) && (status >= 500 || status == 408);
            assert_eq!(trouble.done, if perhaps { Done::Perhaps } else { Done::No }, "{name}");
        }
    }
}

#[tokio::test]
async fn a_token_of_one_environment_is_not_shown_to_the_host_of_another() {
    use base64::prelude::*;
    let server = serve(Serve::Bytes(http("200 OK", "", "{\"value\":[]}"))).await;
    let token = |aud: &str| {
        let claims = BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"aud\":\"{aud}\"}}"));
        format!("e30.{claims}.x")
    };
    let rows = || Call::Rows(format!("http://127.0.0.1:{}/dev", server.port));
    let api = |token: String| api_of(server.port, Credentials::outside(Outside::read(|_| Some(token.clone()))));
    let trouble = api(token("https://prod.operations.dynamics.com/")).call(rows()).await.unwrap_err();
    assert!(trouble.to_string().contains("it is for https://prod.operations.dynamics.com/"), "{trouble}");
    assert!(matches!(trouble.what, What::OutsideToken("DUALWRITE_TOKEN_FINANCE_OPERATIONS")));
    assert!(server.heard.lock().unwrap().is_empty(), "nothing was sent");
    // By its id an audience is any of finance and operations.
    assert!(api(token("00000015-0000-0000-c000-000000000000")).call(rows()).await.is_ok());
}

#[tokio::test]
async fn a_conflict_with_an_empty_body_is_busy_for_a_reading_and_refused_for_a_change() {
    let server = serve(Serve::Bytes(http("409 Conflict", "", ""))).await;
    let api = api(server.port);
    let watching = Call::Operation { environment: "e".into(), operation: "o".into() };
    assert_eq!(api.call(watching).await, Ok(Reply::Operation { operation: None, retry_after: None }));
    let install = Change::Install { environment: "e".into(), package: "p".into() };
    let trouble = api.change(install).await.unwrap_err();
    assert_eq!((trouble.what, trouble.done), (What::Status(409), Done::No));
}

#[rstest]
#[case::seconds("retry-after: 20\r\n", Some(20))]
#[case::date("date: Sun, 06 Nov 1994 08:49:00 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Some(37))]
#[case::duration("retry-after: 00:00:05\r\n", Some(5))]
#[case::none("", None)]
#[case::nonsense("retry-after: soon\r\n", None)]
#[tokio::test]
async fn what_a_service_asks_to_wait_is_heard(#[case] header: &str, #[case] seconds: Option<u64>) {
    for (name, trouble) in all_troubles(Serve::Bytes(http("429 Too Many Requests", header, ""))).await {
        assert_eq!(trouble.retry_after, seconds.map(Duration::from_secs), "{name}");
        assert!(trouble.is_passing());
    }
}

#[tokio::test]
async fn a_refused_token_from_outside_is_named_by_its_variable() {
    for (name, trouble) in all_troubles(Serve::Bytes(http("401 Unauthorized", "", ""))).await {
        assert!(
            matches!(trouble.what, What::OutsideToken(variable) if variable.starts_with("DUALWRITE_TOKEN_")),
            "{name}"
        );
    }
}

#[rstest]
#[case::html("<html><title>Sign in to your account</title></html>", What::Unreadable)]
#[case::cut("{\"value\":[{\"name\":\"a", What::CutOff)]
#[case::another_type("\"a text\"", What::Unreadable)]
#[case::a_number("7", What::Unreadable)]
#[case::not_unicode("\u{fffd}\u{0}", What::Unreadable)]
#[tokio::test]
async fn a_success_that_cannot_be_read_is_never_an_empty_list(#[case] body: &str, #[case] what: What) {
    let server = serve(Serve::Bytes(http("200 OK", "", body))).await;
    let api = api(server.port);
    for call in calls(server.port) {
        let name = format!("{call:?}");
        let trouble = api.call(call).await.expect_err(&name);
        // Where a list is expected, not even the begin of an object is right.
        assert!([&what, &What::Unreadable].contains(&&trouble.what), "{name}: {trouble}");
        assert_speaks(&trouble);
    }
}

#[tokio::test]
async fn an_empty_object_is_never_an_empty_list() {
    let server = serve(Serve::Bytes(http("200 OK", "", "{}"))).await;
    let api = api(server.port);
    for call in calls(server.port) {
        let name = format!("{call:?}");
        let is_list = !matches!(call, Call::Operation { .. } | Call::LinkStatus { .. } | Call::ConnectionSet(_));
        let result = api.call(call).await;
        assert_eq!(result.is_err(), is_list, "{name}: {result:?}");
    }
}

#[tokio::test]
async fn a_closed_or_cut_connection_may_have_done_the_work() {
    for what in [Serve::Close, Serve::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"value\"".to_vec())] {
        for (name, trouble) in all_troubles(what.clone()).await {
            let done = if is_change(&name) { Done::Perhaps } else { Done::No };
            assert_eq!((&trouble.what, trouble.done), (&What::CutOff, done), "{name}");
            assert!(trouble.is_passing());
        }
    }
}

#[tokio::test]
async fn a_refused_connection_surely_did_nothing() {
    // Bound and not listening: the port stays ours, so no server of another test can come to it.
    let place = TcpSocket::new_v4().unwrap();
    place.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let gone = place.local_addr().unwrap().port();
    let api = api(gone);
    for change in changes(gone) {
        let trouble = api.change(change).await.unwrap_err();
        assert_eq!((trouble.what.clone(), trouble.done), (What::Unreachable, Done::No), "{trouble}");
        assert!(trouble.words.to_lowercase().contains("refused"), "{trouble}");
    }
}

/// The time limits in seconds, and what may have happened.
fn limit(name: &str) -> (u64, Done) {
    match is_change(name) {
        true if name.starts_with("Reset") => (300, Done::Perhaps),
        true => (60, Done::Perhaps),
        false => (30, Done::No),
    }
}

#[rstest]
#[case::nothing(b"")]
#[case::half_a_status(b"HTTP/1.1 200")]
#[case::half_a_body(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"value\"")]
#[tokio::test]
async fn silence_ends_at_the_limit_with_no_answer_and_a_change_may_have_been_made(#[case] said: &[u8]) {
    let server = serve(Serve::ThenSilence(said.to_vec())).await;
    let api = &api(server.port);
    let calls = calls(server.port).into_iter().map(|call| (format!("{call:?}"), Err(call)));
    let changes = changes(server.port).into_iter().map(|change| (format!("{change:?}"), Ok(change)));
    for (name, work) in calls.chain(changes) {
        let work = async {
            match work {
                Err(call) => api.call(call).await.map(drop),
                Ok(change) => api.change(change).await.map(drop),
            }
        };
        let (limit, done) = limit(&name);
        let (result, passed) = wait(&server.held, work, limit + 1).await.unwrap_or_else(|| panic!("{name} waits on"));
        let trouble = result.expect_err(&name);
        assert_eq!((&trouble.what, trouble.done), (&What::NoAnswer, done), "{name}: {trouble:?}");
        assert!(passed >= limit, "{name}: {passed} s");
        assert_speaks(&trouble);
        // The next one is waited for by its own silence.
        while server.held.is_any() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    let server = serve(Serve::Endless(head, vec![b' '; 1 << 20])).await;
    let trouble = api(server.port).call(Call::Environments).await.unwrap_err();
    assert_eq!((&trouble.what, trouble.words.as_str()), (&What::TooLarge, "more than 20 MB"));
    assert_speaks(&trouble);
}

#[rstest]
#[case::whole(
    "operation-location: https://evil.example/appmanagement/environments/e/operations/op-1?api-version=x\r\n"
)]
#[case::other_name("location: http://evil.example/operations/op-1\r\n")]
#[case::path("location: /appmanagement/environments/e/operations/op-1?api-version=x\r\n")]
#[case::both(
    "location: https://evil.example/operations/op-2\r\noperation-location: https://evil.example/operations/op-1\r\n"
)]
#[tokio::test]
async fn only_the_id_is_taken_from_where_an_installation_says_that_its_operation_is(#[case] header: &str) {
    let server = serve(Serve::Bytes(http("202 Accepted", header, ""))).await;
    let api = api(server.port);
    let install = Change::Install { environment: "e".into(), package: "p".into() };
    let accepted = Reply::InstallAccepted { operation: Some("op-1".into()), retry_after: None };
    assert_eq!(api.change(install).await, Ok(accepted));
    // It is asked for where all is asked.
    let watching = Call::Operation { environment: "e".into(), operation: "op-1".into() };
    assert!(api.call(watching).await.is_err(), "an empty answer is none");
    let heard = server.heard.lock().unwrap().clone();
    let asked = "GET /pp/appmanagement/environments/e/operations/op-1?";
    assert!(heard.len() == 2 && heard[1].starts_with(asked), "{heard:?}");
}

#[tokio::test]
async fn an_accepted_installation_without_a_readable_body_is_watched_by_the_list() {
    for body in ["", "{}", "<html>", "{\"lastOperation\":null}"] {
        let server = serve(Serve::Bytes(http("200 OK", "", body))).await;
        let install = Change::Install { environment: "e".into(), package: "p".into() };
        assert_eq!(
            api(server.port).change(install).await,
            Ok(Reply::InstallAccepted { operation: None, retry_after: None }),
            "{body}"
        );
    }
}

#[tokio::test]
async fn lifecycle_services_refuse_under_200() {
    let body = r#"{"IsSuccess":false,"ErrorMessage":"Project not found","OperationActivityId":"a-1","Data":null}"#;
    let server = serve(Serve::Bytes(http("200 OK", "", body))).await;
    let api = api(server.port);
    let trouble = api.call(Call::Lifecycle).await.unwrap_err();
    assert_eq!((trouble.what, trouble.words.as_str()), (What::Refused, "Project not found"));
    assert_eq!(trouble.correlation.as_deref(), Some("a-1"));
    let start = Change::StartLink { environment: "e".into(), power_platform: "p".into(), request_id: "r".into() };
    let trouble = api.change(start).await.unwrap_err();
    assert_eq!((trouble.what, trouble.done), (What::Refused, Done::No));
    // One that is not denied and has no name is perhaps made.
    for body in [r#"{"IsSuccess":true,"OperationActivityId":null}"#, "{}"] {
        let server = serve(Serve::Bytes(http("200 OK", "", body))).await;
        let start = Change::StartLink { environment: "e".into(), power_platform: "p".into(), request_id: "r".into() };
        let trouble = self::api(server.port).change(start).await.unwrap_err();
        assert_eq!((trouble.what, trouble.done), (What::Unreadable, Done::Perhaps), "{body}");
    }
}

#[tokio::test]
async fn not_integrated_is_an_answer_and_any_other_400_is_not() {
    for (code, is_answer) in [("0x80048D0B", true), ("0x80060888", false)] {
        let body = format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"m\"}}}}");
        let server = serve(Serve::Bytes(http("400 Bad Request", "", &body))).await;
        let side = format!("http://127.0.0.1:{}/side", server.port);
        let result = api(server.port).call(Call::Integration(side)).await;
        assert_eq!(result == Ok(Reply::Integration(None)), is_answer, "{result:?}");
    }
}

#[tokio::test]
async fn the_link_carries_its_request_id_and_the_token_its_header() {
    let body = r#"{"IsSuccess":true,"OperationActivityId":"a"}"#;
    let server = serve(Serve::Bytes(http("200 OK", "", body))).await;
    let start =
        Change::StartLink { environment: "e/../x".into(), power_platform: "p".into(), request_id: "r-1".into() };
    assert_eq!(api(server.port).change(start).await, Ok(Reply::LinkAccepted("a".into())));
    let heard = server.heard.lock().unwrap().join("\n");
    assert!(heard.starts_with("POST /link/link/project/7/environment/e%2F..%2Fx HTTP/1.1"), "{heard}");
    assert!(heard.contains("x-ms-client-request-id: r-1"), "{heard}");
    assert!(heard.contains(&format!("authorization: Bearer {TOKEN}")), "{heard}");
}

#[tokio::test]
async fn a_question_that_is_asked_again_is_its_second_attempt() {
    let busy = http(
        "503 Service Unavailable",
        "retry-after: 20\r\nx-ms-correlation-request-id: 9a0f0f0f-0000-4000-8000-000000000002\r\n",
        "",
    );
    let good = http("200 OK", "x-ms-request-id: 9a0f0f0f-0000-4000-8000-000000000003\r\n", "{\"value\":[]}");
    let server = serve(Serve::InTurn(vec![busy, good])).await;
    let (api, all) = heard(server.port);
    assert!(api.call(Call::Environments).await.is_err());
    for _ in 0..2 {
        assert_eq!(api.call(Call::Environments).await, Ok(Reply::Environments(Vec::new())));
    }
    let all = all.lock().unwrap();
    let told: Vec<_> = all.iter().map(|of| (of.ending.clone(), of.attempt, of.correlations.join(" "))).collect();
    let ended = |status, attempt, id: u8| {
        (Ending::Answered(status), attempt, format!("9a0f0f0f-0000-4000-8000-00000000000{id}"))
    };
    assert_eq!(told, [ended(503, 1, 2), ended(200, 2, 3), ended(200, 1, 3)]);
    assert_eq!(all[0].retry_after, Some(Duration::from_secs(20)));
    let sent = server.heard.lock().unwrap().join("\n");
    for exchange in all.iter() {
        assert_eq!(exchange.path, "/bap/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments");
        let id = exchange.request_id.as_deref().unwrap();
        assert!(sent.contains(&format!("x-ms-client-request-id: {id}")), "{id} was not sent:\n{sent}");
    }
}

#[tokio::test]
async fn redirects_refusals_and_silence_are_told_too() {
    let elsewhere = "http://127.0.0.1:1/elsewhere";
    let hop = |to: &str| http("302 Found", &format!("location: {to}\r\n"), "");
    let server = serve(Serve::InTurn(vec![hop("/bap/moved"), hop(elsewhere), Vec::new()])).await;
    let (api, all) = heard(server.port);
    assert!(api.call(Call::Environments).await.is_err());
    assert!(api.call(Call::Environments).await.is_err());
    assert!(api.call(Call::Version("https://evil.example/?code=secret".into())).await.is_err());
    let all: Vec<String> = std::mem::take(&mut *all.lock().unwrap())
        .into_iter()
        .map(|of| Exchange { request_id: None, took: Duration::ZERO, ..of }.line())
        .collect();
    let environments = "GET 127.0.0.1 /bap/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments";
    assert_eq!(
        all,
        [
            format!("{environments} 302 0 ms"),
            "GET 127.0.0.1 /bap/moved 302 0 ms".to_owned(),
            "GET 127.0.0.1 /elsewhere not sent: this host does not belong to the Power Platform admin service 0 ms"
                .to_owned(),
            format!("{environments} cut off (connection closed before message completed) 0 ms"),
            "GET evil.example / not sent: this host does not belong to Dataverse 0 ms".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_any_more_is_told_as_dropped() {
    let server = serve(Serve::ThenSilence(Vec::new())).await;
    let (api, all) = heard(server.port);
    let asked = server.heard;
    let mut question = Box::pin(api.call(Call::Environments));
    while asked.lock().unwrap().is_empty() {
        tokio::select! {
            _ = &mut question => panic!("a silent service has answered"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(question);
    let all = all.lock().unwrap();
    assert_eq!(all.iter().map(|of| of.ending.clone()).collect::<Vec<_>>(), [Ending::Dropped]);
}

#[tokio::test]
async fn only_a_gateway_that_was_found_is_asked_with_a_token() {
    let server = serve(Serve::Bytes(http("200 OK", "", "[]"))).await;
    let api = api(server.port);
    let base = format!("http://127.0.0.1:{}/gateway", server.port);
    let links = Call::Links(AtGateway { gateway: Gateway::Found(base.as_str().into()), of: "host".into() });
    let trouble = api.call(links.clone()).await.unwrap_err();
    assert_eq!(trouble.what, What::NotConfigured);
    assert!(server.heard.lock().unwrap().is_empty(), "it heard of nothing");
    assert_eq!(api.call(Call::FindGateway(base.clone())).await, Ok(Reply::Gateway(base)));
    assert_eq!(api.call(links).await, Ok(Reply::Links(Vec::new())));
    let heard = server.heard.lock().unwrap();
    let with_token = |request: &&String| request.to_lowercase().contains("authorization");
    assert_eq!(heard.iter().filter(with_token).count(), 1, "{heard:?}");
}
