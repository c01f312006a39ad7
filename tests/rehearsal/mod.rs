//! A rehearsal for tests: a simulator, a profile of it, a place for the record, and the real binary in a
//! pseudo-terminal or without one.
#![cfg(unix)]
#![allow(dead_code, reason = "no test uses all of it")]
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

use crate::pty::{Exit, Pty, leaks};
use dualwrite::sim::{self, Counters, Options, Scenario, Simulator};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub const CORE: &str = "DualWriteCoreAnchor";
pub const APPLICATION: &str = "msdyn_DualWriteAppCoreAnchor";

/// Simulated seconds per second: fast enough for a test, slow enough for every screen to be seen.
const SPEED: f64 = 1_000.0;

/// Where sign-ins are kept where that was asked for: the only file with secrets.
pub const TOKEN_FILE: &str = "tokens.json";

/// The client that the simulated tenant knows.
const CLIENT: &str = "00000000-0000-4000-8000-0000000000c1";
/// When the simulated world begins.
const START: &str = "2026-11-24T10:00:00Z";

fn scenario(text: &str) -> Scenario {
    let text = format!("title = \"Test\"\ndescription = \"Of a test.\"\n{text}");
    Scenario::parse(&text, "test").unwrap()
}

/// A simulator, a profile of it, and a place for the record.
pub struct Rehearsal {
    runtime: tokio::runtime::Runtime,
    simulator: Option<Simulator>,
    pub dir: TempDir,
}

impl Rehearsal {
    pub fn on(scenario: &str) -> Self {
        Self::at(scenario, SPEED)
    }

    pub fn at(scenario: &str, speed: f64) -> Self {
        Self::start(Scenario::named(scenario).unwrap(), speed, START.parse().unwrap())
    }

    /// On a scenario that is written here.
    pub fn told(text: &str) -> Self {
        Self::told_at(text, SPEED)
    }

    pub fn told_at(text: &str, speed: f64) -> Self {
        Self::start(scenario(text), speed, START.parse().unwrap())
    }

    /// On a scenario that is written here, with the time and the pace of this machine.
    pub fn in_step(text: &str) -> Self {
        Self::start(scenario(text), 1.0, Timestamp::now())
    }

    fn start(scenario: Scenario, speed: f64, start: Timestamp) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { scenario, speed, port: 0, start };
        let simulator = runtime.block_on(sim::start(options)).unwrap();
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("cloud.toml"), simulator.profile_toml()).unwrap();
        Self { runtime, simulator: Some(simulator), dir }
    }

    pub fn profile(&self) -> PathBuf {
        self.dir.path().join("cloud.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub fn wizard(&self, more: &[&str], columns: u16, rows: u16) -> Pty {
        self.wizard_in(&[("DUALWRITE_TOKEN_STORE", "memory")], more, columns, rows)
    }

    /// The wizard, with variables of its own.
    pub fn wizard_in(&self, variables: &[(&str, &str)], more: &[&str], columns: u16, rows: u16) -> Pty {
        let (profile, state) = (self.profile(), self.state());
        let args = [&["--cloud", profile.to_str().unwrap()], more].concat();
        let dirs = [("DUALWRITE_STATE_DIR", state.to_str().unwrap()), ("XDG_CONFIG_HOME", state.to_str().unwrap())];
        Pty::spawn(env!("CARGO_BIN_EXE_dualwrite"), &args, &[&dirs, variables].concat(), columns, rows)
    }

    /// The wizard as a job of a shell with job control, which says when it has stopped and then waits for a
    /// line to continue it.
    pub fn job(&self, columns: u16, rows: u16) -> Pty {
        let (profile, state) = (self.profile(), self.state());
        let (profile, state) = (profile.to_str().unwrap(), state.to_str().unwrap());
        let script = r#"set -m; "$@"; echo "stopped $?"; read line; fg >/dev/null; echo "ended $?""#;
        let args = ["-c", script, "sh", env!("CARGO_BIN_EXE_dualwrite"), "--cloud", profile];
        let variables =
            [("DUALWRITE_TOKEN_STORE", "memory"), ("DUALWRITE_STATE_DIR", state), ("XDG_CONFIG_HOME", state)];
        Pty::spawn("/bin/sh", &args, &variables, columns, rows)
    }

    /// A command without a screen, with variables of its own: its exit code, its output, its errors.
    pub fn command(&self, variables: &[(&str, &str)], args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
        command.args(args).arg("--cloud").arg(self.profile()).env_clear().envs(variables.iter().copied());
        command.env("DUALWRITE_STATE_DIR", self.state()).env("XDG_CONFIG_HOME", self.state());
        let output = command.stdin(Stdio::null()).output().unwrap();
        leaks::assert_none("the output", &[&output.stdout[..], &output.stderr].concat());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// A token of the administrator for an audience.
    pub fn token(&self, audience: &str) -> String {
        let simulator = self.simulator();
        let url = format!("{}/entra/organizations/oauth2/v2.0/token", simulator.base());
        let (scope, refresh) = (format!("{audience}/.default"), simulator.signed_in());
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
            ("scope", &scope),
            ("client_id", CLIENT),
        ];
        self.runtime.block_on(async {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client.post(url).form(&form).send().await.unwrap().json::<Value>().await.unwrap();
            answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
        })
    }

    pub fn simulator(&self) -> &Simulator {
        self.simulator.as_ref().unwrap()
    }

    /// The wizard, signed in with the device code that the simulated person approves.
    pub fn signed_in(&self, columns: u16, rows: u16) -> Pty {
        let wizard = self.wizard(&[], columns, rows);
        wizard.wait_for(" Environments ").wait_for("contoso-uat");
        wizard
    }

    pub fn counters(&self) -> Counters {
        self.simulator().counters()
    }

    /// The requests that change something, in order, without what is asked of the token service.
    pub fn changes(&self) -> Vec<String> {
        let all = self.simulator().requests();
        let is_change = |line: &&String| !line.starts_with("GET ") && !line.contains("/entra/");
        all.iter().filter(is_change).map(|line| line.split(['?', '(']).next().unwrap_or_default().to_owned()).collect()
    }

    pub fn installs(&self, package: &str) -> u32 {
        let counters = self.counters();
        counters.installs.iter().filter(|(name, _)| name.eq_ignore_ascii_case(package)).map(|(_, count)| count).sum()
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let inside = self.runtime.enter();
        self.simulator = None;
        drop(inside);
        if !std::thread::panicking() {
            leaks::assert_none_below(self.dir.path(), TOKEN_FILE);
        }
    }
}

/// From the list to the running set-up, by the keys of the README.
pub fn configure(wizard: &Pty) {
    wizard.keys("<enter>").wait_for(" Environment Details ").wait_for("[ Dual-write application ]");
    wizard.keys("<enter>").wait_for(" Terms and conditions ");
    wizard.keys("<end> <space> <enter>").wait_for(" Confirm ").wait_for("[ OK ]");
    wizard.keys("<enter>");
}

pub fn leave(wizard: &Pty) {
    wizard.keys("q");
    assert_eq!(wizard.wait_exit(), Exit::Code(0), "{}", wizard.screen());
    wizard.modes_clean().unwrap();
}
