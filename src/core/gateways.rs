//! Which dual-write gateway is asked about an environment. Environments of different regions have different ones, and
//! one that is asked about an environment of another knows no link of it.
//!
//! Owns the order of what is known of them. Which addresses are gateways at all, the client says.

use super::environment::Environment;
use std::sync::Arc;

/// A dual-write gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gateway {
    /// The one that the cloud profile names, if it names one.
    #[default]
    OfProfile,
    /// One that was found while the program ran; its base.
    Found(Arc<str>),
}

/// Something that a gateway is asked about: a host, a name, an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtGateway {
    /// The gateway.
    pub gateway: Gateway,
    /// What is asked about.
    pub of: String,
}

/// The gateways that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gateways {
    /// Where the records of environments hint at.
    hinted: Vec<Arc<str>>,
    /// The one that a person named last.
    named: Option<Arc<str>>,
}

impl Gateways {
    /// A gateway answers where the record of this environment hints at, or where a person looked for it; its base
    /// where it is that of this environment alone.
    pub fn found(&mut self, base: &str, of: &Environment) -> Option<Arc<str>> {
        let base: Arc<str> = base.into();
        if of.gateway_guess.as_deref() == Some(&*base) {
            if !self.hinted.contains(&base) {
                self.hinted.push(base);
            }
            return None;
        }
        self.named = Some(base.clone());
        Some(base)
    }

    /// The gateway of an environment for which a person may have named its `own`, and the profile one for all; none
    /// where none is known yet.
    pub fn of(&self, of: &Environment, own: Option<&Arc<str>>, is_in_profile: bool) -> Option<Gateway> {
        let hinted = || self.hinted.iter().find(|base| of.gateway_guess.as_deref() == Some(&***base));
        match own {
            Some(own) => Some(Gateway::Found(own.clone())),
            None if is_in_profile => Some(Gateway::OfProfile),
            // One that somebody named elsewhere may be that of another region: what is looked for comes first.
            None if of.gateway_guess.is_some() => hinted().cloned().map(Gateway::Found),
            None => self.named.clone().map(Gateway::Found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::directory::sent::tenant;
    use serde_json::json;

    #[test]
    fn each_environment_has_the_gateway_of_its_region() {
        let row = |name: &str, cluster: Option<&str>| {
            json!({"name": name, "properties": {"displayName": name, "cluster": {"uriSuffix": cluster},
                "linkedEnvironmentMetadata": {"instanceUrl": "https://x.crm4.dynamics.com/"}}})
        };
        let rows = [
            row("eu", Some("eu-il107.gateway.prod.island")),
            row("us", Some("us-il101.gateway.prod.island")),
            row("any", None),
        ];
        let [eu, us, any] = tenant(rows.into()).try_into().unwrap();
        let mut gateways = Gateways::default();
        let of = |gateways: &Gateways, environment: &Environment| gateways.of(environment, None, false);
        assert_eq!([&eu, &us, &any].map(|environment| of(&gateways, environment)), [None, None, None]);

        let base = eu.gateway_guess.clone().unwrap();
        assert_eq!(gateways.found(&base, &eu), None);
        assert_eq!(of(&gateways, &eu), Some(Gateway::Found(base.as_str().into())));
        assert_eq!(of(&gateways, &us), None, "that of another region knows nothing of it");

        let own = gateways.found("https://named.example", &any);
        assert_eq!(gateways.of(&any, own.as_ref(), false), own.clone().map(Gateway::Found));
        assert_eq!(of(&gateways, &any), own.map(Gateway::Found), "there is no hint of another");
        assert_eq!(of(&gateways, &us), None);

        assert_eq!(gateways.of(&eu, None, true), Some(Gateway::OfProfile));
        let own: Arc<str> = "https://named.example".into();
        assert_eq!(gateways.of(&eu, Some(&own), true), Some(Gateway::Found(own.clone())), "a person said so");
    }
}
