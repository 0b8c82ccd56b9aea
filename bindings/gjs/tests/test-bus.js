// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the override for GJS: the bus.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Json from 'gi://Json';
import Signal from 'gi://Signal?version=1.0';

import {Redis} from './redis.js';
import {equal, main, raises} from './tap.js';

const NOWHERE = 'redis://127.0.0.1:1';
const isTypeError = error => error instanceof TypeError;

const withoutRedis = {
    'properties': () => {
        const bus = new Signal.Bus({uri: 'redis://localhost', channel_prefix: 'shop:'});

        equal([bus.uri, bus.channel_prefix, bus.connected, bus.server_id.length],
            ['redis://localhost', 'shop:', false, 36]);
    },

    'server': () => {
        const bus = new Signal.Bus();
        const server = new Signal.Server({bus});

        equal(server.bus === bus, true);
        server.bus = null;
        equal(server.get_bus(), null);
    },

    'not connected': async () => {
        const bus = Signal.Bus.new(NOWHERE);
        const sends = [() => bus.sendToRoom('tea', 'a', 1), () => bus.sendToUser('ann', 'a', 1),
            () => bus.sendToPeer('c1', 'a', 1), () => bus.broadcast('a', 1), () => bus.broadcast('a')];

        for (const send of sends)
            await raises(send, error => error.matches(Signal.Error, Signal.Error.NOT_CONNECTED));
    },

    'bad arguments': async () => {
        const bus = Signal.Bus.new(NOWHERE);
        const isInvalid = error => error.matches(Signal.Error, Signal.Error.INVALID_ARGUMENT);

        for (const value of [NaN, () => 1, {a: undefined}, 1n])
            await raises(() => bus.broadcast('a', value), isTypeError);
        for (const send of [() => bus.broadcast('a\0b'), () => bus.sendToUser('ann\0', 'a'),
            () => bus.sendToRoom('tea', 'a', 1, ['c\0'])])
            await raises(send, isTypeError);
        for (const send of [() => bus.broadcast('join', 1), () => bus.sendToRoom('', 'a', 1),
            () => bus.sendToUser('', 'a', 1), () => bus.broadcast('a', 1, [''])])
            await raises(send, isInvalid);
    },

    'close': async () => equal(await new Signal.Bus().close_async(), true),
};

const withRedis = {
    'nothing listens': async () => {
        const bus = Signal.Bus.new(NOWHERE);

        await raises(() => bus.connect_async(null), error => error instanceof Gio.IOErrorEnum);
        equal(await bus.close_async(null), true);
    },

    'bad URI': () => raises(() => new Signal.Bus({uri: 'http://a'}).connect_async(null),
        error => error.matches(Signal.Error, Signal.Error.INVALID_ARGUMENT)),

    'send': async () => {
        const redis = new Redis();
        const bus = Signal.Bus.new(redis.uri);

        equal(await bus.connect_async(), true);
        equal(bus.connected, true);
        equal(bus.sendToRoom('tea', 'a', {n: 1}, ['c1', 'c2']), true);
        bus.sendToUser('ann', 'a', []);
        bus.sendToPeer('c1', 'a', null);
        bus.sendToPeer('c1', 'a');
        bus.sendToUser('ann', 'a', Json.from_string('[1]'));
        bus.broadcast('a', 'text', ['c1']);
        bus.broadcast('a', Json.from_string('{"n":1}'), null);
        bus.broadcast('a', null, null);
        bus.broadcast('a', undefined);
        equal(await bus.close_async(null), true);
        equal(bus.connected, false);
        redis.stop();

        const {server_id: serverId} = bus;

        equal(redis.published, [
            ['ws:room:tea', {serverId, type: 'room', target: 'tea', event: 'a', data: {n: 1}, exclude: ['c1', 'c2']}],
            ['ws:user:ann', {serverId, type: 'user', target: 'ann', event: 'a', data: []}],
            ['ws:client:c1', {serverId, type: 'client', target: 'c1', event: 'a', data: null}],
            ['ws:client:c1', {serverId, type: 'client', target: 'c1', event: 'a'}],
            ['ws:user:ann', {serverId, type: 'user', target: 'ann', event: 'a', data: [1]}],
            ['ws:broadcast', {serverId, type: 'broadcast', event: 'a', data: 'text', exclude: ['c1']}],
            ['ws:broadcast', {serverId, type: 'broadcast', event: 'a', data: {n: 1}}],
            ['ws:broadcast', {serverId, type: 'broadcast', event: 'a'}],
            ['ws:broadcast', {serverId, type: 'broadcast', event: 'a'}],
        ]);
    },

    'callbacks': async () => {
        const redis = new Redis();
        const bus = Signal.Bus.new(redis.uri);
        const connected = await new Promise(resolve =>
            bus.connect_async(null, (source, result) => resolve(source.connect_finish(result))));
        const closed = await new Promise(resolve =>
            bus.close_async(null, (source, result) => resolve(source.close_finish(result))));

        redis.stop();
        equal([connected, closed], [true, true]);
    },

    'cancelled': async () => {
        const cancellable = new Gio.Cancellable();
        const connecting = Signal.Bus.new(NOWHERE).connect_async(cancellable);

        cancellable.cancel();
        await raises(() => connecting, error => error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
    },
};

/* Returns whether the library was built with Redis. */
function isSupported() {
    const loop = new GLib.MainLoop(null, false);
    let supported = true;

    Signal.Bus.new(NOWHERE).connect_async(null, (bus, result) => {
        try {
            bus.connect_finish(result);
        } catch (error) {
            supported = !error.matches(Signal.Error, Signal.Error.FAILED);
        }
        loop.quit();
    });
    loop.run();
    return supported;
}

main(isSupported() ? {...withoutRedis, ...withRedis} : withoutRedis);
