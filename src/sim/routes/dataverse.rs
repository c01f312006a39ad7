//! Dataverse Web API: who is asking, the join with finance and operations, version, organisation,
//! business units and solutions. Users and their roles are in `dataverse_users`, teams in
//! `dataverse_teams`, and what dual-write brings in `dataverse_dual_write`.

use super::{Context, dataverse_dual_write as dual_write, dataverse_teams as teams, dataverse_users as users};
use crate::sim::{
    TENANT,
    call::{Answer, Call},
    ids,
    odata::{self, Ids, Navigation, Question, Table},
    packages,
    scenario::{Environment, OtherSolution},
};
use crate::wire::dataverse::{MALFORMED, NOT_INTEGRATED, SYSTEM_ADMINISTRATOR, SYSTEM_ADMINISTRATOR_TEMPLATE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

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
                "UserId": users::person_id(environment),
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
        ["RetrieveVersion" | "RetrieveVersion()"] => {
            read()?;
            Ok(Answer::ok(json!({
                "@odata.context": format!("{url}/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse"),
                "Version": environment.dataverse_version,
            })))
        }
        ["businessunits"] => {
            read()?;
            list(call, &url, "businessunits", &table("businessunitid", &[], units(environment)))
        }
        ["roles"] => {
            read()?;
            list(call, &url, "roles", &table("roleid", &[], roles(environment)))
        }
        ["solutions"] => {
            read()?;
            list(call, &url, "solutions", &solutions(environment))
        }
        ["organizations"] => {
            read()?;
            list(call, &url, "organizations", &table("organizationid", &[CURRENCY], vec![organisation(environment)]))
        }
        ["teams"] => {
            read()?;
            list(call, &url, "teams", &table("teamid", &teams::NAVIGATION, teams::all(environment)))
        }
        ["sdkmessageprocessingsteps"] => {
            read()?;
            list(call, &url, "sdkmessageprocessingsteps", &dual_write::plugin_steps(environment))
        }
        ["cdm_companies"] if environment.has_application_core() => {
            read()?;
            list(call, &url, "cdm_companies", &dual_write::companies(context.world, place))
        }
        ["msdyn_dualwriteruntimeconfigs"] if environment.core_version().is_some() => {
            read()?;
            list(call, &url, "msdyn_dualwriteruntimeconfigs", &dual_write::runtime_configurations(context.world, place))
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
        [user, of @ ("systemuserroles_association" | "teammembership_association")]
            if user.starts_with("systemusers(") =>
        {
            read()?;
            let id = odata::key_of(user, "systemusers").unwrap_or_default();
            if *of == "teammembership_association" {
                users::known(environment, id)?;
                list(call, &url, "teams", &table("teamid", &teams::NAVIGATION, teams::of(environment, id)))
            } else {
                list(call, &url, "roles", &users::roles_of(environment, id)?)
            }
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

/// A set that always has rows.
pub fn table<'a>(key: &'a str, navigation: &'a [Navigation], rows: Vec<Value>) -> Table<'a> {
    table_like(key, navigation, rows, Value::Null)
}

/// A set that may be empty.
pub fn table_like<'a>(key: &'a str, navigation: &'a [Navigation], rows: Vec<Value>, sample: Value) -> Table<'a> {
    Table { key, navigation, ids: Ids::Bare, rows, sample }
}

/// The rows of a set that the request asks for.
///
/// # Errors
/// The refusal of a question that is not understood.
pub fn list(call: &Call, url: &str, set: &str, table: &Table) -> Result<Answer, Answer> {
    let rows = odata::ask(table, Question::of(call)).map_err(|words| malformed(&words))?;
    Ok(Answer::ok(json!({"@odata.context": format!("{url}/api/data/v9.2/$metadata#{set}"), "value": rows})))
}

/// The root business unit.
pub fn root_unit(environment: &Environment) -> String {
    ids::of(&["business unit", &environment.name])
}

/// The other business unit.
pub fn other_unit(environment: &Environment) -> String {
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

/// What may be selected of roles inside another row.
pub const ROLE_COLUMNS: &[&str] = &["roleid", "name", "_businessunitid_value", "_roletemplateid_value"];

/// Roles of the root business unit.
pub fn named_roles(environment: &Environment, names: &[String]) -> Vec<Value> {
    let unit = root_unit(environment);
    names.iter().map(|name| role(environment, name, &unit)).collect()
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

fn solutions(environment: &Environment) -> Table<'static> {
    let installed = environment.packages.iter().filter_map(|(name, version)| Some((packages::find(name)?, version)));
    let brought = installed.flat_map(|(package, version)| {
        std::iter::once(&package.name)
            .chain(package.solutions)
            .map(move |solution| self::solution(environment, solution, package.title, version))
    });
    let others = environment.contents.other_solutions.iter().map(|OtherSolution { name, title, version }| {
        solution(environment, name, if title.is_empty() { name } else { title }, version)
    });
    let sample = solution(environment, "", "", "");
    table_like("solutionid", &[], brought.chain(others).collect(), sample)
}

fn solution(environment: &Environment, name: &str, title: &str, version: &str) -> Value {
    json!({
        "@odata.etag": "W/\"300\"",
        "solutionid": ids::of(&["solution", &environment.name, name]),
        "uniquename": name,
        "friendlyname": title,
        "version": version,
        "ismanaged": true,
        "isvisible": true,
        "installedon": "2026-02-03T09:15:00Z",
    })
}

const CURRENCY: Navigation = Navigation {
    name: "basecurrencyid",
    key: "transactioncurrencyid",
    columns: &["transactioncurrencyid", "isocurrencycode", "currencyname"],
};

fn organisation(environment: &Environment) -> Value {
    let currency = ids::of(&["currency", &environment.name, "EUR"]);
    json!({
        "@odata.etag": "W/\"100\"",
        "organizationid": ids::of(&["organisation", &environment.name]),
        "name": environment.name,
        "languagecode": 1033,
        "_basecurrencyid_value": currency,
        "basecurrencyid": {"transactioncurrencyid": currency, "isocurrencycode": "EUR", "currencyname": "Euro"},
    })
}
