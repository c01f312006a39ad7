//! Microsoft Graph, the few questions about the person and the tenant that no other service answers:
//! licences, roles in the directory, applications known to the tenant. Optional.

use super::{or_default, text};
use serde::{Deserialize, Serialize};

/// `GET` the licences of whoever asks.
pub const LICENCES_PATH: &str = "/v1.0/me/licenseDetails";
/// `GET` the directory roles of whoever asks.
pub const DIRECTORY_ROLES_PATH: &str =
    "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=displayName,roleTemplateId";

/// `GET` the service principals of these applications in the tenant.
pub fn principals_path(apps: &[&str]) -> String {
    let which: Vec<String> = apps.iter().map(|app| format!("appId eq '{app}'")).collect();
    format!("/v1.0/servicePrincipals?$select=appId,displayName,accountEnabled&$filter={}", which.join(" or "))
}

/// Templates of the directory roles that may create environments where that is restricted: Global
/// Administrator, Power Platform Administrator, Dynamics 365 Administrator.
pub const CREATOR_ROLES: [&str; 3] = [
    "62e90394-69f5-4237-9190-012177145e10",
    "11648597-926c-4cf3-9c36-bcebb0ba8dcc",
    "44367163-eba1-44c3-98af-f5787879f96a",
];

/// A licence of a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Licence {
    /// For example `DYN365_ENTERPRISE_PLAN1`.
    pub sku_part_number: Option<String>,
    /// What it contains.
    #[serde(deserialize_with = "or_default")]
    pub service_plans: Vec<ServicePlan>,
}

/// A part of a licence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePlan {
    /// For example `POWERAPPS_DYN_APPS`.
    pub service_plan_name: Option<String>,
    /// `Success` when it can be used.
    pub provisioning_status: Option<String>,
}

/// A role in the directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DirectoryRole {
    /// Name for people.
    pub display_name: Option<String>,
    /// The same in every tenant.
    pub role_template_id: Option<String>,
}

/// An application as the tenant knows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePrincipal {
    /// Application id.
    #[serde(deserialize_with = "text")]
    pub app_id: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// `false` blocks it.
    pub account_enabled: Option<bool>,
}
