//! Tells of every request: to the log, and to whoever listens.
//!
//! Owns the count of attempts. It is handed a request before it is sent and its answer afterwards, and
//! takes from them what [`Exchange`] holds: never a query, a body, or a header that is no id.

use super::Time;
use super::http::{Answer, Body, Request};
use crate::core::exchange::{self, Ending, Exchange};
use crate::core::service::Service;
use crate::core::trouble::{Trouble, What};
use crate::wire::CLIENT_REQUEST_ID;
use crate::wire::entra::TokenError;
use jiff::Timestamp;
use reqwest::Method;
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// Hears of every request, on the task that made it; must not block.
pub type Listener = Arc<dyn Fn(Exchange) + Send + Sync>;

/// Most questions whose misses are counted at a time; beyond it all counts begin anew.
const QUESTIONS_MAX: usize = 1_000;

/// The number of the token service while nobody has signed in with a code yet: no refusal.
const NOT_YET: &str = "AADSTS70016";

/// Whoever listens, and how often each question has missed.
///
/// An attempt is counted here, where every request passes, and not in the core: some are repeated by
/// the core after a pause, some by a person, one (after a 401) by the client. The same question is the
/// same method, address with query, and body. Its attempt is one more than the times in a row it had no
/// answer that could be used ([`Exchange::is_usable`]); a success whose body cannot be read counts as
/// answered.
pub(super) struct Exchanges {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    listener: Option<Listener>,
    misses: Mutex<HashMap<u64, u32>>,
}

impl Exchanges {
    pub(super) fn new(time: &Time) -> Self {
        Self { now: Arc::clone(&time.now), listener: None, misses: Mutex::default() }
    }

    pub(super) fn listen(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    /// A request is about to be sent.
    pub(super) fn begin(&self, request: &Request<'_>) -> Pending<'_> {
        let id = request.headers.iter().find(|(name, _)| *name == CLIENT_REQUEST_ID);
        Pending {
            exchanges: self,
            service: request.service,
            method: request.method.clone(),
            content: content(&request.body),
            address: request.url.clone(),
            request_id: id.and_then(|(_, id)| exchange::id(id)),
            at: (self.now)(),
            started: Instant::now(),
            is_over: false,
        }
    }

    /// A request was refused here: nothing was sent.
    pub(super) fn refused(&self, service: Service, method: &Method, address: &str, why: &Trouble) {
        // What is no address has no query that could be told apart.
        let nowhere = || ("?".to_owned(), "(no address)".to_owned());
        let (host, path) = Url::parse(address).map_or_else(|_| nowhere(), |url| place(&url));
        self.tell(Exchange {
            refusal: None,
            at: (self.now)(),
            service,
            method: method.to_string(),
            host,
            path,
            ending: ending(why),
            took: Duration::ZERO,
            attempt: 1,
            request_id: None,
            correlations: Vec::new(),
            retry_after: None,
        });
    }

    /// Counts a question that has ended; returns which attempt in a row it was.
    fn count(&self, question: u64, is_answered: bool) -> u32 {
        let mut misses = self.misses.lock().unwrap_or_else(PoisonError::into_inner);
        let before = misses.remove(&question).unwrap_or(0);
        let attempt = before.saturating_add(1);
        if !is_answered {
            if misses.len() >= QUESTIONS_MAX {
                misses.clear();
            }
            misses.insert(question, attempt);
        }
        attempt
    }

    fn tell(&self, exchange: Exchange) {
        let (service, attempt) = (exchange.service.name(), exchange.attempt);
        let took_ms = u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX);
        let status = if let Ending::Answered(status) = exchange.ending { Some(status) } else { None };
        let is_refused = exchange.refusal.as_deref().is_some_and(|number| number != NOT_YET);
        if (exchange.is_usable() && !is_refused) || exchange.ending == Ending::Dropped {
            // The line is made only where somebody logs it.
            tracing::debug!(service, status, took_ms, attempt, "{}", exchange.line());
        } else {
            tracing::warn!(service, status, took_ms, attempt, "{}", exchange.line());
        }
        if let Some(listener) = &self.listener {
            listener(exchange);
        }
    }
}

/// A request that is under way. One that is dropped says so.
pub(super) struct Pending<'a> {
    exchanges: &'a Exchanges,
    service: Service,
    method: Method,
    /// Stands for what is sent.
    content: u64,
    address: Url,
    request_id: Option<String>,
    at: Timestamp,
    started: Instant,
    is_over: bool,
}

impl Pending<'_> {
    /// The answer sends the request elsewhere.
    pub(super) fn redirected(&mut self, answer: &Answer, to: &Url) {
        self.end(Ending::Answered(answer.status), Some(answer));
        self.address = to.clone();
        self.at = (self.exchanges.now)();
        self.started = Instant::now();
    }

    /// The request has ended.
    pub(super) fn over(mut self, result: &Result<Answer, Trouble>) {
        self.is_over = true;
        match result {
            Ok(answer) => self.end(Ending::Answered(answer.status), Some(answer)),
            Err(trouble) => self.end(ending(trouble), None),
        }
    }

    fn end(&self, ending: Ending, answer: Option<&Answer>) {
        let (host, path) = place(&self.address);
        let refused = answer.filter(|answer| self.service == Service::Entra && !answer.is_success());
        let refused = refused.and_then(|answer| answer.json::<TokenError>().ok());
        let of_answer = answer.into_iter().flat_map(Answer::correlations);
        let in_words = refused.as_ref().and_then(|error| error.correlation_id.as_deref());
        let correlations = self.foreign_ids(of_answer.chain(in_words));
        let mut exchange = Exchange {
            refusal: refused.and_then(|error| error.number()).map(|number| format!("AADSTS{number}")),
            at: self.at,
            service: self.service,
            method: self.method.to_string(),
            host,
            path,
            ending,
            took: self.started.elapsed(),
            attempt: 1,
            request_id: self.request_id.clone(),
            correlations,
            retry_after: answer.and_then(|answer| answer.retry_after((self.exchanges.now)())),
        };
        let question = hash(&(self.method.as_str(), self.address.as_str(), self.content));
        // A question that was dropped has neither missed nor been answered.
        if exchange.ending != Ending::Dropped {
            exchange.attempt = self.exchanges.count(question, exchange.is_usable());
        }
        self.exchanges.tell(exchange);
    }

    /// The ids of an answer, each once, without our own that some services send back.
    fn foreign_ids<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for id in ids.filter_map(exchange::id) {
            if self.request_id.as_ref() != Some(&id) && !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(Ending::Dropped, None);
        }
    }
}

/// Host and path of an address, fit to be kept.
fn place(address: &Url) -> (String, String) {
    (exchange::host(address.host_str().unwrap_or("?")), exchange::path(address.path()))
}

/// How a request ended that brought no answer.
fn ending(trouble: &Trouble) -> Ending {
    let words = exchange::words(&trouble.words);
    let with = |what: &str| if words.is_empty() { what.to_owned() } else { format!("{what} ({words})") };
    match &trouble.what {
        What::ForeignHost(_) => Ending::NotSent(format!("this host does not belong to {}", trouble.service.name())),
        What::NoGateway => Ending::NotSent("this is no address of a dual-write gateway".to_owned()),
        What::SignInNeeded => Ending::NotSent("the token cannot be sent".to_owned()),
        What::Unreachable | What::NothingMore | What::Barred => Ending::NoAnswer(with("no connection")),
        What::CutOff => Ending::NoAnswer(with("cut off")),
        What::NoAnswer | What::TooLarge => Ending::NoAnswer(words),
        _ => Ending::NoAnswer(with("no usable answer")),
    }
}

/// Stands for what is sent. Of a form only what tells one question from another: what it asks for and
/// the service a token is for, never a code or a token.
fn content(body: &Body) -> u64 {
    match body {
        Body::None => 0,
        Body::Json(bytes) => hash(bytes),
        Body::Form(fields) => {
            let told = fields.iter().filter(|(name, _)| matches!(*name, "grant_type" | "scope"));
            hash(&told.map(|(name, value)| (*name, value.expose_secret())).collect::<Vec<_>>())
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanges() -> Exchanges {
        Exchanges::new(&Time { now: Arc::new(|| Timestamp::UNIX_EPOCH), speed: 1.0 })
    }

    #[test]
    fn attempts_count_misses_in_a_row_of_one_question() {
        let exchanges = exchanges();
        assert_eq!((exchanges.count(1, false), exchanges.count(1, false)), (1, 2));
        assert_eq!(exchanges.count(2, true), 1, "another question");
        assert_eq!(exchanges.count(1, true), 3);
        assert_eq!(exchanges.count(1, true), 1, "it was answered");
    }

    #[test]
    fn the_counts_have_a_bound() {
        let exchanges = exchanges();
        for question in 0..QUESTIONS_MAX as u64 * 2 {
            exchanges.count(question, false);
        }
        assert!(exchanges.misses.lock().unwrap().len() <= QUESTIONS_MAX);
    }

    #[test]
    fn a_form_is_told_by_what_it_asks_for_and_not_by_its_secrets() {
        let form = |scope: &str, refresh: &str| {
            Body::Form(vec![("scope", scope.to_owned().into()), ("refresh_token", refresh.to_owned().into())])
        };
        assert_eq!(content(&form("a", "one")), content(&form("a", "two")));
        assert_ne!(content(&form("a", "one")), content(&form("b", "one")));
    }

    #[test]
    fn an_address_loses_its_query_and_its_port() {
        let place = |address| place(&Url::parse(address).unwrap());
        assert_eq!(place("http://127.0.0.1:8/a/b?code=secret#x"), ("127.0.0.1".into(), "/a/b".into()));
        assert_eq!(place("https://user:pw@a.example/x").0, "a.example");
    }

    #[test]
    fn what_is_no_address_is_not_told() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (mut exchanges, heard) = (exchanges(), Arc::clone(&told));
        exchanges.listen(Arc::new(move |exchange| heard.lock().unwrap().push(exchange.line())));
        let why = Trouble::new(Service::Dataverse, What::ForeignHost("?".into()), "");
        exchanges.refused(Service::Dataverse, &Method::GET, "secret", &why);
        let told = told.lock().unwrap();
        assert!(told[0].starts_with("GET ? (no address) not sent"), "{told:?}");
    }
}
