//! The terminal is borrowed: its modes are switched here and nowhere else.
//!
//! Owns raw mode, the alternate screen, bracketed paste, the cursor, and what is told to the window: title, progress,
//! bell, clipboard. `Guard` exists
//! before the first mode is set; each mode that was set is undone once, last first, past any step
//! that fails: on return, error, panic, signal and suspension. Asks the terminal no question, so no
//! answer can come late. There is no mouse capture: people select and copy text.
//!
//! A panic of the thread that draws gives the terminal back and then lets the previous hook speak. A
//! panic of any other thread, while the screen is ours, goes to the log: its task says so too.
//!
//! Limit: a terminal that reads nothing cannot be told to leave its modes. Giving it back then takes
//! at most a second and a half: what it has not read is dropped to make room for the last words, and
//! the line discipline (echo, line mode) is restored in any case.
//!
//! Called by the loop; [`set_title`], [`set_progress`], [`ring`], [`copy`] and [`say_last`] by the program, from any
//! thread; [`takes_sequences`] and [`size`] by whoever draws.

use std::{
    io, mem,
    sync::{Mutex, Once, PoisonError},
    thread::{self, ThreadId},
    time::Duration,
};

use ratatui::layout::Size;

use super::output::{self, Notice, Output, Tty};
use super::reach::{self, Reach};
use crate::core::schedule::outlook::Progress;
use crate::core::unseen::is_unseen;

/// How long a terminal may take to read what is under way, before it is given back.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the kernel may take to drop a piece of what is not read, and how many pieces it drops.
const PIECE_PATIENCE: Duration = Duration::from_millis(10);
const PIECES: u32 = 60;
/// How long it may then take for the few bytes that leave the modes.
const LAST_PATIENCE: Duration = Duration::from_millis(300);
/// How long the program may be held up by a terminal that does not read its last words.
const WORDS_PATIENCE: Duration = Duration::from_secs(2);

const ENTER_SCREEN: &str = "\x1b[?1049h";
/// The picture goes first: a terminal without another screen (the console of Linux, a vt220, tmux and screen where that
/// is turned off) would keep it, with the prompt in its middle.
const LEAVE_SCREEN: &str = "\x1b[2J\x1b[1;1H\x1b[?1049l";
const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const BRACKET_PASTE: &str = "\x1b[?2004h";
const PLAIN_PASTE: &str = "\x1b[?2004l";
/// The terminal says when its window gets the focus and loses it.
const TELL_FOCUS: &str = "\x1b[?1004h";
const KEEP_FOCUS: &str = "\x1b[?1004l";
const BELL: &str = "\x07";
/// XTWINOPS 22 and 23: the terminal keeps the old window title on a stack. Where there is none (Windows Terminal and
/// others) ours must not stay: an empty one comes first.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b]2;\x1b\\\x1b[23;2t";
/// Ends a frame that was cut off: the synchronized update and the colours.
const END_FRAME: &str = "\x1b[?2026l\x1b[0m";
/// Ends any sequence that was cut off (CAN, then the string terminator).
const END_SEQUENCE: &str = "\x18\x1b\\";

/// A mode that is on, in the order they were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Raw,
    Title,
    Screen,
    Cursor,
    Paste,
    Focus,
    Progress,
}

struct Borrowed {
    on: Vec<Mode>,
    output: Output,
    /// The thread that draws: only its panic gives the terminal back.
    ui: ThreadId,
    /// What this terminal takes beside a picture.
    reach: Reach,
    title: Option<String>,
    /// Bytes that are no picture and go out with the next write, or before the terminal is given back: titles, clipboard.
    aside: Vec<u8>,
}

// One process has one terminal; the panic hook and the signal thread must find it too.
static TERMINAL: Mutex<Option<Borrowed>> = Mutex::new(None);
static HOOK: Once = Once::new();

fn with<R>(act: impl FnOnce(&mut Borrowed) -> R) -> Option<R> {
    // Nothing under this lock panics, and no step leaves it half changed.
    TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(act)
}

/// Holds the terminal in its modes; dropping it gives the terminal back.
pub(super) struct Guard(());

impl Guard {
    /// Takes the terminal: the calling thread becomes the one that draws. `told` hears from the
    /// writing end.
    pub(super) fn take(reach: Reach, told: impl Fn(Notice) + Send + 'static) -> io::Result<Self> {
        HOOK.call_once(speak_after_restoring);
        let output = Output::new(output::quick(), Tty, told);
        let ui = thread::current().id();
        let borrowed = Borrowed { on: Vec::new(), output, ui, reach, title: None, aside: Vec::new() };
        *TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) = Some(borrowed);
        let guard = Self(());
        guard.take_again()?;
        Ok(guard)
    }

    /// Sets the modes again after [`give_back`].
    // Raw mode comes first: a background job is stopped by it before it has written a byte.
    #[expect(clippy::unused_self, reason = "modes are set only by who holds the guard")]
    pub(super) fn take_again(&self) -> io::Result<()> {
        with(|borrowed| {
            if !borrowed.on.is_empty() {
                return Ok(());
            }
            borrowed.on.push(Mode::Raw);
            crossterm::terminal::enable_raw_mode()?;
            let mut bytes = Vec::new();
            if let Some(title) = borrowed.title.clone() {
                titled(borrowed, &title, &mut bytes);
            }
            // On Windows nobody would read the marks of a paste: see [`super::input`].
            let paste = cfg!(unix).then_some((Mode::Paste, BRACKET_PASTE));
            let focus = borrowed.reach.bell.then_some((Mode::Focus, TELL_FOCUS));
            for (mode, sequence) in
                [(Mode::Screen, ENTER_SCREEN), (Mode::Cursor, HIDE_CURSOR)].into_iter().chain(paste).chain(focus)
            {
                borrowed.on.push(mode);
                bytes.extend_from_slice(sequence.as_bytes());
            }
            borrowed.output.put(bytes);
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Whether the terminal has read what was written. After a no, a notice tells when it has.
    #[expect(clippy::unused_self, reason = "only who holds the guard writes")]
    pub(super) fn ready(&self) -> bool {
        with(|borrowed| borrowed.output.ready()).unwrap_or(false)
    }

    /// Writes a frame, and with it what [`set_title`] and [`copy`] have left.
    #[expect(clippy::unused_self, reason = "only who holds the guard writes")]
    pub(super) fn write(&self, frame: Vec<u8>) {
        with(|borrowed| {
            let mut bytes = mem::take(&mut borrowed.aside);
            if bytes.is_empty() {
                bytes = frame;
            } else {
                bytes.extend_from_slice(&frame);
            }
            borrowed.output.put(bytes);
        });
    }

    /// Whether a title or a copy waits to be written.
    #[expect(clippy::unused_self, reason = "only who holds the guard writes")]
    pub(super) fn has_aside(&self) -> bool {
        with(|borrowed| !borrowed.aside.is_empty()).unwrap_or(false)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Undoes every mode that is on, last first, and returns when the terminal has them or cannot be
/// reached. A second call finds nothing to undo; one that comes meanwhile waits for the first.
pub(super) fn give_back() {
    with(|borrowed| {
        let on = mem::take(&mut borrowed.on);
        if on.is_empty() {
            return;
        }
        let mut raw = false;
        let aside = mem::take(&mut borrowed.aside);
        let mut bytes = String::from(END_FRAME);
        for mode in on.into_iter().rev() {
            bytes.push_str(match mode {
                Mode::Progress => reach::NO_PROGRESS,
                Mode::Focus => KEEP_FOCUS,
                Mode::Paste => PLAIN_PASTE,
                Mode::Cursor => SHOW_CURSOR,
                Mode::Screen => LEAVE_SCREEN,
                Mode::Title => POP_TITLE,
                Mode::Raw => {
                    raw = true;
                    ""
                }
            });
        }
        say(&borrowed.output, aside, &bytes);
        if raw {
            // Where it fails the terminal is gone, and nothing is left to restore.
            let _ = crossterm::terminal::disable_raw_mode();
        }
    });
}

/// Says the last words, behind what waits to be written; where the terminal does not read, that is dropped.
fn say(output: &Output, mut aside: Vec<u8>, bytes: &str) {
    if output.drained(PATIENCE) {
        aside.extend_from_slice(bytes.as_bytes());
        output.put(aside);
    } else {
        output.forget();
        // What is left of a frame may be more than the kernel has room for: drop it piece by piece.
        let mut tries = 0;
        while !output.drained(PIECE_PATIENCE) && tries < PIECES {
            discard_unread();
            tries += 1;
        }
        discard_unread();
        output.put([END_SEQUENCE, bytes].concat().into());
    }
    output.drained(LAST_PATIENCE);
}

/// Says lines on the terminal that was given back. Where it does not read them within
/// [`WORDS_PATIENCE`] they are lost: the program ends, as it was told to.
pub fn say_last(lines: &[String]) {
    let words: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    with(|borrowed| {
        borrowed.output.put(words.into());
        borrowed.output.drained(WORDS_PATIENCE);
    });
}

/// Drops what the kernel holds for a terminal that does not read, to make room for the last words.
fn discard_unread() {
    #[cfg(unix)]
    {
        use rustix::termios::{Action, QueueSelector, tcflow, tcflush};
        let stdout = rustix::stdio::stdout();
        let _ = tcflush(stdout, QueueSelector::OFlush);
        // Linux does not wake a blocked writer for the room it has made; holding the output for a
        // moment and letting it go does.
        let _ = tcflow(stdout, Action::OOff);
        let _ = tcflow(stdout, Action::OOn);
    }
}

/// Drops what was typed and not read, as a terminal does itself on Ctrl-Z.
pub(super) fn discard_typed() {
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(rustix::stdio::stdout(), rustix::termios::QueueSelector::IFlush);
}

/// Sets the window title, until the terminal is given back. Unseen letters are left out.
/// Nothing happens when no terminal is borrowed, or on one that takes none.
pub fn set_title(title: &str) {
    let title: String = title.chars().filter(|char| !is_unseen(*char)).collect();
    with(|borrowed| {
        if !borrowed.reach.title || borrowed.title.as_ref() == Some(&title) {
            return;
        }
        if !borrowed.on.is_empty() {
            let mut bytes = Vec::new();
            titled(borrowed, &title, &mut bytes);
            borrowed.aside.extend_from_slice(&bytes);
        }
        borrowed.title = Some(title);
    });
}

fn titled(borrowed: &mut Borrowed, title: &str, bytes: &mut Vec<u8>) {
    if !borrowed.on.contains(&Mode::Title) {
        // After raw mode, wherever it is set: it is a stack of its own in the terminal.
        borrowed.on.insert(1.min(borrowed.on.len()), Mode::Title);
        bytes.extend_from_slice(PUSH_TITLE.as_bytes());
    }
    bytes.extend_from_slice(format!("\x1b]2;{title}\x1b\\").as_bytes());
}

/// Shows how far something is in the taskbar, until the terminal is given back; on one that takes it.
pub fn set_progress(progress: Progress) {
    with(|borrowed| {
        let is_shown = borrowed.on.contains(&Mode::Progress);
        if !borrowed.reach.progress || borrowed.on.is_empty() || progress == Progress::Nothing && !is_shown {
            return;
        }
        if !is_shown {
            borrowed.on.push(Mode::Progress);
        }
        borrowed.aside.extend_from_slice(reach::of_progress(progress).as_bytes());
    });
}

/// Rings the bell, and shows the words as a notification where the terminal takes one. Unseen letters are left out.
pub fn ring(words: &str) {
    let words: String = words.chars().filter(|char| !is_unseen(*char)).collect();
    with(|borrowed| {
        if borrowed.reach.bell && !borrowed.on.is_empty() {
            let notice = borrowed.reach.notice.map(|notice| notice.sequence(&words)).unwrap_or_default();
            borrowed.aside.extend_from_slice([BELL, &notice].concat().as_bytes());
        }
    });
}

/// Sends text to the terminal's clipboard (OSC 52). Whether it takes it, no terminal says. False: this one is sent
/// none.
pub fn copy(text: &str) -> bool {
    use crossterm::{Command, clipboard::CopyToClipboard};
    let mut sequence = String::new();
    let is_written = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).is_ok();
    with(|borrowed| {
        let is_ours = !borrowed.on.is_empty();
        let Some(clipboard) = borrowed.reach.clipboard.filter(|_| is_written && is_ours) else { return false };
        borrowed.aside.extend_from_slice(clipboard.through(&sequence).as_bytes());
        true
    })
    .unwrap_or(false)
}

/// The size of the terminal in cells, from the kernel; zero where it is not known.
///
/// # Errors
/// When standard output is no terminal.
pub fn size() -> io::Result<Size> {
    #[cfg(unix)]
    {
        // Not crossterm's: that starts `tput` when the terminal is gone.
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout())?;
        Ok(Size::new(size.ws_col, size.ws_row))
    }
    #[cfg(not(unix))]
    {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size::new(width, height))
    }
}

/// Whether standard output is a terminal that takes escape sequences: one that can be drawn on.
pub fn takes_sequences() -> bool {
    #[cfg(windows)]
    if !crossterm::ansi_support::supports_ansi() {
        return false;
    }
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::IsTerminal::is_terminal(&io::stdout()) && !is_dumb
}

fn speak_after_restoring() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let ui = with(|borrowed| (!borrowed.on.is_empty()).then_some(borrowed.ui)).flatten();
        match ui {
            Some(ui) if ui != thread::current().id() => {
                let thread = thread::current();
                tracing::error!(thread = thread.name().unwrap_or("unnamed"), "{panic}");
            }
            _ => {
                give_back();
                previous(panic);
            }
        }
    }));
}
