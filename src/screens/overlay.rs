//! What can be laid over a screen: help, details, what is told of one run or prerequisite, and the questions before
//! something is written or left.

use super::access;
use super::eye::Ask;
use super::keys::{self, Binding, EVERYWHERE};
use super::modules::Modules;
use super::page::{Action, Page, Room, Shape, Stop};
use super::pick_user::{self, PickUser};
use super::reset_link::ResetLink;
use super::sheet::Sheet;
use super::{View, identities, list, parts, prerequisites, requests};
use crate::core::environment::Environment;
use crate::core::facts::{Facts, IdentityState};
use crate::core::failure::Failure;
use crate::core::gate;
use crate::core::mandate::Mandate;
use crate::core::msg::Intent;
use crate::core::plan::{Certainty, Side, application_users};
use crate::core::route::{Screen, screen};
use crate::core::setup::{Flow, Record, Setup};
use crate::core::sign_in::Session;
use crate::core::time::offset;
use crate::core::trouble::Trouble;
use crate::ui::keys::Key;
use crate::ui::look::{Glyphs, Mark, Role};
use crate::ui::report;
use crate::ui::row::{Piece, Row, behind, field, flow, para};
use crate::ui::support::{self, Program};
use crate::ui::text::{clean, fit};

/// Cells of the names of keys.
const KEYS: usize = 16;
/// Cells of the labels of ids.
const LABEL: usize = 28;

/// The overlays, one line each.
pub(super) fn sheet(ask: Ask) -> &'static dyn Sheet {
    match ask {
        Ask::Help => &Help,
        Ask::Details => &Details,
        Ask::Leave => &Leave,
        Ask::Repair => &Repair,
        Ask::PickUser => &PickUser,
        Ask::Modules => &Modules,
        Ask::Reset => &ResetLink,
        Ask::Token(_) => &access::Token,
        Ask::Gateway => &access::Gateway,
        Ask::Run => &OneRun,
        Ask::Check => &OneCheck,
        Ask::Forget => &Forget,
    }
}

struct Help;

impl Sheet for Help {
    fn title(&self) -> &'static str {
        "Help"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CLOSE_HELP]
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn page(&self, view: &View, room: Room) -> Page {
        // It is about what it is laid over.
        let mut eye = view.eye.clone();
        eye.close();
        let laid = View { eye: &eye, ..*view }.top();
        let of = laid.sheet;
        let mut rows = vec![parts::heading(of.title())];
        let about = of.help(view);
        if !about.is_empty() {
            rows.extend(para(about, Role::Plain, room.width));
        }
        let everywhere: &[Binding] = if view.look.glyphs == Glyphs::Words { &[] } else { &EVERYWHERE };
        for (title, table) in [("Keys of this screen", of.keys()), ("Keys of every screen", everywhere)] {
            if table.is_empty() {
                continue;
            }
            rows.push(Row::blank());
            rows.push(parts::heading(title));
            // Line by line a letter is typed; what only moves or presses has no key there.
            let is_typed = |binding: &&Binding| {
                view.look.glyphs != Glyphs::Words || matches!(binding.keys[0], Key::Char(letter) if letter != ' ')
            };
            for binding in table.iter().filter(|binding| laid.page.offers(binding.act)).filter(is_typed) {
                let names: Vec<String> = binding.keys.iter().map(|key| key.name()).collect();
                let start = Row::new(format!("  {}", fit(&names.join(", "), KEYS, "")), Role::Key);
                rows.extend(behind(start, &[Piece::new(binding.more, Role::Plain)], room.width));
            }
        }
        let offset = offset(view.now, view.zone);
        let faster = if view.model.cloud.speed.is_some() { "; in a rehearsal they run as fast as it does" } else { "" };
        let times = format!("Times of day are those of this machine, UTC{offset}{faster}.");
        if view.look.glyphs == Glyphs::Words {
            rows.push(Row::blank());
            rows.extend(para(&times, Role::Dim, room.width));
            return Page {
                rows,
                stops: vec![Stop::button("Close", Action::Close)],
                primary: "Close",
                ..Page::default()
            };
        }
        rows.push(Row::blank());
        let text = "While a text is typed (a filter, a name to confirm), letters go into the text; only Enter, Esc and \
                    arrows act.";
        rows.extend(para(&format!("{text} {times}"), Role::Dim, room.width));
        Page { rows, stops: vec![Stop::button("Close", Action::Close)], primary: "Close", ..Page::default() }
    }
}

struct Details;

impl Sheet for Details {
    fn title(&self) -> &'static str {
        "Details"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CLOSE, keys::COPY_SUPPORT, keys::HELP]
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let mut rows = Vec::new();
        let mut about = None;
        if let Some((environment, setup)) = view.model.current() {
            of_setup(view, setup, room.width, &mut rows);
            about = Some((environment, Some(setup)));
        } else {
            let directory = &view.model.directory;
            if screen(view.model) == Screen::Environments
                && let Some(environment) = list::shown(view.model, &view.eye.list).chosen(view.model)
            {
                let setup = view.model.setups.get(&environment.id);
                names(environment, setup, room.width, &mut rows);
                rows.push(Row::blank());
                let unknown = setup.map(|setup| setup.facts.troubles()).unwrap_or_default();
                troubles(view, &unknown, room.width, &mut rows);
                rows.push(Row::blank());
                about = Some((environment, setup));
            }
            let stopped = match &view.model.session {
                Session::Stopped(trouble) => Some(trouble),
                _ => None,
            };
            let all = [stopped, directory.trouble.as_ref(), directory.lcs_trouble.as_ref()];
            let all: Vec<&Trouble> = all.into_iter().flatten().collect();
            troubles(view, &all, room.width, &mut rows);
        }
        let none = Facts::default();
        let asked = about.map(|(environment, setup)| (environment, setup.map_or(&none, |setup| &setup.facts)));
        let asked = requests::rows(view, asked, room.width);
        if !asked.is_empty() && rows.last().is_some_and(|row| !row.pieces.is_empty()) {
            rows.push(Row::blank());
        }
        rows.extend(asked);
        if rows.is_empty() {
            rows.extend(para("Nothing went wrong, and nothing has happened yet.", Role::Plain, room.width));
        }
        let id = about.map(|(environment, _)| &environment.id);
        let block = support::block(view.model, id, Program::THIS, view.now);
        // Line by line there is no clipboard: what would go there is said.
        let copy = if view.look.glyphs == Glyphs::Words { "Print for support" } else { "Copy for support" };
        Page {
            rows,
            stops: vec![Stop::wants(copy, Intent::Copy(block.clone())), Stop::button("Close", Action::Close)],
            primary: "Close",
            copy: Some(block),
            ..Page::default()
        }
    }
}

fn of_setup(view: &View, setup: &Setup, cells: usize, rows: &mut Vec<Row>) {
    if let Some(failure) = setup.flow.failure() {
        of_failure(view, failure, cells, rows);
    }
    if let Some((environment, _)) = view.model.current() {
        names(environment, Some(setup), cells, rows);
    }
    let mut all = setup.facts.troubles();
    all.extend(view.model.directory.lcs_trouble.as_ref());
    all.extend(setup.watch().and_then(|watch| watch.trouble.as_deref()));
    if !all.is_empty() {
        rows.push(Row::blank());
        troubles(view, &all, cells, rows);
    }
    let timeline = parts::timeline(view, cells);
    if !timeline.is_empty() {
        rows.push(Row::blank());
        rows.extend(timeline);
    }
}

/// Everything that names an environment and what runs in it, whole.
fn names(environment: &Environment, setup: Option<&Setup>, cells: usize, rows: &mut Vec<Row>) {
    let none = Facts::default();
    let facts = setup.map_or(&none, |setup| &setup.facts);
    rows.push(parts::heading("Names, ids and addresses"));
    let mut put = |label: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            rows.extend(field(label, LABEL, &[Piece::new(clean(value), Role::Plain)], cells));
        }
    };
    put("Name", Some(&environment.name));
    put("Power Platform environment", environment.power_platform.as_deref());
    put("LCS environment", gate::lcs_id(environment, facts));
    put("Tenant", environment.tenant.as_deref());
    put("Finance and operations", gate::finops_url(environment, facts));
    put("Dataverse", environment.dataverse.as_ref().map(|side| side.url.as_str()));
    put("Dual-write is linked to", facts.linked().and_then(|link| link.power_apps_environment.as_deref()));
    put("Connection set id", facts.linked().and_then(|link| link.cid.as_deref()));
    put("Run", setup.filter(|setup| setup.record != Record::New).map(|setup| setup.run.as_str()));
    if let Some(Flow::Linking(link) | Flow::LinkFailed(link, _)) = setup.map(|setup| &setup.flow) {
        // What was told for support is not told twice.
        let told = setup.and_then(|setup| setup.flow.failure()).map(|failure| failure.ids.as_slice());
        let is_new = |id: &&str| told.unwrap_or_default().iter().all(|(_, told)| told != id);
        put("Request", Some(link.request_id.as_str()).filter(is_new));
        put("Activity", link.activity.as_deref().filter(is_new));
    }
}

fn of_failure(view: &View, failure: &Failure, cells: usize, rows: &mut Vec<Row>) {
    let who = if failure.is_ours { "was found" } else { &format!("{} said", failure.service.name()) };
    let when = format!("What {who} at {}", view.time(failure.at));
    rows.push(parts::heading(&when));
    if let Some(code) = &failure.code {
        rows.extend(para(&format!("code {}", clean(code)), Role::Bad, cells));
    }
    rows.extend(parts::said(&failure.words, failure.is_ours, *view.look, cells));
    // What is known of it stands on its page, with what helps.
    if failure.fault.is_none() {
        rows.push(Row::blank());
        rows.extend(para(&clean(&failure.next_move), Role::Plain, cells));
    }
    rows.extend(parts::ids(&failure.ids, cells));
    rows.push(Row::blank());
}

fn troubles(view: &View, all: &[&Trouble], cells: usize, rows: &mut Vec<Row>) {
    if all.is_empty() {
        return;
    }
    rows.push(parts::heading("What could not be read"));
    for trouble in all {
        let code = trouble.code.as_deref().map(|code| format!(" ({})", clean(code))).unwrap_or_default();
        rows.extend(parts::marked(Mark::Unknown, &format!("{}{code}", clean(&trouble.sentence())), *view.look, cells));
        let inset = cells.saturating_sub(2);
        let mut more = parts::said(&trouble.words, trouble.is_own_finding(), *view.look, inset);
        if let Some(id) = &trouble.correlation {
            more.extend(para(&format!("Correlation id {}", clean(id)), Role::Dim, inset));
        }
        more.extend(para(&clean(&trouble.next_move(parts::again(view))), Role::Dim, inset));
        rows.extend(more.into_iter().map(|row| {
            let mut pieces = vec![Piece::new("  ", Role::Plain)];
            pieces.extend(row.pieces);
            Row { pieces, ..row }
        }));
    }
}

struct Forget;

impl Sheet for Forget {
    fn title(&self) -> &'static str {
        "Forget"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CHOOSE, keys::NO_CHANGE, keys::HELP, keys::LEAVE]
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(found) = view.model.found.first() else { return Page::default() };
        let name = view.look.quoted(&parts::name(&found.run.name, *view.look));
        let text = format!("Never ask about this run of {name} again?");
        let mut rows = para(&text, Role::Strong, room.width);
        rows.push(Row::blank());
        let text = "It stays on record, and what runs at the services continues there. This program does not finish it \
                    unless you set the environment up again.";
        rows.extend(para(text, Role::Plain, room.width));
        Page {
            rows,
            stops: vec![Stop::button("Keep", Action::Close), Stop::wants("Forget it", Intent::Forget)],
            primary: "Keep",
            ..Page::default()
        }
    }
}

struct OneRun;

impl Sheet for OneRun {
    fn title(&self) -> &'static str {
        "Run"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CLOSE, keys::EXPORT, keys::READ_NOW, keys::HELP]
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let all = view.model.runs.as_deref().unwrap_or_default();
        let Some(Ok(run)) = all.get(view.eye.run.min(all.len().saturating_sub(1))) else { return Page::default() };
        let mut rows = Vec::new();
        for (at, line) in report::lines(run, view.zone).iter().enumerate() {
            if line.is_empty() {
                rows.push(Row::blank());
                continue;
            }
            let is_heading = at == 0 || !line.starts_with(' ') && !line.contains("  ");
            let role = if is_heading { Role::Strong } else { Role::Plain };
            // What goes on below stays under what it belongs to.
            let inset = if line.starts_with(' ') { 4 } else { report::LABEL };
            let start = Row::new(" ".repeat(line.len() - line.trim_start().len()), Role::Plain);
            rows.extend(flow(start, inset.min(room.width / 2), &[Piece::new(line.trim_start(), role)], room.width));
        }
        Page {
            rows,
            stops: vec![Stop::button("Close", Action::Close)],
            primary: "Close",
            run: Some(run.id.clone()),
            ..Page::default()
        }
    }
}

struct OneCheck;

impl Sheet for OneCheck {
    fn title(&self) -> &'static str {
        "Prerequisite"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CLOSE, keys::OPEN, keys::COPY, keys::DETAILS, keys::HELP]
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some(check) = prerequisites::selected(view.model, view.eye) else { return Page::default() };
        Page {
            rows: prerequisites::whole(&check, view, room.width),
            stops: vec![Stop::button("Close", Action::Close)],
            primary: "Close",
            address: Some(check.address.as_deref().map_or_else(|| check.doc_url.clone(), clean)),
            copy: Some(prerequisites::words(&check)),
            ..Page::default()
        }
    }
}

struct Leave;

impl Sheet for Leave {
    fn title(&self) -> &'static str {
        "Leave"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CHOOSE, keys::COPY_COMMAND, keys::NO_STAY, keys::HELP, keys::LEAVE]
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let cells = room.width;
        let running: Vec<_> = view.model.running().collect();
        let mut rows = match running.len() {
            0 => para("Nothing runs any more.", Role::Strong, cells),
            1 => para("A set-up is not finished.", Role::Strong, cells),
            count => para(&format!("{count} set-ups are not finished."), Role::Strong, cells),
        };
        for (environment, setup) in &running {
            rows.push(Row::blank());
            rows.push(Row::new(parts::name(&environment.name, *view.look), Role::Strong));
            rows.extend(parts::goes_on(view, environment, setup, cells));
        }
        // What is copied is what stands here, so it is one command.
        let copy = match running.as_slice() {
            [(environment, _)] => Some(view.model.cloud.come_back(environment)),
            _ => None,
        };
        Page {
            rows,
            stops: vec![Stop::button("Leave", Action::Leave), Stop::button("Stay", Action::Close)],
            primary: "Leave",
            copy,
            ..Page::default()
        }
    }
}

struct Repair;

impl Sheet for Repair {
    fn title(&self) -> &'static str {
        "Repair the identities"
    }

    fn keys(&self) -> &'static [Binding] {
        &[keys::CHOOSE, keys::TICK, keys::NO_CHANGE, keys::HELP, keys::LEAVE]
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let cells = room.width;
        let facts = &setup.facts;
        let mandate = pick_user::mandate(facts, view.eye);
        // Said as if the box were ticked: what it is about stands there before anybody ticks it.
        let repairs = identities::repairs(environment, facts, &Mandate { purges: true, ..mandate.clone() });
        let has_twin = (0..application_users(environment).len())
            .any(|index| matches!(facts.user_state(index), Some(IdentityState::Deleted { .. })));
        let writes_rows = repairs.iter().any(|line| line.side == Side::FinanceOperations);
        let once = if has_twin && !mandate.purges { "Once the box is ticked, this is" } else { "This is" };
        let mut rows = para(&format!("{once} written as the signed-in account:"), Role::Strong, cells);
        for side in [Side::Dataverse, Side::FinanceOperations] {
            let lines: Vec<_> = repairs.iter().filter(|line| line.side == side).collect();
            if lines.is_empty() {
                continue;
            }
            rows.push(Row::blank());
            let place = [
                Piece::new(identities::host(view, side), Role::Plain),
                Piece::new(format!(" ({})", side.name()), Role::Dim),
            ];
            rows.extend(flow(Row::blank(), 0, &place, cells));
            for line in lines {
                let (mark, word) = match line.certainty {
                    Certainty::IfMissing => (Mark::Unknown, "if missing: "),
                    Certainty::Will | Certainty::Already => (Mark::Now, ""),
                };
                let start = Row::new(format!("  {} ", mark.glyph(view.look.glyphs)), mark.role());
                rows.extend(behind(start, &[Piece::new(format!("{word}{}", clean(&line.what)), Role::Plain)], cells));
            }
        }
        rows.push(Row::blank());
        let text = "Then everything is read again and you can try the link again. A new role can take up to an hour to \
                    take effect.";
        rows.extend(para(text, Role::Dim, cells));
        let closed = if has_twin && !mandate.purges {
            let space = view.look.key("Space");
            Some(format!("Tick the box first{space}: the deleted user prevents the new one."))
        } else if writes_rows && mandate.row_user.is_none() {
            Some("Choose the user first: the user Admin does not exist or is disabled.".to_owned())
        } else {
            None
        };
        let primary = match &closed {
            None => "Make these changes",
            Some(_) if has_twin && !mandate.purges => "Permanently delete the old user",
            Some(_) => "Choose the user",
        };
        let mut stops = Vec::new();
        if has_twin {
            let shape = Shape::Box(mandate.purges);
            stops.push(Stop { shape, ..Stop::button("Permanently delete the old user", Action::TogglePurge) });
        }
        let runs_as = mandate.row_user.as_deref().filter(|_| writes_rows);
        let notes = runs_as.map(|user| format!("The client ID rows that are written here run as {}.", clean(user)));
        let notes = notes.map(|text| para(&text, Role::Plain, cells)).unwrap_or_default();
        let write = match closed {
            None => Stop::wants("Make these changes", Intent::RepairIdentities(mandate)),
            closed => Stop::button("Make these changes", Action::Close).closed_because(closed),
        };
        stops.push(write);
        if writes_rows {
            stops.push(Stop::button("Choose the user", Action::Ask(Ask::PickUser)));
        }
        stops.push(Stop::button("Cancel", Action::Close));
        Page { rows, notes, stops, primary, ..Page::default() }
    }
}
