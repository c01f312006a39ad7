use super::*;
use proptest::prelude::*;

fn error(text: &str) -> String {
    Scenario::parse(text, "mine.toml").unwrap_err().to_string()
}

#[test]
fn every_built_in_scenario_reads_and_explains_itself() {
    for name in Scenario::names() {
        let scenario = Scenario::named(name).unwrap_or_else(|error| panic!("{error}"));
        assert!(!scenario.title().is_empty() && scenario.description().len() > 40, "{name}");
        assert_eq!(scenario.environments[0].name, "contoso-uat", "{name}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let said = || Scenario::named(file.to_str().unwrap()).unwrap_err().to_string();
    std::fs::write(&file, b"title = \"a\"\n#\xff").unwrap();
    assert!(said().contains("mine.toml:2:2: this is no UTF-8 text"), "{}", said());
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(said().contains("no file of up to 1 MiB"), "{}", said());
}

#[test]
fn every_scenario_file_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios");
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|kind| kind == "toml") {
            let name = file.file_stem().unwrap().to_str().unwrap();
            assert!(Scenario::names().any(|known| known == name), "{name}");
        }
    }
}

#[test]
fn the_example_in_the_readme_is_a_scenario() {
    let readme = include_str!("../../../assets/scenarios/README.md");
    let example = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let example = example.replace("GUID", "6f7d0213-62b1-43a8-b7f4-ff2bb8b7b452");
    Scenario::parse(&example, "README.md").unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_scenario_can_be_a_file_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    std::fs::write(&path, "title = \"own\"").unwrap();
    assert_eq!(Scenario::named(path.to_str().unwrap()).unwrap().title(), "own");
    assert!(matches!(Scenario::named(folder.path().to_str().unwrap()), Err(ScenarioError::Unreadable { .. })));
}

#[test]
fn a_mistake_is_named_with_line_and_column() {
    for (text, expected) in [
        ("title = \"a\"\ncolour = 1", "mine.toml:2:1: unknown field `colour`"),
        ("title = ", "mine.toml:1:9: "),
        ("title = \"ä\"\n  page_size = \"x\"", "mine.toml:2:15: invalid type"),
        ("title = \"a\"\n[durations]\nlunch = 3", "mine.toml:3:1: there is no package “lunch”"),
        ("title = \"a\"\nonly = [\"contoso-uat\", \"moon\"]", "mine.toml:2:24: there is no environment “moon”"),
        ("title = \"a\"\nusual_cast = false", "a scenario needs at least one environment"),
        ("title = \"a\"\n[[environment]]\nname = \"A b\"", "mine.toml:3:8: the name of an environment"),
        ("title = \"a\"\n[[environment]]\nname = \"x\"\npackages = [\"y\"]", "mine.toml:4:13: there is no package “y”"),
        ("title = \"a\"\n[[fault]]\ndo = \"reset\"", "a fault needs on = [numbers] or every = number"),
        ("title = \"a\"\n[[fault]]\ndo = \"status\"\non = [1]", "needs a status from 200 to 599"),
        ("title = \"a\"\n[[event]]\nwhen = \"link-started\"\ndo = \"take-roles\"", "needs the key app"),
        ("title = \"a\"\nprofile_without = [\"bap\"]", "can leave out lcs, gateway, link and graph only"),
        ("title = \"a\"\n[person]\nlicenses = []", "mine.toml:3:1: unknown field `licenses`"),
        ("title = \"a\"\n[person]\ndirectory_roles = [\"admin\"]", "mine.toml:3:20: “admin” is no GUID"),
        ("title = \"a\"\n[person]\nlicences = [{ plans = [] }]", "mine.toml:3:13: missing field `sku`"),
        (
            "title = \"a\"\n[[environment]]\nname = \"x\"\ncompanies = [{ code = \" \" }]",
            "mine.toml:4:23: a company needs a code",
        ),
        ("title = \"a\"\n[[environment]]\nname = \"x\"\nmy_role = []", "mine.toml:4:1: unknown field `my_role`"),
        (
            "title = \"a\"\n[[environment]]\nname = \"x\"\ndefault_team = { names = \"\" }",
            "mine.toml:4:18: unknown field `names`",
        ),
        (
            "title = \"a\"\n[[environment]]\nname = \"x\"\nother_solutions = [{ title = \"y\" }]",
            "mine.toml:4:20: missing field `name`",
        ),
        ("title = \"a\"\n[[environment]]\nname = \"x\"\nruntime_configurations = -1", "mine.toml:4:26: invalid value"),
        (
            "title = \"a\"\n[[environment]]\nname = \"x\"\nusers = [{ id = \"y\", role = \"z\" }]",
            "mine.toml:4:22: unknown field `role`",
        ),
        (
            "title = \"a\"\n[[event]]\nwhen = \"link-started\"\ndo = \"expire-tokens\"\ntimes = 0",
            "mine.toml:5:1: times = 0 is never",
        ),
    ] {
        let error = error(text);
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

#[test]
fn what_a_file_says_replaces_what_the_cast_says_and_leaves_the_rest() {
    let scenario = Scenario::parse(
        "title = \"a\"\n[[environment]]\nname = \"contoso-uat\"\nkind = \"Trial\"\n[[environment]]\nname = \"own\"",
        "x",
    )
    .unwrap();
    assert_eq!((scenario.environments[0].kind.as_str(), scenario.environments[0].users.len()), ("Trial", 2));
    assert_eq!(scenario.environments.last().map(|own| own.name.as_str()), Some("own"));
}

#[test]
fn copies_are_named_by_rules_and_made_when_the_world_begins() {
    let of = |more: &str| Scenario::parse(&format!("title = \"a\"\ncopies = 3\n{more}"), "x");
    let event = |name: &str| {
        of(&format!(
            "[[event]]\nwhen = \"link-started\"\ndo = \"disable-user\"\nuser = \"Admin\"\nenvironment = \"{name}\""
        ))
    };
    let all = event("contoso-uat-00003").unwrap().environments();
    assert_eq!(all.last().map(|last| last.name.as_str()), Some("contoso-uat-00003"));
    for name in ["contoso-uat-00004", "contoso-uat-3", "contoso-uat-00000", "contoso-dev-00001"] {
        let error = event(name).unwrap_err().to_string();
        assert!(error.contains("there is no environment") && error.contains(name), "{error}");
    }
    let error = of("[[environment]]\nname = \"contoso-uat-00002\"").unwrap_err().to_string();
    assert!(error.contains("is the name of a copy, too"), "{error}");
}

#[test]
fn a_name_that_is_not_built_in_names_the_one_it_may_have_been_meant_for() {
    let said = |name: &str| Scenario::named(name).unwrap_err().to_string();
    assert!(said("dw9003crm").contains("“dw9003crm”: did you mean dw9003-crm? dualwrite demo --list"));
    assert!(said("Mismatch-set-up").contains("did you mean mismatch-set-up?"));
    assert!(said("anything").starts_with("There is no scenario “anything”; dualwrite demo --list"));
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "\\PC*") {
        let _ = Scenario::parse(&text, "x");
    }

    #[test]
    fn no_scenario_cut_or_changed_anywhere_makes_reading_panic(
        pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        insert in "\\PC{0,4}",
    ) {
        let (_, text) = BUILT_IN[pick.index(BUILT_IN.len())];
        let at = text.floor_char_boundary(at.index(text.len() + 1));
        let _ = Scenario::parse(&text[..at], "x");
        let _ = Scenario::parse(&format!("{}{insert}{}", &text[..at], &text[at..]), "x");
    }
}
