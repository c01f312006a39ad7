//! A run as something to read or to attach to a change ticket: plain text, Markdown, one HTML file,
//! JSON. All four say the same, from the same [`Report`]; text from outside is text in each of them.

use super::text::{clean, clean_lines, safe_json};
use crate::core::fault;
use crate::core::journal::{ChangeResult, Outcome, Run, Work};
use crate::core::reset;
use crate::core::time::{Now, between, moment, to_the_second};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fmt::Write;

/// The formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Markdown.
    Markdown,
    /// One HTML file.
    Html,
    /// JSON.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Markdown, Self::Html, Self::Json];

    /// What the name of a file ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}

/// A run in this format. Times are those of the zone.
pub fn export(run: &Run, format: Format, zone: &TimeZone) -> String {
    match format {
        Format::Markdown => markdown(&Report::of(run, zone)),
        Format::Html => html(&Report::of(run, zone)),
        Format::Json => safe_json(&document(run).to_string()) + "\n",
    }
}

/// Cells of the labels of [`lines`], with the space behind them.
pub const LABEL: usize = 21;

/// A run as plain lines.
pub fn lines(run: &Run, zone: &TimeZone) -> Vec<String> {
    let report = Report::of(run, zone);
    let mut lines = vec![report.title.clone(), String::new()];
    lines.extend(report.facts.iter().map(|(label, value)| format!("{label:<LABEL$}{value}")));
    for table in &report.tables {
        lines.push(String::new());
        lines.push(table.title.to_owned());
        if table.rows.is_empty() {
            lines.push("  none".into());
        }
        for row in &table.rows {
            lines.push(format!("  {}", row.join("  ")));
        }
    }
    if let Some(failure) = &report.failure {
        lines.push(String::new());
        lines.push(failure.head.clone());
        lines.push(format!("  {}", failure.title));
        lines.extend(failure.words.iter().map(|line| format!("  {line}")));
        lines.extend(failure.remedies.iter().enumerate().map(|(at, text)| format!("  {}. {text}", at + 1)));
        if !failure.doc_url.is_empty() {
            lines.push(format!("  {}", failure.doc_url));
        }
        lines.extend(failure.ids.iter().map(|id| format!("  {id}")));
    }
    lines
}

/// What all formats say. Every text is clean.
struct Report {
    title: String,
    facts: Vec<(&'static str, String)>,
    tables: Vec<Table>,
    failure: Option<Failure>,
}

struct Table {
    title: &'static str,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

struct Failure {
    head: String,
    ids: Vec<String>,
    title: String,
    words: Vec<String>,
    remedies: Vec<String>,
    doc_url: String,
}

/// Who began it, and who worked on it later.
fn by(run: &Run, zone: &TimeZone) -> String {
    let later = run.others.iter().map(|(at, account)| format!("{}, since {}", clean(account), moment(*at, zone)));
    std::iter::once(clean(&run.account)).chain(later).collect::<Vec<_>>().join("; then ")
}

impl Report {
    fn of(run: &Run, zone: &TimeZone) -> Self {
        let date = |at: Now| moment(at, zone);
        let mut facts = vec![
            ("Outcome", run.word().to_owned()),
            ("Environment", format!("{} ({})", clean(&run.name), clean(&run.environment))),
            ("Cloud", format!("{} ({})", clean(&run.cloud), clean(&run.address))),
            ("By", by(run, zone)),
            ("Started", date(run.began)),
            ("Last entry", date(run.last)),
            ("First to last entry", to_the_second(between(run.began, run.last))),
        ];
        let tried = |is_link: bool| {
            let has_failed = run.failure.as_ref().is_some_and(|failure| (failure.step == "link") == is_link);
            if has_failed { ", without failed attempts" } else { "" }
        };
        if let Some(took) = run.configure_took {
            facts.push(("Configure took", to_the_second(took) + tried(false)));
        }
        if let Some(took) = run.link_took {
            facts.push(("Link took", to_the_second(took) + tried(true)));
        }
        facts.push((
            "Terms",
            run.terms.as_ref().map_or_else(
                || "not part of this run".to_owned(),
                |(version, by, at)| format!("version {}, accepted by {}, {}", clean(version), clean(by), date(*at)),
            ),
        ));
        if let Some((address, confirmed)) = &run.linked {
            facts.push(("Linked", clean(confirmed)));
            facts.push(("Dual-write page", clean(address)));
        }
        facts.push(("Run", clean(&run.id)));
        if let Some((Work::Reset { typed, linked_to, owner, maps, legal_entities }, _)) = &run.work {
            let owner = if owner.is_empty() { "not known".to_owned() } else { clean(owner) };
            facts.push(("Was linked to", format!("{}, owner {owner}", clean(linked_to))));
            facts.push(("Confirmed by", format!("naming {}", clean(typed))));
            facts.push(("It removed", format!("the table maps, {}", reset::REMOVES)));
            if !maps.is_empty() {
                facts.push(("Table maps", clean(&maps.join(", "))));
            }
            facts.push(("Legal entities", clean(&reset::take_part(legal_entities))));
        }
        let retries = match run.retries {
            0 => "none".to_owned(),
            count => format!("{count}, where a service did not answer"),
        };
        facts.push(("Requests repeated", retries));
        Self {
            title: format!("{} of {} on {}: {}", what(run), clean(&run.name), clean(&run.cloud), run.word()),
            facts,
            tables: vec![stages(run, &date), changes(run, &date), sittings(run, &date), readings(run, &date)],
            failure: run.failure.as_ref().map(|failure| {
                let head = match (&run.outcome, failure.step.as_str()) {
                    (Some(Outcome::Linked), _) | (Some(Outcome::Configured), "configure") => {
                        "The last failure, which was solved"
                    }
                    // What is configured was not linked again since.
                    (Some(Outcome::Configured), _) => "The last failure, which was not tried again",
                    _ => "Why it failed",
                };
                let known = failure.fault.as_deref().and_then(fault::by_id);
                let words =
                    if failure.next.is_empty() || known.is_some() { Vec::new() } else { vec![failure.next.clone()] };
                Failure {
                    head: format!("{head} ({}, {})", clean(&failure.step), date(failure.at)),
                    ids: failure.ids.iter().map(|(label, id)| format!("{}: {}", clean(label), clean(id))).collect(),
                    title: known
                        .map_or_else(|| failure.code.as_deref().map(clean).unwrap_or_default(), |of| of.title.clone()),
                    words: clean_lines(&failure.words),
                    remedies: known.map_or(words, |fault| fault.remedies.clone()),
                    doc_url: known.map(|fault| fault.doc_url.clone()).unwrap_or_default(),
                }
            }),
        }
    }
}

/// What the run was about.
fn what(run: &Run) -> &'static str {
    match &run.work {
        // A set-up ends with its link.
        Some((Work::Link { .. }, _)) if !run.stages.is_empty() => "Dual-write set-up",
        // What was repaired afterwards is part of it.
        Some((Work::Configure { .. }, _)) if run.configure_took.is_some() => "Dual-write set-up",
        Some((work, _)) => work.title(),
        None => "Dual-write set-up",
    }
}

fn stages(run: &Run, date: &impl Fn(Now) -> String) -> Table {
    let rows = run.stages.iter().map(|line| {
        let took = line.until.map(|until| to_the_second(between(line.since, until))).unwrap_or_default();
        vec![date(line.since), line.stage.title().into(), line.state.word().into(), took, clean(&line.detail)]
    });
    Table { title: "Stages", head: &["Since", "Stage", "State", "Took", "More"], rows: rows.collect() }
}

fn sittings(run: &Run, date: &impl Fn(Now) -> String) -> Table {
    let last = run.sittings.len().saturating_sub(1);
    let rows = run.sittings.iter().enumerate().map(|(at, sitting)| {
        let by = &sitting.by;
        let end = match (&sitting.left, at == last && run.outcome.is_some()) {
            (Some(why), _) => format!("left while it ran: {}", clean(why)),
            (None, true) => run.word().to_owned(),
            (None, false) if at == last && run.driven_by.is_some() => "runs".to_owned(),
            (None, false) => "ended unexpectedly (no reason recorded)".to_owned(),
        };
        let program = format!("dualwrite {}, process {} on {}", clean(&by.version), by.process, clean(&by.host));
        vec![date(sitting.at), date(sitting.last), program, end]
    });
    Table { title: "Program sessions", head: &["From", "Last entry", "Program", "End"], rows: rows.collect() }
}

fn changes(run: &Run, date: &impl Fn(Now) -> String) -> Table {
    let rows = run.changes.iter().map(|line| {
        let result = line.result.map_or("not known: the program ended first", ChangeResult::word);
        let more = [line.id.as_deref().unwrap_or_default(), &line.words];
        let more: Vec<String> = more.iter().filter(|text| !text.is_empty()).map(|text| clean(text)).collect();
        vec![date(line.at), clean(&line.deed.sentence()), result.to_owned(), more.join(", ")]
    });
    Table { title: "Changes requested", head: &["When", "Change", "Result", "More"], rows: rows.collect() }
}

fn readings(run: &Run, date: &impl Fn(Now) -> String) -> Table {
    let rows = run
        .readings
        .iter()
        .map(|(at, stage, word)| vec![date(*at), stage.map_or("Link", |stage| stage.title()).into(), clean(word)]);
    Table { title: "Status reported by the services", head: &["When", "Of", "The service said"], rows: rows.collect() }
}

/// Text that stays text in Markdown: no markup, no HTML, nothing that is clicked. Readers of Markdown make
/// links of bare addresses too, so a word that could be one stands as code.
fn for_markdown(text: &str) -> String {
    let mut safe = String::new();
    for (at, part) in text.split_inclusive(' ').enumerate() {
        let word = part.trim_end_matches(' ');
        // What stands around an address is none of it.
        let inner = word.trim_start_matches('(').trim_end_matches([',', ';', ')']);
        if could_be_link(inner) {
            let from = word.len() - word.trim_start_matches('(').len();
            safe.push_str(&word[..from].replace('(', "\\("));
            safe.push_str(&code_span(inner));
            safe.push_str(&word[from + inner.len()..].replace(')', "\\)"));
        } else {
            escape_markdown(word, at == 0, &mut safe);
        }
        safe.push_str(&part[word.len()..]);
    }
    safe
}

/// An address of the web or of mail, with or without its scheme, as the readers of Markdown look for them.
fn could_be_link(word: &str) -> bool {
    let is_name = |(dot, _): (usize, &str)| {
        word[..dot].ends_with(char::is_alphanumeric) && word[dot + 1..].starts_with(char::is_alphabetic)
    };
    word.contains("://") || word.contains('@') || word.match_indices('.').any(is_name)
}

/// A bar would end the cell of a table, in code too, so a broken one stands for it.
fn code_span(word: &str) -> String {
    let fence = "`".repeat(longest_run(word, '`') + 1);
    let pad = if word.starts_with('`') || word.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", word.replace('|', "\u{a6}"))
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|letter| letter != of).map(str::len).max().unwrap_or(0)
}

/// `is_first`: a list, a rule or a heading could begin here.
fn escape_markdown(word: &str, is_first: bool, safe: &mut String) {
    let digits = word.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(word.len());
    for (at, letter) in word.char_indices() {
        let begins = match letter {
            '-' | '+' | '=' => at == 0,
            '.' | ')' => at == digits && at > 0,
            _ => false,
        };
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' | '$' | '^' | '{' | '}' => {
                safe.push('\\');
                safe.push(letter);
            }
            _ if is_first && begins => {
                safe.push('\\');
                safe.push(letter);
            }
            _ => safe.push(letter),
        }
    }
}

fn for_html(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

fn markdown(report: &Report) -> String {
    let mut text = format!("# {}\n\n", for_markdown(&report.title));
    // Writing to a String cannot fail.
    for (label, value) in &report.facts {
        let _ = writeln!(text, "- **{label}**: {}", for_markdown(value));
    }
    if let Some(failure) = &report.failure {
        let _ = writeln!(text, "\n## {}\n", for_markdown(&failure.head));
        if !failure.title.is_empty() {
            let _ = writeln!(text, "**{}**\n", for_markdown(&failure.title));
        }
        // The words of a service as they are: in a block of code nothing is read as Markdown.
        let run = failure.words.iter().map(|line| longest_run(line, '`')).max().unwrap_or(0);
        let fence = "`".repeat(run.max(2) + 1);
        let _ = writeln!(text, "> {fence}text");
        for line in &failure.words {
            let _ = writeln!(text, "{}", format!("> {line}").trim_end());
        }
        let _ = writeln!(text, "> {fence}");
        text.push('\n');
        for (at, remedy) in failure.remedies.iter().enumerate() {
            let _ = writeln!(text, "{}. {}", at + 1, for_markdown(remedy));
        }
        if !failure.doc_url.is_empty() {
            let _ = writeln!(text, "\n<{}>", failure.doc_url);
        }
        text.push('\n');
        for id in &failure.ids {
            let _ = writeln!(text, "- {}", for_markdown(id));
        }
    }
    for table in &report.tables {
        let _ = writeln!(text, "\n## {}\n", table.title);
        if table.rows.is_empty() {
            text.push_str("None.\n");
            continue;
        }
        let _ = writeln!(text, "| {} |", table.head.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(table.head.len()));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| for_markdown(cell)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    text
}

/// Looks of the HTML file, on paper too.
const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th{background:#eee}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}\
blockquote{border-left:3px solid #999;margin:0;padding-left:1rem;white-space:pre-wrap}\
@media print{body{margin:0;max-width:none;font-size:11px}tr{break-inside:avoid}h2{break-after:avoid}}";

fn html(report: &Report) -> String {
    let title = for_html(&report.title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<dl>\n"
    );
    // Writing to a String cannot fail.
    for (label, value) in &report.facts {
        let _ = writeln!(text, "<dt>{label}</dt><dd>{}</dd>", for_html(value));
    }
    text.push_str("</dl>\n");
    if let Some(failure) = &report.failure {
        let (head, title) = (for_html(&failure.head), for_html(&failure.title));
        let _ = writeln!(text, "<h2>{head}</h2>\n<p><strong>{title}</strong></p>");
        let _ = writeln!(text, "<blockquote>{}</blockquote>", for_html(&failure.words.join("\n")));
        if !failure.remedies.is_empty() {
            text.push_str("<ol>\n");
            for remedy in &failure.remedies {
                let _ = writeln!(text, "<li>{}</li>", for_html(remedy));
            }
            text.push_str("</ol>\n");
        }
        if !failure.doc_url.is_empty() {
            let _ = writeln!(text, "<p>{}</p>", for_html(&failure.doc_url));
        }
        for id in &failure.ids {
            let _ = writeln!(text, "<p>{}</p>", for_html(id));
        }
    }
    for table in &report.tables {
        let _ = writeln!(text, "<h2>{}</h2>", table.title);
        if table.rows.is_empty() {
            text.push_str("<p>None.</p>\n");
            continue;
        }
        let head: Vec<String> = table.head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
        let _ = writeln!(text, "<table>\n<thead><tr>{}</tr></thead>\n<tbody>", head.concat());
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| format!("<td>{}</td>", for_html(cell))).collect();
            let _ = writeln!(text, "<tr>{}</tr>", cells.concat());
        }
        text.push_str("</tbody>\n</table>\n");
    }
    text.push_str("</body>\n</html>\n");
    text
}

/// A run as one JSON document. Texts are as they were written down, not cleaned.
pub fn document(run: &Run) -> Value {
    let seconds = |took: Option<std::time::Duration>| took.map(|took| took.as_secs());
    json!({
        "run": run.id,
        "outcome": run.word(),
        "environment": {"id": run.environment, "name": run.name},
        "cloud": {"name": run.cloud, "address": run.address},
        "account": run.account,
        "began": run.began,
        "last": run.last,
        "duration_s": between(run.began, run.last).as_secs(),
        "configure_s": seconds(run.configure_took),
        "link_s": seconds(run.link_took),
        "terms": run.terms.as_ref().map(|(version, by, at)| json!({"version": version, "accepted_by": by, "at": at})),
        "sittings": run.sittings.iter().map(|sitting| json!({
            "at": sitting.at, "last": sitting.last, "program": sitting.by, "left": sitting.left,
        })).collect::<Vec<_>>(),
        "work": run.work.as_ref().map(|(work, _)| work),
        "retries": run.retries,
        "linked": run.linked.as_ref().map(|(address, confirmed)| json!({"administration_url": address, "confirmed": confirmed})),
        "stages": run.stages.iter().map(|line| json!({
            "stage": line.stage, "state": line.state, "detail": line.detail, "since": line.since, "until": line.until,
        })).collect::<Vec<_>>(),
        "changes": run.changes.iter().map(|line| json!({
            "at": line.at, "change": line.deed, "result": line.result, "id": line.id, "words": line.words,
        })).collect::<Vec<_>>(),
        "readings": run.readings.iter().map(|(at, stage, word)| json!({
            "at": at, "stage": stage.map_or("link", |stage| stage.word()), "status": word,
        })).collect::<Vec<_>>(),
        "failure": run.failure.as_ref().map(|failure| json!({
            "at": failure.at, "step": failure.step, "fault": failure.fault, "code": failure.code, "words": failure.words,
            "next": failure.next, "ids": failure.ids,
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::journal::{Entry, What, fold};
    use std::collections::BTreeMap;

    const HOSTILE: &str = "<script>alert(1)</script> | `x` [a](javascript:1) \u{1b}]0;t\u{7} \u{202e}\n# h";

    fn run() -> Run {
        named(HOSTILE)
    }

    /// A run in which every text from outside is this one.
    fn named(words: &str) -> Run {
        let at = Now::UNIX_EPOCH;
        let entry = |what| Entry { at, run: "r".into(), environment: "e".into(), what };
        let words = words.to_owned();
        let started =
            What::Started { name: words.clone(), cloud: "c".into(), address: "a".into(), account: words.clone() };
        let (fault, ids) = (Some("dw9003-crm".into()), BTreeMap::from([(words.clone(), words.clone())]));
        let failed = What::Failed { step: "link".into(), fault, code: None, words, next: String::new(), ids };
        fold(&[entry(started), entry(failed)]).unwrap()
    }

    /// What a reader of Markdown makes of it, without the texts and without code in a line.
    fn built(markdown: &str) -> Vec<String> {
        use pulldown_cmark::{Event, Options, Parser};
        let (mut events, all) = (Vec::new(), Options::all());
        for event in Parser::new_ext(markdown, all) {
            match event {
                Event::Text(_) | Event::Code(_) | Event::SoftBreak => {}
                other => events.push(format!("{other:?}")),
            }
        }
        events
    }

    #[test]
    fn hostile_text_stays_text_in_every_format() {
        let run = run();
        let html = export(&run, Format::Html, &TimeZone::UTC);
        assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"), "{html}");
        let markdown = export(&run, Format::Markdown, &TimeZone::UTC);
        assert_eq!(built(&markdown), built(&export(&named("x"), Format::Markdown, &TimeZone::UTC)), "{markdown}");
        for text in [html, markdown, lines(&run, &TimeZone::UTC).join("\n")] {
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
        }
        let json = export(&run, Format::Json, &TimeZone::UTC);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["environment"]["name"], HOSTILE);
    }

    #[test]
    fn what_a_reader_of_markdown_would_make_a_link_or_a_list_of_stands_as_code_or_escaped() {
        for (text, safe) in [
            ("see https://evil.example/a|b now", "see `https://evil.example/a\u{a6}b` now"),
            ("evil.example", "`evil.example`"),
            ("by (a@b.example), then", "by \\(`a@b.example`\\), then"),
            ("a@b `x@y`", "`a@b` `` `x@y` ``"),
            ("1. one", "1\\. one"),
            ("- one - two", "\\- one - two"),
            ("=== $x$ ~~y~~", "\\=== \\$x\\$ \\~\\~y\\~\\~"),
            ("1.0.24062.2 at 10:42", "1\\.0.24062.2 at 10:42"),
        ] {
            assert_eq!(for_markdown(text), safe, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_changes_how_markdown_is_built_or_what_is_clicked(
            text in "[-+=#*_`~$|\\\\<>&!\\[\\]():/.@a-z0-9 \n\t\"'{}^%]{1,40}|.{1,40}"
        ) {
            let markdown = export(&named(&text), Format::Markdown, &TimeZone::UTC);
            let expected = export(&named("x"), Format::Markdown, &TimeZone::UTC);
            proptest::prop_assert_eq!(built(&markdown), built(&expected), "{}", markdown);
            let html = export(&named(&text), Format::Html, &TimeZone::UTC);
            let plain = export(&named("x"), Format::Html, &TimeZone::UTC);
            let tags = |html: &str| html.matches('<').count();
            proptest::prop_assert_eq!(tags(&html), tags(&plain), "{}", html);
        }
    }

    #[test]
    fn words_of_a_service_cannot_end_the_block_they_stand_in() {
        let mut run = run();
        if let Some(failure) = &mut run.failure {
            failure.words = "a\n```\n===\n\n# b\n<img src=x>".to_owned();
        }
        let markdown = export(&run, Format::Markdown, &TimeZone::UTC);
        let block = "> ````text\n> a\n> ```\n> ===\n>\n> # b\n> <img src=x>\n> ````\n";
        assert!(markdown.contains(block), "{markdown}");
    }

    #[test]
    fn json_holds_nothing_that_a_terminal_obeys() {
        let mut run = run();
        run.name = "a\u{9b}2J\u{7f}\u{61c}\u{e0041}".to_owned();
        let json = export(&run, Format::Json, &TimeZone::UTC);
        assert!(!json.trim_end().chars().any(crate::core::unseen::is_unseen), "{json:?}");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["environment"]["name"], run.name);
    }

    #[test]
    fn a_link_that_was_repaired_and_not_made_again_is_not_called_solved() {
        let head = |outcome, step: &str| {
            let mut run = run();
            run.outcome = Some(outcome);
            run.failure.as_mut().unwrap().step = step.into();
            lines(&run, &TimeZone::UTC).join("\n")
        };
        assert!(head(Outcome::Configured, "link").contains("was not tried again"));
        for solved in [head(Outcome::Linked, "link"), head(Outcome::Configured, "configure")] {
            assert!(solved.contains("was solved"), "{solved}");
        }
        assert!(head(Outcome::Failed, "link").contains("Why it failed"));
    }

    #[test]
    fn a_reset_that_nobody_typed_for_is_not_said_to_be_typed() {
        let (typed, linked_to, owner) = ("uat".to_owned(), "pp-2".to_owned(), String::new());
        let work = Work::Reset { typed, linked_to, owner, maps: Vec::new(), legal_entities: Vec::new() };
        let run = Run { work: Some((work, Now::UNIX_EPOCH)), ..run() };
        assert!(lines(&run, &TimeZone::UTC).iter().any(|line| line.ends_with("naming uat")));
    }

    #[test]
    fn the_failure_comes_with_the_remedies_of_the_catalogue() {
        let run = run();
        for format in [Format::Html, Format::Markdown] {
            let text = export(&run, format, &TimeZone::UTC);
            assert!(text.contains("Application users"), "{text}");
        }
    }
}
