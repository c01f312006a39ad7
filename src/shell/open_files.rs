//! How many files and connections this process may have open, and what they are for: some systems begin with 256,
//! which a hundred set-ups with two hosts each would fill.
//!
//! [`shares`] is the one rule. Whoever begins set-ups begins no more than their share at the same time, and the
//! client asks and keeps no more than its own: so many of them take their turns, and none meets the limit.

use crate::api::Connections;

/// As many as every system lets a process have without asking (`OPEN_MAX` of macOS).
#[cfg(unix)]
const MOST: u64 = 10_240;

/// Fewer are not enough for one set-up: with 28 it came to its end, with 24 its record could not be written.
const LEAST: u64 = 32;
/// Descriptors that the program itself needs: standard streams, loop, signals, log, keyring, and files of the record
/// that are open for a moment.
const OWN: u64 = 64;
/// Descriptors of one connection: while it is made its name is looked up, or both kinds of address are tried; in a
/// rehearsal both of its ends are here.
const OF_CONNECTION: u64 = 2;
/// Connections to the seven services that all environments share, six each.
const TO_SHARED: u64 = 42;
/// Kinds of hosts of which each environment has one of its own: Dataverse, finance and operations.
const SIDES: u64 = 2;
/// Unused connections that are kept to one such host.
const KEPT_TO_HOST: u64 = 2;
/// Descriptors of a set-up that runs: the lock of its environment.
const OF_SET_UP: u64 = 1;

/// What the descriptors of this process are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Set-ups that run at the same time.
    pub set_ups: usize,
    /// What the client has open.
    pub connections: Connections,
}

/// Raises the limit of this process as far as the system lets it, up to some thousands.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        let wanted = now.maximum.map_or(MOST, |maximum| maximum.min(MOST));
        if now.current.is_some_and(|current| current < wanted) {
            // Where it is refused the program works all the same, with fewer set-ups at once.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum });
        }
    }
}

/// What is for whom under the limit that this process has now.
pub fn shares() -> Shares {
    shares_of(limit())
}

/// Whether this process may have enough open to do anything at all.
///
/// # Errors
/// A sentence with the limit and the least that is enough.
pub fn are_enough() -> Result<(), String> {
    match limit() {
        Some(limit) if limit < LEAST => Err(format!(
            "This program may have no more than {limit} files and connections open, and needs {LEAST} at least: raise the limit (ulimit -n {LEAST}, or more)."
        )),
        _ => Ok(()),
    }
}

/// How many there may be; none: as many as it likes.
fn limit() -> Option<u64> {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    // Windows has no such limit.
    #[cfg(not(unix))]
    let limit = None;
    limit
}

/// A third for questions, a third for connections that are kept, and all that is left for set-ups. Where the limit is
/// so small that nothing is left, one at a time is tried all the same.
fn shares_of(limit: Option<u64>) -> Shares {
    let limit = limit.unwrap_or(u64::MAX);
    let free = limit.saturating_sub(OWN + TO_SHARED * OF_CONNECTION);
    let at_once = free / 3 / (SIDES * OF_CONNECTION);
    let hosts_kept = free / 3 / (KEPT_TO_HOST * OF_CONNECTION);
    let number = |share: u64| usize::try_from(share).unwrap_or(usize::MAX);
    // However many there may be: no more than that bring more answers.
    let most = Connections::default();
    let connections = Connections {
        at_once: number(at_once).clamp(1, most.at_once),
        hosts_kept: number(hosts_kept).min(most.hosts_kept),
    };
    let set_ups = free.saturating_sub(of_connections(connections)) / OF_SET_UP;
    Shares { set_ups: number(set_ups).max(1), connections }
}

/// Most descriptors of the connections to hosts of single environments.
fn of_connections(connections: Connections) -> u64 {
    let Connections { at_once, hosts_kept } = connections;
    (SIDES * at_once as u64 + KEPT_TO_HOST * hosts_kept as u64) * OF_CONNECTION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_limit_is_never_lowered_and_reaches_what_the_system_allows() {
        use rustix::process::{Resource, getrlimit};
        let before = getrlimit(Resource::Nofile);
        raise_limit();
        let after = getrlimit(Resource::Nofile);
        assert!(after.current.is_none_or(|now| before.current.is_some_and(|then| now >= then)));
        let allowed = after.maximum.map_or(MOST, |maximum| maximum.min(MOST));
        assert!(after.current.is_none_or(|now| now >= allowed), "{after:?}");
    }

    #[test]
    fn all_shares_together_are_never_more_than_the_limit() {
        for limit in 160..20_000 {
            let Shares { set_ups, connections } = shares_of(Some(limit));
            let all = OWN + TO_SHARED * OF_CONNECTION + of_connections(connections) + set_ups as u64 * OF_SET_UP;
            assert!(all <= limit, "{all} of {limit}: {set_ups} set-ups, {connections:?}");
        }
    }

    #[test]
    fn where_there_are_few_set_ups_take_turns_and_where_there_are_many_nothing_is_held_up() {
        let set_ups = [64, 256, 1_024, 10_240].map(|limit| shares_of(Some(limit)).set_ups);
        assert_eq!(set_ups, [1, 36, 292, 8_044]);
        assert_eq!(shares_of(Some(64)).connections, Connections { at_once: 1, hosts_kept: 0 });
        assert_eq!(shares_of(Some(10_240)).connections, Connections::default());
        assert_eq!(shares_of(None).connections, Connections::default());
        assert!(shares_of(None).set_ups > 1_000_000);
    }
}
