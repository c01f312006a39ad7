//! Settings: the cloud profile, checked as a whole before anything is asked.
//!
//! A profile is a TOML file that names the addresses of one cloud. Everything wrong with it is
//! said with its file, and with line and column where the text is at fault. It holds no secret.

use crate::core::model::Cloud;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::Path;
use url::{Host, Url};

/// The dual-write administration portal of the public cloud.
const PORTAL: &str = "https://dataintegrator.trafficmanager.net";
/// Largest profile that is read, in bytes.
const PROFILE_MAX: u64 = 64 * 1024;

/// A cloud of Microsoft with hosts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum National {
    /// The public cloud.
    Public,
    /// Government community cloud; its tenants live in the commercial Entra.
    Gcc,
    /// GCC High.
    GccHigh,
    /// Department of Defense.
    Dod,
    /// China, run by 21Vianet.
    China,
}

/// Which services one cloud consists of. Addresses have no trailing slash.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Shown in the header of every screen.
    pub name: String,
    /// Whose host names its answers may name.
    pub national: National,
    /// Token service.
    pub authority: Url,
    /// Tenant id or domain; `organizations` while unknown.
    pub tenant: String,
    /// Public client registration; needed to sign in.
    pub client_id: String,
    /// Lifecycle Services API.
    pub lcs: Option<Url>,
    /// LCS project.
    pub lcs_project: Option<u64>,
    /// BAP admin API.
    pub bap: Url,
    /// Power Platform API.
    pub power_platform: Url,
    /// Dual-write management gateway.
    pub gateway: Option<Url>,
    /// Microsoft Graph; without it licences and the applications of the tenant are unknown.
    pub graph: Option<Url>,
    /// Dual-write administration portal.
    pub portal: Url,
    /// Link operation; without it the link is assisted.
    pub link: Option<Url>,
    /// Overrides of the token audiences.
    pub audiences: Audiences,
    /// Simulated seconds per second; only on loopback.
    pub speed: f64,
}

/// Token audiences per service, where a profile differs from the public cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audiences {
    /// Lifecycle Services and the link operation.
    pub lcs: Option<String>,
    /// BAP admin API.
    pub bap: Option<String>,
    /// Power Platform API.
    pub power_platform: Option<String>,
    /// Dual-write management gateway.
    pub gateway: Option<String>,
    /// Microsoft Graph.
    pub graph: Option<String>,
}

/// What is wrong with a profile, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error(
        "The cloud profile {origin} cannot be read: {source}. Give --cloud the path of a profile file; `dualwrite simulate --write-profile FILE` writes one to look at."
    )]
    Read {
        /// File.
        origin: String,
        /// Why.
        source: std::io::Error,
    },
    /// No regular file, or a file that is too large.
    #[error("The cloud profile {0} is not a text file of at most 64 KiB.")]
    NotAFile(String),
    /// Not TOML, or not a profile; names line and column.
    #[error("The cloud profile {origin} has an error:\n{source}")]
    Parse {
        /// File.
        origin: String,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// An address that is none, or that no token may go to.
    #[error("The cloud profile {origin} has an address that cannot be used: {key} = \"{value}\". {why}")]
    Address {
        /// File.
        origin: String,
        /// Key.
        key: &'static str,
        /// Value.
        value: String,
        /// Why, and what to do.
        why: &'static str,
    },
    /// A value other than an address that cannot be used.
    #[error("The cloud profile {origin} has a value that cannot be used: {key}. {why}")]
    Value {
        /// File.
        origin: String,
        /// Key.
        key: &'static str,
        /// Why, and what to do.
        why: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    authority: String,
    tenant: Option<String>,
    client_id: Option<String>,
    lcs: Option<String>,
    lcs_project: Option<u64>,
    bap: String,
    power_platform: String,
    gateway: Option<String>,
    graph: Option<String>,
    portal: Option<String>,
    link: Option<String>,
    #[serde(default)]
    audiences: Audiences,
    speed: Option<f64>,
}

const NOT_AN_ADDRESS: &str = "Write it as https://host or https://host/path.";
const NOT_HTTPS: &str =
    "Only https is allowed; http only to this machine, and only when every address of the profile is on this machine.";
const WITH_EXTRAS: &str = "Leave out user name, password, query and fragment.";

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// Says which file, what is wrong with it, and where.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let origin = path.display().to_string();
        let failed = |source| ProfileError::Read { origin: origin.clone(), source };
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() || about.len() > PROFILE_MAX {
            return Err(ProfileError::NotAFile(origin));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::parse(&text, &origin)
    }

    /// Reads a profile from its text; `origin` names it in errors.
    ///
    /// # Errors
    /// Says what is wrong, and where.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ProfileError> {
        let file: File = toml::from_str(text)
            .map_err(|source| ProfileError::Parse { origin: origin.to_owned(), source: Box::new(source) })?;
        let address = |key: &'static str, value: &str| {
            address(value).map_err(|why| ProfileError::Address {
                origin: origin.to_owned(),
                key,
                value: value.to_owned(),
                why,
            })
        };
        let optional = |key, value: &Option<String>| value.as_deref().map(|value| address(key, value)).transpose();
        let wrong = |key, why| ProfileError::Value { origin: origin.to_owned(), key, why };
        let profile = Self {
            authority: address("authority", &file.authority)?,
            lcs: optional("lcs", &file.lcs)?,
            bap: address("bap", &file.bap)?,
            power_platform: address("power_platform", &file.power_platform)?,
            gateway: optional("gateway", &file.gateway)?,
            graph: optional("graph", &file.graph)?,
            portal: address("portal", file.portal.as_deref().unwrap_or(PORTAL))?,
            link: optional("link", &file.link)?,
            name: file.name,
            national: National::Public,
            tenant: file.tenant.unwrap_or_else(|| "organizations".into()),
            client_id: file.client_id.unwrap_or_default(),
            lcs_project: file.lcs_project,
            audiences: file.audiences,
            speed: file.speed.unwrap_or(1.0),
        };
        if profile.name.trim().is_empty() || profile.name.chars().any(char::is_control) {
            return Err(wrong("name", "It is shown on every screen: give it a word."));
        }
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        if profile.tenant.is_empty() || !plain(&profile.tenant) {
            return Err(wrong("tenant", "Give a tenant id or a domain."));
        }
        if !plain(&profile.client_id) {
            return Err(wrong("client_id", "Give the application (client) id of your registration."));
        }
        // Of a profile of this machine the one line that is not is at fault, not those that are.
        let bases = profile.bases();
        let away = bases.iter().find(|(_, url)| !is_loopback(url));
        let plain_away = bases.iter().find(|(_, url)| url.scheme() != "https" && !is_loopback(url));
        let has_plain = bases.iter().any(|(_, url)| url.scheme() != "https");
        let wrong_one = plain_away.or(away.filter(|_| has_plain));
        if let Some((key, url)) = wrong_one {
            return Err(ProfileError::Address {
                origin: origin.to_owned(),
                key,
                value: url.to_string(),
                why: NOT_HTTPS,
            });
        }
        if !profile.speed.is_finite()
            || profile.speed <= 0.0
            || (profile.speed - 1.0).abs() > f64::EPSILON && !profile.is_loopback()
        {
            return Err(wrong("speed", "It is a number above zero, and only for a simulator on this machine."));
        }
        Ok(profile)
    }

    /// The addresses that tokens or codes go to, by key.
    fn bases(&self) -> Vec<(&'static str, &Url)> {
        let mut bases =
            vec![("authority", &self.authority), ("bap", &self.bap), ("power_platform", &self.power_platform)];
        bases.extend(self.lcs.as_ref().map(|url| ("lcs", url)));
        bases.extend(self.gateway.as_ref().map(|url| ("gateway", url)));
        bases.extend(self.graph.as_ref().map(|url| ("graph", url)));
        bases.extend(self.link.as_ref().map(|url| ("link", url)));
        bases
    }

    /// What the core is told of this cloud. `command` brings one back, without the environment;
    /// `speed` is in simulated seconds per second.
    pub fn cloud(&self, command: &str, speed: f64) -> Cloud {
        Cloud {
            name: self.name.clone(),
            portal: self.portal.as_str().trim_end_matches('/').to_owned(),
            lcs_project: self.lcs_project,
            has_lcs: self.lcs.is_some(),
            has_gateway: self.gateway.is_some(),
            has_graph: self.graph.is_some(),
            has_link: self.link.is_some(),
            command: command.to_owned(),
            speed: shown_speed(speed),
            address: self.bap.as_str().trim_end_matches('/').to_owned(),
            ends_with_program: false,
        }
    }

    /// Whether every address is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.bases().iter().all(|(_, url)| is_loopback(url))
    }
}

/// The speed as a header says it: whole numbers, and nothing at the speed of the wall clock.
pub fn shown_speed(speed: f64) -> Option<u32> {
    let whole = speed.round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
    (whole > 1.0).then_some(whole as u32)
}

/// An address in any sensible form, as a base without a trailing slash.
fn address(value: &str) -> Result<Url, &'static str> {
    let value = value.trim();
    let text = if value.contains("://") { value.to_owned() } else { format!("https://{value}") };
    let mut url = Url::parse(&text).map_err(|_| NOT_AN_ADDRESS)?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(NOT_AN_ADDRESS);
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(WITH_EXTRAS);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether an address is on this machine: a loopback number, `localhost`, or a name under it (RFC
/// 6761 keeps those for loopback; the client never asks a name server for them).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => is_local_name(name),
        None => false,
    }
}

/// `localhost` or a name under it.
pub fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "rehearsal"
authority = "http://127.0.0.1:7070/entra"
tenant = "f1e2d3c4-0000-4000-8000-00000000aaaa"
client_id = "00000000-0000-4000-8000-0000000000c1"
bap = "http://127.0.0.1:7070/bap/"
power_platform = "http://LOCALHOST:7070/powerplatform"
"#;

    fn error(text: &str) -> String {
        Profile::parse(text, "p.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_profile_is_read_and_slashes_are_trimmed() {
        let profile = Profile::parse(GOOD, "p.toml").unwrap();
        assert_eq!(profile.bap.as_str(), "http://127.0.0.1:7070/bap");
        assert!(profile.is_loopback());
        assert_eq!(profile.link, None);
    }

    #[test]
    fn http_is_for_this_machine_only_and_for_all_or_none() {
        let mixed = GOOD.replace("http://127.0.0.1:7070/bap/", "https://api.bap.microsoft.com");
        assert!(error(&mixed).contains("Only https"), "{}", error(&mixed));
        let remote = GOOD.replace("http://127.0.0.1:7070/bap/", "http://api.bap.microsoft.com");
        assert!(error(&remote).contains("Only https"));
    }

    #[test]
    fn an_address_may_lack_its_scheme_and_be_upper_case() {
        assert_eq!(address("API.BAP.microsoft.com").unwrap().as_str(), "https://api.bap.microsoft.com/");
        assert!(address("ftp://x").is_err());
        assert!(address("https://user:secret@host").is_err());
        assert!(address("").is_err());
        assert!(address("http://[::1]:7/x?y").is_err());
    }

    #[test]
    fn a_broken_profile_names_its_place() {
        let text = error("name = \"x\"\nauthority = 7\n");
        assert!(text.contains("p.toml") && text.contains("line 2"), "{text}");
        assert!(error(&format!("{GOOD}\nportl = \"https://x\"")).contains("portl"));
        assert!(error("name = \"x\"").contains("authority"));
    }

    #[test]
    fn a_missing_file_says_what_to_do() {
        let text = Profile::read(Path::new("/nowhere/profile.toml")).unwrap_err().to_string();
        assert!(text.contains("/nowhere/profile.toml") && text.contains("--write-profile"), "{text}");
    }

    #[test]
    fn names_under_localhost_are_this_machine_and_lookalikes_are_not() {
        assert!(is_local_name("contoso.crm4.localhost"));
        assert!(!is_local_name("localhost.example.com"));
        assert!(!is_local_name("notlocalhost"));
    }
}
