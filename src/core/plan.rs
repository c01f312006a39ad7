//! The stages of Configure and what they will change: packages in dependency order, identities on
//! both sides, verification.
//!
//! No public call exists for Configure, so the program does what it stands for, stage by stage. A
//! stage that is done already is passed over, so a run can start anywhere and twice is harmless.

use super::environment::{Environment, Kind};
use super::facts::{Answer, Facts, IdentityState, PackageState};
use super::mandate::{Mandate, Module};
use crate::wire::{app_id, power_platform};
use serde::{Deserialize, Serialize};

/// A stage of Configure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageId {
    /// Reads only.
    Prerequisites,
    /// Package `DualWriteCoreAnchor`.
    CoreSolution,
    /// Package `msdyn_DualWriteAppCoreAnchor`.
    Application,
    /// Application users in Dataverse.
    ApplicationUsers,
    /// Client ID rows in finance and operations.
    ClientIdRows,
    /// Reads everything once more.
    Verification,
}

/// All stages in their order.
pub const STAGES: [StageId; 6] = [
    StageId::Prerequisites,
    StageId::CoreSolution,
    StageId::Application,
    StageId::ApplicationUsers,
    StageId::ClientIdRows,
    StageId::Verification,
];

impl StageId {
    /// Its word in records and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prerequisites => "prerequisites",
            Self::CoreSolution => "core_solution",
            Self::Application => "application",
            Self::ApplicationUsers => "application_users",
            Self::ClientIdRows => "client_id_rows",
            Self::Verification => "verification",
        }
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Prerequisites => "Prerequisites",
            Self::CoreSolution => "Dual-write core solution",
            Self::Application => "Dual-write application",
            Self::ApplicationUsers => "Application users",
            Self::ClientIdRows => "Client ID rows",
            Self::Verification => "Verification",
        }
    }

    /// The package it installs.
    pub fn package(self) -> Option<&'static str> {
        match self {
            Self::CoreSolution => Some(CORE_PACKAGE),
            Self::Application => Some(APPLICATION_PACKAGE),
            _ => None,
        }
    }
}

/// Package of the dual-write core solution.
pub const CORE_PACKAGE: &str = "DualWriteCoreAnchor";
/// Package of the dual-write application core.
pub const APPLICATION_PACKAGE: &str = "msdyn_DualWriteAppCoreAnchor";
/// Solutions that the application core brings.
pub const APPLICATION_SOLUTIONS: [&str; 5] = [
    "Dynamics365Company",
    "Dynamics365FinanceAndOperationsCommon",
    "CurrencyExchangeRates",
    "msdyn_DualWriteAppCoreMaps",
    APPLICATION_PACKAGE,
];
/// Core solution from which [`app_id::RUNTIME`] replaces [`app_id::RUNTIME_OLD`].
const RUNTIME_SINCE: [u64; 4] = [1, 0, 16, 0];

/// Application users that dual-write needs in Dataverse.
pub const APPLICATION_USERS: [&str; 2] = [app_id::DATA_INTEGRATION, app_id::FINANCE_OPERATIONS];

/// Those that this environment needs: a cloud-hosted one does without that of finance and operations.
pub fn application_users(environment: &Environment) -> &'static [&'static str] {
    let [integration, _] = &APPLICATION_USERS;
    if *environment.kind() == Kind::CloudHosted { std::slice::from_ref(integration) } else { &APPLICATION_USERS }
}

/// Client ID rows that dual-write needs in finance and operations, for this core solution. An
/// unknown version counts as a current one.
pub fn client_id_rows(core_version: Option<&str>) -> [&'static str; 2] {
    let old = core_version.is_some_and(|version| !version_at_least(version, &RUNTIME_SINCE));
    [app_id::DATA_INTEGRATION, if old { app_id::RUNTIME_OLD } else { app_id::RUNTIME }]
}

/// A short name for an application id.
pub fn app_name(app: &str) -> &'static str {
    match app {
        app_id::DATA_INTEGRATION => "Dynamics Data Integration",
        app_id::FINANCE_OPERATIONS => "finance and operations",
        app_id::RUNTIME => "dual-write runtime",
        app_id::RUNTIME_OLD => "dual-write runtime (old)",
        _ => "unknown application",
    }
}

/// Compares dotted versions number by number; missing parts are zero, other text counts as zero.
pub fn version_at_least(version: &str, least: &[u64]) -> bool {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    let parts: Vec<u64> = version.split('.').map(digits).collect();
    let at = |parts: &[u64], index: usize| parts.get(index).copied().unwrap_or(0);
    for index in 0..parts.len().max(least.len()) {
        match at(&parts, index).cmp(&at(least, index)) {
            std::cmp::Ordering::Equal => {}
            order => return order.is_gt(),
        }
    }
    true
}

/// Where a change happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Dataverse.
    Dataverse,
    /// Finance and operations.
    FinanceOperations,
}

impl Side {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dataverse => "Dataverse",
            Self::FinanceOperations => "finance and operations",
        }
    }
}

/// How sure it is that something will be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It is missing and will be made.
    Will,
    /// It could not be read; it is made if it turns out to be missing.
    IfMissing,
    /// It is there; nothing is changed.
    Already,
}

/// One line of the confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Where.
    pub side: Side,
    /// Whether.
    pub certainty: Certainty,
    /// What, in words.
    pub what: String,
}

/// What Configure is about to change, from the facts at hand.
pub fn plan(environment: &Environment, facts: &Facts, mandate: &Mandate) -> Vec<Planned> {
    let mut plan = packages(facts, mandate);
    plan.extend(identities(environment, facts, mandate));
    plan
}

/// Whether Configure has a package to wait for: one that it installs, or that is being installed.
pub fn installs(facts: &Facts, mandate: &Mandate) -> bool {
    let is_there = |package| matches!(facts.package(package), Some(PackageState::Installed { .. }));
    std::iter::once(CORE_PACKAGE).chain(mandate.packages()).any(|package| !is_there(package))
}

/// A name for a package.
pub(super) fn package_title(package: &'static str) -> String {
    match package {
        CORE_PACKAGE => "Dual-write core solution".into(),
        APPLICATION_PACKAGE => "Dual-write application core".into(),
        "HCMCommonAnchor" => "Dynamics 365 HR common tables".into(),
        other => {
            let module = Module::ALL.into_iter().find(|module| module.packages().contains(&other));
            module.map_or_else(|| other.to_owned(), |module| format!("Dual-write {}", module.title()))
        }
    }
}

/// What is installed, in its order.
pub fn packages(facts: &Facts, mandate: &Mandate) -> Vec<Planned> {
    let all = std::iter::once(CORE_PACKAGE).chain(mandate.packages());
    all.map(|package| {
        let title = package_title(package);
        let (certainty, what) = match facts.package(package) {
            Some(PackageState::Installed { version }) => {
                (Certainty::Already, format!("{title} ({package}) {version} is installed"))
            }
            Some(PackageState::InProgress { .. }) => {
                (Certainty::Already, format!("{title} ({package}) is being installed; it is watched"))
            }
            Some(PackageState::Failed { .. }) => (Certainty::Will, format!("install {title} ({package}) again")),
            Some(PackageState::NotInstalled | PackageState::NotOffered) => {
                (Certainty::Will, format!("install {title} ({package})"))
            }
            None => (Certainty::IfMissing, format!("install {title} ({package})")),
        };
        Planned { side: Side::Dataverse, certainty, what }
    })
    .collect()
}

/// Whether everything is there that Configure makes with this mandate: the modules, too.
pub fn is_there(environment: &Environment, facts: &Facts, mandate: &Mandate) -> bool {
    facts.configured(environment) == Answer::Yes && installed(facts, mandate) == Answer::Yes
}

/// Whether all packages of this mandate are installed; if not, which.
pub fn installed(facts: &Facts, mandate: &Mandate) -> Answer {
    let (mut missing, mut unknown) = (Vec::new(), Vec::new());
    for package in mandate.packages() {
        match facts.package(package) {
            Some(PackageState::Installed { .. }) => {}
            Some(_) => missing.push(format!("{package} is not installed")),
            None => unknown.push(format!("could not tell whether {package} is installed")),
        }
    }
    match (missing.is_empty(), unknown.is_empty()) {
        (false, _) => Answer::No(missing),
        (true, false) => Answer::Unknown(unknown),
        (true, true) => Answer::Yes,
    }
}

/// What is made of the identities on both sides.
pub fn identities(environment: &Environment, facts: &Facts, mandate: &Mandate) -> Vec<Planned> {
    let mut plan = Vec::new();
    let mut put = |side, certainty, what| plan.push(Planned { side, certainty, what });
    for (index, app) in application_users(environment).iter().copied().enumerate() {
        let name = app_name(app);
        let create = format!("create application user {app} ({name}), role System Administrator");
        let (certainty, what) = match facts.user_state(index) {
            Some(IdentityState::Good { .. }) => {
                (Certainty::Already, format!("application user {app} ({name}) is there"))
            }
            Some(IdentityState::Disabled { .. }) => {
                (Certainty::Will, format!("enable application user {app} ({name})"))
            }
            Some(IdentityState::NoRole { .. }) => {
                (Certainty::Will, format!("give System Administrator to application user {app} ({name})"))
            }
            Some(IdentityState::Deleted { user }) if mandate.purges => {
                let purge = format!("permanently delete the deleted application user {app} ({name}), row {user}");
                put(Side::Dataverse, Certainty::Will, purge);
                (Certainty::Will, create)
            }
            Some(IdentityState::Deleted { .. }) => (
                Certainty::Will,
                format!(
                    "{create}; a deleted one is in the way, so the set-up stops there: repair the identities first"
                ),
            ),
            Some(IdentityState::Missing) => (Certainty::Will, create),
            None => (Certainty::IfMissing, create),
        };
        put(Side::Dataverse, certainty, what);
    }
    let is_off = mandate.row_user.is_none() && facts.finops_user_enabled(mandate.row_user()) == Some(false);
    let user = if is_off {
        format!("one that has to be chosen ({} is missing or disabled)", mandate.row_user())
    } else {
        mandate.row_user().to_owned()
    };
    for app in client_id_rows(facts.core_version().as_deref()) {
        let name = app_name(app);
        let (certainty, what) = match facts.row_user(app) {
            Some(Some(old)) if facts.finops_user_enabled(&old) == Some(false) => (
                Certainty::Will,
                match &mandate.row_user {
                    Some(user) => {
                        format!("bind client ID row {app} ({name}) to user {user}; {old} is missing or disabled")
                    }
                    None => format!(
                        "client ID row {app} ({name}) runs as {old}, who is missing or disabled, so the set-up stops there: repair the identities first"
                    ),
                },
            ),
            Some(Some(user)) => (Certainty::Already, format!("client ID row {app} ({name}) is there, user {user}")),
            Some(None) => (Certainty::Will, format!("add client ID row {app} ({name}), user {user}")),
            None => (Certainty::IfMissing, format!("add client ID row {app} ({name}), user {user}")),
        };
        put(Side::FinanceOperations, certainty, what);
    }
    plan
}

/// Whether a package is one that dual-write may install or look for.
pub fn is_known(package: &power_platform::Package) -> bool {
    let of_modules = Module::ALL.into_iter().flat_map(|module| module.packages().iter().copied());
    let mut all = [CORE_PACKAGE, APPLICATION_PACKAGE].into_iter().chain(of_modules);
    all.any(|name| package.unique_name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version_at_least("1.0.24062.2", &RUNTIME_SINCE));
        assert!(version_at_least("1.0.16.0", &RUNTIME_SINCE));
        assert!(version_at_least("1.0.16", &RUNTIME_SINCE));
        assert!(!version_at_least("1.0.15.9", &RUNTIME_SINCE));
        assert!(!version_at_least("", &RUNTIME_SINCE));
    }

    #[test]
    fn an_old_core_solution_wants_the_old_runtime_row() {
        assert_eq!(client_id_rows(Some("1.0.5.1"))[1], app_id::RUNTIME_OLD);
        assert_eq!(client_id_rows(Some("1.0.24062.2"))[1], app_id::RUNTIME);
        assert_eq!(client_id_rows(None)[1], app_id::RUNTIME);
    }

    #[test]
    fn with_nothing_read_the_plan_promises_nothing() {
        let environment = crate::core::directory::sent::tenant(serde_json::json!([{"name": "pp"}])).remove(0);
        let plan = plan(&environment, &Facts::default(), &Mandate::default());
        assert_eq!(plan.len(), 6);
        assert!(plan.iter().all(|line| line.certainty == Certainty::IfMissing));
    }
}
