#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of Signal.run(): asyncio and GLib in the same thread."""
import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from importlib.util import find_spec

import tap
from fixture import GLib, SECONDS, Signal, run

CHILD = '''
import asyncio, gi, sys
gi.require_version('Signal', '1.0')
from gi.repository import GLib, Signal
async def main():
    GLib.timeout_add(10, lambda: print('ready', flush=True))
    try:
        await asyncio.sleep(60)
    finally:
        print('cleaned up', flush=True)
try:
    Signal.run(main())
except KeyboardInterrupt:
    sys.exit(9)
'''


class Loop(unittest.TestCase):
    def test_result_and_exception(self):
        async def give(value):
            return value

        async def fail():
            raise ZeroDivisionError

        self.assertEqual(run(give(5)), 5)
        with self.assertRaises(ZeroDivisionError):
            run(fail())

        async def nested():
            inner = give(1)
            try:
                Signal.run(inner)
            finally:
                inner.close()

        with self.assertRaises(RuntimeError):
            run(nested())

    def test_timers_of_both(self):
        async def main():
            ticks = []
            source = GLib.timeout_add(5, lambda: ticks.append('glib') or True)
            start = time.monotonic()
            for _ in range(5):
                await asyncio.sleep(0.02)
                ticks.append('asyncio')
            taken = time.monotonic() - start
            GLib.source_remove(source)
            self.assertGreaterEqual(taken, 0.09)
            self.assertGreater(ticks.count('glib'), 4)
            self.assertEqual(ticks.count('asyncio'), 5)

        run(main())

    def test_woken_by_glib(self):
        """A GLib callback wakes up the event loop although no timer is pending."""
        async def main():
            future = asyncio.get_running_loop().create_future()
            GLib.timeout_add(10, lambda: future.set_result('woken'))
            return await future

        self.assertEqual(Signal.run(main()), 'woken')

    @unittest.skipIf(find_spec('gi.events'), "PyGObject's own loop does that")
    def test_idle_is_not_starved(self):
        async def main():
            future = asyncio.get_running_loop().create_future()
            GLib.idle_add(lambda: future.set_result(True), priority=GLib.PRIORITY_LOW)
            while not future.done():
                await asyncio.sleep(0)

        run(main())

    def test_threads(self):
        async def main():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            thread = threading.Thread(target=loop.call_soon_threadsafe,
                                      args=(future.set_result, 'from a thread'))
            thread.start()
            self.assertEqual(await future, 'from a thread')
            thread.join()
            self.assertEqual(await asyncio.to_thread(lambda: 7), 7)

        run(main())

    def test_sockets(self):
        async def main():
            near, far = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=near)
            other_reader, other_writer = await asyncio.open_connection(sock=far)
            size = 1 << 20
            writer.write(b'x' * size)
            self.assertEqual(len(await other_reader.readexactly(size)), size)
            other_writer.close()
            self.assertEqual(await reader.read(), b'')
            writer.close()

        run(main())

    def test_subprocess(self):
        async def main():
            child = await asyncio.create_subprocess_exec(
                'cat', stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
            output, _ = await child.communicate(b'hello')
            self.assertEqual((output, child.returncode), (b'hello', 0))

        run(main())

    def test_signal_handler(self):
        async def main():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            loop.add_signal_handler(signal.SIGUSR1, future.set_result, None)
            os.kill(os.getpid(), signal.SIGUSR1)
            await future
            loop.remove_signal_handler(signal.SIGUSR1)

        run(main())

    def test_interrupt(self):
        with subprocess.Popen([sys.executable, '-c', CHILD], stdout=subprocess.PIPE,
                              text=True) as child:
            killer = threading.Timer(SECONDS, child.kill)
            killer.start()
            self.assertEqual(child.stdout.readline(), 'ready\n')
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.stdout.read(), 'cleaned up\n')
            self.assertEqual(child.wait(), 9)
            killer.cancel()

    def test_context_of_a_thread(self):
        """In another thread, the event loop runs the thread-default main context."""
        results = []

        def work():
            context = GLib.MainContext()
            context.push_thread_default()

            async def main():
                future = asyncio.get_running_loop().create_future()
                source = GLib.idle_source_new()
                source.set_callback(lambda *data: future.set_result('driven'))
                source.attach(context)
                return await future

            results.append(run(main()))
            context.pop_thread_default()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(SECONDS)
        self.assertEqual(results, ['driven'])


if __name__ == '__main__':
    tap.main(Loop)
