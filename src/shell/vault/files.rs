//! The files of the vault: the index of sign-ins, and the tokens where the settings want a file.
//!
//! Both are replaced as a whole and are for their owner only (0600). They change under one lock, so that two
//! programs never undo each other's change. The index has no field for a secret; the file of tokens holds
//! refresh tokens and nothing else, and one that others can read is refused.

use super::{Scope, VaultError};
use crate::core::sign_in::Account;
use crate::core::unseen::safe_json;
use crate::shell::private::{self, directory, replace};
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The index, in the state directory.
const INDEX: &str = "accounts.json";
/// The tokens, in the state directory.
const TOKENS: &str = "tokens.json";
/// The form of both files.
const VERSION: u32 = 1;
/// Longest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;
/// How often another program's lock is waited for, and how long each time: 2 s in all.
const LOCK_TRIES: usize = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Where a token is kept beyond this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Store {
    Keyring,
    File,
}

/// A sign-in as the index has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    #[serde(flatten)]
    pub(super) scope: Scope,
    name: String,
    home_tenant: Option<String>,
    pub(super) kept: Store,
    pub(super) current: bool,
    pub(super) signed_in: Timestamp,
}

impl Row {
    pub(super) fn new(scope: &Scope, account: &Account, kept: Store, current: bool, signed_in: Timestamp) -> Self {
        let Account { name, tenant } = account.clone();
        Self { scope: scope.clone(), name, home_tenant: tenant, kept, current, signed_in }
    }

    pub(super) fn account(&self) -> Account {
        Account { name: self.name.clone(), tenant: self.home_tenant.clone() }
    }
}

#[derive(Deserialize)]
struct Form {
    version: u32,
}

#[derive(Deserialize)]
struct Index {
    accounts: Vec<Row>,
}

#[derive(Serialize)]
struct IndexOut<'a> {
    version: u32,
    accounts: &'a [Row],
}

#[derive(Deserialize)]
struct Tokens {
    tokens: BTreeMap<String, SecretString>,
}

#[derive(Serialize)]
struct TokensOut<'a> {
    version: u32,
    tokens: BTreeMap<&'a str, &'a str>,
}

/// The state directory as the vault uses it.
pub(super) struct Files {
    state_dir: PathBuf,
}

/// The right to change the files; ends when it is dropped.
pub(super) struct Lock {
    _file: File,
}

impl Files {
    pub(super) fn new(state_dir: PathBuf) -> Self {
        Self { state_dir }
    }

    pub(super) fn tokens_path(&self) -> PathBuf {
        self.state_dir.join(TOKENS)
    }

    /// Takes the lock of both files. Other programs have it for an instant only.
    pub(super) fn lock(&self) -> Result<Lock, VaultError> {
        let path = self.state_dir.join("locks").join("accounts.lock");
        let failed = |source| VaultError::Io { path: path.clone(), source };
        directory(&self.state_dir.join("locks")).map_err(failed)?;
        let file = private::append(&path).map_err(failed)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        Err(VaultError::Busy { path })
    }

    /// The index; one that is not there is empty.
    pub(super) fn rows(&self) -> Result<Vec<Row>, VaultError> {
        let path = self.state_dir.join(INDEX);
        let Some(bytes) = read(&path, false)? else { return Ok(Vec::new()) };
        let index: Index = parse(&path, &bytes)?;
        Ok(index.accounts)
    }

    /// Replaces the index.
    pub(super) fn write_rows(&self, _lock: &Lock, rows: &[Row]) -> Result<(), VaultError> {
        let path = self.state_dir.join(INDEX);
        let text = serde_json::to_string_pretty(&IndexOut { version: VERSION, accounts: rows });
        text.map_err(io::Error::other)
            .and_then(|text| replace(&path, safe_json(&text).as_bytes()))
            .map_err(|source| VaultError::Io { path, source })
    }

    fn tokens(&self) -> Result<BTreeMap<String, SecretString>, VaultError> {
        self.read_tokens(true)
    }

    fn read_tokens(&self, secret: bool) -> Result<BTreeMap<String, SecretString>, VaultError> {
        let path = self.tokens_path();
        let Some(bytes) = read(&path, secret)? else { return Ok(BTreeMap::new()) };
        let kept: Tokens = parse(&path, &bytes)?;
        Ok(kept.tokens)
    }

    /// The token of a user in the file of tokens.
    pub(super) fn token(&self, user: &str) -> Result<Option<SecretString>, VaultError> {
        Ok(self.tokens()?.remove(user))
    }

    /// Keeps the token of a user in the file of tokens.
    pub(super) fn set_token(&self, user: &str, token: &SecretString) -> Result<(), VaultError> {
        let lock = self.lock()?;
        let mut tokens = self.tokens()?;
        tokens.insert(user.to_owned(), token.clone());
        self.write_tokens(&lock, &tokens)
    }

    /// Deletes the tokens of these users, and how many there were; the last one takes the file with it. What
    /// others can read is deleted all the same, and what a program left that was killed while it wrote.
    pub(super) fn delete_tokens(&self, is_meant: impl Fn(&str) -> bool) -> Result<usize, VaultError> {
        let path = self.tokens_path();
        let unfinished = path.with_extension("new");
        if !path.exists() && !unfinished.exists() {
            return Ok(0);
        }
        let lock = self.lock()?;
        let _ = std::fs::remove_file(unfinished);
        let mut tokens = self.read_tokens(false)?;
        let before = tokens.len();
        tokens.retain(|user, _| !is_meant(user));
        let deleted = before - tokens.len();
        if deleted == 0 {
            return Ok(0);
        }
        // What others could read is not written anew as if nobody could have: it goes whole.
        let is_exposed = matches!(self.read_tokens(true), Err(VaultError::Readable { .. }));
        if tokens.is_empty() || is_exposed {
            std::fs::remove_file(&path).map_err(|source| VaultError::Io { path, source })?;
        } else {
            self.write_tokens(&lock, &tokens)?;
        }
        Ok(deleted)
    }

    fn write_tokens(&self, _lock: &Lock, tokens: &BTreeMap<String, SecretString>) -> Result<(), VaultError> {
        let path = self.tokens_path();
        let tokens = tokens.iter().map(|(user, token)| (user.as_str(), token.expose_secret())).collect();
        let bytes = serde_json::to_vec_pretty(&TokensOut { version: VERSION, tokens }).map(Zeroizing::new);
        bytes
            .map_err(io::Error::other)
            .and_then(|bytes| replace(&path, &bytes))
            .map_err(|source| VaultError::Io { path, source })
    }
}

/// What is in a file; none if it is not there. `secret`: nobody else may be able to read it.
fn read(path: &Path, secret: bool) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let failed = |source| VaultError::Io { path: path.to_owned(), source };
    let file = match private::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let about = file.metadata().map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if secret && about.permissions().mode() & 0o077 != 0 {
            return Err(VaultError::Readable { path: path.to_owned() });
        }
    }
    // Elsewhere the directory of the user is closed to others.
    #[cfg(not(unix))]
    let _ = secret;
    if about.len() > FILE_MAX {
        return Err(VaultError::Damaged { path: path.to_owned(), why: "it is larger than 1 MiB".to_owned() });
    }
    private::whole(&file, FILE_MAX).map(|bytes| Some(Zeroizing::new(bytes))).map_err(failed)
}

/// Reads what this version of the program writes. The words of the parser can repeat what stands in a
/// file, so only the place is told.
fn parse<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, VaultError> {
    let damaged = |why: String| VaultError::Damaged { path: path.to_owned(), why };
    let place = |error: serde_json::Error| damaged(format!("line {}, column {}", error.line(), error.column()));
    let form: Form = serde_json::from_slice(bytes).map_err(place)?;
    if form.version != VERSION {
        return Err(damaged(format!("its version is {} and not {VERSION}", form.version)));
    }
    serde_json::from_slice(bytes).map_err(place)
}
