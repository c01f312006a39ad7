//! Prerequisites as data: each is yes, no, or could not tell with its reason, from what was read.
//!
//! The ids are for good: scripts rely on them. An unknown never blocks and never counts as met.

use super::environment::{Environment, Fact, Kind};
use super::facts::{Facts, IdentityState, PackageState, why};
use super::gate::{self, Integration};
use super::plan::{APPLICATION_USERS, CORE_PACKAGE, client_id_rows, version_at_least};
use crate::wire::bare_id;

/// How much a prerequisite that is not met matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing can be set up before it is met.
    Block,
    /// Configure makes it.
    Made,
    /// Good to know.
    Warn,
}

impl Level {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Made => "made_by_configure",
            Self::Warn => "warn",
        }
    }
}

/// Yes, no, or could not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tri {
    /// Met.
    Yes,
    /// Surely not met.
    No,
    /// Could not be found out.
    Unknown,
}

impl Tri {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// One prerequisite and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its id.
    pub id: &'static str,
    /// What is asked, as a statement.
    pub what: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The answer.
    pub answer: Tri,
    /// Why, in words.
    pub reason: String,
    /// What was read.
    pub evidence: &'static str,
    /// What helps where the answer is no.
    pub remedy: &'static str,
    /// Page to read more.
    pub doc_url: String,
}

/// Documentation of dual-write.
const DUAL_WRITE: &str = "https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/dual-write/";
/// Documentation of the Power Platform Integration.
const INTEGRATION: &str =
    "https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/power-platform/enable-power-platform-integration";
/// Oldest release that dual-write works with.
const RELEASE_SINCE: [u64; 3] = [10, 0, 9];
/// Release from which Reset link exists.
const RESET_SINCE: [u64; 3] = [10, 0, 30];
/// Core solution from which no consent in the tenant is needed.
const CORE_SINCE: [u64; 4] = [1, 0, 16, 0];
/// Legal entities beyond which a link fails.
const COMPANIES_MAX: usize = 250;
/// Legal entities that the initial sync takes at once.
const COMPANIES_AT_ONCE: usize = 40;

struct Found(Tri, String);

fn yes(reason: impl Into<String>) -> Found {
    Found(Tri::Yes, reason.into())
}

fn no(reason: impl Into<String>) -> Found {
    Found(Tri::No, reason.into())
}

fn unknown(reason: impl Into<String>) -> Found {
    Found(Tri::Unknown, reason.into())
}

/// Every prerequisite that can be told from what was read.
pub fn checks(environment: &Environment, facts: &Facts) -> Vec<Check> {
    let mut all = Vec::new();
    let mut put = |id, level, what, found: Found, evidence, remedy, doc: &str| {
        let doc_url = if doc.starts_with("https://") { doc.to_owned() } else { format!("{DUAL_WRITE}{doc}") };
        all.push(Check { id, what, level, answer: found.0, reason: found.1, evidence, remedy, doc_url });
    };
    put(
        "P01",
        Level::Block,
        "Power Platform Integration is set up",
        integration(environment, facts),
        "environment list, Dataverse integration details",
        "Set up Power Platform Integration in Lifecycle Services; after a failure select Resume.",
        INTEGRATION,
    );
    put(
        "P02",
        Level::Block,
        "Dual-write points at the Dataverse of Power Platform Integration",
        partner(environment, facts),
        "dual-write gateway, environment list",
        "Reset link, or set up Power Platform Integration with the environment that is linked.",
        "lcs-setup",
    );
    put(
        "P03",
        Level::Block,
        "Both sides are in one tenant",
        tenant(environment, facts),
        "environment list, Dataverse integration details",
        "Choose environments of one tenant; across tenants is not supported.",
        "dual-write-system-req",
    );
    put(
        "P16",
        Level::Block,
        "It is no trial environment",
        if environment.kind == Kind::Trial {
            no("a trial environment")
        } else {
            yes(environment.kind.word().to_lowercase())
        },
        "environment list",
        "Choose a purchased environment.",
        "dual-write-system-req",
    );
    put(
        "P17",
        Level::Block,
        "The kinds of both sides agree",
        kinds(environment),
        "environment list, LCS environment",
        "Pair sandbox with sandbox and production with production.",
        "dual-write-system-req",
    );
    put(
        "P18",
        Level::Warn,
        "It is not cloud-hosted",
        cloud_hosted(environment),
        "LCS environment",
        "Use a sandbox or a unified developer environment.",
        "lcs-setup",
    );
    put(
        "P19",
        Level::Block,
        "Finance and operations is 10.0.9 or later",
        release(environment, &RELEASE_SINCE),
        "LCS environment",
        "Update finance and operations.",
        "dual-write-system-req",
    );
    put(
        "P20",
        Level::Warn,
        "Finance and operations is 10.0.30 or later, so Reset link exists",
        release(environment, &RESET_SINCE),
        "LCS environment",
        "Update finance and operations; before it there are Link and Unlink.",
        "lcs-setup",
    );
    put(
        "P22",
        Level::Made,
        "The dual-write core solution is installed, 1.0.16.0 or later",
        core_solution(facts),
        "application packages",
        "Dual-write application installs it.",
        "lcs-setup",
    );
    for (at, id) in ["P25", "P26"].into_iter().enumerate() {
        put(
            id,
            Level::Made,
            if at == 0 {
                "Dynamics Data Integration is an application user in Dataverse, enabled, System Administrator"
            } else {
                "Finance and operations is an application user in Dataverse, enabled, System Administrator"
            },
            user(facts, at),
            "Dataverse application users",
            "Dual-write application makes it; by hand: Power Platform admin center, Application users.",
            "dual-write-troubleshooting-initial-setup",
        );
    }
    let rows = client_id_rows(facts.core_version().as_deref());
    for (at, id) in ["P24", "P23"].into_iter().enumerate() {
        put(
            id,
            Level::Made,
            if at == 0 {
                "Dynamics Data Integration has a client ID row in finance and operations, with an enabled user"
            } else {
                "The dual-write runtime has a client ID row in finance and operations, with an enabled user"
            },
            row(facts, rows[at]),
            "Microsoft Entra ID applications of finance and operations",
            "Dual-write application adds it; by hand: the page Microsoft Entra ID applications.",
            "dual-write-troubleshooting-initial-setup",
        );
    }
    put(
        "P33",
        Level::Block,
        "There are at most 250 legal entities",
        companies(facts),
        "legal entities of finance and operations",
        "Reduce the legal entities; above 40 run the initial sync in groups.",
        "dual-write-system-req",
    );
    put(
        "P43",
        Level::Warn,
        "No table map runs",
        maps(facts),
        "dual-write gateway",
        "Stop the maps before a reset of the link.",
        "lcs-setup",
    );
    all
}

fn integration(environment: &Environment, facts: &Facts) -> Found {
    match gate::integration(environment, facts) {
        Integration::SetUp => yes("set up"),
        Integration::NotSetUp => no("not set up"),
        Integration::SettingUp(word) => no(format!("being set up, the service says {word}")),
        Integration::Failed(word) => no(format!("failed, the service says {word}")),
        Integration::Unread => unknown("not read"),
        Integration::Unknown(why) => unknown(why),
    }
}

fn partner(environment: &Environment, facts: &Facts) -> Found {
    match &facts.link {
        _ if gate::mismatch(environment, facts).is_some() => no("linked to another environment"),
        Fact::Known(Some(_), _) => yes("linked to it"),
        Fact::Known(None, _) => yes("not linked yet"),
        Fact::Unread | Fact::Unknown(..) => unknown(why(&facts.link)),
    }
}

fn tenant(environment: &Environment, facts: &Facts) -> Found {
    let other = facts.integration.value().and_then(|row| row.as_ref()?.tenant_id.as_deref());
    match (environment.tenant.as_deref(), other) {
        (Some(one), Some(other)) if bare_id(one) == bare_id(other) => yes(format!("both in {one}")),
        (Some(one), Some(other)) => no(format!("{one} and {other}")),
        _ if facts.integration.trouble().is_some() => unknown(why(&facts.integration)),
        _ => unknown("a service does not name its tenant"),
    }
}

/// Only Lifecycle Services names who runs the machines; the list of environments calls both a sandbox.
fn cloud_hosted(environment: &Environment) -> Found {
    match (&environment.kind, &environment.lcs) {
        (Kind::CloudHosted, _) => no("cloud-hosted: integration is deprecated there"),
        (Kind::UnifiedDeveloper | Kind::Production, _) | (_, Some(_)) => yes("not cloud-hosted"),
        (_, None) => unknown("Lifecycle Services was not asked, or does not list it"),
    }
}

fn kinds(environment: &Environment) -> Found {
    let lcs = environment.lcs.as_ref().and_then(|of| of.environment_type.as_deref());
    match (&environment.kind, lcs) {
        (Kind::Production, Some(kind)) if kind.eq_ignore_ascii_case("sandbox") => {
            no("a production Dataverse and a sandbox of finance and operations")
        }
        (Kind::Sandbox, Some(kind)) if kind.eq_ignore_ascii_case("production") => {
            no("a sandbox Dataverse and a production finance and operations")
        }
        (kind, Some(other)) => yes(format!("{} and {other}", kind.word())),
        (_, None) => unknown("Lifecycle Services was not asked, or does not list it"),
    }
}

fn release(environment: &Environment, least: &[u64]) -> Found {
    let release = environment.lcs.as_ref().and_then(|of| of.current_application_release_name.as_deref());
    match release.filter(|release| release.starts_with(|c: char| c.is_ascii_digit())) {
        Some(release) if version_at_least(release, least) => yes(release),
        Some(release) => no(release),
        None => unknown("Lifecycle Services names no release"),
    }
}

fn core_solution(facts: &Facts) -> Found {
    match facts.package(CORE_PACKAGE) {
        Some(PackageState::Installed { version }) if version.is_empty() => yes("installed, its version is not named"),
        Some(PackageState::Installed { version }) if version_at_least(&version, &CORE_SINCE) => yes(version),
        Some(PackageState::Installed { version }) => no(format!("{version} is installed")),
        Some(PackageState::InProgress { state }) => no(format!("on its way, the service says {state}")),
        Some(PackageState::Failed { words, .. }) => no(format!("failed: {words}")),
        Some(PackageState::NotInstalled) => no("not installed"),
        Some(PackageState::NotOffered) => no("not in the list of packages"),
        None => unknown(why(&facts.packages)),
    }
}

fn user(facts: &Facts, index: usize) -> Found {
    let app = APPLICATION_USERS[index];
    match facts.user_state(index) {
        Some(IdentityState::Good { .. }) => yes(app),
        Some(IdentityState::Disabled { .. }) => no(format!("{app} is disabled")),
        Some(IdentityState::NoRole { .. }) => no(format!("{app} lacks System Administrator")),
        Some(IdentityState::Missing) => no(format!("{app} is not there")),
        Some(IdentityState::Deleted) => no(format!("{app} is deleted and in the way of a new one")),
        None => unknown(why(&facts.users[index])),
    }
}

fn row(facts: &Facts, app: &str) -> Found {
    match facts.row_user(app) {
        Some(Some(user)) => match facts.finops_user_enabled(&user) {
            Some(true) => yes(format!("{app}, runs as {user}")),
            Some(false) => no(format!("{app} runs as {user}, who is missing or disabled")),
            None => unknown(format!("{app} runs as {user}; whether enabled: {}", why(&facts.finops_users))),
        },
        Some(None) => no(format!("{app} is not there")),
        None => unknown(why(&facts.rows)),
    }
}

fn companies(facts: &Facts) -> Found {
    match facts.legal_entities.value().map(Vec::len) {
        Some(count) if count > COMPANIES_MAX => no(format!("{count} legal entities")),
        Some(count) if count > COMPANIES_AT_ONCE => yes(format!("{count}; more than the initial sync takes at once")),
        Some(count) => yes(count.to_string()),
        None => unknown(why(&facts.legal_entities)),
    }
}

fn maps(facts: &Facts) -> Found {
    match (facts.running_maps(), &facts.link) {
        (Some(running), _) if running.is_empty() => yes("none runs"),
        (Some(running), _) => no(format!("running: {}", running.join(", "))),
        (None, Fact::Known(None, _)) => yes("not linked yet"),
        (None, _) if facts.maps.trouble().is_some() => unknown(why(&facts.maps)),
        (None, _) => unknown(why(&facts.link)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Now;
    use crate::wire::bap;
    use serde_json::json;

    fn environment() -> Environment {
        let row: bap::Environment = serde_json::from_value(json!({"name": "pp", "properties": {
            "displayName": "uat", "environmentSku": "Sandbox",
            "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com"}}}))
        .unwrap();
        crate::core::environment::merge(&[row], &[]).remove(0)
    }

    #[test]
    fn with_nothing_read_nothing_that_needs_reading_is_yes_or_no() {
        let told: Vec<&str> = checks(&environment(), &Facts::default())
            .into_iter()
            .filter(|check| check.answer != Tri::Unknown)
            .map(|check| check.id)
            .collect();
        assert_eq!(told, ["P16"], "only the kind is in the list itself, and a sandbox can be cloud-hosted");
    }

    #[test]
    fn each_has_an_id_of_its_own_and_a_page() {
        let all = checks(&environment(), &Facts::default());
        let mut ids: Vec<&str> = all.iter().map(|check| check.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        assert!(all.iter().all(|check| check.doc_url.starts_with("https://learn.microsoft.com/")));
    }

    #[test]
    fn what_surely_is_missing_is_a_no() {
        let facts = Facts { rows: Fact::Known(Vec::new(), Now::UNIX_EPOCH), ..Facts::default() };
        let of = |id| checks(&environment(), &facts).into_iter().find(|check| check.id == id).unwrap().answer;
        assert_eq!((of("P23"), of("P24"), of("P25")), (Tri::No, Tri::No, Tri::Unknown));
    }
}
