//! The live lines of a run on a terminal: as many as fit, and what the others do in one.

use super::flights::Flight;
use super::{Headless, Job, Show};
use crate::core::setup::Setup;
use crate::core::standing::standing;
use crate::core::time::{Now, between, in_words, stopwatch};
use crate::ui::text::{clean, cut, fit};
use std::time::Duration;

/// How often the live lines are drawn anew while nothing happens.
const TICK: Duration = Duration::from_secs(1);
/// How often at most, however much happens: nobody reads faster.
const PAUSE: Duration = Duration::from_millis(100);
/// Rows that are left free: the one of the cursor, and one of what was said.
const FREE: u16 = 2;

/// The last drawing.
#[derive(Default)]
pub(super) struct Drawn {
    at: Option<Now>,
    /// Something has happened since.
    is_stale: bool,
}

impl Headless<'_> {
    /// Draws the live lines; those that were just drawn stay for a moment.
    pub(super) fn draw(&mut self) {
        let (Show::Live(columns, rows), Job::Run { .. }) = (self.teller.show(), &self.job) else { return };
        let now = self.seat.clock.now();
        let pause = PAUSE.mul_f64(self.seat.clock.speed());
        if self.teller.is_live() && self.drawn.at.is_some_and(|at| between(at, now) < pause) {
            self.drawn.is_stale = true;
            return;
        }
        let lines = self.live_lines(usize::from(columns), usize::from(rows.saturating_sub(FREE).max(1)), now);
        self.teller.draw(lines);
        self.drawn = Drawn { at: Some(now), is_stale: false };
    }

    /// How long to wait for news before they are drawn anew; none where there are none.
    pub(super) fn draws_in(&self) -> Option<Duration> {
        let wait = if self.drawn.is_stale { PAUSE } else { TICK };
        matches!(self.teller.show(), Show::Live(..)).then(|| wait.mul_f64(self.seat.clock.speed()))
    }

    fn live_lines(&self, columns: usize, most: usize, now: Now) -> Vec<String> {
        let all = self.flights.len();
        if all <= most {
            return self.flights.iter().map(|flight| self.live_line(flight, columns, now)).collect();
        }
        // Those that are over were told; of the others the first ones are shown.
        let open = self.flights.iter().filter(|flight| flight.ended().is_none());
        let mut lines: Vec<String> =
            open.take(most.saturating_sub(1)).map(|flight| self.live_line(flight, columns, now)).collect();
        let (over, shown) = (self.flights.over(), lines.len());
        let text = format!("and {} more on their way, {over} of {all} over", all - over - shown);
        lines.push(cut(&text, columns.saturating_sub(1), "..."));
        lines
    }

    fn live_line(&self, flight: &Flight, columns: usize, now: Now) -> String {
        let setup = self.setup(&flight.pilot.id);
        let environment = self.seat.model.directory.get(&flight.pilot.id);
        let far = environment.map_or("", |environment| standing(environment, setup).words());
        let words = match (flight.ended(), setup.and_then(Setup::watch)) {
            (Some((_, outcome)), _) => outcome.replace('_', " "),
            (None, Some(watch)) => {
                let said = watch
                    .last
                    .as_ref()
                    .map(|(at, word)| format!(", {} ({} ago)", clean(word), in_words(between(*at, now))));
                format!("{far}{}", said.unwrap_or_default())
            }
            (None, None) => far.to_owned(),
        };
        let name = fit(&clean(&flight.subject.name), 24, "...");
        cut(&format!("{name}  {:>8}  {words}", stopwatch(between(self.start, now))), columns.saturating_sub(1), "...")
    }
}
