//! The clients: one file per service, one way to the network.
//!
//! Owns the tokens and the connection. Takes a [`Call`] or a [`Change`], asks the service, gives a
//! [`Reply`] or a [`Trouble`]. It decides nothing about the set-up and repeats nothing, with one
//! exception: a 401 is answered once with a fresh token, because the service did nothing yet.

pub mod assertion;
mod bap;
mod dataverse;
mod entra;
mod exchanges;
mod finance_operations;
mod gateway;
mod graph;
mod hosts;
mod http;
mod kept;
mod lcs;
mod limits;
mod link;
mod power_platform;
mod reach;
mod session;
mod turns;

pub use assertion::{Certificate, CertificateError};
pub use exchanges::Listener;
pub use http::{Trust, opens_nothing_more};
pub use reach::Reached;
pub use session::{Credentials, Identity, Keeper, Outside, Proof};

use crate::core::call::{Call, Change, Reply};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use crate::settings::Profile;
use crate::wire::CLIENT_REQUEST_ID;
use hosts::Rules;
use http::{Answer, Body, Http, Request};
use jiff::Timestamp;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use session::Session;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use turns::{Place, Turns};

/// Most pages followed of one list. The largest tenants have some thousand environments.
const PAGES_MAX: usize = 500;
/// What is said of a list that goes on after them.
const NO_END: &str = "its list of pages has no end";

/// Time as the client needs it: the moment, and how long a pause really is. A simulator can run
/// faster than the clock on the wall.
#[derive(Clone)]
pub struct Time {
    /// The moment.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Seconds of the service per real second.
    pub speed: f64,
}

impl Time {
    /// A pause of the service's time.
    async fn pause(&self, length: Duration) {
        tokio::time::sleep(length.div_f64(self.speed)).await;
    }
}

/// What the client may have open at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Questions to all hosts of one service.
    pub at_once: usize,
    /// Hosts of single environments whose unused connections are kept for a moment.
    pub hosts_kept: usize,
}

impl Default for Connections {
    /// As many as bring more answers.
    fn default() -> Self {
        Self { at_once: 256, hosts_kept: 256 }
    }
}

/// The client of one cloud, signed in or not.
pub struct Api {
    profile: Profile,
    /// The gateways that were found while the program ran: no other address is one.
    gateways: Mutex<BTreeSet<Arc<str>>>,
    http: Http,
    session: Session,
    turns: Turns,
    time: Time,
}

impl Api {
    /// A client for a profile. `trust` is added to the certificates of the system.
    ///
    /// # Errors
    /// Fails when no TLS client can be built on this machine.
    pub fn new(profile: Profile, credentials: Credentials, trust: Trust, time: Time) -> Result<Self, reqwest::Error> {
        let rules = Rules { loopback: profile.is_loopback(), national: profile.national };
        Ok(Self {
            http: Http::new(rules, trust, &time)?,
            session: Session::new(credentials),
            turns: Turns::new(Connections::default().at_once),
            gateways: Mutex::default(),
            profile,
            time,
        })
    }

    /// A token that a person gives for one service while the program runs.
    ///
    /// # Errors
    /// Why the service would surely refuse it, as far as the token tells: it has ended, or is for another
    /// service. Then it is not taken.
    pub fn give_token(&self, service: Service, token: SecretString) -> Result<(), String> {
        let audience = match service {
            // Theirs is the address of an environment.
            Service::Dataverse | Service::FinanceOperations => None,
            _ => Some(self.audience(service, "")),
        };
        if let Some(why) = entra::misfit(token.expose_secret(), audience.as_deref(), (self.time.now)()) {
            return Err(why);
        }
        self.session.give(service, token);
        Ok(())
    }

    /// The client, which has no more open than this.
    #[must_use]
    pub fn within(mut self, connections: Connections) -> Self {
        let Connections { at_once, hosts_kept } = connections;
        self.turns = Turns::new(at_once);
        self.http.kept.set_most(hosts_kept);
        self
    }

    /// The client, which reads no more than so many bytes of an answer.
    #[must_use]
    pub fn reading(mut self, most: usize) -> Self {
        self.http.most = most;
        self
    }

    /// The client, which tells this listener of every request.
    #[must_use]
    pub fn telling(mut self, listener: Listener) -> Self {
        self.http.exchanges.listen(listener);
        self
    }

    /// Asks one question.
    ///
    /// # Errors
    /// A [`Trouble`] that names the service and what happened.
    pub async fn call(&self, call: Call) -> Result<Reply, Trouble> {
        let _turn = self.turns.turn(call.service(), of_call(&call)).await;
        match call {
            Call::DeviceCode => self.device_code().await,
            Call::PollDeviceCode => self.poll_device_code().await,
            Call::Environments => self.environments().await,
            Call::Lifecycle => self.lifecycle().await,
            Call::Integration(org) => self.integration(&org).await,
            Call::Packages(environment) => self.packages(&environment).await,
            Call::Operation { environment, operation } => self.operation(&environment, &operation).await,
            Call::Users { dataverse, app } => self.users(&dataverse, app).await,
            Call::RootBusinessUnit(org) => self.root_business_unit(&org).await,
            Call::AdministratorRole { dataverse, business_unit } => {
                self.administrator_role(&dataverse, &business_unit).await
            }
            Call::OwnRoles(org) => self.own_roles(&org).await,
            Call::Version(org) => self.version(&org).await,
            Call::Solutions(org) => self.solutions(&org).await,
            Call::PluginSteps(org) => self.plugin_steps(&org).await,
            Call::Companies(org) => self.companies(&org).await,
            Call::DefaultTeam(org) => self.default_team(&org).await,
            Call::RuntimeConfigurations(org) => self.runtime_configurations(&org).await,
            Call::Organization(org) => self.organization(&org).await,
            Call::Rows(finops) => self.rows(&finops).await,
            Call::FinopsUsers(finops) => self.finops_users(&finops).await,
            Call::FinopsRoles { finops, user } => self.finops_roles(&finops, &user).await,
            Call::LegalEntities(finops) => self.legal_entities(&finops).await,
            Call::Licences => self.licences().await,
            Call::DirectoryRoles => self.directory_roles().await,
            Call::Principals(apps) => self.principals(&apps).await,
            Call::Links(host) => self.links(&host).await,
            Call::ConnectionSet(name) => self.connection_set(&name).await,
            Call::Maps(cid) => self.maps(&cid).await,
            Call::FindGateway(address) => self.find_gateway(&address, true).await,
            Call::GuessedGateway(address) => self.find_gateway(&address, false).await,
            Call::LinkStatus { environment, activity } => self.link_status(&environment, &activity).await,
        }
    }

    /// Asks for one change. The caller has written its intention down.
    ///
    /// # Errors
    /// A [`Trouble`] whose `done` says whether the change may have happened all the same.
    pub async fn change(&self, change: Change) -> Result<Reply, Trouble> {
        let _turn = self.turns.turn(change.service(), of_change(&change)).await;
        match change {
            Change::Install { environment, package } => self.install(&environment, &package).await,
            Change::CreateUser { dataverse, app, business_unit } => {
                self.create_user(&dataverse, app, &business_unit).await
            }
            Change::EnableUser { dataverse, user, app } => self.enable_user(&dataverse, &user, app).await,
            Change::GiveRole { dataverse, user, role, .. } => self.give_role(&dataverse, &user, &role).await,
            Change::PurgeUser { dataverse, user, .. } => self.purge_user(&dataverse, &user).await,
            Change::BindRow { finops, app, user } => self.bind_row(&finops, app, &user).await,
            Change::CreateRow { finops, app, user } => self.create_row(&finops, app, &user).await,
            Change::StartLink { environment, power_platform, request_id } => {
                self.start_link(&environment, &power_platform, &request_id).await
            }
            Change::ResetLink { cid, body } => self.reset_link(&cid, &body).await,
        }
    }

    /// The configured base of a service.
    fn base(&self, service: Service) -> Result<String, Trouble> {
        let url = match service {
            Service::Entra => Some(&self.profile.authority),
            Service::Lcs => self.profile.lcs.as_ref(),
            Service::Bap => Some(&self.profile.bap),
            Service::PowerPlatform => Some(&self.profile.power_platform),
            Service::Gateway => self.profile.gateway.as_ref(),
            Service::Link => self.profile.link.as_ref(),
            Service::Graph => self.profile.graph.as_ref(),
            Service::Dataverse | Service::FinanceOperations => None,
        };
        url.map(|url| url.as_str().trim_end_matches('/').to_owned())
            .ok_or_else(|| Trouble::new(service, What::NotConfigured, ""))
    }

    /// The token audience of a service; of Dataverse and finance and operations it is the address.
    fn audience(&self, service: Service, base: &str) -> String {
        let own = &self.profile.audiences;
        let or = |own: &Option<String>, public: &str| own.clone().unwrap_or_else(|| public.to_owned());
        match service {
            Service::Lcs | Service::Link => or(&own.lcs, "https://lcsapi.lcs.dynamics.com"),
            Service::Bap => or(&own.bap, "https://service.powerapps.com/"),
            Service::PowerPlatform => or(&own.power_platform, "https://api.powerplatform.com/"),
            Service::Gateway => or(&own.gateway, "https://IntegratorApp.com"),
            Service::Graph => or(&own.graph, "https://graph.microsoft.com"),
            Service::Dataverse | Service::FinanceOperations | Service::Entra => base.trim_end_matches('/').to_owned(),
        }
    }
}

/// Where a question is asked, and for which environment.
fn of_call(call: &Call) -> Place<'_> {
    match call {
        Call::DeviceCode
        | Call::PollDeviceCode
        | Call::Environments
        | Call::Lifecycle
        | Call::Licences
        | Call::DirectoryRoles
        | Call::Principals(_) => Place::default(),
        Call::Integration(host)
        | Call::Users { dataverse: host, .. }
        | Call::RootBusinessUnit(host)
        | Call::AdministratorRole { dataverse: host, .. }
        | Call::OwnRoles(host)
        | Call::Version(host)
        | Call::Solutions(host)
        | Call::PluginSteps(host)
        | Call::Companies(host)
        | Call::DefaultTeam(host)
        | Call::RuntimeConfigurations(host)
        | Call::Organization(host)
        | Call::Rows(host)
        | Call::FinopsUsers(host)
        | Call::FinopsRoles { finops: host, .. }
        | Call::LegalEntities(host)
        | Call::FindGateway(host)
        | Call::GuessedGateway(host) => Place { host, of: "" },
        Call::Packages(of) | Call::Operation { environment: of, .. } => Place { host: "", of },
        Call::LinkStatus { environment: of, .. } => Place { host: "", of },
        Call::Links(at) | Call::ConnectionSet(at) | Call::Maps(at) => Place { host: "", of: &at.of },
    }
}

/// Where a change is made, and for which environment.
fn of_change(change: &Change) -> Place<'_> {
    match change {
        Change::CreateUser { dataverse: host, .. }
        | Change::EnableUser { dataverse: host, .. }
        | Change::GiveRole { dataverse: host, .. }
        | Change::PurgeUser { dataverse: host, .. }
        | Change::BindRow { finops: host, .. }
        | Change::CreateRow { finops: host, .. } => Place { host, of: "" },
        Change::Install { environment: of, .. } | Change::StartLink { environment: of, .. } => Place { host: "", of },
        Change::ResetLink { cid, .. } => Place { host: "", of: &cid.of },
    }
}

/// One segment of a path, so that a name out of an answer can never become another path.
fn segment(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && text != "." && text != "..")
        {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A body of JSON.
fn body_of(value: &impl serde::Serialize) -> Result<Body, Trouble> {
    serde_json::to_vec(value)
        .map(Body::Json)
        .map_err(|error| Trouble::new(Service::Entra, What::Unreadable, error.to_string()))
}

impl Api {
    /// `GET` with a token; any status is an answer.
    async fn ask(
        &self,
        service: Service,
        base: &str,
        url: String,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, Trouble> {
        self.request(service, base, Method::GET, url, headers, Body::None, None).await
    }

    /// `GET` with a token; a success read as JSON.
    async fn get<T: DeserializeOwned>(
        &self,
        service: Service,
        base: &str,
        url: String,
        headers: &[(&'static str, &str)],
    ) -> Result<T, Trouble> {
        self.ask(service, base, url, headers).await?.success((self.time.now)())
    }

    /// `POST` with a token; any status is an answer.
    async fn post(
        &self,
        service: Service,
        base: &str,
        url: String,
        headers: &[(&'static str, &str)],
        body: Body,
    ) -> Result<Answer, Trouble> {
        self.request(service, base, Method::POST, url, headers, body, None).await
    }

    /// All pages of a list. A page that names itself as the next ends with a trouble, not a loop.
    async fn pages<P: DeserializeOwned, T>(
        &self,
        service: Service,
        base: &str,
        first: String,
        headers: &[(&'static str, &str)],
        mut split: impl FnMut(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Trouble> {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(first.clone());
        while let Some(url) = next {
            if seen.len() >= PAGES_MAX || !seen.insert(url.clone()) {
                return Err(Trouble::new(service, What::TooLarge, NO_END));
            }
            let page: P = self.get(service, base, url.clone(), headers).await?;
            let (rows, link) = split(page);
            all.extend(rows);
            next = match link.filter(|link| !link.is_empty()) {
                Some(link) => Some(self.next_page(service, &link, &url, &first)?),
                None => None,
            };
        }
        Ok(all)
    }

    /// The address of the next page, or what was not sent.
    fn next_page(&self, service: Service, link: &str, page: &str, first: &str) -> Result<String, Trouble> {
        let next = self.http.next_page(service, link, page, first).inspect_err(|why| {
            self.http.exchanges.refused(service, &Method::GET, link, why);
        })?;
        Ok(next.into())
    }

    /// One request with a token; a refused token is replaced once.
    #[expect(clippy::too_many_arguments, reason = "the parts of one request; a struct would only move them")]
    async fn request(
        &self,
        service: Service,
        base: &str,
        method: Method,
        url: String,
        headers: &[(&'static str, &str)],
        body: Body,
        limit: Option<Duration>,
    ) -> Result<Answer, Trouble> {
        let refused = |url: &str, why: &Trouble| self.http.exchanges.refused(service, &method, url, why);
        // The bases of the profile were checked with it; the others come out of answers.
        if matches!(service, Service::Dataverse | Service::FinanceOperations) {
            self.http.may_be_side(service, base).inspect_err(|why| refused(base, why))?;
        }
        let url = self.http.may_go(service, &url, Some(base)).inspect_err(|why| refused(&url, why))?;
        let audience = self.audience(service, base);
        let mut headers: Vec<(&'static str, String)> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        if !headers.iter().any(|(name, _)| *name == CLIENT_REQUEST_ID) {
            headers.push((CLIENT_REQUEST_ID, uuid::Uuid::new_v4().to_string()));
        }
        let mut fresh = false;
        loop {
            let token = self.token(service, &audience).await?;
            let answer = self
                .http
                .send(Request {
                    service,
                    method: method.clone(),
                    url: url.clone(),
                    token: Some(&token),
                    headers: headers.clone(),
                    body: body.clone(),
                    limit,
                })
                .await?;
            if answer.status != 401 {
                return Ok(answer);
            }
            if let Some(variable) = self.session.is_outside(service) {
                let words = answer.trouble((self.time.now)()).words;
                return Err(Trouble::new(service, What::OutsideToken(variable), words));
            }
            if fresh {
                return Ok(answer);
            }
            fresh = true;
            self.session.forget(&audience, &token).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn a_name_stays_one_segment_of_a_path() {
        assert_eq!(segment("dw-fabrikam_1.x"), "dw-fabrikam_1.x");
        assert_eq!(segment("a/../b?c#d"), "a%2F..%2Fb%3Fc%23d");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("é"), "%C3%A9");
    }
}
