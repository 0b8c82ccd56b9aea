#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An example in demo/examples/ that shows messages in a window: the window is closed and opened again
while the program stays connected, and the list of messages lives on.

  test-list.py SERVER COMMAND…    (SERVER is the program signal-glib)
"""
import os
import shutil
import subprocess
import sys
import time
import unittest

import tap

SECONDS = 30
TOKEN = 'list'
ROOM = 'kitchen'
NAME = 'io.github.signal_glib.List'
PATH = '/io/github/signal_glib/List'
SERVER, *COMMAND = sys.argv[1:]
HAS_GTK = 'import gi; gi.require_version("Gtk", "4.0")'
# Longer than what is shown, in the middle of a character.
LONG = '{"room":"kitchen","text":"' + 'a' * 470 + '☕' * 1000 + '"}'
TEXTS = ('{"room":"kitchen","text":"<b>hello</b> & \\u0000\\n"}', LONG)


def call(path, method, *arguments):
    """The answer of the application on the session bus, or an empty string if there is none."""
    process = subprocess.run(['gdbus', 'call', '--session', '--dest', NAME, '--object-path', path, '--method',
                              f'org.gtk.Actions.{method}', *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=SECONDS)
    return process.stdout


def activate(action):
    call(PATH, 'Activate', action, '[]', '{}')


def can_clear():
    """Returns whether the list has items."""
    return call(PATH, 'Describe', 'clear').startswith('((true')


def has_window(number):
    return call(f'{PATH}/window/{number}', 'List') != ''


def wait(condition, repeat=lambda: None):
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        repeat()
        time.sleep(0.1)


class List(unittest.TestCase):
    def start(self, command, **options):
        process = subprocess.Popen(command, text=True, env=dict(os.environ, SIGNAL_TOKEN=TOKEN), **options)
        self.addCleanup(process.wait, SECONDS)
        self.addCleanup(process.kill)
        return process

    def setUp(self):
        if not shutil.which('gdbus'):
            self.skipTest('gdbus is not installed')
        if COMMAND[-1].endswith(('.py', '.js')) and GTK_MISSING:
            self.skipTest('the introspection data of GTK 4 is not installed')

    def test_window(self):
        server = self.start([SERVER, 'serve', '--port', '0'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        url = server.stdout.readline().split()[-1]
        self.addCleanup(server.stdout.close)
        program = self.start([*COMMAND, url, ROOM], stderr=subprocess.PIPE)
        self.addCleanup(program.stderr.close)

        def send():
            for text in TEXTS:
                subprocess.run([SERVER, 'send', url, 'chat', text], check=True, timeout=SECONDS,
                               env=dict(os.environ, SIGNAL_TOKEN=TOKEN))

        wait(lambda: has_window(1))
        self.assertFalse(can_clear())
        # The server does not confirm that it has let the client into the room.
        wait(can_clear, repeat=send)
        activate('close')
        wait(lambda: not has_window(1))
        activate('clear')
        wait(lambda: not can_clear())
        wait(can_clear, repeat=send)
        self.assertIsNone(program.poll())

        self.assertEqual(self.start([*COMMAND, url, ROOM]).wait(SECONDS), 0)
        wait(lambda: has_window(2))
        self.assertTrue(can_clear())
        activate('clear')
        wait(lambda: not can_clear())
        activate('quit')
        self.assertEqual(program.wait(SECONDS), 0)
        self.assertEqual(program.stderr.read(), '')


if __name__ == '__main__':
    GTK_MISSING = subprocess.run([sys.executable, '-c', HAS_GTK], stderr=subprocess.DEVNULL,
                                 check=False).returncode != 0
    tap.main(List)
