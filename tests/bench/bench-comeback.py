#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The time until all clients of a server process that is killed are authenticated at another server on the
same Redis server, with embedded servers and with public servers in turn. The clients are those of the
library with the default settings, in several processes, and know both servers by server-urls. See
bench-returners.c. The median of the rounds counts."""
import argparse
import resource
import statistics
import sys
import time

from farm import OURS, PUBLIC, Farm, drain_output, find_kinds, write_report

N_ROUNDS = 5
N_CLIENTS = 10000
# The main loop of each has only so many sources that the clients do not cost more than the server.
N_CLIENT_PROCESSES = 50
SPARE_FILES = 100
CONNECT_LIMIT = 170
DEADLINE = 120
POLL_INTERVAL = 0.25

COLUMNS = (
    ('seconds', 'until all are back, s'),
    ('back', 'clients that are back'),
    ('server_us', 'server µs each'),
    ('redis_us', 'Redis µs each'),
    ('client_us', 'client µs each'),
    ('retries', 'attempts each'),
    ('channels', 'channels at Redis'),
    ('subscribes', 'SUBSCRIBE commands each'),
)


def count_clients():
    """Each client needs a file in the server process."""
    return min(N_CLIENTS, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_FILES)


def wait_until_back(returners, server, count):
    """Returns the last states, of all processes."""
    deadline = time.monotonic() + DEADLINE
    while True:
        states = [returner.ask('state', DEADLINE) for returner in returners]
        drain_output(server)
        if sum(state['back'] for state in states) >= count or time.monotonic() > deadline:
            return states
        time.sleep(POLL_INTERVAL)


def measure(kind, count, options):
    farm = Farm(kind, 2, options)
    try:
        dying, other = farm.servers
        shares = [count // N_CLIENT_PROCESSES + (i < count % N_CLIENT_PROCESSES)
                  for i in range(N_CLIENT_PROCESSES)]
        returners = [farm.launch([options.clients, str(share), *farm.uris]) for share in shares]
        clients_before = [returner.read(CONNECT_LIMIT)['cpu_ns'] for returner in returners]
        before = farm.redis.info()
        server, redis = other.cpu_ns(), farm.redis.child.cpu_ns()

        start = time.monotonic_ns()
        dying.kill()
        states = wait_until_back(returners, other, count)
        server, redis = other.cpu_ns() - server, farm.redis.child.cpu_ns() - redis
        after = farm.redis.info()
        back = sum(state['back'] for state in states)
        return {
            'seconds': (max(state['last_ns'] for state in states) - start) / 1e9,
            'back': back,
            'server_us': server / 1e3 / back,
            'redis_us': redis / 1e3 / back,
            'client_us': (sum(state['cpu_ns'] for state in states) - sum(clients_before)) / 1e3 / back,
            'retries': sum(state['retries'] for state in states) / count,
            'channels': after['pubsub_channels'],
            'subscribes': (after.get('calls_subscribe', 0) - before.get('calls_subscribe', 0)) / back,
            'stopped': sum(state['stopped'] for state in states),
        }
    finally:
        farm.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('server', 'clients', 'packages', 'build', 'output'):
        parser.add_argument('--' + name)
    parser.add_argument('--rounds', type=int, default=N_ROUNDS)
    parser.add_argument('--count', type=int, default=count_clients())
    options = parser.parse_args()
    kinds, skipped = find_kinds(options)
    samples = {kind: [] for kind in kinds}

    print(f'{options.count} clients of a server process that is killed come back to another one')
    if options.count == count_clients() < N_CLIENTS:
        print(f'It is not {N_CLIENTS} because there may not be so many open files')
    for _ in range(options.rounds):
        for kind in kinds:
            samples[kind].append(measure(kind, options.count, options))
            print(f'{kind}: ' + ', '.join(f'{name} {value:.2f}' for name, value in samples[kind][-1].items()),
                  flush=True)

    table = []
    for name, title in COLUMNS:
        medians = {kind: statistics.median(sample[name] for sample in samples[kind]) for kind in kinds}
        table += [{'what': f'{options.count} clients come back, {kind}: {title}', 'unit': '', 'better': 'less',
                   'value': value} for kind, value in medians.items()]
        if len(kinds) > 1 and name in ('seconds', 'server_us'):
            ratio = statistics.median(ours[name] / other[name]
                                      for ours, other in zip(samples[OURS], samples[PUBLIC]))
            table.append({'what': f'{options.count} clients come back, signal-glib / public server: {title}',
                          'unit': 'ratio', 'better': 'less', 'value': ratio})
    write_report(options, 'comeback', {'clients': options.count, 'skipped': skipped, 'samples': samples,
                                       'table': table})


sys.exit(main())
