#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// A chat client for a room, in JavaScript: chat.js URL ROOM NAME, with the token in SIGNAL_TOKEN.
// Start a server with "signal-glib serve". The chat ends at the end of the input.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Signal from 'gi://Signal?version=1.0';
import System from 'system';

Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');

if (ARGV.length !== 3) {
    printerr(`usage: ${System.programInvocationName} URL ROOM NAME`);
    System.exit(2);
}

const [url, room, name] = ARGV;
// In GioUnix since GLib 2.80. To await an import that may fail would hold up all other promises.
const UnixInputStream = (() => {
    try {
        return imports.gi.GioUnix.InputStream;
    } catch {
        return Gio.UnixInputStream;
    }
})();
const input = new Gio.DataInputStream({base_stream: new UnixInputStream({fd: 0})});
const client = new Signal.Client({server_url: url, auto_join_rooms: [room], max_retries: 0});
// GJS 1.74 uses the CPU all the time while it waits for an "await" at the top level.
const loop = new GLib.MainLoop(null, false);
let status = 0;

function fail(error) {
    printerr(error.message);
    status = 1;
    loop.quit();
}

// Replaces characters that a terminal could interpret.
function printable(text) {
    return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

async function listen() {
    for await (const {value} of client.messages('chat')) {
        if (typeof value?.from === 'string' && typeof value?.text === 'string')
            print(`${printable(value.from)}: ${printable(value.text)}`);
    }
}

async function chat() {
    await client.connect_async(GLib.getenv('SIGNAL_TOKEN'), null);
    // Reconnect from now on if the connection is lost.
    client.max_retries = 20;
    const listener = listen().catch(fail);
    print('Connected');
    for (;;) {
        const [text] = await input.read_line_async(GLib.PRIORITY_DEFAULT, null);

        if (text === null)
            break;
        client.sendMessage('chat', {room, from: name, text});
    }
    await client.disconnect_async(null);
    await listener;
}

chat().catch(fail).finally(() => loop.quit());
loop.run();
System.exit(status);
