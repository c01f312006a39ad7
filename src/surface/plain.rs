//! The wizard line by line: the same screens, read from top to bottom, numbered choices, one
//! sentence per change. No repaint, no borders, no escape sequence.
//!
//! A line is taken when a page waits for one, so that a pipe can hold all answers from the start. What is typed while
//! something runs is about that: a letter is taken, anything else is thrown away with a word.

use super::code;
use super::events::{self, Subject};
use super::export;
use super::seat::{Heard, Options, Seat, Typed};
use crate::core::environment::{Environment, EnvironmentId};
use crate::core::journal::What;
use crate::core::msg::{Intent, Msg};
use crate::core::route::{Screen, screen};
use crate::core::schedule::outlook;
use crate::core::setup::Record;
use crate::core::sign_in::Session;
use crate::core::standing::standing;
use crate::core::time::{Now, between, offset, time_of_day};
use crate::screens::plain::{self as page, Lines};
use crate::screens::{Eye, Reaction};
use crate::shell::terminal;
use crate::ui::text::{clean, clean_lines, cut_name, echo, wrapped};
use jiff::tz::TimeZone;
use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// Most cells of the name of an environment in front of what happened there.
const NAME_MAX: usize = 40;
/// How long what runs may go on without a word.
const QUIET: Duration = Duration::from_mins(5);

/// Runs the wizard until the person leaves, the input ends, or a signal comes; the exit code.
pub fn run(options: Options, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let speed = options.speed;
    let (seat, record) = match Seat::take(options) {
        Ok(taken) => taken,
        Err(why) => {
            let _ = writeln!(err, "{}", clean(&why.words));
            return why.code;
        }
    };
    let mut plain = Plain {
        zone: TimeZone::system(),
        eye: Eye::default(),
        typed: VecDeque::new(),
        is_person: io::stdin().is_terminal(),
        is_terminal: io::stdout().is_terminal(),
        is_over: false,
        shown: None,
        below: None,
        readings: HashMap::new(),
        said: String::new(),
        asks_again: false,
        is_answered: false,
        spoke: seat.clock.now(),
        unwritten: None,
        out,
        seat,
    };
    plain.seat.model.takes_tokens = plain.is_person;
    plain.seat.listen_to_lines();
    let cloud = clean(&plain.seat.model.cloud.name);
    let faster = if speed > 1.0 { format!(", {speed} times faster, its times of day, too") } else { String::new() };
    let offset = offset(plain.seat.clock.now(), &plain.zone);
    plain.say(&format!("dualwrite, line by line. Cloud: {cloud}{faster}. Times of day are UTC{offset}."));
    plain.say("A number chooses, b goes back, q leaves.");
    if let Some(note) = record.note {
        plain.say(&clean(&note));
    }
    plain.seat.tell(Msg::FoundRuns(record.found));
    plain.seat.tell(Msg::Start);
    plain.seat.tell(Msg::Damaged(record.damaged));
    let (code, why) = plain.walk();
    let Plain { seat, unwritten, .. } = plain;
    seat.leave(why);
    if let Some(error) = unwritten.filter(|_| code == code::FAILED) {
        let _ = writeln!(err, "Standard output cannot be written: {}.", clean(&error.to_string()));
    }
    code
}

/// Which page was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    screen: Screen,
    environment: Option<EnvironmentId>,
    /// When it was said first.
    since: Now,
    /// The page, where it waits for a choice; one that runs is said once.
    page: Option<Lines>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Plain<'a> {
    seat: Seat,
    eye: Eye,
    zone: TimeZone,
    /// Lines that were typed and not yet taken.
    typed: VecDeque<String>,
    /// Whoever types sits at a terminal.
    is_person: bool,
    /// What is said is shown in rows of a terminal.
    is_terminal: bool,
    /// Nobody types any more.
    is_over: bool,
    shown: Option<Shown>,
    /// The word of a service that was said last, by environment.
    readings: HashMap<String, String>,
    /// What was said of the page over which something is laid.
    below: Option<Lines>,
    /// The notice that was said last.
    said: String,
    /// Something was said since the page asked for a choice: it asks again.
    asks_again: bool,
    /// A line was taken since the page was said.
    is_answered: bool,
    /// When something was said of what runs.
    spoke: Now,
    /// Why nobody can read any more what is said.
    unwritten: Option<io::Error>,
    out: &'a mut dyn Write,
}

/// An environment in front of what happened there: on one line, however it is written, because a line of its own would
/// be an event of its own.
fn called(environment: &Environment) -> String {
    cut_name(&clean(&environment.label()), NAME_MAX, "...")
}

/// Whether a line is one letter: what may be typed while something runs.
fn is_letter(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() == 1 && line.chars().all(|letter| letter.is_alphabetic() || letter == '?')
}

/// The end, with its exit code and why the program is left.
type Over = (u8, &'static str);

impl Plain<'_> {
    fn walk(&mut self) -> Over {
        loop {
            self.tell_news();
            self.show();
            // What nobody could read is not consented to.
            if let Some(error) = &self.unwritten {
                return match error.kind() {
                    ErrorKind::BrokenPipe => (code::PIPE, "standard output was closed"),
                    _ => (code::FAILED, "standard output cannot be written"),
                };
            }
            if let Some(line) = self.next_line() {
                if let Some(over) = self.take(&line) {
                    return over;
                }
                continue;
            }
            if self.is_over && self.waits_for_choice() {
                return self.out_of_input();
            }
            match self.seat.wait(self.quiet_for_more()) {
                Heard::Line(Some(typed)) => {
                    if let Some(over) = self.hear(typed) {
                        return over;
                    }
                }
                Heard::Line(None) => self.is_over = true,
                Heard::Signal(signal) => {
                    self.say_where_it_goes_on();
                    return (signal.exit_code(), signal.name());
                }
                Heard::Nothing => self.say_what_runs(),
                Heard::News => {}
            }
        }
    }

    /// How long nothing is said yet before what runs is told again; none where nothing runs, or a question is open.
    fn quiet_for_more(&self) -> Option<Duration> {
        let has_one = self.seat.model.running().next().is_some();
        (has_one && !page::has_overlay(&self.eye))
            .then(|| QUIET.saturating_sub(between(self.spoke, self.seat.clock.now())))
    }

    /// What runs has been quiet for long: that it runs, and for how long it may.
    fn say_what_runs(&mut self) {
        let now = self.seat.clock.now();
        let model = &self.seat.model;
        let mut lines = Vec::new();
        for (environment, setup) in model.running() {
            let still = outlook::still(setup, &model.experience, now).map(|still| format!(", {}", still.in_words()));
            let far = standing(environment, Some(setup)).words();
            lines.push(format!("{}: {far}{}", called(environment), still.unwrap_or_default()));
        }
        let time = time_of_day(now, &self.zone);
        for line in lines {
            self.say(&format!("{time}  {line}"));
        }
        self.spoke = now;
    }

    /// Whether the page can do nothing without a person.
    fn waits_for_choice(&self) -> bool {
        page::waits(&self.seat.model, &self.eye)
    }

    fn lines(&self) -> Lines {
        page::lines(&self.seat.model, &self.eye, self.seat.clock.now(), &self.zone)
    }

    /// Says the page, if it is another one or says something else now.
    fn show(&mut self) {
        let model = &self.seat.model;
        let (screen, environment) = (screen(model), model.selected().cloned());
        let waits = self.waits_for_choice();
        let is_same = |shown: &Shown| shown.screen == screen && shown.environment == environment;
        let was_here = self.shown.as_ref().is_some_and(is_same);
        // A page that is still being read is said when it is; one that runs, once.
        if !waits && (was_here || !(page::runs(screen) || screen == Screen::SignIn)) {
            if !was_here && screen != Screen::SignIn {
                self.say("Reading...");
                self.shown = Some(Shown { screen, environment, since: self.seat.clock.now(), page: None });
            }
            if screen == Screen::SignIn {
                self.show_code();
            }
            // Back from what was laid over it. A page that is read anew is said when it is.
            if page::runs(screen) && self.below.take().is_some() {
                let lines = self.lines();
                self.say("");
                self.say(lines.title);
                self.say(&lines.prompt(waits, self.is_person));
            }
            return;
        }
        if screen == Screen::Terms && !page::has_overlay(&self.eye) {
            // All of it is said right now.
            self.seat.tell(Msg::Intent(Intent::TermsSeenToEnd));
        }
        let lines = self.lines();
        let is_asked = |shown: &Shown| shown.page.as_ref().is_some_and(|page| page.title == lines.title);
        if page::has_overlay(&self.eye)
            && !self.is_answered
            && !self.asks_again
            && self.shown.as_ref().is_some_and(is_asked)
        {
            // Whoever thinks about a question is not disturbed by what it is about.
            return;
        }
        self.is_answered = false;
        let before = self.shown.take().filter(is_same);
        let since = before.as_ref().map_or_else(|| self.seat.clock.now(), |shown| shown.since);
        let mut before = before.and_then(|shown| shown.page);
        if page::has_overlay(&self.eye) {
            self.below = self.below.take().or_else(|| before.clone());
        } else if let Some(below) = self.below.take().filter(|below| below.title == lines.title) {
            // Whoever closes a help is not read the terms once more.
            self.say("");
            self.say(lines.title);
            before = Some(below);
            self.asks_again = true;
        }
        if before.as_ref() != Some(&lines) || waits && self.asks_again {
            self.say_page(&lines, before.as_ref(), waits);
            self.asks_again = false;
        }
        self.shown = Some(Shown { screen, environment, since, page: Some(lines) });
    }

    fn show_code(&mut self) {
        if let Session::Waiting(waiting) = &self.seat.model.session {
            let until = time_of_day(waiting.until, &self.zone);
            let text = format!("To sign in, open {} and type {}, until {until}", waiting.address, waiting.user_code);
            if self.said != text {
                self.say(&text);
                self.said = text;
            }
        }
    }

    /// Says a page; of one that was said before, what is new in it.
    fn say_page(&mut self, lines: &Lines, before: Option<&Lines>, waits: bool) {
        self.say("");
        for line in lines.said(before) {
            self.say(&line);
        }
        // A sign-in goes on in a browser; the code is told next.
        if waits || screen(&self.seat.model) != Screen::SignIn {
            self.say(&lines.prompt(waits, self.is_person));
        }
    }

    /// The next line that may be taken now.
    fn next_line(&mut self) -> Option<String> {
        if self.waits_for_choice() { self.typed.pop_front() } else { None }
    }

    /// Takes a line that came: at once, or for the next page that waits.
    fn hear(&mut self, typed: Typed) -> Option<Over> {
        let Typed { line, at } = typed;
        let runs = page::runs(screen(&self.seat.model));
        // A pipe may hold the answers to all pages from the start; what comes while something runs is about that.
        let is_new = self.is_person || runs && self.shown.as_ref().is_some_and(|shown| shown.since < at);
        if self.waits_for_choice() || !is_new {
            self.typed.push_back(line);
            return None;
        }
        if is_letter(&line) {
            return self.take(&line);
        }
        // Kept for the next page it would answer what its writer has not seen.
        let what = if line.trim().is_empty() { "Enter".into() } else { format!("“{}”", echo(&line)) };
        let why = if runs {
            "does nothing while it runs; ? for help, q to leave."
        } else {
            "was typed too early and was ignored; type it again at the prompt."
        };
        self.say(&format!("{what} {why}"));
        None
    }

    fn take(&mut self, line: &str) -> Option<Over> {
        let now = self.seat.clock.now();
        self.is_answered = true;
        let reaction = page::answer(&self.seat.model, &mut self.eye, line, now, &self.zone);
        if let Some(hint) = page::hint(&mut self.eye) {
            self.say(&hint);
            self.asks_again = true;
        }
        match reaction {
            // A pipe has no clipboard; what would go there is said.
            Reaction::Intent(Intent::Copy(text)) => {
                for line in clean_lines(&text) {
                    self.say(&line);
                }
                self.asks_again = true;
                None
            }
            Reaction::Nothing => {
                self.say(&format!("“{}” does nothing here.", echo(line)));
                self.asks_again = true;
                None
            }
            Reaction::Intent(intent) => {
                self.said.clear();
                let is_reading = matches!(intent, Intent::ReadNow);
                self.seat.tell(Msg::Intent(intent));
                if is_reading {
                    self.shown = None;
                }
                self.export();
                None
            }
            Reaction::Token(service) => {
                if let Some(token) = self.eye.take_token() {
                    self.said.clear();
                    self.seat.give_token(service, token);
                }
                None
            }
            Reaction::Leave => {
                self.say_where_it_goes_on();
                Some((code::DONE, "left by the person"))
            }
            Reaction::Redraw | Reaction::Repaint | Reaction::Suspend => None,
        }
    }

    /// Writes the runs to files that somebody wants.
    fn export(&mut self) {
        for run in self.seat.exports() {
            let done = export::export_to_files(self.seat.state_dir(), &run, &self.zone, Path::new("."));
            self.seat.tell(Msg::Exported(done));
        }
    }

    /// Says what was written down and the last notice. What happens while a question is open is told after it.
    fn tell_news(&mut self) {
        if !page::has_overlay(&self.eye) {
            self.tell_entries();
        }
        if let Some(notice) = self.seat.model.notice.clone()
            && notice != self.said
        {
            self.say(&notice);
            self.said = notice;
            self.asks_again = true;
        }
    }

    fn tell_entries(&mut self) {
        for entry in self.seat.told() {
            let of = self.seat.model.directory.get(&EnvironmentId(entry.environment.as_str().into()));
            let label = of.map(called).unwrap_or_default();
            let name = of.map(|of| of.name.clone()).unwrap_or_default();
            let subject = Subject { id: entry.environment.clone(), name, label, run: entry.run.clone() };
            let event = events::of_entry(&entry, &subject).filter(|event| !event.sentence.is_empty());
            // The same word of a service is no news, whatever was said of others in between.
            let is_news = |event: &events::Event| {
                !matches!(entry.what, What::Reading { .. })
                    || self.readings.get(&event.subject.id) != Some(&event.sentence)
            };
            if let Some(event) = event.filter(is_news) {
                if matches!(entry.what, What::Reading { .. }) {
                    self.readings.insert(event.subject.id.clone(), event.sentence.clone());
                }
                let said = format!("{}: {}", event.subject.label, event.sentence);
                // One sentence per change.
                if said != self.said {
                    let time = time_of_day(event.at, &self.zone);
                    // The page of a failure says the rest of it.
                    let is_shown = self.seat.model.selected().is_some_and(|id| *id.0 == *entry.environment);
                    let most = if is_shown && matches!(entry.what, What::Failed { .. }) { 1 } else { usize::MAX };
                    for line in clean_lines(&said).iter().filter(|line| !line.is_empty()).take(most) {
                        self.say(&format!("{time}  {line}"));
                    }
                    self.spoke = self.seat.clock.now();
                    self.said = said;
                }
            }
        }
    }

    /// Before the program is left: what was not told yet, and what goes on without it.
    fn say_where_it_goes_on(&mut self) {
        self.tell_entries();
        let model = &self.seat.model;
        let mut lines = Vec::new();
        for (environment, setup) in model.running() {
            lines.push(format!(
                "{}: {}. {}: {}",
                environment.name,
                setup.once_left(model.cloud.ends_with_program),
                model.cloud.way_back(),
                model.cloud.come_back(environment)
            ));
        }
        for line in lines {
            self.say(&line);
        }
    }

    /// Nobody types any more and a page waits: that is the end, and a good one only at the end of the way.
    fn out_of_input(&mut self) -> Over {
        if screen(&self.seat.model) == Screen::Linked {
            return (code::DONE, "the input ended");
        }
        self.say("The input ended before a choice was made here.");
        self.say_where_it_goes_on();
        // What was begun can be gone on with; else nothing was changed.
        let has_begun = self.seat.model.setups.values().any(|setup| setup.record != Record::New);
        (if has_begun { code::TIMED_OUT } else { code::CONSENT }, "the input ended")
    }

    fn say(&mut self, line: &str) {
        if self.unwritten.is_some() {
            return;
        }
        let line = clean(line);
        // A terminal would break a row in the middle of a word.
        let cells = if self.is_terminal { terminal::size().map_or(0, |size| usize::from(size.width)) } else { 0 };
        let line = if cells > 1 { wrapped(&line, cells - 1) } else { line };
        self.unwritten = writeln!(self.out, "{line}").and_then(|()| self.out.flush()).err();
    }
}
