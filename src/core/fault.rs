//! The fault catalogue: from a text or a code to a fault with its cause and ordered remedies.
//!
//! The catalogue is `assets/faults.toml`, compiled in and read once, when the first failure asks; its
//! head holds the rules. Everything in it that is a word of a fixed set is a type here, and [`read`]
//! refuses what breaks a rule, with its place. [`find`] gives one entry or none: where only a guess
//! could choose, it does not choose. [`candidates`] gives all that may be meant, for a person to judge.
//! An entry never hides the service's own words.

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The catalogue as text.
const CATALOGUE: &str = include_str!("../../assets/faults.toml");

/// One entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Unique key.
    pub id: String,
    /// The code an admin sees; empty when there is none. Not unique.
    pub code: String,
    /// Text to look for.
    #[serde(rename = "match")]
    pub pattern: String,
    /// How to look for it.
    pub match_kind: MatchKind,
    /// State that picks between entries with the same words.
    pub when: When,
    /// In one line.
    pub title: String,
    /// Why.
    pub cause: String,
    /// What to do, in this order.
    pub remedies: Vec<String>,
    /// Where in the flow.
    pub step: Step,
    /// How bad.
    pub severity: Severity,
    /// Where to look.
    pub side: Side,
    /// Who can mend it.
    pub role: String,
    /// How sure the entry is.
    pub confidence: Confidence,
    /// A message it matches.
    pub sample: String,
    /// Where to read more.
    pub doc_url: String,
    /// Where the entry is from.
    pub source: String,
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// How an entry is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// Case aside.
    Substring,
    /// Regular expression; a dot also matches a line end.
    Regex,
}

/// State that picks between entries with the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum When {
    /// Any state; of an environment: not known.
    #[serde(rename = "")]
    Any,
    /// Power Platform Integration was never set up.
    #[serde(rename = "ppi_never_set_up")]
    IntegrationNeverSetUp,
    /// Power Platform Integration is set up.
    #[serde(rename = "ppi_set_up")]
    IntegrationSetUp,
    /// Cloud-hosted environment.
    #[serde(rename = "cloud_hosted")]
    CloudHosted,
}

/// How sure an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The message stands in Microsoft's article.
    Documented,
    /// The situation is documented, the wording is not quoted.
    Paraphrased,
    /// The wording is guessed: a hint only.
    Inferred,
    /// From an issue or a blog.
    Reported,
    /// From an early draft of an article.
    DraftOnly,
}

/// Where in the flow a fault shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Before anything can begin.
    Prerequisite,
    /// Configure.
    Configure,
    /// Link.
    Link,
    /// When it is linked.
    After,
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The step cannot go on.
    Blocker,
    /// Something does not work.
    Error,
    /// Something may not work.
    Warning,
    /// Good to know.
    Info,
}

/// Where to look for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Dataverse.
    Dataverse,
    /// Finance and operations.
    Finops,
    /// Lifecycle Services.
    Lcs,
    /// The tenant: Microsoft Entra, licences, capacity.
    Tenant,
    /// Microsoft's service.
    Service,
    /// The browser.
    Browser,
    /// The program that asks.
    Client,
    /// Dataverse and finance and operations.
    Both,
}

/// Why a catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, not this shape, or an unknown word; names line and column.
    #[error("the fault catalogue cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A pattern that is no regular expression.
    #[error("the pattern of fault {id} cannot be compiled: {source}")]
    Pattern {
        /// The entry.
        id: String,
        /// Why.
        source: regex_lite::Error,
    },
    /// Two entries with one key.
    #[error("fault {0} stands twice in the catalogue")]
    Twice(String),
    /// An entry that breaks another rule.
    #[error("fault {id} {why}")]
    Rule {
        /// The entry.
        id: String,
        /// The rule it breaks.
        why: String,
    },
}

/// An entry, made ready to be looked for.
#[derive(Debug)]
struct Entry {
    fault: Fault,
    words: Words,
    /// No other entry has the same words.
    is_alone: bool,
}

/// What an entry looks for.
#[derive(Debug)]
enum Words {
    /// Its own code, and nothing more.
    Code,
    /// A part of the text, folded.
    Part(String),
    Regex(Regex),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fault: Vec<Fault>,
}

/// How many entries a catalogue has.
///
/// # Errors
/// For one that breaks a rule of its head, with its place or its entry.
pub fn check_catalogue(text: &str) -> Result<usize, CatalogueError> {
    read(text).map(|entries| entries.len())
}

/// Reads a catalogue and refuses one that breaks a rule of its head.
fn read(text: &str) -> Result<Vec<Entry>, CatalogueError> {
    let faults = toml::from_str::<File>(text)?.fault;
    let mut seen = BTreeSet::new();
    for (at, fault) in faults.iter().enumerate() {
        if !seen.insert(&fault.id) {
            return Err(CatalogueError::Twice(fault.id.clone()));
        }
        let rule = |why: String| Err(CatalogueError::Rule { id: fault.id.clone(), why });
        if fault.pattern.is_empty() {
            return rule("has no text to look for".into());
        }
        if !fault.code.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return rule("has a code that is no word of letters and digits".into());
        }
        if fault.remedies.is_empty() {
            return rule("has no remedy".into());
        }
        if !fault.doc_url.starts_with("https://") {
            return rule("has a doc_url that does not begin with https://".into());
        }
        if let Some(other) = faults[..at].iter().find(|other| {
            other.has_words_of(fault) && other.when == fault.when && other.code.eq_ignore_ascii_case(&fault.code)
        }) {
            return rule(format!("looks for the same as {} and differs neither in when nor in code", other.id));
        }
    }
    let alone: Vec<bool> =
        faults.iter().map(|fault| faults.iter().filter(|other| other.has_words_of(fault)).count() == 1).collect();
    faults
        .into_iter()
        .zip(alone)
        .map(|(fault, is_alone)| {
            let words = match fault.match_kind {
                MatchKind::Substring if fault.pattern.eq_ignore_ascii_case(&fault.code) => Words::Code,
                MatchKind::Substring => Words::Part(spaced(&fault.pattern).to_lowercase()),
                MatchKind::Regex => Words::Regex(
                    Regex::new(&fault.pattern)
                        .map_err(|source| CatalogueError::Pattern { id: fault.id.clone(), source })?,
                ),
            };
            Ok(Entry { fault, words, is_alone })
        })
        .collect()
}

#[expect(clippy::expect_used, reason = "the text is compiled in, and a test reads it")]
fn catalogue() -> &'static [Entry] {
    // The text is a constant and `read` depends on nothing else, so what the test
    // `the_catalogue_can_be_read` saw is what happens here. An empty catalogue would say of a known
    // fault that nobody knows it.
    static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| read(CATALOGUE).expect("a test reads this very text"));
    &ENTRIES
}

impl Fault {
    fn has_words_of(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.match_kind == other.match_kind
    }
}

impl Entry {
    /// Whether it may be chosen in this state. A state that is not known chooses between no two.
    fn fits(&self, when: When) -> bool {
        self.fault.when == When::Any || self.fault.when == when || (when == When::Any && self.is_alone)
    }

    /// Its wording is guessed: it may hint, after everything else.
    fn is_hint(&self) -> bool {
        self.fault.confidence == Confidence::Inferred
    }

    fn has_code(&self) -> bool {
        !self.fault.code.is_empty()
    }

    fn is_face_of(&self, other: &Self) -> bool {
        self.has_code() && self.fault.code.eq_ignore_ascii_case(&other.fault.code)
    }
}

/// How an entry fits a text; the most certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Its code stands there, and its words.
    CodeAndWords,
    /// Its code stands there.
    Code,
    /// Its words stand there.
    Words,
    /// Its words stand there, and they are guessed.
    Hint,
}

/// A text in which entries are looked for.
struct Text<'a> {
    whole: &'a str,
    lower: String,
    /// With every run of white space as one space: real messages are wrapped.
    spaced: String,
    /// The same, case aside.
    folded: String,
}

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        let whole = text.trim();
        let spaced = spaced(whole);
        Self { whole, lower: whole.to_ascii_lowercase(), folded: spaced.to_lowercase(), spaced }
    }

    /// Whether a code stands in the text as a whole word.
    fn has_code(&self, entry: &Entry) -> bool {
        let code = entry.fault.code.to_ascii_lowercase();
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        entry.has_code()
            && self.lower.match_indices(&code).any(|(at, found)| {
                !self.lower[..at].ends_with(is_word) && !self.lower[at + found.len()..].starts_with(is_word)
            })
    }

    fn has_words(&self, entry: &Entry) -> bool {
        match &entry.words {
            Words::Code => self.has_code(entry),
            Words::Part(part) => self.folded.contains(part),
            Words::Regex(regex) => regex.is_match(&self.spaced),
        }
    }

    /// Whether the code says something without the words. A code that is a number alone does so only
    /// where nothing else was said: a 500 in a sentence is mostly something else.
    fn has_code_alone(&self, entry: &Entry) -> bool {
        let is_number = entry.fault.code.chars().all(|letter| letter.is_ascii_digit());
        if is_number { entry.has_code() && self.whole == entry.fault.code } else { self.has_code(entry) }
    }

    fn rank(&self, entry: &Entry) -> Option<Rank> {
        match self.has_words(entry) {
            true if self.has_code(entry) => Some(Rank::CodeAndWords),
            _ if self.has_code_alone(entry) => Some(Rank::Code),
            true if entry.is_hint() => Some(Rank::Hint),
            true => Some(Rank::Words),
            false => None,
        }
    }
}

/// Every run of white space as one space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The entry for a message in this state, or none. In this order, and in the order of the catalogue
/// within each: its code and its words; its code alone, if no other entry has it; its words alone;
/// guessed words, which only hint (see [`Confidence`]).
pub fn find(text: &str, when: When) -> Option<&'static Fault> {
    let text = Text::new(text);
    let ranked: Vec<(Rank, &Entry)> = catalogue()
        .iter()
        .filter(|entry| entry.fits(when))
        .filter_map(|entry| Some((text.rank(entry)?, entry)))
        .filter(|(rank, entry)| {
            // A guess between two faces of a code would send a person to the wrong side.
            let mut faces = catalogue().iter().filter(|other| other.fits(when) && other.is_face_of(entry));
            *rank != Rank::Code || faces.nth(1).is_none()
        })
        .collect();
    // Of equals the first is taken.
    ranked.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, entry)| &entry.fault)
}

/// Every entry that a text, a code or a key may mean, the most certain first, whatever the state. Where
/// the words of a message decide between the faces of its code, the others are left out.
pub fn candidates(asked: &str) -> Vec<&'static Fault> {
    if let Some(fault) = by_id(asked.trim()) {
        return vec![fault];
    }
    let text = Text::new(asked);
    let mut ranked: Vec<(Rank, &Entry)> =
        catalogue().iter().filter_map(|entry| Some((text.rank(entry)?, entry))).collect();
    let decided: Vec<&Entry> =
        ranked.iter().filter(|(rank, _)| *rank == Rank::CodeAndWords).map(|(_, entry)| *entry).collect();
    ranked.retain(|(rank, entry)| *rank != Rank::Code || !decided.iter().any(|other| other.is_face_of(entry)));
    ranked.sort_by_key(|(rank, _)| *rank);
    // The health check shows only the title of some entries.
    let title = |text: &str| text.trim().trim_end_matches('.').to_lowercase();
    let is_title = |entry: &&Entry| title(&entry.fault.title) == title(asked);
    let titled = catalogue().iter().filter(is_title);
    let mut found: Vec<&'static Fault> = titled.map(|entry| &entry.fault).collect();
    let others: Vec<_> =
        ranked.into_iter().map(|(_, entry)| &entry.fault).filter(|fault| !found.contains(fault)).collect();
    found.extend(others);
    found
}

/// A code in a text of which the catalogue has several entries: what to name where [`find`] chose none.
pub fn open_code(text: &str) -> Option<&'static str> {
    let text = Text::new(text);
    catalogue()
        .iter()
        .find(|entry| {
            text.has_code_alone(entry) && catalogue().iter().filter(|other| other.is_face_of(entry)).nth(1).is_some()
        })
        .map(|entry| entry.fault.code.as_str())
}

/// The entry with this key.
pub fn by_id(id: &str) -> Option<&'static Fault> {
    catalogue().iter().map(|entry| &entry.fault).find(|fault| fault.id == id)
}

#[cfg(test)]
mod tests;
