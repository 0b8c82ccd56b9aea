/* SPDX-License-Identifier: LGPL-2.1-or-later */
const uint SECONDS = 20;

class Runner {
  Signal.Client client;
  Signal.Bus bus;
  string url;
  Queue<Signal.Message> arrived = new Queue<Signal.Message> ();
  SourceFunc? waiting = null;

  public Runner (string url) {
    this.url = url;
    client = new Signal.Client (url) {
      outbox_limit = 1000,
      base_interval = 100,
      jitter = 0,
      proxy_resolver = new SimpleProxyResolver (null, null)
    };
    client.message.connect ((message) => {
      arrived.push_tail (message);
      wake ();
    });
    client.notify["state"].connect (() => wake ());
  }

  void wake () {
    if (waiting != null)
      Idle.add ((owned) waiting);
    waiting = null;
  }

  async void next_event () {
    waiting = next_event.callback;
    yield;
  }

  void check_error (Error? error, Json.Object step) {
    if (!step.has_member ("fails")) {
      check (error == null, error != null ? error.message : "");
      return;
    }
    var nick = step.get_string_member ("fails");
    var is_right = false;
    switch (nick) {
    case "authentication-failed": is_right = error is Signal.Error.AUTHENTICATION_FAILED; break;
    case "invalid-argument": is_right = error is Signal.Error.INVALID_ARGUMENT; break;
    case "not-connected": is_right = error is Signal.Error.NOT_CONNECTED; break;
    case "server": is_right = error is Signal.Error.SERVER; break;
    case "timed-out": is_right = error is Signal.Error.TIMED_OUT; break;
    }
    check (is_right, @"did not fail with $nick");
  }

  async void connect (Json.Object step) {
    Error? failure = null;
    try {
      yield client.connect_async (step.get_string_member ("token"));
    } catch (Error error) {
      failure = error;
    }
    check_error (failure, step);
  }

  async void fetch (string token) throws Error {
    var handler = client.token_requested.connect (() => {
      Timeout.add (5, () => {
        client.update_token (token);
        return Source.REMOVE;
      });
      return true;
    });
    yield client.connect_async ();
    client.disconnect (handler);
  }

  async void cancel (Json.Object step) throws Error {
    var cancellable = new Cancellable ();
    var handler = client.reconnecting.connect (() => cancellable.cancel ());
    try {
      yield client.connect_async (step.get_string_member ("token"), cancellable);
      check (false, "was not cancelled");
    } catch (IOError.CANCELLED error) {
      check (client.state == DISCONNECTED, "the client goes on");
    }
    client.disconnect (handler);
  }

  void send (Json.Object step) {
    Error? failure = null;
    try {
      client.send_message (step.get_string_member ("event"), step.get_member ("payload"));
    } catch (Error error) {
      failure = error;
    }
    check_error (failure, step);
  }

  async void write (Json.Object step) throws Error {
    check (yield client.send_message_async (step.get_string_member ("event"), step.get_member ("payload")),
           "send");
    check (yield client.flush_async (), "flush");
  }

  async void request (Json.Object step) {
    var event = step.get_string_member ("event");
    var payload = step.get_member ("payload");
    var timeout = (uint) step.get_int_member_with_default ("timeout", 0);
    Error? failure = null;
    try {
      var answer = yield client.request_async (event, payload, timeout);
      check (answer.get_event () == event && answer.get_payload ().equal (payload), "unexpected answer");
    } catch (Error error) {
      failure = error;
    }
    check_error (failure, step);
  }

  async void expect (string event, Json.Node payload) {
    while (arrived.is_empty ())
      yield next_event ();
    var message = arrived.pop_head ();
    check (message.get_event () == event && message.get_payload ().equal (payload),
           @"unexpected message: $(message.get_payload_json ())");
  }

  async void echo (Json.Object step) throws Error {
    var values = step.get_array_member ("values");
    var sent = new GenericArray<Json.Node> ();
    for (var i = 0; i < step.get_int_member ("count"); i++) {
      var object = new Json.Object ();
      object.set_int_member ("n", i);
      object.set_member ("value", values.dup_element (i % values.get_length ()));
      var node = new Json.Node.alloc ().init_object (object);
      client.send_message ("echo", node);
      sent.add (node);
    }
    foreach (var node in sent)
      yield expect ("echo", node);
  }

  string[] rooms_of (Json.Object step) {
    string[] rooms = {};
    foreach (var room in step.get_array_member ("rooms").get_elements ())
      rooms += room.get_string ();
    return rooms;
  }

  async void wait (string nick) {
    var states = (EnumClass) typeof (Signal.ConnectionState).class_ref ();
    while (states.get_value (client.state).value_nick != nick)
      yield next_event ();
  }

  void prepend (string first) {
    client.server_urls = { url };
    client.server_url = first;
  }

  void status (string text, bool is_connected) {
    check (client.status_text == text, client.status_text);
    check (client.is_connected == is_connected, "is-connected");
    check (client.current_url == (is_connected ? url : null), client.current_url ?? "no URL");
    check (client.retry_at == 0 && client.failures == 0, "failures");
  }

  void advice (string text) {
    check (Signal.Error.get_advice (client.last_error) == text, "advice");
  }

  void new_bus (string uri) {
    var server = new Signal.Server ();
    bus = new Signal.Bus (uri);
    check (bus.uri == uri && !bus.connected, "the bus");
    server.bus = bus;
    check (server.get_bus () == bus, "the bus of the server");
    server.set_bus (null);
    check (server.bus == null, "still the bus of the server");
  }

  async void connect_bus (Json.Object step) {
    Error? failure = null;
    try {
      yield bus.connect_async ();
    } catch (Error error) {
      failure = error;
    }
    check (failure != null, "the bus is connected");
    // Without Redis in the library.
    if (failure is Signal.Error.FAILED)
      return;
    if (step.get_string_member ("fails") == "connection-refused")
      check (failure is IOError.CONNECTION_REFUSED, failure.message);
    else
      check_error (failure, step);
  }

  delegate bool Send (string event, Json.Node payload) throws Error;

  void check_send (Json.Object step, Send send) {
    Error? failure = null;
    try {
      send (step.get_string_member ("event"), step.get_member ("payload"));
    } catch (Error error) {
      failure = error;
    }
    check_error (failure, step);
  }

  void send_to_bus (Json.Object step) {
    check_send (step, (event, payload) => bus.send_to_room ("tea", event, payload, { "c1" }));
    check_send (step, (event, payload) => bus.send_to_user ("ann", event, payload));
    check_send (step, (event, payload) => bus.send_to_peer ("c1", event, payload));
    check_send (step, (event, payload) => bus.broadcast (event, payload, { "c1" }));
  }

  void server (string command) {
    stdout.printf ("server %s\n", command);
    stdout.flush ();
    check (stdin.read_line () != null, "the server did not obey");
  }

  public async void step (Json.Object step) throws Error {
    switch (step.get_string_member ("do")) {
    case "connect": yield connect (step); break;
    case "fetch": yield fetch (step.get_string_member ("token")); break;
    case "disconnect": yield client.disconnect_async (); break;
    case "cancel": yield cancel (step); break;
    case "send": send (step); break;
    case "write": yield write (step); break;
    case "request": yield request (step); break;
    case "expect":
      yield expect (step.get_string_member ("event"), step.get_member ("payload"));
      break;
    case "echo": yield echo (step); break;
    case "join": client.join_rooms (rooms_of (step)); break;
    case "leave": client.leave_rooms (rooms_of (step)); break;
    case "prepend": prepend (step.get_string_member ("url")); break;
    case "status":
      status (step.get_string_member ("text"), step.get_boolean_member ("connected"));
      break;
    case "advice": advice (step.get_string_member ("text")); break;
    case "wait": yield wait (step.get_string_member ("state")); break;
    case "bus": new_bus (step.get_string_member ("uri")); break;
    case "bus_connect": yield connect_bus (step); break;
    case "bus_send": send_to_bus (step); break;
    case "bus_close": check (yield bus.close_async (), "close"); break;
    case "server": server (step.get_string_member ("command")); break;
    default: check (false, "unknown step"); break;
    }
  }
}

void check (bool is_right, string what) {
  if (is_right)
    return;
  stderr.printf ("%s\n", what);
  Process.exit (1);
}

async void run (string[] args, MainLoop loop) {
  try {
    var parser = new Json.Parser ();
    parser.load_from_file (args[1]);
    var runner = new Runner (args[2]);
    var number = 0;
    foreach (var node in parser.get_root ().get_array ().get_elements ()) {
      yield runner.step (node.get_object ());
      stdout.printf ("step %d: %s\n", ++number, node.get_object ().get_string_member ("do"));
    }
  } catch (Error error) {
    check (false, error.message);
  }
  loop.quit ();
}

void main (string[] args) {
  var loop = new MainLoop ();
  Timeout.add_seconds (SECONDS, () => {
    check (false, "a step took too long");
    return Source.REMOVE;
  });
  run.begin (args, loop);
  loop.run ();
}
