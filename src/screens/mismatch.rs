//! Linking mismatch: three sources side by side, and the remedy that fits this state.

use super::details::MISMATCH_WORDS;
use super::eye::Ask;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, after, parts};
use crate::core::check::{self, Tri};
use crate::core::environment::{Environment, Fact};
use crate::core::facts::{Facts, why};
use crate::core::fault::{self, When};
use crate::core::gate::{self, Gate};
use crate::core::msg::Intent;
use crate::core::reset;
use crate::ui::look::{Glyphs, Mark, Role};
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::{clean, fit, width};
use crate::wire::{bare_id, same_address};

/// Cells of the name of a source.
const SOURCE: usize = 29;
/// What Reset link takes away.
pub(super) fn removes() -> String {
    format!("It removes all table maps, {}, and cannot be undone.", reset::REMOVES)
}

/// The mismatch.
pub(super) struct Mismatch;

impl Sheet for Mismatch {
    fn title(&self) -> &'static str {
        "Linking mismatch"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::CHOOSE,
            keys::READ_NOW,
            keys::DETAILS,
            keys::OPEN,
            keys::COPY,
            keys::RESET_LINK,
            keys::BACK,
            keys::PREREQUISITES,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
        ]
    }

    fn help(&self, _view: &View) -> &'static str {
        "Dual-write points at another Dataverse environment than Power Platform Integration does. Which remedy applies \
         depends on whether Power Platform Integration was set up. Reset link is confirmed by typing the environment's \
         name; nothing is reset by a single key."
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let facts = &setup.facts;
        let Some(mismatch) = gate::mismatch(environment, facts) else {
            let text = if setup.reading.is_empty() {
                "No mismatch is to be seen any more."
            } else {
                "Reading again which side says what."
            };
            return Page {
                rows: parts::marked(Mark::Busy, text, *view.look, room.width),
                stops: vec![Stop::wants("Back", Intent::Back), Stop::wants("Read again", Intent::ReadNow)],
                primary: "Back",
                ..Page::default()
            };
        };
        let mut rows = parts::quote(MISMATCH_WORDS, *view.look, room.width);
        rows.push(Row::blank());
        rows.extend(sources(view, environment, facts, &mismatch, room.width));
        rows.push(Row::blank());
        let (remedy, doc) = remedy(view, environment, &mismatch, room.width);
        rows.extend(remedy);
        rows.extend(maps(view, facts, room.width));
        let reset = gate::reset_link(environment, facts);
        let mut notes = Vec::new();
        let mut stops = Vec::new();
        if mismatch.when == When::IntegrationSetUp {
            let closed = match &reset {
                Gate::Open => None,
                Gate::Closed(why) => Some(clean(why)),
                Gate::Reading => Some("Still reading whether the link can be reset.".to_owned()),
            };
            notes.extend(version(view, environment, facts, room.full));
            if let Some(why) = &closed {
                let text = format!("Reset link is not possible now. {why}");
                notes.extend(parts::marked(Mark::Failed, &text, *view.look, room.full));
            }
            stops.push(Stop::button("Reset link", Action::Ask(Ask::Reset)).closed_because(closed));
        }
        stops.push(Stop::wants("Read again", Intent::ReadNow));
        let primary = if reset.is_open() { "Reset link" } else { "Read again" };
        let fix = reset.is_open().then_some(Ask::Reset);
        Page { rows, notes, stops, primary, copy: doc.clone(), address: doc, fix, ..Page::default() }
    }
}

/// Whether this version has Reset link; where it has none, that is what closes the button.
fn version(view: &View, environment: &Environment, facts: &Facts, cells: usize) -> Vec<Row> {
    let (answer, version) = check::has_reset_link(environment, facts);
    let (mark, word) = match answer {
        Tri::Yes => (Mark::Done, "met"),
        Tri::No => return Vec::new(),
        Tri::Unknown => (Mark::Unknown, "could not tell"),
    };
    let text = format!("Reset link needs 10.0.30 or later: {word} ({}).", clean(&version));
    parts::marked(mark, &text, *view.look, cells)
}

/// Who names which environment.
fn sources(view: &View, environment: &Environment, facts: &Facts, mismatch: &gate::Mismatch, cells: usize) -> Vec<Row> {
    let directory = &view.model.directory;
    let named = |id: &str| {
        let (short, whole) = (parts::short_id(id, *view.look), clean(id));
        let with = |id: &str| match directory.name_of(&whole) {
            Some(name) => format!("{}  {id}", parts::name(name, *view.look)),
            None => format!("{id}  (not in the list of this account)"),
        };
        // The whole id stands in the details, one key away.
        if SOURCE + 4 + width(&with(&whole)) <= cells { with(&whole) } else { with(&short) }
    };
    let integration = mismatch.integration.as_deref().map(named);
    let linked = mismatch.linked_to.as_deref().map(named);
    let agrees = environment.finops_url().is_some() && gate::names_another(environment, facts).is_none();
    let bare = |id: &Option<String>| id.as_deref().map(bare_id);
    let link_differs = mismatch.linked_to.is_some() && bare(&mismatch.linked_to) != bare(&mismatch.integration);
    let lines = [
        (
            "Power Platform Integration",
            integration.map_or((Mark::Waiting, "not set up".into()), |text| (Mark::Done, text)),
        ),
        (
            "Dual-write is linked to",
            linked.map_or((Mark::Waiting, "not linked".into()), |text| {
                (if link_differs { Mark::Failed } else { Mark::Done }, text)
            }),
        ),
        (
            "Dataverse says",
            match (&mismatch.dataverse_says, &facts.integration) {
                (Some(url), _) if agrees => (Mark::Done, parts::host(url)),
                (Some(url), _) => {
                    (Mark::Failed, format!("{}, another finance and operations environment", parts::host(url)))
                }
                _ if environment.dataverse.is_none() => (Mark::Waiting, "there is no Dataverse here to ask".into()),
                (None, Fact::Known(..)) => (Mark::Waiting, "no finance and operations environment is joined".into()),
                (None, Fact::Unknown(..)) => {
                    (Mark::Unknown, format!("could not tell: {}", clean(&why(&facts.integration))))
                }
                (None, Fact::Unread) => (Mark::Busy, "being read".into()),
            },
        ),
    ];
    let page = ("The Dual-write page names", its_page(environment, facts));
    let mut rows = Vec::new();
    for (source, (mark, text)) in lines.into_iter().chain([page]) {
        // Read aloud, a mark is a word.
        let text = match mark {
            Mark::Done if view.look.glyphs == Glyphs::Words => format!("{text}, agrees"),
            Mark::Failed if view.look.glyphs == Glyphs::Words => format!("{text}, differs"),
            _ => text,
        };
        let start = Row::new(format!("  {} ", mark.glyph(view.look.glyphs)), mark.role())
            .and(fit(source, SOURCE, ""), Role::Dim);
        let start = if start.width() > cells / 2 || view.look.glyphs == Glyphs::Words {
            Row::new(format!("  {} {source}: ", mark.glyph(view.look.glyphs)), Role::Dim)
        } else {
            start
        };
        rows.extend(behind(start, &[Piece::new(text, Role::Plain)], cells));
    }
    rows
}

/// What the Dual-write page of finance and operations names: the connection set.
fn its_page(environment: &Environment, facts: &Facts) -> (Mark, String) {
    let set = match &facts.connection_set {
        Fact::Known(set, _) => set,
        Fact::Unknown(..) => return (Mark::Unknown, format!("could not tell: {}", clean(&why(&facts.connection_set)))),
        Fact::Unread => return (Mark::Waiting, "no connection set was read".into()),
    };
    let owner = set.owner_text().map(|owner| format!(", owner {}", clean(&owner))).unwrap_or_default();
    let side = set.environments.values().find(|side| side.is_dataverse());
    match side.and_then(|side| side.direct_url.as_deref().or(side.name.as_deref())) {
        Some(url) => {
            let is_own = environment.dataverse.as_ref().is_some_and(|own| same_address(&own.url, url));
            let mark = if is_own { Mark::Done } else { Mark::Failed };
            (mark, format!("{}{owner}", parts::host(url)))
        }
        None => (Mark::Unknown, format!("no Dataverse in its connection set{owner}")),
    }
}

/// The table maps of the link that is there, with their states.
fn maps(view: &View, facts: &Facts, cells: usize) -> Vec<Row> {
    let Some(maps) = facts.maps.value().filter(|maps| !maps.is_empty()) else { return Vec::new() };
    let mut rows = vec![Row::blank(), parts::heading(&format!("Table maps of this link: {}", maps.len()))];
    rows.extend(after::map_rows(view, maps, cells));
    rows
}

/// What helps in this state, and where it is written.
fn remedy(
    view: &View,
    environment: &Environment,
    mismatch: &gate::Mismatch,
    cells: usize,
) -> (Vec<Row>, Option<String>) {
    let id = match mismatch.when {
        When::IntegrationSetUp => "mismatch-ppi-set",
        When::CloudHosted => "mismatch-cloud-hosted",
        When::IntegrationNeverSetUp | When::Any => "mismatch-ppi-never",
    };
    let fault = fault::by_id(id);
    let mut rows = Vec::new();
    if mismatch.when == When::IntegrationSetUp {
        let text = format!(
            "Power Platform Integration is set up, so Reset link moves dual-write to {}. {}",
            parts::name(&environment.name, *view.look),
            removes()
        );
        rows.extend(para(&text, Role::Plain, cells));
    } else if let Some(fault) = fault {
        rows.extend(para(&fault.cause, Role::Plain, cells));
    }
    if let Some(fault) = fault {
        rows.push(Row::blank());
        let title = if mismatch.when == When::IntegrationSetUp { "What to do by hand instead" } else { "What to do" };
        rows.push(Row::new(title, Role::Strong));
        rows.extend(parts::numbered(fault.remedies.iter().map(String::as_str), cells));
        rows.push(Row::blank());
        rows.extend(parts::address(&fault.doc_url, cells));
    }
    (rows, fault.map(|fault| fault.doc_url.clone()))
}
