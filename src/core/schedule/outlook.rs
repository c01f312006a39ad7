//! The time still to go, as a range: what is likely, never a promise.

use super::prior::{Experience, Watched};
use super::{CONFIGURE_USUAL, LINK_USUAL};
use crate::core::configuring::{Configuring, StageState, Step};
use crate::core::facts::{Facts, PackageState};
use crate::core::linking::{LinkStep, Linking, Way};
use crate::core::plan::{APPLICATION_PACKAGE, CORE_PACKAGE, StageId};
use crate::core::setup::{Flow, Setup};
use crate::core::time::{Now, between};
use std::time::Duration;

/// Making and checking the identities of one side, and the last check: first tenth, middle, ninth tenth.
const IDENTITIES: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(8), Duration::from_secs(20)];

/// Up to here the time still to go is told in seconds.
const TOLD_IN_SECONDS: Duration = Duration::from_secs(100);

/// The share that is shown as over once something takes longer than usual.
const LATE: f64 = 0.95;

/// How much longer something will take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// One in ten is through sooner.
    pub least: Duration,
    /// Half are through sooner.
    pub likely: Duration,
    /// One in ten takes longer.
    pub most: Duration,
}

impl Outlook {
    /// One thing after another. Medians add up; what each may differ from its median adds up as squares,
    /// because what is early and what is late make up for each other.
    fn of(parts: impl IntoIterator<Item = [Duration; 3]>) -> Self {
        let (mut likely, mut below, mut above) = (0.0_f64, 0.0_f64, 0.0_f64);
        for [least, middle, most] in parts.into_iter().map(|part| part.map(|part| part.as_secs_f64())) {
            likely += middle;
            below += (middle - least).powi(2);
            above += (most - middle).powi(2);
        }
        let of = Duration::from_secs_f64;
        Self { least: of((likely - below.sqrt()).max(0.0)), likely: of(likely), most: of(likely + above.sqrt()) }
    }

    /// The time still to go, as a range: `4 to 13 min more`. Rounded outwards, so that it does not tick.
    pub fn words(&self) -> String {
        let unit = |length: Duration, seconds_up_to: Duration| match length {
            short if short <= seconds_up_to => ("s", 1, 10),
            long if long < Duration::from_hours(3) => ("min", 60, 1),
            _ => ("h", 3600, 1),
        };
        let (large, large_size, large_step) = unit(self.most, TOLD_IN_SECONDS);
        // What is rounded down says more in seconds only below a minute.
        let below = if large == "s" { TOLD_IN_SECONDS } else { Duration::from_secs(59) };
        let (small, size, step) = unit(self.least, below);
        let least = self.least.as_secs() / (size * step) * step;
        let most = self.most.as_secs().div_ceil(large_size * large_step) * large_step;
        match least {
            0 => format!("up to {most} {large} more"),
            _ if small == large => format!("{least} to {most} {large} more"),
            _ => format!("{least} {small} to {most} {large} more"),
        }
    }

    /// Of what took so long already, the share that is likely to be over: 0 to 1. What has lasted long is likely to last
    /// the longer still; but a bar that went back would say that something was lost, so no more than `usual` is thought
    /// of as the whole.
    pub fn share_done(&self, elapsed: Duration, usual: Duration) -> f64 {
        let all = (elapsed + self.likely).min(usual.max(elapsed)).as_secs_f64();
        if all > 0.0 { (elapsed.as_secs_f64() / all).min(LATE) } else { 1.0 }
    }
}

/// The operation that is watched while this package is installed.
pub fn installation(package: &str) -> Watched {
    match package {
        CORE_PACKAGE => Watched::CoreSolution,
        APPLICATION_PACKAGE => Watched::Application,
        _ => Watched::Module,
    }
}

/// How much longer Configure will take: what is being installed, and what follows.
pub fn configure(run: &Configuring, facts: &Facts, learned: &Experience, now: Now) -> Outlook {
    let is_open = |id: StageId| {
        run.stages
            .iter()
            .any(|stage| stage.id == id && matches!(stage.state, StageState::Waiting | StageState::Running))
    };
    let application = run.mandate.packages();
    let all = [(StageId::CoreSolution, CORE_PACKAGE)]
        .into_iter()
        .chain(application.into_iter().map(|package| (StageId::Application, package)));
    let installed = |package: &str| matches!(facts.package(package), Some(PackageState::Installed { .. }));
    let installations =
        all.filter(|(stage, package)| is_open(*stage) && !installed(package)).map(|(stage, package)| {
            let elapsed = match &run.step {
                Step::Watch(install) if run.stage().id == stage && run.installs() == Some(package) => {
                    between(install.since, now)
                }
                _ => Duration::ZERO,
            };
            learned.prior(installation(package)).to_go(elapsed)
        });
    let identities = [StageId::ApplicationUsers, StageId::ClientIdRows, StageId::Verification];
    Outlook::of(installations.chain(identities.into_iter().filter(|id| is_open(*id)).map(|_| IDENTITIES)))
}

/// How much longer the service will take to link both sides; none where that is not what is waited for.
pub fn link(link: &Linking, learned: &Experience, now: Now) -> Option<Outlook> {
    let is_waited_for = matches!(link.step, LinkStep::Look | LinkStep::Start | LinkStep::Watch);
    is_waited_for.then(|| Outlook::of([learned.prior(Watched::Link).to_go(between(link.started, now))]))
}

/// How far the work of a set-up is, as one number for a taskbar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing runs.
    #[default]
    Nothing,
    /// So many percent are likely to be over.
    Share(u8),
    /// A person must do something before it goes on.
    Waits,
    /// It failed.
    Failed,
}

/// How far what runs in a set-up is; what failed stays failed until somebody goes on.
pub fn progress(setup: &Setup, learned: &Experience, now: Now) -> Progress {
    let share = |outlook: &Outlook, since: Now, usual: Duration| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
        Progress::Share((outlook.share_done(between(since, now), usual) * 100.0) as u8)
    };
    match &setup.flow {
        Flow::Configuring(run) => share(&configure(run, &setup.facts, learned, now), run.started, CONFIGURE_USUAL),
        Flow::Linking(_) if setup.waits_for_person() => Progress::Waits,
        Flow::Linking(way) => {
            link(way, learned, now).map_or(Progress::Share(0), |outlook| share(&outlook, way.started, LINK_USUAL))
        }
        Flow::ConfigureFailed(..) | Flow::LinkFailed(..) => Progress::Failed,
        _ => Progress::Nothing,
    }
}

/// The time still to go, for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Still {
    /// It is likely to lie here.
    Within(Outlook),
    /// It takes longer than usual already.
    LongerThanUsual,
}

impl Still {
    /// In a few words, never as a promise.
    pub fn in_words(self) -> String {
        match self {
            Self::Within(outlook) => format!("{} (estimate)", outlook.words()),
            Self::LongerThanUsual => "longer than usual".to_owned(),
        }
    }

    /// The same where there is little room: what is cut off at the end is not the word that it is an estimate.
    pub fn in_short(self) -> String {
        match self {
            Self::Within(outlook) => format!("est. {}", outlook.words()),
            Self::LongerThanUsual => self.in_words(),
        }
    }
}

/// The time still to go of what runs in a set-up; none where nobody can tell.
pub fn still(setup: &Setup, learned: &Experience, now: Now) -> Option<Still> {
    let (since, usual, outlook) = match &setup.flow {
        Flow::Configuring(run) => (run.started, CONFIGURE_USUAL, configure(run, &setup.facts, learned, now)),
        Flow::Linking(of) if of.way == Way::Direct => (of.started, LINK_USUAL, link(of, learned, now)?),
        _ => return None,
    };
    if between(since, now) >= usual {
        return Some(Still::LongerThanUsual);
    }
    Some(Still::Within(outlook))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_never_goes_back() {
        let prior = Experience::default().prior(Watched::Application);
        let shares: Vec<f64> = (0..90)
            .map(Duration::from_mins)
            .map(|elapsed| Outlook::of([prior.to_go(elapsed)]).share_done(elapsed, CONFIGURE_USUAL))
            .collect();
        assert!(shares.is_sorted(), "{shares:?}");
        assert!(shares[0] < 0.01 && shares[89] < 1.0);
    }

    #[test]
    fn what_is_early_and_what_is_late_make_up_for_each_other() {
        let part = [60, 120, 240].map(Duration::from_secs);
        let one = Outlook::of([part]);
        let four = Outlook::of([part; 4]);
        assert_eq!((one.least, one.likely, one.most), (part[0], part[1], part[2]));
        assert_eq!(four.likely, one.likely * 4);
        assert_eq!((four.least, four.most), (Duration::from_mins(6), Duration::from_mins(12)));
        assert!((one.share_done(Duration::from_secs(40), CONFIGURE_USUAL) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_time_to_go_is_rounded_outwards_and_never_jumps_back() {
        let told = |least, most| {
            Outlook { least: Duration::from_secs(least), likely: Duration::ZERO, most: Duration::from_secs(most) }
                .words()
        };
        assert_eq!(told(260, 750), "4 to 13 min more");
        assert_eq!(told(95, 750), "1 to 13 min more");
        assert_eq!(told(55, 750), "50 s to 13 min more");
        assert_eq!(told(5, 750), "up to 13 min more");
        assert_eq!(told(21, 83), "20 to 90 s more");
        assert_eq!(told(600, 15_000), "10 min to 5 h more");
    }
}
