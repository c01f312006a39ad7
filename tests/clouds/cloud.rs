//! A national cloud behind the proxy: its hosts and audiences as public documents name them, and in
//! place of the services the simulator, whose addresses are turned into those of the cloud and back.

use crate::proxy::{Answer, Seen};
use dualwrite::sim::{self, CLIENT_SECRET, Options, Scenario, Simulator};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use tokio::runtime::Runtime;

pub const TENANT: &str = "f1e2d3c4-0000-4000-8000-00000000aaaa";
pub const CLIENT: &str = "00000000-0000-4000-8000-0000000000c1";
pub const GATEWAY: &str = "projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com";
const START: &str = "2026-10-19T09:00:00Z";
const DATAVERSE: &str = ".crm4.localhost";
const FINOPS: &str = ".operations.localhost";

/// A service with a fixed host.
pub struct Fixed {
    pub host: &'static str,
    /// Its path in the simulator.
    path: &'static str,
    audience: &'static str,
    /// The audience of the same service in the public cloud, which the simulator knows.
    public: &'static str,
}

/// What differs from cloud to cloud.
pub struct Names {
    pub cloud: &'static str,
    pub fixed: Vec<Fixed>,
    dataverse: &'static str,
    finops: &'static str,
}

const BAP: &str = "https://service.powerapps.com";
const POWER_PLATFORM: &str = "https://api.powerplatform.com";
const LCS: &str = "https://lcsapi.lcs.dynamics.com";
const GRAPH: &str = "https://graph.microsoft.com";

impl Names {
    pub fn of(cloud: &'static str) -> Self {
        // Host and audience of: sign-in, BAP, Power Platform, Lifecycle Services, Graph; then the ends of
        // Dataverse, and of finance and operations.
        let (authority, bap, power_platform, lcs, graph, dataverse, finops) = match cloud {
            "public" => (
                "login.microsoftonline.com",
                ["api.bap.microsoft.com", BAP],
                ["api.powerplatform.com", POWER_PLATFORM],
                ["lcsapi.lcs.dynamics.com", LCS],
                ["graph.microsoft.com", GRAPH],
                ".crm4.dynamics.com",
                ".operations.dynamics.com",
            ),
            "gcc" => (
                "login.microsoftonline.com",
                ["gov.api.bap.microsoft.us", "https://service.powerapps.us"],
                ["api.gov.powerplatform.microsoft.us", "https://api.gov.powerplatform.microsoft.us"],
                ["lcsapi.gov.lcs.microsoftdynamics.us", "https://lcsapi.gov.lcs.microsoftdynamics.us"],
                ["graph.microsoft.com", GRAPH],
                ".crm9.dynamics.com",
                ".operations.dynamics.com",
            ),
            "gcc-high" => (
                "login.microsoftonline.us",
                ["high.api.bap.microsoft.us", "https://high.service.powerapps.us"],
                ["api.appsplatform.us", "https://api.appsplatform.us"],
                ["", ""],
                ["graph.microsoft.us", "https://graph.microsoft.us"],
                ".crm.microsoftdynamics.us",
                ".operations.microsoftdynamics.us",
            ),
            "dod" => (
                "login.microsoftonline.us",
                ["api.bap.appsplatform.us", "https://service.apps.appsplatform.us"],
                ["api.appsplatform.us", "https://api.appsplatform.us"],
                ["", ""],
                ["dod-graph.microsoft.us", "https://dod-graph.microsoft.us"],
                ".crm.appsplatform.us",
                ".operations.appsplatform.us",
            ),
            "china" => (
                "login.chinacloudapi.cn",
                ["api.bap.partner.microsoftonline.cn", "https://service.powerapps.cn"],
                [
                    "api.powerplatform.partner.microsoftonline.cn",
                    "https://api.powerplatform.partner.microsoftonline.cn",
                ],
                ["lcsapi.lcs.dynamics.cn", "https://lcsapi.lcs.dynamics.cn"],
                ["microsoftgraph.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"],
                ".crm.dynamics.cn",
                ".operations.dynamics.cn",
            ),
            other => panic!("no cloud {other}"),
        };
        let of = |[host, audience]: [&'static str; 2], path, public| Fixed { host, path, audience, public };
        let mut fixed = vec![
            of([authority, ""], "entra", ""),
            of(bap, "bap", BAP),
            of(power_platform, "powerplatform", POWER_PLATFORM),
            of(graph, "graph", GRAPH),
        ];
        if !lcs[0].is_empty() {
            fixed.push(of(lcs, "lcs", LCS));
        }
        // Its host is known of the commercial clouds only.
        if matches!(cloud, "public" | "gcc") {
            fixed.push(of([GATEWAY, "https://IntegratorApp.com"], "gateway", "https://IntegratorApp.com"));
        }
        Self { cloud, fixed, dataverse, finops }
    }

    pub fn authority(&self) -> &'static str {
        self.fixed[0].host
    }

    /// The hosts of one environment's two sides.
    pub fn sides(&self, environment: &str) -> [String; 2] {
        [format!("{environment}{}", self.dataverse), format!("{environment}.sandbox{}", self.finops)]
    }

    /// The audience of the service that has this path in the simulator.
    pub fn audience_at(&self, path: &str) -> Option<&'static str> {
        self.fixed.iter().find(|fixed| fixed.path == path).map(|fixed| fixed.audience)
    }

    /// Every host that a token belongs to, for one environment.
    pub fn all(&self, environment: &str) -> Vec<String> {
        let fixed = self.fixed[1..].iter().map(|fixed| fixed.host.to_owned());
        let mut all: Vec<String> = fixed.chain(self.sides(environment)).collect();
        all.sort();
        all
    }

    /// The audience whose tokens may arrive at a host; none where no token may, or the host is foreign.
    pub fn audience(&self, host: &str) -> Option<String> {
        let fixed = self.fixed.iter().find(|fixed| fixed.host == host).map(|fixed| fixed.audience.to_owned());
        let ends = |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.starts_with("contoso-"));
        let side = || (ends(self.dataverse) || ends(self.finops)).then(|| format!("https://{host}"));
        fixed.or_else(side).filter(|audience| !audience.is_empty())
    }

    pub fn is_own(&self, host: &str) -> bool {
        host == self.authority() || self.audience(host).is_some()
    }
}

/// The cloud, and what it gave out.
pub struct Cloud {
    pub names: Names,
    pub sim: Simulator,
    /// The simulator runs on it.
    _runtime: Runtime,
    /// Access tokens and the audience of each.
    minted: Mutex<HashMap<String, String>>,
    /// What belongs to the token service alone: refresh tokens, device codes, the client secret.
    secrets: Mutex<Vec<String>>,
}

impl Cloud {
    pub fn new(names: Names, scenario: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let scenario = Scenario::parse(scenario, "clouds").unwrap();
        let options = Options { scenario, speed: 0.0, port: 0, start: START.parse().unwrap() };
        let sim = runtime.block_on(sim::start(options)).unwrap();
        let secrets = Mutex::new(vec![CLIENT_SECRET.to_owned()]);
        Self { names, sim, _runtime: runtime, minted: Mutex::default(), secrets }
    }

    /// A token as a person has one for a service, to be given from outside.
    pub fn mint(&self, audience: &str) -> String {
        use secrecy::ExposeSecret;
        let refresh = self.sim.signed_in();
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "refresh_token"), ("client_id", CLIENT)])
            .append_pair("refresh_token", refresh.expose_secret())
            .append_pair("scope", &format!("{audience}/.default"))
            .finish();
        let answer = self.serve(&Seen {
            scheme: "https",
            is_direct: false,
            host: self.names.authority().to_owned(),
            method: "POST".to_owned(),
            path: format!("/{TENANT}/oauth2/v2.0/token"),
            headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
            body,
        });
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub fn audience_of(&self, token: &str) -> Option<String> {
        self.minted.lock().unwrap().get(token).cloned()
    }

    pub fn tokens(&self) -> Vec<(String, String)> {
        self.minted.lock().unwrap().clone().into_iter().collect()
    }

    pub fn secrets(&self) -> Vec<String> {
        self.secrets.lock().unwrap().clone()
    }

    /// Answers a request as the service of its host; 404 for a host of nobody.
    pub fn serve(&self, seen: &Seen) -> Answer {
        if !self.names.is_own(&seen.host) {
            return Answer { status: 404, ..Answer::default() };
        }
        let mut answer = self.ask_simulator(seen);
        answer.body = self.outwards(&String::from_utf8(answer.body).unwrap()).into_bytes();
        for (_, value) in &mut answer.headers {
            *value = self.outwards(value);
        }
        if seen.host == self.names.authority() {
            self.keep(seen, &answer);
        }
        answer
    }

    fn keep(&self, seen: &Seen, answer: &Answer) {
        let Ok(given) = serde_json::from_slice::<Value>(&answer.body) else { return };
        let secrets = ["refresh_token", "device_code"].into_iter().filter_map(|name| given[name].as_str());
        self.secrets.lock().unwrap().extend(secrets.map(str::to_owned));
        if let Some(token) = given["access_token"].as_str() {
            let scope = seen.form().into_iter().find(|(name, _)| name == "scope").map(|(_, value)| value);
            let resource = scope.unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
            let audience = resource.trim_end_matches("/.default").trim_end_matches('/').to_owned();
            self.minted.lock().unwrap().insert(token.to_owned(), audience);
        }
    }

    /// A text of the cloud in the simulator's words.
    fn inwards(&self, text: &str) -> String {
        let port = self.sim.address().port();
        text.replace(self.names.dataverse, &format!("{DATAVERSE}:{port}"))
            .replace(self.names.finops, &format!("{FINOPS}:{port}"))
            .replace("https://", "http://")
    }

    /// A text of the simulator in the words of the cloud.
    fn outwards(&self, text: &str) -> String {
        let port = self.sim.address().port();
        let mut text = text.to_owned();
        for fixed in &self.names.fixed {
            let place = format!("http://127.0.0.1:{port}/{}/", fixed.path);
            text = text.replace(&place, &format!("https://{}/", fixed.host));
        }
        for (own, theirs) in [(DATAVERSE, self.names.dataverse), (FINOPS, self.names.finops)] {
            text = text.replace(&format!("{own}:{port}"), theirs).replace(own, theirs);
        }
        text.replace("http://", "https://")
    }

    fn form_inwards(&self, seen: &Seen) -> String {
        let scope = |value: &str| match self.names.fixed[1..].iter().find(|fixed| value.starts_with(fixed.audience)) {
            Some(fixed) => value.replacen(fixed.audience, fixed.public, 1),
            None => self.inwards(value),
        };
        let fields = seen.form().into_iter().map(|(name, value)| {
            let value = if name == "scope" { scope(&value) } else { value };
            (name, value)
        });
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }

    fn ask_simulator(&self, seen: &Seen) -> Answer {
        let address = self.sim.address();
        let fixed = self.names.fixed.iter().find(|fixed| fixed.host == seen.host);
        let (host, prefix) = match fixed {
            Some(fixed) => (address.to_string(), format!("/{}", fixed.path)),
            None => (self.inwards(&seen.host), String::new()),
        };
        let is_form = seen.header("content-type").is_some_and(|kind| kind.contains("form"));
        let body = if is_form { self.form_inwards(seen) } else { self.inwards(&seen.body) };
        let own = ["host", "content-length", "connection"];
        let headers = seen.headers.iter().filter(|(name, _)| !own.contains(&name.to_lowercase().as_str()));
        let lines = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
        let text = format!(
            "{} {prefix}{} HTTP/1.1\r\nhost: {host}\r\n{lines}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            seen.method,
            self.inwards(&seen.path),
            body.len()
        );
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.filter(|(name, _)| !name.eq_ignore_ascii_case("connection"));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Answer { status, headers, body: body.as_bytes().to_vec() }
    }
}
