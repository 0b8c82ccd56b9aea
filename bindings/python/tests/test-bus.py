#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the bus: await, async with, payloads, and errors."""
import asyncio
import gc
import unittest

import tap
from fixture import GLib, Signal, TOKEN, main_loop, new_client, new_server, run
from redis_responder import Redis

from gi.repository import Json

NOWHERE = 'redis://127.0.0.1:1'
VALUES = [0, 2 ** 70, -0.5, True, None, 'grüße 🙂\ud800', [], {'a': [1, {}]}, ('a', 1)]
NOT_JSON = [float('nan'), {1}, b'x', object(), {'a': b'x'}]


def is_supported():
    async def connect():
        try:
            await Signal.Bus(uri=NOWHERE).connect_async()
        except GLib.Error as error:
            return not error.matches(Signal.error_quark(), Signal.Error.FAILED)

    return run(connect())


class WithoutRedis(unittest.TestCase):
    def test_properties(self):
        bus = Signal.Bus(uri='redis://localhost', uris=['redis://127.0.0.1:7001'], channel_prefix='shop:')
        self.assertEqual((bus.get_uri(), bus.props.uris, bus.props.channel_prefix),
                         ('redis://localhost', ['redis://127.0.0.1:7001'], 'shop:'))
        self.assertEqual(len(bus.get_server_id()), 36)
        self.assertIs(bus.get_connected(), False)
        self.assertEqual(Signal.Bus.new('redis://a').get_uri(), 'redis://a')

    def test_server(self):
        bus = Signal.Bus()
        server = Signal.Server(bus=bus)
        self.assertIs(server.get_bus(), bus)
        server.props.bus = None
        self.assertIsNone(server.get_bus())

    def test_not_connected(self):
        bus = Signal.Bus(uri=NOWHERE)
        for send in (lambda: bus.send_to_room('tea', 'a', 1), lambda: bus.send_to_user('ann', 'a', 1),
                     lambda: bus.send_to_peer('c1', 'a', 1), lambda: bus.broadcast('a', 1),
                     lambda: bus.send_to_room_json('tea', 'a', '1'), lambda: bus.send_to_user_json('ann', 'a', '1'),
                     lambda: bus.send_to_peer_json('c1', 'a', '1'), lambda: bus.broadcast_json('a', None)):
            with self.assertRaises(Signal.NotConnected):
                send()

    def test_bad_arguments(self):
        bus = Signal.Bus(uri=NOWHERE)
        for value in NOT_JSON:
            with self.assertRaises(TypeError):
                bus.broadcast('a', value)
        for send in (lambda: bus.broadcast('a\0b'), lambda: bus.send_to_user('ann\0', 'a'),
                     lambda: bus.send_to_room('tea', 'a', 1, ['c\0'])):
            with self.assertRaisesRegex(ValueError, 'null'):
                send()
        for ids in ('c1', [1], ['c1', None]):
            with self.assertRaisesRegex(TypeError, 'broadcast'):
                bus.broadcast('a', 1, except_=ids)
        for send in (lambda: bus.broadcast('join'), lambda: bus.broadcast(''), lambda: bus.send_to_room('', 'a'),
                     lambda: bus.send_to_user('', 'a'), lambda: bus.broadcast_json('a', '{bad'),
                     lambda: bus.broadcast('a', 1, [''])):
            with self.assertRaises(Signal.InvalidArgument):
                send()

    def test_wrong_loop(self):
        async def main():
            await Signal.Bus(uri=NOWHERE).connect_async()

        with self.assertRaisesRegex(RuntimeError, 'Signal.run'):
            asyncio.run(main())

    def test_close(self):
        async def main():
            self.assertIs(await Signal.Bus(uri=NOWHERE).close_async(), True)

        run(main())


class WithRedis(unittest.TestCase):
    def setUp(self):
        if not is_supported():
            self.skipTest('the library was built without Redis')

    async def assert_closed(self, redis):
        """Waits until the connections are closed, and longer than until the next attempt."""
        while redis.count() > 0:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05) # the thread of the server notes what it has read before
        redis.commands.clear()
        await asyncio.sleep(0.5)
        self.assertEqual(redis.commands, [])

    def test_nothing_listens(self):
        async def main():
            with self.assertRaises(GLib.Error) as caught:
                async with Signal.Bus(uri=NOWHERE):
                    pass
            self.assertEqual(caught.exception.domain, 'g-io-error-quark')
            self.assertIn('127.0.0.1:1', caught.exception.message)

        run(main())

    def test_bad_uri(self):
        async def main():
            for uri in (None, 'http://localhost', 'redis://', 'redis://user@localhost'):
                with self.assertRaises(Signal.InvalidArgument):
                    await Signal.Bus(uri=uri).connect_async()

        run(main())

    def test_failed_enter_stops(self):
        """A bus that could not connect within "async with" does not try again."""
        async def main():
            with Redis(password='secret') as redis:
                bus = Signal.Bus(uri=redis.uri)
                with self.assertRaises(Signal.AuthenticationFailed):
                    async with bus:
                        pass
                await self.assert_closed(redis)

        run(main())

    def test_send(self):
        async def main():
            with Redis() as redis:
                async with Signal.Bus(uri=redis.uri) as bus:
                    self.assertIs(bus.get_connected(), True)
                    self.assertIs(bus.send_to_room('tea', 'a', {'n': 1}, except_=['c1', 'c2']), True)
                    bus.send_to_user('ann', 'a', [])
                    bus.send_to_peer('c1', 'a', None)
                    bus.broadcast('a', except_=('c1',))
                    bus.broadcast_json('a', '1.50')
                self.assertIs(bus.get_connected(), False)
                for _, body in redis.published:
                    self.assertEqual(body.pop('serverId'), bus.get_server_id())
            return redis.published

        self.assertEqual(run(main()), [
            ('ws:room:tea', {'type': 'room', 'target': 'tea', 'event': 'a', 'data': {'n': 1}, 'exclude': ['c1', 'c2']}),
            ('ws:user:ann', {'type': 'user', 'target': 'ann', 'event': 'a', 'data': []}),
            ('ws:client:c1', {'type': 'client', 'target': 'c1', 'event': 'a', 'data': None}),
            ('ws:broadcast', {'type': 'broadcast', 'event': 'a', 'exclude': ['c1']}),
            ('ws:broadcast', {'type': 'broadcast', 'event': 'a', 'data': 1.5})])

    def test_values(self):
        async def main():
            with Redis() as redis:
                async with Signal.Bus(uri=redis.uri) as bus:
                    for value in VALUES:
                        bus.broadcast('a', value)
                    bus.broadcast('a', Json.from_string('{"a":[1]}'))
            return [body['data'] for _, body in redis.published]

        self.assertEqual(run(main()), [*map(lambda value: list(value) if isinstance(value, tuple) else value, VALUES),
                                       {'a': [1]}])

    def test_two_servers(self):
        async def main():
            with Redis() as redis:
                buses = [Signal.Bus(uri=redis.uri) for _ in range(2)]
                servers = [new_server() for _ in range(2)]
                for bus, server in zip(buses, servers):
                    server.set_bus(bus)
                    await bus.connect_async()
                async with new_client(servers[1].get_uri(), token=TOKEN) as client:
                    messages = client.messages('news')
                    servers[0].send_to_user('ann', 'news', 1)
                    buses[0].send_to_peer(client.get_client_id(), 'news', 2)
                    buses[1].broadcast('news', 3)
                    self.assertEqual(sorted([(await anext(messages)).payload for _ in range(3)]), [1, 2, 3])
                for bus, server in zip(buses, servers):
                    await server.stop_async()
                    await bus.close_async()

        run(main())

    def test_callbacks(self):
        with Redis() as redis, main_loop() as loop:
            seen = []

            def on_closed(bus, result):
                seen.append(bus.close_finish(result))
                loop.quit()

            def on_connected(bus, result, text):
                seen.extend([bus.connect_finish(result), text])
                bus.close_async(None, on_closed)

            Signal.Bus(uri=redis.uri).connect_async(None, on_connected, 'data')
            loop.run()
        self.assertEqual(seen, [True, 'data', True])

    def test_cancelled(self):
        """A task that is cancelled while it connects leaves no connection."""
        async def main():
            with Redis(mute=True) as redis:
                bus = Signal.Bus(uri=redis.uri)
                task = asyncio.ensure_future(bus.connect_async())
                while not redis.commands:
                    await asyncio.sleep(0.005)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                await self.assert_closed(redis)

        run(main())

    def test_lost(self):
        async def main():
            with Redis() as redis:
                bus = Signal.Bus(uri=redis.uri)
                errors = asyncio.Queue()
                bus.connect('error', lambda bus, error: errors.put_nowait(error))
                await bus.connect_async()
                redis.drop()
                error = await errors.get()
                self.assertTrue(error.matches(Signal.error_quark(), Signal.Error.CONNECTION_LOST))
                await bus.connect_async()
                self.assertIs(bus.broadcast('a'), True)
                await bus.close_async()
                self.assertEqual(len(redis.published), 1)

        run(main())

    def test_dropped(self):
        """Dropping the last reference closes the connections."""
        async def main():
            with Redis() as redis:
                bus = Signal.Bus(uri=redis.uri)
                await bus.connect_async()
                self.assertEqual(redis.count(), 2)
                del bus
                gc.collect()
                await self.assert_closed(redis)

        run(main())


if __name__ == '__main__':
    tap.main(WithoutRedis, WithRedis)
