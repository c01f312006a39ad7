//! The questions and the changes the core can ask for, and what comes back.
//!
//! Plain data: no closure, no channel, no secret. `api` carries them out; what an answer means is
//! decided in [`super::update`].

use super::environment::{Environment, LcsEnvironment};
use super::gateways::AtGateway;
use super::journal::Deed;
use super::service::Service;
use super::sign_in::Account;
use crate::wire::{dataverse, finance_operations, gateway, graph, link, power_platform};
use std::sync::Arc;
use std::time::Duration;

/// A base address that came out of an answer (Dataverse or finance and operations), without a
/// trailing slash.
pub type Base = String;

/// One question. Asking twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A device code to sign in with.
    DeviceCode,
    /// Has the person signed in?
    PollDeviceCode,
    /// All environments of the tenant.
    Environments,
    /// All environments of the LCS project.
    Lifecycle,
    /// The partner of a Dataverse organisation.
    Integration(Base),
    /// The packages of a Power Platform environment.
    Packages(Arc<str>),
    /// One installation.
    Operation {
        /// Power Platform environment id.
        environment: Arc<str>,
        /// Operation id.
        operation: Arc<str>,
    },
    /// The application users of one application id.
    Users {
        /// Organisation.
        dataverse: Base,
        /// Application id.
        app: &'static str,
    },
    /// The root business unit.
    RootBusinessUnit(Base),
    /// The System Administrator role of a business unit.
    AdministratorRole {
        /// Organisation.
        dataverse: Base,
        /// Business unit id.
        business_unit: String,
    },
    /// The roles of whoever asks, their own and those of their teams.
    OwnRoles(Base),
    /// The version of a Dataverse organisation.
    Version(Base),
    /// The visible solutions of a Dataverse organisation.
    Solutions(Base),
    /// The plug-in steps of dual-write.
    PluginSteps(Base),
    /// The companies in Dataverse.
    Companies(Base),
    /// The default team of the root business unit.
    DefaultTeam(Base),
    /// The runtime configurations of dual-write.
    RuntimeConfigurations(Base),
    /// The organisation's own row: base language and currency.
    Organization(Base),
    /// The client ID rows.
    Rows(Base),
    /// The users of finance and operations.
    FinopsUsers(Base),
    /// The roles of one user of finance and operations.
    FinopsRoles {
        /// Finance and operations address.
        finops: Base,
        /// User id.
        user: String,
    },
    /// The legal entities of finance and operations.
    LegalEntities(Base),
    /// The licences of whoever asks.
    Licences,
    /// The directory roles of whoever asks.
    DirectoryRoles,
    /// The applications of dual-write in the tenant.
    Principals([&'static str; 3]),
    /// The link of a finance and operations host.
    Links(AtGateway),
    /// A connection set, by name.
    ConnectionSet(AtGateway),
    /// The maps of a connection set, by id.
    Maps(AtGateway),
    /// Whether there is a dual-write gateway at this address, which a person gave.
    FindGateway(String),
    /// The same of an address that a record hints at.
    GuessedGateway(String),
    /// A link operation.
    LinkStatus {
        /// LCS environment id.
        environment: String,
        /// Activity id.
        activity: String,
    },
}

/// One change of the world. Recorded before it is made; never repeated without looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Install a package.
    Install {
        /// Power Platform environment id.
        environment: String,
        /// Unique name as the service spells it.
        package: String,
    },
    /// Make an application user.
    CreateUser {
        /// Organisation.
        dataverse: Base,
        /// Application id.
        app: &'static str,
        /// Business unit id.
        business_unit: String,
    },
    /// Enable an application user.
    EnableUser {
        /// Organisation.
        dataverse: Base,
        /// Row id.
        user: String,
        /// Application id.
        app: &'static str,
    },
    /// Give a role to an application user.
    GiveRole {
        /// Organisation.
        dataverse: Base,
        /// Row id of the user.
        user: String,
        /// Row id of the role.
        role: String,
        /// Application id, for the record.
        app: &'static str,
    },
    /// Delete for good an application user that was deleted already.
    PurgeUser {
        /// Organisation.
        dataverse: Base,
        /// Row id.
        user: String,
        /// Application id, for the record.
        app: &'static str,
    },
    /// Bind a client ID row to another user.
    BindRow {
        /// Finance and operations address.
        finops: Base,
        /// Application id.
        app: &'static str,
        /// The user it runs as from now on.
        user: String,
    },
    /// Add a client ID row.
    CreateRow {
        /// Finance and operations address.
        finops: Base,
        /// Application id.
        app: &'static str,
        /// The user it runs as.
        user: String,
    },
    /// Start the link.
    StartLink {
        /// LCS environment id.
        environment: String,
        /// Power Platform environment id.
        power_platform: String,
        /// Idempotency key.
        request_id: String,
    },
    /// Make the link again from the Power Platform Integration.
    ResetLink {
        /// Connection set id.
        cid: AtGateway,
        /// Both sides and the companies.
        body: gateway::Reset,
    },
}

/// The default team of the root business unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefaultTeam {
    /// Name of the unit.
    pub unit: String,
    /// Its default team, if there is one.
    pub team: Option<dataverse::Team>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To [`Call::DeviceCode`].
    DeviceCode {
        /// What the person types.
        user_code: String,
        /// Where.
        address: String,
        /// Life in seconds.
        expires_in: u64,
        /// Smallest pause between polls in seconds.
        interval: u64,
    },
    /// To [`Call::PollDeviceCode`]: not yet; `slow_down` when polls came too fast.
    SignInPending {
        /// Add five seconds to the pause.
        slow_down: bool,
    },
    /// To [`Call::PollDeviceCode`]: signed in as this account.
    SignedIn(Account),
    /// To [`Call::Environments`].
    Environments(Vec<Environment>),
    /// To [`Call::Lifecycle`].
    Lifecycle(Vec<Arc<LcsEnvironment>>),
    /// To [`Call::Integration`]; `None`: Dataverse says that it is not integrated.
    Integration(Option<dataverse::Integration>),
    /// To [`Call::Packages`].
    Packages(Vec<power_platform::Package>),
    /// To [`Call::Operation`].
    Operation {
        /// `None`: the service says it is still busy (409).
        operation: Option<power_platform::Operation>,
        /// How long the service asks to wait before the next question.
        retry_after: Option<Duration>,
    },
    /// To [`Call::Users`].
    Users(Vec<dataverse::User>),
    /// To [`Call::RootBusinessUnit`].
    BusinessUnits(Vec<dataverse::BusinessUnit>),
    /// To [`Call::AdministratorRole`].
    Roles(Vec<dataverse::Role>),
    /// To [`Call::OwnRoles`].
    OwnRoles(Vec<dataverse::Role>),
    /// To [`Call::Version`].
    Version(String),
    /// To [`Call::Solutions`].
    Solutions(Vec<dataverse::Solution>),
    /// To [`Call::PluginSteps`].
    PluginSteps(Vec<dataverse::PluginStep>),
    /// To [`Call::Companies`]; `None`: there is no such table.
    Companies(Option<Vec<dataverse::Company>>),
    /// To [`Call::DefaultTeam`].
    DefaultTeam(DefaultTeam),
    /// To [`Call::RuntimeConfigurations`]: how many, of the first page; `None`: there is no such table.
    RuntimeConfigurations(Option<usize>),
    /// To [`Call::Organization`].
    Organization(dataverse::Organization),
    /// To [`Call::FinopsRoles`].
    FinopsRoles(Vec<finance_operations::UserRole>),
    /// To [`Call::Licences`].
    Licences(Vec<graph::Licence>),
    /// To [`Call::DirectoryRoles`].
    DirectoryRoles(Vec<graph::DirectoryRole>),
    /// To [`Call::Principals`].
    Principals(Vec<graph::ServicePrincipal>),
    /// To [`Call::Rows`].
    Rows(Vec<finance_operations::ClientIdRow>),
    /// To [`Call::FinopsUsers`].
    FinopsUsers(Vec<finance_operations::User>),
    /// To [`Call::LegalEntities`].
    LegalEntities(Vec<finance_operations::LegalEntity>),
    /// To [`Call::Links`].
    Links(Vec<gateway::Link>),
    /// To [`Call::ConnectionSet`].
    ConnectionSet(Box<gateway::ConnectionSet>),
    /// To [`Call::Maps`].
    Maps(Vec<gateway::Map>),
    /// To [`Call::FindGateway`] and [`Call::GuessedGateway`]: its address.
    Gateway(String),
    /// To [`Call::LinkStatus`].
    LinkStatus(link::Answer),
    /// To [`Change::Install`]: accepted.
    InstallAccepted {
        /// Operation id, when the service named one.
        operation: Option<String>,
        /// How long the service asks to wait before the first question.
        retry_after: Option<Duration>,
    },
    /// To [`Change::StartLink`]: accepted under this activity id.
    LinkAccepted(String),
    /// To any other change: done.
    Done,
}

impl Call {
    /// Who is asked.
    pub fn service(&self) -> Service {
        match self {
            Self::DeviceCode | Self::PollDeviceCode => Service::Entra,
            Self::Environments => Service::Bap,
            Self::Lifecycle => Service::Lcs,
            Self::Packages(_) | Self::Operation { .. } => Service::PowerPlatform,
            Self::Integration(_)
            | Self::Users { .. }
            | Self::RootBusinessUnit(_)
            | Self::AdministratorRole { .. }
            | Self::OwnRoles(_)
            | Self::Version(_)
            | Self::Solutions(_)
            | Self::PluginSteps(_)
            | Self::Companies(_)
            | Self::DefaultTeam(_)
            | Self::RuntimeConfigurations(_)
            | Self::Organization(_) => Service::Dataverse,
            Self::Rows(_) | Self::FinopsUsers(_) | Self::FinopsRoles { .. } | Self::LegalEntities(_) => {
                Service::FinanceOperations
            }
            Self::Licences | Self::DirectoryRoles | Self::Principals(_) => Service::Graph,
            Self::FindGateway(_)
            | Self::GuessedGateway(_)
            | Self::Links(_)
            | Self::ConnectionSet(_)
            | Self::Maps(_) => Service::Gateway,
            Self::LinkStatus { .. } => Service::Link,
        }
    }
}

impl Change {
    /// Who is asked.
    pub fn service(&self) -> Service {
        match self {
            Self::Install { .. } => Service::PowerPlatform,
            Self::CreateUser { .. } | Self::EnableUser { .. } | Self::GiveRole { .. } | Self::PurgeUser { .. } => {
                Service::Dataverse
            }
            Self::CreateRow { .. } | Self::BindRow { .. } => Service::FinanceOperations,
            Self::StartLink { .. } => Service::Link,
            Self::ResetLink { .. } => Service::Gateway,
        }
    }

    /// What is about to change, for the record.
    pub fn deed(&self) -> Deed {
        match self {
            Self::Install { package, .. } => Deed::Install { package: package.clone() },
            Self::CreateUser { app, .. } => Deed::CreateUser { app: (*app).to_owned() },
            Self::EnableUser { app, .. } => Deed::EnableUser { app: (*app).to_owned() },
            Self::GiveRole { app, .. } => Deed::GiveRole { app: (*app).to_owned() },
            Self::PurgeUser { app, .. } => Deed::PurgeUser { app: (*app).to_owned() },
            Self::BindRow { app, user, .. } => Deed::BindRow { app: (*app).to_owned(), user: user.clone() },
            Self::CreateRow { app, user, .. } => Deed::CreateRow { app: (*app).to_owned(), user: user.clone() },
            Self::StartLink { power_platform, request_id, .. } => {
                Deed::StartLink { power_platform: power_platform.clone(), request_id: request_id.clone() }
            }
            Self::ResetLink { cid, .. } => Deed::ResetLink { connection_set: cid.of.clone() },
        }
    }

    /// What is about to change, for the timeline.
    pub fn sentence(&self) -> String {
        self.deed().sentence()
    }
}
