// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the override for GJS, with a server and a client in the same process.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Json from 'gi://Json';
import Signal from 'gi://Signal?version=1.0';
import System from 'system';

import SignalOfModule from '../signal.js';
import {equal, main, raises, sleep, until} from './tap.js';

const TOKEN = 'good';
const NOWHERE = 'ws://127.0.0.1:1/ws';
const STATE = Signal.ConnectionState;

function newServer() {
    const server = new Signal.Server();

    server.connect('authenticate', (_server, _peer, kind, token) =>
        kind === 'Bearer' && token === TOKEN ? 'ann' : null);
    server.connect('message', (_server, peer, message) =>
        server.send_to_peer(peer, message.event, message.get_payload()));
    server.listen(null, 0);
    return server;
}

function newClient(url, properties = {}) {
    return new Signal.Client({
        server_url: url,
        jitter: 0,
        base_interval: 20,
        proxy_resolver: Gio.SimpleProxyResolver.new(null, null),
        ...properties,
    });
}

async function connected(action) {
    const server = newServer();
    const client = newClient(server.get_uri());

    await client.connect_async(TOKEN, null);
    try {
        await action(client, server);
    } finally {
        await client.disconnect_async(null);
        await server.stop_async(null);
    }
}

/* Connects to a server that accepts a token once, a second time after the connection is lost. */
async function connectTwice(server, client) {
    const peers = [];
    const handler = server.connect('peer-connected', (_server, peer) => peers.push(peer));

    await client.connect_async(null, null);
    equal(client.user_id, 'ann');
    await until(() => peers.length === 1);
    peers[0].close(1001, null);
    await until(() => peers.length === 2);
    server.disconnect(handler);
    await client.disconnect_async(null);
}

function hasHandlers(client) {
    const number = GObject.signal_lookup('message', Signal.Client.$gtype);

    return [0, GLib.quark_from_string('chat')].some(detail =>
        GObject.signal_has_handler_pending(client, number, detail, true));
}

/* Returns a server that sends messages in the same packet as "connected". */
function newGreetingServer(count, names = ['news']) {
    const server = newServer();
    const payload = Json.from_string('0');

    server.connect('peer-connected', (_server, peer) => {
        for (let i = 0; i < count; i++) {
            payload.set_int(i);
            server.send_to_peer(peer, names[i % names.length], payload);
        }
    });
    return server;
}

async function take(messages, count) {
    const values = [];

    for (let i = 0; i < count; i++)
        values.push((await messages.next()).value.value);
    return values;
}

function numbers(start, end) {
    return Array.from({length: end - start}, (_, i) => start + i);
}

function listenForErrors(client) {
    const errors = [];

    client.connect('error', (_client, error) => errors.push(error));
    return errors;
}

/* GJS never clears a WeakRef that has been dereferenced. A binding also holds a weak reference to its source. */
const target = new Gio.SimpleAction({name: 'any'});

function watch(client) {
    return client.bind_property('encrypted', target, 'enabled', GObject.BindingFlags.DEFAULT);
}

const isCode = (domain, code) => error => error.matches?.(domain, code);
const isTypeError = error => error instanceof TypeError;

main({
    async 'requests'() {
        await connected(async (client, server) => {
            server.connect('message::ask', (_server, peer, message) =>
                server.reply(peer, message, message.get_payload()));
            server.connect('message::deny', (_server, peer, message) =>
                server.reply_error(peer, message, 'Denied'));

            const numbers = Array.from({length: 50}, (_, n) => n);
            const answers = await Promise.all(numbers.map(n => client.request('ask', {n})));

            equal(answers.map(answer => answer.value.n), numbers);
            equal((await client.request('ask')).value, undefined);
            for (const [event, timeout, code] of [['deny', 0, 'SERVER'], ['ignore', 20, 'TIMED_OUT']]) {
                await raises(() => client.request(event, null, {timeout}),
                    error => error.matches(Signal.Error, Signal.Error[code]), event);
            }
            for (const timeout of [-1, 0.5, NaN])
                await raises(() => client.request('ask', 1, {timeout}), error => error instanceof TypeError);
            await raises(() => client.request('ask', () => 1), error => error instanceof TypeError);

            const cancellable = new Gio.Cancellable();
            const pending = client.request('ignore', 1, {cancellable});

            cancellable.cancel();
            await raises(() => pending, error => error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
            equal(await client.send('ignore', 1), true);
            equal(await client.send('ignore'), true);
            equal(await client.flush(), true);
            await raises(() => client.send('ignore', 'x'.repeat(200000)),
                error => error.matches(Signal.Error, Signal.Error.TOO_LARGE));
        });
    },

    async 'connect and disconnect'() {
        const server = newServer();
        const client = newClient(server.get_uri(), {token: TOKEN});

        equal(await client.connect_async(), true);
        equal(client.state, STATE.AUTHENTICATED);
        await raises(() => client.connect_async(TOKEN, null), error => error instanceof GLib.Error);
        equal(await client.disconnect_async(null), true);
        equal(client.state, STATE.DISCONNECTED);
        equal(await server.stop_async(null), true);
    },

    async 'a server drains, and counts'() {
        const server = newServer();
        const client = newClient(server.get_uri(), {max_retries: 0});

        await client.connect_async(TOKEN, null);
        equal(server.peers_accepted, 1);
        equal(await server.drain_async(50), true);
        equal(server.get_uri(), null);
    },

    'the module signal.js'() {
        equal(SignalOfModule === Signal, true);
    },

    async 'rejected'() {
        const server = newServer();

        await raises(() => newClient(server.get_uri()).connect_async('bad', null),
            isCode(Signal.Error, Signal.Error.AUTHENTICATION_FAILED));
    },

    async 'cancelled'() {
        const client = newClient(NOWHERE, {max_retries: 1000});
        const cancellable = new Gio.Cancellable();

        client.connect('reconnecting', () => cancellable.cancel());
        await raises(() => client.connect_async(TOKEN, cancellable),
            isCode(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
        equal(client.state, STATE.DISCONNECTED);
    },

    async 'callbacks'() {
        const server = newServer();
        const client = newClient(server.get_uri());

        equal(await new Promise(resolve => {
            client.connect_async(TOKEN, null, (source, result) =>
                resolve(source.connect_finish(result)));
        }), true);
        const stopped = new Promise(resolve => client.connect('disconnected', resolve));
        client.disconnect_async(null, null);
        await stopped;
    },

    'values': () => connected(async client => {
        const values = [0, -1, 2 ** 53, 0.1, 1.5e300, true, false, null, '', 'a"\\\n', 'grüße 🙂', [],
            {}, [[], {}, [null]], {'': 0, 'ü': {a: [1, 2.5, 'x']}}, new Date(0)];
        const messages = client.messages('echo');

        for (const value of values)
            client.sendMessage('echo', value);
        for (const value of values)
            equal((await messages.next()).value.value, value);
        client.sendMessage('echo');
        const {value: empty} = await messages.next();
        equal([empty.event, empty.id, empty.value === undefined], ['echo', null, true]);
        messages.return();
    }),

    'values that JSON cannot represent': () => connected(async client => {
        const endless = [];
        endless.push(endless);
        const messages = client.messages();

        for (const value of [undefined, NaN, Infinity, -Infinity, () => 1, Symbol('a'), 1n, endless,
            [NaN], {a: [Infinity]}, {a: undefined}, [undefined], [, 1], {a() {}}, [Symbol('a')]])
            await raises(() => client.sendMessage('echo', value), isTypeError);
        await raises(() => client.sendMessage('echo\0', 1), isTypeError);
        for (const name of ['', 'heartbeat', 'encrypted']) {
            await raises(() => client.sendMessage(name, 1),
                isCode(Signal.Error, Signal.Error.INVALID_ARGUMENT));
        }
        client.sendMessage('last');
        equal((await messages.next()).value.event, 'last');
        messages.return();
    }),

    'one event or all': () => connected(async client => {
        const [chat, all] = [client.messages('chat'), client.messages()];

        for (const name of ['chat', 'other', 'chat'])
            client.sendMessage(name, name);
        for (const name of ['chat', 'other', 'chat'])
            equal((await all.next()).value.event, name);
        for (const name of ['chat', 'chat'])
            equal((await chat.next()).value.event, name);
    }),

    'leaving a loop': () => connected(async client => {
        for (let i = 0; i < 3; i++)
            client.sendMessage('chat', i);
        for await (const message of client.messages('chat')) {
            equal(message.value, 0);
            equal(hasHandlers(client), true);
            break;
        }
        equal(hasHandlers(client), false);
        await raises(async () => {
            client.sendMessage('chat', 1);
            for await (const message of client.messages())
                throw new RangeError(message.event);
        }, error => error instanceof RangeError);
        equal(hasHandlers(client), false);

        const messages = client.messages();
        const pending = messages.next();
        equal(hasHandlers(client), true);
        equal(await messages.return('x'), {done: true, value: 'x'});
        equal((await pending).done, true);
        equal((await messages.next()).done, true);
        equal(hasHandlers(client), false);
    }),

    async 'the end of the connection'() {
        const server = newServer();
        const client = newClient(server.get_uri());
        const seen = [];
        const read = async () => {
            for await (const message of client.messages('chat'))
                seen.push(message.value);
        };
        const reader = read();

        await client.connect_async(TOKEN, null);
        client.sendMessage('chat', 1);
        await until(() => seen.length > 0);
        await client.disconnect_async(null);
        await reader;
        await read();
        equal(seen, [1]);

        const messages = client.messages();
        equal((await messages.next()).done, true);
        client.connect_async('bad', null).catch(() => {});
        const refused = client.messages();
        await raises(() => refused.next(), isCode(Signal.Error, Signal.Error.AUTHENTICATION_FAILED));
        equal((await refused.next()).done, true);
    },

    'messages that are kept by a client': () => connected(async client => {
        const kept = [];

        client.connect('message::chat', (_client, message) => kept.push(message));
        for (let i = 0; i < 100; i++)
            client.sendMessage('chat', {number: i});
        await until(() => kept.length === 100);
        System.gc();
        await sleep(5);
        equal(kept.map(message => message.value.number), [...Array(100).keys()]);
    }),

    'messages that are kept by a server': () => connected(async (client, server) => {
        const kept = [];

        server.connect('message', (_server, _peer, message) => kept.push(message));
        for (let i = 0; i < 100; i++)
            client.sendMessage('chat', {number: i});
        await until(() => kept.length === 100);
        System.gc();
        await sleep(5);
        equal(kept.map(message => message.value.number), [...Array(100).keys()]);
    }),

    'an exception in a handler': () => connected(async client => {
        const messages = client.messages();
        let thrown = 0;

        client.connect('message::chat', () => {
            thrown++;
            throw new RangeError('this is part of the test');
        });
        for (let i = 0; i < 2; i++) {
            client.sendMessage('chat', i);
            equal((await messages.next()).value.value, i);
        }
        equal([thrown, client.state], [2, STATE.AUTHENTICATED]);
        messages.return();
    }),

    async 'early messages'() {
        const server = newGreetingServer(5);

        for (const pause of [null, 0, 50]) {
            const client = newClient(server.get_uri());

            await client.connect_async(TOKEN, null);
            if (pause !== null)
                await sleep(pause);
            const messages = client.messages();
            client.sendMessage('echo', 5);
            equal(await take(messages, 6), numbers(0, 6));
            await client.disconnect_async(null);
        }
    },

    async 'early messages of one event'() {
        const server = newGreetingServer(6, ['news', 'chat']);
        const client = newClient(server.get_uri());

        await client.connect_async(TOKEN, null);
        await until(() => client.messages_received === 6);
        const all = [client.messages('chat'), client.messages('news'), client.messages(null)];
        await sleep(0);
        all.push(client.messages());
        client.sendMessage('chat', 6);
        client.sendMessage('news', 7);
        equal(await take(all[0], 4), [1, 3, 5, 6]);
        equal(await take(all[1], 4), [0, 2, 4, 7]);
        equal(await take(all[2], 8), numbers(0, 8));
        equal(await take(all[3], 2), [6, 7], 'of a later one');
        await client.disconnect_async(null);
    },

    async 'too many early messages'() {
        const server = newGreetingServer(1200);
        const client = newClient(server.get_uri());
        const errors = listenForErrors(client);

        await client.connect_async(TOKEN, null);
        await until(() => client.messages_received === 1200);
        equal(errors.length, 0);
        const messages = client.messages();
        equal([errors.length, messages.dropped], [1, 200]);
        equal(errors[0].matches(Signal.Error, Signal.Error.FAILED), true);
        equal(await take(messages, 1000), numbers(200, 1200));
        await client.disconnect_async(null);
    },

    async 'early messages and a lost connection'() {
        const server = newGreetingServer(2);
        const client = newClient(server.get_uri(), {max_retries: 0});

        await client.connect_async(TOKEN, null);
        await until(() => client.messages_received === 2);
        await server.stop_async(null);
        await until(() => client.state === STATE.DISCONNECTED);
        const messages = client.messages();
        equal(await take(messages, 2), [0, 1]);
        await raises(() => messages.next(), error => error instanceof GLib.Error);
    },

    async 'handlers are disconnected'() {
        const server = newGreetingServer(1);
        const client = newClient(server.get_uri(), {public_key_member: 'publicKey',
            authenticate_data: Json.from_string('{"device":1}')});

        equal(Json.to_string(client.get_authenticate_data(), false), '{"device":1}');
        await client.connect_async(TOKEN, null);
        await raises(() => client.connect_async(TOKEN, null), error => error instanceof GLib.Error);
        equal(hasHandlers(client), true);
        await client.disconnect_async(null);
        equal(hasHandlers(client), false, 'connected after the end');
        await raises(() => client.connect_async('bad', null), error => error instanceof GLib.Error);
        equal(hasHandlers(client), false, 'connected after a failed attempt');
        client.server_url = 'nonsense';
        await raises(() => client.connect_async(TOKEN, null), error => error instanceof GLib.Error);
        equal(hasHandlers(client), false, 'connected after an invalid URL');
        client.server_url = server.get_uri();
        await new Promise(resolve => client.connect_async(TOKEN, null, resolve));
        equal(hasHandlers(client), false, 'connected after a callback');
        await client.disconnect_async(null);
    },

    async 'created before the connection'() {
        const server = newGreetingServer(2);
        const client = newClient(server.get_uri());

        for (let i = 0; i < 2; i++) {
            const messages = client.messages();

            await client.connect_async(TOKEN, null);
            equal(await take(messages, 2), [0, 1]);
            await client.disconnect_async(null);
            equal((await messages.next()).done, true);
        }
    },

    'a slow reader': () => connected(async client => {
        const [few, many, all] = [{limit: 10}, undefined, {limit: 0}].map(options =>
            client.messages('chat', options));
        const errors = listenForErrors(client);

        client.outbox_limit = 0;
        for (let i = 0; i < 1100; i++)
            client.sendMessage('chat', i);
        await until(() => client.messages_received === 1100);
        equal([few.dropped, many.dropped, all.dropped, errors.length], [1090, 100, 0, 2]);
        equal(await take(all, 1100), numbers(0, 1100));
        equal(await take(many, 1000), numbers(100, 1100));
        equal(await take(few, 10), numbers(1090, 1100));
        for (let i = 0; i < 11; i++)
            client.sendMessage('chat', i);
        await until(() => client.messages_received === 1111);
        equal([few.dropped, errors.length], [1091, 3], 'reported once more');
        for (const limit of [-1, 1.5, '10', null, NaN])
            await raises(() => client.messages('chat', {limit}), isTypeError);
        await raises(() => client.messages(5), isTypeError);
    }),

    async 'functions as tokens'() {
        const server = newServer();
        let calls = 0;
        const token = async () => {
            await sleep(5);
            calls++;
            return TOKEN;
        };

        await connectTwice(server, newClient(server.get_uri(), {token}));
        equal(calls, 2);
        for (const source of [token, () => TOKEN]) {
            const client = newClient(server.get_uri(), {token: 'bad'});

            client.token = source;
            await connectTwice(server, client);
            client.token = 'bad';
            await raises(() => client.connect_async(), isCode(Signal.Error, Signal.Error.AUTHENTICATION_FAILED));
        }
        equal(calls, 4);
        await raises(() => newClient(NOWHERE, {token: 5}), error => error instanceof Error);
    },

    async 'asynchronous handlers'() {
        const server = newServer();
        const later = async token => {
            await sleep(5);
            return token;
        };
        const tests = [
            client => client.connect('authenticate', () => later(TOKEN)),
            client => {
                client.connect('authenticate', () => null);
                client.connect('authenticate', () => later(null));
                client.connect('authenticate', () => TOKEN);
                client.connect('authenticate', () => 'bad');
            },
            client => {
                client.connect('token-requested', () => true);
                client.connect('authenticate', () => later(TOKEN));
            },
            client => client.connect('token_requested', () => later(TOKEN)),
            client => client.connect('token-requested', async source => {
                source.update_token(await later(TOKEN));
                await sleep(1000);
            }),
            client => client.connect_after('token-requested', async source => {
                await sleep(5);
                GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, () => {
                    source.update_token(TOKEN);
                    return GLib.SOURCE_REMOVE;
                });
                return true;
            }),
        ];

        for (const test of tests) {
            const client = newClient(server.get_uri(), {token: 'bad', connect_timeout: 5000});

            test(client);
            await connectTwice(server, client);
        }
    },

    async 'asynchronous checks of tokens'() {
        const server = new Signal.Server();

        server.connect('authenticate', async (_server, _peer, kind, token) => {
            await sleep(5);
            return kind === 'Bearer' && token === TOKEN ? 'ann' : undefined;
        });
        server.listen(null, 0);
        await connectTwice(server, newClient(server.get_uri(), {token: TOKEN}));
        await raises(() => newClient(server.get_uri()).connect_async('bad'),
            isCode(Signal.Error, Signal.Error.AUTHENTICATION_FAILED));
    },

    async 'tokens that cannot be supplied'() {
        const server = newServer();
        let isOnline = false;
        const fail = async () => {
            await sleep(5);
            if (!isOnline)
                throw new RangeError('no network');
            return TOKEN;
        };
        const tests = [
            client => (client.token = fail),
            client => client.connect('authenticate', fail),
            client => client.connect('token-requested', fail),
        ];

        for (const test of tests) {
            const client = newClient(server.get_uri());
            const errors = listenForErrors(client);

            test(client);
            const connecting = client.connect_async().catch(() => {});
            await until(() => errors.length > 0);
            equal(errors[0].message.includes('no network'), true, errors[0].message);
            isOnline = true;
            await connecting;
            equal(client.state, STATE.AUTHENTICATED);
            await client.disconnect_async(null);
            isOnline = false;
        }
    },

    async 'no token'() {
        const server = newServer();
        const tests = [
            client => (client.token = async () => null),
            client => (client.token = () => null),
            client => client.connect('authenticate', async () => null),
            client => client.connect('token-requested', async () => false),
        ];

        for (const test of tests) {
            const client = newClient(server.get_uri());

            test(client);
            await raises(() => client.connect_async(),
                isCode(Signal.Error, Signal.Error.AUTHENTICATION_FAILED));
        }

        const client = newClient(server.get_uri(), {token: () => 5, max_retries: 0});

        await raises(() => client.connect_async(), error => error.message.includes('must be a string'));
    },

    async 'a token that is late'() {
        let supply = null;
        const client = newClient(NOWHERE, {token: () => new Promise(resolve => (supply = resolve))});
        const connecting = client.connect_async();

        await until(() => supply);
        client.disconnect_async(null, null);
        await raises(() => connecting, isCode(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
        supply(TOKEN);
        await sleep(5);
        client.connect_async().catch(() => {});
        equal(client.state, STATE.CONNECTING);
        await client.disconnect_async(null);
    },

    async 'a string is not a list'() {
        const client = newClient(NOWHERE, {auto_join_rooms: ['tea']});
        const server = new Signal.Server({default_rooms: ['tea']});
        const isError = error => error instanceof Error;
        let count = 0;

        for (const value of ['tea', '', 5]) {
            await raises(() => client.join_rooms(value), isError, 'join');
            await raises(() => client.leave_rooms(value), isError, 'leave');
            for (const object of [client, server]) {
                for (const spec of GObject.Object.list_properties.call(object.constructor)) {
                    if (!GObject.type_is_a(spec.value_type, GLib.strv_get_type()) ||
                        !(spec.flags & GObject.ParamFlags.WRITABLE))
                        continue;
                    const name = spec.name.replace(/-/g, '_');

                    count++;
                    await raises(() => new object.constructor({[name]: value}), isError, name);
                    await raises(() => (object[name] = value), isError, name);
                }
            }
        }
        equal(count >= 6, true, 'properties were looked at');
        equal([client.get_rooms(), client.auto_join_rooms, server.default_rooms],
            [['tea'], ['tea'], ['tea']]);
    },

    async 'finalization'() {
        const server = newServer();
        const use = async () => {
            const client = newClient(server.get_uri());
            const seen = [];

            client.connect('message::chat', (source, message) => seen.push(source, message));
            await client.connect_async(TOKEN, null);
            client.sendMessage('chat', 1);
            for await (const message of client.messages('chat')) {
                seen.push(message);
                break;
            }
            client.messages('other');
            await client.disconnect_async(null);
            return watch(client);
        };
        const useLittle = async () => {
            const client = newClient(server.get_uri());

            await client.connect_async(TOKEN, null);
            return watch(client);
        };
        const useBadly = async () => {
            const client = newClient(server.get_uri());

            await client.connect_async('bad', null).catch(() => {});
            return watch(client);
        };

        for (const action of [use, useLittle, useBadly]) {
            const binding = await action();

            for (let i = 0; i < 100 && binding.dup_source() !== null; i++) {
                await sleep(5);
                System.gc();
            }
            equal(binding.dup_source() === null, true, `finalized after ${action.name}`);
        }
    },

    'peers': () => connected((client, server) => {
        equal(server.peers.get_n_items(), 1);
        equal(server.peers.get_item(0).id, client.client_id);
    }),
    'list': () => connected(async client => {
        const list = new Signal.MessageList({client, event: 'echo', limit: 2});
        const changes = [];

        list.connect('items-changed', (_list, ...change) => changes.push(change.join(' ')));
        for (let i = 0; i < 3; i++)
            client.sendMessage('echo', {i});
        client.sendMessage('other', 1);
        await until(() => client.messages_received >= 4);
        equal(changes, ['0 0 1', '1 0 1', '0 1 0', '1 0 1']);
        equal([0, 1].map(i => list.get_item(i).message.value.i), [1, 2]);

        const item = list.get_item(1);

        equal([item.event, item.payload_json, item.id], ['echo', '{"i":2}', null]);
        equal(item.time.difference(GLib.DateTime.new_now_local()) <= 0, true);
        list.clear();
        equal(list.get_n_items(), 0);
        equal(list.client === client, true);
    }),
});
