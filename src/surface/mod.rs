//! Surfaces: how one core is shown. The full screen, the run without a screen and line by line drive the same `update`
//! through one driver.

pub mod access;
pub mod code;
pub mod driver;
pub mod events;
pub mod export;
pub mod headless;
pub mod looks;
pub mod plain;
pub mod seat;
pub mod stage;
pub mod tui;
pub mod ways;
pub mod welcome;
