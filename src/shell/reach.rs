//! What goes to the window beside the picture: its title, progress in the taskbar, bell and notification, clipboard.
//!
//! Owns which of it this terminal takes, told from the environment alone: no terminal is asked. One that is unknown or
//! plain gets none of it, and each can be turned off in the settings. Writes nothing: [`super::terminal`] does.

use crate::core::schedule::outlook::Progress;
use crate::settings::Signals;

/// Takes progress out of the taskbar.
pub(super) const NO_PROGRESS: &str = "\x1b]9;4;0\x1b\\";

/// Terminals that take what goes beside the picture, by the beginnings of their names.
const KNOWN: [&str; 18] = [
    "xterm",
    "tmux",
    "screen",
    "rxvt",
    "foot",
    "alacritty",
    "kitty",
    "ghostty",
    "wezterm",
    "konsole",
    "vte",
    "gnome",
    "st-",
    "mintty",
    "putty",
    "contour",
    "iterm",
    "rio",
];
/// Terminals on which an address is no link and a control string may be printed, by the beginnings of their names;
/// those of the series of vt100 have a digit behind theirs.
const PLAIN: [&str; 4] = ["dumb", "linux", "unknown", "vt"];
/// Programs (`TERM_PROGRAM`) that show progress (OSC 9;4).
const WITH_PROGRESS: [&str; 2] = ["ghostty", "WezTerm"];
/// Programs that show a notification by OSC 9.
const WITH_OSC_9: [&str; 3] = ["ghostty", "WezTerm", "iTerm.app"];

/// How a notification is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// OSC 9: `iTerm2`, `WezTerm`, ghostty, kitty.
    Osc9,
    /// OSC 777: foot, rxvt-unicode.
    Osc777,
}

/// How the clipboard is reached (OSC 52).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipboard {
    /// The terminal is right there.
    Direct,
    /// Through tmux, as itself and passed on: which of both it lets through is a setting of its own.
    Tmux,
    /// Through GNU screen, passed on.
    Screen,
}

/// What this terminal takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a signal of its own")]
pub struct Reach {
    /// A window title.
    pub title: bool,
    /// Progress in the taskbar or on the tab.
    pub progress: bool,
    /// A bell, and word of whether the window has the focus.
    pub bell: bool,
    /// A notification beside the bell.
    pub notice: Option<Notice>,
    /// The clipboard.
    pub clipboard: Option<Clipboard>,
    /// Addresses that can be clicked.
    pub hyperlinks: bool,
}

impl Reach {
    /// What is wanted, as far as this terminal takes it. `look_up` knows the environment.
    pub fn of(wanted: Signals, look_up: &dyn Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| look_up(name).filter(|value| !value.is_empty());
        let term = given("TERM").unwrap_or_default();
        let program = given("TERM_PROGRAM").unwrap_or_default();
        // Windows names no terminal: one that understands sequences takes these.
        let is_known = !is_plain(&term) && (cfg!(windows) || KNOWN.iter().any(|known| term.starts_with(known)));
        // What is between takes no progress, and passes no notification on.
        let (in_tmux, in_screen) = (given("TMUX").is_some(), given("STY").is_some());
        let is_direct = is_known && !in_tmux && !in_screen;
        let is_one_of = |names: &[&str]| names.iter().any(|name| program.eq_ignore_ascii_case(name));
        let progress = is_direct
            && (is_one_of(&WITH_PROGRESS)
                || given("WT_SESSION").is_some()
                || given("ConEmuANSI").is_some_and(|on| on == "ON")
                || term.contains("ghostty"));
        let notice = if !is_direct {
            None
        } else if is_one_of(&WITH_OSC_9) || term.contains("kitty") || term.contains("ghostty") {
            Some(Notice::Osc9)
        } else if term.starts_with("foot") || term.starts_with("rxvt-unicode") {
            Some(Notice::Osc777)
        } else {
            None
        };
        let clipboard = match (in_tmux, in_screen) {
            (true, _) => Clipboard::Tmux,
            (false, true) => Clipboard::Screen,
            (false, false) => Clipboard::Direct,
        };
        Self {
            title: wanted.title && is_known,
            progress: wanted.progress && progress,
            bell: wanted.notify && is_known,
            notice: notice.filter(|_| wanted.notify),
            clipboard: (wanted.clipboard && is_known).then_some(clipboard),
            hyperlinks: wanted.hyperlinks && is_known,
        }
    }
}

fn is_plain(term: &str) -> bool {
    PLAIN.iter().filter_map(|plain| Some((plain, term.strip_prefix(plain)?))).any(|(plain, rest)| match *plain {
        "vt" => rest.starts_with(|letter: char| letter.is_ascii_digit()),
        _ => true,
    })
}

/// The sequence of progress in a taskbar (OSC 9;4).
pub(super) fn of_progress(progress: Progress) -> String {
    match progress {
        Progress::Nothing => NO_PROGRESS.to_owned(),
        Progress::Share(percent) => format!("\x1b]9;4;1;{percent}\x1b\\"),
        Progress::Failed => "\x1b]9;4;2;100\x1b\\".to_owned(),
        Progress::Waits => "\x1b]9;4;4;100\x1b\\".to_owned(),
    }
}

impl Notice {
    /// The sequence of a notification with these words, which hold nothing unseen.
    pub(super) fn sequence(self, words: &str) -> String {
        // What separates the fields of one stands in none.
        let words = words.replace(';', ",");
        match self {
            Self::Osc9 => format!("\x1b]9;{words}\x1b\\"),
            Self::Osc777 => format!("\x1b]777;notify;dualwrite;{words}\x1b\\"),
        }
    }
}

impl Clipboard {
    /// The sequence as whatever is between passes it on.
    pub(super) fn through(self, sequence: &str) -> String {
        match self {
            Self::Direct => sequence.to_owned(),
            Self::Tmux => {
                let inner = sequence.replace('\x1b', "\x1b\x1b");
                format!("{sequence}\x1bPtmux;{inner}\x1b\\")
            }
            // It takes so many bytes at a time.
            Self::Screen => {
                // The end of the sequence would end what passes it on: a bell ends it as well.
                let sequence = sequence.replace("\x1b\\", "\x07");
                // What is sent is ASCII: no letter is cut in two.
                let pieces = sequence.as_bytes().chunks(SCREEN_PIECE).map(String::from_utf8_lossy);
                pieces.flat_map(|piece| ["\x1bP".into(), piece, "\x1b\\".into()]).collect()
            }
        }
    }
}

/// Most bytes that GNU screen passes on at once.
const SCREEN_PIECE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn reach(wanted: Signals, variables: &[(&str, &str)]) -> Reach {
        Reach::of(wanted, &|name| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
    }

    #[cfg(unix)]
    #[rstest]
    #[case::nothing_is_known(&[], false)]
    #[case::the_console(&[("TERM", "linux")], false)]
    #[case::a_console_by_another_name(&[("TERM", "linux-16color")], false)]
    #[case::a_serial_line(&[("TERM", "vt220")], false)]
    #[case::a_serial_line_of_today(&[("TERM", "vt420-w")], false)]
    #[case::nobody_knows_it(&[("TERM", "adm3a")], false)]
    #[case::nobody_knows_it_in_screen(&[("TERM", "adm3a"), ("STY", "x")], false)]
    #[case::no_serial_line(&[("TERM", "vte-256color")], true)]
    #[case::in_tmux(&[("TERM", "tmux-256color"), ("TMUX", "x")], true)]
    #[case::in_screen(&[("TERM", "screen.xterm-256color"), ("STY", "x")], true)]
    #[case::over_ssh(&[("TERM", "xterm-256color"), ("SSH_CONNECTION", "x")], true)]
    fn a_terminal_that_is_unknown_or_plain_gets_no_signal(#[case] variables: &[(&str, &str)], #[case] takes: bool) {
        let reach = reach(Signals::default(), variables);
        assert_eq!((reach.title, reach.bell), (takes, takes));
        assert_eq!((reach.progress, reach.notice), (false, None), "only where it is known to be shown");
        assert_eq!((reach.clipboard.is_some(), reach.hyperlinks), (takes, takes));
    }

    /// On Windows no name says what is known: only what says that it is plain is left out.
    #[test]
    fn plain_terminals_are_told_by_how_their_names_begin() {
        let plain = |term: &str| is_plain(term);
        assert!(["dumb", "dumb-emacs-ansi", "linux", "linux-m", "vt52", "vt100-am", "unknown"].into_iter().all(plain));
        assert!(!["", "vte", "vte-direct", "vt", "xterm"].into_iter().any(plain));
    }

    #[test]
    fn what_is_between_takes_no_progress_and_the_clipboard_goes_through_it() {
        let ghostty = [("TERM", "xterm-ghostty"), ("TERM_PROGRAM", "ghostty")];
        let direct = reach(Signals::default(), &ghostty);
        assert!(direct.progress && direct.notice == Some(Notice::Osc9) && direct.clipboard == Some(Clipboard::Direct));
        let tmux = reach(Signals::default(), &[ghostty[0], ghostty[1], ("TMUX", "/tmp/x")]);
        assert!(!tmux.progress && tmux.notice.is_none() && tmux.bell && tmux.clipboard == Some(Clipboard::Tmux));
        assert_eq!(
            Clipboard::Tmux.through("\x1b]52;c;eA==\x07"),
            "\x1b]52;c;eA==\x07\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\"
        );
        assert_eq!(Clipboard::Screen.through("\x1b]52;c;eA==\x1b\\"), "\x1bP\x1b]52;c;eA==\x07\x1b\\");
        assert_eq!(Clipboard::Screen.through(&"a".repeat(700)).matches("\x1bP").count(), 2);
        assert_eq!(reach(Signals::default(), &[("TERM", "foot")]).notice, Some(Notice::Osc777));
    }

    #[test]
    fn each_can_be_turned_off() {
        let none = Signals { title: false, progress: false, notify: false, clipboard: false, hyperlinks: false };
        assert_eq!(reach(none, &[("TERM", "xterm-ghostty")]), Reach::default());
    }
}
