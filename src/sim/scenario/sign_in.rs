//! What a scenario says of the sign-in: what the person at the browser does, how long things live, what the
//! token service refuses, and where an application may come as itself.

use super::file::Service;
use crate::sim::refusals;
use serde::Deserialize;

/// The sign-in of the simulated person, and of the application.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Seconds from showing the code until the person acted.
    pub approve_after_s: u32,
    /// Who signs in, one after the other; the last one again and again, the administrator without any.
    pub accounts: Vec<String>,
    /// What the person did.
    pub outcome: Approval,
    /// Smallest pause between two polls (seconds).
    pub interval_s: u32,
    /// How many first polls of a code are told to slow down, whatever their pace.
    pub slow_downs: u32,
    /// Life of the code (seconds).
    pub expires_in_s: u32,
    /// Life of an access token (seconds).
    pub token_life_s: u32,
    /// Services whose tokens this client may not have.
    pub refused: Vec<Service>,
    /// Refusals by number.
    pub refusals: Vec<SignInRefusal>,
    /// Services that take the token of an application; those that never do cannot be named.
    pub application: Vec<Service>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            approve_after_s: 8,
            accounts: Vec::new(),
            outcome: Approval::Approve,
            interval_s: 5,
            slow_downs: 0,
            expires_in_s: 900,
            token_life_s: 4521,
            refused: Vec::new(),
            refusals: Vec::new(),
            application: vec![Service::Bap, Service::PowerPlatform, Service::Graph],
        }
    }
}

impl SignIn {
    /// What does not fit together in it.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        if let Some(refusal) = self.refusals.iter().find(|refusal| refusals::find(refusal.number).is_none()) {
            let message = format!("{} is none of the refusals {}", refusal.number, refusals::numbers());
            return Some((refusal.number.to_string(), message));
        }
        if self.refusals.iter().any(|refusal| refusal.times == Some(0)) {
            return Some(("times = 0".to_owned(), "times = 0 is never".to_owned()));
        }
        if self.refusals.iter().any(|refusal| refusal.service.is_some() && refusal.at != Step::Refresh) {
            return Some(("refusals".to_owned(), "only a refusal at the refresh can be about one service".to_owned()));
        }
        let never = [Service::Entra, Service::Lcs, Service::Link, Service::Gateway];
        self.application
            .iter()
            .any(|service| never.contains(service))
            .then(|| ("application".to_owned(), "lcs, link and gateway take no token of an application".to_owned()))
    }
}

/// What the person at the browser did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Signed in.
    Approve,
    /// Refused.
    Decline,
    /// Nothing, until the code expired.
    Expire,
}

/// A refusal of the token service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInRefusal {
    /// What is refused.
    pub at: Step,
    /// The number after `AADSTS`.
    pub number: u32,
    /// Only for tokens of this service.
    pub service: Option<Service>,
    /// Only so many times; always without it.
    pub times: Option<u32>,
}

/// What of a sign-in is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The request for a code.
    DeviceCode,
    /// The poll: when the person has acted, or at once if it is about the client.
    Poll,
    /// A token for a refresh token.
    Refresh,
}
