//! What a person gives while the program runs: a token for a service, or the address of the dual-write
//! gateway. A token is never shown; it goes from here to the client, past the core.

use super::eye::{Ask, Eye};
use super::input::Reaction;
use super::keys::{self, Act, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::{Field, Sheet, TYPED_MAX};
use super::{View, parts};
use crate::core::access::{self, Wanted};
use crate::core::gate;
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::service::Service;
use crate::ui::look::{Glyphs, Role};
use crate::ui::row::{Row, para};
use crate::ui::text::{clean, window};
use secrecy::SecretString;

/// Cells of the texts "Token  " and "Address  ".
const TOKEN_AT: usize = 7;
const ADDRESS_AT: usize = 9;
/// Longest token that is taken, in bytes. Those of Entra have 1 to 4 KiB.
const TOKEN_MAX: usize = 16 * 1024;

/// The header in which a token stands.
const HEADER: &str = "authorization:";

/// What is asked for where something is wanted.
pub(super) fn question(model: &Model) -> Option<Ask> {
    Some(match access::wanted(model)? {
        Wanted::Token(service) => Ask::Token(service),
        Wanted::Gateway => Ask::Gateway,
    })
}

/// The button that asks for it.
pub(super) fn button(model: &Model) -> Option<Stop> {
    let ask = question(model)?;
    let label = if ask == Ask::Gateway { "Gateway address" } else { "Give a token" };
    Some(Stop::button(label, Action::Ask(ask)))
}

/// A token for one service.
pub(super) struct Token;

impl Sheet for Token {
    fn title(&self) -> &'static str {
        "Give a token"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::USE_TOKEN, keys::NO_CHANGE]
    }

    fn field(&self, _eye: &Eye) -> Option<Field> {
        let what = Some("the token (it is seen while it is typed)");
        Some(Field { what, most: TOKEN_MAX, taken: pasted, changed: |_| {} })
    }

    /// Takes what was typed as a token, if it can be one.
    fn act(&self, _model: &Model, eye: &mut Eye, act: Act, _height: usize) -> Option<Reaction> {
        let over = eye.overlay.as_ref().filter(|_| act == Act::Press)?;
        let Ask::Token(service) = over.ask else { return None };
        let token = bare(over.input.value());
        if !access::can_be_sent(&token) || token.len() > TOKEN_MAX {
            let why = if token.is_empty() {
                "Paste the token first."
            } else {
                "This is not a token: it has characters that no token has."
            };
            eye.hint = Some(why.to_owned());
            return Some(Reaction::Redraw);
        }
        eye.token = Some(SecretString::from(token));
        eye.overlay = None;
        Some(Reaction::Token(service))
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(over) = &view.eye.overlay else { return Page::default() };
        let Ask::Token(service) = over.ask else { return Page::default() };
        let dot = if view.look.glyphs == Glyphs::Unicode { "•" } else { "*" };
        let length = over.input.value().chars().count();
        let cells = room.width.saturating_sub(TOKEN_AT + 1);
        let most = cells.saturating_sub(20);
        let typed =
            if length > most { format!("{} {length} characters", dot.repeat(most)) } else { dot.repeat(length) };
        let caret = TOKEN_AT + length.min(most);
        let head = vec![parts::typed_row("Token", typed, "paste it here", *view.look), Row::blank()];
        let of = view.model.current();
        let finops = of.and_then(|(environment, setup)| gate::finops_url(environment, &setup.facts));
        let mut rows = how(service, finops.map(|url| view.model.cloud.administration(url)), room.width);
        rows.push(Row::blank());
        rows.extend(para(
            "It is kept in memory only, sent to this service alone, and never shown, written or renewed. When it \
             expires, you are asked for another one; nothing is lost meanwhile.",
            Role::Dim,
            room.width,
        ));
        Page {
            head,
            rows,
            stops: vec![Stop::button("Use this token", Action::Own)],
            primary: "Use this token",
            caret: Some((0, caret)),
            ..Page::default()
        }
    }
}

fn capital(service: Service) -> String {
    let name = service.name();
    name.strip_prefix("the ").map_or_else(|| name.to_owned(), |rest| format!("The {rest}"))
}

/// How a token of the service is come by.
fn how(service: Service, administration: Option<String>, cells: usize) -> Vec<Row> {
    if service != Service::Gateway {
        let who = capital(service);
        let text = format!("{who} requires a token that this program cannot get. Paste one that was issued elsewhere.");
        return para(&text, Role::Strong, cells);
    }
    let text = "Only Microsoft's Dual-write page can get a token for the dual-write gateway. Copy one from your own \
                session there:";
    let mut rows = para(text, Role::Strong, cells);
    rows.extend(parts::numbered(
        [
            "Open the Dual-write page in a browser; you sign in there.",
            "Developer tools (F12), Network: choose a request to projectmanagementservice.",
            "Copy the value of its request header Authorization; paste it here.",
        ],
        cells,
    ));
    rows.extend(administration.into_iter().flat_map(|address| parts::address(&clean(&address), cells)));
    rows
}

/// The address of the gateway.
pub(super) struct Gateway;

impl Sheet for Gateway {
    fn title(&self) -> &'static str {
        "Gateway address"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::USE_GATEWAY, keys::NO_CHANGE]
    }

    fn field(&self, _eye: &Eye) -> Option<Field> {
        Some(Field { what: Some("the address"), most: TYPED_MAX, taken: clean, changed: |_| {} })
    }

    /// Takes what was typed as the address of the gateway.
    fn act(&self, _model: &Model, eye: &mut Eye, act: Act, _height: usize) -> Option<Reaction> {
        let over = eye.overlay.as_ref().filter(|_| act == Act::Press)?;
        let typed = over.input.value().trim().to_owned();
        if typed.is_empty() {
            eye.hint = Some("Paste the address first.".to_owned());
            return Some(Reaction::Redraw);
        }
        eye.overlay = None;
        Some(Reaction::Intent(Intent::FindGateway(typed)))
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(over) = &view.eye.overlay else { return Page::default() };
        let cells = room.width.saturating_sub(ADDRESS_AT + 1);
        let (typed, caret) = window(over.input.value(), over.input.cursor(), cells);
        let head = vec![parts::typed_row("Address", typed, "type it here", *view.look), Row::blank()];
        let mut rows = para(
            "The dual-write gateway tells whether there is a link, and where it leads. It differs from region to region.",
            Role::Plain,
            room.width,
        );
        rows.push(Row::blank());
        rows.extend(parts::numbered(
            [
                "Open the Dual-write page in a browser.",
                "In its developer tools (F12), Network, look for projectmanagementservice.",
                "Paste the address or the host here.",
            ],
            room.width,
        ));
        rows.push(Row::blank());
        rows.extend(para(
            "It is asked without a token first; one is sent only to a gateway of Microsoft. To keep it, write it into \
             the cloud profile: gateway = \"https://HOST\".",
            Role::Dim,
            room.width,
        ));
        Page {
            head,
            rows,
            stops: vec![Stop::button("Use this address", Action::Own)],
            primary: "Use this address",
            caret: Some((0, ADDRESS_AT + caret)),
            ..Page::default()
        }
    }
}

/// A token without what is copied along with it: the name of the header, its scheme, breaks of lines.
fn bare(typed: &str) -> String {
    let typed = typed.trim();
    let header = typed.get(..HEADER.len()).filter(|start| start.eq_ignore_ascii_case(HEADER));
    access::without_scheme(&typed[header.map_or(0, str::len)..]).split_whitespace().collect()
}

/// What is taken of a pasted token: nothing is cut but at its end, so that a long one is whole.
fn pasted(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_token_is_taken_whole_and_without_what_was_copied_along() {
        let token = "eyJ".to_owned() + &"a".repeat(4_000);
        for copied in [
            token.clone(),
            format!("Authorization: Bearer {token}\r\n"),
            format!("  bearer {}\n{}\t", &token[..900], &token[900..]),
        ] {
            assert!(bare(&pasted(&copied)) == token, "{}", &copied[..30]);
        }
        assert_eq!(bare("Authorization:Bearer"), "Bearer", "a word alone is no scheme");
    }
}
