//! BAP admin API: the environments of the tenant.

use super::{or_default, text};
use serde::{Deserialize, Serialize};

/// API version of list and read.
pub const API_VERSION: &str = "2023-06-01";

/// `GET` all environments the caller may administer.
pub fn environments_path() -> String {
    format!("/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments?api-version={API_VERSION}")
}

/// `GET` one environment by its name (the environment id).
pub fn environment_path(name: &str) -> String {
    format!("/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/{name}?api-version={API_VERSION}")
}

/// A page of environments; `nextLink` is followed while present.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentPage {
    /// The rows; required, so that `{}` is never read as "no environments".
    pub value: Vec<Environment>,
    /// Address of the next page, which may be written from this one.
    #[serde(default, rename = "nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

/// One Power Platform environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Environment id: a GUID, or `Default-{tenantGuid}`.
    pub name: String,
    /// Geography code: `europe`, `unitedstates`, ...
    #[serde(default)]
    pub location: Option<String>,
    /// Everything else.
    #[serde(default, deserialize_with = "or_default")]
    pub properties: Properties,
}

/// The fields of this flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Properties {
    /// Tenant of the environment.
    pub tenant_id: Option<String>,
    /// For example `westeurope`.
    pub azure_region: Option<String>,
    /// Name a person gave it.
    pub display_name: Option<String>,
    /// `Succeeded`, `LinkedDatabaseProvisioning`, `Failed`, others unknown.
    pub provisioning_state: Option<String>,
    /// `Production`, `Sandbox`, `Trial`, `SubscriptionBasedTrial`, `Developer`, `Default`, `Teams`.
    pub environment_sku: Option<String>,
    /// Absent without Dataverse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_environment_metadata: Option<LinkedEnvironment>,
    /// Absent without finance and operations: its presence proves Power Platform Integration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_app_metadata: Option<LinkedApp>,
    /// The cluster that serves it.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Cluster::is_unknown")]
    pub cluster: Cluster,
    /// Management and runtime state.
    #[serde(deserialize_with = "or_default")]
    pub states: States,
}

/// The Dataverse database of an environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LinkedEnvironment {
    /// Organisation id.
    pub resource_id: Option<String>,
    /// Display name of the organisation.
    pub friendly_name: Option<String>,
    /// Dataverse version, for example `9.2.24052.00180`.
    pub version: Option<String>,
    /// Organisation address with a trailing slash.
    pub instance_url: Option<String>,
    /// `Ready`, ...
    pub instance_state: Option<String>,
}

/// The finance and operations environment joined with an environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkedApp {
    /// LCS environment id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// `Internal` (unified, born together) or `Linked` (joined through LCS).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Base address of finance and operations.
    pub url: Option<String>,
}

/// The cluster of an environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cluster {
    /// For example `eu-il107.gateway.prod.island`.
    pub uri_suffix: Option<String>,
}

impl Cluster {
    fn is_unknown(&self) -> bool {
        self.uri_suffix.is_none()
    }
}

/// States of an environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct States {
    /// `Ready`, `NotSpecified`, `Preparing`, `Running`, `Failed`, `Deleted`.
    #[serde(deserialize_with = "or_default")]
    pub management: State,
    /// `Enabled`, `Disabled`, `AdminMode`.
    #[serde(deserialize_with = "or_default")]
    pub runtime: State,
}

/// One state as the service spells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The word.
    pub id: Option<String>,
}
