//! Microsoft Entra ID: the device code, and tokens for it.

use super::Api;
use super::http::{Answer, Body, Request};
use crate::core::call::Reply;
use crate::core::sign_in::Account;
use crate::core::trouble::{Service, Trouble, What};
use crate::wire::entra::{self, DeviceCode, Token, TokenError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use std::sync::PoisonError;

impl Api {
    async fn form(&self, path: String, fields: Vec<(&'static str, SecretString)>) -> Result<Answer, Trouble> {
        let url = format!("{}{path}", self.base(Service::Entra)?);
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
            let words = "the cloud profile has no client_id; add the application id of your registration";
            return Err(Trouble::new(Service::Entra, What::NotConfigured, words));
        }
        let scope = format!("{} {}", entra::scope_of(&self.audience(Service::Bap, "")), entra::EXTRA_SCOPES);
        let fields = vec![("client_id", self.profile.client_id.clone().into()), ("scope", scope.into())];
        let answer = self.form(entra::device_code_path(&self.profile.tenant), fields).await?;
        if !answer.is_success() {
            return Err(self.token_trouble(Service::Entra, &answer));
        }
        let code: DeviceCode = answer.json()?;
        *self.session.device_code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.device_code);
        Ok(Reply::DeviceCode {
            user_code: code.user_code,
            address: code.verification_uri,
            expires_in: code.expires_in,
            interval: code.interval,
        })
    }

    pub(super) async fn poll_device_code(&self) -> Result<Reply, Trouble> {
        let code = self.session.device_code.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(code) = code else {
            return Err(Trouble::new(Service::Entra, What::SignInNeeded, "there is no code to wait for"));
        };
        let fields = vec![
            ("grant_type", entra::GRANT_DEVICE_CODE.to_owned().into()),
            ("client_id", self.profile.client_id.clone().into()),
            ("device_code", code),
        ];
        let answer = self.form(entra::token_path(&self.profile.tenant), fields).await?;
        if answer.is_success() {
            let token: Token = answer.json()?;
            self.session.keep(&token);
            return Ok(Reply::SignedIn(account(&token).unwrap_or_else(|| "signed in".into())));
        }
        match answer.json::<TokenError>().map(|error| error.error).unwrap_or_default().as_str() {
            "authorization_pending" => Ok(Reply::SignInPending { slow_down: false }),
            "slow_down" => Ok(Reply::SignInPending { slow_down: true }),
            _ => Err(self.token_trouble(Service::Entra, &answer)),
        }
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
            ("refresh_token", refresh),
            ("scope", scope.into()),
        ];
        let answer = self.form(entra::token_path(&self.profile.tenant), fields).await?;
        if answer.is_success() { answer.json() } else { Err(self.token_trouble(service, &answer)) }
    }

    /// An error answer of the token service. Those that only a new sign-in can mend say so.
    fn token_trouble(&self, service: Service, answer: &Answer) -> Trouble {
        let mut trouble = answer.trouble((self.time.now)());
        if let Ok(error) = answer.json::<TokenError>() {
            trouble.correlation = error.correlation_id.or(trouble.correlation);
            if matches!(error.error.as_str(), "invalid_grant" | "interaction_required") {
                trouble.service = service;
                // A registration need not have a permission for what is only good to know: the sign-in
                // itself stands.
                trouble.what = if service == Service::Graph { What::Refused } else { What::SignInNeeded };
            }
        }
        trouble
    }
}

/// The account that an id token names. It is shown, never trusted, so it is not verified.
fn account(token: &Token) -> Option<Account> {
    let text = token.id_token.as_ref()?.expose_secret();
    let payload = text.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let text = |claim: &str| claims.get(claim)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let name = ["preferred_username", "upn", "email", "name"].into_iter().find_map(text)?;
    Some(Account { name, tenant: text("tid") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_from_an_id_token_and_junk_is_no_account() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"preferred_username":"ada@contoso.example","tid":"t-1"}"#);
        let token = |id: &str| Token {
            access_token: "a".to_owned().into(),
            expires_in: 1,
            refresh_token: None,
            id_token: Some(id.to_owned().into()),
        };
        assert_eq!(
            account(&token(&format!("x.{claims}."))),
            Some(Account { name: "ada@contoso.example".into(), tenant: Some("t-1".into()) })
        );
        for junk in ["", "..", "a.b.c", "a.%%%.c"] {
            assert_eq!(account(&token(junk)), None, "{junk}");
        }
    }
}
