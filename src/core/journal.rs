//! What is written down of a run: what the service cannot know. One entry is one line.
//!
//! Holds no token, no secret and no device code; there is no field for one.

use super::time::Now;
use serde::Serialize;

/// Names one run of a set-up; also the name of its file.
pub type RunId = String;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When.
    pub at: Now,
    /// Which run.
    pub run: RunId,
    /// Which environment, by id.
    pub environment: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A run began.
    Started {
        /// Name of the environment.
        name: String,
        /// Who.
        account: String,
        /// Version of the accepted terms, where the run needed them.
        terms: Option<String>,
    },
    /// A change is about to be asked for.
    Intention {
        /// In words.
        change: String,
    },
    /// What came of it.
    Outcome {
        /// In words.
        change: String,
        /// `done`, `accepted`, or what went wrong.
        result: String,
    },
    /// A stage moved.
    Stage {
        /// Its name.
        stage: &'static str,
        /// `running`, `done`, `skipped`, `failed`.
        state: &'static str,
        /// More.
        detail: String,
    },
    /// The link is there.
    Linked {
        /// Dual-write administration area.
        address: String,
        /// How it was made sure.
        confirmed: String,
    },
    /// A step failed.
    Failed {
        /// `configure` or `link`.
        step: &'static str,
        /// The service's own words.
        words: String,
    },
}
