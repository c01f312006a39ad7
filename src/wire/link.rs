//! Link operation. Defined by this project, in the style of the LCS API: no public call links an
//! environment. The simulator offers it, and so may a service that automates LCS for a company.

use serde::{Deserialize, Serialize};

/// Project id where no LCS project is known.
pub const NO_PROJECT: u64 = 0;

/// `POST` starts a link. The header `x-ms-client-request-id` is the idempotency key.
pub fn start_path(project: u64, environment: &str) -> String {
    format!("/link/project/{project}/environment/{environment}")
}

/// `GET` the state of a link operation.
pub fn status_path(project: u64, environment: &str, activity: &str) -> String {
    format!("/fetchstatus/project/{project}/environment/{environment}/operationactivity/{activity}")
}

/// Body of [`start_path`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// The Dataverse side.
    pub power_platform_environment_id: String,
}

/// Answer to both calls: the LCS envelope and, for the status, what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Answer {
    /// The only truth about the call; a service that says nothing of it denies nothing.
    pub is_success: Option<bool>,
    /// Text for a person.
    pub error_message: Option<String>,
    /// Key of the status, and what support asks for.
    #[serde(deserialize_with = "super::text")]
    pub operation_activity_id: Option<String>,
    /// `NotStarted`, `InProgress`, `Completed`, `Failed`, `Aborted`; anything else is running.
    pub operation_status: Option<String>,
    /// When it ended.
    pub completion_date: Option<String>,
    /// Dual-write administration area; only with `Completed`.
    pub administration_url: Option<String>,
}
