#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program “signal-glib serve” as a service: how it ends, and how it works with systemd:
PROGRAM [SERVICE-UNIT SOCKET-UNIT]."""
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import tap
from cli import (EXIT_FAILED, EXIT_USAGE, PROGRAM, SECONDS, TOKEN, Cli, Lines, environment, run, running,
                 serving)
from plain import TEXT, connect

UNITS = sys.argv[2:]
# Runs a command with the socket that is its first argument, as systemd does. LISTEN_PID is that of the program.
ACTIVATE = 'n=$1; shift; [ "$n" = 3 ] || exec 3<&"$n"; LISTEN_PID=$$ LISTEN_FDS=${FDS:-1} exec "$@"'


class Drain(Cli):
    def drained(self, seconds, n_peers, number=signal.SIGTERM, *options):
        """Ends a server with clients. Returns what each of them has received, the code of the close frame and
        the time since the signal."""
        with serving('--no-encryption', '--drain', str(seconds), *options) as (url, process):
            peers = [connect(url, TOKEN, SECONDS) for _ in range(n_peers)]
            start = time.monotonic()
            process.send_signal(number)
            result = []
            for peer in peers:
                opcode, text = peer.receive()
                result.append([json.loads(text) if opcode == TEXT else text[:2]])
            for peer, seen in zip(peers, result):
                if isinstance(seen[0], dict):
                    seen.append(peer.wait_for_close())
                peer.answer_close(1001)
                seen.append(time.monotonic() - start)
            self.assertEqual(process.wait(SECONDS), -number)
            return result

    def test_announced_and_spread(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            result = self.drained(2, 8, number)
            self.assertEqual({json.dumps(seen[0]) for seen in result},
                             {'{"event": "server-closing", "data": {"within": 2000}}'})
            self.assertEqual({seen[1] for seen in result}, {1001})
            # The last of eight connections is closed in the last eighth of the time.
            self.assertGreater(max(seen[2] for seen in result), 1.7)

    def test_other_event(self):
        result = self.drained(1, 1, signal.SIGTERM, '--drain-event', 'bye')
        self.assertEqual(result[0][0]['event'], 'bye')

    def test_no_event(self):
        result = self.drained(1, 1, signal.SIGTERM, '--drain-event=')
        self.assertEqual(result[0][0], b'\x03\xe9')

    def test_served_meanwhile(self):
        with serving('--no-encryption', '--drain', '60') as (url, process):
            peers = [connect(url, TOKEN, SECONDS) for _ in range(2)]
            process.send_signal(signal.SIGTERM)
            for peer in peers:
                peer.receive()
            with self.assertRaises(ConnectionRefusedError):
                connect(url, TOKEN, SECONDS)
            peers[0].send(TEXT, b'{"event":"echo","data":1}')
            self.assertEqual(json.loads(peers[0].receive()[1]), {'event': 'echo', 'data': 1})
            # The second signal does not wait.
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)
            for peer in peers:
                peer.stream.close()

    def test_bad_options(self):
        for option, text in (('--drain=-1', 'Invalid drain'), ('--drain=x', 'drain'),
                             ('--drain-event=join', 'Invalid drain-event'), ('--max-peers=0', 'Invalid max-peers')):
            self.check_fails(run('serve', '--port', '0', option), EXIT_USAGE, text)

    def test_max_peers(self):
        with serving('--no-encryption', '--max-peers', '1') as (url, _):
            peer = connect(url, TOKEN, SECONDS)
            with self.assertRaises(AssertionError):
                connect(url, TOKEN, SECONDS)
            peer.stream.close()

    def test_open_files(self):
        with running('serve', '--port', '0', '--max-peers', '2000', preexec_fn=lambda: limit_files(500, 4000)) \
                as process:
            process.out.wait_for('Listening on')
            limits = pathlib.Path(f'/proc/{process.pid}/limits').read_text()
            self.assertRegex(limits, r'Max open files +2256 ')
        with running('serve', '--port', '0', '--max-peers', '2000', preexec_fn=lambda: limit_files(500, 1000)) \
                as process:
            process.err.wait_for('only 1000 files')
            process.out.wait_for('Listening on')

    def test_quiet(self):
        with running('serve', '--port', '0', '--no-encryption', '--quiet') as process:
            url = process.out.wait_for('Listening on').split()[-1]
            connect(url, TOKEN, SECONDS).stream.close()
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
            self.assertEqual(process.err.rest(), '')


def limit_files(soft, hard):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Manager:
    """The end of systemd, which receives the notifications."""

    def __init__(self, folder, abstract=False):
        path = f'{folder}/notify'
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(SECONDS)
        self.socket.bind('\0' + path if abstract else path)
        self.name = '@' + path if abstract else path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def wait_for(self, wanted):
        """Returns the lines of the next notification that has this line."""
        while True:
            lines = self.socket.recv(4096).decode().splitlines()
            if wanted in lines:
                return lines


@contextlib.contextmanager
def service(*args, listener=None, **variables):
    command = [PROGRAM, 'serve', '--no-encryption', *args]
    if listener is not None:
        command = ['sh', '-c', ACTIVATE, 'sh', str(listener.fileno()), *command]
    process = subprocess.Popen(command, env=environment(**variables), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               pass_fds=[listener.fileno()] if listener else [])
    process.out, process.err = Lines(process.stdout), Lines(process.stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait(SECONDS)


class Systemd(Cli):
    def setUp(self):
        self.folder = self.make_folder()

    def make_folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def test_notify(self):
        for abstract in (False, True):
            with Manager(self.make_folder(), abstract) as manager, \
                    service('--port', '0', '--drain', '1', NOTIFY_SOCKET=manager.name,
                            WATCHDOG_USEC='200000') as process:
                url = process.out.wait_for('Listening on').split()[-1]
                self.assertIn('STATUS=Clients connected: 0', manager.wait_for('READY=1'))
                peer = connect(url, TOKEN, SECONDS)
                self.assertIn('WATCHDOG=1', manager.wait_for('STATUS=Clients connected: 1'))
                for _ in range(3):
                    self.assertNotIn('READY=1', manager.wait_for('WATCHDOG=1'))
                process.terminate()
                self.assertIn('STATUS=Disconnecting; clients left: 1', manager.wait_for('STOPPING=1'))
                # A server that drains does not hang.
                manager.wait_for('WATCHDOG=1')
                self.assertEqual(peer.wait_for_close(), 1001)
                peer.answer_close(1001)
                self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)

    def test_no_watchdog(self):
        """Without a watchdog, or with that of another process."""
        for variables in ({}, {'WATCHDOG_USEC': '1000', 'WATCHDOG_PID': '1'}, {'WATCHDOG_USEC': 'x'}):
            with Manager(self.make_folder()) as manager, \
                    service('--port', '0', NOTIFY_SOCKET=manager.name, **variables) as process:
                lines = manager.wait_for('READY=1')
                self.assertNotIn('WATCHDOG=1', lines)
                process.terminate()
                self.assertNotIn('WATCHDOG=1', manager.wait_for('STOPPING=1'))

    def test_nobody_listens(self):
        """The server does not depend on the service manager."""
        for name in ('/nowhere/notify', 'vsock:2:1', '', '@' + 'x' * 200):
            with service('--port', '0', NOTIFY_SOCKET=name) as process:
                url = process.out.wait_for('Listening on').split()[-1]
                connect(url, TOKEN, SECONDS).stream.close()

    def test_manager_does_not_read(self):
        with Manager(self.folder) as manager, \
                service('--port', '0', NOTIFY_SOCKET=manager.name, WATCHDOG_USEC='4000') as process:
            url = process.out.wait_for('Listening on').split()[-1]
            end = time.monotonic() + 2
            while time.monotonic() < end:
                connect(url, TOKEN, SECONDS).stream.close()

    def test_socket_activation(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
            for _ in range(2):
                with service('--port', '1', listener=listener) as process:
                    url = process.out.wait_for('Listening on').split()[-1]
                    self.assertEqual(url, f'ws://127.0.0.1:{port}/ws')
                    connect(url, TOKEN, SECONDS).stream.close()
                    names = pathlib.Path(f'/proc/{process.pid}/environ').read_bytes()
                    self.assertIn(b'LISTEN_FDS=1', names)  # as it was at first
                    process.terminate()
                    self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)
            # A client that comes while there is no server waits for the next one.
            with socket.create_connection(('127.0.0.1', port), SECONDS), service(listener=listener) as process:
                process.out.wait_for('Listening on')

    def test_bad_sockets(self):
        with socket.socket(socket.AF_UNIX) as local, socket.socket() as idle, \
                socket.create_server(('127.0.0.1', 0)) as listener, open('/dev/null', 'rb') as null:
            local.bind(f'{self.folder}/socket')
            local.listen()
            for file, variables, code, text in (
                    (local, {}, EXIT_USAGE, 'not a TCP socket'), (idle, {}, EXIT_USAGE, 'not listening'),
                    (null, {}, EXIT_FAILED, 'Cannot listen on the socket of systemd'),
                    (listener, {'FDS': '2'}, EXIT_FAILED, 'Cannot listen on the socket of systemd')):
                with service('--port', '0', listener=file, **variables) as process:
                    self.assertEqual(process.wait(SECONDS), code)
                    self.assertIn(text, process.err.rest())

    def test_sockets_of_others(self):
        """The variables are inherited from a process that systemd has started."""
        with service('--port', '0', LISTEN_PID='1', LISTEN_FDS='1') as process:
            process.out.wait_for('Listening on')
        with service('--port', '0', LISTEN_FDS='1') as process:
            process.out.wait_for('Listening on')

    @unittest.skipUnless(shutil.which('systemd-socket-activate'), 'systemd-socket-activate is not installed')
    def test_systemd_socket_activate(self):
        with socket.create_server(('127.0.0.1', 0)) as probe:
            port = probe.getsockname()[1]
        command = ['systemd-socket-activate', '-l', f'127.0.0.1:{port}', '-E', f'SIGNAL_TOKEN={TOKEN}',
                   PROGRAM, 'serve', '--no-encryption']
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                end = time.monotonic() + SECONDS
                while True:
                    try:
                        connect(f'ws://127.0.0.1:{port}/ws', TOKEN, SECONDS).stream.close()
                        break
                    except ConnectionRefusedError:
                        self.assertLess(time.monotonic(), end)
                        time.sleep(0.05)
            finally:
                process.kill()


@unittest.skipUnless(UNITS, 'the units are not installed')
class Units(unittest.TestCase):
    @unittest.skipUnless(shutil.which('systemd-analyze'), 'systemd-analyze is not installed')
    def test_verify(self):
        """The program of the unit does not exist before it is installed."""
        with tempfile.TemporaryDirectory() as folder:
            for unit in UNITS:
                text = pathlib.Path(unit).read_text()
                text = re.sub(r'(?m)^ExecStart="[^"]*"', f'ExecStart="{os.path.abspath(PROGRAM)}"', text)
                pathlib.Path(folder, os.path.basename(unit)).write_text(text)
            process = subprocess.run(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no',
                                      *(f'{folder}/{os.path.basename(unit)}' for unit in UNITS)],
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                     timeout=SECONDS)
        lines = [line for line in process.stdout.splitlines() if 'signal-glib' in line]
        self.assertEqual(lines, [])
        self.assertEqual(process.returncode, 0, process.stdout)

    @unittest.skipUnless(shutil.which('systemd-analyze'), 'systemd-analyze is not installed')
    def test_exposure(self):
        """The unit is as restricted as systemd can tell."""
        process = subprocess.run(['systemd-analyze', 'security', '--offline=yes', '--threshold=25', UNITS[0]],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
        self.assertEqual(process.returncode, 0, process.stdout)

    def test_options(self):
        """The options of the unit exist."""
        help_text = run('serve', '--help').stdout
        command = pathlib.Path(UNITS[0]).read_text().partition('ExecStart=')[2].splitlines()[0]
        for option in shlex.split(command)[2:]:
            self.assertIn(option.split('=')[0], help_text)


if __name__ == '__main__':
    tap.main(Drain, Systemd, Units)
