//! Resume: what was going on when the program ended, what the services say now, and the choice.

use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, list, parts};
use crate::core::configuring::StageState;
use crate::core::environment::EnvironmentId;
use crate::core::journal::{ChangeResult, Run, Work};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::trouble::capital;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, field, para};
use crate::ui::text::clean;

/// Cells of the labels.
const LABEL: usize = 20;

/// An interrupted run.
pub(super) struct Resume;

impl Sheet for Resume {
    fn title(&self) -> &'static str {
        "Resume"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CHOOSE, keys::READ_NOW, keys::LATER, keys::ENVIRONMENTS, keys::HELP, keys::LEAVE]
    }

    fn help(&self, view: &View) -> &'static str {
        if view.model.found.first().is_some_and(|found| found.held.is_some()) {
            return "Another program works on this set-up right now. Only look shows how it stands and changes nothing; \
                    Go on and Forget become possible once that program has ended. To decide later, go back.";
        }
        "The program ended while this ran; the services continued. Go on reads both sides first and requests nothing \
         twice: what became of an unanswered request is found out by reading. Only look changes nothing. Forget means \
         that nobody is asked about it again; what runs at the services continues there. To decide later, go back."
    }

    fn about(&self, _model: &Model) -> &'static str {
        "A set-up is on record that did not end. Nothing is changed before you decide."
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(found) = view.model.found.first() else { return Page::default() };
        let run = &found.run;
        let cells = room.width;
        let name = view.look.quoted(&parts::name(&run.name, *view.look));
        let what = run.work.as_ref().map_or("Dual-write set-up", |(work, _)| work.title());
        let text = match &found.held {
            Some(_) => format!("{what} of {name} runs in another program."),
            None => format!("{what} of {name} was interrupted."),
        };
        let mut rows = parts::marked(Mark::Warn, &text, *view.look, cells);
        rows.push(Row::blank());
        let mut put = |label: &str, value: String| {
            rows.extend(field(label, LABEL, &[Piece::new(clean(&value), Role::Plain)], cells));
        };
        put("Started", format!("{} by {}", view.date(run.began), run.account));
        put("Last record", view.date(run.last));
        put("Stage at that time", doing(view, run));
        if let Some(text) = open_change(run) {
            put("Result unknown", text);
        }
        if let Some((version, by, at)) = &run.terms {
            put("Terms", format!("{version}, accepted by {by}, {}", view.date(*at)));
        }
        put("The services say", now(view, run));
        let mut notes = para(
            "Go on reads both sides first and requests nothing twice. Forget only ends this question: it stops and \
             undoes nothing.",
            Role::Dim,
            room.full,
        );
        let closed = found.held.as_ref().map(|held| format!("{} works on it right now.", capital(&held.words())));
        if let Some(why) = &closed {
            let text = format!("Go on and Forget are not possible: {why}");
            notes = parts::marked(Mark::Busy, &text, *view.look, room.full);
        }
        let others = view.model.found.len() - 1;
        if others > 0 {
            let text = if others == 1 { "1 more run".to_owned() } else { format!("{others} more runs") };
            notes.extend(para(&format!("{text} was interrupted; you are asked about it next."), Role::Dim, room.full));
        }
        let primary = if closed.is_some() { "Only look" } else { "Go on" };
        Page {
            rows,
            notes,
            stops: vec![
                Stop::wants("Go on", Intent::GoOn).closed_because(closed.clone()),
                Stop::wants("Only look", Intent::OnlyLook),
                Stop::button("Forget", Action::Ask(Ask::Forget)).closed_because(closed),
                Stop::wants("Later", Intent::Environments),
            ],
            primary,
            ..Page::default()
        }
    }
}

/// The stage or step that ran when the last line was written.
fn doing(view: &View, run: &Run) -> String {
    let stage = run.stages.iter().rev().find(|line| line.state == StageState::Running);
    let said = |(_, _, word): &(_, _, String)| format!(", the service said {}", view.look.quoted(word));
    let word = run.readings.last().map(said).unwrap_or_default();
    match (&run.work, stage) {
        (Some((Work::Link { way, .. }, _)), _) => format!("linking ({}){word}", way.word()),
        (Some((Work::Reset { .. }, _)), _) => "resetting the link".to_owned(),
        (_, Some(stage)) => {
            let detail = if stage.detail.is_empty() { String::new() } else { format!(", {}", stage.detail) };
            format!("{}{detail}{word}", stage.stage.title())
        }
        (_, None) => "nothing yet".to_owned(),
    }
}

/// The change whose end is not in the record.
fn open_change(run: &Run) -> Option<String> {
    let last = run.changes.last()?;
    let more = match last.result {
        None => "no answer is in the record",
        Some(ChangeResult::Unknown) => "no answer came",
        Some(ChangeResult::Accepted) => "accepted; the record does not say how it ended",
        Some(ChangeResult::Done | ChangeResult::Refused | ChangeResult::Failed | ChangeResult::NotDone) => return None,
    };
    Some(format!("{}: {more}", last.deed.sentence()))
}

/// How far the environment is now.
fn now(view: &View, run: &Run) -> String {
    let directory = &view.model.directory;
    let id = EnvironmentId(run.environment.as_str().into());
    match directory.get(&id) {
        Some(environment) => {
            let setup = view.model.setups.get(&id);
            list::standing(environment, setup, view.now).in_full().to_owned()
        }
        None if directory.read_at.is_none() => "being read".to_owned(),
        None => "this environment is not in the list of this account".to_owned(),
    }
}
