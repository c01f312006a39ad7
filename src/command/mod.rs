//! Commands that print and end: the record, the catalogue of faults, what is around the program, the settings, the
//! sign-ins, the simulator in the foreground. No set-up is driven here.

pub mod again;
pub mod config;
pub mod doctor;
pub mod explain;
pub mod printed;
pub mod runs;
pub mod session;
pub mod simulate;
