// SPDX-License-Identifier: LGPL-2.1-or-later
//! A chat client for a room, in Rust: chat URL ROOM NAME, with the token in SIGNAL_TOKEN.
//!
//! Start a server with "signal-glib serve". The chat ends at the end of the input.
use futures_channel::mpsc;
use futures_util::StreamExt;
use serde_json::{json, Value};
use signal_glib::{glib, Client, Message, Messages};
use std::process::exit;

/// Replaces characters that a terminal could interpret.
fn printable(text: &str) -> String {
    text.replace(
        |char: char| {
            char.is_control()
                || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        },
        "\u{fffd}",
    )
}

fn print(message: &Message) {
    let json = message.payload_json().unwrap_or_default();
    let payload: Value = serde_json::from_str(&json).unwrap_or_default();
    if let (Some(from), Some(text)) = (payload["from"].as_str(), payload["text"].as_str()) {
        println!("{}: {}", printable(from), printable(text));
    }
}

fn fail(error: &glib::Error) -> ! {
    eprintln!("{}", error.message());
    exit(1)
}

async fn listen(mut messages: Messages) {
    while let Some(message) = messages.next().await {
        print(&message.unwrap_or_else(|error| fail(&error)));
    }
}

/// The lines of the input, which another thread waits for.
fn read_lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.unbounded_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

async fn chat(url: &str, room: &str, name: &str) -> Result<(), glib::Error> {
    let client = Client::builder().server_url(url).max_retries(0).build();
    client.join_rooms(&[room])?;
    let messages = client.messages(Some("chat"));
    client
        .connect_future(std::env::var("SIGNAL_TOKEN").ok().as_deref())
        .await?;
    // Reconnect from now on if the connection is lost.
    client.set_max_retries(20);
    let listener = glib::MainContext::default().spawn_local(listen(messages));
    println!("Connected");

    let mut lines = read_lines();
    while let Some(line) = lines.next().await {
        let payload = json!({"room": room, "from": name, "text": line});
        client.send_json("chat", Some(&payload.to_string()))?;
    }
    client.disconnect_future().await?;
    listener
        .await
        .expect("the listener ends with the connection");
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, room, name] = arguments.as_slice() else {
        eprintln!("usage: {} URL ROOM NAME", arguments[0]);
        exit(2);
    };
    if let Err(error) = glib::MainContext::default().block_on(chat(url, room, name)) {
        fail(&error);
    }
}
