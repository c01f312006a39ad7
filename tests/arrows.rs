//! The arrows that must not exist. Reads the sources and names file and line of each.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, and which others each may use; `main` puts all of them together.
const ROOMS: [(&str, &[&str], &str); 11] = [
    ("wire", &[], "the wire depends on nothing of ours"),
    ("core", &["wire"], "the core knows only the wire"),
    ("ui", &["core"], "a picture is a pure function of what is true"),
    ("screens", &["core", "ui", "wire"], "a picture is a pure function of what is true"),
    ("api", &["wire", "core", "settings"], "the client does not know who uses it"),
    ("sim", &["wire"], "the simulator shares the client's words, not its beliefs"),
    ("settings", &["core"], "the settings know what may stand in them, and nobody who reads them"),
    ("shell", &["wire", "core", "api", "settings"], "the shell does what it is told, whoever draws"),
    ("cli", &["core", "settings"], "the command line is words; what they do is in main, the surfaces and the commands"),
    (
        "surface",
        &["wire", "core", "ui", "screens", "api", "sim", "settings", "shell"],
        "a surface drives set-ups; what only prints and ends is a command",
    ),
    (
        "command",
        &["wire", "core", "ui", "screens", "api", "sim", "settings", "shell", "surface"],
        "the command line is read by main",
    ),
];
/// What a room must never mention besides, and why.
struct Rule {
    /// Files under `src/` that the rule is for: a prefix.
    room: &'static str,
    /// Files of the room that may, all the same.
    except: &'static [&'static str],
    /// What must not stand in the code.
    never: &'static [&'static str],
    /// Why.
    why: &'static str,
}

const IO: &[&str] = &[
    "ratatui",
    "crossterm",
    "tokio",
    "reqwest",
    "axum",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "Timestamp::now",
    "Instant::now",
    "SystemTime",
    "Zoned::now",
    "rand::",
    "Uuid::new_v4",
    "TimeZone::system",
];

/// What no picture may ask.
const DRAWN: &[&str] =
    &["tokio", "reqwest", "std::fs", "std::env", "Timestamp::now", "Instant::now", "SystemTime", "TimeZone::system"];

const RULES: &[Rule] = &[
    Rule { room: "core", except: &[], never: IO, why: "the core is pure: time and seeds come in, effects go out" },
    Rule { room: "wire", except: &[], never: &["ratatui", "tokio", "reqwest"], why: "the wire is types and paths" },
    Rule { room: "api", except: &[], never: &["ratatui", "crossterm"], why: "the client does not know who uses it" },
    Rule { room: "cli", except: &[], never: &["tokio"], why: "the command line is words" },
    Rule {
        room: "settings",
        except: &[],
        never: &["ratatui", "tokio", "reqwest", "std::env"],
        why: "the settings read files; the environment is handed in",
    },
    Rule { room: "screens", except: &[], never: DRAWN, why: "a picture is a pure function of what is true" },
    Rule { room: "ui", except: &[], never: DRAWN, why: "a picture is a pure function of what is true" },
    Rule {
        room: "",
        except: &["shell/terminal.rs", "shell/canvas.rs"],
        never: &[
            "enable_raw_mode",
            "disable_raw_mode",
            "EnterAlternateScreen",
            "LeaveAlternateScreen",
            "EnableBracketedPaste",
            "EnableMouseCapture",
            "?1049",
            "?2004",
            "?1004",
        ],
        why: "only the guard touches the modes of the terminal",
    },
    Rule {
        room: "",
        // The two that own the terminal.
        except: &["surface/", "command/", "main.rs", "shell/output.rs", "shell/terminal.rs"],
        never: &["println!", "print!(", "eprintln!", "eprint!(", "io::stdout()", "io::stderr()"],
        why: "printing belongs to the surfaces, the commands and main",
    },
    Rule {
        room: "",
        // A date in an answer of the simulator stands beside the Date that HTTP itself sends.
        except: &["shell/clock.rs", "sim/faults.rs"],
        never: &["Timestamp::now", "SystemTime::now", "Zoned::now"],
        why: "the clock is asked in one place",
    },
];

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The code of a file, line by line, without comments and without its tests at the end. What else is for tests only
/// stands among the rest and is looked at with it.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut all = text.lines().enumerate().peekable();
    while let Some((number, line)) = all.next() {
        let begins_tests = all.peek().is_some_and(|(_, next)| next.contains("mod ") && next.ends_with('{'));
        if line.trim() == "#[cfg(test)]" && begins_tests {
            break;
        }
        let code = line.split("//").next().unwrap_or_default();
        lines.push((number + 1, code.to_owned()));
    }
    lines
}

fn broken(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files {
        if name.ends_with("tests.rs") {
            continue;
        }
        let is_in = |room: &str| name.starts_with(&format!("{room}/")) || *name == format!("{room}.rs");
        for (room, may, why) in ROOMS.iter().filter(|(room, ..)| is_in(room)) {
            let others = ROOMS.iter().map(|(other, ..)| *other);
            let closed: Vec<String> = others
                .filter(|other| other != room && !may.contains(other))
                .map(|other| format!("crate::{other}"))
                .collect();
            for (number, line) in code(text) {
                for never in closed.iter().filter(|never| mentions(&line, never)) {
                    found.push(format!("src/{name}:{number} mentions {never}: {why}"));
                }
            }
        }
        for rule in RULES {
            let in_room = rule.room.is_empty() || is_in(rule.room);
            if !in_room || rule.except.iter().any(|except| name.starts_with(except)) {
                continue;
            }
            for (number, line) in code(text) {
                for never in rule.never.iter().filter(|never| mentions(&line, never)) {
                    found.push(format!("src/{name}:{number} mentions {never}: {}", rule.why));
                }
            }
        }
    }
    found
}

/// Whether a line mentions a word, not as a part of a longer one.
fn mentions(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let starts = !word.starts_with(is_word) || !line[..at].ends_with(is_word);
        let ends = !word.ends_with(is_word) || !line[at + word.len()..].starts_with(is_word);
        starts && ends
    })
}

fn house() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    assert!(paths.len() > 30, "the sources were not found");
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn no_arrow_points_where_it_must_not() {
    let found = broken(&house());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_broken_arrow_is_named_with_file_and_line() {
    let at = |name: &str, line: &str| broken(&[(name.to_owned(), format!("//! fine\n{line}\n"))]);
    assert!(at("core/model.rs", "use ratatui::Frame;")[0].starts_with("src/core/model.rs:2 mentions ratatui"));
    assert_eq!(at("core/plan.rs", "let now = Timestamp::now();").len(), 2);
    assert_eq!(at("sim/world.rs", "use crate::core::model::Model;").len(), 1);
    assert_eq!(at("screens/details.rs", "use crate::shell::clock::Clock;").len(), 1);
    assert_eq!(at("api/http.rs", "println!(\"x\");").len(), 1);
    assert!(at("core/model.rs", "// not ratatui, only a word").is_empty());
    assert!(at("surface/tui.rs", "use crate::shell::run;").is_empty());
}
