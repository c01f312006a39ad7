//! Parts that several screens share: the timeline, hosts and ids in short, numbered lists, the
//! words of a failure, the way back.

use super::View;
use crate::core::check;
use crate::core::environment::Environment;
use crate::core::facts::FactKind;
use crate::core::failure::Failure;
use crate::core::fault::Confidence;
use crate::core::geography;
use crate::core::journal::{Deed, RunId};
use crate::core::remedy;
use crate::core::route::{Screen, screen};
use crate::core::setup::{Record, Setup};
use crate::core::trouble::{Again, Trouble};
use crate::ui::look::{Glyphs, Look, Mark, Role};
use crate::ui::markdown;
use crate::ui::row::{Piece, Row, behind, field, flow, para};
use crate::ui::text::{clean, clean_lines, cut, fit, width};
use crate::wire::place;

/// Cells of a name in a sentence; the whole stands in the details (d).
const NAME_MAX: usize = 60;
/// First characters of an id that stand for the whole.
const SHORT_ID: usize = 8;
/// Cells from which the text of an event keeps clear of the times.
const TIMELINE_ROOMY: usize = 60;

/// A heading.
pub(super) fn heading(text: &str) -> Row {
    Row::new(text, Role::Strong)
}

/// A mark and what it says, wrapped under the text.
pub(super) fn marked(mark: Mark, text: &str, look: Look, cells: usize) -> Vec<Row> {
    let start = Row::new(format!("{} ", mark.glyph(look.glyphs)), mark.role());
    behind(start, &[Piece::new(text, Role::Plain)], cells)
}

/// Sentences with numbers, in their order.
pub(super) fn numbered<'a>(items: impl IntoIterator<Item = &'a str>, cells: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let start = Row::new(format!("{:>3}  ", at + 1), Role::Dim);
        rows.extend(behind(start, &markdown::pieces(&clean(item)), cells));
    }
    rows
}

/// An address as a link, in full, indented.
pub(super) fn address(url: &str, cells: usize) -> Vec<Row> {
    flow(Row::new("  ", Role::Plain), 2, &[Piece::link(&clean(url))], cells)
}

/// The name of an environment in a sentence: no name may push everything else off the page.
pub(super) fn name(name: &str, look: Look) -> String {
    cut(&clean(name), NAME_MAX, look.symbols().ellipsis)
}

/// The host of an address.
pub(super) fn host(url: &str) -> String {
    clean(&place(url))
}

/// An id, or its first characters; the whole stands in the details (d).
pub(super) fn short_id(id: &str, look: Look) -> String {
    let id = clean(id);
    if id.chars().count() <= SHORT_ID + 1 {
        return id;
    }
    format!("{}-{}", id.chars().take(SHORT_ID).collect::<String>(), look.symbols().ellipsis)
}

/// Where an environment is.
pub(super) fn geography(environment: &Environment) -> String {
    let word = environment.geography.as_deref().map(clean).unwrap_or_default();
    if word.is_empty() { "not said".to_owned() } else { geography::title(&word).to_owned() }
}

/// A fact that is not here: it is on its way, or nobody can ask for it.
pub(super) fn unread(setup: &Setup, kind: FactKind) -> (Mark, &'static str) {
    if setup.reading.contains_key(&kind) { (Mark::Busy, "being read") } else { (Mark::Waiting, "not read") }
}

/// What happened, newest first.
pub(super) fn timeline(view: &View, cells: usize) -> Vec<Row> {
    let rows = events(view, cells, usize::MAX);
    if rows.is_empty() {
        return rows;
    }
    let mut all = vec![heading("Timeline"), Row::blank()];
    all.extend(rows);
    all
}

/// Events of the timeline, newest first, as many whole ones as fit into so many rows.
pub(super) fn events(view: &View, cells: usize, room: usize) -> Vec<Row> {
    let Some((_, setup)) = view.model.current() else { return Vec::new() };
    let mut rows = Vec::new();
    for event in setup.timeline.iter().rev() {
        let start = Row::new(format!("{}  ", view.time(event.at)), Role::Dim);
        let body = [Piece::new(clean(&event.text), Role::Plain)];
        // In a narrow column an id has to fit into the further rows.
        let event = if cells < TIMELINE_ROOMY { flow(start, 2, &body, cells) } else { behind(start, &body, cells) };
        if rows.len() + event.len() > room {
            if rows.len() < room {
                rows.push(Row::new("earlier: details (d)", Role::Dim));
            }
            break;
        }
        rows.extend(event);
    }
    rows
}

/// The words of a service, quoted and unabridged.
pub(super) fn quote(words: &str, look: Look, cells: usize) -> Vec<Row> {
    let symbols = look.symbols();
    let mut lines = clean_lines(words);
    if let Some(last) = lines.last_mut() {
        last.push_str(symbols.quote_close);
    }
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let start = if at == 0 { symbols.quote_open } else { " " };
        rows.extend(behind(Row::new(start, Role::Quote), &[Piece::new(line, Role::Quote)], cells));
    }
    rows
}

/// A row in which a text is typed. Empty it would look like nothing, so it says what it is for; line by line that is asked.
pub(super) fn typed_row(label: &str, typed: String, hint: &str, look: Look) -> Row {
    let label = Row::new(format!("{label}  "), Role::Dim);
    if typed.is_empty() && look.glyphs != Glyphs::Words {
        label.and(hint, Role::Dim)
    } else {
        label.and(typed, Role::Strong)
    }
}

/// What was said: quoted where a service said it, plain where the program found it.
pub(super) fn said(words: &str, is_ours: bool, look: Look, cells: usize) -> Vec<Row> {
    if words.is_empty() {
        Vec::new()
    } else if is_ours {
        clean_lines(words).iter().flat_map(|line| para(line, Role::Plain, cells)).collect()
    } else {
        quote(words, look, cells)
    }
}

/// What failed, in the service's words; why, and what to do, as far as the catalogue knows.
pub(super) fn failure(view: &View, failure: &Failure, cells: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let own_code = failure.code.as_deref().map(clean).unwrap_or_default();
    let (code, title) = match failure.fault {
        Some(fault) if fault.code.is_empty() => (own_code.as_str(), fault.title.as_str()),
        Some(fault) => (fault.code.as_str(), fault.title.as_str()),
        None if failure.is_ours => ("", ""),
        None => match failure.open_code() {
            Some(code) => (code, "has more than one cause"),
            None if own_code.is_empty() => ("", "Not in the catalogue of known faults"),
            None => (own_code.as_str(), "not in the catalogue of known faults"),
        },
    };
    let code = if code.is_empty() { String::new() } else { format!("{code}  ") };
    // What was found here says itself what it is.
    if !(code.is_empty() && title.is_empty()) {
        rows.extend(flow(Row::blank(), 0, &[Piece::new(code, Role::Bad), Piece::new(title, Role::Strong)], cells));
        rows.push(Row::blank());
    }
    rows.extend(said(&failure.words, failure.is_ours, *view.look, cells));
    rows.push(Row::blank());
    let (label, words) = match failure.fault {
        Some(fault) => match fault.confidence {
            Confidence::Documented | Confidence::Reported => ("Why", fault.cause.clone()),
            Confidence::Paraphrased | Confidence::Inferred | Confidence::DraftOnly => ("Perhaps", fault.cause.clone()),
        },
        None => ("Next", clean(&failure.next_move)),
    };
    let start = Row::new(fit(label, 9, ""), Role::Strong);
    rows.extend(behind(start, &[Piece::new(words, Role::Plain)], cells));
    rows
}

/// The remedies of the catalogue: what shows its effect is ticked off, the one to turn to is marked; and
/// where it is written.
pub(super) fn remedies(view: &View, failure: &Failure, title: &str, cells: usize) -> Vec<Row> {
    let (Some(fault), Some((environment, setup))) = (failure.fault, view.model.current()) else { return Vec::new() };
    let needs = if fault.role.is_empty() { String::new() } else { format!("  needs: {}", fault.role) };
    let mut rows = vec![Row::blank(), Row::new(title, Role::Strong).and(needs, Role::Dim)];
    let checks = check::of_setup(environment, setup);
    for (at, step) in remedy::remedies(fault, &checks, failure.repeats).into_iter().enumerate() {
        let mark = if step.is_done { Mark::Done } else { Mark::Now };
        let glyph = if step.is_done || step.is_next { mark.glyph(view.look.glyphs) } else { " " };
        let start = Row::new(format!("{glyph:<2}"), mark.role()).and(format!("{:>2}  ", at + 1), Role::Dim);
        let mut body = markdown::pieces(&clean(step.text));
        if step.is_done {
            body.push(Piece::new(" (done)", Role::Good));
        } else if step.is_next {
            body.push(Piece::new(" (next)", Role::Busy));
        }
        rows.extend(behind(start, &body, cells));
        if let Some(address) = step.address.filter(|_| step.is_next) {
            rows.extend(flow(Row::new("      ", Role::Plain), 6, &[Piece::link(&clean(&address))], cells));
        }
    }
    if !fault.doc_url.is_empty() {
        rows.push(Row::blank());
        rows.push(Row::new("Microsoft's article", Role::Dim));
        rows.extend(address(&fault.doc_url, cells));
    }
    rows
}

/// That the same error has come back, and what that means.
pub(super) fn came_back(view: &View, failure: &Failure, cells: usize) -> Vec<Row> {
    let times = match failure.repeats {
        0 => return Vec::new(),
        1 => String::new(),
        count => format!(" {count} times"),
    };
    let text = format!(
        "The same error has come back{times}: trying again is not enough. If you fixed it before, find out who or what \
         undoes it: a person, a policy, a job."
    );
    let mut rows = vec![Row::blank()];
    rows.extend(para(&text, Role::Warn, cells));
    if let (Some(fault), Some((environment, setup))) = (failure.fault, view.model.current()) {
        let checks = check::of_setup(environment, setup);
        let steps = remedy::remedies(fault, &checks, failure.repeats);
        if let Some((at, step)) = steps.iter().enumerate().find(|(_, step)| step.is_next) {
            let start = Row::new(format!("Next, step {}  ", at + 1), Role::Strong);
            rows.extend(behind(start, &markdown::pieces(&clean(step.text)), cells));
        }
    }
    rows
}

/// The ids to quote to support.
pub(super) fn ids(ids: &[(&'static str, String)], cells: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let label = ids.iter().map(|(label, _)| width(label)).max().unwrap_or(0) + 2;
    for (name, id) in ids.iter().filter(|(_, id)| !id.is_empty()) {
        rows.extend(field(name, label, &[Piece::new(clean(id), Role::Plain)], cells));
    }
    if !rows.is_empty() {
        rows.insert(0, Row::new("For support", Role::Strong));
        rows.insert(0, Row::blank());
    }
    rows
}

/// What goes on without the program and what waits, and how to come back to it.
pub(super) fn goes_on(view: &View, environment: &Environment, setup: &Setup, cells: usize) -> Vec<Row> {
    let cloud = &view.model.cloud;
    let mut rows = para(&leaving(cloud.ends_with_program, setup), Role::Dim, cells);
    let start = Row::new("  ", Role::Plain);
    rows.extend(flow(start, 4, &[Piece::new(clean(&cloud.come_back(environment)), Role::Plain)], cells));
    rows
}

/// The run of a set-up that has a record.
pub(super) fn run_of(setup: &Setup) -> Option<RunId> {
    (setup.record != Record::New).then(|| setup.run.clone())
}

/// What leaving means for what runs, and that a command follows that comes back.
pub(super) fn leaving(is_rehearsal: bool, setup: &Setup) -> String {
    match (setup.goes_on(), is_rehearsal) {
        (Some(what), false) => {
            format!(
                "If you leave, {what} continues in Microsoft's service. The remaining stages start when you come back:"
            )
        }
        (Some(what), true) => format!(
            "If you leave, this rehearsal ends. On a real cloud {what} would continue, and the remaining stages would \
             wait for you. To start again:"
        ),
        (None, false) if setup.waits_for_person() => "If you leave, only the watching stops. To come back:".to_owned(),
        (None, false) => {
            "Nothing runs at a service right now. The remaining stages start when you come back:".to_owned()
        }
        (None, true) => "If you leave, this rehearsal ends. To start again:".to_owned(),
    }
}

/// A failure as text for a support case.
pub(super) fn support(failure: &Failure) -> String {
    let mut lines = vec![format!("{} at {}", failure.service.name(), failure.at)];
    lines.extend(failure.code.as_deref().map(|code| format!("code: {}", clean(code))));
    lines.extend(clean_lines(&failure.words));
    let ids = failure.ids.iter().filter(|(_, id)| !id.is_empty());
    lines.extend(ids.map(|(label, id)| format!("{label}: {}", clean(id))));
    lines.join("\n")
}

/// How another try is made on the screen that is shown: the sign-in asks for a new code.
pub(super) fn again(view: &View) -> Again {
    if screen(view.model) == Screen::SignIn { Again::Code } else { Again::Reading }
}

/// A trouble on a page of its own: what happened, the service's words, what to do.
pub(super) fn told(trouble: &Trouble, view: &View, cells: usize) -> Vec<Row> {
    let mut rows = para(&clean(&trouble.whole_sentence()), Role::Plain, cells);
    rows.extend(said(&trouble.words, trouble.is_own_finding(), *view.look, cells));
    if let Some(id) = &trouble.correlation {
        rows.extend(para(&format!("Correlation id {}", clean(id)), Role::Dim, cells));
    }
    rows.push(Row::blank());
    rows.extend(para(&clean(&trouble.next_move(again(view))), Role::Plain, cells));
    rows
}

/// What the last set-up and the repairs after it have written, so that nobody has to look for it.
pub(super) fn written(setup: &Setup, view: &View, cells: usize) -> Vec<Row> {
    if setup.written.is_empty() {
        return Vec::new();
    }
    let has = |deed: &Deed| setup.written.contains(deed);
    let mut rows = vec![Row::blank(), heading("What was written")];
    for deed in &setup.written {
        // Counted as it was confirmed: a user comes with its role.
        let text = match deed {
            Deed::GiveRole { app } if has(&Deed::CreateUser { app: app.clone() }) => continue,
            Deed::CreateUser { app } if has(&Deed::GiveRole { app: app.clone() }) => {
                format!("{}, role System Administrator", deed.sentence())
            }
            _ => deed.sentence(),
        };
        rows.extend(marked(Mark::Done, &clean(&text), *view.look, cells));
    }
    if setup.written.iter().any(|deed| matches!(deed, Deed::CreateUser { .. } | Deed::GiveRole { .. })) {
        rows.extend(para("A new role can take up to an hour to take effect.", Role::Dim, cells));
    }
    rows
}
