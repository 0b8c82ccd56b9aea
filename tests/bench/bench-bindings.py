#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The processor time of a received message in Python and in GJS, in µs: with a handler alone, and with one
that reads the event and the payload. Beside it, a bare signal with two strings, for which only what its
handler adds counts; the peers in Python, which do all that the library does; and libsoup's client in GJS,
which does not decrypt. Each figure is the least of several rounds.

Each command, whose words are separated by commas, prints lines of the form "LANGUAGE WHAT MICROSECONDS"."""
import argparse
import json
import os
import subprocess
import sys

from farm import write_report

SECONDS = 120
ROUNDS = 5
# As in bench-python.py and bench-gjs.js.
COUNT = 20000
SIZE = 64
PEERS = ('python', 'picows')
BARE, OURS = 'bare signal', 'event and payload'


def run(command, url):
    """Yields a row for each line that the command prints."""
    output = subprocess.run([*command.split(','), url], timeout=SECONDS, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        language, rest = line.split(' ', 1)
        what, cost = rest.rsplit(' ', 1)
        yield language, what, float(cost)


def measure_peer(program, url):
    order = f'{url}?session=signal&direction=receive&size={SIZE}&count={COUNT}&burst=1\n'
    output = subprocess.run([program, 'messages'], input=order * ROUNDS, timeout=SECONDS, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    answers = [json.loads(line) for line in output.splitlines()]
    if any('error' in answer for answer in answers):
        raise RuntimeError(f'{program}: {answers}')
    return min(answer['cpu_ns'] / answer['messages'] for answer in answers) / 1000


def run_peers(folder, url):
    for name in PEERS:
        program = os.path.join(folder or '', name, 'peer')
        if folder and os.access(program, os.X_OK):
            yield 'python', name if name != 'python' else 'websockets', measure_peer(program, url)
        else:
            print(f'{name}: skipped, it is not there')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('feeder', 'peers', 'build', 'output'):
        parser.add_argument('--' + name)
    parser.add_argument('commands', nargs='+')
    options = parser.parse_args()

    with subprocess.Popen([options.feeder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as feeder:
        url = feeder.stdout.readline().strip()
        rows = [row for command in options.commands for row in run(command, url)]
        rows += run_peers(options.peers, url)
        feeder.stdin.close()

    costs = {(language, what): cost for language, what, cost in rows}
    print(f'{"":28}{"µs":>8}{"above bare":>12}{"to ours":>9}')
    table = []
    for language, what, cost in rows:
        above, ratio = cost - costs[language, BARE], cost / costs[language, OURS]
        print(f'{language + ": " + what:28}{cost:8.2f}{above:12.2f}{ratio:9.2f}')
        table.append({'what': f'{language}: {what}', 'unit': 'µs per message', 'better': 'less', 'value': cost})
    write_report(options, 'bindings', {'table': table})


sys.exit(main())
