//! All that is true, in one value: the cloud, who is signed in, the list of environments, and the
//! set-up of each environment that was looked at.

use super::call::{Call, Change};
use super::directory::Directory;
use super::effect::Effect;
use super::environment::{Environment, EnvironmentId};
use super::exchange::Exchange;
use super::facts::{FactKind, Shelf};
use super::gateways::{Gateway, Gateways};
use super::journal::{Entry, Run, What};
use super::msg::{Found, PastRun, Ticket};
use super::schedule::prior::Experience;
use super::service::Service;
use super::setup::Setup;
use super::setups::Setups;
use super::sign_in::{Ended, Keeping, Session};
use super::time::Now;
use crate::wire::link;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Longest name that is part of a command, in bytes; a longer one is replaced by the id.
const NAME_MAX: usize = 60;

/// What the core must know of the cloud profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Cloud {
    /// Shown in the header of every screen.
    pub name: String,
    /// Dual-write administration portal, without a trailing slash.
    pub portal: String,
    /// LCS project, if one is known.
    pub lcs_project: Option<u64>,
    /// An app registration is known, so that people can sign in.
    pub has_client: bool,
    /// Lifecycle Services can be asked.
    pub has_lcs: bool,
    /// The cloud profile names the dual-write gateway.
    pub has_gateway: bool,
    /// Microsoft Graph can be asked.
    pub has_graph: bool,
    /// The link operation can be used; without it the link is assisted.
    pub has_link: bool,
    /// How to come back: the command without the environment.
    pub command: String,
    /// Simulated seconds per second, where that is not 1.
    pub speed: Option<u32>,
    /// Address that tells this cloud from another of the same name: that of the tenant's list.
    pub address: String,
    /// The services end with this program: a rehearsal.
    pub ends_with_program: bool,
}

/// What is looked at again while a person mends something elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// A fact of the environment.
    Fact(FactKind),
    /// The list of environments.
    List,
}

/// What a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing in.
    SignIn,
    /// The tenant's list.
    Environments,
    /// The project's list.
    Lifecycle,
    /// A fact of a set-up.
    Fact(FactKind),
    /// The running step of a set-up.
    Step,
    /// A fact of an environment that another program drives.
    Watch(FactKind),
    /// What a person mends elsewhere.
    Vigil(Sight),
}

/// A question that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Of which set-up.
    pub about: Option<EnvironmentId>,
    /// What for.
    pub purpose: Purpose,
    /// Misses so far.
    pub misses: u8,
    /// The question itself, to ask it again; none for a change.
    pub call: Option<Call>,
}

impl Question {
    /// A first question about no single environment.
    pub const fn of_all(purpose: Purpose) -> Self {
        Self { about: None, purpose, misses: 0, call: None }
    }

    /// A first question about an environment.
    pub fn about(environment: &EnvironmentId, purpose: Purpose) -> Self {
        Self { about: Some(environment.clone()), ..Self::of_all(purpose) }
    }

    /// The service at which it watches a running step.
    fn watches(&self) -> Option<Service> {
        self.call.as_ref().filter(|_| self.purpose == Purpose::Step).map(Call::service)
    }
}

/// Where questions are handed out: tickets, dice, and the effects of one update.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    next: u64,
    dice: u64,
    open: BTreeMap<Ticket, Question>,
    /// Of the open questions, those that watch a running step, by service.
    watched: BTreeMap<Service, usize>,
    parked: Vec<Ticket>,
    effects: Vec<Effect>,
}

impl Desk {
    fn new(seed: u64) -> Self {
        Self {
            next: 0,
            dice: seed,
            open: BTreeMap::new(),
            watched: BTreeMap::new(),
            parked: Vec::new(),
            effects: Vec::new(),
        }
    }

    fn ticket(&mut self, question: Question) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.note(ticket, question);
        ticket
    }

    fn note(&mut self, ticket: Ticket, question: Question) {
        if let Some(service) = question.watches() {
            *self.watched.entry(service).or_default() += 1;
        }
        self.open.insert(ticket, question);
    }

    /// Asks a question, after a pause.
    pub fn ask(&mut self, question: Question, call: Call, after: Duration) -> Ticket {
        let ticket = self.ticket(Question { call: Some(call.clone()), ..question });
        self.effects.push(Effect::Call { ticket, after, call });
        ticket
    }

    /// Asks for a change: its intention is written down before it is made.
    pub fn change(&mut self, about: &EnvironmentId, change: Change, run: &str, now: Now) -> Ticket {
        let what = What::Intention { deed: change.deed() };
        let intention = Entry { at: now, run: run.to_owned(), environment: about.0.to_string(), what };
        let ticket = self.ticket(Question::about(about, Purpose::Step));
        self.effects.push(Effect::Change { ticket, change, intention });
        ticket
    }

    /// Wants something else done.
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Drops a question; its reply will fall through.
    pub fn cancel(&mut self, ticket: Ticket) {
        if self.take(ticket).is_some() {
            self.effects.push(Effect::Cancel(ticket));
        }
    }

    /// Takes the question a reply belongs to; `None` for a reply nobody waits for.
    pub fn take(&mut self, ticket: Ticket) -> Option<Question> {
        let question = self.open.remove(&ticket)?;
        if let Some(count) = question.watches().and_then(|service| self.watched.get_mut(&service)) {
            *count = count.saturating_sub(1);
        }
        Some(question)
    }

    /// Puts a question aside that nobody may ask before somebody has signed in. It stays open.
    pub fn park(&mut self, ticket: Ticket, question: Question) {
        self.note(ticket, question);
        self.parked.push(ticket);
    }

    /// Asks everything that was put aside.
    pub fn ask_parked(&mut self) {
        for ticket in std::mem::take(&mut self.parked) {
            if let Some(call) = self.open.get(&ticket).and_then(|question| question.call.clone()) {
                self.effects.push(Effect::Call { ticket, after: Duration::ZERO, call });
            }
        }
    }

    /// The effects since the last time.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// How many running steps are watched at a service.
    pub fn watched(&self, service: Service) -> usize {
        self.watched.get(&service).copied().unwrap_or_default()
    }

    /// How many questions are open.
    pub fn open_questions(&self) -> usize {
        self.open.len()
    }

    fn roll_bits(&mut self) -> u64 {
        // splitmix64 (Steele, Lea and Flood 2014): small, seeded, good enough for jitter and ids.
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.dice;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number in 0..1.
    pub fn roll(&mut self) -> f64 {
        f64::from(u32::try_from(self.roll_bits() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }

    /// A fresh GUID (version 4) from the seed.
    pub fn guid(&mut self) -> String {
        uuid::Builder::from_random_bytes(
            ((u128::from(self.roll_bits()) << 64) | u128::from(self.roll_bits())).to_be_bytes(),
        )
        .into_uuid()
        .to_string()
    }
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list of environments.
    List,
    /// The record.
    Runs,
    /// The set-up of an environment, wherever its flow is.
    Environment(EnvironmentId),
    /// The prerequisites of an environment, from anywhere in its flow.
    Prerequisites(EnvironmentId),
}

/// All that is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The cloud.
    pub cloud: Cloud,
    /// Who is signed in.
    pub session: Session,
    /// The list of environments.
    pub directory: Directory,
    /// The set-ups that were looked at.
    pub setups: Setups,
    /// What is looked at.
    pub place: Place,
    /// Interrupted runs that nobody has decided about; the first is shown.
    pub found: Vec<Found>,
    /// Those that were put off or only looked at: asked about again before anything else begins there.
    pub put_off: Vec<Found>,
    /// Somebody looks at the list: what it shows of its first environments, or of those in sight, is read.
    pub shows_list: bool,
    /// The set-up that is looked at, how often it was worked on, and the list, when nothing was found to be
    /// watched for in it.
    pub at_peace: Option<(EnvironmentId, u64, u64)>,
    /// The interrupted run whose environment is looked at as soon as it is listed.
    pub to_look_at: Option<Found>,
    /// The record, once it was read.
    pub runs: Option<Vec<PastRun>>,
    /// Interrupted runs that are taken up as soon as their environment is listed.
    pub to_take_up: Vec<Run>,
    /// The sign-in that ended while the program ran; none before, and after the next one.
    pub ended: Option<Ended>,
    /// Where the sign-in is kept, or will be; none where nobody signs in.
    pub keeping: Option<Keeping>,
    /// Somebody is there who can give a token: a step that needs one waits for it.
    pub takes_tokens: bool,
    /// The last requests to services, oldest first; at most [`super::exchange::EXCHANGES_MAX`].
    pub exchanges: VecDeque<Exchange>,
    /// One sentence about the last thing a person asked for.
    pub notice: Option<String>,
    /// How long operations of the services take here.
    pub experience: Experience,
    /// The dual-write gateways that were found.
    pub gateways: Gateways,
    /// Answers that several environments gave alike.
    pub shelf: Shelf,
    /// Tickets, dice, open questions.
    pub desk: Desk,
}

impl Model {
    /// A model of which nothing was read. `seed` feeds jitter and ids; `environment` is opened as
    /// soon as the list is there.
    pub fn new(cloud: Cloud, seed: u64, environment: Option<String>) -> Self {
        Self {
            cloud,
            session: Session::Unknown,
            directory: Directory::new(environment),
            setups: Setups::default(),
            place: Place::List,
            found: Vec::new(),
            put_off: Vec::new(),
            shows_list: true,
            at_peace: None,
            to_look_at: None,
            runs: None,
            to_take_up: Vec::new(),
            ended: None,
            keeping: None,
            takes_tokens: false,
            exchanges: VecDeque::new(),
            notice: None,
            experience: Experience::default(),
            gateways: Gateways::default(),
            shelf: Shelf::default(),
            desk: Desk::new(seed),
        }
    }

    /// The dual-write gateway of an environment, if one is known.
    pub fn gateway(&self, environment: &Environment, setup: &Setup) -> Option<Gateway> {
        self.gateways.of(environment, setup.gateway.as_ref(), self.cloud.has_gateway)
    }

    /// The environment whose set-up is looked at.
    pub fn selected(&self) -> Option<&EnvironmentId> {
        match &self.place {
            Place::Environment(id) | Place::Prerequisites(id) => Some(id),
            Place::List | Place::Runs => None,
        }
    }

    /// The set-up that is looked at, with its environment.
    pub fn current(&self) -> Option<(&Environment, &Setup)> {
        let id = self.selected()?;
        Some((self.directory.get(id)?, self.setups.get(id)?))
    }

    /// The set-ups that go on without the program.
    pub fn running(&self) -> impl Iterator<Item = (&Environment, &Setup)> {
        let ids = self.setups.running().iter();
        ids.filter_map(|id| Some((self.directory.get(id)?, self.setups.get(id)?)))
    }

    /// Takes the list of the set-ups that updates worked on since the last time, each once. Whoever drives
    /// the core looks at these alone; who never takes it is out of nothing but a name for each set-up.
    pub fn touched(&mut self) -> Vec<EnvironmentId> {
        self.setups.touched()
    }

    /// The account, or what stands for it.
    pub fn account(&self) -> &str {
        self.session.account().unwrap_or("not signed in")
    }
}

impl Cloud {
    /// The LCS project, or what stands for none on the link operation.
    pub fn project(&self) -> u64 {
        self.lcs_project.unwrap_or(link::NO_PROJECT)
    }

    /// The dual-write administration area of a finance and operations host.
    pub fn administration(&self, finops: &str) -> String {
        format!("{}/dualWrite?axenv={}", self.portal, crate::wire::bare_host(finops))
    }

    /// What the command that comes back is good for.
    pub fn way_back(&self) -> &'static str {
        if self.ends_with_program { "To start again" } else { "To come back" }
    }

    /// The command that comes back to this environment. A name that a shell could misread is
    /// replaced by the id.
    pub fn come_back(&self, environment: &Environment) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name = &environment.name;
        let is_short = name.len() <= NAME_MAX;
        let argument = if environment.shares_name && environment.id.0.chars().all(is_plain) {
            environment.id.0.to_string()
        } else if !name.is_empty() && is_short && name.chars().all(is_plain) {
            name.clone()
        } else if !name.trim().is_empty() && is_short && name.chars().all(|c| is_plain(c) || c == ' ') {
            format!("\"{name}\"")
        } else if environment.id.0.chars().all(is_plain) {
            environment.id.0.to_string()
        } else {
            // No id of a service looks like that: the list is one step further, and nothing is misread.
            return self.command.clone();
        };
        format!("{} --environment {argument}", self.command)
    }

    /// Whether this cloud has the service at all.
    pub fn has(&self, service: Service) -> bool {
        match service {
            Service::Lcs => self.has_lcs && self.lcs_project.is_some(),
            Service::Link => self.has_link,
            Service::Graph => self.has_graph,
            _ => true,
        }
    }
}
