//! What `status` and `check` print: one JSON document, or lines.

use crate::core::check::{self, Check, Level, Tri};
use crate::core::environment::{Environment, Fact};
use crate::core::gate;
use crate::core::setup::Setup;
use crate::core::standing::{Standing, standing};
use crate::core::trouble::{Again, Trouble, What, capital, joinable};
use crate::ui::text::{clean, fit, fit_name, width};
use crate::wire::place;
use serde_json::{Value, json};

/// Cells in front of what a prerequisite asks: its id and the gaps.
pub(super) const WHAT_AT: usize = 7;
/// Least and most cells of the name of an environment.
const NAME_LEAST: usize = 11;
const NAME_MAX: usize = 40;
/// Cells of how far it is.
const STANDING: usize = 22;

/// The prerequisites of an environment: what is not met first, then what could not be told and what would
/// help to tell, what is to be confirmed by hand, and what is met.
pub(super) fn check_lines(checks: &[Check], unanswered: &[&Trouble]) -> Vec<String> {
    let mut lines = vec![check::tally(checks).in_short()];
    let is = |answer: Tri| move |check: &&Check| check.answer == answer && !check.is_by_hand();
    let not_met =
        |made: bool| checks.iter().filter(is(Tri::No)).filter(|check| (check.level == Level::Made) == made).collect();
    section(&mut lines, "Not met", not_met(false));
    section(&mut lines, "Not yet: Dual-write application makes it", not_met(true));
    unknown(&mut lines, &checks.iter().filter(is(Tri::Unknown)).collect::<Vec<_>>());
    help(&mut lines, unanswered);
    section(&mut lines, "Confirm yourself", checks.iter().filter(|check| check.is_by_hand()).collect());
    section(&mut lines, "Met", checks.iter().filter(is(Tri::Yes)).collect());
    lines
}

fn section(lines: &mut Vec<String>, title: &str, of: Vec<&Check>) {
    if of.is_empty() {
        return;
    }
    lines.extend([String::new(), title.to_owned()]);
    for check in of {
        let reason = check.known().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
        lines.push(format!("  {}  {}{reason}", check.id, check.what));
        if check.answer == Tri::No || check.is_by_hand() {
            let address = check.address.as_deref().map(|url| format!(" {}", clean(url))).unwrap_or_default();
            lines.push(format!("       {}{address}", check.remedy));
        }
    }
}

/// What could not be told. Where one reason stands for several of them it is said once, above them.
fn unknown(lines: &mut Vec<String>, of: &[&Check]) {
    if of.is_empty() {
        return;
    }
    lines.extend([String::new(), "Could not tell".to_owned()]);
    let mut reasons: Vec<(&str, Vec<&Check>)> = Vec::new();
    for &check in of {
        match reasons.iter_mut().find(|(reason, _)| *reason == check.reason) {
            Some((_, all)) => all.push(check),
            None => reasons.push((&check.reason, vec![check])),
        }
    }
    for (reason, all) in reasons {
        if let [one] = all.as_slice() {
            lines.push(format!("  {}  {}: {}", one.id, one.what, clean(reason)));
        } else {
            lines.push(format!("  {}:", capital(joinable(&clean(reason)))));
            lines.extend(all.iter().map(|check| format!("    {}  {}", check.id, check.what)));
        }
    }
}

/// A prerequisite as JSON.
pub(super) fn check(check: &Check) -> Value {
    json!({
        "id": check.id, "what": check.what, "answer": check.answer.word(), "reason": check.reason,
        "level": check.level.word(), "side": check.side.word(), "route": check.sure.word(),
        "evidence": check.evidence(), "read_at": check.read_at.map(|at| at.to_string()),
        "remedy": check.remedy, "address": check.address, "doc_url": check.doc_url,
    })
}

/// How far an environment is, as JSON.
pub(super) fn status(environment: &Environment, setup: Option<&Setup>) -> Value {
    let link = match setup.map(|setup| &setup.facts.link) {
        Some(Fact::Known(Some(_), _)) => "linked",
        Some(Fact::Known(None, _)) => "not_linked",
        _ => "unknown",
    };
    let mismatch = match setup {
        Some(setup) if gate::mismatch(environment, &setup.facts).is_some() => Value::Bool(true),
        Some(setup) if setup.facts.link.value().is_some() => Value::Bool(false),
        _ => Value::Null,
    };
    json!({
        "id": &*environment.id.0,
        "name": environment.name,
        "finops_url": finops(environment, setup),
        "dataverse_url": environment.dataverse.as_ref().map(|side| &side.url),
        "stage": standing(environment, setup).word(),
        "link": link,
        "mismatch": mismatch,
        "unread": setup.map(|setup| what_helps(&setup.facts.troubles())).unwrap_or_default(),
    })
}

/// Below what could not be told: what helps.
fn help(lines: &mut Vec<String>, troubles: &[&Trouble]) {
    let all = what_helps(troubles);
    if !all.is_empty() {
        lines.extend([String::new(), "What to do about what could not be read".to_owned()]);
        lines.extend(all.iter().map(|words| format!("  {}", clean(words))));
    }
}

/// What did not answer or was refused and what helps, each sentence once. What the cloud profile does not name was
/// not asked.
pub fn what_helps(troubles: &[&Trouble]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for trouble in troubles.iter().filter(|trouble| trouble.what != What::NotConfigured) {
        let words = trouble.whole_in_full(Again::Command);
        if !all.contains(&words) {
            all.push(words);
        }
    }
    all
}

/// Cells of the column of names.
pub(super) fn name_cells<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| width(&clean(name))).max().unwrap_or(0).clamp(NAME_LEAST, NAME_MAX)
}

/// The head of the table of how far each environment is.
pub(super) fn status_head(cells: usize) -> String {
    columns(cells, "Environment", "Set-up", "Finance and operations")
}

/// How `far` an environment is, in a line of the table, with who did not answer.
pub(super) fn status_line(environment: &Environment, setup: Option<&Setup>, far: Standing, cells: usize) -> String {
    let host = finops(environment, setup).map_or_else(|| "not known".to_owned(), |url| clean(&place(url)));
    let line = columns(cells, &clean(&environment.label()), far.words(), &host);
    let troubles = setup.map(|setup| setup.facts.troubles()).unwrap_or_default();
    let mut silent: Vec<String> = Vec::new();
    for words in troubles.iter().filter(|trouble| trouble.is_passing()).map(|trouble| trouble.sentence()) {
        if !silent.contains(&words) {
            silent.push(words);
        }
    }
    if silent.is_empty() { line } else { format!("{line} ({})", clean(&silent.join("; "))) }
}

fn columns(cells: usize, name: &str, far: &str, host: &str) -> String {
    format!("{}  {}  {host}", fit_name(name, cells, "..."), fit(far, STANDING, ""))
}

/// Address of finance and operations, as far as it is known.
fn finops<'a>(environment: &'a Environment, setup: Option<&'a Setup>) -> Option<&'a str> {
    setup.map_or_else(|| environment.finops_url(), |setup| gate::finops_url(environment, &setup.facts))
}
