//! The live lines of a run on a terminal: as many as fit, and what the others do in one. Those that need a person
//! come first, then those that run: they are what somebody looks for among hundreds.

use super::documents::name_cells;
use super::silent::is_being_read;
use super::{Headless, Job, Show, code};
use crate::core::schedule::outlook;
use crate::core::setup::Setup;
use crate::core::standing::standing;
use crate::core::time::{Now, between, in_words, stopwatch};
use crate::ui::text::{clean, cut, fit_name};
use std::time::Duration;

/// How often the live lines are drawn anew while nothing happens.
const TICK: Duration = Duration::from_secs(1);
/// How often at most, however much happens: nobody reads faster.
const PAUSE: Duration = Duration::from_millis(100);
/// Most cells of a name: the rest is for what happens.
const NAME_MAX: usize = 24;
/// Rows that are left free: the one of the cursor, and one of what was said.
const FREE: u16 = 2;

/// The last drawing.
#[derive(Default)]
pub(super) struct Drawn {
    at: Option<Now>,
    /// Something has happened since.
    is_stale: bool,
    /// Cells of a name.
    name: usize,
}

/// How much somebody wants to see of an environment, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    NeedsPerson,
    Runs,
    Read,
    BegunBefore,
    Waits,
    Failed,
    Done,
}

/// Which are shown in so many lines, by their places, and what is said of the others.
fn choose(all: &[Rank], most: usize) -> (Vec<usize>, Option<String>) {
    if all.len() <= most {
        return ((0..all.len()).collect(), None);
    }
    let mut places: Vec<usize> = (0..all.len()).collect();
    // Those of one rank stay in the order in which they were asked for.
    places.sort_by_key(|at| all[*at]);
    let others = places.split_off(most.saturating_sub(1));
    let count = |ranks: &[Rank]| others.iter().filter(|at| ranks.contains(&all[**at])).count();
    let counts = [
        (count(&[Rank::Done]), "done"),
        (count(&[Rank::Failed]), "failed"),
        (count(&[Rank::NeedsPerson]), "waiting for you"),
        (count(&[Rank::Runs, Rank::Read]), "under way"),
        (count(&[Rank::BegunBefore]), "to be resumed"),
        (count(&[Rank::Waits]), "not started yet"),
    ];
    let told: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    let words = format!("and {} more: {}", others.len(), told.join(", "));
    (places, Some(words))
}

impl Headless<'_> {
    /// Draws the live lines; those that were just drawn stay for a moment.
    pub(super) fn draw(&mut self) {
        let (Show::Live(..), Job::Run { .. }) = (self.teller.show(), &self.job) else { return };
        let now = self.seat.clock.now();
        let pause = self.seat.clock.of_a_person(PAUSE);
        if self.teller.is_live() && self.drawn.at.is_some_and(|at| between(at, now) < pause) {
            self.drawn.is_stale = true;
            return;
        }
        if self.drawn.at.is_none() {
            let names = self.flights.iter().map(|flight| flight.subject.label.as_str());
            self.drawn.name = name_cells(names).min(NAME_MAX);
        }
        let Some((columns, rows)) = self.teller.size() else { return };
        let lines = self.live_lines(usize::from(columns), usize::from(rows.saturating_sub(FREE).max(1)), now);
        self.teller.draw(lines);
        (self.drawn.at, self.drawn.is_stale) = (Some(now), false);
    }

    /// How long to wait for news before they are drawn anew; none where there are none.
    pub(super) fn draws_in(&self) -> Option<Duration> {
        let wait = if self.drawn.is_stale { PAUSE } else { TICK };
        matches!(self.teller.show(), Show::Live(..)).then(|| self.seat.clock.of_a_person(wait))
    }

    fn live_lines(&self, columns: usize, most: usize, now: Now) -> Vec<String> {
        let ranks: Vec<Rank> = (0..self.flights.len()).map(|at| self.rank(at)).collect();
        let (shown, others) = choose(&ranks, most);
        let mut lines: Vec<String> = shown.into_iter().map(|at| self.live_line(at, columns, now)).collect();
        lines.extend(others.map(|words| cut(&words, columns.saturating_sub(1), "...")));
        lines
    }

    fn rank(&self, at: usize) -> Rank {
        let flight = &self.flights[at];
        match (flight.ended(), self.setup(&flight.pilot.id)) {
            (Some((code::DONE, _)), _) => Rank::Done,
            (Some(_), _) => Rank::Failed,
            (None, Some(setup)) if setup.waits_for_person() => Rank::NeedsPerson,
            (None, Some(setup)) if setup.is_running() => Rank::Runs,
            (None, Some(_)) => Rank::Read,
            (None, None) if self.is_begun_before(at) => Rank::BegunBefore,
            (None, None) => Rank::Waits,
        }
    }

    fn live_line(&self, at: usize, columns: usize, now: Now) -> String {
        let flight = &self.flights[at];
        let setup = self.setup(&flight.pilot.id);
        let environment = self.seat.model.directory.get(&flight.pilot.id);
        let far = environment.map_or("", |environment| standing(environment, setup).words());
        let words = match (flight.ended(), setup.and_then(Setup::watch)) {
            (Some((_, outcome)), _) => outcome.replace('_', " "),
            (None, Some(watch)) => {
                let said = watch
                    .last
                    .as_ref()
                    .map(|(at, word)| format!(", {} {} ago", clean(word), in_words(between(*at, now))));
                let still = setup.and_then(|setup| outlook::still(setup, &self.seat.model.experience, now));
                // There is little room, and a number that is no promise must not lose its word.
                let still = still.map(|still| format!(", {}", still.in_short())).unwrap_or_default();
                format!("{far}{}{still}", said.unwrap_or_default())
            }
            // How far it is says nothing of why it does not go on.
            (None, None) if setup.is_some_and(is_being_read) => {
                let silent = self.kept_waiting_by(flight, now).map(|words| format!(", {}", clean(&words)));
                format!("being read{}", silent.unwrap_or_default())
            }
            (None, None) if setup.is_some() && self.awaits_list(at) => {
                "waiting for the list of Lifecycle Services".to_owned()
            }
            (None, None) if self.is_begun_before(at) => "to be resumed".to_owned(),
            (None, None) => far.to_owned(),
        };
        let name = fit_name(&clean(&flight.subject.label), self.drawn.name, "...");
        // Of one that has ended nothing runs on; how long it took was told with its end.
        if flight.ended().is_some() {
            return cut(&format!("{name}  {:>7}  {words}", ""), columns.saturating_sub(1), "...");
        }
        cut(&format!("{name}  {:>7}  {words}", stopwatch(flight.took(now))), columns.saturating_sub(1), "...")
    }
}

#[cfg(test)]
mod tests {
    use super::Rank::{BegunBefore, Done, Failed, NeedsPerson, Read, Runs, Waits};
    use super::*;

    #[test]
    fn what_needs_somebody_or_runs_is_shown_first_and_the_others_are_counted() {
        let all = [Done, Waits, Failed, Runs, Read, NeedsPerson, Waits, BegunBefore, Runs];
        assert_eq!(choose(&all, 9), ((0..9).collect(), None), "all fit");
        let (shown, others) = choose(&all, 4);
        assert_eq!(shown, [5, 3, 8]);
        assert_eq!(others.unwrap(), "and 6 more: 1 done, 1 failed, 1 under way, 1 to be resumed, 2 not started yet");
        let (shown, others) = choose(&all, 1);
        assert!(shown.is_empty());
        let words = "and 9 more: 1 done, 1 failed, 1 waiting for you, 3 under way, 1 to be resumed, 2 not started yet";
        assert_eq!(others.unwrap(), words);
    }
}
