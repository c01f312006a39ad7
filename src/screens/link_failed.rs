//! Link failed: the words, why, which identity is in order and which is not, and the remedy.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, identities, parts};
use crate::core::check;
use crate::core::facts::FactKind;
use crate::core::failure::Failure;
use crate::core::fault;
use crate::core::gate;
use crate::core::linking::Way;
use crate::core::msg::Intent;
use crate::core::plan::Side;
use crate::core::remedy;
use crate::core::setup::{Flow, Setup};
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Row, para};

/// The button that makes what is missing.
const REPAIR: &str = "Repair the identities";

/// The link failed.
pub(super) struct LinkFailed;

impl Sheet for LinkFailed {
    fn title(&self) -> &'static str {
        "Link failed"
    }

    fn keys(&self) -> &'static [Binding] {
        &keys::OF_FAILURE
    }

    fn help(&self, _view: &View) -> &'static str {
        "What is set up stays set up; only the link is missing. Fix what the service's message says, then try again. \
         Where identities are missing, Repair the identities makes what is listed and asks first. A new role can take \
         up to an hour to take effect."
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let Flow::LinkFailed(link, failure) = &setup.flow else { return Page::default() };
        let mut rows = parts::failure(view, failure, room.width);
        rows.extend(parts::came_back(view, failure, room.width));
        for side in sides(failure) {
            rows.push(Row::blank());
            rows.extend(checked(view, setup, side, room.width));
        }
        rows.extend(parts::remedies(view, failure, "What to do", room.width));
        rows.extend(parts::ids(&failure.ids, room.width));
        let repair = gate::repair(environment, &setup.facts);
        let is_of_identities = remedy::is_of_identities(failure, &check::of_setup(environment, setup));
        let again = if link.way == Way::Reset { "Back to the mismatch" } else { "Try again" };
        let mut stops = vec![Stop::wants(again, Intent::TryAgain)];
        if repair {
            stops.push(Stop::button(REPAIR, Action::Ask(Ask::Repair)));
        }
        stops.push(Stop::button("Details", Action::Ask(Ask::Details)));
        stops.push(Stop::wants("Environments", Intent::Environments));
        let notes = if repair {
            para("Repair the identities (f) fixes what is missing or disabled, and asks first.", Role::Dim, room.full)
        } else {
            Vec::new()
        };
        Page {
            rows,
            notes,
            stops,
            // Another try before that fails as this one did.
            primary: if repair && is_of_identities { REPAIR } else { again },
            address: failure.fault.map(|fault| fault.doc_url.clone()).filter(|url| !url.is_empty()),
            copy: Some(parts::support(failure)),
            fix: repair.then_some(Ask::Repair),
            run: parts::run_of(setup),
            ..Page::default()
        }
    }
}

/// The sides a failure is about: the one its catalogue entry names, where it is about identities.
fn sides(failure: &Failure) -> Vec<Side> {
    match failure.fault.map(|fault| fault.side) {
        Some(fault::Side::Dataverse) => vec![Side::Dataverse],
        Some(fault::Side::Finops) => vec![Side::FinanceOperations],
        Some(fault::Side::Both) | None => vec![Side::Dataverse, Side::FinanceOperations],
        Some(
            fault::Side::Lcs | fault::Side::Tenant | fault::Side::Service | fault::Side::Browser | fault::Side::Client,
        ) => Vec::new(),
    }
}

fn checked(view: &View, setup: &Setup, side: Side, cells: usize) -> Vec<Row> {
    let host = identities::host(view, side);
    let mut rows = Vec::new();
    let is_of_side = |kind: &FactKind| match side {
        Side::Dataverse => matches!(kind, FactKind::User(_)),
        Side::FinanceOperations => matches!(kind, FactKind::Rows | FactKind::FinopsUsers),
    };
    match identities::read_at(side, &setup.facts) {
        Some(at) if !setup.reading.keys().any(is_of_side) => {
            rows.extend(para(&format!("Checked {} in {host}", view.age(at)), Role::Strong, cells));
        }
        _ => rows.extend(parts::marked(Mark::Busy, &format!("Checking {host}"), *view.look, cells)),
    }
    rows.extend(identities::table(view, side, cells, false));
    rows
}
