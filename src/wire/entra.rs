//! Microsoft Entra ID: device code, token and refresh. Form bodies in, JSON out.
//!
//! Secrets (`device_code`, access and refresh tokens) are `SecretString`: they have no `Debug`
//! that shows them and cannot be serialised by accident.

use super::{number, number_of, or_default, text};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

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
    #[serde(default = "default_expiry", deserialize_with = "expiry")]
    pub expires_in: u64,
    /// Smallest pause between two polls in seconds; 5 by default.
    #[serde(default = "default_interval", deserialize_with = "interval")]
    pub interval: u64,
}

fn default_expiry() -> u64 {
    900
}

fn expiry<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(number(from)?.unwrap_or_else(default_expiry))
}

fn default_interval() -> u64 {
    5
}

fn interval<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(number(from)?.unwrap_or_else(default_interval))
}

/// Answer to a token request.
#[derive(Clone, Debug, Deserialize)]
pub struct Token {
    /// The bearer for one resource.
    pub access_token: SecretString,
    /// Its life in seconds, 60 to 90 minutes at Entra.
    #[serde(default = "default_life", deserialize_with = "life")]
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

fn life<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(number(from)?.unwrap_or_else(default_life))
}

/// Error answer of both endpoints.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct TokenError {
    /// OAuth code, for example `authorization_pending`.
    #[serde(default, deserialize_with = "or_default")]
    pub error: String,
    /// Starts with `AADSTS{number}: `.
    #[serde(default, deserialize_with = "or_default")]
    pub error_description: String,
    /// Numbers of `AADSTS{number}`, the most telling first.
    #[serde(default, deserialize_with = "numbers")]
    pub error_codes: Vec<u32>,
    /// To quote to support.
    #[serde(default, deserialize_with = "text")]
    pub correlation_id: Option<String>,
    /// What kind of action is wanted: `basic_action`, `additional_action`, `bad_token`, others.
    #[serde(default, deserialize_with = "text")]
    pub suberror: Option<String>,
    /// To be sent along with the next sign-in.
    #[serde(default)]
    pub claims: Option<String>,
}

/// Numbers in an array, which may be written as text; what is none is passed over.
fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u32>, D::Error> {
    let all = match Option::<Value>::deserialize(from)? {
        Some(Value::Array(all)) => all,
        one => one.into_iter().collect(),
    };
    Ok(all.iter().filter_map(|one| number_of(one)?.try_into().ok()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_written_as_text_and_what_is_none_is_as_if_it_were_missing() {
        for (written, life) in [("4521", 4521), (r#""4521""#, 4521), ("null", 3600), (r#""soon""#, 3600), ("-1", 3600)]
        {
            let token: Token =
                serde_json::from_str(&format!(r#"{{"access_token":"a","expires_in":{written}}}"#)).unwrap();
            assert_eq!(token.expires_in, life, "{written}");
        }
        let code = |more: &str| {
            let text = format!(r#"{{"device_code":"d","user_code":"u","verification_uri":"https://x"{more}}}"#);
            let code: DeviceCode = serde_json::from_str(&text).unwrap();
            (code.expires_in, code.interval)
        };
        assert_eq!(code(r#","expires_in":"600","interval":"7""#), (600, 7));
        assert_eq!(code(r#","expires_in":null,"interval":null"#), code(""));
    }

    #[test]
    fn an_error_is_read_whatever_its_fields_are_written_as() {
        let number = |more: &str| {
            let error: TokenError = serde_json::from_str(&format!(r#"{{"error":"invalid_grant",{more}}}"#)).unwrap();
            assert_eq!(error.error, "invalid_grant");
            error.number()
        };
        for codes in ["[70016]", r#"["70016"]"#, r#"[null,"x",70016]"#, "70016", r#""70016""#] {
            assert_eq!(number(&format!(r#""error_codes":{codes},"error_description":null"#)), Some(70_016), "{codes}");
        }
        let words = r#""error_description":"AADSTS50076: x","correlation_id":null,"suberror":7"#;
        for codes in ["null", "[]", "{}", "[99999999999]"] {
            assert_eq!(number(&format!(r#""error_codes":{codes},{words}"#)), Some(50_076), "{codes}");
        }
        assert_eq!(serde_json::from_str::<TokenError>(r#"{"error":null}"#).unwrap(), TokenError::default());
    }
}
