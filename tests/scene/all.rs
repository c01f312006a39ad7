//! Every screen, and its main variants.

use super::{OTHER, Scene, UAT, World, cloud, link_to, package, refused, start, user};
use dualwrite::core::journal::{Outcome, Program, Run, fold};
use dualwrite::core::model::Model;
use dualwrite::core::msg::{Found, Intent, Msg, NotClaimed};
use dualwrite::core::service::Service;
use dualwrite::core::setup::Held;
use dualwrite::core::trouble::{Trouble, What};
use serde_json::{Value, json};

/// A set-up that runs, with what it wrote down.
fn started(world: World) -> Scene {
    let mut scene = Scene::details(World { hold: vec!["Operation"], ..world });
    start(&mut scene);
    scene
}

/// The program that comes after one that was killed half an hour ago.
fn found(before: &mut Scene, held: Option<Held>) -> Scene {
    let run = fold(&before.recorded).unwrap();
    let mut scene = Scene::new(cloud(), World::default());
    scene.later(1_800);
    scene.msg(Msg::FoundRuns(vec![Found { run, held }]));
    scene.msg(Msg::Start);
    scene
}

/// Every screen, and its main variants, by name.
pub fn scenes() -> Vec<(&'static str, Scene)> {
    let mut all = Vec::new();
    let mut put = |name, scene| all.push((name, scene));

    let mut model = Model::new(cloud(), 7, None);
    model.cloud.speed = None;
    let mut scene = Scene::of(model, World { hold: vec!["PollDeviceCode"], ..World::default() });
    scene.msg(Msg::Start);
    scene.later(75);
    put("sign-in", scene);

    let mut scene = Scene::of(
        Model::new(cloud(), 7, None),
        World {
            trouble: vec![(
                "DeviceCode",
                refused(
                    Service::Entra,
                    400,
                    "AADSTS700016: Application with identifier 'x' was not found in the directory 'Contoso'.",
                ),
            )],
            ..World::default()
        },
    );
    scene.msg(Msg::Start);
    put("sign-in-stopped", scene);

    put("list-loading", Scene::list(World { hold: vec!["Environments", "Lifecycle"], ..World::default() }));
    put("list-empty", Scene::list(World { environments: json!([]), project: json!([]), ..World::default() }));
    put(
        "list-failed",
        Scene::list(World {
            trouble: vec![(
                "Environments",
                refused(Service::Bap, 403, "The user does not have permission to access the environment."),
            )],
            ..World::default()
        }),
    );
    let mut scene = Scene::list(World { hold: vec!["Operation"], ..World::default() });
    scene.open(OTHER);
    start(&mut scene);
    scene.wants(Intent::Environments);
    scene.later(660);
    put("list", scene);

    let mut run = started(World::default());
    put("resume", found(&mut run, None));
    let by = Program { host: "tower".into(), process: 4242, version: "0.1.0".into() };
    let held = Held { by: Some(by) };
    put("resume-held", found(&mut run, Some(held.clone())));
    put("details-held", {
        let mut scene = Scene::details(World::default());
        scene.claimed = Err(NotClaimed::Held(held));
        start(&mut scene);
        scene
    });

    let past = fold(&run.recorded).unwrap();
    put("runs", {
        let mut scene = Scene::list(World::default());
        scene.wants(Intent::Runs);
        let linked = Run { outcome: Some(Outcome::Linked), ..past.clone() };
        let failed = Run { outcome: Some(Outcome::Failed), name: "contoso-golden".into(), ..past.clone() };
        let broken = Err(("3f0d1c52".into(), "runs/3f0d1c52.jsonl, line 7: the checksum does not fit the line".into()));
        scene.msg(Msg::Runs(vec![Ok(past.clone()), Ok(linked), Ok(failed), broken]));
        scene
    });
    put("runs-none", {
        let mut scene = Scene::list(World::default());
        scene.wants(Intent::Runs);
        scene.msg(Msg::Runs(Vec::new()));
        scene
    });

    put("list-stale", {
        let mut scene = Scene::list(World::default());
        scene.world.trouble = vec![
            ("Environments", refused(Service::Bap, 403, "Forbidden")),
            ("Lifecycle", refused(Service::Lcs, 403, "")),
        ];
        scene.wants(Intent::ReadNow);
        scene
    });

    put("details", Scene::details(World::default()));
    put(
        "details-reading",
        Scene::details(World { hold: vec!["Users", "Rows", "Maps", "Packages"], ..World::default() }),
    );
    put("details-to-link", Scene::details(World::configured()));
    put("details-linked", Scene::details(World::linked(UAT)));
    put("details-mismatch", Scene::details(World::linked(OTHER)));
    let mut scene = Scene::details(World::default());
    scene.open("2b2c0000-4444-4c0d-9b0a-0f0e0d0c0b0a");
    put("details-closed", scene);
    put(
        "details-could-not-tell",
        Scene::details(World {
            trouble: vec![
                ("Links", refused(Service::Gateway, 403, "Forbidden")),
                ("Packages", refused(Service::PowerPlatform, 403, "The caller lacks the role.")),
                ("Rows", refused(Service::FinanceOperations, 401, "")),
            ],
            ..World::default()
        }),
    );

    let mismatch = |maps: Value| {
        let mut scene = Scene::details(World { maps, ..World::linked(OTHER) });
        scene.wants(Intent::Mismatch);
        scene
    };
    put(
        "mismatch",
        mismatch(json!([
            {"detail": {"tName": "Customers V3 (accounts)", "state": "1"}},
            {"detail": {"tName": "Vendors V2 (msdyn_vendors)", "state": "6"}}])),
    );
    put(
        "mismatch-maps-run",
        mismatch(
            json!([{"detail": {"tName": "Customers V3", "state": "4"}}, {"detail": {"tName": "Vendors V2", "state": "4"}}]),
        ),
    );
    put("mismatch-never-set-up", {
        let mut scene = Scene::list(World { links: link_to(OTHER), ..World::default() });
        scene
            .world
            .project
            .as_array_mut()
            .unwrap()
            .push(json!({"EnvironmentId": "f", "EnvironmentName": "initial", "EnvironmentType": "Sandbox",
            "EnvironmentEndpointBaseUrl": "https://initial.sandbox.operations.dynamics.com"}));
        scene.wants(Intent::ReadNow);
        scene.open("f");
        scene.wants(Intent::Mismatch);
        scene
    });
    put("terms", {
        let mut scene = Scene::details(World::default());
        scene.wants(Intent::DualWriteApplication);
        scene
    });
    put("terms-ticked", {
        let mut scene = Scene::details(World::default());
        scene.wants_all([Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms]);
        scene
    });
    put("confirm", {
        let mut scene = Scene::details(World { users: [user(true), json!([])], ..World::default() });
        scene.wants_all([Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure]);
        scene
    });

    put("progress", {
        let mut scene = Scene::details(World {
            hold: vec!["Operation"],
            packages: [
                package("DualWriteCoreAnchor", "Installed"),
                package("msdyn_DualWriteAppCoreAnchor", "NotInstalled"),
            ],
            ..World::default()
        });
        start(&mut scene);
        scene.later(115);
        scene.answer_some(1);
        scene.later(8);
        scene
    });
    put("progress-no-response", {
        let mut scene = Scene::details(World::default());
        scene.world.hold = vec!["Operation"];
        start(&mut scene);
        scene.world.hold.clear();
        scene.world.trouble = vec![("Operation", Trouble::new(Service::PowerPlatform, What::NoAnswer, ""))];
        scene.later(1800);
        scene.answer_some(4);
        scene.later(9);
        scene
    });
    put("complete", {
        let mut scene = Scene::details(World::configured());
        scene.wants(Intent::Link);
        scene
    });
    put("complete-many", {
        let mut scene = Scene::details(World { legal_entities: 64, ..World::configured() });
        scene.model.cloud.has_link = false;
        scene.wants(Intent::Link);
        scene
    });
    put("failed-known", {
        let mut scene = Scene::details(World {
            operation: json!({"operationId": "7e57c0de", "status": "Failed", "error": {"errorName": "SolutionImportFailed", "errorCode": "-2147188706",
                "message": "Dual-write application setup failed: solution \"Dynamics365Company\" could not be imported."}}),
            ..World::default()
        });
        start(&mut scene);
        scene
    });
    put("failed-unknown", {
        let mut scene = Scene::details(World {
            operation: json!({"operationId": "7e57c0de", "status": "Failed", "error": {"errorName": "QuartzTimeout", "message": "The moon is in the wrong house.\nTry another house.\n\nActivity 12."}}),
            ..World::default()
        });
        start(&mut scene);
        scene
    });
    put("link-direct", {
        let mut scene = Scene::details(World::configured());
        scene.wants(Intent::Link);
        scene.world.hold = vec!["LinkStatus"];
        scene.wants(Intent::Link);
        scene.later(60);
        scene.answer_some(1);
        scene.later(3);
        scene
    });
    put("link-assisted", {
        let mut scene = Scene::details(World::configured());
        scene.model.cloud.has_link = false;
        scene.wants(Intent::Link);
        scene.wants(Intent::Link);
        scene.world.hold = vec!["Links"];
        scene.later(31);
        scene.answer_some(1);
        scene.later(4);
        scene
    });
    put("link-ask-person", {
        let mut scene = Scene::details(World::configured());
        scene.model.cloud.has_link = false;
        scene.model.cloud.has_gateway = false;
        scene.wants(Intent::Link);
        scene.wants(Intent::Link);
        scene.later(31);
        scene
    });
    put("linked", {
        let mut scene = Scene::details(World::configured());
        scene.wants(Intent::Link);
        scene.world.hold = vec!["LinkStatus"];
        scene.wants(Intent::Link);
        scene.later(127);
        scene.world.hold.clear();
        scene.world.links = link_to(UAT);
        scene.world.link_status = json!({"IsSuccess": true, "OperationStatus": "Completed",
            "AdministrationUrl": "https://dataintegrator.trafficmanager.net/dualWrite?axenv=contoso-uat.sandbox.operations.dynamics.com"});
        scene.answer();
        scene
    });
    let failed = |words: &str, world: World| {
        let mut scene = Scene::details(World::configured());
        scene.wants(Intent::Link);
        scene.world = world;
        scene.world.link_status = json!({"IsSuccess": true, "OperationStatus": "Failed", "ErrorMessage": words});
        scene.wants(Intent::Link);
        scene
    };
    put(
        "link-failed-crm",
        failed(
            "DW9003: Failed to connect to CRM. Ensure that the service principal has the correct permissions to access CRM.",
            World { users: [user(true), json!([])], ..World::configured() },
        ),
    );
    put(
        "link-failed-ax",
        failed(
            "DW9003: Failed to connect to AX. Ensure that the service principal has the correct permissions to access AX.",
            World {
                rows: json!([{"AADClientId": "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b", "UserId": "Admin"}]),
                ..World::configured()
            },
        ),
    );
    put("link-failed-again", {
        let words = "DW9003: Failed to connect to CRM. Ensure that the service principal has the correct permissions to access CRM.";
        let mut scene = failed(words, World::configured());
        scene.wants(Intent::TryAgain);
        scene
    });
    put("prerequisites", {
        let mut scene = Scene::details(World::default());
        scene.wants(Intent::Prerequisites);
        scene
    });
    put("prerequisites-unmet", {
        let mut scene = Scene::details(World {
            solutions: json!([{"uniquename": "ProspectToCash", "friendlyname": "Prospect to Cash", "version": "14.0.0.1"}]),
            companies: Some(json!([
                {"cdm_companycode": "USMF", "cdm_name": "Contoso", "_cdm_defaultowningteam_value": null},
                {"cdm_companycode": "DEMF", "cdm_name": "contoso", "_cdm_defaultowningteam_value": "t"}])),
            trouble: vec![(
                "Version",
                refused(Service::Dataverse, 403, "Principal user is missing prvReadOrganization."),
            )],
            ..World::configured()
        });
        scene.wants(Intent::Prerequisites);
        scene
    });
    put("twin", {
        Scene::details(World {
            users: [json!([{"systemuserid": "d0000000-0000-4000-8000-00000000000d", "deletedstate": 1}]), user(true)],
            rows: json!([
                {"AADClientId": "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b", "UserId": "Admin"},
                {"AADClientId": "6f7d0213-62b1-43a8-b7f4-ff2bb8b7b452", "UserId": "Retired"}]),
            finops_users: json!([
                {"UserID": "Admin", "Alias": "ada@contoso.example", "Enabled": true},
                {"UserID": "Grace", "Alias": "grace@contoso.example", "Enabled": true},
                {"UserID": "Retired", "Alias": "old@contoso.example", "Enabled": false}]),
            ..World::configured()
        })
    });
    put("link-failed-unknown", failed("The stars did not align.", World::configured()));
    all
}
