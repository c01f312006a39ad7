//! The application packages an environment can install. Owns their names, versions, dependencies
//! and the solutions they bring; knows no environment and no operation.

/// A package of the catalogue.
#[derive(Debug)]
pub struct Package {
    /// Install key.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The version that is installed today.
    pub version: &'static str,
    /// What must be installed before.
    pub requires: &'static [&'static str],
    /// Solutions it brings, beside one that is named like the package.
    pub solutions: &'static [&'static str],
}

/// The core solution.
pub const CORE: &str = "DualWriteCoreAnchor";
/// The application core.
pub const APP_CORE: &str = "msdyn_DualWriteAppCoreAnchor";
const FINANCE: &str = "msdyn_Dynamics365FinanceExtendedAnchor";
const HR_COMMON: &str = "HCMCommonAnchor";
const HR: &str = "msdyn_Dynamics365HCMAnchor";
const SUPPLY_CHAIN: &str = "msdyn_Dynamics365SupplyChainExtendedAnchor";

const fn package(
    name: &'static str,
    title: &'static str,
    version: &'static str,
    requires: &'static [&'static str],
    solutions: &'static [&'static str],
) -> Package {
    Package { name, title, version, requires, solutions }
}

/// Every package, in the order of the list.
pub const ALL: &[Package] = &[
    package(
        "MicrosoftOperationsVEAnchor",
        "Finance and Operations Virtual Entity",
        "1.0.24061.1",
        &[],
        &["MicrosoftOperationsERPVE"],
    ),
    package(CORE, "Dual-write core solution", "1.0.24062.2", &[], &["DualWriteCore"]),
    package("MsDyn_FnOIntegrationMDLApp_Anchor", "finance and operations model-driven app", "1.0.0.14", &[], &[]),
    package("MsDynCE_CRMHub", "CRM hub app", "9.0.24053.10", &[], &[]),
    package(
        APP_CORE,
        "Dual-write Application Core",
        "2.4.12.1",
        &[CORE],
        &[
            "Dynamics365Company",
            "Dynamics365FinanceAndOperationsCommon",
            "CurrencyExchangeRates",
            "msdyn_DualWriteAppCoreMaps",
        ],
    ),
    package(HR_COMMON, "Dynamics 365 HR Common Tables", "3.0.24.8", &[], &["HCMCommon"]),
    package(HR, "Dual-write Human Resources", "2.4.12.1", &[CORE, APP_CORE, HR_COMMON], &["msdyn_Dynamics365HCMMaps"]),
    package(
        FINANCE,
        "Dual-write Finance",
        "2.4.12.1",
        &[CORE, APP_CORE],
        &["Dynamics365FinanceExtended", "msdyn_Dynamics365FinanceExtendedMaps", "FieldServiceCommon"],
    ),
    package(
        SUPPLY_CHAIN,
        "Dual-write Supply Chain",
        "2.4.12.1",
        &[CORE, APP_CORE, FINANCE, HR_COMMON, HR],
        &["Dynamics365SupplyChainExtended", "msdyn_Dynamics365SupplyChainExtendedMaps"],
    ),
    package(
        "msdyn_Dynamics365NotesAnchor",
        "Dual-write Notes",
        "2.4.12.1",
        &[CORE, APP_CORE, FINANCE],
        &["Dynamics365Notes", "Dynamics365NotesExtended", "msdyn_Dynamics365NotesMaps"],
    ),
    package(
        "msdyn_DualWriteAssetManagementAnchor",
        "Dual-write Asset Management",
        "2.4.12.1",
        &[CORE, APP_CORE],
        &["Dynamics365AssetManagement", "Dynamics365AssetManagementApp", "msdyn_DualWriteAssetManagementMaps"],
    ),
    package(
        "Dynamics365GABParty_Anchor",
        "Party and global address book",
        "3.4.12.1",
        &[CORE, APP_CORE, FINANCE, SUPPLY_CHAIN],
        &["Party", "Dynamics365GABExtended", "Dynamics365GABDualWriteEntityMaps"],
    ),
];

/// Finds a package by name, case aside.
pub fn find(name: &str) -> Option<&'static Package> {
    ALL.iter().find(|package| package.name.eq_ignore_ascii_case(name))
}

/// Dotted integers compared number by number; a part that is no number counts as 0.
pub fn is_older(version: &str, than: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<u64> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        parts.resize(parts.len().max(4), 0);
        parts
    };
    parts(version) < parts(than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dependency_is_in_the_catalogue_and_stands_before() {
        for (place, package) in ALL.iter().enumerate() {
            for name in package.requires {
                let at = ALL.iter().position(|other| other.name == *name);
                assert!(at.is_some_and(|at| at < place), "{} needs {name}", package.name);
            }
        }
    }

    #[test]
    fn names_are_found_case_aside_and_versions_compared_as_numbers() {
        assert_eq!(find("MSDYN_dualwriteappcoreanchor").map(|package| package.name), Some(APP_CORE));
        assert!(find("nothing").is_none());
        assert!(
            is_older("1.0.9.0", "1.0.16.0") && !is_older("1.0.24062.2", "1.0.16.0") && !is_older("1.0.16", "1.0.16.0")
        );
    }
}
