//! Drives the core against the simulator over real HTTP, in simulated time: a question that is due
//! in thirty seconds moves both clocks by thirty seconds, and no test waits for anything but an
//! answer on loopback.
#![allow(dead_code, reason = "each test file uses its own part")]

use dualwrite::api::{Api, Credentials, Time, Trust};
use dualwrite::core::call::{Call, Change, Reply};
use dualwrite::core::effect::Effect;
use dualwrite::core::environment::EnvironmentId;
use dualwrite::core::exchange::Exchange;
use dualwrite::core::journal::Entry;
use dualwrite::core::model::Model;
use dualwrite::core::msg::{Intent, Msg, Ticket};
use dualwrite::core::route::{Screen, screen};
use dualwrite::core::sign_in::Session;
use dualwrite::core::terms::Acceptance;
use dualwrite::core::trouble::Trouble;
use dualwrite::core::update::update;
use dualwrite::settings::Profile;
use dualwrite::sim::{self, Options, Scenario, Simulator};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where simulated time starts.
pub const START: &str = "2026-11-24T10:00:00Z";
/// No flow of a test takes longer in simulated time; beyond it something never ends.
const LONGEST: Duration = Duration::from_hours(6);

/// What the core wants of a service.
#[derive(Clone, Debug)]
pub enum Work {
    Ask(Call),
    Change(Change),
}

/// The core, the client and the simulator, and what the core wanted of the world.
pub struct Driver {
    pub model: Model,
    pub sim: Arc<Simulator>,
    pub api: Arc<Api>,
    pub recorded: Vec<Entry>,
    pub accepted: Vec<Acceptance>,
    pub opened: Vec<String>,
    pub copied: Vec<String>,
    /// Every change that was asked for, in order.
    pub changes: Vec<Change>,
    /// Requests that the core was not told of yet.
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    due: BTreeMap<(Timestamp, Ticket), Work>,
}

impl Driver {
    /// A signed-in program on a built-in scenario.
    pub async fn on(scenario: &str) -> Self {
        Self::with(Scenario::named(scenario).unwrap(), None).await
    }

    /// A signed-in program on a scenario; `environment` is opened as soon as the list is there.
    pub async fn with(scenario: Scenario, environment: Option<&str>) -> Self {
        Self::start(scenario, environment, true).await
    }

    /// A program that nobody has signed in to.
    pub async fn signed_out(scenario: Scenario) -> Self {
        Self::start(scenario, None, false).await
    }

    async fn start(scenario: Scenario, environment: Option<&str>, is_signed_in: bool) -> Self {
        let start: Timestamp = START.parse().unwrap();
        let sim = sim::start(Options { scenario, speed: 0.0, port: 0, start }).await.unwrap();
        let profile = sim.profile_toml();
        Self::before(sim, &profile, environment, is_signed_in)
    }

    /// A program on a cloud profile that leads to this simulator, whose clock stands still.
    pub fn before(sim: Simulator, profile: &str, environment: Option<&str>, is_signed_in: bool) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sim = Arc::new(sim);
        let profile = Profile::parse(profile, "simulator").unwrap();
        let clock = Arc::clone(&sim);
        let time = Time { now: Arc::new(move || clock.now()), speed: 1e9 };
        let refresh = is_signed_in.then(|| sim.signed_in());
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&exchanges);
        let api = Api::new(profile.clone(), Credentials::person(refresh), Trust::default(), time)
            .unwrap()
            .telling(Arc::new(move |exchange| heard.lock().unwrap().push(exchange)));
        let mut model = Model::new(profile.cloud("dualwrite", 1.0), 7, environment.map(str::to_owned));
        if is_signed_in {
            model.session = Session::SignedIn("ada@contoso.example".into());
        }
        let mut driver = Self {
            model,
            sim,
            api: Arc::new(api),
            recorded: Vec::new(),
            accepted: Vec::new(),
            opened: Vec::new(),
            copied: Vec::new(),
            changes: Vec::new(),
            exchanges,
            due: BTreeMap::new(),
        };
        driver.tell(Msg::Start);
        driver
    }

    pub fn now(&self) -> Timestamp {
        self.sim.now()
    }

    pub fn screen(&self) -> Screen {
        screen(&self.model)
    }

    /// Wants something.
    pub fn want(&mut self, intent: Intent) -> &mut Self {
        self.tell(Msg::Intent(intent));
        self
    }

    fn tell(&mut self, msg: Msg) {
        let now = self.now();
        let mut kept = Vec::new();
        let mut claimed = Vec::new();
        for effect in update(&mut self.model, msg, now) {
            match effect {
                Effect::Call { ticket, after, call } => {
                    self.due.insert((now.checked_add(after).unwrap(), ticket), Work::Ask(call));
                }
                Effect::Change { ticket, change, intention } => {
                    self.recorded.push(intention);
                    self.changes.push(change.clone());
                    self.due.insert((now, ticket), Work::Change(change));
                }
                Effect::Claim { environment, .. } => claimed.push(environment),
                Effect::Release(_)
                | Effect::Note(_)
                | Effect::ReadRuns
                | Effect::Export(_)
                | Effect::Forget { .. }
                | Effect::AskHolder { .. } => {}
                Effect::Cancel(ticket) => self.due.retain(|(_, open), _| *open != ticket),
                Effect::Record(entry) => self.recorded.push(entry),
                Effect::KeepTerms(acceptance) => {
                    kept.push(acceptance.environment.clone());
                    self.accepted.push(acceptance);
                }
                Effect::Open(address) => self.opened.push(address),
                Effect::Copy(text) => self.copied.push(text),
            }
        }
        for environment in claimed {
            self.tell(Msg::Claimed { environment, result: Ok(()) });
        }
        for environment in kept {
            self.tell(Msg::TermsKept { environment, result: Ok(()) });
        }
    }

    /// Answers the question that is due next, in simulated time.
    pub async fn step(&mut self) -> bool {
        let Some((ticket, work)) = self.due() else { return false };
        let result = carry_out(&self.api, work).await;
        self.answer(ticket, result);
        true
    }

    /// Takes what is due next; both clocks show when that is.
    pub fn due(&mut self) -> Option<(Ticket, Work)> {
        let ((at, ticket), work) = self.due.pop_first()?;
        let now = self.now();
        if at > now {
            self.sim.advance(Duration::try_from(at.duration_since(now)).unwrap());
        }
        Some((ticket, work))
    }

    /// What came of it.
    pub fn answer(&mut self, ticket: Ticket, result: Result<Reply, Trouble>) {
        let exchanges = std::mem::take(&mut *self.exchanges.lock().unwrap());
        for exchange in exchanges {
            self.tell(Msg::Exchange(Box::new(exchange)));
        }
        self.tell(Msg::Reply { ticket, result });
    }

    /// Goes on until the condition holds. Fails when nothing is left to wait for, or after hours of
    /// simulated time.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Model) -> bool) {
        let start = self.now();
        while !holds(&self.model) {
            let age = Duration::try_from(self.now().duration_since(start)).unwrap();
            let went_on = age < LONGEST && self.step().await;
            assert!(went_on, "never: {what}; screen {:?}, after {age:?}\n{}", self.screen(), self.timeline());
        }
    }

    pub async fn until_screen(&mut self, wanted: Screen) {
        self.until(&format!("{wanted:?}"), |model| screen(model) == wanted).await;
    }

    /// Goes on until everything that was asked for is read.
    pub async fn until_read(&mut self) {
        self.until("everything read", |model| {
            model.directory.read_at.is_some()
                && model.directory.reading.is_none()
                && model.directory.reading_lcs.is_none()
                && model.setups.values().all(|setup| setup.reading.is_empty())
        })
        .await;
    }

    /// The list, then one environment by name, with everything read.
    pub async fn open(&mut self, name: &str) {
        self.until_read().await;
        let id = self.id(name);
        self.want(Intent::OpenEnvironment(id));
        self.until_read().await;
    }

    pub fn id(&self, name: &str) -> EnvironmentId {
        let mut all = self.model.directory.environments.iter();
        all.find(|row| row.name == name).unwrap_or_else(|| panic!("no environment {name}")).id.clone()
    }

    /// From the details to the running set-up.
    pub fn accept_and_start(&mut self) {
        self.want(Intent::DualWriteApplication)
            .want(Intent::TermsSeenToEnd)
            .want(Intent::TickTerms)
            .want(Intent::Configure)
            .want(Intent::Ok);
        assert_eq!(self.screen(), Screen::Progress, "{:?}", self.model.notice);
    }

    pub fn timeline(&self) -> String {
        let Some((_, setup)) = self.model.current() else { return String::new() };
        let lines: Vec<String> = setup.timeline.iter().map(|event| format!("{} {}", event.at, event.text)).collect();
        lines.join("\n")
    }
}

/// Asks a service.
pub async fn carry_out(api: &Api, work: Work) -> Result<Reply, Trouble> {
    match work {
        Work::Ask(call) => api.call(call).await,
        Work::Change(change) => api.change(change).await,
    }
}
