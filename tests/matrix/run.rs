//! One run with one fault, in simulated time: what the program does without a screen, without its pipes.

use super::calls::{Job, Target, is_aside};
use super::common::{Driver, START, Work, carry_out};
use super::faults;
use super::held::wait;
use super::layer::{FAR, Harm, Layer, Which};
use dualwrite::core::call::Change;
use dualwrite::core::configuring::StageState;
use dualwrite::core::environment::EnvironmentId;
use dualwrite::core::journal::What as Line;
use dualwrite::core::mandate::Mandate;
use dualwrite::core::msg::Intent;
use dualwrite::core::pilot::{Goal, Next, Orders, Pilot, Until};
use dualwrite::core::service::Service;
use dualwrite::core::setup::Flow;
use dualwrite::core::silence;
use dualwrite::core::terms;
use dualwrite::core::trouble::{Trouble, What};
use dualwrite::sim::{self, Counters, Options, Scenario};
use dualwrite::surface::code;
use dualwrite::surface::events::{self, Subject};
use dualwrite::surface::headless::{Ending, is_listed, is_signed_in, is_unread, left, what_helps};
use dualwrite::ui::text::clean_lines;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The environment of every job.
const NAME: &str = "contoso-uat";
/// So long, in seconds, a question may take, a change, and Reset link.
const QUESTION_LIMIT: u64 = 30;
const CHANGE_LIMIT: u64 = 60;
const RESET_LIMIT: u64 = 300;
/// The longest time of a run, as if by `--timeout 1h`: what goes on at a service is watched until then.
const TIMEOUT: Duration = Duration::from_hours(1);
/// So much of an endless body the client is made to take, in bytes, so that it takes little time; `tests/faults/`
/// reads one to the limit that the program has.
const READ: usize = 1024 * 1024;
/// What it says of that, and what the program says of its own limit.
const READ_WORDS: (&str, &str) = ("more than 1 MB", "more than 20 MB");
/// An endless body is read so far, in bytes: the kernel takes some more on the way.
const BODY_LIMIT: usize = READ + 28 * 1024 * 1024;
const _: () = assert!(BODY_LIMIT < FAR);

/// How often the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Often {
    Once,
    Always,
}

/// What the program did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Did {
    /// Requests that were harmed.
    pub harmed: u32,
    /// Exit code; none: it was asked for in the wizard.
    pub code: Option<u8>,
    /// The last sentences for the person.
    pub words: String,
    /// How long the whole run took, in simulated time.
    pub took: Duration,
}

/// The world of a job, read once.
fn scenario(job: Job) -> Scenario {
    static WORLDS: Mutex<Vec<(Job, Scenario)>> = Mutex::new(Vec::new());
    let mut worlds = WORLDS.lock().unwrap();
    if let Some((_, scenario)) = worlds.iter().find(|(of, _)| *of == job) {
        return scenario.clone();
    }
    worlds.push((job, world(job)));
    worlds[worlds.len() - 1].1.clone()
}

/// With no more environments than it needs, so that many runs take little time.
fn world(job: Job) -> Scenario {
    let one = "only = [\"contoso-uat\"]\n";
    let package = include_str!("worlds/package.toml");
    let text = match job {
        Job::Link | Job::FirstLink | Job::FindGateway | Job::Check => {
            one.to_owned() + include_str!("worlds/linkable.toml")
        }
        Job::Install => one.to_owned() + package,
        Job::InstallOnShortTokens => {
            let longer = package.replace("packages = 20", "packages = 150");
            format!("{one}sign_in = {{ token_life_s = 60 }}\n{longer}")
        }
        Job::Identities => one.to_owned() + include_str!("worlds/identities.toml"),
        Job::Repair => one.to_owned() + include_str!("../../assets/scenarios/deleted-twin.toml"),
        Job::RepairDisabled => one.to_owned() + include_str!("worlds/disabled.toml"),
        Job::CheckLinked => one.to_owned() + include_str!("../../assets/scenarios/modules.toml"),
        Job::Reset => include_str!("../../assets/scenarios/mismatch-set-up.toml")
            .replace(r#""contoso-golden", "contoso-prod""#, "")
            .replace(r#""contoso-test","#, ""),
    };
    Scenario::parse(&text, "a world of the matrix").unwrap()
}

/// Runs it.
///
/// # Errors
/// What must never be, in words.
pub async fn run(target: &Target, harm: Harm, often: Often) -> Result<Did, String> {
    let start = START.parse().unwrap();
    let options = Options { scenario: scenario(target.job), speed: 0.0, port: 0, start };
    let simulator = sim::start(options).await.unwrap();
    let layer = Layer::before(simulator.address().port());
    let mut profile = layer.instead(&simulator.profile_toml());
    if target.job == Job::FindGateway {
        profile = profile.lines().filter(|line| !line.starts_with("gateway")).collect::<Vec<_>>().join("\n");
    }
    let mut driver = Driver::before(simulator, &profile, None, target.job != Job::FirstLink);
    if harm == Harm::Endless {
        driver.api = Arc::new(Arc::into_inner(driver.api).unwrap().reading(READ));
    }
    let left = if often == Often::Once { 1 } else { u32::MAX };
    let mut run = Run { driver, layer, target, harm, often, left, opened: None, has_named: false };
    let over = run.finish().await?;
    run.verdict(over)
}

struct Run<'a> {
    driver: Driver,
    layer: Layer,
    target: &'a Target,
    harm: Harm,
    often: Often,
    /// So many requests are still to be harmed.
    left: u32,
    opened: Option<(EnvironmentId, Pilot)>,
    /// A person has named the address of a gateway.
    has_named: bool,
}

type Over = (Option<u8>, String);

impl Run<'_> {
    async fn finish(&mut self) -> Result<Over, String> {
        loop {
            if let Some(over) = self.steer() {
                return Ok(over);
            }
            if self.age() > TIMEOUT {
                return self.time_out();
            }
            self.step().await?;
        }
    }

    fn age(&self) -> Duration {
        Duration::try_from(self.driver.now().duration_since(START.parse().unwrap())).unwrap()
    }

    /// What runs at a service is watched for as long as it is left to; so is a service that asks for long pauses,
    /// or one that is busy with something else.
    fn may_wait(&self) -> bool {
        let is_busy = self.target.is_change && self.harm == faults::BUSY;
        self.often == Often::Always && (self.target.is_watch || self.harm == faults::IN_A_DAY || is_busy)
    }

    /// As `--timeout` ends it.
    fn time_out(&self) -> Result<Over, String> {
        let setup = self.opened.as_ref().map(|(id, _)| &self.driver.model.setups[id]);
        let setup = setup.filter(|_| self.may_wait());
        let setup = setup.ok_or_else(|| format!("it does not end: {}", self.driver.timeline()))?;
        Ok((
            Some(code::TIMED_OUT),
            left(
                setup,
                "the limit given with --timeout was reached",
                silence::of_setup(setup, self.driver.now()),
                false,
            ),
        ))
    }

    /// What comes next; `Some` when nothing does.
    fn steer(&mut self) -> Option<Over> {
        let model = &self.driver.model;
        if let Err((code, words)) = is_signed_in(model, true)? {
            return Some((Some(code), words));
        }
        if self.opened.is_none() {
            if let Err(words) = is_listed(model)? {
                return Some((Some(code::UNREACHABLE), words));
            }
            self.open();
        }
        let (id, _) = self.opened.clone()?;
        match self.target.job {
            Job::Link | Job::FirstLink | Job::Install | Job::InstallOnShortTokens | Job::Identities | Job::Reset => {
                self.fly(&id)
            }
            Job::Check | Job::CheckLinked => self.is_read(&id).then(|| {
                let model = &self.driver.model;
                let is_unread = is_unread(model, &model.setups[&id]);
                (Some(if is_unread { code::UNREACHABLE } else { code::DONE }), self.doubts(&id))
            }),
            Job::FindGateway if self.is_read(&id) && self.has_named => Some((None, self.doubts(&id))),
            Job::FindGateway if self.is_read(&id) => {
                self.has_named = true;
                let address = self.layer.instead(&format!("{}/gateway", self.driver.sim.base()));
                self.driver.want(Intent::FindGateway(address));
                None
            }
            Job::FindGateway => None,
            Job::Repair | Job::RepairDisabled => match &self.driver.model.setups[&id].flow {
                Flow::Configured | Flow::ConfigureFailed(..) => Some((None, String::new())),
                Flow::Details { .. } if self.driver.model.setups[&id].is_read() => {
                    let row_user = Some("Admin".into());
                    let mandate = Mandate { purges: true, row_user, ..Mandate::default() };
                    self.driver.want(Intent::RepairIdentities(mandate));
                    None
                }
                _ => None,
            },
        }
    }

    fn open(&mut self) {
        let id = self.driver.id(NAME);
        self.driver.want(Intent::OpenEnvironment(id.clone()));
        let goal = match self.target.job {
            Job::Reset => Goal::Reset(vec![NAME.into()]),
            _ => Goal::SetUp(Vec::new()),
        };
        let until = match self.target.job {
            Job::Install | Job::InstallOnShortTokens | Job::Identities => Until::Configured,
            _ => Until::Linked,
        };
        let orders = Orders { until, goal, accepted: Some(terms::version().into()), yes: true };
        self.opened = Some((id.clone(), Pilot::new(id, orders)));
    }

    fn fly(&mut self, id: &EnvironmentId) -> Option<Over> {
        loop {
            let (_, pilot) = self.opened.as_mut()?;
            match pilot.next(&self.driver.model) {
                Next::Wait => return None,
                Next::Want(intent) => drop(self.driver.want(intent)),
                Next::End(end) => {
                    let Ending { code, words, .. } = Ending::of(&end, &self.driver.model, id);
                    return Some((Some(code), words));
                }
            }
        }
    }

    fn is_read(&self, id: &EnvironmentId) -> bool {
        self.driver.model.setups[id].reading.is_empty()
    }

    /// What would help to tell what could not be told, as `check` says it.
    fn doubts(&self, id: &EnvironmentId) -> String {
        let model = &self.driver.model;
        let troubles: Vec<&Trouble> =
            model.directory.lcs_trouble.iter().chain(model.setups[id].facts.unanswered()).collect();
        what_helps(&troubles).join(" ")
    }

    async fn step(&mut self) -> Result<(), String> {
        let (ticket, work) =
            self.driver.due().ok_or_else(|| format!("nothing is awaited: {}", self.driver.timeline()))?;
        let is_target = (self.target.is_in)(&work) && self.left > 0;
        if !is_target && is_aside(self.target.job, &work) {
            // Not asked, so that many runs take little time.
            let aside = Trouble::new(Service::Dataverse, What::NotConfigured, "");
            self.driver.answer(ticket, Err(aside));
            return Ok(());
        }
        let before = self.layer.seen().harmed.get();
        if is_target {
            if self.harm == Harm::Refuse {
                self.bring_token(&work).await;
            }
            self.layer.harm(self.harm, self.target.which, self.left).await;
        }
        let named = format!("{work:?}");
        let limit = match &work {
            Work::Ask(_) => QUESTION_LIMIT,
            Work::Change(Change::ResetLink { .. }) => RESET_LIMIT,
            Work::Change(_) => CHANGE_LIMIT,
        };
        // One second more, because time passes in seconds.
        let done = wait(self.layer.held(), carry_out(&self.driver.api, work), limit + 1).await;
        if is_target {
            self.layer.heal();
            // Nobody hears a request that is refused.
            let harmed = if self.harm == Harm::Refuse { 1 } else { self.layer.seen().harmed.get() - before };
            if self.harm == Harm::Refuse {
                self.layer.seen().harmed.set(before + 1);
            }
            self.left = self.left.saturating_sub(harmed);
        }
        let (result, passed) = done.ok_or_else(|| format!("it waits for more than {limit} s: {named}"))?;
        if passed > 0 {
            self.driver.sim.advance(Duration::from_secs(limit));
        }
        self.driver.answer(ticket, result);
        Ok(())
    }

    /// Where nobody listens a token is not given either; asked before, there is one.
    async fn bring_token(&self, work: &Work) {
        if let (Which::Services, Work::Ask(call)) = (self.target.which, work) {
            drop(self.driver.api.call(call.clone()).await);
        }
    }

    fn verdict(self, (code, last): Over) -> Result<Did, String> {
        let seen = self.layer.seen();
        if let Some(wrong) = seen.wrong.take() {
            return Err(wrong);
        }
        if seen.harmed.get() == 0 {
            return Err("the fault never struck".into());
        }
        if seen.taken.get() > BODY_LIMIT {
            return Err(format!("{} bytes of one body were read", seen.taken.get()));
        }
        twice(&self.driver.sim.counters(), self.target.job)?;
        let id = self.opened.as_ref().map(|(id, _)| id.0.to_string()).unwrap_or_default();
        let subject = Subject { id, name: NAME.into(), label: NAME.into(), run: String::new() };
        let said = |is: fn(&Line) -> bool| {
            let entry = self.driver.recorded.iter().rev().find(|entry| is(&entry.what));
            let entry = entry.filter(|_| code != Some(code::DONE) && !self.is_well());
            entry.and_then(|entry| events::of_entry(entry, &subject)).map(|event| event.sentence)
        };
        let stage = said(|what| matches!(what, Line::Stage { state: StageState::Failed, .. }));
        let failed = said(|what| matches!(what, Line::Failed { .. }));
        let words = [stage, failed, Some(last)].into_iter().flatten().filter(|words| !words.is_empty());
        let words: Vec<String> = words.map(|words| clean_lines(&words).join(" ")).collect();
        let words = words.join(" / ").replace(READ_WORDS.0, READ_WORDS.1);
        Ok(Did { harmed: seen.harmed.get(), code, words, took: self.age() })
    }

    /// The environment is where the job wanted it.
    fn is_well(&self) -> bool {
        let flow = self.opened.as_ref().map(|(id, _)| &self.driver.model.setups[id].flow);
        matches!(flow, Some(Flow::Configured | Flow::Linked(_)))
    }
}

/// Nothing was made twice.
fn twice(counters: &Counters, job: Job) -> Result<(), String> {
    let all = [
        ("installed", &counters.installs),
        ("created", &counters.users_created),
        ("enabled", &counters.users_enabled),
        ("purged", &counters.users_purged),
        ("given a role", &counters.roles_given),
        ("made as a row", &counters.rows_created),
        ("bound", &counters.rows_bound),
    ];
    for (what, counts) in all {
        if let Some((of, count)) = counts.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{of} was {what} {count} times"));
        }
    }
    let links = counters.links_started + counters.resets;
    if links > 1 {
        return Err(format!("{links} links and resets, {job:?}"));
    }
    Ok(())
}
