#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages to rooms whose members are on several servers that share a Redis server, with embedded servers
and with public servers: how many are delivered per second, and the processor time of a delivery.

Both kinds take turns, each with servers, listeners and a Redis server of its own that stay in between. The
listeners only count; see bench-crowd.c. The median of the rounds counts, and that of the ratios within a
round. The first round does not."""
import argparse
import itertools
import resource
import statistics
import sys

from farm import OURS, PUBLIC, Farm, drain_output, find_kinds, write_report

N_ROUNDS = 5
SATURATED_MS = 300
FIXED_MS = 500
# Deliveries per second, which both kinds can carry in all cases.
FIXED_RATE = 4000
# Messages per second that one server receives and does not deliver.
WAKE_RATE = 100
ANSWER_LIMIT = 120
PROCESSES = (1, 2, 4)
LISTENERS = (100, 1000)
# Enough to see the memory of one.
MANY = 1000
MOST = 10000
SPARE_FILES = 100
ROOM_NAMES = {1: 'one.', 10: 'ten.', 100: 'hundred.'}

# Who publishes: a server, all servers in turn, or a program that is not a server.
SOURCES = {'server': 'by a server', 'servers': 'by each server', 'emitter': 'by an emitter',
           'nobody': 'for nobody'}
COLUMNS = (
    ('rate', 'deliveries/s'),
    ('server_us', 'server µs'),
    ('redis_us', 'Redis µs'),
    ('listener_us', 'listener µs'),
    ('bytes', 'Redis bytes'),
)


class Case:
    def __init__(self, processes, listeners, rooms, size, source='server', prefix=None, rate=0):
        self.processes, self.listeners, self.rooms, self.size = processes, listeners, rooms, size
        self.source, self.prefix, self.rate = source, prefix or ROOM_NAMES[rooms], rate
        self.samples = {}

    def describe(self):
        where = ', all members on one server' if self.prefix == 'gathered.' else ''
        pace = f', {self.rate} a second' if self.rate else ''
        rooms = '1 room' if self.rooms == 1 else f'{self.rooms} rooms'
        return (f'{self.processes} × {self.listeners} in {rooms}{where}, {self.size} B, '
                f'{SOURCES[self.source]}{pace}')

    def order(self):
        return {'prefix': self.prefix, 'rooms': self.rooms, 'size': self.size, 'source': self.source,
                'rate': self.rate + 0.5 if self.rate else 0.0, 'ms': FIXED_MS if self.rate else SATURATED_MS}

    def median(self, kind, name):
        return statistics.median(sample[name] for sample in self.samples[kind])

    def ratio(self, name):
        """Ours divided by that of the public server, by the round; 0 if there is none, as of deliveries to
        nobody."""
        ratios = [ours[name] / other[name]
                  for ours, other in zip(self.samples[OURS], self.samples[PUBLIC]) if other[name] > 0]
        return statistics.median(ratios) if ratios else 0


def cases_of(processes, listeners):
    """What is measured with these servers and listeners."""
    if processes == 1:
        yield Case(processes, listeners, 1, 64, 'nobody', rate=WAKE_RATE)
    if listeners == MOST:
        yield Case(processes, listeners, 1, 64)
        yield Case(processes, listeners, 100, 64, rate=FIXED_RATE)
        return
    for size, rooms in itertools.product((64, 1024), (1, 10, 100)):
        yield Case(processes, listeners, rooms, size)
    for rooms in (1, 100):
        yield Case(processes, listeners, rooms, 64, rate=FIXED_RATE)
    for rooms in (10, 100):
        yield Case(processes, listeners, rooms, 64, 'emitter')
    if processes > 1:
        yield Case(processes, listeners, 10, 64, 'servers')
        yield Case(processes, listeners, 100, 64, prefix='gathered.')


def measure(case, farm, crowd):
    before = farm.redis.info()
    server, redis = farm.cpu_ns(), farm.redis.child.cpu_ns()
    answer = crowd.ask(case.order(), ANSWER_LIMIT)
    server, redis = farm.cpu_ns() - server, farm.redis.child.cpu_ns() - redis
    after = farm.redis.info()
    for child in farm.servers:
        drain_output(child)

    published = answer['published']
    delivered = answer['delivered'] or published
    written = after['total_net_output_bytes'] - before['total_net_output_bytes']
    return {
        'rate': delivered / (answer['wall_ns'] / 1e9),
        'server_us': server / 1e3 / delivered,
        'redis_us': redis / 1e3 / published,
        'listener_us': answer['listeners_ns'] / 1e3 / delivered,
        'caller_us': answer['callers_ns'] / 1e3 / published,
        'bytes': written / published,
        'processors': (server + redis + answer['listeners_ns'] + answer['callers_ns']) / answer['wall_ns'],
        'delivered': delivered,
        'published': published,
    }


def populate(farm, listeners, options):
    """Connects the listeners; returns them, the memory of the servers for each, and that of a server without
    clients, in KiB, and the processor time of the servers for a connection, in µs."""
    before, cpu = farm.memory(), farm.cpu_ns()
    crowd = farm.launch([options.clients, farm.redis.uri, str(listeners), *farm.uris])
    crowd.read(ANSWER_LIMIT)
    return crowd, {'client': (farm.memory() - before) / listeners, 'process': before / len(farm.servers),
                   'connection': (farm.cpu_ns() - cpu) / 1e3 / listeners}


def setups():
    yield from itertools.product(PROCESSES, LISTENERS)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= MOST + SPARE_FILES:
        yield 1, MOST
    else:
        print(f'{MOST} listeners: skipped, there may not be so many open files')


def run_setup(processes, listeners, kinds, options):
    cases = list(cases_of(processes, listeners))
    farms, crowds, memory = {}, {}, {}
    try:
        for kind in kinds:
            farms[kind] = Farm(kind, processes, options)
            crowds[kind], memory[kind] = populate(farms[kind], listeners, options)
        for case in cases:
            case.samples = {kind: [] for kind in kinds}
            for number in range(options.rounds + 1):
                for kind in kinds:
                    sample = measure(case, farms[kind], crowds[kind])
                    if number > 0:
                        case.samples[kind].append(sample)
            print_case(case, kinds)
    finally:
        for farm in farms.values():
            farm.close()
    return cases, memory


def print_case(case, kinds):
    print(case.describe())
    for kind in kinds:
        print(f'    {kind:<14}' + ''.join(f'{case.median(kind, name):>13,.1f}' for name, _ in COLUMNS)
              + f'{case.median(kind, "processors"):>12.2f}')
    if len(kinds) > 1:
        print(f'    {"ratio":<14}' + ''.join(f'{case.ratio(name):>13.3f}' for name, _ in COLUMNS), flush=True)


def rows_of(case, kinds):
    row = {'what': case.describe()}
    yield {'what': f'deliveries, {row["what"]}', 'unit': 'msg/s', 'better': 'more',
           'value': case.median(OURS, 'rate')}
    if len(kinds) > 1:
        for name, what in (('rate', 'deliveries'), ('server_us', "servers' processor time")):
            yield {'what': f'{what}, signal-glib / public server, {row["what"]}', 'unit': 'ratio',
                   'better': 'more' if name == 'rate' else 'less', 'value': case.ratio(name)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('server', 'clients', 'packages', 'build', 'output'):
        parser.add_argument('--' + name)
    parser.add_argument('--rounds', type=int, default=N_ROUNDS)
    options = parser.parse_args()
    kinds, skipped = find_kinds(options)

    print('Servers × listeners, rooms, bytes of a message, who publishes. By the delivery: the processor time '
          'of all servers, and of the listeners.\nBy the message: the processor time of Redis, and the bytes '
          f'that it writes.\n\n    {"":<14}' + ''.join(f'{title:>13}' for _, title in COLUMNS)
          + f'{"processors":>12}\n')
    cases, memory = [], {}
    for processes, listeners in setups():
        found, used = run_setup(processes, listeners, kinds, options)
        cases += found
        if listeners >= MANY:
            memory[processes, listeners] = used
            print(f'{processes} × {listeners}: ' + '; '.join(
                f'{kind}: {used[kind]["client"]:.1f} KiB for each client, {used[kind]["process"]:.0f} KiB for each '
                f'process, {used[kind]["connection"]:.0f} µs for each connection' for kind in kinds), flush=True)

    table = [row for case in cases for row in rows_of(case, kinds)]
    table += [{'what': f'memory of {kind} for each client, {processes} × {listeners}', 'unit': 'KiB',
               'better': 'less', 'value': value['client']}
              for (processes, listeners), used in memory.items() for kind, value in used.items()]
    write_report(options, 'scale', {
        'skipped': skipped,
        'cases': [{'what': case.describe(), 'processes': case.processes, 'listeners': case.listeners,
                   'rooms': case.rooms, 'size': case.size, 'source': case.source, 'rate': case.rate,
                   'gathered': case.prefix == 'gathered.', 'samples': case.samples} for case in cases],
        'memory': [{'processes': processes, 'listeners': listeners, **used}
                   for (processes, listeners), used in memory.items()],
        'table': table,
    })


sys.exit(main())
