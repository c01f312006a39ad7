//! The lock of an environment: two programs on one record never drive it both.
//!
//! An advisory lock on a file, held as long as the work runs; the system gives it back when the
//! process ends, however it ends. Beside it stands who holds it, for the other one to read.

use crate::core::journal::Program;
use crate::core::msg::NotClaimed;
use crate::core::setup::Held;
use crate::shell::private;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long somebody may have it who only asks who holds it, and how often that is waited for.
const ASKED: Duration = Duration::from_millis(2);
const ASKED_MAX: usize = 3;

/// Longest file that says who holds it, in bytes.
const HOLDER_MAX: u64 = 64 * 1024;

/// A lock that is held; it is given back when it is dropped.
pub struct Lock {
    _file: File,
}

/// The lock file of an environment. The key may hold anything; the name of the file does not.
fn file_of(state_dir: &Path, key: &str) -> PathBuf {
    state_dir.join("locks").join(format!("{:08x}.lock", crc32fast::hash(key.as_bytes())))
}

/// Takes the lock of an environment.
///
/// # Errors
/// When another program holds it, or it cannot be had.
pub fn take(state_dir: &Path, key: &str, own: &Program) -> Result<Lock, NotClaimed> {
    let path = file_of(state_dir, key);
    let failed = |error: io::Error| NotClaimed::Failed(super::in_dir(state_dir, &error).to_string());
    private::directory(&state_dir.join("locks")).map_err(failed)?;
    let file = private::append(&path).map_err(failed)?;
    // Whoever only asks who holds it has it for an instant, too.
    let locked = (0..ASKED_MAX).find_map(|_| match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            std::thread::sleep(ASKED);
            None
        }
        other => Some(other),
    });
    match locked.unwrap_or_else(|| file.try_lock()) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(NotClaimed::Held(Held { by: holder(&path) })),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // Who holds it is good to know, and nothing more: the lock counts without it.
    if let Ok(text) = serde_json::to_vec(own) {
        let holder = path.with_extension("holder");
        let _ = std::fs::remove_file(&holder);
        let _ = private::append(&holder).and_then(|mut file| file.write_all(&text));
    }
    Ok(Lock { _file: file })
}

/// Who holds the lock of an environment right now; none: nobody does.
pub fn held(state_dir: &Path, key: &str) -> Option<Held> {
    let path = file_of(state_dir, key);
    let file = private::read(&path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(Held { by: holder(&path) }),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn holder(path: &Path) -> Option<Program> {
    serde_json::from_slice(&private::read_whole(&path.with_extension("holder"), HOLDER_MAX).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(process: u32) -> Program {
        Program { host: "here".into(), process, version: "0".into() }
    }

    #[test]
    fn the_second_hears_who_holds_it_and_gets_it_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let lock = take(dir.path(), "cloud e", &program(1)).ok().unwrap();
        let held_by_one = Held { by: Some(program(1)) };
        assert_eq!(take(dir.path(), "cloud e", &program(2)).err(), Some(NotClaimed::Held(held_by_one.clone())));
        assert_eq!(held(dir.path(), "cloud e"), Some(held_by_one));
        assert!(take(dir.path(), "cloud other", &program(2)).is_ok());
        drop(lock);
        assert_eq!(held(dir.path(), "cloud e"), None);
        assert!(take(dir.path(), "cloud e", &program(2)).is_ok());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_said() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let Err(NotClaimed::Failed(why)) = take(file.path(), "e", &program(1)) else { panic!("it was taken") };
        assert!(why.contains(&file.path().display().to_string()), "{why}");
    }
}
