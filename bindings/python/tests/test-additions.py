#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the exceptions, the description of a message, and "async with" for a server."""
import unittest

import tap
from fixture import Gio, GLib, NOWHERE, Signal, TOKEN, main_loop, new_client, new_server, run


def codes():
    return {name: int(getattr(Signal.Error, name)) for name in dir(Signal.Error) if name.isupper()}


class Errors(unittest.TestCase):
    def check(self, error, kind):
        self.assertIs(type(error), kind)
        self.assertIsInstance(error, GLib.Error)
        name = 'SERVER' if kind is Signal.ServerError else next(
            name for name in codes() if name.replace('_', '').lower() == kind.__name__.lower())
        self.assertTrue(error.matches(Signal.error_quark(), getattr(Signal.Error, name)))

    def test_classes(self):
        names = codes()
        self.assertGreaterEqual(len(names), 13)
        for name, code in names.items():
            kind = Signal.ServerError if name == 'SERVER' else getattr(Signal, name.title().replace('_', ''))
            error = kind('the text')
            self.check(error, kind)
            self.assertEqual((error.message, error.code), ('the text', code))
            self.assertIn('the text', str(error))

    def test_calls(self):
        client = new_client(NOWHERE)
        server = new_server()
        for kind, call in ((Signal.NotConnected, lambda: client.send_message('chat', 1)),
                           (Signal.NotConnected, lambda: client.send_json('chat', '1')),
                           (Signal.InvalidArgument, lambda: client.send_json('', None)),
                           (Signal.InvalidArgument, lambda: client.join_rooms([''])),
                           (Signal.InvalidArgument, lambda: client.leave_rooms([''])),
                           (Signal.InvalidArgument, lambda: server.broadcast('heartbeat')),
                           (Signal.InvalidArgument, lambda: server.send_to_user('ann', '', 1))):
            with self.assertRaises(kind) as caught:
                call()
            self.check(caught.exception, kind)
            self.assertIsNone(caught.exception.__cause__)

    def test_other_domains(self):
        server = new_server()
        with self.assertRaises(GLib.Error) as caught:
            Signal.Server().listen('127.0.0.1', int(server.get_uri().split(':')[2].split('/')[0]))
        self.assertIs(type(caught.exception), GLib.Error)

        async def main():
            cancellable = Gio.Cancellable()
            cancellable.cancel()
            await new_client(NOWHERE).connect_async(TOKEN, cancellable)

        with self.assertRaises(GLib.Error) as caught:
            run(main())
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_awaited(self):
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            messages = client.messages()
            with self.assertRaises(Signal.AuthenticationFailed):
                await client.connect_async('bad')
            with self.assertRaises(Signal.AuthenticationFailed):
                await anext(messages)
            with self.assertRaises(Signal.AuthenticationFailed):
                async with new_client(server.get_uri(), token='bad'):
                    pass
            with self.assertRaises(Signal.Insecure):
                await Signal.Client(server_url='ws://example.com/ws').connect_async(TOKEN)
            with self.assertRaises(Signal.NotConnected):
                await client.request('order')
            server.connect('message::order', lambda server, peer, message:
                           server.reply_error(peer, message, 'sold out'))
            await client.connect_async(TOKEN)
            with self.assertRaisesRegex(Signal.ServerError, 'sold out'):
                await client.request('order')
            with self.assertRaises(Signal.TimedOut):
                await client.request('lost', timeout=0.01)

        run(main())

    def test_callbacks(self):
        server = new_server()
        seen = []
        with main_loop() as loop:
            def connected(client, result):
                try:
                    client.connect_finish(result)
                except Signal.AuthenticationFailed as error:
                    seen.append(error.message)
                loop.quit()

            new_client(server.get_uri()).connect_async('bad', None, connected)
            loop.run()
        self.assertEqual(len(seen), 1)


class Repr(unittest.TestCase):
    def test_message(self):
        async def main():
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                messages = client.messages()
                for payload, length in (('grüße', 9), (None, 4)):
                    client.send_message('secret\n', payload)
                    message = await anext(messages)
                    self.assertEqual(repr(message), "<Signal.Message event='secret\\n' id=None encrypted=True "
                                                    f'length={length}>')
                client.send_message('empty')
                self.assertIn('length=None', repr(await anext(messages)))
                server.connect('message::order', lambda server, peer, message: server.reply(peer, message, 1))
                self.assertRegex(repr(await client.request('order')), "id='[-0-9a-f]{36}'")

        run(main())


class Server(unittest.TestCase):
    def test_token(self):
        async def main():
            async with Signal.Server(token=TOKEN) as server:
                url = server.get_uri()
                self.assertTrue(url.startswith('ws://127.0.0.1:') or url.startswith('ws://[::1]:'), url)
                async with new_client(url, token=TOKEN) as client:
                    self.assertEqual(client.get_user_id(), 'user')
                for token in ('bad', TOKEN + 'x', 'é'):
                    with self.assertRaises(Signal.AuthenticationFailed):
                        await new_client(url).connect_async(token)
            self.assertIsNone(server.get_uri())
            with self.assertRaises(GLib.Error):
                await new_client(url, max_retries=0).connect_async(TOKEN)

        run(main())

    def test_users(self):
        async def main():
            async with Signal.Server(token={'a': 'ann', 'b': 'bob'}, path='/chat') as server:
                for token, user in (('a', 'ann'), ('b', 'bob')):
                    async with new_client(server.get_uri(), token=token) as client:
                        self.assertEqual(client.get_user_id(), user)

        run(main())

    def test_own_handler_and_port(self):
        async def main():
            server = Signal.Server()
            server.connect('authenticate', lambda server, peer, kind, token: 'ann')
            server.listen(None, 0)
            url = server.get_uri()
            with self.assertRaises(ZeroDivisionError):
                async with server:
                    self.assertEqual(server.get_uri(), url)
                    async with new_client(url, token='any'):
                        1 / 0
            self.assertIsNone(server.get_uri())
            async with Signal.Server() as server:
                with self.assertRaises(Signal.AuthenticationFailed):
                    await new_client(server.get_uri()).connect_async(TOKEN)

        run(main())


if __name__ == '__main__':
    tap.main(Errors, Repr, Server)
