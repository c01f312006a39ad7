//! Files of settings: reading them with a limit, saying where something is wrong in them, beginning one, and writing
//! a profile into one without losing what a person wrote there.

use super::SettingsError;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::string::FromUtf8Error;
use toml_edit::{DocumentMut, Item, Table};

/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 64 * 1024;
/// Columns beyond which the line in question is not shown.
const SHOWN_MAX: usize = 100;

/// The text of a file, to say where something is wrong in it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Names the file.
    pub(super) origin: &'a str,
    /// All of it.
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// Something is wrong at this place (bytes).
    pub(super) fn wrong(&self, span: &Range<usize>, why: impl Into<String>) -> SettingsError {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let column = self.text[line_start..start].chars().count() + 1;
        let shown = if line.chars().count() > SHOWN_MAX {
            String::new()
        } else {
            // One cell for each letter, so that the mark stands where it should.
            let line = without_secret(line).replace('\t', " ");
            format!("\n  {line}\n{:>width$}", '^', width = column + 2)
        };
        SettingsError::At {
            origin: self.origin.to_owned(),
            line: before.matches('\n').count() + 1,
            column,
            why: why.into(),
            shown,
        }
    }

    /// What the reader of TOML says, at its place.
    pub(super) fn not_toml(&self, error: &toml::de::Error) -> SettingsError {
        let why = plain(error.message().trim_end_matches('.'));
        let why = format!("{why}. Correct this line, or take it out.");
        self.wrong(&error.span().unwrap_or(0..0), why)
    }
}

/// A line as it may be shown: what is kept under a key that sounds like a secret belongs into no file of ours, and into
/// no log of a build either.
fn without_secret(line: &str) -> String {
    let Some((key, _)) = line.split_once('=') else { return line.to_owned() };
    let name = key.to_ascii_lowercase();
    let is_secret = ["secret", "password", "token", "assertion"].iter().any(|word| name.contains(word));
    if is_secret && name.trim() != "token_store" { format!("{key}= (not shown)") } else { line.to_owned() }
}

/// Reads a file whole; `what` names it in errors.
pub(super) fn read(file: &Path, what: &'static str, advice: &'static str) -> Result<String, SettingsError> {
    let origin = || file.display().to_string();
    let failed = |source| SettingsError::Read { what, origin: origin(), source, advice };
    let about = fs::metadata(file).map_err(failed)?;
    if !about.is_file() || about.len() > FILE_MAX {
        return Err(SettingsError::NotAFile { what, origin: origin() });
    }
    let text = String::from_utf8(fs::read(file).map_err(failed)?).map_err(|error| not_text(&origin(), &error))?;
    // Some editors begin a text with a mark of its byte order.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

fn not_text(origin: &str, error: &FromUtf8Error) -> SettingsError {
    let whole = String::from_utf8_lossy(error.as_bytes());
    // What is before the first wrong byte is the same in both.
    let at = error.utf8_error().valid_up_to();
    Source { origin, text: &whole }.wrong(&(at..at), "This is no UTF-8 text. Save the file as UTF-8.")
}

/// Puts the tables and values of `addition` into the file: what has their names there is replaced, all
/// else stays as it is, comments and order too. Makes the file and its directory where they are not.
///
/// # Errors
/// Says what could not be read or written; the file is then as it was.
pub(super) fn put(file: &Path, addition: &str) -> Result<(), SettingsError> {
    let failed = |source| SettingsError::Write { origin: file.display().to_string(), source };
    let text = match read(file, "settings file", "Nothing was changed. Name another file with --config.") {
        Ok(text) => text,
        Err(SettingsError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let merged = merged(&text, addition)
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error.message().to_owned())))?;
    write(file, &merged).map_err(failed)
}

/// Writes a new file, and its directory where that is not there.
///
/// # Errors
/// When there is one, or it cannot be written.
pub(super) fn begin(file: &Path, text: &str) -> Result<(), SettingsError> {
    let origin = file.display().to_string();
    // What a link leads to nowhere is something, too.
    if fs::symlink_metadata(file).is_ok() {
        return Err(SettingsError::IsThere { origin });
    }
    write(file, text).map_err(|source| SettingsError::Write { origin, source })
}

fn merged(text: &str, addition: &str) -> Result<String, toml_edit::TomlError> {
    if text.trim().is_empty() {
        return Ok(addition.to_owned());
    }
    let mut document: DocumentMut = text.parse()?;
    let addition: DocumentMut = addition.parse()?;
    merge(document.as_table_mut(), addition.as_table(), 0);
    Ok(document.to_string())
}

/// Tables within tables that are merged, not replaced: the table of all clouds.
const MERGED_DEPTH: usize = 1;

fn merge(into: &mut Table, from: &Table, depth: usize) {
    for (key, item) in from {
        match (into.get_mut(key), item) {
            (Some(Item::Table(into)), Item::Table(from)) if depth < MERGED_DEPTH => merge(into, from, depth + 1),
            // Only the value: what a person wrote around it stays.
            (Some(Item::Value(old)), Item::Value(new)) => {
                let decor = old.decor().clone();
                *old = new.clone();
                *old.decor_mut() = decor;
            }
            _ => {
                let mut item = item.clone();
                unplaced(&mut item);
                into.insert(key, item);
            }
        }
    }
}

/// A table that comes from another document stands at the end of this one.
fn unplaced(item: &mut Item) {
    if let Item::Table(table) = item {
        table.set_position(None);
        table.iter_mut().for_each(|(_, item)| unplaced(item));
    }
}

/// Whole or not at all, and for its owner only.
fn write(file: &Path, text: &str) -> io::Result<()> {
    // Where the file is a link, what it leads to is replaced, not the link.
    let file = &fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if let Some(dir) = file.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
    }
    let mut name = file.file_name().map(std::ffi::OsStr::to_os_string).ok_or(io::ErrorKind::InvalidInput)?;
    name.push(format!(".{}.new", std::process::id()));
    let new = file.with_file_name(name);
    let mut options = OpenOptions::new();
    // Made anew: what is there in its place, a link of somebody else's perhaps, is not written through.
    let _ = fs::remove_file(&new);
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&new, file));
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}

/// The reader's words for kinds of values, in those of whoever writes the file.
fn plain(why: &str) -> String {
    let words = [
        ("unknown variant", "unknown value"),
        ("unknown field", "unknown setting"),
        ("expected u64", "expected a whole number"),
        ("expected a boolean", "expected true or false"),
        ("expected literal string", "a value was expected"),
        ("wanted string or table", "expected a text in quotes"),
    ];
    words.into_iter().fold(why.to_owned(), |why, (theirs, ours)| why.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDITION: &str =
        "cloud = \"contoso\"\n\n[clouds.contoso]\nlike = \"public\"\n# a remark\ntenant = \"contoso.com\"\n";

    #[test]
    fn a_place_is_counted_in_lines_and_letters() {
        let source = Source { origin: "c.toml", text: "a = 1\n\té = 2\n" };
        let error = source.wrong(&(10..11), "It is wrong.").to_string();
        assert_eq!(error, "c.toml, line 2, column 4: It is wrong.\n   é = 2\n     ^");
        assert!(source.wrong(&(999..999), "x").to_string().contains("line 3, column 1"));
    }

    #[test]
    fn a_secret_in_a_file_is_named_by_its_place_and_not_shown() {
        for line in ["client_secret = \"8Q~value\"", "  Password=value", "graph_token = 'value'"] {
            let source = Source { origin: "c.toml", text: line };
            let error = source.wrong(&(0..1), "It is unknown.").to_string();
            assert!(error.contains("(not shown)") && !error.contains("value"), "{error}");
        }
        let source = Source { origin: "c.toml", text: "token_store = \"value\"" };
        assert!(source.wrong(&(0..1), "x").to_string().contains("value"));
    }

    #[test]
    fn a_file_in_another_encoding_is_refused_with_its_place() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("config.toml");
        fs::write(&file, b"a = 1\n# \xc3\xa9\xe9\n").unwrap();
        let error = read(&file, "settings file", "").unwrap_err().to_string();
        assert!(error.contains("config.toml, line 2, column 4: This is no UTF-8 text"), "{error}");
    }

    #[test]
    fn an_empty_file_gets_what_is_added_as_it_stands() {
        assert_eq!(merged("\n", ADDITION).unwrap(), ADDITION);
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let text = "# mine\ntoken_store = \"memory\" # for now\n\n# the test tenant\n[clouds.test]\nlike = \"gcc\"\n";
        let merged = merged(text, ADDITION).unwrap();
        assert!(merged.starts_with("# mine\ntoken_store = \"memory\" # for now\n"), "{merged}");
        assert!(merged.contains("# the test tenant\n[clouds.test]\nlike = \"gcc\"\n"), "{merged}");
        assert!(merged.ends_with(&ADDITION[ADDITION.find("[clouds").unwrap()..]), "{merged}");
        let read: toml::Table = toml::from_str(&merged).unwrap();
        assert_eq!(read["cloud"].as_str(), Some("contoso"));
        assert_eq!(read["clouds"].as_table().unwrap().len(), 2);
    }

    #[test]
    fn what_has_the_same_name_is_replaced() {
        let text = "cloud = \"old\" # which\n[clouds.contoso]\nlike = \"gcc\"\nlcs_project = 7\n\n[clouds.z]\nlike = \"dod\"\n";
        let merged = merged(text, ADDITION).unwrap();
        assert!(merged.starts_with("cloud = \"contoso\" # which\n"), "{merged}");
        assert!(!merged.contains("lcs_project") && merged.contains("[clouds.z]"), "{merged}");
        assert_eq!(merged.matches("[clouds.contoso]").count(), 1);
    }

    #[test]
    fn a_file_is_made_with_its_directory_for_its_owner_alone() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("a/b/config.toml");
        put(&file, ADDITION).unwrap();
        put(&file, ADDITION).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), ADDITION);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_stays_as_it_was() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("config.toml");
        fs::write(&file, "cloud = ").unwrap();
        assert!(put(&file, ADDITION).unwrap_err().to_string().contains("config.toml"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "cloud = ");
        fs::write(dir.path().join("no-directory"), "").unwrap();
        assert!(put(&dir.path().join("no-directory/config.toml"), ADDITION).is_err());
    }
}
