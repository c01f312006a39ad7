//! How it looks here: what a person wants, and what the environment tells of the terminal.

use crate::settings::Theme;
use crate::shell::reach::Reach;
use crate::ui::look::{Colour, Glyphs, Ground, Lacks, Look};

/// What a person wants.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// ASCII alone.
    pub ascii: bool,
    /// No colours.
    pub colourless: bool,
    /// No animation.
    pub still: bool,
    /// Colours of whom, and for which background.
    pub theme: Theme,
}

/// Whether only ASCII signs are used, on a full screen and in lines: a person wants it, or the environment names a
/// terminal without others. `look_up` knows the environment.
pub fn in_ascii(wanted: bool, look_up: &dyn Fn(&str) -> Option<String>) -> bool {
    wanted || Lacks(look_up).signs().is_some()
}

/// The look of this terminal; `look_up` knows the environment.
pub fn look(wanted: &Wanted, reach: Reach, look_up: &dyn Fn(&str) -> Option<String>) -> Look {
    let variable = |name: &str| look_up(name).filter(|value| !value.is_empty());
    let offers_all = variable("COLORTERM").is_some_and(|word| matches!(word.as_str(), "truecolor" | "24bit"));
    let lacks = Lacks(&variable);
    let ground = match wanted.theme {
        Theme::Palette => None,
        Theme::Dark => Some(Ground::Dark),
        Theme::Light => Some(Ground::Light),
        Theme::Auto => variable("COLORFGBG").and_then(|text| Ground::of_variable(&text)),
    };
    let colour = match ground {
        _ if wanted.colourless || variable("NO_COLOR").is_some() || lacks.colours() => Colour::None,
        Some(ground) if offers_all => Colour::True(ground),
        _ => Colour::Ansi16,
    };
    Look {
        glyphs: if in_ascii(wanted.ascii, look_up) { Glyphs::Ascii } else { Glyphs::Unicode },
        colour,
        hyperlinks: reach.hyperlinks,
        motion: !wanted.still,
    }
}
