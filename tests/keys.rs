//! Which intent a key is: a start, keys, and the end.

mod scene;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use dualwrite::core::environment::EnvironmentId;
use dualwrite::core::mandate::{Mandate, Module};
use dualwrite::core::msg::Intent;
use dualwrite::screens::{Eye, Reaction, in_sight, on_key, on_paste, settle};
use scene::{OTHER, Scene, UAT, UNICODE, World, event, last, named, press, scenes, wants};
use std::time::Duration;

#[test]
fn enter_and_one_end_and_space_walk_from_the_list_to_linked() {
    let mut scene = Scene::list(World::default());
    let done = World::linked(UAT);
    let walked = press(&mut scene, "Enter Enter End Space Enter");
    assert_eq!(walked[0], wants(Intent::OpenEnvironment(EnvironmentId(UAT.into()))));
    assert_eq!(walked[1], wants(Intent::DualWriteApplication));
    assert_eq!(walked[3], wants(Intent::TickTerms));
    assert_eq!(walked[4], wants(Intent::Configure));
    scene.world = World { operation: serde_json::json!({"status": "Succeeded"}), ..World::configured() };
    assert_eq!(last(&mut scene, "Enter"), wants(Intent::Ok));
    scene.answer();
    assert!(scene.text(UNICODE, (80, 24)).contains("Setup complete"));
    scene.world.link_status = serde_json::json!({"IsSuccess": true, "OperationStatus": "Completed"});
    scene.world.hold = vec!["LinkStatus"];
    // Nobody presses it in the moment in which it comes.
    scene.now = dualwrite::core::time::later(scene.now, Duration::from_mins(1));
    assert_eq!(last(&mut scene, "Enter"), wants(Intent::Link));
    scene.world.hold.clear();
    scene.world.links = done.links;
    scene.answer();
    assert!(scene.text(UNICODE, (80, 24)).contains("┌ Linked ─"), "{}", scene.text(UNICODE, (80, 24)));
}

#[test]
fn the_primary_button_of_each_screen_is_the_next_step() {
    let url = |text: &str| Intent::Open(text.into());
    for (name, intent) in [
        ("sign-in", url("https://microsoft.com/devicelogin")),
        ("sign-in-stopped", Intent::NewCode),
        ("list-loading", Intent::OpenFirst),
        ("details", Intent::DualWriteApplication),
        ("details-reading", Intent::DualWriteApplication),
        ("details-to-link", Intent::Link),
        ("details-linked", Intent::Link),
        ("details-mismatch", Intent::Mismatch),
        ("details-closed", Intent::Prerequisites),
        ("mismatch-maps-run", Intent::ReadNow),
        ("terms", Intent::Configure),
        ("confirm", Intent::Ok),
        ("complete", Intent::Link),
        ("failed-known", Intent::TryAgain),
        ("failed-unknown", Intent::TryAgain),
        ("link-failed-unknown", Intent::TryAgain),
    ] {
        assert_eq!(last(&mut named(name), "Enter"), wants(intent), "{name}");
    }
    // Another try would fail as this one did: the application user is missing.
    let mut scene = named("link-failed-crm");
    press(&mut scene, "Enter");
    assert!(scene.text(UNICODE, (80, 24)).contains("[ Make these changes ]"));
    assert_eq!(last(&mut named("progress"), "Enter"), Reaction::Nothing);
    assert!(matches!(last(&mut named("linked"), "Enter"), Reaction::Intent(Intent::Open(_))));
    assert!(matches!(last(&mut named("link-ask-person"), "Enter"), Reaction::Intent(Intent::Open(_))));
    assert_eq!(last(&mut named("link-ask-person"), "Tab Enter"), wants(Intent::ConfirmLinked));
}

#[test]
fn escape_goes_back_and_never_quits() {
    for (name, scene) in scenes() {
        let mut scene = scene;
        let reaction = last(&mut scene, "Esc");
        let is_list = name.starts_with("list") || name.starts_with("sign-in");
        assert_eq!(reaction, if is_list { Reaction::Nothing } else { wants(Intent::Back) }, "{name}");
    }
}

#[test]
fn letters_are_intents() {
    assert_eq!(last(&mut named("details"), "r"), wants(Intent::ReadNow));
    assert_eq!(last(&mut named("progress"), "e"), wants(Intent::Environments));
    assert!(matches!(last(&mut named("linked"), "o"), Reaction::Intent(Intent::Open(_))));
    assert!(matches!(last(&mut named("linked"), "y"), Reaction::Intent(Intent::Copy(_))));
    assert_eq!(last(&mut named("sign-in"), "y"), wants(Intent::Copy("C3TD-LZ9X".into())));
    assert_eq!(last(&mut named("details"), "C-l"), Reaction::Repaint);
    assert_eq!(last(&mut named("details"), "C-z"), Reaction::Suspend);
    let mut scene = named("details");
    assert_eq!(last(&mut scene, "Z"), Reaction::Redraw);
    assert!(scene.text(UNICODE, (80, 24)).contains("Z does nothing here; ? lists the keys."));
}

#[test]
fn an_enter_that_is_still_held_does_not_press_what_cannot_be_taken_back() {
    let press = |scene: &mut Scene| {
        let (now, size) = (scene.now, scene.size);
        on_key(&scene.model, &mut scene.eye, KeyEvent::from(KeyCode::Enter), now, size)
    };
    let later = |scene: &mut Scene, pause: Duration| {
        let times = scene.model.cloud.speed.unwrap_or(1);
        scene.now = dualwrite::core::time::later(scene.now, pause * times);
    };
    let mut scene = named("progress");
    assert_eq!(press(&mut scene), Reaction::Nothing, "nothing is to be pressed while it runs");
    // The page comes by itself under the finger.
    let mut complete = named("complete");
    (complete.eye, complete.now) = (scene.eye, scene.now);
    let mut scene = complete;
    for _ in 0..20 {
        later(&mut scene, Duration::from_millis(33));
        assert_eq!(press(&mut scene), Reaction::Redraw);
    }
    assert!(scene.text(UNICODE, (80, 24)).contains("press it once more"));
    later(&mut scene, Duration::from_millis(300));
    assert_eq!(press(&mut scene), wants(Intent::Link));
    // Whoever presses it once, and as soon as it is there, presses it.
    assert_eq!(press(&mut named("complete")), wants(Intent::Link));
    // Where it only leads on, it leads on.
    let mut scene = named("details");
    assert_eq!(
        [press(&mut scene), press(&mut scene)],
        [wants(Intent::DualWriteApplication), wants(Intent::DualWriteApplication)]
    );
}

#[test]
fn leaving_asks_only_while_something_runs_and_only_once() {
    assert_eq!(last(&mut named("details"), "q"), Reaction::Leave);
    assert_eq!(last(&mut named("details"), "C-c"), Reaction::Leave);
    let mut scene = named("progress");
    assert_eq!(last(&mut scene, "q"), Reaction::Redraw);
    assert!(scene.text(UNICODE, (80, 24)).contains("dualwrite demo --environment contoso-uat"));
    assert_eq!(last(&mut named("progress"), "q Enter"), Reaction::Leave);
    // `y` means what it means everywhere, all the more beside the command that comes back.
    let command = "dualwrite demo --environment contoso-uat";
    assert_eq!(last(&mut named("progress"), "q y"), wants(Intent::Copy(command.into())));
    assert_eq!(last(&mut named("progress"), "C-c C-c"), Reaction::Leave);
    assert_eq!(last(&mut named("progress"), "q q"), Reaction::Leave);
    for stay in ["q n", "q Esc", "q Tab Enter"] {
        let mut scene = named("progress");
        assert_eq!(last(&mut scene, stay), Reaction::Redraw);
        assert!(!scene.text(UNICODE, (80, 24)).contains("┌ Leave"));
    }
}

#[test]
fn the_terms_are_read_before_they_can_be_ticked_off() {
    let mut scene = named("terms");
    press(&mut scene, "Space Enter");
    assert!(scene.text(UNICODE, (80, 24)).contains("Read the terms to their end first."));
    assert!(scene.text(UNICODE, (80, 24)).contains("┌ Terms and conditions"));
    let seen = |scene: &mut Scene| settle(&scene.model, &mut scene.eye, (80, 24));
    assert_eq!(seen(&mut scene), None);
    on_key(&scene.model, &mut scene.eye, event("End"), scene.now, (80, 24));
    assert_eq!(seen(&mut scene), Some(Intent::TermsSeenToEnd));
    scene.wants(Intent::TermsSeenToEnd);
    assert_eq!(seen(&mut scene), None);
}

#[test]
fn the_end_of_the_terms_is_not_seen_where_it_is_not_shown() {
    let mut scene = named("terms");
    assert_eq!(settle(&scene.model, &mut scene.eye, (30, 8)), None, "nothing is shown at this size");
    assert_eq!(settle(&scene.model, &mut scene.eye, (200, 90)), Some(Intent::TermsSeenToEnd), "all of it is shown");
    let mut scene = named("terms");
    on_key(&scene.model, &mut scene.eye, event("?"), scene.now, (200, 90));
    assert_eq!(settle(&scene.model, &mut scene.eye, (200, 90)), None, "the help page covers it");
}

#[test]
fn repair_asks_first_and_says_what_is_written() {
    let mut scene = named("link-failed-crm");
    assert_eq!(last(&mut scene, "f"), Reaction::Redraw);
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("create application user 00000015-0000-0000-c000-000000000000"), "{text}");
    assert_eq!(last(&mut scene, "Esc"), Reaction::Redraw);
    let mandate = Mandate { row_user: Some("Admin".into()), ..Mandate::default() };
    assert_eq!(last(&mut scene, "f Enter"), wants(Intent::RepairIdentities(mandate)));
    let mut scene = named("link-failed-unknown");
    assert_eq!(last(&mut scene, "f"), Reaction::Redraw);
    assert!(scene.text(UNICODE, (80, 24)).contains("f does nothing here"), "nothing to repair");
}

/// What is asked can be left and asked about, and is as it was afterwards.
#[test]
fn help_and_leave_are_there_over_a_question_too() {
    for (name, question, title) in [
        ("link-failed-crm", "f", "Repair the identities"),
        ("linked", "f", "Modules"),
        ("resume", "BackTab BackTab Enter", "Forget"),
        ("link-failed-crm", "d", "Details"),
        ("prerequisites", "Enter", "Prerequisite"),
    ] {
        let mut scene = named(name);
        press(&mut scene, question);
        let text = scene.text(UNICODE, (80, 24));
        assert!(text.contains(&format!("┌ {title} ─")) && text.contains("? help"), "{name}: {text}");
        press(&mut scene, "?");
        let text = scene.text(UNICODE, (80, 24));
        assert!(text.contains("┌ Help ─") && text.contains(&format!("│ {title} ")), "{name}: {text}");
        press(&mut scene, "Esc");
        assert!(scene.text(UNICODE, (80, 24)).contains(&format!("┌ {title} ─")), "{name}");
    }
    let mut scene = named("twin");
    press(&mut scene, "f Space ? Esc");
    assert!(scene.text(UNICODE, (80, 24)).contains("[x] Permanently delete the old user"));
    assert_eq!(last(&mut scene, "q"), Reaction::Leave, "nothing runs");
    // One laid over the other goes back one by one.
    let mut scene = named("prerequisites");
    press(&mut scene, "Enter d Esc");
    assert!(scene.text(UNICODE, (80, 24)).contains("┌ Prerequisite ─"));
    let mut scene = named("twin");
    press(&mut scene, "f Tab Tab Enter Esc");
    assert!(scene.text(UNICODE, (80, 24)).contains("┌ Repair the identities ─"));
    // No question stays about what is not shown any more, not under the help either.
    press(&mut scene, "?");
    scene.wants(Intent::Environments);
    press(&mut scene, "Esc");
    assert!(scene.text(UNICODE, (80, 24)).contains("┌ Environments ─"));
}

#[test]
fn reset_link_wants_the_name_typed() {
    let mut scene = named("mismatch");
    assert_eq!(last(&mut scene, "Enter q ? Enter"), Reaction::Redraw, "letters are text here");
    assert!(scene.text(UNICODE, (80, 24)).contains("Nothing was reset."));
    press(&mut scene, "Backspace Backspace");
    assert_eq!(on_paste(&scene.model, &mut scene.eye, "contoso-uat\n"), Reaction::Redraw);
    assert_eq!(last(&mut scene, "Enter"), wants(Intent::ResetLink("contoso-uat".into())));
    let mut scene = named("mismatch-maps-run");
    let reaction = last(&mut scene, "BackTab Enter");
    assert_eq!(reaction, Reaction::Redraw);
    assert!(scene.text(UNICODE, (80, 24)).contains("2 maps are not stopped"), "a closed button says why");
}

#[test]
fn the_list_moves_filters_and_sorts() {
    let mut scene = named("list");
    assert_eq!(last(&mut scene, "Down Enter"), wants(Intent::OpenEnvironment(EnvironmentId(OTHER.into()))));
    let mut scene = named("list");
    press(&mut scene, "/ p r o d");
    assert!(scene.text(UNICODE, (80, 24)).contains("showing 1 of 4"));
    let opened = last(&mut scene, "Enter");
    assert_eq!(opened, wants(Intent::OpenEnvironment(EnvironmentId("1b2c0000-3333-4c0d-9b0a-0f0e0d0c0b0a".into()))));
    press(&mut scene, "Esc");
    assert!(scene.text(UNICODE, (80, 24)).contains("showing 1 of 4"), "the filter outlives a look at an environment");
    press(&mut scene, "Esc");
    assert!(scene.text(UNICODE, (80, 24)).contains("4 shown"));
    press(&mut scene, "s s");
    assert!(scene.text(UNICODE, (80, 24)).contains("by set-up"));
    assert_eq!(last(&mut named("list"), "/ q"), Reaction::Redraw, "a letter goes into the filter");
    assert_eq!(last(&mut named("list"), "/ x Esc q"), Reaction::Redraw, "one set-up runs, so leaving asks");
}

#[test]
fn of_a_long_list_what_is_in_sight_is_read() {
    let row = |at: usize| {
        serde_json::json!({"name": format!("6a2f3a0e-1111-4c0d-9b0a-{at:012}"), "location": "europe", "properties": {
            "displayName": format!("Tenant {at:05}"), "environmentSku": "Sandbox", "provisioningState": "Succeeded",
            "linkedEnvironmentMetadata": {"instanceUrl": format!("https://tenant-{at}.crm4.dynamics.com/")}}})
    };
    let environments = serde_json::Value::Array((0..100).map(row).collect());
    let mut scene = Scene::list(World { environments, ..World::default() });
    let seen = |scene: &Scene| -> Vec<EnvironmentId> {
        in_sight(&scene.model, &scene.eye).expect("the list is shown").cloned().collect()
    };
    let look = |scene: &mut Scene| {
        let ids = seen(scene);
        scene.wants(Intent::InSight(ids.clone()));
        while scene.questions() > 0 {
            scene.answer();
        }
        ids
    };
    last(&mut scene, "Down");
    let first = look(&mut scene);
    last(&mut scene, "End");
    let end = seen(&scene);
    let known =
        |scene: &Scene, ids: &[EnvironmentId]| ids.iter().filter(|id| scene.model.setups.contains_key(id)).count();
    assert!(first.len() > 3 && first.len() == end.len() && !first.contains(&end[0]), "{first:?} {end:?}");
    assert_eq!((known(&scene, &first), known(&scene, &end)), (first.len(), 0), "who leafs through it reads nothing");
    look(&mut scene);
    assert_eq!(known(&scene, &end), end.len());
    scene.wants(Intent::InSight(end));
    assert_eq!(scene.questions(), 0, "what is known is not asked for again");
    last(&mut scene, "?");
    assert!(in_sight(&scene.model, &scene.eye).is_none(), "the list is covered");
    // Sorted by set-up what needs somebody first may be among those that nobody has read.
    last(&mut scene, "Esc s s");
    let is_told = |scene: &Scene, unread: usize| {
        scene.text(UNICODE, (80, 24)).contains(&format!("102 shown, by set-up, {unread} not read yet"))
    };
    assert!(is_told(&scene, 102 - scene.model.setups.len()));
    for _ in 0..10 {
        look(&mut scene);
        last(&mut scene, "Down");
    }
    assert_eq!(scene.model.setups.len(), 102);
    assert!(scene.text(UNICODE, (80, 24)).contains("102 shown, by set-up "));
    let mut short = named("list");
    last(&mut short, "Down");
    assert!(in_sight(&short.model, &short.eye).is_none(), "a short list was read whole");
}

#[test]
fn a_filter_that_finds_nothing_forgets_no_selection_and_offers_only_its_own_keys() {
    let mut scene = named("list");
    press(&mut scene, "Down Down / z z z");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("showing 0 of 4") && !text.contains("s sort"), "{text}");
    press(&mut scene, "Esc");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("▸ contoso-prod") && text.contains("s sort"), "{text}");
}

#[test]
fn the_selected_environment_stays_selected_when_the_list_is_read_anew() {
    let mut scene = named("list");
    press(&mut scene, "Down Down");
    scene.world.environments.as_array_mut().unwrap().swap(0, 2);
    scene.wants(Intent::ReadNow);
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("▸ contoso-prod"), "{text}");
}

#[test]
fn ten_thousand_environments_are_a_list_like_any_other() {
    let rows: Vec<serde_json::Value> = (0..10_000)
        .map(|at| {
            serde_json::json!({"name": format!("id-{at:05}"), "location": "europe",
            "properties": {"displayName": format!("env-{at:05}"), "environmentSku": "Sandbox"}})
        })
        .collect();
    let mut scene = Scene::list(World { environments: rows.into(), ..World::default() });
    press(&mut scene, "End");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("contoso-golden") && text.contains("10002 shown"), "{text}");
    press(&mut scene, "Home PgDn / 0 9 9 9 9");
    assert!(scene.text(UNICODE, (80, 24)).contains("showing 1 of 10002"));
}

#[test]
fn focus_and_scroll_begin_anew_on_another_screen() {
    let mut scene = named("terms");
    press(&mut scene, "End Tab");
    press(&mut scene, "Esc Enter");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("What you agree to"), "{text}");
}

#[test]
fn a_section_opens_and_closes() {
    let mut scene = named("details");
    press(&mut scene, "BackTab Space");
    assert!(!scene.text(UNICODE, (80, 24)).contains("Core solution"));
    press(&mut scene, "Enter");
    assert!(scene.text(UNICODE, (80, 24)).contains("Core solution"));
}

#[test]
fn held_keys_and_releases_do_nothing_twice() {
    let mut scene = named("confirm");
    for (code, kind) in [
        (KeyCode::Enter, KeyEventKind::Repeat),
        (KeyCode::Enter, KeyEventKind::Release),
        (KeyCode::Esc, KeyEventKind::Repeat),
    ] {
        let key = KeyEvent::new_with_kind(code, KeyModifiers::NONE, kind);
        assert_eq!(on_key(&scene.model, &mut scene.eye, key, scene.now, (80, 24)), Reaction::Nothing);
    }
}

#[test]
fn a_window_that_shows_nothing_does_nothing() {
    let mut scene = named("confirm");
    scene.size = (30, 8);
    assert_eq!(last(&mut scene, "Enter"), Reaction::Nothing);
    assert!(scene.text(UNICODE, (30, 8)).contains("dualwrite needs 40 x 10"));
    assert_eq!(last(&mut scene, "q"), Reaction::Leave);
}

/// What runs is left only by somebody who was told so, and the size is still said.
#[test]
fn a_window_that_shows_nothing_asks_before_it_leaves_what_runs() {
    let small = |keys: &str| {
        let mut scene = named("progress");
        scene.size = (60, 8);
        let reaction = last(&mut scene, keys);
        (reaction, scene.text(UNICODE, (60, 8)))
    };
    let (reaction, text) = small("q");
    assert_eq!(reaction, Reaction::Redraw);
    assert!(text.contains("q leaves, Esc stays.") && text.contains("needs 40 x 10"), "{text}");
    for leave in ["q q", "C-c C-c", "q C-c"] {
        assert_eq!(small(leave).0, Reaction::Leave, "{leave}");
    }
    let (reaction, text) = small("q Esc");
    assert_eq!(reaction, Reaction::Redraw);
    assert!(text.starts_with("dualwrite needs 40 x 10") && !text.contains("leaves"), "{text}");
    assert_eq!(small("q Enter").0, Reaction::Nothing, "nobody sees which button has the focus");
    // Any other overlay is not the question.
    let mut scene = named("progress");
    press(&mut scene, "?");
    assert!(scene.text(UNICODE, (60, 8)).starts_with("dualwrite needs 40 x 10"));
}

#[test]
fn the_key_of_the_help_page_closes_it_too() {
    let mut scene = named("details");
    press(&mut scene, "?");
    assert!(scene.text(UNICODE, (80, 24)).contains("Keys of this screen"));
    assert_eq!(last(&mut scene, "?"), Reaction::Redraw);
    assert!(!scene.text(UNICODE, (80, 24)).contains("Keys of this screen"));
}

#[test]
fn pasted_text_presses_no_key() {
    let mut scene = named("confirm");
    assert_eq!(on_paste(&scene.model, &mut scene.eye, "\n\nq"), Reaction::Nothing);
    let mut scene = named("list");
    press(&mut scene, "/");
    on_paste(&scene.model, &mut scene.eye, "uat\u{1b}[31m\n");
    assert!(scene.text(UNICODE, (80, 24)).contains("Filter  uat "));
}

#[test]
fn every_key_of_the_footer_does_something() {
    for (name, scene) in scenes() {
        let text = scene.text(UNICODE, (120, 40));
        let footer = text.lines().last().unwrap().trim().to_owned();
        assert!(!footer.is_empty(), "{name}");
        for part in footer.split("  ").map(str::trim).filter(|part| !part.is_empty()) {
            let key = part.split(' ').next().unwrap();
            if key == "q" {
                continue;
            }
            let mut scene = scene.clone();
            scene.size = (120, 40);
            let reaction = last(&mut scene, key);
            assert_ne!(reaction, Reaction::Nothing, "{name}: {part}");
            let text = scene.text(UNICODE, (120, 40));
            assert!(!text.contains("does nothing here"), "{name}: {part}: {text}");
        }
    }
}

/// A key that is named nowhere on a page is one that nobody finds. What has a button there is named last.
#[test]
fn at_80_by_24_the_footer_names_the_keys_that_a_page_is_about() {
    for (name, keys) in [
        ("list", "/ r s ? q"),
        ("details", "p r d Esc ? q"),
        ("progress", "r d e q ?"),
        ("link-failed-crm", "f o y d ?"),
        ("link-failed-unknown", "y d r ?"),
        ("failed-known", "o y d r ?"),
        ("linked", "o y e ?"),
        ("mismatch", "r d o y Esc ?"),
        ("link-assisted", "r o y d ? q Esc"),
        ("twin", "f p d Esc ? q"),
    ] {
        let text = named(name).text(UNICODE, (80, 24));
        let footer = text.lines().last().unwrap();
        for key in keys.split(' ') {
            assert!(footer.contains(&format!(" {key} ")), "{name}: {key}: {footer}");
        }
    }
}

#[test]
fn a_deleted_twin_is_purged_only_where_the_box_was_ticked() {
    let mut scene = named("twin");
    assert_eq!(last(&mut scene, "f"), Reaction::Redraw);
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("Once the box is ticked") && text.contains("permanently delete the deleted"), "{text}");
    assert!(text.contains("bind client ID row 6f7d0213"), "{text}");
    // The box has the focus: the button behind it says what is missing.
    assert_eq!(last(&mut scene, "Tab Enter"), Reaction::Redraw);
    assert!(scene.text(UNICODE, (80, 24)).contains("Tick the box first"));
    let mandate = Mandate { purges: true, row_user: Some("Admin".into()), ..Mandate::default() };
    assert_eq!(last(&mut scene, "Space Enter"), wants(Intent::RepairIdentities(mandate)));
}

#[test]
fn the_user_of_a_client_id_row_is_picked_among_the_enabled_ones() {
    let mut scene = named("twin");
    press(&mut scene, "f Space Tab Tab Enter");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("Choose the user") && text.contains("Grace") && !text.contains("old@"), "{text}");
    press(&mut scene, "g r a Enter");
    assert!(
        scene.text(UNICODE, (80, 24)).contains("written here run as Grace"),
        "the repair comes back with the choice"
    );
    let mandate = Mandate { purges: true, row_user: Some("Grace".into()), ..Mandate::default() };
    assert_eq!(last(&mut scene, "Enter"), wants(Intent::RepairIdentities(mandate)));
    // Another environment, another question: nothing is remembered.
    let mut scene = named("twin");
    press(&mut scene, "f Space Esc");
    scene.wants(Intent::Environments);
    press(&mut scene, "Enter f");
    assert!(scene.text(UNICODE, (80, 24)).contains("[ ] Permanently delete the old user"));
}

#[test]
fn the_prerequisites_are_one_key_away_and_back() {
    let mut scene = named("details");
    assert_eq!(last(&mut scene, "p"), wants(Intent::Prerequisites));
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("Prerequisites") && text.contains("P22"), "{text}");
    press(&mut scene, "Down Down Enter");
    assert!(scene.text(UNICODE, (80, 24)).contains("Microsoft's article"));
    press(&mut scene, "Esc");
    assert_eq!(last(&mut scene, "Esc"), wants(Intent::Back));
    assert!(scene.text(UNICODE, (80, 24)).contains("Environment Details"));
}

/// The place on the list of one environment hid what another one does not meet.
#[test]
fn the_prerequisites_of_another_environment_begin_at_their_first() {
    let mut scene = named("prerequisites");
    let selected = |scene: &mut Scene| {
        assert_eq!(last(scene, "Enter"), Reaction::Redraw);
        let text = scene.text(UNICODE, (80, 24));
        press(scene, "Esc");
        text
    };
    let first = selected(&mut scene);
    press(&mut scene, "Down Down");
    let third = selected(&mut scene);
    assert_ne!(third, first);
    press(&mut scene, "Esc p");
    assert_eq!(selected(&mut scene), third, "the place is kept while one looks at the details");
    scene.open(OTHER);
    press(&mut scene, "p");
    let there = selected(&mut scene);
    scene.eye = Eye::default();
    assert_eq!(there, selected(&mut scene));
}

#[test]
fn a_key_whose_button_is_closed_says_why() {
    let mut scene = named("mismatch-maps-run");
    press(&mut scene, "f");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("not stopped") && !text.contains("f does nothing"), "{text}");
}

#[test]
fn space_ticks_the_module_that_has_the_focus() {
    let mut scene = named("linked");
    // Where nothing can be scrolled an arrow goes to the next button.
    press(&mut scene, "f Down Tab Space");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("[x] Supply Chain") && text.contains("HCMCommonAnchor"), "{text}");
    let wanted = wants(Intent::InstallModules(vec![Module::SupplyChain]));
    assert_eq!(last(&mut scene, "Tab Tab Tab Tab Enter"), wanted);
}
