//! BAP admin API: the environments of the tenant.

use super::Api;
use crate::core::call::Reply;
use crate::core::trouble::{Service, Trouble};
use crate::wire::bap::{self, EnvironmentPage};

impl Api {
    pub(super) async fn environments(&self) -> Result<Reply, Trouble> {
        let base = self.base(Service::Bap)?;
        let first = format!("{base}{}", bap::environments_path());
        let rows =
            self.pages(Service::Bap, &base, first, &[], |page: EnvironmentPage| (page.value, page.next_link)).await?;
        Ok(Reply::Environments(rows))
    }
}
