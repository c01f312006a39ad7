//! Answers that several environments gave alike, each kept once.
//!
//! The environments of a tenant are much alike, and of the person who reads all of them every one tells the same:
//! ten thousand of them hold little more than what differs. The shelf keeps the last few different answers of each
//! kind and hands out the one that is equal; it decides nothing, and no fact is another one because of it.

use crate::core::call::DefaultTeam;
use crate::core::sign_in::Account;
use crate::wire::{dataverse, finance_operations, gateway, graph, power_platform};
use std::collections::VecDeque;
use std::sync::Arc;

/// Different answers of one kind that are kept.
const RECENT_MAX: usize = 16;

/// The last different answers of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent<T>(VecDeque<Arc<T>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: PartialEq> Recent<T> {
    /// The answer, or the equal one that is here already.
    pub fn share(&mut self, answer: T) -> Arc<T> {
        if let Some(known) = self.0.iter().find(|known| ***known == answer) {
            return Arc::clone(known);
        }
        self.0.truncate(RECENT_MAX - 1);
        let answer = Arc::new(answer);
        self.0.push_front(Arc::clone(&answer));
        answer
    }
}

/// The last different answers of each kind, under the names of [`super::Facts`].
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "each is said at the fact of the same name")]
pub struct Shelf {
    pub packages: Recent<Vec<power_platform::Package>>,
    pub users: Recent<Vec<dataverse::User>>,
    pub rows: Recent<Vec<finance_operations::ClientIdRow>>,
    pub finops_users: Recent<Vec<finance_operations::User>>,
    pub legal_entities: Recent<Vec<finance_operations::LegalEntity>>,
    pub maps: Recent<Vec<gateway::Map>>,
    pub reader: Recent<Account>,
    pub own_roles: Recent<Vec<dataverse::Role>>,
    pub version: Recent<String>,
    pub solutions: Recent<Vec<dataverse::Solution>>,
    pub plugin_steps: Recent<Vec<dataverse::PluginStep>>,
    pub companies: Recent<Vec<dataverse::Company>>,
    pub default_team: Recent<DefaultTeam>,
    pub organization: Recent<dataverse::Organization>,
    pub finops_roles: Recent<Vec<finance_operations::UserRole>>,
    pub licences: Recent<Vec<graph::Licence>>,
    pub directory_roles: Recent<Vec<graph::DirectoryRole>>,
    pub principals: Recent<Vec<graph::ServicePrincipal>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_answers_are_one_and_the_last_few_different_ones_are_kept() {
        let mut recent = Recent::default();
        let first = recent.share("0".to_owned());
        assert!(Arc::ptr_eq(&first, &recent.share("0".to_owned())));
        assert_eq!(*recent.share("1".to_owned()), "1");
        assert!(Arc::ptr_eq(&first, &recent.share("0".to_owned())), "another one between does not matter");
        for other in 1..100 {
            recent.share(other.to_string());
        }
        assert_eq!(recent.0.len(), RECENT_MAX);
        assert!(!Arc::ptr_eq(&first, &recent.share("0".to_owned())), "it has gone");
    }
}
