//! Dual-write management gateway: is there a link, whose is it, which maps run, Reset link.

use super::{Context, iso};
use crate::sim::{
    TENANT,
    call::{Answer, Call},
    hosts::Side,
    ids,
    scenario::{ADA, Environment, LinkState},
    tokens::audience,
};
use crate::wire::bare_host;
use crate::wire::gateway::VERSION_PATH;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Answers a request to the gateway.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    // The one page without a token: a client looks at it before it sends one.
    if call.path.strip_prefix("/gateway") == Some(VERSION_PATH) {
        call.only(&[Method::GET])?;
        return Ok(Answer::ok(json!({"version": "1.0.26101.3"})));
    }
    context.world.tokens.check(call.bearer(), audience::GATEWAY, false, context.now).map_err(|refusal| {
        said(StatusCode::UNAUTHORIZED, &format!("Authorization has been denied for this request. {}", refusal.words()))
    })?;
    match segments {
        ["api", "DualWriteManagement", "1.0", "Environments"] => {
            call.only(&[Method::GET])?;
            for_finance_operations(call)?;
            Ok(Answer::ok(environments(context, call.query("identifier").unwrap_or_default())))
        }
        ["api", "DualWriteManagement", "1.0", "Entities"] => {
            call.only(&[Method::GET])?;
            for_finance_operations(call)?;
            let place = by_cid(context, call.query("cid").unwrap_or_default())?;
            Ok(Answer::ok(maps(&context.world.environments[place])))
        }
        ["api", "ConnectionSet", name] => {
            call.only(&[Method::GET])?;
            let named = |environment: &&Environment| environment.link.is_some() && cname(environment) == *name;
            let environment = context.world.environments.iter().find(named).ok_or_else(not_found)?;
            Ok(Answer::ok(connection_set(context, environment)))
        }
        ["api", "ConnectionSet", cid, "Reset"] => {
            call.only(&[Method::POST])?;
            for_finance_operations(call)?;
            let place = by_cid(context, cid)?;
            reset(context, call, place)
        }
        _ => Err(not_found()),
    }
}

fn said(status: StatusCode, words: &str) -> Answer {
    Answer::json(status, json!({"Message": words}))
}

fn not_found() -> Answer {
    said(StatusCode::NOT_FOUND, "No HTTP resource was found that matches the request URI.")
}

fn for_finance_operations(call: &Call) -> Result<(), Answer> {
    if call.query("targetType") == Some("AX") {
        return Ok(());
    }
    Err(said(StatusCode::BAD_REQUEST, "The request is invalid: targetType."))
}

fn cid(environment: &Environment) -> String {
    ids::of(&["connection set", &environment.name])
}

fn cname(environment: &Environment) -> String {
    format!("dw-{}", environment.name)
}

fn by_cid(context: &Context, id: &str) -> Result<usize, Answer> {
    let found = |environment: &Environment| environment.link.is_some() && cid(environment).eq_ignore_ascii_case(id);
    context.world.environments.iter().position(found).ok_or_else(not_found)
}

/// Power Platform environment id of the other end of a link.
fn target_id(context: &Context, link: &LinkState) -> String {
    let target = context.world.places.by_name(&link.environment);
    target.map(|place| context.world.environments[place].id.clone()).unwrap_or_default()
}

/// The link of a bare host. Anything but a known bare host in lower case is silently "not linked".
fn environments(context: &Context, identifier: &str) -> Value {
    let all = &context.world.environments;
    let known = context.world.places.by_host(all, context.hosts.without_port(identifier));
    let Some((place, Side::FinanceOperations)) = known else { return json!([]) };
    let environment = &all[place];
    match &environment.link {
        Some(link) => json!([{
            "cid": cid(environment),
            "cname": cname(environment),
            "targetType": "AX",
            "displayName": environment.display_name,
            "detail": {"isSolutionAware": true},
            "powerAppsEnvironment": target_id(context, link),
        }]),
        // "Not linked" has two forms.
        None if environment.is_joined() => json!([]),
        None => json!([{"cid": "", "targetType": "AX", "displayName": environment.display_name}]),
    }
}

fn maps(environment: &Environment) -> Value {
    let maps = environment.link.iter().flat_map(|link| &link.maps);
    maps.map(|map| {
        json!({
            "leftEntity": {"targetType": "AX", "name": map.name, "displayName": map.name},
            "rightEntity": {"targetType": "CRM", "name": map.name.to_lowercase(), "displayName": map.name},
            "detail": {
                "tid": ids::of(&["template", &map.name]),
                "tName": map.name,
                "pid": map.initialised.then(|| ids::of(&["project", &environment.name, &map.name])),
                "state": map.state.to_string(),
                "lastRequests": [],
            },
        })
    })
    .collect()
}

fn connection_set(context: &Context, environment: &Environment) -> Value {
    let Some(link) = &environment.link else { return Value::Null };
    let target = context.world.places.by_name(&link.environment).map(|place| &context.world.environments[place]);
    let target_id = target_id(context, link);
    let side = |kind: &str, address: &str, name: &str| {
        let host = bare_host(address);
        json!({
            "name": host,
            "connectionSetName": cname(environment),
            "targetType": kind,
            "environmentDisplayName": name,
            "powerAppsEnvironment": target_id,
            "directUrl": address,
            "isDevInstance": false,
            "bypassApiHubConnector": false,
        })
    };
    let finops = context.hosts.finance_operations(environment);
    let mut sides = json!({});
    sides[bare_host(&finops)] = side("AX", &finops, &environment.display_name);
    if let Some(target) = target {
        let dataverse = context.hosts.dataverse(target);
        sides[bare_host(&dataverse)] = side("CRM", &dataverse, &target.display_name);
    }
    let companies: Vec<String> = if link.legal_entities.is_empty() {
        environment.legal_entities.iter().map(|company| company.id.clone()).collect()
    } else {
        link.legal_entities.clone()
    };
    let mappings: Vec<Value> = companies
        .iter()
        .map(|id| json!({"left": {"name": id, "id": id}, "right": {"name": id, "id": ids::of(&["company", id])}}))
        .collect();
    json!({
        "id": cid(environment),
        "name": cname(environment),
        "displayName": environment.display_name,
        "tenant": TENANT,
        "owner": link.owner,
        "createdDateTime": link.created.map_or("2026-02-04T10:00:00Z".to_owned(), iso),
        "tags": [],
        "forDualWrite": true,
        "bypassApiHubConnector": false,
        "targetTypeList": ["AX", "CRM"],
        "environments": sides,
        "dataPartitionMappings": [],
        "dualWriteDetail": {
            "isTrialEnvironment": false,
            "isSolutionAware": true,
            "isOnFirstPartyAuth": true,
            "legalEntityMappings": {"leftEnvironment": bare_host(&finops), "rightEnvironment": target_id, "mappings": mappings},
            "alertSettings": [],
        },
    })
}

/// Makes the link again from the Power Platform Integration.
fn reset(context: &mut Context, call: &Call, place: usize) -> Result<Answer, Answer> {
    let force = match call.query("forceReset").map(str::to_lowercase).as_deref() {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(said(StatusCode::BAD_REQUEST, "The request is invalid: forceReset.")),
    };
    let body = call.json().map_err(|words| said(StatusCode::BAD_REQUEST, &words))?;
    let kinds: Vec<&str> =
        body["environments"].as_array().into_iter().flatten().filter_map(|side| side["targetType"].as_str()).collect();
    if kinds != ["CRM", "AX"] || body["powerAppsEnvironmentName"].as_str().is_none_or(str::is_empty) {
        return Err(said(StatusCode::BAD_REQUEST, "The request is invalid: environments."));
    }
    let environment = &mut context.world.environments[place];
    if !environment.is_joined() {
        let words = "Power Platform Integration is not set up for this environment. Set up Power Platform Integration in Lifecycle Services, then reset the link.";
        return Err(said(StatusCode::BAD_REQUEST, words));
    }
    let running = environment.link.iter().flat_map(|link| &link.maps).filter(|map| map.is_running());
    let running: Vec<&str> = running.map(|map| map.name.as_str()).collect();
    if !force && !running.is_empty() {
        let words = format!(
            "The link cannot be reset while table maps are running: {}. Stop the maps or use force reset.",
            running.join(", ")
        );
        return Err(said(StatusCode::CONFLICT, &words));
    }
    let companies = body["legalEntities"].as_array().into_iter().flatten();
    environment.link = Some(LinkState {
        environment: environment.name.clone(),
        owner: ADA.to_owned(),
        created: Some(context.now),
        maps: Vec::new(),
        legal_entities: companies.filter_map(Value::as_str).map(str::to_owned).collect(),
    });
    context.world.counters.resets += 1;
    Ok(Answer::empty(StatusCode::OK))
}
