//! Terms and conditions: the text, the box, and what is missing before Configure.

use super::eye::Eye;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Shape, Stop};
use super::sheet::Sheet;
use super::{View, confirm, parts};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::setup::Flow;
use crate::core::terms;
use crate::ui::look::{Mark, Role};
use crate::ui::markdown;
use crate::ui::row::{Row, para};

/// Cells of the second column from which the changes are listed beside the terms.
const PLAN_FROM: usize = 60;

/// The terms.
pub(super) struct Terms;

impl Sheet for Terms {
    fn title(&self) -> &'static str {
        "Terms and conditions"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::END,
            keys::TICK,
            keys::CHOOSE,
            keys::OPEN,
            keys::COPY,
            keys::BACK,
            keys::PREREQUISITES,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "Nothing is changed on this page. Configure opens once the end of the text was on the screen and the box is \
         ticked; what will change is then listed once more before anything happens. Nobody accepts in your name."
    }

    fn side(&self, view: &View, cells: usize) -> Vec<Row> {
        if cells < PLAN_FROM {
            return Vec::new();
        }
        let mut rows = vec![parts::heading("What Configure will do here"), Row::blank()];
        rows.extend(confirm::changes(view, cells));
        rows
    }

    fn settle(&self, model: &Model, _eye: &mut Eye, _height: usize, end: bool) -> Option<Intent> {
        let (_, setup) = model.current()?;
        let reads = matches!(setup.flow, Flow::Terms { seen_to_end: false, .. });
        (reads && end).then_some(Intent::TermsSeenToEnd)
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((_, setup)) = view.model.current() else { return Page::default() };
        let Flow::Terms { seen_to_end, ticked, .. } = setup.flow else { return Page::default() };
        let mut rows = markdown::rows(terms::body(), view.look, room.width);
        rows.push(Row::blank());
        rows.push(Row::new(format!("End of version {}.", terms::version()), Role::Dim));
        let (end, space) = (view.look.key("End"), view.look.key("Space"));
        let missing = match (seen_to_end, ticked) {
            (false, false) => Some(format!("Read to the end{end}, then tick the box{space}: that opens Configure.")),
            (false, true) => Some(format!("Read to the end{end}: that opens Configure.")),
            (true, false) => Some(format!("Tick the box{space}: that opens Configure.")),
            (true, true) => None,
        };
        let notes = match &missing {
            Some(text) => para(text, Role::Warn, room.full),
            None => parts::marked(
                Mark::Done,
                "Read and ticked. Configure lists what will change before it does.",
                *view.look,
                room.full,
            ),
        };
        Page {
            rows,
            notes,
            stops: vec![
                Stop {
                    label: "I have read this and accept it",
                    action: Action::Intent(Intent::TickTerms),
                    shape: Shape::Box(ticked),
                    closed: None,
                },
                Stop::wants("Configure", Intent::Configure).closed_because(missing),
            ],
            primary: "Configure",
            address: terms::address().map(str::to_owned),
            copy: terms::address().map(str::to_owned),
            ..Page::default()
        }
    }
}
