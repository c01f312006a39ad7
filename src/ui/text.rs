//! Text from outside, made safe to show; and how wide text is.
//!
//! Whatever a service sent passes through [`clean`] or [`clean_lines`] before it becomes a cell:
//! no control character, no escape sequence, nothing that turns the direction of writing, nothing
//! invisible. Widths are those of the terminal cells; cuts fall between graphemes.

pub use crate::core::unseen::safe_json;

use crate::core::exchange::without_tokens;
use crate::core::unseen::is_hidden;
use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// Longest text that is kept for one line, in characters.
const LINE_MAX: usize = 512;
/// Most cells of what a person typed that are told back.
const ECHO_MAX: usize = 60;
/// Longest text that is kept for the words of a service, in characters.
const WORDS_MAX: usize = 20_000;
/// Zero-width characters that may follow one base character; real scripts need no more.
const MARKS_MAX: usize = 3;
/// Characters of one grapheme; the longest of real scripts have fewer.
const GRAPHEME_MAX: usize = 8;
/// Longest control string (OSC, DCS) that is dropped as a whole, in bytes.
const CONTROL_STRING_MAX: usize = 4_096;

/// One line: breaks and tabs become spaces.
pub fn clean(text: &str) -> String {
    if is_plain(text) && text.len() <= LINE_MAX {
        return text.trim().to_owned();
    }
    strip(text, LINE_MAX).lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Several lines, the breaks kept; never an empty first or last line.
pub fn clean_lines(text: &str) -> Vec<String> {
    let text = strip(text, WORDS_MAX);
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim().lines().map(str::trim_end) {
        if line.is_empty() && lines.last().is_some_and(String::is_empty) {
            continue;
        }
        lines.push(line.to_owned());
    }
    lines
}

fn strip(text: &str, limit: usize) -> String {
    let mut kept = String::new();
    let mut rest = text;
    let (mut count, mut marks) = (0, MARKS_MAX);
    let mut unsearched = text.len();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if count == limit {
            let more = rest.chars().count() + 1;
            kept.extend([" [", &more.to_string(), " more characters]"]);
            break;
        }
        match c {
            '\u{1b}' => rest = after_escape(rest, &mut unsearched),
            '\u{9b}' => rest = after_csi(rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => {
                rest = after_control_string(rest, &mut unsearched);
            }
            '\r' if rest.starts_with('\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                kept.push('\n');
                marks = MARKS_MAX;
                count += 1;
            }
            '\t' => {
                kept.push(' ');
                marks = MARKS_MAX;
                count += 1;
            }
            // Half-width voicing marks join any base and are wide all the same: the spacing ones do not.
            '\u{ff9e}' | '\u{ff9f}' => {
                kept.push(if c == '\u{ff9e}' { '\u{309b}' } else { '\u{309c}' });
                marks = 0;
                count += 1;
            }
            c if c.is_control() || is_hidden(c) => {}
            c if c.width().unwrap_or(0) == 0 => {
                if marks < MARKS_MAX {
                    marks += 1;
                    kept.push(c);
                    count += 1;
                }
            }
            c => {
                marks = if c == ' ' { MARKS_MAX } else { 0 };
                kept.push(c);
                count += 1;
            }
        }
    }
    if kept.is_ascii() { kept } else { kept.graphemes(true).map(sane).collect() }
}

/// The grapheme, or what is left of one that a terminal could draw wider than it is taken for.
fn sane(grapheme: &str) -> &str {
    let (letters, first) = (grapheme.chars().count(), grapheme.chars().next().map_or(0, char::len_utf8));
    let alone = || grapheme.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    match letters {
        0 | 1 => grapheme,
        2..=GRAPHEME_MAX if alone() == usize::from(grapheme.cell_width()) => grapheme,
        // A colour of skin, where the terminal does not know that it belongs to the letter before it.
        2..=GRAPHEME_MAX => &grapheme[..first],
        _ => "\u{fffd}",
    }
}

/// What follows an escape sequence whose ESC was read.
fn after_escape<'a>(rest: &'a str, unsearched: &mut usize) -> &'a str {
    match rest.chars().next() {
        Some('[') => after_csi(&rest[1..]),
        Some(']' | 'P' | 'X' | '^' | '_') => after_control_string(&rest[1..], unsearched),
        Some(' '..='/') => {
            let rest = rest.trim_start_matches(|c| matches!(c, ' '..='/'));
            rest.strip_prefix(|c| matches!(c, '0'..='~')).unwrap_or(rest)
        }
        Some('0'..='~') => &rest[1..],
        _ => rest,
    }
}

/// Parameters and intermediates, then one final character (ECMA-48, 5.4).
fn after_csi(rest: &str) -> &str {
    let rest = rest.trim_start_matches(|c| matches!(c, ' '..='?'));
    rest.strip_prefix(|c| matches!(c, '@'..='~')).unwrap_or(rest)
}

/// What follows a control string; one without an end loses only its introducer, so that it cannot
/// hide the rest of a message. `unsearched` is how many bytes at the end of the whole text were not yet
/// searched for an end in vain, so that a flood of introducers costs no more than its length.
fn after_control_string<'a>(rest: &'a str, unsearched: &mut usize) -> &'a str {
    let from = rest.len().saturating_sub(*unsearched);
    let to = rest.floor_char_boundary(CONTROL_STRING_MAX).max(from);
    match rest[from..to].char_indices().find(|(_, c)| matches!(c, '\u{7}' | '\u{9c}' | '\u{1b}')) {
        Some((at, '\u{1b}')) => rest[from + at + 1..].strip_prefix('\\').unwrap_or(&rest[from + at..]),
        Some((at, c)) => &rest[from + at + c.len_utf8()..],
        None => {
            *unsearched = rest.len() - to;
            rest
        }
    }
}

/// The graphemes of a text. As [`UnicodeSegmentation::graphemes`], and ten times as fast where it
/// matters: on plain letters and on lines and boxes, which are most of a screen.
pub fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.chars();
        let first = chars.next()?;
        let is_alone = stands_alone(first) && chars.next().is_none_or(stands_alone);
        let len = if is_alone { first.len_utf8() } else { rest.graphemes(true).next().map_or(rest.len(), str::len) };
        let (grapheme, after) = rest.split_at(len);
        rest = after;
        Some(grapheme)
    })
}

/// A character that never joins with a neighbour of its kind: printable ASCII, lines, blocks, shapes.
fn stands_alone(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{2500}'..='\u{25ff}')
}

/// The parts of a grapheme that a terminal draws into cells of their own where it does not join them (a
/// vowel sign with a place of its own, the two letters of a flag): each is written and wiped by itself.
pub fn parts(grapheme: &str) -> impl Iterator<Item = &str> {
    let mut rest = grapheme;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?.len_utf8();
        let next = rest[first..].char_indices().find(|(_, c)| c.width().unwrap_or(0) > 0);
        let (part, after) = rest.split_at(next.map_or(rest.len(), |(at, _)| first + at));
        rest = after;
        Some(part)
    })
}

/// Whether a text is nothing but printable ASCII, as most of a screen is: one byte is one letter is one cell.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The cells a text takes.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    graphemes(text).map(|grapheme| usize::from(grapheme.cell_width())).sum()
}

/// What a person typed, fit to be told back: a token that came to the wrong place is not shown.
pub fn echo(line: &str) -> String {
    cut(&clean(&without_tokens(line.trim())), ECHO_MAX, "...")
}

/// The text, cut to so many cells; where something was cut, `ellipsis` says so.
pub fn cut(text: &str, cells: usize, ellipsis: &str) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mark = if width(ellipsis) <= cells { ellipsis } else { "" };
    let mut room = cells - width(mark);
    let mut kept = String::new();
    for grapheme in graphemes(text) {
        let Some(left) = room.checked_sub(usize::from(grapheme.cell_width())) else { break };
        room = left;
        kept.push_str(grapheme);
    }
    kept.push_str(mark);
    kept
}

/// A name, cut to so many cells in its middle: those of one tenant begin alike and differ at their ends.
pub fn cut_name(name: &str, cells: usize, ellipsis: &str) -> String {
    let whole = width(name);
    let Some(room) = cells.checked_sub(width(ellipsis)).filter(|room| whole > cells && *room >= 2) else {
        return cut(name, cells, ellipsis);
    };
    let mut kept = cut(name, room.div_ceil(2), "");
    kept.push_str(ellipsis);
    // What must go before the end fits.
    let mut over = whole.saturating_sub(cells - width(&kept));
    for grapheme in graphemes(name) {
        if over == 0 {
            kept.push_str(grapheme);
        }
        over = over.saturating_sub(usize::from(grapheme.cell_width()));
    }
    kept
}

/// A name cut or filled up with spaces to exactly so many cells.
pub fn fit_name(name: &str, cells: usize, ellipsis: &str) -> String {
    if width(name) > cells { fit(&cut_name(name, cells, ellipsis), cells, "") } else { fit(name, cells, "") }
}

/// The text cut or filled up with spaces to exactly so many cells. A text that fits is copied once.
pub fn fit(text: &str, cells: usize, ellipsis: &str) -> String {
    let have = width(text);
    if have > cells {
        let mut text = cut(text, cells, ellipsis);
        let have = width(&text);
        text.extend(std::iter::repeat_n(' ', cells.saturating_sub(have)));
        return text;
    }
    let mut filled = String::with_capacity(text.len() + cells - have);
    filled.push_str(text);
    filled.extend(std::iter::repeat_n(' ', cells - have));
    filled
}

/// The text in rows of at most so many cells, parted at spaces only: a word that is longer, such as an address, stays
/// whole, so that it can be copied.
pub fn wrapped(text: &str, cells: usize) -> String {
    wrapped_behind(text, cells, 0)
}

/// The same; each row but the first begins with so many spaces.
pub fn wrapped_behind(text: &str, cells: usize, hang: usize) -> String {
    let (mut rows, mut used) = (String::new(), 0);
    for (at, word) in text.split(' ').enumerate() {
        let needed = width(word);
        if at > 0 && used + 1 + needed > cells {
            rows.push('\n');
            rows.extend(std::iter::repeat_n(' ', hang));
            used = hang;
        } else if at > 0 {
            rows.push(' ');
            used += 1;
        }
        rows.push_str(word);
        used += needed;
    }
    rows
}

/// The part of a typed text around the cursor that fits, and the cell the cursor is on. `cursor`
/// counts characters.
pub fn window(typed: &str, cursor: usize, cells: usize) -> (String, usize) {
    let part = |chars: &mut dyn Iterator<Item = char>| strip(&chars.collect::<String>(), LINE_MAX).replace('\n', " ");
    let before = part(&mut typed.chars().take(cursor));
    let after = part(&mut typed.chars().skip(cursor));
    let mut shown: Vec<&str> = graphemes(&before).collect();
    let mut caret = width(&before);
    let mut dropped = 0;
    while caret > cells && dropped < shown.len() {
        caret -= usize::from(shown[dropped].cell_width());
        dropped += 1;
    }
    let text = format!("{}{after}", shown.split_off(dropped).concat());
    (cut(&text, cells, ""), caret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_go_as_a_whole() {
        assert_eq!(clean("a\u{1b}[31;1mred\u{1b}[0m b"), "ared b");
        assert_eq!(clean("a\u{1b}]0;title\u{7}b\u{1b}]8;;https://x\u{1b}\\c\u{9b}2Jd\u{1b}(Be"), "abcde");
        assert_eq!(clean("x\u{1b}"), "x");
        assert_eq!(clean("x\u{1b} été\u{1b}( \u{1b}(Bb"), "xétéb", "no letter hides what stands behind it");
    }

    #[test]
    fn a_name_is_cut_in_its_middle_to_no_more_than_its_cells() {
        assert_eq!(cut_name("contoso-europe-uat-01", 21, "…"), "contoso-europe-uat-01");
        assert_eq!(cut_name("contoso-europe-uat-01", 12, "…"), "contos…at-01");
        assert_eq!(cut_name("contoso-europe-uat-01", 12, "..."), "conto...t-01");
        assert_eq!(cut_name("東京本社テスト環境", 10, "…"), "東京…環境");
        assert_eq!(cut_name("contoso", 2, "…"), "c…");
        assert_eq!(cut_name("contoso", 1, "..."), "c");
        assert_eq!(fit_name("東京本社テスト環境", 10, "…"), "東京…環境 ");
    }

    #[test]
    fn a_control_string_without_an_end_hides_nothing() {
        assert_eq!(clean("a\u{1b}]0;all the rest"), "a0;all the rest");
    }

    #[test]
    fn a_control_string_that_is_too_long_hides_nothing_and_a_shorter_one_after_it_goes() {
        let long = format!("\u{1b}]0;{}", "é".repeat(CONTROL_STRING_MAX));
        assert!(strip(&long, usize::MAX).ends_with("éé"));
        let then = format!("{long}\u{1b}]52;c;eA==\u{7}b\u{1b}_x\u{1b}\\c");
        assert!(strip(&then, usize::MAX).ends_with("éébc"));
    }

    #[test]
    fn a_flood_of_introducers_costs_no_more_than_its_length() {
        // With one search for each of them this is 10^10 steps: a test that would not end.
        let flood = "\u{9d}".repeat(3_000_000);
        assert_eq!(clean(&format!("{flood}a")), "a");
    }

    #[test]
    fn directions_joiners_and_controls_are_dropped() {
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{200b}d\u{0}e\u{feff}f\u{7f}g\u{85}h"), "abcdefg h");
    }

    #[test]
    fn a_flood_of_marks_is_cut_and_none_starts_a_line() {
        let flood: String = std::iter::once('a').chain(std::iter::repeat_n('\u{301}', 50)).collect();
        assert_eq!(clean(&flood).chars().count(), 1 + MARKS_MAX);
        assert_eq!(clean("\u{301}\u{301}b"), "b");
        assert_eq!(width(&clean(&"क्".repeat(20))), 1, "a chain that is one grapheme");
        assert_eq!(width(&clean("aﾞﾞ")), 5);
    }

    #[test]
    fn no_grapheme_is_wider_in_a_terminal_that_does_not_join_its_letters() {
        assert_eq!(clean("a👨🏽b🇩🇪नि"), "a👨b🇩🇪नि");
        for grapheme in graphemes(&clean("a👨🏽‍🚀b🇩🇪🇩नि1️⃣e\u{301}ﾞ漢각")) {
            let alone: usize = parts(grapheme).map(width).sum();
            assert_eq!(alone, width(grapheme), "{grapheme}");
        }
        let of = |grapheme| parts(grapheme).collect::<Vec<_>>();
        assert_eq!(
            (of("नि"), of("e\u{301}"), of("漢"), of("")),
            (vec!["न", "ि"], vec!["e\u{301}"], vec!["漢"], vec![])
        );
    }

    #[test]
    fn rows_end_at_spaces_and_an_address_stays_whole() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("  State  set up", 80), "  State  set up");
        assert_eq!(wrapped("go to https://a.example/long now", 9), "go to\nhttps://a.example/long\nnow");
        assert_eq!(wrapped("環境 環境", 5), "環境\n環境");
        assert_eq!(wrapped("", 7), "");
    }

    #[test]
    fn breaks_become_spaces_or_lines() {
        assert_eq!(clean("one\r\ntwo\tthree\n\n"), "one two three");
        assert_eq!(clean_lines("\none\r\ntwo\n\n\n\nthree\n"), ["one", "two", "", "three"]);
    }

    #[test]
    fn a_text_that_is_too_long_says_how_much_is_missing() {
        assert!(clean(&"x".repeat(600)).ends_with(" [88 more characters]"));
    }

    #[test]
    fn a_long_typed_text_shows_where_the_cursor_is() {
        assert_eq!(window("abc d", 5, 10), ("abc d".into(), 5));
        assert_eq!(window("abc ", 4, 10), ("abc ".into(), 4));
        assert_eq!(window("abcdefgh", 8, 4), ("efgh".into(), 4));
        assert_eq!(window("abcdefgh", 0, 4), ("abcd".into(), 0));
        assert_eq!(window("環境一覧", 4, 5), ("一覧".into(), 4));
    }

    proptest::proptest! {
        #[test]
        fn graphemes_are_those_of_unicode(text in "[ -~─│└▸✓é\u{301}\u{200d}👩👧🇩🇪漢\r\n]*|.*") {
            let ours: Vec<&str> = graphemes(&text).collect();
            let theirs: Vec<&str> = text.graphemes(true).collect();
            proptest::prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn cuts_fall_on_graphemes_and_respect_wide_ones() {
        assert_eq!(cut("環境一覧", 5, "…"), "環境…");
        assert_eq!(cut("abcdef", 4, "..."), "a...");
        assert_eq!(cut("abcdef", 2, "..."), "ab");
        assert_eq!(fit("環", 4, "…"), "環  ");
        assert_eq!(cut("e\u{301}e\u{301}", 1, ""), "e\u{301}");
    }
}
