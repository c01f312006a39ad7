//! Microsoft Entra ID for an application that comes as itself: client credentials.
//!
//! As strict as the service about secret, assertion and scope, but for one thing: the signature of an assertion
//! is not checked, because the simulated organisation has no certificate of the application.

use super::Context;
use super::entra::{Form, field, missing, refused, resource};
use crate::sim::{CLIENT, CLIENT_SECRET, call::Answer, tokens::Holder};
use crate::wire::entra;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// How far the clock of a client may be off (seconds).
const CLOCK_SKEW_S: i64 = 300;

/// A token of the application for one resource.
pub fn token(context: &mut Context, tenant: &str, form: &Form) -> Result<Answer, Answer> {
    if ["common", "organizations"].iter().any(|many| many.eq_ignore_ascii_case(tenant)) {
        let words =
            "No tenant-identifying information found in either the request or implied by any provided credentials.";
        return Err(refused(context, "invalid_request", 50059, words));
    }
    match (field(form, entra::CLIENT_SECRET), field(form, entra::CLIENT_ASSERTION)) {
        (Some(CLIENT_SECRET), _) => {}
        (Some(_), _) => {
            let words = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{CLIENT}'."
            );
            return Err(refused(context, "invalid_client", 7_000_215, &words));
        }
        (None, Some(assertion)) => {
            if field(form, entra::CLIENT_ASSERTION_TYPE) != Some(entra::ASSERTION_JWT) {
                return Err(missing(context, entra::CLIENT_ASSERTION_TYPE));
            }
            asserted(context, tenant, assertion)
                .map_err(|(number, words)| refused(context, "invalid_client", number, words))?;
        }
        (None, None) => {
            let words =
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
            return Err(refused(context, "invalid_request", 7_000_216, words));
        }
    }
    let scope = field(form, "scope").ok_or_else(|| missing(context, "scope"))?;
    if !scope.ends_with("/.default") {
        let words = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(refused(context, "invalid_scope", 1_002_012, &words));
    }
    let (audience, service) = resource(context, scope)?;
    let rules = &context.world.scenario.sign_in;
    let known = service.is_some_and(|service| rules.application.contains(&service));
    let (life, now) = (rules.token_life_s, context.now);
    let access = context.world.tokens.new_access(&audience, Holder::Application { known }, life, now);
    context.world.counters.client_credentials += 1;
    Ok(Answer::ok(json!({
        "token_type": "Bearer",
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": access,
    })))
}

/// Whether an assertion is a whole one of this client, for this endpoint, and of this time. Its signature must
/// be there and is not checked.
fn asserted(context: &Context, tenant: &str, assertion: &str) -> Result<(), (u32, &'static str)> {
    const INVALID: (u32, &str) = (50027, "JWT token is invalid or malformed.");
    let parts: Vec<&str> = assertion.split('.').collect();
    let [head, claims, signature] = parts[..] else { return Err(INVALID) };
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let read = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).ok();
    let (Some(head), Some(claims)) = (read(head), read(claims)) else { return Err(INVALID) };
    let named = head["x5t#S256"].is_string() || head["x5t"].is_string();
    let algorithm = matches!(head["alg"].as_str(), Some("PS256" | "RS256"));
    if !algorithm || !named || bytes(signature).is_none_or(|bytes| bytes.is_empty()) {
        return Err((
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application.",
        ));
    }
    let is = |claim: &str, own: &str| claims[claim].as_str().is_some_and(|said| said.eq_ignore_ascii_case(own));
    if !is("iss", CLIENT) || !is("sub", CLIENT) {
        return Err((700_021, "Client assertion application identifier doesn't match 'client_id' parameter."));
    }
    if !is("aud", &format!("{}/entra{}", context.hosts.base(), entra::token_path(tenant))) {
        return Err((700_023, "Client assertion audience claim does not match Realm issuer."));
    }
    let now = context.now.as_second();
    let is_now = claims["exp"].as_i64().is_some_and(|end| end > now)
        && claims["nbf"].as_i64().is_some_and(|begin| begin <= now.saturating_add(CLOCK_SKEW_S));
    if !is_now {
        return Err((700_024, "Client assertion is not within its valid time range."));
    }
    if claims["jti"].as_str().is_some_and(|jti| !jti.is_empty()) { Ok(()) } else { Err(INVALID) }
}
