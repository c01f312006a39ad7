//! The fault catalogue: from a text or a code to a fault with its cause and ordered remedies.
//!
//! The catalogue is `assets/faults.toml`, compiled in and read once, when the first failure asks.
//! A test reads it and matches every sample, so a broken entry cannot ship. An entry never hides
//! the service's own words.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::sync::OnceLock;

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
    pub step: String,
    /// How bad.
    pub severity: String,
    /// Where to look.
    pub side: String,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum When {
    /// Any state.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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

#[derive(Debug)]
struct Entry {
    fault: Fault,
    regex: Option<Regex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fault: Vec<Fault>,
}

/// Why a catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, or not this shape; names line and column.
    #[error("the fault catalogue cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A pattern that is no regular expression.
    #[error("the pattern of fault {id} cannot be compiled: {source}")]
    Pattern {
        /// The entry.
        id: String,
        /// Why.
        source: regex::Error,
    },
    /// Two entries with one key.
    #[error("fault {0} stands twice in the catalogue")]
    Twice(String),
}

fn read(text: &str) -> Result<Vec<Entry>, CatalogueError> {
    let file: File = toml::from_str(text)?;
    let mut seen = std::collections::BTreeSet::new();
    file.fault
        .into_iter()
        .map(|fault| {
            if !seen.insert(fault.id.clone()) {
                return Err(CatalogueError::Twice(fault.id));
            }
            let regex = match fault.match_kind {
                MatchKind::Substring => None,
                MatchKind::Regex => Some(
                    RegexBuilder::new(&fault.pattern)
                        .dot_matches_new_line(true)
                        .build()
                        .map_err(|source| CatalogueError::Pattern { id: fault.id.clone(), source })?,
                ),
            };
            Ok(Entry { fault, regex })
        })
        .collect()
}

fn catalogue() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    // An unreadable catalogue cannot ship (the tests of this module read it); an empty one only
    // means that no remedy is known.
    ENTRIES.get_or_init(|| read(CATALOGUE).unwrap_or_default())
}

impl Entry {
    fn matches(&self, text: &str, lower: &str) -> bool {
        match &self.regex {
            Some(regex) => regex.is_match(text),
            None => !self.fault.pattern.is_empty() && lower.contains(&self.fault.pattern.to_lowercase()),
        }
    }

    fn code_in(&self, upper: &str) -> bool {
        let code = &self.fault.code;
        !code.is_empty() && upper.contains(&code.to_uppercase())
    }
}

/// The entry for a message: entries whose code stands in the text and whose words match come
/// first, then words alone in the order of the catalogue, then a code alone. `when` picks between
/// entries with the same words.
pub fn find(text: &str, when: When) -> Option<&'static Fault> {
    let (lower, upper) = (text.to_lowercase(), text.to_uppercase());
    let fits = |entry: &&Entry| entry.fault.when == When::Any || entry.fault.when == when;
    let all = || catalogue().iter().filter(fits);
    all()
        .find(|entry| entry.code_in(&upper) && entry.matches(text, &lower))
        .or_else(|| all().find(|entry| entry.matches(text, &lower)))
        .or_else(|| all().find(|entry| entry.code_in(&upper)))
        .map(|entry| &entry.fault)
}

/// The entry with this key.
pub fn by_id(id: &str) -> Option<&'static Fault> {
    catalogue().iter().map(|entry| &entry.fault).find(|fault| fault.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read() {
        assert_eq!(read(CATALOGUE).unwrap().len(), 110);
    }

    #[test]
    fn every_sample_matches_its_own_entry() {
        for entry in catalogue() {
            let sample = &entry.fault.sample;
            assert!(
                entry.matches(sample, &sample.to_lowercase()) || entry.code_in(&sample.to_uppercase()),
                "{}: {sample}",
                entry.fault.id
            );
            assert!(!entry.fault.remedies.is_empty(), "{} has no remedy", entry.fault.id);
        }
    }

    #[test]
    fn the_two_faces_of_dw9003_are_told_apart() {
        let text = |side: &str| {
            format!(
                "DW9003: Failed to connect to {side}. Ensure that the service principal has the correct permissions to access {side}."
            )
        };
        assert_eq!(find(&text("CRM"), When::IntegrationSetUp).unwrap().id, "dw9003-crm");
        assert_eq!(find(&text("AX"), When::IntegrationSetUp).unwrap().id, "dw9003-ax");
    }

    #[test]
    fn the_state_picks_between_entries_with_the_same_words() {
        let warning = "Microsoft detected that your environment is linked via dual-write to a different destination than specified";
        assert_eq!(find(warning, When::IntegrationNeverSetUp).unwrap().id, "mismatch-ppi-never");
        assert_eq!(find(warning, When::IntegrationSetUp).unwrap().id, "mismatch-ppi-set");
        assert_eq!(find(warning, When::CloudHosted).unwrap().id, "mismatch-cloud-hosted");
    }

    #[test]
    fn an_unknown_text_has_no_entry() {
        assert!(find("the moon is in the wrong house", When::Any).is_none());
        assert!(find("", When::Any).is_none());
    }

    #[test]
    fn a_broken_catalogue_names_its_place() {
        assert!(read("[[fault]]\nid = 1").unwrap_err().to_string().contains("line 2"));
    }
}
