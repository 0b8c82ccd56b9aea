/* SPDX-License-Identifier: LGPL-2.1-or-later */
// The messages of a room in a GTK window, in Vala: list-vala URL ROOM, with the token in SIGNAL_TOKEN.
// Start a server with "signal-glib serve". When the window is closed, the program stays connected; start
// it again to open the window, and press Ctrl+Q in the window to quit.

const uint MAX_MESSAGES = 1000;
const int MAX_SHOWN = 500; // bytes of a payload

class Application : Gtk.Application {
  Signal.Client client;
  Signal.MessageList messages;

  public Application (string url, string room) {
    Object (application_id: "io.github.signal_glib.List");
    client = new Signal.Client (url) { auto_join_rooms = { room } };
    messages = new Signal.MessageList (client, null, MAX_MESSAGES);
  }

  protected override void startup () {
    base.startup ();
    add_action ("clear", () => messages.clear ());
    add_action ("close", () => {
      if (active_window != null)
        active_window.close ();
    });
    add_action ("quit", () => quit ());
    set_accels_for_action ("app.close", { "<Control>w" });
    set_accels_for_action ("app.quit", { "<Control>q" });
    var clear = (SimpleAction) lookup_action ("clear");
    clear.set_enabled (false);
    messages.items_changed.connect (() => clear.set_enabled (((ListModel) messages).get_n_items () > 0));
    client.connect_async.begin (Environment.get_variable ("SIGNAL_TOKEN"), null, (source, result) => {
      try {
        client.connect_async.end (result);
      } catch (Error error) {
        printerr ("%s\n", error.message);
      }
    });
    // The connection outlives the window.
    hold ();
  }

  protected override void activate () {
    var window = active_window ?? new_window ();
    window.present ();
  }

  Gtk.Window new_window () {
    var factory = new Gtk.SignalListItemFactory ();
    factory.setup.connect ((object) => ((Gtk.ListItem) object).child = new Gtk.Label (null) {
      xalign = 0, ellipsize = END, single_line_mode = true
    });
    factory.bind.connect ((object) => {
      var row = (Gtk.ListItem) object;
      var item = (Signal.MessageItem) row.item;
      var json = item.payload_json ?? "";
      var shown = json.length > MAX_SHOWN ? json.substring (0, MAX_SHOWN).make_valid () : json;
      ((Gtk.Label) row.child).label = "%s  %s".printf (item.time.format ("%X"), shown);
    });
    var bar = new Gtk.HeaderBar ();
    bar.pack_start (new Gtk.Button.with_label ("Clear") { action_name = "app.clear" });
    var window = new Gtk.ApplicationWindow (this) {
      titlebar = bar, default_width = 480, default_height = 360,
      child = new Gtk.ScrolledWindow () { child = new Gtk.ListView (new Gtk.NoSelection (messages), factory) }
    };
    // The header bar shows the title of the window.
    client.bind_property ("status-text", window, "title", SYNC_CREATE);
    return window;
  }

  new void add_action (string name, owned Callback callback) {
    var action = new SimpleAction (name, null);
    action.activate.connect (() => callback ());
    base.add_action (action);
  }

  delegate void Callback ();
}

int main (string[] args) {
  if (args.length != 3) {
    printerr ("usage: %s URL ROOM\n", args[0]);
    return 2;
  }
  return new Application (args[1], args[2]).run ({ args[0] });
}
