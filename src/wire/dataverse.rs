//! Dataverse Web API: integration details, application users, roles.

use super::{or_default, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Prefix of every path.
pub const BASE: &str = "/api/data/v9.2";
/// Error code of [`integration_path`]: not joined with finance and operations. A normal state.
pub const NOT_INTEGRATED: &str = "0x80048d0b";
/// Error code of a segment of the path that does not exist, such as a table that was not installed.
pub const MALFORMED: &str = "0x80060888";
/// Error code: duplicate key; for a role that is given twice it counts as done.
pub const DUPLICATE: &str = "0x80040237";
/// `accessmode` of an application user.
pub const ACCESS_MODE_APPLICATION: i32 = 4;
/// Assemblies whose plug-in steps bring changes of Dataverse to live sync.
pub const PLUGIN_ASSEMBLIES: [&str; 2] = ["DualWriteRegistration.Plugins", "DualWriteRuntime.Plugins"];
/// Column of a company that names its default owning team.
pub const OWNING_TEAM: &str = "_cdm_defaultowningteam_value";
/// Column of a company with its row id.
const COMPANY_ID: &str = "cdm_companyid";
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

/// One application user: `PATCH` enables it, `DELETE` deletes it softly, and for good the second time.
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

/// `GET` who is asking.
pub fn who_am_i_path() -> String {
    format!("{BASE}/WhoAmI")
}

/// `GET` the roles that were given to a user directly.
pub fn own_roles_path(user: &str) -> String {
    format!("{BASE}/systemusers({user})/systemuserroles_association?$select=roleid,name,_roletemplateid_value")
}

/// `GET` the teams of a user with their roles.
pub fn own_teams_path(user: &str) -> String {
    format!(
        "{BASE}/systemusers({user})/teammembership_association?$select=teamid,name&$expand=teamroles_association($select=roleid,name,_roletemplateid_value)"
    )
}

/// `GET` the version of the organisation.
pub fn version_path() -> String {
    format!("{BASE}/RetrieveVersion")
}

/// `GET` the visible solutions.
pub fn solutions_path() -> String {
    format!("{BASE}/solutions?$select=uniquename,friendlyname,version&$filter=isvisible eq true")
}

/// `GET` the plug-in steps of both assemblies of dual-write.
pub fn plugin_steps_path() -> String {
    let of = |assembly: &str| format!("plugintypeid/assemblyname eq '{assembly}'");
    format!(
        "{BASE}/sdkmessageprocessingsteps?$select=sdkmessageprocessingstepid,name,statecode&$expand=plugintypeid($select=typename,assemblyname)&$filter={} or {}",
        of(PLUGIN_ASSEMBLIES[0]),
        of(PLUGIN_ASSEMBLIES[1])
    )
}

/// `GET` the companies. Without `$select`: the column of the owning team is not documented, and a
/// column that is not there would cost the whole answer.
pub fn companies_path() -> String {
    format!("{BASE}/cdm_companies")
}

/// `GET` the default team of a business unit, with its roles.
pub fn default_team_path(business_unit: &str) -> String {
    format!(
        "{BASE}/teams?$select=teamid,name&$expand=teamroles_association($select=roleid,name)&$filter=isdefault eq true and _businessunitid_value eq {business_unit}"
    )
}

/// `GET` the first runtime configurations of dual-write.
pub fn runtime_configurations_path() -> String {
    format!("{BASE}/msdyn_dualwriteruntimeconfigs?$top=50")
}

/// `GET` the organisation's own row.
pub fn organization_path() -> String {
    format!("{BASE}/organizations?$select=name,languagecode&$expand=basecurrencyid($select=isocurrencycode)")
}

/// A list answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Rows<T> {
    /// The rows; required, so that `{}` is never read as "none".
    pub value: Vec<T>,
    /// Address of the next page, which may be written from this one.
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
    #[serde(deserialize_with = "or_default")]
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

/// Who is asking.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WhoAmI {
    /// Row id of the user; required.
    pub user_id: String,
}

/// The version of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Version {
    /// For example `9.2.26101.00180`; required.
    pub version: String,
}

/// A team and its roles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Team {
    /// Row id.
    pub teamid: String,
    /// Name for people.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// Roles, with `$expand`.
    #[serde(deserialize_with = "or_default")]
    pub teamroles_association: Vec<Role>,
}

/// A solution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Solution {
    /// Key; compare case aside.
    #[serde(deserialize_with = "or_default")]
    pub uniquename: String,
    /// Name for people.
    pub friendlyname: Option<String>,
    /// Dotted integers.
    #[serde(deserialize_with = "text")]
    pub version: Option<String>,
}

/// A plug-in step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PluginStep {
    /// Name for people.
    pub name: Option<String>,
    /// 0: enabled.
    pub statecode: Option<i32>,
}

/// A company in Dataverse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Company {
    /// Code, equal to that of the legal entity.
    #[serde(rename = "cdm_companycode", deserialize_with = "text")]
    pub code: Option<String>,
    /// Name for people.
    #[serde(rename = "cdm_name", deserialize_with = "text")]
    pub name: Option<String>,
    /// Whether it takes part in dual-write.
    #[serde(rename = "cdm_isenabledfordualwrite")]
    pub is_enabled: Option<bool>,
    /// Everything else, so that a column that is missing can be told from one that is empty.
    #[serde(flatten)]
    pub more: BTreeMap<String, serde_json::Value>,
}

impl Company {
    /// The row id, where the answer has it.
    pub fn id(&self) -> Option<&str> {
        self.more.get(COMPANY_ID)?.as_str()
    }

    /// The row id of the default owning team: `None` when the answer has no such column, `Some(None)`
    /// when there is no team. The column is not documented; its name is that of the label.
    pub fn owning_team(&self) -> Option<Option<&str>> {
        self.more.get(OWNING_TEAM).map(|value| value.as_str().filter(|id| !id.is_empty()))
    }
}

/// The organisation's own row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// Base language as a Windows language id, for example 1033.
    pub languagecode: Option<u32>,
    /// Base currency.
    #[serde(deserialize_with = "or_default")]
    pub basecurrencyid: Currency,
}

/// A currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Currency {
    /// For example `EUR`.
    pub isocurrencycode: Option<String>,
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
