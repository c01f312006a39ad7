//! Why a step failed: the service's own words, or this program's, and what can be done.

use super::fault::{self, Fault};
use super::journal::What;
use super::service::Service;
use super::time::Now;

/// What made a step stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It failed.
    Failed,
    /// Somebody called it off at the service.
    Canceled,
    /// What must be known cannot be read, or no token is to be had; nothing says that the step itself has failed.
    CouldNotRead,
    /// The record cannot be written, so nothing was sent.
    NoRecord,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// When.
    pub at: Now,
    /// Who said so.
    pub service: Service,
    /// The service's own words, unabridged.
    pub words: String,
    /// The words are this program's, about what it read; they are not quoted.
    pub is_ours: bool,
    /// What made it stop.
    pub halt: Halt,
    /// The service's own code.
    pub code: Option<String>,
    /// How often the same error has come back after a try.
    pub repeats: u8,
    /// Ids to quote to support: label and value.
    pub ids: Vec<(&'static str, String)>,
    /// The matching entry of the catalogue.
    pub fault: Option<&'static Fault>,
    /// What to do when the catalogue has no entry.
    pub next_move: String,
}

impl Failure {
    /// A code of the service that has several entries in the catalogue, none of which was chosen.
    pub fn open_code(&self) -> Option<&'static str> {
        if self.fault.is_some() || self.is_ours {
            return None;
        }
        self.code.as_deref().and_then(fault::open_code).or_else(|| fault::open_code(&self.words))
    }

    /// Its line in the record.
    pub fn line(&self, step: &str) -> What {
        What::Failed {
            step: step.to_owned(),
            fault: self.fault.map(|fault| fault.id.clone()),
            code: self.code.clone(),
            words: self.words.clone(),
            next: self.next_move.clone(),
            ids: self
                .ids
                .iter()
                .filter(|(_, id)| !id.is_empty())
                .map(|(label, id)| ((*label).to_owned(), id.clone()))
                .collect(),
        }
    }

    /// The words are this program's, because the service gave none.
    #[must_use]
    pub fn found_here(self) -> Self {
        let next_move = "Try again. If it fails again, open a support case with the ids.";
        Self { is_ours: true, next_move: next_move.into(), ..self }
    }
}
