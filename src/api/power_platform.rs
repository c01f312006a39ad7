//! Power Platform API: packages and their installation.

use super::http::{Answer, Body};
use super::{Api, segment};
use crate::core::call::Reply;
use crate::core::service::Service;
use crate::core::trouble::Trouble;
use crate::wire::power_platform::{self, InstancePackage, PackagePage};
use reqwest::header::{HeaderName, LOCATION};
use url::Url;

impl Api {
    pub(super) async fn packages(&self, environment: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::PowerPlatform)?;
        let first = format!("{base}{}", power_platform::packages_path(&segment(environment)));
        let rows = self
            .pages(Service::PowerPlatform, &base, first, &[], |page: PackagePage| (page.value, page.next_link))
            .await?;
        Ok(Reply::Packages(rows))
    }

    pub(super) async fn operation(&self, environment: &str, operation: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::PowerPlatform)?;
        let url = format!("{base}{}", power_platform::operation_path(&segment(environment), &segment(operation)));
        let answer = self.ask(Service::PowerPlatform, &base, url, &[]).await?;
        let retry_after = answer.retry_after((self.time.now)());
        if answer.status == 409 {
            return Ok(Reply::Operation { operation: None, retry_after });
        }
        Ok(Reply::Operation { operation: Some(answer.success((self.time.now)())?), retry_after })
    }

    /// Starts an installation: 200 with the operation inside, or 202 with its address in a header.
    pub(super) async fn install(&self, environment: &str, package: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::PowerPlatform)?;
        let url = format!("{base}{}", power_platform::install_path(&segment(environment), &segment(package)));
        let answer = self.post(Service::PowerPlatform, &base, url, &[], Body::Json(b"{}".to_vec())).await?;
        if !answer.is_success() {
            return Err(answer.trouble((self.time.now)()));
        }
        let in_body = || {
            // An empty or unreadable body of a success says nothing of the operation, and the
            // package list is watched instead.
            let instance: InstancePackage = serde_json::from_slice(&answer.body).ok()?;
            instance.last_operation?.operation_id.filter(|id| !id.is_empty())
        };
        let operation = operation_in_header(&answer).or_else(in_body);
        Ok(Reply::InstallAccepted { operation, retry_after: answer.retry_after((self.time.now)()) })
    }
}

/// The operation id in `Operation-Location` or `Location`. Only the id is taken: the address that
/// is asked later is made from the configured base, so no token follows a header to another host.
fn operation_in_header(answer: &Answer) -> Option<String> {
    let name = HeaderName::from_static("operation-location");
    let location = answer.header(&name).or_else(|| answer.header(&LOCATION))?;
    let path = match Url::parse(location) {
        Ok(url) => url.path().to_owned(),
        Err(_) => location.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    let mut parts = path.split('/').skip_while(|part| !part.eq_ignore_ascii_case("operations")).skip(1);
    parts.next().filter(|id| !id.is_empty()).map(str::to_owned)
}
