//! The full screen: the core driven by keys, drawn by `screens`, in the loop of the shell.
//!
//! The first frame waits for nothing: the runtime, the record, the simulator and the client start
//! right after it. Where no cloud is configured, the first screen comes before it.

use super::driver::{Driver, Left, Record};
use super::export;
use super::stage::{NotReady, Play, Ready, Stage, prepare};
use super::welcome::{self, Outcome, Welcome};
use crate::core::environment::EnvironmentId;
use crate::core::journal::RunId;
use crate::core::model::{Cloud, Model};
use crate::core::msg::{Intent, Msg};
use crate::core::schedule::outlook::Progress;
use crate::core::time::{Now, between};
use crate::screens::{self, Eye, Picture, Reaction, Setting, Watched, Window};
use crate::settings;
use crate::shell::clock::Clock;
use crate::shell::reach::Reach;
use crate::shell::run::{self, App, Event, RunError, Sender, Signal, Step};
use crate::shell::terminal;
use crate::ui::look::Look;
use crate::ui::text::{clean, clean_lines};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often a running time on the screen is drawn anew: on a simulator that is in a hurry, and else. Together
/// with the readings in between that is no more than one wake-up a second.
const TICK_FAST: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_secs(2);
/// How long the rows of a long list stay in sight before they are read: who leafs through it reads none.
const GLANCE: Duration = Duration::from_millis(400);
/// Threads of the runtime. What runs on it waits for the network; a second one would be woken to no use.
const WORKERS: usize = 1;

/// How long what ends must have run, in the time of the service, to be worth a bell.
const LONG: Duration = Duration::from_secs(30);
/// How long nobody has touched a key, where the terminal does not say whether its window has the focus, until they
/// count as away.
const AWAY: Duration = Duration::from_mins(2);
/// What is said where a terminal gets nothing for its clipboard.
const NO_CLIPBOARD: &str =
    "Nothing was copied: this terminal takes no clipboard, or the settings turn it off (signals).";
/// Intents that one picture may bring about, one after the other: more would be a circle.
const INTENTS_MAX: u8 = 4;

/// What the person sees first.
pub enum Opening {
    /// The wizard on a cloud, or on the simulator.
    Play(Play),
    /// The first screen, which leads to it.
    Welcome(welcome::Options),
}

/// How the wizard runs.
pub struct Options {
    /// Where it begins.
    pub opening: Opening,
    /// What does not depend on the cloud.
    pub settled: Settled,
}

/// What does not depend on the cloud.
#[derive(Clone)]
pub struct Settled {
    /// The environment to open.
    pub environment: Option<String>,
    /// Where the record is kept.
    pub state_dir: PathBuf,
    /// How it looks.
    pub look: Look,
    /// What the terminal takes beside the picture.
    pub reach: Reach,
    /// Feeds jitter and ids.
    pub seed: u64,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Exit code.
    pub code: u8,
    /// Sentences for the person, once the terminal is given back.
    pub words: Vec<String>,
    /// Whether there is still a terminal to say them to.
    pub heard: bool,
}

enum Message {
    Core(Msg),
    Ready(Box<Ready>),
    Failed(NotReady),
}

/// Runs the wizard until the person leaves or a signal ends it.
///
/// # Errors
/// When there is no terminal, or it cannot be used.
pub fn run(options: Options) -> Result<Ended, RunError> {
    let Options { opening, settled } = options;
    let reach = settled.reach;
    let (sender, receiver) = run::channel().map_err(RunError::Channel)?;
    let mut program = Program {
        phase: match opening {
            Opening::Play(play) => Phase::Wizard(Box::new(Wizard::new(play, settled.clone(), sender.clone()))),
            Opening::Welcome(options) => Phase::Welcome(Box::new(Welcome::new(options, settled.look))),
        },
        settled,
        sender: sender.clone(),
        ended: Ended { code: 0, words: Vec::new(), heard: true },
    };
    let result = run::run(&mut program, reach, receiver, sender);
    let ended = match program.phase {
        Phase::Wizard(wizard) => wizard.close(),
        Phase::Welcome(_) => program.ended,
    };
    result?;
    Ok(ended)
}

/// What the person sees.
enum Phase {
    Welcome(Box<Welcome>),
    Wizard(Box<Wizard>),
}

/// The first screen, then the wizard, in one session of the terminal.
struct Program {
    phase: Phase,
    settled: Settled,
    sender: Sender<Message>,
    /// How it ended where no wizard was begun.
    ended: Ended,
}

impl App for Program {
    type Message = Message;

    fn on_event(&mut self, event: Event<Message>) -> Step {
        let welcome = match &mut self.phase {
            Phase::Wizard(wizard) => return wizard.on_event(event),
            Phase::Welcome(welcome) => welcome,
        };
        match welcome.on_event(event) {
            Outcome::Stay(step) => step,
            Outcome::Begin(play) => {
                let wizard = Wizard::new(play, self.settled.clone(), self.sender.clone());
                self.phase = Phase::Wizard(Box::new(wizard));
                Step::Continue { draw: true }
            }
            Outcome::Leave { code, heard } => {
                self.ended = Ended { code, heard, words: Vec::new() };
                Step::Leave
            }
        }
    }

    fn draw(&mut self, frame: &mut ratatui::Frame) {
        match &mut self.phase {
            Phase::Wizard(wizard) => wizard.draw(frame),
            Phase::Welcome(welcome) => welcome.draw(frame),
        }
    }

    fn next_wake(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Wizard(wizard) => wizard.next_wake(),
            Phase::Welcome(_) => None,
        }
    }

    fn on_wake(&mut self) -> Step {
        match &mut self.phase {
            Phase::Wizard(wizard) => wizard.on_wake(),
            Phase::Welcome(_) => Step::Continue { draw: false },
        }
    }
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug)]
struct Presence {
    /// Whether the window has the focus, where the terminal has said so.
    has_focus: Option<bool>,
    last_key: Now,
}

impl Presence {
    /// Whether nobody looks: `idle` is how long no key was touched.
    fn is_away(self, idle: Duration) -> bool {
        self.has_focus.map_or(idle >= AWAY, |has| !has)
    }
}

struct Wizard {
    model: Model,
    eye: Eye,
    /// The eye has followed the model.
    is_settled: bool,
    /// Columns and rows of the picture that the person sees.
    size: (u16, u16),
    /// What the window was told.
    window: Window,
    /// What is watched of each set-up that runs.
    watched: HashMap<EnvironmentId, Watched>,
    presence: Presence,
    /// Rows of a long list that came in sight, and when.
    glance: Option<(Vec<EnvironmentId>, Now)>,
    look: Look,
    zone: TimeZone,
    clock: Clock,
    sender: Sender<Message>,
    /// What starts after the first frame.
    to_start: Option<Stage>,
    state_dir: PathBuf,
    driver: Driver,
    ended: Ended,
}

impl Wizard {
    fn new(play: Play, settled: Settled, sender: Sender<Message>) -> Self {
        let Play { stage, speed, command } = play;
        let Settled { environment, state_dir, look, reach: _, seed } = settled;
        let cloud = match &stage {
            Stage::Rehearsal(_) => Cloud {
                name: "SIMULATOR".into(),
                portal: String::new(),
                lcs_project: None,
                has_client: true,
                has_lcs: false,
                has_gateway: false,
                has_graph: false,
                has_link: false,
                command,
                speed: settings::shown_speed(speed),
                address: String::new(),
                ends_with_program: true,
            },
            Stage::Cloud(profile, _) => profile.cloud(&command, speed),
        };
        let clock = Clock::new(speed);
        Self {
            model: Model::new(cloud, seed, environment),
            eye: Eye::default(),
            is_settled: false,
            size: (0, 0),
            window: Window::default(),
            watched: HashMap::new(),
            presence: Presence { has_focus: None, last_key: clock.now() },
            glance: None,
            look,
            zone: TimeZone::UTC,
            clock,
            sender,
            to_start: Some(stage),
            state_dir,
            driver: Driver::new(clock),
            ended: Ended { code: 0, words: Vec::new(), heard: true },
        }
    }

    fn tell(&mut self, msg: Msg) {
        for left in self.driver.tell(&mut self.model, msg) {
            match left {
                Left::Copy(text) if terminal::copy(&clean_lines(&text).join("\n")) => {}
                Left::Copy(_) => self.model.notice = Some(NO_CLIPBOARD.to_owned()),
                Left::Export(run) => self.export(run),
                // The timeline of the screens says it.
                Left::Told(_) => {}
            }
        }
    }

    /// Writes a run to files beside whoever started the program.
    fn export(&self, run: RunId) {
        let (state_dir, sender, zone) = (self.state_dir.clone(), self.sender.clone(), self.zone.clone());
        self.driver.beside(move || {
            sender.send(Message::Core(Msg::Exported(export::export_to_files(&state_dir, &run, &zone, Path::new(".")))));
        });
    }

    /// Starts everything that the first frame did not need.
    fn start(&mut self, stage: Stage) -> std::io::Result<()> {
        self.zone = TimeZone::system();
        let handle = self.driver.start(self.state_dir.clone(), WORKERS)?;
        let (clock, command, state_dir) = (self.clock, self.model.cloud.command.clone(), self.state_dir.clone());
        let (sender, to_core) = (self.sender.clone(), self.sender.clone());
        let tell = Arc::new(move |msg| {
            to_core.send(Message::Core(msg));
        });
        handle.spawn(async move {
            let message = match prepare(stage, &state_dir, clock, &command, tell).await {
                Ok(ready) => Message::Ready(Box::new(ready)),
                Err(why) => Message::Failed(why),
            };
            sender.send(message);
        });
        Ok(())
    }

    fn ready(&mut self, ready: Ready) {
        let sender = self.sender.clone();
        let listener = Arc::new(move |msg| sender.send(Message::Core(msg)));
        let Record { found, damaged, note } = self.driver.ready(&mut self.model, ready, listener);
        self.model.takes_tokens = true;
        let first = [Msg::FoundRuns(found), Msg::Start, Msg::Damaged(damaged)];
        for msg in first.into_iter().chain(self.driver.early()) {
            self.tell(msg);
        }
        self.model.notice = note.or(self.model.notice.take());
    }

    fn react(&mut self, reaction: Reaction) -> Step {
        match reaction {
            Reaction::Nothing => Step::Continue { draw: false },
            Reaction::Redraw => Step::Continue { draw: true },
            Reaction::Intent(intent) => {
                self.tell(Msg::Intent(intent));
                Step::Continue { draw: true }
            }
            Reaction::Token(service) => {
                let token = self.eye.take_token();
                if let Some(msg) = token.and_then(|token| self.driver.give_token(service, token)) {
                    self.tell(msg);
                }
                Step::Continue { draw: true }
            }
            Reaction::Leave => self.leave(0, "left by the person"),
            Reaction::Suspend => Step::Suspend,
            Reaction::Repaint => Step::Redraw,
        }
    }

    fn leave(&mut self, code: u8, why: &str) -> Step {
        self.tell(Msg::Leaving(why.to_owned()));
        self.ended.code = code;
        for (environment, setup) in self.model.running() {
            let name = clean(&environment.name);
            let cloud = &self.model.cloud;
            let left = setup.once_left(cloud.ends_with_program);
            self.ended.words.push(format!("{name}: {left}. {}:", cloud.way_back()));
            self.ended.words.push(format!("  {}", clean(&cloud.come_back(environment))));
        }
        Step::Leave
    }

    /// Works out the picture, and does what it brings about by itself: another screen resets the eye, the end of
    /// the terms was seen.
    fn settle(&mut self) -> Picture {
        self.is_settled = true;
        let now = self.clock.now();
        let mut left = INTENTS_MAX;
        loop {
            let setting = Setting { look: &self.look, now, zone: &self.zone, size: self.size };
            let (picture, intent) = screens::settled(&self.model, &mut self.eye, setting);
            match intent {
                Some(intent) if left > 0 => self.tell(Msg::Intent(intent)),
                _ => return picture,
            }
            left -= 1;
        }
    }

    /// Takes note of the rows of a long list that are in sight and that the core does not know of.
    fn glance(&mut self) {
        let Some(seen) = screens::in_sight(&self.model, &self.eye) else {
            self.glance = None;
            return;
        };
        if seen.clone().eq(&self.model.directory.in_sight) {
            self.glance = None;
        } else if !self.glance.as_ref().is_some_and(|(before, _)| seen.clone().eq(before)) {
            self.glance = Some((seen.cloned().collect(), self.clock.now()));
        }
    }

    /// How long the rows in sight must stay there before they are read.
    fn glance_left(&self) -> Option<Duration> {
        let (_, since) = self.glance.as_ref()?;
        Some(GLANCE.saturating_sub(self.clock.real(between(*since, self.clock.now()))))
    }

    /// Tells the window what has changed, and rings where a long step has ended and nobody is there.
    fn tell_window(&mut self, now: Now) {
        let window = screens::window(&self.model, now);
        if window.title != self.window.title {
            terminal::set_title(&window.title);
        }
        if window.progress != self.window.progress {
            terminal::set_progress(window.progress);
        }
        self.window = window;
        for id in self.model.touched() {
            let mut watched = self.watched.remove(&id);
            let news = screens::news(&self.model, &id, &mut watched, LONG, now);
            self.watched.extend(watched.map(|watched| (id, watched)));
            if let Some(words) =
                news.filter(|_| self.presence.is_away(self.clock.real(between(self.presence.last_key, now))))
            {
                terminal::ring(&words);
            }
        }
    }

    fn close(self) -> Ended {
        self.driver.close();
        self.ended
    }
}

impl App for Wizard {
    type Message = Message;

    fn on_event(&mut self, event: Event<Message>) -> Step {
        if matches!(event, Event::Key(_) | Event::Paste(_)) && !self.is_settled {
            self.settle();
        }
        if matches!(event, Event::Key(_) | Event::Paste(_)) {
            self.presence.last_key = self.clock.now();
        }
        let step = match event {
            Event::Key(key) => {
                let reaction = screens::on_key(&self.model, &mut self.eye, key, self.clock.now(), self.size);
                self.react(reaction)
            }
            Event::Paste(text) => {
                let reaction = screens::on_paste(&self.model, &mut self.eye, &text);
                self.react(reaction)
            }
            Event::Resize => Step::Continue { draw: true },
            Event::Resumed => {
                // The title comes back by itself; what was in the taskbar was taken away.
                self.window.progress = Progress::Nothing;
                Step::Continue { draw: true }
            }
            Event::Focus(has) => {
                self.presence.has_focus = Some(has);
                return Step::Continue { draw: false };
            }
            // Most screens do not show requests: no frame, and nothing that could settle anew.
            Event::Message(Message::Core(msg @ Msg::Exchange(_))) if !screens::shows_requests(&self.eye) => {
                self.tell(msg);
                return Step::Continue { draw: false };
            }
            Event::Message(Message::Core(msg)) => {
                self.tell(msg);
                Step::Continue { draw: true }
            }
            Event::Message(Message::Ready(ready)) => {
                self.ready(*ready);
                Step::Continue { draw: true }
            }
            Event::Message(Message::Failed(why)) => {
                self.ended.words.push(why.words);
                self.leave(why.code, "the program could not go on")
            }
            Event::Signal(signal) => {
                self.ended.heard = signal != Signal::HangUp;
                self.leave(signal.exit_code(), signal.name())
            }
            Event::HangUp => {
                self.ended.heard = false;
                self.leave(Signal::HangUp.exit_code(), "the terminal is gone")
            }
        };
        // Of many events between two pictures the eye follows the last.
        self.is_settled = false;
        step
    }

    fn draw(&mut self, frame: &mut ratatui::Frame) {
        let area = frame.area();
        self.size = (area.width, area.height);
        let picture = self.settle();
        let setting = Setting { look: &self.look, now: self.clock.now(), zone: &self.zone, size: self.size };
        picture.draw(&setting.view(&self.model, &self.eye), frame);
        self.glance();
        self.tell_window(self.clock.now());
    }

    fn next_wake(&self) -> Option<Duration> {
        if self.to_start.is_some() {
            return Some(Duration::ZERO);
        }
        let tick = if self.clock.speed() > 1.0 { TICK_FAST } else { TICK };
        let tick = (self.look.motion && screens::needs_clock(&self.model)).then_some(tick);
        [tick, self.glance_left()].into_iter().flatten().min()
    }

    fn on_wake(&mut self) -> Step {
        if let Some(stage) = self.to_start.take() {
            if let Err(error) = self.start(stage) {
                self.ended.words.push(format!("The program cannot be started: {error}."));
                return self.leave(1, "the program could not be started");
            }
            return Step::Continue { draw: false };
        }
        if self.glance_left().is_some_and(|left| left.is_zero())
            && let Some((ids, _)) = self.glance.take()
        {
            self.tell(Msg::Intent(Intent::InSight(ids)));
        }
        Step::Continue { draw: true }
    }
}
