//! Keys and pastes become items of the loop's channel.
//!
//! Owns the reading end of the terminal and the thread that sleeps on it. The descriptor is looked at
//! with `poll(2)` before each read, so that a terminal that vanished is heard as [`Item::HangUp`] once
//! and costs no further work. Bytes become keys in [`super::decode`], not in crossterm: its reader
//! blocks inside a half-finished sequence, spins on a dead terminal, and stops short in bursts of more
//! than a kilobyte. Nobody joins the thread. While its [`Gate`] is closed it reads nothing.
//!
//! Standard input is read when it is a terminal, else the controlling terminal.
//!
//! On Windows crossterm reads the console.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

/// Whether the terminal may be read. Closed while the terminal is not ours.
#[derive(Clone)]
pub(super) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(super) fn new() -> Self {
        Self(Arc::new((Mutex::new(true), Condvar::new())))
    }

    pub(super) fn open(&self) {
        self.set(true);
    }

    pub(super) fn close(&self) {
        self.set(false);
    }

    fn set(&self, open: bool) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = open;
        self.0.1.notify_all();
    }

    /// Waits until the gate is open; `true` when it was not.
    fn pass(&self) -> bool {
        let mut open = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = !*open;
        while !*open {
            open = self.0.1.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
        waited
    }
}

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
pub(super) use unix::{find, listen};

#[cfg(unix)]
mod unix {
    use std::{
        fs::File,
        io,
        os::fd::{AsFd, BorrowedFd, OwnedFd},
        thread,
        time::Duration,
    };

    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        io::Errno,
    };

    use super::{
        super::{
            channel::{Item, Sender},
            decode::{Decoder, Input},
        },
        Gate, counts,
    };

    /// Bytes taken from the terminal at once.
    const PIECE: usize = 4096;

    /// Where keys come from.
    pub(in super::super) enum Tty {
        Stdin,
        Opened(OwnedFd),
    }

    impl AsFd for Tty {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match self {
                Self::Stdin => rustix::stdio::stdin(),
                Self::Opened(tty) => tty.as_fd(),
            }
        }
    }

    /// Finds the terminal to read keys from.
    pub(in super::super) fn find() -> io::Result<Tty> {
        Ok(if rustix::termios::isatty(rustix::stdio::stdin()) {
            Tty::Stdin
        } else {
            Tty::Opened(File::options().read(true).write(true).open("/dev/tty")?.into())
        })
    }

    /// Starts the thread; the gate it heeds is returned open.
    pub(in super::super) fn listen<M: Send + 'static>(tty: Tty, sender: Sender<M>) -> io::Result<Gate> {
        let gate = Gate::new();
        let heeded = gate.clone();
        thread::Builder::new().name("input".into()).spawn(move || {
            read(&tty, &heeded, &sender);
            sender.item(Item::HangUp);
        })?;
        Ok(gate)
    }

    /// Reads until the terminal is gone or nobody listens.
    fn read<M>(tty: &Tty, gate: &Gate, sender: &Sender<M>) {
        let mut decoder = Decoder::default();
        let mut piece = [0; PIECE];
        loop {
            let inputs = match wait(tty, decoder.patience()) {
                Ready::Bytes if gate.pass() => continue, // look again: others have read meanwhile
                Ready::Bytes => match rustix::io::read(tty, &mut piece) {
                    Ok(0) => return,
                    Ok(count) => decoder.feed(&piece[..count]),
                    Err(Errno::INTR | Errno::AGAIN) => continue,
                    Err(_) => return,
                },
                Ready::Quiet => decoder.settle(),
                Ready::Gone => return,
            };
            for input in inputs {
                let heard = match input {
                    Input::Key(key) if counts(&key) => sender.item(Item::Key(key)),
                    Input::Key(_) => true,
                    Input::Paste(text) => sender.item(Item::Paste(text)),
                };
                if !heard {
                    return;
                }
            }
        }
    }

    enum Ready {
        Bytes,
        Quiet,
        Gone,
    }

    fn wait(tty: &Tty, patience: Option<Duration>) -> Ready {
        // A patience is a fraction of a second or a few; it fits.
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        loop {
            let mut fds = [PollFd::new(tty, PollFlags::IN)];
            match poll(&mut fds, patience.as_ref()) {
                Ok(0) => return Ready::Quiet,
                // Also together with a hang-up: what was typed before it is read first.
                Ok(_) if fds[0].revents().contains(PollFlags::IN) => return Ready::Bytes,
                Err(Errno::INTR) => {}
                Ok(_) | Err(_) => return Ready::Gone,
            }
        }
    }
}

/// The console, which crossterm finds itself.
#[cfg(not(unix))]
pub(super) struct Console;

/// Finds the terminal to read keys from.
#[cfg(not(unix))]
pub(super) fn find() -> std::io::Result<Console> {
    Ok(Console)
}

/// Starts the thread; the gate it heeds is returned open.
#[cfg(not(unix))]
pub(super) fn listen<M: Send + 'static>(_console: Console, sender: super::channel::Sender<M>) -> std::io::Result<Gate> {
    use super::channel::Item;
    use crossterm::event::{self, Event};

    let gate = Gate::new();
    let heeded = gate.clone();
    std::thread::Builder::new().name("input".into()).spawn(move || {
        loop {
            heeded.pass();
            let heard = match event::read() {
                Ok(Event::Key(key)) if counts(&key) => sender.item(Item::Key(key)),
                Ok(Event::Paste(text)) => sender.item(Item::Paste(text)),
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
