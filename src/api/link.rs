//! Link operation: start under a request id, read its state.

use super::{Api, body_of, segment};
use crate::core::call::Reply;
use crate::core::service::Service;
use crate::core::trouble::{Done, Trouble, What};
use crate::wire::CLIENT_REQUEST_ID;
use crate::wire::link::{self, Answer, NO_PROJECT, Start};
use crate::wire::problem::bounded;

impl Api {
    pub(super) async fn start_link(
        &self,
        environment: &str,
        power_platform: &str,
        request_id: &str,
    ) -> Result<Reply, Trouble> {
        let base = self.base(Service::Link)?;
        let project = self.profile.lcs_project.unwrap_or(NO_PROJECT);
        let url = format!("{base}{}", link::start_path(project, &segment(environment)));
        let body = body_of(&Start { power_platform_environment_id: power_platform.to_owned() })?;
        let answer = self.post(Service::Link, &base, url, &[(CLIENT_REQUEST_ID, request_id)], body).await?;
        let answer: Answer = answer.success((self.time.now)())?;
        match answer.operation_activity_id.filter(|activity| !activity.is_empty()) {
            Some(activity) if answer.is_success != Some(false) => Ok(Reply::LinkAccepted(activity)),
            activity if answer.is_success == Some(false) || answer.error_message.is_some() => {
                let words = answer.error_message.unwrap_or_else(|| "The service gives no reason.".into());
                Err(Trouble { correlation: activity, ..Trouble::new(Service::Link, What::Refused, words) })
            }
            // It is made, perhaps: the gateway is read, then the start is repeated under the same request id.
            _ => {
                let words = "it names no operation";
                Err(Trouble { done: Done::Perhaps, ..Trouble::new(Service::Link, What::Unreadable, words) })
            }
        }
    }

    pub(super) async fn link_status(&self, environment: &str, activity: &str) -> Result<Reply, Trouble> {
        let base = self.base(Service::Link)?;
        let project = self.profile.lcs_project.unwrap_or(NO_PROJECT);
        let url = format!("{base}{}", link::status_path(project, &segment(environment), &segment(activity)));
        let answer: Answer = self.get(Service::Link, &base, url, &[]).await?;
        Ok(Reply::LinkStatus(Answer { operation_status: answer.operation_status.map(bounded), ..answer }))
    }
}
