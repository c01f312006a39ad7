//! The services as far as safety is concerned: what was done, whether it was done twice, and what a
//! question shows of it. They are as strict as the simulator, and as slow.

use super::*;
use crate::core::call::{Call, Change};
use crate::core::directory::sent::tenant;
use crate::core::plan::{APPLICATION_PACKAGE, APPLICATION_USERS, CORE_PACKAGE, client_id_rows};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Readings that an installation or a link takes.
const READINGS: u8 = 8;
/// Words for something that runs, most of them unknown to the program.
const RUNNING: [&str; 4] = ["InProgress", "Paused", "Success pending", "?"];

/// Something that takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Running(u8),
    Done,
    Failed,
}

impl Work {
    fn pass(&mut self) {
        *self = match *self {
            Self::Running(0) => Self::Done,
            Self::Running(left) => Self::Running(left - 1),
            over => over,
        };
    }
}

/// How the world stands before anybody does anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// How long the package list does not show an installation that was accepted.
    pub(super) lag: Duration,
    /// The first application user is there and disabled.
    pub(super) disabled: bool,
    /// Which word stands for something that runs.
    pub(super) word: usize,
}

pub(super) struct Services {
    before: Before,
    packages: BTreeMap<&'static str, Work>,
    /// Until when the list does not show an installation.
    hidden: BTreeMap<&'static str, Duration>,
    /// Time that has passed.
    pub(super) passed: Duration,
    /// Whether it is there: enabled, with its role.
    users: BTreeMap<&'static str, (bool, bool)>,
    rows: BTreeSet<&'static str>,
    /// By request id, which is also the activity id.
    links: BTreeMap<String, Work>,
    /// What must never happen, and has.
    pub(super) wrongs: Vec<String>,
    /// What was refused because it runs already.
    pub(super) again: Vec<String>,
}

fn from<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

impl Services {
    pub(super) fn new(before: Before) -> Self {
        let first = (APPLICATION_USERS[0], (false, false));
        Self {
            before,
            packages: BTreeMap::new(),
            hidden: BTreeMap::new(),
            passed: Duration::ZERO,
            users: before.disabled.then_some(first).into_iter().collect(),
            rows: BTreeSet::new(),
            links: BTreeMap::new(),
            wrongs: Vec::new(),
            again: Vec::new(),
        }
    }

    fn is_installed(&self, package: &str) -> bool {
        self.packages.get(package) == Some(&Work::Done)
    }

    /// Everything that Configure stands for is there.
    pub(super) fn is_configured(&self) -> bool {
        self.is_installed(CORE_PACKAGE)
            && self.is_installed(APPLICATION_PACKAGE)
            && APPLICATION_USERS.iter().all(|app| self.users.get(app) == Some(&(true, true)))
            && client_id_rows(None).iter().all(|app| self.rows.contains(app))
    }

    pub(super) fn is_linked(&self) -> bool {
        self.links.values().any(|work| *work == Work::Done)
    }

    /// What runs fails.
    pub(super) fn fail(&mut self) {
        for work in self.packages.values_mut().chain(self.links.values_mut()) {
            if matches!(work, Work::Running(_)) {
                *work = Work::Failed;
            }
        }
    }

    fn package(&self, name: &str) -> &'static str {
        let is_hidden = self.hidden.get(name).is_some_and(|until| self.passed < *until);
        match self.packages.get(name) {
            Some(Work::Done) => "Installed",
            Some(_) if is_hidden => "NotInstalled",
            Some(Work::Failed) => "InstallFailed",
            Some(Work::Running(_)) => "Installing",
            None => "NotInstalled",
        }
    }

    pub(super) fn read(&mut self, call: &Call) -> Reply {
        self.packages.values_mut().chain(self.links.values_mut()).for_each(Work::pass);
        match call {
            Call::DeviceCode => Reply::DeviceCode {
                user_code: "CODE".into(),
                address: "https://login.example".into(),
                expires_in: 900,
                interval: 5,
            },
            Call::PollDeviceCode => Reply::SignedIn("ada".into()),
            Call::OwnRoles(_) => Reply::OwnRoles(Vec::new()),
            Call::Version(_) => Reply::Version("9.2".into()),
            Call::Solutions(_) => Reply::Solutions(Vec::new()),
            Call::PluginSteps(_) => Reply::PluginSteps(Vec::new()),
            Call::Companies(_) => Reply::Companies(None),
            Call::DefaultTeam(_) => Reply::DefaultTeam(crate::core::call::DefaultTeam::default()),
            Call::RuntimeConfigurations(_) => Reply::RuntimeConfigurations(None),
            Call::Organization(_) => Reply::Organization(from(json!({}))),
            Call::Environments => Reply::Environments(tenant(json!([{"name": "pp-1", "properties": {
                "displayName": "uat", "environmentSku": "Sandbox",
                "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com/"},
                "linkedAppMetadata": {"id": "lcs-1", "url": "https://uat.operations.dynamics.com"}}}]))),
            Call::Packages(_) => {
                let states = [CORE_PACKAGE, APPLICATION_PACKAGE].map(|name| (name, self.package(name)));
                Reply::Packages(from(json!(states.map(|(name, state)| json!({"uniqueName": name, "state": state})))))
            }
            Call::Operation { operation, .. } => {
                let status = match self.packages.get(&**operation) {
                    Some(Work::Done) => "Succeeded",
                    Some(Work::Failed) => "Failed",
                    _ => RUNNING[self.before.word % RUNNING.len()],
                };
                Reply::Operation { operation: Some(from(json!({ "status": status }))), retry_after: None }
            }
            Call::Users { app, .. } => Reply::Users(match self.users.get(app) {
                None => Vec::new(),
                Some((enabled, role)) => {
                    let roles = if *role { json!([{"name": "System Administrator"}]) } else { json!([]) };
                    from(json!([{"systemuserid": app, "isdisabled": !enabled, "_businessunitid_value": "bu",
                        "systemuserroles_association": roles}]))
                }
            }),
            Call::RootBusinessUnit(_) => Reply::BusinessUnits(from(json!([{"businessunitid": "bu"}]))),
            Call::AdministratorRole { .. } => {
                Reply::Roles(from(json!([{"roleid": "r", "name": "System Administrator"}])))
            }
            Call::Rows(_) => {
                Reply::Rows(self.rows.iter().map(|app| from(json!({"AADClientId": app, "UserId": "Admin"}))).collect())
            }
            Call::FinopsUsers(_) => Reply::FinopsUsers(from(json!([{"UserID": "Admin", "Enabled": true}]))),
            Call::LegalEntities(_) => Reply::LegalEntities(Vec::new()),
            Call::Integration(_) => {
                Reply::Integration(Some(from(json!({"Url": "https://uat.operations.dynamics.com"}))))
            }
            Call::Links(_) => Reply::Links(if self.is_linked() {
                from(json!([{"cid": "c", "powerAppsEnvironment": "pp-1"}]))
            } else {
                Vec::new()
            }),
            Call::Maps(_) => Reply::Maps(Vec::new()),
            Call::ConnectionSet(_) => Reply::ConnectionSet(Box::default()),
            Call::LinkStatus { activity, .. } => {
                let status = match self.links.get(activity) {
                    Some(Work::Done) => "Completed",
                    Some(Work::Failed) => "Failed",
                    _ => RUNNING[self.before.word % RUNNING.len()],
                };
                Reply::LinkStatus(from(json!({"IsSuccess": true, "OperationStatus": status})))
            }
            other => panic!("nobody answers {other:?}"),
        }
    }

    pub(super) fn change(&mut self, change: &Change) -> Result<Reply, Trouble> {
        let mut wrong = |is: bool, words: String| {
            if is {
                self.wrongs.push(words);
            }
        };
        match change {
            Change::Install { package, .. } => {
                let name = if package == CORE_PACKAGE { CORE_PACKAGE } else { APPLICATION_PACKAGE };
                wrong(self.packages.get(name) == Some(&Work::Done), format!("{name} was installed twice"));
                let is_there = self.packages.get(CORE_PACKAGE) == Some(&Work::Done);
                wrong(name == APPLICATION_PACKAGE && !is_there, "the application before the core".into());
                if self.packages.values().any(|work| matches!(work, Work::Running(_))) {
                    self.again.push(format!("{name} was asked for again while it was installed"));
                    return Err(Trouble::new(Service::PowerPlatform, Happened::Status(409), ""));
                }
                self.packages.insert(name, Work::Running(READINGS));
                self.hidden.insert(name, self.passed + self.before.lag);
                Ok(Reply::InstallAccepted { operation: Some(name.into()), retry_after: None })
            }
            Change::CreateUser { app, .. } => {
                let before = self.users.insert(app, (true, false));
                wrong(before.is_some(), format!("user {app} was made twice"));
                Ok(Reply::Done)
            }
            Change::EnableUser { app, .. } => {
                let user = self.users.entry(app).or_default();
                wrong(user.0, format!("user {app} was enabled twice"));
                user.0 = true;
                Ok(Reply::Done)
            }
            Change::GiveRole { app, .. } => {
                let user = self.users.entry(app).or_default();
                wrong(user.1, format!("user {app} was given its role twice"));
                user.1 = true;
                Ok(Reply::Done)
            }
            Change::CreateRow { app, .. } => {
                wrong(!self.rows.insert(app), format!("row {app} was made twice"));
                Ok(Reply::Done)
            }
            Change::StartLink { request_id, .. } => {
                let refused = |words: &str| Err(Trouble::new(Service::Link, Happened::Refused, words));
                match self.links.get(request_id) {
                    Some(Work::Failed) => return refused("This request has failed."),
                    Some(_) => {}
                    None if self.is_linked() => return refused("The environment is linked."),
                    None if self.links.values().any(|work| matches!(work, Work::Running(_))) => {
                        self.again.push("a link was asked for under another id while one was made".into());
                        return refused("Another link operation is in progress.");
                    }
                    None => drop(self.links.insert(request_id.clone(), Work::Running(READINGS))),
                }
                Ok(Reply::LinkAccepted(request_id.clone()))
            }
            other => panic!("nobody does {other:?}"),
        }
    }

    /// How many requests for an installation or a link were accepted for one thing.
    pub(super) fn links_accepted(&self) -> usize {
        self.links.values().filter(|work| **work != Work::Failed).count()
    }
}
