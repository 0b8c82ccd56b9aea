#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of threads: objects cannot be used in another thread, and each thread can run an event loop."""
import asyncio
import gc
import threading
import time
import unittest

import tap
from fixture import (GLib, NOWHERE, SECONDS, Signal, TOKEN, main_loop, new_client, new_server, run)

WORDS = r'thread that runs its main context.*GLib\.idle_add.*loop\.call_soon_threadsafe'


class Thread(threading.Thread):
    """Runs an action. get() returns its result, or raises its exception, and fails after a timeout."""

    def __init__(self, action):
        super().__init__(daemon=True)
        self.action = action
        self.result = self.error = None
        self.start()

    def run(self):
        try:
            self.result = self.action()
        except BaseException as error:
            self.error = error

    def get(self):
        self.join(SECONDS)
        assert not self.is_alive(), 'the thread hangs'
        if self.error is not None:
            raise self.error
        return self.result


def wait_for(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, 'the test timed out'
        time.sleep(0.001)


async def talk():
    """Runs a server and a client in this thread."""
    server = new_server()
    async with new_client(server.get_uri(), token=TOKEN) as client:
        client.send_message('echo', 'said')
        async for message in client.messages('echo'):
            break
    await server.stop_async()
    return message.payload


class Refused(unittest.TestCase):
    def calls(self, server, client, bus):
        def ready(*arguments):
            pass

        return [
            lambda: client.send_message('echo', 1),
            lambda: client.send_json('echo', '1'),
            lambda: client.join_rooms(['tea']),
            lambda: client.leave_rooms(['tea']),
            lambda: client.messages(),
            lambda: client.connect_async(TOKEN),
            lambda: client.connect_async(TOKEN, None, ready),
            lambda: client.disconnect_async(),
            lambda: client.disconnect_async(None, ready),
            lambda: server.listen(None, 0),
            lambda: server.send_to_user('ann', 'a', 1),
            lambda: server.send_to_room('tea', 'a', 1),
            lambda: server.send_to_peer(None, 'a', 1),
            lambda: server.broadcast('a', 1),
            lambda: server.stop_async(),
            lambda: server.stop_async(None, ready),
            lambda: bus.send_to_room('tea', 'a', 1),
            lambda: bus.broadcast_json('a', '1'),
            lambda: bus.connect_async(),
            lambda: bus.connect_async(None, ready),
            lambda: bus.close_async(),
            lambda: bus.close_async(None, ready),
        ]

    def refused(self, calls):
        for number, call in enumerate(calls):
            with self.assertRaisesRegex(RuntimeError, WORDS, msg=number):
                call()

    def test_while_a_loop_runs(self):
        async def main():
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                messages = client.messages()
                calls = self.calls(server, client, Signal.Bus())
                await asyncio.to_thread(self.refused, calls)
                await asyncio.to_thread(client.reconnect_now)
                await asyncio.to_thread(client.update_token, TOKEN)

                async def read():
                    await anext(messages)

                async def enter():
                    async with client:
                        pass

                for wrong in (read, enter):
                    with self.assertRaisesRegex(RuntimeError, WORDS):
                        await asyncio.to_thread(Signal.run, wrong())
                # None of the calls had an effect.
                self.assertEqual(client.get_state(), Signal.ConnectionState.AUTHENTICATED)
                client.send_message('echo', 'still here')
                self.assertEqual((await anext(messages)).payload, 'still here')

        run(main())

    def test_while_no_loop_runs(self):
        """An object can be used by the thread that created it, but not by others."""
        server = new_server()
        client = new_client(server.get_uri())
        bus = Signal.Bus()
        client.join_rooms(['tea'])
        Thread(lambda: self.refused(self.calls(server, client, bus))).get()
        self.assertEqual(client.get_rooms(), ['tea'])

    def test_loop_in_another_thread(self):
        """If another thread runs the main context, the thread that created the object cannot use it."""
        server = new_server()
        client = new_client(server.get_uri())
        bus = Signal.Bus()
        loop = GLib.MainLoop()
        thread = Thread(loop.run)
        wait_for(loop.is_running)
        try:
            self.refused(self.calls(server, client, bus))
        finally:
            GLib.idle_add(loop.quit)
            thread.get()

    def test_ways_that_are_named(self):
        async def main():
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                messages = client.messages()
                loop = asyncio.get_running_loop()

                def work():
                    def say():
                        client.send_message('echo', 'two')

                    loop.call_soon_threadsafe(client.send_message, 'echo', 'one')
                    GLib.idle_add(say)

                await asyncio.to_thread(work)
                seen = [(await anext(messages)).payload for _ in range(2)]
                self.assertEqual(sorted(seen), ['one', 'two'])

        run(main())

    def test_context_that_is_not_driven(self):
        """Awaiting an object whose main context is not running raises an error instead of blocking."""
        def work():
            client = new_client(NOWHERE)

            async def connect():
                await client.connect_async(TOKEN)

            async def iterate():
                async for message in client.messages():
                    pass

            for wrong in (connect, iterate):
                with self.assertRaisesRegex(RuntimeError, 'does not drive'):
                    run(wrong())
            self.assertEqual(client.get_state(), Signal.ConnectionState.DISCONNECTED)

        Thread(work).get()


class Dropped(unittest.TestCase):
    def test_in_another_thread(self):
        """Releases the last references to clients and servers in all states, like the garbage collector."""
        async def main():
            server = new_server()
            finalized = []
            busy = GLib.idle_add(lambda: server.broadcast('news', 'for all') or True)
            for number in range(20):
                other = new_server()
                made = [other, new_client(server.get_uri(), token=TOKEN),
                        new_client(other.get_uri(), token=TOKEN), new_client(server.get_uri())]
                for each in made:
                    each.weak_ref(finalized.append, number)
                made.append(made[1].messages())
                await made[1].connect_async()
                await made[2].connect_async()
                del other, each
                await asyncio.to_thread(self.drop, made)
            while len(finalized) < 80:
                await asyncio.sleep(0.005)
            GLib.source_remove(busy)
            async with new_client(server.get_uri(), token=TOKEN) as client:
                client.send_message('echo', 'still here')
                self.assertEqual((await anext(client.messages('echo'))).payload, 'still here')

        gc.disable()
        try:
            run(main())
        finally:
            gc.enable()

    def drop(self, made):
        cycle = list(made)
        made.clear()
        cycle.append(cycle)
        del cycle
        gc.collect()


class Run(unittest.TestCase):
    def test_beside_a_main_loop(self):
        """The main thread runs a main loop, like that of a GTK program."""
        with main_loop() as loop:
            ticks = []
            source = GLib.timeout_add(5, lambda: ticks.append(threading.current_thread()) or True)
            thread = Thread(lambda: self.work(loop, ticks))
            loop.run()
            GLib.source_remove(source)
        self.assertEqual(thread.get(), ('said', None))
        self.assertEqual(set(ticks), {threading.main_thread()})

    def work(self, loop, ticks):
        try:
            wait_for(lambda: ticks)
            return run(talk()), GLib.MainContext.get_thread_default()
        finally:
            GLib.idle_add(loop.quit)

    def test_beside_nothing(self):
        self.assertEqual(Thread(lambda: run(talk())).get(), 'said')

    def test_several_at_once(self):
        async def main():
            threads = [Thread(lambda: run(talk())) for _ in range(3)]
            said = await talk()
            return [said, *[await asyncio.to_thread(thread.get) for thread in threads]]

        self.assertEqual(run(main()), ['said'] * 4)

    def test_main_context_is_taken(self):
        """The main thread uses its own context if another thread runs the default one."""
        loop = GLib.MainLoop()
        thread = Thread(loop.run)
        wait_for(loop.is_running)
        try:
            self.assertEqual(run(talk()), 'said')
        finally:
            GLib.idle_add(loop.quit)
            thread.get()
        self.assertEqual(run(talk()), 'said')


if __name__ == '__main__':
    tap.main(Refused, Dropped, Run)
