//! What the token service says where it says nothing of the sign-in: that it is asked too often, or is in trouble.

use super::*;
use dualwrite::api::{Identity, Proof};

const CODE: &str =
    r#"{"user_code":"A","device_code":"DEVICE-1","verification_uri":"https://x","expires_in":900,"interval":5}"#;
const TOKEN_ANSWER: &str = r#"{"access_token":"ACCESS-1","expires_in":3600,"refresh_token":"REFRESH-2"}"#;

/// Each way to ask for a token: a refresh token, a code, an application.
const WAYS: [Way; 3] = [Way::Refresh, Way::Code, Way::Application];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Refresh,
    Code,
    Application,
}

impl Way {
    /// What a client of this way makes of a first answer of the token service; after it a token follows.
    async fn meets(self, answer: Vec<u8>) -> (Api, Server, Trouble) {
        let first = if self == Self::Code { vec![http("200 OK", "", CODE)] } else { Vec::new() };
        let then = [answer, http("200 OK", "", TOKEN_ANSWER), http("200 OK", "", r#"{"value":[]}"#)];
        let server = serve(Serve::InTurn(first.into_iter().chain(then).collect())).await;
        let api = api_of(
            server.port,
            match self {
                Self::Refresh => Credentials::person(Some("REFRESH-1".into())),
                Self::Code => Credentials::person(None),
                Self::Application => Credentials {
                    identity: Identity::Application(Proof::Secret("SECRET-1".into())),
                    ..Credentials::person(None)
                },
            },
        );
        if self == Self::Code {
            api.call(Call::DeviceCode).await.unwrap();
        }
        let trouble = api.call(self.question()).await.unwrap_err();
        (api, server, trouble)
    }

    fn question(self) -> Call {
        if self == Self::Code { Call::PollDeviceCode } else { Call::Packages("e".into()) }
    }

    /// The same question once more is answered: what was had to ask with is there still.
    async fn goes_on(self, api: &Api, server: &Server) {
        let reply = api.call(self.question()).await;
        assert!(reply.is_ok(), "{self:?}: {reply:?}");
        let field = match self {
            Self::Refresh => "refresh_token=REFRESH-1",
            Self::Code => "device_code=DEVICE-1",
            Self::Application => "client_secret=SECRET-1",
        };
        let heard = server.heard.lock().unwrap();
        assert_eq!(heard.iter().filter(|request| request.contains(field)).count(), 2, "{self:?}: {heard:?}");
    }
}

#[rstest]
#[case::loop_detected("400 Bad Request", r#"{"error":"invalid_grant","error_codes":[50196]}"#, 429)]
#[case::tenant("400 Bad Request", r#"{"error":"invalid_request","error_description":"AADSTS90055: slow"}"#, 429)]
#[case::by_status("429 Too Many Requests", r#"{"error":"invalid_grant","error_codes":[700082]}"#, 429)]
#[case::in_trouble("503 Service Unavailable", r#"{"error":"invalid_grant"}"#, 503)]
#[case::in_odd_trouble("507 Insufficient Storage", r#"{"error":"expired_token"}"#, 507)]
#[tokio::test]
async fn throttling_of_the_token_service_was_read_as_the_end_of_the_sign_in(
    #[case] line: &str,
    #[case] body: &str,
    #[case] status: u16,
) {
    for way in WAYS {
        let (api, server, trouble) = way.meets(http(line, "retry-after: 30\r\n", body)).await;
        assert_eq!(trouble.what, What::Status(status), "{way:?}: {trouble:?}");
        assert_eq!(trouble.retry_after, Some(Duration::from_secs(30)), "{way:?}");
        assert_eq!(trouble.is_passing(), status != 507, "{way:?}");
        assert_speaks(&trouble);
        way.goes_on(&api, &server).await;
    }
}

#[rstest]
#[case::nothing("", What::Unreadable)]
#[case::page("<html><title>Sorry</title></html>", What::Unreadable)]
#[case::half(r#"{"error":"invalid_gra"#, What::CutOff)]
#[case::text("upstream connect error", What::Unreadable)]
#[tokio::test]
async fn a_400_that_is_not_of_the_token_service_refused_a_token(#[case] body: &str, #[case] what: What) {
    for way in WAYS {
        let (api, server, trouble) = way.meets(http("400 Bad Request", "x-ms-request-id: i-1\r\n", body)).await;
        assert!(trouble.what == what && trouble.is_passing(), "{way:?}: {trouble:?}");
        assert_eq!(trouble.correlation.as_deref(), Some("i-1"), "{way:?}");
        way.goes_on(&api, &server).await;
    }
}

#[tokio::test]
async fn what_is_json_and_no_known_refusal_stays_a_refusal() {
    for body in ["{}", r#"{"error":"invalid_client"}"#, r#"{"error":{"code":"X"}}"#] {
        for way in WAYS {
            let (_, _, trouble) = way.meets(http("400 Bad Request", "", body)).await;
            assert!(trouble.what == What::Status(400) && !trouble.is_passing(), "{way:?} {body}: {trouble:?}");
        }
    }
}

#[tokio::test]
async fn a_life_that_was_written_as_text_spent_the_code() {
    let code = CODE.replace("900", "\"900\"").replace(":5", ":\"5\"");
    let pending = r#"{"error":"authorization_pending","error_codes":["70016"],"error_description":null}"#;
    let token = TOKEN_ANSWER.replace("3600", "\"3600\"");
    let answers = vec![http("200 OK", "", &code), http("400 Bad Request", "", pending), http("200 OK", "", &token)];
    let server = serve(Serve::InTurn(answers)).await;
    let api = api_of(server.port, Credentials::person(None));
    let asked = api.call(Call::DeviceCode).await;
    assert!(matches!(asked, Ok(Reply::DeviceCode { expires_in: 900, interval: 5, .. })), "{asked:?}");
    assert_eq!(api.call(Call::PollDeviceCode).await, Ok(Reply::SignInPending { slow_down: false }));
    let reply = api.call(Call::PollDeviceCode).await;
    assert!(matches!(reply, Ok(Reply::SignedIn(_))), "{reply:?}");
}
