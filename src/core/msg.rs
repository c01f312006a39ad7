//! What reaches the core: intents of a person, replies of services.

use super::call::Reply;
use super::environment::EnvironmentId;
use super::exchange::Exchange;
use super::journal::{Run, RunId};
use super::mandate::{Mandate, Module};
use super::schedule::prior::Watched;
use super::service::Service;
use super::setup::Held;
use super::sign_in::Keeping;
use super::trouble::Trouble;
use std::time::Duration;

/// Names one question or change; a reply under a ticket nobody waits for does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What reaches the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The program has started: sign in or read.
    Start,
    /// A person wants something.
    Intent(Intent),
    /// A service answered, or did not.
    Reply {
        /// Of the question.
        ticket: Ticket,
        /// What came back.
        result: Result<Reply, Trouble>,
    },
    /// A request to a service has ended. Changes nothing of the set-up.
    Exchange(Box<Exchange>),
    /// Something could not be written down, and why.
    RecordFailed(String),
    /// The acceptance of the terms is durable, or why it could not be written down.
    TermsKept {
        /// For which environment.
        environment: EnvironmentId,
        /// What came of it.
        result: Result<(), String>,
    },
    /// This program has the lock of the environment, or why not.
    Claimed {
        /// Which environment.
        environment: EnvironmentId,
        /// What came of it.
        result: Result<(), NotClaimed>,
    },
    /// A run is forgotten, or why not.
    Forgotten {
        /// Name of the environment.
        name: String,
        /// What came of it.
        result: Result<(), NotClaimed>,
    },
    /// Who has the lock of an environment.
    Holder {
        /// Which environment.
        environment: EnvironmentId,
        /// Another program; none: nobody, or this one.
        held: Option<Held>,
    },
    /// How long operations took that earlier runs on this cloud have watched, the oldest first.
    Learned(Vec<(Watched, Duration)>),
    /// Runs of this cloud that were interrupted.
    FoundRuns(Vec<Found>),
    /// Records that cannot be read, each with its place.
    Damaged(Vec<String>),
    /// The record: every run, the newest first; or why one cannot be read.
    Runs(Vec<PastRun>),
    /// A run was exported, or why not.
    Exported(Result<Exported, String>),
    /// Where the sign-in is kept.
    SignInKept(Keeping),
    /// A person has given a token for this service; the client has it.
    TokenGiven(Service),
    /// A token that was given cannot be good, and why: the client has not taken it.
    TokenNotTaken(String),
    /// The program is about to be left, and why.
    Leaving(String),
    /// An address could not be opened here, or was.
    Opened(Result<String, String>),
}

/// Why there is no lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// Another program has it.
    Held(Held),
    /// It cannot be had, and why.
    Failed(String),
}

/// Where a run was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Names of the files, one for each format.
    pub files: Vec<String>,
    /// The directory they are in.
    pub folder: String,
}

/// A run on record, or its name and why it cannot be read.
pub type PastRun = Result<Run, (RunId, String)>;

/// An interrupted run.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What is known of it.
    pub run: Run,
    /// Another program drives its environment right now.
    pub held: Option<Held>,
}

/// What a person can want. Each is checked against the flow again: a key can arrive late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Look at one environment.
    OpenEnvironment(EnvironmentId),
    /// Read what tells how far one environment is, and nothing more.
    Survey(EnvironmentId),
    /// Keep nothing of an environment in which nothing runs.
    LetGo(EnvironmentId),
    /// Look at the first environment as soon as the list is there.
    OpenFirst,
    /// Look at the list; whatever runs goes on.
    Environments,
    /// One step back.
    Back,
    /// The button of that name.
    DualWriteApplication,
    /// The end of the terms was on the screen.
    TermsSeenToEnd,
    /// Tick or untick the terms.
    TickTerms,
    /// The button of that name, on the terms.
    Configure,
    /// The button of that name, on the confirmation.
    Ok,
    /// Read again now.
    ReadNow,
    /// A person has these environments of the list before them.
    InSight(Vec<EnvironmentId>),
    /// Again from the failed step.
    TryAgain,
    /// Make what is missing of the identities, then offer the link again.
    RepairIdentities(Mandate),
    /// Install these modules with the application.
    ChooseModules(Vec<Module>),
    /// Install these modules now.
    InstallModules(Vec<Module>),
    /// The button Link to Power Platform environment.
    Link,
    /// The person says that the page in Lifecycle Services shows the link.
    ConfirmLinked,
    /// No longer wait for a person to link in Lifecycle Services.
    StopWaiting,
    /// Look at the prerequisites.
    Prerequisites,
    /// Look at the linking mismatch.
    Mismatch,
    /// Reset link; the name that was typed to confirm it.
    ResetLink(String),
    /// Use this address of the dual-write gateway, if there is one.
    FindGateway(String),
    /// A new device code.
    NewCode,
    /// Look at the record.
    Runs,
    /// Write a run to files that can be handed on.
    Export(RunId),
    /// Take up the interrupted run that is shown.
    GoOn,
    /// Look at the environment of the interrupted run that is shown; it stays interrupted.
    OnlyLook,
    /// The interrupted run that is shown need not be taken up again.
    Forget,
    /// Open an address in the browser.
    Open(String),
    /// Send a text to the clipboard of the terminal.
    Copy(String),
}
