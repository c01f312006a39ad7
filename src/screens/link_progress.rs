//! Link progress: elapsed of five minutes, what is being done, and in the assisted way what the
//! person does in Lifecycle Services while it is watched from here.

use super::keys::{self, Binding};
use super::page::{Page, Room, Stop};
use super::sheet::Sheet;
use super::{View, access, parts, progress};
use crate::core::environment::Environment;
use crate::core::facts::Facts;
use crate::core::gate;
use crate::core::linking::{LinkStep, Linking, Way};
use crate::core::model::Model;
use crate::core::msg::Intent;
use crate::core::schedule::LINK_USUAL;
use crate::core::schedule::outlook::{self, Outlook};
use crate::core::setup::Flow;
use crate::core::time::{between, stopwatch};
use crate::ui::look::{Mark, Role};
use crate::ui::row::{Piece, Row, behind, flow};
use crate::ui::text::{clean, width};
use crate::wire::lcs;

/// Rows of the timeline that are always there.
const EVENTS_LEAST: usize = 4;

/// The link is being made.
pub(super) struct LinkProgress;

impl Sheet for LinkProgress {
    fn title(&self) -> &'static str {
        "Link progress"
    }

    fn keys(&self) -> &'static [Binding] {
        &[
            keys::CHOOSE,
            keys::READ_NOW,
            keys::OPEN,
            keys::COPY,
            keys::DETAILS,
            keys::PREREQUISITES,
            keys::ENVIRONMENTS,
            keys::HELP,
            keys::LEAVE,
            keys::BACK,
        ]
    }

    fn help(&self, view: &View) -> &'static str {
        let flow = view.model.current().map(|(_, setup)| &setup.flow);
        if matches!(flow, Some(Flow::Linking(link)) if link.way == Way::Assisted) {
            return "A person makes the link, in Lifecycle Services; this program only watches until the dual-write \
                    service shows it. Leaving stops the watching and nothing else.";
        }
        "The link is started once and then only watched. Whatever reports that it is done, it is read back from the \
         dual-write service before it is called linked. Leaving does not stop what was accepted."
    }

    fn runs(&self) -> bool {
        true
    }

    /// Where a person has something to do, it asks for it.
    fn waits(&self, model: &Model) -> bool {
        let link = model.current().and_then(|(_, setup)| match &setup.flow {
            Flow::Linking(link) => Some((link, setup.watch())),
            _ => None,
        });
        link.is_none_or(|(link, watch)| watch.is_none() || is_by_hand(link)) || access::question(model).is_some()
    }

    fn page(&self, view: &View, room: Room) -> Page {
        let Some((environment, setup)) = view.model.current() else { return Page::default() };
        let Flow::Linking(link) = &setup.flow else { return Page::default() };
        let cells = room.width;
        let outlook = outlook::link(link, &view.model.experience, view.beat(link.started));
        let mut head = vec![elapsed(view, link, outlook, cells)];
        if link.way != Way::Assisted {
            let share = outlook
                .map_or(1.0, |outlook| outlook.share_done(between(link.started, view.beat(link.started)), LINK_USUAL));
            head.push(progress::bar(*view.look, share, cells));
        }
        head.push(Row::blank());
        let mut rows = steps(view, link, cells);
        if let Some((_, word)) = &link.watch.last
            && link.way == Way::Direct
            && link.step == LinkStep::Watch
        {
            rows.extend(progress::last_word(view, word, cells));
        }
        let page_of_lcs = address(view, environment, &setup.facts);
        let assisted = is_by_hand(link);
        if assisted {
            rows.push(Row::blank());
            rows.extend(by_hand(link, page_of_lcs.as_deref(), cells));
        }
        let notes =
            if link.way == Way::Assisted { Vec::new() } else { parts::goes_on(view, environment, setup, room.full) };
        let mut stops = Vec::new();
        if assisted && let Some(url) = &page_of_lcs {
            stops.push(Stop::wants("Open Lifecycle Services", Intent::Open(url.clone())));
        }
        if link.step == LinkStep::AskPerson {
            stops.push(Stop::wants("It is linked", Intent::ConfirmLinked));
        }
        stops.extend(access::button(view.model));
        if assisted {
            stops.push(Stop::wants("Stop waiting", Intent::StopWaiting));
        }
        if !room.has_side {
            rows.push(Row::blank());
            let used = head.len() + rows.len() + notes.len() + 1 + usize::from(!stops.is_empty());
            rows.extend(parts::events(view, cells, room.height.saturating_sub(used).max(EVENTS_LEAST)));
        }
        let address = page_of_lcs.filter(|_| assisted);
        let primary = stops.first().map_or("", |stop| stop.label);
        Page {
            head,
            rows,
            notes,
            stops,
            primary,
            copy: address.clone().or_else(|| Some(view.model.cloud.come_back(environment))),
            address,
            ..Page::default()
        }
    }
}

/// Whether it waits for what a person does in Lifecycle Services.
fn is_by_hand(link: &Linking) -> bool {
    link.way == Way::Assisted && matches!(link.step, LinkStep::WatchGateway | LinkStep::AskPerson)
}

fn elapsed(view: &View, link: &Linking, outlook: Option<Outlook>, cells: usize) -> Row {
    let elapsed = between(link.started, view.now);
    let (way, how) = match link.way {
        Way::Direct => ("direct", "through the link service"),
        Way::Assisted => ("assisted", "by you in Lifecycle Services"),
        Way::Reset => ("reset link", "through the dual-write gateway"),
    };
    let row = Row::new("Elapsed ", Role::Dim).and(view.running(elapsed), Role::Strong);
    let row = match (elapsed >= LINK_USUAL, link.way) {
        (true, Way::Assisted) => row,
        (true, _) => row.and("   longer than usual", Role::Warn),
        (false, _) => row.and(format!(", usually under {}", stopwatch(LINK_USUAL)), Role::Dim),
    };
    let more = outlook.filter(|_| elapsed < LINK_USUAL && link.way == Way::Direct);
    let more = more.map(|outlook| format!("{way}, {} (estimate)", outlook.words()));
    // Which way it is stays, whatever else there is room for.
    let told = more.into_iter().chain([format!("{way}: {how}"), way.to_owned()]).map(|words| format!("   {words}"));
    let room = cells.saturating_sub(row.width());
    row.and(told.into_iter().find(|words| width(words) <= room).unwrap_or_default(), Role::Dim)
}

/// The page of Lifecycle Services, where a project is known.
fn address(view: &View, environment: &Environment, facts: &Facts) -> Option<String> {
    let project = view.model.cloud.lcs_project?;
    Some(lcs::portal_environment(project, gate::lcs_id(environment, facts)?))
}

/// What is done, in its order.
fn steps(view: &View, link: &Linking, cells: usize) -> Vec<Row> {
    let at = match link.step {
        // Looked at again between two tries of the start.
        LinkStep::Look if link.starts > 0 => 1,
        LinkStep::Look => 0,
        LinkStep::Start => 1,
        LinkStep::Watch | LinkStep::WatchGateway | LinkStep::AskPerson => 2,
        LinkStep::ReadBack { .. } | LinkStep::ReadConnectionSet => 3,
    };
    let words: [&str; 4] = match link.way {
        Way::Direct => [
            "Checking whether a link exists",
            "Asking the link service to start",
            "The service links both sides",
            "Reading the link back from the dual-write service",
        ],
        Way::Assisted => [
            "Checking whether a link exists",
            "",
            "You select Link to Power Platform environment",
            if link.step == LinkStep::AskPerson {
                "You confirm that it is linked"
            } else {
                "Reading the link back from the dual-write service"
            },
        ],
        Way::Reset => ["", "Asking the dual-write gateway to reset the link", "", "Reading the link back from it"],
    };
    let mut rows = Vec::new();
    for (place, text) in words.into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        let (mark, word) = match place.cmp(&at) {
            std::cmp::Ordering::Less => (Mark::Done, "done"),
            std::cmp::Ordering::Equal => (Mark::Busy, "now"),
            std::cmp::Ordering::Greater => (Mark::Waiting, "not yet"),
        };
        let start =
            Row::new(format!("{} ", mark.glyph(view.look.glyphs)), mark.role()).and(format!("{word:<9}"), mark.role());
        let role = if mark == Mark::Busy { Role::Strong } else { Role::Plain };
        rows.extend(behind(start, &[Piece::new(text, role)], cells));
    }
    rows
}

/// What the person does in Lifecycle Services, and what is watched meanwhile.
fn by_hand(link: &Linking, page: Option<&str>, cells: usize) -> Vec<Row> {
    let mut rows = vec![parts::heading("In Lifecycle Services")];
    match page {
        Some(url) => rows.extend(parts::address(&clean(url), cells)),
        None => rows.extend(flow(
            Row::new("  ", Role::Plain),
            2,
            &[Piece::new("Open your project, then Environment Details of this environment.", Role::Plain)],
            cells,
        )),
    }
    let select =
        "Under Power Platform Integration select Link to Power Platform environment. It takes 5 minutes or less.";
    rows.extend(parts::numbered([select], cells));
    rows.push(Row::blank());
    let watched = if link.step == LinkStep::AskPerson {
        if link.watch.waits_for_token() {
            "Without a token this program cannot see the link: give one (t). Or select It is linked when Lifecycle Services shows it; the record says that you confirmed it."
        } else {
            "This program cannot see the link: no dual-write gateway is known. When Lifecycle Services shows it, select It is linked; the record says that you confirmed it."
        }
    } else {
        "The dual-write service is watched from here: this page continues by itself when it shows the link."
    };
    rows.extend(flow(Row::new("  ", Role::Plain), 2, &[Piece::new(watched, Role::Dim)], cells));
    rows
}
