//! Power Platform API: application packages of an environment and their installation.

use super::{Context, iso};
use crate::sim::{
    call::{Answer, Call},
    ids,
    packages::{self, Package},
    scenario::InstallAnswer,
    tokens::audience,
    world::{End, InstallError, Installation, Progress},
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const VERSIONS: [&str; 2] = ["2022-03-01-preview", "2024-10-01"];

/// Answers a request to the Power Platform API.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    context
        .world
        .tokens
        .check(call.bearer(), audience::POWER_PLATFORM, false, context.now)
        .map_err(|refusal| bare(StatusCode::UNAUTHORIZED, "Unauthorized", refusal.words(), None))?;
    let ["appmanagement", "environments", environment, rest @ ..] = segments else {
        return Err(bare(StatusCode::NOT_FOUND, "NotFound", "The requested endpoint does not exist.", None));
    };
    let methods: &[Method] = match rest {
        ["applicationPackages"] | ["operations", _] => &[Method::GET],
        ["applicationPackages", _, "install"] => &[Method::POST],
        _ => return Err(bare(StatusCode::NOT_FOUND, "NotFound", "The requested endpoint does not exist.", None)),
    };
    call.only(methods)?;
    if !call.query("api-version").is_some_and(|version| VERSIONS.contains(&version)) {
        let words = "The api-version query parameter is missing or not supported.";
        return Err(bare(StatusCode::BAD_REQUEST, "ApiVersionInvalid", words, None));
    }
    let place = context.world.places.by_id(environment).ok_or_else(|| {
        let words = "The environment id in the endpoint is not valid.";
        bare(StatusCode::NOT_FOUND, "EndpointInvalid", words, Some("EnvironmentIdInvalid"))
    })?;
    match rest {
        ["operations", id] => {
            let found = context.world.installations.iter().find(|one| one.environment == place && one.id == *id);
            let words = "The operation was not found.";
            let one = found.ok_or_else(|| bare(StatusCode::NOT_FOUND, "OperationNotFound", words, None))?;
            Ok(Answer::ok(operation(context, one)))
        }
        ["applicationPackages", package, _] => install(context, call, place, package),
        _ => Ok(Answer::ok(list(context, call, place))),
    }
}

/// This API's own error shape, without a wrapper.
fn bare(status: StatusCode, code: &str, message: &str, inner: Option<&str>) -> Answer {
    let mut error = json!({"code": code, "message": message});
    if let Some(code) = inner {
        error["innererror"] = json!({"code": code});
    }
    Answer::json(status, error)
}

fn details(error: &InstallError) -> Value {
    json!({
        "errorName": error.name,
        "errorCode": error.code,
        "message": error.message,
        "source": "Dataverse",
        "statusCode": 500,
        "type": "ImportException",
    })
}

/// The word for a part of the time: the words come one after the other.
pub fn word_at(words: &[String], part: f64) -> &str {
    let number = u32::try_from(words.len()).unwrap_or(u32::MAX).max(1);
    let at = (0..number).rev().position(|at| part >= f64::from(at) / f64::from(number));
    let at = at.map_or(0, |from_the_end| words.len().saturating_sub(1 + from_the_end));
    words.get(at).map_or("Running", String::as_str)
}

fn operation(context: &Context, one: &Installation) -> Value {
    let words = &context.world.scenario.words;
    let (status, error) = match (one.progress(context.now), &one.end) {
        (Progress::NotStarted, _) => ("NotStarted", None),
        (Progress::Running(part), _) => (word_at(&words.operation_running, part), None),
        (Progress::Ended, End::Succeeded) => (words.operation_succeeded.as_str(), None),
        (Progress::Ended, End::Canceled) => ("Canceled", None),
        (Progress::Ended, End::Failed(error)) => ("Failed", Some(details(error))),
    };
    let last = match one.progress(context.now) {
        Progress::NotStarted => None,
        Progress::Running(_) => Some(context.now),
        Progress::Ended => Some(one.ends),
    };
    json!({
        "operationId": one.id,
        "status": status,
        "statusMessage": null,
        "createdDateTime": iso(one.started),
        "lastActionDateTime": last.map(iso),
        "error": error,
    })
}

fn list(context: &Context, call: &Call, place: usize) -> Value {
    if !context.world.environments[place].dataverse {
        return json!({"value": []});
    }
    let rows = packages::ALL.iter().flat_map(|package| rows_of(context, place, package));
    let wanted = |row: &Value| match call.query("appInstallState").unwrap_or("All").to_lowercase().as_str() {
        "installed" => row["instancePackageId"].is_string(),
        "notinstalled" => row["instancePackageId"].is_null(),
        _ => true,
    };
    json!({"value": rows.filter(wanted).collect::<Vec<_>>()})
}

/// One row, or two when a newer version waits.
fn rows_of(context: &Context, place: usize, package: &Package) -> Vec<Value> {
    let environment = &context.world.environments[place];
    let words = &context.world.scenario.words;
    let installed = environment.packages.get(package.name);
    let (state, error) =
        match context.world.newest(place, package.name).map(|one| (one.progress(context.now), &one.end)) {
            Some((Progress::NotStarted, _)) => ("InstallRequested", None),
            Some((Progress::Running(part), _)) => (word_at(&words.package_running, part), None),
            Some((Progress::Ended, End::Failed(error))) => ("InstallFailed", Some(details(error))),
            _ if installed.is_some() => (words.package_installed.as_str(), None),
            _ => ("NotInstalled", None),
        };
    // The services write some names in more than one way.
    let name =
        if place.is_multiple_of(2) { package.name.to_owned() } else { package.name.replacen("msdyn_", "MsDyn_", 1) };
    let row = |name: &str, version: &str, state: &str, error: Option<Value>, instance: bool| {
        json!({
            "id": ids::of(&["package", package.name, version]),
            "uniqueName": name,
            "version": version,
            "localizedName": package.title,
            "localizedDescription": null,
            "applicationId": ids::of(&["application", package.name]),
            "applicationName": package.title,
            "applicationDescription": null,
            "singlePageApplicationUrl": null,
            "publisherId": "MicrosoftDynamics",
            "publisherName": "Microsoft Dynamics 365",
            "learnMoreUrl": "https://learn.microsoft.com/dynamics365/",
            "crmMinversion": "9.0",
            "crmMaxVersion": null,
            "customHandleUpgrade": false,
            "instancePackageId": instance.then(|| ids::of(&["instance", &environment.name, package.name])),
            "state": state,
            "catalogVisibility": "None",
            "applicationVisibility": "All",
            "errorDetails": error,
            "startDateUtc": "2020-01-01T00:00:00Z",
            "endDateUtc": "2050-01-01T00:00:00Z",
            "supportedCountries": ["DE", "DK", "US"],
        })
    };
    let version = installed.map_or(package.version, String::as_str);
    let mut rows = vec![row(&name, version, state, error, installed.is_some())];
    if installed.is_some() && environment.updates.iter().any(|own| own.eq_ignore_ascii_case(package.name)) {
        rows.push(row(package.name, &newer(version), "NotInstalled", None, false));
    }
    rows
}

/// The version after this one.
fn newer(version: &str) -> String {
    let (front, last) = version.rsplit_once('.').unwrap_or(("1", version));
    format!("{front}.{}", last.parse::<u64>().unwrap_or(0).saturating_add(1))
}

fn install(context: &mut Context, call: &Call, place: usize, name: &str) -> Result<Answer, Answer> {
    let body = call.json().map_err(|words| bare(StatusCode::BAD_REQUEST, "InvalidRequestBody", &words, None))?;
    let known = packages::find(name).filter(|_| context.world.environments[place].dataverse);
    let (Some(package), true) = (known, body.is_null() || body.is_object()) else {
        context.world.counters.installs_refused += 1;
        return Err(Answer::empty(StatusCode::BAD_REQUEST));
    };
    if context.world.is_installing(place) {
        context.world.counters.installs_refused += 1;
        return Err(Answer::empty(StatusCode::CONFLICT));
    }
    let now = context.now;
    let (id, started) = {
        let one = context.world.install(place, package, now);
        (one.id.clone(), one.started)
    };
    let environment = &context.world.environments[place];
    if context.world.scenario.install_answer == InstallAnswer::Accepted {
        let version = call.query("api-version").unwrap_or_default();
        let location = format!(
            "{}/powerplatform/appmanagement/environments/{}/operations/{id}?api-version={version}",
            context.hosts.base(),
            environment.id
        );
        return Ok(Answer::empty(StatusCode::ACCEPTED).with("operation-location", location).with("retry-after", "20"));
    }
    let instance = ids::of(&["instance", &environment.name, package.name]);
    Ok(Answer::ok(json!({
        "id": instance,
        "packageId": ids::of(&["package", package.name, package.version]),
        "packageUniqueName": package.name,
        "packageVersion": package.version,
        "applicationName": package.title,
        "localizedName": package.title,
        "termsOfServiceBlobUris": ["https://example.invalid/terms"],
        "applicationVisibility": "All",
        "customHandleUpgrade": false,
        "lastOperation": {
            "state": "InstallRequested",
            "createdOn": iso(started),
            "modifiedOn": null,
            "errorDetails": null,
            "statusMessage": null,
            "instancePackageId": instance,
            "operationId": id,
        },
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_one_after_the_other() {
        let words = ["a".to_owned(), "b".to_owned()];
        assert_eq!(["a", "a", "b", "b"], [0.0, 0.49, 0.5, 1.0].map(|part| word_at(&words, part)));
        assert_eq!(word_at(&[], 0.5), "Running");
    }

    #[test]
    fn the_next_version_is_newer() {
        assert!(packages::is_older("2.4.12.1", &newer("2.4.12.1")));
    }
}
