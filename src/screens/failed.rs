//! Setup failed: the service's own words, why, what to do in which order, and the way to try again.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, details, parts, progress};
use crate::core::failure::Halt;
use crate::core::gate;
use crate::core::msg::Intent;
use crate::core::plan::StageId;
use crate::core::setup::Flow;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Row, para};

/// A stage failed.
pub(super) struct Failed;

impl Sheet for Failed {
    fn title(&self) -> &'static str {
        "Setup failed"
    }

    fn keys(&self) -> &'static [Binding] {
        &keys::OF_FAILURE
    }

    fn help(&self, _view: &View) -> &'static str {
        "Nothing runs any more. Fix what the service's message says, in the order of the remedies, then try again: it \
         resumes at the failed stage, and what is done stays done. y copies the message and ids for a support case."
    }

    fn side(&self, view: &View, cells: usize) -> Vec<Row> {
        let Some((_, setup)) = view.model.current() else { return Vec::new() };
        let Flow::ConfigureFailed(run, _) = &setup.flow else { return Vec::new() };
        let mut rows = vec![parts::heading("Stages"), Row::blank()];
        rows.extend(progress::stages(view, run, cells));
        rows.push(Row::blank());
        rows.extend(parts::timeline(view, cells));
        rows
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let Flow::ConfigureFailed(run, failure) = &setup.flow else { return Page::default() };
        let (stage, at) = (run.title(), view.time(failure.at));
        let text = match failure.halt {
            Halt::Failed => format!("{stage} failed at {at}."),
            Halt::Canceled => format!("{stage} was called off at the service, at {at}; it can be installed again."),
            Halt::CouldNotRead | Halt::NoRecord => format!("Could not go on at {at}, in the stage {stage}."),
        };
        let mut rows = parts::marked(Mark::Failed, &text, *view.look, room.width);
        rows.push(Row::blank());
        rows.extend(parts::failure(view, failure, room.width));
        rows.extend(parts::came_back(view, failure, room.width));
        rows.extend(parts::remedies(view, failure, "What to do", room.width));
        rows.extend(parts::ids(&failure.ids, room.width));
        let is_linked = gate::is_linked(environment, &setup.facts);
        let words = if is_linked || run.linked.is_some() {
            "The link works as before; what is done stays done."
        } else {
            "The link cannot be made before this is fixed. What is done stays done."
        };
        let notes = para(words, Role::Dim, room.full);
        let fix = details::can_repair(environment, setup).then_some(Ask::Repair);
        let is_of_identities = matches!(run.stage().id, StageId::ApplicationUsers | StageId::ClientIdRows);
        let mut stops = vec![Stop::wants("Try again", Intent::TryAgain)];
        stops.extend(fix.map(|ask| Stop::button("Repair the identities", Action::Ask(ask))));
        if is_linked {
            stops.push(Stop::wants("To the link", Intent::Link));
        }
        stops.push(Stop::button("Details", Action::Ask(Ask::Details)));
        stops.push(Stop::wants("Environments", Intent::Environments));
        Page {
            rows,
            notes,
            stops,
            // What was found, and not what a service said, stays as it is until it is repaired.
            primary: if fix.is_some() && (failure.is_ours || is_of_identities) {
                "Repair the identities"
            } else {
                "Try again"
            },
            fix,
            address: failure.fault.map(|fault| fault.doc_url.clone()).filter(|url| !url.is_empty()),
            copy: Some(parts::support(failure)),
            run: parts::run_of(setup),
            ..Page::default()
        }
    }
}
