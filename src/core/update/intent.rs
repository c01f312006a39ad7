//! What a person wants of the set-up that is looked at.
//!
//! Owns the check of every intent against the flow and the gates, because a key can arrive after the flow has moved on.
//! What then runs is in `configure`, `link` and `run`; intents that are about no single set-up are in `update`.

use super::{Cx, Notice, link, reading, run};
use crate::core::effect::Effect;
use crate::core::gate::{self, Gate};
use crate::core::linking::Confirmation;
use crate::core::msg::Intent;
use crate::core::plan::StageId;
use crate::core::setup::{Flow, Setup, Start};
use crate::core::terms::{self, Acceptance};
use crate::core::trouble::record_help;

/// Does what is wanted of the set-up that is looked at, as far as the flow and the gates allow it; else a sentence.
pub(super) fn of_setup(setup: &mut Setup, wanted: Intent, cx: &mut Cx) -> Option<Notice> {
    if let Some(why) = gate::held(cx.environment, setup, &wanted) {
        return Some(Notice(why));
    }
    let facts = &setup.facts;
    match wanted {
        Intent::Back => back(setup),
        Intent::Mismatch => {
            if gate::mismatch(cx.environment, facts).is_some() && matches!(setup.flow, Flow::Details { .. }) {
                setup.flow = Flow::Mismatch;
            }
        }
        Intent::DualWriteApplication => {
            if !matches!(setup.flow, Flow::Details { .. }) {
                return None;
            }
            if !setup.is_read_enough() {
                setup.flow = Flow::Details { wanted: true };
                return Some(Notice("Still reading this environment. The next page opens when that is done.".into()));
            }
            match gate::dual_write_application(cx.environment, facts) {
                Gate::Open => setup.flow = reading::configure_flow(setup, cx),
                Gate::Closed(why) => return Some(Notice(why)),
                Gate::Reading => {
                    return Some(Notice("Still reading this environment; wait a moment, then try again.".into()));
                }
            }
        }
        Intent::TermsSeenToEnd => {
            if let Flow::Terms { seen_to_end, .. } = &mut setup.flow {
                *seen_to_end = true;
            }
        }
        Intent::TickTerms => {
            if let Flow::Terms { ticked, keeping: false, .. } = &mut setup.flow {
                *ticked = !*ticked;
            }
        }
        Intent::Configure => match setup.flow {
            Flow::Terms { seen_to_end: true, ticked: true, keeping: false } => {
                let acceptance = Acceptance {
                    version: terms::version().into(),
                    account: cx.account.to_owned(),
                    environment: cx.environment.id.clone(),
                    at: cx.now,
                };
                setup.accepts = Some(acceptance.clone());
                cx.desk.push(Effect::KeepTerms(acceptance));
                setup.flow = Flow::Terms { seen_to_end: true, ticked: true, keeping: true };
            }
            Flow::Terms { seen_to_end: false, .. } => {
                return Some(Notice("Read the terms to their end first.".into()));
            }
            Flow::Terms { ticked: false, .. } => return Some(Notice("Tick the box first.".into())),
            _ => {}
        },
        Intent::Ok => {
            if matches!(setup.flow, Flow::Confirm) {
                run::claim(setup, Start::Configure { first: StageId::Prerequisites, mandate: setup.mandate() }, cx);
            }
        }
        Intent::ReadNow => match setup.flow {
            Flow::Configuring(_) | Flow::Linking(_) => return super::ask_now(setup, cx),
            _ => {
                reading::read_all(setup, cx);
                run::ask_holder(setup, cx);
            }
        },
        Intent::TryAgain => match &setup.flow {
            Flow::ConfigureFailed(_, _) => run::claim(setup, Start::ConfigureAgain, cx),
            Flow::LinkFailed(_, _) => return link::try_again(setup, cx),
            _ => {}
        },
        Intent::RepairIdentities(mandate) => {
            if is_at_rest(&setup.flow) && gate::repair(cx.environment, facts) {
                run::claim(setup, Start::Configure { first: StageId::ApplicationUsers, mandate }, cx);
            }
        }
        Intent::ChooseModules(modules) => setup.modules = modules,
        Intent::InstallModules(modules) => {
            setup.modules = modules;
            let mandate = setup.mandate();
            if is_at_rest(&setup.flow) && gate::modules(cx.environment, &setup.facts, &mandate) {
                run::claim(setup, Start::Configure { first: StageId::Application, mandate }, cx);
            }
        }
        Intent::Link => return link::wanted(setup, cx),
        Intent::StopWaiting => link::stop_waiting(setup, cx),
        Intent::FindGateway(address) => reading::find_gateway(setup, address, cx),
        Intent::ConfirmLinked => link::confirmed_by_person(setup, cx),
        Intent::ResetLink(typed) => return link::reset(setup, &typed, cx),
        // The others are not about one set-up.
        Intent::OpenEnvironment(_)
        | Intent::Survey(_)
        | Intent::LetGo(_)
        | Intent::OpenFirst
        | Intent::Environments
        | Intent::Prerequisites
        | Intent::NewCode
        | Intent::InSight(_)
        | Intent::Runs
        | Intent::Export(_)
        | Intent::GoOn
        | Intent::OnlyLook
        | Intent::Forget
        | Intent::Open(_)
        | Intent::Copy(_) => {}
    }
    None
}

/// Nothing runs, and nobody is in the middle of a consent.
fn is_at_rest(flow: &Flow) -> bool {
    matches!(
        flow,
        Flow::Details { .. }
            | Flow::ConfigureFailed(_, _)
            | Flow::Configured
            | Flow::LinkFailed(_, _)
            | Flow::Linked(_)
    )
}

/// The terms count as accepted once that is durable; what could not be kept leaves Configure closed.
pub(super) fn terms_kept(setup: &mut Setup, result: Result<(), String>, cx: &mut Cx) -> Option<Notice> {
    let Flow::Terms { keeping: keeping @ true, .. } = &mut setup.flow else { return None };
    match result {
        Ok(()) => {
            setup.tell(cx.now, format!("terms {} accepted by {}", terms::version(), cx.account));
            setup.accepted = true;
            setup.flow = Flow::Confirm;
            // What will change is said from fresh facts.
            reading::read_all(setup, cx);
            None
        }
        Err(why) => {
            *keeping = false;
            setup.accepts = None;
            Some(Notice(format!(
                "The terms do not count as accepted, because that could not be written down: {why}. {}",
                record_help(&why)
            )))
        }
    }
}

/// One step back. Nothing that runs is stopped: from what runs, back is the list.
fn back(setup: &mut Setup) {
    match &setup.flow {
        // Read back just like the details themselves: nothing is forgotten by going there.
        Flow::Linked(linked) if linked.took.is_none() && linked.confirmed == Confirmation::Gateway => {
            setup.flow = Flow::Details { wanted: false };
        }
        // A failure stays: whoever comes back finds its words and the way on.
        Flow::Details { .. }
        | Flow::Configuring(_)
        | Flow::Linking(_)
        | Flow::Linked(_)
        | Flow::ConfigureFailed(_, _)
        | Flow::LinkFailed(_, _) => setup.left = true,
        Flow::Confirm => setup.flow = Flow::Terms { seen_to_end: true, ticked: true, keeping: false },
        Flow::Mismatch | Flow::Terms { .. } | Flow::Configured => setup.flow = Flow::Details { wanted: false },
    }
}
