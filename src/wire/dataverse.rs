//! Dataverse Web API: integration details, application users, roles.

use super::text;
use serde::{Deserialize, Serialize};

/// Prefix of every path.
pub const BASE: &str = "/api/data/v9.2";
/// Error code of [`integration_path`]: not joined with finance and operations. A normal state.
pub const NOT_INTEGRATED: &str = "0x80048d0b";
/// Error code: the caller is no member of the organisation.
pub const NOT_A_MEMBER: &str = "0x80072560";
/// Error code: duplicate key; for a role that is given twice it counts as done.
pub const DUPLICATE: &str = "0x80040237";
/// `accessmode` of an application user.
pub const ACCESS_MODE_APPLICATION: i32 = 4;
/// The role an application user needs.
pub const SYSTEM_ADMINISTRATOR: &str = "System Administrator";
/// Template of that role; the name can be localised, the template cannot.
pub const SYSTEM_ADMINISTRATOR_TEMPLATE: &str = "627090ff-40a3-4053-8790-584edc5be201";

/// `GET` the finance and operations environment this organisation is joined with.
pub fn integration_path() -> String {
    format!("{BASE}/RetrieveFinanceAndOperationsIntegrationDetails")
}

/// `GET` the application users of one application id, with their roles.
pub fn users_path(app: &str) -> String {
    format!(
        "{BASE}/systemusers?$select=systemuserid,fullname,applicationid,isdisabled,accessmode,deletedstate,azureactivedirectoryobjectid,_businessunitid_value&$expand=systemuserroles_association($select=roleid,name,_businessunitid_value,_roletemplateid_value)&$filter=applicationid eq {app}"
    )
}

/// `POST` creates an application user; `PATCH` on [`user_path`] changes it.
pub fn create_user_path() -> String {
    format!("{BASE}/systemusers")
}

/// One application user.
pub fn user_path(user: &str) -> String {
    format!("{BASE}/systemusers({user})")
}

/// `GET` the root business unit (exactly one row).
pub fn root_business_unit_path() -> String {
    format!("{BASE}/businessunits?$select=businessunitid,name&$filter=parentbusinessunitid eq null")
}

/// `GET` the System Administrator role of one business unit, by its English name.
pub fn administrator_role_path(business_unit: &str) -> String {
    role_path(&format!("name eq '{SYSTEM_ADMINISTRATOR}'"), business_unit)
}

/// The same by the template it was made from, for organisations in another language.
pub fn administrator_role_by_template_path(business_unit: &str) -> String {
    role_path(&format!("_roletemplateid_value eq {SYSTEM_ADMINISTRATOR_TEMPLATE}"), business_unit)
}

fn role_path(which: &str, business_unit: &str) -> String {
    format!(
        "{BASE}/roles?$select=roleid,name,_businessunitid_value&$filter={which} and _businessunitid_value eq {business_unit}"
    )
}

/// `POST` gives a role to a user.
pub fn give_role_path(user: &str) -> String {
    format!("{BASE}/systemusers({user})/systemuserroles_association/$ref")
}

/// A list answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Rows<T> {
    /// The rows; required, so that `{}` is never read as "none".
    pub value: Vec<T>,
    /// Absolute address of the next page, followed as it is.
    #[serde(default = "no_link", rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

fn no_link() -> Option<String> {
    None
}

/// The join made by Power Platform Integration, seen from Dataverse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Integration {
    /// Finance and operations address; required.
    pub url: String,
    /// Tenant.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// LCS environment id.
    #[serde(default)]
    pub id: Option<String>,
}

/// An application user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// Row id.
    pub systemuserid: String,
    /// Name for people.
    pub fullname: Option<String>,
    /// Application id.
    pub applicationid: Option<String>,
    /// Disabled users cannot be used by dual-write.
    pub isdisabled: Option<bool>,
    /// Other than 0: soft-deleted, and in the way of a new one.
    pub deletedstate: Option<i32>,
    /// Business unit of the user.
    #[serde(rename = "_businessunitid_value")]
    pub business_unit: Option<String>,
    /// Roles, with `$expand`.
    pub systemuserroles_association: Vec<Role>,
}

/// A security role; one row exists per business unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Role {
    /// Row id.
    pub roleid: String,
    /// May be localised.
    pub name: Option<String>,
    /// Business unit of the row.
    #[serde(rename = "_businessunitid_value")]
    pub business_unit: Option<String>,
    /// The template the role was made from.
    #[serde(rename = "_roletemplateid_value", skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl Role {
    /// Whether this is System Administrator, by template or by its English name.
    pub fn is_system_administrator(&self) -> bool {
        self.template.as_deref().is_some_and(|id| super::bare_id(id) == super::bare_id(SYSTEM_ADMINISTRATOR_TEMPLATE))
            || self.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(SYSTEM_ADMINISTRATOR))
    }
}

/// A business unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BusinessUnit {
    /// Row id.
    pub businessunitid: String,
    /// Name for people.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
}

/// Body that creates an application user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewUser {
    /// Application id.
    pub applicationid: String,
    /// [`ACCESS_MODE_APPLICATION`].
    pub accessmode: i32,
    /// `false`.
    pub isdisabled: bool,
    /// `/businessunits({id})`.
    #[serde(rename = "businessunitid@odata.bind")]
    pub business_unit: String,
}

/// Body that enables an application user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnableUser {
    /// `false`.
    pub isdisabled: bool,
    /// Application id.
    pub applicationid: String,
}

/// Body that names another row by its address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// `https://{org}/api/data/v9.2/roles({id})`.
    #[serde(rename = "@odata.id")]
    pub id: String,
}
