//! The reading end of the terminal.
//!
//! Owns where keys come from and what has come of a key so far. Bytes become keys in [`super::decode`], not in
//! crossterm: its reader blocks inside a half-finished sequence, spins on a dead terminal, and stops short in
//! bursts of more than a kilobyte. Never waits: [`super::ears`] does.
//!
//! Standard input is read when it is a terminal, else the terminal that is drawn on, else the controlling one: the last,
//! because macOS lets nobody wait on `/dev/tty`. What cannot be waited on is passed over; it is not gone.
//!
//! On Windows crossterm reads the console, on a thread of its own, which nobody joins; while its [`Gate`] is
//! closed it reads nothing. The console sends a paste as keys and marks it by nothing but its haste: nobody types
//! [`LEAST_PASTE`] letters that are there at once.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

#[cfg(any(windows, test))]
use {super::channel::Item, crossterm::event::Event, crossterm::event::KeyModifiers};

/// Whether a key event is a key: presses and repeats are, releases are not, and a held Enter or Esc
/// must not run through the screens behind.
fn counts(key: &KeyEvent) -> bool {
    match key.kind {
        KeyEventKind::Press => true,
        KeyEventKind::Repeat => !matches!(key.code, KeyCode::Enter | KeyCode::Esc),
        KeyEventKind::Release => false,
    }
}

/// Letters, Tabs and Enters that are there at once from which on they are a paste.
#[cfg(any(windows, test))]
const LEAST_PASTE: usize = 3;

/// What was there at once becomes items: so many keys of a text are a paste, and press nothing.
#[cfg(any(windows, test))]
fn gathered<M>(events: Vec<Event>) -> Vec<Item<M>> {
    let mut items = Vec::new();
    let mut text: Vec<(char, KeyEvent)> = Vec::new();
    let settle = |text: &mut Vec<(char, KeyEvent)>, items: &mut Vec<Item<M>>| {
        let keys = std::mem::take(text);
        if keys.len() < LEAST_PASTE {
            items.extend(keys.into_iter().map(|(_, key)| Item::Key(key)));
        } else {
            items.push(Item::Paste(keys.into_iter().map(|(letter, _)| letter).collect()));
        }
    };
    for event in events {
        let item = match event {
            Event::Key(key) if !counts(&key) => continue,
            Event::Key(key) => match letter(&key) {
                Some(letter) => {
                    text.push((letter, key));
                    continue;
                }
                None => Item::Key(key),
            },
            Event::Paste(text) => Item::Paste(text),
            Event::FocusGained => Item::Focus(true),
            Event::FocusLost => Item::Focus(false),
            Event::Resize(..) => Item::Resize,
            Event::Mouse(_) => continue,
        };
        settle(&mut text, &mut items);
        items.push(item);
    }
    settle(&mut text, &mut items);
    items
}

/// What a key is in a text.
#[cfg(any(windows, test))]
fn letter(key: &KeyEvent) -> Option<char> {
    let is_plain = (key.modifiers - KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Char(letter) if is_plain => Some(letter),
        KeyCode::Enter if is_plain => Some('\n'),
        KeyCode::Tab if is_plain => Some('\t'),
        _ => None,
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
        event::{PollFd, PollFlags, Timespec, poll},
        fs::{Mode, OFlags, open},
        io::Errno,
        path::Arg,
        stdio::{stdin, stdout},
        termios::{isatty, ttyname},
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

    /// The ways to a terminal, the best first; the first of them are for a standard input that is one. It is opened once
    /// more: what is set on a descriptor is shared with whoever has it too.
    const WAYS: [fn() -> rustix::io::Result<Tty>; 4] =
        [|| again(stdin()), || Ok(Tty::Stdin), || again(stdout()), || quick("/dev/tty").map(Tty::Opened)];
    const IF_STDIN_IS_ONE: usize = 2;

    /// The keys of a terminal.
    pub(in super::super) struct Keys {
        tty: Tty,
        decoder: Decoder,
        /// When what has come so far of a key is taken for what it is.
        settles_at: Option<Instant>,
    }

    impl AsFd for Tty {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match self {
                Self::Stdin => stdin(),
                Self::Opened(tty) => tty.as_fd(),
            }
        }
    }

    impl AsFd for Keys {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.tty.as_fd()
        }
    }

    impl Keys {
        /// Finds the terminal to read keys from.
        pub(in super::super) fn find() -> io::Result<Self> {
            let from = if isatty(stdin()) { 0 } else { IF_STDIN_IS_ONE };
            let mut why = Errno::NOTTY;
            for way in &WAYS[from..] {
                match way() {
                    Ok(tty) if can_be_waited_on(&tty) => {
                        return Ok(Self { tty, decoder: Decoder::default(), settles_at: None });
                    }
                    Ok(_) => {}
                    Err(error) => why = error,
                }
            }
            Err(why.into())
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

    /// The terminal behind a descriptor, by its name.
    fn again(fd: BorrowedFd) -> rustix::io::Result<Tty> {
        ttyname(fd, Vec::new()).and_then(quick).map(Tty::Opened)
    }

    /// Whether the system tells when there is something to read.
    fn can_be_waited_on(tty: &Tty) -> bool {
        let mut fds = [PollFd::new(tty, PollFlags::IN)];
        let asked = poll(&mut fds, Some(&Timespec::default()));
        asked.is_ok() && !fds[0].revents().contains(PollFlags::NVAL)
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

#[cfg(windows)]
pub(super) use console::{Gate, listen};

#[cfg(windows)]
mod console {
    use std::{
        io,
        sync::{Arc, Condvar, Mutex, PoisonError},
        thread,
        time::Duration,
    };

    use crossterm::event::{self, Event};

    use super::{
        super::channel::{Item, Sender},
        LEAST_PASTE, gathered,
    };

    /// Most events that are taken at once: a flood must not hold up what has come.
    const AT_ONCE: usize = 65536;
    /// How long the rest of what may be a paste can take: the console hands a long one over in pieces.
    const GAP: Duration = Duration::from_millis(20);

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
                let events = at_once();
                let is_gone = events.is_err();
                let heard = gathered(events.unwrap_or_default()).into_iter().all(|item| sender.item(item));
                if is_gone {
                    sender.item(Item::HangUp);
                }
                if is_gone || !heard {
                    return;
                }
            }
        })?;
        Ok(gate)
    }

    /// Waits for an event; with it come those that are there already.
    fn at_once() -> io::Result<Vec<Event>> {
        let mut events = vec![event::read()?];
        // What is wrong shows at the next reading: what has come until then is heard first.
        while events.len() < AT_ONCE {
            let patience = if events.len() < LEAST_PASTE { Duration::ZERO } else { GAP };
            if !event::poll(patience).unwrap_or(false) {
                break;
            }
            let Ok(event) = event::read() else { break };
            events.push(event);
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items in words; a key that is pressed is let go again, as the console tells it.
    fn told(codes: &[KeyCode]) -> Vec<String> {
        let both = |code: &KeyCode| {
            [KeyEventKind::Press, KeyEventKind::Release]
                .map(|kind| Event::Key(KeyEvent::new_with_kind(*code, KeyModifiers::NONE, kind)))
        };
        let words = |item: Item<()>| match item {
            Item::Key(key) => format!("{:?}", key.code),
            Item::Paste(text) => format!("paste {text:?}"),
            Item::Focus(has) => format!("focus {has}"),
            _ => "other".to_owned(),
        };
        let events = codes.iter().flat_map(both).chain([Event::FocusLost, Event::Resize(80, 24)]).collect();
        gathered(events).into_iter().map(words).collect()
    }

    #[test]
    fn letters_that_are_there_at_once_are_a_paste_and_press_nothing() {
        let [q, y, tab, enter, down] =
            [KeyCode::Char('q'), KeyCode::Char('ÿ'), KeyCode::Tab, KeyCode::Enter, KeyCode::Down];
        assert_eq!(told(&[q, y, tab, enter]), [r#"paste "qÿ\t\n""#, "focus false", "other"]);
        assert_eq!(told(&[q, enter]), ["Char('q')", "Enter", "focus false", "other"], "somebody is quick");
        assert_eq!(told(&[q, enter, down, q]), ["Char('q')", "Enter", "Down", "Char('q')", "focus false", "other"]);
        assert_eq!(told(&[down, q, q, q])[..2], ["Down", r#"paste "qqq""#]);
    }

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
