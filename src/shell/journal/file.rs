//! One run on disk: a file of JSON lines, each with its number and a checksum.
//!
//! A line is one write, and durable before anybody is told so. A torn last line (the program or the
//! machine ended in the middle of it: it has no end) is dropped; damage is refused with its place. A
//! line that could not be written is written before the next one, so that nothing is missing in the
//! middle. Between two lines the file is not open: ten thousand runs would take as many descriptors.

use crate::core::journal::Entry;
use crate::core::unseen::safe_json;
use crate::shell::private;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What follows the checksum of a line, and how long both are: `,"crc":"00000000"}`.
const CHECKSUM: &str = ",\"crc\":\"";
/// Cells of the checksum with what surrounds it.
const CHECKSUM_LEN: usize = CHECKSUM.len() + 8 + 2;
/// The end of a file that is read to see whether its run is over.
const TAIL: u64 = 8 * 1024;
/// Largest record that is read, in bytes: some hundred thousand lines. A run has some hundred.
const FILE_MAX: u64 = 64 * 1024 * 1024;
/// Most lines that wait for a disk that is full; the oldest goes first.
const WAITING_MAX: usize = 1_000;

/// Why the record of a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line in the middle is not what was written.
    #[error("{path}, line {line}: {why}", path = .path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

#[derive(Serialize)]
struct LineOut<'a> {
    seq: u64,
    #[serde(flatten)]
    entry: &'a Entry,
}

#[derive(Deserialize)]
struct LineIn {
    seq: u64,
    #[serde(flatten)]
    entry: Entry,
}

/// A run that is being written.
pub struct RunFile {
    path: PathBuf,
    /// The file as this program left it.
    left: Left,
    /// Number of the last line.
    seq: u64,
    waiting: VecDeque<Entry>,
    /// What the file holds, in case somebody deletes it.
    written: Vec<Entry>,
}

/// What tells a file from another one in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    /// Device and number of the file, where the system has them.
    id: Option<(u64, u64)>,
    /// Bytes, all of them whole lines.
    len: u64,
}

impl Left {
    fn of(about: &Metadata) -> Self {
        #[cfg(unix)]
        let id = {
            use std::os::unix::fs::MetadataExt;
            Some((about.dev(), about.ino()))
        };
        #[cfg(not(unix))]
        let id = None;
        Self { id, len: about.len() }
    }
}

impl RunFile {
    /// Reads a run to add to it, or begins it.
    ///
    /// # Errors
    /// When it cannot be opened, or is damaged.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let at = |source| JournalError::Io { path: path.to_owned(), source };
        let file = private::append(path).map_err(at)?;
        let text = private::read_whole(path, FILE_MAX).map_err(at)?;
        let whole = parse(path, &text)?;
        let left = Left { len: whole.len as u64, ..Left::of(&file.metadata().map_err(at)?) };
        if whole.len < text.len() {
            file.set_len(left.len).map_err(at)?;
            file.sync_data().map_err(at)?;
        }
        let seq = whole.entries.len() as u64;
        Ok(Self { path: path.to_owned(), left, seq, waiting: VecDeque::new(), written: whole.entries })
    }

    /// The environment that the run is of, as its first line has it.
    pub fn environment(&self) -> Option<&str> {
        self.written.iter().chain(&self.waiting).next().map(|entry| entry.environment.as_str())
    }

    /// Whether the file at its path is still as it was left: not deleted, not another one, nothing added.
    pub fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok_and(|about| Left::of(&about) == self.left)
    }

    /// Adds an entry, after those that could not be written before. Durable when it returns.
    ///
    /// # Errors
    /// When it could not be written; it is written before the next one then.
    pub fn append(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.keep(entry);
        self.write_waiting().map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }

    /// An entry that is written before the next one.
    pub fn keep(&mut self, entry: Entry) {
        if self.waiting.len() == WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(entry);
    }

    /// Takes the place of what was not as it was left any more. What that has told and is not in this file, all of
    /// it where somebody has deleted it, is written before the next entry.
    pub fn follow(&mut self, before: Self) {
        // Lines that another program has added stay where they are.
        let lost = before.written.strip_prefix(self.written.as_slice()).unwrap_or_default();
        self.waiting = lost.iter().cloned().chain(before.waiting).collect();
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        let file = private::append(&self.path)?;
        if Left::of(&file.metadata()?) != self.left {
            return Err(io::Error::other("somebody has changed it just now"));
        }
        while let Some(entry) = self.waiting.front() {
            match write(&file, self.seq + 1, entry) {
                Ok(bytes) => self.left.len += bytes,
                Err(error) => {
                    // What was written of the line goes: the next one must not stand behind half a line.
                    let _ = file.set_len(self.left.len);
                    return Err(error);
                }
            }
            self.seq += 1;
            self.written.extend(self.waiting.pop_front());
        }
        Ok(())
    }
}

/// Writes a line; how many bytes it has.
fn write(mut file: &File, seq: u64, entry: &Entry) -> io::Result<u64> {
    let line = line(seq, entry)?;
    file.write_all(&line)?;
    file.sync_data()?;
    Ok(line.len() as u64)
}

/// The bytes of a line, with its end.
///
/// # Errors
/// Never for an entry of this program.
pub fn line(seq: u64, entry: &Entry) -> io::Result<Vec<u8>> {
    // Somebody will look at the file with `cat`: what a terminal could obey stands there as an escape.
    let mut line = safe_json(&serde_json::to_string(&LineOut { seq, entry })?).into_bytes();
    let checksum = checksum(&line);
    line.pop();
    line.extend_from_slice(checksum.as_bytes());
    line.push(b'\n');
    Ok(line)
}

/// What stands in a line in place of its last brace.
fn checksum(body: &[u8]) -> String {
    format!("{CHECKSUM}{:08x}\"}}", crc32fast::hash(body))
}

/// What a file holds.
struct Whole {
    entries: Vec<Entry>,
    /// Bytes of whole lines.
    len: usize,
}

fn parse(path: &Path, text: &[u8]) -> Result<Whole, JournalError> {
    let mut whole = Whole { entries: Vec::new(), len: 0 };
    // What is written to a run goes to the file of its name. A line of another run would lead it elsewhere.
    let of_this_run = |entry: &Entry| path.file_stem().is_some_and(|own| own == entry.run.as_str());
    let damaged = |before: usize, why| Err(JournalError::Damaged { path: path.to_owned(), line: before + 1, why });
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match entry_of(line, whole.entries.len() as u64 + 1) {
            Ok(entry) if !of_this_run(&entry) => return damaged(whole.entries.len(), "the line is of another run"),
            Ok(entry) => {
                whole.entries.push(entry);
                whole.len += line.len();
            }
            // Only the last line has no end: its write was torn. One that ends was written whole, so it is damaged.
            Err(_) if !line.ends_with(b"\n") => break,
            Err(why) => return damaged(whole.entries.len(), why),
        }
    }
    Ok(whole)
}

/// The entry of a line that must have this number.
fn entry_of(line: &[u8], seq: u64) -> Result<Entry, &'static str> {
    let line = line.strip_suffix(b"\n").ok_or("the line does not end")?;
    let body = line.len().checked_sub(CHECKSUM_LEN).ok_or("the line has no checksum")?;
    let (body, written) = line.split_at(body);
    if !written.starts_with(CHECKSUM.as_bytes()) {
        return Err("the line has no checksum");
    }
    let mut body = body.to_vec();
    body.push(b'}');
    // As text: a digit that was changed into another spelling of itself is a changed byte, too.
    if checksum(&body).as_bytes() != written {
        return Err("the checksum does not fit the line");
    }
    let line: LineIn = serde_json::from_slice(&body).map_err(|_| "the line is of another version of this program")?;
    if line.seq == seq { Ok(line.entry) } else { Err("a line before this one is missing") }
}

/// The entries of a run; without a torn last line.
///
/// # Errors
/// When the file cannot be read, or is damaged.
pub fn read(path: &Path) -> Result<Vec<Entry>, JournalError> {
    let at = |source| JournalError::Io { path: path.to_owned(), source };
    entries(path, &private::read_whole(path, FILE_MAX).map_err(at)?)
}

/// The entries in the bytes of a run's file; without a torn last line. Nothing is read: the path names the run.
///
/// # Errors
/// When it is damaged.
pub fn entries(path: &Path, bytes: &[u8]) -> Result<Vec<Entry>, JournalError> {
    Ok(parse(path, bytes)?.entries)
}

/// Whether the last line says that nothing runs any more. Reads the end of the file only, so that a
/// thousand old runs cost little at the start.
///
/// # Errors
/// When the file cannot be read.
pub fn is_over(path: &Path) -> io::Result<bool> {
    let mut file = private::read(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
    let tail = private::whole(&file, TAIL)?;
    let last = tail.strip_suffix(b"\n").map(|text| text.rsplit(|byte| *byte == b'\n').next().unwrap_or(text));
    let is_finished = |line: &[u8]| {
        let mark = b"\"event\":\"finished\"";
        line.windows(mark.len()).any(|window| window == mark)
    };
    // A torn line, or one longer than the tail: the whole file is read later.
    Ok(last.is_some_and(|line| line.starts_with(b"{\"seq\":") && is_finished(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::journal::{Outcome, What};
    use jiff::Timestamp;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn entry(what: What) -> Entry {
        Entry { at: Timestamp::UNIX_EPOCH, run: "r".into(), environment: "e".into(), what }
    }

    fn left(reason: &str) -> Entry {
        entry(What::Left { reason: reason.into() })
    }

    fn written(count: usize) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        let mut file = RunFile::open(&path).unwrap();
        for at in 0..count {
            file.append(left(&at.to_string())).unwrap();
        }
        (dir, path)
    }

    #[test]
    fn what_was_written_is_read_and_added_to() {
        let (_dir, path) = written(3);
        RunFile::open(&path).unwrap().append(left("3")).unwrap();
        let reasons: Vec<Entry> = (0..4).map(|at| left(&at.to_string())).collect();
        assert_eq!(read(&path).unwrap(), reasons);
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_written_over() {
        let (_dir, path) = written(3);
        let text = std::fs::read(&path).unwrap();
        let second = text.len() / 3 * 2;
        for cut in second + 1..text.len() {
            std::fs::write(&path, &text[..cut]).unwrap();
            assert_eq!(read(&path).unwrap().len(), 2, "cut at {cut}");
        }
        RunFile::open(&path).unwrap().append(left("again")).unwrap();
        let entries = read(&path).unwrap();
        assert_eq!((entries.len(), &entries[2]), (3, &left("again")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_file_is_open_between_two_lines() {
        let (dir, path) = written(0);
        let mut file = RunFile::open(&path).unwrap();
        file.append(left("0")).unwrap();
        let here = std::fs::canonicalize(dir.path()).unwrap();
        let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        assert_eq!(open.filter(|one| std::fs::read_link(one.path()).is_ok_and(|to| to.starts_with(&here))).count(), 0);
    }

    #[test]
    fn what_others_did_to_the_file_is_seen_and_nothing_of_a_run_is_lost() {
        let (_dir, path) = written(0);
        let mut file = RunFile::open(&path).unwrap();
        file.append(left("0")).unwrap();
        // Another program has added a line: it stays, and no number is there twice.
        RunFile::open(&path).unwrap().append(left("other")).unwrap();
        assert!(!file.is_there());
        let refused = file.append(left("1")).unwrap_err().to_string();
        assert!(refused.contains("somebody has changed it"), "{refused}");
        let again = |file: RunFile| {
            let mut found = RunFile::open(&path).unwrap();
            found.follow(file);
            found
        };
        let mut file = again(file);
        file.append(left("2")).unwrap();
        assert_eq!(read(&path).unwrap(), ["0", "other", "1", "2"].map(left));
        // The rest of a line that could not be taken back.
        std::fs::write(&path, [std::fs::read(&path).unwrap(), b"{\"seq\":5,".to_vec()].concat()).unwrap();
        let mut file = again(file);
        file.append(left("3")).unwrap();
        assert_eq!(read(&path).unwrap(), ["0", "other", "1", "2", "3"].map(left));
        std::fs::remove_file(&path).unwrap();
        again(file).append(left("4")).unwrap();
        assert_eq!(read(&path).unwrap(), ["0", "other", "1", "2", "3", "4"].map(left));
    }

    #[test]
    fn a_last_line_that_ends_was_not_torn_and_is_damage_with_its_place() {
        let (_dir, path) = written(3);
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.rfind("\"2\"").unwrap() + 1;
        std::fs::write(&path, format!("{}7{}", &text[..at], &text[at + 1..])).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 3: the checksum does not fit the line"), "{error}");
        assert!(RunFile::open(&path).is_err(), "it must not be written over");
        std::fs::write(&path, text + "junk\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("line 4: the line has no checksum"));
    }

    #[test]
    fn a_file_of_one_line_that_was_never_ours_is_damage() {
        let (_dir, path) = written(0);
        std::fs::write(&path, "junk\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("line 1: the line has no checksum"));
        // The first line of a run that was torn: nothing had begun.
        std::fs::write(&path, "{\"seq\":1,").unwrap();
        assert_eq!(read(&path).unwrap(), []);
    }

    #[test]
    fn a_missing_line_is_damage() {
        let (_dir, path) = written(3);
        let text = std::fs::read_to_string(&path).unwrap();
        let without: Vec<&str> = text.lines().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line).collect();
        std::fs::write(&path, without.join("\n") + "\n" + text.lines().last().unwrap() + "\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2: a line before this one is missing"), "{error}");
        assert!(RunFile::open(&path).is_err(), "it must not be written to");
    }

    #[test]
    fn a_line_of_another_run_is_refused_so_that_nothing_is_written_where_it_leads() {
        let (_dir, path) = written(1);
        let lines = |run: &str| {
            let entry = Entry { run: run.into(), ..left("x") };
            [line(1, &entry).unwrap(), line(2, &entry).unwrap()].concat()
        };
        std::fs::write(&path, lines("../../elsewhere")).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 1: the line is of another run"), "{error}");
        std::fs::write(&path, lines("r")).unwrap();
        assert_eq!(read(&path).unwrap().len(), 2);
    }

    #[test]
    fn a_record_holds_nothing_that_a_terminal_obeys() {
        let words = "a\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{e0041}\0\r\n";
        let bytes = line(1, &left(words)).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.trim_end().chars().any(crate::core::unseen::is_unseen), "{text:?}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read(&path).unwrap(), [left(words)]);
    }

    #[test]
    fn a_finished_run_is_over_and_a_torn_one_is_not() {
        let (_dir, path) = written(200);
        assert!(!is_over(&path).unwrap());
        RunFile::open(&path).unwrap().append(entry(What::Finished { outcome: Outcome::Linked })).unwrap();
        assert!(is_over(&path).unwrap());
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 1]).unwrap();
        assert!(!is_over(&path).unwrap());
        std::fs::write(&path, "").unwrap();
        assert!(!is_over(&path).unwrap());
    }

    /// The same cases each time; others where somebody asks for a number of them with `PROPTEST_CASES`.
    fn config() -> ProptestConfig {
        let asked = ProptestConfig::default();
        if std::env::var_os("PROPTEST_CASES").is_some() {
            return asked;
        }
        ProptestConfig { rng_seed: RngSeed::Fixed(6), ..asked }
    }

    proptest! {
        #![proptest_config(config())]
        #[test]
        fn a_changed_byte_is_found_wherever_it_is(at in 0_usize..400, to: u8) {
            let (_dir, path) = written(5);
            let mut text = std::fs::read(&path).unwrap();
            let at = at % text.len();
            prop_assume!(text[at] != to);
            text[at] = to;
            std::fs::write(&path, &text).unwrap();
            let all: Vec<Entry> = (0..5).map(|at| left(&at.to_string())).collect();
            // Refused with its place, or, without its end, dropped as torn. Never another entry.
            match read(&path) {
                Ok(entries) => prop_assert!(entries.len() < 5 && all.starts_with(&entries)),
                Err(JournalError::Damaged { line, .. }) => prop_assert!((1..=5).contains(&line)),
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }
}
