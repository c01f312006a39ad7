//! From rows to cells. Nothing is drawn outside the given area, whatever its size, and nothing stays behind
//! when it is drawn over.

use super::link;
use super::look::{Look, Role};
use super::row::{Piece, Row};
use super::text::{graphemes, is_plain, parts};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws a row at the top of `area`; what does not fit is cut at its right edge.
pub fn row(buffer: &mut Buffer, area: Rect, row: &Row, look: &Look, focused: bool) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let mut x = area.x;
    for piece in &row.pieces {
        let style = look.style(if focused { Role::Focus } else { piece.role });
        if is_plain(&piece.text) {
            for at in 0..piece.text.len() {
                if x >= area.right() {
                    return;
                }
                put(buffer, (x, area.y), &piece.text[at..=at], style, piece, *look);
                x += 1;
            }
            continue;
        }
        for grapheme in graphemes(&piece.text) {
            let cells = grapheme.cell_width();
            if cells == 0 {
                continue;
            }
            if x.saturating_add(cells) > area.right() {
                return;
            }
            for part in parts(grapheme) {
                let cells = part.cell_width();
                put(buffer, (x, area.y), part, style, piece, *look);
                for covered in x + 1..x + cells {
                    buffer[(covered, area.y)].reset();
                }
                x += cells;
            }
        }
    }
}

/// Draws one letter.
fn put(buffer: &mut Buffer, at: (u16, u16), letter: &str, style: Style, piece: &Piece, look: Look) {
    let cell = &mut buffer[at];
    cell.set_symbol(letter).set_style(style);
    if let Some(address) = piece.link.as_deref()
        && look.hyperlinks
    {
        link::mark(cell, address);
    }
}

/// Draws rows from the top of `area`; those that do not fit are left out.
pub fn rows(buffer: &mut Buffer, area: Rect, rows: &[Row], look: &Look) {
    for (row_of, line) in rows.iter().zip(area.rows()) {
        row(buffer, line, row_of, look, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::buffer::Cell;

    #[test]
    fn letters_that_a_terminal_may_not_join_are_wiped_one_by_one() {
        let area = Rect::new(0, 0, 9, 1);
        let drawn = |text: &str| {
            let mut buffer = Buffer::empty(area);
            row(&mut buffer, area, &Row::new(text, Role::Plain), &Look::BLIND, false);
            buffer
        };
        let (before, after) = (drawn("aनि🇩🇪漢"), drawn("a"));
        let wiped = before.diff(&after).into_iter().map(|(x, _, _)| x).collect::<Vec<_>>();
        assert_eq!(wiped, [1, 2, 3, 4, 5], "the second cell of one wide letter goes with it");
        let symbols: Vec<&str> = before.content().iter().map(Cell::symbol).collect();
        assert_eq!(symbols, ["a", "न", "ि", "🇩", "🇪", "漢", " ", " ", " "]);
    }
}
