//! The one channel of the loop: keys, messages, signals and resizes in the order they came.
//!
//! Owns the two ends and the items between them. Never drops or reorders an item, never blocks a
//! sender. Tasks hold a [`Sender`]; the loop alone holds the [`Receiver`].

use std::sync::mpsc;

use crossterm::event::KeyEvent;

use super::run::Signal;

/// What travels to the loop. Wider than what a program hears: some items are for the loop alone.
pub(super) enum Item<M> {
    Message(M),
    Key(KeyEvent),
    Paste(String),
    /// The window has another size; the loop asks for it when it draws.
    Resize,
    /// The sender is dropped when the loop takes the item: so the signal thread knows it was heard.
    #[cfg_attr(not(unix), allow(dead_code, reason = "such signals come on Unix only"))]
    Signal(Signal, mpsc::Sender<()>),
    /// The terminal is gone: nothing to read from it, or nothing to write to.
    HangUp,
    /// SIGTSTP: give the terminal back and stop.
    #[cfg_attr(not(unix), allow(dead_code, reason = "such signals come on Unix only"))]
    Stop,
    /// SIGCONT: somebody may have changed the terminal in the meantime.
    #[cfg_attr(not(unix), allow(dead_code, reason = "such signals come on Unix only"))]
    Continue,
    /// The terminal has taken everything that was written to it.
    Drained,
}

/// The end by which tasks send messages to the loop. Cheap to clone, never blocks.
pub struct Sender<M>(mpsc::Sender<Item<M>>);

impl<M> Sender<M> {
    /// Sends a message to the program; `false` when the loop has ended and nobody will hear it.
    pub fn send(&self, message: M) -> bool {
        self.item(Item::Message(message))
    }

    pub(super) fn item(&self, item: Item<M>) -> bool {
        self.0.send(item).is_ok()
    }
}

// By hand: deriving would ask for `M: Clone`, which no message needs to be.
impl<M> Clone for Sender<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The end the loop reads.
pub struct Receiver<M>(pub(super) mpsc::Receiver<Item<M>>);

/// Makes the channel. It exists before the loop, so that tasks can be started first.
pub fn channel<M>() -> (Sender<M>, Receiver<M>) {
    let (sender, receiver) = mpsc::channel();
    (Sender(sender), Receiver(receiver))
}
