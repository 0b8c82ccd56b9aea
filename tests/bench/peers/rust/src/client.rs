// SPDX-License-Identifier: LGPL-2.1-or-later
// A Signal client as the specification lays it out: one task owns the WebSocket, decrypts what
// comes and hands it over, and writes what it is given through a channel; send() encrypts where it
// is called. Where the specification goes through serde_json's Value for an envelope, this has
// structs, which are faster and as usual.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::interval;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{connect_async_with_config, MaybeTlsStream, WebSocketStream};

use crate::crypto::{KeyPair, Sealed, SessionKey};
use crate::Failure;

pub const HEARTBEAT: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum Frame {
    Connected(Connected),
    Encrypted(Sealed),
    Error(Value),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub server_public_key: String,
    pub salt: String,
}

#[derive(Deserialize)]
pub struct Incoming {
    pub event: String,
    #[serde(default)]
    pub data: Value,
}

#[derive(Serialize)]
struct Outgoing<'a, T: Serialize> {
    event: &'a str,
    data: T,
}

/// The frame that authenticates, with the public key.
pub fn authenticate(pair: &KeyPair) -> String {
    json!({
        "event": "authenticate",
        "data": { "type": "Bearer", "token": "bench", "clientPublicKey": pair.public_key() },
    })
    .to_string()
}

/// The frame for a message.
pub fn seal(key: &SessionKey, event: &str, data: &Value) -> Result<String, Failure> {
    let inner = serde_json::to_string(&Outgoing { event, data })?;
    let sealed = key.encrypt(&inner)?;

    Ok(serde_json::to_string(&Outgoing {
        event: "encrypted",
        data: sealed,
    })?)
}

/// The message in a frame.
pub fn open(key: &SessionKey, text: &str) -> Result<Incoming, Failure> {
    match serde_json::from_str(text)? {
        Frame::Encrypted(sealed) => Ok(serde_json::from_str(&key.decrypt(&sealed)?)?),
        Frame::Error(data) => Err(data.to_string().into()),
        Frame::Connected(_) => Err("A second connected".into()),
    }
}

/// Takes the event and the payload of each message.
pub trait Handler: FnMut(String, Value) + Send + 'static {}
impl<T: FnMut(String, Value) + Send + 'static> Handler for T {}

/// A client, on either crate for WebSockets.
pub trait Client: Sized {
    /// Ready, with the key derived, when it returns.
    async fn connect(uri: &str, handler: impl Handler) -> Result<Self, Failure>;
    async fn send(&self, event: &str, data: &Value) -> Result<(), Failure>;
    /// Closes it, and waits until it is closed.
    async fn close(self) -> Result<(), Failure>;
}

pub struct Tungstenite {
    key: Arc<SessionKey>,
    outbound: mpsc::Sender<String>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Client for Tungstenite {
    async fn connect(uri: &str, handler: impl Handler) -> Result<Self, Failure> {
        // Nagle's algorithm off, as all the others have it.
        let (mut socket, _) = connect_async_with_config(uri, None, true).await?;
        let pair = KeyPair::generate();

        socket.send(Message::Text(authenticate(&pair))).await?;
        let connected = wait_for_connected(&mut socket).await?;
        let key = Arc::new(pair.derive(&connected.server_public_key, &connected.salt)?);
        let (outbound, queue) = mpsc::channel(100);
        let task = tokio::spawn(run(socket, key.clone(), queue, handler));

        Ok(Tungstenite {
            key,
            outbound,
            task,
        })
    }

    async fn send(&self, event: &str, data: &Value) -> Result<(), Failure> {
        Ok(self.outbound.send(seal(&self.key, event, data)?).await?)
    }

    async fn close(self) -> Result<(), Failure> {
        drop(self.outbound);
        self.task.await?
    }
}

async fn wait_for_connected(socket: &mut Socket) -> Result<Connected, Failure> {
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message? {
            return match serde_json::from_str(&text)? {
                Frame::Connected(connected) => Ok(connected),
                _ => Err("Something else than connected has come".into()),
            };
        }
    }
    Err("It was closed before connected came".into())
}

async fn run(
    mut socket: Socket,
    key: Arc<SessionKey>,
    mut queue: mpsc::Receiver<String>,
    mut handler: impl Handler,
) -> Result<(), Failure> {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.tick().await;

    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let Incoming { event, data } = open(&key, &text)?;
                    handler(event, data);
                }
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(other) => drop(other?),
            },
            frame = queue.recv() => match frame {
                Some(frame) => socket.send(Message::Text(frame)).await?,
                None => return close(socket).await,
            },
            _ = heartbeat.tick() => {
                socket.send(Message::Text(r#"{"event":"heartbeat"}"#.into())).await?;
            }
        }
    }
}

async fn close(mut socket: Socket) -> Result<(), Failure> {
    socket.close(None).await?;
    while let Some(Ok(_)) = socket.next().await {}
    Ok(())
}
