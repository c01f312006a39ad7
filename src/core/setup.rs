//! One environment's set-up: how far it is and what it waits for.
//!
//! [`Flow`] carries exactly what exists at that moment. What was read is in [`super::facts`], what
//! is open or closed in [`super::gate`].

use super::call::Change;
use super::configuring::{Configuring, Step};
use super::environment::EnvironmentId;
use super::facts::{FactKind, Facts};
use super::failure::Failure;
use super::journal::{Deed, Program, Run, RunId};
use super::linking::{LinkStep, Linked, Linking, Way};
use super::mandate::{Mandate, Module};
use super::msg::Ticket;
use super::plan::StageId;
use super::service::Service;
use super::terms::Acceptance;
use super::time::Now;
use super::trouble::Trouble;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Most lines kept of a timeline; the journal has all that mattered.
const TIMELINE_MAX: usize = 200;

/// How one environment's set-up stands.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Setup {
    /// Of which environment.
    pub id: EnvironmentId,
    /// What was read.
    pub facts: Facts,
    /// Facts that are being read.
    pub reading: BTreeMap<FactKind, Asked>,
    /// Whether everything was asked for at least once.
    pub opened: bool,
    /// Whether only what tells how far it is is read: one of many, none of which may hold up the others.
    pub surveyed: bool,
    /// Where it is.
    pub flow: Flow,
    /// What happened, oldest first.
    pub timeline: VecDeque<Event>,
    /// The reading that was written down last: of which stage, and the service's word.
    pub reading_on_record: Option<(Option<StageId>, String)>,
    /// The terms were accepted here.
    pub accepted: bool,
    /// How long Configure took, if it was done here: all its tries, without what lay between them.
    pub configure_took: Option<Duration>,
    /// How long the tries of Configure took that failed since it was last done.
    pub tries_took: Duration,
    /// What the last set-up and the repairs after it have written here, in its order.
    pub written: Vec<Deed>,
    /// The person stepped back out of it; the list is to be shown.
    pub left: bool,
    /// How often it was worked on, which [`super::setups::Setups`] counts: what is made of it is old when this has
    /// grown.
    pub worked: u64,
    /// The same when somebody last asked which set-ups were worked on.
    pub told: u64,
    /// Names the run that this set-up writes down.
    pub run: RunId,
    /// How far the record of the run is.
    pub record: Record,
    /// Version of the terms that were accepted and are not yet part of the record of the run, and when they were.
    pub accepts: Option<Acceptance>,
    /// An interrupted run that is taken up as soon as both sides are read.
    pub to_take_up: Option<Box<Run>>,
    /// An interrupted run that could not be taken up, because the record could not be written.
    pub interrupted: Option<Box<Run>>,
    /// What begins as soon as this program has the environment to itself.
    pub starts: Option<Box<Start>>,
    /// The dual-write gateway that a person named for it.
    pub gateway: Option<Arc<str>>,
    /// Another program drives this environment; it is only watched from here.
    pub held: Option<Box<Held>>,
    /// The looks at what that program does that are open.
    pub looks: Vec<(FactKind, Ticket)>,
    /// Modules that are installed with the application.
    pub modules: Vec<Module>,
    /// Looks at what a person mends elsewhere that are open.
    pub vigil: Vec<Ticket>,
    /// The error that stopped a step last, and how often it has come back since.
    pub stopped_by: Option<(String, u8)>,
}

/// How far the record of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing was written yet.
    New,
    /// It has begun.
    Begun,
    /// It is complete; what begins next is another run.
    Complete,
}

/// A piece of work that waits for the lock of its environment.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Configure, or a repair.
    Configure {
        /// The first stage that is part of it.
        first: StageId,
        /// What was agreed to.
        mandate: Mandate,
    },
    /// Configure again, from the stage that failed.
    ConfigureAgain,
    /// The link.
    Link {
        /// How.
        way: Way,
        /// Idempotency key.
        request_id: String,
    },
    /// Reset link.
    Reset(Change),
    /// What was interrupted.
    TakeUp(Box<Run>),
}

/// Another program has the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which, if it can be told.
    pub by: Option<Program>,
}

impl Held {
    /// Who it is, in words.
    pub fn words(&self) -> String {
        match &self.by {
            Some(program) => format!("another dualwrite (process {} on {})", program.process, program.host),
            None => "another dualwrite".to_owned(),
        }
    }
}

/// A fact that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The open question.
    pub ticket: Ticket,
    /// How often no answer came so far.
    pub misses: u8,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Now,
    /// What, in words.
    pub text: Box<str>,
}

/// The states of one set-up.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// Environment Details. `wanted`: the person asked to go on while the facts were being read.
    Details {
        /// Go on by itself as soon as everything is read.
        wanted: bool,
    },
    /// The mismatch and its remedies.
    Mismatch,
    /// Reading the terms.
    Terms {
        /// The end was on the screen.
        seen_to_end: bool,
        /// The box is ticked.
        ticked: bool,
        /// The acceptance is being written down; it counts once that is durable.
        keeping: bool,
    },
    /// Looking at what will change; the terms are accepted.
    Confirm,
    /// The stages run.
    Configuring(Box<Configuring>),
    /// A stage failed; nothing runs.
    ConfigureFailed(Box<Configuring>, Box<Failure>),
    /// Ready to link.
    Configured,
    /// The link is being made, or made again.
    Linking(Box<Linking>),
    /// The link failed.
    LinkFailed(Box<Linking>, Box<Failure>),
    /// Linked.
    Linked(Box<Linked>),
}

impl Flow {
    /// What it failed of, where it did.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::ConfigureFailed(_, failure) | Self::LinkFailed(_, failure) => Some(failure),
            _ => None,
        }
    }
}

/// The open question of a running step, and how the service answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// The question or change.
    pub ticket: Ticket,
    /// Who is asked; nobody while nothing is open.
    pub asks: Option<Service>,
    /// When it is (or was) asked.
    pub asks_at: Now,
    /// Whether it is a change: it cannot be asked again at once.
    pub is_change: bool,
    /// Last good reading.
    pub last: Option<(Now, String)>,
    /// Misses in a row.
    pub misses: u8,
    /// The last miss.
    pub trouble: Option<Box<Trouble>>,
    /// The service asked not to come back before this.
    pub not_before: Option<Now>,
}

impl Watch {
    /// Nothing is asked before somebody gives a token.
    pub fn waits_for_token(&self) -> bool {
        self.trouble.as_deref().is_some_and(Trouble::wants_token)
    }
}

impl Setup {
    /// A set-up of which nothing is known; `run` names what it will write down.
    pub fn new(id: EnvironmentId, run: RunId) -> Self {
        Self {
            id,
            facts: Facts::default(),
            reading: BTreeMap::new(),
            opened: false,
            surveyed: false,
            flow: Flow::Details { wanted: false },
            timeline: VecDeque::new(),
            reading_on_record: None,
            accepted: false,
            configure_took: None,
            tries_took: Duration::ZERO,
            written: Vec::new(),
            left: false,
            worked: 0,
            told: 0,
            run,
            record: Record::New,
            accepts: None,
            to_take_up: None,
            interrupted: None,
            starts: None,
            looks: Vec::new(),
            gateway: None,
            held: None,
            modules: Vec::new(),
            vigil: Vec::new(),
            stopped_by: None,
        }
    }

    /// Counts a failure: the same error as the last time has come back.
    pub fn count(&mut self, failure: &mut Failure) {
        let error = failure.fault.map_or_else(|| failure.words.clone(), |fault| fault.id.clone());
        let times = match self.stopped_by.take() {
            Some((last, times)) if last == error => times.saturating_add(1),
            _ => 0,
        };
        failure.repeats = times;
        self.stopped_by = Some((error, times));
    }

    /// Adds a line to the timeline; the same line twice in a row is one line.
    pub fn tell(&mut self, at: Now, text: impl Into<String>) {
        let text = text.into().into_boxed_str();
        if self.timeline.back().is_some_and(|last| last.text == text) {
            return;
        }
        if self.timeline.len() == TIMELINE_MAX {
            self.timeline.pop_front();
        }
        // No room ahead: there are thousands of short ones.
        self.timeline.reserve_exact(1);
        self.timeline.push_back(Event { at, text });
    }

    /// Adds a line that takes the place of the last one if that begins with the same words: a service
    /// that is silent for an hour is one line, and what happened before stays readable.
    pub fn tell_over(&mut self, at: Now, beginning: &str, text: String) {
        match self.timeline.back_mut() {
            Some(last) if last.text.starts_with(beginning) => *last = Event { at, text: text.into() },
            _ => self.tell(at, text),
        }
    }

    /// Whether everything that was asked for was answered, or did not answer at least once. A
    /// service that is silent must not hold up a person who wants to go on.
    pub fn is_read_enough(&self) -> bool {
        self.reading.values().all(|asked| asked.misses > 0)
    }

    /// What Configure may do here: with the modules that were chosen.
    pub fn mandate(&self) -> Mandate {
        Mandate { modules: self.modules.clone(), ..Mandate::default() }
    }

    /// Whether what the flow stands on was answered for good, and the rest answered or missed once.
    pub fn is_read(&self) -> bool {
        self.reading.iter().all(|(kind, asked)| asked.misses > 0 && !kind.is_of_flow())
    }

    /// Whether something runs that goes on without the program.
    pub fn is_running(&self) -> bool {
        matches!(self.flow, Flow::Configuring(_) | Flow::Linking(_))
    }

    /// Whether something runs whose service gave no good answer the last time.
    pub fn is_unanswered(&self) -> bool {
        self.watch().is_some_and(|watch| watch.trouble.is_some())
    }

    /// What runs at a service right now and goes on without the program. What comes after it does not
    /// begin before somebody comes back.
    pub fn goes_on(&self) -> Option<&'static str> {
        match &self.flow {
            Flow::Configuring(run) if matches!(run.step, Step::Watch(_)) => Some("the installation"),
            Flow::Linking(link) if link.activity.is_some() => Some("the link"),
            Flow::Linking(link) if link.way == Way::Reset && link.step == LinkStep::Start => {
                Some("the reset of the link")
            }
            _ => None,
        }
    }

    /// How it stands once the program is left, as the end of a sentence. A rehearsal ends with the
    /// program, its services too.
    pub fn once_left(&self, is_rehearsal: bool) -> String {
        match self.goes_on() {
            _ if is_rehearsal => "this rehearsal ends here".to_owned(),
            _ if self.waits_for_person() => "nobody has linked in Lifecycle Services yet".to_owned(),
            None if matches!(&self.flow, Flow::Linking(link) if link.way == Way::Reset) => {
                "the result of the reset is read when you come back".to_owned()
            }
            Some(what) => {
                format!("{what} continues in Microsoft's service; the remaining stages start when you come back")
            }
            None if self.may_go_on() => {
                "what was requested may continue in Microsoft's service; the remaining stages start when you come back"
                    .to_owned()
            }
            None if !self.is_running() => "nothing was started".to_owned(),
            None => "nothing runs at a service now; the remaining stages start when you come back".to_owned(),
        }
    }

    /// Whether something was asked for of which nobody knows yet what came of it.
    fn may_go_on(&self) -> bool {
        match &self.flow {
            Flow::Configuring(run) => run.unsettled.is_some() || !run.asked_before.is_empty(),
            Flow::Linking(link) => link.step == LinkStep::Start,
            _ => self.to_take_up.is_some(),
        }
    }

    /// A change was made here; what is found out twice was made once.
    pub fn wrote(&mut self, deed: Deed) {
        if !self.written.contains(&deed) {
            self.written.push(deed);
        }
    }

    /// Whether the program only waits for a person to link in Lifecycle Services.
    pub fn waits_for_person(&self) -> bool {
        matches!(&self.flow, Flow::Linking(link) if link.way == Way::Assisted)
    }

    /// Whether there is a record to add to.
    pub fn is_writing(&self) -> bool {
        self.record == Record::Begun
    }

    /// The open question of whatever runs.
    pub fn watch(&self) -> Option<&Watch> {
        match &self.flow {
            Flow::Configuring(run) => Some(&run.watch),
            Flow::Linking(link) => Some(&link.watch),
            _ => None,
        }
    }
}
