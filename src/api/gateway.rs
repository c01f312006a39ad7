//! Dual-write management gateway: the link, its connection set, its maps, Reset link.

use super::http::RESET_LIMIT;
use super::{Api, body_of, segment};
use crate::core::call::Reply;
use crate::core::trouble::{Service, Trouble};
use crate::wire::gateway::{self, Reset};
use reqwest::Method;

impl Api {
    pub(super) async fn links(&self, host: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::Gateway)?;
        let url = format!("{base}{}", gateway::environments_path(host));
        Ok(Reply::Links(self.get(Service::Gateway, &base, url, &[]).await?))
    }

    pub(super) async fn connection_set(&self, name: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::Gateway)?;
        let url = format!("{base}{}", gateway::connection_set_path(&segment(name)));
        Ok(Reply::ConnectionSet(Box::new(self.get(Service::Gateway, &base, url, &[]).await?)))
    }

    pub(super) async fn maps(&self, cid: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::Gateway)?;
        let url = format!("{base}{}", gateway::maps_path(&segment(cid)));
        Ok(Reply::Maps(self.get(Service::Gateway, &base, url, &[]).await?))
    }

    pub(super) async fn reset_link(&self, cid: &str, body: &Reset) -> Result<Reply, Trouble> {
        let base = self.base(Service::Gateway)?;
        let url = format!("{base}{}", gateway::reset_path(&segment(cid), false));
        let origin = self.profile.portal.as_str().trim_end_matches('/');
        let headers = [("Origin", origin)];
        let answer = self
            .request(Service::Gateway, &base, Method::POST, url, &headers, body_of(body)?, Some(RESET_LIMIT))
            .await?;
        if answer.is_success() { Ok(Reply::Done) } else { Err(answer.trouble((self.time.now)())) }
    }
}
