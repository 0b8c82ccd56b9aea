#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of Signal.run() with an application, and of Signal.new_event_loop() with other test frameworks."""
import asyncio
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import tap
from fixture import Gio, GLib, SECONDS, Signal, TOKEN, new_client, new_server

HERE = pathlib.Path(__file__).parent
PYTEST = '''
import asyncio
import pytest
from fixture import Signal, TOKEN, new_client, new_server


class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return Signal.new_event_loop()


@pytest.fixture(scope='session')
def event_loop_policy():
    return Policy()


@pytest.mark.asyncio
async def test_echo():
    server = new_server()
    async with new_client(server.get_uri(), token=TOKEN) as client:
        client.send_message('chat', 1)
        assert (await anext(client.messages())).payload == 1


@pytest.mark.asyncio
async def test_again():
    await asyncio.sleep(0.01)
    await test_echo()
'''
INTERRUPTED = '''
import asyncio
from fixture import Gio, Signal
async def work():
    print('ready', flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print('cleaned up', flush=True)
def activate(application):
    application.hold()
    application.task = asyncio.create_task(work())
application = Gio.Application()
application.connect('activate', activate)
Signal.run(application)
'''


class Policy(asyncio.DefaultEventLoopPolicy):
    """For unittest before Python 3.13."""

    def new_event_loop(self):
        return Signal.new_event_loop()


class Isolated(unittest.IsolatedAsyncioTestCase):
    loop_factory = staticmethod(Signal.new_event_loop)

    @classmethod
    def setUpClass(cls):
        if sys.version_info < (3, 13):
            asyncio.set_event_loop_policy(Policy())
            cls.addClassCleanup(asyncio.set_event_loop_policy, None)

    async def asyncSetUp(self):
        self.server = await self.enterAsyncContext(Signal.Server(token=TOKEN))
        self.server.connect('message', lambda server, peer, message:
                            server.send_to_peer(peer, message.event, message.payload))
        self.client = await self.enterAsyncContext(new_client(self.server.get_uri(), token=TOKEN))

    async def test_echo(self):
        async with asyncio.timeout(SECONDS):
            self.client.send_message('chat', [1])
            self.assertEqual((await anext(self.client.messages())).payload, [1])

    async def test_glib(self):
        future = asyncio.get_running_loop().create_future()
        GLib.idle_add(lambda: future.set_result(5))
        self.assertEqual(await asyncio.wait_for(future, SECONDS), 5)


class Pytest(unittest.TestCase):
    @unittest.skipUnless(importlib.util.find_spec('pytest_asyncio'), 'pytest-asyncio is not installed')
    def test_pytest(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'test_it.py'
            path.write_text(PYTEST, encoding='utf-8')
            environment = dict(os.environ, PYTHONPATH=f'{HERE}:{os.environ.get("PYTHONPATH", "")}')
            child = subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', path],
                                   env=environment, timeout=SECONDS, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(child.returncode, 0, child.stdout)
        self.assertIn('2 passed', child.stdout)


class Loop(unittest.TestCase):
    def test_runner(self):
        async def main():
            future = asyncio.get_running_loop().create_future()
            GLib.timeout_add(5, lambda: future.set_result('driven'))
            return await future

        with asyncio.Runner(loop_factory=Signal.new_event_loop) as runner:
            self.assertEqual(runner.run(main()), 'driven')
            self.assertEqual(runner.run(main()), 'driven')


class Application(unittest.TestCase):
    def run_application(self, work, argv=None, **options):
        """Runs an application that is held until the coroutine has ended, and returns its status."""
        application = Gio.Application(flags=Gio.ApplicationFlags.NON_UNIQUE | Gio.ApplicationFlags.HANDLES_OPEN)
        results = []

        async def main(files):
            async with asyncio.timeout(SECONDS):
                try:
                    results.append(await work(application, files))
                except Exception as error:
                    results.append(error)
                finally:
                    application.release()

        def start(application, files=(), *hint):
            application.hold()
            application.task = asyncio.create_task(main([file.get_basename() for file in files]))

        application.connect('activate', start)
        application.connect('open', start)
        status = Signal.run(application, argv, **options)
        self.assertEqual(len(results), 1)
        if isinstance(results[0], Exception):
            raise results[0]
        return status, results[0]

    def test_messages(self):
        async def work(application, files):
            server = new_server()
            async with new_client(server.get_uri(), token=TOKEN) as client:
                self.assertIs(await client.flush(), True)
                client.send_message('chat', files)
                return (await anext(client.messages())).payload

        self.assertEqual(self.run_application(work), (0, []))
        self.assertEqual(self.run_application(work, ['program', 'a', 'b'], debug=True), (0, ['a', 'b']))

    def test_asyncio(self):
        """Timers, threads, files and GLib sources all wake up the event loop."""
        async def work(application, files):
            loop = asyncio.get_running_loop()
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            self.assertEqual(await asyncio.to_thread(lambda: 7), 7)
            future = loop.create_future()
            GLib.timeout_add(5, lambda: future.set_result('glib'))
            self.assertEqual(await future, 'glib')
            child = await asyncio.create_subprocess_exec(
                'cat', stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
            output, _ = await child.communicate(b'hello')
            self.assertEqual((output, child.returncode), (b'hello', 0))
            ticks = []
            loop.call_later(0.01, ticks.append, 1)
            loop.call_later(60, ticks.append, 2).cancel()
            while not ticks:
                await asyncio.sleep(0.005)

        self.run_application(work)

    def test_quit(self):
        """Tasks are cancelled after the application has quit."""
        ended = []

        async def work(application):
            application.quit()
            try:
                await asyncio.sleep(SECONDS)
                ended.append('slept')
            finally:
                await asyncio.sleep(0.01)
                ended.append('cleaned up')

        def activate(application):
            application.hold()
            application.task = asyncio.create_task(work(application))

        application = Gio.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
        application.connect('activate', activate)
        self.assertEqual(Signal.run(application), 0)
        self.assertEqual(ended, ['cleaned up'])

    def test_stop_and_exit(self):
        async def stop(application, files):
            asyncio.get_running_loop().stop()

        self.assertEqual(self.run_application(stop), (0, None))

        application = Gio.Application()
        application.connect('activate', lambda application: application.hold())
        GLib.timeout_add(5, application.quit)
        self.assertEqual(Signal.run(application, []), 0)

        async def run_inside():
            Signal.run(application)

        with self.assertRaisesRegex(RuntimeError, 'running event loop'):
            Signal.run(run_inside())

        async def nothing():
            pass

        coroutine = nothing()
        with self.assertRaises(TypeError):
            Signal.run(coroutine, [])
        coroutine.close()

    def test_interrupt(self):
        environment = dict(os.environ, PYTHONPATH=f'{HERE}:{os.environ.get("PYTHONPATH", "")}')
        with subprocess.Popen([sys.executable, '-c', INTERRUPTED], stdout=subprocess.PIPE, text=True,
                              env=environment, stderr=subprocess.DEVNULL) as child:
            killer = threading.Timer(SECONDS, child.kill)
            killer.start()
            self.assertEqual(child.stdout.readline(), 'ready\n')
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.stdout.read(), 'cleaned up\n')
            self.assertNotEqual(child.wait(), -signal.SIGKILL)
            killer.cancel()


if __name__ == '__main__':
    tap.main(Isolated, Pytest, Loop, Application)
