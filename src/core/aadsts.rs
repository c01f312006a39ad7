//! What the numbers of Microsoft Entra ID mean for whoever signs in, and what helps.
//!
//! Entra answers with an OAuth code, a number (`AADSTS53003`) and a sentence. The sentence stays as it
//! is; here is what it asks of a person. Numbers that are not here are shown with their sentence alone.
//! Source: Microsoft's list of authentication and authorization error codes.

/// What kind of answer a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The refresh token is worth nothing any more: sign in again.
    Ended,
    /// The person has to prove more than before: sign in again, for this very service.
    MoreProof,
    /// No token for this service can be had in this way; the sign-in itself stands.
    NotThisService,
    /// The tenant refuses the sign-in as it was tried.
    Blocked,
    /// The registration, the tenant or the credential in the profile is wrong.
    Configuration,
    /// Too much was asked for in a short time; nothing is wrong with who asks.
    Throttled,
}

/// One number.
struct Known {
    number: u32,
    kind: Kind,
    help: &'static str,
}

const fn known(number: u32, kind: Kind, help: &'static str) -> Known {
    Known { number, kind, help }
}

const SIGN_IN_AGAIN: &str = "Sign in again.";
const SECOND_FACTOR: &str = "Sign in again: the page will ask for the second factor.";
const CONSENT: &str = "Have an administrator grant consent: Microsoft Entra admin center, App registrations, the \
                       registration of client_id, API permissions, Grant admin consent.";
const PROFILE: &str = "Check tenant and client_id in the cloud profile.";
const SECRET: &str = "Make a new secret in the app registration and put it into DUALWRITE_CLIENT_SECRET.";
const CERTIFICATE: &str = "Upload this certificate to the app registration, or name the registered one in \
                           DUALWRITE_CLIENT_CERTIFICATE.";

const LATER: &str = "Too many tokens were asked for in a short time. Wait some minutes, then try again.";

const TABLE: &[Known] = &[
    known(50_196, Kind::Throttled, LATER),
    known(90_055, Kind::Throttled, LATER),
    known(50_173, Kind::Ended, SIGN_IN_AGAIN),
    known(50_078, Kind::MoreProof, SECOND_FACTOR),
    known(70_008, Kind::Ended, SIGN_IN_AGAIN),
    known(70_043, Kind::Ended, "The tenant asks for a fresh sign-in from time to time. Sign in again."),
    known(700_081, Kind::Ended, SIGN_IN_AGAIN),
    known(700_082, Kind::Ended, SIGN_IN_AGAIN),
    known(700_084, Kind::Ended, SIGN_IN_AGAIN),
    known(50_089, Kind::Ended, SIGN_IN_AGAIN),
    known(50_132, Kind::Ended, SIGN_IN_AGAIN),
    known(50_133, Kind::Ended, SIGN_IN_AGAIN),
    known(50_055, Kind::Ended, "The password has expired: change it, then sign in again."),
    known(50_074, Kind::MoreProof, SECOND_FACTOR),
    known(50_076, Kind::MoreProof, SECOND_FACTOR),
    known(50_079, Kind::MoreProof, "Sign in again: the page will ask to register a second factor."),
    known(50_072, Kind::MoreProof, "Sign in again: the page will ask to register a second factor."),
    known(50_158, Kind::MoreProof, "Sign in again: the page will ask for what else the tenant requires."),
    known(65_001, Kind::NotThisService, CONSENT),
    known(
        65_002,
        Kind::NotThisService,
        "Microsoft has not preauthorized this registration for the service, and no consent can fix that. Use a token \
         from elsewhere.",
    ),
    known(90_094, Kind::NotThisService, CONSENT),
    known(
        500_011,
        Kind::NotThisService,
        "The tenant has no such service. Check the audiences in the cloud profile, and that the service is used in this tenant.",
    ),
    known(
        650_057,
        Kind::NotThisService,
        "Add the permission of this service to the app registration (API permissions), then grant consent.",
    ),
    known(
        650_052,
        Kind::NotThisService,
        "The tenant has no subscription for this service, or it was never used there. Ask the tenant's administrator.",
    ),
    known(
        53_003,
        Kind::Blocked,
        "A Conditional Access policy of the tenant blocks this sign-in. Ask the tenant's administrator which policy it \
         is; give the correlation id. Policies on authentication flows can block device codes.",
    ),
    known(
        530_033,
        Kind::Blocked,
        "A Conditional Access policy of the tenant (authentication flows) allows no device codes. Ask for an \
         exception, or use a certificate or tokens from outside.",
    ),
    known(53_000, Kind::Blocked, "The tenant requires a managed device: open the address on one."),
    known(53_001, Kind::Blocked, "The tenant requires a managed device: open the address on one."),
    known(53_004, Kind::Blocked, "The account has to register for the tenant's security first; the page says how."),
    known(50_105, Kind::Blocked, "The account is not assigned to this application. Ask the tenant's administrator."),
    known(
        50_020,
        Kind::Blocked,
        "The account is of another tenant. Sign in with one of this tenant, or check tenant in the cloud profile.",
    ),
    known(50_057, Kind::Blocked, "The account is disabled. Sign in with another."),
    known(50_059, Kind::Configuration, "Give tenant in the cloud profile: its id or one of its domains."),
    known(90_002, Kind::Configuration, "The tenant is not known. Check tenant in the cloud profile."),
    known(700_016, Kind::Configuration, PROFILE),
    known(90_133, Kind::Configuration, PROFILE),
    known(
        7_000_218,
        Kind::Configuration,
        "Microsoft Entra admin center, App registrations, the registration of client_id, Authentication: set Allow \
         public client flows to Yes.",
    ),
    known(70_011, Kind::Configuration, "Check the audiences in the cloud profile."),
    known(7_000_215, Kind::Configuration, SECRET),
    known(7_000_222, Kind::Configuration, SECRET),
    known(700_027, Kind::Configuration, CERTIFICATE),
    known(
        700_024,
        Kind::Configuration,
        "The proof made with the certificate is valid for ten minutes only. Set the clock of this machine.",
    ),
    known(
        7_000_229,
        Kind::Configuration,
        "The application has no service principal in this tenant: grant consent first.",
    ),
];

fn find(number: u32) -> Option<&'static Known> {
    TABLE.iter().find(|known| known.number == number)
}

/// What kind of answer this number is; none for a number that is not known.
pub fn kind(number: u32) -> Option<Kind> {
    Some(find(number)?.kind)
}

/// What a person can do about a code such as `AADSTS53003`.
pub fn help(code: &str) -> Option<&'static str> {
    Some(find(code.strip_prefix("AADSTS")?.parse().ok()?)?.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_stands_once_and_says_what_to_do() {
        for (place, known) in TABLE.iter().enumerate() {
            assert!(TABLE[..place].iter().all(|other| other.number != known.number), "{}", known.number);
            assert!(known.help.ends_with('.'), "{}", known.help);
        }
    }

    #[test]
    fn a_code_is_looked_up_by_its_number() {
        assert!(help("AADSTS53003").unwrap().contains("Conditional Access"));
        assert_eq!(kind(65_002), Some(Kind::NotThisService));
        assert_eq!((help("AADSTS1"), help("invalid_grant"), kind(1)), (None, None, None));
    }
}
