# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the messages to a room: receiver.py URL ROOM"""
import sys

import gi
gi.require_version('Signal', '1.0')
from gi.repository import GLib, Signal  # noqa: E402
import history  # noqa: E402

loop = GLib.MainLoop()
client = Signal.Client(server_url=sys.argv[1], auto_join_rooms=[sys.argv[2]])
history.watch_client(client, sys.argv[2])


def ask(client):
    history.add_send('client', 'where')
    client.send_json('where', None)


def on_where(client, message):
    if f'"{sys.argv[2]}"' in message.get_payload_json():
        history.add('client', 'joined', connection=client.get_client_id(), rooms=[sys.argv[2]])
        print('joined', flush=True)
    else:
        ask(client)


def on_news(client, message):
    print('got', message.get_payload_json(), flush=True)


client.connect('message::where', on_where)
client.connect('message::news', on_news)
client.connect('connected', lambda client, id: ask(client))
client.connect('disconnected', lambda client, error: loop.quit())
client.connect_async('python', None, None)
GLib.timeout_add_seconds(120, loop.quit)
loop.run()
