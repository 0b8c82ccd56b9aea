#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The messages of a room in a GTK window, in Python: list.py URL ROOM, with the token in SIGNAL_TOKEN.

Start a server with "signal-glib serve". When the window is closed, the program stays connected; start it
again to open the window, and press Ctrl+Q in the window to quit.
"""
import os
import sys

import gi

gi.require_version('Gtk', '4.0')
gi.require_version('Signal', '1.0')
from gi.repository import Gio, GLib, GObject, Gtk, Pango, Signal  # noqa: E402

MAX_MESSAGES = 1000
MAX_SHOWN = 500


def on_setup(_factory, row):
    row.set_child(Gtk.Label(xalign=0, ellipsize=Pango.EllipsizeMode.END, single_line_mode=True))


def on_bind(_factory, row):
    item = row.get_item()
    time = item.props.time.format('%X')
    row.get_child().set_text(f'{time}  {(item.props.payload_json or "")[:MAX_SHOWN]}')


class Application(Gtk.Application):
    def __init__(self, url, room):
        super().__init__(application_id='io.github.signal_glib.List')
        self.client = Signal.Client(server_url=url, auto_join_rooms=[room])
        self.messages = Signal.MessageList(client=self.client, limit=MAX_MESSAGES)

    def do_startup(self):
        Gtk.Application.do_startup(self)
        for name, action in (('clear', self.messages.clear), ('close', self.close), ('quit', self.quit)):
            self.add_action(Gio.SimpleAction(name=name))
            self.lookup_action(name).connect('activate', lambda *_, action=action: action())
        self.set_accels_for_action('app.close', ['<Control>w'])
        self.set_accels_for_action('app.quit', ['<Control>q'])
        self.on_items_changed(self.messages)
        self.messages.connect('items-changed', self.on_items_changed)
        self.client.connect_async(os.environ.get('SIGNAL_TOKEN'), None, self.on_connected)
        # The connection outlives the window.
        self.hold()

    def do_activate(self):
        window = self.get_active_window()
        if window is None:
            factory = Gtk.SignalListItemFactory()
            factory.connect('setup', on_setup)
            factory.connect('bind', on_bind)
            view = Gtk.ListView(model=Gtk.NoSelection(model=self.messages), factory=factory)
            bar = Gtk.HeaderBar()
            bar.pack_start(Gtk.Button(label='Clear', action_name='app.clear'))
            window = Gtk.ApplicationWindow(application=self, titlebar=bar, child=Gtk.ScrolledWindow(child=view),
                                           default_width=480, default_height=360)
            # The header bar shows the title of the window.
            self.client.bind_property('status-text', window, 'title', GObject.BindingFlags.SYNC_CREATE)
        window.present()

    def close(self):
        if window := self.get_active_window():
            window.close()

    def on_items_changed(self, *_):
        self.lookup_action('clear').set_enabled(len(self.messages) > 0)

    def on_connected(self, client, result):
        try:
            client.connect_finish(result)
        except GLib.Error as error:
            print(error.message, file=sys.stderr)


if len(sys.argv) != 3:
    sys.exit(f'usage: {sys.argv[0]} URL ROOM')
sys.exit(Application(*sys.argv[1:]).run())
