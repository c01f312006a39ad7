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
