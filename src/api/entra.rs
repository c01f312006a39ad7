//! Microsoft Entra ID: the device code, and tokens for it.

use super::Api;
use super::http::{Answer, Body, Request, whole};
use super::session::{Challenge, Proof};
use crate::core::aadsts::{self, Kind};
use crate::core::access::can_be_sent;
use crate::core::call::Reply;
use crate::core::service::Service;
use crate::core::sign_in::Account;
use crate::core::trouble::{Trouble, What};
use crate::wire::entra::{self, DeviceCode, Token, TokenError};
use crate::wire::problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;

/// The status of throttling.
const THROTTLED: u16 = 429;

impl Api {
    async fn form(&self, path: String, fields: Vec<(&'static str, SecretString)>) -> Result<Answer, Trouble> {
        let url = whole(Service::Entra, &format!("{}{path}", self.base(Service::Entra)?))?;
        self.http
            .send(Request {
                service: Service::Entra,
                method: Method::POST,
                url,
                token: None,
                headers: Vec::new(),
                body: Body::Form(fields),
                limit: None,
            })
            .await
    }

    pub(super) async fn device_code(&self) -> Result<Reply, Trouble> {
        if self.profile.client_id.is_empty() {
            return Err(Trouble::new(Service::Entra, What::NoClient, ""));
        }
        // Where a service wants more proof, the sign-in is for that service.
        let challenge = self.session.challenge();
        let (audience, claims) = match challenge {
            Some(Challenge { audience, claims }) => (audience, claims),
            None => (self.audience(Service::Bap, ""), None),
        };
        let scope = format!("{} {}", entra::scope_of(&audience), entra::EXTRA_SCOPES);
        let mut fields = vec![("client_id", self.profile.client_id.clone().into()), ("scope", scope.into())];
        fields.extend(claims.map(|claims| ("claims", claims.into())));
        let answer = self.form(entra::device_code_path(&self.profile.tenant), fields).await?;
        if !answer.is_success() {
            return Err(self.token_trouble(&answer));
        }
        let code: DeviceCode = answer.json()?;
        self.session.put_device_code(code.device_code);
        Ok(Reply::DeviceCode {
            user_code: code.user_code,
            address: code.verification_uri,
            expires_in: code.expires_in,
            interval: code.interval,
        })
    }

    pub(super) async fn poll_device_code(&self) -> Result<Reply, Trouble> {
        let Some(code) = self.session.device_code() else {
            return Err(Trouble::new(Service::Entra, What::SignInNeeded, "there is no code to wait for"));
        };
        let fields = vec![
            ("grant_type", entra::GRANT_DEVICE_CODE.to_owned().into()),
            ("client_id", self.profile.client_id.clone().into()),
            ("device_code", code),
        ];
        let answer = self.form(entra::token_path(&self.profile.tenant), fields).await?;
        if answer.is_success() {
            let token = read_token(&answer)?;
            if token.refresh_token.is_none() {
                let words = "it gave no refresh token, so no further token can be asked for; let the app \
                             registration have offline_access";
                return Err(Trouble::new(Service::Entra, What::Refused, words));
            }
            let account = token.id_token.as_ref().and_then(|token| account_of(token.expose_secret()));
            let account = account.unwrap_or_else(|| "signed in".into());
            self.session.signed_in(&account, &token);
            return Ok(Reply::SignedIn(account));
        }
        let mut trouble = self.token_trouble(&answer);
        if is_busy(&trouble) {
            return Err(trouble);
        }
        match answer.json::<TokenError>().map(|error| error.error).unwrap_or_default().as_str() {
            "authorization_pending" => return Ok(Reply::SignInPending { slow_down: false }),
            "slow_down" => return Ok(Reply::SignInPending { slow_down: true }),
            "authorization_declined" | "access_denied" => trouble.what = What::Declined,
            "expired_token" | "code_expired" | "bad_verification_code" => trouble.what = What::CodeEnded,
            _ => {}
        }
        Err(trouble)
    }

    /// Redeems a refresh token for a token of one service.
    pub(super) async fn redeem(
        &self,
        service: Service,
        audience: &str,
        refresh: SecretString,
    ) -> Result<Token, Trouble> {
        let scope = format!("{} {}", entra::scope_of(audience), entra::EXTRA_SCOPES);
        let fields = vec![
            ("grant_type", entra::GRANT_REFRESH.to_owned().into()),
            ("client_id", self.profile.client_id.clone().into()),
            ("refresh_token", refresh.clone()),
            ("scope", scope.into()),
        ];
        let answer = self.form(entra::token_path(&self.profile.tenant), fields).await?;
        if answer.is_success() {
            return read_token(&answer);
        }
        let trouble = self.token_trouble(&answer);
        if is_busy(&trouble) {
            return Err(trouble);
        }
        let Ok(error) = answer.json::<TokenError>() else { return Err(trouble) };
        let challenge = || Challenge { audience: audience.to_owned(), claims: error.claims.clone() };
        let can_mend = match kind_of(&error) {
            Some(Kind::Ended) => self.session.may_sign_in_again(challenge(), Some(&refresh)),
            Some(Kind::MoreProof) => self.session.may_sign_in_again(challenge(), None),
            Some(Kind::NotThisService | Kind::Blocked) => false,
            // The registration or the tenant is at fault.
            Some(Kind::Configuration | Kind::Throttled) | None => return Err(trouble),
        };
        // A registration need not have a permission for what is only good to know.
        let again = can_mend && service != Service::Graph;
        let what = if again { What::SignInNeeded } else { What::NoToken };
        Err(Trouble { service, what, ..trouble })
    }

    /// A token for an application.
    pub(super) async fn token_of_application(
        &self,
        service: Service,
        audience: &str,
        proof: &Proof,
    ) -> Result<Token, Trouble> {
        let mut fields = vec![
            ("grant_type", entra::GRANT_CLIENT_CREDENTIALS.to_owned().into()),
            ("client_id", self.profile.client_id.clone().into()),
            ("scope", entra::scope_of(audience).into()),
        ];
        let path = entra::token_path(&self.profile.tenant);
        match proof {
            Proof::Secret(secret) => fields.push((entra::CLIENT_SECRET, secret.clone())),
            Proof::Certificate(certificate) => {
                let endpoint = format!("{}{path}", self.base(Service::Entra)?);
                let (now, jti) = ((self.time.now)(), uuid::Uuid::new_v4());
                let assertion = certificate
                    .assertion(&endpoint, &self.profile.client_id, now, jti)
                    .map_err(|error| Trouble::new(service, What::NoToken, error.to_string()))?;
                fields.push((entra::CLIENT_ASSERTION_TYPE, entra::ASSERTION_JWT.to_owned().into()));
                fields.push((entra::CLIENT_ASSERTION, assertion));
            }
        }
        let answer = self.form(path, fields).await?;
        if answer.is_success() {
            return answer.json();
        }
        let trouble = self.token_trouble(&answer);
        if is_busy(&trouble) {
            return Err(trouble);
        }
        let is_this_service = answer.json().ok().and_then(|error| kind_of(&error)) == Some(Kind::NotThisService);
        Err(if is_this_service { Trouble { service, what: What::NoToken, ..trouble } } else { trouble })
    }

    /// An error answer of the token service: its number, its words, and the id to quote. Throttling, which comes as
    /// any refusal, is told by its number. What is no JSON, or half of it, does not say that anything was refused.
    fn token_trouble(&self, answer: &Answer) -> Trouble {
        let mut trouble = answer.trouble((self.time.now)());
        if answer.status == 400
            && let Err(Trouble { what, words, .. }) = answer.json::<IgnoredAny>()
        {
            return Trouble { what, words, ..trouble };
        }
        if let Ok(error) = answer.json::<TokenError>() {
            if let Some(number) = error.number() {
                trouble.code = Some(format!("AADSTS{number}"));
                if aadsts::kind(number) == Some(Kind::Throttled) && !is_busy(&trouble) {
                    trouble.what = What::Status(THROTTLED);
                }
            }
            if !error.words().is_empty() {
                trouble.words = error.words().chars().take(problem::WORDS_MAX).collect();
            }
            trouble.correlation = error.correlation_id.or(trouble.correlation);
        }
        trouble
    }
}

/// Whether the token service says nothing of what it was asked: it wants to be asked later, or is in trouble. Then
/// the OAuth code beside it, often that of a refusal, means nothing.
fn is_busy(trouble: &Trouble) -> bool {
    trouble.is_passing() || trouble.status().is_some_and(|status| status >= 500)
}

/// The token of an answer, if it can be sent.
fn read_token(answer: &Answer) -> Result<Token, Trouble> {
    let token: Token = answer.json()?;
    if !can_be_sent(token.access_token.expose_secret()) {
        return Err(Trouble::new(Service::Entra, What::Unreadable, "a token that cannot be sent"));
    }
    Ok(token)
}

/// What kind of refusal this is: by its number where that is known, else by its OAuth code.
fn kind_of(error: &TokenError) -> Option<Kind> {
    error.number().and_then(aadsts::kind).or(match (error.error.as_str(), error.suberror.as_deref()) {
        (_, Some("consent_required")) => Some(Kind::NotThisService),
        (_, Some("basic_action" | "additional_action" | "message_only"))
        | ("interaction_required" | "login_required", _) => Some(Kind::MoreProof),
        ("invalid_grant", _) => Some(Kind::Ended),
        ("consent_required" | "invalid_resource", _) => Some(Kind::NotThisService),
        _ => None,
    })
}

/// Longest audience that is shown, in characters.
const SHOWN_MAX: usize = 100;

/// What a token claims, where it can be read.
fn claims_of(token: &str) -> Option<serde_json::Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Why a token cannot be good for a service: it has ended, or names another audience. A token that cannot be
/// read, or names an audience by its id, may be good.
pub(super) fn misfit(token: &str, audience: Option<&str>, now: Timestamp) -> Option<String> {
    let claims = claims_of(token)?;
    let ends = claims.get("exp").and_then(serde_json::Value::as_i64).and_then(|at| Timestamp::from_second(at).ok());
    if let Some(end) = ends.filter(|end| *end <= now) {
        return Some(format!("This token has ended at {end}: copy a fresh one."));
    }
    let words = is_for_another(token, audience?)?;
    Some(format!("This token does not fit: {words}. Copy that one."))
}

/// The other audience that a token names by its address, in words; a token that cannot be read, or names an audience by
/// its id, names none.
pub(super) fn is_for_another(token: &str, audience: &str) -> Option<String> {
    let claims = claims_of(token)?;
    let is_for = claims.get("aud")?.as_str().filter(|is_for| is_for.starts_with("https://"))?;
    let bare = |address: &str| address.trim_end_matches('/').to_lowercase();
    let is_for = (bare(audience) != bare(is_for)).then_some(is_for)?;
    let is_for: String = is_for.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect();
    Some(format!("it is for {is_for}, and one for {audience} is wanted"))
}

/// The account that a token names. It is shown and compared, never trusted, so it is not verified.
pub(super) fn account_of(token: &str) -> Option<Account> {
    let claims = claims_of(token)?;
    let text = |claim: &str| claims.get(claim)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let name = ["preferred_username", "upn", "unique_name", "email", "name", "app_displayname", "appid"];
    Some(Account { name: name.into_iter().find_map(text)?, tenant: text("tid") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_from_a_token_and_junk_is_no_account() {
        let token = |claims: &str| format!("x.{}.", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(
            account_of(&token(r#"{"preferred_username":"ada@contoso.example","tid":"t-1"}"#)),
            Some(Account { name: "ada@contoso.example".into(), tenant: Some("t-1".into()) })
        );
        for junk in ["", "..", "a.b.c", "a.%%%.c", &token("{}"), &token("[1]")] {
            assert_eq!(account_of(junk), None, "{junk}");
        }
    }

    #[test]
    fn a_token_that_has_ended_or_is_for_another_service_is_told_before_it_is_sent() {
        let now = Timestamp::from_second(1_000).unwrap();
        let why = |claims: &str| {
            let token = format!("x.{}.y", URL_SAFE_NO_PAD.encode(claims));
            misfit(&token, Some("https://IntegratorApp.com"), now).unwrap_or_default()
        };
        assert!(why(r#"{"exp": 1000, "aud": "https://integratorapp.com/"}"#).contains("has ended"));
        assert!(why(r#"{"exp": 1001, "aud": "https://graph.microsoft.com"}"#).contains("is for https://graph"));
        for good in [r#"{"exp": 1001, "aud": "https://integratorapp.com/"}"#, r#"{"aud": "2e49aa60-1bd3"}"#, "{}", "x"]
        {
            assert_eq!(why(good), "", "{good}");
        }
        assert_eq!(misfit("opaque", None, now), None);
    }

    #[test]
    fn a_refusal_is_told_by_its_number_and_else_by_its_code() {
        let kind = |error: &str, numbers: &[u32], suberror: Option<&str>| {
            kind_of(&TokenError {
                error: error.into(),
                error_codes: numbers.to_vec(),
                suberror: suberror.map(str::to_owned),
                ..TokenError::default()
            })
        };
        // One OAuth code, three different things to do.
        assert_eq!(kind("invalid_grant", &[700_082], None), Some(Kind::Ended));
        assert_eq!(kind("invalid_grant", &[65_001], Some("consent_required")), Some(Kind::NotThisService));
        assert_eq!(kind("invalid_grant", &[50_076], Some("basic_action")), Some(Kind::MoreProof));
        assert_eq!(kind("invalid_grant", &[], None), Some(Kind::Ended));
        assert_eq!(kind("invalid_grant", &[9_999_999], Some("consent_required")), Some(Kind::NotThisService));
        assert_eq!(kind("temporarily_unavailable", &[], None), None);
    }

    #[test]
    fn the_number_stands_in_the_list_or_in_the_words() {
        let words = |text: &str| TokenError { error_description: text.into(), ..TokenError::default() };
        let error = words("AADSTS53003: Access has been blocked.\r\nTrace ID: 1 Correlation ID: 2");
        assert_eq!((error.number(), error.words()), (Some(53_003), "AADSTS53003: Access has been blocked."));
        assert_eq!((words("no number").number(), words("AADSTS").number()), (None, None));
    }
}
