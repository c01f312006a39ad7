//! A layer between the real binary and the simulator: it passes every request on and puts hostile text into
//! every answer. It speaks just as much HTTP as the two of them do, on loopback only.
//!
//! Where the flow must go on, ids, addresses, states and versions stay as they are ([`Where::FreeText`]);
//! where it may fail but must stay clean, every string is changed ([`Where::Everywhere`]).

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Which texts are changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// What people wrote: names, messages, descriptions.
    FreeText,
    /// Every string but those without which nothing more would be asked.
    Everywhere,
}

/// A word that stands in every hostile text and nowhere else.
pub const MARK: &str = "OWNED";
/// A host that no link may lead to.
pub const EVIL: &str = "evil.example";
/// Letters of the long line.
pub const LONG: usize = 100_000;
/// Fields of people's words, whatever stands in them.
const FREE: [&str; 21] = [
    "displayname",
    "friendlyname",
    "environmentname",
    "message",
    "errormessage",
    "errorname",
    "error_description",
    "applicationname",
    "localizedname",
    "currentapplicationreleasename",
    "currentplatformreleasename",
    "topologydisplayname",
    "deploymentstatusdisplay",
    "owner",
    "tname",
    "statusmessage",
    "username",
    "fullname",
    "securityrolename",
    "environmentdisplayname",
    "source",
];
/// Where it is: more than one word, and buttons depend on it.
const PLACE: &str = "cloudstoragelocation";
/// Fields (`error` is that of the token service) without which nobody is signed in, and no list is read to its end.
const UNTOUCHED: [&str; 6] = ["access_token", "refresh_token", "id_token", "device_code", "error", "nextlink"];

/// The layer; its threads end with the test.
pub struct Layer {
    pub port: u16,
    changed: Arc<AtomicUsize>,
}

struct Shared {
    /// The port of the simulator, and the layer's own.
    simulator: u16,
    own: u16,
    place: Where,
    changed: Arc<AtomicUsize>,
}

impl Layer {
    /// In front of the simulator on this port.
    pub fn before(simulator: u16, place: Where) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let changed = Arc::<AtomicUsize>::default();
        let shared = Arc::new(Shared { simulator, own: port, place, changed: Arc::clone(&changed) });
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // A program that goes away in the middle is no failure here.
                thread::spawn(move || drop(shared.talk(&stream)));
            }
        });
        Self { port, changed }
    }

    /// How many texts were changed until now.
    pub fn changed(&self) -> usize {
        self.changed.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn talk(&self, stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some((mut head, body)) = message(&mut reader, false)? {
            let body = moved(&text(&body), self.own, self.simulator);
            head.retain(|line| !is_about_length(line));
            head.push(format!("content-length: {}", body.len()));
            head.push("connection: close".to_owned());
            let request = format!("{}\r\n\r\n{body}", moved(&head.join("\r\n"), self.own, self.simulator));
            let mut to = TcpStream::connect(("127.0.0.1", self.simulator))?;
            to.write_all(request.as_bytes())?;
            let Some((head, body)) = message(&mut BufReader::new(to), true)? else { return Ok(()) };
            let answer = self.answer(head, moved(&text(&body), self.simulator, self.own));
            (&mut &*stream).write_all(&answer)?;
        }
        Ok(())
    }

    fn answer(&self, mut head: Vec<String>, mut body: String) -> Vec<u8> {
        if let Ok(mut value) = serde_json::from_str::<Value>(&body) {
            self.change(&mut value, "");
            body = value.to_string();
        }
        head.retain(|line| !is_about_length(line));
        head.push(format!("content-length: {}", body.len()));
        let head = moved(&head.join("\r\n"), self.simulator, self.own);
        format!("{head}\r\n\r\n{body}").into_bytes()
    }

    fn change(&self, value: &mut Value, key: &str) {
        match value {
            Value::String(text) if self.is_changed(key, text) => {
                let at = self.changed.fetch_add(1, Ordering::Relaxed);
                text.push_str(&hostile(at));
            }
            Value::Array(all) => all.iter_mut().for_each(|one| self.change(one, key)),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| self.change(value, key)),
            _ => {}
        }
    }

    fn is_changed(&self, key: &str, text: &str) -> bool {
        let key = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
        match self.place {
            _ if UNTOUCHED.contains(&key.as_str()) => false,
            Where::Everywhere => true,
            // One word is an id, a state or a version; what has blanks in it is for people.
            Where::FreeText if key == PLACE => false,
            Where::FreeText => FREE.contains(&key.as_str()) || (text.contains(' ') && !text.contains("://")),
        }
    }
}

/// Hostile text of one of several kinds, in turn.
pub fn hostile(at: usize) -> String {
    let kinds: [&dyn Fn() -> String; 8] = [
        &|| "\u{1b}[2J\u{1b}[1;1H\u{1b}[31m\u{1b}[?1049l\u{1b}[?2026l\u{1b}c\u{1b}(0\u{1b}#8\u{1b}[6n\u{1b}[>q".into(),
        &|| {
            let osc = format!(
                "\u{1b}]0;{MARK}\u{7}\u{1b}]2;{MARK}\u{1b}\\\u{1b}]8;;https://{EVIL}/\u{1b}\\x\u{1b}]8;;\u{1b}\\"
            );
            format!(
                "{osc}\u{1b}]52;c;T1dORUQ=\u{7}\u{1b}]9;4;1;50\u{7}\u{1b}]1337;File=:AA==\u{7}\u{1b}Pq#0\u{1b}\\\u{1b}_G\u{1b}\\\u{1b}]"
            )
        },
        &|| {
            format!(
                "\u{9b}2J\u{9d}0;{MARK}\u{9c}\u{90}q\u{9c}\u{85}\u{8d}\u{84}\u{7f}\u{0}\u{8}\u{8}\u{7}\u{e}\u{f}\u{5}\u{18}\u{1a}"
            )
        },
        &|| {
            "\u{202e}gnp.exe\u{202c}\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}\u{202a}\u{202b}\u{202d}"
                .into()
        },
        &|| {
            "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}\u{180e}\u{3164}\u{2800}\u{e0041}\u{e007f}\u{fe0f}\u{fffb}\u{1d173}".into()
        },
        &|| format!("Z{}\u{20dd}\u{20e3}नि{}ﾞﾞ", "\u{301}\u{489}".repeat(500), "क्".repeat(50)),
        &|| "漢字👩‍👩‍👧‍👦👨🏽‍🚀🇩🇪🇩1️⃣☔️🏴󠁧󠁢󠁥󠁮󠁧󠁿﷽𒐫꧅שלוםمرحبا │┌┐└┘─".into(),
        &|| "x".repeat(LONG),
    ];
    let markup = format!(
        "<img src=x onerror=alert(1)>[a](javascript:alert(1)) https://{EVIL}/ | `c` **b**\r\n# {MARK}\n\n===\n- l\t\u{2028}\u{2029}\u{b}\u{c}"
    );
    format!(" {MARK}{}{markup}{MARK}", kinds[at % kinds.len()]())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Addresses at one port, at another. With its colon, as it is or escaped: the digits alone can be part of an id.
fn moved(text: &str, from: u16, to: u16) -> String {
    text.replace(&format!(":{from}"), &format!(":{to}")).replace(&format!("%3A{from}"), &format!("%3A{to}"))
}

fn is_about_length(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    matches!(name.as_str(), "content-length" | "connection" | "transfer-encoding")
}

/// Head and body of a request or an answer; `None` where the connection ended. `to_end`: what names no length
/// goes on to the end of the connection.
fn message(from: &mut impl BufRead, to_end: bool) -> io::Result<Option<(Vec<String>, Vec<u8>)>> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let value = |name: &str| {
        let found = head.iter().filter_map(|line| line.split_once(':')).find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    assert!(value("transfer-encoding").is_none(), "the simulator names its lengths: {head:?}");
    let mut body = Vec::new();
    match value("content-length") {
        Some(length) => drop(from.take(length.parse().unwrap()).read_to_end(&mut body)?),
        None if to_end => drop(from.read_to_end(&mut body)?),
        None => {}
    }
    Ok(Some((head, body)))
}
