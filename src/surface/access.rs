//! Who asks the services of a cloud, and with what: a person, an application, or tokens from outside.
//!
//! Reads the environment through a function that is handed in, the file of a certificate and that of the
//! authorities that are trusted. What is wrong or cannot work is said here, before anything starts.

use crate::api::{Certificate, CertificateError, Credentials, Identity, Keeper, Outside, Proof, Trust};
use crate::core::service::Service;
use crate::core::sign_in::Account;
use crate::settings::{Profile, TokenStore};
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Variable of a client secret.
const SECRET: &str = "DUALWRITE_CLIENT_SECRET";
/// Variable of the file that holds certificate and private key.
const CERTIFICATE: &str = "DUALWRITE_CLIENT_CERTIFICATE";
/// Variable of the account that is used where several are signed in.
const ACCOUNT: &str = "DUALWRITE_ACCOUNT";
/// Longest certificate file that is read, in bytes.
const CERTIFICATE_MAX: u64 = 1024 * 1024;

/// What cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Both proofs of an application.
    #[error("{SECRET} and {CERTIFICATE} are both set. An application has one of them: unset the other.")]
    Both,
    /// An application without its id.
    #[error(
        "{0} is set, but no client_id: add the id of the app registration to the cloud profile, or set DUALWRITE_CLIENT_ID."
    )]
    NoClient(&'static str),
    /// An application without a tenant.
    #[error(
        "{0} is set, but tenant is \"{1}\". An application belongs to one tenant: give its id or a domain in the cloud profile, or set DUALWRITE_TENANT."
    )]
    NoTenant(&'static str, String),
    /// An account beside an application.
    #[error(
        "{0} is set, so an application asks, and --account (or {ACCOUNT}) chooses among people: leave one of them out."
    )]
    Account(&'static str),
    /// A file that cannot be read.
    #[error("The certificate {} of {CERTIFICATE} cannot be read: {source}. Name a PEM file that this account may read.", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that holds no certificate and key.
    #[error("The certificate {} of {CERTIFICATE} cannot be used. {source}", path.display())]
    Certificate {
        /// File.
        path: PathBuf,
        /// Why, and what to do.
        source: CertificateError,
    },
    /// A CA file that cannot be used.
    #[error(
        "The CA file {} cannot be used: {why}. Name a PEM file with CA certificates in ca_file or DUALWRITE_CA_FILE.",
        path.display()
    )]
    Authorities {
        /// File.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// What only a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start the link operation.
    LinkDirectly,
    /// Watch the gateway while somebody links in Lifecycle Services.
    LinkByHand,
    /// Reset the link through the gateway.
    Reset,
}

/// Who asks, and with what.
#[derive(Default)]
pub struct Access {
    outside: Outside,
    application: Option<Proof>,
    /// Authorities that are trusted besides those of the system.
    pub trust: Trust,
    /// Where a sign-in is kept.
    pub store: TokenStore,
    /// Which of several sign-ins is used; none: the current one.
    pub account: Option<String>,
    /// A sign-in that was kept is passed over: somebody wants to sign in anew.
    pub anew: bool,
}

impl Access {
    /// Reads what the environment gives for a cloud. `account` is the one that was named in a flag.
    ///
    /// # Errors
    /// Says what cannot be used, and what to do.
    pub fn read(
        profile: &Profile,
        store: TokenStore,
        account: Option<String>,
        look_up: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, AccessError> {
        let given = |variable| look_up(variable).filter(|value| !value.trim().is_empty());
        let (application, variable) = match (given(SECRET), given(CERTIFICATE)) {
            (Some(_), Some(_)) => return Err(AccessError::Both),
            (Some(secret), None) => (Some(Proof::Secret(secret.trim().to_owned().into())), SECRET),
            (None, Some(path)) => (Some(Proof::Certificate(certificate(PathBuf::from(path))?)), CERTIFICATE),
            (None, None) => (None, ""),
        };
        if application.is_some() {
            if profile.client_id.is_empty() {
                return Err(AccessError::NoClient(variable));
            }
            if ["organizations", "common", "consumers"].iter().any(|word| profile.tenant.eq_ignore_ascii_case(word)) {
                return Err(AccessError::NoTenant(variable, profile.tenant.clone()));
            }
        }
        let account = account.or_else(|| given(ACCOUNT));
        if application.is_some() && account.is_some() {
            return Err(AccessError::Account(variable));
        }
        let trust = profile.ca_file.as_deref().map(trust).transpose()?.unwrap_or_default();
        Ok(Self { outside: Outside::read(look_up), application, trust, store, account, anew: false })
    }

    /// Who is signed in without a sign-in: an application, or whom tokens from outside name.
    pub fn named(&self, profile: &Profile) -> Option<Account> {
        if self.application.is_some() {
            let name = format!("application {}", profile.client_id);
            return Some(Account { name, tenant: Some(profile.tenant.clone()) });
        }
        let unnamed = || Account::from("tokens from outside");
        self.outside.stand_alone().then(|| self.outside.account().unwrap_or_else(unnamed))
    }

    /// The services of this cloud that an application cannot ask, and for which no token was given.
    pub fn closed(&self, profile: &Profile) -> Vec<Service> {
        let is_there = |service: &Service| match service {
            Service::Lcs => profile.lcs.is_some(),
            Service::Link => profile.link.is_some(),
            _ => profile.gateway.is_some(),
        };
        let closed = Service::OF_PEOPLE.into_iter().filter(is_there).filter(|service| !self.outside.has(*service));
        if self.application.is_some() { closed.collect() } else { Vec::new() }
    }

    /// What an application leaves unread, in a sentence; none where nothing is.
    pub fn note(&self, profile: &Profile) -> Option<String> {
        let closed = self.closed(profile);
        let names: Vec<&str> = closed.iter().map(|service| service.name()).collect();
        let mut variables: Vec<&str> = closed.iter().filter_map(|service| service.token_variable()).collect();
        variables.dedup();
        (!names.is_empty()).then(|| {
            format!(
                "An application is signed in. Only people can ask {}: what they would tell stays unknown unless a \
                 person's token is given in {}.",
                names.join(", "),
                variables.join(", ")
            )
        })
    }

    /// Why an application cannot do this to its end; none where it can, or where a person is there.
    pub fn refuses(&self, profile: &Profile, step: Step) -> Option<String> {
        let closed = self.closed(profile);
        let service = match step {
            Step::LinkDirectly => Service::Link,
            Step::LinkByHand | Step::Reset => Service::Gateway,
        };
        let what = match step {
            Step::Reset => "Reset link is",
            Step::LinkDirectly | Step::LinkByHand => "The link is",
        };
        let variable = closed.contains(&service).then(|| service.token_variable()).flatten()?;
        Some(format!(
            "Nothing was started. {what} for people only, and an application is signed in: give a person's token in \
             {variable}."
        ))
    }

    /// What a client identifies itself with. `signed_in` is a sign-in that was kept.
    pub fn credentials(self, signed_in: Option<(Account, SecretString)>, keeper: Option<Keeper>) -> Credentials {
        let identity = match (self.application, signed_in) {
            (Some(proof), _) => Identity::Application(proof),
            (None, Some((account, refresh))) => Identity::Person { account: Some(account), refresh: Some(refresh) },
            (None, None) => Identity::Person { account: None, refresh: None },
        };
        Credentials { identity, outside: self.outside, keeper }
    }
}

fn certificate(path: PathBuf) -> Result<Certificate, AccessError> {
    let text = read_small(&path).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
    match text {
        Ok(text) => Certificate::parse(&text.into()).map_err(|source| AccessError::Certificate { path, source }),
        Err(source) => Err(AccessError::Read { path, source }),
    }
}

fn trust(path: &Path) -> Result<Trust, AccessError> {
    let failed = |why: String| AccessError::Authorities { path: path.to_owned(), why };
    let pem = read_small(path).map_err(|error| failed(error.to_string()))?;
    Trust::parse(&pem).map_err(failed)
}

/// A file that a profile or the environment names: neither a device without an end nor a pipe that nobody writes to.
fn read_small(path: &Path) -> std::io::Result<Vec<u8>> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() || about.len() > CERTIFICATE_MAX {
        return Err(std::io::Error::other("it is no file of a sensible size"));
    }
    std::fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = r#"
name = "test"
authority = "http://127.0.0.1:1/entra"
tenant = "contoso.example"
client_id = "00000000-0000-4000-8000-0000000000c1"
lcs = "http://127.0.0.1:1/lcs"
bap = "http://127.0.0.1:1/bap"
power_platform = "http://127.0.0.1:1/pp"
gateway = "http://127.0.0.1:1/gateway"
"#;

    fn profile(more: &str, less: &str) -> Profile {
        Profile::parse(&PROFILE.replace(less, more), "test").unwrap()
    }

    fn read(profile: &Profile, variables: &[(&str, &str)]) -> Result<Access, AccessError> {
        let look_up = |wanted: &str| {
            variables.iter().find(|(variable, _)| *variable == wanted).map(|(_, value)| (*value).to_owned())
        };
        Access::read(profile, TokenStore::Memory, None, &look_up)
    }

    #[test]
    fn an_application_says_which_services_it_cannot_ask() {
        let profile = profile("", "nothing");
        let access = read(&profile, &[(SECRET, "s")]).unwrap();
        let note = access.note(&profile).unwrap();
        assert!(note.contains("Lifecycle Services, the dual-write gateway") && note.contains("_LCS, DUAL"), "{note}");
        let access = read(&profile, &[(SECRET, "s"), ("DUALWRITE_TOKEN_LCS", "t"), ("DUALWRITE_TOKEN_GATEWAY", "t")]);
        assert_eq!(access.unwrap().note(&profile), None);
        assert_eq!(read(&profile, &[]).unwrap().note(&profile), None);
    }

    #[test]
    fn what_only_people_can_do_is_refused_before_it_starts() {
        let profile = profile("", "nothing");
        let refuses = |variables: &[(&str, &str)], step| read(&profile, variables).unwrap().refuses(&profile, step);
        let why = refuses(&[(SECRET, "s")], Step::Reset).unwrap();
        assert!(why.contains("DUALWRITE_TOKEN_GATEWAY"), "{why}");
        assert!(refuses(&[(SECRET, "s")], Step::LinkByHand).unwrap().contains("The link is for people only"));
        assert_eq!(refuses(&[(SECRET, "s"), ("DUALWRITE_TOKEN_GATEWAY", "t")], Step::Reset), None);
        assert_eq!(refuses(&[], Step::Reset), None);
    }

    #[test]
    fn an_application_needs_an_id_a_tenant_and_one_proof() {
        let whole = profile("", "nothing");
        let said = |profile: &Profile, variables: &[(&str, &str)]| match read(profile, variables) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(said(&whole, &[(SECRET, "s"), (CERTIFICATE, "f")]).contains("both"));
        assert!(said(&whole, &[(SECRET, "s"), (ACCOUNT, "ada")]).contains("--account"));
        let nobody = profile("", "client_id = \"00000000-0000-4000-8000-0000000000c1\"\n");
        assert!(said(&nobody, &[(SECRET, "s")]).contains("DUALWRITE_CLIENT_ID"));
        let anywhere = profile("organizations", "contoso.example");
        assert!(said(&anywhere, &[(SECRET, "s")]).contains("DUALWRITE_TENANT"));
        assert!(said(&whole, &[(CERTIFICATE, "/nowhere/x.pem")]).contains("/nowhere/x.pem"));
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("x.pem");
        std::fs::write(&file, "-----BEGIN NOTHING-----").unwrap();
        assert!(said(&whole, &[(CERTIFICATE, file.to_str().unwrap())]).contains("BEGIN CERTIFICATE"));
    }

    #[test]
    fn a_ca_file_is_read_before_anything_starts() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("ca.pem");
        let of = Profile { ca_file: Some(file.clone()), ..profile("", "nothing") };
        let said = || read(&of, &[]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said().contains("ca.pem") && said().contains("DUALWRITE_CA_FILE"), "{}", said());
        for (text, why) in [
            ("no certificate", "there is no certificate in it"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 in it cannot be read"),
        ] {
            std::fs::write(&file, text).unwrap();
            assert!(said().contains(why), "{}", said());
        }
        let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/assertion/certificate.pem");
        assert!(read(&Profile { ca_file: Some(good), ..of.clone() }, &[]).is_ok());
    }
}
