//! What a person at a terminal feels: the first frame, a key, a still screen, a running one, memory; ours and
//! others in turns, in one run. `cargo bench --bench terminal`, five minutes. Says; asserts nothing.
//!
//! The bench starts itself once more as the smallest ratatui program, so that both are the same build. Each
//! figure is one line of fields with tabs between them: `figure`, what, ours, against, ratio or value, aim,
//! whether it is met, the spread from least to most.
//!
//! `DUALWRITE_BENCH_SECONDS` says how long a screen is watched (60), `DUALWRITE_BENCH_ONLY` which parts are
//! measured (`first`, `key`, `watch`, `memory`).

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on says so, and prints its figures"
)]

#[path = "terminal/screen.rs"]
mod screen;

use ratatui::layout::{Constraint, Layout};
use ratatui::style::Style;
use ratatui::widgets::{Block, List, ListState, Paragraph};
use screen::{Counted, END, Screen, Start, differing, printed};
use std::env;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Started with this in its environment, the bench is the smallest program.
const ROLE: &str = "DUALWRITE_BENCH_SMALLEST";
/// Frames from a start, of each.
const STARTS: usize = 31;
/// Rounds of keys, and keys in a round.
const ROUNDS: usize = 11;
const KEYS: usize = 20;
/// Rounds of memory.
const REST: usize = 7;
/// Between two keys everything comes to rest.
const BETWEEN_KEYS: Duration = Duration::from_millis(10);
/// A program that writes nothing for so long has read everything.
const QUIET: Duration = Duration::from_secs(2);
/// Parts of the time that a screen is watched, for the spread.
const PARTS: u32 = 6;
const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 60);
const DOWN: &str = "\x1b[B";
const UP: &str = "\x1b[A";
/// Last bytes of a first frame and of a later one of the smallest program.
const CORNER: &str = "┘";
const HIDDEN: &str = "\x1b[?25l";

fn main() {
    if env::var_os(ROLE).is_some() {
        smallest();
        return;
    }
    let only = env::var("DUALWRITE_BENCH_ONLY").unwrap_or_default();
    let wanted = |part: &str| only.is_empty() || only.split(',').any(|word| word == part);
    let place = Place::new();
    if wanted("first") {
        first_frame(&place);
        others(&place);
    }
    if ["key", "watch", "memory"].into_iter().any(wanted) {
        let simulator = place.simulator();
        if wanted("key") {
            key_to_paint(&place, SMALL);
            key_to_paint(&place, LARGE);
        }
        if wanted("memory") {
            memory(&place);
        }
        if wanted("watch") {
            watch(&place);
        }
        drop(simulator);
    }
}

/// A list of two rows and a line about the selected one, drawn anew at each key.
fn smallest() {
    let mut terminal = ratatui::init();
    let mut state = ListState::default().with_selected(Some(0));
    loop {
        let _ = terminal.draw(|frame| {
            let block = Block::bordered().title("smallest");
            let [list, about] =
                Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(block.inner(frame.area()));
            frame.render_widget(block, frame.area());
            let rows = List::new(["contoso-uat", "contoso-prod"]).highlight_style(Style::new().reversed());
            frame.render_stateful_widget(rows, list, &mut state);
            frame.render_widget(Paragraph::new(format!("The row {:?} is selected", state.selected())), about);
        });
        match crossterm::event::read() {
            Ok(crossterm::event::Event::Key(key)) if key.code == crossterm::event::KeyCode::Char('q') => break,
            Ok(_) => state.select(Some(1 - state.selected().unwrap_or(0).min(1))),
            Err(_) => break,
        }
    }
    ratatui::restore();
}

/// Programs, and directories of their own.
struct Place {
    dir: tempfile::TempDir,
    own: PathBuf,
    ours: PathBuf,
}

/// The simulator in a process of its own, so that only the wizard is counted.
struct Simulator(Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let ours = env::var_os("DUALWRITE_BENCH_PROGRAM").unwrap_or(env!("CARGO_BIN_EXE_dualwrite").into());
        Self { dir, own: env::current_exe().expect("the path of the bench"), ours: ours.into() }
    }

    /// `DUALWRITE_BENCH_PROGRAM` names another build of ours.
    fn ours(&self) -> &Path {
        &self.ours
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn start<'a>(&self, program: &'a Path, args: &[&'a str], size: (u16, u16)) -> Start<'a> {
        let variables = vec![
            ("DUALWRITE_STATE_DIR", self.path("state")),
            ("XDG_CONFIG_HOME", self.path("config")),
            ("DUALWRITE_TOKEN_STORE", "file".to_owned()),
            ("PATH", env::var("PATH").unwrap_or_default()),
            ("HOME", env::var("HOME").unwrap_or_default()),
        ];
        Start { program, args: args.to_vec(), variables, size }
    }

    fn smallest(&self, size: (u16, u16)) -> Screen {
        let mut start = self.start(&self.own, &[], size);
        start.variables.push((ROLE, "1".to_owned()));
        Screen::start(&start)
    }

    fn simulator(&self) -> Simulator {
        let profile = self.path("cloud.toml");
        let mut command = Command::new(self.ours());
        command.args(["simulate", "--speed", "1", "--write-profile", &profile]).stdout(Stdio::null());
        let simulator = Simulator(command.spawn().expect("the simulator starts"));
        let end = Instant::now() + Duration::from_secs(10);
        while !Path::new(&profile).exists() {
            assert!(Instant::now() < end, "no profile of the simulator");
            thread::sleep(Duration::from_millis(5));
        }
        let mut sign_in = Command::new(self.ours());
        sign_in.args(["sign-in", "--cloud", &profile]).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, value) in self.start(self.ours(), &[], SMALL).variables {
            sign_in.env(name, value);
        }
        assert!(sign_in.status().expect("the program starts").success(), "no sign-in");
        simulator
    }

    /// The wizard on the list of environments of the simulator, at rest.
    fn wizard(&self, size: (u16, u16)) -> Screen {
        let profile = self.path("cloud.toml");
        let screen = Screen::start(&self.start(self.ours(), &["--cloud", &profile], size));
        screen.wait("contoso-uat");
        screen.quiet(QUIET);
        screen
    }
}

fn first_frame(place: &Place) {
    let (mut ours, mut other) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        other.push(ms(place.smallest(SMALL).first(CORNER)));
        ours.push(ms(Screen::start(&place.start(place.ours(), &["demo"], SMALL)).first(END)));
    }
    ratio("first frame, ms", &mut ours, "smallest ratatui program", &mut other, 1.3);
}

/// Other programs that an admin has.
fn others(place: &Place) {
    for (name, argument) in [("m365", "version"), ("az", "--version")] {
        let what = format!("first frame against {name} {argument}, ms");
        let path = env::var_os("PATH").unwrap_or_default();
        let Some(program) = env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file()) else {
            row(&[&what, "-", &format!("{name} is not on this machine"), "-", "20 times sooner", "not measured", "-"]);
            continue;
        };
        let (mut ours, mut other) = (Vec::new(), Vec::new());
        for _ in 0..REST {
            let began = Instant::now();
            let mut command = Command::new(&program);
            let _ = command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            other.push(ms(began.elapsed()));
            ours.push(ms(Screen::start(&place.start(place.ours(), &["demo"], SMALL)).first(END)));
        }
        let pairs = ours.iter().zip(&other).map(|(ours, other)| other / ours).collect();
        let (ours, other, (sooner, spread)) = (median(&mut ours), median(&mut other), spread(pairs));
        row(&[
            &what,
            &format!("{ours:.2}"),
            &format!("{name} {other:.0}"),
            &format!("{sooner:.0} times sooner"),
            "20 times sooner",
            met(sooner >= 20.0),
            &spread,
        ]);
    }
}

fn key_to_paint(place: &Place, size: (u16, u16)) {
    let (mut ours, mut other, mut bytes) = (Vec::new(), Vec::new(), 0);
    let (mut wizard, mut smallest) = (place.wizard(size), place.smallest(size));
    smallest.wait(CORNER);
    smallest.quiet(BETWEEN_KEYS);
    for _ in 0..ROUNDS {
        let mut round = |screen: &mut Screen, end| {
            let mut all: Vec<f64> = (0..KEYS)
                .map(|key| {
                    thread::sleep(BETWEEN_KEYS);
                    let (took, count) = screen.key_to_paint(if key % 2 == 0 { DOWN } else { UP }, end);
                    bytes = count;
                    ms(took)
                })
                .collect();
            median(&mut all)
        };
        other.push(round(&mut smallest, HIDDEN));
        ours.push(round(&mut wizard, END));
    }
    let what = format!("key to paint at {}x{}, ms ({bytes} bytes)", size.0, size.1);
    ratio(&what, &mut ours, "smallest ratatui program", &mut other, 1.5);
}

fn memory(place: &Place) {
    let Some(program) = client() else { return };
    let address = answering();
    let (mut ours, mut other) = (Vec::new(), Vec::new());
    for _ in 0..REST {
        let mut start = place.start(&program, &[], SMALL);
        start.variables.push(("DUALWRITE_BENCH_ADDRESS", address.clone()));
        let client = Screen::start(&start);
        client.wait(CORNER);
        client.quiet(QUIET);
        other.push(mib(&client.counted()));
        ours.push(mib(&place.wizard(SMALL).counted()));
    }
    ratio("resident memory at rest, MiB", &mut ours, "smallest ratatui program and HTTP client", &mut other, 2.0);
}

/// The program of `benches/client.rs`, built as this one is: in this one its code would make the smallest
/// program larger than it is.
fn client() -> Option<PathBuf> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["bench", "--bench", "client", "--no-run", "--message-format", "json"]);
    // What cargo tells a bench of its package would make it build everything anew.
    for (name, _) in env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let of = text.lines().rev().find(|line| line.contains("\"kind\":[\"bench\"]"))?;
    Some(of.split("\"executable\":\"").nth(1)?.split('"').next()?.into())
}

/// A server on this machine that answers whoever asks.
fn answering() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("its address"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nclient");
            // Kept open, as the connections of the wizard are.
            thread::spawn(move || stream.read(&mut request));
        }
    });
    address
}

/// A still screen and a running one, side by side: each is a process of its own. Twice, because what was read
/// leaves connections behind that are closed later, and because a set-up is looked at more often while it is young.
fn watch(place: &Place) {
    let seconds: u32 = env::var("DUALWRITE_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (still, mut running) = (place.wizard(SMALL), place.wizard(SMALL));
    for (keys, text) in
        [("\r", "[ Dual-write application ]"), ("\r", " Terms and conditions "), ("\x1b[F \r", "[ OK ]")]
    {
        running.press(keys);
        running.wait_shown(text, SMALL);
    }
    running.press("\r");
    let mut parser = running.wait_shown(" Setup progress ", SMALL);
    for name in ["first", "second"] {
        let span = Span { seconds, name };
        still.until(Instant::now());
        let (mut at, mut written, began) = (vec![(still.counted(), running.counted())], Vec::new(), Instant::now());
        let mut bytes = Vec::new();
        for number in 1..=PARTS {
            let part = running.until(began + span.part() * number);
            bytes.push(part.len() as u64);
            written.extend(part);
            at.push((still.counted(), running.counted()));
        }
        let each = |of: fn(&(Counted, Counted), &(Counted, Counted)) -> u64| -> Vec<u64> {
            at.windows(2).map(|pair| of(&pair[1], &pair[0])).collect()
        };
        let wake_ups = each(|now, before| now.0.wake_ups_since(&before.0));
        span.none("still screen", "wake-ups of all threads", &wake_ups);
        span.none("still screen", "CPU, ticks of the clock", &each(|now, before| now.0.ticks - before.0.ticks));
        span.none("still screen", "bytes", &[still.until(Instant::now()).len() as u64]);
        let wake_ups = each(|now, before| now.1.wake_ups_since(&before.1));
        span.rate("wake-ups a second, all threads", &wake_ups, Some(1.0));
        span.rate("bytes a second", &bytes, None);
        span.cells(&mut parser, &written);
    }
}

/// One of the times that the screens are watched.
struct Span {
    seconds: u32,
    name: &'static str,
}

impl Span {
    fn part(&self) -> Duration {
        Duration::from_secs(self.seconds.into()) / PARTS
    }

    fn what(&self, screen: &str, what: &str) -> String {
        format!("{screen}, {} {} s: {what}", self.name, self.seconds)
    }

    /// What shall not be at all.
    fn none(&self, screen: &str, what: &str, each: &[u64]) {
        let (sum, least, most) = (each.iter().sum::<u64>(), each.iter().min(), each.iter().max());
        let spread = format!("{} to {} in a part", least.unwrap_or(&0), most.unwrap_or(&0));
        let sum_text = sum.to_string();
        row(&[&self.what(screen, what), &sum_text, "-", &sum_text, "0", met(sum == 0), &spread]);
    }

    /// What happens on the screen that runs.
    fn rate(&self, what: &str, each: &[u64], aim: Option<f64>) {
        let seconds = |count: u64| Duration::from_secs(count).as_secs_f64();
        let mean = seconds(each.iter().sum()) / f64::from(self.seconds);
        let (_, spread) = spread(each.iter().map(|count| seconds(*count) / self.part().as_secs_f64()).collect());
        let value = format!("{mean:.2}");
        let (aim, is_met) = aim.map_or(("-".into(), "-"), |aim| (format!("{aim}"), met(mean <= aim)));
        row(&[&self.what("progress screen", what), &value, "-", &value, &aim, is_met, &spread]);
    }

    /// Cells that were written against cells that are different afterwards.
    fn cells(&self, parser: &mut vt100::Parser, written: &[u8]) {
        let text = String::from_utf8_lossy(written);
        let (mut cells, mut changed) = (Vec::new(), 0);
        for frame in text.split_inclusive(END).filter(|frame| frame.ends_with(END)) {
            let before = parser.screen().clone();
            parser.process(frame.as_bytes());
            cells.push(printed(frame.as_bytes()));
            changed += differing(&before, parser.screen());
        }
        let sum: usize = cells.iter().sum();
        let (least, most) = (cells.iter().min().unwrap_or(&0), cells.iter().max().unwrap_or(&0));
        row(&[
            &self.what("progress screen", &format!("cells written in {} frames", cells.len())),
            &sum.to_string(),
            &format!("cells that changed {changed}"),
            &format!("{} more", sum.saturating_sub(changed)),
            "0 more",
            met(sum <= changed),
            &format!("{least} to {most} a frame"),
        ]);
    }
}

/// One figure: median against median; the spread is that of the pairs, which were measured one after the other.
fn ratio(what: &str, ours: &mut [f64], name: &str, other: &mut [f64], aim: f64) {
    let (value, spread) = spread(ours.iter().zip(&*other).map(|(ours, other)| ours / other).collect());
    let (ours, other) = (median(ours), median(other));
    row(&[
        what,
        &format!("{ours:.2}"),
        &format!("{name} {other:.2}"),
        &format!("{value:.2}"),
        &format!("{aim} times"),
        met(value <= aim),
        &spread,
    ]);
}

fn row(fields: &[&str; 7]) {
    println!("figure\t{}", fields.join("\t"));
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

/// The median, and from the least to the most.
fn spread(mut all: Vec<f64>) -> (f64, String) {
    let middle = median(&mut all);
    (middle, format!("{:.2} to {:.2}", all[0], all[all.len() - 1]))
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mib(counted: &Counted) -> f64 {
    Duration::from_secs(counted.resident).as_secs_f64() / 1024.0
}
