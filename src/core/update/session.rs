//! Signing in: a code, questions until the person is done, then the list is read.

use super::{lists, reading};
use crate::core::call::{Call, Reply};
use crate::core::environment::EnvironmentId;
use crate::core::journal::What;
use crate::core::model::{Model, Purpose, Question};
use crate::core::msg::Ticket;
use crate::core::schedule::back_off;
use crate::core::service::Service;
use crate::core::sign_in::{Account, Ended, SLOW_DOWN, Session, Waiting};
use crate::core::time::Now;
use crate::core::trouble::{Trouble, What as Happened};
use std::time::Duration;

/// How often a code is asked for before a person is told why there is none.
const CODE_ATTEMPTS: u8 = 3;
/// Longest pause between two of them: somebody sits in front of it.
const CODE_PATIENCE: Duration = Duration::from_secs(30);

const QUESTION: Question = Question::of_all(Purpose::SignIn);

/// Starts with whoever the shell says is signed in, or asks for a code.
pub(super) fn start(model: &mut Model) {
    if model.session.account().is_some() {
        lists::read_directory(model);
    } else {
        new_code(model);
    }
}

/// Asks for a fresh code; an old one is forgotten.
pub(super) fn new_code(model: &mut Model) {
    match &model.session {
        Session::SignedIn(_) | Session::AskingForCode(_) => return,
        Session::Waiting(waiting) => model.desk.cancel(waiting.ticket),
        Session::Unknown | Session::Stopped(_) => {}
    }
    let ticket = model.desk.ask(QUESTION, Call::DeviceCode, Duration::ZERO);
    model.session = Session::AskingForCode(ticket);
}

/// A service says that the sign-in has ended: sign in again. What runs goes on at the service.
pub(super) fn ended(model: &mut Model, why: &Trouble) {
    if let Session::SignedIn(account) = &model.session {
        model.ended = Some(Ended { account: account.clone(), why: why.clone() });
        model.session = Session::Unknown;
        new_code(model);
    }
}

/// Somebody has signed in again: told in the record of everything that runs.
fn signed_in_again(model: &mut Model, before: &Account, now: Now) {
    let Some(account) = model.session.account().map(str::to_owned) else { return };
    let running: Vec<EnvironmentId> = model.running().map(|(environment, _)| environment.id.clone()).collect();
    for id in running {
        let what = What::SignedIn { account: account.clone(), before: before.name.clone() };
        let words = if account == before.name {
            format!("{account} has signed in again")
        } else {
            format!("{account} has signed in; it was {} before", before.name)
        };
        super::with_setup(model, &id, now, |setup, cx| {
            cx.record(setup, what);
            setup.tell(cx.now, words);
        });
    }
}

/// `misses`: how often the question under this ticket had brought nothing before.
pub(super) fn reply(model: &mut Model, ticket: Ticket, misses: u8, result: Result<Reply, Trouble>, now: Now) {
    match (&mut model.session, result) {
        (Session::AskingForCode(open), Ok(Reply::DeviceCode { user_code, address, expires_in, interval }))
            if *open == ticket =>
        {
            let pause = Duration::from_secs(interval.max(1));
            let next = model.desk.ask(QUESTION, Call::PollDeviceCode, pause);
            model.session = Session::Waiting(Waiting::new(user_code, address, expires_in, interval, next, now));
        }
        (Session::AskingForCode(open), Err(trouble)) if *open == ticket => {
            let misses = misses.saturating_add(1);
            let is_soon = trouble.retry_after.is_none_or(|wait| wait <= CODE_PATIENCE);
            model.session = if trouble.is_passing() && misses < CODE_ATTEMPTS && is_soon {
                let pause = back_off(misses, trouble.retry_after, model.desk.roll());
                Session::AskingForCode(model.desk.ask(Question { misses, ..QUESTION }, Call::DeviceCode, pause))
            } else {
                Session::Stopped(trouble)
            };
        }
        (Session::Waiting(waiting), result) if waiting.ticket == ticket => match result {
            Ok(Reply::SignedIn(account)) => {
                model.session = Session::SignedIn(account);
                let before = model.ended.take().map(|ended| ended.account);
                if let Some(before) = &before {
                    signed_in_again(model, before, now);
                }
                let is_another = before.is_some_and(|before| model.session.who() != Some(&before));
                if is_another {
                    reading::read_as_another(model, now);
                }
                model.desk.ask_parked();
                if is_another || model.directory.read_at.is_none() {
                    lists::read_directory(model);
                }
            }
            Ok(Reply::SignInPending { slow_down }) => {
                if now >= waiting.until {
                    model.session = Session::Stopped(expired());
                    return;
                }
                if slow_down {
                    waiting.interval += SLOW_DOWN;
                }
                waiting.ticket = model.desk.ask(QUESTION, Call::PollDeviceCode, waiting.interval);
            }
            Err(trouble) if trouble.is_passing() && trouble.what != Happened::SignInNeeded && now < waiting.until => {
                // A time-out asks for a slower pace (RFC 8628 section 3.5).
                let pause = waiting.interval.max(back_off(1, trouble.retry_after, 0.5));
                waiting.interval = (waiting.interval * 2).min(Duration::from_mins(1));
                waiting.ticket = model.desk.ask(QUESTION, Call::PollDeviceCode, pause);
            }
            Err(trouble) => model.session = Session::Stopped(trouble),
            Ok(_) => {}
        },
        _ => {}
    }
}

fn expired() -> Trouble {
    Trouble::new(Service::Entra, Happened::CodeEnded, "")
}
