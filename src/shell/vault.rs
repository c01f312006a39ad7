//! The vault: where sign-ins are kept between two starts, and which ones there are.
//!
//! Owns an index of the accounts without a secret (`accounts.json` in the state directory), and the way to each
//! refresh token: the keyring of this system, a file where the settings want one, or the memory of this
//! program where neither can be had. It always knows which it is. It keeps refresh tokens only, never an access
//! token, and no token ever reaches an error, a `Debug` or the log.
//!
//! Every call blocks: the keyring is waited for up to [`KEYRING_LIMIT`], another program's change of the files
//! for 2 s. Calls of one program wait for each other. Where a keyring is locked for longer, sign-ins are kept in
//! memory and said to be.

mod files;
mod keyring;

use crate::core::sign_in::Account;
use crate::settings::TokenStore;
use files::{Files, Row, Store};
use jiff::Timestamp;
use keyring::{Keyring, Limited, System};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long an answer of the keyring is waited for.
pub const KEYRING_LIMIT: Duration = Duration::from_secs(5);

/// Why a sign-in is kept nowhere, where that was wanted.
const WANTED_SO: &str = "the settings ask for it";

/// Where a sign-in really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the keyring of this system.
    Keyring,
    /// In this file.
    File(PathBuf),
    /// In the memory of this program only.
    Memory {
        /// Why nowhere else, without a full stop.
        why: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("kept in the keyring of this system"),
            Self::File(path) => write!(f, "kept in {}, readable by you only", path.display()),
            Self::Memory { why } => write!(f, "kept in memory only: {why}; it ends with this program"),
        }
    }
}

/// What a sign-in is for: token service, tenant and client registration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Address of the token service, without a slash at its end.
    pub authority: String,
    /// The tenant as it is configured, lower case.
    pub tenant: String,
    /// Client registration, lower case.
    pub client_id: String,
    /// Hosts beyond the cloud of the token service that its tokens go to, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

impl Scope {
    /// A scope; spelling of the same thing in two ways is evened out.
    pub fn new(authority: &str, tenant: &str, client_id: &str) -> Self {
        Self {
            authority: authority.trim_end_matches('/').to_owned(),
            tenant: tenant.to_lowercase(),
            client_id: client_id.to_lowercase(),
            hosts: Vec::new(),
        }
    }

    /// The same for a profile whose tokens go to these hosts, too: a sign-in of the cloud alone is none for them.
    #[must_use]
    pub fn and_for(self, mut hosts: Vec<String>) -> Self {
        hosts.sort();
        hosts.dedup();
        Self { hosts, ..self }
    }
}

/// Why the vault cannot be read or changed, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file or directory cannot be read or written.
    #[error("The sign-ins cannot be read or written: {} ({source}). Check the state directory.", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what this program writes.
    #[error("{} cannot be used: {why}. Delete it and sign in again.", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where or why.
        why: String,
    },
    /// Others can read the file of tokens.
    #[error("Others can read the sign-ins in {0}. Delete it and sign in again, or, if nobody did: chmod 600 {0}", path.display())]
    Readable {
        /// Which.
        path: PathBuf,
    },
    /// Another program has the lock for too long.
    #[error("Another program holds the list of sign-ins ({}). End it, or try again.", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// The keyring does not serve.
    #[error(
        "The keyring cannot be used: {0}. Where there is one, unlock it and try again; without one a sign-in is kept in memory."
    )]
    Keyring(String),
}

/// A sign-in in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Whose.
    pub account: Account,
    /// Where it is.
    pub place: Place,
    /// Whether it is the one that is used when none is named.
    pub current: bool,
    /// When the person signed in.
    pub signed_in: Timestamp,
}

/// What came of a sign-out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Sign-ins of which nothing is left.
    pub accounts: usize,
    /// Sign-ins that could not be deleted, each with its reason, for a person.
    pub left: Vec<String>,
}

/// The keeper of the sign-ins.
pub struct Vault {
    wish: TokenStore,
    files: Files,
    keyring: Limited,
    state: Mutex<State>,
}

/// What only this program knows.
#[derive(Default)]
struct State {
    held: Vec<Held>,
    /// The current account where this program has chosen; another program's choice changes nothing here.
    chosen: HashMap<Scope, Account>,
    /// What is wrong with the index, until it is told.
    notice: Option<String>,
}

/// A sign-in in memory.
struct Held {
    scope: Scope,
    account: Account,
    token: SecretString,
    why: String,
    signed_in: Timestamp,
}

impl Vault {
    /// Opens the vault. Nothing is asked or made yet but that the index is read.
    pub fn open(wish: TokenStore, state_dir: PathBuf) -> Self {
        Self::with(wish, state_dir, Arc::new(System), KEYRING_LIMIT)
    }

    fn with(wish: TokenStore, state_dir: PathBuf, keyring: Arc<dyn Keyring>, limit: Duration) -> Self {
        let vault =
            Self { wish, files: Files::new(state_dir), keyring: Limited::new(keyring, limit), state: Mutex::default() };
        // Whoever asks for the accounts hears of it again if it is no damage.
        let _ = vault.rows(&mut vault.state());
        vault
    }

    /// Whether the keyring of this system answers.
    ///
    /// # Errors
    /// Why it does not.
    pub fn try_keyring(&self) -> Result<(), VaultError> {
        // Nobody is called so: nothing is found, and nothing changed.
        self.keyring.get("doctor").map(drop).map_err(VaultError::Keyring)
    }

    /// Where the settings want sign-ins to be kept.
    pub fn wanted(&self) -> Place {
        match self.wish {
            TokenStore::Keyring => Place::Keyring,
            TokenStore::File => Place::File(self.files.tokens_path()),
            TokenStore::Memory => Place::Memory { why: WANTED_SO.to_owned() },
        }
    }

    /// What was wrong with the index, once: a damaged one counts as empty.
    pub fn notice(&self) -> Option<String> {
        self.state().notice.take()
    }

    /// The sign-ins of a scope, the newest first. Exactly one is the current one, if there is any.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn accounts(&self, scope: &Scope) -> Result<Vec<Kept>, VaultError> {
        self.list(&mut self.state(), scope)
    }

    /// Where a sign-in is; the current one without a name. None: there is no such sign-in.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn place(&self, scope: &Scope, account: Option<&str>) -> Result<Option<Place>, VaultError> {
        Ok(pick(self.accounts(scope)?, account).map(|kept| kept.place))
    }

    /// A sign-in and its refresh token; the current one without a name. None: there is no such sign-in, or it
    /// is gone from where it was.
    ///
    /// # Errors
    /// When the index, the file of tokens or the keyring cannot be read.
    pub fn load(&self, scope: &Scope, account: Option<&str>) -> Result<Option<(Account, SecretString)>, VaultError> {
        let mut state = self.state();
        let Some(kept) = pick(self.list(&mut state, scope)?, account) else { return Ok(None) };
        let user = user(scope, &kept.account);
        let token = match &kept.place {
            Place::Memory { .. } => {
                state.held.iter().find(|held| held.is(scope, &kept.account)).map(|held| held.token.clone())
            }
            Place::Keyring => self.keyring.get(&user).map_err(VaultError::Keyring)?,
            Place::File(_) => self.files.token(&user)?,
        };
        if token.is_none() {
            // Somebody deleted it there: it is a sign-in no more.
            self.change(&mut state, |rows| rows.retain(|row| !is(row, scope, &kept.account)))?;
        }
        Ok(token.map(|token| (kept.account, token)))
    }

    /// Keeps a new sign-in, which becomes the current one of its scope. It never fails: where it can be kept
    /// nowhere else it is kept in memory, and the answer says why.
    pub fn keep(&self, scope: &Scope, account: &Account, token: &SecretString, now: Timestamp) -> Place {
        let mut state = self.state();
        state.chosen.insert(scope.clone(), account.clone());
        self.put(&mut state, scope, account, token, now, true)
    }

    /// Keeps the refresh token that replaces the one of a sign-in; the index is not written. A sign-in that
    /// another program has ended meanwhile does not come back: its token stays in memory.
    pub fn renew(&self, scope: &Scope, account: &Account, token: &SecretString, now: Timestamp) -> Place {
        let mut state = self.state();
        if let Some(held) = state.held.iter_mut().find(|held| held.is(scope, account)) {
            held.token = token.clone();
            return Place::Memory { why: held.why.clone() };
        }
        self.put(&mut state, scope, account, token, now, false)
    }

    /// Deletes a sign-in, or all of a scope, wherever it is; also what was left half written.
    ///
    /// # Errors
    /// When the index cannot be read; what could not be deleted is part of the answer.
    pub fn forget(&self, scope: &Scope, account: Option<&str>) -> Result<Forgotten, VaultError> {
        let mut state = self.state();
        let list = self.list(&mut state, scope)?;
        let gone = list.into_iter().filter(|kept| account.is_none_or(|name| is_called(&kept.account, name)));
        let mut forgotten = Forgotten::default();
        for Kept { account, .. } in gone {
            state.held.retain(|held| !held.is(scope, &account));
            if state.chosen.get(scope).is_some_and(|chosen| same(chosen, &account)) {
                state.chosen.remove(scope);
            }
            match self.delete(&mut state, scope, &account) {
                Ok(()) => forgotten.accounts += 1,
                Err(error) => forgotten.left.push(format!("{}: {error}", account.name)),
            }
        }
        // What the index does not name, because it was damaged, is in the file all the same.
        let end = scope_of_user(scope);
        let is_meant = |user: &str| account.is_none() && user.ends_with(&end);
        match self.files.delete_tokens(is_meant) {
            Ok(more) => forgotten.accounts += more,
            Err(error) => forgotten.left.push(error.to_string()),
        }
        Ok(forgotten)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index; a damaged one counts as empty and is said to be.
    fn rows(&self, state: &mut State) -> Result<Vec<Row>, VaultError> {
        match self.files.rows() {
            Err(VaultError::Damaged { path, why }) => {
                state.notice = Some(format!(
                    "The list of sign-ins {} is damaged ({why}); a new one is started: sign in again.",
                    path.display()
                ));
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// Changes the index under its lock, if there is anything to change.
    fn change(&self, state: &mut State, mut how: impl FnMut(&mut Vec<Row>)) -> Result<(), VaultError> {
        let before = self.rows(state)?;
        let mut after = before.clone();
        how(&mut after);
        if after == before {
            return Ok(());
        }
        let lock = self.files.lock()?;
        let mut rows = self.rows(state)?;
        how(&mut rows);
        self.files.write_rows(&lock, &rows)
    }

    fn list(&self, state: &mut State, scope: &Scope) -> Result<Vec<Kept>, VaultError> {
        let rows = self.rows(state)?.into_iter().filter(|row| row.scope == *scope);
        let mut list: Vec<Kept> = rows
            .map(|row| Kept {
                account: row.account(),
                place: self.place_of(row.kept),
                current: row.current,
                signed_in: row.signed_in,
            })
            .collect();
        // What this program holds is newer than what is kept of the same account.
        for held in state.held.iter().filter(|held| held.scope == *scope) {
            let place = Place::Memory { why: held.why.clone() };
            match list.iter_mut().find(|kept| same(&kept.account, &held.account)) {
                Some(kept) => kept.place = place,
                None => {
                    list.push(Kept { account: held.account.clone(), place, current: false, signed_in: held.signed_in });
                }
            }
        }
        list.sort_by_key(|kept| std::cmp::Reverse(kept.signed_in));
        let chosen = state.chosen.get(scope);
        let current = chosen
            .and_then(|chosen| list.iter().position(|kept| same(&kept.account, chosen)))
            .or_else(|| list.iter().position(|kept| kept.current))
            .unwrap_or(0);
        for (place, kept) in list.iter_mut().enumerate() {
            kept.current = place == current;
        }
        Ok(list)
    }

    fn place_of(&self, store: Store) -> Place {
        match store {
            Store::Keyring => Place::Keyring,
            Store::File => Place::File(self.files.tokens_path()),
        }
    }

    /// Keeps a token where the settings want it, else in memory. `new`: the person signed in.
    fn put(
        &self,
        state: &mut State,
        scope: &Scope,
        account: &Account,
        token: &SecretString,
        now: Timestamp,
        new: bool,
    ) -> Place {
        let before = self.rows(state).map(|rows| rows.into_iter().find(|row| is(row, scope, account)));
        let since = before.as_ref().ok().and_then(Option::as_ref).filter(|_| !new).map_or(now, |row| row.signed_in);
        let row = Row::new(scope, account, Store::Keyring, new, since);
        let stored = before.map_err(|error| reason(&error)).and_then(|before| {
            if before.is_none() && !new {
                return Err("the list of sign-ins no longer names it".to_owned());
            }
            self.put_in_store(state, before, row, token)
        });
        match stored {
            Ok(store) => {
                state.held.retain(|held| !held.is(scope, account));
                self.place_of(store)
            }
            Err(why) => {
                tracing::info!(why, "a sign-in is kept in memory only");
                state.held.retain(|held| !held.is(scope, account));
                state.held.push(Held {
                    scope: scope.clone(),
                    account: account.clone(),
                    token: token.clone(),
                    why: why.clone(),
                    signed_in: since,
                });
                Place::Memory { why }
            }
        }
    }

    /// Where it was put, or why it could not be. `row`: its line in the index, with the mark of a new sign-in.
    fn put_in_store(
        &self,
        state: &mut State,
        before: Option<Row>,
        mut row: Row,
        token: &SecretString,
    ) -> Result<Store, String> {
        let (scope, account) = (row.scope.clone(), row.account());
        let user = user(&scope, &account);
        row.kept = match self.wish {
            TokenStore::Keyring => self.keyring.set(&user, token, before.is_none()).map(|()| Store::Keyring)?,
            TokenStore::File => {
                self.files.set_token(&user, token).map(|()| Store::File).map_err(|error| reason(&error))?
            }
            TokenStore::Memory => {
                // Whoever wants it in memory wants it nowhere else.
                if before.is_some() {
                    self.delete(state, &scope, &account).map_err(|error| reason(&error))?;
                }
                return Err(WANTED_SO.to_owned());
            }
        };
        let mut is_gone = false;
        let listed = self.change(state, |rows| {
            match rows.iter_mut().find(|own| is(own, &scope, &account)) {
                Some(own) => (own.kept, own.signed_in) = (row.kept, row.signed_in),
                // Somebody has signed out in another program meanwhile.
                None if before.is_some() && !row.current => is_gone = true,
                None => rows.push(row.clone()),
            }
            if row.current {
                make_current(rows, &scope, &account);
            }
        });
        if let Err(error) = listed {
            // Without its line in the index nobody would find it, or delete it.
            if before.is_none() {
                let _ = self.take_from(row.kept, &user);
            }
            return Err(reason(&error));
        }
        if is_gone {
            let _ = self.take_from(row.kept, &user);
            return Err("it was signed out meanwhile".to_owned());
        }
        if let Some(old) = before.map(|row| row.kept).filter(|old| *old != row.kept) {
            let _ = self.take_from(old, &user);
        }
        Ok(row.kept)
    }

    /// Deletes what is kept of a sign-in, then its line in the index.
    fn delete(&self, state: &mut State, scope: &Scope, account: &Account) -> Result<(), VaultError> {
        let user = user(scope, account);
        match self.rows(state)?.into_iter().find(|row| is(row, scope, account)) {
            Some(row) => self.take_from(row.kept, &user)?,
            // A call that was given up may have been carried out late.
            None if self.wish == TokenStore::Keyring => drop(self.keyring.delete(&user)),
            None => {}
        }
        self.change(state, |rows| {
            let current = rows.iter().any(|row| is(row, scope, account) && row.current);
            rows.retain(|row| !is(row, scope, account));
            let newest = rows.iter().filter(|row| row.scope == *scope).max_by_key(|row| row.signed_in);
            if let Some(newest) = newest.filter(|_| current).map(Row::account) {
                make_current(rows, scope, &newest);
            }
        })
    }

    fn take_from(&self, store: Store, user: &str) -> Result<(), VaultError> {
        match store {
            Store::Keyring => self.keyring.delete(user).map_err(VaultError::Keyring),
            Store::File => self.files.delete_tokens(|own| own == user).map(drop),
        }
    }
}

impl Held {
    fn is(&self, scope: &Scope, account: &Account) -> bool {
        self.scope == *scope && same(&self.account, account)
    }
}

/// The named sign-in, or the current one; of one name in two tenants the current one, else the newest.
fn pick(list: Vec<Kept>, account: Option<&str>) -> Option<Kept> {
    let named = list.into_iter().filter(|kept| account.map_or(kept.current, |name| is_called(&kept.account, name)));
    named.reduce(|first, next| if next.current { next } else { first })
}

fn is_called(account: &Account, name: &str) -> bool {
    account.name.to_lowercase() == name.to_lowercase()
}

/// Whether two are one account: the same name at home in the same tenant.
fn same(one: &Account, other: &Account) -> bool {
    is_called(one, &other.name) && home(one) == home(other)
}

fn home(account: &Account) -> String {
    account.tenant.as_deref().unwrap_or("-").to_lowercase()
}

fn is(row: &Row, scope: &Scope, account: &Account) -> bool {
    row.scope == *scope && same(&row.account(), account)
}

fn make_current(rows: &mut [Row], scope: &Scope, account: &Account) {
    for row in rows.iter_mut().filter(|row| row.scope == *scope) {
        row.current = same(&row.account(), account);
    }
}

/// The name of a token in the keyring and in the file. It never changes: what is kept is found by it.
fn user(scope: &Scope, account: &Account) -> String {
    format!("{} {}{}", account.name.to_lowercase(), home(account), scope_of_user(scope))
}

/// The end of that name.
fn scope_of_user(scope: &Scope) -> String {
    let Scope { authority, tenant, client_id, hosts } = scope;
    let hosts = if hosts.is_empty() { String::new() } else { format!(" for {}", hosts.join(",")) };
    format!(" {client_id} {authority}/{tenant}{hosts}")
}

/// An error as the reason in a sentence.
fn reason(error: &VaultError) -> String {
    error.to_string().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
