//! Many environments at once: a large tenant, few descriptors, one signal for all.

use super::*;

#[test]
fn the_status_of_a_large_tenant_is_read_to_its_end() {
    let state = TempDir::new().unwrap();
    let scenario = state.path().join("large.toml");
    let many: Vec<String> = (0..95).map(|at| format!("[[environment]]\nname = \"many-{at:02}\"\n")).collect();
    let text = format!("title = \"Many\"\ndescription = \"A large tenant.\"\npage_size = 20\n{}", many.concat());
    std::fs::write(&scenario, text).unwrap();
    let (code, out, err) = run(state.path(), &["status", "--json", "--scenario", scenario.to_str().unwrap()]);
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {err}"));
    let all = document["environments"].as_array().unwrap();
    assert_eq!((code, all.len()), (0, 99));
    assert!(all.iter().all(|one| one["stage"] != "not_read" && one["stage"] != "being_read"), "{out}");
}

/// Thirteen set-ups where the system lets the program open little; what a limit of 1,024 was for three hundred.
#[cfg(target_os = "linux")]
#[test]
fn many_set_ups_ran_out_of_descriptors_and_now_take_turns() {
    const LIMIT: u32 = 160;
    let state = TempDir::new().unwrap();
    let scenario = scenario(state.path(), "only = [\"contoso-uat\"]\ncopies = 12\npage_size = 500\n");
    let names = (1..13).map(|number| format!("contoso-uat-{number:05}")).chain(["contoso-uat".to_owned()]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {LIMIT}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_dualwrite"), "setup"]);
    command.args(["--cloud", "simulator", "--speed", "2000", "--scenario", &scenario, "--state-dir"]).arg(state.path());
    let output = command.args(consent()).arg("--environment").args(names).output().unwrap();
    let (code, out, err) = said(&output);
    assert_eq!((code, out.matches("linked (exit 0)\n").count()), (0, 13), "{out}\n{err}");
    assert!(err.starts_with("4 of 13 environments at a time: ") && err.lines().count() == 1, "{err}");
    assert!(!out.contains("no connection") && !out.contains("cannot be written"), "{out}");
    assert!(out.ends_with("\n13 environments: 13 linked\n"), "{out}");
}

/// It tried each environment for half a minute, with a sentence about the record.
#[cfg(target_os = "linux")]
#[test]
fn where_the_system_lets_it_open_too_little_it_says_how_much_is_enough() {
    let state = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 20; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_dualwrite"), "status"]);
    command.args(["--cloud", "simulator", "--state-dir"]).arg(state.path());
    let (code, out, err) = said(&command.output().unwrap());
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("no more than 20 files") && err.contains("ulimit -n 32"), "{err}");
}

#[cfg(unix)]
#[test]
fn many_that_are_interrupted_are_told_together_and_each_is_named_once() {
    let state = TempDir::new().unwrap();
    let scenario = scenario(state.path(), "only = [\"contoso-uat\"]\ncopies = 59\npage_size = 500\n");
    let names = (1..60).map(|number| format!("contoso-uat-{number:05}")).chain(["contoso-uat".to_owned()]);
    // Slow enough that none ends before the signal comes.
    let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
    command.args(["setup", "--cloud", "simulator", "--speed", "60", "--scenario", &scenario]).stdin(Stdio::null());
    command.arg("--state-dir").arg(state.path());
    command.args(consent()).arg("--environment").args(names).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("read: ")).unwrap();
    signal_to(&child, rustix::process::Signal::INT);
    let told: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(told.iter().any(|line| line.contains(" environments: INT; ")), "{told:#?}");
    let is_told = |line: &&String| line.contains("  interrupted") && line.ends_with("(exit 130)");
    assert_eq!(told.iter().filter(is_told).count(), 60, "{told:#?}");
    let is_total = |line: &&String| line.starts_with("60 environments: ") && line.contains(" interrupted");
    assert_eq!(told.iter().filter(is_total).count(), 1, "{told:#?}");
}
