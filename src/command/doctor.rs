//! `doctor`: what support asks first. The program, its terminal, settings, record and keyring, and whether the
//! services can be reached.
//!
//! It changes nothing, signs nobody in and sends no token. No account, tenant, token or secret is in what it says,
//! so it can be pasted as it stands.

use crate::api::{Api, Credentials, Reached, Time};
use crate::core::journal::Run;
use crate::core::service::Service;
use crate::core::time::between;
use crate::core::trouble::{Again, Trouble};
use crate::settings::{Choice, Profile, Settings, SettingsError, TokenStore};
use crate::shell::clock::Clock;
use crate::shell::vault::Vault;
use crate::shell::{journal, open_files, private, terminal};
use crate::surface::access::Access;
use crate::surface::code;
use crate::ui::look::Lacks;
use crate::ui::text::{clean, clean_lines};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How far the clock of this machine may be from that of a service: tokens are refused beyond it (Microsoft Entra ID
/// allows five minutes).
const SKEW_MAX: Duration = Duration::from_mins(5);
/// Cells of a label.
const LABEL: usize = 34;

/// What is looked at.
pub struct Options<'a> {
    /// Version and commit.
    pub version: &'a str,
    /// The settings, or what is wrong with them.
    pub settings: Result<Settings, SettingsError>,
    /// The cloud that was named.
    pub cloud: Option<&'a Path>,
    /// The state directory, or why there is none.
    pub state_dir: Result<PathBuf, String>,
    /// Looks up a variable of the environment.
    pub look_up: &'a dyn Fn(&str) -> Option<String>,
}

/// How it is with one thing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Good,
    /// Worth knowing; nothing is wrong.
    Note,
    Wrong,
}

/// What is said, and the exit code so far.
struct Report<'a> {
    out: &'a mut dyn Write,
    code: u8,
    /// Labels of what is wrong.
    wrong: Vec<String>,
}

impl Report<'_> {
    fn title(&mut self, title: &str) {
        let _ = writeln!(self.out, "\n{title}");
    }

    fn line(&mut self, found: Found, label: &str, words: &str) {
        let word = match found {
            Found::Good => "ok",
            Found::Note => "note",
            Found::Wrong => "wrong",
        };
        let mut lines = clean_lines(words).into_iter();
        let _ = writeln!(self.out, "  {word:<5}  {label:<LABEL$}  {}", lines.next().unwrap_or_default());
        for more in lines {
            let _ = writeln!(self.out, "         {:LABEL$}  {more}", "");
        }
        let _ = self.out.flush();
    }

    /// The last line: what is wrong, in short.
    fn sum_up(&mut self) {
        let words = match self.wrong.as_slice() {
            [] => "No problem was found.".to_owned(),
            [one] => format!("1 problem was found: {one}."),
            all => format!("{} problems were found: {}.", all.len(), all.join(", ")),
        };
        let _ = writeln!(self.out, "\n{words}");
    }

    /// Something is wrong: its line, and the exit code.
    fn wrong(&mut self, code: u8, label: &str, words: &str) {
        self.code = self.code.max(code);
        self.wrong.push(label.to_owned());
        self.line(Found::Wrong, label, words);
    }
}

fn accounts(count: usize) -> String {
    if count == 1 { "1 account".into() } else { format!("{count} accounts") }
}

/// Looks, and says what was found; the exit code: 0 where nothing is wrong, 2 for settings, 4 for a service that
/// cannot be reached, else 1.
pub fn run(options: Options, out: &mut dyn Write) -> u8 {
    let Options { version, settings, cloud, state_dir, look_up } = options;
    let mut report = Report { out, code: code::DONE, wrong: Vec::new() };
    let _ = writeln!(report.out, "dualwrite {version} on {} {}", crate::SYSTEM, crate::ARCHITECTURE);
    of_terminal(&mut report, look_up);
    report.title("Settings");
    let store = settings.as_ref().map(|settings| settings.token_store).unwrap_or_default();
    let profile = match &settings {
        Ok(settings) => of_settings(&mut report, settings, cloud, look_up),
        Err(error) => {
            report.wrong(code::USAGE, "settings file", &error.without_values());
            None
        }
    };
    of_record(&mut report, &state_dir, look_up);
    of_sign_in(&mut report, store, state_dir.ok(), profile.as_ref(), look_up);
    if let Some(profile) = profile {
        of_network(&mut report, profile, look_up);
    } else {
        report.title("Network");
        let why = match settings.as_ref().map(|settings| settings.profile(cloud)) {
            Ok(Ok(Choice::Simulator)) => "the simulator needs none",
            Ok(Ok(Choice::Nothing)) => "no cloud is chosen",
            _ => "the settings above name no cloud that can be used",
        };
        report.line(Found::Note, "services", &format!("not asked: {why}"));
    }
    report.sum_up();
    report.code
}

fn of_terminal(report: &mut Report, look_up: &dyn Fn(&str) -> Option<String>) {
    let given = |name: &str| look_up(name).filter(|value| !value.is_empty());
    report.title("Terminal");
    if std::io::stdout().is_terminal() {
        let size = terminal::size().map(|size| (size.width, size.height)).unwrap_or_default();
        let (found, words) = match size {
            (0, _) | (_, 0) => (Found::Note, "it does not say its size; 80 by 24 is drawn".to_owned()),
            (columns, rows) if columns < 80 || rows < 24 => {
                (Found::Note, format!("{columns} by {rows}; complete from 80 by 24"))
            }
            (columns, rows) => (Found::Good, format!("{columns} by {rows}")),
        };
        report.line(found, "size", &words);
    } else {
        report.line(Found::Note, "standard output", "no terminal, so the wizard would go line by line (--plain)");
    }
    match given("TERM") {
        Some(term) if term == "dumb" => report.line(Found::Note, "TERM", "dumb: line by line, as with --plain"),
        Some(term) => report.line(Found::Good, "TERM", &term),
        None if cfg!(windows) => report.line(Found::Good, "TERM", "not set, as usual on Windows"),
        None => report.line(Found::Note, "TERM", "not set"),
    }
    let lacks = Lacks(&given);
    let colours = match given("NO_COLOR") {
        Some(_) => "none (NO_COLOR is set)",
        None if lacks.colours() => "none: this terminal has a single color",
        None => "16, those of your palette",
    };
    report.line(Found::Good, "colours", colours);
    match (lacks.signs(), lacks.locale()) {
        (Some(why), _) => report.line(Found::Note, "characters", &format!("{why}, so signs are ASCII (--ascii)")),
        (None, _) if cfg!(windows) => {}
        (None, Some((name, value))) => report.line(Found::Good, "characters", &format!("UTF-8 ({name}={value})")),
        (None, None) => report.line(Found::Note, "characters", "no locale is set. Where signs look wrong: --ascii"),
    }
    let around = [
        ("SSH_CONNECTION", "over SSH"),
        ("TMUX", "in tmux"),
        ("STY", "in screen"),
        ("WT_SESSION", "in Windows Terminal"),
    ];
    let around: Vec<&str> =
        around.into_iter().filter(|(name, _)| given(name).is_some()).map(|(_, word)| word).collect();
    if !around.is_empty() {
        report.line(Found::Good, "session", &around.join(", "));
    }
}

/// The cloud that is meant, if it is one with addresses.
fn of_settings(
    report: &mut Report,
    settings: &Settings,
    cloud: Option<&Path>,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Option<Profile> {
    match &settings.file {
        Some(file) if file.exists() => report.line(Found::Good, "settings file", &short(file, look_up)),
        Some(file) => {
            let words = format!("{} is not there; dualwrite config init writes one", short(file, look_up));
            report.line(Found::Note, "settings file", &words);
        }
        None => {
            report.line(Found::Note, "settings file", "this system names no directory for it; --config names a file");
        }
    }
    match settings.profile(cloud) {
        Ok(Choice::Profile(profile)) => {
            report.line(Found::Good, "cloud", &profile.name);
            if profile.client_id.is_empty() {
                let words = "no client_id, so nobody can sign in: add that of your app registration";
                report.wrong(code::USAGE, "client_id", words);
            }
            Some(*profile)
        }
        Ok(Choice::Simulator) => {
            report.line(Found::Good, "cloud", "the built-in simulator; nothing outside this machine is asked");
            None
        }
        Ok(Choice::Nothing) => {
            report.line(Found::Note, "cloud", "none is configured; dualwrite sets one up, --cloud names one");
            None
        }
        Err(error) => {
            report.wrong(code::USAGE, "cloud", &error.without_values());
            None
        }
    }
}

/// A path as it is told: the home directory, which names a person, is `~`.
fn short(path: &Path, look_up: &dyn Fn(&str) -> Option<String>) -> String {
    let given = |name| look_up(name).filter(|value| !value.is_empty());
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(given);
    let below = home.and_then(|home| Some(Path::new("~").join(path.strip_prefix(home).ok()?)));
    below.as_deref().unwrap_or(path).display().to_string()
}

/// Whether a directory that is not there could be made: by making another one beside it.
fn can_be_made(dir: &Path) -> Result<(), String> {
    let Some(place) = dir.ancestors().find(|place| place.exists()) else { return Ok(()) };
    let probe = place.join(format!(".dualwrite-doctor-{}", std::process::id()));
    let made = std::fs::create_dir(&probe).and_then(|()| std::fs::remove_dir(&probe));
    made.map_err(|error| format!("{} cannot be written: {error}", clean(&place.display().to_string())))
}

fn of_record(report: &mut Report, state_dir: &Result<PathBuf, String>, look_up: &dyn Fn(&str) -> Option<String>) {
    report.title("Record");
    let dir = match state_dir {
        Ok(dir) => dir,
        Err(why) => return report.wrong(code::FAILED, "state directory", why),
    };
    if !dir.exists() {
        let short = short(dir, look_up);
        return match can_be_made(dir) {
            Ok(()) => {
                let words = format!("{short} is not there yet; the first run makes it");
                report.line(Found::Note, "state directory", &words);
            }
            Err(why) => {
                let words = format!("{short} is not there and cannot be made: {why}. Name another with --state-dir.");
                report.wrong(code::FAILED, "state directory", &words);
            }
        };
    }
    let probe = dir.join(format!("doctor-{}", std::process::id()));
    let written =
        private::directory(dir).and_then(|_| private::replace(&probe, b"")).and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => report.line(Found::Good, "state directory", &short(dir, look_up)),
        Err(error) => {
            let words = format!(
                "{} cannot be written: {error}. No run could begin; name another with --state-dir.",
                short(dir, look_up)
            );
            report.wrong(code::FAILED, "state directory", &words);
        }
    }
    match journal::runs(dir) {
        Ok(runs) => {
            let damaged = runs.iter().filter(|listed| listed.run.is_err()).count();
            let open = runs.iter().filter(|listed| listed.run.as_ref().is_ok_and(Run::is_unfinished)).count();
            let words = format!("{} on record, {open} not finished", runs.len());
            report.line(Found::Good, "runs", &words);
            if damaged > 0 {
                report.wrong(code::FAILED, "damaged runs", &format!("{damaged}; dualwrite runs names them"));
            }
        }
        Err(error) => report.wrong(code::FAILED, "runs", &error.to_string()),
    }
    let most = open_files::shares().set_ups;
    let words = if most > 8_000 { "no practical limit".to_owned() } else { format!("{most} at a time (ulimit -n)") };
    report.line(if most < 10 { Found::Note } else { Found::Good }, "set-ups side by side", &words);
}

fn of_sign_in(
    report: &mut Report,
    store: TokenStore,
    state_dir: Option<PathBuf>,
    profile: Option<&Profile>,
    look_up: &dyn Fn(&str) -> Option<String>,
) {
    report.title("Sign-in");
    let Some(dir) = state_dir else {
        return report.line(Found::Note, "sign-ins", "not looked for without a state directory");
    };
    let vault = Vault::open(store, dir);
    if let Some(damage) = vault.notice() {
        report.wrong(code::FAILED, "sign-ins", &damage);
    }
    match vault.try_keyring() {
        Ok(()) => {
            report.line(Found::Good, "keyring", "answers");
            report.line(Found::Good, "sign-in storage", &vault.wanted().to_string());
        }
        Err(error) => {
            report.line(Found::Note, "keyring", &error.to_string());
            let kept = match store {
                TokenStore::Keyring => {
                    "kept in memory only: it ends with the program; token_store = \"file\" keeps it in a file"
                        .to_owned()
                }
                TokenStore::Memory | TokenStore::File => vault.wanted().to_string(),
            };
            report.line(Found::Note, "sign-in storage", &kept);
        }
    }
    let Some(profile) = profile else { return };
    match vault.accounts(&crate::surface::stage::scope(profile)) {
        Ok(kept) => report.line(Found::Good, "signed in on this cloud", &accounts(kept.len())),
        Err(error) => report.wrong(code::FAILED, "signed in on this cloud", &error.to_string()),
    }
    let given = |name: &&str| look_up(name).is_some_and(|value| !value.trim().is_empty());
    let mut variables: Vec<&str> = ["DUALWRITE_CLIENT_SECRET", "DUALWRITE_CLIENT_CERTIFICATE"]
        .into_iter()
        .chain(Service::ALL.into_iter().filter_map(Service::token_variable))
        .filter(given)
        .collect();
    variables.dedup();
    if !variables.is_empty() {
        report.line(Found::Note, "environment variables", &variables.join(", "));
    }
}

fn of_network(report: &mut Report, profile: Profile, look_up: &dyn Fn(&str) -> Option<String>) {
    report.title("Network (one request to each service, without a token)");
    let proxies =
        ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];
    let set: Vec<&str> =
        proxies.into_iter().filter(|name| look_up(name).is_some_and(|value| !value.is_empty())).collect();
    if !set.is_empty() {
        // Their values hold passwords.
        report.line(Found::Note, "proxy variables", &set.join(", "));
    }
    let is_here = profile.is_loopback();
    let trust = match Access::read(&profile, TokenStore::Memory, None, &|_| None) {
        Ok(access) => access.trust,
        Err(error) => return report.wrong(code::USAGE, "certificates", &error.to_string()),
    };
    let clock = Clock::new(1.0);
    let time = Time { now: Arc::new(move || clock.now()), speed: 1.0 };
    let api = match Api::new(profile, Credentials::person(None), trust, time) {
        Ok(api) => Arc::new(api),
        Err(error) => return report.wrong(code::FAILED, "client", &error.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report.wrong(code::FAILED, "client", &error.to_string()),
    };
    runtime.block_on(async {
        let asked: Vec<_> = api
            .services()
            .map(|(service, address)| {
                let api = Arc::clone(&api);
                let answer = tokio::spawn(async move {
                    let begun = Instant::now();
                    (api.reach(service).await, begun.elapsed())
                });
                (service, address, answer)
            })
            .collect();
        let mut skews = Vec::new();
        for (service, address, answer) in asked {
            // Nothing in it panics, and nobody ends it.
            let Ok((answer, took)) = answer.await else { continue };
            skews.extend(answer.as_ref().ok().and_then(|reached| skew(*reached, clock)));
            told(report, service, &address, &answer, took);
        }
        // A simulator may keep a time of its own.
        if let Some(skew) = skews.into_iter().max().filter(|_| !is_here) {
            of_clock(report, skew);
        }
    });
    runtime.shutdown_background();
}

/// How far the clock of this machine is from that of a service.
fn skew(reached: Reached, clock: Clock) -> Option<Duration> {
    let (there, here) = (reached.clock?, clock.now());
    Some(between(there, here).max(between(here, there)))
}

fn told(report: &mut Report, service: Service, address: &str, answer: &Result<Reached, Trouble>, took: Duration) {
    let name = service.name().trim_start_matches("the ");
    match answer {
        Ok(reached) => {
            let status = reached.status.map_or_else(|| "a redirect".to_owned(), |status| format!("HTTP {status}"));
            report.line(Found::Good, name, &format!("{} answers ({status}, {} ms)", clean(address), took.as_millis()));
        }
        Err(trouble) => {
            report.wrong(code::UNREACHABLE, name, &format!("{}: {}", clean(address), trouble.in_full(Again::Command)));
        }
    }
}

fn of_clock(report: &mut Report, skew: Duration) {
    if skew > SKEW_MAX {
        let words = format!("{} s from that of the services: tokens will be refused. Set the clock.", skew.as_secs());
        report.wrong(code::FAILED, "clock of this machine", &words);
    } else {
        let words = format!("within {} s of that of the services", skew.as_secs() + 1);
        report.line(Found::Good, "clock of this machine", &words);
    }
}
