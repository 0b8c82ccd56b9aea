#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A chat client for a room, in Python: chat.py URL ROOM NAME, with the token in SIGNAL_TOKEN.

Start a server with "signal-glib serve". The chat ends at the end of the input.
"""
import asyncio
import os
import sys

import gi

gi.require_version('Signal', '1.0')
from gi.repository import GLib, Signal  # noqa: E402


def printable(text):
    """Replaces characters that a terminal could interpret."""
    return ''.join(char if char.isprintable() else '\ufffd' for char in text)


async def listen(client):
    try:
        async for message in client.messages('chat'):
            payload = message.payload if isinstance(message.payload, dict) else {}
            name, text = payload.get('from'), payload.get('text')
            if isinstance(name, str) and isinstance(text, str):
                print(f'{printable(name)}: {printable(text)}', flush=True)
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        # The thread that waits for a line cannot be interrupted.
        os._exit(1)


async def main(url, room, name):
    client = Signal.Client(server_url=url, auto_join_rooms=[room], token=os.environ.get('SIGNAL_TOKEN'),
                           max_retries=0)
    async with client:
        # Reconnect from now on if the connection is lost.
        client.props.max_retries = 20
        listener = asyncio.create_task(listen(client))
        print('Connected', flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            client.send_message('chat', {'room': room, 'from': name, 'text': line.rstrip('\n')})
    await listener


if len(sys.argv) != 4:
    print(f'usage: {sys.argv[0]} URL ROOM NAME', file=sys.stderr)
    sys.exit(2)
try:
    Signal.run(main(*sys.argv[1:]))
except GLib.Error as error:
    sys.exit(error.message)
