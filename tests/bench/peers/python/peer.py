#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python peer. What it is asked to do, and how it answers, is in ../README.md."""
import asyncio
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

if '--picows' in sys.argv:
    sys.argv.remove('--picows')
    from picows_client import Client
else:
    from client import Client

EVENT = 'bench'
DEADLINE = 60
PROSE = 'The kettle is on, and there is cake for whoever comes first. '


class Order:
    """One order of the feeder; it is all in its URI."""

    def __init__(self, uri):
        query = parse_qs(urlsplit(uri).query)
        self.is_receive = query['direction'] == ['receive']
        self.size, self.count, self.burst = (int(query[name][0]) for name in ('size', 'count', 'burst'))


def now():
    """The processor time of all threads of this process, and the time on the wall."""
    return time.process_time_ns(), time.monotonic_ns()


def since(begun):
    return tuple(end - begin for begin, end in zip(begun, now()))


def make_payload(size):
    """The same bytes as the feeder's."""
    length = size - len('{"text":""}')
    return {'text': (PROSE * (length // len(PROSE) + 1))[:length]}


async def run(uri, order):
    """Resolves to what it took. Whatever comes goes through one queue for the answers to bursts, or is
    counted where it is handed over."""
    loop = asyncio.get_running_loop()
    ready, done = loop.create_future(), loop.create_future()
    answers = asyncio.Queue()
    expected = make_payload(order.size)
    left = order.count
    begun = None

    def count_down(event, data):
        nonlocal left, begun
        if begun is None:
            begun = now()
            ready.set_result(None)
            return
        left -= 1
        if left == 0:
            taken = since(begun)
            done.set_result(taken if (event, data) == (EVENT, expected) else None)

    def queue_answer(event, data):
        answers.put_nowait(event)

    client = await Client.connect(uri, count_down if order.is_receive else queue_answer)
    if order.is_receive:
        await ready
        await client.send('go', None)
        taken = await done
    else:
        await answers.get()
        begun = now()
        while left > 0:
            burst = min(left, order.burst)
            for _ in range(burst):
                await client.send(EVENT, expected)
            left -= burst
            await answers.get()
        taken = since(begun)
    await client.close()
    if taken is None:
        raise ValueError('Not what was sent has come')
    return taken


async def messages():
    loop = asyncio.get_running_loop()
    while uri := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        order = Order(uri)
        try:
            cpu, wall = await asyncio.wait_for(run(uri, order), DEADLINE)
            answer = {'cpu_ns': cpu, 'wall_ns': wall, 'messages': order.count}
        except Exception as error:  # pylint: disable=broad-exception-caught
            answer = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(answer), flush=True)


def connect_idle(uri):
    return asyncio.wait_for(Client.connect(uri, lambda event, data: None), DEADLINE)


async def connect(uri, count):
    taken = []
    for _ in range(int(count)):
        begun = now()
        client = await connect_idle(uri)
        taken.append(since(begun))
        await client.close()
    print(json.dumps({'connect_us': [wall / 1000 for _, wall in taken],
                      'cpu_us': [cpu / 1000 for cpu, _ in taken]}))


async def hold(uri, count):
    clients = [await connect_idle(uri) for _ in range(int(count))]
    print(json.dumps({'held': len(clients)}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main():
    verbs = {'messages': (messages, 0), 'connect': (connect, 2), 'hold': (hold, 2)}
    verb, *words = sys.argv[1:] or ['']
    if verb not in verbs or len(words) != verbs[verb][1]:
        sys.exit('usage: peer [--picows] messages | connect URI COUNT | hold URI COUNT')
    asyncio.run(verbs[verb][0](*words))


main()
