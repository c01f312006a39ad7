//! The log: a file, opened before the screen is taken. Without `--log-file` nothing is logged.
//!
//! No query, body, token or header but an id is ever handed to it, and libraries have no say: what they would log is
//! not ours to vouch for. What happened once is one line: what a service or a file had in its words cannot
//! begin another, and nothing in it is obeyed by a terminal.

use crate::core::unseen::escaped;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

/// Opens the log file for its owner only and sends everything at `level` and above to it.
///
/// # Errors
/// Fails when the file cannot be opened.
pub fn start(path: &Path, level: tracing::level_filters::LevelFilter) -> io::Result<()> {
    let lines = layer(Lines(open(path)?));
    let ours = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(ours));
    // A second log in one process cannot be: `main` starts it once.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
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
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_service_says_cannot_begin_another_line_of_the_log_or_be_obeyed() {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::registry().with(layer(Lines(kept.clone())));
        let words = "a\n2026-11-24 ERROR forged\r\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\0é";
        tracing::subscriber::with_default(subscriber, || tracing::error!(words, why = ?words, "of {words}"));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (line, end) = text.split_at(text.len() - 1);
        assert_eq!(end, "\n");
        assert!(!line.chars().any(crate::core::unseen::is_unseen) && line.contains('é'), "{line:?}");
        assert!(line.contains("forged"), "{line:?}");
    }
}
