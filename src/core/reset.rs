//! Reset link as data: what is removed, what takes part afterwards, and the body that asks for it.
//!
//! Pure. Whether it may be asked for at all is decided in [`super::gate`].

use super::check::{self, Tri};
use super::environment::Environment;
use super::facts::{Facts, map_name, map_state};
use super::gate;
use super::plan::{Certainty, Planned, Side};
use crate::wire::{bare_host, gateway};

/// What a reset takes away beside the table maps (reset.md of the dual-write documentation).
pub const REMOVES: &str =
    "integration keys, legal entity mapping, alert settings, activity logs and the history of initial syncs";

/// The table maps that go, each with its state.
pub fn maps(facts: &Facts) -> impl Iterator<Item = String> {
    facts
        .maps
        .value()
        .into_iter()
        .flat_map(|maps| maps.iter())
        .map(|map| format!("{} ({})", map_name(map), map_state(map)))
}

/// The legal entities that are linked now and take part afterwards: sorted, each once. `None`: the
/// connection set does not say.
pub fn legal_entities(set: &gateway::ConnectionSet) -> Option<Vec<String>> {
    let mappings = set.dual_write_detail.legal_entity_mappings.mappings.as_ref()?.iter();
    let mut all: Vec<String> = mappings.filter_map(|mapping| mapping.left.name.clone()).collect();
    all.sort();
    all.dedup();
    Some(all)
}

/// What asks for the reset of the link of finance and operations at this address; `None` where Dataverse has none.
pub fn body(environment: &Environment, finops: &str, set: &gateway::ConnectionSet) -> Option<gateway::Reset> {
    let power_platform = environment.power_platform.as_ref()?.to_string();
    let dataverse = environment.dataverse.as_ref()?;
    let old = set.environments.values().find(|side| side.is_finops()).cloned().unwrap_or_default();
    let side = |target_type: &str, url: &str, name: &str, is_dev_instance| gateway::ResetSide {
        target_type: target_type.into(),
        name: bare_host(url),
        display_name: name.to_owned(),
        id: power_platform.clone(),
        is_dev_instance,
        direct_url: url.to_owned(),
    };
    Some(gateway::Reset {
        power_apps_environment_name: power_platform.clone(),
        environments: vec![
            side("CRM", &dataverse.url, dataverse.name.as_deref().unwrap_or(&environment.name), false),
            side(
                "AX",
                finops,
                old.environment_display_name.as_deref().unwrap_or(&environment.name),
                old.is_dev_instance,
            ),
        ],
        legal_entities: legal_entities(set)?,
    })
}

/// What could not be told and decides whether a reset is wise: whether Reset link exists in this version,
/// and whether the environment is cloud-hosted.
pub fn not_known(environment: &Environment, facts: &Facts) -> Vec<String> {
    let checks = check::checks(environment, facts).into_iter();
    let of_reset = checks.filter(|check| ["P18", "P20"].contains(&check.id) && check.answer == Tri::Unknown);
    of_reset.map(|check| format!("Could not tell: {} ({})", check.what, check.reason)).collect()
}

/// What a reset would change. `name` names a Power Platform environment.
pub fn plan(environment: &Environment, facts: &Facts, name: impl Fn(&str) -> String) -> Vec<Planned> {
    let from = gate::mismatch(environment, facts).and_then(|found| found.linked_to);
    let from = from.map_or_else(|| "where it is linked now".to_owned(), |id| name(&id));
    let will = |what| Planned { side: Side::FinanceOperations, certainty: Certainty::Will, what };
    let mut plan = vec![will(format!("dual-write moves from {from} to {}", environment.name))];
    plan.extend(maps(facts).map(|map| will(format!("remove table map {map}"))));
    plan.push(will(format!("remove {REMOVES}")));
    if let Some(codes) = facts.connection_set.value().and_then(|set| legal_entities(set)) {
        plan.push(will(take_part(&codes)));
    }
    plan
}

/// How many legal entities take part, and which.
pub fn take_part(codes: &[String]) -> String {
    match codes.len() {
        0 => "no legal entity takes part; choose them afterwards".into(),
        1 => format!("1 legal entity takes part: {}", codes[0]),
        count => format!("{count} legal entities take part: {}", codes.join(", ")),
    }
}
