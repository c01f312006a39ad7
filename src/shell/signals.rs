//! Signals become items of the loop's channel.
//!
//! Owns the handlers of INT, TERM, HUP, QUIT, TSTP, CONT and WINCH and the thread that waits for
//! them, asleep until one comes. It works before any runtime exists. Never decides to leave: the
//! program does, for as long as it listens. A program that does not take a fatal signal within
//! [`HEARD_WITHIN`] hangs; then the terminal is given back from here and the process ends with 128
//! and the number of the signal. After the loop has ended a signal ends the process likewise.
//!
//! On Windows there are no signals: Ctrl-C comes as a key.

#[cfg(unix)]
pub(super) use unix::*;

#[cfg(unix)]
mod unix {
    use std::{
        io,
        sync::mpsc::{self, RecvTimeoutError},
        thread,
        time::Duration,
    };

    use rustix::process::{self, Pid};
    use signal_hook::{
        consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
        iterator::Signals,
    };

    use super::super::{
        channel::{Item, Sender},
        run::Signal,
        terminal,
    };

    /// How long a running program may take to hear a fatal signal, waited for twice: the first
    /// time may have passed while the process was stopped.
    const HEARD_WITHIN: Duration = Duration::from_secs(1);
    /// What a shell adds to the number of a signal for the exit code.
    const BY_SIGNAL: i32 = 128;

    /// Takes the signals: from now on they wait to be heard. The program does it once.
    pub(in super::super) fn take() -> io::Result<Signals> {
        Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])
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
        let signal = match number {
            SIGWINCH => {
                sender.item(Item::Resize);
                return;
            }
            SIGCONT => {
                sender.item(Item::Continue);
                return;
            }
            SIGTSTP => {
                if !sender.item(Item::Stop) {
                    stop_process();
                }
                return;
            }
            SIGINT => Signal::Interrupt,
            SIGTERM => Signal::Terminate,
            SIGHUP => Signal::HangUp,
            _ => Signal::Quit,
        };
        let (heard, taken) = mpsc::channel();
        let unheard = || taken.recv_timeout(HEARD_WITHIN) == Err(RecvTimeoutError::Timeout);
        if !sender.item(Item::Signal(signal, heard)) || (unheard() && unheard()) {
            terminal::give_back();
            std::process::exit(BY_SIGNAL + number);
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
}

#[cfg(not(unix))]
pub(super) fn take() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn listen<M: Send + 'static>((): (), _sender: super::channel::Sender<M>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn stop_job() -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn stop_process() {}

#[cfg(not(unix))]
pub(super) fn can_be_continued() -> bool {
    false
}
