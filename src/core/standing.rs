//! How far an environment is, in one word: from what runs here, or from what was read. What was not
//! read is never guessed.

use super::environment::{Environment, Fact};
use super::facts::{Answer, FactKind, Facts, PackageState};
use super::gate::{self, Gate, Integration, Leads};
use super::linking::Confirmation;
use super::plan::{APPLICATION_PACKAGE, CORE_PACKAGE};
use super::setup::{Flow, Setup};

/// How far an environment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has asked.
    NotRead,
    /// It is being read.
    BeingRead,
    /// It could not be found out.
    Unknown,
    /// Power Platform Integration is not set up.
    IntegrationFirst,
    /// Power Platform Integration is on its way.
    BeingIntegrated,
    /// Power Platform Integration failed.
    IntegrationFailed,
    /// The button Dual-write application is closed.
    NotPossible,
    /// Configure can begin.
    ReadyToConfigure,
    /// The stages run here.
    Configuring,
    /// A package is on its way, asked for by somebody else.
    BeingInstalled,
    /// A package failed to install.
    InstallFailed,
    /// A stage failed here.
    ConfigureFailed,
    /// The packages are there; whether the identities are was not read.
    Installed,
    /// The packages are there, identities are missing.
    IdentitiesMissing,
    /// Everything is there but the link.
    ReadyToLink,
    /// The link is made here.
    Linking,
    /// A person is to make the link in Lifecycle Services; it is watched from here.
    WaitingForPerson,
    /// The link failed here.
    LinkFailed,
    /// Linked to another environment.
    Mismatch,
    /// Reported as linked; the dual-write service was not asked or does not show it.
    Reported,
    /// Linked.
    Linked,
}

impl Standing {
    /// In words, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotRead => "not read",
            Self::BeingRead => "being read",
            Self::Unknown => "could not tell",
            Self::IntegrationFirst => "integration not set up",
            Self::BeingIntegrated => "being integrated",
            Self::IntegrationFailed => "integration failed",
            Self::NotPossible => "not possible",
            Self::ReadyToConfigure => "ready to configure",
            Self::Configuring => "set-up runs",
            Self::BeingInstalled => "being installed",
            Self::InstallFailed => "failed",
            Self::ConfigureFailed => "set-up failed",
            Self::Installed => "installed, not linked",
            Self::IdentitiesMissing => "identities missing",
            Self::ReadyToLink => "ready to link",
            Self::Linking => "linking",
            Self::WaitingForPerson => "waiting for you",
            Self::Reported => "linked, unconfirmed",
            Self::LinkFailed => "link failed",
            Self::Mismatch => "mismatch",
            Self::Linked => "linked",
        }
    }

    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotRead => "not_read",
            Self::BeingRead => "being_read",
            Self::Unknown => "unknown",
            Self::IntegrationFirst => "integration_not_set_up",
            Self::BeingIntegrated => "integration_being_set_up",
            Self::IntegrationFailed => "integration_failed",
            Self::NotPossible => "not_possible",
            Self::ReadyToConfigure => "ready_to_configure",
            Self::Configuring => "configuring",
            Self::BeingInstalled => "being_installed",
            Self::InstallFailed => "install_failed",
            Self::ConfigureFailed => "configure_failed",
            Self::Installed => "installed",
            Self::IdentitiesMissing => "identities_missing",
            Self::ReadyToLink => "ready_to_link",
            Self::Linking => "linking",
            Self::WaitingForPerson => "waiting_for_person",
            Self::Reported => "linked_unconfirmed",
            Self::LinkFailed => "link_failed",
            Self::Mismatch => "mismatch",
            Self::Linked => "linked",
        }
    }
}

/// What decides how far most environments are.
pub const FIRST: [FactKind; 3] = [FactKind::Link, FactKind::Integration, FactKind::Packages];
/// What Configure stands on where it could begin: what closes its button, and what it will have to read.
const CONFIGURE: [FactKind; 5] =
    [FactKind::OwnRoles, FactKind::Version, FactKind::User(0), FactKind::User(1), FactKind::Rows];
/// The same of the link, where only that is missing.
const LINK: [FactKind; 9] = [
    FactKind::OwnRoles,
    FactKind::Version,
    FactKind::User(0),
    FactKind::User(1),
    FactKind::Rows,
    FactKind::FinopsUsers,
    FactKind::LegalEntities,
    FactKind::Solutions,
    FactKind::Companies,
];

/// What has to be known besides [`FIRST`] before it is sure how far an environment is.
pub fn further(environment: &Environment, facts: &Facts) -> &'static [FactKind] {
    match of_facts(environment, facts, false) {
        Standing::ReadyToConfigure => &CONFIGURE,
        Standing::Installed | Standing::IdentitiesMissing | Standing::ReadyToLink => &LINK,
        _ => &[],
    }
}

/// How far an environment is.
pub fn standing(environment: &Environment, setup: Option<&Setup>) -> Standing {
    let Some(setup) = setup else { return Standing::NotRead };
    match &setup.flow {
        Flow::Configuring(_) => Standing::Configuring,
        Flow::Linking(_) if setup.waits_for_person() => Standing::WaitingForPerson,
        Flow::Linking(_) => Standing::Linking,
        // An addition failed; what is linked is linked.
        Flow::ConfigureFailed(_, _) if setup.facts.linked().is_some() => {
            of_facts(environment, &setup.facts, !setup.reading.is_empty())
        }
        Flow::ConfigureFailed(_, _) => Standing::ConfigureFailed,
        Flow::LinkFailed(_, _) => Standing::LinkFailed,
        Flow::Linked(link) if link.confirmed != Confirmation::Gateway => Standing::Reported,
        Flow::Linked(_) => Standing::Linked,
        Flow::Details { .. } | Flow::Mismatch | Flow::Terms { .. } | Flow::Confirm | Flow::Configured => {
            of_facts(environment, &setup.facts, !setup.reading.is_empty())
        }
    }
}

fn of_facts(environment: &Environment, facts: &Facts, reading: bool) -> Standing {
    match gate::leads(environment, facts) {
        Leads::Elsewhere => return Standing::Mismatch,
        Leads::Here => return Standing::Linked,
        Leads::Unsure(_) => return Standing::Unknown,
        Leads::Nowhere => {}
    }
    match gate::integration(environment, facts) {
        Integration::NotSetUp => return Standing::IntegrationFirst,
        Integration::SettingUp(_) => return Standing::BeingIntegrated,
        Integration::Failed(_) => return Standing::IntegrationFailed,
        Integration::Unread | Integration::Unknown(_) | Integration::SetUp => {}
    }
    let unread = if reading { Standing::BeingRead } else { Standing::NotRead };
    match (facts.package(CORE_PACKAGE), facts.package(APPLICATION_PACKAGE)) {
        (None, _) | (_, None) if facts.packages.trouble().is_some() => Standing::Unknown,
        (None, _) | (_, None) => unread,
        (Some(PackageState::Failed { .. }), _) | (_, Some(PackageState::Failed { .. })) => Standing::InstallFailed,
        (Some(PackageState::InProgress { .. }), _) | (_, Some(PackageState::InProgress { .. })) => {
            Standing::BeingInstalled
        }
        (Some(PackageState::Installed { .. }), Some(PackageState::Installed { .. })) => match &facts.link {
            // Installed, and nobody knows whether it is linked: not the same as ready.
            Fact::Unread => unread,
            Fact::Unknown(..) => Standing::Unknown,
            // The list reads no identities; an environment that was opened has them read.
            Fact::Known(..) if gate::link(environment, facts).is_open() => match facts.configured(environment) {
                Answer::Yes => Standing::ReadyToLink,
                Answer::No(_) | Answer::Unknown(_) => Standing::Installed,
            },
            Fact::Known(..) => match configurable(environment, facts) {
                // The button is there, and all it would do is to make identities.
                Standing::ReadyToConfigure => Standing::IdentitiesMissing,
                other => other,
            },
        },
        _ => configurable(environment, facts),
    }
}

fn configurable(environment: &Environment, facts: &Facts) -> Standing {
    match gate::dual_write_application(environment, facts) {
        // Configure would end at once: a side does not let this account read what it has to write.
        Gate::Open if facts.refusal().is_some() => Standing::Unknown,
        Gate::Open => Standing::ReadyToConfigure,
        Gate::Reading => Standing::NotRead,
        Gate::Closed(_) => Standing::NotPossible,
    }
}
