//! The lists of environments: read, merged, opened from, and each of many surveyed. Only questions, never a change.

use super::reading::{ask, of_finops, read_all, reader, survey_further};
use super::{run, with_setup};
use crate::core::call::{Call, Reply};
use crate::core::directory::{Directory, READ_WITH_LIST};
use crate::core::environment::{Environment, EnvironmentId, by_beginning};
use crate::core::facts::FactKind;
use crate::core::model::{Model, Place, Purpose, Question};
use crate::core::schedule::{READ_ATTEMPTS, SIDE_ATTEMPTS, THROTTLED_ATTEMPTS, back_off};
use crate::core::service::Service;
use crate::core::setup::Setup;
use crate::core::standing;
use crate::core::time::Now;
use crate::core::trouble::Trouble;
use std::time::Duration;

/// What is read of an environment for the list.
const SURVEY: [FactKind; 2] = [FactKind::Link, FactKind::Packages];

/// Asks for both lists.
pub(super) fn read_directory(model: &mut Model) {
    let directory = &mut model.directory;
    if directory.reading.is_none() {
        directory.reading =
            Some(model.desk.ask(Question::of_all(Purpose::Environments), Call::Environments, Duration::ZERO));
    }
    if directory.reading_lcs.is_none() && model.cloud.has(Service::Lcs) {
        directory.reading_lcs =
            Some(model.desk.ask(Question::of_all(Purpose::Lifecycle), Call::Lifecycle, Duration::ZERO));
    }
}

/// Takes a fresh list. One that has lost an environment does not stop what runs, or is about to run, in it.
pub(super) fn take_list(model: &mut Model, take: impl FnOnce(&mut Directory)) {
    let running = model.running().map(|(environment, _)| environment.clone());
    let starting = model.setups.values().filter(|setup| setup.starts.is_some());
    let starting = starting.filter_map(|setup| model.directory.get(&setup.id).cloned());
    let kept: Vec<Environment> = running.chain(starting).collect();
    take(&mut model.directory);
    for environment in kept {
        model.directory.keep(environment);
    }
}

pub(super) fn directory_reply(model: &mut Model, question: Question, result: Result<Reply, Trouble>, now: Now) {
    let directory = &mut model.directory;
    let is_lcs = question.purpose == Purpose::Lifecycle;
    match result {
        Ok(Reply::Environments(fresh)) => {
            directory.reading = None;
            directory.trouble = None;
            take_list(model, |directory| directory.take_tenant(fresh, now));
        }
        Ok(Reply::Lifecycle(project)) => {
            directory.reading_lcs = None;
            directory.lcs_trouble = None;
            take_list(model, |directory| directory.take_project(project));
        }
        Ok(_) => {}
        Err(trouble) => {
            let open = if is_lcs { &mut directory.reading_lcs } else { &mut directory.reading };
            *open = None;
            let attempts = match (is_lcs, trouble.retry_after) {
                (false, _) => READ_ATTEMPTS,
                // It says itself when it can.
                (true, Some(_)) => THROTTLED_ATTEMPTS,
                (true, None) => SIDE_ATTEMPTS,
            };
            if trouble.is_passing() && question.misses + 1 < attempts {
                let pause = back_off(question.misses + 1, trouble.retry_after, model.desk.roll());
                let call = if is_lcs { Call::Lifecycle } else { Call::Environments };
                let again = Question { misses: question.misses + 1, ..question };
                *open = Some(model.desk.ask(again, call, pause));
            }
            if is_lcs {
                take_list(model, |directory| directory.lose_project(trouble));
            } else {
                directory.trouble = Some(trouble);
            }
        }
    }
    if model.directory.read_at.is_some() {
        survey(model, is_lcs, now);
        if is_lcs {
            read_named_sides(model, now);
        }
        run::take_up_listed(model, now);
        if model.found.is_empty() {
            open_as_asked(model, now);
        }
    }
}

fn open_as_asked(model: &mut Model, now: Now) {
    let both = model.directory.reading.is_none() && model.directory.reading_lcs.is_none();
    if let Some(text) = model.directory.open_named.clone() {
        let all = &model.directory.environments;
        let is_shared = model.directory.is_shared(&text);
        let found = all.iter().find(|row| !is_shared && row.answers_to(&text));
        let found = found.or_else(|| by_beginning(all, &text).filter(|_| both)).map(|row| row.id.clone());
        if is_shared && both {
            model.directory.open_named = None;
            model.notice = Some(format!("More than one environment is called “{text}”: choose by its id."));
        } else if let Some(id) = found {
            model.directory.open_named = None;
            open(model, &id, now);
        } else if both {
            // Only both lists together can say that there is none.
            model.directory.not_found = model.directory.open_named.take();
        }
    } else if std::mem::take(&mut model.directory.open_first)
        && model.selected().is_none()
        && let Some(first) = model.directory.environments.first()
    {
        let id = first.id.clone();
        open(model, &id, now);
    }
}

/// Reads of each environment what the list shows; after the project's list only what is not known
/// yet, because the tenant's list has asked for the rest.
fn survey(model: &mut Model, only_new: bool, now: Now) {
    if !model.shows_list {
        return;
    }
    let directory = &model.directory;
    let ids: Vec<EnvironmentId> = match directory.in_sight.as_slice() {
        [] => directory.environments.iter().take(READ_WITH_LIST).map(|environment| environment.id.clone()).collect(),
        seen => seen.to_vec(),
    };
    for id in ids {
        with_setup(model, &id, now, |setup, cx| {
            if !(setup.is_running() || only_new && setup.facts.link.at().is_some()) {
                for kind in SURVEY {
                    ask(setup, kind, cx);
                }
            }
        });
    }
}

/// Reads of these environments what the list shows, where nobody has looked at them yet.
pub(super) fn look_at_those_in_sight(model: &mut Model, ids: Vec<EnvironmentId>, now: Now) {
    for id in &ids {
        if !model.setups.contains_key(id) {
            with_setup(model, id, now, |setup, cx| SURVEY.into_iter().for_each(|kind| ask(setup, kind, cx)));
        }
    }
    model.directory.in_sight = ids;
}

/// Reads what tells how far one environment is.
pub(super) fn survey_one(model: &mut Model, id: &EnvironmentId, now: Now) {
    with_setup(model, id, now, |setup, cx| {
        if !setup.opened && !setup.is_running() {
            setup.surveyed = true;
            setup.facts.reader = reader(cx);
            for kind in standing::FIRST {
                ask(setup, kind, cx);
            }
            survey_further(setup, cx);
        }
    });
}

/// Keeps nothing of an environment in which nothing runs.
pub(super) fn let_go(model: &mut Model, id: &EnvironmentId) {
    if model.selected() == Some(id) {
        return;
    }
    for (_, asked) in model.setups.remove(id).map(|setup| setup.reading).unwrap_or_default() {
        model.desk.cancel(asked.ticket);
    }
}

/// Looks at one environment; the first look reads everything.
pub(super) fn open(model: &mut Model, id: &EnvironmentId, now: Now) {
    let known = with_setup(model, id, now, |setup, cx| {
        if !setup.is_running() {
            run::ask_holder(setup, cx);
        }
        if !setup.opened && !setup.is_running() {
            (setup.opened, setup.surveyed) = (true, false);
            read_all(setup, cx);
        }
    });
    if known.is_some() {
        model.place = Place::Environment(id.clone());
    }
}

/// The project's list named sides of environments that were looked at before it came: what nobody could ask of them.
fn read_named_sides(model: &mut Model, now: Now) {
    let lacks = |setup: &Setup, kind: FactKind| setup.facts.is_unread(kind) && !setup.reading.contains_key(&kind);
    let is_named = |setup: &Setup| {
        (setup.opened || setup.surveyed)
            && !setup.is_running()
            && of_finops(setup).iter().any(|kind| lacks(setup, *kind))
            && model.directory.get(&setup.id).is_some_and(|environment| environment.finops_url().is_some())
    };
    let mut named: Vec<EnvironmentId> =
        model.setups.values().filter(|setup| is_named(setup)).map(|setup| setup.id.clone()).collect();
    named.sort();
    for id in named {
        with_setup(model, &id, now, |setup, cx| {
            for kind in of_finops(setup).iter().filter(|kind| lacks(setup, **kind)).collect::<Vec<_>>() {
                ask(setup, *kind, cx);
            }
        });
    }
}
