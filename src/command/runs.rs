//! `runs`: the record, to read and to hand on. Reads files only.

use super::printed;
use crate::core::journal::Run;
use crate::core::time::{between, date_and_time, in_words};
use crate::shell::journal::{self, Listed};
use crate::shell::terminal;
use crate::surface::code;
use crate::surface::export::named;
use crate::ui::report::{self, Format};
use crate::ui::text::{clean, fit, fit_name, safe_json, width};
use jiff::tz::TimeZone;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Least and most cells of the name of an environment in the list.
const NAME_MIN: usize = 11;
const NAME_MAX: usize = 30;
/// Cells of a row of the list beside the name, where and as whom: an id, a moment, an outcome, a span, and gaps.
const AROUND_NAMES: usize = 8 + 2 + 19 + 2 + 2 + 15 + 2 + 11;

/// What is wanted of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All runs, the newest first.
    List {
        /// As JSON.
        json: bool,
    },
    /// One run, by its name or the beginning of it.
    Show(String),
    /// One run, in a format.
    Export(String, Format),
}

/// Does it; the exit code.
pub fn run(state_dir: &Path, wanted: &Wanted, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let zone = TimeZone::system();
    let runs = match journal::runs(state_dir) {
        Ok(runs) => runs,
        Err(error) => {
            let words = format!("The record in {} cannot be read: {error}.", state_dir.display());
            let _ = writeln!(err, "{}", clean(&words));
            return code::FAILED;
        }
    };
    let text = match wanted {
        Wanted::List { json } => Ok(if *json { list_json(&runs) } else { list(&runs, &zone, cells_of_a_terminal()) }),
        Wanted::Show(name) => named(&runs, name).map(|run| report::lines(run, &zone).join("\n") + "\n"),
        Wanted::Export(name, format) => named(&runs, name).map(|run| report::export(run, *format, &zone)),
    };
    match text {
        Ok(text) => printed::text(out, err, text.as_bytes()),
        Err((code, words)) => {
            let _ = writeln!(err, "{}", clean(&words));
            code
        }
    }
}

/// Cells of a row where a terminal shows it; anywhere else a row may be as long as it is.
fn cells_of_a_terminal() -> usize {
    let size = if std::io::stdout().is_terminal() { terminal::size().ok() } else { None };
    size.map_or(usize::MAX, |size| usize::from(size.width))
}

/// The list as a table. A terminal that has no room for all of it is not told where and as whom, which `runs show` tells.
fn list(runs: &[Listed], zone: &TimeZone, room: usize) -> String {
    if runs.is_empty() {
        return "No run is on record yet.\n".into();
    }
    let known = || runs.iter().filter_map(|listed| listed.run.as_ref().ok());
    let names = known().map(|run| width(&clean(&run.name))).max().unwrap_or(0).clamp(NAME_MIN, NAME_MAX);
    let place = |run: &Run| format!("  {:<9}  {}", clean(&run.cloud), clean(&run.account));
    let places = known().map(|run| width(&place(run))).max().unwrap_or(0);
    let has_place = AROUND_NAMES + names + places <= room;
    let cells = if has_place { names } else { names.min(room.saturating_sub(AROUND_NAMES)).max(NAME_MIN) };
    let head = format!(
        "Run       Started, local time  {}  Outcome          Span{}",
        fit("Environment", cells, ""),
        if has_place { "         On         By" } else { "" }
    );
    let mut lines = vec![head];
    for listed in runs {
        let short: String = listed.id.chars().take(8).collect();
        lines.push(match &listed.run {
            Ok(run) => {
                let row = format!(
                    "{short:<8}  {}  {}  {:<15}  {:<11}",
                    date_and_time(run.began, zone),
                    fit_name(&clean(&run.name), cells, "..."),
                    run.word(),
                    in_words(between(run.began, run.last)),
                );
                if has_place { row + &place(run) } else { row.trim_end().to_owned() }
            }
            Err(error) => format!("{short:<8}  cannot be read: {}", clean(&error.to_string())),
        });
    }
    lines.join("\n") + "\n"
}

fn list_json(runs: &[Listed]) -> String {
    let all: Vec<_> = runs
        .iter()
        .map(|listed| match &listed.run {
            Ok(run) => report::document(run),
            Err(error) => json!({"run": listed.id, "error": error.to_string()}),
        })
        .collect();
    safe_json(&serde_json::to_string_pretty(&json!({"runs": all})).unwrap_or_default()) + "\n"
}
