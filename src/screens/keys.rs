//! Keys and what they do. Each screen lists its own once; the handler, the footer and the help
//! page read the same list.

use crate::ui::keys::Key;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Press,
    Back,
    ReadNow,
    Open,
    Copy,
    Details,
    Repair,
    Environments,
    Tick,
    Filter,
    Clear,
    Sort,
    Help,
    Leave,
    Next,
    Previous,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Repaint,
    Suspend,
}

/// A key, what it does, and the word for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) keys: &'static [Key],
    pub(super) act: Act,
    pub(super) says: &'static str,
}

const fn bind(keys: &'static [Key], act: Act, says: &'static str) -> Binding {
    Binding { keys, act, says }
}

pub(super) const CHOOSE: Binding = bind(&[Key::Enter], Act::Press, "choose");
pub(super) const OPEN_IT: Binding = bind(&[Key::Enter], Act::Press, "open");
pub(super) const BACK: Binding = bind(&[Key::Esc], Act::Back, "back");
pub(super) const BACK_TO_LIST: Binding = bind(&[Key::Esc], Act::Back, "environments");
pub(super) const CLEAR: Binding = bind(&[Key::Esc], Act::Clear, "clear filter");
pub(super) const READ_NOW: Binding = bind(&[Key::Char('r')], Act::ReadNow, "read now");
pub(super) const OPEN: Binding = bind(&[Key::Char('o')], Act::Open, "open");
pub(super) const COPY: Binding = bind(&[Key::Char('y')], Act::Copy, "copy");
pub(super) const COPY_CODE: Binding = bind(&[Key::Char('y')], Act::Copy, "copy code");
pub(super) const DETAILS: Binding = bind(&[Key::Char('d')], Act::Details, "details");
pub(super) const WORDS: Binding = bind(&[Key::Char('d')], Act::Details, "original words");
pub(super) const REPAIR: Binding = bind(&[Key::Char('f')], Act::Repair, "repair");
pub(super) const ENVIRONMENTS: Binding = bind(&[Key::Char('e')], Act::Environments, "environments");
pub(super) const TICK: Binding = bind(&[Key::Char(' ')], Act::Tick, "tick");
pub(super) const END: Binding = bind(&[Key::End], Act::End, "to the end");
pub(super) const FOLD: Binding = bind(&[Key::Char(' ')], Act::Tick, "fold");
pub(super) const FILTER: Binding = bind(&[Key::Char('/')], Act::Filter, "filter");
pub(super) const SORT: Binding = bind(&[Key::Char('s')], Act::Sort, "sort");
pub(super) const HELP: Binding = bind(&[Key::Char('?')], Act::Help, "help");
pub(super) const LEAVE: Binding = bind(&[Key::Char('q')], Act::Leave, "leave");
pub(super) const CLOSE: Binding = bind(&[Key::Esc, Key::Char('q')], Act::Back, "close");
pub(super) const YES_LEAVE: Binding = bind(&[Key::Char('y')], Act::Leave, "leave");
pub(super) const NO_STAY: Binding = bind(&[Key::Esc, Key::Char('n')], Act::Back, "stay");
pub(super) const NO_CHANGE: Binding = bind(&[Key::Esc, Key::Char('n')], Act::Back, "change nothing");

/// Keys of every screen: moving about, and the terminal's own.
pub(super) const EVERYWHERE: [Binding; 11] = [
    bind(&[Key::Tab, Key::Right], Act::Next, "next button"),
    bind(&[Key::BackTab, Key::Left], Act::Previous, "button before"),
    bind(&[Key::Down, Key::Char('j')], Act::Down, "down"),
    bind(&[Key::Up, Key::Char('k')], Act::Up, "up"),
    bind(&[Key::PageDown], Act::PageDown, "page down"),
    bind(&[Key::PageUp], Act::PageUp, "page up"),
    bind(&[Key::Home], Act::Home, "to the start"),
    bind(&[Key::End], Act::End, "to the end"),
    bind(&[Key::Ctrl('c')], Act::Leave, "leave"),
    bind(&[Key::Ctrl('l')], Act::Repaint, "draw again"),
    bind(&[Key::Ctrl('z')], Act::Suspend, "to the shell and back (fg)"),
];
