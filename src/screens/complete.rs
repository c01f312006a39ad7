//! Setup complete: what will be linked to what, as whom, and how. Nothing starts before this was
//! on the screen.

use super::keys::{self, Binding};
use super::page::{Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, parts};
use crate::core::check::{LEGAL_ENTITIES_AT_ONCE, LEGAL_ENTITIES_MAX};
use crate::core::environment::Fact;
use crate::core::facts::{Answer, Facts, why};
use crate::core::gate::{self, Gate};
use crate::core::msg::Intent;
use crate::core::time::to_the_second;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, field, para};
use crate::ui::text::clean;

/// Cells of the labels.
const LABEL: usize = 16;

/// Ready to link.
pub(super) struct Complete;

impl Sheet for Complete {
    fn title(&self) -> &'static str {
        "Setup complete"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::CHOOSE,
            keys::READ_NOW,
            keys::DETAILS,
            keys::BACK,
            keys::PREREQUISITES,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "Linking makes the connection set that both sides work through. Whoever links becomes its owner; only this \
         account can add table maps later. All legal entities of an existing environment are linked; surplus ones can \
         be removed afterwards."
    }

    fn is_final(&self) -> bool {
        true
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let facts = &setup.facts;
        let cells = room.width;
        let took = setup.configure_took.map(|took| format!(" in {}", to_the_second(took))).unwrap_or_default();
        let mut rows = match facts.configured(environment) {
            Answer::Unknown(reasons) => {
                let text =
                    format!("Set up{took}, as far as could be told. Could not tell: {}.", clean(&reasons.join("; ")));
                parts::marked(Mark::Warn, &text, *view.look, cells)
            }
            Answer::No(reasons) => {
                let text = format!("Not everything is there: {}.", clean(&reasons.join("; ")));
                parts::marked(Mark::Failed, &text, *view.look, cells)
            }
            // What closes the link stands below; nothing green above it.
            Answer::Yes if !gate::link(environment, facts).is_open() => {
                parts::marked(Mark::Warn, "Set up; the link cannot be made yet.", *view.look, cells)
            }
            Answer::Yes => parts::marked(
                Mark::Done,
                &format!(
                    "Everything that the link needs is there{}.",
                    if took.is_empty() { String::new() } else { format!("; set up{took}") }
                ),
                *view.look,
                cells,
            ),
        };
        // Whose link it will be and between what stands before what was written: that is decided here.
        rows.push(Row::blank());
        rows.push(parts::heading("What will be linked"));
        let mut put = |label: &str, value: String| {
            rows.extend(field(label, LABEL, &[Piece::new(value, Role::Plain)], cells));
        };
        put("From", gate::finops_url(environment, facts).map_or_else(|| "not known".to_owned(), parts::host));
        let dataverse =
            environment.dataverse.as_ref().map_or_else(|| "not known".to_owned(), |side| parts::host(&side.url));
        put("To", format!("{dataverse} ({}, {})", clean(environment.kind().word()), parts::geography(environment)));
        put("Owner", clean(view.model.account()));
        put("Legal entities", companies(facts));
        put("How", how(view));
        put("Takes", "5 minutes or less".to_owned());
        rows.extend(company_warning(view, facts, cells));
        rows.extend(parts::written(setup, view, cells));
        let closed = match gate::link(environment, facts) {
            Gate::Open => None,
            Gate::Reading => Some("Still reading whether both sides can be linked.".to_owned()),
            Gate::Closed(why) => Some(clean(&why)),
        };
        let notes = match &closed {
            Some(why) => {
                parts::marked(Mark::Warn, &format!("The link cannot be made yet. {why}"), *view.look, room.full)
            }
            None => {
                para("The owner cannot be changed later, and only the owner can add table maps.", Role::Dim, room.full)
            }
        };
        let primary = "Link to Power Platform environment";
        Page {
            rows,
            notes,
            stops: vec![
                Stop::wants(primary, Intent::Link).closed_because(closed),
                Stop::wants("Details", Intent::Back),
                Stop::wants("Environments", Intent::Environments),
            ],
            primary,
            ..Page::default()
        }
    }
}

fn companies(facts: &Facts) -> String {
    match &facts.legal_entities {
        Fact::Known(all, _) => {
            let codes: Vec<String> = all.iter().take(12).map(|entity| clean(&entity.id)).collect();
            let more = if all.len() > codes.len() { ", ..." } else { "" };
            if codes.is_empty() { "none".to_owned() } else { format!("{} ({}{more})", all.len(), codes.join(", ")) }
        }
        Fact::Unread => "being read".to_owned(),
        Fact::Unknown(..) => format!("could not tell: {}", clean(&why(&facts.legal_entities))),
    }
}

fn company_warning(view: &View, facts: &Facts, cells: usize) -> Vec<Row> {
    let count = facts.legal_entities.value().map_or(0, |all| all.len());
    let text = if count > LEGAL_ENTITIES_MAX {
        format!(
            "{count} legal entities are more than the about {LEGAL_ENTITIES_MAX} that a link can carry. Reduce them first."
        )
    } else if count > LEGAL_ENTITIES_AT_ONCE {
        format!(
            "{count} legal entities: the initial sync takes {LEGAL_ENTITIES_AT_ONCE} at once. Remove surplus ones after the link, or run it in groups."
        )
    } else {
        return Vec::new();
    };
    let mut rows = vec![Row::blank()];
    rows.extend(parts::marked(Mark::Warn, &text, *view.look, cells));
    rows
}

fn how(view: &View) -> String {
    let cloud = &view.model.cloud;
    let is_read = view.model.current().is_some_and(|(of, setup)| view.model.gateway(of, setup).is_some());
    match (cloud.has_link, is_read) {
        (true, true) => "direct: the link service is asked, then the link is read back",
        (true, false) => "direct: the link service is asked; nothing here can read the link back",
        (false, true) => "assisted: you select the button in Lifecycle Services, it is watched from here",
        (false, false) => "assisted: you select the button in Lifecycle Services, and say here when it is linked",
    }
    .to_owned()
}
