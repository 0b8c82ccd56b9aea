#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What “signal-glib serve --monitor” tells about the server."""
import contextlib
import json
import os
import resource
import signal
import socket
import time
from unittest import mock

import prometheus
import tap
from cli import EXIT_FAILED, EXIT_USAGE, SECONDS, TOKEN, Cli, run, running
from plain import TEXT, connect


@contextlib.contextmanager
def monitored(*args, monitor='0'):
    """Runs a server; yields its URL, that of the monitor, and its process."""
    with running('serve', '--port', '0', '--no-encryption', '--monitor', monitor, *args) as process:
        monitor = process.out.wait_for('Monitoring on').split()[-1]
        yield process.out.wait_for('Listening on').split()[-1], monitor, process


WITHOUT_BUS = {'signal_bus_connected': 0, 'signal_bus_messages_published_total': 0,
               'signal_bus_messages_received_total': 0, 'signal_bus_messages_dropped_total': 0}


class Monitor(Cli):
    def test_health(self):
        with monitored('--drain', '60') as (url, monitor, process):
            self.assertRegex(monitor, r'^http://127\.0\.0\.1:\d+/$')
            status, headers, text = prometheus.request(monitor, '/healthz')
            self.assertEqual((status, text), (200, 'ok\n'))
            self.assertEqual(headers['Cache-Control'], 'no-store')
            peer = connect(url, TOKEN, SECONDS)
            process.send_signal(signal.SIGTERM)
            peer.receive()
            self.assertEqual(prometheus.request(monitor, '/healthz')[0], 503)
            self.assertEqual(prometheus.metrics(monitor)['signal_peers'].samples, {'': 1})
            peer.answer_close(1000)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)

    def test_metrics(self):
        before = time.time()
        with monitored() as (url, monitor, process):
            families = prometheus.metrics(monitor)
            values = {name: family.samples[''] for name, family in families.items()}
            self.assertLess(abs(values['process_start_time_seconds'] - before), SECONDS)
            self.assertGreater(values['process_resident_memory_bytes'], 1e6)
            self.assertGreater(values['process_open_fds'], 3)
            self.assertGreaterEqual(values['process_max_fds'], values['process_open_fds'])
            self.assertGreater(values['process_cpu_seconds_total'], 0)
            self.assertEqual({name: value for name, value in values.items() if name.startswith('signal_')}, {
                'signal_peers': 0, 'signal_peers_accepted_total': 0, 'signal_authentications_failed_total': 0,
                'signal_messages_received_total': 0, 'signal_messages_sent_total': 0,
                'signal_messages_dropped_total': 0, **WITHOUT_BUS})

            peers = [connect(url, TOKEN, SECONDS) for _ in range(3)]
            with self.assertRaises(AssertionError):
                connect(url, 'wrong', SECONDS)
            peers[0].send(TEXT, json.dumps({'event': 'a', 'data': {'room': 'ws-default'}}).encode())
            peers[1].receive()
            peers[2].receive()
            peers[0].send(TEXT, b'{"event":"secret-event","data":"secret-payload"}')
            peers[0].receive()
            text = prometheus.request(monitor, '/metrics')[2]
            values = {name: family.samples[''] for name, family in prometheus.parse(text).items()
                      if name.startswith('signal_')}
            self.assertEqual(values, {
                'signal_peers': 3, 'signal_peers_accepted_total': 3, 'signal_authentications_failed_total': 1,
                'signal_messages_received_total': 2, 'signal_messages_sent_total': 3,
                'signal_messages_dropped_total': 0, **WITHOUT_BUS})
            self.assertNotIn('secret', text)
            self.assertNotIn(TOKEN, text)
            for peer in peers:
                peer.stream.close()

    def test_other_requests(self):
        with monitored() as (url, monitor, process):
            for path in ('/', '/metrics/', '/healthz/x', '/ws', '//metrics', '/%00', '/metrics%00'):
                self.assertIn(prometheus.request(monitor, path)[0], (400, 404), path)
            for path in ('/metrics', '/healthz'):
                for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get'):
                    status, headers, _ = prometheus.request(monitor, path, method)
                    self.assertEqual((status, headers['Allow']), (405, 'GET, HEAD'), method)
                status, headers, text = prometheus.request(monitor, path, 'HEAD')
                self.assertEqual((status, text), (200, ''))
                self.assertGreater(int(headers['Content-Length']), 0)
            self.assertEqual(prometheus.request(monitor, '/metrics?x=1')[0], 200)
            # Clients cannot reach it on the port of the server.
            self.assertEqual(prometheus.request(url.replace('ws:', 'http:'), '/metrics')[0], 404)

    def test_addresses(self):
        with monitored(monitor='127.0.0.2:0') as (_, monitor, _process):
            self.assertTrue(monitor.startswith('http://127.0.0.2:'))
        with monitored(monitor='localhost:0') as (_, monitor, _process):
            self.assertTrue(monitor.startswith('http://127.0.0.1:'))
        if socket.has_ipv6:
            with contextlib.suppress(OSError), socket.create_server(('::1', 0), family=socket.AF_INET6):
                with monitored(monitor='[::1]:0') as (_, monitor, _process):
                    self.assertTrue(monitor.startswith('http://[::1]:'))
        for text in ('', 'x', ':', '1.2.3.4', '1.2.3.4:', '1.2.3.4:65536', '::1', '::1:80', '[::1]', 'a.example:80',
                     '-1', '80 ', '127.0.0.1:+1'):
            self.check_fails(run('serve', '--port', '0', f'--monitor={text}'), EXIT_USAGE, 'Invalid monitor')

    def test_port_in_use(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
            self.check_fails(run('serve', '--port', '0', f'--monitor={port}'), EXIT_FAILED, f'“{port}”')

    def test_json(self):
        with running('serve', '--port', '0', '--monitor', '0', '--json') as process:
            line = json.loads(process.out.wait_for('monitoring'))
            self.assertEqual(line['status'], 'monitoring')
            self.assertEqual(prometheus.request(line['uri'], '/healthz')[0], 200)

    def test_silent_clients(self):
        """Connections to the monitor that send nothing disturb neither the server nor the monitor."""
        with monitored() as (url, monitor, process), contextlib.ExitStack() as stack:
            port = int(monitor.rstrip('/').rsplit(':', 1)[1])
            before = prometheus.metrics(monitor)['process_open_fds'].samples['']
            for i in range(500):
                stream = stack.enter_context(socket.create_connection(('127.0.0.1', port), SECONDS))
                stream.sendall((b'', b'GET /metr', b'\0\0\0\0', b'GET /metrics HTTP/1.1\r\n')[i % 4])
                # The port has a queue, which is not to be full.
                if i % 50 == 0:
                    self.assertEqual(prometheus.request(monitor, '/healthz')[0], 200)
            after = prometheus.metrics(monitor)['process_open_fds'].samples['']
            self.assertLess(after, before + 100)
            connect(url, TOKEN, SECONDS).stream.close()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SECONDS), -signal.SIGTERM)

    def test_no_open_files(self):
        """A monitor that had no open files left goes on when there are some again."""
        with monitored('--max-peers', '1') as (url, monitor, process), contextlib.ExitStack() as stack:
            before = int(prometheus.metrics(monitor)['process_open_fds'].samples[''])
            limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (before, limits[1]))
            address = monitor.removeprefix('http://').rstrip('/').rsplit(':', 1)
            streams = [socket.create_connection((address[0], int(address[1])), SECONDS) for _ in range(5)]
            for stream in streams:
                stack.enter_context(stream)
            time.sleep(0.2)
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
            self.assertEqual(prometheus.request(monitor, '/healthz')[0], 200)

    def test_large_body(self):
        """What is sent with a request is not kept in memory."""
        # The address sanitizer would keep what has been freed.
        options = os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=1'
        with mock.patch.dict(os.environ, ASAN_OPTIONS=options), monitored() as (url, monitor, process):
            address = monitor.removeprefix('http://').rstrip('/').rsplit(':', 1)
            before = prometheus.metrics(monitor)['process_resident_memory_bytes'].samples['']
            with socket.create_connection((address[0], int(address[1])), SECONDS) as stream:
                stream.sendall(b'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n')
                for _ in range(100):
                    stream.sendall(bytes(1000000))
                after = prometheus.metrics(monitor)['process_resident_memory_bytes'].samples['']
            self.assertLess(after, before + 50e6)


if __name__ == '__main__':
    tap.main(Monitor)
