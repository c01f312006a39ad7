//! A thousand set-ups watched at once by the real client, against a bare `reqwest` loop: the same server on
//! loopback that answers each reading at once, as many requests at once, in turns. `cargo bench --bench
//! throughput`. Says; asserts nothing.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on says so, and prints its figures"
)]

#[path = "many/mod.rs"]
mod many;
#[path = "../tests/scene/mod.rs"]
mod scene;

use axum::Json;
use dualwrite::api::{Api, Credentials, Outside, Time, Trust};
use dualwrite::core::call::Reply;
use dualwrite::core::effect::Effect;
use dualwrite::core::msg::Msg;
use dualwrite::core::update::update;
use dualwrite::settings::Profile;
use dualwrite::shell::clock::Clock;
use dualwrite::shell::journal::Journal;
use dualwrite::shell::tasks::Tasks;
use dualwrite::wire::power_platform::{Operation, operation_path};
use jiff::Timestamp;
use many::{Many, figure, spread};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Set-ups that are watched.
const SET_UPS: usize = 1_000;
/// Requests of one round, after as many that only warm up.
const REQUESTS: usize = 10_000;
/// Requests at once, as the client has it at the Power Platform.
const AT_ONCE: usize = 6;
/// Rounds of each, in turns.
const ROUNDS: usize = 9;
/// Unused connections to one host, as the client keeps them.
const IDLE_PER_HOST: usize = 6;
/// Seconds of the program in a real one: pauses are as good as none.
const SPEED: f64 = 1e9;

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The service has a thread of its own, as it is the same for both.
    let service =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = service.block_on(serve());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    // As the program has it: the core runs on a thread of its own.
    let client = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mut ours = Ours::new(&client, &server);
    let bare = Bare::new(&server);
    let (mut own, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (own_rate, bare_rate) = (ours.rate(), runtime.block_on(bare.rate()));
        // The first one warms up.
        if round > 0 {
            own.push(own_rate);
            theirs.push(bare_rate);
            ratios.push(own_rate / bare_rate);
        }
    }
    let ((own, ..), (theirs, ..), (ratio, least, most)) = (spread(own), spread(theirs), spread(ratios));
    println!(
        "{}",
        figure(
            "poll throughput, 1,000 set-ups",
            &format!("{own:.0} a second"),
            &format!("bare reqwest loop: {theirs:.0} a second"),
            &format!("{:.0} %", ratio * 100.0),
            "90 %",
            ratio >= 0.9,
            &format!("{:.0} to {:.0} %", least * 100.0, most * 100.0)
        )
    );
}

/// A service that answers each reading at once.
async fn serve() -> String {
    let answer = || async {
        Json(json!({"operationId": "7e57c0de-0000-4000-8000-000000000001", "status": "Running",
            "createdDateTime": "2026-11-24T10:00:00Z", "lastActionDateTime": "2026-11-24T10:00:05Z"}))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    format!("http://127.0.0.1:{port}")
}

fn per_second(took: Duration) -> f64 {
    f64::from(u32::try_from(REQUESTS).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

/// The core, the tasks and the client.
struct Ours {
    many: Many,
    tasks: Tasks,
    replies: Receiver<Msg>,
    _dir: tempfile::TempDir,
}

impl Ours {
    fn new(runtime: &Runtime, base: &str) -> Self {
        let text = format!(
            "name = \"bench\"\nauthority = \"{base}/entra\"\nclient_id = \"c\"\nbap = \"{base}\"\npower_platform = \"{base}\"\n"
        );
        let profile = Profile::parse(&text, "bench").expect("a profile");
        let time = Time { now: Arc::new(Timestamp::now), speed: SPEED };
        let outside = Outside::read(|_| Some("token".to_owned()));
        let (sender, replies) = mpsc::channel();
        let heard = sender.clone();
        let api = Api::new(profile, Credentials::outside(outside), Trust::default(), time).expect("a client").telling(
            Arc::new(move |exchange| {
                let _ = heard.send(Msg::Exchange(Box::new(exchange)));
            }),
        );
        let dir = tempfile::TempDir::new().expect("a directory");
        let journal = Journal::start(dir.path().to_owned()).expect("a record");
        let listener = Arc::new(move |msg| sender.send(msg).is_ok());
        let mut tasks = Tasks::new(runtime.handle().clone(), Arc::new(api), journal, Clock::new(SPEED), listener);
        let mut many = Many::listed(SET_UPS);
        many.start(0..SET_UPS);
        assert_eq!(many.watched.len(), SET_UPS);
        for (ticket, call) in std::mem::take(&mut many.watched) {
            tasks.run(Effect::Call { ticket, after: Duration::ZERO, call });
        }
        Self { many, tasks, replies, _dir: dir }
    }

    /// Requests a second.
    fn rate(&mut self) -> f64 {
        let (began, mut answered) = (Instant::now(), 0);
        while answered < REQUESTS {
            let msg = self.replies.recv().expect("a reply");
            if let Msg::Reply { result, .. } = &msg {
                assert!(matches!(result, Ok(Reply::Operation { .. })), "{result:?}");
                answered += 1;
            }
            self.tasks.over(&msg);
            // The clock of the core stands still: only the watching is measured.
            for effect in update(&mut self.many.model, msg, self.many.now) {
                self.tasks.run(effect);
            }
            self.many.model.touched();
        }
        per_second(began.elapsed())
    }
}

/// The bare loop.
struct Bare {
    client: reqwest::Client,
    paths: Arc<Vec<String>>,
}

impl Bare {
    fn new(base: &str) -> Self {
        let client = reqwest::Client::builder()
            .user_agent("bench")
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .expect("a client");
        let path = |number| operation_path(&many::id(number).0, "7e57c0de-0000-4000-8000-000000000001");
        let paths = (0..SET_UPS).map(|number| format!("{base}{}", path(number))).collect();
        Self { client, paths: Arc::new(paths) }
    }

    async fn rate(&self) -> f64 {
        let next = Arc::new(AtomicUsize::new(0));
        let began = Instant::now();
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (client, paths, next) = (self.client.clone(), Arc::clone(&self.paths), Arc::clone(&next));
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= REQUESTS {
                            return;
                        }
                        let url = &paths[number % paths.len()];
                        let request = client.get(url).bearer_auth("token").header("accept", "application/json");
                        let body = request.send().await.expect("an answer").bytes().await.expect("a body");
                        let operation: Operation = serde_json::from_slice(&body).expect("an operation");
                        assert!(operation.status.is_some());
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.expect("a worker");
        }
        per_second(began.elapsed())
    }
}
