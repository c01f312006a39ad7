//! The services that are asked: their names, who may ask them, and how a token for one is given.

/// A service of the cloud profile, or one whose address comes out of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Microsoft Entra ID, the token service.
    Entra,
    /// Lifecycle Services.
    Lcs,
    /// BAP admin API.
    Bap,
    /// Power Platform API.
    PowerPlatform,
    /// Dataverse Web API of one organisation.
    Dataverse,
    /// Finance and operations OData of one environment.
    FinanceOperations,
    /// Dual-write management gateway.
    Gateway,
    /// Link operation.
    Link,
    /// Microsoft Graph.
    Graph,
}

impl Service {
    /// Every service, in the order of the flow.
    pub const ALL: [Self; 9] = [
        Self::Entra,
        Self::Lcs,
        Self::Bap,
        Self::PowerPlatform,
        Self::Dataverse,
        Self::FinanceOperations,
        Self::Gateway,
        Self::Link,
        Self::Graph,
    ];
    /// Those that take tokens of people only. Documented of Lifecycle Services, reported of the gateway.
    pub const OF_PEOPLE: [Self; 3] = [Self::Lcs, Self::Link, Self::Gateway];

    /// The role that allows what this program asks of it, where Microsoft names one (prerequisites P05 to P07 and P10);
    /// a narrower one may do, too.
    pub(super) fn role(self) -> Option<&'static str> {
        match self {
            Self::Bap | Self::PowerPlatform => Some("Power Platform Administrator or Dynamics 365 Administrator"),
            Self::Dataverse => Some("System Administrator in Dataverse"),
            Self::FinanceOperations => Some("System administrator in finance and operations"),
            Self::Lcs => Some("Project Owner or Environment Manager in the Lifecycle Services project"),
            Self::Entra | Self::Gateway | Self::Graph | Self::Link => None,
        }
    }

    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entra => "Microsoft Entra ID",
            Self::Lcs => "Lifecycle Services",
            Self::Bap => "the Power Platform admin service",
            Self::PowerPlatform => "the Power Platform API",
            Self::Dataverse => "Dataverse",
            Self::FinanceOperations => "finance and operations",
            Self::Gateway => "the dual-write gateway",
            Self::Link => "the link service",
            Self::Graph => "Microsoft Graph",
        }
    }

    /// Environment variable of a token given from outside.
    pub fn token_variable(self) -> Option<&'static str> {
        match self {
            Self::Entra => None,
            Self::Lcs | Self::Link => Some("DUALWRITE_TOKEN_LCS"),
            Self::Bap => Some("DUALWRITE_TOKEN_BAP"),
            Self::PowerPlatform => Some("DUALWRITE_TOKEN_POWER_PLATFORM"),
            Self::Dataverse => Some("DUALWRITE_TOKEN_DATAVERSE"),
            Self::FinanceOperations => Some("DUALWRITE_TOKEN_FINANCE_OPERATIONS"),
            Self::Gateway => Some("DUALWRITE_TOKEN_GATEWAY"),
            Self::Graph => Some("DUALWRITE_TOKEN_GRAPH"),
        }
    }
}
