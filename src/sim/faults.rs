//! Which requests are harmed. Owns the counting: every rule counts the requests that match it, so
//! the same requests meet the same harm in every run. It decides; `connection` and the server do it.

use super::scenario::{Body, Fault, FaultKind, RetryAfter, Service};
use super::{call::Answer, connection::Harm};
use axum::http::StatusCode;
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use serde_json::json;
use std::{collections::HashMap, time::Duration};

/// What happens to one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is answered as usual.
    Pass,
    /// It is not performed; this is the answer.
    Instead(Answer, Harm),
    /// It is performed; its answer is cut in half without a word.
    Truncate,
    /// It is performed; the connection does this to the answer.
    Spoil(Harm),
}

/// Counts the requests that matched each rule, for each service by itself: what one service is
/// asked does not change what happens at another.
#[derive(Debug, Default)]
pub struct Faults {
    seen: HashMap<(usize, Service), u32>,
}

impl Faults {
    /// Judges one request. Every matching rule counts it; the first that fires decides.
    pub fn judge(&mut self, rules: &[Fault], service: Service, method: &str, path: &str) -> Verdict {
        let mut verdict = Verdict::Pass;
        for (number, rule) in rules.iter().enumerate() {
            if !matches(rule, service, method, path) {
                continue;
            }
            let seen = self.seen.entry((number, service)).or_default();
            *seen = seen.saturating_add(1);
            let fires = rule.on.contains(seen) || rule.every.is_some_and(|every| seen.is_multiple_of(every));
            if fires && verdict == Verdict::Pass {
                verdict = verdict_of(rule, service);
            }
        }
        verdict
    }
}

fn matches(rule: &Fault, service: Service, method: &str, path: &str) -> bool {
    (rule.service.is_empty() || rule.service.contains(&service))
        && rule.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
        && rule.path.as_deref().is_none_or(|piece| path.to_lowercase().contains(&piece.to_lowercase()))
}

fn verdict_of(rule: &Fault, service: Service) -> Verdict {
    let stall = Duration::from_millis(u64::from(rule.stall_ms));
    match rule.kind {
        FaultKind::Status => Verdict::Instead(status_answer(rule, service), Harm::None),
        FaultKind::Reset => Verdict::Instead(Answer::empty(StatusCode::OK), Harm::Reset),
        FaultKind::Lost => Verdict::Spoil(Harm::Reset),
        FaultKind::Truncate => Verdict::Truncate,
        FaultKind::Cut => Verdict::Spoil(Harm::Cut),
        FaultKind::Stall => Verdict::Spoil(Harm::Stall(stall)),
    }
}

fn status_answer(rule: &Fault, service: Service) -> Answer {
    let status = rule.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let words = rule.message.as_deref().or(status.canonical_reason()).unwrap_or("Unknown");
    let answer = match rule.body {
        Body::Empty => Answer::empty(status),
        Body::Html => Answer::html(status),
        Body::Json => match service {
            Service::Entra => Answer::json(
                status,
                json!({"error": "temporarily_unavailable", "error_description": format!("AADSTS90055: {words}"), "error_codes": [90055]}),
            ),
            Service::PowerPlatform => Answer::json(status, json!({"code": status.as_str(), "message": words})),
            Service::Gateway | Service::Lcs | Service::Link => Answer::json(status, json!({"Message": words})),
            Service::Bap | Service::Dataverse | Service::FinanceOperations | Service::Graph => {
                Answer::error(status, status.as_str(), words)
            }
        },
    };
    match rule.retry_after {
        RetryAfter::Absent => answer,
        RetryAfter::Seconds => answer.with("retry-after", rule.retry_after_s.to_string()),
        RetryAfter::Date => answer.with("retry-after", http_date(rule.retry_after_s)),
    }
}

/// An HTTP date some seconds from now. By the real clock, because that is the one a client, and
/// the header `Date` of the same answer, go by.
fn http_date(seconds: u32) -> String {
    let at = super::clock::after(Timestamp::now(), seconds);
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default() // fails before the year 0 only
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<Fault> {
        #[derive(serde::Deserialize)]
        struct File {
            fault: Vec<Fault>,
        }
        toml::from_str::<File>(text).unwrap().fault
    }

    #[test]
    fn a_rule_counts_only_what_matches_it() {
        let rules = rules(
            r#"
            [[fault]]
            service = ["bap"]
            method = "get"
            path = "ENVIRONMENTS"
            every = 2
            do = "reset"
            "#,
        );
        let mut faults = Faults::default();
        let mut judge = |service, method, path| faults.judge(&rules, service, method, path) == Verdict::Pass;
        assert!(judge(Service::Bap, "GET", "/environments"));
        assert!(judge(Service::Lcs, "GET", "/environments"));
        assert!(judge(Service::Bap, "POST", "/environments"));
        assert!(judge(Service::Bap, "GET", "/other"));
        assert!(!judge(Service::Bap, "GET", "/environments"));
    }

    #[test]
    fn retry_after_comes_in_three_forms() {
        for (form, expected) in [("seconds", "20"), ("date", "GMT")] {
            let text = format!("[[fault]]\non = [1]\ndo = \"status\"\nstatus = 429\nretry_after = \"{form}\"");
            let answer = status_answer(&rules(&text)[0], Service::Bap);
            assert!(format!("{answer:?}").contains(expected), "{answer:?}");
        }
        let bare = status_answer(&rules("[[fault]]\non = [1]\ndo = \"status\"\nstatus = 429")[0], Service::Bap);
        assert!(!format!("{bare:?}").contains("retry-after"));
    }
}
