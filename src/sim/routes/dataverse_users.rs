//! Users of Dataverse. Application users: read, create, enable, delete, and give and take roles. The
//! one person: read only.

use super::Context;
use super::dataverse::{
    NOT_FOUND, ROLE_COLUMNS, list as list_rows, malformed, named_roles, role as role_row, roles, root_unit, table,
    table_like,
};
use crate::sim::{
    call::{Answer, Call},
    ids,
    odata::{self, Navigation, Table},
    scenario::{ADA, ApplicationUser, Environment},
};
use crate::wire::{
    app_id,
    dataverse::{DUPLICATE, SYSTEM_ADMINISTRATOR},
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Applications that have a service principal in the tenant, with their names.
pub const PRINCIPALS: [(&str, &str); 5] = [
    (app_id::DATA_INTEGRATION, "Dynamics Data Integration"),
    (app_id::FINANCE_OPERATIONS, "Microsoft Dynamics ERP"),
    (app_id::RUNTIME, "Dual-write runtime"),
    (app_id::RUNTIME_OLD, "Dual-write runtime (old)"),
    (crate::sim::CLIENT, "Contoso dual-write set-up"),
];

/// Code of a user that cannot be made.
const USER_REFUSED: &str = "0x80040265";

fn full_name(app: &str) -> String {
    let known = PRINCIPALS.iter().find(|(id, _)| id.eq_ignore_ascii_case(app));
    known.map_or("# unknown application", |(_, name)| name).to_owned()
}

const NAVIGATION: [Navigation; 1] =
    [Navigation { name: "systemuserroles_association", key: "roleid", columns: ROLE_COLUMNS }];

/// Row id of the signed-in person.
pub fn person_id(environment: &Environment) -> String {
    ids::of(&["user", &environment.name, ADA])
}

fn person(environment: &Environment) -> Value {
    json!({
        "@odata.etag": "W/\"200\"",
        "systemuserid": person_id(environment),
        "fullname": "Ada Contoso",
        "applicationid": null,
        "isdisabled": false,
        "accessmode": 0,
        "deletedstate": 0,
        "azureactivedirectoryobjectid": ids::of(&["person", ADA]),
        "_businessunitid_value": root_unit(environment),
        "systemuserroles_association": named_roles(environment, &environment.contents.my_roles),
    })
}

fn row(environment: &Environment, user: &ApplicationUser) -> Value {
    json!({
        "@odata.etag": "W/\"201\"",
        "systemuserid": user.id,
        "fullname": format!("# {}", full_name(&user.app)),
        "applicationid": user.app,
        "isdisabled": !user.enabled,
        "accessmode": 4,
        "deletedstate": i32::from(user.deleted),
        "azureactivedirectoryobjectid": ids::of(&["principal", &user.app]),
        "_businessunitid_value": root_unit(environment),
        "systemuserroles_association": named_roles(environment, &user.roles),
    })
}

/// A row as a request wants to see it.
fn shown(row: &Value, call: &Call) -> Result<Value, Answer> {
    odata::show(row, "systemuserid", &NAVIGATION, call.query("$select"), call.query("$expand"))
        .map_err(|words| malformed(&words))
}

/// `GET systemusers`: the application users and the one person.
pub fn list(environment: &Environment, call: &Call, url: &str) -> Result<Answer, Answer> {
    let users = environment.application_users.iter().map(|user| row(environment, user));
    let all = std::iter::once(person(environment)).chain(users).collect();
    list_rows(call, url, "systemusers", &table("systemuserid", &NAVIGATION, all))
}

/// The names of the roles that were given to a user.
///
/// # Errors
/// There is no such user.
pub fn known<'a>(environment: &'a Environment, id: &str) -> Result<&'a [String], Answer> {
    if id.eq_ignore_ascii_case(&person_id(environment)) {
        return Ok(&environment.contents.my_roles);
    }
    let user = environment.application_users.iter().find(|user| user.id.eq_ignore_ascii_case(id));
    user.map(|user| user.roles.as_slice()).ok_or_else(|| no_user(id))
}

/// `GET` the roles of a user.
///
/// # Errors
/// There is no such user.
pub fn roles_of(environment: &Environment, id: &str) -> Result<Table<'static>, Answer> {
    let rows = named_roles(environment, known(environment, id)?);
    let sample = role_row(environment, SYSTEM_ADMINISTRATOR, &root_unit(environment));
    Ok(table_like("roleid", &[], rows, sample))
}

/// `POST systemusers`: a new application user.
pub fn create(context: &mut Context, call: &Call, url: &str, place: usize) -> Result<Answer, Answer> {
    let body = call.json().map_err(|words| malformed(&words))?;
    let environment = &mut context.world.environments[place];
    let app = body["applicationid"].as_str().unwrap_or_default().to_lowercase();
    if uuid::Uuid::try_parse(&app).is_err() {
        return Err(malformed("The property 'applicationid' must be a GUID."));
    }
    if body["accessmode"].as_i64() != Some(4) {
        return Err(malformed("An application user needs the access mode 4 (Non-interactive)."));
    }
    let unit = body["businessunitid@odata.bind"].as_str().unwrap_or_default();
    let unit = unit.rsplit('/').next().and_then(|segment| odata::key_of(segment, "businessunits")).unwrap_or_default();
    if !unit.eq_ignore_ascii_case(&root_unit(environment)) {
        let words = format!("businessunit With Id = {unit} Does Not Exist");
        return Err(Answer::error(StatusCode::NOT_FOUND, NOT_FOUND, &words));
    }
    if !PRINCIPALS.iter().any(|(id, _)| *id == app) {
        let words = format!("The application {app} has no service principal in this tenant.");
        return Err(Answer::error(StatusCode::BAD_REQUEST, USER_REFUSED, &words));
    }
    if let Some(twin) = environment.application_users.iter().find(|user| user.app.eq_ignore_ascii_case(&app)) {
        let words = format!("A record with a matching application id already exists: {app}.");
        return Err(if twin.deleted {
            Answer::error(StatusCode::BAD_REQUEST, USER_REFUSED, &words)
        } else {
            Answer::error(StatusCode::PRECONDITION_FAILED, DUPLICATE, &words)
        });
    }
    let number = context.world.counters.requests.to_string();
    let user = ApplicationUser {
        id: ids::of(&["user", &environment.name, &app, &number]),
        app: app.clone(),
        enabled: body["isdisabled"].as_bool() != Some(true),
        deleted: false,
        roles: Vec::new(),
    };
    *context.world.counters.users_created.entry(app).or_default() += 1;
    let address = format!("{url}/api/data/v9.2/systemusers({})", user.id);
    let answer = if call.header("prefer").is_some_and(|prefer| prefer.contains("return=representation")) {
        Answer::json(StatusCode::CREATED, shown(&row(environment, &user), call)?)
    } else {
        Answer::empty(StatusCode::NO_CONTENT)
    };
    environment.application_users.push(user);
    Ok(answer.with("odata-entityid", address).with("odata-version", "4.0"))
}

fn no_user(id: &str) -> Answer {
    Answer::error(StatusCode::NOT_FOUND, NOT_FOUND, &format!("systemuser With Id = {id} Does Not Exist"))
}

/// `GET` of one user; `PATCH` and `DELETE` of one application user.
pub fn one(context: &mut Context, call: &Call, place: usize, id: &str) -> Result<Answer, Answer> {
    let environment = &mut context.world.environments[place];
    if call.method == Method::GET && id.eq_ignore_ascii_case(&person_id(environment)) {
        return shown(&person(environment), call).map(Answer::ok);
    }
    let at = environment.application_users.iter().position(|user| user.id.eq_ignore_ascii_case(id));
    let at = at.ok_or_else(|| no_user(id))?;
    if call.method == Method::GET {
        return shown(&row(environment, &environment.application_users[at]), call).map(Answer::ok);
    }
    if call.method == Method::DELETE {
        // First softly, then for good.
        if environment.application_users[at].deleted {
            let gone = environment.application_users.remove(at);
            *context.world.counters.users_purged.entry(gone.app.to_lowercase()).or_default() += 1;
        } else {
            environment.application_users[at].deleted = true;
        }
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    let body = call.json().map_err(|words| malformed(&words))?;
    let user = &mut environment.application_users[at];
    if user.deleted {
        return Err(no_user(id));
    }
    if body.get("applicationid").and_then(Value::as_str).is_some_and(|app| !app.eq_ignore_ascii_case(&user.app)) {
        return Err(malformed("The application id of a user cannot be changed."));
    }
    let Some(disabled) = body["isdisabled"].as_bool() else {
        return Err(malformed("The property 'isdisabled' is missing."));
    };
    if !user.enabled && !disabled {
        *context.world.counters.users_enabled.entry(user.app.to_lowercase()).or_default() += 1;
    }
    user.enabled = !disabled;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `POST` and `DELETE` of a role of one application user.
pub fn role(context: &mut Context, call: &Call, url: &str, place: usize, id: &str) -> Result<Answer, Answer> {
    let environment = &mut context.world.environments[place];
    let address = if call.method == Method::POST {
        let body = call.json().map_err(|words| malformed(&words))?;
        body["@odata.id"].as_str().unwrap_or_default().to_owned()
    } else {
        call.query("$id").unwrap_or_default().to_owned()
    };
    let role_id = address
        .to_lowercase()
        .strip_prefix(&format!("{url}/api/data/v9."))
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(_, segment)| odata::key_of(segment, "roles").map(str::to_owned))
        .ok_or_else(|| malformed("The address of the role is not one of this organisation."))?;
    let all = roles(environment);
    let wanted = all.iter().find(|role| role["roleid"].as_str() == Some(&role_id)).ok_or_else(|| {
        Answer::error(StatusCode::NOT_FOUND, NOT_FOUND, &format!("role With Id = {role_id} Does Not Exist"))
    })?;
    if wanted["_businessunitid_value"].as_str() != Some(&root_unit(environment)) {
        let words = "Cannot assign a role that belongs to a different business unit than the user.";
        return Err(Answer::error(StatusCode::BAD_REQUEST, "0x80041d3e", words));
    }
    let name = wanted["name"].as_str().unwrap_or_default();
    let user = environment.application_users.iter_mut().find(|user| user.id.eq_ignore_ascii_case(id) && !user.deleted);
    let user = user.ok_or_else(|| no_user(id))?;
    let has = user.roles.iter().any(|own| own == name);
    if call.method == Method::DELETE {
        user.roles.retain(|own| own != name);
    } else if has {
        let words = "Cannot insert duplicate key.";
        return Err(Answer::error(StatusCode::PRECONDITION_FAILED, DUPLICATE, words));
    } else {
        user.roles.push(name.to_owned());
        *context.world.counters.roles_given.entry(user.app.to_lowercase()).or_default() += 1;
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
