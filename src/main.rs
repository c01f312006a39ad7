//! Parse, choose a surface, turn an outcome into an exit code.

use clap::Parser;
use dualwrite::api::Outside;
use dualwrite::cli::{Cli, Command, Options, REHEARSAL_SPEED};
use dualwrite::settings::Profile;
use dualwrite::shell::{journal, log};
use dualwrite::sim::Scenario;
use dualwrite::surface::simulate::{self, SimulateError};
use dualwrite::surface::tui;
use dualwrite::ui::look::{self, Look};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Unexpected error.
const FAILED: u8 = 1;
/// The command line or a file named on it is at fault.
const USAGE: u8 = 2;

/// Words for the person and the exit code.
struct Refusal(u8, String);

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A second provider cannot be: this is the first thing that is done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(Refusal(code, words)) => {
            let _ = writeln!(io::stderr(), "{}", dualwrite::ui::text::clean_lines(&words).join("\n"));
            ExitCode::from(code)
        }
    }
}

fn run(cli: Cli) -> Result<u8, Refusal> {
    if let Some((option, why)) = cli.ineffective() {
        return Err(Refusal(USAGE, format!("{option} has no effect here: {why}. Leave it out, or see --help.")));
    }
    let Cli { command, options } = cli;
    if let Some(file) = &options.log_file {
        log::start(file, options.log_level.into()).map_err(|error| {
            Refusal(USAGE, format!("The log file {} cannot be opened: {error}. Choose another.", file.display()))
        })?;
    }
    let scenario = || Scenario::named(&options.scenario).map_err(|error| Refusal(USAGE, format!("{error}")));
    match command {
        Some(Command::Simulate(simulate)) => {
            let sim = dualwrite::sim::Options {
                scenario: scenario()?,
                speed: options.speed,
                port: simulate.port,
                start: dualwrite::shell::clock::Clock::new(1.0).now(),
            };
            simulate::run(sim, simulate.write_profile.as_deref(), &mut io::stdout()).map(|()| 0).map_err(|error| {
                let code = if matches!(error, SimulateError::Profile { .. }) { USAGE } else { FAILED };
                Refusal(code, error.to_string())
            })
        }
        Some(Command::Demo) => {
            let name = options.scenario.clone();
            let mut words = String::from("dualwrite demo");
            if name != "happy" {
                words = format!("{words} --scenario {name}");
            }
            // A built-in scenario has no mistakes that a person could mend, so the first frame need
            // not wait for it to be read; any other is read before the screen is taken.
            if !Scenario::names().any(|known| known == name) {
                scenario()?;
            }
            if (options.speed - REHEARSAL_SPEED).abs() > f64::EPSILON {
                words = format!("{words} --speed {}", options.speed);
            }
            let words = with_state_dir(words, &options);
            wizard(tui::Stage::Rehearsal(name), options.speed, words, &options)
        }
        None => {
            let Some(file) = options.cloud.clone() else {
                return Err(Refusal(
                    USAGE,
                    "No cloud is configured. To rehearse offline:\n  dualwrite demo\nTo use a cloud, name its profile:\n  dualwrite --cloud profile.toml".into(),
                ));
            };
            let profile = Profile::read(&file).map_err(|error| Refusal(USAGE, error.to_string()))?;
            let outside = Outside::read(|variable| std::env::var(variable).ok());
            let speed = profile.speed;
            let words = with_state_dir(format!("dualwrite --cloud {}", quoted(&file)), &options);
            wizard(tui::Stage::Cloud(Box::new(profile), outside), speed, words, &options)
        }
    }
}

fn wizard(stage: tui::Stage, speed: f64, command: String, options: &Options) -> Result<u8, Refusal> {
    let ended = tui::run(tui::Options {
        stage,
        speed,
        environment: options.environment.clone(),
        state_dir: state_dir(options.state_dir.clone())?,
        look: look_of(options),
        command,
        seed: RandomState::new().hash_one(std::process::id()),
    })
    .map_err(|error| {
        let words = format!("The wizard needs a terminal: {error}. Run it in one; with ssh, add -t.");
        Refusal(USAGE, words)
    })?;
    if ended.heard {
        for line in &ended.words {
            let _ = writeln!(io::stdout(), "{line}");
        }
    }
    Ok(ended.code)
}

/// The command that comes back finds the record where this one left it.
fn with_state_dir(words: String, options: &Options) -> String {
    match &options.state_dir {
        Some(dir) => format!("{words} --state-dir {}", quoted(dir)),
        None => words,
    }
}

/// A path as it is typed into a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/\\._-:+@%=,~".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("\"{text}\"") }
}

fn state_dir(given: Option<PathBuf>) -> Result<PathBuf, Refusal> {
    given.map_or_else(
        || {
            journal::default_state_dir()
                .map_err(|error| Refusal(USAGE, format!("{error}. Name a directory with --state-dir.")))
        },
        Ok,
    )
}

fn look_of(options: &Options) -> Look {
    let set = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    let plain_terminal = std::env::var("TERM").is_ok_and(|term| matches!(term.as_str(), "linux" | "vt100" | "vt220"));
    Look {
        glyphs: if options.ascii { look::Glyphs::Ascii } else { look::Glyphs::Unicode },
        colour: if options.no_color || set("NO_COLOR") { look::Colour::None } else { look::Colour::Ansi16 },
        hyperlinks: !plain_terminal,
        motion: !options.no_motion,
    }
}
