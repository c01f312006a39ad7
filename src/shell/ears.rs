//! What the loop hears: the keys of the terminal and the items of its channel, on one thread.
//!
//! Owns the sleep of the loop, and what came and was not taken yet. On Unix it sleeps on the terminal itself, so
//! that a key wakes one thread and not two; the channel rings its bell then. A terminal that vanished is heard as
//! [`Item::HangUp`] once and costs no further work. Never decides what an item means. Used by the loop alone.
//!
//! On Windows a thread reads the console into the channel.

use std::{collections::VecDeque, time::Duration};

use super::channel::{Item, Receiver};

/// What the loop hears.
pub(super) struct Ears<M> {
    receiver: Receiver<M>,
    /// What came and was not taken.
    kept: VecDeque<Item<M>>,
    terminal: terminal::Terminal,
}

impl<M> Ears<M> {
    /// What is there already.
    pub(super) fn next(&mut self) -> Option<Item<M>> {
        self.kept.pop_front().or_else(|| self.receiver.items.try_recv().ok())
    }

    /// Keeps of what is there only what passes.
    pub(super) fn retain(&mut self, passes: impl Fn(&Item<M>) -> bool) {
        self.kept.extend(self.receiver.items.try_iter());
        self.kept.retain(passes);
    }
}

#[cfg(unix)]
mod terminal {
    use std::{io, time::Instant};

    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        io::Errno,
    };

    use super::{
        super::{
            channel::{Bell, Sender},
            input::Keys,
        },
        Duration, Ears, Item, Receiver, VecDeque,
    };

    /// The terminal as it is listened to.
    pub(super) struct Terminal {
        /// None: it is gone.
        keys: Option<Keys>,
        is_ours: bool,
    }

    /// What a look at the descriptors has found.
    #[derive(Default)]
    struct Seen {
        has_bytes: bool,
        is_gone: bool,
    }

    impl<M> Ears<M> {
        /// Listens to the channel, and to the terminal once that is ours. No thread needs the sender.
        pub(in super::super) fn new(receiver: Receiver<M>, _sender: &Sender<M>) -> io::Result<Self> {
            let terminal = Terminal { keys: Some(Keys::find()?), is_ours: false };
            Ok(Self { receiver, kept: VecDeque::new(), terminal })
        }

        /// Whether the terminal is ours and may be read.
        pub(in super::super) fn set_ours(&mut self, is_ours: bool) {
            self.terminal.is_ours = is_ours;
        }

        /// Waits for what comes next, at most so long; none: nothing came.
        pub(in super::super) fn wait(&mut self, limit: Option<Duration>) -> Option<Item<M>> {
            let end = limit.map(|limit| Instant::now() + limit);
            loop {
                if let Some(item) = self.kept.pop_front() {
                    return Some(item);
                }
                self.listen(end);
                if self.kept.is_empty() && end.is_some_and(|end| Instant::now() >= end) {
                    return None;
                }
            }
        }

        /// Sleeps until something comes, at most until then, and keeps it. A flood of items keeps no key away:
        /// the terminal is looked at, too, where there is something else.
        fn listen(&mut self, end: Option<Instant>) {
            let Self { receiver, kept, terminal } = self;
            kept.extend(receiver.items.try_recv());
            if kept.is_empty() {
                receiver.bell.listen();
                kept.extend(receiver.items.try_recv());
            }
            let keys = terminal.keys.as_mut().filter(|_| terminal.is_ours);
            let settles_at = keys.as_ref().and_then(|keys| keys.settles_at());
            let until = match (end, settles_at) {
                _ if !kept.is_empty() => Some(Instant::now()),
                (Some(end), Some(at)) => Some(end.min(at)),
                (end, at) => end.or(at),
            };
            let seen = sleep(&receiver.bell, keys.as_deref(), until);
            receiver.bell.silence();
            let Some(keys) = keys else { return };
            let now = Instant::now();
            let read = if seen.has_bytes { keys.read(now) } else { None };
            match read {
                Some(items) => kept.extend(items),
                None if seen.has_bytes || seen.is_gone => {
                    terminal.keys = None;
                    kept.push_back(Item::HangUp);
                }
                None if settles_at.is_some_and(|at| at <= now) => kept.extend(keys.settle(now)),
                None => {}
            }
        }
    }

    fn sleep(bell: &Bell, keys: Option<&Keys>, until: Option<Instant>) -> Seen {
        // A limit is a few seconds at most; it fits.
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let bell = PollFd::new(bell, PollFlags::IN);
        let found = match keys {
            Some(keys) => {
                let mut fds = [bell, PollFd::new(keys, PollFlags::IN)];
                poll(&mut fds, left.as_ref()).map(|_| fds[1].revents())
            }
            None => poll(&mut [bell], left.as_ref()).map(|_| PollFlags::empty()),
        };
        match found {
            // Also together with a hang-up: what was typed before it is read first.
            Ok(events) if events.contains(PollFlags::IN) => Seen { has_bytes: true, is_gone: false },
            Ok(events) => Seen { has_bytes: false, is_gone: !events.is_empty() },
            Err(Errno::INTR) => Seen::default(),
            Err(_) => Seen { has_bytes: false, is_gone: true },
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    use std::io;

    use super::{
        super::{
            channel::Sender,
            input::{self, Gate},
        },
        Duration, Ears, Item, Receiver, VecDeque,
    };

    /// The console as it is listened to.
    pub(super) struct Terminal {
        gate: Gate,
    }

    impl<M: Send + 'static> Ears<M> {
        /// Listens to the channel, into which a thread reads the console once that is ours.
        pub(in super::super) fn new(receiver: Receiver<M>, sender: &Sender<M>) -> io::Result<Self> {
            let gate = input::listen(sender.clone())?;
            Ok(Self { receiver, kept: VecDeque::new(), terminal: Terminal { gate } })
        }

        /// Whether the console is ours and may be read.
        pub(in super::super) fn set_ours(&mut self, is_ours: bool) {
            self.terminal.gate.set(is_ours);
        }

        /// Waits for what comes next, at most so long; none: nothing came.
        pub(in super::super) fn wait(&mut self, limit: Option<Duration>) -> Option<Item<M>> {
            if let Some(item) = self.kept.pop_front() {
                return Some(item);
            }
            match limit {
                Some(limit) => self.receiver.items.recv_timeout(limit).ok(),
                None => self.receiver.items.recv().ok(),
            }
        }
    }
}
