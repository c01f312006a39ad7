//! The rules of the catalogue's head, one test each.

use super::*;
use proptest::prelude::*;

const STATES: [When; 4] = [When::Any, When::IntegrationNeverSetUp, When::IntegrationSetUp, When::CloudHosted];

const MISMATCH: &str =
    "Microsoft detected that your environment is linked via dual-write to a different destination than specified";

fn found(text: &str, when: When) -> Option<&'static str> {
    find(text, when).map(|fault| fault.id.as_str())
}

fn ids(asked: &str) -> Vec<&'static str> {
    candidates(asked).into_iter().map(|fault| fault.id.as_str()).collect()
}

/// A catalogue of one entry, with some lines put in the place of its own.
fn catalogue_of(lines: &[&str]) -> String {
    let mut text = String::from("[[fault]]\n");
    let own = [
        "id = \"a\"",
        "code = \"\"",
        "match = \"x\"",
        "match_kind = \"substring\"",
        "when = \"\"",
        "title = \"t\"",
        "cause = \"c\"",
        "remedies = [\"r\"]",
        "step = \"link\"",
        "severity = \"error\"",
        "side = \"both\"",
        "role = \"\"",
        "confidence = \"documented\"",
        "sample = \"x\"",
        "doc_url = \"https://learn.microsoft.com/\"",
        "source = \"s\"",
    ];
    for line in own {
        let key = line.split(" =").next().unwrap();
        let given = lines.iter().find(|given| given.split(" =").next() == Some(key));
        text.push_str(given.unwrap_or(&line));
        text.push('\n');
    }
    text
}

fn refusal(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn the_catalogue_can_be_read() {
    assert!(read(CATALOGUE).unwrap().len() >= 110, "entries are added, none is lost");
}

#[test]
fn every_sample_finds_its_own_entry() {
    // Without an exception: an entry that takes the sample of another one is a mistake in the catalogue.
    for Entry { fault, .. } in catalogue() {
        assert_eq!(found(&fault.sample, fault.when), Some(fault.id.as_str()), "{}", fault.sample);
        assert!(candidates(&fault.sample).contains(&fault), "{}", fault.id);
    }
}

#[test]
fn the_two_faces_of_dw9003_are_told_apart_by_their_words_only() {
    for (side, id) in [("CRM", "dw9003-crm"), ("AX", "dw9003-ax")] {
        let words = format!(
            "Failed to connect to {side}. Ensure that the service principal has the correct permissions to access {side}."
        );
        for text in [format!("DW9003: {words}"), format!("dw9003 {words}"), words.clone()] {
            assert_eq!(found(&text, When::IntegrationSetUp), Some(id), "{text}");
            assert_eq!(ids(&text), [id], "{text}");
        }
    }
    for text in ["DW9003", "DW9003: something new"] {
        assert_eq!(found(text, When::IntegrationSetUp), None, "{text}");
        assert_eq!(ids(text), ["dw9003-crm", "dw9003-ax"], "{text}");
        assert_eq!(open_code(text), Some("DW9003"));
    }
    assert_eq!(open_code("DIPV1000 has one entry"), None);
}

#[test]
fn a_code_is_a_whole_word() {
    for text in ["DW90031", "XDW9003", "DW9003_1", "DWDVEV10011", "XDIPV1000", "0x80048d0b0"] {
        assert_eq!((found(text, When::Any), ids(text)), (None, Vec::new()), "{text}");
        assert_eq!(open_code(text), None, "{text}");
    }
    for text in ["(DIPV1000)", "dipv1000:", "错误DIPV1000。", "a DIPV1000\nb", "XDIPV1000 DIPV1000"] {
        assert_eq!(found(text, When::Any), Some("dipv1000"), "{text}");
    }
}

#[test]
fn a_code_goes_before_the_words_of_another_entry() {
    assert_eq!(found("DIPV1003: Failed to connect to CRM", When::Any), Some("dipv1003"));
    assert_eq!(ids("DIPV1003: Failed to connect to CRM"), ["dipv1003", "dw9003-crm"]);
}

#[test]
fn a_number_is_a_code_only_with_its_words_or_quite_alone() {
    assert_eq!(found("500 Internal Server Error", When::Any), None);
    assert_eq!(found("No answer within 100 seconds", When::Any), None);
    assert_eq!(found("HTTP 429 Too Many Requests", When::Any), Some("lcs-api-throttled"));
    assert_eq!(found("503", When::Any), Some("http-503"));
}

#[test]
fn a_guessed_wording_gives_way_to_every_other_one() {
    let guessed = "Power Platform environment setup failed";
    assert_eq!(find(guessed, When::Any).unwrap().confidence, Confidence::Inferred);
    let both = format!("{guessed}: Environment is not linked, exiting");
    assert_eq!(found(&both, When::Any), Some("not-linked-exiting"));
    assert_eq!(ids(&both), ["not-linked-exiting", "ppi-setup-failed"]);
}

#[test]
fn the_state_picks_between_entries_with_the_same_words() {
    let all = ["mismatch-ppi-never", "mismatch-ppi-set", "mismatch-cloud-hosted"];
    for (when, id) in STATES[1..].iter().zip(all) {
        assert_eq!(found(MISMATCH, *when), Some(id));
    }
    assert_eq!(found(MISMATCH, When::Any), None, "no state, no choice");
    assert_eq!(ids(MISMATCH), all);
}

#[test]
fn a_wrapped_message_is_the_same_message() {
    assert_eq!(found("failed to\r\n    connect to CRM", When::Any), Some("dw9003-crm"));
    assert_eq!(found("Unable\nto generate payload for entity X", When::Any), Some("payload-invalid-uri"));
    assert_eq!(found("5 attempts to\n  get\u{a0}data from the staging table\nfailed", When::Any), Some("ten-lookups"));
}

#[test]
fn a_key_means_its_entry_alone() {
    assert_eq!(ids(" mismatch-ppi-set\n"), ["mismatch-ppi-set"]);
    assert_eq!(ids("http-503"), ["http-503"]);
}

#[test]
fn a_title_finds_its_entry() {
    // The health check shows the title of an entry, and not its code.
    assert_eq!(ids("Company mismatched between dual-write and Dataverse"), ["hc-dwdvev1003"]);
    assert_eq!(ids(" company mismatched between dual-write and dataverse.\n"), ["hc-dwdvev1003"]);
    for Entry { fault, .. } in catalogue() {
        assert_eq!(candidates(&fault.title).first().map(|first| &first.title), Some(&fault.title));
        assert!(candidates(&fault.title).contains(&fault), "{}", fault.id);
    }
}

#[test]
fn an_unknown_text_has_no_entry() {
    for text in ["the moon is in the wrong house", "", " \n", "\u{1b}[31m", "DW"] {
        assert_eq!((found(text, When::Any), ids(text)), (None, Vec::new()), "{text:?}");
    }
}

#[test]
fn a_catalogue_that_breaks_a_rule_names_its_place() {
    assert!(read(&catalogue_of(&[])).is_ok());
    assert!(refusal("[[fault]]\nid = 1").contains("line 2"));
    for (line, place) in [
        ("step = \"linking\"", "line 10"),
        ("severity = \"bad\"", "line 11"),
        ("side = \"crm\"", "line 12"),
        ("confidence = \"sure\"", "line 14"),
        ("when = \"never\"", "line 6"),
    ] {
        let said = refusal(&catalogue_of(&[line]));
        assert!(said.contains(place) && said.contains("unknown variant"), "{said}");
    }
    for (line, words) in [
        ("remedies = []", "fault a has no remedy"),
        ("doc_url = \"http://x\"", "https://"),
        ("match = \"\"", "no text to look for"),
        ("code = \"A B\"", "no word"),
    ] {
        let said = refusal(&catalogue_of(&[line]));
        assert!(said.contains(words), "{said}");
    }
    let said = refusal(&catalogue_of(&["match = \"(\"", "match_kind = \"regex\""]));
    assert!(said.contains("pattern of fault a"), "{said}");
}

#[test]
fn two_entries_differ_in_key_and_in_what_they_are_for() {
    let two = |lines: &[&str]| catalogue_of(&[]) + &catalogue_of(lines);
    assert!(refusal(&two(&[])).contains("a stands twice"));
    assert!(refusal(&two(&["id = \"b\""])).contains("fault b looks for the same as a"));
    assert!(read(&two(&["id = \"b\"", "when = \"ppi_set_up\""])).is_ok());
    assert!(read(&two(&["id = \"b\"", "code = \"X1\""])).is_ok());
}

proptest! {
    #[test]
    fn any_text_is_borne(text in ".*|[DWdw9003 :\u{1b}İß\n]*|\\PC*DW9003\\PC*") {
        for when in STATES {
            if let Some(fault) = find(&text, when) {
                prop_assert!(candidates(&text).contains(&fault));
            }
        }
        open_code(&text);
    }
}
