#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the program signal-glib handles SIGINT and SIGTERM: it closes its connections and then terminates
by the signal, which a shell and systemd check."""
import os
import shutil
import signal
import socket
import subprocess
import unittest

import tap
from cli import PROGRAM, SECONDS, TOKEN, Cli, environment, running, serving
from plain import TEXT, Server, connect

BOTH = (signal.SIGINT, signal.SIGTERM)
# Less than the 3 seconds for which the library waits for the close frame of the peer.
IMMEDIATE_SECONDS = 2


def running_client(server, command='listen', *args, **options):
    return running(command, server.url, '--room', 'a', '--no-encryption', *args,
                   stdin=subprocess.PIPE, **options)


class Signals(Cli):
    def check_killed(self, process, number, seconds=SECONDS):
        self.assertEqual(process.wait(seconds), -number)

    def test_client(self):
        for number in BOTH:
            for command in ('listen', 'chat'):
                with Server(SECONDS) as server, running_client(server, command) as process:
                    peer = server.peer()
                    process.err.wait_for('Connected')
                    process.send_signal(number)
                    self.assertEqual(peer.wait_for_close(), 1000)
                    peer.answer_close(1000)
                    self.check_killed(process, number)
                    self.assertNotIn('signal-glib:', process.err.rest())

    def test_client_without_connection(self):
        for number in BOTH:
            with socket.create_server(('127.0.0.1', 0)) as listener:
                url = f'ws://127.0.0.1:{listener.getsockname()[1]}/ws'
                with running('listen', url, '--room', 'a') as process:
                    process.err.wait_for('Connecting')
                    process.send_signal(number)
                    self.check_killed(process, number)
            with running('listen', url, '--room', 'a', '--wait') as process:
                process.err.wait_for('Reconnecting')
                process.send_signal(number)
                self.check_killed(process, number)

    def test_serve(self):
        for number in BOTH:
            with serving('--no-encryption') as (url, process):
                peer = connect(url, TOKEN, SECONDS)
                process.send_signal(number)
                self.assertEqual(peer.wait_for_close(), 1001)
                peer.answer_close(1001)
                self.check_killed(process, number)

    def test_second_signal(self):
        """A second signal terminates the program, although the peer has not sent its close frame."""
        for first in BOTH:
            for second in BOTH:
                with Server(SECONDS) as server, running_client(server) as process:
                    peer = server.peer()
                    process.err.wait_for('Connected')
                    process.send_signal(first)
                    peer.wait_for_close()
                    process.send_signal(second)
                    self.check_killed(process, second, IMMEDIATE_SECONDS)

    def test_second_signal_to_server(self):
        with serving('--no-encryption') as (url, process):
            peer = connect(url, TOKEN, SECONDS)
            process.send_signal(signal.SIGINT)
            peer.wait_for_close()
            process.send_signal(signal.SIGINT)
            self.check_killed(process, signal.SIGINT, IMMEDIATE_SECONDS)
            peer.stream.close()

    def test_signal_while_disconnecting(self):
        """The program is interrupted while it disconnects."""
        with Server(SECONDS) as server, running_client(server, 'listen', '-n', '1') as process:
            peer = server.peer()
            peer.send(TEXT, b'{"event":"a"}')
            peer.wait_for_close()
            process.send_signal(signal.SIGINT)
            peer.answer_close(1000)
            self.check_killed(process, signal.SIGINT)

    def test_blocked_output(self):
        """A signal is handled while a write to a full pipe blocks the main loop."""
        reader, writer = os.pipe()
        with Server(SECONDS) as server, running_client(server, stdout=writer) as process:
            os.close(writer)
            peer = server.peer()
            peer.stream.settimeout(1)
            try:
                while True:
                    peer.send(TEXT, b'{"event":"a","data":"%s"}' % (b'x' * 60000))
            except TimeoutError:
                pass
            process.send_signal(signal.SIGINT)
            self.check_killed(process, signal.SIGINT)
        os.close(reader)

    @unittest.skipUnless(shutil.which('bash'), 'bash is not installed')
    def test_loop(self):
        """Ctrl-C is sent to the shell as well, which continues unless the program terminates by the signal."""
        script = 'for i in 1 2 3; do "$0" listen "$1" --room a --no-encryption; echo "round $i"; done'
        with Server(SECONDS) as server, \
                subprocess.Popen(['bash', '-c', script, PROGRAM, server.url], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, env=environment(),
                                 start_new_session=True, text=True) as shell:
            peer = server.peer()
            os.killpg(shell.pid, signal.SIGINT)
            self.assertEqual(peer.wait_for_close(), 1000)
            peer.answer_close(1000)
            try:
                self.assertEqual(shell.communicate(timeout=SECONDS)[0], '')
            finally:
                if shell.poll() is None:
                    os.killpg(shell.pid, signal.SIGKILL)
        self.assertEqual(shell.returncode, -signal.SIGINT)


if __name__ == '__main__':
    tap.main(Signals)
