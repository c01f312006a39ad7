//! Any text as a catalogue of faults: a number of entries, or an error.
#![no_main]

use dualwrite::core::fault;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| drop(fault::check_catalogue(text)));
