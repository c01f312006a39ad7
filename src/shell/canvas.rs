//! The picture on its way to the terminal: ratatui's backend, drawn into memory.
//!
//! Owns the bytes of the frame being drawn and what is known of the cursor. Touches no terminal but
//! to ask for its size, never asks it a question it must answer, and writes nothing for a frame that
//! changes nothing. The sixteen colours of a palette are called by the names that every terminal with colours knows:
//! one that knows no others takes the long form for something else, such as blinking. Used by the loop alone.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use ratatui::{
    Frame, Terminal,
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

/// Size taken when the terminal does not know its own (a serial line reports 0 by 0).
const UNKNOWN: Size = Size { width: 80, height: 24 };
/// Largest picture drawn, in cells. No screen is larger; a wrong `stty` must not take all memory.
const LARGEST: Size = Size { width: 2000, height: 1000 };
/// Synchronized update: the terminal shows the frame when it is complete.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// How a control sequence begins.
const INTRODUCER: &[u8] = b"\x1b[";
/// The number that takes the colour of underlines back.
const NO_UNDERLINE_COLOUR: &str = "59";
/// Names of the sixteen colours of a palette, of the text and behind it.
const FOREGROUND: [&str; 16] =
    ["30", "31", "32", "33", "34", "35", "36", "37", "90", "91", "92", "93", "94", "95", "96", "97"];
const BACKGROUND: [&str; 16] =
    ["40", "41", "42", "43", "44", "45", "46", "47", "100", "101", "102", "103", "104", "105", "106", "107"];
/// A colour by its place in the palette.
const PALETTE: &str = "5";
/// Red, green, blue.
const PARTS_OF_COLOUR: usize = 3;

/// Where frames are drawn.
pub(super) struct Canvas {
    terminal: Terminal<Memory>,
    sheet: Sheet,
}

impl Canvas {
    /// An empty canvas that asks `size` for its size before each frame.
    pub(super) fn new(size: fn() -> io::Result<Size>) -> io::Result<Self> {
        let sheet = Sheet::default();
        let inner = CrosstermBackend::new(sheet.clone());
        let terminal = Terminal::new(Memory { inner, size, visible: None, cursor: None })?;
        Ok(Self { terminal, sheet })
    }

    /// Draws a frame and returns the bytes that change the terminal accordingly; none when nothing
    /// changed. With `afresh` the terminal is cleared and painted whole.
    pub(super) fn frame(&mut self, afresh: bool, draw: impl FnOnce(&mut Frame)) -> io::Result<Vec<u8>> {
        if afresh {
            let memory = self.terminal.backend_mut();
            memory.visible = None;
            memory.cursor = None;
            self.terminal.clear()?;
        }
        self.terminal.draw(draw)?;
        let drawn = self.sheet.take();
        if drawn.is_empty() {
            return Ok(drawn);
        }
        let mut frame = Vec::with_capacity(BEGIN.len() + drawn.len() + END.len());
        frame.extend_from_slice(BEGIN);
        with_short_names(&drawn, &mut frame);
        frame.extend_from_slice(END);
        Ok(frame)
    }
}

/// Copies a picture; colours of the palette get their short names. Underlines have no colour of their own, so none is
/// taken back.
fn with_short_names(drawn: &[u8], frame: &mut Vec<u8>) {
    let mut rest = drawn;
    while let Some(at) = memchr::memmem::find(rest, INTRODUCER) {
        let (before, sequence) = rest.split_at(at);
        frame.extend_from_slice(before);
        let numbers = &sequence[INTRODUCER.len()..];
        let length = numbers.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';')).unwrap_or(numbers.len());
        let (numbers, behind) = numbers.split_at(length);
        rest = behind;
        match str::from_utf8(numbers) {
            Ok(NO_UNDERLINE_COLOUR) if behind.starts_with(b"m") => rest = &behind[1..],
            Ok(numbers) if behind.starts_with(b"m") => {
                frame.extend_from_slice(INTRODUCER);
                short_names(numbers, frame);
            }
            _ => frame.extend_from_slice(&sequence[..INTRODUCER.len() + length]),
        }
    }
    frame.extend_from_slice(rest);
}

/// The numbers of a style (SGR): 30 to 37 and 90 to 97 for `38;5;0` to `38;5;15`, and likewise behind the text.
fn short_names(numbers: &str, frame: &mut Vec<u8>) {
    let mut all = numbers.split(';');
    let mut is_first = true;
    let mut put = |number: &str| {
        if !std::mem::take(&mut is_first) {
            frame.push(b';');
        }
        frame.extend_from_slice(number.as_bytes());
    };
    while let Some(number) = all.next() {
        let names = match number {
            "38" => &FOREGROUND,
            "48" => &BACKGROUND,
            _ => {
                put(number);
                continue;
            }
        };
        // What follows is of this colour: a place in the palette, or three parts of a true colour.
        let how = all.next();
        let place = if how == Some(PALETTE) { all.next() } else { None };
        match place.and_then(|place| names.get(place.parse::<usize>().ok()?)) {
            Some(name) => put(name),
            None => [Some(number), how, place].into_iter().flatten().for_each(&mut put),
        }
        if place.is_none() {
            all.by_ref().take(PARTS_OF_COLOUR).for_each(&mut put);
        }
    }
}

/// The bytes drawn so far; shared, because ratatui does not give its writer back.
#[derive(Clone, Default)]
struct Sheet(Rc<RefCell<Vec<u8>>>);

impl Sheet {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    // ratatui flushes several times a frame; the frame is written when it is whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Memory {
    inner: CrosstermBackend<Sheet>,
    size: fn() -> io::Result<Size>,
    /// Whether the cursor is shown; `None` when not known.
    visible: Option<bool>,
    /// Where the cursor is; `None` when not known.
    cursor: Option<Position>,
}

impl Backend for Memory {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.visible.replace(false) == Some(false) {
            return Ok(());
        }
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.visible.replace(true) == Some(true) {
            return Ok(());
        }
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        Ok((self.size)().map_or(UNKNOWN, sane))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sane(size: Size) -> Size {
    let one = |is: u16, unknown: u16, largest: u16| if is == 0 { unknown } else { is.min(largest) };
    Size::new(one(size.width, UNKNOWN.width, LARGEST.width), one(size.height, UNKNOWN.height, LARGEST.height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::{
        style::{Color, Style},
        text::Span,
    };

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace('\x1b', "^")
    }

    #[expect(clippy::unnecessary_wraps, reason = "a canvas asks a function that may fail")]
    fn small() -> io::Result<Size> {
        Ok(Size::new(10, 2))
    }

    #[test]
    fn a_frame_stands_between_the_marks() {
        let mut canvas = Canvas::new(small).unwrap();
        let bytes = text(&canvas.frame(true, |frame| frame.render_widget("hello", frame.area())).unwrap());
        assert!(bytes.starts_with("^[?2026h") && bytes.ends_with("^[?2026l"), "{bytes}");
        assert!(bytes.contains("^[2J") && bytes.contains("hello"), "{bytes}");
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let mut canvas = Canvas::new(small).unwrap();
        let draw = |frame: &mut Frame| {
            frame.render_widget("hello", frame.area());
            frame.set_cursor_position((3, 1));
        };
        assert!(!canvas.frame(true, draw).unwrap().is_empty());
        assert_eq!(text(&canvas.frame(false, draw).unwrap()), "");
        assert!(!canvas.frame(true, draw).unwrap().is_empty());
    }

    #[test]
    fn the_colours_of_the_palette_have_names_that_every_terminal_knows() {
        for (long, short) in [
            ("38;5;1;49", "31;49"),
            ("38;5;9;48;5;4", "91;44"),
            ("39;48;5;15", "39;107"),
            ("38;5;16", "38;5;16"),
            ("38;2;48;5;3;48;5;0", "38;2;48;5;3;40"),
            ("1", "1"),
            ("", ""),
        ] {
            let mut written = Vec::new();
            short_names(long, &mut written);
            assert_eq!(text(&written), short);
        }
        let mut canvas = Canvas::new(small).unwrap();
        let red = Style::new().fg(Color::LightRed).bg(Color::Blue);
        let draw = |frame: &mut Frame| frame.render_widget(Span::styled("[38;5;9m", red), frame.area());
        let bytes = text(&canvas.frame(true, draw).unwrap());
        assert!(bytes.contains("^[91;44m[38;5;9m"), "{bytes}");
        assert!(!bytes.contains("^[38") && bytes.contains("^[39m^[49m^[0m"), "{bytes}");
    }

    #[test]
    fn only_the_cursor_may_move() {
        let mut canvas = Canvas::new(small).unwrap();
        canvas.frame(true, |frame| frame.set_cursor_position((0, 0))).unwrap();
        let bytes = canvas.frame(false, |frame| frame.set_cursor_position((3, 1))).unwrap();
        assert_eq!(text(&bytes), "^[?2026h^[2;4H^[?2026l");
        let bytes = canvas.frame(false, |_| {}).unwrap();
        assert_eq!(text(&bytes), "^[?2026h^[?25l^[?2026l");
    }

    #[test]
    fn a_terminal_without_a_size_is_taken_for_eighty_by_twenty_four() {
        assert_eq!(sane(Size::ZERO), Size::new(80, 24));
        assert_eq!(sane(Size::new(0, 7)), Size::new(80, 7));
        assert_eq!(sane(Size::new(u16::MAX, u16::MAX)), LARGEST);
        let mut canvas = Canvas::new(|| Ok(Size::ZERO)).unwrap();
        canvas.frame(true, |frame| assert_eq!(frame.area().as_size(), Size::new(80, 24))).unwrap();
        let mut canvas = Canvas::new(|| Err(io::ErrorKind::NotFound.into())).unwrap();
        canvas.frame(true, |frame| assert_eq!(frame.area().as_size(), Size::new(80, 24))).unwrap();
    }
}
