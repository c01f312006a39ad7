//! What the services allow: how many questions at once, and how many requests in a time.
//!
//! They keep the program from being throttled, and a slow service from slowing the others. The budgets
//! stand where every request passes (`http.rs`), so that no page, repetition or redirect goes uncounted,
//! whatever set-up it is for.

use super::Time;
use crate::core::time::{between, later};
use crate::core::trouble::Service;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Questions to one service at the same time, as browsers have it.
const AT_ONCE: usize = 6;
/// Questions to Dataverse at the same time. It allows 52 (service protection limits of its Web API); the
/// prerequisites of one environment ask twelve.
const AT_ONCE_DATAVERSE: usize = 16;
/// So much later may one request arrive than another that took as long to be sent: a service counts arrivals.
const LATE: Duration = Duration::from_secs(5);
/// Requests for one project of Lifecycle Services in a minute (documented with its environment list).
const LCS: Budget = Budget { requests: 6, time: Duration::from_mins(1).saturating_add(LATE) };
/// Requests to one Dataverse in five minutes (service protection limits of its Web API).
const DATAVERSE: Budget = Budget { requests: 6000, time: Duration::from_mins(5).saturating_add(LATE) };

fn at_once(service: Service) -> usize {
    if service == Service::Dataverse { AT_ONCE_DATAVERSE } else { AT_ONCE }
}

/// Turns at the services: so many questions at once.
pub(super) struct Turns([Semaphore; Service::ALL.len()]);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Service::ALL.map(|service| Semaphore::new(at_once(service))))
    }

    /// Waits for a turn at a service; it lasts as long as what is returned.
    pub(super) async fn turn(&self, service: Service) -> Option<SemaphorePermit<'_>> {
        let place = Service::ALL.iter().position(|one| *one == service).unwrap_or(0);
        // `None` only when the semaphore is closed, and nobody closes it.
        self.0[place].acquire().await.ok()
    }
}

/// So many requests in any stretch of so much time.
#[derive(Clone, Copy)]
struct Budget {
    requests: usize,
    time: Duration,
}

fn budget(service: Service) -> Option<Budget> {
    match service {
        Service::Lcs => Some(LCS),
        Service::Dataverse => Some(DATAVERSE),
        _ => None,
    }
}

/// The budgets of all hosts.
pub(super) struct Budgets {
    time: Time,
    /// When each of the last requests was or will be sent, by host.
    sent: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

impl Budgets {
    pub(super) fn new(time: Time) -> Self {
        Self { time, sent: Mutex::default() }
    }

    /// Waits until one more request to this host is within the budget. Whoever comes first goes first.
    pub(super) async fn take(&self, service: Service, host: &str) {
        if let Some(budget) = budget(service) {
            let now = (self.time.now)();
            let at = self.reserve(budget, host, now);
            if at > now {
                self.time.pause(between(now, at)).await;
            }
        }
    }

    /// When the next request may be sent; that place is taken.
    fn reserve(&self, budget: Budget, host: &str, now: Timestamp) -> Timestamp {
        let mut all = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = all.entry(host.to_owned()).or_default();
        // The one before the whole budget has to be old enough.
        let before = if sent.len() < budget.requests { None } else { sent.pop_front() };
        let at = before.map_or(now, |before| later(before, budget.time).max(now));
        sent.push_back(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn budgets() -> Budgets {
        Budgets::new(Time { now: Arc::new(|| at(0)), speed: 1.0 })
    }

    #[test]
    fn no_stretch_of_time_has_more_requests_than_the_budget() {
        let budgets = budgets();
        let budget = Budget { requests: 6, time: Duration::from_mins(1) };
        // In bursts, with pauses between.
        let asked = (0..40).map(|number| at(i64::from(number / 10) * 45));
        let sent: Vec<Timestamp> = asked.map(|now| budgets.reserve(budget, "lcs", now)).collect();
        assert!(sent.windows(7).all(|seven| between(seven[0], seven[6]) >= budget.time), "{sent:?}");
        assert_eq!((sent[5], sent[6], sent[12]), (at(0), at(60), at(120)), "no later than it must be");
    }

    #[test]
    fn each_host_has_a_budget_of_its_own() {
        let budgets = budgets();
        let budget = Budget { requests: 1, time: Duration::from_mins(5) };
        let all = ["a", "b", "a"].map(|host| budgets.reserve(budget, host, at(0)));
        assert_eq!(all, [at(0), at(0), at(300)]);
    }
}
