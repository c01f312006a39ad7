//! Commands that are told to a person: as they can be typed, so that they find what this one found.

use crate::settings::SIMULATOR;
use std::path::Path;

/// A command with the options that name a place.
pub fn found_again(mut words: String, places: &[(&str, Option<&Path>)]) -> String {
    for (option, place) in places {
        if let Some(place) = place {
            words = format!("{words} {option} {}", quoted(place));
        }
    }
    words
}

/// A path as it is typed into a shell.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/\\._-:+@%=,~".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("\"{text}\"") }
}

/// Where no cloud is configured: what can be typed. `file` is where the settings are read.
pub fn no_cloud(file: Option<&Path>) -> String {
    let file = file.map_or_else(String::new, |file| {
        format!("\nTo use it without --cloud, write cloud = \"NAME\" into the settings file:\n  {}", file.display())
    });
    format!(
        "No cloud is configured. To rehearse offline:\n  dualwrite demo\nTo use a cloud of your own, `dualwrite` on a full \
         screen asks for what it needs and writes it down. By hand: `dualwrite config init` writes a settings file that \
         explains everything; the id of your app registration (client_id) goes into it, or into \
         DUALWRITE_CLIENT_ID. Then name the cloud (public, gcc, gcc-high, dod, china, or a profile):\n  \
         dualwrite --cloud public\n  dualwrite --cloud profile.toml{file}\nWithout a screen on the built-in \
         simulator:\n  dualwrite setup --cloud {SIMULATOR} --environment contoso-uat"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_its_places_as_they_are_typed() {
        let places = [("--config", Some(Path::new("/a b/c.toml"))), ("--state-dir", None)];
        assert_eq!(found_again("dualwrite".into(), &places), "dualwrite --config \"/a b/c.toml\"");
        assert_eq!((quoted(Path::new("/a/b")).as_str(), quoted(Path::new("")).as_str()), ("/a/b", "\"\""));
    }
}
