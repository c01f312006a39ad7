//! The fault matrix: every question and every change of the client, times every fault, once and for ever. The
//! core and the client over HTTP, in simulated time; a layer before the simulator does the harm.
//!
//! In each: no panic, an end within the limits, nothing made twice, no more read than the limit, and where it
//! is given up a message that names the service, the step and the next move. What the program does is the
//! table in `docs/faults.md`; `FAULT_TABLE=write cargo test --test matrix` writes it anew.
#![cfg(target_os = "linux")] // the words of the system are in the table
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod calls;
#[path = "../common/mod.rs"]
mod common;
mod faults;
#[path = "../common/held.rs"]
mod held;
mod layer;
mod run;
mod table;

use calls::{Job, RESET, Target};
use dualwrite::core::service::Service;
use dualwrite::surface::code;
use layer::Harm;
use run::{Did, Often};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tokio::task::LocalSet;

/// One combination, by number of fault and call.
type Key = (usize, Often, usize);

fn one(target: &Target, harm: Harm, often: Often) -> Result<Did, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, run::run(target, harm, often))
}

/// What a person is told at the end names the service, the step and the next move.
fn speaks(target: &Target, did: &Did) -> Result<(), String> {
    let words = did.words.to_lowercase();
    let has = |all: &[&str]| all.iter().any(|one| words.contains(&one.to_lowercase()));
    let is_check = matches!(target.job, Job::Check | Job::CheckLinked | Job::FindGateway);
    // Where it is busy is said by no service of its own: the installation goes on there.
    if !has(&[target.service.name(), Service::Entra.name(), "continues in microsoft's service"]) {
        return Err(format!("no service is named: {}", did.words));
    }
    if !is_check
        && !has(&["environments", "signing in", "failed", "reset", "the limit given with --timeout was reached"])
    {
        return Err(format!("no step is named: {}", did.words));
    }
    let moves = [
        "then run",
        "then try",
        "check ",
        "stop here and ask",
        "fix ",
        "continues",
        "the remaining stages",
        "explain",
        "read the mismatch",
    ];
    if has(&moves) { Ok(()) } else { Err(format!("no next move is named: {}", did.words)) }
}

/// What must be true of every combination.
fn judge(target: &Target, harm: Harm, often: Often, did: &Did) -> Result<(), String> {
    // A link that is reported and cannot be read back is said to be that.
    let is_said = did.words.is_empty() || did.words.starts_with("reported by the link operation");
    let is_well = is_said && did.code.is_none_or(|code| code == code::DONE);
    // Reset link is asked for once and never again by itself; nobody waits for a code for a day, and the token
    // service is not asked twice whom it lets in.
    let once_only = match target.service {
        _ if target.name == RESET => !faults::is_none(harm),
        Service::Entra => harm == faults::UNAUTHORIZED || harm == faults::IN_A_DAY,
        _ => false,
    };
    if often == Often::Once && faults::is_passing(harm) && !once_only && !is_well {
        return Err(format!("one passing fault ends it: {did:?}"));
    }
    if is_well { Ok(()) } else { speaks(target, did) }
}

#[test]
fn every_call_meets_every_fault() {
    let targets = calls::all();
    let is_wanted = |(fault, often, _): &Key| *often == Often::Once || !faults::is_none(faults::ALL[*fault].1);
    let keys: Vec<Key> = (0..faults::ALL.len())
        .flat_map(|fault| [Often::Once, Often::Always].map(|often| (fault, often)))
        .flat_map(|(fault, often)| (0..targets.len()).map(move |target| (fault, often, target)))
        .filter(is_wanted)
        .collect();
    let (next, seen, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(key @ (fault, often, of)) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (target, (name, harm)) = (&targets[*of], faults::ALL[*fault]);
                    let did = catch_unwind(AssertUnwindSafe(|| one(target, harm, *often)));
                    let did = did.unwrap_or_else(|_| Err("it panics".into()));
                    match did.and_then(|did| judge(target, harm, *often, &did).map(|()| did)) {
                        Ok(did) => drop(seen.lock().unwrap().insert(*key, did)),
                        Err(why) => {
                            wrong.lock().unwrap().push(format!("{name}, {often:?}, {}: {why}", target.name));
                        }
                    }
                }
            });
        }
    });
    let (seen, wrong) = (seen.into_inner().unwrap(), wrong.into_inner().unwrap());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), keys.len(), wrong.join("\n"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let table = table::table(&targets, &seen);
    if std::env::var("FAULT_TABLE").is_ok_and(|word| word == "write") {
        std::fs::write(&file, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    let differing = kept.lines().zip(table.lines()).find(|(kept, made)| kept != made);
    assert!(kept == table, "docs/faults.md tells it otherwise; FAULT_TABLE=write writes it anew: {differing:?}");
}
