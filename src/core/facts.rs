//! What was read of one environment: facts with their age, and what follows from them.
//!
//! Each fact is known, not read yet, or unknown with its reason. What follows (`states`: is it configured, is
//! a user in order) is a question with three answers, never a stored one. Nothing here changes.

mod shelf;
mod states;

pub use shelf::Shelf;
pub use states::{Answer, IdentityState, PackageState, Unstopped, error_words, map_name, map_state};

use super::call::DefaultTeam;
use super::environment::Fact;
use super::service::Service;
use super::sign_in::Account;
use super::time::Now;
use super::trouble::{Trouble, What};
use crate::wire::{dataverse, finance_operations, gateway, graph, power_platform};
use std::sync::Arc;

/// One thing that is read of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// [`Facts::integration`].
    Integration,
    /// [`Facts::packages`].
    Packages,
    /// [`Facts::users`], by index.
    User(usize),
    /// [`Facts::rows`].
    Rows,
    /// [`Facts::finops_users`].
    FinopsUsers,
    /// [`Facts::legal_entities`].
    LegalEntities,
    /// [`Facts::link`].
    Link,
    /// [`Facts::connection_set`].
    ConnectionSet,
    /// [`Facts::maps`].
    Maps,
    /// [`Facts::own_roles`].
    OwnRoles,
    /// [`Facts::version`].
    Version,
    /// [`Facts::solutions`].
    Solutions,
    /// [`Facts::plugin_steps`].
    PluginSteps,
    /// [`Facts::companies`].
    Companies,
    /// [`Facts::default_team`].
    DefaultTeam,
    /// [`Facts::runtime_configurations`].
    RuntimeConfigurations,
    /// [`Facts::organization`].
    Organization,
    /// [`Facts::finops_roles`].
    FinopsRoles,
    /// [`Facts::licences`].
    Licences,
    /// [`Facts::directory_roles`].
    DirectoryRoles,
    /// [`Facts::principals`].
    Principals,
}

impl FactKind {
    /// Whether the flow itself stands on it. The others are read for the prerequisites: what of them
    /// could not be read is said there, and holds up nobody.
    pub fn is_of_flow(self) -> bool {
        matches!(
            self,
            Self::Integration
                | Self::Packages
                | Self::User(_)
                | Self::Rows
                | Self::FinopsUsers
                | Self::LegalEntities
                | Self::Link
                | Self::ConnectionSet
                | Self::Maps
        )
    }

    /// Who is asked for it.
    pub fn service(self) -> Service {
        match self {
            Self::Integration
            | Self::User(_)
            | Self::OwnRoles
            | Self::Version
            | Self::Solutions
            | Self::PluginSteps
            | Self::Companies
            | Self::DefaultTeam
            | Self::RuntimeConfigurations
            | Self::Organization => Service::Dataverse,
            Self::Packages => Service::PowerPlatform,
            Self::Rows | Self::FinopsUsers | Self::FinopsRoles | Self::LegalEntities => Service::FinanceOperations,
            Self::Link | Self::ConnectionSet | Self::Maps => Service::Gateway,
            Self::Licences | Self::DirectoryRoles | Self::Principals => Service::Graph,
        }
    }
}

/// What was read of one environment. Each fact has its age, and its reason where it is not known. What is behind
/// an `Arc` comes from the [`Shelf`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What Dataverse says of Power Platform Integration; `None` inside: not integrated.
    pub integration: Fact<Option<dataverse::Integration>>,
    /// Application packages.
    pub packages: Fact<Arc<Vec<power_platform::Package>>>,
    /// Application users, in the order of [`APPLICATION_USERS`].
    pub users: [Fact<Arc<Vec<dataverse::User>>>; 2],
    /// Client ID rows.
    pub rows: Fact<Arc<Vec<finance_operations::ClientIdRow>>>,
    /// Users of finance and operations.
    pub finops_users: Fact<Arc<Vec<finance_operations::User>>>,
    /// Legal entities.
    pub legal_entities: Fact<Arc<Vec<finance_operations::LegalEntity>>>,
    /// The link, as the dual-write gateway tells it; `None` inside: not linked.
    pub link: Fact<Option<Box<gateway::Link>>>,
    /// The connection set of the link.
    pub connection_set: Fact<Box<gateway::ConnectionSet>>,
    /// The maps of the link.
    pub maps: Fact<Arc<Vec<gateway::Map>>>,
    /// Who read all this.
    pub reader: Arc<Account>,
    /// Roles of the reader in Dataverse, their own and those of their teams.
    pub own_roles: Fact<Arc<Vec<dataverse::Role>>>,
    /// Version of Dataverse.
    pub version: Fact<Arc<String>>,
    /// Visible solutions of Dataverse.
    pub solutions: Fact<Arc<Vec<dataverse::Solution>>>,
    /// Plug-in steps of dual-write in Dataverse.
    pub plugin_steps: Fact<Arc<Vec<dataverse::PluginStep>>>,
    /// Companies in Dataverse; `None` inside: there is no such table.
    pub companies: Fact<Option<Arc<Vec<dataverse::Company>>>>,
    /// Default team of the root business unit.
    pub default_team: Fact<Arc<DefaultTeam>>,
    /// How many runtime configurations there are, of the first page; `None` inside: there is no such
    /// table.
    pub runtime_configurations: Fact<Option<usize>>,
    /// Base language and currency of Dataverse.
    pub organization: Fact<Arc<dataverse::Organization>>,
    /// Roles of the reader in finance and operations.
    pub finops_roles: Fact<Arc<Vec<finance_operations::UserRole>>>,
    /// Licences of the reader.
    pub licences: Fact<Arc<Vec<graph::Licence>>>,
    /// Directory roles of the reader.
    pub directory_roles: Fact<Arc<Vec<graph::DirectoryRole>>>,
    /// Applications of dual-write that the tenant knows.
    pub principals: Fact<Arc<Vec<graph::ServicePrincipal>>>,
}

/// A fact, whatever it holds.
trait Told {
    fn read_at(&self) -> Option<Now>;
    fn doubt(&self) -> Option<&Trouble>;
}

impl<T> Told for Fact<T> {
    fn read_at(&self) -> Option<Now> {
        self.at()
    }

    fn doubt(&self) -> Option<&Trouble> {
        self.trouble()
    }
}

impl Facts {
    /// Every fact, with its name.
    fn all(&self) -> [(FactKind, &dyn Told); 22] {
        let Self {
            integration,
            packages,
            users: [first_user, second_user],
            rows,
            finops_users,
            legal_entities,
            link,
            connection_set,
            maps,
            reader: _,
            own_roles,
            version,
            solutions,
            plugin_steps,
            companies,
            default_team,
            runtime_configurations,
            organization,
            finops_roles,
            licences,
            directory_roles,
            principals,
        } = self;
        [
            (FactKind::Integration, integration),
            (FactKind::Packages, packages),
            (FactKind::User(0), first_user),
            (FactKind::User(1), second_user),
            (FactKind::Rows, rows),
            (FactKind::FinopsUsers, finops_users),
            (FactKind::LegalEntities, legal_entities),
            (FactKind::Link, link),
            (FactKind::ConnectionSet, connection_set),
            (FactKind::Maps, maps),
            (FactKind::OwnRoles, own_roles),
            (FactKind::Version, version),
            (FactKind::Solutions, solutions),
            (FactKind::PluginSteps, plugin_steps),
            (FactKind::Companies, companies),
            (FactKind::DefaultTeam, default_team),
            (FactKind::RuntimeConfigurations, runtime_configurations),
            (FactKind::Organization, organization),
            (FactKind::FinopsRoles, finops_roles),
            (FactKind::Licences, licences),
            (FactKind::DirectoryRoles, directory_roles),
            (FactKind::Principals, principals),
        ]
    }

    /// When a fact was read, or could not be.
    pub fn read_at(&self, kind: FactKind) -> Option<Now> {
        self.all().into_iter().find(|(of, _)| *of == kind)?.1.read_at()
    }

    /// Whether nobody knows anything of this yet, not even why it is not known.
    pub fn is_unread(&self, kind: FactKind) -> bool {
        self.read_at(kind).is_none()
    }

    /// When the newest fact was read.
    pub fn newest(&self) -> Option<Now> {
        self.all().into_iter().filter_map(|(_, fact)| fact.read_at()).max()
    }

    /// Why this one could not be found out.
    pub fn trouble_of(&self, kind: FactKind) -> Option<&Trouble> {
        self.all().into_iter().find(|(of, _)| *of == kind).and_then(|(_, fact)| fact.doubt())
    }

    /// Everything that the flow stands on and that could not be found out.
    pub fn troubles(&self) -> Vec<&Trouble> {
        self.all().into_iter().filter(|(kind, _)| kind.is_of_flow()).filter_map(|(_, fact)| fact.doubt()).collect()
    }

    /// Everything that was asked for and could not be found out.
    pub fn unanswered(&self) -> Vec<&Trouble> {
        self.all().into_iter().filter_map(|(_, fact)| fact.doubt()).collect()
    }

    /// A side, or the token service on the way to it, that does not let this account read what Configure will have
    /// to write: that will surely be refused, too.
    pub fn refusal(&self) -> Option<&Trouble> {
        let [first, second] = &self.users;
        let read: [&dyn Told; 3] = [first, second, &self.rows];
        let is_refusal = |trouble: &&Trouble| matches!(trouble.what, What::Status(401 | 403) | What::PeopleOnly);
        read.into_iter().filter_map(Told::doubt).find(is_refusal)
    }

    /// Whether an address that was named for a service is none of it, so that nothing was sent there.
    pub fn is_refused(&self, service: Service) -> bool {
        let mut troubles = self.all().into_iter().filter_map(|(_, fact)| fact.doubt());
        troubles.any(|trouble| trouble.service == service && matches!(trouble.what, What::ForeignHost(_)))
    }

    /// Nothing is known of the reader any more: another account reads from now on.
    pub fn forget_reader(&mut self) {
        self.own_roles = Fact::Unread;
        self.finops_roles = Fact::Unread;
        self.licences = Fact::Unread;
        self.directory_roles = Fact::Unread;
    }

    /// The user of finance and operations that the reader signs in as; `None` while unknown, and
    /// where the reader is not among them.
    pub fn own_finops_user(&self) -> Option<&finance_operations::User> {
        let is_reader = |alias: &String| alias.eq_ignore_ascii_case(&self.reader.name);
        self.finops_users.value()?.iter().find(|user| user.alias.as_ref().is_some_and(is_reader))
    }
}

/// Nobody has asked, or the answer is on its way.
pub const NOT_READ: &str = "not read yet";

/// Why a fact is not known, in words.
pub fn why<T>(fact: &Fact<T>) -> String {
    fact.trouble().map_or_else(|| NOT_READ.to_owned(), Trouble::to_string)
}
