//! Events: what a run without a screen says, as JSON and as sentences. The journal's entries are the
//! source; what they do not hold (facts that were read, the end) is added here.

use crate::core::check::{self, Check};
use crate::core::environment::Environment;
use crate::core::fault;
use crate::core::gate;
use crate::core::journal::{ChangeResult, Entry, What};
use crate::core::linking::{Confirmation, Way};
use crate::core::plan::{Certainty, Planned};
use crate::core::setup::Setup;
use crate::core::standing::standing;
use crate::core::time::{Now, to_the_second};
use crate::core::trouble::{capital, joinable};
use serde_json::{Value, json};
use std::time::Duration;

/// Of which environment and run an event is.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Environment id; empty while it is not known.
    pub id: String,
    /// Name, or what was typed.
    pub name: String,
    /// What it is called in lines: its name, and what tells it from another of the same name.
    pub label: String,
    /// Name of the run; empty while there is none.
    pub run: String,
}

/// One event: the object and the sentence.
#[derive(Clone, Debug)]
pub struct Event {
    /// Of which environment.
    pub subject: Subject,
    /// When.
    pub at: Now,
    /// Its fields, without the common ones.
    fields: Value,
    /// In words; empty: not worth a line.
    pub sentence: String,
}

impl Event {
    fn new(subject: &Subject, at: Now, fields: Value, sentence: impl Into<String>) -> Self {
        Self { subject: subject.clone(), at, fields, sentence: sentence.into() }
    }

    /// As one JSON object; none where only a person wants to know.
    pub fn json(&self) -> Option<Value> {
        let fields = self.fields.as_object()?;
        let Subject { id, name, run, .. } = &self.subject;
        let mut object =
            json!({"event": "", "ts": self.at.to_string(), "run": run, "environment": {"id": id, "name": name}});
        object.as_object_mut()?.extend(fields.clone());
        Some(object)
    }
}

/// An entry of the journal as an event; none where the interface names none.
pub fn of_entry(entry: &Entry, subject: &Subject) -> Option<Event> {
    let event = |fields: Value, sentence: String| Some(Event::new(subject, entry.at, fields, sentence));
    match &entry.what {
        What::Terms { version, accepted_by, accepted_at } => Some(Event::new(
            subject,
            // They are written down with what they were accepted for, which can be minutes later.
            accepted_at.unwrap_or(entry.at),
            json!({"event": "terms", "version": version, "accepted_by": accepted_by}),
            format!("terms {version} accepted by {accepted_by}"),
        )),
        What::Stage { stage, state, detail } => {
            let more = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            event(
                json!({"event": "stage", "stage": stage.word(), "state": state.word(), "detail": detail}),
                format!("{}: {}{more}", stage.title(), state.word()),
            )
        }
        What::Reading { stage, status, elapsed_s, next_in_s } => {
            let (word, title) = stage.map_or(("link", ""), |stage| (stage.word(), stage.title()));
            // The link says its words itself.
            let sentence = if stage.is_some() { format!("{title}: the service says {status}") } else { String::new() };
            event(
                json!({"event": "reading", "stage": word, "status": status, "elapsed_s": elapsed_s, "next_in_s": next_in_s}),
                sentence,
            )
        }
        What::Retry { call, attempt, reason, wait_s } => event(
            json!({"event": "retry", "call": call, "attempt": attempt, "reason": reason, "wait_s": wait_s}),
            format!("{}; asked again in {wait_s} s (failed attempt {attempt})", joinable(reason)),
        ),
        What::Intention { deed } => {
            // Not an event of the interface; a person reading along wants to know.
            let sentence = format!("requested: {}", deed.sentence());
            Some(Event::new(subject, entry.at, Value::Null, sentence))
        }
        What::Configured => event(json!({"event": "configured"}), "configured".into()),
        What::Link { way, state, address } => {
            let mut fields = json!({"event": "link", "way": way.word(), "state": state});
            let mut sentence = format!("link ({}): {}", way.word(), state.replace('_', " "));
            if state == "waiting_for_person" {
                sentence =
                    "now select Link to Power Platform environment in Lifecycle Services; it is watched from here"
                        .into();
            }
            if let Some(address) = address {
                fields["address"] = json!(address);
                sentence = format!("{sentence}\n{address}");
            }
            event(fields, sentence)
        }
        What::Linked { address, confirmed } => event(
            json!({"event": "linked", "administration_url": address, "confirmed": confirmed}),
            format!("linked, {confirmed}; Dual-write page: {address}"),
        ),
        What::Failed { step, fault, code, words, next, ids } => {
            let known = fault.as_deref().and_then(fault::by_id);
            let fields = json!({"event": "failed", "step": step, "fault": {
                "id": known.map_or("", |fault| fault.id.as_str()),
                "code": code.clone().or_else(|| known.map(|fault| fault.code.clone())).unwrap_or_default(),
                "title": known.map_or("", |fault| fault.title.as_str()),
                "message": words,
                "cause": known.map_or("", |fault| fault.cause.as_str()),
                "remedies": known.map_or_else(|| vec![next.clone()], |fault| fault.remedies.clone()),
                "doc_url": known.map_or("", |fault| fault.doc_url.as_str()),
            }, "ids": ids});
            let mut lines = vec![format!("{step} failed: {words}")];
            match known {
                Some(known) => {
                    lines.push(known.title.clone());
                    lines.extend(known.remedies.iter().enumerate().map(|(at, text)| format!("{}. {text}", at + 1)));
                    lines.push(known.doc_url.clone());
                }
                None => lines.push(next.clone()),
            }
            lines.extend(ids.iter().map(|(label, id)| format!("{label} {id}")));
            event(fields, lines.join("\n"))
        }
        What::Outcome { result: result @ (ChangeResult::Unknown | ChangeResult::Refused), words, .. } => {
            let more = if words.is_empty() { String::new() } else { format!(": {words}") };
            let what =
                if *result == ChangeResult::Refused { "the request was refused" } else { "the request had no answer" };
            Some(Event::new(subject, entry.at, Value::Null, format!("{what}{more}")))
        }
        What::Began { again: true, .. } => Some(Event::new(
            subject,
            entry.at,
            Value::Null,
            format!("run {} is resumed after an interruption", entry.run),
        )),
        What::SignedIn { account, before } => {
            let other = if account == before { String::new() } else { format!("; it was {before} before") };
            Some(Event::new(subject, entry.at, Value::Null, format!("{account} has signed in{other}")))
        }
        What::Opened(_)
        | What::Started { .. }
        | What::Began { .. }
        | What::Outcome { .. }
        | What::Left { .. }
        | What::Finished { .. } => None,
    }
}

/// Both sides were read.
pub fn environment_read(subject: &Subject, environment: &Environment, setup: &Setup, at: Now) -> Event {
    let far = standing(environment, Some(setup));
    let fields = json!({
        "event": "environment_read",
        "stage": far.word(),
        "finops_url": gate::finops_url(environment, &setup.facts),
        "dataverse_url": environment.dataverse.as_ref().map(|side| &side.url),
    });
    Event::new(subject, at, fields, format!("read: {}", far.words()))
}

/// One prerequisite.
pub fn check(subject: &Subject, check: &Check, at: Now) -> Event {
    let fields = json!({"event": "check", "id": check.id, "answer": check.answer.word(), "reason": check.reason});
    let known = check.known().map(|reason| format!(": {reason}")).unwrap_or_default();
    Event::new(subject, at, fields, format!("{} {}. {}{known}", check.id, check.what, capital(check.said())))
}

/// How many prerequisites of each answer there are; only for a person.
pub fn counted(subject: &Subject, checks: &[Check], at: Now) -> Event {
    let words = format!("prerequisites: {} (dualwrite check lists them)", check::tally(checks).in_short());
    remark(subject, words, at)
}

/// Something for a person only.
pub fn remark(subject: &Subject, words: String, at: Now) -> Event {
    Event::new(subject, at, Value::Null, words)
}

/// What would be changed.
pub fn plan(subject: &Subject, planned: &[Planned], links: Option<Way>, at: Now) -> Event {
    let word = |certainty| match certainty {
        Certainty::Will => "will",
        Certainty::IfMissing => "if_missing",
        Certainty::Already => "already",
    };
    let changes: Vec<Value> = planned
        .iter()
        .map(|line| json!({"side": line.side.name(), "certainty": word(line.certainty), "what": line.what}))
        .collect();
    let mut sentence = String::from("this would be done; nothing was changed:");
    for line in planned {
        let certainty = match line.certainty {
            Certainty::Will => "will",
            Certainty::IfMissing => "if missing",
            Certainty::Already => "already there",
        };
        sentence = format!("{sentence}\n{certainty}: {} ({})", line.what, line.side.name());
    }
    match links {
        Some(Way::Assisted) => sentence.push_str("\nthen: you link in Lifecycle Services, it is watched from here"),
        Some(Way::Reset) => sentence.push_str("\nthen: the link is read back; Apply Solution brings maps again"),
        Some(Way::Direct) => sentence.push_str("\nthen: link to the Power Platform environment"),
        None => {}
    }
    Event::new(subject, at, json!({"event": "plan", "changes": changes, "link": links.is_some()}), sentence)
}

/// The link that was there already.
pub fn linked(subject: &Subject, address: &str, at: Now) -> Event {
    let confirmed = Confirmation::Gateway.words();
    let fields = json!({"event": "linked", "administration_url": address, "confirmed": confirmed});
    Event::new(subject, at, fields, format!("linked already; Dual-write page: {address}"))
}

/// The end of a run.
pub fn finished(subject: &Subject, outcome: &str, code: u8, took: Duration, words: &str, at: Now) -> Event {
    let fields = json!({"event": "finished", "outcome": outcome, "exit_code": code, "duration_s": took.as_secs(), "message": words});
    let more = if words.is_empty() { String::new() } else { format!(": {words}") };
    Event::new(
        subject,
        at,
        fields,
        format!("{}{more} ({}, exit {code})", outcome.replace('_', " "), to_the_second(took)),
    )
}
