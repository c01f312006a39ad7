//! Keys and what they do. Each screen lists its own once; the handler, the footer and the help
//! page read the same list.

use crate::ui::keys::Key;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Press,
    Back,
    ReadNow,
    NewCode,
    Open,
    Copy,
    Details,
    Repair,
    Environments,
    Prerequisites,
    Tick,
    Token,
    Filter,
    Clear,
    Sort,
    Runs,
    Export,
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

/// A key, what it does, the word for it in the footer, and more words for the help page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) keys: &'static [Key],
    pub(super) act: Act,
    pub(super) says: &'static str,
    pub(super) more: &'static str,
}

const fn bind(keys: &'static [Key], act: Act, says: &'static str, more: &'static str) -> Binding {
    Binding { keys, act, says, more }
}

const ENTER: &[Key] = &[Key::Enter];
const SPACE: &[Key] = &[Key::Char(' ')];
const NO: &[Key] = &[Key::Esc, Key::Char('n')];

pub(super) const CHOOSE: Binding = bind(ENTER, Act::Press, "choose", "press the focused button");
pub(super) const OPEN_IT: Binding =
    bind(ENTER, Act::Press, "open", "look at the selected environment; this only reads");
pub(super) const PICK: Binding =
    bind(ENTER, Act::Press, "choose (type to filter, arrows move)", "take the selected user");
pub(super) const NO_PICK: Binding = bind(&[Key::Esc], Act::Back, "back", "");
pub(super) const RESET: Binding = bind(ENTER, Act::Press, "reset", "");
pub(super) const USE_TOKEN: Binding = bind(ENTER, Act::Press, "use it", "use the token that was pasted");
pub(super) const USE_GATEWAY: Binding = bind(ENTER, Act::Press, "use this address", "ask whether there is a gateway");
pub(super) const BACK: Binding = bind(&[Key::Esc], Act::Back, "back", "one step back; nothing that runs is stopped");
pub(super) const LATER: Binding =
    bind(&[Key::Esc], Act::Back, "later", "decide later; nothing is resumed and nothing forgotten");
pub(super) const BACK_TO_LIST: Binding = bind(&[Key::Esc], Act::Back, "back", "back to the list of environments");
pub(super) const CLEAR: Binding = bind(&[Key::Esc], Act::Clear, "clear filter", "show all environments again");
pub(super) const READ_NOW: Binding = bind(&[Key::Char('r')], Act::ReadNow, "read now", "ask the services again now");
pub(super) const READ_RECORD: Binding = bind(&[Key::Char('r')], Act::ReadNow, "read now", "read the record again");
pub(super) const OPEN: Binding =
    bind(&[Key::Char('o')], Act::Open, "open", "open the address of this page in the browser");
pub(super) const COPY: Binding =
    bind(&[Key::Char('y')], Act::Copy, "copy", "copy address, message or command (terminal's clipboard)");
pub(super) const COPY_COMMAND: Binding =
    bind(&[Key::Char('y')], Act::Copy, "copy command", "send the command that comes back to the terminal's clipboard");
pub(super) const COPY_CODE: Binding =
    bind(&[Key::Char('y')], Act::Copy, "copy code", "send the code to the terminal's clipboard");
pub(super) const NEW_CODE: Binding = bind(
    &[Key::Char('r')],
    Act::NewCode,
    "new code",
    "ask for another code; the one before is not waited for any more",
);
pub(super) const COPY_SUPPORT: Binding =
    bind(&[Key::Char('y')], Act::Copy, "copy for support", "send all of it that support asks for to the clipboard");
pub(super) const DETAILS: Binding =
    bind(&[Key::Char('d')], Act::Details, "details", "original message, whole ids and addresses, timeline");
pub(super) const REPAIR: Binding = bind(
    &[Key::Char('f')],
    Act::Repair,
    "fix here",
    "carry out the remedy of this page; says what it does and asks first",
);
pub(super) const RESET_LINK: Binding = bind(
    &[Key::Char('f')],
    Act::Repair,
    "reset link",
    "reset the link, where that is possible; says what it does and asks first",
);
pub(super) const MODULES: Binding = bind(
    &[Key::Char('f')],
    Act::Repair,
    "modules",
    "install modules that build on dual-write; says what it does and asks first",
);
pub(super) const ENVIRONMENTS: Binding =
    bind(&[Key::Char('e')], Act::Environments, "environments", "back to the environments; what runs continues");
pub(super) const TICK: Binding = bind(SPACE, Act::Tick, "tick", "tick or untick the box");
pub(super) const END: Binding = bind(&[Key::End], Act::End, "to the end", "scroll to the end of the text");
pub(super) const FOLD: Binding = bind(SPACE, Act::Tick, "fold", "open or close Power Platform Integration");
pub(super) const FILTER: Binding =
    bind(&[Key::Char('/')], Act::Filter, "filter", "type a part of a name, a kind, an id or an address");
pub(super) const SORT: Binding = bind(&[Key::Char('s')], Act::Sort, "sort", "unsorted, by name, by set-up");
pub(super) const RUNS: Binding =
    bind(&[Key::Char('R')], Act::Runs, "runs", "the record: what was done, by whom, when; to export");
pub(super) const PREREQUISITES: Binding =
    bind(&[Key::Char('p')], Act::Prerequisites, "prerequisites", "what must be true for dual-write, and what to do");
pub(super) const SHOW_CHECK: Binding = bind(ENTER, Act::Press, "show", "show the selected one whole");
pub(super) const SHOW: Binding = bind(ENTER, Act::Press, "show", "show the selected run whole");
pub(super) const EXPORT: Binding =
    bind(&[Key::Char('x')], Act::Export, "export", "write the run to files: Markdown, HTML and JSON");
pub(super) const HELP: Binding = bind(&[Key::Char('?')], Act::Help, "help", "this page");
pub(super) const LEAVE: Binding =
    bind(&[Key::Char('q')], Act::Leave, "leave", "leave the program; asks while something runs");
pub(super) const CLOSE: Binding = bind(&[Key::Esc, Key::Char('q')], Act::Back, "close", "close this");
pub(super) const CLOSE_HELP: Binding = bind(&[Key::Esc, Key::Char('q'), Key::Char('?')], Act::Back, "close", "");
pub(super) const NO_STAY: Binding = bind(NO, Act::Back, "stay", "stay; what runs continues");
pub(super) const NO_CHANGE: Binding = bind(NO, Act::Back, "change nothing", "close this; nothing is changed");

pub(super) const NEXT_FIELD: Binding = bind(ENTER, Act::Press, "next", "the next field, or the next step");
pub(super) const FIELDS: Binding = bind(&[Key::Tab], Act::Next, "fields", "the field after this one");
pub(super) const OTHER: Binding = bind(&[Key::Tab], Act::Next, "other button", "the other button");
pub(super) const MOVE: Binding = bind(&[Key::Down], Act::Down, "or Up: move", "the one below, or above");
pub(super) const READ_ON: Binding = bind(&[Key::PageDown], Act::PageDown, "read on", "further down");
pub(super) const INTERRUPT: Binding = bind(&[Key::Ctrl('c')], Act::Leave, "leave", "leave the program");

/// Keys of a page that says what went wrong.
pub(super) const OF_FAILURE: [Binding; 12] =
    [CHOOSE, REPAIR, OPEN, COPY, DETAILS, READ_NOW, EXPORT, BACK, PREREQUISITES, ENVIRONMENTS, HELP, LEAVE];

/// Keys of every screen: moving about, and the terminal's own. The footer does not name them.
pub(super) const EVERYWHERE: [Binding; 12] = [
    bind(&[Key::Tab, Key::Right], Act::Next, "", "next button"),
    bind(&[Key::BackTab, Key::Left], Act::Previous, "", "button before"),
    bind(&[Key::Down, Key::Char('j')], Act::Down, "", "down"),
    bind(&[Key::Up, Key::Char('k')], Act::Up, "", "up"),
    bind(&[Key::PageDown], Act::PageDown, "", "page down"),
    bind(&[Key::PageUp], Act::PageUp, "", "page up"),
    bind(&[Key::Home], Act::Home, "", "to the start"),
    bind(&[Key::End], Act::End, "", "to the end"),
    bind(&[Key::Char('t')], Act::Token, "", "give a token or the address of the gateway, where one is wanted"),
    bind(&[Key::Ctrl('c')], Act::Leave, "", "leave, as q does; the second time without asking"),
    bind(&[Key::Ctrl('l')], Act::Repaint, "", "draw the screen again"),
    bind(&[Key::Ctrl('z')], Act::Suspend, "", "to the shell; fg comes back"),
];

/// Where one of the moving keys leads, from place `at` of `len` that are shown `height` at a time;
/// `None` when it is no moving key.
pub(super) fn travel(act: Act, at: usize, len: usize, height: usize) -> Option<usize> {
    let page = height.saturating_sub(1).max(1);
    let last = len.saturating_sub(1);
    let to = match act {
        Act::Down => at + 1,
        Act::Up => at.saturating_sub(1),
        Act::PageDown => at + page,
        Act::PageUp => at.saturating_sub(page),
        Act::Home => 0,
        Act::End => last,
        _ => return None,
    };
    Some(to.min(last))
}
