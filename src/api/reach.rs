//! Whether the services of a profile can be reached at all. They are asked without a token, so that whatever one
//! answers counts: the way there, the proxy and the certificates are in order then.

use super::http::{Body, Request};
use super::{Api, segment};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use jiff::Timestamp;
use reqwest::Method;
use std::time::Duration;

/// Longest wait for an answer.
const REACH_LIMIT: Duration = Duration::from_secs(10);

/// What a service answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// HTTP status; none where it led to an address that is not followed.
    pub status: Option<u16>,
    /// The clock of the service, where it says one.
    pub clock: Option<Timestamp>,
}

impl Api {
    /// The services that the profile names, with their addresses; those of an environment are in its answers.
    pub fn services(&self) -> impl Iterator<Item = (Service, String)> {
        Service::ALL.into_iter().filter_map(|service| Some((service, self.base(service).ok()?)))
    }

    /// Asks a service for anything, without a token.
    ///
    /// # Errors
    /// Why no answer came.
    pub async fn reach(&self, service: Service) -> Result<Reached, Trouble> {
        let base = self.base(service)?;
        // The root of the token service leads to a page for people.
        let url = match service {
            Service::Entra => {
                format!("{base}/{}/v2.0/.well-known/openid-configuration", segment(&self.profile.tenant))
            }
            _ => format!("{base}/"),
        };
        let request = Request {
            service,
            method: Method::GET,
            url: self.http.may_go(service, &url, Some(&base))?,
            token: None,
            headers: Vec::new(),
            body: Body::None,
            limit: Some(REACH_LIMIT),
        };
        match self.http.send(request).await {
            Ok(answer) => Ok(Reached { status: Some(answer.status), clock: answer.clock() }),
            // It answered: with a way to somewhere else, which is not gone.
            Err(trouble) if matches!(trouble.what, What::ForeignHost(_)) => Ok(Reached { status: None, clock: None }),
            Err(trouble) => Err(trouble),
        }
    }
}
