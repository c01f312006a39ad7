//! How a run of one environment ends: its exit code, its outcome in a word, and what helps; and the summary of many.

use super::super::code;
use super::Headless;
use super::documents::name_cells;
use crate::core::check::{self, Check, Tri};
use crate::core::environment::EnvironmentId;
use crate::core::failure::Halt;
use crate::core::fault::When;
use crate::core::gate;
use crate::core::linking::Confirmation;
use crate::core::model::Model;
use crate::core::pilot::End;
use crate::core::remedy;
use crate::core::setup::{Flow, Setup};
use crate::core::trouble::{capital, record_help};
use crate::ui::text::{clean, fit_name};

/// What is left to do after a failure, beside what its words and remedies say.
const AGAIN: &str = "what is done stays done; once it is fixed, run the same command again";

/// The same where the services end with the program.
const REHEARSAL_ENDS: &str = "this rehearsal ends here; the same command starts it again";

/// How a run of one environment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Exit code.
    pub code: u8,
    /// In a word, for programs.
    pub outcome: &'static str,
    /// What is left to say; what failed is told before, from the record.
    pub words: String,
}

impl Ending {
    /// How a run ended with this model.
    pub fn of(end: &End, model: &Model, id: &EnvironmentId) -> Self {
        let of = Of { model, id };
        let (code, outcome, words) = match end {
            End::Linked => (code::DONE, "linked", of.unconfirmed()),
            End::Configured => (code::DONE, "configured", String::new()),
            End::Consent(why) => (code::CONSENT, "consent_missing", why.clone()),
            End::Choice(why) => (code::CONSENT, "choice_missing", why.clone()),
            End::Held(why) => (code::CONSENT, "held", why.clone()),
            End::NoRecord(why) => (code::FAILED, "no_record", why.clone()),
            End::Unreachable(why) => (code::UNREACHABLE, "unreachable", why.clone()),
            End::Prerequisites(why) => (code::PREREQUISITES, "prerequisites_not_met", why.clone()),
            End::ConfigureFailed | End::LinkFailed if of.stop() == Some(Halt::NoRecord) => {
                (code::FAILED, "no_record", of.record_first())
            }
            End::ConfigureFailed | End::LinkFailed if of.stop() == Some(Halt::CouldNotRead) => {
                (code::UNREACHABLE, "unreachable", String::new())
            }
            End::ConfigureFailed => (code::CONFIGURE, "configure_failed", of.way_on()),
            End::LinkFailed => (code::LINK, "link_failed", of.way_on()),
            End::Mismatch(why) if why.is_empty() => (code::MISMATCH, "mismatch", of.mismatch()),
            End::Mismatch(why) => (code::MISMATCH, "mismatch", why.clone()),
        };
        Self { code, outcome, words }
    }
}

/// What is said of a set-up that is left on its way: why, what goes on without it, and who was silent.
pub fn left(setup: &Setup, why: &str, silent: Option<String>, is_rehearsal: bool) -> String {
    let why = why.trim_end_matches('.');
    let parts = [Some(why.to_owned()), Some(setup.once_left(is_rehearsal)), silent];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Words that are the same for many, each once with its number, in the order in which they came first.
#[derive(Debug, Default)]
pub(super) struct Together(Vec<(String, usize)>);

impl Together {
    /// One more.
    pub(super) fn add(&mut self, words: String) {
        match self.0.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => self.0.push((words, 1)),
        }
    }

    /// All of them in one phrase.
    pub(super) fn in_short(self) -> String {
        self.counted().map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
    }

    /// How many there are of each.
    pub(super) fn counted(self) -> impl Iterator<Item = (usize, String)> {
        self.0.into_iter().map(|(words, count)| (count, words))
    }
}

impl Headless<'_> {
    /// Names each environment with how it ended, those that need a look last, next to the eye; and how many ended how.
    pub(super) fn sum_up(&mut self) {
        let cells = name_cells(self.flights.iter().map(|flight| flight.subject.label.as_str()));
        let mut ended: Vec<(u8, String, String)> = Vec::new();
        for (at, flight) in self.flights.iter().enumerate() {
            let (code, outcome) = flight.ended().cloned().unwrap_or_default();
            // Of what was left on its way it matters whether it runs.
            let is_left = matches!(outcome.as_str(), "interrupted" | "timed_out");
            let far = match self.setup(&flight.pilot.id) {
                _ if !is_left => "",
                None if self.is_begun_before(at) => ", not resumed",
                None => ", not started",
                Some(setup) if setup.goes_on().is_some() && !self.seat.model.cloud.ends_with_program => {
                    ", continues in the service"
                }
                Some(_) => "",
            };
            ended.push((
                code,
                format!("{}{far}", outcome.replace('_', " ")),
                fit_name(&clean(&flight.subject.label), cells, "..."),
            ));
        }
        ended.sort_by_key(|(code, ..)| *code != code::DONE);
        let mut counts = Together::default();
        self.teller.line("");
        for (code, outcome, name) in ended {
            self.teller.line(&format!("{name}  {outcome} (exit {code})"));
            counts.add(outcome);
        }
        self.teller.line(&format!("{} environments: {}", self.flights.len(), counts.in_short()));
    }
}

/// The environment in the model.
struct Of<'a> {
    model: &'a Model,
    id: &'a EnvironmentId,
}

impl Of<'_> {
    /// What made a failed flow stop.
    fn stop(&self) -> Option<Halt> {
        Some(self.model.setups.get(self.id)?.flow.failure()?.halt)
    }

    /// How the link was confirmed, where the dual-write service does not show it.
    fn unconfirmed(&self) -> String {
        match self.model.setups.get(self.id).map(|setup| &setup.flow) {
            Some(Flow::Linked(link)) if link.confirmed != Confirmation::Gateway => link.confirmed.words(),
            _ => String::new(),
        }
    }

    /// What only the wizard can do, and how to come to it.
    fn in_the_wizard(&self, what: &str) -> String {
        let back = self.model.directory.get(self.id).map(|of| self.model.cloud.come_back(of));
        format!("{what} in the wizard: {}", back.unwrap_or_default())
    }

    /// How to go on after a failure whose words and remedies were told: which identities are not in order and where
    /// they can be mended, where it is of them; else what the next run does.
    fn way_on(&self) -> String {
        let (Some(environment), Some(setup)) = (self.model.directory.get(self.id), self.model.setups.get(self.id))
        else {
            return String::new();
        };
        let checks = check::of_setup(environment, setup);
        let is_of_identities =
            matches!(&setup.flow, Flow::LinkFailed(_, failure) if remedy::is_of_identities(failure, &checks));
        let again = if self.model.cloud.ends_with_program { REHEARSAL_ENDS } else { AGAIN };
        if !is_of_identities {
            return again.into();
        }
        let is_wrong = |check: &&Check| check::IDENTITIES.contains(&check.id) && check.answer == Tri::No;
        let found = checks
            .iter()
            .filter(is_wrong)
            .map(|check| format!("{} {}. Not met: {}", check.id, check.what, check.reason));
        let found = found.collect::<Vec<_>>().join("; ");
        if gate::repair(environment, &setup.facts) {
            let what = "dualwrite setup fixes identities that are missing or disabled, and Repair the identities does";
            let place = self.in_the_wizard(what);
            format!("{found}. {place}")
        } else {
            format!("{found}. {}", capital(again))
        }
    }

    /// What lets the record be written again; then the same command goes on.
    fn record_first(&self) -> String {
        let failure = self.model.setups.get(self.id).and_then(|setup| setup.flow.failure());
        let words = failure.map(|failure| failure.words.as_str()).unwrap_or_default();
        format!("{} {}", record_help(words), capital(AGAIN))
    }

    /// Who names which environment, and the way out.
    fn mismatch(&self) -> String {
        let directory = &self.model.directory;
        let (Some(environment), Some(setup)) = (directory.get(self.id), self.model.setups.get(self.id)) else {
            return String::new();
        };
        let found = gate::mismatch(environment, &setup.facts);
        let name = |id: Option<&String>| match id {
            Some(id) => directory.name_of(id).map_or_else(|| id.clone(), |name| format!("{name} ({id})")),
            None => "none".to_owned(),
        };
        let owner = setup.facts.connection_set.value().and_then(|set| set.owner_text());
        let owner = owner.map(|owner| format!(", owner {owner}")).unwrap_or_default();
        let linked = name(found.as_ref().and_then(|found| found.linked_to.as_ref()));
        let integration = name(found.as_ref().and_then(|found| found.integration.as_ref()));
        let mut way_out = self.in_the_wizard("the remedies are");
        if found.as_ref().is_some_and(|found| found.when == When::IntegrationSetUp) {
            let back = self.model.cloud.come_back(environment);
            let reset = back.replacen("dualwrite", "dualwrite reset", 1);
            way_out = format!("{way_out}; what a reset of the link would do: {reset} --dry-run");
        }
        format!(
            "dual-write is linked to another environment, {linked}{owner}; Power Platform Integration names {integration}; {way_out}"
        )
    }
}
