//! Bytes from the terminal become keys and pastes.
//!
//! Owns the half of a sequence that has come so far. Pure: no clock, no descriptor; who calls it
//! waits [`Decoder::patience`] for the rest and says with [`Decoder::settle`] that none came. Reads
//! what terminals send without being asked for more (the forms of xterm, the Linux console, screen
//! and rxvt's plain keys, and the focus, which we ask for), and tolerates what they send when a program before us asked
//! for it: mouse and answers are passed over, key releases are told as such. What comes behind the pause of a paste is
//! still pasted: its letters are taken, and it presses nothing. Called by [`super::input`].

use std::{mem, time::Duration};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long the rest of a sequence may take. A lone Esc is told from the start of one by it.
const SEQUENCE_PATIENCE: Duration = Duration::from_millis(30);
/// How long a paste may pause before what has come is taken, and how long nothing must come then until keys are keys
/// again: an end mark that got lost must not swallow them for ever, and a paste that only paused must press none.
const PASTE_PATIENCE: Duration = Duration::from_secs(2);
/// Longest control sequence read as one, in bytes.
const LONGEST_SEQUENCE: usize = 64;
/// Most of a paste that is kept, in bytes; no field of ours takes more.
const LONGEST_PASTE: usize = 1024 * 1024;
const PASTE_ENDS: &[u8] = b"\x1b[201~";
const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(KeyEvent),
    /// A paste; its line ends are `\n`.
    Paste(String),
    /// The window has got the focus, or lost it.
    Focus(bool),
}

/// A decoder in the middle of a stream.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has come of a sequence that is not complete.
    held: Vec<u8>,
    /// What has come of a paste.
    paste: Option<Vec<u8>>,
    /// A paste has paused, and its end has not come.
    paused: bool,
}

/// What stands at the front of the bytes held.
enum Front {
    /// So many bytes are this key.
    Key(usize, KeyEvent),
    /// So many bytes mean nothing to us.
    Nothing(usize),
    /// So many bytes begin a paste.
    Paste(usize),
    /// So many bytes are this letter of a paste that has paused.
    Letter(usize, char),
    /// So many bytes end one.
    PasteEnds(usize),
    /// So many bytes say whether the window has the focus.
    Focus(usize, bool),
    /// The rest has not come.
    Partial,
}

impl Decoder {
    /// Takes bytes as they come, cut anywhere; returns what they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        let mut inputs = Vec::new();
        for &byte in bytes {
            if let Some(paste) = &mut self.paste {
                paste.push(byte);
                if paste.ends_with(PASTE_ENDS) {
                    paste.truncate(paste.len() - PASTE_ENDS.len());
                    inputs.extend(self.pasted());
                } else if paste.len() > LONGEST_PASTE + PASTE_ENDS.len() {
                    paste.remove(LONGEST_PASTE); // keep the beginning and the last few bytes
                }
            } else {
                self.held.push(byte);
                self.read(&mut inputs);
            }
        }
        inputs
    }

    /// How long to wait for more bytes before [`Decoder::settle`]; `None`: nothing is half done.
    pub fn patience(&self) -> Option<Duration> {
        let is_pasted = self.paste.is_some() || self.paused;
        if is_pasted { Some(PASTE_PATIENCE) } else { (!self.held.is_empty()).then_some(SEQUENCE_PATIENCE) }
    }

    /// No more bytes came: what is half done is taken for what it is. The rest of a paste may still come.
    pub fn settle(&mut self) -> Vec<Input> {
        if let Some(paste) = &mut self.paste {
            // Its end may have come in part.
            let begun = (1..PASTE_ENDS.len()).rev().find(|count| paste.ends_with(&PASTE_ENDS[..*count])).unwrap_or(0);
            self.held = paste.split_off(paste.len() - begun);
            self.paused = true;
            return self.pasted().into_iter().collect();
        }
        let mut inputs = Vec::new();
        if mem::take(&mut self.paused) {
            self.held.clear();
        }
        match mem::take(&mut self.held).as_slice() {
            [ESC] => inputs.push(Input::Key(KeyCode::Esc.into())),
            &[ESC, byte] if byte.is_ascii() => {
                let mut key = typed(byte.into());
                key.modifiers |= KeyModifiers::ALT;
                inputs.push(Input::Key(key));
            }
            _ => {}
        }
        inputs
    }

    fn pasted(&mut self) -> Option<Input> {
        let mut paste = self.paste.take()?;
        paste.truncate(LONGEST_PASTE);
        // Terminals send the line ends of a paste as Enter would.
        let text = String::from_utf8_lossy(&paste).replace("\r\n", "\n").replace('\r', "\n");
        Some(Input::Paste(text))
    }

    fn read(&mut self, inputs: &mut Vec<Input>) {
        while !self.held.is_empty() {
            let front = if self.paused { behind_a_pause(&self.held) } else { front(&self.held) };
            let used = match front {
                Front::Key(used, key) => {
                    inputs.push(Input::Key(key));
                    used
                }
                Front::Nothing(used) => used,
                Front::Focus(used, has) => {
                    inputs.push(Input::Focus(has));
                    used
                }
                Front::Paste(used) => {
                    (self.paste, self.paused) = (Some(Vec::new()), false);
                    used
                }
                Front::Letter(used, letter) => {
                    match inputs.last_mut() {
                        Some(Input::Paste(text)) => text.push(letter),
                        _ => inputs.push(Input::Paste(letter.into())),
                    }
                    used
                }
                Front::PasteEnds(used) => {
                    self.paused = false;
                    used
                }
                Front::Partial => return,
            };
            self.held.drain(..used.clamp(1, self.held.len()));
        }
    }
}

fn front(bytes: &[u8]) -> Front {
    match bytes {
        [ESC] | [ESC, b'O' | b']' | b'P'] => Front::Partial,
        [ESC, ESC, ..] => Front::Key(1, KeyCode::Esc.into()),
        [ESC, b'[', rest @ ..] => control_sequence(rest),
        [ESC, b'O', byte, ..] => match keypad(*byte) {
            Some(code) => Front::Key(3, code.into()),
            None => Front::Key(2, KeyEvent::new(KeyCode::Char('O'), KeyModifiers::ALT | KeyModifiers::SHIFT)),
        },
        [ESC, b']', b'0'..=b'9', rest @ ..] | [ESC, b'P', b'0'..=b'9' | b'>' | b'!' | b'+', rest @ ..] => string(rest),
        [ESC, rest @ ..] => match plain(rest) {
            Front::Key(used, mut key) => {
                key.modifiers |= KeyModifiers::ALT;
                Front::Key(used + 1, key)
            }
            Front::Nothing(used) => Front::Nothing(used + 1),
            other => other,
        },
        _ => plain(bytes),
    }
}

/// Likewise, where a paste has paused: a key is a letter of it, or nothing.
fn behind_a_pause(bytes: &[u8]) -> Front {
    match bytes {
        _ if bytes.starts_with(PASTE_ENDS) => Front::PasteEnds(PASTE_ENDS.len()),
        // The start of an answer would hold the end back.
        [ESC, b']' | b'P', ..] => Front::Nothing(1),
        _ => match front(bytes) {
            Front::Key(used, key) => match key {
                KeyEvent { code: KeyCode::Char(letter), modifiers, kind: KeyEventKind::Press, .. }
                    if (modifiers - KeyModifiers::SHIFT).is_empty() =>
                {
                    Front::Letter(used, letter)
                }
                _ => Front::Nothing(used),
            },
            other => other,
        },
    }
}

/// A character, or a control code that stands for a key.
fn plain(bytes: &[u8]) -> Front {
    let control = |char: u8| KeyEvent::new(KeyCode::Char(char.into()), KeyModifiers::CONTROL);
    let key = match bytes[0] {
        b'\r' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        // Backspace is DEL on most terminals and Ctrl-H on the others.
        0x7f | 0x08 => KeyCode::Backspace.into(),
        0 => control(b' '),
        code @ 0x01..=0x1a => control(code - 1 + b'a'),
        code @ 0x1c..=0x1f => control(code - 0x1c + b'4'),
        _ => return character(bytes),
    };
    Front::Key(1, key)
}

fn character(bytes: &[u8]) -> Front {
    let long = match bytes[0] {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Front::Nothing(1),
    };
    let end = bytes.len().min(long);
    match str::from_utf8(&bytes[..end]) {
        Ok(text) => match text.chars().next() {
            Some(char) if !char.is_control() => Front::Key(long, typed(char)),
            _ => Front::Nothing(long),
        },
        Err(error) if error.error_len().is_none() => Front::Partial,
        Err(_) => Front::Nothing(1),
    }
}

fn typed(char: char) -> KeyEvent {
    let modifiers = if char.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(char), modifiers)
}

/// An answer nobody here asked for, up to its end.
fn string(rest: &[u8]) -> Front {
    let introduced = 3;
    let end = rest.iter().position(|&byte| byte == BEL).map(|at| at + 1);
    let end = end.or_else(|| rest.windows(2).position(|pair| pair == [ESC, b'\\']).map(|at| at + 2));
    match end {
        Some(end) => Front::Nothing(introduced + end),
        None => Front::Partial,
    }
}

/// After `ESC O`.
fn keypad(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'M' => KeyCode::Enter,
        b'X' => KeyCode::Char('='),
        b'j'..=b'y' => KeyCode::Char((byte - b'j' + b'*').into()),
        _ => return letter(byte),
    })
}

/// The keys named by one letter, after `ESC O` as after `ESC [`.
fn letter(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(byte - b'P' + 1),
        _ => return None,
    })
}

/// The keys named by a number, before `~`.
fn number(number: u16) -> Option<KeyCode> {
    let key = |base: u16, first: u8| u8::try_from(number - base).ok().map(|by| KeyCode::F(first + by));
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => key(11, 1),
        17..=21 => key(17, 6),
        23..=26 => key(23, 11),
        28..=29 => key(28, 15),
        31..=34 => key(31, 17),
        _ => None,
    }
}

/// After `ESC [`.
fn control_sequence(rest: &[u8]) -> Front {
    let introduced = 2;
    // The Linux console names F1 to F5 by `ESC [ [ A` to `E`.
    if let [b'[', tail @ ..] = rest {
        return match tail {
            [] => Front::Partial,
            [byte @ b'A'..=b'E', ..] => Front::Key(4, KeyCode::F(byte - b'A' + 1).into()),
            _ => Front::Nothing(3),
        };
    }
    let Some(at) = rest.iter().position(|byte| !matches!(byte, 0x20..=0x3f)) else {
        return if rest.len() < LONGEST_SEQUENCE { Front::Partial } else { Front::Nothing(introduced + rest.len()) };
    };
    let (last, used) = (rest[at], introduced + at + 1);
    if !matches!(last, 0x40..=0x7e) {
        return Front::Nothing(used - 1); // cut off by the next key
    }
    let Ok(text) = str::from_utf8(&rest[..at]) else { return Front::Nothing(used) };
    // A mouse of the oldest kind: three bytes follow.
    if last == b'M' && text.is_empty() {
        return if rest.len() < at + 4 { Front::Partial } else { Front::Nothing(used + 3) };
    }
    if text.is_empty() && matches!(last, b'I' | b'O') {
        return Front::Focus(used, last == b'I');
    }
    if text == "200" && last == b'~' {
        return Front::Paste(used);
    }
    named(text, last).map_or(Front::Nothing(used), |key| Front::Key(used, key))
}

fn named(text: &str, last: u8) -> Option<KeyEvent> {
    let part = |at: usize, sub: usize| {
        let part = text.split(';').nth(at)?.split(':').nth(sub)?;
        part.parse::<u16>().ok()
    };
    let first = part(0, 0);
    let (code, modified_by) = match last {
        b'Z' => (KeyCode::BackTab, 1),
        b'~' if first == Some(27) => (named_by_code(part(2, 0)?)?, 1),
        b'~' => (number(first?)?, 1),
        b'u' => (named_by_code(first?)?, 1),
        // `ESC [ 1 ; 5 R` is Ctrl-F3; any other R is an answer about the cursor.
        b'R' if !(text.is_empty() || first == Some(1)) => return None,
        _ if text.is_empty() || first == Some(1) => (letter(last)?, 1),
        _ => return None,
    };
    let mut key = KeyEvent::new(code, modifiers(part(modified_by, 0)));
    if code == KeyCode::BackTab {
        key.modifiers |= KeyModifiers::SHIFT;
    }
    if let KeyCode::Char(char) = code {
        key.modifiers |= typed(char).modifiers;
    }
    key.kind = match part(modified_by, 1) {
        Some(2) => KeyEventKind::Repeat,
        Some(3) => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    Some(key)
}

/// The key of a character code, as `CSI u` and modifyOtherKeys tell it.
fn named_by_code(code: u16) -> Option<KeyCode> {
    Some(match code {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        _ => KeyCode::Char(char::from_u32(code.into()).filter(|char| !char.is_control())?),
    })
}

fn modifiers(sent: Option<u16>) -> KeyModifiers {
    let bits = sent.unwrap_or(1).saturating_sub(1);
    let on = |bit: u16, modifier| if bits & bit == 0 { KeyModifiers::NONE } else { modifier };
    on(1, KeyModifiers::SHIFT) | on(2, KeyModifiers::ALT) | on(4, KeyModifiers::CONTROL) | on(8, KeyModifiers::SUPER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;

    fn all(bytes: &[u8]) -> Vec<Input> {
        let mut decoder = Decoder::default();
        let mut inputs = decoder.feed(bytes);
        inputs.extend(decoder.settle());
        inputs
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
        Input::Key(KeyEvent::new(code, modifiers))
    }

    #[rstest]
    #[case(b"j", KeyCode::Char('j'), NONE)]
    #[case(b"J", KeyCode::Char('J'), SHIFT)]
    #[case("é".as_bytes(), KeyCode::Char('é'), NONE)]
    #[case("界".as_bytes(), KeyCode::Char('界'), NONE)]
    #[case("🚀".as_bytes(), KeyCode::Char('🚀'), NONE)]
    #[case(b"\r", KeyCode::Enter, NONE)]
    #[case(b"\n", KeyCode::Char('j'), CONTROL)]
    #[case(b"\t", KeyCode::Tab, NONE)]
    #[case(b"\x7f", KeyCode::Backspace, NONE)]
    #[case(b"\x08", KeyCode::Backspace, NONE)]
    #[case(b"\x03", KeyCode::Char('c'), CONTROL)]
    #[case(b"\x1a", KeyCode::Char('z'), CONTROL)]
    #[case(b"\x1c", KeyCode::Char('4'), CONTROL)]
    #[case(b"\x00", KeyCode::Char(' '), CONTROL)]
    #[case(b"\x1b", KeyCode::Esc, NONE)]
    #[case(b"\x1bx", KeyCode::Char('x'), ALT)]
    #[case(b"\x1b\r", KeyCode::Enter, ALT)]
    #[case(b"\x1b[", KeyCode::Char('['), ALT)]
    #[case(b"\x1bO", KeyCode::Char('O'), ALT | SHIFT)]
    #[case(b"\x1b[A", KeyCode::Up, NONE)]
    #[case(b"\x1bOA", KeyCode::Up, NONE)]
    #[case(b"\x1b[1;5D", KeyCode::Left, CONTROL)]
    #[case(b"\x1b[1;2H", KeyCode::Home, SHIFT)]
    #[case(b"\x1b[Z", KeyCode::BackTab, SHIFT)]
    #[case(b"\x1b[3~", KeyCode::Delete, NONE)]
    #[case(b"\x1b[5;3~", KeyCode::PageUp, ALT)]
    #[case(b"\x1b[6~", KeyCode::PageDown, NONE)]
    #[case(b"\x1bOP", KeyCode::F(1), NONE)]
    #[case(b"\x1b[[C", KeyCode::F(3), NONE)]
    #[case(b"\x1b[15~", KeyCode::F(5), NONE)]
    #[case(b"\x1b[17~", KeyCode::F(6), NONE)]
    #[case(b"\x1b[24~", KeyCode::F(12), NONE)]
    #[case(b"\x1b[1;5R", KeyCode::F(3), CONTROL)]
    #[case(b"\x1bOM", KeyCode::Enter, NONE)]
    #[case(b"\x1bOp", KeyCode::Char('0'), NONE)]
    #[case(b"\x1bOk", KeyCode::Char('+'), NONE)]
    #[case(b"\x1b[27;5;13~", KeyCode::Enter, CONTROL)]
    #[case(b"\x1b[13;2u", KeyCode::Enter, SHIFT)]
    #[case(b"\x1b[97;5u", KeyCode::Char('a'), CONTROL)]
    fn a_sequence_is_a_key(#[case] bytes: &[u8], #[case] code: KeyCode, #[case] modifiers: KeyModifiers) {
        assert_eq!(all(bytes), [key(code, modifiers)]);
    }

    #[rstest]
    #[case::cursor_position(b"\x1b[24;80R")]
    #[case::device_attributes(b"\x1b[?62;22c")]
    #[case::old_mouse(b"\x1b[M !!")]
    #[case::mouse(b"\x1b[<0;10;5M")]
    #[case::colour(b"\x1b]11;rgb:1010/1010/1010\x1b\\")]
    #[case::colour_with_bell(b"\x1b]11;rgb:1010/1010/1010\x07")]
    #[case::version(b"\x1bP>|xterm(379)\x1b\\")]
    #[case::mode(b"\x1b[?2026;2$y")]
    fn what_nobody_asked_for_is_passed_over(#[case] bytes: &[u8]) {
        assert_eq!(all(&[bytes, b"j"].concat()), [key(KeyCode::Char('j'), NONE)]);
    }

    #[test]
    fn the_focus_is_told_and_is_no_key() {
        assert_eq!(all(b"\x1b[Oa\x1b[I"), [Input::Focus(false), key(KeyCode::Char('a'), NONE), Input::Focus(true)]);
    }

    #[test]
    fn a_paste_is_one_text_and_presses_nothing() {
        let inputs = all(b"a\x1b[200~one\r\ntwo\rq\x1b[2D\x03\x1b[201~b");
        let paste = Input::Paste("one\ntwo\nq\u{1b}[2D\u{3}".into());
        assert_eq!(inputs, [key(KeyCode::Char('a'), NONE), paste, key(KeyCode::Char('b'), NONE)]);
    }

    #[test]
    fn a_paste_whose_end_is_lost_ends_when_nothing_comes() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(b"\x1b[200~text"), []);
        assert_eq!(decoder.patience(), Some(PASTE_PATIENCE));
        assert_eq!(decoder.settle(), [Input::Paste("text".into())]);
        assert_eq!(decoder.patience(), Some(PASTE_PATIENCE));
        assert_eq!(decoder.settle(), []);
        assert_eq!(decoder.patience(), None);
        assert_eq!(decoder.feed(b"q"), [key(KeyCode::Char('q'), NONE)]);
    }

    #[test]
    fn what_comes_behind_the_pause_of_a_paste_presses_nothing() {
        let pasted = |text: &str| vec![Input::Paste(text.into())];
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b[200~one\r");
        assert_eq!(decoder.settle(), pasted("one\n"));
        let more = "two\r\n\x03\t Qé\x1b[A\x1b[31m\x1b]0;x\x1b\x1bz";
        assert_eq!(decoder.feed(more.as_bytes()), pasted("two Qé]0;x"));
        assert_eq!(decoder.patience(), Some(PASTE_PATIENCE));
        assert_eq!(decoder.feed(b"\x1b[20"), []);
        assert_eq!(decoder.feed(b"1~q"), [key(KeyCode::Char('q'), NONE)]);
        assert_eq!(decoder.patience(), None);
    }

    #[test]
    fn the_end_of_a_paste_may_stand_behind_the_pause_in_part() {
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b[200~text\x1b[2");
        assert_eq!(decoder.settle(), [Input::Paste("text".into())]);
        assert_eq!(decoder.feed(b"01~\r"), [key(KeyCode::Enter, NONE)]);
    }

    #[test]
    fn another_paste_ends_the_pause_of_the_one_before() {
        let mut decoder = Decoder::default();
        decoder.feed(b"\x1b[200~one");
        decoder.settle();
        let inputs = decoder.feed(b"\x1b[200~two\r\x1b[201~\r");
        assert_eq!(inputs, [Input::Paste("two\n".into()), key(KeyCode::Enter, NONE)]);
    }

    #[test]
    fn a_paste_without_measure_is_cut() {
        let mut bytes = b"\x1b[200~".to_vec();
        bytes.resize(bytes.len() + LONGEST_PASTE + 1000, b'x');
        bytes.extend_from_slice(PASTE_ENDS);
        let inputs = all(&bytes);
        assert!(matches!(&inputs[..], [Input::Paste(text)] if text.len() == LONGEST_PASTE));
    }

    #[test]
    fn escape_waits_for_the_rest_of_a_sequence() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.patience(), None);
        assert_eq!(decoder.feed(b"\x1b"), []);
        assert_eq!(decoder.patience(), Some(SEQUENCE_PATIENCE));
        assert_eq!(decoder.feed(b"[A"), [key(KeyCode::Up, NONE)]);
        assert_eq!(decoder.feed(b"\x1b\x1b"), [key(KeyCode::Esc, NONE)]);
        assert_eq!(decoder.settle(), [key(KeyCode::Esc, NONE)]);
    }

    #[test]
    fn a_release_is_told_as_one() {
        let Input::Key(key) = all(b"\x1b[97;1:3u").remove(0) else { panic!("no key") };
        assert_eq!(key.kind, KeyEventKind::Release);
    }

    #[test]
    fn a_sequence_cut_off_by_a_key_loses_itself_alone() {
        assert_eq!(all(b"\x1b[12\x1b[A"), [key(KeyCode::Up, NONE)]);
        assert_eq!(all(b"\xe7\x95j"), [key(KeyCode::Char('j'), NONE)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_nothing_is_held_after_settling(bytes: Vec<u8>) {
            let mut decoder = Decoder::default();
            decoder.feed(&bytes);
            decoder.settle();
            decoder.settle(); // behind a paste it is still waited for the rest
            prop_assert_eq!(decoder.patience(), None);
            prop_assert!(decoder.held.is_empty());
        }

        #[test]
        fn where_the_stream_is_cut_makes_no_difference(keys in "(\\PC|\r|\t|\x1b\\[A|\x1b\\[5~|\x1bx|\x1b\\[200~hi\r\x1b\\[201~){0,20}", cut: prop::sample::Index) {
            let bytes = keys.as_bytes();
            let (one, two) = bytes.split_at(cut.index(bytes.len() + 1));
            let mut decoder = Decoder::default();
            let mut inputs = decoder.feed(one);
            inputs.extend(decoder.feed(two));
            inputs.extend(decoder.settle());
            prop_assert_eq!(inputs, all(bytes));
        }
    }
}
