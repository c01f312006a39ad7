//! Hostile text in every answer of every service: what reaches the terminal, the pipe, the log, the record,
//! the exports and the clipboard. The real binary, and a layer that changes every answer on its way.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod bytes;
mod layer;
mod pipes;
#[path = "../pty/mod.rs"]
mod pty;
#[path = "../rehearsal/mod.rs"]
mod rehearsal;

use base64::Engine;
use layer::{EVIL, Layer, MARK, Where};
use pty::Pty;
use rehearsal::Rehearsal;
use rstest::rstest;

/// A rehearsal whose profile leads to the layer.
fn behind(scenario: &str, place: Where) -> (Rehearsal, Layer) {
    behind_of(Rehearsal::on(scenario), place)
}

fn behind_of(rehearsal: Rehearsal, place: Where) -> (Rehearsal, Layer) {
    let base = rehearsal.simulator().base();
    let port = base.rsplit(':').next().unwrap();
    let layer = Layer::before(port.parse().unwrap(), place);
    let profile = std::fs::read_to_string(rehearsal.profile()).unwrap();
    std::fs::write(rehearsal.profile(), profile.replace(&format!(":{port}"), &format!(":{}", layer.port))).unwrap();
    (rehearsal, layer)
}

/// Waits for the page with this title.
#[track_caller]
fn page<'a>(wizard: &'a Pty, title: &str) -> &'a Pty {
    wizard.wait_for(&format!("┌ {title} "))
}

/// Looks at every byte that was written, and at every frame.
#[track_caller]
fn all_bytes(wizard: &Pty, columns: u16, rows: u16) -> bytes::Found {
    let raw = wizard.raw();
    let found = bytes::of_full_screen(&raw);
    let frames = bytes::of_frames(&raw, columns, rows);
    assert!(frames > 4, "{frames} frames");
    assert!(found.links.iter().all(|link| !link.contains(EVIL)), "{:?}", found.links);
    // What other programs make of a title nobody knows: letters, and what joins them.
    let is_calm = |title: &String| title.chars().all(|c| c.is_alphanumeric() || " -_.():,".contains(c));
    assert!(wizard.asked().titles.iter().all(is_calm), "{:?}", wizard.asked().titles);
    assert!(wizard.asked().queries.is_empty(), "{:?}", wizard.asked());
    found
}

#[test]
fn every_screen_of_a_set_up_is_words_and_nothing_else() {
    let (rehearsal, layer) = behind("dw9003-crm", Where::FreeText);
    let wizard = rehearsal.wizard(&[], 100, 30);
    page(&wizard, "Environments").wait_for(MARK);
    wizard.keys("s s / c o n t o s o - u").wait_for("contoso-uat").wait_gone("contoso-dev");
    page(wizard.keys("<enter>"), "Environment Details").wait_for("[ Dual-write application ]").wait_for(MARK);
    for (key, title) in [("d", "Details"), ("p", "Prerequisites"), ("?", "Help")] {
        page(wizard.keys(key), title);
        for _ in 0..4 {
            wizard.keys("<pgdn>");
        }
        page(wizard.keys("<esc>"), "Environment Details");
    }
    page(wizard.keys("<enter>"), "Terms and conditions");
    page(wizard.keys("<end> <space> <enter>"), "Confirm").wait_for("[ OK ]");
    page(wizard.keys("<enter>"), "Setup complete");
    page(wizard.keys("<enter>"), "Link failed").wait_for("DW9003").wait_for(MARK);
    page(wizard.keys("d"), "Details").wait_for("[ Copy for support ]");
    assert!(all_bytes(&wizard, 100, 30).copies.is_empty(), "nothing is copied before it is asked for");
    wizard.keys("y").wait_asked("the block on the clipboard", |asked| !asked.copies.is_empty());
    page(wizard.keys("<esc>"), "Link failed").wait_for("[ Repair the identities ]");
    wizard.keys("f").wait_for("[ Make these changes ]").keys("<enter>");
    page(&wizard, "Setup complete");
    page(wizard.keys("<enter>"), "Linked").wait_for(MARK);
    wizard.keys("<pgdn> <pgdn> y").wait_asked("the address on the clipboard", |asked| asked.copies.len() > 1);
    page(wizard.keys("e"), "Environments");
    page(wizard.keys("R"), "Runs").wait_for("linked");
    page(wizard.keys("<enter>"), "Run").wait_for(MARK);
    for _ in 0..4 {
        wizard.keys("<pgdn>");
    }
    wizard.keys("<esc> <esc>").wait_for("┌ Environments ");
    rehearsal::leave(&wizard);
    let found = all_bytes(&wizard, 100, 30);
    assert_eq!(found.copies.len(), 2, "as often as y was pressed");
    for copy in &found.copies {
        let text = base64::engine::general_purpose::STANDARD.decode(copy).unwrap();
        bytes::of_plain("the clipboard", std::str::from_utf8(&text).unwrap());
    }
    assert!(layer.changed() > 100, "{} texts", layer.changed());
}

#[rstest]
#[case::failed("configure-fails")]
#[case::hostile_itself("hostile")]
fn a_failed_set_up_shows_the_words_as_words(#[case] scenario: &str) {
    let (rehearsal, _layer) = behind(scenario, Where::FreeText);
    let wizard = rehearsal.wizard(&[], 80, 24);
    page(&wizard, "Environments").wait_for("contoso-uat");
    rehearsal::configure(&wizard);
    page(&wizard, "Setup failed").wait_for(MARK);
    page(wizard.keys("d"), "Details");
    for _ in 0..6 {
        wizard.keys("<pgdn>");
    }
    page(wizard.keys("<esc>"), "Setup failed");
    rehearsal::leave(&wizard);
    all_bytes(&wizard, 80, 24);
}

#[test]
fn a_mismatch_and_its_reset_show_the_words_as_words() {
    let (rehearsal, _layer) = behind("mismatch-set-up", Where::FreeText);
    let wizard = rehearsal.wizard(&[], 80, 24);
    page(&wizard, "Environments").wait_for("contoso-uat");
    page(wizard.keys("<enter>"), "Environment Details").wait_for("[ Linking mismatch ]");
    page(wizard.keys("<enter>"), "Linking mismatch").wait_for(MARK).wait_gone("is not possible now");
    wizard.keys("<enter>").wait_for("ype ");
    wizard.paste(&layer::hostile(2)).paste(&layer::hostile(3)).keys("<esc>").wait_gone("┌ Reset link ");
    rehearsal::leave(&wizard);
    all_bytes(&wizard, 80, 24);
}

#[rstest]
#[case::healthy("happy")]
#[case::mismatch("mismatch-set-up")]
fn where_every_string_is_hostile_the_screen_stays_clean(#[case] scenario: &str) {
    let (rehearsal, layer) = behind(scenario, Where::Everywhere);
    let wizard = rehearsal.wizard(&[], 80, 24);
    // Before there is a list, keys are those of the page on which one signs in.
    wizard.wait_for("┌ Environments ").wait_for("▸ contoso-uat").wait_for(MARK);
    assert!(layer.changed() > 0);
    for (key, title) in [("?", "Help"), ("d", "Details")] {
        let before = wizard.keys(key).wait_for(&format!("┌ {title} "));
        before.keys("<pgdn> <esc>").wait_gone(&format!("┌ {title} "));
    }
    wizard.keys("<enter>").wait_for("┌ Environment Details ");
    wizard.keys("<pgdn> p").wait_for("┌ Prerequisites ");
    wizard.keys("q").wait_ended();
    all_bytes(&wizard, 80, 24);
}

/// Nobody approves the code, and nobody asks whether it was approved, for as long as a test may take.
const NOBODY: &str = "[sign_in]\ninterval_s = 100_000\napprove_after_s = 1_000_000\nexpires_in_s = 2_000_000\n";

#[test]
fn a_code_that_is_copied_cannot_end_the_line_it_is_pasted_into() {
    let (rehearsal, _layer) = behind_of(Rehearsal::told(NOBODY), Where::Everywhere);
    let wizard = rehearsal.wizard(&[], 80, 24);
    wizard.wait_for("┌ Sign in ").wait_for(MARK);
    wizard.keys("y").wait_asked("the code on the clipboard", |asked| asked.copies.len() == 1);
    wizard.keys("<tab> <enter>").wait_asked("the code again", |asked| asked.copies.len() == 2);
    // The address of this answer is none, so no browser is asked to open it.
    wizard.keys("o").wait_for("it was not opened");
    rehearsal::leave(&wizard);
    for copy in all_bytes(&wizard, 80, 24).copies {
        let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(copy).unwrap()).unwrap();
        bytes::of_plain("the clipboard", &text);
        assert!(text.contains(MARK) && !text.contains('\n'), "{text:?}");
    }
}
