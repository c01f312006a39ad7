//! Settings: the settings file, the environment and the flags, in this order of strength from the
//! weakest; and the clouds they name.
//!
//! Everything wrong in a file is said with file, line and column, everything wrong in the environment
//! with its variable. Nothing here holds a secret, asks a service, or reads the environment itself: it
//! is handed in. What is written is a profile that a person confirmed ([`save`]), or a file of remarks where there is
//! none ([`begin`]).

mod cloud;
mod error;
mod file;
mod profile;
mod told;

pub use crate::core::national::National;
pub use error::SettingsError;
pub use profile::{Audiences, Profile, is_local_name, is_loopback, shown_speed};
pub use told::{Flags, Origin, Told};

use crate::core::profile as rules;
use file::Source;
use profile::{Around, Keys};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use toml::Spanned;

/// Name of the built-in simulator where a cloud is named.
pub const SIMULATOR: &str = "simulator";

const CLOUD: &str = "DUALWRITE_CLOUD";
const TENANT: &str = "DUALWRITE_TENANT";
const CLIENT_ID: &str = "DUALWRITE_CLIENT_ID";
const CA_FILE: &str = "DUALWRITE_CA_FILE";
const TOKEN_STORE: &str = "DUALWRITE_TOKEN_STORE";

/// Where the sign-in is kept from one start to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStore {
    /// In the keyring of the operating system.
    #[default]
    Keyring,
    /// Nowhere: it ends with the program.
    Memory,
    /// In a file of the state directory, for its owner only.
    File,
}

impl TokenStore {
    const ALL: [(&'static str, Self); 3] = [("keyring", Self::Keyring), ("memory", Self::Memory), ("file", Self::File)];

    /// Its name in a file of settings.
    pub fn name(self) -> &'static str {
        // All are in the list.
        Self::ALL.into_iter().find(|(_, store)| *store == self).map_or("", |(name, _)| name)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, store)| store)
    }
}

/// Which colours are drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Chosen ones where the terminal offers them and says its background, else those of the palette.
    #[default]
    Auto,
    /// The sixteen of the user's own palette.
    Palette,
    /// Chosen ones for a dark background.
    Dark,
    /// Chosen ones for a light background.
    Light,
}

impl Theme {
    /// Its name in a file of settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Palette => "palette",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// What the window is told beside the picture; each can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Signals {
    /// Its title.
    pub title: bool,
    /// Progress in the taskbar.
    pub progress: bool,
    /// Bell and notification when a long step has ended while nobody was there.
    pub notify: bool,
    /// The clipboard.
    pub clipboard: bool,
    /// Addresses that can be clicked.
    pub hyperlinks: bool,
}

impl Default for Signals {
    fn default() -> Self {
        Self { title: true, progress: true, notify: true, clipboard: true, hyperlinks: true }
    }
}

/// Which cloud is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The built-in simulator.
    Simulator,
    /// The cloud of this profile.
    Profile(Box<Profile>),
    /// None was named anywhere.
    Nothing,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Top {
    cloud: Option<Spanned<String>>,
    token_store: Option<TokenStore>,
    ca_file: Option<Spanned<PathBuf>>,
    state_dir: Option<Spanned<PathBuf>>,
    theme: Option<Theme>,
    signals: Option<Signals>,
    #[serde(default)]
    clouds: BTreeMap<Spanned<String>, Keys>,
}

/// What the settings file and the environment say.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The settings file, whether or not it is there; none where this machine has no place for one.
    pub file: Option<PathBuf>,
    /// Where the sign-in is kept.
    pub token_store: TokenStore,
    /// Where the record is kept, where the file says so.
    pub state_dir: Option<PathBuf>,
    /// Which colours are drawn with.
    pub theme: Theme,
    /// What the window is told.
    pub signals: Signals,
    /// Who says where the sign-in is kept.
    says_store: Origin,
    /// Who says which colours are drawn with.
    says_theme: Origin,
    /// Who says what the window is told.
    says_signals: Origin,
    /// The cloud that is used where none is named.
    cloud: Option<String>,
    ca_file: Option<PathBuf>,
    clouds: BTreeMap<String, Profile>,
    environment: Environment,
}

/// What the environment says.
#[derive(Clone, Debug, Default)]
struct Environment {
    cloud: Option<PathBuf>,
    tenant: Option<String>,
    client_id: Option<String>,
    ca_file: Option<PathBuf>,
}

/// The settings file of this user: `dualwrite/config.toml` in the platform's directory for settings.
///
/// # Errors
/// Fails where the home directory is not known.
pub fn default_file() -> Result<PathBuf, SettingsError> {
    use etcetera::BaseStrategy;
    let base = etcetera::choose_base_strategy().map_err(SettingsError::NoDirectory)?;
    Ok(base.config_dir().join("dualwrite").join("config.toml"))
}

/// Writes a profile into a settings file: `addition` is its table `[clouds.NAME]`, and `cloud = "NAME"`.
/// What has these names there is replaced; all else stays as a person wrote it.
///
/// # Errors
/// Says what could not be read or written; the file is then as it was.
pub fn save(file: &Path, addition: &str) -> Result<(), SettingsError> {
    file::put(file, addition)
}

/// The text of a settings file in which nothing is set, and everything is explained.
pub const TEMPLATE: &str = include_str!("../assets/config.toml");

/// Writes [`TEMPLATE`] to a file that is not there.
///
/// # Errors
/// Says what is in the way.
pub fn begin(file: &Path) -> Result<(), SettingsError> {
    file::begin(file, TEMPLATE)
}

impl Settings {
    /// Reads the settings file and the environment. `config` is the file that was named; without it the
    /// user's own is read, which need not be there.
    ///
    /// # Errors
    /// Says what is wrong, where, and what to do.
    pub fn load(config: Option<&Path>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let settings = match config {
            Some(file) => Self::read(file)?,
            None => match default_file() {
                Ok(file) if file.exists() => Self::read(&file)?,
                Ok(file) => Self { file: Some(file), ..Self::default() },
                // A machine without a home is no reason not to work: everything can be said in flags.
                Err(_) => Self::default(),
            },
        };
        settings.with(environment)
    }

    fn read(file: &Path) -> Result<Self, SettingsError> {
        let text = file::read(file, "settings file", "Name another with --config, or leave --config out.")?;
        let settings = Self::parse(&text, &file.display().to_string(), file.parent())?;
        Ok(Self { file: Some(file.to_owned()), ..settings })
    }

    /// Reads settings from their text; `origin` names it in errors, relative paths begin at `dir`.
    ///
    /// # Errors
    /// Says what is wrong, and where.
    pub fn parse(text: &str, origin: &str, dir: Option<&Path>) -> Result<Self, SettingsError> {
        let source = Source { origin, text };
        let top: Top = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
        let mut clouds = BTreeMap::new();
        for (name, keys) in top.clouds {
            let start = name.span();
            let name = rules::name(name.get_ref()).map_err(|why| source.wrong(&start, why))?;
            if name == SIMULATOR {
                return Err(source.wrong(&start, "The simulator is built in. Give this cloud another name."));
            }
            let profile = Profile::of(&keys, &Around { source, start, dir, table: Some(&name) })?;
            clouds.insert(name, profile);
        }
        let path = |path: Option<Spanned<PathBuf>>| path.map(|own| self::path(&own, dir, &source)).transpose();
        let settings = Self {
            file: None,
            says_store: if top.token_store.is_some() { Origin::File } else { Origin::Default },
            token_store: top.token_store.unwrap_or_default(),
            state_dir: path(top.state_dir)?,
            says_signals: if top.signals.is_some() { Origin::File } else { Origin::Default },
            signals: top.signals.unwrap_or_default(),
            says_theme: if top.theme.is_some() { Origin::File } else { Origin::Default },
            theme: top.theme.unwrap_or_default(),
            cloud: top.cloud.as_ref().map(|name| name.get_ref().clone()),
            ca_file: path(top.ca_file)?,
            clouds,
            environment: Environment::default(),
        };
        if let Some(name) = &top.cloud
            && !settings.knows(name.get_ref())
        {
            let why = format!("There is no cloud of this name. The clouds are {}.", settings.known());
            return Err(source.wrong(&name.span(), why));
        }
        Ok(settings)
    }

    /// The settings with what the environment says above them.
    fn with(mut self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let read = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let checked = |name: &'static str, rule: fn(&str) -> Result<String, String>| {
            read(name).map(|value| rule(&value)).transpose().map_err(|why| SettingsError::Variable { name, why })
        };
        self.environment = Environment {
            cloud: read(CLOUD).map(PathBuf::from),
            tenant: checked(TENANT, rules::tenant)?,
            client_id: checked(CLIENT_ID, rules::client_id)?,
            ca_file: read(CA_FILE).map(PathBuf::from),
        };
        if let Some(name) = read(TOKEN_STORE) {
            self.says_store = Origin::Variable(TOKEN_STORE);
            self.token_store = TokenStore::named(name.trim()).ok_or_else(|| {
                let names = TokenStore::ALL.map(|(name, _)| name).join(", ");
                SettingsError::Variable { name: TOKEN_STORE, why: format!("the stores are {names}.") }
            })?;
        }
        Ok(self)
    }

    /// The names of the profiles in the settings file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.clouds.keys().map(String::as_str)
    }

    /// What names the cloud on the command line or in the environment; not the settings file.
    pub fn named(&self, wanted: Option<&Path>) -> Option<PathBuf> {
        wanted.map(Path::to_owned).or_else(|| self.environment.cloud.clone())
    }

    /// The cloud that is meant: `wanted` (the value of `--cloud`), else what the environment names,
    /// else what the settings file names. A name of the settings file is looked for first, then a
    /// built-in one, then a profile file.
    ///
    /// # Errors
    /// Says what is wrong with the profile, where, and what to do.
    pub fn profile(&self, wanted: Option<&Path>) -> Result<Choice, SettingsError> {
        let (word, variable) = match (wanted, &self.environment.cloud, &self.cloud) {
            (Some(wanted), _, _) => (wanted.to_owned(), None),
            (None, Some(cloud), _) => (cloud.clone(), Some(CLOUD)),
            (None, None, Some(cloud)) => (PathBuf::from(cloud), None),
            (None, None, None) => return Ok(Choice::Nothing),
        };
        if word.as_os_str() == SIMULATOR {
            return Ok(Choice::Simulator);
        }
        let found = self.find(&word).map_err(|error| match variable {
            Some(name) if !matches!(error, SettingsError::At { .. }) => {
                SettingsError::Variable { name, why: error.to_string() }
            }
            _ => error,
        })?;
        Ok(Choice::Profile(Box::new(self.above(found))))
    }

    fn find(&self, word: &Path) -> Result<Profile, SettingsError> {
        if let Some(name) = word.to_str() {
            if let Some(profile) = self.clouds.get(name) {
                return Ok(profile.clone());
            }
            if let Some(national) = National::named(name) {
                return Profile::built_in(national);
            }
            // A word is no file that happens to lie where the program was started.
            if rules::name(name).is_ok() {
                let file = if word.exists() {
                    format!("; the file of that name is .{MAIN_SEPARATOR}{name}")
                } else {
                    String::new()
                };
                return Err(SettingsError::NoSuchCloud { word: name.to_owned(), known: self.known() + &file });
            }
        }
        Profile::read(word)
    }

    /// The profile with what stands above it: the environment, and what the file says of all clouds.
    fn above(&self, mut profile: Profile) -> Profile {
        let Environment { tenant, client_id, ca_file, .. } = self.environment.clone();
        profile.tenant = tenant.unwrap_or(profile.tenant);
        profile.client_id = client_id.unwrap_or(profile.client_id);
        profile.ca_file = ca_file.or(profile.ca_file).or_else(|| self.ca_file.clone());
        profile
    }

    fn knows(&self, name: &str) -> bool {
        name == SIMULATOR || self.clouds.contains_key(name) || National::named(name).is_some()
    }

    /// All names of clouds, those of the settings file first.
    fn known(&self) -> String {
        let mut names: Vec<&str> = self.names().collect();
        let built_in = National::ALL.map(National::name).into_iter().chain([SIMULATOR]);
        names.extend(built_in.filter(|name: &&str| !self.clouds.contains_key(*name)));
        names.join(", ")
    }
}

/// A path out of a file; a relative one begins at the directory of the file.
fn path(own: &Spanned<PathBuf>, dir: Option<&Path>, source: &Source) -> Result<PathBuf, SettingsError> {
    let path = own.get_ref();
    if path.as_os_str().is_empty() {
        return Err(source.wrong(&own.span(), "Give a path, or take the line out."));
    }
    if path.starts_with("~") {
        return Err(source.wrong(&own.span(), "~ is not your home directory here. Write the whole path."));
    }
    Ok(dir.map_or_else(|| path.clone(), |dir| dir.join(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"cloud = "contoso"
token_store = "memory"
ca_file = "all.pem"
state_dir = "/var/dualwrite"

[clouds.contoso]
like = "public"
tenant = "contoso.com"
client_id = "00000000-0000-4000-8000-0000000000c1"

[clouds.public]
tenant = "fabrikam.com"
ca_file = "own.pem"
"#;

    fn settings(text: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::parse(text, "/etc/config.toml", Some(Path::new("/etc")))?
            .with(&|name| environment.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
    }

    fn profile(settings: &Settings, wanted: Option<&str>) -> Profile {
        match settings.profile(wanted.map(Path::new)).unwrap() {
            Choice::Profile(profile) => *profile,
            other => panic!("{other:?}"),
        }
    }

    fn error(text: &str) -> String {
        settings(text, &[]).unwrap_err().to_string()
    }

    #[test]
    fn the_file_names_the_cloud_where_nobody_else_does() {
        let all = settings(FILE, &[]).unwrap();
        assert_eq!(profile(&all, None).name, "contoso");
        assert_eq!((all.token_store, all.state_dir.clone()), (TokenStore::Memory, Some("/var/dualwrite".into())));
        assert_eq!(profile(&all, None).ca_file, Some("/etc/all.pem".into()));
        assert_eq!(all.named(None), None);
        assert_eq!(settings("", &[]).unwrap().profile(None).unwrap(), Choice::Nothing);
        assert_eq!(settings("cloud = \"simulator\"", &[]).unwrap().profile(None).unwrap(), Choice::Simulator);
    }

    #[test]
    fn flags_are_above_the_environment_and_that_is_above_the_file() {
        let id = "00000000-0000-4000-8000-0000000000c2";
        let environment =
            [(CLOUD, "public"), (TENANT, "x.org"), (CLIENT_ID, id), (CA_FILE, "e.pem"), (TOKEN_STORE, "file")];
        let all = settings(FILE, &environment).unwrap();
        let public = profile(&all, None);
        assert_eq!((public.name.as_str(), public.tenant.as_str(), public.client_id.as_str()), ("public", "x.org", id));
        assert_eq!((public.ca_file, all.token_store), (Some("e.pem".into()), TokenStore::File));
        assert_eq!(profile(&all, Some("gcc")).national, National::Gcc);
        assert_eq!(all.named(None), Some("public".into()));
        assert_eq!(all.profile(Some(Path::new("simulator"))).unwrap(), Choice::Simulator);
        let none = settings(FILE, &[(CLOUD, ""), (TENANT, " ")]).unwrap();
        assert_eq!((profile(&none, None).name, profile(&none, None).tenant), ("contoso".into(), "contoso.com".into()));
    }

    #[test]
    fn a_table_amends_the_built_in_cloud_of_its_name() {
        let public = profile(&settings(FILE, &[]).unwrap(), Some("public"));
        assert_eq!((public.tenant.as_str(), public.bap.as_str()), ("fabrikam.com", "https://api.bap.microsoft.com/"));
        assert_eq!(public.ca_file, Some("/etc/own.pem".into()), "the profile's own goes before that of all");
    }

    #[test]
    fn a_word_that_is_nothing_lists_what_there_is() {
        let all = settings(FILE, &[]).unwrap();
        let text = all.profile(Some(Path::new("contso"))).unwrap_err().to_string();
        assert!(
            text.contains("\"contso\"") && text.contains("contoso, public, gcc, gcc-high, dod, china, simulator"),
            "{text}"
        );
        // A directory or file of that name beside the program is not meant: the tests run where src is.
        let text = all.profile(Some(Path::new("src"))).unwrap_err().to_string();
        assert!(text.contains("There is no cloud") && text.contains("src"), "{text}");
        let text = all.profile(Some(Path::new("contso.toml"))).unwrap_err().to_string();
        assert!(text.contains("cannot be read"), "{text}");
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [(TENANT, "contoso"), (CLIENT_ID, "c"), (TOKEN_STORE, "cellar")] {
            let text = settings(FILE, &[(name, value)]).unwrap_err().to_string();
            assert!(text.contains(name), "{text}");
        }
        let all = settings(FILE, &[(CLOUD, "nowhere")]).unwrap();
        let text = all.profile(None).unwrap_err().to_string();
        assert!(text.contains(CLOUD) && text.contains("nowhere"), "{text}");
    }

    #[test]
    fn what_is_wrong_in_the_file_has_its_place() {
        for (text, says) in [
            (
                "cloud = \"nowhere\"",
                "/etc/config.toml, line 1, column 9: There is no cloud of this name. The clouds are public",
            ),
            ("\ntoken_stor = \"file\"", "line 2, column 1: unknown setting `token_stor`"),
            ("token_store = \"cellar\"", "line 1, column 15: unknown value `cellar`"),
            ("cloud = \"a\"\ncloud = \"b\"", "line 2, column 1: duplicate key"),
            ("state_dir = \"~/x\"", "line 1, column 13: ~ is not"),
            ("ca_file = \"\"", "line 1, column 11: Give a path"),
            ("[clouds.a]\nlike = \"public\"\nbap = \"ftp://x\"", "line 3, column 7: bap"),
            ("[clouds.a]\nlike = \"public\"\nbapp = \"x\"", "line 3, column 1: unknown setting `bapp`"),
            ("x = 1 +", "line 1, column"),
            ("\n[clouds.a]\ntenant = \"x.com\"", "line 2, column 9: authority is missing"),
            ("[clouds.simulator]\n", "line 1, column 9: The simulator is built in"),
            ("[clouds.\"a b\"]\n", "line 1, column 9: A name has"),
            ("[clouds.gcc-high]\n", "line 1, column 9: Public clients disagree"),
        ] {
            let error = error(text);
            assert!(error.contains(says), "{text:?}: {error}");
        }
    }

    #[test]
    fn the_examples_of_the_readme_are_read() {
        let readme = include_str!("../README.md");
        let (_, section) = readme.split_once("## On your cloud").unwrap();
        let examples: Vec<&str> =
            section.split("```toml\n").skip(1).map(|text| text.split("```").next().unwrap()).take(2).collect();
        // What stands behind # as an example is read too; a remark is not TOML.
        let whole = |text: &str| -> String {
            text.lines()
                .map(|line| line.strip_prefix("# ").unwrap_or(line))
                .fold(String::new(), |all, line| all + line + "\n")
        };
        let file = whole(examples[0]).replace("CLUSTER", "x");
        assert_eq!(profile(&settings(&file, &[]).unwrap(), None).name, "contoso");
        let own = whole(examples[1])
            .replace("CLUSTER", "x")
            .replace("a service of your own that automates Lifecycle Services", "own.example");
        assert!(Profile::parse(&own, "README.md").unwrap().graph.is_some());
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let dir = tempfile::TempDir::new().unwrap();
        let text = Settings::load(Some(&dir.path().join("x.toml")), &|_| None).unwrap_err().to_string();
        assert!(text.contains("x.toml") && text.contains("--config"), "{text}");
        assert!(Settings::load(Some(dir.path()), &|_| None).unwrap_err().to_string().contains("64 KiB"));
    }
}
