//! Without a screen, with the real binary: what it prints and how it ends, against real HTTP.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

#[path = "../pty/leaks.rs"]
mod leaks;
mod logs;
mod many;
mod stops;

use dualwrite::core::journal::What;
use dualwrite::core::terms;
use dualwrite::shell::journal;
use rstest::rstest;
use serde_json::Value;
#[cfg(unix)]
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The program on the built-in simulator, fast.
fn dualwrite(state: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.args(args).args(["--cloud", "simulator", "--speed", "2000", "--state-dir"]).arg(state);
    command
        .stdin(Stdio::null())
        .env_remove("DUALWRITE_STATE_DIR")
        .env("DUALWRITE_TOKEN_STORE", "memory")
        .env("XDG_CONFIG_HOME", state);
    command
}

fn run(state: &Path, args: &[&str]) -> (i32, String, String) {
    let output = dualwrite(state, args).output().unwrap();
    leaks::assert_none("the output", &[&output.stdout[..], &output.stderr].concat());
    leaks::assert_none_below(state, "");
    said(&output)
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[cfg(unix)]
fn signal_to(child: &std::process::Child, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).unwrap();
}

fn consent() -> [&'static str; 3] {
    ["--yes", "--accept-terms", terms::version()]
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema").join(name);
    jsonschema::validator_for(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

/// Every line is one object that the schema allows.
fn events(out: &str) -> Vec<Value> {
    let schema = schema("setup-event.json");
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        let errors: Vec<String> = schema.iter_errors(event).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}: {event}");
    }
    events
}

fn of<'a>(events: &'a [Value], name: &str, kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["environment"]["name"] == name && event["event"] == kind).collect()
}

#[rstest]
#[case::healthy("happy", 0, "linked")]
#[case::failing("configure-fails", 6, "configure_failed")]
#[case::flaky("flaky", 0, "linked")]
fn three_environments_at_once_say_nothing_but_json(#[case] scenario: &str, #[case] code: i32, #[case] outcome: &str) {
    let state = TempDir::new().unwrap();
    let names = ["contoso-uat", "contoso-golden", "contoso-prod"];
    // Its answers that stall are waited for in real time.
    let quick = state.path().join("flaky.toml");
    let flaky = include_str!("../../assets/scenarios/flaky.toml").replace("stall_ms = 1500", "stall_ms = 15");
    std::fs::write(&quick, flaky).unwrap();
    let named = if scenario == "flaky" { quick.to_str().unwrap() } else { scenario };
    let mut args = vec!["setup", "--json", "--scenario", named, "--environment"];
    args.extend(names);
    args.extend(consent());
    let (exit, out, err) = run(state.path(), &args);
    assert_eq!((exit, err.as_str()), (code, ""), "{out}");
    let events = events(&out);
    for name in names {
        let finished = of(&events, name, "finished");
        assert_eq!(finished.len(), 1, "{name}");
        let expected = if name == "contoso-uat" { outcome } else { "linked" };
        assert_eq!(finished[0]["outcome"], expected, "{name}");
        assert_eq!(of(&events, name, "environment_read").len(), 1, "{name}");
        let runs: Vec<&Value> =
            events.iter().filter(|event| event["environment"]["name"] == name).map(|event| &event["run"]).collect();
        assert!(runs.iter().all(|run| *run == runs[0] && *run != ""), "one run each");
    }
    assert_eq!(of(&events, "contoso-prod", "link").len(), 0, "it was linked before");
    if code == 6 {
        let fault = &of(&events, "contoso-uat", "failed")[0]["fault"];
        assert_eq!(fault["id"], "solution-import-busy");
        assert!(fault["message"].as_str().unwrap().contains("previous [Import] running"), "{fault}");
    }
    if scenario == "flaky" {
        assert!(events.iter().any(|event| event["event"] == "retry"));
    }
}

#[test]
fn without_consent_it_stops_before_the_first_change_and_says_what_is_missing() {
    let state = TempDir::new().unwrap();
    let setup = |more: &[&str]| {
        let args = [&["setup", "--environment", "contoso-uat"], more].concat();
        run(state.path(), &args)
    };
    let (code, out, _) = setup(&[]);
    assert!(code == 3 && out.contains(&format!("--accept-terms {}", terms::version())), "{code} {out}");
    let (code, out, _) = setup(&["--accept-terms", "1999-01"]);
    assert!(code == 3 && out.contains("not 1999-01"), "{code} {out}");
    let (code, out, _) = setup(&["--accept-terms", terms::version()]);
    assert!(code == 3 && out.contains("--yes"), "{code} {out}");
    assert!(!state.path().join("runs").exists() && !state.path().join("terms").exists(), "nothing was kept");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let state = TempDir::new().unwrap();
    let (code, out, _) = run(state.path(), &["setup", "--environment", "contoso-uat", "--dry-run"]);
    assert_eq!(code, 0);
    for line in ["will: install Dual-write core solution", "then: link", "nothing was changed"] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let (_, out, _) = run(state.path(), &["setup", "--environment", "contoso-uat", "--dry-run", "--json"]);
    let events = events(&out);
    assert_eq!(of(&events, "contoso-uat", "plan")[0]["link"], true);
    assert!(std::fs::read_dir(state.path()).unwrap().next().is_none(), "not even a record");
}

#[test]
fn it_ends_where_it_was_asked_to_and_links_afterwards() {
    let state = TempDir::new().unwrap();
    let args = [&["setup", "--environment", "contoso-uat", "--until", "configured"][..], &consent()].concat();
    let (code, out, _) = run(state.path(), &args);
    assert!(code == 0 && out.contains("configured (") && !out.contains("link ("), "{code} {out}");
    // The simulator of the next command is another world: there only contoso-golden is configured.
    let (code, out, _) = run(state.path(), &["link", "--environment", "contoso-golden", "--yes"]);
    assert!(code == 0 && out.contains("linked, read back"), "{code} {out}");
    let (code, out, _) = run(state.path(), &["link", "--environment", "contoso-uat", "--yes"]);
    assert!(code == 5 && out.contains("Run dualwrite setup first"), "{code} {out}");
}

#[rstest]
#[case::mismatch("mismatch-set-up", "setup", 8, "linked to another environment")]
#[case::not_integrated("not-set-up", "setup", 5, "Power Platform Integration is not set up")]
#[case::link_fails("dw9003-crm", "link", 7, "Failed to connect to CRM")]
fn what_stops_it_has_a_code_and_a_sentence(
    #[case] scenario: &str,
    #[case] command: &str,
    #[case] code: i32,
    #[case] words: &str,
) {
    let state = TempDir::new().unwrap();
    let names = if scenario == "dw9003-crm" { "contoso-golden" } else { "contoso-uat" };
    let mut args = vec![command, "--scenario", scenario, "--environment", names, "--yes"];
    if command == "setup" {
        args.extend(["--accept-terms", terms::version()]);
    }
    let (exit, out, err) = run(state.path(), &args);
    assert!(exit == code && out.contains(words), "{exit}\n{out}\n{err}");
}

#[test]
fn an_unknown_environment_is_a_mistake_on_the_command_line() {
    let state = TempDir::new().unwrap();
    let (code, out, err) = run(state.path(), &["setup", "--environment", "contoso-uta", "--yes"]);
    assert!(
        code == 2 && out.is_empty() && err.contains("contoso-uta") && err.contains("contoso-uat"),
        "{code} {out} {err}"
    );
}

/// The first one of the list was set up.
#[test]
fn a_name_that_two_environments_have_named_one_of_them() {
    let state = TempDir::new().unwrap();
    let two = "[[environment]]\nname = \"a\"\ndisplay_name = \"twin\"\n[[environment]]\nname = \"b\"\ndisplay_name = \"Twin\"\n";
    let scenario = scenario(state.path(), two);
    let (code, out, _) = run(state.path(), &["status", "--json", "--scenario", &scenario]);
    let document: Value = serde_json::from_str(&out).unwrap();
    let ids: Vec<&str> = document["environments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|of| of["name"].as_str().unwrap().eq_ignore_ascii_case("twin"))
        .map(|of| of["id"].as_str().unwrap())
        .collect();
    assert_eq!((code, ids.len()), (0, 2), "{out}");
    let args = [&["setup", "--environment", "twin", "--scenario", &scenario][..], &consent()].concat();
    let (code, out, err) = run(state.path(), &args);
    assert!(code == 2 && out.is_empty() && ids.iter().all(|id| err.contains(id)), "{out}{err}");
    let ascii = run(state.path(), &[&args[..], &["--ascii"]].concat()).2;
    assert!(err.contains("called “twin”") && ascii.contains("called \"twin\":"), "{ascii}");
    let args = [&["setup", "--environment", &ids[1][..8], "--scenario", &scenario][..], &consent()].concat();
    let (code, out, err) = run(state.path(), &args);
    assert!(code == 0 && out.contains(&format!("Twin ({})  linked", &ids[1][..8])), "{out}{err}");
}

#[test]
fn after_its_time_it_leaves_and_says_what_goes_on() {
    let state = TempDir::new().unwrap();
    let slow = ["setup", "--environment", "contoso-uat", "--scenario", "slow", "--timeout", "30m"];
    let args = [&slow[..], &consent()].concat();
    let (code, out, _) = run(state.path(), &args);
    assert!(
        code == 9 && out.contains("timed out: the limit given with --timeout was reached; this rehearsal ends here"),
        "{out}"
    );
    // A person who does not come is told what is waited for.
    let args = ["link", "--environment", "contoso-golden", "--yes", "--assisted", "--timeout", "30m"];
    let (code, out, _) = run(state.path(), &args);
    assert!(code == 9 && out.contains("now select Link to Power Platform environment in Lifecycle Services"), "{out}");
    assert!(out.contains("https://lcs.dynamics.com/"), "{out}");
}

#[rstest]
#[case::the_list("bap", "10m", "the list of environments: ", "the Power Platform admin service")]
#[case::one_side("dataverse", "2h", "this rehearsal ends here; ", "Dataverse has not answered yet")]
fn a_run_that_timed_out_did_not_say_who_was_silent(
    #[case] silent: &str,
    #[case] time: &str,
    #[case] place: &str,
    #[case] words: &str,
) {
    let state = TempDir::new().unwrap();
    let scenario = state.path().join("silent.toml");
    let fault = format!("[[fault]]\nservice = [\"{silent}\"]\nevery = 1\ndo = \"stall\"\nstall_ms = 60000\n");
    std::fs::write(&scenario, format!("title = \"Silent\"\ndescription = \"One is silent.\"\n{fault}")).unwrap();
    let args = ["setup", "--environment", "contoso-uat", "--timeout", time, "--scenario", scenario.to_str().unwrap()];
    let (code, out, err) = run(state.path(), &[&args[..], &consent()].concat());
    let last = format!("{out}{err}");
    let last =
        last.lines().rfind(|line| line.contains("the limit given with --timeout was reached")).unwrap_or_default();
    assert!(code == 9 && last.contains(place) && last.contains(words), "{code} {out} {err}");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_while_a_service_is_silent_says_what_was_and_what_was_not_done() {
    let state = TempDir::new().unwrap();
    // The one that is not joined ends by itself; nothing of the other can begin.
    let silent = scenario(
        state.path(),
        "[[environment]]\nname = \"alone\"\nfinance_and_operations = false\nlcs = false\n\
         [[fault]]\nservice = [\"gateway\"]\nevery = 1\ndo = \"stall\"\nstall_ms = 60000\n",
    );
    let args = ["setup", "--environment", "contoso-uat", "--environment", "alone", "--scenario", &silent];
    let mut command = dualwrite(state.path(), &[&args[..], &consent()].concat());
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    let over = lines.find(|line| line.contains("exit 5)"));
    assert!(over.is_some_and(|line| line.contains("  alone  prerequisites not met: Power Platform Integration")));
    signal_to(&program, rustix::process::Signal::INT);
    let rest: Vec<String> = lines.collect();
    let code = program.wait().unwrap().code();
    let is_told = rest.iter().any(|line| line.contains("  contoso-uat  interrupted: INT;"));
    assert!(code == Some(130) && is_told, "{code:?} {rest:?}");
    assert_eq!(rest.last().unwrap(), "2 environments: 1 interrupted, 1 prerequisites not met");
}

#[test]
fn nothing_is_changed_before_the_list_of_lifecycle_services_and_what_needs_no_more_than_the_other_is_told() {
    let state = TempDir::new().unwrap();
    let silent =
        scenario(state.path(), "[[fault]]\nservice = [\"lcs\"]\nevery = 1\ndo = \"stall\"\nstall_ms = 60000\n");
    let args = ["setup", "--environment", "contoso-uat", "--timeout", "10m", "--scenario", &silent];
    let (code, out, _) = run(state.path(), &[&args[..], &consent()].concat());
    assert!(code == 9 && out.contains("Lifecycle Services has not answered yet") && out.lines().count() == 1, "{out}");
    let args = ["status", "--environment", "contoso-uat", "--environment", "contoso-prod", "--scenario", &silent];
    let (code, out, _) = run(state.path(), &args);
    assert!(code == 0 && out.contains("ready to configure") && out.contains("linked"), "{code} {out}");
}

#[test]
fn check_says_what_would_help_to_tell_once_for_each_service() {
    let state = TempDir::new().unwrap();
    let refuses = "[[fault]]\nservice = [\"lcs\", \"graph\"]\nevery = 1\ndo = \"status\"\nstatus = 403\n";
    let scenario = &scenario(state.path(), refuses);
    let (code, out, _) = run(state.path(), &["check", "--environment", "contoso-uat", "--scenario", scenario]);
    let after = out.split("\nWhat to do about what could not be read\n").nth(1).unwrap();
    let lines: Vec<&str> = after.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert_eq!(code, 0, "what the flow stands on was told");
    for (line, service) in lines.iter().zip(["Lifecycle Services", "Microsoft Graph"]) {
        assert!(line.contains(service) && line.ends_with("then run the command again."), "{out}");
    }
}

#[test]
fn check_was_done_where_a_service_gave_no_answer() {
    let state = TempDir::new().unwrap();
    let fails = "[[fault]]\nservice = [\"graph\"]\nevery = 1\ndo = \"status\"\nstatus = 503\n";
    let scenario = &scenario(state.path(), fails);
    let (code, out, _) = run(state.path(), &["check", "--environment", "contoso-uat", "--scenario", scenario]);
    assert!(code == 4 && out.contains("Microsoft Graph"), "{code} {out}");
}

/// A scenario in a file.
fn scenario(dir: &Path, text: &str) -> String {
    let file = dir.join("scenario.toml");
    std::fs::write(&file, format!("title = \"t\"\ndescription = \"d\"\n{text}")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_list_that_tells_nothing_of_the_named_environment_does_not_fail_its_status() {
    let state = TempDir::new().unwrap();
    let refuses = "[[fault]]\nservice = [\"lcs\"]\nevery = 1\ndo = \"status\"\nstatus = 503\n";
    let scenario = scenario(state.path(), refuses);
    let (code, out, err) = run(state.path(), &["status", "--scenario", &scenario, "--environment", "contoso-prod"]);
    assert!(code == 0 && out.contains("contoso-prod  linked") && !err.contains("Lifecycle"), "{code}\n{out}\n{err}");
    let (code, out, _) = run(state.path(), &["status", "--scenario", &scenario]);
    assert!(code == 4 && out.contains("Lifecycle Services"), "it may list more: {code}\n{out}");
}

#[test]
fn status_swallowed_why_it_could_not_tell() {
    let state = TempDir::new().unwrap();
    let refuses = "[[fault]]\nservice = [\"power_platform\"]\nevery = 1\ndo = \"status\"\nstatus = 403\n";
    let scenario = scenario(state.path(), refuses);
    let (code, out, _) = run(state.path(), &["status", "--scenario", &scenario]);
    let words = "The Power Platform API refused this account (HTTP 403). Ask for the role Power Platform Administrator or \
                 Dynamics 365 Administrator; then run the command again.";
    assert_eq!((code, out.matches(words).count()), (4, 1), "{out}");
    let (_, out, _) = run(state.path(), &["status", "--scenario", &scenario, "--json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert!(schema("status.json").is_valid(&document), "{document}");
    let first = &document["environments"][0];
    assert_eq!((&first["stage"], &first["unread"][0]), (&Value::from("unknown"), &Value::from(words)));
}

#[test]
fn an_environment_that_gives_no_answer_is_said_in_its_row_and_in_the_exit_code() {
    let state = TempDir::new().unwrap();
    let scenario = scenario(state.path(), "[[fault]]\nservice = [\"gateway\"]\nevery = 1\ndo = \"reset\"\n");
    let (code, out, _) = run(state.path(), &["status", "--scenario", &scenario]);
    let row = out.lines().find(|line| line.starts_with("contoso-uat")).unwrap();
    assert!(row.ends_with("(the answer of the dual-write gateway was cut off before its end)"), "{out}");
    assert!(
        code == 4 && out.contains("What to do about what could not be read") && out.contains("Check the network"),
        "{code} {out}"
    );
    let (code, out, _) = run(state.path(), &["status", "--scenario", &scenario, "--json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert!(code == 4 && schema("status.json").is_valid(&document), "{code} {out}");
    assert_eq!(
        (&document["environments"][0]["link"], document["environments"].as_array().unwrap().len()),
        (&Value::from("unknown"), 4)
    );
}

#[test]
fn a_link_that_nobody_could_confirm_was_linked_without_a_word_in_json() {
    let state = TempDir::new().unwrap();
    let scenario = scenario(state.path(), "profile_without = [\"gateway\"]\n");
    let args = [&["setup", "--environment", "contoso-uat", "--json", "--scenario", &scenario], &consent()[..]].concat();
    let (code, out, err) = run(state.path(), &args);
    assert_eq!(code, 0, "{out}{err}");
    let events = events(&out);
    let finished = of(&events, "contoso-uat", "finished")[0];
    let linked = of(&events, "contoso-uat", "linked")[0];
    for words in [&finished["message"], &linked["confirmed"]] {
        assert!(words.as_str().unwrap().contains("names no dual-write service to read it back from"), "{out}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_on_the_command_line_that_is_no_utf8_ended_the_program() {
    use std::os::unix::ffi::OsStrExt;
    let dir = TempDir::new().unwrap();
    let state = dir.path().join(std::ffi::OsStr::from_bytes(b"state-\xff"));
    let (code, out, err) = said(&dualwrite(&state, &["status"]).env("XDG_CONFIG_HOME", dir.path()).output().unwrap());
    assert!(code == 0 && out.contains("contoso-uat"), "{code} {out} {err}");
}

#[test]
fn status_and_check_print_one_document_each() {
    let state = TempDir::new().unwrap();
    let (code, out, _) = run(state.path(), &["status", "--json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert!(code == 0 && schema("status.json").is_valid(&document), "{out}");
    let stages: Vec<&str> =
        document["environments"].as_array().unwrap().iter().map(|one| one["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["ready_to_configure", "ready_to_link", "linked", "integration_not_set_up"]);
    for (name, code) in [("contoso-uat", 0), ("contoso-dev", 5)] {
        let (exit, out, _) = run(state.path(), &["check", "--environment", name, "--json"]);
        let document: Value = serde_json::from_str(&out).unwrap();
        assert!(schema("check.json").is_valid(&document), "{out}");
        assert_eq!(exit, code, "{name}");
    }
    let (_, out, _) = run(state.path(), &["check", "--environment", "contoso-uat", "contoso-golden", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().len(), 2);
}

#[rstest]
#[case::speed("--speed", "100")]
#[case::scenario("--scenario", "slow")]
fn an_option_of_the_built_in_simulator_had_no_effect_on_another_one_without_a_word(
    #[case] option: &str,
    #[case] value: &str,
) {
    let state = TempDir::new().unwrap();
    let profile = state.path().join("sim.toml");
    let bases = ["authority", "bap", "power_platform"].map(|key| format!("{key} = \"http://127.0.0.1:1/{key}\"\n"));
    std::fs::write(&profile, format!("name = \"SIMULATOR\"\n{}", bases.concat())).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.args(["whoami", option, value, "--cloud"]).arg(&profile).arg("--state-dir").arg(state.path());
    let output = command.env("XDG_CONFIG_HOME", state.path()).env("DUALWRITE_TOKEN_STORE", "memory").output().unwrap();
    let (code, out, err) = said(&output);
    assert!(code == 3 && out.contains("nobody is signed in"), "{code} {out} {err}");
    let words = format!(
        "{option} has no effect on SIMULATOR: what runs there was told when it was started (dualwrite simulate {option}).\n"
    );
    assert_eq!(err, words);
}

#[test]
fn the_terms_are_printed_with_their_version_first() {
    let state = TempDir::new().unwrap();
    let (code, out, _) = run(state.path(), &["setup", "--show-terms"]);
    assert_eq!((code, out.lines().next()), (0, Some(format!("Version: {}", terms::version()).as_str())));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    use std::io::{BufRead, BufReader, Read};
    let state = TempDir::new().unwrap();
    let args = [&["setup", "--json", "--environment", "contoso-uat"][..], &consent()].concat();
    let mut child = dualwrite(state.path(), &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("environment_read"), "{line}");
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(141), ""));
}

#[test]
fn a_record_that_cannot_be_begun_is_said_and_nothing_is_changed() {
    let state = TempDir::new().unwrap();
    let args = [&["setup", "--environment", "contoso-uat"][..], &consent()].concat();
    std::fs::write(state.path().join("terms"), "no directory").unwrap();
    // No directory, so nothing can be below it.
    let (code, _, err) = said(&dualwrite(&state.path().join("terms"), &args).output().unwrap());
    assert!(code == 2 && err.contains("is no directory. Name another with --state-dir"), "{code} {err}");
    let (code, out, _) = run(state.path(), &args);
    assert!(code == 1 && out.contains("could not be written down") && out.contains("--state-dir"), "{code} {out}");
    assert!(!out.contains("install "), "{out}");
}

#[cfg(unix)]
#[rstest]
#[case::interrupt(rustix::process::Signal::INT, 130)]
#[case::terminate(rustix::process::Signal::TERM, 143)]
#[case::hang_up(rustix::process::Signal::HUP, 129)]
fn a_signal_ends_it_and_the_record_says_so(#[case] signal: rustix::process::Signal, #[case] code: i32) {
    let state = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.args(["setup", "--json", "--environment", "contoso-uat", "--cloud", "simulator", "--speed", "60"]);
    command.args(consent()).arg("--state-dir").arg(state.path()).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains(r#""event":"reading""#)));
    signal_to(&child, signal);
    let rest: Vec<String> = lines.collect();
    let finished = events(&rest.join("\n")).pop().unwrap();
    assert_eq!((finished["event"].as_str(), finished["exit_code"].as_i64()), (Some("finished"), Some(i64::from(code))));
    assert_eq!(child.wait().unwrap().code(), Some(code));
    let runs = journal::runs(state.path()).unwrap();
    let entries = journal::read(&runs[0].path).unwrap();
    assert!(entries.iter().any(|entry| matches!(entry.what, What::Left { .. })), "{entries:?}");
}

#[test]
fn the_record_is_listed_shown_and_exported() {
    let state = TempDir::new().unwrap();
    let names = ["contoso-uat", "contoso-golden"];
    let args = [&["setup", "--scenario", "configure-fails", "--environment"][..], &names, &consent()].concat();
    assert_eq!(run(state.path(), &args).0, 6);
    let record = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
        said(&command.arg("runs").args(args).arg("--state-dir").arg(state.path()).output().unwrap())
    };
    let (code, out, _) = record(&[]);
    assert!(code == 0 && out.contains("contoso-uat") && out.contains("failed") && out.contains("linked"), "{out}");
    let (_, out, _) = record(&["list", "--json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert!(schema("runs.json").is_valid(&list), "{out}");
    let failed = list["runs"].as_array().unwrap().iter().find(|run| run["outcome"] == "failed").unwrap();
    let id = failed["run"].as_str().unwrap();
    let (_, out, _) = record(&["export", &id[..6], "--format", "json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert!(schema("runs.json").is_valid(&document), "{out}");
    assert_eq!(&document, failed);
    assert_eq!(record(&["show", id, "--json"]), (0, out, String::new()));
    let (_, html, _) = record(&["export", id, "--format", "html"]);
    let (_, markdown, _) = record(&["export", id]);
    let (_, text, _) = record(&["show", id]);
    for words in ["ada@contoso.example", "Solution history", "DualWriteCoreAnchor", terms::version()] {
        assert!(html.contains(words) && markdown.contains(words) && text.contains(words), "{words}");
    }
    let (code, _, err) = record(&["show", "zz"]);
    assert!(code == 2 && err.contains("zz"), "{err}");
    // A damaged one is named with its place, and hides none of the others.
    let path = journal::runs(state.path()).unwrap().into_iter().find(|listed| listed.id == id).unwrap().path;
    let damaged = std::fs::read_to_string(&path).unwrap().replacen("contoso-uat", "contoso-vat", 1);
    std::fs::write(&path, damaged).unwrap();
    let (code, out, _) = record(&[]);
    assert!(code == 0 && out.contains("linked") && out.contains("line 2: the checksum does not fit"), "{out}");
    let (code, _, err) = record(&["show", id]);
    assert!(code == 1 && err.contains("line 2"), "{err}");
}

/// `reset` where dual-write is linked to another environment, and a rule of harm.
fn reset_with(rule: &str) -> (i32, String, String) {
    let state = TempDir::new().unwrap();
    let scenario = state.path().join("reset.toml");
    let text = format!("{}\n[[fault]]\n{rule}\n", include_str!("../../assets/scenarios/mismatch-set-up.toml"));
    std::fs::write(&scenario, text).unwrap();
    run(state.path(), &["reset", "--environment", "contoso-uat", "--yes", "--scenario", scenario.to_str().unwrap()])
}

#[rstest]
#[case::maps("service = [\"gateway\"]\npath = \"Entities\"\nevery = 1\ndo = \"reset\"", "the dual-write gateway")]
#[case::connection_set(
    "service = [\"gateway\"]\npath = \"api/ConnectionSet\"\nmethod = \"GET\"\nevery = 1\ndo = \"reset\"",
    "the dual-write gateway"
)]
#[case::link(
    "service = [\"gateway\"]\npath = \"1.0/Environments\"\nevery = 1\ndo = \"reset\"",
    "the dual-write gateway"
)]
fn a_reset_that_could_not_read_was_called_a_mismatch(#[case] rule: &str, #[case] service: &str) {
    let (code, out, err) = reset_with(rule);
    let last = out.lines().last().unwrap_or_default();
    assert!(code == 4 && last.contains("unreachable") && last.contains(service), "{code} {out} {err}");
    assert!(last.contains("Check the network; then run the command again."), "{last}");
}
