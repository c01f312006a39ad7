//! Addresses in answers that lead elsewhere: what arrived there, and what the program said. Each row is one
//! run of the program; all are printed, one line each:
//! `cargo test --test clouds hostile -- --nocapture`

use crate::proxy::{Answer, Seen};
use crate::{Bench, IDENTITIES, SCENARIO, Said, run};
use dualwrite::core::terms;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// How many rows are tried side by side.
const AT_ONCE: usize = 4;

const BAP: &str = "api.bap.microsoft.com";
const DATAVERSE: &str = "contoso-uat.crm4.dynamics.com";
const FINOPS: &str = "contoso-uat.sandbox.operations.dynamics.com";
const LOGIN: &str = "login.microsoftonline.com";
const POWER_PLATFORM: &str = "api.powerplatform.com";

/// One package is to be installed.
const ONE_LEFT: &str = r#"
[[environment]]
name = "contoso-uat"
packages = ["DualWriteCoreAnchor"]
"#;
/// The packages are there, and dual-write is linked to another Dataverse.
pub const MISMATCH: &str = r#"
[[environment]]
name = "contoso-uat"
packages = ["DualWriteCoreAnchor", "msdyn_DualWriteAppCoreAnchor"]
application_users = [{ app = "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b" }, { app = "00000015-0000-0000-c000-000000000000" }]
client_id_rows = [{ app = "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b" }, { app = "6f7d0213-62b1-43a8-b7f4-ff2bb8b7b452" }]
link = { environment = "contoso-sandbox", maps = [{ name = "Customers V3 (accounts)", state = 1 }] }
[[environment]]
name = "contoso-sandbox"
finance_and_operations = false
lcs = false
"#;

/// What is not as it should be.
#[derive(Clone, Copy)]
enum Lie {
    /// A property of the environment in the tenant's list.
    Property(&'static str, &'static str, &'static str),
    /// The next page: host and piece of the path that are asked, the field, and where it leads.
    Next(&'static str, &'static str, &'static str, &'static str),
    /// A redirect: method and host that are asked, a piece of the path, the status, and where it leads.
    Redirect(&'static str, &'static str, &'static str, u16, &'static str),
    /// A refusal that names another token service, at the host that is asked.
    Challenge(&'static str, &'static str),
    /// The gateway that a person wrote into the profile.
    Profile(&'static str),
}

/// What is done meanwhile.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    Status,
    Check,
    SignIn,
    /// Packages are to be installed.
    Install,
    /// Application users are to be made.
    Identities,
    Reset,
}

struct Row {
    lie: Lie,
    work: Work,
    expected: Expected,
}

/// What the program must make of it.
#[derive(Clone, Copy)]
enum Expected {
    /// It calls this address by its name and asks it nothing.
    Refused(&'static str),
    /// It takes it for no address at all, and says this.
    Unread(&'static str),
    /// It goes on, and asks for this at the service's own host.
    AtHome(&'static str),
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Expected::{AtHome, Refused, Unread};
    use Lie::{Challenge, Next, Profile, Property, Redirect};
    use Work::{Check, Identities, Install, Reset, SignIn, Status};
    let mut rows = Vec::new();
    let mut row = |lie, work, expected| rows.push(Row { lie, work, expected });
    let linked = |url| Property("linkedEnvironmentMetadata", "instanceUrl", url);
    let joined = |url| Property("linkedAppMetadata", "url", url);
    let cluster = |url| Property("cluster", "uriSuffix", url);
    row(linked("https://evil.example/"), Check, Refused("evil.example"));
    row(linked("https://contoso.crm4.dynamics.com.evil.example/"), Check, Refused("contoso.crm4.dynamics.com.evil.example"));
    row(linked("https://evilcrm4.dynamics.com/"), Check, Refused("evilcrm4.dynamics.com"));
    row(linked("https://crm4.dynamics.com/"), Check, Refused("crm4.dynamics.com"));
    row(linked("https://contoso.crm4.dynamics.com@evil.example/"), Check, Refused("evil.example"));
    row(linked("https://evil.example\\.crm4.dynamics.com/"), Check, Refused("evil.example"));
    row(linked("https://user:pw@contoso-uat.crm4.dynamics.com/"), Check, Refused("...@contoso-uat.crm4.dynamics.com"));
    row(linked("http://contoso-uat.crm4.dynamics.com/"), Check, Refused("http://contoso-uat.crm4.dynamics.com"));
    row(linked("https://contoso-uat.crm4.dynamics.com:8443/"), Check, Refused("contoso-uat.crm4.dynamics.com:8443"));
    row(linked("https://contoso-uat.crm4.dynamics.com./"), Check, Refused("contoso-uat.crm4.dynamics.com."));
    row(linked("https://203.0.113.7/"), Check, Refused("203.0.113.7"));
    row(linked("https://[2001:db8::7]/"), Check, Refused("[2001:db8::7]"));
    row(linked("https://127.0.0.1/"), Check, Refused("127.0.0.1"));
    row(linked("https://contoso-uat.crm4.localhost/"), Check, Refused("contoso-uat.crm4.localhost"));
    row(linked("https://contoso-uat.crm.dynamics.cn/"), Check, Refused("contoso-uat.crm.dynamics.cn"));
    row(linked("https://contoso-uat.crm9.dynamics.com/"), Check, Refused("contoso-uat.crm9.dynamics.com"));
    row(linked("https://contoso-uat.crm4.dynamics.com/ https://graph.microsoft.com/"), Check, Refused("contoso-uat.crm4.dynamics.com/ https://graph"));
    row(linked("https://contoso-uat.crm4.dynamics.com/?client_id=x"), Check, Refused("contoso-uat.crm4.dynamics.com/?client_id=x"));
    row(linked("javascript:alert(1)"), Check, Refused("javascript:"));
    row(linked("not an address"), Check, Refused("not an address"));
    row(joined("https://evil.example/"), Check, Refused("evil.example"));
    row(joined("https://contoso-uat.sandbox.operations.dynamics.com.evil.example"), Check, Refused("contoso-uat.sandbox.operations.dynamics.com.evil.example"));
    row(joined("https://evil.dynamics.com"), Check, Refused("evil.dynamics.com"));
    row(joined("http://contoso-uat.sandbox.operations.dynamics.com"), Check, Refused("http://contoso-uat.sandbox.operations.dynamics.com"));
    row(joined("https://contoso-uat.operations.dynamics.cn"), Check, Refused("contoso-uat.operations.dynamics.cn"));
    row(joined("https://contoso-uat.sandbox.operations.dynamics.com/a b?x=1"), Check, Refused("contoso-uat.sandbox.operations.dynamics.com/a b"));
    row(joined("https://contoso-uat.crm4.dynamics.com"), Check, Refused("contoso-uat.crm4.dynamics.com"));
    row(cluster("evil.example"), Check, Refused("projectmanagementservice.evil.example.powerapps.com"));
    row(cluster("evil.eu-il107.gateway.prod.island"), Check, Refused("projectmanagementservice.evil.eu-il107.gateway.prod.island.powerapps.com"));
    row(cluster("evil.example/"), Check, Unread("the cloud profile names no address for the dual-write gateway"));
    row(Profile("https://evil.example"), Check, Refused("evil.example"));
    row(Profile("https://projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com.evil.example"), Check, Refused("evil.example"));
    row(Profile("https://projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com:8443"), Check, Refused("powerapps.com:8443"));

    row(Next(BAP, "/environments", "nextLink", "https://evil.example/next"), Status, Refused("evil.example"));
    row(Next(BAP, "/environments", "nextLink", "http://api.bap.microsoft.com/next"), Status, Refused("http://api.bap.microsoft.com"));
    row(Next(BAP, "/environments", "nextLink", "https://graph.microsoft.com/v1.0/me"), Status, Refused("graph.microsoft.com"));
    row(Next(BAP, "/environments", "nextLink", "https://api.bap.microsoft.com.evil.example/next"), Status, Refused("api.bap.microsoft.com.evil.example"));
    row(Next(BAP, "/environments", "nextLink", "https://api.bap.microsoft.com@evil.example/next"), Status, Refused("evil.example"));
    row(Next(POWER_PLATFORM, "/applicationPackages", "@odata.nextLink", "https://evil.example/next"), Check, Refused("evil.example"));
    row(Next(DATAVERSE, "/solutions", "@odata.nextLink", "https://evil.example/next"), Check, Refused("evil.example"));
    row(Next(DATAVERSE, "/solutions", "@odata.nextLink", "https://evil.crm4.dynamics.com.evil.example/next"), Check, Refused("evil.crm4.dynamics.com.evil.example"));
    row(Next(DATAVERSE, "/solutions", "@odata.nextLink", "https://other.crm4.dynamics.com/next"), Check, Refused("other.crm4.dynamics.com"));
    row(Next(POWER_PLATFORM, "/applicationPackages", "@odata.nextLink", "https://api.bap.microsoft.com/next"), Check, Refused("api.bap.microsoft.com"));
    row(Next(FINOPS, "/data/SystemUsers", "@odata.nextLink", "https://evil.example/next"), Check, Refused("evil.example"));
    row(Next(FINOPS, "/data/SystemUsers", "@odata.nextLink", "https://evil.example/data/SystemUsers?$skip=9"), Check, AtHome("/data/SystemUsers?$skip=9"));
    row(Next("graph.microsoft.com", "/servicePrincipals", "@odata.nextLink", "https://evil.example/next"), Check, Refused("evil.example"));

    for status in [301, 302, 303, 307, 308] {
        row(Redirect("GET", BAP, "/environments", status, "https://evil.example/steal"), Status, Refused("evil.example"));
    }
    row(Redirect("GET", BAP, "/environments", 302, "/elsewhere"), Status, AtHome("/elsewhere"));
    row(Redirect("GET", BAP, "/environments", 302, "//evil.example/steal"), Status, Refused("evil.example"));
    row(Redirect("GET", BAP, "/environments", 302, "http://api.bap.microsoft.com/x"), Status, Refused("http://api.bap.microsoft.com"));
    row(Redirect("GET", BAP, "/environments", 307, "https://api.bap.microsoft.com:8443/x"), Status, Refused("api.bap.microsoft.com:8443"));
    row(Redirect("GET", BAP, "/environments", 307, "https://graph.microsoft.com/v1.0/me"), Status, Refused("graph.microsoft.com"));
    row(Redirect("GET", BAP, "/environments", 307, "https://login.microsoftonline.com/x"), Status, Refused("login.microsoftonline.com"));
    row(Redirect("GET", DATAVERSE, "/WhoAmI", 307, "https://contoso-evil.crm4.dynamics.com/x"), Check, Refused("contoso-evil.crm4.dynamics.com"));
    row(Redirect("GET", FINOPS, "/data/", 302, "https://login.microsoftonline.com/x"), Check, Refused("login.microsoftonline.com"));
    row(Redirect("POST", LOGIN, "/token", 302, "https://evil.example/steal"), Status, Refused("evil.example"));
    row(Redirect("POST", LOGIN, "/token", 307, "https://evil.example/steal"), Status, Refused("evil.example"));
    row(Redirect("POST", LOGIN, "/token", 308, "http://login.microsoftonline.com/token"), Status, Refused("http://login.microsoftonline.com"));
    row(Redirect("POST", LOGIN, "/token", 307, "https://login.microsoftonline.us/token"), Status, Refused("login.microsoftonline.us"));
    row(Redirect("POST", LOGIN, "/devicecode", 307, "https://evil.example/steal"), SignIn, Refused("evil.example"));
    row(Redirect("POST", POWER_PLATFORM, "/install", 307, "https://evil.example/steal"), Install, Refused("evil.example"));
    row(Redirect("POST", DATAVERSE, "/systemusers", 308, "https://evil.example/steal"), Identities, Refused("evil.example"));
    row(Redirect("POST", FINOPS, "/data/", 302, "https://evil.example/steal"), Identities, Refused("evil.example"));
    row(Redirect("POST", crate::cloud::GATEWAY, "/", 307, "https://evil.example/steal"), Reset, Refused("evil.example"));

    row(Challenge(BAP, "https://evil.example/tenant/oauth2/authorize"), Status, Unread("did not accept the sign-in (HTTP 401)"));
    rows
}

/// Whether there was a body to be changed.
fn set(answer: &mut Answer, change: impl FnOnce(&mut Value)) -> bool {
    let Ok(mut body) = serde_json::from_slice(&answer.body) else { return false };
    change(&mut body);
    answer.body = body.to_string().into_bytes();
    true
}

impl Lie {
    /// Whether it was told with this answer.
    fn tell(self, seen: &Seen, answer: &mut Answer) -> bool {
        let is = |host: &str, piece: &str| seen.host == host && seen.path.contains(piece);
        match self {
            Self::Property(side, field, value) if is(BAP, "/environments") => set(answer, |body| {
                for row in body["value"].as_array_mut().into_iter().flatten() {
                    row["properties"][side][field] = json!(value);
                }
            }),
            // The page that it leads to is the last one.
            Self::Next(host, piece, field, to) if is(host, piece) && !to.ends_with(&seen.path) => {
                set(answer, |body| body[field] = json!(to))
            }
            Self::Redirect(method, host, piece, status, to) if is(host, piece) && seen.method == method => {
                *answer = Answer { status, ..Answer::default() };
                answer.set("location", to);
                true
            }
            Self::Challenge(host, to) if is(host, "") => {
                *answer = Answer { status: 401, ..Answer::default() };
                answer.set("www-authenticate", &format!("Bearer authorization_uri=\"{to}\""));
                true
            }
            _ => false,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Property(side, field, value) => format!("{side}.{field} = {value}"),
            Self::Next(host, _, field, to) => format!("{field} of {host} = {to}"),
            Self::Redirect(method, host, piece, status, to) => format!("{status} to {method} {host} {piece}: {to}"),
            Self::Challenge(host, to) => format!("401 of {host}, authorization_uri = {to}"),
            Self::Profile(gateway) => format!("gateway in the profile = {gateway}"),
        }
    }
}

impl Work {
    fn scenario(self) -> String {
        let more = match self {
            Self::Status | Self::Check | Self::SignIn => "",
            Self::Install => ONE_LEFT,
            Self::Identities => IDENTITIES,
            Self::Reset => MISMATCH,
        };
        let only = r#"only = ["contoso-uat"]"#;
        let scenario = if self == Self::Reset { SCENARIO.replace(only, "") } else { SCENARIO.to_owned() };
        scenario + more
    }

    fn run(self, bench: &Bench) -> Said {
        let setup = ["setup", "--environment", "contoso-uat", "--until", "configured", "--yes", "--accept-terms"];
        let setup = [&setup[..], &[terms::version()]].concat();
        run(match self {
            Self::Status => bench.application(&["status"]),
            Self::Check => bench.application(&["check", "--environment", "contoso-uat"]),
            Self::SignIn => bench.program(&["sign-in"]),
            Self::Install | Self::Identities => bench.application(&setup),
            Self::Reset => bench.application(&["reset", "--environment", "contoso-uat", "--yes"]),
        })
    }
}

/// The line of the table, and what is wrong with it.
fn look(row: &Row) -> (String, Vec<String>) {
    let lie = row.lie;
    let strikes = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&strikes);
    let bench = Bench::lying("public", &row.work.scenario(), move |seen, answer| {
        counted.fetch_add(lie.tell(seen, answer).into(), Ordering::Relaxed);
    });
    if let Lie::Profile(gateway) = row.lie {
        bench.settings(&format!("[clouds.public]\nlcs_project = 4455667\ngateway = \"{gateway}\"\n"));
    }
    let said = row.work.run(&bench);
    let all = format!("{}\n{}", said.out, said.err);
    let foreign = bench.foreign();
    let mut wrong = bench.strays();
    // What stands in the profile is told by nobody.
    if !matches!(lie, Lie::Profile(_)) && strikes.load(Ordering::Relaxed) == 0 {
        wrong.push(format!("the lie was never told: {all}"));
    }
    // At another host of the cloud, what arrived is told by its path.
    if let (Expected::Refused(_), Lie::Next(.., to) | Lie::Redirect(.., to)) = (row.expected, row.lie) {
        let path = to.trim_start_matches("https:").trim_start_matches("http:").trim_start_matches('/');
        let path = path.find('/').map_or("", |at| &path[at..]);
        assert!(path.len() > 1, "{to}");
        let followed = bench.proxy.seen().into_iter().filter(|seen| seen.path == path);
        wrong.extend(followed.map(|seen| format!("{} {}{} arrived", seen.method, seen.host, seen.path)));
    }
    wrong.extend(foreign.iter().map(|seen| format!("{} {}{} arrived", seen.method, seen.host, seen.path)));
    if said.code < 0 || all.contains("panicked") {
        wrong.push(format!("it crashed: {all}"));
    }
    if all.contains("evil.example/?mi=") {
        wrong.push(format!("a person is sent there: {all}"));
    }
    let mut line_with = |words: &[&str]| {
        let found =
            all.lines().find(|line| words.iter().all(|words| line.to_lowercase().contains(&words.to_lowercase())));
        if found.is_none() {
            wrong.push(format!("{words:?} is not said: {all}"));
        }
        found.unwrap_or_default().trim().to_owned()
    };
    let words = match row.expected {
        Expected::Refused(address) => line_with(&[address, "nothing was sent there"]),
        Expected::Unread(words) => line_with(&[words]),
        Expected::AtHome(piece) => {
            let asked = bench.proxy.seen().iter().any(|seen| seen.path.contains(piece));
            if !asked || all.contains("evil.example") {
                wrong.push(format!("{piece} was not asked for at home: {all}"));
            }
            "(goes on at its own host)".to_owned()
        }
    };
    let arrived = if foreign.is_empty() { "nothing".to_owned() } else { format!("{} requests", foreign.len()) };
    (format!("{} | arrived there: {arrived} | exit {} | {words}", row.lie.words(), said.code), wrong)
}

#[test]
fn hostile_addresses_get_nothing_and_are_named() {
    let rows = rows();
    let turn = Mutex::new(0..rows.len());
    let table = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(at) = turn.lock().unwrap().next() else { return };
                    let looked = look(&rows[at]);
                    table.lock().unwrap().insert(at, looked);
                }
            });
        }
    });
    let table = table.into_inner().unwrap();
    for (line, _) in table.values() {
        println!("{line}");
    }
    let wrong: Vec<String> =
        table.values().filter(|(_, wrong)| !wrong.is_empty()).map(|(line, all)| format!("{line}\n{all:#?}")).collect();
    assert!(wrong.is_empty() && table.len() == rows.len(), "{}", wrong.join("\n"));
}
