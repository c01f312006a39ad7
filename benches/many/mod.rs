//! Many environments and set-ups in one model, made through `update` with answers in the words and of the size
//! of the services. What an installation is asked for stays open.
#![allow(dead_code, reason = "each bench uses its own part")]
#![expect(clippy::expect_used, reason = "a bench that cannot go on says so")]

use super::scene::{World, cloud, package};
use dualwrite::core::call::{Call, Change, Reply};
use dualwrite::core::effect::Effect;
use dualwrite::core::environment::{Environment, EnvironmentId, Words};
use dualwrite::core::model::Model;
use dualwrite::core::msg::{Msg, Ticket};
use dualwrite::core::pilot::{Goal, Next, Orders, Pilot, Until};
use dualwrite::core::sign_in::Session;
use dualwrite::core::terms;
use dualwrite::core::time::Now;
use dualwrite::core::update::update;
use dualwrite::wire::bap;
use serde_json::json;
use std::collections::VecDeque;
use std::time::Duration;

/// Packages that a real list has, by count.
const PACKAGES: usize = 200;
/// Questions with a longer pause are left open: what a person mends is looked at twice a minute.
const PAUSE_MAX: Duration = Duration::from_secs(20);

pub struct Many {
    pub model: Model,
    pub now: Now,
    /// Questions for the installations that run.
    pub watched: VecDeque<(Ticket, Call)>,
    world: World,
    queue: VecDeque<Msg>,
}

/// The id of an environment by its number.
pub fn id(number: usize) -> EnvironmentId {
    EnvironmentId(format!("6a2f3a0e-{:04x}-4c0d-9b0a-{number:012x}", number % 0xffff).into())
}

fn row(number: usize) -> bap::Environment {
    let (id, name) = (id(number).0.to_string(), format!("contoso-{number:05}"));
    let text = json!({"name": id, "location": "europe", "properties": {
        "tenantId": "7e4a0000-aaaa-4c0d-9b0a-0f0e0d0c0b0a", "azureRegion": "westeurope", "displayName": name,
        "environmentSku": "Sandbox", "provisioningState": "Succeeded",
        "states": {"management": {"id": "Ready"}, "runtime": {"id": "Enabled"}},
        "cluster": {"uriSuffix": "eu-il107.gateway.prod.island"},
        "linkedEnvironmentMetadata": {"resourceId": id, "instanceUrl": format!("https://{name}.crm4.dynamics.com/"),
            "version": "9.2.26101.00180", "friendlyName": name, "instanceState": "Ready"},
        "linkedAppMetadata": {"id": format!("3f0d1c52{}", &id[8..]), "type": "Linked",
            "url": format!("https://{name}.sandbox.operations.dynamics.com/")}}});
    serde_json::from_str(&text.to_string()).expect("a row")
}

impl Many {
    /// The list is read; nothing is opened.
    pub fn listed(count: usize) -> Self {
        let mut cloud = cloud();
        cloud.has_lcs = false;
        let mut model = Model::new(cloud, 7, None);
        model.session = Session::SignedIn("ada@contoso.example".into());
        let now = "2026-11-24T10:40:00Z".parse().expect("a time");
        let mut many = Self { model, now, watched: VecDeque::new(), world: World::default(), queue: VecDeque::new() };
        let effects = update(&mut many.model, Msg::Start, now);
        for effect in effects {
            if let Effect::Call { ticket, call: Call::Environments, .. } = effect {
                let mut words = Words::default();
                let rows = (0..count).map(|number| Environment::listed(row(number), &mut words)).collect();
                many.queue.push_back(Msg::Reply { ticket, result: Ok(Reply::Environments(rows)) });
            }
        }
        many.settle();
        many
    }

    /// Starts the set-ups with these numbers, until the first package of each is being installed.
    pub fn start(&mut self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let accepted = Some(terms::version().to_owned());
            let orders = Orders { until: Until::Linked, goal: Goal::SetUp(Vec::new()), accepted, yes: true };
            let mut pilot = Pilot::new(id(number), orders);
            let end = loop {
                let intent = match pilot.next(&self.model) {
                    Next::Want(intent) => intent,
                    end => break end,
                };
                if self.model.selected() != Some(&pilot.id) {
                    self.tell(Msg::Intent(dualwrite::core::msg::Intent::OpenEnvironment(pilot.id.clone())));
                }
                self.tell(Msg::Intent(intent));
            };
            // A figure of set-ups that do not run would be worth nothing.
            assert_eq!(end, Next::Wait, "it does not run");
            assert!(self.model.setups[&id(number)].is_running(), "it does not run");
        }
    }

    pub fn tell(&mut self, msg: Msg) {
        self.queue.push_back(msg);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(msg) = self.queue.pop_front() {
            for effect in update(&mut self.model, msg, self.now) {
                match effect {
                    Effect::Call { ticket, call: call @ Call::Operation { .. }, .. } => {
                        self.watched.push_back((ticket, call));
                    }
                    Effect::Call { ticket, call, after } if after < PAUSE_MAX => {
                        let result = Ok(self.answer(&call));
                        self.queue.push_back(Msg::Reply { ticket, result });
                    }
                    Effect::Change { ticket, change, .. } => {
                        let result = Ok(match change {
                            Change::Install { .. } => Reply::InstallAccepted {
                                operation: Some("7e57c0de-0000-4000-8000-000000000001".into()),
                                retry_after: None,
                            },
                            _ => Reply::Done,
                        });
                        self.queue.push_back(Msg::Reply { ticket, result });
                    }
                    Effect::KeepTerms(of) => {
                        self.queue.push_back(Msg::TermsKept { environment: of.environment, result: Ok(()) });
                    }
                    Effect::Claim { environment, .. } => {
                        self.queue.push_back(Msg::Claimed { environment, result: Ok(()) });
                    }
                    _ => {}
                }
            }
            self.model.touched();
        }
    }

    fn answer(&self, call: &Call) -> Reply {
        match call {
            Call::Packages(_) => {
                let own = self.world.packages.iter().cloned();
                let others =
                    (2..PACKAGES).map(|number| package(&format!("msdyn_SomeOther{number}Anchor"), "Installed"));
                let rows = own.chain(others).map(|row| serde_json::from_value(row).expect("a package"));
                Reply::Packages(rows.collect())
            }
            // Each Dataverse names the partner that the list names.
            Call::Integration(dataverse) => {
                let name = dataverse.trim_start_matches("https://").split('.').next().unwrap_or_default();
                let row = json!({"Url": format!("https://{name}.sandbox.operations.dynamics.com/")});
                Reply::Integration(Some(serde_json::from_value(row).expect("a partner")))
            }
            call => self.world.answer(call),
        }
    }
}

/// Resident memory of this process in KiB.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

/// The median, the least and the most.
pub fn spread(mut all: Vec<f64>) -> (f64, f64, f64) {
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[0], all[all.len() - 1])
}

/// One line for the table: what, ours, against what, value or ratio, aim, whether it is met, the spread.
pub fn figure(what: &str, ours: &str, against: &str, value: &str, aim: &str, is_met: bool, spread: &str) -> String {
    let word = if is_met { "met" } else { "missed" };
    ["figure", what, ours, against, value, aim, word, spread].join("\t")
}
