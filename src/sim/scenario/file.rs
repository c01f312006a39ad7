//! The scenario file, key by key. Owns the serde types; refuses unknown keys everywhere.

use super::environment::Patch;
use super::sign_in::SignIn;
use crate::wire::graph::CREATOR_ROLES;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// One line for a list.
    pub title: String,
    /// What can be learned from it.
    #[serde(default)]
    pub description: String,
    /// Whether the usual cast is there.
    #[serde(default = "yes")]
    pub usual_cast: bool,
    /// Names of the environments that remain, in this order; all without it.
    pub only: Option<Vec<String>>,
    /// Environments that are changed or added.
    #[serde(default)]
    pub environment: Vec<Patch>,
    /// So many copies of the first environment that remains follow it.
    #[serde(default)]
    pub copies: u32,
    /// Seconds by package name, or `packages` for the others, or `link`.
    #[serde(default)]
    pub durations: BTreeMap<String, u32>,
    /// Rows on one page of the environment list.
    #[serde(default = "two", deserialize_with = "at_least_one")]
    pub page_size: usize,
    /// Rows on one page of the LCS list.
    #[serde(default = "three", deserialize_with = "at_least_one")]
    pub lcs_page_size: usize,
    /// Services the cloud profile leaves out.
    #[serde(default)]
    pub profile_without: Vec<String>,
    /// The person at the browser.
    #[serde(default)]
    pub sign_in: SignIn,
    /// The same person in the directory.
    #[serde(default)]
    pub person: Person,
    /// How an installation request is answered.
    #[serde(default)]
    pub install_answer: InstallAnswer,
    /// Installations that end otherwise.
    #[serde(default)]
    pub install: Vec<Install>,
    /// Harm to requests.
    #[serde(default)]
    pub fault: Vec<Fault>,
    /// What others do to the world.
    #[serde(default)]
    pub event: Vec<Event>,
    /// How states are spelled.
    #[serde(default)]
    pub words: Words,
}

fn yes() -> bool {
    true
}

fn two() -> usize {
    2
}

fn three() -> usize {
    3
}

fn at_least_one<'de, D: serde::Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    usize::deserialize(from).map(|size| size.max(1))
}

/// The signed-in person in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    /// Licences.
    pub licences: Vec<Licence>,
    /// Templates of the directory roles.
    pub directory_roles: Vec<String>,
}

impl Default for Person {
    fn default() -> Self {
        let plans = ["DYN365_ENTERPRISE_P1", "FLOW_DYN_APPS", "POWERAPPS_DYN_APPS"];
        let plans = plans.map(str::to_owned).to_vec();
        Self {
            licences: vec![Licence { sku: "DYN365_ENTERPRISE_PLAN1".to_owned(), plans }],
            directory_roles: vec![CREATOR_ROLES[1].to_owned()],
        }
    }
}

impl Person {
    /// What does not fit together in it.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        let bad = self.directory_roles.iter().find(|id| uuid::Uuid::try_parse(id).is_err());
        bad.map(|id| (id.clone(), format!("“{id}” is no GUID")))
    }
}

/// A licence and what can be used of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Part number.
    pub sku: String,
    /// Names of its service plans.
    #[serde(default)]
    pub plans: Vec<String>,
}

/// How an installation request is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstallAnswer {
    /// 200 with the instance package.
    #[default]
    Body,
    /// 202 without a body, with `Operation-Location`.
    Accepted,
}

/// How one attempt to install a package ends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// Package.
    pub package: String,
    /// Environment; every one without it.
    pub environment: Option<String>,
    /// From 1; every attempt without it.
    pub attempt: Option<u32>,
    /// How it ends.
    pub outcome: Outcome,
    /// When it ends (seconds); at the usual time without it.
    pub after_s: Option<u32>,
    /// For example `SolutionImportFailed`.
    pub error_name: Option<String>,
    /// As the service sends it.
    pub error_code: Option<i64>,
    /// The service's words.
    pub message: Option<String>,
}

/// How an installation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Installed.
    Succeeded,
    /// Not installed, with an error.
    Failed,
    /// Not installed, called off.
    Canceled,
}

/// The services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Microsoft Entra ID.
    Entra,
    /// Lifecycle Services.
    Lcs,
    /// BAP admin API.
    Bap,
    /// Power Platform API.
    PowerPlatform,
    /// Dataverse Web API.
    Dataverse,
    /// Finance and operations.
    FinanceOperations,
    /// Dual-write gateway.
    Gateway,
    /// Link operation.
    Link,
    /// Microsoft Graph.
    Graph,
}

/// Harm to some of the requests that match.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Services; all without it.
    #[serde(default)]
    pub service: Vec<Service>,
    /// `GET`, `POST`, ...; all without it.
    pub method: Option<String>,
    /// A piece of the path, case aside.
    pub path: Option<String>,
    /// Numbers of the matching requests, from 1.
    #[serde(default)]
    pub on: Vec<u32>,
    /// Every so many matching requests.
    pub every: Option<u32>,
    /// What happens.
    #[serde(rename = "do")]
    pub kind: FaultKind,
    /// Status of `status`.
    pub status: Option<u16>,
    /// Body of `status`.
    #[serde(default)]
    pub body: Body,
    /// Words in a JSON body.
    pub message: Option<String>,
    /// Form of `Retry-After`.
    #[serde(default)]
    pub retry_after: RetryAfter,
    /// Its value (seconds).
    #[serde(default = "twenty")]
    pub retry_after_s: u32,
    /// Length of a stall (real milliseconds).
    #[serde(default = "three_thousand")]
    pub stall_ms: u32,
}

fn twenty() -> u32 {
    20
}

fn three_thousand() -> u32 {
    3000
}

impl Fault {
    /// What does not fit together in this rule.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        let at = || "[fault]".to_owned();
        if self.kind == FaultKind::Status && !self.status.is_some_and(|status| (200..600).contains(&status)) {
            return Some((at(), "a fault that does “status” needs a status from 200 to 599".to_owned()));
        }
        if self.every == Some(0) {
            return Some((at(), "every = 0 is never".to_owned()));
        }
        (self.on.is_empty() && self.every.is_none())
            .then(|| (at(), "a fault needs on = [numbers] or every = number".to_owned()))
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A status instead of the answer; nothing is done.
    Status,
    /// The connection closes; nothing is done.
    Reset,
    /// The request is done and the answer lost.
    Lost,
    /// Done; half of the body, as if it were all.
    Truncate,
    /// Done; half of the body, then the connection closes.
    Cut,
    /// Done; half of the body, a pause, the rest.
    Stall,
}

/// Body of a status fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// A page.
    Html,
    /// The service's own error shape.
    Json,
}

/// Form of the header `Retry-After`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// Absent.
    #[default]
    Absent,
    /// A number of seconds.
    Seconds,
    /// An HTTP date.
    Date,
}

/// Something that somebody else does to the world.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// At what.
    pub when: When,
    /// Where; everywhere without it.
    pub environment: Option<String>,
    /// Of which package; any without it.
    pub package: Option<String>,
    /// What.
    #[serde(rename = "do")]
    pub act: Act,
    /// Application id, for acts on users and rows.
    pub app: Option<String>,
    /// User of finance and operations.
    pub user: Option<String>,
    /// Only the first time.
    #[serde(default = "yes")]
    pub once: bool,
    /// Only so many times; goes before `once`.
    pub times: Option<u32>,
}

impl Event {
    /// Whether it happens once more when it has happened so often.
    pub fn is_left(&self, done: u32) -> bool {
        self.times.or(self.once.then_some(1)).is_none_or(|times| done < times)
    }
}

/// At what an event happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// An installation started.
    InstallStarted,
    /// An installation succeeded.
    InstallSucceeded,
    /// A link started.
    LinkStarted,
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Disables an application user of Dataverse.
    DisableApplicationUser,
    /// Deletes an application user of Dataverse (softly).
    DeleteApplicationUser,
    /// Takes all roles from an application user of Dataverse.
    TakeRoles,
    /// Deletes a client ID row of finance and operations.
    DeleteClientIdRow,
    /// Disables a user of finance and operations.
    DisableUser,
    /// Makes every access token worthless.
    ExpireTokens,
    /// Makes every token worthless: sign in again.
    RevokeSignIn,
}

impl Act {
    pub(super) fn needs_app(self) -> bool {
        matches!(
            self,
            Self::DisableApplicationUser | Self::DeleteApplicationUser | Self::TakeRoles | Self::DeleteClientIdRow
        )
    }
}

/// How states are spelled, and what answers leave out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// Of a running package operation, one after the other.
    pub operation_running: Vec<String>,
    /// Of a package that is being installed, one after the other.
    pub package_running: Vec<String>,
    /// Of a running link, one after the other.
    pub link_running: Vec<String>,
    /// Of an operation that succeeded.
    pub operation_succeeded: String,
    /// Of an installed package.
    pub package_installed: String,
    /// Of a completed link.
    pub link_completed: String,
    /// Field names that no JSON answer carries.
    pub omit: Vec<String>,
}

impl Default for Words {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Self {
            operation_running: list(&["Running"]),
            package_running: list(&["Installing"]),
            link_running: list(&["InProgress"]),
            operation_succeeded: "Succeeded".to_owned(),
            package_installed: "Installed".to_owned(),
            link_completed: "Completed".to_owned(),
            omit: Vec::new(),
        }
    }
}
