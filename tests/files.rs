//! Hostile files: whatever stands in a profile, the settings, a scenario, the record, the list of sign-ins or
//! the catalogue of faults, it is read, or refused with its place; nothing panics or holds the program up.
//! `fuzz/` has the same as targets of a fuzzer. And: links, pipes and rights in the state directory.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

#[path = "pty/leaks.rs"]
mod leaks;

use dualwrite::core::fault;
use dualwrite::core::journal::{ChangeResult, Deed, Entry, Outcome, Program, What, fold};
use dualwrite::core::sign_in::Account;
use dualwrite::settings::{Profile, Settings, TokenStore};
use dualwrite::shell::journal;
use dualwrite::shell::vault::{Place, Scope, Vault};
use dualwrite::sim::Scenario;
use dualwrite::surface::export::export_to_files;
use dualwrite::ui::report::{self, Format};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::path::Path;
use tempfile::TempDir;

/// Levels of a nesting that is deeper than any reader may follow.
const DEEP: usize = 20_000;

const SETTINGS: &str = r#"
cloud = "contoso"
token_store = "memory"
ca_file = "proxy.pem"
[clouds.contoso]
like = "public"
tenant = "contoso.com"
client_id = "00000000-0000-0000-0000-000000000000"
lcs_project = 1234567
gateway = "projectmanagementservice.il101.gateway.prod.island.powerapps.com"
"#;

const PROFILE: &str = r#"
name = "test"
authority = "http://127.0.0.1:1/entra"
tenant = "contoso.example"
client_id = "00000000-0000-4000-8000-0000000000c1"
lcs = "http://127.0.0.1:1/lcs"
lcs_project = 7
bap = "http://127.0.0.1:1/bap"
power_platform = "http://127.0.0.1:1/pp"
gateway = "http://127.0.0.1:1/gateway"
speed = 60.0
"#;

/// One harm that is done to a file.
#[derive(Clone, Debug)]
enum Harm {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    TwiceLine(prop::sample::Index),
    DropLine(prop::sample::Index),
    SwapLines(prop::sample::Index, prop::sample::Index),
    HugeNumber(prop::sample::Index, &'static str),
    Nest(prop::sample::Index, &'static str),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = any::<prop::sample::Index>;
    let numbers = vec!["99999999999999999999999999", "-1", "1e999", "0x7fffffffffffffffff", "nan", "0"];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, to)| Harm::Flip(at, to)),
        at().prop_map(Harm::Cut),
        (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
        at().prop_map(Harm::TwiceLine),
        at().prop_map(Harm::DropLine),
        (at(), at()).prop_map(|(one, other)| Harm::SwapLines(one, other)),
        (at(), prop::sample::select(numbers)).prop_map(|(at, number)| Harm::HugeNumber(at, number)),
        (at(), prop::sample::select(&["[", "{", "{\"a\":", "x = [", "[[a.", "("][..]))
            .prop_map(|(at, open)| Harm::Nest(at, open)),
    ]
}

fn harms() -> impl Strategy<Value = Vec<Harm>> {
    prop::collection::vec(harm(), 1..4)
}

fn harmed(text: &[u8], harms: &[Harm]) -> Vec<u8> {
    harms.iter().fold(text.to_vec(), done)
}

fn done(mut text: Vec<u8>, harm: &Harm) -> Vec<u8> {
    if text.is_empty() {
        return text;
    }
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    match harm {
        Harm::Flip(at, to) => {
            let at = at.index(text.len());
            text[at] ^= to;
            return text;
        }
        Harm::Cut(at) => {
            text.truncate(at.index(text.len()));
            return text;
        }
        Harm::Insert(at, bytes) => {
            let at = at.index(text.len());
            text.splice(at..at, bytes.iter().copied());
            return text;
        }
        Harm::Nest(at, open) => {
            let at = at.index(text.len());
            text.splice(at..at, open.repeat(DEEP).into_bytes());
            return text;
        }
        Harm::HugeNumber(at, number) => {
            let digits: Vec<usize> = (0..text.len()).filter(|at| text[*at].is_ascii_digit()).collect();
            if let Some(start) = (!digits.is_empty()).then(|| digits[at.index(digits.len())]) {
                let end = (start..text.len()).find(|at| !text[*at].is_ascii_digit()).unwrap_or(text.len());
                text.splice(start..end, number.bytes());
            }
            return text;
        }
        Harm::TwiceLine(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
        }
        Harm::DropLine(at) => drop(lines.remove(at.index(lines.len()))),
        Harm::SwapLines(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
    }
    lines.concat()
}

/// A file with these bytes, in a directory of its own.
fn file(name: &str, bytes: &[u8]) -> (TempDir, std::path::PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

/// The error names the file, and a line that it has, or its size.
fn names_its_place(error: &str, name: &str, bytes: &[u8]) {
    assert!(error.contains(name), "{error}");
    if let Some(rest) = error.split(", line ").nth(1) {
        let line: usize = rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap();
        let lines = bytes.split(|byte| *byte == b'\n').count();
        assert!((1..=lines).contains(&line) && error.contains(", column "), "{lines} lines: {error}");
    } else {
        assert!(bytes.len() > 64 * 1024 && error.contains("64 KiB"), "{error}");
    }
}

fn entry(second: i64, what: What) -> Entry {
    let at = Timestamp::from_second(second).unwrap();
    Entry { at, run: "r".into(), environment: "e".into(), what }
}

/// The bytes of a whole run.
fn run() -> Vec<u8> {
    let program = Program { host: "here".into(), process: 7, version: "0".into() };
    let text = |text: &str| text.to_owned();
    let (name, cloud, address, account) = (text("uat"), text("c"), text("here"), text("ada"));
    let install = What::Intention { deed: Deed::Install { package: text("DualWriteCoreAnchor") } };
    let failed = What::Failed {
        step: text("link"),
        fault: Some(text("dw9003-crm")),
        code: Some(text("DW9003")),
        words: text("Failed to connect to CRM"),
        next: String::new(),
        ids: [(text("Activity id"), text("1"))].into(),
    };
    let reading = What::Reading { stage: None, status: text("Running"), elapsed_s: 120, next_in_s: 15 };
    let all = [
        What::Opened(program),
        What::Started { name, cloud, address, account },
        What::Terms { version: text("1"), accepted_by: text("ada"), accepted_at: None },
        install,
        What::came(ChangeResult::Accepted, Some(text("7e57"))),
        reading,
        What::Retry { call: text("packages"), attempt: 1, reason: text("no answer"), wait_s: 2 },
        failed,
        What::Linked { address: text("https://x.example"), confirmed: text("read back") },
        What::Finished { outcome: Outcome::Linked },
    ];
    let lines = all.into_iter().zip(1..).map(|(what, at)| journal::line(at, &entry(at.cast_signed(), what)).unwrap());
    lines.flatten().collect()
}

/// Every line with the checksum that it should have.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mark = b",\"crc\":\"";
        let end = line.windows(mark.len()).position(|window| window == mark).unwrap_or(line.len());
        let mut line = line[..end].to_vec();
        line.push(b'}');
        let checksum = crc32fast::hash(&line);
        line.pop();
        line.extend_from_slice(format!(",\"crc\":\"{checksum:08x}\"}}\n").as_bytes());
        all.extend(line);
    }
    all
}

fn of_record(bytes: &[u8]) {
    let state = TempDir::new().unwrap();
    let path = state.path().join("runs/r.jsonl");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    match journal::read(&path) {
        Err(error) => {
            let error = error.to_string();
            assert!(error.contains("r.jsonl, line "), "{error}");
        }
        Ok(entries) => {
            if let Some(run) = fold(&entries) {
                drop(report::lines(&run, &TimeZone::UTC));
                for format in Format::ALL {
                    drop(report::export(&run, format, &TimeZone::get("Europe/Vienna").unwrap_or(TimeZone::UTC)));
                }
            }
        }
    }
    drop(journal::runs(state.path()).unwrap());
    drop(journal::interrupted(state.path(), "here"));
}

#[test]
fn what_is_harmed_here_was_whole_before() {
    let (_dir, profile) = file("profile.toml", PROFILE.as_bytes());
    Profile::read(&profile).unwrap();
    Settings::parse(SETTINGS, "config.toml", None).unwrap().profile(None).unwrap();
    assert_eq!(journal::entries(Path::new("r.jsonl"), &run()).unwrap().len(), 10);
    assert_eq!(sealed(&run()), run());
    assert!(fault::check_catalogue(include_str!("../assets/faults.toml")).unwrap() > 10);
}

#[test]
fn a_record_from_the_ends_of_time_is_read_and_exported() {
    for (first, last) in [(Timestamp::MIN, Timestamp::MAX), (Timestamp::MAX, Timestamp::MIN)] {
        let mut entries = journal::entries(Path::new("r.jsonl"), &run()).unwrap();
        let end = entries.len() - 1;
        (entries[0].at, entries[1].at, entries[end].at) = (first, first, last);
        let what = What::Reading { stage: None, status: String::new(), elapsed_s: u64::MAX, next_in_s: u64::MAX };
        entries.insert(end, Entry { at: first, what, ..entries[0].clone() });
        let lines = entries.iter().zip(1..).map(|(entry, at)| journal::line(at, entry).unwrap());
        of_record(&lines.flatten().collect::<Vec<u8>>());
    }
}

/// Begins the cases that are the same each time.
const SEED: u64 = 6;

/// So many cases, the same each time; others where somebody asks for a number of them with `PROPTEST_CASES`.
fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return asked;
    }
    ProptestConfig { cases: usual, rng_seed: RngSeed::Fixed(SEED), ..asked }
}

proptest! {
    #![proptest_config(cases(256))]
    #[test]
    fn a_harmed_profile_is_refused_with_its_place(harms in harms()) {
        let bytes = harmed(PROFILE.as_bytes(), &harms);
        let (_dir, path) = file("profile.toml", &bytes);
        if let Err(error) = Profile::read(&path) {
            names_its_place(&error.to_string(), "profile.toml", &bytes);
        }
    }

    #[test]
    fn harmed_settings_are_refused_with_their_place(harms in harms()) {
        let bytes = harmed(SETTINGS.as_bytes(), &harms);
        let (_dir, path) = file("config.toml", &bytes);
        match Settings::load(Some(&path), &|_| None) {
            Ok(settings) => drop(settings.profile(None)),
            Err(error) => names_its_place(&error.to_string(), "config.toml", &bytes),
        }
    }

    #[test]
    fn a_harmed_scenario_is_refused_with_its_place(
        harms in harms(),
        text in prop::sample::select(&[
            include_str!("../assets/scenarios/configure-fails.toml"),
            include_str!("../assets/scenarios/hostile.toml"),
            include_str!("../assets/scenarios/mismatch-set-up.toml"),
            include_str!("../assets/scenarios/sign-in-blocked.toml"),
        ][..]),
    ) {
        let bytes = harmed(text.as_bytes(), &harms);
        let (_dir, path) = file("mine.toml", &bytes);
        if let Err(error) = Scenario::named(path.to_str().unwrap()) {
            let error = error.to_string();
            let place = error.split("mine.toml:").nth(1).map(|rest| rest.split(':').take(2).all(|part| part.parse::<usize>().is_ok()));
            prop_assert_eq!(place, Some(true), "{}", error);
        }
    }

    #[test]
    fn a_harmed_record_is_refused_with_its_line_and_never_another_one(harms in harms()) {
        let bytes = harmed(&run(), &harms);
        of_record(&bytes);
        if let Ok(entries) = journal::entries(Path::new("r.jsonl"), &bytes) {
            let whole = journal::entries(Path::new("r.jsonl"), &run()).unwrap();
            prop_assert!(whole.starts_with(&entries), "an entry that nobody wrote");
        }
    }

    #[test]
    fn a_record_that_somebody_made_up_and_sealed_is_read_or_refused(harms in harms()) {
        of_record(&sealed(&harmed(&run(), &harms)));
    }

    #[test]
    fn harmed_lists_of_sign_ins_are_refused_with_their_place_and_without_a_secret(harms in harms(), tokens: bool) {
        let dir = TempDir::new().unwrap();
        let scope = Scope::new("https://login.example", "contoso", "c1");
        let account = Account { name: "ada@contoso.example".into(), tenant: Some("t".into()) };
        let open = || Vault::open(TokenStore::File, dir.path().to_owned());
        let kept = open().keep(&scope, &account, &"secret-7e57c0de".into(), Timestamp::UNIX_EPOCH);
        prop_assert!(matches!(kept, Place::File(_)));
        let name = if tokens { "tokens.json" } else { "accounts.json" };
        let path = dir.path().join(name);
        std::fs::write(&path, harmed(&std::fs::read(&path).unwrap(), &harms)).unwrap();
        let vault = open();
        let said = [
            vault.notice().unwrap_or_default(),
            vault.accounts(&scope).err().map(|error| format!("{error} {error:?}")).unwrap_or_default(),
            vault.load(&scope, None).err().map(|error| format!("{error} {error:?}")).unwrap_or_default(),
        ];
        for words in said.iter().filter(|words| !words.is_empty()) {
            prop_assert!(words.contains(name) && !words.contains("7e57c0de"), "{}", words);
        }
        // Whatever stands there, a new sign-in can be kept, if only in memory.
        vault.keep(&scope, &account, &"new".into(), Timestamp::UNIX_EPOCH);
        prop_assert!(vault.load(&scope, None).is_ok());
    }
}

proptest! {
    // Each compiles every pattern.
    #![proptest_config(cases(24))]
    #[test]
    fn a_harmed_catalogue_is_refused_in_words(harms in harms()) {
        let bytes = harmed(include_bytes!("../assets/faults.toml"), &harms);
        if let Err(error) = fault::check_catalogue(&String::from_utf8_lossy(&bytes)) {
            let error = error.to_string();
            prop_assert!(error.contains("line ") || error.contains("fault "), "{}", error);
        }
    }
}

#[cfg(unix)]
mod rights {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::{Command, Stdio};

    /// A state directory with one run.
    fn state() -> TempDir {
        let dir = TempDir::new().unwrap();
        let runs = dir.path().join("runs");
        std::fs::create_dir(&runs).unwrap();
        std::fs::set_permissions(&runs, Permissions::from_mode(0o700)).unwrap();
        std::fs::write(runs.join("r.jsonl"), run()).unwrap();
        std::fs::set_permissions(runs.join("r.jsonl"), Permissions::from_mode(0o600)).unwrap();
        dir
    }

    fn said(state: &Path, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
        let output = command.args(args).arg("--state-dir").arg(state).stdin(Stdio::null()).output().unwrap();
        leaks::assert_none("the output", &[&output.stdout[..], &output.stderr].concat());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    fn pipe(path: &Path) {
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    }

    #[test]
    fn a_link_and_a_pipe_among_the_records_are_named_and_hide_no_other_run() {
        let state = state();
        let secret = state.path().join("secret");
        std::fs::write(&secret, "of somebody").unwrap();
        symlink(&secret, state.path().join("runs/linked.jsonl")).unwrap();
        pipe(&state.path().join("runs/pipe.jsonl"));
        let (code, out, err) = said(state.path(), &["runs"]);
        assert!(code == 0 && err.is_empty() && out.contains("uat"), "{code} {out} {err}");
        assert!(
            out.contains("linked.jsonl: it is a link") && out.contains("pipe.jsonl: it is no regular file"),
            "{out}"
        );
        let (_, damaged) = journal::interrupted(state.path(), "here");
        assert_eq!(damaged.len(), 2, "{damaged:?}");
        assert_eq!(std::fs::read(&secret).unwrap(), b"of somebody");
    }

    #[test]
    fn rights_of_others_are_taken_away_with_a_word_and_a_set_up_says_it_too() {
        let state = state();
        std::fs::set_permissions(state.path(), Permissions::from_mode(0o777)).unwrap();
        let (code, out, err) = said(state.path(), &["runs"]);
        assert!(code == 0 && out.contains("uat") && err.starts_with("Others could change "), "{code} {out} {err}");
        let (code, _, err) = said(state.path(), &["runs"]);
        assert_eq!((code, err.as_str()), (0, ""));
        std::fs::set_permissions(state.path().join("runs/r.jsonl"), Permissions::from_mode(0o644)).unwrap();
        let args = ["status", "--cloud", "simulator", "--speed", "2000"];
        let (code, _, err) = said(state.path(), &args);
        assert!(code == 0 && err.contains("Others could read") && err.contains("r.jsonl"), "{code} {err}");
    }

    #[test]
    fn a_state_directory_that_leads_elsewhere_is_refused_before_anything_is_asked() {
        let (state, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        for name in ["runs", "locks", "terms"] {
            let link = state.path().join(name);
            symlink(elsewhere.path(), &link).unwrap();
            for args in [&["runs"][..], &["status", "--cloud", "simulator"]] {
                let (code, out, err) = said(state.path(), args);
                assert!(code == 2 && out.is_empty() && err.contains("is a link"), "{code} {out} {err}");
            }
            std::fs::remove_file(&link).unwrap();
        }
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn links_and_pipes_in_the_place_of_sign_ins_and_locks_are_refused_with_their_name() {
        let scope = Scope::new("https://login.example", "contoso", "c1");
        let account = Account { name: "ada@contoso.example".into(), tenant: None };
        for name in ["accounts.json", "tokens.json", "locks/accounts.lock"] {
            for make in [pipe, |path: &Path| symlink(path.with_extension("elsewhere"), path).unwrap()] {
                let dir = TempDir::new().unwrap();
                let vault = || Vault::open(TokenStore::File, dir.path().to_owned());
                assert!(matches!(vault().keep(&scope, &account, &"one".into(), Timestamp::UNIX_EPOCH), Place::File(_)));
                let path = dir.path().join(name);
                std::fs::remove_file(&path).unwrap();
                make(&path);
                let place = vault().keep(&scope, &account, &"two".into(), Timestamp::UNIX_EPOCH);
                assert!(matches!(&place, Place::Memory { why } if why.contains(name)), "{name}: {place}");
                assert!(!path.with_extension("elsewhere").exists(), "nothing was written where it leads");
            }
        }
    }

    #[test]
    fn an_export_replaces_a_link_and_not_what_it_leads_to() {
        let (state, into) = (state(), TempDir::new().unwrap());
        let target = into.path().join("target");
        std::fs::write(&target, "mine").unwrap();
        symlink(&target, into.path().join("dualwrite-uat-r.md")).unwrap();
        let done = export_to_files(state.path(), "r", &TimeZone::UTC, into.path()).unwrap();
        let files = done.files;
        assert_eq!(files, ["dualwrite-uat-r.md", "dualwrite-uat-r.html", "dualwrite-uat-r.json"]);
        assert_eq!(Path::new(&done.folder), into.path().canonicalize().unwrap());
        assert_eq!(std::fs::read(&target).unwrap(), b"mine");
        assert!(std::fs::read_to_string(into.path().join(&files[0])).unwrap().starts_with("# "));
    }
}
