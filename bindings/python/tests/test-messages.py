#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of messages(): messages that arrive before the call, the limit, and the end of the iterator."""
import asyncio
import contextlib
import pathlib
import subprocess
import sys
import unittest
import warnings

import tap
from gi.repository import GObject
from fixture import (GLib, NOWHERE, SECONDS, Signal, TOKEN, has_handlers, new_client, new_server,
                     unraisable, run)

LIMIT = 1000


def greeting_server(*payloads, event='news'):
    """Returns a server that sends messages in the same packet as "connected"."""
    server = new_server()

    def greet(server, peer):
        for payload in payloads:
            server.send_to_peer(peer, event, payload)

    server.connect('peer-connected', greet)
    return server


def burst(client, count, start=0):
    """Causes the server to send a number of messages."""
    client.props.outbox_limit = 0
    for number in range(start, start + count):
        client.send_message('echo', number)


async def received(client, count):
    while client.props.messages_received < count:
        await asyncio.sleep(0.005)


async def take(messages, count):
    return [(await anext(messages)).payload for _ in range(count)]


@contextlib.contextmanager
def reported(client):
    """Records the errors of a client about dropped messages."""
    errors = []
    handler = client.connect('error', lambda client, error: errors.append(error))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        yield errors
    client.disconnect(handler)


@contextlib.contextmanager
def printed_warnings():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('default')
        yield seen


class Early(unittest.TestCase):
    def test_nothing_is_lost(self):
        async def main():
            server = greeting_server(*range(5))
            for pause in (None, 0, 0.05):
                async with new_client(server.get_uri(), token=TOKEN) as client:
                    if pause is not None:
                        await asyncio.sleep(pause)
                    messages = client.messages()
                    client.send_message('echo', 'after')
                    self.assertEqual(await take(messages, 6), [0, 1, 2, 3, 4, 'after'])

        run(main())

    def test_of_one_event(self):
        async def main():
            server = greeting_server(1, 2)
            server.connect('peer-connected', lambda server, peer: server.send_to_peer(peer, 'chat', 3))
            async with new_client(server.get_uri(), token=TOKEN) as client:
                await received(client, 3)
                messages = client.messages('chat')
                client.send_message('chat', 4)
                self.assertEqual(await take(messages, 2), [3, 4])

        run(main())

    def test_for_all_that_are_made_at_once(self):
        async def main():
            server = greeting_server('news')
            server.connect('peer-connected',
                           lambda server, peer: server.send_to_peer(peer, 'chat', 'chat'))

            async def read(client, event):
                async for message in client.messages(event):
                    return message.payload

            async with new_client(server.get_uri(), token=TOKEN) as client:
                await received(client, 2)
                seen = await asyncio.gather(*(read(client, event) for event in ('chat', 'news', None)))
                self.assertEqual(seen, ['chat', 'news', 'news'])
                late = client.messages()
                client.send_message('echo', 'late')
                self.assertEqual(await take(late, 1), ['late'])

        run(main())

    def test_bounded_and_reported(self):
        async def main():
            server = greeting_server(*range(LIMIT + 200))
            async with new_client(server.get_uri(), token=TOKEN) as client:
                await received(client, LIMIT + 200)
                with reported(client) as errors:
                    messages = client.messages()
                self.assertEqual([error.matches(Signal.error_quark(), Signal.Error.FAILED)
                                  for error in errors], [True])
                self.assertIn('200 messages', errors[0].message)
                self.assertEqual(messages.dropped, 200)
                self.assertEqual(await take(messages, LIMIT), list(range(200, LIMIT + 200)))
            async with new_client(server.get_uri(), token=TOKEN) as client:
                await received(client, LIMIT + 200)
                with self.assertWarnsRegex(RuntimeWarning, '200 messages'):
                    client.messages()

        run(main())

    def test_lost_connection(self):
        """The queued messages are returned before the error is raised."""
        async def main():
            server = greeting_server(1, 2)
            async with new_client(server.get_uri(), token=TOKEN, max_retries=0) as client:
                await received(client, 2)
                await server.stop_async()
                while client.get_state() != Signal.ConnectionState.DISCONNECTED:
                    await asyncio.sleep(0.005)
                messages = client.messages()
                self.assertEqual(await take(messages, 2), [1, 2])
                with self.assertRaises(GLib.Error):
                    await anext(messages)

        run(main())

    def test_made_before(self):
        """Creates the iterator without "async with", before the first and before a later connection."""
        async def main():
            server = greeting_server(1, 2)
            client = new_client(server.get_uri())
            for _ in range(2):
                messages = client.messages()
                await client.connect_async(TOKEN)
                self.assertEqual(await take(messages, 2), [1, 2])
                await client.disconnect_async()
                self.assertEqual([message async for message in messages], [])

        run(main())

    def test_handlers_are_disconnected(self):
        async def main():
            server = greeting_server(1)
            async with new_client(server.get_uri(), token=TOKEN) as client:
                self.assertTrue(has_handlers(client))
            self.assertFalse(has_handlers(client))
            async with client:
                client.messages()
                with self.assertRaises(GLib.Error):
                    async with client:
                        pass
                await asyncio.sleep(0)
                self.assertFalse(has_handlers(client))
            client = new_client(server.get_uri(), token='bad')
            with self.assertRaises(GLib.Error):
                async with client:
                    pass
            self.assertFalse(has_handlers(client))

        run(main())


class Connected(unittest.TestCase):
    def with_client(self, action):
        async def main():
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                await action(client)

        with unraisable() as seen:
            run(main())
        self.assertEqual(seen, [])


class Limit(Connected):
    def test_slow_iterator(self):
        async def action(client):
            messages = client.messages(limit=10)
            with reported(client) as errors:
                burst(client, 25)
                await received(client, 25)
                self.assertEqual(len(errors), 1)
                self.assertTrue(errors[0].matches(Signal.error_quark(), Signal.Error.FAILED))
                self.assertEqual(messages.dropped, 15)
                self.assertEqual(await take(messages, 10), list(range(15, 25)))
                # After the iterator has caught up, dropped messages are reported again.
                pending = asyncio.create_task(anext(messages))
                burst(client, 12, start=25)
                self.assertEqual((await pending).payload, 25)
                await received(client, 37)
                self.assertEqual((len(errors), messages.dropped), (2, 16))

        self.with_client(action)

    def test_warning(self):
        async def action(client):
            client.messages(limit=1)
            messages = client.messages(limit=1)
            with printed_warnings() as seen:
                burst(client, 3)
                await received(client, 3)
            self.assertEqual([warning.category for warning in seen], [RuntimeWarning])
            self.assertEqual(await take(messages, 1), [2])

        self.with_client(action)

    def test_default_and_none(self):
        async def action(client):
            bounded, endless = client.messages(), client.messages(limit=0)
            with reported(client):
                burst(client, LIMIT + 500)
                await received(client, LIMIT + 500)
            self.assertEqual(await take(endless, LIMIT + 500), list(range(LIMIT + 500)))
            self.assertEqual(await take(bounded, LIMIT), list(range(500, LIMIT + 500)))
            self.assertEqual((bounded.dropped, endless.dropped), (500, 0))

        self.with_client(action)

    def test_bad_arguments(self):
        async def action(client):
            for limit in ('10', 1.5, None, True):
                with self.assertRaises(TypeError):
                    client.messages(limit=limit)
            for error, arguments in ((ValueError, {'limit': -1}), (TypeError, {'event': 5}),
                                     (ValueError, {'event': 'a\0'}),
                                     (UnicodeEncodeError, {'event': '\ud800'})):
                with self.assertRaises(error):
                    client.messages(**arguments)

        self.with_client(action)


class Leaving(Connected):
    """The handlers are disconnected when a loop is left in any way."""

    def test_break(self):
        async def action(client):
            messages = client.messages()
            burst(client, 3)
            async for message in messages:
                await received(client, 3)
                self.assertTrue(has_handlers(client))
                break
            self.assertFalse(has_handlers(client))
            self.assertEqual([message async for message in messages], [])

        self.with_client(action)

    def test_exception_and_return(self):
        async def action(client):
            async def leave(messages):
                async for message in messages:
                    return message.payload

            first, second = client.messages(), client.messages()
            burst(client, 1)
            self.assertEqual(await leave(first), 0)
            with self.assertRaises(ZeroDivisionError):
                async for message in second:
                    1 / 0
            self.assertFalse(has_handlers(client))

        self.with_client(action)

    def test_context_manager(self):
        async def action(client):
            async with client.messages() as messages:
                burst(client, 2)
                self.assertEqual(await take(messages, 1), [0])
                self.assertTrue(has_handlers(client))
            self.assertFalse(has_handlers(client))
            async with contextlib.aclosing(client.messages()) as messages:
                pass
            self.assertFalse(has_handlers(client))

        self.with_client(action)

    def test_two_loops(self):
        """The second loop continues after the first one has been left."""
        async def action(client):
            messages = client.messages()
            seen = []

            async def read(count):
                async for message in messages:
                    seen.append(message.payload)
                    if len(seen) >= count:
                        break

            readers = [asyncio.create_task(read(count)) for count in (1, 4)]
            await asyncio.sleep(0.01)
            burst(client, 4)
            await asyncio.gather(*readers)
            self.assertEqual(seen, [0, 1, 2, 3])
            self.assertFalse(has_handlers(client))

        self.with_client(action)


class Lists(unittest.TestCase):
    """A string is not converted to a list of its characters."""

    def test_rooms(self):
        client = new_client(NOWHERE)
        client.join_rooms(('tea', 'cake'))
        for rooms in ('tea', '', 'cake', b'tea', None, {'tea'}, {'tea': 1}, 5, ['tea', None], [1]):
            for method in (client.join_rooms, client.leave_rooms):
                with self.assertRaises(TypeError, msg=rooms):
                    method(rooms)
        with self.assertRaisesRegex(TypeError, r"join_rooms.*\['tea'\]"):
            client.join_rooms('tea')
        self.assertEqual(client.get_rooms(), ['tea', 'cake'])
        client.leave_rooms(['tea'])
        self.assertEqual(client.get_rooms(), ['cake'])

    def test_properties(self):
        count = 0
        for kind in (Signal.Client, Signal.Server):
            for spec in GObject.list_properties(kind):
                if spec.value_type != GLib.strv_get_type() or not spec.flags & GObject.ParamFlags.WRITABLE:
                    continue
                count += 1
                name = spec.name.replace('-', '_')
                target = kind(**{name: ['https://a.test', 'b']})
                for value in ('tea', b'tea', {'tea'}):
                    for action in (lambda: kind(**{name: value}),
                                   lambda: setattr(target.props, name, value),
                                   lambda: target.set_property(spec.name, value),
                                   lambda: target.set_properties(**{name: value})):
                        with self.assertRaises(TypeError, msg=name):
                            action()
                self.assertEqual(target.get_property(spec.name), ['https://a.test', 'b'])
        self.assertGreaterEqual(count, 2)
        for value in ('Origin: a', {'Origin': 'a'}, ['Origin']):
            with self.assertRaises(TypeError):
                Signal.Client(headers=value)


EXIT = '''
from fixture import *
server = new_server()
client = new_client(server.get_uri(), token=TOKEN)
messages = client.messages('chat')
%s
async def main():
    await client.connect_async()
    client.send_message('chat', 1)
    print((await anext(messages)).payload)
    %s
Signal.run(main())
'''


class Exit(unittest.TestCase):
    def check(self, before='', within=''):
        child = subprocess.run([sys.executable, '-c', EXIT % (before, within)], text=True, timeout=SECONDS,
                               cwd=pathlib.Path(__file__).parent, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        self.assertEqual((child.stdout, child.returncode), ('1\n', 0))

    def test_iterator(self):
        self.check()

    def test_more(self):
        """The interpreter exits without errors while various objects still exist."""
        self.check(before='loop = aiter(messages)')
        self.check(before='begun = new_client(NOWHERE).connect_async(TOKEN)')
        self.check(within='sys.cycle = [aiter(client.messages())]; sys.cycle.append(sys.cycle)')
        self.check(within='sys.entered = await new_client(server.get_uri(), token=TOKEN).__aenter__()')
        self.check(within='sys.task = asyncio.create_task(anext(messages))')


if __name__ == '__main__':
    tap.main(Early, Limit, Leaving, Lists, Exit)
