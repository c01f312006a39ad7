//! What the services allow: how many requests in a time. How many at once is in `turns`.
//!
//! That keeps the program from being throttled. The budgets stand where every request passes (`http.rs`), so
//! that no page, repetition or redirect goes uncounted, whatever set-up it is for. What no budget remembers any
//! more is dropped.

use super::Time;
use crate::core::service::Service;
use crate::core::time::{between, later};
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So much later may one request arrive than another that took as long to be sent: a service counts arrivals.
const LATE: Duration = Duration::from_secs(5);
/// Requests for one project of Lifecycle Services in a minute (documented with its environment list).
const LCS: Budget = Budget { requests: 6, time: Duration::from_mins(1).saturating_add(LATE) };
/// Requests to one Dataverse in five minutes (service protection limits of its Web API).
const DATAVERSE: Budget = Budget { requests: 6000, time: Duration::from_mins(5).saturating_add(LATE) };

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

/// Hosts that are kept before it is looked which of them are over.
const HOSTS_KEPT: usize = 64;

/// When each of the last requests was or will be sent, by host.
#[derive(Default)]
struct Sent {
    hosts: HashMap<String, VecDeque<Timestamp>>,
    /// With more hosts than that it is looked which are over.
    looks_at: usize,
}

/// The budgets of all hosts.
pub(super) struct Budgets {
    time: Time,
    sent: Mutex<Sent>,
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
        let is_over = |at: &Timestamp| later(*at, budget.time) <= now;
        if all.hosts.len() > all.looks_at.max(HOSTS_KEPT) {
            // Every host counts by the longest budget there is.
            let longest = LCS.time.max(DATAVERSE.time);
            all.hosts.retain(|_, sent| sent.back().is_some_and(|at| later(*at, longest) > now));
            all.looks_at = 2 * all.hosts.len();
        }
        let sent = match all.hosts.get_mut(host) {
            Some(sent) => sent,
            None => all.hosts.entry(host.to_owned()).or_default(),
        };
        while sent.front().is_some_and(is_over) {
            sent.pop_front();
        }
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

    #[test]
    fn hosts_that_nobody_asks_any_more_are_not_kept() {
        let budgets = budgets();
        for number in 0..10_000 {
            budgets.reserve(DATAVERSE, &format!("host-{number}"), at(number * 10));
        }
        let kept = budgets.sent.lock().unwrap().hosts.len();
        assert!(kept < 200, "{kept}");
        for second in 0..10_000 {
            budgets.reserve(DATAVERSE, "one", at(200_000 + second));
        }
        let kept = budgets.sent.lock().unwrap().hosts["one"].len();
        assert!(kept <= 305, "{kept}");
    }
}
