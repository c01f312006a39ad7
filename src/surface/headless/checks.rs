//! `check`: the prerequisites of each environment, told once all are read, as one document or as lines.

use super::super::code;
use super::{Headless, Over, Show, documents};
use crate::core::check::{self, Level, Tri};
use crate::core::environment::EnvironmentId;
use crate::core::gate;
use crate::core::journal::RunId;
use crate::core::model::Model;
use crate::core::setup::Setup;
use crate::core::trouble::Trouble;
use crate::ui::text::clean;
use serde_json::{Value, json};

/// Whether a service did not tell what was asked about an environment: what the flow stands on, for whatever reason;
/// what is only good to know and the project's list, if it may be told the next time.
pub fn is_unread(model: &Model, setup: &Setup) -> bool {
    let mut all = model.directory.lcs_trouble.iter().chain(setup.facts.unanswered());
    setup.facts.troubles().into_iter().any(Trouble::is_of_service) || all.any(Trouble::is_passing)
}

impl Headless<'_> {
    /// What was asked of one was answered.
    pub(super) fn check_one(&mut self, at: usize) {
        let id = &self.flights[at].pilot.id;
        if self.setup(id).is_some_and(|setup| setup.reading.is_empty()) {
            self.flights.end(at, code::DONE, "");
        }
    }

    /// It is left before its end: what is known is told, as the one document that a program awaits.
    pub(super) fn cut_check(&mut self, code: u8, words: &str) -> Over {
        let (all, over) = (self.flights.len(), self.flights.over());
        self.teller.wipe();
        let (highest, _) = self.end_check();
        self.teller.say_error(&format!("{words}; {} of {all} environments were not read to their end", all - over));
        (highest.max(code), words.to_owned())
    }

    /// All that was read, and the exit code.
    pub(super) fn end_check(&mut self) -> Over {
        let model = &self.seat.model;
        let (mut blocked, mut mismatch, mut is_unread) = (false, false, self.lists.is_given_up);
        let unopened = Setup::new(EnvironmentId("".into()), RunId::default());
        let mut documents = Vec::new();
        let mut lines = Vec::new();
        for flight in self.flights.iter() {
            let id = &flight.pilot.id;
            let Some(environment) = model.directory.get(id) else { continue };
            // One that nobody has opened is in the document all the same: nothing of it is known.
            let opened = model.setups.get(id);
            let setup = opened.unwrap_or(&unopened);
            let checks = check::of_setup(environment, setup);
            mismatch |= gate::mismatch(environment, &setup.facts).is_some();
            blocked |= checks.iter().any(|check| check.level == Level::Block && check.answer == Tri::No);
            let unanswered: Vec<&Trouble> =
                model.directory.lcs_trouble.iter().chain(setup.facts.unanswered()).collect();
            is_unread |= self::is_unread(model, setup);
            if opened.is_some() {
                lines.push(format!("{}  {}", clean(&environment.name), clean(&id.0)));
                lines.extend(documents::check_lines(&checks, &unanswered));
            }
            documents.push(json!({
                "environment": {"id": &*id.0, "name": environment.name},
                "checks": checks.iter().map(documents::check).collect::<Vec<_>>(),
            }));
        }
        if self.teller.show() == Show::Json {
            // One environment is one document, as the interface has it; several are a list of them.
            let document = if documents.len() == 1 { documents.remove(0) } else { Value::Array(documents) };
            self.teller.document(&document);
        } else {
            for line in lines {
                self.teller.text(&line, documents::WHAT_AT);
            }
        }
        let code = match (mismatch, blocked, is_unread) {
            (true, ..) => code::MISMATCH,
            (_, true, _) => code::PREREQUISITES,
            (.., true) => code::UNREACHABLE,
            _ => code::DONE,
        };
        (code, "done".into())
    }
}
