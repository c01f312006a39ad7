//! When to look again. Pure: the pause follows from how long the operation has run and how long such
//! operations take, from how often the service did not answer, what it asked for, and a die that is handed in.
//!
//! Looks are placed where the end is likely ([`Pacing`]); what is likely is told by [`prior`].

pub mod outlook;
pub mod prior;

use super::service::Service;
use prior::Prior;
use std::time::Duration;

/// From here on Configure takes "longer than usual"; it goes on all the same.
pub const CONFIGURE_USUAL: Duration = Duration::from_mins(30);
/// From here on the link takes "longer than usual".
pub const LINK_USUAL: Duration = Duration::from_mins(5);
/// A question that is open for longer than this is "delayed".
pub const DELAYED_AFTER: Duration = Duration::from_secs(10);
/// So many misses in a row are "no response".
pub const NO_RESPONSE_MISSES: u8 = 3;

/// Whether it is the turn of another who may tell, after so many misses in a row: once an operation gives no response,
/// every second question goes to where its work can be seen.
pub fn is_turn_of_another(misses: u8) -> bool {
    misses >= NO_RESPONSE_MISSES && misses % 2 == 1
}

/// How often a reading that is no watch is asked for before it counts as "could not find out".
pub const READ_ATTEMPTS: u8 = 6;
/// How often something is read on which the flow does not stand: it must not hold up what is read beside it.
pub const SIDE_ATTEMPTS: u8 = 2;
/// The same where the service says when it can be asked again.
pub const THROTTLED_ATTEMPTS: u8 = 4;
/// How often a step of the set-up asks before it gives up until a person tries again.
pub const STEP_ATTEMPTS: u8 = 8;
/// Longest wait a service can ask for; beyond it the program asks again all the same.
pub const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);
/// Pause before the service is read again after a change whose outcome is not known. The change
/// may still be on its way.
pub const SETTLE_PAUSE: Duration = Duration::from_secs(10);

/// Pause before an environment in which another operation runs is asked for an installation again.
pub const BUSY_PAUSE: Duration = Duration::from_secs(30);

/// Least pause between readings of one link operation: it follows the ways of Lifecycle Services, which lets one
/// environment be asked about no more often than six times in thirty seconds, and a project six times a minute.
const LINK_PAUSE: Duration = Duration::from_secs(10);
/// So much time each operation that is watched at a service adds to the pause of all: what one program asks it
/// stays under twenty requests a second, whatever it watches.
const SHARE: Duration = Duration::from_millis(50);

/// First pause after a miss; doubled with each further one.
const BACK_OFF_FIRST: Duration = Duration::from_secs(2);
/// Longest pause after misses.
const BACK_OFF_MAX: Duration = Duration::from_mins(1);

/// How eagerly the end of an operation is looked for.
///
/// The gap between two looks follows from the hazard rate `h`, the share of the operations still running
/// that ends in each second. Looks a gap `g` apart find an end `g/2` late on average, and `g²/3` on average
/// of the squares. Where so much lateness and each request have their price, the cheapest gap is
///
/// ```text
/// g³ = patience³ · REFERENCE_HAZARD / h
/// ```
///
/// It is J. B. Keller's continuous form of inspection schedules ("Optimum checking schedules for systems
/// subject to random failure", Management Science 21, 1974; the discrete form is R. E. Barlow, L. C. Hunter and
/// F. Proschan, "Optimum checking procedures", J. SIAM 11, 1963), with the square of the lateness in place of
/// the lateness itself: waiting twice as long is more than twice as annoying, and the slowest of twenty matters
/// as much as the average. One request is worth `2/3 · patience³ · REFERENCE_HAZARD`
/// square seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacing {
    /// The gap where one operation in two hundred ends each second.
    pub patience: Duration,
    /// No gap is shorter, whatever is likely.
    pub shortest: Duration,
    /// No gap is longer: what fails before its time, and a service that has fallen silent, is seen too.
    pub longest: Duration,
}

/// The hazard rate at which the gap is the patience, per second.
const REFERENCE_HAZARD: f64 = 1.0 / 200.0;
/// Halvings in the search for a gap: to a thousandth of the longest one.
const HALVINGS: u32 = 10;

impl Pacing {
    /// Sooner than a look every ten seconds, the quickest of the ways it is compared with, and with fewer
    /// requests (`cargo bench --bench schedule`; the table is in ARCHITECTURE.md).
    pub const DEFAULT: Self = Self {
        patience: Duration::from_millis(7500),
        shortest: Duration::from_secs(5),
        longest: Duration::from_mins(1),
    };

    /// The pause before an operation that has run for `elapsed` is read again. `dice` is in 0..1 and moves
    /// the pause by up to a tenth either way, so that many watchers do not march in step.
    pub fn pause(&self, prior: &Prior, elapsed: Duration, dice: f64) -> Duration {
        jittered(self.gap(prior, elapsed), dice)
    }

    /// The gap that fits the hazard in its own middle.
    fn gap(&self, prior: &Prior, elapsed: Duration) -> Duration {
        let cube = self.patience.as_secs_f64().powi(3) * REFERENCE_HAZARD;
        // Where the hazard is high in the middle of a gap, a shorter one is wanted.
        let is_too_long = |gap: Duration| gap.as_secs_f64().powi(3) * prior.hazard(elapsed + gap / 2) > cube;
        let (mut fits, mut too_long) = (self.shortest, self.longest);
        if !is_too_long(too_long) {
            return too_long;
        }
        for _ in 0..HALVINGS {
            let middle = (fits + too_long) / 2;
            if is_too_long(middle) { too_long = middle } else { fits = middle }
        }
        fits
    }
}

/// The least pause where so many operations are watched at one service: they share what one program may ask.
pub fn fair_share(service: Service, watched: usize) -> Duration {
    let share = SHARE.saturating_mul(u32::try_from(watched).unwrap_or(u32::MAX));
    if service == Service::Link { share.max(LINK_PAUSE) } else { share }
}

/// The pause after the `misses`th miss in a row (from 1). What the service asked for is a floor.
pub fn back_off(misses: u8, asked: Option<Duration>, dice: f64) -> Duration {
    let doubled = BACK_OFF_FIRST.saturating_mul(1 << u32::from(misses.saturating_sub(1)).min(10)).min(BACK_OFF_MAX);
    let floor = asked.unwrap_or_default().min(RETRY_AFTER_MAX);
    if floor.is_zero() { jittered(doubled, dice) } else { floor.max(doubled.mul_f64(0.5)) }
}

fn jittered(pause: Duration, dice: f64) -> Duration {
    pause.mul_f64(0.9 + 0.2 * dice.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::prior::{Lasted, Watched};
    use super::*;
    use proptest::prelude::*;

    const ALL: [Watched; 4] = [Watched::CoreSolution, Watched::Application, Watched::Module, Watched::Link];

    fn documented(of: Watched) -> Prior {
        Lasted::default().prior(of)
    }

    #[test]
    fn looks_are_closest_where_the_end_is_likely() {
        let gap = |seconds| Pacing::DEFAULT.gap(&documented(Watched::Application), Duration::from_secs(seconds));
        let (early, usual, late) = (gap(0), gap(600), gap(6 * 3600));
        assert!(usual < early && usual < late, "{early:?} {usual:?} {late:?}");
        assert!(usual >= Pacing::DEFAULT.shortest && late <= Pacing::DEFAULT.longest);
    }

    #[test]
    fn those_who_watch_share_what_a_service_allows() {
        assert_eq!(fair_share(Service::Link, 1), Duration::from_secs(10));
        assert_eq!(fair_share(Service::Link, 1000), Duration::from_secs(50));
        assert_eq!(fair_share(Service::PowerPlatform, 1000), Duration::from_secs(50));
    }

    proptest! {
        /// Whatever was learned and however long it has run: a gap is within its bounds, no more than the
        /// hazard asks for, and never longer for one who is less patient.
        #[test]
        fn a_gap_keeps_its_bounds_and_answers_to_patience(
            of in prop::sample::select(ALL.to_vec()),
            lasted in prop::collection::vec(1_u64..200_000, 0..30),
            elapsed in 0_u64..2_000_000,
            patience in 1_u64..60_000,
        ) {
            let mut learned = Lasted::default();
            for seconds in lasted {
                learned.add(of, Duration::from_secs(seconds));
            }
            let (prior, elapsed) = (learned.prior(of), Duration::from_secs(elapsed));
            let pacing = Pacing { patience: Duration::from_millis(patience), ..Pacing::DEFAULT };
            let gap = pacing.gap(&prior, elapsed);
            prop_assert!(gap >= pacing.shortest && gap <= pacing.longest);
            let more = Pacing { patience: pacing.patience * 2, ..pacing };
            prop_assert!(more.gap(&prior, elapsed) >= gap);
            let wanted = |gap: Duration| {
                pacing.patience.as_secs_f64() * (REFERENCE_HAZARD / prior.hazard(elapsed + gap / 2)).cbrt()
            };
            let tolerance = (pacing.longest / (1 << HALVINGS)).as_secs_f64();
            prop_assert!(gap == pacing.shortest || gap.as_secs_f64() <= wanted(gap) + tolerance);
            for dice in [0.0, 0.5, 1.0] {
                let pause = pacing.pause(&prior, elapsed, dice).as_secs_f64();
                prop_assert!(pause >= gap.as_secs_f64() * 0.89 && pause <= gap.as_secs_f64() * 1.11);
            }
        }
    }

    #[test]
    fn what_the_service_asks_for_is_a_floor_with_a_ceiling() {
        let twenty = Duration::from_secs(20);
        assert!(back_off(1, Some(twenty), 0.0) >= twenty);
        assert_eq!(back_off(1, Some(Duration::from_hours(24)), 0.0), RETRY_AFTER_MAX);
        assert!(back_off(200, None, 1.0) <= BACK_OFF_MAX.mul_f64(1.1));
        assert!(back_off(1, None, 0.5) < back_off(2, None, 0.5));
    }
}
