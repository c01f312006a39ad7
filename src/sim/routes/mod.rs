//! The services. Owns the way from a request to the service it is for; each service has a file of
//! its own with its paths, its strictness and its way of saying what is wrong.

mod bap;
pub mod control;
mod dataverse;
mod dataverse_dual_write;
mod dataverse_teams;
mod dataverse_users;
mod entra;
mod entra_application;
mod finance_operations;
mod gateway;
mod graph;
mod lcs;
mod link;
mod power_platform;

use super::{
    call::{Answer, Call, Content},
    clock::Clock,
    faults::Verdict,
    hosts::{Hosts, Side},
    scenario::Service,
    world::World,
};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a service needs to answer.
pub struct Context<'a> {
    /// The world, settled up to `now`.
    pub world: &'a mut World,
    /// Addresses.
    pub hosts: &'a Hosts,
    /// Only for its speed.
    pub clock: &'a Clock,
    /// The simulated time of this request.
    pub now: Timestamp,
}

/// Which service a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A service under a path.
    Fixed(Service),
    /// A side of the environment at this place.
    Side(usize, Side),
    /// No service has this host or path.
    Nothing,
}

impl Target {
    /// The service; `None` for a request that reaches none.
    pub fn service(self) -> Option<Service> {
        match self {
            Self::Fixed(service) => Some(service),
            Self::Side(_, Side::Dataverse) => Some(Service::Dataverse),
            Self::Side(_, Side::FinanceOperations) => Some(Service::FinanceOperations),
            Self::Nothing => None,
        }
    }
}

/// Which service a request is for; `None` for the simulator's own pages.
pub fn target(context: &Context, call: &Call) -> Option<Target> {
    let host = call.host.rsplit_once(':').map_or(&*call.host, |(name, _)| name);
    if let Some((place, side)) = context.world.places.by_host(&context.world.environments, host) {
        return Some(Target::Side(place, side));
    }
    if Hosts::is_side(&call.host) {
        return Some(Target::Nothing);
    }
    let first = call.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    Some(match first {
        "simulator" => return None,
        "entra" => Target::Fixed(Service::Entra),
        "lcs" => Target::Fixed(Service::Lcs),
        "bap" => Target::Fixed(Service::Bap),
        "powerplatform" => Target::Fixed(Service::PowerPlatform),
        "gateway" => Target::Fixed(Service::Gateway),
        "link" => Target::Fixed(Service::Link),
        "graph" => Target::Fixed(Service::Graph),
        _ => Target::Nothing,
    })
}

/// How a request stands in the list of requests.
pub fn line(call: &Call) -> String {
    let host = if Hosts::is_side(&call.host) { call.host.split(':').next().unwrap_or_default() } else { "" };
    let question = if call.raw_query.is_empty() { "" } else { "?" };
    format!("{} {host}{}{question}{}", call.method, call.path, call.raw_query)
}

/// What the scenario does to a request.
pub fn judge(context: &mut Context, service: Option<Service>, call: &Call) -> Verdict {
    let Some(service) = service else { return Verdict::Pass };
    let world = &mut *context.world;
    world.faults.judge(&world.scenario.faults, service, call.method.as_str(), &call.path)
}

/// Answers a request in the name of its service.
pub fn answer(context: &mut Context, target: Target, call: &Call) -> Answer {
    let skip = usize::from(matches!(target, Target::Fixed(_)));
    let segments: Vec<&str> = call.path.split('/').filter(|segment| !segment.is_empty()).skip(skip).collect();
    let answered = match target {
        Target::Nothing => Err(Answer::empty(StatusCode::NOT_FOUND)),
        Target::Side(place, Side::Dataverse) => dataverse::answer(context, call, &segments, place),
        Target::Side(place, Side::FinanceOperations) => finance_operations::answer(context, call, &segments, place),
        Target::Fixed(service) => match service {
            Service::Entra => entra::answer(context, call, &segments),
            Service::Lcs => lcs::answer(context, call, &segments),
            Service::Bap => bap::answer(context, call, &segments),
            Service::PowerPlatform => power_platform::answer(context, call, &segments),
            Service::Gateway => gateway::answer(context, call, &segments),
            Service::Link => link::answer(context, call, &segments),
            Service::Graph => graph::answer(context, call, &segments),
            // Reached by their hosts only.
            Service::Dataverse | Service::FinanceOperations => Err(Answer::empty(StatusCode::NOT_FOUND)),
        },
    };
    let mut answer = answered.unwrap_or_else(|refusal| refusal);
    if let Content::Json(value) = &mut answer.content {
        grow(value);
        omit(value, &context.world.scenario.words.omit);
    }
    answer
}

/// Adds what no client has heard of yet, as the services do over the years.
fn grow(value: &mut Value) {
    let news = || json!({"kind": "preview", "revision": 7, "notes": [null, true, "ring 3"]});
    match value {
        Value::Object(fields) => {
            for list in ["value", "Data"] {
                if let Some(rows) = fields.get_mut(list) {
                    grow(rows);
                }
            }
            fields.insert("rolloutHint".to_owned(), news());
        }
        Value::Array(rows) => rows.iter_mut().filter(|row| row.is_object()).for_each(grow),
        _ => {}
    }
}

/// Leaves out fields by name, at every depth.
fn omit(value: &mut Value, names: &[String]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(name));
            fields.values_mut().for_each(|value| omit(value, names));
        }
        Value::Array(rows) => rows.iter_mut().for_each(|row| omit(row, names)),
        _ => {}
    }
}

/// ISO time as the services write it.
fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_grow_in_rows_and_on_top() {
        let mut value = json!({"value": [{"a": 1}], "other": {"b": 2}});
        grow(&mut value);
        assert!(value["rolloutHint"].is_object() && value["value"][0]["rolloutHint"].is_object());
        assert!(value["other"].get("rolloutHint").is_none());
    }

    #[test]
    fn omitted_fields_are_gone_at_every_depth() {
        let mut value = json!({"a": 1, "b": [{"a": 2, "c": {"a": 3}}]});
        omit(&mut value, &["a".to_owned()]);
        assert_eq!(value, json!({"b": [{"c": {}}]}));
    }
}
