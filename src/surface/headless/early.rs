//! What ends before any environment is known: a program that reads of a run hears it as an event of each one it named.

use super::super::code;
use super::super::events::{self, Subject};
use super::Show;
use super::teller::Teller;
use crate::core::time::Now;
use crate::shell::clock::Clock;
use std::io::Write;
use std::time::Duration;

/// The outcome of what ends before it began, or for want of a sign-in, in a word.
pub(super) fn outcome_of(code: u8) -> &'static str {
    match code {
        code::USAGE => "not_found",
        code::CONSENT => "sign_in_missing",
        code::UNREACHABLE => "unreachable",
        code::TIMED_OUT => "timed_out",
        code::FAILED => "not_started",
        _ => "interrupted",
    }
}

/// The environments that were named.
pub(super) struct Named<'a> {
    pub(super) all: &'a [String],
    /// Whether a name is that of one environment.
    pub(super) knows: &'a dyn Fn(&str) -> bool,
}

/// Says that it ends before any environment is known.
pub(super) fn tell_stop(
    teller: &mut Teller,
    is_run: bool,
    named: &Named,
    code: u8,
    words: &str,
    took: Duration,
    now: Now,
) {
    if teller.show() != Show::Json || !is_run {
        return teller.say_error(words);
    }
    for name in named.all {
        let subject = Subject { id: String::new(), label: name.clone(), name: name.clone(), run: String::new() };
        // Of several that were named, the one that is not known keeps the others from beginning.
        let is_of_another = code == code::USAGE && (named.knows)(name);
        let outcome = outcome_of(if is_of_another { code::FAILED } else { code });
        teller.say(&events::finished(&subject, outcome, code, took, words, now));
    }
}

/// Says why a run does not begin at all; the exit code.
pub fn refuse(show: Show, named: &[String], code: u8, words: &str, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let named = Named { all: named, knows: &|_| false };
    tell_stop(&mut Teller::new(show, out, err), true, &named, code, words, Duration::ZERO, Clock::new(1.0).now());
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn each_environment_that_was_named_has_an_end_of_its_own() {
        let named = ["uat".to_owned(), "prod".to_owned()];
        let said = |show| {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            assert_eq!(refuse(show, &named, code::CONSENT, "Nobody.", &mut out, &mut err), code::CONSENT);
            (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
        };
        let (out, err) = said(Show::Json);
        let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<_> = events.iter().filter_map(|event| event["environment"]["name"].as_str()).collect();
        assert_eq!((told, err.as_str()), (vec!["uat", "prod"], ""));
        assert!(events.iter().all(|event| event["event"] == "finished" && event["exit_code"] == 3), "{out}");
        assert_eq!(said(Show::Lines), (String::new(), "Nobody.\n".to_owned()));
    }
}
