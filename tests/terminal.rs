//! The program in a real terminal: what only a terminal can tell.
//!
//! Each test starts `dualwrite demo` with a state directory of its own and leaves it in one way; the
//! terminal must be as it was. What the loop does in awkward states is tested in `shell.rs`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy knows tests only by their attribute")]

mod pty;

use pty::{Exit, Pty, Signal};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dualwrite");
/// The title of the first screen of a demo, and a text of it that comes from the simulator.
const FIRST_SCREEN: &str = "Environments";

struct Demo {
    pty: Pty,
    _state: TempDir,
}

fn environment(state: &TempDir) -> [(&str, &str); 2] {
    let state = state.path().to_str().expect("UTF-8");
    [("HOME", state), ("DUALWRITE_STATE_DIR", state)]
}

fn start() -> Demo {
    let state = tempfile::tempdir().unwrap();
    let directory = state.path().to_str().expect("UTF-8");
    let pty = Pty::spawn(PROGRAM, &["demo", "--state-dir", directory], &environment(&state), 80, 24);
    pty.wait_for(FIRST_SCREEN);
    Demo { pty, _state: state }
}

/// The demo as a job of a shell with job control, which says when it has stopped and then waits for a
/// line to continue it.
fn start_job() -> Demo {
    let state = tempfile::tempdir().unwrap();
    let script = r#"set -m; "$@"; echo "stopped $?"; read line; fg >/dev/null; echo "ended $?""#;
    let args = ["-c", script, "sh", PROGRAM, "demo"];
    let pty = Pty::spawn("/bin/sh", &args, &environment(&state), 80, 24);
    pty.wait_for(FIRST_SCREEN);
    Demo { pty, _state: state }
}

#[track_caller]
fn ends(pty: &Pty, code: u32) {
    assert_eq!(pty.wait_exit(), Exit::Code(code), "{}", pty.screen());
    assert_eq!(pty.modes_clean(), Ok(()));
}

#[test]
fn q_leaves_at_once_where_nothing_runs() {
    let demo = start();
    demo.pty.keys("q");
    ends(&demo.pty, 0);
    assert_eq!(demo.pty.asked().queries, [""; 0], "the terminal was asked nothing");
}

#[test]
fn ctrl_c_leaves_as_q_does() {
    let demo = start();
    demo.pty.keys("<c-c>");
    ends(&demo.pty, 0);
}

#[test]
fn each_signal_ends_it_with_its_code() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let demo = start();
        demo.pty.signal(signal);
        ends(&demo.pty, code);
    }
}

#[test]
fn a_closed_window_ends_it() {
    let mut demo = start();
    demo.pty.close_master();
    assert_eq!(demo.pty.wait_exit(), Exit::Code(129));
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_going_on_paints_again() {
    let demo = start_job();
    demo.pty.keys("<c-z>").wait_for("stopped ").wait_gone(FIRST_SCREEN);
    assert_eq!(demo.pty.modes_clean(), Ok(()));
    demo.pty.keys("<enter>").wait_for(FIRST_SCREEN).keys("?").wait_for("Help");
    demo.pty.keys("<esc>").wait_gone("Help").keys("q").wait_for("ended 0");
    ends(&demo.pty, 0);
}

#[test]
fn a_stop_from_outside_is_a_stop_like_any_other() {
    let demo = start_job();
    demo.pty.signal(Signal::TSTP).wait_for("stopped ");
    assert_eq!(demo.pty.modes_clean(), Ok(()));
    demo.pty.keys("<enter>").wait_for(FIRST_SCREEN).keys("q").wait_for("ended 0");
    ends(&demo.pty, 0);
}

#[test]
fn every_size_is_drawn() {
    let demo = start();
    for (columns, rows) in [(1, 1), (2, 1), (1, 50), (20, 5), (200, 60), (0, 0), (79, 23), (1, 1)] {
        demo.pty.resize(columns, rows);
    }
    demo.pty.resize(80, 24).wait_for(FIRST_SCREEN).keys("q");
    ends(&demo.pty, 0);
}

/// A serial line says that it has no size. It is taken for the usual one, by what is drawn and by the keys.
#[test]
fn keys_mean_the_same_where_the_terminal_does_not_know_its_size() {
    let demo = start();
    let is_written = |text: &str| String::from_utf8_lossy(&demo.pty.raw()).contains(text);
    demo.pty.resize(0, 0).keys("?<c-l>").wait_true("the help page", || is_written("Keys of this screen"));
    demo.pty.keys("<c-c>");
    ends(&demo.pty, 0);
}

/// The demo on a terminal that has stopped reading, in the middle of its output.
fn start_stalled() -> Demo {
    let demo = start();
    demo.pty.stall().wait_true("a full terminal", || {
        demo.pty.keys("<c-l>");
        demo.pty.is_full()
    });
    demo
}

#[test]
fn a_terminal_that_does_not_read_holds_up_no_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let demo = start_stalled();
        demo.pty.signal(signal).wait_ended();
        assert!(demo.pty.cooked());
        demo.pty.unstall();
        ends(&demo.pty, code);
    }
}

#[test]
fn a_terminal_that_does_not_read_can_be_left_and_closed() {
    let demo = start_stalled();
    demo.pty.keys("q").wait_ended().unstall();
    ends(&demo.pty, 0);
    let mut demo = start_stalled();
    demo.pty.close_master();
    assert_eq!(demo.pty.wait_exit(), Exit::Code(129));
}

/// What was pressed while nothing could be drawn is there when the terminal reads again, and nothing else is.
#[test]
fn a_terminal_that_reads_again_shows_what_a_fresh_one_would() {
    let demo = start_stalled();
    demo.pty.keys("?").unstall().wait_for("Help");
    demo.pty.wait_asked("the end of the frame", |asked| asked.updates.0 == asked.updates.1);
    settled(&demo.pty);
    demo.pty.keys("<esc>").wait_gone("Help").keys("q");
    ends(&demo.pty, 0);
}

/// The screen is what a repaint makes of an empty one, but for the ages in its last lines.
#[track_caller]
fn settled(pty: &Pty) {
    let picture = || pty.screen().lines().take(20).map(str::to_owned).collect::<Vec<_>>();
    let (before, frames) = (picture(), pty.asked().updates.1);
    pty.keys("<c-l>").wait_asked("another frame", |asked| asked.updates.1 > frames);
    assert_eq!(before, picture());
}

#[test]
fn an_error_in_the_middle_is_said_once_the_terminal_is_given_back() {
    let state = tempfile::tempdir().unwrap();
    let profile = state.path().join("cloud.toml");
    std::fs::write(&profile, "name = \"x\"\nlike = \"public\"\ntenant = \"contoso.example\"\nclient_id = \"00000000-0000-0000-0000-000000000000\"\n").unwrap();
    let args = ["--cloud", profile.to_str().unwrap(), "--account", "eve@contoso.example"];
    let pty = Pty::spawn(
        PROGRAM,
        &args,
        &[&environment(&state)[..], &[("DUALWRITE_TOKEN_STORE", "memory")]].concat(),
        100,
        24,
    );
    ends(&pty, 3);
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    let (before, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
    assert!(before.contains("\x1b[?1049h") && !before.contains("is not signed in on this cloud"), "{raw:?}");
    assert!(after.contains("eve@contoso.example is not signed in on this cloud"), "{raw:?}");
}

/// What prints without a screen waits for whoever reads it. A signal does not wait.
#[test]
fn a_program_without_a_screen_that_nobody_reads_is_ended_by_a_signal_all_the_same() {
    // So much happens that no terminal takes it.
    let hurried = ["--scenario", "slow", "--speed", "2000"];
    let setup = ["setup", "--json", "--accept-terms", dualwrite::core::terms::version(), "--yes"];
    let setup = [&setup[..], &hurried].concat();
    for command in [&setup[..], &["check", "--json"]] {
        let state = tempfile::tempdir().unwrap();
        let args = [command, &["--cloud", "simulator", "--environment", "contoso-uat"]].concat();
        let pty = Pty::spawn(PROGRAM, &args, &environment(&state), 80, 24);
        pty.stall().wait_true("a full terminal", || pty.is_full());
        pty.signal(Signal::TERM).wait_ended().unstall();
        assert_eq!(pty.wait_exit(), Exit::Code(143), "{}", pty.screen());
    }
}

/// What has no screen either, as `nohup` starts it: the hang-up is not even taken.
#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_that_was_ignored_before_it_began_stays_ignored() {
    let terms = dualwrite::core::terms::version();
    let setup = format!("setup --cloud simulator --environment contoso-uat --accept-terms {terms} --yes");
    for (words, code) in [(setup.as_str(), 143), ("--plain demo", 143), ("simulate", 0)] {
        let state = tempfile::tempdir().unwrap();
        let script = format!(r#"trap '' HUP; exec "$0" {words}"#);
        let pty = Pty::spawn("/bin/sh", &["-c", &script, PROGRAM], &environment(&state), 80, 24);
        let set = |name: &str| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", pty.child().as_raw_nonzero())).unwrap();
            let set = status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
            u64::from_str_radix(&set, 16).unwrap()
        };
        let has = |name: &str, signal: Signal| set(name) & 1 << (signal.as_raw() - 1) != 0;
        pty.wait_true("a handler", || has("SigCgt:", Signal::TERM));
        assert!(has("SigIgn:", Signal::HUP), "{words}");
        pty.signal(Signal::HUP).signal(Signal::TERM);
        assert_eq!(pty.wait_exit(), Exit::Code(code), "{words}: {}", pty.screen());
    }
}

/// The rows of a run without a screen are drawn over each other, but not over what a shell has said.
#[test]
fn after_ctrl_z_live_lines_go_on_below_the_words_of_the_shell() {
    let state = tempfile::tempdir().unwrap();
    let terms = dualwrite::core::terms::version();
    let script = format!(
        r#"set -m; "$0" setup --cloud simulator --environment contoso-uat --accept-terms {terms} --yes
        echo "stopped $?"; read line; echo "the last word"; fg >/dev/null"#
    );
    let pty = Pty::spawn("/bin/sh", &["-c", &script, PROGRAM], &environment(&state), 80, 24);
    let live = "set-up runs";
    pty.wait_for(live).keys("<c-z>").wait_for("stopped ").keys("<enter>");
    pty.wait_until("live lines below what was said", |screen| {
        let text = screen.contents();
        text.split_once("the last word")
            .is_some_and(|(above, below)| above.contains(live) && above.contains("stopped ") && below.contains(live))
    });
    pty.signal(Signal::TERM);
}
