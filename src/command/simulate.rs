//! `simulate`: the simulator alone, in the foreground, until a signal ends it.

use crate::shell::private;
use crate::shell::signals::Asked;
use crate::sim::{self, Options, Scenario};
use crate::ui::look::Role;
use crate::ui::row::para;
use crate::ui::text::clean;
use std::io::{self, Write};
use std::path::Path;

/// Cells of a line of a lesson.
const LESSON_CELLS: usize = 78;

/// Why the simulator could not run.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The port is taken, or no port can be had.
    #[error(
        "The simulator cannot listen on port {port} of this machine: {source}. Leave --port out to let the system choose."
    )]
    Listen {
        /// Port that was asked for.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The profile cannot be written.
    #[error("The profile cannot be written to {file}: {source}. Choose another file for --write-profile.")]
    Profile {
        /// File.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// No runtime can be started.
    #[error("The simulator cannot be started: {0}")]
    Runtime(io::Error),
}

/// Runs the simulator until a signal asks it to leave. What it says goes to `out`.
///
/// # Errors
/// See [`SimulateError`].
pub fn run(options: Options, profile: Option<&Path>, out: &mut impl Write) -> Result<(), SimulateError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(SimulateError::Runtime)?;
    let port = options.port;
    let speed = options.speed;
    let title = clean(options.scenario.title());
    runtime.block_on(async {
        let simulator = sim::start(options).await.map_err(|source| SimulateError::Listen { port, source })?;
        if let Some(file) = profile {
            private::replace(file, simulator.profile_toml().as_bytes())
                .map_err(|source| SimulateError::Profile { file: file.display().to_string(), source })?;
        }
        // A reader that went away (`| head`) is no reason to stop serving.
        let _ = writeln!(out, "simulator  {}", simulator.base());
        let _ = writeln!(out, "scenario   {title}");
        let _ = writeln!(out, "speed      {speed} simulated seconds per second");
        if let Some(file) = profile {
            let file = clean(&file.display().to_string());
            let _ = writeln!(out, "profile    {file}");
            let _ = writeln!(out, "in another terminal:  dualwrite --cloud {file}");
        }
        let _ = writeln!(out, "counters   {}/simulator/counters", simulator.base());
        let _ = writeln!(out, "Ctrl-C ends it.");
        let _ = out.flush();
        Asked::listen().next().await;
        Ok(())
    })
}

/// What the built-in scenarios show, and how it is mended.
pub fn lessons() -> String {
    let lesson = |name: &str, scenario: &Scenario| {
        let words = para(scenario.description(), Role::Plain, LESSON_CELLS);
        let words: Vec<String> = words.iter().map(|row| format!("  {}\n", row.text())).collect();
        format!("\n{name}\n  {}\n{}", scenario.title(), words.concat())
    };
    let all = Scenario::names().filter_map(|name| Some(lesson(name, &Scenario::named(name).ok()?)));
    format!("Each scenario is a lesson: dualwrite demo --scenario NAME\n{}", all.collect::<String>())
}
