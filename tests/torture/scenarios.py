# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is run while system calls fail, and what must be true nevertheless."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import prometheus
from children import die_with_parent
from injection import Problem, Program
from redis_responder import Redis

TOKEN = 'a-token-for-tests'
ROOM = 'torture'
# How long a program may take to end, in seconds. It waits up to 15 seconds for a server.
DEADLINE = 60
# How long something may take that another program does, and that nothing prevents.
PROMPT = 10
# The server closes a connection in this time if the client is not authenticated.
SETTLING = 10
# Failures within a second, without an event, from which on a program spins.
SPINNING = 400

# Libraries end a program themselves if there is no memory, no thread or no file to wake up the main loop.
EXCUSED = re.compile(r'failed to allocate \d+ bytes|Creating pipes for GWakeup|epoll_create1 \(\) failed|'
                     r"creating thread '[^']*': Error creating thread|error '[^']*' during 'pthread_create'|"
                     r'error while loading shared libraries')
# GNetworkMonitor of GLib 2.74 crashes at the next message if its first ones could not be received.
CRASHES = re.compile('Error on netlink socket')
# By these, a thread and its stack, of 8 MiB, are created.
NEW_THREAD = re.compile(r'clone3?\(|MAP_STACK|mprotect\(\w+, 8388608,')


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


class Site:
    """The programs without failures that the scenarios need, and a folder in which a program under torture is alone."""

    def __init__(self, program, preload, tests):
        self.program, self.preload, self.tests = program, preload, tests
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='torture-'))
        self.count = 0
        self.stack = contextlib.ExitStack()
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.lower().endswith('_proxy') and not name.startswith('SIGNAL_')}
        self.env.update(LC_ALL='C', SIGNAL_TOKEN=TOKEN, GIO_USE_VFS='local', GSETTINGS_BACKEND='memory',
                        NO_PROXY='*', no_proxy='*', G_TEST_SRCDIR=str(pathlib.Path(__file__).parents[1]),
                        G_TEST_BUILDDIR=str(pathlib.Path(tests).parent))
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            self.start()
            stack.pop_all()

    def start(self):
        self.token_file = self.write('token', TOKEN + '\n')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-days', '2', '-keyout', 'key.pem', '-out', 'certificate.pem', '-subj', '/CN=torture',
                        '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
                       cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.certificate, self.key = f'{self.folder}/certificate.pem', f'{self.folder}/key.pem'
        self.redis = self.stack.enter_context(Redis())
        self.url = self.start_server('server')
        self.tls_url = self.start_server('tls', '--tls-certificate', self.certificate, '--tls-key', self.key)
        # One listener on each server, which knows what has arrived.
        self.arrived = {url: self.start_program(name, 'listen', url, '--room', ROOM, '--json', '--max-retries=-1',
                                                '--ca-file', self.certificate)
                        for name, url in (('listener', self.url), ('tls-listener', self.tls_url))}
        for url, path in self.arrived.items():
            self.wait_for(path.replace('.out', '.err'), 'Connected')

    def start_program(self, name, *args):
        """Returns the path of the output."""
        with open(f'{self.folder}/{name}.out', 'wb') as out, open(f'{self.folder}/{name}.err', 'wb') as err:
            process = subprocess.Popen([self.program, *args], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       env=self.env, preexec_fn=die_with_parent)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return out.name

    def start_server(self, name, *args):
        path = self.start_program(name, 'serve', '--port', '0', '--quiet', *args)
        return re.search(r'wss?://\S+', self.wait_for(path, 'Listening on'))[0]

    def wait_for(self, path, text, seconds=PROMPT):
        end = time.monotonic() + seconds
        while text not in (content := pathlib.Path(path).read_text(encoding='utf-8', errors='replace')):
            if time.monotonic() > end:
                raise TimeoutError(f'no “{text}” in {path}: {content[-500:]}')
            time.sleep(0.01)
        return content

    def close(self):
        self.stack.close()

    def write(self, name, text):
        path = f'{self.folder}/{name}'
        pathlib.Path(path).write_text(text, encoding='utf-8')
        return path

    def new_folder(self):
        os.mkdir(f'{self.folder}/run')
        return f'{self.folder}/run'

    @staticmethod
    def remove_folder(path):
        shutil.rmtree(path)

    def unique(self):
        """A text that occurs once."""
        self.count += 1
        return f'text-{self.count}-'

    def has_arrived(self, url, *texts):
        """Whether the listener has received all of them; those that were reported as sent are waited for."""
        with contextlib.suppress(TimeoutError):
            return all(self.wait_for(self.arrived[url], text) for text in texts)
        return False

    def call(self, *args):
        """Runs the program without failures, and returns whether it was successful."""
        return subprocess.run([self.program, *args], env=self.env, timeout=DEADLINE, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0


class Scenario:
    """One way to run the program signal-glib."""
    name = None
    stdin = None

    def __init__(self, site):
        self.site = site

    def args(self):
        raise NotImplementedError

    def play(self, program):
        """Does what others do while the program runs, until it has ended."""

    def verify(self, program):
        """Raises Problem if the program has reported a success that it did not have."""

    def command(self):
        return [self.site.program, *self.args()]

    def run(self, injection):
        """Returns the program and what it did wrong, or None. The caller ends it."""
        program = Program(self.site, self.command(), injection, self.stdin)
        try:
            self.play(program)
            if not program.poll_until(lambda: program.process.poll() is not None, DEADLINE) \
                    and has_no_thread(program) and is_waiting(program.process.pid):
                program.terminate()
            program.wait(PROMPT)
            program.wait_for_children(PROMPT)
            self.judge(program)
        except Problem as problem:
            return program, str(problem)
        except BaseException:
            program.end()
            raise
        return program, None

    def judge(self, program):
        status, stderr = program.process.returncode, program.text('stderr')
        if is_excused(status, stderr):
            return
        if '-CRITICAL **' in stderr:
            raise Problem('a critical message')
        if status < 0 and not (program.terminated and status == -15):
            raise Problem(f'ended by signal {-status}')
        if status > 0 and status not in self.site.statuses:
            raise Problem(f'ended with status {status}, which is not in the manual page')
        if status > 0 and not stderr.strip() and not is_silent(program.injection):
            raise Problem(f'ended with status {status} without a message')
        if status == 0:
            self.verify(program)


def is_excused(status, output):
    """Whether another library has ended the program."""
    return status in (-5, -6) and EXCUSED.search(output) or status == -11 and CRASHES.search(output)


def is_silent(injection):
    """Whether a message is lost itself, or standard output has no reader, as if “head” has ended."""
    return injection is not None and injection.call in ('write', 'writev') \
        and (injection.path in ('run/stderr', '') or injection.error == 'EPIPE')


def leaked(program, expected):
    """The files that are open in addition to those of a run without failures.

    GLib uses other files to wake up a main loop or to watch a process if it gets none of the usual kind.
    """
    return {kind: n for kind, n in (program.files() - expected).items()
            if kind not in ('anon_inode:[eventfd]', 'pipe:')}


def is_waiting(pid):
    """Whether all threads of a process sleep."""
    before = cpu_time(pid)
    time.sleep(0.5)
    return cpu_time(pid) - before < 20


def cpu_time(pid):
    """In ticks of 10 ms."""
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(') ')[2].split()
    return int(fields[11]) + int(fields[12])


def has_no_thread(program):
    """GLib neither reports nor tries again if it cannot start a thread for a function that is to run in one."""
    return program.injection is not None and program.injection.call in ('clone', 'clone3', 'mmap', 'mprotect') \
        and any(NEW_THREAD.search(line) for line in program.injected())


class Version(Scenario):
    name = 'version'

    def args(self):
        return ['--version']

    def verify(self, program):
        if not program.text('stdout').startswith('signal-glib '):
            raise Problem('lost its output and reported success')


class Help(Version):
    name = 'help'

    def args(self):
        return ['serve', '--help']

    def verify(self, program):
        if 'Exit status' not in program.text('stdout'):
            raise Problem('lost its output and reported success')


class CheckConfig(Scenario):
    name = 'check-config'

    def args(self):
        config = self.site.write('server.conf', '[Server]\nport=0\nmax-peers=10\ntls-certificate=certificate.pem\n'
                                                'tls-key=key.pem\ntoken-file=token\n')
        return ['serve', '--check-config', '--config', config]

    def verify(self, program):
        if 'valid' not in program.text('stdout'):
            raise Problem('lost its output and reported success')


class Send(Scenario):
    name = 'send'
    options = ('--wait', '--timeout', '5')

    def url(self):
        return self.site.url

    def args(self):
        self.text = self.site.unique()
        return ['send', *self.options, self.url(), 'chat', json.dumps({'room': ROOM, 'text': self.text})]

    def verify(self, program):
        if not self.site.has_arrived(self.url(), self.text):
            raise Problem('reported a message as sent that has not arrived')


class SendTls(Send):
    name = 'send-tls'

    def url(self):
        return self.site.tls_url

    def args(self):
        return [*super().args(), '--ca-file', self.site.certificate, '--token-file', self.site.token_file]


class SendLines(Scenario):
    name = 'send-lines'

    def args(self):
        self.texts = [self.site.unique() for _ in range(3)]
        self.stdin = ''.join(json.dumps({'room': ROOM, 'text': text}) + '\n' for text in self.texts)
        return ['send', '--lines', '--timeout', '5', self.site.url, 'chat']

    def verify(self, program):
        if not self.site.has_arrived(self.site.url, *self.texts):
            raise Problem('reported messages as sent that have not arrived')


class Chat(SendLines):
    name = 'chat'

    def args(self):
        self.texts = [self.site.unique() for _ in range(3)]
        self.stdin = ''.join(text + '\n' for text in self.texts)
        return ['chat', '--room', ROOM, '--name', 'ann', '--max-retries', '1', self.site.url]


class Request(Scenario):
    name = 'request'

    def args(self):
        self.text = self.site.unique()
        return ['request', '--timeout', '5', self.site.url, 'echo', json.dumps({'text': self.text})]

    def verify(self, program):
        if self.text not in program.text('stdout'):
            raise Problem('lost the answer and reported success')


class Listen(Scenario):
    name = 'listen'

    def args(self):
        self.text = self.site.unique()
        return ['listen', self.site.url, '--room', self.text, '--json', '--count', '1', '--max-retries', '1']

    def play(self, program):
        """Sends until a message has been received."""
        end = time.monotonic() + DEADLINE
        # It may be this message that is lost.
        program.poll_until(lambda: 'Connected' in program.text('stderr'), 2)
        while program.process.poll() is None and time.monotonic() < end:
            self.site.call('send', '--wait', self.site.url, 'chat', json.dumps({'room': self.text}))
            program.poll_until(lambda: False, 0.5)

    def verify(self, program):
        if self.text not in program.text('stdout'):
            raise Problem('lost a message and reported success')


class Relay:
    """Passes bytes on to the server of a site, until its connections are cut."""

    def __init__(self, url):
        self.target = re.search(r'//([^:]*):(\d+)/', url).groups()
        self.connections = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'ws://127.0.0.1:{self.listener.getsockname()[1]}/ws'
        self.start(self.accept)

    @staticmethod
    def start(function, *args):
        threading.Thread(target=function, args=args, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                self.connections += client, server
                self.start(self.copy, client, server)
                self.start(self.copy, server, client)

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def cut(self):
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.connections.clear()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


class ListenAgain(Listen):
    """The connection is lost twice. After one failure, the listener is connected again, with no more open files."""
    name = 'listen-again'
    files = None  # those that are open at last, if nothing fails

    def args(self):
        self.relay = Relay(self.site.url)
        self.text = self.site.unique()
        return ['listen', self.relay.url, '--room', self.text, '--json', '--count', '1', '--max-retries', '3']

    def play(self, program):
        try:
            for n_times in range(1, 4):
                program.poll_until(lambda: program.text('stderr').count('Connected') >= n_times, PROMPT)
                if program.process.poll() is not None:
                    return
                if n_times < 3:
                    self.relay.cut()
            self.check_files(program)
            super().play(program)
        finally:
            self.relay.close()

    def check_files(self, program):
        if program.injection is None:
            program.poll_until(lambda: False, 1)
            type(self).files = program.files()
        elif not program.poll_until(lambda: not leaked(program, self.files), SETTLING) \
                and program.process.poll() is None:
            raise Problem(f'leaks: {leaked(program, self.files)}')


class Emit(Scenario):
    name = 'emit'

    def args(self):
        self.text = self.site.unique()
        return ['emit', '--redis', self.site.redis.uri, 'room', ROOM, 'news', json.dumps({'text': self.text})]

    def verify(self, program):
        if not any(self.text in json.dumps(body) for _, body in self.site.redis.published):
            raise Problem('reported a message as published that Redis has not received')


class Serve(Scenario):
    """Clients come and go; after one failure, the server serves the others, and has no more open files than before."""
    name = 'serve'
    options = ()
    scheme = 'ws'
    n_clients = 4
    files = None  # those that are open after the clients have gone, if nothing fails

    def args(self):
        self.port = free_port()
        return ['serve', '--port', str(self.port), *self.options]

    def ask(self, timeout=PROMPT):
        return self.site.call('request', '--timeout', str(timeout), '--ca-file', self.site.certificate,
                              f'{self.scheme}://127.0.0.1:{self.port}/ws', 'echo', '{}')

    def play(self, program):
        if not program.poll_until(lambda: 'Listening on' in program.text('stdout'), 3) \
                and program.process.poll() is not None:
            return
        hits_once = program.injection is None or program.injection.once
        # Nothing is expected if it fails from then on.
        served = [self.ask() for _ in range(self.n_clients)] if hits_once else [self.ask(1), self.ask(1)]
        if hits_once and (program.process.poll() or 0) > 0:
            raise Problem('ended while it served, after one failure')
        if program.process.poll() is not None:
            return
        # The failure may have hit one of the last clients.
        while hits_once and not all(served[-2:]) and len(served) < 3 * self.n_clients:
            served.append(self.ask())
        if hits_once and not all(served[-2:]) and not EXCUSED.search(program.text('stderr')):
            raise Problem(f'does not serve other clients after one failure: {served}')
        self.more(program, hits_once)
        self.check_rest(program)
        program.terminate()

    def more(self, program, hits_once):
        """What is particular to a way to serve."""

    def check_rest(self, program):
        """The server is idle now."""
        before, start = program.count_injected(), time.monotonic()
        if program.injection is None:
            program.poll_until(lambda: False, 1)
            type(self).files = program.files()
            return
        settled = has_no_thread(program) \
            or program.poll_until(lambda: not leaked(program, self.files), SETTLING)
        program.poll_until(lambda: False, max(0.0, 0.2 - (time.monotonic() - start)))
        often = (program.count_injected() - before) / (time.monotonic() - start)
        if often > SPINNING:
            raise Problem(f'spins: {often:.0f} failures a second')
        if not settled and program.process.poll() is None:
            raise Problem(f'leaks: {leaked(program, self.files)}')


class ServeTls(Serve):
    name = 'serve-tls'
    scheme = 'wss'

    def args(self):
        return [*super().args(), '--tls-certificate', self.site.certificate, '--tls-key', self.site.key,
                '--token-file', self.site.token_file]


class ServeMonitor(Serve):
    name = 'serve-monitor'

    def args(self):
        self.monitor = free_port()
        return [*super().args(), '--monitor', str(self.monitor)]

    def more(self, program, hits_once):
        healthy = False
        for path in ('/healthz', '/metrics', '/healthz'):
            with contextlib.suppress(OSError, prometheus.http.client.HTTPException):
                healthy = prometheus.request(f'http://127.0.0.1:{self.monitor}', path, timeout=PROMPT)[0] == 200
        if hits_once and not healthy:
            raise Problem('/healthz does not answer after one failure')


class ServeBus(Serve):
    name = 'serve-bus'

    def args(self):
        return [*super().args(), '--redis', self.site.redis.uri]

    def more(self, program, hits_once):
        """The server is on the bus, perhaps after it has tried again."""
        def published():
            text = self.site.unique()
            self.site.call('send', '--wait', f'ws://127.0.0.1:{self.port}/ws', 'news',
                           json.dumps({'room': ROOM, 'text': text}))
            return program.poll_until(lambda: any(text in json.dumps(body)
                                                  for _, body in self.site.redis.published), 0.5)

        end = time.monotonic() + PROMPT
        while hits_once and not published():
            if program.process.poll() is not None or time.monotonic() > end:
                raise Problem('does not publish after one failure')
        self.site.redis.published.clear()


class ServeWorkers(Serve):
    name = 'serve-workers'
    options = ('--workers', '2', '--no-encryption')
    n_clients = 8  # each process has failures of its own


# These tests of the unit suite write so much that most calls would be theirs, and that tracing them takes longer than
# the peer waits.
LEFT_OUT = ['/server/peer-close-with-backlog']


class UnitTest(Scenario):
    """A program of the unit suite. Its checks may fail, and what it waits for may never happen."""

    def __init__(self, site, name):
        super().__init__(site)
        self.name = f'unit:{name}'

    def command(self):
        return [f'{self.site.tests}/test-{self.name.removeprefix("unit:")}',
                *(word for path in LEFT_OUT for word in ('-s', path))]

    def play(self, program):
        if not program.poll_until(lambda: program.process.poll() is not None, DEADLINE / 2):
            if not is_waiting(program.process.pid):
                raise Problem('spins')
            program.process.kill()
            program.terminated = True

    def judge(self, program):
        status, output = program.process.returncode, program.text('stdout') + program.text('stderr')
        if is_excused(status, output):
            return
        if '-CRITICAL **' in output:
            raise Problem('a critical message')
        if 'Sanitizer' in output or 'runtime error:' in output:
            raise Problem('a report of a sanitizer')
        # A warning ends a test, too.
        failed_check = status in (-6, -5) and re.search(r'Bail out!|^ERROR:|assertion failed|-WARNING \*\*', output)
        if status < 0 and not failed_check and not program.terminated:
            raise Problem(f'ended by signal {-status}')


SCENARIOS = {each.name: each for each in (
    Version, Help, CheckConfig, Send, SendTls, SendLines, Chat, Request, Listen, ListenAgain, Emit, Serve, ServeTls,
    ServeMonitor, ServeBus, ServeWorkers)}

# Those that take less than a second.
UNIT_TESTS = ('server', 'server-auth', 'server-rooms', 'websocket-reader', 'client-connect', 'client-messages',
              'client-rooms', 'client-outbox', 'bus-send', 'bus-tls')


def names():
    return [*SCENARIOS, *(f'unit:{name}' for name in UNIT_TESTS)]


def counts_files(name):
    return hasattr(SCENARIOS.get(name), 'files')


def create(name, site):
    return UnitTest(site, name.removeprefix('unit:')) if name.startswith('unit:') else SCENARIOS[name](site)
