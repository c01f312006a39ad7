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

impl Silent {
    /// The next one to be looked at, and when. `being_read`: the set-up of one that still is.
    fn first<'a>(&mut self, limit: Duration, being_read: impl Fn(usize) -> Option<&'a Setup>) -> Option<(usize, Now)> {
        self.turns.first(limit, |at| being_read(at).is_none())
    }

    /// Those that have been read for long enough, each with for whom it waits. One that `awaits_list` has its turn
    /// again: the wait for a list is told by itself; who is silent after it is told then.
    fn told<'a>(
        &mut self,
        now: Now,
        limit: Duration,
        being_read: impl Fn(usize) -> Option<&'a Setup>,
        awaits_list: impl Fn(usize) -> bool,
    ) -> Vec<(usize, String)> {
        let mut told = Vec::new();
        while let Some((at, _)) = self.first(limit, &being_read).filter(|(_, due)| *due <= now) {
            self.turns.skip();
            if awaits_list(at) {
                self.turns.put(at, now);
                continue;
            }
            let words = being_read(at).and_then(|setup| silence::of_setup(setup, now));
            told.extend(words.filter(|words| self.said.insert(words.clone())).map(|words| (at, words)));
        }
        told
    }
}

impl Headless<'_> {
    /// One is read from now on. Live lines say by themselves who keeps each waiting.
    pub(super) fn silent_opened(&mut self, at: usize, now: Now) {
        if !matches!(self.teller.show(), Show::Live(..)) {
            self.silent.turns.put(at, now);
        }
    }

    /// The set-up of one that is on its way and still being read.
    fn being_read(&self, at: usize) -> Option<&Setup> {
        let flight = &self.flights[at];
        self.setup(&flight.pilot.id).filter(|setup| flight.ended().is_none() && is_being_read(setup))
    }

    /// Says for whom one waits that has been read for long enough.
    pub(super) fn tell_silent(&mut self) {
        let (now, limit) = (self.seat.clock.now(), self.seat.clock.of_a_person(SILENCE));
        let mut silent = std::mem::take(&mut self.silent);
        let told = silent.told(now, limit, |at| self.being_read(at), |at| self.awaits_list(at));
        self.silent = silent;
        for (at, words) in told {
            self.teller.say_error(&format!("{}: still being read; {words}.", self.flights[at].subject.label));
        }
    }

    /// How long until somebody silent is named.
    pub(super) fn silent_in(&mut self, now: Now) -> Option<Duration> {
        let limit = self.seat.clock.of_a_person(SILENCE);
        let mut silent = std::mem::take(&mut self.silent);
        let next = silent.first(limit, |at| self.being_read(at));
        self.silent = silent;
        next.map(|(_, due)| between(now, due))
    }

    /// Who keeps one waiting that has been read for long enough; none where nothing is felt.
    pub(super) fn kept_waiting_by(&self, flight: &Flight, now: Now) -> Option<String> {
        let setup = self.setup(&flight.pilot.id)?;
        felt(setup, flight.took(now), self.seat.clock.of_a_person(SILENCE), now)
    }
}

/// For whom one waits that is being read and has been under way for longer than the limit.
fn felt(setup: &Setup, took: Duration, limit: Duration, now: Now) -> Option<String> {
    if is_being_read(setup) && took >= limit { silence::of_setup(setup, now) } else { None }
}

/// Whether nothing has begun yet, and something that was asked is not answered.
pub(super) fn is_being_read(setup: &Setup) -> bool {
    !setup.is_running() && !setup.reading.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::environment::EnvironmentId;
    use crate::core::facts::FactKind;
    use crate::core::msg::Ticket;
    use crate::core::setup::Asked;
    use crate::core::time::later;

    const GATEWAY: &str = "the dual-write gateway has not answered yet";

    /// So many seconds after the beginning.
    fn at(seconds: u64) -> Now {
        later(Now::UNIX_EPOCH, Duration::from_secs(seconds))
    }

    /// One that waits for these.
    fn waits(kinds: &[FactKind]) -> Setup {
        let mut setup = Setup::new(EnvironmentId("e".into()), "r".into());
        setup.reading = kinds.iter().map(|kind| (*kind, Asked { ticket: Ticket(1), misses: 0 })).collect();
        setup
    }

    struct World {
        silent: Silent,
        setups: Vec<Setup>,
        /// Those that wait for a list.
        listed: Vec<usize>,
    }

    impl World {
        /// All are read from the beginning on.
        fn new(setups: Vec<Setup>) -> Self {
            let mut silent = Silent::default();
            (0..setups.len()).for_each(|place| silent.turns.put(place, at(0)));
            Self { silent, setups, listed: Vec::new() }
        }

        fn told(&mut self, seconds: u64) -> Vec<(usize, String)> {
            let Self { silent, setups, listed } = self;
            let being_read = |at: usize| Some(&setups[at]).filter(|setup| is_being_read(setup));
            silent.told(at(seconds), SILENCE, being_read, |at| listed.contains(&at))
        }

        fn next(&mut self) -> Option<(usize, Now)> {
            let setups = &self.setups;
            self.silent.first(SILENCE, |at| Some(&setups[at]).filter(|setup| is_being_read(setup)))
        }
    }

    #[test]
    fn who_keeps_a_run_waiting_is_named_after_ten_seconds_and_once() {
        let mut world = World::new(vec![waits(&[FactKind::Link])]);
        assert_eq!(world.next(), Some((0, at(10))));
        assert_eq!(world.told(9), []);
        assert_eq!(world.told(10), [(0, GATEWAY.to_owned())]);
        assert_eq!((world.told(600), world.next()), (Vec::new(), None));
    }

    #[test]
    fn each_reason_is_said_once_however_many_wait_for_it() {
        let two = format!("{GATEWAY}; Dataverse has not answered yet");
        let of = [&[FactKind::Link][..], &[FactKind::Link], &[FactKind::Version, FactKind::Link]];
        let mut world = World::new(of.map(waits).into());
        assert_eq!(world.told(10), [(0, GATEWAY.to_owned()), (2, two)]);
    }

    #[test]
    fn what_ends_a_run_names_who_kept_it_waiting_where_that_was_felt() {
        let seconds = Duration::from_secs;
        let setup = waits(&[FactKind::Link]);
        assert_eq!(felt(&setup, seconds(9), SILENCE, at(9)), None);
        assert_eq!(felt(&setup, seconds(10), SILENCE, at(10)).as_deref(), Some(GATEWAY));
        assert_eq!(felt(&waits(&[]), seconds(60), SILENCE, at(60)), None);
    }

    #[test]
    fn one_that_is_read_by_then_is_not_spoken_of() {
        let mut world = World::new(vec![waits(&[FactKind::Link]), waits(&[FactKind::Version])]);
        world.setups[0].reading.clear();
        assert_eq!(world.next(), Some((1, at(10))));
        assert_eq!(world.told(10), [(1, "Dataverse has not answered yet".to_owned())]);
    }

    #[test]
    fn one_that_waits_for_a_list_has_its_turn_again_when_the_list_is_there() {
        let mut world = World::new(vec![waits(&[FactKind::Link])]);
        world.listed.push(0);
        assert_eq!(world.told(12), [], "that is told by itself");
        assert_eq!(world.next(), Some((0, at(22))));
        world.listed.clear();
        assert_eq!(world.told(21), []);
        assert_eq!(world.told(22), [(0, GATEWAY.to_owned())]);
    }
}
