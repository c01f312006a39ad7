//! The one channel of the loop: messages, signals and resizes in the order they came.
//!
//! Owns the two ends, the items between them, and the bell: who sleeps on the terminal is woken by a sender
//! through a pipe, and only who sleeps. Never drops or reorders an item, never blocks a sender. Tasks hold a
//! [`Sender`]; the loop alone holds the [`Receiver`].

use std::{io, sync::Arc, sync::mpsc};

use crossterm::event::KeyEvent;

use super::run::Signal;

/// What travels to the loop. Wider than what a program hears: some items are for the loop alone.
#[cfg_attr(not(unix), expect(dead_code, reason = "most signals come on Unix only"))]
pub(super) enum Item<M> {
    Message(M),
    Key(KeyEvent),
    Paste(String),
    /// The window has got the focus, or lost it.
    Focus(bool),
    /// The window has another size; the loop asks for it when it draws.
    Resize,
    /// The sender is dropped when the loop takes the item: so the signal thread knows it was heard.
    Signal(Signal, mpsc::Sender<()>),
    /// The terminal is gone: nothing to read from it, or nothing to write to.
    HangUp,
    /// SIGTSTP: give the terminal back and stop.
    Stop,
    /// SIGCONT: somebody may have changed the terminal in the meantime.
    Continue,
    /// The terminal has taken everything that was written to it.
    Drained,
}

/// The end by which tasks send messages to the loop. Cheap to clone, never blocks.
pub struct Sender<M> {
    items: mpsc::Sender<Item<M>>,
    bell: Arc<Bell>,
}

impl<M> Sender<M> {
    /// Sends a message to the program; `false` when the loop has ended and nobody will hear it.
    pub fn send(&self, message: M) -> bool {
        self.item(Item::Message(message))
    }

    pub(super) fn item(&self, item: Item<M>) -> bool {
        let is_sent = self.items.send(item).is_ok();
        self.bell.ring();
        is_sent
    }
}

// By hand: deriving would ask for `M: Clone`, which no message needs to be.
impl<M> Clone for Sender<M> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), bell: Arc::clone(&self.bell) }
    }
}

/// The end the loop reads.
pub struct Receiver<M> {
    pub(super) items: mpsc::Receiver<Item<M>>,
    #[cfg(unix)]
    pub(super) bell: Arc<Bell>,
}

/// Makes the channel. It exists before the loop, so that tasks can be started first.
///
/// # Errors
/// When the process may not open another pipe.
pub fn channel<M>() -> io::Result<(Sender<M>, Receiver<M>)> {
    let (sender, items) = mpsc::channel();
    let bell = Arc::new(Bell::new()?);
    let receiver = Receiver {
        items,
        #[cfg(unix)]
        bell: Arc::clone(&bell),
    };
    Ok((Sender { items: sender, bell }, receiver))
}

#[cfg(unix)]
pub(super) use bell::Bell;

#[cfg(unix)]
mod bell {
    use std::{
        io::{self, PipeReader, PipeWriter, Read, Write, pipe},
        os::fd::{AsFd, BorrowedFd},
        sync::atomic::{AtomicU8, Ordering::SeqCst, fence},
    };

    /// Nobody listens: who is awake looks at the channel by itself.
    const AWAKE: u8 = 0;
    /// Somebody is about to sleep, or sleeps.
    const ASLEEP: u8 = 1;
    /// Somebody who slept was rung for: one byte is in the pipe, or on its way.
    const RUNG: u8 = 2;

    /// Wakes who sleeps on descriptors, where no channel could.
    pub(in super::super) struct Bell {
        state: AtomicU8,
        reader: PipeReader,
        writer: PipeWriter,
    }

    impl Bell {
        pub(super) fn new() -> io::Result<Self> {
            let (reader, writer) = pipe()?;
            Ok(Self { state: AtomicU8::new(AWAKE), reader, writer })
        }

        /// Called behind each item that was sent.
        pub(super) fn ring(&self) {
            // Either this sees that somebody goes to sleep, or they see what was sent: never neither.
            fence(SeqCst);
            if self.state.compare_exchange(ASLEEP, RUNG, SeqCst, SeqCst).is_ok() {
                // A pipe with at most one byte in it has room; the reader lives as long as this.
                let _ = (&self.writer).write_all(&[0]);
            }
        }

        /// From now on who sends rings. The channel is looked at once more after it, before the sleep.
        pub(in super::super) fn listen(&self) {
            self.state.store(ASLEEP, SeqCst);
            fence(SeqCst);
        }

        /// Nobody rings any more; who has rung is answered.
        pub(in super::super) fn silence(&self) {
            if self.state.swap(AWAKE, SeqCst) == RUNG {
                // The byte is there, or comes as soon as its sender runs.
                let _ = (&self.reader).read_exact(&mut [0]);
            }
        }
    }

    /// What becomes readable when it rings.
    impl AsFd for Bell {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.reader.as_fd()
        }
    }
}

/// The loop sleeps on the channel itself.
#[cfg(not(unix))]
pub(super) struct Bell;

#[cfg(not(unix))]
impl Bell {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "elsewhere there is something to ring")]
    fn ring(&self) {}
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::thread;

    /// Rounds: each may hit the moment between the last look at the channel and the sleep.
    const ROUNDS: u32 = 20_000;
    /// A sleep that nobody ends.
    const FOR_EVER: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

    #[test]
    fn who_goes_to_sleep_while_something_is_sent_is_woken() {
        let (sender, receiver) = channel::<u32>().unwrap();
        let (next, nexts) = mpsc::channel();
        let sends = thread::spawn(move || nexts.iter().take_while(|round| sender.send(*round)).count());
        for round in 0..ROUNDS {
            next.send(round).unwrap();
            let item = loop {
                receiver.bell.listen();
                let came = receiver.items.try_recv().ok();
                let rung = came.is_some()
                    || poll(&mut [PollFd::new(&*receiver.bell, PollFlags::IN)], Some(&FOR_EVER)) == Ok(1);
                receiver.bell.silence();
                assert!(rung, "nobody rang in round {round}");
                if let Some(item) = came {
                    break item;
                }
            };
            assert!(matches!(item, Item::Message(sent) if sent == round));
        }
        drop(next);
        assert_eq!(sends.join().unwrap(), ROUNDS as usize);
    }
}
