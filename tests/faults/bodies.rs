//! Answers that are right, and are not written as most are.

use super::*;

#[tokio::test]
async fn a_byte_order_mark_in_front_of_an_answer_hid_what_it_says() {
    let marked = |line: &str, body: &str| Serve::Bytes(http(line, "", &format!("\u{feff}{body}")));

    let server = serve(marked("400 Bad Request", r#"{"error":{"code":"0x80048d0b","message":"m"}}"#)).await;
    let integration = Call::Integration(format!("http://127.0.0.1:{}/side", server.port));
    assert_eq!(api(server.port).call(integration).await, Ok(Reply::Integration(None)));

    let server = serve(marked("200 OK", r#"{"lastOperation":{"operationId":"op-1"}}"#)).await;
    let install = Change::Install { environment: "e".into(), package: "p".into() };
    let accepted = Reply::InstallAccepted { operation: Some("op-1".into()), retry_after: None };
    assert_eq!(api(server.port).change(install).await, Ok(accepted));

    for line in ["200 OK", "502 Bad Gateway"] {
        let server = serve(marked(line, "<html><title>Sorry</title></html>")).await;
        let trouble = api(server.port).call(Call::Environments).await.unwrap_err();
        assert_eq!(trouble.words, "an HTML page titled “Sorry”", "{line}");
    }

    let server = serve(marked("200 OK", r#"{"value":[]}"#)).await;
    assert_eq!(api(server.port).call(Call::Environments).await, Ok(Reply::Environments(Vec::new())));
}

/// What the client makes of these pages of Lifecycle Services, the last again and again; and how many it asked for.
async fn lifecycle(pages: &[(&str, bool)]) -> (Result<usize, Trouble>, usize) {
    let page = |(data, more): &(&str, bool)| {
        http("200 OK", "", &format!(r#"{{"IsSuccess":true,"Data":{data},"ResultHasMorePages":{more}}}"#))
    };
    let server = serve(Serve::InTurn(pages.iter().map(page).collect())).await;
    // Six requests a minute are allowed, and no test waits for them.
    let result = api_at(server.port, outside(), 1e9).call(Call::Lifecycle).await;
    let heard = server.heard.lock().unwrap();
    for (number, request) in (1..).zip(heard.iter()) {
        assert!(request.contains(&format!("?page={number} ")), "{request}");
    }
    let count = |reply| match reply {
        Reply::Lifecycle(rows) => rows.len(),
        other => panic!("{other:?}"),
    };
    (result.map(count), heard.len())
}

#[tokio::test]
async fn an_empty_page_of_lifecycle_services_ended_the_list() {
    let row = r#"[{"EnvironmentId":"e"}]"#;
    for (pages, rows) in [
        (&[(row, true), ("[]", true), ("null", true), ("[]", true), (row, false)][..], 2),
        (&[("[]", true), (row, true), ("[]", true), ("[]", true), ("[]", true), (row, false)], 2),
        (&[("[]", false)], 0),
        (&[(r#"{"EnvironmentId":"e"}"#, false)], 1),
    ] {
        assert_eq!(lifecycle(pages).await, (Ok(rows), pages.len()), "{pages:?}");
    }
}

#[tokio::test]
async fn a_list_of_lifecycle_services_without_an_end_was_taken_for_a_whole_one() {
    for (data, asked) in [("[]", 4), ("null", 4), (r#"[{"EnvironmentId":"e"}]"#, 500)] {
        let (result, count) = lifecycle(&[(data, true)]).await;
        let trouble = result.unwrap_err();
        assert_eq!((&trouble.what, count), (&What::TooLarge, asked), "{trouble:?}");
        assert_eq!(trouble.words, "its list of pages has no end");
    }
}
