//! Linked: how sure it is, whose it is, where it is run from, and what comes next.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, after, modules, parts};
use crate::core::linking::{Confirmation, Way};
use crate::core::msg::Intent;
use crate::core::setup::{Flow, Setup};
use crate::core::time::to_the_second;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, behind, field};
use crate::ui::text::clean;

/// Cells of the labels.
const LABEL: usize = 18;

/// The link is there.
pub(super) struct Linked;

impl Sheet for Linked {
    fn title(&self) -> &'static str {
        "Linked"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::CHOOSE,
            keys::OPEN,
            keys::COPY,
            keys::ENVIRONMENTS,
            keys::MODULES,
            keys::EXPORT,
            keys::READ_NOW,
            keys::DETAILS,
            keys::PREREQUISITES,
            keys::HELP,
            keys::LEAVE,
            keys::BACK,
        ]
    }

    fn help(&self, view: &View) -> &'static str {
        let flow = view.model.current().map(|(_, setup)| &setup.flow);
        if matches!(flow, Some(Flow::Linked(link)) if link.confirmed != Confirmation::Gateway) {
            return "The link was reported, and the dual-write service was not asked or does not show it. Check the \
                    Dual-write page before you run a table map.";
        }
        "Both sides are connected. The link moves no data by itself: table maps are run on the Dual-write page, in \
         dependency order. If the list of maps is empty there, select Apply Solution first."
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let Flow::Linked(link) = &setup.flow else { return Page::default() };
        let facts = &setup.facts;
        let cells = room.width;
        let to = environment.dataverse.as_ref().map_or_else(|| "Dataverse".to_owned(), |side| parts::host(&side.url));
        let from = parts::name(&environment.name, *view.look);
        let sure = if link.confirmed == Confirmation::Gateway { Mark::Done } else { Mark::Warn };
        let said = match link.confirmed {
            Confirmation::Gateway => format!("{from} is linked to {to}"),
            Confirmation::Person => format!("{from} is linked to {to}, as you confirmed"),
            _ => format!("{from} is reported as linked to {to}"),
        };
        let start = Row::new(format!("{} ", sure.glyph(view.look.glyphs)), sure.role());
        let mut rows = behind(start, &[Piece::new(said, Role::Strong)], cells);
        rows.push(Row::blank());
        let words = format!("{}, {}", clean(&link.confirmed.words()), view.time(link.at));
        let sure =
            [Piece::new(format!("{} ", sure.glyph(view.look.glyphs)), sure.role()), Piece::new(words, Role::Plain)];
        rows.extend(field("Confirmed", LABEL, &sure, cells));
        let mut put = |label: &str, value: Option<String>| {
            let value = value.filter(|value| !value.is_empty()).unwrap_or_else(|| "not known".to_owned());
            rows.extend(field(label, LABEL, &[Piece::new(value, Role::Plain)], cells));
        };
        put("Connection set", facts.linked().and_then(|link| link.cname.as_deref()).map(clean));
        put("Owner", facts.connection_set.value().and_then(|set| set.owner_text()).map(|owner| clean(&owner)));
        if let Some(text) = took(setup) {
            put("Took", Some(text));
        }
        // What was written before a link stood on the page before it.
        if link.took.is_none() {
            rows.extend(parts::written(setup, view, cells));
        }
        rows.push(Row::blank());
        rows.push(parts::heading("Dual-write page"));
        rows.extend(parts::address(&link.address, cells));
        rows.push(Row::blank());
        rows.extend(after::what_comes_next(view, environment, facts, cells));
        let adds = modules::can_be_added(facts);
        let mut stops = vec![Stop::wants("Open administration", Intent::Open(link.address.clone()))];
        stops.extend(parts::run_of(setup).map(|run| Stop::wants("Export record", Intent::Export(run))));
        if adds {
            stops.push(Stop::button("Add modules", Action::Ask(Ask::Modules)));
        }
        stops.push(Stop::wants("Environments", Intent::Environments));
        Page {
            fix: adds.then_some(Ask::Modules),
            rows,
            stops,
            primary: "Open administration",
            address: Some(link.address.clone()),
            copy: Some(clean(&link.address)),
            run: parts::run_of(setup),
            ..Page::default()
        }
    }
}

fn took(setup: &Setup) -> Option<String> {
    let Flow::Linked(link) = &setup.flow else { return None };
    let configure = setup.configure_took.map(|took| format!("set-up {}", to_the_second(took)));
    let link = link.took.map(|(way, took)| match way {
        Way::Reset => format!("reset link {}", to_the_second(took)),
        Way::Direct | Way::Assisted => format!("link {}", to_the_second(took)),
    });
    let parts: Vec<String> = configure.into_iter().chain(link).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
