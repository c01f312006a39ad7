//! Dataverse Web API: the partner, application users, roles, and what the prerequisites ask.

use super::http::{Answer, Body};
use super::{Api, body_of, segment};
use crate::core::call::{DefaultTeam, Reply};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use crate::wire::dataverse::{
    self, BusinessUnit, EnableUser, Integration, NewUser, Organization, Reference, Role, Rows, Team, User, Version,
    WhoAmI,
};
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
        if trouble.answered(400) && is_code { Ok(Reply::Integration(None)) } else { Err(trouble) }
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

    /// The roles of whoever asks. Those of the teams are read only where their own do not hold System
    /// Administrator.
    pub(super) async fn own_roles(&self, org: &str) -> Result<Reply, Trouble> {
        let me: WhoAmI = self.one(org, &dataverse::who_am_i_path()).await?;
        let user = segment(&me.user_id);
        let mut roles: Vec<Role> = self.rows_of(org, dataverse::own_roles_path(&user)).await?;
        if !roles.iter().any(Role::is_system_administrator) {
            let teams: Vec<Team> = self.rows_of(org, dataverse::own_teams_path(&user)).await?;
            roles.extend(teams.into_iter().flat_map(|team| team.teamroles_association));
        }
        Ok(Reply::OwnRoles(roles))
    }

    pub(super) async fn version(&self, org: &str) -> Result<Reply, Trouble> {
        Ok(Reply::Version(self.one::<Version>(org, &dataverse::version_path()).await?.version))
    }

    pub(super) async fn solutions(&self, org: &str) -> Result<Reply, Trouble> {
        Ok(Reply::Solutions(self.rows_of(org, dataverse::solutions_path()).await?))
    }

    pub(super) async fn plugin_steps(&self, org: &str) -> Result<Reply, Trouble> {
        Ok(Reply::PluginSteps(self.rows_of(org, dataverse::plugin_steps_path()).await?))
    }

    pub(super) async fn companies(&self, org: &str) -> Result<Reply, Trouble> {
        Ok(Reply::Companies(self.rows_of_table(org, dataverse::companies_path()).await?))
    }

    pub(super) async fn default_team(&self, org: &str) -> Result<Reply, Trouble> {
        let units: Vec<BusinessUnit> = self.rows_of(org, dataverse::root_business_unit_path()).await?;
        let Some(unit) = units.into_iter().next() else {
            let words = "no root business unit is shown to this account";
            return Err(Trouble::new(Service::Dataverse, What::Unreadable, words));
        };
        let path = dataverse::default_team_path(&segment(&unit.businessunitid));
        let teams: Vec<Team> = self.rows_of(org, path).await?;
        Ok(Reply::DefaultTeam(DefaultTeam { unit: unit.name.unwrap_or_default(), team: teams.into_iter().next() }))
    }

    /// The first page is enough: whether there are any is the question.
    pub(super) async fn runtime_configurations(&self, org: &str) -> Result<Reply, Trouble> {
        let url = format!("{org}{}", dataverse::runtime_configurations_path());
        let answer = self.ask(Service::Dataverse, org, url, &HEADERS).await?;
        let table = self.table(&answer, |page: Rows<serde_json::Value>| page.value.len())?;
        Ok(Reply::RuntimeConfigurations(table))
    }

    pub(super) async fn organization(&self, org: &str) -> Result<Reply, Trouble> {
        let rows: Vec<Organization> = self.rows_of(org, dataverse::organization_path()).await?;
        Ok(Reply::Organization(rows.into_iter().next().unwrap_or_default()))
    }

    pub(super) async fn create_user(&self, org: &str, app: &str, business_unit: &str) -> Result<Reply, Trouble> {
        let body = NewUser {
            applicationid: app.to_owned(),
            accessmode: dataverse::ACCESS_MODE_APPLICATION,
            isdisabled: false,
            business_unit: format!("/businessunits({})", segment(business_unit)),
        };
        self.write(org, Method::POST, dataverse::create_user_path(), body_of(&body)?).await
    }

    pub(super) async fn enable_user(&self, org: &str, user: &str, app: &str) -> Result<Reply, Trouble> {
        let body = EnableUser { isdisabled: false, applicationid: app.to_owned() };
        self.write(org, Method::PATCH, dataverse::user_path(&segment(user)), body_of(&body)?).await
    }

    /// A user that was deleted softly is gone for good when it is deleted once more.
    pub(super) async fn purge_user(&self, org: &str, user: &str) -> Result<Reply, Trouble> {
        self.write(org, Method::DELETE, dataverse::user_path(&segment(user)), Body::None).await
    }

    pub(super) async fn give_role(&self, org: &str, user: &str, role: &str) -> Result<Reply, Trouble> {
        let body = Reference { id: format!("{org}{}/roles({})", dataverse::BASE, segment(role)) };
        self.write(org, Method::POST, dataverse::give_role_path(&segment(user)), body_of(&body)?).await
    }

    /// One value.
    async fn one<T: DeserializeOwned>(&self, org: &str, path: &str) -> Result<T, Trouble> {
        self.get(Service::Dataverse, org, format!("{org}{path}"), &HEADERS).await
    }

    /// The rows of a table that a solution brings; `None` where the service says that there is no such
    /// table.
    async fn rows_of_table<T: DeserializeOwned>(&self, org: &str, path: String) -> Result<Option<Vec<T>>, Trouble> {
        match self.rows_of(org, path).await {
            Ok(rows) => Ok(Some(rows)),
            Err(trouble) if is_no_table(&trouble) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// An answer about such a table.
    fn table<T: DeserializeOwned, R>(&self, answer: &Answer, read: impl Fn(T) -> R) -> Result<Option<R>, Trouble> {
        if answer.is_success() {
            return answer.json().map(|page| Some(read(page)));
        }
        let trouble = answer.trouble((self.time.now)());
        if is_no_table(&trouble) { Ok(None) } else { Err(trouble) }
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

/// Whether the service says that a table does not exist. A 404 that does not say so proves nothing.
fn is_no_table(trouble: &Trouble) -> bool {
    let has_code = |known: &str| trouble.code.as_deref().is_some_and(|code| code.eq_ignore_ascii_case(known));
    trouble.answered(404) && has_code(dataverse::MALFORMED)
}
