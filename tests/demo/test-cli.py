#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program signal-glib: its output, its exit codes, and that it terminates."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import tap
from cli import (EXIT_FAILED, EXIT_REFUSED, EXIT_USAGE, PROGRAM, SECONDS, TOKEN, Cli, environment,
                 responding, free_port, run, running, serving)


class Arguments(Cli):
    def test_help(self):
        for command in ((), ('serve',), ('listen',), ('send',), ('request',), ('chat',), ('emit',)):
            process = run(*command, '--help')
            self.assertEqual(process.returncode, 0)
            self.assertIn('Exit status:', process.stdout)
            self.assertIn('Usage:', process.stdout)

    def test_version(self):
        self.assertRegex(run('--version').stdout, r'^signal-glib \d+\.\d+\.\d+\n$')

    def test_no_command(self):
        self.check_fails(run(), EXIT_USAGE, 'No command given')

    def test_unknown_command(self):
        self.check_fails(run('foo\x1b'), EXIT_USAGE, r'Unknown command “foo\\u001b”')

    def test_unknown_option(self):
        self.check_fails(run('listen', '--token', 'x'), EXIT_USAGE, 'Unknown option --token')

    def test_missing_operand(self):
        self.check_fails(run('send', 'ws://127.0.0.1/ws'), EXIT_USAGE, 'URL EVENT JSON')

    def test_no_room(self):
        self.check_fails(run('chat', 'ws://127.0.0.1/ws'), EXIT_USAGE, '--room')

    def test_bad_port(self):
        self.check_fails(run('serve', '--port', '65536'), EXIT_USAGE, 'Invalid port')

    def test_no_token(self):
        process = run('send', 'ws://127.0.0.1:1/ws', 'a', '1', token=None)
        self.check_fails(process, EXIT_USAGE, '--token-file')

    def test_bad_token_file(self):
        process = run('send', 'ws://127.0.0.1:1/ws', 'a', '1', '--token-file', '/nowhere')
        self.check_fails(process, EXIT_USAGE, '/nowhere')
        process = run('send', 'ws://127.0.0.1:1/ws', 'a', '1', '--token-file', '/dev/null')
        self.check_fails(process, EXIT_USAGE, 'contains no token')


class BadInput(Cli):
    def test_bad_url(self):
        for url in ('', 'nonsense', 'http://127.0.0.1/ws', 'ws://', 'ws://[::1/ws'):
            process = run('send', url, 'a', '1')
            self.assertIn(process.returncode, (EXIT_FAILED, EXIT_USAGE), url)
            self.check_fails(process, process.returncode, 'URL')

    def test_cleartext(self):
        process = run('listen', 'ws://192.0.2.1/ws', '--room', 'a')
        self.check_fails(process, EXIT_FAILED, r'wss://|cleartext|encrypt')

    def test_not_a_websocket(self):
        response = b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
        with responding(response) as url:
            self.check_fails(run('send', url, 'a', '1'), EXIT_FAILED, '404')
            self.check_fails(run('listen', url, '--room', 'a'), EXIT_FAILED, '404')

    def test_garbage(self):
        with responding(b'\x00\x01 what?\r\n\r\n') as url:
            self.check_fails(run('send', url, 'a', '1'), EXIT_FAILED, 'signal-glib: ')

    def test_repeated(self):
        """Many clients in a row: the initialization of their threads has no races."""
        url = f'ws://127.0.0.1:{free_port()}/ws'
        for _ in range(200):
            self.check_fails(run('send', url, 'a', '1'), EXIT_FAILED, 'refused')

    def test_connection_refused(self):
        url = f'ws://127.0.0.1:{free_port()}/ws'
        self.check_fails(run('send', url, 'a', '1'), EXIT_FAILED, 'refused')
        self.check_fails(run('chat', url, '--room', 'a'), EXIT_FAILED, 'refused')

    def test_bad_message(self):
        with serving() as (url, _):
            self.check_fails(run('send', url, 'a', '{bad'), EXIT_USAGE, 'JSON')
            self.check_fails(run('send', url, 'join', '{}'), EXIT_USAGE, 'join')
            self.check_fails(run('send', url, '', '{}'), EXIT_USAGE, 'event')
            self.check_fails(run('send', url, 'a', '-', stdin='"' + 'x' * 200000 + '"'),
                             EXIT_FAILED, 'limit')
            self.check_fails(run('listen', url, '--room', ''), EXIT_USAGE, 'room')

    def test_port_in_use(self):
        with serving() as (url, _):
            port = re.search(r':(\d+)/', url).group(1)
            self.check_fails(run('serve', '--port', port), EXIT_FAILED, port)

    def test_refused_token(self):
        with serving() as (url, _):
            for command in (('send', url, 'a', '1'), ('request', url, 'a', '1'), ('listen', url, '--room', 'a'),
                            ('chat', url, '--room', 'a')):
                process = run(*command, token='wrong')
                self.check_fails(process, EXIT_REFUSED, 'signal-glib: ')
                self.assertNotIn('wrong', process.stderr)

    def test_other_ecdh_info(self):
        with serving('--ecdh-info', 'something-else') as (url, _):
            with running('listen', url, '--room', 'a', '-n', '1') as listener:
                listener.err.wait_for('Connected, encrypted')
                self.assertEqual(run('send', url, 'a', '{"room":"a"}',
                                     '--ecdh-info', 'something-else').returncode, 0)
                listener.err.wait_for('Warning: ')

    def test_silent_server(self):
        listener = socket.create_server(('127.0.0.1', 0))
        with listener, running('listen', f'ws://127.0.0.1:{listener.getsockname()[1]}/ws',
                               '--room', 'a') as process:
            process.err.wait_for('Connecting')
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(SECONDS), -signal.SIGINT)


class Origins(Cli):
    def request(self, url, origin):
        """Returns the status of the response to an upgrade request with an Origin header."""
        host = url.split('/')[2]
        name, port = host.split(':')
        with socket.create_connection((name, int(port)), SECONDS) as connection:
            connection.sendall((f'GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n'
                                'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                                'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n').encode())
            with connection.makefile('rb') as response:
                return int(response.readline().split()[1])

    def test_default(self):
        with serving() as (url, _):
            self.assertEqual(self.request(url, 'https://example.org'), 403)
            self.assertEqual(self.request(url, url.replace('ws:', 'http:').removesuffix('/ws')), 101)

    def test_allowed(self):
        with serving('--allow-origin', 'https://example.org', '--allow-origin=null') as (url, _):
            self.assertEqual(self.request(url, 'https://example.org'), 101)
            self.assertEqual(self.request(url, 'null'), 101)
            self.assertEqual(self.request(url, 'https://example.com'), 403)
            self.assertEqual(run('send', url, 'a', '1').returncode, 0)

    def test_bad(self):
        self.check_fails(run('serve', '--port', '0', '--allow-origin', 'example.org'), EXIT_USAGE,
                         'example.org')


class Commands(Cli):
    def test_send_and_listen(self):
        payload = '{"room" : "tea","big":9007199254740993,"text":"grüße ☕"}'
        with serving() as (url, _), \
                running('listen', url, '--room', 'tea', '--json', '-n', '2') as listener:
            listener.err.wait_for('Connected, encrypted')
            process = run('send', url, 'order', payload)
            self.assertEqual(process.returncode, 0, process.stderr)
            process = run('send', url, 'order', '-', stdin='{"room":\n"tea"}\n')
            self.assertEqual(process.returncode, 0, process.stderr)
            output = listener.out.rest()
            self.assertEqual(listener.wait(SECONDS), 0)
        messages = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([set(message) for message in messages], [{'event', 'payload', 'id'}] * 2)
        self.assertEqual(messages[0]['event'], 'order')
        self.assertEqual(messages[0]['payload'], json.loads(payload))
        self.assertEqual(messages[1]['payload'], {'room': 'tea'})
        self.assertIn('9007199254740993', output)

    def test_log_has_no_secrets(self):
        with serving() as (url, _):
            process = run('send', url, 'order', '{"sugar":"hidden-payload"}',
                          env={'G_MESSAGES_DEBUG': 'all'})
        log = process.stdout + process.stderr
        self.assertEqual(process.returncode, 0, log)
        self.assertIn('DEBUG', log)
        self.assertNotIn(TOKEN, log)
        self.assertNotIn('hidden-payload', log)

    def test_other_room(self):
        with serving() as (url, _), \
                running('listen', url, '--room', 'tea', '-n', '1') as listener:
            listener.err.wait_for('Connected, encrypted')
            run('send', url, 'order', '{"room":"coffee","n":1}')
            run('send', url, 'order', '{"room":"tea","n":2}')
            output = listener.out.rest()
        self.assertIn('order', output)
        self.assertIn('"n":2', output)

    def test_terminal_is_safe(self):
        with serving() as (url, _), \
                running('listen', url, '--room', 'tea', '-n', '1') as listener:
            listener.err.wait_for('Connected, encrypted')
            run('send', url, 'a\x1b[2J', '{"room":"tea","t":"\x9b\x7f"}')
            output = listener.out.rest()
        self.assertIn('\\u001b', output)
        self.assertFalse(re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f]', output), repr(output))

    def test_chat(self):
        with serving() as (url, _), running('chat', url, '--room', 'tea', '--name', 'ann',
                                            stdin=subprocess.PIPE) as ann:
            ann.err.wait_for('Connected, encrypted')
            process = run('chat', url, '--room', 'tea', '--name', 'bob', stdin='hi\n\nbye')
            self.assertEqual(process.returncode, 0, process.stderr)
            ann.out.wait_for('bob: hi')
            ann.out.wait_for('bob: bye')
            ann.stdin.close()
            self.assertEqual(ann.wait(SECONDS), 0)

    def test_chat_json(self):
        with serving() as (url, _), \
                running('chat', url, '--room', 'tea', '--json', stdin=subprocess.PIPE) as listener:
            listener.err.wait_for('Connected, encrypted')
            run('chat', url, '--room', 'tea', '--name', 'bob', stdin='hi')
            line = listener.out.wait_for('bob')
        self.assertEqual(json.loads(line), {'event': 'chat', 'id': None, 'payload': {
            'room': 'tea', 'from': 'bob', 'text': 'hi'}})

    def test_serve_json(self):
        with running('serve', '--port', '0', '--json', token=None) as server:
            address = json.loads(server.out.wait_for('listening'))
            self.assertEqual(set(address), {'status', 'uri', 'token'})
            process = run('send', address['uri'], 'a', '1', token=address['token'])
            self.assertEqual(process.returncode, 0, process.stderr)
            connected = json.loads(server.out.wait_for('"connected"'))
            disconnected = json.loads(server.out.wait_for('"disconnected"'))
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.err.rest(), '')
        self.assertEqual(connected, {'status': 'connected', 'id': disconnected['id'], 'clients': 1})
        self.assertEqual(disconnected['clients'], 0)
        with running('serve', '--port', '0', '--json') as server:
            self.assertIsNone(json.loads(server.out.wait_for('listening'))['token'])

    def test_send_is_silent(self):
        with serving() as (url, _):
            process = run('send', url, 'a', '1')
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, '', ''))

    def test_quiet(self):
        with serving() as (url, _), \
                running('listen', url, '--room', 'a', '-n', '1', '-q') as listener:
            while listener.poll() is None:
                self.assertEqual(run('send', url, 'x', '{"room":"a"}').returncode, 0)
            self.assertEqual(listener.err.rest(), '')

    def test_many_lines(self):
        lines = ''.join(f'{i}\n' for i in range(1000))
        with serving() as (url, _), \
                running('listen', url, '--room', 'tea', '--json', '-n', '1000') as listener:
            listener.err.wait_for('Connected, encrypted')
            self.assertEqual(run('chat', url, '--room', 'tea', stdin=lines).returncode, 0)
            output = listener.out.rest()
        texts = [json.loads(line)['payload']['text'] for line in output.splitlines()]
        self.assertEqual(texts, lines.split())

    def test_token_sources(self):
        with tempfile.NamedTemporaryFile('w') as file, serving(token=None) as (url, server):
            token = server.out.wait_for('Token: ').split()[-1]
            self.assertGreaterEqual(len(token), 32)
            file.write(token + '\n')
            file.flush()
            process = run('send', url, 'a', '1', '--token-file', file.name, token='wrong')
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertEqual(run('send', url, 'a', '1', token=token).returncode, 0)

    def test_given_token_is_not_printed(self):
        with serving() as (url, server):
            server.send_signal(signal.SIGTERM)
            self.assertNotIn(TOKEN, server.out.rest())
            self.assertEqual(server.wait(SECONDS), -signal.SIGTERM)

    def test_interrupt(self):
        with serving() as (url, server), running('listen', url, '--room', 'a') as listener:
            listener.err.wait_for('Connected, encrypted')
            listener.send_signal(signal.SIGINT)
            self.assertEqual(listener.wait(SECONDS), -signal.SIGINT)
            server.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(SECONDS), -signal.SIGINT)

    def test_closed_output(self):
        reader, writer = os.pipe()
        with serving() as (url, _), \
                running('listen', url, '--room', 'a', stdout=writer) as listener:
            os.close(writer)
            listener.err.wait_for('Connected, encrypted')
            os.close(reader)
            run('send', url, 'x', '{"room":"a"}')
            self.assertNotEqual(listener.wait(SECONDS), 0)

    @unittest.skipUnless(os.path.exists('/dev/full'), 'there is no /dev/full')
    def test_full_output(self):
        """The program is not successful without its output, and says why."""
        with serving() as (url, _), open('/dev/full', 'wb') as full:
            for args in (('--version',), ('--help',), ('serve', '--help'), ('send', '--help'),
                         ('serve', '--check-config'), ('request', url, 'a', '1')):
                process = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=full,
                                         stderr=subprocess.PIPE, text=True, env=environment(), timeout=SECONDS,
                                         check=False)
                self.check_fails(process, EXIT_FAILED, 'Cannot write to standard output')

    @unittest.skipUnless(os.path.exists('/dev/full'), 'there is no /dev/full')
    def test_full_output_of_server(self):
        """Nobody can connect to a server whose generated token is lost."""
        for more in ((), ('--workers', '2') if sys.platform == 'linux' else ('--json',)):
            with open('/dev/full', 'wb') as full, \
                    running('serve', '--port', '0', *more, token=None, stdout=full) as server:
                server.err.wait_for('Cannot write to standard output')
                self.assertEqual(server.wait(SECONDS), EXIT_FAILED)

    def test_missing_output(self):
        """The output is not written to a descriptor that the program has opened for itself instead."""
        with serving() as (url, _):
            process = subprocess.run(['sh', '-c', 'exec "$@" >&-', 'sh',
                                      PROGRAM, 'request', url, 'a', '"8byte"'],
                                     stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                     env=environment(), timeout=SECONDS, check=False)
            self.check_fails(process, EXIT_FAILED, 'Cannot write to standard output: Bad file descriptor')

    def test_nonblocking_output(self):
        """Another program that shares the output has made it non-blocking, and it is full."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b'x' * 4096)
        with serving() as (url, _), running('request', url, 'a', '"answer"', stdout=writer) as requester, \
                open(reader, 'rb') as output:
            os.close(writer)
            with self.assertRaises(subprocess.TimeoutExpired):
                requester.wait(0.5)
            self.assertTrue(output.read().endswith(b'x"answer"\n'))
            self.assertEqual(requester.wait(SECONDS), 0)


class Reconnect(Cli):
    def test_listen(self):
        port = str(free_port())
        with serving('--port', port) as (url, server):
            with running('listen', url, '--room', 'tea', '-n', '1') as listener:
                listener.err.wait_for('Connected, encrypted')
                server.terminate()
                server.wait(SECONDS)
                line = listener.err.wait_for('Reconnecting')
                self.assertRegex(line, r'Reconnecting \(attempt 1\) in \d+\.\d s')
                with serving('--port', port):
                    listener.err.wait_for('Connected, encrypted')
                    run('send', url, 'x', '{"room":"tea"}')
                    self.assertEqual(listener.wait(SECONDS), 0)

    def test_trace(self):
        port = str(free_port())
        with serving('--port', port) as (url, server), \
                running('listen', url, '--room', 'tea', '-n', '1', '--trace') as listener:
            listener.err.wait_for(': authenticated: ')
            server.terminate()
            server.wait(SECONDS)
            listener.err.wait_for(': reconnecting: ')
            with serving('--port', port):
                listener.err.wait_for(': authenticated: ')
                run('send', url, 'x', '{"room":"tea"}')
                self.assertEqual(listener.wait(SECONDS), 0)
            text = ''.join(listener.err.seen) + listener.err.rest()
        lines = re.findall(r'^trace: ([\d.]+) ms \(\+([\d.]+)\): (\w+): (.+)$', text, re.MULTILINE)
        self.assertEqual([line[2] for line in lines][:5],
                         ['connecting', 'connected', 'authenticating', 'authenticated',
                          'reconnecting'])
        self.assertEqual([line[2] for line in lines][-2:], ['authenticated', 'disconnected'])
        self.assertRegex(lines[4][3], r'; retry 1 in \d+ ms$')
        self.assertEqual(lines[5][3], 'starting retry 1')
        times = [float(line[0]) for line in lines]
        self.assertEqual(times, sorted(times))
        for before, line in zip(times, lines[1:]):
            self.assertAlmostEqual(float(line[0]) - before, float(line[1]), delta=0.2)
        statistics = dict(re.findall(r'^trace: ([\w-]+): (\d+)$', text, re.MULTILINE))
        self.assertEqual(set(statistics), {'attempts', 'reconnects', 'messages-sent',
                                        'messages-received', 'bytes-sent', 'bytes-received'})
        self.assertEqual(statistics['reconnects'], '1')
        self.assertEqual(statistics['messages-received'], '1')
        self.assertGreaterEqual(int(statistics['attempts']), 2)
        self.assertNotIn(TOKEN, text)

    def test_no_trace(self):
        with serving() as (url, _):
            process = run('send', url, 'a', '1')
            self.assertNotIn('trace:', process.stderr)

    def test_max_retries(self):
        with serving() as (url, server):
            with running('listen', url, '--room', 'a', '--max-retries', '0') as listener:
                listener.err.wait_for('Connected, encrypted')
                server.terminate()
                self.assertEqual(listener.wait(SECONDS), EXIT_FAILED)

    def test_wait(self):
        port = str(free_port())
        url = f'ws://127.0.0.1:{port}/ws'
        with running('listen', url, '--room', 'a', '--wait') as listener:
            listener.err.wait_for('Reconnecting')
            with serving('--port', port):
                listener.err.wait_for('Connected, encrypted')


if __name__ == '__main__':
    tap.main(Arguments, BadInput, Origins, Commands, Reconnect)
