//! The link operation and the gateway: one key is one link, and what is in the way of it.

use super::*;

#[tokio::test]
async fn the_same_key_starts_one_link() {
    let bench = Bench::named("happy").await;
    assert_eq!(bench.start_link(None, "contoso-golden").await.status(), StatusCode::BAD_REQUEST);
    let first = bench.link_answer(KEY, "contoso-golden").await;
    let again = bench.link_answer(KEY, "contoso-golden").await;
    assert_eq!(first.operation_activity_id, again.operation_activity_id);
    let other = bench.link_answer(OTHER_KEY, "contoso-golden").await;
    assert!(other.is_success == Some(false) && other.error_message.unwrap().contains("running"));
    let status = bench.link_status(first.operation_activity_id.as_deref().unwrap(), "contoso-golden").await;
    assert_eq!((status.operation_status.as_deref(), status.administration_url), (Some("NotStarted"), None));
    bench.pass(109);
    let status = bench.link_status(first.operation_activity_id.as_deref().unwrap(), "contoso-golden").await;
    assert_eq!(status.operation_status.as_deref(), Some("InProgress"));
    assert_eq!(bench.counters().links_started, 1);
}

#[tokio::test]
async fn a_link_is_refused_while_something_is_in_its_way() {
    let bench = Bench::named("mismatch-set-up").await;
    let elsewhere = bench.link_answer(KEY, UAT).await;
    assert!(elsewhere.error_message.unwrap().contains("linked via dual-write to a different destination"));
    let linked = bench.link_answer(KEY, "contoso-prod").await;
    assert!(linked.is_success == Some(false) && linked.error_message.unwrap().contains("already linked"));
    let bench = Bench::named("happy").await;
    let bare = bench.link_answer(KEY, UAT).await;
    assert!(bare.is_success == Some(false) && bare.error_message.unwrap().contains("not configured"));
    assert_eq!(bench.counters().links_started, 0);
}

#[tokio::test]
async fn a_disabled_application_user_fails_the_link_and_enabling_it_helps() {
    let bench = Bench::named("dw9003-crm").await;
    let id = bench.id(UAT).await;
    bench.configure_packages(&id).await;
    bench.make_identities().await;
    let failed = bench.link(KEY, UAT).await;
    assert_eq!(failed.operation_status.as_deref(), Some("Failed"));
    assert_eq!(
        failed.error_message.as_deref(),
        Some(
            "DW9003: Failed to connect to CRM. Ensure that the service principal has the correct permissions to access CRM."
        )
    );
    assert!(bench.gateway_link(UAT).await.is_empty());
    let org = bench.dataverse(UAT);
    let user = bench.users(app_id::FINANCE_OPERATIONS).await.remove(0);
    let url = org.clone() + &dataverse::user_path(&user.systemuserid);
    let body = json!({"isdisabled": false, "applicationid": app_id::FINANCE_OPERATIONS});
    bench.send(&org, Method::PATCH, &url, Some(body)).await;
    assert_eq!(bench.link(OTHER_KEY, UAT).await.operation_status.as_deref(), Some("Completed"));
}

#[tokio::test]
async fn a_vanished_client_id_row_fails_the_link_and_adding_it_helps() {
    let bench = Bench::named("dw9003-ax").await;
    let id = bench.id(UAT).await;
    bench.configure_packages(&id).await;
    bench.make_identities().await;
    let failed = bench.link(KEY, UAT).await;
    assert!(failed.error_message.unwrap().starts_with("DW9003: Failed to connect to AX."));
    let (finops, row) = (bench.finops(UAT), json!({"AADClientId": app_id::RUNTIME, "UserId": "Admin", "Name": "x"}));
    let url = finops.clone() + finance_operations::CLIENT_ID_ROWS_PATH;
    bench.send(&finops, Method::POST, &url, Some(row)).await;
    assert_eq!(bench.link(OTHER_KEY, UAT).await.operation_status.as_deref(), Some("Completed"));
    assert_eq!((bench.counters().links_started, bench.counters().links_completed), (2, 1));
}

#[tokio::test]
async fn the_gateway_knows_a_link_by_its_bare_host_only() {
    let bench = Bench::named("happy").await;
    let port = bench.simulator.address().port();
    let host = "contoso-prod.operations.localhost";
    for (identifier, rows) in [
        (host.to_owned(), 1),
        (format!("{host}:{port}"), 1),
        (format!("http://{host}:{port}"), 0),
        (format!("{host}/"), 0),
        ("Contoso-prod.operations.localhost".to_owned(), 0),
    ] {
        let url = bench.base("gateway") + &gateway::environments_path(&identifier);
        let links: Vec<gateway::Link> = bench.read(GATEWAY, &url).await;
        assert_eq!(links.len(), rows, "{identifier}");
    }
}

#[tokio::test]
async fn a_connection_set_is_found_by_name_and_tells_owner_sides_companies_and_maps() {
    let bench = Bench::named("happy").await;
    let url = bench.base("gateway") + &gateway::environments_path("contoso-prod.operations.localhost");
    let link = bench.read::<Vec<gateway::Link>>(GATEWAY, &url).await.remove(0);
    let (cid, cname) = (link.cid.unwrap(), link.cname.unwrap());
    let set: gateway::ConnectionSet =
        bench.read(GATEWAY, &(bench.base("gateway") + &gateway::connection_set_path(&cname))).await;
    assert_eq!(set.owner_text().as_deref(), Some("ada@contoso.example"));
    assert_eq!(set.environments.values().filter(|side| side.is_finops()).count(), 1);
    assert_eq!(set.dual_write_detail.legal_entity_mappings.mappings.as_ref().unwrap().len(), 3);
    let maps: Vec<gateway::Map> = bench.read(GATEWAY, &(bench.base("gateway") + &gateway::maps_path(&cid))).await;
    assert_eq!(maps[0].detail.state.as_deref(), Some("4"));
    let by_id = bench.get(GATEWAY, &(bench.base("gateway") + &gateway::connection_set_path(&cid))).await;
    assert_eq!(by_id.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reset_moves_the_link_unless_maps_run_and_it_is_not_forced() {
    let bench = Bench::named("mismatch-set-up").await;
    assert_eq!(bench.gateway_link(UAT).await[0].power_apps_environment, Some(bench.id("contoso-sandbox").await));
    assert_eq!(bench.reset(UAT, false).await.status(), StatusCode::OK);
    assert_eq!(bench.gateway_link(UAT).await[0].power_apps_environment, Some(bench.id(UAT).await));

    let running = json_of(bench.reset("contoso-test", false).await, StatusCode::CONFLICT).await;
    let words = running["Message"].as_str().unwrap();
    assert!(words.contains("Customers V3") && words.contains("Vendors V2"), "{words}");
    assert_eq!(bench.reset("contoso-test", true).await.status(), StatusCode::OK);
    let link = bench.gateway_link("contoso-test").await.remove(0);
    let maps: Vec<gateway::Map> =
        bench.read(GATEWAY, &(bench.base("gateway") + &gateway::maps_path(&link.cid.unwrap()))).await;
    assert!(maps.is_empty());
    assert_eq!(bench.counters().resets, 2);
}

#[tokio::test]
async fn a_reset_is_refused_while_the_integration_is_not_set_up() {
    let bench = Bench::named("mismatch-never-set-up").await;
    let refused = json_of(bench.reset(UAT, true).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["Message"].as_str().unwrap().contains("not set up"));
    assert_eq!(bench.counters().resets, 0);
}
