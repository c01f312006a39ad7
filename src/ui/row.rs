//! Rows: pieces of text with a role, wrapped to a width. What a page is made of.

use super::look::Role;
use super::text::{graphemes, width};
use ratatui::buffer::CellWidth;
use std::rc::Rc;

/// A piece of text with one meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The text, already clean.
    pub text: String,
    /// What it means.
    pub role: Role,
    /// Where it leads.
    pub link: Option<Rc<str>>,
}

/// One row of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its pieces, from left to right.
    pub pieces: Vec<Piece>,
    /// The label of the stop that this row is, if it is one.
    pub stop: Option<&'static str>,
}

impl Piece {
    /// A piece.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role, link: None }
    }

    /// An address that leads where it says.
    pub fn link(address: &str) -> Self {
        Self { text: address.to_owned(), role: Role::Link, link: Some(address.into()) }
    }
}

impl Row {
    /// An empty row.
    pub fn blank() -> Self {
        Self::default()
    }

    /// A row of one piece.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self::default().and(text, role)
    }

    /// The row with one more piece.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>, role: Role) -> Self {
        self.pieces.push(Piece::new(text, role));
        self
    }

    /// The row filled up with spaces to so many cells.
    #[must_use]
    pub fn filled_to(self, cells: usize) -> Self {
        let missing = cells.saturating_sub(self.width());
        if missing == 0 { self } else { self.and(" ".repeat(missing), Role::Plain) }
    }

    /// Its cells.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|piece| width(&piece.text)).sum()
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// A paragraph.
pub fn para(text: &str, role: Role, cells: usize) -> Vec<Row> {
    flow(Row::blank(), 0, &[Piece::new(text, role)], cells)
}

/// A paragraph behind a start such as a mark or a number; further rows stand under its text.
pub fn behind(start: Row, body: &[Piece], cells: usize) -> Vec<Row> {
    let indent = start.width();
    flow(start, indent, body, cells)
}

/// A label and its value, the values of a group one under the other.
pub fn field(label: &str, label_cells: usize, value: &[Piece], cells: usize) -> Vec<Row> {
    let start = Row::new(format!("  {label}"), Role::Dim);
    // A label that is longer than its column, or a page too narrow for two columns: value below.
    if start.width() + 1 > label_cells + 2 || label_cells + 2 > cells / 2 {
        let mut rows = vec![start];
        rows.extend(flow(Row::new("    ", Role::Plain), 4, value, cells));
        return rows;
    }
    behind(start.filled_to(label_cells + 2), value, cells)
}

/// Wraps pieces between words. The first row goes on behind `first`; further rows are indented. A
/// word that is longer than a row is cut between graphemes.
pub fn flow(first: Row, indent: usize, body: &[Piece], cells: usize) -> Vec<Row> {
    let indent = indent.min(cells.saturating_sub(1));
    let mut filler = Filler { rows: Vec::new(), used: first.width(), row: first, indent, cells: cells.max(1) };
    for piece in body {
        // Only a space ends a word: `a-b` and `https://...` are words.
        for word in piece.text.split_inclusive(' ') {
            let (word, space) = word.split_at(word.trim_end_matches(' ').len());
            filler.word(word, piece);
            filler.space(space, piece);
        }
    }
    filler.rows.push(filler.row);
    filler.rows
}

/// Marks behind which the parts of an address may be parted.
const JOINTS: &str = "/?&=,;.-_:";
/// So many parts has a row, of which it may lose one for that.
const JOINT_PARTS: usize = 3;

struct Filler {
    rows: Vec<Row>,
    row: Row,
    used: usize,
    indent: usize,
    cells: usize,
}

impl Filler {
    fn turn(&mut self) {
        let mut full = std::mem::take(&mut self.row);
        if let Some(last) = full.pieces.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
        }
        self.rows.push(full);
        if self.indent > 0 {
            self.row = Row::new(" ".repeat(self.indent), Role::Plain);
        }
        self.used = self.indent;
    }

    fn put(&mut self, text: &str, like: &Piece) {
        if text.is_empty() {
            return;
        }
        match self.row.pieces.last_mut() {
            Some(last) if last.role == like.role && last.link == like.link => last.text.push_str(text),
            _ => self.row.pieces.push(Piece { text: text.to_owned(), role: like.role, link: like.link.clone() }),
        }
        self.used += width(text);
    }

    fn space(&mut self, space: &str, like: &Piece) {
        // No row begins with the space between two words.
        if self.used < self.cells && (self.used > self.indent || self.rows.is_empty()) {
            self.put(space, like);
        }
    }

    fn word(&mut self, word: &str, like: &Piece) {
        let cells = width(word);
        if self.used + cells > self.cells && self.used > self.indent {
            self.turn();
        }
        if self.used + cells <= self.cells {
            return self.put(word, like);
        }
        // An address: between its parts, where one of them is near; else anywhere.
        let mut rest = word;
        loop {
            let room = self.cells.saturating_sub(self.used);
            let end = if width(rest) <= room { rest.len() } else { end_of_row(rest, room, self.used <= self.indent) };
            let (part, after) = rest.split_at(end);
            self.put(part, like);
            rest = after;
            if rest.is_empty() {
                return;
            }
            self.turn();
        }
    }
}

/// Where a word that is longer than the room is cut: behind the last mark that joins its parts, if that is not far
/// from the end of the row. A row that is empty takes one grapheme at least.
fn end_of_row(word: &str, room: usize, is_empty: bool) -> usize {
    let (mut end, mut used, mut joint) = (0, 0, 0);
    for grapheme in graphemes(word) {
        used += usize::from(grapheme.cell_width());
        if used > room && (end > 0 || !is_empty) {
            break;
        }
        end += grapheme.len();
        if JOINTS.contains(grapheme) {
            joint = end;
        }
    }
    if joint > 0 && (end - joint) * JOINT_PARTS <= end { joint } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: &[Row]) -> Vec<String> {
        rows.iter().map(Row::text).collect()
    }

    #[test]
    fn words_wrap_and_hang() {
        let rows = behind(Row::new("1  ", Role::Dim), &[Piece::new("one two three four", Role::Plain)], 10);
        assert_eq!(texts(&rows), ["1  one two", "   three", "   four"]);
    }

    #[test]
    fn a_long_word_is_cut_and_keeps_its_link() {
        let rows = flow(Row::blank(), 0, &[Piece::link("https://a.example/very/long")], 10);
        assert_eq!(texts(&rows), ["https://a.", "example/", "very/long"]);
        assert!(rows.iter().all(|row| row.pieces[0].link.as_deref() == Some("https://a.example/very/long")));
    }

    #[test]
    fn nothing_is_lost_at_any_width() {
        let text = "Ensure that 環境 the service-principal has https://learn.microsoft.com/dynamics365 right";
        for cells in 0..60 {
            let joined: String = texts(&para(text, Role::Plain, cells)).concat().replace(' ', "");
            assert_eq!(joined, text.replace(' ', ""), "{cells}");
            assert!(para(text, Role::Plain, cells).iter().all(|row| row.width() <= cells.max(2)), "{cells}");
        }
    }
}
