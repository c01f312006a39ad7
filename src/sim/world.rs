//! The simulated world: environments, installations, links, and what was counted.
//!
//! Owns all state behind the routes. It is advanced lazily: [`World::settle`] brings it up to a
//! time, and everything that came due by then happens in the order in which it came due. It knows
//! no HTTP, starts no task and never reads a clock.

use super::places::Places;
use super::scenario::{Act, Environment, LinkState, Outcome, Scenario, When};
use super::{
    Counters, clock,
    faults::Faults,
    ids,
    packages::{self, Package},
    tokens::Tokens,
};
use jiff::Timestamp;
use std::collections::VecDeque;

/// How many requests are remembered.
const REQUESTS_KEPT: usize = 10_000;
/// How long a package operation is `NotStarted` (seconds), if it is that long at all.
const NOT_STARTED: f64 = 5.0;

/// Why an installation did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallError {
    /// For example `SolutionImportFailed`.
    pub name: String,
    /// As the service sends it.
    pub code: i64,
    /// The service's words.
    pub message: String,
}

/// How an installation will end; decided when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Installed.
    Succeeded,
    /// Failed.
    Failed(InstallError),
    /// Called off.
    Canceled,
}

/// How far something that takes time has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// Accepted.
    NotStarted,
    /// This part of the time has passed (0 to 1).
    Running(f64),
    /// It ended.
    Ended,
}

/// One installation.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Operation id.
    pub id: String,
    /// Place of its environment.
    pub environment: usize,
    /// What is installed.
    pub package: &'static Package,
    /// When it was asked for.
    pub started: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// How it ends.
    pub end: End,
    settled: bool,
}

/// One link operation.
#[derive(Clone, Debug)]
pub struct Linking {
    /// Operation activity id.
    pub id: String,
    /// The key that makes a repeated start harmless.
    pub request: String,
    /// Place of its environment.
    pub environment: usize,
    /// When it started.
    pub started: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// How it ended: a fault in the service's words, or none.
    pub end: Option<Result<(), &'static str>>,
}

fn progress(started: Timestamp, ends: Timestamp, now: Timestamp) -> Progress {
    let (whole, passed) = (clock::seconds_between(started, ends), clock::seconds_between(started, now));
    if now >= ends {
        Progress::Ended
    } else if passed < NOT_STARTED.min(whole / 10.0) {
        Progress::NotStarted
    } else {
        Progress::Running((passed / whole).clamp(0.0, 1.0))
    }
}

impl Installation {
    /// How far it is.
    pub fn progress(&self, now: Timestamp) -> Progress {
        progress(self.started, self.ends, now)
    }
}

impl Linking {
    /// How far it is.
    pub fn progress(&self, now: Timestamp) -> Progress {
        progress(self.started, self.ends, now)
    }
}

/// The world.
pub struct World {
    /// Its rules.
    pub scenario: Scenario,
    /// Its environments, as they are now.
    pub environments: Vec<Environment>,
    /// Where each of them is.
    pub places: Places,
    /// Every installation, oldest first.
    pub installations: Vec<Installation>,
    /// Every link operation, oldest first.
    pub linkings: Vec<Linking>,
    /// Everything that was given out to sign in.
    pub tokens: Tokens,
    /// What was counted.
    pub counters: Counters,
    /// The last requests, oldest first.
    pub requests: VecDeque<String>,
    /// What goes wrong with requests.
    pub faults: Faults,
    /// Times of the last LCS calls of the project.
    pub lcs_calls: VecDeque<Timestamp>,
    events_done: Vec<u32>,
}

impl World {
    /// The world at the beginning of a scenario.
    pub fn new(scenario: Scenario) -> Self {
        let environments = scenario.environments();
        Self {
            places: Places::of(&environments),
            environments,
            events_done: vec![0; scenario.events.len()],
            scenario,
            installations: Vec::new(),
            linkings: Vec::new(),
            tokens: Tokens::default(),
            counters: Counters::default(),
            requests: VecDeque::new(),
            faults: Faults::default(),
            lcs_calls: VecDeque::new(),
        }
    }

    /// Remembers a request.
    pub fn note(&mut self, request: String) {
        self.counters.requests += 1;
        if self.requests.len() >= REQUESTS_KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Place of an environment by its LCS id, with or without dashes, where Lifecycle Services lists it.
    pub fn by_lcs_id(&self, id: &str) -> Option<usize> {
        let is_listed = |place: &usize| self.environments[*place].is_in_lcs();
        self.places.by_lcs_id(id).filter(is_listed)
    }

    /// Lets everything happen that came due by `now`, in that order.
    pub fn settle(&mut self, now: Timestamp) {
        loop {
            let install = (0..self.installations.len())
                .filter(|&at| !self.installations[at].settled && self.installations[at].ends <= now)
                .min_by_key(|&at| self.installations[at].ends);
            let link = (0..self.linkings.len())
                .filter(|&at| self.linkings[at].end.is_none() && self.linkings[at].ends <= now)
                .min_by_key(|&at| self.linkings[at].ends);
            match (install, link) {
                (Some(install), Some(link)) if self.linkings[link].ends < self.installations[install].ends => {
                    self.settle_link(link);
                }
                (Some(install), _) => self.settle_install(install),
                (None, Some(link)) => self.settle_link(link),
                (None, None) => return,
            }
        }
    }

    fn settle_install(&mut self, at: usize) {
        let installation = &mut self.installations[at];
        installation.settled = true;
        let (place, package) = (installation.environment, installation.package);
        if installation.end == End::Succeeded {
            let environment = &mut self.environments[place];
            environment.packages.insert(package.name.to_owned(), package.version.to_owned());
            environment.updates.retain(|name| !name.eq_ignore_ascii_case(package.name));
            self.happen(When::InstallSucceeded, place, Some(package.name));
        }
    }

    fn settle_link(&mut self, at: usize) {
        let place = self.linkings[at].environment;
        let environment = &mut self.environments[place];
        let end = environment.connection_fault().map_or(Ok(()), Err);
        self.linkings[at].end = Some(end);
        if end.is_ok() {
            environment.link = Some(LinkState {
                environment: environment.name.clone(),
                owner: super::scenario::ADA.to_owned(),
                created: Some(self.linkings[at].ends),
                maps: Vec::new(),
                legal_entities: Vec::new(),
            });
            self.counters.links_completed += 1;
        }
    }

    /// The newest installation of a package in an environment.
    pub fn newest(&self, environment: usize, package: &str) -> Option<&Installation> {
        self.installations.iter().rev().find(|one| one.environment == environment && one.package.name == package)
    }

    /// Whether something is being installed in an environment.
    pub fn is_installing(&self, environment: usize) -> bool {
        self.installations.iter().any(|one| one.environment == environment && !one.settled)
    }

    /// Starts an installation. The caller has made sure that none runs.
    pub fn install(&mut self, place: usize, package: &'static Package, now: Timestamp) -> &Installation {
        let environment = &self.environments[place];
        let before =
            self.installations.iter().filter(|one| one.environment == place && one.package.name == package.name);
        let attempt = u32::try_from(before.count()).unwrap_or(u32::MAX).saturating_add(1);
        let rule = self.scenario.installs.iter().find(|rule| {
            rule.package.eq_ignore_ascii_case(package.name)
                && rule.environment.as_ref().is_none_or(|name| *name == environment.name)
                && rule.attempt.is_none_or(|number| number == attempt)
        });
        let mut seconds = self.scenario.install_seconds(package.name);
        let missing = package.requires.iter().any(|name| !environment.packages.contains_key(*name));
        let end = if missing {
            seconds = seconds.min(60);
            End::Failed(InstallError {
                name: "SolutionImportFailed".to_owned(),
                code: -2_147_188_706,
                message: "A dependency is missing.".to_owned(),
            })
        } else {
            seconds = rule.and_then(|rule| rule.after_s).unwrap_or(seconds);
            match rule.map_or(Outcome::Succeeded, |rule| rule.outcome) {
                Outcome::Succeeded => End::Succeeded,
                Outcome::Canceled => End::Canceled,
                Outcome::Failed => End::Failed(InstallError {
                    name: rule.and_then(|rule| rule.error_name.clone()).unwrap_or("SolutionImportFailed".to_owned()),
                    code: rule.and_then(|rule| rule.error_code).unwrap_or(-2_147_188_706),
                    message: rule
                        .and_then(|rule| rule.message.clone())
                        .unwrap_or("The installation failed.".to_owned()),
                }),
            }
        };
        let number = self.installations.len();
        *self.counters.installs.entry(package.name.to_owned()).or_default() += 1;
        self.installations.push(Installation {
            id: ids::of(&["operation", &environment.name, package.name, &number.to_string()]),
            environment: place,
            package,
            started: now,
            ends: clock::after(now, seconds),
            end,
            settled: false,
        });
        self.happen(When::InstallStarted, place, Some(package.name));
        &self.installations[number]
    }

    /// Starts a link. The caller has made sure that it may start.
    pub fn link(&mut self, place: usize, request: &str, now: Timestamp) -> &Linking {
        let number = self.linkings.len();
        self.counters.links_started += 1;
        self.linkings.push(Linking {
            id: ids::of(&["link", &self.environments[place].name, &number.to_string()]),
            request: request.to_owned(),
            environment: place,
            started: now,
            ends: clock::after(now, self.scenario.link_seconds()),
            end: None,
        });
        self.happen(When::LinkStarted, place, None);
        &self.linkings[number]
    }

    /// Lets the events of the scenario happen that wait for this.
    fn happen(&mut self, when: When, place: usize, package: Option<&str>) {
        for at in 0..self.scenario.events.len() {
            let event = &self.scenario.events[at];
            let waits = event.when == when
                && event.is_left(self.events_done[at])
                && event.environment.as_ref().is_none_or(|name| *name == self.environments[place].name)
                && event
                    .package
                    .as_deref()
                    .is_none_or(|name| package.is_some_and(|own| own.eq_ignore_ascii_case(name)));
            if !waits {
                continue;
            }
            self.events_done[at] = self.events_done[at].saturating_add(1);
            let environment = &mut self.environments[place];
            let app = event.app.as_deref().unwrap_or_default();
            let named = |other: &str| other.eq_ignore_ascii_case(app);
            match event.act {
                Act::DisableApplicationUser => {
                    environment
                        .application_users
                        .iter_mut()
                        .filter(|user| named(&user.app))
                        .for_each(|user| user.enabled = false);
                }
                Act::DeleteApplicationUser => {
                    environment
                        .application_users
                        .iter_mut()
                        .filter(|user| named(&user.app))
                        .for_each(|user| user.deleted = true);
                }
                Act::TakeRoles => {
                    environment
                        .application_users
                        .iter_mut()
                        .filter(|user| named(&user.app))
                        .for_each(|user| user.roles.clear());
                }
                Act::DeleteClientIdRow => environment.client_id_rows.retain(|row| !named(&row.app)),
                Act::DisableUser => {
                    let user = event.user.as_deref().unwrap_or_default();
                    environment
                        .users
                        .iter_mut()
                        .filter(|own| own.id.eq_ignore_ascii_case(user))
                        .for_each(|own| own.enabled = false);
                }
                Act::ExpireTokens => self.tokens.forget_access(),
                Act::RevokeSignIn => self.tokens.forget_all(),
            }
        }
    }

    /// The environments that are linked to the Dataverse of the one at `place`.
    pub fn linked_to(&self, place: usize) -> impl Iterator<Item = (&Environment, &LinkState)> {
        let name = &self.environments[place].name;
        let linked = self.environments.iter().filter_map(|environment| Some((environment, environment.link.as_ref()?)));
        linked.filter(move |(_, link)| link.environment == *name)
    }

    /// Whether core solution and application core are installed.
    pub fn is_configured(&self, place: usize) -> bool {
        let installed = &self.environments[place].packages;
        installed.contains_key(packages::CORE) && installed.contains_key(packages::APP_CORE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(name: &str) -> World {
        World::new(Scenario::named(name).unwrap())
    }

    fn at(seconds: u32) -> Timestamp {
        clock::after(Timestamp::UNIX_EPOCH, seconds)
    }

    fn package(name: &str) -> &'static Package {
        packages::find(name).unwrap()
    }

    #[test]
    fn what_came_due_happens_in_its_order_whenever_one_looks() {
        let mut world = world("happy");
        world.install(0, package(packages::CORE), at(0));
        assert_eq!(world.installations[0].progress(at(1)), Progress::NotStarted);
        assert!(
            matches!(world.installations[0].progress(at(75)), Progress::Running(part) if (part - 0.5).abs() < 1e-9)
        );
        world.settle(at(149));
        assert!(world.is_installing(0) && world.environments[0].core_version().is_none());
        world.settle(at(150));
        assert!(!world.is_installing(0) && world.environments[0].core_version().is_some());
    }

    #[test]
    fn the_application_core_without_the_core_solution_fails() {
        let mut world = world("happy");
        let end = world.install(0, package(packages::APP_CORE), at(0)).end.clone();
        assert!(matches!(end, End::Failed(error) if error.message == "A dependency is missing."));
        world.settle(at(600));
        assert!(!world.is_configured(0));
    }

    #[test]
    fn a_rule_for_the_first_attempt_does_not_touch_the_second() {
        let mut world = world("configure-fails");
        world.install(0, package(packages::CORE), at(0));
        world.settle(at(1000));
        assert!(matches!(world.install(0, package(packages::APP_CORE), at(1000)).end, End::Failed(_)));
        world.settle(at(2000));
        assert_eq!(world.install(0, package(packages::APP_CORE), at(2000)).end, End::Succeeded);
        assert_eq!(world.counters.installs[packages::APP_CORE], 2);
    }

    #[test]
    fn a_link_looks_at_the_world_when_it_ends_and_not_when_it_starts() {
        let mut world = world("identities-missing");
        world.link(0, "one", at(0));
        world.environments[0].application_users = world.environments[1].application_users.clone();
        world.environments[0].client_id_rows = world.environments[1].client_id_rows.clone();
        world.settle(at(1000));
        assert_eq!(world.linkings[0].end, Some(Ok(())));
        assert_eq!(world.counters.links_completed, 1);
    }

    #[test]
    fn an_event_can_happen_twice_and_no_more() {
        let mut world = world("dw9003-again");
        world.environments[0] = Environment { name: "contoso-uat".to_owned(), ..world.environments[1].clone() };
        for (number, fails) in [(0, true), (1, true), (2, false)] {
            world.environments[0].application_users.iter_mut().for_each(|user| user.enabled = true);
            world.link(0, &number.to_string(), at(1000 * number));
            world.settle(at(1000 * number + 999));
            assert_eq!(world.linkings.last().unwrap().end.unwrap().is_err(), fails, "{number}");
        }
    }

    #[test]
    fn an_event_that_happens_once_happens_once() {
        let mut world = world("dw9003-crm");
        world.environments[0] = Environment { name: "contoso-uat".to_owned(), ..world.environments[1].clone() };
        world.link(0, "one", at(0));
        world.settle(at(1000));
        assert!(matches!(world.linkings[0].end, Some(Err(words)) if words.contains("connect to CRM")));
        world.environments[0].application_users.iter_mut().for_each(|user| user.enabled = true);
        world.link(0, "two", at(1000));
        world.settle(at(2000));
        assert_eq!(world.linkings[1].end, Some(Ok(())));
    }
}
