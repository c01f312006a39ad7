//! The record on disk: one append-only file of JSON lines per run, the locks of the environments, and
//! who accepted which terms.
//!
//! One thread owns the files and writes in the order it was told to; each line is one write and is
//! durable before anybody is told so. Directories are for their owner only (0700), files too
//! (0600), and links are not followed (`private`). No secret comes here: an entry has no field for one.

mod file;
mod lock;

pub use file::{JournalError, RunFile, entries, line, read};

use crate::core::environment::EnvironmentId;
use crate::core::journal::{Entry, Outcome, Program, Run, RunId, What, fold};
use crate::core::msg::{Found, NotClaimed};
use crate::core::schedule::prior::Watched;
use crate::core::setup::Held;
use crate::core::terms::{self, Acceptance};
use crate::core::unseen::safe_json;
use crate::shell::private;
use lock::Lock;
use serde::Serialize;
use std::collections::HashMap;
#[cfg(unix)]
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

/// How long is waited for lines that are not written yet.
const SETTLE_LIMIT: Duration = Duration::from_secs(2);
/// So many runs on record teach how long operations take.
const LEARNED_FROM: usize = 60;
/// What the name of a run's file ends with.
const EXTENSION: &str = "jsonl";

enum Job {
    Entry(Entry, oneshot::Sender<io::Result<()>>),
    Terms(Acceptance, oneshot::Sender<io::Result<()>>),
    Claim(Claim, oneshot::Sender<Result<(), NotClaimed>>),
    Forget(Entry, String, oneshot::Sender<Result<(), NotClaimed>>),
    Holder(EnvironmentId, String, oneshot::Sender<Option<Held>>),
    Release(EnvironmentId),
    Settle(mpsc::Sender<()>),
}

/// What a claim needs to know.
pub struct Claim {
    /// Which environment.
    pub environment: EnvironmentId,
    /// Address of the cloud: the same id can be on another one.
    pub address: String,
    /// The run that will be written down.
    pub run: RunId,
    /// The moment.
    pub at: jiff::Timestamp,
}

/// A handle on the thread that writes.
#[derive(Clone)]
pub struct Journal {
    jobs: mpsc::Sender<Job>,
    state_dir: Arc<Path>,
}

/// What will be told once a line is durable, or could not be written.
pub type Written = oneshot::Receiver<io::Result<()>>;

impl Journal {
    /// Starts the thread. Nothing is created on disk before the first line.
    ///
    /// # Errors
    /// Fails when no thread can be started.
    pub fn start(state_dir: PathBuf) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let place = Arc::from(state_dir.as_path());
        std::thread::Builder::new().name("journal".into()).spawn(move || {
            let mut desk = Desk { state_dir, own: program(), runs: HashMap::new(), locks: HashMap::new() };
            while let Ok(job) = receiver.recv() {
                desk.work(job);
            }
        })?;
        Ok(Self { jobs: sender, state_dir: place })
    }

    /// Where the record is.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// Writes an entry down.
    pub fn append(&self, entry: Entry) -> Written {
        self.job(|done| Job::Entry(entry, done))
    }

    /// Keeps who accepted which terms, and the text that was accepted.
    pub fn keep_terms(&self, acceptance: Acceptance) -> Written {
        self.job(|done| Job::Terms(acceptance, done))
    }

    /// Takes the lock of an environment and opens the file of its run: both or neither.
    pub fn claim(&self, claim: Claim) -> oneshot::Receiver<Result<(), NotClaimed>> {
        self.job(|done| Job::Claim(claim, done))
    }

    /// Writes the last line of a run that nobody drives, under the lock of its environment.
    pub fn forget(&self, entry: Entry, address: String) -> oneshot::Receiver<Result<(), NotClaimed>> {
        self.job(|done| Job::Forget(entry, address, done))
    }

    /// Which other program has the lock of an environment.
    pub fn holder(&self, environment: EnvironmentId, address: String) -> oneshot::Receiver<Option<Held>> {
        self.job(|done| Job::Holder(environment, address, done))
    }

    /// Gives the lock of an environment back.
    pub fn release(&self, environment: EnvironmentId) {
        let _ = self.jobs.send(Job::Release(environment));
    }

    fn job<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Job) -> oneshot::Receiver<T> {
        let (done, written) = oneshot::channel();
        // When the thread is gone the receiver hears of it: its sender is dropped here.
        let _ = self.jobs.send(make(done));
        written
    }

    /// Waits until everything told so far is written, for a short time.
    pub fn settle(&self) {
        let (done, closed) = mpsc::channel();
        if self.jobs.send(Job::Settle(done)).is_ok() {
            let _ = closed.recv_timeout(SETTLE_LIMIT);
        }
    }
}

/// What the thread owns.
struct Desk {
    state_dir: PathBuf,
    own: Program,
    runs: HashMap<RunId, RunFile>,
    locks: HashMap<EnvironmentId, Lock>,
}

impl Desk {
    fn work(&mut self, job: Job) {
        match job {
            Job::Entry(entry, done) => {
                let _ = done.send(self.append(entry).map_err(io::Error::other));
            }
            Job::Terms(acceptance, done) => {
                let kept = keep_terms(&self.state_dir, &acceptance);
                let _ = done.send(kept.map_err(|error| in_dir(&self.state_dir, &error)));
            }
            Job::Claim(claim, done) => {
                let _ = done.send(self.claim(claim));
            }
            Job::Forget(entry, address, done) => {
                let _ = done.send(self.forget(entry, &address));
            }
            Job::Holder(environment, address, done) => {
                let held = lock::held(&self.state_dir, &key(&address, &environment.0));
                // A lock of our own is no other program's.
                let _ = done.send(held.filter(|held| held.by.as_ref() != Some(&self.own)));
            }
            Job::Release(environment) => drop(self.locks.remove(&environment)),
            Job::Settle(done) => {
                let _ = done.send(());
            }
        }
    }

    fn claim(&mut self, claim: Claim) -> Result<(), NotClaimed> {
        let Claim { environment, address, run, at } = claim;
        if !self.locks.contains_key(&environment) {
            let lock = lock::take(&self.state_dir, &key(&address, &environment.0), &self.own)?;
            self.locks.insert(environment.clone(), lock);
        }
        let is_open = self.runs.get(&run).is_some_and(RunFile::is_there);
        let what = What::Opened(self.own.clone());
        let opened = Entry { at, run: run.clone(), environment: environment.0.to_string(), what };
        let result = if is_open { Ok(()) } else { self.append(opened) };
        if let Err(error) = result {
            self.locks.remove(&environment);
            return Err(NotClaimed::Failed(error.to_string()));
        }
        // Nobody drives what was interrupted here before: this run takes its place.
        // A thousand runs of its own are not read for each that begins: which environment they are of is known.
        let may_be = |id: &RunId| self.runs.get(id).is_none_or(|run| run.environment() == Some(&*environment.0));
        let replaced = interrupted_among(&self.state_dir, &address, may_be).0.into_iter().map(|found| found.run);
        for old in replaced.filter(|old| *old.environment == *environment.0 && old.id != run) {
            let what = What::Finished { outcome: Outcome::Replaced };
            let entry = Entry { at, run: old.id, environment: environment.0.to_string(), what };
            if let Err(error) = self.append(entry) {
                tracing::warn!(%error, "a replaced run could not be closed");
            }
        }
        Ok(())
    }

    fn forget(&mut self, entry: Entry, address: &str) -> Result<(), NotClaimed> {
        let _lock = lock::take(&self.state_dir, &key(address, &entry.environment), &self.own)?;
        self.append(entry).map_err(|error| NotClaimed::Failed(error.to_string()))
    }

    fn append(&mut self, entry: Entry) -> Result<(), JournalError> {
        let dir = self.state_dir.join("runs");
        // The run's name is a GUID of ours; nothing from outside becomes a path.
        let path = dir.join(format!("{}.{EXTENSION}", entry.run));
        // A line in a file that was deleted meanwhile is no record: the file is made anew, or it fails.
        if !self.runs.get(&entry.run).is_some_and(RunFile::is_there)
            && let Err(error) = self.open(&entry.run, &dir, &path)
        {
            if let Some(file) = self.runs.get_mut(&entry.run) {
                file.keep(entry);
            }
            return Err(error);
        }
        self.runs.get_mut(&entry.run).map_or(Ok(()), |file| file.append(entry))
    }

    /// Reads a run to add to it, or begins it; once more where its file is not as it was left.
    fn open(&mut self, run: &RunId, dir: &Path, path: &Path) -> Result<(), JournalError> {
        let at = |source| JournalError::Io { path: path.to_owned(), source };
        private::directory(dir).map_err(at)?;
        let mut file = RunFile::open(path)?;
        sync_directory(dir).map_err(at)?;
        if let Some(before) = self.runs.remove(run) {
            file.follow(before);
        }
        self.runs.insert(run.clone(), file);
        Ok(())
    }
}

/// This program, for the record.
pub fn program() -> Program {
    Program { host: host(), process: std::process::id(), version: env!("CARGO_PKG_VERSION").into() }
}

fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    if name.is_empty() { "this machine".into() } else { name }
}

/// A run in the state directory, or why it cannot be read.
pub struct Listed {
    /// Its name.
    pub id: RunId,
    /// Its file.
    pub path: PathBuf,
    /// What is known of it.
    pub run: Result<Run, JournalError>,
}

/// Files of runs, in no order. A directory that is not there holds none.
fn files(state_dir: &Path) -> io::Result<Vec<(RunId, PathBuf)>> {
    let all = match std::fs::read_dir(state_dir.join("runs")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        all => all?,
    };
    let mut files = Vec::new();
    for file in all {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == EXTENSION)
            && let Some(id) = path.file_stem().and_then(std::ffi::OsStr::to_str)
        {
            files.push((id.to_owned(), path.clone()));
        }
    }
    Ok(files)
}

/// All runs, the newest first. One that was never begun is left out.
///
/// # Errors
/// When the directory cannot be read.
pub fn runs(state_dir: &Path) -> io::Result<Vec<Listed>> {
    let mut runs = Vec::new();
    for (id, path) in files(state_dir)? {
        let run = match read(&path) {
            Ok(entries) => match fold(&entries) {
                Some(run) => Ok(with_driver(run, state_dir)),
                None => continue,
            },
            Err(error) => Err(error),
        };
        runs.push(Listed { id, path, run });
    }
    runs.sort_by_cached_key(|listed| std::cmp::Reverse(listed.run.as_ref().ok().map(|run| run.began)));
    Ok(runs)
}

/// A run that is not finished, with the program that works on it right now.
fn with_driver(mut run: Run, state_dir: &Path) -> Run {
    if run.is_unfinished() {
        run.driven_by = lock::held(state_dir, &key(&run.address, &run.environment)).and_then(|held| held.by);
    }
    run
}

/// The interrupted runs of one cloud, the newest first; and what is damaged, each with its place.
pub fn interrupted(state_dir: &Path, address: &str) -> (Vec<Found>, Vec<String>) {
    interrupted_among(state_dir, address, |_| true)
}

/// The same of some runs; the others are not read.
fn interrupted_among(state_dir: &Path, address: &str, is_meant: impl Fn(&RunId) -> bool) -> (Vec<Found>, Vec<String>) {
    let mut damaged = Vec::new();
    let files = files(state_dir).unwrap_or_else(|error| {
        damaged.push(in_dir(&state_dir.join("runs"), &error).to_string());
        Vec::new()
    });
    let mut found: Vec<Found> = files
        .into_iter()
        // One whose end cannot be read is not over: reading all of it says why.
        .filter(|(id, path)| is_meant(id) && !file::is_over(path).unwrap_or(false))
        .filter_map(|(_, path)| match read(&path) {
            Ok(entries) => fold(&entries),
            Err(error) => {
                damaged.push(error.to_string());
                None
            }
        })
        .filter(|run| run.is_unfinished() && run.address == address)
        .map(|run| {
            let held = lock::held(state_dir, &key(address, &run.environment));
            Found { run, held }
        })
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.run.last));
    (found, damaged)
}

/// How long operations of one cloud took in the last runs on record, the oldest first. What cannot be read
/// teaches nothing.
pub fn lasted(state_dir: &Path, address: &str) -> Vec<(Watched, Duration)> {
    let Ok(files) = files(state_dir) else { return Vec::new() };
    let changed = |path: &Path| path.metadata().and_then(|of| of.modified()).ok();
    let mut files: Vec<(Option<SystemTime>, PathBuf)> =
        files.into_iter().map(|(_, path)| (changed(&path), path)).collect();
    files.sort_unstable();
    let newest = files.split_off(files.len().saturating_sub(LEARNED_FROM)).into_iter();
    let runs = newest.filter_map(|(_, path)| fold(&read(&path).ok()?)).filter(|run| run.address == address);
    runs.flat_map(|run| run.lasted).collect()
}

/// What tells an environment from one of the same id on another cloud.
fn key(address: &str, environment: &str) -> String {
    format!("{address} {environment}")
}

/// An error with the place it is about.
fn in_dir(state_dir: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} ({error})", state_dir.display()))
}

#[derive(Serialize)]
struct Accepted<'a> {
    version: &'a str,
    account: &'a str,
    environment: &'a str,
    at: jiff::Timestamp,
}

fn keep_terms(state_dir: &Path, acceptance: &Acceptance) -> io::Result<()> {
    let dir = private::directory(&state_dir.join("terms"))?;
    let text = dir.join(format!("{}.md", terms::version()));
    // Whole or not at all, and mended if a full disk has cut it.
    let most = terms::TEXT.len() as u64;
    if private::read_whole(&text, most).map_or(true, |kept| kept != terms::TEXT.as_bytes()) {
        private::replace(&text, terms::TEXT.as_bytes())?;
    }
    let mut file = private::append(&dir.join("accepted.jsonl"))?;
    let Acceptance { version, account, environment, at } = acceptance;
    let line = serde_json::to_string(&Accepted { version, account, environment: &environment.0, at: *at })?;
    file.write_all(format!("{}\n", safe_json(&line)).as_bytes())?;
    file.sync_data()?;
    sync_directory(&dir)
}

/// Makes a new file's name durable. Only Unix can open a directory for it.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path).map_err(private::in_words)?.sync_all()?;
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
    use crate::core::journal::{ChangeResult, Deed};
    use crate::core::plan::CORE_PACKAGE;
    use jiff::Timestamp;

    fn entry(run: &str) -> Entry {
        let what = What::Intention { deed: Deed::Install { package: "X".into() } };
        Entry { at: Timestamp::UNIX_EPOCH, run: run.into(), environment: "e".into(), what }
    }

    fn started(run: &str, address: &str, at: i64) -> Entry {
        let (name, cloud, account) = ("uat".into(), "c".into(), "ada".into());
        let what = What::Started { name, cloud, address: address.into(), account };
        Entry { at: Timestamp::from_second(at).unwrap(), ..Entry { what, ..entry(run) } }
    }

    fn claim(run: &str) -> Claim {
        let (environment, address) = (EnvironmentId("e".into()), "here".into());
        Claim { environment, address, run: run.into(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn lines_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("new/state");
        let journal = Journal::start(state.clone()).unwrap();
        for _ in 0..2 {
            journal.append(entry("r")).blocking_recv().unwrap().unwrap();
        }
        let file = state.join("runs/r.jsonl");
        assert_eq!(read(&file).unwrap(), [entry("r"), entry("r")]);
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
        assert_eq!(read(&state.join("runs/r.jsonl")).unwrap(), [entry("r"), entry("r")], "all of it");
        std::fs::remove_dir_all(&state).unwrap();
        std::fs::write(&state, "in the way").unwrap();
        assert!(journal.append(entry("r")).blocking_recv().unwrap().is_err());
    }

    #[test]
    fn a_claim_is_refused_while_another_program_has_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) =
            (Journal::start(dir.path().to_owned()).unwrap(), Journal::start(dir.path().to_owned()).unwrap());
        assert_eq!(one.claim(claim("a")).blocking_recv().unwrap(), Ok(()));
        assert_eq!(one.claim(claim("a")).blocking_recv().unwrap(), Ok(()), "its own");
        assert!(matches!(two.claim(claim("b")).blocking_recv().unwrap(), Err(NotClaimed::Held(_))));
        one.release(EnvironmentId("e".into()));
        one.settle();
        assert_eq!(two.claim(claim("b")).blocking_recv().unwrap(), Ok(()));
    }

    #[test]
    fn a_run_is_not_forgotten_while_another_program_works_on_its_environment() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) =
            (Journal::start(dir.path().to_owned()).unwrap(), Journal::start(dir.path().to_owned()).unwrap());
        assert_eq!(one.claim(claim("a")).blocking_recv().unwrap(), Ok(()));
        let last = Entry { what: What::Finished { outcome: Outcome::Forgotten }, ..entry("a") };
        let forget = || two.forget(last.clone(), "here".into()).blocking_recv().unwrap();
        assert!(matches!(forget(), Err(NotClaimed::Held(_))));
        let kept = || read(&dir.path().join("runs/a.jsonl")).unwrap();
        assert!(!kept().contains(&last), "nothing is written without the lock");
        one.release(EnvironmentId("e".into()));
        one.settle();
        assert_eq!(forget(), Ok(()));
        assert_eq!(kept().last(), Some(&last));
        assert_eq!(one.claim(claim("b")).blocking_recv().unwrap(), Ok(()), "the lock was given back");
    }

    #[test]
    fn how_long_work_takes_is_learned_from_the_records_of_this_cloud_alone() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::start(dir.path().to_owned()).unwrap();
        let append = |run: &str, second: i64, what| {
            let at = Timestamp::from_second(second).unwrap();
            journal.append(Entry { at, ..Entry { what, ..entry(run) } }).blocking_recv().unwrap().unwrap();
        };
        let outcome = |result| What::Outcome { result, id: None, words: String::new() };
        for (run, address, took) in [("own", "here", 60), ("other", "there", 900)] {
            append(run, 0, started(run, address, 0).what);
            append(run, 1, What::Intention { deed: Deed::Install { package: CORE_PACKAGE.into() } });
            append(run, 2, outcome(ChangeResult::Accepted));
            append(run, 1 + took, outcome(ChangeResult::Done));
        }
        let of = |address| lasted(dir.path(), address);
        assert_eq!(of("here"), [(Watched::CoreSolution, Duration::from_mins(1))]);
        assert_eq!(of("there"), [(Watched::CoreSolution, Duration::from_mins(15))]);
        assert_eq!(of("elsewhere"), []);
    }

    #[test]
    fn a_run_that_is_damaged_cannot_be_claimed_and_the_lock_is_given_back() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("runs")).unwrap();
        std::fs::write(dir.path().join("runs/r.jsonl"), "not a line\nnot a line\n").unwrap();
        let journal = Journal::start(dir.path().to_owned()).unwrap();
        let Err(NotClaimed::Failed(why)) = journal.claim(claim("r")).blocking_recv().unwrap() else {
            panic!("claimed")
        };
        assert!(why.contains("r.jsonl, line 1"), "{why}");
        assert_eq!(journal.claim(claim("other")).blocking_recv().unwrap(), Ok(()));
    }

    #[test]
    fn records_that_cannot_be_read_are_said_and_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        let runs = dir.path().join("runs");
        // Its end cannot be read: it is a directory.
        std::fs::create_dir_all(runs.join("r.jsonl")).unwrap();
        let (found, damaged) = interrupted(dir.path(), "here");
        assert!(found.is_empty() && damaged.len() == 1 && damaged[0].contains("r.jsonl"), "{damaged:?}");
        std::fs::remove_dir_all(&runs).unwrap();
        std::fs::write(&runs, "in the way").unwrap();
        let (_, damaged) = interrupted(dir.path(), "here");
        assert!(damaged.len() == 1 && damaged[0].contains("runs"), "{damaged:?}");
    }

    #[test]
    fn interrupted_runs_of_this_cloud_are_found_the_newest_first() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::start(dir.path().to_owned()).unwrap();
        for (run, address, at) in [("old", "here", 1), ("new", "here", 2), ("other", "there", 3), ("over", "here", 4)] {
            journal.append(started(run, address, at)).blocking_recv().unwrap().unwrap();
        }
        let over = Entry { what: What::Finished { outcome: Outcome::Linked }, ..entry("over") };
        journal.append(over).blocking_recv().unwrap().unwrap();
        let other = Claim { environment: EnvironmentId("f".into()), ..claim("of-f") };
        assert_eq!(journal.claim(other).blocking_recv().unwrap(), Ok(()));
        let (found, damaged) = interrupted(dir.path(), "here");
        assert!(damaged.is_empty(), "{damaged:?}");
        let ids: Vec<&str> = found.iter().map(|found| found.run.id.as_str()).collect();
        assert_eq!(ids, ["new", "old"]);
        assert!(found.iter().all(|found| found.held.is_none()), "nobody drives this one");
        // Whoever claims the environment for another run replaces what was interrupted.
        assert_eq!(journal.claim(claim("next")).blocking_recv().unwrap(), Ok(()));
        assert!(interrupted(dir.path(), "here").0.is_empty());
        let all: Vec<RunId> = runs(dir.path()).unwrap().into_iter().map(|listed| listed.id).collect();
        assert_eq!(all, ["over", "other", "new", "old"]);
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
        assert!(matches!(journal.claim(claim("r")).blocking_recv().unwrap(), Err(NotClaimed::Failed(_))));
        journal.settle();
    }
}
