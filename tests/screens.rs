//! What the screens look like: text, styles and the place of the cursor.

mod scene;
mod tour;

use dualwrite::core::msg::Intent;
use dualwrite::core::service::Service;
use dualwrite::core::trouble::{Trouble, What};
use dualwrite::screens::{needs_clock, plain, shows_requests};
use dualwrite::ui::look::{Colour, Glyphs, Look};
use dualwrite::ui::support::{BLOCK_MAX, Program, block};
use jiff::tz::TimeZone;
use scene::{ASCII, OTHER, Scene, UNICODE, World, named, press, scenes, start, user};
use serde_json::{Value, json};

/// What wrote the block for support.
const BUILD: Program = Program { version: "1.2.3", system: "linux", architecture: "x86_64" };

/// 80x24 is complete, 120x40 shows more, 60x15 still works.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (60, 15)];

#[test]
fn every_screen_in_three_sizes() {
    for (name, scene) in scenes() {
        for (columns, rows) in SIZES {
            insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), scene.snapshot(UNICODE, (columns, rows)));
        }
    }
}

#[test]
fn every_screen_in_ascii_without_colour() {
    for (name, scene) in scenes() {
        let picture = scene.snapshot(ASCII, (80, 24));
        assert!(picture.is_ascii(), "{name}: {:?}", picture.chars().find(|c| !c.is_ascii()));
        insta::assert_snapshot!(format!("{name}-ascii"), picture);
    }
}

/// The details, where the gateway gives no answer without what a person can give.
fn wanting(what: What) -> Scene {
    let trouble = Trouble::new(Service::Gateway, what, "");
    Scene::details(World { trouble: vec![("Links", trouble)], ..World::default() })
}

#[test]
fn every_overlay() {
    let picture = |name: &str, mut scene: Scene, keys: &str| {
        press(&mut scene, keys);
        for (columns, rows) in SIZES {
            insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), scene.snapshot(UNICODE, (columns, rows)));
        }
        let ascii = scene.snapshot(ASCII, (80, 24));
        assert!(ascii.is_ascii(), "{name}: {:?}", ascii.chars().find(|c| !c.is_ascii()));
    };
    picture("over-help", named("details"), "?");
    picture("over-help-question", named("twin"), "f ?");
    picture("over-details", named("link-failed-crm"), "d");
    picture("over-requests", scene::asked(named("link-failed-crm")), "d End");
    picture("over-leave", named("progress"), "q");
    picture("over-repair", named("link-failed-crm"), "f");
    picture("over-reset", named("mismatch"), "Enter c o n t");
    picture("over-repair-twin", named("twin"), "f");
    picture("over-pick-user", named("twin"), "f Space Tab Tab Enter g");
    picture("over-modules", named("linked"), "f Tab Tab Space");
    picture("over-prerequisite", named("prerequisites-unmet"), "Down Enter");
    picture("over-run", named("runs"), "Down Enter");
    picture("over-token", wanting(What::NoToken), "t e y J");
    picture("over-gateway", wanting(What::NotConfigured), "t h o s t");
    picture("list-filter", named("list"), "/ u a t");
    picture("list-filter-none", named("list"), "/ x y z");
}

#[test]
fn the_block_for_support() {
    let scene = scene::asked(named("link-failed-crm"));
    let model = &scene.model;
    insta::assert_snapshot!("support", block(model, model.selected(), BUILD, scene.now));
    let signed_out = named("sign-in");
    insta::assert_snapshot!("support-of-nothing", block(&signed_out.model, None, BUILD, signed_out.now));
}

#[test]
fn a_failure_that_is_looked_at_for_long_keeps_the_requests_that_led_to_it() {
    let fresh = scene::asked(named("link-failed-crm"));
    let text = |scene: &scene::Scene| block(&scene.model, scene.model.selected(), BUILD, scene.now);
    let requests = |text: &str| -> Vec<String> {
        text.split_once("Requests, the newest last").unwrap().1.lines().skip(1).map(str::to_owned).collect()
    };
    let led_to_it = requests(&text(&fresh));
    let mut scene = fresh;
    scene.now = dualwrite::core::time::later(scene.now, std::time::Duration::from_mins(20));
    for _ in 0..8 {
        scene = scene::asked(scene);
    }
    let later = requests(&text(&scene));
    let gap = later.iter().position(|line| line.ends_with("more after the failure)")).expect("a gap");
    assert!(gap > 3 && led_to_it.ends_with(&later[..gap]), "{later:#?}");
    assert!(later.len() - gap > 3, "{later:#?}");
}

#[test]
fn a_block_is_never_too_large_and_never_holds_a_token() {
    let jwt = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln";
    let long = format!("{jwt} \u{1b}[2J\u{202e} {} ", "環境\n".repeat(4_000));
    let operation = serde_json::json!({"status": "Failed", "error": {"errorName": long, "message": long}});
    let mut world = World { operation, ..World::default() };
    for row in world.environments.as_array_mut().unwrap() {
        row["properties"]["displayName"] = long.clone().into();
        row["properties"]["linkedEnvironmentMetadata"]["version"] = long.clone().into();
    }
    let mut failed = Scene::details(world);
    start(&mut failed);
    let mut scene = scene::asked(failed);
    for _ in 0..100 {
        scene = scene::asked(scene);
    }
    let text = block(&scene.model, scene.model.selected(), BUILD, scene.now);
    assert!(text.len() <= BLOCK_MAX, "{} bytes", text.len());
    assert!(text.contains("What failed") && text.contains("Requests, the newest last"), "{text}");
    assert!(!text.contains("eyJ") && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn requests_need_a_picture_only_where_they_are_shown() {
    let mut scene = named("details");
    assert!(!shows_requests(&scene.eye));
    let before = scene.text(UNICODE, (120, 40));
    let mut asked = scene::asked(scene.clone());
    assert_eq!(before, asked.text(UNICODE, (120, 40)));
    press(&mut asked, "d");
    press(&mut scene, "d");
    assert!(shows_requests(&asked.eye));
    assert_ne!(scene.text(UNICODE, (120, 40)), asked.text(UNICODE, (120, 40)));
}

#[test]
fn a_mismatch_says_whether_this_version_has_reset_link_beside_the_button() {
    let note = |release: Value, platform: Value| {
        let mut world = World::linked(OTHER);
        let own = &mut world.project[0];
        (own["CurrentApplicationReleaseName"], own["CurrentPlatformReleaseName"]) = (release, platform);
        let mut scene = Scene::details(world);
        scene.wants(Intent::Mismatch);
        scene.text(UNICODE, (120, 40))
    };
    let row = "Reset link needs 10.0.30 or later: ";
    for (release, platform, told) in [
        (json!("10.0.44"), json!("PU68"), "✓ {row}met (10.0.44)."),
        (json!(null), json!(null), "? {row}could not tell (Lifecycle Services names no release)."),
        // Said once, where it closes the button.
        (
            json!("10.0.29"),
            json!("PU53"),
            "✗ Reset link is not possible now. This version (10.0.29) has no Reset link;",
        ),
        (json!(null), json!("PU53"), "✗ Reset link is not possible now. This version (platform update 53) has no"),
    ] {
        let (text, told) = (note(release.clone(), platform), told.replace("{row}", row));
        assert!(text.contains(&told), "{told}: {text}");
        assert_eq!(text.contains(row), told.contains(row), "{text}");
    }
}

/// What there is no room for is cut where one sees it, and the way to the whole of it stays.
#[test]
fn what_is_cut_says_so_and_a_larger_terminal_cuts_no_more() {
    for columns in [80, 120, 200] {
        let text = named("details").text(UNICODE, (columns, 40));
        assert!(text.contains(" contoso-uat.sandbox.operations.dynamics.com "), "{columns}: {text}");
    }
    let mut scene = named("runs");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("the checksum does n… │"), "{text}");
    press(&mut scene, "End");
    let text = scene.text(UNICODE, (80, 24));
    assert!(text.contains("│ fit the line  "), "below the list it is whole: {text}");
    // Line by line, what cannot be read is no empty page.
    let mut scene = named("runs");
    let (now, zone) = (scene.now, TimeZone::UTC);
    plain::answer(&scene.model, &mut scene.eye, "4", now, &zone);
    let hint = plain::hint(&mut scene.eye).unwrap_or_default();
    assert!(hint.contains("the checksum does not fit the line") && !plain::has_overlay(&scene.eye), "{hint}");
    for columns in 60..=120 {
        let text = named("progress-no-response").text(UNICODE, (columns, 24));
        let status = text.lines().rev().nth(1).unwrap();
        assert!(status.contains("no response") && status.ends_with(" (d)"), "{columns}: {status}");
    }
}

#[test]
fn which_way_a_link_is_made_stands_beside_its_time_at_every_width() {
    for (name, scene) in scenes() {
        let way = match name {
            "link-direct" => "   direct",
            "link-assisted" | "link-ask-person" => "   assisted",
            _ => continue,
        };
        for columns in 60..=140 {
            let text = scene.text(UNICODE, (columns, 24));
            let elapsed = text.lines().find(|line| line.contains("Elapsed ")).unwrap();
            assert!(elapsed.contains(way), "{name} in {columns}: {elapsed}");
        }
    }
}

#[test]
fn without_colour_nothing_has_a_colour() {
    let plain = Look { colour: Colour::None, ..UNICODE };
    for (name, scene) in scenes() {
        let (buffer, _) = scene.buffer(plain, (80, 24));
        let coloured = buffer.content.iter().any(|cell| cell.fg != ratatui::style::Color::Reset);
        assert!(!coloured, "{name}");
    }
}

#[test]
fn without_motion_a_second_changes_nothing() {
    let still = Look { motion: false, ..UNICODE };
    for (name, mut scene) in scenes() {
        let before = scene.text(still, (80, 24));
        scene.later(1);
        assert_eq!(before, scene.text(still, (80, 24)), "{name}");
    }
}

#[test]
fn only_screens_that_say_so_change_with_the_clock() {
    for (name, mut scene) in scenes() {
        let before = scene.text(UNICODE, (120, 40));
        scene.later(61);
        let changed = before != scene.text(UNICODE, (120, 40));
        assert_eq!(changed, needs_clock(&scene.model), "{name}");
    }
}

#[test]
fn addresses_are_links_in_every_piece() {
    let look = Look { hyperlinks: true, ..UNICODE };
    let (buffer, _) = named("linked").buffer(look, (80, 24));
    let linked: Vec<_> = buffer.content.iter().filter(|cell| cell.symbol().starts_with("\u{1b}]8;id=")).collect();
    let address =
        "https://dataintegrator.trafficmanager.net/dualWrite?axenv=contoso-uat.sandbox.operations.dynamics.com";
    assert_eq!(linked.len(), address.len());
    assert!(linked.iter().all(|cell| cell.symbol().contains(&format!(";{address}\u{1b}\\"))));
    let id = |text: &str| text.split(';').nth(1).unwrap().to_owned();
    assert!(linked.iter().all(|cell| id(cell.symbol()) == id(linked[0].symbol())));
}

#[test]
fn hostile_text_changes_nothing_but_words() {
    let evil = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}evil\u{2066}\u{200b}\u{0}\u{85}環境e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}ﾞ👩‍👩‍👧\u{fe0f}\r\n\tx";
    let world = || {
        let mut world = World { users: [user(true), user(false)], ..World::linked(OTHER) };
        for row in world.environments.as_array_mut().unwrap() {
            row["properties"]["displayName"] = evil.into();
            row["location"] = evil.into();
            row["properties"]["linkedEnvironmentMetadata"]["version"] = evil.into();
        }
        world.environments[0]["properties"]["linkedAppMetadata"]["url"] = format!("https://x{evil}/").into();
        for row in world.project.as_array_mut().unwrap() {
            for key in ["CurrentApplicationReleaseName", "CloudStorageLocation", "DeploymentStatusDisplay"] {
                row[key] = evil.into();
            }
        }
        world.owner = evil.into();
        world.links[0]["cname"] = evil.into();
        world.links[0]["powerAppsEnvironment"] = evil.into();
        world.maps = serde_json::json!([{"detail": {"tName": evil, "state": "4"}}]);
        world
    };
    let mut all = vec![Scene::list(world()), Scene::details(world())];
    let mut mismatch = Scene::details(world());
    mismatch.wants(Intent::Mismatch);
    all.push(mismatch);
    let mut failed = Scene::details(World {
        operation: serde_json::json!({"status": "Failed", "error": {"errorName": evil, "message": evil.repeat(30)}}),
        links: serde_json::json!([]),
        packages: World::default().packages,
        ..world()
    });
    start(&mut failed);
    all.push(failed);
    for (at, scene) in all.iter_mut().enumerate() {
        scene.model.cloud.name = evil.into();
        scene.model.notice = Some(evil.into());
        for keys in ["", "d", "?", "Esc", "/ 環"] {
            press(scene, keys);
            for look in [UNICODE, ASCII, Look { hyperlinks: true, ..UNICODE }] {
                for size in [(80, 24), (120, 40), (41, 11)] {
                    check_cells(scene, look, size, at);
                }
            }
        }
    }
}

/// No cell holds a control character, a bidi control, or a symbol wider than its place; the only
/// escape sequences are our own links.
fn check_cells(scene: &Scene, look: Look, size: (u16, u16), at: usize) {
    let (buffer, _) = scene.buffer(look, size);
    for cell in &buffer.content {
        let mut symbol = cell.symbol().to_owned();
        if look.hyperlinks && symbol.starts_with("\u{1b}]8;id=") {
            let parts: Vec<&str> = symbol.split("\u{1b}\\").collect();
            assert_eq!(parts.len(), 3, "{at}: {symbol:?}");
            assert!(parts[0][1..].is_ascii() && !parts[0][1..].contains('\u{1b}'), "{at}: {symbol:?}");
            symbol = parts[1].strip_suffix("\u{1b}]8;;").unwrap_or(parts[1]).to_owned();
        }
        let bad = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!symbol.chars().any(bad), "{at}: {symbol:?}");
        assert!(symbol.chars().count() <= 4, "{at}: {symbol:?}");
        let ours = |c: char| matches!(c, '\u{2500}'..='\u{25ff}' | '“' | '”' | '…' | '›' | '•' | '✓' | '✗');
        if look.glyphs == Glyphs::Ascii {
            assert!(!symbol.chars().any(ours), "{at}: {symbol:?}");
        }
    }
}

#[test]
fn the_tour_shows_the_screens_as_they_are() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = tour::files();
    if std::env::var("TOUR").is_ok_and(|word| word == "write") {
        let _ = std::fs::remove_dir_all(docs.join("tour"));
        std::fs::create_dir_all(docs.join("tour")).unwrap();
        for (place, text) in &files {
            std::fs::write(docs.join(place), text).unwrap();
        }
    }
    for (place, text) in &files {
        let kept = std::fs::read_to_string(docs.join(place)).unwrap_or_default().replace('\r', "");
        assert!(
            kept == *text,
            "docs/{place} is not what is drawn; TOUR=write cargo test --test screens writes it anew"
        );
    }
    assert_eq!(std::fs::read_dir(docs.join("tour")).unwrap().count(), files.len() - 1, "a picture that nobody shows");
}

#[test]
fn the_picture_in_the_readme_is_the_real_screen() {
    let readme = include_str!("../README.md");
    let (_, scene) = scenes().into_iter().find(|(name, _)| *name == "progress").unwrap();
    let picture: Vec<String> = scene.text(UNICODE, (80, 24)).lines().map(|line| line.trim_end().to_owned()).collect();
    let picture = picture.join("\n");
    assert!(readme.contains(picture.trim_end()), "put this into README.md:\n{picture}");
}
