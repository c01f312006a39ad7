//! Whatever is lost, refused, killed, pressed, or done to the clock, in whatever order: no package is
//! installed twice, no link is started before everything is there, nothing is called done that is not, no
//! change goes out without its line in an open run, no question is forgotten, and when the faults stop the
//! set-up ends linked.
//!
//! The program here is the core with what the shell promises of the record: lines become durable in their
//! order, a change is sent after its own, a kill loses what was not durable yet, and the next start finds
//! the unfinished runs folded. `tests/crash.rs` shows the same of the real program at chosen points.

mod services;

use super::*;
use crate::core::call::{Call, Change};
use crate::core::facts::Answer;
use crate::core::journal::{Program as Writer, Run, fold};
use crate::core::msg::{Found, NotClaimed};
use crate::core::schedule::SETTLE_PAUSE;
use crate::core::setup::Held;
use crate::core::sign_in::Session;
use crate::core::trouble::{Done, What as Happened};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use services::{Before, Services};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// So many answers are enough for a set-up without faults, many times over.
const ENOUGH: usize = 3_000;
/// Cases where nobody asks for more.
const CASES: u32 = 150;
/// Cases that proptest takes where nobody asks for more.
const USUAL_CASES: u32 = 256;
/// Begins the cases that are the same each time.
const SEED: u64 = 6;
/// How long a failing case may be made smaller, in milliseconds.
const SHRINK_LIMIT: u32 = 20_000;
/// The package list shows an installation before so many seconds have passed: it is looked at twice with a
/// pause before anybody asks again.
const LAG_MAX: u64 = 2 * SETTLE_PAUSE.as_secs();
/// The moment at which everything begins, in seconds since 1970.
const BEGIN: i64 = 1_795_000_000;

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Something that is open comes to its end.
    End(Fate),
    /// A person goes the way of the README, as far as it is open.
    Walk,
    /// A person presses any key.
    Press(u8),
    /// So many seconds pass in no time, or come back.
    Jump(i32),
    /// The program is killed and started again.
    Kill(Death),
    /// It is left in an orderly way and started again.
    Leave,
    /// What runs at the services fails.
    Fail,
    /// What was told to the record becomes durable.
    Settle,
}

/// What becomes of one thing that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    /// The one that is due last is answered first.
    Late,
    /// Done, and the answer is lost.
    Lost,
    /// Not done: throttled.
    Throttled,
    /// Not done: no connection.
    Unreachable,
    /// Not done: the sign-in has ended.
    SignInEnded,
    /// Not done: the disk is full, or another program has the lock.
    NoRoom,
}

/// How the program dies.
#[derive(Clone, Copy, Debug)]
struct Death {
    /// So many lines that were not durable yet became so.
    lines: u8,
    /// A change that was open was carried out all the same.
    carried_out: bool,
    /// The record is lost as well.
    forgotten: bool,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    use Fate::{Fine, Late, Lost, NoRoom, SignInEnded, Throttled, Unreachable};
    let fate = prop_oneof![
        12 => Just(Fine), 4 => Just(Lost), 2 => Just(Throttled), 2 => Just(Unreachable), 2 => Just(Late),
        1 => Just(SignInEnded), 1 => Just(NoRoom)
    ];
    let death = (0u8..6, any::<bool>(), prop_oneof![4 => Just(false), 1 => Just(true)])
        .prop_map(|(lines, carried_out, forgotten)| Death { lines, carried_out, forgotten });
    let one = prop_oneof![
        160 => fate.prop_map(Act::End),
        16 => Just(Act::Walk),
        8 => (0u8..20).prop_map(Act::Press),
        8 => (-200_000i32..200_000).prop_map(Act::Jump),
        4 => death.prop_map(Act::Kill),
        1 => Just(Act::Leave),
        1 => Just(Act::Fail),
        8 => Just(Act::Settle),
    ];
    proptest::collection::vec(one, 0..800)
}

/// The way of the README: what a person presses who wants to be done.
const WAY: [Intent; 10] = [
    Intent::GoOn,
    Intent::NewCode,
    Intent::OpenFirst,
    Intent::TryAgain,
    Intent::DualWriteApplication,
    Intent::TermsSeenToEnd,
    Intent::TickTerms,
    Intent::Configure,
    Intent::Ok,
    Intent::Link,
];

/// What a person could press at any moment.
fn press(which: u8) -> Intent {
    let other = [
        Intent::ReadNow,
        Intent::Back,
        Intent::Environments,
        Intent::OnlyLook,
        Intent::Forget,
        Intent::Runs,
        Intent::Prerequisites,
        Intent::StopWaiting,
        Intent::ConfirmLinked,
        Intent::RepairIdentities(crate::core::mandate::Mandate::default()),
    ];
    WAY.iter().chain(&other).nth(usize::from(which)).expect("there are twenty").clone()
}

/// What the program waits for.
#[derive(Clone, Debug)]
enum Open {
    Ask(Ticket, Call),
    /// The change, and how many lines must be durable before it is sent.
    Change(Ticket, Change, usize),
    Claim(EnvironmentId, String),
    Terms(EnvironmentId),
    Holder(EnvironmentId),
    Forget(Entry, String),
}

/// What was told to the record and is not durable yet.
#[derive(Clone, Debug)]
enum Told {
    Line(Box<Entry>),
    Release,
}

/// One program after the other, on one record, before the same services.
struct World {
    services: Services,
    model: Model,
    seed: u64,
    /// Seconds by a clock that nobody can move, and how far the one on the wall is off.
    passed: Duration,
    off: i64,
    /// By when it is due, and by number.
    open: BTreeMap<(Duration, u64), Open>,
    number: u64,
    /// Questions that wait for a sign-in.
    parked: BTreeSet<Ticket>,
    told: VecDeque<Told>,
    /// Lines told since the program began, and how many of them are durable.
    lines: (usize, usize),
    record: BTreeMap<String, Vec<Entry>>,
    is_locked: bool,
    /// The record was lost, or a person put it aside.
    is_unknowing: bool,
    wrongs: Vec<String>,
}

fn model(seed: u64) -> Model {
    let cloud = Cloud {
        name: "test".into(),
        portal: "https://portal.example".into(),
        lcs_project: None,
        has_client: true,
        has_lcs: false,
        has_gateway: true,
        has_graph: false,
        has_link: true,
        command: String::new(),
        speed: None,
        address: String::new(),
        ends_with_program: false,
    };
    let mut model = Model::new(cloud, seed, None);
    model.session = Session::SignedIn("ada".into());
    model
}

impl World {
    fn new(seed: u64, before: Before) -> Self {
        let mut world = Self {
            services: Services::new(before),
            model: model(seed),
            seed,
            passed: Duration::ZERO,
            off: 0,
            open: BTreeMap::new(),
            number: 0,
            parked: BTreeSet::new(),
            told: VecDeque::new(),
            lines: (0, 0),
            record: BTreeMap::new(),
            is_locked: false,
            is_unknowing: false,
            wrongs: Vec::new(),
        };
        world.tell(Msg::Start);
        world
    }

    fn now(&self) -> Now {
        let seconds = BEGIN + self.off + i64::try_from(self.passed.as_secs()).unwrap();
        Now::from_second(seconds).unwrap()
    }

    fn wrong(&mut self, is: bool, words: impl Into<String>) {
        if is {
            self.wrongs.push(words.into());
        }
    }

    fn opens(&mut self, after: Duration, open: Open) {
        self.number += 1;
        self.open.insert((self.passed + after, self.number), open);
    }

    /// Tells the core, and takes what it wants.
    fn tell(&mut self, msg: Msg) {
        let now = self.now();
        for effect in update(&mut self.model, msg, now) {
            match effect {
                Effect::Call { ticket, after, call } => {
                    self.parked.remove(&ticket);
                    self.opens(after, Open::Ask(ticket, call));
                }
                Effect::Change { ticket, change, intention } => {
                    self.line(intention);
                    let line = self.lines.0;
                    self.opens(Duration::ZERO, Open::Change(ticket, change, line));
                }
                Effect::Cancel(ticket) => self.cancel(ticket),
                Effect::Record(entry) => self.line(entry),
                Effect::Release(_) => self.told.push_back(Told::Release),
                Effect::Claim { environment, run, .. } => self.opens(Duration::ZERO, Open::Claim(environment, run)),
                Effect::KeepTerms(of) => self.opens(Duration::ZERO, Open::Terms(of.environment)),
                Effect::AskHolder { environment, .. } => self.opens(Duration::ZERO, Open::Holder(environment)),
                Effect::Forget { entry, name, .. } => self.opens(Duration::ZERO, Open::Forget(entry, name)),
                Effect::Note(_) | Effect::ReadRuns | Effect::Export(_) | Effect::Open(_) | Effect::Copy(_) => {}
            }
        }
        self.look();
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.parked.remove(&ticket);
        let is_change = |open: &Open| matches!(open, Open::Change(of, ..) if *of == ticket);
        self.wrong(self.open.values().any(is_change), "a change was cancelled");
        self.open.retain(|_, open| !matches!(open, Open::Ask(of, _) if *of == ticket));
    }

    fn line(&mut self, entry: Entry) {
        self.wrong(entry.what == What::Configured && !self.services.is_configured(), "called configured, and is not");
        self.lines.0 += 1;
        self.told.push_back(Told::Line(Box::new(entry)));
    }

    /// What must be true after whatever has happened.
    fn look(&mut self) {
        let asked = self.open.values().filter(|open| matches!(open, Open::Ask(..) | Open::Change(..))).count();
        let (open, parked) = (self.model.desk.open_questions(), self.parked.len());
        self.wrong(open != asked + parked, format!("{open} questions are open, {asked} are asked, {parked} wait"));
        let linked = self.model.setups.values().any(|setup| matches!(setup.flow, Flow::Linked(_)));
        self.wrong(linked && !self.services.is_linked(), "called linked, and is not");
        self.wrongs.append(&mut self.services.wrongs);
        // Whoever does not know what was asked for may ask again; the service refuses it.
        let again = std::mem::take(&mut self.services.again);
        if !self.is_unknowing {
            self.wrongs.extend(again);
        }
    }

    /// Makes the next of what was told durable.
    fn settle_one(&mut self) {
        match self.told.pop_front() {
            Some(Told::Line(entry)) => {
                self.lines.1 += 1;
                self.record.entry(entry.run.clone()).or_default().push(*entry);
            }
            Some(Told::Release) => self.is_locked = false,
            None => {}
        }
    }

    fn settle(&mut self) {
        while !self.told.is_empty() {
            self.settle_one();
        }
    }

    fn run(&self, id: &str) -> Option<Run> {
        fold(self.record.get(id)?)
    }

    /// Sends a change: its line is durable, in an open run, and nobody else drives the environment.
    fn send(&mut self, change: &Change, line: usize) -> Result<Reply, Trouble> {
        while self.lines.1 < line {
            self.settle_one();
        }
        let last =
            |run: &Run| run.changes.last().is_some_and(|last| last.deed == change.deed() && last.result.is_none());
        let open: Vec<Run> = self.record.keys().filter_map(|id| self.run(id)).filter(Run::is_unfinished).collect();
        self.wrong(!open.iter().any(last), format!("{change:?} without its line in an open run: {open:?}"));
        self.wrong(!self.is_locked, format!("{change:?} without the lock"));
        if matches!(change, Change::StartLink { .. }) && !self.services.is_configured() {
            // What could not be read, asked again and again, closes nothing; that was on the screen.
            let told = |setup: &Setup| {
                let environment = self.model.directory.get(&setup.id);
                let answer = environment.map(|environment| setup.facts.configured(environment));
                matches!(answer, Some(Answer::Unknown(_))) && setup.is_read()
            };
            self.wrong(!self.model.setups.values().any(|setup| told(setup)), "a link before everything was there");
        }
        self.services.change(change)
    }

    /// What is due next, or last, comes to its end.
    fn end(&mut self, fate: Fate) {
        let next = if fate == Fate::Late { self.open.keys().next_back() } else { self.open.keys().next() };
        if let Some(key) = next.copied() {
            self.end_of(key, fate);
        }
    }

    fn end_of(&mut self, key: (Duration, u64), fate: Fate) {
        let Some(open) = self.open.remove(&key) else { return };
        self.passed = self.passed.max(key.0);
        self.services.passed = self.passed;
        let trouble = |service, what, done| Trouble { done, ..Trouble::new(service, what, "") };
        let not_done = |service| match fate {
            Fate::Throttled => Some(trouble(service, Happened::Status(429), Done::No)),
            Fate::Unreachable => Some(trouble(service, Happened::Unreachable, Done::No)),
            Fate::SignInEnded => Some(trouble(service, Happened::SignInNeeded, Done::No)),
            _ => None,
        };
        match open {
            Open::Ask(ticket, call) => {
                let service = call.service();
                let cut = (fate == Fate::Lost).then(|| trouble(service, Happened::CutOff, Done::No));
                let result = not_done(service).or(cut).map_or_else(|| Ok(self.services.read(&call)), Err);
                // Whether it is put aside shows in how many are open afterwards.
                if fate == Fate::SignInEnded && service != Service::Entra {
                    self.parked.insert(ticket);
                }
                self.tell(Msg::Reply { ticket, result });
            }
            Open::Change(ticket, change, line) => {
                let service = change.service();
                let no_room = (fate == Fate::NoRoom).then(|| trouble(service, Happened::NotRecorded, Done::No));
                let result = match not_done(service).or(no_room) {
                    Some(trouble) => Err(trouble),
                    None if fate == Fate::Lost => {
                        let _ = self.send(&change, line);
                        Err(trouble(service, Happened::NoAnswer, Done::Perhaps))
                    }
                    None => self.send(&change, line),
                };
                self.tell(Msg::Reply { ticket, result });
            }
            Open::Claim(environment, run) => {
                let result = match fate {
                    Fate::NoRoom => Err(NotClaimed::Failed("no room".into())),
                    Fate::Throttled => Err(NotClaimed::Held(Held { by: None })),
                    _ => {
                        self.claim(&environment, &run);
                        Ok(())
                    }
                };
                self.tell(Msg::Claimed { environment, result });
            }
            Open::Terms(environment) => {
                let result = if fate == Fate::NoRoom { Err("no room".into()) } else { Ok(()) };
                self.tell(Msg::TermsKept { environment, result });
            }
            Open::Holder(environment) => {
                let held = (fate == Fate::Throttled).then_some(Held { by: None });
                self.tell(Msg::Holder { environment, held });
            }
            Open::Forget(entry, name) => {
                self.settle();
                self.is_unknowing = true;
                self.record.entry(entry.run.clone()).or_default().push(entry);
                self.tell(Msg::Forgotten { name, result: Ok(()) });
            }
        }
    }

    /// Takes the lock, opens the file of the run, and closes what it replaces.
    fn claim(&mut self, environment: &EnvironmentId, run: &str) {
        self.settle();
        self.is_locked = true;
        let at = self.now();
        let entry = |run: &str, what| Entry { at, run: run.to_owned(), environment: environment.0.to_string(), what };
        let replaced: Vec<String> = self.record.keys().filter(|id| *id != run).cloned().collect();
        for id in replaced {
            if self.run(&id).is_some_and(|run| run.is_unfinished()) {
                self.is_unknowing = true;
                let last = entry(&id, What::Finished { outcome: Outcome::Replaced });
                self.record.entry(id).or_default().push(last);
            }
        }
        let by = Writer { host: "here".into(), process: 1, version: "0".into() };
        self.record.entry(run.to_owned()).or_default().push(entry(run, What::Opened(by)));
    }

    /// The program ends, and another one begins.
    fn restart(&mut self, death: Death) {
        if death.carried_out {
            let open = std::mem::take(&mut self.open);
            for of in open.into_values() {
                if let Open::Change(_, change, line) = of {
                    let _ = self.send(&change, line);
                }
            }
        }
        for _ in 0..death.lines {
            self.settle_one();
        }
        if death.forgotten {
            self.record.clear();
            self.is_unknowing = true;
        }
        (self.open, self.parked, self.told, self.lines) = Default::default();
        self.is_locked = false;
        self.seed = self.seed.wrapping_add(1);
        self.model = model(self.seed);
        let runs = self.record.keys().filter_map(|id| self.run(id)).filter(Run::is_unfinished);
        let found = runs.map(|run| Found { run, held: None }).collect();
        self.tell(Msg::FoundRuns(found));
        self.tell(Msg::Start);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::End(fate) => self.end(fate),
            Act::Walk => self.walk(),
            Act::Press(which) => self.tell(Msg::Intent(press(which))),
            Act::Jump(seconds) => self.off += i64::from(seconds),
            Act::Kill(death) => self.restart(death),
            Act::Leave => {
                self.tell(Msg::Leaving("left".into()));
                self.settle();
                self.restart(Death { lines: 0, carried_out: true, forgotten: false });
            }
            Act::Fail => self.services.fail(),
            Act::Settle => self.settle(),
        }
    }

    /// Presses one key after the other; the record answers at once, as it does on a healthy disk.
    fn walk(&mut self) {
        for wanted in WAY {
            self.tell(Msg::Intent(wanted));
            let is_of_record = |open: &Open| matches!(open, Open::Claim(..) | Open::Terms(_));
            while let Some(key) = self.open.iter().find(|(_, open)| is_of_record(open)).map(|(key, _)| *key) {
                self.end_of(key, Fate::Fine);
            }
        }
    }

    fn is_linked(&self) -> bool {
        self.model.current().is_some_and(|(_, setup)| matches!(setup.flow, Flow::Linked(_)))
    }

    /// Nothing is awaited but what a person may mend elsewhere, which is nobody's step.
    fn is_quiet(&self) -> bool {
        let vigil: Vec<Ticket> = self.model.setups.values().flat_map(|setup| setup.vigil.clone()).collect();
        self.open.values().all(|open| matches!(open, Open::Ask(ticket, _) if vigil.contains(ticket)))
    }

    /// No faults any more, and a person who wants to be done.
    fn come_to_an_end(&mut self) {
        for _ in 0..ENOUGH {
            if !self.is_quiet() {
                self.end(Fate::Fine);
            } else if self.is_linked() && self.model.found.is_empty() || !self.wrongs.is_empty() {
                break;
            } else {
                self.walk();
                // Ready as far as could be told, and it was not: the screen says what is missing, and the way
                // on is the details.
                let is_closed = |setup: &Setup| matches!(setup.flow, Flow::Configured);
                if self.model.current().is_some_and(|(_, setup)| is_closed(setup)) {
                    self.tell(Msg::Intent(Intent::Back));
                } else if self.is_quiet() {
                    // From the record back to the list, where reading again reads the list.
                    if self.model.place == Place::Runs && self.model.found.is_empty() {
                        self.tell(Msg::Intent(Intent::Back));
                    }
                    self.tell(Msg::Intent(Intent::ReadNow));
                }
            }
        }
        self.settle();
    }
}

fn check(acts: &[Act], seed: u64, before: Before) -> Result<(), TestCaseError> {
    let mut world = World::new(seed, before);
    for act in acts {
        world.act(*act);
        prop_assert!(world.wrongs.is_empty(), "{:?}", world.wrongs);
    }
    world.come_to_an_end();
    prop_assert!(world.wrongs.is_empty(), "{:?}", world.wrongs);
    let flow = world.model.current().map(|(_, setup)| &setup.flow);
    prop_assert!(world.is_linked(), "{flow:?}, {:?}, found {:?}", world.model.notice, world.model.found);
    // What a person has put off is asked about at the next start.
    world.restart(Death { lines: 0, carried_out: false, forgotten: false });
    world.come_to_an_end();
    prop_assert!(world.wrongs.is_empty() && world.is_linked(), "{:?}", world.wrongs);
    prop_assert_eq!(world.services.links_accepted(), 1);
    prop_assert!(world.parked.is_empty() && !world.is_locked);
    let open: Vec<Run> = world.record.keys().filter_map(|id| world.run(id)).filter(Run::is_unfinished).collect();
    prop_assert!(open.is_empty(), "{open:?}");
    Ok(())
}

/// Some seconds' worth of cases, the same each time; or as many new ones as `PROPTEST_CASES` asks for.
fn config() -> ProptestConfig {
    let asked = ProptestConfig { max_shrink_time: SHRINK_LIMIT, ..ProptestConfig::default() };
    if asked.cases == USUAL_CASES {
        return ProptestConfig { cases: CASES, rng_seed: RngSeed::Fixed(SEED), ..asked };
    }
    asked
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn whatever_happens_nothing_is_done_twice_and_the_end_is_linked(
        acts in acts(), seed: u64, lag in 0..LAG_MAX, disabled: bool, word in 0usize..4,
    ) {
        check(&acts, seed, Before { lag: Duration::from_secs(lag), disabled, word })?;
    }
}
