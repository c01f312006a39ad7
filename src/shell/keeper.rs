//! The thread that keeps sign-ins while the program runs: the client tells it of every new refresh
//! token, and a slow keyring holds up nobody.
//!
//! Owns the order: what was told first is kept first. It says where a sign-in really is whenever that
//! is news, and never says a token.

use super::clock::Clock;
use super::vault::{Place, Scope, Vault};
use crate::api;
use crate::core::sign_in::Account;
use secrecy::SecretString;
use std::io;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// How long leaving the program waits for the last sign-in to be kept.
const END_LIMIT: Duration = Duration::from_secs(6);

enum Job {
    Keep { account: Account, refresh: SecretString, is_new: bool },
    End(mpsc::Sender<()>),
}

/// A handle on the thread.
#[derive(Clone)]
pub struct Keeper {
    jobs: mpsc::Sender<Job>,
}

impl Keeper {
    /// Starts the thread. `told` hears where a sign-in is kept whenever that is news.
    ///
    /// # Errors
    /// Fails when no thread can be started.
    pub fn start(
        vault: Vault,
        scope: Scope,
        clock: Clock,
        known: Option<Place>,
        told: impl Fn(&Place) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        std::thread::Builder::new().name("sign-ins".into()).spawn(move || {
            let mut known = known;
            while let Ok(job) = receiver.recv() {
                match job {
                    Job::Keep { account, refresh, is_new } => {
                        let place = if is_new {
                            vault.keep(&scope, &account, &refresh, clock.now())
                        } else {
                            vault.renew(&scope, &account, &refresh, clock.now())
                        };
                        if is_new || known.as_ref() != Some(&place) {
                            told(&place);
                        }
                        known = Some(place);
                    }
                    Job::End(done) => {
                        let _ = done.send(());
                        break;
                    }
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// What the client tells of every new refresh token.
    pub fn listener(&self) -> api::Keeper {
        let jobs = self.jobs.clone();
        Arc::new(move |account: &Account, refresh: &SecretString, is_new: bool| {
            // Without the thread the sign-in ends with the program.
            let _ = jobs.send(Job::Keep { account: account.clone(), refresh: refresh.clone(), is_new });
        })
    }

    /// Waits until everything told so far is kept, for a short time. What is told later is not begun: the end of the
    /// program would cut it off in the middle of a file.
    pub fn end(&self) {
        let (done, ended) = mpsc::channel();
        if self.jobs.send(Job::End(done)).is_ok() {
            let _ = ended.recv_timeout(END_LIMIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::TokenStore;

    #[test]
    fn what_is_told_before_the_end_is_kept_in_its_order_and_its_place_is_said_once() {
        let dir = tempfile::TempDir::new().unwrap();
        let scope = Scope::new("https://login.example", "contoso.example", "c");
        let vault = || Vault::open(TokenStore::File, dir.path().to_owned());
        let (sender, places) = mpsc::channel();
        let told = move |place: &Place| sender.send(place.clone()).unwrap();
        let keeper = Keeper::start(vault(), scope.clone(), Clock::new(1.0), None, told).unwrap();
        let listener = keeper.listener();
        let ada = Account::from("ada@contoso.example");
        listener(&ada, &"one".into(), true);
        listener(&ada, &"two".into(), false);
        keeper.end();
        listener(&ada, &"three".into(), false);
        let (account, token) = vault().load(&scope, None).unwrap().unwrap();
        assert_eq!((account, secrecy::ExposeSecret::expose_secret(&token)), (ada, "two"));
        assert!(matches!(places.try_iter().collect::<Vec<_>>()[..], [Place::File(_)]));
    }
}
