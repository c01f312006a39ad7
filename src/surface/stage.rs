//! The stage: everything a surface needs beside the core, on whichever cloud it plays.

use crate::api::{self, Api, Credentials, Outside, Time, Trust};
use crate::core::model::Cloud;
use crate::core::msg::Found;
use crate::core::sign_in::Account;
use crate::settings::Profile;
use crate::shell::clock::Clock;
use crate::shell::journal;
use crate::sim::{self, Scenario, Simulator};
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;

/// Account of the simulated administrator.
const SIMULATED_ACCOUNT: &str = "ada@contoso.example";

/// Where a surface plays.
pub enum Stage {
    /// On the built-in simulator, signed in, on the scenario of this name.
    Rehearsal(String),
    /// On the cloud of a profile.
    Cloud(Box<Profile>, Outside),
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

/// Everything that was started.
pub struct Ready {
    /// The client.
    pub api: Arc<Api>,
    /// What the core must know of the cloud.
    pub cloud: Cloud,
    /// Who is signed in already.
    pub account: Option<Account>,
    /// The simulator, where it is ours; it ends with this value.
    pub simulator: Option<Simulator>,
    /// Runs of this cloud that were interrupted.
    pub found: Vec<Found>,
    /// Records that cannot be read, each with its place.
    pub damaged: Vec<String>,
}

/// Starts everything. `exchanges` hears of every request to a service.
///
/// # Errors
/// A sentence about what could not be started.
pub async fn prepare(
    stage: Stage,
    state_dir: &Path,
    clock: Clock,
    command: &str,
    exchanges: api::Listener,
) -> Result<Ready, String> {
    let (profile, credentials, account, simulator) = match stage {
        Stage::Rehearsal(name) => {
            let scenario = Scenario::named(&name).map_err(|error| error.to_string())?;
            let options = sim::Options { scenario, speed: clock.speed(), port: 0, start: clock.origin() };
            let simulator =
                sim::start(options).await.map_err(|error| format!("The simulator cannot be started: {error}."))?;
            let profile = Profile::parse(&simulator.profile_toml(), "simulator").map_err(|error| error.to_string())?;
            let refresh: Option<SecretString> = Some(simulator.signed_in());
            let account = Account { name: SIMULATED_ACCOUNT.to_owned(), tenant: Some(profile.tenant.clone()) };
            (profile, Credentials::person(refresh), Some(account), Some(simulator))
        }
        Stage::Cloud(profile, outside) => {
            let named = || outside.account().unwrap_or_else(|| Account::from("tokens from outside"));
            let account = (!outside.is_empty()).then(named);
            (*profile, Credentials::outside(outside), account, None)
        }
    };
    let mut cloud = Cloud { ends_with_program: simulator.is_some(), ..profile.cloud(command, clock.speed()) };
    if cloud.ends_with_program {
        // A port is given out again: what an earlier rehearsal left behind is of another world.
        cloud.address = format!("{}, process {}", cloud.address, std::process::id());
    }
    let time = Time { now: Arc::new(move || clock.now()), speed: clock.speed() };
    let api = Api::new(profile, credentials, Trust::default(), time)
        .map_err(|error| format!("No connection can be prepared on this machine: {error}."))?
        .telling(exchanges);
    let (found, damaged) = journal::interrupted(state_dir, &cloud.address);
    Ok(Ready { api: Arc::new(api), cloud, account, simulator, found, damaged })
}
