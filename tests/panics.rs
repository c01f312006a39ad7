//! A fault of the program itself: it panics, in the loop or in a task, on the real full screen.
//!
//! The shipped program has no way to ask for a panic, and must have none. So the program under test is this
//! executable, started again with [`CHILD`] in its environment: it calls the full screen as `main` does, and
//! panics in what a caller may hand in, the wishes of the first screen and the listener of the log.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod pty;
mod rehearsal;

use dualwrite::core::journal::{ChangeResult, What};
use dualwrite::settings::{Profile, TokenStore};
use dualwrite::shell::journal;
use dualwrite::shell::reach::Reach;
use dualwrite::surface::access::Access;
use dualwrite::surface::stage::{Play, Stage};
use dualwrite::surface::tui::{self, Opening, Settled};
use dualwrite::surface::welcome;
use dualwrite::ui::look::{Colour, Glyphs, Look};
use pty::{Exit, Pty};
use rehearsal::{APPLICATION, CORE, Rehearsal, configure, leave};
use std::fmt::{Debug, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Set in the environment of the program under test: where it panics.
const CHILD: &str = "DUALWRITE_TEST_PANICS";
/// Its cloud profile; without one it begins with the first screen.
const PROFILE: &str = "DUALWRITE_TEST_PROFILE";
/// Where it keeps its record.
const STATE: &str = "DUALWRITE_TEST_STATE";
/// A file that is made there before a task panics.
const TOLD: &str = "told";
/// What a panic says here.
const WORDS: &str = "as asked by a test";

#[test]
fn the_child() {
    if let Ok(request) = std::env::var(CHILD) {
        std::process::exit(child(request).into());
    }
}

/// The full screen; `request`: the log line of the request whose task panics, once.
fn child(request: String) -> u8 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let opening = if let Ok(file) = std::env::var(PROFILE) {
        let told = Path::new(&std::env::var(STATE).unwrap()).join(TOLD);
        let listener = Panics { request, told, done: AtomicBool::new(false) };
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(listener)).unwrap();
        let profile = Profile::parse(&std::fs::read_to_string(file).unwrap(), "cloud.toml").unwrap();
        let access = Access::read(&profile, TokenStore::Memory, None, &|_| None).unwrap();
        let (speed, command) = (profile.speed, "dualwrite".to_owned());
        Opening::Play(Play { stage: Stage::Cloud(Box::new(profile), Box::new(access)), speed, command })
    } else {
        let fulfil = Box::new(|_: &_| panic!("{WORDS}"));
        Opening::Welcome(welcome::Options { file: None, names: Vec::new(), fulfil })
    };
    let look = Look { glyphs: Glyphs::Unicode, colour: Colour::Ansi16, hyperlinks: true, motion: true };
    let state_dir = std::env::var(STATE).unwrap().into();
    let settled = Settled { environment: None, state_dir, look, reach: Reach::default(), seed: 7 };
    tui::run(tui::Options { opening, settled }).unwrap().code
}

/// Listens to the log, and panics where it hears of the request for the first time.
struct Panics {
    request: String,
    told: PathBuf,
    done: AtomicBool,
}

impl<S: Subscriber> Layer<S> for Panics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        if line.0.contains(&self.request) && !self.done.swap(true, Ordering::SeqCst) {
            std::fs::write(&self.told, "").unwrap();
            panic!("{WORDS}");
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

fn start(request: &str, profile: Option<&Path>, state: &Path) -> Pty {
    let mut variables = vec![(CHILD, request), (STATE, state.to_str().unwrap()), ("RUST_BACKTRACE", "0")];
    variables.extend(profile.map(|file| (PROFILE, file.to_str().unwrap())));
    let arguments = ["the_child", "--exact", "--nocapture", "--test-threads=1"];
    Pty::spawn(std::env::current_exe().unwrap(), &arguments, &variables, 80, 24)
}

/// A wizard on a rehearsal, whose task panics once it has had the answer to a request.
fn panics_after(rehearsal: &Rehearsal, request: &str) -> Pty {
    std::fs::create_dir(rehearsal.state()).unwrap();
    let wizard = start(request, Some(&rehearsal.profile()), &rehearsal.state());
    wizard.wait_for(" Environments ").wait_for("contoso-uat");
    wizard
}

#[test]
fn a_panic_in_the_loop_gives_the_terminal_back_and_is_told_afterwards() {
    let state = tempfile::tempdir().unwrap();
    let program = start("", None, state.path());
    program.wait_for("Rehearse").keys("<enter>");
    assert_eq!(program.wait_exit(), Exit::Code(101), "{}", program.screen());
    assert_eq!(program.modes_clean(), Ok(()));
    let raw = String::from_utf8_lossy(&program.raw()).into_owned();
    let (before, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
    assert!(!before.contains(WORDS) && after.contains(WORDS), "{raw:?}");
}

#[test]
fn a_panic_in_a_task_that_reads_is_a_question_that_is_asked_again() {
    let rehearsal = Rehearsal::on("happy");
    let wizard = panics_after(&rehearsal, "/applicationPackages");
    configure(&wizard);
    ends_linked(&rehearsal, &wizard);
}

#[test]
fn a_panic_in_a_task_that_changes_is_an_answer_that_got_lost_and_nothing_is_done_twice() {
    let rehearsal = Rehearsal::on("happy");
    let wizard = panics_after(&rehearsal, "/install");
    configure(&wizard);
    ends_linked(&rehearsal, &wizard);
    let runs = journal::runs(&rehearsal.state()).unwrap();
    let entries = journal::read(&runs[0].path).unwrap();
    let is_lost = |what: &What| {
        matches!(what, What::Outcome { result: ChangeResult::Unknown, words, .. }
            if words.contains("a part of this program failed"))
    };
    assert_eq!(entries.iter().filter(|entry| is_lost(&entry.what)).count(), 1, "{entries:?}");
}

/// A task has panicked, nobody sees it on the screen, and the set-up ends with one of each.
#[track_caller]
fn ends_linked(rehearsal: &Rehearsal, wizard: &Pty) {
    wizard.wait_for(" Setup complete ").keys("<enter>").wait_for(" Linked ");
    assert!(rehearsal.state().join(TOLD).exists(), "a task has panicked");
    assert!(!String::from_utf8_lossy(&wizard.raw()).contains(WORDS), "it is for the log");
    leave(wizard);
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
    assert_eq!(rehearsal.counters().links_started, 1);
}
