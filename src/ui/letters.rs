//! Large letters for the sign-in code: five rows of five dots each.

use super::look::{Look, Role};
use super::row::Row;

/// Dots in a row of one letter.
const DOTS: usize = 5;
/// Rows of one letter.
const ROWS: usize = 5;
/// Cells from one letter to the next.
const STEP: usize = DOTS + 1;

/// The dots of one letter, a row per number, the leftmost dot the highest of five bits.
type Letter = [u8; ROWS];

const LETTERS: [(char, Letter); 37] = [
    ('A', [0b01110, 0b10001, 0b11111, 0b10001, 0b10001]),
    ('B', [0b11110, 0b10001, 0b11110, 0b10001, 0b11110]),
    ('C', [0b01111, 0b10000, 0b10000, 0b10000, 0b01111]),
    ('D', [0b11110, 0b10001, 0b10001, 0b10001, 0b11110]),
    ('E', [0b11111, 0b10000, 0b11110, 0b10000, 0b11111]),
    ('F', [0b11111, 0b10000, 0b11110, 0b10000, 0b10000]),
    ('G', [0b01111, 0b10000, 0b10011, 0b10001, 0b01111]),
    ('H', [0b10001, 0b10001, 0b11111, 0b10001, 0b10001]),
    ('I', [0b11111, 0b00100, 0b00100, 0b00100, 0b11111]),
    ('J', [0b00111, 0b00001, 0b00001, 0b10001, 0b01110]),
    ('K', [0b10001, 0b10010, 0b11100, 0b10010, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('M', [0b10001, 0b11011, 0b10101, 0b10001, 0b10001]),
    ('N', [0b10001, 0b11001, 0b10101, 0b10011, 0b10001]),
    ('O', [0b01110, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('P', [0b11110, 0b10001, 0b11110, 0b10000, 0b10000]),
    ('Q', [0b01110, 0b10001, 0b10101, 0b10010, 0b01101]),
    ('R', [0b11110, 0b10001, 0b11110, 0b10010, 0b10001]),
    ('S', [0b01111, 0b10000, 0b01110, 0b00001, 0b11110]),
    ('T', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('U', [0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('V', [0b10001, 0b10001, 0b10001, 0b01010, 0b00100]),
    ('W', [0b10001, 0b10001, 0b10101, 0b11011, 0b10001]),
    ('X', [0b10001, 0b01010, 0b00100, 0b01010, 0b10001]),
    ('Y', [0b10001, 0b01010, 0b00100, 0b00100, 0b00100]),
    ('Z', [0b11111, 0b00010, 0b00100, 0b01000, 0b11111]),
    ('0', [0b01110, 0b10011, 0b10101, 0b11001, 0b01110]),
    ('1', [0b01100, 0b00100, 0b00100, 0b00100, 0b11111]),
    ('2', [0b11110, 0b00001, 0b01110, 0b10000, 0b11111]),
    ('3', [0b11110, 0b00001, 0b01110, 0b00001, 0b11110]),
    ('4', [0b10010, 0b10010, 0b11111, 0b00010, 0b00010]),
    ('5', [0b11111, 0b10000, 0b11110, 0b00001, 0b11110]),
    ('6', [0b01110, 0b10000, 0b11110, 0b10001, 0b01110]),
    ('7', [0b11111, 0b00010, 0b00100, 0b01000, 0b01000]),
    ('8', [0b01110, 0b10001, 0b01110, 0b10001, 0b01110]),
    ('9', [0b01110, 0b10001, 0b01111, 0b00001, 0b01110]),
    ('-', [0b00000, 0b00000, 0b01110, 0b00000, 0b00000]),
];

/// The text in large letters; `None` when it has others or does not fit.
pub fn large(text: &str, look: &Look, cells: usize) -> Option<Vec<Row>> {
    let letters: Vec<&Letter> = text
        .chars()
        .map(|c| LETTERS.iter().find(|(of, _)| *of == c.to_ascii_uppercase()).map(|(_, letter)| letter))
        .collect::<Option<_>>()?;
    if letters.is_empty() || letters.len() * STEP > cells {
        return None;
    }
    let dot = look.symbols().dot;
    let line = |row: usize| {
        letters
            .iter()
            .flat_map(|letter| {
                (0..DOTS).rev().map(|bit| if letter[row] >> bit & 1 == 1 { dot } else { " " }).chain([" "])
            })
            .collect::<String>()
    };
    Some((0..ROWS).map(|row| Row::new(line(row), Role::Strong)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_where_it_fits() {
        let rows = large("A-1", &Look::BLIND, 18).unwrap();
        assert_eq!(rows.len(), ROWS);
        assert_eq!(rows[2].text(), "█████  ███    █   ");
        assert!(large("A-1", &Look::BLIND, 17).is_none());
        assert!(large("é", &Look::BLIND, 80).is_none());
    }
}
