//! The list of environments as the eye has it: order, filter, selection. Works with ten thousand.

use super::eye::Sort;
use super::eye::{Eye, List};
use super::input::Reaction;
use super::keys::{self, Act};
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::setup::{Flow, Setup};
use crate::core::standing::{self, Standing as Far};
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
    /// What it says where there is room for all of it.
    pub(super) fn in_full(&self) -> &str {
        self.full.unwrap_or(&self.words)
    }
}

/// How far an environment is, in the words of the list.
pub(super) fn standing(environment: &Environment, setup: Option<&Setup>, now: Now) -> Standing {
    let far = standing::standing(environment, setup);
    let words = match setup.map(|setup| &setup.flow) {
        Some(Flow::Configuring(run)) => {
            format!("{} of {}, {}", run.done(), run.stages.len(), in_words(between(run.started, now)))
        }
        Some(Flow::Linking(link)) if far == Far::Linking => {
            format!("linking, {}", in_words(between(link.started, now)))
        }
        _ => far.words().to_owned(),
    };
    let (mark, rank, full) = match far {
        Far::ConfigureFailed | Far::LinkFailed | Far::InstallFailed => (Some(Mark::Failed), 0, None),
        Far::Mismatch => (Some(Mark::Warn), 1, None),
        Far::IntegrationFailed => (Some(Mark::Failed), 1, Some("Power Platform Integration failed")),
        Far::Configuring | Far::Linking | Far::BeingInstalled => (Some(Mark::Busy), 2, None),
        Far::WaitingForPerson => (Some(Mark::Busy), 2, Some("waiting for you to link in Lifecycle Services")),
        Far::Reported => (Some(Mark::Warn), 1, Some("reported as linked, not confirmed")),
        Far::ReadyToLink | Far::Installed | Far::IdentitiesMissing => (None, 3, None),
        Far::ReadyToConfigure => (None, 4, None),
        Far::Unknown => (Some(Mark::Unknown), 5, None),
        Far::BeingIntegrated => (Some(Mark::Busy), 5, Some("Power Platform Integration being set up")),
        Far::IntegrationFirst => (None, 6, Some("Power Platform Integration not set up")),
        Far::NotPossible => (None, 6, None),
        Far::Linked => (Some(Mark::Done), 7, None),
        Far::NotRead | Far::BeingRead => (None, 8, None),
    };
    Standing { mark, words, full, rank }
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
    list.selected = id_at(keys::travel(act, at, order.len(), height)?);
    Some(Reaction::Redraw)
}
