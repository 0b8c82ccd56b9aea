// SPDX-License-Identifier: LGPL-2.1-or-later
//! The embedded server and the bus.
mod common;

use common::{new_client, new_server, run, wait_until, TOKEN};
use signal_glib::{gio, glib, json::Node, prelude::*, Bus, Error, Peer, Server};
use std::{cell::RefCell, rc::Rc, time::Duration};

#[test]
fn rooms_and_users() {
    run(async {
        let server = new_server();
        server.connect_join(|_, _, room| room != "closed");
        let client = new_client(&server);
        let received = Rc::new(RefCell::new(Vec::new()));
        let other = received.clone();
        client.connect_message(None, move |_, message| {
            other.borrow_mut().push(message.event())
        });
        client.join_rooms(&["tea", "closed"]).expect("names");
        client.connect_future(Some(TOKEN)).await.expect("connected");
        client
            .request_json_future("ask", None, 0)
            .await
            .expect("an answer");

        let peer = server
            .peers()
            .item(0)
            .and_downcast::<Peer>()
            .expect("a peer");
        let rooms = peer.rooms();
        assert!(
            rooms.contains(&"tea".into()) && !rooms.contains(&"closed".into()),
            "{rooms:?}"
        );
        assert_eq!(peer.user_id().as_deref(), Some("ann"));
        let node = Node::from_json("1").expect("JSON");
        server
            .send_to_room("closed", "closed", Some(&node), None)
            .expect("sent");
        server
            .send_to_room("tea", "except", Some(&node), Some(&peer))
            .expect("sent");
        server
            .send_to_room("tea", "room", Some(&node), None)
            .expect("sent");
        server
            .send_to_user("ann", "user", Some(&node))
            .expect("sent");
        server.broadcast("all", None).expect("sent");
        wait_until(|| received.borrow().len() >= 3).await;
        assert_eq!(*received.borrow(), ["room", "user", "all"]);
        server.stop_future().await.expect("stopped");
        assert_eq!(server.uri(), None);
    });
}

#[test]
fn authentication_can_be_deferred() {
    run(async {
        let server = Server::builder().path("/other").build();
        server.connect_authenticate(|_, peer, kind, token| {
            assert_eq!((kind, token), ("Bearer", "later"));
            peer.defer_authentication();
            let peer = peer.clone();
            glib::MainContext::ref_thread_default().spawn_local(async move {
                glib::timeout_future(Duration::from_millis(5)).await;
                peer.finish_authentication(Some("bob"));
            });
            None
        });
        server.listen(None, 0).expect("a free port");
        assert!(server
            .uri()
            .expect("a server that listens")
            .ends_with("/other"));
        let client = new_client(&server);
        client
            .connect_future(Some("later"))
            .await
            .expect("connected");
        assert_eq!(client.user_id().as_deref(), Some("bob"));
    });
}

#[test]
fn errors_of_other_domains() {
    run(async {
        let server = new_server();
        let uri =
            glib::Uri::parse(&server.uri().expect("a URI"), glib::UriFlags::NONE).expect("a URI");
        let error = Server::new()
            .listen(None, uri.port() as u16)
            .expect_err("the port is taken");
        assert!(error.matches(gio::IOErrorEnum::AddressInUse), "{error}");
        assert_eq!(error.kind::<Error>(), None);
    });
}

#[test]
fn a_bus_that_is_not_connected() {
    run(async {
        let bus = Bus::new(Some("redis://127.0.0.1:1"));
        let error = bus
            .send_to_room_json("tea", "news", Some("1"), &[])
            .expect_err("not connected");
        assert_eq!(error.kind(), Some(Error::NotConnected));
        assert!(bus.connect_future().await.is_err());
        bus.close_future().await.expect("closed");
    });
}

#[test]
fn payloads() {
    let node = Node::from_json(r#"{"b": [1, "ü"], "a": null}"#).expect("JSON");
    assert_eq!(node.to_json(), r#"{"b":[1,"ü"],"a":null}"#);
    assert_eq!(node, node.to_string().parse().expect("JSON"));
    assert_ne!(node, Node::from_json("1").expect("JSON"));
}

/// The text that a node makes of a text, or the reason why it does not.
fn parse(text: &str) -> Result<String, String> {
    match Node::from_json(text) {
        Ok(node) => Ok(node.to_string()),
        Err(error) => {
            assert_eq!(error.kind(), Some(Error::InvalidArgument), "{text}");
            Err(error.message().to_owned())
        }
    }
}

#[test]
fn payloads_keep_what_was_written() {
    for text in [
        "null",
        "true",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        r#""\"\\\n""#,
        r#"{"a":{},"b":[[],{"c":false}]}"#,
    ] {
        assert_eq!(parse(text).as_deref(), Ok(text));
    }
    assert_eq!(parse(" [ 1 ,\t2\r\n] ").as_deref(), Ok("[1,2]"));
    assert_eq!(parse(r#""\ud83d\ude00\/""#).as_deref(), Ok(r#""😀/""#));
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(parse(&nested(256)), Ok(nested(256)));

    // JSON-GLib would crash.
    let reason = parse(&nested(257)).expect_err("too deep");
    assert!(reason.contains("nested"), "{reason}");
    assert_eq!(parse(&"[".repeat(100_000)), Err(reason));
    // JSON-GLib would change these.
    for text in [
        "9223372036854775808",
        "1e400",
        r#""\u0000""#,
        r#""\ud83d""#,
        r#""\ud83d\u0041""#,
        r#""\ude00""#,
    ] {
        let reason = parse(text).expect_err(text);
        assert!(reason.contains("cannot hold"), "{text}: {reason}");
    }
}

#[test]
fn payloads_are_strict() {
    for text in [
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{1:2}",
        "{} {}",
        "'a'",
        "['\"', [",
        "01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "0x1",
        "NaN",
        "nul",
        "// a\n1",
        "/* a */ 1",
        "var a = 1;",
        "\"a",
        "\"\\x\"",
        "\"\\u00g0\"",
        "\"\\u00\"",
        "\"\\u+123\"",
        "\"\n\"",
        "1\0",
        "\u{feff}1",
        "\"\0\"",
        "\\u",
        "]",
    ] {
        let reason = parse(text).expect_err(text);
        assert!(reason.contains("not valid JSON"), "{text}: {reason}");
    }
}

/// Handlers could otherwise run in the other thread.
#[test]
fn objects_are_not_made_for_the_context_of_another_thread() {
    let (started, has_started) = std::sync::mpsc::channel();
    let (stop, stopped) = futures_channel::oneshot::channel::<()>();
    let owner = std::thread::spawn(move || {
        glib::MainContext::default().block_on(async {
            started.send(()).expect("a test that waits");
            stopped.await.expect_err("dropped");
        });
    });
    has_started.recv().expect("a thread that runs the context");

    for make in [
        || drop(Server::new()),
        || drop(Bus::new(None)),
        || drop(signal_glib::Client::new(None, None)),
        || drop(signal_glib::Client::builder().build()),
    ] {
        std::thread::spawn(make).join().expect_err("a panic");
    }
    std::thread::spawn(|| run(async { drop(Server::new()) }))
        .join()
        .expect("a context of its own");
    // It makes nothing.
    let error = glib::Error::new(Error::NotConnected, "Not connected");
    assert!(Error::advice(&error).is_some());
    drop(stop);
    owner.join().expect("no panic");
}
