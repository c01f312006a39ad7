//! Time as the core knows it: wall time that comes in as an argument, and how it is written.
//!
//! Wall time survives a restart and a suspended laptop. Nothing here asks a clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// The moment an event reached the program.
pub type Now = Timestamp;

/// From `since` to `now`; zero when the clock was moved back.
pub fn between(since: Now, now: Now) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

/// `now` plus `after`, or the end of time.
pub fn later(now: Now, after: Duration) -> Now {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}

/// `m:ss`, or `h:mm:ss` from an hour on.
pub fn stopwatch(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A length in words, rounded down: `8 s`, `3 min`, `2 h 5 min`.
pub fn in_words(length: Duration) -> String {
    let seconds = length.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A length in words, to the second: `8 s`, `11 min 42 s`, `1 h 2 min 5 s`. No clock time looks like it.
pub fn to_the_second(length: Duration) -> String {
    let seconds = length.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(2);
    parts[first..].iter().map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// The time of day, `10:54:12`, in the given time zone.
pub fn time_of_day(at: Now, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%H:%M:%S").to_string()
}

/// Date and time of day, `2026-11-24 10:54:12`, in the given time zone.
pub fn date_and_time(at: Now, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Date, time of day and offset, `2026-11-24 10:54:12+01:00`: a moment that means the same everywhere.
pub fn moment(at: Now, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string() + &offset(at, zone)
}

/// The offset of the zone at that moment, `+01:00`.
pub fn offset(at: Now, zone: &TimeZone) -> String {
    let seconds = zone.to_offset(at).seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_well() {
        assert_eq!(stopwatch(Duration::from_secs(702)), "11:42");
        assert_eq!(to_the_second(Duration::from_secs(702)), "11 min 42 s");
        assert_eq!(to_the_second(Duration::from_secs(3_605)), "1 h 0 min 5 s");
        assert_eq!(to_the_second(Duration::ZERO), "0 s");
        assert_eq!(stopwatch(Duration::from_secs(3_725)), "1:02:05");
        let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(-5 * 3600 - 1800).unwrap());
        assert_eq!(moment(Timestamp::UNIX_EPOCH, &zone), "1969-12-31 18:30:00-05:30");
        assert_eq!(in_words(Duration::from_secs(8)), "8 s");
        assert_eq!(in_words(Duration::from_secs(200)), "3 min");
        assert_eq!(in_words(Duration::from_mins(125)), "2 h 5 min");
    }

    #[test]
    fn a_clock_moved_back_gives_no_negative_length() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(between(later(now, Duration::from_secs(5)), now), Duration::ZERO);
    }
}
