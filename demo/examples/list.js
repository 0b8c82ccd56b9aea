#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// The messages of a room in a GTK window, in JavaScript: list.js URL ROOM, with the token in SIGNAL_TOKEN.
// Start a server with "signal-glib serve". When the window is closed, the program stays connected; start it
// again to open the window, and press Ctrl+Q in the window to quit.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk?version=4.0';
import Pango from 'gi://Pango';
import System from 'system';

import Signal from '../../bindings/gjs/signal.js';

const MAX_MESSAGES = 1000;
const MAX_SHOWN = 500;

if (ARGV.length !== 2) {
    printerr(`usage: ${System.programInvocationName} URL ROOM`);
    System.exit(2);
}

const [url, room] = ARGV;
const client = new Signal.Client({server_url: url, auto_join_rooms: [room]});
const messages = new Signal.MessageList({client, limit: MAX_MESSAGES});
const app = new Gtk.Application({application_id: 'io.github.signal_glib.List'});

function newView() {
    const factory = new Gtk.SignalListItemFactory();

    factory.connect('setup', (_factory, row) => {
        row.child = new Gtk.Label({xalign: 0, ellipsize: Pango.EllipsizeMode.END, single_line_mode: true});
    });
    factory.connect('bind', (_factory, row) => {
        const text = (row.item.payload_json ?? '').slice(0, MAX_SHOWN);

        row.child.label = `${row.item.time.format('%X')}  ${text}`;
    });
    return new Gtk.ListView({model: new Gtk.NoSelection({model: messages}), factory});
}

function newWindow() {
    const titlebar = new Gtk.HeaderBar();
    const window = new Gtk.ApplicationWindow({
        application: app, titlebar, child: new Gtk.ScrolledWindow({child: newView()}),
        default_width: 480, default_height: 360,
    });

    titlebar.pack_start(new Gtk.Button({label: 'Clear', action_name: 'app.clear'}));
    // The header bar shows the title of the window.
    client.bind_property('status-text', window, 'title', GObject.BindingFlags.SYNC_CREATE);
    return window;
}

app.connect('startup', () => {
    const actions = {
        clear: () => messages.clear(),
        close: () => app.active_window?.close(),
        quit: () => app.quit(),
    };

    for (const [name, activate] of Object.entries(actions)) {
        const action = new Gio.SimpleAction({name, enabled: name !== 'clear'});

        action.connect('activate', activate);
        app.add_action(action);
    }
    app.set_accels_for_action('app.close', ['<Control>w']);
    app.set_accels_for_action('app.quit', ['<Control>q']);
    messages.connect('items-changed', () => {
        app.lookup_action('clear').enabled = messages.get_n_items() > 0;
    });
    client.connect_async(GLib.getenv('SIGNAL_TOKEN'), null).catch(error => printerr(error.message));
    // The connection outlives the window.
    app.hold();
});
app.connect('activate', () => (app.active_window ?? newWindow()).present());
System.exit(app.run([System.programInvocationName]));
