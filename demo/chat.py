#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A chat in one room, in Python: chat.py URL ROOM NAME, with the token in SIGNAL_TOKEN.

Run "signal-glib serve" for a server to talk to. The end of the input ends the chat.
"""
import asyncio
import os
import sys

import gi

gi.require_version('Signal', '1.0')
from gi.repository import Signal  # noqa: E402


def printable(text):
    """The text without what could act on the terminal."""
    return ''.join(char if char.isprintable() else '\ufffd' for char in text)


async def listen(messages):
    async for message in messages:
        said = message.payload if isinstance(message.payload, dict) else {}
        name, text = said.get('from'), said.get('text')
        if isinstance(name, str) and isinstance(text, str):
            print(f'{printable(name)}: {printable(text)}', flush=True)


async def main(url, room, name):
    client = Signal.Client(server_url=url, auto_join_rooms=[room], token=os.environ['SIGNAL_TOKEN'])
    async with client:
        listener = asyncio.create_task(listen(client.messages('chat')))
        print('Connected', flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            client.send_message('chat', {'room': room, 'from': name, 'text': line.rstrip('\n')})
    await listener


Signal.run(main(*sys.argv[1:]))
