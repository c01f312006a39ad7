//! The table of prerequisites, P01 to P43 in their order: what is asked, how it is read, what helps.
//! Only data; `rules` has the answers.

use super::Closes::{Configure, Link, Nothing};
use super::Level::{Block, Error, Made, Warn};
use super::Sure::{ByHand, Documented, Observed, ToVerify};
use super::{Place, Prerequisite, Side, rules};
use crate::core::facts::FactKind;

/// Documentation of the Power Platform side.
macro_rules! platform {
    ($page:literal) => {
        concat!("https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/power-platform/", $page)
    };
}

const SYSTEM: &str = "dual-write-system-req";
const SETUP: &str = "lcs-setup";
const REQUIREMENTS: &str = "requirements-and-prerequisites";
const INITIAL: &str = "dual-write-troubleshooting-initial-setup";
const HEALTH: &str = "dual-write-health-check";
const EXISTING: &str = platform!("environment-lifecycle-connect-finops-existing-dv");
const NEW: &str = platform!("environment-lifecycle-connect-finops-new-dv");
const INTEGRATION: &str = platform!("enable-power-platform-integration");

/// One row a line: the order of the arguments is that of the head of the table.
macro_rules! rows {
    ($($id:ident $level:ident $closes:ident $side:ident $sure:ident $place:ident
       $what:literal; $evidence:literal [$($reads:expr),*]; $remedy:literal; $doc:expr => $find:path;)*) => {
        &[$(Prerequisite {
            id: stringify!($id),
            level: $level,
            closes: $closes,
            side: Side::$side,
            what: $what,
            sure: $sure,
            evidence: $evidence,
            reads: &[$($reads),*],
            remedy: $remedy,
            place: Place::$place,
            doc: $doc,
            find: $find,
        }),*]
    };
}

/// Every prerequisite.
pub(super) const TABLE: &[Prerequisite] = rows! {
    P01 Block Configure Both Documented Lifecycle
        "Power Platform Integration is set up";
        "list of environments, integration details of Dataverse" [FactKind::Integration];
        "Set up Power Platform Integration in Lifecycle Services; after a failure select Resume.";
        INTEGRATION => rules::integration;
    P02 Block Link Both Documented DualWrite
        "Dual-write points at the Dataverse of Power Platform Integration";
        "dual-write gateway, list of environments" [FactKind::Link];
        "Reset link, or set up Power Platform Integration with the environment that is linked.";
        SETUP => rules::partner;
    P03 Block Configure Both Documented AdminCenter
        "Both sides are in one tenant";
        "list of environments, integration details of Dataverse" [FactKind::Integration];
        "Choose environments of one tenant; across tenants is not supported.";
        SYSTEM => rules::tenant;
    P04 Block Configure Person ToVerify Entra
        "The account belongs to the tenant of the environments";
        "sign-in, list of environments" [];
        "Sign in with an account of the customer's tenant; Lifecycle Services refuses partners and guests.";
        EXISTING => rules::account_tenant;
    P05 Block Nothing Person Documented Lifecycle
        "The account is Project Owner or Environment Manager in the Lifecycle Services project";
        "environments of the Lifecycle Services project" [];
        "A Project Owner raises the role under Project users in Lifecycle Services.";
        EXISTING => rules::project_role;
    P06 Block Configure Person ToVerify AdminCenter
        "The account is System Administrator in Dataverse";
        "own roles and teams in Dataverse" [FactKind::OwnRoles];
        "Give the account the role System Administrator in Dataverse; that can take up to an hour to take effect.";
        EXISTING => rules::dataverse_role;
    P07 Block Link Person ToVerify FinanceOperations
        "The account is System administrator in finance and operations";
        "own user and roles in finance and operations" [FactKind::FinopsUsers, FactKind::FinopsRoles];
        "Give the user the role System administrator in finance and operations (System administration, Users).";
        INITIAL => rules::finops_role;
    P08 Block Nothing Person ToVerify Licences
        "The account has a license for finance and operations apps";
        "licenses of the account in Microsoft Graph" [FactKind::Licences];
        "Assign a Dynamics 365 license (Unified Operations Plan, AX Enterprise or one of the apps).";
        NEW => rules::licence;
    P09 Block Nothing Person ToVerify Licences
        "The account has a license that includes Power Apps";
        "licenses of the account in Microsoft Graph" [FactKind::Licences];
        "Assign a license that includes Power Apps; a trial plan is enough. The link makes two connections in this \
         name.";
        INITIAL => rules::power_apps;
    P10 Block Nothing Person ToVerify Entra
        "The account may create environments";
        "list of environments, directory roles in Microsoft Graph" [FactKind::DirectoryRoles];
        "Give the role Power Platform Administrator or Dynamics 365 Administrator, where creating is restricted.";
        NEW => rules::may_create;
    P11 Block Nothing Person ByHand Capacity
        "At least 1 GB of database capacity is free (3 GB or more in practice)";
        "no public interface is known" [];
        "Look at the database capacity in Power Platform admin center; free some or buy some.";
        NEW => rules::by_hand;
    P12 Block Nothing Dataverse ToVerify AdminCenter
        "Dataverse was made with Dynamics 365 apps enabled";
        "application packages" [FactKind::Packages];
        "Only such an environment takes dual-write; choose another one.";
        INTEGRATION => rules::dynamics_apps;
    P13 Block Configure Both Documented Lifecycle
        "Both sides are in one geography";
        "Lifecycle Services environment, list of environments" [];
        "Choose environments of one geography.";
        EXISTING => rules::geography;
    P14 Warn Nothing Both Observed Lifecycle
        "Both sides are in one Azure region";
        "Lifecycle Services environment, list of environments" [];
        "It also works within one geography; Microsoft recommends one region.";
        SYSTEM => rules::region;
    P15 Block Configure Both Observed AdminCenter
        "The geography has dual-write";
        "list of environments" [];
        "Choose environments in one of the geographies that Microsoft lists.";
        SYSTEM => rules::supported;
    P16 Block Configure Both Documented AdminCenter
        "It is a purchased environment, not a trial";
        "list of environments, Lifecycle Services environment" [];
        "Choose a purchased environment.";
        SYSTEM => rules::no_trial;
    P17 Block Configure Both Documented AdminCenter
        "The kinds of both sides agree";
        "list of environments, Lifecycle Services environment" [];
        "Pair sandbox with sandbox and production with production.";
        SYSTEM => rules::kinds;
    P18 Warn Nothing FinanceOperations Documented Lifecycle
        "It is hosted by Microsoft, not cloud-hosted";
        "Lifecycle Services environment" [];
        "Use a sandbox or a unified developer environment.";
        SETUP => rules::cloud_hosted;
    P19 Block Configure FinanceOperations Documented Lifecycle
        "Finance and operations is 10.0.9 or later";
        "Lifecycle Services environment" [];
        "Update finance and operations.";
        SYSTEM => rules::release;
    P20 Warn Nothing FinanceOperations Documented Lifecycle
        "Finance and operations is 10.0.30 or later, so Reset link exists";
        "Lifecycle Services environment" [];
        "Update finance and operations; before it there are Link and Unlink.";
        "reset" => rules::release_with_reset;
    P21 Block Configure Dataverse ToVerify AdminCenter
        "Dataverse is 9.1.0000.11732 or later";
        "version of Dataverse" [FactKind::Version];
        "Update Dataverse; today that is automatic.";
        SYSTEM => rules::dataverse_version;
    P22 Made Nothing Dataverse ToVerify AdminCenter
        "The dual-write core solution is installed, 1.0.16.0 or later";
        "application packages" [FactKind::Packages];
        "Dual-write application installs it; by hand: Dynamics 365 apps in Power Platform admin center.";
        REQUIREMENTS => rules::core_solution;
    P23 Made Nothing FinanceOperations ToVerify ClientIds
        "The dual-write runtime has a client ID row in finance and operations, with an enabled user";
        "Microsoft Entra ID applications of finance and operations" [FactKind::Rows, FactKind::FinopsUsers];
        "Dual-write application adds it, and so does Repair the identities; by hand: the page Microsoft Entra ID applications.";
        REQUIREMENTS => rules::runtime_row;
    P24 Made Nothing FinanceOperations ToVerify ClientIds
        "Dynamics Data Integration has a client ID row in finance and operations, with an enabled user";
        "Microsoft Entra ID applications of finance and operations" [FactKind::Rows, FactKind::FinopsUsers];
        "Dual-write application adds it, and so does Repair the identities; by hand: the page Microsoft Entra ID applications.";
        REQUIREMENTS => rules::integration_row;
    P25 Made Nothing Dataverse ToVerify AdminCenter
        "Dynamics Data Integration is an application user in Dataverse, enabled, System Administrator";
        "application users of Dataverse" [FactKind::User(0)];
        "Dual-write application makes it, and so does Repair the identities; by hand: Power Platform admin center, the environment, Settings, Users + permissions, Application users.";
        REQUIREMENTS => rules::integration_user;
    P26 Made Nothing Dataverse ToVerify AdminCenter
        "Finance and operations is an application user in Dataverse, enabled, System Administrator";
        "application users of Dataverse" [FactKind::User(1)];
        "Dual-write application makes it, and so does Repair the identities; by hand: Power Platform admin center, the environment, Settings, Users + permissions, Application users.";
        REQUIREMENTS => rules::finops_user;
    P27 Warn Nothing Person ToVerify Entra
        "The tenant knows the applications of dual-write";
        "enterprise applications in Microsoft Graph" [FactKind::Principals];
        "With a core solution before 1.0.16.0 a tenant admin consents once; since then no consent is needed.";
        INITIAL => rules::principals;
    P28 Warn Nothing Dataverse ToVerify Maker
        "The plug-in steps of dual-write are enabled";
        "plug-in steps of Dataverse" [FactKind::PluginSteps];
        "Enable the steps of DualWriteRegistration.Plugins, then of DualWriteRuntime.Plugins, or install the core solution again.";
        REQUIREMENTS => rules::plugin_steps;
    P29 Block Link Dataverse ToVerify Maker
        "Prospect to cash is removed, or 15.0.0.2 or later";
        "solutions of Dataverse" [FactKind::Solutions];
        "Uninstall Prospect to cash, or update it to 15.0.0.2; it cannot run beside dual-write.";
        SYSTEM => rules::prospect_to_cash;
    P30 Block Link Both Observed DualWrite
        "Neither side is linked to a third environment";
        "integration details of Dataverse, dual-write gateway" [FactKind::Integration, FactKind::Link];
        "One finance and operations environment goes with one Dataverse environment: reset the link, or choose another \
         one.";
        "dual-write-faq" => rules::one_to_one;
    P31 Made Nothing Dataverse ToVerify AdminCenter
        "The solutions of the dual-write application core are installed";
        "solutions of Dataverse" [FactKind::Solutions];
        "Dual-write application installs them; further modules come from Dynamics 365 apps. Then Apply Solution.";
        "separated-solutions" => rules::application_solutions;
    P32 Block Link Dataverse ToVerify Maker
        "Every company in Dataverse has a name, and no two have the same";
        "companies of Dataverse (cdm_company)" [FactKind::Companies];
        "Give each company a name, and rename or merge those with the same one, in the table Company of Dataverse.";
        INITIAL => rules::company_names;
    P33 Block Link FinanceOperations ToVerify FinanceOperations
        "There are at most 250 legal entities, and 40 for one initial sync";
        "legal entities of finance and operations" [FactKind::LegalEntities];
        "Remove legal entities after linking; above 40 run the initial sync in groups.";
        SYSTEM => rules::legal_entities;
    P34 Error Nothing Both Observed DualWrite
        "The companies agree on both sides";
        "connection set, legal entities, companies" [FactKind::ConnectionSet, FactKind::LegalEntities, FactKind::Companies];
        "Remove or add companies on Environment details of the Dual-write page, or reset the link.";
        HEALTH => rules::companies_agree;
    P35 Error Nothing Dataverse ByHand Maker
        "The two API Hub connections of the link exist";
        "no public interface is known" [];
        "Only after linking: look under Connections in the maker portal; if one of the two is missing, reset the link.";
        HEALTH => rules::by_hand;
    P36 Error Nothing Dataverse ToVerify Maker
        "Runtime configurations of old links are removed";
        "runtime configurations of Dataverse, dual-write gateway" [FactKind::RuntimeConfigurations, FactKind::Link];
        "Reset the link; rows of an old link can send data to the wrong place.";
        "dual-write-troubleshooting-live-sync" => rules::stale_configuration;
    P37 Error Nothing Dataverse Documented AdminCenter
        "The default team of the root business unit has the unit's name and a role";
        "teams and business units of Dataverse" [FactKind::DefaultTeam];
        "Rename the team back to the name of its business unit and give it a role.";
        "security-roles" => rules::default_team;
    P38 Error Nothing Dataverse ToVerify Maker
        "Every company has a default owning team";
        "companies of Dataverse (cdm_company)" [FactKind::Companies];
        "Set the default owning team of each company; the team needs Dual-write runtime user and Dual-write app user.";
        HEALTH => rules::owning_teams;
    P39 Warn Nothing FinanceOperations ByHand DataManagement
        "The entity list was refreshed in Data management";
        "no public interface is known" [];
        "Data management, Framework parameters, Entity settings, Refresh entity list.";
        REQUIREMENTS => rules::by_hand;
    P40 Warn Nothing FinanceOperations ByHand FinanceOperations
        "Cross-company data sharing is off for what is mapped";
        "no public interface is known" [];
        "Look under System administration, Configure cross-company data sharing; turn it off for mapped tables.";
        SYSTEM => rules::by_hand;
    P41 Warn Nothing Dataverse ByHand AdminCenter
        "Dataverse has the base language and currency you want";
        "organization of Dataverse" [FactKind::Organization];
        "They cannot be changed later. If they are wrong, create a new environment in Power Platform admin center \
         first.";
        INTEGRATION => rules::language_and_currency;
    P42 Warn Nothing Dataverse ByHand Dataverse
        "The address of Dataverse is the final one";
        "list of environments" [];
        "It cannot be changed after linking: change it before.";
        platform!("environment-lifecycle-edit-properties-dv") => rules::final_address;
    P43 Warn Nothing Both Observed DualWrite
        "All table maps are stopped (needed for Reset link)";
        "dual-write gateway" [FactKind::Link, FactKind::Maps];
        "Stop the maps before you reset the link.";
        "reset" => rules::maps;
};
