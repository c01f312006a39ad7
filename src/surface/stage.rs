//! The stage: everything a surface needs beside the core, on whichever cloud it plays.

use super::access::Access;
use super::code;
use crate::api::{Api, Credentials, Time, Trust};
use crate::core::model::Cloud;
use crate::core::msg::{Found, Msg};
use crate::core::sign_in::{Account, Keeping};
use crate::settings::Profile;
use crate::shell::clock::Clock;
use crate::shell::journal;
use crate::shell::keeper::Keeper;
use crate::shell::open_files;
use crate::shell::vault::{Place, Scope, Vault};
use crate::sim::{self, Scenario, Simulator};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Account of the simulated administrator.
const SIMULATED_ACCOUNT: &str = "ada@contoso.example";

/// Where a surface plays.
pub enum Stage {
    /// On the built-in simulator, signed in, on the scenario of this name.
    Rehearsal(String),
    /// On the cloud of a profile.
    Cloud(Box<Profile>, Box<Access>),
}

/// A stage, and what a surface says about coming back to it.
pub struct Play {
    /// Where.
    pub stage: Stage,
    /// Simulated seconds per second.
    pub speed: f64,
    /// The command of the wizard that comes back, without the environment.
    pub command: String,
}

/// Why a surface cannot play.
#[derive(Debug)]
pub struct NotReady {
    /// Exit code.
    pub code: u8,
    /// A sentence about what could not be started, or who is missing.
    pub words: String,
}

impl From<String> for NotReady {
    fn from(words: String) -> Self {
        Self { code: code::FAILED, words }
    }
}

/// Everything that was started.
pub struct Ready {
    /// The client.
    pub api: Arc<Api>,
    /// What the core must know of the cloud.
    pub cloud: Cloud,
    /// Who is signed in already.
    pub account: Option<Account>,
    /// Where a sign-in is kept, or will be; none where nobody signs in.
    pub keeping: Option<Keeping>,
    /// What a person should know before anything else.
    pub note: Option<String>,
    /// Keeps sign-ins.
    pub keeper: Option<Keeper>,
    /// The simulator, where it is ours; it ends with this value.
    pub simulator: Option<Simulator>,
    /// Runs of this cloud that were interrupted.
    pub found: Vec<Found>,
    /// Records that cannot be read, each with its place.
    pub damaged: Vec<String>,
}

/// Who signs in, and how that is kept.
#[derive(Default)]
struct SignIn {
    account: Option<Account>,
    keeping: Option<Keeping>,
    note: Option<String>,
    keeper: Option<Keeper>,
}

/// Where the core is told what happens beside it.
pub type Tell = Arc<dyn Fn(Msg) + Send + Sync>;

/// Starts everything. `tell` hears of every request to a service, of where a sign-in is kept, and of how long
/// operations took before.
///
/// # Errors
/// What could not be started, or who is not signed in.
pub async fn prepare(
    stage: Stage,
    state_dir: &Path,
    clock: Clock,
    command: &str,
    tell: Tell,
) -> Result<Ready, NotReady> {
    open_files::are_enough()?;
    let mut trust = Trust::default();
    let learned = Arc::clone(&tell);
    let (profile, credentials, sign_in, simulator) = match stage {
        Stage::Rehearsal(name) => {
            let scenario = Scenario::named(&name).map_err(|error| error.to_string())?;
            let options = sim::Options { scenario, speed: clock.speed(), port: 0, start: clock.origin() };
            let simulator =
                sim::start(options).await.map_err(|error| format!("The simulator cannot be started: {error}."))?;
            let profile = Profile::parse(&simulator.profile_toml(), "simulator").map_err(|error| error.to_string())?;
            let refresh: Option<SecretString> = Some(simulator.signed_in());
            let account = Account { name: SIMULATED_ACCOUNT.to_owned(), tenant: Some(profile.tenant.clone()) };
            let sign_in = SignIn { account: Some(account), ..SignIn::default() };
            (profile, Credentials::person(refresh), sign_in, Some(simulator))
        }
        Stage::Cloud(profile, mut access) => {
            trust = std::mem::take(&mut access.trust);
            let state_dir = state_dir.to_owned();
            let (of, tell) = ((*profile).clone(), Arc::clone(&tell));
            let signing_in = move || sign_in(*access, &of, state_dir, clock, tell);
            // A keyring may take its time.
            let signed_in = tokio::task::spawn_blocking(signing_in).await;
            let (credentials, sign_in) = signed_in.map_err(|error| error.to_string())??;
            (*profile, credentials, sign_in, None)
        }
    };
    let mut cloud = Cloud { ends_with_program: simulator.is_some(), ..profile.cloud(command, clock.speed()) };
    if cloud.ends_with_program {
        // A port is given out again: what an earlier rehearsal left behind is of another world.
        cloud.address = format!("{}, process {}", cloud.address, std::process::id());
    }
    let time = Time { now: Arc::new(move || clock.now()), speed: clock.speed() };
    let api = Api::new(profile, credentials, trust, time)
        .map_err(|error| format!("No connection can be prepared on this machine: {error}."))?
        .within(open_files::shares().connections)
        .telling(Arc::new(move |exchange| tell(Msg::Exchange(Box::new(exchange)))));
    let (found, damaged) = journal::interrupted(state_dir, &cloud.address);
    let (of, address) = (state_dir.to_owned(), cloud.address.clone());
    // Nobody waits for it: until then the documented times hold.
    tokio::task::spawn_blocking(move || learned(Msg::Learned(journal::lasted(&of, &address))));
    let SignIn { account, keeping, note, keeper } = sign_in;
    Ok(Ready { api: Arc::new(api), cloud, account, keeping, note, keeper, simulator, found, damaged })
}

/// The sign-ins of a profile.
pub fn scope(profile: &Profile) -> Scope {
    Scope::new(profile.authority.as_str(), &profile.tenant, &profile.client_id).and_for(profile.foreign_hosts())
}

/// Where a sign-in is, or will be, for the core.
fn keeping(word: &str, place: &Place) -> Keeping {
    Keeping { sentence: format!("The sign-in {word} {place}."), lasts: !matches!(place, Place::Memory { .. }) }
}

/// Where a sign-in will be. Whether there is a keyring shows when something is kept in it.
fn will_be(place: &Place) -> Keeping {
    let Keeping { sentence, lasts } = keeping("will be", place);
    let doubt = if *place == Place::Keyring { " Where there is none it ends with this program." } else { "" };
    Keeping { sentence: sentence + doubt, lasts }
}

/// Who signs in: an application, whom tokens from outside name, whose sign-in was kept, or nobody yet.
fn sign_in(
    access: Access,
    profile: &Profile,
    state_dir: PathBuf,
    clock: Clock,
    tell: Tell,
) -> Result<(Credentials, SignIn), NotReady> {
    let note = access.note(profile);
    if let Some(account) = access.named(profile) {
        return Ok((access.credentials(None, None), SignIn { account: Some(account), note, ..SignIn::default() }));
    }
    let (scope, vault) = (scope(profile), Vault::open(access.store, state_dir));
    let mut note = vault.notice();
    let mut known = None;
    let mut found = None;
    if !access.anew {
        match vault.load(&scope, access.account.as_deref()) {
            Ok(loaded) => found = loaded,
            Err(error) => note = Some(error.to_string()),
        }
        match &access.account {
            Some(name) if found.is_none() && note.is_none() => {
                let words = format!("{name} is not signed in on this cloud. Sign in: dualwrite sign-in.");
                return Err(NotReady { code: code::CONSENT, words });
            }
            _ => known = vault.place(&scope, access.account.as_deref()).ok().flatten().filter(|_| found.is_some()),
        }
    }
    let keeping = match &known {
        Some(place) => keeping("is", place),
        None => will_be(&vault.wanted()),
    };
    let told = move |place: &Place| tell(Msg::SignInKept(self::keeping("is", place)));
    let keeper = Keeper::start(vault, scope, clock, known, told)
        .map_err(|error| format!("The program cannot be started: {error}."))?;
    let account = found.as_ref().map(|(account, _)| account.clone());
    let credentials = access.credentials(found, Some(keeper.listener()));
    Ok((credentials, SignIn { account, keeping: Some(keeping), note, keeper: Some(keeper) }))
}
