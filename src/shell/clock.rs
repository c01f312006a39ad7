//! The clock: the only place that asks for the time.
//!
//! Wall time, so that it survives a restart and a suspended laptop. On a simulator it can run
//! faster than the clock on the wall, from the moment the program started.

use crate::core::time::later;
use jiff::Timestamp;
use std::time::Duration;

/// A clock that runs `speed` times as fast as the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Timestamp,
    speed: f64,
}

impl Clock {
    /// Starts at the wall clock's time.
    pub fn new(speed: f64) -> Self {
        Self { origin: Timestamp::now(), speed }
    }

    /// When it was started.
    pub fn origin(&self) -> Timestamp {
        self.origin
    }

    /// How much faster than the wall clock it runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        let wall = Timestamp::now();
        if (self.speed - 1.0).abs() < f64::EPSILON {
            return wall;
        }
        let real = Duration::try_from(wall.duration_since(self.origin)).unwrap_or_default();
        later(self.origin, Duration::try_from_secs_f64(real.as_secs_f64() * self.speed).unwrap_or(Duration::MAX))
    }

    /// How long the time of a person, whose clock is that on the wall, is on this one.
    pub fn of_a_person(&self, length: Duration) -> Duration {
        Duration::try_from_secs_f64(length.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
    }

    /// How long a pause of this clock is on the wall clock.
    pub fn real(&self, pause: Duration) -> Duration {
        Duration::try_from_secs_f64(pause.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}
