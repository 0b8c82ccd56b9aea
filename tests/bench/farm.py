# SPDX-License-Identifier: LGPL-2.1-or-later
"""Redis, servers on it, and their clients: what the benchmarks of the bus start, and read from it."""
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', name) for name in ('lib', 'interop')]

from children import die_with_parent  # noqa: E402
from dependencies import Missing, find_program, prepare  # noqa: E402

OURS, PUBLIC = 'signal-glib', 'public server'
START_LIMIT = 60
STOP_LIMIT = 60
SKIP = 77  # to meson
CLOCK_OF_PROCESS = 2


class Child:
    """A process that is asked and answers by lines."""

    def __init__(self, command, log, env=None):
        with open(log, 'ab') as output:
            self.process = subprocess.Popen(
                command, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=output, preexec_fn=die_with_parent)
        self.name = os.path.basename(command[0])
        self.log = log
        self.buffer = b''

    def read_line(self, limit):
        deadline = time.monotonic() + limit
        while b'\n' not in self.buffer:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise RuntimeError(f'{self.name} has said nothing for {limit} seconds')
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                with open(self.log, encoding='utf-8', errors='replace') as log:
                    raise RuntimeError(f'{self.name} has ended: {log.read()[-1000:]}')
            self.buffer += part
        line, self.buffer = self.buffer.split(b'\n', 1)
        return line.decode()

    def read(self, limit):
        return json.loads(self.read_line(limit))

    def ask(self, order, limit):
        self.process.stdin.write(json.dumps(order).encode() + b'\n')
        self.process.stdin.flush()
        return self.read(limit)

    def cpu_ns(self):
        """The processor time of the process, of all its threads."""
        return time.clock_gettime_ns(~self.process.pid << 3 | CLOCK_OF_PROCESS)

    def memory(self):
        """What the process has written to, in KiB."""
        with open(f'/proc/{self.process.pid}/smaps_rollup', encoding='ascii') as file:
            fields = dict(line.split(':', 1) for line in file if ':' in line and line[0].isupper())
        return float(fields['Private_Dirty'].split()[0])

    def kill(self):
        """Does not wait for the end of the process: with many sockets, that takes a while."""
        self.process.kill()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait(STOP_LIMIT)


class Redis:
    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.uri = f'redis://127.0.0.1:{self.port}'
        self.child = Child([
            find_program('redis-server'), '--port', str(self.port), '--bind', '127.0.0.1', '--save', '',
            '--appendonly', 'no', '--dir', folder, '--loglevel', 'warning', '--logfile',
            os.path.join(folder, 'redis.log')], os.path.join(folder, 'redis.log'))
        deadline = time.monotonic() + START_LIMIT
        while True:
            try:
                self.socket = socket.create_connection(('127.0.0.1', self.port), STOP_LIMIT)
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self.file = self.socket.makefile('rb')
        self.own_bytes = 0

    def info(self):
        """The numbers of INFO, without its own bytes, and how often a command was called as calls_COMMAND."""
        self.socket.sendall(b'INFO everything\r\n')
        head = self.file.readline()
        text = self.file.read(int(head[1:]) + 2).decode()
        found = dict(line.split(':', 1) for line in text.splitlines() if ':' in line)
        numbers = {name: float(value) for name, value in found.items()
                   if value.replace('.', '', 1).isdigit()}
        numbers['total_net_output_bytes'] -= self.own_bytes
        self.own_bytes += len(head) + len(text)
        numbers.update({'calls_' + name[len('cmdstat_'):]: float(value.split(',')[0].split('=')[1])
                        for name, value in found.items() if name.startswith('cmdstat_')})
        return numbers

    def close(self):
        self.socket.close()
        self.child.kill()
        self.child.process.wait(STOP_LIMIT)


class Farm:
    """A Redis and some servers of one kind."""

    def __init__(self, kind, n_servers, options):
        self.kind = kind
        self.folder = tempfile.TemporaryDirectory(prefix='signal-glib-bench-')
        self.log = os.path.join(self.folder.name, 'log')
        self.children = []
        self.redis = Redis(self.folder.name)
        command = [options.server, self.redis.uri]
        if kind == PUBLIC:
            command = [options.bun, os.path.join(options.packages, 'bus-server.mjs'), str(self.redis.port)]
        env = {'APP_ENV_LOGGER_FOLDER_PATH': os.path.join(self.folder.name, 'logs')}
        self.servers = [self.launch(command, env) for _ in range(n_servers)]
        self.uris = [self.read_uri(server) for server in self.servers]

    def launch(self, command, env=None):
        self.children.append(Child(command, self.log, env))
        return self.children[-1]

    @staticmethod
    def read_uri(server):
        """The package prints other lines as well."""
        while True:
            line = server.read_line(START_LIMIT)
            if line.startswith('ws://'):
                return line

    def cpu_ns(self):
        return sum(server.cpu_ns() for server in self.servers)

    def memory(self):
        return sum(server.memory() for server in self.servers)

    def close(self):
        for child in self.children:
            child.stop()
        self.redis.close()
        self.folder.cleanup()


def drain_output(server):
    """What a server prints must not stop it."""
    while select.select([server.process.stdout], [], [], 0)[0]:
        if not os.read(server.process.stdout.fileno(), 65536):
            return


def find_kinds(options):
    """Which servers there are; sets options.bun and installs the packages if it can."""
    try:
        find_program('redis-server')
    except Missing as error:
        print(f'skipped: {error}')
        sys.exit(SKIP)
    try:
        options.bun = prepare(options.packages)
    except Missing as error:
        return [OURS], {PUBLIC: str(error)}
    with open(os.path.join(HERE, 'bus-server.mjs'), encoding='utf-8') as script:
        text = script.read()
    with open(os.path.join(options.packages, 'bus-server.mjs'), 'w', encoding='utf-8') as copy:
        copy.write(text)
    return [OURS, PUBLIC], {}


def write_report(options, name, report):
    buildtype, optimization, sanitize = options.build.split(',')
    if optimization in ('0', 'g') or sanitize != 'none':
        print('NOTE: this is not a release build: these figures say nothing about what users get')
    if options.output:
        with open(options.output, 'w', encoding='utf-8') as file:
            json.dump({'benchmark': name, 'buildtype': buildtype, 'optimization': optimization,
                       'sanitize': sanitize, **report}, file, indent=1, ensure_ascii=False)
