//! The connections of the simulator and the harm that is done to them on purpose.
//!
//! Owns the sockets: they pass everything through until a request's answer is to be spoiled. What
//! a client sees then is what a bad network shows it: no answer, half an answer, an answer that
//! stops in the middle for a while. It never decides which request that happens to.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Sleep,
};

/// What happens to the next answer on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Harm {
    /// Nothing.
    #[default]
    None,
    /// The connection closes before the first byte.
    Reset,
    /// The connection closes in the middle of the body.
    Cut,
    /// The body stops in the middle and goes on after some real time.
    Stall(Duration),
}

/// The handle by which a request reaches its own connection.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<Mutex<Harm>>);

impl Connection {
    /// Spoils the next answer.
    pub fn harm(&self, harm: Harm) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = harm;
    }

    fn take(&self) -> Harm {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Connected<IncomingStream<'_, Sockets>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Sockets>) -> Self {
        stream.io().connection.clone()
    }
}

/// Accepts connections that can be harmed.
#[derive(Debug)]
pub struct Sockets(pub TcpListener);

impl Listener for Sockets {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true); // only a matter of latency
        (Socket { stream, connection: Connection::default(), closed: false, pause: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    connection: Connection,
    /// Nothing more is written.
    closed: bool,
    /// Nothing is written before this has passed.
    pause: Option<Pin<Box<Sleep>>>,
}

/// How many bytes of `answer` go out when it is spoiled: the head and half of the body. An answer
/// without a head in this write (a later piece of a long body) is halved.
fn half_of(answer: &[u8]) -> usize {
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    body + (answer.len() - body) / 2
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "closed by the scenario")
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, answer: &[u8]) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        if socket.closed {
            return Poll::Ready(Err(broken()));
        }
        if let Some(pause) = &mut socket.pause {
            ready!(pause.as_mut().poll(cx));
            socket.pause = None;
        }
        let harm = socket.connection.take();
        let allowed = match harm {
            Harm::None => answer.len(),
            Harm::Reset => {
                socket.closed = true;
                return Poll::Ready(Err(broken()));
            }
            Harm::Cut | Harm::Stall(_) => half_of(answer),
        };
        match Pin::new(&mut socket.stream).poll_write(cx, &answer[..allowed]) {
            Poll::Ready(Ok(written)) => {
                match harm {
                    Harm::Cut => socket.closed = true,
                    Harm::Stall(time) => socket.pause = Some(Box::pin(tokio::time::sleep(time))),
                    Harm::None | Harm::Reset => {}
                }
                Poll::Ready(Ok(written))
            }
            Poll::Pending => {
                socket.connection.harm(harm); // it is still to come
                Poll::Pending
            }
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_answer_is_its_head_and_half_of_its_body() {
        assert_eq!(half_of(b"HTTP/1.1 200 OK\r\n\r\n12345678"), "HTTP/1.1 200 OK\r\n\r\n1234".len());
        assert_eq!(half_of(b"12345678"), 4);
        assert_eq!(half_of(b""), 0);
    }
}
