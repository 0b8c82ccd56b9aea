# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that test-types.py checks and does not run. An error that is ignored must occur."""
import asyncio
import sys
from typing import Any

from gi.repository import Gio, GLib, Signal


async def fetch() -> str:
    return 'secret'


async def use() -> None:
    async with Signal.Server(token={'secret': 'ann'}, path='/ws') as server:
        Signal.Client(server_url=server.get_uri(), token='secret')
        Signal.Client(token=lambda: 'secret').set_token(None)
        client = Signal.Client(server_url=server.get_uri(), token=fetch, auto_join_rooms=['kitchen'])
        connected: bool = await client.connect_async('secret', Gio.Cancellable())
        client.connect_async(None, None, print)
        async with client:
            client.send_message('chat', {'text': 'hi'})
            await client.send('chat')
            flushed: bool = await client.flush()
            answer: Signal.Message = await client.request('order', 1, timeout=0.5)
            messages = client.messages('chat', limit=10)
            async for message in messages:
                payload: Any = message.payload
                name: str = message.event
                number: str | None = message.id
                print(payload, name, number)
            async with messages:
                print(messages.dropped, (await anext(messages)).is_encrypted())
        state: Signal.ConnectionState = client.get_state()
        attempts: int = client.props.attempts
        print(connected, flushed, answer, state, attempts)


async def send() -> None:
    async with Signal.Bus(uri='redis://localhost') as bus:
        server = Signal.Server(bus=bus)
        sent: bool = bus.send_to_room('kitchen', 'chat', {'text': 'hi'}, except_=['c1'])
        bus.send_to_user('ann', 'chat')
        bus.broadcast('chat', None, ('c1',))
        print(sent, server.get_bus(), bus.props.messages_published)
    closed: bool = await bus.close_async()
    bus.connect_async(None, print)
    print(closed)


async def count() -> int:
    code: int = 0
    try:
        await use()
    except (Signal.AuthenticationFailed, Signal.ServerError) as error:
        code = error.code
        print(code, error.message)
        raise Signal.TimedOut('too late') from error
    except GLib.Error:
        code = 1
    return code


def misuse(client: Signal.Client, server: Signal.Server) -> None:
    Signal.Client(token=5)  # type: ignore[arg-type]
    Signal.Client(retries=5)  # type: ignore[call-arg]
    client.send_message(5)  # type: ignore[arg-type]
    client.messages(event=5)  # type: ignore[arg-type]
    client.set_token(lambda: 5)  # type: ignore[arg-type, return-value]
    client.flushed()  # type: ignore[attr-defined]
    server.send_to_user('ann')  # type: ignore[call-arg]
    Signal.Bus().broadcast('chat', 1, 'c1')  # type: ignore[arg-type]
    text: str = Signal.run(count())  # type: ignore[assignment]
    print(text)


number_of_codes: int = Signal.run(count(), debug=True)
loop: asyncio.AbstractEventLoop = Signal.new_event_loop()
status: int = Signal.run(Gio.Application(), sys.argv)
