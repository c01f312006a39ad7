//! Requests to services as rows: who was asked what, how it ended, how long it took; the ids below.

use super::View;
use super::parts;
use crate::core::environment::Environment;
use crate::core::exchange::{Ending, Exchange, shorten};
use crate::core::facts::Facts;
use crate::core::time::time_of_day;
use crate::ui::look::{Glyphs, Role};
use crate::ui::row::Row;
use crate::ui::text::{clean, cut, fit};

/// Cells of the time and the gap behind it.
const TIME: usize = 10;
/// Cells of the longest method and the gap behind it.
const METHOD: usize = 7;
/// Cells of the status and the gap behind it; a dash stands for no answer.
const STATUS: usize = 5;
/// Cells of the longest usual duration and the gap behind it.
const LENGTH: usize = 9;
/// Cells of a path that is still worth reading; a page that has no room for so many shows fewer.
const PATH: usize = 22;

/// The requests of this environment, then all others; of no environment, all. The newest first, as everything that
/// happened.
pub(super) fn rows(view: &View, about: Option<(&Environment, &Facts)>, cells: usize) -> Vec<Row> {
    // Whoever hears a page line by line has them printed with the block for support.
    if view.look.glyphs == Glyphs::Words || view.model.exchanges.is_empty() {
        return Vec::new();
    }
    let is_about = |exchange: &&Exchange| about.is_some_and(|(of, facts)| exchange.is_about(of, facts));
    let (own, others): (Vec<_>, Vec<_>) = view.model.exchanges.iter().partition(is_about);
    let mut rows = Vec::new();
    let title = about.map(|(of, _)| format!("Requests about {}", parts::name(&of.name, *view.look)));
    let titles = match title {
        Some(title) if !own.is_empty() => [title, "Other requests".to_owned()],
        _ => [String::new(), "Requests".to_owned()],
    };
    for (title, exchanges) in titles.into_iter().zip([own, others]) {
        if exchanges.is_empty() {
            continue;
        }
        if !rows.is_empty() {
            rows.push(Row::blank());
        }
        rows.push(parts::heading(&title).and(format!("  {}, the newest first", exchanges.len()), Role::Dim));
        for exchange in exchanges.into_iter().rev() {
            rows.extend(row(view, exchange, cells));
        }
    }
    rows
}

/// One request: one row, and one more for what does not fit into it.
fn row(view: &View, exchange: &Exchange, cells: usize) -> Vec<Row> {
    let ellipsis = view.look.symbols().ellipsis;
    let (end, role) = match &exchange.ending {
        Ending::Answered(status) if exchange.is_usable() => (status.to_string(), Role::Plain),
        Ending::Answered(status) => (status.to_string(), Role::Bad),
        Ending::NoAnswer(_) | Ending::NotSent(_) => ("-".to_owned(), Role::Bad),
        Ending::Dropped => ("-".to_owned(), Role::Dim),
    };
    let mut first = Row::new(fit(&time_of_day(exchange.at, view.zone), TIME, ""), Role::Dim)
        .and(fit(&clean(&exchange.method), METHOD, ""), Role::Plain)
        .and(fit(&end, STATUS, ""), role)
        .and(format!("{:>width$}  ", exchange.length(), width = LENGTH - 2), Role::Dim);
    let room = cells.saturating_sub(first.width());
    let (host, path) = (clean(&exchange.host), clean(&exchange.path));
    // The path gets what the host leaves, the host what the path does not need.
    let host = shorten(&host, room.saturating_sub(PATH.max((room / 2).min(path.len())) + 1).max(1), ellipsis);
    let path = shorten(&path, room.saturating_sub(host.chars().count() + 1), ellipsis);
    first = first.and(host, Role::Dim).and(format!(" {path}"), Role::Plain);
    let more = more(view, exchange, cells.saturating_sub(TIME));
    if more.pieces.is_empty() {
        return vec![first];
    }
    let gap = "  ";
    if first.width() + gap.len() + more.width() <= cells {
        first = first.and(gap, Role::Plain);
        first.pieces.extend(more.pieces);
        return vec![first];
    }
    let mut second = Row::new(" ".repeat(TIME), Role::Plain);
    second.pieces.extend(more.pieces);
    vec![first, second]
}

/// What failed, the attempt, the pause the service asks for, and the ids: the longest form that fits.
fn more(view: &View, exchange: &Exchange, cells: usize) -> Row {
    let ellipsis = view.look.symbols().ellipsis;
    let mut row = Row::blank();
    let mut put = |text: String, role: Role| {
        let gap = if row.pieces.is_empty() { "" } else { "  " };
        let left = cells.saturating_sub(row.width() + gap.len());
        if left > 0 {
            row = std::mem::take(&mut row).and(format!("{gap}{}", cut(&text, left, ellipsis)), role);
        }
    };
    match &exchange.ending {
        Ending::Answered(_) => {}
        Ending::Dropped => put(exchange.end(), Role::Dim),
        Ending::NoAnswer(_) | Ending::NotSent(_) => put(clean(&exchange.end()), Role::Bad),
    }
    for note in exchange.notes() {
        put(note, Role::Warn);
    }
    let ids = |own: &str| {
        let own = (!own.is_empty()).then(|| format!("id {own}"));
        let correlations = exchange.correlations.iter().map(|id| format!("correlation {}", clean(id)));
        own.into_iter().chain(correlations).collect::<Vec<_>>().join("  ")
    };
    let own = exchange.request_id.as_deref().map(clean).unwrap_or_default();
    let left = cells.saturating_sub(row.width() + 2);
    // The service looks for its own id first; ours is shortened where not both fit.
    let forms = [ids(&own), ids(&parts::short_id(&own, *view.look)), ids("")];
    let fits = forms.iter().find(|form| form.chars().count() <= left && !form.is_empty()).unwrap_or(&forms[2]);
    if !fits.is_empty() {
        let gap = if row.pieces.is_empty() { "" } else { "  " };
        row = row.and(format!("{gap}{}", cut(fits, left, ellipsis)), Role::Dim);
    }
    row
}
