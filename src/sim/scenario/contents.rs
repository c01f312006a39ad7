//! What is in the Dataverse of an environment beside application users: companies, solutions that no
//! package brings, plug-in steps, teams, and the roles of the person.
//!
//! Owns what a scenario may say of them and what they are where it says nothing. What follows from
//! packages and links is not here; the routes see to that.

use crate::wire::dataverse::SYSTEM_ADMINISTRATOR;
use serde::{Deserialize, Serialize};

/// What is in the Dataverse of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Companies, where they are not what a link brought.
    pub companies: Option<Vec<Company>>,
    /// Solutions that no package of the catalogue brings.
    pub other_solutions: Vec<OtherSolution>,
    /// Whether somebody disabled the plug-in steps of dual-write.
    pub disabled_plugin_steps: bool,
    /// The default team of the root business unit.
    pub default_team: DefaultTeam,
    /// Number of runtime configurations, where it is not that of the running maps.
    pub runtime_configurations: Option<u32>,
    /// Roles of the signed-in person.
    pub my_roles: Vec<String>,
    /// Roles of another team that the person is a member of; there is none without roles.
    pub my_team_roles: Vec<String>,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            companies: None,
            other_solutions: Vec::new(),
            disabled_plugin_steps: false,
            default_team: DefaultTeam::default(),
            runtime_configurations: None,
            my_roles: vec![SYSTEM_ADMINISTRATOR.to_owned()],
            my_team_roles: Vec::new(),
        }
    }
}

fn yes() -> bool {
    true
}

/// A company of Dataverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// Code, equal to that of the legal entity.
    pub code: String,
    /// Name for people; blank without it.
    #[serde(default)]
    pub name: String,
    /// Whether it has a default owning team.
    #[serde(default = "yes")]
    pub owning_team: bool,
}

/// A solution that no package of the catalogue brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherSolution {
    /// Unique name.
    pub name: String,
    /// Name for people; the unique name while empty.
    #[serde(default)]
    pub title: String,
    /// Dotted integers.
    #[serde(default = "first_version")]
    pub version: String,
}

fn first_version() -> String {
    "1.0.0.0".to_owned()
}

/// The default team of the root business unit. Everybody is a member of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultTeam {
    /// Its name; that of the business unit without it.
    pub name: Option<String>,
    /// Role names.
    #[serde(default = "basic_user")]
    pub roles: Vec<String>,
}

impl Default for DefaultTeam {
    fn default() -> Self {
        Self { name: None, roles: basic_user() }
    }
}

fn basic_user() -> Vec<String> {
    vec!["Basic User".to_owned()]
}
