#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual page and the completions of signal-glib have the same options as --help:
PROGRAM SOURCE-DIRECTORY."""
import contextlib
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import tap

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
MANUAL = SOURCE / 'docs/signal-glib.1'
COMPLETION = SOURCE / 'demo/cli/completion'
COMMANDS = ('serve', 'listen', 'send', 'request', 'chat', 'emit')
FORMATS = ['line', 'json', 'payload', 'text']
RECIPIENTS = ['room', 'user', 'peer', 'all']
CONNECTING = 'Options for connecting'
SECONDS = 20


def run(*command, **options):
    settings = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS,
                    env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    settings.update(options)
    return subprocess.run(command, **settings)


def help_options(command):
    """Returns the long options of a command, each with its short option or None."""
    text = run(PROGRAM, command, '--help').stdout
    found = re.findall(r'^  (?:-(\w), )?--([\w-]+)', text, re.MULTILINE)
    assert found, text
    return {f'--{name}': f'-{short}' if short else None for short, name in found}


class Manual(unittest.TestCase):
    def sections(self):
        parts = re.split(r'^\.S[sh] (.+)\n', MANUAL.read_text(encoding='utf-8'), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def options(self, section):
        items = re.findall(r'^\.It Fl (?:(\w) , Fl )?-([\w-]+)', self.sections()[section], re.MULTILINE)
        return {f'--{name}': f'-{short}' if short else None for short, name in items}

    def test_options(self):
        for command in COMMANDS:
            known = self.options(command)
            if command not in ('serve', 'emit'):
                known.update(self.options(CONNECTING))
            self.assertEqual(known, help_options(command), command)

    def test_commands(self):
        listed = re.findall(r'^  (\w+) +\w', run(PROGRAM, '--help').stdout.split('Commands:')[1]
                            .split('\n\n')[0], re.MULTILINE)
        self.assertEqual(tuple(listed), COMMANDS)

    def test_exit_codes(self):
        codes = re.findall(r'^  (\d+) ', run(PROGRAM, '--help').stdout, re.MULTILINE)
        self.assertEqual(codes, re.findall(r'^\.It (\d+)$', self.sections()['EXIT STATUS'], re.MULTILINE))

    def test_json_members(self):
        sources = ''.join((SOURCE / 'demo/cli' / name).read_text(encoding='utf-8')
                          for name in ('cli-json.c', 'cli-listening.c', 'cli-monitor.c', 'cli-serve.c'))
        self.assertEqual(set(re.findall(r'[{,]\\"(\w+)\\":', sources)),
                         set(re.findall(r'^\.It Li (\w+)', self.sections()['JSON'], re.MULTILINE)))

    @unittest.skipUnless(shutil.which('mandoc'), 'mandoc is not installed')
    def test_mandoc(self):
        for path in (MANUAL, SOURCE / 'docs/signal-glib-demo.1'):
            process = run('mandoc', '-Tlint', str(path))
            self.assertEqual(process.stdout + process.stderr, '')

    @unittest.skipUnless(shutil.which('man') and shutil.which('groff'), 'man is not installed')
    def test_man(self):
        process = run('man', '-l', '--warnings', str(MANUAL),
                      env={**os.environ, 'LC_ALL': 'C.UTF-8', 'MANWIDTH': '80', 'MANPAGER': 'cat'})
        self.assertEqual(process.stderr, '')
        self.assertIn('SIGNAL_TOKEN', process.stdout)


@unittest.skipUnless(shutil.which('bash'), 'bash is not installed')
class Bash(unittest.TestCase):
    def complete(self, *words):
        """Returns the completions of the last word."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _signal_glib; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        process = run('bash', '--norc', '-c', script, 'bash', str(COMPLETION / 'signal-glib'),
                      'signal-glib', *words)
        self.assertEqual(process.stderr, '')
        return process.stdout.strip().splitlines()

    def test_commands(self):
        self.assertEqual(self.complete(''), [*COMMANDS, '--help', '--version'])
        self.assertEqual(self.complete('se'), ['serve', 'send'])

    def test_options(self):
        for command in COMMANDS:
            self.assertEqual(set(self.complete(command, '-')), set(help_options(command)), command)
        self.assertEqual(self.complete('listen', '--room', 'a', '--w'), ['--wait'])

    def test_values(self):
        self.assertEqual(self.complete('send', '--color', 'a'), ['auto', 'always'])
        self.assertEqual(self.complete('send', '--color', '=', 'n'), ['never'])
        self.assertEqual(self.complete('send', '--color', '='), ['auto', 'always', 'never'])
        for command in ('listen', 'request'):
            self.assertEqual(self.complete(command, '--format', ''), FORMATS)
            self.assertEqual(self.complete(command, '-f', 'p'), ['payload'])
        self.assertIn(str(MANUAL), self.complete('send', '--token-file', str(MANUAL)[:-1]))
        self.assertEqual(self.complete('listen', '--room', '-'), [])

    def test_url(self):
        self.assertEqual(self.complete('listen', 'ws'), ['ws://', 'wss://'])
        self.assertEqual(self.complete('serve', ''), [])

    def test_emit(self):
        self.assertEqual(self.complete('emit', ''), RECIPIENTS)
        self.assertEqual(self.complete('emit', '--text', 'p'), ['peer'])
        self.assertEqual(self.complete('emit', 'room', ''), [])
        self.assertEqual(self.complete('emit', '--redis', 'r'), ['redis://', 'rediss://'])

    def test_is_registered(self):
        process = run('bash', '--norc', '-c', 'source "$1"; complete -p signal-glib', 'bash',
                      str(COMPLETION / 'signal-glib'))
        self.assertEqual(process.stdout, 'complete -F _signal_glib signal-glib\n')


@unittest.skipUnless(shutil.which('zsh'), 'zsh is not installed')
class Zsh(unittest.TestCase):
    def specs(self, command):
        """Returns the arguments of _arguments for a command."""
        script = ('command=$2; source $1 2>/dev/null; '
                  '_arguments () { print -rl -- "$@"; state=argument; words=($command) }; _signal-glib')
        process = run('zsh', '-f', '-c', script, 'zsh', str(COMPLETION / '_signal-glib'), command)
        self.assertEqual(process.stderr, '')
        return process.stdout.split('*::argument:->argument\n')[1]

    def test_options(self):
        for command in COMMANDS:
            options = help_options(command)
            found = re.findall(r'^(?:\([^)]*\)|\*)?(-{1,2}[\w-]+)=?\[', self.specs(command), re.MULTILINE)
            self.assertEqual(sorted(found),
                             sorted([*options, *(short for short in options.values() if short)]))

    def test_formats(self):
        for command in ('listen', 'request'):
            self.assertIn(f':({" ".join(FORMATS)})\n', self.specs(command))

    def test_on_a_terminal(self):
        try:
            pid, terminal = pty.fork()
        except OSError as error:
            self.skipTest(f'pseudo-terminals are not available: {error}')
        if pid == 0:
            os.execvpe('zsh', ['zsh', '-f', '-i'], {**os.environ, 'TERM': 'dumb', 'LC_ALL': 'C.UTF-8'})
        try:
            self.type_and_see(terminal)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)

    def type_and_see(self, terminal):
        folder = shlex.quote(str(COMPLETION))
        for typed, wanted in (
                (f'fpath=({folder} $fpath); autoload -Uz compinit && compinit -u -D; echo r"ead"y\n',
                 b'ready\r\n'),
                ('signal-glib lis\t', b'listen '), ('--roo\t', b'--room='), ('tea --colo\t', b'--color='),
                ('al\t', b'always ')):
            os.write(terminal, typed.encode())
            seen = b''
            end = time.monotonic() + SECONDS
            while wanted not in seen and time.monotonic() < end:
                if select.select([terminal], [], [], 0.2)[0]:
                    with contextlib.suppress(OSError):
                        seen += os.read(terminal, 4096)
            self.assertIn(wanted, seen)


@unittest.skipUnless(shutil.which('fish'), 'fish is not installed')
class Fish(unittest.TestCase):
    def complete(self, line):
        """Returns the completions of a command line."""
        with tempfile.TemporaryDirectory() as home:
            process = run('fish', '--no-config', '-c', 'source $argv[1]; complete -C $argv[2]',
                          str(COMPLETION / 'signal-glib.fish'), line,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8', 'HOME': home})
        self.assertEqual(process.stderr, '')
        found = [text.split('\t') for text in process.stdout.splitlines()]
        self.assertEqual([words for words in found if len(words) != 2 and '/' not in words[0]], [])
        return [words[0] for words in found]

    def test_commands(self):
        self.assertEqual(self.complete('signal-glib '), sorted(COMMANDS))
        self.assertEqual(self.complete('signal-glib se'), ['send', 'serve'])
        self.assertEqual(self.complete('signal-glib --'), ['--help', '--version'])

    def test_options(self):
        for command in COMMANDS:
            options = help_options(command)
            self.assertEqual(sorted(self.complete(f'signal-glib {command} -')),
                             sorted([*options, *(short for short in options.values() if short)]), command)

    def test_event_with_the_name_of_a_command(self):
        # Newer versions of fish also offer options that have the text in the middle.
        self.assertNotIn('--trace', self.complete('signal-glib send ws://a/ws listen --tr'))

    def test_values(self):
        self.assertEqual(self.complete('signal-glib send --color a'), ['always', 'auto'])
        self.assertEqual(self.complete('signal-glib send --color=n'), ['--color=never'])
        for command in ('listen', 'request'):
            self.assertEqual(self.complete(f'signal-glib {command} --format '), sorted(FORMATS))
        typed = str(MANUAL)[:-1].replace(' ', r'\ ')
        self.assertIn(str(MANUAL), self.complete(f'signal-glib send --token-file {typed}'))
        self.assertEqual(self.complete('signal-glib listen --room '), [])

    def test_url(self):
        self.assertEqual(self.complete('signal-glib listen w'), ['ws://', 'wss://'])
        self.assertEqual(self.complete('signal-glib send ws://a/ws w'), [])
        self.assertEqual(self.complete('signal-glib serve '), [])

    def test_emit(self):
        self.assertEqual(self.complete('signal-glib emit '), sorted(RECIPIENTS))
        self.assertEqual(self.complete('signal-glib emit --text p'), ['peer'])
        self.assertEqual(self.complete('signal-glib emit room '), [])
        self.assertEqual(self.complete('signal-glib emit --redis r'), ['redis://', 'rediss://'])


if __name__ == '__main__':
    tap.main(Manual, Bash, Zsh, Fish)
