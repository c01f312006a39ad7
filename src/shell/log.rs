//! The log: a file, opened before the screen is taken. Without `--log-file` nothing is logged.
//!
//! No query, body, token or header but an id is ever handed to it, and libraries have no say: what they would log is
//! not ours to vouch for.

use std::io;
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
    let file = super::journal::private(path)?;
    let ours = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let lines = tracing_subscriber::fmt::layer().with_writer(Mutex::new(file)).with_ansi(false).with_target(false);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(ours));
    // A second log in one process cannot be: `main` starts it once.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
