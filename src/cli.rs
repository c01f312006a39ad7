//! The command line: what can be typed, and what it means. Parsing only.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use tracing::level_filters::LevelFilter;

/// Speed of the rehearsal: simulated seconds per second. A full set-up of some 15 minutes takes
/// about one.
pub const REHEARSAL_SPEED: f64 = 15.0;

/// Set up dual-write between finance and operations and Dataverse, step by step.
///
/// Walks one environment from Environment Details to a working dual-write link: terms, Configure,
/// progress, link. What runs, runs in Microsoft's service and goes on when this window is closed.
#[derive(Debug, Parser)]
#[command(
    name = "dualwrite",
    version,
    after_help = "Try it first, offline, with nothing to configure:\n  dualwrite demo\n\nOn a cloud of your own:\n  dualwrite --cloud profile.toml --environment contoso-uat"
)]
pub struct Cli {
    /// What to do; without it, the wizard on the cloud given with --cloud.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub options: Options,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Rehearse on the built-in simulator: signed in, offline, nothing to configure.
    ///
    /// Time runs faster than on a real cloud; the header says how much.
    #[command(
        after_help = "Examples:\n  dualwrite demo\n  dualwrite demo --scenario dw9003-crm\n  dualwrite demo --speed 60\n\nAn unknown scenario name lists them all."
    )]
    Demo,
    /// Run the simulator alone, in the foreground, for a wizard in another terminal.
    #[command(
        after_help = "Example:\n  dualwrite simulate --write-profile sim.toml     (one terminal)\n  dualwrite --cloud sim.toml                      (another)"
    )]
    Simulate(Simulate),
}

/// Options of `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Write a cloud profile for --cloud to this file, once the simulator answers.
    #[arg(long, value_name = "FILE")]
    pub write_profile: Option<PathBuf>,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Options {
    /// Cloud profile: a TOML file that names the addresses of the services.
    #[arg(long, global = true, value_name = "FILE")]
    pub cloud: Option<PathBuf>,
    /// Open this environment: its name, an id or an address.
    #[arg(long, global = true, value_name = "E")]
    pub environment: Option<String>,
    /// What the simulated world looks like: a built-in name or a TOML file.
    #[arg(long, global = true, value_name = "NAME", default_value = "happy")]
    pub scenario: String,
    /// Simulated seconds per second (simulator only).
    #[arg(long, global = true, value_name = "N", default_value_t = REHEARSAL_SPEED, value_parser = speed)]
    pub speed: f64,
    /// Where the record of each run is kept.
    #[arg(long, global = true, value_name = "DIR", env = "DUALWRITE_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
    /// Write a log to this file. It holds no token and no body.
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// How much to log.
    #[arg(long, global = true, value_enum, default_value_t = LogLevel::Info)]
    pub log_level: LogLevel,
    /// Draw with ASCII characters only.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Use no colour (also: `NO_COLOR`).
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Move nothing on the screen that is no news.
    #[arg(long, global = true)]
    pub no_motion: bool,
}

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// Also what did not answer.
    Warn,
    /// Also what was done.
    Info,
    /// Also every request.
    Debug,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("give a number from 0.1 to 100000".into()),
    }
}

impl Cli {
    /// What was typed and would have no effect: the option and why.
    pub fn ineffective(&self) -> Option<(&'static str, &'static str)> {
        let options = &self.options;
        let no_cloud = options.cloud.is_some();
        match &self.command {
            Some(Command::Demo) if no_cloud => Some(("--cloud", "demo runs on the built-in simulator")),
            Some(Command::Simulate(_)) if no_cloud => Some(("--cloud", "simulate is the cloud")),
            Some(Command::Simulate(_)) if options.environment.is_some() => {
                Some(("--environment", "simulate opens no environment"))
            }
            _ if options.environment.as_ref().is_some_and(|name| name.trim().is_empty()) => {
                Some(("--environment", "no name was given"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_would_have_no_effect_is_named() {
        let said = |line: &str| Cli::parse_from(line.split(' ')).ineffective().map(|(option, _)| option);
        assert_eq!(said("dualwrite demo --cloud x.toml"), Some("--cloud"));
        assert_eq!(said("dualwrite simulate --environment x"), Some("--environment"));
        assert_eq!(said("dualwrite --cloud x.toml --environment "), Some("--environment"));
        assert_eq!(said("dualwrite demo --environment x"), None);
    }

    #[test]
    fn a_speed_is_a_sensible_number() {
        assert_eq!(speed("15"), Ok(15.0));
        for bad in ["0", "-1", "NaN", "inf", "fast", ""] {
            assert!(speed(bad).is_err(), "{bad}");
        }
    }
}
