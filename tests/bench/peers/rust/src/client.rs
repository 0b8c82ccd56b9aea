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

const HEARTBEAT: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
enum Frame {
    Connected(Connected),
    Encrypted(Sealed),
    Error(Value),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connected {
    server_public_key: String,
    salt: String,
}

#[derive(Deserialize)]
struct Incoming {
    event: String,
    #[serde(default)]
    data: Value,
}

#[derive(Serialize)]
struct Outgoing<'a, T: Serialize> {
    event: &'a str,
    data: T,
}

/// Takes the event and the payload of each message.
pub trait Handler: FnMut(String, Value) + Send + 'static {}
impl<T: FnMut(String, Value) + Send + 'static> Handler for T {}

pub struct Client {
    key: Arc<SessionKey>,
    outbound: mpsc::Sender<String>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Client {
    /// Ready, with the key derived, when it returns.
    pub async fn connect(uri: &str, handler: impl Handler) -> Result<Self, Failure> {
        // Nagle's algorithm off, as all the others have it.
        let (mut socket, _) = connect_async_with_config(uri, None, true).await?;
        let pair = KeyPair::generate();
        let authenticate = json!({
            "event": "authenticate",
            "data": { "type": "Bearer", "token": "bench", "clientPublicKey": pair.public_key() },
        });

        socket.send(Message::Text(authenticate.to_string())).await?;
        let connected = wait_for_connected(&mut socket).await?;
        let key = Arc::new(pair.derive(&connected.server_public_key, &connected.salt)?);
        let (outbound, queue) = mpsc::channel(100);
        let task = tokio::spawn(run(socket, key.clone(), queue, handler));

        Ok(Client {
            key,
            outbound,
            task,
        })
    }

    pub async fn send(&self, event: &str, data: &Value) -> Result<(), Failure> {
        let inner = serde_json::to_string(&Outgoing { event, data })?;
        let sealed = self.key.encrypt(&inner)?;
        let frame = serde_json::to_string(&Outgoing {
            event: "encrypted",
            data: sealed,
        })?;

        Ok(self.outbound.send(frame).await?)
    }

    /// Closes it, and waits until it is closed.
    pub async fn close(self) -> Result<(), Failure> {
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

fn open(key: &SessionKey, text: &str) -> Result<Incoming, Failure> {
    match serde_json::from_str(text)? {
        Frame::Encrypted(sealed) => Ok(serde_json::from_str(&key.decrypt(&sealed)?)?),
        Frame::Error(data) => Err(data.to_string().into()),
        Frame::Connected(_) => Err("A second connected".into()),
    }
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
