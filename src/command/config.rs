//! `config`: a settings file to begin with, and what holds with who says so.

use crate::settings::{Flags, Settings, SettingsError, begin, default_file};
use crate::shell::journal;
use crate::surface::code;
use crate::ui::text::{clean, clean_lines, fit, width};
use std::io::Write;
use std::path::Path;

/// Cells of a value, at most, before who says it.
const VALUE_MAX: usize = 60;

/// Writes a settings file of remarks; the exit code. `file` was named, else the user's own is written.
pub fn init(file: Option<&Path>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let written = file.map_or_else(default_file, |file| Ok(file.to_owned())).and_then(|file| {
        begin(&file)?;
        Ok(file)
    });
    match written {
        Ok(file) => {
            let _ =
                writeln!(out, "{} was written. Everything in it is a remark until you take its # away.", show(&file));
            code::DONE
        }
        Err(error) => refuse(&error, err),
    }
}

/// Says what holds, and who says so; the exit code.
pub fn tell(settings: &Settings, flags: Flags, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let told = match settings.told(flags) {
        Ok(told) => told,
        Err(error) => return refuse(&error, err),
    };
    let file = match &settings.file {
        Some(file) if file.exists() => show(file),
        Some(file) => format!("{} (not there; dualwrite config init writes it)", show(file)),
        None => "none; this system names no directory for it (--config names a file)".to_owned(),
    };
    let _ = writeln!(out, "settings file      {file}\n");
    let own_state_dir = journal::default_state_dir().map(|dir| dir.display().to_string()).ok();
    let rows: Vec<(&str, String, String)> = told
        .into_iter()
        .map(|told| {
            let value = told.value.or_else(|| own_state_dir.clone().filter(|_| told.key == "state_dir"));
            (told.key, clean(value.as_deref().unwrap_or("-")), told.origin.to_string())
        })
        .collect();
    let cells = rows.iter().map(|(_, value, _)| width(value)).max().unwrap_or(0).min(VALUE_MAX);
    for (key, value, origin) in rows {
        // A value that is longer is not cut: it is there to be copied.
        let _ =
            writeln!(out, "{key:<18} {}  {origin}", if width(&value) > cells { value } else { fit(&value, cells, "") });
    }
    code::DONE
}

fn show(file: &Path) -> String {
    clean(&file.display().to_string())
}

fn refuse(error: &SettingsError, err: &mut dyn Write) -> u8 {
    let _ = writeln!(err, "{}", clean_lines(&error.to_string()).join("\n"));
    code::USAGE
}
