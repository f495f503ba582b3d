//! A gate on the way from the provider to an app's back-channel. It passes logout tokens and answers on as they are, or
//! holds them, so that a process can be killed exactly then.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use super::eventually::eventually;

/// The place at which the gate holds what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Nothing,
    /// Logout tokens, before the app has them.
    Requests,
    /// The app's answers, before the provider has them.
    Answers,
}

pub(super) struct Gate {
    address: SocketAddr,
    state: watch::Sender<State>,
    server: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    hold: Hold,
    /// What began before it changed is lost.
    epoch: u64,
    held: usize,
    /// Logout tokens that the app has answered, and those among them that it has accepted.
    answered: usize,
    accepted: usize,
}

impl Gate {
    /// Open, before the app at this origin.
    pub(super) async fn before(origin: &str) -> Self {
        let app = Url::parse(origin).unwrap().socket_addrs(|| None).unwrap()[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State { hold: Hold::Nothing, epoch: 0, held: 0, answered: 0, accepted: 0 });
        let carriers = state.clone();
        let server = tokio::spawn(async move {
            while let Ok((provider, _)) = listener.accept().await {
                let state = carriers.clone();
                // Whoever dies in the middle closes both connections, which is what the other one is to see.
                tokio::spawn(async move { drop(carry(provider, app, &state).await) });
            }
        });
        Self { address, state, server }
    }

    /// Where the provider finds the app's back-channel.
    pub(super) fn url(&self) -> String {
        format!("http://{}/logout/back-channel", self.address)
    }

    pub(super) fn hold(&self, hold: Hold) {
        self.state.send_modify(|state| state.hold = hold);
    }

    /// Lets through what it holds, and all that comes.
    pub(super) fn open(&self) {
        self.hold(Hold::Nothing);
    }

    /// Loses what is under way, wherever it is, and lets through all that comes later.
    pub(super) fn lose(&self) {
        self.state.send_modify(|state| {
            state.hold = Hold::Nothing;
            state.epoch += 1;
        });
    }

    pub(super) async fn until_held(&self) {
        eventually("the gate holds something", async || self.state.borrow().held > 0).await;
    }

    pub(super) fn answered(&self) -> usize {
        self.state.borrow().answered
    }

    pub(super) async fn until_answered(&self, times: usize) {
        eventually("the app has answered", async || self.answered() >= times).await;
    }

    /// How many logout tokens the app has accepted.
    pub(super) fn accepted(&self) -> usize {
        self.state.borrow().accepted
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One connection of the provider, which may carry several requests.
async fn carry(mut provider: TcpStream, app: SocketAddr, state: &watch::Sender<State>) -> io::Result<()> {
    while let Some(request) = read_message(&mut provider).await? {
        let epoch = state.borrow().epoch;
        if !passes(state, Hold::Requests, epoch).await {
            break;
        }
        let mut upstream = TcpStream::connect(app).await?;
        upstream.write_all(&request).await?;
        let Some(answer) = read_message(&mut upstream).await? else { break };
        state.send_modify(|state| {
            state.answered += 1;
            state.accepted += usize::from(answer.starts_with(b"HTTP/1.1 200 "));
        });
        if !passes(state, Hold::Answers, epoch).await {
            break;
        }
        provider.write_all(&answer).await?;
    }
    Ok(())
}

/// Waits while the gate holds what is at this place. `false`: it is lost.
async fn passes(state: &watch::Sender<State>, here: Hold, epoch: u64) -> bool {
    if state.borrow().hold == here {
        state.send_modify(|state| state.held += 1);
        // It fails only when the sender is gone, and that is right here.
        drop(state.subscribe().wait_for(|state| state.hold != here).await);
        state.send_modify(|state| state.held -= 1);
    }
    state.borrow().epoch == epoch
}

/// A whole HTTP/1.1 message. `None`: the connection was closed before its end.
async fn read_message(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    while length(&message).is_none_or(|length| message.len() < length) {
        if stream.read_buf(&mut message).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(message))
}

/// How long the message is, once its head is there. Neither side sends its body in chunks.
fn length(message: &[u8]) -> Option<usize> {
    let head = message.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let fields = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
    let body = fields.lines().find_map(|line| line.strip_prefix("content-length:"));
    Some(head + body.map_or(0, |length| length.trim().parse().unwrap()))
}
