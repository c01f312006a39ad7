//! The loop and the guard in a real terminal, and the harness that looks at them.
//!
//! The program under test is `pty/child.rs`, run by this executable when it is started again with
//! [`CHILD`] in its environment.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy knows tests only by their attribute")]

mod pty;
#[path = "pty/child.rs"]
mod pty_child;

use std::{fs, path::PathBuf};

use pty::{Exit, Pty, Signal};

/// Set in the environment of the program under test, and nowhere else.
const CHILD: &str = "DUALWRITE_TEST_CHILD";

#[test]
fn the_child() {
    if std::env::var_os(CHILD).is_some() {
        std::process::exit(pty_child::main().into());
    }
}

fn me() -> PathBuf {
    std::env::current_exe().expect("the path of this executable")
}

const ARGUMENTS: [&str; 4] = ["the_child", "--exact", "--nocapture", "--test-threads=1"];

fn start() -> Pty {
    let pty = Pty::spawn(me(), &ARGUMENTS, &[(CHILD, "1"), ("RUST_BACKTRACE", "0")], 80, 24);
    pty.wait_for("of 80x24");
    pty
}

/// The child as a job of a shell with job control. The shell says when the job has stopped, reads a
/// line, and continues it.
fn start_job() -> Pty {
    let script = r#"set -m; "$@"; echo "stopped $?"; read line; echo "read <$line>"; fg >/dev/null; echo "ended $?""#;
    let me = me();
    let mut args = vec!["-c", script, "sh", me.to_str().expect("UTF-8")];
    args.extend(ARGUMENTS);
    let pty = Pty::spawn("/bin/sh", &args, &[(CHILD, "1"), ("RUST_BACKTRACE", "0")], 80, 24);
    pty.wait_for("of 80x24");
    pty
}

#[track_caller]
fn ends(pty: &Pty, code: u32) {
    assert_eq!(pty.wait_exit(), Exit::Code(code), "{}", pty.screen());
    assert_eq!(pty.modes_clean(), Ok(()));
}

mod harness {
    use super::*;

    fn sh(script: &str) -> Pty {
        Pty::spawn("/bin/sh", &["-c", script], &[("GREETING", "good day")], 40, 10)
    }

    #[test]
    fn what_is_printed_is_on_the_screen_and_the_exit_code_is_told() {
        let pty = sh(r#"echo "$GREETING"; exit 7"#);
        pty.wait_for("good day");
        assert_eq!(pty.wait_exit(), Exit::Code(7));
        assert_eq!(pty.screen().trim(), "good day");
        assert!(pty.raw().ends_with(b"good day\r\n"));
    }

    #[test]
    fn the_environment_is_the_given_one() {
        let pty = sh("env; echo end");
        pty.wait_for("end");
        pty.wait_exit();
        let screen = pty.screen();
        assert!(screen.contains("TERM=xterm-256color"), "{screen}");
        assert!(!screen.contains("CARGO"), "{screen}");
    }

    #[test]
    fn a_signal_that_kills_is_told() {
        let pty = sh("echo ready; while :; do read x; done");
        pty.wait_for("ready").signal(Signal::KILL);
        assert!(matches!(pty.wait_exit(), Exit::Signal(_)));
    }

    #[test]
    fn keys_arrive_as_they_are_written() {
        let pty = sh("stty raw -echo; echo ready; dd bs=1 count=13 2>/dev/null | od -An -c -w13");
        pty.wait_for("ready").keys("j <esc> <s-tab> <c-c> <space> <pgdn> <enter> <m-x>");
        pty.wait_for(r"j 033 033   [   Z 003     033   [   6");
    }

    #[test]
    fn modes_that_are_left_on_are_named() {
        let pty = sh(r"stty raw -echo; printf '\033[?1049h\033[?25l\033[?2004h\033[?1004h\033[?2026hup'; read x");
        pty.wait_for("up");
        let left = pty.modes_clean().unwrap_err();
        for mode in ["alternate screen", "hidden cursor", "bracketed paste", "mode 1004", "synchronized update", "raw"]
        {
            assert!(left.contains(mode), "{left}");
        }
    }

    #[test]
    fn questions_links_and_copies_are_seen() {
        let pty = sh(
            r"printf '\033[6n\033[c\033]11;?\033\\\033]8;id=1;https://example.com/a;b\033\\text\033]8;;\033\\\033]52;c;aGk=\033\\end'",
        );
        pty.wait_for("textend");
        let asked = pty.asked();
        assert_eq!(asked.queries.len(), 3, "{asked:?}");
        assert_eq!(asked.links, ["https://example.com/a;b"]);
        assert_eq!(asked.copies, ["aGk="]);
    }

    #[test]
    fn a_closed_terminal_hangs_up() {
        let mut pty = sh("echo ready; cat");
        pty.wait_for("ready");
        pty.close_master();
        assert!(matches!(pty.wait_exit(), Exit::Signal(_)));
    }

    #[test]
    #[should_panic(expected = "|only this")]
    fn giving_up_shows_the_screen() {
        let pty = sh("echo only this");
        pty.wait_for("something else");
    }
}

#[test]
fn returning_leaves_no_trace() {
    let pty = start();
    pty.keys("q");
    ends(&pty, 0);
    let screen = pty.screen();
    assert!(screen.contains("goodbye") && !screen.contains("keys"), "{screen}");
    assert_eq!(pty.asked().queries, [""; 0]);
}

/// On a terminal that knows no other screen: what it was told, without the words that switch to that and back.
#[test]
fn without_another_screen_no_picture_stays_behind() {
    let pty = start_job();
    pty.keys("j").wait_for("keys 1").keys("<c-z>").wait_for("stopped ");
    let raw = String::from_utf8_lossy(&pty.raw()).replace("\x1b[?1049h", "").replace("\x1b[?1049l", "");
    let mut plain = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
    plain.process(raw.as_bytes());
    let screen = plain.screen().contents();
    assert!(screen.starts_with("stopped ") && !screen.contains("keys"), "{screen}");
    pty.keys("<enter>").wait_for("resumed 1").keys("q").wait_for("ended 0");
    ends(&pty, 0);
}

#[test]
fn the_first_frame_is_one_update() {
    let pty = start();
    pty.keys("n q");
    ends(&pty, 0);
    assert_eq!(pty.asked().updates, (1, 2), "one frame, and the end that giving back says for safety");
}

#[test]
fn each_signal_ends_it_with_its_code() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let pty = start();
        pty.signal(signal);
        ends(&pty, code);
    }
}

/// As `nohup` starts it.
#[test]
fn a_hang_up_that_was_ignored_before_it_began_stays_ignored() {
    let me = me();
    // A script starts so what is in its background: what is sent to it is meant all the same.
    let mut args = vec!["-c", r#"trap '' HUP INT QUIT; exec "$@""#, "sh", me.to_str().unwrap()];
    args.extend(ARGUMENTS);
    let pty = Pty::spawn("/bin/sh", &args, &[(CHILD, "1")], 80, 24);
    pty.wait_for("of 80x24").signal(Signal::HUP).keys("j").wait_for("keys 1");
    pty.signal(Signal::INT);
    ends(&pty, 130);
}

#[test]
fn a_program_that_hangs_is_ended_by_a_signal_all_the_same() {
    let pty = start();
    pty.keys("n h").signal(Signal::TERM);
    ends(&pty, 143);
}

#[test]
fn a_program_that_stays_may_ignore_a_signal() {
    let pty = start();
    pty.keys("d").wait_for("keys 1").signal(Signal::TERM).wait_for("last signal 143");
    pty.keys("j").wait_for("keys 2").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_closed_window_ends_it() {
    let mut pty = start();
    pty.close_master();
    assert_eq!(pty.wait_exit(), Exit::Code(129));
}

#[test]
fn a_window_closed_in_the_middle_of_a_sequence_ends_it() {
    let mut pty = start();
    pty.type_text("j\x1b[200~half a paste").wait_for("keys 1");
    pty.close_master();
    assert_eq!(pty.wait_exit(), Exit::Code(129));
}

/// Only the dead terminal tells: the session's leader ignores SIGHUP, so the child gets none.
#[test]
fn a_dead_terminal_without_a_signal_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told");
    let me = me();
    let script =
        r#"trap '' HUP; told=$1; shift; (trap - HUP; exec "$@"); echo "$?" >"$told.new"; mv "$told.new" "$told""#;
    let mut args = vec!["-c", script, "sh", told.to_str().unwrap(), me.to_str().unwrap()];
    args.extend(ARGUMENTS);
    let mut pty = Pty::spawn("/bin/sh", &args, &[(CHILD, "1")], 80, 24);
    pty.wait_for("of 80x24");
    pty.close_master();
    assert!(matches!(pty.wait_exit(), Exit::Code(0)));
    assert_eq!(fs::read_to_string(told).unwrap().trim(), "129");
}

#[test]
fn a_panic_while_handling_leaves_no_trace_and_is_told_afterwards() {
    for key in ["!", "@"] {
        let pty = start();
        pty.keys(key);
        ends(&pty, 101);
        let screen = pty.screen();
        assert!(screen.contains("as asked, in"), "{screen}");
        let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
        let (before, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
        assert!(!before.contains("as asked") && after.contains("as asked"), "{raw:?}");
    }
}

#[test]
fn a_panic_in_a_task_is_a_message_and_not_seen() {
    let pty = start();
    pty.keys("#").wait_for("a task panicked").keys("q");
    ends(&pty, 0);
    assert!(!String::from_utf8_lossy(&pty.raw()).contains("as asked"));
}

#[test]
fn a_still_screen_writes_nothing() {
    let pty = start();
    pty.keys("j").wait_for("keys 1");
    let before = pty.raw().len();
    pty.keys("n n n q");
    ends(&pty, 0);
    let after = String::from_utf8(pty.raw().split_off(before)).unwrap();
    let given_back = "\x1b[?2026l\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[2J\x1b[1;1H\x1b[?1049l";
    assert!(after.starts_with(given_back), "{after:?}");
}

#[test]
fn the_cursor_is_where_the_program_puts_it() {
    let pty = start();
    pty.wait_until("the cursor", |screen| screen.cursor_position() == (0, 3) && !screen.hide_cursor());
}

#[test]
fn the_clock_runs_without_a_key() {
    let pty = start();
    pty.keys("t").wait_for("ticking").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_flood_of_messages_arrives_whole_and_in_few_frames() {
    let pty = start();
    pty.keys("f").wait_for("messages 20000").keys("q");
    ends(&pty, 0);
    let frames = pty.asked().updates.0;
    assert!(frames <= 20_000 / 64 + 100, "{frames}");
}

/// How many messages the child has taken, as its screen says.
fn messages(screen: &str) -> u32 {
    screen.lines().find_map(|line| line.trim_end().strip_prefix("messages ")?.parse().ok()).unwrap_or_default()
}

#[test]
fn keys_are_heard_through_a_flood_of_messages() {
    let pty = start();
    // It floods for as long as it runs: nothing but a key that is heard ends it.
    pty.keys("F");
    pty.wait_until("more than one flood", |screen| messages(&screen.contents()) > 2 * pty_child::FLOOD);
    pty.keys("j").wait_for("keys 2");
    let before = messages(&pty.screen());
    pty.wait_until("the flood to go on", |screen| messages(&screen.contents()) > before);
    pty.keys("q");
    ends(&pty, 0);
}

#[test]
fn a_paste_presses_no_key() {
    let pty = start();
    pty.paste("q\none\ntwo").wait_for(r#"pasted "q\none\ntwo""#).wait_for("keys 0").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_long_burst_of_keys_arrives_whole() {
    let pty = start();
    pty.type_text(&"n".repeat(3000)).keys("j").wait_for("keys 3001").keys("q");
    ends(&pty, 0);
}

#[test]
fn escape_is_a_key_and_alt_is_a_modifier() {
    let pty = start();
    pty.keys("<esc>").wait_for("Esc").keys("<m-x>").wait_for("Char('x') KeyModifiers(ALT)");
    pty.keys("<up>").wait_for("Up").keys("<s-tab>").wait_for("BackTab").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_title_is_put_back() {
    let pty = start();
    pty.keys("T").wait_asked("a title", |asked| asked.titles == ["a title with a bell"]);
    assert_eq!(pty.asked().titles_pushed, 1);
    pty.keys("q");
    ends(&pty, 0);
    assert_eq!(pty.asked().titles_pushed, 0);
    // Also where the terminal keeps no old title: ours does not stay.
    assert_eq!(pty.asked().titles, ["a title with a bell", ""]);
    assert!(String::from_utf8_lossy(&pty.raw()).contains("\x1b]2;\x1b\\\x1b[23;2t"));
}

#[test]
fn a_copy_goes_out_without_a_frame() {
    let pty = start();
    pty.keys("y").wait_asked("a copy", |asked| asked.copies == ["Y29waWVk"]).keys("q");
    ends(&pty, 0);
}

/// No frame comes between the two keys, so the copy waits when the terminal is given back.
#[test]
fn a_copy_right_before_the_end_goes_out_in_time() {
    let copied_on_the_screen_of_the_program = |pty: &Pty| {
        let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
        let (before, _) = raw.split_once("\x1b[?1049l").unwrap();
        assert!(before.contains("\x1b]52;c;Y29waWVk"), "{raw:?}");
    };
    let pty = start();
    pty.type_text("yq");
    ends(&pty, 0);
    copied_on_the_screen_of_the_program(&pty);
    let pty = start_job();
    pty.type_text("y\x1a").wait_for("stopped ");
    copied_on_the_screen_of_the_program(&pty);
    pty.keys("<enter>").wait_for("resumed 1").keys("q").wait_for("ended 0");
    ends(&pty, 0);
    assert_eq!(pty.asked().copies, ["Y29waWVk"], "once");
}

#[test]
fn every_size_is_drawn() {
    let pty = start();
    for (columns, rows) in [(1, 1), (2, 1), (1, 50), (200, 60), (20, 5), (0, 0), (7, 0), (80, 24)] {
        pty.resize(columns, rows);
    }
    let mut seed = 1_u32;
    for _ in 0..300 {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let (columns, rows) = (1 + (seed >> 8) % 200, 1 + (seed >> 20) % 60);
        pty.resize(u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap());
    }
    pty.resize(1, 1).resize(61, 17).wait_for("of 61x17").keys("j").wait_for("keys 1").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_terminal_without_a_size_is_drawn_all_the_same() {
    let pty = Pty::spawn(me(), &ARGUMENTS, &[(CHILD, "1")], 0, 0);
    pty.resize(80, 24).wait_for("of 80x24").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_redraw_paints_all_of_it() {
    let pty = start();
    let before = pty.raw().len();
    pty.keys("<c-l>").wait_asked("a second update", |asked| asked.updates.0 == 2);
    let after = String::from_utf8(pty.raw().split_off(before)).unwrap();
    assert!(after.contains("\x1b[2J") && after.contains("80x24"), "{after:?}");
    pty.keys("q");
    ends(&pty, 0);
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_going_on_paints_again() {
    let pty = start_job();
    pty.keys("T").wait_for("keys 1").keys("<c-z>").wait_for("stopped ");
    assert_eq!(pty.modes_clean(), Ok(()));
    // What is typed now is the shell's.
    pty.type_text("jjj\n").wait_for("keys 2").wait_for("resumed 1");
    assert!(String::from_utf8_lossy(&pty.raw()).contains("read <jjj>"));
    assert_eq!(pty.asked().titles_pushed, 1);
    pty.keys("j").wait_for("keys 3").keys("q").wait_for("ended 0");
    ends(&pty, 0);
}

#[test]
fn a_stop_from_outside_is_a_stop_like_any_other() {
    let pty = start_job();
    pty.signal(Signal::TSTP).wait_for("stopped ");
    assert_eq!(pty.modes_clean(), Ok(()));
    pty.keys("<enter>").wait_for("resumed 1").keys("j").wait_for("keys 1");
    pty.keys("q").wait_for("ended 0");
    ends(&pty, 0);
}

#[test]
fn a_stop_that_cannot_be_caught_is_repaired_when_it_ends() {
    let pty = start_job();
    pty.keys("j").wait_for("keys 1").signal(Signal::STOP).wait_for("stopped ");
    // Nobody put the modes back: the shell waits for a line feed, which Enter is not in raw mode.
    pty.type_text("\n").wait_for("resumed 1").keys("j").wait_for("keys 2");
    pty.keys("q").wait_for("ended 0");
    ends(&pty, 0);
}

#[test]
fn stops_that_come_together_are_one() {
    let pty = start_job();
    let job = pty.foreground();
    pty.signal_to(job, Signal::TSTP).signal_to(job, Signal::TSTP).wait_for("stopped ");
    pty.signal_to(job, Signal::TSTP).keys("<enter>").wait_for("resumed 1");
    pty.keys("j").wait_for("keys 1").keys("q").wait_for("ended 0");
    ends(&pty, 0);
}

#[test]
fn a_hasty_ctrl_z_stops_it_once() {
    let pty = start_job();
    for _ in 0..5 {
        pty.keys("<c-z>");
    }
    pty.wait_for("stopped ").keys("<enter>").wait_for("resumed 1");
    pty.keys("j").wait_for("last Char('j')").keys("q").wait_for("ended 0");
    ends(&pty, 0);
}

#[test]
fn what_ends_a_stopped_program_finds_the_terminal_clean() {
    let pty = start_job();
    let job = pty.foreground();
    pty.keys("<c-z>").wait_for("stopped ").signal_to(job, Signal::TERM).keys("<enter>").wait_for("ended 143");
    ends(&pty, 0);
}

#[test]
fn where_nobody_could_continue_it_it_does_not_stop() {
    let pty = start(); // the leader of its session
    pty.keys("<c-z> j").wait_for("keys 2");
    pty.signal(Signal::TSTP).keys("j").wait_for("keys 3").keys("q");
    ends(&pty, 0);
}

#[test]
fn a_continuation_without_a_stop_only_paints() {
    let pty = start();
    pty.signal(Signal::CONT).wait_for("resumed 1").keys("j").wait_for("keys 1").keys("q");
    ends(&pty, 0);
}

/// A program whose frames are held up by a terminal that has stopped reading.
fn start_stalled() -> (Pty, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("stalled");
    let env = [(CHILD, "1"), (pty_child::TELL_STALL, told.to_str().unwrap())];
    let pty = Pty::spawn(me(), &ARGUMENTS, &env, 200, 60);
    pty.wait_for("of 200x60").keys("s").wait_for("/-").stall().wait_true("the stall", || told.exists());
    (pty, dir)
}

#[test]
fn a_terminal_that_does_not_read_holds_up_frames_and_nothing_else() {
    let (pty, _dir) = start_stalled();
    // Taken although nothing can be drawn: the clock stands still, and the end comes of itself.
    pty.keys("t q").wait_ended().unstall();
    ends(&pty, 0);
}

#[test]
fn a_terminal_that_reads_again_is_drawn_again() {
    let (pty, _dir) = start_stalled();
    let before = pty.raw().len();
    pty.unstall().wait_true("a new frame", || pty.raw().len() > before + 200_000).keys("q");
    ends(&pty, 0);
}

#[test]
fn a_terminal_that_does_not_read_holds_up_no_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let (pty, _dir) = start_stalled();
        pty.signal(signal).wait_ended();
        assert!(pty.cooked());
        pty.unstall();
        ends(&pty, code);
    }
}

#[test]
fn a_terminal_that_does_not_read_can_be_closed() {
    let (mut pty, _dir) = start_stalled();
    pty.close_master();
    assert_eq!(pty.wait_exit(), Exit::Code(129));
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = std::process::Command::new(me()).args(ARGUMENTS).env(CHILD, "1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output is no terminal"));
}

#[test]
fn keys_come_from_the_terminal_even_if_standard_input_does_not() {
    let me = me();
    let mut args = vec!["-c", r#""$@" </dev/null"#, "sh", me.to_str().unwrap()];
    args.extend(ARGUMENTS);
    let pty = Pty::spawn("/bin/sh", &args, &[(CHILD, "1")], 80, 24);
    pty.wait_for("of 80x24").keys("j").wait_for("keys 1").keys("q");
    ends(&pty, 0);
}

/// The terminal that is drawn on, by its own name: macOS lets nobody wait on `/dev/tty`.
#[cfg(target_os = "linux")]
#[test]
fn keys_come_from_the_terminal_that_is_drawn_on() {
    let me = me();
    let mut args = vec!["-c", r#"exec "$@" </dev/null"#, "sh", me.to_str().unwrap()];
    args.extend(ARGUMENTS);
    let pty = Pty::spawn("/bin/sh", &args, &[(CHILD, "1")], 80, 24);
    pty.wait_for("of 80x24").keys("j").wait_for("keys 1");
    let all = fs::read_dir(format!("/proc/{}/fd", pty.child().as_raw_nonzero())).unwrap();
    let open: Vec<PathBuf> = all.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect();
    assert!(!open.contains(&"/dev/tty".into()), "{open:?}");
    pty.keys("q");
    ends(&pty, 0);
}
