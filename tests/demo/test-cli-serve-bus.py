#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""“signal-glib serve --redis”: several servers on one bus."""
import contextlib
import json
import time

import prometheus
import tap
from cli import EXIT_USAGE, SECONDS, Cli, free_port, run, running
from plain import TEXT, connect
from redis_responder import Redis

TOKEN = 'a-token-for-tests'
MESSAGE = json.dumps({'event': 'chat', 'data': {'room': 'ws-default', 'n': 1}}).encode()


@contextlib.contextmanager
def server(*args):
    """Yields the URL of a server, that of its monitor, and its process."""
    with running('serve', '--port', '0', '--no-encryption', '--monitor', '0', *args) as process:
        monitor = process.out.wait_for('Monitoring on').split()[-1]
        yield process.out.wait_for('Listening on').split()[-1], monitor, process


def metric(monitor, name):
    return sum(prometheus.metrics(monitor)[name].samples.values())


def wait_until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, 'the condition is not met in time'
        time.sleep(0.02)


class ServeBus(Cli):
    def test_two_servers(self):
        with Redis() as redis, server('--redis', redis.uri) as (one, _, first), \
                server('--redis', redis.uri) as (two, monitor, _):
            first.err.wait_for('Connected to Redis')
            a, b = connect(one, TOKEN, SECONDS), connect(two, TOKEN, SECONDS)
            a.send(TEXT, MESSAGE)
            self.assertEqual(json.loads(b.receive()[1]), json.loads(MESSAGE))
            self.assertEqual(metric(monitor, 'signal_bus_connected'), 1)
            self.assertEqual(metric(monitor, 'signal_bus_messages_received_total'), 1)

    def test_emit(self):
        with Redis() as redis, server('--redis', redis.uri) as (url, _, _process):
            peer = connect(url, TOKEN, SECONDS)
            self.assertEqual(run('emit', '--redis', redis.uri, 'all', 'news', '{"n":2}').returncode, 0)
            self.assertEqual(json.loads(peer.receive()[1]), {'event': 'news', 'data': {'n': 2}})

    def test_workers(self):
        with Redis() as redis, server('--redis', redis.uri, '--workers', '2') as (url, monitor, process):
            wait_until(lambda: metric(monitor, 'signal_bus_connected') == 2)
            peers = [connect(url, TOKEN, SECONDS) for _ in range(10)]
            peers[0].send(TEXT, MESSAGE)
            for peer in peers[1:]:
                self.assertEqual(json.loads(peer.receive()[1]), json.loads(MESSAGE))
            process.terminate()
            self.assertNotIn('same process', process.err.rest())

    def test_channel_prefix(self):
        with Redis() as redis, server('--redis', redis.uri, '--channel-prefix', 'shop:') as (url, _, _process):
            peer = connect(url, TOKEN, SECONDS)
            for args in ((), ('--channel-prefix', 'shop:')):
                run('emit', '--redis', redis.uri, *args, 'all', 'news', str(len(args)))
            self.assertEqual(json.loads(peer.receive()[1]), {'event': 'news', 'data': 2})

    def test_redis_comes_later(self):
        port = free_port()
        with server('--redis', f'redis://127.0.0.1:{port}') as (url, monitor, process):
            process.err.wait_for('Until Redis is available')
            a, b = connect(url, TOKEN, SECONDS), connect(url, TOKEN, SECONDS)
            a.send(TEXT, MESSAGE)
            self.assertEqual(json.loads(b.receive()[1]), json.loads(MESSAGE))
            self.assertEqual(metric(monitor, 'signal_bus_connected'), 0)
            with Redis(port=port) as redis:
                process.err.wait_for('Connected to Redis')
                self.assertEqual(run('emit', '--redis', redis.uri, 'all', 'news').returncode, 0)
                self.assertEqual(json.loads(b.receive()[1]), {'event': 'news'})

    def test_errors(self):
        for args, text in ((('--redis', 'http://localhost'), 'redis://'),
                           (('--redis', 'http://localhost', '--check-config'), 'redis://'),
                           (('--redis', 'rediss://localhost', '--redis-key', 'k.pem'), '--redis-certificate'),
                           (('--redis', 'rediss://localhost', '--redis-ca', '/nonexistent'), 'nonexistent')):
            with self.subTest(args):
                process = run('serve', '--port', '0', *args)
                self.assertNotEqual(process.returncode, 0)
                self.assertRegex(process.stderr, text)
        self.assertEqual(run('serve', '--redis', 'http://a').returncode, EXIT_USAGE)
        self.assertEqual(run('serve', '--port', '0', '--redis', 'redis://localhost', '--check-config').returncode, 0)


if __name__ == '__main__':
    if '-Dredis' in run('emit', '--redis', 'redis://127.0.0.1:1', 'all', 'a').stderr:
        print('1..0 # SKIP the library was built without Redis')
    else:
        tap.main(ServeBus)
