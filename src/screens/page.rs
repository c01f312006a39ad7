//! A page: what a screen shows, as a value, and the one drawer for all of them.
//!
//! A page is a part that stays at the top, a part that scrolls, a part that stays below it, and
//! the stops: buttons and boxes, always in sight. The drawer gives each its place at any size; the
//! key handler asks the same [`Page::places`], so both mean the same cells.

use super::eye::{Ask, Stage};
use super::keys::Act;
use crate::core::journal::RunId;
use crate::core::mandate::Module;
use crate::core::msg::Intent;
use crate::ui::look::{Look, Role};
use crate::ui::paint;
use crate::ui::row::Row;
use crate::ui::text::{self, cut};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Block;

/// Cells beyond those that the first column wants from which a second one stands at the right.
const SIDE_FROM: u16 = 32;
/// Least and most cells of the second column.
const SIDE: (u16, u16) = (36, 84);
/// Cells that the first column wants where there are two, as on a terminal of 80 columns.
pub const MAIN: u16 = 74;
/// Cells between the columns.
pub const SIDE_GAP: u16 = 3;
/// On a terminal narrower than this the line under the scrolling part says less.
const NARROW: u16 = 50;
/// Cells of the pointer in front of the selected row of a list.
const POINTER: u16 = 2;
/// Cells between two buttons.
const BUTTON_GAP: usize = 2;

/// What happens when a stop is pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Somebody wants this.
    Intent(Intent),
    /// A question or a text is laid over the screen.
    Ask(Ask),
    /// The overlay goes away.
    Close,
    /// The program is left.
    Leave,
    /// A section is opened or closed.
    Fold,
    /// A module is ticked or unticked.
    ToggleModule(Module),
    /// The box of the repair is ticked or unticked.
    TogglePurge,
    /// What that is, the sheet itself says.
    Own,
}

/// How a stop looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `[ Label ]`.
    Button,
    /// `[x] Label`.
    Box(bool),
    /// A row of the scrolling part.
    Section,
}

/// Something that can have the focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its words; no two stops of a page have the same.
    pub label: &'static str,
    /// What pressing it does.
    pub action: Action,
    /// Its shape.
    pub shape: Shape,
    /// Why it cannot be pressed yet.
    pub closed: Option<String>,
}

impl Stop {
    /// An open button.
    pub fn button(label: &'static str, action: Action) -> Self {
        Self { label, action, shape: Shape::Button, closed: None }
    }

    /// An open button that wants something of the core.
    pub fn wants(label: &'static str, intent: Intent) -> Self {
        Self::button(label, Action::Intent(intent))
    }

    /// The button, closed for a reason.
    #[must_use]
    pub fn closed_because(mut self, reason: Option<String>) -> Self {
        self.closed = reason;
        self
    }

    fn text(&self) -> String {
        match self.shape {
            Shape::Button => format!("[ {} ]", self.label),
            Shape::Box(true) => format!("[x] {}", self.label),
            Shape::Box(false) => format!("[ ] {}", self.label),
            Shape::Section => self.label.to_owned(),
        }
    }

    /// Its text in so many cells.
    fn text_in(&self, cells: u16, look: Look) -> String {
        let (text, cells) = (self.text(), usize::from(cells));
        if text::width(&text) <= cells {
            return text;
        }
        let ellipsis = look.symbols().ellipsis;
        match self.shape {
            Shape::Button => format!("[ {} ]", cut(self.label, cells.saturating_sub(4), ellipsis)),
            Shape::Box(_) | Shape::Section => cut(&text, cells, ellipsis),
        }
    }

    /// Cells in front of the first letter of the label.
    fn label_at(&self) -> u16 {
        match self.shape {
            Shape::Button => 2,
            Shape::Box(_) => 1,
            Shape::Section => 0,
        }
    }
}

/// Room for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Cells of the main column.
    pub width: usize,
    /// Cells of both columns, for the notes.
    pub full: usize,
    /// Rows of the body.
    pub height: usize,
    /// Whether the second column is shown too.
    pub has_side: bool,
}

/// What a screen shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Stays at the top.
    pub head: Vec<Row>,
    /// Scrolls.
    pub rows: Vec<Row>,
    /// How many rows of a long list there are above and below those, which the page has not made.
    pub unseen: (usize, usize),
    /// Second column, where there is room.
    pub side: Vec<Row>,
    /// Cells of the second column.
    pub side_cells: u16,
    /// Stays above the buttons.
    pub notes: Vec<Row>,
    /// Buttons, boxes and sections, in the order of Tab.
    pub stops: Vec<Stop>,
    /// Label of the stop that has the focus at first.
    pub primary: &'static str,
    /// Row of the head and cell where a text is typed.
    pub caret: Option<(usize, usize)>,
    /// Row of the notes and cell where a text is typed.
    pub note_caret: Option<(usize, usize)>,
    /// What `o` opens.
    pub address: Option<String>,
    /// What `y` copies.
    pub copy: Option<String>,
    /// What `f` asks: the remedy that can be carried out from here.
    pub fix: Option<Ask>,
    /// The run that `x` exports.
    pub run: Option<RunId>,
    /// Whether Enter picks a row.
    pub picks: bool,
    /// The row of the scrolling part on which the cursor stands: the one that Enter picks, or the stage that runs.
    pub selected: Option<usize>,
    /// Whether there is a filter to clear.
    pub clears: bool,
}

/// Where the parts of a page are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    head: Rect,
    /// The scrolling part.
    pub rows: Rect,
    side: Rect,
    rule: Rect,
    notes: Rect,
    buttons: Rect,
}

impl Places {
    /// Rows under the scrolling part.
    pub fn below(&self) -> u16 {
        self.rule.height + self.notes.height + self.buttons.height
    }
}

/// The width of the second column inside a body of this width, beside a first one that wants `main` cells; 0 where
/// there is no room for it. It is never the wider of the two.
pub fn side_width(inner: u16, main: u16) -> u16 {
    if inner < main + SIDE_FROM {
        return 0;
    }
    let half = inner.saturating_sub(SIDE_GAP) / 2;
    inner.saturating_sub(main + SIDE_GAP).min(half).clamp(SIDE.0, SIDE.1)
}

/// The inside of the frame: a border and one empty cell at each side.
pub fn inner(body: Rect) -> Rect {
    Rect {
        x: body.x.saturating_add(2),
        y: body.y.saturating_add(1),
        width: body.width.saturating_sub(4),
        height: body.height.saturating_sub(2),
    }
}

impl Page {
    /// Whether a key has something to do here.
    pub(super) fn offers(&self, act: Act) -> bool {
        if self.clears && self.caret.is_some() {
            // Every other key is a letter of the filter.
            return act == Act::Clear || act == Act::Press && self.picks;
        }
        match act {
            Act::Press => self.picks || !self.stops.is_empty(),
            Act::Tick => self.stops.iter().any(|stop| stop.shape != Shape::Button),
            Act::Open => self.address.is_some(),
            Act::Copy => self.copy.is_some(),
            Act::Repair => self.fix.is_some(),
            Act::Export => self.run.is_some(),
            Act::Clear => self.clears,
            Act::Filter | Act::Sort => self.picks || self.clears,
            _ => true,
        }
    }

    /// The stop that has the focus.
    pub fn focused(&self, stage: &Stage) -> Option<&Stop> {
        let at = |label: &str| self.stops.iter().find(|stop| stop.label == label);
        stage.focus.and_then(at).or_else(|| at(self.primary)).or_else(|| self.stops.first())
    }

    /// The label of the stop `step` places after the focused one, round and round.
    pub fn neighbour(&self, stage: &Stage, step: isize) -> Option<&'static str> {
        let focused = self.focused(stage)?.label;
        let at = self.stops.iter().position(|stop| stop.label == focused)?;
        let count = isize::try_from(self.stops.len()).ok()?;
        let next = (isize::try_from(at).ok()? + step).rem_euclid(count);
        self.stops.get(usize::try_from(next).ok()?).map(|stop| stop.label)
    }

    /// The place of a section among the scrolling rows.
    pub fn section_row(&self, label: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.stop == Some(label))
    }

    /// Rows that can be scrolled away.
    pub fn scroll_max(&self, places: &Places) -> usize {
        self.rows.len().saturating_sub(usize::from(places.rows.height))
    }

    /// Whether a text has the keys.
    fn types(&self) -> bool {
        self.caret.is_some() || self.note_caret.is_some()
    }

    fn buttons(&self, width: usize) -> Vec<Vec<&Stop>> {
        let mut lines: Vec<Vec<&Stop>> = Vec::new();
        let mut used = 0;
        for stop in self.stops.iter().filter(|stop| stop.shape != Shape::Section) {
            let cells = text::width(&stop.text());
            match lines.last_mut() {
                Some(line) if used + BUTTON_GAP + cells <= width => {
                    line.push(stop);
                    used += BUTTON_GAP + cells;
                }
                _ => {
                    lines.push(vec![stop]);
                    used = cells;
                }
            }
        }
        lines
    }

    /// Gives each part its rows of the inside of the frame. Buttons come first, then at least one
    /// row that scrolls, then the head and the notes.
    pub fn places(&self, inner: Rect) -> Places {
        let rows_of = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let mut left = inner.height;
        let mut take = |wanted: u16, spare: u16| {
            let got = wanted.min(left.saturating_sub(spare));
            left -= got;
            got
        };
        let buttons = take(rows_of(self.buttons(usize::from(inner.width)).len()), 0);
        let some = u16::from(!self.rows.is_empty());
        let head = take(rows_of(self.head.len()), some);
        let rule = take(u16::from(buttons > 0 || !self.notes.is_empty()), some + 1);
        let notes = take(rows_of(self.notes.len()), some * 2);
        let rows = left;
        let side_width = if self.side.is_empty() { 0 } else { self.side_cells };
        let main_width = inner.width - if side_width > 0 { side_width + SIDE_GAP } else { 0 };
        let mut y = inner.y;
        let mut place = |height: u16, width: u16| {
            let place = Rect { x: inner.x, y, width, height };
            y = y.saturating_add(height);
            place
        };
        let head = place(head, main_width);
        let rows = place(rows, main_width);
        let rule = place(rule, inner.width);
        let notes = place(notes, inner.width);
        let buttons = place(buttons, inner.width);
        let side = Rect {
            x: inner.right().saturating_sub(side_width),
            y: inner.y,
            width: side_width,
            height: head.height + rows.height,
        };
        Places { head, rows, side, rule, notes, buttons }
    }

    /// Rows that the scrolling part has in this room.
    pub(super) fn in_sight(&self, room: Room) -> usize {
        let cells = |of: usize| u16::try_from(of).unwrap_or(u16::MAX);
        let inner = Rect::new(0, 0, cells(room.full), cells(room.height));
        usize::from(self.places(inner).rows.height)
    }

    /// Rows of the scrolling part that nothing is in yet.
    pub(super) fn spare(&self, room: Room) -> usize {
        self.in_sight(room).saturating_sub(self.rows.len())
    }

    /// The page in the inside of a frame: notes that do not fit there whole can be scrolled to, and what is left of
    /// them says that it goes on.
    pub(super) fn fitted(mut self, inner: Rect, look: Look) -> Self {
        let room = usize::from(self.places(inner).notes.height);
        // A list shows what it has made for its height; where a text is typed, its row stays as it is.
        let typed = self.note_caret.map(|(row, _)| row);
        if room == 0 || room >= self.notes.len() || self.picks || typed.is_some_and(|row| row + 1 >= room) {
            return self;
        }
        if typed.is_none() {
            self.rows.push(Row::blank());
            self.rows.extend(self.notes.iter().cloned());
        }
        self.notes.truncate(room);
        if let Some(row) = self.notes.last_mut() {
            let others = usize::from(inner.width).saturating_sub(row.width());
            if let Some(piece) = row.pieces.last_mut() {
                let (ellipsis, cells) = (look.symbols().ellipsis, others + text::width(&piece.text));
                piece.text = cut(&format!("{} {ellipsis}", piece.text), cells, ellipsis);
            }
        }
        self
    }

    /// Draws the frame and everything in it; puts the cursor on the focus.
    pub fn draw(&self, title: &str, frame: &mut Frame, body: Rect, stage: &Stage, look: Look) {
        let symbols = look.symbols();
        let block = Block::bordered()
            .border_set(symbols.frame)
            .border_style(look.style(Role::Border))
            .title(format!(" {title} "))
            .title_style(look.style(Role::Strong));
        frame.render_widget(block, body);
        let places = self.places(inner(body));
        let scroll = stage.scroll.min(self.scroll_max(&places));
        let shown = &self.rows[scroll..];
        let focus = self.focused(stage).map(|stop| stop.label);
        let mut cursor = None;
        let buffer = frame.buffer_mut();
        paint::rows(buffer, places.head, &self.head, &look);
        for (at, (row, line)) in shown.iter().zip(places.rows.rows()).enumerate() {
            let is_focus = row.stop.is_some() && row.stop == focus && !self.types();
            paint::row(buffer, line, row, &look, is_focus);
            if is_focus {
                cursor = Some(Position::new(line.x, line.y));
            }
            if self.selected == Some(scroll + at) {
                cursor = Some(Position::new(line.x.saturating_add(POINTER), line.y));
            }
        }
        paint::rows(buffer, places.notes, &self.notes, &look);
        if places.side.width > 0 {
            for line in places.side.rows() {
                let wall = Rect { x: line.x.saturating_sub(2), width: 1, ..line };
                paint::row(buffer, wall, &Row::new(symbols.wall, Role::Border), &look, false);
            }
            paint::rows(buffer, places.side, &self.side_that_fits(&places, look), &look);
        }
        self.draw_rule(buffer, body, &places, scroll, look);
        for (line, area) in self.buttons(usize::from(places.buttons.width)).iter().zip(places.buttons.rows()) {
            let mut x = area.x;
            for stop in line {
                let is_focus = Some(stop.label) == focus && !self.types();
                let role = if stop.closed.is_some() { Role::Dim } else { Role::Plain };
                let place = Rect { x, width: area.right().saturating_sub(x), ..area };
                paint::row(buffer, place, &Row::new(stop.text_in(place.width, look), role), &look, is_focus);
                if is_focus {
                    cursor = Some(Position::new(x.saturating_add(stop.label_at()), area.y));
                }
                let step = text::width(&stop.text()) + BUTTON_GAP;
                x = x.saturating_add(u16::try_from(step).unwrap_or(u16::MAX));
            }
        }
        for (caret, part) in [(self.caret, places.head), (self.note_caret, places.notes)] {
            let Some((row, cell)) = caret else { continue };
            let (row, cell) = (u16::try_from(row).unwrap_or(u16::MAX), u16::try_from(cell).unwrap_or(u16::MAX));
            if row < part.height {
                cursor = Some(Position::new(part.x.saturating_add(cell), part.y + row));
            }
        }
        if let Some(cursor) = cursor
            && frame.area().contains(cursor)
        {
            frame.set_cursor_position(cursor);
        }
    }

    fn side_that_fits(&self, places: &Places, look: Look) -> Vec<Row> {
        let room = usize::from(places.side.height);
        if self.side.len() <= room {
            return self.side.clone();
        }
        let shown = room.saturating_sub(1);
        let mut rows = self.side[..shown].to_vec();
        rows.push(Row::new(
            format!("{} {} more lines (d)", look.symbols().ellipsis, self.side.len() - shown),
            Role::Dim,
        ));
        rows
    }

    /// The line under the scrolling part; it says how much is above and below.
    fn draw_rule(&self, buffer: &mut ratatui::buffer::Buffer, body: Rect, places: &Places, scroll: usize, look: Look) {
        let above = self.unseen.0 + scroll;
        let below = self.unseen.1 + self.rows.len().saturating_sub(scroll + usize::from(places.rows.height));
        let more = |count: usize| if count == 1 { "1 more line".to_owned() } else { format!("{count} more lines") };
        let words = match (above, below) {
            (0, 0) => String::new(),
            (0, below) => format!(" {} below (PgDn) ", more(below)),
            (above, 0) => format!(" end, {above} above (PgUp) "),
            (above, below) if body.width < NARROW => format!(" {above} above, {below} below (PgDn) "),
            (above, below) => format!(" {above} above, {} below (PgDn) ", more(below)),
        };
        let symbols = look.symbols();
        let line = if places.rule.height > 0 {
            let rule = Rect { x: body.x, width: body.width, ..places.rule };
            let inside = usize::from(body.width).saturating_sub(2);
            let text = format!("{}{}{}", symbols.join_left, symbols.rule.repeat(inside), symbols.join_right);
            paint::row(buffer, rule, &Row::new(text, Role::Border), &look, false);
            rule
        } else {
            Rect { y: body.bottom().saturating_sub(1), height: u16::from(body.height > 1), ..body }
        };
        let words = cut(&words, usize::from(line.width).saturating_sub(4), symbols.ellipsis);
        let cells = u16::try_from(text::width(&words)).unwrap_or(0);
        if cells > 0 {
            let place = Rect { x: line.right().saturating_sub(cells + 2), width: cells, ..line };
            paint::row(buffer, place, &Row::new(words, Role::Warn), &look, false);
        }
    }
}
