//! The built-in simulator: the services of the flow, once more, on loopback.
//!
//! Owns a small world with its own clock, and serves it over HTTP in the words of `wire`: the same
//! paths, the same strictness, the same kinds of trouble as the real services. A scenario says what
//! the world looks like and what goes wrong in it. It shares the client's words and not its
//! beliefs: nothing here knows `core` or `api`, and the program cannot tell it from a cloud.
//!
//! It listens on 127.0.0.1 only. It keeps no file, and no token it gave out is ever logged.

mod call;
mod clock;
mod connection;
mod faults;
mod hosts;
mod ids;
mod odata;
mod packages;
mod places;
mod refusals;
mod routes;
mod scenario;
mod tokens;
mod world;

pub use scenario::{Scenario, ScenarioError};

use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use call::{Answer, Call};
use clock::Clock;
use connection::{Connection, Harm, Sockets};
use faults::Verdict;
use hosts::Hosts;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use world::World;

/// Longest request body (bytes); no request of this flow comes near.
const LONGEST_BODY: usize = 1024 * 1024;
/// Tenant of the simulated organisation.
const TENANT: &str = "f1e2d3c4-0000-4000-8000-00000000aaaa";
/// Client registration of the simulated organisation.
const CLIENT: &str = "00000000-0000-4000-8000-0000000000c1";
/// The one client secret of that registration: simulated, it opens nothing else.
pub const CLIENT_SECRET: &str = "simulated-secret-that-opens-nothing";
/// LCS project of the simulated organisation.
const PROJECT: u64 = 4_455_667;
/// Where the dual-write administration area is.
const PORTAL: &str = "https://dataintegrator.trafficmanager.net";

/// How to run a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the world looks like.
    pub scenario: Scenario,
    /// Simulated seconds per real second. With 0 the clock stands still and moves only by
    /// [`Simulator::advance`].
    pub speed: f64,
    /// Port on 127.0.0.1; 0 is the system's choice.
    pub port: u16,
    /// Simulated time at the start.
    pub start: Timestamp,
}

/// What happened in the world, for tests and for people who wonder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Installations that really started, by package.
    pub installs: BTreeMap<String, u32>,
    /// Installations that were refused.
    pub installs_refused: u32,
    /// Application users that were created, by application id.
    pub users_created: BTreeMap<String, u32>,
    /// Application users that were enabled, by application id.
    pub users_enabled: BTreeMap<String, u32>,
    /// Application users that were deleted for good, by application id.
    pub users_purged: BTreeMap<String, u32>,
    /// Roles that were given, by application id.
    pub roles_given: BTreeMap<String, u32>,
    /// Client ID rows that were created, by application id.
    pub rows_created: BTreeMap<String, u32>,
    /// Client ID rows that were bound to another user, by application id.
    pub rows_bound: BTreeMap<String, u32>,
    /// Links that really started.
    pub links_started: u32,
    /// Links that completed.
    pub links_completed: u32,
    /// Links that were reset.
    pub resets: u32,
    /// Sign-ins with a device code.
    pub sign_ins: u32,
    /// Tokens that were refreshed.
    pub refreshes: u32,
    /// Tokens that were given to the application itself.
    pub client_credentials: u32,
    /// Requests to all services.
    pub requests: u32,
}

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// Where a request is when a listener hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It has arrived; nothing was done yet.
    Arrived,
    /// It was carried out; nothing was answered yet.
    CarriedOut,
}

/// Hears of every request, as it stands in [`Simulator::requests`], at both moments.
type Listener = dyn Fn(&str, Moment) + Send + Sync;

/// What the requests share.
struct Shared {
    clock: Clock,
    hosts: Hosts,
    address: SocketAddr,
    world: Mutex<World>,
    listener: Mutex<Option<Arc<Listener>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Starts a simulator on the current tokio runtime. It answers when this returns.
///
/// # Errors
/// The port is taken, or the speed is negative or no number.
pub async fn start(options: Options) -> io::Result<Simulator> {
    if !options.speed.is_finite() || options.speed < 0.0 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the speed must be a number from 0"));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared {
        clock: Clock::new(options.start, options.speed),
        hosts: Hosts::new(address.port()),
        address,
        world: Mutex::new(World::new(options.scenario)),
        listener: Mutex::new(None),
    });
    let app = axum::Router::new()
        .fallback(serve)
        .with_state(Arc::clone(&shared))
        .into_make_service_with_connect_info::<Connection>();
    let server = tokio::spawn(async move {
        if let Err(error) = axum::serve(Sockets(listener), app).await {
            tracing::warn!(%error, "the simulator stopped");
        }
    });
    Ok(Simulator { shared, server })
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LONGEST_BODY).await {
        Ok(body) => {
            let call = Call::new(parts, body);
            shared.tell(&call, Moment::Arrived);
            let (answer, harm) = shared.answer(&call);
            shared.tell(&call, Moment::CarriedOut);
            if harm != Harm::None {
                connection.harm(harm);
            }
            answer
        }
        Err(_) => Answer::empty(axum::http::StatusCode::PAYLOAD_TOO_LARGE),
    };
    answer.into_response()
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, call: &Call, moment: Moment) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener(&routes::line(call), moment);
        }
    }

    /// One request from its reading to its answer, and what happens to that on its way.
    fn answer(&self, call: &Call) -> (Answer, Harm) {
        let now = self.clock.now();
        let mut world = self.world();
        world.settle(now);
        let mut context = routes::Context { world: &mut world, hosts: &self.hosts, clock: &self.clock, now };
        let Some(target) = routes::target(&context, call) else {
            return (routes::control::answer(&context, call), Harm::None);
        };
        context.world.note(routes::line(call));
        let service = target.service();
        match routes::judge(&mut context, service, call) {
            Verdict::Pass => (routes::answer(&mut context, target, call), Harm::None),
            Verdict::Truncate => (routes::answer(&mut context, target, call).truncated(), Harm::None),
            Verdict::Spoil(harm) => (routes::answer(&mut context, target, call), harm),
            Verdict::Instead(answer, harm) => (answer, harm),
        }
    }
}

impl Simulator {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base(&self) -> String {
        self.shared.hosts.base()
    }

    /// The cloud profile of the simulated cloud, as TOML. Besides the keys of every profile it has
    /// `speed`: simulated seconds per real second; a clock that stands still has none.
    pub fn profile_toml(&self) -> String {
        let base = self.base();
        let without = &self.shared.world().scenario.profile_without;
        let mut lines = vec![
            "name = \"SIMULATOR\"".to_owned(),
            format!("authority = \"{base}/entra\""),
            format!("tenant = \"{TENANT}\""),
            format!("client_id = \"{CLIENT}\""),
            format!("bap = \"{base}/bap\""),
            format!("power_platform = \"{base}/powerplatform\""),
            format!("portal = \"{PORTAL}\""),
        ];
        if self.shared.clock.speed() > 0.0 {
            lines.push(format!("speed = {:?}", self.shared.clock.speed()));
        }
        for service in ["lcs", "gateway", "link", "graph"] {
            if !without.iter().any(|name| name == service) {
                lines.push(format!("{service} = \"{base}/{service}\""));
                if service == "lcs" {
                    lines.push(format!("lcs_project = {PROJECT}"));
                }
            }
        }
        lines.join("\n") + "\n"
    }

    /// A refresh token of the simulated administrator, so that a demonstration starts signed in.
    pub fn signed_in(&self) -> SecretString {
        SecretString::from(self.shared.world().tokens.new_refresh(scenario::ADA))
    }

    /// What was counted until now.
    pub fn counters(&self) -> Counters {
        let mut world = self.shared.world();
        world.settle(self.shared.clock.now());
        world.counters.clone()
    }

    /// The last requests in order: `POST /powerplatform/...`, or with the host where a service is
    /// told by its host: `GET contoso-uat.crm4.localhost/api/data/...`.
    pub fn requests(&self) -> Vec<String> {
        self.shared.world().requests.iter().cloned().collect()
    }

    /// Hears of every request from now on, before and after it is carried out, outside of the world: what
    /// the listener does holds up only this request.
    pub fn listen(&self, listener: impl Fn(&str, Moment) + Send + Sync + 'static) {
        *self.shared.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Puts the clock forward.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
