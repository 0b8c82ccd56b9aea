# SPDX-License-Identifier: LGPL-2.1-or-later
"""Records what a process does in a history, like history.h."""
import itertools
import json
import os
import time

VARIABLE = 'SIGNAL_TEST_HISTORY'

numbers = itertools.count(1)


def add(actor, kind, **members):
    """Appends a line, if the environment names a folder. Members that are None are left out."""
    folder = os.environ.get(VARIABLE)
    if folder is None:
        return
    line = {'time': time.monotonic_ns() // 1000, 'process': os.getpid(), 'actor': actor, 'kind': kind}
    line.update((name, value) for name, value in members.items() if value is not None)
    with open(os.path.join(folder, f'{os.getpid()}.jsonl'), 'a', encoding='utf-8') as file:
        file.write(json.dumps(line) + '\n')


def add_send(actor, event, payload=None, **target):
    """A message that is accepted when it is sent; without a target, it is for the server."""
    message = next(numbers)
    add(actor, 'send', message=message, event=event, payload=payload, **target)
    add(actor, 'accepted', message=message)


def watch_client(client, room):
    """Records what a client receives. The room is the one that it joins automatically."""
    def on_message(client, message):
        add('client', 'receive', by='client', connection=client.get_client_id(), event=message.get_event(),
            payload=message.get_payload_json())

    def on_connected(client, connection):
        add('client', 'connect', connection=connection, rooms=[room])

    client.connect('message', on_message)
    client.connect('connected', on_connected)
