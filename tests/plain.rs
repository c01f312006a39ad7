//! Line by line, with the real binary, driven through a pipe.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

#[path = "pty/leaks.rs"]
mod leaks;

use rstest::rstest;
use std::io::{BufRead, Read, Write};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The wizard on the built-in simulator, with all answers in the pipe from the start.
fn walk(args: &[&str], answers: impl AsRef<[u8]>) -> (i32, String) {
    let state = TempDir::new().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dualwrite"))
        .args(["demo", "--speed", "2000", "--state-dir"])
        .arg(state.path())
        .args(args)
        .current_dir(state.path())
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(answers.as_ref()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    leaks::assert_none("the output", &output.stdout);
    leaks::assert_none_below(state.path(), "");
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).unwrap())
}

/// Whether each of these is there, one after the other.
fn in_order(text: &str, all: &[&str]) {
    let mut rest = text;
    for one in all {
        let at = rest.find(one).unwrap_or_else(|| panic!("not there, or too early: {one}\n{text}"));
        rest = &rest[at + one.len()..];
    }
}

/// From the list to Linked: environment, application, box, Configure, OK, link.
const HEALTHY: &str = "1\n1\n1\n2\n1\n1\n";

/// A person who has a mistake in the settings was told of it instead of being shown the rehearsal.
#[test]
fn a_rehearsal_needs_no_settings_and_says_what_is_wrong_with_them() {
    let state = TempDir::new().unwrap();
    let broken = state.path().join("config.toml");
    std::fs::write(&broken, "cloud = 7\n").unwrap();
    let missing = state.path().join("missing.toml");
    let demo = |variable: (&str, &str), config: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
        command.args(["demo", "--plain", "--state-dir"]).arg(state.path()).args(config);
        let output = command.env(variable.0, variable.1).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let none = ("DUALWRITE_CLOUD", "");
    for (variable, config, says) in [
        (("DUALWRITE_TOKEN_STORE", "nowhere"), &[][..], "DUALWRITE_TOKEN_STORE cannot be used"),
        (("DUALWRITE_CONFIG", missing.to_str().unwrap()), &[], "missing.toml cannot be read"),
        (none, &["--config", broken.to_str().unwrap()], "config.toml, line 1, column 9"),
    ] {
        let (code, out, err) = demo(variable, config);
        assert!(code == Some(3) && out.contains("Environments\n"), "{code:?} {out} {err}");
        assert!(err.starts_with("The rehearsal runs without the settings. ") && err.contains(says), "{err}");
    }
    let (code, out, err) = demo(none, &["--config", missing.to_str().unwrap()]);
    assert!(code == Some(2) && out.is_empty() && err.contains("missing.toml cannot be read"), "{code:?} {out} {err}");
}

#[rstest]
#[case::asked_for(&["--plain"])]
#[case::chosen_by_itself(&[])]
fn the_whole_way_is_walked_through_a_pipe(#[case] args: &[&str]) {
    let (code, text) = walk(args, HEALTHY);
    assert_eq!(code, 0, "{text}");
    in_order(
        &text,
        &[
            "Environments\n",
            "1. contoso-uat, Sandbox: ready to configure",
            "Environment Details (step 1 of 6, Details)",
            "1. Dual-write application (Enter alone chooses this)",
            "Terms and conditions (step 2 of 6, Terms)",
            "1. I have read this and accept it (not ticked)",
            "1. I have read this and accept it (ticked)",
            "Confirm (step 3 of 6, Confirm)",
            "4 changes will be made for \"contoso-uat\".",
            "Setup progress (step 4 of 6, Set up)",
            "Dual-write core solution: done",
            "Setup complete (step 5 of 6, Link)",
            "Linked (step 6 of 6, Done)",
            "https://dataintegrator.trafficmanager.net/dualWrite?axenv=contoso-uat.sandbox.operations.localhost",
        ],
    );
    assert_eq!(text.matches("What will be installed in Dataverse").count(), 1, "a page is said once\n{text}");
}

#[test]
fn nothing_but_words_is_printed_whatever_the_services_say() {
    let (code, text) = walk(&["--plain", "--scenario", "hostile"], "1\nd\nb\n1\n1\n2\n1\n");
    assert!(code == 9 && text.contains("Setup failed"), "something was begun: {code}\n{text}");
    let is_wrong = |letter: char| {
        letter.is_control() && letter != '\n'
            || matches!(letter, '\u{2500}'..='\u{25ff}' | '✓' | '✗' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.chars().any(is_wrong), "{text:?}");
    // The name of an environment has a line break in it: what follows that is no event of its own.
    let events: Vec<&str> = text.lines().filter(|line| line.contains("SUCCESS")).collect();
    assert!(!events.is_empty() && events.iter().all(|line| line.contains("gnp.exe SUCCESS")), "{events:?}");
}

#[test]
fn a_failure_is_told_with_its_remedies_and_tried_again() {
    let answers = "1\n1\n1\n2\n1\n1\n1\n";
    let (code, text) = walk(&["--plain", "--scenario", "configure-fails"], answers);
    assert_eq!(code, 0, "{text}");
    in_order(&text, &["Setup failed", "previous [Import] running", "Solution history", "1. Try again", "Linked (step"]);
}

#[test]
fn what_takes_long_is_told_now_and_then_with_how_long_it_may_still_take() {
    let (_, text) = walk(&["--plain", "--scenario", "slow"], "1\n1\n1\n2\n1\n");
    in_order(&text, &["It runs.", "contoso-uat: set-up runs, ", " min more (estimate)", "contoso-uat: set-up runs, "]);
}

#[test]
fn identities_are_repaired_after_it_was_asked() {
    // contoso-golden: link, failed, fix here, write this, link again.
    let (code, text) = walk(&["--plain", "--scenario", "dw9003-crm"], "2\n1\n1\nf\n1\n1\n");
    assert_eq!(code, 0, "{text}");
    in_order(
        &text,
        &["Link failed", "Repair the identities", "This is written as", "1. Make these changes", "Linked (step"],
    );
    assert_eq!(text.matches("Give each a security role").count(), 1, "a failure was read twice\n{text}");
}

#[test]
fn what_lies_under_a_help_is_not_read_once_more() {
    let (_, text) = walk(&["--plain"], "1\n1\n?\n1\n");
    in_order(&text, &["Terms and conditions (step", "Help (step", "Terms and conditions\n", "1. I have read this"]);
    assert_eq!(text.matches("What cannot be undone").count(), 1, "{text}");
}

#[test]
fn when_the_input_ends_before_the_end_of_the_way_that_is_said() {
    let (code, text) = walk(&["--plain"], "1\n");
    assert!(code == 3 && text.contains("The input ended before a choice was made here."), "{code}\n{text}");
}

/// Whoever could read nothing has accepted nothing, whatever the pipe answers.
#[test]
#[cfg(target_os = "linux")]
fn what_nobody_can_read_is_not_consented_to() {
    let state = TempDir::new().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dualwrite"))
        .args(["demo", "--plain", "--speed", "2000", "--state-dir"])
        .arg(state.path())
        .stdin(Stdio::piped())
        .stdout(std::fs::File::options().write(true).open("/dev/full").unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it was told anything.
    let _ = child.stdin.take().unwrap().write_all(HEALTHY.as_bytes());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.starts_with("Standard output cannot be written: ") && err.lines().count() == 1, "{err}");
    for kept in ["terms", "runs"] {
        let dir = std::fs::read_dir(state.path().join(kept));
        assert!(dir.map_or(0, Iterator::count) == 0, "{kept} were kept");
    }
}

#[test]
fn what_is_no_choice_is_said_and_does_nothing() {
    let (code, text) = walk(&["--plain"], "9\nnonsense\nZ\nq\n");
    assert_eq!(code, 0, "{text}");
    in_order(&text, &["“9” is no choice here.", "“nonsense” is no choice here.", "Z does nothing here"]);
}

#[test]
fn the_record_is_read_and_exported() {
    let (code, text) = walk(&["--plain"], format!("{HEALTHY}x\ne\nR\n1\nb\nq\n"));
    assert_eq!(code, 0, "{text}");
    in_order(
        &text,
        &["Linked (step", "Written: dualwrite-contoso-uat-", "Runs\n", "contoso-uat: linked", "Changes requested"],
    );
}

#[test]
fn a_letter_of_another_encoding_is_no_end_of_the_input() {
    let (code, text) = walk(&["--plain"], [b"\xfc\n", HEALTHY.as_bytes()].concat());
    assert!(code == 0 && text.contains("Linked (step 6 of 6"), "{code}\n{text}");
}

#[test]
fn the_block_for_support_is_printed_where_there_is_no_clipboard() {
    let (code, text) = walk(&["--plain"], "1\nd\n1\nq\n");
    assert_eq!(code, 0, "{text}");
    in_order(
        &text,
        &[
            "Details (step 1 of 6, Details)",
            "1. Print for support",
            "2. Close (Enter alone chooses this)",
            "Support information of dualwrite",
            "Environment                 contoso-uat",
            "Requests, the newest last",
            " GET contoso-uat.crm4.localhost ",
        ],
    );
    assert!(!text.contains("Requests about"), "requests are told with the block alone\n{text}");
}

/// The wizard on the built-in simulator with a pipe in which somebody types only after having read.
struct Talk {
    child: std::process::Child,
    out: std::io::BufReader<std::process::ChildStdout>,
    heard: String,
    _state: TempDir,
}

impl Talk {
    fn begin(args: &[&str]) -> Self {
        let state = TempDir::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_dualwrite"))
            .args(["demo", "--plain", "--state-dir"])
            .arg(state.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = std::io::BufReader::new(child.stdout.take().unwrap());
        Self { child, out, heard: String::new(), _state: state }
    }

    /// Reads on until a line has these words; then types.
    fn after(&mut self, words: &str, typed: &str) {
        loop {
            let mut line = String::new();
            let read = self.out.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before “{words}”\n{}", self.heard);
            self.heard.push_str(&line);
            if line.contains(words) {
                break;
            }
        }
        self.child.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
    }

    /// Reads to its end.
    fn end(mut self) -> (i32, String) {
        self.out.read_to_string(&mut self.heard).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), self.heard)
    }
}

#[test]
fn what_was_typed_into_a_pipe_while_it_ran_answered_the_next_page() {
    let mut talk = Talk::begin(&["--speed", "20"]);
    for answer in ["1\n", "1\n", "1\n", "2\n", "1\n"] {
        talk.after("Your choice", answer);
    }
    talk.after("It runs.", "1\n");
    talk.after("“1” does nothing while it runs", "?\n");
    talk.after("Your choice", "1\n");
    talk.after("It runs.", "q\n");
    talk.after("Your choice", "1\n");
    let (code, text) = talk.end();
    assert!(code == 0 && !text.contains("Setup complete"), "{code}\n{text}");
    in_order(&text, &["It runs.", "Help (step", "Setup progress\nIt runs."]);
}
