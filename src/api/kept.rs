//! Which hosts of single environments may keep unused connections for a moment: so many at the same time.
//!
//! Such a host is asked in bursts, and its connections are good for the next question of the burst. Of ten thousand
//! hosts asked one after the other they would fill what this process may have open. A host that finds no place here is
//! asked all the same, over a connection that ends with the answer.

use super::Time;
use crate::core::time::later;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The places.
pub(super) struct Kept {
    most: usize,
    /// How long a connection that nobody uses may still be there.
    lasts: Duration,
    time: Time,
    hosts: Mutex<HashMap<String, Host>>,
}

struct Host {
    /// Questions that are open.
    open: usize,
    /// Until then connections may be there that nobody uses.
    until: Timestamp,
}

/// A question to a host that has a place; the place outlasts it.
pub(super) struct Using<'a> {
    of: &'a Kept,
    host: &'a str,
}

impl Kept {
    /// `lasts`: real time after which an unused connection has surely ended.
    pub(super) fn new(most: usize, lasts: Duration, time: Time) -> Self {
        let lasts = Duration::try_from_secs_f64(lasts.as_secs_f64() * time.speed).unwrap_or(Duration::MAX);
        Self { most, lasts, time, hosts: Mutex::default() }
    }

    /// How many hosts have a place at most.
    pub(super) fn set_most(&mut self, most: usize) {
        self.most = most;
    }

    /// A place for a host, if there is one.
    pub(super) fn of<'a>(&'a self, host: &'a str) -> Option<Using<'a>> {
        let now = (self.time.now)();
        let mut hosts = self.lock();
        if let Some(known) = hosts.get_mut(host) {
            known.open += 1;
        } else {
            if hosts.len() >= self.most {
                hosts.retain(|_, host| host.open > 0 || host.until > now);
            }
            if hosts.len() >= self.most {
                return None;
            }
            hosts.insert(host.to_owned(), Host { open: 1, until: now });
        }
        Some(Using { of: self, host })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Using<'_> {
    fn drop(&mut self) {
        let until = later((self.of.time.now)(), self.of.lasts);
        if let Some(host) = self.of.lock().get_mut(self.host) {
            host.open = host.open.saturating_sub(1);
            host.until = host.until.max(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn so_many_hosts_have_a_place_and_a_place_outlasts_its_last_question() {
        let clock = Arc::new(AtomicI64::new(0));
        let read = Arc::clone(&clock);
        let now = move || Timestamp::from_second(read.load(Ordering::Relaxed)).unwrap();
        let kept = Kept::new(2, Duration::from_secs(6), Time { now: Arc::new(now), speed: 10.0 });
        let (a, b) = (kept.of("a"), kept.of("b"));
        assert!(a.is_some() && b.is_some() && kept.of("c").is_none() && kept.of("a").is_some());
        clock.store(1_000, Ordering::Relaxed);
        assert!(kept.of("c").is_none(), "both are asked still");
        drop(a);
        clock.store(1_059, Ordering::Relaxed);
        assert!(kept.of("c").is_none(), "a connection of it may be there");
        clock.store(1_060, Ordering::Relaxed);
        assert!(kept.of("c").is_some());
        assert_eq!(kept.lock().len(), 2, "and the one that was left is forgotten");
    }
}
