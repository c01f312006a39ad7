//! The one way to the network: time limits, size limits, and where a token may go.
//!
//! A token goes only to a host that was checked (see `hosts`). No redirect takes a credential to
//! another host. Proxies are those of the environment and the system, but on this machine none.
//! Trusted are the certificates of the system and those of `ca_file`. Nothing here logs a header or
//! a body.

use super::exchanges::{Exchanges, Pending};
use super::hosts::{Foreign, Rules, named, shown};
use super::kept::Kept;
use super::limits::Budgets;
use super::{Connections, Time};
use crate::core::service::Service;
use crate::core::trouble::{Done, NOTHING_MORE, Trouble, What};
use crate::settings::is_local_name;
use crate::wire::problem;
use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, redirect};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;
use url::Url;

/// Longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longest wait for a whole answer to a question.
const READ_LIMIT: Duration = Duration::from_secs(30);
/// Longest wait for a whole answer to a change.
const CHANGE_LIMIT: Duration = Duration::from_mins(1);
/// Longest wait for Reset link, which answers only when it is done.
pub(super) const RESET_LIMIT: Duration = Duration::from_mins(5);
/// Largest answer that is read where nobody wants another limit, in bytes. A list of ten thousand environments is
/// somewhat shorter, where a server makes one page of it.
const BODY_MAX: usize = 20 * 1024 * 1024;
/// What some servers write in front of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Most redirects followed, and only on the same host.
const REDIRECTS_MAX: usize = 3;
/// Headers that hold an id to quote to support, the widest first: Azure and Power Platform, Dataverse,
/// finance and operations.
const CORRELATION_HEADERS: [&str; 6] = [
    "x-ms-correlation-request-id",
    "x-ms-correlation-id",
    "x-ms-request-id",
    "request-id",
    "x-ms-service-request-id",
    "ms-dyn-aid",
];
/// What begins the words of the connector where a proxy is between.
const PROXY_FAILED: &str = "tunnel error: ";
/// Where a proxy comes from.
const PROXY_FROM: &str = "it is named by HTTPS_PROXY or the settings of this system";
/// Fields of a form that are secret.
const SECRET_FIELDS: [&str; 4] = ["refresh_token", "device_code", "client_secret", "client_assertion"];
/// What stands where a service repeated a secret.
const LEFT_OUT: &str = "[left-out]";
/// How long an unused connection to a service is kept: longer than the longest pause between two looks.
const IDLE_CONNECTION: Duration = Duration::from_secs(90);
/// How long one to a host of a single environment is kept: such a host is asked in bursts, and ten thousand
/// environments have twenty thousand of them.
const IDLE_CONNECTION_OF_SIDE: Duration = Duration::from_secs(3);
/// How long an unused one to such a host can be there: the pool looks as often as it keeps them.
const GONE_AFTER: Duration = IDLE_CONNECTION_OF_SIDE.saturating_mul(2);
/// Unused connections that are kept to one service: as many as it is asked questions at once.
const IDLE_PER_HOST: usize = 6;
/// The same of a host of a single environment.
const IDLE_PER_SIDE: usize = 2;

/// Names under `localhost` are this machine; on loopback no name server is ever asked.
struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        let local = is_local_name(name.as_str());
        Box::pin(async move {
            if local {
                let all = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                Ok(Box::new(all.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
            } else {
                Err("this profile is for this machine only".into())
            }
        })
    }
}

/// Certificates that are trusted besides those of the system.
#[derive(Clone, Default)]
pub struct Trust(Vec<reqwest::Certificate>);

impl Trust {
    /// Reads a PEM file's text.
    ///
    /// # Errors
    /// Fails when there is no certificate in it, or one that cannot be read.
    pub fn parse(pem: &[u8]) -> Result<Self, String> {
        let mut certificates = Vec::new();
        for (number, found) in (1..).zip(CertificateDer::pem_slice_iter(pem)) {
            let wrong = |why: &dyn Error| format!("certificate {number} in it cannot be read ({why})");
            let der = found.map_err(|error| wrong(&error))?;
            // Read now, so that a broken one is told with its place.
            RootCertStore::empty().add(der.clone()).map_err(|error| wrong(&error))?;
            certificates.push(reqwest::Certificate::from_der(&der).map_err(|error| wrong(&error))?);
        }
        if certificates.is_empty() { Err("there is no certificate in it".into()) } else { Ok(Self(certificates)) }
    }
}

/// The connection.
pub(super) struct Http {
    /// For the services that all environments share.
    client: reqwest::Client,
    /// For Dataverse and for finance and operations.
    side_client: reqwest::Client,
    /// The same where no connection may be kept.
    passing_client: OnceLock<reqwest::Client>,
    /// Makes a client that keeps so many unused connections to a host, for so long.
    make: Box<dyn Fn(Duration, usize) -> Result<reqwest::Client, reqwest::Error> + Send + Sync>,
    /// Whose connections may be.
    pub(super) kept: Kept,
    /// Bytes of an answer that are read at most.
    pub(super) most: usize,
    rules: Rules,
    budgets: Budgets,
    pub(super) exchanges: Exchanges,
}

/// One request.
pub(super) struct Request<'a> {
    pub(super) service: Service,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) token: Option<&'a SecretString>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
    pub(super) limit: Option<Duration>,
}

/// What is sent.
#[derive(Clone)]
pub(super) enum Body {
    None,
    Json(Vec<u8>),
    Form(Vec<(&'static str, SecretString)>),
}

/// What came back, whatever its status.
pub(super) struct Answer {
    pub(super) service: Service,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    is_change: bool,
}

/// An address that was put together here, read.
pub(super) fn whole(service: Service, text: &str) -> Result<Url, Trouble> {
    Url::parse(text).map_err(|_| Trouble::new(service, What::ForeignHost(shown(text)), ""))
}

impl Http {
    /// A connection by the rules of a profile; `trust` is added to what the system trusts.
    pub(super) fn new(rules: Rules, trust: Trust, time: &Time) -> Result<Self, reqwest::Error> {
        let loopback = rules.loopback;
        let make = move |idle: Duration, most: usize| {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("dualwrite/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_LIMIT)
                .pool_idle_timeout(idle)
                .pool_max_idle_per_host(most)
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never());
            let trust = trust.0.clone();
            if loopback {
                // Nothing outside this machine is asked: no proxy, no name server, no certificate store.
                builder.no_proxy().tls_certs_only(trust).dns_resolver(LoopbackNames).build()
            } else {
                builder.tls_certs_merge(trust).build()
            }
        };
        let side_client = make(IDLE_CONNECTION_OF_SIDE, IDLE_PER_SIDE)?;
        let client = make(IDLE_CONNECTION, IDLE_PER_HOST)?;
        let kept = Kept::new(Connections::default().hosts_kept, GONE_AFTER, time.clone());
        let (budgets, exchanges) = (Budgets::new(time.clone()), Exchanges::new(time));
        let (make, passing_client) = (Box::new(make), OnceLock::new());
        Ok(Self { client, side_client, passing_client, make, kept, most: BODY_MAX, rules, budgets, exchanges })
    }

    /// The client for a service and a host.
    fn client(&self, service: Service, is_kept: bool) -> &reqwest::Client {
        match service {
            Service::Dataverse | Service::FinanceOperations if is_kept => &self.side_client,
            // Made once it is wanted: reading the certificates of the system takes its time. What was made twice
            // already is made a third time; if not, a connection is kept too long.
            Service::Dataverse | Service::FinanceOperations => self
                .passing_client
                .get_or_init(|| (self.make)(IDLE_CONNECTION_OF_SIDE, 0).unwrap_or_else(|_| self.side_client.clone())),
            _ => &self.client,
        }
    }

    /// Whether a token of `service` may go to `url`: to the host of `base` always, elsewhere only
    /// where the address belongs to the service.
    pub(super) fn may_go(&self, service: Service, url: &str, base: Option<&str>) -> Result<Url, Trouble> {
        self.rules.check(service, url, base).map_err(|Foreign(host)| match service {
            // Nothing out of its answers is followed, so this is the address that a person gave.
            Service::Gateway => Trouble::new(service, What::NoGateway, host),
            _ => Trouble::new(service, What::ForeignHost(host), ""),
        })
    }

    /// Whether the address of a Dataverse or of finance and operations, out of an answer, may be asked: it
    /// belongs to the service and is a host alone, on a server of this machine also with a path. Anything more
    /// would become part of every request and of the scope of its token.
    pub(super) fn may_be_side(&self, service: Service, base: &str) -> Result<(), Trouble> {
        let url = self.may_go(service, base, None)?;
        // What reading it has changed, a blank for example, would go on unchanged.
        let is_whole = url.as_str().trim_end_matches('/').len() == base.trim_end_matches('/').len();
        let has_more = url.query().is_some() || url.fragment().is_some() || !self.rules.loopback && url.path() != "/";
        if is_whole && !has_more {
            return Ok(());
        }
        Err(Trouble::new(service, What::ForeignHost(shown(base)), "it is more than a host"))
    }

    /// The address of the next page of a list, by the link on a page of it.
    pub(super) fn next_page(&self, service: Service, link: &str, page: &str, first: &str) -> Result<Url, Trouble> {
        let (page, first) = (whole(service, page)?, whole(service, first)?);
        let why = "a page of a list was not followed";
        let foreign = |Foreign(host)| Trouble::new(service, What::ForeignHost(host), why);
        self.rules.next_page(service, link, &page, &first).map_err(foreign)
    }

    /// An address that may be called a dual-write gateway: no user, query or fragment, and its one form.
    pub(super) fn gateway(&self, address: &str) -> Result<Url, Trouble> {
        self.rules.gateway(address).map_err(|Foreign(host)| Trouble::new(Service::Gateway, What::NoGateway, host))
    }

    /// Sends one request and reads the whole answer. Any status is an answer.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Answer, Trouble> {
        let is_change = request.method != Method::GET && request.service != Service::Entra;
        let limit = request.limit.unwrap_or(if is_change { CHANGE_LIMIT } else { READ_LIMIT });
        let service = request.service;
        self.budgets.take(service, request.url.authority()).await;
        let mut pending = self.exchanges.begin(&request);
        let result = match tokio::time::timeout(limit, self.send_following(&request, is_change, &mut pending)).await {
            Ok(result) => result,
            Err(_) => Err(with_done(
                Trouble::new(service, What::NoAnswer, format!("no whole answer within {} s", limit.as_secs())),
                is_change,
            )),
        };
        pending.over(&result);
        result
    }

    async fn send_following(
        &self,
        request: &Request<'_>,
        is_change: bool,
        pending: &mut Pending<'_>,
    ) -> Result<Answer, Trouble> {
        let (service, first) = (request.service, &request.url);
        let mut url = first.clone();
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.send_once(request, url.clone(), is_change).await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let target = answer.header(&header::LOCATION).and_then(|target| url.join(target).ok());
            if let Some(target) = &target {
                pending.redirected(&answer, target);
            }
            match target {
                Some(target) if is_same_place(&target, first) && request.method == Method::GET => {
                    self.budgets.take(service, target.authority()).await;
                    url = target;
                }
                Some(target) => {
                    let why = "a redirect was not followed";
                    let trouble = Trouble::new(service, What::ForeignHost(named(&target)), why);
                    // 303 says: done, and the result is over there. The others ask for the change to be sent there.
                    return Err(with_done(trouble, is_change && answer.status == 303));
                }
                None => return Ok(answer),
            }
        }
        Err(Trouble::new(service, What::Unreadable, "too many redirects"))
    }

    async fn send_once(&self, request: &Request<'_>, url: Url, is_change: bool) -> Result<Answer, Trouble> {
        let service = request.service;
        let host = url.authority().to_owned();
        let is_of_side = matches!(service, Service::Dataverse | Service::FinanceOperations);
        let kept = if is_of_side { self.kept.of(&host) } else { None };
        let client = self.client(service, kept.is_some());
        let mut builder = client.request(request.method.clone(), url).header(header::ACCEPT, "application/json");
        if let Some(token) = request.token {
            builder = builder.header(header::AUTHORIZATION, bearer(service, token)?);
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        builder = match &request.body {
            Body::None => builder,
            Body::Json(bytes) => {
                builder.header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(bytes.clone())
            }
            Body::Form(fields) => {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
                builder.form(&fields)
            }
        };
        let failed = |error: &reqwest::Error| classify(service, error, is_change);
        let mut response = builder.send().await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > self.most {
                let words = format!("more than {} MB", self.most / 1024 / 1024);
                return Err(with_done(Trouble::new(service, What::TooLarge, words), is_change));
            }
            body.extend_from_slice(&chunk);
        }
        if body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        // What the token service gives is secret itself, and is never shown.
        if service != Service::Entra || !(200..300).contains(&status) {
            body = without(body, request.secrets());
        }
        Ok(Answer { service, status, headers, body, is_change })
    }
}

impl Request<'_> {
    /// What is secret of it.
    fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let fields = match &self.body {
            Body::Form(fields) => fields.as_slice(),
            Body::None | Body::Json(_) => &[],
        };
        let fields = fields.iter().filter(|(name, _)| SECRET_FIELDS.contains(name)).map(|(_, value)| value);
        self.token.into_iter().chain(fields)
    }
}

/// An answer without the secrets of its request, if it repeats one, as it is or as a form writes it: its words are
/// shown and written down.
fn without<'a>(mut body: Vec<u8>, secrets: impl Iterator<Item = &'a SecretString>) -> Vec<u8> {
    for secret in secrets.map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty()) {
        let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for written in [secret, &in_form] {
            if memchr::memmem::find(&body, written.as_bytes()).is_some() {
                body = String::from_utf8_lossy(&body).replace(written, LEFT_OUT).into_bytes();
            }
        }
    }
    body
}

/// Whether a redirect stays where the token was asked for.
fn is_same_place(target: &Url, first: &Url) -> bool {
    target.origin() == first.origin() && target.username().is_empty() && target.password().is_none()
}

/// A header that never shows its value.
fn bearer(service: Service, token: &SecretString) -> Result<HeaderValue, Trouble> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| {
        Trouble::new(service, What::SignInNeeded, "the token holds characters that no header can carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn with_done(mut trouble: Trouble, is_change: bool) -> Trouble {
    if is_change {
        trouble.done = Done::Perhaps;
    }
    trouble
}

fn classify(service: Service, error: &reqwest::Error, is_change: bool) -> Trouble {
    let words = root_cause(error);
    if error.is_builder() {
        return Trouble::new(service, What::Unreadable, words);
    }
    if error.is_connect() {
        // The connection was never made, so the request was never sent.
        let (what, words) = no_connection(error.url().and_then(Url::host_str).unwrap_or("the service"), error);
        return Trouble::new(service, what, words);
    }
    let what = if error.is_timeout() { What::NoAnswer } else { What::CutOff };
    with_done(Trouble::new(service, what, words), is_change)
}

/// Whether the system lets this program open no more files and connections, or all programs together.
pub fn opens_nothing_more(error: &std::io::Error) -> bool {
    // EMFILE and ENFILE have these numbers on every Unix; of Windows those of files and of sockets.
    let numbers = if cfg!(windows) { [4, 10_024] } else { [24, 23] };
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

/// Why there is no connection to a host, with what is between; and whether asking again can help.
fn no_connection(host: &str, error: &(dyn Error + 'static)) -> (What, String) {
    if causes(error).filter_map(|cause| cause.downcast_ref()).any(opens_nothing_more) {
        return (What::NothingMore, NOTHING_MORE.to_owned());
    }
    let cause = root_cause(error);
    let of_proxy = causes(error).find_map(|cause| Some(cause.to_string().strip_prefix(PROXY_FAILED)?.to_owned()));
    match of_proxy.as_deref() {
        Some("proxy authorization required") => {
            let words = format!(
                "the proxy in front of {host} wants a user name and a password (HTTP 407); give them in HTTPS_PROXY, \
                 as http://NAME:PASSWORD@PROXY:PORT"
            );
            (What::Barred, words)
        }
        Some("failed to create underlying connection") => {
            (What::Unreachable, format!("the proxy in front of {host} cannot be reached: {cause}; {PROXY_FROM}"))
        }
        Some("unsuccessful") => {
            (What::Unreachable, format!("the proxy in front of {host} makes no connection to it; {PROXY_FROM}"))
        }
        Some(why) => (What::Unreachable, format!("the proxy in front of {host} failed ({why}); {PROXY_FROM}")),
        None if cause.contains("UnknownIssuer") || cause.contains("unable to get local issuer") => {
            let words = format!(
                "{host} shows a certificate of an authority that is not trusted here ({cause}); where a proxy looks \
                 into the traffic, name its CA certificate in ca_file or DUALWRITE_CA_FILE"
            );
            (What::Barred, words)
        }
        None if cause.starts_with("invalid peer certificate") => (What::Barred, format!("{host}: {cause}")),
        None => (What::Unreachable, format!("{host}: {cause}")),
    }
}

/// An error and what is behind it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The innermost cause: "Connection refused (os error 111)" says more than "error sending request".
fn root_cause(error: &(dyn Error + 'static)) -> String {
    let words = causes(error).last().map_or_else(String::new, ToString::to_string);
    if words.contains("InvalidContentType") { "this port does not speak TLS".into() } else { words }
}

impl Answer {
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The ids by which the service knows the request.
    pub(super) fn correlations(&self) -> impl Iterator<Item = &str> {
        CORRELATION_HEADERS.into_iter().filter_map(|name| self.headers.get(name)?.to_str().ok())
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body as JSON, or says what came instead.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]);
            let (what, words) = if self.body.is_empty() {
                (What::Unreadable, "an empty answer".to_owned())
            } else if text.trim_start().starts_with('<') {
                (What::Unreadable, problem::read(&self.body).words)
            } else if error.is_eof() {
                (What::CutOff, "JSON that ends in the middle".to_owned())
            } else {
                let place = format!("line {}, column {}", error.line(), error.column());
                (What::Unreadable, format!("JSON, but not the answer that is known of it ({place})"))
            };
            with_done(Trouble::new(self.service, what, words), self.is_change)
        })
    }

    /// The answer as JSON where it is a success, else its trouble.
    pub(super) fn success<T: DeserializeOwned>(&self, now: Timestamp) -> Result<T, Trouble> {
        if self.is_success() { self.json() } else { Err(self.trouble(now)) }
    }

    /// How long the service asks to wait. A date is meant on the service's own clock, which it sends
    /// along; ours may be wrong.
    pub(super) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let asked = self.header(&header::RETRY_AFTER)?;
        retry_after(asked, self.clock().unwrap_or(now))
    }

    /// The service's own clock, where it says one.
    pub(super) fn clock(&self) -> Option<Timestamp> {
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(self.header(&header::DATE)?).ok()
    }

    /// The trouble that a status other than success stands for.
    pub(super) fn trouble(&self, now: Timestamp) -> Trouble {
        let problem = problem::read(&self.body);
        let mut trouble = Trouble::new(self.service, What::Status(self.status), problem.words);
        trouble.code = problem.code;
        trouble.retry_after = self.retry_after(now);
        trouble.correlation = self.correlations().next().map(shown);
        // A service that fails after it took a request may have done the work.
        if self.is_change && (self.status >= 500 || self.status == 408 || self.status == 499) {
            trouble.done = Done::Perhaps;
        }
        trouble
    }
}

/// `Retry-After`: seconds, an HTTP date, or (rarely) a duration `hh:mm:ss`.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)));
    }
    if let Ok(date) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value) {
        return Some(crate::core::time::between(now, date));
    }
    let parts: Vec<u64> = value.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    match parts[..] {
        [hours, minutes, seconds] => Some(Duration::from_secs(
            hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error and the one behind it.
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Told(&'static str, #[source] Option<Box<Told>>);

    #[test]
    fn what_is_between_is_said_and_what_only_a_person_mends_is_not_asked_again() {
        for (outer, inner, barred, words) in [
            ("tunnel error: proxy authorization required", None, true, "the proxy in front of h wants a user name"),
            (
                "tunnel error: unsuccessful",
                None,
                false,
                "the proxy in front of h makes no connection to it; it is named",
            ),
            ("tunnel error: io error establishing tunnel", Some("reset"), false, "the proxy in front of h failed (io"),
            (
                "tunnel error: failed to create underlying connection",
                Some("refused"),
                false,
                "the proxy in front of h cannot be reached: refused; it is named by HTTPS_PROXY",
            ),
            ("tls", Some("invalid peer certificate: UnknownIssuer"), true, "name its CA certificate in ca_file or"),
            ("tls", Some("invalid peer certificate: Expired"), true, "h: invalid peer certificate: Expired"),
            ("tcp connect error", Some("refused"), false, "h: refused"),
        ] {
            let error = Told("sending", Some(Box::new(Told(outer, inner.map(|inner| Box::new(Told(inner, None)))))));
            let (what, said) = no_connection("h", &error);
            assert_eq!(what == What::Barred, barred, "{said}");
            assert!(said.contains(words), "{said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn too_many_open_files_were_called_a_network_that_cannot_be_reached() {
        #[derive(Debug, thiserror::Error)]
        #[error("tcp connect error")]
        struct Connecting(#[source] std::io::Error);
        for (number, expected) in [(24, What::NothingMore), (23, What::NothingMore), (111, What::Unreachable)] {
            let error = Connecting(std::io::Error::from_raw_os_error(number));
            assert_eq!(no_connection("h", &error).0, expected);
        }
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        assert_eq!(retry_after("20", now), Some(Duration::from_secs(20)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(37)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("00:01:05", now), Some(Duration::from_secs(65)));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
        assert_eq!(retry_after("99999999999999999999:0:0", now), None);
    }
}
