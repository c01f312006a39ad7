//! `runs`: the record, to read and to hand on. Reads files only.

use super::{code, printed};
use crate::core::journal::Run;
use crate::core::msg::Exported;
use crate::core::time::{between, date_and_time, in_words};
use crate::shell::journal::{self, Listed};
use crate::shell::private;
use crate::ui::report::{self, Format};
use crate::ui::text::{clean, fit, fit_name, safe_json, width};
use jiff::tz::TimeZone;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Most cells of the name of an environment in the list.
const NAME_MAX: usize = 30;

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
        Wanted::List { json } => Ok(if *json { list_json(&runs) } else { list(&runs, &zone) }),
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

fn list(runs: &[Listed], zone: &TimeZone) -> String {
    if runs.is_empty() {
        return "No run is on record yet.\n".into();
    }
    let names = runs.iter().filter_map(|listed| listed.run.as_ref().ok()).map(|run| width(&clean(&run.name)));
    let cells = names.max().unwrap_or(0).clamp(11, NAME_MAX);
    let head = format!(
        "Run       Began (local time)   {}  Outcome          Span         On         By",
        fit("Environment", cells, "")
    );
    let mut lines = vec![head];
    for listed in runs {
        let short: String = listed.id.chars().take(8).collect();
        lines.push(match &listed.run {
            Ok(run) => format!(
                "{short:<8}  {}  {}  {:<15}  {:<11}  {:<9}  {}",
                date_and_time(run.began, zone),
                fit_name(&clean(&run.name), cells, "..."),
                run.word(),
                in_words(between(run.began, run.last)),
                clean(&run.cloud),
                clean(&run.account)
            ),
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
