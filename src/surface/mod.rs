//! Surfaces: how one core is shown. The full screen, the run without a screen and line by line drive the
//! same `update`; the record, the catalogue of faults and the simulator in the foreground need none.

pub mod access;
pub mod code;
pub mod config;
pub mod doctor;
pub mod driver;
pub mod events;
pub mod explain;
pub mod headless;
pub mod plain;
pub mod printed;
pub mod runs;
pub mod seat;
pub mod session;
pub mod simulate;
pub mod stage;
pub mod tui;
pub mod welcome;
