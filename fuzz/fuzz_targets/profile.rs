//! Any text as a cloud profile: a profile, or an error that names its place.
#![no_main]

use dualwrite::settings::Profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Profile::parse(text, "profile.toml") {
        assert!(error.to_string().contains("profile.toml"), "{error}");
    }
});
