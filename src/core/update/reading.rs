//! Reading: the list of environments, and the facts of each. Only questions, never a change.

use super::troubles::tell_miss;
use super::{Cx, link, run, with_setup};
use crate::core::call::{Call, Reply};
use crate::core::check;
use crate::core::directory::{Directory, READ_WITH_LIST};
use crate::core::environment::{Environment, EnvironmentId, Fact, by_beginning};
use crate::core::facts::{FactKind, Facts};
use crate::core::gate::{self, Gate};
use crate::core::model::{Cloud, Model, Purpose, Question};
use crate::core::msg::Ticket;
use crate::core::plan::{self, APPLICATION_USERS};
use crate::core::schedule::{READ_ATTEMPTS, SIDE_ATTEMPTS, THROTTLED_ATTEMPTS, back_off};
use crate::core::setup::{Asked, Flow, Setup, Start};
use crate::core::sign_in::Account;
use crate::core::standing;
use crate::core::time::Now;
use crate::core::trouble::{Service, Trouble, What};
use crate::wire::{app_id, bare_host, dataverse, finance_operations, gateway, power_platform};
use std::sync::Arc;
use std::time::Duration;

/// How often one of many is asked that is silent until the time limit, and one that fails at once: both are known
/// within about a minute.
const SURVEY_ATTEMPTS_SILENT: u8 = 2;
const SURVEY_ATTEMPTS: u8 = 4;

/// What is read of an environment for the list.
const SURVEY: [FactKind; 2] = [FactKind::Link, FactKind::Packages];

/// What is read of an environment that is opened, what the flow stands on first. The connection set and
/// the maps follow the link, the roles in finance and operations its users.
const EVERYTHING: [FactKind; 19] = [
    FactKind::Integration,
    FactKind::Packages,
    FactKind::User(0),
    FactKind::User(1),
    FactKind::Rows,
    FactKind::FinopsUsers,
    FactKind::LegalEntities,
    FactKind::Link,
    FactKind::Solutions,
    FactKind::OwnRoles,
    FactKind::Companies,
    FactKind::Version,
    FactKind::PluginSteps,
    FactKind::DefaultTeam,
    FactKind::RuntimeConfigurations,
    FactKind::Organization,
    FactKind::Licences,
    FactKind::DirectoryRoles,
    FactKind::Principals,
];

/// Asks for both lists.
pub(super) fn read_directory(model: &mut Model) {
    let directory = &mut model.directory;
    let question = |purpose| Question { about: None, purpose, misses: 0, call: None };
    if directory.reading.is_none() {
        directory.reading = Some(model.desk.ask(question(Purpose::Environments), Call::Environments, Duration::ZERO));
    }
    if directory.reading_lcs.is_none() && model.cloud.has(Service::Lcs) {
        directory.reading_lcs = Some(model.desk.ask(question(Purpose::Lifecycle), Call::Lifecycle, Duration::ZERO));
    }
}

/// Takes a fresh list. One that has lost an environment does not stop what runs in it.
pub(super) fn take_list(model: &mut Model, take: impl FnOnce(&mut Directory)) {
    let running: Vec<Environment> = model.running().map(|(environment, _)| environment.clone()).collect();
    take(&mut model.directory);
    for environment in running {
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
        && model.selected.is_none()
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

/// Once all of that was answered: what else it takes here.
fn survey_further(setup: &mut Setup, cx: &mut Cx) {
    if !setup.surveyed || !setup.reading.is_empty() {
        return;
    }
    for kind in standing::further(cx.environment, &setup.facts) {
        if setup.facts.is_unread(*kind) {
            ask(setup, *kind, cx);
        }
    }
}

/// Keeps nothing of an environment in which nothing runs.
pub(super) fn let_go(model: &mut Model, id: &EnvironmentId) {
    if model.selected.as_ref() == Some(id) {
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
        (model.selected, model.at_prerequisites) = (Some(id.clone()), false);
    }
}

/// Asks for every fact that can be had of this environment.
pub(super) fn read_all(setup: &mut Setup, cx: &mut Cx) {
    setup.facts.reader = reader(cx);
    for kind in EVERYTHING {
        ask(setup, kind, cx);
    }
}

fn reader(cx: &mut Cx) -> Arc<Account> {
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
    match call(kind, cx.environment, &setup.facts, cx.cloud, setup.opened || setup.surveyed) {
        Ok(Some(call)) => {
            let question =
                Question { about: Some(setup.id.clone()), purpose: Purpose::Fact(kind), misses: 0, call: None };
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
    let question = Question { about: Some(setup.id.clone()), purpose, misses: 0, call: None };
    let ticket = cx.desk.ask(question, Call::FindGateway(address), Duration::ZERO);
    setup.reading.insert(FactKind::Link, Asked { ticket, misses: 0 });
}

/// The question for a fact; `None` where this environment cannot have it.
fn call(kind: FactKind, of: &Environment, facts: &Facts, cloud: &Cloud, looks: bool) -> Result<Option<Call>, Trouble> {
    let dataverse = || of.dataverse.as_ref().map(|side| side.url.clone());
    let finops = || gate::finops_url(of, facts).map(str::to_owned);
    let gateway = || {
        if cloud.has_gateway { Ok(()) } else { Err(Trouble::new(Service::Gateway, What::NotConfigured, "")) }
    };
    Ok(match kind {
        FactKind::Integration => dataverse().map(Call::Integration),
        FactKind::Packages => of.dataverse.as_ref().and(of.power_platform.clone()).map(Call::Packages),
        FactKind::User(index) => dataverse().map(|dataverse| Call::Users { dataverse, app: APPLICATION_USERS[index] }),
        FactKind::Rows => finops().map(Call::Rows),
        FactKind::FinopsUsers => finops().map(Call::FinopsUsers),
        FactKind::LegalEntities => finops().map(Call::LegalEntities),
        FactKind::Link => match (finops(), &of.gateway_guess) {
            // Whether there is a gateway at all is asked without a token.
            (Some(_), Some(address)) if !cloud.has_gateway && looks => Some(Call::FindGateway(address.clone())),
            (Some(url), _) => {
                gateway()?;
                Some(Call::Links(bare_host(&url)))
            }
            (None, _) => None,
        },
        FactKind::ConnectionSet => {
            facts.linked().and_then(|link| link.cname.clone()).filter(|name| !name.is_empty()).map(Call::ConnectionSet)
        }
        FactKind::Maps => facts.linked().and_then(|link| link.cid.clone()).map(Call::Maps),
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
            if !cloud.has_graph {
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
    call(kind, cx.environment, &setup.facts, cx.cloud, false)?
        .ok_or_else(|| Trouble::new(kind.service(), What::NotConfigured, "no address is known"))
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
fn of_finops(setup: &Setup) -> &'static [FactKind] {
    let all = &[FactKind::Link, FactKind::Rows, FactKind::FinopsUsers, FactKind::LegalEntities];
    if setup.surveyed { &all[..1] } else { all }
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
            setup.flow = match gate::dual_write_application(cx.environment, &setup.facts) {
                Gate::Open if gate::mismatch(cx.environment, &setup.facts).is_some() => Flow::Mismatch,
                Gate::Open if gate::is_linked(cx.environment, &setup.facts) => link::linked_already(setup, cx),
                // The details say that nobody can tell where it should lead.
                Gate::Open if setup.facts.linked().is_some() => Flow::Details { wanted: false },
                Gate::Open if gate::link(cx.environment, &setup.facts).is_open() => Flow::Configured,
                Gate::Open => Flow::Terms { seen_to_end: false, ticked: false, keeping: false },
                Gate::Closed(_) | Gate::Reading => Flow::Details { wanted: false },
            };
        }
        Flow::Mismatch if gate::mismatch(cx.environment, &setup.facts).is_none() => {
            setup.flow = Flow::Details { wanted: false };
        }
        Flow::Configuring(_) if is_judgeable(setup) => super::configure::all_read(setup, cx),
        // Somebody mended it elsewhere.
        Flow::ConfigureFailed(ref run, _) if setup.reading.is_empty() && plan::is_there(&setup.facts, &run.mandate) => {
            setup.flow = Flow::Details { wanted: false };
        }
        Flow::LinkFailed(_, _) if gate::is_linked(cx.environment, &setup.facts) => {
            setup.flow = link::linked_already(setup, cx);
        }
        _ => {}
    }
}

/// Whether the first and the last stage can judge: what Configure makes was answered for good, and
/// the rest at least missed once.
pub(super) fn is_judgeable(setup: &Setup) -> bool {
    let of_configure = |kind: &FactKind| {
        matches!(kind, FactKind::Integration | FactKind::Packages | FactKind::User(_) | FactKind::Rows)
    };
    setup.is_read_enough() && !setup.reading.keys().any(of_configure)
}

/// The rows that somebody asks for: a list of packages or solutions has hundreds, of which dual-write knows some.
fn only<T>(rows: Vec<T>, is_asked_for: impl Fn(&T) -> bool) -> Vec<T> {
    rows.into_iter().filter(is_asked_for).collect()
}

/// The packages that somebody asks for, with what is asked of them.
fn packages(rows: Vec<power_platform::Package>) -> Vec<power_platform::Package> {
    let rows = only(rows, plan::is_known).into_iter();
    tight(
        rows.map(|row| power_platform::Package { id: None, application_name: None, localized_name: None, ..row })
            .collect(),
    )
}

/// Legal entities by their codes; nobody asks for their names.
fn codes(rows: Vec<finance_operations::LegalEntity>) -> Vec<finance_operations::LegalEntity> {
    tight(rows.into_iter().map(|row| finance_operations::LegalEntity { name: None, ..row }).collect())
}

/// Roles by what they are, without the ids that each organisation gives them.
fn nameable(rows: Vec<dataverse::Role>) -> Vec<dataverse::Role> {
    let nameable = |row| dataverse::Role { roleid: String::new(), business_unit: None, ..row };
    tight(rows.into_iter().map(nameable).collect())
}

/// Companies without the columns that nobody asks for; the answer has all there are.
fn companies(mut rows: Vec<dataverse::Company>) -> Vec<dataverse::Company> {
    for row in &mut rows {
        row.more.retain(|column, _| column == dataverse::OWNING_TEAM);
    }
    tight(rows)
}

/// The link among the answers of the gateway.
fn link_of(rows: Vec<gateway::Link>) -> Option<gateway::Link> {
    rows.into_iter().find(|row| row.cid.as_deref().is_some_and(|id| !id.is_empty()))
}

/// Without the room that reading has left over: what was read is kept for long, and seldom changed.
fn tight<T>(mut rows: Vec<T>) -> Vec<T> {
    rows.shrink_to_fit();
    rows
}

/// Keeps what came back. An answer of another kind than asked for is "could not tell".
pub(super) fn store(facts: &mut Facts, kind: FactKind, result: Result<Reply, Trouble>, cx: &mut Cx) {
    let (now, shelf) = (cx.now, &mut *cx.shelf);
    macro_rules! keep {
        ($fact:expr, $pattern:pat => $value:expr) => {
            $fact = match result {
                Ok($pattern) => Fact::Known($value, now),
                Ok(_) => Fact::Unknown(Box::new(Trouble::new(kind.service(), What::Unreadable, "")), now),
                Err(trouble) => Fact::Unknown(Box::new(trouble), now),
            }
        };
    }
    match kind {
        FactKind::Integration => keep!(facts.integration, Reply::Integration(row) => row),
        FactKind::Packages => {
            keep!(facts.packages, Reply::Packages(rows) => shelf.packages.share(packages(rows)));
        }
        FactKind::User(index) => keep!(facts.users[index], Reply::Users(rows) => shelf.users.share(tight(rows))),
        FactKind::Rows => keep!(facts.rows, Reply::Rows(rows) => shelf.rows.share(tight(rows))),
        FactKind::FinopsUsers => {
            keep!(facts.finops_users, Reply::FinopsUsers(rows) => shelf.finops_users.share(tight(rows)));
        }
        FactKind::LegalEntities => {
            keep!(facts.legal_entities, Reply::LegalEntities(rows) => shelf.legal_entities.share(codes(rows)));
        }
        FactKind::Link => keep!(facts.link, Reply::Links(rows) => link_of(rows).map(Box::new)),
        FactKind::ConnectionSet => keep!(facts.connection_set, Reply::ConnectionSet(set) => set),
        FactKind::Maps => keep!(facts.maps, Reply::Maps(rows) => shelf.maps.share(tight(rows))),
        FactKind::OwnRoles => keep!(facts.own_roles, Reply::OwnRoles(rows) => shelf.own_roles.share(nameable(rows))),
        FactKind::Version => keep!(facts.version, Reply::Version(text) => shelf.version.share(text)),
        FactKind::Solutions => {
            keep!(facts.solutions, Reply::Solutions(rows) => {
                shelf.solutions.share(tight(only(rows, check::is_told_by)))
            });
        }
        FactKind::PluginSteps => {
            keep!(facts.plugin_steps, Reply::PluginSteps(rows) => shelf.plugin_steps.share(tight(rows)));
        }
        FactKind::Companies => {
            keep!(facts.companies, Reply::Companies(rows) => {
                rows.map(|rows| shelf.companies.share(companies(rows)))
            });
        }
        FactKind::DefaultTeam => {
            keep!(facts.default_team, Reply::DefaultTeam(team) => shelf.default_team.share(team));
        }
        FactKind::RuntimeConfigurations => {
            keep!(facts.runtime_configurations, Reply::RuntimeConfigurations(count) => count);
        }
        FactKind::Organization => {
            keep!(facts.organization, Reply::Organization(row) => shelf.organization.share(row));
        }
        FactKind::FinopsRoles => {
            keep!(facts.finops_roles, Reply::FinopsRoles(rows) => shelf.finops_roles.share(tight(rows)));
        }
        FactKind::Licences => keep!(facts.licences, Reply::Licences(rows) => shelf.licences.share(tight(rows))),
        FactKind::DirectoryRoles => {
            keep!(facts.directory_roles, Reply::DirectoryRoles(rows) => shelf.directory_roles.share(tight(rows)));
        }
        FactKind::Principals => {
            keep!(facts.principals, Reply::Principals(rows) => shelf.principals.share(tight(rows)));
        }
    }
}
