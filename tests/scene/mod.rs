//! A model on stage: the real core, driven by intents and by the answers of a made-up world.
//!
//! Nothing here knows how a screen looks. The clock is set by hand, questions that the world holds
//! back stay open, so every moment of a set-up can be stopped and looked at.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]
#![expect(clippy::unwrap_used, reason = "a made-up world that does not fit is a mistake in the test")]

mod all;
mod keys;

pub use all::scenes;
pub use keys::{event, last, named, press, wants};

use dualwrite::core::call::{Call, Change, DefaultTeam, Reply};
use dualwrite::core::effect::Effect;
use dualwrite::core::environment::{Environment, EnvironmentId, LcsEnvironment, Words};
use dualwrite::core::exchange::{Ending, Exchange};
use dualwrite::core::journal::Entry;
use dualwrite::core::model::{Cloud, Model};
use dualwrite::core::msg::{Intent, Msg, NotClaimed, Ticket};
use dualwrite::core::service::Service;
use dualwrite::core::sign_in::Session;
use dualwrite::core::time::{Now, later};
use dualwrite::core::trouble::{Trouble, What};
use dualwrite::core::update::update;
use dualwrite::screens::{Eye, View};
use dualwrite::ui::look::{Colour, Glyphs, Look};
use dualwrite::wire::{bap, lcs};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub const UAT: &str = "6a2f3a0e-1111-4c0d-9b0a-0f0e0d0c0b0a";
pub const OTHER: &str = "0d0c0b0a-2222-4c0d-9b0a-0f0e0d0c0b0a";
const ADMIN: &str = "System Administrator";

pub const UNICODE: Look = Look { glyphs: Glyphs::Unicode, colour: Colour::Ansi16, hyperlinks: false, motion: true };
pub const ASCII: Look = Look { glyphs: Glyphs::Ascii, colour: Colour::None, hyperlinks: false, motion: true };

pub fn cloud() -> Cloud {
    Cloud {
        name: "SIMULATOR".into(),
        portal: "https://dataintegrator.trafficmanager.net".into(),
        lcs_project: Some(1_234_567),
        has_client: true,
        has_lcs: true,
        has_gateway: true,
        has_graph: true,
        has_link: true,
        command: "dualwrite demo".into(),
        speed: Some(60),
        address: "http://127.0.0.1:7070/bap".into(),
        ends_with_program: true,
    }
}

/// What the services of the made-up world would say.
#[derive(Clone)]
pub struct World {
    pub environments: Value,
    pub project: Value,
    pub integration: Option<Value>,
    /// States of the two packages.
    pub packages: [Value; 2],
    pub users: [Value; 2],
    pub rows: Value,
    pub finops_users: Value,
    pub legal_entities: usize,
    pub links: Value,
    pub owner: Value,
    pub maps: Value,
    pub operation: Value,
    pub link_status: Value,
    pub solutions: Value,
    /// Sides of the connection set.
    pub sides: Value,
    pub companies: Option<Value>,
    /// Names of questions and changes that are not answered.
    pub hold: Vec<&'static str>,
    /// Names of questions and changes that go wrong.
    pub trouble: Vec<(&'static str, Trouble)>,
}

pub fn user(role: bool) -> Value {
    let roles = if role { json!([{"name": ADMIN}]) } else { json!([]) };
    json!([{"systemuserid": "u", "isdisabled": false, "systemuserroles_association": roles}])
}

pub fn package(name: &str, state: &str) -> Value {
    json!({"uniqueName": name, "state": state, "version": "1.0.24062.2", "applicationName": name})
}

impl Default for World {
    fn default() -> Self {
        let row = |id: &str, name: &str, sku: &str, partner: bool| {
            let mut row = json!({"name": id, "location": "europe", "properties": {
                "displayName": name, "environmentSku": sku, "provisioningState": "Succeeded", "tenantId": "7e4a0000-aaaa-4c0d-9b0a-0f0e0d0c0b0a",
                "linkedEnvironmentMetadata": {"instanceUrl": format!("https://{name}.crm4.dynamics.com/"), "version": "9.2.26101.00180", "friendlyName": name}}});
            if partner {
                row["properties"]["linkedAppMetadata"] = json!({"id": format!("3f0d1c52{}", &id[8..]), "type": "Linked",
                    "url": format!("https://{name}.sandbox.operations.dynamics.com/")});
            }
            row
        };
        let lcs = |id: &str, name: &str, kind: &str| {
            json!({"EnvironmentId": format!("3f0d1c52{}", &id[8..]), "EnvironmentName": name, "EnvironmentType": kind,
                "EnvironmentInfrastructure": "SelfService", "EnvironmentEndpointBaseUrl": format!("https://{name}.sandbox.operations.dynamics.com/"),
                "CurrentApplicationReleaseName": "10.0.44", "CurrentPlatformReleaseName": "PU68", "CloudStorageLocation": "West Europe",
                "DeploymentStatusDisplay": "Deployed"})
        };
        Self {
            environments: json!([
                row(UAT, "contoso-uat", "Sandbox", true),
                row(OTHER, "contoso-golden", "Sandbox", true),
                row("1b2c0000-3333-4c0d-9b0a-0f0e0d0c0b0a", "contoso-prod", "Production", true),
                row("2b2c0000-4444-4c0d-9b0a-0f0e0d0c0b0a", "fabrikam-dev", "Sandbox", false),
            ]),
            project: json!([lcs(UAT, "contoso-uat", "Sandbox"), lcs(OTHER, "contoso-golden", "Sandbox")]),
            integration: Some(json!({"Url": "https://contoso-uat.sandbox.operations.dynamics.com/"})),
            packages: [
                package("DualWriteCoreAnchor", "NotInstalled"),
                package("msdyn_DualWriteAppCoreAnchor", "NotInstalled"),
            ],
            users: [json!([]), json!([])],
            rows: json!([]),
            finops_users: json!([{"UserID": "Admin", "Alias": "ada@contoso.example", "Enabled": true}]),
            legal_entities: 12,
            links: json!([]),
            owner: json!("ada@contoso.example"),
            maps: json!([]),
            operation: json!({"operationId": "7e57c0de-0000-4000-8000-000000000001", "status": "Running"}),
            link_status: json!({"IsSuccess": true, "OperationStatus": "InProgress"}),
            solutions: json!([]),
            sides: json!({
                "ax": {"targetType": "AX", "directUrl": "https://contoso-uat.sandbox.operations.dynamics.com"},
                "crm": {"targetType": "CRM", "directUrl": "https://contoso-golden.crm4.dynamics.com"}}),
            companies: None,
            hold: Vec::new(),
            trouble: Vec::new(),
        }
    }
}

pub fn link_to(environment: &str) -> Value {
    json!([{"cid": "c1d00000-0000-4000-8000-00000000000c", "cname": "dw-contoso-uat", "powerAppsEnvironment": environment}])
}

impl World {
    /// Both packages and all identities are there.
    pub fn configured() -> Self {
        Self {
            packages: [
                package("DualWriteCoreAnchor", "Installed"),
                package("msdyn_DualWriteAppCoreAnchor", "Installed"),
            ],
            users: [user(true), user(true)],
            rows: json!([
                {"AADClientId": "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b", "UserId": "Admin"},
                {"AADClientId": "6f7d0213-62b1-43a8-b7f4-ff2bb8b7b452", "UserId": "Admin"}]),
            ..Self::default()
        }
    }

    pub fn linked(environment: &str) -> Self {
        Self { links: link_to(environment), ..Self::configured() }
    }

    pub fn answer(&self, call: &Call) -> Reply {
        fn of<T: serde::de::DeserializeOwned>(value: &Value) -> T {
            serde_json::from_value(value.clone()).unwrap()
        }
        match call {
            Call::DeviceCode => Reply::DeviceCode {
                user_code: "C3TD-LZ9X".into(),
                address: "https://microsoft.com/devicelogin".into(),
                expires_in: 900,
                interval: 5,
            },
            Call::PollDeviceCode => Reply::SignedIn("ada@contoso.example".into()),
            Call::Environments => {
                let mut words = Words::default();
                let rows: Vec<bap::Environment> = of(&self.environments);
                Reply::Environments(rows.into_iter().map(|row| Environment::listed(row, &mut words)).collect())
            }
            Call::Lifecycle => {
                let mut words = Words::default();
                let rows: Vec<lcs::Environment> = of(&self.project);
                let rows = rows.into_iter().map(|row| Arc::new(LcsEnvironment::listed(row, &mut words)));
                Reply::Lifecycle(rows.collect())
            }
            Call::Integration(of_whom) if of_whom.contains("fabrikam") => Reply::Integration(None),
            // Each Dataverse names the partner that the list names.
            Call::Integration(of_whom) => Reply::Integration(self.integration.as_ref().map(|row| {
                let mut row = row.clone();
                let of_list = self.environments.as_array().into_iter().flatten().find(|listed| {
                    let url = listed["properties"]["linkedEnvironmentMetadata"]["instanceUrl"].as_str();
                    url.is_some_and(|url| url.trim_end_matches('/') == of_whom)
                });
                if let Some(partner) = of_list.and_then(|row| row["properties"]["linkedAppMetadata"]["url"].as_str()) {
                    row["Url"] = partner.into();
                }
                of(&row)
            })),
            Call::Packages(_) => Reply::Packages(self.packages.iter().map(of).collect()),
            Call::Operation { .. } => Reply::Operation { operation: Some(of(&self.operation)), retry_after: None },
            Call::Users { app, .. } => Reply::Users(of(&self.users[usize::from(app.starts_with('0'))])),
            Call::RootBusinessUnit(_) => Reply::BusinessUnits(of(&json!([{"businessunitid": "b"}]))),
            Call::AdministratorRole { .. } => Reply::Roles(of(&json!([{"roleid": "r", "name": ADMIN}]))),
            Call::Rows(_) => Reply::Rows(of(&self.rows)),
            Call::FinopsUsers(_) => Reply::FinopsUsers(of(&self.finops_users)),
            Call::LegalEntities(_) => Reply::LegalEntities(
                (0..self.legal_entities)
                    .map(|at| of(&json!({"LegalEntityId": format!("US{at:02}"), "Name": "Contoso"})))
                    .collect(),
            ),
            Call::Links(_) => Reply::Links(of(&self.links)),
            Call::ConnectionSet(_) => Reply::ConnectionSet(of(&json!({"name": "dw-contoso-uat", "owner": self.owner,
                "environments": self.sides, "dualWriteDetail": {"legalEntityMappings": {"mappings":
                    (0..self.legal_entities).map(|at| json!({"left": {"name": format!("US{at:02}")}})).collect::<Vec<_>>()}}}))),
            Call::Maps(_) => Reply::Maps(of(&self.maps)),
            Call::FindGateway(address) | Call::GuessedGateway(address) => Reply::Gateway(address.clone()),
            Call::LinkStatus { .. } => Reply::LinkStatus(of(&self.link_status)),
            Call::OwnRoles(_) => Reply::OwnRoles(of(&json!([{"roleid": "r", "name": ADMIN}]))),
            Call::Version(_) => Reply::Version("9.2.26101.00180".into()),
            Call::Solutions(_) => Reply::Solutions(of(&self.solutions)),
            Call::PluginSteps(_) => {
                Reply::PluginSteps(of(&json!([{"name": "DualWrite: Update of account", "statecode": 0}])))
            }
            Call::Companies(_) => Reply::Companies(self.companies.as_ref().map(of)),
            Call::DefaultTeam(_) => Reply::DefaultTeam(DefaultTeam {
                unit: "contoso-uat".into(),
                team: Some(of(
                    &json!({"teamid": "t", "name": "contoso-uat", "teamroles_association": [{"name": ADMIN}]}),
                )),
            }),
            Call::RuntimeConfigurations(_) => Reply::RuntimeConfigurations(Some(0)),
            Call::Organization(_) => {
                Reply::Organization(of(&json!({"languagecode": 1033, "basecurrencyid": {"isocurrencycode": "EUR"}})))
            }
            Call::FinopsRoles { .. } => Reply::FinopsRoles(of(&json!([{"SecurityRoleIdentifier": "-SYSADMIN-"}]))),
            Call::Licences => Reply::Licences(of(&json!([{"skuPartNumber": "DYN365_ENTERPRISE_PLAN1", "servicePlans":
                [{"servicePlanName": "POWERAPPS_DYN_APPS", "provisioningStatus": "Success"}]}]))),
            Call::DirectoryRoles => Reply::DirectoryRoles(Vec::new()),
            Call::Principals(apps) => Reply::Principals(apps.iter().map(|app| of(&json!({"appId": app}))).collect()),
        }
    }
}

/// Name of a question or change: the variant.
fn name(of: &impl std::fmt::Debug) -> String {
    format!("{of:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[derive(Clone)]
pub struct Scene {
    pub model: Model,
    pub world: World,
    pub now: Now,
    pub eye: Eye,
    pub size: (u16, u16),
    /// What was written down.
    pub recorded: Vec<Entry>,
    /// What a claim of an environment is answered.
    pub claimed: Result<(), NotClaimed>,
    open: VecDeque<Effect>,
}

impl Scene {
    /// Signed in, nothing read yet.
    pub fn new(cloud: Cloud, world: World) -> Self {
        let mut model = Model::new(cloud, 7, None);
        model.session = Session::SignedIn("ada@contoso.example".into());
        Self::of(model, world)
    }

    pub fn of(model: Model, world: World) -> Self {
        let now = "2026-11-24T10:40:00Z".parse().unwrap();
        Self {
            model,
            world,
            now,
            eye: Eye::default(),
            size: (80, 24),
            recorded: Vec::new(),
            claimed: Ok(()),
            open: VecDeque::new(),
        }
    }

    /// The list is read.
    pub fn list(world: World) -> Self {
        let mut scene = Self::new(cloud(), world);
        scene.msg(Msg::Start);
        scene
    }

    /// An environment is open and read.
    pub fn details(world: World) -> Self {
        let mut scene = Self::list(world);
        scene.open(UAT);
        scene
    }

    pub fn open(&mut self, id: &str) {
        self.wants(Intent::OpenEnvironment(EnvironmentId(id.into())));
    }

    pub fn wants(&mut self, intent: Intent) {
        self.msg(Msg::Intent(intent));
    }

    pub fn wants_all<const N: usize>(&mut self, intents: [Intent; N]) {
        for intent in intents {
            self.wants(intent);
        }
    }

    pub fn later(&mut self, seconds: u64) {
        self.now = later(self.now, Duration::from_secs(seconds));
    }

    pub fn msg(&mut self, msg: Msg) {
        self.tell(msg);
        self.answer();
    }

    /// Tells the core; the record answers at once.
    fn tell(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg, self.now);
        let answers: Vec<Msg> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::KeepTerms(of) => Some(Msg::TermsKept { environment: of.environment.clone(), result: Ok(()) }),
                Effect::Claim { environment, .. } => {
                    Some(Msg::Claimed { environment: environment.clone(), result: self.claimed.clone() })
                }
                _ => None,
            })
            .collect();
        self.recorded.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Record(entry) | Effect::Change { intention: entry, .. } => Some(entry.clone()),
            _ => None,
        }));
        self.open.extend(effects);
        for answer in answers {
            self.tell(answer);
        }
    }

    /// Questions that nobody has answered yet.
    pub fn questions(&self) -> usize {
        self.open.iter().filter(|effect| matches!(effect, Effect::Call { .. })).count()
    }

    /// Answers whatever the world does not hold back; at most so much that a watch cannot go on for ever.
    pub fn answer(&mut self) {
        for _ in 0..60 {
            // A look at what a person mends elsewhere is half a minute away.
            let is_vigil = |effect: &Effect| match effect {
                Effect::Call { ticket, .. } => self.model.setups.values().any(|setup| setup.vigil.contains(ticket)),
                _ => false,
            };
            let due = |effect: &Effect| self.is_due(effect) && !is_vigil(effect);
            let Some(at) = self.open.iter().position(due) else { return };
            let Some(effect) = self.open.remove(at) else { return };
            let (ticket, result): (Ticket, Result<Reply, Trouble>) = match effect {
                Effect::Call { ticket, call, .. } => {
                    (ticket, self.trouble(&name(&call)).map_or_else(|| Ok(self.world.answer(&call)), Err))
                }
                Effect::Change { ticket, change, .. } => {
                    let done = match &change {
                        Change::Install { .. } => Reply::InstallAccepted {
                            operation: Some("7e57c0de-0000-4000-8000-000000000001".into()),
                            retry_after: None,
                        },
                        Change::StartLink { .. } => Reply::LinkAccepted("ac710000-0000-4000-8000-00000000000a".into()),
                        _ => Reply::Done,
                    };
                    (ticket, self.trouble(&name(&change)).map_or(Ok(done), Err))
                }
                _ => continue,
            };
            self.tell(Msg::Reply { ticket, result });
        }
    }

    fn trouble(&self, name: &str) -> Option<Trouble> {
        self.world.trouble.iter().find(|(of, _)| *of == name).map(|(_, trouble)| trouble.clone())
    }

    fn is_due(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Call { call, .. } => !self.world.hold.contains(&name(call).as_str()),
            Effect::Change { change, .. } => !self.world.hold.contains(&name(change).as_str()),
            _ => true,
        }
    }

    pub fn buffer(&self, look: Look, size: (u16, u16)) -> (Buffer, Option<(u16, u16)>) {
        picture(&self.model, &self.eye, look, self.now, size)
    }

    pub fn text(&self, look: Look, size: (u16, u16)) -> String {
        text(&self.buffer(look, size).0)
    }

    pub fn snapshot(&self, look: Look, size: (u16, u16)) -> String {
        let (buffer, cursor) = self.buffer(look, size);
        format!("{}\n{}\ncursor {cursor:?}", text(&buffer), styles(&buffer))
    }
}

pub fn picture(model: &Model, eye: &Eye, look: Look, now: Now, size: (u16, u16)) -> (Buffer, Option<(u16, u16)>) {
    let view = View { model, eye, look: &look, now, zone: &TimeZone::UTC, size };
    on_paper(size, |frame| dualwrite::screens::draw(&view, frame))
}

/// What is drawn, and where the cursor is.
pub fn on_paper(size: (u16, u16), draw: impl FnOnce(&mut ratatui::Frame)) -> (Buffer, Option<(u16, u16)>) {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let mut cursor = None;
    terminal.draw(draw).unwrap();
    if terminal.backend().cursor_visible() {
        let at = terminal.backend().cursor_position();
        cursor = Some((at.x, at.y));
    }
    (terminal.backend().buffer().clone(), cursor)
}

pub fn text(buffer: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// One letter per cell: what its style says.
pub fn styles(buffer: &Buffer) -> String {
    let letter = |x: u16, y: u16| {
        let cell = &buffer[(x, y)];
        let has = |modifier| cell.modifier.contains(modifier);
        match (cell.fg, cell.symbol()) {
            _ if has(Modifier::REVERSED) => 'F',
            (Color::Reset, " ") => ' ',
            (Color::Green, _) => 'g',
            (Color::Cyan, _) if has(Modifier::BOLD) => 'K',
            (Color::Cyan, _) => 'c',
            (Color::Red, _) => 'r',
            (Color::Yellow, _) => 'y',
            (Color::Blue, _) => 'u',
            _ if has(Modifier::UNDERLINED) => 'u',
            _ if has(Modifier::BOLD) => 'b',
            _ if has(Modifier::DIM) => 'd',
            _ if has(Modifier::ITALIC) => 'q',
            (Color::Reset, _) => '.',
            _ => '?',
        }
    };
    let line = |y| (0..buffer.area.width).map(|x| letter(x, y)).collect::<String>().trim_end().to_owned();
    (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
}

pub fn refused(service: Service, status: u16, words: &str) -> Trouble {
    Trouble::new(service, What::Status(status), words)
}

/// The scene after some requests to services, one of each kind.
pub fn asked(mut scene: Scene) -> Scene {
    let guid = |last: u8| format!("9a0f0f0f-0000-4000-8000-0000000000{last:02}");
    let plain = Exchange {
        refusal: None,
        at: scene.now,
        service: Service::Bap,
        method: "GET".into(),
        host: "api.bap.microsoft.com".into(),
        path: "/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments".into(),
        ending: Ending::Answered(200),
        took: Duration::from_millis(143),
        attempt: 1,
        request_id: Some(guid(1)),
        correlations: vec![guid(2)],
        retry_after: None,
    };
    let power_platform = Exchange {
        service: Service::PowerPlatform,
        host: "api.powerplatform.com".into(),
        path: format!("/appmanagement/environments/{UAT}/applicationPackages"),
        ..plain.clone()
    };
    let dataverse = Exchange {
        service: Service::Dataverse,
        host: "contoso-uat.crm4.dynamics.com".into(),
        path: "/api/data/v9.2/systemusers".into(),
        correlations: Vec::new(),
        ..plain.clone()
    };
    let all = [
        Exchange {
            service: Service::Entra,
            method: "POST".into(),
            host: "login.microsoftonline.com".into(),
            path: "/common/oauth2/v2.0/token".into(),
            request_id: None,
            correlations: Vec::new(),
            ..plain.clone()
        },
        plain.clone(),
        Exchange {
            ending: Ending::Answered(503),
            retry_after: Some(Duration::from_secs(20)),
            took: Duration::from_millis(12_345),
            ..power_platform.clone()
        },
        Exchange { attempt: 2, ..power_platform },
        Exchange {
            method: "PATCH".into(),
            ending: Ending::NoAnswer("no whole answer within 60 s".into()),
            took: Duration::from_mins(1),
            ..dataverse.clone()
        },
        Exchange { host: "contoso-golden.crm4.dynamics.com".into(), ..dataverse.clone() },
        Exchange {
            host: "evil.example".into(),
            path: "/next".into(),
            ending: Ending::NotSent("this host does not belong to Dataverse".into()),
            took: Duration::ZERO,
            request_id: None,
            ..dataverse.clone()
        },
        Exchange { ending: Ending::Dropped, correlations: Vec::new(), ..plain },
    ];
    for exchange in all {
        scene.msg(Msg::Exchange(Box::new(exchange)));
    }
    scene
}

/// From the details to the running stages.
pub fn start(scene: &mut Scene) {
    scene.wants_all([
        Intent::DualWriteApplication,
        Intent::TermsSeenToEnd,
        Intent::TickTerms,
        Intent::Configure,
        Intent::Ok,
    ]);
}

impl Scene {
    /// Answers at most so many open questions.
    pub fn answer_some(&mut self, count: usize) {
        for _ in 0..count {
            let Some(at) = self.open.iter().position(|effect| matches!(effect, Effect::Call { .. })) else { return };
            if let Some(Effect::Call { ticket, call, .. }) = self.open.remove(at) {
                let result = self.trouble(&name(&call)).map_or_else(|| Ok(self.world.answer(&call)), Err);
                self.later(5);
                self.tell(Msg::Reply { ticket, result });
            }
        }
    }
}
