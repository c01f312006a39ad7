//! A run of Configure: its stages, what the one that runs is doing, and the installation that is watched. What follows
//! what is in `update/configure.rs`; here is only how it stands.

use super::journal::Deed;
use super::linking::Linked;
use super::mandate::Mandate;
use super::plan::{CORE_PACKAGE, STAGES, StageId};
use super::setup::Watch;
use super::time::Now;
use super::trouble::Trouble;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A run of Configure.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuring {
    /// When it began.
    pub started: Now,
    /// The change whose answer is missing; the next reading settles it.
    pub unsettled: Option<Deed>,
    /// What was agreed to.
    pub mandate: Mandate,
    /// Place of the package that is installed, among those of its stage.
    pub package: usize,
    /// It was asked for, or met on its way: it is not passed over.
    pub is_asked: bool,
    /// Packages of the stage that were not passed over.
    pub installed: usize,
    /// The link as it was known when it began, which an addition does not touch: what a person said of it stands in no
    /// fact.
    pub linked: Option<Box<Linked>>,
    /// The change that was asked for last.
    pub last_deed: Option<Deed>,
    /// What that change met, if it did not work.
    pub met: Option<Box<Trouble>>,
    /// Installations that were asked for before an interruption and may be on their way.
    pub asked_before: Vec<AskedBefore>,
    /// The stages.
    pub stages: [Stage; 6],
    /// Place of the stage that runs.
    pub current: usize,
    /// What is being done in it.
    pub step: Step,
    /// The question or change that is open.
    pub watch: Watch,
}

/// An installation that was asked for before an interruption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedBefore {
    /// Unique name of the package.
    pub package: &'static str,
    /// Operation id, if the service had named one.
    pub operation: Option<String>,
    /// The service had accepted it; else nobody knows what came of it.
    pub is_accepted: bool,
    /// When it was asked for.
    pub at: Now,
}

/// One stage of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Which.
    pub id: StageId,
    /// How it stands.
    pub state: StageState,
    /// In a few words.
    pub detail: String,
    /// When it began.
    pub since: Option<Now>,
    /// When it ended.
    pub until: Option<Now>,
}

/// How a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Not yet.
    Waiting,
    /// Now.
    Running,
    /// Done in this run.
    Done,
    /// It was done before this run.
    Skipped,
    /// It failed.
    Failed,
}

impl Stage {
    /// Whether it belongs to the run: one that begins later has passed over what comes before.
    pub fn is_part(&self) -> bool {
        self.state != StageState::Skipped || self.since.is_some()
    }
}

impl StageState {
    /// Its word in records and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// What a stage is doing right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading all facts.
    ReadAll,
    /// Looking at the package list before installing.
    Look {
        /// Looks after an installation whose outcome is not known, counted down to a new try.
        settle: u8,
        /// Installations that were refused for a passing reason.
        tries: u8,
    },
    /// The installation is being asked for.
    Install {
        /// See [`Step::Look`].
        tries: u8,
    },
    /// Watching an installation.
    Watch(Install),
    /// Reading an application user.
    ReadUser {
        /// Place in [`super::plan::APPLICATION_USERS`].
        index: usize,
        /// Changes made for this user so far.
        changes: u8,
    },
    /// Reading the root business unit.
    ReadBusinessUnit {
        /// Place in [`super::plan::APPLICATION_USERS`].
        index: usize,
        /// Changes made for this user so far.
        changes: u8,
        /// Row id of the user that lacks a role; none when the user is to be made.
        user: Option<String>,
    },
    /// Reading the role.
    ReadRole {
        /// Place in [`super::plan::APPLICATION_USERS`].
        index: usize,
        /// Changes made for this user so far.
        changes: u8,
        /// Row id of the user.
        user: String,
        /// Row id of the business unit whose role is asked for.
        business_unit: String,
    },
    /// Changing an application user.
    ChangeUser {
        /// Place in [`super::plan::APPLICATION_USERS`].
        index: usize,
        /// Changes made for this user so far.
        changes: u8,
    },
    /// Reading the users of finance and operations.
    ReadFinopsUsers,
    /// Reading the client ID rows.
    ReadRows {
        /// Changes made so far.
        changes: u8,
    },
    /// Adding a client ID row.
    ChangeRows {
        /// Changes made so far.
        changes: u8,
    },
}

/// Whose installation is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Somebody else's, which was joined: what comes of it is no outcome of a change of this run.
    Theirs,
    /// This run's, asked for before an interruption.
    Ours,
    /// This run's, watched ever since: it teaches how long one takes.
    OursFromTheStart,
}

/// An installation that is being watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// Operation id, if the service named one.
    pub operation: Option<Arc<str>>,
    /// When it was accepted or found.
    pub since: Now,
    /// Whose it is.
    pub whose: Whose,
    /// The package list showed it on its way, so a failure in the list is a new one.
    pub seen_running: bool,
    /// The operation succeeded; the package list has yet to agree.
    pub succeeded: bool,
    /// The next question goes to the package list: the operation does not answer, or with a word that nobody knows.
    pub asks_list: bool,
    /// How often the list was read meanwhile. A clock alone can be moved.
    pub looks: u8,
}

impl Configuring {
    /// Fresh stages, those before `first` passed over.
    pub fn stages(first: StageId) -> [Stage; 6] {
        STAGES.map(|id| Stage {
            id,
            state: if id < first { StageState::Skipped } else { StageState::Waiting },
            detail: if id < first { "not part of this run".into() } else { String::new() },
            since: None,
            until: None,
        })
    }

    /// The first stage that is part of it.
    pub fn first(&self) -> StageId {
        self.stages.iter().find(|stage| stage.is_part()).map_or(StageId::Prerequisites, |stage| stage.id)
    }

    /// Whether it only adds modules to what is there.
    pub fn is_addition(&self) -> bool {
        self.first() == StageId::Application && !self.mandate.modules.is_empty()
    }

    /// The name of a stage on the screen: where modules are added, that is what the application is about.
    pub fn title_of(&self, stage: StageId) -> &'static str {
        if stage == StageId::Application && self.is_addition() { "Modules" } else { stage.title() }
    }

    /// The name of the stage that runs.
    pub fn title(&self) -> &'static str {
        self.title_of(self.stage().id)
    }

    /// Whether it is a set-up: a repair does not say how long one takes.
    pub fn is_whole(&self) -> bool {
        self.first() == StageId::Prerequisites
    }

    /// The stage that runs.
    pub fn stage(&self) -> &Stage {
        &self.stages[self.current]
    }

    /// The packages of the stage that runs.
    pub fn packages(&self) -> Vec<&'static str> {
        match self.stage().id {
            StageId::CoreSolution => vec![CORE_PACKAGE],
            StageId::Application => self.mandate.packages(),
            _ => Vec::new(),
        }
    }

    /// The package that is installed.
    pub fn installs(&self) -> Option<&'static str> {
        self.packages().get(self.package).copied()
    }

    /// How many of its stages are over, and how many it has: `2 of 4`.
    pub fn done(&self) -> String {
        let is_over = |stage: &&Stage| matches!(stage.state, StageState::Done | StageState::Skipped);
        let parts = || self.stages.iter().filter(|stage| stage.is_part());
        format!("{} of {}", parts().filter(is_over).count(), parts().count())
    }
}
