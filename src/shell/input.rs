//! The reading end of the terminal.
//!
//! Owns where keys come from and what has come of a key so far. Bytes become keys in [`super::decode`], not in
//! crossterm: its reader blocks inside a half-finished sequence, spins on a dead terminal, and stops short in
//! bursts of more than a kilobyte. Never waits: [`super::ears`] does.
//!
//! Standard input is read when it is a terminal, else the controlling terminal.
//!
//! On Windows crossterm reads the console, on a thread of its own, which nobody joins; while its [`Gate`] is
//! closed it reads nothing.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

/// Whether a key event is a key: presses and repeats are, releases are not, and a held Enter or Esc
/// must not run through the screens behind.
fn counts(key: &KeyEvent) -> bool {
    match key.kind {
        KeyEventKind::Press => true,
        KeyEventKind::Repeat => !matches!(key.code, KeyCode::Enter | KeyCode::Esc),
        KeyEventKind::Release => false,
    }
}

#[cfg(unix)]
pub(super) use unix::Keys;

#[cfg(unix)]
mod unix {
    use std::{
        io,
        os::fd::{AsFd, BorrowedFd, OwnedFd},
        time::Instant,
    };

    use rustix::{
        fs::{Mode, OFlags, open},
        io::Errno,
        path::Arg,
    };

    use super::{
        super::{
            channel::Item,
            decode::{Decoder, Input},
        },
        counts,
    };

    /// Bytes taken from the terminal at once.
    const PIECE: usize = 4096;

    /// Where keys come from.
    enum Tty {
        Stdin,
        Opened(OwnedFd),
    }

    /// The keys of a terminal.
    pub(in super::super) struct Keys {
        tty: Tty,
        decoder: Decoder,
        /// When what has come so far of a key is taken for what it is.
        settles_at: Option<Instant>,
    }

    impl AsFd for Keys {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match &self.tty {
                Tty::Stdin => rustix::stdio::stdin(),
                Tty::Opened(tty) => tty.as_fd(),
            }
        }
    }

    impl Keys {
        /// Finds the terminal to read keys from.
        pub(in super::super) fn find() -> io::Result<Self> {
            let stdin = rustix::stdio::stdin();
            let tty = if rustix::termios::isatty(stdin) {
                // Opened once more: what is set on a descriptor is shared with whoever has it too.
                let name = rustix::termios::ttyname(stdin, Vec::new());
                name.and_then(quick).map_or(Tty::Stdin, Tty::Opened)
            } else {
                Tty::Opened(quick("/dev/tty")?)
            };
            Ok(Self { tty, decoder: Decoder::default(), settles_at: None })
        }

        /// When [`Keys::settle`] is due.
        pub(in super::super) fn settles_at(&self) -> Option<Instant> {
            self.settles_at
        }

        /// Takes what the terminal has; what that completes. None: the terminal is gone.
        pub(in super::super) fn read<M>(&mut self, now: Instant) -> Option<impl Iterator<Item = Item<M>> + use<M>> {
            let mut piece = [0; PIECE];
            let count = match rustix::io::read(&*self, &mut piece) {
                Ok(0) => return None,
                Ok(count) => count,
                // Somebody else was sooner.
                Err(Errno::INTR | Errno::AGAIN) => 0,
                Err(_) => return None,
            };
            let inputs = self.decoder.feed(&piece[..count]);
            Some(self.told(inputs, now))
        }

        /// Nothing more has come of a key.
        pub(in super::super) fn settle<M>(&mut self, now: Instant) -> impl Iterator<Item = Item<M>> + use<M> {
            let inputs = self.decoder.settle();
            self.told(inputs, now)
        }

        /// What has come, and until when it is waited for the rest.
        fn told<M>(&mut self, inputs: Vec<Input>, now: Instant) -> impl Iterator<Item = Item<M>> + use<M> {
            self.settles_at = self.decoder.patience().map(|patience| now + patience);
            items(inputs)
        }
    }

    /// A terminal to read from that never blocks: somebody else may take what was seen there.
    fn quick(name: impl Arg) -> rustix::io::Result<OwnedFd> {
        open(name, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
    }

    fn items<M>(inputs: Vec<Input>) -> impl Iterator<Item = Item<M>> {
        inputs.into_iter().filter_map(|input| match input {
            Input::Key(key) => counts(&key).then_some(Item::Key(key)),
            Input::Paste(text) => Some(Item::Paste(text)),
            Input::Focus(has) => Some(Item::Focus(has)),
        })
    }
}

#[cfg(not(unix))]
pub(super) use console::{Gate, listen};

#[cfg(not(unix))]
mod console {
    use std::{
        io,
        sync::{Arc, Condvar, Mutex, PoisonError},
        thread,
    };

    use crossterm::event::{self, Event};

    use super::{
        super::channel::{Item, Sender},
        counts,
    };

    /// Whether the console may be read. Closed while it is not ours.
    #[derive(Clone)]
    pub(in super::super) struct Gate(Arc<(Mutex<bool>, Condvar)>);

    impl Gate {
        pub(in super::super) fn set(&self, is_open: bool) {
            *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = is_open;
            self.0.1.notify_all();
        }

        /// Waits until the gate is open.
        fn pass(&self) {
            let mut open = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            while !*open {
                open = self.0.1.wait(open).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Starts the thread; the gate it heeds is returned closed.
    pub(in super::super) fn listen<M: Send + 'static>(sender: Sender<M>) -> io::Result<Gate> {
        let gate = Gate(Arc::new((Mutex::new(false), Condvar::new())));
        let heeded = gate.clone();
        thread::Builder::new().name("input".into()).spawn(move || {
            loop {
                heeded.pass();
                let heard = match event::read() {
                    Ok(Event::Key(key)) if counts(&key) => sender.item(Item::Key(key)),
                    Ok(Event::Paste(text)) => sender.item(Item::Paste(text)),
                    Ok(Event::FocusGained) => sender.item(Item::Focus(true)),
                    Ok(Event::FocusLost) => sender.item(Item::Focus(false)),
                    Ok(Event::Resize(..)) => sender.item(Item::Resize),
                    Ok(_) => true,
                    Err(_) => {
                        sender.item(Item::HangUp);
                        false
                    }
                };
                if !heard {
                    return;
                }
            }
        })?;
        Ok(gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    #[test]
    fn presses_and_repeats_count_but_not_releases_nor_a_held_enter() {
        let key = |code, kind| counts(&KeyEvent::new_with_kind(code, KeyModifiers::NONE, kind));
        assert!(key(KeyCode::Enter, KeyEventKind::Press));
        assert!(key(KeyCode::Down, KeyEventKind::Repeat));
        assert!(!key(KeyCode::Enter, KeyEventKind::Repeat));
        assert!(!key(KeyCode::Esc, KeyEventKind::Repeat));
        assert!(!key(KeyCode::Down, KeyEventKind::Release));
    }
}
