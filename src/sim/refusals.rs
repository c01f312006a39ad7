//! The token service's refusals by number: what Microsoft Entra answers, in its own words.
//!
//! Owns the table only; who is refused when is the scenario's and the route's business. The numbers and their
//! meaning stand on learn.microsoft.com ("Microsoft Entra authentication and authorization error codes"); which
//! `suberror` goes with which is what clients have seen.

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The number after `AADSTS`.
    pub number: u32,
    /// OAuth code.
    pub error: &'static str,
    /// What a client can do about it, in a word.
    pub suberror: Option<&'static str>,
    /// The service's words.
    pub words: &'static str,
}

impl Refusal {
    /// Whether it is about the client and so does not wait for the person.
    pub fn is_of_client(&self) -> bool {
        self.error == "invalid_client"
    }
}

const fn grant(number: u32, suberror: Option<&'static str>, words: &'static str) -> Refusal {
    Refusal { number, error: "invalid_grant", suberror, words }
}

/// What a scenario can ask for.
const ALL: [Refusal; 9] = [
    grant(
        50076,
        Some("basic_action"),
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.",
    ),
    grant(
        53003,
        Some("message_only"),
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    grant(
        65001,
        Some("consent_required"),
        "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
    ),
    grant(
        65002,
        None,
        "Consent between first party application and first party resource must be configured via preauthorization.",
    ),
    grant(
        70043,
        Some("bad_token"),
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.",
    ),
    grant(
        90094,
        Some("consent_required"),
        "The grant requires administrator permission. Ask an administrator to grant consent to the application.",
    ),
    grant(
        530_033,
        Some("message_only"),
        "Access has been blocked by Conditional Access policies. The authentication flow is not allowed by the policy.",
    ),
    grant(700_082, Some("bad_token"), "The refresh token has expired due to inactivity."),
    Refusal {
        number: 7_000_218,
        error: "invalid_client",
        suberror: None,
        words: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    },
];

/// A refusal by its number.
pub fn find(number: u32) -> Option<Refusal> {
    ALL.into_iter().find(|refusal| refusal.number == number)
}

/// Every number, for a message.
pub fn numbers() -> String {
    ALL.map(|refusal| refusal.number.to_string()).join(", ")
}
