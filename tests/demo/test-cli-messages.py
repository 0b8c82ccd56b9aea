#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages and requests of the program signal-glib: what is sent and printed, and the exit status."""
import json
import os
import select
import socket
import subprocess
import tempfile
import time
import unittest

import tap
from cli import (EXIT_FAILED, EXIT_REFUSED, EXIT_SERVER_ERROR, EXIT_TIMED_OUT, EXIT_USAGE, SECONDS,
                 Cli, free_port, run, running, serving)
from plain import TEXT, Server


def receive(peer):
    """Returns the next message of a client, or None at the end."""
    frame = peer.receive()
    return json.loads(frame[1]) if frame is not None and frame[0] == TEXT else None


def send(peer, **message):
    peer.send(TEXT, json.dumps(message).encode())


class Request(Cli):
    def requesting(self, server, *args, **options):
        return running('request', server.url, 'order', '{"n":1}', '--no-encryption', *args, **options)

    def check_exit(self, process, code, text=''):
        self.assertEqual(process.wait(SECONDS), code)
        self.assertIn(text, process.err.rest())

    def test_echo(self):
        payload = '{"big":9007199254740993,"text":"grüße\\u001b"}'
        with serving() as (url, _):
            process = run('request', url, 'order', payload)
            self.assertEqual((process.returncode, process.stdout, process.stderr), (0, payload + '\n', ''))
            process = run('request', url, 'order', '-', stdin='[1,\n 2]')
            self.assertEqual((process.returncode, process.stdout), (0, '[1,2]\n'))
            process = run('request', url, 'order', '"☕"', '--format', 'text')
            self.assertEqual((process.returncode, process.stdout), (0, '☕\n'))

    def test_forwarded(self):
        """A request that names a room reaches its members, and is answered."""
        with serving() as (url, _), \
                running('listen', url, '--room', 'tea', '--json', '-n', '1') as listener:
            listener.err.wait_for('Connected, encrypted')
            process = run('request', url, 'order', '{"room":"tea"}')
            self.assertEqual((process.returncode, process.stdout), (0, '{"room":"tea"}\n'))
            self.assertEqual(json.loads(listener.out.rest()),
                             {'event': 'order', 'payload': {'room': 'tea'}, 'id': None})

    def test_answer(self):
        """Only the message with the ID of the request is the answer."""
        with Server(SECONDS) as server, self.requesting(server) as process:
            peer = server.peer()
            request = receive(peer)
            self.assertEqual((request['event'], request['data']), ('order', {'n': 1}))
            send(peer, event='order', data=1)
            send(peer, event='order', data=2, id='other')
            send(peer, event='anything', id=request['id'])
            peer.answer_close(peer.wait_for_close())
            self.check_exit(process, 0)
            self.assertEqual(process.out.rest(), 'null\n')

    def test_server_error(self):
        with Server(SECONDS) as server, self.requesting(server) as process:
            peer = server.peer()
            send(peer, event='error', data={'message': 'No such order'}, id=receive(peer)['id'])
            peer.answer_close(peer.wait_for_close())
            self.check_exit(process, EXIT_SERVER_ERROR, 'No such order')
            self.assertEqual(process.out.rest(), '')

    def test_timed_out(self):
        with Server(SECONDS) as server, self.requesting(server, '--timeout', '0.2') as process:
            peer = server.peer()
            peer.answer_close(peer.wait_for_close())
            self.check_exit(process, EXIT_TIMED_OUT, 'signal-glib: ')

    def test_timed_out_before_connection(self):
        url = f'ws://127.0.0.1:{free_port()}/ws'
        process = run('request', url, 'a', '1', '--timeout', '0.3', '--max-retries=-1')
        self.check_fails(process, EXIT_TIMED_OUT, 'signal-glib: ')

    def test_lost(self):
        with Server(SECONDS) as server, self.requesting(server) as process:
            peer = server.peer()
            receive(peer)
            peer.send_close(1001, '')
            self.check_exit(process, EXIT_FAILED, 'signal-glib: ')

    def test_failures(self):
        url = f'ws://127.0.0.1:{free_port()}/ws'
        self.check_fails(run('request', url, 'a', '1'), EXIT_FAILED, 'refused')
        self.check_fails(run('request', 'nonsense', 'a', '1'), EXIT_USAGE, 'URL')
        with serving() as (url, _):
            self.check_fails(run('request', url, 'a', '1', token='wrong'), EXIT_REFUSED, 'signal-glib: ')
            self.check_fails(run('request', url, 'a', '{bad'), EXIT_USAGE, 'JSON')
            self.check_fails(run('request', url, '', '1'), EXIT_USAGE, 'event')
            self.check_fails(run('request', url, 'a', '"' + 'x' * 100000 + '"'), EXIT_FAILED, 'limit')

    def test_bad_timeout(self):
        for seconds in ('-1', 'nan', '1e9', 'soon'):
            process = run('request', 'ws://127.0.0.1:1/ws', 'a', '1', f'--timeout={seconds}')
            self.check_fails(process, EXIT_USAGE, 'timeout')


class Send(Cli):
    def sending(self, server, *args, **options):
        return running('send', server.url, 'a', *args, '--no-encryption', **options)

    def send(self, *args, stdin='', code=0):
        """Returns the payloads that a server receives."""
        with Server(SECONDS) as server, self.sending(server, *args, stdin=subprocess.PIPE) as process:
            process.stdin.write(stdin)
            process.stdin.close()
            peer = server.peer()
            payloads = []
            while (message := receive(peer)) is not None:
                payloads.append(message['data'])
            peer.answer_close(1000)
            self.assertEqual(process.wait(SECONDS), code)
            self.assertEqual(process.out.rest(), '')
        return payloads

    def test_wait(self):
        self.assertEqual(self.send('{"b":1}', '--wait'), [{'b': 1}])
        self.assertEqual(self.send('-', '--wait', stdin='[1]\n'), [[1]])
        with serving() as (url, _):
            process = run('send', url, 'a', '1', '-w', '-t', '20')
            self.assertEqual((process.returncode, process.stdout, process.stderr), (0, '', ''))
            self.check_fails(run('send', url, 'a', '{bad', '--wait'), EXIT_USAGE, 'JSON')
            self.check_fails(run('send', url, 'a', '1', '--wait', token='wrong'), EXIT_REFUSED, 'signal-glib: ')
            self.check_fails(run('send', url, 'a', f'"{"x" * 100000}"', '--wait'), EXIT_FAILED, 'limit')
        url = f'ws://127.0.0.1:{free_port()}/ws'
        self.check_fails(run('send', url, 'a', '1', '--wait'), EXIT_FAILED, 'refused')

    def test_timed_out(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            url = f'ws://127.0.0.1:{listener.getsockname()[1]}/ws'
            self.check_fails(run('send', url, 'a', '1', '--timeout=0.2'), EXIT_TIMED_OUT, 'in time')
            self.check_fails(run('send', url, 'a', '--lines', '--timeout=0.2', stdin='1\n'),
                             EXIT_TIMED_OUT, 'in time')

    def test_text(self):
        self.assertEqual(self.send('say "hi" \\ ☕', '--text'), ['say "hi" \\ ☕'])
        self.assertEqual(self.send('-', '--text', stdin='one\ntwo\n'), ['one\ntwo'])
        process = run('send', 'ws://127.0.0.1:1/ws', 'a', '-', '--text', stdin='a\0b')
        self.check_fails(process, EXIT_FAILED, 'NUL')

    def test_lines(self):
        self.assertEqual(self.send('--lines', stdin='1\n\n {"b": [2]} \r\n"3"'), [1, {'b': [2]}, '3'])
        self.assertEqual(self.send('--lines', '--text', stdin='{bad\n\n"b"\n'), ['{bad', '', '"b"'])
        self.assertEqual(self.send('--lines', stdin=''), [])

    def test_many_lines(self):
        numbers = list(range(3000))
        self.assertEqual(self.send('--lines', stdin=''.join(f'{n}\n' for n in numbers)), numbers)

    def test_bad_lines(self):
        for line, error, code in (('{bad', 'Line 3: .*JSON', EXIT_USAGE), ('2\0', 'NUL', EXIT_FAILED),
                                  (f'"{"x" * 100000}"', 'Line 3: .*limit', EXIT_FAILED)):
            with serving() as (url, _):
                process = run('send', url, 'a', '--lines', stdin=f'1\n\n{line}\n4\n')
                self.check_fails(process, code, error)
        self.assertEqual(self.send('--lines', stdin='1\n{bad\n2\n', code=EXIT_USAGE), [1])
        self.check_fails(run('send', 'ws://127.0.0.1:1/ws', 'a', '1', '--lines'), EXIT_USAGE, 'Usage')

    def test_back_pressure(self):
        """A server that does not read keeps the program from reading, until the time is over."""
        line = b'"' + b'x' * 60000 + b'"\n'
        most = 64 * 1024 * 1024
        with Server(SECONDS) as server, \
                self.sending(server, '--lines', '--timeout=2', stdin=subprocess.PIPE) as process:
            peer = server.peer()
            written = 0
            pipe = process.stdin.fileno()
            os.set_blocking(pipe, False)
            while written < most and select.select([], [pipe], [], 1)[1]:
                written += os.write(pipe, line[written % len(line):])
            self.assertLess(written, most)
            self.assertIsNone(process.poll())
            process.err.wait_for('in time')
            self.assertEqual(process.wait(SECONDS), EXIT_TIMED_OUT)
            peer.stream.close()


class Listen(Cli):
    def listen(self, messages, *args):
        """Returns what the program prints of some messages without a room."""
        with Server(SECONDS) as server, \
                running('listen', server.url, '--no-encryption', *args) as process:
            peer = server.peer()
            for message in messages:
                send(peer, **message)
            peer.answer_close(peer.wait_for_close())
            self.assertEqual(process.wait(SECONDS), 0)
            return process.out.rest()

    def test_without_room(self):
        with Server(SECONDS) as server, \
                running('listen', server.url, '--no-encryption', '-n', '1') as process:
            peer = server.peer()
            send(peer, event='a', data=1)
            self.assertIsNone(receive(peer))  # the close frame, and nothing to join a room before
            self.assertEqual(process.out.wait_for('a'), 'a 1\n')

    def test_event(self):
        messages = [{'event': name, 'data': len(name)} for name in ('a', 'b', 'ab', 'ü', 'b')]
        self.assertEqual(self.listen(messages, '-e', 'ü', '--event=b', '-n', '3'),
                         'b 1\nü 1\nb 1\n')

    def test_formats(self):
        messages = ({'event': 'a', 'data': 'x"\n\x1b☕'}, {'event': 'b', 'data': {'c': [1, None]}}, {'event': 'c'})
        for name, expected in (
                ('line', ('a "x\\"\\n\\u001b\\u2615"', 'b {"c": [1, null]}', 'c ')),
                ('json', ('{"event":"a","payload":"x\\"\\n\\u001b\\u2615","id":null}',
                          '{"event":"b","payload":{"c": [1, null]},"id":null}',
                          '{"event":"c","payload":null,"id":null}')),
                ('payload', ('"x\\"\\n\\u001b\\u2615"', '{"c": [1, null]}', 'null')),
                ('text', ('x"', '\\u001b☕', '{"c": [1, null]}', 'null'))):
            self.assertEqual(self.listen(messages, '--format', name, '-n', '3').split('\n'),
                             [*expected, ''], name)

    def test_bad_format(self):
        url = 'ws://127.0.0.1:1/ws'
        self.check_fails(run('listen', url, '--format', 'xml'), EXIT_USAGE, 'xml')
        self.check_fails(run('request', url, 'a', '1', '--format', ''), EXIT_USAGE, 'format')
        self.check_fails(run('listen', url, '--format', 'text', '--json'), EXIT_USAGE, '--json')


class Chat(Cli):
    def chatting(self, server, stdin):
        return running('chat', server.url, '--room', 'a', '--no-encryption', '--max-retries', '0', stdin=stdin)

    def test_unreadable_input(self):
        directory = os.open('/', os.O_RDONLY)
        with Server(SECONDS) as server, self.chatting(server, directory) as process:
            os.close(directory)
            peer = server.peer()
            peer.wait_for_close()
            peer.answer_close(1000)
            self.assertEqual(process.wait(SECONDS), EXIT_FAILED)
            self.assertIn('Cannot read standard input', process.err.rest())

    @unittest.skipUnless(os.path.exists('/proc/self/fdinfo/0'), 'the position in a file is unknown')
    def test_lost(self):
        """Lines are read as fast as they can be written, and the program fails if they are lost."""
        with tempfile.TemporaryFile() as file, Server(SECONDS) as server:
            file.write((b'x' * 65535 + b'\n') * 256)
            file.seek(0)
            with self.chatting(server, file) as process:
                peer = server.peer()
                position = -1
                while (now := self.position_in_input(process)) > position:
                    position = now
                    time.sleep(0.5)
                self.assertLess(position, 65536 * 256)
                peer.stream.shutdown(socket.SHUT_RDWR)
                self.assertEqual(process.wait(SECONDS), EXIT_FAILED)
                self.assertIn('signal-glib: ', process.err.rest())

    @staticmethod
    def position_in_input(process):
        with open(f'/proc/{process.pid}/fdinfo/0', encoding='utf-8') as file:
            return int(file.readline().split()[1])


class Url(Cli):
    """The environment variable SIGNAL_URL."""

    def test_default(self):
        with serving() as (url, _):
            env = {'SIGNAL_URL': url}
            self.assertEqual(run('send', 'a', '1', env=env).returncode, 0)
            self.assertEqual(run('request', 'a', '1', env=env).stdout, '1\n')
            self.assertEqual(run('chat', '--room', 'a', env=env).returncode, 0)
            process = run('listen', env={'SIGNAL_URL': url.replace('/ws', '/other')})
            self.check_fails(process, EXIT_FAILED, '404')

    def test_operand(self):
        """An operand takes precedence."""
        with serving() as (url, _):
            env = {'SIGNAL_URL': f'ws://127.0.0.1:{free_port()}/ws'}
            self.assertEqual(run('request', url, 'a', '1', env=env).stdout, '1\n')

    def test_missing(self):
        url = 'ws://127.0.0.1:1/ws'
        self.check_fails(run('listen'), EXIT_USAGE, 'URL')
        self.check_fails(run('listen', env={'SIGNAL_URL': ''}), EXIT_USAGE, 'URL')
        self.check_fails(run('send', 'a', env={'SIGNAL_URL': url}), EXIT_USAGE, 'URL EVENT JSON')
        self.check_fails(run('send', url, 'a', env={'SIGNAL_URL': url}), EXIT_USAGE, 'URL EVENT JSON')
        self.check_fails(run('serve', '/ws', env={'SIGNAL_URL': url}), EXIT_USAGE, 'Usage')


if __name__ == '__main__':
    tap.main(Request, Send, Listen, Chat, Url)
