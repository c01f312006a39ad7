//! What a run without a screen waits for before it goes on: somebody who is signed in, and the list.

use super::super::code;
use super::{Headless, Over, outcome_of};
use crate::core::schedule::RETRY_AFTER_MAX;
use crate::core::sign_in::Session;
use crate::core::time::in_words;
use crate::core::trouble::{Again, Service, Trouble, What};

/// Why nothing is asked where nobody is signed in and nobody can read a code.
const NOBODY: &str = "Nobody is signed in. Run it on a terminal, sign in beforehand (dualwrite sign-in), or let an \
                      application ask (DUALWRITE_CLIENT_SECRET or DUALWRITE_CLIENT_CERTIFICATE).";

/// What is said while a list does not come.
pub(super) fn no_list(silent: &Trouble) -> String {
    let wait = silent.retry_after.map(|wait| wait.min(RETRY_AFTER_MAX));
    let when = wait.map(|wait| format!(" in {}", in_words(wait))).unwrap_or_default();
    format!("No list yet: {silent}; it is asked again{when}.")
}

impl Headless<'_> {
    /// Shows a device code where somebody can read it; without one there is no going on.
    pub(super) fn sign_in(&mut self) -> Result<(), Over> {
        let model = &self.seat.model;
        let (code, text) = match &model.session {
            Session::SignedIn(_) => return Ok(()),
            _ if !model.cloud.has_client => {
                let trouble = Trouble::new(Service::Entra, What::NoClient, "");
                (code::CONSENT, format!("Nobody can sign in: {}", trouble.in_full(Again::Command)))
            }
            _ if !self.can_sign_in => {
                let why = model.ended.as_ref().map(|ended| ended.why.in_full(Again::Command) + " ");
                (code::CONSENT, why.unwrap_or_default() + NOBODY)
            }
            Session::Unknown | Session::AskingForCode(_) => return Ok(()),
            Session::Waiting(waiting) => {
                if self.code_shown.as_ref() != Some(&waiting.user_code) {
                    if let Some(ended) = &model.ended {
                        self.teller.say_error(&format!("{} has to sign in again: {}", ended.account.name, ended.why));
                    }
                    self.teller
                        .say_error(&format!("To sign in, open {} and type {}", waiting.address, waiting.user_code));
                    self.code_shown = Some(waiting.user_code.clone());
                }
                return Ok(());
            }
            Session::Stopped(trouble) => {
                let text = format!("Signing in did not work: {}", trouble.in_full(Again::Command));
                (code::of_sign_in(trouble), text)
            }
        };
        Err(self.stop_all(code, outcome_of(code), &text))
    }
}
