//! The teller: what a run without a screen prints, in each of its three manners, until nobody listens
//! any more.

use super::Show;
use crate::core::time::{Now, time_of_day};
use crate::shell::{signals, terminal};
use crate::surface::events::Event;
use crate::ui::text::{clean, clean_lines, safe_json, width, wrapped_behind};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the sentence of a line begins: behind the time and a gap.
const SENTENCE_AT: usize = 10;
/// How a command begins at the end of a sentence.
const COMMAND: &str = ": dualwrite ";

/// Says things, and stops saying them once nobody listens.
pub(super) struct Teller<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    show: Show,
    /// Time zone of the clock on the wall.
    zone: TimeZone,
    /// The day of the last line.
    date: Option<Date>,
    /// What was said last of each environment.
    said: HashMap<String, String>,
    /// Live lines on the terminal.
    live: Vec<String>,
    /// What is to be printed above them, with the next drawing.
    pending: String,
    /// The terminal has another size than it had at the last drawing.
    is_resized: bool,
    /// The program was stopped and goes on: what was drawn stands above what a shell has said since.
    continued: Arc<AtomicBool>,
    /// Why standard output takes no more.
    closed: Option<io::ErrorKind>,
}

impl<'a> Teller<'a> {
    /// Nothing was said yet.
    pub(super) fn new(show: Show, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self {
            out,
            err,
            show,
            zone: TimeZone::system(),
            date: None,
            said: HashMap::new(),
            live: Vec::new(),
            pending: String::new(),
            is_resized: false,
            continued: match show {
                Show::Live(..) => signals::continuations(),
                _ => Arc::default(),
            },
            closed: None,
        }
    }

    /// How it says things.
    pub(super) fn show(&self) -> Show {
        self.show
    }

    /// Columns and rows of the terminal now, or as it said them last; none where nothing is drawn.
    pub(super) fn size(&mut self) -> Option<(u16, u16)> {
        let Show::Live(columns, rows) = &mut self.show else { return None };
        if let Ok(now) = terminal::size()
            && now.width > 0
            && now.height > 0
            && (now.width, now.height) != (*columns, *rows)
        {
            (*columns, *rows) = (now.width, now.height);
            // The terminal has broken the rows that no longer fit.
            self.is_resized = true;
        }
        Some((*columns, *rows))
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
        self.tell_date(event.at);
        let time = time_of_day(event.at, &self.zone);
        for (at, sentence) in clean_lines(&event.sentence).iter().filter(|line| !line.is_empty()).enumerate() {
            let start =
                if at == 0 { format!("{time}  {}  ", clean(&event.subject.label)) } else { "          ".to_owned() };
            self.text(&format!("{start}{sentence}"), SENTENCE_AT);
        }
    }

    /// Prints a text: on a terminal in rows that end between words, each but the first behind so many spaces. A
    /// command at its end stays in one row, so that it can be copied.
    pub(super) fn text(&mut self, text: &str, hang: usize) {
        let Some(cells) = self.size().map(|(columns, _)| usize::from(columns)).filter(|cells| *cells > 2 * hang) else {
            return self.line(text);
        };
        let Some((words, command)) = text.rsplit_once(COMMAND) else {
            return self.line(&wrapped_behind(text, cells, hang));
        };
        let words = wrapped_behind(&format!("{words}:"), cells, hang);
        let command = format!("{} {command}", COMMAND.trim_matches([':', ' ']));
        let used = words.lines().next_back().map_or(0, width);
        let gap = if used + 1 + width(&command) <= cells { " ".to_owned() } else { format!("\n{}", " ".repeat(hang)) };
        self.line(&format!("{words}{gap}{command}"));
    }

    /// A line has only the time of its day: a new day is told.
    fn tell_date(&mut self, at: Now) {
        let date = self.zone.to_datetime(at).date();
        if self.date.replace(date).is_some_and(|before| before != date) {
            self.line(&format!("          {date}"));
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

    /// Prints a line on standard output; above the live lines with their next drawing, so that they stay in sight.
    pub(super) fn line(&mut self, line: &str) {
        if self.is_live() {
            self.pending.push_str(line);
            self.pending.push('\n');
        } else {
            self.write(&format!("{line}\n"));
        }
    }

    /// Prints a part of a document, or some of its lines.
    pub(super) fn part(&mut self, text: &str) {
        self.write(text);
    }

    /// Says something that is no result, on standard error.
    pub(super) fn say_error(&mut self, line: &str) {
        self.wipe();
        let _ = writeln!(self.err, "{}", clean(line));
    }

    /// Says how to go on, on standard error: a command that can be typed as it stands, however long it is.
    pub(super) fn say_way_on(&mut self, command: &str) {
        self.wipe();
        let _ = writeln!(self.err, "To go on: {}", clean_lines(command).join(" "));
    }

    /// Whether live lines are on the terminal.
    pub(super) fn is_live(&self) -> bool {
        !self.live.is_empty()
    }

    /// Draws the live lines, over the old ones, in one write. Lines that say what they said are passed over.
    pub(super) fn draw(&mut self, lines: Vec<String>) {
        self.forget_what_stands_above();
        let mut text = self.above();
        if !self.pending.is_empty() || lines.len() < self.live.len() || std::mem::take(&mut self.is_resized) {
            text.push_str("\r\x1b[J");
            text.push_str(&self.pending);
            self.pending.clear();
            self.live.clear();
        }
        for (at, line) in lines.iter().enumerate() {
            match self.live.get(at) {
                Some(before) if before == line => {}
                Some(before) => text.push_str(&turned(before, line)),
                None => {
                    text.push_str("\r\x1b[2K");
                    text.push_str(line);
                }
            }
            text.push('\n');
        }
        self.live = lines;
        self.write(&text);
    }

    /// Takes the live lines away; what was to be printed above them is printed.
    pub(super) fn wipe(&mut self) {
        if self.is_live() {
            self.forget_what_stands_above();
            let text = format!("{}\r\x1b[J{}", self.above(), self.pending);
            self.pending.clear();
            self.live.clear();
            self.write(&text);
        }
    }

    /// After a stop the live lines stay where they are, above what the shell has said; the next ones stand below it.
    fn forget_what_stands_above(&mut self) {
        if self.continued.swap(false, Ordering::Relaxed) {
            self.live.clear();
        }
    }

    /// What leads to the first live line.
    fn above(&self) -> String {
        let Show::Live(columns, _) = self.show else { return String::new() };
        if !self.is_live() {
            return String::new();
        }
        let rows = |line: &String| width(line).div_ceil(usize::from(columns.max(1))).max(1);
        format!("\x1b[{}A", self.live.iter().map(rows).sum::<usize>())
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

/// What turns a live line into its successor: the part that differs, so that many of them cost little over a slow line.
fn turned(before: &str, line: &str) -> String {
    // A letter of several may stand in one cell, or one in two: then the whole of it.
    if !(before.is_ascii() && line.is_ascii()) {
        return format!("\r\x1b[2K{line}");
    }
    let same = before.bytes().zip(line.bytes()).take_while(|(before, after)| before == after).count();
    let forward = if same > 0 { format!("\x1b[{same}C") } else { String::new() };
    if before.len() != line.len() {
        return format!("\r{forward}\x1b[K{}", &line[same..]);
    }
    let (old, new) = (&before.as_bytes()[same..], &line.as_bytes()[same..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(before, after)| before == after).count();
    format!("\r{forward}{}", &line[same..line.len() - end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::events::{self, Subject};

    #[test]
    fn of_a_live_line_only_what_differs_is_written() {
        assert_eq!(turned("uat  0:09  runs 3 s ago, est.", "uat  0:10  runs 4 s ago, est."), "\r\x1b[7C10  runs 4");
        assert_eq!(turned("uat  0:09  runs 9 s", "uat  0:09  runs 10 s"), "\r\x1b[16C\x1b[K10 s");
        assert_eq!(turned("a", "b"), "\rb");
        assert_eq!(turned("ä  1", "ä  2"), "\r\x1b[2Kä  2");
    }

    /// One write each, as bytes that can be read.
    #[derive(Default)]
    struct Writes(Vec<String>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8_lossy(bytes).replace('\x1b', "^"));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn rows_that_a_narrower_terminal_has_broken_are_all_drawn_over() {
        let (mut out, mut err) = (Writes::default(), Vec::new());
        let mut teller = Teller::new(Show::Live(80, 24), &mut out, &mut err);
        teller.draw(lines(&["0123456789", "b"]));
        (teller.show, teller.is_resized) = (Show::Live(4, 24), true);
        teller.draw(lines(&["0123"]));
        assert_eq!(out.0.last().unwrap(), "^[4A\r^[J\r^[2K0123\n");
    }

    /// Ctrl-Z and fg: the words of the shell stand behind the live lines, and stay.
    #[test]
    fn after_a_stop_the_live_lines_are_drawn_below_what_the_shell_has_said() {
        let (mut out, mut err) = (Writes::default(), Vec::new());
        let mut teller = Teller::new(Show::Live(80, 24), &mut out, &mut err);
        teller.draw(lines(&["a 1", "b 1"]));
        teller.continued.store(true, Ordering::Relaxed);
        teller.draw(lines(&["a 1", "b 2"]));
        teller.draw(lines(&["a 1", "b 3"]));
        teller.continued.store(true, Ordering::Relaxed);
        teller.line("last");
        teller.wipe();
        let wanted = ["\r^[2Ka 1\n\r^[2Kb 1\n", "\r^[2Ka 1\n\r^[2Kb 2\n", "^[2A\n\r^[2C3\n", "\r^[Jlast\n"];
        assert_eq!(out.0, wanted);
    }

    #[test]
    fn a_new_day_is_told_before_its_first_line() {
        let (mut out, mut err) = (Writes::default(), Vec::new());
        let mut teller = Teller::new(Show::Lines, &mut out, &mut err);
        teller.zone = TimeZone::UTC;
        let subject = Subject { id: "1".into(), name: "uat".into(), label: "uat".into(), run: String::new() };
        for (at, words) in [("2026-03-01T23:59:59Z", "read"), ("2026-03-02T00:00:01Z", "linked")] {
            teller.say(&events::remark(&subject, words.into(), at.parse().unwrap()));
        }
        assert_eq!(out.0, ["23:59:59  uat  read\n", "          2026-03-02\n", "00:00:01  uat  linked\n"]);
    }

    #[test]
    fn on_a_terminal_rows_end_between_words_and_a_command_stays_whole() {
        let (mut out, mut err) = (Writes::default(), Vec::new());
        let mut teller = Teller::new(Show::Live(30, 24), &mut out, &mut err);
        let text = "  P23  The runtime has a client ID row";
        teller.text(text, 7);
        teller.text("10:00:00  uat  fix it (f): dualwrite --environment uat --cloud sim.toml", 10);
        teller.text("short: dualwrite demo", 7);
        let mut teller = Teller::new(Show::Lines, &mut out, &mut err);
        teller.text(text, 7);
        let wanted = [
            "  P23  The runtime has a\n       client ID row\n",
            "10:00:00  uat  fix it (f):\n          dualwrite --environment uat --cloud sim.toml\n",
            "short: dualwrite demo\n",
            "  P23  The runtime has a client ID row\n",
        ];
        assert_eq!(out.0, wanted);
    }

    fn lines(all: &[&str]) -> Vec<String> {
        all.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn live_lines_are_drawn_in_one_write_with_what_was_said_and_only_where_they_changed() {
        let (mut out, mut err) = (Writes::default(), Vec::new());
        let mut teller = Teller::new(Show::Live(80, 24), &mut out, &mut err);
        teller.line("first");
        teller.draw(lines(&["a 1", "b 1"]));
        teller.draw(lines(&["a 1", "b 2"]));
        teller.line("said");
        teller.line("said too");
        teller.draw(lines(&["a 2", "b 2"]));
        teller.draw(lines(&["a 2"]));
        teller.line("last");
        teller.wipe();
        let wanted = [
            "first\n",
            "\r^[2Ka 1\n\r^[2Kb 1\n",
            "^[2A\n\r^[2C2\n",
            "^[2A\r^[Jsaid\nsaid too\n\r^[2Ka 2\n\r^[2Kb 2\n",
            "^[2A\r^[J\r^[2Ka 2\n",
            "^[1A\r^[Jlast\n",
        ];
        assert_eq!(out.0, wanted);
    }
}
