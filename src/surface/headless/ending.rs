//! How a run of one environment ends: its exit code, its outcome in a word, and what helps.

use super::super::code;
use super::Headless;
use crate::core::failure::Halt;
use crate::core::gate;
use crate::core::pilot::End;
use crate::core::setup::Flow;

impl Headless<'_> {
    pub(super) fn end(&mut self, at: usize, end: &End) {
        let (code, outcome, words) = match end {
            End::Linked => (code::DONE, "linked", String::new()),
            End::Configured => (code::DONE, "configured", String::new()),
            End::Consent(why) => (code::CONSENT, "consent_missing", why.clone()),
            End::Choice(why) => (code::CONSENT, "choice_missing", why.clone()),
            End::Held(why) => (code::CONSENT, "held", why.clone()),
            End::NoRecord(why) => (code::FAILED, "no_record", why.clone()),
            End::Unreachable(why) => (code::UNREACHABLE, "unreachable", why.clone()),
            End::Prerequisites(why) => (code::PREREQUISITES, "prerequisites_not_met", why.clone()),
            End::ConfigureFailed | End::LinkFailed if self.stop_of(at) == Some(Halt::NoRecord) => {
                (code::FAILED, "no_record", String::new())
            }
            End::ConfigureFailed if self.stop_of(at) == Some(Halt::CouldNotRead) => {
                (code::UNREACHABLE, "unreachable", String::new())
            }
            End::ConfigureFailed => (code::CONFIGURE, "configure_failed", self.next_move(at)),
            End::LinkFailed => (code::LINK, "link_failed", self.next_move(at)),
            End::Mismatch(why) if why.is_empty() => (code::MISMATCH, "mismatch", self.mismatch(at)),
            End::Mismatch(why) => (code::MISMATCH, "mismatch", why.clone()),
        };
        self.finish(at, code, outcome, &words);
    }

    /// What made a failed flow stop.
    fn stop_of(&self, at: usize) -> Option<Halt> {
        match self.setup(&self.flights[at].pilot.id).map(|setup| &setup.flow) {
            Some(Flow::ConfigureFailed(_, failure) | Flow::LinkFailed(_, failure)) => Some(failure.halt),
            _ => None,
        }
    }

    /// What only the wizard can do, and how to come to it.
    fn in_the_wizard(&self, at: usize, what: &str) -> String {
        let id = &self.flights[at].pilot.id;
        let back = self.seat.model.directory.get(id).map(|of| self.seat.model.cloud.come_back(of));
        format!("{what} in the wizard: {}", back.unwrap_or_default())
    }

    /// What helps after a failed link, beyond the remedies of the catalogue.
    fn next_move(&self, at: usize) -> String {
        let id = &self.flights[at].pilot.id;
        match (self.seat.model.directory.get(id), self.setup(id)) {
            (Some(environment), Some(setup)) if gate::repair(environment, &setup.facts) => {
                self.in_the_wizard(at, "the identities that are missing can be made (f)")
            }
            _ => String::new(),
        }
    }

    /// Who names which environment, and the way out.
    fn mismatch(&self, at: usize) -> String {
        let id = &self.flights[at].pilot.id;
        let directory = &self.seat.model.directory;
        let (Some(environment), Some(setup)) = (directory.get(id), self.setup(id)) else { return String::new() };
        let found = gate::mismatch(environment, &setup.facts);
        let name = |id: Option<&String>| match id {
            Some(id) => directory.name_of(id).map_or_else(|| id.clone(), |name| format!("{name} ({id})")),
            None => "none".to_owned(),
        };
        let owner = setup.facts.connection_set.value().and_then(|set| set.owner_text());
        let owner = owner.map(|owner| format!(", owner {owner}")).unwrap_or_default();
        let linked = name(found.as_ref().and_then(|found| found.linked_to.as_ref()));
        let integration = name(found.as_ref().and_then(|found| found.integration.as_ref()));
        let way_out = self.in_the_wizard(at, "the remedies are");
        format!(
            "dual-write is linked to another environment, {linked}{owner}; Power Platform Integration names {integration}; {way_out}"
        )
    }
}
