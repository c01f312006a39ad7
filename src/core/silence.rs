//! Who is silent: what a run that is left waits for, where, and what was met there last. Pure.

use super::linking::{LinkStep, Way};
use super::model::Model;
use super::service::Service;
use super::setup::{Flow, Setup, Watch};
use super::sign_in::Session;
use super::time::{Now, between, in_words};
use super::trouble::Trouble;

/// Who keeps one set-up waiting, as the end of a sentence; none where nobody does.
pub fn of_setup(setup: &Setup, now: Now) -> Option<String> {
    let (place, met, watch) = match &setup.flow {
        Flow::Configuring(run) => (run.title(), run.met.as_deref(), &run.watch),
        Flow::Linking(link) if link.step == LinkStep::AskPerson => return None,
        Flow::Linking(link) if link.way == Way::Reset => ("Reset link", None, &link.watch),
        Flow::Linking(link) => ("Link", None, &link.watch),
        _ => return of_reading(setup),
    };
    match of_watch(watch, met, now) {
        Some(words) => Some(format!("{place}: {words}")),
        None => of_reading(setup).map(|words| format!("{place}: {words}")),
    }
}

fn of_watch(watch: &Watch, met: Option<&Trouble>, now: Now) -> Option<String> {
    let open = watch.asks.filter(|_| watch.asks_at <= now);
    let open = open.map(|service| {
        let since = in_words(between(watch.asks_at, now));
        format!("{} was asked {since} ago and has not answered yet", service.name())
    });
    let met = watch.trouble.as_deref().or(met).map(|trouble| match watch.misses {
        0 | 1 => format!("the last attempt failed: {}", trouble.clause()),
        misses => format!("the last {misses} attempts failed; the latest: {}", trouble.clause()),
    });
    joined(&[met, open].into_iter().flatten().collect::<Vec<_>>())
}

/// Whose answers to what is read are missing: each service once, with what it said last.
fn of_reading(setup: &Setup) -> Option<String> {
    let mut silent: Vec<(Service, Option<&Trouble>)> = Vec::new();
    for (kind, asked) in &setup.reading {
        let trouble = setup.facts.trouble_of(*kind).filter(|_| asked.misses > 0);
        match silent.iter_mut().find(|(service, _)| *service == kind.service()) {
            Some((_, known)) => *known = known.or(trouble),
            None => silent.push((kind.service(), trouble)),
        }
    }
    joined(&silent.into_iter().map(|(service, trouble)| unread(service, trouble)).collect::<Vec<_>>())
}

/// What keeps the list of environments waiting, or the sign-in before it.
pub fn of_lists(model: &Model) -> Option<String> {
    let directory = &model.directory;
    match &model.session {
        Session::Waiting(_) => return Some("nobody has signed in with the code yet".into()),
        Session::AskingForCode(_) => return Some(unread(Service::Entra, None)),
        Session::Unknown | Session::Stopped(_) | Session::SignedIn(_) => {}
    }
    let bap = directory.reading.map(|_| unread(Service::Bap, directory.trouble.as_ref()));
    let lcs = directory.reading_lcs.map(|_| unread(Service::Lcs, directory.lcs_trouble.as_ref()));
    let silent: Vec<String> = [bap, lcs].into_iter().flatten().collect();
    joined(&silent).map(|words| format!("the list of environments: {words}"))
}

fn unread(service: Service, trouble: Option<&Trouble>) -> String {
    match trouble {
        Some(trouble) => format!("the last attempt failed: {}", trouble.clause()),
        None => format!("{} has not answered yet", service.name()),
    }
}

fn joined(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join("; "))
}
