//! What goes out to the terminal: one thread, one `write(2)` per frame.
//!
//! Owns the writing end and the thread that may block on it. A terminal that does not read (a
//! stalled SSH session, a stopped emulator) blocks that thread and nothing else: the loop goes on
//! with keys, messages and signals, and draws again when the terminal has caught up. Never decides
//! what is written. Used by the loop for frames and by [`super::terminal`] for the modes.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// What the writing thread says on its own.
pub(super) enum Notice {
    /// Everything is written; said only after [`Output::ready`] has answered no.
    Drained,
    /// Writing failed for good: the terminal is gone.
    Broken,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    writing: bool,
    broken: bool,
    tell: bool,
}

#[derive(Default)]
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

/// A handle on the writing thread.
#[derive(Clone)]
pub(super) struct Output(Arc<Shared>);

impl Output {
    /// Starts the thread that owns `sink`. `told` runs on that thread.
    pub(super) fn start(sink: impl Write + Send + 'static, told: impl Fn(Notice) + Send + 'static) -> io::Result<Self> {
        let output = Self(Arc::default());
        let shared = Arc::clone(&output.0);
        thread::Builder::new().name("output".into()).spawn(move || write_all_of(&shared, sink, told))?;
        Ok(output)
    }

    /// Hands bytes over. Returns at once; what is still waiting goes first.
    pub(super) fn put(&self, bytes: Vec<u8>) {
        let mut state = self.0.lock();
        if state.broken || bytes.is_empty() {
            return;
        }
        if state.waiting.is_empty() {
            state.waiting = bytes;
        } else {
            state.waiting.extend_from_slice(&bytes);
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

    fn slow() -> (Output, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>, mpsc::Receiver<Notice>) {
        let (may, may_end) = mpsc::channel();
        let (got_end, got) = mpsc::channel();
        let (told, notices) = mpsc::channel();
        let output = Output::start(Slow { may: may_end, got: got_end }, move |notice| {
            let _ = told.send(notice);
        })
        .unwrap();
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
        output.put(b"never".to_vec());
        output.forget();
        output.put(b"last".to_vec());
        may.send(()).unwrap();
        may.send(()).unwrap();
        assert!(output.drained(SOON));
        let all: Vec<u8> = got.try_iter().flatten().collect();
        assert!(all == b"startedlast" || all == b"last", "{}", String::from_utf8_lossy(&all));
    }
}
