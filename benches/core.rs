//! One update, and one frame at 120x40, of a set-up that runs. `cargo bench --bench core`.

#[path = "../tests/scene/mod.rs"]
mod scene;

use divan::Bencher;
use dualwrite::core::msg::{Intent, Msg, Ticket};
use dualwrite::core::update::update;
use dualwrite::screens::{self, View};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use scene::{Scene, UNICODE, World};

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

#[divan::bench]
fn update_with_a_key_that_changes_something(bencher: Bencher) {
    let scene = Scene::details(World::default());
    bencher
        .with_inputs(|| scene.model.clone())
        .bench_local_refs(|model| update(model, Msg::Intent(Intent::DualWriteApplication), scene.now));
}

#[divan::bench]
fn update_with_a_reply_that_nobody_waits_for(bencher: Bencher) {
    let mut scene = running();
    bencher.bench_local(|| {
        let reply = Msg::Reply { ticket: Ticket(u64::MAX), result: Ok(dualwrite::core::call::Reply::Done) };
        update(&mut scene.model, reply, scene.now)
    });
}

#[divan::bench]
fn update_with_a_reading_of_what_runs(bencher: Bencher) {
    let scene = running();
    let ticket = scene.model.current().and_then(|(_, setup)| setup.watch()).map_or(Ticket(0), |watch| watch.ticket);
    let accepted = dualwrite::core::call::Reply::InstallAccepted {
        operation: Some("7e57c0de-5555-4000-8000-000000000001".into()),
        retry_after: None,
    };
    bencher.with_inputs(|| (scene.model.clone(), accepted.clone())).bench_local_values(|(mut model, reply)| {
        update(&mut model, Msg::Reply { ticket, result: Ok(reply) }, scene.now)
    });
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
