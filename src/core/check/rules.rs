//! The answers: one function per prerequisite, from what was read. What was not read is "could not
//! tell" with its reason; what speaks neither for nor against is no answer.

use super::{Found, Level, Tri};
use crate::core::environment::{Environment, Fact, Kind};
use crate::core::facts::{Facts, IdentityState, PackageState, why};
use crate::core::gate::{self, Integration};
use crate::core::geography;
use crate::core::plan::{
    APPLICATION_PACKAGE, APPLICATION_SOLUTIONS, APPLICATION_USERS, CORE_PACKAGE, client_id_rows, version_at_least,
};
use crate::wire::{bare_id, dataverse, finance_operations, graph, same_address};
use std::collections::BTreeMap;

/// Oldest release that dual-write works with.
const RELEASE_SINCE: [u64; 3] = [10, 0, 9];
/// Release from which Reset link exists.
const RESET_SINCE: [u64; 3] = [10, 0, 30];
/// Oldest Dataverse that dual-write works with.
const DATAVERSE_SINCE: [u64; 4] = [9, 1, 0, 11_732];
/// Core solution from which no consent in the tenant is needed.
const CORE_SINCE: [u64; 4] = [1, 0, 16, 0];
/// Prospect to cash from which on it is harmless.
const HARMLESS_SINCE: [u64; 4] = [15, 0, 0, 2];
/// Legal entities beyond which a link fails.
pub const LEGAL_ENTITIES_MAX: usize = 250;
/// Legal entities that the initial sync takes at once.
pub const LEGAL_ENTITIES_AT_ONCE: usize = 40;
/// How many names stand in a reason.
const NAMES_MAX: usize = 5;
/// Why facts of Lifecycle Services are missing.
const NO_LCS: &str = "Lifecycle Services was not asked, or does not list it";
/// Parts of the names of licences for finance and operations apps.
const APP_LICENCES: [&str; 8] =
    ["DYN365_", "DYNAMICS_365", "D365_", "AX_", "AX7_", "CRMPLAN", "PROJECT_OPERATIONS", "UNIFIED_OPERATIONS"];

fn yes(reason: impl Into<String>) -> Found {
    Found { answer: Tri::Yes, reason: reason.into(), level: None }
}

fn no(reason: impl Into<String>) -> Found {
    Found { answer: Tri::No, reason: reason.into(), level: None }
}

fn unknown(reason: impl Into<String>) -> Found {
    Found { answer: Tri::Unknown, reason: reason.into(), level: None }
}

fn unread<T>(fact: &Fact<T>) -> Found {
    unknown(why(fact))
}

/// Some names, and how many there are beyond.
fn names<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.into_iter().collect();
    let shown = all.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    if all.len() > NAMES_MAX { format!("{shown} and {} more", all.len() - NAMES_MAX) } else { shown }
}

/// A table that a package brings is not there: as it should be before the package is installed, and
/// not to be explained afterwards.
fn no_table(facts: &Facts, package: &str, of: &str) -> Found {
    match facts.package(package) {
        Some(PackageState::Installed { .. }) => unknown(format!("Dataverse shows no table of {of}")),
        Some(_) => yes(format!("there is no table of {of} yet")),
        None => unread(&facts.packages),
    }
}

pub(super) fn by_hand(_: &Environment, _: &Facts) -> Found {
    unknown("to confirm by hand")
}

pub(super) fn integration(environment: &Environment, facts: &Facts) -> Found {
    match gate::integration(environment, facts) {
        Integration::SetUp => yes("set up"),
        Integration::NotSetUp => no("not set up"),
        Integration::SettingUp(word) => no(format!("being set up, the service says {word}")),
        Integration::Failed(word) => no(format!("failed, the service says {word}")),
        Integration::Unread => unknown("not read"),
        Integration::Unknown(why) => unknown(why),
    }
}

pub(super) fn partner(environment: &Environment, facts: &Facts) -> Found {
    match &facts.link {
        _ if gate::mismatch(environment, facts).is_some() => no("linked to another environment"),
        Fact::Known(Some(_), _) => yes("linked to it"),
        Fact::Known(None, _) => yes("not linked yet"),
        Fact::Unread | Fact::Unknown(..) => unread(&facts.link),
    }
}

pub(super) fn tenant(environment: &Environment, facts: &Facts) -> Found {
    let other = facts.integration.value().and_then(|row| row.as_ref()?.tenant_id.as_deref());
    match (environment.tenant.as_deref(), other) {
        (Some(one), Some(other)) if bare_id(one) == bare_id(other) => yes(format!("both in {one}")),
        (Some(one), Some(other)) => no(format!("{one} and {other}")),
        _ if facts.integration.trouble().is_some() => unread(&facts.integration),
        _ => unknown("a service does not name its tenant"),
    }
}

pub(super) fn account_tenant(environment: &Environment, facts: &Facts) -> Found {
    match (facts.reader.tenant.as_deref(), environment.tenant.as_deref()) {
        (Some(own), Some(theirs)) if bare_id(own) == bare_id(theirs) => {
            yes("signed in to the tenant of the environments")
        }
        (Some(own), Some(theirs)) => no(format!("signed in to {own}; the environments are in {theirs}")),
        (None, _) => unknown("the sign-in names no tenant"),
        (_, None) => unknown("the list of environments names no tenant"),
    }
}

/// Lifecycle Services shows its environments to Project Owners and environment managers only, so an
/// answer is a good sign, and no answer is none.
pub(super) fn project_role(environment: &Environment, _: &Facts) -> Found {
    match &environment.lcs {
        Some(_) => yes("Lifecycle Services shows the environment to this account"),
        None => unknown(NO_LCS),
    }
}

pub(super) fn dataverse_role(_: &Environment, facts: &Facts) -> Found {
    match &facts.own_roles {
        Fact::Known(roles, _) if roles.iter().any(dataverse::Role::is_system_administrator) => {
            yes("System Administrator")
        }
        // Whoever can ask has a role: an empty list says that roles are not shown.
        Fact::Known(roles, _) if roles.is_empty() => unknown("Dataverse shows no role of this account"),
        Fact::Known(roles, _) => {
            no(format!("its roles are {}", names(roles.iter().filter_map(|role| role.name.as_deref()))))
        }
        other => unread(other),
    }
}

pub(super) fn finops_role(_: &Environment, facts: &Facts) -> Found {
    let Some(users) = facts.finops_users.value() else { return unread(&facts.finops_users) };
    let Some(user) = facts.own_finops_user() else {
        return unknown(format!("none of its {} users signs in as {}", users.len(), facts.reader.name));
    };
    if user.enabled == Some(false) {
        return no(format!("the user {} is disabled", user.user_id));
    }
    match &facts.finops_roles {
        Fact::Known(roles, _) if roles.iter().any(finance_operations::UserRole::is_system_administrator) => {
            yes(format!("{} is System administrator", user.user_id))
        }
        Fact::Known(roles, _) if roles.is_empty() => unknown(format!("no role of {} is shown", user.user_id)),
        Fact::Known(roles, _) => {
            let named = roles.iter().filter_map(|role| role.name.as_deref().or(role.identifier.as_deref()));
            no(format!("the roles of {} are {}", user.user_id, names(named)))
        }
        other => unread(other),
    }
}

pub(super) fn licence(_: &Environment, facts: &Facts) -> Found {
    let Some(licences) = facts.licences.value() else { return unread(&facts.licences) };
    let skus: Vec<&str> = licences.iter().filter_map(|of| of.sku_part_number.as_deref()).collect();
    let is_app = |sku: &&str| {
        let sku = sku.to_ascii_uppercase();
        APP_LICENCES.iter().any(|part| sku.contains(part))
    };
    match skus.iter().copied().find(|sku| is_app(sku)) {
        Some(sku) => yes(sku),
        None if licences.is_empty() => no("no licence at all"),
        // The names of licences change; one that is not known proves nothing.
        None => unknown(format!("its licences are {}", names(skus))),
    }
}

pub(super) fn power_apps(_: &Environment, facts: &Facts) -> Found {
    let Some(licences) = facts.licences.value() else { return unread(&facts.licences) };
    let plans = || licences.iter().flat_map(|of| &of.service_plans);
    let is_usable = |status: Option<&str>| status.is_none_or(|status| status.eq_ignore_ascii_case("Success"));
    let found = plans().filter(|plan| is_usable(plan.provisioning_status.as_deref())).find_map(|plan| {
        plan.service_plan_name.as_deref().filter(|name| name.to_ascii_uppercase().contains("POWERAPPS"))
    });
    match found {
        Some(plan) => yes(plan),
        None if licences.is_empty() => no("no licence at all"),
        None if plans().next().is_none() => unknown("the licences name no service plan"),
        None => no(format!("none of its {} service plans is one of Power Apps", plans().count())),
    }
}

pub(super) fn may_create(environment: &Environment, facts: &Facts) -> Found {
    if environment.dataverse.is_some() {
        return yes("not needed: there is a Dataverse already");
    }
    match &facts.directory_roles {
        Fact::Known(roles, _) => {
            let is_creator = |id: &String| graph::CREATOR_ROLES.iter().any(|known| bare_id(known) == bare_id(id));
            let found = roles.iter().find(|role| role.role_template_id.as_ref().is_some_and(is_creator));
            match found {
                Some(role) => yes(role.display_name.as_deref().unwrap_or("has a role that may")),
                None => unknown("has no role that always may; whether creating is restricted here was not read"),
            }
        }
        other => unread(other),
    }
}

/// Dual-write packages are offered only where Dynamics 365 apps are enabled.
pub(super) fn dynamics_apps(environment: &Environment, facts: &Facts) -> Found {
    match facts.package(CORE_PACKAGE) {
        _ if environment.dataverse.is_none() => unknown("there is no Dataverse yet"),
        Some(PackageState::NotOffered) => unknown("the list of packages does not offer dual-write here"),
        Some(_) => yes("the list of packages offers dual-write here"),
        None => unread(&facts.packages),
    }
}

/// Where finance and operations is, as Lifecycle Services says it.
fn lcs_region(environment: &Environment) -> Option<&str> {
    environment.lcs.as_ref()?.cloud_storage_location.as_deref().filter(|region| !region.trim().is_empty())
}

pub(super) fn geography(environment: &Environment, _: &Facts) -> Found {
    let Some(region) = lcs_region(environment) else { return unknown(NO_LCS) };
    let dataverse = environment.geography.as_deref().filter(|_| environment.power_platform.is_some());
    match (geography::of_region(region), dataverse) {
        (Some(one), Some(other)) if geography::is_same(one, other) => {
            yes(format!("both in {}", geography::title(other)))
        }
        (Some(one), Some(other)) => no(format!(
            "finance and operations is in {region} ({}), Dataverse in {}",
            geography::title(one),
            geography::title(other)
        )),
        (None, _) => unknown(format!("the geography of {region} is not known here")),
        (_, None) => unknown("the list of environments names no geography"),
    }
}

pub(super) fn region(environment: &Environment, _: &Facts) -> Found {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    match (lcs_region(environment), environment.region.as_deref()) {
        (None, _) => unknown(NO_LCS),
        (_, None) => unknown("the list of environments names no region"),
        (Some(one), Some(other)) if plain(one) == plain(other) => yes(one),
        (Some(one), Some(other)) => no(format!("finance and operations is in {one}, Dataverse in {other}")),
    }
}

pub(super) fn supported(environment: &Environment, _: &Facts) -> Found {
    match environment.geography.as_deref().filter(|_| environment.power_platform.is_some()) {
        Some(code) if geography::is_supported(code) => yes(geography::title(code)),
        Some(code) => no(format!("{} is not in Microsoft's list", geography::title(code))),
        None => unknown("the list of environments names no geography"),
    }
}

pub(super) fn no_trial(environment: &Environment, _: &Facts) -> Found {
    let topology = environment.lcs.as_ref().and_then(|of| of.topology_display_name.as_deref()).unwrap_or_default();
    if environment.kind == Kind::Trial || topology.to_lowercase().contains("trial") {
        no("a trial environment")
    } else {
        yes(environment.kind.word().to_lowercase())
    }
}

pub(super) fn kinds(environment: &Environment, _: &Facts) -> Found {
    let lcs = environment.lcs.as_ref().and_then(|of| of.environment_type.as_deref());
    match (&environment.kind, lcs) {
        (Kind::Production, Some(kind)) if kind.eq_ignore_ascii_case("sandbox") => {
            no("a production Dataverse and a sandbox of finance and operations")
        }
        (Kind::Sandbox, Some(kind)) if kind.eq_ignore_ascii_case("production") => {
            no("a sandbox Dataverse and a production environment of finance and operations")
        }
        (kind, Some(other)) => yes(format!("{} and {other}", kind.word())),
        (_, None) => unknown(NO_LCS),
    }
}

/// Only Lifecycle Services names who runs the machines; the list of environments calls both a sandbox.
pub(super) fn cloud_hosted(environment: &Environment, _: &Facts) -> Found {
    match (&environment.kind, &environment.lcs) {
        (Kind::CloudHosted, _) => no("cloud-hosted: integration is deprecated there"),
        (Kind::UnifiedDeveloper | Kind::Production, _) | (_, Some(_)) => yes("not cloud-hosted"),
        (_, None) => unknown(NO_LCS),
    }
}

pub(super) fn release(environment: &Environment, _: &Facts) -> Found {
    release_since(environment, &RELEASE_SINCE)
}

pub(super) fn release_with_reset(environment: &Environment, _: &Facts) -> Found {
    release_since(environment, &RESET_SINCE)
}

fn release_since(environment: &Environment, least: &[u64]) -> Found {
    let release = environment.lcs.as_ref().and_then(|of| of.current_application_release_name.as_deref());
    match release.filter(|release| release.starts_with(|c: char| c.is_ascii_digit())) {
        Some(release) if version_at_least(release, least) => yes(release),
        Some(release) => no(release),
        None => unknown("Lifecycle Services names no release"),
    }
}

pub(super) fn dataverse_version(environment: &Environment, facts: &Facts) -> Found {
    let listed = environment.dataverse.as_ref().and_then(|side| side.version.as_deref());
    match (facts.version.value().map(String::as_str)).or(listed) {
        Some(version) if version_at_least(version, &DATAVERSE_SINCE) => yes(version),
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => no(version),
        Some(version) => unknown(format!("the service says {version}")),
        None => unread(&facts.version),
    }
}

pub(super) fn core_solution(_: &Environment, facts: &Facts) -> Found {
    match facts.package(CORE_PACKAGE) {
        Some(PackageState::Installed { version }) if version.is_empty() => yes("installed, its version is not named"),
        Some(PackageState::Installed { version }) if version_at_least(&version, &CORE_SINCE) => yes(version),
        Some(PackageState::Installed { version }) => no(format!("{version} is installed")),
        Some(PackageState::InProgress { state }) => no(format!("on its way, the service says {state}")),
        Some(PackageState::Failed { words, .. }) => no(format!("failed: {words}")),
        Some(PackageState::NotInstalled) => no("not installed"),
        Some(PackageState::NotOffered) => no("not in the list of packages"),
        None => unread(&facts.packages),
    }
}

pub(super) fn integration_user(_: &Environment, facts: &Facts) -> Found {
    user(facts, 0)
}

/// Customer-managed cloud-hosted environments do without this one.
pub(super) fn finops_user(environment: &Environment, facts: &Facts) -> Found {
    match user(facts, 1) {
        Found { answer: Tri::No, reason, .. } if environment.kind == Kind::CloudHosted => {
            yes(format!("not needed in a cloud-hosted environment ({reason})"))
        }
        found => found,
    }
}

fn user(facts: &Facts, index: usize) -> Found {
    let app = APPLICATION_USERS[index];
    match facts.user_state(index) {
        Some(IdentityState::Good { .. }) => yes(app),
        Some(IdentityState::Disabled { .. }) => no(format!("{app} is disabled")),
        Some(IdentityState::NoRole { .. }) => no(format!("{app} lacks System Administrator")),
        Some(IdentityState::Missing) => no(format!("{app} is not there")),
        Some(IdentityState::Deleted { .. }) => no(format!("{app} is deleted and in the way of a new one")),
        None => unread(&facts.users[index]),
    }
}

pub(super) fn runtime_row(_: &Environment, facts: &Facts) -> Found {
    row(facts, client_id_rows(facts.core_version().as_deref())[1])
}

pub(super) fn integration_row(_: &Environment, facts: &Facts) -> Found {
    row(facts, client_id_rows(facts.core_version().as_deref())[0])
}

fn row(facts: &Facts, app: &str) -> Found {
    match facts.row_user(app) {
        Some(Some(user)) => match facts.finops_user_enabled(&user) {
            Some(true) => yes(format!("{app}, runs as {user}")),
            Some(false) => no(format!("{app} runs as {user}, who is missing or disabled")),
            None => unknown(format!("{app} runs as {user}; whether enabled: {}", why(&facts.finops_users))),
        },
        Some(None) => no(format!("{app} is not there")),
        None => unread(&facts.rows),
    }
}

pub(super) fn principals(_: &Environment, facts: &Facts) -> Found {
    let Some(known) = facts.principals.value() else { return unread(&facts.principals) };
    let missing = client_id_rows(facts.core_version().as_deref())
        .into_iter()
        .filter(|app| !known.iter().any(|of| of.app_id.as_deref().is_some_and(|id| bare_id(id) == bare_id(app))));
    let missing: Vec<&str> = missing.collect();
    let blocked: Vec<&str> =
        known.iter().filter(|of| of.account_enabled == Some(false)).filter_map(|of| of.app_id.as_deref()).collect();
    match (missing.is_empty(), blocked.is_empty()) {
        (true, true) => yes("both are there"),
        (true, false) => no(format!("sign-in is blocked for {}", names(blocked))),
        (false, _) => no(format!("{} is not among the enterprise applications", names(missing))),
    }
}

pub(super) fn plugin_steps(_: &Environment, facts: &Facts) -> Found {
    match &facts.plugin_steps {
        Fact::Known(steps, _) if steps.is_empty() => match facts.package(CORE_PACKAGE) {
            Some(PackageState::Installed { .. }) | None => unknown("Dataverse shows no plug-in step of dual-write"),
            Some(_) => yes("they come with the core solution"),
        },
        Fact::Known(steps, _) => {
            let disabled = steps.iter().filter(|step| step.statecode.is_some_and(|state| state != 0));
            let disabled: Vec<&str> = disabled.map(|step| step.name.as_deref().unwrap_or("a step")).collect();
            if disabled.is_empty() {
                yes(format!("{} steps", steps.len()))
            } else {
                no(format!("{} of {} are disabled: {}", disabled.len(), steps.len(), names(disabled)))
            }
        }
        other => unread(other),
    }
}

/// Its unique name is in no source: it is known by what its names contain.
pub(super) fn prospect_to_cash(_: &Environment, facts: &Facts) -> Found {
    let Some(solutions) = facts.solutions.value() else { return unread(&facts.solutions) };
    let found = solutions.iter().find(|solution| {
        let unique = solution.uniquename.to_lowercase();
        let friendly = solution.friendlyname.as_deref().unwrap_or_default().to_lowercase();
        friendly.contains("prospect to cash") || unique.contains("prospecttocash") || unique.contains("p2c")
    });
    match found {
        None => yes("not there"),
        Some(solution) => match solution.version.as_deref() {
            Some(version) if version_at_least(version, &HARMLESS_SINCE) => {
                yes(format!("{} {version}, a harmless version", solution.uniquename))
            }
            version => no(format!("{} {}", solution.uniquename, version.unwrap_or("of an unknown version"))),
        },
    }
}

pub(super) fn one_to_one(environment: &Environment, facts: &Facts) -> Found {
    let own = environment.finops_url();
    let named = facts.integration.value().and_then(|row| row.as_ref()).map(|row| row.url.as_str());
    match (own, named, &facts.link) {
        (Some(own), Some(other), _) if !same_address(own, other) => {
            no(format!("Dataverse names another finance and operations, {other}"))
        }
        _ if gate::mismatch(environment, facts).is_some() => no("dual-write goes to another Dataverse"),
        (_, _, Fact::Known(Some(_), _)) => yes("linked to each other"),
        (_, _, Fact::Known(None, _)) => yes("linked to nothing"),
        (_, _, other) => unread(other),
    }
}

pub(super) fn application_solutions(_: &Environment, facts: &Facts) -> Found {
    let Some(solutions) = facts.solutions.value() else { return unread(&facts.solutions) };
    let is_there = |name: &&&str| solutions.iter().any(|of| of.uniquename.eq_ignore_ascii_case(name));
    let missing: Vec<&str> = APPLICATION_SOLUTIONS.iter().filter(|name| !is_there(name)).copied().collect();
    match missing.len() {
        0 => yes("all there"),
        count if count == APPLICATION_SOLUTIONS.len() => no("none is there yet"),
        _ => no(format!("missing: {}", names(missing))),
    }
}

pub(super) fn company_names(_: &Environment, facts: &Facts) -> Found {
    let companies = match &facts.companies {
        Fact::Known(Some(companies), _) => companies,
        Fact::Known(None, _) => return no_table(facts, APPLICATION_PACKAGE, "companies"),
        other => return unread(other),
    };
    let code = |company: &dataverse::Company| company.code.clone().unwrap_or_else(|| "without a code".into());
    let blank: Vec<String> = companies
        .iter()
        .filter(|company| company.name.as_deref().is_none_or(|name| name.trim().is_empty()))
        .map(code)
        .collect();
    if !blank.is_empty() {
        return no(format!("without a name: {}", names(blank.iter().map(String::as_str))));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for company in companies {
        let name = company.name.as_deref().unwrap_or_default();
        *seen.entry(format!("name {}", name.trim().to_lowercase())).or_default() += 1;
        if let Some(code) = &company.code {
            *seen.entry(format!("code {}", code.trim().to_lowercase())).or_default() += 1;
        }
    }
    let twice: Vec<&str> = seen.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name.as_str()).collect();
    if twice.is_empty() {
        yes(format!("{} companies", companies.len()))
    } else {
        no(format!("more than once: {}", names(twice)))
    }
}

pub(super) fn legal_entities(_: &Environment, facts: &Facts) -> Found {
    match facts.legal_entities.value().map(Vec::len) {
        Some(count) if count > LEGAL_ENTITIES_MAX => no(format!("{count} legal entities")),
        Some(count) if count > LEGAL_ENTITIES_AT_ONCE => Found {
            level: Some(Level::Warn),
            ..no(format!("{count} legal entities; more than one initial sync takes"))
        },
        Some(count) => yes(count.to_string()),
        None => unread(&facts.legal_entities),
    }
}

pub(super) fn companies_agree(_: &Environment, facts: &Facts) -> Found {
    if matches!(facts.link, Fact::Known(None, _)) {
        return yes("not linked yet");
    }
    let Some(set) = facts.connection_set.value() else {
        return if facts.link.trouble().is_some() { unread(&facts.link) } else { unread(&facts.connection_set) };
    };
    let Some(entities) = facts.legal_entities.value() else { return unread(&facts.legal_entities) };
    let mappings = &set.dual_write_detail.legal_entity_mappings.mappings;
    let is_gone = |code: &&str| !entities.iter().any(|entity| entity.id.eq_ignore_ascii_case(code));
    let gone: Vec<&str> = mappings.iter().filter_map(|of| of.left.name.as_deref()).filter(is_gone).collect();
    if !gone.is_empty() {
        return no(format!("not in finance and operations any more: {}", names(gone)));
    }
    let Some(companies) = facts.companies.value() else { return unread(&facts.companies) };
    let companies = companies.as_deref().unwrap_or_default();
    let has =
        |code: &str| companies.iter().any(|of| of.code.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(code)));
    let missing: Vec<&str> =
        mappings.iter().filter_map(|of| of.left.name.as_deref()).filter(|code| !has(code)).collect();
    match missing.len() {
        0 => yes(format!("{} linked companies are on both sides", mappings.len())),
        // Right after linking nothing was synchronised yet.
        count if count == mappings.len() => unknown("no linked company is in Dataverse yet"),
        _ => no(format!("not in Dataverse: {}", names(missing))),
    }
}

pub(super) fn stale_configuration(_: &Environment, facts: &Facts) -> Found {
    let count = match &facts.runtime_configurations {
        Fact::Known(None, _) => return no_table(facts, CORE_PACKAGE, "runtime configurations"),
        Fact::Known(Some(0), _) => return yes("there is none"),
        Fact::Known(Some(count), _) => count,
        other => return unread(other),
    };
    match (&facts.link, facts.maps.value()) {
        (Fact::Known(None, _), _) => no(format!("{count} are there, and nothing is linked")),
        (Fact::Known(Some(_), _), Some(maps)) if maps.iter().all(|map| map.detail.pid.is_none()) => {
            no(format!("{count} are there, and no map was ever started"))
        }
        (Fact::Known(Some(_), _), Some(_)) => {
            unknown(format!("{count} are there; whether all are of this link cannot be told"))
        }
        (Fact::Known(Some(_), _), None) => unread(&facts.maps),
        (other, _) => unread(other),
    }
}

pub(super) fn default_team(_: &Environment, facts: &Facts) -> Found {
    let Some(of) = facts.default_team.value() else { return unread(&facts.default_team) };
    let Some(team) = &of.team else { return unknown("Dataverse shows no default team of the root business unit") };
    let name = team.name.as_deref().unwrap_or_default();
    if name != of.unit {
        return no(format!("the team is called {name}, its business unit {}", of.unit));
    }
    if team.teamroles_association.is_empty() {
        return no(format!("the team {name} has no role"));
    }
    yes(format!("{name}: {}", names(team.teamroles_association.iter().filter_map(|role| role.name.as_deref()))))
}

pub(super) fn owning_teams(_: &Environment, facts: &Facts) -> Found {
    let companies = match &facts.companies {
        Fact::Known(Some(companies), _) => companies,
        Fact::Known(None, _) => return no_table(facts, APPLICATION_PACKAGE, "companies"),
        other => return unread(other),
    };
    if companies.is_empty() {
        return yes("there is no company yet");
    }
    let code = |company: &dataverse::Company| company.code.clone().unwrap_or_else(|| "one without a code".into());
    let without: Vec<String> =
        companies.iter().filter(|company| company.owning_team() == Some(None)).map(code).collect();
    if !without.is_empty() {
        return no(format!("without one: {}", names(without.iter().map(String::as_str))));
    }
    if companies.iter().any(|company| company.owning_team().is_none()) {
        return unknown("Dataverse does not show the owning team of a company");
    }
    yes(format!("{} companies; the roles of their teams were not read", companies.len()))
}

pub(super) fn language_and_currency(_: &Environment, facts: &Facts) -> Found {
    let Some(row) = facts.organization.value() else {
        return unknown(format!("to confirm by hand; could not be read: {}", why(&facts.organization)));
    };
    let language = row.languagecode.map_or_else(|| "not named".to_owned(), language);
    let currency = row.basecurrencyid.isocurrencycode.as_deref().unwrap_or("not named");
    unknown(format!("to confirm by hand: base language {language}, currency {currency}"))
}

/// A Windows language id in words, where it is a frequent one.
fn language(id: u32) -> String {
    let name = match id {
        1031 => "German",
        1033 => "English",
        1034 | 3082 => "Spanish",
        1036 => "French",
        1040 => "Italian",
        1041 => "Japanese",
        1043 => "Dutch",
        1046 | 2070 => "Portuguese",
        1053 => "Swedish",
        _ => return id.to_string(),
    };
    format!("{name} ({id})")
}

pub(super) fn final_address(environment: &Environment, _: &Facts) -> Found {
    match &environment.dataverse {
        Some(side) => unknown(format!("to confirm by hand: {}", side.url)),
        None => unknown("there is no Dataverse yet"),
    }
}

pub(super) fn maps(_: &Environment, facts: &Facts) -> Found {
    match (facts.running_maps(), &facts.link) {
        (Some(running), _) if running.is_empty() => yes("none runs"),
        (Some(running), _) => no(format!("running: {}", names(running.iter().map(String::as_str)))),
        (None, Fact::Known(None, _)) => yes("not linked yet"),
        (None, _) if facts.maps.trouble().is_some() => unread(&facts.maps),
        (None, other) => unread(other),
    }
}
