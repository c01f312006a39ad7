//! Any text as a scenario: a scenario, or an error that names its place.
#![no_main]

use dualwrite::sim::Scenario;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Scenario::parse(text, "mine.toml") {
        assert!(error.to_string().starts_with("mine.toml:"), "{error}");
    }
});
