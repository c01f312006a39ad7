//! What is known of an environment before anybody opens it: the tenant's list, with what
//! Lifecycle Services knows merged in.

use super::time::Now;
use super::trouble::Trouble;
use crate::wire::{bap, bare_id, gateway, lcs, place};
use std::borrow::Cow;
use std::collections::HashMap;
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
    Other(String),
}

impl Kind {
    fn of_sku(sku: Option<&str>, joined: Option<&str>) -> Self {
        match sku.unwrap_or_default().to_ascii_lowercase().as_str() {
            "production" => Self::Production,
            "sandbox" if joined.is_some_and(|kind| kind.eq_ignore_ascii_case("Internal")) => Self::UnifiedDeveloper,
            "sandbox" => Self::Sandbox,
            "trial" | "subscriptionbasedtrial" => Self::Trial,
            _ => Self::Other(sku.unwrap_or("not said").to_owned()),
        }
    }

    fn of_lcs(of: &lcs::Environment) -> Self {
        if of.environment_infrastructure.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("CustomerManaged")) {
            return Self::CloudHosted;
        }
        match of.environment_type.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
            "production" => Self::Production,
            "sandbox" => Self::Sandbox,
            "trial" => Self::Trial,
            _ => Self::Other(of.environment_type.clone().unwrap_or_else(|| "not said".into())),
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
    pub version: Option<String>,
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

/// One environment: both sides as far as the two lists tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Key.
    pub id: EnvironmentId,
    /// Name people use.
    pub name: String,
    /// Kind of the Power Platform side, or of the finance and operations side alone.
    pub kind: Kind,
    /// Geography code, or the Azure region of LCS.
    pub geography: Option<String>,
    /// Azure region as the Power Platform spells it.
    pub region: Option<String>,
    /// Power Platform environment id.
    pub power_platform: Option<Arc<str>>,
    /// Tenant.
    pub tenant: Option<String>,
    /// The Dataverse database, if there is one.
    pub dataverse: Option<Dataverse>,
    /// What the Power Platform says of Power Platform Integration.
    pub partner: Option<Partner>,
    /// Provisioning and management words, as the service spells them.
    pub states: Vec<String>,
    /// Facts of Lifecycle Services.
    pub lcs: Option<Arc<lcs::Environment>>,
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
    fn of_bap(row: &bap::Environment) -> Self {
        let (more, id): (_, Arc<str>) = (&row.properties, row.name.as_str().into());
        let joined = more.linked_app_metadata.as_ref().and_then(|app| app.kind.as_deref());
        let word = |state: &Option<String>| state.clone().filter(|word| !word.is_empty());
        Self {
            id: EnvironmentId(Arc::clone(&id)),
            name: word(&more.display_name).unwrap_or_else(|| row.name.clone()),
            kind: Kind::of_sku(more.environment_sku.as_deref(), joined),
            geography: word(&row.location),
            region: word(&more.azure_region),
            power_platform: Some(id),
            tenant: word(&more.tenant_id),
            dataverse: more.linked_environment_metadata.as_ref().and_then(|linked| {
                Some(Dataverse {
                    url: word(&linked.instance_url)?.trim_end_matches('/').to_owned(),
                    version: word(&linked.version),
                    name: word(&linked.friendly_name),
                })
            }),
            partner: more.linked_app_metadata.as_ref().and_then(|app| {
                Some(Partner { id: word(&app.id), url: word(&app.url)?.trim_end_matches('/').to_owned() })
            }),
            states: [&more.provisioning_state, &more.states.management.id, &more.states.runtime.id]
                .into_iter()
                .filter_map(word)
                .collect(),
            lcs: None,
            no_lcs: None,
            shares_name: false,
            gateway_guess: more.cluster.uri_suffix.as_deref().and_then(gateway::guessed_address),
            read_at: None,
        }
    }

    fn of_lcs(row: &Arc<lcs::Environment>) -> Option<Self> {
        let id = row.environment_id.clone().filter(|id| !id.is_empty())?;
        Some(Self {
            name: row.environment_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone()),
            id: EnvironmentId(id.into()),
            kind: Kind::of_lcs(row),
            geography: row.cloud_storage_location.clone(),
            region: None,
            power_platform: None,
            tenant: None,
            dataverse: None,
            partner: None,
            states: Vec::new(),
            lcs: Some(Arc::clone(row)),
            no_lcs: None,
            shares_name: false,
            gateway_guess: None,
            read_at: None,
        })
    }

    /// Address of finance and operations as far as the lists tell, without a trailing slash.
    pub fn finops_url(&self) -> Option<&str> {
        let of_lcs = || self.lcs.as_ref()?.environment_endpoint_base_url.as_deref();
        self.partner
            .as_ref()
            .map(|partner| partner.url.as_str())
            .or_else(of_lcs)
            .map(|url| url.trim_end_matches('/'))
            .filter(|url| !url.is_empty())
    }

    /// LCS environment id as far as the lists tell.
    pub fn lcs_id(&self) -> Option<&str> {
        let of_lcs = || self.lcs.as_ref()?.environment_id.as_deref();
        self.partner.as_ref().and_then(|partner| partner.id.as_deref()).or_else(of_lcs)
    }

    /// Finance and operations versions in one phrase, if Lifecycle Services told them.
    pub fn finops_versions(&self) -> Option<String> {
        let of = self.lcs.as_ref()?;
        let said = |text: &'_ Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let application =
            said(&of.current_application_release_name).or_else(|| said(&of.current_application_build_version));
        let platform = said(&of.current_platform_release_name);
        match (application, platform) {
            (Some(application), Some(platform)) => Some(format!("{application} / {platform}")),
            (Some(only), None) | (None, Some(only)) => Some(only),
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

/// Merges the tenant's environments with those of the LCS project. The order is that of the
/// tenant's list; environments that only Lifecycle Services knows follow.
///
/// An LCS environment belongs to the row whose partner it is (by id, else by address), or to the
/// row of the same name that has neither Dataverse nor partner: its initial Power Platform
/// environment, which exists before Power Platform Integration is set up.
pub fn merge(rows: &[bap::Environment], project: &[Arc<lcs::Environment>]) -> Vec<Environment> {
    let mut all: Vec<Environment> = rows.iter().map(Environment::of_bap).collect();
    let homes = Homes::of(&all);
    for row in project {
        let home = homes.of_row(row, &all);
        match home {
            Some(home) => {
                let home = &mut all[home];
                if matches!(Kind::of_lcs(row), Kind::CloudHosted) || home.partner.is_none() {
                    home.kind = Kind::of_lcs(row);
                }
                home.lcs = Some(Arc::clone(row));
            }
            None => all.extend(Environment::of_lcs(row)),
        }
    }
    all
}

/// Where each row of Lifecycle Services belongs, found without looking at every environment for each. The first
/// of several wins.
#[derive(Default)]
struct Homes {
    /// By the LCS id of the partner.
    by_id: HashMap<String, usize>,
    /// By the address of a partner that has no id.
    without_id: HashMap<String, usize>,
    /// By the address of the partner.
    by_address: HashMap<String, usize>,
    /// Those that have neither Dataverse nor partner, by name in small letters.
    by_name: HashMap<String, Vec<usize>>,
}

impl Homes {
    fn of(all: &[Environment]) -> Self {
        let mut homes = Self::default();
        for (at, environment) in all.iter().enumerate() {
            match &environment.partner {
                Some(Partner { id, url }) => {
                    homes.by_address.entry(place(url)).or_insert(at);
                    match id {
                        Some(id) => homes.by_id.entry(bare_id(id)).or_insert(at),
                        None => homes.without_id.entry(place(url)).or_insert(at),
                    };
                }
                None if environment.dataverse.is_none() => {
                    homes.by_name.entry(environment.name.to_ascii_lowercase()).or_default().push(at);
                }
                None => {}
            }
        }
        homes
    }

    fn of_row(&self, row: &lcs::Environment, all: &[Environment]) -> Option<usize> {
        let id = row.environment_id.as_deref().filter(|id| !id.is_empty());
        let url = row.environment_endpoint_base_url.as_deref().filter(|url| !url.is_empty());
        let at = |homes: &HashMap<String, usize>| homes.get(&place(url?)).copied();
        let partner = match id {
            Some(id) => self.by_id.get(&bare_id(id)).copied().into_iter().chain(at(&self.without_id)).min(),
            None => at(&self.by_address),
        };
        partner.or_else(|| {
            let name = row.environment_name.as_deref().unwrap_or_default().to_ascii_lowercase();
            self.by_name.get(&name)?.iter().copied().find(|at| all[*at].lcs.is_none())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bap_row(name: &str, display: &str, partner: Option<&str>) -> bap::Environment {
        let mut row = json!({"name": name, "location": "europe", "properties": {"displayName": display, "environmentSku": "Sandbox"}});
        if let Some(id) = partner {
            row["properties"]["linkedAppMetadata"] = json!({"id": id, "type": "Linked", "url": "https://fo.example/"});
            row["properties"]["linkedEnvironmentMetadata"] = json!({"instanceUrl": "https://dv.example/"});
        }
        serde_json::from_value(row).unwrap()
    }

    fn lcs_row(id: &str, name: &str) -> Arc<lcs::Environment> {
        serde_json::from_value(json!({"EnvironmentId": id, "EnvironmentName": name, "EnvironmentType": "Sandbox",
            "EnvironmentEndpointBaseUrl": "https://other.example/", "DeployedOnUTC": "2/3/2024 9:15 AM"}))
        .map(Arc::new)
        .unwrap()
    }

    #[test]
    fn ids_with_and_without_dashes_meet() {
        let merged = merge(
            &[bap_row("pp", "uat", Some("3F0D1C52-77AA-4B1E-9A0B-5D3A10C9E001"))],
            &[lcs_row("3f0d1c5277aa4b1e9a0b5d3a10c9e001", "another name")],
        );
        assert_eq!(merged.len(), 1);
        assert!(merged[0].lcs.is_some());
        assert_eq!(merged[0].finops_url(), Some("https://fo.example"));
    }

    #[test]
    fn the_initial_environment_meets_its_lcs_environment_by_name() {
        let merged = merge(&[bap_row("pp", "Dev", None)], &[lcs_row("id", "dev")]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].finops_url(), Some("https://other.example"));
    }

    #[test]
    fn what_only_lifecycle_services_knows_has_its_own_row() {
        let merged = merge(&[bap_row("pp", "uat", Some("x"))], &[lcs_row("y", "uat")]);
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[1].power_platform, None);
    }

    #[test]
    fn a_partner_without_an_id_is_met_by_its_address_and_the_first_one_wins() {
        let mut without = bap_row("pp-2", "b", Some("x"));
        let app = without.properties.linked_app_metadata.as_mut().unwrap();
        (app.id, app.url) = (None, Some("https://OTHER.example".into()));
        let rows = [bap_row("pp-1", "a", Some("y")), without.clone(), bap_row("pp-3", "c", Some("id"))];
        let homes = |rows: &[bap::Environment], id: &str| -> Vec<bool> {
            merge(rows, &[lcs_row(id, "none")]).iter().map(|of| of.lcs.is_some()).collect()
        };
        assert_eq!(homes(&rows, "id"), [false, true, false], "it is before the one with the same id");
        assert_eq!(homes(&[rows[2].clone(), without], "id"), [true, false]);
        assert_eq!(homes(&rows[..1], ""), [false], "what has neither id nor home is left out");
    }

    #[test]
    fn a_shared_name_is_told_with_the_beginning_of_the_id_and_that_names_one() {
        let environment = |id: &str, shares_name| Environment {
            id: EnvironmentId(id.into()),
            shares_name,
            name: "twin".into(),
            ..Environment::of_bap(&bap::Environment::default())
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
        let merged = merge(&[bap_row("6a2f3a0e-1111", "uat", Some("x-1"))], &[]);
        for text in ["UAT", "6A2F3A0E1111", "https://FO.example/path", "dv.example", "X1"] {
            assert!(merged[0].answers_to(text), "{text}");
        }
        for text in ["other", "", "fo", "fo.example.evil", "https://fo.example.evil/fo.example"] {
            assert!(!merged[0].answers_to(text), "{text}");
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
