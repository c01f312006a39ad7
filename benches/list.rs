//! The Environments screen with forty, which fill it, and with ten thousand environments: one frame at 120x40, one
//! key of the filter, one key that moves. `cargo bench --bench list`; figures first, then each by itself.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "many/mod.rs"]
mod many;
#[path = "../tests/scene/mod.rs"]
mod scene;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use divan::Bencher;
use dualwrite::screens::{self, View};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use scene::{Scene, UNICODE, World};
use serde_json::{Value, json};
use std::time::Instant;

/// Columns and rows of the frame.
const SIZE: (u16, u16) = (120, 40);
/// Environments.
const COUNTS: [usize; 2] = [40, 10_000];

/// Rounds of which the median is told, and how often each is done in one.
const ROUNDS: usize = 9;
const EACH: u32 = 200;

fn main() {
    figures();
    divan::main();
}

/// Microseconds of a frame and of a key, with a few and with many environments, in turns.
fn figures() {
    let mut lists = COUNTS.map(list);
    let mut filtered = COUNTS.map(filtered);
    let (mut frames, mut keys) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        for at in 0..COUNTS.len() {
            let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a terminal in memory");
            frames[at].push(micros(|| {
                paint(&mut terminal, &lists[at]);
            }));
            let mut typed = typed();
            keys[at].push(micros(|| press(&mut filtered[at], typed.next().unwrap_or(KeyCode::Backspace))));
            press(&mut lists[at], KeyCode::Down);
        }
    }
    let tell = |what: &str, all: [Vec<f64>; 2], aim: &str, limit: f64| {
        let [few, lots] = all.map(many::spread);
        let figure = many::figure(
            what,
            &format!("{:.0} µs", lots.0),
            &format!("{} environments: {:.0} µs", COUNTS[0], few.0),
            &format!("{:.2}", lots.0 / few.0),
            aim,
            lots.0 < limit,
            &format!("{:.0} to {:.0} µs", lots.1, lots.2),
        );
        println!("{figure}");
    };
    tell("frame at 120x40, 10,000 environments", frames, "300 µs, no growth", 300.0);
    tell("key of the filter, 10,000 environments", keys, "2 ms", 2_000.0);
}

/// Microseconds of one, on average over a round.
fn micros(mut work: impl FnMut()) -> f64 {
    let began = Instant::now();
    for _ in 0..EACH {
        work();
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(EACH)
}

/// A list of so many environments, as it is right before it is drawn.
fn list(count: usize) -> Scene {
    let row = |at: usize| {
        let host = format!("tenant-{at:05}");
        json!({"name": format!("6a2f3a0e-1111-4c0d-9b0a-{at:012}"), "location": "europe", "properties": {
            "displayName": format!("Tenant {at:05}"), "environmentSku": "Sandbox", "provisioningState": "Succeeded",
            "linkedEnvironmentMetadata": {"instanceUrl": format!("https://{host}.crm4.dynamics.com/"),
                "version": "9.2.26101.00180"},
            "linkedAppMetadata": {"id": format!("3f0d1c52-1111-4c0d-9b0a-{at:012}"), "type": "Linked",
                "url": format!("https://{host}.sandbox.operations.dynamics.com/")}}})
    };
    let world = World { environments: Value::Array((0..count).map(row).collect()), ..World::default() };
    let mut scene = Scene::list(world);
    screens::settle(&scene.model, &mut scene.eye, SIZE);
    scene
}

fn press(scene: &mut Scene, code: KeyCode) {
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    screens::on_key(&scene.model, &mut scene.eye, key, scene.now, SIZE);
    screens::settle(&scene.model, &mut scene.eye, SIZE);
}

fn paint(terminal: &mut Terminal<TestBackend>, scene: &Scene) {
    let zone = TimeZone::UTC;
    let view = View { model: &scene.model, eye: &scene.eye, look: &UNICODE, now: scene.now, zone: &zone, size: SIZE };
    terminal.draw(|frame| screens::draw(&view, frame)).expect("a frame");
}

fn draw(bencher: Bencher, scene: &Scene) {
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a terminal in memory");
    bencher.bench_local(|| paint(&mut terminal, scene));
}

/// A list whose filter has the keys.
fn filtered(count: usize) -> Scene {
    let mut scene = list(count);
    press(&mut scene, KeyCode::Char('/'));
    scene
}

/// A filter that is typed and taken back, again and again: half of the keys find thousands, half few.
fn typed() -> impl Iterator<Item = KeyCode> {
    let text = ['t', 'e', 'n', 'a', 'n', 't', ' ', '0', '0', '9'];
    text.map(KeyCode::Char).into_iter().chain([KeyCode::Backspace; 10]).cycle()
}

#[divan::bench(args = COUNTS)]
fn frame(bencher: Bencher, count: usize) {
    draw(bencher, &list(count));
}

#[divan::bench(args = COUNTS)]
fn frame_sorted_by_set_up(bencher: Bencher, count: usize) {
    let mut scene = list(count);
    press(&mut scene, KeyCode::Char('s'));
    press(&mut scene, KeyCode::Char('s'));
    press(&mut scene, KeyCode::End);
    draw(bencher, &scene);
}

#[divan::bench(args = COUNTS)]
fn key_that_moves(bencher: Bencher, count: usize) {
    let mut scene = list(count);
    press(&mut scene, KeyCode::End);
    let mut is_up = false;
    bencher.bench_local(|| {
        is_up = !is_up;
        press(&mut scene, if is_up { KeyCode::Up } else { KeyCode::Down });
    });
}

#[divan::bench(args = COUNTS)]
fn key_of_the_filter(bencher: Bencher, count: usize) {
    let mut scene = filtered(count);
    let mut keys = typed();
    bencher.bench_local(|| press(&mut scene, keys.next().unwrap_or(KeyCode::Backspace)));
}
