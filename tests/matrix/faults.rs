//! Every fault: its name, and what the layer does.

use super::layer::Harm;

/// Seconds that a date of the 429 names: the service's own clock is sent along.
const DATES: &str = "date: Tue, 24 Nov 2026 10:00:00 GMT\r\nretry-after: Tue, 24 Nov 2026 10:00:20 GMT\r\n";
const JSON: &str = "content-type: application/json\r\n";
const HTML: &str = "content-type: text/html\r\n";
const PAGE: &str = "<html><head><title>Bad Gateway</title></head><body><h1>Sorry</h1></body></html>";
const ERROR: &str = r#"{"error":{"code":"Sorry","message":"Something is not right."}}"#;
const TEXT: &str = r#""a text""#;
const ELSEWHERE: &str = "location: https://evil.example/elsewhere\r\n";

pub const UNAUTHORIZED: Harm = Harm::Instead("401 Unauthorized", JSON, ERROR);
pub const BUSY: Harm = Harm::Instead("409 Conflict", "", "");
pub const IN_A_DAY: Harm = Harm::Instead("429 Too Many Requests", "retry-after: 86400\r\n", ERROR);

/// Whether a fault is answered as usual: the bytes are right, and more or less than that is no matter.
pub fn is_none(harm: Harm) -> bool {
    matches!(harm, Harm::Big | Harm::PlainText)
}

/// Whether asking again is the cure.
pub fn is_passing(harm: Harm) -> bool {
    match harm {
        Harm::Instead(status, ..) => !["400", "403", "404", "409", "307"].iter().any(|of| status.starts_with(of)),
        Harm::Endless => false,
        _ => true,
    }
}

pub const ALL: [(&str, Harm); 32] = [
    ("connection refused", Harm::Refuse),
    ("reset before the request", Harm::Reset),
    ("reset after the request", Harm::ResetAfter),
    ("reset in the body", Harm::ResetInBody),
    ("closed without an answer", Harm::Close),
    ("black hole", Harm::Silence),
    ("stalled headers", Harm::StallHead),
    ("stalled body", Harm::StallBody),
    ("400", Harm::Instead("400 Bad Request", JSON, ERROR)),
    ("401", UNAUTHORIZED),
    ("403", Harm::Instead("403 Forbidden", JSON, ERROR)),
    ("404", Harm::Instead("404 Not Found", JSON, ERROR)),
    ("408", Harm::Instead("408 Request Timeout", JSON, ERROR)),
    ("409 with an empty body", BUSY),
    ("425", Harm::Instead("425 Too Early", JSON, ERROR)),
    ("429, in 20 seconds", Harm::Instead("429 Too Many Requests", "retry-after: 20\r\n", ERROR)),
    ("429, at a date in 20 seconds", Harm::Instead("429 Too Many Requests", DATES, ERROR)),
    ("429, in a day", IN_A_DAY),
    ("429, no word when", Harm::Instead("429 Too Many Requests", JSON, ERROR)),
    ("500", Harm::Instead("500 Internal Server Error", JSON, ERROR)),
    ("502 with HTML, carried out", Harm::After("502 Bad Gateway", HTML, PAGE)),
    ("503", Harm::Instead("503 Service Unavailable", JSON, ERROR)),
    ("504, carried out", Harm::After("504 Gateway Timeout", JSON, ERROR)),
    ("truncated JSON", Harm::Truncate),
    ("wrong JSON type", Harm::After("200 OK", JSON, TEXT)),
    ("empty 200", Harm::After("200 OK", "", "")),
    ("wrong content type", Harm::PlainText),
    ("10 MB body", Harm::Big),
    ("endless body", Harm::Endless),
    ("redirect to another host", Harm::Instead("307 Temporary Redirect", ELSEWHERE, "")),
    ("gzip bomb", Harm::Bomb),
    ("wrong charset", Harm::Utf16),
];
