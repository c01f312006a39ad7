//! Hyperlinks (OSC 8), one self-contained link per cell.
//!
//! A diffing renderer writes cells in any order, so an open link may not reach into the next cell.
//! All cells of one address carry the same id: the terminal lights them up as one link, over line
//! breaks too.

use crate::core::unseen::is_web_address;
use ratatui::buffer::{Cell, CellDiffOption, CellWidth};
use std::num::NonZeroU16;

/// Makes a cell part of the link to `address`; an address that is no clean web address makes none.
pub fn mark(cell: &mut Cell, address: &str) {
    let Some(width) = NonZeroU16::new(cell.symbol().cell_width()) else { return };
    if !is_web_address(address) {
        return;
    }
    let linked = format!("\u{1b}]8;id={:08x};{address}\u{1b}\\{}\u{1b}]8;;\u{1b}\\", id(address), cell.symbol());
    cell.set_symbol(&linked).set_diff_option(CellDiffOption::ForcedWidth(width));
}

/// The same id for the same address in every frame (FNV-1a, 32 bits).
fn id(address: &str) -> u32 {
    address.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_carries_its_whole_link_and_its_width() {
        let mut cell = Cell::new("a");
        mark(&mut cell, "https://x.example");
        assert!(cell.symbol().starts_with("\u{1b}]8;id=") && cell.symbol().ends_with("a\u{1b}]8;;\u{1b}\\"));
        assert_eq!(cell.diff_option, CellDiffOption::ForcedWidth(NonZeroU16::MIN));
    }

    #[test]
    fn a_dirty_address_makes_no_link() {
        for address in
            ["javascript:alert(1)", "https://x\u{1b}\\", "https://x y", "https://é.example", "https://x/\"&calc"]
        {
            let mut cell = Cell::new("a");
            mark(&mut cell, address);
            assert_eq!(cell.symbol(), "a", "{address}");
        }
    }
}
