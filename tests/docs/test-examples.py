#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every fenced block of README.md, CONTRIBUTING.md and the guides in one language is built, run or
parsed.

c, python, js, vala, rust
                      A program (it has a main function, a main loop or a test run) is built as a
                      reader would build it, and run; it must exit with 0. “ws://127.0.0.1:8080/ws” becomes the
                      URL of a “signal-glib serve” with the token “secret”, also in SIGNAL_URL and
                      SIGNAL_TOKEN; a client repeatedly sends to the room “kitchen”. “redis://localhost” becomes
                      the URI of a server that answers like Redis, on which it must publish {"text":"hello"}. After
                      a comment “example: …” it must print {"text":"hello"}. One that connects to that
                      server is also run with a wrong token, without a server and with a bad URL: it
                      must print one line to standard error, and exit with 1.
                      Anything else is a fragment. It is compiled, not run: in C, all fragments of a
                      page in one file, those that begin with “static”, “typedef” or “#include” at file
                      scope and the others each in a function of its own, after the code in a comment
                      “given: …”; in Python and JavaScript, within an async function; in Rust,
                      as a program of its own. In JavaScript, imports from npm are omitted.
other                 sh: the syntax, the options of signal-glib, the paths of the project, the
                      names of meson's options, suites and tests. json, xml, ini, meson: parsed.
                      console, text, mermaid: not checked. Other blocks are errors.
"""
import argparse
import ast
import configparser
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import xml.etree.ElementTree

import cargo
import markdown
import tap
from redis_responder import Redis

SECONDS = 40
TOKEN = 'secret'
URL = 'ws://127.0.0.1:8080/ws'
BAD_URL = 'nonsense'
REDIS = 'redis://localhost'
EXPECTED = '{"text":"hello"}\n'
CODE = ('c', 'python', 'js', 'vala', 'rust')
PARSED = ('ini', 'json', 'meson', 'sh', 'xml')
SHOWN = ('console', 'mermaid', 'text')
BUILT_IN = ('b_', 'buildtype', 'prefix', 'libdir')
C_ARGS = ['-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror']


def run(command, **options):
    settings = dict(timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    settings.update(options)
    process = subprocess.run(command, **settings)
    if process.returncode != 0:
        raise AssertionError(f'{shlex.join(map(str, command))}: {process.returncode}\n{process.stdout}')
    return process.stdout


def need(program):
    if not program or shutil.which(program) is None:
        raise unittest.SkipTest(f'there is no {program or "python3 with PyGObject"} here')


def serve(program, environment):
    """Starts a server, and returns it with its URL."""
    server = subprocess.Popen([program, 'serve', '--port', '0'], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, env=environment)
    return server, server.stdout.readline().split()[-1]


def stop(server):
    server.terminate()
    server.wait(SECONDS)
    server.stdout.close()


def has_redis(program):
    """Returns whether the library was built with Redis."""
    process = subprocess.run([program, 'emit', '--redis=redis://127.0.0.1:1', 'all', 'news'], timeout=SECONDS,
                             stderr=subprocess.PIPE, text=True)
    return '-Dredis' not in process.stderr


def is_client(block):
    return URL in block.text or 'SIGNAL_URL' in block.text


class Services:
    """Runs a server, and a client that sends messages to the room “kitchen”."""

    def __init__(self, program):
        environment = dict(os.environ, SIGNAL_TOKEN=TOKEN)
        gone, self.closed_url = serve(program, environment)
        self.server, self.url = serve(program, environment)
        stop(gone)
        self.talker = subprocess.Popen([program, 'chat', self.url, '--room', 'kitchen', '--name', 'bob'],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, text=True, env=environment)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.talk)
        self.thread.start()

    def talk(self):
        while not self.over.wait(0.1):
            self.talker.stdin.write('hello\n')
            self.talker.stdin.flush()

    def end(self):
        self.over.set()
        self.thread.join(SECONDS)
        self.talker.stdin.close()
        self.talker.terminate()
        self.talker.wait(SECONDS)
        stop(self.server)


class C:
    suffix = '.c'

    def is_program(self, text):
        return re.search(r'^main \(', text, re.MULTILINE)

    def flags(self):
        return shlex.split(run(['pkg-config', '--cflags', '--libs', 'signal-glib-1.0']))

    def build(self, path):
        program = path.with_suffix('')
        run([os.environ.get('CC', 'cc'), *C_ARGS, '-o', program, path, *self.flags()])
        return [program]

    def check(self, page, folder):
        parts = ['#include <signal-glib/signal-glib.h>']
        for number, block in enumerate(page):
            if block.mark.startswith('given: '):
                parts.append(block.mark.removeprefix('given: '))
            place = f'#line {block.line} "{block.path.name}"\n'
            if re.match(r'static|typedef|#include', block.text):
                parts.append(place + block.text)
            else:
                parts.append(f'void fragment_{number} (void);\n'
                             f'void fragment_{number} (void) {{\n{place}{block.text}}}')
        path = folder / 'fragments.c'
        path.write_text('\n'.join(parts) + '\n', encoding='utf-8')
        run([os.environ.get('CC', 'cc'), '-fsyntax-only', *C_ARGS, '-Wno-unused-function',
             '-Wno-unused-variable', '-Wno-unused-but-set-variable', path, *self.flags()])


class Vala:
    suffix = '.vala'

    def is_program(self, text):
        return re.search(r'^(void|int) main \(', text, re.MULTILINE)

    def compile(self, *args):
        need('valac')
        folder = ['--vapidir', options.build_dir / 'signal-glib'] if options.build_dir else []
        run(['valac', '--quiet', *folder, '--pkg', 'signal-glib-1.0', *args])

    def build(self, path):
        self.compile('-X', '-w', '-o', path.with_suffix(''), path)
        return [path.with_suffix('')]

    def check(self, page, folder):
        for number, block in enumerate(page):
            path = folder / f'fragment{number}.vala'
            path.write_text(block.text, encoding='utf-8')
            self.compile('--ccode', '--directory', folder, path)


class JavaScript:
    suffix = '.js'

    def is_program(self, text):
        return 'loop.run()' in text

    def build(self, path):
        need('gjs')
        return ['gjs', '-m', path]

    def check(self, page, folder):
        need('gjs')
        for number, block in enumerate(page):
            lines = block.text.splitlines()
            path = folder / f'fragment{number}.js'
            path.write_text('\n'.join([
                *(line for line in lines if re.match(r"import .* from '(gi://|system')", line)),
                'async function fragment() {',
                *(line for line in lines if not line.startswith('import ')), '}', 'void fragment;']) + '\n',
                encoding='utf-8')
            run(['gjs', '-m', path])


class Rust:
    suffix = '.rs'

    def is_program(self, text):
        return 'fn main()' in text or '#[test]' in text

    def build(self, path):
        command = ['test', '--no-run'] if '#[test]' in path.read_text(encoding='utf-8') else ['build']
        return [cargo.build_program(options.build_dir, path, *command)]

    def check(self, page, folder):
        for number, block in enumerate(page):
            path = folder / f'fragment{number}.rs'
            path.write_text('#![allow(dead_code)]\n' + block.text + 'fn main() {}\n', encoding='utf-8')
            cargo.build_program(options.build_dir, path, 'build')


class Python:
    suffix = '.py'

    def is_program(self, text):
        return 'gi.require_version' in text

    def build(self, path):
        need(options.python)
        return [options.python, path]

    def check(self, page, folder):
        for block in page:
            ast.parse('async def fragment():\n' + textwrap.indent(block.text, '    '), block.name)


class Code(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = Services(options.server)
        os.environ.update(LC_ALL='C.UTF-8', TERM='dumb')
        if options.build_dir:
            os.environ.update(PKG_CONFIG_PATH=str(options.build_dir / 'meson-uninstalled'))

    @classmethod
    def tearDownClass(cls):
        cls.services.end()

    @staticmethod
    def language():
        return {'c': C, 'vala': Vala, 'js': JavaScript, 'python': Python, 'rust': Rust}[options.language]()

    @contextlib.contextmanager
    def program(self, block, url, token):
        """The command that runs the program, and its environment."""
        language = self.language()
        text = block.text.replace(URL, url)
        if is_client(block):
            text = text.replace(TOKEN, token)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / ('example' + language.suffix)
            path.write_text(text, encoding='utf-8')
            yield language.build(path), dict(os.environ, SIGNAL_URL=url, SIGNAL_TOKEN=token)

    def run_program(self, block):
        with self.program(block, self.services.url, TOKEN) as (command, environment):
            output = run(command, env=environment)
        if block.mark.startswith('example: '):
            self.assertEqual(output, EXPECTED)

    def emit_program(self, block):
        if not has_redis(options.server):
            self.skipTest('the library was built without Redis')
        with Redis() as redis:
            text = block.text.replace(REDIS, redis.uri)
            with self.program(dataclasses.replace(block, text=text), '', '') as (command, environment):
                run(command, env=environment)
                self.assertEqual([body['data'] for _, body in redis.published], [{'text': 'hello'}])

    def refuse_program(self, block):
        services = self.services
        for url, token, words in ((services.url, 'wrong', 'rejected the token'), (BAD_URL, TOKEN, 'URL is not valid'),
                                  (services.closed_url, TOKEN, 'Could not connect')):
            with self.program(block, url, token) as (command, environment):
                process = subprocess.run(command, env=environment, timeout=SECONDS, capture_output=True, text=True)
            self.assertIn(words, process.stderr)
            self.assertEqual((process.returncode, process.stdout, process.stderr.count('\n')), (1, '', 1))

    def check_fragments(self, page):
        with tempfile.TemporaryDirectory() as folder:
            self.language().check(page, pathlib.Path(folder))

    @classmethod
    def collect(cls):
        for path in markdown.pages(options.source):
            page = [block for block in markdown.blocks(path) if block.language == options.language]
            fragments = [block for block in page if not cls.language().is_program(block.text)]
            for block in page:
                if block not in fragments and REDIS in block.text:
                    setattr(cls, f'test {block.name}', lambda self, block=block: self.emit_program(block))
                elif block not in fragments:
                    setattr(cls, f'test {block.name}', lambda self, block=block: self.run_program(block))
                    if is_client(block):
                        setattr(cls, f'test {block.name}, refused',
                                lambda self, block=block: self.refuse_program(block))
            if fragments:
                setattr(cls, f'test {path.name}, fragments',
                        lambda self, page=fragments: self.check_fragments(page))


class Parsed(unittest.TestCase):
    def check_json(self, block):
        json.loads(block.text)

    def check_xml(self, block):
        xml.etree.ElementTree.fromstring(block.text.encode())

    def check_ini(self, block):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(block.text)
        for section in parser.sections():
            for value in parser[section].values():
                ast.parse(value, mode='eval')

    def check_meson(self, block):
        script = 'import sys; from mesonbuild.mparser import Parser; Parser(sys.argv[1], "block").parse()'
        # Meson may belong to another Python than the first python3 in PATH.
        for python in (sys.executable, options.python, '/usr/bin/python3'):
            if shutil.which(python) and subprocess.run([python, '-c', 'import mesonbuild'],
                                                       stderr=subprocess.DEVNULL).returncode == 0:
                run([python, '-c', script, block.text])
                return
        self.skipTest('meson cannot be imported here')

    def check_sh(self, block):
        run(['bash', '-n', '-c', block.text])
        for line in block.text.replace('\\\n', ' ').splitlines():
            for command in re.split(r'&&|\|', line):
                words = shlex.split(command, comments=True)
                while words and re.match(r'\w+=', words[0]):
                    words.pop(0)
                if words:
                    self.check_command(words)

    def check_command(self, words):
        program = words[0]
        if program.split('/')[-1] == 'signal-glib':
            help_text = run([options.server, words[1], '--help'])
            for option in words[2:]:
                if option.startswith('-') and option != '-':
                    self.assertIn(option.split('=')[0], re.findall(r'-{1,2}[\w-]+', help_text), words)
        elif '/' in program and not program.startswith(('_build', '/')):
            self.assertTrue(os.access(options.source / program, os.X_OK), f'{program} is not there')
        elif program == 'meson':
            self.check_meson_command(words)

    def check_meson_command(self, words):
        known = re.findall(r"option\('(\w+)'", (options.source / 'meson_options.txt').read_text())
        for option in re.findall(r'-D(\w+)=', ' '.join(words)):
            self.assertTrue(option in known or option.startswith(BUILT_IN), f'no option {option}')
        if words[1] != 'test':
            return
        tests = json.loads((options.build_dir / 'meson-info/intro-tests.json').read_text())
        suites = {suite.split(':')[-1] for test in tests for suite in test['suite']}
        names = {test['name'] for test in tests}
        rest = words[2:]
        while rest:
            word = rest.pop(0)
            if word == '--suite':
                self.assertIn(rest.pop(0), suites)
            elif word == '-C':
                rest.pop(0)
            elif not word.startswith('-'):
                self.assertIn(word, names)

    @classmethod
    def collect(cls):
        for path in markdown.pages(options.source):
            for block in markdown.blocks(path):
                if block.language in PARSED:
                    check = getattr(cls, 'check_' + block.language)
                    setattr(cls, f'test {block.name}', lambda self, check=check, block=block: check(self, block))

    def test_tags(self):
        for path in markdown.pages(options.source):
            for block in markdown.blocks(path):
                self.assertIn(block.language, (*CODE, *PARSED, *SHOWN), block.name)

    def test_fences(self):
        """No code block is missed because of its syntax."""
        for path in markdown.pages(options.source):
            fences = len(re.findall(r'^ *(?:```|~~~)', path.read_text(encoding='utf-8'), re.MULTILINE))
            self.assertEqual(2 * len(list(markdown.blocks(path))), fences, path.name)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('language', choices=(*CODE, 'other'))
    parser.add_argument('source', type=pathlib.Path)
    parser.add_argument('--server', required=True)
    parser.add_argument('--build-dir', type=pathlib.Path, help='default: the installed library; not for “other”')
    parser.add_argument('--python', default='')
    options = parser.parse_args()
    suite = Parsed if options.language == 'other' else Code
    suite.collect()
    tap.main(suite)
