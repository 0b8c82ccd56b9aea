#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a server can make the program signal-glib print: no characters that a terminal interprets, and
only valid JSON."""
import json
import re
import subprocess

import tap
from cli import SECONDS, Cli, responding, run, running
from plain import TEXT, Server

# C0, DEL, C1, characters that change the direction of text, and line and paragraph separators.
CONTROLS = ''.join(map(chr, [*range(0x01, 0x20), *range(0x7f, 0xa0), 0x061c, 0x200e, 0x200f, 0x2028, 0x2029,
                             *range(0x202a, 0x202f), *range(0x2066, 0x206a)]))
UNSAFE = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')
INVISIBLE = '\ufeff\u200b\u00ad\U000e0041\U0001d173\ufff9'


def running_listen(server, *args):
    return running('listen', server.url, '--room', 'a', '--no-encryption', '--max-retries', '0', *args)


def envelope(event, data, name=None, raw=False):
    """Returns a message as JSON; @raw: escape only what JSON requires."""
    message = {'event': event, 'data': data, **({'id': name} if name is not None else {})}
    return json.dumps(message, ensure_ascii=not raw).encode()


class Hostile(Cli):
    def check_safe(self, text):
        self.assertFalse(UNSAFE.search(text), ascii(text))

    def check_message(self, *args, command='listen', raw=False):
        """Checks the output for a message with unsafe characters in every member."""
        unsafe = f'a{CONTROLS}{INVISIBLE}z'
        with Server(SECONDS) as server, \
                running(command, server.url, '--room', 'a', '--no-encryption', *args,
                        stdin=subprocess.PIPE) as process:
            peer = server.peer()
            peer.send(TEXT, envelope(unsafe, {unsafe: unsafe, 'from': unsafe, 'text': unsafe}, unsafe, raw))
            line = process.out.wait_for('z')
        self.check_safe(line)
        self.assertEqual(line.count('\n'), 1)
        return unsafe, line

    def test_text(self):
        for raw in (False, True):
            unsafe, line = self.check_message(raw=raw)
            self.assertIn(r'\u001b', line)
            self.assertIn(r'\u009b' if raw else r'\u001f', line)

    def test_chat(self):
        for raw in (False, True):
            unsafe, line = self.check_message(command='chat', raw=raw)
            self.assertIn(r'\u009b', line)
            self.assertIn(r'\u202e', line)

    def test_json(self):
        for command in ('listen', 'chat'):
            for raw in (False, True):
                unsafe, line = self.check_message('--json', command=command, raw=raw)
                self.assertEqual(json.loads(line), {'event': unsafe, 'id': unsafe, 'payload': {
                    unsafe: unsafe, 'from': unsafe, 'text': unsafe}})
                self.assertFalse(re.search(f'[{INVISIBLE}]', line), ascii(line))

    def test_json_each(self):
        """Each character separately, in the event and in the ID, which are serialized again."""
        with Server(SECONDS) as server, running_listen(server, '--json') as process:
            peer = server.peer()
            for char in CONTROLS + '"\\/<>&\ufffe\U0001f375':
                peer.send(TEXT, envelope(f'a{char}', {}, f'{char}z', raw=True))
                line = process.out.wait_for('z')
                self.check_safe(line)
                self.assertEqual(json.loads(line), {'event': f'a{char}', 'payload': {}, 'id': f'{char}z'})

    def test_json_is_unchanged(self):
        with Server(SECONDS) as server, running_listen(server, '--json') as process:
            server.peer().send(TEXT, b'{"event":"a","data":[1E400,\r\n\t18446744073709551617,0.10,"\\ud83c",'
                                     b'"gr\xc3\xbc\xc3\x9fe \xe2\x98\x95 \\/ \\u0000"]}')
            line = process.out.wait_for('"a"')
        self.assertIn('18446744073709551617,0.10,"\\ud83c","grüße ☕ \\/ \\u0000"]', line)
        self.assertIn('[1E400,', line)
        self.assertEqual(json.loads(line)['payload'][1], 18446744073709551617)

    def test_server_error(self):
        with Server(SECONDS) as server, running_listen(server) as process:
            peer = server.peer()
            peer.send(TEXT, envelope('error', {'message': f'a{CONTROLS}z'}, raw=True))
            line = process.err.wait_for('Warning: ')
            self.check_safe(line)
            self.assertIn('z\n', line)

    def test_trace(self):
        with Server(SECONDS) as server, running_listen(server, '--trace') as process:
            peer = server.peer()
            peer.send(TEXT, envelope('error', {'message': f'a{CONTROLS}z'}, raw=True))
            peer.send_close(4003, f'b{CONTROLS[31:60]}')
            self.assertNotEqual(process.wait(SECONDS), 0)
            self.check_safe(process.err.rest())

    def test_close_reason(self):
        with Server(SECONDS) as server, running_listen(server) as process:
            server.peer().send_close(1008, f'no\x9b\u202e{CONTROLS[:20]}')
            self.assertNotEqual(process.wait(SECONDS), 0)
            self.check_safe(process.err.rest())

    def test_refusal(self):
        response = 'HTTP/1.1 404 No\x9b\u202e\x1b]0;here\r\nContent-Length: 0\r\n\r\n'.encode()
        with responding(response) as url:
            process = run('send', url, 'a', '1')
        self.assertIn('404', process.stderr)
        self.check_safe(process.stderr)

    def test_arguments(self):
        """The arguments can come from the clipboard."""
        process = run('send', 'ws://\x9b\u202e/ws', 'a', '1')
        self.check_safe(process.stderr)
        process = run('send', 'ws://127.0.0.1:1/ws', 'a', '1', '--token-file', '/no\u202e\x9bwhere')
        self.check_safe(process.stderr)
        process = run('listen', '--\u202e\x9b')
        self.check_safe(process.stderr)

    def test_serve(self):
        process = run('serve', '--port', '0', '--path', '/a\x1f\x9b\u202ez')
        self.check_safe(process.stderr)
        self.assertIn('z', process.stderr)

    def test_large_payload(self):
        """A payload of several megabytes is printed without being parsed."""
        many = '[' + '0,' * 6_000_000 + '0]'
        with Server(SECONDS) as server, \
                running('chat', server.url, '--room', 'a', '--no-encryption',
                        stdin=subprocess.PIPE) as process:
            peer = server.peer()
            peer.send(TEXT, f'{{"event":"many","data":{many}}}'.encode())
            line = process.out.wait_for('many')
            with open(f'/proc/{process.pid}/status', encoding='ascii') as status:
                peak = int(re.search(r'VmHWM:\s+(\d+) kB', status.read()).group(1))
        self.assertEqual(len(line.split()[-1]), len(many))
        self.assertLess(peak, 300_000)


if __name__ == '__main__':
    tap.main(Hostile)
