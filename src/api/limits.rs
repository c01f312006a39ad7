//! Budgets of the services: how many questions at once, and how many in a time.
//!
//! They keep the program from being throttled, and a slow service from slowing the others.

use super::Time;
use crate::core::trouble::Service;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Questions to one service at the same time, as browsers have it.
const AT_ONCE: usize = 6;
/// Questions to Dataverse at the same time. It allows 52 (service protection limits of its Web API); the
/// prerequisites of one environment ask twelve.
const AT_ONCE_DATAVERSE: usize = 16;
/// Lifecycle Services allows so many calls per project ...
const LCS_CALLS: usize = 6;
/// ... in this time.
const LCS_WINDOW: Duration = Duration::from_mins(1);

fn at_once(service: Service) -> usize {
    if service == Service::Dataverse { AT_ONCE_DATAVERSE } else { AT_ONCE }
}

/// The budgets of all services.
pub(super) struct Limits {
    at_once: [Semaphore; Service::ALL.len()],
    lcs: Mutex<VecDeque<jiff::Timestamp>>,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self { at_once: Service::ALL.map(|service| Semaphore::new(at_once(service))), lcs: Mutex::new(VecDeque::new()) }
    }

    /// Waits for a turn at a service; it lasts as long as what is returned.
    pub(super) async fn turn(&self, service: Service, time: &Time) -> Option<SemaphorePermit<'_>> {
        let place = Service::ALL.iter().position(|one| *one == service).unwrap_or(0);
        // `None` only when the semaphore is closed, and nobody closes it.
        let permit = self.at_once[place].acquire().await.ok();
        self.budget(service, time).await;
        permit
    }

    /// Waits until the budget of a service has one more call.
    pub(super) async fn budget(&self, service: Service, time: &Time) {
        if service == Service::Lcs {
            while let Some(wait) = self.lcs_wait(time) {
                time.pause(wait).await;
            }
        }
    }

    /// Takes one call of the budget, or says how long to wait for the next.
    fn lcs_wait(&self, time: &Time) -> Option<Duration> {
        let now = (time.now)();
        let mut taken = self.lcs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while taken.front().is_some_and(|first| age(*first, now) >= LCS_WINDOW) {
            taken.pop_front();
        }
        match taken.front() {
            Some(first) if taken.len() >= LCS_CALLS => Some(LCS_WINDOW.saturating_sub(age(*first, now))),
            _ => {
                taken.push_back(now);
                None
            }
        }
    }
}

fn age(since: jiff::Timestamp, now: jiff::Timestamp) -> Duration {
    crate::core::time::between(since, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn the_seventh_call_in_a_minute_waits_for_the_first_to_age() {
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&seconds);
        let now = move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap();
        let time = Time { now: Arc::new(now), speed: 1.0 };
        let limits = Limits::new();
        for _ in 0..LCS_CALLS {
            assert_eq!(limits.lcs_wait(&time), None);
        }
        seconds.store(20, Ordering::Relaxed);
        assert_eq!(limits.lcs_wait(&time), Some(Duration::from_secs(40)));
        seconds.store(60, Ordering::Relaxed);
        assert_eq!(limits.lcs_wait(&time), None);
    }
}
