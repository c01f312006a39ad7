//! What a run without a screen waits for before anything else: somebody who is signed in.
//! The question is pure; its answer is said by [`Headless`].

use super::super::code;
use super::{Headless, Over, outcome_of};
use crate::core::model::Model;
use crate::core::service::Service;
use crate::core::setup::Record;
use crate::core::sign_in::Session;
use crate::core::time::{between, in_words};
use crate::core::trouble::{Again, Trouble, What};

/// Why nothing is asked where nobody is signed in and nobody can read a code.
const NOBODY: &str = "Nobody is signed in. Run it on a terminal, sign in beforehand (dualwrite sign-in), or let an \
                      application ask (DUALWRITE_CLIENT_SECRET or DUALWRITE_CLIENT_CERTIFICATE).";

/// Whether somebody is signed in, or may still be: `None` where that is open. `reads`: a person reads a code.
///
/// # Errors
/// Why there is no going on, with its exit code.
pub fn is_signed_in(model: &Model, reads: bool) -> Option<Result<(), (u8, String)>> {
    let refused = |code, text| Some(Err((code, text)));
    match &model.session {
        Session::SignedIn(_) => Some(Ok(())),
        _ if !model.cloud.has_client => {
            let trouble = Trouble::new(Service::Entra, What::NoClient, "");
            refused(code::CONSENT, format!("Nobody can sign in: {}", trouble.in_full(Again::Command)))
        }
        _ if !reads => {
            let why = model.ended.as_ref().map(|ended| ended.why.in_full(Again::Command) + " ");
            refused(code::CONSENT, why.unwrap_or_default() + NOBODY)
        }
        Session::Unknown | Session::AskingForCode(_) | Session::Waiting(_) => None,
        Session::Stopped(trouble) => {
            let text = format!("Signing in did not work: {}", trouble.in_full(Again::Command));
            refused(code::of_sign_in(trouble), text)
        }
    }
}

impl Headless<'_> {
    /// Shows a device code where somebody can read it; without one there is no going on.
    pub(super) fn sign_in(&mut self) -> Result<(), Over> {
        let model = &self.seat.model;
        if let Some(Err((code, text))) = is_signed_in(model, self.can_sign_in) {
            // What was begun can be gone on with once somebody has signed in: that is no "nothing was changed".
            let has_begun = self.seat.model.setups.values().any(|setup| setup.record != Record::New);
            let ends = if has_begun { code::UNREACHABLE } else { code };
            return Err(self.stop_all(ends, outcome_of(code), &text));
        }
        if let Session::Waiting(waiting) = &model.session
            && self.code_shown.as_ref() != Some(&waiting.user_code)
        {
            if let Some(ended) = &model.ended {
                self.teller.say_error(&format!("{} has to sign in again: {}", ended.account.name, ended.why));
            }
            let left = in_words(between(self.seat.clock.now(), waiting.until));
            self.teller.say_error(&format!(
                "To sign in, open {} within {left} and type {}",
                waiting.address, waiting.user_code
            ));
            self.code_shown = Some(waiting.user_code.clone());
        }
        Ok(())
    }
}
