//! What the eye is doing: focus, scroll, selection, half-typed text. Never saved, never true of
//! the set-up.

use super::order::Order;
use crate::core::environment::EnvironmentId;
use crate::core::mandate::Module;
use crate::core::model::Model;
use crate::core::route::{Screen, screen};
use crate::core::service::Service;
use crate::core::time::Now;
use secrecy::SecretString;
use tui_input::Input;

/// Focus and scroll of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Label of the focused stop; none: the page's own choice.
    pub(super) focus: Option<&'static str>,
    /// Rows scrolled away.
    pub(super) scroll: usize,
}

/// What can be laid over a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The keys, and a few sentences about the step.
    Help,
    /// Original words, ids, timeline.
    Details,
    /// Something runs: leave all the same?
    Leave,
    /// Make the missing identities?
    Repair,
    /// Who the client ID rows run as.
    PickUser,
    /// Which modules are added.
    Modules,
    /// Type the name to reset the link.
    Reset,
    /// One run of the record, whole.
    Run,
    /// One prerequisite, whole.
    Check,
    /// Forget the interrupted run?
    Forget,
    /// A token for this service.
    Token(Service),
    /// The address of the dual-write gateway.
    Gateway,
}

/// An overlay and where the eye is on it.
#[derive(Clone)]
pub(super) struct Overlay {
    pub(super) ask: Ask,
    pub(super) stage: Stage,
    /// What was typed so far. It can be a token, so nothing here has a `Debug` that shows it.
    pub(super) input: Input,
    /// What it was laid over, if that was not the screen.
    under: Option<Box<Overlay>>,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overlay").field("ask", &self.ask).field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// Order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// As the services list them.
    #[default]
    Service,
    /// By name.
    Name,
    /// By how far they are: what runs or failed first.
    Stage,
}

impl Sort {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Service => Self::Name,
            Self::Name => Self::Stage,
            Self::Stage => Self::Service,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Service => "unsorted",
            Self::Name => "by name",
            Self::Stage => "by set-up",
        }
    }
}

/// The list as the eye left it. It outlives a look at another screen.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) selected: Option<EnvironmentId>,
    /// First row shown.
    pub(super) top: usize,
    pub(super) filter: Input,
    /// The filter has the keys.
    pub(super) typing: bool,
    pub(super) sort: Sort,
    /// What is shown, as it was worked out last.
    pub(super) order: Order,
    /// What was selected then, and its place in the order.
    pub(super) found: Option<(Option<EnvironmentId>, usize)>,
}

/// What the eye is doing.
#[derive(Clone, Debug, Default)]
pub struct Eye {
    /// The screen that focus and scroll belong to.
    seen: Option<(Screen, Option<EnvironmentId>)>,
    /// Columns and rows of the terminal, and the rows of the page that scroll, as they were last.
    pub(super) settled: Option<((u16, u16), usize)>,
    pub(super) stage: Stage,
    pub(super) list: List,
    /// Place of the selected run of the record.
    pub(super) run: usize,
    /// The modules that are ticked.
    pub(super) modules: Vec<Module>,
    /// A deleted user may be purged: the box of the repair.
    pub(super) purges: bool,
    /// The user that was chosen for the client ID rows.
    pub(super) row_user: Option<String>,
    /// Place of the selected user, among those that are offered.
    pub(super) user: usize,
    /// The selected prerequisite.
    pub(super) check: Option<&'static str>,
    pub(super) overlay: Option<Overlay>,
    /// The section of the details is closed.
    pub(super) folded: bool,
    /// A token that was typed and that nobody took yet.
    pub(super) token: Option<SecretString>,
    /// When Enter was pressed last where there was nothing to press.
    pub(super) entered: Option<Now>,
    /// Why the last key did nothing.
    pub(super) hint: Option<String>,
}

impl Eye {
    /// Takes the token that was typed, once.
    pub fn take_token(&mut self) -> Option<SecretString> {
        self.token.take()
    }

    /// Focus and scroll of what has the keys.
    pub(super) fn stage_mut(&mut self) -> &mut Stage {
        match &mut self.overlay {
            Some(over) => &mut over.stage,
            None => &mut self.stage,
        }
    }

    /// Whether the question is open that comes before leaving.
    pub(super) fn is_asked_to_leave(&self) -> bool {
        self.overlay.as_ref().is_some_and(|over| over.ask == Ask::Leave)
    }

    /// Lays something over what is shown.
    pub(super) fn ask(&mut self, ask: Ask) {
        let under = self.overlay.take().map(Box::new);
        self.overlay = Some(Overlay { ask, stage: Stage::default(), input: Input::default(), under });
    }

    /// Takes it away again: what it was laid over is as it was. Only a name that confirms is typed anew.
    pub(super) fn close(&mut self) {
        self.overlay = self.overlay.take().and_then(|over| over.under).map(|under| *under);
        if let Some(over) = self.overlay.as_mut().filter(|over| over.ask == Ask::Reset) {
            over.input = Input::default();
        }
    }

    /// Whether this is another screen or another environment than at the last look; if so, focus
    /// and scroll begin anew, and a question about the old one goes away.
    pub(super) fn follow(&mut self, model: &Model) {
        let now = (screen(model), model.selected().cloned());
        if self.seen.as_ref() == Some(&now) {
            return;
        }
        // Whoever comes back to the list stands where they were, however they got there.
        if let (_, Some(id)) = &now {
            self.list.selected = Some(id.clone());
        }
        // What is not met there stands first: the place on the list of another one would hide it.
        if self.seen.as_ref().is_none_or(|(_, before)| *before != now.1) {
            self.check = None;
        }
        self.seen = Some(now);
        self.stage = Stage::default();
        self.folded = false;
        self.hint = None;
        self.list.typing = false;
        (self.purges, self.row_user, self.user) = (false, None, 0);
        self.modules = model.current().map(|(_, setup)| setup.modules.clone()).unwrap_or_default();
        let is_of_it = |over: &Overlay| matches!(over.ask, Ask::Repair | Ask::PickUser | Ask::Modules | Ask::Reset);
        self.overlay = self.overlay.take().filter(|over| !is_of_it(over)).map(|over| Overlay { under: None, ..over });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_as_it_was_but_for_a_name_that_confirms() {
        for (ask, left) in [(Ask::PickUser, "gra"), (Ask::Reset, "")] {
            let mut eye = Eye::default();
            eye.ask(ask);
            eye.overlay.as_mut().unwrap().input = "gra".into();
            eye.ask(Ask::Leave);
            assert!(eye.is_asked_to_leave());
            eye.close();
            let over = eye.overlay.as_ref().unwrap();
            assert_eq!((over.ask, over.input.value()), (ask, left));
            eye.close();
            assert!(eye.overlay.is_none());
        }
    }
}
