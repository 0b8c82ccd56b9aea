// SPDX-License-Identifier: LGPL-2.1-or-later
use futures_channel::oneshot;
use futures_util::StreamExt;
use serde_json::{json, Value};
use signal_glib::{
    gio, glib, prelude::*, Bus, Client, ConnectionState, Error, Message, Messages, Server,
};
use std::time::Duration;

const SECONDS: u64 = 20;

struct Runner {
    client: Client,
    bus: Option<Bus>,
    arrived: Messages,
    url: String,
}

/// The text of a member of a step.
fn text<'a>(step: &'a Value, name: &str) -> &'a str {
    step[name]
        .as_str()
        .unwrap_or_else(|| panic!("{step} has no {name}"))
}

fn nick<T: ToValue>(code: T) -> String {
    glib::EnumValue::from_value(&code.to_value())
        .expect("an enumeration")
        .1
        .nick()
        .to_string()
}

/// Checks that an operation has ended as the step says, and returns what it has returned.
fn check<T>(step: &Value, result: Result<T, glib::Error>) -> Option<T> {
    match (result, step["fails"].as_str()) {
        (Ok(value), None) => Some(value),
        (Err(error), Some(expected)) => {
            let code = error
                .kind::<Error>()
                .unwrap_or_else(|| panic!("{error}, not {expected}"));
            assert_eq!(nick(code), expected, "{error}");
            None
        }
        (Err(error), None) => panic!("{step}: {error}"),
        (Ok(_), Some(_)) => panic!("{step} has not failed"),
    }
}

fn payload_of(message: &Message) -> Value {
    serde_json::from_str(&message.payload_json().expect("a payload")).expect("JSON")
}

fn node(value: &Value) -> signal_glib::json::Node {
    value.to_string().parse().expect("JSON")
}

fn rooms(step: &Value) -> Vec<&str> {
    step["rooms"]
        .as_array()
        .expect("rooms")
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

impl Runner {
    fn new(url: &str) -> Self {
        let client = Client::builder()
            .server_url(url)
            .outbox_limit(1000)
            .base_interval(100)
            .jitter(0.0)
            .proxy_resolver(&gio::SimpleProxyResolver::new(None, &[] as &[&str]))
            .build();
        let arrived = client.messages(None);
        Self {
            client,
            bus: None,
            arrived,
            url: url.to_owned(),
        }
    }

    async fn connect(&mut self, step: &Value, token: Option<&str>) {
        self.arrived = self.client.messages(None);
        if check(step, self.client.connect_future(token).await).is_none() {
            self.arrived
                .next()
                .await
                .expect("not the end")
                .expect_err("an error");
            assert!(self.arrived.next().await.is_none());
        }
    }

    async fn disconnect(&mut self) {
        self.client.disconnect_future().await.expect("disconnected");
        assert!(self.arrived.next().await.is_none());
    }

    async fn fetch(&mut self, step: &Value) {
        let token = text(step, "token").to_owned();
        let handler = self.client.connect_token_requested(move |client| {
            let (client, token) = (client.clone(), token.clone());
            glib::timeout_add_local_once(Duration::from_millis(5), move || {
                client.update_token(Some(&token))
            });
            true
        });
        self.connect(step, None).await;
        self.client.disconnect(handler);
    }

    async fn cancel(&self, step: &Value) {
        let cancellable = gio::Cancellable::new();
        let (sender, receiver) = oneshot::channel();
        self.client.connect_async(
            Some(text(step, "token")),
            Some(&cancellable),
            move |result| {
                sender.send(result).expect("somebody waits");
            },
        );
        self.wait("reconnecting").await;
        cancellable.cancel();
        let error = receiver.await.expect("an end").expect_err("cancelled");
        assert!(error.matches(gio::IOErrorEnum::Cancelled), "{error}");
        assert_eq!(self.client.state(), ConnectionState::Disconnected);
    }

    async fn wait(&self, state: &str) {
        while nick(self.client.state()) != state {
            glib::timeout_future(Duration::from_millis(5)).await;
        }
    }

    async fn write(&self, step: &Value) {
        let json = step["payload"].to_string();
        check(
            step,
            self.client
                .send_json_future(text(step, "event"), Some(&json))
                .await,
        );
        self.client.flush_future().await.expect("flushed");
    }

    /// Asks once with a node and, if there is an answer, once with text.
    async fn request(&self, step: &Value) {
        let event = text(step, "event");
        let timeout = step["timeout"].as_u64().unwrap_or(0) as u32;
        let payload = node(&step["payload"]);
        let answer = check(
            step,
            self.client
                .request_future(event, Some(&payload), timeout)
                .await,
        );
        let json = step["payload"].to_string();
        let other = check(
            step,
            self.client
                .request_json_future(event, Some(&json), timeout)
                .await,
        );
        assert_eq!(answer.is_some(), other.is_some());
        for answer in answer.iter().chain(&other) {
            assert_eq!(
                (answer.event().as_str(), payload_of(answer)),
                (event, step["payload"].clone())
            );
        }
    }

    async fn expect(&mut self, event: &str, payload: &Value) {
        let message = self
            .arrived
            .next()
            .await
            .expect("not the end")
            .expect("a message");
        assert_eq!(
            (message.event().as_str(), &payload_of(&message)),
            (event, payload)
        );
    }

    async fn echo(&mut self, step: &Value) {
        let values = step["values"].as_array().expect("values");
        let count = step["count"].as_u64().expect("a count") as usize;
        let sent: Vec<_> = values
            .iter()
            .cycle()
            .take(count)
            .enumerate()
            .map(|(n, value)| json!({"n": n, "value": value}))
            .collect();
        for payload in &sent {
            self.client
                .send_message("echo", Some(&node(payload)))
                .expect("sent");
        }
        for payload in &sent {
            self.expect("echo", payload).await;
        }
    }

    /// Afterwards, the server of the scenario is a further one.
    fn prepend(&self, step: &Value) {
        self.client.set_server_urls(&[&self.url]);
        self.client.set_server_url(Some(text(step, "url")));
    }

    fn check_status(&self, step: &Value) {
        let connected = step["connected"].as_bool().expect("connected");
        assert_eq!(self.client.status_text(), text(step, "text"));
        assert_eq!(self.client.is_connected(), connected);
        assert_eq!(
            self.client.current_url().as_deref(),
            connected.then_some(self.url.as_str())
        );
        assert_eq!((self.client.retry_at(), self.client.failures()), (0, 0));
    }

    fn check_advice(&self, step: &Value) {
        let error = self.client.last_error().expect("an error");
        assert_eq!(Error::advice(&error).as_deref(), step["text"].as_str());
    }

    /// The server obeys a command that is printed, and then there is a line to read.
    fn command(&self, step: &Value) {
        println!("server {}", text(step, "command"));
        let read = std::io::stdin()
            .read_line(&mut String::new())
            .expect("an answer");
        assert!(read > 0, "the server has not obeyed");
    }

    fn make_bus(&mut self, step: &Value) {
        let bus = Bus::new(step["uri"].as_str());
        assert_eq!(
            (bus.uri().as_deref(), bus.is_connected()),
            (step["uri"].as_str(), false)
        );
        let server = Server::new();
        server.set_bus(Some(&bus));
        assert_eq!(server.bus().as_ref(), Some(&bus));
        server.set_bus(None);
        assert_eq!(server.bus(), None);
        self.bus = Some(bus);
    }

    fn bus(&self) -> &Bus {
        self.bus.as_ref().expect("a bus")
    }

    async fn connect_bus(&self, step: &Value) {
        let error = self
            .bus()
            .connect_future()
            .await
            .expect_err("not connected");
        // Without Redis in the library.
        if error.matches(Error::Failed) {
            return;
        }
        if text(step, "fails") == "connection-refused" {
            assert!(
                error.matches(gio::IOErrorEnum::ConnectionRefused),
                "{error}"
            );
        } else {
            check(step, Err::<(), _>(error));
        }
    }

    fn send_on_bus(&self, step: &Value) {
        let (event, payload) = (text(step, "event"), node(&step["payload"]));
        check(
            step,
            self.bus()
                .send_to_room("tea", event, Some(&payload), &["c1"]),
        );
        check(step, self.bus().send_to_user("ann", event, Some(&payload)));
        check(step, self.bus().send_to_peer("c1", event, Some(&payload)));
        check(step, self.bus().broadcast(event, Some(&payload), &["c1"]));
    }

    async fn step(&mut self, step: &Value) {
        match text(step, "do") {
            "advice" => self.check_advice(step),
            "bus" => self.make_bus(step),
            "bus_close" => self.bus().close_future().await.expect("closed"),
            "bus_connect" => self.connect_bus(step).await,
            "bus_send" => self.send_on_bus(step),
            "cancel" => self.cancel(step).await,
            "connect" => self.connect(step, step["token"].as_str()).await,
            "disconnect" => self.disconnect().await,
            "echo" => self.echo(step).await,
            "expect" => self.expect(text(step, "event"), &step["payload"]).await,
            "fetch" => self.fetch(step).await,
            "join" => self.client.join_rooms(&rooms(step)).expect("joined"),
            "leave" => self.client.leave_rooms(&rooms(step)).expect("left"),
            "prepend" => self.prepend(step),
            "request" => self.request(step).await,
            "send" => {
                check(
                    step,
                    self.client
                        .send_message(text(step, "event"), Some(&node(&step["payload"]))),
                );
            }
            "server" => self.command(step),
            "status" => self.check_status(step),
            "wait" => self.wait(text(step, "state")).await,
            "write" => self.write(step).await,
            other => panic!("unknown step {other}"),
        }
    }
}

async fn run(scenario: String, url: String) {
    let mut runner = Runner::new(&url);
    let steps: Vec<Value> = serde_json::from_str(&scenario).expect("a list of steps");
    for (number, step) in steps.iter().enumerate() {
        runner.step(step).await;
        println!("step {}: {}", number + 1, text(step, "do"));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, scenario, url] = arguments.as_slice() else {
        panic!("usage: {} SCENARIO URL", arguments[0]);
    };
    let scenario = std::fs::read_to_string(scenario).expect("the scenario");
    glib::MainContext::default()
        .block_on(glib::future_with_timeout(
            Duration::from_secs(SECONDS),
            run(scenario, url.clone()),
        ))
        .expect("a step took too long");
}
