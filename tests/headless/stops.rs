//! What ends before its end: one document all the same, and the exit code of what ended it.

use super::*;

#[cfg(unix)]
#[test]
fn a_status_that_is_interrupted_tells_what_it_knows_in_one_document() {
    use std::io::{BufRead, BufReader, Read};
    let state = TempDir::new().unwrap();
    let fault = "[[fault]]\nservice = [\"dataverse\"]\nevery = 1\ndo = \"stall\"\nstall_ms = 60000\n";
    let scenario = scenario(state.path(), fault);
    let mut command = dualwrite(state.path(), &["status", "--json", "--scenario", &scenario]);
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(program.stdout.take().unwrap());
    let mut document = String::new();
    // Its beginning is there as soon as the list is.
    out.read_line(&mut document).unwrap();
    assert!(Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap().success());
    out.read_to_string(&mut document).unwrap();
    let (code, _, err) = said(&program.wait_with_output().unwrap());
    let document: Value = serde_json::from_str(&document).unwrap_or_else(|_| panic!("{document}"));
    assert!(code == 130 && schema("status.json").is_valid(&document), "{code} {document}");
    let rows = document["environments"].as_array().unwrap();
    // None looks as if it had been read: what is unread of each says why. One that needs no Dataverse may be told.
    let (cut, told): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["stage"] == "not_read");
    assert!(rows.len() == 4 && !cut.is_empty(), "{document}");
    assert!(cut.iter().all(|row| row["unread"][0] == "not read to its end: INT"), "{document}");
    assert!(told.iter().all(|row| row["stage"] != "being_read"), "{document}");
    assert!(err.contains(&format!("{} of 4 environments were not read", cut.len())), "{err}");
}

/// It ended as done, with a line of an event in front of its document.
#[cfg(unix)]
#[test]
fn a_check_that_is_interrupted_tells_what_it_knows_in_one_document() {
    use std::io::{BufRead, BufReader, Read};
    let state = TempDir::new().unwrap();
    let fault = "[[fault]]\nservice = [\"dataverse\"]\nevery = 1\ndo = \"stall\"\nstall_ms = 60000\n";
    let scenario = scenario(state.path(), fault);
    let args = ["check", "--json", "--scenario", &scenario, "--environment", "contoso-uat", "contoso-golden"];
    let mut command =
        dualwrite(state.path(), &[&args[..], &["--log-file", "/dev/stderr", "--log-level", "debug"]].concat());
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(program.stderr.take().unwrap());
    // The log tells when both are being read.
    assert!(err.by_ref().lines().map(Result::unwrap).any(|line| line.contains("/gateway/")));
    signal_to(&program, rustix::process::Signal::INT);
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    let (code, out, _) = said(&program.wait_with_output().unwrap());
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}"));
    assert!(code == 130 && schema("check.json").is_valid(&document), "{code} {document}");
    assert_eq!(document.as_array().unwrap().len(), 2, "{document}");
    // A line of the log can stand before the end of its line.
    assert!(rest.contains("INT; 2 of 2 environments were not read to their end"), "{rest}");
}

#[rstest]
#[case::after_configure("setup", "contoso-uat", 4)]
#[case::nothing_was_changed("link", "contoso-golden", 3)]
fn a_choice_that_is_missing_after_a_change_ended_as_if_nothing_had_been_changed(
    #[case] command: &str,
    #[case] name: &str,
    #[case] code: i32,
) {
    let state = TempDir::new().unwrap();
    let scenario = scenario(state.path(), "profile_without = [\"gateway\"]\n");
    let args = [command, "--environment", name, "--assisted", "--json", "--yes", "--scenario", &scenario];
    let terms: &[&str] = if command == "setup" { &consent()[1..] } else { &[] };
    let (exit, out, err) = run(state.path(), &[&args[..], terms].concat());
    let events = events(&out);
    let finished = of(&events, name, "finished")[0];
    assert_eq!((exit, &finished["exit_code"]), (code, &Value::from(code)), "{out}{err}");
    assert_eq!(finished["outcome"], "choice_missing");
}

#[test]
fn an_application_that_is_refused_is_told_of_each_environment() {
    let state = TempDir::new().unwrap();
    let profile = state.path().join("sim.toml");
    let bases = ["authority", "bap", "power_platform", "gateway"];
    let bases = bases.map(|key| format!("{key} = \"http://127.0.0.1:1/{key}\"\n")).concat();
    std::fs::write(&profile, format!("name = \"x\"\nclient_id = \"c\"\ntenant = \"contoso.com\"\n{bases}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.args(["setup", "--json", "--environment", "uat", "prod"]).args(consent()).arg("--cloud").arg(&profile);
    command.arg("--state-dir").arg(state.path()).env("XDG_CONFIG_HOME", state.path()).stdin(Stdio::null());
    let (code, out, err) = said(&command.env("DUALWRITE_CLIENT_SECRET", "secret").output().unwrap());
    let events = events(&out);
    assert_eq!((code, err.as_str(), events.len()), (3, "", 2), "{out}");
    for name in ["uat", "prod"] {
        let finished = of(&events, name, "finished")[0];
        assert!(
            finished["exit_code"] == 3 && finished["message"].as_str().unwrap().contains("for people only"),
            "{out}"
        );
    }
}

#[test]
fn one_that_is_not_known_keeps_the_others_from_beginning_and_each_says_which_it_is() {
    let state = TempDir::new().unwrap();
    let args = ["setup", "--json", "--environment", "contoso-uat", "contoso-uta"];
    let (code, out, err) = run(state.path(), &[&args[..], &consent()].concat());
    let events = events(&out);
    assert_eq!((code, err.as_str(), events.len()), (2, "", 2), "{out}");
    for (name, outcome) in [("contoso-uat", "not_started"), ("contoso-uta", "not_found")] {
        let finished = of(&events, name, "finished")[0];
        assert_eq!((&finished["outcome"], &finished["exit_code"]), (&Value::from(outcome), &Value::from(2)), "{out}");
    }
}
