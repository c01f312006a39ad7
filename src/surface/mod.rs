//! Surfaces: how one core is shown. The full screen is the first; each drives the same `update`.

pub mod simulate;
pub mod tui;
