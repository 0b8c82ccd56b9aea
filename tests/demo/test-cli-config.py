#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of options of “signal-glib serve --config”: PROGRAM EXAMPLE."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import prometheus
import tap
from cli import EXIT_USAGE, PROGRAM, SECONDS, TOKEN, Cli, free_port, run, running
from plain import connect

EXAMPLE = pathlib.Path(sys.argv[2])


class Config(Cli):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / 'server.conf'

    def write(self, *lines, group='[Server]'):
        self.path.write_text('\n'.join([group, *lines]) + '\n', encoding='utf-8')
        return f'--config={self.path}'

    def check(self, *lines, options=(), **more):
        return run('serve', self.write(*lines, **more), '--check-config', *options)

    def check_valid(self, *lines, **more):
        process = self.check(*lines, **more)
        self.assertEqual((process.returncode, process.stderr), (0, ''))
        self.assertEqual(process.stdout, 'The options are valid\n')

    def check_bad(self, text, *lines, **more):
        process = self.check(*lines, **more)
        self.check_fails(process, EXIT_USAGE, text)
        self.assertIn(str(self.path), process.stderr)
        self.assertEqual(process.stdout, '')

    def test_values(self):
        port = free_port()
        (self.folder / 'a token').write_text('from-a-file\n')
        option = self.write(f'port={port}', 'path=/x', 'token-file=a token', 'no-encryption=true', 'quiet=true',
                            'monitor=0', 'max-peers=2', 'allow-origin=https://a.example;https://b.example')
        with running('serve', option) as process:
            monitor = process.out.wait_for('Monitoring on').split()[-1]
            self.assertEqual(process.out.wait_for('Listening on').split()[-1], f'ws://127.0.0.1:{port}/x')
            peer = connect(f'ws://127.0.0.1:{port}/x', 'from-a-file', SECONDS)
            self.assertEqual(prometheus.metrics(monitor)['signal_peers'].samples, {'': 1})
            peer.stream.close()

    def test_command_line_wins(self):
        (self.folder / 'token').write_text('from-a-file\n')
        option = self.write('port=1', 'path=/x', 'token-file=token', 'no-encryption=true')
        other = self.folder / 'other'
        other.write_text('other\n')
        for order in ((option, '--port=0', '--path=/y', '--token-file', str(other)),
                      ('--port=0', '--path=/y', '--token-file', str(other), option)):
            with running('serve', *order) as process:
                url = process.out.wait_for('Listening on').split()[-1]
                self.assertTrue(url.endswith('/y'))
                connect(url, 'other', SECONDS).stream.close()

    def test_workers(self):
        """The processes read the file, too."""
        option = self.write('port=0', 'workers=2', 'no-encryption=true', 'path=/x')
        with running('serve', option) as process:
            url = process.out.wait_for('Listening on').split()[-1]
            self.assertTrue(url.endswith('/x'))
            connect(url, TOKEN, SECONDS).stream.close()

    def test_unknown(self):
        self.check_bad('unknown key “prot”', 'port=1', 'prot=2')
        self.check_bad('unknown group “Servers”', 'port=1', group='[Servers]')
        self.check_bad('unknown group “Other”', 'port=1', '[Other]', 'x=1')
        for key in ('token', 'config', 'check-config', 'help', 'color', 'p', 'port[de]'):
            self.check_bad('unknown key', f'{key}=1')
        self.check_bad('.', group='')
        self.check_bad('.', group='nonsense')
        self.check_bad('.', group='port=1')

    def test_bad_values(self):
        for key, value, text in (
                ('port', '65536', '65535'), ('port', '-1', '65535'), ('port', 'x', 'x'), ('port', '', ''),
                ('port', '1e3', '1e3'), ('port', '99999999999999', '65535'), ('max-peers', '0', '1000000'),
                ('workers', '1000', '256'), ('drain', '1.5', '1.5'), ('quiet', 'yes', ''),
                ('token-file', 'nowhere', 'nowhere'), ('tls-certificate', '/nowhere', 'nowhere'),
                ('drain', '-1', '86400')):
            self.check_bad(f'key “{key}”: .*{re.escape(text)}', f'{key}={value}')
        # A value of the file is checked even if it is not used.
        process = self.check('port=x', options=('--port=0',))
        self.check_fails(process, EXIT_USAGE, 'key “port”')

    def test_wrong_file(self):
        self.path.write_text('a-secret-token\n')
        process = run('serve', f'--config={self.path}')
        self.check_fails(process, EXIT_USAGE, 'not valid')
        self.assertNotIn('a-secret-token', process.stderr)

    def test_invalid_combinations(self):
        for lines, text in ((['path=x'], 'path'), (['allow-origin=x'], 'origin'), (['drain-event=join'], 'event'),
                            (['monitor=x'], 'monitor'), (['address=a b'], 'address'),
                            (['tls-key=/dev/null'], '--tls-certificate')):
            self.check_fails(self.check(*lines), EXIT_USAGE, text)

    def test_files(self):
        self.check_fails(run('serve', '--config=/nowhere', '--check-config'), EXIT_USAGE, '/nowhere')
        for path in (self.folder, '/dev/zero', '/dev/null'):
            self.check_fails(run('serve', f'--config={path}', '--check-config'), EXIT_USAGE, str(path))
        self.path.write_bytes(b'[Server]\npath=/\xff\n')
        self.check_fails(run('serve', f'--config={self.path}', '--check-config'), EXIT_USAGE, 'UTF-8')

    def test_relative_files(self):
        """The names are relative to the file of options, wherever the program is started."""
        (self.folder / 'token').write_text('x\n')
        self.check_valid('token-file=token')
        process = subprocess.run([os.path.abspath(PROGRAM), 'serve', '--config=server.conf', '--check-config'],
                                 stdout=subprocess.DEVNULL, timeout=SECONDS, cwd=self.folder)
        self.assertEqual(process.returncode, 0)

    def test_check_does_not_listen(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            start = time.monotonic()
            self.check_valid(f'port={listener.getsockname()[1]}', 'drain=60', 'workers=4', 'monitor=1')
            self.assertLess(time.monotonic() - start, SECONDS)

    def test_example(self):
        process = run('serve', f'--config={EXAMPLE}', '--check-config')
        self.assertEqual((process.returncode, process.stderr), (0, ''))
        text = EXAMPLE.read_text(encoding='utf-8')
        help_text = run('serve', '--help').stdout
        for key in re.findall(r'^#?([a-z-]+)=', text, re.MULTILINE):
            self.assertIn(f'--{key}', help_text)


if __name__ == '__main__':
    tap.main(Config)
