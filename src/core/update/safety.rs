//! Whatever is lost, refused or pressed in whatever order: no package is installed twice, no link
//! is started before everything is there, and when the faults stop the set-up ends linked.

use super::*;
use crate::core::call::{Call, Change};
use crate::core::plan::{APPLICATION_PACKAGE, APPLICATION_USERS, CORE_PACKAGE, client_id_rows};
use crate::core::sign_in::Session;
use crate::core::trouble::{Done, What as Happened};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// So many answers are enough for a set-up without faults, many times over.
const ENOUGH: usize = 3_000;
/// Readings an installation or a link takes.
const READINGS: u8 = 8;

/// The services as far as safety is concerned: what was done, and whether it was done twice.
#[derive(Default)]
struct Services {
    /// Readings until installed, by package.
    packages: BTreeMap<&'static str, u8>,
    users: BTreeMap<&'static str, (bool, bool)>,
    rows: BTreeSet<&'static str>,
    /// Readings until linked, by request id.
    links: BTreeMap<String, u8>,
    wrongs: Vec<String>,
}

fn from<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

impl Services {
    fn is_installed(&self, package: &str) -> bool {
        self.packages.get(package) == Some(&0)
    }

    fn read(&mut self, call: &Call) -> Reply {
        for left in self.packages.values_mut().chain(self.links.values_mut()) {
            *left = left.saturating_sub(1);
        }
        let state = |package| match self.packages.get(package) {
            None => "NotInstalled",
            Some(0) => "Installed",
            Some(_) => "Installing",
        };
        match call {
            Call::OwnRoles(_) => Reply::OwnRoles(Vec::new()),
            Call::Version(_) => Reply::Version("9.2".into()),
            Call::Solutions(_) => Reply::Solutions(Vec::new()),
            Call::PluginSteps(_) => Reply::PluginSteps(Vec::new()),
            Call::Companies(_) => Reply::Companies(None),
            Call::DefaultTeam(_) => Reply::DefaultTeam(crate::core::call::DefaultTeam::default()),
            Call::RuntimeConfigurations(_) => Reply::RuntimeConfigurations(None),
            Call::Organization(_) => Reply::Organization(from(json!({}))),
            Call::Environments => Reply::Environments(from(json!([{"name": "pp-1", "properties": {
                "displayName": "uat", "environmentSku": "Sandbox",
                "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com/"},
                "linkedAppMetadata": {"id": "lcs-1", "url": "https://uat.operations.dynamics.com"}}}]))),
            Call::Packages(_) => Reply::Packages(from(json!([
                {"uniqueName": CORE_PACKAGE, "state": state(CORE_PACKAGE)},
                {"uniqueName": APPLICATION_PACKAGE, "state": state(APPLICATION_PACKAGE)}]))),
            Call::Operation { operation, .. } => {
                let status = if self.packages.get(operation.as_str()) == Some(&0) { "Succeeded" } else { "Running" };
                Reply::Operation { operation: Some(from(json!({ "status": status }))), retry_after: None }
            }
            Call::Users { app, .. } => Reply::Users(match self.users.get(app) {
                None => Vec::new(),
                Some((enabled, role)) => from(json!([{"systemuserid": app, "isdisabled": !enabled,
                    "_businessunitid_value": "bu",
                    "systemuserroles_association": if *role { json!([{"name": "System Administrator"}]) } else { json!([]) }}])),
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
            Call::Links(_) => Reply::Links(if self.links.values().any(|left| *left == 0) {
                from(json!([{"cid": "c", "powerAppsEnvironment": "pp-1"}]))
            } else {
                Vec::new()
            }),
            Call::Maps(_) => Reply::Maps(Vec::new()),
            Call::ConnectionSet(_) => Reply::ConnectionSet(Box::default()),
            Call::LinkStatus { activity, .. } => {
                let status = if self.links.get(activity) == Some(&0) { "Completed" } else { "InProgress" };
                Reply::LinkStatus(from(json!({"IsSuccess": true, "OperationStatus": status})))
            }
            other => panic!("nobody answers {other:?}"),
        }
    }

    fn change(&mut self, change: &Change) -> Reply {
        match change {
            Change::Install { package, .. } => {
                let name = if package == CORE_PACKAGE { CORE_PACKAGE } else { APPLICATION_PACKAGE };
                if self.packages.insert(name, READINGS).is_some() {
                    self.wrongs.push(format!("{name} was installed twice"));
                }
                if name == APPLICATION_PACKAGE && !self.is_installed(CORE_PACKAGE) {
                    self.wrongs.push("the application before the core".into());
                }
                Reply::InstallAccepted { operation: Some(name.into()), retry_after: None }
            }
            Change::CreateUser { app, .. } => {
                if self.users.insert(app, (true, false)).is_some() {
                    self.wrongs.push(format!("user {app} was made twice"));
                }
                Reply::Done
            }
            Change::GiveRole { app, .. } => {
                self.users.insert(app, (true, true));
                Reply::Done
            }
            Change::CreateRow { app, .. } => {
                if !self.rows.insert(app) {
                    self.wrongs.push(format!("row {app} was made twice"));
                }
                Reply::Done
            }
            Change::StartLink { request_id, .. } => {
                let ready = self.is_installed(CORE_PACKAGE)
                    && self.is_installed(APPLICATION_PACKAGE)
                    && APPLICATION_USERS.iter().all(|app| self.users.get(app) == Some(&(true, true)))
                    && client_id_rows(None).iter().all(|app| self.rows.contains(app));
                if !ready {
                    self.wrongs.push("a link before everything was there".into());
                }
                self.links.entry(request_id.clone()).or_insert(READINGS);
                if self.links.len() > 1 {
                    self.wrongs.push("two links".into());
                }
                Reply::LinkAccepted(request_id.clone())
            }
            other => panic!("nobody does {other:?}"),
        }
    }
}

/// What happens to one question or change.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Answered.
    Fine,
    /// Done, and the answer is lost.
    Lost,
    /// Not done: throttled.
    Throttled,
    /// Not done, no connection.
    Unreachable,
    /// Answered after another one.
    Late,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    use Fate::{Fine, Late, Lost, Throttled, Unreachable};
    let one =
        prop_oneof![3 => Just(Fine), 2 => Just(Lost), 1 => Just(Throttled), 1 => Just(Unreachable), 1 => Just(Late)];
    proptest::collection::vec(one, 0..600)
}

/// What a person could press at any moment.
fn presses() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0u8..12, 0..600)
}

fn press(which: u8) -> Option<Intent> {
    Some(match which {
        0 => Intent::Ok,
        1 => Intent::Link,
        2 => Intent::TryAgain,
        3 => Intent::ReadNow,
        4 => Intent::Configure,
        5 => Intent::DualWriteApplication,
        6 => Intent::Back,
        7 => Intent::OpenFirst,
        8 => Intent::RepairIdentities(crate::core::mandate::Mandate::default()),
        _ => return None,
    })
}

/// Tells the core; the record answers at once.
fn told(model: &mut Model, msg: Msg, now: Now) -> Vec<Effect> {
    let mut effects = update(model, msg, now);
    let answers: Vec<Msg> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::KeepTerms(of) => Some(Msg::TermsKept { environment: of.environment.clone(), result: Ok(()) }),
            Effect::Claim { environment, .. } => {
                Some(Msg::Claimed { environment: environment.clone(), result: Ok(()) })
            }
            _ => None,
        })
        .collect();
    for answer in answers {
        effects.extend(told(model, answer, now));
    }
    effects
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn nothing_is_done_twice_and_the_end_is_linked(fates in fates(), presses in presses(), seed: u64) {
        let cloud = Cloud {
            name: "test".into(), portal: "https://portal.example".into(), lcs_project: None, has_client: true, has_lcs: false,
            has_gateway: true, has_graph: false, has_link: true, command: String::new(), speed: None, address: String::new(), ends_with_program: false,
        };
        let mut model = Model::new(cloud, seed, None);
        model.session = Session::SignedIn("ada".into());
        let (mut services, mut now) = (Services::default(), Now::UNIX_EPOCH);
        let mut open: Vec<Effect> = update(&mut model, Msg::Start, now);
        let (mut fates, mut presses) = (fates.into_iter(), presses.into_iter());
        for _ in 0..ENOUGH {
            let is_linked = model.current().is_some_and(|(_, setup)| matches!(setup.flow, Flow::Linked(_)));
            if is_linked {
                break;
            }
            if let Some(intent) = presses.next().and_then(press) {
                open.extend(told(&mut model, Msg::Intent(intent), now));
            }
            open.retain(|effect| matches!(effect, Effect::Call { .. } | Effect::Change { .. }));
            let fate = fates.next().unwrap_or(Fate::Fine);
            // A look at what a person mends elsewhere is nobody's step.
            let vigil: Vec<Ticket> = model.setups.values().flat_map(|setup| setup.vigil.clone()).collect();
            let is_vigil = |effect: &Effect| matches!(effect, Effect::Call { ticket, .. } if vigil.contains(ticket));
            if open.iter().all(is_vigil) {
                // Nobody presses wrong keys any more: the way of the README.
                for intent in [Intent::ReadNow, Intent::OpenFirst, Intent::TryAgain, Intent::DualWriteApplication, Intent::TermsSeenToEnd,
                    Intent::TickTerms, Intent::Configure, Intent::Ok, Intent::Link] {
                    open.extend(told(&mut model, Msg::Intent(intent), now));
                }
                continue;
            }
            let effect = open.remove(if matches!(fate, Fate::Late) { open.len() - 1 } else { 0 });
            let refused = |service, what, done| Trouble { done, ..Trouble::new(service, what, "") };
            let (ticket, result) = match effect {
                Effect::Call { ticket, after, call } => {
                    now = later(now, after);
                    let result = match fate {
                        Fate::Fine | Fate::Late => Ok(services.read(&call)),
                        Fate::Lost => Err(refused(call.service(), Happened::CutOff, Done::No)),
                        Fate::Throttled => Err(refused(call.service(), Happened::Status(429), Done::No)),
                        Fate::Unreachable => Err(refused(call.service(), Happened::Unreachable, Done::No)),
                    };
                    (ticket, result)
                }
                Effect::Change { ticket, change, .. } => {
                    let service = change.service();
                    let result = match fate {
                        Fate::Fine | Fate::Late => Ok(services.change(&change)),
                        Fate::Lost => {
                            services.change(&change);
                            Err(refused(service, Happened::NoAnswer, Done::Perhaps))
                        }
                        Fate::Throttled => Err(refused(service, Happened::Status(429), Done::No)),
                        Fate::Unreachable => Err(refused(service, Happened::Unreachable, Done::No)),
                    };
                    (ticket, result)
                }
                _ => continue,
            };
            open.extend(told(&mut model, Msg::Reply { ticket, result }, now));
            prop_assert!(services.wrongs.is_empty(), "{:?}", services.wrongs);
        }
        let flow = model.current().map(|(_, setup)| &setup.flow);
        prop_assert!(matches!(flow, Some(Flow::Linked(_))), "{flow:?}");
    }
}
