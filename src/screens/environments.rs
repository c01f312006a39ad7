//! Environments: the list, what is known of the selected one, and how far each is.

use super::eye::Eye;
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::list::{self, Standing};
use super::page::{Page, Room};
use super::sheet::{Choices, Field, Sheet, TYPED_MAX};
use super::{View, parts};
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::facts::{FactKind, Facts};
use crate::core::gate::{self, Integration};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::setup::Flow;
use crate::core::standing::{Standing as Far, standing};
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, field, para};
use crate::ui::text::{clean, fit, fit_name, width, window};

/// Rows of the body from which the selected environment is told about below the list.
const FACTS_FROM: usize = 13;
/// Cells of the labels of the facts.
const LABEL: usize = 24;
/// Cells between two columns.
const BETWEEN: &str = "  ";
const GAP: usize = BETWEEN.len();
/// Place of the column that tells the set-up.
const SET_UP: usize = 4;
/// Cells of the page from which the address has its own column.
const ROOMY: usize = 110;
/// Cells that a name has before other columns get theirs.
const NAME_LEAST: usize = 28;
/// Cells of the text "Filter  ".
const FILTER_AT: usize = 8;

/// Most environments that are listed line by line to be chosen from; the filter finds the others.
pub(super) const LISTED_MAX: usize = 100;

/// The list.
pub(super) struct Environments;

impl Sheet for Environments {
    fn title(&self) -> &'static str {
        "Environments"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::OPEN_IT,
            keys::FILTER,
            keys::READ_NOW,
            keys::SORT,
            keys::CLEAR,
            keys::RUNS,
            keys::DETAILS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "Each line is one environment with the finance and operations side that belongs to it. Opening one only reads. \
         A set-up that runs continues while you look at another; the column Set-up says how far each is. Of a long \
         list only the rows in sight are read; sorting by set-up reads all of them, some at a time."
    }

    fn ticks(&self, model: &Model) -> bool {
        model.running().next().is_some()
    }

    fn refresh(&self, model: &Model, eye: &mut Eye) {
        list::refresh(model, &mut eye.list);
    }

    fn settle(&self, model: &Model, eye: &mut Eye, height: usize, _end: bool) -> Option<Intent> {
        list::settle(model, &mut eye.list, height);
        None
    }

    fn field(&self, eye: &Eye) -> Option<Field> {
        eye.list.typing.then_some(Field { what: None, most: TYPED_MAX, taken: clean, changed: |eye| eye.list.top = 0 })
    }

    fn act(&self, model: &Model, eye: &mut Eye, act: Act, height: usize) -> Option<Reaction> {
        let list = &mut eye.list;
        let shown = list::shown(model, list);
        let (at, count) = (shown.at, shown.order.len());
        // Where a filter finds nothing, what was selected before is not forgotten.
        let chosen = shown.chosen(model).map(|environment| environment.id.clone());
        let kept = chosen.clone().or_else(|| list.selected.clone());
        let id_at = |at: usize| -> Option<EnvironmentId> {
            shown.order.get(at).map(|place| model.directory.environments[*place].id.clone())
        };
        let goes_to = keys::travel(act, at, count, height).map(id_at);
        match act {
            // What is selected stays selected, wherever it comes to stand.
            Act::Filter => {
                list.selected = kept;
                list.typing = true;
            }
            Act::Sort => {
                list.selected = kept;
                list.sort = list.sort.next();
            }
            Act::Clear if list.typing || !list.filter.value().is_empty() => {
                list.selected = kept;
                list.typing = false;
                list.filter.reset();
            }
            Act::Clear | Act::Next | Act::Previous => return Some(Reaction::Nothing),
            Act::Press => {
                return Some(match chosen {
                    Some(id) => {
                        list.typing = false;
                        list.selected = Some(id.clone());
                        Reaction::Intent(Intent::OpenEnvironment(id))
                    }
                    None if model.directory.reading.is_some() => Reaction::Intent(Intent::OpenFirst),
                    None => Reaction::Nothing,
                });
            }
            _ => list.selected = goes_to?,
        }
        Some(Reaction::Redraw)
    }

    fn choices(&self, view: &View) -> Option<Choices> {
        let directory = &view.model.directory;
        if directory.environments.is_empty() {
            return None;
        }
        let order = list::shown(view.model, &view.eye.list).order;
        let sentences = order.iter().take(LISTED_MAX).map(|at| sentence(view, &directory.environments[*at])).collect();
        Some(Choices { about: about(view, order.len()), sentences })
    }

    fn choose(&self, model: &Model, eye: &mut Eye, at: usize) -> Reaction {
        let order = list::shown(model, &eye.list).order;
        let Some(place) = order.get(at) else { return Reaction::Nothing };
        Reaction::Intent(Intent::OpenEnvironment(model.directory.environments[*place].id.clone()))
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let directory = &view.model.directory;
        let state = &view.eye.list;
        let shown = list::shown(view.model, state);
        let (order, place) = (&shown.order, shown.at);
        let mut page = Page::default();
        notes_of_trouble(view, room, &mut page.notes);
        if directory.environments.is_empty() {
            page.rows = nothing_to_show(view, room);
            page.picks = directory.reading.is_some();
            return page;
        }
        page.clears = state.typing || !state.filter.value().is_empty();
        page.picks = !order.is_empty();
        let unread = state.order.unread().len();
        page.head = vec![filter_line(view, room, order.len(), unread)];
        if view.eye.list.typing {
            let cells = room.width.saturating_sub(FILTER_AT + 1);
            let (_, caret) = window(state.filter.value(), state.filter.cursor(), cells);
            page.caret = Some((0, FILTER_AT + caret));
        }
        if let Some(environment) = shown.chosen(view.model)
            && room.height >= FACTS_FROM
        {
            page.notes = facts(view, environment, room);
            notes_of_trouble(view, room, &mut page.notes);
        }
        if order.is_empty() {
            page.head.push(Row::blank());
            page.rows = para("No environment matches this filter. Press Esc to clear it.", Role::Plain, room.width);
            return page;
        }
        page.head.push(Row::blank());
        let around = page.head.len() + 1 + page.notes.len() + usize::from(!page.notes.is_empty());
        let height = room.height.saturating_sub(around).max(1);
        let top = list::top(state, place, order.len(), height);
        let seen: Vec<&Environment> =
            order.iter().skip(top).take(height).map(|at| &directory.environments[*at]).collect();
        page.unseen = (top, order.len() - top - seen.len());
        let table = Table::of(view, &seen, room.width);
        page.head.push(table.header());
        page.rows = (0..seen.len()).map(|at| table.row(view, at, top + at == place)).collect();
        page.selected = place.checked_sub(top);
        page
    }
}

/// An environment and how far it is. A clock that is read again each minute is noise.
fn sentence(view: &View, environment: &Environment) -> String {
    let setup = view.model.setups.get(&environment.id);
    let far = match (standing(environment, setup), setup.map(|setup| &setup.flow)) {
        (_, Some(Flow::Configuring(run))) => format!("set-up runs, {} stages done", run.done()),
        (far @ Far::Linking, _) => far.words().to_owned(),
        _ => list::standing(environment, setup, view.now).in_full().to_owned(),
    };
    format!("{}, {}: {far}", clean(&environment.label()), clean(environment.kind().word()))
}

/// What is said of the list line by line, of which so many environments answer to the filter.
fn about(view: &View, found: usize) -> Vec<String> {
    let (directory, list) = (&view.model.directory, &view.eye.list);
    let all = directory.environments.len();
    let mut text = vec![match list.filter.value() {
        "" => format!("{all} environments, {}. A name after / filters.", list.sort.words()),
        filter => format!("{found} of {all} environments match “{}”. / alone shows all.", clean(filter)),
    }];
    if found > LISTED_MAX {
        text.push(format!("The first {LISTED_MAX} are listed; a part of a name after / finds the others."));
    }
    if let Some(name) = &directory.not_found {
        text.insert(0, format!("No environment matches “{}”.", clean(name)));
    }
    let troubles = [&directory.trouble, &directory.lcs_trouble];
    text.extend(troubles.into_iter().flatten().map(|trouble| clean(&trouble.whole_sentence())));
    text
}

fn filter_line(view: &View, room: Room, shown: usize, unread: usize) -> Row {
    let state = &view.eye.list;
    let all = view.model.directory.environments.len();
    let count = if shown == all { format!("{all} shown") } else { format!("showing {shown} of {all}") };
    let unread = if unread > 0 { format!(", {unread} not read yet") } else { String::new() };
    let count = format!("{count}, {}{unread}", state.sort.words());
    let text = state.filter.value();
    let cells = room.width.saturating_sub(FILTER_AT + 1);
    let (typed, _) = window(text, state.filter.cursor(), cells);
    let row = Row::new("Filter  ", if state.typing { Role::Strong } else { Role::Dim });
    let row = match (text.is_empty(), state.typing) {
        (true, false) => row.and("/ to type", Role::Dim),
        _ => row.and(typed, Role::Strong),
    };
    let used = row.width() + 2 + width(&count);
    if used > room.width { row } else { row.filled_to(room.width - width(&count)).and(count, Role::Dim) }
}

fn nothing_to_show(view: &View, room: Room) -> Vec<Row> {
    let directory = &view.model.directory;
    let mut rows = Vec::new();
    let look = *view.look;
    match (&directory.trouble, directory.reading.is_some()) {
        (Some(trouble), asked_again) => {
            rows.extend(parts::marked(Mark::Failed, "The list could not be read.", look, room.width));
            rows.push(Row::blank());
            rows.extend(parts::told(trouble, view, room.width));
            if asked_again {
                rows.push(Row::blank());
                rows.extend(parts::marked(Mark::Busy, "The list is requested again.", look, room.width));
            }
        }
        (None, true) => {
            rows.extend(parts::marked(
                Mark::Busy,
                "Reading the environments that this account may administer.",
                look,
                room.width,
            ));
            rows.push(Row::blank());
            rows.extend(para("Enter opens the first one as soon as the list is there.", Role::Dim, room.width));
        }
        (None, false) if directory.read_at.is_some() => {
            rows.extend(parts::marked(Mark::Warn, "No environment is visible to this account.", look, room.width));
            rows.push(Row::blank());
            let text = format!(
                "Signed in as {}. The list holds what this account may administer: it needs the role Power Platform \
                 administrator or Dynamics 365 administrator, or System Administrator in the environment. \
                 r reads again.",
                clean(view.model.account())
            );
            rows.extend(para(&text, Role::Plain, room.width));
        }
        (None, false) => rows.extend(para("Nothing was read yet. Press r to read.", Role::Plain, room.width)),
    }
    rows
}

fn notes_of_trouble(view: &View, room: Room, notes: &mut Vec<Row>) {
    let directory = &view.model.directory;
    let mut note = |text: String| notes.extend(parts::marked(Mark::Warn, &text, *view.look, room.width));
    if let Some(text) = &directory.not_found {
        note(format!("No environment matches {}.", view.look.quoted(&clean(text))));
    }
    if let Some(trouble) = &directory.lcs_trouble {
        note(format!("The data of Lifecycle Services is missing here: {} (d).", clean(&trouble.sentence())));
    }
    if let Some(trouble) = directory.trouble.as_ref().filter(|_| !directory.environments.is_empty()) {
        note(format!("This list is the last one that could be read: {} (d).", clean(&trouble.sentence())));
    }
}

fn facts(view: &View, environment: &Environment, room: Room) -> Vec<Row> {
    let none = Facts::default();
    let setup = view.model.setups.get(&environment.id);
    let known = setup.map_or(&none, |setup| &setup.facts);
    let mut rows = vec![parts::heading(&parts::name(&environment.name, *view.look))];
    let mut put = |label: &str, value: String| {
        rows.extend(field(label, LABEL, &[Piece::new(value, Role::Plain)], room.width));
    };
    let finops = gate::finops_url(environment, known).map_or_else(|| "not known".to_owned(), parts::host);
    put("finance and operations", finops);
    let dataverse = environment.dataverse.as_ref().map_or_else(|| "none".to_owned(), |side| parts::host(&side.url));
    put("Dataverse", dataverse);
    let finops_version = environment.finops_versions().map_or_else(|| "not known".to_owned(), |text| clean(&text));
    let dataverse_version = environment.dataverse.as_ref().and_then(|side| side.version.as_deref()).map(clean);
    put("versions", format!("{finops_version}; Dataverse {}", dataverse_version.as_deref().unwrap_or("not known")));
    let standing = list::standing(environment, setup, view.now);
    let unknown = setup.and_then(|setup| setup.facts.troubles().first().map(|trouble| clean(&trouble.sentence())));
    let why = unknown.map(|why| format!("; {why}")).unwrap_or_default();
    put("set-up", format!("{}{why}", standing.in_full()));
    if room.height >= FACTS_FROM * 2 {
        let id = environment.power_platform.as_deref().unwrap_or("none");
        put("Power Platform id", clean(id));
        put("LCS environment id", clean(gate::lcs_id(environment, known).unwrap_or("not known")));
    }
    rows
}

/// The word of the Integration column; what nobody asked for yet is not being read.
fn integration(view: &View, environment: &Environment) -> &'static str {
    let setup = view.model.setups.get(&environment.id);
    let none = Facts::default();
    let asked = setup.is_some_and(|setup| setup.reading.contains_key(&FactKind::Integration));
    match gate::integration(environment, setup.map_or(&none, |setup| &setup.facts)) {
        Integration::Unread if !asked => "not read",
        known => known.word(),
    }
}

/// The visible part of the list as columns.
struct Table {
    columns: Vec<Column>,
    marks: Vec<Option<Mark>>,
}

struct Column {
    title: &'static str,
    cells: Vec<String>,
    width: usize,
    /// It is not cut below this.
    least: usize,
    /// Lower ones are left out first where there is no room.
    worth: u8,
    is_standing: bool,
}

impl Table {
    fn of(view: &View, shown: &[&Environment], room: usize) -> Self {
        let none = Facts::default();
        let glyphs = view.look.glyphs;
        let standings: Vec<Standing> = shown
            .iter()
            .map(|environment| list::standing(environment, view.model.setups.get(&environment.id), view.now))
            .collect();
        let said = |is_full: bool| {
            standings
                .iter()
                .map(|standing| {
                    let words = if is_full { standing.in_full() } else { &standing.words };
                    match standing.mark {
                        Some(mark) => format!("{} {words}", mark.glyph(glyphs)),
                        None => words.to_owned(),
                    }
                })
                .collect::<Vec<_>>()
        };
        let each = |of: &dyn Fn(&Environment) -> String| shown.iter().map(|environment| of(environment)).collect();
        let facts =
            |environment: &Environment| view.model.setups.get(&environment.id).map_or(&none, |setup| &setup.facts);
        let column = |title, cells: Vec<String>, least, worth, is_standing| {
            let widest = cells.iter().map(|cell| width(cell)).max().unwrap_or(0).max(width(title));
            Column { title, cells, width: widest, least, worth, is_standing }
        };
        let mut columns = vec![
            column("Environment", each(&|of| clean(&of.label())), NAME_LEAST, 9, false),
            column("Kind", each(&|of| clean(of.kind().word())), 7, 4, false),
            column("Geography", each(&parts::geography), 9, 2, false),
            column("Integration", each(&|of| integration(view, of).to_owned()), 11, 3, false),
            column("Set-up", said(false), 16, 8, true),
        ];
        if room >= ROOMY {
            let hosts = each(&|of| gate::finops_url(of, facts(of)).map_or_else(|| "not known".to_owned(), parts::host));
            columns.push(column("Finance and operations", hosts, 24, 1, false));
        }
        // In full where that takes nothing from any column.
        let room = room.saturating_sub(2);
        if standings.iter().any(|standing| standing.in_full() != standing.words) {
            let in_full = column("Set-up", said(true), 16, 8, true);
            let more = in_full.width.saturating_sub(columns[SET_UP].width);
            if columns.iter().map(|column| column.width + GAP).sum::<usize>() + more <= room + GAP {
                columns[SET_UP] = in_full;
            }
        }
        Self { columns: fitted(columns, room), marks: standings.iter().map(|of| of.mark).collect() }
    }

    fn header(&self) -> Row {
        let mut row = Row::new("  ", Role::Dim);
        for column in &self.columns {
            row = row.and(fit(column.title, column.width + GAP, ""), Role::Dim);
        }
        row
    }

    fn row(&self, view: &View, at: usize, is_selected: bool) -> Row {
        let symbols = view.look.symbols();
        let pointer = if is_selected { format!("{} ", symbols.selected) } else { "  ".to_owned() };
        let base = if is_selected { Role::Focus } else { Role::Plain };
        let mut row = Row::new(pointer, base);
        for (place, column) in self.columns.iter().enumerate() {
            // The first is the name.
            let fitted = if place == 0 { fit_name } else { fit };
            let mut text = fitted(&column.cells[at], column.width, symbols.ellipsis);
            text.push_str(BETWEEN);
            let role = match self.marks[at].filter(|_| column.is_standing && !is_selected) {
                Some(mark) => mark.role(),
                None => base,
            };
            row = row.and(text, role);
        }
        row
    }
}

/// Leaves out what there is no room for, then cuts the widest until the rest fits.
fn fitted(mut columns: Vec<Column>, room: usize) -> Vec<Column> {
    let least = |columns: &[Column]| columns.iter().map(|column| column.width.min(column.least) + GAP).sum::<usize>();
    while columns.len() > 1 && least(&columns) > room + GAP {
        let Some(at) = (0..columns.len()).min_by_key(|at| columns[*at].worth) else { break };
        columns.remove(at);
    }
    loop {
        let total: usize = columns.iter().map(|column| column.width + GAP).sum();
        if total <= room + GAP {
            break;
        }
        let widest = columns
            .iter_mut()
            .filter(|column| column.width > column.least)
            .max_by_key(|column| column.width - column.least);
        match widest {
            Some(column) => column.width -= 1,
            None => break,
        }
    }
    columns
}
