//! One request to a service and what came of it, fit to be shown, logged and handed to support.
//!
//! Holds no query, no header but ids, no body. What is taken from an address or an answer is shortened
//! here, and what looks like a token is left out: an address can come out of a hostile answer. It
//! decides nothing.

use super::environment::Environment;
use super::facts::Facts;
use super::gate;
use super::service::Service;
use super::time::Now;
use crate::wire::{bare_host, bare_id};
use std::collections::VecDeque;
use std::time::Duration;

/// Exchanges that are kept of one program: some ten readings of an environment.
pub const EXCHANGES_MAX: usize = 200;
/// Longest path that is kept, in characters. The longest of our own has some 150.
const PATH_MAX: usize = 200;
/// Longest host that is kept, in characters.
const HOST_MAX: usize = 100;
/// Longest id that is kept, in characters; a GUID has 36.
const ID_MAX: usize = 80;
/// Longest words about what failed, in characters.
const WORDS_MAX: usize = 200;
/// From so many characters on a word without a break is taken for a token. Names and ids are shorter;
/// tokens of Microsoft Entra ID have a thousand and more.
const TOKEN_FROM: usize = 120;
/// How every JSON web token begins: `{"` in base64.
const TOKEN_START: &str = "eyJ";
/// What stands where something was left out.
const LEFT_OUT: &str = "[left-out]";

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The service answered with this HTTP status.
    Answered(u16),
    /// There was no whole answer; why, in words.
    NoAnswer(String),
    /// Nothing was sent; why, in words.
    NotSent(String),
    /// Nobody waited for the answer any more.
    Dropped,
}

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When it was begun.
    pub at: Now,
    /// Who was asked.
    pub service: Service,
    /// HTTP method.
    pub method: String,
    /// Host, without a port; see [`host`].
    pub host: String,
    /// Path without the query; see [`path`].
    pub path: String,
    /// How it ended.
    pub ending: Ending,
    /// The number of the token service's refusal, as `AADSTS70016`.
    pub refusal: Option<String>,
    /// From the first byte sent to the last one read.
    pub took: Duration,
    /// 1, and one more for each time in a row that the same question had no answer that could be used.
    pub attempt: u32,
    /// The id that this program sent along.
    pub request_id: Option<String>,
    /// The ids by which the service knows it.
    pub correlations: Vec<String>,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
}

impl Exchange {
    /// Whether the answer could be used: there was one, and not one after which the same question is
    /// asked again (401, time-outs, throttling, a service in trouble).
    pub fn is_usable(&self) -> bool {
        matches!(self.ending, Ending::Answered(status) if !matches!(status, 401 | 408 | 425 | 429 | 499 | 500..))
    }

    /// How it ended, in a few words: the status, or what failed.
    pub fn end(&self) -> String {
        match &self.ending {
            Ending::Answered(status) => status.to_string(),
            Ending::NoAnswer(words) => words.clone(),
            Ending::NotSent(why) => format!("not sent: {why}"),
            Ending::Dropped => "dropped: its answer was no longer needed".to_owned(),
        }
    }

    /// How long it took: `143 ms`, from ten seconds on `12.3 s`.
    pub fn length(&self) -> String {
        let ms = self.took.as_millis();
        if ms < 10_000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1_000, ms / 100 % 10) }
    }

    /// What else is known of it, without the ids: the refusal of the token service, the attempt if it is not
    /// the first, and how long the service asks to wait.
    pub fn notes(&self) -> Vec<String> {
        let refusal = self.refusal.clone();
        let attempt = (self.attempt > 1).then(|| format!("attempt {}", self.attempt));
        let wait = self.retry_after.map(|wait| format!("retry after {} s", wait.as_secs()));
        refusal.into_iter().chain(attempt).chain(wait).collect()
    }

    /// The one line about it: in the log, and for support.
    pub fn line(&self) -> String {
        let head = [self.method.clone(), self.host.clone(), self.path.clone(), self.end(), self.length()];
        let id = self.request_id.iter().map(|id| format!("id {id}"));
        let correlations = self.correlations.iter().map(|id| format!("correlation {id}"));
        head.into_iter().chain(self.notes()).chain(id).chain(correlations).collect::<Vec<_>>().join(" ")
    }

    /// Whether it is about this environment, as far as host and path tell.
    pub fn is_about(&self, environment: &Environment, facts: &Facts) -> bool {
        let dataverse = environment.dataverse.as_ref().map(|side| side.url.as_str());
        let hosts = [dataverse, gate::finops_url(environment, facts)];
        let is_host = |address: &str| {
            let host = bare_host(address);
            host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name) == self.host
        };
        if hosts.into_iter().flatten().any(is_host) {
            return true;
        }
        let cid = facts.linked().and_then(|link| link.cid.as_deref());
        let ids = [environment.power_platform.as_deref(), gate::lcs_id(environment, facts), cid];
        let path = bare_id(&self.path);
        ids.into_iter().flatten().map(bare_id).any(|id| !id.is_empty() && path.contains(&id))
    }

    /// Whether it may be about any environment: the services of the tenant, those whose paths name none,
    /// and a host that nothing was sent to.
    pub fn is_common(&self) -> bool {
        match self.service {
            _ if matches!(self.ending, Ending::NotSent(_)) => true,
            Service::Entra | Service::Lcs | Service::Bap | Service::Gateway | Service::Graph => true,
            Service::PowerPlatform | Service::Dataverse | Service::FinanceOperations | Service::Link => false,
        }
    }
}

/// Keeps one more. The oldest of the older half goes that only read something and could, because what is watched
/// for long would push out what changed something or failed; else the oldest.
pub fn keep(exchanges: &mut VecDeque<Exchange>, exchange: Exchange) {
    while exchanges.len() >= EXCHANGES_MAX {
        let only_read = |of: &Exchange| of.method == "GET" && matches!(of.ending, Ending::Answered(200..400));
        let place = exchanges.iter().take(EXCHANGES_MAX / 2).position(only_read).unwrap_or(0);
        exchanges.remove(place);
    }
    exchanges.push_back(exchange);
}

/// A path, fit to be kept.
pub fn path(path: &str) -> String {
    shorten(&without_tokens(&ascii(path)), PATH_MAX, "...")
}

/// A host, fit to be kept.
pub fn host(host: &str) -> String {
    shorten(&without_tokens(&ascii(host)), HOST_MAX, "...")
}

/// Words about what failed, fit to be kept: one line.
pub fn words(words: &str) -> String {
    let words: Vec<&str> =
        words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    shorten(&without_tokens(&words.join(" ")), WORDS_MAX, "...")
}

/// An id out of a header; none where it is no id but something else, which is not kept.
pub fn id(text: &str) -> Option<String> {
    let text = text.trim();
    let is_id = |c: char| c.is_ascii_alphanumeric() || "-_.:|/=+{}".contains(c);
    let good = !text.is_empty() && text.len() <= ID_MAX && text.chars().all(is_id) && without_tokens(text) == text;
    good.then(|| text.to_owned())
}

/// The text with everything that looks like a token left out: a long word without a break, and whatever
/// begins as a JSON web token does.
pub fn without_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '=');
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        // Behind a percent sign two digits are part of the sign.
        let bare = if kept.ends_with('%') { word.get(2..).unwrap_or_default() } else { word };
        let is_token = word.len() >= TOKEN_FROM
            || bare.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part.starts_with(TOKEN_START));
        kept.push_str(if is_token { LEFT_OUT } else { word });
        let breaks = after.find(is_part).unwrap_or(after.len());
        kept.push_str(&after[..breaks]);
        rest = &after[breaks..];
    }
    kept
}

/// A text cut in its middle to so many characters. A path and a host say most at both ends.
pub fn shorten(text: &str, most: usize, ellipsis: &str) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(ellipsis.chars().count());
    let first = room.div_ceil(2);
    let start = text.chars().take(first);
    let end = text.chars().skip(count - (room - first));
    start.chain(ellipsis.chars()).chain(end).collect()
}

fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange() -> Exchange {
        Exchange {
            at: Now::UNIX_EPOCH,
            service: Service::Bap,
            method: "GET".into(),
            host: "api.bap.microsoft.com".into(),
            path: "/providers/x".into(),
            ending: Ending::Answered(200),
            refusal: None,
            took: Duration::from_millis(143),
            attempt: 1,
            request_id: None,
            correlations: Vec::new(),
            retry_after: None,
        }
    }

    #[test]
    fn the_line_has_what_there_is_and_nothing_else() {
        assert_eq!(exchange().line(), "GET api.bap.microsoft.com /providers/x 200 143 ms");
        let full = Exchange {
            ending: Ending::Answered(503),
            took: Duration::from_millis(12_345),
            attempt: 2,
            request_id: Some("3f".into()),
            correlations: vec!["9a".into(), "9b".into()],
            retry_after: Some(Duration::from_secs(20)),
            ..exchange()
        };
        assert_eq!(
            full.line(),
            "GET api.bap.microsoft.com /providers/x 503 12.3 s attempt 2 retry after 20 s id 3f correlation 9a correlation 9b"
        );
        let refused = Exchange { ending: Ending::NotSent("not its host".into()), took: Duration::ZERO, ..exchange() };
        assert_eq!(refused.line(), "GET api.bap.microsoft.com /providers/x not sent: not its host 0 ms");
    }

    #[test]
    fn an_answer_that_only_asks_for_another_try_is_not_usable() {
        let with = |ending| Exchange { ending, ..exchange() }.is_usable();
        for status in [200, 204, 302, 400, 403, 404, 409] {
            assert!(with(Ending::Answered(status)), "{status}");
        }
        for status in [401, 408, 425, 429, 499, 500, 503] {
            assert!(!with(Ending::Answered(status)), "{status}");
        }
        assert!(!with(Ending::NoAnswer("x".into())) && !with(Ending::NotSent("x".into())) && !with(Ending::Dropped));
    }

    #[test]
    fn what_looks_like_a_token_is_left_out() {
        let jwt = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2ln";
        for hostile in [
            format!("/a/{jwt}/b"),
            format!("/a/token%3D{jwt}/b"),
            format!("/a/({jwt})"),
            format!("/a/t={jwt}"),
            format!("/a/{}", "x".repeat(TOKEN_FROM)),
            format!("/a/{}", "0.AXy_z-~+".repeat(100)),
        ] {
            let kept = path(&hostile);
            assert!(kept.contains(LEFT_OUT) && !kept.contains("eyJ") && !kept.contains("xxx"), "{hostile}: {kept}");
        }
        assert_eq!(words(&format!("refused Bearer {jwt}, sorry")), format!("refused Bearer {LEFT_OUT}, sorry"));
        assert_eq!(host(&format!("{jwt}.evil.example")), LEFT_OUT);
        // A name that only has the letters in it, and the longest path of our own, stay.
        let own = "/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/HeyJude-6a2f3a0e-1111-4c0d-9b0a-0f0e0d0c0b0a";
        assert_eq!(path(own), own);
        let row = "/data/SysAADClientTable(AADClientId='2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b')";
        assert_eq!(path(row), row);
    }

    #[test]
    fn a_hostile_address_becomes_one_short_line_of_plain_letters() {
        let kept = path(&format!("/\u{1b}[2J\r\nx{}", "/ab".repeat(1_000)));
        assert!(kept.is_ascii() && kept.len() == PATH_MAX && !kept.contains(char::is_control), "{kept}");
        assert!(kept.starts_with("/[2Jx/ab") && kept.contains("...") && kept.ends_with("/ab"));
        assert_eq!(words("a\r\n\u{1b}[31mb"), "a [31mb");
        assert_eq!(host(&"a".repeat(119)).len(), HOST_MAX);
    }

    #[test]
    fn an_id_is_an_id_or_not_kept() {
        let guid = "9a0f0f0f-0000-4000-8000-000000000002";
        assert_eq!(id(&format!(" {guid} ")).as_deref(), Some(guid));
        for bad in ["", "two words", "eyJhbGciOi.eyJ.x", "a\u{1b}[31m", &"a".repeat(ID_MAX + 1)] {
            assert_eq!(id(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_middle_is_what_is_cut() {
        assert_eq!(shorten("abcdefghij", 10, "..."), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 8, "..."), "abc...jk");
        assert_eq!(shorten("abcdefghijk", 2, "…"), "a…");
    }

    #[test]
    fn the_oldest_goes() {
        let mut all = VecDeque::new();
        for attempt in 0..250 {
            keep(&mut all, Exchange { attempt, ..exchange() });
        }
        assert_eq!((all.len(), all[0].attempt, all[EXCHANGES_MAX - 1].attempt), (EXCHANGES_MAX, 50, 249));
    }

    #[test]
    fn what_failed_or_changed_something_stays_longer_than_what_was_read() {
        let failed = Exchange { ending: Ending::Answered(403), ..exchange() };
        let change = Exchange { method: "POST".into(), ..exchange() };
        let mut all = VecDeque::from([failed.clone(), change.clone()]);
        for _ in 0..2 * EXCHANGES_MAX {
            keep(&mut all, exchange());
        }
        assert_eq!((&all[0], &all[1], all.len()), (&failed, &change, EXCHANGES_MAX));
        // They do not fill it: half of the places are for what is new.
        for _ in 0..EXCHANGES_MAX {
            keep(&mut all, failed.clone());
        }
        assert!(!all.contains(&change));
        keep(&mut all, exchange());
        assert_eq!(all.back(), Some(&exchange()));
    }
}
