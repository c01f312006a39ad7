//! The tour in `docs/`: pictures of the real screens, as SVG and as text, with what they show. The test holds what is
//! there against what is drawn; `TOUR=write cargo test --test screens` writes it anew.

use crate::scene::{self, UNICODE, named, press};
use dualwrite::screens::plain;
use jiff::tz::TimeZone;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Columns and rows of a picture.
const SIZE: (u16, u16) = (80, 24);
/// Pixels of a cell.
const CELL: (f64, f64) = (8.4, 18.0);
/// Pixels around the picture.
const EDGE: f64 = 12.0;
const PAPER: &str = "#1b1f24";
const INK: &str = "#d5dae1";

/// A stop of the tour: scene, keys pressed in it, title, what it shows.
type Stop = (&'static str, &'static str, &'static str, &'static str);

const WAY: [Stop; 9] = [
    (
        "list",
        "",
        "Environments",
        "Every environment of the tenant, with the finance and operations side that belongs to it and how far it is. \
         `/` filters, `s` sorts, `Enter` opens one; opening only reads.",
    ),
    (
        "details",
        "",
        "Environment Details",
        "Both sides of one environment, as on the page of Lifecycle Services. The button that is likely next has the \
         focus: `Enter` selects **Dual-write application**.",
    ),
    (
        "prerequisites-unmet",
        "",
        "Prerequisites",
        "`p` shows all that must be true, what was read, and what closes a button. `Enter` on a line says where to \
         fix it.",
    ),
    (
        "terms",
        "",
        "Terms and conditions",
        "They are read to the end (`End`), then ticked (`Space`); only then is **Configure** open.",
    ),
    ("confirm", "", "Confirm", "Exactly what will be changed, and where. Nothing was changed until **OK**."),
    (
        "progress",
        "",
        "Setup progress",
        "What is done, what runs, and the service's own message. You may leave: what runs in the service continues, and \
         the command to come back stands at the foot.",
    ),
    ("complete", "", "Setup complete", "What was made. **Link to Power Platform environment** is the next `Enter`."),
    ("link-direct", "", "Link progress", "The link is made by the service and read back from the dual-write gateway."),
    ("linked", "", "Linked", "Where dual-write is administered (`o` opens it, `y` copies it), and what comes next."),
];

const TROUBLE: [Stop; 6] = [
    (
        "failed-known",
        "",
        "Setup failed",
        "The service's own message, the cause as far as it is known, and what to do. **Try again** starts at the stage \
         that failed.",
    ),
    (
        "link-failed-crm",
        "",
        "Link failed: DW9003",
        "What DW9003 looks like, here its Dataverse side: which application user is missing or lacks a role, read just \
         now. `f` repairs what can be repaired, after asking.",
    ),
    (
        "mismatch",
        "",
        "Linking mismatch",
        "Dual-write is linked to another Dataverse than Power Platform Integration names, and the two ways out.",
    ),
    (
        "link-failed-crm",
        "d",
        "Details",
        "`d` on every screen: the original message, ids and requests. `y` copies a block for a support case, without \
         your account.",
    ),
    (
        "resume",
        "",
        "Resume",
        "After a crash, a closed window or a reboot: what was interrupted is found in the record, and its result is read \
         before anything is done.",
    ),
    ("details", "?", "Help", "`?` on every screen: what it is for, what comes next, and its keys."),
];

/// Every file of the tour, by its path below `docs/`.
pub fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut text =
        "# A tour\n\nThe screens as they are drawn, at 80 by 24: `TOUR=write cargo test --test screens` makes these \
         pictures, and a test fails where a screen looks otherwise. To walk it yourself, offline: `dualwrite \
         demo`.\n"
            .to_owned();
    for (title, stops) in [("The way", WAY.as_slice()), ("When something is wrong", TROUBLE.as_slice())] {
        let _ = write!(text, "\n## {title}\n");
        for (name, keys, title, words) in stops {
            let mut scene = named(name);
            press(&mut scene, keys);
            let (buffer, _) = scene.buffer(UNICODE, SIZE);
            let place = format!("{name}{}", if keys.is_empty() { "" } else { "-more" });
            let place = if *keys == "?" { format!("{name}-help") } else { place };
            let page = scene::text(&buffer);
            let _ = write!(text, "\n### {title}\n\n{words}\n\n![{title}](tour/{place}.svg)\n\n");
            let _ = write!(
                text,
                "<details><summary>As text</summary>\n\n```text\n{}\n```\n\n</details>\n",
                page.trim_end()
            );
            files.push((format!("tour/{place}.svg"), svg(&buffer, title)));
        }
    }
    text.push_str(&line_by_line());
    files.push(("tour.md".into(), text));
    files
}

/// Pages as they are said with `--plain`, with whether each waits for a choice.
const SAID: [(&str, bool); 6] = [
    ("list", true),
    ("details", true),
    ("confirm", true),
    ("progress", false),
    ("link-failed-crm", true),
    ("linked", true),
];

/// The same line by line.
fn line_by_line() -> String {
    let mut text =
        "\n## Line by line\n\nThe same pages as `--plain` says them, for screen readers, serial consoles and pipes: \
         what is said once, a number for each choice, letters for the rest.\n\n```text\n"
            .to_owned();
    for (at, (name, waits)) in SAID.into_iter().enumerate() {
        let scene = named(name);
        let page = plain::lines(&scene.model, &scene.eye, scene.now, &TimeZone::UTC);
        let _ = write!(
            text,
            "{}{}\n{}\n",
            if at > 0 { "\n" } else { "" },
            page.said(None).join("\n"),
            page.prompt(waits, true)
        );
    }
    text + "```\n"
}

/// What a cell looks like.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    ink: &'static str,
    paper: Option<&'static str>,
    modifier: Modifier,
}

fn look(cell: &Cell) -> Look {
    let ink = match cell.fg {
        Color::Green => "#7ee787",
        Color::Cyan => "#76e3ea",
        Color::Red => "#ff9492",
        Color::Yellow => "#e3b341",
        Color::Blue => "#79c0ff",
        _ => INK,
    };
    let modifier = cell.modifier;
    if modifier.contains(Modifier::REVERSED) {
        return Look { ink: PAPER, paper: Some(ink), modifier };
    }
    Look { ink, paper: None, modifier }
}

/// A picture of what is on the terminal.
fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2.0 * EDGE, rows * CELL.1 + 2.0 * EDGE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} \
         {height:.0}\" role=\"img\" aria-label=\"{}\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" \
         fill=\"{PAPER}\"/>\n<g font-family=\"ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n",
        escaped(title)
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let (from, of) = (x, look(&buffer[(x, y)]));
            let mut run = String::new();
            while x < buffer.area.width && look(&buffer[(x, y)]) == of {
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            put(&mut svg, (from, y), x - from, &run, of);
        }
    }
    svg + "</g>\n</svg>\n"
}

fn put(svg: &mut String, (column, row): (u16, u16), cells: u16, run: &str, look: Look) {
    let (left, top) = (EDGE + f64::from(column) * CELL.0, EDGE + f64::from(row) * CELL.1);
    let width = f64::from(cells) * CELL.0;
    if let Some(paper) = look.paper {
        let height = CELL.1;
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{paper}\"/>"
        );
    }
    if run.trim().is_empty() {
        return;
    }
    let has = |modifier, words: &'static str| if look.modifier.contains(modifier) { words } else { "" };
    let attributes = [
        has(Modifier::BOLD, " font-weight=\"bold\""),
        has(Modifier::ITALIC, " font-style=\"italic\""),
        has(Modifier::UNDERLINED, " text-decoration=\"underline\""),
        has(Modifier::DIM, " opacity=\"0.65\""),
    ]
    .concat();
    // The length keeps each run in its cells, whatever the font.
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\"{attributes}>{}</text>",
        top + CELL.1 * 0.75,
        look.ink,
        escaped(run)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
