//! Confirm: every change, one line each, by side, before any of them happens.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::{Sheet, View, parts};
use crate::core::msg::Intent;
use crate::core::plan::{self, Certainty, Planned, Side, plan};
use crate::core::setup::Setup;
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
        "OK starts the set-up. What is there already is passed over, so doing it twice does no harm. Nothing is linked \
         by it. An installation that was started cannot be stopped from here; it goes on in Microsoft's service."
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let plan = plan(&setup.facts, &setup.mandate());
        let will = plan.iter().filter(|line| line.certainty == Certainty::Will).count();
        let perhaps = plan.iter().filter(|line| line.certainty == Certainty::IfMissing).count();
        let title = match (will, perhaps) {
            (0, 0) => "Nothing needs to change; OK checks it once more.".to_owned(),
            (will, 0) => format!("{} will be made for {}.", count(will), parts::name(&environment.name, *view.look)),
            (0, perhaps) => {
                format!("Up to {} will be made for {}.", count(perhaps), parts::name(&environment.name, *view.look))
            }
            (will, perhaps) => {
                format!(
                    "{} will be made for {}, up to {perhaps} more if missing.",
                    count(will),
                    parts::name(&environment.name, *view.look)
                )
            }
        };
        let mut rows = para(&title, Role::Strong, room.width);
        rows.push(Row::blank());
        rows.extend(changes(view, setup, room.width));
        let words = if plan::installs(&setup.facts, &setup.mandate()) {
            "30 minutes or less. An installation that runs goes on without this window; the next stage waits for you. Nothing is linked yet."
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

/// The changes by side, each with how sure it is.
pub(super) fn changes(view: &View, setup: &Setup, cells: usize) -> Vec<Row> {
    let facts = &setup.facts;
    let plan = plan(facts, &setup.mandate());
    let environment = view.model.current().map(|(environment, _)| environment);
    let mut rows = Vec::new();
    for side in [Side::Dataverse, Side::FinanceOperations] {
        let url = environment.and_then(|of| match side {
            Side::Dataverse => of.dataverse.as_ref().map(|dataverse| dataverse.url.as_str()),
            Side::FinanceOperations => crate::core::gate::finops_url(of, facts),
        });
        if !rows.is_empty() {
            rows.push(Row::blank());
        }
        let name = match side {
            Side::Dataverse => "Dataverse",
            Side::FinanceOperations => "Finance and operations",
        };
        rows.push(
            Row::new(name, Role::Strong).and(format!("  {}", url.map(parts::host).unwrap_or_default()), Role::Dim),
        );
        for line in plan.iter().filter(|line| line.side == side) {
            rows.extend(change(view, line, cells));
        }
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
