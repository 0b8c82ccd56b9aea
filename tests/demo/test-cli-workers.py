#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The processes of “signal-glib serve --workers”."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import prometheus
import tap
from cli import (EXIT_FAILED, EXIT_USAGE, PROGRAM, SECONDS, TOKEN, Cli, Lines, environment, run,
                 running)
from plain import CLOSE, connect

N_CLIENTS = 20


def wait_until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, 'the condition is not met in time'
        time.sleep(0.02)


def stat_of(pid):
    """The fields of /proc/PID/stat from the state on, or None if there is no such process."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(') ')[2].split()
    return None


def is_running(pid):
    """Whether a thread of the process is left: as long as that is so, its sockets are open."""
    stat = stat_of(pid)
    if stat is None or stat[0] != 'Z':
        return stat is not None
    with contextlib.suppress(OSError):
        return len(list(pathlib.Path(f'/proc/{pid}/task').iterdir())) > 1
    return False


def children(pid):
    return sorted(int(path.name) for path in pathlib.Path('/proc').glob('[0-9]*')
                  if (stat := stat_of(path.name)) and int(stat[1]) == pid and stat[0] != 'Z')


@contextlib.contextmanager
def workers(*args, n=2, **options):
    """Runs a server; yields its URL, that of the monitor, and its process."""
    with running('serve', '--port', '0', '--no-encryption', '--workers', str(n), '--monitor', '0', *args,
                 **options) as process:
        monitor = process.out.wait_for('Monitoring on').split()[-1]
        try:
            yield process.out.wait_for('Listening on').split()[-1], monitor, process
        finally:
            pids = children(process.pid)
            process.kill()
            wait_until(lambda: not any(is_running(pid) for pid in pids))


def peers_of(monitor):
    """The number of clients of each worker."""
    return dict(prometheus.metrics(monitor)['signal_peers'].samples)


@unittest.skipUnless(sys.platform == 'linux', 'this is not Linux')
class Workers(Cli):
    def test_all_serve(self):
        with workers() as (url, monitor, process):
            self.assertIn('same process', process.err.wait_for('rooms'))
            self.assertEqual(len(children(process.pid)), 2)
            self.assertEqual(prometheus.request(monitor, '/healthz')[0], 200)
            peers = [connect(url, TOKEN, SECONDS) for _ in range(N_CLIENTS)]
            wait_until(lambda: sum(peers_of(monitor).values()) == N_CLIENTS)
            self.assertEqual(set(peers_of(monitor)), {'worker="0"', 'worker="1"'})
            self.assertTrue(all(peers_of(monitor).values()))

            families = prometheus.metrics(monitor)
            self.assertEqual(families['signal_workers'].samples, {'': 2})
            self.assertEqual(sum(families['signal_peers_accepted_total'].samples.values()), N_CLIENTS)
            self.assertEqual(set(families['process_resident_memory_bytes'].samples),
                             {'worker="0"', 'worker="1"', 'worker="parent"'})
            process.send_signal(signal.SIGTERM)
            for peer in peers:
                self.assertEqual(peer.wait_for_close(), 1001)
                peer.answer_close(1001)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)

    def test_killed_worker(self):
        with workers() as (url, monitor, process):
            peers = [connect(url, TOKEN, SECONDS) for _ in range(N_CLIENTS)]
            wait_until(lambda: sum(peers_of(monitor).values()) == N_CLIENTS)
            before = children(process.pid)
            os.kill(before[0], signal.SIGKILL)
            process.err.wait_for('ended by signal 9')
            self.assertEqual(prometheus.request(monitor, '/healthz')[0], 200)
            wait_until(lambda: prometheus.metrics(monitor)['signal_workers'].samples == {'': 2})
            after = children(process.pid)
            self.assertEqual(len(set(before) | set(after)), 3)
            self.assertEqual(prometheus.metrics(monitor)['signal_worker_restarts_total'].samples, {'': 1})

            # Some clients have lost their connections, and all can connect.
            left = sum(peers_of(monitor).values())
            self.assertLess(left, N_CLIENTS)
            more = [connect(url, TOKEN, SECONDS) for _ in range(N_CLIENTS)]
            wait_until(lambda: sum(peers_of(monitor).values()) == left + N_CLIENTS)
            self.assertTrue(all(peers_of(monitor).values()))
            for peer in peers + more:
                peer.stream.close()

    def test_no_client_is_refused(self):
        """While a worker is started again, the others accept all connections."""
        with workers() as (url, monitor, process):
            for _ in range(3):
                pids = children(process.pid)
                os.kill(pids[0], signal.SIGKILL)
                wait_until(lambda: not is_running(pids[0]))
                while len(children(process.pid)) < 2:
                    connect(url, TOKEN, SECONDS).stream.close()

    def test_crash_loop(self):
        """A worker that ends again and again is started more and more seldom, and can be stopped then."""
        with workers() as (_, monitor, process):
            for _ in range(3):
                wait_until(lambda: len(children(process.pid)) == 2)
                os.kill(children(process.pid)[-1], signal.SIGKILL)
                process.err.wait_for('ended by signal 9')
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)

    def test_all_killed(self):
        with workers() as (url, monitor, process):
            for pid in children(process.pid):
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: prometheus.metrics(monitor)['signal_worker_restarts_total'].samples == {'': 2})
            wait_until(lambda: prometheus.request(monitor, '/healthz')[0] == 200)
            connect(url, TOKEN, SECONDS).stream.close()

    def test_parent_killed(self):
        """No process is left when the parent is killed, and clients are told."""
        with workers('--drain', '60') as (url, _, process):
            peers = [connect(url, TOKEN, SECONDS) for _ in range(4)]
            pids = children(process.pid)
            process.kill()
            for peer in peers:
                self.assertEqual(peer.wait_for_close(), 1001)
                peer.answer_close(1001)
            wait_until(lambda: not any(is_running(pid) for pid in pids))
            with self.assertRaises(ConnectionRefusedError):
                connect(url, TOKEN, SECONDS)

    def test_drain(self):
        with workers('--drain', '2') as (url, monitor, process):
            peers = [connect(url, TOKEN, SECONDS) for _ in range(8)]
            wait_until(lambda: sum(peers_of(monitor).values()) == 8)
            process.send_signal(signal.SIGINT)
            for peer in peers:
                self.assertEqual(json.loads(peer.receive()[1])['event'], 'server-closing')
            self.assertEqual(prometheus.request(monitor, '/healthz')[0], 503)
            for peer in peers:
                self.assertEqual(peer.wait_for_close(), 1001)
                peer.answer_close(1001)
            self.assertEqual(process.wait(SECONDS), -signal.SIGINT)

    def test_signal_to_all(self):
        """As from a terminal, or from systemd without KillMode=mixed: one signal is not taken for two."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with workers('--drain', '1') as (url, _, process):
                peers = [connect(url, TOKEN, SECONDS) for _ in range(4)]
                os.killpg(process.pid, number)
                for peer in peers:
                    self.assertEqual(json.loads(peer.receive()[1])['event'], 'server-closing')
                    self.assertEqual(peer.receive()[0], CLOSE)
                    peer.answer_close(1001)
                self.assertEqual(process.wait(SECONDS), -number)

    def test_second_signal(self):
        with workers('--drain', '60') as (url, _, process):
            peer = connect(url, TOKEN, SECONDS)
            pids = children(process.pid)
            process.send_signal(signal.SIGTERM)
            peer.receive()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)
            self.assertEqual(peer.wait_for_close(), 1001)
            peer.answer_close(1001)
            wait_until(lambda: not any(is_running(pid) for pid in pids))

    def test_generated_token(self):
        """All processes have the same token, which is not in their arguments."""
        with running('serve', '--port', '0', '--workers', '2', '--no-encryption', token=None) as process:
            url = process.out.wait_for('Listening on').split()[-1]
            token = process.out.wait_for('Token:').split()[-1]
            for _ in range(N_CLIENTS):
                connect(url, token, SECONDS).stream.close()
            for pid in children(process.pid):
                self.assertNotIn(token.encode(), pathlib.Path(f'/proc/{pid}/cmdline').read_bytes())
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
            self.assertNotIn(token, process.err.rest())

    def test_json(self):
        with running('serve', '--port', '0', '--workers', '2', '--no-encryption', '--json') as process:
            url = json.loads(process.out.wait_for('listening'))['uri']
            peer = connect(url, TOKEN, SECONDS)
            line = json.loads(process.out.wait_for('connected'))
            self.assertIn(line['worker'], (0, 1))
            peer.stream.close()

    def test_errors(self):
        with tempfile.NamedTemporaryFile('w') as empty, socket.create_server(('127.0.0.1', 0)) as listener:
            port = str(listener.getsockname()[1])
            for args, code, text in (
                    (('--port', port), EXIT_FAILED, f'Cannot listen on port {port}'),
                    (('--path', 'x'), EXIT_USAGE, 'path'), (('--token-file', empty.name), EXIT_USAGE, 'no token'),
                    (('--tls-certificate', '/nowhere'), EXIT_FAILED, '/nowhere'),
                    (('--monitor', port), EXIT_FAILED, port),
                    (('--workers', '257'), EXIT_USAGE, 'Invalid workers'),
                    (('--workers', '-1'), EXIT_USAGE, 'Invalid workers')):
                self.check_fails(run('serve', '--port', '0', '--workers', '2', *args), code, text)

    def test_same_port_twice(self):
        """SO_REUSEPORT does not let another instance of the program take the port by mistake."""
        with workers() as (url, _, _process):
            port = url.split(':')[2].split('/')[0]
            for more in (('--workers', '2'), ()):
                self.check_fails(run('serve', '--port', port, *more), EXIT_FAILED, 'Cannot listen')

    def test_environment(self):
        """The variable of the workers is set for another program by mistake."""
        for value in ('0', 'x', ''):
            self.check_fails(run('serve', '--port', '0', env={'SIGNAL_GLIB_WORKER': value}), EXIT_USAGE,
                             'SIGNAL_GLIB_WORKER')

    def test_files(self):
        """A worker has no files of the parent but those that are for it."""
        with workers(n=1) as (_, monitor, process):
            pid = children(process.pid)[0]
            targets = [os.readlink(path) for path in pathlib.Path(f'/proc/{pid}/fd').iterdir()]
            monitor_files = [os.readlink(path) for path in pathlib.Path(f'/proc/{process.pid}/fd').iterdir()]
            shared = [name for name in targets if name in monitor_files and name.startswith('socket:')]
            self.assertEqual(shared, [])

    def test_one_worker(self):
        with workers(n=1) as (url, monitor, process):
            connect(url, TOKEN, SECONDS).stream.close()
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
            self.assertNotIn('rooms', process.err.rest())

    def test_systemd(self):
        """The workers share the socket of systemd, and a process that hangs is ended."""
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
                socket.create_server(('127.0.0.1', 0)) as listener:
            manager.settimeout(SECONDS)
            manager.bind(f'{folder}/notify')
            script = f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
            process = subprocess.Popen(['sh', '-c', script, 'sh', PROGRAM, 'serve', '--no-encryption', '--workers=2'],
                                       env=environment(NOTIFY_SOCKET=f'{folder}/notify', WATCHDOG_USEC='3000000'),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       text=True, pass_fds=[listener.fileno()])
            out, err = Lines(process.stdout), Lines(process.stderr)
            try:
                url = out.wait_for('Listening on').split()[-1]
                self.assertEqual(url, f'ws://127.0.0.1:{listener.getsockname()[1]}/ws')
                self.assertIn(b'READY=1', manager.recv(4096))
                for _ in range(N_CLIENTS):
                    connect(url, TOKEN, SECONDS).stream.close()
                hanging = children(process.pid)[0]
                os.kill(hanging, signal.SIGSTOP)
                err.wait_for('does not respond')
                wait_until(lambda: len(children(process.pid)) == 2 and hanging not in children(process.pid))
                connect(url, TOKEN, SECONDS).stream.close()
                process.terminate()
                self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)
            finally:
                process.kill()
                process.wait(SECONDS)

    def test_more_sockets_than_workers(self):
        """No socket of systemd is left to which clients would connect in vain."""
        with socket.create_server(('127.0.0.1', 0)) as first, socket.create_server(('127.0.0.1', 0)) as second:
            script = f'exec 3<&{first.fileno()} 4<&{second.fileno()}; LISTEN_FDS=2 LISTEN_PID=$$ exec "$@"'
            result = subprocess.run(['sh', '-c', script, 'sh', PROGRAM, 'serve', '--workers=1'], env=environment(),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True, pass_fds=[first.fileno(), second.fileno()], timeout=SECONDS,
                                    check=False)
            self.check_fails(result, EXIT_USAGE, '2 sockets')

    def test_hanging_worker_at_the_end(self):
        """A process that does not end is killed, and the program ends."""
        with workers() as (_, _monitor, process):
            pids = children(process.pid)
            os.kill(pids[0], signal.SIGSTOP)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)
            wait_until(lambda: not any(is_running(pid) for pid in pids))


if __name__ == '__main__':
    tap.main(Workers)
