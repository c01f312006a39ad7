//! The log: a file that a person names, opened before the screen is taken; without one `dualwrite.log` in the state
//! directory, which is made with its first line and never stops the program.
//!
//! No query, body, token or header but an id is ever handed to it, and libraries have no say: what they would log is
//! not ours to vouch for. What happened once is one line: what a service or a file had in its words cannot
//! begin another, and nothing in it is obeyed by a terminal.

use super::private;
use crate::core::unseen::escaped;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

/// Name of the log in the state directory.
pub const NAME: &str = "dualwrite.log";
/// The one before it.
pub const BEFORE: &str = "dualwrite.log.1";
/// Bytes of a log that nobody reads: one that is larger when it is opened becomes the one before.
const KEPT_MAX: u64 = 5 * 1024 * 1024;

/// Opens the log file for its owner only and sends everything at `level` and above to it.
///
/// # Errors
/// Fails when the file cannot be opened.
pub fn start(path: &Path, level: tracing::level_filters::LevelFilter) -> io::Result<()> {
    send(open(path)?, level);
    Ok(())
}

/// Sends everything at `level` and above to the log in the state directory, which is made with its first line. Where it
/// cannot be written there is no log.
pub fn keep(state_dir: PathBuf, level: tracing::level_filters::LevelFilter) {
    send(Kept::Closed(state_dir), level);
}

fn send(to: impl Write + Send + 'static, level: tracing::level_filters::LevelFilter) {
    let lines = layer(Lines(to));
    let ours = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(ours));
    // A second log in one process cannot be: `main` starts it once.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The log in the state directory.
enum Kept {
    /// No line was written yet.
    Closed(PathBuf),
    /// It is written.
    Open(File),
    /// It cannot be opened.
    Lost,
}

impl Kept {
    fn open(state_dir: &Path) -> io::Result<File> {
        private::directory(state_dir)?;
        let path = state_dir.join(NAME);
        let size = path.symlink_metadata().map_or(0, |about| about.len());
        if size > KEPT_MAX {
            std::fs::rename(&path, state_dir.join(BEFORE))?;
        }
        private::append(&path)
    }
}

impl Write for Kept {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Self::Closed(state_dir) = self {
            *self = Self::open(state_dir).map_or(Self::Lost, Self::Open);
        }
        if let Self::Open(file) = self {
            // A disk that is full takes the next line, or none.
            let _ = file.write_all(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A log may be sent to a device or through a link: the person named it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Held until the log is open, or the reader would take its end for the end of the log.
    #[cfg(unix)]
    let _reader_is_there = without_waiting_for_a_reader(path)?;
    options.open(path)
}

/// Opens a pipe as one that fails where nobody reads it: a plain opening would wait for a reader. `None` where it is
/// no pipe.
#[cfg(unix)]
fn without_waiting_for_a_reader(path: &Path) -> io::Result<Option<File>> {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    if !std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Ok(None);
    }
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    OpenOptions::new().write(true).custom_flags(flags).open(path).map(Some)
}

fn layer<S, W>(lines: Lines<W>) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: Write + Send + 'static,
{
    tracing_subscriber::fmt::layer().with_writer(Mutex::new(lines)).with_ansi(false).with_target(false)
}

/// Takes one event with each write, as `fmt` hands them over, and makes one line of it.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = escaped(text.strip_suffix('\n').unwrap_or(&text)) + "\n";
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_service_says_cannot_begin_another_line_of_the_log_or_be_obeyed() {
        let kept = Memory::default();
        let subscriber = tracing_subscriber::registry().with(layer(Lines(kept.clone())));
        let words = "a\n2026-11-24 ERROR forged\r\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\0é";
        tracing::subscriber::with_default(subscriber, || tracing::error!(words, why = ?words, "of {words}"));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (line, end) = text.split_at(text.len() - 1);
        assert_eq!(end, "\n");
        assert!(!line.chars().any(crate::core::unseen::is_unseen) && line.contains('é'), "{line:?}");
        assert!(line.contains("forged"), "{line:?}");
    }

    #[test]
    fn the_log_of_the_state_directory_is_made_with_its_first_line_for_its_owner_and_does_not_grow_for_ever() {
        let state = tempfile::TempDir::new().unwrap();
        let dir = state.path().join("dualwrite");
        let mut log = Kept::Closed(dir.clone());
        assert!(!dir.exists(), "nothing is left behind by what has nothing to say");
        log.write_all(b"first\n").unwrap();
        log.write_all(b"second\n").unwrap();
        assert_eq!(std::fs::read_to_string(dir.join(NAME)).unwrap(), "first\nsecond\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&dir), mode(&dir.join(NAME))), (0o700, 0o600));
        }
        Kept::Closed(dir.clone()).write_all(b"third\n").unwrap();
        assert!(!dir.join(BEFORE).exists(), "it is small");
        File::options().write(true).open(dir.join(NAME)).unwrap().set_len(KEPT_MAX + 1).unwrap();
        Kept::Closed(dir.clone()).write_all(b"fourth\n").unwrap();
        assert_eq!(std::fs::read_to_string(dir.join(NAME)).unwrap(), "fourth\n");
        assert_eq!(dir.join(BEFORE).metadata().unwrap().len(), KEPT_MAX + 1);
    }

    #[test]
    fn where_the_log_of_the_state_directory_cannot_be_written_there_is_none() {
        let state = tempfile::TempDir::new().unwrap();
        let no_directory = state.path().join("file");
        std::fs::write(&no_directory, "text").unwrap();
        Kept::Closed(no_directory.join("below")).write_all(b"line\n").unwrap();
        assert_eq!(std::fs::read_to_string(&no_directory).unwrap(), "text");
        #[cfg(unix)]
        {
            let target = state.path().join("target");
            std::os::unix::fs::symlink(&target, state.path().join(NAME)).unwrap();
            Kept::Closed(state.path().to_owned()).write_all(b"line\n").unwrap();
            assert!(!target.exists(), "a link is not followed");
        }
    }
}
