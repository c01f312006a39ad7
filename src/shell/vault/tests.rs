use super::*;
use secrecy::ExposeSecret;
use std::path::Path;
use std::sync::mpsc;

/// Longer than any test: a keyring that answers is never given up.
const AMPLE: Duration = Duration::from_mins(1);

/// What a made-up keyring does when it is asked.
enum Mood {
    Works,
    Fails,
    /// Answers only when the channel does.
    Hangs(mpsc::Receiver<()>),
    /// Works from now on, and first this happens.
    Meanwhile(Box<dyn FnOnce() + Send>),
}

struct Fake {
    mood: Mutex<Mood>,
    kept: Mutex<HashMap<String, SecretString>>,
}

impl Fake {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self { mood: Mutex::new(mood), kept: Mutex::default() })
    }

    fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn ask(&self) -> Result<(), String> {
        let mut mood = self.mood.lock().unwrap();
        match &*mood {
            Mood::Meanwhile(_) => {
                let before = std::mem::replace(&mut *mood, Mood::Works);
                // What happens asks this keyring as well.
                drop(mood);
                if let Mood::Meanwhile(happens) = before {
                    happens();
                }
                Ok(())
            }
            Mood::Works => Ok(()),
            Mood::Fails => Err("no keyring can be reached here".to_owned()),
            Mood::Hangs(never) => {
                let _ = never.recv();
                Ok(())
            }
        }
    }

    fn texts(&self) -> Vec<String> {
        self.kept.lock().unwrap().values().map(|token| token.expose_secret().to_owned()).collect()
    }
}

impl Keyring for Fake {
    fn get(&self, user: &str) -> Result<Option<SecretString>, String> {
        self.ask()?;
        Ok(self.kept.lock().unwrap().get(user).cloned())
    }

    fn set(&self, user: &str, token: &SecretString) -> Result<(), String> {
        self.ask()?;
        self.kept.lock().unwrap().insert(user.to_owned(), token.clone());
        Ok(())
    }

    fn delete(&self, user: &str) -> Result<(), String> {
        self.ask()?;
        self.kept.lock().unwrap().remove(user);
        Ok(())
    }
}

fn scope() -> Scope {
    Scope::new("https://login.example/", "Contoso.Example", "C1")
}

fn account(name: &str) -> Account {
    Account { name: name.to_owned(), tenant: Some("aaaa".to_owned()) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn open(wish: TokenStore, dir: &Path, keyring: &Arc<Fake>) -> Vault {
    Vault::with(wish, dir.join("state"), Arc::clone(keyring) as Arc<dyn Keyring>, AMPLE)
}

fn loaded(vault: &Vault, name: Option<&str>) -> Option<(String, String)> {
    let found = vault.load(&scope(), name).unwrap();
    found.map(|(account, token)| (account.name, token.expose_secret().to_owned()))
}

fn pair(name: &str, token: &str) -> (String, String) {
    (name.to_owned(), token.to_owned())
}

fn memory(why: &str) -> Place {
    Place::Memory { why: why.to_owned() }
}

fn text_of(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join("state").join(file)).unwrap()
}

#[test]
fn a_sign_in_in_the_keyring_is_there_at_the_next_start_and_in_no_file() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let place =
        open(TokenStore::Keyring, dir.path(), &keyring).keep(&scope(), &account("ada"), &"secret-1".into(), at(1));
    assert_eq!((place.clone(), place.to_string()), (Place::Keyring, "kept in the keyring of this system".to_owned()));
    let next = open(TokenStore::Keyring, dir.path(), &keyring);
    assert_eq!(loaded(&next, None), Some(pair("ada", "secret-1")));
    assert_eq!(next.load(&scope(), None).unwrap().unwrap().0, account("ada"));
    assert!(!text_of(dir.path(), "accounts.json").contains("secret-1"));
    assert!(!dir.path().join("state/tokens.json").exists());
}

#[test]
fn without_a_keyring_a_sign_in_lives_in_memory_and_says_why() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Fails));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    let place = vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    assert_eq!(place.to_string(), "kept in memory only: no keyring can be reached here; it ends with this program");
    assert_eq!(loaded(&vault, None), Some(pair("ada", "one")));
    assert_eq!(vault.renew(&scope(), &account("ada"), &"two".into(), at(2)), place);
    assert_eq!(loaded(&vault, Some("ADA")), Some(pair("ada", "two")));
    assert_eq!(vault.place(&scope(), None).unwrap(), Some(place));
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), None);
}

#[test]
fn a_keyring_that_hangs_is_given_up_and_nothing_more_is_asked_of_it_meanwhile() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let (answer, never) = mpsc::channel();
    keyring.becomes(Mood::Hangs(never));
    let limit = Duration::from_millis(1);
    let vault =
        Vault::with(TokenStore::Keyring, dir.path().join("state"), Arc::clone(&keyring) as Arc<dyn Keyring>, limit);
    let place = vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    assert_eq!(place, memory("the keyring did not answer within 1ms"));
    let place = vault.keep(&scope(), &account("bob"), &"two".into(), at(2));
    assert_eq!(place, memory("the keyring still does not answer"));
    assert_eq!(loaded(&vault, Some("ada")), Some(pair("ada", "one")));
    drop(answer);
}

#[test]
fn a_token_of_the_keyring_that_cannot_be_read_is_an_error_and_no_sign_out() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    keyring.becomes(Mood::Fails);
    let error = vault.load(&scope(), None).unwrap_err().to_string();
    assert!(error.contains("no keyring can be reached here") && error.contains("try again"), "{error}");
    keyring.becomes(Mood::Works);
    assert_eq!(loaded(&vault, None), Some(pair("ada", "one")));
}

#[test]
fn a_token_that_was_deleted_in_the_keyring_is_a_sign_in_no_more() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    keyring.kept.lock().unwrap().clear();
    assert_eq!(loaded(&vault, None), None);
    assert_eq!(vault.accounts(&scope()).unwrap(), []);
}

#[test]
fn a_rotation_writes_the_token_and_not_the_index() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    // A directory in the place of its next version: whoever writes the index now fails.
    std::fs::create_dir(dir.path().join("state/accounts.new")).unwrap();
    assert_eq!(vault.renew(&scope(), &account("ada"), &"two".into(), at(9)), Place::Keyring);
    assert_eq!(loaded(&vault, None), Some(pair("ada", "two")));
    assert_eq!(vault.accounts(&scope()).unwrap()[0].signed_in, at(1));
    // That it would fail, and what then becomes of the token:
    let place = vault.keep(&scope(), &account("bob"), &"three".into(), at(3));
    assert!(matches!(place, Place::Memory { why } if why.contains("accounts.json")));
    assert_eq!(keyring.texts(), ["two"]);
}

#[test]
fn of_several_accounts_the_last_signed_in_or_chosen_is_the_current_one() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    let elsewhere = Scope { tenant: "other".to_owned(), ..scope() };
    vault.keep(&scope(), &account("ada"), &"a".into(), at(1));
    vault.keep(&scope(), &account("bob"), &"b".into(), at(2));
    vault.keep(&elsewhere, &account("eve"), &"e".into(), at(3));
    assert_eq!(loaded(&vault, None), Some(pair("bob", "b")));
    // A rotation chooses nobody.
    vault.renew(&scope(), &account("ada"), &"a2".into(), at(4));
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), Some(pair("bob", "b")));
    vault.keep(&scope(), &account("ada"), &"a2".into(), at(1));
    let next = open(TokenStore::Keyring, dir.path(), &keyring);
    assert_eq!(loaded(&next, None), Some(pair("ada", "a2")));
    let names: Vec<_> =
        next.accounts(&scope()).unwrap().into_iter().map(|kept| (kept.account.name, kept.current)).collect();
    assert_eq!(names, [("bob".to_owned(), false), ("ada".to_owned(), true)]);
    assert_eq!(next.load(&elsewhere, None).unwrap().unwrap().0.name, "eve");
}

#[test]
fn what_another_program_chooses_changes_nothing_for_this_one() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let (own, other) =
        (open(TokenStore::Keyring, dir.path(), &keyring), open(TokenStore::Keyring, dir.path(), &keyring));
    own.keep(&scope(), &account("ada"), &"a".into(), at(1));
    other.keep(&scope(), &account("bob"), &"b".into(), at(2));
    assert_eq!(loaded(&own, None), Some(pair("ada", "a")));
    assert_eq!(loaded(&other, None), Some(pair("bob", "b")));
}

#[test]
fn one_name_at_home_in_two_tenants_is_two_accounts() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    let guest = Account { tenant: Some("bbbb".to_owned()), ..account("ada") };
    vault.keep(&scope(), &account("ada"), &"a".into(), at(1));
    vault.keep(&scope(), &guest, &"g".into(), at(2));
    assert_eq!(vault.load(&scope(), Some("ada")).unwrap().unwrap().0, guest);
    assert_eq!(vault.accounts(&scope()).unwrap().len(), 2);
}

#[test]
fn a_scope_is_the_same_however_it_is_spelled() {
    assert_eq!(Scope::new("https://a", "CONTOSO.example", "AB"), Scope::new("https://a/", "contoso.example", "ab"));
    assert_ne!(Scope::new("https://a", "one", "ab"), Scope::new("https://a", "two", "ab"));
    let elsewhere = Scope::new("https://a", "one", "ab").and_for(vec!["evil.example".into()]);
    assert_ne!(elsewhere, Scope::new("https://a", "one", "ab"), "a sign-in of a cloud is not for other hosts");
}

#[test]
fn a_sign_out_leaves_nothing_and_the_newest_of_the_others_is_current() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    for (second, name) in [(1, "ada"), (3, "eve"), (2, "bob"), (4, "ida")] {
        vault.keep(&scope(), &account(name), &name.into(), at(second));
    }
    assert_eq!(vault.forget(&scope(), Some("ida")).unwrap(), Forgotten { accounts: 1, left: Vec::new() });
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), Some(pair("eve", "eve")));
    assert_eq!(vault.forget(&scope(), Some("ida")).unwrap().accounts, 0);
    assert_eq!(vault.forget(&scope(), None).unwrap().accounts, 3);
    assert_eq!((loaded(&vault, None), keyring.texts().len()), (None, 0));
}

#[test]
fn a_sign_out_that_the_keyring_refuses_says_so_and_can_be_repeated() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    keyring.becomes(Mood::Fails);
    let forgotten = vault.forget(&scope(), None).unwrap();
    assert_eq!(forgotten.accounts, 0);
    assert!(forgotten.left[0].starts_with("ada: ") && forgotten.left[0].contains("no keyring"), "{forgotten:?}");
    keyring.becomes(Mood::Works);
    assert_eq!(vault.forget(&scope(), None).unwrap().accounts, 1);
    assert!(keyring.texts().is_empty());
}

#[test]
fn a_token_that_comes_after_the_sign_out_does_not_bring_the_account_back() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let (vault, other) =
        (open(TokenStore::Keyring, dir.path(), &keyring), open(TokenStore::Keyring, dir.path(), &keyring));
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    other.forget(&scope(), None).unwrap();
    let place = vault.renew(&scope(), &account("ada"), &"two".into(), at(2));
    assert_eq!(place, memory("the list of sign-ins no longer names it"));
    assert!(keyring.texts().is_empty());
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), None);
}

/// A keyring during whose next answer another program signs ada out.
fn signing_out(dir: &Path, keyring: &Arc<Fake>) {
    let other = open(TokenStore::Keyring, dir, keyring);
    keyring.becomes(Mood::Meanwhile(Box::new(move || {
        assert_eq!(other.forget(&scope(), Some("ada")).unwrap().accounts, 1);
    })));
}

#[test]
fn a_token_that_is_put_away_while_somebody_signs_out_does_not_stay_there() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    signing_out(dir.path(), &keyring);
    let place = vault.renew(&scope(), &account("ada"), &"two".into(), at(2));
    assert_eq!(place, memory("it was signed out meanwhile"));
    assert!(keyring.texts().is_empty(), "nobody would find it to sign out");
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), None);
    assert_eq!(loaded(&vault, None), Some(pair("ada", "two")), "what runs here goes on");
}

#[test]
fn who_signs_in_while_another_program_signs_out_is_signed_in() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    signing_out(dir.path(), &keyring);
    assert_eq!(vault.keep(&scope(), &account("ada"), &"two".into(), at(2)), Place::Keyring);
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), Some(pair("ada", "two")));
}

#[test]
fn a_keyring_that_goes_away_leaves_the_newest_token_in_memory() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Keyring, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    keyring.becomes(Mood::Fails);
    assert_eq!(vault.renew(&scope(), &account("ada"), &"two".into(), at(2)), memory("no keyring can be reached here"));
    assert_eq!(loaded(&vault, None), Some(pair("ada", "two")));
    assert_eq!(vault.accounts(&scope()).unwrap().len(), 1);
}

#[test]
fn the_file_holds_tokens_for_its_owner_only_and_goes_with_the_last() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Fails));
    let vault = open(TokenStore::File, dir.path(), &keyring);
    let path = dir.path().join("state/tokens.json");
    let place = vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    assert_eq!(place.to_string(), format!("kept in {}, readable by you only", path.display()));
    vault.keep(&scope(), &account("bob"), &"two".into(), at(2));
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), Some("ada")), Some(pair("ada", "one")));
    vault.forget(&scope(), Some("ada")).unwrap();
    assert!(!text_of(dir.path(), "tokens.json").contains("one") && path.exists());
    vault.forget(&scope(), None).unwrap();
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn files_and_directory_are_for_their_owner_and_tokens_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Fails));
    let vault = open(TokenStore::File, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    let state = dir.path().join("state");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&state.join("accounts.json"))), (0o700, 0o600));
    let tokens = state.join("tokens.json");
    assert_eq!(mode(&tokens), 0o600);
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = vault.load(&scope(), None).unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    assert!(
        matches!(vault.renew(&scope(), &account("ada"), &"two".into(), at(2)), Place::Memory { why } if why.contains("Others can read"))
    );
    assert!(!text_of(dir.path(), "tokens.json").contains("two"));
}

#[test]
fn a_wish_that_changed_moves_a_sign_in_at_its_next_rotation() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    open(TokenStore::Keyring, dir.path(), &keyring).keep(&scope(), &account("ada"), &"one".into(), at(1));
    let vault = open(TokenStore::File, dir.path(), &keyring);
    assert_eq!(vault.place(&scope(), None).unwrap(), Some(Place::Keyring));
    assert!(matches!(vault.renew(&scope(), &account("ada"), &"two".into(), at(2)), Place::File(_)));
    assert!(keyring.texts().is_empty());
    let vault = open(TokenStore::Memory, dir.path(), &keyring);
    assert_eq!(vault.renew(&scope(), &account("ada"), &"three".into(), at(3)), memory("the settings ask for it"));
    assert!(!dir.path().join("state/tokens.json").exists());
    assert_eq!(loaded(&vault, None), Some(pair("ada", "three")));
    assert_eq!(vault.accounts(&scope()).unwrap()[0].signed_in, at(1));
    assert_eq!(loaded(&open(TokenStore::Keyring, dir.path(), &keyring), None), None);
}

#[test]
fn in_memory_nothing_is_written_and_no_keyring_asked() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::Memory, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    assert_eq!(loaded(&vault, None), Some(pair("ada", "one")));
    assert_eq!(vault.forget(&scope(), None).unwrap().accounts, 1);
    assert_eq!(loaded(&vault, None), None);
    assert!(keyring.texts().is_empty() && !dir.path().join("state").exists());
}

#[test]
fn a_damaged_index_is_said_once_and_begins_anew() {
    for text in ["", "{\"version\": 1, \"accounts\": [{\"na", "[]", "{\"version\": 2, \"accounts\": []}"] {
        let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
        std::fs::create_dir(dir.path().join("state")).unwrap();
        std::fs::write(dir.path().join("state/accounts.json"), text).unwrap();
        let vault = open(TokenStore::Keyring, dir.path(), &keyring);
        let notice = vault.notice().unwrap();
        assert!(notice.contains("accounts.json") && notice.contains("sign in again"), "{notice}");
        assert_eq!(vault.notice(), None);
        vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
        let next = open(TokenStore::Keyring, dir.path(), &keyring);
        assert_eq!((loaded(&next, None), next.notice()), (Some(pair("ada", "one")), None), "{text}");
    }
}

#[test]
fn damage_in_the_file_of_tokens_is_told_without_repeating_it() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::File, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"secret-1".into(), at(1));
    let damaged = text_of(dir.path(), "tokens.json").replace("\"secret-1\"", "[\"secret-1\"]");
    std::fs::write(dir.path().join("state/tokens.json"), damaged).unwrap();
    let error = vault.load(&scope(), None).unwrap_err();
    assert!(error.to_string().contains("line 4"), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret-1"));
}

#[cfg(unix)]
#[test]
fn tokens_that_others_could_read_are_not_written_anew_as_if_nobody_could() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    let vault = open(TokenStore::File, dir.path(), &keyring);
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    vault.keep(&scope(), &account("bob"), &"two".into(), at(2));
    let file = dir.path().join("state/tokens.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(vault.forget(&scope(), Some("ada")).unwrap().accounts, 1);
    assert!(!file.exists());
}

#[test]
fn programs_at_once_lose_nothing_of_each_other() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Works));
    std::thread::scope(|threads| {
        for name in ["ada", "bob", "eve", "ida"] {
            let (dir, keyring) = (dir.path(), &keyring);
            threads.spawn(move || {
                let vault = open(TokenStore::File, dir, keyring);
                for round in 0..5 {
                    let place = vault.keep(&scope(), &account(&format!("{name}{round}")), &name.into(), at(round));
                    assert!(matches!(place, Place::File(_)), "{place:?}");
                }
            });
        }
    });
    let vault = open(TokenStore::File, dir.path(), &keyring);
    let all = vault.accounts(&scope()).unwrap();
    assert_eq!((all.len(), all.iter().filter(|kept| kept.current).count()), (20, 1));
    for kept in all {
        assert!(loaded(&vault, Some(&kept.account.name)).is_some(), "{kept:?}");
    }
}

#[test]
fn signing_out_of_all_deletes_what_a_damaged_index_and_a_killed_program_left() {
    let (dir, keyring) = (tempfile::tempdir().unwrap(), Fake::new(Mood::Fails));
    let vault = open(TokenStore::File, dir.path(), &keyring);
    let elsewhere = Scope { tenant: "other".to_owned(), ..scope() };
    vault.keep(&scope(), &account("ada"), &"one".into(), at(1));
    vault.keep(&elsewhere, &account("eve"), &"two".into(), at(2));
    let state = dir.path().join("state");
    std::fs::write(state.join("tokens.new"), "one").unwrap();
    std::fs::write(state.join("accounts.json"), "{").unwrap();
    let vault = open(TokenStore::File, dir.path(), &keyring);
    assert!(vault.notice().unwrap().contains("accounts.json"));
    assert_eq!(vault.forget(&scope(), None).unwrap().accounts, 1);
    let left = text_of(dir.path(), "tokens.json");
    assert!(!left.contains("one") && left.contains("two") && !state.join("tokens.new").exists(), "{left}");
}
