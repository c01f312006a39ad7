//! Dataverse Web API: the partner, application users, roles.

use super::http::Body;
use super::{Api, body_of};
use crate::core::call::Reply;
use crate::core::trouble::{Service, Trouble, What};
use crate::wire::dataverse::{self, BusinessUnit, EnableUser, Integration, NewUser, Reference, Role, Rows, User};
use reqwest::Method;
use serde::de::DeserializeOwned;

/// Headers of every call. `If-None-Match: null` avoids cached answers.
const HEADERS: [(&str, &str); 3] = [("OData-MaxVersion", "4.0"), ("OData-Version", "4.0"), ("If-None-Match", "null")];

impl Api {
    pub(super) async fn integration(&self, org: &str) -> Result<Reply, Trouble> {
        let url = format!("{org}{}", dataverse::integration_path());
        let answer = self.ask(Service::Dataverse, org, url, &HEADERS).await?;
        if answer.is_success() {
            let row: Integration = answer.json()?;
            return Ok(Reply::Integration(Some(row)));
        }
        let trouble = answer.trouble((self.time.now)());
        let is_code = trouble.code.as_deref().is_some_and(|code| code.eq_ignore_ascii_case(dataverse::NOT_INTEGRATED));
        if trouble.what == What::Status(400) && is_code { Ok(Reply::Integration(None)) } else { Err(trouble) }
    }

    pub(super) async fn users(&self, org: &str, app: &str) -> Result<Reply, Trouble> {
        Ok(Reply::Users(self.rows_of::<User>(org, dataverse::users_path(app)).await?))
    }

    pub(super) async fn root_business_unit(&self, org: &str) -> Result<Reply, Trouble> {
        Ok(Reply::BusinessUnits(self.rows_of::<BusinessUnit>(org, dataverse::root_business_unit_path()).await?))
    }

    pub(super) async fn administrator_role(&self, org: &str, business_unit: &str) -> Result<Reply, Trouble> {
        let mut roles: Vec<Role> = self.rows_of(org, dataverse::administrator_role_path(business_unit)).await?;
        if roles.is_empty() {
            roles = self.rows_of(org, dataverse::administrator_role_by_template_path(business_unit)).await?;
        }
        Ok(Reply::Roles(roles))
    }

    pub(super) async fn create_user(&self, org: &str, app: &str, business_unit: &str) -> Result<Reply, Trouble> {
        let body = NewUser {
            applicationid: app.to_owned(),
            accessmode: dataverse::ACCESS_MODE_APPLICATION,
            isdisabled: false,
            business_unit: format!("/businessunits({business_unit})"),
        };
        self.write(org, Method::POST, dataverse::create_user_path(), body_of(&body)?).await
    }

    pub(super) async fn enable_user(&self, org: &str, user: &str, app: &str) -> Result<Reply, Trouble> {
        let body = EnableUser { isdisabled: false, applicationid: app.to_owned() };
        self.write(org, Method::PATCH, dataverse::user_path(user), body_of(&body)?).await
    }

    pub(super) async fn give_role(&self, org: &str, user: &str, role: &str) -> Result<Reply, Trouble> {
        let body = Reference { id: format!("{org}{}/roles({role})", dataverse::BASE) };
        self.write(org, Method::POST, dataverse::give_role_path(user), body_of(&body)?).await
    }

    async fn rows_of<T: DeserializeOwned>(&self, org: &str, path: String) -> Result<Vec<T>, Trouble> {
        let first = format!("{org}{path}");
        self.pages(Service::Dataverse, org, first, &HEADERS, |page: Rows<T>| (page.value, page.next_link)).await
    }

    async fn write(&self, org: &str, method: Method, path: String, body: Body) -> Result<Reply, Trouble> {
        let url = format!("{org}{path}");
        let answer = self.request(Service::Dataverse, org, method, url, &HEADERS, body, None).await?;
        if answer.is_success() { Ok(Reply::Done) } else { Err(answer.trouble((self.time.now)())) }
    }
}
