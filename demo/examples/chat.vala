/* SPDX-License-Identifier: LGPL-2.1-or-later */
// A chat client for a room, in Vala: chat-vala URL ROOM NAME, with the token in SIGNAL_TOKEN.
// Start a server with "signal-glib serve". The chat ends at the end of the input.

// Returns the string member, without characters that a terminal could interpret, or null.
string? get_text (Json.Node? payload, string name) {
  if (payload == null || payload.get_node_type () != Json.NodeType.OBJECT)
    return null;
  var node = payload.get_object ().get_member (name);
  if (node == null || node.get_value_type () != typeof (string))
    return null;
  var text = new StringBuilder ();
  unichar c;
  for (int i = 0; node.get_string ().get_next_char (ref i, out c);)
    text.append_unichar (c.isprint () ? c : 0xfffd);
  return text.str;
}

void fail (Error error) {
  stderr.printf ("%s\n", error.message);
  Process.exit (1);
}

async void chat (string url, string room, string name) throws Error {
  var client = new Signal.Client (url) { auto_join_rooms = { room }, max_retries = 0 };
  client.message["chat"].connect ((message) => {
    var from = get_text (message.get_payload (), "from");
    var text = get_text (message.get_payload (), "text");
    if (from == null || text == null)
      return;
    stdout.printf ("%s: %s\n", from, text);
    stdout.flush ();
  });

  yield client.connect_async (Environment.get_variable ("SIGNAL_TOKEN"));
  // Reconnect from now on if the connection is lost.
  client.max_retries = 20;
  client.disconnected.connect ((error) => {
    if (error != null)
      fail (error);
  });
  stdout.printf ("Connected\n");
  stdout.flush ();

  var input = new DataInputStream (new UnixInputStream (0, false));
  string? line;
  while ((line = yield input.read_line_async ()) != null) {
    var builder = new Json.Builder ();
    builder.begin_object ();
    builder.set_member_name ("room").add_string_value (room);
    builder.set_member_name ("from").add_string_value (name);
    builder.set_member_name ("text").add_string_value (line);
    builder.end_object ();
    client.send_message ("chat", builder.get_root ());
  }
  yield client.disconnect_async ();
}

void main (string[] args) {
  if (args.length != 4) {
    stderr.printf ("usage: %s URL ROOM NAME\n", args[0]);
    Process.exit (2);
  }
  var loop = new MainLoop ();
  chat.begin (args[1], args[2], args[3], (source, result) => {
    try {
      chat.end (result);
    } catch (Error error) {
      fail (error);
    }
    loop.quit ();
  });
  loop.run ();
}
