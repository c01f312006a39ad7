//! The block for a support case: what is asked first there, as plain text to paste.
//!
//! A pure function of the model. Tokens and codes are not in the model, so none can be in it; what
//! services said is cleaned, cut, and rid of whatever looks like a token. The account is left out.

use super::text::{clean, clean_lines, cut, fit, width};
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::exchange::{Exchange, without_tokens};
use crate::core::facts::Facts;
use crate::core::failure::Failure;
use crate::core::gate;
use crate::core::model::Model;
use crate::core::setup::{Flow, Record, Setup};
use crate::core::sign_in::Session;
use crate::core::standing::standing;
use crate::core::time::Now;
use crate::core::trouble::Trouble;
use std::fmt::Write;

/// Largest block, in bytes. A clipboard that is set through the terminal (OSC 52) takes 74,994 bytes
/// of base64 at most terminals, some multiplexers less; a form of a support case takes some thousand.
pub const BLOCK_MAX: usize = 8 * 1024;
/// Bytes of it that are kept free for requests, whatever else there is to say.
const REQUESTS_ROOM: usize = 3 * 1024;
/// Most requests in it.
const REQUESTS_MAX: usize = 20;
/// What stands above them.
const HEADING: &str = "\nRequests, the newest last (time in UTC)\n";
/// Bytes of the line that says how many are not told.
const SKIPPED_MAX: usize = 40;
/// Longest value of one line, in cells.
const VALUE_MAX: usize = 200;
/// Longest words of what failed, in cells; the rest stands in the record.
const WORDS_MAX: usize = 1_500;
/// Most troubles that are told.
const TROUBLES_MAX: usize = 5;
/// What stands where something was cut.
const CUT: &str = " [cut]";
/// Cells of the labels.
const LABEL: usize = 28;

/// The program that writes the block, and on what it runs.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Version.
    pub version: &'static str,
    /// Operating system.
    pub system: &'static str,
    /// Architecture of the processor.
    pub architecture: &'static str,
}

impl Program {
    /// This one.
    pub const THIS: Self =
        Self { version: env!("CARGO_PKG_VERSION"), system: crate::SYSTEM, architecture: crate::ARCHITECTURE };
}

/// The block about one environment, or about none. Never larger than [`BLOCK_MAX`].
pub fn block(model: &Model, about: Option<&EnvironmentId>, program: Program, now: Now) -> String {
    let mut block = Block(String::new());
    let environment = about.and_then(|id| model.directory.get(id));
    let setup = about.and_then(|id| model.setups.get(id));
    let none = Facts::default();
    let facts = setup.map_or(&none, |setup| &setup.facts);

    block.line("Support information of dualwrite");
    block.line("");
    block.field("Program", Some(&format!("dualwrite {}", program.version)));
    block.field("Operating system", Some(&format!("{} {}", program.system, program.architecture)));
    block.field("Time", Some(&utc(now)));
    block.field("Cloud", Some(&model.cloud.name));
    let tenant = environment.and_then(|of| of.tenant.as_deref()).or(model.session.tenant());
    block.field("Tenant", tenant);
    if let Some(environment) = environment {
        of_environment(&mut block, environment, setup, facts);
    }
    let failure = setup.and_then(|setup| setup.flow.failure());
    what_failed(&mut block, model, setup, failure);
    requests(&mut block, model, environment, facts, failure.map(|failure| failure.at));
    block.0
}

fn of_environment(block: &mut Block, environment: &Environment, setup: Option<&Setup>, facts: &Facts) {
    block.field("Environment", Some(&environment.name));
    block.field("Power Platform environment", environment.power_platform.as_deref());
    block.field("LCS environment", gate::lcs_id(environment, facts));
    let with_version = |url: &str, version: Option<&str>| match version {
        Some(version) => format!("{url} (version {version})"),
        None => url.to_owned(),
    };
    let finops =
        gate::finops_url(environment, facts).map(|url| with_version(url, environment.finops_versions().as_deref()));
    block.field("Finance and operations", finops.as_deref());
    let dataverse = environment.dataverse.as_ref().map(|side| with_version(&side.url, side.version.as_deref()));
    block.field("Dataverse", dataverse.as_deref());
    block.field("Dual-write core solution", facts.core_version().as_deref());
    let link = facts.linked();
    block.field("Dual-write is linked to", link.and_then(|link| link.power_apps_environment.as_deref()));
    block.field("Connection set id", link.and_then(|link| link.cid.as_deref()));
    let Some(setup) = setup else { return };
    let stage = match &setup.flow {
        Flow::Configuring(run) | Flow::ConfigureFailed(run, _) => format!(", {}", run.title()),
        Flow::Linking(link) | Flow::LinkFailed(link, _) => format!(", {} way", link.way.word()),
        _ => String::new(),
    };
    block.field("Stage", Some(&format!("{}{stage}", standing(environment, Some(setup)).words())));
    block.field("Run", (setup.record != Record::New).then_some(setup.run.as_str()));
    if let Flow::Linking(link) | Flow::LinkFailed(link, _) = &setup.flow {
        block.field("Request", Some(&link.request_id));
        block.field("Activity", link.activity.as_deref());
    }
}

fn what_failed(block: &mut Block, model: &Model, setup: Option<&Setup>, failure: Option<&Failure>) {
    if let Some(failure) = failure {
        of_failure(block, failure);
    }
    let stopped = if let Session::Stopped(trouble) = &model.session { Some(trouble) } else { None };
    let directory = &model.directory;
    let lists = [stopped, directory.trouble.as_ref(), directory.lcs_trouble.as_ref()];
    let facts = setup.map(|setup| setup.facts.troubles()).unwrap_or_default();
    let watched = setup.and_then(|setup| setup.watch()?.trouble.as_deref());
    let troubles: Vec<&Trouble> = watched.into_iter().chain(lists.into_iter().flatten()).chain(facts).collect();
    if troubles.is_empty() {
        return;
    }
    block.line("");
    block.line("What could not be read");
    for trouble in troubles.iter().take(TROUBLES_MAX) {
        let code = trouble.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
        block.line(&format!("  {}{code}", trouble.sentence()));
        if !trouble.words.is_empty() {
            block.line(&format!("    {}", trouble.words));
        }
        if let Some(id) = &trouble.correlation {
            block.line(&format!("    Correlation id {id}"));
        }
    }
    if let Some(more) = troubles.len().checked_sub(TROUBLES_MAX).filter(|more| *more > 0) {
        block.line(&format!("  and {more} more"));
    }
}

fn of_failure(block: &mut Block, failure: &Failure) {
    let who = if failure.is_ours { "dualwrite" } else { failure.service.name() };
    block.line("");
    block.line(&format!("What failed: message of {who}, {}", utc(failure.at)));
    if let Some(code) = &failure.code {
        block.line(&format!("  Code {code}"));
    }
    let mut room = WORDS_MAX;
    for line in clean_lines(&failure.words) {
        block.whole(&format!("  {}", cut(&line, room, CUT)));
        room = room.saturating_sub(width(&line));
        if room == 0 {
            break;
        }
    }
    if let Some(fault) = failure.fault {
        block.line(&format!("  Taken for {} {}", fault.code, fault.title));
    }
    for (label, id) in failure.ids.iter().filter(|(_, id)| !id.is_empty()) {
        block.line(&format!("  {label} {id}"));
    }
}

/// The newest requests that fit, in their order; not those about other environments. Of a failure that was looked at
/// for long, those that led to it are told too.
fn requests(block: &mut Block, model: &Model, environment: Option<&Environment>, facts: &Facts, failed: Option<Now>) {
    let is_told = |exchange: &&Exchange| {
        environment.is_none_or(|environment| exchange.is_common() || exchange.is_about(environment, facts))
    };
    let told: Vec<&Exchange> = model.exchanges.iter().filter(is_told).collect();
    if told.is_empty() {
        return;
    }
    let until =
        failed.map_or(told.len(), |at| told.iter().rposition(|exchange| exchange.at <= at).map_or(0, |of| of + 1));
    let (before, since) = told.split_at(until);
    let room = BLOCK_MAX.saturating_sub(block.0.len() + HEADING.len() + SKIPPED_MAX);
    let later = newest(since, REQUESTS_MAX / 2, room / 2);
    let room = room.saturating_sub(later.iter().map(String::len).sum());
    block.0.push_str(HEADING);
    block.0.extend(newest(before, REQUESTS_MAX - later.len(), room));
    if let Some(skipped) = since.len().checked_sub(later.len()).filter(|skipped| *skipped > 0) {
        // Writing to a String cannot fail.
        let _ = writeln!(block.0, "({skipped} more after the failure)");
    }
    block.0.extend(later);
}

/// The newest, at most so many and so many bytes, a line each, in their order.
fn newest(exchanges: &[&Exchange], count: usize, mut room: usize) -> Vec<String> {
    let line = |exchange: &&Exchange| format!("{} {}\n", exchange.at.strftime("%H:%M:%S"), clean(&exchange.line()));
    let fits = |line: &String| {
        let left = room.checked_sub(line.len());
        room = left.unwrap_or_default();
        left.is_some()
    };
    let mut lines: Vec<String> = exchanges.iter().rev().take(count).map(line).take_while(fits).collect();
    lines.reverse();
    lines
}

/// The moment as RFC 3339 has it, in UTC.
fn utc(at: Now) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The text, line by line. A line that does not fit is left out.
struct Block(String);

impl Block {
    fn line(&mut self, text: &str) {
        let indent = text.len() - text.trim_start().len();
        self.whole(&format!("{}{}", &text[..indent], cut(&clean(text), VALUE_MAX, CUT)));
    }

    /// A line that was cleaned and cut already.
    fn whole(&mut self, text: &str) {
        let line = without_tokens(text);
        if self.0.len() + line.len() < BLOCK_MAX - REQUESTS_ROOM {
            // Writing to a String cannot fail.
            let _ = writeln!(self.0, "{}", line.trim_end());
        }
    }

    fn field(&mut self, label: &str, value: Option<&str>) {
        let value = value.map(clean).filter(|value| !value.is_empty());
        if let Some(value) = value {
            self.whole(&format!("{}{}", fit(label, LABEL, ""), cut(&value, VALUE_MAX, CUT)));
        }
    }
}
