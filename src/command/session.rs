//! `sign-in`, `sign-out` and `whoami`: the sign-ins of one cloud, without a screen.
//!
//! Signing in is the core's own device-code flow, shown as lines. Signing out and saying who is signed in
//! ask no service. As JSON each of them prints who is signed in after it, and nothing else.

use crate::core::msg::Msg;
use crate::core::sign_in::{Account, Keeping, Session as SignedIn};
use crate::core::time::{between, date_and_time, in_words};
use crate::core::trouble::Again;
use crate::settings::Profile;
use crate::shell::vault::{Kept, Vault, VaultError};
use crate::surface::access::Access;
use crate::surface::code;
use crate::surface::seat::{Heard, Options as SeatOptions, Seat};
use crate::surface::stage::{Stage, scope};
use crate::ui::text::{clean, safe_json};
use jiff::tz::TimeZone;
use serde_json::json;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

/// How long a fresh sign-in is waited for to be kept, beyond the time limit of a keyring.
const KEEP_LIMIT: Duration = Duration::from_secs(8);

/// What helps where a sign-in ends with the command that made it.
const NOT_KEPT: &str = "So nobody is signed in any more. Where there is no keyring, a file can keep it: write \
                        token_store = \"file\" into the settings, or set DUALWRITE_TOKEN_STORE=file.";

/// The sign-ins of one cloud.
pub struct Session {
    /// The cloud.
    pub profile: Box<Profile>,
    /// Who asks, and with what.
    pub access: Box<Access>,
    /// Simulated seconds per second.
    pub speed: f64,
    /// Where the index of accounts is.
    pub state_dir: PathBuf,
    /// The command that brings one back.
    pub command: String,
    /// Feeds jitter and ids.
    pub seed: u64,
}

impl Session {
    /// Signs in anew, whoever was signed in before; the exit code.
    pub fn sign_in(mut self, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        let mut say_error = |words: &str| drop(writeln!(err, "{}", clean(words)));
        if let Some(account) = self.access.named(&self.profile) {
            say_error(&format!(
                "Environment variables already say who signs in here: {}. Unset DUALWRITE_CLIENT_SECRET, \
                 DUALWRITE_CLIENT_CERTIFICATE and DUALWRITE_TOKEN_BAP to sign in.",
                account.name
            ));
            return code::USAGE;
        }
        let wanted = self.access.account.take();
        self.access.anew = true;
        let name = clean(&self.profile.name);
        let after = (self.profile.clone(), self.access.store, self.state_dir.clone());
        let seat = Seat::take(SeatOptions {
            stage: Stage::Cloud(self.profile, self.access),
            speed: self.speed,
            state_dir: self.state_dir,
            command: self.command,
            seed: self.seed,
            environment: None,
        });
        let (mut seat, record) = match seat {
            Ok(taken) => taken,
            Err(why) => {
                say_error(&why.words);
                return why.code;
            }
        };
        if let Some(note) = record.note {
            say_error(&note);
        }
        let planned = seat.model.keeping.clone();
        seat.tell(Msg::Start);
        let signed_in = wait(&mut seat, planned.as_ref(), &mut say_error);
        if let Ok(account) = &signed_in {
            if !json {
                let _ = writeln!(out, "Signed in on {name} as {}.", who(account));
                let kept = seat.model.keeping.as_ref().map_or(String::new(), |own| clean(&own.sentence));
                let _ = writeln!(out, "{kept}");
            }
            if let Some(wanted) = wanted.filter(|wanted| !wanted.eq_ignore_ascii_case(&account.name)) {
                say_error(&format!("That is not {wanted}: the page signed in whom the browser knows. Sign out there."));
            }
        }
        let is_lost = signed_in.is_ok() && seat.model.keeping.as_ref().is_none_or(|keeping| !keeping.lasts);
        seat.leave("signed in");
        if json && signed_in.is_ok() {
            let (profile, store, state_dir) = after;
            match Found::of(&profile, &Vault::open(store, state_dir), None, None) {
                Ok(found) => drop(out.write_all(found.document(&profile).as_bytes())),
                Err(error) => return failed(&error, err),
            }
        }
        if is_lost {
            let _ = writeln!(err, "{NOT_KEPT}");
            return code::CONSENT;
        }
        signed_in.err().unwrap_or(code::DONE)
    }

    /// Forgets the current sign-in, the one that was named, or all; the exit code.
    pub fn sign_out(self, all: bool, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        let (scope, vault) = (scope(&self.profile), Vault::open(self.access.store, self.state_dir));
        let name = clean(&self.profile.name);
        let damage = vault.notice();
        let result = vault.accounts(&scope).and_then(|kept| {
            let current = kept.into_iter().find(|kept| kept.current).map(|kept| kept.account.name);
            let account = if all { None } else { self.access.account.clone().or(current) };
            // Without a sign-in there is no current one, and nothing to forget.
            let forgotten = vault.forget(&scope, account.as_deref())?;
            Ok((account, forgotten))
        });
        match result {
            Ok((account, forgotten)) => {
                let whose = account.map_or_else(String::new, |name| format!(" as {}", clean(&name)));
                if let Some(damage) = damage {
                    let _ = writeln!(err, "{}", clean(&damage));
                }
                let _ = match forgotten.accounts {
                    _ if json => Ok(()),
                    0 if !forgotten.left.is_empty() => Ok(()),
                    0 => writeln!(out, "Nobody is signed in on {name}{whose}."),
                    1 => writeln!(out, "Signed out on {name}{whose}. Nothing of the sign-in is left on this machine."),
                    count => writeln!(out, "Signed out on {name}: {count} accounts. Nothing of them is left here."),
                };
                for left in &forgotten.left {
                    let _ = writeln!(err, "Could not be deleted: {}", clean(left));
                }
                if json {
                    match Found::of(&self.profile, &vault, self.access.named(&self.profile), None) {
                        Ok(found) => drop(out.write_all(found.document(&self.profile).as_bytes())),
                        Err(error) => return failed(&error, err),
                    }
                }
                if forgotten.left.is_empty() { code::DONE } else { code::FAILED }
            }
            Err(error) => failed(&error, err),
        }
    }

    /// Says who is signed in; the exit code: 3 where nobody is.
    pub fn whoami(self, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        let vault = Vault::open(self.access.store, self.state_dir.clone());
        if let Some(damage) = vault.notice() {
            let _ = writeln!(err, "{}", clean(&damage));
        }
        let wanted = self.access.account.as_deref();
        let found = match Found::of(&self.profile, &vault, self.access.named(&self.profile), wanted) {
            Ok(found) => found,
            Err(error) => return failed(&error, err),
        };
        if let (None, Some(name)) = (&found.account, wanted) {
            let _ = writeln!(err, "{} is not signed in.", clean(name));
        }
        let text = if json { found.document(&self.profile) } else { found.lines(&self.profile) };
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => code::PIPE,
            Err(_) => code::FAILED,
            Ok(()) if found.is_usable => code::DONE,
            Ok(()) => code::CONSENT,
        }
    }
}

fn failed(error: &VaultError, err: &mut dyn Write) -> u8 {
    let _ = writeln!(err, "{}", clean(&error.to_string()));
    code::FAILED
}

fn who(account: &Account) -> String {
    let name = clean(&account.name);
    account.tenant.as_deref().map_or_else(|| name.clone(), |tenant| format!("{name} (tenant {})", clean(tenant)))
}

/// Shows codes until somebody has signed in and that is kept; else the exit code. What the services make of
/// the fresh sign-in is no matter here.
fn wait(seat: &mut Seat, planned: Option<&Keeping>, say: &mut impl FnMut(&str)) -> Result<Account, u8> {
    let mut shown = None;
    let account = loop {
        match &seat.model.session {
            SignedIn::Waiting(waiting) if shown.as_ref() != Some(&waiting.user_code) => {
                let left = in_words(between(seat.clock.now(), waiting.until));
                say(&format!("To sign in, open  {}", waiting.address));
                say(&format!("and type the code {}  (it is good for {left})", waiting.user_code));
                shown = Some(waiting.user_code.clone());
            }
            SignedIn::Stopped(trouble) => {
                say(&format!("Signing in did not work: {}", trouble.in_full(Again::Command)));
                return Err(code::of_sign_in(trouble));
            }
            SignedIn::SignedIn(account) => break account.clone(),
            SignedIn::Unknown | SignedIn::AskingForCode(_) | SignedIn::Waiting(_) => {}
        }
        if let Heard::Signal(signal) = seat.wait(None) {
            return Err(signal.exit_code());
        }
    };
    // It is kept beside the core; where, comes as a message.
    let limit = seat.clock.of_a_person(KEEP_LIMIT);
    while seat.model.keeping.as_ref() == planned {
        match seat.wait(Some(limit)) {
            Heard::Nothing => break,
            Heard::Signal(signal) => return Err(signal.exit_code()),
            Heard::News | Heard::Line(_) => {}
        }
    }
    Ok(account)
}

/// Who is signed in.
struct Found {
    account: Option<Account>,
    /// Where that is kept, or why it cannot be used.
    place: Option<String>,
    kept: Vec<Kept>,
    is_usable: bool,
}

impl Found {
    /// It is looked for where it is kept: what is gone or cannot be used is no sign-in. `named`: by the environment.
    fn of(profile: &Profile, vault: &Vault, named: Option<Account>, wanted: Option<&str>) -> Result<Self, VaultError> {
        let scope = scope(profile);
        let looked = vault.load(&scope, wanted);
        let kept = vault.accounts(&scope)?;
        let chosen = kept.iter().find(|kept| match wanted {
            Some(name) => kept.account.name.eq_ignore_ascii_case(name),
            None => kept.current,
        });
        let (place, is_usable) = match (&named, chosen, &looked) {
            (Some(_), ..) => (Some("given by environment variables, kept nowhere".to_owned()), true),
            (None, Some(_), Err(error)) => (Some(error.to_string()), false),
            (None, chosen, _) => (chosen.map(|kept| kept.place.to_string()), chosen.is_some()),
        };
        let account = named.or_else(|| chosen.map(|kept| kept.account.clone()));
        Ok(Self { account, place, kept, is_usable })
    }

    fn lines(&self, profile: &Profile) -> String {
        let mut lines = vec![format!("Cloud    {}", clean(&profile.name))];
        match &self.account {
            Some(account) => {
                lines.push(format!("Account  {}", who(account)));
                lines.push(format!("Sign-in  {}", clean(self.place.as_deref().unwrap_or_default())));
            }
            None => lines.push("Account  nobody is signed in; dualwrite sign-in".to_owned()),
        }
        for kept in self.kept.iter().filter(|kept| Some(&kept.account) != self.account.as_ref()) {
            let at = date_and_time(kept.signed_in, &TimeZone::system());
            lines.push(format!("Also     {}, signed in {at}; --account chooses it", who(&kept.account)));
        }
        lines.join("\n") + "\n"
    }

    fn document(&self, profile: &Profile) -> String {
        let document = json!({
            "cloud": profile.name,
            "account": self.account.as_ref().map(|account| json!({"name": account.name, "tenant": account.tenant})),
            "kept": self.place,
            "accounts": self.kept.iter().map(|kept| json!({
                "name": kept.account.name,
                "tenant": kept.account.tenant,
                "kept": kept.place.to_string(),
                "signed_in": kept.signed_in.to_string(),
                "current": kept.current,
            })).collect::<Vec<_>>(),
        });
        safe_json(&format!("{document:#}\n"))
    }
}
