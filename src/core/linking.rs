//! A link that is being made, and one that is there: how, how far, and how sure it is.

use super::failure::Failure;
use super::setup::Watch;
use super::time::Now;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a link is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Through the link operation of the cloud profile.
    Direct,
    /// By a person in Lifecycle Services, watched from here.
    Assisted,
    /// Reset link of the dual-write gateway.
    Reset,
}

impl Way {
    /// Its word in records and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Assisted => "assisted",
            Self::Reset => "reset",
        }
    }
}

/// A link that is being made.
#[derive(Clone, Debug, PartialEq)]
pub struct Linking {
    /// How.
    pub way: Way,
    /// When it began.
    pub started: Now,
    /// Idempotency key of the start.
    pub request_id: String,
    /// Activity id, once the service has accepted it.
    pub activity: Option<String>,
    /// The service has refused this request id for good: the next try is a new one.
    pub is_answered: bool,
    /// What is being done.
    pub step: LinkStep,
    /// The open question.
    pub watch: Watch,
    /// The administration area, once the service named it.
    pub administration_url: Option<String>,
    /// It was asked for before an interruption, and no answer is on record.
    pub unsettled: bool,
    /// How often the start was asked for since, always under the same request id.
    pub starts: u8,
    /// The operation reported that it is completed.
    pub reported: bool,
    /// The start was refused because another link operation runs; that one is watched.
    pub refused: Option<Box<Failure>>,
}

/// What a link is doing right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkStep {
    /// Looking whether there is a link already.
    Look,
    /// Asking the service to start.
    Start,
    /// Watching the operation.
    Watch,
    /// Watching the gateway for the link: a person makes it, or the operation cannot be read.
    WatchGateway,
    /// Reading it back from the gateway.
    ReadBack {
        /// Readings that did not show it yet.
        tries: u8,
    },
    /// Reading the connection set of the finished link.
    ReadConnectionSet,
    /// Waiting for a person to select the button, without a gateway to watch.
    AskPerson,
}

/// How sure it is that the link is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The dual-write gateway shows it.
    Gateway,
    /// The operation reports it, the gateway does not show it.
    GatewayDoesNotShowIt,
    /// The operation reports it, the gateway could not be read.
    GatewayUnread(String),
    /// The operation reports it; the cloud profile has no gateway.
    NoGateway,
    /// A person said so.
    Person,
}

impl Confirmation {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Gateway => "read back from the dual-write service".into(),
            Self::GatewayDoesNotShowIt => {
                "reported by the link operation; the dual-write service does not show it yet".into()
            }
            Self::GatewayUnread(why) => {
                format!("reported by the link operation; could not be read back ({why})")
            }
            Self::NoGateway => {
                "reported by the link operation; the cloud profile names no dual-write service to read it back from"
                    .into()
            }
            Self::Person => "confirmed by you; the dual-write service was not asked".into(),
        }
    }
}

/// A finished link.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// When it was seen.
    pub at: Now,
    /// Dual-write administration area.
    pub address: String,
    /// How sure it is.
    pub confirmed: Confirmation,
    /// How it was made and how long that took, if it was made here.
    pub took: Option<(Way, Duration)>,
}
