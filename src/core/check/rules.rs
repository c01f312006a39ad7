//! The answers: one function per prerequisite, from what was read. What was not read is "could not
//! tell" with its reason; what speaks neither for nor against is no answer.

mod dataverse;
mod person;

pub(super) use dataverse::*;
pub(super) use person::*;

use super::{BY_HAND, Found, Level, Tri};
use crate::core::environment::{Environment, Fact, Kind};
use crate::core::facts::{Facts, PackageState, why};
use crate::core::gate::{self, Integration};
use crate::core::geography;
use crate::core::plan::{client_id_rows, version_at_least};
use crate::wire::bare_id;

/// Oldest release that dual-write works with.
const RELEASE_SINCE: [u64; 3] = [10, 0, 9];
/// The platform update that came with it.
const PLATFORM_SINCE: u64 = 33;
/// Release from which Reset link exists.
const RESET_SINCE: [u64; 3] = [10, 0, 30];
/// The platform update that came with it.
const PLATFORM_WITH_RESET: u64 = 54;
/// Legal entities beyond which a link fails.
pub const LEGAL_ENTITIES_MAX: usize = 250;
/// Legal entities that the initial sync takes at once.
pub const LEGAL_ENTITIES_AT_ONCE: usize = 40;
/// What helps where a client ID row runs as nobody.
const BIND: &str = "In the wizard Repair the identities binds it to a user that you choose; or enable the user in finance and operations.";
/// Why there is only one side.
pub(super) const NO_DATAVERSE: &str = "there is no Dataverse yet";
/// How many names stand in a reason.
const NAMES_MAX: usize = 5;

fn yes(reason: impl Into<String>) -> Found {
    Found { answer: Tri::Yes, reason: reason.into(), level: None, remedy: None }
}

fn no(reason: impl Into<String>) -> Found {
    Found { answer: Tri::No, reason: reason.into(), level: None, remedy: None }
}

fn unknown(reason: impl Into<String>) -> Found {
    Found { answer: Tri::Unknown, reason: reason.into(), level: None, remedy: None }
}

fn unread<T>(fact: &Fact<T>) -> Found {
    unknown(why(fact))
}

/// Why there are no facts of Lifecycle Services.
fn no_lcs(environment: &Environment) -> Found {
    unknown(environment.no_lcs.as_deref().unwrap_or("Lifecycle Services does not list it"))
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

pub(in crate::core::check) fn by_hand(_: &Environment, _: &Facts) -> Found {
    unknown(BY_HAND)
}

pub(in crate::core::check) fn integration(environment: &Environment, facts: &Facts) -> Found {
    match gate::integration(environment, facts) {
        Integration::SetUp => match (&environment.partner, gate::names_another(environment, facts)) {
            (Some(partner), Some(other)) => Found {
                remedy: Some(
                    "Find out in Lifecycle Services which of the two is right; one finance and operations environment \
                     goes with one Dataverse environment.",
                ),
                ..no(format!("Power Platform reports {}, Dataverse reports {other}", partner.url))
            },
            _ => yes("set up"),
        },
        Integration::NotSetUp => no("not set up"),
        Integration::SettingUp(word) => no(format!("being set up, the service says {word}")),
        Integration::Failed(word) => no(format!("failed, the service says {word}")),
        Integration::Unread => unknown("not read"),
        Integration::Unknown(why) => unknown(why),
    }
}

pub(in crate::core::check) fn partner(environment: &Environment, facts: &Facts) -> Found {
    match &facts.link {
        _ if gate::mismatch(environment, facts).is_some() => no("linked to another environment"),
        Fact::Known(Some(_), _) => yes("linked to it"),
        Fact::Known(None, _) => yes("not linked yet"),
        Fact::Unread | Fact::Unknown(..) => unread(&facts.link),
    }
}

pub(in crate::core::check) fn tenant(environment: &Environment, facts: &Facts) -> Found {
    let other = facts.integration.value().and_then(|row| row.as_ref()?.tenant_id.as_deref());
    match (environment.tenant.as_deref(), other) {
        (Some(one), Some(other)) if bare_id(one) == bare_id(other) => yes(format!("both in {one}")),
        (Some(one), Some(other)) => no(format!("{one} and {other}")),
        _ if facts.integration.trouble().is_some() => unread(&facts.integration),
        _ => unknown("a service does not name its tenant"),
    }
}

/// Where finance and operations is, as Lifecycle Services says it.
fn lcs_region(environment: &Environment) -> Option<&str> {
    environment.lcs.as_ref()?.region.as_deref().filter(|region| !region.trim().is_empty())
}

pub(in crate::core::check) fn geography(environment: &Environment, _: &Facts) -> Found {
    if environment.dataverse.is_none() {
        return unknown(NO_DATAVERSE);
    }
    let Some(region) = lcs_region(environment) else { return no_lcs(environment) };
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

pub(in crate::core::check) fn region(environment: &Environment, _: &Facts) -> Found {
    if environment.dataverse.is_none() {
        return unknown(NO_DATAVERSE);
    }
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    match (lcs_region(environment), environment.region.as_deref()) {
        (None, _) => no_lcs(environment),
        (_, None) => unknown("the list of environments names no region"),
        (Some(one), Some(other)) if plain(one) == plain(other) => yes(one),
        (Some(one), Some(other)) => no(format!("finance and operations is in {one}, Dataverse in {other}")),
    }
}

pub(in crate::core::check) fn supported(environment: &Environment, _: &Facts) -> Found {
    match environment.geography.as_deref().filter(|_| environment.power_platform.is_some()) {
        Some(code) if geography::is_supported(code) => yes(geography::title(code)),
        Some(code) => no(format!("{} is not in Microsoft's list", geography::title(code))),
        None => unknown("the list of environments names no geography"),
    }
}

pub(in crate::core::check) fn no_trial(environment: &Environment, _: &Facts) -> Found {
    let topology = environment.lcs.as_ref().and_then(|of| of.topology.as_deref()).unwrap_or_default();
    if *environment.kind() == Kind::Trial || topology.to_lowercase().contains("trial") {
        return no("a trial environment");
    }
    match environment.kind() {
        Kind::Other(word) => unknown(format!("the kind is {word}")),
        kind => yes(kind.word().to_lowercase()),
    }
}

pub(in crate::core::check) fn kinds(environment: &Environment, _: &Facts) -> Found {
    if environment.dataverse.is_none() {
        return unknown(NO_DATAVERSE);
    }
    let lcs = environment.lcs.as_ref().and_then(|of| of.type_word.as_deref());
    let Some(lcs) = lcs else {
        return if environment.lcs.is_some() {
            unknown("Lifecycle Services names no kind")
        } else {
            no_lcs(environment)
        };
    };
    let is = |kind: &str| lcs.eq_ignore_ascii_case(kind);
    let both = format!("{} and {lcs}", environment.kind().word());
    match environment.kind() {
        Kind::Production if is("production") => yes(both),
        Kind::Sandbox if is("sandbox") => yes(both),
        Kind::CloudHosted | Kind::UnifiedDeveloper => yes(both),
        Kind::Production if is("sandbox") => no("a production Dataverse and a sandbox of finance and operations"),
        Kind::Sandbox if is("production") => {
            no("a sandbox Dataverse and a production environment of finance and operations")
        }
        Kind::Trial => no(both),
        Kind::Production | Kind::Sandbox | Kind::Other(_) => unknown(format!("whether {both} may be paired")),
    }
}

/// Only Lifecycle Services names who runs the machines; the list of environments calls both a sandbox.
pub(in crate::core::check) fn cloud_hosted(environment: &Environment, _: &Facts) -> Found {
    let runs_it = environment.lcs.as_ref().map(|of| of.infrastructure.as_deref());
    match (environment.kind(), runs_it) {
        (Kind::CloudHosted, _) => no("cloud-hosted: integration is deprecated there"),
        (Kind::UnifiedDeveloper | Kind::Production, _) => yes("not cloud-hosted"),
        (_, Some(Some(word))) => yes(format!("not cloud-hosted ({word})")),
        (_, Some(None)) => unknown("Lifecycle Services does not say who runs it"),
        (_, None) => no_lcs(environment),
    }
}

pub(in crate::core::check) fn release(environment: &Environment, _: &Facts) -> Found {
    release_since(environment, &RELEASE_SINCE, PLATFORM_SINCE)
}

pub(in crate::core::check) fn release_with_reset(environment: &Environment, _: &Facts) -> Found {
    release_since(environment, &RESET_SINCE, PLATFORM_WITH_RESET)
}

/// The release, or the platform update that came with it.
fn release_since(environment: &Environment, least: &[u64], update: u64) -> Found {
    let Some(of) = &environment.lcs else { return no_lcs(environment) };
    let is_number = |release: &&str| release.starts_with(|c: char| c.is_ascii_digit());
    if let Some(release) = of.application_release.as_deref().filter(is_number) {
        return if version_at_least(release, least) { yes(release) } else { no(release) };
    }
    let Some(platform) = of.platform_release.as_deref() else {
        return unknown("Lifecycle Services names no release");
    };
    let digits: String = platform.chars().filter(char::is_ascii_digit).collect();
    match digits.parse::<u64>() {
        Ok(number) if number >= update => yes(format!("platform update {number}")),
        Ok(number) => no(format!("platform update {number}")),
        Err(_) => unknown(format!("Lifecycle Services says {platform}")),
    }
}

pub(in crate::core::check) fn runtime_row(_: &Environment, facts: &Facts) -> Found {
    row(facts, client_id_rows(facts.core_version().as_deref())[1])
}

pub(in crate::core::check) fn integration_row(_: &Environment, facts: &Facts) -> Found {
    row(facts, client_id_rows(facts.core_version().as_deref())[0])
}

fn row(facts: &Facts, app: &str) -> Found {
    match facts.row_user(app) {
        Some(Some(user)) => match facts.finops_user_enabled(&user) {
            Some(true) => yes(format!("{app}, runs as {user}")),
            Some(false) => no(format!("{app} runs as {user}, who is missing or disabled")).decided_first(BIND),
            None => unknown(format!("{app} runs as {user}; whether enabled: {}", why(&facts.finops_users))),
        },
        Some(None) => no(format!("{app} is not there")),
        None => unread(&facts.rows),
    }
}

pub(in crate::core::check) fn one_to_one(environment: &Environment, facts: &Facts) -> Found {
    if let Some(other) = gate::names_another(environment, facts) {
        return no(format!("Dataverse names another finance and operations environment, {other}"));
    }
    match &facts.link {
        _ if gate::mismatch(environment, facts).is_some() => no("dual-write goes to another Dataverse"),
        Fact::Known(Some(_), _) => yes("linked to each other"),
        Fact::Known(None, _) => yes("linked to nothing"),
        other => unread(other),
    }
}

pub(in crate::core::check) fn legal_entities(_: &Environment, facts: &Facts) -> Found {
    match facts.legal_entities.value().map(|all| all.len()) {
        Some(count) if count > LEGAL_ENTITIES_MAX => no(format!("{count} legal entities")),
        Some(count) if count > LEGAL_ENTITIES_AT_ONCE => Found {
            level: Some(Level::Warn),
            ..no(format!("{count} legal entities; more than one initial sync takes"))
        },
        Some(0) => unknown("none is listed, and DAT always exists"),
        Some(count) => yes(count.to_string()),
        None => unread(&facts.legal_entities),
    }
}

pub(in crate::core::check) fn companies_agree(_: &Environment, facts: &Facts) -> Found {
    if matches!(facts.link, Fact::Known(None, _)) {
        return yes("not linked yet");
    }
    let Some(set) = facts.connection_set.value() else {
        return if facts.link.trouble().is_some() { unread(&facts.link) } else { unread(&facts.connection_set) };
    };
    let Some(entities) = facts.legal_entities.value() else { return unread(&facts.legal_entities) };
    let Some(mappings) = &set.dual_write_detail.legal_entity_mappings.mappings else {
        return unknown("the connection set does not say which companies are linked");
    };
    if mappings.is_empty() {
        return yes("no company is linked");
    }
    let is_gone = |code: &&str| !entities.iter().any(|entity| entity.id.eq_ignore_ascii_case(code));
    let gone: Vec<&str> = mappings.iter().filter_map(|of| of.left.name.as_deref()).filter(is_gone).collect();
    if !gone.is_empty() {
        return no(format!("not in finance and operations any more: {}", names(gone)));
    }
    let Some(companies) = facts.companies.value() else { return unread(&facts.companies) };
    let companies = companies.as_deref().map_or(&[][..], Vec::as_slice);
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

pub(in crate::core::check) fn maps(environment: &Environment, facts: &Facts) -> Found {
    match (facts.unstopped_maps(), &facts.link) {
        (Some(maps), _) if maps.is_empty() => yes("none runs"),
        // Maps that run are what dual-write is for.
        (Some(maps), _) if gate::is_linked(environment, facts) => {
            yes(format!("no reset is at hand; not stopped: {}", maps.words()))
        }
        (Some(maps), _) if maps.is_any_known() => no(format!("not stopped: {}", maps.words())),
        (Some(maps), _) => unknown(format!("in a state that is not known: {}", maps.words())),
        (None, Fact::Known(None, _)) => yes("not linked yet"),
        (None, _) if facts.maps.trouble().is_some() => unread(&facts.maps),
        (None, other) => unread(other),
    }
}
