//! The program in a real terminal: what only a terminal can tell.
//!
//! Each test starts `dualwrite demo` with a state directory of its own and leaves it in one way; the
//! terminal must be as it was. What the loop does in awkward states is tested in `shell.rs`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "clippy knows tests only by their attribute")]

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
