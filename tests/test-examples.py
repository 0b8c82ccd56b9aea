#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes the example of one language out of README.md, builds it as the README says, and runs it
against "signal-glib serve"."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SECONDS = 60
TOKEN = 'readme'
EXPECTED = '{"text":"hello"}'


def extract(readme, language):
    text = pathlib.Path(readme).read_text(encoding='utf-8')
    found = re.findall(rf'<!-- example: {language} -->\n```\w+\n(.*?)```', text, re.DOTALL)
    if len(found) != 1:
        sys.exit(f'{len(found)} examples for {language} in {readme}, not 1')
    return found[0]


def run(command, **options):
    print('+', *command, flush=True)
    return subprocess.run(command, check=True, timeout=SECONDS, **options)


def need(program):
    if shutil.which(program) is None:
        print(f'there is no {program} here')
        sys.exit(SKIPPED)


def build(language, source, folder, options):
    """The command that runs the example."""
    path = folder / {'c': 'hello.c', 'python': 'hello.py', 'js': 'hello.js',
                     'vala': 'hello.vala'}[language]
    path.write_text(source, encoding='utf-8')
    program = str(folder / 'hello')
    if language == 'c':
        flags = run(['pkg-config', '--cflags', '--libs', 'signal-glib-1.0'],
                    stdout=subprocess.PIPE, text=True).stdout.split()
        run([os.environ.get('CC', 'cc'), '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror',
             '-o', program, str(path), *flags])
        return [program]
    if language == 'vala':
        need('valac')
        run(['valac', '--vapidir', str(options.build_dir / 'signal-glib'),
             '--pkg', 'signal-glib-1.0', '-o', program, str(path)])
        return [program]
    if language == 'js':
        need('gjs')
        return ['gjs', '-m', str(path)]
    if not options.python:
        need('python3 with PyGObject')
    return [options.python, str(path)]


def start_server(program):
    server = subprocess.Popen([program, 'serve', '--port', '0'], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().split()[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('language', choices=('c', 'python', 'js', 'vala'))
    parser.add_argument('readme')
    parser.add_argument('--server', required=True)
    parser.add_argument('--build-dir', required=True, type=pathlib.Path)
    parser.add_argument('--python', default='')
    options = parser.parse_args()

    os.environ['PKG_CONFIG_PATH'] = str(options.build_dir / 'meson-uninstalled')
    os.environ['SIGNAL_TOKEN'] = TOKEN
    with tempfile.TemporaryDirectory() as folder:
        command = build(options.language, extract(options.readme, options.language),
                        pathlib.Path(folder), options)
        server, url = start_server(options.server)
        try:
            output = run(command, env=dict(os.environ, SIGNAL_URL=url), stdout=subprocess.PIPE,
                         text=True).stdout
        finally:
            server.terminate()
            server.wait(SECONDS)
    print(output)
    return int(output.strip() != EXPECTED)


if __name__ == '__main__':
    sys.exit(main())
