//! How long an operation of a service takes, as far as anybody can know beforehand.
//!
//! Owns the distribution: it begins with the documented times, and every operation that was watched to
//! its end makes it more certain. Says nothing of when to look; never asks a clock.

use std::time::Duration;

/// An operation that is watched until it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// Installation of the dual-write core solution.
    CoreSolution,
    /// Installation of the dual-write application core.
    Application,
    /// Installation of a module.
    Module,
    /// Link to the Power Platform environment.
    Link,
}

/// Spread before anything was watched: the standard deviation of the logarithm of a duration.
const DOCUMENTED_SPREAD: f64 = 0.5;
/// So many operations the documented times weigh.
const DOCUMENTED_WEIGHT: f64 = 4.0;
/// So many operations are remembered; what is further back counts less and less, because services change.
const REMEMBERED: f64 = 50.0;
/// An operation that took more than so many times the documented time, or less than that part of it, counts as
/// if it had taken just that: the lid of the machine may have been closed meanwhile.
const OFF_MAX: f64 = 5.0;
/// The spread is never taken for smaller than this: no service is a clockwork.
const SPREAD_MIN: f64 = 0.12;
/// One operation in so many is none of the usual: it fails at once, or hangs for hours.
const STRAY_SHARE: f64 = 0.1;
/// Spread of those.
const STRAY_SPREAD: f64 = 1.3;
/// What is told of the time still to go holds eight cases of ten, and the middle.
const TOLD: [f64; 3] = [0.1, 0.5, 0.9];
/// A moment is found to this factor: half a percent.
const PRECISION: f64 = 1.005;
/// No operation is told to take so much longer.
const LONGEST: Duration = Duration::from_hours(24 * 7);
/// The square root of two pi.
const SQRT_TAU: f64 = 2.506_628_274_631_000_2;

impl Watched {
    /// Every kind.
    const ALL: [Self; 4] = [Self::CoreSolution, Self::Application, Self::Module, Self::Link];

    /// Median before anything was watched. Microsoft says "30 minutes or less" of Configure, which is two
    /// installations, and "less than 5 minutes" of the link (dual-write, "Lifecycle Services setup"); nine in
    /// ten are within that. Of a module nothing is documented: it brings one or two solutions where the application core
    /// brings five.
    fn documented(self) -> Duration {
        match self {
            Self::CoreSolution => Duration::from_mins(6),
            Self::Application => Duration::from_mins(10),
            Self::Module => Duration::from_mins(4),
            Self::Link => Duration::from_secs(150),
        }
    }
}

/// What was learned of one kind of operation: its durations on the scale of logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lasted {
    count: f64,
    mean: f64,
    /// Sum of the squares of what each differs from the mean.
    squares: f64,
}

impl Lasted {
    /// One more was watched to its end.
    pub fn add(&mut self, of: Watched, took: Duration) {
        let documented = of.documented().as_secs_f64();
        let log = took.as_secs_f64().clamp(documented / OFF_MAX, documented * OFF_MAX).ln();
        if self.count >= REMEMBERED {
            self.squares *= (REMEMBERED - 1.0) / self.count;
            self.count = REMEMBERED - 1.0;
        }
        self.count += 1.0;
        let off = log - self.mean;
        self.mean += off / self.count;
        self.squares += off * (log - self.mean);
    }

    /// What is likely for the next one. The documented time counts as if [`DOCUMENTED_WEIGHT`] operations
    /// had been watched (the conjugate prior of a normal distribution of unknown mean and variance).
    pub fn prior(&self, of: Watched) -> Prior {
        let (weight, centre) = (DOCUMENTED_WEIGHT, of.documented().as_secs_f64().ln());
        let all = weight + self.count;
        let off = self.mean - centre;
        let documented = weight * DOCUMENTED_SPREAD.powi(2) + weight * self.count / all * off * off;
        let variance = (documented + self.squares) / all * (1.0 + 1.0 / all);
        Prior::new((weight * centre + self.count * self.mean) / all, variance.sqrt().max(SPREAD_MIN))
    }
}

/// What was learned of every kind of operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experience([Lasted; Watched::ALL.len()]);

impl Experience {
    /// One more was watched from its beginning to its end.
    pub fn add(&mut self, of: Watched, took: Duration) {
        self.0[of as usize].add(of, took);
    }

    /// What is likely for the next one.
    pub fn prior(&self, of: Watched) -> Prior {
        self.0[of as usize].prior(of)
    }
}

/// The logarithm of a duration is normally distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LogNormal {
    /// Logarithm of the median, in seconds.
    centre: f64,
    spread: f64,
}

impl LogNormal {
    /// Density at so many seconds, and the share that lasts longer.
    fn at(&self, seconds: f64) -> (f64, f64) {
        let z = (seconds.ln() - self.centre) / self.spread;
        let density = (-0.5 * z * z).exp() / (SQRT_TAU * self.spread * seconds);
        (density, 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2))
    }
}

/// How long one operation is likely to take: most are usual, a few are not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    usual: LogNormal,
    stray: LogNormal,
}

impl Prior {
    fn new(centre: f64, spread: f64) -> Self {
        let of = |spread| LogNormal { centre, spread };
        Self { usual: of(spread), stray: of(STRAY_SPREAD.max(spread)) }
    }

    /// Density at so many seconds, and the share that lasts longer.
    fn at(&self, seconds: f64) -> (f64, f64) {
        let (usual, stray) = (self.usual.at(seconds), self.stray.at(seconds));
        let mixed = |usual: f64, stray: f64| usual.mul_add(1.0 - STRAY_SHARE, stray * STRAY_SHARE);
        (mixed(usual.0, stray.0), mixed(usual.1, stray.1))
    }

    /// How likely it is that what has lasted so long ends in the next second: the hazard rate, per second.
    pub fn hazard(&self, elapsed: Duration) -> f64 {
        let (density, longer) = self.at(elapsed.as_secs_f64().max(1.0));
        if longer > 0.0 { density / longer } else { 0.0 }
    }

    /// How much longer what has lasted so long will take: the first tenth, the middle, the ninth tenth.
    pub fn to_go(&self, elapsed: Duration) -> [Duration; 3] {
        TOLD.map(|share| self.end(elapsed, share).saturating_sub(elapsed))
    }

    /// When such a share of what has lasted so long has ended.
    fn end(&self, elapsed: Duration, share: f64) -> Duration {
        let since = elapsed.as_secs_f64().max(1.0);
        let wanted = self.at(since).1 * (1.0 - share);
        let (mut early, mut late) = (since, since + LONGEST.as_secs_f64());
        while late > early * PRECISION {
            let middle = (early * late).sqrt();
            if self.at(middle).1 > wanted { early = middle } else { late = middle }
        }
        Duration::from_secs_f64(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minutes(durations: [Duration; 3]) -> [u64; 3] {
        durations.map(|duration| (duration.as_secs() + 30) / 60)
    }

    #[test]
    fn it_begins_with_the_documented_times() {
        let documented = |of| minutes(Lasted::default().prior(of).to_go(Duration::ZERO));
        assert_eq!(documented(Watched::CoreSolution), [3, 6, 13]);
        assert_eq!(documented(Watched::Application), [5, 10, 22]);
        assert_eq!(documented(Watched::Link), [1, 3, 5]);
    }

    #[test]
    fn what_was_watched_makes_it_certain() {
        let mut learned = Lasted::default();
        let range = |learned: &Lasted| minutes(learned.prior(Watched::Application).to_go(Duration::ZERO));
        for _ in 0..20 {
            learned.add(Watched::Application, Duration::from_mins(4));
        }
        let [least, likely, most] = range(&learned);
        assert!(least >= 2 && (4..=5).contains(&likely) && most <= 8, "{:?}", range(&learned));
        // Days at a closed lid do not turn it around.
        learned.add(Watched::Application, Duration::from_hours(60));
        assert!((4..=5).contains(&range(&learned)[1]), "{:?}", range(&learned));
    }

    #[test]
    fn what_lasts_longer_than_usual_may_last_much_longer() {
        let prior = Lasted::default().prior(Watched::Link);
        let [_, young, _] = prior.to_go(Duration::from_mins(1));
        let [_, old, _] = prior.to_go(Duration::from_hours(2));
        assert!(old > Duration::from_mins(20) && young < Duration::from_mins(3), "{young:?} {old:?}");
    }

    proptest! {
        #[test]
        fn what_is_told_is_in_order_and_finite(
            lasted in prop::collection::vec(0_u64..10_000_000, 0..80),
            elapsed in 0_u64..10_000_000,
        ) {
            let mut learned = Lasted::default();
            for seconds in lasted {
                learned.add(Watched::Link, Duration::from_secs(seconds));
            }
            let prior = learned.prior(Watched::Link);
            let elapsed = Duration::from_secs(elapsed);
            let [least, likely, most] = prior.to_go(elapsed);
            prop_assert!(least <= likely && likely <= most && most <= LONGEST + elapsed.mul_f64(PRECISION - 1.0) + Duration::from_secs(2));
            prop_assert!(prior.hazard(elapsed).is_finite() && prior.hazard(elapsed) >= 0.0);
        }
    }
}
