//! The answers about the account and the tenant.

use super::{names, no, no_lcs, unknown, unread, yes};
use crate::core::check::Found;
use crate::core::environment::{Environment, Fact};
use crate::core::facts::Facts;
use crate::core::plan::client_id_rows;
use crate::wire::{bare_id, dataverse, finance_operations, graph};

/// Parts of the names of licences for finance and operations apps.
const APP_LICENCES: [&str; 8] =
    ["DYN365_", "DYNAMICS_365", "D365_", "AX_", "AX7_", "CRMPLAN", "PROJECT_OPERATIONS", "UNIFIED_OPERATIONS"];

pub(in crate::core::check) fn account_tenant(environment: &Environment, facts: &Facts) -> Found {
    match (facts.reader.tenant.as_deref(), environment.tenant.as_deref()) {
        (Some(own), Some(theirs)) if bare_id(own) == bare_id(theirs) => {
            yes("signed in to the tenant of the environments")
        }
        (Some(own), Some(theirs)) => no(format!("signed in to {own}; the environments are in {theirs}")),
        (None, _) => unknown("the sign-in names no tenant"),
        (_, None) => unknown("the list of environments names no tenant"),
    }
}

/// Lifecycle Services shows its environments to Project Owners and environment managers only, so an
/// answer is a good sign, and no answer is none.
pub(in crate::core::check) fn project_role(environment: &Environment, _: &Facts) -> Found {
    match &environment.lcs {
        Some(_) => yes("Lifecycle Services shows the environment to this account"),
        None => no_lcs(environment),
    }
}

pub(in crate::core::check) fn dataverse_role(_: &Environment, facts: &Facts) -> Found {
    match &facts.own_roles {
        Fact::Known(roles, _) if roles.iter().any(dataverse::Role::is_system_administrator) => {
            yes("System Administrator")
        }
        // Whoever can ask has a role: an empty list says that roles are not shown.
        Fact::Known(roles, _) if roles.is_empty() => unknown("Dataverse shows no role of this account"),
        Fact::Known(roles, _) => {
            let mut all: Vec<&str> = roles.iter().filter_map(|role| role.name.as_deref()).collect();
            all.sort_unstable();
            all.dedup();
            no(format!("its roles are {}", names(all)))
        }
        other => unread(other),
    }
}

pub(in crate::core::check) fn finops_role(_: &Environment, facts: &Facts) -> Found {
    let Some(users) = facts.finops_users.value() else { return unread(&facts.finops_users) };
    let Some(user) = facts.own_finops_user() else {
        return unknown(format!("none of its {} users signs in as {}", users.len(), facts.reader.name));
    };
    if user.enabled == Some(false) {
        return no(format!("the user {} is disabled", user.user_id));
    }
    match &facts.finops_roles {
        Fact::Known(roles, _) if roles.iter().any(finance_operations::UserRole::is_system_administrator) => {
            yes(format!("{} is System administrator", user.user_id))
        }
        Fact::Known(roles, _) => {
            let named = roles.iter().filter_map(|role| role.name.as_deref().or(role.identifier.as_deref()));
            let named: Vec<&str> = named.filter(|name| !name.is_empty()).collect();
            if named.is_empty() {
                return unknown(format!("no role of {} is shown", user.user_id));
            }
            no(format!("the roles of {} are {}", user.user_id, names(named)))
        }
        other => unread(other),
    }
}

pub(in crate::core::check) fn licence(_: &Environment, facts: &Facts) -> Found {
    let Some(licences) = facts.licences.value() else { return unread(&facts.licences) };
    let skus: Vec<&str> = licences.iter().filter_map(|of| of.sku_part_number.as_deref()).collect();
    let is_app = |sku: &&str| {
        let sku = sku.to_ascii_uppercase();
        APP_LICENCES.iter().any(|part| sku.contains(part))
    };
    match skus.iter().copied().find(|sku| is_app(sku)) {
        Some(sku) => yes(sku),
        None if licences.is_empty() => no("no license at all"),
        // The names of licences change; one that is not known proves nothing.
        None => unknown(format!("its licenses are {}", names(skus))),
    }
}

pub(in crate::core::check) fn power_apps(_: &Environment, facts: &Facts) -> Found {
    let Some(licences) = facts.licences.value() else { return unread(&facts.licences) };
    let plans = || licences.iter().flat_map(|of| &of.service_plans);
    let is_usable = |status: Option<&str>| status.is_none_or(|status| status.eq_ignore_ascii_case("Success"));
    let found = plans().filter(|plan| is_usable(plan.provisioning_status.as_deref())).find_map(|plan| {
        plan.service_plan_name.as_deref().filter(|name| name.to_ascii_uppercase().contains("POWERAPPS"))
    });
    match found {
        Some(plan) => yes(plan),
        None if licences.is_empty() => no("no license at all"),
        None if plans().next().is_none() => unknown("the licenses name no service plan"),
        None if plans().count() == 1 => no("its one service plan is none of Power Apps"),
        None => no(format!("none of its {} service plans is one of Power Apps", plans().count())),
    }
}

pub(in crate::core::check) fn may_create(environment: &Environment, facts: &Facts) -> Found {
    if environment.dataverse.is_some() {
        return yes("not needed: there is a Dataverse already");
    }
    match &facts.directory_roles {
        Fact::Known(roles, _) => {
            let is_creator = |id: &String| graph::CREATOR_ROLES.iter().any(|known| bare_id(known) == bare_id(id));
            let found = roles.iter().find(|role| role.role_template_id.as_ref().is_some_and(is_creator));
            match found {
                Some(role) => yes(role.display_name.as_deref().unwrap_or("has a role that may")),
                None => unknown("has no role that always may; whether creating is restricted here was not read"),
            }
        }
        other => unread(other),
    }
}

pub(in crate::core::check) fn principals(_: &Environment, facts: &Facts) -> Found {
    let Some(known) = facts.principals.value() else { return unread(&facts.principals) };
    let missing = client_id_rows(facts.core_version().as_deref())
        .into_iter()
        .filter(|app| !known.iter().any(|of| of.app_id.as_deref().is_some_and(|id| bare_id(id) == bare_id(app))));
    let missing: Vec<&str> = missing.collect();
    let blocked: Vec<&str> =
        known.iter().filter(|of| of.account_enabled == Some(false)).filter_map(|of| of.app_id.as_deref()).collect();
    match (missing.is_empty(), blocked.is_empty()) {
        (true, true) => yes("both are there"),
        (true, false) => no(format!("sign-in is blocked for {}", names(blocked))),
        (false, _) => no(format!("{} is not among the enterprise applications", names(missing))),
    }
}
