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

    /// Whether a host is of the kind that names a side of an environment.
    pub fn is_side(host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        named(name).is_some()
    }

    /// The host name without this port, which may be left out.
    pub fn without_port<'a>(&self, host: &'a str) -> &'a str {
        host.strip_suffix(&format!(":{}", self.port)).unwrap_or(host)
    }
}

/// What a host name of a side says.
pub struct Named<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// Which side.
    pub side: Side,
    /// Finance and operations of a production environment.
    pub is_production: bool,
}

/// Reads the host name of a side, without a port; `None` for every other one.
pub fn named(host: &str) -> Option<Named<'_>> {
    let of =
        |end, side, is_production| host.strip_suffix(end).map(|environment| Named { environment, side, is_production });
    of(DATAVERSE, Side::Dataverse, false)
        .or_else(|| of(SANDBOX, Side::FinanceOperations, false))
        .or_else(|| of(PRODUCTION, Side::FinanceOperations, true))
}
