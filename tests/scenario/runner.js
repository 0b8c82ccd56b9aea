// SPDX-License-Identifier: LGPL-2.1-or-later
// SCENARIO URL

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Signal from 'gi://Signal?version=1.0';
import System from 'system';

const SECONDS = 20;
const [scenario, url] = ARGV;

// In GioUnix since GLib 2.80. Awaiting an import that may fail would block all other promises.
const UnixInputStream = (() => {
    try {
        return imports.gi.GioUnix.InputStream;
    } catch {
        return Gio.UnixInputStream;
    }
})();
const input = new Gio.DataInputStream({
    base_stream: new UnixInputStream({fd: 0, close_fd: false}),
});
let client = null;
let bus = null;
let arrived = null;

function check(isRight, what) {
    if (!isRight)
        throw new Error(what);
}

const nickToName = nick => nick.toUpperCase().replace(/-/g, '_');
const sleep = milliseconds => new Promise(resolve =>
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));

async function attempt(step, action) {
    try {
        check(await action() === true, 'gave not true');
    } catch (error) {
        if (!('fails' in step))
            throw error;
        check(error.matches?.(Signal.Error, Signal.Error[nickToName(step.fails)]), `${error}`);
        return;
    }
    check(!('fails' in step), 'did not fail');
}

async function expect(event, payload) {
    const {value: message} = await arrived.next();

    check(message.event === event && JSON.stringify(message.value) === JSON.stringify(payload),
        `unexpected message: ${message.get_payload_json()}`);
}

async function waitFor(state) {
    while (client.state !== Signal.ConnectionState[nickToName(state)])
        await sleep(5);
}

const verbs = {
    async connect(step) {
        await attempt(step, () => client.connect_async(step.token, null));
        if (!('fails' in step)) {
            /* Lets messages arrive before they are read. */
            await sleep(20);
            arrived = client.messages();
        }
    },
    async fetch({token}) {
        client.token = async () => {
            await sleep(5);
            return token;
        };
        await verbs.connect({token: null});
        client.token = null;
    },
    async disconnect() {
        await client.disconnect_async(null);
        check((await arrived.next()).done, 'a message too many');
    },
    async cancel({token}) {
        const cancellable = new Gio.Cancellable();
        const begun = client.connect_async(token, cancellable);

        await waitFor('reconnecting');
        cancellable.cancel();
        try {
            await begun;
            check(false, 'was not cancelled');
        } catch (error) {
            check(error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), `${error}`);
        }
        await waitFor('disconnected');
    },
    send: step => attempt(step, () => client.sendMessage(step.event, step.payload)),
    async write({event, payload}) {
        check(await client.send(event, payload) === true, 'send');
        check(await client.flush() === true, 'flush');
    },
    request: step => attempt(step, async () => {
        const options = 'timeout' in step ? {timeout: step.timeout} : {};
        const answer = await client.request(step.event, step.payload, options);

        check(answer.event === step.event && JSON.stringify(answer.value) === JSON.stringify(step.payload),
            `unexpected answer: ${answer.get_payload_json()}`);
        return true;
    }),
    expect: ({event, payload}) => expect(event, payload),
    async echo({count, values}) {
        const sent = Array.from({length: count}, (_, n) => ({n, value: values[n % values.length]}));

        sent.forEach(payload => client.sendMessage('echo', payload));
        for (const payload of sent)
            await expect('echo', payload);
    },
    join: ({rooms}) => client.join_rooms(rooms),
    leave: ({rooms}) => client.leave_rooms(rooms),
    wait: ({state}) => waitFor(state),
    prepend(step) {
        client.server_urls = [url];
        client.server_url = step.url;
    },
    status({text, connected}) {
        check(client.status_text === text, client.status_text);
        check(client.is_connected === connected, 'is-connected');
        check(client.current_url === (connected ? url : null), client.current_url);
        check(client.retry_at === 0 && client.failures === 0, 'failures');
    },
    advice({text}) {
        const advice = Signal.Error.get_advice(client.last_error);

        check(advice === text, advice);
    },
    bus({uri}) {
        const server = new Signal.Server();

        bus = new Signal.Bus({uri});
        check(bus.uri === uri && !bus.connected, 'the bus');
        server.bus = bus;
        check(server.get_bus() === bus, 'the bus of the server');
        server.set_bus(null);
        check(server.bus === null, 'still the bus of the server');
    },
    async bus_connect({fails}) {
        try {
            await bus.connect_async(null);
        } catch (error) {
            /* Without Redis in the library. */
            if (error.matches?.(Signal.Error, Signal.Error.FAILED))
                return;
            check(fails === 'connection-refused'
                ? error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CONNECTION_REFUSED)
                : error.matches?.(Signal.Error, Signal.Error[nickToName(fails)]), `${error}`);
            return;
        }
        check(false, 'the bus is connected');
    },
    async bus_send(step) {
        const {event, payload} = step;

        await attempt(step, () => bus.sendToRoom('tea', event, payload, ['c1']));
        await attempt(step, () => bus.sendToUser('ann', event, payload));
        await attempt(step, () => bus.sendToPeer('c1', event, payload));
        await attempt(step, () => bus.broadcast(event, payload, ['c1']));
    },
    async bus_close() {
        check(await bus.close_async(null) === true, 'close');
    },
    server({command}) {
        print(`server ${command}`);
        check(input.read_line_utf8(null)[0] !== null, 'the server did not obey');
    },
};

GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, SECONDS, () => {
    printerr('a step took too long');
    System.exit(1);
});
async function run() {
    client = new Signal.Client({
        server_url: url,
        outbox_limit: 1000,
        base_interval: 100,
        jitter: 0,
        proxy_resolver: Gio.SimpleProxyResolver.new(null, null),
    });

    const steps = JSON.parse(new TextDecoder().decode(GLib.file_get_contents(scenario)[1]));

    for (const [index, step] of steps.entries()) {
        await verbs[step.do](step);
        print(`step ${index + 1}: ${step.do}`);
    }
}

const loop = new GLib.MainLoop(null, false);
let status = 0;

run().catch(error => {
    printerr(`${error}\n${error.stack}`);
    status = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(status);
