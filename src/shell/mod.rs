//! The terminal side of the shell: the only place that touches the terminal, signals and keys.
//!
//! Owns the loop (`run`), the modes of the terminal (`terminal`), what goes out to it
//! (`output`, `canvas`) and what comes in (`input`, `decode`, `signals`). It knows nothing
//! of dual-write: the program is an [`run::App`], and everything it hears comes through one channel
//! in one order. Called by the full-screen surface and by `main`; calls nobody of ours.

mod canvas;
mod channel;
pub mod decode;
mod input;
mod output;
pub mod run;
mod signals;
pub mod terminal;
