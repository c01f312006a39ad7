//! Lifecycle Services API: environment metadata. Every answer is HTTP 200 with an envelope whose
//! `IsSuccess` is the only truth about the work.

use super::{or_default, text};
use serde::{Deserialize, Serialize};

/// Required header and its documented value.
pub const VERSION_HEADER: (&str, &str) = ("x-ms-version", "2017-09-15");

/// `GET` one page (from 1) of all environments of a project.
pub fn environments_path(project: u64, page: usize) -> String {
    format!("/environmentinfo/v1/detail/project/{project}/?page={page}")
}

/// The page of Lifecycle Services a person works on: Environment Details (known from public use).
pub fn portal_environment(project: u64, environment: &str) -> String {
    format!("https://lcs.dynamics.com/V2/EnvironmentDetailsV3New/{project}?EnvironmentId={environment}")
}

/// The envelope around every answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Envelope<T> {
    /// The only truth about the operation.
    #[serde(default, deserialize_with = "or_default")]
    pub is_success: bool,
    /// Text for a person; may be set while HTTP says 200.
    #[serde(default)]
    pub error_message: Option<String>,
    /// To quote to support.
    #[serde(default, deserialize_with = "text")]
    pub operation_activity_id: Option<String>,
    /// Payload of lists.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    /// From 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_page_current: Option<u32>,
    /// Raise the page while true.
    #[serde(default, deserialize_with = "or_default")]
    pub result_has_more_pages: bool,
}

fn none<T>() -> Option<T> {
    None
}

/// One environment. Any value may be null; dates are US style (`M/d/yyyy h:mm AM`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Environment {
    /// GUID with or without dashes.
    pub environment_id: Option<String>,
    /// Name in LCS.
    pub environment_name: Option<String>,
    /// Project it belongs to.
    #[serde(deserialize_with = "text")]
    pub project_id: Option<String>,
    /// `SelfService`, `MicrosoftManaged`, `CustomerManaged` (cloud-hosted).
    pub environment_infrastructure: Option<String>,
    /// `Production`, `Sandbox`, `DevTestDev`, ...
    pub environment_type: Option<String>,
    /// Base address, usually with a trailing slash.
    pub environment_endpoint_base_url: Option<String>,
    /// State of the latest operation: `Finished`, `Stopped`, ...
    pub deployment_state: Option<String>,
    /// `AXHA` or a long product text.
    pub topology_display_name: Option<String>,
    /// For example `10.0.1860.44`.
    pub current_application_build_version: Option<String>,
    /// For example `10.0.39`.
    pub current_application_release_name: Option<String>,
    /// `PU63` or `Update63`.
    pub current_platform_release_name: Option<String>,
    /// US style, for example `2/3/2024 9:15 AM`.
    #[serde(rename = "DeployedOnUTC")]
    pub deployed_on_utc: Option<String>,
    /// Azure region display name.
    pub cloud_storage_location: Option<String>,
    /// `Deployed`, `Stopped`, `Failed`, ...
    pub deployment_status_display: Option<String>,
}
