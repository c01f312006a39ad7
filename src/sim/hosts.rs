//! Addresses of the simulated services. Owns the host names: the fixed services share one address
//! and differ by the first part of the path; Dataverse and finance and operations have host names
//! of their own on the same port, as in real life. Names under `.localhost` never leave the machine.

use super::scenario::Environment;

const DATAVERSE: &str = ".crm4.localhost";
const SANDBOX: &str = ".sandbox.operations.localhost";
const PRODUCTION: &str = ".operations.localhost";

/// The addresses on one port.
#[derive(Debug)]
pub struct Hosts {
    port: u16,
}

/// One of the two sides of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Dataverse.
    Dataverse,
    /// Finance and operations.
    FinanceOperations,
}

impl Hosts {
    /// The addresses on a port.
    pub fn new(port: u16) -> Self {
        Self { port }
    }

    /// The address of the fixed services.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Dataverse address without a slash at the end.
    pub fn dataverse(&self, environment: &Environment) -> String {
        format!("http://{}{DATAVERSE}:{}", environment.name, self.port)
    }

    /// Finance and operations address without a slash at the end.
    pub fn finance_operations(&self, environment: &Environment) -> String {
        format!("http://{}:{}", Self::finance_operations_name(environment), self.port)
    }

    fn finance_operations_name(environment: &Environment) -> String {
        let rest = if environment.kind.eq_ignore_ascii_case("Production") { PRODUCTION } else { SANDBOX };
        format!("{}{rest}", environment.name)
    }

    /// Which side of which environment a `Host` header names; `None` for every other host.
    pub fn side_of(environments: &[Environment], host: &str) -> Option<(usize, Side)> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        environments.iter().enumerate().find_map(|(place, environment)| {
            if environment.dataverse && name.strip_suffix(DATAVERSE) == Some(&environment.name) {
                Some((place, Side::Dataverse))
            } else if environment.finance_and_operations
                && name.starts_with(&environment.name)
                && name == Self::finance_operations_name(environment)
            {
                Some((place, Side::FinanceOperations))
            } else {
                None
            }
        })
    }

    /// Whether a host is of the kind that names a side of an environment.
    pub fn is_side(host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name.ends_with(DATAVERSE) || name.ends_with(PRODUCTION)
    }

    /// Place of the environment with this bare finance and operations host, with or without port.
    pub fn by_identifier(&self, environments: &[Environment], identifier: &str) -> Option<usize> {
        let with_port = format!(":{}", self.port);
        let name = identifier.strip_suffix(&with_port).unwrap_or(identifier);
        environments.iter().position(|environment| {
            environment.finance_and_operations && Self::finance_operations_name(environment) == name
        })
    }
}
