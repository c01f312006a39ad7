//! Identities: application users in Dataverse, client ID rows in finance and operations. Each is
//! read, changed only where something is missing, and read back.

use super::super::troubles::failure_of;
use super::{Cx, Next, ask, change, finish, given_up, own_words, settle};
use crate::core::call::{Call, Change, Reply};
use crate::core::configuring::{Configuring, StageState, Step};
use crate::core::facts::{FactKind, IdentityState};
use crate::core::gate;
use crate::core::journal::{ChangeResult, Deed, What as Line};
use crate::core::plan::{APPLICATION_USERS, application_users, client_id_rows};
use crate::core::schedule::{SETTLE_PAUSE, back_off};
use crate::core::service::Service;
use crate::core::setup::Setup;
use crate::core::trouble::{Done, Trouble};
use std::time::Duration;

/// Changes asked for one identity before the program stops and says so: three are needed at most
/// (make, enable, role), and each can be lost on its way.
const IDENTITY_CHANGES: u8 = 9;

pub(super) fn read_rows(run: &mut Configuring, setup: &mut Setup, cx: &mut Cx, changes: u8, after: Duration) -> Next {
    run.step = Step::ReadRows { changes };
    ask(run, setup, cx, FactKind::Rows, after)
}

pub(super) fn read_user(
    run: &mut Configuring,
    setup: &mut Setup,
    cx: &mut Cx,
    index: usize,
    changes: u8,
    after: Duration,
) -> Next {
    run.step = Step::ReadUser { index, changes };
    run.stages[run.current].detail = format!("{} of {}", index + 1, application_users(cx.environment).len());
    ask(run, setup, cx, FactKind::User(index), after)
}

pub(super) fn user_read(run: &mut Configuring, setup: &mut Setup, index: usize, changes: u8, cx: &mut Cx) -> Next {
    let app = APPLICATION_USERS[index];
    let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
    let state = setup.facts.user_state(index);
    settle(run, setup, cx, |deed, _| {
        let (Deed::CreateUser { app: of }
        | Deed::EnableUser { app: of }
        | Deed::GiveRole { app: of }
        | Deed::PurgeUser { app: of }) = deed
        else {
            return None;
        };
        let was_not_done = matches!(
            (deed, &state),
            (Deed::CreateUser { .. }, Some(IdentityState::Missing))
                | (Deed::EnableUser { .. }, Some(IdentityState::Disabled { .. }))
                | (Deed::GiveRole { .. }, Some(IdentityState::NoRole { .. }))
                | (Deed::PurgeUser { .. }, Some(IdentityState::Deleted { .. }))
        );
        (of == app).then_some(if was_not_done { ChangeResult::NotDone } else { ChangeResult::Done })
    });
    if changes >= IDENTITY_CHANGES && !matches!(state, Some(IdentityState::Good { .. })) {
        let words = format!("Application user {app} is still not enabled with its role after {changes} changes");
        return given_up(run, Service::Dataverse, &words, setup, cx);
    }
    match state {
        Some(IdentityState::Good { .. }) => {
            if changes > 0 {
                setup.tell(cx.now, format!("application user {app} is there"));
            }
            run.met = None;
            if index + 1 < application_users(cx.environment).len() {
                return read_user(run, setup, cx, index + 1, 0, Duration::ZERO);
            }
            finish(run, setup, cx, StageState::Done, "both there, enabled, with their role")
        }
        Some(IdentityState::Missing) => {
            run.step = Step::ReadBusinessUnit { index, changes, user: None };
            run.watch.then_ask(cx, Call::RootBusinessUnit(dataverse), Duration::ZERO);
            Next::Stay
        }
        Some(IdentityState::Disabled { user }) => {
            run.step = Step::ChangeUser { index, changes };
            change(run, setup, cx, Change::EnableUser { dataverse, user, app })
        }
        Some(IdentityState::NoRole { user, business_unit: Some(unit) }) => {
            read_role(run, cx, index, changes, user, unit)
        }
        Some(IdentityState::NoRole { user, business_unit: None }) => {
            run.step = Step::ReadBusinessUnit { index, changes, user: Some(user) };
            run.watch.then_ask(cx, Call::RootBusinessUnit(dataverse), Duration::ZERO);
            Next::Stay
        }
        Some(IdentityState::Deleted { user }) if run.mandate.purges => {
            run.step = Step::ChangeUser { index, changes };
            change(run, setup, cx, Change::PurgeUser { dataverse, user, app })
        }
        Some(IdentityState::Deleted { .. }) => {
            let words = format!(
                "A deleted application user {app} is in the way of a new one. In the wizard Repair the identities \
                 permanently deletes it after asking; by hand: Power Platform admin center, Settings, Users + permissions, \
                 Application users."
            );
            own_words(Service::Dataverse, words, setup, cx)
        }
        None => {
            let words = format!("Could not tell whether application user {app} is there.");
            own_words(Service::Dataverse, words, setup, cx)
        }
    }
}

pub(super) fn read_role(
    run: &mut Configuring,
    cx: &mut Cx,
    index: usize,
    changes: u8,
    user: String,
    business_unit: String,
) -> Next {
    let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
    run.step = Step::ReadRole { index, changes, user, business_unit: business_unit.clone() };
    run.watch.then_ask(cx, Call::AdministratorRole { dataverse, business_unit }, Duration::ZERO);
    Next::Stay
}

pub(super) fn create_user(
    run: &mut Configuring,
    setup: &mut Setup,
    index: usize,
    changes: u8,
    business_unit: String,
    cx: &mut Cx,
) -> Next {
    let dataverse = cx.environment.dataverse.as_ref().map(|side| side.url.clone()).unwrap_or_default();
    run.step = Step::ChangeUser { index, changes };
    change(run, setup, cx, Change::CreateUser { dataverse, app: APPLICATION_USERS[index], business_unit })
}

pub(super) fn rows_read(run: &mut Configuring, setup: &mut Setup, changes: u8, cx: &mut Cx) -> Next {
    let needed = client_id_rows(setup.facts.core_version().as_deref());
    settle(run, setup, cx, |deed, facts| {
        let (app, wanted) = match deed {
            Deed::CreateRow { app, .. } => (app, None),
            Deed::BindRow { app, user } => (app, Some(user)),
            _ => return None,
        };
        let is_done = match (facts.row_user(app), wanted) {
            (Some(Some(now)), Some(wanted)) => now.eq_ignore_ascii_case(wanted),
            (Some(Some(_)), None) => true,
            _ => false,
        };
        Some(if is_done { ChangeResult::Done } else { ChangeResult::NotDone })
    });
    for app in needed {
        let bound = match setup.facts.row_user(app) {
            Some(Some(user)) if setup.facts.finops_user_enabled(&user) == Some(false) => Some(user),
            Some(Some(_)) => continue,
            Some(None) => None,
            None => {
                let words = format!("Could not tell whether client ID row {app} is there.");
                return own_words(Service::FinanceOperations, words, setup, cx);
            }
        };
        return put_row(run, setup, app, bound.as_deref(), changes, cx);
    }
    let is_enabled = |app: &&str| {
        let user = setup.facts.row_user(app).flatten();
        user.is_some_and(|user| setup.facts.finops_user_enabled(&user) == Some(true))
    };
    let words = if needed.iter().all(is_enabled) {
        "both there, with enabled users"
    } else {
        "both there; could not tell whether their users are enabled"
    };
    finish(run, setup, cx, StageState::Done, words)
}

/// Adds a client ID row, or binds the one that runs as somebody missing or disabled to the user that was
/// chosen. Nobody is replaced by a user that nobody chose.
fn put_row(
    run: &mut Configuring,
    setup: &mut Setup,
    app: &'static str,
    bound: Option<&str>,
    changes: u8,
    cx: &mut Cx,
) -> Next {
    if changes >= IDENTITY_CHANGES {
        let words = format!("Client ID row {app} is still not right after {changes} changes");
        return given_up(run, Service::FinanceOperations, &words, setup, cx);
    }
    let user = run.mandate.row_user().to_owned();
    let is_off = setup.facts.finops_user_enabled(&user) == Some(false);
    let words = match bound {
        Some(old) if run.mandate.row_user.is_none() => Some(format!(
            "Client ID row {app} runs as {old}, who is missing or disabled in finance and operations. Either let Repair the identities, in the wizard, bind it to a user that you choose, or enable {old} there and try again."
        )),
        _ if is_off => Some(format!(
            "The user {user} is missing or disabled in finance and operations, so no client ID row can run as it. Either repair the identities in the wizard with another user, or enable it there and try again."
        )),
        _ => None,
    };
    if let Some(words) = words {
        return own_words(Service::FinanceOperations, words, setup, cx);
    }
    let finops = gate::finops_url(cx.environment, &setup.facts).unwrap_or_default().to_owned();
    run.step = Step::ChangeRows { changes };
    change(
        run,
        setup,
        cx,
        if bound.is_some() { Change::BindRow { finops, app, user } } else { Change::CreateRow { finops, app, user } },
    )
}

/// What came of a change of an identity: read it back after a pause, or the stage fails. A
/// duplicate means that it is there.
pub(super) fn change_answered(
    run: &mut Configuring,
    setup: &mut Setup,
    result: Result<Reply, Trouble>,
    cx: &mut Cx,
) -> Result<Duration, Next> {
    match result {
        Ok(_) => {
            cx.record(setup, Line::came(ChangeResult::Done, None));
            if let Some(deed) = run.last_deed.clone() {
                setup.wrote(deed);
            }
            run.met = None;
            run.watch.heard(cx.now, "changed");
            Ok(Duration::ZERO)
        }
        Err(trouble) => {
            cx.record(setup, Line::went_wrong(&trouble));
            run.met = Some(Box::new(trouble.clone()));
            let is_purge = matches!(run.last_deed, Some(Deed::PurgeUser { .. }));
            // There already, or gone already: reading it back decides.
            if trouble.answered(412) || is_purge && trouble.answered(404) {
                return Ok(Duration::ZERO);
            }
            // A row that is there already is refused as any other; whoever made it, reading it back decides.
            if matches!(run.last_deed, Some(Deed::CreateRow { .. }))
                && trouble.answered(400)
                && is_duplicate(&trouble.words)
            {
                return Ok(SETTLE_PAUSE);
            }
            run.unsettled = run.last_deed.clone().filter(|_| trouble.done == Done::Perhaps);
            if trouble.done == Done::Perhaps || trouble.is_passing() {
                let pause = SETTLE_PAUSE.max(back_off(1, trouble.retry_after, cx.desk.roll()));
                setup.tell(
                    cx.now,
                    format!("{}; read again in {}", trouble.sentence(), crate::core::time::in_words(pause)),
                );
                return Ok(pause);
            }
            let mut failure = failure_of(&trouble, setup, cx);
            if matches!(run.last_deed, Some(Deed::CreateUser { .. })) && is_twin(&trouble.words) {
                "A user with this application id exists that Dataverse does not list, most likely a deleted one. Power Platform admin center, the environment, Settings, Users + permissions, Application users: look for it among the deleted ones, restore it or delete it for good, then try again.".clone_into(&mut failure.next_move);
            }
            Err(Next::Failed(Box::new(failure)))
        }
    }
}

/// Whether a refusal says that there is such a row. The wording is not documented, so a wrong guess must be harmless:
/// the rows are only read again, and changed so many times at most.
fn is_duplicate(words: &str) -> bool {
    let words = words.to_lowercase();
    ["already exist", "duplicate"].iter().any(|known| words.contains(known))
}

/// Whether a refusal says that a user with this application id exists already.
fn is_twin(words: &str) -> bool {
    words.to_lowercase().contains("matching application id")
}
