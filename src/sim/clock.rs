//! Simulated time. Owns the one formula that turns real time into the time of the simulated
//! world; never sleeps and never starts a task: the world asks what time it is when it is asked.

use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A clock that runs `speed` times as fast as the real one and can be put forward by hand.
/// With speed 0 it stands still until it is put forward.
#[derive(Debug)]
pub struct Clock {
    start: Timestamp,
    speed: f64,
    since: Instant,
    put_forward: Mutex<Duration>,
}

impl Clock {
    /// A clock that shows `start` now. A speed that is not a positive number stands still.
    pub fn new(start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 0.0 };
        Self { start, speed, since: Instant::now(), put_forward: Mutex::new(Duration::ZERO) }
    }

    /// Simulated seconds per real second.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The simulated time; stays at the last representable instant after the year 9999.
    pub fn now(&self) -> Timestamp {
        let put_forward = *self.put_forward.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = Duration::try_from_secs_f64(self.since.elapsed().as_secs_f64() * self.speed).unwrap_or(Duration::MAX);
        SignedDuration::try_from(ran.saturating_add(put_forward))
            .ok()
            .and_then(|passed| self.start.checked_add(passed).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// Puts the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut put_forward = self.put_forward.lock().unwrap_or_else(PoisonError::into_inner);
        *put_forward = put_forward.saturating_add(by);
    }
}

/// Whole and broken seconds from `earlier` to `later`; negative when they stand the other way round.
pub fn seconds_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64()
}

/// `at` plus some seconds, at most the last representable instant.
pub fn after(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_speed_zero_moves_only_by_hand() {
        let start = Timestamp::UNIX_EPOCH;
        let clock = Clock::new(start, 0.0);
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(90));
        assert_eq!(seconds_between(start, clock.now()).to_string(), "90");
    }

    #[test]
    fn a_fast_clock_runs_ahead_and_never_overflows() {
        let clock = Clock::new(Timestamp::UNIX_EPOCH, 1e12);
        assert!(clock.now() > Timestamp::UNIX_EPOCH);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn a_speed_that_is_no_number_stands_still() {
        for speed in [f64::NAN, -3.0, f64::INFINITY] {
            assert_eq!(Clock::new(Timestamp::UNIX_EPOCH, speed).now(), Timestamp::UNIX_EPOCH);
        }
    }
}
