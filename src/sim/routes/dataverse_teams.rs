//! Teams of Dataverse with their roles: the default team of each business unit, whose members are all
//! users of the unit, and the team of administrators, if the scenario has one.

use super::dataverse::{ROLE_COLUMNS, named_roles, other_unit, root_unit};
use super::dataverse_users::person_id;
use crate::sim::{ids, odata::Navigation, scenario::Environment};
use serde_json::{Value, json};

/// Rows that a team holds.
pub const NAVIGATION: [Navigation; 2] = [
    Navigation { name: "teamroles_association", key: "roleid", columns: ROLE_COLUMNS },
    Navigation {
        name: "businessunitid",
        key: "businessunitid",
        columns: &["businessunitid", "name", "_parentbusinessunitid_value"],
    },
];

/// Row id of the default team of the root business unit.
pub fn default_team(environment: &Environment) -> String {
    ids::of(&["team", &environment.name])
}

/// The default team of the root business unit; named like the unit unless somebody renamed it.
fn default_row(environment: &Environment) -> Value {
    let name = environment.contents.default_team.name.as_ref().unwrap_or(&environment.name);
    let unit = json!({
        "businessunitid": root_unit(environment),
        "name": environment.name,
        "_parentbusinessunitid_value": null,
    });
    row(environment, &default_team(environment), name, true, &unit, &environment.contents.default_team.roles)
}

/// The team by which the person has roles beside those of their own.
fn administrators(environment: &Environment) -> Option<Value> {
    let root = root_unit(environment);
    let unit = json!({"businessunitid": root, "name": environment.name, "_parentbusinessunitid_value": null});
    let id = ids::of(&["team", &environment.name, "administrators"]);
    let roles = &environment.contents.my_team_roles;
    (!roles.is_empty()).then(|| row(environment, &id, "Contoso administrators", false, &unit, roles))
}

/// Every team.
pub fn all(environment: &Environment) -> Vec<Value> {
    let unit = json!({
        "businessunitid": other_unit(environment),
        "name": "Sales",
        "_parentbusinessunitid_value": root_unit(environment),
    });
    let sales = row(environment, &ids::of(&["team", &environment.name, "sales"]), "Sales", true, &unit, &[]);
    [Some(default_row(environment)), Some(sales), administrators(environment)].into_iter().flatten().collect()
}

/// The teams of a user.
pub fn of(environment: &Environment, user: &str) -> Vec<Value> {
    let own = administrators(environment).filter(|_| user.eq_ignore_ascii_case(&person_id(environment)));
    std::iter::once(default_row(environment)).chain(own).collect()
}

fn row(environment: &Environment, id: &str, name: &str, is_default: bool, unit: &Value, roles: &[String]) -> Value {
    json!({
        "@odata.etag": "W/\"401\"",
        "teamid": id,
        "name": name,
        "isdefault": is_default,
        "teamtype": 0,
        "_businessunitid_value": unit["businessunitid"],
        "businessunitid": unit,
        "teamroles_association": named_roles(environment, roles),
    })
}
