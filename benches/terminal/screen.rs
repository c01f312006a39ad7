//! A program in a pseudo-terminal, and what the system counts of it.

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Nothing waited for takes longer.
const LIMIT: Duration = Duration::from_secs(90);
/// What ends a frame of ours.
pub const END: &str = "\x1b[?2026l";

/// How a program is started.
pub struct Start<'a> {
    pub program: &'a Path,
    pub args: Vec<&'a str>,
    pub variables: Vec<(&'a str, String)>,
    /// Columns and rows.
    pub size: (u16, u16),
}

/// A program in a terminal of its own; dropping it ends it.
pub struct Screen {
    process: Box<dyn portable_pty::Child + Send + Sync>,
    bytes: mpsc::Receiver<(Instant, Vec<u8>)>,
    writer: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
    started: Instant,
}

impl Screen {
    pub fn start(start: &Start) -> Self {
        let (cols, rows) = start.size;
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(start.program);
        command.args(&start.args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in &start.variables {
            command.env(name, value);
        }
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let (sender, bytes) = mpsc::channel();
        let started = Instant::now();
        let process = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        Self { process, bytes, writer, _master: pair.master, started }
    }

    /// Waits until `text` was written; the moment its last byte came, and everything that was written.
    pub fn wait(&self, text: &str) -> (Instant, Vec<u8>) {
        let mut all = Vec::new();
        loop {
            let Ok((at, bytes)) = self.bytes.recv_timeout(LIMIT) else {
                panic!("no {text:?} in {:?}", String::from_utf8_lossy(&all));
            };
            all.extend(bytes);
            if all.windows(text.len()).any(|window| window == text.as_bytes()) {
                return (at, all);
            }
        }
    }

    /// Has the screen painted whole (Ctrl-L) until it shows `text`; what it shows then.
    pub fn wait_shown(&mut self, text: &str, size: (u16, u16)) -> vt100::Parser {
        let cells = |count| NonZeroU16::new(count).expect("a size");
        let end = Instant::now() + LIMIT;
        loop {
            self.quiet(Duration::from_millis(300));
            self.press("\x0c");
            let mut parser = vt100::Parser::new(cells(size.1), cells(size.0), 0);
            parser.process(&self.wait(END).1);
            if parser.screen().contents().contains(text) {
                return parser;
            }
            assert!(Instant::now() < end, "no {text:?} in\n{}", parser.screen().contents());
        }
    }

    /// From the start until `text` was written.
    pub fn first(&self, text: &str) -> Duration {
        self.wait(text).0 - self.started
    }

    /// Waits until nothing was written for so long.
    pub fn quiet(&self, pause: Duration) {
        while self.bytes.recv_timeout(pause).is_ok() {}
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the program reads keys");
    }

    /// From the write of a key until the frame that ends with `end`; the bytes of the frame, too.
    pub fn key_to_paint(&mut self, key: &str, end: &str) -> (Duration, usize) {
        let pressed = Instant::now();
        self.press(key);
        let (at, bytes) = self.wait(end);
        (at - pressed, bytes.len())
    }

    /// What is written until `end`, piece by piece.
    pub fn until(&self, end: Instant) -> Vec<u8> {
        let mut all = Vec::new();
        while let Ok((_, more)) = self.bytes.recv_timeout(end.saturating_duration_since(Instant::now())) {
            all.extend(more);
        }
        all
    }

    pub fn counted(&self) -> Counted {
        self.process.process_id().and_then(counted).unwrap_or_default()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.writer.write_all(b"q");
        if (0..100).all(|_| {
            thread::sleep(Duration::from_millis(2));
            matches!(self.process.try_wait(), Ok(None))
        }) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// What /proc counts of a process; zero where there is none.
#[derive(Clone, Default)]
pub struct Counted {
    /// Voluntary context switches of each thread so far: a thread that ends takes its own with it.
    threads: BTreeMap<String, u64>,
    /// Clock ticks spent so far.
    pub ticks: u64,
    /// Resident memory, KiB.
    pub resident: u64,
}

impl Counted {
    /// Voluntary context switches since then, of all threads that are still there.
    pub fn wake_ups_since(&self, before: &Self) -> u64 {
        self.threads.iter().map(|(thread, count)| count - before.threads.get(thread).unwrap_or(&0)).sum()
    }
}

fn counted(process: u32) -> Option<Counted> {
    let number = |text: &str| text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
    let of = |status: &str, name: &str| status.lines().find_map(|line| line.strip_prefix(name)).and_then(number);
    let mut threads = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let task = task.ok()?;
        // One that has just ended is not there any more.
        let Ok(status) = fs::read_to_string(task.path().join("status")) else { continue };
        let count = of(&status, "voluntary_ctxt_switches:")?;
        threads.insert(task.file_name().to_string_lossy().into_owned(), count);
    }
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Behind the name in brackets: the state is the first, user and system time the 12th and 13th.
    let times = stat.rsplit(')').next()?.split_whitespace().skip(11).take(2).filter_map(number);
    Some(Counted { threads, ticks: times.sum(), resident: of(&status, "VmRSS:")? })
}

/// Cells that a piece of output prints: everything outside of escape sequences.
pub fn printed(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.chars().peekable();
    let mut cells = 0;
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => match rest.next() {
                Some('[') => while rest.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                Some(']') => while rest.next().is_some_and(|c| c != '\\' && c != '\x07') {},
                _ => {}
            },
            c => cells += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0),
        }
    }
    cells
}

/// Cells whose content or look differ.
pub fn differing(before: &vt100::Screen, after: &vt100::Screen) -> usize {
    let (rows, columns) = after.size();
    let (rows, columns) = (rows.get(), columns.get());
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    cells.filter(|(row, column)| before.cell(*row, *column) != after.cell(*row, *column)).count()
}
