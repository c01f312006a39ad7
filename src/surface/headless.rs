//! Without a screen: the same core, driven by a [`Pilot`] per environment instead of keys.
//!
//! In a pipe it says one plain line per change, on a terminal it keeps a live line per environment
//! below them, with `--json` it says nothing but JSON. It never asks a question on standard input.

mod checks;
mod documents;
mod dry;
mod early;
mod ending;
mod flights;
mod lists;
mod live;
mod rows;
mod signing_in;
mod silent;
mod status;
mod teller;

use super::code;
use super::events::{self, Event, Subject};
use super::seat::{Heard, Options as SeatOptions, Seat};
use super::stage::NotReady;
use crate::core::check::{self, Level, Tri};
use crate::core::environment::{EnvironmentId, by_beginning};
use crate::core::journal::{Entry, What};
use crate::core::msg::{Found, Intent, Msg};
use crate::core::pilot::{End, Goal, Next, Orders, Until};
use crate::core::setup::{Flow, Setup};
use crate::core::silence;
use crate::core::time::{Now, between, later};
use crate::shell::clock::Clock;
use crate::shell::open_files;
use crate::shell::run::Signal;
pub use checks::is_unread;
pub use documents::what_helps;
pub use early::refuse;
use early::{Named, outcome_of, tell_stop};
use ending::Together;
pub use ending::{Ending, left};
use flights::Flights;
use lists::Lists;
pub use lists::is_listed;
use live::Drawn;
pub use signing_in::is_signed_in;
use silent::Silent;
use status::Report;
use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::time::Duration;
use teller::Teller;

/// Environments that are read at the same time; what runs is not counted.
const OPEN_AT_ONCE: usize = 20;
/// The same where only how far each is is read: so many silent ones leave the others their turns.
const SURVEYED_AT_ONCE: usize = 100;

/// Bytes of a command that is said again to go on with it: some lines of a terminal.
const AGAIN_MAX: usize = 1_000;
/// So many environments are told one by one; more that end in the same moment together, and more rows are counted.
const TOLD_EACH: usize = 20;

/// What is wanted.
#[derive(Clone, Debug)]
pub enum Job {
    /// Set up, or only link.
    Run {
        /// What was asked for, and agreed to.
        orders: Orders,
        /// Only say what would be done.
        dry: bool,
    },
    /// Say how far each environment is.
    Status,
    /// Say which prerequisites are met.
    Check,
}

/// How it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// JSON only.
    Json,
    /// One plain line per change.
    Lines,
    /// Plain lines, and below them one live line per environment, in so many columns and rows.
    Live(u16, u16),
}

/// How it runs.
pub struct Options {
    /// Where, and on which record.
    pub seat: SeatOptions,
    /// What is wanted.
    pub job: Job,
    /// Of which environments; none: of all.
    pub environments: Vec<String>,
    /// How it is said.
    pub show: Show,
    /// Leave after so long; what runs goes on.
    pub timeout: Option<Duration>,
    /// Link by hand even where a link service is known.
    pub assisted: bool,
    /// A person reads standard error: a device code may be shown there.
    pub can_sign_in: bool,
    /// The command as it was typed, to go on with it.
    pub again: String,
}

/// Runs until everything asked for is done; the exit code.
pub fn run(options: Options, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let Options { seat, job, environments, show, timeout, assisted, can_sign_in, again } = options;
    let mut teller = Teller::new(show, out, err);
    let speed = seat.speed;
    let (mut seat, record) = match Seat::take(seat) {
        Ok(taken) => taken,
        Err(NotReady { code, words }) => {
            let is_run = matches!(job, Job::Run { .. });
            tell_stop(
                &mut teller,
                is_run,
                &Named { all: &environments, knows: &|_| false },
                code,
                &words,
                Duration::ZERO,
                Clock::new(speed).now(),
            );
            return code;
        }
    };
    if assisted {
        seat.model.cloud.has_link = false;
    }
    // Nobody looks at a list here: what it would show of its environments is not read.
    seat.model.shows_list = false;
    let start = seat.clock.now();
    let is_only_read = !matches!(job, Job::Run { dry: false, .. });
    let mut headless = Headless {
        deadline: timeout.map(|limit| later(start, limit)),
        start,
        job,
        named: environments,
        lists: Lists::default(),
        found: HashMap::new(),
        can_sign_in,
        again,
        code_shown: None,
        flights: Flights::default(),
        // What is only read holds nothing open between its questions.
        most: if is_only_read { usize::MAX } else { open_files::shares().set_ups },
        report: Report::default(),
        silent: Silent::default(),
        drawn: Drawn::default(),
        teller,
        seat,
    };
    if let Some(orders) = headless.takes_up() {
        let is_ordered = |found: &Found| found.run.work.as_ref().is_none_or(|(work, _)| orders.include(work));
        for found in record.found.into_iter().filter(|found| found.held.is_none() && is_ordered(found)) {
            headless.found.entry(found.run.environment.clone()).or_insert(found);
        }
    }
    if let Some(note) = record.note {
        headless.teller.say_error(&note);
    }
    for place in record.damaged {
        headless.teller.say_error(&format!("A record cannot be used: {place}. The services are read instead."));
    }
    headless.seat.tell(Msg::Start);
    let (code, why) = headless.fly();
    headless.teller.wipe();
    let Headless { seat, .. } = headless;
    seat.leave(&why);
    code
}

struct Headless<'a> {
    seat: Seat,
    job: Job,
    named: Vec<String>,
    /// How far the lists are.
    lists: Lists,
    /// Interrupted runs that no program drives and nobody has gone on with yet, by environment.
    found: HashMap<String, Found>,
    start: Now,
    deadline: Option<Now>,
    can_sign_in: bool,
    again: String,
    /// The device code that was shown last.
    code_shown: Option<String>,
    flights: Flights,
    /// Environments that are under way at the same time.
    most: usize,
    /// What `status` has told.
    report: Report,
    /// Who was said to be silent.
    silent: Silent,
    /// The live lines as they were drawn last.
    drawn: Drawn,
    teller: Teller<'a>,
}

/// The end of everything, with its exit code and why the program is left.
type Over = (u8, String);

impl Headless<'_> {
    fn fly(&mut self) -> Over {
        match self.list() {
            Ok(ids) => self.take_off(ids),
            Err(over) => return over,
        }
        loop {
            self.join_late();
            self.steer();
            self.tell_overdue();
            self.tell_silent();
            self.tell_news();
            if let Some(over) = self.unheard() {
                return over;
            }
            // It can end on the way, too.
            if let Err(over) = self.sign_in() {
                return over;
            }
            if self.flights.is_over() && !self.may_grow() {
                let over = self.land();
                return self.unheard().unwrap_or(over);
            }
            if let Some(over) = self.wait() {
                return over;
            }
        }
    }

    /// Nobody reads what is said any more.
    fn unheard(&mut self) -> Option<Over> {
        match self.teller.closed()? {
            ErrorKind::BrokenPipe => Some((code::PIPE, "standard output was closed".into())),
            kind => {
                self.teller.say_error(&format!("Standard output cannot be written: {kind}."));
                Some((code::FAILED, "standard output cannot be written".into()))
            }
        }
    }

    fn take_off(&mut self, ids: Vec<EnvironmentId>) {
        self.flights.expect(ids.len());
        for id in ids {
            self.add(id);
        }
        if matches!(self.job, Job::Status) {
            self.begin_status();
        } else if self.flights.len() > self.most && self.teller.show() != Show::Json {
            self.teller.say_error(&format!(
                "{} of {} environments at a time: this program may have no more files open. The others follow, and each can take half an hour; ulimit -n 4096 before the command lets more run at once.",
                self.most,
                self.flights.len()
            ));
        }
    }

    /// Opens the next environments, as those before are read: what is read of all at once must not hold up what
    /// runs already. No more are under way than this process has descriptors for: the next ones follow as others end.
    fn open_next(&mut self) {
        let is_status = matches!(self.job, Job::Status);
        let at_once = if is_status { SURVEYED_AT_ONCE } else { OPEN_AT_ONCE };
        while self.seat.model.setups.awaited() < at_once
            && self.flights.under_way() < self.most
            && self.seat.signal().is_none()
        {
            let Some(at) = self.flights.next_to_open() else { return };
            let id = self.flights[at].pilot.id.clone();
            let look = if is_status { Intent::Survey } else { Intent::OpenEnvironment };
            self.seat.tell(Msg::Intent(look(id.clone())));
            if let Some(found) = self.found.remove(&*id.0) {
                self.flights[at].has_changed = !found.run.changes.is_empty();
                self.seat.tell(Msg::FoundRuns(vec![found]));
                self.seat.tell(Msg::Intent(Intent::GoOn));
            }
            let run = self.setup(&id).map(|setup| setup.run.clone()).unwrap_or_default();
            let now = self.seat.clock.now();
            (self.flights[at].subject.run, self.flights[at].began) = (run, Some(now));
            if is_status {
                self.status_opened(at, now);
            } else {
                self.silent_opened(at, now);
            }
            self.flights.touch(at);
        }
    }

    /// What was ordered, where interrupted runs that are part of it are gone on with.
    fn takes_up(&self) -> Option<Orders> {
        match &self.job {
            Job::Run { orders, dry: false } if orders.yes && orders.other_terms().is_none() => Some(orders.clone()),
            _ => None,
        }
    }

    /// Whether an interrupted run of one waits to be gone on with.
    fn is_begun_before(&self, at: usize) -> bool {
        self.found.contains_key(&self.flights[at].subject.id)
    }

    fn setup(&self, id: &EnvironmentId) -> Option<&Setup> {
        self.seat.model.setups.get(id)
    }

    /// Asks the pilots of what was worked on what comes next, until all wait, or somebody wants to leave: a thousand
    /// of them that are written down at once keep a slow disk busy for long.
    fn steer(&mut self) {
        while self.seat.signal().is_none() {
            self.open_next();
            self.flights.look(&mut self.seat.model);
            let Some(at) = self.flights.next_touched() else { return };
            if self.awaits_list(at) {
                continue;
            }
            self.tell_read(at);
            match self.job {
                Job::Run { dry: false, .. } => self.steer_one(at),
                Job::Run { dry: true, .. } => self.look_one(at),
                Job::Status => self.status_one(at),
                Job::Check => self.check_one(at),
            }
        }
    }

    fn steer_one(&mut self, at: usize) {
        // A healthy environment needs a dozen; more in a row would be a circle.
        for _ in 0..32 {
            if self.flights[at].ended().is_some() {
                return;
            }
            match self.flights[at].pilot.next(&self.seat.model) {
                Next::Wait => return,
                Next::Want(intent) => {
                    let id = self.flights[at].pilot.id.clone();
                    if self.seat.model.selected() != Some(&id) {
                        self.seat.tell(Msg::Intent(Intent::OpenEnvironment(id)));
                    }
                    self.seat.tell(Msg::Intent(intent));
                    self.tell_news();
                }
                Next::End(end) => self.end(at, &end),
            }
        }
    }

    fn end(&mut self, at: usize, end: &End) {
        let Ending { code, outcome, words } = Ending::of(end, &self.seat.model, &self.flights[at].pilot.id);
        self.finish(at, code, outcome, &words);
    }

    fn finish(&mut self, at: usize, code: u8, outcome: &str, words: &str) {
        self.tell_news();
        self.tell_link_that_was_there(at);
        let now = self.seat.clock.now();
        let code = self.flights.end(at, code, outcome);
        let flight = &self.flights[at];
        let event = events::finished(&flight.subject, outcome, code, flight.took(now), words, now);
        self.teller.say(&event);
    }

    /// A link that was not made by this run is told all the same.
    fn tell_link_that_was_there(&mut self, at: usize) {
        let flight = &self.flights[at];
        let Some(Flow::Linked(link)) = self.setup(&flight.pilot.id).map(|setup| &setup.flow) else { return };
        if link.took.is_none() {
            let event = events::linked(&flight.subject, &link.address, self.seat.clock.now());
            self.teller.say(&event);
        }
    }

    /// Says once that both sides were read, with every prerequisite.
    fn tell_read(&mut self, at: usize) {
        let flight = &self.flights[at];
        if flight.is_read || !matches!(self.job, Job::Run { .. }) {
            return;
        }
        let is_known = |setup: &&Setup| setup.opened && (setup.is_read() || setup.is_running());
        let Some(setup) = self.setup(&flight.pilot.id).filter(is_known) else { return };
        let Some(environment) = self.seat.model.directory.get(&flight.pilot.id) else { return };
        let now = self.seat.clock.now();
        let read = events::environment_read(&flight.subject, environment, setup, now);
        let checks = check::of_setup(environment, setup);
        let told: Vec<Event> = checks.iter().map(|check| events::check(&flight.subject, check, now)).collect();
        let counted = events::counted(&flight.subject, &checks, now);
        self.teller.say(&read);
        self.teller.say(&counted);
        for (event, check) in told.iter().zip(&checks) {
            // A person wants to hear of what is not in order; a program, of everything.
            let is_news = check.answer != Tri::Yes && check.level != Level::Made && !check.is_by_hand();
            if self.teller.show() == Show::Json || is_news {
                self.teller.say(event);
            }
        }
        self.flights[at].is_read = true;
    }

    /// Says what was written down, and draws the live lines.
    fn tell_news(&mut self) {
        // A document stands alone; what did not answer is said in it.
        let is_run = matches!(self.job, Job::Run { .. });
        for entry in self.seat.told().into_iter().filter(|_| is_run) {
            if let Some(event) = self.subject_of(&entry).and_then(|subject| events::of_entry(&entry, &subject)) {
                self.teller.say(&event);
            }
        }
        self.tell_rows();
        self.draw();
    }

    fn subject_of(&mut self, entry: &Entry) -> Option<Subject> {
        let flight = self.flights.of(&entry.environment)?;
        flight.has_changed |= matches!(entry.what, What::Intention { .. });
        let subject = &mut flight.subject;
        subject.run.clone_from(&entry.run);
        Some(subject.clone())
    }

    /// Waits for what comes next; `Some` when that is the end.
    fn wait(&mut self) -> Option<Over> {
        let now = self.seat.clock.now();
        let left = self.deadline.map(|deadline| between(now, deadline));
        if left.is_some_and(|left| left.is_zero()) {
            return Some(self.time_out());
        }
        let lcs = [self.lcs_is_late_in(), self.lcs_is_given_up_in()];
        let limits = [left, self.draws_in(), self.rows_in(now), self.silent_in(now)];
        let limit = limits.into_iter().chain(lcs).flatten().min();
        match self.seat.wait(limit) {
            Heard::Signal(signal) => Some(self.interrupted(signal)),
            Heard::News | Heard::Line(_) | Heard::Nothing => None,
        }
    }

    fn time_out(&mut self) -> Over {
        self.stop_all(code::TIMED_OUT, "timed_out", "the limit given with --timeout was reached")
    }

    fn interrupted(&mut self, signal: Signal) -> Over {
        self.stop_all(signal.exit_code(), "interrupted", signal.name())
    }

    /// Ends what has not ended; how to come back is said.
    fn stop_all(&mut self, code: u8, outcome: &str, words: &str) -> Over {
        if self.flights.is_empty() {
            return self.stop(code, &format!("{words}{}", self.silent_lists(code == code::TIMED_OUT)));
        }
        match self.job {
            Job::Status => return self.cut_status(code, words),
            Job::Check => return self.cut_check(code, words),
            Job::Run { .. } => {}
        }
        self.tell_news();
        let now = self.seat.clock.now();
        let is_rehearsal = self.seat.model.cloud.ends_with_program;
        let open: Vec<usize> = (0..self.flights.len()).filter(|at| self.flights[*at].ended().is_none()).collect();
        let mut together = Together::default();
        for at in open.iter().copied() {
            let lists = if self.awaits_list(at) { self.silent_lists(code == code::TIMED_OUT) } else { String::new() };
            let setup = self.setup(&self.flights[at].pilot.id);
            let left = match setup {
                Some(setup) if code == code::TIMED_OUT => {
                    left(setup, words, silence::of_setup(setup, now), is_rehearsal)
                }
                Some(setup) => left(setup, words, self.kept_waiting_by(&self.flights[at], now), is_rehearsal),
                None if self.is_begun_before(at) => format!("{words}; not resumed, its record is kept"),
                None => format!("{words}; nothing was started"),
            };
            let left = format!("{left}{lists}");
            if self.teller.show() == Show::Json || open.len() <= TOLD_EACH {
                self.finish(at, code, outcome, &left);
            } else {
                self.flights.end(at, code, outcome);
                together.add(left);
            }
        }
        let (highest, _) = self.land();
        for (count, left) in together.counted() {
            let noun = if count == 1 { "environment" } else { "environments" };
            self.teller.line(&format!("{count} {noun}: {left}"));
        }
        if self.teller.show() != Show::Json && !is_rehearsal {
            let is_short = self.again.len() <= AGAIN_MAX;
            self.teller.say_way_on(if is_short { &self.again } else { "run the same command again" });
        }
        (highest, words.to_owned())
    }

    /// Ends before any environment is known.
    fn stop(&mut self, code: u8, words: &str) -> Over {
        let now = self.seat.clock.now();
        let is_run = matches!(self.job, Job::Run { .. });
        let directory = &self.seat.model.directory;
        let knows = |name: &str| {
            let all = &directory.environments;
            let is_known = all.iter().any(|environment| environment.answers_to(name));
            !directory.is_shared(name) && (is_known || by_beginning(all, name).is_some())
        };
        tell_stop(
            &mut self.teller,
            is_run,
            &Named { all: &self.named, knows: &knows },
            code,
            words,
            between(self.start, now),
            now,
        );
        (code, words.to_owned())
    }

    /// The summary; the highest code of all.
    fn land(&mut self) -> Over {
        self.teller.wipe();
        match self.job {
            Job::Run { .. } => {
                let highest = self.flights.iter().filter_map(|flight| Some(flight.ended()?.0)).max();
                if self.flights.len() > 1 && self.teller.show() != Show::Json {
                    self.sum_up();
                }
                (highest.unwrap_or(code::DONE), "done".into())
            }
            Job::Status => self.end_status(),
            Job::Check => self.end_check(),
        }
    }
}

fn no_orders() -> Orders {
    Orders { until: Until::Linked, goal: Goal::Link, accepted: None, yes: false }
}
