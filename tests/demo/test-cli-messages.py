#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages and requests of the program signal-glib: what is sent and printed, and the exit status."""
import json

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


if __name__ == '__main__':
    tap.main(Request)
