//! The first screen of the full screen, where no cloud is configured. It ends with a [`Play`], on
//! which the wizard goes on in the same session of the terminal.
//!
//! What is wished for is done by whoever started it: here nothing is written and nothing is asked.

use super::stage::Play;
use crate::core::first_run::{FirstRun, Wish};
use crate::screens::first_run::{self as screen, Desk, Reaction};
use crate::shell::run::{Event, Signal, Step};
use crate::ui::look::Look;

/// Does what the first screen wishes for: where to play then, or why not.
pub type Fulfil = Box<dyn FnMut(&Wish) -> Result<Play, String>>;

/// What the first screen needs to know.
pub struct Options {
    /// The settings file, where this machine has a place for one.
    pub file: Option<String>,
    /// Names of the profiles in it.
    pub names: Vec<String>,
    /// Does what is wished for.
    pub fulfil: Fulfil,
}

/// What became of an event.
pub(super) enum Outcome {
    /// It goes on here.
    Stay(Step),
    /// The wizard begins.
    Begin(Play),
    /// The program is left, with this exit code; whether there is still a terminal.
    Leave {
        /// Exit code.
        code: u8,
        /// Whether there is still a terminal to speak to.
        heard: bool,
    },
}

/// The first screen, looked at.
pub(super) struct Welcome {
    first: FirstRun,
    desk: Desk,
    look: Look,
    /// Columns and rows of the picture that the person sees.
    size: (u16, u16),
    fulfil: Fulfil,
}

impl Welcome {
    pub(super) fn new(options: Options, look: Look) -> Self {
        let Options { file, names, fulfil } = options;
        let first = FirstRun::new(file, names);
        let mut desk = Desk::default();
        desk.follow(&first);
        Self { first, desk, look, size: (0, 0), fulfil }
    }

    pub(super) fn on_event<M>(&mut self, event: Event<M>) -> Outcome {
        let reaction = match event {
            Event::Key(key) => screen::on_key(&self.first, &mut self.desk, key, self.size),
            Event::Paste(text) => screen::on_paste(&self.first, &mut self.desk, &text),
            Event::Resize | Event::Resumed => Reaction::Redraw,
            // Nothing runs yet that could send a message, or end while nobody looks.
            Event::Message(_) | Event::Focus(_) => Reaction::Nothing,
            Event::Signal(signal) => {
                return Outcome::Leave { code: signal.exit_code(), heard: signal != Signal::HangUp };
            }
            Event::HangUp => return Outcome::Leave { code: Signal::HangUp.exit_code(), heard: false },
        };
        match reaction {
            Reaction::Nothing => Outcome::Stay(Step::Continue { draw: false }),
            Reaction::Redraw => Outcome::Stay(Step::Continue { draw: true }),
            Reaction::Leave => Outcome::Leave { code: 0, heard: true },
            Reaction::Suspend => Outcome::Stay(Step::Suspend),
            Reaction::Repaint => Outcome::Stay(Step::Redraw),
            Reaction::Intent(intent) => {
                let wish = self.first.update(intent);
                self.desk.follow(&self.first);
                match wish.map(|wish| (self.fulfil)(&wish)) {
                    Some(Ok(play)) => return Outcome::Begin(play),
                    Some(Err(why)) => self.desk.say(why),
                    None => {}
                }
                Outcome::Stay(Step::Continue { draw: true })
            }
        }
    }

    pub(super) fn draw(&mut self, frame: &mut ratatui::Frame) {
        let area = frame.area();
        self.size = (area.width, area.height);
        screen::draw(&self.first, &self.desk, self.look, frame);
    }
}
