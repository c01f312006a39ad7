//! Finance and operations OData: client ID rows, users, legal entities.

use super::{Api, body_of, segment};
use crate::core::call::Reply;
use crate::core::plan;
use crate::core::service::Service;
use crate::core::trouble::Trouble;
use crate::wire::dataverse::Rows;
use crate::wire::finance_operations::{
    BindRow, CLIENT_ID_ROWS_PATH, ClientIdRow, LEGAL_ENTITIES_PATH, LegalEntity, USERS_PATH, User, UserRole,
    client_id_row_path, user_roles_path,
};
use reqwest::Method;
use serde::de::DeserializeOwned;

/// Headers of every call.
const HEADERS: [(&str, &str); 2] = [("OData-MaxVersion", "4.0"), ("OData-Version", "4.0")];

impl Api {
    pub(super) async fn rows(&self, finops: &str) -> Result<Reply, Trouble> {
        Ok(Reply::Rows(self.entities::<ClientIdRow>(finops, CLIENT_ID_ROWS_PATH).await?))
    }

    pub(super) async fn finops_users(&self, finops: &str) -> Result<Reply, Trouble> {
        Ok(Reply::FinopsUsers(self.entities::<User>(finops, USERS_PATH).await?))
    }

    pub(super) async fn finops_roles(&self, finops: &str, user: &str) -> Result<Reply, Trouble> {
        Ok(Reply::FinopsRoles(
            self.entities::<UserRole>(finops, &user_roles_path(&segment(&user.replace('\'', "''")))).await?,
        ))
    }

    pub(super) async fn legal_entities(&self, finops: &str) -> Result<Reply, Trouble> {
        Ok(Reply::LegalEntities(self.entities::<LegalEntity>(finops, LEGAL_ENTITIES_PATH).await?))
    }

    pub(super) async fn create_row(&self, finops: &str, app: &str, user: &str) -> Result<Reply, Trouble> {
        let row = ClientIdRow {
            client_id: app.to_owned(),
            user_id: Some(user.to_owned()),
            name: Some(format!("Dual-write ({})", plan::app_name(app))),
        };
        let url = format!("{finops}{CLIENT_ID_ROWS_PATH}");
        let answer = self.post(Service::FinanceOperations, finops, url, &HEADERS, body_of(&row)?).await?;
        if answer.is_success() { Ok(Reply::Done) } else { Err(answer.trouble((self.time.now)())) }
    }

    pub(super) async fn bind_row(&self, finops: &str, app: &str, user: &str) -> Result<Reply, Trouble> {
        let body = body_of(&BindRow { user_id: user.to_owned() })?;
        let url = format!("{finops}{}", client_id_row_path(app));
        let answer = self.request(Service::FinanceOperations, finops, Method::PATCH, url, &HEADERS, body, None).await?;
        if answer.is_success() { Ok(Reply::Done) } else { Err(answer.trouble((self.time.now)())) }
    }

    /// A list. Its next page may name another host of the same environment, so only the part of
    /// the address behind the host is kept.
    async fn entities<T: DeserializeOwned>(&self, finops: &str, path: &str) -> Result<Vec<T>, Trouble> {
        let first = format!("{finops}{path}");
        let home = |link: String| match link.find("/data/") {
            Some(at) => format!("{finops}{}", &link[at..]),
            None => link,
        };
        let split = |page: Rows<T>| (page.value, page.next_link.map(home));
        self.pages(Service::FinanceOperations, finops, first, &HEADERS, split).await
    }
}
