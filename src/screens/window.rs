//! What is said outside the picture: the title of the window, the progress in the taskbar, and what has ended.

use crate::core::environment::EnvironmentId;
use crate::core::model::Model;
use crate::core::schedule::outlook::{self, Progress};
use crate::core::setup::{Flow, Setup};
use crate::core::standing::{Standing, standing};
use crate::core::time::{Now, between};
use crate::ui::text::{clean, cut};
use std::time::Duration;

/// Most cells of the name of an environment in a title.
const NAME_MAX: usize = 40;

/// What the window says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Its title.
    pub title: String,
    /// How far the set-up is that is looked at.
    pub progress: Progress,
}

/// A name in a title: letters and what joins them. Nobody knows what other programs do with a title.
fn shown(name: &str) -> String {
    let is_shown = |c: &char| c.is_alphanumeric() || " -_.()".contains(*c);
    cut(clean(name).chars().filter(is_shown).collect::<String>().trim(), NAME_MAX, "...")
}

/// What the window says now: of the environment that is looked at, and how many set-ups run beside it.
pub fn window(model: &Model, now: Now) -> Window {
    let Some((environment, setup)) = model.current() else {
        let title = match model.setups.running().len() {
            0 => "dualwrite".to_owned(),
            1 => "1 set-up runs - dualwrite".to_owned(),
            count => format!("{count} set-ups run - dualwrite"),
        };
        return Window { title, progress: Progress::Nothing };
    };
    let name = shown(&environment.label());
    let words = match &setup.flow {
        Flow::Configuring(run) => run.stage().id.title(),
        _ => standing(environment, Some(setup)).words(),
    };
    let running = model.setups.running();
    let others = running.len() - usize::from(running.contains(&environment.id));
    let more = match others {
        0 => String::new(),
        1 => ", 1 other runs".to_owned(),
        others => format!(", {others} others run"),
    };
    Window {
        title: format!("{name}: {words}{more} - dualwrite"),
        progress: outlook::progress(setup, &model.experience, now),
    }
}

/// What is watched of a set-up that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Since when.
    since: Now,
    /// A person is to do something.
    waits: bool,
}

/// What of a set-up is watched now; none where nothing runs.
fn watched(setup: &Setup) -> Option<Watched> {
    let since = match &setup.flow {
        Flow::Configuring(run) => run.started,
        Flow::Linking(link) => link.started,
        _ => return None,
    };
    Some(Watched { since, waits: setup.waits_for_person() })
}

/// What has happened to a set-up that ran for `long` or longer: it ended, or it now waits for a person. `before` is
/// what was watched of it, and is brought up to date.
pub fn news(
    model: &Model,
    id: &EnvironmentId,
    before: &mut Option<Watched>,
    long: Duration,
    now: Now,
) -> Option<String> {
    let (environment, setup) = (model.directory.get(id)?, model.setups.get(id)?);
    let after = watched(setup);
    let was = std::mem::replace(before, after)?;
    let is_news = match after {
        None => between(was.since, now) >= long,
        Some(after) => after.waits && !was.waits,
    };
    let far = standing(environment, Some(setup));
    // What a person stopped themselves is no news to them.
    let is_end = !matches!(far, Standing::ReadyToConfigure | Standing::BeingRead | Standing::NotRead);
    (is_news && is_end).then(|| format!("{}: {}", shown(&environment.label()), far.words()))
}
