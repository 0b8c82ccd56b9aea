/* SPDX-License-Identifier: LGPL-2.1-or-later */
// Tests of the vapi, with a server and a client in the same process.

const string TOKEN = "good";
const uint SECONDS = 20;

Signal.Server new_server () throws Error {
  var server = new Signal.Server ();
  server.authenticate.connect ((peer, type, token) => token == TOKEN ? "ann" : null);
  server.message["echo"].connect ((peer, message) => {
    try {
      server.send_to_peer (peer, message.get_event (), message.get_payload ());
    } catch (Error error) {
      Test.message ("%s", error.message);
      Test.fail ();
    }
  });
  server.listen ();
  return server;
}

Signal.Client new_client (Signal.Server server) {
  return new Signal.Client (server.get_uri ()) {
    proxy_resolver = new SimpleProxyResolver (null, null),
    auto_join_rooms = { "tea" },
    jitter = 0
  };
}

async void test_echo () throws Error {
  var server = new_server ();
  var client = new_client (server);
  var kept = new GenericArray<Signal.Message> ();
  var others = 0;

  client.message["echo"].connect ((message) => {
    kept.add (message);
    if (kept.length == 10)
      Idle.add (test_echo.callback);
  });
  client.message["other"].connect (() => others++);
  assert (client.client_id == null);
  assert (yield client.connect_async (TOKEN));
  assert (client.state == Signal.ConnectionState.AUTHENTICATED);
  assert (client.encrypted);
  assert (client.user_id == "ann");
  assert ("tea" in client.rooms);
  for (var i = 0; i < 10; i++)
    client.send_json ("echo", @"[$i]");
  yield;
  for (var i = 0; i < 10; i++)
    assert (kept[i].get_payload_json () == @"[$i]");
  assert (others == 0);
  yield client.disconnect_async ();
  assert (client.state == DISCONNECTED);
  yield server.stop_async ();
}

async void test_errors () throws Error {
  var server = new_server ();
  var client = new_client (server);
  var caught = 0;

  try {
    client.send_message ("echo");
  } catch (Signal.Error.NOT_CONNECTED error) {
    caught++;
  }
  try {
    client.send_json ("heartbeat");
  } catch (Signal.Error error) {
    assert (error is Signal.Error.INVALID_ARGUMENT);
    caught++;
  }
  try {
    yield client.connect_async ("bad", null);
  } catch (Signal.Error.AUTHENTICATION_FAILED error) {
    caught++;
  }
  assert (caught == 3);
  assert (client.last_error is Signal.Error.AUTHENTICATION_FAILED);
  yield server.stop_async ();
}

async void test_cancel () throws Error {
  var client = new Signal.Client ("ws://127.0.0.1:1/ws") { base_interval = 10 };
  var cancellable = new Cancellable ();
  var cancelled = false;

  client.reconnecting.connect ((attempt, delay) => cancellable.cancel ());
  try {
    yield client.connect_async (TOKEN, cancellable);
  } catch (IOError.CANCELLED error) {
    cancelled = true;
  }
  assert (cancelled);
}

async void test_finalized () throws Error {
  var server = new_server ();
  Signal.Client? client = new_client (server);
  weak Signal.Client? watch = client;

  client.add_weak_pointer (&watch);
  yield client.connect_async (TOKEN);
  yield client.disconnect_async ();
  client = null;
  Idle.add (test_finalized.callback, Priority.LOW);
  yield;
  assert (watch == null);
  yield server.stop_async ();
}

async void test_list () throws Error {
  var server = new_server ();
  var client = new_client (server);
  var list = new Signal.MessageList (client, "echo", 2);
  ListModel model = list;

  list.items_changed.connect ((position, removed, added) => {
    var item = model.get_item (position) as Signal.MessageItem;
    if (added == 1 && item.payload_json == "[4]")
      Idle.add (test_list.callback);
  });
  yield client.connect_async (TOKEN);
  assert (((Signal.Peer) server.peers.get_item (0)).id == client.client_id);
  for (var i = 0; i < 5; i++)
    client.send_json ("echo", @"[$i]");
  yield;
  assert (model.get_n_items () == 2);
  var item = (Signal.MessageItem) model.get_item (0);
  assert (item.event == "echo");
  assert (item.payload_json == "[3]");
  assert (item.message.get_event () == "echo");
  assert (item.id == null);
  assert (item.time.difference (new DateTime.now ()) <= 0);
  list.clear ();
  assert (model.get_n_items () == 0);
  yield client.disconnect_async ();
  yield server.stop_async ();
}

async void test_bus () throws Error {
  var bus = new Signal.Bus ("redis://127.0.0.1:1") {
    uris = { "redis://127.0.0.1:2" },
    max_backlog = 1000
  };
  var prefixed = (Signal.Bus) Object.@new (typeof (Signal.Bus), "channel-prefix", "shop:");
  var server = new Signal.Server () { bus = bus };
  var caught = 0;

  assert (server.bus == bus);
  assert (bus.uri == "redis://127.0.0.1:1" && bus.uris.length == 1 && bus.max_backlog == 1000);
  assert (bus.server_id.length == 36);
  assert (!bus.connected && bus.messages_published == 0);
  assert (prefixed.channel_prefix == "shop:");
  bus.error.connect (() => Test.fail ());
  try {
    bus.send_to_room ("tea", "news", new Json.Node.alloc ().init_int (1), { "c1" });
  } catch (Signal.Error.NOT_CONNECTED error) {
    caught++;
  }
  try {
    bus.broadcast_json ("news", "{bad");
  } catch (Signal.Error.INVALID_ARGUMENT error) {
    caught++;
  }
  try {
    yield bus.connect_async ();
  } catch (Error error) {
    // The latter, if the library was built without Redis.
    assert (error is IOError.CONNECTION_REFUSED || error is Signal.Error.FAILED);
    caught++;
  }
  assert (caught == 3);
  assert (yield bus.close_async ());
}

delegate void Start (AsyncReadyCallback done);
delegate void Finish (AsyncResult result) throws Error;

void run (Start start, Finish finish) {
  var loop = new MainLoop ();
  var deadline = Timeout.add_seconds (SECONDS, () => {
    error ("it took too long");
  });

  start ((source, result) => {
    try {
      finish (result);
    } catch (Error error) {
      Test.message ("%s", error.message);
      Test.fail ();
    }
    loop.quit ();
  });
  loop.run ();
  Source.remove (deadline);
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/vala/echo", () => run ((done) => test_echo.begin (done),
                                          (result) => test_echo.end (result)));
  Test.add_func ("/vala/errors", () => run ((done) => test_errors.begin (done),
                                            (result) => test_errors.end (result)));
  Test.add_func ("/vala/cancel", () => run ((done) => test_cancel.begin (done),
                                            (result) => test_cancel.end (result)));
  Test.add_func ("/vala/bus", () => run ((done) => test_bus.begin (done),
                                         (result) => test_bus.end (result)));
  Test.add_func ("/vala/list", () => run ((done) => test_list.begin (done),
                                          (result) => test_list.end (result)));
  Test.add_func ("/vala/finalized", () => run ((done) => test_finalized.begin (done),
                                               (result) => test_finalized.end (result)));
  return Test.run ();
}
