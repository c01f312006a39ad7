//! Every question and every change of the client: where in the work it comes up, and how it is told apart.

use super::common::Work;
use super::layer::Which;
use dualwrite::core::call::{Call, Change};
use dualwrite::core::service::Service;

/// What is being done, and on which world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// `setup` where everything is there but the link.
    Link,
    /// The same for the first time: nobody is signed in.
    FirstLink,
    /// `setup --until configured` where a package is missing.
    Install,
    /// The same, with tokens that live for a minute.
    InstallOnShortTokens,
    /// `setup --until configured` where the identities are missing.
    Identities,
    /// `check`.
    Check,
    /// `check` of an environment that is linked.
    CheckLinked,
    /// The wizard on a cloud profile without a gateway; a person names the address of one.
    FindGateway,
    /// `reset` of a link that leads to another Dataverse.
    Reset,
    /// Repair the identities, in the wizard: a deleted user stands in the way, a row runs as a disabled one.
    Repair,
    /// The same where an application user is disabled.
    RepairDisabled,
}

/// The one change that is never asked for again by itself.
pub const RESET: &str = "reset the link";

/// One call.
pub struct Target {
    pub name: &'static str,
    pub service: Service,
    pub job: Job,
    pub which: Which,
    pub is_in: fn(&Work) -> bool,
    /// It changes something.
    pub is_change: bool,
    /// It reads how far something is that runs at a service.
    pub is_watch: bool,
}

macro_rules! asks {
    ($job:ident, $name:expr, $service:ident, $call:pat) => {
        Target {
            name: $name,
            service: Service::$service,
            job: Job::$job,
            which: if matches!(Service::$service, Service::Entra) { Which::Tokens } else { Which::Services },
            is_in: |work| matches!(work, Work::Ask($call)),
            is_change: false,
            is_watch: false,
        }
    };
}

macro_rules! changes {
    ($job:ident, $name:expr, $service:ident, $change:pat) => {
        Target {
            name: $name,
            service: Service::$service,
            job: Job::$job,
            which: Which::Services,
            is_in: |work| matches!(work, Work::Change($change)),
            is_change: true,
            is_watch: false,
        }
    };
}

/// All of them, each where it comes up.
pub fn all() -> Vec<Target> {
    let mut all = vec![
        asks!(FirstLink, "a device code", Entra, Call::DeviceCode),
        asks!(FirstLink, "the sign-in with a device code", Entra, Call::PollDeviceCode),
        asks!(Link, "the environments (Power Platform)", Bap, Call::Environments),
        asks!(Link, "the environments (LCS)", Lcs, Call::Lifecycle),
        asks!(Link, "the partner of a Dataverse", Dataverse, Call::Integration(_)),
        asks!(Install, "the packages", PowerPlatform, Call::Packages(_)),
        Target { is_watch: true, ..asks!(Install, "an installation", PowerPlatform, Call::Operation { .. }) },
        asks!(Identities, "an application user", Dataverse, Call::Users { .. }),
        asks!(Identities, "the root business unit", Dataverse, Call::RootBusinessUnit(_)),
        asks!(Identities, "the administrator role", Dataverse, Call::AdministratorRole { .. }),
        asks!(Identities, "the client ID rows", FinanceOperations, Call::Rows(_)),
        asks!(Identities, "the users of finance and operations", FinanceOperations, Call::FinopsUsers(_)),
        asks!(Link, "the link of a host", Gateway, Call::Links(_)),
        Target { is_watch: true, ..asks!(Link, "the link operation", Link, Call::LinkStatus { .. }) },
        asks!(Check, "one's roles in Dataverse", Dataverse, Call::OwnRoles(_)),
        asks!(Check, "the version of Dataverse", Dataverse, Call::Version(_)),
        asks!(Check, "the solutions", Dataverse, Call::Solutions(_)),
        asks!(Check, "the plug-in steps", Dataverse, Call::PluginSteps(_)),
        asks!(Check, "the companies", Dataverse, Call::Companies(_)),
        asks!(Check, "the default team", Dataverse, Call::DefaultTeam(_)),
        asks!(Check, "the runtime configurations", Dataverse, Call::RuntimeConfigurations(_)),
        asks!(Check, "the organization", Dataverse, Call::Organization(_)),
        asks!(Check, "one's roles in finance and operations", FinanceOperations, Call::FinopsRoles { .. }),
        asks!(Check, "the legal entities", FinanceOperations, Call::LegalEntities(_)),
        asks!(Check, "one's licenses", Graph, Call::Licences),
        asks!(Check, "one's directory roles", Graph, Call::DirectoryRoles),
        asks!(Check, "the applications in the directory", Graph, Call::Principals(_)),
        asks!(CheckLinked, "the connection set", Gateway, Call::ConnectionSet(_)),
        asks!(CheckLinked, "the table maps", Gateway, Call::Maps(_)),
        // The other one, `GuessedGateway`, asks nobody here: the address that a record hints at is none of this machine.
        asks!(FindGateway, "whether there is a gateway", Gateway, Call::FindGateway(_)),
        changes!(Install, "install a package", PowerPlatform, Change::Install { .. }),
        changes!(Identities, "create an application user", Dataverse, Change::CreateUser { .. }),
        changes!(Identities, "give a role", Dataverse, Change::GiveRole { .. }),
        changes!(Identities, "create a client ID row", FinanceOperations, Change::CreateRow { .. }),
        changes!(Link, "start the link", Link, Change::StartLink { .. }),
        changes!(Reset, RESET, Gateway, Change::ResetLink { .. }),
        changes!(Repair, "permanently delete a deleted application user", Dataverse, Change::PurgeUser { .. }),
        changes!(Repair, "bind a client ID row", FinanceOperations, Change::BindRow { .. }),
        changes!(RepairDisabled, "enable an application user", Dataverse, Change::EnableUser { .. }),
    ];
    // Whatever is asked first of a service asks for a token on its way.
    all.push(Target { name: "a token", ..asks!(Link, "", Entra, Call::Environments) });
    all.push(Target {
        name: "a token in the middle",
        is_watch: true,
        ..asks!(InstallOnShortTokens, "", Entra, Call::Operation { .. })
    });
    all
}

/// Whether a question is left aside, so that many runs take little time: no step of this job stands on it.
pub fn is_aside(job: Job, work: &Work) -> bool {
    let Work::Ask(call) = work else { return false };
    match job {
        Job::Check => !matches!(call, Call::Environments | Call::FinopsUsers(_)),
        Job::CheckLinked => !matches!(call, Call::Environments | Call::Links(_)),
        _ => matches!(
            call,
            Call::OwnRoles(_)
                | Call::Version(_)
                | Call::Solutions(_)
                | Call::PluginSteps(_)
                | Call::Companies(_)
                | Call::DefaultTeam(_)
                | Call::RuntimeConfigurations(_)
                | Call::Organization(_)
                | Call::FinopsRoles { .. }
                | Call::LegalEntities(_)
                | Call::Licences
                | Call::DirectoryRoles
                | Call::Principals(_)
        ),
    }
}
