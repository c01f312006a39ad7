//! The five shapes in which the services say what went wrong, read as one.
//!
//! 1. Entra: flat `error` (text) and `error_description`.
//! 2. OData and BAP: `{"error":{"code","message","innererror"}}`.
//! 3. Power Platform API: bare `{"code","message","innererror"}`.
//! 4. LCS: `IsSuccess=false` and `ErrorMessage` under HTTP 200 (read by [`super::lcs`]).
//! 5. Empty, HTML or plain text: the words are the text itself.

use serde_json::Value;

/// What an error body says, in whichever of the shapes it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The service's own code, for example `0x80048d0b` or `EnvironmentNotFound`.
    pub code: Option<String>,
    /// The service's own words, unabridged up to [`WORDS_MAX`] bytes; empty when it said nothing.
    pub words: String,
}

/// Longest words kept of an error body, in bytes. Whole messages of the catalogue are far shorter.
pub const WORDS_MAX: usize = 16 * 1024;
/// Longest code or id that is kept, in bytes: those that are known have less than fifty.
const CODE_MAX: usize = 200;
/// Digits of an HTTP status.
const STATUS_DIGITS: usize = 3;

/// The words of a service as they are kept, written down and looked up: no more of them than [`WORDS_MAX`] bytes.
pub fn bounded(mut words: String) -> String {
    words.truncate(words.floor_char_boundary(WORDS_MAX));
    words
}

/// Reads an error body of any shape. Never fails: what cannot be read is kept as text, of an HTML page the
/// title, and of what is no text nothing.
pub fn read(body: &[u8]) -> Problem {
    if let Ok(value) = serde_json::from_slice::<Value>(body)
        && let Some(problem) = of_value(&value)
    {
        return problem;
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(WORDS_MAX)]);
    let trimmed = text.trim();
    let words = match trimmed {
        // Compressed, or in an encoding that nobody asked for.
        bytes if bytes.contains('\0') => "an answer that is no text".to_owned(),
        page if page.starts_with('<') => html_title(page),
        text => text.to_owned(),
    };
    Problem { code: None, words }
}

fn of_value(value: &Value) -> Option<Problem> {
    let word = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (code, message, inner) = match value.get("error") {
        Some(error @ Value::Object(_)) => (error.get("code"), error.get("message"), error.get("innererror")),
        Some(error @ Value::String(_)) => (Some(error), value.get("error_description"), None),
        _ => (
            value.get("code"),
            value.get("message").or_else(|| value.get("Message")).or_else(|| value.get("ErrorMessage")),
            value.get("innererror"),
        ),
    };
    let code = code.and_then(word);
    let says_little = code.as_deref().is_none_or(is_of_http);
    let code = inner.and_then(|inner| inner.get("code")).and_then(word).filter(|_| says_little).or(code);
    let code = code.map(|mut code| {
        code.truncate(code.floor_char_boundary(CODE_MAX));
        code
    });
    let mut words = message.and_then(word).unwrap_or_default();
    if let Some(more) = inner.and_then(|inner| inner.get("message")).and_then(word)
        && !words.contains(&more)
    {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&more);
    }
    if code.is_none() && words.is_empty() {
        return None;
    }
    Some(Problem { code, words: bounded(words) })
}

/// Whether a code says no more than the status does.
fn is_of_http(code: &str) -> bool {
    code == "BadRequest" || code.len() <= STATUS_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn html_title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        lower[start..].find("</title>").map(|end| page[start..start + end].trim().to_owned())
    });
    match title {
        Some(title) if !title.is_empty() => format!("an HTML page titled “{title}”"),
        _ => "an HTML page without a title".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &str) -> (Option<String>, String) {
        let Problem { code, words } = read(body.as_bytes());
        (code, words)
    }

    #[test]
    fn every_shape_of_an_error_is_read() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            problem(r#"{"error":"invalid_grant","error_description":"AADSTS700082: expired"}"#),
            (some("invalid_grant"), "AADSTS700082: expired".into())
        );
        assert_eq!(
            problem(r#"{"error":{"code":"0x80048d0b","message":"not integrated"}}"#),
            (some("0x80048d0b"), "not integrated".into())
        );
        assert_eq!(
            problem(
                r#"{"error":{"code":"","message":"An error has occurred.","innererror":{"message":"Write failed"}}}"#
            ),
            (None, "An error has occurred. Write failed".into())
        );
        assert_eq!(
            problem(r#"{"code":"EndpointInvalid","message":"no such endpoint","innererror":{"code":"X"}}"#),
            (some("EndpointInvalid"), "no such endpoint".into())
        );
        assert_eq!(problem(""), (None, String::new()));
        assert_eq!(
            problem("<html><head><TITLE>502 Bad Gateway</TITLE></head>"),
            (None, "an HTML page titled “502 Bad Gateway”".into())
        );
        assert_eq!(problem("upstream connect error"), (None, "upstream connect error".into()));
        assert_eq!(problem("[1,2]"), (None, "[1,2]".into()));
    }

    #[test]
    fn the_inner_code_was_dropped_where_the_outer_one_says_nothing() {
        let inner = r#""message":"m","innererror":{"code":"EnvironmentIdInvalid"}"#;
        for (outer, code) in [
            (r#""code":400,"#, "EnvironmentIdInvalid"),
            (r#""code":"404","#, "EnvironmentIdInvalid"),
            (r#""code":"BadRequest","#, "EnvironmentIdInvalid"),
            (r#""code":"","#, "EnvironmentIdInvalid"),
            ("", "EnvironmentIdInvalid"),
            // These say something.
            (r#""code":"EndpointInvalid","#, "EndpointInvalid"),
            (r#""code":"0x80048d0b","#, "0x80048d0b"),
            (r#""code":-2147188706,"#, "-2147188706"),
        ] {
            for body in [format!("{{{outer}{inner}}}"), format!(r#"{{"error":{{{outer}{inner}}}}}"#)] {
                assert_eq!(problem(&body), (Some(code.into()), "m".into()), "{body}");
            }
        }
        assert_eq!(problem(r#"{"code":"BadRequest","innererror":{}}"#).0.as_deref(), Some("BadRequest"));
    }

    #[test]
    fn words_are_bounded_on_a_character_boundary() {
        let body = format!(r#"{{"code":"{}","message":"{}"}}"#, "X".repeat(WORDS_MAX), "é".repeat(WORDS_MAX));
        let (code, words) = problem(&body);
        assert!(words.len() <= WORDS_MAX && code.is_some_and(|code| code.len() == CODE_MAX));
    }

    #[test]
    fn bytes_that_are_no_text_were_shown_as_words() {
        let utf16: Vec<u8> = r#"{"error":"x"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for body in [&b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"[..], &utf16] {
            assert_eq!(read(body), Problem { code: None, words: "an answer that is no text".into() });
        }
    }
}
