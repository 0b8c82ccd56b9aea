#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the benchmarks of the bindings against one feeder: µs of processor time for a message.

  bench-bindings.py FEEDER COMMAND…    (the words of a command are separated by commas)
"""
import subprocess
import sys

SECONDS = 120


def main(feeder, *commands):
    with subprocess.Popen([feeder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        results = [subprocess.run([*command.split(','), url], timeout=SECONDS).returncode
                   for command in commands]
        server.stdin.close()
    return max(results, default=1)


sys.exit(main(*sys.argv[1:]))
