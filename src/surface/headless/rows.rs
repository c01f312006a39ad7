//! The rows of many environments in the order of the list, as far as that can be had: a row that is known is held for
//! those before it, and no longer than a person would wait. Rows that come later than that come where they come.
//! Pure: time comes in as an argument.

use crate::core::time::{Now, between, later};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Rows that are known and not told yet.
pub(super) struct Rows<T> {
    /// How long a row is held for those before it.
    patience: Duration,
    /// The first row that others are held for; those before it were told, or come when they come.
    next: usize,
    held: BTreeMap<usize, T>,
    /// Since when each is known, the oldest first; some of them were told.
    known: VecDeque<(Now, usize)>,
}

impl<T> Rows<T> {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, next: 0, held: BTreeMap::new(), known: VecDeque::new() }
    }

    /// The row at this place is known.
    pub(super) fn put(&mut self, at: usize, row: T, now: Now) {
        self.held.insert(at, row);
        self.known.push_back((now, at));
    }

    /// Those that may be told now.
    pub(super) fn take(&mut self, now: Now) -> Vec<T> {
        while let Some((since, at)) = self.known.front().copied()
            && between(since, now) >= self.patience
        {
            self.known.pop_front();
            self.next = self.next.max(at + 1);
        }
        let mut told = Vec::new();
        while let Some(first) = self.held.first_entry().filter(|first| *first.key() <= self.next) {
            self.next = self.next.max(first.key() + 1);
            told.push(first.remove());
        }
        while self.known.front().is_some_and(|(_, at)| !self.held.contains_key(at)) {
            self.known.pop_front();
        }
        told
    }

    /// All that are left.
    pub(super) fn rest(&mut self) -> Vec<T> {
        std::mem::take(&mut self.held).into_values().collect()
    }

    /// When one has been held for long enough, as it was when rows were taken last; none where none is held.
    pub(super) fn due(&self) -> Option<Now> {
        self.known.front().map(|(since, _)| later(*since, self.patience))
    }
}

/// Those that are read, with since when, the first first.
#[derive(Default)]
pub(super) struct Turns(VecDeque<(Now, usize)>);

impl Turns {
    /// One more is read.
    pub(super) fn put(&mut self, at: usize, now: Now) {
        self.0.push_back((now, at));
    }

    /// The one that has been read for longest, and when it has been for `limit`; those that have ended are forgotten.
    pub(super) fn first(&mut self, limit: Duration, has_ended: impl Fn(usize) -> bool) -> Option<(usize, Now)> {
        while self.0.front().is_some_and(|(_, at)| has_ended(*at)) {
            self.0.pop_front();
        }
        self.0.front().map(|(since, at)| (*at, later(*since, limit)))
    }

    /// The first one is waited for no more.
    pub(super) fn skip(&mut self) {
        self.0.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Now {
        Now::from_second(seconds).unwrap()
    }

    #[test]
    fn rows_come_in_the_order_of_the_list_and_one_that_is_late_holds_up_nobody_for_long() {
        let mut rows = Rows::new(Duration::from_secs(3));
        rows.put(1, 1, at(0));
        assert_eq!((rows.take(at(0)), rows.due()), (vec![], Some(at(3))));
        rows.put(0, 0, at(1));
        rows.put(3, 3, at(1));
        rows.put(5, 5, at(2));
        assert_eq!((rows.take(at(2)), rows.due()), (vec![0, 1], Some(at(4))));
        assert_eq!(rows.take(at(4)), [3], "the third is late; those after it are held for the fifth");
        rows.put(2, 2, at(5));
        assert_eq!(rows.take(at(5)), vec![2, 5], "what was late comes at once");
        assert_eq!((rows.take(at(99)), rows.due()), (vec![], None));
    }

    #[test]
    fn the_one_that_is_read_for_longest_has_its_turn_until_its_time_is_over() {
        let mut turns = Turns::default();
        let limit = Duration::from_secs(70);
        for place in 0..3 {
            turns.put(place, at(i64::try_from(place).unwrap()));
        }
        assert_eq!(turns.first(limit, |_| false), Some((0, at(70))));
        assert_eq!(turns.first(limit, |place| place < 1), Some((1, at(71))));
        turns.skip();
        assert_eq!(turns.first(limit, |_| false), Some((2, at(72))));
        assert_eq!(turns.first(limit, |_| true), None);
    }

    #[test]
    fn with_endless_patience_the_order_is_that_of_the_list() {
        let mut rows = Rows::new(Duration::MAX);
        for place in [2, 1, 4] {
            rows.put(place, place, at(0));
        }
        assert!(rows.take(at(1_000_000)).is_empty());
        rows.put(0, 0, at(1_000_000));
        assert_eq!(rows.take(at(1_000_000)), [0, 1, 2]);
        assert_eq!(rows.rest(), [4]);
    }
}
