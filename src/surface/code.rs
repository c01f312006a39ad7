//! Exit codes of the interface.

use crate::core::trouble::{Trouble, What};

/// The asked-for point was reached.
pub const DONE: u8 = 0;
/// Unexpected error.
pub const FAILED: u8 = 1;
/// The command line, or a file or an environment named on it, is at fault.
pub const USAGE: u8 = 2;
/// Consent, sign-in or a choice is missing; nothing was changed.
pub const CONSENT: u8 = 3;
/// A service is unreachable or refused; resumable.
pub const UNREACHABLE: u8 = 4;
/// Prerequisites are not met.
pub const PREREQUISITES: u8 = 5;
/// Configure failed.
pub const CONFIGURE: u8 = 6;
/// The link failed.
pub const LINK: u8 = 7;
/// Linking mismatch.
pub const MISMATCH: u8 = 8;
/// Timed out while the service goes on; resumable.
pub const TIMED_OUT: u8 = 9;
/// Standard output was closed by whoever read it, as a program ended by PIPE leaves.
pub const PIPE: u8 = 141;

/// The code of a sign-in that did not work: the token service was not reached or has to be asked later, or
/// nobody is signed in.
pub fn of_sign_in(trouble: &Trouble) -> u8 {
    if trouble.is_passing() || trouble.what == What::Barred { UNREACHABLE } else { CONSENT }
}
