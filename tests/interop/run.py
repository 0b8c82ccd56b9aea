#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs one interop test program with the processes that it asks for, and always ends these afterwards.

The program sends commands over a socket, INTEROP_CONTROL. A request is one line of words, separated by
tabs. The response is one line: “ok”, a tab and the result, or “error”, a tab and the command.
"""
import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile

from children import die_with_parent
from dependencies import Missing, find_program, prepare
from processes import Processes

LIMIT = 240


def serve(processes, control):
    """Runs the commands of the program until it closes its end."""
    for line in control.makefile(encoding='utf-8'):
        verb, *words = line.rstrip('\n').split('\t')
        try:
            answer = 'ok\t' + getattr(processes, verb)(*words)
        except (OSError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
            print('#', str(error).replace('\n', '\n# '), flush=True)
            answer = 'error\t' + verb
        control.sendall(answer.encode() + b'\n')


def run(processes, arguments):
    ours, theirs = socket.socketpair()
    env = {**os.environ, 'INTEROP_CONTROL': str(theirs.fileno())}
    program = subprocess.Popen(arguments.program, env=env, pass_fds=[theirs.fileno()],
                               stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    try:
        theirs.close()
        try:
            serve(processes, ours)
        except ConnectionError:
            print('# The program has exited during a command', flush=True)
        return 0 if program.wait(10) == 0 else 1
    finally:
        program.kill()
        program.wait(10)


def on_alarm(number, frame):
    sys.exit(f'Bail out! Ended by signal {number}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--packages', required=True, help='where the npm packages go')
    parser.add_argument('--embedded', required=True, help='the program with the embedded server')
    parser.add_argument('--python', help='a Python that has PyGObject')
    parser.add_argument('--gjs')
    parser.add_argument('--needs', nargs='*', default=[], help='programs to look for')
    parser.add_argument('--program', nargs=argparse.REMAINDER, required=True)
    arguments = parser.parse_args()

    try:
        for name in arguments.needs:
            find_program(name)
        bun = prepare(os.path.abspath(arguments.packages)) if 'npm' in arguments.needs else None
    except Missing as missing:
        print('1..0 # SKIP', missing)
        return 0

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, on_alarm)
    signal.alarm(LIMIT)

    receivers = {}
    if arguments.python:
        receivers['py'] = [arguments.python]
    if arguments.gjs:
        receivers['js'] = [arguments.gjs, '-m']
    with tempfile.TemporaryDirectory(prefix='signal-glib-interop-') as folder:
        processes = Processes(folder, os.path.abspath(arguments.packages), bun,
                      os.path.abspath(arguments.embedded), receivers,
                      'valkey' if 'valkey-server' in arguments.needs else 'redis')
        try:
            return run(processes, arguments)
        finally:
            processes.close()


if __name__ == '__main__':
    sys.exit(main())
