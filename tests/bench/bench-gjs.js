// SPDX-License-Identifier: LGPL-2.1-or-later
// Processor time of a received message in GJS, beside a bare signal: bench-gjs.js MODULE FEEDER-URL

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Soup from 'gi://Soup?version=3.0';
import System from 'system';

const COUNT = 20000;
const SIZE = 64;
const ROUNDS = 5;
const [module, url] = ARGV;
const decoder = new TextDecoder();

const Emitter = GObject.registerClass({
    Signals: {two: {param_types: [GObject.TYPE_STRING, GObject.TYPE_STRING]}},
}, class Emitter extends GObject.Object {});

/* Of all threads, in nanoseconds. */
function processTime() {
    const folder = Gio.File.new_for_path('/proc/self/task');
    const threads = folder.enumerate_children('standard::name', Gio.FileQueryInfoFlags.NONE, null);
    let sum = 0;

    for (let info; (info = threads.next_file(null)) !== null;) {
        const [, bytes] = GLib.file_get_contents(`/proc/self/task/${info.get_name()}/schedstat`);

        sum += Number(new TextDecoder().decode(bytes).split(' ')[0]);
    }
    return sum;
}

function emitAll(emitter) {
    const start = processTime();

    for (let i = 0; i < COUNT; i++)
        emitter.emit('two', 'bench', 'The kettle is on, and there is cake for all');
    return processTime() - start;
}

/* What a handler adds to an emission: the emission itself is of C. */
function bare() {
    const emitter = new Emitter();
    const without = emitAll(emitter);

    emitter.connect('two', (_emitter, _first, _second) => {});
    return emitAll(emitter) - without;
}

function receive(Signal, handler) {
    const loop = new GLib.MainLoop(null, false);
    const client = new Signal.Client({
        server_url: `${url}?session=signal&direction=receive&size=${SIZE}&count=${COUNT}`,
        proxy_resolver: Gio.SimpleProxyResolver.new(null, null),
    });
    let left = COUNT;
    let taken = 0;

    client.connect('message::token', () => {
        client.send_json('token', null);
        taken = -processTime();
    });
    client.connect('message::bench', (_client, message) => {
        handler(message);
        if (--left === 0) {
            taken += processTime();
            loop.quit();
        }
    });
    client.connect('disconnected', (_client, error) => {
        printerr(error.message);
        System.exit(1);
    });
    client.connect_async('bench', null, null);
    loop.run();
    return taken;
}

/* libsoup's client, which does not decrypt: the frames are those of the previous session. */
function receiveWithSoup(handler) {
    const loop = new GLib.MainLoop(null, false);
    const session = new Soup.Session({proxy_resolver: null});
    const uri = `${url}?session=replay&direction=receive&size=${SIZE}&count=${COUNT}`;
    const request = Soup.Message.new('GET', uri);
    let left = COUNT;
    let taken = 0;
    let socket; // kept from the garbage collector

    session.websocket_connect_async(request, null, null, GLib.PRIORITY_DEFAULT, null, (_session, result) => {
        socket = session.websocket_connect_finish(result);

        /* The first one says that the feeder is ready. */
        socket.connect('message', (_socket, _type, bytes) => {
            if (taken === 0) {
                socket.send_text('go');
                taken = -processTime();
                return;
            }
            handler(bytes);
            if (--left === 0) {
                taken += processTime();
                socket.close(Soup.WebsocketCloseCode.NORMAL, null);
            }
        });
        socket.connect('closed', () => loop.quit());
    });
    loop.run();
    if (left > 0)
        throw new Error('libsoup has not received all messages');
    return taken;
}

function parseFrame(bytes) {
    return JSON.parse(decoder.decode(bytes.toArray())).data;
}

function best(measure) {
    return Math.min(...Array.from({length: ROUNDS}, () => {
        System.gc();
        return measure();
    })) / COUNT / 1000;
}

const main = new GLib.MainLoop(null, false);
let status = 1;

import(GLib.filename_to_uri(module, null)).then(({default: Signal}) => {
    print(`gjs bare signal ${best(bare).toFixed(2)}`);
    for (const [name, handler] of [
        ['handler', () => {}],
        ['event and payload', message => [message.event, message.value]],
    ])
        print(`gjs ${name} ${best(() => receive(Signal, handler)).toFixed(2)}`);
    for (const [name, handler] of [['libsoup, frame', () => {}], ['libsoup, parsed frame', parseFrame]])
        print(`gjs ${name} ${best(() => receiveWithSoup(handler)).toFixed(2)}`);
    status = 0;
}).catch(logError).finally(() => main.quit());
main.run();
System.exit(status);
