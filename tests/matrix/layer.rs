//! A layer between the client and the simulator: it passes requests on, and does to the answers of chosen
//! ones what a network or a broken service does. On loopback, one connection for each request.
//!
//! It runs on the runtime of the client under test and asks no clock.

use super::held::Held;
use rustix::net::sockopt::set_socket_linger;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, spawn_local};

/// Letters that a big answer has more: in a field that nobody knows, which is passed over quickly, or as blanks behind
/// what is no object.
const BIG: usize = 10 * 1024 * 1024;
/// An endless body ends here: nobody may have read so much of it.
pub const FAR: usize = 64 * 1024 * 1024;
/// What a gzip bomb is made of: 32 MB of zeros.
const ZEROS: &[u8] = include_bytes!("../fixtures/zeros.gz");

/// What is done to one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Harm {
    /// Nobody listens.
    Refuse,
    /// The connection is reset; nothing was carried out.
    Reset,
    /// Carried out; then the connection is reset.
    ResetAfter,
    /// Carried out; the connection is reset in the middle of the body.
    ResetInBody,
    /// Carried out; the connection is closed without a byte.
    Close,
    /// Nothing is carried out and nothing is answered.
    Silence,
    /// Carried out; the answer stops in the head.
    StallHead,
    /// Carried out; the answer stops in the body.
    StallBody,
    /// Not carried out; this answer: status and reason, headers, body.
    Instead(&'static str, &'static str, &'static str),
    /// Carried out; this answer.
    After(&'static str, &'static str, &'static str),
    /// Carried out; half of the body, as if that was all.
    Truncate,
    /// Carried out; the answer with megabytes that say nothing.
    Big,
    /// Carried out; a body without an end.
    Endless,
    /// Carried out; zeros, compressed, though nobody asked for that.
    Bomb,
    /// Carried out; the body in UTF-16, and said to be so.
    Utf16,
    /// Carried out; the same answer, said to be a text.
    PlainText,
}

/// Which requests are harmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those to the services.
    Services,
    /// Those for tokens.
    Tokens,
}

#[derive(Clone, Copy)]
struct Plan {
    harm: Harm,
    which: Which,
    /// So many requests are harmed.
    left: u32,
}

/// What was seen of the harmed requests.
#[derive(Default)]
pub struct Seen {
    /// Requests that were harmed.
    pub harmed: Cell<u32>,
    /// Bytes of one endless body that the client took, at most.
    pub taken: Cell<usize>,
    /// A request that must not be, in words.
    pub wrong: RefCell<Option<String>>,
}

pub struct Layer {
    port: u16,
    simulator: u16,
    shared: Rc<Shared>,
    listening: RefCell<Option<JoinHandle<()>>>,
    /// Keeps the port ours while nobody listens.
    _place: TcpSocket,
}

struct Shared {
    /// Of the simulator, and the layer's own.
    ports: (u16, u16),
    plan: Cell<Option<Plan>>,
    held: Held,
    seen: Seen,
    talks: RefCell<Vec<JoinHandle<()>>>,
}

impl Layer {
    /// In front of the simulator on this port.
    pub fn before(simulator: u16) -> Self {
        let place = TcpSocket::new_v4().unwrap();
        place.set_reuseaddr(true).unwrap();
        place.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let port = place.local_addr().unwrap().port();
        let shared = Rc::new(Shared {
            ports: (simulator, port),
            plan: Cell::new(None),
            held: Held::default(),
            seen: Seen::default(),
            talks: RefCell::default(),
        });
        let layer = Self { port, simulator, shared, listening: RefCell::default(), _place: place };
        layer.listen();
        layer
    }

    /// Where the simulator says it is, the layer is.
    pub fn instead(&self, text: &str) -> String {
        moved(text, self.shared.ports.0, self.shared.ports.1)
    }

    fn listen(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], self.port).into()).unwrap();
        let listener = socket.listen(64).unwrap();
        let (shared, simulator) = (Rc::clone(&self.shared), self.simulator);
        *self.listening.borrow_mut() = Some(spawn_local(accept(listener, shared, simulator)));
    }

    /// From now on, so many requests of these are harmed.
    pub async fn harm(&self, harm: Harm, which: Which, times: u32) {
        if harm == Harm::Refuse {
            if let Some(listening) = self.listening.borrow_mut().take() {
                listening.abort();
            }
            tokio::task::yield_now().await;
        }
        self.shared.plan.set(Some(Plan { harm, which, left: times }));
    }

    /// From now on all are passed on.
    pub fn heal(&self) {
        self.shared.plan.set(None);
        if self.listening.borrow().is_none() {
            self.listen();
        }
    }

    /// The answers that do not go on.
    pub fn held(&self) -> &Held {
        &self.shared.held
    }

    pub fn seen(&self) -> &Seen {
        &self.shared.seen
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        for task in self.listening.borrow_mut().take().into_iter().chain(self.shared.talks.borrow_mut().drain(..)) {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, shared: Rc<Shared>, simulator: u16) {
    while let Ok((stream, _)) = listener.accept().await {
        let of = Rc::clone(&shared);
        let talk = spawn_local(async move {
            // A client that goes away in the middle is what is tested.
            let _ = of.talk(stream, simulator).await;
        });
        let mut talks = shared.talks.borrow_mut();
        talks.retain(|talk| !talk.is_finished());
        talks.push(talk);
    }
}

impl Shared {
    async fn talk(&self, mut client: TcpStream, simulator: u16) -> std::io::Result<()> {
        let Some((head, body)) = message(&mut client, false).await? else { return Ok(()) };
        if head.to_ascii_lowercase().contains("accept-encoding") {
            *self.seen.wrong.borrow_mut() = Some(format!("asks for compression: {head}"));
        }
        let Some(harm) = self.next_harm(&head) else {
            let answer = self.carry_out(&head, &body, simulator).await?;
            return client.write_all(&answer.whole()).await;
        };
        self.seen.harmed.set(self.seen.harmed.get() + 1);
        match harm {
            Harm::Refuse => {}
            Harm::Reset => reset(&client)?,
            Harm::Silence => self.hold(&mut client).await,
            Harm::Instead(status, headers, body) => client.write_all(&made(status, headers, body)).await?,
            _ => {
                let answer = self.carry_out(&head, &body, simulator).await?;
                self.spoil(harm, client, answer).await?;
            }
        }
        Ok(())
    }

    /// What happens to this request.
    fn next_harm(&self, head: &str) -> Option<Harm> {
        let plan = self.plan.get()?;
        let path = head.split(' ').nth(1).unwrap_or_default();
        let is_token = path.contains("/entra/");
        let is_meant = match plan.which {
            Which::Services => !is_token,
            Which::Tokens => is_token,
        };
        if !is_meant || plan.left == 0 {
            return None;
        }
        self.plan.set(Some(Plan { left: plan.left - 1, ..plan }));
        Some(plan.harm)
    }

    async fn spoil(&self, harm: Harm, mut client: TcpStream, answer: Answer) -> std::io::Result<()> {
        let half = answer.body.len() / 2;
        match harm {
            Harm::ResetAfter => reset(&client)?,
            Harm::ResetInBody => {
                client.write_all(&answer.with_length(answer.body.len().max(10))).await?;
                client.write_all(&answer.body[..half]).await?;
                reset(&client)?;
            }
            Harm::StallHead => {
                client.write_all(answer.head.split_at(answer.head.len() / 2).0.as_bytes()).await?;
                self.hold(&mut client).await;
            }
            Harm::StallBody => {
                client.write_all(&answer.with_length(answer.body.len().max(10))).await?;
                client.write_all(&answer.body[..half]).await?;
                self.hold(&mut client).await;
            }
            Harm::After(status, headers, body) => client.write_all(&made(status, headers, body)).await?,
            Harm::Truncate => {
                client.write_all(&Answer { body: answer.body[..half].to_vec(), ..answer }.whole()).await?;
            }
            Harm::Big => {
                let body = big(&answer.body);
                client.write_all(&Answer { body, ..answer }.whole()).await?;
            }
            Harm::Endless => {
                client.write_all(&answer.head_of("")).await?;
                let piece = vec![b' '; 256 * 1024];
                let mut taken = 0;
                while taken < FAR && client.write_all(&piece).await.is_ok() {
                    taken += piece.len();
                }
                self.seen.taken.set(self.seen.taken.get().max(taken));
            }
            Harm::Bomb => {
                let head = format!("content-encoding: gzip\r\ncontent-length: {}\r\n", ZEROS.len());
                client.write_all(&answer.head_of(&head)).await?;
                client.write_all(ZEROS).await?;
            }
            Harm::Utf16 => {
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                let body: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let head =
                    format!("content-type: application/json; charset=utf-16\r\ncontent-length: {}\r\n", body.len());
                client.write_all(&answer.head_of(&head)).await?;
                client.write_all(&body).await?;
            }
            Harm::PlainText => {
                let head = format!("content-type: text/plain\r\ncontent-length: {}\r\n", answer.body.len());
                client.write_all(&answer.head_of(&head)).await?;
                client.write_all(&answer.body).await?;
            }
            // Closed without a byte; the others never come here.
            Harm::Close | Harm::Refuse | Harm::Reset | Harm::Silence | Harm::Instead(..) => {}
        }
        Ok(())
    }

    /// Says nothing more until the client goes away.
    async fn hold(&self, client: &mut TcpStream) {
        self.held.begins();
        let mut rest = [0; 64];
        while client.read(&mut rest).await.is_ok_and(|count| count > 0) {}
        self.held.ends();
    }

    async fn carry_out(&self, head: &str, body: &[u8], simulator: u16) -> std::io::Result<Answer> {
        let (theirs, own) = self.ports;
        let body = moved(&String::from_utf8_lossy(body), own, theirs);
        let kept = head.lines().filter(|line| !is_about_length(line)).collect::<Vec<_>>().join("\r\n");
        let head = moved(&kept, own, theirs);
        let request = format!("{head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let mut to = TcpStream::connect(("127.0.0.1", simulator)).await?;
        to.write_all(request.as_bytes()).await?;
        let (head, body) = message(&mut to, true).await?.unwrap_or_default();
        let kept = head.lines().filter(|line| !is_about_length(line)).collect::<Vec<_>>().join("\r\n");
        Ok(Answer {
            head: moved(&kept, theirs, own),
            body: moved(&String::from_utf8_lossy(&body), theirs, own).into_bytes(),
        })
    }
}

/// What the simulator has answered.
struct Answer {
    /// Status line and headers, without length and end.
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn whole(&self) -> Vec<u8> {
        [&self.with_length(self.body.len())[..], &self.body].concat()
    }

    fn with_length(&self, length: usize) -> Vec<u8> {
        self.head_of(&format!("content-length: {length}\r\n"))
    }

    /// The head with these lines, in place of what they stand for.
    fn head_of(&self, lines: &str) -> Vec<u8> {
        let is_type = |line: &&str| line.to_ascii_lowercase().starts_with("content-type");
        let says_type = lines.lines().any(|line| is_type(&line));
        let kept: Vec<&str> = self.head.lines().filter(|line| !(says_type && is_type(line))).collect();
        // Where nothing has a body, one that comes all the same needs a status that may have one.
        let head = kept.join("\r\n").replacen(" 204 No Content", " 200 OK", 1);
        format!("{head}\r\n{lines}connection: close\r\n\r\n").into_bytes()
    }
}

/// The same with [`BIG`] letters more.
fn big(body: &[u8]) -> Vec<u8> {
    let Some(fields) = body.strip_prefix(b"{") else { return [body, &vec![b' '; BIG]].concat() };
    let end: &[u8] = if fields.starts_with(b"}") { b"\"" } else { b"\"," };
    [br#"{"padding":""#, &vec![b'x'; BIG][..], end, fields].concat()
}

/// Addresses at one port, at another. With its colon, as it is or escaped: the digits alone can be part of an id.
fn moved(text: &str, from: u16, to: u16) -> String {
    let mut text = text.to_owned();
    for colon in [":", "%3A"] {
        let (old, new) = (format!("{colon}{from}"), format!("{colon}{to}"));
        // Found by what is optimised in tests, too: most texts name no port.
        if memchr::memmem::find(text.as_bytes(), old.as_bytes()).is_some() {
            text = text.replace(&old, &new);
        }
    }
    text
}

fn made(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// From now on closing the connection tells the other side that it was reset.
fn reset(client: &TcpStream) -> std::io::Result<()> {
    set_socket_linger(client, Some(Duration::ZERO))?;
    Ok(())
}

fn is_about_length(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    matches!(name.as_str(), "content-length" | "connection" | "transfer-encoding")
}

/// Head and body of a request or an answer; `None` where the connection ended. `to_end`: what names no length
/// goes on to the end of the connection.
async fn message(from: &mut TcpStream, to_end: bool) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::with_capacity(4096);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if from.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end + 4);
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    while length.map_or(to_end, |length| body.len() < length) {
        if from.read_buf(&mut body).await? == 0 {
            break;
        }
    }
    Ok(Some((head, body)))
}
