//! Redirects and next pages: who is followed, and what no token or change does.

use super::*;

const STATUSES: [&str; 5] =
    ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"];

/// A redirect to this place.
fn to(status: &str, location: &str) -> Serve {
    Serve::Bytes(http(status, &format!("location: {location}\r\n"), ""))
}

#[tokio::test]
async fn no_token_follows_a_redirect_to_another_host() {
    let other = serve(Serve::Bytes(http("200 OK", "", "{\"value\":[]}"))).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let header = format!("location: http://127.0.0.1:{}/elsewhere\r\n", other.port);
        for (name, trouble) in all_troubles(Serve::Bytes(http(status, &header, ""))).await {
            assert!(matches!(trouble.what, What::ForeignHost(_)), "{name}: {trouble:?}");
        }
    }
    assert_eq!(other.heard.lock().unwrap().len(), 0);
}

#[rstest]
#[case::over_there("303 See Other", Done::Perhaps)]
#[case::send_it_there("307 Temporary Redirect", Done::No)]
#[tokio::test]
async fn a_redirected_change_may_be_done_only_where_the_redirect_says_so(#[case] status: &str, #[case] done: Done) {
    let server = serve(Serve::Bytes(http(status, "location: https://evil.example/\r\n", ""))).await;
    let install = Change::Install { environment: "e".into(), package: "p".into() };
    assert_eq!(api(server.port).change(install).await.unwrap_err().done, done);
}

#[tokio::test]
async fn no_token_follows_a_next_page_off_this_machine_and_a_circle_ends() {
    for (link, wanted) in [("https://evil.example/next", "ForeignHost"), ("SELF", "TooLarge")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = format!("http://127.0.0.1:{port}/bap/again");
        let body = format!("{{\"value\":[],\"nextLink\":\"{}\"}}", if link == "SELF" { &own } else { link });
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                let _ = socket.write_all(&http("200 OK", "", &body)).await;
            }
        });
        let trouble = api(port).call(Call::Environments).await.unwrap_err();
        assert!(format!("{:?}", trouble.what).starts_with(wanted), "{trouble:?}");
    }
}

#[rstest]
#[case::from_the_root("/bap/more?page=2", "/bap/more?page=2")]
#[case::from_the_page(
    "environments?page=2",
    "/bap/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments?page=2"
)]
#[tokio::test]
async fn a_next_page_may_be_written_from_where_the_page_is(#[case] link: &str, #[case] asked: &str) {
    let page = |next: &str| http("200 OK", "", &format!(r#"{{"value":[{{"name":"e"}}]{next}}}"#));
    let link = format!(r#","nextLink":"{link}""#);
    let server = serve(Serve::InTurn(vec![page(&link), page("")])).await;
    let reply = api(server.port).call(Call::Environments).await.unwrap();
    assert!(matches!(&reply, Reply::Environments(all) if all.len() == 2), "{reply:?}");
    let heard = server.heard.lock().unwrap();
    assert!(heard.len() == 2 && heard[1].starts_with(&format!("GET {asked} ")), "{heard:?}");
}

#[tokio::test]
async fn a_change_is_never_sent_again_by_a_redirect_not_even_on_its_own_host() {
    for status in STATUSES {
        let server = serve(to(status, "/same-host")).await;
        let api = api(server.port);
        for (at, change) in changes(server.port).into_iter().enumerate() {
            let name = format!("{status} of {change:?}");
            let trouble = api.change(change).await.expect_err(&name);
            assert!(matches!(trouble.what, What::ForeignHost(_)), "{name}: {trouble:?}");
            assert_eq!(trouble.words, "a redirect was not followed", "{name}");
            assert_eq!(trouble.done, if status.starts_with("303") { Done::Perhaps } else { Done::No }, "{name}");
            let heard = server.heard.lock().unwrap();
            assert_eq!(heard.len(), at + 1, "{name} is sent once: {:?}", heard.last());
            assert!(!heard[at].contains("/same-host"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_question_that_is_sent_round_in_a_circle_on_its_own_host_ends() {
    for status in STATUSES {
        let server = serve(to(status, "/bap/round")).await;
        let trouble = api(server.port).call(Call::Environments).await.unwrap_err();
        assert_eq!((&trouble.what, trouble.words.as_str()), (&What::Unreadable, "too many redirects"), "{status}");
        assert_speaks(&trouble);
        let heard = server.heard.lock().unwrap();
        assert_eq!(heard.len(), 4, "the question and three redirects: {heard:?}");
        assert!(heard[1..].iter().all(|request| request.starts_with("GET /bap/round ")), "{heard:?}");
    }
}

#[rstest]
#[case::both("user:pw@")]
#[case::a_name("user@")]
#[case::a_password(":pw@")]
#[tokio::test]
async fn a_redirect_to_the_own_host_with_a_name_or_a_password_is_refused(#[case] who: &str) {
    for status in STATUSES {
        let server = serve_at(|port| to(status, &format!("http://{who}127.0.0.1:{port}/bap/x"))).await;
        let trouble = api(server.port).call(Call::Environments).await.unwrap_err();
        assert!(matches!(trouble.what, What::ForeignHost(_)), "{status}: {trouble:?}");
        assert!(!format!("{trouble:?} {trouble}").contains("pw"), "{trouble:?}");
        assert_eq!(server.heard.lock().unwrap().len(), 1, "{status}");
    }
}
