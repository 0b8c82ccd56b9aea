// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints the messages to a room: receiver.js URL ROOM
import GLib from 'gi://GLib';
import Signal from 'gi://Signal?version=1.0';
import System from 'system';
import * as history from '../histories/history.js';

const [url, room] = System.programArgs;
const loop = new GLib.MainLoop(null, false);
const client = new Signal.Client({server_url: url, auto_join_rooms: [room]});
history.watchClient(client, room);

function ask() {
    history.addSend('where');
    client.send_json('where', null);
}

client.connect('message::where', (_client, message) => {
    if (JSON.parse(message.get_payload_json()).rooms.includes(room)) {
        history.add('client', 'joined', {connection: client.client_id, rooms: [room]});
        print('joined');
    } else {
        ask();
    }
});
client.connect('message::news', (_client, message) => print('got', message.get_payload_json()));
client.connect('connected', ask);
client.connect('disconnected', () => loop.quit());
client.connect_async('javascript', null, null);
GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 120, () => loop.quit());
loop.run();
