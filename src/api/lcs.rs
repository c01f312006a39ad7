//! Lifecycle Services: the environments of a project.

use super::{Api, PAGES_MAX};
use crate::core::call::Reply;
use crate::core::environment::{LcsEnvironment, Words};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use crate::wire::lcs::{self, Envelope};
use std::sync::Arc;

impl Api {
    pub(super) async fn lifecycle(&self) -> Result<Reply, Trouble> {
        let base = self.base(Service::Lcs)?;
        let Some(project) = self.profile.lcs_project else {
            return Err(Trouble::new(Service::Lcs, What::NotConfigured, "lcs_project is missing"));
        };
        let (mut all, mut words) = (Vec::new(), Words::default());
        let mut page = 1;
        loop {
            let url = format!("{base}{}", lcs::environments_path(project, page));
            let answer: Envelope<Vec<lcs::Environment>> =
                self.get(Service::Lcs, &base, url, &[lcs::VERSION_HEADER]).await?;
            if !answer.is_success {
                let mut trouble = Trouble::new(Service::Lcs, What::Refused, answer.error_message.unwrap_or_default());
                trouble.correlation = answer.operation_activity_id;
                return Err(trouble);
            }
            let rows = answer.data.unwrap_or_default();
            let is_empty = rows.is_empty();
            all.extend(rows.into_iter().map(|row| Arc::new(LcsEnvironment::listed(row, &mut words))));
            if !answer.result_has_more_pages || is_empty || page as usize >= PAGES_MAX {
                return Ok(Reply::Lifecycle(all));
            }
            page += 1;
        }
    }
}
