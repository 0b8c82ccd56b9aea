/* SPDX-License-Identifier: LGPL-2.1-or-later */
// A chat in one room, in Vala: chat-vala URL ROOM NAME, with the token in SIGNAL_TOKEN.
// Run "signal-glib serve" for a server to talk to. The end of the input ends the chat.

// The text without what could act on the terminal; null if there is none of that name.
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

async void chat (string url, string room, string name) throws Error {
  var client = new Signal.Client (url) { auto_join_rooms = { room } };
  client.message["chat"].connect ((message) => {
    var from = get_text (message.get_payload (), "from");
    var text = get_text (message.get_payload (), "text");
    if (from == null || text == null)
      return;
    stdout.printf ("%s: %s\n", from, text);
    stdout.flush ();
  });
  client.disconnected.connect ((error) => {
    if (error != null)
      stderr.printf ("%s\n", error.message);
  });

  yield client.connect_async (Environment.get_variable ("SIGNAL_TOKEN"));
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

int main (string[] args) {
  var loop = new MainLoop ();
  var status = 0;
  chat.begin (args[1], args[2], args[3], (source, result) => {
    try {
      chat.end (result);
    } catch (Error error) {
      stderr.printf ("%s\n", error.message);
      status = 1;
    }
    loop.quit ();
  });
  loop.run ();
  return status;
}
