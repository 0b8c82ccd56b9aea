#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processor time of a received message in Python, beside a bare signal: bench-python.py FEEDER-URL"""
import sys
import time

import gi

gi.require_version('Signal', '1.0')
from gi.repository import Gio, GLib, GObject, Signal  # noqa: E402

COUNT = 20000
SIZE = 64
ROUNDS = 5


class Emitter(GObject.Object):
    __gsignals__ = {'two': (GObject.SignalFlags.RUN_LAST, None, (str, str))}


def emit_all(emitter):
    start = time.process_time_ns()
    for _ in range(COUNT):
        emitter.emit('two', 'bench', 'The kettle is on, and there is cake for all')
    return time.process_time_ns() - start


def bare():
    """What a handler adds to an emission: the emission itself is of C."""
    emitter = Emitter()
    without = emit_all(emitter)
    emitter.connect('two', lambda emitter, first, second: None)
    return emit_all(emitter) - without


def receive(url, handler):
    loop = GLib.MainLoop()
    client = Signal.Client(server_url=f'{url}?session=signal&direction=receive&size={SIZE}&count={COUNT}',
                           proxy_resolver=Gio.SimpleProxyResolver.new(None, None))
    left = COUNT
    taken = 0

    def begin(client, message):
        nonlocal taken
        client.send_json('token', None)
        taken = -time.process_time_ns()

    def on_message(client, message):
        nonlocal left, taken
        handler(message)
        left -= 1
        if left == 0:
            taken += time.process_time_ns()
            loop.quit()

    client.connect('message::token', begin)
    client.connect('message::bench', on_message)
    client.connect('disconnected', lambda client, error: sys.exit(error.message))
    client.connect_async('bench', None, None)
    loop.run()
    return taken


def best(measure):
    return min(measure() for _ in range(ROUNDS)) / COUNT / 1000


def main(url):
    print(f'python bare signal {best(bare):.2f}')
    for name, handler in (('handler', lambda message: None),
                          ('event and payload', lambda message: (message.event, message.payload))):
        cost = best(lambda: receive(url, handler))  # pylint: disable=cell-var-from-loop
        print(f'python {name} {cost:.2f}')


main(*sys.argv[1:])
