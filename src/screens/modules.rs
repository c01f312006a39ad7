//! Modules: which parts of dual-write are there, which can be added, and what would be installed.

use super::eye::Eye;
use super::keys::{self, Binding};
use super::page::{Action, Page, Room, Shape, Stop};
use super::sheet::Sheet;
use super::{View, parts};
use crate::core::facts::{Facts, PackageState};
use crate::core::mandate::{Mandate, Module};
use crate::core::msg::Intent;
use crate::core::plan::{self, Certainty};
use crate::core::setup::Flow;
use crate::ui::look::{Glyphs, Look, Mark, Role};
use crate::ui::row::{Piece, Row, behind, para};
use crate::ui::text::{clean, fit};

/// Cells of the name of a module.
const NAME: usize = 31;

/// The choice of modules.
pub(super) struct Modules;

impl Sheet for Modules {
    fn title(&self) -> &'static str {
        "Modules"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CHOOSE, keys::TICK, keys::NO_CHANGE, keys::HELP, keys::LEAVE]
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((_, setup)) = view.model.current() else { return Page::default() };
        let facts = &setup.facts;
        let is_plan = matches!(setup.flow, Flow::Confirm);
        let chosen = &view.eye.modules;
        let mut rows = para("What dual-write needs beyond its core, for the apps you use.", Role::Plain, room.width);
        rows.extend(there(facts, *view.look, room.width));
        let mandate = Mandate { modules: chosen.clone(), ..Mandate::default() };
        let missing: Vec<_> =
            plan::packages(facts, &mandate).into_iter().filter(|line| line.certainty != Certainty::Already).collect();
        rows.push(Row::blank());
        if chosen.is_empty() {
            rows.extend(para("Tick what is to be added; what it needs comes with it.", Role::Dim, room.width));
        } else {
            rows.push(parts::heading("This will be installed in Dataverse, one after the other:"));
            for line in missing {
                let start = Row::new(format!("  {} ", Mark::Now.glyph(view.look.glyphs)), Mark::Now.role());
                rows.extend(behind(start, &[Piece::new(clean(&line.what), Role::Plain)], room.width));
            }
            rows.extend(para(
                "A few minutes each. Then Apply Solution brings their table maps.",
                Role::Dim,
                room.width,
            ));
        }
        let mut stops: Vec<Stop> = Module::ALL
            .into_iter()
            .filter(|module| !is_there(facts, *module))
            .map(|module| Stop {
                shape: Shape::Box(chosen.contains(&module)),
                ..Stop::button(module.title(), Action::ToggleModule(module))
            })
            .collect();
        let primary = stops.first().map_or("Close", |stop| stop.label);
        if is_plan {
            stops.push(Stop::wants("Take these", Intent::ChooseModules(chosen.clone())));
        } else {
            let closed = chosen.is_empty().then(|| format!("Tick a module first{}.", view.look.key("Space")));
            let stop = match closed {
                None => Stop::wants("Install", Intent::InstallModules(chosen.clone())),
                closed => Stop::button("Install", Action::Close).closed_because(closed),
            };
            stops.push(stop);
        }
        stops.push(Stop::button("Close", Action::Close));
        Page { rows, stops, primary, ..Page::default() }
    }
}

/// Whether all packages of a module are there.
fn is_there(facts: &Facts, module: Module) -> bool {
    module.packages().iter().all(|package| matches!(facts.package(package), Some(PackageState::Installed { .. })))
}

/// Whether a module can be added: one is surely not there.
pub(super) fn can_be_added(facts: &Facts) -> bool {
    facts.packages.value().is_some() && Module::ALL.into_iter().any(|module| !is_there(facts, module))
}

/// The modules that are there and those that are not.
pub(super) fn table(facts: &Facts, look: Look, cells: usize) -> Vec<Row> {
    Module::ALL.into_iter().flat_map(|module| row(facts, module, look, cells)).collect()
}

fn there(facts: &Facts, look: Look, cells: usize) -> Vec<Row> {
    let all = Module::ALL.into_iter().filter(|module| is_there(facts, *module));
    all.flat_map(|module| row(facts, module, look, cells)).collect()
}

fn row(facts: &Facts, module: Module, look: Look, cells: usize) -> Vec<Row> {
    // The last package of a module is the module itself.
    let own = module.packages().last().copied().unwrap_or_default();
    let (mark, words) = match facts.package(own) {
        Some(PackageState::Installed { version }) => (Mark::Done, format!("installed {}", clean(&version))),
        Some(PackageState::InProgress { state }) => (Mark::Busy, format!("on its way ({})", clean(&state))),
        Some(PackageState::Failed { words, .. }) => (Mark::Failed, format!("failed: {}", clean(&words))),
        Some(PackageState::NotInstalled) => (Mark::Waiting, "not installed".to_owned()),
        Some(PackageState::NotOffered) => (Mark::Waiting, "not offered here".to_owned()),
        None => (Mark::Unknown, "could not tell".to_owned()),
    };
    if look.glyphs == Glyphs::Words {
        return vec![Row::new(format!("{}: {words}", module.title()), Role::Plain)];
    }
    let start = Row::new(format!("  {} ", mark.glyph(look.glyphs)), mark.role())
        .and(fit(module.title(), NAME, ""), Role::Plain);
    behind(start, &[Piece::new(words, Role::Dim)], cells)
}

/// Ticks or unticks a module.
pub(super) fn toggle(eye: &mut Eye, module: Module) {
    match eye.modules.iter().position(|chosen| *chosen == module) {
        Some(at) => {
            eye.modules.remove(at);
        }
        None => eye.modules.push(module),
    }
    eye.modules.sort_unstable();
}
