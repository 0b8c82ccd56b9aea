#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client and a server in network namespaces of their own, joined by a pair of veth devices: the
link goes down, the address changes, and packets are lost. Needs root, and is skipped without."""
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
import unittest

import tap

SERVER, CLIENT = sys.argv[1:3]
TOKEN = 'a-token-for-tests'
PORT = '8080'
SECONDS = 20
NEAR, FAR = f'sg-near-{os.getpid()}', f'sg-far-{os.getpid()}'
ADDRESS, OTHER_ADDRESS, FAR_ADDRESS = '10.77.0.1', '10.77.0.3', '10.77.0.2'
ESTABLISHED = '01'


def ip(*args, check=True):
    return subprocess.run(['ip', *args], check=check, timeout=SECONDS, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def near(*args, **options):
    return ip('-n', NEAR, *args, **options)


def make_namespaces():
    """The reason why there are no namespaces, or None."""
    if os.geteuid() != 0:
        return 'network namespaces need root'
    if shutil.which('ip') is None:
        return 'there is no ip program'
    steps = (
        ('netns', 'add', NEAR),
        ('netns', 'add', FAR),
        ('link', 'add', 'veth0', 'netns', NEAR, 'type', 'veth', 'peer', 'name', 'veth0', 'netns', FAR),
        ('-n', NEAR, 'addr', 'add', f'{ADDRESS}/24', 'dev', 'veth0'),
        ('-n', FAR, 'addr', 'add', f'{FAR_ADDRESS}/24', 'dev', 'veth0'),
        ('-n', NEAR, 'link', 'set', 'veth0', 'up'),
        ('-n', FAR, 'link', 'set', 'veth0', 'up'),
    )
    for step in steps:
        process = ip(*step, check=False)
        if process.returncode != 0:
            return f'ip {" ".join(step)}: {process.stdout.strip()}'
    return None


def remove_namespaces():
    if shutil.which('ip') is None:
        return
    for name in (NEAR, FAR):
        ip('netns', 'del', name, check=False)


class Program(subprocess.Popen):
    """A program in a namespace, whose output is read while it runs."""

    def __init__(self, namespace, *args):
        env = dict(os.environ, SIGNAL_TOKEN=TOKEN, LC_ALL='C.UTF-8')
        super().__init__(['ip', 'netns', 'exec', namespace, *args], text=True, bufsize=1, env=env,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.seen = []
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, wanted):
        """Waits for a line that contains @wanted, and returns the time in seconds."""
        begin = time.monotonic()
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, begin + SECONDS - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f'no line with “{wanted}” in: {self.seen}')
            self.seen.append(line)
            if wanted in line:
                return time.monotonic() - begin

    def end(self):
        self.kill()
        self.wait(SECONDS)
        self.reader.join(SECONDS)
        self.stdin.close()
        self.stdout.close()


def established():
    """The local addresses of the client's connections, according to the kernel."""
    table = subprocess.run(['ip', 'netns', 'exec', NEAR, 'cat', '/proc/net/tcp'], text=True,
                           check=True, timeout=SECONDS, stdout=subprocess.PIPE).stdout
    rows = [line.split() for line in table.splitlines()[1:]]
    locals_ = [row[1].split(':')[0] for row in rows if row[3] == ESTABLISHED]
    return ['.'.join(str(byte) for byte in reversed(bytes.fromhex(local))) for local in locals_]


class Namespaces(unittest.TestCase):
    def setUp(self):
        self.server = Program(FAR, SERVER, 'serve', '--address', FAR_ADDRESS, '--port', PORT)
        self.addCleanup(self.server.end)
        self.server.wait_for('Listening on')
        self.client = Program(NEAR, CLIENT, f'ws://{FAR_ADDRESS}:{PORT}/ws', TOKEN)
        self.addCleanup(self.client.end)
        self.client.wait_for('state authenticated')
        self.check_alive('1')

    def check_alive(self, number, address=ADDRESS):
        """Checks that there is one connection, and that it carries messages in both directions."""
        self.client.stdin.write(number + '\n')
        self.client.wait_for(f'message {number}')
        self.assertEqual(established(), [address])

    def tell(self, text, seconds):
        print(f'# {text}: noticed after {seconds * 1000:.0f} ms', flush=True)

    def test_link_down(self):
        near('link', 'set', 'veth0', 'down')
        self.addCleanup(near, 'link', 'set', 'veth0', 'up')
        self.tell('link down', self.client.wait_for('state reconnecting'))
        self.assertEqual(established(), [])
        near('link', 'set', 'veth0', 'up')
        self.client.wait_for('state authenticated')
        self.check_alive('2')

    def test_other_address(self):
        near('addr', 'del', f'{ADDRESS}/24', 'dev', 'veth0')
        near('addr', 'add', f'{OTHER_ADDRESS}/24', 'dev', 'veth0')
        self.addCleanup(near, 'addr', 'add', f'{ADDRESS}/24', 'dev', 'veth0')
        self.addCleanup(near, 'addr', 'del', f'{OTHER_ADDRESS}/24', 'dev', 'veth0')
        self.tell('other address', self.client.wait_for('state reconnecting'))
        self.client.wait_for('state authenticated')
        self.check_alive('2', OTHER_ADDRESS)

    def test_black_hole(self):
        """Packets are sent to a neighbour that does not exist: no error, no response."""
        near('neigh', 'replace', FAR_ADDRESS, 'lladdr', '02:00:00:00:00:99', 'nud', 'permanent',
             'dev', 'veth0')
        self.addCleanup(near, 'neigh', 'del', FAR_ADDRESS, 'dev', 'veth0', check=False)
        self.tell('packets vanish', self.client.wait_for('state reconnecting'))
        self.client.wait_for('state connecting')
        self.client.wait_for('state reconnecting')
        self.assertEqual(established(), [])
        near('neigh', 'del', FAR_ADDRESS, 'dev', 'veth0')
        self.client.wait_for('state authenticated')
        self.check_alive('2')

    def test_some_packets_lost(self):
        """Packets that TCP retransmits are not lost."""
        netem = ('qdisc', 'add', 'dev', 'veth0', 'root', 'netem', 'delay', '20ms', 'loss', '10%')
        if shutil.which('tc') is None:
            self.skipTest('there is no tc program')
        if subprocess.run(['tc', '-n', NEAR, *netem], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=SECONDS).returncode != 0:
            self.skipTest('this kernel has no netem')
        self.addCleanup(subprocess.run, ['tc', '-n', NEAR, 'qdisc', 'del', 'dev', 'veth0', 'root'],
                        check=True, timeout=SECONDS)
        for number in range(2, 40):
            self.client.stdin.write(f'{number}\n')
        for number in range(2, 40):
            self.client.wait_for(f'message {number}')


if __name__ == '__main__':
    why = make_namespaces()
    try:
        if why is not None:
            print(f'1..0 # SKIP {why}')
        else:
            tap.main(Namespaces)
    finally:
        remove_namespaces()
