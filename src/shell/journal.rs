//! The record on disk: one append-only file of JSON lines per run, and who accepted which terms.
//!
//! One thread owns the files and writes in the order it was told to; each line is one write and is
//! durable before anybody is told so. Directories are for their owner only (0700), files too
//! (0600). No secret comes here: an entry has no field for one.

use crate::core::journal::Entry;
use crate::core::terms::{self, Acceptance};
use serde::Serialize;
use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long leaving the program waits for the last lines.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

enum Job {
    Entry(Entry, oneshot::Sender<io::Result<()>>),
    Terms(Acceptance, oneshot::Sender<io::Result<()>>),
    Close(mpsc::Sender<()>),
}

/// A handle on the thread that writes.
#[derive(Clone)]
pub struct Journal(mpsc::Sender<Job>);

/// What will be told once a line is durable, or could not be written.
pub type Written = oneshot::Receiver<io::Result<()>>;

impl Journal {
    /// Starts the thread. Nothing is created on disk before the first line.
    ///
    /// # Errors
    /// Fails when no thread can be started.
    pub fn start(state_dir: PathBuf) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new().name("journal".into()).spawn(move || write_all(&state_dir, &receiver))?;
        Ok(Self(sender))
    }

    /// Writes an entry down.
    pub fn append(&self, entry: Entry) -> Written {
        self.job(|done| Job::Entry(entry, done))
    }

    /// Keeps who accepted which terms, and the text that was accepted.
    pub fn keep_terms(&self, acceptance: Acceptance) -> Written {
        self.job(|done| Job::Terms(acceptance, done))
    }

    fn job(&self, make: impl FnOnce(oneshot::Sender<io::Result<()>>) -> Job) -> Written {
        let (done, written) = oneshot::channel();
        // When the thread is gone the receiver hears of it: its sender is dropped here.
        let _ = self.0.send(make(done));
        written
    }

    /// Waits until everything told so far is written, for a short time.
    pub fn close(&self) {
        let (done, closed) = mpsc::channel();
        if self.0.send(Job::Close(done)).is_ok() {
            let _ = closed.recv_timeout(CLOSE_LIMIT);
        }
    }
}

struct Run {
    file: File,
    lines: u64,
}

fn write_all(state_dir: &Path, jobs: &mpsc::Receiver<Job>) {
    let mut runs: HashMap<String, Run> = HashMap::new();
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Entry(entry, done) => {
                let _ = done.send(append(state_dir, &mut runs, &entry).map_err(|error| in_dir(state_dir, &error)));
            }
            Job::Terms(acceptance, done) => {
                let _ = done.send(keep_terms(state_dir, &acceptance).map_err(|error| in_dir(state_dir, &error)));
            }
            Job::Close(done) => {
                let _ = done.send(());
            }
        }
    }
}

/// An error with the place it is about.
fn in_dir(state_dir: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} ({error})", state_dir.display()))
}

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    #[serde(flatten)]
    entry: &'a Entry,
}

fn append(state_dir: &Path, runs: &mut HashMap<String, Run>, entry: &Entry) -> io::Result<()> {
    let dir = state_dir.join("runs");
    // The run's name is a GUID of ours; nothing from outside becomes a path.
    let path = dir.join(format!("{}.jsonl", entry.run));
    // A line in a file that was deleted meanwhile is no record: the file is made anew, or it fails.
    let lines = match runs.get(&entry.run) {
        Some(run) if is_at(&run.file, &path) => None,
        Some(run) => Some(run.lines),
        None => Some(0),
    };
    if let Some(lines) = lines {
        directory(&dir)?;
        let file = private(&path)?;
        sync_directory(&dir)?;
        runs.insert(entry.run.clone(), Run { file, lines });
    }
    let Some(run) = runs.get_mut(&entry.run) else { return Ok(()) };
    let seq = run.lines + 1;
    write_line(&mut run.file, &Line { seq, entry })?;
    run.lines = seq;
    Ok(())
}

#[derive(Serialize)]
struct Accepted<'a> {
    version: &'a str,
    account: &'a str,
    environment: &'a str,
    at: jiff::Timestamp,
}

fn keep_terms(state_dir: &Path, acceptance: &Acceptance) -> io::Result<()> {
    let dir = directory(&state_dir.join("terms"))?;
    let text = dir.join(format!("{}.md", terms::version()));
    if !text.exists() {
        let mut file = private(&text)?;
        file.write_all(terms::TEXT.as_bytes())?;
        file.sync_data()?;
    }
    let mut file = private(&dir.join("accepted.jsonl"))?;
    let Acceptance { version, account, environment, at } = acceptance;
    write_line(&mut file, &Accepted { version, account, environment: &environment.0, at: *at })?;
    sync_directory(&dir)
}

fn write_line(file: &mut File, line: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    file.write_all(&bytes)?;
    file.sync_data()
}

/// Whether an open file is still the one at this path. Only Unix lets an open file be deleted.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (file.metadata(), std::fs::metadata(path)) {
            (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// Makes a directory for its owner only, with its parents.
fn directory(path: &Path) -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)?;
    Ok(path.to_owned())
}

/// Opens a file for its owner only, to append to.
///
/// # Errors
/// Fails when it cannot be opened or made.
pub fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a new file's name durable. Only Unix can open a directory for it.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The state directory of this user: `$XDG_STATE_HOME/dualwrite`, or the Known Folder on Windows.
///
/// # Errors
/// Fails when this machine names no home directory.
pub fn default_state_dir() -> Result<PathBuf, etcetera::HomeDirError> {
    use etcetera::BaseStrategy;
    let base = etcetera::choose_base_strategy()?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("dualwrite"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::environment::EnvironmentId;
    use crate::core::journal::What;
    use jiff::Timestamp;

    fn entry(run: &str) -> Entry {
        let what = What::Intention { change: "install X".into() };
        Entry { at: Timestamp::UNIX_EPOCH, run: run.into(), environment: "e".into(), what }
    }

    #[test]
    fn lines_are_numbered_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("new/state");
        let journal = Journal::start(state.clone()).unwrap();
        for _ in 0..2 {
            journal.append(entry("r")).blocking_recv().unwrap().unwrap();
        }
        let file = state.join("runs/r.jsonl");
        let text = std::fs::read_to_string(&file).unwrap();
        let seqs: Vec<u64> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(seqs, [1, 2]);
        assert!(text.contains(r#""event":"intention""#));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_record_that_was_deleted_is_made_anew_or_fails() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let journal = Journal::start(state.clone()).unwrap();
        journal.append(entry("r")).blocking_recv().unwrap().unwrap();
        std::fs::remove_dir_all(&state).unwrap();
        journal.append(entry("r")).blocking_recv().unwrap().unwrap();
        assert!(std::fs::read_to_string(state.join("runs/r.jsonl")).unwrap().contains(r#""seq":2"#));
        std::fs::remove_dir_all(&state).unwrap();
        std::fs::write(&state, "in the way").unwrap();
        assert!(journal.append(entry("r")).blocking_recv().unwrap().is_err());
    }

    #[test]
    fn who_accepted_which_terms_is_kept_with_the_text() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::start(dir.path().to_owned()).unwrap();
        let acceptance = Acceptance {
            version: terms::version().into(),
            account: "ada".into(),
            environment: EnvironmentId("e".into()),
            at: Timestamp::UNIX_EPOCH,
        };
        journal.keep_terms(acceptance).blocking_recv().unwrap().unwrap();
        let text = std::fs::read_to_string(dir.path().join("terms/accepted.jsonl")).unwrap();
        assert!(text.contains(terms::version()) && text.contains("ada"), "{text}");
        assert!(dir.path().join(format!("terms/{}.md", terms::version())).exists());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_an_error_and_no_panic() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let journal = Journal::start(file.path().join("state")).unwrap();
        assert!(journal.append(entry("r")).blocking_recv().unwrap().is_err());
        journal.close();
    }
}
