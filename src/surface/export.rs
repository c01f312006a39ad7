//! A run of the record, found by its name, and written to files that can be handed on. Never changes the record.

use super::code;
use crate::core::journal::Run;
use crate::core::msg::Exported;
use crate::shell::journal::{self, Listed};
use crate::shell::private;
use crate::ui::report::{self, Format};
use crate::ui::text::clean;
use jiff::tz::TimeZone;
use std::path::Path;

/// Most letters of the name of an environment in the name of a file.
const NAME_MAX: usize = 30;

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
///
/// # Errors
/// The exit code, and a sentence about why none can be shown.
pub fn named<'a>(runs: &'a [Listed], name: &str) -> Result<&'a Run, (u8, String)> {
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
