//! The log: where it goes, and that it holds nothing up.

use super::*;
use dualwrite::shell::log;

#[cfg(unix)]
#[test]
fn a_log_that_is_a_pipe_without_a_reader_held_the_program_up() {
    let (state, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let pipe = other.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (code, _, err) = run(state.path(), &["status", "--log-file", pipe.to_str().unwrap()]);
    assert!(code == 2 && err.contains("cannot be opened"), "{code} {err}");
}

#[cfg(unix)]
#[test]
fn a_log_that_is_a_pipe_reaches_its_reader_to_the_end() {
    let (state, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let pipe = other.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().unwrap();
    // Opens when the reader has: what both hold open neither ends nor waits.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let (code, _, err) = run(state.path(), &["status", "--log-file", pipe.to_str().unwrap(), "--log-level", "debug"]);
    drop(writer);
    let log = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
    assert!(code == 0 && log.contains("GET "), "{code} {err} {log}");
}

#[test]
fn without_a_file_of_its_own_what_did_not_answer_is_logged_in_the_state_directory() {
    let state = TempDir::new().unwrap();
    let log = || std::fs::read_to_string(state.path().join(log::NAME)).unwrap_or_default();
    assert_eq!((run(state.path(), &["status"]).0, log().as_str()), (0, ""), "nothing was wrong");
    assert!(!state.path().join(log::NAME).exists());
    let fails = "[[fault]]\nservice = [\"gateway\"]\nevery = 1\ndo = \"status\"\nstatus = 503\n";
    let scenario = scenario(state.path(), fails);
    assert_eq!(run(state.path(), &["status", "--scenario", &scenario]).0, 4);
    assert!(
        log().lines().all(|line| line.contains(" WARN GET 127.0.0.1 /gateway/")) && log().contains(" 503 "),
        "{}",
        log()
    );
    assert_eq!(run(state.path(), &["status", "--log-level", "debug"]).0, 0);
    assert!(log().contains(" DEBUG GET "), "{}", log());
}

#[test]
fn a_refusal_of_the_token_service_is_logged_and_waiting_for_a_code_is_none() {
    let state = TempDir::new().unwrap();
    let args = [&["setup", "--environment", "contoso-uat", "--scenario", "refresh-revoked"], &consent()[..]].concat();
    assert_eq!(run(state.path(), &args).0, 4);
    let log = std::fs::read_to_string(state.path().join(log::NAME)).unwrap();
    assert!(log.contains(" WARN POST ") && log.contains("AADSTS50173"), "{log}");
    assert!(!log.contains("AADSTS70016"), "{log}");
}
