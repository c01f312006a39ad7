//! Microsoft Graph: licences and directory roles of the person, applications of the tenant.

use super::Api;
use crate::core::call::Reply;
use crate::core::service::Service;
use crate::core::trouble::Trouble;
use crate::wire::dataverse::Rows;
use crate::wire::graph::{self, DIRECTORY_ROLES_PATH, LICENCES_PATH};
use serde::de::DeserializeOwned;

impl Api {
    pub(super) async fn licences(&self) -> Result<Reply, Trouble> {
        Ok(Reply::Licences(self.graph_rows(LICENCES_PATH).await?))
    }

    pub(super) async fn directory_roles(&self) -> Result<Reply, Trouble> {
        Ok(Reply::DirectoryRoles(self.graph_rows(DIRECTORY_ROLES_PATH).await?))
    }

    pub(super) async fn principals(&self, apps: &[&str]) -> Result<Reply, Trouble> {
        Ok(Reply::Principals(self.graph_rows(&graph::principals_path(apps)).await?))
    }

    async fn graph_rows<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Trouble> {
        let base = self.base(Service::Graph)?;
        let first = format!("{base}{path}");
        self.pages(Service::Graph, &base, first, &[], |page: Rows<T>| (page.value, page.next_link)).await
    }
}
