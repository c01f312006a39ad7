//! After the link: what this environment still needs, each with its place.

use super::{View, modules, parts};
use crate::core::environment::{Environment, Fact};
use crate::core::facts::{Facts, map_name, map_state, why};
use crate::core::gate;
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, behind, flow};
use crate::ui::text::{clean, fit, width};
use crate::wire::gateway;

/// Companies that are shown.
const COMPANIES_SHOWN: usize = 12;
/// Cells of the mark and the state of a table map.
const MAP_STATE: usize = 28;

/// What comes next, in its order.
pub(super) fn what_comes_next(view: &View, environment: &Environment, facts: &Facts, cells: usize) -> Vec<Row> {
    let mut rows = vec![parts::heading("What comes next")];
    let mut step = |number: usize, text: String, address: Option<String>| {
        let start = Row::new(format!("{number:>3}  "), Role::Dim);
        rows.extend(behind(start, &[Piece::new(text, Role::Plain)], cells));
        if let Some(address) = address {
            rows.extend(flow(Row::new("     ", Role::Plain), 5, &[Piece::link(&clean(&address))], cells));
        }
    };
    let is_empty = facts.maps.value().is_some_and(|maps| maps.is_empty());
    let apply =
        if is_empty { "Apply Solution: no table map is there yet" } else { "Apply Solution after adding a module" };
    step(1, "Add the modules you use (f); the list below shows the installed ones".into(), None);
    step(2, format!("{apply}; it brings the table maps (entity mappings)"), None);
    step(
        3,
        companies(facts),
        gate::finops_place(environment, facts).map(|url| format!("{url}/?mi=DM_DataManagementWorkspaceMenuItem")),
    );
    step(4, "Run the maps you need, in their order".into(), None);
    rows.push(Row::blank());
    rows.push(parts::heading("Modules").and("  Dynamics 365 apps in Power Platform admin center", Role::Dim));
    rows.extend(modules::table(facts, *view.look, cells));
    rows.extend(parts::address("https://admin.powerplatform.microsoft.com", cells));
    rows.push(Row::blank());
    rows.extend(maps(view, facts, cells));
    rows.push(Row::blank());
    rows.extend(first_companies(view, facts, cells));
    rows
}

/// The legal entities that take part.
fn companies(facts: &Facts) -> String {
    let Some(set) = facts.connection_set.value() else { return "Choose legal entities".into() };
    match crate::core::reset::legal_entities(set).map(|codes| codes.len()) {
        None => "Choose legal entities, on Environment details of the Dual-write page".to_owned(),
        Some(1) => "Choose legal entities (1 is linked), on Environment details of the Dual-write page".to_owned(),
        Some(count) => {
            format!("Choose legal entities ({count} are linked), on Environment details of the Dual-write page")
        }
    }
}

/// The table maps with their states; nothing here changes one.
fn maps(view: &View, facts: &Facts, cells: usize) -> Vec<Row> {
    let all = match &facts.maps {
        Fact::Known(all, _) => all,
        Fact::Unread => return vec![parts::heading("Table maps").and("  not read yet", Role::Dim)],
        Fact::Unknown(..) => {
            let text = format!("Table maps: could not tell: {}", clean(&why(&facts.maps)));
            return parts::marked(Mark::Unknown, &text, *view.look, cells);
        }
    };
    let mut rows = vec![parts::heading(&format!("Table maps (entity mappings): {}", all.len()))];
    rows.extend(map_rows(view, all, cells));
    rows
}

/// One row a map: its name, and its state as a mark and a word.
pub(super) fn map_rows(view: &View, all: &[gateway::Map], cells: usize) -> Vec<Row> {
    let names = all.iter().map(|map| width(&clean(map_name(map)))).max().unwrap_or(0);
    let names = names.min(cells.saturating_sub(MAP_STATE));
    let row = |map: &gateway::Map| {
        let (mark, state) = of_map(map);
        Row::new(format!("  {} ", mark.glyph(view.look.glyphs)), mark.role())
            .and(fit(&clean(map_name(map)), names, view.look.symbols().ellipsis), Role::Plain)
            .and(format!("  {state}"), Role::Dim)
    };
    all.iter().map(row).collect()
}

fn of_map(map: &gateway::Map) -> (Mark, String) {
    // Without a project it was never initialised, whatever the list says of it; what runs, runs.
    if map.detail.pid.is_none() && matches!(map.detail.state.as_deref(), None | Some("1" | "6")) {
        return (Mark::Waiting, "never started".into());
    }
    let mark = match map.detail.state.as_deref() {
        Some("4") => Mark::Done,
        Some("2" | "3") => Mark::Busy,
        Some("5") => Mark::Warn,
        Some("1" | "6") => Mark::Waiting,
        _ => Mark::Unknown,
    };
    (mark, map_state(map))
}

/// The companies that Dataverse has already.
fn first_companies(view: &View, facts: &Facts, cells: usize) -> Vec<Row> {
    let place = "  table Company in the maker portal";
    match &facts.companies {
        Fact::Known(Some(all), _) if !all.is_empty() => {
            let title = format!("Companies in Dataverse: {}", all.len());
            let mut rows = vec![parts::heading(&title).and(place, Role::Dim)];
            let names = all.iter().take(COMPANIES_SHOWN).map(|company| {
                let of = |text: &Option<String>| text.as_deref().map(clean).unwrap_or_default();
                format!("{} {}", of(&company.code), of(&company.name))
            });
            let more = if all.len() > COMPANIES_SHOWN { ", ..." } else { "" };
            let text = format!("{}{more}", names.collect::<Vec<_>>().join(", "));
            rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(text, Role::Plain)], cells));
            rows.extend(parts::address("https://make.powerapps.com", cells));
            rows
        }
        Fact::Known(_, _) => {
            let mut rows = vec![parts::heading("Companies in Dataverse: none yet")];
            let text = "They come with the map Legal entities (cdm_companies), which is run first.";
            rows.extend(behind(Row::new("  ", Role::Plain), &[Piece::new(text, Role::Plain)], cells));
            rows
        }
        Fact::Unread => vec![parts::heading("Companies in Dataverse").and("  not read yet", Role::Dim)],
        Fact::Unknown(..) => {
            let text = format!("Companies: could not tell: {}", clean(&why(&facts.companies)));
            parts::marked(Mark::Unknown, &text, *view.look, cells)
        }
    }
}
