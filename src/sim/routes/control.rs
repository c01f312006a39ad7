//! The simulator's own pages, without a token: what was counted, what was asked, what is.

use super::Context;
use crate::sim::call::{Answer, Call};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Answers one of the pages.
pub fn answer(context: &Context, call: &Call) -> Answer {
    let world = &context.world;
    if let Err(refusal) = call.only(&[Method::GET]) {
        return refusal;
    }
    match call.path.trim_end_matches('/') {
        "/simulator/counters" => Answer::ok(serde_json::to_value(&world.counters).unwrap_or(Value::Null)),
        "/simulator/requests" => Answer::ok(json!(world.requests)),
        "/simulator/world" => {
            let installing: Vec<Value> = world
                .installations
                .iter()
                .filter(|one| one.ends > context.now)
                .map(|one| json!({"environment": world.environments[one.environment].name, "package": one.package.name, "ends": one.ends.to_string()}))
                .collect();
            Answer::ok(json!({
                "title": world.scenario.title(),
                "now": context.now.to_string(),
                "environments": world.environments,
                "installing": installing,
            }))
        }
        _ => Answer::empty(StatusCode::NOT_FOUND),
    }
}
