//! The environments of a run on their way: which of them must be looked at, found without looking at all.

use super::code;
use crate::core::environment::Environment;
use crate::core::model::Model;
use crate::core::pilot::Pilot;
use crate::core::time::{Now, between};
use crate::surface::events::Subject;
use crate::wire::bare_id;
use std::collections::{HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::time::Duration;

/// One environment on its way.
pub(super) struct Flight {
    pub(super) pilot: Pilot,
    pub(super) subject: Subject,
    /// When it was opened; none: it waits for its turn.
    pub(super) began: Option<Now>,
    /// Both sides were read, and that was said.
    pub(super) is_read: bool,
    /// A change was asked for by this run, now or in an earlier sitting.
    pub(super) has_changed: bool,
    /// How it ended.
    ended: Option<(u8, String)>,
    /// In [`Flights::touched`].
    is_touched: bool,
}

impl Flight {
    /// On the ground.
    pub(super) fn new(pilot: Pilot, subject: Subject) -> Self {
        Self { pilot, subject, began: None, is_read: false, has_changed: false, ended: None, is_touched: false }
    }

    /// How long it has been under way.
    pub(super) fn took(&self, now: Now) -> Duration {
        self.began.map(|began| between(began, now)).unwrap_or_default()
    }

    /// How it ended: exit code and outcome.
    pub(super) fn ended(&self) -> Option<&(u8, String)> {
        self.ended.as_ref()
    }
}

/// All of them, in the order in which they were asked for.
#[derive(Default)]
pub(super) struct Flights {
    all: Vec<Flight>,
    places: HashMap<String, usize>,
    /// Those to be asked what comes next.
    touched: VecDeque<usize>,
    /// Those that nobody has opened yet.
    to_open: VecDeque<usize>,
    /// The list when all were looked at last.
    revision: u64,
    /// How many have ended.
    over: usize,
}

impl Index<usize> for Flights {
    type Output = Flight;

    fn index(&self, at: usize) -> &Flight {
        &self.all[at]
    }
}

impl IndexMut<usize> for Flights {
    fn index_mut(&mut self, at: usize) -> &mut Flight {
        &mut self.all[at]
    }
}

impl Flights {
    /// Makes room for so many more.
    pub(super) fn expect(&mut self, more: usize) {
        self.all.reserve_exact(more);
        self.to_open.reserve_exact(more);
        self.places.reserve(more);
    }

    /// One more, to be opened.
    pub(super) fn add(&mut self, flight: Flight) {
        let at = self.all.len();
        self.places.insert(flight.subject.id.clone(), at);
        self.all.push(flight);
        self.to_open.push_back(at);
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Flight> {
        self.all.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many have ended.
    pub(super) fn over(&self) -> usize {
        self.over
    }

    /// How many were opened and have not ended.
    pub(super) fn under_way(&self) -> usize {
        self.all.len().saturating_sub(self.to_open.len() + self.over)
    }

    /// Whether all have ended.
    pub(super) fn is_over(&self) -> bool {
        self.over == self.all.len()
    }

    /// Whether each was opened.
    pub(super) fn all_are_open(&self) -> bool {
        self.to_open.is_empty()
    }

    /// The one of this environment.
    pub(super) fn of(&mut self, id: &str) -> Option<&mut Flight> {
        self.all.get_mut(*self.places.get(id)?)
    }

    /// Ends one; it ends once. With which code: that of a missing consent promises that nothing was changed.
    pub(super) fn end(&mut self, at: usize, code: u8, outcome: &str) -> u8 {
        let flight = &mut self.all[at];
        let code = if code == code::CONSENT && flight.has_changed { code::UNREACHABLE } else { code };
        if flight.ended.replace((code, outcome.to_owned())).is_none() {
            self.over += 1;
        }
        code
    }

    /// Has to be looked at.
    pub(super) fn touch(&mut self, at: usize) {
        let flight = &mut self.all[at];
        if flight.ended.is_none() && !std::mem::replace(&mut flight.is_touched, true) {
            self.touched.push_back(at);
        }
    }

    /// Finds out which have to be looked at: those whose set-up was worked on, and all under way where the list
    /// has changed.
    pub(super) fn look(&mut self, model: &mut Model) {
        for id in model.touched() {
            if let Some(at) = self.places.get(&*id.0).copied() {
                self.touch(at);
            }
        }
        if std::mem::replace(&mut self.revision, model.directory.revision) != model.directory.revision {
            for at in 0..self.all.len() {
                if model.setups.contains_key(&self.all[at].pilot.id) {
                    self.touch(at);
                }
            }
        }
    }

    /// The next one that has to be looked at.
    pub(super) fn next_touched(&mut self) -> Option<usize> {
        loop {
            let at = self.touched.pop_front()?;
            self.all[at].is_touched = false;
            if self.all[at].ended.is_none() {
                return Some(at);
            }
        }
    }

    /// The next one that has to be opened.
    pub(super) fn next_to_open(&mut self) -> Option<usize> {
        self.to_open.pop_front()
    }
}

/// The names of a list, so that a thousand of them are not looked for one after the other.
pub(super) struct Names {
    by_name: HashMap<String, usize>,
    by_id: HashMap<String, usize>,
}

impl Names {
    pub(super) fn of(all: &[Environment]) -> Self {
        let mut names = Self { by_name: HashMap::new(), by_id: HashMap::new() };
        for (at, environment) in all.iter().enumerate() {
            names.by_name.entry(environment.name.to_ascii_lowercase()).or_insert(at);
            for id in std::iter::once(&*environment.id.0).chain(environment.lcs_id()) {
                names.by_id.entry(bare_id(id)).or_insert(at);
            }
        }
        names
    }

    /// The first environment that answers to a text.
    pub(super) fn find<'a>(&self, all: &'a [Environment], text: &str) -> Option<&'a Environment> {
        let text = text.trim();
        // What may be an address is compared with each.
        if text.contains(['.', ':', '/']) {
            return all.iter().find(|environment| environment.answers_to(text));
        }
        let found = [self.by_name.get(&text.to_ascii_lowercase()), self.by_id.get(&bare_id(text))];
        match found.into_iter().flatten().min() {
            Some(at) => all.get(*at),
            None => all.iter().find(|environment| environment.answers_to(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::environment::EnvironmentId;

    #[test]
    fn what_was_changed_does_not_end_as_if_nothing_had_been() {
        let mut flights = Flights::default();
        for (at, has_changed) in [false, true].into_iter().enumerate() {
            let id = at.to_string();
            let pilot = Pilot::new(EnvironmentId(id.as_str().into()), super::super::no_orders());
            let subject = Subject { id, name: String::new(), label: String::new(), run: String::new() };
            flights.add(Flight { has_changed, ..Flight::new(pilot, subject) });
        }
        assert_eq!(flights.end(0, code::CONSENT, "choice_missing"), code::CONSENT);
        assert_eq!(flights.end(1, code::CONSENT, "choice_missing"), code::UNREACHABLE);
        assert_eq!(flights[1].ended(), Some(&(code::UNREACHABLE, "choice_missing".to_owned())));
        assert_eq!(flights.end(1, code::LINK, "link_failed"), code::LINK);
    }
}
