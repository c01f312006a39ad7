//! What 10,000 environments and their set-ups take: memory, and one `update`. `cargo bench --bench scale`. Says;
//! asserts nothing. Linux only: it reads /proc.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on says so, and prints its figures"
)]

#[path = "many/mod.rs"]
mod many;
#[path = "../tests/scene/mod.rs"]
mod scene;

use dualwrite::core::call::Reply;
use dualwrite::core::effect::Effect;
use dualwrite::core::msg::{Intent, Msg, Ticket};
use dualwrite::core::update::update;
use many::{Many, figure, id, resident, spread};
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

/// Environments.
const MANY: usize = 10_000;
/// Environments of which the set-ups are counted from: before, the room that the allocator keeps is not known.
const SOME: usize = 1_000;
/// Rounds of which the median is told.
const ROUNDS: usize = 9;
/// Updates of one kind in a round.
const UPDATES: u32 = 2_000;

fn main() {
    // Each kind of memory in a process of its own: what one has freed would be room for the next.
    if std::env::args().any(|word| word == "memory") {
        return memory();
    }
    let program = std::env::current_exe().expect("a program");
    let all: Vec<Vec<f64>> = (0..ROUNDS)
        .map(|_| {
            let out = Command::new(&program).arg("memory").output().expect("it runs").stdout;
            let out = String::from_utf8_lossy(&out).into_owned();
            out.split_whitespace().filter_map(|word| word.parse().ok()).collect()
        })
        .collect();
    let tell = |place: usize, what: &str, unit: &str, limit: f64| {
        let (median, least, most) = spread(all.iter().filter_map(|round| round.get(place).copied()).collect());
        let value = format!("{median:.1} {unit}");
        let (aim, spread) = (format!("{limit:.0} {unit}"), format!("{least:.1} to {most:.1} {unit}"));
        println!("{}", figure(what, &value, "-", &value, &aim, median < limit, &spread));
    };
    tell(0, "memory of 10,000 listed environments", "MiB", 60.0);
    tell(1, "memory per further set-up that runs", "KiB", 4.0);
    tell(2, "memory of 10,000 environments with a set-up each", "MiB", 60.0);
    updates();
}

/// Says MiB of a list, KiB of a further set-up, MiB in all.
fn memory() {
    let before = resident();
    let mut many = Many::listed(MANY);
    let listed = resident() - before;
    many.start(0..SOME);
    let some = resident();
    many.start(SOME..MANY);
    many.watched.clear();
    let all = resident();
    let mib = |kib: u64| f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0;
    let each = mib(all - some) * 1024.0 / f64::from(u32::try_from(MANY - SOME).unwrap_or(1));
    println!("{} {each} {}", mib(listed), mib(all));
    black_box(many);
}

/// Microseconds of one update of each kind, with one set-up and with 10,000.
fn updates() {
    type Kind = (&'static str, fn(&mut Many));
    let kinds: [Kind; 4] = [
        ("a reading of what runs", reading),
        ("a reply nobody waits for", unasked),
        ("a key", key),
        ("an exchange", exchange),
    ];
    let mut one = Many::listed(1);
    one.start(0..1);
    let mut all = Many::listed(MANY);
    all.start(0..MANY);
    println!("size of a set-up: {} bytes", size_of::<dualwrite::core::setup::Setup>());
    for (what, kind) in kinds {
        let measure = |many: &mut Many| {
            let began = Instant::now();
            for _ in 0..UPDATES {
                kind(many);
            }
            began.elapsed().as_secs_f64() * 1e6 / f64::from(UPDATES)
        };
        let (mut few, mut lots, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (with_one, with_all) = (measure(&mut one), measure(&mut all));
            few.push(with_one);
            lots.push(with_all);
            ratios.push(with_all / with_one);
        }
        let ((few, ..), (lots, least, most), (ratio, low, high)) = (spread(few), spread(lots), spread(ratios));
        println!(
            "{}",
            figure(
                &format!("update: {what}, 10,000 set-ups"),
                &format!("{lots:.2} µs"),
                &format!("1 set-up: {few:.2} µs"),
                &format!("{ratio:.2} times ({low:.2} to {high:.2})"),
                "5 µs and no growth",
                // Twice the time is growth; what a colder cache costs is not.
                lots < 5.0 && ratio < 2.0,
                &format!("{least:.2} to {most:.2} µs")
            )
        );
    }
}

fn reading(many: &mut Many) {
    // They come back in turn, as they are asked.
    let (ticket, call) = many.watched.pop_front().expect("something is watched");
    let operation =
        serde_json::from_str(r#"{"operationId": "7e57c0de-0000-4000-8000-000000000001", "status": "Running"}"#);
    let result = Ok(Reply::Operation { operation: operation.ok(), retry_after: None });
    for effect in update(&mut many.model, Msg::Reply { ticket, result }, many.now) {
        if let Effect::Call { ticket, .. } = effect {
            many.watched.push_back((ticket, call.clone()));
        }
    }
}

fn unasked(many: &mut Many) {
    let reply = Msg::Reply { ticket: Ticket(u64::MAX), result: Ok(Reply::Done) };
    black_box(update(&mut many.model, reply, many.now));
}

fn key(many: &mut Many) {
    black_box(update(&mut many.model, Msg::Intent(Intent::OpenEnvironment(id(0))), many.now));
}

fn exchange(many: &mut Many) {
    let exchange = dualwrite::core::exchange::Exchange {
        at: many.now,
        service: dualwrite::core::service::Service::PowerPlatform,
        method: "GET".into(),
        host: "api.powerplatform.com".into(),
        path: "/appmanagement/environments/x/operations/y".into(),
        ending: dualwrite::core::exchange::Ending::Answered(200),
        refusal: None,
        took: std::time::Duration::from_millis(100),
        attempt: 1,
        request_id: None,
        correlations: Vec::new(),
        retry_after: None,
    };
    black_box(update(&mut many.model, Msg::Exchange(Box::new(exchange)), many.now));
}
