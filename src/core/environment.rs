//! What is known of an environment before anybody opens it: a row of the tenant's list, and one of Lifecycle
//! Services.
//!
//! Both are made of what the services sent as soon as a page of it is there, and hold no more than the program
//! needs: a tenant has ten thousand of them.

use super::time::Now;
use super::trouble::Trouble;
use crate::wire::{bap, bare_id, gateway, lcs, place};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Letters of an id that tell environments of one name apart.
const ID_SHOWN: usize = 8;

/// Key of an environment in the program: the Power Platform environment id, or the LCS environment
/// id where no Power Platform environment belongs to it. Whoever holds it shares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentId(pub Arc<str>);

/// Something that was read, was not read yet, or could not be read.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Fact<T> {
    /// Nobody asked, or the answer is not here yet.
    #[default]
    Unread,
    /// Read at this moment.
    Known(T, Now),
    /// Could not be found out, and why. Never the same as "not there". Rare, and larger than most facts.
    Unknown(Box<Trouble>, Now),
}

impl<T> Fact<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        if let Self::Known(value, _) = self { Some(value) } else { None }
    }

    /// When it was read or could not be.
    pub fn at(&self) -> Option<Now> {
        match self {
            Self::Unread => None,
            Self::Known(_, at) | Self::Unknown(_, at) => Some(*at),
        }
    }

    /// Why it is not known.
    pub fn trouble(&self) -> Option<&Trouble> {
        if let Self::Unknown(trouble, _) = self { Some(trouble) } else { None }
    }
}

/// Words that many environments have in common, each held once.
#[derive(Debug, Default)]
pub struct Words(HashSet<Arc<str>>);

impl Words {
    fn share(&mut self, word: &str) -> Arc<str> {
        if let Some(held) = self.0.get(word) {
            return Arc::clone(held);
        }
        let word: Arc<str> = word.into();
        self.0.insert(Arc::clone(&word));
        word
    }

    /// The same of what a service may leave out; an empty text says nothing.
    fn share_said(&mut self, word: Option<&str>) -> Option<Arc<str>> {
        word.filter(|word| !word.is_empty()).map(|word| self.share(word))
    }
}

/// Kind of an environment, in the words of the admin's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The live one.
    Production,
    /// A test environment run by Microsoft.
    Sandbox,
    /// A virtual machine in the customer's subscription.
    CloudHosted,
    /// A development environment that was born together with its Dataverse.
    UnifiedDeveloper,
    /// Dual-write is not supported on it.
    Trial,
    /// Anything else, as the service spells it.
    Other(Arc<str>),
}

impl Kind {
    fn of_sku(sku: Option<&str>, joined: Option<&str>, words: &mut Words) -> Self {
        match sku.unwrap_or_default().to_ascii_lowercase().as_str() {
            "production" => Self::Production,
            "sandbox" if joined.is_some_and(|kind| kind.eq_ignore_ascii_case("Internal")) => Self::UnifiedDeveloper,
            "sandbox" => Self::Sandbox,
            "trial" | "subscriptionbasedtrial" => Self::Trial,
            _ => Self::Other(words.share(sku.unwrap_or("not said"))),
        }
    }

    fn of_lcs(of: &lcs::Environment, words: &mut Words) -> Self {
        if of.environment_infrastructure.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("CustomerManaged")) {
            return Self::CloudHosted;
        }
        match of.environment_type.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
            "production" => Self::Production,
            "sandbox" => Self::Sandbox,
            "trial" => Self::Trial,
            _ => Self::Other(words.share(of.environment_type.as_deref().unwrap_or("not said"))),
        }
    }

    /// Its word.
    pub fn word(&self) -> &str {
        match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
            Self::CloudHosted => "Cloud-hosted",
            Self::UnifiedDeveloper => "Unified developer",
            Self::Trial => "Trial",
            Self::Other(word) => word,
        }
    }
}

/// The Dataverse side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataverse {
    /// Organisation address, without a trailing slash.
    pub url: String,
    /// Version.
    pub version: Option<Arc<str>>,
    /// Name of the organisation.
    pub name: Option<String>,
}

/// The finance and operations partner that the Power Platform names (`linkedAppMetadata`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// LCS environment id.
    pub id: Option<String>,
    /// Address, without a trailing slash.
    pub url: String,
}

/// What Lifecycle Services says of an environment. What it leaves out or leaves empty is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LcsEnvironment {
    /// LCS environment id, with or without dashes.
    pub id: Option<Arc<str>>,
    /// Project it belongs to.
    pub project: Option<u64>,
    /// Name in LCS.
    pub name: Option<String>,
    /// Base address of finance and operations, usually with a trailing slash.
    pub url: Option<String>,
    /// Its kind.
    pub kind: Kind,
    /// `SelfService`, `MicrosoftManaged`, `CustomerManaged` (cloud-hosted).
    pub infrastructure: Option<Arc<str>>,
    /// `Production`, `Sandbox`, `DevTestDev`, as LCS spells it.
    pub type_word: Option<Arc<str>>,
    /// Topology: `AXHA`, or a long product text.
    pub topology: Option<Arc<str>>,
    /// For example `10.0.1860.44`.
    pub application_build: Option<Arc<str>>,
    /// For example `10.0.39`.
    pub application_release: Option<Arc<str>>,
    /// `PU63` or `Update63`.
    pub platform_release: Option<Arc<str>>,
    /// Azure region, as LCS spells it.
    pub region: Option<Arc<str>>,
    /// `Deployed`, `Stopped`, `Failed`, ...
    pub status: Option<Arc<str>>,
}

impl LcsEnvironment {
    /// What is kept of a row of the project's list.
    pub fn listed(row: lcs::Environment, words: &mut Words) -> Self {
        Self {
            kind: Kind::of_lcs(&row, words),
            id: said(row.environment_id).map(Into::into),
            project: row.project_id.and_then(|id| id.parse().ok()),
            name: said(row.environment_name),
            url: said(row.environment_endpoint_base_url),
            infrastructure: words.share_said(row.environment_infrastructure.as_deref()),
            type_word: words.share_said(row.environment_type.as_deref()),
            topology: words.share_said(row.topology_display_name.as_deref()),
            application_build: words.share_said(row.current_application_build_version.as_deref()),
            application_release: words.share_said(row.current_application_release_name.as_deref()),
            platform_release: words.share_said(row.current_platform_release_name.as_deref()),
            region: words.share_said(row.cloud_storage_location.as_deref()),
            status: words.share_said(row.deployment_status_display.as_deref()),
        }
    }
}

fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// An address as it is kept: without a trailing slash.
fn address(url: Option<String>) -> Option<String> {
    said(url).map(|mut url| {
        url.truncate(url.trim_end_matches('/').len());
        url
    })
}

/// One environment: both sides as far as the two lists tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Key.
    pub id: EnvironmentId,
    /// Name people use.
    pub name: String,
    /// Kind of the Power Platform side, or of the finance and operations side alone.
    own_kind: Kind,
    /// Geography code, or the Azure region of LCS.
    pub geography: Option<Arc<str>>,
    /// Azure region as the Power Platform spells it.
    pub region: Option<Arc<str>>,
    /// Power Platform environment id.
    pub power_platform: Option<Arc<str>>,
    /// Tenant.
    pub tenant: Option<Arc<str>>,
    /// The Dataverse database, if there is one.
    pub dataverse: Option<Dataverse>,
    /// What the Power Platform says of Power Platform Integration.
    pub partner: Option<Partner>,
    /// Provisioning and management words, as the service spells them.
    pub states: Box<[Arc<str>]>,
    /// Facts of Lifecycle Services.
    pub lcs: Option<Arc<LcsEnvironment>>,
    /// Why there are none.
    pub no_lcs: Option<Arc<str>>,
    /// Another environment of the list has the same name.
    pub shares_name: bool,
    /// An address at which its dual-write gateway may be.
    pub gateway_guess: Option<String>,
    /// When the lists were read.
    pub read_at: Option<Now>,
}

impl Environment {
    /// What is kept of a row of the tenant's list.
    pub fn listed(row: bap::Environment, words: &mut Words) -> Self {
        let (more, id): (_, Arc<str>) = (row.properties, row.name.into());
        let joined = more.linked_app_metadata.as_ref().and_then(|app| app.kind.as_deref());
        Self {
            own_kind: Kind::of_sku(more.environment_sku.as_deref(), joined, words),
            name: said(more.display_name).unwrap_or_else(|| id.as_ref().to_owned()),
            geography: words.share_said(row.location.as_deref()),
            region: words.share_said(more.azure_region.as_deref()),
            tenant: words.share_said(more.tenant_id.as_deref()),
            dataverse: more.linked_environment_metadata.and_then(|linked| {
                Some(Dataverse {
                    url: address(linked.instance_url)?,
                    version: words.share_said(linked.version.as_deref()),
                    name: said(linked.friendly_name),
                })
            }),
            partner: more
                .linked_app_metadata
                .and_then(|app| Some(Partner { id: said(app.id), url: address(app.url)? })),
            states: [&more.provisioning_state, &more.states.management.id, &more.states.runtime.id]
                .into_iter()
                .filter_map(|word| words.share_said(word.as_deref()))
                .collect(),
            lcs: None,
            no_lcs: None,
            shares_name: false,
            gateway_guess: more.cluster.uri_suffix.as_deref().and_then(gateway::guessed_address),
            read_at: None,
            power_platform: Some(Arc::clone(&id)),
            id: EnvironmentId(id),
        }
    }

    /// One that only Lifecycle Services knows; without an id it cannot be told from others.
    pub(super) fn of_lcs(row: &Arc<LcsEnvironment>) -> Option<Self> {
        let id = row.id.clone()?;
        Some(Self {
            name: row.name.clone().unwrap_or_else(|| id.as_ref().to_owned()),
            id: EnvironmentId(id),
            own_kind: row.kind.clone(),
            geography: row.region.clone(),
            region: None,
            power_platform: None,
            tenant: None,
            dataverse: None,
            partner: None,
            states: Box::default(),
            lcs: Some(Arc::clone(row)),
            no_lcs: None,
            shares_name: false,
            gateway_guess: None,
            read_at: None,
        })
    }

    /// Whether the tenant's list says the same of it as a fresh row. What is joined in, and when it was read, does
    /// not count.
    pub(super) fn is_listed_as(&self, fresh: &Self) -> bool {
        let Self { id, name, own_kind, geography, region, power_platform, tenant, dataverse, partner, states, .. } =
            self;
        *id == fresh.id
            && *name == fresh.name
            && *own_kind == fresh.own_kind
            && *geography == fresh.geography
            && *region == fresh.region
            && *power_platform == fresh.power_platform
            && *tenant == fresh.tenant
            && *dataverse == fresh.dataverse
            && *partner == fresh.partner
            && *states == fresh.states
            && self.gateway_guess == fresh.gateway_guess
    }

    /// Kind: that of the Power Platform side, unless only finance and operations can say it.
    pub fn kind(&self) -> &Kind {
        match &self.lcs {
            Some(of) if of.kind == Kind::CloudHosted || self.partner.is_none() => &of.kind,
            _ => &self.own_kind,
        }
    }

    /// Address of finance and operations as far as the lists tell, without a trailing slash.
    pub fn finops_url(&self) -> Option<&str> {
        let of_lcs = || self.lcs.as_ref()?.url.as_deref();
        self.partner
            .as_ref()
            .map(|partner| partner.url.as_str())
            .or_else(of_lcs)
            .map(|url| url.trim_end_matches('/'))
            .filter(|url| !url.is_empty())
    }

    /// LCS environment id as far as the lists tell.
    pub fn lcs_id(&self) -> Option<&str> {
        let of_lcs = || self.lcs.as_ref()?.id.as_deref();
        self.partner.as_ref().and_then(|partner| partner.id.as_deref()).or_else(of_lcs)
    }

    /// Finance and operations versions in one phrase, if Lifecycle Services told them.
    pub fn finops_versions(&self) -> Option<String> {
        let of = self.lcs.as_ref()?;
        let said = |text: &'_ Option<Arc<str>>| text.clone().filter(|text| !text.trim().is_empty());
        match (said(&of.application_release).or_else(|| said(&of.application_build)), said(&of.platform_release)) {
            (Some(application), Some(platform)) => Some(format!("{application} / {platform}")),
            (Some(only), None) | (None, Some(only)) => Some(only.as_ref().to_owned()),
            (None, None) => None,
        }
    }

    /// What it is called so that nobody takes it for another: its name, with the beginning of its id where another one
    /// has the same name.
    pub fn label(&self) -> Cow<'_, str> {
        if !self.shares_name {
            return Cow::Borrowed(&self.name);
        }
        let id: String = self.id.0.chars().take(ID_SHOWN).collect();
        Cow::Owned(format!("{} ({id})", self.name))
    }

    /// Whether a typed text names this environment: its name, one of its ids or an address, in any
    /// sensible form.
    pub fn answers_to(&self, text: &str) -> bool {
        let text = text.trim();
        let is_id = |id: &str| bare_id(id) == bare_id(text);
        self.name.eq_ignore_ascii_case(text)
            || is_id(&self.id.0)
            || self.lcs_id().is_some_and(is_id)
            || [self.finops_url(), self.dataverse.as_ref().map(|side| side.url.as_str())]
                .into_iter()
                .flatten()
                .any(|url| leads_to(text, url))
    }
}

/// The one environment whose id begins with what was typed, as lists show it behind a name that is shared.
pub fn by_beginning<'a>(all: &'a [Environment], typed: &str) -> Option<&'a Environment> {
    let typed = typed.trim().to_ascii_lowercase();
    let mut fits = all.iter().filter(|of| typed.len() >= ID_SHOWN && of.id.0.to_ascii_lowercase().starts_with(&typed));
    fits.next().filter(|_| fits.next().is_none())
}

/// Whether a typed address leads to `url`: with or without scheme and port, upper case, or with the
/// path of a page behind it.
fn leads_to(typed: &str, url: &str) -> bool {
    let (typed, url) = (place(typed), place(url));
    let (host, path) = url.split_once('/').unwrap_or((&url, ""));
    let host = host.split_once(':').map_or(host, |(name, _)| name);
    let portless = format!("{host}/{path}");
    let is_at = |base: &str| typed.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_at(&url) || is_at(portless.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shared_name_is_told_with_the_beginning_of_the_id_and_that_names_one() {
        let environment = |id: &str, shares_name| Environment {
            id: EnvironmentId(id.into()),
            shares_name,
            name: "twin".into(),
            ..Environment::listed(bap::Environment::default(), &mut Words::default())
        };
        let all =
            [environment("6a2f3a0e-1111", true), environment("6a2f3a0e-2222", true), environment("1b2c0000-3", true)];
        assert_eq!(all[2].label(), "twin (1b2c0000)");
        assert_eq!(environment("1b2c0000-3", false).label(), "twin");
        let found = |typed| by_beginning(&all, typed).map(|of| &*of.id.0);
        assert_eq!((found("1B2C0000"), found("6a2f3a0e-2")), (Some("1b2c0000-3"), Some("6a2f3a0e-2222")));
        assert_eq!((found("6a2f3a0e"), found("1b2c000"), found("")), (None, None, None), "of two, or too short");
    }

    #[test]
    fn an_environment_answers_to_name_id_and_address() {
        let row = serde_json::from_value(json!({"name": "6a2f3a0e-1111", "properties": {"displayName": "uat",
            "linkedAppMetadata": {"id": "x-1", "url": "https://fo.example/"},
            "linkedEnvironmentMetadata": {"instanceUrl": "https://dv.example/"}}}));
        let environment = Environment::listed(row.unwrap(), &mut Words::default());
        for text in ["UAT", "6A2F3A0E1111", "https://FO.example/path", "dv.example", "X1"] {
            assert!(environment.answers_to(text), "{text}");
        }
        for text in ["other", "", "fo", "fo.example.evil", "https://fo.example.evil/fo.example"] {
            assert!(!environment.answers_to(text), "{text}");
        }
    }

    #[test]
    fn an_address_leads_with_or_without_port_and_page() {
        for typed in ["https://HOST:7070/main.aspx?x", "host", "http://host:7070", "host/main.aspx"] {
            assert!(leads_to(typed, "http://host:7070"), "{typed}");
        }
        assert!(leads_to("http://127.0.0.1:1/finops/uat/", "http://127.0.0.1:1/finops/uat"));
        assert!(!leads_to("http://127.0.0.1:1/finops/uat2", "http://127.0.0.1:1/finops/uat"));
        assert!(!leads_to("http://127.0.0.1:1", "http://127.0.0.1:1/finops/uat"));
    }
}
