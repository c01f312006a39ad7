//! Keys as notation: what a person presses, and what the shell does with it.

use super::{Scene, scenes};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dualwrite::core::msg::Intent;
use dualwrite::screens::{Reaction, on_key, settle};

/// A scene by name.
pub fn named(name: &str) -> Scene {
    thread_local! {
        // Made once: many tests take the same ones.
        static ALL: Vec<(&'static str, Scene)> = scenes();
    }
    ALL.with(|all| all.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("no scene {name}")).1.clone())
}

pub fn event(key: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    match key {
        "Enter" => plain(KeyCode::Enter),
        "Esc" => plain(KeyCode::Esc),
        "Tab" => plain(KeyCode::Tab),
        "BackTab" => plain(KeyCode::BackTab),
        "Up" => plain(KeyCode::Up),
        "Down" => plain(KeyCode::Down),
        "Left" => plain(KeyCode::Left),
        "Right" => plain(KeyCode::Right),
        "PgDn" => plain(KeyCode::PageDown),
        "PgUp" => plain(KeyCode::PageUp),
        "Home" => plain(KeyCode::Home),
        "End" => plain(KeyCode::End),
        "Backspace" => plain(KeyCode::Backspace),
        "Space" => plain(KeyCode::Char(' ')),
        "C-c" => KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
        "C-l" => KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL),
        "C-z" => KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL),
        one => plain(KeyCode::Char(one.chars().next().unwrap())),
    }
}

/// Presses keys as the shell does: settle after each. Intents go to the core, and are returned.
pub fn press(scene: &mut Scene, keys: &str) -> Vec<Reaction> {
    let size = scene.size;
    let mut reactions = Vec::new();
    let mut settled = settle(&scene.model, &mut scene.eye, size);
    for key in keys.split_whitespace() {
        if let Some(intent) = settled.take() {
            scene.wants(intent);
        }
        let reaction = on_key(&scene.model, &mut scene.eye, event(key), scene.now, size);
        if let Reaction::Intent(intent) = &reaction {
            scene.wants(intent.clone());
        }
        reactions.push(reaction);
        settled = settle(&scene.model, &mut scene.eye, size);
    }
    if let Some(intent) = settled {
        scene.wants(intent);
    }
    reactions
}

pub fn last(scene: &mut Scene, keys: &str) -> Reaction {
    press(scene, keys).pop().unwrap()
}

pub fn wants(intent: Intent) -> Reaction {
    Reaction::Intent(intent)
}
