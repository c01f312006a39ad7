//! The terms a person accepts before Configure, and the record of it.
//!
//! The text is ours: what will be installed and made, what cannot be undone, where Microsoft's own
//! terms are. Starting an installation is the acceptance of its terms at Microsoft (no call for it
//! exists), so they are shown first and nothing accepts them in the person's name.

use super::environment::EnvironmentId;
use super::time::Now;

/// The whole text, Markdown with `Version: V` as its first line.
pub const TEXT: &str = include_str!("../../assets/terms.md");

/// The version in the first line of [`TEXT`].
pub fn version() -> &'static str {
    TEXT.lines().next().and_then(|line| line.strip_prefix("Version:")).map_or("unknown", str::trim)
}

/// The text without its first line.
pub fn body() -> &'static str {
    TEXT.split_once('\n').map_or("", |(_, body)| body.trim())
}

/// The first address in the text: Microsoft's own terms.
pub fn address() -> Option<&'static str> {
    let at = TEXT.find("https://")?;
    TEXT[at..].split_whitespace().next()
}

/// Who accepted which terms when, for which environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Version of the text.
    pub version: String,
    /// Account that was signed in.
    pub account: String,
    /// Environment.
    pub environment: EnvironmentId,
    /// When.
    pub at: Now,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terms_have_a_version_and_a_text() {
        assert_ne!(version(), "unknown");
        assert!(body().contains("cannot be undone"));
        assert!(!body().contains("Version:"));
        assert!(address().is_some_and(|url| url.contains("/licensing/terms/")), "{:?}", address());
    }
}
