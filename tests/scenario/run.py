#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the scenario in each language against one process of the server.

  run.py --server PROGRAM NAME=COMMAND…    (the words of a command are separated by commas)
"""
import argparse
import pathlib
import subprocess
import sys
import threading

SECONDS = 40
SCENARIO = pathlib.Path(__file__).with_name('scenario.json')


class Server:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.url = self.process.stdout.readline().strip()

    def obey(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def stop(self):
        self.process.stdin.close()
        return self.process.wait(SECONDS)


def run(command, server):
    """Whether the runner succeeded; it is killed after a timeout."""
    steps = 0
    with subprocess.Popen([*command, str(SCENARIO), server.url], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as runner:
        killer = threading.Timer(SECONDS, runner.kill)
        killer.start()
        for line in runner.stdout:
            if line.startswith('server '):
                runner.stdin.write(server.obey(line.removeprefix('server ').strip()))
                runner.stdin.flush()
            else:
                steps += 1
                print('#', line.strip(), flush=True)
        killer.cancel()
    return runner.returncode == 0 and steps > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--server', required=True)
    parser.add_argument('runners', nargs='+')
    options = parser.parse_args()

    print(f'1..{len(options.runners)}', flush=True)
    failed = False
    server = Server(options.server)
    for number, runner in enumerate(options.runners, 1):
        name, _, command = runner.partition('=')
        passed = run(command.split(','), server)
        failed |= not passed
        print('ok' if passed else 'not ok', number, name, flush=True)
    server.stop()
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
