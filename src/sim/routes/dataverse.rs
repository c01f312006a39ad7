//! Dataverse Web API: who is asking, the join with finance and operations, business units and
//! solutions. Application users and their roles are in `dataverse_users`.

use super::{Context, dataverse_users as users};
use crate::sim::{
    TENANT,
    call::{Answer, Call},
    ids, odata, packages,
    scenario::{ADA, Environment},
};
use crate::wire::dataverse::{NOT_INTEGRATED, SYSTEM_ADMINISTRATOR, SYSTEM_ADMINISTRATOR_TEMPLATE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Code of a request that is not understood.
pub const MALFORMED: &str = "0x80060888";
/// Code of a row that does not exist.
pub const NOT_FOUND: &str = "0x80040217";

/// Answers a request to the Dataverse of the environment at `place`.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str], place: usize) -> Result<Answer, Answer> {
    let url = context.hosts.dataverse(&context.world.environments[place]);
    context
        .world
        .tokens
        .check(call.bearer(), &url, false, context.now)
        .map_err(|refusal| Answer::error(StatusCode::UNAUTHORIZED, "0x80072560", refusal.words()))?;
    let ["api", "data", "v9.0" | "v9.1" | "v9.2", rest @ ..] = segments else {
        return Err(Answer::error(StatusCode::NOT_FOUND, MALFORMED, "Resource not found for the path."));
    };
    let environment = &context.world.environments[place];
    let read = || call.only(&[Method::GET]);
    match rest {
        ["WhoAmI" | "WhoAmI()"] => {
            read()?;
            Ok(Answer::ok(json!({
                "@odata.context": format!("{url}/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"),
                "BusinessUnitId": root_unit(environment),
                "UserId": ids::of(&["user", &environment.name, ADA]),
                "OrganizationId": ids::of(&["organisation", &environment.name]),
            })))
        }
        ["RetrieveFinanceAndOperationsIntegrationDetails" | "RetrieveFinanceAndOperationsIntegrationDetails()"] => {
            read()?;
            if !environment.is_joined() {
                let words = "This Dataverse environment is not integrated with finance and operations.";
                return Err(Answer::error(StatusCode::BAD_REQUEST, NOT_INTEGRATED, words));
            }
            Ok(Answer::ok(json!({
                "@odata.context": format!("{url}/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.RetrieveFinanceAndOperationsIntegrationDetailsResponse"),
                "Url": context.hosts.finance_operations(environment),
                "TenantId": TENANT,
                "Id": environment.lcs_id,
                "IsUnifiedDatabase": false,
            })))
        }
        ["businessunits"] => {
            read()?;
            rows(call, &url, "businessunits", "businessunitid", units(environment))
        }
        ["roles"] => {
            read()?;
            rows(call, &url, "roles", "roleid", roles(environment))
        }
        ["solutions"] => {
            read()?;
            rows(call, &url, "solutions", "solutionid", solutions(environment))
        }
        ["systemusers"] => {
            call.only(&[Method::GET, Method::POST])?;
            if call.method == Method::GET {
                users::list(environment, call, &url)
            } else {
                users::create(context, call, &url, place)
            }
        }
        [user] if user.starts_with("systemusers(") => {
            call.only(&[Method::GET, Method::PATCH, Method::DELETE])?;
            let id = odata::key_of(user, "systemusers").unwrap_or_default();
            users::one(context, call, place, id)
        }
        [user, "systemuserroles_association", "$ref"] => {
            call.only(&[Method::POST, Method::DELETE])?;
            let id = odata::key_of(user, "systemusers").unwrap_or_default();
            users::role(context, call, &url, place, id)
        }
        _ => {
            let words = format!("Resource not found for the segment '{}'.", rest.first().unwrap_or(&""));
            Err(Answer::error(StatusCode::NOT_FOUND, MALFORMED, &words))
        }
    }
}

/// A 400 of the Web API.
pub fn malformed(words: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, MALFORMED, words)
}

/// The rows that `$filter` lets through, with the columns of `$select`.
///
/// # Errors
/// The refusal of a question that is not understood.
pub fn rows(call: &Call, url: &str, set: &str, key: &str, all: Vec<Value>) -> Result<Answer, Answer> {
    let mut kept = Vec::new();
    for row in all {
        let passes = call.query("$filter").map_or(Ok(true), |filter| odata::matches(&row, filter));
        if passes.map_err(|words| malformed(&words))? {
            kept.push(odata::select(&row, call.query("$select"), key).map_err(|words| malformed(&words))?);
        }
    }
    Ok(Answer::ok(json!({"@odata.context": format!("{url}/api/data/v9.2/$metadata#{set}"), "value": kept})))
}

/// The root business unit.
pub fn root_unit(environment: &Environment) -> String {
    ids::of(&["business unit", &environment.name])
}

fn other_unit(environment: &Environment) -> String {
    ids::of(&["business unit", &environment.name, "sales"])
}

fn units(environment: &Environment) -> Vec<Value> {
    let root = root_unit(environment);
    vec![
        json!({"@odata.etag": "W/\"101\"", "businessunitid": root, "name": environment.name, "parentbusinessunitid": null}),
        json!({"@odata.etag": "W/\"102\"", "businessunitid": other_unit(environment), "name": "Sales", "parentbusinessunitid": root}),
    ]
}

/// Every role of every business unit.
pub fn roles(environment: &Environment) -> Vec<Value> {
    let dual_write: &[&str] = &["Dual-write runtime user", "Dual-write app user"];
    let brought = if environment.core_version().is_some() { dual_write } else { &[] };
    let names: Vec<&str> = [SYSTEM_ADMINISTRATOR, "Basic User"].into_iter().chain(brought.iter().copied()).collect();
    [root_unit(environment), other_unit(environment)]
        .iter()
        .flat_map(|unit| names.iter().map(|name| role(environment, name, unit)).collect::<Vec<_>>())
        .collect()
}

/// A role of a business unit.
pub fn role(environment: &Environment, name: &str, unit: &str) -> Value {
    let template = if name == SYSTEM_ADMINISTRATOR {
        SYSTEM_ADMINISTRATOR_TEMPLATE.to_owned()
    } else {
        ids::of(&["role template", name])
    };
    json!({
        "roleid": ids::of(&["role", &environment.name, unit, name]),
        "name": name,
        "_businessunitid_value": unit,
        "_roletemplateid_value": template,
    })
}

fn solutions(environment: &Environment) -> Vec<Value> {
    let installed = environment.packages.iter().filter_map(|(name, version)| Some((packages::find(name)?, version)));
    installed
        .flat_map(|(package, version)| {
            std::iter::once(&package.name).chain(package.solutions).map(move |solution| {
                json!({
                    "@odata.etag": "W/\"300\"",
                    "solutionid": ids::of(&["solution", &environment.name, solution]),
                    "uniquename": solution,
                    "friendlyname": package.title,
                    "version": version,
                    "ismanaged": true,
                    "isvisible": true,
                    "installedon": "2026-02-03T09:15:00Z",
                })
            })
        })
        .collect()
}
