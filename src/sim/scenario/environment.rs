//! The environments of a scenario: both sides, what joins them, and who may act in them.
//!
//! Owns the state of one environment (the world starts from it and changes its own copy) and the
//! patch by which a scenario file makes or changes one. It never looks at time or requests.

use super::contents::{Company, Contents, DefaultTeam, OtherSolution};
use crate::sim::packages;
use crate::wire::{app_id, dataverse, finance_operations};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far Power Platform Integration got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integration {
    /// Both sides are joined.
    #[default]
    SetUp,
    /// Nobody started it.
    NotSetUp,
    /// It runs.
    SettingUp,
    /// It ended with an error.
    Failed,
}

/// An application user of Dataverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationUser {
    /// Application id.
    pub app: String,
    /// Disabled users cannot be used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Soft-deleted: invisible to most, and in the way of a new one.
    #[serde(default)]
    pub deleted: bool,
    /// Role names.
    #[serde(default = "administrator")]
    pub roles: Vec<String>,
    /// Row id; made from environment and application while empty.
    #[serde(default)]
    pub id: String,
}

fn yes() -> bool {
    true
}

fn administrator() -> Vec<String> {
    vec![dataverse::SYSTEM_ADMINISTRATOR.to_owned()]
}

/// A client ID row of finance and operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientIdRow {
    /// Application id.
    pub app: String,
    /// The user it runs as.
    #[serde(default = "admin")]
    pub user: String,
    /// Free text.
    #[serde(default)]
    pub name: String,
}

fn admin() -> String {
    "Admin".to_owned()
}

/// A user of finance and operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Short id.
    pub id: String,
    /// Sign-in name.
    #[serde(default)]
    pub alias: String,
    /// Whether it may sign in.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Names of its security roles.
    #[serde(default = "finance_operations_administrator")]
    pub roles: Vec<String>,
}

fn finance_operations_administrator() -> Vec<String> {
    vec![finance_operations::SYSTEM_ADMINISTRATOR[1].to_owned()]
}

/// A company of finance and operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalEntity {
    /// Up to four characters.
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
}

/// A table map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// Name for people.
    pub name: String,
    /// 1 Stopped, 2 initial sync, 3 catch up, 4 Running, 5 Paused, 6 not running.
    #[serde(default = "stopped")]
    pub state: u8,
    /// Without it the map has no project yet.
    #[serde(default = "yes")]
    pub initialised: bool,
}

fn stopped() -> u8 {
    1
}

impl Map {
    /// Whether a reset has to be forced because of it.
    pub fn is_running(&self) -> bool {
        matches!(self.state, 2..=4)
    }
}

/// A dual-write link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkState {
    /// Name of the environment whose Dataverse it goes to.
    pub environment: String,
    /// Who made it.
    #[serde(default = "ada")]
    pub owner: String,
    /// When; long ago without it.
    pub created: Option<Timestamp>,
    /// Its table maps.
    #[serde(default)]
    pub maps: Vec<Map>,
    /// Companies that take part; all while empty.
    #[serde(default)]
    pub legal_entities: Vec<String>,
}

/// The person who is signed in.
pub const ADA: &str = "ada@contoso.example";

fn ada() -> String {
    ADA.to_owned()
}

/// An environment as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Key in the scenario and first label of both hosts.
    pub name: String,
    /// What both services show as its name.
    pub display_name: String,
    /// Power Platform environment id.
    pub id: String,
    /// LCS environment id.
    pub lcs_id: String,
    /// `Sandbox`, `Production`, `Developer`, `Trial`.
    pub kind: String,
    /// `SelfService`, `MicrosoftManaged`, `CustomerManaged`.
    pub infrastructure: String,
    /// Power Platform geography code.
    pub geography: String,
    /// Azure region.
    pub region: String,
    /// Release of finance and operations.
    pub application_version: String,
    /// Platform update of finance and operations.
    pub platform_version: String,
    /// Version of Dataverse.
    pub dataverse_version: String,
    /// Whether there is a finance and operations environment.
    pub finance_and_operations: bool,
    /// Whether there is a Dataverse database.
    pub dataverse: bool,
    /// Whether LCS lists it.
    pub lcs: bool,
    /// Power Platform Integration.
    pub integration: Integration,
    /// Installed packages with their versions, by catalogue name.
    pub packages: BTreeMap<String, String>,
    /// Packages of which a newer version waits.
    pub updates: Vec<String>,
    /// Application users of Dataverse.
    pub application_users: Vec<ApplicationUser>,
    /// Client ID rows of finance and operations.
    pub client_id_rows: Vec<ClientIdRow>,
    /// Users of finance and operations.
    pub users: Vec<User>,
    /// Companies.
    pub legal_entities: Vec<LegalEntity>,
    /// The link, if there is one.
    pub link: Option<LinkState>,
    /// What else is in its Dataverse.
    pub contents: Contents,
}

/// An environment in a scenario file: what it says replaces what the cast says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub name: String,
    display_name: Option<String>,
    id: Option<String>,
    lcs_id: Option<String>,
    kind: Option<String>,
    infrastructure: Option<String>,
    geography: Option<String>,
    region: Option<String>,
    application_version: Option<String>,
    platform_version: Option<String>,
    dataverse_version: Option<String>,
    finance_and_operations: Option<bool>,
    dataverse: Option<bool>,
    lcs: Option<bool>,
    ppi: Option<Integration>,
    packages: Option<Vec<String>>,
    updates: Option<Vec<String>>,
    application_users: Option<Vec<ApplicationUser>>,
    client_id_rows: Option<Vec<ClientIdRow>>,
    users: Option<Vec<User>>,
    legal_entities: Option<Vec<LegalEntity>>,
    link: Option<LinkState>,
    companies: Option<Vec<Company>>,
    other_solutions: Option<Vec<OtherSolution>>,
    disabled_plugin_steps: Option<bool>,
    default_team: Option<DefaultTeam>,
    runtime_configurations: Option<u32>,
    my_roles: Option<Vec<String>>,
    my_team_roles: Option<Vec<String>>,
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

impl Patch {
    /// Changes a member of the cast, or makes a new environment.
    pub fn onto(self, member: Option<Environment>) -> Environment {
        let mut environment = member.unwrap_or_else(|| Environment::new(&self.name));
        set(&mut environment.display_name, self.display_name);
        set(&mut environment.id, self.id);
        set(&mut environment.lcs_id, self.lcs_id);
        set(&mut environment.kind, self.kind);
        set(&mut environment.infrastructure, self.infrastructure);
        set(&mut environment.geography, self.geography);
        set(&mut environment.region, self.region);
        set(&mut environment.application_version, self.application_version);
        set(&mut environment.platform_version, self.platform_version);
        set(&mut environment.dataverse_version, self.dataverse_version);
        set(&mut environment.finance_and_operations, self.finance_and_operations);
        set(&mut environment.dataverse, self.dataverse);
        set(&mut environment.lcs, self.lcs);
        set(&mut environment.integration, self.ppi);
        if let Some(packages) = self.packages {
            environment.packages = packages.iter().map(|text| installed(text)).collect();
        }
        set(&mut environment.updates, self.updates);
        set(&mut environment.application_users, self.application_users);
        set(&mut environment.client_id_rows, self.client_id_rows);
        set(&mut environment.users, self.users);
        set(&mut environment.legal_entities, self.legal_entities);
        if self.link.is_some() {
            environment.link = self.link;
        }
        let contents = &mut environment.contents;
        if self.companies.is_some() {
            contents.companies = self.companies;
        }
        if self.runtime_configurations.is_some() {
            contents.runtime_configurations = self.runtime_configurations;
        }
        set(&mut contents.other_solutions, self.other_solutions);
        set(&mut contents.disabled_plugin_steps, self.disabled_plugin_steps);
        set(&mut contents.default_team, self.default_team);
        set(&mut contents.my_roles, self.my_roles);
        set(&mut contents.my_team_roles, self.my_team_roles);
        let name = environment.name.clone();
        for user in environment.application_users.iter_mut().filter(|user| user.id.is_empty()) {
            user.id = super::super::ids::of(&["user", &name, &user.app]);
        }
        environment
    }
}

/// `name` or `name@version` of an installed package; the catalogue's spelling where it has one.
fn installed(text: &str) -> (String, String) {
    let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
    let known = packages::find(name);
    let version = version.or_else(|| known.map(|package| package.version)).unwrap_or_default();
    (known.map_or(name, |package| package.name).to_owned(), version.to_owned())
}

impl Environment {
    /// Whether Lifecycle Services lists it.
    pub fn is_in_lcs(&self) -> bool {
        self.lcs && self.finance_and_operations
    }

    /// The name of a copy of it.
    pub(super) fn name_of_copy(&self, number: u32) -> String {
        format!("{}-{number:05}", self.name)
    }

    /// A copy with a name and ids of its own: `{name}-00001`.
    pub(super) fn copy(&self, number: u32) -> Self {
        let name = self.name_of_copy(number);
        let mut copy = Self {
            display_name: format!("{}-{number:05}", self.display_name),
            id: super::super::ids::of(&["environment", &name]),
            lcs_id: super::super::ids::of(&["lcs", &name]),
            ..self.clone()
        };
        if let Some(link) = copy.link.as_mut().filter(|link| link.environment == self.name) {
            link.environment.clone_from(&name);
        }
        copy.name = name;
        copy
    }

    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            display_name: name.to_owned(),
            id: super::super::ids::of(&["environment", name]),
            lcs_id: super::super::ids::of(&["lcs", name]),
            kind: "Sandbox".to_owned(),
            infrastructure: "SelfService".to_owned(),
            geography: "europe".to_owned(),
            region: "westeurope".to_owned(),
            application_version: "10.0.44".to_owned(),
            platform_version: "PU68".to_owned(),
            dataverse_version: "9.2.26101.00180".to_owned(),
            finance_and_operations: true,
            dataverse: true,
            lcs: true,
            integration: Integration::SetUp,
            packages: BTreeMap::new(),
            updates: Vec::new(),
            application_users: Vec::new(),
            client_id_rows: Vec::new(),
            users: vec![User { id: admin(), alias: ada(), enabled: true, roles: finance_operations_administrator() }],
            legal_entities: vec![LegalEntity { id: "DAT".to_owned(), name: "Company accounts data".to_owned() }],
            link: None,
            contents: Contents::default(),
        }
    }

    /// Whether both sides are joined.
    pub fn is_joined(&self) -> bool {
        self.finance_and_operations && self.dataverse && self.integration == Integration::SetUp
    }

    /// Version of the core solution, if it is installed.
    pub fn core_version(&self) -> Option<&str> {
        self.packages.get(packages::CORE).map(String::as_str)
    }

    /// Whether the application core is installed.
    pub fn has_application_core(&self) -> bool {
        self.packages.contains_key(packages::APP_CORE)
    }

    /// The application users that dual-write needs here.
    pub fn needed_users(&self) -> Vec<&'static str> {
        let cloud_hosted = self.infrastructure.eq_ignore_ascii_case("CustomerManaged");
        let own = (!cloud_hosted).then_some(app_id::FINANCE_OPERATIONS);
        std::iter::once(app_id::DATA_INTEGRATION).chain(own).collect()
    }

    /// The client ID rows that dual-write needs here.
    pub fn needed_rows(&self) -> [&'static str; 2] {
        let old = self.core_version().is_some_and(|version| packages::is_older(version, "1.0.16.0"));
        [app_id::DATA_INTEGRATION, if old { app_id::RUNTIME_OLD } else { app_id::RUNTIME }]
    }

    /// Why finance and operations could not reach Dataverse or the other way round, if it cannot.
    pub fn connection_fault(&self) -> Option<&'static str> {
        const CRM: &str = "DW9003: Failed to connect to CRM. Ensure that the service principal has the correct permissions to access CRM.";
        const AX: &str = "DW9003: Failed to connect to AX. Ensure that the service principal has the correct permissions to access AX.";
        let usable_user = |app: &&str| {
            self.application_users.iter().any(|user| {
                user.app.eq_ignore_ascii_case(app) && user.enabled && !user.deleted && !user.roles.is_empty()
            })
        };
        let usable_row = |app: &&str| {
            self.client_id_rows
                .iter()
                .filter(|row| row.app.eq_ignore_ascii_case(app))
                .any(|row| self.users.iter().any(|user| user.id.eq_ignore_ascii_case(&row.user) && user.enabled))
        };
        if !self.needed_users().iter().all(usable_user) {
            Some(CRM)
        } else if !self.needed_rows().iter().all(usable_row) {
            Some(AX)
        } else {
            None
        }
    }

    /// What is wrong with it: where it stands, and the words.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        let label = |text: &str| {
            (1..=63).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !text.starts_with('-')
                && !text.ends_with('-')
        };
        if !label(&self.name) {
            let message = "the name of an environment is the first label of its hosts: a-z, 0-9 and dashes";
            return Some((self.name.clone(), message.to_owned()));
        }
        let ids = [&self.id, &self.lcs_id].into_iter();
        let apps =
            self.application_users.iter().map(|user| &user.app).chain(self.client_id_rows.iter().map(|row| &row.app));
        if let Some(id) = ids.chain(apps).find(|id| uuid::Uuid::try_parse(id).is_err()) {
            return Some((id.clone(), format!("“{id}” is no GUID")));
        }
        if let Some(company) = self.contents.companies.iter().flatten().find(|company| company.code.trim().is_empty()) {
            return Some((company.code.clone(), "a company needs a code".to_owned()));
        }
        let unknown = self.packages.keys().chain(&self.updates).find(|name| packages::find(name).is_none());
        unknown.map(|name| (name.clone(), format!("there is no package “{name}”")))
    }
}
