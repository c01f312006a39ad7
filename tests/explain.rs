//! `explain` with the real binary: what it says of a code, of words, and of what nobody knows.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

#[path = "pty/leaks.rs"]
mod leaks;

use rstest::rstest;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const CRM: &str =
    "DW9003: Failed to connect to CRM. Ensure that the service principal has the correct permissions to access CRM.";
const MISMATCH: &str = "Microsoft has detected that your environment is linked via Dual-write to a different \
                        destination than specified in Power Platform Integration, which isn't recommended.";

/// The program in a world in which it can keep nothing.
fn dualwrite(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.arg("explain").args(args).stdin(Stdio::null());
    command.env("DUALWRITE_STATE_DIR", "/dev/null/nowhere").env_remove("HOME");
    command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
    command
}

fn said(output: &Output) -> (i32, String, String) {
    leaks::assert_none("the output", &[&output.stdout[..], &output.stderr].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What it says where it says no mistake; no line wider than 80, but an address.
fn explained(args: &[&str]) -> String {
    let (code, out, err) = said(&dualwrite(args).output().unwrap());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for line in out.lines().filter(|line| !line.contains("https://")) {
        assert!(args.contains(&"--json") || line.chars().count() <= 80, "{line}");
    }
    out
}

fn piped(args: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut command = dualwrite(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who has read enough closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    said(&child.wait_with_output().unwrap())
}

fn document(args: &[&str]) -> Value {
    let out = explained(&[args, &["--json"]].concat());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema/explain.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let document = serde_json::from_str(&out).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{out}");
    document
}

fn entries(out: &str) -> Vec<&str> {
    out.lines().filter_map(|line| line.strip_prefix("  Entry      ")).collect()
}

#[test]
fn a_code_with_two_faces_shows_both_and_what_tells_them_apart() {
    let out = explained(&["DW9003"]);
    assert_eq!(entries(&out), ["dw9003-crm", "dw9003-ax"], "{out}");
    assert!(out.contains("2 entries of the catalogue match. They share the code"), "{out}");
    for words in ["“Failed to connect to CRM.", "“Failed to connect to AX.", "documented by Microsoft", "    1  In "]
    {
        assert!(out.contains(words), "{words}\n{out}");
    }
}

#[test]
fn the_words_decide_between_the_faces() {
    for args in [&[CRM][..], &["Failed", "to", "connect", "to", "crm"], &["dw9003-crm"]] {
        let out = explained(args);
        assert_eq!(entries(&out), ["dw9003-crm"], "{out}");
        for words in ["DW9003  Finance and operations cannot reach", "Needs      System Administrator", "lcs-setup\n"] {
            assert!(out.contains(words), "{words}\n{out}");
        }
        assert!(!out.contains("When "), "{out}");
    }
}

#[test]
fn the_mismatch_is_shown_with_each_state() {
    let out = explained(&[MISMATCH]);
    assert_eq!(entries(&out), ["mismatch-ppi-never", "mismatch-ppi-set", "mismatch-cloud-hosted"], "{out}");
    assert!(out.contains("3 entries of the catalogue match. Their messages are the same"), "{out}");
    for when in [
        "When       Power Platform Integration was never set up",
        "When       Power Platform Integration is set up",
        "When       the environment is cloud-hosted",
    ] {
        assert!(out.contains(when), "{when}\n{out}");
    }
}

#[test]
fn a_guess_is_called_a_guess() {
    let out = explained(&["Power Platform environment setup failed"]);
    assert!(out.contains("How sure   a guess, only a hint"), "{out}");
    let out = explained(&["AADSTS65002"]);
    assert!(out.contains("How sure   reported by users"), "{out}");
}

#[test]
fn what_nobody_knows_is_shown_as_it_is() {
    let out = explained(&["the", "moon  is", "in the wrong house"]);
    assert!(out.starts_with("Asked\n  “the moon  is in the wrong house”\n"), "{out}");
    assert!(out.contains("No entry of the catalogue matches") && out.contains("dualwrite explain CODE"), "{out}");
    assert!(explained(&["MOON42"]).contains("ask with the whole message"), "a code was told to be asked for alone");
    assert_eq!(document(&["the moon"])["faults"], Value::Array(Vec::new()));
}

#[rstest]
#[case::colour("\u{1b}[31mDW9003\u{1b}[0m")]
#[case::title("DW9003 \u{1b}]0;title\u{7}")]
#[case::eight_bit("DW9003 \u{9b}2J\u{90}x\u{9c}")]
#[case::direction("DW9003 \u{202e}\u{2066}x\u{7f}")]
fn nothing_that_a_terminal_obeys_comes_out(#[case] text: &str) {
    for args in [&[text][..], &[text, "--json"]] {
        let out = explained(args);
        assert!(out.contains("dw9003-crm") && out.contains("dw9003-ax"), "{out}");
        let is_bad = |letter: char| {
            letter.is_control() && letter != '\n' || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!out.contains(is_bad), "{out:?}");
    }
    assert_eq!(document(&[text])["query"], text);
}

#[rstest]
#[case("DW9003", 2)]
#[case(CRM, 1)]
#[case(MISMATCH, 3)]
#[case("HTTP 429 Too Many Requests", 1)]
#[case("hc-dwfoev1005", 1)]
#[case("DW90031", 0)]
fn the_document_is_what_its_schema_says(#[case] text: &str, #[case] count: usize) {
    let document = document(&[text]);
    assert_eq!(document["query"], text);
    assert_eq!(document["faults"].as_array().unwrap().len(), count, "{document}");
}

#[test]
fn every_entry_is_what_the_schema_says() {
    let text = include_str!("../assets/faults.toml");
    let all: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("sample = \"")?.strip_suffix('"')).collect();
    assert!(all.len() > 100);
    let asked = all.join(" ").replace("\\\"", "\"");
    assert_eq!(piped(&["-"], asked.as_bytes()).0, 0);
    assert!(document(&[&asked])["faults"].as_array().unwrap().len() > 100);
}

#[test]
fn a_dash_reads_standard_input() {
    let (code, out, err) = piped(&["-"], b"2026-11-24 link failed\r\n\x1b[31mFailed to connect\n  to AX\x1b[0m\xff.\n");
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(entries(&out), ["dw9003-ax"], "{out}");
    let (code, out, err) = piped(&["-"], &vec![b'x'; (1 << 20) + 1]);
    assert!(code == 2 && out.is_empty() && err.contains("1 MiB"), "{code} {err}");
    let (code, out, err) = piped(&["-"], b" \n");
    assert!(code == 2 && out.is_empty() && err.contains("Nothing was asked"), "{code} {err}");
}

#[test]
fn nothing_asked_is_a_mistake_on_the_command_line() {
    for args in [&[][..], &["--json"], &[""]] {
        let (code, out, err) = said(&dualwrite(args).output().unwrap());
        assert!(code == 2 && out.is_empty() && !err.is_empty(), "{code} {out} {err}");
    }
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_ends_it_as_it_ends_every_program() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = dualwrite(&["DW9003"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(141), 0));
}

#[test]
fn a_prerequisite_is_explained_by_its_id() {
    assert!(explained(&["P99"]).contains("There is no such prerequisite"));
    let said = explained(&["p29"]);
    for words in
        ["P29  Prospect to cash", "Uninstall Prospect to cash", "dualwrite check --environment NAME", "https://"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn with_ascii_the_quotes_are_ascii_and_the_document_is_the_same() {
    let (usual, ascii) = (explained(&["DW9003"]), explained(&["DW9003", "--ascii"]));
    assert!(!usual.is_ascii() && ascii.is_ascii(), "{ascii}");
    assert_eq!(explained(&["DW9003", "--json", "--ascii"]), explained(&["DW9003", "--json"]));
}

/// The full screen had ASCII signs there, and lines had not.
#[test]
#[cfg(not(windows))]
fn where_the_terminal_has_no_other_signs_lines_are_as_with_ascii() {
    let ascii = explained(&["DW9003", "--ascii"]);
    for (variable, value) in [("LC_ALL", "C"), ("TERM", "vt100"), ("TERM", "linux")] {
        let (code, out, err) = said(&dualwrite(&["DW9003"]).env(variable, value).output().unwrap());
        assert_eq!((code, err.as_str(), out.as_str()), (0, "", ascii.as_str()), "{variable}={value}");
        let (_, _, err) = said(&dualwrite(&["", ""]).env(variable, value).output().unwrap());
        assert!(err.is_ascii(), "{err}");
    }
}
