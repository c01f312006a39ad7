//! The shell: the only place with I/O. Time, files, tasks, the log, and the terminal.
//!
//! [`tasks`] carries out what the core wants, [`journal`] writes it down, [`clock`] tells the time,
//! [`vault`] keeps the sign-ins, [`private`] opens the files of both.
//!
//! Owns the loop (`run`), the modes of the terminal (`terminal`), what goes out to it
//! (`output`, `canvas`) and what comes in (`ears`, `input`, `decode`, `signals`). The loop knows
//! nothing of dual-write: the program is an [`run::App`], and everything it hears comes to one thread in one order.
//! Called by the surfaces and by `main`.

mod canvas;
mod channel;
pub mod clock;
pub mod decode;
mod ears;
mod input;
pub mod journal;
pub mod keeper;
pub mod log;
pub mod open_files;
mod output;
pub mod private;
pub mod reach;
pub mod run;
pub mod signals;
pub mod tasks;
pub mod terminal;
pub mod vault;
