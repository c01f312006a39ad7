//! `doctor` and `config` with the real binary: what support asks first, and who says what holds.
#![cfg(unix)]

mod pty;
mod rehearsal;

use rehearsal::Rehearsal;
use std::fs;

const SECRET: &str = "no-one-may-read-this";

#[test]
fn where_all_is_well_nothing_is_wrong_and_no_secret_is_said() {
    let rehearsal = Rehearsal::on("happy");
    let variables = [
        ("DUALWRITE_CLIENT_SECRET", SECRET),
        ("DUALWRITE_TOKEN_GRAPH", SECRET),
        ("HTTPS_PROXY", "http://ada:no-one-may-read-this@proxy.example:8080"),
        ("DUALWRITE_TOKEN_STORE", "memory"),
    ];
    let (code, out, err) = rehearsal.command(&variables, &["doctor"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for service in ["Microsoft Entra ID", "Power Platform admin service", "Lifecycle Services", "dual-write gateway"] {
        let line = out.lines().find(|line| line.contains(service)).unwrap_or_else(|| panic!("no {service}: {out}"));
        assert!(line.starts_with("  ok ") && line.contains("answers (HTTP "), "{line}");
    }
    assert!(!out.contains("  wrong") && !out.contains(SECRET), "{out}");
    assert!(out.contains("DUALWRITE_CLIENT_SECRET, DUALWRITE_TOKEN_GRAPH") && out.contains("HTTPS_PROXY"), "{out}");
    assert!(!rehearsal.state().exists(), "nothing is made");
    // Nobody was signed in for it.
    assert_eq!(rehearsal.counters().sign_ins, 0);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_in_the_exit_code() {
    let rehearsal = Rehearsal::on("happy");
    let profile = fs::read_to_string(rehearsal.profile()).unwrap();
    let gone = profile.lines().map(|line| match line.split_once(" = ") {
        Some(("lcs", _)) => "lcs = \"http://127.0.0.1:1/lcs\"".to_owned(),
        _ => line.to_owned(),
    });
    fs::write(rehearsal.profile(), gone.collect::<Vec<_>>().join("\n")).unwrap();
    let (code, out, _) = rehearsal.command(&[], &["doctor"]);
    let line = out.lines().find(|line| line.contains("Lifecycle Services")).unwrap();
    assert!(code == 4 && line.starts_with("  wrong") && line.contains("http://127.0.0.1:1/lcs"), "{code} {out}");
    fs::write(rehearsal.profile(), "name = 7\n").unwrap();
    let (code, out, _) = rehearsal.command(&[], &["doctor"]);
    assert!(code == 2 && out.contains("cloud.toml, line 1, column 8"), "{code} {out}");
    // What stands there is not: the words go to others.
    let leaky = "link = \"https://secret-tenant.example/link?code=no-one-may-read-this\"\n";
    fs::write(rehearsal.profile(), format!("{profile}{}", leaky.replace("link", "tenants"))).unwrap();
    let (code, out, _) = rehearsal.command(&[], &["doctor"]);
    assert!(code == 2 && !out.contains(SECRET) && !out.contains("secret-tenant"), "{code} {out}");
    // A broken settings file is told, and does not keep the rest from being told.
    let config = rehearsal.dir.path().join("config.toml");
    fs::write(&config, "cloud = \"nowhere\"\n").unwrap();
    let (code, out, _) = rehearsal.command(&[], &["doctor", "--config", config.to_str().unwrap()]);
    assert!(code == 2 && out.contains("config.toml, line 1, column 9") && out.contains("Record"), "{code} {out}");
}

#[test]
fn a_settings_file_is_begun_once_and_config_says_who_says_so() {
    let rehearsal = Rehearsal::on("happy");
    let (code, out, _) = rehearsal.command(&[], &["config", "init"]);
    let file = rehearsal.state().join("dualwrite/config.toml");
    assert!(code == 0 && out.contains(file.to_str().unwrap()), "{code} {out}");
    fs::write(&file, format!("{}\ntoken_store = \"file\"\n", fs::read_to_string(&file).unwrap())).unwrap();
    let (code, _, err) = rehearsal.command(&[], &["config", "init"]);
    assert!(code == 2 && err.contains("is there already. Nothing was changed."), "{code} {err}");
    let (code, out, err) =
        rehearsal.command(&[("DUALWRITE_TENANT", "contoso.com"), ("DUALWRITE_CONFIG", "")], &["config", "show"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let origin = |key: &str| {
        let line =
            out.lines().find(|line| line.split(' ').next() == Some(key)).unwrap_or_else(|| panic!("{key}: {out}"));
        line.rsplit("  ").next().unwrap().to_owned()
    };
    let origins = ["cloud", "token_store", "state_dir", "tenant", "bap", "ca_file"].map(origin);
    let wanted = ["--cloud", "settings file", "DUALWRITE_STATE_DIR", "DUALWRITE_TENANT", "profile file", "default"];
    assert_eq!(origins, wanted, "{out}");
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_what_was_printed_for_nobody_was_done() {
    let dir = tempfile::TempDir::new().unwrap();
    fs::write(dir.path().join("config.toml"), "").unwrap();
    for words in [&["doctor"][..], &["config", "show"], &["--version"], &["setup", "--help"], &["explain", "DW9003"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_dualwrite"))
            .args(words)
            .env("DUALWRITE_STATE_DIR", dir.path())
            .env("DUALWRITE_CONFIG", dir.path().join("config.toml"))
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains("cannot be written"), "{words:?} {said}");
    }
}
