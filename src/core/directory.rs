//! The list of environments: the tenant's, with what Lifecycle Services knows joined in, and where each is found.
//!
//! Ten thousand of them are held once: a list that is read again takes the place of the last one only where it
//! differs. It never asks for anything.

use super::environment::{Environment, EnvironmentId, LcsEnvironment, Partner};
use super::msg::Ticket;
use super::time::Now;
use super::trouble::Trouble;
use crate::wire::{bare_id, place};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Environments whose link and packages are read with the list, so that the list can tell how far
/// each is. Further ones are read when they come in sight or are opened.
pub const READ_WITH_LIST: usize = 40;

/// The list of environments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    /// Both lists merged.
    pub environments: Vec<Environment>,
    /// Place of each environment in the list.
    index: HashMap<EnvironmentId, usize>,
    /// The same by the bare form of the Power Platform environment id.
    by_bare_id: HashMap<String, usize>,
    /// Grows with each change of the list: whoever keeps something made of the list compares it.
    pub revision: u64,
    /// How many of them the tenant's list has; they come first.
    of_tenant: usize,
    /// One of them is in no list any more.
    has_kept: bool,
    /// The project's list.
    project: Vec<Arc<LcsEnvironment>>,
    /// The question for the tenant's list, while it is open.
    pub reading: Option<Ticket>,
    /// The question for the project's list, while it is open.
    pub reading_lcs: Option<Ticket>,
    /// When the tenant's list was read.
    pub read_at: Option<Now>,
    /// Why the tenant's list could not be read the last time.
    pub trouble: Option<Trouble>,
    /// Why the project's list could not be read the last time.
    pub lcs_trouble: Option<Trouble>,
    /// Open the first environment as soon as the list is there.
    pub open_first: bool,
    /// Open the environment that answers to this text as soon as the list is there.
    pub open_named: Option<String>,
    /// No environment answers to this text.
    pub not_found: Option<String>,
    /// The environments that a person has before them, where there are more than are read with the list.
    pub in_sight: Vec<EnvironmentId>,
}

impl Directory {
    /// Nothing is read; `named` is opened as soon as the list is there.
    pub fn new(named: Option<String>) -> Self {
        Self { open_named: named, ..Self::default() }
    }

    /// The environment with this key.
    pub fn get(&self, id: &EnvironmentId) -> Option<&Environment> {
        self.index.get(id).and_then(|place| self.environments.get(*place))
    }

    /// Whether there are more environments than are read with the list: those in sight are read instead.
    pub fn is_long(&self) -> bool {
        self.environments.len() > READ_WITH_LIST
    }

    /// Whether both lists were read as far as they can be, and neither is being asked for.
    pub fn is_read(&self) -> bool {
        let is_told = self.read_at.is_some() || self.trouble.is_some();
        is_told && self.reading.is_none() && self.reading_lcs.is_none()
    }

    /// Where in the list the environment with this key is.
    pub fn place(&self, id: &EnvironmentId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The name of the environment with this Power Platform environment id.
    pub fn name_of(&self, power_platform: &str) -> Option<&str> {
        let place = self.by_bare_id.get(&bare_id(power_platform))?;
        self.environments.get(*place).map(|environment| environment.name.as_str())
    }

    /// Takes a fresh list of the tenant.
    pub fn take_tenant(&mut self, mut fresh: Vec<Environment>, now: Now) {
        // A list that changes while it is read shows a row on two of its pages.
        let mut seen = HashSet::with_capacity(fresh.len());
        fresh.retain(|environment| seen.insert(environment.id.clone()));
        let held = &self.environments[..self.of_tenant];
        let is_new = self.read_at.is_none()
            || held.len() != fresh.len()
            || held.iter().zip(&fresh).any(|(held, fresh)| !held.is_listed_as(fresh));
        if is_new {
            fresh.shrink_to_fit();
            self.of_tenant = fresh.len();
            self.environments = fresh;
        }
        self.read_at = Some(now);
        self.join(is_new);
    }

    /// Takes a fresh list of the project. Alone it shows nothing: most of its environments get
    /// their key from the tenant's list.
    pub fn take_project(&mut self, mut fresh: Vec<Arc<LcsEnvironment>>) {
        let mut seen = HashSet::with_capacity(fresh.len());
        fresh.retain(|row| row.id.as_deref().is_none_or(|id| seen.insert(bare_id(id))));
        let is_new = self.project != fresh;
        if is_new {
            fresh.shrink_to_fit();
            self.project = fresh;
        }
        if self.read_at.is_some() {
            self.join(is_new);
        }
    }

    /// Why an environment can be without facts of Lifecycle Services.
    fn no_lcs(&self) -> String {
        match (&self.lcs_trouble, self.reading_lcs) {
            (Some(trouble), _) => trouble.to_string(),
            (None, Some(_)) => "Lifecycle Services is being read".to_owned(),
            (None, None) if self.project.is_empty() => {
                "Lifecycle Services was not asked (the cloud profile needs lcs and lcs_project), or lists nothing"
                    .to_owned()
            }
            (None, None) => "Lifecycle Services does not list it".to_owned(),
        }
    }

    /// The project's list could not be read.
    pub fn lose_project(&mut self, trouble: Trouble) {
        self.lcs_trouble = Some(trouble);
        if self.read_at.is_some() {
            self.join(false);
        }
    }

    /// Keeps an environment that a fresh list no longer has, because something runs in it.
    pub fn keep(&mut self, environment: Environment) {
        if !self.index.contains_key(&environment.id) {
            let place = self.environments.len();
            self.index.insert(environment.id.clone(), place);
            if let Some(id) = &environment.power_platform {
                self.by_bare_id.entry(bare_id(id)).or_insert(place);
            }
            self.environments.push(environment);
            self.has_kept = true;
            self.revision += 1;
        }
    }

    /// Makes one list of both. Most lists are the last ones again: then their environments stay as they are.
    fn join(&mut self, is_new: bool) {
        if is_new || self.has_kept {
            self.environments.truncate(self.of_tenant);
            join(&mut self.environments, &self.project);
            self.has_kept = false;
            self.index_all();
        }
        let (read_at, no_lcs): (_, Arc<str>) = (self.read_at, self.no_lcs().into());
        for environment in &mut self.environments {
            environment.read_at = read_at;
            environment.no_lcs = environment.lcs.is_none().then(|| Arc::clone(&no_lcs));
        }
        self.revision += 1;
    }

    /// Finds the place of each environment in a new list, and the names that several have.
    fn index_all(&mut self) {
        let mut names = HashSet::new();
        let lower = self.environments.iter().map(|environment| environment.name.to_ascii_lowercase());
        let shared: HashSet<String> = lower.filter(|name| !names.insert(name.clone())).collect();
        for environment in &mut self.environments {
            environment.shares_name = !shared.is_empty() && shared.contains(&environment.name.to_ascii_lowercase());
        }
        self.index =
            self.environments.iter().enumerate().map(|(place, environment)| (environment.id.clone(), place)).collect();
        self.by_bare_id.clear();
        for (place, environment) in self.environments.iter().enumerate() {
            if let Some(id) = &environment.power_platform {
                self.by_bare_id.entry(bare_id(id)).or_insert(place);
            }
        }
    }

    /// Whether more than one environment has this name: it names none then.
    pub fn is_shared(&self, name: &str) -> bool {
        let name = name.trim();
        self.environments
            .iter()
            .any(|environment| environment.shares_name && environment.name.eq_ignore_ascii_case(name))
    }
}

/// Joins the environments of the LCS project with those of the tenant. The order is that of the
/// tenant's list; environments that only Lifecycle Services knows follow.
///
/// An LCS environment belongs to the one whose partner it is (by id, else by address), or to the
/// one of the same name that has neither Dataverse nor partner: its initial Power Platform
/// environment, which exists before Power Platform Integration is set up.
fn join(all: &mut Vec<Environment>, project: &[Arc<LcsEnvironment>]) {
    for environment in &mut *all {
        environment.lcs = None;
    }
    let homes = Homes::of(all);
    for row in project {
        match homes.of_row(row, all) {
            Some(home) => all[home].lcs = Some(Arc::clone(row)),
            None => all.extend(Environment::of_lcs(row)),
        }
    }
}

/// Where each row of Lifecycle Services belongs, found without looking at every environment for each. The first
/// of several wins.
#[derive(Default)]
struct Homes {
    /// By the LCS id of the partner.
    by_id: HashMap<String, usize>,
    /// By the address of a partner that has no id.
    without_id: HashMap<String, usize>,
    /// By the address of the partner.
    by_address: HashMap<String, usize>,
    /// Those that have neither Dataverse nor partner, by name in small letters.
    by_name: HashMap<String, Vec<usize>>,
}

impl Homes {
    fn of(all: &[Environment]) -> Self {
        let mut homes = Self::default();
        for (at, environment) in all.iter().enumerate() {
            match &environment.partner {
                Some(Partner { id, url }) => {
                    homes.by_address.entry(place(url)).or_insert(at);
                    match id {
                        Some(id) => homes.by_id.entry(bare_id(id)).or_insert(at),
                        None => homes.without_id.entry(place(url)).or_insert(at),
                    };
                }
                None if environment.dataverse.is_none() => {
                    homes.by_name.entry(environment.name.to_ascii_lowercase()).or_default().push(at);
                }
                None => {}
            }
        }
        homes
    }

    fn of_row(&self, row: &LcsEnvironment, all: &[Environment]) -> Option<usize> {
        let (id, url) = (row.id.as_deref(), row.url.as_deref());
        let at = |homes: &HashMap<String, usize>| homes.get(&place(url?)).copied();
        let partner = match id {
            Some(id) => self.by_id.get(&bare_id(id)).copied().into_iter().chain(at(&self.without_id)).min(),
            None => at(&self.by_address),
        };
        partner.or_else(|| {
            let name = row.name.as_deref().unwrap_or_default().to_ascii_lowercase();
            self.by_name.get(&name)?.iter().copied().find(|at| all[*at].lcs.is_none())
        })
    }
}

/// Lists as the services send them, for tests.
#[cfg(test)]
pub(crate) mod sent {
    use super::*;
    use crate::core::environment::Words;

    /// The tenant's list.
    pub fn tenant(rows: serde_json::Value) -> Vec<Environment> {
        let (rows, mut words): (Vec<_>, _) = (serde_json::from_value(rows).unwrap(), Words::default());
        rows.into_iter().map(|row| Environment::listed(row, &mut words)).collect()
    }

    /// The project's list.
    pub fn project(rows: serde_json::Value) -> Vec<Arc<LcsEnvironment>> {
        let (rows, mut words): (Vec<_>, _) = (serde_json::from_value(rows).unwrap(), Words::default());
        rows.into_iter().map(|row| Arc::new(LcsEnvironment::listed(row, &mut words))).collect()
    }

    /// Both joined.
    pub fn both(of_tenant: serde_json::Value, of_project: serde_json::Value) -> Directory {
        let mut directory = Directory::default();
        directory.take_project(project(of_project));
        directory.take_tenant(tenant(of_tenant), Now::UNIX_EPOCH);
        directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::environment::Kind;
    use serde_json::{Value, json};

    fn of_tenant(name: &str, display: &str, partner: Option<&str>) -> Value {
        let mut row = json!({"name": name, "location": "europe", "properties": {"displayName": display, "environmentSku": "Sandbox"}});
        if let Some(id) = partner {
            row["properties"]["linkedAppMetadata"] = json!({"id": id, "type": "Linked", "url": "https://fo.example/"});
            row["properties"]["linkedEnvironmentMetadata"] = json!({"instanceUrl": "https://dv.example/"});
        }
        row
    }

    fn of_project(id: &str, name: &str) -> Value {
        json!({"EnvironmentId": id, "EnvironmentName": name, "EnvironmentType": "Sandbox",
            "EnvironmentEndpointBaseUrl": "https://other.example/", "DeployedOnUTC": "2/3/2024 9:15 AM"})
    }

    fn joined(tenant: &[Value], project: &[Value]) -> Vec<Environment> {
        sent::both(tenant.into(), project.into()).environments
    }

    #[test]
    fn ids_with_and_without_dashes_meet() {
        let all = joined(
            &[of_tenant("pp", "uat", Some("3F0D1C52-77AA-4B1E-9A0B-5D3A10C9E001"))],
            &[of_project("3f0d1c5277aa4b1e9a0b5d3a10c9e001", "another name")],
        );
        assert_eq!(all.len(), 1);
        assert!(all[0].lcs.is_some());
        assert_eq!(all[0].finops_url(), Some("https://fo.example"));
    }

    #[test]
    fn the_initial_environment_meets_its_lcs_environment_by_name() {
        let all = joined(&[of_tenant("pp", "Dev", None)], &[of_project("id", "dev")]);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].finops_url(), Some("https://other.example"));
    }

    #[test]
    fn what_only_lifecycle_services_knows_has_its_own_row() {
        let all = joined(&[of_tenant("pp", "uat", Some("x"))], &[of_project("y", "uat")]);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].power_platform, None);
    }

    #[test]
    fn a_partner_without_an_id_is_met_by_its_address_and_the_first_one_wins() {
        let mut without = of_tenant("pp-2", "b", Some("x"));
        without["properties"]["linkedAppMetadata"] = json!({"url": "https://OTHER.example"});
        let rows = [of_tenant("pp-1", "a", Some("y")), without.clone(), of_tenant("pp-3", "c", Some("id"))];
        let homes = |rows: &[Value], id: &str| -> Vec<bool> {
            joined(rows, &[of_project(id, "none")]).iter().map(|of| of.lcs.is_some()).collect()
        };
        assert_eq!(homes(&rows, "id"), [false, true, false], "it is before the one with the same id");
        assert_eq!(homes(&[rows[2].clone(), without], "id"), [true, false]);
        assert_eq!(homes(&rows[..1], ""), [false], "what has neither id nor home is left out");
    }

    #[test]
    fn the_project_alone_shows_no_environment_under_a_key_that_would_change() {
        let mut directory = Directory::default();
        directory.take_project(sent::project(json!([of_project("lcs-1", "uat")])));
        assert!(directory.environments.is_empty());
        directory.take_tenant(Vec::new(), Now::UNIX_EPOCH);
        assert_eq!(directory.environments.len(), 1);
    }

    #[test]
    fn a_list_that_is_the_last_one_again_stays_where_it_is_and_what_was_kept_beside_it_goes() {
        let tenant = || sent::tenant(json!([of_tenant("pp-1", "uat", None)]));
        let mut directory = sent::both(json!([]), json!([of_project("lcs-1", "UAT"), of_project("lcs-2", "dev")]));
        directory.take_tenant(tenant(), Now::UNIX_EPOCH);
        let (place, joined) = (directory.environments.as_ptr(), directory.environments.clone());
        directory.take_tenant(tenant(), Now::UNIX_EPOCH);
        assert_eq!((directory.environments.as_ptr(), &directory.environments), (place, &joined));
        directory.keep(sent::tenant(json!([of_tenant("pp-2", "uat", None)])).remove(0));
        assert_eq!(directory.environments.len(), 3);
        directory.take_tenant(tenant(), Now::MAX);
        assert_eq!((directory.environments.len(), directory.place(&EnvironmentId("pp-2".into()))), (2, None));
        assert_eq!(directory.environments[0].read_at, Some(Now::MAX));
    }

    #[test]
    fn a_row_that_two_pages_show_is_one_environment() {
        let row = || of_tenant("pp-1", "uat", None);
        let listed = || of_project("lcs-3", "only there");
        let lists = (json!([row(), of_tenant("pp-2", "dev", None), row()]), json!([listed(), listed()]));
        let directory = sent::both(lists.0, lists.1);
        assert_eq!(directory.environments.len(), 3);
        assert!(!directory.is_shared("uat"));
    }

    #[test]
    fn a_fresh_list_of_the_project_takes_the_place_of_the_last_one() {
        let mut directory = sent::both(
            json!([of_tenant("pp-1", "uat", None), of_tenant("pp-2", "dev", None)]),
            json!([of_project("lcs-1", "uat"), of_project("lcs-2", "other")]),
        );
        let ids = |directory: &Directory| -> Vec<Option<String>> {
            directory.environments.iter().map(|of| of.lcs_id().map(str::to_owned)).collect()
        };
        assert_eq!(ids(&directory), [Some("lcs-1".into()), None, Some("lcs-2".into())]);
        directory.take_project(sent::project(json!([of_project("lcs-3", "dev")])));
        assert_eq!(ids(&directory), [None, Some("lcs-3".into())]);
        assert!(directory.environments[0].no_lcs.is_some() && directory.environments[1].no_lcs.is_none());
    }

    #[test]
    fn only_lifecycle_services_can_say_that_an_environment_is_cloud_hosted() {
        let mut row = of_project("id", "uat");
        row["EnvironmentInfrastructure"] = "CustomerManaged".into();
        let tenant = [of_tenant("pp", "uat", Some("id"))];
        assert_eq!(*joined(&tenant, &[row])[0].kind(), Kind::CloudHosted);
        let mut row = of_project("id", "uat");
        row["EnvironmentType"] = "Production".into();
        assert_eq!(joined(&tenant, &[row])[0].kind().word(), "Sandbox", "the tenant's word, where it names a partner");
    }
}
