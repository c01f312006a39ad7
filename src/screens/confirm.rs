//! Confirm: every change, one line each, by side, before any of them happens.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, parts};
use crate::core::msg::Intent;
use crate::core::plan::{self, Certainty, Planned, Side, plan};
use crate::core::trouble::capital;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::{clean, fit};

/// Cells of the words of certainty.
const CERTAINTY: usize = 12;

/// The confirmation.
pub(super) struct Confirm;

impl Sheet for Confirm {
    fn title(&self) -> &'static str {
        "Confirm"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::CHOOSE,
            keys::BACK,
            keys::READ_NOW,
            keys::DETAILS,
            keys::PREREQUISITES,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "OK starts the set-up. What is already there is skipped, so doing it twice does no harm. Nothing is linked by \
         it. An installation that was started cannot be stopped from here; it continues in Microsoft's service."
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let plan = plan(environment, &setup.facts, &setup.mandate());
        let will = plan.iter().filter(|line| line.certainty == Certainty::Will).count();
        let perhaps = plan.iter().filter(|line| line.certainty == Certainty::IfMissing).count();
        let name = view.look.quoted(&parts::name(&environment.name, *view.look));
        let title = match (will, perhaps) {
            (0, 0) => "Nothing needs to change; OK checks it once more.".to_owned(),
            (will, 0) => format!("{} will be made for {name}.", count(will)),
            (0, perhaps) => format!("Up to {} will be made for {name}.", count(perhaps)),
            (will, perhaps) => format!("{} will be made for {name}, up to {perhaps} more if missing.", count(will)),
        };
        let mut rows = para(&title, Role::Strong, room.width);
        rows.push(Row::blank());
        rows.extend(changes(view, room.width));
        let words = if plan::installs(&setup.facts, &setup.mandate()) {
            "30 minutes or less. An installation that runs continues without this window; the next stage waits for \
             you. Nothing is linked yet."
        } else {
            "A few minutes. Nothing is installed, and nothing is linked yet."
        };
        let notes = para(words, Role::Plain, room.full);
        Page {
            rows,
            notes,
            stops: vec![
                Stop::wants("OK", Intent::Ok),
                Stop::button("Modules", Action::Ask(Ask::Modules)),
                Stop::wants("Back", Intent::Back),
            ],
            primary: "OK",
            ..Page::default()
        }
    }
}

fn count(changes: usize) -> String {
    if changes == 1 { "1 change".to_owned() } else { format!("{changes} changes") }
}

/// The changes by side, each with how sure it is; after them what is there already, so that no change is out of sight
/// below it.
pub(super) fn changes(view: &View, cells: usize) -> Vec<Row> {
    let Some((environment, setup)) = view.model.current() else { return Vec::new() };
    let facts = &setup.facts;
    let plan = plan(environment, facts, &setup.mandate());
    let mut rows = Vec::new();
    let is_there = |line: &&Planned| line.certainty == Certainty::Already;
    for side in [Side::Dataverse, Side::FinanceOperations] {
        let mut lines = plan.iter().filter(|line| line.side == side && !is_there(line)).peekable();
        if lines.peek().is_none() {
            continue;
        }
        let url = match side {
            Side::Dataverse => environment.dataverse.as_ref().map(|dataverse| dataverse.url.as_str()),
            Side::FinanceOperations => crate::core::gate::finops_url(environment, facts),
        };
        let host = format!("  {}", url.map(parts::host).unwrap_or_default());
        rows.push(Row::new(capital(side.name()), Role::Strong).and(host, Role::Dim));
        rows.extend(lines.flat_map(|line| change(view, line, cells)));
        rows.push(Row::blank());
    }
    if plan.iter().any(|line| is_there(&line)) {
        rows.push(Row::new("There already", Role::Strong));
        rows.extend(plan.iter().filter(is_there).flat_map(|line| change(view, line, cells)));
    }
    rows
}

fn change(view: &View, line: &Planned, cells: usize) -> Vec<Row> {
    let (mark, word) = match line.certainty {
        Certainty::Will => (Mark::Now, "will"),
        Certainty::IfMissing => (Mark::Unknown, "if missing"),
        Certainty::Already => (Mark::Done, "already"),
    };
    let start = Row::new(format!("  {} ", mark.glyph(view.look.glyphs)), mark.role())
        .and(fit(word, CERTAINTY, ""), mark.role());
    let role = if line.certainty == Certainty::Already { Role::Dim } else { Role::Plain };
    behind(start, &[Piece::new(clean(&line.what), role)], cells)
}
