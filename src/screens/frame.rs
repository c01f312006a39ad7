//! What stands around every page: the header, the rail, the status line, the footer of keys.

use super::keys::{Act, Binding};
use super::picture::Laid;
use super::{View, sheet};
use crate::core::linking::LinkStep;
use crate::core::model::Model;
use crate::core::route::{self, screen};
use crate::core::schedule::{DELAYED_AFTER, NO_RESPONSE_MISSES};
use crate::core::service::Service;
use crate::core::setup::{Flow, Setup, Watch};
use crate::core::time::{Now, between};
use crate::core::trouble::{Trouble, capital};
use crate::ui::look::{Look, Mark, Role};
use crate::ui::paint;
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::{clean, cut, width};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier};
use ratatui::widgets::Clear;

/// Columns and rows without which nothing useful can be shown.
const LEAST: (u16, u16) = (40, 10);
/// Rows of the terminal from which the rail has a row of its own.
const RAIL_FROM: u16 = 12;
/// Cells of the account below which it is left out.
const ACCOUNT_LEAST: usize = 12;
/// Most rows of the status line.
const STATUS_MAX: usize = 4;
/// Cells between two keys of the footer.
const KEY_GAP: &str = "   ";
/// The same where that makes room for more keys.
const NARROW_GAP: &str = "  ";

/// Where everything is.
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) rail: Rect,
    pub(super) body: Rect,
    pub(super) status: Rect,
    pub(super) footer: Rect,
}

/// Whether the terminal is too small for any page.
pub(super) fn is_too_small((columns, rows): (u16, u16)) -> bool {
    columns < LEAST.0 || rows < LEAST.1
}

/// Gives each part its place, around a page with so many rows of status.
pub(super) fn areas((columns, rows): (u16, u16), status: usize) -> Areas {
    let status = u16::try_from(status).unwrap_or(1);
    let rail = u16::from(rows >= RAIL_FROM);
    let [header, rail, body, status, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rail),
        Constraint::Fill(1),
        Constraint::Length(status),
        Constraint::Length(1),
    ])
    .areas(Rect::new(0, 0, columns, rows));
    Areas { header, rail, body, status, footer }
}

/// What lies under an overlay stands back; beside it nothing is left of the rows it covers.
pub(super) fn stand_back(frame: &mut Frame, below: Rect, over: Rect, look: Look) {
    let buffer = frame.buffer_mut();
    for place in below.intersection(buffer.area).positions() {
        let cell = &mut buffer[place];
        cell.modifier = Modifier::empty();
        cell.fg = Color::Reset;
        cell.set_style(look.style(Role::Dim));
    }
    let beside = Rect { x: below.x + 1, width: below.width.saturating_sub(2), ..over };
    frame.render_widget(Clear, beside.union(over));
    // A rule that is covered leaves no joint in the frame.
    let wall = Row::new(look.symbols().wall, Role::Dim);
    for y in over.top().max(below.top() + 1)..over.bottom().min(below.bottom().saturating_sub(1)) {
        for x in [below.x, below.right().saturating_sub(1)] {
            paint::row(frame.buffer_mut(), Rect { x, y, width: 1, height: 1 }, &wall, &look, false);
        }
    }
}

/// What is needed.
pub(super) fn too_small((columns, rows): (u16, u16)) -> String {
    format!("dualwrite needs {} x {}; this window is {columns} x {rows}. Make it larger.", LEAST.0, LEAST.1)
}

/// Says what is needed.
pub(super) fn draw_too_small(view: &View, frame: &mut Frame) {
    let (columns, rows) = view.size;
    let small = too_small((columns, rows));
    let text = match view.model.running().next().filter(|_| view.eye.is_asked_to_leave()) {
        Some((_, setup)) => {
            let then = capital(&setup.once_left(view.model.cloud.ends_with_program));
            format!("q leaves, Esc stays. {then}. {small}")
        }
        None => small,
    };
    let lines = para(&text, Role::Plain, usize::from(columns));
    let area = frame.area();
    paint::rows(frame.buffer_mut(), area, &lines, view.look);
}

/// Everything but the page.
pub(super) struct Rim {
    areas: Areas,
    header: Row,
    rail: Row,
    status: Vec<Row>,
    footer: Row,
}

impl Rim {
    /// What stands around the page that has the keys.
    pub(super) fn of(view: &View, areas: Areas, status: Vec<Row>, top: &Laid) -> Self {
        Self { areas, header: header(view), rail: rail(view), status, footer: footer(view, top) }
    }

    /// Draws it.
    pub(super) fn draw(&self, frame: &mut Frame, look: Look) {
        let buffer = frame.buffer_mut();
        paint::row(buffer, self.areas.header, &self.header, &look, false);
        paint::row(buffer, self.areas.rail, &self.rail, &look, false);
        paint::rows(buffer, self.areas.status, &self.status, &look);
        paint::row(buffer, self.areas.footer, &self.footer, &look, false);
    }
}

fn header(view: &View) -> Row {
    let room = usize::from(view.size.0).saturating_sub(2);
    let ellipsis = view.look.symbols().ellipsis;
    let model = view.model;
    let cloud = clean(&model.cloud.name);
    let speed = model.cloud.speed.map(|times| format!(", {times} times faster")).unwrap_or_default();
    let place = match model.current() {
        Some((environment, _)) => clean(&environment.label()),
        None if model.directory.read_at.is_none() => String::new(),
        None => match model.directory.environments.len() {
            1 => "1 environment".to_owned(),
            count => format!("{count} environments"),
        },
    };
    let account = clean(model.account());
    // The program, the cloud and the environment stay; a long environment leaves room for the account, a long account
    // is cut before a short environment.
    let whole = format!("{cloud}{speed}");
    let is_wide = 11 + width(&whole) + 2 + width(&place) <= room;
    let least = if place.is_empty() { 0 } else { ACCOUNT_LEAST.min(width(&place)) + 2 };
    let left = cut(if is_wide { &whole } else { &cloud }, room.saturating_sub(11 + least), ellipsis);
    let right = room.saturating_sub(11 + width(&left) + 2);
    let kept = if right > 2 * ACCOUNT_LEAST { ACCOUNT_LEAST.min(width(&account)) + 2 } else { 0 };
    let place = cut(&place, right.saturating_sub(kept), ellipsis);
    let room = right.saturating_sub(width(&place) + 2);
    let account = if room < ACCOUNT_LEAST.min(width(&account)) { String::new() } else { cut(&account, room, ellipsis) };
    let gap = right.saturating_sub(width(&place) + width(&account) + if account.is_empty() { 0 } else { 2 });
    Row::new(" dualwrite", Role::Strong)
        .and("  ", Role::Plain)
        .and(left, Role::Warn)
        .and(" ".repeat(gap + 2), Role::Plain)
        .and(place, Role::Strong)
        .and("  ", Role::Plain)
        .and(account, Role::Dim)
}

fn rail(view: &View) -> Row {
    let Some(marks) = route::rail(view.model) else {
        let words = sheet(screen(view.model)).about(view.model);
        let words = cut(words, usize::from(view.size.0).saturating_sub(2), view.look.symbols().ellipsis);
        return Row::new(format!(" {words}"), Role::Dim);
    };
    stations(&route::RAIL, &marks, *view.look, usize::from(view.size.0))
}

/// The places of a way with their marks; where there is no room for all, the present one.
pub(super) fn stations(names: &[&str], marks: &[route::Mark], look: Look, room: usize) -> Row {
    let then = look.symbols().then;
    let place = |at: usize| {
        let (mark, word) = match marks[at] {
            route::Mark::Done => (Mark::Done, ""),
            route::Mark::Passed => (Mark::Passed, ""),
            route::Mark::Now => (Mark::Now, " (now)"),
            route::Mark::Failed => (Mark::Failed, " (failed)"),
            route::Mark::Warn => (Mark::Warn, " (check)"),
            route::Mark::Ahead => (Mark::Waiting, ""),
        };
        let role = if word.is_empty() { Role::Dim } else { Role::Strong };
        Row::new(format!("{} ", mark.glyph(look.glyphs)), mark.role()).and(names[at], role).and(word, role)
    };
    let joined = |gap: &str| {
        let mut row = Row::new(" ", Role::Plain);
        for at in 0..marks.len() {
            if at > 0 {
                row = row.and(format!("{gap}{then}{gap}"), Role::Border);
            }
            row.pieces.extend(place(at).pieces);
        }
        row
    };
    let fits = ["  ", " "].into_iter().map(joined).find(|row| row.width() <= room);
    fits.unwrap_or_else(|| {
        let at = marks
            .iter()
            .position(|mark| !matches!(mark, route::Mark::Done | route::Mark::Passed | route::Mark::Ahead))
            .unwrap_or(0);
        let mut row = Row::new(format!(" Step {} of {}: ", at + 1, marks.len()), Role::Dim);
        row.pieces.extend(place(at).pieces);
        row
    })
}

/// Where the screen is on the way, in words; empty where it is no step.
pub(super) fn step(view: &View) -> String {
    let Some(marks) = route::rail(view.model) else { return String::new() };
    let at = marks
        .iter()
        .position(|mark| !matches!(mark, route::Mark::Done | route::Mark::Passed | route::Mark::Ahead))
        .unwrap_or(0);
    format!("step {} of {}, {}", at + 1, marks.len(), route::RAIL[at])
}

/// How the service behind a running step answers.
fn contact(view: &View, watch: &Watch) -> Row {
    if watch.waits_for_token() {
        let words = " waits for a token: t gives one, d says why";
        return Row::new(format!(" {}{words}", Mark::Warn.glyph(view.look.glyphs)), Role::Warn);
    }
    let answers = watch.trouble.as_deref().and_then(Trouble::status);
    let with_error = answers.map(|status| format!("answers HTTP {status}"));
    let (mark, word) = if let Some(words) = &with_error {
        (Mark::Warn, words.as_str())
    } else if watch.misses >= NO_RESPONSE_MISSES {
        (Mark::Waiting, "no response")
    } else if watch.misses > 0 || between(watch.asks_at, view.now) > DELAYED_AFTER {
        (Mark::Busy, "delayed")
    } else {
        (Mark::Now, "connected")
    };
    let role = if mark == Mark::Now { Role::Good } else { Role::Warn };
    let read = watch.last.as_ref().map_or_else(|| "not read yet".into(), |(at, _)| format!("read {}", view.age(*at)));
    let next = if watch.is_change {
        "a change is being made".to_owned()
    } else if watch.asks_at > view.now {
        format!("next {}", view.ahead(watch.asks_at))
    } else {
        "reading now".to_owned()
    };
    let known = format!(" {} {word}", mark.glyph(view.look.glyphs));
    let is_wide = width(&known) + width(&read) + width(&next) + 2 * KEY_GAP.len() < usize::from(view.size.0);
    let gap = if is_wide { KEY_GAP } else { NARROW_GAP };
    let row = Row::new(known, role).and(format!("{gap}{read}{gap}{next}"), Role::Dim);
    match &watch.trouble {
        Some(trouble) => {
            // Where to read it whole stays, however little of it there is room for.
            let more = " (d)";
            let room = usize::from(view.size.0).saturating_sub(row.width() + gap.len() + width(more) + 1);
            let words = cut(&clean(&trouble.sentence()), room, view.look.symbols().ellipsis);
            row.and(format!("{gap}{words}{more}"), Role::Warn)
        }
        None => row,
    }
}

/// The status line of a page that stands still.
fn read_state(view: &View, reading: &[Service], unknown: usize, read_at: Option<Now>) -> Row {
    let glyph = |mark: Mark| mark.glyph(view.look.glyphs);
    let row = if let Some(what) = being_read(reading) {
        Row::new(format!(" {} {what}", glyph(Mark::Busy)), Role::Busy)
    } else if unknown > 0 {
        let what = if unknown == 1 { "1 fact".to_owned() } else { format!("{unknown} facts") };
        Row::new(format!(" {} {what} could not be read (d)", glyph(Mark::Busy)), Role::Warn)
    } else if read_at.is_some() {
        Row::new(format!(" {} connected", glyph(Mark::Now)), Role::Good)
    } else {
        Row::new(format!(" {} nothing read yet", glyph(Mark::Waiting)), Role::Dim)
    };
    match read_at {
        Some(at) => row.and(format!("   read {}", view.age(at)), Role::Dim),
        None => row,
    }
}

/// Who is waited for: the service of each open question.
fn being_read(open: &[Service]) -> Option<String> {
    let mut services: Vec<Service> = Vec::new();
    for service in open {
        if !services.contains(service) {
            services.push(*service);
        }
    }
    match services.as_slice() {
        [] => None,
        [one] => Some(format!("reading {}", one.name())),
        [one, other] => Some(format!("reading {} and {}", one.name(), other.name())),
        all => Some(format!("reading {} answers of {} services", open.len(), all.len())),
    }
}

fn of_setup(view: &View, setup: &Setup) -> Row {
    if let Flow::Linking(link) = &setup.flow
        && link.step == LinkStep::AskPerson
    {
        return Row::new(format!(" {} waiting for your confirmation", Mark::Busy.glyph(view.look.glyphs)), Role::Busy);
    }
    match setup.watch() {
        // While both sides are read, the open questions are those of the facts.
        Some(watch) if setup.is_read() => contact(view, watch),
        _ => {
            let failed = setup.flow.failure().map(|failure| failure.at);
            let newest = setup.facts.newest().max(failed);
            // What is known of both sides comes from the list of the project, too.
            let directory = &view.model.directory;
            let of_sides = setup.reading.keys().map(|kind| kind.service());
            let reading: Vec<Service> = of_sides.chain(directory.reading_lcs.map(|_| Service::Lcs)).collect();
            let unknown = setup.facts.troubles().len() + usize::from(directory.lcs_trouble.is_some());
            read_state(view, &reading, unknown, newest)
        }
    }
}

fn of_list(view: &View, model: &Model) -> Row {
    let directory = &model.directory;
    if directory.trouble.is_some() && directory.reading.is_none() {
        let glyph = Mark::Failed.glyph(view.look.glyphs);
        return Row::new(format!(" {glyph} the list could not be read (d)"), Role::Bad);
    }
    let silent = model.setups.unanswered();
    if silent > 0 {
        let glyph = Mark::Busy.glyph(view.look.glyphs);
        let what = if silent == 1 { "1 set-up gets".to_owned() } else { format!("{silent} set-ups get") };
        return Row::new(format!(" {glyph} {what} no good answer; open it to see why"), Role::Warn);
    }
    let lists = [directory.reading.map(|_| Service::Bap), directory.reading_lcs.map(|_| Service::Lcs)];
    let reading: Vec<Service> = lists.into_iter().flatten().collect();
    read_state(view, &reading, usize::from(directory.lcs_trouble.is_some()), directory.read_at)
}

/// What is said to the person, above the last row of the status.
pub(super) fn said_rows(text: &str, look: Look, room: usize) -> Vec<Row> {
    let symbols = look.symbols();
    let start = Row::new(format!(" {} ", symbols.then), Role::Busy);
    let text = clean(text).replace('“', symbols.quote_open).replace('”', symbols.quote_close);
    let mut rows = behind(start, &[Piece::new(text, Role::Strong)], room);
    rows.truncate(STATUS_MAX - 1);
    rows
}

/// What is said, and how fresh what is shown is.
pub(super) fn status(view: &View) -> Vec<Row> {
    let room = usize::from(view.size.0).saturating_sub(1);
    let fresh = sheet(screen(view.model)).freshness(view);
    let said = view.eye.hint.as_deref().or(view.model.notice.as_deref());
    if let Some(text) = said {
        let mut rows = said_rows(text, *view.look, room);
        // How old things are stays in sight, whatever is said.
        rows.push(fresh);
        return rows;
    }
    vec![fresh]
}

/// Whether the service answers, and how old what is shown is.
pub(super) fn freshness(view: &View) -> Row {
    match view.model.current() {
        Some((_, setup)) => of_setup(view, setup),
        None => of_list(view, view.model),
    }
}

fn footer(view: &View, top: &Laid) -> Row {
    let shown = top.sheet.keys().iter().filter(|binding| top.page.offers(binding.act));
    footer_of(shown, usize::from(view.size.0).saturating_sub(1))
}

/// Keys and what they do, as many as there is room for.
pub(super) fn footer_of<'a>(shown: impl Iterator<Item = &'a Binding>, room: usize) -> Row {
    let stays = |act: Act| matches!(act, Act::Help | Act::Leave | Act::Back | Act::Press);
    let mut parts: Vec<(Act, String, &str)> =
        shown.map(|binding| (binding.act, binding.keys[0].name(), binding.says)).collect();
    let part = |(_, key, says): &(Act, String, &str)| width(key) + 1 + width(says);
    let cells = |parts: &[(Act, String, &str)], gap: &str| {
        (parts.iter().map(|one| part(one) + gap.len()).sum::<usize>()).saturating_sub(gap.len())
    };
    // The way on, the way back and the help page stay; of the others, in their order, what there is room for.
    let fixed: usize = parts.iter().filter(|one| stays(one.0)).map(|one| part(one) + NARROW_GAP.len()).sum();
    let mut left = (room + NARROW_GAP.len()).saturating_sub(fixed);
    parts.retain(|one| {
        let wants = if stays(one.0) { 0 } else { part(one) + NARROW_GAP.len() };
        let fits = wants <= left;
        left -= if fits { wants } else { 0 };
        fits
    });
    let gap = if cells(&parts, KEY_GAP) > room { NARROW_GAP } else { KEY_GAP };
    // On the narrowest ones what Enter does is seen by the focus.
    if cells(&parts, gap) > room {
        parts.retain(|(act, _, _)| *act != Act::Press);
    }
    let mut row = Row::new(" ", Role::Plain);
    for (at, (_, key, says)) in parts.into_iter().enumerate() {
        if at > 0 {
            row = row.and(gap, Role::Plain);
        }
        row = row.and(key, Role::Key).and(format!(" {says}"), Role::Dim);
    }
    row
}
