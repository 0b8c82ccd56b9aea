// SPDX-License-Identifier: LGPL-2.1-or-later
// Records what a process of GJS does in a history, like history.h.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

const folder = GLib.getenv('SIGNAL_TEST_HISTORY');
const process = new Gio.Credentials().get_unix_pid();
const stream = folder === null
    ? null
    : Gio.File.new_for_path(`${folder}/${process}.jsonl`).append_to(Gio.FileCreateFlags.PRIVATE, null);

export function add(actor, kind, members) {
    const line = {time: GLib.get_monotonic_time(), process, actor, kind, ...members};
    stream?.write_all(new TextEncoder().encode(`${JSON.stringify(line)}\n`), null);
}

let messages = 0;

// A message of a client without a payload.
export function addSend(event) {
    const message = ++messages;
    add('client', 'send', {message, event});
    add('client', 'accepted', {message});
}

// Records what a client receives. The room is the one that it joins automatically.
export function watchClient(client, room) {
    client.connect('message', (_client, message) => add('client', 'receive', {
        by: 'client',
        connection: client.client_id,
        event: message.get_event(),
        payload: message.get_payload_json() ?? undefined,
    }));
    client.connect('connected', (_client, connection) => add('client', 'connect', {connection, rooms: [room]}));
}
