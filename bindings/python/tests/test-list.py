#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of MessageList, and of the list of the peers of a server."""
import gc
import unittest

import tap
from fixture import GLib, NOWHERE, Signal, TOKEN, new_client, new_server, run


class Lists(unittest.TestCase):
    def test_items(self):
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            chosen = Signal.MessageList(client=client, event='echo', limit=2)
            everything = Signal.MessageList.new(client, None, 0)
            changes = []
            chosen.connect('items-changed', lambda model, *change: changes.append(change))
            await client.connect_async(TOKEN)
            messages = client.messages()
            for number in range(3):
                client.send_message('echo', {'number': number})
            client.send_message('other')
            for _ in range(4):
                await anext(messages)

            self.assertEqual(changes, [(0, 0, 1), (1, 0, 1), (0, 1, 0), (1, 0, 1)])
            self.assertEqual([item.get_message().payload for item in chosen], [{'number': 1}, {'number': 2}])
            self.assertEqual([item.props.event for item in everything], ['echo'] * 3 + ['other'])
            self.assertEqual([item.props.payload_json for item in everything][2:], ['{"number":2}', None])
            item = chosen[0]
            self.assertIsNone(item.props.id)
            self.assertLessEqual(item.props.time.difference(GLib.DateTime.new_now_local()), 0)
            chosen.clear()
            self.assertEqual((len(chosen), len(everything)), (0, 4))
            await client.disconnect_async()
            await server.stop_async()

        run(main())

    def test_peers(self):
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            peers = server.props.peers
            self.assertEqual(len(peers), 0)
            await client.connect_async(TOKEN)
            self.assertEqual([peer.props.id for peer in peers], [client.props.client_id])
            await server.stop_async()
            self.assertEqual(len(peers), 0)
            await client.disconnect_async()

        run(main())

    def test_lifetime(self):
        client = new_client(NOWHERE)
        messages = Signal.MessageList(client=client)
        notified = []
        messages.connect('notify::client', lambda *_: notified.append(True))
        self.assertIs(messages.props.client, client)
        del client
        gc.collect()
        self.assertIsNone(messages.props.client)
        self.assertEqual(notified, [True])


if __name__ == '__main__':
    tap.main(Lists)
