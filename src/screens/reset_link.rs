//! Reset link, asked: what goes, who takes part afterwards, and the name that has to be typed.

use super::eye::Eye;
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::{Field, Sheet, TYPED_MAX};
use super::{View, after, mismatch, parts};
use crate::core::check::{LEGAL_ENTITIES_AT_ONCE, LEGAL_ENTITIES_MAX};
use crate::core::environment::Environment;
use crate::core::facts::Facts;
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::reset;
use crate::ui::look::{Glyphs, Mark, Role};
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::{clean, window};

/// Cells of the text "Name  ".
const NAME_AT: usize = 6;

/// The question.
pub(super) struct ResetLink;

impl Sheet for ResetLink {
    fn title(&self) -> &'static str {
        "Reset link"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::RESET, keys::NO_CHANGE]
    }

    fn field(&self, _eye: &Eye) -> Option<Field> {
        Some(Field { what: Some("the name"), most: TYPED_MAX, taken: clean, changed: |_| {} })
    }

    /// The link is reset only where the whole name was typed.
    fn act(&self, model: &Model, eye: &mut Eye, act: Act, _height: usize) -> Option<Reaction> {
        if act != Act::Press {
            return None;
        }
        let (environment, _) = model.current()?;
        let name = clean(&environment.name);
        if eye.overlay.as_ref().is_some_and(|over| over.input.value().trim() == name) {
            eye.overlay = None;
            return Some(Reaction::Intent(Intent::ResetLink(environment.name.clone())));
        }
        eye.hint = Some(format!("Nothing was reset. Type {name} exactly, or go back to change nothing."));
        Some(Reaction::Redraw)
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let (Some((environment, setup)), Some(over)) = (view.model.current(), &view.eye.overlay) else {
            return Page::default();
        };
        let name = clean(&environment.name);
        let cells = room.width.saturating_sub(NAME_AT + 1);
        let (typed, caret) = window(over.input.value(), over.input.cursor(), cells);
        // What it costs is in sight wherever a name can be typed, however small the window.
        let mut head = para(
            &format!("Type {name} to reset its link. All its table maps are removed; that cannot be undone."),
            Role::Strong,
            room.width,
        );
        let typed_at = head.len();
        head.extend([parts::typed_row("Name", typed, "type it here", *view.look), Row::blank()]);
        let mut rows =
            para(&format!("Reset link moves dual-write to {name}. {}", mismatch::removes()), Role::Plain, room.width);
        rows.extend(not_known(view, environment, &setup.facts, room.width));
        rows.extend(companies(view, &setup.facts, room.width));
        rows.extend(maps(view, &setup.facts, room.width));
        rows.push(Row::blank());
        let text = "It takes minutes and answers only when it is done; then the link is read back. Afterwards: Apply \
                    Solution, and start the maps again.";
        let keys = " Enter resets once the name is right. Esc changes nothing.";
        let keys = if view.look.glyphs == Glyphs::Words { "" } else { keys };
        rows.extend(para(&format!("{text}{keys}"), Role::Dim, room.width));
        let closed = (over.input.value().trim() != name).then(|| format!("The name typed is not {name}."));
        Page {
            head,
            rows,
            stops: vec![Stop::button("Reset link", Action::Own).closed_because(closed)],
            primary: "Reset link",
            caret: Some((typed_at, NAME_AT + caret)),
            ..Page::default()
        }
    }
}

/// What could not be told and matters before a reset: it closes nothing, and stands above the name.
fn not_known(view: &View, environment: &Environment, facts: &Facts, cells: usize) -> Vec<Row> {
    let unknown = reset::not_known(environment, facts);
    let rows = unknown.iter().flat_map(|text| parts::marked(Mark::Unknown, &clean(text), *view.look, cells));
    rows.collect()
}

/// The maps that go, with their states.
fn maps(view: &View, facts: &Facts, cells: usize) -> Vec<Row> {
    let Some(maps) = facts.maps.value() else { return Vec::new() };
    let mut rows = vec![Row::blank(), parts::heading(&format!("Table maps that are removed: {}", maps.len()))];
    rows.extend(after::map_rows(view, maps, cells));
    rows
}

/// Who takes part afterwards.
fn companies(view: &View, facts: &Facts, cells: usize) -> Vec<Row> {
    let all = facts.connection_set.value().and_then(|set| reset::legal_entities(set));
    let codes: Vec<String> = all.unwrap_or_default().iter().map(|code| clean(code)).collect();
    let title = format!("Legal entities: {} of at most {LEGAL_ENTITIES_MAX}", codes.len());
    let mut rows = vec![Row::blank(), parts::heading(&title)];
    rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(reset::take_part(&codes), Role::Plain)], cells));
    if codes.len() > LEGAL_ENTITIES_AT_ONCE {
        let text = format!("More than {LEGAL_ENTITIES_AT_ONCE}: run the initial sync in groups.");
        rows.extend(parts::marked(Mark::Warn, &text, *view.look, cells));
    }
    rows
}
