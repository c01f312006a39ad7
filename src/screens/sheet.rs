//! What a screen, or something laid over one, is: one implementation of [`Sheet`], in one file.
//!
//! Nobody else asks which screen it is: the handler of keys, the picture, the frame and the page line by line ask the
//! sheet. What most of them answer alike is said here once.

use super::eye::Eye;
use super::frame;
use super::input::Reaction;
use super::keys::{Act, Binding};
use super::page::{self, Page, Room};
use super::{View, parts};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::ui::row::Row;

/// Longest text that can be typed or pasted, where nothing else is said, in characters.
pub(super) const TYPED_MAX: usize = 200;

/// One screen, or something laid over it.
pub(super) trait Sheet: Sync {
    /// Title of the frame.
    fn title(&self) -> &'static str;

    /// Its keys, in the order of the footer.
    fn keys(&self) -> &'static [Binding];

    /// What it shows.
    fn page(&self, view: &View, room: Room) -> Page;

    /// A few sentences about the step, for the help page.
    fn help(&self, _view: &View) -> &'static str {
        ""
    }

    /// What stands in place of the way, on a screen that is no step of it.
    fn about(&self, _model: &Model) -> &'static str {
        "Choose an environment. A set-up that runs goes on while you look at another."
    }

    /// How fresh what it shows is, for the last row of the status.
    fn freshness(&self, view: &View) -> Row {
        frame::freshness(view)
    }

    /// Laid over a screen, whether it takes all of it; a question stands in its middle.
    fn is_whole(&self) -> bool {
        false
    }

    /// Cells that the first column wants before a second one stands beside it.
    fn main(&self) -> u16 {
        page::MAIN
    }

    /// The second column on a wide terminal.
    fn side(&self, view: &View, cells: usize) -> Vec<Row> {
        parts::timeline(view, cells)
    }

    /// What an act does here, where it is not the usual; so many rows of the page scroll.
    fn act(&self, _model: &Model, _eye: &mut Eye, _act: Act, _height: usize) -> Option<Reaction> {
        None
    }

    /// Whether it comes by itself, and what it offers first cannot be taken back: a key that is held does not press it.
    fn is_final(&self) -> bool {
        false
    }

    /// The text that has the letters.
    fn field(&self, _eye: &Eye) -> Option<Field> {
        None
    }

    /// Before it is drawn: works out what is the same for many pictures.
    fn refresh(&self, _model: &Model, _eye: &mut Eye) {}

    /// After it was laid out with so many rows that scroll: keeps what is selected in sight, and tells whether somebody
    /// has seen the `end` of it.
    fn settle(&self, _model: &Model, _eye: &mut Eye, _height: usize, _end: bool) -> Option<Intent> {
        None
    }

    /// Whether it is about something that runs.
    fn runs(&self) -> bool {
        false
    }

    /// Whether it shows a running time.
    fn ticks(&self, _model: &Model) -> bool {
        self.runs()
    }

    /// Whether it can do nothing without a person: what it is about was read.
    fn waits(&self, model: &Model) -> bool {
        match model.current() {
            Some((_, setup)) => setup.reading.is_empty() && setup.to_take_up.is_none() && setup.starts.is_none(),
            None => model.directory.is_read() && !model.setups.is_any_read(),
        }
    }

    /// Line by line, its rows as choices, where they are chosen from instead of being read.
    fn choices(&self, _view: &View) -> Option<Choices> {
        None
    }

    /// One of these was chosen.
    fn choose(&self, _model: &Model, _eye: &mut Eye, _at: usize) -> Reaction {
        Reaction::Nothing
    }
}

/// A text that is typed on a sheet.
pub(super) struct Field {
    /// Line by line, what has to be typed; none where what is typed only filters.
    pub(super) what: Option<&'static str>,
    /// Most characters.
    pub(super) most: usize,
    /// What is taken of a pasted text.
    pub(super) taken: fn(&str) -> String,
    /// What another text begins anew.
    pub(super) changed: fn(&mut Eye),
}

/// Rows that are chosen from, line by line.
pub(super) struct Choices {
    /// What is said of them.
    pub(super) about: Vec<String>,
    /// Each as a sentence.
    pub(super) sentences: Vec<String>,
}
