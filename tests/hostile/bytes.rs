//! What may reach a terminal: the sequences that the program itself writes, and letters that a person sees.
//!
//! Reads bytes, not a screen: a terminal that ignores a sequence would hide that it was sent.

use dualwrite::core::unseen::is_unseen;
use unicode_width::UnicodeWidthChar;

/// Marks that may stand on one letter.
const MARKS_MAX: usize = 3;
/// Sequences that the full screen writes: final letter, and what stands before it (`#` is any number).
const CSI: [&str; 19] = [
    "#m", "#;#m", "#;#;#m", "#;#;#;#m", "m", "#;#H", "2J", "J", "K", "?1049h", "?1049l", "?25h", "?25l", "?2004h",
    "?2004l", "?1004h", "?1004l", "22;2t", "23;2t",
];
/// Ends a frame.
const FRAME_END: &str = "\u{1b}[?2026l";
const UPDATES: [&str; 2] = ["?2026h", "?2026l"];

/// What else was found in the bytes.
#[derive(Debug, Default)]
pub struct Found {
    /// Addresses of links (OSC 8).
    pub links: Vec<String>,
    /// Texts for the clipboard (OSC 52), in base64.
    pub copies: Vec<String>,
}

/// Fails at the first byte that is neither the program's own sequence nor seen.
#[track_caller]
pub fn of_full_screen(raw: &[u8]) -> Found {
    let text = std::str::from_utf8(raw).unwrap();
    let (mut found, mut rest) = (Found::default(), text);
    let mut marks = 0;
    while let Some(letter) = rest.chars().next() {
        let place = || {
            format!(
                "{:?}",
                text[..text.len() - rest.len() + letter.len_utf8()]
                    .chars()
                    .rev()
                    .take(60)
                    .collect::<Vec<_>>()
                    .iter()
                    .rev()
                    .collect::<String>()
            )
        };
        let after = &rest[letter.len_utf8()..];
        if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
            let end = sequence.find(|c: char| matches!(c, '@'..='~')).unwrap_or_else(|| panic!("{}", place()));
            let (sequence, after) = sequence.split_at(end + 1);
            assert!(is_own(sequence), "CSI {sequence:?} at {}", place());
            rest = after;
        } else if let Some(string) = rest.strip_prefix("\u{1b}]") {
            let (string, after) = string.split_once("\u{1b}\\").unwrap_or_else(|| panic!("{}", place()));
            if let Some(link) = string.strip_prefix("8;") {
                let (id, address) = link.split_once(';').unwrap();
                assert!(id.is_empty() == address.is_empty(), "{string:?}");
                assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "{address:?}");
                found.links.extend((!address.is_empty()).then(|| address.to_owned()));
            } else if let Some(copy) = string.strip_prefix("52;c;") {
                found.copies.push(copy.to_owned());
            } else if let Some(title) = string.strip_prefix("2;") {
                // An empty one gives the window its own title back.
                let is_ours = title.is_empty() || title.ends_with("dualwrite");
                assert!(is_ours && !title.chars().any(is_unseen), "{title:?}");
            } else {
                panic!("OSC {string:?} at {}", place());
            }
            rest = after;
        } else {
            assert!(letter == '\r' || letter == '\n' || !is_unseen(letter), "{letter:?} at {}", place());
            marks = if letter.width() == Some(0) { marks + 1 } else { 0 };
            assert!(marks <= MARKS_MAX, "a flood of marks at {}", place());
            rest = after;
        }
    }
    found
}

fn is_own(sequence: &str) -> bool {
    let mut form = String::new();
    for letter in sequence.chars() {
        match letter {
            '0'..='9' if form.ends_with('#') => {}
            '0'..='9' => form.push('#'),
            _ => form.push(letter),
        }
    }
    CSI.contains(&sequence)
        || UPDATES.contains(&sequence)
        || (CSI.contains(&form.as_str()) && !sequence.starts_with('?'))
}

/// Fails where a text for a pipe or a file holds anything that is not seen, or a flood of marks.
#[track_caller]
pub fn of_plain(what: &str, text: &str) {
    let mut marks = 0;
    for (at, letter) in text.char_indices() {
        let place = || {
            format!(
                "{what}: {letter:?} in {:?}",
                text[..at].chars().rev().take(80).collect::<Vec<_>>().iter().rev().collect::<String>()
            )
        };
        assert!(letter == '\n' || !is_unseen(letter), "{}", place());
        marks = if letter.width() == Some(0) { marks + 1 } else { 0 };
        assert!(marks <= MARKS_MAX, "a flood of marks, {}", place());
    }
}

/// Paints the bytes again and looks at every frame: that of the page is whole and nothing stands beyond it. How
/// many there were.
#[track_caller]
pub fn of_frames(raw: &[u8], columns: u16, rows: u16) -> usize {
    let size = |cells| std::num::NonZeroU16::new(cells).unwrap();
    let mut parser = vt100::Parser::new(size(rows), size(columns), 0);
    let text = std::str::from_utf8(raw).unwrap();
    let mut frames = 0;
    for frame in text.split_inclusive(FRAME_END) {
        parser.process(frame.as_bytes());
        if frame.ends_with(FRAME_END) && parser.screen().alternate_screen() {
            of_frame(parser.screen());
            frames += 1;
        }
    }
    frames
}

#[track_caller]
fn of_frame(screen: &vt100::Screen) {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let cell = |row, column| screen.cell(row, column).map(|cell| cell.contents().to_owned()).unwrap_or_default();
    let all = screen.contents();
    let ends: Vec<(String, String)> = (0..rows).map(|row| (cell(row, 0), cell(row, columns - 1))).collect();
    let is = |row: &usize, left: &str, right: &str| ends[*row].0 == left && ends[*row].1 == right;
    let top = (0..ends.len()).find(|row| is(row, "┌", "┐")).unwrap_or_else(|| panic!("no frame\n{all}"));
    let bottom = (0..ends.len()).rev().find(|row| is(row, "└", "┘")).unwrap_or_else(|| panic!("no end\n{all}"));
    let is_whole = |row: &usize| is(row, "│", "│") || is(row, "├", "┤");
    let broken: Vec<usize> = (top + 1..bottom).filter(|row| !is_whole(row)).collect();
    assert!(broken.is_empty(), "rows {broken:?}\n{all}");
    // Lines of boxes that a service sent stand inside, and make no second frame.
    assert!((0..ends.len()).filter(|row| is(row, "┌", "┐")).count() == 1, "{all}");
}
