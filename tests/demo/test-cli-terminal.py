#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program signal-glib on a terminal: its prompt, its status line and its colors."""
import os
import pty
import re
import select
import signal
import socket
import termios
import time

import tap
from cli import (EXIT_USAGE, PROGRAM, SECONDS, TOKEN, Cli, environment, free_port, run, running,
                 serving)
from plain import Server


class OnTerminal(Cli):
    """Runs the program on a pseudo-terminal."""

    def setUp(self):
        self.pid, self.terminal = None, None

    def tearDown(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.terminal is not None:
            os.close(self.terminal)
        self.pid, self.terminal = None, None

    def start(self, *args, token=TOKEN, **more):
        try:
            self.pid, self.terminal = pty.fork()
        except OSError as error:
            self.skipTest(f'pseudo-terminals are not available: {error}')
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM, *args], {**environment(token), **more})

    def read_until(self, wanted):
        seen = b''
        end = time.monotonic() + SECONDS
        while wanted not in seen and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(self.terminal, 4096)
                except OSError:
                    break
        self.assertIn(wanted, seen)
        return seen

    def has_echo(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def finish(self):
        end = time.monotonic() + SECONDS
        pid, status = 0, 0
        while pid == 0 and time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            time.sleep(0.02)
        self.assertNotEqual(pid, 0, 'the program did not terminate')
        self.pid = None
        return os.waitstatus_to_exitcode(status)


class Terminal(OnTerminal):
    """The prompt, and the status line that is updated in place."""

    def test_prompt(self):
        with serving() as (url, _):
            self.start('listen', url, '--room', 'a', token=None)
            seen = self.read_until(b'Token: ')
            os.write(self.terminal, TOKEN.encode() + b'\n')
            seen += self.read_until(b'Connected, encrypted')
            self.assertNotIn(TOKEN.encode(), seen)
            os.write(self.terminal, b'\x03')
            self.read_until(b'Not connected')
            self.assertEqual(self.finish(), -signal.SIGINT)

    def test_prompt_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.start('listen', 'ws://127.0.0.1:1/ws', '--room', 'a', token=None)
            self.read_until(b'Token: ')
            self.assertFalse(self.has_echo())
            os.kill(self.pid, number)
            self.assertEqual(self.finish(), -number)
            self.assertTrue(self.has_echo())
            self.tearDown()

    def test_interrupted_twice(self):
        """Later output starts on a new line."""
        with Server(SECONDS) as server:
            self.start('listen', server.url, '--room', 'a', '--no-encryption')
            peer = server.peer()
            self.read_until(b'Connected, not encrypted')
            os.write(self.terminal, b'\x03')
            peer.wait_for_close()
            self.read_until('Disconnecting…'.encode())
            os.write(self.terminal, b'\x03')
            self.assertEqual(self.finish(), -signal.SIGINT)
            self.read_until(b'\r\n')

    def test_countdown(self):
        with serving() as (url, server):
            self.start('listen', url, '--room', 'a')
            self.read_until(b'Connected, encrypted')
            server.terminate()
            seen = self.read_until(b'(attempt 2)')
        delays = [float(delay) for delay in re.findall(rb'\(attempt 1\) in ([\d.]+) s', seen)]
        first = delays[:delays.index(min(delays)) + 1]
        self.assertGreater(len(first), 3)
        self.assertEqual(first, sorted(first, reverse=True))
        self.assertIn(b'\r\x1b[K', seen)
        self.assertNotIn(b'\n', seen.split(b'Reconnecting')[1])

    def test_waiting(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            self.start('send', f'ws://127.0.0.1:{listener.getsockname()[1]}/ws', 'a', '1')
            seen = self.read_until('Connecting… 1 s'.encode())
        self.assertIn('Connecting…\x1b'.encode(), seen)
        self.assertNotIn(b'\n', seen)

    def test_result(self):
        """The last state of a command that succeeds is its result."""
        for command, result in (('send', b'Sent'), ('request', b'Answered')):
            with serving() as (url, _):
                self.start(command, url, 'a', '1')
                seen = self.read_until(b'\x1b[32m' + result + b'\x1b[0m\r\n')
                self.assertIn('Disconnecting…'.encode(), seen)
                self.assertNotIn(b'Not connected', seen)
                self.assertEqual(self.finish(), 0)
            self.tearDown()

    def test_no_result(self):
        with serving() as (url, _):
            self.start('send', url, 'a', '{bad')
            seen = self.read_until(b'Not connected\x1b[0m\r\n')
            self.assertNotIn(b'Sent', seen)
            self.assertEqual(self.finish(), EXIT_USAGE)

    def test_interrupted_at_the_end(self):
        """A signal while the connection is closed takes the place of the result."""
        with Server(SECONDS) as server:
            self.start('send', server.url, 'a', '1', '--no-encryption')
            peer = server.peer()
            peer.wait_for_close()
            os.write(self.terminal, b'\x03')
            self.read_until(b'^C')
            peer.answer_close(1000)
            self.assertNotIn(b'Sent', self.read_until(b'Not connected\x1b[0m\r\n'))
            self.assertEqual(self.finish(), -signal.SIGINT)

    def test_dumb(self):
        with serving() as (url, _):
            self.start('listen', url, '--room', 'a', TERM='dumb')
            seen = self.read_until(b'Connected, encrypted\r\n')
        self.assertNotIn(b'\x1b', seen)

    def test_quiet(self):
        with serving() as (url, _):
            self.start('listen', url, '--room', 'a', '-n', '1', '--quiet')
            while not run('send', url, 'said', '{"room":"a"}').returncode \
                    and not select.select([self.terminal], [], [], 0.2)[0]:
                pass
            seen = self.read_until(b'\n')
            self.assertEqual(self.finish(), 0)
        self.assertEqual(seen, b'\x1b[1msaid\x1b[0m {"room":"a"}\r\n')


class Color(OnTerminal):
    def connect(self, *args, **more):
        """Returns the output until the program is connected."""
        with serving() as (url, _):
            self.start('listen', url, '--room', 'a', *args, **more)
            return self.read_until(b'Connected, encrypted')

    def test_on_a_terminal(self):
        self.assertIn(b'\x1b[32mConnected, encrypted', self.connect())
        self.tearDown()
        self.assertIn(b'\x1b[32mConnected, encrypted', self.connect(NO_COLOR=''))

    def test_no_color(self):
        seen = self.connect(NO_COLOR='1')
        self.assertIn(b'\x1b[K', seen)
        self.assertNotRegex(seen, rb'\x1b\[\d*m')

    def test_never(self):
        self.assertNotRegex(self.connect('--color=never'), rb'\x1b\[\d*m')

    def test_always(self):
        self.assertIn(b'\x1b[32mConnected, encrypted', self.connect('--color=always', NO_COLOR='1'))

    def test_pipe(self):
        for color, name, error in (('auto', 'said', 'signal-glib:'),
                                   ('always', '\x1b[1msaid\x1b[0m', '\x1b[31msignal-glib:\x1b[0m')):
            with serving() as (url, _), \
                    running('listen', url, '--room', 'tea', '-n', '1', '--color', color) as listener:
                listener.err.wait_for('Connected, encrypted')
                run('send', url, 'said', '{"room":"tea"}')
                self.assertEqual(listener.out.rest(), f'{name} {{"room":"tea"}}\n')
            process = run('send', f'ws://127.0.0.1:{free_port()}/ws', 'a', '1', '--color', color)
            self.assertTrue(process.stderr.startswith(error), process.stderr)

    def test_invalid_value(self):
        self.check_fails(run('send', 'ws://127.0.0.1/ws', 'a', '1', '--color=\x1bblue'), EXIT_USAGE,
                         r'“\\u001bblue” is not auto, always or never')


if __name__ == '__main__':
    tap.main(Terminal, Color)
