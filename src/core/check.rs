//! Prerequisites as data: P01 to P43, each yes, no, or could not tell with its reason, from what was
//! read; those that no service answers are to be confirmed by hand.
//!
//! Owns the table (`table`), the rules that answer it (`rules`), and which answer closes which
//! button. The ids are for good: scripts rely on them. It reads nothing, and an unknown never blocks
//! and never counts as met.

mod rules;
mod table;

pub use rules::{LEGAL_ENTITIES_AT_ONCE, LEGAL_ENTITIES_MAX};

use super::environment::Environment;
use super::facts::{FactKind, Facts, NOT_READ};
use super::gate;
use super::service::Service;
use super::setup::{Flow, Setup};
use super::time::Now;
use crate::wire::{dataverse, lcs};

/// What is said of one that no service answers; what is known of it follows.
pub const BY_HAND: &str = "confirm it yourself";

/// Those that tell of the four identities: two client ID rows, two application users.
pub const IDENTITIES: [&str; 4] = ["P23", "P24", "P25", "P26"];

/// How much a prerequisite that is not met matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing can be set up, or linked, before it is met.
    Block,
    /// Configure makes it.
    Made,
    /// The link stands, and does not work as it should.
    Error,
    /// Good to know.
    Warn,
}

impl Level {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Made => "made_by_configure",
            Self::Error => "error",
            Self::Warn => "warn",
        }
    }

    /// In words, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Block => "must be met",
            Self::Made => "Dual-write application makes it",
            Self::Error => "dual-write does not work well without it",
            Self::Warn => "minor",
        }
    }
}

/// Yes, no, or could not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tri {
    /// Met.
    Yes,
    /// Surely not met.
    No,
    /// Could not be found out.
    Unknown,
}

impl Tri {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// How sure it is that the way it is read is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// Microsoft documents it.
    Documented,
    /// Seen in public code that talks to the service.
    Observed,
    /// An ordinary interface; names or fields were never confirmed against a live system.
    ToVerify,
    /// No service answers it: a person looks.
    ByHand,
}

impl Sure {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::ToVerify => "to_verify",
            Self::ByHand => "by_hand",
        }
    }

    /// In words, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Documented => "method documented by Microsoft",
            Self::Observed => "method seen in public code, not documented",
            Self::ToVerify => "method not yet tested on a live system",
            Self::ByHand => "no service can tell; confirm it yourself",
        }
    }
}

/// The side a prerequisite is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The two environments as a pair.
    Both,
    /// Dataverse.
    Dataverse,
    /// Finance and operations.
    FinanceOperations,
    /// The person and the tenant.
    Person,
}

impl Side {
    /// The sides, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Both, Self::Dataverse, Self::FinanceOperations, Self::Person];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Both => "Both environments",
            Self::Dataverse => "Dataverse",
            Self::FinanceOperations => "Finance and operations",
            Self::Person => "Account and tenant",
        }
    }

    /// Its name in a column.
    pub fn short(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Dataverse => "Dataverse",
            Self::FinanceOperations => "fin and ops",
            Self::Person => "account",
        }
    }

    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Dataverse => "dataverse",
            Self::FinanceOperations => "finance_and_operations",
            Self::Person => "person",
        }
    }
}

/// The button that a blocker closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    /// Dual-write application, and with it everything after.
    Configure,
    /// Link to Power Platform environment.
    Link,
    /// None: it is shown.
    Nothing,
}

/// Where a person looks or acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Environment Details in Lifecycle Services.
    Lifecycle,
    /// Power Platform admin center.
    AdminCenter,
    /// Its page of capacity.
    Capacity,
    /// The maker portal.
    Maker,
    /// The page Microsoft Entra ID applications of finance and operations.
    ClientIds,
    /// Data management in finance and operations.
    DataManagement,
    /// Finance and operations.
    FinanceOperations,
    /// The Dataverse organisation.
    Dataverse,
    /// Microsoft 365 admin center.
    Licences,
    /// Microsoft Entra admin center.
    Entra,
    /// The dual-write page.
    DualWrite,
}

/// One row of the table.
struct Prerequisite {
    id: &'static str,
    level: Level,
    closes: Closes,
    side: Side,
    what: &'static str,
    sure: Sure,
    /// What is read.
    evidence: &'static str,
    /// The facts it is read from; none: the lists.
    reads: &'static [FactKind],
    remedy: &'static str,
    place: Place,
    /// Page of the documentation: a name under dual-write, or a whole address.
    doc: &'static str,
    find: fn(&Environment, &Facts) -> Found,
}

/// What a rule found.
struct Found {
    answer: Tri,
    reason: String,
    /// Where the answer decides how much it matters.
    level: Option<Level>,
    /// Where the answer decides what helps.
    remedy: Option<&'static str>,
}

impl Found {
    /// Configure does not make it: a person decides first.
    fn decided_first(self, remedy: &'static str) -> Self {
        Self { level: Some(Level::Block), remedy: Some(remedy), ..self }
    }
}

/// One prerequisite and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its id.
    pub id: &'static str,
    /// What is asked, as a statement.
    pub what: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What it is about.
    pub side: Side,
    /// How sure the way is on which it was read.
    pub sure: Sure,
    /// The answer.
    pub answer: Tri,
    /// Why, in words.
    pub reason: String,
    /// What was read.
    pub evidence: &'static str,
    /// The facts it stands on; none: the lists.
    pub reads: &'static [FactKind],
    /// When: the oldest thing it stands on.
    pub read_at: Option<Now>,
    /// What helps where the answer is no, or where to look.
    pub remedy: &'static str,
    /// Where that is done, if an address is known.
    pub address: Option<String>,
    /// Page to read more.
    pub doc_url: String,
    /// The button it closes while the answer is no.
    pub closes: Closes,
}

impl Check {
    /// What is known of it, beside [`Self::said`]: its reason, without that it is to be confirmed by hand.
    pub fn known(&self) -> Option<&str> {
        let reason = self.reason.strip_prefix(BY_HAND).map(|more| more.trim_start_matches([':', ';', ' ']));
        Some(reason.unwrap_or(&self.reason)).filter(|reason| !reason.is_empty())
    }

    /// Its answer in words, for a person.
    pub fn said(&self) -> &'static str {
        match (self.answer, self.level) {
            _ if self.is_by_hand() => "confirm yourself",
            (Tri::Yes, _) => "met",
            (Tri::No, Level::Made) => "not yet",
            (Tri::No, Level::Warn) => "not met, minor",
            (Tri::No, _) => "not met",
            (Tri::Unknown, _) => "could not tell",
        }
    }

    /// Whether it closes a button.
    pub fn blocks(&self, button: Closes) -> bool {
        self.answer == Tri::No && self.level == Level::Block && self.closes == button
    }

    /// Whether a person is to confirm it.
    pub fn is_by_hand(&self) -> bool {
        self.sure == Sure::ByHand
    }

    /// What was read and when, in one phrase.
    pub fn evidence(&self) -> String {
        match self.read_at {
            Some(at) => format!("{}, read {at}", self.evidence),
            None => self.evidence.to_owned(),
        }
    }

    /// Why it closes a button, and what helps.
    pub fn sentence(&self) -> String {
        format!("{} is not met ({}): {}. {}", self.id, self.what, self.reason, self.remedy)
    }
}

/// How many of each answer there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Met.
    pub yes: usize,
    /// Not met, and Dual-write application does not make it.
    pub no: usize,
    /// Not met yet: Dual-write application makes it.
    pub not_yet: usize,
    /// Could not be told.
    pub unknown: usize,
    /// To confirm by hand.
    pub by_hand: usize,
}

/// Counts the answers.
pub fn tally(checks: &[Check]) -> Tally {
    let mut tally = Tally::default();
    for check in checks {
        *match check.answer {
            _ if check.is_by_hand() => &mut tally.by_hand,
            Tri::Yes => &mut tally.yes,
            Tri::No if check.level == Level::Made => &mut tally.not_yet,
            Tri::No => &mut tally.no,
            Tri::Unknown => &mut tally.unknown,
        } += 1;
    }
    tally
}

impl Tally {
    /// All of it in one phrase; answers that nothing has are left out.
    pub fn in_short(self) -> String {
        let Self { yes, no, not_yet, unknown, by_hand } = self;
        let parts = [(yes, "met"), (no, "not met"), (not_yet, "not yet"), (unknown, "unknown"), (by_hand, "to check")];
        let told: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, answer)| format!("{count} {answer}")).collect();
        told.join(", ")
    }
}

/// Documentation of dual-write.
const DUAL_WRITE: &str = "https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/dual-write/";

/// Every prerequisite, in the order of the table.
pub fn checks(environment: &Environment, facts: &Facts) -> Vec<Check> {
    table::TABLE.iter().map(|row| row.check(environment, facts)).collect()
}

/// Whether this version of finance and operations has Reset link, and which version it is or why that is not known.
pub fn has_reset_link(environment: &Environment, facts: &Facts) -> (Tri, String) {
    let found = rules::release_with_reset(environment, facts);
    (found.answer, found.reason)
}

/// The same of an environment on which this program works: where Configure is through, nothing but a repair makes an
/// identity that is missing, and the link does not work without it.
pub fn of_setup(environment: &Environment, setup: &Setup) -> Vec<Check> {
    let mut all = checks(environment, &setup.facts);
    let is_linked = setup.facts.linked().is_some();
    if is_linked || matches!(setup.flow, Flow::Linking(_) | Flow::LinkFailed(..) | Flow::Linked(_)) {
        for check in all.iter_mut().filter(|check| IDENTITIES.contains(&check.id)) {
            check.level = Level::Error;
        }
    }
    all
}

/// What a prerequisite asks, whatever the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its id.
    pub id: &'static str,
    /// What is asked, as a statement.
    pub what: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What is read.
    pub evidence: &'static str,
    /// No service tells it.
    pub is_by_hand: bool,
    /// What helps where it is not met, or where to look.
    pub remedy: &'static str,
    /// Page to read more.
    pub doc_url: String,
}

/// The prerequisite with this id, in letters of any case.
pub fn about(id: &str) -> Option<About> {
    let row = table::TABLE.iter().find(|row| row.id.eq_ignore_ascii_case(id.trim()))?;
    let Prerequisite { id, what, level, evidence, remedy, sure, .. } = *row;
    Some(About { id, what, level, evidence, is_by_hand: sure == Sure::ByHand, remedy, doc_url: row.doc_url() })
}

/// Those that are not met, with how much each matters; without the words.
pub fn unmet(environment: &Environment, facts: &Facts) -> impl Iterator<Item = Unmet> {
    table::TABLE.iter().filter_map(move |row| {
        let found = (row.find)(environment, facts);
        let level = found.level.unwrap_or(row.level);
        (found.answer == Tri::No).then_some(Unmet { id: row.id, level, reads: row.reads })
    })
}

/// A prerequisite that is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Its id.
    pub id: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The facts it stands on; none: the lists.
    pub reads: &'static [FactKind],
}

/// Whether a prerequisite is told by this solution.
pub fn is_told_by(solution: &dataverse::Solution) -> bool {
    rules::is_told_by(solution)
}

/// The first blocker that closes a button.
pub fn blocker(environment: &Environment, facts: &Facts, button: Closes) -> Option<Check> {
    let closing = table::TABLE.iter().filter(|row| row.closes == button);
    closing.map(|row| row.check(environment, facts)).find(|check| check.blocks(button))
}

impl Prerequisite {
    fn doc_url(&self) -> String {
        if self.doc.starts_with("https://") { self.doc.to_owned() } else { format!("{DUAL_WRITE}{}", self.doc) }
    }

    fn check(&self, environment: &Environment, facts: &Facts) -> Check {
        let Found { answer, reason, level, remedy } = (self.find)(environment, facts);
        // What nobody could ask for was not forgotten.
        let is_unasked = answer == Tri::Unknown && reason == NOT_READ;
        let reason = match (is_unasked, &environment.dataverse, gate::finops_url(environment, facts)) {
            (true, None, _) => rules::NO_DATAVERSE.to_owned(),
            (true, _, None) => "no finance and operations environment is joined".to_owned(),
            _ => reason,
        };
        Check {
            id: self.id,
            what: self.what,
            level: level.unwrap_or(self.level),
            side: self.side,
            sure: self.sure,
            answer,
            reason,
            evidence: self.evidence,
            reads: self.reads,
            // The oldest decides: an answer is as old as what it stands on.
            read_at: self.reads.iter().filter_map(|kind| facts.read_at(*kind)).min().or(environment.read_at),
            remedy: remedy.unwrap_or(self.remedy),
            address: self.place.address(environment, facts),
            doc_url: self.doc_url(),
            closes: self.closes,
        }
    }
}

impl Place {
    fn address(self, environment: &Environment, facts: &Facts) -> Option<String> {
        let finops = |page: &str| gate::finops_place(environment, facts).map(|url| format!("{url}{page}"));
        match self {
            Self::Lifecycle => {
                let of = environment.lcs.as_ref()?;
                Some(lcs::portal_environment(of.project?, of.id.as_deref()?))
            }
            Self::AdminCenter => Some("https://admin.powerplatform.microsoft.com".into()),
            Self::Capacity => Some("https://admin.powerplatform.microsoft.com/resources/capacity".into()),
            Self::Maker => Some("https://make.powerapps.com".into()),
            Self::Licences => Some("https://admin.microsoft.com".into()),
            Self::Entra => Some("https://entra.microsoft.com".into()),
            Self::ClientIds => finops("/?mi=SysAADClientTable"),
            Self::DataManagement | Self::DualWrite => finops("/?mi=DM_DataManagementWorkspaceMenuItem"),
            Self::FinanceOperations => finops(""),
            Self::Dataverse if facts.is_refused(Service::Dataverse) => None,
            Self::Dataverse => environment.dataverse.as_ref().map(|side| side.url.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
