//! When to look: our schedule beside the fixed and the growing intervals of other tools, on the same made-up
//! operations. `cargo bench --bench schedule`. Says; asserts nothing. Nothing here asks a clock: the same table on
//! every machine.
//!
//! An operation is what an admin meets: four hundred tenants, each somewhat faster or slower than what is
//! documented, each with thirty operations in turn (core solution, application, link) whose durations are
//! log-normal; of a hundred, eight have a heavy tail (Pareto, up to six hours), five fail before their time,
//! and ten watchers are restarted on the way. One look in a hundred gets no answer. What a service allows is left
//! out for all alike.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use dualwrite::core::schedule::prior::{Experience, Prior, Watched};
use dualwrite::core::schedule::{Pacing, back_off};
use std::f64::consts::TAU;
use std::time::Duration;

/// Tenants.
const TENANTS: usize = 400;
/// Operations of each.
const OPERATIONS: usize = 30;
/// Documented medians, in seconds, in the order in which a set-up meets them.
const KINDS: [(Watched, f64); 3] =
    [(Watched::CoreSolution, 360.0), (Watched::Application, 600.0), (Watched::Link, 150.0)];
/// How much tenants differ, and the operations of one tenant: standard deviations of the logarithm.
const SPREADS: (f64, f64) = (0.4, 0.4);
/// Of a hundred operations, so many have a heavy tail.
const TAILS: f64 = 0.08;
/// Exponent of that tail.
const TAIL: f64 = 1.5;
/// Of a hundred operations, so many fail before their time.
const FAILURES: f64 = 0.05;
/// Of a hundred watchers, so many are restarted.
const RESTARTS: f64 = 0.1;
/// A restarted watcher is away so many seconds on average.
const AWAY: f64 = 300.0;
/// Of a hundred looks, so many get no answer.
const MISSES: f64 = 0.01;
/// No operation takes longer, in seconds.
const LONGEST: f64 = 6.0 * 3600.0;

/// One operation.
struct Operation {
    of: Watched,
    /// Seconds.
    took: f64,
    /// The watcher is away from here, for so long, in seconds.
    away: Option<(f64, f64)>,
}

/// A way to place looks.
enum Way {
    /// Every so many seconds.
    Fixed(f64),
    /// From so many seconds on, times this, up to that.
    Growing { first: f64, factor: f64, longest: f64 },
    /// Ours.
    Ours(Pacing),
}

/// What came of a way.
struct Outcome {
    /// Seconds from done to noticed: mean and 95th percentile.
    mean: f64,
    p95: f64,
    /// Requests for one operation.
    requests: f64,
}

/// Dice: splitmix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (f64::from(u32::try_from(bits >> 32).unwrap_or(0)) + 0.5) / (f64::from(u32::MAX) + 1.0)
    }

    /// Normally distributed (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        (-2.0 * self.roll().ln()).sqrt() * (TAU * self.roll()).cos()
    }
}

fn tenants(seed: u64) -> Vec<Vec<Operation>> {
    let mut dice = Dice(seed);
    let mut tenant = || {
        let own = (SPREADS.0 * dice.normal()).exp();
        KINDS.iter().cycle().take(OPERATIONS).map(|(of, median)| operation(*of, median * own, &mut dice)).collect()
    };
    (0..TENANTS).map(|_| tenant()).collect()
}

fn operation(of: Watched, median: f64, dice: &mut Dice) -> Operation {
    let usual = median * (SPREADS.1 * dice.normal()).exp();
    let kind = dice.roll();
    let took = if kind < TAILS {
        median * dice.roll().powf(-1.0 / TAIL)
    } else if kind < TAILS + FAILURES {
        usual * dice.roll()
    } else {
        usual
    };
    let is_restarted = dice.roll() < RESTARTS;
    let away = (usual * dice.roll(), AWAY * -dice.roll().ln());
    Operation { of, took: took.clamp(2.0, LONGEST), away: is_restarted.then_some(away) }
}

impl Way {
    fn pause(&self, prior: &Prior, elapsed: f64, looks: i32, dice: &mut Dice) -> f64 {
        match self {
            Self::Fixed(seconds) => *seconds,
            Self::Growing { first, factor, longest } => (first * factor.powi(looks)).min(*longest),
            Self::Ours(pacing) => pacing.pause(prior, Duration::from_secs_f64(elapsed), dice.roll()).as_secs_f64(),
        }
    }

    /// The pause after a look without an answer: theirs is the next turn.
    fn pause_after_a_miss(&self, dice: &mut Dice) -> Option<f64> {
        matches!(self, Self::Ours(_)).then(|| back_off(1, None, dice.roll()).as_secs_f64())
    }

    /// Seconds from done to noticed, when it was noticed, and how many requests it took.
    fn watch(&self, operation: &Operation, prior: &Prior, dice: &mut Dice) -> (f64, f64, u32) {
        let (mut at, mut looks, mut requests, mut back) = (0.0_f64, 0, 0, 0.0_f64);
        let mut away = operation.away;
        let mut missed = None;
        loop {
            let pause = missed.take().unwrap_or_else(|| self.pause(prior, at, looks, dice));
            if let Some((from, length)) = away.take_if(|(from, _)| at + pause > *from) {
                // Whoever is back looks at once.
                at = from.max(at) + length;
                (back, looks) = (at, 0);
            } else {
                at += pause;
                looks += 1;
            }
            requests += 1;
            if dice.roll() < MISSES {
                missed = self.pause_after_a_miss(dice);
            } else if at >= operation.took {
                return (at - operation.took.max(back).min(at), at, requests);
            }
        }
    }

    fn watch_all(&self, tenants: &[Vec<Operation>], learns: bool) -> Outcome {
        let mut dice = Dice(7);
        let (mut late, mut requests) = (Vec::new(), 0);
        for tenant in tenants {
            let mut learned = Experience::default();
            for operation in tenant {
                let (delay, noticed, asked) = self.watch(operation, &learned.prior(operation.of), &mut dice);
                late.push(delay);
                requests += asked;
                // What was interrupted teaches nothing.
                if learns && operation.away.is_none_or(|(from, _)| from > noticed) {
                    learned.add(operation.of, Duration::from_secs_f64(noticed));
                }
            }
        }
        late.sort_by(f64::total_cmp);
        let count = f64::from(u32::try_from(late.len()).unwrap_or(u32::MAX));
        let (mean, p95) = (late.iter().sum::<f64>() / count, late[late.len() * 95 / 100]);
        Outcome { mean, p95, requests: f64::from(requests) / count }
    }
}

impl Outcome {
    fn row(&self, name: &str) {
        println!("| {name:<34} | {:>7.1} s | {:>7.1} s | {:>6.1} |", self.mean, self.p95, self.requests);
    }

    fn is_sooner_than(&self, other: &Self) -> bool {
        self.mean < other.mean && self.p95 < other.p95 && self.requests <= other.requests
    }

    fn asks_less_than(&self, other: &Self) -> bool {
        self.mean <= other.mean && self.p95 <= other.p95 && self.requests < other.requests
    }
}

fn main() {
    let tenants = tenants(1);
    let others = [
        ("every 60 s", Way::Fixed(60.0)),
        ("every 30 s", Way::Fixed(30.0)),
        ("every 15 s", Way::Fixed(15.0)),
        ("every 10 s", Way::Fixed(10.0)),
        ("2 s, doubled, up to 1 min", Way::Growing { first: 2.0, factor: 2.0, longest: 60.0 }),
        ("2 s, doubled, up to 5 min", Way::Growing { first: 2.0, factor: 2.0, longest: 300.0 }),
        ("5 s, half as much more each time", Way::Growing { first: 5.0, factor: 1.5, longest: f64::INFINITY }),
        ("10 s, doubled", Way::Growing { first: 10.0, factor: 2.0, longest: f64::INFINITY }),
    ];
    println!("{} operations; from done to noticed\n", TENANTS * OPERATIONS);
    println!("| {:<34} | {:>9} | {:>9} | {:>6} |", "looks", "mean", "95 of 100", "asked");
    println!("|{}|{}:|{}:|{}:|", "-".repeat(36), "-".repeat(10), "-".repeat(10), "-".repeat(7));
    let of = |patience: f64, longest: u64| {
        let patience = Duration::from_secs_f64(patience);
        Pacing { patience, longest: Duration::from_secs(longest), ..Pacing::DEFAULT }
    };
    let default = Way::Ours(Pacing::DEFAULT).watch_all(&tenants, true);
    default.row("ours, the default");
    Way::Ours(Pacing::DEFAULT).watch_all(&tenants, false).row("ours, if nothing were learned");
    // So close together that a setting is found where there is one.
    let settings: Vec<(Pacing, Outcome)> = (0..44)
        .flat_map(|step| [60, 240, 600].map(|longest| of(4.0 * 1.075_f64.powi(step), longest)))
        .map(|pacing| (pacing, Way::Ours(pacing).watch_all(&tenants, true)))
        .collect();
    let mut figures = Vec::new();
    for (name, way) in &others {
        let theirs = way.watch_all(&tenants, false);
        theirs.row(name);
        // The least late of those that ask no more; the one that asks least of those that are no later.
        let sooner = settings.iter().filter(|(_, ours)| ours.is_sooner_than(&theirs));
        let sooner = sooner.min_by(|(_, one), (_, other)| one.mean.total_cmp(&other.mean));
        let thriftier = settings.iter().filter(|(_, ours)| ours.asks_less_than(&theirs));
        let thriftier = thriftier.min_by(|(_, one), (_, other)| one.requests.total_cmp(&other.requests));
        figures.push(format!(
            "figure\tdone until noticed\t{:.1} s, {:.1} asked\t{name}: {:.1} s, {:.1} asked\t{:.2}\ta setting that is sooner, one that asks less\t{}\t-",
            default.mean,
            default.requests,
            theirs.mean,
            theirs.requests,
            default.mean / theirs.mean,
            if sooner.is_some() && thriftier.is_some() { "met" } else { "missed" },
        ));
        for (what, found) in [("sooner", sooner), ("asks less", thriftier)] {
            let Some((pacing, ours)) = found else {
                println!("| - no setting of ours: {what:<12} |           |           |        |");
                continue;
            };
            let (patience, longest) = (pacing.patience.as_secs_f64(), pacing.longest.as_secs());
            ours.row(&format!("- ours {patience:.1}/{longest}: {what}"));
        }
    }
    println!("\n{}", figures.join("\n"));
}
