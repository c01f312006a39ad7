//! Dual-write management gateway: is there a link, whose is it, which maps run, and Reset link.
//! Undocumented; seen in Microsoft's own helper, which calls it unsupported.

use super::{or_default, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `GET` the links of a finance and operations host. The identifier is the bare host: an address
/// silently answers "not linked".
pub fn environments_path(finops_host: &str) -> String {
    format!("/api/DualWriteManagement/1.0/Environments?targetType=AX&identifier={finops_host}")
}

/// `GET` something that answers without a token: whether there is a gateway at all.
pub const VERSION_PATH: &str = "/api/DualWriteManagement/1.0/Version";

/// The gateway of an environment, guessed from the cluster that serves it (for example
/// `eu-il107.gateway.prod.island`). Never documented: an address to try, not one to trust.
pub fn guessed_address(uri_suffix: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (!uri_suffix.is_empty() && uri_suffix.chars().all(is_plain))
        .then(|| format!("https://projectmanagementservice.{}.powerapps.com", uri_suffix.to_ascii_lowercase()))
}

/// `GET` one connection set by its name.
pub fn connection_set_path(name: &str) -> String {
    format!("/api/ConnectionSet/{name}")
}

/// `GET` the maps of a connection set.
pub fn maps_path(cid: &str) -> String {
    format!("/api/DualWriteManagement/1.0/Entities?targetType=AX&cid={cid}")
}

/// `POST` makes the link again from the Power Platform Integration. Synchronous and long.
pub fn reset_path(cid: &str, force: bool) -> String {
    format!("/api/ConnectionSet/{cid}/Reset?targetType=AX&forceReset={}", if force { "True" } else { "False" })
}

/// One element of [`environments_path`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Link {
    /// Connection set id; empty or missing when there is no link.
    #[serde(deserialize_with = "text")]
    pub cid: Option<String>,
    /// Connection set name.
    pub cname: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// Power Platform environment id of the Dataverse side.
    pub power_apps_environment: Option<String>,
}

/// A connection set, as far as the wizard shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionSet {
    /// Equals `cid`.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Key of [`connection_set_path`].
    pub name: Option<String>,
    /// Who linked: only this person may add maps later. Text, or an object on newer builds.
    pub owner: serde_json::Value,
    /// When it was made.
    pub created_date_time: Option<String>,
    /// Both sides, by name.
    #[serde(deserialize_with = "or_default")]
    pub environments: BTreeMap<String, Side>,
    /// Companies and settings.
    #[serde(deserialize_with = "or_default")]
    pub dual_write_detail: DualWriteDetail,
}

impl ConnectionSet {
    /// The owner as text, whichever form the service used.
    pub fn owner_text(&self) -> Option<String> {
        match &self.owner {
            serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
            serde_json::Value::Object(fields) => ["userPrincipalName", "email", "displayName", "name", "id"]
                .iter()
                .find_map(|key| fields.get(*key)?.as_str().map(str::to_owned)),
            _ => None,
        }
    }
}

/// One side of a connection set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Side {
    /// Host.
    pub name: Option<String>,
    /// `AX`, `CRM`, or a text with `CDS`.
    pub target_type: Option<String>,
    /// Name for people.
    pub environment_display_name: Option<String>,
    /// Power Platform environment id.
    pub power_apps_environment: Option<String>,
    /// Base address.
    pub direct_url: Option<String>,
    /// Whether it is a development instance.
    #[serde(deserialize_with = "or_default")]
    pub is_dev_instance: bool,
}

impl Side {
    /// Whether this is the Dataverse side.
    pub fn is_dataverse(&self) -> bool {
        let kind = self.target_type.as_deref().unwrap_or_default().to_ascii_uppercase();
        kind == "CRM" || kind.contains("CDS")
    }

    /// Whether this is the finance and operations side.
    pub fn is_finops(&self) -> bool {
        self.target_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("AX"))
    }
}

/// Companies and settings of a connection set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DualWriteDetail {
    /// Which companies take part.
    #[serde(deserialize_with = "or_default")]
    pub legal_entity_mappings: LegalEntityMappings,
}

/// Which companies take part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LegalEntityMappings {
    /// One per company; `None`: the answer does not say.
    pub mappings: Option<Vec<LegalEntityMapping>>,
}

/// One company on both sides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LegalEntityMapping {
    /// Finance and operations side.
    #[serde(deserialize_with = "or_default")]
    pub left: Partition,
    /// Dataverse side.
    #[serde(deserialize_with = "or_default")]
    pub right: Partition,
}

/// A company of one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Partition {
    /// Company code.
    pub name: Option<String>,
}

/// A table map of a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Map {
    /// Its facts.
    #[serde(deserialize_with = "or_default")]
    pub detail: MapDetail,
}

/// Facts of a table map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MapDetail {
    /// Name for people.
    #[serde(rename = "tName")]
    pub name: Option<String>,
    /// A number as text: 1 Stopped, 2 `InitialSync`, 3 `CatchUp`, 4 Running, 5 Paused, 6 `NotRunning`.
    #[serde(deserialize_with = "text")]
    pub state: Option<String>,
    /// Project; missing while the map was never initialised.
    #[serde(deserialize_with = "text")]
    pub pid: Option<String>,
}

/// Body of [`reset_path`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reset {
    /// Power Platform environment id of the Dataverse side.
    pub power_apps_environment_name: String,
    /// Dataverse first, then finance and operations.
    pub environments: Vec<ResetSide>,
    /// Finance and operations company codes, without duplicates.
    pub legal_entities: Vec<String>,
}

/// One side in a [`Reset`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetSide {
    /// `CRM` or `AX`.
    pub target_type: String,
    /// Host.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Power Platform environment id, on both sides.
    pub id: String,
    /// Whether it is a development instance.
    pub is_dev_instance: bool,
    /// Base address.
    pub direct_url: String,
}
