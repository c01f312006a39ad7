//! Effects become work: each question and change runs as a task under its ticket and replies
//! through one channel.
//!
//! A change is made only after its intention is durable. Cancelling drops a question; it never
//! claims to have stopped what runs at a service, and a change is never cancelled. A panic in a
//! task is a reply like any other.

use super::clock::Clock;
use super::journal::{self, Claim, Journal, Written};
use crate::api::Api;
use crate::core::call::{Call, Change, Reply};
use crate::core::effect::Effect;
use crate::core::journal::{Entry, RunId};
use crate::core::msg::{Msg, NotClaimed, Ticket};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use secrecy::SecretString;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinError};

/// How long leaving the program waits for changes that were just asked for, so that their answers
/// are written down.
const CHANGES_LIMIT: Duration = Duration::from_secs(2);

/// How long the loop waits for a line of the record or a lock; it takes a millisecond on a healthy disk.
const RECORD_LIMIT: Duration = Duration::from_millis(250);

/// Where replies go. False: nobody listens any more.
pub type Listener = Arc<dyn Fn(Msg) -> bool + Send + Sync>;

/// What is left to whoever drives the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest {
    /// Send this to the terminal's clipboard.
    Copy(String),
    /// Tell the core this, as soon as the other effects of the same message are done.
    Tell(Msg),
    /// Write this run to files.
    Export(RunId),
}

/// The tasks of one program.
pub struct Tasks {
    runtime: Handle,
    api: Arc<Api>,
    journal: Journal,
    clock: Clock,
    listener: Listener,
    questions: HashMap<Ticket, AbortHandle>,
    changes: Vec<tokio::task::JoinHandle<()>>,
}

impl Tasks {
    /// Nothing runs yet.
    pub fn new(runtime: Handle, api: Arc<Api>, journal: Journal, clock: Clock, listener: Listener) -> Self {
        Self { runtime, api, journal, clock, listener, questions: HashMap::new(), changes: Vec::new() }
    }

    /// Does one thing, or starts it. Returns at once, but for a short wait for the record
    /// (see `soon`).
    pub fn run(&mut self, effect: Effect) -> Option<Rest> {
        match effect {
            Effect::Call { ticket, after, call } => self.ask(ticket, self.clock.real(after), call),
            Effect::Change { ticket, change, intention } => self.change(ticket, change, intention),
            Effect::Cancel(ticket) => {
                if let Some(task) = self.questions.remove(&ticket) {
                    task.abort();
                }
            }
            Effect::Record(entry) => {
                let written = self.journal.append(entry);
                self.tell_failure(written);
            }
            Effect::KeepTerms(acceptance) => {
                let environment = acceptance.environment.clone();
                let written = self.journal.keep_terms(acceptance);
                return self.soon(durable(written), |result| Msg::TermsKept { environment, result });
            }
            Effect::Claim { environment, address, run } => {
                let claim = Claim { environment: environment.clone(), address, run, at: self.clock.now() };
                return self.soon(claimed(self.journal.claim(claim)), |result| Msg::Claimed { environment, result });
            }
            Effect::Forget { entry, name, address } => {
                let forgotten = claimed(self.journal.forget(entry, address));
                return self.soon(forgotten, |result| Msg::Forgotten { name, result });
            }
            Effect::AskHolder { environment, address } => {
                let holder = self.journal.holder(environment.clone(), address);
                return self.soon(async { holder.await.ok().flatten() }, |held| Msg::Holder { environment, held });
            }
            Effect::Release(environment) => self.journal.release(environment),
            Effect::Note(_) => {}
            Effect::ReadRuns => self.read_runs(),
            Effect::Export(run) => return Some(Rest::Export(run)),
            Effect::Open(address) => self.open(address),
            Effect::Copy(text) => return Some(Rest::Copy(text)),
        }
        None
    }

    /// Waits a short time for the record, so that a key typed ahead finds what it was typed for. A disk
    /// that is slow does not hold up the loop: the message comes later then.
    fn soon<T: Send + 'static>(
        &self,
        result: impl Future<Output = T> + Send + 'static,
        msg: impl FnOnce(T) -> Msg + Send + 'static,
    ) -> Option<Rest> {
        let mut result = Box::pin(result);
        let soon = async { tokio::time::timeout(RECORD_LIMIT, &mut result).await };
        if let Ok(result) = self.runtime.block_on(soon) {
            return Some(Rest::Tell(msg(result)));
        }
        let listener = Arc::clone(&self.listener);
        self.runtime.spawn(async move {
            listener(msg(result.await));
        });
        None
    }

    /// A token that a person gave for one service; what the core hears of it.
    pub fn give_token(&self, service: Service, token: SecretString) -> Msg {
        match self.api.give_token(service, token) {
            Ok(()) => Msg::TokenGiven(service),
            Err(why) => Msg::TokenNotTaken(why),
        }
    }

    /// A reply has come: its task is over.
    pub fn over(&mut self, msg: &Msg) {
        if let Msg::Reply { ticket, .. } = msg
            && self.questions.remove(ticket).is_none()
        {
            self.changes.retain(|task| !task.is_finished());
        }
    }

    /// Drops every question, waits a short time for changes that were asked for, and closes the
    /// record.
    pub fn close(mut self) {
        for (_, task) in self.questions.drain() {
            task.abort();
        }
        let changes = std::mem::take(&mut self.changes);
        self.runtime.block_on(async {
            let all = async {
                for change in changes {
                    let _ = change.await;
                }
            };
            let _ = tokio::time::timeout(CHANGES_LIMIT, all).await;
        });
        self.journal.settle();
    }

    fn ask(&mut self, ticket: Ticket, after: Duration, call: Call) {
        let (api, listener, service) = (Arc::clone(&self.api), Arc::clone(&self.listener), call.service());
        let task = self.runtime.spawn(async move {
            if !after.is_zero() {
                tokio::time::sleep(after).await;
            }
            // On the heap once it is asked: what waits for its turn takes little.
            let result = unless_it_falls(Box::pin(api.call(call)), service).await;
            listener(Msg::Reply { ticket, result });
        });
        self.questions.insert(ticket, task.abort_handle());
    }

    fn change(&mut self, ticket: Ticket, change: Change, intention: Entry) {
        let (api, listener, service) = (Arc::clone(&self.api), Arc::clone(&self.listener), change.service());
        // Handed to the journal here, so that lines keep the order of the effects.
        let written = self.journal.append(intention);
        let task = self.runtime.spawn(async move {
            let result = match durable(written).await {
                Err(why) => Err(Trouble::new(service, What::NotRecorded, why)),
                Ok(()) => tokio::spawn(async move { api.change(change).await }).await.unwrap_or_else(|error| {
                    let mut trouble = fell_over(service, &error);
                    trouble.done = crate::core::trouble::Done::Perhaps;
                    Err(trouble)
                }),
            };
            listener(Msg::Reply { ticket, result });
        });
        self.changes.push(task);
    }

    fn tell_failure(&self, written: Written) {
        let listener = Arc::clone(&self.listener);
        self.runtime.spawn(async move {
            if let Err(why) = durable(written).await {
                tracing::error!(why, "the record could not be written");
                listener(Msg::RecordFailed(why));
            }
        });
    }

    fn read_runs(&self) {
        let (listener, journal) = (Arc::clone(&self.listener), self.journal.clone());
        self.runtime.spawn_blocking(move || {
            // The list shows what was told to the record before it was asked for.
            journal.settle();
            let runs = match journal::runs(journal.state_dir()) {
                Ok(runs) => {
                    runs.into_iter().map(|listed| listed.run.map_err(|error| (listed.id, error.to_string()))).collect()
                }
                Err(error) => vec![Err((String::new(), error.to_string()))],
            };
            listener(Msg::Runs(runs));
        });
    }

    fn open(&self, address: String) {
        let listener = Arc::clone(&self.listener);
        // A browser may take its time to start; nobody waits for it.
        self.runtime.spawn_blocking(move || {
            let result = match open::that_detached(&address) {
                Ok(()) => Ok(address),
                Err(_) => Err(address),
            };
            listener(Msg::Opened(result));
        });
    }
}

/// What came of a claim.
async fn claimed(claimed: oneshot::Receiver<Result<(), NotClaimed>>) -> Result<(), NotClaimed> {
    claimed.await.unwrap_or_else(|_| Err(NotClaimed::Failed("the thread that writes the record has ended".into())))
}

async fn durable(written: Written) -> Result<(), String> {
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the thread that writes the record has ended".into()),
    }
}

/// What a question brings. One that falls over is an answer, too; the loop must not wait for it for ever.
async fn unless_it_falls(
    mut question: Pin<Box<impl Future<Output = Result<Reply, Trouble>>>>,
    service: Service,
) -> Result<Reply, Trouble> {
    // What it leaves behind is its own: locks are taken again by whoever finds them poisoned.
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| question.as_mut().poll(cx))) {
        Ok(poll) => poll,
        Err(_) => Poll::Ready(Err(Trouble::new(service, What::Unreadable, FELL_OVER))),
    })
    .await
}

/// What is said of a part of this program that panicked.
const FELL_OVER: &str = "a part of this program failed; please report it";

fn fell_over(service: Service, error: &JoinError) -> Trouble {
    let words = if error.is_panic() { FELL_OVER } else { "the question was dropped" };
    Trouble::new(service, What::Unreadable, words)
}
