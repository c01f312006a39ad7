//! What is known of one run: its entries folded into one value.
//!
//! Owns [`fold`] and the rules by which entries of several sittings make one picture. It never reads
//! a file and never looks at a clock.

use super::{ChangeResult, Deed, Entry, Outcome, Program, RunId, What, Work};
use crate::core::configuring::StageState;
use crate::core::linking::Way;
use crate::core::plan::StageId;
use crate::core::schedule::outlook::installation;
use crate::core::schedule::prior::Watched;
use crate::core::time::{Now, between};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of a run from its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// Environment id.
    pub environment: String,
    /// Name of the environment.
    pub name: String,
    /// Name of the cloud.
    pub cloud: String,
    /// Address that tells this cloud from another of the same name.
    pub address: String,
    /// Who began it.
    pub account: String,
    /// Others who worked on it, each since when.
    pub others: Vec<(Now, String)>,
    /// Accepted terms: version, by whom, when.
    pub terms: Option<(String, String, Now)>,
    /// When it began.
    pub began: Now,
    /// Its last entry.
    pub last: Now,
    /// The program that drives it right now, as far as a lock tells. Not part of the record.
    pub driven_by: Option<Program>,
    /// The programs that worked on it, one after the other.
    pub sittings: Vec<Sitting>,
    /// Place of the first stage of the work that began last.
    pub of_this_work: usize,
    /// The work that began last, and when.
    pub work: Option<(Work, Now)>,
    /// Stages, in the order in which they first moved.
    pub stages: Vec<StageLine>,
    /// Changes, in their order.
    pub changes: Vec<ChangeLine>,
    /// Readings that brought a new word: when, of what, the word.
    pub readings: Vec<(Now, Option<StageId>, String)>,
    /// How often a service did not answer or asked to wait.
    pub retries: usize,
    /// How long Configure took, if it was done: all its tries, without what lay between them.
    pub configure_took: Option<Duration>,
    /// How long the tries of Configure took that failed since it was last done.
    pub tries_took: Duration,
    /// How long the link took, if it was made.
    pub link_took: Option<Duration>,
    /// How long operations of the services took that one program watched from beginning to end.
    pub lasted: Vec<(Watched, Duration)>,
    /// The link: address and how it was made sure.
    pub linked: Option<(String, String)>,
    /// The last failure.
    pub failure: Option<FailureLine>,
    /// How it stands; none: something runs, or was interrupted.
    pub outcome: Option<Outcome>,
}

/// One program's part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// When it opened the record.
    pub at: Now,
    /// Which.
    pub by: Program,
    /// Its last entry.
    pub last: Now,
    /// Why it was left while something ran, if it could still say so.
    pub left: Option<String>,
}

/// A stage of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageLine {
    /// Which.
    pub stage: StageId,
    /// How it stands.
    pub state: StageState,
    /// More.
    pub detail: String,
    /// When it began last.
    pub since: Now,
    /// When it ended.
    pub until: Option<Now>,
}

/// A change of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLine {
    /// When it was intended.
    pub at: Now,
    /// Which.
    pub deed: Deed,
    /// What came of it; none: not known, the program ended first.
    pub result: Option<ChangeResult>,
    /// The service's id.
    pub id: Option<String>,
    /// More.
    pub words: String,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureLine {
    /// When.
    pub at: Now,
    /// `configure` or `link`.
    pub step: String,
    /// Entry of the fault catalogue.
    pub fault: Option<String>,
    /// The service's own code.
    pub code: Option<String>,
    /// The service's own words.
    pub words: String,
    /// What helps where the catalogue has no entry.
    pub next: String,
    /// Ids to quote to support.
    pub ids: BTreeMap<String, String>,
}

impl Run {
    /// Whether something ran when the last entry was written.
    pub fn is_unfinished(&self) -> bool {
        self.outcome.is_none()
    }

    /// The last installation of a package that was asked for and may still be on its way: accepted, or asked for and
    /// nobody knows what came of it.
    pub fn installation(&self, package: &str) -> Option<&ChangeLine> {
        let last = self.changes.iter().rev().find(|line| line.deed.installs(package))?;
        matches!(last.result, None | Some(ChangeResult::Accepted | ChangeResult::Unknown)).then_some(last)
    }

    /// What became of the link that was asked for last under this request id.
    pub fn link(&self, request: &str) -> Option<&ChangeLine> {
        let is_it =
            |line: &&ChangeLine| matches!(&line.deed, Deed::StartLink { request_id, .. } if request_id == request);
        self.changes.iter().rev().find(is_it)
    }

    /// How it stands, in a word.
    pub fn word(&self) -> &'static str {
        match (self.outcome, &self.driven_by) {
            (Some(outcome), _) => outcome.word(),
            (None, Some(_)) => "running",
            (None, None) => "interrupted",
        }
    }

    /// A stage moved. What an earlier sitting of the same work has done stays done.
    fn moved(&mut self, at: Now, stage: StageId, to: StageState, detail: &str) {
        let own = self.stages[self.of_this_work..].iter().position(|line| line.stage == stage);
        let place = own.map_or(self.stages.len(), |place| self.of_this_work + place);
        if own.is_none() {
            self.stages.push(StageLine { stage, state: to, detail: String::new(), since: at, until: None });
        }
        let is_own = stage.package().is_some_and(|package| self.changes.iter().any(|line| line.deed.installs(package)));
        let line = &mut self.stages[place];
        let was = line.state;
        match (was, to) {
            // Looked at again after an interruption, and found done.
            (StageState::Done, StageState::Running | StageState::Skipped | StageState::Done) => return,
            // It ran when the program ended, and was done meanwhile: by this run.
            (StageState::Running, StageState::Skipped) if is_own => {
                line.state = StageState::Done;
                line.until = Some(at);
                line.detail = format!("done when looked at again: {detail}");
                return;
            }
            (StageState::Running, StageState::Running) => {}
            (_, StageState::Running | StageState::Waiting) => (line.since, line.until) = (at, None),
            (_, StageState::Done | StageState::Skipped | StageState::Failed) => line.until = Some(at),
        }
        line.state = to;
        detail.clone_into(&mut line.detail);
    }

    /// How long the set-up at work has run; none for a repair, which does not say how long a set-up takes.
    fn tried(&self, at: Now) -> Option<Duration> {
        match &self.work {
            Some((Work::Configure { first: StageId::Prerequisites, .. }, since)) => Some(between(*since, at)),
            _ => None,
        }
    }

    /// Somebody works on it from now on.
    fn worked(&mut self, at: Now, account: &str) {
        let last = self.others.last().map_or(self.account.as_str(), |(_, last)| last);
        if last != account {
            self.others.push((at, account.to_owned()));
        }
    }

    fn take(&mut self, at: Now, what: &What) {
        match what {
            What::Opened(by) => {
                self.sittings.push(Sitting { at, by: by.clone(), last: at, left: None });
            }
            What::Terms { version, accepted_by, accepted_at } => {
                self.terms = Some((version.clone(), accepted_by.clone(), accepted_at.unwrap_or(at)));
            }
            What::SignedIn { account, .. } => self.worked(at, account),
            What::Began { work, again, account } => {
                self.worked(at, account);
                // An interruption is part of how long it took.
                let since = self.work.as_ref().filter(|_| *again).map_or(at, |(_, since)| *since);
                self.work = Some((work.clone(), since));
                self.outcome = None;
                if !again {
                    self.of_this_work = self.stages.len();
                }
            }
            What::Stage { stage, state, detail } => self.moved(at, *stage, *state, detail),
            What::Reading { stage, status, .. } => {
                let last = self.readings.iter().rev().find(|(_, of, _)| of == stage);
                if last.is_none_or(|(_, _, word)| word != status) {
                    self.readings.push((at, *stage, status.clone()));
                }
            }
            What::Retry { .. } => self.retries += 1,
            What::Intention { deed } => {
                self.changes.push(ChangeLine { at, deed: deed.clone(), result: None, id: None, words: String::new() });
            }
            What::Outcome { result, id, words } => {
                let sitting = self.sittings.last().map(|sitting| sitting.at);
                if let Some(line) = self.changes.last_mut() {
                    if let (Deed::Install { package }, ChangeResult::Done, Some(ChangeResult::Accepted)) =
                        (&line.deed, result, line.result)
                        && sitting <= Some(line.at)
                    {
                        self.lasted.push((installation(package), between(line.at, at)));
                    }
                    line.result = Some(*result);
                    line.id = id.clone().or_else(|| line.id.take());
                    words.clone_into(&mut line.words);
                }
            }
            What::Configured => {
                if let Some(took) = self.tried(at) {
                    self.configure_took = Some(std::mem::take(&mut self.tries_took) + took);
                }
            }
            What::Linked { address, confirmed } => {
                self.link_took = self.work.as_ref().map(|(_, since)| between(*since, at));
                let sitting = self.sittings.last().map(|sitting| sitting.at);
                if let Some((Work::Link { way: Way::Direct, .. }, since)) = &self.work
                    && sitting <= Some(*since)
                    // A link that somebody else made teaches nothing.
                    && self.changes.last().is_some_and(|line| line.at >= *since && line.result == Some(ChangeResult::Done))
                {
                    self.lasted.push((Watched::Link, between(*since, at)));
                }
                self.linked = Some((address.clone(), confirmed.clone()));
            }
            What::Failed { step, fault, code, words, next, ids } => {
                self.failure = Some(FailureLine {
                    at,
                    step: step.clone(),
                    fault: fault.clone(),
                    code: code.clone(),
                    words: words.clone(),
                    next: next.clone(),
                    ids: ids.clone(),
                });
            }
            What::Finished { outcome } => {
                if *outcome == Outcome::Failed {
                    self.tries_took += self.tried(at).unwrap_or_default();
                }
                self.outcome = Some(*outcome);
            }
            What::Left { reason } => {
                if let Some(sitting) = self.sittings.last_mut() {
                    sitting.left = Some(reason.clone());
                }
            }
            What::Started { .. } | What::Link { .. } => {}
        }
    }
}

/// What is known of a run from its entries, in their order; none where no entry says how it began.
pub fn fold(entries: &[Entry]) -> Option<Run> {
    let (first, name, cloud, address, account) = entries.iter().find_map(|entry| match &entry.what {
        What::Started { name, cloud, address, account } => Some((entry, name, cloud, address, account)),
        _ => None,
    })?;
    let mut run = Run {
        id: first.run.clone(),
        environment: first.environment.clone(),
        name: name.clone(),
        cloud: cloud.clone(),
        address: address.clone(),
        account: account.clone(),
        others: Vec::new(),
        terms: None,
        began: first.at,
        last: first.at,
        driven_by: None,
        sittings: Vec::new(),
        of_this_work: 0,
        work: None,
        stages: Vec::new(),
        changes: Vec::new(),
        readings: Vec::new(),
        retries: 0,
        configure_took: None,
        tries_took: Duration::ZERO,
        link_took: None,
        lasted: Vec::new(),
        linked: None,
        failure: None,
        outcome: None,
    };
    for entry in entries {
        run.last = entry.at;
        if let Some(sitting) = run.sittings.last_mut() {
            sitting.last = entry.at;
        }
        run.take(entry.at, &entry.what);
    }
    Some(run)
}
