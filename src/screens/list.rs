//! The list of environments as the eye has it: what is shown of it, what is selected, its keys.

use super::eye::{Eye, List};
use super::order::Order;
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::model::Model;
use crate::core::setup::{Flow, Setup};
use crate::core::standing::{self, Standing as Far};
use crate::core::time::{Now, between, in_words};
use crate::ui::look::Mark;
use std::borrow::Cow;

/// How far an environment is, for one cell of the list.
pub(super) struct Standing {
    /// A mark, where one says more than the words.
    pub(super) mark: Option<Mark>,
    /// In words.
    pub(super) words: String,
    /// In more words, where there is room.
    full: Option<&'static str>,
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
            format!("{}, {}", run.done(), in_words(between(run.started, now)))
        }
        Some(Flow::Linking(link)) if far == Far::Linking => {
            format!("linking, {}", in_words(between(link.started, now)))
        }
        _ => far.words().to_owned(),
    };
    let (mark, full) = match far {
        Far::ConfigureFailed | Far::LinkFailed | Far::InstallFailed => (Some(Mark::Failed), None),
        Far::Mismatch => (Some(Mark::Warn), None),
        Far::IntegrationFailed => (Some(Mark::Failed), Some("Power Platform Integration failed")),
        Far::Configuring | Far::Linking | Far::BeingInstalled => (Some(Mark::Busy), None),
        Far::WaitingForPerson => (Some(Mark::Busy), Some("waiting for you to link in Lifecycle Services")),
        Far::Reported => (Some(Mark::Warn), Some("reported as linked, not confirmed")),
        Far::Unknown => (Some(Mark::Unknown), None),
        Far::BeingIntegrated => (Some(Mark::Busy), Some("Power Platform Integration being set up")),
        Far::IntegrationFirst => (None, Some("Power Platform Integration not set up")),
        Far::Linked => (Some(Mark::Done), None),
        Far::ReadyToLink
        | Far::Installed
        | Far::IdentitiesMissing
        | Far::ReadyToConfigure
        | Far::NotPossible
        | Far::NotRead
        | Far::BeingRead => (None, None),
    };
    Standing { mark, words, full }
}

/// Place when the list is sorted by how far each is: what needs a person first.
pub(super) fn rank(far: Far) -> u8 {
    match far {
        Far::ConfigureFailed | Far::LinkFailed | Far::InstallFailed => 0,
        Far::Mismatch | Far::IntegrationFailed | Far::Reported => 1,
        Far::Configuring | Far::Linking | Far::BeingInstalled | Far::WaitingForPerson => 2,
        Far::ReadyToLink | Far::Installed | Far::IdentitiesMissing => 3,
        Far::ReadyToConfigure => 4,
        Far::Unknown | Far::BeingIntegrated => 5,
        Far::IntegrationFirst | Far::NotPossible => 6,
        Far::Linked => 7,
        Far::NotRead | Far::BeingRead => 8,
    }
}

/// What is shown of the list: places of environments, in their order, and which of them is selected.
pub(super) struct Shown<'a> {
    pub(super) order: Cow<'a, [usize]>,
    /// Place in the order of the selected one; the first when it is not among them.
    pub(super) at: usize,
}

impl Shown<'_> {
    /// The selected environment, if any is shown.
    pub(super) fn chosen<'m>(&self, model: &'m Model) -> Option<&'m Environment> {
        self.order.get(self.at).map(|place| &model.directory.environments[*place])
    }
}

/// What is shown. Where nothing has changed since the list was settled, this costs the same however long it is.
pub(super) fn shown<'a>(model: &Model, list: &'a List) -> Shown<'a> {
    if !list.order.is_fresh(model, list.filter.value(), list.sort) {
        let mut order = Order::default();
        order.refresh(model, list.filter.value(), list.sort);
        let at = find(model, list.selected.as_ref(), order.places());
        return Shown { order: Cow::Owned(order.places().to_vec()), at };
    }
    let order = list.order.places();
    let at = match &list.found {
        Some((selected, at)) if *selected == list.selected => *at,
        _ => find(model, list.selected.as_ref(), order),
    };
    Shown { order: Cow::Borrowed(order), at }
}

/// Where in the order an environment is; the first when it is not among them.
fn find(model: &Model, selected: Option<&EnvironmentId>, order: &[usize]) -> usize {
    let Some(place) = selected.and_then(|id| model.directory.place(id)) else { return 0 };
    order.iter().position(|at| *at == place).unwrap_or(0)
}

/// First row shown, so that the selected one is in sight.
pub(super) fn top(list: &List, selected: usize, count: usize, height: usize) -> usize {
    let most = count.saturating_sub(height);
    list.top.clamp((selected + 1).saturating_sub(height), selected).min(most)
}

/// So many environments are read ahead, of those that an order needs to know.
const AHEAD: usize = 20;

/// The environments whose rows are on the terminal, as the list was settled last. Sorted by set-up also the next ones
/// that were not read: what needs somebody first can be among them.
pub(super) fn in_sight<'a>(model: &'a Model, eye: &'a Eye) -> impl Iterator<Item = &'a EnvironmentId> + Clone {
    let height = eye.settled.map_or(0, |(_, height)| height);
    let places = eye.list.order.places();
    let rows = places.iter().skip(eye.list.top).take(height);
    let rows = rows.chain(eye.list.order.unread().iter().take(AHEAD));
    rows.filter_map(|place| model.directory.environments.get(*place)).map(|environment| &environment.id)
}

/// Works out what is shown, once, before it is drawn again and again.
pub(super) fn refresh(model: &Model, list: &mut List) {
    list.order.refresh(model, list.filter.value(), list.sort);
    // The order may be another one, in which the same environment has another place.
    list.found = Some((list.selected.clone(), find(model, list.selected.as_ref(), list.order.places())));
}

/// Keeps the first row where the selected one is in sight.
pub(super) fn settle(model: &Model, list: &mut List, height: usize) {
    let Shown { order, at } = shown(model, list);
    let top = top(list, at, order.len(), height);
    list.top = top;
}
