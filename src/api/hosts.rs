//! Which host a token of a service may go to.
//!
//! Pure rules, no connection. A configured base is always right for its own service, but for the
//! dual-write gateway, whose address people paste. Every other address comes out of an answer, and an
//! answer may lie: on a live cloud its host must have the form that this service has in this cloud;
//! on a profile of this machine it must be on this machine. The forms are those of Microsoft's
//! documents and public clients.

use crate::core::service::Service;
use crate::settings::{National, is_loopback};
use url::{Host, Url};

/// First label of a dual-write gateway.
const GATEWAY_LABEL: &str = "projectmanagementservice";
/// What the host of a dual-write gateway ends with. Known of the public cloud only.
const GATEWAY_SUFFIX: &str = ".gateway.prod.island.powerapps.com";

/// An address that gets nothing, by what tells it apart, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Foreign(pub(super) String);

/// The rules of one profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Everything is on this machine.
    pub(super) loopback: bool,
    /// The cloud, where it is not.
    pub(super) national: National,
}

impl Rules {
    /// Whether a token of `service` may go to `url`. `base` is the address that was configured for it,
    /// or checked before.
    ///
    /// # Errors
    /// The host that gets nothing.
    pub(super) fn check(self, service: Service, url: &str, base: Option<&str>) -> Result<Url, Foreign> {
        let Ok(url) = Url::parse(url) else {
            return Err(Foreign(shown(url)));
        };
        let is_base = base.and_then(|base| Url::parse(base).ok()).is_some_and(|base| base.origin() == url.origin());
        let is_right = (is_base && self.may_be_base(service, &url)) || self.belongs(service, &url);
        if is_right && !has_user(&url) { Ok(url) } else { Err(Foreign(named(&url))) }
    }

    /// The next page of a list, by the `link` on `page`, which may be written from there. It is where `first` is. Of a
    /// service that all environments share it may also be on another host of that service, a regional one for
    /// example; the form of the host of one environment says nothing, because every organisation's has the same. From
    /// this machine, and from a host that is not the cloud's own, nothing leads elsewhere.
    ///
    /// # Errors
    /// The host that gets nothing.
    pub(super) fn next_page(self, service: Service, link: &str, page: &Url, first: &Url) -> Result<Url, Foreign> {
        let next = page.join(link).map_err(|_| Foreign(shown(link)))?;
        let is_shared = !matches!(service, Service::Dataverse | Service::FinanceOperations);
        let may_move = is_shared && !self.loopback && self.belongs(service, first) && self.belongs(service, &next);
        let is_right = next.origin() == first.origin() || may_move;
        if is_right && !has_user(&next) { Ok(next) } else { Err(Foreign(named(&next))) }
    }

    /// The base of a dual-write gateway out of what a person pasted or an answer hints at: an address of one,
    /// whatever its path. In a cloud of which no gateway is known, the one known form is another cloud's.
    ///
    /// # Errors
    /// The host that is none.
    pub(super) fn gateway(self, text: &str) -> Result<Url, Foreign> {
        let mut url = Url::parse(text).map_err(|_| Foreign(shown(text)))?;
        let is_right =
            if self.loopback { self.belongs(Service::Gateway, &url) } else { self.knows_gateway() && is_gateway(&url) };
        if !is_right || has_user(&url) {
            return Err(Foreign(named(&url)));
        }
        if !self.loopback {
            url.set_path("");
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }

    /// Of the clouds in which a gateway is known, nothing else is called one.
    fn may_be_base(self, service: Service, url: &Url) -> bool {
        service != Service::Gateway || self.loopback || !self.knows_gateway() || is_gateway(url)
    }

    fn knows_gateway(self) -> bool {
        matches!(self.national, National::Public | National::Gcc)
    }

    fn belongs(self, service: Service, url: &Url) -> bool {
        if self.loopback {
            return is_loopback(url) && matches!(url.scheme(), "http" | "https");
        }
        let Some(Host::Domain(host)) = url.host() else { return false };
        url.scheme() == "https" && url.port().is_none() && has_form(self.national, service, &host.to_ascii_lowercase())
    }
}

/// A text that is no address, as it may be shown.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// What tells an address apart: its host, and what else is not as it usually is. Never a user name or a
/// password themselves.
pub(super) fn named(url: &Url) -> String {
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return shown(url.as_str()) };
    let scheme = if url.scheme() == "https" { String::new() } else { format!("{}://", url.scheme()) };
    let user = if has_user(url) { "...@" } else { "" };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{scheme}{user}{host}{port}")
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Whether this is an address of a dual-write gateway: https, its own port, and the one known form.
pub(super) fn is_gateway(url: &Url) -> bool {
    let Some(Host::Domain(host)) = url.host() else { return false };
    let cluster = host
        .to_ascii_lowercase()
        .strip_prefix(GATEWAY_LABEL)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.strip_suffix(GATEWAY_SUFFIX))
        .map(str::to_owned);
    url.scheme() == "https" && url.port().is_none() && cluster.is_some_and(|cluster| is_label(&cluster))
}

/// Whether a host name has the form of a service in a cloud.
fn has_form(national: National, service: Service, host: &str) -> bool {
    use National::{China, Dod, Gcc, GccHigh, Public};
    let ends = |suffix: &str| host.strip_suffix(suffix).is_some_and(is_name);
    match service {
        Service::Dataverse => match national {
            Public | Gcc => is_commercial_dataverse(host, national),
            GccHigh => ends(".crm.microsoftdynamics.us"),
            Dod => ends(".crm.appsplatform.us"),
            China => ends(".crm.dynamics.cn"),
        },
        Service::FinanceOperations => match national {
            Public | Gcc => {
                host.strip_suffix(".dynamics.com").is_some_and(|rest| is_name(rest) && is_finance_operations(rest))
            }
            GccHigh => ends(".operations.microsoftdynamics.us") || ends(".operations.dynamics365.us"),
            Dod => ends(".operations.appsplatform.us"),
            China => ends(".operations.dynamics.cn") || ends(".operations365.dynamics.cn"),
        },
        Service::Bap => match national {
            Public => ends(".api.bap.microsoft.com") || host == "api.bap.microsoft.com",
            Gcc => host == "gov.api.bap.microsoft.us",
            GccHigh => host == "high.api.bap.microsoft.us",
            Dod => ends(".api.bap.appsplatform.us") || host == "api.bap.appsplatform.us",
            China => ends(".api.bap.partner.microsoftonline.cn") || host == "api.bap.partner.microsoftonline.cn",
        },
        Service::PowerPlatform => match national {
            Public => ends(".api.powerplatform.com") || host == "api.powerplatform.com",
            Gcc => ends(".api.gov.powerplatform.microsoft.us") || host == "api.gov.powerplatform.microsoft.us",
            GccHigh => {
                ends(".api.high.powerplatform.microsoft.us")
                    || host == "api.high.powerplatform.microsoft.us"
                    || ends(".api.appsplatform.us")
                    || host == "api.appsplatform.us"
            }
            Dod => ends(".api.appsplatform.us") || host == "api.appsplatform.us",
            China => {
                ends(".api.powerplatform.partner.microsoftonline.cn")
                    || host == "api.powerplatform.partner.microsoftonline.cn"
            }
        },
        // Nothing out of their answers is ever followed to another host.
        Service::Entra | Service::Lcs | Service::Gateway | Service::Link | Service::Graph => false,
    }
}

/// `{org}.crm{n}.dynamics.com`, or `{org}.api.crm{n}.dynamics.com`; number 9 is the government's.
fn is_commercial_dataverse(host: &str, national: National) -> bool {
    let Some(rest) = host.strip_suffix(".dynamics.com") else { return false };
    let Some((org, region)) = rest.rsplit_once('.') else { return false };
    let org = org.strip_suffix(".api").unwrap_or(org);
    let Some(number) = region.strip_prefix("crm") else { return false };
    let is_number = number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_label(org) && is_number && (number == "9") == (national == National::Gcc)
}

/// `{env}.operations`, `{env}.sandbox.operations.{region}`, `{env}.cloudax` and the like, in front of
/// `.dynamics.com`.
fn is_finance_operations(rest: &str) -> bool {
    let labels: Vec<&str> = rest.split('.').collect();
    (2..=4).contains(&labels.len())
        && labels[1..].iter().any(|label| matches!(*label, "operations" | "cloudax" | "axcloud"))
        && labels[1..].iter().all(|label| !label.starts_with("crm"))
}

/// Labels with dots between them.
fn is_name(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn may(national: National, service: Service, url: &str) -> bool {
        Rules { loopback: false, national }.check(service, url, None).is_ok()
    }

    #[rstest]
    #[case(National::Public, Service::Dataverse, "https://contoso.crm4.dynamics.com/api")]
    #[case(National::Public, Service::Dataverse, "https://CONTOSO.CRM.dynamics.com:443/")]
    #[case(National::Public, Service::Dataverse, "https://contoso.api.crm11.dynamics.com")]
    #[case(National::Gcc, Service::Dataverse, "https://contoso.crm9.dynamics.com")]
    #[case(National::GccHigh, Service::Dataverse, "https://contoso.crm.microsoftdynamics.us")]
    #[case(National::Dod, Service::Dataverse, "https://contoso.crm.appsplatform.us")]
    #[case(National::China, Service::Dataverse, "https://contoso.crm.dynamics.cn")]
    #[case(National::Public, Service::FinanceOperations, "https://contoso-uat.sandbox.operations.dynamics.com")]
    #[case(National::Public, Service::FinanceOperations, "https://contoso.operations.eu.dynamics.com")]
    #[case(National::Public, Service::FinanceOperations, "https://contoso-devaos.cloudax.dynamics.com")]
    #[case(National::China, Service::FinanceOperations, "https://contoso.operations365.dynamics.cn")]
    #[case(National::Public, Service::Bap, "https://europe.api.bap.microsoft.com/next")]
    #[case(National::Public, Service::PowerPlatform, "https://abc.environment.api.powerplatform.com/x")]
    fn an_address_of_the_service_in_its_cloud_is_right(
        #[case] national: National,
        #[case] service: Service,
        #[case] url: &str,
    ) {
        assert!(may(national, service, url));
    }

    #[rstest]
    #[case::http(Service::Dataverse, "http://contoso.crm4.dynamics.com")]
    #[case::longer(Service::Dataverse, "https://contoso.crm4.dynamics.com.evil.example")]
    #[case::in_path(Service::Dataverse, "https://evil.example/contoso.crm4.dynamics.com")]
    #[case::no_dot(Service::Dataverse, "https://evilcrm4.dynamics.com.example")]
    #[case::no_organisation(Service::Dataverse, "https://crm4.dynamics.com")]
    #[case::other_label(Service::Dataverse, "https://evil.dynamics.com")]
    #[case::letters(Service::Dataverse, "https://contoso.crmx.dynamics.com")]
    #[case::glued(Service::Dataverse, "https://contoso.evilcrm4.dynamics.com")]
    #[case::user(Service::Dataverse, "https://user:pw@contoso.crm4.dynamics.com")]
    #[case::name_as_user(Service::Dataverse, "https://contoso.crm4.dynamics.com@evil.example")]
    #[case::port(Service::Dataverse, "https://contoso.crm4.dynamics.com:444")]
    #[case::number(Service::Dataverse, "https://127.0.0.1")]
    #[case::loopback(Service::Dataverse, "https://contoso.crm4.localhost")]
    #[case::government(Service::Dataverse, "https://contoso.crm9.dynamics.com")]
    #[case::other_cloud(Service::Dataverse, "https://contoso.crm.dynamics.cn")]
    #[case::other_service(Service::Dataverse, "https://contoso.operations.dynamics.com")]
    #[case::full_stop(Service::Dataverse, "https://contoso.crm4.dynamics.com./")]
    #[case::backslash(Service::Dataverse, "https://evil.example\\.crm4.dynamics.com")]
    #[case::no_address(Service::Dataverse, "not an address")]
    #[case::wrong_side(Service::FinanceOperations, "https://contoso.crm4.dynamics.com")]
    #[case::both_sides(Service::FinanceOperations, "https://operations.crm4.dynamics.com")]
    #[case::bare(Service::FinanceOperations, "https://operations.dynamics.com")]
    #[case::regional_elsewhere(Service::Bap, "https://api.bap.microsoft.com.evil.example")]
    #[case::lookalike(Service::Bap, "https://evil-api.bap.microsoft.com")]
    #[case::operation(Service::PowerPlatform, "https://api.powerplatform.com.evil.example/operations/1")]
    #[case::follows_nothing(Service::Lcs, "https://lcsapi.eu.lcs.dynamics.com")]
    #[case::gateway(
        Service::Gateway,
        "https://projectmanagementservice.eu-il107.gateway.prod.island.powerapps.com.evil.example"
    )]
    fn an_address_of_anybody_else_is_foreign(#[case] service: Service, #[case] url: &str) {
        assert!(!may(National::Public, service, url));
    }

    #[rstest]
    #[case("https://EVIL.example/x?y", "evil.example")]
    #[case("http://contoso.crm4.dynamics.com/", "http://contoso.crm4.dynamics.com")]
    #[case("https://contoso.crm4.dynamics.com:444/", "contoso.crm4.dynamics.com:444")]
    #[case("https://user:pw@contoso.crm4.dynamics.com/", "...@contoso.crm4.dynamics.com")]
    #[case("javascript:alert(1)", "javascript:alert(1)")]
    #[case("no address", "no address")]
    fn what_is_wrong_with_an_address_is_in_its_name(#[case] url: &str, #[case] name: &str) {
        let rules = Rules { loopback: false, national: National::Public };
        assert_eq!(rules.check(Service::Dataverse, url, None).unwrap_err(), Foreign(name.into()));
    }

    #[test]
    fn the_configured_host_is_always_allowed_and_only_it() {
        let rules = Rules { loopback: false, national: National::Public };
        let base = Some("https://lcs.contoso.example/api");
        assert!(rules.check(Service::Lcs, "https://lcs.contoso.example/other", base).is_ok());
        for bad in [
            "https://other.contoso.example/",
            "http://lcs.contoso.example/",
            "https://lcs.contoso.example:8443/",
            "https://user@lcs.contoso.example/",
        ] {
            assert!(rules.check(Service::Lcs, bad, base).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_profile_of_this_machine_stays_on_it() {
        let rules = Rules { loopback: true, national: National::Public };
        let may = |url: &str| rules.check(Service::Dataverse, url, None).is_ok();
        assert!(may("http://contoso.crm4.localhost:7070") && may("http://127.0.0.1:1") && may("http://[::1]:1"));
        for bad in ["https://contoso.crm4.dynamics.com", "http://localhost.evil.example", "ftp://127.0.0.1"] {
            assert!(!may(bad), "{bad}");
        }
    }

    #[rstest]
    #[case::from_there(Service::Bap, "/next?page=2", Some("https://api.bap.microsoft.com/next?page=2"))]
    #[case::only_the_query(Service::Bap, "?page=2", Some("https://api.bap.microsoft.com/a/b?page=2"))]
    #[case::regional(
        Service::Bap,
        "https://europe.api.bap.microsoft.com/c",
        Some("https://europe.api.bap.microsoft.com/c")
    )]
    #[case::host_alone(
        Service::Bap,
        "//europe.api.bap.microsoft.com/c",
        Some("https://europe.api.bap.microsoft.com/c")
    )]
    #[case::foreign_host_alone(Service::Bap, "//evil.example/c", None)]
    #[case::backslashes(Service::Bap, "\\\\evil.example/c", None)]
    #[case::other_service(Service::Bap, "https://api.powerplatform.com/c", None)]
    #[case::http(Service::Bap, "http://europe.api.bap.microsoft.com/c", None)]
    #[case::port(Service::Bap, "https://europe.api.bap.microsoft.com:444/c", None)]
    #[case::user(Service::Bap, "https://u@europe.api.bap.microsoft.com/c", None)]
    #[case::user_at_home(Service::Bap, "https://u:p@api.bap.microsoft.com/c", None)]
    #[case::no_address(Service::Bap, "https://[/", None)]
    #[case::other_organisation(Service::Dataverse, "https://other.crm4.dynamics.com/c", None)]
    #[case::own_organisation(Service::Dataverse, "c", Some("https://contoso.crm4.dynamics.com/a/c"))]
    #[case::other_environment(Service::FinanceOperations, "https://other.operations.dynamics.com/c", None)]
    #[case::follows_nothing(Service::Graph, "https://dod-graph.microsoft.us/c", None)]
    fn a_next_page_is_where_the_service_is(
        #[case] service: Service,
        #[case] link: &str,
        #[case] expected: Option<&str>,
    ) {
        let page = match service {
            Service::Dataverse => "https://contoso.crm4.dynamics.com/a/b",
            Service::FinanceOperations => "https://contoso.operations.dynamics.com/a/b",
            Service::Graph => "https://graph.microsoft.com/a/b",
            _ => "https://api.bap.microsoft.com/a/b",
        };
        let page = Url::parse(page).unwrap();
        let rules = Rules { loopback: false, national: National::Public };
        let next = rules.next_page(service, link, &page, &page);
        assert_eq!(next.as_ref().map(Url::as_str).ok(), expected);
    }

    #[test]
    fn a_list_that_is_not_at_microsoft_leads_nowhere_else() {
        let home = Url::parse("https://bap.contoso.example/a").unwrap();
        let local = Url::parse("http://127.0.0.1:7070/a").unwrap();
        let regional = "https://europe.api.bap.microsoft.com/a";
        for loopback in [false, true] {
            let rules = Rules { loopback, national: National::Public };
            let next = |link: &str, from: &Url| rules.next_page(Service::Bap, link, from, from).is_ok();
            assert!(next("/b", &home) && next("/b", &local));
            assert!(!next(regional, &home) && !next(regional, &local) && !next("http://127.0.0.1:7071/a", &local));
        }
    }

    #[test]
    fn a_list_goes_on_in_a_region_and_back() {
        let at = |host: &str| Url::parse(&format!("https://{host}/a")).unwrap();
        let (first, region) = (at("api.bap.microsoft.com"), at("europe.api.bap.microsoft.com"));
        let rules = Rules { loopback: false, national: National::Public };
        let next = |link: &str, first: &Url| rules.next_page(Service::Bap, link, &region, first);
        assert_eq!(next("/b", &first).unwrap().as_str(), "https://europe.api.bap.microsoft.com/b");
        assert!(next(first.as_str(), &first).is_ok());
        assert!(next("/b", &at("bap.contoso.example")).is_err());
    }

    #[test]
    fn a_gateway_that_was_pasted_is_one_and_loses_its_path() {
        let live = Rules { loopback: false, national: National::Public };
        let pasted = "https://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com/api/x?token=1#y";
        assert_eq!(
            live.gateway(pasted).unwrap().as_str(),
            "https://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com/"
        );
        let local = Rules { loopback: true, ..live };
        assert_eq!(local.gateway("http://127.0.0.1:7070/gateway").unwrap().as_str(), "http://127.0.0.1:7070/gateway");
        let china = Rules { national: National::China, ..live };
        for (rules, bad) in
            [(live, "http://127.0.0.1:7070/gateway"), (local, pasted), (live, "eyJtoken"), (live, ""), (china, pasted)]
        {
            assert!(rules.gateway(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_gateway_has_one_form() {
        let is = |url: &str| Url::parse(url).is_ok_and(|url| is_gateway(&url));
        assert!(is("https://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com/api"));
        for bad in [
            "http://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com",
            "https://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com:8443",
            "https://projectmanagementservice.a.b.gateway.prod.island.powerapps.com",
            "https://projectmanagementservice.gateway.prod.island.powerapps.com",
            "https://evil.weu-il107.gateway.prod.island.powerapps.com",
            "https://projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com.evil.example",
            "https://dataintegrator.trafficmanager.net",
        ] {
            assert!(!is(bad), "{bad}");
        }
    }
}
