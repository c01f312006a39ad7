//! Where tokens may go on the live national clouds, with the real binary: everything it sends goes through a
//! proxy on loopback that looks into the traffic and answers for Microsoft's hosts, and for hostile ones.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

mod cloud;
mod hostile;
#[path = "../pty/leaks.rs"]
mod leaks;
mod proxies;
mod proxy;

use cloud::{CLIENT, Cloud, Names, TENANT};
use dualwrite::core::terms;
use dualwrite::sim::CLIENT_SECRET;
use proxy::{Answer, Authority, Proxy, Seen, Tunnel};
use rstest::rstest;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// One environment that is joined, with an application that every service takes where it can.
const SCENARIO: &str = r#"
title = "Behind a proxy"
only = ["contoso-uat"]
[sign_in]
application = ["bap", "power_platform", "graph", "dataverse", "finance_operations"]
approve_after_s = 0
interval_s = 1
token_life_s = 1000000
"#;

/// The end of the variable of a token from outside, and the service's path in the simulator.
const OUTSIDE: [(&str, &str); 5] =
    [("BAP", "bap"), ("POWER_PLATFORM", "powerplatform"), ("LCS", "lcs"), ("GRAPH", "graph"), ("GATEWAY", "gateway")];

/// An authority that has nothing to do with any proxy: what the system trusts in these tests.
static OTHER: LazyLock<String> = LazyLock::new(|| Authority::new("system").pem);

/// A cloud, a proxy in front of it, and a person's directory.
struct Bench {
    cloud: Arc<Cloud>,
    proxy: Proxy,
    dir: TempDir,
}

/// What the program said, and how it ended.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Bench {
    fn new(cloud: &'static str, scenario: &str) -> Self {
        Self::lying(cloud, scenario, |_, _| {})
    }

    /// A bench whose answers are changed on their way.
    fn lying(cloud: &'static str, scenario: &str, lie: impl Fn(&Seen, &mut Answer) + Send + Sync + 'static) -> Self {
        let cloud = Arc::new(Cloud::new(Names::of(cloud), scenario));
        let own = Arc::clone(&cloud);
        let proxy = Proxy::start(Tunnel::Open, move |seen| {
            let mut answer = own.serve(seen);
            lie(seen, &mut answer);
            answer
        });
        let bench = Self { cloud, proxy, dir: TempDir::new().unwrap() };
        std::fs::write(bench.ca_file(), bench.proxy.authority()).unwrap();
        std::fs::write(bench.dir.path().join("system.pem"), OTHER.as_str()).unwrap();
        let name = bench.cloud.names.cloud;
        let audience = if name == "gcc-high" { "audiences.bap = \"https://high.service.powerapps.us/\"\n" } else { "" };
        bench.settings(&format!("[clouds.{name}]\nlcs_project = 4455667\n{audience}"));
        bench
    }

    fn settings(&self, text: &str) {
        let dir = self.dir.path().join("config/dualwrite");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("config.toml"), text).unwrap();
    }

    fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// The program behind the proxy, with nothing of the environment of the test.
    fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
        command.args(args).args(["--cloud", self.cloud.names.cloud, "--state-dir"]).arg(self.state_dir());
        let proxy = format!("http://127.0.0.1:{}", self.proxy.port);
        let system_root = std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root));
        command
            .env_clear()
            .envs(system_root)
            .env("HOME", self.dir.path())
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("SSL_CERT_FILE", self.dir.path().join("system.pem"))
            .env("HTTPS_PROXY", &proxy)
            .env("HTTP_PROXY", &proxy)
            .env("ALL_PROXY", &proxy)
            .env("DUALWRITE_CA_FILE", self.ca_file())
            .env("DUALWRITE_TENANT", TENANT)
            .env("DUALWRITE_CLIENT_ID", CLIENT)
            .env("DUALWRITE_TOKEN_STORE", "memory")
            .stdin(Stdio::null());
        command
    }

    /// The program as an application, with tokens of a person where only people are served.
    fn application(&self, args: &[&str]) -> Command {
        let mut command = self.program(args);
        command.env("DUALWRITE_CLIENT_SECRET", CLIENT_SECRET);
        self.give(&mut command, &["LCS", "GATEWAY"]);
        command
    }

    /// Gives tokens of a person for these services, where this cloud has them.
    fn give(&self, command: &mut Command, services: &[&str]) {
        for (name, path) in OUTSIDE.into_iter().filter(|(name, _)| services.contains(name)) {
            if let Some(audience) = self.cloud.names.audience_at(path) {
                command.env(format!("DUALWRITE_TOKEN_{name}"), self.cloud.mint(audience));
            }
        }
    }

    /// What arrived where it must not: a token at a host of another audience, a secret anywhere but at the
    /// token service, anything that is not encrypted or did not come through the proxy.
    fn strays(&self) -> Vec<String> {
        let (names, seen) = (&self.cloud.names, self.proxy.seen());
        let mut strays = Vec::new();
        let mut stray = |what: &str, of: &Seen| {
            strays.push(format!("{what} at {} {}://{}{}", of.method, of.scheme, of.host, of.path));
        };
        for request in &seen {
            let audience = names.audience(&request.host);
            if let Some(token) = request.bearer()
                && self.cloud.audience_of(token) != audience
            {
                stray("a token of another audience", request);
            }
            for (token, own) in self.cloud.tokens() {
                if Some(&own) != audience.as_ref() && request.holds(&token) {
                    stray(&format!("the token of {own}"), request);
                }
            }
            if request.host != names.authority() && self.cloud.secrets().iter().any(|secret| request.holds(secret)) {
                stray("a secret", request);
            }
            if request.scheme != "https" || request.is_direct {
                stray("something in clear or beside the proxy", request);
            }
        }
        strays
    }

    /// Hosts of nobody's at which anything arrived.
    fn foreign(&self) -> Vec<Seen> {
        self.proxy.seen().into_iter().filter(|seen| !self.cloud.names.is_own(&seen.host)).collect()
    }

    /// The hosts at which a token arrived.
    fn served(&self) -> Vec<String> {
        let mut hosts: Vec<String> =
            self.proxy.seen().into_iter().filter(|seen| seen.bearer().is_some()).map(|seen| seen.host).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            leaks::assert_none_below(self.dir.path(), "tokens.json");
        }
    }
}

fn run(mut command: Command) -> Said {
    let output = command.output().unwrap();
    leaks::assert_none("the output", &[&output.stdout[..], &output.stderr].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// An environment in which the packages are there and the identities are to be made.
const IDENTITIES: &str = r#"
[[environment]]
name = "contoso-uat"
packages = ["DualWriteCoreAnchor", "msdyn_DualWriteAppCoreAnchor"]
application_users = []
client_id_rows = []
"#;

#[rstest]
fn each_host_gets_only_the_tokens_of_its_audience(
    #[values("public", "gcc", "gcc-high", "dod", "china")] cloud: &'static str,
) {
    let bench = Bench::new(cloud, SCENARIO);
    let said = run(bench.application(&["check", "--environment", "contoso-uat"]));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(bench.served(), bench.cloud.names.all("contoso-uat"), "{}", said.out);
    assert_eq!((bench.strays(), bench.foreign().len()), (vec![], 0), "{:?}", bench.foreign());
    assert_eq!(bench.proxy.connects().iter().find(|connect| !connect.target.ends_with(":443")), None);
}

#[test]
fn tokens_from_outside_go_to_their_own_service_alone() {
    let bench = Bench::new("public", SCENARIO);
    let mut command = bench.program(&["check", "--environment", "contoso-uat"]);
    bench.give(&mut command, &OUTSIDE.map(|(name, _)| name));
    let [dataverse, finops] = bench.cloud.names.sides("contoso-uat");
    command.env("DUALWRITE_TOKEN_DATAVERSE", bench.cloud.mint(&format!("https://{dataverse}")));
    command.env("DUALWRITE_TOKEN_FINANCE_OPERATIONS", bench.cloud.mint(&format!("https://{finops}")));
    let said = run(command);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(bench.served(), bench.cloud.names.all("contoso-uat"));
    assert_eq!((bench.strays(), bench.foreign().len()), (vec![], 0));
    assert!(bench.proxy.seen().iter().all(|seen| seen.host != bench.cloud.names.authority()), "nobody signs in");
}

#[test]
fn a_sign_in_is_for_the_list_of_environments_and_carries_a_whole_set_up() {
    let bench = Bench::new("public", &format!("{SCENARIO}{IDENTITIES}"));
    let log = bench.dir.path().join("debug.log");
    let person = |args: &[&str]| {
        let mut command = bench.program(args);
        command.env("DUALWRITE_TOKEN_STORE", "file").args(["--log-level", "debug", "--log-file"]).arg(&log);
        command
    };
    let signed_in = run(person(&["sign-in"]));
    assert_eq!(signed_in.code, 0, "{}", signed_in.err);
    assert!(signed_in.err.contains("https://microsoft.com/devicelogin"), "{}", signed_in.err);
    assert!(signed_in.out.contains("ada@contoso.example"), "{}", signed_in.out);
    let seen = bench.proxy.seen();
    let asked = seen.iter().find(|seen| seen.path.ends_with("/devicecode")).unwrap();
    let scope = asked.form().into_iter().find(|(name, _)| name == "scope").unwrap().1;
    assert_eq!(
        scope.split_once(' '),
        Some(("https://service.powerapps.com/.default", "openid profile offline_access"))
    );

    let setup = ["setup", "--environment", "contoso-uat", "--until", "configured", "--yes", "--accept-terms"];
    let set_up = run(person(&[&setup[..], &[terms::version()]].concat()));
    assert_eq!(set_up.code, 0, "{}{}", set_up.out, set_up.err);
    assert_eq!(bench.served(), bench.cloud.names.all("contoso-uat"));
    assert_eq!((bench.strays(), bench.foreign().len()), (vec![], 0));
    for host in bench.cloud.names.sides("contoso-uat") {
        let changes = bench.proxy.seen().into_iter().filter(|seen| seen.host == host && seen.method == "POST");
        assert!(changes.count() >= 2, "{host}");
    }

    // Nothing of it is said or logged; the last refresh token is in one file, for its owner alone.
    let said = [signed_in.out, signed_in.err, set_up.out, set_up.err, std::fs::read_to_string(&log).unwrap()].concat();
    assert!(said.contains("POST login.microsoftonline.com"), "the log is written");
    let tokens = bench.cloud.tokens().into_iter().map(|(token, _)| token);
    let secrets: Vec<String> = bench.cloud.secrets().into_iter().chain(tokens).collect();
    assert!(secrets.len() > 10 && secrets.iter().all(|secret| !said.contains(secret)), "{said}");
    let holders: Vec<PathBuf> = files(&bench.state_dir())
        .into_iter()
        .filter(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            secrets.iter().any(|secret| text.contains(secret))
        })
        .collect();
    assert_eq!(holders.len(), 1, "{holders:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(holders[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_reset_goes_through_the_gateway_with_its_own_token() {
    let only = r#"only = ["contoso-uat"]"#;
    let bench = Bench::new("public", &format!("{}{}", SCENARIO.replace(only, ""), hostile::MISMATCH));
    let said = run(bench.application(&["reset", "--environment", "contoso-uat", "--yes"]));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let is_reset = |seen: &Seen| seen.method == "POST" && seen.host == cloud::GATEWAY && seen.path.contains("/Reset?");
    assert_eq!(bench.proxy.seen().iter().filter(|seen| is_reset(seen)).count(), 1);
    assert_eq!((bench.strays(), bench.foreign().len()), (vec![], 0));
}

/// All files under a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
