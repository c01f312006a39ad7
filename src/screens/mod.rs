//! The screens: what is drawn of a model, and which intent a key is.
//!
//! One file per screen and one line in `sheet`. A screen is a `sheet::Sheet`: a title, one table of
//! keys that feeds handler, footer and help page, a `page::Page` as a value, and what it does otherwise than the
//! others. Which screen is shown is decided by [`crate::core::route`] alone.
//!
//! Pure: no clock, file, environment or network. The surfaces call [`on_key`] and [`on_paste`], and before a
//! frame or the next key [`settled`], whose [`Picture`] it draws.

mod access;
mod after;
mod complete;
mod confirm;
mod details;
mod environments;
mod eye;
mod failed;
pub mod first_run;
mod frame;
mod identities;
mod input;
mod keys;
mod link_failed;
mod link_progress;
mod linked;
mod list;
mod mismatch;
mod modules;
mod order;
mod overlay;
mod page;
mod parts;
mod pick_user;
mod picture;
pub mod plain;
mod prerequisites;
mod progress;
mod requests;
mod reset_link;
mod resume;
mod runs;
mod sheet;
mod sign_in;
mod terms;
mod window;

pub use eye::Eye;
pub use input::{Reaction, on_key, on_paste, settle};
pub use picture::{Picture, Setting, settled};
pub use window::{Watched, Window, news, window};

use crate::core::environment::EnvironmentId;
use crate::core::model::Model;
use crate::core::route::{Screen, screen};
use crate::core::time::{Now, between, date_and_time, in_words, later, stopwatch, time_of_day};
use crate::ui::look::{Glyphs, Look};
use eye::Stage;
use sheet::Sheet;
use std::time::Duration;

/// All that a picture depends on.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What is true.
    pub model: &'a Model,
    /// What the eye is doing.
    pub eye: &'a Eye,
    /// How this terminal is drawn on.
    pub look: &'a Look,
    /// The moment of the picture.
    pub now: Now,
    /// Time zone of the clock on the wall.
    pub zone: &'a jiff::tz::TimeZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
}

/// The screens, one line each.
fn sheet(of: Screen) -> &'static dyn Sheet {
    match of {
        Screen::SignIn => &sign_in::SignIn,
        Screen::Resume => &resume::Resume,
        Screen::Runs => &runs::Runs,
        Screen::Environments => &environments::Environments,
        Screen::Details => &details::Details,
        Screen::Prerequisites => &prerequisites::Prerequisites,
        Screen::Mismatch => &mismatch::Mismatch,
        Screen::Terms => &terms::Terms,
        Screen::Confirm => &confirm::Confirm,
        Screen::Progress => &progress::Progress,
        Screen::Complete => &complete::Complete,
        Screen::Failed => &failed::Failed,
        Screen::LinkProgress => &link_progress::LinkProgress,
        Screen::Linked => &linked::Linked,
        Screen::LinkFailed => &link_failed::LinkFailed,
    }
}

impl View<'_> {
    /// Whether the clock of the picture ticks.
    fn ticks(&self) -> bool {
        self.look.motion && needs_clock(self.model)
    }

    /// How old something is: `8 s ago`, or the time where the picture stands still.
    fn age(&self, at: Now) -> String {
        if self.ticks() { format!("{} ago", in_words(between(at, self.now))) } else { format!("at {}", self.time(at)) }
    }

    /// When something comes: `in 22 s`, or the time where the picture stands still.
    fn ahead(&self, at: Now) -> String {
        if self.ticks() { format!("in {}", in_words(between(self.now, at))) } else { format!("at {}", self.time(at)) }
    }

    /// The time of day, with the date where that is another day than this one.
    fn time(&self, at: Now) -> String {
        let day = |at: Now| self.zone.to_datetime(at).date();
        if day(at) == day(self.now) { time_of_day(at, self.zone) } else { date_and_time(at, self.zone) }
    }

    /// Date and time of day.
    fn date(&self, at: Now) -> String {
        date_and_time(at, self.zone)
    }

    /// A running length: a stopwatch, or whole minutes where nothing may tick.
    fn running(&self, length: Duration) -> String {
        match length.as_secs() / 60 {
            _ if self.look.motion => stopwatch(length),
            // The column of a stopwatch is narrow; read aloud, a sign is none.
            0 if self.look.glyphs == Glyphs::Words => "under 1 min".to_owned(),
            0 => "<1 min".to_owned(),
            minutes => format!("{minutes} min"),
        }
    }

    /// The moment by which a length since then is told: the last whole minute of it where nothing may tick.
    fn beat(&self, since: Now) -> Now {
        let minutes = between(since, self.now).as_secs() / 60;
        if self.look.motion { self.now } else { later(since, Duration::from_secs(minutes * 60)) }
    }

    /// Focus and scroll of the page that has the keys.
    fn stage(&self) -> &Stage {
        self.eye.overlay.as_ref().map_or(&self.eye.stage, |over| &over.stage)
    }
}

/// Draws the whole screen.
pub fn draw(view: &View, frame: &mut ratatui::Frame) {
    let area = frame.area();
    let view = View { size: (area.width, area.height), ..*view };
    Picture::of(&view).draw(&view, frame);
}

/// The environments that a person has before them where the list is too long to be read whole; none on another
/// screen. As the last picture was settled.
pub fn in_sight<'a>(model: &'a Model, eye: &'a Eye) -> Option<impl Iterator<Item = &'a EnvironmentId> + Clone> {
    let is_list = eye.overlay.is_none() && screen(model) == Screen::Environments;
    (is_list && model.directory.is_long()).then(|| list::in_sight(model, eye))
}

/// Whether requests to services are shown, so that a new one needs a picture.
pub fn shows_requests(eye: &Eye) -> bool {
    eye.overlay.as_ref().is_some_and(|over| over.ask == eye::Ask::Details)
}

/// Whether the screen shows a running time, so that the shell wakes for it.
pub fn needs_clock(model: &Model) -> bool {
    sheet(screen(model)).ticks(model)
}

/// What has the keys: the overlay if there is one, else the screen.
fn top(model: &Model, eye: &Eye) -> &'static dyn Sheet {
    eye.overlay.as_ref().map_or_else(|| sheet(screen(model)), |over| overlay::sheet(over.ask))
}
