//! Any text as a settings file: settings and the cloud they name, or an error that names its place.
#![no_main]

use dualwrite::settings::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Settings::parse(text, "config.toml", None) {
        Ok(settings) => drop(settings.profile(None)),
        Err(error) => assert!(error.to_string().contains("config.toml, line "), "{error}"),
    }
});
