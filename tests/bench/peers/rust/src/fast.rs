// SPDX-License-Identifier: LGPL-2.1-or-later
// The same client on fastwebsockets. Its reads cannot be cancelled, so that there is a task for each
// direction; and the reader answers pings and the close frame through the writer's channel.

use std::future::Future;
use std::sync::Arc;

use fastwebsockets::{handshake, FragmentCollectorRead, Frame as Raw, OpCode, Payload, WebSocketWrite};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::rt::Executor;
use hyper::upgrade::Upgraded;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{split, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::client::{authenticate, open, seal, Client, Frame, Handler, Incoming, HEARTBEAT};
use crate::crypto::{KeyPair, SessionKey};
use crate::Failure;

type Stream = TokioIo<Upgraded>;
type Reader = FragmentCollectorRead<ReadHalf<Stream>>;
type Writer = WebSocketWrite<WriteHalf<Stream>>;

struct Spawner;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

pub struct Fast {
    key: Arc<SessionKey>,
    outbound: mpsc::Sender<Raw<'static>>,
    reader: JoinHandle<Result<(), Failure>>,
    writer: JoinHandle<Result<(), Failure>>,
}

fn text(text: String) -> Raw<'static> {
    Raw::text(Payload::Owned(text.into_bytes()))
}

async fn upgrade(uri: &str) -> Result<(Reader, Writer), Failure> {
    let uri: Uri = uri.parse()?;
    let authority = uri.authority().ok_or("No authority")?.as_str();
    let stream = TcpStream::connect(authority).await?;
    let request = Request::builder()
        .uri(uri.path_and_query().ok_or("No path")?.as_str())
        .header(HOST, authority)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "upgrade")
        .header("Sec-WebSocket-Key", handshake::generate_key())
        .header("Sec-WebSocket-Version", "13")
        .body(Empty::<Bytes>::new())?;

    stream.set_nodelay(true)?;
    let (socket, _) = handshake::client(&Spawner, request, stream).await?;
    let (reader, writer) = socket.split(split);
    Ok((FragmentCollectorRead::new(reader), writer))
}

/// The next frame with data. What has to be answered goes to the queue.
async fn next(
    reader: &mut Reader,
    outbound: &mpsc::Sender<Raw<'static>>,
) -> Result<Raw<'static>, Failure> {
    let mut answer = |frame: Raw<'_>| {
        let payload = Payload::Owned(frame.payload.to_vec());
        let copy = Raw::new(frame.fin, frame.opcode, None, payload);

        async { outbound.send(copy).await }
    };

    Ok(reader.read_frame(&mut answer).await?)
}

impl Client for Fast {
    async fn connect(uri: &str, handler: impl Handler) -> Result<Self, Failure> {
        let (mut reader, mut writer) = upgrade(uri).await?;
        let (outbound, queue) = mpsc::channel(100);
        let pair = KeyPair::generate();

        writer.write_frame(text(authenticate(&pair))).await?;
        let frame = next(&mut reader, &outbound).await?;
        let connected = match serde_json::from_slice(&frame.payload)? {
            Frame::Connected(connected) => connected,
            _ => return Err("Something else than connected has come".into()),
        };
        let key = Arc::new(pair.derive(&connected.server_public_key, &connected.salt)?);

        Ok(Fast {
            key: key.clone(),
            outbound: outbound.clone(),
            reader: tokio::spawn(read(reader, outbound, key, handler)),
            writer: tokio::spawn(write(writer, queue)),
        })
    }

    async fn send(&self, event: &str, data: &Value) -> Result<(), Failure> {
        Ok(self.outbound.send(text(seal(&self.key, event, data)?)).await?)
    }

    async fn close(self) -> Result<(), Failure> {
        self.outbound.send(Raw::close(1000, b"")).await?;
        self.reader.await??;
        self.writer.abort();
        Ok(())
    }
}

async fn read(
    mut reader: Reader,
    outbound: mpsc::Sender<Raw<'static>>,
    key: Arc<SessionKey>,
    mut handler: impl Handler,
) -> Result<(), Failure> {
    loop {
        let frame = next(&mut reader, &outbound).await?;

        match frame.opcode {
            OpCode::Text => {
                let text = std::str::from_utf8(&frame.payload)?;
                let Incoming { event, data } = open(&key, text)?;
                handler(event, data);
            }
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn write(mut writer: Writer, mut queue: mpsc::Receiver<Raw<'static>>) -> Result<(), Failure> {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.tick().await;

    loop {
        tokio::select! {
            frame = queue.recv() => match frame {
                Some(frame) => writer.write_frame(frame).await?,
                None => return Ok(()),
            },
            _ = heartbeat.tick() => {
                writer.write_frame(text(r#"{"event":"heartbeat"}"#.into())).await?;
            }
        }
    }
}
