//! What follows from the facts of one environment: the state of a package, of an application user, of the
//! table maps, and whether it is configured. Each is read from the facts anew; none is stored.

use super::{Facts, why};
use crate::core::environment::Environment;
use crate::core::plan::{APPLICATION_PACKAGE, CORE_PACKAGE, application_users, client_id_rows};
use crate::wire::{bare_id, dataverse, gateway, power_platform};

/// State of a package, read from all rows of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageState {
    /// The list has no such package.
    NotOffered,
    /// It can be installed.
    NotInstalled,
    /// It is on its way, in a state with this name. An unknown state is on its way.
    InProgress {
        /// The service's word.
        state: String,
    },
    /// It is there.
    Installed {
        /// Its version.
        version: String,
    },
    /// It failed, and why.
    Failed {
        /// The service's own code and words.
        words: String,
        /// Its code.
        code: Option<String>,
    },
}

/// State of an application user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityState {
    /// Enabled, with the role.
    Good {
        /// Row id.
        user: String,
    },
    /// There, but disabled.
    Disabled {
        /// Row id.
        user: String,
    },
    /// There, enabled, without the role.
    NoRole {
        /// Row id.
        user: String,
        /// Its business unit, where the role must come from.
        business_unit: Option<String>,
    },
    /// Not there.
    Missing,
    /// Only a soft-deleted one is there, and in the way of a new one.
    Deleted {
        /// Row id.
        user: String,
    },
}

/// Yes, no, or could not tell; each with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Surely.
    Yes,
    /// Surely not, because of these.
    No(Vec<String>),
    /// Could not be found out, because of these.
    Unknown(Vec<String>),
}

/// The words of an [`power_platform::ErrorDetails`], unabridged, and its code.
pub fn error_words(details: &power_platform::ErrorDetails) -> (Option<String>, String) {
    let code = details.error_name.clone().or_else(|| details.error_code.clone());
    let number = details.error_code.as_deref().filter(|number| Some(*number) != code.as_deref());
    let message = details.message.clone().unwrap_or_default();
    let words = match (&code, number) {
        (Some(code), Some(number)) => format!("{code} ({number}): {message}"),
        (Some(code), None) => format!("{code}: {message}"),
        _ => message,
    };
    (code, words)
}

impl Facts {
    /// State of a package; `None` while the list is not known.
    ///
    /// The same name can stand in two rows, the installed version and a newer one. Names compare
    /// case aside. An unknown state is on its way, never done.
    pub fn package(&self, name: &str) -> Option<PackageState> {
        let rows = self.packages.value()?;
        let mut best = PackageState::NotOffered;
        let rank = |state: &PackageState| match state {
            PackageState::NotOffered => 0,
            PackageState::NotInstalled => 1,
            PackageState::Failed { .. } => 2,
            PackageState::InProgress { .. } => 3,
            PackageState::Installed { .. } => 4,
        };
        for row in rows.iter().filter(|row| row.unique_name.eq_ignore_ascii_case(name)) {
            let word = row.state.clone().unwrap_or_default();
            let state = match word.to_ascii_lowercase().as_str() {
                "installed" => PackageState::Installed { version: row.version.clone().unwrap_or_default() },
                "none" | "notinstalled" | "uninstallfailed" | "" => PackageState::NotInstalled,
                "installfailed" => {
                    let details = row.error_details.as_deref().or(row.last_error.as_deref());
                    let (code, words) = details.map(error_words).unwrap_or_default();
                    PackageState::Failed { words, code }
                }
                _ => PackageState::InProgress { state: word },
            };
            if rank(&state) > rank(&best) {
                best = state;
            }
        }
        Some(best)
    }

    /// The unique name as the service spells it.
    pub fn package_spelling(&self, name: &str) -> Option<&str> {
        let rows = self.packages.value()?;
        rows.iter().find(|row| row.unique_name.eq_ignore_ascii_case(name)).map(|row| row.unique_name.as_str())
    }

    /// Version of the installed core solution.
    pub fn core_version(&self) -> Option<String> {
        match self.package(CORE_PACKAGE)? {
            PackageState::Installed { version } if !version.is_empty() => Some(version),
            _ => None,
        }
    }

    /// State of an application user, by its place in [`APPLICATION_USERS`](crate::core::plan::APPLICATION_USERS);
    /// `None` while unknown.
    pub fn user_state(&self, index: usize) -> Option<IdentityState> {
        let rows = self.users.get(index)?.value()?;
        let live = rows.iter().filter(|row| row.deletedstate.unwrap_or(0) == 0);
        let twin = rows.first().map(|row| IdentityState::Deleted { user: row.systemuserid.clone() });
        let mut best = twin.unwrap_or(IdentityState::Missing);
        for row in live {
            let user = row.systemuserid.clone();
            if row.isdisabled == Some(true) {
                if !matches!(best, IdentityState::NoRole { .. }) {
                    best = IdentityState::Disabled { user };
                }
            } else if row.systemuserroles_association.iter().any(dataverse::Role::is_system_administrator) {
                return Some(IdentityState::Good { user });
            } else {
                best = IdentityState::NoRole { user, business_unit: row.business_unit.clone() };
            }
        }
        Some(best)
    }

    /// The user a client ID row runs as: `Some(None)` when there surely is no such row, `None`
    /// while unknown.
    pub fn row_user(&self, app: &str) -> Option<Option<String>> {
        let rows = self.rows.value()?;
        let row = rows.iter().find(|row| bare_id(&row.client_id) == bare_id(app));
        Some(row.map(|row| row.user_id.clone().filter(|user| !user.is_empty()).unwrap_or_else(|| "nobody".into())))
    }

    /// Whether the user of a client ID row is enabled; `None` while unknown.
    pub fn finops_user_enabled(&self, user: &str) -> Option<bool> {
        // An environment without any user does not exist: an empty list says that none is shown.
        let users = self.finops_users.value().filter(|users| !users.is_empty())?;
        match users.iter().find(|row| row.user_id.eq_ignore_ascii_case(user)) {
            Some(row) => row.enabled,
            None => Some(false),
        }
    }

    /// Whether everything that Configure makes in this environment is there.
    pub fn configured(&self, environment: &Environment) -> Answer {
        let mut missing = Vec::new();
        let mut unknown = Vec::new();
        for package in [CORE_PACKAGE, APPLICATION_PACKAGE] {
            match self.package(package) {
                Some(PackageState::Installed { .. }) => {}
                Some(PackageState::InProgress { state }) => missing.push(format!("{package} is {state}")),
                Some(PackageState::Failed { .. }) => missing.push(format!("{package} failed to install")),
                Some(PackageState::NotInstalled | PackageState::NotOffered) => {
                    missing.push(format!("{package} is not installed"));
                }
                None => unknown.push(format!("{package}: {}", why(&self.packages))),
            }
        }
        for (index, app) in application_users(environment).iter().enumerate() {
            match self.user_state(index) {
                Some(IdentityState::Good { .. }) => {}
                Some(IdentityState::Disabled { .. }) => missing.push(format!("application user {app} is disabled")),
                Some(IdentityState::NoRole { .. }) => {
                    missing.push(format!("application user {app} has no System Administrator role"));
                }
                Some(IdentityState::Missing | IdentityState::Deleted { .. }) => {
                    missing.push(format!("application user {app} is missing"));
                }
                None => unknown.push(format!("application user {app}: {}", why(&self.users[index]))),
            }
        }
        for app in client_id_rows(self.core_version().as_deref()) {
            match self.row_user(app) {
                Some(Some(user)) if self.finops_user_enabled(&user) == Some(false) => {
                    missing.push(format!("client ID row {app} runs as {user}, who is missing or disabled"));
                }
                Some(Some(_)) => {}
                Some(None) => missing.push(format!("client ID row {app} is missing")),
                None => unknown.push(format!("client ID row {app}: {}", why(&self.rows))),
            }
        }
        if !missing.is_empty() {
            Answer::No(missing)
        } else if unknown.is_empty() {
            Answer::Yes
        } else {
            Answer::Unknown(unknown)
        }
    }

    /// The link, when there surely is one.
    pub fn linked(&self) -> Option<&gateway::Link> {
        self.link.value()?.as_deref()
    }

    /// The maps that are not surely stopped; `None` while unknown.
    pub fn unstopped_maps(&self) -> Option<Unstopped<'_>> {
        let is_stopped = |map: &&gateway::Map| match map.detail.state.as_deref() {
            Some("1" | "6") => true,
            // One without a project was never initialised, so it does not run.
            None | Some("" | "0") => map.detail.pid.as_deref().is_none_or(str::is_empty),
            _ => false,
        };
        Some(Unstopped(self.maps.value()?.iter().filter(|map| !is_stopped(map)).collect()))
    }
}

/// Table maps that are not surely stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Unstopped<'a>(Vec<&'a gateway::Map>);

impl Unstopped<'_> {
    /// Maps that are named in a sentence.
    const NAMED: usize = 5;

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether one of them is in a state that is known.
    pub fn is_any_known(&self) -> bool {
        self.0.iter().any(|map| matches!(map.detail.state.as_deref(), Some("2" | "3" | "4" | "5")))
    }

    /// The first ones with their states, and how many there are beyond.
    pub fn words(&self) -> String {
        let named = self.0.iter().take(Self::NAMED).map(|map| format!("{} ({})", map_name(map), map_state(map)));
        let named = named.collect::<Vec<_>>().join(", ");
        match self.0.len().saturating_sub(Self::NAMED) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

/// The name of a table map.
pub fn map_name(map: &gateway::Map) -> &str {
    map.detail.name.as_deref().unwrap_or("a map without a name")
}

/// The state of a table map in a word. The service's own numbers, seen in Microsoft's helper.
pub fn map_state(map: &gateway::Map) -> String {
    match map.detail.state.as_deref() {
        Some("1") => "stopped".into(),
        Some("2") => "initial sync".into(),
        Some("3") => "catching up".into(),
        Some("4") => "running".into(),
        Some("5") => "paused".into(),
        Some("6") => "not running".into(),
        Some(other) => format!("state {other}, not known"),
        None => "state not said".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::directory::sent;
    use crate::core::environment::Fact;
    use jiff::Timestamp;
    use serde_json::json;
    use std::sync::Arc;

    fn packages(rows: serde_json::Value) -> Facts {
        let rows: Vec<_> = serde_json::from_value(rows).unwrap();
        Facts { packages: Fact::Known(rows.into(), Timestamp::UNIX_EPOCH), ..Facts::default() }
    }

    #[test]
    fn an_installed_row_wins_over_a_newer_offer() {
        let facts = packages(json!([{"uniqueName": "dualwritecoreanchor", "state": "Installed", "version": "1"},
            {"uniqueName": "DualWriteCoreAnchor", "state": "NotInstalled", "version": "2"}]));
        assert_eq!(facts.package(CORE_PACKAGE), Some(PackageState::Installed { version: "1".into() }));
    }

    #[test]
    fn an_unknown_state_is_on_its_way_and_never_done() {
        let facts = packages(json!([{"uniqueName": CORE_PACKAGE, "state": "InstallQueuedForReview"}]));
        assert_eq!(
            facts.package(CORE_PACKAGE),
            Some(PackageState::InProgress { state: "InstallQueuedForReview".into() })
        );
    }

    #[test]
    fn a_failure_keeps_the_words_from_either_field() {
        for field in ["errorDetails", "lastError"] {
            let facts = packages(json!([{"uniqueName": CORE_PACKAGE, "state": "installfailed",
                field: {"errorName": "SolutionImportFailed", "errorCode": -1, "message": "A dependency is missing."}}]));
            let Some(PackageState::Failed { words, .. }) = facts.package(CORE_PACKAGE) else { panic!("not failed") };
            assert_eq!(words, "SolutionImportFailed (-1): A dependency is missing.");
        }
    }

    #[test]
    fn an_unread_list_is_not_an_empty_list() {
        assert_eq!(Facts::default().package(CORE_PACKAGE), None);
        assert_eq!(packages(json!([])).package(CORE_PACKAGE), Some(PackageState::NotOffered));
        let environment = sent::tenant(json!([{"name": "pp"}])).remove(0);
        let configured = Facts::default().configured(&environment);
        assert!(matches!(configured, Answer::Unknown(reasons) if reasons.len() == 6));
    }

    #[test]
    fn a_deleted_user_is_not_a_user() {
        let users = |rows| Facts {
            users: [Fact::Known(Arc::new(serde_json::from_value(rows).unwrap()), Timestamp::UNIX_EPOCH), Fact::Unread],
            ..Facts::default()
        };
        assert_eq!(users(json!([])).user_state(0), Some(IdentityState::Missing));
        assert_eq!(
            users(json!([{"systemuserid": "a", "deletedstate": 1}])).user_state(0),
            Some(IdentityState::Deleted { user: "a".into() })
        );
        assert_eq!(
            users(json!([{"systemuserid": "a", "isdisabled": true}])).user_state(0),
            Some(IdentityState::Disabled { user: "a".into() })
        );
        let role = json!([{"roleid": "r", "name": "system administrator"}]);
        assert_eq!(
            users(json!([{"systemuserid": "a", "isdisabled": false, "systemuserroles_association": role}]))
                .user_state(0),
            Some(IdentityState::Good { user: "a".into() })
        );
        assert_eq!(Facts::default().user_state(0), None);
    }

    #[test]
    fn maps_that_pause_or_sync_are_not_stopped() {
        let map = |state| json!({"detail": {"tName": state, "state": state, "pid": "p"}});
        let new = json!({"detail": {"tName": "new", "state": null, "pid": null}});
        let facts = Facts {
            maps: Fact::Known(
                Arc::new(
                    serde_json::from_value(json!([map("1"), map("4"), map("5"), map("6"), map("9"), new])).unwrap(),
                ),
                Timestamp::UNIX_EPOCH,
            ),
            ..Facts::default()
        };
        let maps = facts.unstopped_maps().unwrap();
        assert_eq!(maps.words(), "4 (running), 5 (paused), 9 (state 9, not known)");
        assert!(maps.is_any_known());
    }
}
