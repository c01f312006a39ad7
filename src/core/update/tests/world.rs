//! A world of answers made up by the test: the core is driven, every question waits to be answered.

use super::*;
use crate::core::directory::sent::tenant;
use crate::core::environment::Fact;
use crate::core::mandate::Mandate;
use std::sync::Arc;

/// A world of answers made up by the test.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) now: Now,
    pub(super) open: VecDeque<(Ticket, Duration, Asked)>,
    pub(super) changes: Vec<Change>,
    pub(super) core_state: &'static str,
    /// State of the module Finance.
    pub(super) finance_state: &'static str,
    /// What Dataverse says of the application users.
    pub(super) users: Users,
    /// Client ID rows are there.
    pub(super) has_rows: bool,
    /// Cluster of the environment, as the list names it.
    pub(super) cluster: Option<&'static str>,
    /// Finance and operations lets this account read no client ID rows.
    pub(super) refuses_rows: bool,
    /// Finance and operations lets this account read no users.
    pub(super) refuses_users: bool,
    pub(super) terms_kept: Result<(), String>,
    pub(super) claimed: Result<(), NotClaimed>,
    pub(super) recorded: Vec<Entry>,
}

/// How the application users are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Users {
    Good,
    Missing,
    WithoutRole,
    Deleted,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Call(Call),
    Change(Change),
}

pub(super) fn from<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub(super) fn passing(service: Service, done: Done) -> Trouble {
    Trouble { done, ..Trouble::new(service, Happened::CutOff, "cut") }
}

/// Questions on which no step of the flow waits: these services do not answer them.
fn is_of_prerequisites(call: &Call) -> bool {
    matches!(
        call,
        Call::OwnRoles(_)
            | Call::Version(_)
            | Call::Solutions(_)
            | Call::PluginSteps(_)
            | Call::Companies(_)
            | Call::DefaultTeam(_)
            | Call::RuntimeConfigurations(_)
            | Call::Organization(_)
            | Call::FinopsRoles { .. }
            | Call::Licences
            | Call::DirectoryRoles
            | Call::Principals(_)
    )
}

impl World {
    pub(super) fn new() -> Self {
        let cloud = Cloud {
            name: "test".into(),
            portal: "https://portal.example".into(),
            lcs_project: Some(1),
            has_client: true,
            has_lcs: false,
            has_gateway: true,
            has_graph: false,
            has_link: true,
            command: "dualwrite".into(),
            speed: None,
            address: "https://bap.example".into(),
            ends_with_program: false,
        };
        let mut model = Model::new(cloud, 1, None);
        model.session = Session::SignedIn("ada".into());
        let mut world = Self {
            model,
            now: Now::UNIX_EPOCH,
            open: VecDeque::new(),
            changes: Vec::new(),
            core_state: "NotInstalled",
            finance_state: "NotInstalled",
            users: Users::Good,
            has_rows: true,
            cluster: None,
            refuses_rows: false,
            refuses_users: false,
            terms_kept: Ok(()),
            claimed: Ok(()),
            recorded: Vec::new(),
        };
        world.tell(Msg::Start);
        world
    }

    pub(super) fn tell(&mut self, msg: Msg) {
        let mut kept = None;
        let mut claimed = None;
        let mut unasked = Vec::new();
        for effect in update(&mut self.model, msg, self.now) {
            match effect {
                Effect::Call { ticket, call, .. } if is_of_prerequisites(&call) => {
                    unasked.push((ticket, call.service()));
                }
                Effect::Call { ticket, after, call } => self.open.push_back((ticket, after, Asked::Call(call))),
                Effect::Change { ticket, change, intention } => {
                    self.recorded.push(intention);
                    self.changes.push(change.clone());
                    self.open.push_back((ticket, Duration::ZERO, Asked::Change(change)));
                }
                Effect::Cancel(ticket) => self.open.retain(|(open, _, _)| *open != ticket),
                Effect::KeepTerms(acceptance) => kept = Some(acceptance.environment),
                Effect::Claim { environment, .. } => claimed = Some(environment),
                Effect::Record(entry) | Effect::Forget { entry, .. } => self.recorded.push(entry),
                _ => {}
            }
        }
        for (ticket, service) in unasked {
            self.tell(Msg::Reply { ticket, result: Err(Trouble::new(service, Happened::Status(404), "")) });
        }
        if let Some(environment) = claimed {
            self.tell(Msg::Claimed { environment, result: self.claimed.clone() });
        }
        if let Some(environment) = kept {
            self.tell(Msg::TermsKept { environment, result: self.terms_kept.clone() });
        }
    }

    pub(super) fn want(&mut self, intent: Intent) {
        self.tell(Msg::Intent(intent));
    }

    /// The healthy answer to a question; changes are not answered here.
    pub(super) fn healthy(&self, call: &Call) -> Reply {
        match call {
            Call::Environments => Reply::Environments(tenant(json!([{"name": "pp-1", "properties": {
                "displayName": "uat", "environmentSku": "Sandbox", "cluster": {"uriSuffix": self.cluster},
                "linkedEnvironmentMetadata": {"instanceUrl": "https://uat.crm4.dynamics.com/"},
                "linkedAppMetadata": {"id": "lcs-1", "type": "Linked", "url": "https://uat.operations.dynamics.com"}}}]))),
            Call::Integration(_) => {
                Reply::Integration(Some(from(json!({"Url": "https://uat.operations.dynamics.com"}))))
            }
            Call::Packages(_) => Reply::Packages(from(json!([
                {"uniqueName": CORE_PACKAGE, "state": self.core_state, "version": "1.0.24062.2"},
                {"uniqueName": APPLICATION_PACKAGE, "state": "Installed", "version": "2"},
                {"uniqueName": "msdyn_Dynamics365FinanceExtendedAnchor", "state": self.finance_state}]))),
            Call::Users { .. } if self.users == Users::Missing => Reply::Users(Vec::new()),
            Call::Users { app, .. } if self.users == Users::WithoutRole => Reply::Users(from(json!([{
                "systemuserid": app, "applicationid": app, "isdisabled": false, "deletedstate": 0}]))),
            Call::Users { app, .. } => Reply::Users(from(json!([{"systemuserid": app, "applicationid": app,
                "isdisabled": false,
                "deletedstate": i32::from(self.users == Users::Deleted), "systemuserroles_association": [{"roleid": "r", "name": "System Administrator"}]}]))),
            Call::Rows(_) if !self.has_rows => Reply::Rows(Vec::new()),
            Call::Rows(_) => Reply::Rows(from(json!([
                {"AADClientId": crate::wire::app_id::DATA_INTEGRATION, "UserId": "Admin"},
                {"AADClientId": crate::wire::app_id::RUNTIME, "UserId": "Admin"}]))),
            Call::FinopsUsers(_) => Reply::FinopsUsers(from(json!([{"UserID": "Admin", "Enabled": true}]))),
            Call::LegalEntities(_) => Reply::LegalEntities(from(json!([{"LegalEntityId": "USMF"}]))),
            Call::RootBusinessUnit(_) => Reply::BusinessUnits(from(json!([{"businessunitid": "unit"}]))),
            Call::Links(_) => Reply::Links(Vec::new()),
            other => panic!("no healthy answer to {other:?}"),
        }
    }

    /// Answers the oldest open question.
    pub(super) fn answer(&mut self, result: Result<Reply, Trouble>) -> Asked {
        let (ticket, after, asked) = self.open.pop_front().expect("an open question");
        self.now = later(self.now, after);
        self.tell(Msg::Reply { ticket, result });
        asked
    }

    /// Answers questions until a change is asked for or nothing is open.
    pub(super) fn settle(&mut self) {
        while self.answer_as_it_is() {}
    }

    /// Answers the oldest open question as this world stands; `false` where there is none.
    pub(super) fn answer_as_it_is(&mut self) -> bool {
        let Some((_, _, Asked::Call(call))) = self.open.front() else { return false };
        let is_refused = self.refuses_rows && matches!(call, Call::Rows(_))
            || self.refuses_users && matches!(call, Call::FinopsUsers(_));
        let refusal = || Trouble::new(call.service(), Happened::Status(403), "no privilege");
        let result = if is_refused { Err(refusal()) } else { Ok(self.healthy(call)) };
        self.answer(result);
        true
    }

    /// Answers questions until the condition holds.
    pub(super) fn settle_until(&mut self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..100 {
            if holds(self) {
                return;
            }
            if !self.answer_as_it_is() {
                break;
            }
        }
        assert!(holds(self), "{:?}", self.flow());
    }

    pub(super) fn opened() -> Self {
        let mut world = Self::new();
        world.settle();
        world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
        world.settle();
        world
    }

    pub(super) fn running() -> Self {
        let mut world = Self::opened();
        for intent in
            [Intent::DualWriteApplication, Intent::TermsSeenToEnd, Intent::TickTerms, Intent::Configure, Intent::Ok]
        {
            world.want(intent);
        }
        world.settle();
        world
    }

    /// A repair of the identities that has asked for its first change.
    pub(super) fn repairing(users: Users) -> Self {
        Self { users, ..Self::new() }.repaired()
    }

    /// A repair of the client ID rows that has asked for its first change.
    pub(super) fn without_rows() -> Self {
        Self { has_rows: false, ..Self::new() }.repaired()
    }

    fn repaired(self) -> Self {
        let mut world = self;
        world.core_state = "Installed";
        world.settle();
        world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
        // What is not met is read again for ever.
        world.settle_until(|world| world.model.current().is_some_and(|(_, setup)| setup.reading.is_empty()));
        let mandate = Mandate { purges: true, row_user: Some("Admin".into()), ..Mandate::default() };
        world.want(Intent::RepairIdentities(mandate));
        world.settle_until(|world| !world.changes.is_empty());
        world.keep_only_changes();
        world
    }

    /// What was asked for beside a change is never answered.
    fn keep_only_changes(&mut self) {
        self.open.retain(|(_, _, asked)| matches!(asked, Asked::Change(_)));
    }

    pub(super) fn linking() -> Self {
        let mut world = Self::new();
        world.core_state = "Installed";
        world.settle();
        world.want(Intent::OpenEnvironment(EnvironmentId("pp-1".into())));
        world.settle();
        world.want(Intent::Link);
        world.want(Intent::Link);
        world.settle();
        world
    }

    /// A reset that has been asked for: dual-write is linked to another environment.
    pub(super) fn resetting() -> Self {
        let mut world = Self::opened();
        let id = EnvironmentId("pp-1".into());
        let link = json!({"cid": "c", "cname": "dw", "powerAppsEnvironment": "pp-2"});
        let set = json!({
            "environments": {"ax": {"targetType": "AX"}, "crm": {"targetType": "CRM"}},
            "dualWriteDetail": {"legalEntityMappings": {"mappings": [{"left": {"name": "USMF"}}]}}});
        let now = world.now;
        world.model.setups.work(&id, |setup| {
            setup.facts.link = Fact::Known(Some(Box::new(from(link))), now);
            setup.facts.connection_set = Fact::Known(from(set), now);
            setup.facts.maps = Fact::Known(Arc::default(), now);
            setup.flow = Flow::Mismatch;
        });
        world.want(Intent::ResetLink("uat".into()));
        assert!(matches!(world.changes[..], [Change::ResetLink { .. }]), "{:?}", world.model.notice);
        world.keep_only_changes();
        world
    }

    /// The program ends here and now; another one finds what was written down.
    pub(super) fn killed(self) -> Self {
        let run = fold(&self.recorded).expect("a run");
        assert!(run.is_unfinished());
        let mut world = Self { core_state: self.core_state, ..Self::new() };
        world.now = later(self.now, Duration::from_mins(1));
        world.tell(Msg::FoundRuns(vec![Found { run, held: None }]));
        world.settle();
        world
    }

    pub(super) fn flow(&self) -> &Flow {
        &self.model.setups[&EnvironmentId("pp-1".into())].flow
    }

    pub(super) fn step(&self) -> &Step {
        let Flow::Configuring(run) = self.flow() else { panic!("{:?}", self.flow()) };
        &run.step
    }
}
