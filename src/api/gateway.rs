//! Dual-write management gateway: the link, its connection set, its maps, Reset link.

use super::http::{Body, RESET_LIMIT, Request, whole};
use super::{Api, body_of, segment};
use crate::core::call::Reply;
use crate::core::gateways::{AtGateway, Gateway};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use crate::wire::gateway::{self, Reset};
use reqwest::Method;
use std::sync::PoisonError;

impl Api {
    /// Whether there is a gateway at an address that a person gave (`is_given`) or a record hints at. It is asked
    /// without a token; only what has the form of a gateway is asked at all.
    pub(super) async fn find_gateway(&self, address: &str, is_given: bool) -> Result<Reply, Trouble> {
        let text = address.trim();
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = self.http.gateway(&text)?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let request = Request {
            service: Service::Gateway,
            method: Method::GET,
            url: whole(Service::Gateway, &format!("{base}{}", gateway::VERSION_PATH))?,
            token: None,
            headers: Vec::new(),
            body: Body::None,
            limit: None,
        };
        let answer = self.http.send(request).await?;
        // Of a server of this machine the form of the address says nothing.
        if !is_gateway(answer.status, is_given && !self.profile.is_loopback()) {
            return Err(answer.trouble((self.time.now)()));
        }
        self.gateways.lock().unwrap_or_else(PoisonError::into_inner).insert(base.as_str().into());
        Ok(Reply::Gateway(base))
    }

    /// The base of a gateway: that of the profile, or one that was found.
    fn gateway(&self, gateway: &Gateway) -> Result<String, Trouble> {
        match gateway {
            Gateway::OfProfile => self.base(Service::Gateway),
            Gateway::Found(base) => {
                let is_known = self.gateways.lock().unwrap_or_else(PoisonError::into_inner).contains(base);
                if is_known {
                    Ok(base.to_string())
                } else {
                    Err(Trouble::new(Service::Gateway, What::NotConfigured, ""))
                }
            }
        }
    }

    pub(super) async fn links(&self, host: &AtGateway) -> Result<Reply, Trouble> {
        let base = self.gateway(&host.gateway)?;
        let url = format!("{base}{}", gateway::environments_path(&segment(&host.of)));
        Ok(Reply::Links(self.get(Service::Gateway, &base, url, &[]).await?))
    }

    pub(super) async fn connection_set(&self, name: &AtGateway) -> Result<Reply, Trouble> {
        let base = self.gateway(&name.gateway)?;
        let url = format!("{base}{}", gateway::connection_set_path(&segment(&name.of)));
        Ok(Reply::ConnectionSet(Box::new(self.get(Service::Gateway, &base, url, &[]).await?)))
    }

    pub(super) async fn maps(&self, cid: &AtGateway) -> Result<Reply, Trouble> {
        let base = self.gateway(&cid.gateway)?;
        let url = format!("{base}{}", gateway::maps_path(&segment(&cid.of)));
        Ok(Reply::Maps(self.get(Service::Gateway, &base, url, &[]).await?))
    }

    pub(super) async fn reset_link(&self, cid: &AtGateway, body: &Reset) -> Result<Reply, Trouble> {
        let base = self.gateway(&cid.gateway)?;
        let url = format!("{base}{}", gateway::reset_path(&segment(&cid.of), false));
        let origin = self.profile.portal.as_str().trim_end_matches('/');
        let headers = [("Origin", origin)];
        let answer = self
            .request(Service::Gateway, &base, Method::POST, url, &headers, body_of(body)?, Some(RESET_LIMIT))
            .await?;
        if answer.is_success() { Ok(Reply::Done) } else { Err(answer.trouble((self.time.now)())) }
    }
}

/// Whether who answers with this status is a gateway: it answers without a token, or wants one. Where the address is
/// surely that of one, it need not know what it is asked either: where its version stands is documented nowhere.
fn is_gateway(status: u16, is_sure: bool) -> bool {
    matches!(status, 200..=299 | 401 | 403) || is_sure && matches!(status, 404 | 405)
}

#[cfg(test)]
mod tests {
    use super::is_gateway;

    #[test]
    fn a_gateway_that_a_person_names_need_not_have_its_version_where_others_have_it() {
        for status in [200, 204, 401, 403] {
            assert!(is_gateway(status, false) && is_gateway(status, true), "{status}");
        }
        for status in [404, 405] {
            assert!(!is_gateway(status, false) && is_gateway(status, true), "{status}");
        }
        for status in [302, 400, 408, 410, 429, 500, 502, 503, 504] {
            assert!(!is_gateway(status, false) && !is_gateway(status, true), "{status}");
        }
    }
}
