//! The keyring of this system, asked on a thread of its own and only for so long.
//!
//! Owns every call to it: Secret Service on Linux (over D-Bus, without a C library), Keychain on macOS,
//! Credential Manager on Windows. A keyring that asks a person for a password, or hangs, holds up nobody for
//! longer than the limit and never keeps the program from ending: its thread is left alone. While a call is
//! still under way no other one is made.

use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// The name under which a keyring shows what this program keeps there.
const SERVICE: &str = "dualwrite";
/// Longest reason that is passed on, in characters.
const REASON_MAX: usize = 160;

/// What a keyring can do. A reason is one short sentence without its full stop.
pub(super) trait Keyring: Send + Sync {
    /// What is kept for a user, if anything is.
    fn get(&self, user: &str) -> Result<Option<SecretString>, String>;
    /// Keeps it, in place of what was kept.
    fn set(&self, user: &str, token: &SecretString) -> Result<(), String>;
    /// Deletes it; what is not there is deleted.
    fn delete(&self, user: &str) -> Result<(), String>;
}

/// The real one.
pub(super) struct System;

impl Keyring for System {
    fn get(&self, user: &str) -> Result<Option<SecretString>, String> {
        match entry(user)?.get_secret() {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(SecretString::from(text))),
                Err(_) => Err("the keyring holds something else under this name".to_owned()),
            },
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(words(&error)),
        }
    }

    fn set(&self, user: &str, token: &SecretString) -> Result<(), String> {
        // As bytes: as a password Windows would write it in UTF-16 and take half as much.
        entry(user)?.set_secret(token.expose_secret().as_bytes()).map_err(|error| words(&error))
    }

    fn delete(&self, user: &str) -> Result<(), String> {
        match entry(user)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(words(&error)),
        }
    }
}

fn entry(user: &str) -> Result<Entry, String> {
    Entry::new(SERVICE, user).map_err(|error| words(&error))
}

/// Why a keyring does not serve. Only what its errors say: their `Debug` can hold what is kept.
fn words(error: &Error) -> String {
    let words = match error {
        Error::NoDefaultStore => {
            if let Err(why) = Entry::store_status() {
                tracing::info!(%why, "no keyring");
            }
            "no keyring can be reached here".to_owned()
        }
        Error::NoStorageAccess(why) => format!("the keyring cannot be opened: {why}"),
        // 2560 bytes on Windows.
        Error::TooLong(_, limit) => format!("this sign-in is larger than the keyring allows ({limit} bytes)"),
        Error::Ambiguous(_) => "the keyring holds this sign-in more than once".to_owned(),
        other => format!("the keyring refuses: {other}"),
    };
    let words: String = words.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).take(REASON_MAX).collect();
    words.trim_end_matches('.').to_owned()
}

/// A keyring behind a time limit.
pub(super) struct Limited {
    keyring: Arc<dyn Keyring>,
    limit: Duration,
    /// Whether a call is under way, perhaps for ever.
    busy: Arc<AtomicBool>,
}

/// Says that the call is over, however it ended.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Limited {
    pub(super) fn new(keyring: Arc<dyn Keyring>, limit: Duration) -> Self {
        Self { keyring, limit, busy: Arc::default() }
    }

    pub(super) fn get(&self, user: &str) -> Result<Option<SecretString>, String> {
        let user = user.to_owned();
        self.ask(move |keyring| keyring.get(&user), |_| {})
    }

    /// `is_new`: nothing else names it. One that is put there after all, when nobody waits any more, is taken away
    /// again, because nobody would find it to sign out.
    pub(super) fn set(&self, user: &str, token: &SecretString, is_new: bool) -> Result<(), String> {
        let (user, token) = (user.to_owned(), token.clone());
        let late = user.clone();
        self.ask(
            move |keyring| keyring.set(&user, &token),
            move |keyring| {
                if is_new {
                    let _ = keyring.delete(&late);
                }
            },
        )
    }

    pub(super) fn delete(&self, user: &str) -> Result<(), String> {
        let user = user.to_owned();
        self.ask(move |keyring| keyring.delete(&user), |_| {})
    }

    /// `late` is done where the call succeeds after it was given up.
    fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Keyring) -> Result<T, String> + Send + 'static,
        late: impl FnOnce(&dyn Keyring) + Send + 'static,
    ) -> Result<T, String> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err("the keyring still does not answer".to_owned());
        }
        let (over, keyring) = (Over(Arc::clone(&self.busy)), Arc::clone(&self.keyring));
        let (done, answer) = mpsc::sync_channel(1);
        let started = std::thread::Builder::new().name("keyring".into()).spawn(move || {
            let said = call(&*keyring);
            // Before it is told: whoever hears of it may ask again at once.
            drop(over);
            if let Err(mpsc::SendError(Ok(_))) = done.send(said) {
                late(&*keyring);
            }
        });
        if let Err(error) = started {
            return Err(format!("the keyring cannot be asked: {error}"));
        }
        match answer.recv_timeout(self.limit) {
            Ok(said) => said,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("the keyring did not answer within {:?}", self.limit)),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err("the keyring failed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_short_and_of_one_line() {
        let long = Error::NoStorageAccess(format!("first\nsecond {}", "x".repeat(400)).into());
        let said = words(&long);
        assert!(said.starts_with("the keyring cannot be opened: first second x"), "{said}");
        assert_eq!(said.chars().count(), REASON_MAX);
        assert!(words(&Error::TooLong("secret".into(), 2560)).contains("2560 bytes"));
    }

    #[test]
    fn no_reason_repeats_what_is_kept() {
        let said = words(&Error::BadEncoding(b"the token".to_vec()));
        assert!(!said.contains("token") && !said.contains("116"), "{said}");
    }

    #[test]
    fn a_keyring_that_panics_is_one_that_fails_and_is_asked_again() {
        struct Panics;
        impl Keyring for Panics {
            fn get(&self, _: &str) -> Result<Option<SecretString>, String> {
                panic!("made to fail by a test")
            }
            fn set(&self, _: &str, _: &SecretString) -> Result<(), String> {
                Ok(())
            }
            fn delete(&self, _: &str) -> Result<(), String> {
                Ok(())
            }
        }
        let keyring = Limited::new(Arc::new(Panics), Duration::from_mins(1));
        assert_eq!(keyring.get("ada").err().as_deref(), Some("the keyring failed"));
        assert_eq!(keyring.set("ada", &"x".into(), true), Ok(()));
    }

    #[test]
    fn a_token_that_is_put_there_after_it_was_given_up_is_taken_away_again() {
        /// Is unlocked by a person who takes longer than the limit.
        struct Locked(std::sync::Mutex<mpsc::Receiver<()>>, mpsc::Sender<String>);
        impl Keyring for Locked {
            fn get(&self, _: &str) -> Result<Option<SecretString>, String> {
                Ok(None)
            }
            fn set(&self, _: &str, _: &SecretString) -> Result<(), String> {
                self.0.lock().unwrap().recv().map_err(|error| error.to_string())
            }
            fn delete(&self, user: &str) -> Result<(), String> {
                self.1.send(user.to_owned()).map_err(|error| error.to_string())
            }
        }
        for (is_new, deleted) in [(true, Some("ada")), (false, None)] {
            let (unlock, locked) = mpsc::channel();
            let (deletes, heard) = mpsc::channel();
            let keyring = Limited::new(Arc::new(Locked(locked.into(), deletes)), Duration::from_millis(1));
            assert!(keyring.set("ada", &"x".into(), is_new).is_err());
            unlock.send(()).unwrap();
            // The last owner of the keyring is the call that was late.
            drop(keyring);
            assert_eq!(heard.recv().ok().as_deref(), deleted);
        }
    }
}
