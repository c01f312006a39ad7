//! The loop: one thread hears everything in one order, and draws.
//!
//! Owns the order of things: it waits, hands what came to the program, and draws at most one frame
//! for up to `BATCH` events, and only if the program asked for one. A still screen wakes nobody and
//! writes nothing. It never awaits, never touches the network or a file, and knows nothing of what
//! the program does. A terminal that does not read holds up frames, not events. Called by the
//! full-screen surface, from the main thread.

use std::{io, mem, ops::ControlFlow, time::Duration};

use crossterm::event::KeyEvent;

pub use super::channel::{Receiver, Sender, channel};
use super::{
    canvas::Canvas,
    channel::Item,
    ears::Ears,
    output::Notice,
    reach::Reach,
    signals,
    terminal::{self, Guard},
};

/// Events taken between two frames, at most: a flood of messages must not stop the picture.
const BATCH: usize = 64;

/// What a program hears.
#[derive(Debug)]
pub enum Event<M> {
    /// A key was pressed or repeats. Releases are not heard, nor repeats of Enter and Esc.
    Key(KeyEvent),
    /// Text was pasted; line ends are `\n`. A paste never comes as keys, so it presses no Enter.
    Paste(String),
    /// The window has got the focus, or lost it. Many terminals never say.
    Focus(bool),
    /// The window has another size. A frame follows whatever the answer.
    Resize,
    /// A task has sent a message.
    Message(M),
    /// A signal asks the program to leave. It decides: the loop goes on until [`Step::Leave`].
    Signal(Signal),
    /// The terminal is gone: save and leave. Nothing is drawn any more. Comes once; a signal of
    /// the same name may come as well.
    HangUp,
    /// The program was stopped and goes on: time has passed. A full repaint follows.
    Resumed,
}

/// The signals that ask a program to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT. Ctrl-C comes as a key instead.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP. The terminal may still be there.
    HangUp,
    /// SIGQUIT.
    Quit,
}

impl Signal {
    /// Its name, for the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::HangUp => "HUP",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Terminate => "TERM",
        }
    }

    /// The exit code of a process that leaves because of it: 128 and its number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Quit => 131,
            Self::Terminate => 143,
        }
    }
}

/// What the loop shall do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go on; with a frame if something that is seen has changed.
    Continue {
        /// Whether a frame is due.
        draw: bool,
    },
    /// Give the terminal back and stop, until the shell continues the program (Ctrl-Z). Where nobody
    /// could continue it (Windows, or no shell with job control) nothing happens.
    Suspend,
    /// Clear the screen and paint it whole (Ctrl-L).
    Redraw,
    /// End the loop, without another frame.
    Leave,
}

/// A program run by the loop. Every method is called on the thread that called [`run`].
pub trait App {
    /// What its tasks send.
    type Message: Send + 'static;

    /// Something has happened. May be called many times between two frames; must not block.
    fn on_event(&mut self, event: Event<Self::Message>) -> Step;

    /// Draws the frame. The area is never empty. The real cursor is where
    /// [`Frame::set_cursor_position`](ratatui::Frame::set_cursor_position) puts it, else hidden.
    fn draw(&mut self, frame: &mut ratatui::Frame);

    /// How long from now until [`App::on_wake`] is due; `None`: sleep until something happens. Asked
    /// again before each wait, so it must be the time that is left.
    fn next_wake(&self) -> Option<Duration>;

    /// The time of [`App::next_wake`] has come.
    fn on_wake(&mut self) -> Step;
}

/// Why the loop could not run. Once it runs it ends only by [`Step::Leave`].
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Standard output is no terminal, or one that understands no escape sequences.
    #[error("standard output is no terminal, or one that cannot place text (TERM=dumb)")]
    NotATerminal,
    /// The modes of the terminal could not be set.
    #[error("the terminal cannot be switched to full screen")]
    Terminal(#[source] io::Error),
    /// There is no terminal to read keys from.
    #[error("there is no terminal to read keys from")]
    Input(#[source] io::Error),
    /// The process may not open another pipe.
    #[error("the program cannot be woken by what it waits for")]
    Channel(#[source] io::Error),
    /// The signal handlers could not be installed.
    #[error("signals cannot be listened to")]
    Signals(#[source] io::Error),
    /// A frame could not be drawn.
    #[error("the screen cannot be drawn")]
    Draw(#[source] io::Error),
}

/// Takes the terminal and runs `app` until it leaves; then the terminal is as it was.
///
/// After it has returned nothing is read any more, a signal ends the process, and the
/// terminal may be printed to. The sender is for the loop's own threads; one that they hold keeps the channel open.
///
/// # Errors
/// When there is no terminal, or it cannot be used; the terminal is as it was then, too.
#[expect(clippy::needless_pass_by_value, reason = "a loop that holds a sender never finds the channel closed")]
pub fn run<A: App>(
    app: &mut A,
    reach: Reach,
    receiver: Receiver<A::Message>,
    sender: Sender<A::Message>,
) -> Result<(), RunError> {
    if !terminal::takes_sequences() {
        return Err(RunError::NotATerminal);
    }
    let signals = signals::take().map_err(RunError::Signals)?;
    let ears = Ears::new(receiver, &sender).map_err(RunError::Input)?;
    let noticed = sender.clone();
    let guard = Guard::take(reach, move |notice| {
        noticed.item(match notice {
            Notice::Drained => Item::Drained,
            Notice::Broken => Item::HangUp,
        });
    })
    .map_err(RunError::Terminal)?;
    let mut canvas = Canvas::new(terminal::size).map_err(RunError::Draw)?;
    // The first frame waits for no thread that it does not need. What is typed or signalled
    // meanwhile waits where it is.
    guard.write(canvas.frame(true, |frame| app.draw(frame)).map_err(RunError::Draw)?);
    signals::listen(signals, sender.clone()).map_err(RunError::Signals)?;
    let mut round =
        Round { app, ears, guard, canvas, due: Due::Nothing, holds: Holds::Terminal, to_be_continued: false };
    round.ears.set_ours(true);
    let result = round.turn();
    round.ears.set_ours(false);
    result
}

/// The loop going round.
struct Round<'a, A: App> {
    app: &'a mut A,
    ears: Ears<A::Message>,
    guard: Guard,
    canvas: Canvas,
    due: Due,
    holds: Holds,
    /// We have stopped ourselves and not yet heard of the SIGCONT that ended it.
    to_be_continued: bool,
}

/// What was asked for and has not been drawn; the larger wish wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Nothing,
    Frame,
    /// A frame on a cleared screen.
    Afresh,
}

/// What we have of the terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Terminal,
    /// It is given back, because we are about to stop.
    Nothing,
    /// It is gone.
    Wreck,
}

type Flow = ControlFlow<()>;
const ON: Flow = ControlFlow::Continue(());

impl<A: App> Round<'_, A> {
    fn turn(&mut self) -> Result<(), RunError> {
        loop {
            self.draw()?;
            if self.batch().is_break() {
                return Ok(());
            }
        }
    }

    /// Waits, then takes what is there, up to [`BATCH`].
    fn batch(&mut self) -> Flow {
        let left = self.app.next_wake();
        let item = if left.is_some_and(|left| left.is_zero()) { None } else { self.ears.wait(left) };
        if let Some(item) = item {
            self.take(item)?;
        } else {
            let step = self.app.on_wake();
            self.step(step)?;
        }
        for _ in 1..BATCH {
            match self.ears.next() {
                Some(item) => self.take(item)?,
                None => break,
            }
        }
        ON
    }

    fn take(&mut self, item: Item<A::Message>) -> Flow {
        match item {
            Item::Message(message) => self.tell(Event::Message(message)),
            // Typed behind the key that stops us: as with any terminal, it is lost.
            Item::Key(_) | Item::Paste(_) if self.holds == Holds::Nothing => ON,
            Item::Key(key) => self.tell(Event::Key(key)),
            Item::Paste(text) => self.tell(Event::Paste(text)),
            Item::Focus(has) => self.tell(Event::Focus(has)),
            // Also for a size that came back: the terminal has cut its lines off in the meantime.
            Item::Resize => {
                self.wish(Due::Afresh);
                self.tell(Event::Resize)
            }
            Item::Signal(signal, heard) => {
                drop(heard);
                self.tell(Event::Signal(signal))
            }
            Item::HangUp => self.hang_up(),
            Item::Stop => self.stop(),
            Item::Continue if self.to_be_continued => {
                self.to_be_continued = false;
                ON
            }
            Item::Continue if self.holds == Holds::Wreck => ON,
            // Stopped by SIGSTOP, without a word: whoever did it may have changed the modes.
            Item::Continue => {
                self.give_back();
                self.come_back()
            }
            Item::Drained => ON,
        }
    }

    fn tell(&mut self, event: Event<A::Message>) -> Flow {
        let step = self.app.on_event(event);
        self.step(step)
    }

    fn step(&mut self, step: Step) -> Flow {
        match step {
            Step::Continue { draw: false } => {}
            Step::Continue { draw: true } => self.wish(Due::Frame),
            Step::Redraw => self.wish(Due::Afresh),
            Step::Suspend => self.suspend(),
            Step::Leave => return ControlFlow::Break(()),
        }
        ON
    }

    fn wish(&mut self, due: Due) {
        self.due = self.due.max(due);
    }

    fn hang_up(&mut self) -> Flow {
        if self.holds == Holds::Wreck {
            return ON;
        }
        self.holds = Holds::Wreck;
        self.tell(Event::HangUp)
    }

    /// Gives the terminal back before anybody else of the job stops; [`Round::stop`] does the rest
    /// when our own SIGTSTP arrives.
    fn suspend(&mut self) {
        if self.holds != Holds::Terminal || !signals::can_be_continued() {
            return;
        }
        self.give_back();
        terminal::discard_typed();
        if !signals::stop_job() {
            let _ = self.come_back();
        }
    }

    fn stop(&mut self) -> Flow {
        if self.to_be_continued {
            return ON; // a second stop, older than the continuation
        }
        if self.holds == Holds::Wreck || !signals::can_be_continued() {
            return if self.holds == Holds::Nothing { self.come_back() } else { ON };
        }
        self.give_back();
        self.to_be_continued = true;
        signals::stop_process();
        self.keep_what_outlasts_a_stop();
        self.come_back()
    }

    /// Keys typed before a stop would be taken after it, and a second Ctrl-Z would stop us again.
    fn keep_what_outlasts_a_stop(&mut self) {
        self.ears.retain(|item| !matches!(item, Item::Key(_) | Item::Paste(_) | Item::Stop));
    }

    fn give_back(&mut self) {
        self.holds = Holds::Nothing;
        self.ears.set_ours(false);
        terminal::give_back();
    }

    fn come_back(&mut self) -> Flow {
        if self.guard.take_again().is_err() {
            return self.hang_up();
        }
        self.ears.set_ours(true);
        self.holds = Holds::Terminal;
        self.wish(Due::Afresh);
        self.tell(Event::Resumed)
    }

    fn draw(&mut self) -> Result<(), RunError> {
        let nothing = self.due == Due::Nothing && !self.guard.has_aside();
        if nothing || self.holds != Holds::Terminal || !self.guard.ready() {
            return Ok(());
        }
        let frame = match mem::replace(&mut self.due, Due::Nothing) {
            Due::Nothing => Vec::new(),
            due => self.canvas.frame(due == Due::Afresh, |frame| self.app.draw(frame)).map_err(RunError::Draw)?,
        };
        self.guard.write(frame);
        Ok(())
    }
}
