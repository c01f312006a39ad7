//! A simulator over real HTTP whose clock is moved by hand, and what a test asks of it.

use dualwrite::sim::{Counters, Options, Scenario, Simulator, start};
use dualwrite::wire::{CLIENT_REQUEST_ID, app_id, bap, dataverse, finance_operations, gateway, link, power_platform};
use jiff::Timestamp;
use reqwest::{Client, Method, Response, StatusCode};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

pub const LCS: &str = "https://lcsapi.lcs.dynamics.com";
pub const BAP: &str = "https://service.powerapps.com";
pub const POWER_PLATFORM: &str = "https://api.powerplatform.com";
pub const GATEWAY: &str = "https://IntegratorApp.com";
pub const GRAPH: &str = "https://graph.microsoft.com";
pub const CORE: &str = "DualWriteCoreAnchor";
pub const APP_CORE: &str = "msdyn_DualWriteAppCoreAnchor";
pub const PROJECT: u64 = 4_455_667;
pub const UAT: &str = "contoso-uat";

/// A simulator whose clock stands still, and a client that reaches all its hosts.
pub struct Bench {
    pub simulator: Simulator,
    pub http: Client,
}

impl Bench {
    pub async fn named(name: &str) -> Self {
        Self::of(Scenario::named(name).unwrap()).await
    }

    /// The usual cast with more said of contoso-uat.
    pub async fn uat(more: &str) -> Self {
        Self::text(&format!("[[environment]]\nname = \"contoso-uat\"\n{more}")).await
    }

    pub async fn text(more: &str) -> Self {
        Self::of(Scenario::parse(&format!("title = \"test\"\n{more}"), "test").unwrap()).await
    }

    pub async fn of(scenario: Scenario) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start_at = "2026-05-04T08:00:00Z".parse::<Timestamp>().unwrap();
        let simulator = start(Options { scenario, speed: 0.0, port: 0, start: start_at }).await.unwrap();
        let mut builder = Client::builder().no_proxy().tls_certs_only([]);
        for name in ["contoso-uat", "contoso-golden", "contoso-prod", "contoso-dev", "contoso-test", "contoso-sandbox"]
        {
            for rest in ["crm4", "sandbox.operations", "operations"] {
                builder = builder.resolve(&format!("{name}.{rest}.localhost"), simulator.address());
            }
        }
        Self { simulator, http: builder.build().unwrap() }
    }

    pub fn pass(&self, seconds: u64) {
        self.simulator.advance(Duration::from_secs(seconds));
    }

    pub fn counters(&self) -> Counters {
        self.simulator.counters()
    }

    pub fn base(&self, service: &str) -> String {
        format!("{}/{service}", self.simulator.base())
    }

    pub fn dataverse(&self, name: &str) -> String {
        format!("http://{name}.crm4.localhost:{}", self.simulator.address().port())
    }

    pub fn finops(&self, name: &str) -> String {
        format!("http://{name}.sandbox.operations.localhost:{}", self.simulator.address().port())
    }

    pub async fn token_service(&self, endpoint: &str, form: &[(&str, &str)]) -> Response {
        let url = self.base(&format!("entra/organizations/oauth2/v2.0/{endpoint}"));
        let client = ("client_id", "00000000-0000-4000-8000-0000000000c1");
        let form: Vec<(&str, &str)> = form.iter().copied().chain([client]).collect();
        self.http.post(url).form(&form).send().await.unwrap()
    }

    pub async fn ask_token(&self, audience: &str) -> Response {
        let refresh = self.simulator.signed_in();
        let scope = format!("{audience}/.default openid profile offline_access");
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret()), ("scope", scope.as_str())];
        self.token_service("token", &form).await
    }

    pub async fn token(&self, audience: &str) -> String {
        let answer = json_of(self.ask_token(audience).await, StatusCode::OK).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a request with a token for `audience`.
    pub async fn send(&self, audience: &str, method: Method, url: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, url).bearer_auth(self.token(audience).await);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, audience: &str, url: &str) -> Response {
        self.send(audience, Method::GET, url, None).await
    }

    pub async fn read<T: DeserializeOwned>(&self, audience: &str, url: &str) -> T {
        let answer = json_of(self.get(audience, url).await, StatusCode::OK).await;
        serde_json::from_value(answer.clone()).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    pub async fn environments(&self) -> Vec<bap::Environment> {
        let mut all = Vec::new();
        let mut next = Some(self.base("bap") + &bap::environments_path());
        while let Some(url) = next {
            let page: bap::EnvironmentPage = self.read(BAP, &url).await;
            all.extend(page.value);
            next = page.next_link;
        }
        all
    }

    /// Power Platform id of an environment.
    pub async fn id(&self, name: &str) -> String {
        let all = self.environments().await;
        all.into_iter().find(|one| one.properties.display_name.as_deref() == Some(name)).unwrap().name
    }

    /// LCS id of an environment, as BAP tells it.
    pub async fn lcs_id(&self, name: &str) -> String {
        let all = self.environments().await;
        let one = all.into_iter().find(|one| one.properties.display_name.as_deref() == Some(name)).unwrap();
        one.properties.linked_app_metadata.unwrap().id.unwrap()
    }

    pub async fn packages(&self, environment: &str) -> Vec<power_platform::Package> {
        let url = self.base("powerplatform") + &power_platform::packages_path(environment);
        self.read::<power_platform::PackagePage>(POWER_PLATFORM, &url).await.value
    }

    pub async fn package_state(&self, environment: &str, name: &str) -> String {
        let all = self.packages(environment).await;
        let row = all.into_iter().find(|row| row.unique_name.eq_ignore_ascii_case(name)).unwrap();
        row.state.unwrap()
    }

    pub async fn install(&self, environment: &str, package: &str) -> Response {
        let url = self.base("powerplatform") + &power_platform::install_path(environment, package);
        self.send(POWER_PLATFORM, Method::POST, &url, None).await
    }

    pub async fn operation(&self, environment: &str, id: &str) -> power_platform::Operation {
        self.read(POWER_PLATFORM, &(self.base("powerplatform") + &power_platform::operation_path(environment, id)))
            .await
    }

    pub async fn install_id(&self, environment: &str, package: &str) -> String {
        let answer = json_of(self.install(environment, package).await, StatusCode::OK).await;
        let instance: power_platform::InstancePackage = serde_json::from_value(answer).unwrap();
        instance.last_operation.unwrap().operation_id.unwrap()
    }

    /// Installs core solution and application core and lets the time pass.
    pub async fn configure_packages(&self, environment: &str) {
        for (package, seconds) in [(CORE, 150), (APP_CORE, 540)] {
            self.install_id(environment, package).await;
            self.pass(seconds);
            assert!(self.package_state(environment, package).await.eq_ignore_ascii_case("installed"));
        }
    }

    /// Makes the identities that the first environment of the usual cast lacks.
    pub async fn make_identities(&self) {
        let org = self.dataverse(UAT);
        let user = self.create_user(app_id::DATA_INTEGRATION).await;
        self.give_administrator(&org, &user).await;
        let rows = self.finops(UAT) + finance_operations::CLIENT_ID_ROWS_PATH;
        let row = json!({"AADClientId": app_id::RUNTIME, "UserId": "Admin", "Name": "Dual-write"});
        let answer = self.send(&self.finops(UAT), Method::POST, &rows, Some(row)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
    }

    pub async fn root_unit(&self, org: &str) -> String {
        let rows: dataverse::Rows<dataverse::BusinessUnit> =
            self.read(org, &(org.to_owned() + &dataverse::root_business_unit_path())).await;
        assert_eq!(rows.value.len(), 1);
        rows.value[0].businessunitid.clone()
    }

    pub async fn post_user(&self, app: &str) -> Response {
        let org = self.dataverse(UAT);
        let body = dataverse::NewUser {
            applicationid: app.to_owned(),
            accessmode: dataverse::ACCESS_MODE_APPLICATION,
            isdisabled: false,
            business_unit: format!("/businessunits({})", self.root_unit(&org).await),
        };
        let url = org.clone() + &dataverse::create_user_path();
        self.send(&org, Method::POST, &url, Some(serde_json::to_value(body).unwrap())).await
    }

    pub async fn create_user(&self, app: &str) -> String {
        let answer = self.post_user(app).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let address = answer.headers()["odata-entityid"].to_str().unwrap();
        address.rsplit_once('(').unwrap().1.trim_end_matches(')').to_owned()
    }

    pub async fn users(&self, app: &str) -> Vec<dataverse::User> {
        let org = self.dataverse(UAT);
        self.read::<dataverse::Rows<dataverse::User>>(&org, &(org.clone() + &dataverse::users_path(app))).await.value
    }

    pub async fn give_role(&self, org: &str, user: &str, role: &str) -> Response {
        let body = json!({"@odata.id": format!("{org}{}/roles({role})", dataverse::BASE)});
        self.send(org, Method::POST, &(org.to_owned() + &dataverse::give_role_path(user)), Some(body)).await
    }

    pub async fn give_administrator(&self, org: &str, user: &str) {
        let unit = self.root_unit(org).await;
        let url = org.to_owned() + &dataverse::administrator_role_path(&unit);
        let roles: dataverse::Rows<dataverse::Role> = self.read(org, &url).await;
        assert_eq!(roles.value.len(), 1);
        assert_eq!(self.give_role(org, user, &roles.value[0].roleid).await.status(), StatusCode::NO_CONTENT);
    }

    pub async fn start_link(&self, key: Option<&str>, name: &str) -> Response {
        let (lcs_id, id) = (self.lcs_id(name).await, self.id(name).await);
        let url = self.base("link") + &link::start_path(PROJECT, &lcs_id);
        let mut request = self.http.post(url).bearer_auth(self.token(LCS).await);
        if let Some(key) = key {
            request = request.header(CLIENT_REQUEST_ID, key);
        }
        request.json(&link::Start { power_platform_environment_id: id }).send().await.unwrap()
    }

    pub async fn link_answer(&self, key: &str, name: &str) -> link::Answer {
        let answer = json_of(self.start_link(Some(key), name).await, StatusCode::OK).await;
        serde_json::from_value(answer).unwrap()
    }

    pub async fn link_status(&self, activity: &str, name: &str) -> link::Answer {
        let url = self.base("link") + &link::status_path(PROJECT, &self.lcs_id(name).await, activity);
        self.read(LCS, &url).await
    }

    /// Starts a link, lets its time pass and reads how it ended.
    pub async fn link(&self, key: &str, name: &str) -> link::Answer {
        let started = self.link_answer(key, name).await;
        assert_eq!(started.is_success, Some(true), "{started:?}");
        self.pass(110);
        self.link_status(&started.operation_activity_id.unwrap(), name).await
    }

    pub async fn gateway_link(&self, name: &str) -> Vec<gateway::Link> {
        let host = self.finops(name).replace("http://", "");
        self.read(GATEWAY, &(self.base("gateway") + &gateway::environments_path(&host))).await
    }

    pub async fn reset(&self, name: &str, force: bool) -> Response {
        let cid = self.gateway_link(name).await[0].cid.clone().unwrap();
        let side = |kind: &str| gateway::ResetSide { target_type: kind.to_owned(), ..gateway::ResetSide::default() };
        let body = gateway::Reset {
            power_apps_environment_name: self.id(name).await,
            environments: vec![side("CRM"), side("AX")],
            legal_entities: vec!["USMF".to_owned()],
        };
        let url = self.base("gateway") + &gateway::reset_path(&cid, force);
        self.send(GATEWAY, Method::POST, &url, Some(serde_json::to_value(body).unwrap())).await
    }
}

pub async fn json_of(answer: Response, status: StatusCode) -> Value {
    let (own, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(own, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
