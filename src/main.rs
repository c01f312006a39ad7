//! Parse, choose a surface, turn an outcome into an exit code.

use dualwrite::cli::{self, Cli, Command, ConfigCommand, LogLevel, Options, REHEARSAL_SPEED, RunsCommand};
use dualwrite::command::again;
use dualwrite::command::config;
use dualwrite::command::doctor;
use dualwrite::command::explain;
use dualwrite::command::printed;
use dualwrite::command::runs::{self, Wanted};
use dualwrite::command::session;
use dualwrite::command::simulate::{self, SimulateError};
use dualwrite::core::first_run::Wish;
use dualwrite::core::pilot::{Goal, Orders, Until};
use dualwrite::core::terms;
use dualwrite::settings::{self, Choice, Flags, Origin, Profile, Settings, SettingsError, Signals, Theme};
use dualwrite::shell::reach::Reach;
use dualwrite::shell::{journal, log, open_files, private, terminal};
use dualwrite::sim::Scenario;
use dualwrite::surface::access::{Access, Step};
use dualwrite::surface::code;
use dualwrite::surface::headless::{self, Job, Show};
use dualwrite::surface::looks;
use dualwrite::surface::plain;
use dualwrite::surface::seat;
use dualwrite::surface::stage::{Play, Stage};
use dualwrite::surface::tui::{self, Opening, Settled};
use dualwrite::surface::ways;
use dualwrite::surface::welcome;
use dualwrite::ui::look::in_ascii;
use dualwrite::ui::report::Format;
use dualwrite::ui::text::{clean, clean_lines};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Names the settings file, where no option does.
const CONFIG: &str = "DUALWRITE_CONFIG";
/// Names the state directory, where no option does.
const STATE_DIR: &str = "DUALWRITE_STATE_DIR";

/// Words for the person and the exit code.
struct Refusal(u8, String);

fn main() -> ExitCode {
    let mut cli = match Cli::read(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(other) => return ExitCode::from(tell(&other)),
    };
    // A second provider cannot be: this is the first thing that is done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    open_files::raise_limit();
    private::leave_no_core();
    // Lines have no other signs than the full screen.
    cli.options.ascii = looks::in_ascii(cli.options.ascii, &|variable| std::env::var(variable).ok());
    let is_ascii = cli.options.ascii;
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(Refusal(code, words)) => {
            say(is_ascii, &words);
            ExitCode::from(code)
        }
    }
}

/// Says something on standard error.
fn say(is_ascii: bool, words: &str) {
    let _ = writeln!(ways::out(is_ascii, false).1, "{}", clean_lines(words).join("\n"));
}

/// Prints a help page, the version, or what is wrong with the command line; the exit code.
fn tell(instead: &clap::Error) -> u8 {
    match instead.print().and_then(|()| io::stdout().flush()) {
        Ok(()) if instead.use_stderr() => code::USAGE,
        Ok(()) => code::DONE,
        Err(error) => printed::not_written(&error, &mut io::stderr()),
    }
}

fn run(cli: Cli) -> Result<u8, Refusal> {
    if let Some((option, why)) = cli.ineffective() {
        return Err(Refusal(code::USAGE, format!("{option} has no effect here: {why}. Leave it out, or see --help.")));
    }
    let Cli { command, environment, mut options } = cli;
    // One that is empty is not set.
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let is_config_named = options.config.is_some();
    options.config = options.config.or_else(|| variable(CONFIG));
    let of_flag = options.state_dir.is_some();
    options.state_dir = options.state_dir.or_else(|| variable(STATE_DIR));
    if let Some(file) = &options.log_file {
        log::start(file, options.log_level.unwrap_or(LogLevel::Info).into()).map_err(|error| {
            Refusal(code::USAGE, format!("The log file {} cannot be opened: {error}. Choose another.", file.display()))
        })?;
    }
    // What needs no settings is not held up by a mistake in them.
    let needs_none = match &command {
        Some(
            Command::Simulate(_) | Command::Explain(_) | Command::Completions(_) | Command::Man(_) | Command::Doctor,
        ) => true,
        Some(Command::Config(wanted)) => matches!(wanted.what, ConfigCommand::Init),
        Some(Command::Demo(demo)) => demo.list,
        Some(Command::Setup(setup)) => setup.show_terms,
        _ => false,
    };
    let loaded = if needs_none { Ok(Settings::default()) } else { load(&options) };
    let settings = match loaded {
        Ok(settings) => settings,
        // A rehearsal needs nothing, but a file that was named for it is meant.
        Err(error)
            if matches!(command, Some(Command::Demo(_)))
                && !(is_config_named && matches!(error, SettingsError::Read { .. })) =>
        {
            say(options.ascii, &format!("The rehearsal runs without the settings. {error}"));
            Settings::default()
        }
        Err(error) => return Err(refused(error)),
    };
    options.state_dir = options.state_dir.or_else(|| settings.state_dir.clone());
    if !needs_none {
        keep_log(&options);
    } else if options.log_file.is_none() && options.log_level.is_some() {
        say(options.ascii, "--log-level has no effect on this command without --log-file.");
    }
    match command {
        Some(Command::Simulate(simulate)) => simulated(&simulate, &options),
        Some(Command::Demo(demo)) if demo.list => {
            Ok(print(ways::out(options.ascii, false), simulate::lessons().as_bytes()))
        }
        Some(Command::Demo(demo)) => {
            let play = rehearsal(&options, "dualwrite demo")?;
            wizard(play, demo.environment.or(environment), &options, (settings.signals, settings.theme))
        }
        None => configured(environment, &options, &settings),
        Some(Command::Setup(setup)) => {
            if setup.show_terms {
                return Ok(print(ways::out(options.ascii, setup.of.json), &shown_terms(setup.of.json)));
            }
            let until = match setup.until {
                cli::Until::Configured => Until::Configured,
                cli::Until::Linked => Until::Linked,
            };
            let accepted = setup.accept_terms;
            let orders = Orders { until, goal: Goal::SetUp(setup.modules), accepted, yes: setup.consent.yes };
            let order = Order { orders, consent: setup.consent, assisted: setup.linking.assisted };
            without_screen("setup", Some(order), setup.of, environment, &options, &settings)
        }
        Some(Command::Link(link)) => {
            let orders = Orders { until: Until::Linked, goal: Goal::Link, accepted: None, yes: link.consent.yes };
            let order = Order { orders, consent: link.consent, assisted: link.linking.assisted };
            without_screen("link", Some(order), link.of, environment, &options, &settings)
        }
        Some(Command::Reset(reset)) => {
            let mut typed = reset.of.environments.clone();
            typed.extend(environment.clone());
            let orders =
                Orders { until: Until::Linked, goal: Goal::Reset(typed), accepted: None, yes: reset.consent.yes };
            let order = Order { orders, consent: reset.consent, assisted: false };
            without_screen("reset", Some(order), reset.of, environment, &options, &settings)
        }
        Some(Command::Runs(runs)) => {
            let wanted = match runs.what {
                None => Wanted::List { json: runs.json },
                Some(RunsCommand::List { json }) => Wanted::List { json },
                Some(RunsCommand::Show { run, json: false }) => Wanted::Show(run),
                Some(RunsCommand::Show { run, json: true }) => Wanted::Export(run, Format::Json),
                Some(RunsCommand::Export { run, format }) => Wanted::Export(
                    run,
                    match format {
                        cli::ExportFormat::Md => Format::Markdown,
                        cli::ExportFormat::Html => Format::Html,
                        cli::ExportFormat::Json => Format::Json,
                    },
                ),
            };
            let dir = state_dir(options.state_dir.clone())?;
            let is_document = matches!(wanted, Wanted::List { json: true } | Wanted::Export(..));
            let (mut out, mut err) = ways::out(options.ascii, is_document);
            Ok(runs::run(&dir, &wanted, &mut out, &mut err))
        }
        Some(Command::SignIn(cli::SignIn { json })) => session(&options, &settings, |session| {
            printing(ways::out(options.ascii, json), |out, err| session.sign_in(json, out, err))
        }),
        Some(Command::SignOut(cli::SignOut { all, json })) => session(&options, &settings, |session| {
            printing(ways::out(options.ascii, json), |out, err| session.sign_out(all, json, out, err))
        }),
        Some(Command::Whoami(cli::Whoami { json })) => session(&options, &settings, |session| {
            printing(ways::out(options.ascii, json), |out, err| session.whoami(json, out, err))
        }),
        Some(Command::Explain(wanted)) => {
            let asked =
                explain::asked(&wanted.words, &mut io::stdin()).map_err(|(code, words)| Refusal(code, words))?;
            let (mut out, mut err) = ways::out(options.ascii, wanted.json);
            Ok(explain::run(&asked, wanted.json, &mut out, &mut err))
        }
        Some(Command::Config(wanted)) => {
            let flags = flags(&options, &settings, of_flag);
            Ok(printing(ways::out(options.ascii, false), |out, err| match wanted.what {
                ConfigCommand::Init => config::init(options.config.as_deref(), out, err),
                ConfigCommand::Show => config::tell(&settings, flags, out, err),
            }))
        }
        Some(Command::Doctor) => Ok(looked_over(options)),
        Some(Command::Completions(wanted)) => {
            Ok(print(ways::out(false, true), &cli::completions(wanted.shell, Scenario::names())))
        }
        Some(Command::Man(wanted)) => match cli::manual(&wanted.command) {
            Ok(Some(page)) => Ok(print(ways::out(false, true), &page)),
            Ok(None) => Err(Refusal(code::USAGE, "There is no such command; dualwrite --help lists them.".into())),
            Err(error) => Err(Refusal(code::FAILED, format!("The page cannot be made: {error}."))),
        },
        Some(Command::Status(status)) => without_screen("status", None, status.of, environment, &options, &settings),
        Some(Command::Check(check)) => without_screen("check", None, check.of, environment, &options, &settings),
    }
}

/// Without a log file of its own, what did not work is logged in the state directory.
fn keep_log(options: &Options) {
    if options.log_file.is_none()
        && let Some(dir) = options.state_dir.clone().or_else(|| journal::default_state_dir().ok())
    {
        log::keep(dir, options.log_level.unwrap_or(LogLevel::Warn).into());
    }
}

/// What the command line says of settings.
fn flags<'a>(options: &'a Options, settings: &Settings, of_flag: bool) -> Flags<'a> {
    let origin = if of_flag { Origin::Flag("--state-dir") } else { Origin::Variable(STATE_DIR) };
    // What the settings file says is among the options by now.
    let state_dir = options.state_dir.as_deref().filter(|dir| settings.state_dir.as_deref() != Some(*dir));
    Flags { cloud: options.cloud.as_deref(), state_dir: state_dir.map(|dir| (dir, origin)) }
}

fn looked_over(mut options: Options) -> u8 {
    let ways = ways::out(options.ascii, false);
    let look_up = |variable: &str| std::env::var(variable).ok();
    let settings = Settings::load(options.config.as_deref(), &look_up);
    let own = settings.as_ref().ok().and_then(|settings| settings.state_dir.clone());
    let state_dir = state_dir(options.state_dir.take().or(own)).map_err(|Refusal(_, words)| words);
    let cloud = options.cloud.as_deref();
    let wanted = doctor::Options { version: cli::VERSION, settings, cloud, state_dir, look_up: &look_up };
    printing(ways, |out, _| doctor::run(wanted, out))
}

/// The terms: their text, which begins with the version, or both as JSON.
fn shown_terms(json: bool) -> Vec<u8> {
    if json {
        let document = serde_json::json!({"version": terms::version(), "text": terms::TEXT});
        format!("{document:#}\n").into_bytes()
    } else {
        terms::TEXT.into()
    }
}

/// Prints a text whole.
fn print((mut out, mut err): (impl Write, impl Write), text: &[u8]) -> u8 {
    printed::text(&mut out, &mut err, text)
}

/// Prints what a command says as it goes.
fn printing(
    (mut out, mut err): (impl Write, impl Write),
    work: impl FnOnce(&mut dyn Write, &mut dyn Write) -> u8,
) -> u8 {
    printed::print(&mut out, &mut err, work)
}

/// The settings file and the environment.
fn load(options: &Options) -> Result<Settings, SettingsError> {
    Settings::load(options.config.as_deref(), &|variable| std::env::var(variable).ok())
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where an error is turned into another")]
fn refused(error: SettingsError) -> Refusal {
    Refusal(code::USAGE, error.to_string())
}

/// The cloud that was named or is configured, or the built-in simulator.
fn play(options: &Options, settings: &Settings) -> Result<Play, Refusal> {
    let named = settings.named(options.cloud.as_deref());
    let command =
        named.map_or_else(|| "dualwrite".to_owned(), |cloud| format!("dualwrite --cloud {}", again::quoted(&cloud)));
    match settings.profile(options.cloud.as_deref()).map_err(refused)? {
        Choice::Simulator => rehearsal(options, &command),
        Choice::Profile(profile) => {
            if let Some(option) = of_the_simulator(options) {
                let words = format!("{option} has no effect on {}: ", profile.name);
                if !profile.is_loopback() {
                    let words = words + "it is for the built-in simulator (--cloud simulator). Leave it out.";
                    return Err(Refusal(code::USAGE, words));
                }
                // A simulator that was started beside has options of its own.
                let words = words + "what runs there was told when it was started (dualwrite simulate " + option + ").";
                say(options.ascii, &words);
            }
            let access = access(&profile, options, settings)?;
            let speed = profile.speed;
            let stage = Stage::Cloud(profile, Box::new(access));
            Ok(Play { stage, speed, command: found_again(command, options) })
        }
        Choice::Nothing => Err(Refusal(code::USAGE, again::no_cloud(settings.file.as_deref()))),
    }
}

/// An option that only the built-in simulator knows, if one was given: whoever gives it believes it is a rehearsal.
fn of_the_simulator(options: &Options) -> Option<&'static str> {
    let has_speed = (options.speed - REHEARSAL_SPEED).abs() > f64::EPSILON;
    if options.scenario == cli::SCENARIO { has_speed.then_some("--speed") } else { Some("--scenario") }
}

/// Who asks the services of a cloud, and with what.
fn access(profile: &Profile, options: &Options, settings: &Settings) -> Result<Access, Refusal> {
    Access::read(profile, settings.token_store, options.account.clone(), &|variable| std::env::var(variable).ok())
        .map_err(|error| Refusal(code::USAGE, error.to_string()))
}

/// The sign-ins of one cloud.
fn session(options: &Options, settings: &Settings, work: impl FnOnce(session::Session) -> u8) -> Result<u8, Refusal> {
    let Play { stage, speed, command } = play(options, settings)?;
    let Stage::Cloud(profile, access) = stage else {
        let words = "The simulator is signed in by itself, as ada@contoso.example. Name another cloud with --cloud.";
        return Err(Refusal(code::USAGE, words.into()));
    };
    let state_dir = state_dir(options.state_dir.clone())?;
    Ok(work(session::Session { profile, access, speed, state_dir, command, seed: seed() }))
}

/// The built-in simulator.
fn rehearsal(options: &Options, command: &str) -> Result<Play, Refusal> {
    let name = options.scenario.clone();
    let mut words = command.to_owned();
    if name != cli::SCENARIO {
        words = format!("{words} --scenario {name}");
    }
    // A built-in scenario has no mistakes that a person could mend, so the first frame need not wait
    // for it to be read; any other is read before the screen is taken.
    if !Scenario::names().any(|known| known == name) {
        scenario(options)?;
    }
    if (options.speed - REHEARSAL_SPEED).abs() > f64::EPSILON {
        words = format!("{words} --speed {}", options.speed);
    }
    Ok(Play { stage: Stage::Rehearsal(name), speed: options.speed, command: found_again(words, options) })
}

fn scenario(options: &Options) -> Result<Scenario, Refusal> {
    Scenario::named(&options.scenario).map_err(|error| Refusal(code::USAGE, format!("{error}")))
}

fn simulated(simulate: &cli::Simulate, options: &Options) -> Result<u8, Refusal> {
    let sim = dualwrite::sim::Options {
        scenario: scenario(options)?,
        speed: options.speed,
        port: simulate.port,
        start: dualwrite::shell::clock::Clock::new(1.0).now(),
    };
    simulate::run(sim, simulate.write_profile.as_deref(), &mut ways::out(options.ascii, false).0)
        .map(|()| code::DONE)
        .map_err(|error| {
            let code = if matches!(error, SimulateError::Profile { .. }) { code::USAGE } else { code::FAILED };
            Refusal(code, error.to_string())
        })
}

/// What is to be done without a screen.
struct Order {
    orders: Orders,
    consent: cli::Consent,
    assisted: bool,
}

fn without_screen(
    command: &str,
    order: Option<Order>,
    of: cli::Of,
    environment: Option<String>,
    options: &Options,
    settings: &Settings,
) -> Result<u8, Refusal> {
    let Play { stage, speed, command: back } = play(options, settings)?;
    let mut environments = of.environments;
    environments.extend(environment);
    if environments.is_empty() && command != "status" {
        let words = format!(
            "Which environment? Name it: dualwrite {command} --environment NAME. `dualwrite status` lists them all."
        );
        return Err(Refusal(code::USAGE, words));
    }
    if let (Some(order), Stage::Cloud(profile, access)) = (&order, &stage)
        && let Some(step) = only_for_people(order, profile)
        && let Some(why) = access.refuses(profile, step)
    {
        let is_setup = matches!(order.orders.goal, Goal::SetUp(_));
        let more = if is_setup { " Or end before the link: --until configured." } else { "" };
        let show = if of.json { Show::Json } else { Show::Lines };
        let words = why + more;
        let ways = ways::out(options.ascii, of.json);
        return Ok(printing(ways, |out, err| headless::refuse(show, &environments, code::CONSENT, &words, out, err)));
    }
    let show = match (of.json, has_screen(options)) {
        (true, _) => Show::Json,
        // A terminal that has no size has no lines to draw over.
        (false, true) => match terminal::size().map_or((0, 0), |size| (size.width, size.height)) {
            (0, _) | (_, 0) => Show::Lines,
            (width, height) => Show::Live(width, height),
        },
        (false, false) => Show::Lines,
    };
    let (job, timeout, assisted) = match order {
        Some(Order { orders, consent, assisted }) => {
            (Job::Run { orders, dry: consent.dry_run }, consent.timeout, assisted)
        }
        None if command == "check" => (Job::Check, None, false),
        None => (Job::Status, None, false),
    };
    let (mut out, mut err) = ways::out(options.ascii, of.json);
    let options = headless::Options {
        seat: seat::Options {
            stage,
            speed,
            state_dir: state_dir(options.state_dir.clone())?,
            command: back,
            seed: seed(),
            environment: None,
        },
        job,
        environments,
        show,
        timeout,
        assisted,
        can_sign_in: io::stderr().is_terminal(),
        again: std::env::args_os().map(|word| again::quoted(Path::new(&word))).collect::<Vec<_>>().join(" "),
    };
    Ok(headless::run(options, &mut out, &mut err))
}

/// What of an order only a person can do.
fn only_for_people(order: &Order, profile: &Profile) -> Option<Step> {
    let Orders { until, goal, .. } = &order.orders;
    if order.consent.dry_run {
        return None;
    }
    match goal {
        Goal::Reset(_) => Some(Step::Reset),
        Goal::SetUp(_) if *until == Until::Configured => None,
        Goal::SetUp(_) | Goal::Link if order.assisted || profile.link.is_none() => Some(Step::LinkByHand),
        Goal::SetUp(_) | Goal::Link => Some(Step::LinkDirectly),
    }
}

/// Whether a terminal can be drawn on: the full screen of the wizard, the live lines of a run.
fn has_screen(options: &Options) -> bool {
    !options.plain && terminal::takes_sequences()
}

fn wizard(play: Play, environment: Option<String>, options: &Options, shown: (Signals, Theme)) -> Result<u8, Refusal> {
    if has_screen(options) {
        return full_screen(Opening::Play(play), environment, options, shown);
    }
    let Play { stage, speed, command } = play;
    let seat = seat::Options {
        stage,
        speed,
        state_dir: state_dir(options.state_dir.clone())?,
        command: format!("{command} --plain"),
        seed: seed(),
        environment,
    };
    let (mut out, mut err) = ways::out(options.ascii, false);
    Ok(plain::run(seat, &mut out, &mut err))
}

/// The wizard on the cloud that is configured; without one the first screen.
fn configured(environment: Option<String>, options: &Options, settings: &Settings) -> Result<u8, Refusal> {
    let is_named = settings.profile(options.cloud.as_deref()).map_err(refused)? != Choice::Nothing;
    if is_named || !has_screen(options) {
        return wizard(play(options, settings)?, environment, options, (settings.signals, settings.theme));
    }
    let (again, file) = (options.clone(), settings.file.clone());
    let welcome = welcome::Options {
        file: file.as_ref().map(|file| file.display().to_string()),
        names: settings.names().map(str::to_owned).collect(),
        fulfil: Box::new(move |wish| fulfil(wish, file.as_deref(), &again).map_err(|Refusal(_, words)| words)),
    };
    full_screen(Opening::Welcome(welcome), environment, options, (settings.signals, settings.theme))
}

/// Does what the first screen wishes for.
fn fulfil(wish: &Wish, file: Option<&Path>, options: &Options) -> Result<Play, Refusal> {
    match wish {
        Wish::Rehearse => rehearsal(options, "dualwrite demo"),
        Wish::Write(addition) => {
            let file = file.map_or_else(settings::default_file, |file| Ok(file.to_owned())).map_err(refused)?;
            settings::save(&file, addition).map_err(refused)?;
            play(options, &load(options).map_err(refused)?)
        }
    }
}

fn full_screen(
    opening: Opening,
    environment: Option<String>,
    options: &Options,
    (signals, theme): (Signals, Theme),
) -> Result<u8, Refusal> {
    let state_dir = state_dir(options.state_dir.clone())?;
    let reach = Reach::of(signals, &|variable| std::env::var(variable).ok());
    let wanted = looks::Wanted { ascii: options.ascii, colourless: options.no_color, still: options.no_motion, theme };
    let look = looks::look(&wanted, reach, &|variable| std::env::var(variable).ok());
    let settled = Settled { environment, state_dir, look, reach, seed: seed() };
    let ended = tui::run(tui::Options { opening, settled }).map_err(|error| {
        let words = format!("The wizard needs a terminal: {error}. Run it in one; with ssh, add -t.");
        Refusal(code::USAGE, words)
    })?;
    if ended.heard {
        let words = clean_lines(&ended.words.join("\n")).into_iter();
        let words = words.map(|line| if options.ascii { in_ascii(&line).into_owned() } else { line });
        terminal::say_last(&words.collect::<Vec<_>>());
    }
    Ok(ended.code)
}

fn seed() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// The command that comes back finds settings and record where this one found them.
fn found_again(words: String, options: &Options) -> String {
    again::found_again(words, &[("--config", options.config.as_deref()), ("--state-dir", options.state_dir.as_deref())])
}

/// The state directory, looked over: what was mended there is said.
fn state_dir(given: Option<PathBuf>) -> Result<PathBuf, Refusal> {
    let dir = given.map_or_else(
        || {
            journal::default_state_dir()
                .map_err(|error| Refusal(code::USAGE, format!("{error}. Name a directory with --state-dir.")))
        },
        Ok,
    )?;
    if dir.exists() && !dir.is_dir() {
        let words = format!("The state directory {} is no directory. Name another with --state-dir.", dir.display());
        return Err(Refusal(code::USAGE, words));
    }
    for words in private::tend(&dir).map_err(|error| Refusal(code::USAGE, error.to_string()))? {
        tracing::warn!("{words}");
        let _ = writeln!(io::stderr(), "{}", clean(&words));
    }
    Ok(dir)
}
