//! Where each environment is in the world, by what names it. Owns the index, made once: environments neither come
//! nor go, and none changes its name or ids. Says nothing of what they are now.

use super::hosts::{Named, Side, named};
use super::scenario::Environment;
use crate::wire::bare_id;
use std::collections::HashMap;

/// The index; of those that share a name the first one has it.
pub struct Places {
    names: HashMap<String, usize>,
    ids: HashMap<String, usize>,
    lcs_ids: HashMap<String, usize>,
}

impl Places {
    /// The index of these.
    pub fn of(environments: &[Environment]) -> Self {
        let by = |key: fn(&Environment) -> String| {
            // From the last to the first: the first is what stays.
            environments.iter().enumerate().rev().map(|(place, own)| (key(own), place)).collect()
        };
        Self {
            names: by(|own| own.name.clone()),
            ids: by(|own| own.id.to_ascii_lowercase()),
            lcs_ids: by(|own| bare_id(&own.lcs_id)),
        }
    }

    /// The environment of this name.
    pub fn by_name(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The environment with this Power Platform id, in any case of letters.
    pub fn by_id(&self, id: &str) -> Option<usize> {
        self.ids.get(&id.to_ascii_lowercase()).copied()
    }

    /// The environment with this LCS id, with or without dashes.
    pub fn by_lcs_id(&self, id: &str) -> Option<usize> {
        self.lcs_ids.get(&bare_id(id)).copied()
    }

    /// Which side of which environment this host name is, without a port; `None` where no environment has that side.
    pub fn by_host(&self, environments: &[Environment], host: &str) -> Option<(usize, Side)> {
        let Named { environment, side, is_production } = named(host)?;
        let place = self.by_name(environment)?;
        let own = &environments[place];
        let has_it = match side {
            Side::Dataverse => own.dataverse,
            Side::FinanceOperations => {
                own.finance_and_operations && own.kind.eq_ignore_ascii_case("Production") == is_production
            }
        };
        has_it.then_some((place, side))
    }
}
