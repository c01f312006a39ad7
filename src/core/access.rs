//! What a person can give while the program runs, so that a service can be read: a token, or the
//! address of the dual-write gateway.
//!
//! Says only what is wanted, and what a token looks like. Tokens themselves never come into the model.

use super::model::Model;
use super::service::Service;
use super::trouble::{Trouble, What};

/// What stands before a token in a header.
const SCHEME: &str = "bearer ";

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A token for this service.
    Token(Service),
    /// The address of the dual-write gateway.
    Gateway,
}

/// A token as it stands in the value of a header, without the scheme before it.
pub fn without_scheme(text: &str) -> &str {
    let text = text.trim();
    let scheme = text.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME));
    text[scheme.map_or(0, str::len)..].trim_start()
}

/// Whether a text can be sent as a token: a header takes no blanks, breaks or letters beyond ASCII.
pub fn can_be_sent(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What would help with a trouble.
fn helps(trouble: &Trouble) -> Option<Wanted> {
    match (&trouble.what, trouble.service) {
        (What::NotConfigured | What::NoGateway, Service::Gateway) => Some(Wanted::Gateway),
        _ if trouble.wants_token() => Some(Wanted::Token(trouble.service)),
        _ => None,
    }
}

/// What is wanted most: for what runs, for the list, for what was read of the environment that is
/// looked at.
pub fn wanted(model: &Model) -> Option<Wanted> {
    let setup = model.current().map(|(_, setup)| setup);
    let running = setup.and_then(|setup| setup.watch()).and_then(|watch| watch.trouble.as_deref());
    let lists = [&model.directory.trouble, &model.directory.lcs_trouble].into_iter().flatten();
    let facts = setup.into_iter().flat_map(|setup| setup.facts.troubles());
    running.into_iter().chain(lists).chain(facts).find_map(helps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_a_header_can_carry_without_its_scheme() {
        for text in ["x.y", " Bearer x.y\n", "bearer  x.y"] {
            assert_eq!(without_scheme(text), "x.y", "{text:?}");
        }
        assert_eq!(without_scheme("bearer"), "bearer");
        assert!(can_be_sent("x.y-_~") && !can_be_sent("") && !can_be_sent("a\nB: 1") && !can_be_sent("é"));
    }

    #[test]
    fn a_token_helps_where_one_is_missing_and_nowhere_else() {
        let of = |service, what| helps(&Trouble::new(service, what, ""));
        assert_eq!(of(Service::Lcs, What::OutsideToken("X")), Some(Wanted::Token(Service::Lcs)));
        assert_eq!(of(Service::Gateway, What::NoToken), Some(Wanted::Token(Service::Gateway)));
        assert_eq!(of(Service::Gateway, What::NotConfigured), Some(Wanted::Gateway));
        assert_eq!(of(Service::Graph, What::NotConfigured), None);
        assert_eq!(of(Service::Bap, What::Status(403)), None);
    }
}
