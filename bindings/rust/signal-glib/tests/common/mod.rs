// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the tests share.
#![allow(dead_code)] // each test program uses a part of it

use signal_glib::{gio, glib, Client, Server};
use std::{future::Future, time::Duration};

pub const TOKEN: &str = "good";

/// Runs a test in a main context of its own, in which the objects are made.
pub fn run(test: impl Future<Output = ()> + 'static) {
    let context = glib::MainContext::new();
    context
        .with_thread_default(|| {
            context.block_on(glib::future_with_timeout(Duration::from_secs(20), test))
        })
        .expect("a context that nobody else has")
        .expect("the test took too long");
}

pub async fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        glib::timeout_future(Duration::from_millis(2)).await;
    }
}

/// A server that knows one token, sends "echo" back, answers "ask" and denies "deny".
pub fn new_server() -> Server {
    let server = Server::new();
    server.connect_authenticate(|_, _, _, token| (token == TOKEN).then(|| "ann".into()));
    server.connect_message(Some("echo"), |server, peer, message| {
        server
            .send_to_peer(peer, "echo", message.payload().as_ref())
            .expect("echo");
    });
    server.connect_message(Some("ask"), |server, peer, message| {
        server
            .reply(peer, message, message.payload().as_ref())
            .expect("an answer");
    });
    server.connect_message(Some("deny"), |server, peer, message| {
        server
            .reply_error(peer, message, "Denied")
            .expect("an answer");
    });
    server.listen(None, 0).expect("a free port");
    server
}

pub fn new_client(server: &Server) -> Client {
    Client::builder()
        .server_url(server.uri().expect("a server that listens"))
        .max_retries(0)
        .proxy_resolver(&gio::SimpleProxyResolver::new(None, &[] as &[&str]))
        .build()
}
