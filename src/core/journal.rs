//! What is written down of a run: what the services cannot know. One entry is one line.
//!
//! An [`Entry`] says who intended what and what came of it; [`fold`], in `run`, turns the entries of
//! one run into what is known of it. No files here. Holds no token, no secret and no device code; there is
//! no field for one.

mod run;

pub use run::{ChangeLine, FailureLine, Run, Sitting, StageLine, fold};

use super::configuring::StageState;
use super::linking::Way;
use super::mandate::Mandate;
use super::plan::StageId;
use super::time::Now;
use super::trouble::{Done, Trouble};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names one run of a set-up; also the name of its file.
pub type RunId = String;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Now,
    /// Which run.
    pub run: RunId,
    /// Which environment, by id.
    pub environment: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// A program that writes a run down, or has the lock of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Name of the machine.
    pub host: String,
    /// Number of the process.
    pub process: u32,
    /// Version of `dualwrite`.
    pub version: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A program opened the file to write; the first line, and the first of each further program.
    Opened(Program),
    /// The run began.
    Started {
        /// Name of the environment.
        name: String,
        /// Name of the cloud.
        cloud: String,
        /// Address that tells this cloud from another of the same name.
        address: String,
        /// Who.
        account: String,
    },
    /// The terms were accepted for this run.
    Terms {
        /// Their version.
        version: String,
        /// Who.
        accepted_by: String,
        /// When; none in records of before 2026-11-29, where the entry tells when it was written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted_at: Option<Now>,
    },
    /// A piece of work began, or was taken up again.
    Began {
        /// Which.
        work: Work,
        /// Who.
        account: String,
        /// Taken up again after an interruption.
        again: bool,
    },
    /// A stage moved.
    Stage {
        /// Which.
        stage: StageId,
        /// Where to.
        state: StageState,
        /// More.
        detail: String,
    },
    /// The service said how far it is.
    Reading {
        /// Of which stage; none: of the link.
        stage: Option<StageId>,
        /// The service's word.
        status: String,
        /// Seconds since the work began.
        elapsed_s: u64,
        /// Seconds until the next reading.
        next_in_s: u64,
    },
    /// A service did not answer, or asked to wait; it is asked again.
    Retry {
        /// Who was asked.
        call: String,
        /// How often in a row.
        attempt: u8,
        /// Why.
        reason: String,
        /// Seconds until it is asked again.
        wait_s: u64,
    },
    /// A change is about to be asked for.
    Intention {
        /// Which.
        deed: Deed,
    },
    /// What came of the last intention.
    Outcome {
        /// In a word.
        result: ChangeResult,
        /// The service's id of what it began, if it named one.
        id: Option<String>,
        /// More, in words.
        words: String,
    },
    /// Configure is done.
    Configured,
    /// The link moved.
    Link {
        /// How it is made.
        way: Way,
        /// Where to, in a word.
        state: String,
        /// Where a person makes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// The link is there.
    Linked {
        /// Dual-write administration area.
        address: String,
        /// How it was made sure.
        confirmed: String,
    },
    /// A step failed.
    Failed {
        /// `configure` or `link`.
        step: String,
        /// Entry of the fault catalogue, if one matches.
        fault: Option<String>,
        /// The service's own code.
        code: Option<String>,
        /// The service's own words, unabridged.
        words: String,
        /// What helps where the catalogue has no entry.
        next: String,
        /// Ids to quote to support.
        ids: BTreeMap<String, String>,
    },
    /// The sign-in had ended while something ran, and somebody signed in again.
    SignedIn {
        /// Who.
        account: String,
        /// Who was signed in before.
        before: String,
    },
    /// The program was left while the work goes on at the service.
    Left {
        /// Why.
        reason: String,
    },
    /// Nothing runs any more. A later [`What::Began`] takes the run up again.
    Finished {
        /// In a word.
        outcome: Outcome,
    },
}

impl What {
    /// A change was taken, under the service's id if it named one.
    pub fn came(result: ChangeResult, id: Option<String>) -> Self {
        Self::Outcome { result, id, words: String::new() }
    }

    /// A change did not work, or nobody knows.
    pub fn went_wrong(trouble: &Trouble) -> Self {
        let result = if trouble.done == Done::Perhaps { ChangeResult::Unknown } else { ChangeResult::Refused };
        Self::Outcome { result, id: None, words: trouble.to_string() }
    }
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// The stages of Configure.
    Configure {
        /// The first stage that is part of it.
        first: StageId,
        /// What was agreed to.
        #[serde(default)]
        mandate: Mandate,
    },
    /// The link.
    Link {
        /// How.
        way: Way,
        /// Idempotency key of the start.
        request_id: String,
    },
    /// Reset link.
    Reset {
        /// The name that confirmed it: typed by a person, or given with the command.
        typed: String,
        /// Power Platform environment that dual-write was linked to.
        linked_to: String,
        /// Owner of that link.
        owner: String,
        /// Table maps that the reset removes, with their states.
        #[serde(default)]
        maps: Vec<String>,
        /// Legal entities that take part.
        #[serde(default)]
        legal_entities: Vec<String>,
    },
}

/// A change as it is written down: what identifies it, nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deed {
    /// Install a package.
    Install {
        /// Unique name.
        package: String,
    },
    /// Make an application user in Dataverse.
    CreateUser {
        /// Application id.
        app: String,
    },
    /// Enable an application user in Dataverse.
    EnableUser {
        /// Application id.
        app: String,
    },
    /// Give System Administrator to an application user in Dataverse.
    GiveRole {
        /// Application id.
        app: String,
    },
    /// Delete for good an application user of Dataverse that was deleted already.
    PurgeUser {
        /// Application id.
        app: String,
    },
    /// Bind a client ID row in finance and operations to another user.
    BindRow {
        /// Application id.
        app: String,
        /// The user it runs as from now on.
        user: String,
    },
    /// Add a client ID row in finance and operations.
    CreateRow {
        /// Application id.
        app: String,
        /// The user it runs as.
        user: String,
    },
    /// Start the link.
    StartLink {
        /// Power Platform environment id.
        power_platform: String,
        /// Idempotency key.
        request_id: String,
    },
    /// Make the link again from the Power Platform Integration.
    ResetLink {
        /// Connection set id.
        connection_set: String,
    },
}

impl Work {
    /// What it is called.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Configure { first: StageId::ApplicationUsers, .. } => "Repair of the identities",
            Self::Configure { first: StageId::Application, .. } => "Adding modules",
            Self::Configure { .. } => "Dual-write set-up",
            Self::Link { .. } => "Dual-write link",
            Self::Reset { .. } => "Reset of the dual-write link",
        }
    }
}

impl Deed {
    /// Whether it installs this package. Services spell a package's name in any case.
    pub fn installs(&self, package: &str) -> bool {
        matches!(self, Self::Install { package: asked } if asked.eq_ignore_ascii_case(package))
    }

    /// In words, without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::Install { package } => format!("install {package}"),
            Self::CreateUser { app } => format!("create application user {app} in Dataverse"),
            Self::EnableUser { app } => format!("enable application user {app} in Dataverse"),
            Self::GiveRole { app } => format!("give System Administrator to application user {app} in Dataverse"),
            Self::PurgeUser { app } => format!("permanently delete the deleted application user {app} from Dataverse"),
            Self::BindRow { app, user } => {
                format!("bind client ID row {app} to user {user} in finance and operations")
            }
            Self::CreateRow { app, user } => {
                format!("add client ID row {app} for user {user} in finance and operations")
            }
            Self::StartLink { power_platform, request_id } => {
                format!("start the link to Power Platform environment {power_platform}, request {request_id}")
            }
            Self::ResetLink { connection_set } => format!("reset the link of connection set {connection_set}"),
        }
    }
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeResult {
    /// The service does it.
    Accepted,
    /// It is done.
    Done,
    /// It surely was not done.
    Refused,
    /// It was begun and failed at the service.
    Failed,
    /// No answer came, and reading shows that it was not done.
    NotDone,
    /// The answer is missing; only reading can tell.
    Unknown,
}

impl ChangeResult {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::NotDone => "not done",
            Self::Unknown => "no answer",
        }
    }
}

/// How a run stands when nothing runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Configure is done; not linked from here.
    Configured,
    /// Linked.
    Linked,
    /// A step failed.
    Failed,
    /// Dual-write is linked to another environment.
    Mismatch,
    /// A person said that it need not be taken up again.
    Forgotten,
    /// Its services ended with the program: a rehearsal.
    Ended,
    /// It was interrupted, and another run took its place.
    Replaced,
}

impl Outcome {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Linked => "linked",
            Self::Failed => "failed",
            Self::Mismatch => "mismatch",
            Self::Forgotten => "forgotten",
            Self::Ended => "rehearsal ended",
            Self::Replaced => "replaced",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::later;
    use serde_json::{Value, json};
    use std::time::Duration;

    /// Every word of a type that is read from JSON, as serde itself lists them.
    fn words_of<T: serde::de::DeserializeOwned>(unknown: Value) -> Vec<String> {
        let error = serde_json::from_value::<T>(unknown).err().map(|error| error.to_string()).unwrap();
        let (_, known) = error.split_once(", expected ").unwrap();
        known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// Two kinds of change were missing for as long as there were repairs.
    #[test]
    fn the_schemas_have_every_word_of_the_record() {
        let runs: Value = serde_json::from_str(include_str!("../../assets/schema/runs.json")).unwrap();
        let events: Value = serde_json::from_str(include_str!("../../assets/schema/setup-event.json")).unwrap();
        let kind = || json!({"kind": "?"});
        let states = words_of::<StageState>("?".into());
        for (schema, place, words) in [
            (&runs, "$defs run properties changes items properties change properties kind", words_of::<Deed>(kind())),
            (&runs, "$defs run properties changes items properties result", words_of::<ChangeResult>("?".into())),
            (&runs, "$defs run properties work anyOf 1 properties kind", words_of::<Work>(kind())),
            (&runs, "$defs run properties stages items properties stage", words_of::<StageId>("?".into())),
            (&runs, "$defs run properties readings items properties stage", words_of::<StageId>("?".into())),
            (&runs, "$defs run properties stages items properties state", states.clone()),
            (&events, "$defs stage", words_of::<StageId>("?".into())),
            (&events, "oneOf 4 properties state", states),
            (&events, "oneOf 8 properties way", words_of::<Way>("?".into())),
        ] {
            let pointer = format!("/{}/enum", place.replace(' ', "/"));
            let allowed = schema.pointer(&pointer).and_then(Value::as_array).unwrap();
            let missing: Vec<&String> = words.iter().filter(|word| !allowed.contains(&json!(word))).collect();
            assert!(words.len() > 1 && missing.is_empty(), "{place}: {missing:?}");
        }
    }

    fn entries(all: Vec<What>) -> Vec<Entry> {
        let at = |second: usize| later(Now::UNIX_EPOCH, Duration::from_secs(second as u64));
        let of = |(second, what)| Entry { at: at(second), run: "r".into(), environment: "e".into(), what };
        all.into_iter().enumerate().map(of).collect()
    }

    fn started() -> What {
        What::Started { name: "uat".into(), cloud: "c".into(), address: "a".into(), account: "ada".into() }
    }

    fn install(package: &str) -> What {
        What::Intention { deed: Deed::Install { package: package.into() } }
    }

    fn outcome(result: ChangeResult, id: Option<&str>) -> What {
        What::Outcome { result, id: id.map(str::to_owned), words: String::new() }
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let all = entries(vec![
            started(),
            What::Opened(Program { host: "h".into(), process: 7, version: "0".into() }),
            What::Began {
                work: Work::Link { way: Way::Direct, request_id: "q".into() },
                account: "a".into(),
                again: true,
            },
            What::Stage { stage: StageId::CoreSolution, state: StageState::Running, detail: "d".into() },
            What::Reading { stage: None, status: "InProgress".into(), elapsed_s: 1, next_in_s: 2 },
            install("X"),
            outcome(ChangeResult::Accepted, Some("op")),
            What::Configured,
            What::SignedIn { account: "b".into(), before: "a".into() },
            What::Failed {
                step: "link".into(),
                fault: None,
                code: Some("DW9003".into()),
                words: "w\n\"".into(),
                next: "n".into(),
                ids: BTreeMap::from([("Activity id".into(), "a".into())]),
            },
            What::Finished { outcome: Outcome::Linked },
        ]);
        for entry in all {
            let line = serde_json::to_string(&entry).unwrap();
            assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), entry, "{line}");
        }
    }

    #[test]
    fn an_intention_without_an_outcome_may_be_on_its_way() {
        let run = |more: Vec<What>| fold(&entries([vec![started()], more].concat())).unwrap();
        let of =
            |run: Run, package: &str| run.installation(package).map(|line| (line.at, line.result, line.id.clone()));
        let at = later(Now::UNIX_EPOCH, Duration::from_secs(1));
        assert_eq!(of(run(vec![install("X")]), "x"), Some((at, None, None)));
        let unknown = Some(ChangeResult::Unknown);
        assert_eq!(of(run(vec![install("X"), outcome(ChangeResult::Unknown, None)]), "X"), Some((at, unknown, None)));
        let accepted = run(vec![install("X"), outcome(ChangeResult::Accepted, Some("op"))]);
        assert_eq!(of(accepted, "X"), Some((at, Some(ChangeResult::Accepted), Some("op".into()))));
        assert_eq!(of(run(vec![install("X"), outcome(ChangeResult::Refused, None)]), "X"), None);
        assert_eq!(of(run(vec![install("X")]), "Y"), None);
    }

    #[test]
    fn a_finished_run_that_is_taken_up_again_is_unfinished() {
        let work = |again| What::Began {
            work: Work::Configure { first: StageId::Prerequisites, mandate: Mandate::default() },
            account: "a".into(),
            again,
        };
        let finished = What::Finished { outcome: Outcome::Failed };
        let run = fold(&entries(vec![started(), work(false), finished.clone()])).unwrap();
        assert_eq!((run.is_unfinished(), run.word()), (false, "failed"));
        let run = fold(&entries(vec![started(), work(false), finished, work(false)])).unwrap();
        assert_eq!((run.is_unfinished(), run.word()), (true, "interrupted"));
        assert_eq!(run.work.unwrap().1, later(Now::UNIX_EPOCH, Duration::from_secs(3)));
    }

    #[test]
    fn a_set_up_took_what_all_its_tries_took_and_not_what_lay_between() {
        let began = |first, again| What::Began {
            work: Work::Configure { first, mandate: Mandate::default() },
            account: "a".into(),
            again,
        };
        let (whole, repair) = (StageId::Prerequisites, StageId::ApplicationUsers);
        let failed = What::Finished { outcome: Outcome::Failed };
        // Each entry is a second after the last: one second, two that nobody works, two of which one is an
        // interruption; a repair that fails in between is no try.
        let mut all = vec![started(), began(whole, false), failed.clone()];
        all.extend([began(repair, false), failed, began(whole, false), began(whole, true), What::Configured]);
        let run = fold(&entries(all.clone())).unwrap();
        assert_eq!((run.configure_took, run.tries_took), (Some(Duration::from_secs(1 + 2)), Duration::ZERO));
        all.extend([What::Finished { outcome: Outcome::Configured }, began(whole, false), What::Configured]);
        assert_eq!(fold(&entries(all)).unwrap().configure_took, Some(Duration::from_secs(1)), "the last one");
    }

    #[test]
    fn what_is_looked_at_again_after_an_interruption_did_not_take_the_interruption() {
        let stage = |state| What::Stage { stage: StageId::Prerequisites, state, detail: String::new() };
        let (running, done) = (stage(StageState::Running), stage(StageState::Done));
        let run = fold(&entries(vec![started(), running.clone(), done.clone(), started(), running, done])).unwrap();
        let line = &run.stages[0];
        let at = |second| later(Now::UNIX_EPOCH, Duration::from_secs(second));
        assert_eq!((run.stages.len(), line.since, line.until), (1, at(1), Some(at(2))));
    }

    #[test]
    fn only_a_new_word_is_a_reading_that_mattered() {
        let word = |status: &str| What::Reading { stage: None, status: status.into(), elapsed_s: 0, next_in_s: 0 };
        let run = fold(&entries(vec![started(), word("a"), word("a"), word("b"), word("a")])).unwrap();
        let words: Vec<&str> = run.readings.iter().map(|(_, _, word)| word.as_str()).collect();
        assert_eq!(words, ["a", "b", "a"]);
    }

    #[test]
    fn entries_without_a_beginning_are_no_run() {
        assert_eq!(fold(&entries(vec![install("X")])), None);
    }
}
