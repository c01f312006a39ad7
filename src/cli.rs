//! The command line: what can be typed, and what it means. Parsing only.
#![expect(missing_docs, reason = "of a struct of options clap would make the words of its command, which stand at it")]

mod pages;

use crate::core::mandate::Module;
pub use crate::settings::SIMULATOR;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
pub use pages::{completions, manual};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Speed of the rehearsal: simulated seconds per second. A full set-up of some 15 minutes takes
/// about one.
pub const REHEARSAL_SPEED: f64 = 15.0;
/// The scenario of a rehearsal where none is named.
pub const SCENARIO: &str = "happy";

/// Version, and of which commit.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("DUALWRITE_COMMIT"));

/// Set up dual-write between finance and operations and Dataverse, step by step.
///
/// Walks one environment from Environment Details to a working dual-write link: terms, Configure,
/// progress, link. What was started continues in Microsoft's service when this window is closed.
#[derive(Debug, Parser)]
#[command(
    name = "dualwrite",
    version = VERSION,
    after_help = "Try it first, offline, with nothing to configure:\n  dualwrite demo\n\nOn your cloud:\n  dualwrite                                    (the first screen sets it up)\n  dualwrite --cloud public --environment contoso-uat"
)]
pub struct Cli {
    /// What to do; without it, the wizard on the cloud that is configured.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Open this environment: its name, an id or an address.
    #[arg(long, value_name = "E", value_parser = named)]
    pub environment: Option<String>,
    /// Options of every command.
    #[command(flatten)]
    pub options: Options,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[command(defer = true)] // the options of the others are not made before the first frame
pub enum Command {
    /// Rehearse on the built-in simulator: signed in, offline, nothing to configure.
    ///
    /// Time runs faster than on a real cloud; the header says how much.
    #[command(
        after_help = "Examples:\n  dualwrite demo\n  dualwrite demo --list\n  dualwrite demo --scenario dw9003-crm\n  dualwrite demo --speed 60"
    )]
    Demo(Demo),
    /// Set up and link without a screen: one environment or several, side by side.
    ///
    /// Reads first, stops before the first change unless --accept-terms and --yes were given, and
    /// takes up again what was interrupted.
    #[command(
        after_help = "Examples:\n  dualwrite setup --cloud prod.toml --environment contoso-uat --dry-run\n  dualwrite setup --show-terms\n  dualwrite setup --cloud prod --environment uat --accept-terms VERSION --yes\n  dualwrite setup --cloud simulator --environment contoso-uat --yes --json \\\n    --accept-terms VERSION\n\nExit codes:\n  0  done                          5  prerequisites are not met\n  1  anything else                 6  Configure failed\n  2  usage or settings             7  the link failed\n  3  terms or sign-in missing      8  linking mismatch\n  4  a service is unreachable      9  timed out\n  129, 130, 131, 143  ended by HUP, INT, QUIT, TERM; 141  by a closed pipe\n  Of several environments the highest counts. After 4, 9 and what is above 9 the\n  same command goes on."
    )]
    Setup(Setup),
    /// Link an environment that is configured already.
    #[command(
        after_help = "Examples:\n  dualwrite link --environment contoso-uat --dry-run\n  dualwrite link --environment contoso-uat --yes --assisted --timeout 2h\n\nExit codes: as of setup."
    )]
    Link(Link),
    /// Reset the link of an environment: solves a linking mismatch.
    ///
    /// Moves dual-write to the Dataverse of Power Platform Integration and removes all table maps, so the
    /// environment is named exactly and --yes is needed. It needs all maps stopped, and version 10.0.30 or later.
    #[command(
        after_help = "Examples:\n  dualwrite reset --cloud prod.toml --environment contoso-uat --dry-run\n  dualwrite reset --cloud prod.toml --environment contoso-uat --yes\n\nExit codes: as of setup."
    )]
    Reset(Reset),
    /// Show how far the set-up of each environment is. Changes nothing.
    #[command(
        after_help = "Examples:\n  dualwrite status\n  dualwrite status --environment contoso-uat --json\n\nExit codes: 0 all was read, 4 a service did not answer."
    )]
    Status(Status),
    /// Show which prerequisites an environment meets. Changes nothing.
    #[command(
        after_help = "Examples:\n  dualwrite check --environment contoso-uat\n  dualwrite check --environment contoso-uat --json\n\nExit codes:\n  0  nothing that was read stops a set-up (what could not be told is listed)\n  4  a service did not answer\n  5  something stops a set-up\n  8  linking mismatch"
    )]
    Check(Check),
    /// The record of what was done: who, when, which terms, every stage and change.
    #[command(
        after_help = "Examples:\n  dualwrite runs\n  dualwrite runs show 3f0d1c52\n  dualwrite runs export 3f0d1c52 --format html > change-4711.html"
    )]
    Runs(Runs),
    /// Sign in with a device code; several accounts can be signed in at once.
    ///
    /// Shows a code and an address, and waits until somebody has signed in there. The new account is the one
    /// that is used from then on; --account chooses another.
    #[command(after_help = "Example:\n  dualwrite sign-in --cloud contoso")]
    SignIn(SignIn),
    /// Forget a sign-in on this machine.
    #[command(
        after_help = "Examples:\n  dualwrite sign-out\n  dualwrite sign-out --account grace@contoso.com\n  dualwrite sign-out --all"
    )]
    SignOut(SignOut),
    /// Show who is signed in on a cloud, and where that is kept. Asks no service.
    #[command(after_help = "Examples:\n  dualwrite whoami\n  dualwrite whoami --json\n\nExit code 3 where nobody is.")]
    Whoami(Whoami),
    /// Tell what an error means, why it happens and what to do. Offline; reads nothing but its own catalogue.
    ///
    /// Takes a code, a message, a title, or the key of an entry. Where the message does not decide, every
    /// entry that fits is shown, and what tells them apart.
    #[command(
        after_help = "Examples:\n  dualwrite explain DW9003\n  dualwrite explain \"Failed to connect to CRM\"\n  dualwrite explain DIPV1003 --json\n  dualwrite explain - < message.txt"
    )]
    Explain(Explain),
    /// Run the simulator alone, in the foreground, for a wizard in another terminal.
    #[command(
        after_help = "Example:\n  dualwrite simulate --write-profile sim.toml     (one terminal)\n  dualwrite --cloud sim.toml                      (another)"
    )]
    Simulate(Simulate),
    /// Write a settings file with comments, or show each setting and where it comes from.
    #[command(after_help = "Examples:\n  dualwrite config init\n  dualwrite config show --cloud contoso")]
    Config(Config),
    /// What support asks first: terminal, settings, keyring, network. Changes nothing, sends no token.
    #[command(
        after_help = "Examples:\n  dualwrite doctor\n  dualwrite doctor --cloud contoso > doctor.txt\n\nNo account, tenant, token or secret is in it. Exit codes: 0 no problem was found, 2 settings, 4 network, 1 anything else."
    )]
    Doctor,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Examples:\n  dualwrite completions bash > ~/.local/share/bash-completion/completions/dualwrite\n  dualwrite completions zsh > ~/.zfunc/_dualwrite\n  dualwrite completions fish > ~/.config/fish/completions/dualwrite.fish\n  dualwrite completions powershell | Out-String | Invoke-Expression"
    )]
    Completions(Completions),
    /// Print the manual page, or that of a command.
    #[command(
        after_help = "Examples:\n  dualwrite man > ~/.local/share/man/man1/dualwrite.1\n  dualwrite man setup | man -l -"
    )]
    Man(Man),
}

// Options of `config`.
#[derive(Debug, Args)]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub what: ConfigCommand,
}

// What to do with the settings.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ConfigCommand {
    /// Write a settings file that sets nothing and explains everything; one that is there stays as it is.
    Init,
    /// Show each setting that holds, and where it comes from.
    Show,
}

// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell.
    pub shell: clap_complete::Shell,
}

// Options of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Of which command (`setup`, `runs export`); without it, of the program.
    pub command: Vec<String>,
}

// Which environments, and how it is said.
#[derive(Debug, Args)]
pub struct Of {
    /// Which environments: names, ids or addresses.
    #[arg(long = "environment", value_name = "E", num_args = 1.., value_parser = named)]
    pub environments: Vec<String>,
    /// Print JSON and nothing else; what is wrong with the command itself is said on standard error.
    #[arg(long)]
    pub json: bool,
}

// What was agreed to, and for how long.
#[derive(Debug, Args)]
pub struct Consent {
    /// Agree to the changes.
    #[arg(long)]
    pub yes: bool,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Stop waiting after this time (90s, 45m, 1h30m); what runs continues in the service.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

// How the link is made.
#[derive(Debug, Args)]
pub struct Linking {
    /// Link by hand in Lifecycle Services, watched from here, even where a link service is known.
    #[arg(long)]
    pub assisted: bool,
}

// Options of `setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// Which environments.
    #[command(flatten)]
    pub of: Of,
    /// What it may do.
    #[command(flatten)]
    pub consent: Consent,
    /// How it links.
    #[command(flatten)]
    pub linking: Linking,
    /// Accept the terms of this version; --show-terms prints them.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub accept_terms: Option<String>,
    /// Print the terms, their version first, and end.
    #[arg(long)]
    pub show_terms: bool,
    /// Install these modules too: finance, human-resources, supply-chain, notes, asset-management, party.
    /// What one of them needs comes with it.
    #[arg(long, value_name = "MODULES", value_delimiter = ',', ignore_case = true, hide_possible_values = true,
          value_parser = modules())]
    pub modules: Vec<Module>,
    /// Where to end.
    #[arg(long, value_enum, default_value_t = Until::Linked)]
    pub until: Until,
}

// Options of `link`.
#[derive(Debug, Args)]
pub struct Link {
    /// Which environments.
    #[command(flatten)]
    pub of: Of,
    /// What it may do.
    #[command(flatten)]
    pub consent: Consent,
    /// How it links.
    #[command(flatten)]
    pub linking: Linking,
}

// Options of `reset`.
#[derive(Debug, Args)]
pub struct Reset {
    /// Which environments; each by its exact name or its id.
    #[command(flatten)]
    pub of: Of,
    /// What it may do.
    #[command(flatten)]
    pub consent: Consent,
}

// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Which environments; without it all.
    #[command(flatten)]
    pub of: Of,
}

// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Which environments.
    #[command(flatten)]
    pub of: Of,
}

// Options of `runs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Runs {
    /// Print the list as JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    /// What to do; without it, list.
    #[command(subcommand)]
    pub what: Option<RunsCommand>,
}

// What to do with the record.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum RunsCommand {
    /// All runs, the newest first.
    List {
        /// Print JSON and nothing else.
        #[arg(long)]
        json: bool,
    },
    /// Show one run.
    Show {
        /// Id of the run, or its first characters.
        run: String,
        /// Print JSON and nothing else, as export --format json does.
        #[arg(long)]
        json: bool,
    },
    /// Export one run, to standard output.
    Export {
        /// Id of the run, or its first characters.
        run: String,
        /// In which format.
        #[arg(long, value_enum, default_value_t = ExportFormat::Md)]
        format: ExportFormat,
    },
}

// Options of `sign-in`.
#[derive(Debug, Args)]
pub struct SignIn {
    /// Print who is signed in after it, as JSON, and nothing else.
    #[arg(long)]
    pub json: bool,
}

// Options of `sign-out`.
#[derive(Debug, Args)]
pub struct SignOut {
    /// All accounts of this cloud; without it the current one, or that of --account.
    #[arg(long)]
    pub all: bool,
    /// Print who is signed in after it, as JSON, and nothing else.
    #[arg(long)]
    pub json: bool,
}

// Options of `whoami`.
#[derive(Debug, Args)]
pub struct Whoami {
    /// Print JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code or the message of an error; `-` reads standard input.
    #[arg(required = true, value_name = "CODE-OR-TEXT")]
    pub words: Vec<String>,
    /// Print JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// The formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Markdown.
    Md,
    /// One HTML file.
    Html,
    /// JSON.
    Json,
}

/// Where a set-up ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// Configure is done.
    Configured,
    /// Linked.
    Linked,
}

// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Open this environment: its name, an id or an address.
    #[arg(long, value_name = "E", value_parser = named)]
    pub environment: Option<String>,
    /// List the scenarios: what each shows, and how to fix it.
    #[arg(long)]
    pub list: bool,
}

// Options of `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, value_name = "PORT", default_value_t = 0, value_parser = port)]
    pub port: u16,
    /// Write a cloud profile for --cloud to this file, once the simulator answers.
    #[arg(long, value_name = "FILE")]
    pub write_profile: Option<PathBuf>,
}

// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Which cloud: public, gcc, gcc-high, dod, china, simulator, a name of the settings file, or the
    /// path of a cloud profile (also: `DUALWRITE_CLOUD`).
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub cloud: Option<PathBuf>,
    /// Which account, where several are signed in (also: `DUALWRITE_ACCOUNT`).
    #[arg(long, global = true, value_name = "NAME", value_parser = named)]
    pub account: Option<String>,
    /// The settings file; without it dualwrite/config.toml in the user's directory for settings (also:
    /// `DUALWRITE_CONFIG`).
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the simulated world looks like: a built-in name or a TOML file.
    #[arg(long, global = true, value_name = "NAME", default_value = SCENARIO)]
    pub scenario: String,
    /// Simulated seconds per second (simulator only).
    #[arg(long, global = true, value_name = "N", default_value_t = REHEARSAL_SPEED, value_parser = speed)]
    pub speed: f64,
    /// Where the record of each run is kept (also: `DUALWRITE_STATE_DIR`).
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Write a log to this file; without it, to dualwrite.log in the state directory. It holds no token and no body.
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// How much to log; without it, info with --log-file, else warn.
    #[arg(long, global = true, value_enum)]
    pub log_level: Option<LogLevel>,
    /// No full screen: one sentence per change, numbered choices.
    #[arg(long, global = true)]
    pub plain: bool,
    /// Draw and print with ASCII characters only; names stay as they are.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Use no color (also: `NO_COLOR`).
    #[arg(long, global = true)]
    pub no_color: bool,
    /// No animation: only what is news changes the screen.
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

fn named(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("give a name, an id or an address".into()) } else { Ok(text.to_owned()) }
}

/// A version of the terms; the whole line that --show-terms begins with is as good.
#[expect(clippy::unnecessary_wraps, reason = "clap asks for a result")]
fn version(text: &str) -> Result<String, String> {
    let text = text.trim();
    Ok(text.strip_prefix("Version:").unwrap_or(text).trim().to_owned())
}

/// `90s`, `45m`, `1h30m`, or seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse().map(jiff::SignedDuration::from_secs).ok();
    let length = seconds.or_else(|| text.parse().ok());
    let length = length.ok_or("give a length such as 90s, 45m or 1h30m")?;
    Duration::try_from(length).ok().filter(|length| !length.is_zero()).ok_or_else(|| "give a length above 0".into())
}

/// The words of the modules; shells complete them.
fn modules() -> impl TypedValueParser<Value = Module> {
    let known = |word: String| Module::ALL.into_iter().find(|module| module.word().eq_ignore_ascii_case(&word));
    PossibleValuesParser::new(Module::ALL.map(Module::word)).try_map(move |word| known(word).ok_or("no module"))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "give a number from 0 to 65535; with 0 the system chooses".into())
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("give a number from 0.1 to 100000".into()),
    }
}

impl Cli {
    /// What was typed.
    ///
    /// # Errors
    /// What is printed instead: a mistake, a help page or the version.
    pub fn read(words: Vec<OsString>) -> Result<Self, clap::Error> {
        Self::quick(&words).map_or_else(|| Self::try_parse_from(words), Ok)
    }

    /// The same without the commands that no word names: clap copies what is an option of every command into each
    /// of them, before the first frame. None where the rest is needed, to say what is wrong or what there is.
    fn quick(words: &[OsString]) -> Option<Self> {
        let whole = Self::command();
        let is_named = |of: &&clap::Command| words.iter().any(|word| word == of.get_name());
        let part = clap::Command::new("dualwrite")
            .args(whole.get_arguments().cloned())
            .subcommands(whole.get_subcommands().filter(is_named).cloned());
        Self::from_arg_matches(&part.try_get_matches_from(words).ok()?).ok()
    }

    /// What was typed and would have no effect: the option and why.
    pub fn ineffective(&self) -> Option<(&'static str, &'static str)> {
        let has_cloud = self.options.cloud.as_ref().is_some_and(|cloud| cloud.as_os_str() != SIMULATOR);
        match &self.command {
            Some(Command::Demo(_)) if has_cloud => Some(("--cloud", "demo runs on the built-in simulator")),
            Some(Command::Simulate(_)) if has_cloud => Some(("--cloud", "simulate is the cloud")),
            Some(Command::Simulate(_)) if self.environment.is_some() => {
                Some(("--environment", "simulate opens no environment"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
