//! The driver of the core, under every surface: messages go in one after the other, their effects become work, and
//! what only a surface can do is handed back to it.
//!
//! Owns the runtime, the record, the tasks, the simulator of a rehearsal and what keeps a sign-in. Never says or draws
//! anything, and never decides anything. What is told before there is anybody to carry it out waits.

use super::stage::Ready;
use crate::core::effect::Effect;
use crate::core::journal::{Entry, RunId};
use crate::core::model::Model;
use crate::core::msg::{Found, Msg};
use crate::core::service::Service;
use crate::core::sign_in::Session;
use crate::core::update::update;
use crate::shell::clock::Clock;
use crate::shell::journal::Journal;
use crate::shell::keeper::Keeper;
use crate::shell::tasks::{Listener, Rest, Tasks};
use crate::sim::Simulator;
use secrecy::SecretString;
use std::collections::VecDeque;
use std::path::PathBuf;
use tokio::runtime::{Builder, Handle, Runtime};

/// What is left to a surface.
#[derive(Debug)]
pub enum Left {
    /// This was written down, or is worth telling.
    Told(Entry),
    /// Somebody wants this in a clipboard.
    Copy(String),
    /// Somebody wants this run written to files.
    Export(RunId),
}

/// What the record holds at the start.
#[derive(Debug)]
pub struct Record {
    /// Runs of this cloud that were interrupted.
    pub found: Vec<Found>,
    /// What cannot be read, each with its place.
    pub damaged: Vec<String>,
    /// What a person should know before anything else.
    pub note: Option<String>,
}

/// Everything around the core.
pub struct Driver {
    clock: Clock,
    /// From [`Driver::start`] on.
    started: Option<(Runtime, Journal)>,
    /// From [`Driver::ready`] on.
    tasks: Option<Tasks>,
    /// What was told before there was anybody to carry it out.
    early: Vec<Msg>,
    keeper: Option<Keeper>,
    simulator: Option<Simulator>,
}

impl Driver {
    /// Nothing runs yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, started: None, tasks: None, early: Vec::new(), keeper: None, simulator: None }
    }

    /// Starts what works beside the surface: so many threads, and the record in this directory. Work runs on the handle.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(&mut self, state_dir: PathBuf, workers: usize) -> std::io::Result<Handle> {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
        let handle = runtime.handle().clone();
        self.started = Some((runtime, Journal::start(state_dir)?));
        Ok(handle)
    }

    /// The stage stands on what was started: from now on effects are carried out, and replies go to `listener`.
    pub fn ready(&mut self, model: &mut Model, ready: Ready, listener: Listener) -> Record {
        let Ready { api, cloud, account, keeping, note, keeper, simulator, found, damaged } = ready;
        model.cloud = cloud;
        model.keeping = keeping;
        if let Some(account) = account {
            model.session = Session::SignedIn(account);
        }
        (self.keeper, self.simulator) = (keeper, simulator);
        if let Some((runtime, journal)) = &self.started {
            self.tasks = Some(Tasks::new(runtime.handle().clone(), api, journal.clone(), self.clock, listener));
        }
        Record { found, damaged, note }
    }

    /// What was told too early, to be told again.
    pub fn early(&mut self) -> Vec<Msg> {
        std::mem::take(&mut self.early)
    }

    /// Tells the core something, and does what it wants; the rest is for the surface.
    pub fn tell(&mut self, model: &mut Model, msg: Msg) -> Vec<Left> {
        let Some(tasks) = &mut self.tasks else {
            self.early.push(msg);
            return Vec::new();
        };
        let mut left = Vec::new();
        let mut queue = VecDeque::from([msg]);
        while let Some(msg) = queue.pop_front() {
            tasks.over(&msg);
            for effect in update(model, msg, self.clock.now()) {
                match &effect {
                    Effect::Record(entry) | Effect::Note(entry) | Effect::Change { intention: entry, .. } => {
                        left.push(Left::Told(entry.clone()));
                    }
                    _ => {}
                }
                match tasks.run(effect) {
                    Some(Rest::Tell(msg)) => queue.push_back(msg),
                    Some(Rest::Copy(text)) => left.push(Left::Copy(text)),
                    Some(Rest::Export(run)) => left.push(Left::Export(run)),
                    None => {}
                }
            }
        }
        left
    }

    /// A token that a person gave for one service; what the core is to hear of it. None before the stage stands.
    pub fn give_token(&self, service: Service, token: SecretString) -> Option<Msg> {
        self.tasks.as_ref().map(|tasks| tasks.give_token(service, token))
    }

    /// Does something that takes its time beside the core.
    pub fn beside(&self, work: impl FnOnce() + Send + 'static) {
        if let Some((runtime, _)) = &self.started {
            runtime.spawn_blocking(work);
        }
    }

    /// Closes everything: changes and the record are waited for a short time, questions are not.
    pub fn close(self) {
        let Some((runtime, journal)) = self.started else { return };
        match self.tasks {
            Some(tasks) => tasks.close(),
            None => journal.settle(),
        }
        if let Some(keeper) = self.keeper {
            keeper.end();
        }
        // The simulator stops on its runtime. What still runs there is only questions; nobody waits for their answers
        // any more.
        let inside = runtime.enter();
        drop(self.simulator);
        drop(inside);
        runtime.shutdown_background();
    }
}
