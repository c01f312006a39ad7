//! `explain`: what the catalogue knows of a code or of the words of a message, and what a prerequisite asks.
//!
//! Owns the document and the lines. Reads the catalogue and, if asked for it, standard input; never the
//! network, a file or the record. It never says of a guess that it is more than one, and never hides what
//! was asked.

use super::printed;
use crate::core::check;
use crate::core::fault::{self, Confidence, Fault, When};
use crate::surface::code;
use crate::ui::look::Role;
use crate::ui::row::{Piece, Row, behind, flow, para};
use crate::ui::text::{clean_lines, fit, safe_json};
use serde_json::json;
use std::io::{Read, Write};

/// Cells of a line. Addresses are never cut: one in two pieces leads nowhere.
const CELLS: usize = 80;
/// Cells of a label with the space before it.
const LABEL: usize = 13;
/// Most bytes of standard input.
const INPUT_MAX: u64 = 1 << 20;
/// The word that stands for standard input.
const INPUT: &str = "-";

/// What is asked: the words of the command line, or standard input for `-`.
///
/// # Errors
/// The exit code and a sentence about what is missing or too much.
pub fn asked(words: &[String], input: &mut dyn Read) -> Result<String, (u8, String)> {
    let text = if matches!(words, [word] if word == INPUT) {
        let mut bytes = Vec::new();
        input
            .take(INPUT_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| (code::FAILED, format!("Standard input cannot be read: {error}.")))?;
        if bytes.len() as u64 > INPUT_MAX {
            return Err((
                code::USAGE,
                "Standard input is longer than 1 MiB. Give only the message with the error.".to_owned(),
            ));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        words.join(" ")
    };
    if readable(&text).is_empty() {
        return Err((code::USAGE, "Nothing was asked. Give a code or the message of an error.".to_owned()));
    }
    Ok(text)
}

/// Says it; the exit code.
pub fn run(asked: &str, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let faults = fault::candidates(&readable(asked));
    let text = if json { document(asked, &faults) } else { lines(asked, &faults).join("\n") + "\n" };
    printed::text(out, err, text.as_bytes())
}

/// What is looked for: a message out of a coloured log is the message.
fn readable(asked: &str) -> String {
    asked.lines().flat_map(clean_lines).collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn document(asked: &str, faults: &[&Fault]) -> String {
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| {
            json!({
                "id": fault.id, "code": fault.code, "title": fault.title, "when": fault.when,
                "confidence": fault.confidence, "cause": fault.cause, "remedies": fault.remedies, "step": fault.step,
                "severity": fault.severity, "side": fault.side, "role": fault.role, "doc_url": fault.doc_url,
            })
        })
        .collect();
    let document = json!({"query": asked, "faults": faults});
    // A document of texts and lists can always be written.
    safe_json(&serde_json::to_string_pretty(&document).unwrap_or_default()) + "\n"
}

fn lines(asked: &str, faults: &[&Fault]) -> Vec<String> {
    let mut rows = quote(asked);
    rows.push(Row::blank());
    match faults {
        [] => rows.extend(check::about(asked).map_or_else(|| unknown(asked), |about| prerequisite(&about))),
        [one] => rows.extend(entry(one, false)),
        many => {
            let difference = difference(many);
            let head = format!("{} entries of the catalogue match. {}", many.len(), difference.sentence());
            rows.extend(para(&head, Role::Plain, CELLS));
            for fault in many {
                rows.push(Row::blank());
                rows.extend(entry(fault, matches!(difference, Difference::Message)));
            }
        }
    }
    rows.iter().map(|row| row.text().trim_end().to_owned()).collect()
}

/// What was asked, in quotation marks.
fn quote(asked: &str) -> Vec<Row> {
    let mut lines = clean_lines(asked);
    if let Some(last) = lines.last_mut() {
        last.push('”');
    }
    let mut rows = vec![Row::new("Asked", Role::Plain)];
    for (at, line) in lines.iter().enumerate() {
        let start = if at == 0 { "  “" } else { "   " };
        rows.extend(behind(Row::new(start, Role::Quote), &[Piece::new(line, Role::Quote)], CELLS));
    }
    rows
}

/// What tells several entries apart.
enum Difference {
    /// The state of the environment.
    State,
    /// The message that stood with their code.
    Message,
    /// Nothing but how well each fits.
    Certainty,
}

impl Difference {
    fn sentence(&self) -> &'static str {
        match self {
            Self::State => "Their messages are the same; the state of the environment tells them apart (When).",
            Self::Message => "They share the code; the message tells them apart (Message).",
            Self::Certainty => "Each matches a part of what was asked; the most certain is first.",
        }
    }
}

fn difference(faults: &[&Fault]) -> Difference {
    let first = faults.first();
    let is_same =
        |same: fn(&Fault, &Fault) -> bool| faults.iter().all(|fault| first.is_some_and(|first| same(first, fault)));
    if is_same(|one, other| one.pattern == other.pattern && one.match_kind == other.match_kind) {
        Difference::State
    } else if is_same(|one, other| !one.code.is_empty() && one.code.eq_ignore_ascii_case(&other.code)) {
        Difference::Message
    } else {
        Difference::Certainty
    }
}

/// One entry; with the message that it is for, where that tells it from others.
fn entry(fault: &Fault, with_message: bool) -> Vec<Row> {
    let title = if fault.code.is_empty() { fault.title.clone() } else { format!("{}  {}", fault.code, fault.title) };
    let mut rows = para(&title, Role::Strong, CELLS);
    if with_message && is_quoted(fault.confidence) {
        rows.extend(labelled("Message", &format!("“{}”", fault.sample)));
    }
    rows.extend(labelled("How sure", how_sure(fault.confidence)));
    if let Some(when) = state(fault.when) {
        rows.extend(labelled("When", when));
    }
    rows.extend(labelled("Why", &fault.cause));
    rows.push(Row::new("  What to do", Role::Strong));
    rows.extend(numbered(fault.remedies.iter().map(String::as_str)));
    if !fault.role.is_empty() {
        rows.extend(labelled("Needs", &fault.role));
    }
    rows.push(Row::new("  Microsoft's article", Role::Plain));
    rows.push(Row::new(format!("     {}", fault.doc_url), Role::Plain));
    rows.extend(labelled("Entry", &fault.id));
    rows
}

/// A prerequisite, as screens and `check` name it.
fn prerequisite(about: &check::About) -> Vec<Row> {
    let mut rows = para(&format!("{}  {}", about.id, about.what), Role::Strong, CELLS);
    rows.extend(labelled("Importance", about.level.words()));
    rows.extend(labelled("Read from", about.evidence));
    rows.push(Row::new("  What to do", Role::Strong));
    let told = if about.is_by_hand {
        "No service can tell whether it is met: check it yourself."
    } else {
        "To see whether it is met there: dualwrite check --environment NAME"
    };
    rows.extend(numbered([about.remedy, told]));
    rows.push(Row::new("  Microsoft's article", Role::Plain));
    rows.push(Row::new(format!("     {}", about.doc_url), Role::Plain));
    rows
}

fn labelled(label: &str, words: &str) -> Vec<Row> {
    let start = Row::new(format!("  {}", fit(label, LABEL - 2, "")), Role::Plain);
    behind(start, &[Piece::new(words, Role::Plain)], CELLS)
}

fn numbered<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let start = Row::new(format!("{:>5}  ", at + 1), Role::Plain);
        rows.extend(flow(start, 7, &[Piece::new(item, Role::Plain)], CELLS));
    }
    rows
}

/// What is left to do with words that nobody has written about.
fn unknown(asked: &str) -> Vec<Row> {
    let number = asked.trim().strip_prefix(['P', 'p']).filter(|number| number.len() == 2);
    if number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit())) {
        return para("There is no such prerequisite; dualwrite check lists them all.", Role::Strong, CELLS);
    }
    let mut rows = para("No entry of the catalogue matches, so no cause is given.", Role::Strong, CELLS);
    rows.push(Row::new("  What to do", Role::Strong));
    rows.extend(numbered([
        "Read the message: it often says what is missing.",
        "Keep the ids in it: support asks for them.",
        if asked.contains(char::is_whitespace) {
            "If it contains a code, look up the code alone: dualwrite explain CODE"
        } else {
            "One code may have many causes: ask with the whole message, in quotes."
        },
    ]));
    rows
}

/// Whether the sample of such an entry is a real message.
fn is_quoted(confidence: Confidence) -> bool {
    match confidence {
        Confidence::Documented | Confidence::Reported | Confidence::DraftOnly => true,
        Confidence::Paraphrased | Confidence::Inferred => false,
    }
}

fn how_sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Documented => "documented by Microsoft",
        Confidence::Paraphrased => "the situation is documented by Microsoft, this message is not",
        Confidence::Inferred => "a guess, only a hint: the situation is documented by Microsoft, the message is not",
        Confidence::Reported => "reported by users",
        Confidence::DraftOnly => "from an early draft of an article by Microsoft",
    }
}

fn state(when: When) -> Option<&'static str> {
    match when {
        When::Any => None,
        When::IntegrationNeverSetUp => Some("Power Platform Integration was never set up"),
        When::IntegrationSetUp => Some("Power Platform Integration is set up"),
        When::CloudHosted => Some("the environment is cloud-hosted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_fits_into_its_lines() {
        for id in ["dw9003-crm", "mismatch-ppi-set", "ppi-geo", "hc-dwfoev1005", "che-deprecated"] {
            let fault = fault::by_id(id).unwrap();
            for line in lines(id, &[fault]) {
                assert!(crate::ui::text::width(&line) <= CELLS || line.trim() == fault.doc_url, "{line}");
            }
        }
    }

    #[test]
    fn words_are_joined_and_nothing_is_not_asked() {
        let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let ask = |all: &[&str], input: &[u8]| asked(&words(all), &mut &*input);
        assert_eq!(ask(&["a", "b"], b""), Ok("a b".into()));
        assert_eq!(ask(&["-"], b"from \xff input"), Ok("from \u{fffd} input".into()));
        assert_eq!(ask(&["a", "-"], b"input"), Ok("a -".into()));
        for nothing in ["", " ", "\u{1b}[0m"] {
            assert_eq!(ask(&[nothing], b"").unwrap_err().0, code::USAGE, "{nothing:?}");
        }
        assert_eq!(ask(&["-"], b"\n").unwrap_err().0, code::USAGE);
        assert!(ask(&["-"], &vec![b'x'; 1 << 20]).is_ok());
        assert_eq!(ask(&["-"], &vec![b'x'; (1 << 20) + 1]).unwrap_err().0, code::USAGE);
    }
}
