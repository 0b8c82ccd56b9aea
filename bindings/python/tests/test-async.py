#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of await, async with, async for, and callbacks."""
import asyncio
import gc
import os
import socket
import unittest
import weakref

import tap
from fixture import (Gio, GLib, NOWHERE, Signal, TOKEN, has_handlers, main_loop, new_client, new_server,
                     printed, run)

STATE = Signal.ConnectionState


class Await(unittest.TestCase):
    def test_connect_and_disconnect(self):
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            self.assertIs(await client.connect_async(TOKEN), True)
            self.assertEqual(client.get_state(), STATE.AUTHENTICATED)
            with self.assertRaises(GLib.Error):
                await client.connect_async(TOKEN)
            self.assertIs(await client.disconnect_async(), True)
            self.assertEqual(client.get_state(), STATE.DISCONNECTED)
            await server.stop_async()

        run(main())

    def test_drain(self):
        async def main():
            server = new_server()
            client = new_client(server.get_uri(), max_retries=0)
            await client.connect_async(TOKEN)
            self.assertEqual((server.get_peers_accepted(), server.props.authentications_failed), (1, 0))
            self.assertIs(await server.drain_async(50), True)
            self.assertIsNone(server.get_uri())
            self.assertEqual(server.get_peers().get_n_items(), 0)

        run(main())

    def test_listen_socket(self):
        async def main():
            server = Signal.Server(token=TOKEN)
            with socket.create_server(('127.0.0.1', 0)) as listener:
                server.listen_socket(Gio.Socket.new_from_fd(os.dup(listener.fileno())))
                self.assertIn(f':{listener.getsockname()[1]}/', server.get_uri())
                async with new_client(server.get_uri(), token=TOKEN):
                    pass
                await server.stop_async()

        run(main())

    def test_refused(self):
        async def main():
            server = new_server()
            with self.assertRaises(GLib.Error) as caught:
                await new_client(server.get_uri()).connect_async('bad')
            self.assertTrue(caught.exception.matches(Signal.error_quark(),
                                                     Signal.Error.AUTHENTICATION_FAILED))

        run(main())

    def test_fail_token(self):
        async def main():
            for error, domain in ((GLib.Error('unreachable', 'g-io-error-quark', 0), 'g-io-error-quark'),
                                  (None, 'signal-error-quark')):
                client = new_client(NOWHERE, max_retries=0)
                client.connect('token-requested', lambda client: client.fail_token(error) or True)
                with self.assertRaises(GLib.Error) as caught:
                    await client.connect_async()
                self.assertEqual(caught.exception.domain, domain)
                self.assertNotEqual(caught.exception.message, '')

        run(main())

    def test_async_with(self):
        async def main():
            server = new_server()
            with self.assertRaises(ZeroDivisionError):
                async with new_client(server.get_uri(), token=TOKEN) as client:
                    self.assertEqual(client.get_state(), STATE.AUTHENTICATED)
                    1 / 0
            self.assertEqual(client.get_state(), STATE.DISCONNECTED)

        run(main())

    def test_cancelled_task(self):
        async def main():
            client = new_client(NOWHERE, max_retries=1000)
            task = asyncio.create_task(client.connect_async(TOKEN))
            while client.get_state() != STATE.RECONNECTING:
                await asyncio.sleep(0.005)
            task.cancel('why')
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(client.get_state(), STATE.DISCONNECTED)
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.connect_async(TOKEN)
            self.assertEqual(client.get_state(), STATE.DISCONNECTED)

        run(main())

    def test_cancelled_too_late(self):
        """A connection that is established after the task was cancelled is closed."""
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            task = asyncio.create_task(client.connect_async(TOKEN))
            client.connect('connected', lambda client, id: task.cancel())
            with self.assertRaises(asyncio.CancelledError):
                await task
            while client.get_state() != STATE.DISCONNECTED:
                await asyncio.sleep(0.005)

        run(main())

    def test_own_cancellable(self):
        async def main():
            cancellable = Gio.Cancellable()
            GLib.timeout_add(20, cancellable.cancel)
            with self.assertRaises(GLib.Error) as caught:
                await new_client(NOWHERE, max_retries=1000).connect_async(TOKEN, cancellable)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                     Gio.IOErrorEnum.CANCELLED))

        run(main())

    def test_foreign_loop(self):
        client = new_client(NOWHERE)

        async def connect():
            await client.connect_async(TOKEN)

        async def iterate():
            async for message in client.messages():
                pass

        for wrong in (connect, iterate):
            with self.assertRaisesRegex(RuntimeError, 'does not drive GLib'):
                asyncio.run(asyncio.wait_for(wrong(), 5))
        self.assertEqual(client.get_state(), STATE.DISCONNECTED)
        begun = client.connect_async(TOKEN)

        async def wait():
            await begun

        with self.assertRaisesRegex(RuntimeError, 'does not drive GLib'):
            asyncio.run(asyncio.wait_for(wait(), 5))
        client.disconnect_async()

    def test_callbacks(self):
        server = new_server()
        client = new_client(server.get_uri())
        results = []
        with main_loop() as loop:
            def connected(client, result, data):
                results.append((client.connect_finish(result), data))
                client.disconnect_async(None, disconnected)

            def disconnected(client, result, *data):
                results.append(client.disconnect_finish(result))
                server.stop_async(None, stopped)

            def stopped(server, result, *data):
                results.append(server.stop_finish(result))
                loop.quit()

            self.assertIsNone(client.connect_async(TOKEN, None, connected, 'data'))
            loop.run()
        self.assertEqual(results, [(True, 'data'), True, True])

    def test_not_awaited(self):
        """An operation without a callback continues if it is not awaited."""
        server = new_server()
        client = new_client(server.get_uri(), token=TOKEN)
        with main_loop() as loop:
            client.connect('connected', lambda client, id: client.disconnect_async())
            client.connect('disconnected', lambda client, error: loop.quit())
            client.connect_async()
            loop.run()
        self.assertEqual(client.get_state(), STATE.DISCONNECTED)


class Requests(unittest.TestCase):
    def run_with_server(self, action):
        def on_message(server, peer, message):
            if message.event == 'ask':
                server.reply(peer, message, message.payload)
            elif message.event == 'deny':
                server.reply_error(peer, message, 'Denied')

        async def main():
            server = new_server()
            server.connect('message', on_message)
            async with new_client(server.get_uri(), token=TOKEN) as client:
                await action(client)
            await server.stop_async()

        run(main())

    def test_answers(self):
        async def action(client):
            answers = await asyncio.gather(*(client.request('ask', {'n': n}) for n in range(200)))
            self.assertEqual([answer.payload for answer in answers], [{'n': n} for n in range(200)])
            self.assertEqual([answer.event for answer in answers], ['ask'] * 200)

        self.run_with_server(action)

    def test_errors(self):
        async def action(client):
            for event, timeout, code in (('deny', 5, Signal.Error.SERVER), ('ignore', 0.02, Signal.Error.TIMED_OUT),
                                         ('join', None, Signal.Error.INVALID_ARGUMENT)):
                with self.assertRaises(GLib.Error) as caught:
                    await client.request(event, 1, timeout=timeout)
                self.assertTrue(caught.exception.matches(Signal.error_quark(), code), caught.exception)
            for wrong in (-1, float('nan')):
                with self.assertRaises(ValueError):
                    client.request('ask', timeout=wrong)
            with self.assertRaises(TypeError):
                client.request('ask', {1, 2})

        self.run_with_server(action)

    def test_cancelled_task(self):
        async def action(client):
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.request('ignore', 1)
            self.assertEqual((await client.request('ask', 2)).payload, 2)

        self.run_with_server(action)

    def test_written(self):
        async def action(client):
            self.assertIs(await client.send('ignore', {'a': '\ud800'}), True)
            self.assertIs(await client.send('ignore'), True)
            self.assertIs(await client.flush(), True)
            self.assertEqual(client.get_outbox_length(), 0)
            with self.assertRaises(GLib.Error) as caught:
                await client.send('ignore', 'x' * 200000)
            self.assertTrue(caught.exception.matches(Signal.error_quark(), Signal.Error.TOO_LARGE))

        self.run_with_server(action)

    def test_dropped(self):
        """A request does not keep the client alive, and ends with it."""
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            await client.connect_async(TOKEN)
            ended = []
            client.request_json_async('ignore', None, 0, None, lambda source, result: ended.append(result))
            weak = weakref.ref(client)
            del client
            gc.collect()
            while not ended:
                await asyncio.sleep(0.005)
            self.assertIsNone(weak())
            with self.assertRaises(GLib.Error) as caught:
                ended[0].propagate_pointer()
            self.assertTrue(caught.exception.matches(Signal.error_quark(), Signal.Error.CONNECTION_LOST))
            await server.stop_async()

        run(main())


class Messages(unittest.TestCase):
    def with_client(self, action):
        async def main():
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                await action(server, client)

        run(main())

    def test_one_event(self):
        async def action(server, client):
            chat, everything = client.messages('chat'), client.messages()
            for name in ('chat', 'other', 'chat'):
                client.send_message(name, name)
            self.assertEqual([(await anext(everything)).event for _ in range(3)],
                             ['chat', 'other', 'chat'])
            self.assertEqual([(await anext(chat)).event for _ in range(2)], ['chat', 'chat'])

        self.with_client(action)

    def test_leaving_early(self):
        async def action(server, client):
            for _ in range(3):
                client.send_message('chat', 1)
            async for message in client.messages('chat'):
                self.assertTrue(has_handlers(client))
                break
            self.assertFalse(has_handlers(client))
            # The others may have been received together with the first.
            client.send_message('chat', 2)
            with self.assertRaises(ZeroDivisionError):
                async for message in client.messages():
                    1 / 0
            self.assertFalse(has_handlers(client))
            messages = client.messages()
            self.assertTrue(has_handlers(client))
            await messages.aclose()
            self.assertFalse(has_handlers(client))
            self.assertEqual([message async for message in messages], [])

        gc.disable()
        try:
            self.with_client(action)
        finally:
            gc.enable()

    def test_cancelled(self):
        async def action(server, client):
            async def read():
                async for message in client.messages():
                    pass

            task = asyncio.create_task(read())
            await asyncio.sleep(0.01)
            self.assertTrue(has_handlers(client))
            task.cancel()
            await asyncio.wait([task])
            del task
            self.assertFalse(has_handlers(client))

        self.with_client(action)

    def test_end(self):
        """The iterator waits for the first connection, and ends with it after the queued messages."""
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            seen = []

            async def read():
                async for message in client.messages('chat'):
                    seen.append(message.payload)

            readers = [asyncio.create_task(read()) for _ in range(2)]
            await asyncio.sleep(0.01)
            await client.connect_async(TOKEN)
            last = client.messages('last')
            for number in range(3):
                client.send_message('chat', number)
            client.send_message('last')
            await anext(last)
            await client.disconnect_async()
            await asyncio.gather(*readers)
            self.assertEqual(sorted(seen), [0, 0, 1, 1, 2, 2])
            self.assertEqual([message async for message in client.messages()], [])

        run(main())

    def test_end_by_an_error(self):
        async def main():
            server = new_server()
            client = new_client(server.get_uri())
            messages = client.messages()
            with self.assertRaises(GLib.Error):
                await client.connect_async('bad')
            for iterator in (messages, client.messages()):
                with self.assertRaises(GLib.Error) as caught:
                    await anext(iterator)
                self.assertTrue(caught.exception.matches(Signal.error_quark(),
                                                         Signal.Error.AUTHENTICATION_FAILED))

        run(main())

    def test_kept_message(self):
        async def action(server, client):
            kept = []
            client.connect('message::chat', lambda client, message: kept.append(message))
            last = client.messages('last')
            for number in range(100):
                client.send_message('chat', {'number': number})
            client.send_message('last')
            await anext(last)
            gc.collect()
            self.assertEqual([message.payload['number'] for message in kept], list(range(100)))

        self.with_client(action)


class Lifetime(unittest.TestCase):
    def test_finalized(self):
        """Objects are finalized without the garbage collector."""
        async def main():
            server = new_server()
            finalized = []

            async def use():
                client = new_client(server.get_uri())
                client.weak_ref(lambda: finalized.append('client'))
                await client.connect_async(TOKEN)
                client.send_message('chat', 1)
                async for message in client.messages('chat'):
                    break
                await client.disconnect_async()
                return weakref.ref(client)

            reference = await use()
            await asyncio.sleep(0.01)
            self.assertIsNone(reference())
            self.assertEqual(finalized, ['client'])

            client = new_client(NOWHERE, max_retries=1000)
            client.weak_ref(lambda: finalized.append('cancelled'))
            task = asyncio.create_task(client.connect_async(TOKEN))
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])
            del client, task
            await asyncio.sleep(0.01)
            self.assertEqual(finalized, ['client', 'cancelled'])

            server.weak_ref(lambda: finalized.append('server'))
            await server.stop_async()
            del server
            await asyncio.sleep(0.01)
            self.assertEqual(finalized[2:], ['server'])

        gc.collect()
        gc.disable()
        try:
            run(main())
        finally:
            gc.enable()

    def test_exception_in_a_handler(self):
        async def main():
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                client.connect('message::chat', lambda client, message: 1 / 0)
                messages = client.messages()
                for _ in range(2):
                    client.send_message('chat', 1)
                    self.assertEqual((await anext(messages)).payload, 1)
                self.assertEqual(client.get_state(), STATE.AUTHENTICATED)

        with printed() as text:
            run(main())
        self.assertEqual(text.getvalue().count('ZeroDivisionError'), 2)


if __name__ == '__main__':
    tap.main(Await, Messages, Lifetime)
