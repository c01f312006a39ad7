//! What of an answer becomes a fact: a service says more than anybody looks at, and ten thousand environments are held.

use super::Cx;
use crate::core::call::Reply;
use crate::core::check;
use crate::core::environment::Fact;
use crate::core::facts::{FactKind, Facts};
use crate::core::plan;
use crate::core::trouble::{Trouble, What};
use crate::wire::{bare_id, dataverse, finance_operations, gateway, power_platform};
use std::collections::HashSet;

/// Keeps what came back. An answer of another kind than asked for is "could not tell".
pub(super) fn store(facts: &mut Facts, kind: FactKind, result: Result<Reply, Trouble>, cx: &mut Cx) {
    let (now, shelf, own) = (cx.now, &mut *cx.shelf, &cx.environment.power_platform);
    macro_rules! keep {
        ($fact:expr, $pattern:pat => $value:expr) => {
            $fact = match result {
                Ok($pattern) => Fact::Known($value, now),
                Ok(_) => Fact::Unknown(Box::new(Trouble::new(kind.service(), What::Unreadable, "")), now),
                Err(trouble) => Fact::Unknown(Box::new(trouble), now),
            }
        };
    }
    match kind {
        FactKind::Integration => keep!(facts.integration, Reply::Integration(row) => row),
        FactKind::Packages => {
            keep!(facts.packages, Reply::Packages(rows) => shelf.packages.share(packages(rows)));
        }
        FactKind::User(index) => keep!(facts.users[index], Reply::Users(rows) => shelf.users.share(tight(rows))),
        FactKind::Rows => keep!(facts.rows, Reply::Rows(rows) => shelf.rows.share(tight(rows))),
        FactKind::FinopsUsers => {
            keep!(facts.finops_users, Reply::FinopsUsers(rows) => shelf.finops_users.share(tight(rows)));
        }
        FactKind::LegalEntities => {
            keep!(facts.legal_entities, Reply::LegalEntities(rows) => shelf.legal_entities.share(codes(rows)));
        }
        FactKind::Link => keep!(facts.link, Reply::Links(rows) => link_of(rows, own.as_deref()).map(Box::new)),
        FactKind::ConnectionSet => keep!(facts.connection_set, Reply::ConnectionSet(set) => set),
        FactKind::Maps => keep!(facts.maps, Reply::Maps(rows) => shelf.maps.share(tight(rows))),
        FactKind::OwnRoles => keep!(facts.own_roles, Reply::OwnRoles(rows) => shelf.own_roles.share(nameable(rows))),
        FactKind::Version => keep!(facts.version, Reply::Version(text) => shelf.version.share(text)),
        FactKind::Solutions => {
            keep!(facts.solutions, Reply::Solutions(rows) => {
                shelf.solutions.share(tight(only(rows, check::is_told_by)))
            });
        }
        FactKind::PluginSteps => {
            keep!(facts.plugin_steps, Reply::PluginSteps(rows) => shelf.plugin_steps.share(tight(rows)));
        }
        FactKind::Companies => {
            keep!(facts.companies, Reply::Companies(rows) => {
                rows.map(|rows| shelf.companies.share(companies(rows)))
            });
        }
        FactKind::DefaultTeam => {
            keep!(facts.default_team, Reply::DefaultTeam(team) => shelf.default_team.share(team));
        }
        FactKind::RuntimeConfigurations => {
            keep!(facts.runtime_configurations, Reply::RuntimeConfigurations(count) => count);
        }
        FactKind::Organization => {
            keep!(facts.organization, Reply::Organization(row) => shelf.organization.share(row));
        }
        FactKind::FinopsRoles => {
            keep!(facts.finops_roles, Reply::FinopsRoles(rows) => shelf.finops_roles.share(tight(rows)));
        }
        FactKind::Licences => keep!(facts.licences, Reply::Licences(rows) => shelf.licences.share(tight(rows))),
        FactKind::DirectoryRoles => {
            keep!(facts.directory_roles, Reply::DirectoryRoles(rows) => shelf.directory_roles.share(tight(rows)));
        }
        FactKind::Principals => {
            keep!(facts.principals, Reply::Principals(rows) => shelf.principals.share(tight(rows)));
        }
    }
}

/// The rows that somebody asks for: a list of packages or solutions has hundreds, of which dual-write knows some.
fn only<T>(rows: Vec<T>, is_asked_for: impl Fn(&T) -> bool) -> Vec<T> {
    rows.into_iter().filter(is_asked_for).collect()
}

/// The packages that somebody asks for, with what is asked of them.
fn packages(rows: Vec<power_platform::Package>) -> Vec<power_platform::Package> {
    let rows = only(rows, plan::is_known).into_iter();
    tight(
        rows.map(|row| power_platform::Package { id: None, application_name: None, localized_name: None, ..row })
            .collect(),
    )
}

/// Legal entities by their codes; nobody asks for their names.
fn codes(rows: Vec<finance_operations::LegalEntity>) -> Vec<finance_operations::LegalEntity> {
    tight(rows.into_iter().map(|row| finance_operations::LegalEntity { name: None, ..row }).collect())
}

/// Roles by what they are, without the ids that each organisation gives them.
fn nameable(rows: Vec<dataverse::Role>) -> Vec<dataverse::Role> {
    let nameable = |row| dataverse::Role { roleid: String::new(), business_unit: None, ..row };
    tight(rows.into_iter().map(nameable).collect())
}

/// Companies without the columns that nobody asks for; the answer has all there are. A row that two pages show is one.
fn companies(mut rows: Vec<dataverse::Company>) -> Vec<dataverse::Company> {
    let mut seen = HashSet::new();
    rows.retain(|row| row.id().is_none_or(|id| seen.insert(id.to_owned())));
    for row in &mut rows {
        row.more.retain(|column, _| column == dataverse::OWNING_TEAM);
    }
    tight(rows)
}

/// The link among the answers of the gateway: normally there is one. Of several the one that leads to the
/// environment's own Dataverse counts; the others are older.
fn link_of(rows: Vec<gateway::Link>, own: Option<&str>) -> Option<gateway::Link> {
    let mut links = only(rows, |row| row.cid.as_deref().is_some_and(|id| !id.is_empty()));
    let is_own = |row: &gateway::Link| {
        let theirs = row.power_apps_environment.as_deref();
        theirs.zip(own).is_some_and(|(theirs, own)| bare_id(theirs) == bare_id(own))
    };
    let place = links.iter().position(is_own).unwrap_or(0);
    (!links.is_empty()).then(|| links.swap_remove(place))
}

/// Without the room that reading has left over: what was read is kept for long, and seldom changed.
fn tight<T>(mut rows: Vec<T>) -> Vec<T> {
    rows.shrink_to_fit();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_company_that_two_pages_show_is_one_and_two_of_the_same_code_stay_two() {
        let row = |id: &str| json!({"cdm_companyid": id, "cdm_companycode": "usmf", "cdm_name": "Contoso"});
        let told = |rows: serde_json::Value| companies(serde_json::from_value(rows).unwrap()).len();
        assert_eq!(told(json!([row("1"), row("2"), row("1")])), 2);
        assert_eq!(told(json!([{"cdm_companycode": "usmf"}, {"cdm_companycode": "usmf"}])), 2);
    }
}
