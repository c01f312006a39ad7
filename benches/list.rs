//! The Environments screen with ten and with ten thousand environments: one frame at 120x40, one key of the
//! filter, one key that moves. `cargo bench --bench list`.

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

/// Columns and rows of the frame.
const SIZE: (u16, u16) = (120, 40);
/// Environments.
const COUNTS: [usize; 2] = [40, 10_000];

fn main() {
    divan::main();
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

fn draw(bencher: Bencher, scene: &Scene) {
    let zone = TimeZone::UTC;
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a terminal in memory");
    bencher.bench_local(|| {
        let view =
            View { model: &scene.model, eye: &scene.eye, look: &UNICODE, now: scene.now, zone: &zone, size: SIZE };
        terminal.draw(|frame| screens::draw(&view, frame)).map(|_| ())
    });
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

/// Half of the keys find thousands, half few.
#[divan::bench(args = COUNTS)]
fn key_of_the_filter(bencher: Bencher, count: usize) {
    let mut scene = list(count);
    press(&mut scene, KeyCode::Char('/'));
    let text = ['t', 'e', 'n', 'a', 'n', 't', ' ', '0', '0', '9'];
    let keys = text.map(KeyCode::Char).into_iter().chain([KeyCode::Backspace; 10]);
    let mut keys = keys.cycle();
    bencher.bench_local(|| press(&mut scene, keys.next().unwrap_or(KeyCode::Backspace)));
}
