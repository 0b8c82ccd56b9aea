#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of native values that are sent and received."""
import asyncio
import unittest

import tap
from fixture import GLib, Signal, new_client, new_server, run, TOKEN

from gi.repository import Json

VALUES = [0, -1, 2 ** 53 + 1, 2 ** 63 - 1, -2 ** 63, 0.1, 1.5e300, -0.5, True, False, None, '', 'a"\\\n',
          'grüße 🙂', [], {}, [[], {}, [None]], {'': 0, 'ü': {'a': [1, 2.5, 'x']}}, ('a', 1)]
NOT_JSON = [float('nan'), float('inf'), [1, float('-inf')], {'a': float('nan')}, {1, 2}, b'x', object(),
            {'a': b'x'}, {('a', 'b'): 1}, lambda: 0, 1j, Signal, 10 ** 5000]


class Values(unittest.TestCase):
    async def echo(self, action):
        server = new_server()
        async with new_client(server.get_uri(), token=TOKEN) as client:
            messages = client.messages('echo')
            action(client)
            client.send_message('echo', 'the end')
            seen = []
            async for message in messages:
                self.assertEqual(message.event, 'echo')
                if message.payload == 'the end':
                    break
                seen.append(message)
        await server.stop_async()
        return seen

    def test_round_trip(self):
        def send(client):
            for value in VALUES:
                self.assertTrue(client.send_message('echo', value))

        seen = [message.payload for message in run(self.echo(send))]
        self.assertEqual(seen, [list(value) if isinstance(value, tuple) else value
                                for value in VALUES])
        self.assertEqual([type(value) for value in seen[:10]], [type(value) for value in VALUES[:10]])

    def test_absent_and_null(self):
        def send(client):
            client.send_message('echo')
            client.send_message('echo', None)

        absent, null = run(self.echo(send))
        self.assertIsNone(absent.get_payload_json())
        self.assertEqual(null.get_payload_json(), 'null')
        self.assertIsNone(absent.payload)
        self.assertIsNone(null.payload)
        self.assertIsNone(null.id)

    def test_node(self):
        seen = run(self.echo(lambda client: client.send_message('echo',
                                                                Json.from_string('{"a":[1]}'))))
        self.assertEqual(seen[0].payload, {'a': [1]})

    def test_half_surrogate_pair(self):
        self.assertEqual(len(run(self.echo(lambda client: client.send_message('echo', '\ud800')))), 1)

    def test_not_json(self):
        def send(client):
            endless = []
            endless.append(endless)
            deep = []
            for _ in range(100000):
                deep = [deep]
            for value in NOT_JSON + [endless, deep]:
                with self.assertRaises(TypeError, msg=type(value)):
                    client.send_message('echo', value)

        self.assertEqual(run(self.echo(send)), [])

    def test_refused_names(self):
        def send(client):
            for name in ('', 'heartbeat', 'encrypted'):
                with self.assertRaises(GLib.Error) as caught:
                    client.send_message(name, 1)
                self.assertTrue(caught.exception.matches(Signal.error_quark(),
                                                         Signal.Error.INVALID_ARGUMENT))
            with self.assertRaises(ValueError):
                client.send_message('echo\0', 1)

        self.assertEqual(run(self.echo(send)), [])

    def test_exact_integers(self):
        """Integers keep all digits."""
        async def main():
            server = new_server()
            arrived = asyncio.get_running_loop().create_future()
            server.connect('message', lambda server, peer, message:
                           arrived.set_result(message.payload))
            async with new_client(server.get_uri(), token=TOKEN) as client:
                client.send_json('a', ' \n{ "n" : 1267650600228229401496703205376 }\t ')
                self.assertEqual(await arrived, {'n': 2 ** 100})
                arrived = asyncio.get_running_loop().create_future()
                client.send_message('a', {'n': 2 ** 200})
                self.assertEqual(await arrived, {'n': 2 ** 200})

        run(main())

    def test_server(self):
        server = new_server()
        for value in NOT_JSON:
            with self.assertRaises(TypeError):
                server.broadcast('news', value)
        for value in (2 ** 63, [-2 ** 63 - 1], {'a': 2 ** 64}):
            with self.assertRaises(OverflowError):
                server.broadcast('news', value)
        for value in ('\0', {'\0': 1}, '\ud800'):
            with self.assertRaises(ValueError):
                server.broadcast('news', value)

        async def main():
            peers = []
            server.connect('peer-connected', lambda server, peer: peers.append(peer))
            data = Json.from_string('{"device": "é"}')
            async with new_client(server.get_uri(), token=TOKEN, auto_join_rooms=['tea'], authenticate_data=data,
                                  public_key_member='publicKey') as client:
                self.assertEqual(Json.to_string(client.get_authenticate_data(), False), '{"device":"é"}')
                messages = client.messages()
                client.send_message('after the join')
                self.assertEqual((await anext(messages)).event, 'after the join')
                server.broadcast('all', [1])
                server.send_to_peer(peers[0], 'peer', {'a': 2})
                server.send_to_user('ann', 'user', None)
                server.send_to_room('tea', 'room', 'x')
                server.send_to_room('tea', 'room', 'not for you', peers[0])
                server.broadcast('nothing')
                received = [await anext(messages) for _ in range(5)]
                self.assertEqual([(message.event, message.payload) for message in received],
                                 [('all', [1]), ('peer', {'a': 2}), ('user', None), ('room', 'x'),
                                  ('nothing', None)])
                self.assertEqual([message.get_payload_json() for message in received][2::2],
                                 ['null', None])
            await server.stop_async()

        run(main())


if __name__ == '__main__':
    tap.main(Values)
