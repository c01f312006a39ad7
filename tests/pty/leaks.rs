//! The search for secrets in what the program wrote: terminals, files, pipes.
//!
//! Every secret of the simulator begins in its own way and goes on with random digits, so that a part of
//! one is found as well as the whole.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::Path;

/// How the simulator's secrets begin: access tokens, refresh tokens, device codes.
const BEGINNINGS: [&str; 3] = ["sim.", "1.SIM", "DEV-"];
/// So many random digits after a beginning are no accident.
const DIGITS: usize = 8;
/// What is secret as it stands: the begin of an id token's head, the secret of the simulated application,
/// a private key.
const WHOLE: [&str; 3] = ["eyJ0eXAi", dualwrite::sim::CLIENT_SECRET, "PRIVATE KEY"];

/// Fails where the bytes hold a secret, or more than the begin of one.
#[track_caller]
pub fn assert_none(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for beginning in BEGINNINGS {
        for (at, _) in text.match_indices(beginning) {
            let digits = text[at + beginning.len()..].bytes().take(DIGITS).filter(u8::is_ascii_hexdigit).count();
            assert!(digits < DIGITS, "{what} holds a secret that begins with {beginning}");
        }
    }
    for whole in WHOLE {
        assert!(!text.contains(whole), "{what} holds {whole}");
    }
}

/// Searches every file below a directory, but for those of this name.
#[track_caller]
pub fn assert_none_below(dir: &Path, but: &str) {
    let Some(entries) = there(dir, std::fs::read_dir(dir)) else { return };
    for entry in entries {
        let Some(entry) = there(dir, entry) else { continue };
        let path = entry.path();
        if path.is_dir() {
            assert_none_below(&path, but);
        } else if entry.file_name() != but
            && let Some(bytes) = there(&path, std::fs::read(&path))
        {
            assert_none(&path.display().to_string(), &bytes);
        }
    }
}

/// What was read; none where it is gone, as a file of a program that is still running may be. Anything else that
/// cannot be read was not searched.
#[track_caller]
fn there<T>(path: &Path, read: std::io::Result<T>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{} cannot be searched: {error}", path.display()),
    }
}
