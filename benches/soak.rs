//! A day of fifty set-ups on a bad network: the real program without a screen, its memory, its open files, its
//! record, hour by hour. In the middle the machine sleeps for eight hours. `cargo bench --bench soak`, about two
//! minutes. Says; asserts nothing. Linux only: it reads /proc.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on says so, and prints its figures"
)]

#[cfg(target_os = "linux")]
fn main() {
    soak::run();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("This reads /proc: Linux only.");
}

#[cfg(target_os = "linux")]
mod soak {
    use dualwrite::core::terms;
    use dualwrite::sim::{self, Options, Scenario};
    use rustix::process::{Pid, Signal, kill_process};
    use std::fmt::Write as _;
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Set-ups at once.
    const SET_UPS: usize = 50;
    /// Simulated seconds per second.
    const SPEED: f64 = 1_000.0;
    /// One simulated hour on the clock on the wall.
    const HOUR: Duration = Duration::from_millis(3_600);
    /// Hours until the installations are through.
    const HOURS: u32 = 24;
    /// The machine sleeps after so many hours ...
    const SLEEPS_AT: u32 = 10;
    /// ... for so many.
    const SLEEPS: u32 = 8;
    /// Of each service's requests one in a hundred fails, in one way or another.
    const FAULTS: &str = r#"
[[fault]]
every = 400
do = "status"
status = 503
body = "html"
[[fault]]
every = 401
do = "reset"
[[fault]]
every = 402
do = "truncate"
[[fault]]
service = ["lcs", "bap", "power_platform", "dataverse", "finance_operations", "gateway", "link"]
every = 403
do = "cut"
"#;

    pub fn run() {
        let names: Vec<String> = (0..SET_UPS).map(|number| format!("soak-{number:02}")).collect();
        let mut text = format!("title = \"A day\"\ndescription = \"Of fifty set-ups.\"\nonly = {names:?}\n");
        // Together a little less than a day.
        text.push_str("[durations]\nDualWriteCoreAnchor = 36_000\nmsdyn_DualWriteAppCoreAnchor = 43_200\n");
        for name in &names {
            writeln!(text, "[[environment]]\nname = \"{name}\"").unwrap();
        }
        text.push_str(FAULTS);
        let scenario = Scenario::parse(&text, "soak").unwrap();
        let start = "2026-11-24T10:00:00Z".parse().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let simulator = runtime.block_on(sim::start(Options { scenario, speed: SPEED, port: 0, start })).unwrap();
        let dir = tempfile::TempDir::new().unwrap();
        let (profile, state) = (dir.path().join("cloud.toml"), dir.path().join("state"));
        fs::write(&profile, simulator.profile_toml()).unwrap();
        let program = || {
            let mut program = Command::new(env!("CARGO_BIN_EXE_dualwrite"));
            program.arg("--cloud").arg(&profile).arg("--state-dir").arg(&state);
            program.env("DUALWRITE_TOKEN_STORE", "file").env("XDG_CONFIG_HOME", dir.path());
            program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            program
        };
        assert!(program().arg("sign-in").status().unwrap().success());
        let mut setup = program();
        setup.args(["setup", "--json", "--yes", "--accept-terms", terms::version(), "--environment"]).args(&names);
        let mut child = setup.spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let begun = Instant::now();
        println!("hour  memory KiB  open files  threads  record KiB  requests");
        for hour in 1..=HOURS + SLEEPS {
            let asleep = (SLEEPS_AT..SLEEPS_AT + SLEEPS).contains(&hour);
            if hour == SLEEPS_AT {
                kill_process(pid, Signal::STOP).unwrap();
            }
            thread::sleep((HOUR * hour).saturating_sub(begun.elapsed()));
            if hour + 1 == SLEEPS_AT + SLEEPS {
                kill_process(pid, Signal::CONT).unwrap();
            }
            if let Some(status) = child.try_wait().unwrap() {
                println!("ended in hour {hour}: {status}");
                break;
            }
            let word = if asleep { "  (asleep)" } else { "" };
            let requests = simulator.counters().requests;
            println!(
                "{hour:>4}  {}  {:>10}  {requests:>8}{word}",
                process(child.id()),
                size(&state.join("runs")) / 1024
            );
        }
        let _ = child.kill();
        let counters = simulator.counters();
        let installs: u32 = counters.installs.values().sum();
        println!("installations {installs} of {}, links {} of {SET_UPS}", 2 * SET_UPS, counters.links_completed);
        let inside = runtime.enter();
        drop(simulator);
        drop(inside);
    }

    /// Memory, open files and threads of a process.
    fn process(id: u32) -> String {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_end_matches(" kB").to_owned()
        };
        let files = fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count);
        format!("{:>10}  {files:>10}  {:>7}", of("VmRSS:"), of("Threads:"))
    }

    /// Bytes in the files of a directory.
    fn size(dir: &Path) -> u64 {
        let files = fs::read_dir(dir).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }
}
