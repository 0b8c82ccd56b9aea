# SPDX-License-Identifier: LGPL-2.1-or-later
"""The processes around a test program: Redis, servers, haproxy, receivers. All of them end with this one."""
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import certificates
import history
from children import die_with_parent
from dependencies import find_program

START_LIMIT = 30
STOP_LIMIT = 10
PORTS = (10000, 32768)
SLOTS = 16384
QUERIES = ('cluster', 'pubsub')  # commands of Redis that change nothing
HERE = os.path.dirname(os.path.abspath(__file__))

HAPROXY = '''
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout tunnel 10m
  retries 3
  option redispatch 1
  default-server check inter 100ms fall 2 rise 1 on-marked-down shutdown-sessions
frontend plain
  bind 127.0.0.1:{plain}
  default_backend servers
frontend tls
  bind 127.0.0.1:{tls} ssl crt {folder}/server.pem
  default_backend servers
frontend mutual
  bind 127.0.0.1:{mutual} ssl crt {folder}/server.pem ca-file {folder}/ca.pem verify required
  default_backend servers
backend servers
  balance roundrobin
{servers}
'''


def free_port():
    """A port below those that the system chooses for the near end of connections: such a port could be taken
    before the server listens, or while it is restarted."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(('127.0.0.1', port))
            return port


def wait_until(condition, what, limit=START_LIMIT):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f'{what} took more than {limit} seconds')
        time.sleep(0.02)


class Process:
    """A process whose output is written to a file."""

    def __init__(self, name, folder, command, env=None):
        self.name = name
        self.log = os.path.join(folder, name + '.log')
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)

    def output(self):
        with open(self.log, encoding='utf-8', errors='replace') as log:
            return log.read()

    def check_runs(self):
        if self.process.poll() is not None:
            raise RuntimeError(f'{self.name} has ended:\n{self.output()[-2000:]}')

    def has_said(self, line):
        self.check_runs()
        return line in self.output().splitlines()

    def has_said_within_a_line(self, text):
        self.check_runs()
        return text in self.output()

    def wait_for(self, line):
        wait_until(lambda: self.has_said(line), f'{self.name}, to print “{line}”,')

    def end(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_LIMIT)
            raise RuntimeError(f'{self.name} did not end within {STOP_LIMIT} seconds') from None


class Processes:
    """Starts and stops the processes that a test program asks for. Each public method is a command."""

    def __init__(self, folder, packages, bun, embedded, receivers, store):
        self.folder = folder
        self.packages = packages
        self.bun = bun
        self.embedded = embedded
        self.receivers = receivers
        self.processes = {}
        self.servers = {}
        self.store = store
        self.redis_ports = {'redis': str(free_port())}

    def launch(self, name, command, env=None):
        self.processes[name] = Process(name, self.folder, command, env)
        return self.processes[name]

    def close(self):
        for process in self.processes.values():
            if process.process.poll() is None:
                process.process.kill()
        for process in self.processes.values():
            process.process.wait(STOP_LIMIT)

    @staticmethod
    def record(folder):
        """Processes that are started from now on record what they do in this folder, as does this one."""
        os.environ[history.VARIABLE] = folder
        return ''

    def record_outage(self, name):
        """Messages may be lost if this is the name of a Redis."""
        if name in self.redis_ports:
            history.add('runner', 'outage')

    @staticmethod
    def record_publish(body):
        history.add('runner', 'bus', group='', connected=True)
        history.add_send('runner', body['event'], json.dumps(body['data']) if 'data' in body else None,
                         **{body['type']: body['target']})

    def redis(self, verb, name='redis', *settings):
        """Starts or stops a Redis, with settings as in redis.conf, NAME=VALUE; returns its port."""
        port = self.redis_ports.setdefault(name, str(free_port()))
        if verb == 'stop':
            self.record_outage(name)
            self.processes.pop(name).end(signal.SIGTERM)
            return port
        folder = os.path.join(self.folder, 'data-' + name)
        os.makedirs(folder, exist_ok=True)
        listen = ['--port', port]
        if any(setting.startswith('tls-') for setting in settings):
            listen = ['--port', '0', '--tls-port', port]
        further = [word for setting in settings for word in ('--' + setting).split('=', 1)]
        self.launch(name, [find_program(self.store + '-server'), *listen, '--bind', '127.0.0.1',
                           '--save', '', '--appendonly', 'no', '--dir', folder, *further])
        wait_until(lambda: self.processes[name].has_said_within_a_line('Ready to accept connections'), name)
        return port

    def redis_cli(self, name, *words):
        """Runs a command of Redis; returns the reply."""
        if words[0] == 'publish':
            self.record_publish(json.loads(words[2]))
        elif words[0] not in QUERIES:
            self.record_outage(name)
        cli = subprocess.run([find_program(self.store + '-cli'), '-e', '-p', self.redis_ports[name], *words],
                             check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=START_LIMIT)
        return ' '.join(cli.stdout.split())

    def cluster(self, *names):
        """Starts a Redis Cluster that has these nodes; returns their ports."""
        buses = [str(free_port()) for name in names]
        bounds = [SLOTS * i // len(names) for i in range(len(names) + 1)]
        for i, name in enumerate(names):
            self.redis('start', name, 'cluster-enabled=yes', 'cluster-config-file=nodes.conf',
                       'cluster-node-timeout=1000', 'cluster-port=' + buses[i])
            self.redis_cli(name, 'cluster', 'addslotsrange', str(bounds[i]), str(bounds[i + 1] - 1))
        wait_until(lambda: self.meet(names, buses), 'the cluster')
        return ' '.join(self.redis_ports[name] for name in names)

    def meet(self, names, buses):
        """Introduces nodes to each other; returns whether they have become a cluster. Redis forgets a node
        that does not answer within a second."""
        for name in names:
            for other, bus in zip(names, buses):
                if other != name:
                    self.redis_cli(name, 'cluster', 'meet', '127.0.0.1', self.redis_ports[other], bus)
        try:
            wait_until(lambda: all(self.has_joined(name, len(names)) for name in names), 'the cluster', 5)
        except RuntimeError:
            return False
        return True

    def has_joined(self, name, count):
        """Returns whether a node of a cluster is connected with all others."""
        nodes = self.redis_cli(name, 'cluster', 'nodes').split()
        return ('cluster_state:ok' in self.redis_cli(name, 'cluster', 'info')
                and nodes.count('connected') == count and 'handshake' not in nodes)

    def server(self, name, kind, *settings):
        """Defines and starts a server; returns its URL."""
        env = dict(setting.split('=', 1) for setting in settings)
        if kind == 'public' and 'redis' not in self.processes and 'REDIS_CLUSTER' not in env:
            self.redis('start')
        env.update(NAME=name, PORT=str(free_port()), REDIS_PORT=self.redis_ports['redis'],
                   APP_ENV_LOGGER_FOLDER_PATH=os.path.join(self.folder, 'logs'))
        command = [self.embedded]
        if kind == 'public':
            command = [self.bun, os.path.join(self.packages, 'server.mjs')]
        self.servers[name] = (command, env)
        return self.start(name)

    def start(self, name):
        command, env = self.servers[name]
        self.launch(name, command, env).wait_for('listening')
        scheme, host = ('wss', 'localhost') if 'TLS_CERTIFICATE' in env else ('ws', '127.0.0.1')
        return f'{scheme}://{host}:{env["PORT"]}/ws'

    def stop(self, name):
        self.processes[name].end(signal.SIGTERM)
        return ''

    def kill(self, name):
        self.record_outage(name)
        self.processes[name].end(signal.SIGKILL)
        return ''

    def freeze(self, name):
        self.record_outage(name)
        self.processes[name].process.send_signal(signal.SIGSTOP)
        return ''

    def thaw(self, name):
        self.processes[name].process.send_signal(signal.SIGCONT)
        return ''

    def certificates(self, name=''):
        """Returns the folder with ca.pem, server.pem and client.pem of a certificate authority."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(os.path.join(folder, 'ca.pem')):
            certificates.make(folder)
        return folder

    def haproxy(self, *names):
        """Starts haproxy in front of these servers; returns its ports for no TLS, TLS and mutual TLS."""
        ports = {kind: free_port() for kind in ('plain', 'tls', 'mutual')}
        lines = [f'  server {name} 127.0.0.1:{self.servers[name][1]["PORT"]}' for name in names]
        config = os.path.join(self.folder, 'haproxy.cfg')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(HAPROXY.format(folder=self.certificates(), servers='\n'.join(lines), **ports))
        self.launch('haproxy', [find_program('haproxy'), '-db', '-f', config])
        wait_until(lambda: self.answers(ports['mutual']), 'haproxy')
        return ' '.join(str(port) for port in ports.values())

    def slow_proxy(self, name):
        """A proxy in front of a server that forwards the end of a connection late; returns its URL."""
        port = str(free_port())
        command = [sys.executable, os.path.join(HERE, 'slow-proxy.py'), port, self.servers[name][1]['PORT']]
        self.launch('slow-proxy', command).wait_for('listening')
        return f'ws://127.0.0.1:{port}/ws'

    def answers(self, port):
        if self.processes['haproxy'].process.poll() is not None:
            raise RuntimeError('haproxy has ended:\n' + self.processes['haproxy'].output())
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', port)) == 0

    def emit(self, *messages):
        process = self.launch('emitter', [self.bun, os.path.join(self.packages, 'emitter.mjs'), *messages],
                              {'REDIS_PORT': self.redis_ports['redis']})
        if process.process.wait(START_LIMIT) != 0:
            raise RuntimeError('the emitter failed:\n' + process.output())
        return ''

    def receiver(self, language, url, room):
        """Starts a receiver in another language; returns “none” if the language is not available."""
        if language not in self.receivers:
            return 'none'
        command = [*self.receivers[language], os.path.join(HERE, 'receiver.' + language), url, room]
        self.launch('receiver-' + language, command).wait_for('joined')
        return 'ready'

    def received(self, language, line):
        self.processes['receiver-' + language].wait_for('got ' + line)
        return ''
