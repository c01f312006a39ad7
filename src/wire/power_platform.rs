//! Power Platform API: application packages and their installation.

use super::{or_default, text};
use serde::{Deserialize, Serialize};

/// API version every open client uses.
pub const API_VERSION: &str = "2022-03-01-preview";

/// `GET` the packages of an environment, installed and not.
pub fn packages_path(environment: &str) -> String {
    format!("/appmanagement/environments/{environment}/applicationPackages?api-version={API_VERSION}")
}

/// `POST` starts the installation of one package. Never replayed: look first.
pub fn install_path(environment: &str, package: &str) -> String {
    format!("/appmanagement/environments/{environment}/applicationPackages/{package}/install?api-version={API_VERSION}")
}

/// `GET` one installation.
pub fn operation_path(environment: &str, operation: &str) -> String {
    format!("/appmanagement/environments/{environment}/operations/{operation}?api-version={API_VERSION}")
}

/// A page of packages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PackagePage {
    /// The rows; required, so that `{}` is never read as "no packages".
    pub value: Vec<Package>,
    /// Possible, never seen.
    #[serde(default, rename = "@odata.nextLink", alias = "nextLink", skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

/// One row of the list. The same `uniqueName` may stand in two rows: the installed version, and a
/// newer one that is not installed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Package {
    /// Package id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Key of the installation; spelled `msdyn_` or `MsDyn_`: compare case aside.
    #[serde(deserialize_with = "or_default")]
    pub unique_name: String,
    /// Package version.
    #[serde(deserialize_with = "text")]
    pub version: Option<String>,
    /// Name for people.
    pub application_name: Option<String>,
    /// Name for people, localised.
    pub localized_name: Option<String>,
    /// `None`, `NotInstalled`, `InstallRequested`, `InstallScheduled`, `Installing`,
    /// `InstallRetrying`, `Installed`, `InstallFailed`, `Uninstalling`, `UninstallFailed`, others.
    pub state: Option<String>,
    /// What real answers carry.
    pub error_details: Option<Box<ErrorDetails>>,
    /// What the reference names.
    pub last_error: Option<Box<ErrorDetails>>,
}

/// Why an installation failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorDetails {
    /// An integer in most answers, a string in some.
    #[serde(deserialize_with = "text")]
    pub error_code: Option<String>,
    /// For example `SolutionImportFailed`.
    pub error_name: Option<String>,
    /// The service's own words.
    pub message: Option<String>,
    /// For example `Dataverse`.
    pub source: Option<String>,
}

/// Answer 200 to an installation request (202 has no body).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstancePackage {
    /// The package that was asked for.
    pub package_unique_name: Option<String>,
    /// The installation that was started.
    pub last_operation: Option<LastOperation>,
}

/// The installation inside an [`InstancePackage`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LastOperation {
    /// `InstallRequested`, ...
    pub state: Option<String>,
    /// Key for [`operation_path`].
    #[serde(deserialize_with = "text")]
    pub operation_id: Option<String>,
    /// Why it failed.
    pub error_details: Option<ErrorDetails>,
}

/// One installation as [`operation_path`] tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Operation {
    /// Its id.
    #[serde(deserialize_with = "text")]
    pub operation_id: Option<String>,
    /// `NotStarted`, `Running`, `Succeeded`, `Failed`, `Canceled`; anything else is still running.
    pub status: Option<String>,
    /// Words about the status.
    pub status_message: Option<String>,
    /// Why it failed.
    pub error: Option<ErrorDetails>,
}
