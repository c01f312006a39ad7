//! The identities on both sides, each with yes, no or could not tell: what DW9003 is about.

use super::{View, parts};
use crate::core::environment::Environment;
use crate::core::environment::Fact;
use crate::core::facts::{FactKind, Facts, IdentityState, why};
use crate::core::gate;
use crate::core::mandate::Mandate;
use crate::core::plan::{self, Certainty, Planned, Side, app_name, application_users, client_id_rows};
use crate::core::setup::Setup;
use crate::core::time::Now;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, behind};
use crate::ui::text::{clean, fit};

/// Cells of the name of an application.
const NAME: usize = 27;
/// Cells from which an id is shown whole.
const WHOLE_ID_FROM: usize = 92;
/// Cells of a whole id.
const WHOLE_ID: usize = 36;
/// Cells of an id in short.
const SHORT_ID: usize = 13;

/// One identity: its application, the answer, and more about it.
pub(super) struct Identity {
    pub(super) app: &'static str,
    pub(super) mark: Mark,
    pub(super) words: String,
}

impl Identity {
    fn answer(&self) -> &'static str {
        match self.mark {
            Mark::Done => "yes",
            Mark::Failed => "no",
            Mark::Waiting if self.words.is_empty() => "not read",
            Mark::Waiting => "not yet",
            Mark::Busy => "being read",
            _ => "could not tell",
        }
    }
}

fn unknown<T>(fact: &Fact<T>, app: &'static str, setup: &Setup, kind: FactKind) -> Identity {
    match fact {
        Fact::Unknown(..) => Identity { app, mark: Mark::Unknown, words: clean(&why(fact)) },
        _ => Identity { app, mark: parts::unread(setup, kind).0, words: String::new() },
    }
}

/// The application users in Dataverse.
pub(super) fn users(environment: &Environment, setup: &Setup) -> Vec<Identity> {
    let facts = &setup.facts;
    let one = |(index, app): (usize, &'static str)| {
        let said = |mark, words: &str| Identity { app, mark, words: words.to_owned() };
        match facts.user_state(index) {
            Some(IdentityState::Good { .. }) => said(Mark::Done, "System Administrator"),
            Some(IdentityState::Disabled { .. }) => said(Mark::Failed, "disabled"),
            Some(IdentityState::NoRole { .. }) => said(Mark::Failed, "lacks System Administrator"),
            Some(IdentityState::Missing) => said(Mark::Failed, "no such user"),
            Some(IdentityState::Deleted { .. }) => said(Mark::Failed, "deleted, prevents a new one"),
            None => unknown(&facts.users[index], app, setup, FactKind::User(index)),
        }
    };
    application_users(environment).iter().copied().enumerate().map(one).collect()
}

/// The client ID rows in finance and operations.
pub(super) fn rows(setup: &Setup) -> Vec<Identity> {
    let facts = &setup.facts;
    let one = |app: &'static str| match facts.row_user(app) {
        Some(Some(user)) => {
            let name = clean(&user);
            let (mark, words) = match facts.finops_user_enabled(&user) {
                Some(true) => (Mark::Done, format!("runs as {name}, enabled")),
                Some(false) => (Mark::Failed, format!("runs as {name}, who is missing or disabled")),
                None => (Mark::Done, format!("runs as {name}; could not tell whether enabled")),
            };
            Identity { app, mark, words }
        }
        Some(None) => Identity { app, mark: Mark::Failed, words: "no such row".into() },
        None => unknown(&facts.rows, app, setup, FactKind::Rows),
    };
    client_id_rows(facts.core_version().as_deref()).into_iter().map(one).collect()
}

/// `2 of 2`, or which part of it could not be told.
pub(super) fn in_short(of: &[Identity]) -> String {
    let count = |mark: Mark| of.iter().filter(|identity| identity.mark == mark).count();
    match (count(Mark::Busy), count(Mark::Unknown)) {
        (0, 0) if count(Mark::Waiting) > 0 => "not read".to_owned(),
        (0, 0) => format!("{} of {}", count(Mark::Done), of.len()),
        (0, _) => "could not tell".to_owned(),
        _ => "being read".to_owned(),
    }
}

/// The identities of one side, one line each. `before` Configure what is missing is no failure.
pub(super) fn table(view: &View, side: Side, cells: usize, before: bool) -> Vec<Row> {
    let Some((environment, setup)) = view.model.current() else { return Vec::new() };
    let of = match side {
        Side::Dataverse => users(environment, setup),
        Side::FinanceOperations => rows(setup),
    };
    let calm = |identity: Identity| Identity {
        mark: if before && identity.mark == Mark::Failed { Mark::Waiting } else { identity.mark },
        ..identity
    };
    let of: Vec<Identity> = of.into_iter().map(calm).collect();
    let answer_cells = of.iter().map(|identity| identity.answer().len()).max().unwrap_or(0) + 2;
    let mut table = Vec::new();
    for identity in of {
        let id = if cells >= WHOLE_ID_FROM {
            fit(identity.app, WHOLE_ID + 2, "")
        } else {
            fit(&parts::short_id(identity.app, *view.look), SHORT_ID, "")
        };
        let mark = identity.mark;
        let start = Row::new(format!("  {} ", mark.glyph(view.look.glyphs)), mark.role())
            .and(fit(identity.answer(), answer_cells, ""), mark.role())
            .and(id, Role::Dim);
        let name = Piece::new(fit(app_name(identity.app), NAME, ""), Role::Plain);
        let words = Piece::new(identity.words.clone(), if mark == Mark::Done { Role::Dim } else { Role::Plain });
        if start.width() + NAME + 12 <= cells {
            let mut start = start;
            start.pieces.push(name);
            table.extend(behind(start, &[words], cells));
        } else {
            // Too narrow for a table: the name, and what is to be said of it below.
            let answer = fit(identity.answer(), answer_cells, "");
            let head = Row::new(format!("  {} {answer}", mark.glyph(view.look.glyphs)), mark.role());
            let then = if identity.words.is_empty() { "" } else { ": " };
            let body = [Piece::new(format!("{}{then}", app_name(identity.app)), Role::Plain), words];
            table.extend(behind(head, &body, cells));
        }
    }
    table
}

/// When the identities of a side were read, or could not be.
pub(super) fn read_at(side: Side, facts: &Facts) -> Option<Now> {
    match side {
        Side::Dataverse => facts.users.iter().filter_map(Fact::at).min(),
        Side::FinanceOperations => facts.rows.at(),
    }
}

/// The host of a side.
pub(super) fn host(view: &View, side: Side) -> String {
    let Some((environment, setup)) = view.model.current() else { return String::new() };
    let url = match side {
        Side::Dataverse => environment.dataverse.as_ref().map(|dataverse| dataverse.url.as_str()),
        Side::FinanceOperations => gate::finops_url(environment, &setup.facts),
    };
    url.map(parts::host).unwrap_or_default()
}

/// What repairing the identities would write.
pub(super) fn repairs(environment: &Environment, facts: &Facts, mandate: &Mandate) -> Vec<Planned> {
    plan::identities(environment, facts, mandate)
        .into_iter()
        .filter(|line| line.certainty != Certainty::Already)
        .collect()
}
