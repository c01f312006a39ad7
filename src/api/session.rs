//! Tokens: one sign-in, one token per service, redeemed once for all who wait for it.
//!
//! Whoever asks is a person (a refresh token, from a sign-in now or earlier) or an application (a
//! secret or a certificate); for single services a token can be given from outside. Tokens live here in
//! memory only, as secrets without a readable `Debug`; a new refresh token is told to whoever keeps
//! sign-ins. Nothing here writes one anywhere.

use super::Api;
use super::assertion::Certificate;
use super::entra::account_of;
use crate::core::access::{can_be_sent, without_scheme};
use crate::core::service::Service;
use crate::core::sign_in::Account;
use crate::core::time::later;
use crate::core::trouble::{Trouble, What};
use crate::wire::entra;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;

/// A token is renewed so long before its end.
const RENEW_BEFORE: Duration = Duration::from_mins(2);

/// Tokens given from outside, by the name of their variable. Used as they are, never renewed.
#[derive(Default)]
pub struct Outside(HashMap<&'static str, SecretString>);

impl Outside {
    /// Takes the tokens that `look_up` finds.
    pub fn read(look_up: impl Fn(&str) -> Option<String>) -> Self {
        let variables = Service::ALL.into_iter().filter_map(Service::token_variable);
        let found = variables.filter_map(|variable| {
            let token = without_scheme(&look_up(variable)?).to_owned();
            (!token.is_empty()).then(|| (variable, SecretString::from(token)))
        });
        Self(found.collect())
    }

    /// Whether they stand for a sign-in: the list of environments can be read with them. Fewer, such as one
    /// for the gateway alone, are used beside a sign-in.
    pub fn stand_alone(&self) -> bool {
        self.has(Service::Bap)
    }

    /// Whether there is one for a service.
    pub fn has(&self, service: Service) -> bool {
        service.token_variable().is_some_and(|variable| self.0.contains_key(variable))
    }

    /// Whom the tokens name, as far as they can be read: the token of the list of environments first.
    pub fn account(&self) -> Option<Account> {
        let first = Service::Bap.token_variable().and_then(|variable| self.0.get(variable));
        first.into_iter().chain(self.0.values()).find_map(|token| account_of(token.expose_secret()))
    }
}

/// Told of every new refresh token, so that the sign-in is kept; and whether it is of a new sign-in.
pub type Keeper = Arc<dyn Fn(&Account, &SecretString, bool) + Send + Sync>;

/// How an application proves itself.
pub enum Proof {
    /// A client secret.
    Secret(SecretString),
    /// A certificate, whose key signs an assertion for each token.
    Certificate(Certificate),
}

/// Who asks.
pub enum Identity {
    /// A person; none is signed in where there is no refresh token.
    Person {
        /// Whose sign-in it is.
        account: Option<Account>,
        /// What tokens are redeemed with.
        refresh: Option<SecretString>,
    },
    /// The registration of the cloud profile itself.
    Application(Proof),
}

/// Everything a client may identify itself with.
pub struct Credentials {
    /// Who asks.
    pub identity: Identity,
    /// Tokens for single services.
    pub outside: Outside,
    /// Keeps sign-ins.
    pub keeper: Option<Keeper>,
}

impl Credentials {
    /// A person, signed in with `refresh`, that nobody keeps.
    pub fn person(refresh: Option<SecretString>) -> Self {
        Self { identity: Identity::Person { account: None, refresh }, outside: Outside::default(), keeper: None }
    }

    /// Nobody, with tokens from outside.
    pub fn outside(outside: Outside) -> Self {
        Self { outside, ..Self::person(None) }
    }
}

struct Held {
    token: SecretString,
    until: Timestamp,
}

/// The token of one audience.
#[derive(Default)]
struct Slot {
    /// How often a token was asked for. Who waited while that failed gets the same answer.
    rounds: AtomicU64,
    /// When it was taken last, counted in takings of all.
    taken: AtomicU64,
    state: AsyncMutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failed: Option<Trouble>,
}

/// What the next sign-in has to be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The audience that wants more proof.
    pub(super) audience: String,
    /// The claims that Entra wants to see again.
    pub(super) claims: Option<String>,
}

/// Most tokens that are kept: two of each environment, some kilobytes each. Of ten thousand environments the ones
/// that were used last stay.
const SLOTS_MAX: usize = 4_096;

/// The person who is signed in.
#[derive(Default)]
struct Person {
    account: Option<Account>,
    refresh: Option<SecretString>,
    /// Counts the sign-ins.
    sign_ins: u64,
    challenge: Option<Challenge>,
    /// In which sign-in an audience was first refused in a way that only another sign-in can mend.
    refused: HashMap<String, u64>,
    device_code: Option<SecretString>,
}

/// Everything that stands for whoever asks.
pub(super) struct Session {
    person: Mutex<Person>,
    application: Option<Proof>,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    /// Counts the takings of slots.
    takings: AtomicU64,
    outside: Mutex<Outside>,
    keeper: Option<Keeper>,
}

/// Forgets the tokens that were used longest ago, but none that somebody waits for: another one is asked for then.
fn forget_half(slots: &mut HashMap<String, Arc<Slot>>) {
    let mut taken: Vec<u64> = slots.values().map(|slot| slot.taken.load(Ordering::Relaxed)).collect();
    let middle = taken.len() / 2;
    let (_, middle, _) = taken.select_nth_unstable(middle);
    let middle = *middle;
    slots.retain(|_, slot| slot.taken.load(Ordering::Relaxed) >= middle || Arc::strong_count(slot) > 1);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(super) fn new(credentials: Credentials) -> Self {
        let Credentials { identity, outside, keeper } = credentials;
        let (person, application) = match identity {
            Identity::Person { account, refresh } => (Person { account, refresh, ..Person::default() }, None),
            Identity::Application(proof) => (Person::default(), Some(proof)),
        };
        Self {
            person: Mutex::new(person),
            application,
            slots: Mutex::default(),
            takings: AtomicU64::new(0),
            outside: Mutex::new(outside),
            keeper,
        }
    }

    /// A device code that a person is about to use.
    pub(super) fn put_device_code(&self, code: SecretString) {
        lock(&self.person).device_code = Some(code);
    }

    pub(super) fn device_code(&self) -> Option<SecretString> {
        lock(&self.person).device_code.clone()
    }

    /// What the next sign-in has to be for, where a service asked for more proof.
    pub(super) fn challenge(&self) -> Option<Challenge> {
        lock(&self.person).challenge.clone()
    }

    /// A person has signed in. Every token of an earlier sign-in is forgotten.
    pub(super) fn signed_in(&self, account: &Account, token: &entra::Token) {
        {
            let mut person = lock(&self.person);
            person.sign_ins += 1;
            (person.account, person.device_code, person.challenge) = (Some(account.clone()), None, None);
        }
        lock(&self.slots).clear();
        self.keep(token, None);
    }

    /// The refresh token, and in which sign-in it holds.
    fn refresh(&self) -> Option<(SecretString, u64)> {
        let person = lock(&self.person);
        Some((person.refresh.clone()?, person.sign_ins))
    }

    /// Keeps the refresh token that a sign-in brought, or a renewal within one. Who was signed in before is not
    /// put in the place of who is now.
    fn keep(&self, token: &entra::Token, renewed_in: Option<u64>) {
        let Some(refresh) = &token.refresh_token else { return };
        let account = {
            let mut person = lock(&self.person);
            if renewed_in.is_some_and(|sign_in| sign_in != person.sign_ins) {
                return;
            }
            person.refresh = Some(refresh.clone());
            person.account.clone()
        };
        if let (Some(keeper), Some(account)) = (&self.keeper, account) {
            keeper(&account, refresh, renewed_in.is_none());
        }
    }

    /// A token that a person gives while the program runs takes the place of the one before.
    pub(super) fn give(&self, service: Service, token: SecretString) {
        if let Some(variable) = service.token_variable() {
            lock(&self.outside).0.insert(variable, token);
        }
    }

    fn given(&self, service: Service) -> Option<SecretString> {
        lock(&self.outside).0.get(service.token_variable()?).cloned()
    }

    pub(super) fn is_outside(&self, service: Service) -> Option<&'static str> {
        self.given(service).and(service.token_variable())
    }

    fn slot(&self, audience: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if slots.len() >= SLOTS_MAX && !slots.contains_key(audience) {
            forget_half(&mut slots);
        }
        let slot = Arc::clone(slots.entry(audience.to_owned()).or_default());
        slot.taken.store(self.takings.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        slot
    }

    /// Forgets a token that a service refused, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, audience: &str, refused: &SecretString) {
        let slot = self.slot(audience);
        let mut state = slot.state.lock().await;
        if state.held.as_ref().is_some_and(|held| held.token.expose_secret() == refused.expose_secret()) {
            state.held = None;
        }
    }

    /// A redemption was refused in a way that a sign-in can mend; whether it is worth another one. A
    /// service that refuses two sign-ins in a row would be asked for ever.
    pub(super) fn may_sign_in_again(&self, challenge: Challenge, dead: Option<&SecretString>) -> bool {
        let mut person = lock(&self.person);
        let now = person.sign_ins;
        let again = *person.refused.entry(challenge.audience.clone()).or_insert(now) == now;
        if again {
            let is_dead = dead.zip(person.refresh.as_ref()).is_some_and(|(dead, own)| is_same(dead, own));
            if is_dead {
                person.refresh = None;
            } else if dead.is_none() {
                person.challenge = Some(challenge);
            }
        }
        again
    }
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

impl Api {
    /// A token for a service: from outside, from memory, or asked for now; once for all who wait.
    pub(super) async fn token(&self, service: Service, audience: &str) -> Result<SecretString, Trouble> {
        if let (Some(token), Some(variable)) = (self.session.given(service), service.token_variable()) {
            if !can_be_sent(token.expose_secret()) {
                let words = "it has characters that no token has";
                return Err(Trouble::new(service, What::OutsideToken(variable), words));
            }
            // A token of one environment is not shown to the host of another one.
            if matches!(service, Service::Dataverse | Service::FinanceOperations)
                && let Some(words) = super::entra::is_for_another(token.expose_secret(), audience)
            {
                return Err(Trouble::new(service, What::OutsideToken(variable), words));
            }
            return Ok(token);
        }
        let slot = self.session.slot(audience);
        let before = slot.rounds.load(Ordering::SeqCst);
        let mut state = slot.state.lock().await;
        let now = (self.time.now)();
        if let Some(held) = &state.held
            && now < held.until
        {
            return Ok(held.token.clone());
        }
        if let Some(trouble) = &state.failed
            && slot.rounds.load(Ordering::SeqCst) != before
        {
            return Err(Trouble { service, ..trouble.clone() });
        }
        let result = self.new_token(service, audience).await;
        slot.rounds.fetch_add(1, Ordering::SeqCst);
        match result {
            Ok(token) => {
                let life = Duration::from_secs(token.expires_in);
                let until = later(now, life.saturating_sub(RENEW_BEFORE).max(life / 2));
                *state = State { held: Some(Held { token: token.access_token.clone(), until }), failed: None };
                Ok(token.access_token)
            }
            Err(trouble) => {
                *state = State { held: None, failed: Some(trouble.clone()) };
                Err(trouble)
            }
        }
    }

    async fn new_token(&self, service: Service, audience: &str) -> Result<entra::Token, Trouble> {
        if let Some(proof) = &self.session.application {
            if Service::OF_PEOPLE.contains(&service) {
                return Err(Trouble::new(service, What::PeopleOnly, ""));
            }
            return self.token_of_application(service, audience, proof).await;
        }
        let Some((refresh, sign_in)) = self.session.refresh() else {
            let stand_alone = lock(&self.session.outside).stand_alone();
            return Err(match service.token_variable() {
                Some(variable) if stand_alone => Trouble::new(service, What::NoOutsideToken(variable), ""),
                _ => Trouble::new(service, What::SignInNeeded, "nobody is signed in"),
            });
        };
        let token = self.redeem(service, audience, refresh).await?;
        lock(&self.session.person).refused.remove(audience);
        self.session.keep(&token, Some(sign_in));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_refuses_two_sign_ins_in_a_row_is_not_asked_for_a_third() {
        let session = Session::new(Credentials::person(Some("r".to_owned().into())));
        let challenge = || Challenge { audience: "https://a.example".into(), claims: None };
        let sign_in = || {
            let token = entra::Token {
                access_token: "a".to_owned().into(),
                expires_in: 1,
                refresh_token: Some("r".to_owned().into()),
                id_token: None,
            };
            session.signed_in(&Account::from("ada"), &token);
        };
        assert!(session.may_sign_in_again(challenge(), None) && session.may_sign_in_again(challenge(), None));
        assert_eq!(session.challenge(), Some(challenge()));
        sign_in();
        assert_eq!(session.challenge(), None);
        assert!(!session.may_sign_in_again(challenge(), None) && !session.may_sign_in_again(challenge(), None));
        let other = Challenge { audience: "https://b.example".into(), claims: None };
        assert!(session.may_sign_in_again(other, None));
    }

    #[test]
    fn the_tokens_that_were_used_longest_ago_are_forgotten_and_none_that_somebody_waits_for() {
        let session = Session::new(Credentials::person(None));
        let first = session.slot("host-0");
        for number in 1..3 * SLOTS_MAX {
            session.slot(&format!("host-{number}"));
            session.slot("always");
        }
        let slots = lock(&session.slots);
        assert!(slots.len() <= SLOTS_MAX, "{}", slots.len());
        assert!(slots.contains_key("always") && slots.contains_key("host-0") && !slots.contains_key("host-1"));
        assert_eq!(Arc::strong_count(&first), 2);
    }

    #[test]
    fn a_renewal_that_comes_after_another_sign_in_is_not_kept() {
        let session = Session::new(Credentials::person(Some("of-ada".to_owned().into())));
        let token = |refresh: &str| entra::Token {
            access_token: "a".to_owned().into(),
            expires_in: 1,
            refresh_token: Some(refresh.to_owned().into()),
            id_token: None,
        };
        let (_, sign_in) = session.refresh().unwrap();
        session.signed_in(&Account::from("grace"), &token("of-grace"));
        session.keep(&token("of-ada-renewed"), Some(sign_in));
        assert_eq!(session.refresh().unwrap().0.expose_secret(), "of-grace");
        let (_, sign_in) = session.refresh().unwrap();
        session.keep(&token("of-grace-renewed"), Some(sign_in));
        assert_eq!(session.refresh().unwrap().0.expose_secret(), "of-grace-renewed");
    }

    #[test]
    fn only_the_refresh_token_that_was_refused_is_forgotten() {
        let session = Session::new(Credentials::person(Some("new".to_owned().into())));
        let challenge = || Challenge { audience: "x".into(), claims: None };
        session.may_sign_in_again(challenge(), Some(&"old".to_owned().into()));
        assert!(lock(&session.person).refresh.is_some());
        session.may_sign_in_again(challenge(), Some(&"new".to_owned().into()));
        assert!(lock(&session.person).refresh.is_none() && session.challenge().is_none());
    }
}
