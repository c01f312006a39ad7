//! The whole walk in a real pseudo-terminal: the real binary, real keys, real HTTP to a simulator
//! that this test runs, and the counters of its world after each walk.
#![cfg(unix)]

mod pty;
mod rehearsal;

use dualwrite::core::journal::What;
use pty::{Exit, Pty, Signal};
use rehearsal::{APPLICATION, CORE, Rehearsal, configure, leave};
use rstest::rstest;
use tempfile::TempDir;

/// Simulated seconds per second where what runs must still run at the end of a test.
const SLOWLY: f64 = 20.0;

#[rstest]
#[case::small(80, 24)]
#[case::large(120, 40)]
fn a_healthy_environment_is_walked_to_linked(#[case] columns: u16, #[case] rows: u16) {
    let rehearsal = Rehearsal::on("happy");
    let wizard = rehearsal.signed_in(columns, rows);
    configure(&wizard);
    wizard.wait_for(" Setup progress ").wait_for(" Setup complete ");
    wizard.keys("<enter>").wait_for(" Linked ");
    wizard.wait_asked("the administration address as a hyperlink", |asked| {
        asked.links.iter().any(|link| link.starts_with("https://dataintegrator.trafficmanager.net/dualWrite?axenv="))
    });
    wizard.keys("y").wait_asked("the address on the clipboard", |asked| !asked.copies.is_empty());
    leave(&wizard);
    let counters = rehearsal.counters();
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
    assert_eq!((counters.links_started, counters.links_completed, counters.resets), (1, 1, 0));
    let accepted = std::fs::read_to_string(rehearsal.state().join("terms/accepted.jsonl")).unwrap();
    assert!(accepted.contains("ada@contoso.example"), "{accepted}");
}

#[test]
fn what_was_pressed_before_the_services_could_be_asked_is_done_then() {
    let rehearsal = Rehearsal::on("happy");
    // The simulator is started by the program after its first frame.
    let wizard = Pty::spawn(
        env!("CARGO_BIN_EXE_dualwrite"),
        &["demo"],
        &[("DUALWRITE_STATE_DIR", rehearsal.state().to_str().unwrap())],
        80,
        24,
    );
    wizard.keys("r").wait_for(" Environments ").wait_for("contoso-uat");
    wizard.keys("q").wait_exit();
}

#[test]
fn the_window_is_told_what_runs_and_the_bell_rings_only_while_nobody_looks() {
    let rehearsal = Rehearsal::on("happy");
    let terminal = [("TERM", "xterm-256color"), ("TERM_PROGRAM", "ghostty"), ("DUALWRITE_TOKEN_STORE", "memory")];
    let wizard = rehearsal.wizard_in(&terminal, &[], 80, 24);
    wizard.wait_for(" Environments ").wait_for("contoso-uat");
    configure(&wizard);
    wizard.write(b"\x1b[I").wait_for(" Setup complete ");
    let asked = wizard.asked();
    assert_eq!(asked.bells, 0, "somebody looks");
    for title in ["contoso-uat: Dual-write application - dualwrite", "contoso-uat: ready to link - dualwrite"] {
        assert!(asked.titles.iter().any(|told| told == title), "no {title} in {:?}", asked.titles);
    }
    assert!(asked.notices.iter().any(|notice| notice.starts_with("4;1;")), "{:?}", asked.notices);
    wizard.write(b"\x1b[O").keys("<enter>").wait_for(" Linked ");
    wizard.wait_asked("a bell and a notification", |asked| {
        asked.bells == 1 && asked.notices.iter().any(|notice| notice == "contoso-uat: linked")
    });
    leave(&wizard);
    assert_eq!(wizard.asked().notices.last().map(String::as_str), Some("4;0"), "nothing stays in the taskbar");
    assert_eq!(wizard.asked().titles_pushed, 0);
}

#[test]
fn signals_that_are_turned_off_are_not_sent() {
    let rehearsal = Rehearsal::on("happy");
    let config = rehearsal.state().join("dualwrite/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let off = "[signals]\ntitle = false\nprogress = false\nnotify = false\nclipboard = false\nhyperlinks = false\n";
    std::fs::write(config, off).unwrap();
    let wizard = rehearsal.wizard_in(&[("TERM_PROGRAM", "ghostty"), ("DUALWRITE_TOKEN_STORE", "memory")], &[], 80, 24);
    wizard.wait_for(" Environments ").wait_for("contoso-uat");
    configure(&wizard);
    wizard.wait_for(" Setup complete ").keys("<enter>").wait_for(" Linked ");
    wizard.keys("y").wait_for("Nothing was copied");
    leave(&wizard);
    let asked = wizard.asked();
    assert_eq!((asked.titles.len(), asked.notices.len(), asked.bells), (0, 0, 0));
    assert_eq!((asked.copies.len(), asked.links.len()), (0, 0));
}

#[test]
fn the_details_show_the_requests_and_copy_a_block_for_support() {
    use base64::Engine;
    let rehearsal = Rehearsal::on("happy");
    let wizard = rehearsal.signed_in(120, 40);
    wizard.keys("<enter>").wait_for(" Environment Details ").wait_for("[ Dual-write application ]");
    wizard.keys("d").wait_for(" Details ").wait_for("Requests about contoso-uat").wait_for("[ Copy for support ]");
    wizard.keys("y").wait_asked("the block on the clipboard", |asked| !asked.copies.is_empty());
    let bytes = base64::engine::general_purpose::STANDARD.decode(&wizard.asked().copies[0]).unwrap();
    let block = String::from_utf8(bytes).unwrap();
    assert!(block.len() <= dualwrite::ui::support::BLOCK_MAX, "{} bytes", block.len());
    for wanted in
        ["dualwrite 0.", "Environment                 contoso-uat\n", "Requests, the newest last", " 200 ", " id "]
    {
        assert!(block.contains(wanted), "no {wanted:?} in\n{block}");
    }
    for secret in ["sim.", "1.SIM", "DEV-", "eyJ", "ada@"] {
        assert!(!block.contains(secret), "{secret:?} in\n{block}");
    }
    wizard.keys("<esc>").wait_gone("[ Copy for support ]");
    leave(&wizard);
}

#[test]
fn a_failed_configure_shows_the_words_and_is_tried_again() {
    let rehearsal = Rehearsal::on("configure-fails");
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup failed ").wait_for("SolutionImportFailed").wait_for("[ Try again ]");
    wizard.keys("<enter>").wait_for(" Setup complete ");
    wizard.keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    let counters = rehearsal.counters();
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 2));
    assert_eq!((counters.links_started, counters.links_completed), (1, 1));
}

#[rstest]
#[case::dataverse_side(
    "dw9003-crm",
    "Failed to connect to CRM",
    "PATCH contoso-uat.crm4.localhost/api/data/v9.2/systemusers"
)]
#[case::finance_and_operations_side(
    "dw9003-ax",
    "Failed to connect to AX",
    "POST contoso-uat.sandbox.operations.localhost/data/SysAADClients"
)]
fn dw9003_is_repaired_and_linked(#[case] scenario: &str, #[case] words: &str, #[case] repair: &str) {
    let rehearsal = Rehearsal::on(scenario);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup complete ");
    wizard.keys("<enter>").wait_for(" Link failed ").wait_for("DW9003").wait_for(words);
    wizard.wait_for("[ Repair the identities ]");
    wizard.keys("f").wait_for("[ Make these changes ]");
    wizard.keys("<enter>").wait_for(" Setup complete ").wait_for("What was written");
    wizard.keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    let counters = rehearsal.counters();
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
    assert_eq!((counters.links_started, counters.links_completed), (2, 1));
    // Between the two links exactly the one thing that was missing was written.
    let changes = rehearsal.changes();
    let links: Vec<usize> = (0..changes.len()).filter(|at| changes[*at].contains("/link/")).collect();
    assert_eq!(changes[links[0] + 1..links[1]], [repair], "{changes:#?}");
    assert_eq!(links.len(), 2);
}

/// Kept for the next page it made the link, whose owner cannot be changed later.
#[test]
fn a_line_typed_while_something_runs_answers_no_later_page() {
    let rehearsal = Rehearsal::at("happy", SLOWLY * 10.0);
    let wizard = rehearsal.wizard(&["--plain"], 80, 200);
    for (page, answer) in [
        ("Environments", "1"),
        ("1. Dual-write application", "1"),
        ("(not ticked)", "1"),
        ("(ticked)", "2"),
        ("1. OK", "1"),
    ] {
        wizard.wait_for(page).type_text(answer).keys("<enter>");
    }
    wizard.wait_for("It runs.").keys("<enter>").wait_for("Enter does nothing while it runs");
    wizard.type_text("hello").keys("<enter>").wait_for("“hello” does nothing while it runs");
    wizard.type_text("?").keys("<enter>").wait_for("Keys of this screen").type_text("b").keys("<enter>");
    // Nobody is disturbed at a question: what happens meanwhile is told after it.
    wizard.type_text("q").keys("<enter>").wait_for("2. Stay").wait_for("Your choice (y copy command");
    wizard.wait_true("the second package is asked for", || rehearsal.installs("msdyn_DualWriteAppCoreAnchor") > 0);
    let screen = wizard.screen();
    let after = screen.rsplit("2. Stay").next().unwrap();
    assert!(screen.matches("A set-up is not finished.").count() == 1 && !after.contains("contoso-uat"), "{screen}");
    wizard.type_text("b").keys("<enter>").wait_for("install msdyn_DualWriteAppCoreAnchor");
    wizard.wait_for("Setup complete (step 5").wait_for("Your choice (r").type_text("q").keys("<enter>");
    assert_eq!((wizard.wait_exit(), rehearsal.counters().links_started), (Exit::Code(0), 0));
}

#[test]
fn a_deleted_twin_is_purged_and_a_row_bound_to_the_user_that_was_picked() {
    let rehearsal = Rehearsal::on("deleted-twin");
    let wizard = rehearsal.signed_in(80, 24);
    wizard.keys("<enter>").wait_for("[ Repair the identities ]");
    wizard.keys("f").wait_for("[ ] Permanently delete the old user").wait_for("[ Make these changes ]");
    // What writes is closed until the box is ticked.
    wizard.keys("<tab> <enter>").wait_for("Tick the box first");
    wizard.keys("<space>").wait_for("[x] Permanently delete the old user");
    wizard.keys("<tab> <enter>").wait_for(" Choose the user ");
    wizard.type_text("adm").keys("<enter>").wait_for("[ Make these changes ]").wait_for("written here run as Admin");
    wizard.keys("<enter>").wait_for(" Setup complete ");
    wizard.keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    let counters = rehearsal.counters();
    let once = |counted: &std::collections::BTreeMap<String, u32>| counted.values().all(|count| *count == 1);
    assert!(
        once(&counters.users_purged) && once(&counters.users_created) && once(&counters.rows_bound),
        "{counters:?}"
    );
    assert_eq!((counters.users_purged.len(), counters.rows_bound.len()), (1, 1));
}

#[test]
fn the_prerequisites_are_looked_at_and_left_again() {
    let rehearsal = Rehearsal::on("prerequisites-unmet");
    let wizard = rehearsal.signed_in(80, 24);
    wizard.keys("<enter>").wait_for(" Environment Details ").wait_for("Dual-write application is not available yet");
    wizard.keys("p").wait_for(" Prerequisites ").wait_for("Dual-write application is not possible yet: see P06");
    wizard.keys("<enter>").wait_for("Microsoft's article");
    wizard.keys("<esc>").wait_gone("Microsoft's article");
    wizard.keys("<esc>").wait_for(" Environment Details ");
    leave(&wizard);
    assert!(rehearsal.changes().is_empty());
}

#[test]
fn a_mismatch_is_reset_by_typing_the_name_of_the_environment() {
    let rehearsal = Rehearsal::on("mismatch-set-up");
    let wizard = rehearsal.signed_in(80, 24);
    wizard.keys("<enter>").wait_for(" Environment Details ").wait_for("[ Linking mismatch ]");
    wizard
        .keys("<enter>")
        .wait_for("┌ Linking mismatch ─")
        .wait_for("contoso-sandbox")
        .wait_gone("is not possible now");
    wizard.keys("<enter>").wait_for("ype ");
    wizard.type_text("contoso-uat").keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    let counters = rehearsal.counters();
    assert_eq!((counters.resets, counters.links_started), (1, 0));
    assert!(counters.installs.is_empty());
}

#[test]
fn leaving_while_it_runs_says_how_to_come_back_and_the_service_goes_on() {
    let rehearsal = Rehearsal::on("slow");
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup progress ");
    wizard.keys("q").wait_for("continues in").wait_for("--environment contoso-uat");
    wizard.keys("<esc>").wait_for(" Setup progress ");
    wizard.keys("q").wait_for("continues in").keys("<enter>");
    assert_eq!(wizard.wait_exit(), Exit::Code(0));
    wizard.modes_clean().unwrap();
    // Somebody comes back: what runs is joined, nothing is started twice.
    let wizard = rehearsal.wizard(&["--environment", "contoso-uat"], 80, 24);
    wizard.wait_for("┌ Resume ").wait_for("of “contoso-uat” was interrupted");
    wizard.keys("<enter>").wait_for(" Setup complete ");
    leave(&wizard);
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
}

#[rstest]
#[case::terminate(Signal::TERM, 143)]
#[case::interrupt(Signal::INT, 130)]
#[case::hang_up(Signal::HUP, 129)]
#[case::quit(Signal::QUIT, 131)]
fn a_signal_gives_the_terminal_back_and_the_service_goes_on(#[case] signal: Signal, #[case] code: u32) {
    let rehearsal = Rehearsal::at("slow", SLOWLY);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup progress ").wait_for("accepted, operation");
    wizard.signal(signal);
    assert_eq!(wizard.wait_exit(), Exit::Code(code));
    wizard.modes_clean().unwrap();
    assert_eq!(rehearsal.installs(CORE), 1);
}

#[test]
fn a_closed_window_ends_the_wizard() {
    let rehearsal = Rehearsal::at("slow", SLOWLY);
    let mut wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup progress ");
    wizard.close_master();
    wizard.wait_ended();
}

#[test]
fn a_storm_of_sizes_while_frames_are_drawn_disturbs_neither_the_screen_nor_the_set_up() {
    let rehearsal = Rehearsal::at("happy", SLOWLY * 10.0);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup progress ");
    let mut seed = 1_u32;
    for _ in 0..150 {
        // Some sizes pass before anything is drawn, and each round something is.
        let frames = wizard.asked().updates.1;
        for _ in 0..3 {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let (columns, rows) = (1 + (seed >> 8) % 250, 1 + (seed >> 20) % 60);
            wizard.resize(u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap());
        }
        wizard.wait_asked("a frame", |asked| asked.updates.1 > frames);
    }
    wizard.resize(80, 24).wait_for(" Setup complete ").keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
}

#[test]
fn a_wizard_that_was_stopped_goes_on_where_the_services_are() {
    let rehearsal = Rehearsal::at("happy", SLOWLY * 10.0);
    let wizard = rehearsal.job(80, 24);
    wizard.wait_for(" Environments ").wait_for("contoso-uat");
    configure(&wizard);
    wizard.wait_for("accepted, operation").keys("<c-z>").wait_for("stopped ");
    assert_eq!(wizard.modes_clean(), Ok(()));
    wizard.keys("<enter>").wait_for(" Setup complete ").keys("<enter>").wait_for(" Linked ");
    wizard.keys("q").wait_for("ended 0");
    assert_eq!(wizard.wait_exit(), Exit::Code(0));
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
}

/// The words about how to come back find a terminal that has no room for them.
#[rstest]
#[case::terminate(Signal::TERM, 143)]
#[case::hang_up(Signal::HUP, 129)]
fn a_signal_ends_it_on_a_terminal_that_does_not_read(#[case] signal: Signal, #[case] code: u32) {
    let rehearsal = Rehearsal::at("slow", SLOWLY);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup progress ").wait_for("accepted, operation").stall();
    wizard.wait_true("a full terminal", || {
        wizard.keys("<c-l>");
        wizard.is_full()
    });
    wizard.signal(signal).wait_ended().unstall();
    assert_eq!(wizard.wait_exit(), Exit::Code(code), "{}", wizard.screen());
    assert_eq!(wizard.modes_clean(), Ok(()));
    let runs = dualwrite::shell::journal::runs(&rehearsal.state()).unwrap();
    let left = runs[0].run.as_ref().unwrap().sittings[0].left.clone();
    assert_eq!(left.as_deref(), Some(if signal == Signal::HUP { "HUP" } else { "TERM" }));
}

#[test]
fn a_profile_that_is_missing_or_broken_is_named_and_the_terminal_stays_as_it_is() {
    let dir = TempDir::new().unwrap();
    let broken = dir.path().join("broken.toml");
    std::fs::write(&broken, "name = \"x\"\nauthority = 7\n").unwrap();
    let missing = dir.path().join("missing.toml");
    for (file, words) in [(&missing, "cannot be read"), (&broken, "line 2")] {
        let wizard = Pty::spawn(
            env!("CARGO_BIN_EXE_dualwrite"),
            &["--cloud", file.to_str().unwrap()],
            &[("DUALWRITE_TOKEN_STORE", "memory")],
            100,
            24,
        );
        wizard.wait_for(words);
        assert_eq!(wizard.wait_exit(), Exit::Code(2));
        wizard.modes_clean().unwrap();
    }
}

#[test]
fn a_killed_wizard_is_taken_up_again_and_nothing_is_started_twice() {
    let rehearsal = Rehearsal::at("slow", SLOWLY * 5.0);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup progress ").wait_for("accepted, operation");
    wizard.signal(Signal::KILL);
    wizard.wait_ended();
    let wizard = rehearsal.wizard(&[], 80, 24);
    wizard.wait_for("┌ Resume ").wait_for("install DualWriteCoreAnchor").wait_for("being installed");
    wizard.keys("<enter>").wait_for("┌ Setup progress ").wait_for("is on its way already");
    wizard.wait_for("Dual-write core solution   installed").signal(Signal::TERM);
    assert_eq!(wizard.wait_exit(), Exit::Code(143));
    assert_eq!(rehearsal.installs(CORE), 1);
    // Why it was left is on record, and it is still interrupted.
    let runs = dualwrite::shell::journal::runs(&rehearsal.state()).unwrap();
    let entries = dualwrite::shell::journal::read(&runs[0].path).unwrap();
    assert!(matches!(&entries.last().unwrap().what, What::Left { reason } if reason == "TERM"), "{entries:?}");
    assert!(runs.len() == 1 && runs[0].run.as_ref().unwrap().is_unfinished());
}

#[test]
fn what_was_interrupted_is_forgotten_or_decided_later() {
    let rehearsal = Rehearsal::at("slow", SLOWLY);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for("accepted, operation").signal(Signal::KILL);
    wizard.wait_ended();
    let wizard = rehearsal.wizard(&[], 80, 24);
    wizard.wait_for("┌ Resume ").keys("<esc>").wait_for("┌ Environments ");
    leave(&wizard);
    let wizard = rehearsal.wizard(&[], 80, 24);
    wizard.wait_for("┌ Resume ").keys("<tab> <tab> <enter>").wait_for("┌ Forget ");
    wizard.keys("<tab> <enter>").wait_for("┌ Environments ").wait_for("Forgotten.");
    leave(&wizard);
    let wizard = rehearsal.signed_in(80, 24);
    wizard
        .keys("R")
        .wait_for("┌ Runs ")
        .wait_for("forgotten")
        .keys("<enter>")
        .wait_for("┌ Run ")
        .wait_for("accepted by");
    wizard.keys("<esc> <esc>").wait_for("┌ Environments ");
    leave(&wizard);
}

#[test]
fn a_second_wizard_says_who_drives_an_environment_and_watches() {
    let rehearsal = Rehearsal::at("slow", SLOWLY);
    let first = rehearsal.signed_in(80, 24);
    configure(&first);
    first.wait_for("accepted, operation");
    let second = rehearsal.wizard(&[], 80, 24);
    let own = format!("process {}", first.child().as_raw_nonzero());
    second.wait_for("┌ Resume ").wait_for("Forget are not possible").wait_for(&own);
    second.keys("<enter>").wait_for("┌ Environment Details ").wait_for("only watches");
    // The button is there, closed; pressed all the same it says why.
    second.wait_for("[ Dual-write application ]").keys("<left> <enter>").wait_for("› Another dualwrite").wait_for(&own);
    leave(&second);
    assert_eq!(rehearsal.installs(CORE), 1);
}
