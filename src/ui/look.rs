//! The look: what a meaning looks like on this terminal.
//!
//! Screens name roles and marks, never colours. Sixteen ANSI colours on the user's own background; colours that are
//! chosen here only where the terminal offers them and its background is known. Without colour every meaning is still a
//! glyph, a word or an attribute.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use std::borrow::Cow;

/// Which glyphs the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing, check marks, typographic quotes.
    Unicode,
    /// ASCII alone, borders too.
    Ascii,
    /// None: every mark has a word beside it, and that is read.
    Words,
}

/// Variables that name the locale, the strongest first.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// What a terminal is known to lack. `look_up` knows the environment; where that says nothing, nothing is lacking.
pub struct Lacks<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Lacks<'_> {
    fn given(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The locale as it was found: the variable and its value.
    pub fn locale(&self) -> Option<(&'static str, String)> {
        LOCALE.into_iter().find_map(|name| Some((name, self.given(name)?)))
    }

    /// Signs beyond ASCII: another character set than UTF-8 is named, or it is a console that knows few of them. Why.
    pub fn signs(&self) -> Option<String> {
        if cfg!(windows) {
            return None;
        }
        if let Some((name, value)) = self.locale()
            && !value.to_ascii_lowercase().replace('-', "").contains("utf8")
        {
            return Some(format!("{name}={value} names no UTF-8"));
        }
        let term = self.given("TERM").filter(|term| term == "linux" || is_of_vt_series(term))?;
        Some(format!("TERM={term} has few other signs"))
    }

    /// Colours.
    pub fn colours(&self) -> bool {
        self.given("TERM").is_some_and(|term| is_of_vt_series(&term))
    }
}

/// `vt100`, `vt220` and their like: on a serial line, or what says it is one.
fn is_of_vt_series(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|number| number.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Which colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None (`NO_COLOR`): attributes only.
    None,
    /// The sixteen colours of the user's own palette.
    Ansi16,
    /// Colours that were chosen for this background.
    True(Ground),
}

/// The background that the user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Black or nearly so.
    Dark,
    /// White or nearly so.
    Light,
}

impl Ground {
    /// What `COLORFGBG` says of the background: its colour is the last number; 7 and those above 8 are light.
    pub fn of_variable(text: &str) -> Option<Self> {
        let number: u8 = text.rsplit(';').next()?.trim().parse().ok()?;
        Some(if matches!(number, 7 | 9..=15) { Self::Light } else { Self::Dark })
    }
}

/// A colour by what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hue {
    Green,
    Cyan,
    Red,
    Yellow,
    Blue,
}

impl Hue {
    fn of(self, colour: Colour) -> Option<Color> {
        Some(match (colour, self) {
            (Colour::None, _) => return None,
            (Colour::Ansi16, Self::Green) => Color::Green,
            (Colour::Ansi16, Self::Cyan) => Color::Cyan,
            (Colour::Ansi16, Self::Red) => Color::Red,
            (Colour::Ansi16, Self::Yellow) => Color::Yellow,
            (Colour::Ansi16, Self::Blue) => Color::Blue,
            (Colour::True(Ground::Dark), Self::Green) => Color::Rgb(0x7e, 0xe7, 0x87),
            (Colour::True(Ground::Dark), Self::Cyan) => Color::Rgb(0x76, 0xe3, 0xea),
            (Colour::True(Ground::Dark), Self::Red) => Color::Rgb(0xff, 0x94, 0x92),
            (Colour::True(Ground::Dark), Self::Yellow) => Color::Rgb(0xe3, 0xb3, 0x41),
            (Colour::True(Ground::Dark), Self::Blue) => Color::Rgb(0x79, 0xc0, 0xff),
            (Colour::True(Ground::Light), Self::Green) => Color::Rgb(0x11, 0x63, 0x29),
            (Colour::True(Ground::Light), Self::Cyan) => Color::Rgb(0x0a, 0x5f, 0x68),
            (Colour::True(Ground::Light), Self::Red) => Color::Rgb(0xa4, 0x0e, 0x26),
            (Colour::True(Ground::Light), Self::Yellow) => Color::Rgb(0x7d, 0x4e, 0x00),
            (Colour::True(Ground::Light), Self::Blue) => Color::Rgb(0x05, 0x50, 0xae),
        })
    }
}

/// How this terminal is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Glyph set.
    pub glyphs: Glyphs,
    /// Colours.
    pub colour: Colour,
    /// Addresses are clickable (OSC 8).
    pub hyperlinks: bool,
    /// Clocks may tick. Without it only what is news changes the picture.
    pub motion: bool,
}

/// What a piece of text means. The only thing screens say about its looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Running text.
    #[default]
    Plain,
    /// Labels, hints, what stands back.
    Dim,
    /// What matters most on a page.
    Strong,
    /// Words of a service, quoted.
    Quote,
    /// It is done, it is so.
    Good,
    /// It is going on.
    Busy,
    /// It failed, it is not so.
    Bad,
    /// Careful.
    Warn,
    /// Where the next key acts.
    Focus,
    /// An address.
    Link,
    /// A key on the keyboard.
    Key,
    /// Borders and rules.
    Border,
}

/// A mark in front of a line. It never stands alone: a word beside it says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Done, yes.
    Done,
    /// Behind, and not done here.
    Passed,
    /// Under way.
    Busy,
    /// Not yet.
    Waiting,
    /// Here.
    Now,
    /// Failed, no.
    Failed,
    /// Careful.
    Warn,
    /// Could not tell.
    Unknown,
}

/// One glyph set.
#[derive(Debug)]
pub struct Symbols {
    done: &'static str,
    passed: &'static str,
    busy: &'static str,
    waiting: &'static str,
    now: &'static str,
    failed: &'static str,
    warn: &'static str,
    unknown: &'static str,
    /// Between the places of the rail.
    pub then: &'static str,
    /// In front of the selected line.
    pub selected: &'static str,
    /// In front of an open section.
    pub open: &'static str,
    /// In front of a closed section.
    pub closed: &'static str,
    /// In front of a point of a list.
    pub bullet: &'static str,
    /// Where a text was cut.
    pub ellipsis: &'static str,
    /// Before the words of a service.
    pub quote_open: &'static str,
    /// After the words of a service.
    pub quote_close: &'static str,
    /// Done part of a bar.
    pub bar_full: &'static str,
    /// Open part of a bar.
    pub bar_empty: &'static str,
    /// A dot of a large letter.
    pub dot: &'static str,
    /// A horizontal line.
    pub rule: &'static str,
    /// A vertical line.
    pub wall: &'static str,
    /// A rule that meets the left border.
    pub join_left: &'static str,
    /// A rule that meets the right border.
    pub join_right: &'static str,
    /// The frame of the body.
    pub frame: border::Set<'static>,
}

const UNICODE: Symbols = Symbols {
    done: "✓",
    passed: "·",
    busy: "◐",
    waiting: "○",
    now: "●",
    failed: "✗",
    warn: "!",
    unknown: "?",
    then: "›",
    selected: "▸",
    open: "▾",
    closed: "▸",
    bullet: "•",
    ellipsis: "…",
    quote_open: "“",
    quote_close: "”",
    bar_full: "█",
    bar_empty: "░",
    dot: "█",
    rule: "─",
    wall: "│",
    join_left: "├",
    join_right: "┤",
    frame: border::PLAIN,
};

const ASCII: Symbols = Symbols {
    done: "ok",
    passed: "..",
    busy: "~~",
    waiting: "--",
    now: "=>",
    failed: "XX",
    warn: "!!",
    unknown: "??",
    then: ">",
    selected: ">",
    open: "v",
    closed: ">",
    bullet: "*",
    ellipsis: "...",
    quote_open: "\"",
    quote_close: "\"",
    bar_full: "#",
    bar_empty: ".",
    dot: "#",
    rule: "-",
    wall: "|",
    join_left: "+",
    join_right: "+",
    frame: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

const WORDS: Symbols = Symbols {
    done: "",
    passed: "",
    busy: "",
    waiting: "",
    now: "",
    failed: "",
    warn: "",
    unknown: "",
    then: "",
    selected: "",
    open: "",
    closed: "",
    bullet: "-",
    bar_full: "",
    bar_empty: "",
    ..ASCII
};

impl Glyphs {
    /// The glyphs of this set.
    pub fn symbols(self) -> &'static Symbols {
        match self {
            Self::Unicode => &UNICODE,
            Self::Ascii => &ASCII,
            Self::Words => &WORDS,
        }
    }
}

/// What stands for a sign of this program where only ASCII can be shown. Letters of names are no signs.
fn ascii_sign(sign: char) -> Option<&'static str> {
    let (from, to) = (&UNICODE, &ASCII);
    let pairs = [
        (from.done, to.done),
        (from.passed, to.passed),
        (from.busy, to.busy),
        (from.waiting, to.waiting),
        (from.now, to.now),
        (from.failed, to.failed),
        (from.then, to.then),
        (from.selected, to.selected),
        (from.open, to.open),
        (from.bullet, to.bullet),
        (from.ellipsis, to.ellipsis),
        (from.quote_open, to.quote_open),
        (from.quote_close, to.quote_close),
        (from.bar_full, to.bar_full),
        (from.bar_empty, to.bar_empty),
        (from.rule, to.rule),
        (from.wall, to.wall),
        ("\u{2018}", "'"),
        ("\u{2019}", "'"),
        ("\u{2013}", "-"),
        ("\u{2014}", "-"),
    ];
    pairs.into_iter().find(|(known, _)| known.chars().eq([sign])).map(|(_, ascii)| ascii)
}

/// A text with the signs of this program as ASCII; any other letter stays as it is.
pub fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match ascii_sign(letter).filter(|_| !letter.is_ascii()) {
            Some(sign) => kept.push_str(sign),
            None => kept.push(letter),
        }
    }
    Cow::Owned(kept)
}

impl Mark {
    /// Its glyph.
    pub fn glyph(self, glyphs: Glyphs) -> &'static str {
        let symbols = glyphs.symbols();
        match self {
            Self::Done => symbols.done,
            Self::Busy => symbols.busy,
            Self::Waiting => symbols.waiting,
            Self::Now => symbols.now,
            Self::Failed => symbols.failed,
            Self::Warn => symbols.warn,
            Self::Unknown => symbols.unknown,
            Self::Passed => symbols.passed,
        }
    }

    /// Its role.
    pub fn role(self) -> Role {
        match self {
            Self::Done => Role::Good,
            Self::Busy | Self::Now => Role::Busy,
            Self::Waiting | Self::Passed => Role::Dim,
            Self::Failed => Role::Bad,
            Self::Warn | Self::Unknown => Role::Warn,
        }
    }
}

impl Look {
    /// What is drawn when nobody looks: the same rows as on the screen, without their picture.
    pub const BLIND: Self = Self { glyphs: Glyphs::Unicode, colour: Colour::None, hyperlinks: false, motion: true };

    /// Lines to be read, or to be read aloud.
    pub const PLAIN: Self = Self { glyphs: Glyphs::Words, colour: Colour::None, hyperlinks: false, motion: false };

    /// The key that does what a sentence asks for, behind it; line by line there is none.
    pub fn key(&self, name: &str) -> String {
        if self.glyphs == Glyphs::Words { String::new() } else { format!(" ({name})") }
    }

    /// The glyphs.
    pub fn symbols(&self) -> &'static Symbols {
        self.glyphs.symbols()
    }

    /// The words of a service between quotation marks.
    pub fn quoted(&self, words: &str) -> String {
        let symbols = self.symbols();
        format!("{}{words}{}", symbols.quote_open, symbols.quote_close)
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        let (hue, modifier) = match role {
            Role::Plain => (None, Modifier::empty()),
            Role::Dim | Role::Border => (None, Modifier::DIM),
            Role::Strong => (None, Modifier::BOLD),
            Role::Quote => (None, Modifier::ITALIC),
            Role::Good => (Some(Hue::Green), Modifier::empty()),
            Role::Busy => (Some(Hue::Cyan), Modifier::empty()),
            Role::Bad => (Some(Hue::Red), Modifier::BOLD),
            Role::Warn => (Some(Hue::Yellow), Modifier::empty()),
            Role::Focus => (None, Modifier::REVERSED.union(Modifier::BOLD)),
            Role::Link => (Some(Hue::Blue), Modifier::UNDERLINED),
            Role::Key => (Some(Hue::Cyan), Modifier::BOLD),
        };
        let style = Style::new().add_modifier(modifier);
        match hue.and_then(|hue| hue.of(self.colour)) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_ascii_the_signs_are_other_ones_and_names_stay() {
        assert_eq!(in_ascii("“Köln” … ✓ · 環境 – it’s"), "\"Köln\" ... ok .. 環境 - it's");
        assert!(matches!(in_ascii("! ? plain"), Cow::Borrowed("! ? plain")));
    }

    #[test]
    fn a_terminal_lacks_what_its_locale_and_its_name_say_and_nothing_that_is_not_said() {
        let of = |variables: &'static [(&str, &str)]| {
            move |name: &str| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned())
        };
        let lacks = |variables| (Lacks(&of(variables)).signs(), Lacks(&of(variables)).colours());
        let signs = |words: &str| (!cfg!(windows)).then(|| words.to_owned());
        assert_eq!(lacks(&[]), (None, false));
        assert_eq!(lacks(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm-256color")]), (None, false));
        assert_eq!(lacks(&[("LANG", "C.utf8")]), (None, false));
        assert_eq!(lacks(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]), (signs("LC_ALL=C names no UTF-8"), false));
        assert_eq!(lacks(&[("LC_ALL", ""), ("LANG", "de_DE")]), (signs("LANG=de_DE names no UTF-8"), false));
        assert_eq!(lacks(&[("TERM", "linux")]), (signs("TERM=linux has few other signs"), false));
        assert_eq!(lacks(&[("TERM", "vt220")]), (signs("TERM=vt220 has few other signs"), true));
        assert_eq!(lacks(&[("TERM", "vte-256color")]), (None, false));
    }

    /// Least contrast of running text (WCAG 2, level AA).
    const CONTRAST: f64 = 4.5;

    /// Relative luminance (WCAG 2).
    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(red, green, blue) = colour else { panic!("{colour:?} is not ours to measure") };
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(one: Color, other: Color) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn the_colours_that_are_chosen_here_can_be_read_on_their_background() {
        // The darkest and the lightest of what people call dark, and light.
        let grounds = [
            (Ground::Dark, [Color::Rgb(0, 0, 0), Color::Rgb(0x30, 0x34, 0x3f)]),
            (Ground::Light, [Color::Rgb(0xff, 0xff, 0xff), Color::Rgb(0xee, 0xe8, 0xd5)]),
        ];
        for (ground, papers) in grounds {
            for hue in [Hue::Green, Hue::Cyan, Hue::Red, Hue::Yellow, Hue::Blue] {
                let ink = hue.of(Colour::True(ground)).unwrap();
                for paper in papers {
                    assert!(contrast(ink, paper) >= CONTRAST, "{hue:?} on {ground:?}: {:.2}", contrast(ink, paper));
                }
            }
        }
    }

    #[test]
    fn the_background_is_the_last_number() {
        let of = Ground::of_variable;
        assert_eq!(
            [of("15;0"), of("0;15"), of("0;default;7"), of("15;8")],
            [Some(Ground::Dark), Some(Ground::Light), Some(Ground::Light), Some(Ground::Dark)]
        );
        assert_eq!([of(""), of("15;default")], [None, None]);
    }
}
