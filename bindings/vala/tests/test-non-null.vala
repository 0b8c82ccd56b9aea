/* SPDX-License-Identifier: LGPL-2.1-or-later */
// Compiled, but not run, with --enable-experimental-non-null: verifies the nullable types of the vapi.

async void talk (string? token) throws Error {
  var client = new Signal.Client ("ws://127.0.0.1:8080/ws") { token = token };
  client.message["chat"].connect ((message) => {
    print ("%s %s %s\n", message.get_event (), message.get_id () ?? "", message.get_payload_json () ?? "");
  });
  client.disconnected.connect ((error) => {
    if (error != null)
      print ("%s\n", ((!) error).message);
  });
  yield client.connect_async ();
  client.send_json ("chat");
  client.send_message ("chat", null);
  string[] rooms = client.rooms;
  print ("%s %s %d\n", client.client_id ?? "", client.user_id ?? "", rooms.length);
  yield client.disconnect_async ();
}

void main () {
  var loop = new MainLoop ();
  talk.begin ("good", () => loop.quit ());
  loop.run ();
}
