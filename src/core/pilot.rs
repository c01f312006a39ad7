//! The pilot: what a run without a screen wants next of one environment.
//!
//! It presses the buttons that a person would press, in the same order, through the same gates. It
//! never consents: what was not agreed to beforehand ends the run before the first change.

use super::environment::{Environment, EnvironmentId};
use super::facts::{Answer, Facts};
use super::gate::{self, Gate, Integration, Leads};
use super::journal::Work;
use super::linking::LinkStep;
use super::mandate::Module;
use super::model::Model;
use super::msg::Intent;
use super::plan;
use super::setup::{Flow, Setup};
use super::terms;
use super::trouble::Again;
use crate::wire::bare_id;
use std::mem::{Discriminant, discriminant};

/// Where a run shall end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Configure is done.
    Configured,
    /// Linked.
    Linked,
}

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The whole way; these modules too.
    SetUp(Vec<Module>),
    /// Only the link.
    Link,
    /// Reset link; what was typed to name the environments.
    Reset(Vec<String>),
}

/// What was asked for, and what was agreed to beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    /// Where the run shall end.
    pub until: Until,
    /// What for.
    pub goal: Goal,
    /// Version of the terms that were accepted on the command line.
    pub accepted: Option<String>,
    /// Changes were agreed to on the command line.
    pub yes: bool,
}

impl Orders {
    /// The version of the terms that was named, if it is not the one that holds.
    pub fn other_terms(&self) -> Option<&str> {
        self.accepted.as_deref().filter(|named| *named != terms::version())
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something is on its way.
    Wait,
    /// Want this.
    Want(Intent),
    /// The run is over.
    End(End),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Linked.
    Linked,
    /// Configured, and no more was asked for.
    Configured,
    /// Consent is missing, and which.
    Consent(String),
    /// A choice only a person can make.
    Choice(String),
    /// Another program drives the environment.
    Held(String),
    /// Nothing could be written down.
    NoRecord(String),
    /// What must be known could not be found out.
    Unreachable(String),
    /// Prerequisites are not met, and which.
    Prerequisites(String),
    /// A stage failed; the flow says why.
    ConfigureFailed,
    /// The link failed; the flow says why.
    LinkFailed,
    /// Dual-write is linked to another environment; and why that was not mended, where there is more to
    /// say.
    Mismatch(String),
}

/// The pilot of one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pilot {
    /// Which.
    pub id: EnvironmentId,
    /// What was asked for.
    pub orders: Orders,
    /// The button that was pressed last, and where.
    pressed: Option<(Intent, Discriminant<Flow>)>,
}

/// Why Reset link is closed: what could not be read can be read another time, what was read is a mismatch that
/// stays.
pub fn reset_closed(environment: &Environment, facts: &Facts, why: &str) -> End {
    match gate::reset_link_unread(environment, facts) {
        Some(trouble) => {
            let next = trouble.next_move(Again::Command);
            End::Unreachable(format!("Reset link is not possible now. {}. {next}", why.trim_end_matches(['.', ' '])))
        }
        None => End::Mismatch(format!("Reset link is not possible now. {why}")),
    }
}

impl Orders {
    /// Whether an interrupted piece of work is part of what was asked for now: only then it is taken up.
    pub fn include(&self, work: &Work) -> bool {
        match (&self.goal, work) {
            (Goal::SetUp(_), Work::Link { .. }) => self.until == Until::Linked,
            (Goal::SetUp(_), Work::Configure { .. })
            | (Goal::Link, Work::Link { .. })
            | (Goal::Reset(_), Work::Reset { .. }) => true,
            _ => false,
        }
    }
}

impl Pilot {
    /// Nothing was pressed yet.
    pub fn new(id: EnvironmentId, orders: Orders) -> Self {
        Self { id, orders, pressed: None }
    }

    /// What comes next. To be asked after every change of the model.
    pub fn next(&mut self, model: &Model) -> Next {
        // Whatever was accepted before: who names other terms has not read these.
        if let Some(named) = self.orders.other_terms() {
            let version = terms::version();
            return Next::End(End::Consent(format!(
                "The terms are version {version}, not {named}. Read them (--show-terms), then --accept-terms {version}."
            )));
        }
        let Some(setup) = model.setups.get(&self.id).filter(|setup| setup.opened) else {
            return Next::Want(Intent::OpenEnvironment(self.id.clone()));
        };
        if setup.starts.is_some() || setup.to_take_up.is_some() {
            return Next::Wait;
        }
        let next = self.of_flow(model, setup);
        if let Next::Want(intent) = &next {
            // A button that was pressed and brought nothing says why, and is not pressed again.
            let pressed = (intent.clone(), discriminant(&setup.flow));
            if self.pressed.as_ref() == Some(&pressed) {
                let why = model.notice.clone().unwrap_or_else(|| "The program came to no end.".into());
                return Next::End(match &setup.held {
                    Some(_) => End::Held(why),
                    None => End::NoRecord(why),
                });
            }
            self.pressed = Some(pressed);
        }
        next
    }

    fn of_flow(&self, model: &Model, setup: &Setup) -> Next {
        // Nobody is here to give another token, and the one there was does not come back to life.
        if let Some(trouble) =
            setup.watch().filter(|watch| watch.waits_for_token()).and_then(|watch| watch.trouble.as_deref())
        {
            let next = trouble.next_move(Again::Command);
            return Next::End(End::Unreachable(format!(
                "{} {next} What was started continues.",
                trouble.whole_sentence()
            )));
        }
        if let Some(next) = self.modules_first(model, setup) {
            return next;
        }
        match &setup.flow {
            Flow::Details { .. } => self.of_details(model, setup),
            Flow::Terms { seen_to_end: false, .. } => Next::Want(Intent::TermsSeenToEnd),
            Flow::Terms { ticked: false, .. } => Next::Want(Intent::TickTerms),
            Flow::Terms { keeping: true, .. } | Flow::Configuring(_) => Next::Wait,
            Flow::Terms { .. } => Next::Want(Intent::Configure),
            Flow::Confirm => Next::Want(Intent::Ok),
            Flow::Configured if self.orders.until == Until::Configured => Next::End(End::Configured),
            Flow::Configured => match (self.consent_to_change(), self.link_gate(model, setup)) {
                (Some(end), _) => Next::End(end),
                (None, Gate::Open) => Next::Want(Intent::Link),
                (None, Gate::Reading) => Next::Wait,
                (None, Gate::Closed(why)) => Next::End(End::Prerequisites(why)),
            },
            Flow::ConfigureFailed(_, _) => Next::End(End::ConfigureFailed),
            Flow::Linking(link) if link.step == LinkStep::AskPerson => Next::End(End::Choice(
                "Nothing here can tell whether the link is there. Select Link to Power Platform environment in \
                 Lifecycle Services, then confirm it in the wizard."
                    .into(),
            )),
            Flow::Linking(_) => Next::Wait,
            // What was read because of the failure says what is behind it.
            Flow::LinkFailed(_, _) if !setup.reading.is_empty() => Next::Wait,
            Flow::LinkFailed(_, _) => Next::End(End::LinkFailed),
            Flow::Linked(_) => Next::End(End::Linked),
            Flow::Mismatch => self.of_mismatch(model, setup),
        }
    }

    /// Reset link: only where it is open, agreed to, and the environment was named exactly.
    fn of_mismatch(&self, model: &Model, setup: &Setup) -> Next {
        let (Goal::Reset(typed), Some(environment)) = (&self.orders.goal, model.directory.get(&self.id)) else {
            return Next::End(End::Mismatch(String::new()));
        };
        if !setup.is_read() {
            return Next::Wait;
        }
        match gate::reset_link(environment, &setup.facts) {
            Gate::Closed(why) => return Next::End(reset_closed(environment, &setup.facts, &why)),
            Gate::Reading => return Next::Wait,
            Gate::Open => {}
        }
        let names_it = |text: &String| text.trim() == environment.name || bare_id(text) == bare_id(&environment.id.0);
        if !typed.iter().any(names_it) {
            return Next::End(End::Consent(format!(
                "Reset link removes all table maps, so the environment is named exactly: --environment {}.",
                environment.name
            )));
        }
        self.consent_to_change().map_or(Next::Want(Intent::ResetLink(environment.name.clone())), Next::End)
    }

    fn link_gate(&self, model: &Model, setup: &Setup) -> Gate {
        model.directory.get(&self.id).map_or(Gate::Reading, |environment| gate::link(environment, &setup.facts))
    }

    fn of_details(&self, model: &Model, setup: &Setup) -> Next {
        if let Some(held) = &setup.held {
            return Next::End(End::Held(format!("{} works on this environment.", held.words())));
        }
        let Some(environment) = model.directory.get(&self.id) else { return Next::Wait };
        if !setup.is_read() {
            return Next::Wait;
        }
        let facts = &setup.facts;
        if let Goal::SetUp(modules) = &self.orders.goal
            && *modules != setup.modules
        {
            return Next::Want(Intent::ChooseModules(modules.clone()));
        }
        let leads = gate::leads(environment, facts);
        if leads == Leads::Elsewhere {
            return match self.orders.goal {
                Goal::Reset(_) => Next::Want(Intent::Mismatch),
                Goal::SetUp(_) | Goal::Link => Next::End(End::Mismatch(String::new())),
            };
        }
        if matches!(self.orders.goal, Goal::Reset(_)) && facts.linked().is_none() {
            let why = match facts.link.trouble() {
                Some(trouble) => return Next::End(End::Unreachable(trouble.in_full(Again::Command))),
                None => "There is no link, so there is nothing to reset.",
            };
            return Next::End(End::Prerequisites(why.into()));
        }
        if matches!(self.orders.goal, Goal::Reset(_))
            && let Some(trouble) = gate::reset_link_unread(environment, facts)
        {
            // Whether the link leads elsewhere cannot be told.
            return Next::End(End::Unreachable(trouble.in_full(Again::Command)));
        }
        match leads {
            Leads::Elsewhere | Leads::Nowhere => {}
            Leads::Unsure(why) => return Next::End(End::Unreachable(why)),
            Leads::Here => {
                return match &self.orders.goal {
                    Goal::SetUp(modules) if !modules.is_empty() => self.add_modules(environment, setup, modules),
                    _ => Next::Want(Intent::Link),
                };
            }
        }
        match (gate::dual_write_application(environment, facts), gate::integration(environment, facts)) {
            (Gate::Open, _) => {}
            (Gate::Closed(why), Integration::Unknown(_)) => return Next::End(End::Unreachable(why)),
            (Gate::Closed(why), _) => return Next::End(End::Prerequisites(why)),
            (Gate::Reading, _) => {
                let why = "Could not tell whether Power Platform Integration is set up.";
                return Next::End(End::Unreachable(why.into()));
            }
        }
        if let (Gate::Closed(why), Answer::Yes) = (gate::link(environment, facts), facts.configured(environment))
            && self.orders.until == Until::Linked
        {
            return Next::End(End::Prerequisites(why));
        }
        // Who asked for modules has them only once they are installed.
        let is_there = match self.orders.goal {
            Goal::SetUp(_) => plan::is_there(environment, facts, &setup.mandate()),
            Goal::Link | Goal::Reset(_) => facts.configured(environment) == Answer::Yes,
        };
        let configured = gate::link(environment, facts).is_open() && is_there;
        match (configured, self.orders.until) {
            (true, Until::Configured) => Next::End(End::Configured),
            (true, Until::Linked) => self.consent_to_change().map_or(Next::Want(Intent::Link), Next::End),
            (false, _) if matches!(self.orders.goal, Goal::SetUp(_)) => {
                self.consent().map_or(Next::Want(Intent::DualWriteApplication), Next::End)
            }
            (false, _) => Next::End(match facts.configured(environment) {
                Answer::Unknown(reasons) => End::Unreachable(reasons.join("; ")),
                Answer::No(reasons) => End::Prerequisites(format!(
                    "Not configured yet: {}. Run dualwrite setup first: it makes this, then links.",
                    reasons.join("; ")
                )),
                Answer::Yes => End::Prerequisites("The link cannot be made yet.".into()),
            }),
        }
    }

    /// Modules that were asked for and are not there, where all else is: an earlier run that was taken up knew nothing of
    /// them.
    fn modules_first(&self, model: &Model, setup: &Setup) -> Option<Next> {
        let (Goal::SetUp(modules), Flow::Configured | Flow::Linked(_)) = (&self.orders.goal, &setup.flow) else {
            return None;
        };
        if modules.is_empty() {
            return None;
        }
        if *modules != setup.modules {
            return Some(Next::Want(Intent::ChooseModules(modules.clone())));
        }
        if !setup.reading.is_empty() {
            return Some(Next::Wait);
        }
        let environment = model.directory.get(&self.id)?;
        (plan::installed(&setup.facts, &setup.mandate()) != Answer::Yes)
            .then(|| self.add_modules(environment, setup, modules))
    }

    /// What is there stays as it is; modules that were asked for are added.
    fn add_modules(&self, environment: &Environment, setup: &Setup, modules: &[Module]) -> Next {
        let (facts, mandate) = (&setup.facts, setup.mandate());
        if gate::modules(environment, facts, &mandate) {
            return self.consent().map_or_else(|| Next::Want(Intent::InstallModules(modules.to_vec())), Next::End);
        }
        match (plan::installed(facts, &mandate), gate::dual_write_application(environment, facts)) {
            (Answer::Yes, _) => Next::Want(Intent::Link),
            (Answer::Unknown(reasons), _) => Next::End(End::Unreachable(format!(
                "Whether the modules are there could not be told: {}.",
                reasons.join("; ")
            ))),
            (Answer::No(_), Gate::Closed(why)) => {
                Next::End(End::Prerequisites(format!("No module can be added. {why}")))
            }
            (Answer::No(reasons), _) => {
                Next::End(End::Prerequisites(format!("No module can be added: {}.", reasons.join("; "))))
            }
        }
    }

    /// What Configure lacks of consent.
    fn consent(&self) -> Option<End> {
        if self.orders.accepted.is_none() {
            let more = if self.orders.yes { "" } else { " Changes need --yes, too; --dry-run shows them." };
            let version = terms::version();
            return Some(End::Consent(format!(
                "Read the terms (--show-terms), then accept them with --accept-terms {version}.{more}"
            )));
        }
        self.consent_to_change()
    }

    /// What a change lacks of consent.
    fn consent_to_change(&self) -> Option<End> {
        (!self.orders.yes).then(|| End::Consent("Changes need --yes; --dry-run shows them.".into()))
    }
}
