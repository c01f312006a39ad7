//! What is open, what is closed, and why: the rules of the page as answers with reasons.

use super::check::{self, Closes, LEGAL_ENTITIES_MAX, Tri};
use super::environment::{Environment, Kind};
use super::facts::{Answer, Facts, IdentityState, PackageState, why};
use super::fault::When;
use super::mandate::Mandate;
use super::msg::Intent;
use super::plan::{APPLICATION_PACKAGE, CORE_PACKAGE, application_users};
use super::service::Service;
use super::setup::Setup;
use super::trouble::{Again, Trouble, capital};
use crate::wire::{bare_id, gateway, same_address};

/// State of the Power Platform Integration section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integration {
    /// Still being read.
    Unread,
    /// No Dataverse is joined.
    NotSetUp,
    /// On its way; the service's word.
    SettingUp(String),
    /// Both sides are joined.
    SetUp,
    /// It failed; the service's word.
    Failed(String),
    /// Could not be found out, and why.
    Unknown(String),
}

impl Integration {
    /// The word of the page.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unread => "being read",
            Self::NotSetUp => "not set up",
            Self::SettingUp(_) => "setting up",
            Self::SetUp => "set up",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "could not tell",
        }
    }
}

/// State of Power Platform Integration, from the tenant's list and from Dataverse.
pub fn integration(environment: &Environment, facts: &Facts) -> Integration {
    use super::environment::Fact;
    match (&environment.partner, &facts.integration) {
        // The one documented answer speaks against the list: nobody guesses which of them is right.
        (Some(_), Fact::Known(None, _)) => {
            return Integration::Unknown(
                "Power Platform reports an integration, but Dataverse says that there is none (0x80048d0b). Read again \
                 later".into(),
            );
        }
        (Some(_), _) | (None, Fact::Known(Some(_), _)) => return Integration::SetUp,
        (None, _) => {}
    }
    let state = |words: &[&str]| {
        environment
            .states
            .iter()
            .find(|state| words.iter().any(|word| state.eq_ignore_ascii_case(word)))
            .map(ToString::to_string)
    };
    if let Some(word) = state(&["Failed"]) {
        return Integration::Failed(word);
    }
    if let Some(word) = state(&["LinkedDatabaseProvisioning", "Preparing", "Running"]) {
        return Integration::SettingUp(word);
    }
    if environment.dataverse.is_none() {
        return Integration::NotSetUp;
    }
    match &facts.integration {
        Fact::Unread => Integration::Unread,
        Fact::Known(_, _) => Integration::NotSetUp,
        Fact::Unknown(trouble, _) => Integration::Unknown(trouble.to_string()),
    }
}

/// Address of finance and operations, from the lists or from Dataverse.
pub fn finops_url<'a>(environment: &'a Environment, facts: &'a Facts) -> Option<&'a str> {
    environment.finops_url().or_else(|| {
        let url = facts.integration.value()?.as_ref()?.url.trim_end_matches('/');
        (!url.is_empty()).then_some(url)
    })
}

/// Where a person may be sent for finance and operations: not to an address that this program refused.
pub fn finops_place<'a>(environment: &'a Environment, facts: &'a Facts) -> Option<&'a str> {
    finops_url(environment, facts).filter(|_| !facts.is_refused(Service::FinanceOperations))
}

/// LCS environment id, from the lists or from Dataverse.
pub fn lcs_id<'a>(environment: &'a Environment, facts: &'a Facts) -> Option<&'a str> {
    environment.lcs_id().or_else(|| facts.integration.value()?.as_ref()?.id.as_deref())
}

/// Dual-write points at another Dataverse environment than Power Platform Integration does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which of the documented situations it is; it picks the remedy.
    pub when: When,
    /// Power Platform environment that Power Platform Integration names, if it was set up.
    pub integration: Option<String>,
    /// Power Platform environment that dual-write is linked to.
    pub linked_to: Option<String>,
    /// Finance and operations address that Dataverse names, if it names one.
    pub dataverse_says: Option<String>,
}

/// The mismatch, if there surely is one. What could not be read makes none.
pub fn mismatch(environment: &Environment, facts: &Facts) -> Option<Mismatch> {
    let dataverse_says = facts.integration.value().and_then(|row| Some(row.as_ref()?.url.clone()));
    let linked_to = facts.linked().and_then(|link| link.power_apps_environment.clone()).filter(|id| !id.is_empty());
    let set_up = match integration(environment, facts) {
        Integration::SetUp => true,
        Integration::NotSetUp => false,
        _ => return None,
    };
    let own = environment.power_platform.as_deref().filter(|_| set_up).map(str::to_owned);
    let elsewhere = match (&linked_to, &own) {
        (Some(linked), Some(own)) => bare_id(linked) != bare_id(own),
        (Some(_), None) => true,
        (None, _) => false,
    };
    elsewhere.then(|| Mismatch { when: when(environment, facts), integration: own, linked_to, dataverse_says })
}

/// The address of another finance and operations environment, where Dataverse names one. An environment can have
/// several host names; its LCS id is the same whatever it is called by.
pub fn names_another<'a>(environment: &Environment, facts: &'a Facts) -> Option<&'a str> {
    let named = facts.integration.value()?.as_ref()?;
    let own = environment.finops_url()?;
    let ids = environment.lcs_id().zip(named.id.as_deref());
    let is_same_id = ids.is_some_and(|(own, id)| !own.is_empty() && bare_id(own) == bare_id(id));
    (!is_same_id && !same_address(own, &named.url)).then_some(named.url.as_str())
}

/// Why nobody can say whether the link that is there is the right one: it leads to another environment, and
/// whether Power Platform Integration names that one could not be read.
fn unsure_link(environment: &Environment, facts: &Facts) -> Option<String> {
    let linked_to = facts.linked()?.power_apps_environment.as_deref().filter(|id| !id.is_empty())?;
    if environment.power_platform.as_deref().is_some_and(|own| bare_id(own) == bare_id(linked_to)) {
        return None;
    }
    let why = match integration(environment, facts) {
        // Then it is right, or a mismatch.
        Integration::SetUp | Integration::NotSetUp => return None,
        Integration::Unknown(why) => facts.integration.trouble().map_or(why, |trouble| trouble.in_full(Again::Reading)),
        other => format!("Power Platform Integration is {}.", other.word()),
    };
    Some(format!("Dual-write is linked to {linked_to}; whether it should be cannot be told: {why}"))
}

/// Where dual-write leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// No link is known.
    Nowhere,
    /// It is linked, and nothing says that it leads elsewhere.
    Here,
    /// It is linked to another environment than Power Platform Integration names.
    Elsewhere,
    /// Nobody can say whether the link is the right one, and why.
    Unsure(String),
}

/// Where dual-write leads, as far as it is known.
pub fn leads(environment: &Environment, facts: &Facts) -> Leads {
    if mismatch(environment, facts).is_some() {
        Leads::Elsewhere
    } else if let Some(why) = unsure_link(environment, facts) {
        Leads::Unsure(why)
    } else if facts.linked().is_some() {
        Leads::Here
    } else {
        Leads::Nowhere
    }
}

/// Whether there is a link, and nothing says that it leads elsewhere.
pub fn is_linked(environment: &Environment, facts: &Facts) -> bool {
    leads(environment, facts) == Leads::Here
}

/// The state that picks between entries of the fault catalogue.
pub fn when(environment: &Environment, facts: &Facts) -> When {
    match (environment.kind(), integration(environment, facts)) {
        (Kind::CloudHosted, _) => When::CloudHosted,
        (_, Integration::SetUp) => When::IntegrationSetUp,
        (_, Integration::NotSetUp) => When::IntegrationNeverSetUp,
        _ => When::Any,
    }
}

/// Whether a button is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It is.
    Open,
    /// It is not, and why.
    Closed(String),
    /// It is not known yet.
    Reading,
}

impl Gate {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

/// The button Dual-write application.
pub fn dual_write_application(environment: &Environment, facts: &Facts) -> Gate {
    let closed = |why: &str| Gate::Closed(why.to_owned());
    match integration(environment, facts) {
        Integration::Unread => return Gate::Reading,
        Integration::NotSetUp => {
            return closed(
                "Power Platform Integration is not set up. Set it up in Lifecycle Services first, then read again.",
            );
        }
        Integration::SettingUp(word) => {
            return Gate::Closed(format!(
                "Power Platform Integration is being set up (the service says {word}). Wait until it is done, then read again."
            ));
        }
        Integration::Failed(word) => {
            return Gate::Closed(format!(
                "Power Platform Integration failed (the service says {word}). Select Resume in Lifecycle Services, then read again."
            ));
        }
        Integration::Unknown(why) => {
            return Gate::Closed(format!("Could not tell whether Power Platform Integration is set up: {why}"));
        }
        Integration::SetUp => {}
    }
    if environment.dataverse.is_none() {
        return closed("Power Platform reports no Dataverse address for this environment. Read again later.");
    }
    match check::blocker(environment, facts, Closes::Configure) {
        Some(blocker) => Gate::Closed(blocker.sentence()),
        None => Gate::Open,
    }
}

/// The button Link to Power Platform environment.
pub fn link(environment: &Environment, facts: &Facts) -> Gate {
    if let closed @ (Gate::Closed(_) | Gate::Reading) = dual_write_application(environment, facts) {
        return closed;
    }
    if mismatch(environment, facts).is_some() {
        return Gate::Closed("There is a linking mismatch. Fix it first.".into());
    }
    for package in [CORE_PACKAGE, APPLICATION_PACKAGE] {
        match facts.package(package) {
            Some(PackageState::Installed { .. }) => {}
            Some(_) => {
                return Gate::Closed(format!(
                    "{package} is not installed. Configure the dual-write application first."
                ));
            }
            None => {
                return match facts.packages.trouble() {
                    Some(_) => {
                        Gate::Closed(format!("Could not tell whether {package} is installed: {}", why(&facts.packages)))
                    }
                    None => Gate::Reading,
                };
            }
        }
    }
    match (facts.configured(environment), check::blocker(environment, facts, Closes::Link)) {
        (Answer::No(reasons), _) => Gate::Closed(format!("Not configured yet: {}.", reasons.join("; "))),
        (_, Some(blocker)) => Gate::Closed(blocker.sentence()),
        // What could not be read does not close the button; it is shown beside it.
        (Answer::Yes | Answer::Unknown(_), None) => Gate::Open,
    }
}

/// Why something cannot be begun here: another program works on the environment.
pub fn held(environment: &Environment, setup: &Setup, wanted: &Intent) -> Option<String> {
    let held = setup.held.as_ref().filter(|_| begins(environment, setup, wanted))?;
    Some(format!("{} works on “{}”; this program only watches.", capital(&held.words()), environment.name))
}

/// Whether a piece of work begins with this. Of a link that is there Link only shows where it leads.
pub fn begins(environment: &Environment, setup: &Setup, wanted: &Intent) -> bool {
    match wanted {
        Intent::DualWriteApplication
        | Intent::RepairIdentities(_)
        | Intent::InstallModules(_)
        | Intent::ResetLink(_) => true,
        Intent::Link => !is_linked(environment, &setup.facts),
        // What only looks, what ends something, and what another page has asked about before.
        Intent::OpenEnvironment(_)
        | Intent::Survey(_)
        | Intent::LetGo(_)
        | Intent::OpenFirst
        | Intent::Environments
        | Intent::Back
        | Intent::TermsSeenToEnd
        | Intent::TickTerms
        | Intent::Configure
        | Intent::Ok
        | Intent::ReadNow
        | Intent::InSight(_)
        | Intent::TryAgain
        | Intent::ChooseModules(_)
        | Intent::ConfirmLinked
        | Intent::StopWaiting
        | Intent::Prerequisites
        | Intent::Mismatch
        | Intent::FindGateway(_)
        | Intent::NewCode
        | Intent::Runs
        | Intent::Export(_)
        | Intent::GoOn
        | Intent::OnlyLook
        | Intent::Forget
        | Intent::Open(_)
        | Intent::Copy(_) => false,
    }
}

/// The button Reset link, on a mismatch.
pub fn reset_link(environment: &Environment, facts: &Facts) -> Gate {
    let Some(mismatch) = mismatch(environment, facts) else {
        return Gate::Closed("There is no linking mismatch.".into());
    };
    match mismatch.when {
        When::IntegrationSetUp if mismatch.linked_to.is_some() => {}
        When::CloudHosted => {
            return Gate::Closed("A cloud-hosted environment takes its Dataverse only while it is deployed; Reset link would refresh the present connection as it is.".into());
        }
        _ => {
            return Gate::Closed("Reset link moves dual-write to the environment of Power Platform Integration; here there is none to move to.".into());
        }
    }
    let mut reasons = Vec::new();
    if let Some(url) = names_another(environment, facts) {
        reasons.push(format!(
            "Dataverse names another finance and operations environment, {url}; Reset link does not fix that. Fix it \
             in Lifecycle Services first."
        ));
    }
    if let (Tri::No, version) = check::has_reset_link(environment, facts) {
        reasons.push(format!("This version ({version}) has no Reset link; it came with 10.0.30. Update first."));
    }
    let mut is_reading = false;
    match (facts.unstopped_maps(), facts.maps.trouble()) {
        (Some(maps), _) if maps.is_empty() => {}
        (Some(maps), _) => {
            let count = if maps.len() == 1 { "1 map is".to_owned() } else { format!("{} maps are", maps.len()) };
            reasons.push(format!(
                "{count} not stopped: {}. Stop them on the Dual-write page, then read again.",
                maps.words()
            ));
        }
        (None, Some(_)) => reasons.push(format!("Could not tell whether maps are running: {}", why(&facts.maps))),
        (None, None) => is_reading = true,
    }
    match (facts.connection_set.value(), facts.connection_set.trouble()) {
        (Some(set), _) => {
            let has_sides = set.environments.values().any(gateway::Side::is_finops)
                && set.environments.values().any(gateway::Side::is_dataverse);
            let companies = super::reset::legal_entities(set);
            if companies.is_none() || !has_sides {
                reasons.push(
                    "The connection set does not say which sides and legal entities it has, so a reset would bring none back. Read again.".into(),
                );
            }
            let count = companies.map_or(0, |codes| codes.len());
            if count > LEGAL_ENTITIES_MAX {
                reasons.push(format!(
                    "{count} legal entities are linked; dual-write takes {LEGAL_ENTITIES_MAX} at most. Remove some first, on Environment details of the Dual-write page."
                ));
            }
        }
        (None, Some(_)) => reasons.push(format!("Could not read the connection set: {}", why(&facts.connection_set))),
        (None, None) => is_reading = true,
    }
    match (reasons.is_empty(), is_reading) {
        (false, _) => Gate::Closed(reasons.join(" ")),
        (true, true) => Gate::Reading,
        (true, false) => Gate::Open,
    }
}

/// What was not read, so that nobody can tell whether Reset link would be open: that is no mismatch of its own.
pub fn reset_link_unread<'a>(environment: &Environment, facts: &'a Facts) -> Option<&'a Trouble> {
    match mismatch(environment, facts) {
        Some(found) if found.when == When::IntegrationSetUp => facts.maps.trouble().or(facts.connection_set.trouble()),
        Some(_) => None,
        None => facts.integration.trouble().filter(|_| integration(environment, facts) != Integration::SetUp),
    }
}

/// Whether the packages are there that bring the identities: before, Configure makes them.
pub fn has_packages(facts: &Facts) -> bool {
    [CORE_PACKAGE, APPLICATION_PACKAGE]
        .into_iter()
        .all(|package| matches!(facts.package(package), Some(PackageState::Installed { .. })))
}

/// Whether the identities can be repaired here: both sides are joined, and one surely lacks something.
pub fn repair(environment: &Environment, facts: &Facts) -> bool {
    has_packages(facts)
        && dual_write_application(environment, facts).is_open()
        && finops_url(environment, facts).is_some()
        && identities_to_repair(environment, facts)
}

/// Whether the identities on both sides surely lack something that this program can make.
fn identities_to_repair(environment: &Environment, facts: &Facts) -> bool {
    let users = (0..application_users(environment).len())
        .any(|index| !matches!(facts.user_state(index), None | Some(IdentityState::Good { .. })));
    let rows =
        super::plan::client_id_rows(facts.core_version().as_deref()).into_iter().any(|app| match facts.row_user(app) {
            Some(Some(user)) => facts.finops_user_enabled(&user) == Some(false),
            Some(None) => true,
            None => false,
        });
    users || rows
}

/// Whether packages of the chosen modules can be installed here: the application core is there, and
/// something is surely missing.
pub fn modules(environment: &Environment, facts: &Facts, mandate: &Mandate) -> bool {
    let state = |package: &str| facts.package(package);
    let is_missing = |package: &&str| !matches!(state(package), None | Some(PackageState::Installed { .. }));
    dual_write_application(environment, facts).is_open()
        && matches!(state(APPLICATION_PACKAGE), Some(PackageState::Installed { .. }))
        && mandate.packages().iter().any(is_missing)
}

#[cfg(test)]
mod tests;
