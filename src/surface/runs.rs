//! `runs`: the record, to read and to hand on. Reads files only.

use super::{code, printed};
use crate::core::journal::Run;
use crate::core::msg::Exported;
use crate::core::time::{between, date_and_time, in_words};
use crate::shell::journal::{self, Listed};
use crate::shell::{private, terminal};
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

/// Writes a run into a directory, in every format. Where one of them is a link, the link
/// is replaced and not what it leads to: a directory may be shared.
///
/// # Errors
/// A sentence about what could not be read or written.
pub fn export_to_files(state_dir: &Path, id: &str, zone: &TimeZone, into: &Path) -> Result<Exported, String> {
    let runs = journal::runs(state_dir).map_err(|error| error.to_string())?;
    let run = named(&runs, id).map_err(|(_, words)| words)?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = run.name.chars().filter(|letter| is_plain(*letter)).take(NAME_MAX).collect();
    let short: String = run.id.chars().take(8).collect();
    let files: Result<Vec<String>, String> = Format::ALL
        .into_iter()
        .map(|format| {
            let file = format!("dualwrite-{name}-{short}.{}", format.extension());
            private::replace(&into.join(&file), report::export(run, format, zone).as_bytes())
                .map_err(|error| format!("{file}: {error}"))?;
            Ok(file)
        })
        .collect();
    // A folder in which something was just written has a whole path; else the one that was asked for.
    let folder = into.canonicalize().unwrap_or_else(|_| into.to_owned());
    Ok(Exported { files: files?, folder: clean(&folder.display().to_string()) })
}

/// The run of this name, or of which it is the beginning.
fn named<'a>(runs: &'a [Listed], name: &str) -> Result<&'a Run, (u8, String)> {
    let fits: Vec<&Listed> = runs.iter().filter(|listed| !name.is_empty() && listed.id.starts_with(name)).collect();
    match fits.as_slice() {
        [one] => one.run.as_ref().map_err(|error| {
            (
                code::FAILED,
                format!("The record cannot be used: {error}. Nothing in it was changed; keep it for support."),
            )
        }),
        [] => Err((code::USAGE, format!("No run begins with “{name}”. `dualwrite runs` lists them all."))),
        many => Err((code::USAGE, format!("{} runs begin with “{name}”. Give more of it.", many.len()))),
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
        "Run       Started (local time)   {}  Outcome          Span{}",
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
