//! The list of environments as the eye has it: order, filter, selection. Works with ten thousand.

use super::eye::Sort;
use super::eye::{Eye, List};
use super::input::Reaction;
use super::keys::Act;
use crate::core::environment::Fact;
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::facts::{Answer, Facts, PackageState};
use crate::core::gate::{self, Gate, Integration};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::plan::{APPLICATION_PACKAGE, CORE_PACKAGE};
use crate::core::setup::{Flow, Setup};
use crate::core::time::{Now, between, in_words};
use crate::ui::look::Mark;

/// How far an environment is, for one cell of the list.
pub(super) struct Standing {
    /// A mark, where one says more than the words.
    pub(super) mark: Option<Mark>,
    /// In words.
    pub(super) words: String,
    /// In more words, where there is room.
    full: Option<&'static str>,
    /// Place when the list is sorted by it: what needs a person first.
    rank: u8,
}

impl Standing {
    fn new(mark: Option<Mark>, words: impl Into<String>, rank: u8) -> Self {
        Self { mark, words: words.into(), full: None, rank }
    }

    fn with_more(self, full: &'static str) -> Self {
        Self { full: Some(full), ..self }
    }

    /// What it says where there is room for all of it.
    pub(super) fn in_full(&self) -> &str {
        self.full.unwrap_or(&self.words)
    }
}

/// How far an environment is. What was not read is never guessed.
pub(super) fn standing(environment: &Environment, setup: Option<&Setup>, now: Now) -> Standing {
    let Some(setup) = setup else { return Standing::new(None, "not read", 8) };
    match &setup.flow {
        Flow::Configuring(run) => {
            let since = in_words(between(run.started, now));
            return Standing::new(Some(Mark::Busy), format!("{} of {}, {since}", run.done(), run.stages.len()), 2);
        }
        Flow::Linking(link) => {
            let since = in_words(between(link.started, now));
            return Standing::new(Some(Mark::Busy), format!("linking, {since}"), 2);
        }
        Flow::ConfigureFailed(_, _) => return Standing::new(Some(Mark::Failed), "set-up failed", 0),
        Flow::LinkFailed(_, _) => return Standing::new(Some(Mark::Failed), "link failed", 0),
        Flow::Linked(_) => return Standing::new(Some(Mark::Done), "linked", 7),
        Flow::Details { .. } | Flow::Mismatch | Flow::Terms { .. } | Flow::Confirm | Flow::Configured => {}
    }
    of_facts(environment, &setup.facts, !setup.reading.is_empty())
}

fn of_facts(environment: &Environment, facts: &Facts, reading: bool) -> Standing {
    if gate::mismatch(environment, facts).is_some() {
        return Standing::new(Some(Mark::Warn), "mismatch", 1);
    }
    if facts.linked().is_some() {
        return Standing::new(Some(Mark::Done), "linked", 7);
    }
    match gate::integration(environment, facts) {
        Integration::NotSetUp => {
            return Standing::new(None, "integration first", 6).with_more("Power Platform Integration not set up");
        }
        Integration::SettingUp(_) => {
            return Standing::new(Some(Mark::Busy), "being integrated", 5)
                .with_more("Power Platform Integration being set up");
        }
        Integration::Failed(_) => {
            return Standing::new(Some(Mark::Failed), "integration failed", 1)
                .with_more("Power Platform Integration failed");
        }
        Integration::Unread | Integration::Unknown(_) | Integration::SetUp => {}
    }
    let package = |name| facts.package(name);
    match (package(CORE_PACKAGE), package(APPLICATION_PACKAGE)) {
        (None, _) | (_, None) if facts.packages.trouble().is_some() => {
            Standing::new(Some(Mark::Unknown), "could not tell", 5)
        }
        (None, _) | (_, None) if reading => Standing::new(None, "being read", 8),
        (None, _) | (_, None) => Standing::new(None, "not read", 8),
        (Some(PackageState::Failed { .. }), _) | (_, Some(PackageState::Failed { .. })) => {
            Standing::new(Some(Mark::Failed), "failed", 0)
        }
        (Some(PackageState::InProgress { .. }), _) | (_, Some(PackageState::InProgress { .. })) => {
            Standing::new(Some(Mark::Busy), "being installed", 2)
        }
        (Some(PackageState::Installed { .. }), Some(PackageState::Installed { .. })) => match &facts.link {
            // Installed, and nobody knows whether it is linked: not the same as ready.
            Fact::Unread if reading => Standing::new(None, "being read", 8),
            Fact::Unread | Fact::Unknown(..) => Standing::new(Some(Mark::Unknown), "could not tell", 5),
            // The list reads no identities; an environment that was opened has them read.
            Fact::Known(..) if gate::link(environment, facts).is_open() => match facts.configured() {
                Answer::Yes => Standing::new(None, "ready to link", 3),
                Answer::No(_) | Answer::Unknown(_) => Standing::new(None, "installed, not linked", 3),
            },
            Fact::Known(..) => configurable(environment, facts),
        },
        _ => configurable(environment, facts),
    }
}

fn configurable(environment: &Environment, facts: &Facts) -> Standing {
    match gate::dual_write_application(environment, facts) {
        Gate::Open => Standing::new(None, "ready to configure", 4),
        Gate::Reading => Standing::new(None, "not read", 8),
        Gate::Closed(_) => Standing::new(None, "not possible", 6),
    }
}

/// Places of the environments that are shown, in their order.
pub(super) fn order(model: &Model, list: &List, now: Now) -> Vec<usize> {
    let all = &model.directory.environments;
    let wanted = list.filter.value().trim().to_lowercase();
    let fits = |environment: &Environment| {
        let of = |text: &str| text.to_lowercase().contains(&wanted);
        wanted.is_empty()
            || of(&environment.name)
            || of(environment.kind.word())
            || of(&environment.id.0)
            || environment.finops_url().is_some_and(of)
            || environment.dataverse.as_ref().is_some_and(|side| of(&side.url))
    };
    let mut places: Vec<usize> = (0..all.len()).filter(|at| fits(&all[*at])).collect();
    match list.sort {
        Sort::Service => {}
        Sort::Name => places.sort_by_cached_key(|at| all[*at].name.to_lowercase()),
        Sort::Stage => {
            places.sort_by_cached_key(|at| standing(&all[*at], model.setups.get(&all[*at].id), now).rank);
        }
    }
    places
}

/// Where in the order the selected environment is; the first when it is not among them.
pub(super) fn selected(model: &Model, list: &List, order: &[usize]) -> usize {
    let is_it = |at: &usize| Some(&model.directory.environments[*at].id) == list.selected.as_ref();
    order.iter().position(is_it).unwrap_or(0)
}

/// The selected environment, if any is shown.
pub(super) fn chosen<'a>(model: &'a Model, list: &List, now: Now) -> Option<&'a Environment> {
    let order = order(model, list, now);
    order.get(selected(model, list, &order)).map(|place| &model.directory.environments[*place])
}

/// First row shown, so that the selected one is in sight.
pub(super) fn top(list: &List, selected: usize, count: usize, height: usize) -> usize {
    let most = count.saturating_sub(height);
    list.top.clamp((selected + 1).saturating_sub(height), selected).min(most)
}

/// Keeps the first row where the selected one is in sight.
pub(super) fn settle(model: &Model, eye: &mut Eye, height: usize) {
    let order = order(model, &eye.list, Now::UNIX_EPOCH);
    let place = selected(model, &eye.list, &order);
    eye.list.top = top(&eye.list, place, order.len(), height);
}

/// A key on the list; `None` when it is no key of the list's own.
pub(super) fn act(model: &Model, eye: &mut Eye, act: Act, now: Now, height: usize) -> Option<Reaction> {
    if matches!(act, Act::Filter | Act::Sort | Act::Clear) {
        // What is selected stays selected, wherever it comes to stand.
        eye.list.selected = chosen(model, &eye.list, now).map(|environment| environment.id.clone());
    }
    let list = &mut eye.list;
    match act {
        Act::Filter => {
            list.typing = true;
            return Some(Reaction::Redraw);
        }
        Act::Sort => {
            list.sort = list.sort.next();
            return Some(Reaction::Redraw);
        }
        Act::Clear if list.typing || !list.filter.value().is_empty() => {
            list.typing = false;
            list.filter.reset();
            return Some(Reaction::Redraw);
        }
        Act::Clear | Act::Next | Act::Previous => return Some(Reaction::Nothing),
        Act::Press | Act::Down | Act::Up | Act::PageDown | Act::PageUp | Act::Home | Act::End => {}
        _ => return None,
    }
    let order = order(model, list, now);
    let at = selected(model, list, &order);
    let id_at = |at: usize| -> Option<EnvironmentId> {
        order.get(at).map(|place| model.directory.environments[*place].id.clone())
    };
    if act == Act::Press {
        let wanted = match id_at(at) {
            Some(id) => {
                list.typing = false;
                list.selected = Some(id.clone());
                Reaction::Intent(Intent::OpenEnvironment(id))
            }
            None if model.directory.reading.is_some() => Reaction::Intent(Intent::OpenFirst),
            None => Reaction::Nothing,
        };
        return Some(wanted);
    }
    let page = height.saturating_sub(1).max(1);
    let to = match act {
        Act::Down => at + 1,
        Act::Up => at.saturating_sub(1),
        Act::PageDown => at + page,
        Act::PageUp => at.saturating_sub(page),
        Act::Home => 0,
        _ => order.len(),
    };
    list.selected = id_at(to.min(order.len().saturating_sub(1)));
    Some(Reaction::Redraw)
}
