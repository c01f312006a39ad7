//! The small Markdown of the terms: headings, points, paragraphs, addresses.

use super::look::{Look, Role};
use super::row::{Piece, Row, behind, flow};

/// The text as rows; a blank row between blocks.
pub fn rows(text: &str, look: &Look, cells: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            if rows.last().is_some_and(|row| *row != Row::blank()) {
                rows.push(Row::blank());
            }
        } else if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim();
            rows.extend(flow(Row::blank(), 0, &[Piece::new(heading, Role::Strong)], cells));
        } else if let Some(point) = line.strip_prefix("* ") {
            let start = Row::new(format!("{} ", look.symbols().bullet), Role::Dim);
            rows.extend(behind(start, &pieces(point), cells));
        } else {
            rows.extend(flow(Row::blank(), 0, &pieces(line), cells));
        }
    }
    rows
}

/// A text in which addresses are links.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches([' ', '.', ',', ';', ')']);
        if bare.starts_with("https://") || bare.starts_with("http://") {
            pieces.push(Piece::link(bare));
            pieces.push(Piece::new(&word[bare.len()..], Role::Plain));
        } else if let Some(Piece { text, link: None, .. }) = pieces.last_mut() {
            text.push_str(word);
        } else {
            pieces.push(Piece::new(word, Role::Plain));
        }
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Look;

    #[test]
    fn headings_points_and_addresses() {
        let rows = rows("# Title\n\nGo to https://a.example.\n* one two three", &Look::BLIND, 12);
        let texts: Vec<String> = rows.iter().map(Row::text).collect();
        assert_eq!(texts, ["Title", "", "Go to", "https://a.", "example.", "• one two", "  three"]);
        assert_eq!(rows[0].pieces[0].role, Role::Strong);
        assert_eq!(rows[3].pieces[0].link.as_deref(), Some("https://a.example"));
    }
}
