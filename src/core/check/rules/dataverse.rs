//! The answers about Dataverse.

use super::{names, no, no_table, unknown, unread, yes};
use crate::core::check::{BY_HAND, Found, Level, Tri};
use crate::core::environment::{Environment, Fact};
use crate::core::facts::{Facts, IdentityState, PackageState, why};
use crate::core::plan::{
    APPLICATION_PACKAGE, APPLICATION_SOLUTIONS, APPLICATION_USERS, CORE_PACKAGE, application_users, version_at_least,
};
use crate::wire::dataverse;
use std::collections::BTreeMap;

/// Oldest Dataverse that dual-write works with.
const DATAVERSE_SINCE: [u64; 4] = [9, 1, 0, 11_732];
/// Core solution from which no consent in the tenant is needed.
const CORE_SINCE: [u64; 4] = [1, 0, 16, 0];
/// What helps where the core solution is an old one.
const UPDATE: &str =
    "Update it under Dynamics 365 apps in Power Platform admin center; an installed package is not updated from here.";
/// What helps where configurations are left and nothing is linked.
const CLEAN: &str = "Delete the rows of the table Dual Write Runtime Configurations in Dataverse before linking.";
/// What helps where a deleted application user is in the way.
const PURGE: &str = "In the wizard Repair the identities permanently deletes it after asking and makes a new one; by hand: Power \
                     Platform admin center, Application users.";
/// Names under which the core solution stands in the table of solutions.
const CORE_SOLUTIONS: [&str; 2] = ["DualWriteCoreAnchor", "DualWriteCore"];
/// Prospect to cash from which on it is harmless.
const HARMLESS_SINCE: [u64; 4] = [15, 0, 0, 2];

/// Dual-write packages are offered only where Dynamics 365 apps are enabled.
pub(in crate::core::check) fn dynamics_apps(environment: &Environment, facts: &Facts) -> Found {
    match facts.package(CORE_PACKAGE) {
        _ if environment.dataverse.is_none() => unknown("there is no Dataverse yet"),
        Some(PackageState::NotOffered) => unknown("the list of packages does not offer dual-write here"),
        Some(_) => yes("the list of packages offers dual-write here"),
        None => unread(&facts.packages),
    }
}

pub(in crate::core::check) fn dataverse_version(environment: &Environment, facts: &Facts) -> Found {
    let listed = environment.dataverse.as_ref().and_then(|side| side.version.as_deref());
    match (facts.version.value().map(|version| version.as_str())).or(listed) {
        Some(version) if version_at_least(version, &DATAVERSE_SINCE) => yes(version),
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => no(version),
        Some(version) => unknown(format!("the service says {version}")),
        None => unread(&facts.version),
    }
}

pub(in crate::core::check) fn core_solution(_: &Environment, facts: &Facts) -> Found {
    match facts.package(CORE_PACKAGE) {
        Some(PackageState::Installed { version }) if version.is_empty() => yes("installed, its version is not named"),
        Some(PackageState::Installed { version }) if version_at_least(&version, &CORE_SINCE) => yes(version),
        Some(PackageState::Installed { version }) => Found {
            level: Some(Level::Warn),
            remedy: Some(UPDATE),
            ..no(format!("{version} is installed; it works with the older application and its consent"))
        },
        Some(PackageState::InProgress { state }) => no(format!("on its way, the service says {state}")),
        Some(PackageState::Failed { words, .. }) => no(format!("failed: {words}")),
        Some(PackageState::NotInstalled) => no("not installed"),
        other => {
            // The table of solutions is the other source.
            let solutions = facts.solutions.value().into_iter().flat_map(|solutions| solutions.iter());
            let core =
                solutions.filter(|of| CORE_SOLUTIONS.iter().any(|name| of.uniquename.eq_ignore_ascii_case(name)));
            match core
                .filter_map(|of| of.version.as_deref())
                .max_by_key(|version| version_at_least(version, &CORE_SINCE))
            {
                Some(version) if version_at_least(version, &CORE_SINCE) => {
                    yes(format!("{version}, as the solutions say"))
                }
                Some(version) => no(format!("{version}, as the solutions say")),
                None if other.is_some() => no("not in the list of packages"),
                None => unread(&facts.packages),
            }
        }
    }
}

pub(in crate::core::check) fn integration_user(_: &Environment, facts: &Facts) -> Found {
    user(facts, 0)
}

/// Customer-managed cloud-hosted environments do without this one.
pub(in crate::core::check) fn finops_user(environment: &Environment, facts: &Facts) -> Found {
    match user(facts, 1) {
        Found { answer: Tri::No, reason, .. } if !application_users(environment).contains(&APPLICATION_USERS[1]) => {
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
        Some(IdentityState::Deleted { .. }) => {
            no(format!("{app} is deleted and in the way of a new one")).decided_first(PURGE)
        }
        None => unread(&facts.users[index]),
    }
}

pub(in crate::core::check) fn plugin_steps(_: &Environment, facts: &Facts) -> Found {
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
fn is_prospect_to_cash(solution: &dataverse::Solution) -> bool {
    let unique = solution.uniquename.to_lowercase();
    let friendly = solution.friendlyname.as_deref().unwrap_or_default().to_lowercase();
    friendly.contains("prospect to cash") || unique.contains("prospecttocash") || unique.contains("p2c")
}

/// Whether one of these rules looks for the solution.
pub(in crate::core::check) fn is_told_by(solution: &dataverse::Solution) -> bool {
    let mut names = CORE_SOLUTIONS.iter().chain(&APPLICATION_SOLUTIONS);
    names.any(|name| solution.uniquename.eq_ignore_ascii_case(name)) || is_prospect_to_cash(solution)
}

pub(in crate::core::check) fn prospect_to_cash(_: &Environment, facts: &Facts) -> Found {
    let Some(solutions) = facts.solutions.value() else { return unread(&facts.solutions) };
    match solutions.iter().find(|solution| is_prospect_to_cash(solution)) {
        None => yes("not there"),
        Some(solution) => match solution.version.as_deref() {
            Some(version) if version_at_least(version, &HARMLESS_SINCE) => {
                yes(format!("{} {version}, a harmless version", solution.uniquename))
            }
            version => no(format!("{} {}", solution.uniquename, version.unwrap_or("of an unknown version"))),
        },
    }
}

pub(in crate::core::check) fn application_solutions(_: &Environment, facts: &Facts) -> Found {
    let Some(solutions) = facts.solutions.value() else { return unread(&facts.solutions) };
    let is_there = |name: &&&str| solutions.iter().any(|of| of.uniquename.eq_ignore_ascii_case(name));
    let missing: Vec<&str> = APPLICATION_SOLUTIONS.iter().filter(|name| !is_there(name)).copied().collect();
    match missing.len() {
        0 => yes("all there"),
        count if count == APPLICATION_SOLUTIONS.len() => no("none is there yet"),
        _ => no(format!("missing: {}", names(missing))),
    }
}

pub(in crate::core::check) fn company_names(_: &Environment, facts: &Facts) -> Found {
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
        return no(format!("these have no name: {}", names(blank.iter().map(String::as_str))));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for company in companies.iter() {
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
        no(format!("there more than once: {}", names(twice)))
    }
}

pub(in crate::core::check) fn stale_configuration(_: &Environment, facts: &Facts) -> Found {
    let count = match &facts.runtime_configurations {
        Fact::Known(None, _) => return no_table(facts, CORE_PACKAGE, "runtime configurations"),
        Fact::Known(Some(0), _) => return yes("there is none"),
        Fact::Known(Some(count), _) => count,
        other => return unread(other),
    };
    match (&facts.link, facts.maps.value()) {
        (Fact::Known(None, _), _) => {
            Found { remedy: Some(CLEAN), ..no(format!("{count} are there, and nothing is linked")) }
        }
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

pub(in crate::core::check) fn default_team(_: &Environment, facts: &Facts) -> Found {
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

pub(in crate::core::check) fn owning_teams(_: &Environment, facts: &Facts) -> Found {
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

pub(in crate::core::check) fn language_and_currency(_: &Environment, facts: &Facts) -> Found {
    let Some(row) = facts.organization.value() else {
        return unknown(format!("{BY_HAND}; could not be read: {}", why(&facts.organization)));
    };
    let language = row.languagecode.map_or_else(|| "not named".to_owned(), language);
    let currency = row.basecurrencyid.isocurrencycode.as_deref().unwrap_or("not named");
    unknown(format!("{BY_HAND}: base language {language}, currency {currency}"))
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

pub(in crate::core::check) fn final_address(environment: &Environment, _: &Facts) -> Found {
    match &environment.dataverse {
        Some(side) => unknown(format!("{BY_HAND}: {}", side.url)),
        None => unknown("there is no Dataverse yet"),
    }
}
