//! Runs: the record of what was done; Enter shows one whole, `x` writes it to files.

use super::eye::{Ask, Eye};
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::page::{Page, Room};
use super::sheet::{Choices, Sheet};
use super::{View, parts};
use crate::core::journal::{Outcome, Run, RunId};
use crate::core::model::Model;
use crate::core::msg::{Intent, PastRun};
use crate::core::time::{between, in_words};
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, flow, para};
use crate::ui::text::{clean, cut, fit, fit_name};

/// Most cells of the name of an environment.
const NAME: usize = 24;
/// Cells of date and time, of the date alone, and of the longest usual span.
const MOMENT: usize = 19;
const DATE: usize = 10;
const SPAN: usize = 11;
/// Cells between two columns, and in front of the first.
const GAP: usize = 2;
/// Cells of a page from which the time stands behind the date, and from which there is a date and a span at all.
const WITH_TIME: usize = 72;
const WITH_DATE: usize = 50;
/// Cells of the outcome.
const OUTCOME: usize = 17;

/// The record.
pub(super) struct Runs;

impl Sheet for Runs {
    fn title(&self) -> &'static str {
        "Runs"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::SHOW, keys::EXPORT, keys::READ_RECORD, keys::BACK_TO_LIST, keys::ENVIRONMENTS, keys::HELP, keys::LEAVE]
    }

    fn help(&self, _view: &View) -> &'static str {
        "Every set-up that was started on this machine: who, when, which terms, every stage with its duration, every \
         change and what came of it. x writes the selected one into the directory in which the program was started, as \
         Markdown, as one HTML file and as JSON, fit to be attached to a change ticket."
    }

    fn about(&self, _model: &Model) -> &'static str {
        "What was done on this machine. Reading it changes nothing."
    }

    fn freshness(&self, view: &View) -> Row {
        Row::new(format!(" {} the record of this machine", Mark::Now.glyph(view.look.glyphs)), Role::Good)
    }

    fn act(&self, model: &Model, eye: &mut Eye, act: Act, height: usize) -> Option<Reaction> {
        let runs = model.runs.as_deref().unwrap_or_default();
        let at = eye.run.min(runs.len().saturating_sub(1));
        match act {
            Act::Press => Some(match runs.get(at) {
                Some(Ok(_)) => {
                    eye.ask(Ask::Run);
                    Reaction::Redraw
                }
                Some(Err((_, why))) => {
                    eye.hint = Some(format!("It cannot be read: {why}. Keep the file for support."));
                    Reaction::Redraw
                }
                None => Reaction::Nothing,
            }),
            Act::Export => Some(id(runs, at).map_or(Reaction::Nothing, |run| Reaction::Intent(Intent::Export(run)))),
            other => {
                eye.run = keys::travel(other, at, runs.len(), height)?;
                Some(Reaction::Redraw)
            }
        }
    }

    fn waits(&self, model: &Model) -> bool {
        model.runs.is_some()
    }

    fn choices(&self, view: &View) -> Option<Choices> {
        let runs = view.model.runs.as_deref().filter(|runs| !runs.is_empty())?;
        let sentences = runs.iter().map(|run| match run {
            Ok(run) => format!("{}, {}: {}", view.date(run.began), clean(&run.name), run.word()),
            Err((id, why)) => unreadable(id, why),
        });
        let about = vec![format!("{} on record, the newest first.", runs.len())];
        Some(Choices { about, sentences: sentences.collect() })
    }

    fn choose(&self, model: &Model, eye: &mut Eye, at: usize) -> Reaction {
        eye.run = at;
        self.act(model, eye, Act::Press, 0).unwrap_or(Reaction::Nothing)
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(runs) = &view.model.runs else {
            let rows = parts::marked(Mark::Busy, "The record is being read.", *view.look, room.width);
            return Page { rows, ..Page::default() };
        };
        if runs.is_empty() {
            let rows =
                para("No run is on record yet. Each set-up that is started is kept here.", Role::Plain, room.width);
            return Page { rows, ..Page::default() };
        }
        let selected = view.eye.run.min(runs.len() - 1);
        let columns = Columns::of(room.width);
        let began = if columns.began == DATE { "Started" } else { "Started, local time" };
        let head =
            format!("  {}{}{}", columns.began(began), columns.name("Environment", ""), fit("Outcome", OUTCOME, ""));
        let head = Row::new(head, Role::Dim).and(columns.span("Span"), Role::Dim);
        let count = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs", runs.len()) };
        let mut notes = vec![Row::new(format!("{count}, the newest first"), Role::Dim)];
        let about = match &runs[selected] {
            Ok(run) => vec![
                Piece::new(format!("on {}", clean(&run.cloud)), Role::Warn),
                Piece::new(format!(" as {}, run {}", clean(&run.account), clean(&run.id)), Role::Dim),
            ],
            Err((id, why)) => vec![Piece::new(unreadable(id, why), Role::Warn)],
        };
        notes.extend(flow(Row::blank(), 0, &about, room.full));
        // As many as there is room for, the selected one in sight.
        let height = room.height.saturating_sub(2 + notes.len()).max(1);
        let top = selected.saturating_sub(height.saturating_sub(1));
        let rows = runs.iter().enumerate().skip(top).take(height);
        let rows = rows.map(|(at, run)| row(view, run, at == selected, columns, room.width)).collect();
        let unseen = (top, runs.len().saturating_sub(top + height));
        Page {
            head: vec![head],
            rows,
            unseen,
            notes,
            picks: true,
            selected: selected.checked_sub(top),
            run: id(runs, selected),
            ..Page::default()
        }
    }
}

fn id(runs: &[PastRun], at: usize) -> Option<RunId> {
    runs.get(at)?.as_ref().ok().map(|run| run.id.clone())
}

/// Cells of the columns that give way where there is little room. Without one for the beginning there is none for the
/// span.
#[derive(Clone, Copy)]
struct Columns {
    began: usize,
    name: usize,
}

impl Columns {
    fn of(cells: usize) -> Self {
        let began = match cells {
            WITH_TIME.. => MOMENT,
            WITH_DATE.. => DATE,
            _ => 0,
        };
        let of_time = if began > 0 { began + SPAN + 2 * GAP } else { 0 };
        Self { began, name: cells.saturating_sub(of_time + OUTCOME + 2 * GAP).clamp(1, NAME) }
    }

    fn began(self, text: &str) -> String {
        if self.began == 0 { String::new() } else { fit(text, self.began, "") + "  " }
    }

    fn name(self, text: &str, ellipsis: &str) -> String {
        fit_name(text, self.name, ellipsis) + "  "
    }

    fn span(self, text: &str) -> String {
        if self.began == 0 { String::new() } else { format!("  {text}") }
    }
}

fn unreadable(id: &str, why: &str) -> String {
    format!("{} cannot be read: {}", clean(id), clean(why))
}

fn row(view: &View, run: &PastRun, is_selected: bool, columns: Columns, cells: usize) -> Row {
    let symbols = view.look.symbols();
    let (pointer, role) = if is_selected { (symbols.selected, Role::Focus) } else { (" ", Role::Plain) };
    match run {
        Ok(run) => {
            let mark = mark(run);
            let outcome = fit(run.word(), OUTCOME - 2, symbols.ellipsis);
            let (began, name) =
                (columns.began(&view.date(run.began)), columns.name(&clean(&run.name), symbols.ellipsis));
            Row::new(format!("{pointer} {began}{name}"), role)
                .and(
                    format!("{} {outcome}", mark.glyph(view.look.glyphs)),
                    if is_selected { role } else { mark.role() },
                )
                .and(columns.span(&in_words(between(run.began, run.last))), role)
        }
        Err((id, why)) => Row::new(cut(&format!("{pointer} {}", unreadable(id, why)), cells, symbols.ellipsis), role),
    }
}

fn mark(run: &Run) -> Mark {
    match run.outcome {
        Some(Outcome::Linked | Outcome::Configured) => Mark::Done,
        Some(Outcome::Failed) => Mark::Failed,
        Some(Outcome::Mismatch) => Mark::Warn,
        Some(Outcome::Forgotten | Outcome::Ended | Outcome::Replaced) => Mark::Waiting,
        None => Mark::Busy,
    }
}
