//! What goes out to the terminal: one `write(2)` per frame, which holds up nobody.
//!
//! Owns the writing end. A frame is written where it was drawn, through a descriptor of its own that
//! never blocks. What a terminal that does not read (a stalled SSH session, a stopped emulator) has no
//! room for goes to a thread that may block on it, and so does everything where there is no such
//! descriptor: the loop goes on with keys, messages and signals, and draws again when the terminal
//! has caught up. The thread is started when it is needed first. Never decides what is written. Used
//! by the loop for frames and by [`super::terminal`] for the modes.

use std::{
    fs::File,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// What the writing end says on its own.
pub(super) enum Notice {
    /// Everything is written; said only after [`Output::ready`] has answered no.
    Drained,
    /// Writing failed for good: the terminal is gone.
    Broken,
}

type Sink = Box<dyn Write + Send>;
type Told = Box<dyn Fn(Notice) + Send>;

struct State {
    waiting: Vec<u8>,
    writing: bool,
    broken: bool,
    tell: bool,
    /// Written to at once; never blocks.
    quick: Option<Sink>,
    /// What the thread works with; none once it runs.
    slow: Option<(Sink, Told)>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle on the writing end.
#[derive(Clone)]
pub(super) struct Output(Arc<Shared>);

impl Output {
    /// Writes to `quick`, which must not block, and what that has no room for to `sink`. `told` runs on
    /// the thread that finds out.
    pub(super) fn new(
        quick: Option<impl Write + Send + 'static>,
        sink: impl Write + Send + 'static,
        told: impl Fn(Notice) + Send + 'static,
    ) -> Self {
        let state = State {
            waiting: Vec::new(),
            writing: false,
            broken: false,
            tell: false,
            quick: quick.map(|quick| Box::new(quick) as Sink),
            slow: Some((Box::new(sink), Box::new(told))),
        };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Hands bytes over. Returns at once; what is still waiting goes first.
    pub(super) fn put(&self, mut bytes: Vec<u8>) {
        let mut state = self.0.lock();
        if state.waiting.is_empty() && !state.writing && !state.broken {
            let room = state.quick.as_mut().map_or(Ok(0), |quick| at_once(quick, &bytes));
            match room {
                Ok(written) => drop(bytes.drain(..written)),
                // The thread will find out what it is worth, and say so.
                Err(_) => state.quick = None,
            }
        }
        if state.broken || bytes.is_empty() {
            return;
        }
        if state.waiting.is_empty() {
            state.waiting = bytes;
        } else {
            state.waiting.extend_from_slice(&bytes);
        }
        if state.slow.is_some() {
            let shared = Arc::clone(&self.0);
            let run = move || {
                let slow = shared.lock().slow.take();
                if let Some((sink, told)) = slow {
                    write_all_of(&shared, sink, told);
                }
            };
            let started = thread::Builder::new().name("output".into()).spawn(run).is_ok();
            let State { waiting, broken, slow, .. } = &mut *state;
            // Without a thread the terminal may block us; that is better than to say nothing.
            if let (false, Some((sink, _))) = (started, slow) {
                *broken = sink.write_all(&std::mem::take(waiting)).is_err();
            }
        }
        self.0.changed.notify_all();
    }

    /// Whether a frame put now would be written now. After a no, [`Notice::Drained`] tells when.
    pub(super) fn ready(&self) -> bool {
        let mut state = self.0.lock();
        let ready = state.waiting.is_empty() && !state.writing;
        state.tell = !ready;
        ready
    }

    /// Waits until everything is written, at most `limit`. True at once when writing is broken.
    pub(super) fn drained(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut state = self.0.lock();
        while !state.broken && (state.writing || !state.waiting.is_empty()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (state, _) = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Forgets what was handed over and has not been started.
    pub(super) fn forget(&self) {
        self.0.lock().waiting.clear();
    }
}

/// Writes what there is room for; how many bytes that was.
fn at_once(quick: &mut Sink, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match quick.write(&bytes[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if written == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(written)
}

fn write_all_of(shared: &Shared, mut sink: impl Write, told: impl Fn(Notice)) {
    let mut state = shared.lock();
    loop {
        while state.waiting.is_empty() {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let bytes = std::mem::take(&mut state.waiting);
        state.writing = true;
        drop(state);
        let result = sink.write_all(&bytes).and_then(|()| sink.flush());
        state = shared.lock();
        state.writing = false;
        if result.is_err() {
            state.broken = true;
            state.waiting.clear();
        }
        shared.changed.notify_all();
        if state.broken {
            drop(state);
            told(Notice::Broken);
            return;
        }
        if state.waiting.is_empty() && std::mem::take(&mut state.tell) {
            drop(state);
            told(Notice::Drained);
            state = shared.lock();
        }
    }
}

/// The terminal of standard output, opened once more: what is set on a descriptor is shared with whoever
/// has it too, and others must still be able to block on theirs. None where it may not be opened.
pub(super) fn quick() -> Option<File> {
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags, open};
        let name = rustix::termios::ttyname(rustix::stdio::stdout(), Vec::new()).ok()?;
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Some(open(&name, flags, Mode::empty()).ok()?.into())
    }
    #[cfg(not(unix))]
    None
}

/// Standard output, unbuffered: what is handed over in one piece is written in one piece.
pub(super) struct Tty;

#[cfg(unix)]
impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use rustix::{
            event::{PollFd, PollFlags, poll},
            io::Errno,
        };
        let stdout = rustix::stdio::stdout();
        loop {
            match rustix::io::write(stdout, bytes) {
                // Somebody who shares the descriptor made it non-blocking: wait for room.
                Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                },
                Err(Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A terminal that reads only when it is told to, and counts the writes.
    struct Slow {
        may: mpsc::Receiver<()>,
        got: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.may.recv().map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            let _ = self.got.send(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A terminal that takes so many bytes and then has no room.
    struct Narrow {
        room: usize,
        got: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = self.room.min(bytes.len());
            self.room -= taken;
            if taken == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let _ = self.got.send(bytes[..taken].to_vec());
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Output, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>, mpsc::Receiver<Notice>) {
        let (may, may_end) = mpsc::channel();
        let (got_end, got) = mpsc::channel();
        let (told, notices) = mpsc::channel();
        let output = Output::new(None::<Narrow>, Slow { may: may_end, got: got_end }, move |notice| {
            let _ = told.send(notice);
        });
        (output, may, got, notices)
    }

    #[test]
    fn a_frame_is_one_write() {
        let (output, may, got, _notices) = slow();
        may.send(()).unwrap();
        output.put(b"frame".to_vec());
        assert_eq!(got.recv_timeout(SOON).unwrap(), b"frame");
        assert!(output.drained(SOON));
        assert!(output.ready());
    }

    #[test]
    fn a_terminal_that_does_not_read_blocks_nobody_and_is_told_of_when_it_reads() {
        let (output, may, got, notices) = slow();
        output.put(b"one".to_vec());
        assert!(!output.ready());
        assert!(!output.drained(Duration::ZERO));
        may.send(()).unwrap();
        assert!(matches!(notices.recv_timeout(SOON).unwrap(), Notice::Drained));
        assert_eq!(got.recv().unwrap(), b"one");
    }

    #[test]
    fn a_dead_terminal_is_said_once_and_waited_for_by_nobody() {
        let (output, may, _got, notices) = slow();
        drop(may);
        output.put(b"lost".to_vec());
        assert!(matches!(notices.recv_timeout(SOON).unwrap(), Notice::Broken));
        output.put(b"more".to_vec());
        assert!(output.drained(Duration::ZERO));
        assert!(notices.recv_timeout(SOON).is_err(), "the thread has ended");
    }

    #[test]
    fn what_waits_can_be_forgotten() {
        let (output, may, got, _notices) = slow();
        output.put(b"started".to_vec());
        while !output.0.lock().writing {
            thread::yield_now();
        }
        output.put(b"never".to_vec());
        output.forget();
        output.put(b"last".to_vec());
        may.send(()).unwrap();
        may.send(()).unwrap();
        assert!(output.drained(SOON));
        let all: Vec<u8> = got.try_iter().flatten().collect();
        assert_eq!(String::from_utf8_lossy(&all), "startedlast");
    }

    #[test]
    fn what_there_is_room_for_is_written_at_once_and_the_rest_behind_it() {
        let (may, may_end) = mpsc::channel();
        let (got_end, got) = mpsc::channel();
        let (told, notices) = mpsc::channel();
        let narrow = Narrow { room: 7, got: got_end.clone() };
        let output = Output::new(Some(narrow), Slow { may: may_end, got: got_end }, move |notice| {
            let _ = told.send(notice);
        });
        output.put(b"frame".to_vec());
        assert_eq!(got.try_recv().unwrap(), b"frame", "without a thread");
        assert!(output.ready());
        output.put(b"second".to_vec());
        assert_eq!(got.try_recv().unwrap(), b"se");
        assert!(!output.ready());
        output.put(b"third".to_vec());
        may.send(()).unwrap();
        may.send(()).unwrap();
        assert!(matches!(notices.recv_timeout(SOON).unwrap(), Notice::Drained));
        assert_eq!(got.try_iter().flatten().collect::<Vec<u8>>(), b"condthird");
    }

    #[test]
    fn a_descriptor_that_fails_gives_way_to_the_thread() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (may, may_end) = mpsc::channel();
        let (got_end, got) = mpsc::channel();
        let output = Output::new(Some(Gone), Slow { may: may_end, got: got_end }, |_| {});
        may.send(()).unwrap();
        output.put(b"frame".to_vec());
        assert_eq!(got.recv_timeout(SOON).unwrap(), b"frame");
    }
}
