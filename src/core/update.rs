//! `update`: the one function that changes the model.
//!
//! One match on what came in; the steps are in `configure`, `intent`, `link`, `lists`, `reading`, `run`, `session`,
//! `storing`, `troubles` and `vigil`. Every intent is checked against the flow again, because a key can arrive after the
//! flow has moved on; a reply under a ticket nobody waits for does nothing.

mod configure;
mod intent;
mod link;
mod lists;
mod reading;
mod run;
mod session;
mod storing;
mod troubles;
mod vigil;

use super::call::Reply;
use super::effect::Effect;
use super::environment::{Environment, EnvironmentId};
use super::exchange;
use super::facts::Shelf;
use super::gateways::{AtGateway, Gateway, Gateways};
use super::journal::{Entry, Outcome, What};
use super::linking::{LinkStep, Way};
use super::model::{Cloud, Desk, Model, Place, Purpose, Question};
use super::msg::{Intent, Msg, Ticket};
use super::route::screen;
use super::schedule::prior::{Experience, Watched};
use super::schedule::{Pacing, STEP_ATTEMPTS, back_off, fair_share};
use super::service::Service;
use super::setup::{Flow, Setup, Watch};
use super::time::{Now, later};
use super::trouble::{Trouble, record_help};
use super::unseen::is_web_address;
use std::time::Duration;

/// Changes the model by one message; what should happen in the world is returned.
pub fn update(model: &mut Model, msg: Msg, now: Now) -> Vec<Effect> {
    match msg {
        Msg::Start => session::start(model),
        Msg::Intent(wanted) => intent(model, wanted, now),
        Msg::Reply { ticket, result } => {
            if let Some(question) = model.desk.take(ticket) {
                let before = screen(model);
                reply(model, ticket, question, result, now);
                // What was said about another page is no news on this one.
                if screen(model) != before {
                    model.notice = None;
                }
            }
        }
        // Nothing is decided by it.
        Msg::Exchange(exchange) => {
            exchange::keep(&mut model.exchanges, *exchange);
            return Vec::new();
        }
        Msg::RecordFailed(why) => {
            model.notice = Some(format!("The record could not be written: {why}. {}", record_help(&why)));
        }
        Msg::TermsKept { environment, result } => {
            let said =
                with_setup(model, &environment, now, |setup, cx| intent::terms_kept(setup, result, cx)).flatten();
            if let Some(Notice(text)) = said {
                model.notice = Some(text);
            }
        }
        Msg::Claimed { environment, result } => {
            let said = with_setup(model, &environment, now, |setup, cx| run::claimed(setup, result, cx)).flatten();
            if let Some(Notice(text)) = said {
                model.notice = Some(text);
            }
        }
        Msg::Forgotten { name, result } => model.notice = Some(run::forgotten(&name, result)),
        Msg::Holder { environment, held } => run::holder(model, &environment, held, now),
        Msg::Learned(lasted) => {
            for (of, took) in lasted {
                model.experience.add(of, took);
            }
        }
        Msg::FoundRuns(found) => run::found(model, found),
        Msg::Damaged(places) => {
            model.notice = places.first().map(|place| {
                format!("A record cannot be used: {place}. How far its environment is, is read from the services.")
            });
        }
        Msg::Runs(runs) => model.runs = Some(runs),
        Msg::Exported(Ok(done)) => {
            model.notice = Some(format!("Written: {} in {}", done.files.join(", "), done.folder));
        }
        Msg::Exported(Err(why)) => model.notice = Some(format!("The export could not be written: {why}.")),
        Msg::SignInKept(keeping) => {
            if model.keeping.as_ref() != Some(&keeping) {
                let who = model.session.account().map(|name| format!("Signed in as {name}. ")).unwrap_or_default();
                model.notice = Some(format!("{who}{}", keeping.sentence));
            }
            model.keeping = Some(keeping);
        }
        Msg::TokenGiven(service) => token_given(model, service, now),
        Msg::TokenNotTaken(why) => model.notice = Some(why),
        Msg::Leaving(reason) => {
            let running: Vec<EnvironmentId> = model.running().map(|(environment, _)| environment.id.clone()).collect();
            for id in running {
                with_setup(model, &id, now, |setup, cx| {
                    cx.record(setup, What::Left { reason: reason.clone() });
                    if cx.cloud.ends_with_program {
                        // Its services end here, too.
                        cx.record(setup, What::Finished { outcome: Outcome::Ended });
                    }
                });
            }
        }
        Msg::Opened(Ok(address)) => model.notice = Some(format!("Sent to the browser: {address}")),
        Msg::Opened(Err(address)) => {
            model.notice = Some(format!("No browser could be started here. Open this address by hand: {address}"));
        }
    }
    vigil::keep(model, now);
    model.desk.effects()
}

/// What the steps of one set-up may use.
struct Cx<'a> {
    environment: &'a Environment,
    cloud: &'a Cloud,
    account: &'a str,
    tenant: Option<&'a str>,
    desk: &'a mut Desk,
    experience: &'a mut Experience,
    gateways: &'a Gateways,
    shelf: &'a mut Shelf,
    now: Now,
}

impl Cx<'_> {
    /// The dual-write gateway of the environment, if one is known.
    fn gateway(&self, setup: &Setup) -> Option<Gateway> {
        self.gateways.of(self.environment, setup.gateway.as_ref(), self.cloud.has_gateway)
    }

    /// Something that its gateway is asked about.
    fn at_gateway(&self, setup: &Setup, of: impl Into<String>) -> AtGateway {
        AtGateway { gateway: self.gateway(setup).unwrap_or_default(), of: of.into() }
    }

    fn step_question(&self) -> Question {
        Question::about(&self.environment.id, Purpose::Step)
    }

    /// When an operation that has run for `elapsed` is looked at again: where its end is likely, no sooner than
    /// its share of what the service allows.
    fn look_again(&mut self, of: Watched, service: Service, elapsed: Duration) -> Duration {
        let prior = self.experience.prior(of);
        let share = fair_share(service, self.desk.watched(service) + 1);
        Pacing::DEFAULT.pause(&prior, elapsed, self.desk.roll()).max(share)
    }

    fn entry(&self, setup: &Setup, what: What) -> Entry {
        Entry { at: self.now, run: setup.run.clone(), environment: setup.id.0.to_string(), what }
    }

    fn record(&mut self, setup: &Setup, what: What) {
        let entry = self.entry(setup, what);
        self.desk.push(Effect::Record(entry));
    }
}

/// Works on one set-up with everything around it at hand.
fn with_setup<T>(
    model: &mut Model,
    id: &EnvironmentId,
    now: Now,
    work: impl FnOnce(&mut Setup, &mut Cx) -> T,
) -> Option<T> {
    let Model { setups, desk, directory, cloud, session, experience, gateways, shelf, .. } = model;
    let environment = directory.get(id)?;
    if setups.get(id).is_none() {
        setups.add(Setup::new(id.clone(), desk.guid()));
    }
    let account = session.account().unwrap_or("not signed in");
    let tenant = session.tenant();
    setups.work(id, |setup| {
        work(setup, &mut Cx { environment, cloud, account, tenant, desk, experience, gateways, shelf, now })
    })
}

fn intent(model: &mut Model, wanted: Intent, now: Now) {
    model.notice = None;
    match wanted {
        Intent::OpenEnvironment(id) => lists::open(model, &id, now),
        Intent::Survey(id) => lists::survey_one(model, &id, now),
        Intent::LetGo(id) => lists::let_go(model, &id),
        Intent::OpenFirst => match model.directory.environments.first() {
            Some(first) => {
                let id = first.id.clone();
                lists::open(model, &id, now);
            }
            None => model.directory.open_first = model.directory.reading.is_some(),
        },
        Intent::GoOn => run::go_on(model, now),
        Intent::OnlyLook => run::only_look(model, now),
        Intent::Forget => run::forget(model, now),
        Intent::Runs => {
            (model.place, model.runs) = (Place::Runs, None);
            model.desk.push(Effect::ReadRuns);
        }
        Intent::Export(run) => model.desk.push(Effect::Export(run)),
        Intent::ReadNow if model.place == Place::Runs => model.desk.push(Effect::ReadRuns),
        Intent::Environments | Intent::Back if model.selected().is_none() => {
            // What another program drives is that one's.
            model.put_off.extend(model.found.drain(..).filter(|found| found.held.is_none()));
            model.place = Place::List;
        }
        Intent::Environments => model.place = Place::List,
        Intent::Prerequisites => {
            if let Some(id) = model.selected().cloned() {
                model.place = Place::Prerequisites(id);
            }
        }
        Intent::Back if matches!(model.place, Place::Prerequisites(_)) => {
            model.place = model.selected().cloned().map_or(Place::List, Place::Environment);
        }
        Intent::NewCode => session::new_code(model),
        Intent::ReadNow if model.selected().is_none() => {
            // Who drives an interrupted run is asked anew, too.
            if let Some(found) = model.found.first() {
                let environment = EnvironmentId(found.run.environment.as_str().into());
                model.desk.push(Effect::AskHolder { environment, address: model.cloud.address.clone() });
            }
            lists::read_directory(model);
        }
        Intent::InSight(ids) => lists::look_at_those_in_sight(model, ids, now),
        Intent::Open(address) => {
            if is_web_address(&address) {
                model.desk.push(Effect::Open(address));
            } else {
                model.notice = Some("This is no web address; it was not opened.".into());
            }
        }
        Intent::Copy(text) => {
            let what = match text.lines().count() {
                0 | 1 => text.clone(),
                count => format!("{count} lines"),
            };
            model.notice = Some(format!("Sent to the terminal's clipboard: {what}"));
            model.desk.push(Effect::Copy(text));
        }
        other => {
            if run::asks_first(model, &other) {
                return;
            }
            // Of what is missing here the lists may know.
            if other == Intent::ReadNow && (model.directory.lcs_trouble.is_some() || model.directory.trouble.is_some())
            {
                lists::read_directory(model);
            }
            if let Some(id) = model.selected().cloned() {
                let notice = with_setup(model, &id, now, |setup, cx| intent::of_setup(setup, other, cx)).flatten();
                if let Some(Notice(text)) = notice {
                    model.notice = Some(text);
                }
                if with_setup(model, &id, now, |setup, _| std::mem::take(&mut setup.left)) == Some(true) {
                    model.place = Place::List;
                }
            }
        }
    }
}

/// A sentence for the person.
struct Notice(String);

fn reply(model: &mut Model, ticket: Ticket, question: Question, result: Result<Reply, Trouble>, now: Now) {
    if let Err(trouble) = &result
        && waits_for_token(model, &question, ticket, trouble, now)
    {
        model.desk.park(ticket, question);
        return;
    }
    if let Err(trouble) = &result
        && matches!(trouble.what, super::trouble::What::SignInNeeded)
        && question.purpose != Purpose::SignIn
    {
        session::ended(model, trouble);
        if question.call.is_some() {
            model.desk.park(ticket, question);
            return;
        }
    }
    match question.purpose {
        Purpose::SignIn => session::reply(model, ticket, question.misses, result, now),
        Purpose::Environments | Purpose::Lifecycle => lists::directory_reply(model, question, result, now),
        Purpose::Fact(kind) => {
            if let Ok(Reply::Gateway(address)) = &result {
                gateway_found(model, question.about.as_ref(), address);
            }
            if let Some(Notice(text)) = reading::no_gateway(&question, &result) {
                model.notice = Some(text);
            }
            if let Some(id) = question.about.clone()
                && with_setup(model, &id, now, |setup, cx| {
                    reading::fact_reply(setup, kind, ticket, question, result, cx);
                })
                .is_none()
            {
                // Its environment has left the list: whoever finds it there again asks anew.
                model.setups.work(&id, |setup| setup.reading.retain(|_, asked| asked.ticket != ticket));
            }
        }
        Purpose::Watch(kind) => {
            if let Some(id) = question.about.clone() {
                with_setup(model, &id, now, |setup, cx| run::watched(setup, kind, ticket, result, cx));
            }
        }
        Purpose::Vigil(sight) => {
            if let Some(id) = question.about.clone() {
                vigil::seen(model, &id, sight, ticket, result, now);
            }
        }
        Purpose::Step => {
            if let Some(id) = question.about.clone() {
                with_setup(model, &id, now, |setup, cx| step_reply(setup, ticket, result, cx));
            }
        }
    }
}

/// There is a dual-write gateway at this address.
fn gateway_found(model: &mut Model, about: Option<&EnvironmentId>, address: &str) {
    model.notice = Some(format!("The dual-write gateway answers at {address}."));
    if let Some((id, environment)) = about.and_then(|id| Some((id, model.directory.get(id)?)))
        && let Some(own) = model.gateways.found(address, environment)
    {
        model.setups.work(id, |setup| setup.gateway = Some(own));
    }
}

/// Whether the running step of a set-up waits until somebody gives a token, instead of failing. What a
/// person does in Lifecycle Services, and what was reported already, needs no waiting: it can be told
/// without the gateway.
fn waits_for_token(model: &mut Model, question: &Question, ticket: Ticket, trouble: &Trouble, now: Now) -> bool {
    if !model.takes_tokens || !trouble.wants_token() || question.purpose != Purpose::Step || question.call.is_none() {
        return false;
    }
    let Some(id) = question.about.clone() else { return false };
    let waits = with_setup(model, &id, now, |setup, cx| {
        let watch = match &mut setup.flow {
            Flow::Configuring(run) => &mut run.watch,
            Flow::Linking(link)
                if matches!(link.step, LinkStep::Watch | LinkStep::ReadBack { .. }) && !link.reported =>
            {
                &mut link.watch
            }
            _ => return false,
        };
        if watch.ticket != ticket {
            return false;
        }
        watch.trouble = Some(Box::new(trouble.clone()));
        setup.tell(cx.now, format!("{}; it waits for another token", trouble.sentence()));
        true
    });
    waits == Some(true)
}

/// Somebody gave a token: what waits for it is asked, and what could not be read is read again.
fn token_given(model: &mut Model, service: Service, now: Now) {
    model.desk.ask_parked();
    let directory = &model.directory;
    let lists = [&directory.trouble, &directory.lcs_trouble];
    if lists.into_iter().flatten().any(Trouble::wants_token) {
        lists::read_directory(model);
    }
    if let Some(id) = model.selected().cloned() {
        with_setup(model, &id, now, |setup, cx| {
            if !setup.is_running() {
                reading::read_all(setup, cx);
            } else if service == Service::Gateway {
                link::watch_gateway_again(setup, cx);
            }
        });
    }
    let who = service.name();
    model.notice =
        Some(format!("This token is now sent to {who}, which accepts or refuses it; it stays in memory only."));
}

fn step_reply(setup: &mut Setup, ticket: Ticket, result: Result<Reply, Trouble>, cx: &mut Cx) {
    if setup.watch().is_none_or(|watch| watch.ticket != ticket) {
        return;
    }
    match &setup.flow {
        Flow::Configuring(_) => configure::reply(setup, result, cx),
        Flow::Linking(_) => link::reply(setup, result, cx),
        _ => {}
    }
}

/// `r` while something runs: asks the open question now, unless it is under way already or the
/// service asked for a pause.
fn ask_now(setup: &mut Setup, cx: &mut Cx) -> Option<Notice> {
    let watch = match &mut setup.flow {
        Flow::Configuring(run) => &mut run.watch,
        Flow::Linking(link) => &mut link.watch,
        _ => return None,
    };
    if watch.is_change {
        return Some(Notice("A change was just requested; waiting for its answer.".into()));
    }
    if watch.asks_at <= cx.now {
        return Some(Notice("Reading right now; wait a moment.".into()));
    }
    if let Some(until) = watch.not_before.filter(|until| *until > cx.now) {
        let wait = super::time::in_words(super::time::between(cx.now, until));
        return Some(Notice(format!("The service asked to wait; it is read in {wait}.")));
    }
    let question = cx.desk.take(watch.ticket)?;
    cx.desk.push(Effect::Cancel(watch.ticket));
    let call = question.call.clone()?;
    watch.ticket = cx.desk.ask(question, call, Duration::ZERO);
    watch.asks_at = cx.now;
    None
}

impl Watch {
    /// A question that is asked after a pause.
    fn ask(cx: &mut Cx, call: super::call::Call, after: Duration) -> Self {
        let (question, asks) = (cx.step_question(), Some(call.service()));
        let ticket = cx.desk.ask(question, call, after);
        Self {
            ticket,
            asks,
            asks_at: later(cx.now, after),
            is_change: false,
            last: None,
            misses: 0,
            trouble: None,
            not_before: None,
        }
    }

    /// A change that is asked for now.
    fn change(cx: &mut Cx, run: &str, change: super::call::Change) -> Self {
        let asks = Some(change.service());
        let ticket = cx.desk.change(&cx.environment.id, change, run, cx.now);
        Self { ticket, asks, asks_at: cx.now, is_change: true, last: None, misses: 0, trouble: None, not_before: None }
    }

    /// Asks the next question; what was read last stays on the screen.
    fn then_ask(&mut self, cx: &mut Cx, call: super::call::Call, after: Duration) {
        let next = Self::ask(cx, call, after);
        *self = Self { last: self.last.take(), ..next };
    }

    /// Asks for a change; what was read last stays on the screen.
    fn then_change(&mut self, cx: &mut Cx, run: &str, change: super::call::Change) {
        let next = Self::change(cx, run, change);
        *self = Self { last: self.last.take(), ..next };
    }

    /// A good reading.
    fn heard(&mut self, now: Now, word: impl Into<String>) {
        self.last = Some((now, word.into()));
        self.misses = 0;
        self.trouble = None;
        self.not_before = None;
    }

    /// A miss: asks the same question again after a growing pause, and says when.
    fn missed(&mut self, cx: &mut Cx, call: super::call::Call, trouble: Trouble) -> Duration {
        let misses = self.misses.saturating_add(1);
        let pause = back_off(misses, trouble.retry_after, cx.desk.roll());
        let not_before = trouble.retry_after.map(|_| later(cx.now, pause));
        self.then_ask(cx, call, pause);
        self.misses = misses;
        self.not_before = not_before;
        self.trouble = Some(Box::new(trouble));
        pause
    }

    /// Whether asking again makes sense: the trouble can pass and was not seen too often.
    fn may_ask_again(&self, trouble: &Trouble) -> bool {
        trouble.is_passing() && self.misses < STEP_ATTEMPTS
    }
}

/// How the link of this cloud is made.
fn way(cloud: &Cloud) -> Way {
    if cloud.has_link { Way::Direct } else { Way::Assisted }
}

#[cfg(test)]
mod safety;
#[cfg(test)]
mod tests;
