//! What goes into pipes and files: lines, tables, JSON, the log, the record, the exports.

use crate::layer::{LONG, MARK, Where, hostile};
use crate::rehearsal::Rehearsal;
use crate::{behind, bytes};
use dualwrite::core::terms;
use dualwrite::core::unseen::is_unseen;
use dualwrite::ui::text::width;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const IN_A_FILE: (&str, &str) = ("DUALWRITE_TOKEN_STORE", "file");

/// A rehearsal behind the layer that somebody has signed in to.
fn signed_in(scenario: &str) -> Rehearsal {
    let (rehearsal, _) = behind(scenario, Where::FreeText);
    let wizard = rehearsal.wizard_in(&[IN_A_FILE], &[], 80, 24);
    wizard.wait_for("┌ Environments ").wait_for(MARK);
    crate::rehearsal::leave(&wizard);
    rehearsal
}

/// Nothing unseen. JSON and files hold whole texts, so of marks there may be as many as were sent.
#[track_caller]
fn nothing_unseen(what: &str, text: &str) {
    assert!(!text.chars().any(|letter| letter != '\n' && is_unseen(letter)), "{what}");
}

/// Runs a command; both of its outputs are words and nothing else.
#[track_caller]
fn said(rehearsal: &Rehearsal, args: &[&str]) -> (i32, String) {
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], args);
    let what = format!("{args:?} on standard output");
    if args.contains(&"--json") {
        nothing_unseen(&what, &out);
    } else {
        bytes::of_plain(&what, &out);
    }
    bytes::of_plain(&format!("{args:?} on standard error"), &err);
    (code, out + &err)
}

/// One command of the record; it names no cloud.
#[track_caller]
fn record(rehearsal: &Rehearsal, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    let output = command.arg("runs").args(args).arg("--state-dir").arg(rehearsal.state()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{args:?}: {text}");
    nothing_unseen(&format!("{args:?}"), &text);
    text
}

#[track_caller]
fn clean_file(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    nothing_unseen(&path.display().to_string(), &text);
    text
}

/// The id of the environment whose name begins so.
fn id_of(rehearsal: &Rehearsal, name: &str) -> String {
    let (_, out) = said(rehearsal, &["status", "--json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    let all = document["environments"].as_array().unwrap();
    let found = all.iter().find(|one| one["name"].as_str().unwrap().starts_with(name)).unwrap();
    assert!(found["name"].as_str().unwrap().contains(MARK), "in JSON the whole name stands");
    found["id"].as_str().unwrap().to_owned()
}

#[test]
fn lines_tables_json_log_record_and_exports_are_words_and_nothing_else() {
    let rehearsal = signed_in("dw9003-crm");
    let (_, table) = said(&rehearsal, &["status"]);
    let column = |line: &str, words: &str| line.find(words).map(|at| width(&line[..at]));
    let far = column(table.lines().next().unwrap(), "Set-up");
    let host = column(table.lines().next().unwrap(), "Finance and");
    for line in table.lines().skip(1) {
        let ours = ["ready to configure", "ready to link", "linked", "integration not set up", "prerequisites"];
        assert!(ours.iter().any(|words| column(line, words) == far), "{table}");
        assert_eq!(column(line, line.split("  ").last().unwrap().trim()), host, "{table}");
    }
    let id = id_of(&rehearsal, "contoso-uat");
    let of = ["--environment", id.as_str()];
    for args in [["check"].as_slice(), &["check", "--json"], &["setup", "--dry-run"], &["setup", "--dry-run", "--json"]]
    {
        let (_, out) = said(&rehearsal, &[args, &of].concat());
        assert!(out.contains(MARK), "{args:?}: {out}");
    }
    let log = rehearsal.dir.path().join("log");
    let consent = ["--yes", "--accept-terms", terms::version()];
    let logged = ["--log-file", log.to_str().unwrap(), "--log-level", "debug"];
    let (code, out) = said(&rehearsal, &[&["setup", "--json"][..], &of, &consent, &logged].concat());
    assert_eq!(code, 7, "{out}");
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = events.iter().find(|event| event["event"] == "failed").unwrap();
    assert!(failed["fault"]["message"].as_str().unwrap().contains(MARK), "{failed}");
    let (code, out) = said(&rehearsal, &[&["setup"][..], &of, &consent, &logged].concat());
    assert!(
        code == 0 && out.contains(MARK) && out.contains("linked, read back"),
        "the second set-up repairs it: {code} {out}"
    );
    for line in clean_file(&log).lines() {
        let time = line.split(' ').next().unwrap_or_default();
        assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "a line of the log: {line}");
    }
    let files: Vec<_> =
        std::fs::read_dir(rehearsal.state().join("runs")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty() && files.iter().any(|file| clean_file(file).contains(MARK)));
    clean_file(&rehearsal.state().join("terms/accepted.jsonl"));
    clean_file(&rehearsal.state().join("accounts.json"));

    record(&rehearsal, &[]);
    let list: Value = serde_json::from_str(&record(&rehearsal, &["list", "--json"])).unwrap();
    let run = list["runs"][0]["run"].as_str().unwrap().to_owned();
    for args in [
        &["show", &run][..],
        &["export", &run],
        &["export", &run, "--format", "html"],
        &["export", &run, "--format", "json"],
    ] {
        let text = record(&rehearsal, args);
        assert!(text.contains(MARK), "{args:?}");
        if args.contains(&"html") {
            assert!(!text.contains("<img"), "{text}");
        }
        if args == ["export", &run] {
            of_markdown(&text);
        }
    }
}

/// No live link, no HTML, no heading from outside.
fn of_markdown(text: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let mut own = 0;
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://learn.microsoft.com/"), "{dest_url}");
                own += 1;
            }
            Event::Start(Tag::Image { .. }) | Event::Html(_) | Event::InlineHtml(_) => panic!("{event:?}\n{text}"),
            _ => {}
        }
    }
    assert!(own <= 1, "only the documentation of the fault is linked\n{text}");
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    assert!(headings.iter().all(|line| !line.trim_start_matches('#').trim_start().starts_with(MARK)), "{headings:?}");
}

#[test]
fn hostile_names_on_the_command_line_are_answered_in_words() {
    let rehearsal = signed_in("happy");
    for at in 0..8 {
        // An argument holds no NUL, and not more than the system takes.
        let name: String = hostile(at).replace('\0', "").chars().take(1_000).collect();
        let (code, out) = said(&rehearsal, &["check", "--environment", &name]);
        assert!(code == 2 && out.contains("No environment matches"), "{code} {out}");
    }
}

#[test]
fn line_by_line_is_words_and_nothing_else() {
    let rehearsal = signed_in("configure-fails");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.arg("--plain").arg("--cloud").arg(rehearsal.profile()).arg("--state-dir").arg(rehearsal.state());
    command.env(IN_A_FILE.0, IN_A_FILE.1).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"1\nd\nb\np\nb\n1\n1\n2\n1\nd\nb\nR\nb\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + std::str::from_utf8(&output.stderr).unwrap();
    bytes::of_plain("line by line", &text);
    assert!(text.contains("Setup failed") && text.contains(MARK), "{text}");
}

#[test]
fn explain_says_hostile_words_as_words() {
    for at in 0..8 {
        let words = format!("DW9003 Failed to connect to CRM{}", hostile(at));
        let argument: String = words.replace('\0', "").chars().take(LONG).collect();
        for json in [&[][..], &["--json"]] {
            let run = |args: &[&str]| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
                command.arg("explain").args(args).args(json);
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                let mut child = command.spawn().unwrap();
                // More than a pipe takes: it is written while the answer is read.
                let (mut input, words) = (child.stdin.take().unwrap(), words.clone());
                std::thread::spawn(move || drop(input.write_all(words.as_bytes())));
                let output = child.wait_with_output().unwrap();
                let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
                assert!(out.contains("dw9003-crm"), "{out}{err}");
                if json.is_empty() {
                    bytes::of_plain("explain", &out);
                } else {
                    nothing_unseen("explain --json", &out);
                    serde_json::from_str::<Value>(&out).unwrap();
                }
                bytes::of_plain("explain", &err);
            };
            run(&[&argument]);
            run(&["-"]);
        }
    }
}
