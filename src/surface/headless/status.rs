//! `status`: one row for each environment, told as soon as it is known, and then nothing of it is kept.
//!
//! In lines, rows come in the order of the list as far as nobody has to wait long for it ([`Rows`]); as JSON it is one
//! document in that order, written bit by bit.

use super::ending::Together;
use super::rows::{Rows, Turns};
use super::silent::SILENCE;
use super::{Headless, Over, Show, TOLD_EACH, code, documents};
use crate::core::msg::{Intent, Msg};
use crate::core::silence;
use crate::core::standing::{Standing, standing};
use crate::core::time::{Now, between, later};
use crate::core::trouble::{Again, What};
use crate::ui::text::{clean, safe_json};
use serde_json::json;
use std::time::Duration;

/// How long a row is held for those before it in the list.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long one environment is read before its row is told without what is missing: a service that is silent is asked
/// twice, for half a minute each, and where many wait for it most of them only wait for their turn.
const ROW_LIMIT: Duration = Duration::from_secs(70);
/// Reasons that are told below the rows.
const REASONS_MAX: usize = 20;

/// What was told, and what is still to be told.
pub(super) struct Report {
    rows: Rows<String>,
    /// Those that are read.
    turns: Turns,
    /// When a row was told last, or who is silent.
    told: Option<Now>,
    /// Who was said to be silent.
    silent: String,
    /// Cells of a name.
    cells: usize,
    /// Rows of the document that were written.
    written: usize,
    /// Why some of it could not be told, each once.
    reasons: Vec<String>,
    /// There are more of them.
    has_more: bool,
    /// How many are how far.
    counts: Together,
    /// Something did not answer, or cannot now.
    is_unread: bool,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            rows: Rows::new(Duration::MAX),
            turns: Turns::default(),
            told: None,
            silent: String::new(),
            cells: 0,
            written: 0,
            reasons: Vec::new(),
            has_more: false,
            counts: Together::default(),
            is_unread: false,
        }
    }
}

impl Report {
    fn reason(&mut self, words: String) {
        if self.reasons.contains(&words) {
            return;
        }
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(words);
        } else {
            self.has_more = true;
        }
    }
}

impl Headless<'_> {
    /// Begins: the head of the table, or of the document.
    pub(super) fn begin_status(&mut self) {
        if self.teller.show() == Show::Json {
            self.teller.part("{\n  \"environments\": [");
            return;
        }
        self.report.rows = Rows::new(self.seat.clock.of_a_person(PATIENCE));
        self.report.cells = documents::name_cells(self.flights.iter().map(|flight| flight.subject.label.as_str()));
        let head = documents::status_head(self.report.cells);
        self.teller.line(head.trim_end());
    }

    /// What tells how far one is was read: its row.
    pub(super) fn status_one(&mut self, at: usize) {
        let id = &self.flights[at].pilot.id;
        if self.setup(id).is_none_or(|setup| setup.reading.is_empty()) {
            self.put_row(at, None);
        }
    }

    /// One was opened.
    pub(super) fn status_opened(&mut self, at: usize, now: Now) {
        self.report.told.get_or_insert(now);
        self.report.turns.put(at, now);
    }

    /// The one that has been read for longest, and when its time is over.
    fn first_turn(&mut self) -> Option<(usize, Now)> {
        let limit = self.seat.clock.of_a_person(ROW_LIMIT);
        self.report.turns.first(limit, |at| self.flights[at].ended().is_some())
    }

    /// Tells the rows of those that were read for long enough, and who is silent where nothing is told.
    pub(super) fn tell_overdue(&mut self) {
        let now = self.seat.clock.now();
        while let Some((at, _)) = self.first_turn().filter(|(_, due)| *due <= now) {
            // One that waits for a list only is told with that.
            if self.awaits_list(at) {
                self.report.turns.skip();
                continue;
            }
            let words = self.unanswered(at, now).unwrap_or_else(|| "no answer in time".into());
            self.report.is_unread = true;
            self.put_row(at, Some(&words));
        }
        let Some((at, _)) = self.first_turn() else { return };
        if self.report.told.is_some_and(|told| between(told, now) >= self.seat.clock.of_a_person(SILENCE)) {
            self.report.told = Some(now);
            let words = self.unanswered(at, now).unwrap_or_default();
            if !words.is_empty() && self.report.silent != words {
                let (told, all) = (self.flights.over(), self.flights.len());
                self.teller.say_error(&format!("{told} of {all} environments listed so far; {words}."));
                self.report.silent = words;
            }
        }
    }

    fn unanswered(&self, at: usize, now: Now) -> Option<String> {
        self.setup(&self.flights[at].pilot.id).and_then(|setup| silence::of_setup(setup, now))
    }

    /// The row of one. `cut`: why it was not read to its end; then the document does not say how far it is.
    fn put_row(&mut self, at: usize, cut: Option<&str>) {
        let id = self.flights[at].pilot.id.clone();
        let (now, is_json) = (self.seat.clock.now(), self.teller.show() == Show::Json);
        let setup = self.seat.model.setups.get(&id);
        let troubles = setup.map(|setup| setup.facts.troubles()).unwrap_or_default();
        self.report.is_unread |= troubles.iter().any(|trouble| trouble.is_of_service());
        for words in documents::what_helps(&troubles) {
            self.report.reason(words);
        }
        // One that the list has lost has no row.
        let row = self.seat.model.directory.get(&id).map(|environment| {
            // What is told is not read any further.
            let far = Some(standing(environment, setup)).filter(|far| *far != Standing::BeingRead);
            let far = far.unwrap_or(Standing::NotRead);
            self.report.counts.add(far.words().to_owned());
            if is_json {
                let mut told = documents::status(environment, setup);
                if let (Some(why), Some(told)) = (cut, told.as_object_mut()) {
                    told.insert("stage".into(), Standing::NotRead.word().into());
                    told.insert("unread".into(), json!([format!("not read to its end: {why}")]));
                }
                let text = serde_json::to_string_pretty(&told).unwrap_or_default();
                format!("\n    {}", safe_json(&text).replace('\n', "\n    "))
            } else {
                let cut =
                    cut.filter(|_| troubles.is_empty()).map(|why| format!(" ({})", clean(why))).unwrap_or_default();
                let line = documents::status_line(environment, setup, far, self.report.cells);
                format!("{}{cut}\n", line.trim_end())
            }
        });
        self.report.rows.put(at, row.unwrap_or_default(), now);
        self.flights.end(at, code::DONE, "");
        self.seat.tell(Msg::Intent(Intent::LetGo(id)));
    }

    /// Tells the rows that may be told.
    pub(super) fn tell_rows(&mut self) {
        let rows = self.report.rows.take(self.seat.clock.now());
        self.write_rows(rows);
    }

    fn write_rows(&mut self, rows: Vec<String>) {
        let mut text = String::new();
        for row in rows.into_iter().filter(|row| !row.is_empty()) {
            if self.teller.show() == Show::Json && self.report.written > 0 {
                text.push(',');
            }
            self.report.written += 1;
            text.push_str(&row);
        }
        if !text.is_empty() {
            self.report.told = Some(self.seat.clock.now());
            self.teller.part(&text);
        }
    }

    /// How long until a row has been held, or one was read, for long enough, or somebody silent is named.
    pub(super) fn rows_in(&mut self, now: Now) -> Option<Duration> {
        let open = self.first_turn().map(|(_, due)| due);
        let quiet =
            self.report.told.filter(|_| open.is_some()).map(|told| later(told, self.seat.clock.of_a_person(SILENCE)));
        [self.report.rows.due(), open, quiet].into_iter().flatten().min().map(|due| between(now, due))
    }

    /// The end of it: what could not be told, and the exit code.
    pub(super) fn end_status(&mut self) -> Over {
        let rows = self.report.rows.rest();
        self.write_rows(rows);
        if let Some(trouble) = self.seat.model.directory.lcs_trouble.clone().filter(|_| self.needs_lcs()) {
            self.report.is_unread |= trouble.is_passing();
            for words in documents::what_helps(&[&trouble]) {
                self.report.reason(words);
            }
        }
        if self.teller.show() == Show::Json {
            // In the document each environment has what is its own.
            let lists = self.seat.model.directory.lcs_trouble.as_ref();
            if let Some(trouble) = lists.filter(|trouble| trouble.what != What::NotConfigured) {
                self.teller.say_error(&trouble.in_full(Again::Command));
            }
            let end = if self.report.written > 0 { "\n  ]\n}\n" } else { "]\n}\n" };
            self.teller.part(end);
        } else {
            if self.flights.len() > TOLD_EACH && self.flights.over() > 0 {
                let counts = std::mem::take(&mut self.report.counts).in_short();
                self.teller.line(&format!(
                    "\n{} of {} environments: {counts}",
                    self.flights.over(),
                    self.flights.len()
                ));
            }
            let reasons = std::mem::take(&mut self.report.reasons);
            let more = self.report.has_more.then_some("  There are more; status --json has those of each environment.");
            if !reasons.is_empty() {
                self.teller.line("\nWhat to do about what could not be read");
            }
            for words in reasons {
                self.teller.line(&format!("  {}", clean(&words)));
            }
            if let Some(more) = more {
                self.teller.line(more);
            }
        }
        (if self.report.is_unread { code::UNREACHABLE } else { code::DONE }, "done".into())
    }

    /// It is left before its end: what is known is told. As JSON all environments have their row.
    pub(super) fn cut_status(&mut self, code: u8, words: &str) -> Over {
        let (all, over) = (self.flights.len(), self.flights.over());
        if self.teller.show() == Show::Json {
            for at in 0..all {
                if self.flights[at].ended().is_none() {
                    self.put_row(at, Some(words));
                }
            }
        }
        let (highest, _) = self.end_status();
        let lists = self.silent_lists(code == code::TIMED_OUT);
        self.teller.say_error(&format!("{words}; {} of {all} environments were not read{lists}", all - over));
        (highest.max(code), words.to_owned())
    }
}
