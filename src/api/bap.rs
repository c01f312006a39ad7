//! BAP admin API: the environments of the tenant.

use super::Api;
use crate::core::call::Reply;
use crate::core::environment::{Environment, Words};
use crate::core::service::Service;
use crate::core::trouble::Trouble;
use crate::wire::bap::{self, EnvironmentPage};

impl Api {
    pub(super) async fn environments(&self) -> Result<Reply, Trouble> {
        let base = self.base(Service::Bap)?;
        let first = format!("{base}{}", bap::environments_path());
        let mut words = Words::default();
        let split = |page: EnvironmentPage| {
            let rows: Vec<_> = page.value.into_iter().map(|row| Environment::listed(row, &mut words)).collect();
            (rows, page.next_link)
        };
        Ok(Reply::Environments(self.pages(Service::Bap, &base, first, &[], split).await?))
    }
}
