//! The link operation: start it, look at it. In the manner of LCS, envelope and all.

use super::{Context, iso, lcs, power_platform::word_at};
use crate::sim::{
    PORTAL, PROJECT,
    call::{Answer, Call},
    scenario::Integration,
    world::Progress,
};
use crate::wire::{CLIENT_REQUEST_ID, bare_host, link::NO_PROJECT};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Answers a request to the link operation.
pub fn answer(context: &mut Context, call: &Call, segments: &[&str]) -> Result<Answer, Answer> {
    lcs::authorised(context, call)?;
    match segments {
        ["link", "project", project, "environment", environment] => {
            call.only(&[Method::POST])?;
            start(context, call, project, environment)
        }
        ["fetchstatus", "project", project, "environment", environment, "operationactivity", activity] => {
            call.only(&[Method::GET])?;
            Ok(Answer::ok(status(context, project, environment, activity)))
        }
        _ => Err(Answer::empty(StatusCode::NOT_FOUND)),
    }
}

/// Place of an environment of the project. Project 0 stands for "no project is configured".
fn place_of(context: &Context, project: &str, environment: &str) -> Option<usize> {
    let known = project.parse::<u64>().is_ok_and(|number| number == PROJECT || number == NO_PROJECT);
    context.world.by_lcs_id(environment).filter(|_| known)
}

fn start(context: &mut Context, call: &Call, project: &str, environment: &str) -> Result<Answer, Answer> {
    let bad = |words: &str| Answer::json(StatusCode::BAD_REQUEST, json!({"Message": words}));
    let request = call
        .header(CLIENT_REQUEST_ID)
        .filter(|id| uuid::Uuid::try_parse(id).is_ok())
        .ok_or_else(|| bad("The header x-ms-client-request-id must be a GUID."))?;
    let body = call.json().map_err(|words| bad(&words))?;
    let wanted =
        body["powerPlatformEnvironmentId"].as_str().ok_or_else(|| bad("powerPlatformEnvironmentId is missing."))?;
    if let Some(known) = context.world.linkings.iter().find(|one| one.request.eq_ignore_ascii_case(request)) {
        return Ok(Answer::ok(lcs::envelope(context, None, Some(&known.id))));
    }
    let refusal = match place_of(context, project, environment) {
        None => Err("The environment was not found in the project."),
        Some(place) => refusal(context, place, wanted).map_or(Ok(place), Err),
    };
    match refusal {
        Err(words) => Ok(Answer::ok(lcs::envelope(context, Some(words), None))),
        Ok(place) => {
            let now = context.now;
            let id = context.world.link(place, request, now).id.clone();
            Ok(Answer::ok(lcs::envelope(context, None, Some(&id))))
        }
    }
}

/// Why a link may not start.
fn refusal(context: &Context, place: usize, wanted: &str) -> Option<&'static str> {
    let environment = &context.world.environments[place];
    match environment.integration {
        Integration::NotSetUp => return Some("Power Platform Integration is not set up for this environment."),
        Integration::SettingUp => return Some("Power Platform Integration is still being set up."),
        Integration::Failed => return Some("Power Platform Integration failed. Resume it first."),
        Integration::SetUp if !environment.is_joined() => return Some("The environment has no Dataverse."),
        Integration::SetUp => {}
    }
    if !wanted.eq_ignore_ascii_case(&environment.id) {
        return Some("The Power Platform environment is not the one of the Power Platform Integration.");
    }
    if !context.world.is_configured(place) {
        return Some(
            "The dual-write application is not configured. Select Dual-write application and Configure first.",
        );
    }
    match &environment.link {
        Some(link) if link.environment == environment.name => return Some("The environment is already linked."),
        Some(_) => {
            return Some(
                "The environment is linked via dual-write to a different destination than specified in Power Platform Integration.",
            );
        }
        None => {}
    }
    let runs = context.world.linkings.iter().any(|one| one.environment == place && one.end.is_none());
    runs.then_some("Another link operation is running for this environment.")
}

fn status(context: &Context, project: &str, environment: &str, activity: &str) -> Value {
    let place = place_of(context, project, environment);
    let found = context.world.linkings.iter().find(|one| one.id == activity && Some(one.environment) == place);
    let Some(one) = found else {
        return lcs::envelope(context, Some("The operation was not found."), Some(activity));
    };
    let environment = &context.world.environments[one.environment];
    let words = &context.world.scenario.words;
    let (status, error) = match (one.progress(context.now), one.end) {
        (_, Some(Err(fault))) => ("Failed", Some(fault)),
        (_, Some(Ok(()))) | (Progress::Ended, None) => (words.link_completed.as_str(), None),
        (Progress::NotStarted, None) => ("NotStarted", None),
        (Progress::Running(part), None) => (word_at(&words.link_running, part), None),
    };
    let mut answer = lcs::envelope(context, None, Some(&one.id));
    let portal = format!("{PORTAL}/dualWrite?axenv={}", bare_host(&context.hosts.finance_operations(environment)));
    answer["OperationStatus"] = status.into();
    answer["ErrorMessage"] = error.into();
    answer["CompletionDate"] = one.end.map(|_| iso(one.ends)).into();
    answer["AdministrationUrl"] = one.end.and_then(Result::ok).map(|()| portal).into();
    answer["ProjectId"] = project.parse().unwrap_or(NO_PROJECT).into();
    answer["EnvironmentId"] = environment.lcs_id.clone().into();
    answer
}
