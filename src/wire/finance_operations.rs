//! Finance and operations OData: client ID rows, users, legal entities.

use serde::{Deserialize, Serialize};

/// `GET` lists the client ID rows (page Microsoft Entra ID applications), `POST` adds one.
pub const CLIENT_ID_ROWS_PATH: &str = "/data/SysAADClients";
/// `GET` lists the users.
pub const USERS_PATH: &str = "/data/SystemUsers?$select=UserID,UserName,Alias,Enabled";
/// `GET` lists the legal entities.
pub const LEGAL_ENTITIES_PATH: &str = "/data/LegalEntities?$select=LegalEntityId,Name&cross-company=true";
/// `PATCH` changes one client ID row.
pub fn client_id_row_path(app: &str) -> String {
    format!("{CLIENT_ID_ROWS_PATH}(AADClientId='{app}')")
}

/// `GET` the roles of one user, whose id is quoted and encoded already. The name of the entity is known from public code, its columns are not
/// confirmed.
pub fn user_roles_path(user: &str) -> String {
    format!("/data/SecurityUserRoles?$filter=UserId eq '{user}'")
}

/// The role whoever links needs, by its identifier and by its English name.
pub const SYSTEM_ADMINISTRATOR: [&str; 2] = ["-SYSADMIN-", "System administrator"];

/// The user a client ID row is bound to when nobody chose another; known to work.
pub const DEFAULT_USER: &str = "Admin";

/// A client ID row. Some answers spell `AadClientId`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientIdRow {
    /// Application id; compare case aside.
    #[serde(rename = "AADClientId", alias = "AadClientId", alias = "aadClientId")]
    pub client_id: String,
    /// User the application runs as; must exist and be enabled.
    #[serde(rename = "UserId", alias = "UserID", default)]
    pub user_id: Option<String>,
    /// Free text.
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
}

/// A user of finance and operations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Short id, for example `Admin`.
    #[serde(rename = "UserID", alias = "UserId")]
    pub user_id: String,
    /// Sign-in name.
    #[serde(rename = "Alias", default)]
    pub alias: Option<String>,
    /// Missing means that the answer did not say.
    #[serde(rename = "Enabled", default)]
    pub enabled: Option<bool>,
}

/// A role of a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserRole {
    /// For example `-SYSADMIN-`.
    #[serde(rename = "SecurityRoleIdentifier")]
    pub identifier: Option<String>,
    /// May be localised.
    #[serde(rename = "SecurityRoleName")]
    pub name: Option<String>,
}

impl UserRole {
    /// Whether this is System administrator.
    pub fn is_system_administrator(&self) -> bool {
        let is_known = |text: &String| SYSTEM_ADMINISTRATOR.iter().any(|known| text.eq_ignore_ascii_case(known));
        [&self.identifier, &self.name].into_iter().flatten().any(is_known)
    }
}

/// Body that binds a client ID row to another user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BindRow {
    /// User the application runs as.
    #[serde(rename = "UserId")]
    pub user_id: String,
}

/// A company.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LegalEntity {
    /// Code of up to four characters.
    #[serde(rename = "LegalEntityId", alias = "DataArea")]
    pub id: String,
    /// Name for people.
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
}
