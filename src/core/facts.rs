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

/// Stands in the table after what the flow itself stands on.
const FLOW: bool = true;

/// Makes the facts of a table: one row is its name as a kind and as a field, what is held, and who is asked.
macro_rules! facts {
    ($($(#[$what:meta])+ $kind:ident, $field:ident: $held:ty, $service:ident $(, $flow:ident)?;)+) => {
        /// One thing that is read of an environment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FactKind {
            /// [`Facts::users`], by index.
            User(usize),
            $(#[doc = concat!("[`Facts::", stringify!($field), "`].")] $kind,)+
        }

        impl FactKind {
            /// Every kind, in the order in which they are read: what the flow stands on first.
            pub const ALL: &[Self] = &[Self::User(0), Self::User(1), $(Self::$kind),+];

            /// Whether the flow itself stands on it. The others are read for the prerequisites: what of them
            /// could not be read is said there, and holds up nobody.
            pub fn is_of_flow(self) -> bool {
                match self {
                    Self::User(_) => true,
                    $(Self::$kind => false $(|| $flow)?,)+
                }
            }

            /// Who is asked for it.
            pub fn service(self) -> Service {
                match self {
                    Self::User(_) => Service::Dataverse,
                    $(Self::$kind => Service::$service,)+
                }
            }
        }

        /// What was read of one environment. Each fact has its age, and its reason where it is not known. What is
        /// behind an `Arc` comes from the [`Shelf`].
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Facts {
            /// Who read all this.
            pub reader: Arc<Account>,
            /// Application users, in the order of [`APPLICATION_USERS`](super::plan::APPLICATION_USERS).
            pub users: [Fact<Arc<Vec<dataverse::User>>>; 2],
            $($(#[$what])+ pub $field: Fact<$held>,)+
        }

        impl Facts {
            /// The fact of this kind.
            fn of(&self, kind: FactKind) -> &dyn Told {
                match kind {
                    FactKind::User(index) => &self.users[index],
                    $(FactKind::$kind => &self.$field,)+
                }
            }
        }
    };
}

facts! {
    /// What Dataverse says of Power Platform Integration; `None` inside: not integrated.
    Integration, integration: Option<dataverse::Integration>, Dataverse, FLOW;
    /// Application packages.
    Packages, packages: Arc<Vec<power_platform::Package>>, PowerPlatform, FLOW;
    /// Client ID rows.
    Rows, rows: Arc<Vec<finance_operations::ClientIdRow>>, FinanceOperations, FLOW;
    /// Users of finance and operations.
    FinopsUsers, finops_users: Arc<Vec<finance_operations::User>>, FinanceOperations, FLOW;
    /// Legal entities.
    LegalEntities, legal_entities: Arc<Vec<finance_operations::LegalEntity>>, FinanceOperations, FLOW;
    /// The link, as the dual-write gateway tells it; `None` inside: not linked.
    Link, link: Option<Box<gateway::Link>>, Gateway, FLOW;
    /// The connection set of the link.
    ConnectionSet, connection_set: Box<gateway::ConnectionSet>, Gateway, FLOW;
    /// The maps of the link.
    Maps, maps: Arc<Vec<gateway::Map>>, Gateway, FLOW;
    /// Visible solutions of Dataverse.
    Solutions, solutions: Arc<Vec<dataverse::Solution>>, Dataverse;
    /// Roles of the reader in Dataverse, their own and those of their teams.
    OwnRoles, own_roles: Arc<Vec<dataverse::Role>>, Dataverse;
    /// Companies in Dataverse; `None` inside: there is no such table.
    Companies, companies: Option<Arc<Vec<dataverse::Company>>>, Dataverse;
    /// Version of Dataverse.
    Version, version: Arc<String>, Dataverse;
    /// Plug-in steps of dual-write in Dataverse.
    PluginSteps, plugin_steps: Arc<Vec<dataverse::PluginStep>>, Dataverse;
    /// Default team of the root business unit.
    DefaultTeam, default_team: Arc<DefaultTeam>, Dataverse;
    /// How many runtime configurations there are, of the first page; `None` inside: there is no such table.
    RuntimeConfigurations, runtime_configurations: Option<usize>, Dataverse;
    /// Base language and currency of Dataverse.
    Organization, organization: Arc<dataverse::Organization>, Dataverse;
    /// Roles of the reader in finance and operations.
    FinopsRoles, finops_roles: Arc<Vec<finance_operations::UserRole>>, FinanceOperations;
    /// Licences of the reader.
    Licences, licences: Arc<Vec<graph::Licence>>, Graph;
    /// Directory roles of the reader.
    DirectoryRoles, directory_roles: Arc<Vec<graph::DirectoryRole>>, Graph;
    /// Applications of dual-write that the tenant knows.
    Principals, principals: Arc<Vec<graph::ServicePrincipal>>, Graph;
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
    /// When a fact was read, or could not be.
    pub fn read_at(&self, kind: FactKind) -> Option<Now> {
        self.of(kind).read_at()
    }

    /// Whether nobody knows anything of this yet, not even why it is not known.
    pub fn is_unread(&self, kind: FactKind) -> bool {
        self.read_at(kind).is_none()
    }

    /// When the newest fact was read.
    pub fn newest(&self) -> Option<Now> {
        FactKind::ALL.iter().filter_map(|kind| self.read_at(*kind)).max()
    }

    /// Why this one could not be found out.
    pub fn trouble_of(&self, kind: FactKind) -> Option<&Trouble> {
        self.of(kind).doubt()
    }

    /// Everything that the flow stands on and that could not be found out.
    pub fn troubles(&self) -> Vec<&Trouble> {
        self.doubts().filter(|(kind, _)| kind.is_of_flow()).map(|(_, trouble)| trouble).collect()
    }

    /// Everything that was asked for and could not be found out.
    pub fn unanswered(&self) -> Vec<&Trouble> {
        self.doubts().map(|(_, trouble)| trouble).collect()
    }

    fn doubts(&self) -> impl Iterator<Item = (FactKind, &Trouble)> {
        FactKind::ALL.iter().filter_map(|kind| Some((*kind, self.trouble_of(*kind)?)))
    }

    /// A side, or the token service on the way to it, that does not let this account read what Configure will have
    /// to write: that will surely be refused, too.
    pub fn refusal(&self) -> Option<&Trouble> {
        let written = [FactKind::User(0), FactKind::User(1), FactKind::Rows];
        let is_refusal = |trouble: &&Trouble| matches!(trouble.what, What::Status(401 | 403) | What::PeopleOnly);
        written.into_iter().filter_map(|kind| self.trouble_of(kind)).find(is_refusal)
    }

    /// Whether an address that was named for a service is none of it, so that nothing was sent there.
    pub fn is_refused(&self, service: Service) -> bool {
        self.doubts().any(|(_, trouble)| trouble.service == service && matches!(trouble.what, What::ForeignHost(_)))
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
