//! The record: one durable line, reading a long run, and the start with many old ones.
//! `cargo bench --bench journal`.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

use divan::Bencher;
use dualwrite::core::journal::{Entry, Outcome, What};
use dualwrite::shell::journal::{self, RunFile};
use jiff::Timestamp;
use std::path::Path;

/// Entries of the long run.
const MANY: usize = 10_000;
/// Runs of the long past, and entries of each.
const RUNS: usize = 1_000;
const ENTRIES: usize = 60;

fn main() {
    divan::main();
}

fn entry(run: &str, what: What) -> Entry {
    Entry {
        at: Timestamp::UNIX_EPOCH,
        run: run.into(),
        environment: "6a2f3a0e-1111-4c0d-9b0a-0f0e0d0c0b0a".into(),
        what,
    }
}

fn reading() -> What {
    What::Reading { stage: None, status: "Running".into(), elapsed_s: 120, next_in_s: 15 }
}

fn started() -> What {
    What::Started {
        name: "contoso-uat".into(),
        cloud: "contoso".into(),
        address: "https://api.bap.microsoft.com".into(),
        account: "ada@contoso.example".into(),
    }
}

/// A finished run, written without waiting for the disk.
fn write(dir: &Path, run: &str, entries: usize) {
    let path = dir.join("runs").join(format!("{run}.jsonl"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let readings = std::iter::repeat_with(reading).take(entries.saturating_sub(2));
    let all = std::iter::once(started()).chain(readings).chain([What::Finished { outcome: Outcome::Linked }]);
    let lines: Vec<u8> =
        all.enumerate().flat_map(|(at, what)| journal::line(at as u64 + 1, &entry(run, what)).unwrap()).collect();
    std::fs::write(path, lines).unwrap();
}

#[divan::bench]
fn one_durable_entry(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let mut file = RunFile::open(&dir.path().join("r.jsonl")).unwrap();
    bencher.bench_local(|| file.append(entry("r", reading())).unwrap());
}

#[divan::bench]
fn reading_a_run_of_ten_thousand_entries(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "r", MANY);
    let path = dir.path().join("runs/r.jsonl");
    bencher.bench_local(|| journal::read(&path).unwrap().len());
}

#[divan::bench]
fn what_was_interrupted_among_a_thousand_old_runs(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    for run in 0..RUNS {
        write(dir.path(), &format!("{run:08}"), ENTRIES);
    }
    bencher.bench_local(|| journal::interrupted(dir.path(), "https://api.bap.microsoft.com").0.len());
}

#[divan::bench]
fn the_list_of_a_thousand_old_runs(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    for run in 0..RUNS {
        write(dir.path(), &format!("{run:08}"), ENTRIES);
    }
    bencher.bench_local(|| journal::runs(dir.path()).unwrap().len());
}
