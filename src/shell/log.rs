//! The log: a file, opened before the screen is taken. Without `--log-file` nothing is logged.
//!
//! No header, body or token is ever handed to it.

use std::io;
use std::path::Path;
use std::sync::Mutex;

/// Opens the log file for its owner only and sends everything at `level` and above to it.
///
/// # Errors
/// Fails when the file cannot be opened.
pub fn start(path: &Path, level: tracing::level_filters::LevelFilter) -> io::Result<()> {
    let file = super::journal::private(path)?;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_max_level(level)
        .with_target(false)
        .finish();
    // A second log in one process cannot be: `main` starts it once.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
