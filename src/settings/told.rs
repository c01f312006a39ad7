//! What holds, and who says so: each setting with its value and its origin, for `config show`. No setting is a
//! secret; tokens and secrets are variables of the environment of which only whether they are set is told elsewhere.

use super::{CA_FILE, CLIENT_ID, CLOUD, Choice, Profile, Settings, SettingsError, Signals, TENANT};
use std::fmt;
use std::path::Path;

/// Who says what a setting is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is so by itself.
    #[default]
    Default,
    /// A built-in cloud.
    BuiltIn(&'static str),
    /// The settings file.
    File,
    /// The profile file that was named.
    ProfileFile,
    /// A variable of the environment.
    Variable(&'static str),
    /// An option of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::BuiltIn(name) => write!(f, "built-in cloud {name}"),
            Self::File => f.write_str("settings file"),
            Self::ProfileFile => f.write_str("profile file"),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its key in a file.
    pub key: &'static str,
    /// Its value; none where nobody says one.
    pub value: Option<String>,
    /// Who says so.
    pub origin: Origin,
}

/// What the command line says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags<'a> {
    /// `--cloud`.
    pub cloud: Option<&'a Path>,
    /// `--state-dir`, or its variable.
    pub state_dir: Option<(&'a Path, Origin)>,
}

impl Settings {
    /// Each setting as it holds, first those of the program, then those of the cloud that is meant.
    ///
    /// # Errors
    /// As [`Settings::profile`].
    pub fn told(&self, flags: Flags) -> Result<Vec<Told>, SettingsError> {
        let path = |path: &Path| path.display().to_string();
        let choice = self.profile(flags.cloud)?;
        let cloud = match (flags.cloud, &self.environment.cloud, &self.cloud) {
            (Some(cloud), _, _) => (Some(path(cloud)), Origin::Flag("--cloud")),
            (None, Some(cloud), _) => (Some(path(cloud)), Origin::Variable(CLOUD)),
            (None, None, Some(cloud)) => (Some(cloud.clone()), Origin::File),
            (None, None, None) => (None, Origin::Default),
        };
        let state_dir = match (flags.state_dir, &self.state_dir) {
            (Some((dir, origin)), _) => (Some(path(dir)), origin),
            (None, Some(dir)) => (Some(path(dir)), Origin::File),
            (None, None) => (None, Origin::Default),
        };
        let told = |key, (value, origin)| Told { key, value, origin };
        let mut all = vec![
            told("cloud", cloud.clone()),
            told("token_store", (Some(self.token_store.name().to_owned()), self.says_store)),
            told("state_dir", state_dir),
            told("theme", (Some(self.theme.name().to_owned()), self.says_theme)),
        ];
        let Signals { title, progress, notify, clipboard, hyperlinks } = self.signals;
        let signals = [
            ("signals.title", title),
            ("signals.progress", progress),
            ("signals.notify", notify),
            ("signals.clipboard", clipboard),
            ("signals.hyperlinks", hyperlinks),
        ];
        all.extend(signals.map(|(key, is_on)| told(key, (Some(is_on.to_string()), self.says_signals))));
        if !self.clouds.is_empty() {
            let names: Vec<&str> = self.names().collect();
            all.push(told("clouds", (Some(names.join(", ")), Origin::File)));
        }
        if let Choice::Profile(profile) = choice {
            // A built-in cloud that no table amends says nothing of its own.
            let is_table = cloud.0.as_deref().is_some_and(|name| self.clouds.contains_key(name));
            let says = if is_table { Origin::File } else { Origin::ProfileFile };
            all.extend(self.of_profile(&profile, says));
        } else if let Some((file, origin)) = self.trust() {
            all.push(told("ca_file", (Some(path(file)), origin)));
        }
        Ok(all)
    }

    /// The file of certificates that is trusted in all clouds, and who says so.
    fn trust(&self) -> Option<(&Path, Origin)> {
        let above = self.environment.ca_file.as_deref().map(|file| (file, Origin::Variable(CA_FILE)));
        above.or_else(|| self.ca_file.as_deref().map(|file| (file, Origin::File)))
    }

    fn of_profile(&self, profile: &Profile, says: Origin) -> Vec<Told> {
        let variable = |variable: &'static str, is_set: bool| is_set.then_some(Origin::Variable(variable));
        let text = |url: &url::Url| Some(url.as_str().trim_end_matches('/').to_owned());
        let of = |key: &'static str, value: Option<String>, above: Option<Origin>| {
            let below = match &value {
                _ if profile.said.contains(&key) => says,
                // The settings file says it of all clouds.
                Some(_) if key == "ca_file" => Origin::File,
                Some(value) if !value.is_empty() && !matches!(key, "name" | "tenant" | "lcs_project") => {
                    Origin::BuiltIn(profile.national.name())
                }
                _ => Origin::Default,
            };
            Told { key, value: value.filter(|value| !value.is_empty()), origin: above.unwrap_or(below) }
        };
        let above = &self.environment;
        vec![
            of("name", Some(profile.name.clone()), None),
            of("tenant", Some(profile.tenant.clone()), variable(TENANT, above.tenant.is_some())),
            of("client_id", Some(profile.client_id.clone()), variable(CLIENT_ID, above.client_id.is_some())),
            of("authority", text(&profile.authority), None),
            of("bap", text(&profile.bap), None),
            of("power_platform", text(&profile.power_platform), None),
            of("lcs", profile.lcs.as_ref().and_then(text), None),
            of("lcs_project", profile.lcs_project.map(|project| project.to_string()), None),
            of("gateway", profile.gateway.as_ref().and_then(text), None),
            of("graph", profile.graph.as_ref().and_then(text), None),
            of("link", profile.link.as_ref().and_then(text), None),
            of("portal", text(&profile.portal), None),
            of(
                "ca_file",
                profile.ca_file.as_ref().map(|file| file.display().to_string()),
                variable(CA_FILE, above.ca_file.is_some()),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::TEMPLATE;

    const FILE: &str = "cloud = \"contoso\"\nca_file = \"/all.pem\"\n[clouds.contoso]\nlike = \"gcc\"\n\
                        tenant = \"contoso.com\"\nbap = \"https://bap.example\"\n";

    fn told(flags: Flags, variables: &[(&str, &str)]) -> Vec<Told> {
        let find = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        Settings::parse(FILE, "c.toml", None).unwrap().with(&find).unwrap().told(flags).unwrap()
    }

    fn of(all: &[Told], key: &str) -> (Option<String>, String) {
        let told = all.iter().find(|told| told.key == key).unwrap();
        (told.value.clone(), told.origin.to_string())
    }

    #[test]
    fn each_setting_says_who_says_so() {
        let all = told(Flags::default(), &[("DUALWRITE_TENANT", "x.org"), ("DUALWRITE_TOKEN_STORE", "memory")]);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of(&all, "cloud"), (some("contoso"), "settings file".into()));
        assert_eq!(of(&all, "token_store"), (some("memory"), "DUALWRITE_TOKEN_STORE".into()));
        assert_eq!(of(&all, "state_dir"), (None, "default".into()));
        assert_eq!(of(&all, "signals.title"), (some("true"), "default".into()));
        assert_eq!(of(&all, "tenant"), (some("x.org"), "DUALWRITE_TENANT".into()));
        assert_eq!(of(&all, "bap"), (some("https://bap.example"), "settings file".into()));
        assert_eq!(of(&all, "authority").1, "built-in cloud gcc");
        assert_eq!(of(&all, "ca_file"), (some("/all.pem"), "settings file".into()));
        assert_eq!(of(&all, "client_id"), (None, "default".into()));
        assert_eq!(of(&all, "clouds"), (some("contoso"), "settings file".into()));
        // A cloud that is no profile takes nothing of what holds for all away.
        let all = told(Flags { cloud: Some(Path::new("simulator")), ..Flags::default() }, &[]);
        assert_eq!(of(&all, "ca_file"), (some("/all.pem"), "settings file".into()));
        let dir = Path::new("/d");
        let flags =
            Flags { cloud: Some(Path::new("public")), state_dir: Some((dir, Origin::Variable("DUALWRITE_STATE_DIR"))) };
        let all = told(flags, &[]);
        assert_eq!(of(&all, "cloud"), (some("public"), "--cloud".into()));
        assert_eq!(of(&all, "state_dir").1, "DUALWRITE_STATE_DIR");
        assert_eq!(of(&all, "tenant"), (some("organizations"), "default".into()));
    }

    #[test]
    fn what_the_file_of_remarks_explains_can_be_set_as_it_stands() {
        assert!(Settings::parse(TEMPLATE, "t", None).is_ok());
        let is_setting =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let set: Vec<&str> = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)).unwrap_or(line))
            .collect();
        let settings = Settings::parse(&set.join("\n"), "t", None).unwrap();
        assert_eq!(settings.names().collect::<Vec<_>>(), ["contoso"]);
        assert!(settings.state_dir.is_some() && settings.ca_file.is_some() && settings.cloud.is_some());
    }
}
