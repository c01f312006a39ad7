//! The first screen, where no cloud is configured: to the rehearsal, or step by step to a profile.
//!
//! A state machine without files and without a terminal: intents in, at most one [`Wish`] out. What is
//! typed is checked by the rules of [`super::profile`], so what it wishes to be written is a profile
//! that the settings accept.

use super::national::{GCC_HIGH_BAP, National};
use super::profile;

/// Names of the steps of the own cloud, in their order.
pub const RAIL: [&str; 4] = ["Cloud", "App registration", "Services", "Write"];

/// Where one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The rehearsal, or an own cloud.
    Welcome,
    /// Which national cloud.
    Cloud,
    /// The own app registration.
    Registration,
    /// Lifecycle Services, the gateway, and the name of the profile.
    Services,
    /// What will be written, and where.
    Review,
}

/// Something that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Tenant id or domain.
    Tenant,
    /// Application (client) id.
    ClientId,
    /// LCS project id.
    Project,
    /// Host of the dual-write gateway.
    Gateway,
    /// Name of the profile.
    Name,
}

impl Field {
    /// Its label; no two have the same.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tenant => "Tenant",
            Self::ClientId => "Client id",
            Self::Project => "LCS project",
            Self::Gateway => "Gateway",
            Self::Name => "Name",
        }
    }
}

impl Step {
    /// What is typed in this step.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Registration => &[Field::Tenant, Field::ClientId],
            Self::Services => &[Field::Project, Field::Gateway, Field::Name],
            Self::Welcome | Self::Cloud | Self::Review => &[],
        }
    }

    /// Its place on the rail.
    pub fn place(self) -> Option<usize> {
        match self {
            Self::Welcome => None,
            Self::Cloud => Some(0),
            Self::Registration => Some(1),
            Self::Services => Some(2),
            Self::Review => Some(3),
        }
    }
}

/// What is to be said of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is typed, and something must be.
    Needed(String),
    /// Nothing is typed, and nothing need be; what that means.
    Optional(String),
    /// It will do; how it is understood.
    Good(String),
    /// It will not do; why.
    Wrong(String),
}

impl Verdict {
    /// Its words.
    pub fn words(&self) -> &str {
        match self {
            Self::Needed(words) | Self::Optional(words) | Self::Good(words) | Self::Wrong(words) => words,
        }
    }

    /// Whether one may go on.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Optional(_) | Self::Good(_))
    }
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// The rehearsal.
    Rehearse,
    /// An own cloud.
    SetUp,
    /// This national cloud.
    Pick(National),
    /// A field holds this text now.
    Type(Field, String),
    /// The next step; from the last one, to write.
    Next,
    /// The step before.
    Back,
}

/// What should happen in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The wizard begins on the built-in simulator.
    Rehearse,
    /// This is written into the settings file, and the wizard begins on it.
    Write(String),
}

/// The first screen.
#[derive(Clone, Debug)]
pub struct FirstRun {
    /// Where one is.
    pub step: Step,
    /// The national cloud.
    pub national: National,
    /// The settings file; none where this machine has no place for one.
    pub file: Option<String>,
    /// Names that the settings file has already.
    taken: Vec<String>,
    tenant: String,
    client_id: String,
    project: String,
    gateway: String,
    /// The name, once somebody typed one.
    name: Option<String>,
}

impl FirstRun {
    /// At the beginning. `file` is the settings file, `taken` the names of the profiles in it.
    pub fn new(file: Option<String>, taken: Vec<String>) -> Self {
        Self {
            step: Step::Welcome,
            national: National::Public,
            file,
            taken,
            tenant: String::new(),
            client_id: String::new(),
            project: String::new(),
            gateway: String::new(),
            name: None,
        }
    }

    /// The text of a field.
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::Tenant => self.tenant.clone(),
            Field::ClientId => self.client_id.clone(),
            Field::Project => self.project.clone(),
            Field::Gateway => self.gateway.clone(),
            Field::Name => self.name.clone().unwrap_or_else(|| self.likely_name()),
        }
    }

    /// What the profile is called where nobody says otherwise: by the domain of the tenant, else by the
    /// cloud; with a number where the name is taken.
    fn likely_name(&self) -> String {
        let tenant = profile::tenant(&self.tenant).unwrap_or_default();
        let label = tenant.split_once('.').map(|(label, _)| label.to_owned());
        let own = || format!("{}-own", self.national.name());
        let name = label.filter(|label| reserved(label).is_none()).unwrap_or_else(own);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !self.taken.contains(name)).unwrap_or(name)
    }

    /// What is to be said of a field.
    pub fn verdict(&self, field: Field) -> Verdict {
        let text = self.text(field);
        let is_empty = text.trim().is_empty();
        let told = |rule: Result<String, String>| rule.map_or_else(Verdict::Wrong, Verdict::Good);
        match field {
            Field::Tenant if is_empty => {
                Verdict::Needed("needed: Directory (tenant) ID, or a domain such as contoso.com".into())
            }
            Field::Tenant => told(profile::tenant(&text).map(|tenant| {
                let what = if profile::is_id(&tenant) { "a tenant id" } else { "a domain of the tenant" };
                if tenant.contains(['.', '-']) { what.into() } else { "any tenant; better name yours".into() }
            })),
            Field::ClientId if is_empty => Verdict::Needed("needed: Application (client) ID, 36 characters".into()),
            Field::ClientId => told(profile::client_id(&text).map(|_| "an application id".into())),
            Field::Project if is_empty => Verdict::Optional("optional: without it versions stay unknown".into()),
            Field::Project => told(profile::lcs_project(&text).map(|project| format!("project {project}"))),
            Field::Gateway if is_empty => {
                Verdict::Optional("optional: without it you confirm the link yourself".into())
            }
            Field::Gateway => told(profile::gateway(&text).map(|_| "a gateway of dual-write".into())),
            Field::Name => told(profile::name(&text).and_then(|name| match reserved(&name) {
                Some(why) => Err(why.to_owned()),
                None if self.taken.contains(&name) => Err("The settings file has this name already.".into()),
                None => Ok(format!("dualwrite --cloud {name}")),
            })),
        }
    }

    /// The first field of this step that holds one up, and why.
    pub fn missing(&self) -> Option<(Field, Verdict)> {
        let all = self.step.fields().iter().map(|field| (*field, self.verdict(*field)));
        all.into_iter().find(|(_, verdict)| !verdict.is_open())
    }

    /// Why no own cloud can be set up here.
    pub fn closed(&self) -> Option<&'static str> {
        self.file.is_none().then_some("This machine has no directory for settings. Name a file with --config.")
    }

    /// Does what somebody wants, as far as it is open.
    pub fn update(&mut self, intent: Intent) -> Option<Wish> {
        match intent {
            Intent::Rehearse => return Some(Wish::Rehearse),
            Intent::SetUp if self.closed().is_none() => self.step = Step::Cloud,
            Intent::SetUp => {}
            Intent::Pick(national) => {
                self.national = national;
                self.step = Step::Registration;
            }
            Intent::Type(field, text) => match field {
                Field::Tenant => self.tenant = text,
                Field::ClientId => self.client_id = text,
                Field::Project => self.project = text,
                Field::Gateway => self.gateway = text,
                Field::Name => self.name = Some(text),
            },
            Intent::Next if self.missing().is_some() => {}
            Intent::Next => match self.step {
                Step::Welcome | Step::Cloud => {}
                Step::Registration => self.step = Step::Services,
                Step::Services => self.step = Step::Review,
                Step::Review => return self.addition().map(Wish::Write),
            },
            Intent::Back => {
                self.step = match self.step {
                    Step::Welcome | Step::Cloud => Step::Welcome,
                    Step::Registration => Step::Cloud,
                    Step::Services => Step::Registration,
                    Step::Review => Step::Services,
                }
            }
        }
        None
    }

    /// What is written into the settings file; none while something is missing.
    pub fn addition(&self) -> Option<String> {
        let is_open = |step: Step| step.fields().iter().all(|field| self.verdict(*field).is_open());
        if !is_open(Step::Registration) || !is_open(Step::Services) {
            return None;
        }
        let name = profile::name(&self.text(Field::Name)).ok()?;
        let mut lines = vec![
            format!("cloud = \"{name}\""),
            String::new(),
            format!("[clouds.{name}]"),
            format!("like = \"{}\"", self.national.name()),
            format!("tenant = \"{}\"", profile::tenant(&self.tenant).ok()?),
            format!("client_id = \"{}\"", profile::client_id(&self.client_id).ok()?),
        ];
        lines.extend(profile::lcs_project(&self.project).ok().map(|project| format!("lcs_project = {project}")));
        lines.extend(profile::gateway(&self.gateway).ok().map(|host| format!("gateway = \"{host}\"")));
        if self.national == National::GccHigh {
            let [one, other] = GCC_HIGH_BAP;
            lines.push("# Not verified. If the sign-in is refused, try".into());
            lines.push(format!("# \"{other}\""));
            lines.push(format!("audiences.bap = \"{one}\""));
        }
        Some(lines.join("\n") + "\n")
    }
}

/// Why a name that is well formed cannot be used.
fn reserved(name: &str) -> Option<&'static str> {
    (National::named(name).is_some() || profile::reads_as_simulator(name))
        .then_some("This is the name of a built-in cloud.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-4000-8000-0000000000c1";
    const HOST: &str = "projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com";

    fn fresh() -> FirstRun {
        FirstRun::new(Some("/home/ada/.config/dualwrite/config.toml".into()), vec!["contoso".into()])
    }

    fn at_services(national: National, tenant: &str) -> FirstRun {
        let mut first = fresh();
        for intent in [
            Intent::SetUp,
            Intent::Pick(national),
            Intent::Type(Field::Tenant, tenant.into()),
            Intent::Type(Field::ClientId, ID.into()),
            Intent::Next,
        ] {
            assert_eq!(first.update(intent), None);
        }
        assert_eq!(first.step, Step::Services);
        first
    }

    #[test]
    fn the_rehearsal_is_one_step_away() {
        assert_eq!(fresh().update(Intent::Rehearse), Some(Wish::Rehearse));
    }

    #[test]
    fn nobody_goes_on_over_a_field_that_is_missing_or_wrong() {
        let mut first = fresh();
        first.update(Intent::SetUp);
        first.update(Intent::Pick(National::Gcc));
        first.update(Intent::Next);
        assert_eq!((first.step, first.missing().unwrap().0), (Step::Registration, Field::Tenant));
        first.update(Intent::Type(Field::Tenant, "contoso.com".into()));
        first.update(Intent::Type(Field::ClientId, "my app".into()));
        first.update(Intent::Next);
        let (field, verdict) = first.missing().unwrap();
        assert!(field == Field::ClientId && matches!(verdict, Verdict::Wrong(_)), "{verdict:?}");
        assert_eq!((first.step, first.addition()), (Step::Registration, None));
    }

    #[test]
    fn each_key_gets_a_word() {
        let mut first = at_services(National::Public, "fabrikam.com");
        for typed in ["p", "projectmanagementservice.weu", HOST] {
            first.update(Intent::Type(Field::Gateway, typed.into()));
            let verdict = first.verdict(Field::Gateway);
            assert_eq!(verdict.is_open(), typed == HOST, "{typed}: {verdict:?}");
        }
        first.update(Intent::Type(Field::Project, "https://lcs.dynamics.com/V2/ProjectOverview/77".into()));
        assert_eq!(first.verdict(Field::Project), Verdict::Good("project 77".into()));
    }

    #[test]
    fn the_way_back_keeps_what_was_typed() {
        let mut first = at_services(National::Public, "fabrikam.com");
        for step in [Step::Registration, Step::Cloud, Step::Welcome, Step::Welcome] {
            first.update(Intent::Back);
            assert_eq!(first.step, step);
        }
        assert_eq!(first.text(Field::Tenant), "fabrikam.com");
    }

    #[test]
    fn the_name_comes_from_the_tenant_and_is_never_one_that_is_taken() {
        let name = |national, tenant: &str| at_services(national, tenant).text(Field::Name);
        assert_eq!(name(National::Public, "fabrikam.onmicrosoft.com"), "fabrikam");
        assert_eq!(name(National::Public, "contoso.com"), "contoso-2");
        assert_eq!(name(National::China, ID), "china-own");
        assert_eq!(name(National::Dod, "public.com"), "dod-own");
        let mut first = at_services(National::Public, "fabrikam.com");
        for (typed, says) in [("contoso", "already"), ("Simulator", "built-in"), ("", "Give a name")] {
            first.update(Intent::Type(Field::Name, typed.into()));
            assert!(first.verdict(Field::Name).words().contains(says), "{typed}");
        }
    }

    #[test]
    fn without_a_place_for_settings_only_the_rehearsal_is_open() {
        let mut first = FirstRun::new(None, Vec::new());
        first.update(Intent::SetUp);
        assert!(first.step == Step::Welcome && first.closed().unwrap().contains("--config"));
    }

    #[test]
    fn what_is_written_is_a_profile_that_the_settings_accept() {
        for national in National::ALL {
            let mut first = at_services(national, "fabrikam.com");
            first.update(Intent::Type(Field::Project, "1234567".into()));
            first.update(Intent::Type(Field::Gateway, format!("https://{HOST}/api")));
            first.update(Intent::Next);
            assert_eq!(first.step, Step::Review);
            let Some(Wish::Write(text)) = first.update(Intent::Next) else { panic!("{national:?}") };
            let read: toml::Table = toml::from_str(&text).unwrap();
            let cloud = &read["clouds"]["fabrikam"];
            assert_eq!(cloud["gateway"].as_str(), Some(HOST));
            assert_eq!(cloud["lcs_project"].as_integer(), Some(1_234_567));
            let (_, profile) = text.split_once("[clouds.fabrikam]\n").unwrap();
            let profile = crate::settings::Profile::parse(profile, "first run").unwrap();
            assert_eq!((profile.national, profile.tenant.as_str()), (national, "fabrikam.com"));
        }
    }
}
