//! A small program on the real loop and guard, for tests to look at from outside.
//!
//! Owns a screen that shows what it has heard, and keys that bring it into every awkward state. It
//! runs in the test executable itself, started again by the tests in a terminal of its own.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "what it prints is looked at by the tests"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{thread, time::Duration};

use crossterm::event::{KeyCode, KeyModifiers};
use dualwrite::settings::Signals;
use dualwrite::shell::{
    reach::Reach,
    run::{self, App, Event, Sender, Signal, Step},
    terminal,
};
use ratatui::{Frame, text::Line, text::Text};

/// Messages of one flood.
pub const FLOOD: u32 = 20_000;
/// Ticks without a frame after which nothing is taken to be drawn any more.
const STALLED: u32 = 25;
/// Set to a path in its environment: a file is made there when its frames are held up.
pub const TELL_STALL: &str = "DUALWRITE_TEST_STALLED";
/// Period of the clock, once it runs.
const TICK: Duration = Duration::from_millis(20);

enum Message {
    One,
    Panicked,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each key has its own")]
struct Child {
    sender: Option<Sender<Message>>,
    keys: u32,
    last: String,
    pasted: String,
    messages: u32,
    /// The same, for the thread of an endless flood.
    taken: Arc<AtomicU32>,
    sizes: u32,
    resumed: u32,
    ticks: u32,
    undrawn: u32,
    ticking: bool,
    frames: u32,
    size: (u16, u16),
    stripes: bool,
    panic_in_draw: bool,
    deaf: bool,
    code: u8,
}

impl App for Child {
    type Message = Message;

    fn on_event(&mut self, event: Event<Message>) -> Step {
        let draw = Step::Continue { draw: true };
        match event {
            Event::Key(key) => {
                self.keys += 1;
                self.last = format!("{:?} {:?}", key.code, key.modifiers);
                match key.code {
                    KeyCode::Char('z') if key.modifiers == KeyModifiers::CONTROL => Step::Suspend,
                    KeyCode::Char('l') if key.modifiers == KeyModifiers::CONTROL => Step::Redraw,
                    KeyCode::Char('q') => Step::Leave,
                    KeyCode::Char('n') => Step::Continue { draw: false },
                    KeyCode::Char('!') => panic!("as asked, in on_event"),
                    KeyCode::Char('@') => {
                        self.panic_in_draw = true;
                        draw
                    }
                    KeyCode::Char('#') => {
                        let sender = self.sender.clone().expect("it runs");
                        thread::spawn(move || {
                            assert!(thread::spawn(|| panic!("as asked, in a task")).join().is_err());
                            sender.send(Message::Panicked);
                        });
                        draw
                    }
                    KeyCode::Char('f') => {
                        let sender = self.sender.clone().expect("it runs");
                        thread::spawn(move || (0..FLOOD).all(|_| sender.send(Message::One)));
                        draw
                    }
                    KeyCode::Char('F') => {
                        let (sender, taken) = (self.sender.clone().expect("it runs"), Arc::clone(&self.taken));
                        thread::spawn(move || {
                            // Never more than one flood ahead, so that it takes no memory, and never an end.
                            for sent in 0_u32.. {
                                while sent - taken.load(Ordering::Relaxed) >= FLOOD {
                                    thread::yield_now();
                                }
                                if !sender.send(Message::One) {
                                    break;
                                }
                            }
                        });
                        draw
                    }
                    KeyCode::Char('h') => loop {
                        thread::park();
                    },
                    KeyCode::Char('d') => {
                        self.deaf = true;
                        draw
                    }
                    KeyCode::Char('s') => {
                        self.stripes = true;
                        self.ticking = true;
                        draw
                    }
                    KeyCode::Char('t') => {
                        self.ticking = !self.ticking;
                        draw
                    }
                    KeyCode::Char('T') => {
                        terminal::set_title("a title\x07 with a bell");
                        draw
                    }
                    KeyCode::Char('y') => {
                        terminal::copy("copied");
                        Step::Continue { draw: false }
                    }
                    _ => draw,
                }
            }
            Event::Paste(text) => {
                self.pasted = text;
                draw
            }
            Event::Focus(has) => {
                self.last = format!("focus {has}");
                draw
            }
            Event::Resize => {
                self.sizes += 1;
                Step::Continue { draw: false }
            }
            Event::Message(Message::One) => {
                self.messages += 1;
                self.taken.fetch_add(1, Ordering::Relaxed);
                draw
            }
            Event::Message(Message::Panicked) => {
                self.last = "a task panicked".into();
                draw
            }
            Event::Signal(signal) => self.leave(signal),
            Event::HangUp => self.leave(Signal::HangUp),
            Event::Resumed => {
                self.resumed += 1;
                draw
            }
        }
    }

    fn draw(&mut self, frame: &mut Frame) {
        assert!(!self.panic_in_draw, "as asked, in draw");
        assert!(!frame.area().is_empty());
        self.frames += 1;
        self.undrawn = 0;
        self.size = (frame.area().width, frame.area().height);
        if self.stripes {
            let stripe = if self.frames.is_multiple_of(2) { "/-" } else { "\\=" };
            let text = stripe.repeat(usize::from(self.size.0));
            let lines: Text = (0..self.size.1).map(|_| Line::raw(text.as_str())).collect();
            frame.render_widget(lines, frame.area());
            return;
        }
        let text = format!(
            "child {} of {}x{}\nkeys {} last {}\npasted {:?}\nmessages {}\nresumed {}\n{}",
            std::process::id(),
            self.size.0,
            self.size.1,
            self.keys,
            self.last,
            self.pasted,
            self.messages,
            self.resumed,
            if self.ticks < 5 { "" } else { "ticking" },
        );
        frame.render_widget(Text::raw(text), frame.area());
        frame.set_cursor_position((frame.area().width.min(3), 0));
    }

    fn next_wake(&self) -> Option<Duration> {
        self.ticking.then_some(TICK)
    }

    fn on_wake(&mut self) -> Step {
        self.ticks += 1;
        self.undrawn += 1;
        if self.undrawn == STALLED
            && let Some(path) = std::env::var_os(TELL_STALL)
        {
            std::fs::write(path, "").expect("a file can be made");
        }
        Step::Continue { draw: true }
    }
}

impl Child {
    fn leave(&mut self, signal: Signal) -> Step {
        if self.deaf {
            self.last = format!("signal {}", signal.exit_code());
            return Step::Continue { draw: true };
        }
        self.code = signal.exit_code();
        Step::Leave
    }
}

/// Runs the program on this process's terminal; what it leaves with is its exit code.
pub fn main() -> u8 {
    let (sender, receiver) = run::channel().expect("a pipe");
    let mut child = Child { sender: Some(sender.clone()), ..Child::default() };
    let reach = Reach::of(Signals::default(), &|name| std::env::var(name).ok());
    match run::run(&mut child, reach, receiver, sender) {
        Ok(()) => {
            // A terminal that does not read would hold these words up for ever.
            if child.code == 0 && !child.stripes {
                println!("goodbye after {} sizes and {} frames", child.sizes, child.frames);
            }
            child.code
        }
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}
