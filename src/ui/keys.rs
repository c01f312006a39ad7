//! Keys as the program counts them: presses and repeats, never releases.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key, with the few modifiers that matter folded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A character, Space among them.
    Char(char),
    /// Control and a letter.
    Ctrl(char),
    /// Any other; only a text that is being typed listens to it.
    Other,
}

impl Key {
    /// The key of an event; `None` for releases and for held-down Enter and Esc.
    pub fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let is_repeat = event.kind == KeyEventKind::Repeat;
        let (control, other) = (
            event.modifiers.contains(KeyModifiers::CONTROL),
            event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META),
        );
        Some(match event.code {
            KeyCode::Enter | KeyCode::Esc if is_repeat => return None,
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Self::BackTab,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::Char(c) if control && !other => Self::Ctrl(c.to_ascii_lowercase()),
            KeyCode::Char(c) if !other => Self::Char(c),
            _ => Self::Other,
        })
    }

    /// Its name on the screen.
    pub fn name(self) -> String {
        match self {
            Self::Enter => "Enter".into(),
            Self::Esc => "Esc".into(),
            Self::Tab => "Tab".into(),
            Self::BackTab => "Shift-Tab".into(),
            Self::Up => "Up".into(),
            Self::Down => "Down".into(),
            Self::Left => "Left".into(),
            Self::Right => "Right".into(),
            Self::PageUp => "PgUp".into(),
            Self::PageDown => "PgDn".into(),
            Self::Home => "Home".into(),
            Self::End => "End".into(),
            Self::Char(' ') => "Space".into(),
            Self::Char(c) => c.to_string(),
            Self::Ctrl(c) => format!("Ctrl-{}", c.to_ascii_uppercase()),
            Self::Other => "another key".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: KeyCode, modifiers: KeyModifiers, kind: KeyEventKind) -> KeyEvent {
        KeyEvent::new_with_kind(code, modifiers, kind)
    }

    #[test]
    fn releases_and_held_enters_do_not_count() {
        let none = KeyModifiers::NONE;
        assert_eq!(Key::of(event(KeyCode::Char('r'), none, KeyEventKind::Release)), None);
        assert_eq!(Key::of(event(KeyCode::Enter, none, KeyEventKind::Repeat)), None);
        assert_eq!(Key::of(event(KeyCode::Down, none, KeyEventKind::Repeat)), Some(Key::Down));
    }

    #[test]
    fn modifiers_are_folded_in() {
        let press = KeyEventKind::Press;
        assert_eq!(Key::of(event(KeyCode::Char('C'), KeyModifiers::CONTROL, press)), Some(Key::Ctrl('c')));
        assert_eq!(Key::of(event(KeyCode::Char('?'), KeyModifiers::SHIFT, press)), Some(Key::Char('?')));
        assert_eq!(Key::of(event(KeyCode::Char('q'), KeyModifiers::ALT, press)), Some(Key::Other));
    }
}
