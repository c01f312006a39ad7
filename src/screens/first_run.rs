//! The first screen, where no cloud is configured: what it looks like and what its keys mean.
//!
//! Pure as all screens. It has no model, because there is no cloud yet: it draws a
//! [`FirstRun`], and turns keys into its intents. Focus and cursor are in [`Desk`].

use super::eye::Stage;
use super::frame::{self, Areas};
use super::input::{LISTED, does_nothing};
use super::keys::{self, Act, Binding};
use super::page::{self, Action, Page, Places, Shape, Stop};
use super::parts;
use crate::core::first_run::{Field, FirstRun, Intent, RAIL, Step, Verdict};
use crate::core::national::National;
use crate::core::route;
use crate::ui::keys::Key;
use crate::ui::look::{Look, Mark, Role};
use crate::ui::markdown;
use crate::ui::paint;
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::{clean, cut, fit, width, window};
use crossterm::event::{Event, KeyEvent};
use ratatui::Frame;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

/// Longest text that can be typed or pasted, in characters.
const TYPED_MAX: usize = 300;
/// Cells of the labels of fields.
const LABEL: usize = 13;
/// Cells of the names in lists.
const NAMES: usize = 29;
/// Cells of the names of APIs.
const APIS: usize = 30;
/// Rows that a page of fields needs beside them: a rule, a button, and two to read.
const AROUND_FIELDS: usize = 4;
/// Most cells of the text of a field: a gateway fits.
const VALUE_MAX: usize = 76;

const REHEARSE: &str = "Rehearse offline";
const SET_UP: &str = "Set up my cloud";
const NEXT: &str = "Next";
const WRITE: &str = "Write and go on";
/// What `?` says: there is no page below this one for a help page.
const KEYS: &str = "Enter or Space chooses; Tab, arrows, Home and End move; Esc goes back; q leaves. In a field letters are \
                    text: Enter goes on, Ctrl-C leaves.";

/// What an own registration is allowed, all delegated: for the calls of this program, by the pages of
/// Microsoft on each API. `Directory.Read.All` shows licences and the applications of the tenant; without
/// it they stay unknown.
const PERMISSIONS: [(&str, &str); 7] = [
    ("Dynamics Lifecycle services", "user_impersonation"),
    ("Power Platform API", "AppManagement.ApplicationPackages.Read"),
    ("", "AppManagement.ApplicationPackages.Install"),
    ("PowerApps Service", "User"),
    ("Dynamics CRM", "user_impersonation"),
    ("Dynamics ERP", "Odata.FullAccess"),
    ("Microsoft Graph", "User.Read; Directory.Read.All (optional)"),
];

/// What the eye is doing: focus, scroll, cursors.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    seen: Option<Step>,
    stage: Stage,
    inputs: Vec<(Field, Input)>,
    /// Why the last key did nothing, or what went wrong.
    hint: Option<String>,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing; no new picture is needed.
    Nothing,
    /// Only the eye moved.
    Redraw,
    /// Somebody wants this.
    Intent(Intent),
    /// The program is left.
    Leave,
    /// The program is stopped until the shell continues it.
    Suspend,
    /// The whole terminal is drawn anew.
    Repaint,
}

impl Desk {
    /// Notices another step: its fields are laid out, the focus begins anew.
    pub fn follow(&mut self, first: &FirstRun) {
        if self.seen == Some(first.step) {
            return;
        }
        self.seen = Some(first.step);
        self.hint = None;
        let focus = match first.step {
            Step::Cloud => Some(first.national.title()),
            step => step.fields().first().map(|field| field.label()),
        };
        self.stage = Stage { focus, scroll: 0 };
        self.inputs = first.step.fields().iter().map(|field| (*field, Input::new(first.text(*field)))).collect();
    }

    /// Says something in the status line, until the next key.
    pub fn say(&mut self, words: String) {
        self.hint = Some(words);
    }

    fn field(&self) -> Option<Field> {
        let focus = self.stage.focus?;
        self.inputs.iter().map(|(field, _)| *field).find(|field| field.label() == focus)
    }

    fn input(&mut self) -> Option<(Field, &mut Input)> {
        let field = self.field()?;
        self.inputs.iter_mut().find(|(own, _)| *own == field).map(|(own, input)| (*own, input))
    }
}

/// All that a picture depends on.
#[derive(Clone, Copy)]
struct Glance<'a> {
    first: &'a FirstRun,
    desk: &'a Desk,
    look: Look,
    size: (u16, u16),
}

impl Glance<'_> {
    fn areas(&self) -> Areas {
        frame::areas(self.size, self.status().len())
    }

    fn status(&self) -> Vec<Row> {
        let mut rows = match &self.desk.hint {
            Some(text) => frame::said_rows(text, self.look, usize::from(self.size.0).saturating_sub(1)),
            None => Vec::new(),
        };
        let glyph = Mark::Now.glyph(self.look.glyphs);
        rows.push(Row::new(format!(" {glyph} nothing is sent or saved yet"), Role::Dim));
        rows
    }

    fn page(&self) -> (Page, Places) {
        let inner = page::inner(self.areas().body);
        let (cells, height) = (usize::from(inner.width), usize::from(inner.height));
        let page = match self.first.step {
            Step::Welcome => self.welcome(cells),
            Step::Cloud => self.cloud(cells),
            Step::Registration => self.form(self.registration(cells), cells, height),
            Step::Services => self.form(self.services(cells), cells, height),
            Step::Review => self.review(cells),
        };
        let page = page.fitted(inner, self.look);
        let places = page.places(inner);
        (page, places)
    }

    fn welcome(&self, cells: usize) -> Page {
        let mut rows = para(
            "dualwrite sets up dual-write between finance and operations and Dataverse, step by step, and says before \
             each change what it will change.",
            Role::Plain,
            cells,
        );
        let choices = [
            (
                REHEARSE,
                "The whole set-up on a built-in simulator: signed in, nothing to configure, nothing leaves this machine. \
                 It takes about a minute.",
            ),
            (
                SET_UP,
                "Four short steps: which cloud, your app registration, project and gateway, and a look at what is \
                 written to the settings file. You sign in after that.",
            ),
        ];
        for (label, text) in choices {
            rows.push(Row::blank());
            rows.push(parts::heading(label));
            rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(text, Role::Plain)], cells));
        }
        rows.push(Row::blank());
        rows.extend(para(
            "If you have a cloud profile: dualwrite --cloud FILE. For one in the settings file or a built-in one: \
             dualwrite --cloud NAME.",
            Role::Dim,
            cells,
        ));
        let closed = self.first.closed().map(str::to_owned);
        let stops = vec![Stop::button(REHEARSE, Action::Own), Stop::button(SET_UP, Action::Own).closed_because(closed)];
        Page { rows, stops, primary: REHEARSE, ..Page::default() }
    }

    fn cloud(&self, cells: usize) -> Page {
        let mut rows = para(
            "Which cloud is your tenant in? If nobody told you otherwise, it is the public cloud.",
            Role::Plain,
            cells,
        );
        rows.push(Row::blank());
        for national in National::ALL {
            let known = match national {
                National::Public => "most tenants; login.microsoftonline.com",
                National::Gcc => "Dataverse at crm9.dynamics.com",
                National::GccHigh => "sign-in at login.microsoftonline.us",
                National::Dod => "Dataverse at appsplatform.us",
                National::China => "sign-in at login.chinacloudapi.cn",
            };
            let text =
                cut(&format!("  {}{known}", fit(national.title(), NAMES, "")), cells, self.look.symbols().ellipsis);
            rows.push(Row { stop: Some(national.title()), ..Row::new(fit(&text, cells, ""), Role::Plain) });
        }
        rows.push(Row::blank());
        rows.extend(para(
            "The addresses of all but the public cloud come from public sources and were never verified by this \
             program. Each of them can be changed in the settings file.",
            Role::Dim,
            cells,
        ));
        let stop = |national: National| Stop { shape: Shape::Section, ..Stop::button(national.title(), Action::Own) };
        let stops = National::ALL.into_iter().map(stop).collect();
        Page { rows, stops, primary: self.first.national.title(), picks: true, ..Page::default() }
    }

    fn registration(&self, cells: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut number = 0;
        let mut told = |rows: &mut Vec<Row>, text: &str| {
            number += 1;
            let start = Row::new(format!("{number:>3}  "), Role::Dim);
            rows.extend(behind(start, &markdown::pieces(text), cells));
        };
        let portal = self.first.national.portal();
        told(&mut rows, &format!("{portal}, App registrations: New registration."));
        told(&mut rows, "Authentication: set Allow public client flows to Yes (required).");
        told(&mut rows, "API permissions, tab APIs my organization uses; all are delegated:");
        for (api, permission) in PERMISSIONS {
            let start = Row::new("     ", Role::Plain).and(fit(api, APIS, ""), Role::Plain);
            rows.extend(behind(start, &[Piece::new(permission, Role::Dim)], cells));
        }
        told(&mut rows, "Grant admin consent. Then copy these two IDs from Overview:");
        rows
    }

    fn services(&self, cells: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut told = |label: &str, text: &str| {
            let start = Row::new(fit(label, LABEL, ""), Role::Strong);
            rows.extend(behind(start, &[Piece::new(text, Role::Plain)], cells));
        };
        told(
            Field::Project.label(),
            match self.first.national {
                National::GccHigh | National::Dod => {
                    "No Lifecycle Services API is known in this cloud: what it would tell stays unknown."
                }
                _ => "The number in the address of the project in Lifecycle Services. The address can be pasted.",
            },
        );
        told(
            Field::Gateway.label(),
            "On the Dual-write page of finance and operations, in the developer tools of the browser (F12, Network): \
             the host that begins with projectmanagementservice. Known of the public cloud only. Its token comes from \
             outside (DUALWRITE_TOKEN_GATEWAY): your app registration gets none.",
        );
        told(Field::Name.label(), "What --cloud takes, and what every screen shows.");
        rows
    }

    /// A step with fields: they stay in sight, whatever is read above them.
    fn form(&self, rows: Vec<Row>, cells: usize, height: usize) -> Page {
        let focus = self.desk.field();
        let mut page = Page { primary: NEXT, stops: vec![self.next()], ..Page::default() };
        let all: Vec<(Field, Vec<Row>)> = self
            .desk
            .inputs
            .iter()
            .map(|(field, input)| (*field, self.field(*field, input, focus == Some(*field), cells)))
            .collect();
        let has_room = all.iter().map(|(_, rows)| rows.len()).sum::<usize>() + AROUND_FIELDS <= height;
        for (field, rows) in all {
            if focus == Some(field) {
                page.note_caret = Some((page.notes.len(), LABEL + self.caret(field, cells)));
            }
            if has_room || focus.is_none_or(|focus| focus == field) {
                page.notes.extend(rows);
            }
        }
        if focus.is_none() || page.notes.len() + AROUND_FIELDS <= height {
            page.rows = rows;
        }
        page
    }

    /// The cell of the cursor in the text of a field.
    fn caret(&self, field: Field, cells: usize) -> usize {
        let input = self.desk.inputs.iter().find(|(own, _)| *own == field);
        input.map_or(0, |(_, input)| window(input.value(), input.cursor(), value_cells(cells)).1)
    }

    fn next(&self) -> Stop {
        let missing = self.first.missing().map(|(field, verdict)| held_up(field, &verdict));
        Stop::button(NEXT, Action::Own).closed_because(missing)
    }

    fn field(&self, field: Field, input: &Input, is_focus: bool, cells: usize) -> Vec<Row> {
        let room = value_cells(cells);
        let text = if is_focus {
            window(input.value(), input.cursor(), room).0
        } else {
            cut(&clean(input.value()), room, self.look.symbols().ellipsis)
        };
        let open = room.saturating_sub(width(&text));
        let label = if is_focus { Role::Strong } else { Role::Plain };
        let mut rows = vec![
            Row::new(fit(field.label(), LABEL, ""), label).and(text, Role::Strong).and("_".repeat(open), Role::Dim),
        ];
        let verdict = self.first.verdict(field);
        let (mark, role) = match &verdict {
            Verdict::Needed(_) => (Mark::Waiting, Role::Plain),
            Verdict::Optional(_) => (Mark::Passed, Role::Dim),
            Verdict::Good(_) => (Mark::Done, Role::Plain),
            Verdict::Wrong(_) => (Mark::Failed, Role::Plain),
        };
        let start =
            Row::new(" ".repeat(LABEL), Role::Plain).and(format!("{} ", mark.glyph(self.look.glyphs)), mark.role());
        rows.extend(behind(start, &[Piece::new(clean(verdict.words()), role)], cells));
        rows
    }

    fn review(&self, cells: usize) -> Page {
        let mut rows = para("This is written into the settings file:", Role::Plain, cells);
        let file = clean(self.first.file.as_deref().unwrap_or_default());
        rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(file, Role::Strong)], cells));
        rows.push(Row::blank());
        for line in self.first.addition().unwrap_or_default().lines() {
            rows.extend(behind(Row::new("    ", Role::Plain), &[Piece::new(clean(line), Role::Quote)], cells));
        }
        rows.push(Row::blank());
        rows.extend(para(
            "What the file has already is kept. It holds no password and no token. Then you sign in with a code.",
            Role::Dim,
            cells,
        ));
        Page { rows, stops: vec![Stop::button(WRITE, Action::Own)], primary: WRITE, ..Page::default() }
    }

    fn title(&self) -> &'static str {
        match self.first.step {
            Step::Welcome => "Welcome",
            Step::Cloud => "Which cloud",
            Step::Registration => "App registration",
            Step::Services => "Project and gateway",
            Step::Review => "Write the profile",
        }
    }

    fn keys(&self) -> &'static [Binding] {
        match self.first.step {
            Step::Welcome => &[keys::CHOOSE, keys::OTHER, keys::HELP, keys::LEAVE],
            Step::Cloud => &[keys::CHOOSE, keys::MOVE, keys::BACK, keys::HELP, keys::LEAVE],
            Step::Registration | Step::Services if self.desk.field().is_some() => {
                &[keys::NEXT_FIELD, keys::FIELDS, keys::READ_ON, keys::BACK, keys::INTERRUPT]
            }
            Step::Registration | Step::Services => {
                &[keys::CHOOSE, keys::FIELDS, keys::READ_ON, keys::BACK, keys::HELP, keys::LEAVE]
            }
            Step::Review => &[keys::CHOOSE, keys::BACK, keys::HELP, keys::LEAVE],
        }
    }

    fn rail(&self) -> Row {
        let room = usize::from(self.size.0);
        let Some(place) = self.first.step.place() else {
            let words = "No cloud is configured yet. Choose how to begin.";
            return Row::new(
                format!(" {}", cut(words, room.saturating_sub(2), self.look.symbols().ellipsis)),
                Role::Dim,
            );
        };
        let mark = |at: usize| match at.cmp(&place) {
            std::cmp::Ordering::Less => route::Mark::Done,
            std::cmp::Ordering::Equal => route::Mark::Now,
            std::cmp::Ordering::Greater => route::Mark::Ahead,
        };
        let marks: Vec<route::Mark> = (0..RAIL.len()).map(mark).collect();
        frame::stations(&RAIL, &marks, self.look, room)
    }

    fn header(&self) -> Row {
        let cloud = match self.first.step {
            Step::Welcome | Step::Cloud => "no cloud yet",
            _ => self.first.national.title(),
        };
        Row::new(" dualwrite", Role::Strong).and("  ", Role::Plain).and(cloud, Role::Warn)
    }
}

/// Cells of the text of a field; one stays free for the cursor behind it.
fn value_cells(cells: usize) -> usize {
    cells.saturating_sub(LABEL + 1).min(VALUE_MAX)
}

fn held_up(field: Field, verdict: &Verdict) -> String {
    format!("{}: {}", field.label(), verdict.words())
}

/// Draws the whole screen.
pub fn draw(first: &FirstRun, desk: &Desk, look: Look, frame: &mut Frame) {
    let area = frame.area();
    let glance = Glance { first, desk, look, size: (area.width, area.height) };
    if frame::is_too_small(glance.size) {
        let lines = para(&frame::too_small(glance.size), Role::Plain, usize::from(area.width));
        paint::rows(frame.buffer_mut(), area, &lines, &look);
        return;
    }
    let areas = glance.areas();
    let (page, places) = glance.page();
    page.draw(glance.title(), frame, areas.body, &desk.stage, look);
    let buffer = frame.buffer_mut();
    paint::row(buffer, areas.header, &glance.header(), &look, false);
    paint::row(buffer, areas.rail, &glance.rail(), &look, false);
    paint::rows(buffer, areas.status, &glance.status(), &look);
    let scrolls = page.scroll_max(&places) > 0;
    let keys = glance.keys().iter().filter(|binding| scrolls || binding.act != Act::PageDown);
    let keys = frame::footer_of(keys, usize::from(area.width).saturating_sub(1));
    paint::row(buffer, areas.footer, &keys, &look, false);
}

/// A key was pressed.
pub fn on_key(first: &FirstRun, desk: &mut Desk, key: KeyEvent, size: (u16, u16)) -> Reaction {
    desk.follow(first);
    let Some(pressed) = Key::of(key) else { return Reaction::Nothing };
    match pressed {
        Key::Ctrl('c') => return Reaction::Leave,
        Key::Ctrl('l') => return Reaction::Repaint,
        Key::Ctrl('z') => return Reaction::Suspend,
        Key::Char('q') if frame::is_too_small(size) => return Reaction::Leave,
        _ if frame::is_too_small(size) => return Reaction::Nothing,
        _ => {}
    }
    let had_hint = desk.hint.take().is_some();
    let seen = if had_hint { Reaction::Redraw } else { Reaction::Nothing };
    let stops = stops(first);
    let (max, height) = {
        let glance = Glance { first, desk, look: Look::BLIND, size };
        let (page, places) = glance.page();
        (page.scroll_max(&places), usize::from(places.rows.height))
    };
    let in_field = desk.field().is_some();
    let is_of_text = matches!(pressed, Key::Char(_) | Key::Left | Key::Right | Key::Home | Key::End);
    let moving = keys::EVERYWHERE.iter().find(|binding| binding.keys.contains(&pressed) && !(in_field && is_of_text));
    if let Some(reaction) = moving.and_then(|binding| moved(desk, &stops, binding.act, max, height)) {
        return reaction;
    }
    match pressed {
        Key::Enter => press(first, desk),
        Key::Esc if first.step == Step::Welcome => seen,
        Key::Esc => Reaction::Intent(Intent::Back),
        _ if in_field => typed(desk, key, pressed).unwrap_or(seen),
        Key::Char('q') => Reaction::Leave,
        Key::Char(' ') => press(first, desk),
        Key::Char(letter) => {
            desk.say(if letter == '?' { KEYS.to_owned() } else { format!("{}{LISTED}", does_nothing(letter)) });
            Reaction::Redraw
        }
        _ => seen,
    }
}

/// One of the moving keys: where there are several things to choose from it moves among them, else it scrolls.
fn moved(desk: &mut Desk, stops: &[&'static str], act: Act, max: usize, height: usize) -> Option<Reaction> {
    let at = desk.stage.focus.and_then(|focus| stops.iter().position(|stop| *stop == focus)).unwrap_or(0);
    let (count, chooses) = (stops.len(), stops.len() > 1);
    let to = match act {
        Act::Next => (at + 1) % count,
        Act::Previous => (at + count - 1) % count,
        Act::Down if chooses => (at + 1) % count,
        Act::Up if chooses => (at + count - 1) % count,
        Act::Home | Act::End if chooses => keys::travel(act, at, count, 1)?,
        _ => {
            desk.stage.scroll = keys::travel(act, desk.stage.scroll.min(max), max + 1, height)?;
            return Some(Reaction::Redraw);
        }
    };
    desk.stage.focus = stops.get(to).copied();
    Some(Reaction::Redraw)
}

/// A text was pasted. It goes into the field that has the focus, cleaned, and never presses a key.
pub fn on_paste(first: &FirstRun, desk: &mut Desk, text: &str) -> Reaction {
    desk.follow(first);
    let Some((field, input)) = desk.input() else { return Reaction::Nothing };
    let room = TYPED_MAX.saturating_sub(input.value().chars().count());
    for c in clean(text).chars().take(room) {
        input.handle(tui_input::InputRequest::InsertChar(c));
    }
    let value = input.value().to_owned();
    desk.hint = None;
    Reaction::Intent(Intent::Type(field, value))
}

/// What can have the focus, in the order of Tab.
fn stops(first: &FirstRun) -> Vec<&'static str> {
    match first.step {
        Step::Welcome => vec![REHEARSE, SET_UP],
        Step::Cloud => National::ALL.map(National::title).to_vec(),
        Step::Registration | Step::Services => {
            first.step.fields().iter().map(|field| field.label()).chain([NEXT]).collect()
        }
        Step::Review => vec![WRITE],
    }
}

/// Enter: a field leads to the next one, all else does what it says.
fn press(first: &FirstRun, desk: &mut Desk) -> Reaction {
    match first.step {
        Step::Welcome if desk.stage.focus == Some(SET_UP) => match first.closed() {
            Some(why) => {
                desk.say(why.to_owned());
                Reaction::Redraw
            }
            None => Reaction::Intent(Intent::SetUp),
        },
        Step::Welcome => Reaction::Intent(Intent::Rehearse),
        Step::Cloud => {
            let picked = National::ALL.into_iter().find(|national| Some(national.title()) == desk.stage.focus);
            picked.map_or(Reaction::Nothing, |national| Reaction::Intent(Intent::Pick(national)))
        }
        Step::Registration | Step::Services => {
            let field = desk.field();
            let verdict = field.map(|field| first.verdict(field));
            let is_last = field.is_none() || field == first.step.fields().last().copied();
            match (field.zip(verdict), first.missing()) {
                (Some((field, verdict)), _) if !verdict.is_open() => stay(desk, field, &verdict),
                _ if !is_last => moved(desk, &stops(first), Act::Next, 0, 0).unwrap_or(Reaction::Nothing),
                (_, Some((field, verdict))) => stay(desk, field, &verdict),
                (_, None) => Reaction::Intent(Intent::Next),
            }
        }
        Step::Review => Reaction::Intent(Intent::Next),
    }
}

/// The field that holds one up gets the focus, and it is said why.
fn stay(desk: &mut Desk, field: Field, verdict: &Verdict) -> Reaction {
    desk.stage.focus = Some(field.label());
    desk.say(held_up(field, verdict));
    Reaction::Redraw
}

/// A key of the text that has the focus; `None` when it changed nothing.
fn typed(desk: &mut Desk, event: KeyEvent, key: Key) -> Option<Reaction> {
    let (field, input) = desk.input()?;
    if matches!(key, Key::Char(_)) && input.value().chars().count() >= TYPED_MAX {
        return None;
    }
    let change = input.handle_event(&Event::Key(event))?;
    Some(if change.value { Reaction::Intent(Intent::Type(field, input.value().to_owned())) } else { Reaction::Redraw })
}
