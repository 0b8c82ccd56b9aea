# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the program signal-glib in a test, to its end or in the background."""
import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import unittest

PROGRAM = sys.argv[1]
TOKEN = 'a-token-for-tests'
SECONDS = 20
EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_SERVER_ERROR, EXIT_TIMED_OUT = 1, 2, 3, 4, 5


def environment(token=TOKEN, **more):
    result = {name: value for name, value in os.environ.items()
              if name.lower() not in ('http_proxy', 'https_proxy', 'all_proxy')
              and name not in ('SIGNAL_REDIS', 'SIGNAL_TOKEN', 'SIGNAL_URL')}
    result.update(LC_ALL='C.UTF-8', TERM='xterm', **more)
    if token is not None:
        result['SIGNAL_TOKEN'] = token
    return result


def run(*args, token=TOKEN, stdin='', env=None, **options):
    """Runs the program to its end, without a terminal for a prompt."""
    return subprocess.run([PROGRAM, *args], input=stdin, text=True, timeout=SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(token, **(env or {})),
                          start_new_session=True, **options)


class Lines:
    """The output of a program, read in a thread."""

    def __init__(self, stream):
        self.seen = []
        self.lines = queue.Queue()
        self.thread = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.thread.start()

    def read(self, stream):
        with stream:
            for line in stream:
                self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, wanted):
        """Returns the next line that contains @wanted."""
        end = time.monotonic() + SECONDS
        with contextlib.suppress(queue.Empty):
            while (line := self.lines.get(timeout=max(0.01, end - time.monotonic()))) is not None:
                self.seen.append(line)
                if wanted in line:
                    return line
        raise AssertionError(f'no line with “{wanted}” in: {self.seen}')

    def rest(self):
        """Returns the output until the program closes it."""
        lines = []
        try:
            lines.extend(iter(lambda: self.lines.get(timeout=SECONDS), None))
        except queue.Empty:
            raise AssertionError(f'the program does not end; its lines so far: {lines}') from None
        return ''.join(lines)


class Program(subprocess.Popen):
    def __init__(self, *args, token=TOKEN, **options):
        settings = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        settings.update(options)
        super().__init__([PROGRAM, *args], text=True, env=environment(token),
                         start_new_session=True, **settings)
        self.out = Lines(self.stdout) if self.stdout else None
        self.err = Lines(self.stderr) if self.stderr else None


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(*args, **options):
    process = Program(*args, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
        if process.stdin:
            process.stdin.close()


@contextlib.contextmanager
def serving(*args, **options):
    """Runs a server; yields its URL and its process."""
    args = args if '--port' in args else ('--port', '0', *args)
    with running('serve', *args, stderr=subprocess.DEVNULL, **options) as process:
        yield process.out.wait_for('Listening on').split()[-1], process


@contextlib.contextmanager
def responding(response):
    """A server that responds to any request with some bytes, and closes the connection."""
    listener = socket.create_server(('127.0.0.1', 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(response)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f'ws://127.0.0.1:{listener.getsockname()[1]}/ws'
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(SECONDS)


class Cli(unittest.TestCase):
    def check_fails(self, process, code, text):
        self.assertEqual(process.returncode, code, process.stderr)
        self.assertRegex(process.stderr, text)
        self.assertNotIn('CRITICAL', process.stderr)
        self.assertNotIn(TOKEN, process.stderr)
