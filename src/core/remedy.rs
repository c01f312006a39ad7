//! The remedies of a fault as steps: which is done already, as far as the prerequisites show it, and
//! which is next.
//!
//! Owns the tie between a remedy of the catalogue and the prerequisites that show its effect. A remedy
//! without such a tie is never ticked off: nobody guesses that a person did something.

use super::check::{self, Check, Tri};
use super::failure::Failure;
use super::fault::Fault;

/// One remedy of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// In words.
    pub text: &'static str,
    /// Its effect is there.
    pub is_done: bool,
    /// The one to turn to now.
    pub is_next: bool,
    /// Where it is carried out, if an address is known and it is not done.
    pub address: Option<String>,
}

/// Which prerequisites show the effect of which remedy: number of the remedy from 1.
type Ties = &'static [(usize, &'static [&'static str])];

/// Faults whose remedies show.
const TIES: [(&str, Ties); 13] = [
    ("dw9003-crm", &[(2, &["P25"]), (3, &["P26"]), (4, &["P25", "P26"]), (5, &["P37"])]),
    ("dw9003-ax", &[(2, &["P23"]), (3, &["P24"]), (4, &["P23", "P24"])]),
    ("mismatch-ppi-never", &[(2, &["P01"])]),
    ("mismatch-ppi-set", &[(3, &["P43"])]),
    ("connection-set-duplicate", &[(2, &["P32"]), (3, &["P32"])]),
    ("link-404-consent", &[(1, &["P27"]), (2, &["P27"])]),
    ("link-403-license", &[(2, &["P09"])]),
    ("link-403-tokenexchange", &[(1, &["P06", "P07"])]),
    ("too-many-legal-entities", &[(2, &["P33"])]),
    ("ppi-license", &[(1, &["P08"])]),
    ("p2c-installed", &[(1, &["P29"])]),
    ("hc-core-solution", &[(1, &["P22"])]),
    ("hc-plugins", &[(1, &["P28"])]),
];

/// The remedies of a fault, in their order. `repeats`: how often the same error came back after a try;
/// each time the next remedy that is not done is the one to turn to.
pub fn remedies(fault: &'static Fault, checks: &[Check], repeats: u8) -> Vec<Remedy> {
    let ties = ties(fault);
    let shown_by = |number: usize| ties.iter().find(|(of, _)| *of == number).map_or(&[] as &[&str], |(_, ids)| *ids);
    let of = |id: &&str| checks.iter().find(|check| check.id == *id);
    let mut all: Vec<Remedy> = fault
        .remedies
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let found: Vec<&Check> = shown_by(at + 1).iter().filter_map(of).collect();
            let is_done = !found.is_empty() && found.iter().all(|check| check.answer == Tri::Yes);
            let open = found.iter().find(|check| check.answer != Tri::Yes);
            Remedy { text, is_done, is_next: false, address: open.and_then(|check| check.address.clone()) }
        })
        .collect();
    let open = || all.iter().enumerate().filter(|(_, remedy)| !remedy.is_done).map(|(at, _)| at);
    // What surely is not so comes first; after that, one further remedy each time the error comes back.
    let surely = open().find(|at| all[*at].address.is_some() && is_no(shown_by(at + 1), checks));
    let next = surely.or_else(|| open().nth(usize::from(repeats))).or_else(|| open().next_back());
    if let Some(next) = next {
        all[next].is_next = true;
    }
    all
}

/// Whether a link failed of identities that surely are not in order: its entry names them, or it has none and nothing
/// else is known of it.
pub fn is_of_identities(failure: &Failure, checks: &[Check]) -> bool {
    let is_wrong = |id: &&str| check::IDENTITIES.contains(id) && is_no(&[id], checks);
    match failure.fault {
        Some(fault) => ties(fault).iter().flat_map(|(_, ids)| *ids).any(is_wrong),
        None => !failure.is_ours && check::IDENTITIES.iter().any(is_wrong),
    }
}

fn ties(fault: &Fault) -> Ties {
    TIES.iter().find(|(id, _)| *id == fault.id).map_or(&[] as Ties, |(_, ties)| *ties)
}

fn is_no(ids: &[&str], checks: &[Check]) -> bool {
    checks.iter().any(|check| ids.contains(&check.id) && check.answer == Tri::No)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::check::checks;
    use crate::core::directory::sent::tenant;
    use crate::core::facts::Facts;
    use crate::core::fault;
    use serde_json::json;

    fn all() -> Vec<Check> {
        let row = json!({"name": "pp", "properties": {"displayName": "uat"}});
        checks(&tenant(json!([row]))[0], &Facts::default())
    }

    fn with(answers: &[(&str, Tri)]) -> Vec<Check> {
        let mut checks = all();
        for check in &mut checks {
            if let Some((_, answer)) = answers.iter().find(|(id, _)| *id == check.id) {
                check.answer = *answer;
                check.address = Some("https://here.example".into());
            }
        }
        checks
    }

    fn next(fault: &str, checks: &[Check], repeats: u8) -> usize {
        let fault = fault::by_id(fault).unwrap();
        remedies(fault, checks, repeats).iter().position(|remedy| remedy.is_next).unwrap() + 1
    }

    #[test]
    fn every_tie_names_a_remedy_and_prerequisites_that_exist() {
        let checks = all();
        for (id, ties) in TIES {
            let fault = fault::by_id(id).unwrap_or_else(|| panic!("no fault {id}"));
            for (number, ids) in ties {
                assert!((1..=fault.remedies.len()).contains(number), "{id} has no remedy {number}");
                assert!(ids.iter().all(|id| checks.iter().any(|check| check.id == *id)), "{id}: {ids:?}");
            }
        }
    }

    #[test]
    fn what_surely_is_not_so_is_turned_to_first() {
        let checks = with(&[("P25", Tri::Yes), ("P26", Tri::No)]);
        assert_eq!(next("dw9003-crm", &checks, 0), 3);
    }

    #[test]
    fn an_error_that_comes_back_points_to_the_next_remedy_that_is_not_done() {
        let done = with(&[("P25", Tri::Yes), ("P26", Tri::Yes), ("P37", Tri::Yes)]);
        assert_eq!(next("dw9003-crm", &done, 0), 1);
        assert_eq!(next("dw9003-crm", &done, 1), 6, "2 to 5 show their effect");
        assert_eq!(next("dw9003-crm", &done, 9), 6, "beyond the last there is none");
        assert_eq!(next("map-401", &done, 1), 2);
    }

    #[test]
    fn a_repair_is_the_next_step_only_where_identities_made_it_fail() {
        use crate::core::failure::Halt;
        use crate::core::service::Service;
        use crate::core::time::Now;
        let failure = |fault: Option<&str>, is_ours| Failure {
            at: Now::UNIX_EPOCH,
            service: Service::Link,
            words: String::new(),
            is_ours,
            halt: Halt::Failed,
            code: None,
            repeats: 0,
            ids: Vec::new(),
            fault: fault.and_then(fault::by_id),
            next_move: String::new(),
        };
        let disabled = with(&[("P26", Tri::No)]);
        assert!(is_of_identities(&failure(Some("dw9003-crm"), false), &disabled));
        assert!(!is_of_identities(&failure(Some("dw9003-ax"), false), &disabled), "the other side is in order");
        assert!(!is_of_identities(&failure(Some("link-403-license"), false), &disabled));
        assert!(is_of_identities(&failure(None, false), &disabled), "nothing else is known");
        assert!(!is_of_identities(&failure(None, true), &disabled), "this program says what it is");
        assert!(!is_of_identities(&failure(None, false), &all()), "nobody knows whether they are in order");
    }

    #[test]
    fn what_could_not_be_told_is_not_ticked_off() {
        let fault = fault::by_id("dw9003-ax").unwrap();
        assert!(remedies(fault, &all(), 0).iter().all(|remedy| !remedy.is_done));
    }
}
