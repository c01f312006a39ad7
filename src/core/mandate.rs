//! What a person agreed to beyond the usual: which modules are installed too, whether a deleted
//! application user may be purged, which user client ID rows run as.
//!
//! Owns the modules of dual-write with their packages and their order. It decides nothing: stages ask
//! it, and the record keeps it, so that whoever takes a run up again may do the same and no more.

use super::plan::APPLICATION_PACKAGE;
use crate::wire::finance_operations::DEFAULT_USER;
use serde::{Deserialize, Serialize};

/// A part of dual-write that is installed on top of the application core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Module {
    /// Dual-write Finance.
    Finance,
    /// Dual-write Human Resources, and its common tables.
    HumanResources,
    /// Dual-write Supply Chain.
    SupplyChain,
    /// Dual-write Notes.
    Notes,
    /// Dual-write Asset Management.
    AssetManagement,
    /// Party and global address book.
    Party,
}

impl Module {
    /// All of them, each after those it needs.
    pub const ALL: [Self; 6] =
        [Self::Finance, Self::HumanResources, Self::SupplyChain, Self::Notes, Self::AssetManagement, Self::Party];

    /// Its word on the command line and in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Finance => "finance",
            Self::HumanResources => "human-resources",
            Self::SupplyChain => "supply-chain",
            Self::Notes => "notes",
            Self::AssetManagement => "asset-management",
            Self::Party => "party",
        }
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Finance => "Finance",
            Self::HumanResources => "Human Resources",
            Self::SupplyChain => "Supply Chain",
            Self::Notes => "Notes",
            Self::AssetManagement => "Asset Management",
            Self::Party => "Party and global address book",
        }
    }

    /// What is installed for it (separated-solutions.md), in order.
    pub fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Finance => &["msdyn_Dynamics365FinanceExtendedAnchor"],
            Self::HumanResources => &["HCMCommonAnchor", "msdyn_Dynamics365HCMAnchor"],
            Self::SupplyChain => &["msdyn_Dynamics365SupplyChainExtendedAnchor"],
            Self::Notes => &["msdyn_Dynamics365NotesAnchor"],
            Self::AssetManagement => &["msdyn_DualWriteAssetManagementAnchor"],
            Self::Party => &["Dynamics365GABParty_Anchor"],
        }
    }

    /// What must be there before it.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Finance | Self::HumanResources | Self::AssetManagement => &[],
            Self::SupplyChain => &[Self::Finance, Self::HumanResources],
            Self::Notes => &[Self::Finance],
            Self::Party => &[Self::Finance, Self::HumanResources, Self::SupplyChain],
        }
    }
}

/// What a person agreed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mandate {
    /// Modules that are installed after the application core.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<Module>,
    /// Deleted application users that are in the way are purged.
    pub purges: bool,
    /// The user that client ID rows run as, where somebody chose one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_user: Option<String>,
}

impl Mandate {
    /// The packages of the stage Dual-write application: the application core, then those of the
    /// modules and of what they need, each after what it needs.
    pub fn packages(&self) -> Vec<&'static str> {
        let is_wanted = |module: &Module| {
            self.modules.contains(module) || self.modules.iter().any(|chosen| chosen.needs().contains(module))
        };
        let modules = Module::ALL.into_iter().filter(is_wanted);
        std::iter::once(APPLICATION_PACKAGE)
            .chain(modules.flat_map(|module| module.packages().iter().copied()))
            .collect()
    }

    /// The user that new client ID rows run as.
    pub fn row_user(&self) -> &str {
        self.row_user.as_deref().unwrap_or(DEFAULT_USER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_brings_what_it_needs_before_itself() {
        let packages = Mandate { modules: vec![Module::Party], ..Mandate::default() }.packages();
        assert_eq!(
            packages,
            [
                APPLICATION_PACKAGE,
                "msdyn_Dynamics365FinanceExtendedAnchor",
                "HCMCommonAnchor",
                "msdyn_Dynamics365HCMAnchor",
                "msdyn_Dynamics365SupplyChainExtendedAnchor",
                "Dynamics365GABParty_Anchor",
            ]
        );
        assert_eq!(Mandate::default().packages(), [APPLICATION_PACKAGE]);
    }

    #[test]
    fn every_module_stands_after_those_it_needs() {
        for (place, module) in Module::ALL.into_iter().enumerate() {
            assert!(module.needs().iter().all(|need| Module::ALL[..place].contains(need)), "{}", module.word());
        }
    }
}
