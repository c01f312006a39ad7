//! No token, refresh token or device code is ever in the log, in what is shown of a request, or in the
//! block for support: a whole flow on the simulator, sign-in included, with everything logged.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod common;
#[path = "pty/leaks.rs"]
mod leaks;

use common::Driver;
use dualwrite::core::msg::Intent;
use dualwrite::core::route::Screen;
use dualwrite::shell::log;
use dualwrite::sim::Scenario;
use dualwrite::ui::support::{Program, block};
use std::path::Path;
use tracing::level_filters::LevelFilter;

/// A service is in trouble once, and every token has ended in the middle.
const SCENARIO: &str = r#"
title = "test"

[[fault]]
service = ["power_platform", "dataverse"]
on = [1]
do = "status"
status = 503
body = "json"

[[event]]
when = "install-started"
do = "expire-tokens"
"#;

/// How the secrets of the simulator begin: access tokens, refresh tokens, device codes, id tokens.
const SECRETS: [&str; 4] = ["sim.", "1.SIM", "DEV-", "eyJ"];

fn assert_clean(what: &str, text: &str) {
    assert!(!text.is_empty(), "{what} is empty");
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} holds a secret that begins with {secret}:\n{text}");
    }
    for word in ["Bearer", "refresh_token", "device_code=", "client_id"] {
        assert!(!text.contains(word), "{what} holds {word}:\n{text}");
    }
}

#[tokio::test]
async fn no_secret_is_in_the_log_or_in_the_block_for_support() {
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("log");
    log::start(&file, LevelFilter::TRACE).unwrap();
    let mut driver = Driver::signed_out(Scenario::parse(SCENARIO, "test").unwrap()).await;
    driver.until_screen(Screen::Environments).await;
    driver.open("contoso-uat").await;
    driver.accept_and_start();
    driver.until_screen(Screen::Complete).await;
    driver.want(Intent::Link);
    driver.until_screen(Screen::Linked).await;

    let log = std::fs::read_to_string(&file).unwrap();
    // The flow is all there: the sign-in, a miss and its second attempt, changes.
    let lines: Vec<&str> = log.lines().collect();
    for wanted in ["/oauth2/v2.0/devicecode 200 ", " 503 ", " 401 ", " attempt 2 ", "POST contoso-uat.crm4.localhost "]
    {
        assert!(lines.iter().any(|line| line.contains(wanted)), "no line with {wanted:?}:\n{log}");
    }
    assert!(lines.iter().any(|line| line.contains(" WARN ") && line.contains(" 503 ")), "{log}");
    assert!(lines.iter().all(|line| !line.contains(" WARN ") || !line.contains("status=200")), "{log}");
    assert_clean("the log", &log);

    let model = &driver.model;
    assert_clean("what is shown", &format!("{:?}", model.exchanges));
    let last = model.exchanges.back().unwrap().line();
    assert!(log.contains(&last), "what is shown is what is logged: {last}");
    assert_clean("the block", &block(model, model.selected(), Program::THIS, driver.now()));
}

#[test]
fn a_secret_is_found_and_a_word_that_looks_like_one_is_not() {
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::write(dir.path().join("kept"), "1.SIM0123456789").unwrap();
    leaks::assert_none_below(dir.path(), "kept");
    assert!(std::panic::catch_unwind(|| leaks::assert_none_below(dir.path(), "other")).is_err());
    leaks::assert_none_below(&dir.path().join("never made"), "");
    let is_refused = |place: &Path| std::panic::catch_unwind(|| leaks::assert_none_below(place, "kept")).is_err();
    assert!(is_refused(&dir.path().join("kept")), "what is no directory was not searched");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("round", dir.path().join("round")).unwrap();
        assert!(is_refused(dir.path()), "what cannot be read was not searched");
    }
    leaks::assert_none("words", b"sim.rs, DEV-1 and 1.SIMple 0123");
    let found = |text: &str| std::panic::catch_unwind(|| leaks::assert_none("text", text.as_bytes())).is_err();
    assert!(found("Bearer sim.0123abcd") && found("\x1b[1mDEV-0123456789\x1b[m") && found("1.SIM00000000"));
    assert!(found(dualwrite::sim::CLIENT_SECRET));
}
