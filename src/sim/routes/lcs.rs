//! Lifecycle Services API: environment metadata. 200 with an envelope, unless the token is refused
//! or the limit of calls is reached.

use super::Context;
use crate::sim::{
    PROJECT,
    call::{Answer, Call},
    clock, ids,
    scenario::Environment,
    tokens::audience,
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Calls per project and minute.
const LIMIT: usize = 6;
/// The minute (seconds).
const WINDOW: u32 = 60;

/// Answers a request to LCS.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    authorised(context, call)?;
    match segments {
        ["environmentinfo", "v1", "detail", "project", project] => {
            call.only(&[Method::GET])?;
            limited(context)?;
            Ok(Answer::ok(detail(context, call, project)))
        }
        ["environmentinfo", "v1", "history", "project", project, "environment", environment] => {
            call.only(&[Method::GET])?;
            limited(context)?;
            Ok(Answer::ok(history(context, project, environment)))
        }
        _ => Err(Answer::empty(StatusCode::NOT_FOUND)),
    }
}

/// A bare 401: no envelope is promised for it.
pub fn authorised(context: &Context, call: &Call) -> Result<(), Answer> {
    context.world.tokens.check(call.bearer(), audience::LCS, false, context.now).map_err(|refusal| {
        Answer::empty(StatusCode::UNAUTHORIZED).with(
            "www-authenticate",
            format!("Bearer error=\"invalid_token\", error_description=\"{}\"", refusal.words()),
        )
    })
}

fn limited(context: &mut Context) -> Result<(), Answer> {
    let now = context.now;
    let calls = &mut context.world.lcs_calls;
    while calls.front().is_some_and(|first| clock::after(*first, WINDOW) <= now) {
        calls.pop_front();
    }
    if calls.len() < LIMIT {
        calls.push_back(now);
        return Ok(());
    }
    let wait = calls.front().map_or(0.0, |first| clock::seconds_between(now, clock::after(*first, WINDOW)));
    Err(Answer::empty(StatusCode::TOO_MANY_REQUESTS).with("retry-after", format!("{:.0}", wait.ceil().max(1.0))))
}

/// The envelope around every answer.
pub fn envelope(context: &Context, error: Option<&str>, activity: Option<&str>) -> Value {
    let own = ids::of(&["activity", &context.now.to_string(), &context.world.counters.requests.to_string()]);
    json!({
        "IsSuccess": error.is_none(),
        "ErrorMessage": error,
        "OperationActivityId": activity.unwrap_or(&own),
        "VersionEOL": "9999-12-31T23:59:59.9999999",
    })
}

/// One page of these; only its own rows are made.
fn page<T>(context: &Context, all: Vec<T>, number: usize, size: usize, row: impl Fn(T) -> Value) -> Value {
    let pages = all.len().div_ceil(size).max(1);
    let rows: Vec<Value> = all.into_iter().skip((number - 1).saturating_mul(size)).take(size).map(row).collect();
    let mut answer = envelope(context, None, None);
    answer["ResultPageCurrent"] = number.into();
    answer["ResultHasMorePages"] = (number < pages).into();
    answer["Data"] = rows.into();
    answer
}

fn detail(context: &Context, call: &Call, project: &str) -> Value {
    if project.parse() != Ok(PROJECT) {
        return envelope(
            context,
            Some(&format!("The project {project} was not found or you have no access to it.")),
            None,
        );
    }
    let listed: Vec<(usize, &Environment)> =
        context.world.environments.iter().enumerate().filter(|(_, environment)| environment.is_in_lcs()).collect();
    let one = if let Some(id) = call.query("environmentId") {
        Some(context.world.by_lcs_id(id))
    } else {
        let named = |name: &str| listed.iter().find(|(_, own)| own.display_name == name).map(|(place, _)| *place);
        call.query("environmentName").map(named)
    };
    let chosen = match one {
        None => listed,
        Some(Some(place)) => listed.into_iter().filter(|(own, _)| *own == place).collect(),
        Some(None) => return envelope(context, Some("The environment was not found in the project."), None),
    };
    let number = match call.query("page").map(str::parse::<usize>) {
        None => 1,
        Some(Ok(number)) if number >= 1 => number,
        Some(_) => return envelope(context, Some("The page must be a number from 1."), None),
    };
    let size = context.world.scenario.lcs_page_size;
    page(context, chosen, number, size, |(place, environment)| row(context, place, environment))
}

fn row(context: &Context, place: usize, environment: &Environment) -> Value {
    // Both spellings of an id occur.
    let id = if place.is_multiple_of(2) { environment.lcs_id.clone() } else { environment.lcs_id.replace('-', "") };
    let build = environment.application_version.rsplit('.').next().unwrap_or_default();
    json!({
        "EnvironmentId": id,
        "EnvironmentName": environment.display_name,
        "ProjectId": PROJECT,
        "EnvironmentInfrastructure": environment.infrastructure,
        "EnvironmentType": environment.kind,
        "EnvironmentGroup": "Primary",
        "EnvironmentProduct": "Finance and Operations",
        "EnvironmentEndpointBaseUrl": format!("{}/", context.hosts.finance_operations(environment)),
        "DeploymentState": "Finished",
        "TopologyDisplayName": "AXHA",
        "CurrentApplicationBuildVersion": format!("10.0.2177.{build}"),
        "CurrentApplicationReleaseName": environment.application_version,
        "CurrentPlatformReleaseName": environment.platform_version,
        "CurrentPlatformVersion": "7.0.7606.31",
        "DeployedOnUTC": "2/3/2026 9:15 AM",
        "CloudStorageLocation": region_name(&environment.region),
        "DisasterRecoveryLocation": null,
        "DeploymentStatusDisplay": "Deployed",
        "CanStart": false,
        "CanStop": false,
        "DatabaseDailyBackupsEnabled": true,
        "DatabaseBackupLocation": null,
    })
}

/// What LCS calls an Azure region.
fn region_name(region: &str) -> &str {
    match region {
        "westeurope" => "West Europe",
        "northeurope" => "North Europe",
        "eastus" => "East US",
        "westus" => "West US",
        other => other,
    }
}

fn history(context: &Context, project: &str, environment: &str) -> Value {
    let known = context.world.by_lcs_id(environment).filter(|_| project.parse() == Ok(PROJECT));
    let Some(place) = known else {
        return envelope(context, Some("The environment was not found in the project."), None);
    };
    let id = &context.world.environments[place].lcs_id;
    let entry = json!({
        "Name": "Deploy environment",
        "Type": "SFApplicationHotfix",
        "TypeDisplay": "Package deployment",
        "StartDateTimeUtc": "2026-02-03T08:20:00",
        "EndDateTimeUtc": "2026-02-03T09:15:00",
        "Status": "Completed",
        "ActivityId": ids::of(&["history", id]),
        "EnvironmentId": id,
        "ProjectId": PROJECT,
    });
    page(context, vec![entry], 1, 10, |entry| entry)
}
