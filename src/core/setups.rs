//! The set-ups of one model, and what must be known of all of them without looking at each.
//!
//! Every change goes through [`Setups::work`]: so which of them run, how many are
//! being read, and which were worked on since somebody last asked, is right by construction and costs
//! nothing that grows with their number.

use super::environment::EnvironmentId;
use super::setup::Setup;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;

/// The set-ups, by environment. To be read like a map; see the module for changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setups {
    /// Hashed: with ten thousand of them a tree is slow to find one.
    all: HashMap<EnvironmentId, Box<Setup>>,
    running: BTreeSet<EnvironmentId>,
    /// Of those that run, how many got no good answer the last time.
    unanswered: usize,
    /// Grows with each piece of work: whoever keeps something made of the set-ups compares it.
    revision: u64,
    /// In how many something is being read.
    reading: usize,
    /// In how many of them something was asked that was neither answered nor missed yet.
    awaited: usize,
    /// Worked on since the last [`Setups::touched`]; each counts that, so none is here twice.
    touched: Vec<EnvironmentId>,
}

/// What is counted of each set-up.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
struct Signs {
    is_running: bool,
    is_reading: bool,
    is_awaited: bool,
    is_unanswered: bool,
}

impl Signs {
    fn of(setup: &Setup) -> Self {
        Self {
            is_running: setup.is_running(),
            is_reading: !setup.reading.is_empty(),
            is_awaited: !setup.is_read_enough(),
            is_unanswered: setup.is_unanswered(),
        }
    }
}

/// One more that shows a sign, or one less.
fn count(of: &mut usize, before: bool, after: bool) {
    match (before, after) {
        (false, true) => *of += 1,
        (true, false) => *of -= 1,
        _ => {}
    }
}

impl Deref for Setups {
    type Target = HashMap<EnvironmentId, Box<Setup>>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl Setups {
    /// One more, of which nothing is known.
    pub fn add(&mut self, setup: Setup) {
        self.all.insert(setup.id.clone(), Box::new(setup));
    }

    /// Works on a set-up that there is.
    pub fn work<T>(&mut self, id: &EnvironmentId, work: impl FnOnce(&mut Setup) -> T) -> Option<T> {
        let setup = self.all.get_mut(id)?;
        let before = Signs::of(setup);
        let result = work(setup);
        let after = Signs::of(setup);
        self.revision += 1;
        if before.is_reading && !after.is_reading {
            // An empty tree may still hold its last node.
            setup.reading = BTreeMap::new();
        }
        if setup.worked == setup.told {
            self.touched.push(id.clone());
        }
        setup.worked += 1;
        match (before.is_running, after.is_running) {
            (false, true) => _ = self.running.insert(id.clone()),
            (true, false) => _ = self.running.remove(id),
            _ => {}
        }
        count(&mut self.reading, before.is_reading, after.is_reading);
        count(&mut self.awaited, before.is_awaited, after.is_awaited);
        count(&mut self.unanswered, before.is_unanswered, after.is_unanswered);
        Some(result)
    }

    /// Keeps nothing of one in which nothing runs; what it was.
    pub fn remove(&mut self, id: &EnvironmentId) -> Option<Setup> {
        if self.running.contains(id) {
            return None;
        }
        let setup = self.all.remove(id)?;
        let Signs { is_running: _, is_reading, is_awaited, is_unanswered } = Signs::of(&setup);
        count(&mut self.reading, is_reading, false);
        count(&mut self.awaited, is_awaited, false);
        count(&mut self.unanswered, is_unanswered, false);
        self.revision += 1;
        Some(*setup)
    }

    /// The set-up of an environment.
    pub fn get(&self, id: &EnvironmentId) -> Option<&Setup> {
        self.all.get(id).map(Box::as_ref)
    }

    /// Those in which something runs that goes on without the program.
    pub fn running(&self) -> &BTreeSet<EnvironmentId> {
        &self.running
    }

    /// How many of those that run got no good answer the last time.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// Grows with each piece of work on any of them.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether an answer is awaited for any of them.
    pub fn is_any_read(&self) -> bool {
        self.reading > 0
    }

    /// In how many something was asked that was neither answered nor missed yet.
    pub fn awaited(&self) -> usize {
        self.awaited
    }

    /// Takes the list of those that were worked on since the last time, each once.
    pub fn touched(&mut self) -> Vec<EnvironmentId> {
        for id in &self.touched {
            if let Some(setup) = self.all.get_mut(id) {
                setup.told = setup.worked;
            }
        }
        std::mem::take(&mut self.touched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::setup::Flow;

    fn id(name: &str) -> EnvironmentId {
        EnvironmentId(name.into())
    }

    #[test]
    fn what_was_worked_on_is_told_once() {
        let mut setups = Setups::default();
        for name in ["b", "a", "b"] {
            if setups.get(&id(name)).is_none() {
                setups.add(Setup::new(id(name), "run".into()));
            }
            setups.work(&id(name), |_| ());
        }
        assert_eq!(setups.touched(), [id("b"), id("a")]);
        assert!(setups.touched().is_empty());
        assert_eq!(setups.work(&id("a"), |setup| setup.id.clone()), Some(id("a")));
        assert_eq!(setups.work(&id("c"), |_| ()), None);
        assert_eq!(setups.touched(), [id("a")]);
    }

    #[test]
    fn what_is_read_and_what_runs_is_counted() {
        use crate::core::facts::FactKind;
        use crate::core::msg::Ticket;
        use crate::core::setup::Asked;
        let mut setups = Setups::default();
        let asked = Asked { ticket: Ticket(1), misses: 0 };
        setups.add(Setup::new(id("a"), "run".into()));
        setups.work(&id("a"), |setup| setup.reading.insert(FactKind::Link, asked));
        assert!(setups.is_any_read() && setups.awaited() == 1 && setups.running().is_empty());
        setups.work(&id("a"), |setup| setup.reading.values_mut().for_each(|asked| asked.misses = 1));
        assert!(setups.is_any_read() && setups.awaited() == 0, "a silent one is not awaited for ever");
        setups.work(&id("a"), |setup| setup.reading.clear());
        assert!(!setups.is_any_read());
        setups.work(&id("a"), |setup| setup.flow = Flow::Configured);
        assert!(setups.running().is_empty());
        // What is let go of counts no more.
        setups.work(&id("a"), |setup| setup.reading.insert(FactKind::Link, asked));
        assert!(setups.is_any_read() && setups.awaited() == 1);
        assert!(setups.remove(&id("a")).is_some() && setups.remove(&id("a")).is_none());
        assert!(!setups.is_any_read() && setups.awaited() == 0 && setups.touched() == [id("a")]);
    }
}
