//! Which environments are meant, as far as the two lists tell by now. What runs without a screen begins to read
//! with the tenant's list; what needs more than that waits for the list of Lifecycle Services, and whoever waits
//! learns for what.

use super::super::code;
use super::flights::{Flight, Names};
use super::{Headless, Job, Over};
use crate::core::environment::{Environment, EnvironmentId, by_beginning};
use crate::core::model::Model;
use crate::core::pilot::Pilot;
use crate::core::schedule::RETRY_AFTER_MAX;
use crate::core::setup::Flow;
use crate::core::silence;
use crate::core::time::{Now, between, in_words};
use crate::core::trouble::{Again, Trouble};
use crate::surface::events::Subject;
use crate::ui::text::{clean, cut};
use crate::wire::place;
use std::collections::HashSet;
use std::time::Duration;

/// How long the list of Lifecycle Services is waited for without a word.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a check waits for nothing but that list.
const CHECK_LIMIT: Duration = Duration::from_mins(1);
/// The beginning of what is said where it is late: parts of it may be here.
const NO_LCS: &str = "The list of Lifecycle Services is not complete yet";
/// Most cells of a name in a sentence.
const NAME_MAX: usize = 60;

/// How far the lists are.
#[derive(Default)]
pub(super) struct Lists {
    /// What was said last of a list that does not come.
    said: Option<String>,
    /// Since when only the list of Lifecycle Services is missing.
    awaits_lcs: Option<Now>,
    /// The wait for it was told.
    is_told: bool,
    /// Nothing else is waited for any more.
    is_alone: bool,
    /// A check waits for it no more: what it would tell stays unknown.
    pub(super) is_given_up: bool,
}

impl Lists {
    /// How long until the wait for Lifecycle Services is told, while that is still to be told.
    fn late_in(&self, now: Now, patience: Duration) -> Option<Duration> {
        let since = self.awaits_lcs.filter(|_| !self.is_told)?;
        Some(patience.saturating_sub(between(since, now)))
    }
}

/// Whether both lists are there: `None` while that is open.
///
/// # Errors
/// Why there is no list of environments.
pub fn is_listed(model: &Model) -> Option<Result<(), String>> {
    let directory = &model.directory;
    let is_open = directory.reading.is_some() || directory.reading_lcs.is_some();
    if is_open || model.session.account().is_none() {
        return None;
    }
    if directory.read_at.is_some() {
        return Some(Ok(()));
    }
    let words = directory.trouble.as_ref().map(|trouble| trouble.in_full(Again::Command));
    Some(Err(format!("The list of environments cannot be read: {}", words.unwrap_or_default())))
}

/// What is said while a list does not come.
fn no_list(what: &str, silent: &Trouble) -> String {
    let wait = silent.retry_after.map(|wait| wait.min(RETRY_AFTER_MAX));
    let when = wait.map(|wait| format!(" in {}", in_words(wait))).unwrap_or_default();
    format!("{what}: {}; it is asked again{when}.", silent.clause())
}

impl Headless<'_> {
    /// Waits until the environments that are meant are known, all or those of the tenant's list; which they are.
    pub(super) fn list(&mut self) -> Result<Vec<EnvironmentId>, Over> {
        loop {
            self.sign_in()?;
            self.tell_silent_lists();
            if let Some(listed) = is_listed(&self.seat.model) {
                return match listed {
                    Ok(()) => self.meant().map_err(|text| self.stop(code::USAGE, &text)),
                    Err(text) => Err(self.stop(code::UNREACHABLE, &text)),
                };
            }
            let directory = &self.seat.model.directory;
            if directory.read_at.is_some()
                && directory.reading.is_none()
                && let Ok(ids) = self.meant()
            {
                self.lists.awaits_lcs = Some(self.seat.clock.now());
                return Ok(ids);
            }
            if let Some(over) = self.wait() {
                return Err(over);
            }
        }
    }

    fn all(&self) -> &[Environment] {
        &self.seat.model.directory.environments
    }

    /// The environments that are meant, or that none answers to a name.
    fn meant(&self) -> Result<Vec<EnvironmentId>, String> {
        let all = self.all();
        if self.named.is_empty() {
            return Ok(all.iter().map(|environment| environment.id.clone()).collect());
        }
        let (names, mut ids, mut known) = (Names::of(all), Vec::new(), HashSet::new());
        for name in &self.named {
            if self.seat.model.directory.is_shared(name) {
                return Err(shared(all, name));
            }
            let found = names.find(all, name).or_else(|| by_beginning(all, name));
            let environment = found.ok_or_else(|| not_listed(all, name))?;
            if known.insert(&environment.id) {
                ids.push(environment.id.clone());
            }
        }
        Ok(ids)
    }

    /// One more on the ground.
    pub(super) fn add(&mut self, id: EnvironmentId) {
        let orders = match &self.job {
            Job::Run { orders, .. } => orders.clone(),
            // Without consent a pilot reads and stops.
            Job::Status | Job::Check => super::no_orders(),
        };
        let of = self.seat.model.directory.get(&id);
        let name = of.map(|of| of.name.clone()).unwrap_or_default();
        let label = of.map(|of| of.label().into_owned()).unwrap_or_default();
        let subject = Subject { id: id.0.to_string(), name, label, run: String::new() };
        self.flights.add(Flight::new(Pilot::new(id, orders), subject));
    }

    /// Whether more environments can come: nobody named those that are meant, and one list is open.
    pub(super) fn may_grow(&self) -> bool {
        self.named.is_empty() && self.lists.awaits_lcs.is_some()
    }

    /// Takes those that only Lifecycle Services knows, once its list is there.
    pub(super) fn join_late(&mut self) {
        // What was said of rows that wait is another thing once nothing but the list is waited for.
        let is_read = self.flights.all_are_open() && self.seat.model.setups.awaited() == 0;
        if self.may_grow() && is_read && !std::mem::replace(&mut self.lists.is_alone, true) {
            self.lists.awaits_lcs = Some(self.seat.clock.now());
            self.lists.is_told = false;
        }
        self.tell_silent_lists();
        if self.lcs_is_given_up_in().is_some_and(|left| left.is_zero()) {
            self.lists.is_given_up = true;
            self.teller
                .say_error("Lifecycle Services has not sent its whole list in time; what only it knows stays unknown.");
            for at in 0..self.flights.len() {
                self.flights.touch(at);
            }
        }
        if self.seat.model.directory.reading_lcs.is_some() || self.lists.awaits_lcs.take().is_none() {
            return;
        }
        if self.named.is_empty() {
            let late: Vec<EnvironmentId> = self.all().iter().map(|environment| environment.id.clone()).collect();
            for id in late {
                if self.flights.of(&id.0).is_none() {
                    self.add(id);
                }
            }
        }
    }

    /// How long until a check waits for the list of Lifecycle Services no more.
    pub(super) fn lcs_is_given_up_in(&self) -> Option<Duration> {
        let is_open = matches!(self.job, Job::Check) && self.seat.model.directory.reading_lcs.is_some();
        let since = self.lists.awaits_lcs.filter(|_| is_open && !self.lists.is_given_up)?;
        Some(self.seat.clock.of_a_person(CHECK_LIMIT).saturating_sub(between(since, self.seat.clock.now())))
    }

    /// Whether nothing can be said or done of one before the list of Lifecycle Services is there: it tells
    /// prerequisites that stop a change, and the finance and operations side where the tenant's list names none.
    pub(super) fn awaits_list(&self, at: usize) -> bool {
        let directory = &self.seat.model.directory;
        let id = &self.flights[at].pilot.id;
        directory.reading_lcs.is_some()
            && match self.job {
                Job::Status => directory.get(id).is_some_and(|environment| environment.partner.is_none()),
                Job::Check if self.lists.is_given_up => false,
                Job::Check | Job::Run { .. } => {
                    self.setup(id).is_none_or(|setup| matches!(setup.flow, Flow::Details { .. }))
                }
            }
    }

    /// Whether what Lifecycle Services lists can change what is said: it can name further environments, one of those
    /// that were asked for, and the finance and operations side of one whose tenant's list names none; a check and a
    /// run want its facts.
    pub(super) fn needs_lcs(&self) -> bool {
        let directory = &self.seat.model.directory;
        let is_sideless = |flight: &Flight| directory.get(&flight.pilot.id).is_some_and(|of| of.partner.is_none());
        let is_missed = || self.flights.is_empty() && directory.read_at.is_some() && self.meant().is_err();
        !matches!(self.job, Job::Status) || self.named.is_empty() || self.flights.iter().any(is_sideless) || is_missed()
    }

    /// Says once for what is waited, and each time that a list could not be read.
    fn tell_silent_lists(&mut self) {
        let directory = &self.seat.model.directory;
        let bap = directory.trouble.as_ref().filter(|_| directory.reading.is_some());
        let lcs = directory.lcs_trouble.as_ref().filter(|_| directory.reading_lcs.is_some() && self.needs_lcs());
        let late = bap.map(|silent| ("No list yet", silent)).or(lcs.map(|silent| (NO_LCS, silent)));
        if let Some(text) = late.map(|(what, silent)| no_list(what, silent)) {
            if self.lists.said.as_ref() != Some(&text) {
                self.teller.say_error(&text);
                self.lists.said = Some(text);
            }
            self.lists.is_told = true;
        }
        if self.lcs_is_late_in().is_some_and(|left| left.is_zero()) {
            let words = match (&self.job, self.flights.len() - self.flights.over()) {
                (Job::Status, 0) => "the others are listed; it may add more".to_owned(),
                (Job::Status, 1) if self.lists.is_alone => {
                    "1 environment still waits for it; the others are listed".to_owned()
                }
                (Job::Status, rows) if self.lists.is_alone => {
                    format!("{rows} environments still wait for it; the others are listed")
                }
                (Job::Status, _) => "environments that need it wait".to_owned(),
                (Job::Check, _) => "the prerequisites wait for it".to_owned(),
                (Job::Run { .. }, _) => "nothing is changed before it has arrived or failed".to_owned(),
            };
            self.teller.say_error(&format!("Lifecycle Services has not sent its whole list yet; {words}."));
            self.lists.is_told = true;
        }
    }

    /// How long until the wait for Lifecycle Services is told.
    pub(super) fn lcs_is_late_in(&self) -> Option<Duration> {
        self.lists.late_in(self.seat.clock.now(), self.seat.clock.of_a_person(PATIENCE))
    }

    /// What keeps those that wait for a list: said where the time is over.
    pub(super) fn silent_lists(&self, is_timed_out: bool) -> String {
        let silent = silence::of_lists(&self.seat.model).filter(|_| is_timed_out);
        silent.map(|silent| format!("; {silent}")).unwrap_or_default()
    }
}

/// More than one environment has a name; their ids and addresses.
fn shared(all: &[Environment], name: &str) -> String {
    let told = |of: &Environment| {
        let address = of.dataverse.as_ref().map(|side| format!(" at {}", place(&side.url))).unwrap_or_default();
        format!("{}{address}", of.id.0)
    };
    let ids: Vec<String> =
        all.iter().filter(|of| of.name.eq_ignore_ascii_case(name.trim())).map(told).take(10).collect();
    format!(
        "More than one environment is called “{}”: {}. Give the id of the one you mean.",
        cut(&clean(name), NAME_MAX, "..."),
        clean(&ids.join(", "))
    )
}

/// No environment answers to a name; those that there are.
fn not_listed(all: &[Environment], name: &str) -> String {
    let names: Vec<String> = all.iter().take(10).map(|of| cut(&clean(&of.label()), NAME_MAX, "...")).collect();
    format!(
        "No environment matches “{}”. This account sees {}: {}{}. Give a name, an id or an address.",
        cut(&clean(name), NAME_MAX, "..."),
        all.len(),
        names.join(", "),
        if all.len() > names.len() { ", ..." } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::later;

    #[test]
    fn a_wait_is_told_once_after_the_patience_of_a_person() {
        let start = Now::UNIX_EPOCH;
        let mut lists = Lists::default();
        assert_eq!(lists.late_in(start, PATIENCE), None, "nothing is waited for");
        lists.awaits_lcs = Some(start);
        assert_eq!(lists.late_in(start, PATIENCE * 60), Some(PATIENCE * 60));
        assert_eq!(lists.late_in(later(start, PATIENCE), PATIENCE), Some(Duration::ZERO));
        lists.is_told = true;
        assert_eq!(lists.late_in(later(start, PATIENCE), PATIENCE), None);
    }
}
