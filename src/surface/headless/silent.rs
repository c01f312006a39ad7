//! Who keeps a run waiting before anything begins: an environment that is still being read after a moment says what
//! for, each service and each reason once. `status` has its own words for it, with its rows.

use super::flights::Flight;
use super::rows::Turns;
use super::{Headless, Show};
use crate::core::setup::Setup;
use crate::core::silence;
use crate::core::time::{Now, between};
use std::collections::HashSet;
use std::time::Duration;

/// How long nothing is told before it is said who is silent.
pub(super) const SILENCE: Duration = Duration::from_secs(10);

/// Those that are read, and what was said of it.
#[derive(Default)]
pub(super) struct Silent {
    /// Each once, in the order in which they were opened.
    turns: Turns,
    said: HashSet<String>,
}

impl Headless<'_> {
    /// One is read from now on. Live lines say by themselves who keeps each waiting.
    pub(super) fn silent_opened(&mut self, at: usize, now: Now) {
        if !matches!(self.teller.show(), Show::Live(..)) {
            self.silent.turns.put(at, now);
        }
    }

    /// The next one to be looked at, and when.
    fn next_silent(&mut self) -> Option<(usize, Now)> {
        let limit = self.seat.clock.of_a_person(SILENCE);
        let (flights, model) = (&self.flights, &self.seat.model);
        self.silent.turns.first(limit, |at| {
            let flight = &flights[at];
            flight.ended().is_some() || !model.setups.get(&flight.pilot.id).is_some_and(is_being_read)
        })
    }

    /// Says for whom one waits that has been read for long enough.
    pub(super) fn tell_silent(&mut self) {
        let now = self.seat.clock.now();
        while let Some((at, _)) = self.next_silent().filter(|(_, due)| *due <= now) {
            self.silent.turns.skip();
            // The wait for a list is told by itself; who is silent after it is told then.
            if self.awaits_list(at) {
                self.silent.turns.put(at, now);
                continue;
            }
            let words = self.setup(&self.flights[at].pilot.id).and_then(|setup| silence::of_setup(setup, now));
            if let Some(words) = words.filter(|words| self.silent.said.insert(words.clone())) {
                self.teller.say_error(&format!("{}: still being read; {words}.", self.flights[at].subject.label));
            }
        }
    }

    /// How long until somebody silent is named.
    pub(super) fn silent_in(&mut self, now: Now) -> Option<Duration> {
        self.next_silent().map(|(_, due)| between(now, due))
    }

    /// Who keeps one waiting that has been read for long enough; none where nothing is felt.
    pub(super) fn kept_waiting_by(&self, flight: &Flight, now: Now) -> Option<String> {
        let setup = self.setup(&flight.pilot.id).filter(|setup| is_being_read(setup))?;
        let is_felt = flight.took(now) >= self.seat.clock.of_a_person(SILENCE);
        if is_felt { silence::of_setup(setup, now) } else { None }
    }
}

/// Whether nothing has begun yet, and something that was asked is not answered.
pub(super) fn is_being_read(setup: &Setup) -> bool {
    !setup.is_running() && !setup.reading.is_empty()
}
