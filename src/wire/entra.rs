//! Microsoft Entra ID: device code, token and refresh. Form bodies in, JSON out.
//!
//! Secrets (`device_code`, access and refresh tokens) are `SecretString`: they have no `Debug`
//! that shows them and cannot be serialised by accident.

use super::or_default;
use secrecy::SecretString;
use serde::Deserialize;

/// Grant type of the device-code flow (RFC 8628 section 3.4).
pub const GRANT_DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Grant type of a refresh.
pub const GRANT_REFRESH: &str = "refresh_token";
/// Grant type of an application that signs in as itself; it gets no refresh token.
pub const GRANT_CLIENT_CREDENTIALS: &str = "client_credentials";
/// Field of a client secret.
pub const CLIENT_SECRET: &str = "client_secret";
/// Field that says what kind of assertion stands for the secret.
pub const CLIENT_ASSERTION_TYPE: &str = "client_assertion_type";
/// The one kind of assertion: a signed JWT (RFC 7523 section 2.2).
pub const ASSERTION_JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Field of the assertion.
pub const CLIENT_ASSERTION: &str = "client_assertion";
/// Scopes beside the resource: a refresh token and an id token that names the account.
pub const EXTRA_SCOPES: &str = "openid profile offline_access";

/// `POST {authority}/{tenant}/oauth2/v2.0/devicecode`
pub fn device_code_path(tenant: &str) -> String {
    format!("/{tenant}/oauth2/v2.0/devicecode")
}

/// `POST {authority}/{tenant}/oauth2/v2.0/token`
pub fn token_path(tenant: &str) -> String {
    format!("/{tenant}/oauth2/v2.0/token")
}

/// The scope to ask for a resource: `{resource}/.default`, without a double slash.
pub fn scope_of(resource: &str) -> String {
    format!("{}/.default", resource.trim_end_matches('/'))
}

/// Answer to the device authorization request.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceCode {
    /// Sent back at the token endpoint; a secret.
    pub device_code: SecretString,
    /// What the person types.
    pub user_code: String,
    /// The page to open.
    pub verification_uri: String,
    /// Life of the code in seconds; 900 by default.
    #[serde(default = "default_expiry")]
    pub expires_in: u64,
    /// Smallest pause between two polls in seconds; 5 by default.
    #[serde(default = "default_interval")]
    pub interval: u64,
}

fn default_expiry() -> u64 {
    900
}

fn default_interval() -> u64 {
    5
}

/// Answer to a token request.
#[derive(Clone, Debug, Deserialize)]
pub struct Token {
    /// The bearer for one resource.
    pub access_token: SecretString,
    /// Its life in seconds, 60 to 90 minutes at Entra.
    #[serde(default = "default_life")]
    pub expires_in: u64,
    /// Replaces the one it was asked with.
    #[serde(default)]
    pub refresh_token: Option<SecretString>,
    /// Names the account; read without verification, for display only.
    #[serde(default)]
    pub id_token: Option<SecretString>,
}

fn default_life() -> u64 {
    3600
}

/// Error answer of both endpoints.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct TokenError {
    /// OAuth code, for example `authorization_pending`.
    #[serde(default)]
    pub error: String,
    /// Starts with `AADSTS{number}: `.
    #[serde(default)]
    pub error_description: String,
    /// Numbers of `AADSTS{number}`, the most telling first.
    #[serde(default, deserialize_with = "or_default")]
    pub error_codes: Vec<u32>,
    /// To quote to support.
    #[serde(default)]
    pub correlation_id: Option<String>,
    /// What kind of action is wanted: `basic_action`, `additional_action`, `bad_token`, others.
    #[serde(default)]
    pub suberror: Option<String>,
    /// To be sent along with the next sign-in.
    #[serde(default)]
    pub claims: Option<String>,
}

impl TokenError {
    /// The number of the error, from the list or from the words.
    pub fn number(&self) -> Option<u32> {
        let from_words = || {
            let rest = self.error_description.trim_start().strip_prefix("AADSTS")?;
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse().ok()
        };
        self.error_codes.first().copied().or_else(from_words)
    }

    /// The words without the ids that are told apart from them.
    pub fn words(&self) -> &str {
        let end = self.error_description.find("Trace ID:").unwrap_or(self.error_description.len());
        self.error_description[..end].trim_end()
    }
}
