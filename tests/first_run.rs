//! The first screen: what each step looks like, what its keys mean, and the walk through it with the
//! real binary in a pseudo-terminal.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

#[cfg(unix)]
mod pty;
mod scene;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dualwrite::core::first_run::{FirstRun, Step, Wish};
use dualwrite::screens::first_run::{Desk, Reaction, draw, on_key, on_paste};
use dualwrite::ui::look::{Colour, Look};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use scene::{ASCII, UNICODE, styles, text};

const ID: &str = "00000000-0000-4000-8000-0000000000c1";
const GATEWAY: &str = "https://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com/api/Version";

/// The first screen and what the eye does on it.
struct Stage {
    first: FirstRun,
    desk: Desk,
    wish: Option<Wish>,
}

impl Stage {
    fn new() -> Self {
        let first = FirstRun::new(Some("/home/ada/.config/dualwrite/config.toml".into()), vec!["contoso".into()]);
        let mut desk = Desk::default();
        desk.follow(&first);
        Self { first, desk, wish: None }
    }

    fn at(step: Step) -> Self {
        let mut stage = Self::new();
        let keys: &[&str] = match step {
            Step::Welcome => &[],
            Step::Cloud => &["Tab", "Enter"],
            Step::Registration => &["Tab", "Enter", "Enter"],
            Step::Services => &["Tab", "Enter", "Enter", "=contoso.com", "Enter", ID_TYPED, "Enter"],
            Step::Review => &[
                "Tab",
                "Enter",
                "Enter",
                "=contoso.com",
                "Enter",
                ID_TYPED,
                "Enter",
                "=1234567",
                "Enter",
                "Enter",
                "Enter",
            ],
        };
        for key in keys {
            stage.press(key);
        }
        assert_eq!(stage.first.step, step);
        stage
    }

    /// A key by its name, or a text behind `=`.
    fn press(&mut self, name: &str) -> Reaction {
        let code = match name {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            "BackTab" => KeyCode::BackTab,
            "Down" => KeyCode::Down,
            "Up" => KeyCode::Up,
            "PgDn" => KeyCode::PageDown,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            _ => {
                let letters = name.strip_prefix('=').unwrap();
                return letters.chars().fold(Reaction::Nothing, |_, letter| self.key(KeyCode::Char(letter), (80, 24)));
            }
        };
        self.key(code, (80, 24))
    }

    fn key(&mut self, code: KeyCode, size: (u16, u16)) -> Reaction {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        let reaction = on_key(&self.first, &mut self.desk, key, size);
        self.follow(reaction)
    }

    fn paste(&mut self, text: &str) -> Reaction {
        let reaction = on_paste(&self.first, &mut self.desk, text);
        self.follow(reaction)
    }

    fn follow(&mut self, reaction: Reaction) -> Reaction {
        if let Reaction::Intent(intent) = &reaction {
            self.wish = self.first.update(intent.clone()).or(self.wish.take());
            self.desk.follow(&self.first);
        }
        reaction
    }

    fn picture(&self, look: Look, size: (u16, u16)) -> (Buffer, Option<(u16, u16)>) {
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
        terminal.draw(|frame| draw(&self.first, &self.desk, look, frame)).unwrap();
        let at = terminal.backend().cursor_position();
        let cursor = terminal.backend().cursor_visible().then_some((at.x, at.y));
        (terminal.backend().buffer().clone(), cursor)
    }

    fn text(&self, size: (u16, u16)) -> String {
        text(&self.picture(UNICODE, size).0)
    }

    fn snapshot(&self, size: (u16, u16)) -> String {
        let (buffer, cursor) = self.picture(UNICODE, size);
        format!("{}\n{}\ncursor {cursor:?}", text(&buffer), styles(&buffer))
    }
}

const ID_TYPED: &str = "=00000000-0000-4000-8000-0000000000c1";
const STEPS: [(&str, Step); 5] = [
    ("welcome", Step::Welcome),
    ("cloud", Step::Cloud),
    ("registration", Step::Registration),
    ("services", Step::Services),
    ("review", Step::Review),
];

#[test]
fn each_step_at_80_by_24() {
    for (name, step) in STEPS {
        insta::assert_snapshot!(name, Stage::at(step).snapshot((80, 24)));
    }
    let mut wrong = Stage::at(Step::Registration);
    wrong.press("=contoso");
    wrong.press("Enter");
    insta::assert_snapshot!("registration-wrong", wrong.snapshot((80, 24)));
    insta::assert_snapshot!("registration-60x15", Stage::at(Step::Registration).snapshot((60, 15)));
    insta::assert_snapshot!("welcome-120x40", Stage::at(Step::Welcome).snapshot((120, 40)));
}

#[test]
fn at_80_by_24_nothing_is_below_the_edge() {
    for (name, step) in STEPS {
        let mut stage = Stage::at(step);
        if step == Step::Services {
            stage.press("Down");
            stage.paste(GATEWAY);
        }
        assert!(!stage.text((80, 24)).contains("below"), "{name}");
    }
}

#[test]
fn every_step_draws_at_every_size_and_without_colour() {
    let plain = Look { colour: Colour::None, ..ASCII };
    for (name, step) in STEPS {
        let mut stage = Stage::at(step);
        for size in (1..=130).step_by(7).flat_map(|x| (1..=45).step_by(3).map(move |y| (x, y))) {
            stage.picture(UNICODE, size);
            stage.picture(ASCII, size);
            for code in [KeyCode::PageDown, KeyCode::PageUp, KeyCode::Tab, KeyCode::Up] {
                stage.key(code, size);
            }
        }
        let (buffer, _) = Stage::at(step).picture(plain, (80, 24));
        assert!(text(&buffer).is_ascii(), "{name}");
        assert!(buffer.content.iter().all(|cell| cell.fg == ratatui::style::Color::Reset), "{name}");
    }
}

#[test]
fn the_field_that_has_the_focus_stays_in_sight() {
    for size in [(80, 24), (60, 15), (40, 10)] {
        let mut stage = Stage::at(Step::Services);
        for label in ["LCS project", "Gateway", "Name"] {
            let (buffer, cursor) = stage.picture(UNICODE, size);
            let row = usize::from(cursor.unwrap().1);
            assert!(text(&buffer).lines().nth(row).unwrap().contains(label), "{size:?} {label}");
            stage.press("Tab");
        }
        assert!(stage.text(size).contains("[ Next ]"));
    }
}

#[test]
fn space_presses_a_button_and_a_key_without_a_meaning_says_so() {
    let mut stage = Stage::new();
    assert_eq!(stage.press("=Z"), Reaction::Redraw);
    assert!(stage.text((80, 24)).contains("Z does nothing here; ? lists the keys."), "{}", stage.text((80, 24)));
    assert_eq!(stage.press("=?"), Reaction::Redraw);
    assert!(stage.text((80, 24)).contains("› Enter or Space chooses; "), "{}", stage.text((80, 24)));
    stage.press("Down");
    assert!(!stage.text((80, 24)).contains("does nothing here"));
    stage.press("Up");
    stage.press("= ");
    assert_eq!(stage.wish, Some(Wish::Rehearse));
    let mut stage = Stage::at(Step::Cloud);
    stage.press("= ");
    assert_eq!(stage.first.step, Step::Registration);
    stage.press("= ?");
    assert!(!stage.text((80, 24)).contains("does nothing here"), "in a field they are letters");
}

#[test]
fn home_and_end_choose_the_first_and_the_last_and_are_of_the_text_in_a_field() {
    let mut stage = Stage::at(Step::Cloud);
    let chosen = |stage: &mut Stage, key: &str| {
        stage.press(key);
        stage.press("Enter");
        let cloud = stage.first.national.title();
        stage.press("Esc");
        cloud
    };
    assert!(chosen(&mut stage, "End").contains("China"));
    assert!(chosen(&mut stage, "Home").contains("Public"));
    let mut stage = Stage::at(Step::Registration);
    for key in ["=b.com", "Home", "=a", "End", "=x"] {
        stage.press(key);
    }
    assert_eq!(stage.first.text(dualwrite::core::first_run::Field::Tenant), "ab.comx");
    // From the button, the first is a field again.
    for key in ["BackTab", "Home", "=y"] {
        stage.press(key);
    }
    assert_eq!(stage.first.text(dualwrite::core::first_run::Field::Tenant), "ab.comxy");
    // Where there is one button, they scroll.
    let mut stage = Stage::at(Step::Review);
    stage.key(KeyCode::End, (50, 12));
    assert!(!stage.text((50, 12)).contains("This is written into"), "{}", stage.text((50, 12)));
    stage.key(KeyCode::Home, (50, 12));
    assert!(stage.text((50, 12)).contains("This is written into"));
}

#[test]
fn enter_is_the_likely_next_step_and_esc_the_way_back() {
    let mut stage = Stage::new();
    stage.press("Enter");
    assert_eq!(stage.wish, Some(Wish::Rehearse));
    let mut stage = Stage::at(Step::Review);
    stage.press("Enter");
    assert!(matches!(&stage.wish, Some(Wish::Write(text)) if text.contains("[clouds.contoso-2]")), "{:?}", stage.wish);
    for step in [Step::Services, Step::Registration, Step::Cloud, Step::Welcome] {
        stage.press("Esc");
        assert_eq!(stage.first.step, step);
    }
    assert_eq!(stage.press("Esc"), Reaction::Nothing, "Esc never quits");
}

#[test]
fn letters_are_text_where_text_is_typed_and_keys_elsewhere() {
    let mut stage = Stage::at(Step::Registration);
    stage.press("=qj.k?");
    assert_eq!(stage.first.text(dualwrite::core::first_run::Field::Tenant), "qj.k?");
    stage.press("BackTab");
    assert_eq!(stage.press("=q"), Reaction::Leave);
    assert_eq!(Stage::new().press("=q"), Reaction::Leave);
    assert_eq!(Stage::at(Step::Cloud).key(KeyCode::Char('q'), (10, 2)), Reaction::Leave);
}

#[test]
fn a_step_that_lacks_something_says_what_and_goes_there() {
    let mut stage = Stage::at(Step::Registration);
    stage.press("BackTab");
    stage.press("Enter");
    assert_eq!(stage.first.step, Step::Registration);
    assert!(stage.text((80, 24)).contains("› Tenant: needed"), "{}", stage.text((80, 24)));
    stage.press("=contoso.com");
    assert!(!stage.text((80, 24)).contains("› Tenant"), "the next key takes the words away");
}

#[test]
fn what_is_pasted_is_cleaned_and_presses_no_key() {
    let mut stage = Stage::at(Step::Registration);
    stage.paste("contoso.com\u{1b}[2J\r\n");
    stage.press("Enter");
    stage.paste(&format!("  {{{ID}}}\n"));
    assert_eq!(stage.first.step, Step::Registration);
    stage.press("Enter");
    assert_eq!(stage.first.step, Step::Services);
    assert_eq!(Stage::at(Step::Review).paste("x"), Reaction::Nothing);
    stage.press("Down");
    stage.paste(GATEWAY);
    stage.paste(&"x".repeat(10_000));
    assert!(stage.first.text(dualwrite::core::first_run::Field::Gateway).chars().count() <= 300);
}

#[cfg(unix)]
mod walk {
    use super::ID;
    use super::pty::{Exit, Pty};
    use std::path::Path;
    use tempfile::TempDir;

    fn wizard(home: &Path, args: &[&str]) -> Pty {
        let (config, state) = (home.join("config"), home.join("state"));
        Pty::spawn(
            env!("CARGO_BIN_EXE_dualwrite"),
            args,
            &[("XDG_CONFIG_HOME", config.to_str().unwrap()), ("DUALWRITE_STATE_DIR", state.to_str().unwrap())],
            80,
            24,
        )
    }

    fn leave(wizard: &Pty) {
        wizard.keys("q");
        assert_eq!(wizard.wait_exit(), Exit::Code(0), "{}", wizard.screen());
        wizard.modes_clean().unwrap();
    }

    #[test]
    fn the_rehearsal_begins_from_the_first_screen() {
        let home = TempDir::new().unwrap();
        let wizard = wizard(home.path(), &[]);
        wizard.wait_for("┌ Welcome ").wait_for("[ Rehearse offline ]").keys("<enter>");
        wizard.wait_for("┌ Environments ").wait_for("contoso-uat").wait_for("SIMULATOR");
        leave(&wizard);
        assert!(!home.path().join("config").exists(), "nothing is written");
    }

    #[test]
    fn a_profile_is_written_step_by_step_and_used_from_then_on() {
        let home = TempDir::new().unwrap();
        let first = wizard(home.path(), &[]);
        first.wait_for("┌ Welcome ").keys("<tab> <enter>");
        first.wait_for("┌ Which cloud ").keys("<enter>");
        first.wait_for("┌ App registration ").type_text("contoso").wait_for("A domain has a dot");
        first.type_text(".example").wait_for("a domain of the tenant").keys("<enter>");
        first.paste(ID).wait_for("an application id").keys("<enter>");
        first.wait_for("┌ Project and gateway ").type_text("1234567").wait_for("project 1234567");
        first.keys("<enter> <enter> <enter>").wait_for("┌ Write the profile ").wait_for("[clouds.contoso]");
        let file = home.path().join("config/dualwrite/config.toml");
        assert!(!file.exists());
        first.keys("<enter>").wait_for("┌ Sign in ").wait_for("contoso");
        leave(&first);
        let text = std::fs::read_to_string(&file).unwrap();
        for line in
            ["cloud = \"contoso\"", "like = \"public\"", "tenant = \"contoso.example\"", "lcs_project = 1234567"]
        {
            assert!(text.lines().any(|own| own == line), "{line}: {text}");
        }
        let again = wizard(home.path(), &[]);
        again.wait_for("┌ Sign in ").wait_for("contoso");
        leave(&again);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_said_and_nothing_is_lost() {
        let home = TempDir::new().unwrap();
        std::fs::write(home.path().join("config"), "in the way").unwrap();
        let wizard = wizard(home.path(), &[]);
        wizard.wait_for("┌ Welcome ").keys("<tab> <enter>").wait_for("┌ Which cloud ").keys("<enter>");
        wizard.wait_for("┌ App registration ").type_text("contoso.example").keys("<enter>").type_text(ID);
        wizard.keys("<enter>").wait_for("┌ Project and gateway ").keys("<enter> <enter> <enter>");
        wizard.wait_for("┌ Write the profile ").keys("<enter>").wait_for("› The settings file");
        wizard.wait_for("[ Write and go on ]");
        leave(&wizard);
    }

    #[test]
    fn without_a_screen_it_says_what_can_be_done() {
        let home = TempDir::new().unwrap();
        let plain = wizard(home.path(), &["--plain"]);
        for words in ["dualwrite demo", "dualwrite --cloud public", "dualwrite/config.toml"] {
            plain.wait_for(words);
        }
        assert_eq!(plain.wait_exit(), Exit::Code(2));
    }
}
