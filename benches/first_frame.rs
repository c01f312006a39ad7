//! From start to the first frame, beside the smallest possible ratatui program, in one run; and what
//! a still screen costs. `cargo bench --bench first_frame`.
//!
//! The bench starts itself once more as the smallest program, so that both are the same build.
//! Figures are ratios of one run; the clock of another machine says something else.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on says so, and prints its figures"
)]

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Started with this in its environment, the bench is the smallest program.
const ROLE: &str = "DUALWRITE_BENCH_SMALLEST";
/// Runs of each, in turns.
const RUNS: usize = 21;
/// How long a still screen is watched.
const STILL: Duration = Duration::from_secs(10);
/// No first frame takes longer.
const LIMIT: Duration = Duration::from_secs(10);

fn main() {
    if std::env::var_os(ROLE).is_some() {
        smallest();
        return;
    }
    let state = tempfile::tempdir().expect("a temporary directory");
    let own = std::env::current_exe().expect("the path of the bench");
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_dualwrite"));
    let mut small_times = Vec::new();
    let mut our_times = Vec::new();
    for _ in 0..RUNS {
        small_times.push(first_frame(&own, &[], Some(ROLE), "smallest", state.path()));
        our_times.push(first_frame(&ours, &["demo"], None, "Environments", state.path()));
    }
    let (small, our) = (median(&mut small_times), median(&mut our_times));
    println!("first frame, median of {RUNS} runs each, 80x24");
    println!("  smallest ratatui program  {:>7.2} ms  ({})", ms(small), spread(&small_times));
    println!("  dualwrite demo            {:>7.2} ms  ({})", ms(our), spread(&our_times));
    println!("  ratio                     {:>7.2}", our.as_secs_f64() / small.as_secs_f64());
    still(&ours, state.path());
}

/// Draws one frame and waits for a key.
fn smallest() {
    let mut terminal = ratatui::init();
    let _ = terminal.draw(|frame| {
        let block = ratatui::widgets::Block::bordered().title("smallest");
        frame.render_widget(block, frame.area());
    });
    let _ = crossterm::event::read();
    ratatui::restore();
}

struct Child {
    process: Box<dyn portable_pty::Child + Send + Sync>,
    bytes: mpsc::Receiver<(Instant, Vec<u8>)>,
    writer: Box<dyn Write + Send>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    started: Instant,
}

fn start(program: &std::path::Path, args: &[&str], role: Option<&str>, state: &std::path::Path) -> Child {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(program);
    command.args(args);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env("PATH", std::env::var("PATH").unwrap_or_default());
    command.env("DUALWRITE_STATE_DIR", state);
    if let Some(role) = role {
        command.env(role, "1");
    }
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let writer = pair.master.take_writer().expect("a writer");
    let (sender, bytes) = mpsc::channel();
    let started = Instant::now();
    let process = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count) = reader.read(&mut buffer) {
            if count == 0 || sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    Child { process, bytes, writer, _master: pair.master, started }
}

fn first_frame(
    program: &std::path::Path,
    args: &[&str],
    role: Option<&str>,
    text: &str,
    state: &std::path::Path,
) -> Duration {
    let mut child = start(program, args, role, state);
    let mut all = Vec::new();
    let took = loop {
        let (at, bytes) = child.bytes.recv_timeout(LIMIT).expect("a first frame");
        all.extend(bytes);
        if all.windows(text.len()).any(|window| window == text.as_bytes()) {
            break at - child.started;
        }
    };
    let _ = child.writer.write_all(b"q");
    let _ = child.process.wait();
    took
}

fn still(program: &std::path::Path, state: &std::path::Path) {
    let mut child = start(program, &["demo"], None, state);
    // Until nothing was written for a second, everything is read and drawn.
    while child.bytes.recv_timeout(Duration::from_secs(1)).is_ok() {}
    let before = child.process.process_id().map(wake_ups);
    let end = Instant::now() + STILL;
    let mut bytes = 0;
    while let Ok((_, more)) = child.bytes.recv_timeout(end.saturating_duration_since(Instant::now())) {
        bytes += more.len();
    }
    let after = child.process.process_id().map(wake_ups);
    println!("a still screen, {} s", STILL.as_secs());
    println!("  bytes written             {bytes}");
    match (before, after) {
        (Some(Some(before)), Some(Some(after))) => println!("  wake-ups, all threads     {}", after - before),
        _ => println!("  wake-ups, all threads     this system does not count them"),
    }
    let _ = child.writer.write_all(b"q");
    let _ = child.process.wait();
}

/// Voluntary context switches of all threads so far; only Linux counts them in /proc.
fn wake_ups(process: u32) -> Option<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let status = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"))?;
        sum += line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
    }
    Some(sum)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn spread(sorted: &[Duration]) -> String {
    format!("{:.2} to {:.2}", ms(sorted[0]), ms(sorted[sorted.len() - 1]))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
