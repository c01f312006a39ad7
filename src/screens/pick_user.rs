//! Who client ID rows run as: the enabled users of finance and operations, filtered by what is typed.

use super::View;
use super::eye::Eye;
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::page::{Page, Room};
use super::sheet::{Choices, Field, Sheet, TYPED_MAX};
use crate::core::facts::Facts;
use crate::core::mandate::Mandate;
use crate::core::model::Model;
use crate::ui::look::Role;
use crate::ui::row::{Row, para};
use crate::ui::text::{clean, fit, window};
use crate::wire::finance_operations::{DEFAULT_USER, User};

/// Cells of the text "User  ".
const NAME_AT: usize = 6;
/// Cells of a user id.
const ID: usize = 22;
/// Users shown at once.
const SHOWN: usize = 8;

/// The choice of a user.
pub(super) struct PickUser;

impl Sheet for PickUser {
    fn title(&self) -> &'static str {
        "Choose the user"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::PICK, keys::NO_PICK]
    }

    fn field(&self, _eye: &Eye) -> Option<Field> {
        Some(Field { what: None, most: TYPED_MAX, taken: clean, changed: |eye| eye.user = 0 })
    }

    fn act(&self, model: &Model, eye: &mut Eye, act: Act, _height: usize) -> Option<Reaction> {
        if act == Act::Press {
            return Some(self.choose(model, eye, eye.user));
        }
        let count = fitting(model, eye).len();
        eye.user = keys::travel(act, eye.user.min(count.saturating_sub(1)), count, SHOWN)?;
        Some(Reaction::Redraw)
    }

    fn choices(&self, view: &View) -> Option<Choices> {
        let users = fitting(view.model, view.eye);
        let alias = |user: &User| user.alias.as_deref().map(|alias| format!(", {}", clean(alias))).unwrap_or_default();
        let count = users.len();
        let about = format!("{count} enabled users of finance and operations. The rows run as the one you choose.");
        let sentences: Vec<_> = users.iter().map(|user| format!("{}{}", clean(&user.user_id), alias(user))).collect();
        (count > 0).then(|| Choices { about: vec![about], sentences })
    }

    fn choose(&self, model: &Model, eye: &mut Eye, at: usize) -> Reaction {
        let all = fitting(model, eye);
        let Some(user) = all.get(at.min(all.len().saturating_sub(1))) else { return Reaction::Nothing };
        eye.row_user = Some(user.user_id.clone());
        // The question of the repair comes back, with its next step.
        eye.close();
        eye.stage_mut().focus = None;
        Reaction::Redraw
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(over) = &view.eye.overlay else { return Page::default() };
        let all = fitting(view.model, view.eye);
        let cells = room.width.saturating_sub(NAME_AT + 1);
        let (typed, caret) = window(over.input.value(), over.input.cursor(), cells);
        let mut head = para(
            "The client ID rows run as this user of finance and operations. It must be enabled and may run data \
             management; Admin is known to work.",
            Role::Plain,
            room.width,
        );
        let at = head.len();
        head.push(Row::new("User  ", Role::Dim).and(typed, Role::Strong));
        head.push(Row::blank());
        let place = view.eye.user.min(all.len().saturating_sub(1));
        let top = place.saturating_sub(SHOWN - 1);
        let symbols = view.look.symbols();
        let row = |(index, user): (usize, &&User)| {
            let (pointer, role) = if index == place { (symbols.selected, Role::Focus) } else { (" ", Role::Plain) };
            let alias = user.alias.as_deref().map(clean).unwrap_or_default();
            let left = room.width.saturating_sub(ID + 4);
            let id = fit(&clean(&user.user_id), ID, symbols.ellipsis);
            Row::new(format!("{pointer} {id}  {}", fit(&alias, left, symbols.ellipsis)), role)
        };
        let mut rows: Vec<Row> = all.iter().enumerate().skip(top).take(SHOWN).map(row).collect();
        if rows.is_empty() {
            rows = para("No enabled user matches this.", Role::Warn, room.width);
        }
        let unseen = (top, all.len().saturating_sub(top + SHOWN));
        Page { head, rows, unseen, caret: Some((at, NAME_AT + caret)), picks: true, ..Page::default() }
    }
}

/// The enabled users that answer to what was typed.
fn fitting<'a>(model: &'a Model, eye: &Eye) -> Vec<&'a User> {
    let typed = eye.overlay.as_ref().map(|over| over.input.value().trim().to_lowercase()).unwrap_or_default();
    let Some((_, setup)) = model.current() else { return Vec::new() };
    let fits = |user: &&User| {
        user.enabled != Some(false)
            && (user.user_id.to_lowercase().contains(&typed)
                || user.alias.as_ref().is_some_and(|alias| alias.to_lowercase().contains(&typed)))
    };
    setup.facts.finops_users.value().into_iter().flat_map(|users| users.iter()).filter(fits).collect()
}

/// What the repair that is asked about may do: the box, and the user that was chosen. Without a choice
/// it is the usual user, unless that is known to be missing or disabled.
pub(super) fn mandate(facts: &Facts, eye: &Eye) -> Mandate {
    let usual = || (facts.finops_user_enabled(DEFAULT_USER) != Some(false)).then(|| DEFAULT_USER.to_owned());
    Mandate { modules: Vec::new(), purges: eye.purges, row_user: eye.row_user.clone().or_else(usual) }
}
