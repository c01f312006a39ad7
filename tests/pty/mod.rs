//! A terminal for tests: a real PTY, and a screen that shows what the program has painted.
//!
//! Owns the master end, the child process and a thread that reads for as long as the program writes.
//! It never sleeps: every wait is for a condition, with one deadline, and says what the screen showed
//! when it gave up. It answers no question a program asks its terminal. Whatever it showed is searched for
//! secrets at its end. Used by the integration tests, each with `mod pty;`.

#![cfg(unix)]
#![allow(dead_code, reason = "no test uses all of it")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy knows tests only by their attribute")]

pub mod leaks;

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read, Write},
    num::NonZeroU16,
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use filedescriptor::FileDescriptor;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
pub use rustix::process::Signal;
use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, kill_process},
    termios::{LocalModes, tcgetattr},
};

/// Longest wait for anything. Far more than a busy machine needs; a wait that ends early costs nothing.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Pause between two looks at what changes without a word.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A terminal that has had no room for so long is full: a write that is only under way takes far less.
const FULL_FOR: Duration = Duration::from_millis(100);

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(u32),
    /// Killed by a signal, in the words of the system.
    Signal(String),
}

/// A program in a terminal of its own. Dropping it kills the program.
pub struct Pty {
    shared: Arc<Shared>,
    child: Pid,
    master: Option<Master>,
}

struct Master {
    pty: Box<dyn MasterPty>,
    /// A second descriptor on the master; portable-pty's own writer types a line when it is dropped.
    writer: FileDescriptor,
    /// Ends the reading thread when it is dropped.
    _reading: UnixStream,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

struct Seen {
    parser: vt100::Parser<Asked>,
    raw: Vec<u8>,
    exit: Option<Exit>,
    /// Nobody has the terminal open any more, and all that was written is read.
    silent: bool,
    /// Reading is held up, as by a terminal that has stalled.
    stalled: bool,
}

/// What the program did besides painting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Titles set (OSC 2), in order.
    pub titles: Vec<String>,
    /// How many titles are on the terminal's stack (XTWINOPS 22 and 23).
    pub titles_pushed: i32,
    /// Bells rung.
    pub bells: u32,
    /// Notifications and progress (OSC 9), in order.
    pub notices: Vec<String>,
    /// Texts sent to the clipboard (OSC 52), still in base64.
    pub copies: Vec<String>,
    /// Addresses of hyperlinks (OSC 8).
    pub links: Vec<String>,
    /// Synchronized updates begun, and ended.
    pub updates: (u32, u32),
    /// Modes set and not reset that the screen does not track.
    pub other_modes: Vec<u16>,
    /// Questions a terminal would answer (DA, DSR, DECRQM, kitty, OSC colours, window reports).
    pub queries: Vec<String>,
}

impl vt100::Callbacks for Asked {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }

    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.bells += 1;
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _kind: &[u8], data: &[u8]) {
        self.copies.push(String::from_utf8_lossy(data).into_owned());
    }

    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _kind: &[u8]) {
        self.queries.push("OSC 52 ?".into());
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        match params {
            [b"8", _, address @ ..] if !address.concat().is_empty() => {
                self.links.push(String::from_utf8_lossy(&address.join(&b';')).into_owned());
            }
            [b"9", words @ ..] => self.notices.push(String::from_utf8_lossy(&words.join(&b';')).into_owned()),
            [.., b"?"] => self.queries.push(format!("OSC {}", String::from_utf8_lossy(params[0]))),
            _ => {}
        }
    }

    fn unhandled_csi(&mut self, _: &mut vt100::Screen, i1: Option<u8>, i2: Option<u8>, params: &[&[u16]], c: char) {
        let first = params.first().and_then(|param| param.first()).copied();
        match (i1, i2, c) {
            (Some(b'?'), None, 'h' | 'l') => {
                for mode in params.iter().filter_map(|param| param.first()) {
                    match (mode, c) {
                        (2026, 'h') => self.updates.0 += 1,
                        (2026, _) => self.updates.1 += 1,
                        (mode, 'h') => self.other_modes.push(*mode),
                        (mode, _) => self.other_modes.retain(|set| set != mode),
                    }
                }
            }
            (None, None, 't') if first == Some(22) => self.titles_pushed += 1,
            (None, None, 't') if first == Some(23) => self.titles_pushed -= 1,
            (None, None, 't') if matches!(first, Some(11..=21)) => self.queries.push(format!("CSI {first:?} t")),
            (_, None, 'c' | 'n') | (Some(b'?'), None, 'u') | (Some(b'>'), None, 'q') => {
                self.queries.push(format!("CSI {i1:?} {c}"));
            }
            (_, Some(b'$'), 'p') => self.queries.push("DECRQM".into()),
            _ => {}
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn change<R>(&self, act: impl FnOnce(&mut Seen) -> R) -> R {
        let result = act(&mut self.lock());
        self.changed.notify_all();
        result
    }

    fn look<R>(&self, act: impl FnOnce(&Seen) -> R) -> R {
        act(&self.lock())
    }
}

impl Pty {
    /// Starts a program in a new terminal, as its session leader. Its environment is `env` alone, with
    /// `TERM=xterm-256color` and the caller's `PATH` where `env` has none.
    pub fn spawn(program: impl AsRef<Path>, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pty");
        let mut command = CommandBuilder::new(program.as_ref());
        command.args(args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in env {
            command.env(name, value);
        }
        command.cwd(std::env::temp_dir());
        let child = pair.slave.spawn_command(command).expect("the program starts");
        // So that the master tells when the last of the programs has closed the terminal.
        drop(pair.slave);
        let pid = child.process_id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("a process id");

        let seen = Seen {
            parser: vt100::Parser::new_with_callbacks(cells(rows), cells(columns), 1000, Asked::default()),
            raw: Vec::new(),
            exit: None,
            silent: false,
            stalled: false,
        };
        let shared = Arc::new(Shared { seen: Mutex::new(seen), changed: Condvar::new() });
        let raw = pair.master.as_raw_fd().expect("a descriptor");
        let (reading, stop) = UnixStream::pair().expect("a socket pair");
        let reader = FileDescriptor::dup(&raw).expect("a second descriptor");
        let writer = FileDescriptor::dup(&raw).expect("a second descriptor");
        let to = Arc::clone(&shared);
        thread::spawn(move || read(&to, reader, &stop));
        let to = Arc::clone(&shared);
        thread::spawn(move || wait(&to, child));
        Self { shared, child: pid, master: Some(Master { pty: pair.master, writer, _reading: reading }) }
    }

    /// Waits until the screen shows the text.
    ///
    /// # Panics
    /// After [`DEADLINE`], and when the program has ended without showing it; with the whole screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> &Self {
        self.wait_until(&format!("{text:?} to appear"), |screen| screen.contents().contains(text));
        self
    }

    /// Waits until the screen no longer shows the text.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> &Self {
        self.wait_until(&format!("{text:?} to go"), |screen| !screen.contents().contains(text));
        self
    }

    /// Waits until what the terminal was told fulfils a condition.
    #[track_caller]
    pub fn wait_asked(&self, what: &str, asked: impl Fn(&Asked) -> bool) -> &Self {
        self.wait_seen(what, |seen| asked(seen.parser.callbacks()));
        self
    }

    /// Waits until the screen fulfils a condition; `what` names it in the error.
    #[track_caller]
    pub fn wait_until(&self, what: &str, is: impl Fn(&vt100::Screen) -> bool) -> &Self {
        self.wait_seen(what, |seen| is(seen.parser.screen()));
        self
    }

    #[track_caller]
    fn wait_seen(&self, what: &str, is: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + DEADLINE;
        let mut guard = self.shared.lock();
        loop {
            let seen = &*guard;
            if is(seen) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let over = seen.exit.is_some() && seen.silent;
            if over || left.is_zero() {
                let why =
                    if over { format!("the program has ended ({:?})", seen.exit) } else { format!("{DEADLINE:?}") };
                let picture = picture(seen);
                drop(guard);
                panic!("waited for {what} until {why}; the screen is\n{picture}");
            }
            (guard, _) = self.shared.changed.wait_timeout(guard, left).unwrap();
        }
    }

    /// Waits until the program has ended and all it wrote is on the screen.
    #[track_caller]
    pub fn wait_exit(&self) -> Exit {
        self.wait_seen("the program to end", |seen| seen.exit.is_some() && seen.silent);
        self.shared.look(|seen| seen.exit.clone()).unwrap()
    }

    /// Waits until the program has ended, whether or not its last words are read.
    #[track_caller]
    pub fn wait_ended(&self) -> &Self {
        self.wait_seen("the program to end", |seen| seen.exit.is_some());
        self
    }

    /// Presses keys, written with blanks between them: `j`, `<enter>`, `<c-c>`, `<s-tab>`, `<pgdn>`.
    #[track_caller]
    pub fn keys(&self, keys: &str) -> &Self {
        let bytes: String = keys.split_whitespace().map(key).collect();
        self.write(bytes.as_bytes())
    }

    /// Types a text as it stands.
    #[track_caller]
    pub fn type_text(&self, text: &str) -> &Self {
        self.write(text.as_bytes())
    }

    /// Pastes a text: between marks if the program has asked for them, else as if it was typed; line
    /// ends as a terminal sends them.
    #[track_caller]
    pub fn paste(&self, text: &str) -> &Self {
        let text = text.replace('\n', "\r");
        if self.shared.look(|seen| seen.parser.screen().bracketed_paste()) {
            self.write(format!("\x1b[200~{text}\x1b[201~").as_bytes())
        } else {
            self.write(text.as_bytes())
        }
    }

    /// Sends bytes as they stand.
    #[track_caller]
    pub fn write(&self, bytes: &[u8]) -> &Self {
        let mut writer = self.master().writer.try_clone().expect("a descriptor");
        writer.write_all(bytes).expect("the terminal takes keys");
        self
    }

    /// Gives the window another size.
    #[track_caller]
    pub fn resize(&self, columns: u16, rows: u16) -> &Self {
        self.shared.change(|seen| seen.parser.set_size(cells(rows), cells(columns)));
        self.master().pty.resize(size(columns, rows)).expect("another size");
        self
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.shared.look(|seen| seen.parser.screen().contents())
    }

    /// Column and row of the cursor; `None` when it is hidden.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.shared.look(|seen| {
            let screen = seen.parser.screen();
            let (row, column) = screen.cursor_position();
            (!screen.hide_cursor()).then_some((column, row))
        })
    }

    /// All bytes the program has written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.look(|seen| seen.raw.clone())
    }

    /// What it did besides painting.
    pub fn asked(&self) -> Asked {
        self.shared.look(|seen| seen.parser.callbacks().clone())
    }

    /// The process started by [`Pty::spawn`].
    pub fn child(&self) -> Pid {
        self.child
    }

    /// The process that has the terminal now: the leader of the foreground process group. Under a
    /// shell with job control that is the job.
    pub fn foreground(&self) -> Pid {
        self.master().pty.process_group_leader().and_then(Pid::from_raw).unwrap_or(self.child)
    }

    /// Sends a signal to the process that has the terminal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) -> &Self {
        self.signal_to(self.foreground(), signal)
    }

    /// Sends a signal to a process started by the test.
    #[track_caller]
    pub fn signal_to(&self, process: Pid, signal: Signal) -> &Self {
        kill_process(process, signal).expect("the process is there");
        self
    }

    /// The terminal goes away: its window is closed. Afterwards only the end can be waited for.
    pub fn close_master(&mut self) {
        self.master = None;
        // The reading thread ends with it, even in a stall; nothing more can be seen.
        self.unstall();
        self.wait_seen("the reading thread to end", |seen| seen.silent);
    }

    /// Stops reading: the terminal fills up and then blocks who writes. Ended by [`Pty::unstall`].
    pub fn stall(&self) -> &Self {
        self.shared.change(|seen| seen.stalled = true);
        self
    }

    /// Reads again.
    pub fn unstall(&self) -> &Self {
        self.shared.change(|seen| seen.stalled = false);
        self
    }

    /// Whether the terminal is full, so that whoever writes to it is held up: nobody reads it.
    pub fn is_full(&self) -> bool {
        let name = self.master().pty.tty_name().expect("a name");
        let other_end = File::options().write(true).open(name).expect("the other end");
        let limit = FULL_FOR.try_into().expect("a short time");
        poll(&mut [PollFd::new(&other_end, PollFlags::OUT)], Some(&limit)) == Ok(0)
    }

    /// Whether the line discipline is as a shell has it: lines and echo.
    pub fn cooked(&self) -> bool {
        let modes = tcgetattr(&self.master().writer).expect("modes").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Whether every mode of the terminal is as it was before the program started. Where not, what is
    /// left on.
    pub fn modes_clean(&self) -> Result<(), String> {
        let mut left = self.shared.look(modes_on);
        if !self.cooked() {
            left.push("raw mode".into());
        }
        if left.is_empty() { Ok(()) } else { Err(format!("left on: {}", left.join(", "))) }
    }

    /// Waits until a condition is fulfilled that the terminal says nothing about; it is looked at
    /// every few milliseconds.
    #[track_caller]
    pub fn wait_true(&self, what: &str, is: impl Fn() -> bool) -> &Self {
        let end = Instant::now() + DEADLINE;
        while !is() {
            let over = Instant::now() >= end;
            assert!(!over, "waited for {what}; the screen is\n{}", self.shared.look(picture));
            let seen = self.shared.lock();
            drop(self.shared.changed.wait_timeout(seen, LOOK_AGAIN).unwrap());
        }
        self
    }

    fn master(&self) -> &Master {
        self.master.as_ref().expect("the terminal is still there")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let ended = self.shared.look(|seen| seen.exit.is_some());
        if !ended {
            // Not yet waited for, so the number is still its own. Closing the terminal ends the rest.
            let _ = kill_process(self.child, Signal::KILL);
        }
        if !thread::panicking() {
            self.shared.look(|seen| leaks::assert_none("the terminal", &seen.raw));
        }
    }
}

fn modes_on(seen: &Seen) -> Vec<String> {
    let (screen, asked) = (seen.parser.screen(), seen.parser.callbacks());
    let mut on = Vec::new();
    let mut check = |is: bool, name: &str| {
        if is {
            on.push(name.to_owned());
        }
    };
    check(screen.alternate_screen(), "alternate screen");
    check(screen.hide_cursor(), "hidden cursor");
    check(screen.bracketed_paste(), "bracketed paste");
    check(screen.application_cursor(), "application cursor keys");
    check(screen.application_keypad(), "application keypad");
    check(screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "mouse");
    check(asked.updates.0 > asked.updates.1, "synchronized update");
    check(asked.titles_pushed > 0, "title");
    on.extend(asked.other_modes.iter().map(|mode| format!("mode {mode}")));
    on
}

fn picture(seen: &Seen) -> String {
    let screen = seen.parser.screen();
    let (rows, columns) = screen.size();
    let mut picture = format!("+{}+\n", "-".repeat(usize::from(columns.get())));
    let mut text: Vec<String> = screen.rows(0, columns.get()).collect();
    text.truncate(text.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1));
    for row in text {
        let _ = writeln!(picture, "|{row}");
    }
    let _ = write!(picture, "+ {columns}x{rows}, {} bytes, on: {:?}", seen.raw.len(), modes_on(seen));
    picture
}

fn read(to: &Shared, mut from: FileDescriptor, stop: &UnixStream) {
    let mut piece = vec![0; 65536];
    loop {
        {
            let mut guard = to.lock();
            while guard.stalled {
                guard = to.changed.wait(guard).unwrap();
            }
        }
        let mut fds = [PollFd::new(&from, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        if poll(&mut fds, None).is_err_and(|error| error != rustix::io::Errno::INTR) {
            break;
        }
        let stopped = !fds[1].revents().is_empty();
        if stopped {
            break;
        }
        if fds[0].revents().is_empty() || to.look(|seen| seen.stalled) {
            continue;
        }
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => to.change(|seen| {
                seen.raw.extend_from_slice(&piece[..count]);
                seen.parser.process(&piece[..count]);
            }),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break, // EIO: all is read and nobody has the terminal open
        }
    }
    // The descriptor first: who waits for silence may rely on the terminal being closed.
    drop(from);
    to.change(|seen| seen.silent = true);
}

fn wait(to: &Shared, mut child: Box<dyn Child + Send + Sync>) {
    let exit = match child.wait() {
        Ok(status) => match status.signal() {
            Some(signal) => Exit::Signal(signal.to_owned()),
            None => Exit::Code(status.exit_code()),
        },
        Err(error) => Exit::Signal(error.to_string()),
    };
    to.change(|seen| seen.exit = Some(exit));
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN)
}

#[track_caller]
fn key(name: &str) -> String {
    let Some(name) = name.strip_prefix('<').and_then(|name| name.strip_suffix('>')) else {
        return name.to_owned();
    };
    let sequence = match name {
        "enter" => "\r",
        "tab" => "\t",
        "s-tab" => "\x1b[Z",
        "esc" => "\x1b",
        "space" => " ",
        "bs" => "\x7f",
        "del" => "\x1b[3~",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "pgup" => "\x1b[5~",
        "pgdn" => "\x1b[6~",
        "f1" => "\x1bOP",
        "lt" => "<",
        _ => match name.split_once('-') {
            Some(("c", key)) if key.len() == 1 => {
                let code = key.as_bytes()[0].to_ascii_uppercase() & 0x1f;
                return char::from(code).to_string();
            }
            Some(("m", key)) => return format!("\x1b{key}"),
            _ => panic!("unknown key <{name}>"),
        },
    };
    sequence.to_owned()
}
