//! A full check of one environment on the simulator, every answer 100 ms late: side by side, against one
//! after another and against the longest chain of requests of which each needs the answer before it.
//! `cargo bench --bench check`. Says; asserts nothing.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on says so, and prints its figures"
)]

use dualwrite::api::{Api, Credentials, Time, Trust};
use dualwrite::core::call::Call;
use dualwrite::core::check;
use dualwrite::core::effect::Effect;
use dualwrite::core::model::Model;
use dualwrite::core::msg::{Intent, Msg};
use dualwrite::core::sign_in::{Account, Session};
use dualwrite::core::update::update;
use dualwrite::settings::Profile;
use dualwrite::sim::{self, Options, Scenario};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How late each answer is.
const LATE: Duration = Duration::from_millis(100);
/// Requests of the longest chain: a token, then a question, then one that needs its answer (the users of
/// finance and operations and the roles of one of them; who is asking and their roles in Dataverse).
const CHAIN: u32 = 3;
/// Measured so often.
const RUNS: usize = 9;

const SCENARIO: &str = r#"
title = "every answer is late"
[[fault]]
every = 1
do = "stall"
stall_ms = 100
"#;

struct Measured {
    took: Duration,
    requests: usize,
    answered: usize,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    for environment in ["contoso-uat", "contoso-prod"] {
        let mut all: Vec<Measured> = (0..RUNS).map(|_| runtime.block_on(full_check(environment))).collect();
        all.sort_by_key(|run| run.took);
        let (least, median, most) = (&all[0], &all[RUNS / 2], &all[RUNS - 1]);
        let chain = LATE * CHAIN;
        let one_by_one = LATE * u32::try_from(median.requests).unwrap();
        let ratio = median.took.as_secs_f64() / chain.as_secs_f64();
        println!(
            "{environment}: {} requests, {} of 43 answered; median {:?} ({:?} to {:?}); one after another {one_by_one:?}; longest chain {chain:?}, {ratio:.2} times",
            median.requests, median.answered, median.took, least.took, most.took
        );
        let word = if ratio <= 1.3 { "met" } else { "missed" };
        println!(
            "figure\tfull check of {environment}\t{:?}\tlongest chain: {chain:?}\t{ratio:.2}\t1.3 times\t{word}\t{:?} to {:?}",
            median.took, least.took, most.took
        );
    }
}

/// From the opened environment to the last fact, with fresh tokens for each service.
async fn full_check(environment: &str) -> Measured {
    let scenario = Scenario::parse(SCENARIO, "bench").unwrap();
    let start = "2026-11-24T10:00:00Z".parse().unwrap();
    let sim = Arc::new(sim::start(Options { scenario, speed: 1.0, port: 0, start }).await.unwrap());
    let profile = Profile::parse(&sim.profile_toml(), "simulator").unwrap();
    let clock = Arc::clone(&sim);
    let time = Time { now: Arc::new(move || clock.now()), speed: 1.0 };
    let api = Arc::new(
        Api::new(profile.clone(), Credentials::person(Some(sim.signed_in())), Trust::default(), time).unwrap(),
    );
    let mut model = Model::new(profile.cloud("dualwrite", 1.0), 7, None);
    let account = Account { name: "ada@contoso.example".into(), tenant: Some(profile.tenant.clone()) };
    model.session = Session::SignedIn(account);
    let (sender, mut replies) = mpsc::unbounded_channel();
    let mut open = 0_usize;
    let tell = |model: &mut Model, msg: Msg, open: &mut usize| {
        for effect in update(model, msg, sim.now()) {
            let Effect::Call { ticket, after, call } = effect else { continue };
            // What is only looked at again later is not part of a check; neither is the survey of others.
            if !after.is_zero() || matches!(call, Call::Operation { .. }) {
                continue;
            }
            *open += 1;
            let (api, sender) = (Arc::clone(&api), sender.clone());
            tokio::spawn(async move {
                let result = api.call(call).await;
                let _ = sender.send(Msg::Reply { ticket, result });
            });
        }
    };
    tell(&mut model, Msg::Start, &mut open);
    while open > 0 {
        let reply = replies.recv().await.unwrap();
        open -= 1;
        tell(&mut model, reply, &mut open);
    }
    let id = model.directory.environments.iter().find(|row| row.name == environment).unwrap().id.clone();
    let (before, began) = (sim.requests().len(), Instant::now());
    tell(&mut model, Msg::Intent(Intent::OpenEnvironment(id.clone())), &mut open);
    while open > 0 {
        let reply = replies.recv().await.unwrap();
        open -= 1;
        tell(&mut model, reply, &mut open);
    }
    let took = began.elapsed();
    let checks = check::checks(model.directory.get(&id).unwrap(), &model.setups[&id].facts);
    let answered = checks.iter().filter(|check| check.answer != check::Tri::Unknown).count();
    Measured { took, requests: sim.requests().len() - before, answered }
}
