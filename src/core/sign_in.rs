//! The device-code machine: a code, a page, and questions until the person is done.

use super::msg::Ticket;
use super::time::{Now, later};
use super::trouble::Trouble;
use std::time::Duration;

/// What `slow_down` adds to the pause (RFC 8628 section 3.5).
pub const SLOW_DOWN: Duration = Duration::from_secs(5);

/// Who is signed in, as the id token names them. Shown and compared, never trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The sign-in name, or what stands for it.
    pub name: String,
    /// The tenant signed in to, if it is known.
    pub tenant: Option<String>,
}

impl From<&str> for Account {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), tenant: None }
    }
}

/// Where a sign-in is kept, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// In a sentence.
    pub sentence: String,
    /// It is there when the program is started again.
    pub lasts: bool,
}

/// A sign-in that ended while the program ran, until somebody has signed in again.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Whose it was.
    pub account: Account,
    /// Why, in the words of the service that found it.
    pub why: Trouble,
}

/// Who is signed in, or how far the sign-in is.
#[derive(Clone, Debug, PartialEq)]
pub enum Session {
    /// Nothing was tried yet.
    Unknown,
    /// A code is being asked for.
    AskingForCode(Ticket),
    /// The person has a code to type.
    Waiting(Waiting),
    /// It did not work; a new code can be asked for.
    Stopped(Trouble),
    /// Signed in as this account.
    SignedIn(Account),
}

/// A code that waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// What to type.
    pub user_code: String,
    /// Where to type it.
    pub address: String,
    /// When the code ends.
    pub until: Now,
    /// Pause between questions.
    pub interval: Duration,
    /// The question that is open.
    pub ticket: Ticket,
}

impl Waiting {
    /// A fresh code.
    pub fn new(user_code: String, address: String, expires_in: u64, interval: u64, ticket: Ticket, now: Now) -> Self {
        Self {
            user_code,
            address,
            until: later(now, Duration::from_secs(expires_in)),
            interval: Duration::from_secs(interval.max(1)),
            ticket,
        }
    }
}

impl Session {
    /// The tenant signed in to, if it is known.
    pub fn tenant(&self) -> Option<&str> {
        if let Self::SignedIn(account) = self { account.tenant.as_deref() } else { None }
    }

    /// Who is signed in.
    pub fn who(&self) -> Option<&Account> {
        if let Self::SignedIn(account) = self { Some(account) } else { None }
    }

    /// The name of the account, if somebody is signed in.
    pub fn account(&self) -> Option<&str> {
        if let Self::SignedIn(account) = self { Some(&account.name) } else { None }
    }
}
