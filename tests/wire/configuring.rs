//! Packages and identities: what the services take, what they refuse, and what they count.

use super::*;

#[tokio::test]
async fn an_installation_goes_through_its_states() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    assert_eq!(bench.package_state(&id, CORE).await, "NotInstalled");
    let operation = bench.install_id(&id, CORE).await;
    for (seconds, status, state) in
        [(0, "NotStarted", "InstallRequested"), (60, "Running", "Installing"), (90, "Succeeded", "Installed")]
    {
        bench.pass(seconds);
        assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some(status));
        assert_eq!(bench.package_state(&id, CORE).await, state);
    }
}

#[tokio::test]
async fn one_installation_at_a_time_and_only_of_known_packages() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    bench.install_id(&id, CORE).await;
    let second = bench.install(&id, "HCMCommonAnchor").await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    assert!(second.bytes().await.unwrap().is_empty());
    let unknown = bench.install(&id, "NothingAnchor").await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    assert!(unknown.bytes().await.unwrap().is_empty());
    assert_eq!(bench.counters().installs, [(CORE.to_owned(), 1)].into());
    assert_eq!(bench.counters().installs_refused, 2);
}

#[tokio::test]
async fn an_installation_without_what_it_needs_fails() {
    let bench = Bench::named("happy").await;
    let id = bench.id(UAT).await;
    let operation = bench.install_id(&id, APP_CORE).await;
    bench.pass(60);
    let ended = bench.operation(&id, &operation).await;
    assert_eq!(ended.status.as_deref(), Some("Failed"));
    assert_eq!(ended.error.unwrap().message.as_deref(), Some("A dependency is missing."));
    assert_eq!(bench.package_state(&id, APP_CORE).await, "InstallFailed");
}

#[tokio::test]
async fn an_installation_can_be_accepted_without_a_body() {
    let bench = Bench::named("accepted-202").await;
    let id = bench.id(UAT).await;
    let answer = bench.install(&id, CORE).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()["operation-location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&bench.base("powerplatform/")));
    assert!(answer.bytes().await.unwrap().is_empty());
    let operation: power_platform::Operation = bench.read(POWER_PLATFORM, &location).await;
    assert_eq!(operation.status.as_deref(), Some("NotStarted"));
}

#[tokio::test]
async fn a_failed_or_canceled_installation_succeeds_when_it_is_tried_again() {
    for (name, status, state) in
        [("configure-fails", "Failed", "InstallFailed"), ("canceled", "Canceled", "NotInstalled")]
    {
        let bench = Bench::named(name).await;
        let id = bench.id(UAT).await;
        bench.install_id(&id, CORE).await;
        bench.pass(150);
        let operation = bench.install_id(&id, APP_CORE).await;
        bench.pass(300);
        assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some(status), "{name}");
        assert_eq!(bench.package_state(&id, APP_CORE).await, state, "{name}");
        bench.install_id(&id, APP_CORE).await;
        bench.pass(540);
        assert_eq!(bench.package_state(&id, APP_CORE).await, "Installed", "{name}");
    }
}

#[tokio::test]
async fn unknown_words_come_while_it_runs_and_fields_are_missing() {
    let bench = Bench::named("unknown-states").await;
    let id = bench.id(UAT).await;
    let operation = bench.install_id(&id, CORE).await;
    bench.pass(40);
    assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some("Paused"));
    assert_eq!(bench.package_state(&id, CORE).await, "InstallQueuedForReview");
    bench.pass(40);
    assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some("RUNNING"));
    bench.pass(70);
    assert_eq!(bench.operation(&id, &operation).await.status.as_deref(), Some("SUCCEEDED"));
    let row = bench.get(BAP, &(bench.base("bap") + &bap::environment_path(&id))).await;
    assert!(json_of(row, StatusCode::OK).await["properties"].get("states").is_none());
}

#[tokio::test]
async fn dataverse_says_whether_it_is_joined() {
    let bench = Bench::named("mismatch-never-set-up").await;
    let org = bench.dataverse("contoso-sandbox");
    let answer = bench.get(&org, &(org.clone() + &dataverse::integration_path())).await;
    let answer = json_of(answer, StatusCode::BAD_REQUEST).await;
    assert_eq!(answer["error"]["code"], dataverse::NOT_INTEGRATED);
    let org = bench.dataverse("contoso-golden");
    let joined: dataverse::Integration = bench.read(&org, &(org.clone() + &dataverse::integration_path())).await;
    assert_eq!(joined.url, bench.finops("contoso-golden"));
}

#[tokio::test]
async fn an_application_user_is_made_once_and_a_deleted_twin_is_in_the_way() {
    let bench = Bench::named("happy").await;
    let org = bench.dataverse(UAT);
    assert!(bench.users(app_id::DATA_INTEGRATION).await.is_empty());
    let user = bench.create_user(app_id::DATA_INTEGRATION).await;
    let made = &bench.users(app_id::DATA_INTEGRATION).await[0];
    assert_eq!((&made.systemuserid, made.isdisabled, made.deletedstate), (&user, Some(false), Some(0)));
    assert!(made.systemuserroles_association.is_empty());
    assert_eq!(bench.post_user(app_id::DATA_INTEGRATION).await.status(), StatusCode::PRECONDITION_FAILED);

    let url = org.clone() + &dataverse::user_path(&user);
    assert_eq!(bench.send(&org, Method::DELETE, &url, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(bench.users(app_id::DATA_INTEGRATION).await[0].deletedstate, Some(1));
    let refused = json_of(bench.post_user(app_id::DATA_INTEGRATION).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("matching application id"));
    assert_eq!(bench.send(&org, Method::DELETE, &url, None).await.status(), StatusCode::NO_CONTENT);
    bench.create_user(app_id::DATA_INTEGRATION).await;
    assert_eq!(bench.counters().users_created[app_id::DATA_INTEGRATION], 2);

    assert_eq!(bench.post_user(KEY).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_disabled_user_is_enabled_and_counted_once() {
    let bench = Bench::text(&format!(
        "[[environment]]\nname = \"contoso-uat\"\napplication_users = [{{ app = \"{}\", enabled = false }}]",
        app_id::FINANCE_OPERATIONS
    ))
    .await;
    let org = bench.dataverse(UAT);
    let user = bench.users(app_id::FINANCE_OPERATIONS).await.remove(0);
    assert_eq!(user.isdisabled, Some(true));
    assert!(user.systemuserroles_association[0].is_system_administrator());
    let body = json!({"isdisabled": false, "applicationid": app_id::FINANCE_OPERATIONS});
    for _ in 0..2 {
        let url = org.clone() + &dataverse::user_path(&user.systemuserid);
        let answer = bench.send(&org, Method::PATCH, &url, Some(body.clone())).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(bench.users(app_id::FINANCE_OPERATIONS).await[0].isdisabled, Some(false));
    assert_eq!(bench.counters().users_enabled[app_id::FINANCE_OPERATIONS], 1);
}

#[tokio::test]
async fn a_role_is_given_once_and_only_one_of_the_users_own_business_unit() {
    let bench = Bench::named("happy").await;
    let org = bench.dataverse(UAT);
    let user = bench.create_user(app_id::DATA_INTEGRATION).await;
    bench.give_administrator(&org, &user).await;
    let role = bench.users(app_id::DATA_INTEGRATION).await[0].systemuserroles_association[0].clone();
    let twice = json_of(bench.give_role(&org, &user, &role.roleid).await, StatusCode::PRECONDITION_FAILED).await;
    assert_eq!(twice["error"]["code"], dataverse::DUPLICATE);

    let url = format!("{org}{}/roles?$filter=name eq 'System Administrator'", dataverse::BASE);
    let both: dataverse::Rows<dataverse::Role> = bench.read(&org, &url).await;
    let other = both.value.iter().find(|own| own.roleid != role.roleid).unwrap();
    assert_eq!(bench.give_role(&org, &user, &other.roleid).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(bench.give_role(&org, &user, KEY).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(bench.counters().roles_given[app_id::DATA_INTEGRATION], 1);
}

#[tokio::test]
async fn a_filter_that_quotes_an_id_is_refused() {
    let bench = Bench::named("happy").await;
    let org = bench.dataverse(UAT);
    let quoted = dataverse::users_path(&format!("'{}'", app_id::FINANCE_OPERATIONS));
    let answer = json_of(bench.get(&org, &(org.clone() + &quoted)).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(answer["error"]["code"], "0x80060888");
}

#[tokio::test]
async fn a_client_id_row_is_made_once_for_a_user_that_exists() {
    let bench = Bench::named("happy").await;
    let finops = bench.finops(UAT);
    let url = finops.clone() + finance_operations::CLIENT_ID_ROWS_PATH;
    let row = |user: &str| Some(json!({"AADClientId": app_id::RUNTIME, "UserId": user, "Name": "x"}));
    let nobody = json_of(bench.send(&finops, Method::POST, &url, row("Nobody")).await, StatusCode::BAD_REQUEST).await;
    assert!(nobody["error"]["innererror"]["message"].as_str().unwrap().contains("'Nobody'"));
    assert_eq!(bench.send(&finops, Method::POST, &url, row("Admin")).await.status(), StatusCode::CREATED);
    let twice = json_of(bench.send(&finops, Method::POST, &url, row("Admin")).await, StatusCode::BAD_REQUEST).await;
    assert!(twice["error"]["innererror"]["message"].as_str().unwrap().contains("already exists"));

    let rows: dataverse::Rows<finance_operations::ClientIdRow> = bench.read(&finops, &url).await;
    assert_eq!(rows.value.len(), 2);
    let one: finance_operations::ClientIdRow =
        bench.read(&finops, &format!("{url}(AADClientId='{}')", app_id::RUNTIME)).await;
    assert_eq!(one.user_id.as_deref(), Some("Admin"));
    let users: dataverse::Rows<finance_operations::User> =
        bench.read(&finops, &(finops.clone() + finance_operations::USERS_PATH)).await;
    assert_eq!((users.value[0].user_id.as_str(), users.value[0].enabled), ("Admin", Some(true)));
    let companies: dataverse::Rows<finance_operations::LegalEntity> =
        bench.read(&finops, &(finops.clone() + finance_operations::LEGAL_ENTITIES_PATH)).await;
    assert_eq!(companies.value.len(), 3);
    assert_eq!(bench.counters().rows_created[app_id::RUNTIME], 1);
}
