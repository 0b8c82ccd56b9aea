#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command "signal-glib emit": what is published, and the exit status."""
import contextlib
import os
import select
import signal
import socket
import subprocess
import time

import tap
from cli import (EXIT_FAILED, EXIT_REFUSED, EXIT_SERVER_ERROR, EXIT_TIMED_OUT, EXIT_USAGE, PROGRAM, SECONDS,
                 Cli, environment, free_port, run, running)
from redis_responder import Redis

PASSWORD = 'a-password-for-tests'


def publish(*args, stdin='', **settings):
    """Returns what is published: pairs of a channel and a body without the ID of the server."""
    with Redis(**settings) as redis:
        process = run('emit', '--redis', redis.uri, *args, stdin=stdin)
        assert (process.returncode, process.stdout, process.stderr) == (0, '', ''), process
        for _, body in redis.published:
            assert len(body.pop('serverId')) == 36
        return redis.published


@contextlib.contextmanager
def sending(*args):
    """Runs the program until it has sent the first of many lines; yields the server and the process."""
    with Redis() as redis, \
            running('emit', '--redis', redis.uri, 'all', 'a', '--lines', *args, stdin=subprocess.PIPE) as process:
        process.stdin.write('1\n')
        process.stdin.flush()
        end = time.monotonic() + SECONDS
        while not redis.published and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        yield redis, process


class Emit(Cli):
    def test_recipients(self):
        self.assertEqual(publish('room', 'tea', 'order', '{"n":1}'),
                         [('ws:room:tea', {'type': 'room', 'target': 'tea', 'event': 'order', 'data': {'n': 1}})])
        self.assertEqual(publish('user', 'ann', 'order', '[]'),
                         [('ws:user:ann', {'type': 'user', 'target': 'ann', 'event': 'order', 'data': []})])
        self.assertEqual(publish('peer', 'c1', 'order', 'null'),
                         [('ws:client:c1', {'type': 'client', 'target': 'c1', 'event': 'order', 'data': None})])
        self.assertEqual(publish('all', 'order'), [('ws:broadcast', {'type': 'broadcast', 'event': 'order'})])

    def test_except(self):
        for operands in (('room', 'tea', 'order'), ('all', 'order')):
            [(_, body)] = publish(*operands, '--except', 'c1', '--except=c2')
            self.assertEqual(body['exclude'], ['c1', 'c2'])
        self.check_fails(run('emit', '--redis=redis://a', 'user', 'ann', 'a', '--except=b'), EXIT_USAGE, '--except')

    def test_payloads(self):
        for args, stdin, data in ((('12345678901234567890',), '', 12345678901234567890),
                                  (('-',), '[1,\n 2]', [1, 2]),
                                  (('--', '-1'), '', -1),
                                  (('say "hi"', '--text'), '', 'say "hi"'),
                                  (('-', '--text'), 'one\ntwo\n', 'one\ntwo')):
            [(_, body)] = publish('all', 'a', *args, stdin=stdin)
            self.assertEqual(body['data'], data)

    def test_lines(self):
        self.assertEqual([body['data'] for _, body in publish('room', 'tea', 'a', '--lines', stdin='1\n\n [2]\n"3"')],
                         [1, [2], '3'])
        self.assertEqual([body['data'] for _, body in publish('all', 'a', '-l', '--text', stdin='{bad\n\n"b"\n')],
                         ['{bad', '', '"b"'])
        self.assertEqual(publish('all', 'a', '--lines', stdin=''), [])

    def test_back_pressure(self):
        """While Redis does not read, the program stops to read; later it goes on."""
        line = b'"' + b'x' * 60000 + b'"\n'
        most = 64 * 1024 * 1024
        with sending() as (redis, process):
            redis.reading.clear()
            written = 0
            pipe = process.stdin.fileno()
            os.set_blocking(pipe, False)
            while written < most and select.select([], [pipe], [], 1)[1]:
                written += os.write(pipe, line[written % len(line):])
            self.assertLess(written, most)
            self.assertIsNone(process.poll())
            redis.reading.set()
            os.set_blocking(pipe, True)
            os.write(pipe, line[written % len(line):])
            process.stdin.close()
            self.assertEqual(process.wait(SECONDS), 0)
            self.assertEqual([len(body['data']) for _, body in redis.published[1:]],
                             [60000] * (written // len(line) + 1))

    def test_bad_line(self):
        with Redis() as redis:
            process = run('emit', '--redis', redis.uri, 'all', 'a', '--lines', stdin='1\n\n{bad\n4\n')
            self.check_fails(process, EXIT_USAGE, 'Line 3: .*JSON')
            self.assertEqual([body['data'] for _, body in redis.published], [1])
            process = run('emit', '--redis', redis.uri, 'all', 'a', '--lines', stdin='2\0\n')
            self.check_fails(process, EXIT_FAILED, 'NUL')

    def test_channel_prefix(self):
        self.assertEqual([channel for channel, _ in publish('all', 'a', '--channel-prefix', 'shop:')],
                         ['shop:ws:broadcast'])

    def test_environment(self):
        with Redis(password=PASSWORD) as redis:
            uri = redis.uri.replace('//', f'//:{PASSWORD}@')
            process = run('emit', 'all', 'a', env={'SIGNAL_REDIS': uri})
            self.assertEqual((process.returncode, process.stderr), (0, ''))
            self.assertEqual(len(redis.published), 1)
            # The option is preferred.
            process = run('emit', 'all', 'a', '--redis', redis.uri, env={'SIGNAL_REDIS': uri})
            self.check_fails(process, EXIT_REFUSED, 'password')
            process = run('emit', 'all', 'a', '--redis', redis.uri.replace('//', '//:wrong-one@'))
            self.check_fails(process, EXIT_REFUSED, 'password')
            self.assertNotIn('wrong-one', process.stderr)


class Failures(Cli):
    def test_usage(self):
        for operands in ((), ('somebody', 'a'), ('all',), ('all', 'a', '1', '2'), ('room', 'tea'),
                         ('user', 'ann', 'a', '1', '2'), ('all', 'a', '1', '--lines')):
            self.check_fails(run('emit', '--redis=redis://127.0.0.1:1', *operands), EXIT_USAGE, 'Usage: .*emit')
        self.check_fails(run('emit', 'all', 'a'), EXIT_USAGE, 'SIGNAL_REDIS')
        self.check_fails(run('emit', '--redis=redis://a', 'all', 'a', '--tls-key=b'), EXIT_USAGE, '--tls-cert')
        self.check_fails(run('emit', '--redis=redis://a', 'all', 'a', '--tls-ca=/nowhere'), EXIT_FAILED, '/nowhere')
        self.check_fails(run('emit', '--redis=redis://a', 'all', 'a', '--timeout=-1'), EXIT_USAGE, 'timeout')

    def test_bad_uri(self):
        for uri in ('nonsense', 'http://a', 'redis://', 'redis://ann@a', b'redis://\xff', f'redis://:{PASSWORD}@a/b'):
            process = run('emit', '--redis', uri, 'all', 'a')
            self.check_fails(process, EXIT_USAGE, 'URI')
            self.assertNotIn(PASSWORD, process.stderr)

    def test_not_available(self):
        process = run('emit', '--redis', f'redis://:{PASSWORD}@127.0.0.1:{free_port()}', 'all', 'a')
        self.check_fails(process, EXIT_FAILED, 'Redis at “127.0.0.1:.*refused')
        self.assertNotIn(PASSWORD, process.stderr)

    def test_not_redis(self):
        with socket.create_server(('127.0.0.1', 0)) as listener, \
                running('emit', '--redis', f'redis://127.0.0.1:{listener.getsockname()[1]}', 'all', 'a') as process:
            listener.settimeout(SECONDS)
            connections = [listener.accept()[0], listener.accept()[0]]
            for connection in connections:
                connection.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n')
            self.assertEqual(process.wait(SECONDS), EXIT_FAILED)
            for connection in connections:
                connection.close()

    def test_bad_message(self):
        with Redis() as redis:
            for args, error in ((('all', 'a', '{bad'), 'JSON'), (('all', 'join'), 'join'), (('all', ''), 'event'),
                                (('room', '', 'a'), 'room'), (('user', '', 'a'), 'user')):
                self.check_fails(run('emit', '--redis', redis.uri, *args), EXIT_USAGE, error)
            self.assertEqual(redis.published, [])

    def test_refused(self):
        for refusal, code in (('NOPERM this user has no permissions', EXIT_REFUSED),
                              ('OOM command not allowed', EXIT_SERVER_ERROR)):
            with Redis(refuse=refusal) as redis:
                self.check_fails(run('emit', '--redis', redis.uri, 'all', 'a'), code, refusal)

    def test_timed_out(self):
        with Redis(mute=True) as redis:
            process = run('emit', '--redis', redis.uri, 'all', 'a', '--timeout=0.2')
            self.check_fails(process, EXIT_TIMED_OUT, 'in time')

    def test_unconfirmed(self):
        """Redis stops answering when it is connected."""
        with sending('--timeout=1') as (redis, process):
            redis.mute = True
            process.stdin.write('2\n')
            process.stdin.close()
            self.assertEqual(process.wait(SECONDS), EXIT_TIMED_OUT)
            process.err.wait_for('in time')

    def test_lost(self):
        with sending() as (redis, process):
            redis.drop()
            self.assertEqual(process.wait(SECONDS), EXIT_FAILED)
            process.err.wait_for('Redis')

    def test_interrupt(self):
        with sending() as (_, process):
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(SECONDS), -signal.SIGINT)


def is_supported():
    """Returns whether the library was built with Redis."""
    process = subprocess.run([PROGRAM, 'emit', '--redis=redis://127.0.0.1:1', 'all', 'a'], env=environment(),
                             stderr=subprocess.PIPE, text=True, timeout=SECONDS)
    return '-Dredis' not in process.stderr


if __name__ == '__main__':
    if is_supported():
        tap.main(Emit, Failures)
    print('1..0 # SKIP the library was built without Redis')
