//! One update, with one set-up that runs and with 10,000, and one frame at 120x40. `cargo bench --bench core`.

#![expect(clippy::expect_used, reason = "a bench that cannot go on says so")]

#[path = "many/mod.rs"]
mod many;
#[path = "../tests/scene/mod.rs"]
mod scene;

use divan::Bencher;
use dualwrite::core::call::Reply;
use dualwrite::core::effect::Effect;
use dualwrite::core::exchange::{Ending, Exchange};
use dualwrite::core::msg::{Intent, Msg, Ticket};
use dualwrite::core::service::Service;
use dualwrite::core::update::update;
use dualwrite::screens::{self, View};
use dualwrite::wire::power_platform::Operation;
use jiff::tz::TimeZone;
use many::Many;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use scene::{Scene, UNICODE, World};
use std::collections::VecDeque;
use std::time::Duration;

/// Columns and rows of the frame.
const SIZE: (u16, u16) = (120, 40);

fn main() {
    divan::main();
}

/// A set-up whose first installation is being asked for.
fn running() -> Scene {
    let mut scene = Scene::details(World::default());
    scene::start(&mut scene);
    scene
}

/// So many set-ups run; the first one is looked at.
fn running_all(count: usize) -> Many {
    let mut many = Many::listed(count);
    many.start(0..count);
    many.tell(Msg::Intent(Intent::OpenEnvironment(many::id(0))));
    many
}

#[divan::bench(args = [1, 10_000])]
fn update_with_a_key(bencher: Bencher, count: usize) {
    let mut many = running_all(count);
    bencher.bench_local(|| update(&mut many.model, Msg::Intent(Intent::OpenEnvironment(many::id(0))), many.now));
}

#[divan::bench(args = [1, 10_000])]
fn update_with_a_reply_that_nobody_waits_for(bencher: Bencher, count: usize) {
    let mut many = running_all(count);
    bencher.bench_local(|| {
        let reply = Msg::Reply { ticket: Ticket(u64::MAX), result: Ok(Reply::Done) };
        update(&mut many.model, reply, many.now)
    });
}

#[divan::bench(args = [1, 10_000])]
fn update_with_a_reading_of_what_runs(bencher: Bencher, count: usize) {
    let mut many = running_all(count);
    let mut open: VecDeque<Ticket> = many.watched.iter().map(|(ticket, _)| *ticket).collect();
    let running = || Operation { status: Some("Running".into()), ..Operation::default() };
    bencher.bench_local(|| {
        // Each reading is answered by the next question.
        let ticket = open.pop_front().expect("something is watched");
        let result = Ok(Reply::Operation { operation: Some(running()), retry_after: None });
        let effects = update(&mut many.model, Msg::Reply { ticket, result }, many.now);
        open.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Call { ticket, .. } => Some(*ticket),
            _ => None,
        }));
    });
}

#[divan::bench(args = [1, 10_000])]
fn update_with_an_exchange(bencher: Bencher, count: usize) {
    let mut many = running_all(count);
    let exchange = Exchange {
        at: many.now,
        service: Service::PowerPlatform,
        method: "GET".into(),
        host: "api.powerplatform.com".into(),
        path: "/appmanagement/environments/x/operations/y".into(),
        ending: Ending::Answered(200),
        refusal: None,
        took: Duration::from_millis(100),
        attempt: 1,
        request_id: None,
        correlations: Vec::new(),
        retry_after: None,
    };
    bencher
        .with_inputs(|| Box::new(exchange.clone()))
        .bench_local_values(|exchange| update(&mut many.model, Msg::Exchange(exchange), many.now));
}

#[divan::bench(args = ["list", "details", "progress"])]
fn frame(bencher: Bencher, which: &str) {
    let scene = match which {
        "list" => Scene::list(World::default()),
        "details" => Scene::details(World::default()),
        _ => running(),
    };
    let zone = TimeZone::UTC;
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a terminal in memory");
    bencher.bench_local(|| {
        let view =
            View { model: &scene.model, eye: &scene.eye, look: &UNICODE, now: scene.now, zone: &zone, size: SIZE };
        terminal.draw(|frame| screens::draw(&view, frame)).map(|_| ())
    });
}
