//! Tokens and sign-ins of the simulated tenant.
//!
//! Owns every secret it gave out and what each is good for. It never shows one: nothing here has a
//! `Debug` that prints a token, and no message repeats one.

use super::{
    clock, ids, refusals,
    scenario::{Service, SignIn, Step},
};
use jiff::Timestamp;
use std::collections::HashMap;

/// Resources whose tokens are asked for by a fixed name, and the key each has in a profile.
pub mod audience {
    /// Lifecycle Services and the link operation.
    pub const LCS: &str = "https://lcsapi.lcs.dynamics.com";
    /// BAP admin API.
    pub const BAP: &str = "https://service.powerapps.com";
    /// Power Platform API.
    pub const POWER_PLATFORM: &str = "https://api.powerplatform.com";
    /// Dual-write gateway.
    pub const GATEWAY: &str = "https://IntegratorApp.com";
    /// Microsoft Graph; also what a token is for that was asked for without a resource.
    pub const GRAPH: &str = "https://graph.microsoft.com";
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Missing,
    /// Nobody gave it out.
    Unknown,
    /// It is too old.
    Expired,
    /// It is for another service.
    OtherAudience,
    /// It is of an application, and this service takes those of a person only.
    OfApplication,
}

impl Refusal {
    /// What the services say.
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "The request carries no access token.",
            Self::Unknown => "The access token is invalid.",
            Self::Expired => "The access token expiry UTC time is earlier than current UTC time.",
            Self::OtherAudience => "The access token has been obtained for wrong audience or resource.",
            Self::OfApplication => "The access token is of an application that this service does not know.",
        }
    }
}

/// Whose an access token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Of the person who signed in.
    Person,
    /// Of the application; `known`: the service it is for takes it.
    Application {
        /// Whether the service takes it.
        known: bool,
    },
}

struct Access {
    audience: String,
    holder: Holder,
    expires: Timestamp,
}

/// A device code on its way to a sign-in.
struct Code {
    created: Timestamp,
    last_poll: Option<Timestamp>,
    interval: u32,
    slowed: u32,
}

/// What a poll for a device code finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// Signed in; the code is used up.
    Approved,
    /// The person has not acted.
    Pending,
    /// Asked too early, or the service has too much to do; the interval grew by five seconds.
    SlowDown,
    /// The person refused.
    Declined,
    /// Too late.
    Expired,
    /// No such code.
    Unknown,
}

/// Everything that was given out.
#[derive(Default)]
pub struct Tokens {
    access: HashMap<String, Access>,
    /// Refresh tokens, and whose they are.
    refresh: HashMap<String, String>,
    codes: HashMap<String, Code>,
    refusals: Vec<u32>,
}

impl Tokens {
    /// A new device code.
    pub fn new_code(&mut self, rules: &SignIn, now: Timestamp) -> String {
        let code = ids::secret("DEV-");
        let fresh = Code { created: now, last_poll: None, interval: rules.interval_s, slowed: 0 };
        self.codes.insert(code.clone(), fresh);
        code
    }

    /// One poll. `slack` is how much too early (seconds) still counts as in time: a network does
    /// not deliver two requests exactly as far apart as they were sent.
    pub fn poll(&mut self, code: &str, rules: &SignIn, slack: f64, now: Timestamp) -> Poll {
        use super::scenario::Approval;
        let Some(state) = self.codes.get_mut(code) else { return Poll::Unknown };
        let waited = state.last_poll.map(|last| clock::seconds_between(last, now));
        state.last_poll = Some(now);
        if now >= clock::after(state.created, rules.expires_in_s) {
            return Poll::Expired;
        }
        let anyhow = state.slowed < rules.slow_downs;
        if anyhow || waited.is_some_and(|waited| waited + slack < f64::from(state.interval)) {
            state.slowed += 1;
            state.interval += 5;
            return Poll::SlowDown;
        }
        let acted = now >= clock::after(state.created, rules.approve_after_s);
        match rules.outcome {
            Approval::Approve if acted => {
                self.codes.remove(code);
                Poll::Approved
            }
            Approval::Decline if acted => Poll::Declined,
            Approval::Approve | Approval::Decline | Approval::Expire => Poll::Pending,
        }
    }

    /// The first refusal that a scenario wants at this step, is `meant` and not used up; it counts as given.
    pub fn refusal(
        &mut self,
        rules: &SignIn,
        step: Step,
        service: Option<Service>,
        meant: fn(&refusals::Refusal) -> bool,
    ) -> Option<refusals::Refusal> {
        self.refusals.resize(rules.refusals.len(), 0);
        let rules = rules.refusals.iter().zip(&mut self.refusals).filter(|(rule, given)| {
            rule.at == step
                && rule.service.is_none_or(|own| Some(own) == service)
                && rule.times.is_none_or(|times| **given < times)
        });
        let (given, refusal) = rules
            .filter_map(|(rule, given)| Some((given, refusals::find(rule.number)?)))
            .find(|(_, refusal)| meant(refusal))?;
        *given = given.saturating_add(1);
        Some(refusal)
    }

    /// A new access token for a resource.
    pub fn new_access(&mut self, audience: &str, holder: Holder, life: u32, now: Timestamp) -> String {
        let token = ids::secret("sim.");
        self.access.retain(|_, access| access.expires > now);
        let expires = clock::after(now, life);
        self.access.insert(token.clone(), Access { audience: audience.to_owned(), holder, expires });
        token
    }

    /// Whether an access token is that of an application.
    pub fn is_of_application(&self, token: Option<&str>) -> bool {
        let access = token.and_then(|token| self.access.get(token));
        access.is_some_and(|access| matches!(access.holder, Holder::Application { .. }))
    }

    /// A new refresh token of an account; the older ones go on working.
    pub fn new_refresh(&mut self, account: &str) -> String {
        let token = ids::secret("1.SIM");
        self.refresh.insert(token.clone(), account.to_owned());
        token
    }

    /// Whose refresh token this is; nobody's where it is not good.
    pub fn account_of(&self, refresh: &str) -> Option<&str> {
        self.refresh.get(refresh).map(String::as_str)
    }

    /// Whether an access token is good for a service. `exact`: a slash at the end makes another
    /// audience, as at finance and operations.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check(&self, token: Option<&str>, audience: &str, exact: bool, now: Timestamp) -> Result<(), Refusal> {
        let access = self.access.get(token.ok_or(Refusal::Missing)?).ok_or(Refusal::Unknown)?;
        if access.expires <= now {
            return Err(Refusal::Expired);
        }
        let own = if exact { &access.audience } else { access.audience.trim_end_matches('/') };
        if !own.eq_ignore_ascii_case(audience) {
            return Err(Refusal::OtherAudience);
        }
        if access.holder == (Holder::Application { known: false }) { Err(Refusal::OfApplication) } else { Ok(()) }
    }

    /// Makes every access token worthless.
    pub fn forget_access(&mut self) {
        self.access.clear();
    }

    /// Makes every token worthless.
    pub fn forget_all(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Approval;
    use super::*;

    fn at(seconds: u32) -> Timestamp {
        clock::after(Timestamp::UNIX_EPOCH, seconds)
    }

    #[test]
    fn a_token_is_good_for_one_audience_and_for_its_life() {
        let mut tokens = Tokens::default();
        let token = tokens.new_access("https://a.example", Holder::Person, 60, at(0));
        assert_eq!(tokens.check(Some(&token), "https://a.example", true, at(59)), Ok(()));
        assert_eq!(tokens.check(Some(&token), "https://a.example", true, at(60)), Err(Refusal::Expired));
        assert_eq!(tokens.check(Some(&token), "https://b.example", true, at(1)), Err(Refusal::OtherAudience));
        assert_eq!(tokens.check(Some("other"), "https://a.example", true, at(1)), Err(Refusal::Unknown));
        assert_eq!(tokens.check(None, "https://a.example", true, at(1)), Err(Refusal::Missing));
    }

    #[test]
    fn a_slash_at_the_end_matters_only_where_it_does() {
        let mut tokens = Tokens::default();
        let token = tokens.new_access("https://a.example/", Holder::Person, 60, at(0));
        assert_eq!(tokens.check(Some(&token), "https://a.example", false, at(1)), Ok(()));
        assert_eq!(tokens.check(Some(&token), "https://a.example", true, at(1)), Err(Refusal::OtherAudience));
    }

    #[test]
    fn a_code_is_pending_then_approved_and_works_once() {
        let (mut tokens, rules) = (Tokens::default(), SignIn::default());
        let code = tokens.new_code(&rules, at(0));
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(5)), Poll::Pending);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(10)), Poll::Approved);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(15)), Poll::Unknown);
    }

    #[test]
    fn polling_too_fast_slows_down_for_good() {
        let (mut tokens, rules) = (Tokens::default(), SignIn { approve_after_s: 100, ..SignIn::default() });
        let code = tokens.new_code(&rules, at(0));
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(5)), Poll::Pending);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(6)), Poll::SlowDown);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(12)), Poll::SlowDown);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(27)), Poll::Pending);
    }

    #[test]
    fn the_first_polls_can_be_told_to_slow_down_whatever_their_pace() {
        let (mut tokens, rules) = (Tokens::default(), SignIn { slow_downs: 2, ..SignIn::default() });
        let code = tokens.new_code(&rules, at(0));
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(5)), Poll::SlowDown);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(105)), Poll::SlowDown);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(119)), Poll::SlowDown);
        assert_eq!(tokens.poll(&code, &rules, 0.0, at(139)), Poll::Approved);
    }

    #[test]
    fn the_token_of_an_application_is_good_only_where_it_is_known() {
        let mut tokens = Tokens::default();
        for (known, expected) in [(true, Ok(())), (false, Err(Refusal::OfApplication))] {
            let token = tokens.new_access("https://a.example", Holder::Application { known }, 60, at(0));
            assert_eq!(tokens.check(Some(&token), "https://a.example", true, at(1)), expected);
            assert!(tokens.is_of_application(Some(&token)));
        }
        let token = tokens.new_access("https://a.example", Holder::Person, 60, at(0));
        assert!(!tokens.is_of_application(Some(&token)));
    }

    #[test]
    fn a_person_can_refuse_or_let_the_code_expire() {
        for (outcome, late, expected) in
            [(Approval::Decline, 20, Poll::Declined), (Approval::Expire, 900, Poll::Expired)]
        {
            let (mut tokens, rules) = (Tokens::default(), SignIn { outcome, ..SignIn::default() });
            let code = tokens.new_code(&rules, at(0));
            assert_eq!(tokens.poll(&code, &rules, 0.0, at(5)), Poll::Pending);
            assert_eq!(tokens.poll(&code, &rules, 0.0, at(late)), expected);
        }
    }
}
