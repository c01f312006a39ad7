//! Sign in: the code in large letters, where to type it, and how long it lives.

use super::eye::Eye;
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::page::{Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, parts};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::sign_in::{Ended, Session, Waiting};
use crate::core::time::{between, stopwatch};
use crate::core::trouble::capital;
use crate::ui::letters;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::clean;

/// Place of the large letters among the blocks of the page.
const LARGE: usize = 2;

/// Signing in.
pub(super) struct SignIn;

impl Sheet for SignIn {
    fn title(&self) -> &'static str {
        "Sign in"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CHOOSE, keys::OPEN, keys::COPY_CODE, keys::NEW_CODE, keys::DETAILS, keys::HELP, keys::LEAVE]
    }

    fn help(&self, view: &View) -> &'static str {
        if let Session::Stopped(_) = view.model.session {
            return "Nobody is signed in, and nothing was read or changed. Fix what the message says, then try again: \
                    it asks for a new code. What Entra ID refuses for an account or an application stays refused until \
                    somebody allows it there.";
        }
        "Open the address on any device, type the code there and sign in with the account that sets up dual-write. \
         This program never sees your password. It continues by itself when you are done."
    }

    fn side(&self, _view: &View, _cells: usize) -> Vec<Row> {
        Vec::new()
    }

    fn about(&self, model: &Model) -> &'static str {
        if model.ended.is_some() {
            "Sign in again. What runs at the services continues; the remaining stages wait for you."
        } else {
            "Sign in first. Nothing is read or changed before that."
        }
    }

    fn freshness(&self, view: &View) -> Row {
        let (mark, words) = match view.model.session {
            Session::Waiting(_) => (Mark::Busy, "waiting for you"),
            Session::Stopped(_) => (Mark::Failed, "not signed in"),
            _ => (Mark::Busy, "asking for a code"),
        };
        Row::new(format!(" {} {words}", mark.glyph(view.look.glyphs)), mark.role())
    }

    fn act(&self, _model: &Model, _eye: &mut Eye, act: Act, _height: usize) -> Option<Reaction> {
        // Nothing is behind it.
        (act == Act::Back).then_some(Reaction::Nothing)
    }

    fn ticks(&self, model: &Model) -> bool {
        matches!(model.session, Session::Waiting(_))
    }

    fn waits(&self, model: &Model) -> bool {
        matches!(model.session, Session::Stopped(_))
    }

    fn page(&self, view: &View, room: Room) -> Page {
        match &view.model.session {
            Session::Waiting(waiting) => with_code(view, waiting, room),
            Session::Stopped(trouble) => {
                let mut rows = parts::marked(Mark::Failed, "The sign-in did not work.", *view.look, room.width);
                rows.push(Row::blank());
                rows.extend(parts::told(trouble, view, room.width));
                Page {
                    rows,
                    stops: vec![Stop::wants("New code", Intent::NewCode)],
                    primary: "New code",
                    ..Page::default()
                }
            }
            Session::Unknown | Session::AskingForCode(_) | Session::SignedIn(_) => Page {
                rows: parts::marked(Mark::Busy, "Asking Microsoft Entra ID for a code.", *view.look, room.width),
                ..Page::default()
            },
        }
    }
}

fn with_code(view: &View, waiting: &Waiting, room: Room) -> Page {
    let cells = room.width;
    let code = clean(&waiting.user_code);
    let large = letters::large(&code, view.look, cells.saturating_sub(2)).into_iter().flatten().map(|row| {
        let mut pieces = vec![Piece::new("  ", Role::Plain)];
        pieces.extend(row.pieces);
        Row { pieces, stop: None }
    });
    let mut address = para("at this address, on any device", Role::Plain, cells);
    address.extend(parts::address(&waiting.address, cells));
    let left = between(view.now, waiting.until);
    let text = if left.is_zero() {
        "The code has expired. Press r for a new one.".to_owned()
    } else if view.look.motion {
        format!("The code expires in {}. This page continues by itself when you are done.", stopwatch(left))
    } else {
        format!("The code expires at {}. This page continues by itself when you are done.", view.time(waiting.until))
    };
    let mut small = para(&text, Role::Dim, cells);
    small.extend(view.model.keeping.iter().flat_map(|keeping| para(&clean(&keeping.sentence), Role::Dim, cells)));
    let blocks = [
        view.model.ended.as_ref().map_or_else(Vec::new, |ended| why(ended, view, cells)),
        para("Type this code", Role::Plain, cells),
        large.collect(),
        behind(Row::new("  ", Role::Plain), &[Piece::new(code.clone(), Role::Strong)], cells),
        address,
        small,
    ];
    Page {
        rows: fitted(blocks, room.height),
        stops: vec![
            Stop::wants("Open the address", Intent::Open(waiting.address.clone())),
            Stop::wants("Copy the code", Intent::Copy(code.clone())),
            Stop::wants("New code", Intent::NewCode),
        ],
        primary: "Open the address",
        address: Some(waiting.address.clone()),
        copy: Some(code),
        ..Page::default()
    }
}

/// Why somebody who was signed in has to do it again.
fn why(ended: &Ended, view: &View, cells: usize) -> Vec<Row> {
    let Ended { account, why } = ended;
    let text = format!("{} has to sign in again. {}", clean(&account.name), capital(&clean(&why.to_string())));
    parts::marked(Mark::Warn, &text, *view.look, cells)
}

/// The blocks below each other as they fit: with the code in large letters and air between them, without the
/// large letters, without air.
fn fitted(mut blocks: [Vec<Row>; 6], height: usize) -> Vec<Row> {
    let with_air = |blocks: &[Vec<Row>; 6]| {
        let full: Vec<&Vec<Row>> = blocks.iter().filter(|block| !block.is_empty()).collect();
        full.iter().map(|block| block.len() + 1).sum::<usize>().saturating_sub(1)
    };
    if with_air(&blocks) > height {
        blocks[LARGE].clear();
    }
    let air = with_air(&blocks) <= height;
    let mut rows: Vec<Row> = Vec::new();
    for block in blocks.into_iter().filter(|block| !block.is_empty()) {
        if air && !rows.is_empty() {
            rows.push(Row::blank());
        }
        rows.extend(block);
    }
    rows
}
