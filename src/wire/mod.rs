//! The words on the wire: types and paths of every service, once.
//!
//! Owns the serde types, the paths and the constants (API versions, application ids, package
//! names) of each service the set-up talks to. It depends on nothing of ours: the client (`api`)
//! and the simulator (`sim`) share these words, but not each other's beliefs.
//!
//! It never decides anything. Types are lenient on reading, because the services grow fields,
//! leave fields out and spell enumerations in more than one way: a missing field is `None` or
//! empty, an unknown field is ignored, and a state stays the text that the service sent.

pub mod bap;
pub mod dataverse;
pub mod entra;
pub mod finance_operations;
pub mod gateway;
pub mod graph;
pub mod lcs;
pub mod link;
pub mod power_platform;
pub mod problem;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// Header that names one request for support; on the link operation it is the idempotency key.
pub const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

/// Application ids of the flow (requirements-and-prerequisites.md of the dual-write documentation).
pub mod app_id {
    /// Dynamics Data Integration: initial sync and management. Application user in Dataverse and
    /// client ID row in finance and operations.
    pub const DATA_INTEGRATION: &str = "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b";
    /// Finance and operations itself, calling Dataverse. Application user in Dataverse.
    pub const FINANCE_OPERATIONS: &str = "00000015-0000-0000-c000-000000000000";
    /// What Dataverse uses to call finance and operations, core solution 1.0.16.0 and later.
    pub const RUNTIME: &str = "6f7d0213-62b1-43a8-b7f4-ff2bb8b7b452";
    /// Its predecessor, for a core solution below 1.0.16.0.
    pub const RUNTIME_OLD: &str = "33976c19-1db5-4c02-810e-c243db79efde";
}

/// Reads a value that may be a string, a number, a boolean or null as text.
///
/// Services have sent `errorCode` both as an integer and as a string, and ids as either.
///
/// # Errors
/// Fails when the value is an array or an object.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(flag)) => Some(flag.to_string()),
        Some(Value::Array(_) | Value::Object(_)) => {
            return Err(serde::de::Error::custom("expected text, found a structure"));
        }
    })
}

/// Reads a whole number that may be written as text; `None` for what is neither.
///
/// # Errors
/// Fails on what is no JSON.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<Value>::deserialize(from)?.as_ref().and_then(number_of))
}

/// The whole number in a value, which may be text.
fn number_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Rows that are written as an array, or as an object where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Rows<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an array or an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = all.next_element()? {
                    rows.push(row);
                }
                Ok(OneOrMany(rows))
            }

            fn visit_map<A: MapAccess<'de>>(self, one: A) -> Result<Self::Value, A::Error> {
                Ok(OneOrMany(vec![T::deserialize(MapAccessDeserializer::new(one))?]))
            }
        }

        from.deserialize_any(Rows(PhantomData))
    }
}

/// Reads null as the type's default value.
///
/// # Errors
/// Fails when the value is neither null nor a `T`.
pub fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// The bare form of an id: lower case, without dashes and braces, so that `3F0D1C52-77AA-...` and
/// `3f0d1c5277aa...` are equal. LCS answers with both forms.
pub fn bare_id(id: &str) -> String {
    id.chars().filter(|c| !matches!(c, '-' | '{' | '}') && !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The bare host of an address in any sensible form: with or without scheme, path, port or slash,
/// upper or lower case.
pub fn bare_host(address: &str) -> String {
    let rest = address.trim();
    let rest = rest.split_once("://").map_or(rest, |(_, after)| after);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, after)| after);
    host.trim_end_matches('.').to_lowercase()
}

/// The place an address names: host and path, lower case, without scheme, query and trailing slash.
/// Real services have no path here; a server that stands in for them may.
pub fn place(address: &str) -> String {
    let rest = address.trim();
    let rest = rest.split_once("://").map_or(rest, |(_, after)| after);
    rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_lowercase()
}

/// Whether two addresses name the same place.
pub fn same_address(one: &str, other: &str) -> bool {
    place(one) == place(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_and_without_dashes_are_the_same() {
        assert_eq!(bare_id("{3F0D1C52-77aa-4b1e-9a0b-5d3a10c9e001}"), bare_id("3f0d1c5277aa4b1e9a0b5d3a10c9e001"));
    }

    #[test]
    fn an_address_in_any_form_has_one_host() {
        for form in [
            "https://Fabrikam-UAT.sandbox.operations.dynamics.com/",
            "fabrikam-uat.sandbox.operations.dynamics.com",
            " HTTPS://fabrikam-uat.sandbox.operations.dynamics.com/?mi=X ",
        ] {
            assert_eq!(bare_host(form), "fabrikam-uat.sandbox.operations.dynamics.com");
        }
    }

    #[test]
    fn one_row_may_stand_without_an_array_and_nothing_else_may() {
        #[derive(serde::Deserialize, Debug, Default, PartialEq)]
        #[serde(default)]
        struct Row {
            name: Option<String>,
        }
        let read = |text| serde_json::from_str::<OneOrMany<Row>>(text).map(|rows| rows.0.len());
        assert_eq!(read(r#"[{"name":"a"},{"name":"b"}]"#).unwrap(), 2);
        assert_eq!((read(r#"{"name":"a","more":[1]}"#).unwrap(), read("[]").unwrap()), (1, 0));
        for bad in [r#""a""#, "7", "true", r#"["a"]"#, r#"{"name":[]}"#, "[{]"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_null_is_as_if_it_were_missing() {
        fn same<T: serde::de::DeserializeOwned + PartialEq + fmt::Debug>(with: &str, without: &str) {
            let read = |text| serde_json::from_str::<T>(text).unwrap();
            assert_eq!(read(with), read(without));
        }
        same::<gateway::ConnectionSet>(
            r#"{"environments":{"a":{"targetType":"AX","isDevInstance":null}}}"#,
            r#"{"environments":{"a":{"targetType":"AX"}}}"#,
        );
        let envelope = r#"{"IsSuccess":null,"ResultHasMorePages":null,"OperationActivityId":null}"#;
        same::<lcs::Envelope<OneOrMany<lcs::Environment>>>(envelope, "{}");
        same::<link::Answer>(r#"{"IsSuccess":null}"#, "{}");
        same::<power_platform::Package>(r#"{"uniqueName":null}"#, "{}");
        same::<dataverse::User>(r#"{"systemuserroles_association":null}"#, "{}");
        same::<dataverse::Team>(r#"{"teamroles_association":null}"#, "{}");
        same::<graph::Licence>(r#"{"servicePlans":null}"#, "{}");
        same::<bap::Environment>(r#"{"name":"e","properties":null,"location":null}"#, r#"{"name":"e"}"#);
        // But for what a change is addressed with.
        assert!(serde_json::from_str::<dataverse::User>(r#"{"systemuserid":null}"#).is_err());
    }

    #[test]
    fn a_number_where_text_is_expected_is_read_as_text() {
        #[derive(serde::Deserialize)]
        struct Row {
            #[serde(default, deserialize_with = "text")]
            code: Option<String>,
        }
        let row: Row = serde_json::from_str(r#"{"code":-2147188706}"#).unwrap();
        assert_eq!(row.code.as_deref(), Some("-2147188706"));
        assert!(serde_json::from_str::<Row>(r#"{"code":{}}"#).is_err());
        assert_eq!(serde_json::from_str::<Row>("{}").unwrap().code, None);
    }
}
