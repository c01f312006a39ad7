//! Microsoft Graph: licences and directory roles of whoever asks, and the applications of the tenant.

use super::{Context, dataverse_users::PRINCIPALS};
use crate::sim::{
    call::{Answer, Call},
    ids,
    odata::{self, Ids, Question, Table},
    tokens::audience,
};
use crate::wire::graph::CREATOR_ROLES;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Names of the roles in [`CREATOR_ROLES`].
const ROLE_NAMES: [&str; 3] = ["Global Administrator", "Power Platform Administrator", "Dynamics 365 Administrator"];

/// Answers a request to Graph.
pub fn answer(context: &Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    context
        .world
        .tokens
        .check(call.bearer(), audience::GRAPH, false, context.now)
        .map_err(|refusal| Answer::error(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", refusal.words()))?;
    if matches!(segments, ["v1.0", "me", ..]) && context.world.tokens.is_of_application(call.bearer()) {
        let words = "/me request is only valid with delegated authentication flow.";
        return Err(Answer::error(StatusCode::BAD_REQUEST, "BadRequest", words));
    }
    let person = &context.world.scenario.person;
    let (set, rows, sample) = match segments {
        ["v1.0", "me", "licenseDetails"] => {
            let rows = person.licences.iter().map(|licence| self::licence(&licence.sku, &licence.plans));
            ("users('me')/licenseDetails", rows.collect(), licence("", &[]))
        }
        ["v1.0", "me", "transitiveMemberOf", "microsoft.graph.directoryRole"] => {
            let rows = person.directory_roles.iter().map(|template| directory_role(template));
            ("directoryObjects/microsoft.graph.directoryRole", rows.collect(), directory_role(""))
        }
        ["v1.0", "servicePrincipals"] => {
            let rows: Vec<Value> = PRINCIPALS.iter().map(|(app, name)| principal(app, name)).collect();
            ("servicePrincipals", rows, principal("", ""))
        }
        _ => {
            let words = format!("Resource not found for the segment '{}'.", segments.last().unwrap_or(&""));
            return Err(Answer::error(StatusCode::NOT_FOUND, "Request_ResourceNotFound", &words));
        }
    };
    call.only(&[Method::GET])?;
    // Only what is selected comes, without the key; and ids are text.
    let table = Table { key: "", navigation: &[], ids: Ids::Quoted, rows, sample };
    let rows = odata::ask(&table, Question::of(call))
        .map_err(|words| Answer::error(StatusCode::BAD_REQUEST, "BadRequest", &words))?;
    let about = format!("{}/v1.0/$metadata#{set}", audience::GRAPH);
    Ok(Answer::ok(json!({"@odata.context": about, "value": rows})))
}

fn licence(sku: &str, plans: &[String]) -> Value {
    let plans: Vec<Value> = plans
        .iter()
        .map(|name| {
            json!({
                "servicePlanId": ids::of(&["service plan", name]),
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            })
        })
        .collect();
    let id = ids::of(&["sku", sku]);
    json!({"id": id, "skuId": id, "skuPartNumber": sku, "servicePlans": plans})
}

fn directory_role(template: &str) -> Value {
    let known = CREATOR_ROLES.iter().zip(ROLE_NAMES).find(|(id, _)| id.eq_ignore_ascii_case(template));
    json!({
        "id": ids::of(&["directory role", template]),
        "deletedDateTime": null,
        "displayName": known.map_or("Directory Readers", |(_, name)| name),
        "roleTemplateId": template,
    })
}

fn principal(app: &str, name: &str) -> Value {
    json!({
        "id": ids::of(&["principal", app]),
        "appId": app,
        "displayName": name,
        "accountEnabled": true,
        "servicePrincipalType": "Application",
    })
}
