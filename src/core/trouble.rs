//! What can go wrong with one call, in the words of the program.
//!
//! A [`Trouble`] says which service, what happened, whether a change may have happened all the
//! same, and what the person can do. It never carries a token, and it is never read as "not there".

use super::aadsts;
use super::service::Service;
use crate::wire::problem::bounded;
use std::fmt;
use std::time::Duration;

/// What is said where the system lets this program open nothing more.
pub const NOTHING_MORE: &str = "this program has as many files and connections open as the system lets it have";
/// What helps there.
const FEWER: &str = "Raise that limit (ulimit -n), or take fewer environments at once";

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// No connection: refused, no such host, TLS.
    Unreachable,
    /// No connection, and none before a person mends what the words name: a certificate that is not
    /// trusted, a proxy that wants a password.
    Barred,
    /// No connection, because the system lets this program open nothing more.
    NothingMore,
    /// No answer within the time limit.
    NoAnswer,
    /// The answer ended, or its connection, before it was complete.
    CutOff,
    /// The answer was not what the service is known to send: HTML, another shape.
    Unreadable,
    /// The answer was larger than any answer of the service can be.
    TooLarge,
    /// The service answered with this HTTP status.
    Status(u16),
    /// HTTP 200, and the envelope says that the work was refused.
    Refused,
    /// This address was named for the service, or a redirect leads there, and no token may go there.
    ForeignHost(String),
    /// The address that was given for the dual-write gateway is none; the words name it. Nothing was sent
    /// there.
    NoGateway,
    /// Nobody is signed in any more.
    SignInNeeded,
    /// The person declined the sign-in, or whoever may refuse it did.
    Declined,
    /// The device code was not used in time, or is not known any more.
    CodeEnded,
    /// The token service gives no token for this service; the sign-in itself stands.
    NoToken,
    /// An application is signed in, and this service works for people only.
    PeopleOnly,
    /// A token given from outside was refused; the name of its variable.
    OutsideToken(&'static str),
    /// Tokens come from outside, and there is none for this service; the name of its variable.
    NoOutsideToken(&'static str),
    /// The intention could not be written down, so nothing was sent.
    NotRecorded,
    /// The cloud profile names no app registration, so nobody can sign in.
    NoClient,
    /// This cloud profile has no such service.
    NotConfigured,
}

/// Whether the call may have changed the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It surely did nothing.
    No,
    /// It may have. Only reading can tell.
    Perhaps,
}

/// How another try is made where a trouble is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// By reading again.
    Reading,
    /// By the button Try again.
    Step,
    /// By asking for another code.
    Code,
    /// By running the command again.
    Command,
}

impl Again {
    fn words(self) -> &'static str {
        match self {
            Self::Reading => "then read again (r)",
            Self::Step => "then try again",
            Self::Code => "then ask for a new code",
            Self::Command => "then run the command again",
        }
    }
}

/// One call that did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Who was asked.
    pub service: Service,
    /// What happened.
    pub what: What,
    /// The service's own code, if it sent one.
    pub code: Option<String>,
    /// The service's own words, or the network's; cleaned where they are shown, not here.
    pub words: String,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// Id to quote to support.
    pub correlation: Option<String>,
    /// Whether a change may have happened.
    pub done: Done,
}

/// The code of a refusal while another operation runs in an environment.
const ANOTHER_RUNS: &str = "OperationNotStartable";

impl Trouble {
    /// A trouble with words of the service, as many of them as are kept.
    pub fn new(service: Service, what: What, words: impl Into<String>) -> Self {
        let words = bounded(words.into());
        Self { service, what, code: None, words, retry_after: None, correlation: None, done: Done::No }
    }

    /// Whether asking again later can help: no answer, throttling, a service in trouble, a sign-in
    /// that has ended.
    ///
    /// The statuses are those that the most careful known client retries.
    pub fn is_passing(&self) -> bool {
        match self.what {
            What::Unreachable
            | What::NothingMore
            | What::NoAnswer
            | What::CutOff
            | What::Unreadable
            | What::SignInNeeded => true,
            What::Status(status) => matches!(status, 408 | 425 | 429 | 499 | 500 | 502 | 503 | 504),
            What::Barred
            | What::TooLarge
            | What::Refused
            | What::ForeignHost(_)
            | What::NoGateway
            | What::Declined
            | What::CodeEnded
            | What::NoToken
            | What::PeopleOnly
            | What::OutsideToken(_)
            | What::NoOutsideToken(_)
            | What::NotRecorded
            | What::NoClient
            | What::NotConfigured => false,
        }
    }

    /// Whether the service that was asked did not give what was asked for, now or for good. What this program was not
    /// told, or does not ask, is no fault of a service.
    pub fn is_of_service(&self) -> bool {
        let is_for_good =
            matches!(self.what, What::Status(_) | What::Barred | What::TooLarge | What::Refused | What::ForeignHost(_));
        is_for_good || self.is_passing()
    }

    /// Whether a token that a person gives helps: none can be had here, or the one that was given has ended.
    pub fn wants_token(&self) -> bool {
        matches!(self.what, What::OutsideToken(_) | What::NoOutsideToken(_) | What::NoToken | What::PeopleOnly)
    }

    /// Whether this program found it, so that its words are not a service's to be quoted.
    pub fn is_own_finding(&self) -> bool {
        matches!(
            self.what,
            What::NothingMore
                | What::NotRecorded
                | What::NoClient
                | What::NotConfigured
                | What::Barred
                | What::ForeignHost(_)
                | What::NoGateway
                | What::TooLarge
                | What::Unreadable
                | What::PeopleOnly
        )
    }

    /// What happened, in a few words for a narrow place.
    pub fn short(&self) -> String {
        match &self.what {
            What::Status(status) => format!("HTTP {status}"),
            What::Unreachable | What::NothingMore | What::Barred => "no connection".into(),
            What::NoAnswer | What::CutOff => "no answer".into(),
            _ => "no usable answer".into(),
        }
    }

    /// The HTTP status that the service answered with, if it answered.
    pub fn status(&self) -> Option<u16> {
        if let What::Status(status) = self.what { Some(status) } else { None }
    }

    /// Whether the service that was asked answered with this status. What the token service says on the way to it
    /// is no answer about what was asked for.
    pub fn answered(&self, status: u16) -> bool {
        self.service != Service::Entra && self.what == What::Status(status)
    }

    /// Whether it is refused because another operation runs: with a 409 that has no code, or the one for that. With
    /// other codes a 409 has other reasons, such as no room.
    pub fn is_busy(&self) -> bool {
        self.answered(409) && self.code.as_deref().is_none_or(|code| code.eq_ignore_ascii_case(ANOTHER_RUNS))
    }

    /// The words, to be followed by more of a sentence.
    pub fn joinable_words(&self) -> &str {
        joinable(&self.words)
    }

    /// All that is known of it, to be followed by more of a sentence.
    pub fn clause(&self) -> String {
        joinable(&self.to_string()).to_owned()
    }

    /// What happened, in one sentence without a full stop.
    pub fn sentence(&self) -> String {
        let who = self.service.name();
        match &self.what {
            What::Unreachable | What::NothingMore | What::Barred => format!("no connection to {who}"),
            What::NoAnswer => format!("no answer from {who} in time"),
            What::CutOff => format!("the answer of {who} was cut off before its end"),
            What::Unreadable => format!("the answer of {who} cannot be read"),
            What::TooLarge => format!("the answer of {who} is too large"),
            What::Status(401) => format!("{who} did not accept the sign-in (HTTP 401)"),
            What::Status(403) => format!("{who} refused this account (HTTP 403)"),
            What::Status(404) => format!("{who} does not know this address (HTTP 404)"),
            What::Status(409) if self.is_busy() => format!("{who} is busy with another operation (HTTP 409)"),
            What::Status(429) => format!("{who} asks to slow down (HTTP 429)"),
            What::Status(status @ 500..) => format!("{who} is in trouble (HTTP {status})"),
            What::Status(status) => format!("{who} refused the request (HTTP {status})"),
            What::Refused => format!("{who} refused the work"),
            What::ForeignHost(host) => {
                format!("a response pointed to {host}, which is not an address of {who}; nothing was sent there")
            }
            What::NoGateway => "this is not the address of a dual-write gateway; nothing was sent there".into(),
            What::SignInNeeded => format!("the sign-in for {who} has ended"),
            What::Declined => "the sign-in was declined".into(),
            What::CodeEnded => "the code expired before anybody signed in with it".into(),
            What::NoToken => format!("{} gives no token for {who}", Service::Entra.name()),
            What::PeopleOnly => format!("{who} accepts only user sign-ins; an application is signed in"),
            What::OutsideToken(variable) => {
                format!("{who} did not accept the token that was given ({variable})")
            }
            What::NoOutsideToken(variable) => format!("no token for {who} was given ({variable})"),
            What::NotRecorded => format!("nothing was sent to {who}, because the record could not be written"),
            What::NoClient => "the cloud profile has no client_id, the id of your app registration".into(),
            What::NotConfigured => format!("the cloud profile names no address for {who}"),
        }
    }

    /// [`Trouble::sentence`] with a capital letter and a full stop.
    pub fn whole_sentence(&self) -> String {
        whole(&self.sentence())
    }

    /// All that is known of it, with a capital letter and a full stop.
    pub fn whole_clause(&self) -> String {
        whole(&self.clause())
    }

    /// What happened and what can be done about it, as sentences; `again` is how another try is made here.
    pub fn in_full(&self, again: Again) -> String {
        let happened = self.to_string();
        let id = self.correlation.as_ref().map(|id| format!(" Correlation id {id}.")).unwrap_or_default();
        format!("{}. {}{id}", happened.trim_end_matches(['.', ' ']), self.next_move(again))
    }

    /// The same with a capital letter.
    pub fn whole_in_full(&self, again: Again) -> String {
        capital(&self.in_full(again))
    }

    /// What the person can do about it, as a sentence; `again` is how another try is made here.
    pub fn next_move(&self, again: Again) -> String {
        let who = self.service.name();
        if let Some(help) = self.code.as_deref().and_then(aadsts::help) {
            return help.into();
        }
        let variable = self.service.token_variable().unwrap_or_default();
        let is_command = again == Again::Command;
        let again = again.words();
        match &self.what {
            What::Unreachable => {
                format!("Check the network, a proxy and the addresses in the cloud profile; {again}.")
            }
            What::NothingMore => format!("{FEWER}; {again}."),
            What::Barred => format!("Fix that; {again}."),
            What::NoAnswer | What::CutOff => format!("Check the network; {again}."),
            What::Unreadable => format!(
                "A proxy or a sign-in page may have answered instead. Check the address in the cloud profile; {again}."
            ),
            What::TooLarge => "Check the address in the cloud profile.".into(),
            What::Status(400 | 401 | 403) if self.service == Service::Entra => {
                format!("Check tenant and client_id in the cloud profile, and what the message says; {again}.")
            }
            What::Status(404) if self.service == Service::Entra => {
                format!("Check authority and tenant in the cloud profile; {again}.")
            }
            What::Status(401) | What::SignInNeeded => {
                format!(
                    "Check that this account belongs to the tenant; sign in again; {again}."
                )
            }
            What::Status(403) => match self.service.role() {
                Some(role) => format!("Ask for the role {role}; {again}."),
                None => format!("Ask for a role in {who} that allows this; {again}."),
            },
            What::Status(404) => {
                "Check the address in the cloud profile, and that the environment still exists.".into()
            }
            What::Status(409) if self.is_busy() => format!("Wait a little; {again}."),
            What::Status(408 | 425 | 429 | 499 | 500..) => format!("Wait a little; {again}."),
            What::Status(_) | What::Refused => format!("Fix what the service's message says; {again}."),
            What::ForeignHost(_) => "Stop here and ask your network or security team.".into(),
            What::NoGateway => "A gateway is \
                                https://projectmanagementservice.CLUSTER.gateway.prod.island.powerapps.com; the \
                                Dual-write page of finance and operations uses it (the browser's developer tools list \
                                it under Network).".into(),
            What::Declined => format!("Sign in with an account that may; {again}."),
            What::CodeEnded => "Ask for a new code.".into(),
            What::NoToken if is_command => format!("Either do what the message says or put a token into {variable}; \
                                                    {again}."),
            What::NoToken => "Do what the message says, or give a token (t).".into(),
            What::PeopleOnly => format!("Either put a person's token into {variable} or sign in as a person; {again}."),
            What::OutsideToken(variable) if is_command => format!("Put a fresh token into {variable} and start again."),
            What::NoOutsideToken(variable) if is_command => format!("Put a token into {variable} and start again."),
            What::OutsideToken(variable) | What::NoOutsideToken(variable) => {
                format!("Give a fresh token here (t), or put one into {variable} and start again.")
            }
            What::NotRecorded if self.words.contains(NOTHING_MORE) => format!("{FEWER}; {again}."),
            What::NotRecorded => format!("Free disk space or give write permission in the state directory; {again}."),
            What::NoClient => "Run dualwrite without a command on a terminal: it leads to a registration and a profile step by step. Or set DUALWRITE_CLIENT_ID.".into(),
            What::NotConfigured => "Add its address to the cloud profile to have it read.".into(),
        }
    }
}

/// What helps where a record cannot be written for this reason.
pub fn record_help(why: &str) -> String {
    if why.contains(NOTHING_MORE) {
        return format!("{FEWER}.");
    }
    "Free disk space or give write permission there, or name another place with --state-dir.".to_owned()
}

/// A sentence with a capital letter and a full stop.
fn whole(sentence: &str) -> String {
    if sentence.is_empty() { String::new() } else { format!("{}.", capital(sentence)) }
}

/// A text with a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A text without the full stop at its end; three of them are another sign.
pub fn joinable(text: &str) -> &str {
    let text = text.trim_end();
    if text.ends_with("..") { text } else { text.strip_suffix('.').unwrap_or(text) }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        // Some services begin their words with the code.
        if let Some(code) = self.code.as_ref().filter(|code| !self.words.starts_with(code.as_str())) {
            write!(f, ", {code}")?;
        }
        if !self.words.is_empty() {
            write!(f, ": {}", self.words)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_passes_and_a_refusal_does_not() {
        let status = |status| Trouble::new(Service::Bap, What::Status(status), "");
        assert!(status(429).is_passing() && status(503).is_passing());
        assert!(!status(403).is_passing() && !status(404).is_passing() && !status(400).is_passing());
        assert!(!Trouble::new(Service::Link, What::Refused, "no").is_passing());
        // Both are the service's doing; what this program was not told is not.
        assert!(status(429).is_of_service() && status(403).is_of_service());
        assert!(!Trouble::new(Service::Gateway, What::NotConfigured, "").is_of_service());
    }

    #[test]
    fn a_conflict_with_another_reason_is_not_called_busy() {
        let conflict = |code: Option<&str>| Trouble {
            code: code.map(str::to_owned),
            ..Trouble::new(Service::PowerPlatform, What::Status(409), "")
        };
        for code in [None, Some("operationnotstartable")] {
            let said = conflict(code).in_full(Again::Step);
            assert!(said.contains("busy with another operation") && said.contains("Wait a little"), "{said}");
        }
        let said = conflict(Some("InsufficientCapacity_StorageDriven")).in_full(Again::Step);
        assert!(said.contains("refused the request (HTTP 409)") && said.contains("Fix what"), "{said}");
    }

    #[test]
    fn where_nothing_more_can_be_opened_no_network_and_no_disk_was_blamed() {
        let words = format!("/state/runs/r.jsonl: {NOTHING_MORE}");
        for trouble in [
            Trouble::new(Service::Bap, What::NothingMore, NOTHING_MORE),
            Trouble::new(Service::Bap, What::NotRecorded, words.clone()),
        ] {
            let said = trouble.in_full(Again::Command);
            assert!(said.contains(NOTHING_MORE) && said.contains("ulimit -n"), "{said}");
            assert!(!said.contains("network") && !said.contains("Free disk space"), "{said}");
        }
        assert!(record_help(&words).contains("ulimit -n") && record_help("disk full").starts_with("Free disk space"));
    }

    #[test]
    fn the_full_stop_of_a_service_stood_in_the_middle_of_a_sentence() {
        let said = |words: &str| format!("{}; asked again", Trouble::new(Service::Bap, What::Refused, words).clause());
        let with = |words: &str| format!("the Power Platform admin service refused the work{words}; asked again");
        for (words, expected) in [("Try later.", ": Try later"), ("Wait...", ": Wait..."), ("", "")] {
            assert_eq!(said(words), with(expected));
        }
    }

    #[test]
    fn a_next_move_offered_another_way_in_the_middle_of_its_steps() {
        let variable = "DUALWRITE_TOKEN_BAP";
        for again in [Again::Reading, Again::Step, Again::Code, Again::Command] {
            for what in [
                What::NoToken,
                What::PeopleOnly,
                What::OutsideToken(variable),
                What::NoOutsideToken(variable),
                What::SignInNeeded,
            ] {
                let next = Trouble::new(Service::Bap, what, "").next_move(again);
                // "A, or B; then C": only B seems to want C.
                let or = next.rfind(" or ");
                let then = next.rfind("; then");
                assert!(or.is_none() || then.is_none() || next.starts_with("Either "), "{next}");
            }
        }
    }

    #[test]
    fn every_trouble_names_the_service_and_a_next_move() {
        for what in
            [What::Unreachable, What::NothingMore, What::NoAnswer, What::Unreadable, What::Status(418), What::Refused]
        {
            let trouble = Trouble::new(Service::Dataverse, what, "");
            assert!(trouble.sentence().contains("Dataverse"), "{}", trouble.sentence());
            let next = trouble.next_move(Again::Reading);
            assert!(next.ends_with("then read again (r)."), "{next}");
        }
    }
}
