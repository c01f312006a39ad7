//! The teller: what a run without a screen prints, in each of its three manners, until nobody listens
//! any more.

use super::Show;
use crate::core::time::time_of_day;
use crate::surface::events::Event;
use crate::ui::text::{clean, clean_lines, safe_json};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};

/// Says things, and stops saying them once nobody listens.
pub(super) struct Teller<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    show: Show,
    /// Time zone of the clock on the wall.
    zone: TimeZone,
    /// What was said last of each environment.
    said: HashMap<String, String>,
    /// Live lines on the terminal.
    live: usize,
    /// Why standard output takes no more.
    closed: Option<io::ErrorKind>,
}

impl<'a> Teller<'a> {
    /// Nothing was said yet.
    pub(super) fn new(show: Show, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err, show, zone: TimeZone::system(), said: HashMap::new(), live: 0, closed: None }
    }

    /// How it says things.
    pub(super) fn show(&self) -> Show {
        self.show
    }

    /// Why nobody listens any more.
    pub(super) fn closed(&self) -> Option<io::ErrorKind> {
        self.closed
    }

    /// Says what happened: as JSON, or as a sentence that is not the one before.
    pub(super) fn say(&mut self, event: &Event) {
        if self.show == Show::Json {
            if let Some(object) = event.json() {
                self.line(&safe_json(&object.to_string()));
            }
            return;
        }
        if self.is_old(event) {
            return;
        }
        let time = time_of_day(event.at, &self.zone);
        for (at, sentence) in clean_lines(&event.sentence).iter().filter(|line| !line.is_empty()).enumerate() {
            let start =
                if at == 0 { format!("{time}  {}  ", clean(&event.subject.name)) } else { "          ".to_owned() };
            self.line(&format!("{start}{sentence}"));
        }
    }

    /// Whether this is what was said of it last: no news.
    fn is_old(&mut self, event: &Event) -> bool {
        let before = self.said.insert(event.subject.id.clone(), event.sentence.clone());
        before.is_some_and(|before| before == event.sentence)
    }

    /// Prints a whole document.
    pub(super) fn document(&mut self, document: &Value) {
        let text = serde_json::to_string_pretty(document).unwrap_or_default();
        self.line(&safe_json(&text));
    }

    /// Prints a line on standard output.
    pub(super) fn line(&mut self, line: &str) {
        self.wipe();
        self.write(&format!("{line}\n"));
    }

    /// Says something that is no result, on standard error.
    pub(super) fn say_error(&mut self, line: &str) {
        self.wipe();
        let _ = writeln!(self.err, "{}", clean(line));
    }

    /// Whether live lines are on the terminal.
    pub(super) fn is_live(&self) -> bool {
        self.live > 0
    }

    /// Draws the live lines, over the old ones. Where they are fewer, nothing of the old ones is left.
    pub(super) fn draw(&mut self, lines: &[String]) {
        let mut text = String::new();
        if self.live > 0 {
            text = format!("\x1b[{}A", self.live);
        }
        if lines.len() < self.live {
            text.push_str("\r\x1b[J");
        }
        for line in lines {
            text.push_str("\r\x1b[2K");
            text.push_str(line);
            text.push('\n');
        }
        self.live = lines.len();
        self.write(&text);
    }

    /// Takes the live lines away.
    pub(super) fn wipe(&mut self) {
        if self.live > 0 {
            let text = format!("\x1b[{}A\r\x1b[J", self.live);
            self.live = 0;
            self.write(&text);
        }
    }

    fn write(&mut self, text: &str) {
        if self.closed.is_some() {
            return;
        }
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        if let Err(error) = written {
            self.closed = Some(error.kind());
        }
    }
}
