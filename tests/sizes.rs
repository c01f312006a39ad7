//! Every screen draws at every size, in both glyph sets, and a key there does no harm.

mod scene;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dualwrite::screens::{Setting, on_key, settle, settled};
use jiff::tz::TimeZone;
use scene::{ASCII, UNICODE, on_paper, scenes};

/// All widths up to here, and coarse steps beyond.
const NARROW: u16 = 46;
/// Heights around every threshold.
const LOW: [u16; 12] = [1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 14, 16];

fn sizes() -> Vec<(u16, u16)> {
    let mut all: Vec<(u16, u16)> = (1..=NARROW).flat_map(|x| LOW.into_iter().map(move |y| (x, y))).collect();
    for x in (NARROW + 1..=130).step_by(7).chain([80, 109, 110, 111, 130, 200]) {
        all.extend((1..=45).step_by(4).chain([24, 45, 60]).map(|y| (x, y)));
    }
    for y in (17..=45).step_by(5) {
        all.extend((1..=NARROW).step_by(3).map(|x| (x, y)));
    }
    all
}

#[test]
fn every_screen_draws_at_every_size() {
    let sizes = sizes();
    std::thread::scope(|threads| {
        for half in 0..2 {
            let sizes = &sizes;
            threads.spawn(move || {
                // Both glyph sets take turns over the sizes; they lay out alike.
                for (at, (_, scene)) in scenes().into_iter().enumerate().filter(|(at, _)| at % 2 == half) {
                    for (turn, size) in sizes.iter().enumerate() {
                        let look = if (at / 2 + turn) % 2 == 0 { UNICODE } else { ASCII };
                        scene.buffer(look, *size);
                    }
                }
            });
        }
    });
}

#[test]
fn every_overlay_draws_at_every_small_size() {
    for key in ['?', 'd', 'q', 'f', '/'] {
        for (_, mut scene) in scenes() {
            on_key(
                &scene.model,
                &mut scene.eye,
                KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE),
                scene.now,
                (80, 24),
            );
            for size in
                [(1, 1), (2, 50), (50, 2), (39, 10), (40, 10), (41, 11), (45, 12), (80, 11), (80, 24), (130, 45)]
            {
                scene.buffer(ASCII, size);
                scene.buffer(UNICODE, size);
            }
        }
    }
}

#[test]
fn keys_at_odd_sizes_do_no_harm() {
    let keys = [
        KeyCode::Down,
        KeyCode::PageDown,
        KeyCode::End,
        KeyCode::Tab,
        KeyCode::PageUp,
        KeyCode::Home,
        KeyCode::BackTab,
    ];
    for (name, mut scene) in scenes() {
        for size in [(1, 1), (40, 10), (41, 30), (80, 24), (200, 60)] {
            for code in keys {
                on_key(&scene.model, &mut scene.eye, KeyEvent::new(code, KeyModifiers::NONE), scene.now, size);
                settle(&scene.model, &mut scene.eye, size);
            }
            assert!(!scene.text(UNICODE, size).is_empty() || size == (1, 1), "{name}");
        }
    }
}

/// The page that is settled is drawn as it is: no key may leave it other than it would be laid out anew.
#[test]
fn what_is_settled_is_what_is_drawn() {
    let keys =
        [KeyCode::End, KeyCode::Char('d'), KeyCode::PageDown, KeyCode::Esc, KeyCode::Char('/'), KeyCode::Char('o')];
    for (name, mut scene) in scenes() {
        for size in [(40, 10), (80, 24), (130, 45)] {
            for code in keys {
                on_key(&scene.model, &mut scene.eye, KeyEvent::new(code, KeyModifiers::NONE), scene.now, size);
                let setting = Setting { look: &UNICODE, now: scene.now, zone: &TimeZone::UTC, size };
                let (picture, _) = settled(&scene.model, &mut scene.eye, setting);
                let drawn = on_paper(size, |frame| picture.draw(&setting.view(&scene.model, &scene.eye), frame));
                assert!(drawn == scene.buffer(UNICODE, size), "{name} at {size:?} after {code:?}");
            }
        }
    }
}

#[test]
fn buttons_stay_in_sight_from_the_least_size_on() {
    let mut with_buttons = 0;
    for (name, scene) in scenes() {
        let least = scene.text(UNICODE, (40, 10));
        let roomy = scene.text(UNICODE, (80, 24));
        let first = roomy.lines().find_map(|line| line.split("[ ").nth(1)?.split(" ]").next().map(str::to_owned));
        if let Some(label) = first.filter(|label| !label.trim().is_empty()) {
            let button = format!("[ {}", label.split(' ').next().unwrap());
            assert!(least.contains(&button), "{name}: {button}\n{least}");
            with_buttons += 1;
        }
    }
    assert!(with_buttons >= 20, "only {with_buttons} scenes have a button");
}
