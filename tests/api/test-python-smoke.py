#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The typelib with PyGObject, without the overrides: a server and a client in one process."""
import unittest

import gi

import tap

gi.require_version('Json', '1.0')
gi.require_version('Signal', '1.0')
from gi.repository import Gio, GLib, Json, Signal  # noqa: E402

TOKEN = 'smoke'
DEADLINE_SECONDS = 20


class Smoke(unittest.TestCase):
    def setUp(self):
        self.loop = GLib.MainLoop()
        self.timed_out = False
        self.deadline = GLib.timeout_add_seconds(DEADLINE_SECONDS, self.on_deadline)
        self.server = Signal.Server()
        self.server.connect('authenticate', self.on_authenticate)
        self.server.connect('message', self.on_server_message)
        self.server.listen(None, 0)
        self.client = Signal.Client(server_url=self.server.get_uri(),
                                    auto_join_rooms=['tea'],
                                    proxy_resolver=Gio.SimpleProxyResolver.new(None, None))

    def tearDown(self):
        GLib.source_remove(self.deadline)

    def on_deadline(self):
        self.timed_out = True
        self.loop.quit()
        return GLib.SOURCE_CONTINUE

    def on_authenticate(self, server, peer, kind, token):
        return 'user' if (kind, token) == ('Bearer', TOKEN) else None

    def on_server_message(self, server, peer, message):
        server.send_to_peer(peer, message.get_event(), message.get_payload())

    def wait(self, start):
        """Runs the loop until the callback that is passed to start() is called."""
        results = []

        def done(source, result, *data):
            results.append(result)
            self.loop.quit()

        start(done)
        if not results:
            self.loop.run()
        self.assertFalse(self.timed_out, 'it took too long')
        return results[0]

    def connect_client(self, token):
        result = self.wait(lambda done: self.client.connect_async(token, None, done))
        return self.client.connect_finish(result)

    def test_echo(self):
        states = []
        messages = []
        self.client.connect('notify::state',
                            lambda client, pspec: states.append(client.get_state().value_nick))

        def on_message(client, message):
            messages.append(message)
            self.loop.quit()

        self.client.connect('message::greeting', on_message)
        self.assertTrue(self.connect_client(TOKEN))
        self.assertEqual(states, ['connecting', 'connected', 'authenticating', 'authenticated'])
        self.assertTrue(self.client.get_encrypted())
        self.assertEqual(self.client.get_user_id(), 'user')
        self.assertIn('tea', self.client.get_rooms())

        payload = Json.from_string('{"text": "grüße", "big": 9007199254740993}')
        self.assertTrue(self.client.send_message('greeting', payload))
        self.loop.run()
        self.assertFalse(self.timed_out, 'no message came')
        self.assertTrue(messages[0].is_encrypted())
        received = messages[0].get_payload().get_object()
        self.assertEqual(received.get_string_member('text'), 'grüße')
        self.assertEqual(received.get_int_member('big'), 9007199254740993)

        result = self.wait(lambda done: self.client.disconnect_async(None, done))
        self.assertTrue(self.client.disconnect_finish(result))
        self.assertEqual(self.client.get_state(), Signal.ConnectionState.DISCONNECTED)

    def test_refused(self):
        with self.assertRaises(GLib.Error) as caught:
            self.connect_client('wrong')
        self.assertTrue(caught.exception.matches(Signal.error_quark(),
                                                 Signal.Error.AUTHENTICATION_FAILED))

    def test_not_connected(self):
        with self.assertRaises(GLib.Error) as caught:
            self.client.send_json('greeting', None)
        self.assertTrue(caught.exception.matches(Signal.error_quark(), Signal.Error.NOT_CONNECTED))


if __name__ == '__main__':
    tap.main(Smoke)
