//! A screen as lines: the same pages, read from top to bottom, with numbered choices instead of a
//! focus. For screen readers, serial consoles and pipes.
//!
//! Nothing is decided here that a page does not decide; what a typed line means is the same as the
//! key or the button it names.

use super::eye::Eye;
use super::input::{self, Reaction, on_key, press};
use super::keys::Act;
use super::page::{Page, Room, Shape};
use super::sheet::Sheet;
use super::{View, frame, sheet, top};
use crate::core::model::Model;
use crate::core::route::{Screen, screen};
use crate::core::time::Now;
use crate::ui::look::{Look, Role};
use crate::ui::row::Row;
use crate::ui::text::echo;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;

/// Cells of a line. So many that no sentence and no address is broken: whoever reads it wraps it.
const WIDTH: usize = 1_000;
/// Rows of a page: more than any page has.
const HEIGHT: u16 = 4_000;
/// A terminal on which a letter means what it means on a screen.
const SIZE: (u16, u16) = (100, 50);

/// A page as lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Which screen, by its title; or what is laid over it.
    pub title: &'static str,
    /// Where the screen is on the way; empty where it is no step.
    pub step: String,
    /// What it says.
    pub text: Vec<String>,
    /// What can be chosen, with why it cannot be chosen yet.
    pub choices: Vec<(String, Option<String>)>,
    /// The place of the likely choice, from 0; Enter alone chooses it.
    pub likely: Option<usize>,
    /// Letters that can be typed, and what they do.
    pub letters: Vec<(char, &'static str)>,
    /// Whether there is a way back.
    pub goes_back: bool,
    /// What has to be typed, where the next line is the answer itself.
    pub asks_for: Option<&'static str>,
}

impl Lines {
    /// What is said of the page, line by line: all of it, or of one that was said `before`, what is new in it. Then
    /// what can be chosen.
    pub fn said(&self, before: Option<&Self>) -> Vec<String> {
        let known = before.filter(|before| before.title == self.title).map(|before| &before.text);
        let step = if self.step.is_empty() { String::new() } else { format!(" ({})", self.step) };
        let title = known.is_none().then(|| format!("{}{step}", self.title));
        let is_new = |line: &&String| known.is_none_or(|known| !line.is_empty() && !known.contains(line));
        let choices = self.choices.iter().enumerate().map(|(at, (label, closed))| {
            let likely = if self.likely == Some(at) { " (Enter alone chooses this)" } else { "" };
            let closed = match closed {
                Some(why) if self.text.iter().any(|line| line.contains(why.as_str())) => " (closed)".to_owned(),
                Some(why) => format!(" (closed: {why})"),
                None => String::new(),
            };
            format!("{}. {label}{likely}{closed}", at + 1)
        });
        title.into_iter().chain(self.text.iter().filter(is_new).cloned()).chain(choices).collect()
    }

    /// What is said last: what may be typed, where it waits for a choice or goes on by itself. A pipe is not told what
    /// a person may type in between.
    pub fn prompt(&self, waits: bool, is_person: bool) -> String {
        let letters = self.letters.iter().map(|(letter, says)| format!("{letter} {says}"));
        if let Some(what) = self.asks_for {
            format!("Type {what}, or Enter alone to change nothing:")
        } else if waits {
            let all: Vec<String> = letters.chain(self.goes_back.then(|| "b back".to_owned())).collect();
            format!("Your choice ({}):", all.join(", "))
        } else if is_person {
            format!("It runs. You may type: {}.", letters.collect::<Vec<_>>().join(", "))
        } else {
            "It runs.".to_owned()
        }
    }
}

fn view<'a>(model: &'a Model, eye: &'a Eye, now: Now, zone: &'a TimeZone) -> View<'a> {
    View { model, eye, look: &Look::PLAIN, now, zone, size: SIZE }
}

/// The page that has the word.
pub fn lines(model: &Model, eye: &Eye, now: Now, zone: &TimeZone) -> Lines {
    let view = view(model, eye, now, zone);
    let (sheet, page) = page(&view);
    let (text, picks) = match sheet.choices(&view) {
        Some(choices) => (choices.about, choices.sentences),
        None => (texts(page.head.iter().chain(&page.rows).chain(&page.notes)), Vec::new()),
    };
    let buttons = page.stops.iter().filter(|stop| stop.shape != Shape::Section).map(|stop| {
        let label = match stop.shape {
            Shape::Box(true) => format!("{} (ticked)", stop.label),
            Shape::Box(false) => format!("{} (not ticked)", stop.label),
            _ => stop.label.to_owned(),
        };
        (label, stop.closed.clone())
    });
    let choices: Vec<(String, Option<String>)> = picks.into_iter().map(|text| (text, None)).chain(buttons).collect();
    let likely = page
        .stops
        .iter()
        .filter(|stop| stop.shape != Shape::Section)
        .position(|stop| stop.label == page.primary && stop.closed.is_none())
        .or((!choices.is_empty() && page.stops.is_empty()).then_some(0));
    let letters = sheet
        .keys()
        .iter()
        .filter(|binding| page.offers(binding.act))
        .filter_map(|binding| match binding.keys[0] {
            crate::ui::keys::Key::Char(letter) if letter != ' ' => Some((letter, binding.says)),
            _ => None,
        })
        .collect();
    Lines {
        title: sheet.title(),
        step: frame::step(&view),
        text,
        choices,
        likely,
        letters,
        goes_back: sheet.keys().iter().any(|binding| binding.act == Act::Back),
        asks_for: sheet.field(eye).and_then(|field| field.what),
    }
}

/// The page that has the word. What happened is told as it happens, so it is not part of it.
fn page(view: &View) -> (&'static dyn Sheet, Page) {
    let room = Room { width: WIDTH, full: WIDTH, height: usize::from(HEIGHT), has_side: true };
    let sheet = top(view.model, view.eye);
    (sheet, sheet.page(view, room))
}

/// Rows as lines: without trailing spaces, and at most one empty one in a row.
fn texts<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let text = squeezed(&labelled(row));
        if !(text.is_empty() && lines.last().is_none_or(String::is_empty)) {
            lines.push(text);
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// A row as text. A label that a column sets apart from its value is set apart by a colon when it is read aloud.
fn labelled(row: &Row) -> String {
    let text = row.text();
    let text = text.trim();
    let label = row.pieces.first().filter(|piece| piece.role == Role::Dim).map_or("", |piece| piece.text.trim());
    match text.strip_prefix(label).map(|value| (value, value.trim_start())) {
        Some((gap, value)) if !label.is_empty() && !value.is_empty() && gap.starts_with("  ") => {
            format!("{label}: {value}")
        }
        _ => text.to_owned(),
    }
}

/// What stands apart in columns stands apart by two spaces.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::new();
    let mut spaces = 0;
    for letter in text.chars() {
        spaces = if letter == ' ' { spaces + 1 } else { 0 };
        if spaces < 3 {
            squeezed.push(letter);
        }
    }
    squeezed
}

/// What a typed line means.
pub fn answer(model: &Model, eye: &mut Eye, line: &str, now: Now, zone: &TimeZone) -> Reaction {
    eye.follow(model);
    eye.hint = None;
    let line = line.trim();
    let sheet = top(model, eye);
    if sheet.field(eye).is_some_and(|field| field.what.is_some())
        && let Some(over) = &mut eye.overlay
    {
        if line.is_empty() {
            eye.close();
            return Reaction::Redraw;
        }
        over.input = line.into();
        return sheet.act(model, eye, Act::Press, 0).unwrap_or(Reaction::Nothing);
    }
    if let Some(wanted) = line.strip_prefix('/')
        && sheet.keys().iter().any(|binding| binding.act == Act::Filter)
    {
        eye.list.filter = wanted.into();
        return Reaction::Redraw;
    }
    let page = lines(model, eye, now, zone);
    let chosen = match (line.parse::<usize>(), page.likely) {
        (Ok(number), _) if (1..=page.choices.len()).contains(&number) => Some(number - 1),
        (Ok(_), _) => None,
        (Err(_), Some(likely)) if line.is_empty() => Some(likely),
        (Err(_), _) => page.choices.iter().position(|(label, _)| !line.is_empty() && label.eq_ignore_ascii_case(line)),
    };
    if let Some(at) = chosen {
        return choose(model, eye, at, now, zone);
    }
    let key = match line.to_ascii_lowercase().as_str() {
        "b" | "back" | "esc" => KeyCode::Esc,
        _ => match (line.chars().next(), line.chars().count()) {
            (Some(letter), 1) if !letter.is_ascii_digit() => KeyCode::Char(letter),
            _ => {
                eye.hint = Some(match line {
                    "" => "Enter alone chooses nothing here; type a number or a letter.".to_owned(),
                    _ => format!("“{}” is no choice here.", echo(line)),
                });
                return Reaction::Redraw;
            }
        },
    };
    on_key(model, eye, KeyEvent::new(key, KeyModifiers::NONE), now, SIZE)
}

/// The choice at this place.
fn choose(model: &Model, eye: &mut Eye, at: usize, now: Now, zone: &TimeZone) -> Reaction {
    let view = view(model, eye, now, zone);
    let (sheet, page) = page(&view);
    let picks = sheet.choices(&view).map_or(0, |choices| choices.sentences.len());
    if at < picks {
        return sheet.choose(model, eye, at);
    }
    let stop = page.stops.into_iter().filter(|stop| stop.shape != Shape::Section).nth(at - picks);
    stop.map_or(Reaction::Nothing, |stop| press(eye, stop, model))
}

/// Whether the page can do nothing without a person.
pub fn waits(model: &Model, eye: &Eye) -> bool {
    has_overlay(eye) || sheet(screen(model)).waits(model)
}

/// Whether the screen is of something that runs.
pub fn runs(screen: Screen) -> bool {
    sheet(screen).runs()
}

/// Whether something is laid over the screen.
pub fn has_overlay(eye: &Eye) -> bool {
    eye.overlay.is_some()
}

/// Why the last line did nothing; told once.
pub fn hint(eye: &mut Eye) -> Option<String> {
    eye.hint.take().map(|hint| hint.strip_suffix(input::LISTED).map(|hint| format!("{hint}.")).unwrap_or(hint))
}

#[cfg(test)]
mod tests {
    use super::super::environments::LISTED_MAX;
    use super::super::order::tests::model;
    use super::*;
    use crate::core::msg::Intent;

    #[test]
    fn a_label_in_a_column_is_read_with_a_colon_and_other_columns_as_they_stand() {
        let row = |label, role, value| Row::new(label, role).and(value, Role::Plain);
        assert_eq!(labelled(&row("    State      ", Role::Dim, "set up")), "State: set up");
        assert_eq!(labelled(&row("Elapsed ", Role::Dim, "1 min  more")), "Elapsed 1 min  more");
        assert_eq!(labelled(&row("  will  ", Role::Plain, "install it")), "will  install it");
        assert_eq!(labelled(&Row::new("  Began  Environment", Role::Dim)), "Began  Environment");
        assert_eq!(labelled(&Row::blank()), "");
    }

    #[test]
    fn a_long_list_is_told_in_part_and_the_filter_finds_the_rest() {
        let names: Vec<String> = (0..2_000).map(|at| format!("tenant-{at:04}")).collect();
        let model = model(&names);
        let mut eye = Eye::default();
        let now = Now::UNIX_EPOCH;
        let page = lines(&model, &eye, now, &TimeZone::UTC);
        assert_eq!(page.choices.len(), LISTED_MAX);
        assert!(page.text[1].contains("first 100"), "{:?}", page.text);
        answer(&model, &mut eye, "/tenant-1999", now, &TimeZone::UTC);
        let page = lines(&model, &eye, now, &TimeZone::UTC);
        assert!(page.choices[0].0.starts_with("tenant-1999"), "{:?}", page.choices);
        assert!(page.text[0].starts_with("1 of 2000"), "{:?}", page.text);
        let reaction = answer(&model, &mut eye, "1", now, &TimeZone::UTC);
        assert!(matches!(reaction, Reaction::Intent(Intent::OpenEnvironment(id)) if *id.0 == *"id-1999"));
    }

    #[test]
    fn what_an_environment_is_called_is_said_as_it_is() {
        let name = "Escrow (Space) (End); ? lists the keys.";
        let model = model(&[name.to_owned()]);
        let page = lines(&model, &Eye::default(), Now::UNIX_EPOCH, &TimeZone::UTC);
        assert!(page.choices[0].0.starts_with(name), "{:?}", page.choices);
        let mut eye = Eye::default();
        eye.hint = Some(format!("Nothing was reset. Type {name} exactly."));
        assert!(hint(&mut eye).is_some_and(|hint| hint.contains(name)));
    }
}
