# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a program in which a system call fails, or records its system calls, by means of strace."""
import collections
import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import time

from children import die_with_parent
from errors import TRANSIENT, TRANSIENT_CALLS, errors_of

# strace counts the calls of each thread from 1. A file to which -P refers has counts of its own.
CALL = re.compile(r'(\d+) +(\w+)\((.*)')
FIRST_FILE = re.compile(r'\d+<((?:/|anon_inode:)[^<>]*)[<>]')

# The same call fails that often in a row if its error is transient.
IN_A_ROW = 3
# What strace may write about one program, in bytes. A program that spins writes more.
LOG_LIMIT = 30_000_000


class Problem(Exception):
    """What a program does and must not do."""


@dataclasses.dataclass(frozen=True)
class Injection:
    """The call @number of those of @call, for @path if it is not empty, fails with @error: once or more often.

    A path that is relative refers to the folder of the site.
    """
    call: str
    path: str
    number: int
    error: str
    once: bool

    def __str__(self):
        path = f'<{self.path}>' if self.path else ''
        return f'{self.call}{path}:{self.number}:{self.error}:{"once" if self.once else "on"}'

    @staticmethod
    def parse(text):
        match = re.fullmatch(r'(\w+)(?:<(.*)>)?:(\d+):(\w+):(once|on)', text)
        if match is None:
            raise ValueError(f'“{text}” is not CALL:NUMBER:ERROR:once or CALL:NUMBER:ERROR:on')
        return Injection(match[1], match[2] or '', int(match[3]), match[4], match[5] == 'once')

    def options(self, folder):
        is_transient = self.error in TRANSIENT or self.call in TRANSIENT_CALLS
        last = '' if self.once else f'..{self.number + IN_A_ROW - 1}' if is_transient else '+'
        absolute = self.path if self.path.startswith(('/', 'anon_inode:')) else f'{folder}/{self.path}'
        path = ['-P', absolute] if self.path else []
        # The system call brk() returns no error, but the end of the memory as it was.
        result = 'retval=0' if self.call == 'brk' else f'error={self.error}'
        return [*path, '-e', f'trace={self.call}', '-e', f'inject={self.call}:{result}:when={self.number}{last}']


class Program:
    """A program that strace has been attached to when its main() began. Its output goes to files."""

    def __init__(self, site, args, injection=None, stdin=None, env=()):
        self.site = site
        self.injection = injection
        self.folder = site.new_folder()
        self.log = f'{self.folder}/calls'
        self.terminated = False
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(open(self.path(name), 'wb')) for name in ('stdout', 'stderr')]
            source = stack.enter_context(open(self.write('stdin', stdin), 'rb')) if stdin is not None \
                else subprocess.DEVNULL
            self.process = subprocess.Popen(args, stdin=source, stdout=files[0], stderr=files[1],
                                            env={**site.env, **dict(env), 'LD_PRELOAD': site.preload},
                                            cwd=self.folder, start_new_session=True, preexec_fn=die_with_parent)
        try:
            self.attach(injection.options(site.folder) if injection else ['-yy'])
        except BaseException:
            self.end()
            raise

    def path(self, name):
        return f'{self.folder}/{name}'

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def attach(self, options):
        self.strace = None
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise RuntimeError(f'{self.process.args[0]} did not stop at main(): {self.text("stderr")}')
        self.strace = subprocess.Popen(['strace', '-f', '-o', self.log, *options, '-p', str(self.process.pid)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, env=self.site.env)
        line = self.strace.stderr.readline()
        if b'attached' not in line:
            raise RuntimeError('strace cannot attach: ' + line.decode(errors='replace'))
        self.process.send_signal(signal.SIGCONT)

    def text(self, name):
        with open(self.path(name), encoding='utf-8', errors='replace') as file:
            return file.read()

    def injected(self):
        """The calls that have failed, as strace prints them."""
        return [line for line in self.text('calls').splitlines() if '(INJECTED)' in line]

    def count_injected(self):
        with open(self.log, 'rb') as file:
            return file.read().count(b'(INJECTED)')

    def poll_until(self, condition, seconds):
        """Returns whether the condition was met while the program ran."""
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                return condition()
            if os.path.getsize(self.log) > LOG_LIMIT:
                raise Problem('spins: calls the failing function again and again')
            time.sleep(0.01)
        return True

    def wait(self, seconds):
        """Returns the exit status."""
        if not self.poll_until(lambda: self.process.poll() is not None, seconds):
            raise Problem('hangs')
        return self.process.returncode

    def terminate(self):
        self.terminated = True
        self.process.terminate()

    def wait_for_children(self, seconds):
        """strace ends when all processes that it follows have ended."""
        try:
            self.strace.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Problem('leaves processes behind') from error

    def files(self):
        """What the open files of the program are, without their numbers."""
        folder = f'/proc/{self.process.pid}/fd'
        kinds = collections.Counter()
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(folder):
                with contextlib.suppress(FileNotFoundError):
                    target = os.readlink(f'{folder}/{name}').removeprefix(self.site.folder)
                    kinds[re.sub(r'\[\d+\]', '', target)] += 1
        return kinds

    def end(self):
        """Kills what is left, and forgets the output."""
        for process in filter(None, (self.process, self.strace)):
            with contextlib.suppress(ProcessLookupError):
                if process is self.process:
                    os.killpg(process.pid, signal.SIGKILL)
                elif process.poll() is None:
                    process.kill()
            process.wait()
        if self.strace:
            self.strace.stderr.close()
        self.site.remove_folder(self.folder)

    def record(self):
        """The injections to which the recorded calls lead, by call."""
        counts = collections.Counter()
        seen = collections.defaultdict(dict)
        unlisted = set()
        with open(self.log, encoding='utf-8', errors='replace') as file:
            for line in file:
                match = CALL.match(line)
                if match is None:
                    continue
                thread, call, rest = match.groups()
                names = errors_of(call, rest)
                if not names:
                    unlisted.add(call)
                path = self.file_of(call, rest)
                counts[thread, call, path] += 1
                counts[thread, call, ''] += bool(path)
                for name in names:
                    # From then on, other files would be hit, too, unless they are selected.
                    for once in (True,) if not path and call in ('read', 'write', 'writev') else (True, False):
                        seen[call][Injection(call, path, counts[thread, call, path], name, once)] = None
        return {call: list(injections) for call, injections in seen.items()}, unlisted

    def file_of(self, call, rest):
        """The file by which strace selects the calls, as a read of a file and one of an eventfd fail otherwise."""
        match = FIRST_FILE.match(rest) if call in ('read', 'write', 'writev') else None
        return match[1].removeprefix(self.site.folder + '/') if match else ''
