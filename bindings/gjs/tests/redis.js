// SPDX-License-Identifier: LGPL-2.1-or-later
// A server that answers a bus like Redis, and records what is published.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

/* Takes one command off the text that was received. Returns its words and the rest, or null. */
function takeCommand(text) {
    const [, count] = text.match(/^\*(\d+)\r\n/) ?? [];
    const words = [];
    let rest = text.slice(text.indexOf('\n') + 1);

    if (count === undefined)
        return null;
    while (words.length < Number(count)) {
        const [head, length] = rest.match(/^\$(\d+)\r\n/) ?? [];
        const end = (head?.length ?? 0) + Number(length);

        if (head === undefined || rest.length < end + 2)
            return null;
        words.push(rest.slice(head.length, end));
        rest = rest.slice(end + 2);
    }
    return {words, rest};
}

export class Redis {
    #service = new Gio.SocketService();

    /* Pairs of a channel and a body. */
    published = [];
    uri = `redis://127.0.0.1:${this.#service.add_any_inet_port(null)}`;

    constructor() {
        this.#service.connect('incoming', (_service, connection) => {
            this.#read(connection, connection.get_input_stream(), '', []);
            return true;
        });
    }

    stop() {
        this.#service.stop();
        this.#service.close();
    }

    #read(connection, input, before, channels) {
        input.read_bytes_async(65536, GLib.PRIORITY_DEFAULT, null, (_input, result) => {
            const bytes = input.read_bytes_finish(result).toArray();
            let text = before + String.fromCharCode(...bytes);
            let command;

            if (bytes.length === 0) {
                connection.close(null);
                return;
            }
            while ((command = takeCommand(text)) !== null) {
                text = command.rest;
                connection.get_output_stream().write_all(this.#answer(channels, ...command.words), null);
            }
            this.#read(connection, input, text, channels);
        });
    }

    #answer(channels, name, ...operands) {
        switch (name.toUpperCase()) {
        case 'PING':
            return channels.length > 0 ? '*2\r\n$4\r\npong\r\n$0\r\n\r\n' : '+PONG\r\n';
        case 'PUBLISH':
            this.published.push([operands[0], JSON.parse(operands[1])]);
            return ':0\r\n';
        case 'SUBSCRIBE':
            return operands.map(channel => {
                channels.push(channel);
                return `*3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:${channels.length}\r\n`;
            }).join('');
        default:
            return '-ERR unknown command\r\n';
        }
    }
}
