//! Tokens: one sign-in, one token per service, redeemed once for all who wait for it.
//!
//! Tokens live in memory only, as secrets without a readable `Debug`. Nothing here writes one
//! anywhere.

use super::Api;
use crate::core::time::later;
use crate::core::trouble::{Service, Trouble, What};
use crate::wire::entra;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
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
            let token = look_up(variable)?.trim().to_owned();
            (!token.is_empty()).then(|| (variable, SecretString::from(token)))
        });
        Self(found.collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, service: Service) -> Option<&SecretString> {
        self.0.get(service.token_variable()?)
    }
}

struct Held {
    token: SecretString,
    until: Timestamp,
}

type Slot = Arc<AsyncMutex<Option<Held>>>;

/// Everything that stands for the person.
pub(super) struct Session {
    refresh: Mutex<Option<SecretString>>,
    slots: Mutex<HashMap<String, Slot>>,
    outside: Outside,
    pub(super) device_code: Mutex<Option<SecretString>>,
}

impl Session {
    pub(super) fn new(refresh: Option<SecretString>, outside: Outside) -> Self {
        Self { refresh: Mutex::new(refresh), slots: Mutex::default(), outside, device_code: Mutex::default() }
    }

    /// Keeps what a sign-in or a renewal brought.
    pub(super) fn keep(&self, token: &entra::Token) {
        if let Some(refresh) = &token.refresh_token {
            *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(refresh.clone());
        }
    }

    fn slot(&self, audience: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(audience.to_owned()).or_default())
    }

    pub(super) fn is_outside(&self, service: Service) -> Option<&'static str> {
        self.outside.get(service).and(service.token_variable())
    }

    /// Forgets a token that a service refused, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, audience: &str, refused: &SecretString) {
        let slot = self.slot(audience);
        let mut held = slot.lock().await;
        if held.as_ref().is_some_and(|held| held.token.expose_secret() == refused.expose_secret()) {
            *held = None;
        }
    }
}

impl Api {
    /// A token for a service: from outside, from memory, or redeemed now; once for all who wait.
    pub(super) async fn token(&self, service: Service, audience: &str) -> Result<SecretString, Trouble> {
        if let Some(token) = self.session.outside.get(service) {
            return Ok(token.clone());
        }
        let refresh = || self.session.refresh.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let slot = self.session.slot(audience);
        let mut held = slot.lock().await;
        let now = (self.time.now)();
        if let Some(held) = &*held
            && now < held.until
        {
            return Ok(held.token.clone());
        }
        let Some(refresh) = refresh() else {
            return Err(match service.token_variable() {
                Some(variable) if !self.session.outside.is_empty() => {
                    Trouble::new(service, What::NoOutsideToken(variable), "")
                }
                _ => Trouble::new(service, What::SignInNeeded, "nobody is signed in"),
            });
        };
        let token = self.redeem(service, audience, refresh).await?;
        self.session.keep(&token);
        let life = Duration::from_secs(token.expires_in);
        let until = later(now, life.saturating_sub(RENEW_BEFORE).max(life / 2));
        *held = Some(Held { token: token.access_token.clone(), until });
        Ok(token.access_token)
    }
}
