// SPDX-License-Identifier: LGPL-2.1-or-later
//! The client, with the embedded server.
mod common;

use common::{new_client, new_server, run, wait_until, TOKEN};
use futures_util::StreamExt;
use signal_glib::{
    gio, glib, json::Node, prelude::*, soup, Client, ConnectionState, Error, Message, MessageList,
};
use std::{cell::RefCell, rc::Rc, time::Duration};

fn record<T: 'static>() -> (Rc<RefCell<Vec<T>>>, impl Fn(T) + Clone + 'static) {
    let list = Rc::new(RefCell::new(Vec::new()));
    let other = list.clone();
    (list, move |item| other.borrow_mut().push(item))
}

#[test]
fn goes_through_the_states() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let (states, add_state) = record();
        client.connect_state_notify(move |client| add_state(client.state()));
        let (ids, add_id) = record();
        client.connect_connected(move |_, id| add_id(id.to_owned()));
        let (ends, add_end) = record();
        client.connect_disconnected(move |_, error| add_end(error.cloned()));

        client.connect_future(Some(TOKEN)).await.expect("connected");
        assert!(client.is_connected() && client.is_encrypted());
        assert_eq!(client.user_id().as_deref(), Some("ann"));
        assert_eq!(
            client.client_id().as_deref(),
            Some(ids.borrow()[0].as_str())
        );
        client.disconnect_future().await.expect("disconnected");
        assert!(matches!(ends.borrow().as_slice(), [None]));
        assert_eq!(
            *states.borrow(),
            [
                ConnectionState::Connecting,
                ConnectionState::Connected,
                ConnectionState::Authenticating,
                ConnectionState::Authenticated,
                ConnectionState::Disconnected,
            ]
        );
    });
}

#[test]
fn refuses_a_wrong_token() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let error = client
            .connect_future(Some("bad"))
            .await
            .expect_err("refused");
        assert_eq!(error.kind(), Some(Error::AuthenticationFailed), "{error}");
        assert!(Error::advice(&error).is_some_and(|advice| advice.contains("token")));
        assert_eq!(client.state(), ConnectionState::Disconnected);
        assert!(client
            .last_error()
            .is_some_and(|error| error.matches(Error::AuthenticationFailed)));
    });
}

#[test]
fn asks_for_the_token() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        client.connect_authenticate(|_| Some(TOKEN.into()));
        client.connect_future(None).await.expect("connected");

        let other = new_client(&server);
        other.connect_token_requested(|client| {
            client.fail_token(Some(&glib::Error::new(
                gio::IOErrorEnum::HostUnreachable,
                "No tokens",
            )));
            true
        });
        let error = other.connect_future(None).await.expect_err("no token");
        assert!(error.message().contains("No tokens"), "{error}");
    });
}

#[test]
fn sends_and_receives() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let (received, add) = record();
        let add_other = add.clone();
        client.connect_message(Some("echo"), move |_, message| add(message.clone()));
        client.connect_message(Some("other"), move |_, message| add_other(message.clone()));

        let error = client
            .send_json("echo", Some("1"))
            .expect_err("not connected");
        assert_eq!(error.kind(), Some(Error::NotConnected));
        client.connect_future(Some(TOKEN)).await.expect("connected");
        client
            .send_json("echo", Some("9007199254740993"))
            .expect("sent");
        client
            .send_message("echo", Some(&r#"{"a":[1,null]}"#.parse().expect("JSON")))
            .expect("sent");
        client
            .send_json_future("echo", None)
            .await
            .expect("written");
        client.flush_future().await.expect("flushed");
        wait_until(|| received.borrow().len() == 3).await;

        {
            let received = received.borrow();
            let texts: Vec<_> = received
                .iter()
                .map(|message| message.payload_json())
                .collect();
            assert_eq!(texts[0].as_deref(), Some("9007199254740993"));
            assert_eq!(texts[1].as_deref(), Some(r#"{"a":[1,null]}"#));
            assert_eq!(texts[2], None);
            assert_eq!(
                received[1].payload().expect("a payload").to_string(),
                r#"{"a":[1,null]}"#
            );
            assert_eq!(
                (received[0].event().as_str(), received[0].is_encrypted()),
                ("echo", true)
            );
        }

        for (event, json) in [("", "1"), ("join", "1"), ("echo", "{")] {
            let error = client
                .send_json_future(event, Some(json))
                .await
                .expect_err("invalid");
            assert_eq!(error.kind(), Some(Error::InvalidArgument), "{event}");
        }
    });
}

#[test]
fn a_stream_of_messages() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let mut all = client.messages(None);
        let mut echoes = client.messages(Some("echo"));
        let dropped = client.messages(None);
        client.connect_future(Some(TOKEN)).await.expect("connected");
        drop(dropped);
        server.broadcast("news", None).expect("sent");
        client.send_json("echo", Some("1")).expect("sent");

        let next = |item: Option<Result<Message, glib::Error>>| {
            item.expect("not the end").expect("a message").event()
        };
        assert_eq!(next(all.next().await), "news");
        assert_eq!(next(all.next().await), "echo");
        assert_eq!(next(echoes.next().await), "echo");
        client.disconnect_future().await.expect("disconnected");
        assert!(all.next().await.is_none() && echoes.next().await.is_none());

        let mut failing = client.messages(None);
        client
            .connect_future(Some("bad"))
            .await
            .expect_err("refused");
        let error = failing
            .next()
            .await
            .expect("not the end")
            .expect_err("the reason");
        assert_eq!(error.kind(), Some(Error::AuthenticationFailed));
        assert!(failing.next().await.is_none());

        let mut last = client.messages(None);
        drop(client);
        assert!(last.next().await.is_none());
    });
}

#[test]
fn requests() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        client.connect_future(Some(TOKEN)).await.expect("connected");

        let payload: Node = r#"{"n":1}"#.parse().expect("JSON");
        let answer = client
            .request_future("ask", Some(&payload), 0)
            .await
            .expect("an answer");
        assert_eq!(answer.payload(), Some(payload));
        let answer = client
            .request_json_future("ask", Some("[2]"), 0)
            .await
            .expect("an answer");
        assert_eq!(answer.payload_json().as_deref(), Some("[2]"));
        assert!(answer.id().is_some());

        let error = client
            .request_json_future("deny", None, 0)
            .await
            .expect_err("denied");
        assert_eq!(
            (error.kind(), error.message()),
            (Some(Error::Server), "Denied")
        );
        let error = client
            .request_json_future("ignored", None, 20)
            .await
            .expect_err("no answer");
        assert_eq!(error.kind(), Some(Error::TimedOut));
        let error = client
            .request_json_future("ask", Some("{"), 0)
            .await
            .expect_err("no JSON");
        assert_eq!(error.kind(), Some(Error::InvalidArgument));
    });
}

#[test]
fn a_dropped_future_cancels() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        client.set_max_retries(u32::MAX);
        // Nobody listens there.
        client.set_server_url(Some("ws://127.0.0.1:1/ws"));
        let connecting = glib::future_with_timeout(
            Duration::from_millis(50),
            client.connect_future(Some(TOKEN)),
        );
        connecting.await.expect_err("a timeout");
        wait_until(|| client.state() == ConnectionState::Disconnected).await;
        assert!(client.last_error().is_some());
    });
}

#[test]
fn a_dropped_request_is_cancelled() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        client.connect_future(Some(TOKEN)).await.expect("connected");
        let held = Rc::new(());
        let other = held.clone();
        let cancellable = gio::Cancellable::new();
        client.request_json_async("ignored", None, 0, Some(&cancellable), move |result| {
            let error = result.expect_err("cancelled");
            assert!(error.matches(gio::IOErrorEnum::Cancelled), "{error}");
            drop(other);
        });
        let request = client.request_json_future("ignored", None, 0);
        glib::future_with_timeout(Duration::from_millis(20), request)
            .await
            .expect_err("a timeout");
        cancellable.cancel();
        wait_until(|| Rc::strong_count(&held) == 1).await;
        client
            .request_json_future("ask", None, 0)
            .await
            .expect("an answer");
        // Nothing holds the client for a request that is over.
        let weak = client.downgrade();
        drop(client);
        wait_until(|| weak.upgrade().is_none()).await;
    });
}

#[test]
fn a_handler_can_disconnect_itself() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let (received, add) = record();
        let handler = Rc::new(RefCell::new(None));
        let other = handler.clone();
        let id = client.connect_message(Some("echo"), move |client, message| {
            client.disconnect(other.take().expect("called once"));
            // What the closure owns is still there.
            add(message.payload_json());
        });
        handler.replace(Some(id));
        client.connect_future(Some(TOKEN)).await.expect("connected");
        for json in ["1", "2"] {
            client.send_json("echo", Some(json)).expect("sent");
        }
        client
            .request_json_future("ask", None, 0)
            .await
            .expect("an answer");
        assert_eq!(*received.borrow(), [Some("1".into())]);
        assert_eq!(Rc::strong_count(&handler), 1);
    });
}

#[test]
fn a_dropped_client_leaves() {
    run(async {
        let server = new_server();
        let (left, add) = record();
        server.connect_peer_disconnected(move |_, peer| add(peer.id()));
        let client = new_client(&server);
        client.connect_message(None, |_, _| ());
        client.connect_future(Some(TOKEN)).await.expect("connected");
        assert_eq!(server.peers().n_items(), 1);

        let weak = client.downgrade();
        let id = client.client_id();
        drop(client);
        wait_until(|| weak.upgrade().is_none()).await;
        wait_until(|| server.peers().n_items() == 0).await;
        assert_eq!(left.borrow().first().map(|id| id.as_str()), id.as_deref());
    });
}

#[test]
fn can_be_dropped_by_a_handler() {
    run(async {
        let server = new_server();
        let holder = Rc::new(RefCell::new(Some(new_client(&server))));
        let client = holder.borrow().clone().expect("a client");
        let other = holder.clone();
        client.connect_message(None, move |_, _| {
            other.take();
        });
        client.connect_future(Some(TOKEN)).await.expect("connected");
        let weak = client.downgrade();
        client.send_json("echo", None).expect("sent");
        drop(client);
        wait_until(|| weak.upgrade().is_none()).await;
        assert!(holder.borrow().is_none());
    });
}

#[test]
fn runs_in_the_context_of_a_thread() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let context = glib::MainContext::ref_thread_default();
        let answer = context.spawn_local(async move {
            client.connect_future(Some(TOKEN)).await?;
            let answer = client
                .request_json_future("ask", Some("\"spawned\""), 0)
                .await?;
            client.disconnect_future().await?;
            Ok::<_, glib::Error>(answer)
        });
        let answer = answer.await.expect("joined").expect("an answer");
        assert_eq!(answer.payload_json().as_deref(), Some("\"spawned\""));
    });
}

#[test]
fn sends_headers_and_data() {
    run(async {
        let server = new_server();
        server.set_allowed_origins(&["https://example.org"]);
        let headers = soup::MessageHeaders::new(soup::MessageHeadersType::Request);
        headers.append("Origin", "https://example.org");
        let client = Client::builder()
            .server_url(server.uri().expect("a server that listens"))
            .token(TOKEN)
            .headers(&headers)
            .authenticate_data(&Node::from_json(r#"{"device":"a"}"#).expect("JSON"))
            .max_retries(0)
            .auto_join_rooms(["tea", "cake"])
            .build();
        client.connect_future(None).await.expect("connected");
        let peer = server
            .peers()
            .item(0)
            .and_downcast::<signal_glib::Peer>()
            .expect("a peer");
        assert_eq!(peer.origin().as_deref(), Some("https://example.org"));
        assert_eq!(
            client
                .authenticate_data()
                .map(|data| data.to_string())
                .as_deref(),
            Some(r#"{"device":"a"}"#)
        );
        wait_until(|| {
            ["tea", "cake"]
                .iter()
                .all(|room| peer.rooms().iter().any(|own| own == room))
        })
        .await;
        assert_eq!(client.rooms(), ["tea", "cake"]);
    });
}

#[test]
fn lists_messages() {
    run(async {
        let server = new_server();
        let client = new_client(&server);
        let list = MessageList::new(Some(&client), Some("echo"), 2);
        client.connect_future(Some(TOKEN)).await.expect("connected");
        for json in ["1", "2", "3"] {
            client.send_json("echo", Some(json)).expect("sent");
        }
        client
            .request_json_future("ask", None, 0)
            .await
            .expect("an answer");
        let texts: Vec<_> = list
            .iter::<signal_glib::MessageItem>()
            .map(|item| item.expect("an item").payload_json())
            .collect();
        assert_eq!(texts, [Some("2".into()), Some("3".into())]);
        list.clear();
        assert_eq!(list.n_items(), 0);
    });
}
