//! Finance and operations OData: client ID rows, users and their roles, legal entities.

use super::Context;
use crate::sim::{
    call::{Answer, Call},
    odata::{self, Ids, Question, Table},
    scenario::{ClientIdRow, Environment},
};
use crate::wire::finance_operations::SYSTEM_ADMINISTRATOR;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Answers a request to the finance and operations of the environment at `place`.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str], place: usize) -> Result<Answer, Answer> {
    let url = context.hosts.finance_operations(&context.world.environments[place]);
    // Here a slash at the end of the audience makes another audience.
    context
        .world
        .tokens
        .check(call.bearer(), &url, true, context.now)
        .map_err(|refusal| failed(StatusCode::UNAUTHORIZED, refusal.words()))?;
    let environment = &context.world.environments[place];
    match segments {
        ["data", "SysAADClients"] => {
            call.only(&[Method::GET, Method::POST])?;
            if call.method == Method::POST {
                return create(context, call, place);
            }
            let rows = environment.client_id_rows.iter().map(|row| client_row(place, row)).collect();
            let sample = ClientIdRow { app: String::new(), user: String::new(), name: String::new() };
            list(call, &url, "SysAADClients", client_key(place), rows, client_row(place, &sample))
        }
        ["data", row] if row.starts_with("SysAADClients(") => {
            call.only(&[Method::GET, Method::PATCH])?;
            let id = odata::key_of(row, "SysAADClients").unwrap_or_default();
            one(context, call, place, id)
        }
        ["data", "SystemUsers"] => {
            call.only(&[Method::GET])?;
            let rows = environment.users.iter().map(|user| {
                json!({"@odata.etag": "W/\"J1\"", "UserID": user.id, "UserName": user.id, "Alias": user.alias, "Company": "DAT", "UserInfo_language": "en-us", "Enabled": user.enabled})
            });
            list(call, &url, "SystemUsers", "UserID", rows.collect(), Value::Null)
        }
        ["data", "SecurityUserRoles"] => {
            call.only(&[Method::GET])?;
            let roles = environment.users.iter().flat_map(|user| user.roles.iter().map(|role| (&*user.id, &**role)));
            let rows = roles.map(|(user, role)| user_role(user, role)).collect();
            list(call, &url, "SecurityUserRoles", "UserId", rows, user_role("", ""))
        }
        ["data", "LegalEntities"] => {
            call.only(&[Method::GET])?;
            let rows = environment.legal_entities.iter().map(|company| {
                json!({"@odata.etag": "W/\"J2\"", "LegalEntityId": company.id, "Name": company.name, "CompanyType": "Organization"})
            });
            list(call, &url, "LegalEntities", "LegalEntityId", rows.collect(), Value::Null)
        }
        ["data", ..] => Err(failed(StatusCode::NOT_FOUND, "No HTTP resource was found that matches the request URI.")),
        _ => Err(Answer::html(StatusCode::NOT_FOUND)),
    }
}

/// The error shape: an empty code, a general message, and the words inside.
fn failed(status: StatusCode, words: &str) -> Answer {
    Answer::json(
        status,
        json!({"error": {
            "code": "",
            "message": "An error has occurred.",
            "innererror": {
                "message": words,
                "type": "Microsoft.Dynamics.Platform.Integration.Services.OData.ODataException",
                "stacktrace": "   at Microsoft.Dynamics.Platform.Integration.Services.OData.Update()",
            },
        }}),
    )
}

fn bad(words: &str) -> Answer {
    failed(StatusCode::BAD_REQUEST, words)
}

fn list(call: &Call, url: &str, set: &str, key: &str, rows: Vec<Value>, sample: Value) -> Result<Answer, Answer> {
    let table = Table { key, navigation: &[], ids: Ids::Quoted, rows, sample };
    let rows = odata::ask(&table, Question::of(call)).map_err(|words| bad(&words))?;
    Ok(Answer::ok(json!({"@odata.context": format!("{url}/data/$metadata#{set}"), "value": rows})))
}

/// A role of a user. Its identifier is not its name.
fn user_role(user: &str, name: &str) -> Value {
    let [administrator, administrator_name] = SYSTEM_ADMINISTRATOR;
    let is_administrator = name.eq_ignore_ascii_case(administrator_name);
    let identifier = if is_administrator { administrator.to_owned() } else { name.replace(' ', "") };
    json!({
        "@odata.etag": "W/\"J3\"",
        "UserId": user,
        "SecurityRoleIdentifier": identifier,
        "SecurityRoleName": name,
        "AssignmentStatus": "Enabled",
    })
}

/// The column of the application id: some builds write it in another way.
fn client_key(place: usize) -> &'static str {
    if place.is_multiple_of(2) { "AADClientId" } else { "AadClientId" }
}

fn client_row(place: usize, row: &ClientIdRow) -> Value {
    let mut value = json!({"@odata.etag": "W/\"J0\"", "UserId": row.user, "Name": row.name});
    value[client_key(place)] = row.app.clone().into();
    value
}

fn create(context: &mut Context, call: &Call, place: usize) -> Result<Answer, Answer> {
    let body = call.json().map_err(|words| bad(&words))?;
    let environment = &mut context.world.environments[place];
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let row = ClientIdRow { app: text("AADClientId").to_lowercase(), user: text("UserId"), name: text("Name") };
    if uuid::Uuid::try_parse(&row.app).is_err() {
        return Err(bad(
            "Write failed for table row of type 'SysAADClientTable'. Infolog: Error: Client ID must be a GUID.",
        ));
    }
    user_exists(environment, &row.user)?;
    if environment.client_id_rows.iter().any(|own| own.app.eq_ignore_ascii_case(&row.app)) {
        return Err(bad(
            "Write failed for table row of type 'SysAADClientTable'. Infolog: Error: Cannot create a record in Microsoft Entra ID applications (SysAADClientTable). The record already exists.",
        ));
    }
    *context.world.counters.rows_created.entry(row.app.clone()).or_default() += 1;
    let answer = client_row(place, &row);
    environment.client_id_rows.push(row);
    Ok(Answer::json(StatusCode::CREATED, answer))
}

fn user_exists(environment: &Environment, user: &str) -> Result<(), Answer> {
    if environment.users.iter().any(|own| own.id.eq_ignore_ascii_case(user)) {
        return Ok(());
    }
    Err(bad(&format!(
        "Write failed for table row of type 'SysAADClientTable'. Infolog: Error: The value '{user}' in field 'User ID' is not found in the related table 'User information'."
    )))
}

fn one(context: &mut Context, call: &Call, place: usize, id: &str) -> Result<Answer, Answer> {
    let environment = &mut context.world.environments[place];
    let at = environment.client_id_rows.iter().position(|row| row.app.eq_ignore_ascii_case(id));
    let at = at.ok_or_else(|| failed(StatusCode::NOT_FOUND, "No resources were found when selecting for update."))?;
    if call.method == Method::GET {
        return Ok(Answer::ok(client_row(place, &environment.client_id_rows[at])));
    }
    let body = call.json().map_err(|words| bad(&words))?;
    let Some(user) = body["UserId"].as_str() else { return Err(bad("The property 'UserId' is missing.")) };
    user_exists(environment, user)?;
    let row = &mut environment.client_id_rows[at];
    user.clone_into(&mut row.user);
    *context.world.counters.rows_bound.entry(row.app.to_lowercase()).or_default() += 1;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
