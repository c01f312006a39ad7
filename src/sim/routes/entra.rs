//! Microsoft Entra ID: device code, token and refresh; what an application may have is in `entra_application`.

use super::{Context, entra_application};
use crate::sim::{
    CLIENT, TENANT,
    call::{Answer, Call},
    hosts::Side,
    ids,
    refusals::Refusal,
    scenario::{ADA, Service, Step},
    tokens::{Holder, Poll, audience},
};
use crate::wire::entra;
use axum::http::{Method, StatusCode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

pub(super) type Form = Vec<(String, String)>;

/// Answers a request to the token service.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    let [tenant, "oauth2", "v2.0", endpoint @ ("devicecode" | "token")] = segments else {
        return Err(Answer::html(StatusCode::NOT_FOUND));
    };
    call.only(&[Method::POST])?;
    let tenants = [TENANT, "organizations", "common", "contoso.example"];
    if !tenants.iter().any(|known| known.eq_ignore_ascii_case(tenant)) {
        return Err(refused(context, "invalid_request", 90002, &format!("Tenant '{tenant}' not found.")));
    }
    let form = call.form();
    match field(&form, "client_id") {
        None => return Err(missing(context, "client_id")),
        Some(client) if !client.eq_ignore_ascii_case(CLIENT) => {
            let words = format!("Application with identifier '{client}' was not found in the directory.");
            return Err(refused(context, "unauthorized_client", 700_016, &words));
        }
        Some(_) => {}
    }
    if *endpoint == "devicecode" {
        return device_code(context, &form);
    }
    match field(&form, "grant_type") {
        Some(entra::GRANT_DEVICE_CODE) => poll(context, &form),
        Some(entra::GRANT_REFRESH) => refresh(context, &form),
        Some(entra::GRANT_CLIENT_CREDENTIALS) => entra_application::token(context, tenant, &form),
        Some(other) => {
            let words = format!("The grant type '{other}' is not supported.");
            Err(refused(context, "unsupported_grant_type", 70003, &words))
        }
        None => Err(missing(context, "grant_type")),
    }
}

pub(super) fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn device_code(context: &mut Context, form: &Form) -> Result<Answer, Answer> {
    let scope = field(form, "scope").ok_or_else(|| missing(context, "scope"))?;
    resource(context, scope)?;
    refuse(context, Step::DeviceCode, None, |_| true)?;
    let rules = context.world.scenario.sign_in.clone();
    let code = context.world.tokens.new_code(&rules, context.now);
    // What a person types: short, upper case, made from the secret but not telling it.
    let user_code = ids::of(&["user code", &code]).replace('-', "").to_uppercase()[..9].to_owned();
    let page = "https://microsoft.com/devicelogin";
    Ok(Answer::ok(json!({
        "device_code": code,
        "user_code": user_code,
        "verification_uri": page,
        "expires_in": rules.expires_in_s,
        "interval": rules.interval_s,
        "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
    })))
}

fn poll(context: &mut Context, form: &Form) -> Result<Answer, Answer> {
    let code = field(form, "device_code").ok_or_else(|| missing(context, "device_code"))?;
    let rules = context.world.scenario.sign_in.clone();
    // Two requests do not arrive exactly as far apart as they were sent; at a high speed a few
    // real milliseconds are seconds.
    let slack = (1.0 + 0.05 * context.clock.speed()).min(f64::from(rules.interval_s) / 2.0);
    let now = context.now;
    // What is about the client does not wait for the person.
    refuse(context, Step::Poll, None, Refusal::is_of_client)?;
    match context.world.tokens.poll(code, &rules, slack, now) {
        Poll::Approved => {
            refuse(context, Step::Poll, None, |_| true)?;
            let scope = field(form, "scope").unwrap_or("openid profile offline_access");
            let (audience, _) = resource(context, scope)?;
            let nth = context.world.counters.sign_ins as usize;
            context.world.counters.sign_ins += 1;
            let account = rules.accounts.get(nth).or(rules.accounts.last()).map_or(ADA, String::as_str);
            Ok(token(context, scope, &audience, account))
        }
        Poll::Pending => Err(refused(context, "authorization_pending", 70016, "The user has not finished signing in.")),
        Poll::SlowDown => Err(refused(context, "slow_down", 70016, "The client polls too fast.")),
        Poll::Declined => Err(refused(context, "authorization_declined", 70000, "The user declined to sign in.")),
        Poll::Expired => Err(refused(context, "expired_token", 70019, "The device code has expired.")),
        Poll::Unknown => Err(refused(context, "bad_verification_code", 70018, "The device code is not valid.")),
    }
}

fn refresh(context: &mut Context, form: &Form) -> Result<Answer, Answer> {
    let old = field(form, "refresh_token").ok_or_else(|| missing(context, "refresh_token"))?;
    let Some(account) = context.world.tokens.account_of(old).map(str::to_owned) else {
        let words = "The provided grant has expired due to it being revoked, a fresh auth token is needed.";
        return Err(refused(context, "invalid_grant", 50173, words));
    };
    let scope = field(form, "scope").unwrap_or("openid profile offline_access").to_owned();
    let (audience, service) = resource(context, &scope)?;
    refuse(context, Step::Refresh, service, |_| true)?;
    context.world.counters.refreshes += 1;
    Ok(token(context, &scope, &audience, &account))
}

/// Refuses what the scenario wants refused at this step, of the refusals that are `meant`.
fn refuse(
    context: &mut Context,
    step: Step,
    service: Option<Service>,
    meant: fn(&Refusal) -> bool,
) -> Result<(), Answer> {
    let world = &mut *context.world;
    match world.tokens.refusal(&world.scenario.sign_in, step, service, meant) {
        None => Ok(()),
        Some(Refusal { number, error, suberror, words }) => Err(envelope(context, error, suberror, number, words)),
    }
}

/// A token of a person for a resource, and what else is in `scope`.
fn token(context: &mut Context, scope: &str, audience: &str, account: &str) -> Answer {
    let life = context.world.scenario.sign_in.token_life_s;
    let now = context.now;
    let access = context.world.tokens.new_access(audience, Holder::Person, life, now);
    let wants = |word: &str| scope.split_whitespace().any(|own| own == word);
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": format!("{audience}/user_impersonation"),
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": access,
    });
    if wants("offline_access") {
        answer["refresh_token"] = context.world.tokens.new_refresh(account).into();
    }
    if wants("openid") {
        answer["id_token"] = id_token(account).into();
    }
    Answer::ok(answer)
}

/// The audience that a scope asks for, and its service: what stands before `/.default` or
/// `/user_impersonation`, with the slash at its end if it has one. The link operation has that of LCS.
pub(super) fn resource(context: &Context, scope: &str) -> Result<(String, Option<Service>), Answer> {
    let mut resources =
        scope.split_whitespace().filter(|word| !matches!(*word, "openid" | "profile" | "offline_access" | "email"));
    let Some(wanted) = resources.next() else { return Ok((audience::GRAPH.to_owned(), None)) };
    if resources.next().is_some() {
        return Err(refused(context, "invalid_request", 28000, "The scope names more than one resource."));
    }
    let Some(resource) = ["/.default", "/user_impersonation"].iter().find_map(|end| wanted.strip_suffix(end)) else {
        let words = format!("The provided value for the input parameter 'scope' is not valid: {wanted}.");
        return Err(refused(context, "invalid_scope", 70011, &words));
    };
    let bare = resource.trim_end_matches('/');
    let fixed = [
        (Service::Lcs, audience::LCS),
        (Service::Bap, audience::BAP),
        (Service::PowerPlatform, audience::POWER_PLATFORM),
        (Service::Gateway, audience::GATEWAY),
        (Service::Graph, audience::GRAPH),
    ];
    let fixed = fixed.into_iter().find(|(_, address)| address.eq_ignore_ascii_case(bare)).map(|(service, _)| service);
    let known = fixed.or_else(|| {
        let lower = bare.to_ascii_lowercase();
        let host = context.hosts.without_port(lower.strip_prefix("http://")?);
        let (place, side) = context.world.places.by_host(&context.world.environments, host)?;
        let own = &context.world.environments[place];
        let (service, address) = match side {
            Side::Dataverse => (Service::Dataverse, context.hosts.dataverse(own)),
            Side::FinanceOperations => (Service::FinanceOperations, context.hosts.finance_operations(own)),
        };
        address.eq_ignore_ascii_case(bare).then_some(service)
    });
    match known {
        None => {
            let words = format!("The resource principal named {resource} was not found in the tenant.");
            Err(refused(context, "invalid_resource", 500_011, &words))
        }
        Some(service) if context.world.scenario.sign_in.refused.contains(&service) => {
            let words = "Consent between first party application and first party resource must be configured via preauthorization.";
            Err(refused(context, "invalid_grant", 65002, words))
        }
        Some(service) => Ok((resource.to_owned(), Some(service))),
    }
}

pub(super) fn missing(context: &Context, name: &str) -> Answer {
    let words = format!("The request body must contain the following parameter: '{name}'.");
    refused(context, "invalid_request", 900_144, &words)
}

/// An error answer.
pub(super) fn refused(context: &Context, error: &str, number: u32, words: &str) -> Answer {
    envelope(context, error, None, number, words)
}

/// The error envelope: 401 for a client that is not who it says, 400 for everything else.
fn envelope(context: &Context, error: &str, suberror: Option<&str>, number: u32, words: &str) -> Answer {
    let time = context.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let number_text = number.to_string();
    let trace = ids::of(&["trace", error, &number_text, &time]);
    let correlation = ids::of(&["correlation", error, &number_text, &time]);
    let mut body = json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"),
        "error_codes": [number],
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    });
    if let Some(suberror) = suberror {
        body["suberror"] = suberror.into();
    }
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    Answer::json(status, body)
}

/// An id token without a signature that names an account.
fn id_token(account: &str) -> String {
    let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
    let claims = json!({
        "preferred_username": account,
        "tid": TENANT,
        "oid": ids::of(&["person", account]),
        "aud": CLIENT,
    });
    format!("{head}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
}
