//! The seat of whoever drives the core without a screen: the model, the tasks, one channel for
//! everything that comes in. What a surface says, and when, is its own business.

use super::driver::{Driver, Left, Record};
use super::stage::{NotReady, Stage, prepare};
use crate::core::journal::{Entry, RunId};
use crate::core::model::Model;
use crate::core::msg::Msg;
use crate::core::service::Service;
use crate::core::time::Now;
use crate::shell::clock::Clock;
use crate::shell::run::Signal;
use crate::shell::signals::Asked;
use crate::shell::tasks::Listener;
use secrecy::SecretString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// Threads of the runtime, beside the one that drives the core; a second one would mostly be woken to no use. The
/// simulator of a rehearsal has one more.
const WORKERS: usize = 1;
/// How long a surface may take to hear a signal. It waits nowhere but where it prints: then nobody reads.
const HEARD_WITHIN: Duration = Duration::from_secs(2);
/// How long it may take to leave then: longer than changes, the record and a sign-in are waited for.
const LEAVE_LIMIT: Duration = Duration::from_secs(12);

/// What a surface hears.
#[derive(Debug)]
pub enum Heard {
    /// The core was told something.
    News,
    /// A signal asks the program to leave.
    Signal(Signal),
    /// A line was typed; none: there is nobody who types any more.
    Line(Option<Typed>),
    /// The time that was given is over.
    Nothing,
}

/// A line of standard input.
#[derive(Debug)]
pub struct Typed {
    /// Without its end.
    pub line: String,
    /// When it came; lines that came together have one time.
    pub at: Now,
}

enum Message {
    Core(Msg),
    Line(Option<Typed>),
    /// Look at [`Leave`]: it does not wait behind what came before it.
    Leave,
}

/// The first signal that asked the program to leave, beside the channel.
#[derive(Default)]
struct Leave {
    signal: OnceLock<Signal>,
    heard: Notify,
}

/// What the seat needs to know.
pub struct Options {
    /// Where.
    pub stage: Stage,
    /// Simulated seconds per second.
    pub speed: f64,
    /// Where the record is kept.
    pub state_dir: PathBuf,
    /// The command that brings one back, without the environment.
    pub command: String,
    /// Feeds jitter and ids.
    pub seed: u64,
    /// The environment to open.
    pub environment: Option<String>,
}

/// The core with everything around it.
pub struct Seat {
    /// What is true.
    pub model: Model,
    /// The clock.
    pub clock: Clock,
    /// What was written down or is worth telling, since the last [`Seat::told`].
    told: Vec<Entry>,
    /// Runs that somebody wants written to files.
    exports: Vec<RunId>,
    state_dir: PathBuf,
    driver: Driver,
    receiver: Receiver<Message>,
    sender: Sender<Message>,
    leave: Arc<Leave>,
}

impl Seat {
    /// Starts everything but the core itself, which waits for [`Msg::Start`]. Also: the runs of this
    /// cloud that were interrupted.
    ///
    /// # Errors
    /// What could not be started, or who is not signed in.
    pub fn take(options: Options) -> Result<(Self, Record), NotReady> {
        let Options { stage, speed, state_dir, command, seed, environment } = options;
        let clock = Clock::new(speed);
        let workers = WORKERS + usize::from(matches!(stage, Stage::Rehearsal(_)));
        let mut driver = Driver::new(clock);
        let handle = driver
            .start(state_dir.clone(), workers)
            .map_err(|error| format!("The program cannot be started: {error}."))?;
        let (sender, receiver) = mpsc::channel();
        let to_core = sender.clone();
        let listener: Listener = Arc::new(move |msg| to_core.send(Message::Core(msg)).is_ok());
        let told = Arc::clone(&listener);
        let tell = Arc::new(move |msg| {
            // Nobody is there any more when the program is being left.
            told(msg);
        });
        let ready = handle.block_on(prepare(stage, &state_dir, clock, &command, tell))?;
        let mut model = Model::new(ready.cloud.clone(), seed, environment);
        let record = driver.ready(&mut model, ready, listener);
        let leave = Arc::new(Leave::default());
        listen_to_signals(&handle, &sender, &leave);
        let (told, exports) = (Vec::new(), Vec::new());
        Ok((Self { model, clock, told, exports, state_dir, driver, receiver, sender, leave }, record))
    }

    /// Tells the core something, and does what it wants.
    pub fn tell(&mut self, msg: Msg) {
        for left in self.driver.tell(&mut self.model, msg) {
            match left {
                Left::Told(entry) => self.told.push(entry),
                Left::Export(run) => self.exports.push(run),
                // A clipboard is for a screen.
                Left::Copy(_) => {}
            }
        }
    }

    /// A token that a person gave for one service.
    pub fn give_token(&mut self, service: Service, token: SecretString) {
        if let Some(msg) = self.driver.give_token(service, token) {
            self.tell(msg);
        }
    }

    /// What was written down or is worth telling since the last time.
    pub fn told(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.told)
    }

    /// Runs that somebody wants written to files, since the last time.
    pub fn exports(&mut self) -> Vec<RunId> {
        std::mem::take(&mut self.exports)
    }

    /// Where the record is.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// The signal that asks the program to leave, as soon as there is one. Who works for long between two waits
    /// looks here.
    pub fn signal(&self) -> Option<Signal> {
        let signal = self.leave.signal.get().copied()?;
        self.leave.heard.notify_one();
        Some(signal)
    }

    /// Waits for what comes next, at most so long (of this clock). The core has been told of it.
    pub fn wait(&mut self, limit: Option<Duration>) -> Heard {
        if let Some(signal) = self.signal() {
            return Heard::Signal(signal);
        }
        let next = match limit {
            Some(limit) => self.receiver.recv_timeout(self.clock.real(limit)),
            None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(Message::Core(msg)) => {
                self.tell(msg);
                Heard::News
            }
            Ok(Message::Leave) => self.signal().map_or(Heard::Nothing, Heard::Signal),
            Ok(Message::Line(line)) => Heard::Line(line),
            Err(_) => Heard::Nothing,
        }
    }

    /// Hears the lines of standard input from now on.
    pub fn listen_to_lines(&self) {
        let (sender, clock) = (self.sender.clone(), self.clock);
        let read = move || {
            let mut input = BufReader::new(std::io::stdin().lock());
            let mut at = clock.now();
            loop {
                if input.buffer().is_empty() {
                    // Whatever is wrong with it shows below.
                    let _ = input.fill_buf();
                    at = clock.now();
                }
                // Not by `lines`: a letter of another encoding is no end of the input.
                let mut line = Vec::new();
                let typed = input.read_until(b'\n', &mut line).is_ok_and(|read| read > 0).then(|| {
                    let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                    Typed { line, at }
                });
                let is_over = typed.is_none();
                if sender.send(Message::Line(typed)).is_err() || is_over {
                    return;
                }
            }
        };
        // Without the thread nobody types: the same as the end of the input.
        if std::thread::Builder::new().name("lines".into()).spawn(read).is_err() {
            let _ = self.sender.send(Message::Line(None));
        }
    }

    /// Leaves: what runs at the services goes on, and the record says why it was left.
    pub fn leave(mut self, why: &str) {
        self.tell(Msg::Leaving(why.to_owned()));
        self.driver.close();
    }
}

/// A signal is for the surface. One that hears none, or does not come to its end, is held up by a terminal
/// or a pipe that nobody reads: the program ends without it, and its record says that it was interrupted.
fn listen_to_signals(runtime: &Handle, sender: &Sender<Message>, leave: &Arc<Leave>) {
    let (sender, leave) = (sender.clone(), Arc::clone(leave));
    let mut asked = {
        let _inside = runtime.enter();
        Asked::listen()
    };
    runtime.spawn(async move { pass_on(asked.next().await, &sender, &leave).await });
}

async fn pass_on(signal: Signal, sender: &Sender<Message>, leave: &Leave) {
    // Another signal came before: that one is answered.
    let _ = leave.signal.set(signal);
    let _ = sender.send(Message::Leave);
    if tokio::time::timeout(HEARD_WITHIN, leave.heard.notified()).await.is_ok() {
        // The runtime ends with the surface, and this with it.
        tokio::time::sleep(LEAVE_LIMIT).await;
    }
    std::process::exit(signal.exit_code().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand set-ups that reply keep the channel full: a signal at its end was heard too late, and the program
    /// left without a word.
    #[test]
    fn a_signal_is_heard_before_what_came_earlier() {
        // Another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let stage = Stage::Rehearsal("happy".into());
        let (state_dir, command) = ("/nowhere/dualwrite".into(), String::new());
        let options = Options { stage, speed: 1.0, state_dir, command, seed: 1, environment: None };
        let (mut seat, _) = Seat::take(options).unwrap();
        seat.sender.send(Message::Line(None)).unwrap();
        seat.leave.signal.set(Signal::Interrupt).unwrap();
        assert_eq!(seat.signal(), Some(Signal::Interrupt));
        assert!(matches!(seat.wait(None), Heard::Signal(Signal::Interrupt)));
    }
}
