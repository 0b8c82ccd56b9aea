// SPDX-License-Identifier: LGPL-2.1-or-later

use crate::{prelude::*, Client, Message};
use futures_channel::mpsc;
use futures_core::Stream;
use glib::SignalHandlerId;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

impl Client {
    /// The messages that arrive from now on, of one event or all.
    ///
    /// The stream ends when the client is disconnected, after the error if there is one, or no longer exists.
    /// It does not keep the client alive. Messages wait in it, however many, until they are taken out.
    pub fn messages(&self, event: Option<&str>) -> Messages {
        let (sender, receiver) = mpsc::unbounded();
        let other = sender.clone();
        let arrival = self.connect_message(event, move |_, message| {
            // The receiver may have reached its end.
            let _ = sender.unbounded_send(Ok(message.clone()));
        });
        let end = self.connect_disconnected(move |_, error| {
            if let Some(error) = error {
                let _ = other.unbounded_send(Err(error.clone()));
            }
            other.close_channel();
        });
        Messages {
            client: self.downgrade(),
            handlers: vec![arrival, end],
            receiver,
        }
    }
}

/// The messages that arrive at a client, which [`Client::messages`] returns.
#[derive(Debug)]
#[must_use = "messages are lost when the stream is dropped"]
pub struct Messages {
    client: glib::WeakRef<Client>,
    handlers: Vec<SignalHandlerId>,
    receiver: mpsc::UnboundedReceiver<Result<Message, glib::Error>>,
}

impl Stream for Messages {
    type Item = Result<Message, glib::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.receiver).poll_next(context)
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        if let Some(client) = self.client.upgrade() {
            for handler in self.handlers.drain(..) {
                client.disconnect(handler);
            }
        }
    }
}
