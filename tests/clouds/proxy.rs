//! A proxy on loopback as companies have one: it takes `CONNECT`, looks into the traffic under a
//! certificate authority of its own, and answers for whatever host is asked. What it is asked is kept.
//!
//! No name is ever resolved and nothing leaves this machine: the host in the `CONNECT` is only a name.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `https`, or `http` where nothing was encrypted.
    pub scheme: &'static str,
    /// It came without the proxy.
    pub is_direct: bool,
    /// Host, with the port where that is not the usual one.
    pub host: String,
    pub method: String,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The fields of a form.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// Whether a text stands anywhere in it.
    pub fn holds(&self, text: &str) -> bool {
        let in_form = || self.form().iter().any(|(_, value)| value.contains(text));
        let in_headers = || self.headers.iter().any(|(_, value)| value.contains(text));
        self.path.contains(text) || self.body.contains(text) || in_headers() || in_form()
    }
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// A tunnel that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// `host:port`.
    pub target: String,
    /// What it gave to be let through.
    pub password: Option<String>,
}

/// What becomes of a `CONNECT`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tunnel {
    Open,
    /// It is answered with this line.
    Refused(&'static str),
}

type Serve = dyn Fn(&Seen) -> Answer + Send + Sync;

struct Shared {
    tunnel: Tunnel,
    serve: Box<Serve>,
    authority: Authority,
    seen: Mutex<Vec<Seen>>,
    connects: Mutex<Vec<Connect>>,
}

/// The proxy; its threads end with the test.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn start(tunnel: Tunnel, serve: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            tunnel,
            serve: Box::new(serve),
            authority: Authority::new(&format!("proxy {port}")),
            seen: Mutex::default(),
            connects: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&own);
                // A client that goes away in the middle is no failure here.
                thread::spawn(move || drop(shared.talk(stream, port)));
            }
        });
        Self { port, shared }
    }

    /// The certificate of its authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.shared.authority.pem
    }

    /// All requests until now.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The tunnels that were asked for.
    pub fn connects(&self) -> Vec<Connect> {
        self.shared.connects.lock().unwrap().clone()
    }
}

impl Shared {
    fn talk(&self, stream: TcpStream, port: u16) -> io::Result<()> {
        let mut first = [0];
        stream.peek(&mut first)?;
        if first[0] == 0x16 {
            // TLS at once: whoever asks took this port for the service itself.
            return self.encrypted(stream, &format!("127.0.0.1:{port}"), true);
        }
        let mut reader = BufReader::new(stream.try_clone()?);
        let Some(head) = Head::read(&mut reader)? else { return Ok(()) };
        if head.method != "CONNECT" {
            let rest = head.target.trim_start_matches("http://").to_owned();
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let body = head.body(&mut reader)?;
            self.answer(&mut &stream, &head.seen("http", false, host, path, body))?;
            return Ok(());
        }
        let password = head.header("proxy-authorization").map(str::to_owned);
        self.connects.lock().unwrap().push(Connect { target: head.target.clone(), password });
        match self.tunnel {
            Tunnel::Refused(line) => write!(&stream, "HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n"),
            Tunnel::Open => {
                write!(&stream, "HTTP/1.1 200 OK\r\n\r\n")?;
                self.encrypted(stream, &head.target, false)
            }
        }
    }

    fn encrypted(&self, stream: TcpStream, target: &str, is_direct: bool) -> io::Result<()> {
        let name = target.rsplit_once(':').map_or(target, |(name, _)| name).trim_matches(['[', ']']);
        let config = self.authority.config(name);
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        let mut reader = BufReader::new(StreamOwned::new(connection, stream));
        let host = target.trim_end_matches(":443");
        while let Some(head) = Head::read(&mut reader)? {
            let path = head.target.clone();
            let body = head.body(&mut reader)?;
            self.answer(reader.get_mut(), &head.seen("https", is_direct, host, &path, body))?;
        }
        Ok(())
    }

    fn answer(&self, to: &mut impl Write, seen: &Seen) -> io::Result<()> {
        self.seen.lock().unwrap().push(seen.clone());
        let mut answer = (self.serve)(seen);
        answer.set("content-length", &answer.body.len().to_string());
        let lines = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>();
        let mut bytes = format!("HTTP/1.1 {} X\r\n{}\r\n", answer.status, lines.concat()).into_bytes();
        bytes.extend(answer.body);
        to.write_all(&bytes)?;
        to.flush()
    }
}

/// Line and headers of a request.
struct Head {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// `None` where the connection ended.
    fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut words = lines.first().map(|line| line.split(' ')).into_iter().flatten().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
        let header =
            |line: &String| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Ok(Some(Self { method, target, headers: lines.iter().skip(1).filter_map(header).collect() }))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn body(&self, from: &mut impl Read) -> io::Result<String> {
        let mut body = vec![0; self.header("content-length").map_or(0, |length| length.parse().unwrap())];
        from.read_exact(&mut body)?;
        Ok(String::from_utf8(body).unwrap())
    }

    fn seen(self, scheme: &'static str, is_direct: bool, host: &str, path: &str, body: String) -> Seen {
        let Self { method, headers, .. } = self;
        Seen { scheme, is_direct, host: host.to_owned(), method, path: path.to_owned(), headers, body }
    }
}

/// A certificate authority, made for one proxy.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key), key: KeyPair::generate().unwrap() }
    }

    /// What a server of this name shows.
    fn config(&self, name: &str) -> Arc<ServerConfig> {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&self.key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}
