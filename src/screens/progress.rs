//! Setup progress: elapsed time, stages with their stopwatches, what happened, how to come back.

use super::keys::{self, Binding};
use super::page::{Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, access, parts};
use crate::core::configuring::{Configuring, Stage, StageState};
use crate::core::model::Model;
use crate::core::schedule::CONFIGURE_USUAL;
use crate::core::schedule::outlook::{self, Outlook};
use crate::core::setup::Flow;
use crate::core::time::between;
use crate::ui::look::{Glyphs, Look, Mark, Role};
use crate::ui::row::{Piece, Row, behind};
use crate::ui::text::{clean, cut, fit, width};

/// Most the bar shows before everything is done.
const BAR_MAX: f64 = 0.97;
/// Cells of the name of a stage, with its gap.
const TITLE: usize = 27;
/// Cells of a stopwatch.
const WATCH: usize = 8;
/// Rows of the timeline that are always shown, scrolled to if need be.
const EVENTS_LEAST: usize = 4;

/// The running stages.
pub(super) struct Progress;

impl Sheet for Progress {
    fn title(&self) -> &'static str {
        "Setup progress"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::READ_NOW,
            keys::DETAILS,
            keys::ENVIRONMENTS,
            keys::COPY,
            keys::PREREQUISITES,
            keys::HELP,
            keys::LEAVE,
            keys::BACK,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "The stages run one after the other; one that is already done is skipped. Each installation is done by \
         Microsoft's service: leaving this program, a broken network or a closed lid does not stop it; the next stage \
         starts when somebody comes back. The bar is an estimate; nothing is declared dead by a clock."
    }

    fn runs(&self) -> bool {
        true
    }

    fn waits(&self, _model: &Model) -> bool {
        false
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let Flow::Configuring(run) = &setup.flow else { return Page::default() };
        let now = view.beat(run.started);
        let outlook = outlook::configure(run, &setup.facts, &view.model.experience, now);
        let mut head = vec![elapsed(view, run, outlook, room.width)];
        head.push(bar(*view.look, outlook.share_done(between(run.started, now), CONFIGURE_USUAL), room.width));
        head.push(Row::blank());
        let notes = parts::goes_on(view, environment, setup, room.full);
        let copy = Some(view.model.cloud.come_back(environment));
        let stops: Vec<Stop> = access::button(view.model).into_iter().filter(|_| run.watch.waits_for_token()).collect();
        let primary = stops.first().map_or("", |stop| stop.label);
        let rows = stages(view, run, room.width);
        let selected = Some(run.current);
        let mut page = Page { head, rows, notes, stops, primary, copy, selected, ..Page::default() };
        if run.current >= page.in_sight(room) {
            page.rows.splice(..run.current, over(view, run, room.width));
            page.selected = Some(1);
        }
        if !room.has_side {
            page.rows.push(Row::blank());
            let rows = page.spare(room).max(EVENTS_LEAST);
            page.rows.extend(parts::events(view, room.width, rows));
        }
        page
    }
}

fn elapsed(view: &View, run: &Configuring, outlook: Outlook, cells: usize) -> Row {
    let elapsed = between(run.started, view.now);
    let row = Row::new("Elapsed ", Role::Dim).and(view.running(elapsed), Role::Strong);
    if elapsed >= CONFIGURE_USUAL {
        row.and("   longer than usual", Role::Warn)
    } else {
        let more = outlook.words();
        let usual = [format!("   typically {more} (estimate)"), format!("   {more} (estimate)")];
        let fits = usual.into_iter().find(|words| row.width() + width(words) <= cells);
        row.and(fits.unwrap_or_default(), Role::Dim)
    }
}

/// A bar of what is likely to be done. It is full only when everything is, which another screen says.
pub(super) fn bar(look: Look, share: f64, cells: usize) -> Row {
    let share = share.min(BAR_MAX);
    let symbols = look.symbols();
    // Whole thousandths keep the arithmetic in integers from here on.
    let thousandths = (0..=1000_u16).rev().find(|part| f64::from(*part) <= share * 1000.0).unwrap_or(0);
    let full = cells * usize::from(thousandths) / 1000;
    Row::new(symbols.bar_full.repeat(full), Role::Busy).and(symbols.bar_empty.repeat(cells - full), Role::Border)
}

/// The mark of a stage.
fn mark(stage: &Stage) -> Mark {
    match stage.state {
        StageState::Waiting => Mark::Waiting,
        StageState::Running => Mark::Busy,
        StageState::Skipped if !stage.is_part() => Mark::Passed,
        StageState::Done | StageState::Skipped => Mark::Done,
        StageState::Failed => Mark::Failed,
    }
}

/// The six stages, one row each.
pub(super) fn stages(view: &View, run: &Configuring, cells: usize) -> Vec<Row> {
    run.stages.iter().map(|stage| stage_row(view, run.title_of(stage.id), stage, cells)).collect()
}

/// The stages that are over, in one row: where all of them would push the one that runs out of sight.
fn over(view: &View, run: &Configuring, cells: usize) -> Vec<Row> {
    let titles = run.stages[..run.current].iter().filter(|stage| stage.is_part()).map(|stage| run.title_of(stage.id));
    let text = format!("Done: {}", titles.collect::<Vec<_>>().join(", "));
    let text = cut(&text, cells.saturating_sub(2), view.look.symbols().ellipsis);
    vec![Row::new(format!("{} ", Mark::Done.glyph(view.look.glyphs)), Mark::Done.role()).and(text, Role::Plain)]
}

fn stage_row(view: &View, title: &str, stage: &Stage, cells: usize) -> Row {
    let mark = mark(stage);
    let word = match stage.state {
        StageState::Waiting => "not yet",
        StageState::Running => "running",
        StageState::Done => "done",
        StageState::Skipped => "was done before",
        StageState::Failed => "failed",
    };
    let detail = clean(&stage.detail);
    let words = match (detail.is_empty(), stage.state) {
        (true, _) => word.to_owned(),
        (false, StageState::Failed) => format!("{word}: {detail}"),
        (false, _) => detail,
    };
    let watch = match (stage.since, stage.until) {
        (Some(since), until) => view.running(between(since, until.unwrap_or(view.now))),
        (None, _) => String::new(),
    };
    let role = match stage.state {
        StageState::Waiting => Role::Dim,
        StageState::Running => Role::Strong,
        _ => Role::Plain,
    };
    let symbols = view.look.symbols();
    if view.look.glyphs == Glyphs::Words {
        let watch = if watch.is_empty() { watch } else { format!(", {watch}") };
        return Row::new(format!("{title}: {words}{watch}"), role);
    }
    let row = Row::new(format!("{} ", mark.glyph(view.look.glyphs)), mark.role());
    if cells < TITLE + WATCH + 16 {
        // No room for a table: the words give way to the name, the stopwatch to both.
        let room = cells.saturating_sub(row.width());
        return row.and(cut(&format!("{title}: {words}"), room, symbols.ellipsis), role);
    }
    let room = cells - row.width() - TITLE - WATCH;
    row.and(fit(title, TITLE, symbols.ellipsis), role)
        .and(
            fit(&words, room, symbols.ellipsis),
            if stage.state == StageState::Waiting { Role::Dim } else { Role::Plain },
        )
        .and(format!("{}{watch}", " ".repeat(WATCH.saturating_sub(width(&watch)))), Role::Dim)
}

/// A line that says what the service said last.
pub(super) fn last_word(view: &View, word: &str, cells: usize) -> Vec<Row> {
    let start = Row::new("The service says ", Role::Dim);
    behind(start, &[Piece::new(view.look.quoted(&clean(word)), Role::Quote)], cells)
}
