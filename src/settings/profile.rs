//! The cloud profile: which addresses one cloud consists of, checked as a whole before anything is
//! asked. It holds no secret.

use super::SettingsError;
use super::cloud::{self, BuiltIn};
use super::file::{self, Source};
use crate::core::model::Cloud;
use crate::core::national::{GCC_HIGH_BAP, National};
use crate::core::profile as rules;
use serde::Deserialize;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use url::{Host, Url};

/// The dual-write administration portal of the public cloud; that of other clouds is not known.
const PORTAL: &str = "https://dataintegrator.trafficmanager.net";
/// Why a name is refused that a person takes for that of the simulator.
const NOT_SIMULATED: &str = "This name says that it is a rehearsal, and not all addresses are on this machine. Give the \
                             cloud another name.";

/// Which services one cloud consists of. Addresses have no trailing slash.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Shown in the header of every screen.
    pub name: String,
    /// The national cloud, which tells the hosts that belong to it.
    pub national: National,
    /// Token service.
    pub authority: Url,
    /// Tenant id or domain; `organizations` while unknown.
    pub tenant: String,
    /// Public client registration; needed to sign in, empty where it is not known.
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
    /// Token audiences where they are not those of the public cloud.
    pub audiences: Audiences,
    /// Further certificates of authorities that are trusted, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Simulated seconds per second; only on loopback.
    pub speed: f64,
    /// The keys that a file itself says; the others come from a built-in cloud, or nobody said them.
    pub said: Vec<&'static str>,
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

/// What stands in a profile, each with its place.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    like: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    authority: Option<Spanned<String>>,
    tenant: Option<Spanned<String>>,
    client_id: Option<Spanned<String>>,
    lcs: Option<Spanned<String>>,
    lcs_project: Option<Spanned<u64>>,
    bap: Option<Spanned<String>>,
    power_platform: Option<Spanned<String>>,
    gateway: Option<Spanned<String>>,
    graph: Option<Spanned<String>>,
    portal: Option<Spanned<String>>,
    link: Option<Spanned<String>>,
    #[serde(default)]
    audiences: Audiences,
    ca_file: Option<Spanned<PathBuf>>,
    speed: Option<Spanned<f64>>,
}

impl Keys {
    /// Those that are there.
    fn said(&self) -> Vec<&'static str> {
        [
            ("name", self.name.is_some()),
            ("authority", self.authority.is_some()),
            ("tenant", self.tenant.is_some()),
            ("client_id", self.client_id.is_some()),
            ("lcs", self.lcs.is_some()),
            ("lcs_project", self.lcs_project.is_some()),
            ("bap", self.bap.is_some()),
            ("power_platform", self.power_platform.is_some()),
            ("gateway", self.gateway.is_some()),
            ("graph", self.graph.is_some()),
            ("portal", self.portal.is_some()),
            ("link", self.link.is_some()),
            ("ca_file", self.ca_file.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_said)| is_said.then_some(key))
        .collect()
    }
}

/// Where keys stand.
pub(super) struct Around<'a> {
    /// The text they are in.
    pub(super) source: Source<'a>,
    /// The place of the profile as a whole (bytes).
    pub(super) start: Range<usize>,
    /// The directory that relative paths begin at.
    pub(super) dir: Option<&'a Path>,
    /// The name of the table they are in.
    pub(super) table: Option<&'a str>,
}

const NOT_AN_ADDRESS: &str = "Write it as https://host or https://host/path.";
const NOT_HTTPS: &str =
    "Only https is allowed; http only to this machine, and only when every address of the profile is on this machine.";
const WITH_EXTRAS: &str = "Leave out user name, password, query and fragment.";
const READ_ADVICE: &str = "Give --cloud the path of a profile file or the name of a cloud; `dualwrite simulate --write-profile FILE` writes a file to look at.";

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// Says which file, what is wrong with it, and where.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = file::read(path, "cloud profile", READ_ADVICE)?;
        Self::of_text(&text, &path.display().to_string(), path.parent())
    }

    /// Reads a profile from its text; `origin` names it in errors.
    ///
    /// # Errors
    /// Says what is wrong, and where.
    pub fn parse(text: &str, origin: &str) -> Result<Self, SettingsError> {
        Self::of_text(text, origin, None)
    }

    fn of_text(text: &str, origin: &str, dir: Option<&Path>) -> Result<Self, SettingsError> {
        let source = Source { origin, text };
        let keys: Keys = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
        Self::of(&keys, &Around { source, start: 0..0, dir, table: None })
    }

    /// A built-in cloud as it is.
    ///
    /// # Errors
    /// Where nobody knows all of it: says what to add.
    pub(super) fn built_in(national: National) -> Result<Self, SettingsError> {
        if national == National::GccHigh {
            let name = national.name();
            let why = gcc_high();
            return Err(SettingsError::Incomplete(format!(
                "The cloud {name} is not complete. {why} It goes under [clouds.{name}] in the settings file."
            )));
        }
        let source = Source { origin: national.name(), text: "" };
        Self::of(&Keys::default(), &Around { source, start: 0..0, dir: None, table: Some(national.name()) })
    }

    /// A profile from its keys. A table that has the name of a built-in cloud amends it.
    pub(super) fn of(keys: &Keys, around: &Around) -> Result<Self, SettingsError> {
        let Around { source, start, dir, table } = around;
        let like = match &keys.like {
            Some(like) => Some(National::named(like.get_ref()).ok_or_else(|| {
                let names = National::ALL.map(National::name).join(", ");
                source.wrong(&like.span(), format!("like names no built-in cloud. They are {names}."))
            })?),
            None => table.and_then(National::named),
        };
        let built_in = like.map(BuiltIn::of);
        let address = |key: &str, own: &Option<Spanned<String>>, known: Option<&str>| match (own, known) {
            (Some(own), _) => base(own.get_ref())
                .map(Some)
                .map_err(|why| source.wrong(&own.span(), format!("{key} is no address that can be used. {why}"))),
            (None, Some(known)) => base(known).map(Some).map_err(|why| source.wrong(start, why)),
            (None, None) => Ok(None),
        };
        let missing = |key: &str| {
            let why = format!(
                "{key} is missing. Add it, or take what is not said from a built-in cloud, as with like = \"public\"."
            );
            source.wrong(start, why)
        };
        let known = |of: fn(&BuiltIn) -> &'static str| built_in.as_ref().map(of);
        let name = match (&keys.name, table, like) {
            (Some(name), _, _) => name.get_ref().clone(),
            (None, Some(table), _) => (*table).to_owned(),
            (None, None, Some(like)) => like.name().to_owned(),
            (None, None, None) => return Err(missing("name")),
        };
        let authority =
            address("authority", &keys.authority, known(|of| of.authority))?.ok_or_else(|| missing("authority"))?;
        let tenant = match &keys.tenant {
            Some(tenant) => {
                rules::tenant(tenant.get_ref()).map_err(|why| source.wrong(&tenant.span(), format!("tenant: {why}")))?
            }
            None => "organizations".to_owned(),
        };
        let lcs_project = match &keys.lcs_project {
            Some(project) => Some(
                rules::lcs_project(&project.get_ref().to_string())
                    .map_err(|why| source.wrong(&project.span(), format!("lcs_project: {why}")))?,
            ),
            None => None,
        };
        let profile = Self {
            national: like.unwrap_or_else(|| cloud::of_authority(authority.host_str().unwrap_or_default())),
            authority,
            lcs: address("lcs", &keys.lcs, built_in.as_ref().and_then(|of| of.lcs))?,
            bap: address("bap", &keys.bap, known(|of| of.bap))?.ok_or_else(|| missing("bap"))?,
            power_platform: address("power_platform", &keys.power_platform, known(|of| of.power_platform))?
                .ok_or_else(|| missing("power_platform"))?,
            gateway: address("gateway", &keys.gateway, None)?,
            graph: address("graph", &keys.graph, known(|of| of.graph))?,
            portal: address("portal", &keys.portal, Some(PORTAL))?.ok_or_else(|| missing("portal"))?,
            link: address("link", &keys.link, None)?,
            name,
            tenant,
            client_id: keys.client_id.as_ref().map(|id| client_id(id.get_ref())).unwrap_or_default(),
            lcs_project,
            audiences: match &built_in {
                Some(built_in) => built_in.audiences(keys.audiences.clone()),
                None => keys.audiences.clone(),
            },
            ca_file: keys.ca_file.as_ref().map(|file| super::path(file, *dir, source)).transpose()?,
            speed: keys.speed.as_ref().map_or(1.0, |speed| *speed.get_ref()),
            said: keys.said(),
        };
        profile.check(keys, like, around)?;
        Ok(profile)
    }

    /// What can be said of the values only together.
    fn check(&self, keys: &Keys, like: Option<National>, around: &Around) -> Result<(), SettingsError> {
        let Around { source, start, .. } = around;
        let place = |of: Option<Range<usize>>| of.unwrap_or_else(|| start.clone());
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            let span = place(keys.name.as_ref().map(Spanned::span));
            return Err(source.wrong(&span, "name is shown on every screen: give it a word."));
        }
        if rules::reads_as_simulator(&self.name) && !self.is_loopback() {
            let span = place(keys.name.as_ref().map(Spanned::span));
            return Err(source.wrong(&span, NOT_SIMULATED));
        }
        if let Some(id) = keys.client_id.as_ref().filter(|id| !id.get_ref().is_empty())
            // A simulator may call its clients what it likes.
            && !self.is_loopback()
        {
            rules::client_id(id.get_ref()).map_err(|why| source.wrong(&id.span(), format!("client_id: {why}")))?;
        }
        self.check_addresses(keys, around)?;
        if like == Some(National::GccHigh) && self.audiences.bap.is_none() {
            return Err(source.wrong(start, gcc_high()));
        }
        if !self.speed.is_finite()
            || self.speed <= 0.0
            || (self.speed - 1.0).abs() > f64::EPSILON && !self.is_loopback()
        {
            let span = place(keys.speed.as_ref().map(Spanned::span));
            let why = "speed is a number above zero, and only for a simulator on this machine. Take it out.";
            return Err(source.wrong(&span, why));
        }
        Ok(())
    }

    /// `https` alone, but for a profile that is of this machine as a whole. Of such a profile the one
    /// line that is not is at fault, not those that are.
    fn check_addresses(&self, keys: &Keys, around: &Around) -> Result<(), SettingsError> {
        let bases = self.bases();
        let is_plain = |url: &Url| url.scheme() != "https";
        let written = |key: &str| match key {
            "authority" => keys.authority.as_ref(),
            "bap" => keys.bap.as_ref(),
            "power_platform" => keys.power_platform.as_ref(),
            "lcs" => keys.lcs.as_ref(),
            "gateway" => keys.gateway.as_ref(),
            "graph" => keys.graph.as_ref(),
            _ => keys.link.as_ref(),
        };
        let plain_away = bases.iter().find(|(_, url)| is_plain(url) && !is_loopback(url));
        let plain = bases.iter().find(|(_, url)| is_plain(url));
        // What a built-in cloud says is never at fault.
        let away = bases.iter().find(|(key, url)| !is_loopback(url) && written(key).is_some());
        let is_mixed = bases.iter().any(|(_, url)| !is_loopback(url)) && plain.is_some();
        let wrong = plain_away.or(away.filter(|_| is_mixed)).or(plain.filter(|_| is_mixed));
        let Some((key, url)) = wrong else { return Ok(()) };
        let span = written(key).map_or_else(|| around.start.clone(), Spanned::span);
        Err(around.source.wrong(&span, format!("{key} cannot be {url}. {NOT_HTTPS}")))
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

    /// Hosts of services that get tokens of one of Microsoft's clouds and are not of that cloud. Of a gateway only the
    /// form is known, and that is looked at where it is asked. None where the token service is nobody's but the
    /// profile's own.
    pub fn foreign_hosts(&self) -> Vec<String> {
        let of_cloud = National::ALL.map(BuiltIn::of);
        let is_here =
            |known: &&BuiltIn| Url::parse(known.authority).is_ok_and(|url| url.host() == self.authority.host());
        let known: Vec<&BuiltIn> = of_cloud.iter().filter(is_here).collect();
        let is_known = |url: &Url| {
            let mut bases = known.iter().flat_map(|known| known.services()).flatten();
            bases.any(|base| Url::parse(base).is_ok_and(|base| base.host() == url.host()))
        };
        let others =
            self.bases().into_iter().filter(|(key, url)| !matches!(*key, "authority" | "gateway") && !is_known(url));
        if known.is_empty() {
            Vec::new()
        } else {
            others.filter_map(|(_, url)| url.host_str().map(str::to_owned)).collect()
        }
    }

    /// What the core is told of this cloud. `command` brings one back, without the environment;
    /// `speed` is in simulated seconds per second.
    pub fn cloud(&self, command: &str, speed: f64) -> Cloud {
        Cloud {
            name: self.name.clone(),
            portal: self.portal.as_str().trim_end_matches('/').to_owned(),
            lcs_project: self.lcs_project,
            has_client: !self.client_id.is_empty(),
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

/// What is missing for GCC High, and why nothing is chosen.
fn gcc_high() -> String {
    let [one, other] = GCC_HIGH_BAP;
    format!(
        "Public clients disagree on the audience of the BAP admin API of GCC High, and a wrong one gets no token. \
         Add audiences.bap = \"{one}\"; if the sign-in is refused, try \"{other}\"."
    )
}

/// A client id as it is kept; what is none is judged with the addresses.
fn client_id(text: &str) -> String {
    rules::client_id(text).unwrap_or_else(|_| text.trim().to_owned())
}

/// The speed as a header says it: whole numbers, and nothing at the speed of the wall clock.
pub fn shown_speed(speed: f64) -> Option<u32> {
    let whole = speed.round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
    (whole > 1.0).then_some(whole as u32)
}

/// An address in any sensible form, as a base without a trailing slash.
fn base(value: &str) -> Result<Url, &'static str> {
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
        assert_eq!((profile.link, profile.graph, profile.national), (None, None, National::Public));
    }

    #[test]
    fn a_profile_that_sends_tokens_of_microsofts_cloud_elsewhere_says_where() {
        let hosts = |text: &str| Profile::parse(text, "p.toml").unwrap().foreign_hosts();
        let like = "name = \"x\"\nlike = \"public\"\ntenant = \"contoso.com\"\n";
        assert!(hosts(like).is_empty());
        let usual =
            format!("{like}gateway = \"https://projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com\"");
        assert!(hosts(&usual).is_empty());
        assert_eq!(hosts(&format!("{like}bap = \"https://bap.evil.example\"")), ["bap.evil.example"]);
        assert_eq!(hosts(&format!("{like}link = \"https://link.contoso.com\"")), ["link.contoso.com"]);
        assert!(hosts(GOOD).is_empty(), "its token service is its own");
    }

    #[test]
    fn a_live_cloud_is_not_called_as_the_simulator_is() {
        for name in ["SIMULATOR", "simulator ", "Simu\\u200Blator"] {
            let live = error(&format!("like = \"public\"\nname = \"{name}\"\ntenant = \"contoso.com\"\n"));
            assert!(live.contains("line 2, column 8: This name says that it is a rehearsal"), "{live}");
        }
        Profile::parse(&GOOD.replace("rehearsal", "SIMULATOR"), "p.toml").unwrap();
    }

    #[test]
    fn http_is_for_this_machine_only_and_for_all_or_none() {
        let mixed = GOOD.replace("http://127.0.0.1:7070/bap/", "https://api.bap.microsoft.com");
        assert!(
            error(&mixed).contains("Only https") && error(&mixed).contains("line 6, column 7"),
            "{}",
            error(&mixed)
        );
        let remote = GOOD.replace("http://127.0.0.1:7070/bap/", "http://api.bap.microsoft.com");
        assert!(error(&remote).contains("Only https"));
        let amended = error("like = \"public\"\nbap = \"http://127.0.0.1:1\"\n");
        assert!(amended.contains("line 2, column 7: bap cannot be http://127.0.0.1:1/"), "{amended}");
    }

    #[test]
    fn an_address_may_lack_its_scheme_and_be_upper_case() {
        assert_eq!(base("API.BAP.microsoft.com").unwrap().as_str(), "https://api.bap.microsoft.com/");
        assert!(base("ftp://x").is_err());
        assert!(base("https://user:secret@host").is_err());
        assert!(base("").is_err());
        assert!(base("http://[::1]:7/x?y").is_err());
    }

    #[test]
    fn a_broken_profile_names_its_place() {
        let text = error("name = \"x\"\nauthority = 7\n");
        assert!(text.starts_with("p.toml, line 2, column 13: ") && text.contains("authority = 7"), "{text}");
        assert!(error(&format!("{GOOD}portl = \"https://x\"")).contains("line 8, column 1: unknown setting `portl`"));
        assert!(error("name = \"x\"").contains("line 1, column 1: authority is missing"));
        assert!(error(&GOOD.replace("http://127.0.0.1:7070/bap/", "nowhere at all")).contains("line 6, column 7"));
        assert!(error(&format!("{GOOD}lcs_project = 0")).contains("line 8, column 15: lcs_project"));
        assert!(error(&format!("{GOOD}speed = -1")).contains("line 8, column 9: speed"));
        assert!(error(&GOOD.replace("\"rehearsal\"", "\" \"")).contains("line 2, column 8: name"));
        assert!(error("like = \"pubic\"").contains("line 1, column 8: like names no built-in cloud. They are public"));
    }

    #[test]
    fn what_is_not_said_is_that_of_the_cloud_it_is_like() {
        let text =
            "like = \"china\"\ntenant = \"contoso.cn\"\nca_file = \"more.pem\"\n[audiences]\nlcs = \"https://own\"\n";
        let profile = Profile::of_text(text, "p.toml", Some(Path::new("/etc"))).unwrap();
        assert_eq!(profile.authority.as_str(), "https://login.chinacloudapi.cn/");
        assert_eq!((profile.name.as_str(), profile.national), ("china", National::China));
        assert_eq!(profile.audiences.bap.as_deref(), Some("https://service.powerapps.cn/"));
        assert_eq!(profile.audiences.lcs.as_deref(), Some("https://own"));
        assert_eq!(profile.ca_file, Some(PathBuf::from("/etc/more.pem")));
        assert_eq!((profile.gateway, profile.client_id.as_str()), (None, ""));
    }

    #[test]
    fn every_built_in_cloud_is_complete_but_for_the_audience_that_nobody_knows() {
        for national in National::ALL {
            let text = format!("like = \"{}\"\naudiences.bap = \"x\"", national.name());
            let profile = Profile::parse(&text, "p.toml").unwrap();
            assert_eq!(profile.national, national);
            assert!(!profile.is_loopback() && profile.bases().iter().all(|(_, url)| url.scheme() == "https"));
            assert_eq!(Profile::built_in(national).is_ok(), national != National::GccHigh);
        }
        for text in [error("like = \"gcc-high\""), Profile::built_in(National::GccHigh).unwrap_err().to_string()] {
            assert!(GCC_HIGH_BAP.iter().all(|audience| text.contains(audience)), "{text}");
        }
        // The tenants of GCC are in the commercial Entra ID.
        let host = |national| Profile::built_in(national).unwrap().authority;
        assert_eq!(host(National::Gcc), host(National::Public));
    }

    #[test]
    fn the_national_cloud_is_told_by_the_authority_where_nothing_is_said() {
        let of = |host: &str| {
            let text = GOOD.replace("http://127.0.0.1:7070", &format!("https://{host}"));
            Profile::parse(&text.replace("http://LOCALHOST:7070", "https://x"), "p").unwrap().national
        };
        assert_eq!(of("login.microsoftonline.com"), National::Public);
        assert_eq!(of("login.microsoftonline.us"), National::GccHigh);
        assert_eq!(of("login.chinacloudapi.cn"), National::China);
        assert_eq!(of("login.partner.microsoftonline.cn"), National::China);
    }

    #[test]
    fn a_client_is_an_id_but_on_this_machine() {
        assert!(Profile::parse(&GOOD.replace("00000000-0000-4000-8000-0000000000c1", "c"), "p").is_ok());
        let braced = "like = \"public\"\nclient_id = \"{00000000-0000-4000-8000-0000000000C1}\"";
        assert_eq!(Profile::parse(braced, "p").unwrap().client_id, "00000000-0000-4000-8000-0000000000c1");
        let text = error("like = \"public\"\nclient_id = \"my app\"\n");
        assert!(text.contains("line 2, column 13: client_id: \"m\" stands in no id"), "{text}");
        assert!(error("like = \"public\"\ntenant = \"contoso\"").contains("line 2, column 10: tenant: A domain"));
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
