//! The program is killed, by KILL, wherever it writes its record or has just asked for a change, and
//! started again: it ends linked, and nothing was done twice.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]
#![cfg(unix)]

mod pty;

use dualwrite::core::configuring::StageState;
use dualwrite::core::journal::{ChangeResult, Deed, Outcome, What};
use dualwrite::core::terms;
use dualwrite::shell::journal;
use dualwrite::sim::{self, Moment, Options, Scenario, Simulator};
use pty::{Exit, Pty};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Simulated seconds per second.
const SPEED: f64 = 2_000.0;
/// So many programs are killed side by side; they mostly wait.
const SIDE_BY_SIDE: usize = 6;
/// Everything that dual-write needs is missing, so that every change has to be made.
const NOTHING_THERE: &str = r#"
title = "Nothing is there"
description = "Both packages, both application users and both client ID rows have to be made."
only = ["contoso-uat"]
[durations]
packages = 120
link = 60
[[environment]]
name = "contoso-uat"
application_users = []
client_id_rows = []
"#;

/// Where the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// As soon as so many lines of its record are there.
    Line(usize),
    /// When its change of this number has arrived, or was carried out and not answered.
    Change(usize, Moment),
}

/// What happens to the world of the program between its death and its next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    /// The last line of the record loses its end.
    Torn,
    /// The whole record is gone.
    Deleted,
}

struct World {
    runtime: tokio::runtime::Runtime,
    simulator: Option<Simulator>,
    dir: TempDir,
}

impl World {
    fn new() -> Self {
        Self::at(SPEED)
    }

    fn at(speed: f64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let dir = TempDir::new().unwrap();
        let scenario = dir.path().join("nothing-there.toml");
        std::fs::write(&scenario, NOTHING_THERE).unwrap();
        let scenario = Scenario::named(scenario.to_str().unwrap()).unwrap();
        let start = "2026-11-24T10:00:00Z".parse().unwrap();
        let options = Options { scenario, speed, port: 0, start };
        let simulator = runtime.block_on(sim::start(options)).unwrap();
        std::fs::write(dir.path().join("cloud.toml"), simulator.profile_toml()).unwrap();
        Self { runtime, simulator: Some(simulator), dir }
    }

    fn simulator(&self) -> &Simulator {
        self.simulator.as_ref().unwrap()
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn program(&self) -> Pty {
        self.program_on(None)
    }

    /// The program, on a disk on which no file may become larger than so many blocks (of 512 or 1024 bytes).
    fn program_on(&self, blocks: Option<u32>) -> Pty {
        let (profile, state) = (self.dir.path().join("cloud.toml"), self.state());
        let limit = blocks.map(|blocks| format!("trap '' XFSZ; ulimit -f {blocks};")).unwrap_or_default();
        let line = format!("{limit} exec \"$0\" \"$@\"");
        let args = ["-c", &line, env!("CARGO_BIN_EXE_dualwrite"), "setup", "--environment", "contoso-uat"];
        let consent = ["--accept-terms", terms::version(), "--yes", "--plain"];
        let cloud = ["--cloud", profile.to_str().unwrap(), "--state-dir", state.to_str().unwrap()];
        Pty::spawn(
            "/bin/sh",
            &[&args[..], &consent[..], &cloud[..]].concat(),
            &[("DUALWRITE_TOKEN_STORE", "memory")],
            200,
            60,
        )
    }

    /// The record of the only run, once there is one.
    fn record(&self) -> Option<PathBuf> {
        std::fs::read_dir(self.state().join("runs")).ok()?.next()?.ok().map(|file| file.path())
    }

    fn lines(&self) -> usize {
        let text = self.record().and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
        text.split(|byte| *byte == b'\n').count().saturating_sub(1)
    }

    /// Kills the program at the point, or lets it end if the point is beyond its end. Whether it was killed.
    fn kill_at(&self, point: Point) -> bool {
        let victim = Arc::new(Mutex::new(None::<rustix::process::Pid>));
        if let Point::Change(number, when) = point {
            let (seen, victim) = (AtomicUsize::new(0), Arc::clone(&victim));
            self.simulator().listen(move |line, moment| {
                if is_change(line) && moment == when && seen.fetch_add(1, Ordering::SeqCst) == number {
                    let victim = victim.lock().unwrap().expect("the program runs: it has asked");
                    rustix::process::kill_process(victim, rustix::process::Signal::KILL).unwrap();
                }
            });
        }
        let program = {
            let mut victim = victim.lock().unwrap();
            let program = self.program();
            *victim = Some(program.child());
            program
        };
        if let Point::Line(number) = point {
            program.wait_true("the line", || self.lines() >= number || is_over(&program));
            // It may have ended by itself just now.
            if !is_over(&program) {
                let _ = rustix::process::kill_process(program.child(), rustix::process::Signal::KILL);
            }
        }
        let exit = program.wait_exit();
        self.simulator().listen(|_, _| {});
        match exit {
            Exit::Code(0) => false,
            Exit::Signal(_) | Exit::Code(_) => {
                assert_eq!(exit, Exit::Signal("Killed".into()), "{point:?}\n{}", program.screen());
                true
            }
        }
    }

    fn tear(&self) {
        let Some(path) = self.record() else { return };
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len().saturating_sub(9)]).unwrap();
    }

    /// The record of a set-up that two programs worked on tells all of it.
    fn check_record(&self, point: Point) {
        let mut runs = journal::runs(&self.state()).unwrap();
        assert_eq!(runs.len(), 1, "{point:?}");
        let run = runs.remove(0).run.unwrap();
        assert_eq!(run.outcome, Some(Outcome::Linked), "{point:?}");
        assert_eq!(run.sittings.len(), 2, "{point:?}: {:?}", run.sittings);
        let open = run
            .changes
            .iter()
            .find(|change| !matches!(change.result, Some(ChangeResult::Done | ChangeResult::NotDone)));
        // A start of the link without an answer is asked for again under its own id; everything else is settled.
        assert!(open.is_none_or(|change| matches!(change.deed, Deed::StartLink { .. })), "{point:?}: {open:?}");
        let installed = run.stages.iter().filter(|line| line.state == StageState::Done).count();
        assert!(installed >= 5, "{point:?}: {:?}", run.stages);
    }

    /// What was done, and how often: everything that must have been done exactly once.
    fn done(&self) -> BTreeMap<String, u32> {
        let counters = self.simulator().counters();
        let all = [
            ("install", counters.installs),
            ("user", counters.users_created),
            ("row", counters.rows_created),
            ("link", BTreeMap::from([("started".to_owned(), counters.links_started)])),
        ];
        all.into_iter()
            .flat_map(|(what, of)| of.into_iter().map(move |(name, count)| (format!("{what} {name}"), count)))
            .collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.simulator = None;
    }
}

fn is_over(program: &Pty) -> bool {
    program.screen().contains("(exit ") || program.screen().contains("exit 0)")
}

/// Whether a request is one that changes something.
fn is_change(line: &str) -> bool {
    let is_asking = line.starts_with("GET ") || line.contains("/entra/") || line.contains("TestConnection");
    !is_asking
}

fn check(point: Point, meanwhile: Meanwhile) -> bool {
    let world = World::new();
    let killed = world.kill_at(point);
    match meanwhile {
        Meanwhile::Nothing => {}
        Meanwhile::Torn => world.tear(),
        Meanwhile::Deleted => {
            let _ = std::fs::remove_dir_all(world.state());
        }
    }
    if killed {
        let program = world.program();
        assert_eq!(program.wait_exit(), Exit::Code(0), "{point:?} {meanwhile:?}\n{}", program.screen());
    }
    let done = world.done();
    assert!(done.len() == 7 && done.values().all(|count| *count == 1), "{point:?} {meanwhile:?}: {done:?}");
    if killed && meanwhile == Meanwhile::Nothing && matches!(point, Point::Change(..)) {
        world.check_record(point);
    }
    killed
}

/// Checks all points side by side; how many of them killed the program.
fn check_all(points: &[(Point, Meanwhile)]) -> usize {
    let (next, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some((point, meanwhile)) = points.get(next.fetch_add(1, Ordering::SeqCst)) {
                    killed.fetch_add(usize::from(check(*point, *meanwhile)), Ordering::SeqCst);
                }
            });
        }
    });
    killed.into_inner()
}

/// Changes of the whole flow: two packages, two users made and given their role, two rows, the link.
const CHANGES: usize = 9;

fn every_change() -> impl Iterator<Item = Point> {
    (0..CHANGES).flat_map(|number| [Moment::Arrived, Moment::CarriedOut].map(|when| Point::Change(number, when)))
}

#[test]
fn killed_at_any_change_it_ends_linked_and_nothing_is_done_twice() {
    let points: Vec<(Point, Meanwhile)> = every_change().map(|point| (point, Meanwhile::Nothing)).collect();
    assert_eq!(check_all(&points), points.len());
}

#[test]
fn killed_at_any_change_and_its_record_deleted_it_ends_linked_and_nothing_is_done_twice() {
    let points: Vec<(Point, Meanwhile)> = every_change().map(|point| (point, Meanwhile::Deleted)).collect();
    assert_eq!(check_all(&points), points.len());
}

#[test]
fn killed_at_any_line_of_its_record_it_ends_linked_and_nothing_is_done_twice() {
    let whole = World::new();
    assert!(!whole.kill_at(Point::Line(usize::MAX)), "it ends by itself");
    let lines = whole.lines();
    // Every third loses a part of its last line as well.
    let torn = |number: usize| if number.is_multiple_of(3) { Meanwhile::Torn } else { Meanwhile::Nothing };
    let points: Vec<(Point, Meanwhile)> = (1..lines).map(|number| (Point::Line(number), torn(number))).collect();
    let killed = check_all(&points);
    // The last lines are written faster than anybody can kill; how often a service is read differs.
    assert!(points.len() > 30 && killed > points.len() / 2, "{killed} of {}", points.len());
}

/// A disk that fills up at some moment of the set-up.
#[test]
fn on_a_full_disk_nothing_is_changed_without_its_record_and_with_room_it_goes_on() {
    let mut stopped_on_its_way = 0;
    for blocks in (7..40).step_by(3) {
        let world = World::new();
        let program = world.program_on(Some(blocks));
        let Exit::Code(code) = program.wait_exit() else { panic!("{}", program.screen()) };
        // In time at its end: the last lines are the smaller part.
        assert!(matches!(code, 0 | 1 | 6 | 7), "{blocks} blocks: {code}\n{}", program.screen());
        let done: u32 = world.done().values().sum();
        let record = world.record().map(|path| journal::read(&path).unwrap()).unwrap_or_default();
        let intended = record.iter().filter(|entry| matches!(entry.what, What::Intention { .. })).count();
        assert!(intended >= done as usize, "{blocks} blocks: {done} changes, {intended} intentions");
        if code != 0 {
            assert!(program.screen().contains("Free disk space"), "{blocks} blocks\n{}", program.screen());
            stopped_on_its_way += usize::from(done > 0);
            let program = world.program();
            assert_eq!(program.wait_exit(), Exit::Code(0), "{blocks} blocks\n{}", program.screen());
        }
        let done = world.done();
        assert!(done.len() == 7 && done.values().all(|count| *count == 1), "{blocks} blocks: {done:?}");
    }
    assert!(stopped_on_its_way > 2, "the disk was full on the way {stopped_on_its_way} times");
}

#[test]
fn two_programs_never_drive_one_environment() {
    // So slow that the second is done long before the first.
    let world = World::at(100.0);
    let first = world.program();
    first.wait_for("the service says Running");
    let second = world.program();
    let code = second.wait_exit();
    let screen = second.screen();
    assert_eq!(code, Exit::Code(3), "{screen}");
    let own = format!("process {}", first.child().as_raw_nonzero());
    assert!(screen.contains("works on") && screen.contains(&own), "{own}\n{screen}");
    assert_eq!(first.wait_exit(), Exit::Code(0), "{}", first.screen());
    let done = world.done();
    assert!(done.len() == 7 && done.values().all(|count| *count == 1), "{done:?}");
}
