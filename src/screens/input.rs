//! From keys and pasted text to intents. Everything that is only about the eye happens here.

use super::eye::{Ask, Eye};
use super::keys::{self, Act, EVERYWHERE};
use super::page::{Action, Shape, Stop};
use super::picture::{self, Setting};
use super::sheet::Field;
use super::{View, access, frame, modules, top};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::service::Service;
use crate::core::time::{Now, between};
use crate::ui::keys::Key;
use crate::ui::look::Look;
use crate::ui::text::clean;
use crossterm::event::{Event, KeyEvent};
use jiff::tz::TimeZone;
use std::time::Duration;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

/// An Enter that follows one that pressed nothing so soon is the same, held.
const HELD: Duration = Duration::from_millis(250);

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing; no new picture is needed.
    Nothing,
    /// Only the eye moved.
    Redraw,
    /// Somebody wants this.
    Intent(Intent),
    /// A token was given for this service; [`Eye::take_token`] has it.
    Token(Service),
    /// The program is left.
    Leave,
    /// The program is stopped until the shell continues it.
    Suspend,
    /// The whole terminal is drawn anew.
    Repaint,
}

/// Of one whom only the places of things concern, not how they look.
fn setting(now: Now, size: (u16, u16)) -> Setting<'static> {
    const UTC: &TimeZone = &TimeZone::UTC;
    Setting { look: &Look::BLIND, now, zone: UTC, size }
}

fn view<'a>(model: &'a Model, eye: &'a Eye, now: Now, size: (u16, u16)) -> View<'a> {
    setting(now, size).view(model, eye)
}

/// A key was pressed.
pub fn on_key(model: &Model, eye: &mut Eye, key: KeyEvent, now: Now, size: (u16, u16)) -> Reaction {
    eye.follow(model);
    let Some(pressed) = Key::of(key) else { return Reaction::Nothing };
    let had_hint = eye.hint.take().is_some();
    if frame::is_too_small(size) {
        return unseen(model, eye, pressed);
    }
    let sheet = top(model, eye);
    if let Some(field) = sheet.field(eye)
        && let Some(reaction) = typed(eye, &field, key, pressed)
    {
        return reaction;
    }
    let found = sheet.keys().iter().chain(&EVERYWHERE).find(|binding| binding.keys.contains(&pressed));
    let Some(binding) = found else {
        if pressed == Key::Enter {
            eye.entered = Some(now);
        }
        if let Key::Char(letter) = pressed {
            return nothing_for(eye, letter);
        }
        return if had_hint { Reaction::Redraw } else { Reaction::Nothing };
    };
    let act = binding.act;
    match act {
        Act::Leave => return leave(model, eye),
        Act::Repaint => return Reaction::Repaint,
        Act::Suspend => return Reaction::Suspend,
        _ => {}
    }
    if act == Act::Press && sheet.is_final() && is_held(model, eye, now) {
        eye.entered = Some(now);
        eye.hint = Some("Enter was still held; press it once more.".to_owned());
        return Reaction::Redraw;
    }
    // What is its own needs no page but its height, which is known from the last one.
    let known = eye.settled.filter(|settled| settled.0 == size).map(|settled| settled.1);
    let height = known.unwrap_or_else(|| usize::from(view(model, eye, now, size).top().places.rows.height));
    if let Some(reaction) = sheet.act(model, eye, act, height) {
        return reaction;
    }
    let laid = view(model, eye, now, size).top();
    let page = &laid.page;
    let max = page.scroll_max(&laid.places);
    let height = usize::from(laid.places.rows.height);
    let has_overlay = eye.overlay.is_some();
    let stage = eye.stage_mut();
    stage.scroll = stage.scroll.min(max);
    // Where nothing can be scrolled, an arrow goes to the next button.
    let act = match act {
        Act::Down if max == 0 => Act::Next,
        Act::Up if max == 0 => Act::Previous,
        other => other,
    };
    match act {
        Act::Press => match page.focused(stage).cloned() {
            Some(stop) => press(eye, stop, model),
            None => Reaction::Nothing,
        },
        Act::Tick => {
            // The box that has the focus, else the first one.
            let is_box = |stop: &&Stop| stop.shape != Shape::Button;
            let focused = page.focused(stage).filter(is_box);
            match focused.or_else(|| page.stops.iter().find(is_box)).cloned() {
                Some(stop) => press(eye, stop, model),
                None => Reaction::Nothing,
            }
        }
        Act::Back if has_overlay => {
            eye.close();
            Reaction::Redraw
        }
        Act::Back => Reaction::Intent(Intent::Back),
        Act::ReadNow => Reaction::Intent(Intent::ReadNow),
        Act::NewCode => Reaction::Intent(Intent::NewCode),
        Act::Environments => Reaction::Intent(Intent::Environments),
        Act::Prerequisites => Reaction::Intent(Intent::Prerequisites),
        Act::Open => page.address.clone().map_or(Reaction::Nothing, |to| Reaction::Intent(Intent::Open(to))),
        Act::Copy => page.copy.clone().map_or(Reaction::Nothing, |text| Reaction::Intent(Intent::Copy(text))),
        Act::Details => ask(eye, Ask::Details),
        Act::Help => ask(eye, Ask::Help),
        Act::Runs => Reaction::Intent(Intent::Runs),
        Act::Export => page.run.clone().map_or(Reaction::Nothing, |run| Reaction::Intent(Intent::Export(run))),
        Act::Next | Act::Previous => {
            let Some(label) = page.neighbour(stage, if act == Act::Next { 1 } else { -1 }) else {
                return Reaction::Nothing;
            };
            stage.focus = Some(label);
            if let Some(row) = page.section_row(label) {
                stage.scroll = stage.scroll.clamp((row + 1).saturating_sub(height), row);
            }
            Reaction::Redraw
        }
        Act::Down | Act::Up | Act::PageDown | Act::PageUp | Act::Home | Act::End => {
            let Some(to) = keys::travel(act, stage.scroll, max + 1, height) else { return Reaction::Nothing };
            stage.scroll = to;
            Reaction::Redraw
        }
        Act::Repair => match page.fix {
            Some(what) => {
                forget_answers(eye, what);
                ask(eye, what)
            }
            // The button is there, and says why it is closed.
            None => match page.stops.iter().find(|stop| matches!(stop.action, Action::Ask(Ask::Reset | Ask::Repair))) {
                Some(Stop { closed: Some(why), .. }) => {
                    eye.hint = Some(why.clone());
                    Reaction::Redraw
                }
                _ => nothing_for(eye, 'f'),
            },
        },
        Act::Token => {
            let Some(what) = access::question(model) else { return nothing_for(eye, 't') };
            ask_access(model, eye, what)
        }
        Act::Filter | Act::Clear | Act::Sort | Act::Leave | Act::Repaint | Act::Suspend => Reaction::Nothing,
    }
}

/// Where a key that does nothing is answered, where the others stand.
pub(super) const LISTED: &str = "; ? lists the keys.";

/// Whether this Enter is one of a key that was held already where it pressed nothing.
fn is_held(model: &Model, eye: &Eye, now: Now) -> bool {
    eye.entered.is_some_and(|before| between(before, now) < HELD * model.cloud.speed.unwrap_or(1))
}

/// A key that has nothing to do here says so.
fn nothing_for(eye: &mut Eye, letter: char) -> Reaction {
    // What is laid over a screen has all its keys in the footer.
    let more = if eye.overlay.is_some() { "." } else { LISTED };
    eye.hint = Some(format!("{}{more}", does_nothing(letter)));
    Reaction::Redraw
}

/// What is said of a key that has nothing to do where it was pressed.
pub(super) fn does_nothing(letter: char) -> String {
    let key = if letter == ' ' { "Space".to_owned() } else { letter.to_string() };
    format!("{key} does nothing here")
}

fn ask(eye: &mut Eye, what: Ask) -> Reaction {
    eye.ask(what);
    Reaction::Redraw
}

/// Asks for a token or for the gateway; where the gateway can be guessed, the guess stands there.
fn ask_access(model: &Model, eye: &mut Eye, what: Ask) -> Reaction {
    eye.ask(what);
    let guess = model.current().and_then(|(environment, _)| environment.gateway_guess.clone());
    if let (Ask::Gateway, Some(guess), Some(over)) = (what, guess, &mut eye.overlay) {
        over.input = Input::new(clean(&guess));
    }
    Reaction::Redraw
}

/// A box that is ticked keeps the focus; a key beside it that ticks it moves none.
fn keep_focus(eye: &mut Eye, label: &'static str) {
    let stage = eye.stage_mut();
    stage.focus.get_or_insert(label);
}

/// A question that is asked anew knows nothing of earlier answers. Who comes back from the choice of a
/// user is in the middle of it.
fn forget_answers(eye: &mut Eye, what: Ask) {
    match what {
        Ask::Repair => (eye.purges, eye.row_user, eye.user) = (false, None, 0),
        Ask::Modules => eye.modules.clear(),
        _ => {}
    }
}

/// A key in a window that shows no page: only what it says, and what the terminal is told by.
fn unseen(model: &Model, eye: &mut Eye, key: Key) -> Reaction {
    match key {
        Key::Char('q') | Key::Ctrl('c') => leave(model, eye),
        Key::Esc if eye.is_asked_to_leave() => {
            eye.close();
            Reaction::Redraw
        }
        Key::Ctrl('l') => Reaction::Repaint,
        Key::Ctrl('z') => Reaction::Suspend,
        _ => Reaction::Nothing,
    }
}

/// Leaves at once where nothing runs; otherwise asks, once.
fn leave(model: &Model, eye: &mut Eye) -> Reaction {
    if eye.is_asked_to_leave() || model.running().next().is_none() { Reaction::Leave } else { ask(eye, Ask::Leave) }
}

pub(super) fn press(eye: &mut Eye, stop: Stop, model: &Model) -> Reaction {
    match (stop.action, stop.closed) {
        // The core knows best why something is closed, and says it.
        (Action::Intent(intent), _) => {
            eye.overlay = None;
            Reaction::Intent(intent)
        }
        (_, Some(reason)) => {
            eye.hint = Some(reason);
            Reaction::Redraw
        }
        (Action::Ask(what @ (Ask::Token(_) | Ask::Gateway)), None) => ask_access(model, eye, what),
        (Action::Ask(what), None) => {
            forget_answers(eye, what);
            ask(eye, what)
        }
        (Action::Close, None) => {
            eye.close();
            Reaction::Redraw
        }
        (Action::Leave, None) => Reaction::Leave,
        (Action::Fold, None) => {
            eye.folded = !eye.folded;
            Reaction::Redraw
        }
        (Action::ToggleModule(module), None) => {
            modules::toggle(eye, module);
            keep_focus(eye, stop.label);
            Reaction::Redraw
        }
        (Action::TogglePurge, None) => {
            eye.purges = !eye.purges;
            keep_focus(eye, stop.label);
            Reaction::Redraw
        }
        (Action::Own, None) => Reaction::Nothing,
    }
}

/// A key while a text is typed; `None` when it is no key of the text.
fn typed(eye: &mut Eye, field: &Field, event: KeyEvent, key: Key) -> Option<Reaction> {
    match key {
        // The way on, the way back, what moves in what is below: keys of the sheet.
        Key::Ctrl('c' | 'l' | 'z') | Key::Enter | Key::Esc | Key::Up | Key::Down | Key::PageUp | Key::PageDown => {
            return None;
        }
        Key::Tab | Key::BackTab => return Some(Reaction::Nothing),
        _ => {}
    }
    let input = input(eye);
    if matches!(key, Key::Char(_)) && input.value().chars().count() >= field.most {
        return Some(Reaction::Nothing);
    }
    if input.handle_event(&Event::Key(event)).is_none() {
        return Some(Reaction::Nothing);
    }
    (field.changed)(eye);
    Some(Reaction::Redraw)
}

/// Where the text is that is typed.
fn input(eye: &mut Eye) -> &mut Input {
    match &mut eye.overlay {
        Some(over) => &mut over.input,
        None => &mut eye.list.filter,
    }
}

/// A text was pasted. It goes where text is typed, cleaned, and never presses a key.
pub fn on_paste(model: &Model, eye: &mut Eye, text: &str) -> Reaction {
    eye.follow(model);
    let Some(field) = top(model, eye).field(eye) else { return Reaction::Nothing };
    let input = input(eye);
    let mut all: Vec<char> = input.value().chars().collect();
    let at = input.cursor().min(all.len());
    let text: Vec<char> = (field.taken)(text).chars().take(field.most.saturating_sub(all.len())).collect();
    let cursor = at + text.len();
    all.splice(at..at, text);
    *input = Input::new(all.into_iter().collect()).with_cursor(cursor);
    (field.changed)(eye);
    eye.hint = None;
    Reaction::Redraw
}

/// Follows what has changed, without a picture: see [`picture::settled`].
pub fn settle(model: &Model, eye: &mut Eye, size: (u16, u16)) -> Option<Intent> {
    picture::settled(model, eye, setting(Now::UNIX_EPOCH, size)).1
}
