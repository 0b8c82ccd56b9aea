#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of functions and coroutines that supply the token."""
import asyncio
import functools
import gc
import unittest

import tap
from fixture import GLib, NOWHERE, Signal, TOKEN, main_loop, new_client, new_server, printed, run

STATE = Signal.ConnectionState


async def later(token):
    await asyncio.sleep(0.005)
    return token


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


async def connect_twice(test, client, server):
    """Connects, and connects again after the connection is lost."""
    peers = []
    handler = server.connect('peer-connected', lambda server, peer: peers.append(peer))
    await client.connect_async()
    test.assertEqual(client.get_user_id(), 'ann')
    await until(lambda: len(peers) == 1)
    peers[0].close(1001, None)
    await until(lambda: len(peers) == 2)
    server.disconnect(handler)
    await client.disconnect_async()


class Function(unittest.TestCase):
    def check(self, token, /, **properties):
        async def main():
            server = new_server()
            client = new_client(server.get_uri(), **properties)
            if token is not None:
                client.set_token(token)
            await connect_twice(self, client, server)

        run(main())

    def test_kinds(self):
        calls = []

        async def fetch():
            calls.append(1)
            return await later(TOKEN)

        self.check(None, token=fetch)
        self.assertEqual(len(calls), 2)
        self.check(fetch)
        self.assertEqual(len(calls), 4)
        self.check(None, token=functools.partial(later, TOKEN))
        self.check(None, token=lambda: later(TOKEN))
        self.check(None, token=lambda: TOKEN)
        self.check(lambda: TOKEN, token='bad')
        self.check(TOKEN, token=lambda: 1 / 0)

    def test_callbacks(self):
        """A function needs no asyncio event loop. A coroutine function does, which is reported."""
        server = new_server()
        for token, state in ((lambda: TOKEN, STATE.AUTHENTICATED),
                             (functools.partial(later, TOKEN), STATE.RECONNECTING)):
            client = new_client(server.get_uri(), token=token)
            errors = []
            with main_loop() as loop:
                client.connect('connected', lambda client, id: loop.quit())
                client.connect('error', lambda client, error: errors.append(error.message) or loop.quit())
                client.connect_async(None, None, lambda *_: None)
                if not errors:
                    loop.run()
            self.assertEqual(client.get_state(), state)
            client.disconnect_async()
        self.assertEqual(len(errors), 1)
        self.assertIn('Signal.run()', errors[0])

    def test_bad(self):
        async def main():
            server = new_server()

            async def fail():
                raise ZeroDivisionError('no network')

            for token, text in ((fail, 'ZeroDivisionError: no network'), (lambda: 1 / 0, 'division'),
                                (lambda: 5, 'not int'), (functools.partial(later, 5), 'not int')):
                client = new_client(server.get_uri(), token=token)
                errors = []
                client.connect('error', lambda client, error: errors.append(error.message))
                task = asyncio.create_task(client.connect_async())
                await until(lambda: errors)
                self.assertIn(text, errors[0])
                self.assertFalse(task.done())
                client.set_token(TOKEN)
                await task
                await client.disconnect_async()

        run(main())

    def test_stop(self):
        """The client stops if a function says that there will be no token."""
        async def refuse():
            raise Signal.AuthenticationFailed('not logged in')

        async def main():
            with self.assertRaisesRegex(Signal.AuthenticationFailed, 'not logged in'):
                await new_client(NOWHERE, token=refuse).connect_async()

        run(main())

    def test_none(self):
        """The client stops if there is no token, until there is one."""
        async def main():
            server = new_server()
            for token in (lambda: None, functools.partial(later, None), None):
                client = new_client(server.get_uri(), token=token)
                if token is None:
                    client.connect('token-requested', lambda client: later(False))
                with self.assertRaises(Signal.AuthenticationFailed):
                    await client.connect_async()
                client.connect('authenticate', lambda client: TOKEN)
                client.update_token(TOKEN)
                await until(lambda: client.get_is_connected())
                await client.disconnect_async()

        run(main())


class Handlers(unittest.TestCase):
    def check(self, *connect):
        async def main():
            server = new_server()
            client = new_client(server.get_uri(), token='bad')
            for name, handler in connect:
                client.connect(name, handler)
            await connect_twice(self, client, server)

        with printed() as text:
            run(main())
        self.assertEqual(text.getvalue(), '')

    def test_authenticate(self):
        async def authenticate(client):
            return await later(TOKEN)

        self.check(('authenticate', authenticate))
        self.check(('authenticate', lambda client: later(TOKEN)))

    def test_order(self):
        """The first token is used, as if all handlers returned it immediately."""
        self.check(('authenticate', lambda client: None), ('authenticate', lambda client: later(None)),
                   ('authenticate', lambda client: TOKEN), ('authenticate', lambda client: 'bad'))
        self.check(('authenticate', lambda client: later(TOKEN)), ('token-requested', lambda client: True))
        self.check(('token-requested', lambda client: True), ('authenticate', lambda client: later(TOKEN)))
        self.check(('authenticate', lambda client: TOKEN), ('authenticate', lambda client: 1 / 0))

    def test_token_requested(self):
        async def update(client):
            client.update_token(await later(TOKEN))
            await asyncio.sleep(60)

        async def promise(client):
            asyncio.get_running_loop().call_later(0.01, client.update_token, TOKEN)
            return await later(True)

        for name in ('token-requested', 'token_requested'):
            for handler in (update, promise, lambda client: later(TOKEN)):
                self.check((name, handler))

    def test_fail_token(self):
        async def give_up(client):
            client.fail_token()
            await asyncio.sleep(60)

        async def fail(client):
            client.fail_token(GLib.Error('no network'))
            await asyncio.sleep(60)

        async def main():
            server = new_server()
            for handler, kind, text in ((give_up, Signal.AuthenticationFailed, ''),
                                        (fail, GLib.Error, 'no network')):
                client = new_client(server.get_uri(), max_retries=0)
                client.connect('token-requested', handler)
                with self.assertRaisesRegex(kind, text):
                    await client.connect_async()
            with self.assertRaises(TypeError):
                client.fail_token('no network')

        run(main())

    def test_disconnected(self):
        """A coroutine is cancelled when the client is disconnected."""
        async def main():
            seen = []

            async def wait(*client):
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    seen.append('cancelled')
                    raise

            for name in ('authenticate', 'token-requested', None):
                client = new_client(NOWHERE, token=wait if name is None else None)
                if name is not None:
                    client.connect(name, wait)
                begun = client.connect_async()
                await asyncio.sleep(0.01)
                await client.disconnect_async()
                with self.assertRaises(GLib.Error):
                    await begun
                await asyncio.sleep(0)
                self.assertEqual(seen.pop(), 'cancelled')

        run(main())

    def test_by_function(self):
        client = new_client(NOWHERE)
        handler = functools.partial(later, TOKEN)
        for name in ('authenticate', 'connected'):
            client.connect(name, handler)
            self.assertEqual(client.handler_block_by_func(handler), 1)
            self.assertEqual(client.handler_unblock_by_func(handler), 1)
            self.assertEqual(client.disconnect_by_func(handler), 1)
            with self.assertRaises(TypeError):
                client.disconnect_by_func(handler)

    def test_finalized(self):
        finalized = []

        class Application:
            def __init__(self):
                self.client = new_client(NOWHERE, token=lambda: TOKEN)
                self.client.weak_ref(lambda: finalized.append('client'))
                self.handler = self.client.connect('authenticate', self.authenticate)

            async def authenticate(self, client):
                return TOKEN

        application = Application()
        application.client.disconnect(application.handler)
        gc.collect()
        gc.disable()
        try:
            del application
            self.assertEqual(finalized, ['client'])
        finally:
            gc.enable()


class Checks(unittest.TestCase):
    """The handlers of a server that check a token."""

    def test_coroutine(self):
        async def check(server, peer, kind, token, *data):
            await asyncio.sleep(0.005)
            if token == 'fails':
                raise ZeroDivisionError
            return {TOKEN: 'ann'}.get(token)

        async def main():
            failures = []
            asyncio.get_running_loop().set_exception_handler(
                lambda loop, context: failures.append(context['exception']))
            for handler in (check, lambda *arguments: check(*arguments)):
                server = Signal.Server()
                server.connect('authenticate', handler, 'data')
                async with server:
                    async with new_client(server.get_uri(), token=TOKEN) as client:
                        self.assertEqual(client.get_user_id(), 'ann')
                    for token in ('bad', 'fails'):
                        with self.assertRaises(Signal.AuthenticationFailed):
                            await new_client(server.get_uri()).connect_async(token)
                    self.assertIsInstance(failures.pop(), ZeroDivisionError)
            self.assertEqual(failures, [])
            self.assertEqual(server.disconnect_by_func(handler), 1)

        run(main())

    def test_no_event_loop(self):
        server = Signal.Server()
        server.connect('authenticate', lambda *arguments: later('ann'))
        server.listen(None, 0)
        client = new_client(server.get_uri(), token=TOKEN)
        with printed() as text, main_loop() as loop:
            client.connect('disconnected', lambda client, error: loop.quit())
            client.connect_async(None, None, lambda *_: None)
            loop.run()
        self.assertIn('Signal.run()', text.getvalue())


if __name__ == '__main__':
    tap.main(Function, Handlers, Checks)
