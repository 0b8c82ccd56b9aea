// SPDX-License-Identifier: LGPL-2.1-or-later
// The Rust peer. What it is asked to do, and how it answers, is in ../README.md.

mod client;
mod crypto;
mod fast;

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::timeout;

use client::{Client, Tungstenite};
use fast::Fast;

pub type Failure = Box<dyn Error + Send + Sync>;

const EVENT: &str = "bench";
const DEADLINE: Duration = Duration::from_secs(60);

/// One order of the feeder; it is all in its URI.
struct Order {
    is_receive: bool,
    size: usize,
    count: usize,
    burst: usize,
}

impl Order {
    fn parse(uri: &str) -> Result<Self, Failure> {
        let query = uri.split_once('?').ok_or("No query")?.1;
        let find = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
                .ok_or_else(|| format!("No {name}"))
        };

        Ok(Order {
            is_receive: find("direction")? == "receive",
            size: find("size")?.parse()?,
            count: find("count")?.parse()?,
            burst: find("burst")?.parse()?,
        })
    }
}

/// Of all threads of this process, user and system.
fn processor_time() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it only writes to `now`.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

struct Span(Duration, Instant);

impl Span {
    fn begin() -> Self {
        Span(processor_time(), Instant::now())
    }

    fn end(self) -> (Duration, Duration) {
        (processor_time() - self.0, self.1.elapsed())
    }
}

/// The same bytes as the feeder's.
fn make_payload(size: usize) -> Value {
    const PROSE: &str = "The kettle is on, and there is cake for whoever comes first. ";
    let length = size - r#"{"text":""}"#.len();
    let text: String = PROSE.chars().cycle().take(length).collect();

    json!({ "text": text })
}

async fn receive<C: Client>(uri: &str, order: &Order) -> Result<(Duration, Duration), Failure> {
    let (done, mut finished) = mpsc::unbounded_channel();
    let expected = make_payload(order.size);
    let mut left = order.count;
    let mut span: Option<Span> = None;
    let (ready, mut started) = mpsc::unbounded_channel();
    let client = C::connect(uri, move |event, data| {
        if span.is_none() {
            span = Some(Span::begin());
            let _ = ready.send(());
            return;
        }
        left -= 1;
        if left == 0 {
            let taken = span.take().map(Span::end);
            let _ = done.send(taken.filter(|_| event == EVENT && data == expected));
        }
    })
    .await?;

    started.recv().await.ok_or("No ready has come")?;
    client.send("go", &Value::Null).await?;
    let taken = finished.recv().await.ok_or("It ended early")?;
    client.close().await?;
    taken.ok_or_else(|| "Not what was sent has come".into())
}

async fn send<C: Client>(uri: &str, order: &Order) -> Result<(Duration, Duration), Failure> {
    let (answer, mut answers) = mpsc::unbounded_channel();
    let payload = make_payload(order.size);
    let mut left = order.count;
    let client = C::connect(uri, move |event, _| {
        let _ = answer.send(event);
    })
    .await?;

    answers.recv().await.ok_or("No ready has come")?;
    let span = Span::begin();
    while left > 0 {
        let burst = left.min(order.burst);
        for _ in 0..burst {
            client.send(EVENT, &payload).await?;
        }
        left -= burst;
        answers.recv().await.ok_or("It ended early")?;
    }
    let taken = span.end();
    client.close().await?;
    Ok(taken)
}

async fn fulfil<C: Client>(uri: &str) -> Result<Value, Failure> {
    let order = Order::parse(uri)?;
    let (cpu, wall) = if order.is_receive {
        receive::<C>(uri, &order).await?
    } else {
        send::<C>(uri, &order).await?
    };

    Ok(json!({
        "cpu_ns": cpu.as_nanos() as u64,
        "wall_ns": wall.as_nanos() as u64,
        "messages": order.count,
    }))
}

async fn messages<C: Client>() -> Result<(), Failure> {
    for line in io::stdin().lock().lines() {
        let answer = match timeout(DEADLINE, fulfil::<C>(line?.trim())).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => json!({ "error": error.to_string() }),
            Err(_) => json!({ "error": "It took too long" }),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

async fn connect<C: Client>(uri: &str, count: usize) -> Result<(), Failure> {
    let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
    let mut walls = Vec::with_capacity(count);
    let mut cpus = Vec::with_capacity(count);

    for _ in 0..count {
        let span = Span::begin();
        let client = timeout(DEADLINE, C::connect(uri, |_, _| ())).await??;
        let (cpu, wall) = span.end();
        walls.push(micros(wall));
        cpus.push(micros(cpu));
        client.close().await?;
    }
    println!("{}", json!({ "connect_us": walls, "cpu_us": cpus }));
    Ok(())
}

async fn hold<C: Client>(uri: &str, count: usize) -> Result<(), Failure> {
    let mut clients = Vec::with_capacity(count);

    for _ in 0..count {
        clients.push(timeout(DEADLINE, C::connect(uri, |_, _| ())).await??);
    }
    println!("{}", json!({ "held": count }));
    io::stdout().flush()?;
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

async fn obey<C: Client>(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["messages"] => messages::<C>().await,
        ["connect", uri, count] => connect::<C>(uri, count.parse()?).await,
        ["hold", uri, count] => hold::<C>(uri, count.parse()?).await,
        _ => Err("usage: peer [--one-thread | --fastwebsockets] \
                  messages | connect URI COUNT | hold URI COUNT"
            .into()),
    }
}

/// tokio's usual runtime, as the specification's plugin has it; or the one that does it all on the
/// calling thread, which is cheaper where there is one connection only. fastwebsockets is measured
/// with that one.
fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let one_thread = || Builder::new_current_thread().enable_all().build();

    match words.split_first() {
        Some((&"--one-thread", rest)) => one_thread()?.block_on(obey::<Tungstenite>(rest)),
        Some((&"--fastwebsockets", rest)) => one_thread()?.block_on(obey::<Fast>(rest)),
        _ => Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(obey::<Tungstenite>(&words)),
    }
}
