//! When to look again. Pure: the pause follows from how long the operation has run, how often the
//! service did not answer, what it asked for, and a die that is handed in.

use std::time::Duration;

/// From here on Configure takes "longer than usual"; it goes on all the same.
pub const CONFIGURE_USUAL: Duration = Duration::from_mins(30);
/// From here on the link takes "longer than usual".
pub const LINK_USUAL: Duration = Duration::from_mins(5);
/// A question that is open for longer than this is "delayed".
pub const DELAYED_AFTER: Duration = Duration::from_secs(10);
/// So many misses in a row are "no response".
pub const NO_RESPONSE_MISSES: u8 = 3;
/// How often a reading that is no watch is asked for before it counts as "could not find out".
pub const READ_ATTEMPTS: u8 = 6;
/// How often something is read on which the flow does not stand: it must not hold up what is read beside it.
pub const SIDE_ATTEMPTS: u8 = 2;
/// How often a step of the set-up asks before it gives up until a person tries again.
pub const STEP_ATTEMPTS: u8 = 8;
/// Longest wait a service can ask for; beyond it the program asks again all the same.
pub const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);
/// Pause before the service is read again after a change whose outcome is not known. The change
/// may still be on its way.
pub const SETTLE_PAUSE: Duration = Duration::from_secs(10);

/// Pause before an environment in which another operation runs is asked for an installation again.
pub const BUSY_PAUSE: Duration = Duration::from_secs(30);

/// Smallest pause between readings of a link operation: Lifecycle Services, whose ways it follows,
/// allows six calls a minute.
pub const LINK_PACE_MIN: Duration = Duration::from_secs(10);

/// Pause between readings of a young operation.
const PACE_MIN: Duration = Duration::from_secs(5);
/// Pause between readings of an old operation; the smallest pause of the known clients is 15 s.
const PACE_MAX: Duration = Duration::from_secs(30);
/// The pause is this part of the time the operation has run.
const PACE_PART: u32 = 8;
/// First pause after a miss; doubled with each further one.
const BACK_OFF_FIRST: Duration = Duration::from_secs(2);
/// Longest pause after misses.
const BACK_OFF_MAX: Duration = Duration::from_mins(1);

/// The pause before an operation that has run for `elapsed` is read again. `dice` is in 0..1 and
/// moves the pause by up to a tenth either way, so that many watchers do not march in step.
pub fn pace(elapsed: Duration, dice: f64) -> Duration {
    jittered((elapsed / PACE_PART).clamp(PACE_MIN, PACE_MAX), dice)
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
    use super::*;

    #[test]
    fn the_pace_slows_with_age_between_its_bounds() {
        let at = |seconds| pace(Duration::from_secs(seconds), 0.5).as_secs_f64();
        assert!((at(0) - 5.0).abs() < 1e-6);
        assert!((at(120) - 15.0).abs() < 1e-6);
        assert!((at(3600) - 30.0).abs() < 1e-6);
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
