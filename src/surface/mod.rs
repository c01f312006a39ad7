//! Surfaces: how one core is shown. The full screen, the run without a screen and the simulator in the
//! foreground; all but the last drive the same `update`.

pub mod code;
pub mod headless;
pub mod plain;
pub mod runs;
pub mod seat;
pub mod simulate;
pub mod stage;
pub mod tui;

mod events;
