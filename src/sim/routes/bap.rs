//! BAP admin API: the list of environments, in pages, and one environment.

use super::Context;
use crate::sim::{
    TENANT,
    call::{Answer, Call},
    ids,
    scenario::{Environment, Integration},
    tokens::audience,
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const VERSIONS: [&str; 4] = ["2020-10-01", "2021-04-01", "2023-06-01", "2024-05-01"];

/// Answers a request to the BAP admin API.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    context
        .world
        .tokens
        .check(call.bearer(), audience::BAP, false, context.now)
        .map_err(|refusal| Answer::error(StatusCode::UNAUTHORIZED, "AuthenticationFailed", refusal.words()))?;
    let not_found = || Answer::error(StatusCode::NOT_FOUND, "NotFound", "The requested path was not found.");
    let ["providers", "Microsoft.BusinessAppPlatform", "scopes", "admin", "environments", rest @ ..] = segments else {
        return Err(not_found());
    };
    if rest.len() > 1 {
        return Err(not_found());
    }
    call.only(&[Method::GET])?;
    match call.query("api-version") {
        Some(version) if VERSIONS.contains(&version) => {}
        Some(version) => {
            let words = format!("The api-version '{version}' is invalid.");
            return Err(Answer::error(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", &words));
        }
        None => {
            let words = "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(Answer::error(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", words));
        }
    }
    let Some(name) = rest.first() else { return list(context, call) };
    let place = context.world.places.by_id(name).ok_or_else(|| {
        let words = format!("The environment '{name}' could not be found in the tenant '{TENANT}'.");
        Answer::error(StatusCode::NOT_FOUND, "EnvironmentNotFound", &words)
    })?;
    Ok(Answer::ok(environment(context, &context.world.environments[place])))
}

fn list(context: &Context, call: &Call) -> Result<Answer, Answer> {
    let first = match call.query("$skiptoken").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(first)) => first,
        Some(Err(_)) => return Err(Answer::error(StatusCode::BAD_REQUEST, "BadRequest", "The skip token is invalid.")),
    };
    let all = &context.world.environments;
    let size = context.world.scenario.page_size;
    let rows: Vec<Value> = all.iter().skip(first).take(size).map(|one| environment(context, one)).collect();
    let mut answer = json!({"value": rows});
    let next = first.saturating_add(size);
    if next < all.len() {
        let version = call.query("api-version").unwrap_or_default();
        answer["nextLink"] = format!(
            "{}/bap/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments?api-version={version}&$skiptoken={next}",
            context.hosts.base()
        )
        .into();
    }
    Ok(Answer::ok(answer))
}

fn environment(context: &Context, one: &Environment) -> Value {
    let (provisioning, management) = match one.integration {
        Integration::SettingUp => ("LinkedDatabaseProvisioning", "Preparing"),
        Integration::Failed => ("Failed", "Failed"),
        Integration::SetUp | Integration::NotSetUp => ("Succeeded", "Ready"),
    };
    let mut properties = json!({
        "tenantId": TENANT,
        "azureRegion": one.region,
        "displayName": one.display_name,
        "createdTime": "2026-02-03T08:11:27.1Z",
        "provisioningState": provisioning,
        "creationType": "User",
        "environmentSku": one.kind,
        "isDefault": false,
        "databaseType": if one.dataverse { "CommonDataService" } else { "None" },
        "states": {
            "management": {"id": management},
            "runtime": {"id": "Enabled", "runtimeReasonCode": "NotSpecified"},
        },
        "cluster": {"category": "Prod", "number": "107", "uriSuffix": "eu-il107.gateway.prod.island", "geoShortName": "EU", "environment": "Prod"},
        "governanceConfiguration": {"protectionLevel": "Basic"},
    });
    if one.dataverse {
        let url = context.hosts.dataverse(one);
        let organisation = ids::of(&["organisation", &one.name]);
        properties["linkedEnvironmentMetadata"] = json!({
            "resourceId": organisation,
            "friendlyName": one.display_name,
            "uniqueName": format!("unq{}", &organisation[..8]),
            "domainName": one.name,
            "version": one.dataverse_version,
            "instanceUrl": format!("{url}/"),
            "instanceApiUrl": url,
            "baseLanguage": 1033,
            "instanceState": "Ready",
            "backgroundOperationsState": "Enabled",
        });
    }
    if one.is_joined() {
        properties["linkedAppMetadata"] = json!({
            "id": one.lcs_id,
            "type": "Linked",
            "url": context.hosts.finance_operations(one),
        });
    }
    json!({
        "id": format!("/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/{}", one.id),
        "type": "Microsoft.BusinessAppPlatform/scopes/environments",
        "location": one.geography,
        "name": one.id,
        "properties": properties,
    })
}
