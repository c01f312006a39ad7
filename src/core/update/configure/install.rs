//! Packages: look, ask once, watch until the operation and the list agree.

use super::super::troubles::{failure, failure_of, tell_miss};
use super::super::{reading, storing};
use super::{Cx, Next, ask, change, finish, given_up, own_words, read, settle};
use crate::core::call::{Call, Change, Reply};
use crate::core::configuring::{AskedBefore, Configuring, Install, StageState, Step, Whose};
use crate::core::facts::{FactKind, PackageState, error_words};
use crate::core::failure::{Failure, Halt};
use crate::core::journal::{ChangeResult, Deed, What as Line};
use crate::core::plan;
use crate::core::schedule::outlook::installation;
use crate::core::schedule::{
    BUSY_PAUSE, CONFIGURE_USUAL, RETRY_AFTER_MAX, SETTLE_PAUSE, STEP_ATTEMPTS, back_off, is_turn_of_another,
};
use crate::core::service::Service;
use crate::core::setup::Setup;
use crate::core::time::{Now, between, in_words, later};
use crate::core::trouble::{Done, Trouble};
use crate::wire::power_platform::Operation;
use std::sync::Arc;
use std::time::Duration;

/// How long the package list may stay silent about an accepted installation.
const SILENT_MAX: Duration = Duration::from_mins(10);
/// So often it must have been read, too: a clock can be moved.
const SILENT_LOOKS: u8 = 12;
/// A failure in the package list younger than this may be the one from before.
const OLD_FAILURE: Duration = Duration::from_mins(1);
/// So often the list must have been read, too.
const OLD_FAILURE_LOOKS: u8 = 4;
/// Looks at the list after an installation whose outcome is not known, before it is asked again.
const SETTLE_LOOKS: u8 = 2;

/// Words of an operation that goes on.
const GOES_ON: [&str; 2] = ["NotStarted", "Running"];

/// Counters of the look before an installation.
#[derive(Clone, Copy, Default)]
pub(super) struct SettleTries {
    pub(super) settle: u8,
    pub(super) tries: u8,
}

pub(super) fn look(
    run: &mut Configuring,
    setup: &mut Setup,
    cx: &mut Cx,
    counts: SettleTries,
    after: Duration,
) -> Next {
    run.step = Step::Look { settle: counts.settle, tries: counts.tries };
    if run.stage().detail.is_empty() {
        say(run, "looking");
    }
    ask(run, setup, cx, FactKind::Packages, after)
}

fn package_of(run: &Configuring) -> &'static str {
    run.installs().unwrap_or_default()
}

/// What the stage is doing, for whoever looks.
fn say(run: &mut Configuring, words: impl Into<String>) {
    run.stages[run.current].detail = words.into();
}

/// The same of one package: which of those that have to be installed, where the stage has several.
fn say_of_package(run: &mut Configuring, setup: &Setup, words: &str) {
    let packages = run.packages();
    let is_open = |package: &&&str| !matches!(setup.facts.package(package), Some(PackageState::Installed { .. }));
    let count = run.installed + packages.iter().skip(run.package).filter(is_open).count();
    if count > 1 {
        let title = plan::package_title(package_of(run));
        let title = title.strip_prefix("Dual-write ").unwrap_or(&title);
        say(run, format!("{words} {} of {count}, {title}", run.installed + 1));
    } else {
        say(run, words);
    }
}

/// A package is there: the next one of the stage follows, or the stage is over. A stage of which nothing
/// had to be installed was passed over.
fn package_done(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, version: &str) -> Next {
    let (name, count) = (package_of(run), run.packages().len());
    let words = if std::mem::take(&mut run.is_asked) {
        run.installed += 1;
        "installed"
    } else {
        "was installed already"
    };
    let detail = format!("{words} {version}");
    let detail = detail.trim_end();
    if run.package + 1 >= count {
        let state = if run.installed > 0 { StageState::Done } else { StageState::Skipped };
        return finish(run, setup, cx, state, detail);
    }
    setup.tell(cx.now, format!("{name}: {detail}"));
    run.package += 1;
    say(run, format!("{} of {count} packages there", run.package));
    look(run, setup, cx, SettleTries::default(), Duration::ZERO)
}

pub(super) fn looked(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    counts: SettleTries,
    cx: &mut Cx,
) -> Next {
    if let Err(next) = read(run, setup, cx, FactKind::Packages, result) {
        return next;
    }
    let name = package_of(run);
    let before = run.asked_before.iter().position(|asked| asked.package == name);
    let before = before.map(|place| run.asked_before.remove(place));
    let state = setup.facts.package(name);
    let looks_again = before.is_some() || counts.settle > 0;
    let is_ours = before.is_some() || run.unsettled.as_ref().is_some_and(|deed| deed.installs(name));
    let whose = if is_ours { Whose::Ours } else { Whose::Theirs };
    settle(run, setup, cx, |deed, _| match (deed, &state) {
        (Deed::Install { package }, _) if !package.eq_ignore_ascii_case(name) => None,
        (Deed::Install { .. }, Some(PackageState::Installed { .. })) => Some(ChangeResult::Done),
        (Deed::Install { .. }, Some(PackageState::InProgress { .. })) => Some(ChangeResult::Accepted),
        (Deed::Install { .. }, _) if !looks_again => Some(ChangeResult::NotDone),
        _ => None,
    });
    match state {
        Some(PackageState::Installed { version }) => {
            if before.is_some() {
                setup.wrote(Deed::Install { package: name.to_owned() });
                cx.record(setup, Line::came(ChangeResult::Done, None));
            }
            package_done(run, setup, cx, &version)
        }
        Some(PackageState::InProgress { state }) => {
            run.met = None;
            run.is_asked = true;
            say_of_package(run, setup, "installing");
            run.watch.heard(cx.now, state.clone());
            setup.tell(cx.now, format!("{name} is on its way already: the service says {state}"));
            let operation = before.as_ref().and_then(|before| before.operation.as_deref());
            let since = before.as_ref().map_or(cx.now, |before| before.at);
            let install = Install { seen_running: true, ..found(whose, operation, since) };
            watch(run, setup, install, cx)
        }
        Some(PackageState::NotInstalled | PackageState::Failed { .. }) => {
            if let Some(before) = before {
                return asked_before(run, setup, &before, cx);
            }
            if counts.settle > 0 {
                let counts = SettleTries { settle: counts.settle - 1, ..counts };
                return look(run, setup, cx, counts, SETTLE_PAUSE);
            }
            if counts.tries >= STEP_ATTEMPTS {
                let perhaps = if run.met.as_deref().is_some_and(is_silent) {
                    " (perhaps another installation runs in this environment)"
                } else {
                    ""
                };
                let tries = counts.tries;
                let words = format!("The installation of {name} could not be started in {tries} attempts{perhaps}");
                return given_up(run, Service::PowerPlatform, &words, setup, cx);
            }
            run.step = Step::Install { tries: counts.tries };
            run.is_asked = true;
            say_of_package(run, setup, "asking for the installation");
            let environment = cx.environment.power_platform.as_deref().unwrap_or_default().to_owned();
            let package = setup.facts.package_spelling(name).unwrap_or(name).to_owned();
            change(run, setup, cx, Change::Install { environment, package })
        }
        Some(PackageState::NotOffered) | None => {
            let words = format!(
                "Power Platform does not offer the package {name} in this environment. Dynamics 365 apps must have \
                 been enabled when the environment was created."
            );
            own_words(Service::PowerPlatform, words, setup, cx)
        }
    }
}

/// An installation that is watched from now on and that began at `since`.
fn found(whose: Whose, operation: Option<&str>, since: Now) -> Install {
    Install {
        operation: operation.map(Arc::from),
        since,
        whose,
        seen_running: false,
        succeeded: false,
        asks_list: false,
        looks: 0,
    }
}

/// An installation that was asked for before an interruption and that the list does not show: watched
/// by its operation, or looked for before anybody asks again.
fn asked_before(run: &mut Configuring, setup: &mut Setup, before: &AskedBefore, cx: &mut Cx) -> Next {
    let name = before.package;
    if before.operation.is_none() && !before.is_accepted {
        let text = "was requested before and its result is not known; the service is read first";
        setup.tell(cx.now, format!("{name} {text}"));
        return look(run, setup, cx, SettleTries { settle: SETTLE_LOOKS, tries: 0 }, SETTLE_PAUSE);
    }
    let by = before.operation.as_deref().map_or_else(|| "the package list".into(), |id| format!("operation {id}"));
    setup.tell(cx.now, format!("{name} was requested before and accepted: {by} is watched"));
    run.is_asked = true;
    say_of_package(run, setup, "installing");
    let install = found(Whose::Ours, before.operation.as_deref(), before.at);
    watch_after(run, setup, install, Duration::ZERO, cx)
}

pub(super) fn install_answered(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    tries: u8,
    cx: &mut Cx,
) -> Next {
    let sentence = format!("install {}", package_of(run));
    match result {
        Ok(Reply::InstallAccepted { operation, retry_after }) => {
            cx.record(setup, Line::came(ChangeResult::Accepted, operation.clone()));
            run.met = None;
            let under = operation.as_deref().map(|id| format!(", operation {id}")).unwrap_or_default();
            setup.tell(cx.now, format!("{sentence}: accepted{under}"));
            run.watch.heard(cx.now, "accepted");
            say_of_package(run, setup, "installing");
            let install = found(Whose::OursFromTheStart, operation.as_deref(), cx.now);
            watch_as_asked(run, setup, install, retry_after, cx)
        }
        Ok(_) => {
            say(run, "looking again");
            look(run, setup, cx, SettleTries { settle: SETTLE_LOOKS, tries: tries + 1 }, SETTLE_PAUSE)
        }
        Err(trouble) => {
            cx.record(setup, Line::went_wrong(&trouble));
            run.met = Some(Box::new(trouble.clone()));
            run.unsettled = run.last_deed.clone().filter(|_| trouble.done == Done::Perhaps);
            if trouble.done == Done::Perhaps {
                setup.tell(
                    cx.now,
                    format!(
                        "{sentence}: {}; its outcome is not known, so the service is read first",
                        trouble.sentence()
                    ),
                );
                say(run, format!("{}; checking the result of attempt {}", trouble.short(), tries + 1));
                let counts = SettleTries { settle: SETTLE_LOOKS, tries: tries + 1 };
                return look(run, setup, cx, counts, SETTLE_PAUSE);
            }
            let another = another_runs(&trouble);
            if another.is_some() || trouble.is_passing() {
                let floor = another.map_or(Duration::ZERO, |_| BUSY_PAUSE);
                let pause = back_off(tries + 1, trouble.retry_after, cx.desk.roll()).max(floor);
                tell_miss(setup, &trouble, tries + 1, pause, cx);
                say(run, format!("{}; next attempt in {}", trouble.short(), in_words(pause)));
                // Another installation in this environment may take long; waiting for it is no try.
                let tries = if another == Some(Another::Surely) { tries } else { tries + 1 };
                return look(run, setup, cx, SettleTries { settle: 0, tries }, pause);
            }
            Next::Failed(Box::new(failure_of(&trouble, setup, cx)))
        }
    }
}

/// Another operation in the environment, as a refusal tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Another {
    Surely,
    /// The same answer has other reasons, too: it is waited for, but not for ever.
    Perhaps,
}

/// A 400 that says nothing at all: a second installation has been seen to be refused so.
fn is_silent(refusal: &Trouble) -> bool {
    refusal.answered(400) && refusal.code.is_none() && refusal.words.trim().is_empty()
}

/// What a refusal of an installation says of another operation in the environment; `None`: nothing.
fn another_runs(refusal: &Trouble) -> Option<Another> {
    if refusal.is_busy() {
        Some(Another::Surely)
    } else if refusal.answered(409) || is_silent(refusal) {
        Some(Another::Perhaps)
    } else {
        None
    }
}

pub(super) fn watch_call(install: &Install, setup: &Setup, cx: &Cx) -> Option<Call> {
    match &install.operation {
        Some(operation) if !install.succeeded && !install.asks_list => {
            Some(Call::Operation { environment: cx.environment.power_platform.clone()?, operation: operation.clone() })
        }
        _ => reading::call_for_step(FactKind::Packages, setup, cx).ok(),
    }
}

fn watch(run: &mut Configuring, setup: &mut Setup, install: Install, cx: &mut Cx) -> Next {
    watch_as_asked(run, setup, install, None, cx)
}

/// Reads again after a pause; what the service asked for is a floor, also for a person's `r`.
fn watch_as_asked(
    run: &mut Configuring,
    setup: &mut Setup,
    install: Install,
    asked: Option<Duration>,
    cx: &mut Cx,
) -> Next {
    let floor = asked.unwrap_or_default().min(RETRY_AFTER_MAX);
    let pause = if install.succeeded {
        // The list only lags behind.
        back_off(install.looks, None, cx.desk.roll())
    } else {
        let of = installation(package_of(run));
        cx.look_again(of, Service::PowerPlatform, between(install.since, cx.now))
    };
    let pause = pause.max(floor);
    let next = watch_after(run, setup, install, pause, cx);
    run.watch.not_before = asked.map(|_| later(cx.now, floor));
    next
}

fn watch_after(run: &mut Configuring, setup: &mut Setup, install: Install, pause: Duration, cx: &mut Cx) -> Next {
    let Some(call) = watch_call(&install, setup, cx) else { return Next::Stay };
    run.watch.then_ask(cx, call, pause);
    run.step = Step::Watch(install);
    Next::Stay
}

pub(super) fn watched(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    install: Install,
    cx: &mut Cx,
) -> Next {
    // Where the clock was put back, time counts from there.
    let install = Install { since: install.since.min(cx.now), ..install };
    match result {
        Ok(Reply::Operation { operation: None, retry_after }) => {
            run.watch.heard(cx.now, "busy");
            let asks_list = takes_long(&install, cx);
            watch_as_asked(run, setup, Install { asks_list, ..install }, retry_after, cx)
        }
        Ok(Reply::Operation { operation: Some(operation), retry_after }) => {
            operation_read(run, setup, &operation, retry_after, install, cx)
        }
        Ok(reply @ Reply::Packages(_)) => {
            storing::store(&mut setup.facts, FactKind::Packages, Ok(reply), cx);
            let silent = install.asks_list.then(|| (run.watch.misses, run.watch.trouble.take()));
            let next = packages_watched(run, setup, Install { asks_list: false, ..install }, cx);
            if let (Next::Stay, Step::Watch(_), Some(silent)) = (&next, &run.step, silent) {
                // The operation is as silent as before.
                (run.watch.misses, run.watch.trouble) = silent;
            }
            next
        }
        Ok(_) => watch(run, setup, install, cx),
        Err(trouble) if install.operation.is_some() && trouble.answered(404) => {
            setup.tell(cx.now, "the service does not know this operation; the package list is watched instead");
            watch_after(run, setup, Install { operation: None, ..install }, Duration::ZERO, cx)
        }
        Err(trouble) => {
            // A service that does not answer, or not to us, says nothing of the installation: on it goes.
            let install = Install { asks_list: is_turn_of_another(run.watch.misses.saturating_add(1)), ..install };
            let Some(call) = watch_call(&install, setup, cx) else { return Next::Stay };
            run.step = Step::Watch(install);
            let line = trouble.clone();
            let pause = run.watch.missed(cx, call, trouble);
            tell_miss(setup, &line, run.watch.misses, pause, cx);
            Next::Stay
        }
    }
}

fn operation_read(
    run: &mut Configuring,
    setup: &mut Setup,
    operation: &Operation,
    retry_after: Option<Duration>,
    mut install: Install,
    cx: &mut Cx,
) -> Next {
    let word = operation.status.clone().unwrap_or_else(|| "no status".into());
    run.watch.heard(cx.now, word.clone());
    setup.tell(cx.now, format!("{}: the service says {word}", run.title()));
    let failed = |what: &str| {
        let details = operation.error.as_ref().map(error_words);
        let (code, words) = details.unwrap_or((None, operation.status_message.clone().unwrap_or_default()));
        Said::or_ours(code, words, || format!("The service says the installation {what} and gives no reason."))
    };
    match word.to_ascii_lowercase().as_str() {
        "succeeded" => {
            install.succeeded = true;
            watch_after(run, setup, install, Duration::ZERO, cx)
        }
        "failed" => install_failed(run, setup, failed("failed"), &install, cx),
        "canceled" | "cancelled" => match install_failed(run, setup, failed("was canceled"), &install, cx) {
            Next::Failed(failure) => Next::Failed(Box::new(Failure { halt: Halt::Canceled, ..*failure })),
            other => other,
        },
        _ if operation.status.is_none() || GOES_ON.iter().any(|known| word.eq_ignore_ascii_case(known)) => {
            let asks_list = takes_long(&install, cx);
            watch_as_asked(run, setup, Install { asks_list, ..install }, retry_after, cx)
        }
        // Nobody knows whether this word is an end: the list tells what is there.
        _ => watch_as_asked(run, setup, Install { asks_list: true, ..install }, retry_after, cx),
    }
}

/// Whether an operation goes on for so long that the list is asked, too: one that never says its end has ended there.
fn takes_long(install: &Install, cx: &Cx) -> bool {
    between(install.since, cx.now) > CONFIGURE_USUAL
}

fn packages_watched(run: &mut Configuring, setup: &mut Setup, mut install: Install, cx: &mut Cx) -> Next {
    let age = between(install.since, cx.now);
    install.looks = install.looks.saturating_add(1);
    match setup.facts.package(package_of(run)) {
        Some(PackageState::Installed { version }) => {
            run.watch.heard(cx.now, "Installed");
            if install.whose == Whose::OursFromTheStart {
                cx.experience.add(installation(package_of(run)), age);
            }
            if install.whose != Whose::Theirs {
                cx.record(setup, Line::came(ChangeResult::Done, None));
                setup.wrote(Deed::Install { package: package_of(run).to_owned() });
            }
            package_done(run, setup, cx, &version)
        }
        Some(PackageState::InProgress { state }) => {
            setup.tell(cx.now, format!("{}: the service says {state}", run.title()));
            run.watch.heard(cx.now, state);
            install.seen_running = true;
            watch(run, setup, install, cx)
        }
        Some(PackageState::Failed { words, code })
            if install.seen_running || (age > OLD_FAILURE && install.looks > OLD_FAILURE_LOOKS) =>
        {
            let said = Said::or_ours(code, words, || "The service says InstallFailed and gives no reason.".into());
            install_failed(run, setup, said, &install, cx)
        }
        Some(PackageState::NotInstalled) if install.seen_running && install.operation.is_none() => {
            let words = "The installation ended, and the package is not installed.";
            install_failed(run, setup, Said::ours(words), &install, cx)
        }
        _ if age > SILENT_MAX && install.looks > SILENT_LOOKS && !install.seen_running && !install.succeeded => {
            let words = "The service accepted the installation, and the package list shows nothing of it.";
            install_failed(run, setup, Said::ours(words), &install, cx)
        }
        _ => {
            run.watch.heard(cx.now, if install.succeeded { "Succeeded, not listed yet" } else { "not listed yet" });
            watch(run, setup, install, cx)
        }
    }
}

/// Why an installation failed: the service's words, or ours where it gave none.
struct Said {
    code: Option<String>,
    words: String,
    is_ours: bool,
}

impl Said {
    fn ours(words: impl Into<String>) -> Self {
        Self { code: None, words: words.into(), is_ours: true }
    }

    fn or_ours(code: Option<String>, words: String, ours: impl FnOnce() -> String) -> Self {
        if words.trim().is_empty() { Self { code, ..Self::ours(ours()) } } else { Self { code, words, is_ours: false } }
    }
}

fn install_failed(run: &mut Configuring, setup: &mut Setup, said: Said, install: &Install, cx: &mut Cx) -> Next {
    if install.whose != Whose::Theirs {
        cx.record(setup, Line::Outcome { result: ChangeResult::Failed, id: None, words: said.words.clone() });
    }
    let mut failure = failure(Service::PowerPlatform, said.words, said.code, setup, cx);
    if said.is_ours {
        failure = failure.found_here();
    }
    failure.ids.push(("Package", package_of(run).to_owned()));
    if let Some(operation) = &install.operation {
        failure.ids.push(("Operation id", operation.to_string()));
    }
    Next::Failed(Box::new(failure))
}
