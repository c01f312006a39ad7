//! Reading: the facts of an environment, and what opens as soon as they are known. Only questions, never a change.

use super::storing::store;
use super::troubles::tell_miss;
use super::{Cx, Notice, link, run};
use crate::core::call::{Call, Reply};
use crate::core::environment::{EnvironmentId, Fact};
use crate::core::facts::FactKind;
use crate::core::gate::{self, Leads};
use crate::core::linking::Confirmation;
use crate::core::model::{Model, Purpose, Question};
use crate::core::msg::Ticket;
use crate::core::plan::{self, APPLICATION_USERS};
use crate::core::schedule::{READ_ATTEMPTS, SIDE_ATTEMPTS, back_off};
use crate::core::service::Service;
use crate::core::setup::{Asked, Flow, Setup, Start};
use crate::core::sign_in::Account;
use crate::core::standing;
use crate::core::time::Now;
use crate::core::trouble::{Trouble, What};
use crate::wire::{app_id, bare_host};
use std::sync::Arc;
use std::time::Duration;

/// How often one of many is asked that is silent until the time limit, and one that fails at once: both are known
/// within about a minute.
const SURVEY_ATTEMPTS_SILENT: u8 = 2;
const SURVEY_ATTEMPTS: u8 = 4;

/// What waits for another fact: the connection set and the maps follow the link, the roles in finance and operations
/// its users.
const FOLLOWING: [FactKind; 3] = [FactKind::ConnectionSet, FactKind::Maps, FactKind::FinopsRoles];

/// Asks for every fact that can be had of this environment.
pub(super) fn read_all(setup: &mut Setup, cx: &mut Cx) {
    setup.facts.reader = reader(cx);
    for kind in FactKind::ALL.iter().filter(|kind| !FOLLOWING.contains(kind)) {
        ask(setup, *kind, cx);
    }
}

/// Another account is signed in: what was read as the one before says nothing of it, and is read anew where nothing
/// runs. A question of the one before is not asked any more.
pub(super) fn read_as_another(model: &mut Model, now: Now) {
    let at_rest = model.setups.values().filter(|setup| !setup.is_running());
    let at_rest: Vec<EnvironmentId> = at_rest.map(|setup| setup.id.clone()).collect();
    for id in at_rest {
        super::with_setup(model, &id, now, |setup, cx| {
            for asked in std::mem::take(&mut setup.reading).into_values() {
                cx.desk.cancel(asked.ticket);
            }
            setup.facts.forget_reader();
            if setup.opened {
                read_all(setup, cx);
            }
        });
    }
}

pub(super) fn reader(cx: &mut Cx) -> Arc<Account> {
    cx.shelf.reader.share(Account { name: cx.account.to_owned(), tenant: cx.tenant.map(str::to_owned) })
}

/// Asks for what the identities on both sides are.
pub(super) fn read_identities(setup: &mut Setup, cx: &mut Cx) {
    for kind in [FactKind::User(0), FactKind::User(1), FactKind::Rows, FactKind::FinopsUsers] {
        ask(setup, kind, cx);
    }
}

pub(super) fn ask(setup: &mut Setup, kind: FactKind, cx: &mut Cx) {
    if setup.reading.contains_key(&kind) {
        return;
    }
    // A survey of a long list looks for no gateways.
    match call(kind, setup, cx, setup.opened || setup.surveyed) {
        Ok(Some(call)) => {
            let question = Question::about(&setup.id, Purpose::Fact(kind));
            let ticket = cx.desk.ask(question, call, Duration::ZERO);
            setup.reading.insert(kind, Asked { ticket, misses: 0 });
        }
        Ok(None) => {}
        Err(trouble) => store(&mut setup.facts, kind, Err(trouble), cx),
    }
}

/// A person names the gateway: it is looked for there, in place of what is being asked now.
pub(super) fn find_gateway(setup: &mut Setup, address: String, cx: &mut Cx) {
    if let Some(asked) = setup.reading.remove(&FactKind::Link) {
        cx.desk.cancel(asked.ticket);
    }
    let purpose = Purpose::Fact(FactKind::Link);
    let question = Question::about(&setup.id, purpose);
    let ticket = cx.desk.ask(question, Call::FindGateway(address), Duration::ZERO);
    setup.reading.insert(FactKind::Link, Asked { ticket, misses: 0 });
}

/// The address that a person gave leads to no gateway: whoever typed it hears it at the first answer, not only where
/// the facts are read.
pub(super) fn no_gateway(question: &Question, result: &Result<Reply, Trouble>) -> Option<Notice> {
    let (Some(Call::FindGateway(address)), Err(trouble)) = (&question.call, result) else { return None };
    let again = match (question.misses, trouble.is_passing()) {
        (0, true) => " It is asked again.",
        (_, true) => return None,
        (_, false) => "",
    };
    Some(Notice(format!("No gateway was found at {address}: {}.{again}", trouble.clause())))
}

/// The question for a fact; `None` where this environment cannot have it.
fn call(kind: FactKind, setup: &Setup, cx: &Cx, looks: bool) -> Result<Option<Call>, Trouble> {
    let (of, facts) = (cx.environment, &setup.facts);
    let dataverse = || of.dataverse.as_ref().map(|side| side.url.clone());
    let finops = || gate::finops_url(of, facts).map(str::to_owned);
    Ok(match kind {
        FactKind::Integration => dataverse().map(Call::Integration),
        FactKind::Packages => of.dataverse.as_ref().and(of.power_platform.clone()).map(Call::Packages),
        FactKind::User(index) => dataverse().map(|dataverse| Call::Users { dataverse, app: APPLICATION_USERS[index] }),
        FactKind::Rows => finops().map(Call::Rows),
        FactKind::FinopsUsers => finops().map(Call::FinopsUsers),
        FactKind::LegalEntities => finops().map(Call::LegalEntities),
        FactKind::Link => match (finops(), cx.gateway(setup), &of.gateway_guess) {
            (None, ..) => None,
            (Some(url), Some(_), _) => Some(Call::Links(cx.at_gateway(setup, bare_host(&url)))),
            // Whether there is a gateway at all is asked without a token.
            (Some(_), None, Some(address)) if looks => Some(Call::GuessedGateway(address.clone())),
            (Some(_), None, _) => return Err(Trouble::new(Service::Gateway, What::NotConfigured, "")),
        },
        FactKind::ConnectionSet => {
            let name = facts.linked().and_then(|link| link.cname.clone()).filter(|name| !name.is_empty());
            name.map(|name| Call::ConnectionSet(cx.at_gateway(setup, name)))
        }
        FactKind::Maps => {
            facts.linked().and_then(|link| link.cid.clone()).map(|cid| Call::Maps(cx.at_gateway(setup, cid)))
        }
        FactKind::OwnRoles => dataverse().map(Call::OwnRoles),
        FactKind::Version => dataverse().map(Call::Version),
        FactKind::Solutions => dataverse().map(Call::Solutions),
        FactKind::PluginSteps => dataverse().map(Call::PluginSteps),
        FactKind::Companies => dataverse().map(Call::Companies),
        FactKind::DefaultTeam => dataverse().map(Call::DefaultTeam),
        FactKind::RuntimeConfigurations => dataverse().map(Call::RuntimeConfigurations),
        FactKind::Organization => dataverse().map(Call::Organization),
        FactKind::FinopsRoles => {
            let user = facts.own_finops_user().map(|user| user.user_id.clone());
            finops().zip(user).map(|(finops, user)| Call::FinopsRoles { finops, user })
        }
        FactKind::Licences | FactKind::DirectoryRoles | FactKind::Principals => {
            if !cx.cloud.has_graph {
                return Err(Trouble::new(Service::Graph, What::NotConfigured, ""));
            }
            Some(match kind {
                FactKind::Licences => Call::Licences,
                FactKind::DirectoryRoles => Call::DirectoryRoles,
                _ => Call::Principals([app_id::DATA_INTEGRATION, app_id::RUNTIME, app_id::RUNTIME_OLD]),
            })
        }
    })
}

/// The questions for a step, which the stages ask on their own account.
pub(super) fn call_for_step(kind: FactKind, setup: &Setup, cx: &Cx) -> Result<Call, Trouble> {
    call(kind, setup, cx, false)?
        .ok_or_else(|| Trouble::new(kind.service(), What::NotConfigured, "no address is known"))
}

/// Once all of that was answered: what else it takes here.
pub(super) fn survey_further(setup: &mut Setup, cx: &mut Cx) {
    if !setup.surveyed || !setup.reading.is_empty() {
        return;
    }
    for kind in standing::further(cx.environment, &setup.facts) {
        if setup.facts.is_unread(*kind) {
            ask(setup, *kind, cx);
        }
    }
}

pub(super) fn fact_reply(
    setup: &mut Setup,
    kind: FactKind,
    ticket: Ticket,
    question: Question,
    result: Result<Reply, Trouble>,
    cx: &mut Cx,
) {
    if setup.reading.get(&kind).is_none_or(|asked| asked.ticket != ticket) {
        return;
    }
    setup.reading.remove(&kind);
    if matches!(result, Ok(Reply::Gateway(_))) {
        // The gateway was found: now it is asked what it was looked for.
        super::link::watch_gateway_again(setup, cx);
        ask(setup, kind, cx);
        return;
    }
    if let Err(trouble) = &result
        && trouble.is_passing()
        && question.misses + 1 < attempts(kind, trouble, setup.surveyed)
        && let Some(call) = question.call.clone()
    {
        let misses = question.misses + 1;
        let pause = back_off(misses, trouble.retry_after, cx.desk.roll());
        tell_miss(setup, trouble, misses, pause, cx);
        let ticket = cx.desk.ask(Question { misses, ..question }, call, pause);
        setup.reading.insert(kind, Asked { ticket, misses });
        // What was known before stays until it surely cannot be read; what was not known has a reason now.
        if setup.facts.is_unread(kind) {
            store(&mut setup.facts, kind, result, cx);
        }
        go_on(setup, cx);
        return;
    }
    take(setup, kind, result, cx);
    survey_further(setup, cx);
    go_on(setup, cx);
}

/// How often a fact is asked for. An answer that cannot be read does not get better by asking often, and one of many
/// environments that gives none is not waited for as long as one that somebody looks at.
fn attempts(kind: FactKind, trouble: &Trouble, is_one_of_many: bool) -> u8 {
    match trouble.what {
        _ if !kind.is_of_flow() => SIDE_ATTEMPTS,
        What::Unreadable => SIDE_ATTEMPTS,
        What::NoAnswer if is_one_of_many => SURVEY_ATTEMPTS_SILENT,
        What::CutOff | What::Unreachable if is_one_of_many => SURVEY_ATTEMPTS,
        _ => READ_ATTEMPTS,
    }
}

/// Keeps a fact, and asks for what follows from it.
pub(super) fn take(setup: &mut Setup, kind: FactKind, result: Result<Reply, Trouble>, cx: &mut Cx) {
    store(&mut setup.facts, kind, result, cx);
    match kind {
        FactKind::Link => {
            if setup.facts.linked().is_some() && setup.opened {
                ask(setup, FactKind::ConnectionSet, cx);
                ask(setup, FactKind::Maps, cx);
            } else if setup.facts.linked().is_none() {
                setup.facts.connection_set = Fact::Unread;
                setup.facts.maps = Fact::Unread;
            }
        }
        FactKind::FinopsUsers => ask(setup, FactKind::FinopsRoles, cx),
        // Only Dataverse knew the finance and operations side: now it can be asked too.
        FactKind::Integration if cx.environment.finops_url().is_none() => {
            for kind in of_finops(setup) {
                ask(setup, *kind, cx);
            }
        }
        _ => {}
    }
}

/// What finance and operations and its gateway know. A survey asks for more than the link where that decides.
pub(super) fn of_finops(setup: &Setup) -> &'static [FactKind] {
    let all = &[FactKind::Link, FactKind::Rows, FactKind::FinopsUsers, FactKind::LegalEntities];
    if setup.surveyed { &all[..1] } else { all }
}

/// Whoever waits for what was read goes on, as soon as enough is here.
pub(super) fn go_on(setup: &mut Setup, cx: &mut Cx) {
    if setup.to_take_up.is_some() && is_judgeable(setup) && !setup.is_running() {
        if let Some(run) = setup.to_take_up.take() {
            run::claim(setup, Start::TakeUp(run), cx);
        }
        return;
    }
    match setup.flow {
        Flow::Details { wanted: true } if setup.is_read_enough() => {
            setup.flow = Flow::Details { wanted: false };
            if gate::dual_write_application(cx.environment, &setup.facts).is_open() {
                setup.flow = match configure_flow(setup, cx) {
                    Flow::Terms { .. } if gate::link(cx.environment, &setup.facts).is_open() => Flow::Configured,
                    flow => flow,
                };
            }
        }
        Flow::Mismatch if gate::mismatch(cx.environment, &setup.facts).is_none() => {
            setup.flow = Flow::Details { wanted: false };
        }
        Flow::Configuring(_) if is_judgeable(setup) => super::configure::all_read(setup, cx),
        // Somebody mended it elsewhere.
        Flow::ConfigureFailed(ref run, _)
            if setup.reading.is_empty() && plan::is_there(cx.environment, &setup.facts, &run.mandate) =>
        {
            setup.flow = Flow::Details { wanted: false };
        }
        Flow::LinkFailed(_, _) if gate::is_linked(cx.environment, &setup.facts) => {
            setup.flow = link::linked_already(setup, cx);
        }
        // The gateway has shown the link, and shows now that it is gone, or leads elsewhere.
        Flow::Linked(ref linked) if linked.confirmed == Confirmation::Gateway && is_gone(setup, linked.at, cx) => {
            setup.tell(cx.now, "the link that was here is not shown any more");
            setup.flow = Flow::Details { wanted: false };
        }
        _ => {}
    }
}

/// Where the button Dual-write application leads: to the terms, unless there is a link. What nobody can tell, the
/// details say.
pub(super) fn configure_flow(setup: &Setup, cx: &Cx) -> Flow {
    match gate::leads(cx.environment, &setup.facts) {
        Leads::Elsewhere => Flow::Mismatch,
        Leads::Here => link::linked_already(setup, cx),
        Leads::Unsure(_) => Flow::Details { wanted: false },
        Leads::Nowhere => Flow::Terms { seen_to_end: false, ticked: false, keeping: false },
    }
}

/// Whether a reading since then says that there is no link to this environment.
fn is_gone(setup: &Setup, since: Now, cx: &Cx) -> bool {
    let facts = &setup.facts;
    let is_newer = facts.link.at().is_some_and(|at| at > since);
    is_newer
        && facts.link.value().is_some()
        && (facts.linked().is_none() || gate::mismatch(cx.environment, facts).is_some())
}

/// Whether the first and the last stage can judge: what Configure makes was answered for good, and
/// the rest at least missed once.
pub(super) fn is_judgeable(setup: &Setup) -> bool {
    let of_configure = |kind: &FactKind| {
        matches!(kind, FactKind::Integration | FactKind::Packages | FactKind::User(_) | FactKind::Rows)
    };
    setup.is_read_enough() && !setup.reading.keys().any(of_configure)
}
