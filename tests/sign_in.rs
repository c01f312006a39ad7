//! Signing in, with the real binary: the device code in a pseudo-terminal, tokens that end on the way, a
//! token given by hand, several accounts, and applications.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]
#![cfg(unix)]

mod pty;
mod rehearsal;

use dualwrite::core::journal::{Entry, What};
use dualwrite::core::terms;
use dualwrite::shell::journal;
use dualwrite::sim::CLIENT_SECRET;
use pty::{Exit, leaks};
use rehearsal::{APPLICATION, CORE, Rehearsal, TOKEN_FILE, configure, leave};
use rstest::rstest;
use serde_json::Value;

/// Simulated seconds per second at which a token of one simulated minute outlives the request it is for.
const CALMLY: f64 = 100.0;
/// The same at which a page that is there for ten seconds is seen.
const BRISKLY: f64 = 300.0;
/// Simulated seconds per second where a code is asked about every five seconds and its page must be seen.
const PAGE_BY_PAGE: f64 = 20.0;
const IN_A_FILE: (&str, &str) = ("DUALWRITE_TOKEN_STORE", "file");
const IN_MEMORY: (&str, &str) = ("DUALWRITE_TOKEN_STORE", "memory");
const SECRET: (&str, &str) = ("DUALWRITE_CLIENT_SECRET", CLIENT_SECRET);

#[test]
fn a_service_with_too_much_to_do_is_asked_less_often_and_signs_in() {
    let rehearsal = Rehearsal::at("sign-in-slow-down", PAGE_BY_PAGE);
    let wizard = rehearsal.wizard(&[], 80, 24);
    wizard.wait_for(" Sign in ").wait_for("Type this code").wait_for("https://microsoft.com/devicelogin");
    wizard.wait_for(" Environments ").wait_for("contoso-uat");
    leave(&wizard);
    let polls = rehearsal.simulator().requests().iter().filter(|line| line.contains("/token")).count();
    assert!(rehearsal.counters().sign_ins == 1 && polls >= 4, "{polls}");
}

#[rstest]
#[case::declined("sign-in-declined", PAGE_BY_PAGE, "declined")]
// A code lasts for a quarter of an hour.
#[case::expired("sign-in-expired", 1000.0, "The code expired")]
#[case::blocked("sign-in-blocked", PAGE_BY_PAGE, "Conditional Access")]
fn a_sign_in_that_did_not_work_says_why_and_offers_a_new_code(
    #[case] scenario: &str,
    #[case] speed: f64,
    #[case] words: &str,
) {
    let rehearsal = Rehearsal::at(scenario, speed);
    let wizard = rehearsal.wizard(&[], 80, 24);
    wizard.wait_for(" Sign in ").wait_for("The sign-in did not work").wait_for(words).wait_for("[ New code ]");
    for key in ["<enter>", "r"] {
        wizard.keys(key).wait_for("Type this code");
        wizard.wait_for("The sign-in did not work").wait_for("[ New code ]");
    }
    leave(&wizard);
    let codes = rehearsal.simulator().requests().iter().filter(|line| line.contains("/devicecode")).count();
    assert_eq!((codes, rehearsal.counters().sign_ins), (3, 0));
}

#[test]
fn tokens_that_live_for_a_minute_last_a_whole_set_up() {
    let rehearsal = Rehearsal::at("token-expiry", CALMLY);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard.wait_for(" Setup complete ").keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    let counters = rehearsal.counters();
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
    assert!(counters.sign_ins == 1 && counters.links_completed == 1 && counters.refreshes > 10, "{counters:?}");
}

/// When the second package begins to be installed the sign-in is revoked, and Grace signs in instead of Ada.
const REVOKED: &str = r#"
[sign_in]
accounts = ["ada@contoso.example", "grace@contoso.example"]
[[event]]
when = "install-started"
package = "msdyn_DualWriteAppCoreAnchor"
do = "revoke-sign-in"
"#;

fn assert_done_once_with_two_sign_ins(rehearsal: &Rehearsal) {
    let counters = rehearsal.counters();
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION)), (1, 1));
    assert_eq!((counters.sign_ins, counters.links_completed), (2, 1));
    let run = journal::runs(&rehearsal.state()).unwrap().remove(0).run.unwrap();
    assert_eq!(run.account, "ada@contoso.example");
    assert_eq!(run.others.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["grace@contoso.example"]);
}

#[test]
fn a_revoked_sign_in_is_made_again_in_the_middle_and_the_record_says_by_whom() {
    let rehearsal = Rehearsal::told_at(REVOKED, BRISKLY);
    let wizard = rehearsal.signed_in(80, 24);
    configure(&wizard);
    wizard
        .wait_for(" Setup progress ")
        .wait_for("┌ Sign in ")
        .wait_for("Sign in again. What runs at the services continues");
    wizard.wait_for("ada@contoso.example has to sign in again").wait_for("Type this code");
    wizard.wait_for("grace@contoso.example has signed in; it was ada@").wait_for(" Setup complete ");
    wizard.keys("<enter>").wait_for(" Linked ");
    leave(&wizard);
    assert_done_once_with_two_sign_ins(&rehearsal);
}

fn setup<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["setup", "--environment", "contoso-uat", "--accept-terms", terms::version(), "--yes"], more].concat()
}

#[test]
fn without_a_screen_the_second_code_is_shown_too() {
    let rehearsal = Rehearsal::told(REVOKED);
    let wizard = rehearsal.wizard(&setup(&["--plain"]), 200, 60);
    assert_eq!(wizard.wait_exit(), Exit::Code(0), "{}", wizard.screen());
    let said = wizard.screen();
    assert_eq!(said.matches("To sign in, open").count(), 2, "{said}");
    for words in [
        "ada@contoso.example has to sign in again",
        "grace@contoso.example has signed in; it was ada@contoso.example before",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_done_once_with_two_sign_ins(&rehearsal);
}

#[test]
fn without_a_terminal_a_sign_in_that_ends_ends_the_run_and_the_next_one_goes_on() {
    let rehearsal = Rehearsal::told(REVOKED);
    assert_eq!(rehearsal.command(&[IN_A_FILE], &["sign-in"]).0, 0);
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &setup(&[]));
    assert!(code == 4 && out.contains("sign in beforehand") && out.contains("AADSTS50173"), "{code} {out} {err}");
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &setup(&[]));
    assert!(code == 3 && err.contains("sign in beforehand"), "{code} {out} {err}");
    assert_eq!(rehearsal.command(&[IN_A_FILE], &["sign-in"]).0, 0);
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &setup(&[]));
    assert_eq!(code, 0, "{out} {err}");
    assert_done_once_with_two_sign_ins(&rehearsal);
}

#[test]
fn a_sign_in_counts_whatever_a_service_makes_of_it() {
    let rehearsal = Rehearsal::told("[[sign_in.refusals]]\nat = \"refresh\"\nnumber = 50076\n");
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &["sign-in"]);
    assert!(code == 0 && out.contains("ada@contoso.example"), "{code} {out} {err}");
    assert_eq!(err.matches("type the code").count(), 1, "{err}");
    let (code, _, err) = rehearsal.command(&[IN_A_FILE], &["sign-in", "--account", "eve@contoso.example"]);
    assert!(code == 0 && err.contains("That is not eve@contoso.example"), "{code} {err}");
}

#[test]
fn a_token_from_outside_that_has_ended_is_replaced_by_a_pasted_one() {
    let rehearsal = Rehearsal::on("happy");
    let given = [IN_MEMORY, ("DUALWRITE_TOKEN_GATEWAY", "one-that-has-ended")];
    let wizard = rehearsal.wizard_in(&given, &[], 80, 24);
    wizard.wait_for(" Environments ").wait_for("contoso-uat").keys("<enter>").wait_for(" Environment Details ");
    wizard.wait_for("[ Give a token ]").keys("t").wait_for(" Give a token ");
    let token = rehearsal.token("https://IntegratorApp.com");
    wizard.paste(&format!("Authorization: Bearer {token}\n")).wait_for(" characters ").keys("<enter>");
    wizard.wait_gone("[ Give a token ]");
    assert!(!String::from_utf8_lossy(&wizard.raw()).contains("one-that-has-ended"));
    leave(&wizard);
}

/// Every token ends when somebody begins to link.
const ENDS_WITH_THE_LINK: &str = r#"
[sign_in]
token_life_s = 1_000_000
[[event]]
when = "link-started"
do = "expire-tokens"
"#;

#[test]
fn an_assisted_link_asks_for_the_token_that_has_ended_and_sees_what_was_done_elsewhere() {
    let rehearsal = Rehearsal::told(ENDS_WITH_THE_LINK);
    let whole = std::fs::read_to_string(rehearsal.profile()).unwrap();
    let lines: Vec<&str> = whole.lines().filter(|line| !line.starts_with("link =")).collect();
    std::fs::write(rehearsal.profile(), lines.join("\n")).unwrap();
    let token = rehearsal.token("https://IntegratorApp.com");
    let given = [IN_MEMORY, ("DUALWRITE_TOKEN_GATEWAY", token.as_str())];
    let wizard = rehearsal.wizard_in(&given, &["--environment", "contoso-golden"], 80, 24);
    wizard.wait_for(" Environment Details ").wait_for("[ Link to Power Platform environment ]").keys("<enter>");
    wizard.wait_for(" Setup complete ").wait_for("assisted").keys("<enter>").wait_for(" Link progress ");
    // Somebody selects the button in Lifecycle Services.
    std::fs::write(rehearsal.profile(), whole).unwrap();
    let elsewhere = rehearsal.dir.path().join("elsewhere");
    for args in [&["sign-in"][..], &["link", "--environment", "contoso-golden", "--yes"]] {
        let args = [args, &["--state-dir", elsewhere.to_str().unwrap()]].concat();
        let (code, out, err) = rehearsal.command(&[IN_A_FILE], &args);
        assert_eq!(code, 0, "{out}{err}");
    }
    wizard.wait_for("[ Give a token ]").keys("t").wait_for("[ Use this token ]");
    wizard.paste(&rehearsal.token("https://IntegratorApp.com")).wait_for(" characters ").keys("<enter>");
    wizard.wait_for(" Linked ");
    leave(&wizard);
    let runs = journal::runs(&rehearsal.state()).unwrap();
    let entries = journal::read(&runs[0].path).unwrap();
    let is_read =
        |entry: &Entry| matches!(&entry.what, What::Linked { confirmed, .. } if confirmed.contains("read back"));
    assert!(runs.len() == 1 && entries.iter().any(is_read), "{entries:?}");
}

/// `whoami --json`, which its schema allows.
fn whoami(rehearsal: &Rehearsal, variables: &[(&str, &str)], more: &[&str]) -> (i32, Value) {
    let (code, out, err) = rehearsal.command(variables, &[&["whoami", "--json"], more].concat());
    assert_eq!(err, "");
    (code, of_schema(&out))
}

fn of_schema(out: &str) -> Value {
    let document: Value = serde_json::from_str(out).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/schema/whoami.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &document), "{document:#}");
    document
}

#[test]
fn a_sign_in_and_a_sign_out_tell_a_program_who_is_signed_in_after_them() {
    let rehearsal = Rehearsal::on("happy");
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &["sign-in", "--json"]);
    assert!(code == 0 && err.contains("type the code"), "{err}");
    assert_eq!((0, of_schema(&out)), whoami(&rehearsal, &[IN_A_FILE], &[]));
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &["sign-out", "--json"]);
    assert_eq!((code, err.as_str(), &of_schema(&out)["account"]), (0, "", &Value::Null));
}

#[test]
fn accounts_are_signed_in_chosen_used_and_signed_out() {
    let (ada, grace) = ("ada@contoso.example", "grace@contoso.example");
    let rehearsal = Rehearsal::told(&format!("[sign_in]\naccounts = [\"{ada}\", \"{grace}\"]"));
    let current = |more: &[&str]| {
        let (code, document) = whoami(&rehearsal, &[IN_A_FILE], more);
        (code, document["account"]["name"].as_str().map(str::to_owned), document["accounts"].as_array().unwrap().len())
    };
    assert_eq!(current(&[]), (3, None, 0));
    for name in [ada, grace] {
        let (code, out, err) = rehearsal.command(&[IN_A_FILE], &["sign-in"]);
        assert!(code == 0 && out.contains(name) && out.contains(TOKEN_FILE) && err.contains("type the code"), "{err}");
    }
    assert_eq!(current(&[]), (0, Some(grace.to_owned()), 2));
    assert_eq!(current(&["--account", "ADA@contoso.example"]), (0, Some(ada.to_owned()), 2));
    // A sign-in that is kept asks for no code again.
    let (code, _, err) = rehearsal.command(&[IN_A_FILE], &["status", "--account", ada]);
    assert!(code == 0 && !err.contains("type the code"), "{err}");
    let (code, _, err) = rehearsal.command(&[IN_A_FILE], &["status", "--account", "eve@contoso.example"]);
    assert!(code == 3 && err.contains("eve@contoso.example is not signed in"), "{code} {err}");
    let secrets = std::fs::read_to_string(rehearsal.state().join(TOKEN_FILE)).unwrap();
    assert!(std::panic::catch_unwind(|| leaks::assert_none("the file", secrets.as_bytes())).is_err());
    let (code, out, _) = rehearsal.command(&[IN_A_FILE], &["sign-out"]);
    assert!(code == 0 && out.contains(grace), "{out}");
    assert_eq!(current(&[]).2, 1);
    assert_eq!(rehearsal.command(&[IN_A_FILE], &["sign-out", "--all"]).0, 0);
    assert_eq!(current(&[]), (3, None, 0));
    let left = std::fs::read_to_string(rehearsal.state().join(TOKEN_FILE)).unwrap_or_default();
    leaks::assert_none("what is left of the file", left.as_bytes());
    assert_eq!(rehearsal.counters().sign_ins, 2);
}

#[test]
fn the_wizard_finds_the_sign_in_that_is_kept() {
    let rehearsal = Rehearsal::on("happy");
    let wizard = rehearsal.wizard_in(&[IN_A_FILE], &[], 80, 24);
    wizard.wait_for(" Environments ").wait_for("The sign-in is kept in").wait_for("contoso-uat");
    leave(&wizard);
    let wizard = rehearsal.wizard_in(&[IN_A_FILE], &[], 80, 24);
    wizard.wait_for(" Environments ").wait_for("contoso-uat").wait_for("ada@contoso.example");
    leave(&wizard);
    assert_eq!(rehearsal.counters().sign_ins, 1);
}

#[test]
fn a_sign_in_that_ends_with_its_command_is_said_so() {
    let rehearsal = Rehearsal::on("happy");
    let (code, _, err) = rehearsal.command(&[IN_MEMORY], &["sign-in"]);
    assert!(code == 3 && err.contains("token_store = \"file\""), "{code} {err}");
}

/// An application that finance and operations and Dataverse know.
const KNOWN: &str = r#"
[sign_in]
application = ["bap", "power_platform", "graph", "dataverse", "finance_operations"]
"#;

#[test]
fn an_application_configures_and_leaves_the_link_to_a_person() {
    let rehearsal = Rehearsal::told(KNOWN);
    let (code, out, err) = rehearsal.command(&[IN_MEMORY, SECRET], &setup(&[]));
    assert!(code == 3 && out.is_empty() && err.contains("--until configured"), "{code} {out} {err}");
    assert!(rehearsal.simulator().requests().is_empty(), "nothing was asked");
    let (code, out, err) = rehearsal.command(&[IN_MEMORY, SECRET], &setup(&["--until", "configured"]));
    assert!(code == 0 && out.contains("configured (") && err.contains("Only people can ask"), "{code} {out} {err}");
    let counters = rehearsal.counters();
    assert_eq!((rehearsal.installs(CORE), rehearsal.installs(APPLICATION), counters.sign_ins), (1, 1, 0));
    assert!(counters.client_credentials >= 4 && counters.refreshes == 0, "{counters:?}");
    let (code, document) = whoami(&rehearsal, &[IN_MEMORY, SECRET], &[]);
    assert!(code == 0 && document["account"]["name"].as_str().unwrap().starts_with("application "), "{document}");
}

#[test]
fn a_certificate_proves_an_application() {
    // What it proves is good for ten minutes: both sides have the time of this machine.
    let rehearsal = Rehearsal::in_step(KNOWN);
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/assertion");
    let parts = ["key.pem", "certificate.pem"].map(|name| std::fs::read(format!("{fixtures}/{name}")).unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), parts.concat()).unwrap();
    let proof = ("DUALWRITE_CLIENT_CERTIFICATE", file.path().to_str().unwrap());
    let (code, out, err) = rehearsal.command(&[IN_MEMORY, proof], &["status"]);
    assert!(code == 0 && out.contains("contoso-uat"), "{code} {out} {err}");
    assert!(rehearsal.counters().client_credentials >= 1);
}

#[test]
fn a_wrong_secret_is_named_by_its_variable() {
    let rehearsal = Rehearsal::told(KNOWN);
    let proof = [IN_MEMORY, ("DUALWRITE_CLIENT_SECRET", "a-wrong-one-4711")];
    let (code, out, err) = rehearsal.command(&proof, &["status"]);
    assert!(code == 4 && (out.clone() + &err).contains("7000215"), "{code} {out} {err}");
    assert!(!(out + &err).contains("a-wrong-one"));
}

/// It ended as if nothing had been changed.
#[test]
fn consent_that_is_missing_for_more_after_an_interrupted_run_was_resumed_is_no_promise_that_nothing_was_changed() {
    let rehearsal = Rehearsal::at("happy", CALMLY);
    assert_eq!(rehearsal.command(&[IN_A_FILE], &["sign-in"]).0, 0);
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &setup(&["--timeout", "8m"]));
    assert!(code == 9 && rehearsal.installs(CORE) == 1, "{code} {out} {err}");
    let resumed = ["setup", "--environment", "contoso-uat", "--yes", "--modules", "finance"];
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &resumed);
    assert!(code == 4 && out.contains("consent missing: Read the terms"), "{code} {out} {err}");
}
