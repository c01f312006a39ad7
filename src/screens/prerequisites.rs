//! Prerequisites: every check with its answer, what is not met first; the remedy of the selected one
//! below, and everything about it under Enter.

use super::eye::{Ask, Eye};
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, details, modules, parts};
use crate::core::check::{self, Check, Closes, Level, Tri};
use crate::core::gate;
use crate::core::model::Model;
use crate::core::trouble::capital;
use crate::ui::look::{Glyphs, Look, Mark, Role};
use crate::ui::row::{Piece, Row, behind, field, flow};
use crate::ui::text::{clean, fit};

/// Cells of an answer.
const ANSWER: usize = 14;
/// Cells of the side.
const SIDE: usize = 13;
/// Cells of a row: most of what is asked stands whole behind its answer and its side.
const ROW: u16 = 130;
/// Cells of the labels of the selected one.
const LABEL: usize = 12;
/// Cells of an answer where there is little room.
const ANSWER_NARROW: usize = 7;
/// Narrower than this the answer is told shortly, and what is asked stands right behind it.
const NARROW: usize = 50;
/// Rows of the list that stay, however much is said of the selected one.
const LIST_LEAST: usize = 5;
/// Fewer rows about the selected one say nothing.
const ABOUT_LEAST: usize = 3;
/// Rows about the selected one below the list; all of it is one key away.
const ABOUT_MOST: usize = 7;

/// The prerequisites of one environment.
pub(super) struct Prerequisites;

impl Sheet for Prerequisites {
    fn title(&self) -> &'static str {
        "Prerequisites"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::SHOW_CHECK,
            keys::REPAIR,
            keys::OPEN,
            keys::READ_NOW,
            keys::COPY,
            keys::DETAILS,
            keys::BACK,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "What must be true for dual-write, each met, not met, or could not tell and why. What must be met and is not \
         closes the button Dual-write application or Link; what could not be told closes nothing. What no service \
         answers is for you to confirm. While something is not met it is read again by itself, so what is fixed \
         elsewhere is ticked off here."
    }

    fn main(&self) -> u16 {
        ROW
    }

    fn side(&self, view: &View, cells: usize) -> Vec<Row> {
        let all = ordered(view.model);
        all.get(place(&all, view.eye)).map(|check| about(check, view, cells, usize::MAX)).unwrap_or_default()
    }

    fn act(&self, model: &Model, eye: &mut Eye, act: Act, height: usize) -> Option<Reaction> {
        let all = ordered(model);
        let at = place(&all, eye);
        if act == Act::Press {
            eye.check = all.get(at).map(|check| check.id);
            eye.ask(Ask::Check);
            return Some(Reaction::Redraw);
        }
        let to = keys::travel(act, at, all.len(), height)?;
        eye.check = all.get(to).map(|check| check.id);
        Some(Reaction::Redraw)
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let all = ordered(view.model);
        let at = place(&all, view.eye);
        let Some(selected) = all.get(at) else { return Page::default() };
        let is_of_modules =
            selected.id == "P31" && modules::can_be_added(&setup.facts) && gate::has_packages(&setup.facts);
        let fix = if is_of_modules {
            Some(Ask::Modules)
        } else {
            details::can_repair(environment, setup).then_some(Ask::Repair)
        };
        let mut page = Page {
            head: head(view, &all, room.width),
            picks: true,
            fix,
            address: selected.address.as_deref().map(clean),
            copy: Some(words(selected)),
            ..Page::default()
        };
        if view.look.glyphs == Glyphs::Words {
            page.rows = read_out(&all, room.width);
            page.picks = false;
            let label = if is_of_modules { "Add modules" } else { "Repair the identities" };
            page.stops = fix.map(|ask| Stop::button(label, Action::Ask(ask))).into_iter().collect();
            return page;
        }
        if !room.has_side {
            let most = room.height.saturating_sub(page.head.len() + 1 + LIST_LEAST).min(ABOUT_MOST);
            if most >= ABOUT_LEAST {
                page.notes = about(selected, view, room.width, most);
            }
        }
        let around = page.head.len() + page.notes.len() + usize::from(!page.notes.is_empty());
        let height = room.height.saturating_sub(around).max(1);
        let top = at.saturating_sub(height / 2).min(all.len().saturating_sub(height));
        let shown = all.iter().enumerate().skip(top).take(height);
        page.selected = at.checked_sub(top);
        page.unseen = (top, all.len().saturating_sub(top + height));
        page.rows = shown.map(|(place, check)| row(check, place == at, *view.look, room.width)).collect();
        page
    }
}

/// In what order they are shown: what is not met, what could not be told, what is to be confirmed by
/// hand, what is met; among themselves by side.
fn ordered(model: &Model) -> Vec<Check> {
    let Some((environment, setup)) = model.current() else { return Vec::new() };
    let mut all = check::of_setup(environment, setup);
    all.sort_by_key(|check| (rank(check), check.side));
    all
}

fn rank(check: &Check) -> u8 {
    match (check.answer, check.level) {
        _ if check.is_by_hand() => 4,
        (Tri::No, Level::Block) => 0,
        (Tri::No, Level::Error | Level::Warn) => 1,
        (Tri::No, Level::Made) => 2,
        (Tri::Unknown, _) => 3,
        (Tri::Yes, _) => 5,
    }
}

/// What is not met or could not be told, as a part of another page of so many cells and rows; nothing where it has no
/// room for the first of them.
pub(super) fn open_ones(view: &View, cells: usize, most: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut all = ordered(view.model);
    all.retain(|check| check.answer != Tri::Yes && !check.is_by_hand());
    let mut last = None;
    for (at, check) in all.iter().enumerate() {
        let heading = heading(check);
        let mut own = Vec::new();
        if last.replace(heading) != Some(heading) {
            own.extend([Row::blank(), parts::heading(heading)]);
        }
        let (mark, _) = said(check);
        let start = Row::new(format!("  {} ", mark.glyph(view.look.glyphs)), mark.role());
        let start = start.and(format!("{}  ", check.id), Role::Plain);
        own.extend(behind(start, &[Piece::new(check.what, Role::Plain)], cells));
        let is_last = at + 1 == all.len();
        if rows.len() + own.len() + usize::from(!is_last) > most {
            if !rows.is_empty() {
                rows.push(Row::new(format!("  and {} more (p)", all.len() - at), Role::Dim));
            }
            break;
        }
        rows.append(&mut own);
    }
    rows
}

/// Where the selected one is; the first when nothing is selected.
fn place(all: &[Check], eye: &Eye) -> usize {
    all.iter().position(|check| Some(check.id) == eye.check).unwrap_or(0)
}

/// The selected one.
pub(super) fn selected(model: &Model, eye: &Eye) -> Option<Check> {
    let mut all = ordered(model);
    let at = place(&all, eye);
    (at < all.len()).then(|| all.swap_remove(at))
}

/// The mark of an answer and its word.
fn said(check: &Check) -> (Mark, &'static str) {
    let mark = match (check.answer, check.level) {
        _ if check.is_by_hand() => Mark::Waiting,
        (Tri::Yes, _) => Mark::Done,
        (Tri::No, Level::Made) => Mark::Waiting,
        (Tri::No, Level::Warn) => Mark::Warn,
        (Tri::No, _) => Mark::Failed,
        (Tri::Unknown, _) => Mark::Unknown,
    };
    (mark, check.said())
}

fn head(view: &View, all: &[Check], cells: usize) -> Vec<Row> {
    let Some((environment, _)) = view.model.current() else { return Vec::new() };
    let tally = check::tally(all).in_short();
    let mut rows = if cells < NARROW {
        // The name is in the line above the frame.
        flow(Row::blank(), 0, &[Piece::new(tally, Role::Plain)], cells)
    } else {
        let counted = Piece::new(format!("  {tally}"), Role::Plain);
        flow(Row::new(parts::name(&environment.name, *view.look), Role::Strong), 2, &[counted], cells)
    };
    let buttons = [(Closes::Configure, "Dual-write application"), (Closes::Link, "Link to Power Platform environment")];
    for (button, label) in buttons {
        let ids: Vec<&str> = all.iter().filter(|check| check.blocks(button)).map(|check| check.id).collect();
        if !ids.is_empty() {
            let text = format!("{label} is not possible yet: see {}.", ids.join(", "));
            rows.extend(parts::marked(Mark::Warn, &text, *view.look, cells));
        }
    }
    rows.push(Row::blank());
    rows
}

fn row(check: &Check, is_selected: bool, look: Look, cells: usize) -> Row {
    let symbols = look.symbols();
    let (mark, word) = said(check);
    let (pointer, role) = if is_selected { (symbols.selected, Role::Focus) } else { (" ", Role::Plain) };
    let coloured = if is_selected { role } else { mark.role() };
    let (word, side) = if cells < NARROW {
        (format!("{} ", fit(short(check), ANSWER_NARROW, "")), String::new())
    } else {
        let word = if check.is_by_hand() { "to confirm" } else { word };
        (format!("{}  ", fit(word, ANSWER, "")), fit(check.side.short(), SIDE, ""))
    };
    let start = Row::new(format!("{pointer} "), role)
        .and(format!("{} {word}", mark.glyph(look.glyphs)), coloured)
        .and(format!("{}  {side}", check.id), role);
    let left = cells.saturating_sub(start.width());
    start.and(fit(check.what, left, symbols.ellipsis), role)
}

/// An answer where there is little room.
fn short(check: &Check) -> &'static str {
    match (check.answer, check.level) {
        (Tri::Unknown, _) if !check.is_by_hand() => "unknown",
        (Tri::No, Level::Warn) if !check.is_by_hand() => "minor",
        _ if check.is_by_hand() => "confirm",
        _ => check.said(),
    }
}

/// Everything about one of them, in so many rows at most.
fn about(check: &Check, view: &View, cells: usize, most: usize) -> Vec<Row> {
    let (mark, word) = said(check);
    let look = *view.look;
    let mut rows =
        flow(Row::new(format!("{}  ", check.id), Role::Strong), 5, &[Piece::new(check.what, Role::Strong)], cells);
    let start = Row::new(format!("{} ", mark.glyph(look.glyphs)), mark.role());
    let answer = [
        Piece::new(format!("{word}{}", if check.known().is_some() { ": " } else { "" }), mark.role()),
        Piece::new(check.known().map(clean).unwrap_or_default(), Role::Plain),
        Piece::new(format!(" ({})", matters(check)), Role::Dim),
    ];
    rows.extend(behind(start, &answer, cells));
    let mut put = |label: &str, value: Piece| rows.extend(field(label, LABEL, &[value], cells));
    put("What to do", Piece::new(check.remedy, Role::Plain));
    if let Some(address) = &check.address {
        put("Where", Piece::link(&clean(address)));
    }
    put("Read", Piece::new(read(check, view), Role::Dim));
    if rows.len() > most {
        rows.truncate(most.saturating_sub(1));
        rows.push(Row::new(format!("{} Enter shows all of it", look.symbols().ellipsis), Role::Dim));
    }
    rows
}

/// How much it matters, in words.
fn matters(check: &Check) -> &'static str {
    match (check.answer, check.level) {
        (Tri::Unknown, Level::Made) => "Dual-write application makes it where it is missing",
        (_, level) => level.words(),
    }
}

fn read(check: &Check, view: &View) -> String {
    let when = check.read_at.map(|at| format!(", {}", view.age(at))).unwrap_or_default();
    format!("{}{when}; {}", check.evidence, check.sure.words())
}

/// One of them whole, to be laid over the list.
pub(super) fn whole(check: &Check, view: &View, cells: usize) -> Vec<Row> {
    let mut rows = about(check, view, cells, usize::MAX);
    rows.push(Row::blank());
    rows.push(Row::new("Microsoft's article", Role::Dim));
    rows.extend(parts::address(&check.doc_url, cells));
    rows
}

/// One of them as text to hand on.
pub(super) fn words(check: &Check) -> String {
    format!(
        "{} {}\n{}: {}\n{}\n{}\n{}",
        check.id,
        check.what,
        check.said(),
        clean(&check.reason),
        check.remedy,
        clean(&check.evidence()),
        check.doc_url
    )
}

/// All of them, read from top to bottom: what they have in common is said once.
fn read_out(all: &[Check], cells: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for group in all.chunk_by(|one, other| heading(one) == heading(other)) {
        rows.extend(group.first().map(|first| parts::heading(&format!("{}: {}", heading(first), group.len()))));
        rows.extend(group.iter().flat_map(|check| sentence(check, cells)));
        rows.push(Row::blank());
    }
    rows
}

/// What it has in common with others of its answer.
fn heading(check: &Check) -> &'static str {
    match rank(check) {
        0 | 1 => "Not met",
        2 => "Not yet: Dual-write application makes it",
        3 => "Could not tell",
        4 => "Confirm yourself",
        _ => "Met",
    }
}

/// One of them as a sentence, with its remedy where it is not met.
fn sentence(check: &Check, cells: usize) -> Vec<Row> {
    let known = check.known().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
    let text = format!("{} {}. {}{known}.", check.id, check.what, capital(check.said()));
    let mut rows = flow(Row::blank(), 0, &[Piece::new(text, Role::Plain)], cells);
    if check.answer == Tri::No || check.is_by_hand() {
        let more = check.address.as_deref().map(|url| format!(" {}", clean(url))).unwrap_or_default();
        rows.extend(flow(Row::blank(), 0, &[Piece::new(format!("  {}{more}", check.remedy), Role::Plain)], cells));
    }
    rows
}
