//! Scenarios: what the simulated world looks like and what goes wrong in it.
//!
//! Owns the file format (`file`), the environments it describes (`environment`, `contents`) and the
//! built-in files. A scenario is checked when it is read: what a scenario names must exist, so that a typing
//! error is found with its line and never becomes a puzzle at run time. It never acts on anything.

mod contents;
mod environment;
mod file;
mod sign_in;

pub use contents::{Company, OtherSolution};
pub use environment::{ADA, ApplicationUser, ClientIdRow, Environment, Integration, LinkState};
pub use file::{
    Act, Body, Event, Fault, FaultKind, Install, InstallAnswer, Outcome, Person, RetryAfter, Service, When, Words,
};
pub use sign_in::{Approval, SignIn, Step};

use file::ScenarioFile;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
    path::Path,
};
use thiserror::Error;

/// Files longer than this are not scenarios (bytes).
const LONGEST_FILE: u64 = 1024 * 1024;

/// Most copies of an environment.
const COPIES_MAX: u32 = 20_000;

/// The usual people and environments, which every scenario starts from.
const CAST: &str = include_str!("../../../assets/scenarios/cast/contoso.toml");

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../assets/scenarios/", $name, ".toml")))),*];
    };
}
built_in!(
    "happy",
    "accepted-202",
    "configure-fails",
    "canceled",
    "dw9003-crm",
    "dw9003-ax",
    "mismatch-never-set-up",
    "mismatch-set-up",
    "not-set-up",
    "identities-missing",
    "deleted-twin",
    "prerequisites-unmet",
    "reset-lost",
    "dw9003-again",
    "modules",
    "throttled",
    "flaky",
    "slow",
    "unknown-states",
    "hostile",
    "token-expiry",
    "sign-in-slow-down",
    "sign-in-declined",
    "sign-in-expired",
    "sign-in-blocked",
    "refresh-revoked",
);

/// A scenario, checked and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    title: String,
    description: String,
    /// As they stand in the file, without copies.
    environments: Vec<Environment>,
    /// So many copies of the first environment follow.
    copies: u32,
    pub(super) durations: BTreeMap<String, u32>,
    pub(super) page_size: usize,
    pub(super) lcs_page_size: usize,
    pub(super) profile_without: Vec<String>,
    pub(super) sign_in: SignIn,
    pub(super) person: Person,
    pub(super) install_answer: InstallAnswer,
    pub(super) installs: Vec<Install>,
    pub(super) faults: Vec<Fault>,
    pub(super) events: Vec<Event>,
    pub(super) words: Words,
}

/// Why a scenario could not be had.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// Neither a built-in name nor a file.
    #[error(
        "There is no scenario “{name}”{} dualwrite demo --list tells those that are built in, or give the path of a .toml file",
        near.map_or_else(|| ";".to_owned(), |near| format!(": did you mean {near}?"))
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// The built-in name that it may have been meant for.
        near: Option<&'static str>,
    },
    /// The file could not be read.
    #[error("The scenario file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The text is no scenario.
    #[error("{origin}:{line}:{column}: {message}")]
    Broken {
        /// Name of the text.
        origin: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
}

/// How like two names are, from 0 to 1, so that one may have been meant for the other.
const LIKENESS: f64 = 0.8;

/// The built-in name that is most like this one, if one is.
fn near(name: &str) -> Option<&'static str> {
    let like = |known: &'static str| (strsim::jaro(&name.to_ascii_lowercase(), known), known);
    let nearest = Scenario::names().map(like).max_by(|one, other| one.0.total_cmp(&other.0))?;
    (nearest.0 >= LIKENESS).then_some(nearest.1)
}

impl Scenario {
    /// A built-in scenario by its name, or the scenario in a file.
    ///
    /// # Errors
    /// See [`ScenarioError`].
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return Self::parse(text, name);
        }
        let path = Path::new(name);
        if !path.exists() {
            return Err(ScenarioError::Unknown { name: name.to_owned(), near: near(name) });
        }
        let unreadable = |source| ScenarioError::Unreadable { path: name.to_owned(), source };
        let about = path.metadata().map_err(unreadable)?;
        if !about.is_file() || about.len() > LONGEST_FILE {
            return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "no file of up to 1 MiB")));
        }
        match String::from_utf8(std::fs::read(path).map_err(unreadable)?) {
            Ok(text) => Self::parse(&text, name),
            Err(error) => {
                // What is before the first wrong byte is the same in the text that is shown.
                let (text, at) = (String::from_utf8_lossy(error.as_bytes()), error.utf8_error().valid_up_to());
                Err(broken(&text, name, at, "this is no UTF-8 text"))
            }
        }
    }

    /// The names of the built-in scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Reads a scenario. `origin` names the text in errors.
    ///
    /// # Errors
    /// [`ScenarioError::Broken`] with line and column; unknown keys are refused.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ScenarioError> {
        let file = read(text, origin)?;
        let mut environments = Vec::new();
        if file.usual_cast {
            for patch in read(CAST, "the usual cast")?.environment {
                environments.push(patch.onto(None));
            }
        }
        for patch in file.environment {
            let place = environments.iter().position(|known: &Environment| known.name == patch.name);
            match place {
                Some(place) => environments[place] = patch.onto(Some(environments[place].clone())),
                None => environments.push(patch.onto(None)),
            }
        }
        if let Some(only) = &file.only {
            let place = |name: &str| only.iter().position(|own| own == name);
            environments.retain(|environment| place(&environment.name).is_some());
            environments.sort_by_key(|environment| place(&environment.name));
        }
        let scenario = Self {
            title: file.title,
            description: file.description,
            environments,
            copies: file.copies.min(COPIES_MAX),
            durations: file.durations,
            page_size: file.page_size,
            lcs_page_size: file.lcs_page_size,
            profile_without: file.profile_without,
            sign_in: file.sign_in,
            person: file.person,
            install_answer: file.install_answer,
            installs: file.install,
            faults: file.fault,
            events: file.event,
            words: file.words,
        };
        match scenario.mistake(file.only.as_deref().unwrap_or_default()) {
            None => Ok(scenario),
            Some((at, message)) => {
                // A name is written in quotes; the first place where it stands is the best known one.
                let place = text.find(&format!("\"{at}\"")).or_else(|| text.find(&at)).unwrap_or(0);
                Err(broken(text, origin, place, &message))
            }
        }
    }

    /// One line for a list.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What can be learned from it.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The environments, with the copies.
    pub(super) fn environments(&self) -> Vec<Environment> {
        let copies = |pattern: &Environment| (1..=self.copies).map(|number| pattern.copy(number)).collect::<Vec<_>>();
        let mut all = self.environments.clone();
        all.extend(self.environments.first().map(copies).unwrap_or_default());
        all
    }

    /// Whether a copy has this name.
    fn is_copy(&self, name: &str) -> bool {
        let number = || name.strip_prefix(&self.environments.first()?.name)?.strip_prefix('-')?.parse().ok();
        number().is_some_and(|number: u32| {
            (1..=self.copies).contains(&number) && self.environments[0].name_of_copy(number) == name
        })
    }

    /// How long a package takes to install (simulated seconds).
    pub(super) fn install_seconds(&self, package: &str) -> u32 {
        let usual = match package {
            super::packages::CORE => 150,
            super::packages::APP_CORE => 540,
            _ => 120,
        };
        let own = self.durations.iter().find(|(name, _)| name.eq_ignore_ascii_case(package));
        own.map(|(_, seconds)| *seconds).or_else(|| self.durations.get("packages").copied()).unwrap_or(usual)
    }

    /// How long a link takes (simulated seconds).
    pub(super) fn link_seconds(&self) -> u32 {
        self.durations.get("link").copied().unwrap_or(110)
    }

    /// The first thing that does not fit together: where it stands, and what is wrong.
    fn mistake(&self, only: &[String]) -> Option<(String, String)> {
        let names: HashSet<&str> = self.environments.iter().map(|environment| environment.name.as_str()).collect();
        let known = |name: &str| names.contains(name) || self.is_copy(name);
        let no_environment =
            |name: &str| (name.to_owned(), format!("there is no environment “{name}” in this scenario"));
        let no_package = |name: &str| (name.to_owned(), format!("there is no package “{name}”"));
        let package = |name: &str| super::packages::find(name).is_some();

        if self.environments.is_empty() {
            return Some(("environment".to_owned(), "a scenario needs at least one environment".to_owned()));
        }
        if let Some(name) = only.iter().find(|name| !known(name)) {
            return Some(no_environment(name));
        }
        let mut ids: HashMap<&str, &str> = HashMap::new();
        for environment in &self.environments {
            if let Some(mistake) = environment.mistake() {
                return Some(mistake);
            }
            if let Some(link) = &environment.link
                && !known(&link.environment)
            {
                return Some(no_environment(&link.environment));
            }
            if self.is_copy(&environment.name) {
                let message = format!("“{}” is the name of a copy, too", environment.name);
                return Some((environment.name.clone(), message));
            }
            if let Some(other) = ids.insert(&environment.id, &environment.name) {
                let message = format!("“{other}” and “{}” have the same id", environment.name);
                return Some((environment.id.clone(), message));
            }
        }
        if let Some(name) =
            self.durations.keys().find(|name| !matches!(name.as_str(), "link" | "packages") && !package(name))
        {
            return Some(no_package(name));
        }
        for rule in &self.installs {
            if !package(&rule.package) {
                return Some(no_package(&rule.package));
            }
            if let Some(name) = rule.environment.as_deref().filter(|name| !known(name)) {
                return Some(no_environment(name));
            }
        }
        for event in &self.events {
            if let Some(name) = event.environment.as_deref().filter(|name| !known(name)) {
                return Some(no_environment(name));
            }
            if let Some(name) = event.package.as_deref().filter(|name| !package(name)) {
                return Some(no_package(name));
            }
            if event.act.needs_app() && event.app.is_none() {
                return Some(("[event]".to_owned(), "this event needs the key app".to_owned()));
            }
            if event.act == Act::DisableUser && event.user.is_none() {
                return Some(("[event]".to_owned(), "this event needs the key user".to_owned()));
            }
            if event.times == Some(0) {
                return Some(("times = 0".to_owned(), "times = 0 is never".to_owned()));
            }
        }
        if let Some(service) =
            self.profile_without.iter().find(|name| !matches!(name.as_str(), "lcs" | "gateway" | "link" | "graph"))
        {
            return Some((service.clone(), "a profile can leave out lcs, gateway, link and graph only".to_owned()));
        }
        if let Some(mistake) = self.person.mistake().or_else(|| self.sign_in.mistake()) {
            return Some(mistake);
        }
        self.faults.iter().find_map(Fault::mistake)
    }
}

fn read(text: &str, origin: &str) -> Result<ScenarioFile, ScenarioError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        broken(text, origin, error.span().map_or(0, |span| span.start), error.message())
    })
}

fn broken(text: &str, origin: &str, at: usize, message: &str) -> ScenarioError {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    ScenarioError::Broken {
        origin: origin.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests;
