//! `dualwrite`: set up dual-write from a terminal.
//!
//! The map of the house, and the arrows that must not exist, are in `ARCHITECTURE.md`; the test
//! `tests/arrows.rs` reads the sources and names each forbidden arrow.

pub mod api;
pub mod cli;
pub mod command;
pub mod core;
pub mod screens;
pub mod settings;
pub mod shell;
pub mod sim;
pub mod surface;
pub mod ui;
pub mod wire;

/// The operating system that this was built for.
pub const SYSTEM: &str = std::env::consts::OS;
/// The architecture of the processor that this was built for.
pub const ARCHITECTURE: &str = std::env::consts::ARCH;
