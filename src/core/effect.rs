//! What the core wants done in the world, as data. The shell does it.

use super::call::{Call, Change};
use super::environment::EnvironmentId;
use super::journal::{Entry, RunId};
use super::msg::Ticket;
use super::terms::Acceptance;
use std::time::Duration;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Wait, ask, reply under the ticket.
    Call {
        /// Comes back with the reply.
        ticket: Ticket,
        /// Pause before asking.
        after: Duration,
        /// The question.
        call: Call,
    },
    /// Write the intention down durably, then make the change, reply under the ticket. When the
    /// record cannot be written, nothing is sent.
    Change {
        /// Comes back with the reply.
        ticket: Ticket,
        /// The change.
        change: Change,
        /// Its record.
        intention: Entry,
    },
    /// Drop whatever waits under this ticket. It stops nothing that runs at a service.
    Cancel(Ticket),
    /// Write this down.
    Record(Entry),
    /// Keep who accepted which terms; what came of it comes back as [`super::msg::Msg::TermsKept`].
    KeepTerms(Acceptance),
    /// Take the lock of an environment, so that no other program on this record drives it; what came
    /// of it comes back as [`super::msg::Msg::Claimed`].
    Claim {
        /// Which environment.
        environment: EnvironmentId,
        /// Address of the cloud: the same id can be on another one.
        address: String,
        /// The run that will be written down. What was interrupted before it is closed as replaced.
        run: RunId,
    },
    /// Under the lock of its environment, write down that a run need not be taken up again; what came of
    /// it comes back as [`super::msg::Msg::Forgotten`].
    Forget {
        /// The last line of the run.
        entry: Entry,
        /// Name of the environment.
        name: String,
        /// As in [`Effect::Claim`].
        address: String,
    },
    /// Who has the lock of an environment right now; comes back as [`super::msg::Msg::Holder`].
    AskHolder {
        /// Which environment.
        environment: EnvironmentId,
        /// As in [`Effect::Claim`].
        address: String,
    },
    /// Give the lock back.
    Release(EnvironmentId),
    /// Nobody writes this down; a surface may tell it.
    Note(Entry),
    /// Read the record; it comes back as [`super::msg::Msg::Runs`].
    ReadRuns,
    /// Write a run to files; comes back as [`super::msg::Msg::Exported`].
    Export(RunId),
    /// Open an address in the browser.
    Open(String),
    /// Send a text to the terminal's clipboard.
    Copy(String),
}
