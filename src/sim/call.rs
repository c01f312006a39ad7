//! One request as the services read it, and one answer as they give it.
//!
//! Owns the reading of path, query, headers and body, and the making of the HTTP answer. It never
//! knows what a request means; that is the business of `routes`.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use serde_json::{Value, json};

/// A request. Without `Debug`: it carries tokens.
pub struct Call {
    /// Its method.
    pub method: Method,
    /// The `Host` header, lower case; empty when there is none.
    pub host: String,
    /// The path without escapes.
    pub path: String,
    /// The query as it was sent.
    pub raw_query: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// Reads a request.
    pub fn new(parts: Parts, body: Bytes) -> Self {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        Self {
            host: host.to_lowercase(),
            path: unescaped(parts.uri.path()),
            query: url::form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect(),
            raw_query,
            method: parts.method,
            headers: parts.headers,
            body,
        }
    }

    /// The first value of a query parameter; names compared case aside.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The bearer token, if the request carries one.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The fields of a form body.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The body as JSON; an empty one is null.
    ///
    /// # Errors
    /// Says what is wrong with it: no JSON, or not declared as JSON.
    pub fn json(&self) -> Result<Value, String> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        if !self.header("content-type").is_some_and(|kind| kind.to_lowercase().contains("json")) {
            return Err("The request body is not declared as application/json.".to_owned());
        }
        serde_json::from_slice(&self.body).map_err(|error| format!("The request body is not valid JSON: {error}."))
    }

    /// Refuses every method but these with a bare 405.
    ///
    /// # Errors
    /// The refusal.
    pub fn only(&self, methods: &[Method]) -> Result<(), Answer> {
        if methods.contains(&self.method) {
            return Ok(());
        }
        let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        Err(Answer::empty(StatusCode::METHOD_NOT_ALLOWED).with("allow", allowed))
    }
}

/// Takes the percent escapes out of a path; what is no escape stays.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = (first == b'%').then(|| tail.get(..2)).flatten();
        let byte = escape.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What an answer carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// A page, as proxies in front of a service send it.
    Html(String),
    /// Ready bytes of (perhaps broken) JSON.
    Raw(Vec<u8>),
}

/// An answer, not yet HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    headers: Vec<(&'static str, String)>,
    /// Its body.
    pub content: Content,
}

impl Answer {
    /// 200 with JSON.
    pub fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    /// Any status with JSON.
    pub fn json(status: StatusCode, value: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(value) }
    }

    /// Any status without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content: Content::Empty }
    }

    /// The page of a gateway or proxy.
    pub fn html(status: StatusCode) -> Self {
        let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Unknown"));
        let page = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\r\n");
        Self { status, headers: Vec::new(), content: Content::Html(page) }
    }

    /// The shape of OData and of the BAP admin API: `{"error":{"code","message"}}`.
    pub fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self::json(status, json!({"error": {"code": code, "message": message}}))
    }

    /// With one more header. A value that cannot stand in a header is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The body as bytes with its media type.
    fn bytes(self) -> (Option<&'static str>, Vec<u8>) {
        const JSON: Option<&str> = Some("application/json; charset=utf-8");
        match self.content {
            Content::Empty => (None, Vec::new()),
            Content::Json(value) => (JSON, value.to_string().into_bytes()),
            Content::Html(page) => (Some("text/html; charset=utf-8"), page.into_bytes()),
            Content::Raw(bytes) => (JSON, bytes),
        }
    }

    /// With the second half of its body missing.
    #[must_use]
    pub fn truncated(self) -> Self {
        let (status, headers) = (self.status, self.headers.clone());
        let (_, mut bytes) = self.bytes();
        bytes.truncate(bytes.len() / 2);
        Self { status, headers, content: Content::Raw(bytes) }
    }

    /// As HTTP.
    pub fn into_response(self) -> Response {
        let status = self.status;
        let headers = self.headers.clone();
        let (kind, bytes) = self.bytes();
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_out_and_what_is_none_stays() {
        assert_eq!(unescaped("/a%28b%29/%24ref"), "/a(b)/$ref");
        assert_eq!(unescaped("/100%/%zz/%2"), "/100%/%zz/%2");
        assert_eq!(unescaped("/%e2%82%ac"), "/€");
    }

    #[test]
    fn a_truncated_answer_is_no_json_any_more() {
        let answer = Answer::ok(json!({"value": [1, 2, 3]})).truncated();
        let Content::Raw(bytes) = answer.content else { panic!("{answer:?}") };
        assert!(serde_json::from_slice::<Value>(&bytes).is_err());
    }
}
