//! Signals become items of the loop's channel; where there is no loop, [`Asked`] hears them.
//!
//! Owns the handlers of INT, TERM, HUP, QUIT, TSTP, CONT and WINCH and the thread that waits for
//! them, asleep until one comes. It works before any runtime exists. Never decides to leave: the
//! program does, for as long as it listens. A program that does not take a fatal signal within
//! [`HEARD_WITHIN`] hangs; then the terminal is given back from here and the process ends with 128
//! and the number of the signal. After the loop has ended a signal ends the process likewise.
//!
//! A hang-up that was ignored before the program began stays ignored: so `nohup` holds. It is asked once, before the
//! first handler. INT and QUIT are heard all the same: a script starts what is in its background with both ignored, and
//! whoever sends one to it means it.
//!
//! On Windows the console tells of Ctrl-Break, of its window that is closed, and of a session that ends; it waits a few
//! seconds for who hears that. Ctrl-C comes as a key there, and as a signal where there is no screen.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::AtomicBool,
        mpsc::{self, RecvTimeoutError},
    },
    task::{Context, Poll},
    time::Duration,
};

use super::{
    channel::{Item, Sender},
    run::Signal,
    terminal,
};

#[cfg(unix)]
pub(super) use unix::*;

#[cfg(windows)]
pub(super) use console::*;

/// How long a running program may take to hear a fatal signal, waited for twice: the first
/// time may have passed while the process was stopped.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

/// Asks the system whether a signal has come.
type Hear = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send>;

/// The signals that ask a program without a loop to leave.
pub struct Asked(Vec<(Signal, Hear)>);

impl Asked {
    /// Hears them from now on. Called inside a runtime.
    pub fn listen() -> Self {
        Self(all())
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            let heard = self.0.iter_mut().find_map(|(name, hear)| hear(context).is_ready().then_some(*name));
            heard.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// A flag that is raised each time the program goes on after a stop; who looks at it lowers it.
pub fn continuations() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    // Without a handler nobody hears of it: what is on the terminal then is drawn over, as if nothing had been.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGCONT, Arc::clone(&flag));
    flag
}

/// Asks the program of the loop to leave; one that hangs is ended from here, and so is the process behind the loop.
fn ask_to_leave<M>(signal: Signal, sender: &Sender<M>) {
    let (heard, taken) = mpsc::channel();
    let unheard = || taken.recv_timeout(HEARD_WITHIN) == Err(RecvTimeoutError::Timeout);
    if !sender.item(Item::Signal(signal, heard)) || (unheard() && unheard()) {
        terminal::give_back();
        std::process::exit(signal.exit_code().into());
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        fs, io,
        process::{Command, Stdio},
        sync::OnceLock,
        thread,
    };

    use rustix::process::{self, Pid};
    use signal_hook::{
        consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
        iterator::Signals,
    };
    use tokio::signal::unix::{SignalKind, signal};

    use super::{Context, Hear, Item, Sender, Signal, ask_to_leave};

    /// The signals that ask a program to leave.
    const FATAL: [(i32, Signal); 4] =
        [(SIGINT, Signal::Interrupt), (SIGTERM, Signal::Terminate), (SIGHUP, Signal::HangUp), (SIGQUIT, Signal::Quit)];
    /// Where Linux tells which signals a process ignores.
    const STATUS: &str = "/proc/self/status";
    /// What a shell runs that outlives a hang-up only where it was started with it ignored.
    const OUTLIVES: &str = r#"kill -s HUP "$$""#;

    /// Those that ask a program to leave, for who is inside a runtime.
    pub(super) fn all() -> Vec<(Signal, Hear)> {
        let hear = |(number, name)| {
            let mut signals = signal(SignalKind::from_raw(number)).ok()?;
            Some((name, Box::new(move |context: &mut Context<'_>| signals.poll_recv(context)) as Hear))
        };
        heeded().into_iter().filter_map(hear).collect()
    }

    /// The signals that ask a program to leave, but for a hang-up that it was told to ignore.
    fn heeded() -> Vec<(i32, Signal)> {
        static IS_HANG_UP_IGNORED: OnceLock<bool> = OnceLock::new();
        // Asked once: a handler of our own hides what was there before.
        let is_ignored = *IS_HANG_UP_IGNORED.get_or_init(|| {
            let status = fs::read_to_string(STATUS).ok();
            status.and_then(|status| ignores_hang_up(&status)).unwrap_or_else(a_shell_outlives_it)
        });
        FATAL.into_iter().filter(|(number, _)| *number != SIGHUP || !is_ignored).collect()
    }

    /// Whether a process ignores a hang-up, as Linux tells it.
    fn ignores_hang_up(status: &str) -> Option<bool> {
        let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        Some(u64::from_str_radix(set.trim(), 16).ok()? & (1 << (SIGHUP - 1)) != 0)
    }

    /// The same where no file tells it. What is ignored is handed down, and a shell cannot change it: one that
    /// outlives a hang-up was born with it ignored. A program on a terminal is not asked about: `nohup` leaves none.
    fn a_shell_outlives_it() -> bool {
        !rustix::termios::isatty(rustix::stdio::stdout()) && outlives(Command::new("/bin/sh").args(["-c", OUTLIVES]))
    }

    fn outlives(shell: &mut Command) -> bool {
        let quiet = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// Takes the signals: from now on they wait to be heard. The program does it once.
    pub(in super::super) fn take() -> io::Result<Signals> {
        let fatal = heeded().into_iter().map(|(number, _)| number);
        Signals::new(fatal.chain([SIGTSTP, SIGCONT, SIGWINCH]))
    }

    /// Starts to hear them, those first that have waited.
    pub(in super::super) fn listen<M: Send + 'static>(mut signals: Signals, sender: Sender<M>) -> io::Result<()> {
        thread::Builder::new().name("signals".into()).spawn(move || {
            loop {
                let batch: Vec<i32> = signals.wait().collect();
                for &number in &batch {
                    // The kernel drops a pending stop when the process is continued; so does this.
                    if number == SIGTSTP && batch.contains(&SIGCONT) {
                        continue;
                    }
                    pass_on(number, &sender);
                }
            }
        })?;
        Ok(())
    }

    fn pass_on<M>(number: i32, sender: &Sender<M>) {
        match number {
            SIGWINCH => {
                sender.item(Item::Resize);
            }
            SIGCONT => {
                sender.item(Item::Continue);
            }
            SIGTSTP => {
                if !sender.item(Item::Stop) {
                    stop_process();
                }
            }
            _ => {
                if let Some((_, signal)) = FATAL.into_iter().find(|(fatal, _)| *fatal == number) {
                    ask_to_leave(signal, sender);
                }
            }
        }
    }

    /// Asks the whole job to stop, as the terminal does on Ctrl-Z: what started us stops with us.
    /// Our own part comes back as [`Item::Stop`]. `false` when it could not be asked.
    pub(in super::super) fn stop_job() -> bool {
        process::kill_current_process_group(process::Signal::TSTP).is_ok()
    }

    /// Stops this process; returns when it is continued.
    pub(in super::super) fn stop_process() {
        // Raises SIGSTOP on this very thread, so that it runs no further; one sent to the process may
        // be taken by another thread, and this one would set the modes again before it stops.
        let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
    }

    /// Whether somebody is there to continue us. Where nobody is (the program is the terminal's own
    /// command, or its shell has gone), the kernel ignores Ctrl-Z, and so must we: SIGSTOP, which is
    /// what stops us, it would obey.
    pub(in super::super) fn can_be_continued() -> bool {
        let session = |of: Option<Pid>| process::getsid(of).ok();
        let Some(own) = session(None) else { return false };
        // A job has a process group of its own, made by a shell of the same session.
        own != process::getpgrp() && process::getppid().is_some_and(|parent| session(Some(parent)) == Some(own))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_linux_tells_is_read() {
            let ignored = |set: &str| ignores_hang_up(&format!("Name:\tdualwrite\nSigBlk:\t0\nSigIgn:\t{set}\n"));
            // The other bit is the broken pipe of every program in Rust.
            assert_eq!([ignored("0000000000001001"), ignored("0000000000001000")], [Some(true), Some(false)]);
            assert_eq!(ignores_hang_up("Name:\tSigIgn\n"), None);
        }

        #[test]
        fn a_shell_outlives_a_hang_up_only_where_it_was_born_to_ignore_it() {
            let told = |before: &str| {
                let script = format!("{before}; exec /bin/sh -c '{OUTLIVES}'");
                outlives(Command::new("/bin/sh").args(["-c", &script]))
            };
            assert!(told("trap '' HUP") && !told(":"));
        }
    }
}

#[cfg(windows)]
mod console {
    use std::{io, thread};

    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};

    use super::{Asked, Context, Hear, Sender, Signal, ask_to_leave};

    /// What the console tells of.
    pub(super) fn all() -> Vec<(Signal, Hear)> {
        let mut all: Vec<(Signal, Hear)> = Vec::new();
        if let Ok(mut told) = ctrl_c() {
            all.push((Signal::Interrupt, Box::new(move |context: &mut Context<'_>| told.poll_recv(context))));
        }
        if let Ok(mut told) = ctrl_break() {
            all.push((Signal::Interrupt, Box::new(move |context: &mut Context<'_>| told.poll_recv(context))));
        }
        if let Ok(mut told) = ctrl_close() {
            all.push((Signal::HangUp, Box::new(move |context: &mut Context<'_>| told.poll_recv(context))));
        }
        if let Ok(mut told) = ctrl_logoff() {
            all.push((Signal::HangUp, Box::new(move |context: &mut Context<'_>| told.poll_recv(context))));
        }
        if let Ok(mut told) = ctrl_shutdown() {
            all.push((Signal::Terminate, Box::new(move |context: &mut Context<'_>| told.poll_recv(context))));
        }
        all
    }

    /// What the console tells of waits to be heard from now on.
    pub(in super::super) fn take() -> io::Result<Asked> {
        // One handler is told of all: where it hears nothing of this, it hears of none.
        drop(ctrl_close()?);
        Ok(Asked::listen())
    }

    /// Starts to hear it.
    pub(in super::super) fn listen<M: Send + 'static>(mut asked: Asked, sender: Sender<M>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("signals".into()).spawn(move || {
            loop {
                ask_to_leave(runtime.block_on(asked.next()), &sender);
            }
        })?;
        Ok(())
    }

    pub(in super::super) fn stop_job() -> bool {
        false
    }

    pub(in super::super) fn stop_process() {}

    pub(in super::super) fn can_be_continued() -> bool {
        false
    }
}
