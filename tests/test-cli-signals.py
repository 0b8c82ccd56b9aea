#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the program signal-glib ends when it is interrupted or terminated: in good order, and by the
signal, which is what a shell and systemd look at."""
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
# Less than the 3 seconds for which the library waits for a peer that does not answer its close frame.
AT_ONCE = 2


def talking(server, command='listen', *args, **options):
    return running(command, server.url, '--room', 'a', '--no-encryption', *args,
                   stdin=subprocess.PIPE, **options)


class Signals(Cli):
    def check_killed(self, process, number, seconds=SECONDS):
        self.assertEqual(process.wait(seconds), -number)

    def test_client(self):
        for number in BOTH:
            for command in ('listen', 'chat'):
                with Server(SECONDS) as server, talking(server, command) as process:
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
        """The peer does not answer the close frame; who asks twice does not wait for it."""
        for first in BOTH:
            for second in BOTH:
                with Server(SECONDS) as server, talking(server) as process:
                    peer = server.peer()
                    process.err.wait_for('Connected')
                    process.send_signal(first)
                    peer.wait_for_close()
                    process.send_signal(second)
                    self.check_killed(process, second, AT_ONCE)

    def test_second_signal_to_a_server(self):
        with serving('--no-encryption') as (url, process):
            peer = connect(url, TOKEN, SECONDS)
            process.send_signal(signal.SIGINT)
            peer.wait_for_close()
            process.send_signal(signal.SIGINT)
            self.check_killed(process, signal.SIGINT, AT_ONCE)
            peer.stream.close()

    def test_signal_at_the_end(self):
        """It ends by itself already, and is interrupted at that."""
        with Server(SECONDS) as server, talking(server, 'listen', '-n', '1') as process:
            peer = server.peer()
            peer.send(TEXT, b'{"event":"a"}')
            peer.wait_for_close()
            process.send_signal(signal.SIGINT)
            peer.answer_close(1000)
            self.check_killed(process, signal.SIGINT)

    def test_nobody_reads(self):
        """The program waits for whoever should read what it prints, and not for the main loop."""
        reader, writer = os.pipe()
        with Server(SECONDS) as server, talking(server, stdout=writer) as process:
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

    @unittest.skipUnless(shutil.which('bash'), 'there is no bash here')
    def test_loop(self):
        """Ctrl-C goes to the shell as well, which goes on if the program does not die of it."""
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
