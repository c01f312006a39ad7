//! The built-in clouds: their addresses and the audiences of their tokens.
//!
//! Sources: the pages of Microsoft on national clouds and on Microsoft Graph; for the Power Platform
//! and Lifecycle Services public clients (terraform-provider-power-platform, d365fo.tools). Only those
//! of the public cloud are in wide use; none was verified from here against a service. What no source
//! names is left out, never invented:
//!
//! * GCC High, and that of the Department of Defense: no Lifecycle Services API;
//! * the dual-write gateway, in every cloud: its host depends on the region of the tenant;
//! * GCC High: the audience of the BAP admin API, on which public clients disagree.

use super::profile::Audiences;
use crate::core::national::National;

/// The addresses of one built-in cloud.
pub(super) struct BuiltIn {
    pub(super) authority: &'static str,
    pub(super) bap: &'static str,
    pub(super) power_platform: &'static str,
    pub(super) lcs: Option<&'static str>,
    pub(super) graph: &'static str,
    audiences: Known,
}

/// Audiences where they differ from those of the public cloud.
#[derive(Default)]
struct Known {
    lcs: Option<&'static str>,
    bap: Option<&'static str>,
    power_platform: Option<&'static str>,
    graph: Option<&'static str>,
}

impl BuiltIn {
    /// The addresses of its services that are known.
    pub(super) fn services(&self) -> [Option<&'static str>; 4] {
        [Some(self.bap), Some(self.power_platform), self.lcs, Some(self.graph)]
    }

    pub(super) fn of(national: National) -> Self {
        match national {
            National::Public => Self {
                authority: "https://login.microsoftonline.com",
                bap: "https://api.bap.microsoft.com",
                power_platform: "https://api.powerplatform.com",
                lcs: Some("https://lcsapi.lcs.dynamics.com"),
                graph: "https://graph.microsoft.com",
                audiences: Known::default(),
            },
            // Tenants of GCC live in the commercial Entra ID.
            National::Gcc => Self {
                authority: "https://login.microsoftonline.com",
                bap: "https://gov.api.bap.microsoft.us",
                power_platform: "https://api.gov.powerplatform.microsoft.us",
                lcs: Some("https://lcsapi.gov.lcs.microsoftdynamics.us"),
                graph: "https://graph.microsoft.com",
                audiences: Known {
                    lcs: Some("https://lcsapi.gov.lcs.microsoftdynamics.us"),
                    bap: Some("https://service.powerapps.us/"),
                    power_platform: Some("https://api.gov.powerplatform.microsoft.us/"),
                    graph: None,
                },
            },
            National::GccHigh => Self {
                authority: "https://login.microsoftonline.us",
                bap: "https://high.api.bap.microsoft.us",
                power_platform: "https://api.appsplatform.us",
                lcs: None,
                graph: "https://graph.microsoft.us",
                audiences: Known {
                    power_platform: Some("https://api.appsplatform.us/"),
                    graph: Some("https://graph.microsoft.us"),
                    ..Known::default()
                },
            },
            National::Dod => Self {
                authority: "https://login.microsoftonline.us",
                bap: "https://api.bap.appsplatform.us",
                power_platform: "https://api.appsplatform.us",
                lcs: None,
                graph: "https://dod-graph.microsoft.us",
                audiences: Known {
                    bap: Some("https://service.apps.appsplatform.us/"),
                    power_platform: Some("https://api.appsplatform.us/"),
                    graph: Some("https://dod-graph.microsoft.us"),
                    ..Known::default()
                },
            },
            National::China => Self {
                authority: "https://login.chinacloudapi.cn",
                bap: "https://api.bap.partner.microsoftonline.cn",
                power_platform: "https://api.powerplatform.partner.microsoftonline.cn",
                lcs: Some("https://lcsapi.lcs.dynamics.cn"),
                graph: "https://microsoftgraph.chinacloudapi.cn",
                audiences: Known {
                    lcs: Some("https://lcsapi.lcs.dynamics.cn"),
                    bap: Some("https://service.powerapps.cn/"),
                    power_platform: Some("https://api.powerplatform.partner.microsoftonline.cn/"),
                    graph: Some("https://microsoftgraph.chinacloudapi.cn"),
                },
            },
        }
    }

    /// The audiences, those of `own` first.
    pub(super) fn audiences(&self, own: Audiences) -> Audiences {
        let or = |own: Option<String>, known: Option<&str>| own.or_else(|| known.map(str::to_owned));
        Audiences {
            lcs: or(own.lcs, self.audiences.lcs),
            bap: or(own.bap, self.audiences.bap),
            power_platform: or(own.power_platform, self.audiences.power_platform),
            gateway: own.gateway,
            graph: or(own.graph, self.audiences.graph),
        }
    }
}

/// The cloud that a token service belongs to. GCC cannot be told from the public cloud by it.
pub(super) fn of_authority(host: &str) -> National {
    match host {
        "login.microsoftonline.us" => National::GccHigh,
        "login.chinacloudapi.cn" | "login.partner.microsoftonline.cn" => National::China,
        _ => National::Public,
    }
}
