//! Lifecycle Services: the environments of a project.

use super::{Api, NO_END, PAGES_MAX};
use crate::core::call::Reply;
use crate::core::environment::{LcsEnvironment, Words};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use crate::wire::OneOrMany;
use crate::wire::lcs::{self, Envelope};
use std::sync::Arc;

/// Most pages in a row that are empty and say that there are more.
const EMPTY_PAGES_MAX: usize = 3;

impl Api {
    pub(super) async fn lifecycle(&self) -> Result<Reply, Trouble> {
        let base = self.base(Service::Lcs)?;
        let Some(project) = self.profile.lcs_project else {
            return Err(Trouble::new(Service::Lcs, What::NotConfigured, "lcs_project is missing"));
        };
        let (mut all, mut words) = (Vec::new(), Words::default());
        let mut empty_in_a_row = 0;
        for page in 1..=PAGES_MAX {
            let url = format!("{base}{}", lcs::environments_path(project, page));
            let answer: Envelope<OneOrMany<lcs::Environment>> =
                self.get(Service::Lcs, &base, url, &[lcs::VERSION_HEADER]).await?;
            if !answer.is_success {
                let mut trouble = Trouble::new(Service::Lcs, What::Refused, answer.error_message.unwrap_or_default());
                trouble.correlation = answer.operation_activity_id;
                return Err(trouble);
            }
            let OneOrMany(rows) = answer.data.unwrap_or_default();
            empty_in_a_row = if rows.is_empty() { empty_in_a_row + 1 } else { 0 };
            all.extend(rows.into_iter().map(|row| Arc::new(LcsEnvironment::listed(row, &mut words))));
            if !answer.result_has_more_pages {
                return Ok(Reply::Lifecycle(all));
            }
            if empty_in_a_row > EMPTY_PAGES_MAX {
                break;
            }
        }
        Err(Trouble::new(Service::Lcs, What::TooLarge, NO_END))
    }
}
