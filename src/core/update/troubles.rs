//! What becomes of a trouble: a line about a miss that is asked for again, or the failure in which a step ends.

use super::Cx;
use crate::core::effect::Effect;
use crate::core::failure::{Failure, Halt};
use crate::core::journal::What;
use crate::core::service::Service;
use crate::core::setup::Setup;
use crate::core::time::in_words;
use crate::core::trouble::{self, Again, Trouble};
use crate::core::{fault, gate};
use crate::wire::problem::bounded;
use std::time::Duration;

/// Tells of a miss; misses of one kind in a row are one line.
pub(super) fn tell_miss(setup: &mut Setup, trouble: &Trouble, misses: u8, pause: Duration, cx: &mut Cx) {
    let retry = cx.entry(
        setup,
        What::Retry {
            call: trouble.service.name().to_owned(),
            attempt: misses,
            reason: trouble.to_string(),
            wait_s: pause.as_secs(),
        },
    );
    cx.desk.push(if setup.is_writing() { Effect::Record(retry) } else { Effect::Note(retry) });
    setup.tell_over(cx.now, &trouble.sentence(), miss_line(trouble, misses, pause));
}

/// The line of the timeline about a miss.
pub(super) fn miss_line(trouble: &Trouble, misses: u8, pause: Duration) -> String {
    let words = trouble.joinable_words();
    let words = if words.is_empty() { String::new() } else { format!(": {words}") };
    let times = if misses > 1 { format!(" ({misses} times in a row)") } else { String::new() };
    format!("{}{words}{times}; asked again in {}", trouble.sentence(), in_words(pause))
}

/// A failure from a trouble, with the entry of the catalogue that its words match.
pub(super) fn failure_of(trouble: &Trouble, setup: &Setup, cx: &Cx) -> Failure {
    let mut failure = failure(trouble.service, trouble.words.clone(), trouble.code.clone(), setup, cx);
    if trouble.is_own_finding() || failure.words.is_empty() {
        failure.words = trouble.whole_clause();
        // The catalogue knows what services say, not what this program does.
        failure.is_ours = true;
        failure.fault = None;
    }
    let next = trouble.next_move(Again::Step);
    failure.next_move = match look_up(&failure) {
        _ if failure.is_ours => next,
        Some(look_up) => format!("{} {look_up} {next}", trouble.whole_sentence()),
        None => format!("{} {next}", trouble.whole_sentence()),
    };
    if trouble.what == trouble::What::NotRecorded {
        failure.halt = Halt::NoRecord;
    } else if trouble.service == Service::Entra {
        // Without a token nothing was asked of the service.
        failure.halt = Halt::CouldNotRead;
    }
    if let Some(id) = &trouble.correlation {
        failure.ids.push(("Correlation id", id.clone()));
    }
    failure
}

/// A failure that says what was wanted, and then what it met.
pub(super) fn failed_at(what: &str, met: &Trouble, setup: &Setup, cx: &Cx) -> Failure {
    let failure = failure_of(met, setup, cx);
    let words = met.to_string();
    let look_up = look_up(&failure).map(|text| text + " ").unwrap_or_default();
    Failure {
        words: format!("{what}: {}.", words.trim_end_matches(['.', ' '])),
        is_ours: true,
        next_move: format!("{look_up}{}", met.next_move(Again::Step)),
        ..failure
    }
}

/// A failure from the service's own words.
pub(super) fn failure(service: Service, words: String, code: Option<String>, setup: &Setup, cx: &Cx) -> Failure {
    let when = gate::when(cx.environment, &setup.facts);
    let words = bounded(words);
    let text = format!("{} {words}", code.as_deref().unwrap_or_default());
    let mut failure = Failure {
        at: cx.now,
        service,
        fault: fault::find(&text, when),
        words,
        is_ours: false,
        halt: Halt::Failed,
        code,
        repeats: 0,
        ids: Vec::new(),
        next_move:
            "Fix what the service's message says, then try again. If unclear, copy the details (d, then y) into \
                    a case with Microsoft Support."
                .into(),
    };
    if let Some(look_up) = look_up(&failure) {
        failure.next_move = format!("{look_up} Fix what applies, then try again.");
    }
    failure
}

/// Where a code has several entries and the words chose none: the way to all of them.
fn look_up(failure: &Failure) -> Option<String> {
    let code = failure.open_code()?;
    Some(format!(
        "{code} has more than one cause, and the message does not say which. Look it up: dualwrite explain {code}."
    ))
}
