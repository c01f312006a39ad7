//! Which screen a flow shows, and where it is on the rail. Nothing else decides that.

use super::facts::Answer;
use super::gate;
use super::linking::Confirmation;
use super::model::{Model, Place};
use super::setup::Flow;
use super::sign_in::Session;

/// The screens. Each has one file in `screens` and one line in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Screen {
    /// Sign in.
    SignIn,
    /// Interrupted runs.
    Resume,
    /// The record.
    Runs,
    /// The list.
    Environments,
    /// Both sides of one environment.
    Details,
    /// What must be true for dual-write.
    Prerequisites,
    /// The mismatch.
    Mismatch,
    /// Terms and conditions.
    Terms,
    /// What will change.
    Confirm,
    /// The stages run.
    Progress,
    /// Ready to link.
    Complete,
    /// A stage failed.
    Failed,
    /// The link is being made.
    LinkProgress,
    /// The link is there.
    Linked,
    /// The link failed.
    LinkFailed,
}

/// The screen of this moment.
pub fn screen(model: &Model) -> Screen {
    if !matches!(model.session, Session::SignedIn(_) | Session::Unknown) {
        return Screen::SignIn;
    }
    let Some((_, setup)) = model.current() else {
        return match model.place {
            _ if !model.found.is_empty() => Screen::Resume,
            Place::Runs => Screen::Runs,
            _ => Screen::Environments,
        };
    };
    if matches!(model.place, Place::Prerequisites(_)) { Screen::Prerequisites } else { of_flow(&setup.flow) }
}

/// The screen of a flow itself, whatever else is looked at.
pub fn of_flow(flow: &Flow) -> Screen {
    match flow {
        Flow::Details { .. } => Screen::Details,
        Flow::Mismatch => Screen::Mismatch,
        Flow::Terms { .. } => Screen::Terms,
        Flow::Confirm => Screen::Confirm,
        Flow::Configuring(_) => Screen::Progress,
        Flow::ConfigureFailed(_, _) => Screen::Failed,
        Flow::Configured => Screen::Complete,
        Flow::Linking(_) => Screen::LinkProgress,
        Flow::LinkFailed(_, _) => Screen::LinkFailed,
        Flow::Linked(_) => Screen::Linked,
    }
}

/// The words of the rail.
pub const RAIL: [&str; 6] = ["Details", "Terms", "Confirm", "Set up", "Link", "Done"];

/// How a place on the rail is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Behind us.
    Done,
    /// Behind us, and not done from here: nobody accepted terms in this program.
    Passed,
    /// Here.
    Now,
    /// Here, and it failed.
    Failed,
    /// Here, with a warning.
    Warn,
    /// Ahead.
    Ahead,
}

/// The marks of the rail; none on screens that are not a step.
pub fn rail(model: &Model) -> Option<[Mark; 6]> {
    let (environment, setup) = model.current()?;
    let screen = match screen(model) {
        Screen::Prerequisites => of_flow(&setup.flow),
        other => other,
    };
    let (place, mark) = match screen {
        Screen::SignIn | Screen::Resume | Screen::Runs | Screen::Environments | Screen::Prerequisites => return None,
        Screen::Details => (0, Mark::Now),
        Screen::Mismatch => (0, Mark::Warn),
        Screen::Terms => (1, Mark::Now),
        Screen::Confirm => (2, Mark::Now),
        Screen::Progress => (3, Mark::Now),
        Screen::Failed => (3, Mark::Failed),
        Screen::Complete | Screen::LinkProgress => (4, Mark::Now),
        Screen::LinkFailed => (4, Mark::Failed),
        Screen::Linked => match &setup.flow {
            Flow::Linked(link) if link.confirmed != Confirmation::Gateway => (5, Mark::Warn),
            _ => (5, Mark::Now),
        },
    };
    let is_linked = gate::is_linked(environment, &setup.facts);
    let is_set_up = is_linked || setup.facts.configured(environment) == Answer::Yes;
    let behind = |at: usize| if matches!(at, 1 | 2) && !setup.accepted { Mark::Passed } else { Mark::Done };
    Some(std::array::from_fn(|at| match at.cmp(&place) {
        std::cmp::Ordering::Less => behind(at),
        std::cmp::Ordering::Equal => mark,
        // What is there already is not ahead, wherever one looks from.
        std::cmp::Ordering::Greater if (at == 4 && is_linked) || (at <= 3 && is_set_up) => behind(at),
        std::cmp::Ordering::Greater => Mark::Ahead,
    }))
}
