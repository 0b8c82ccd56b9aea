# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same client on picows, which is written in Cython, in place of websockets."""
import asyncio
import json

from picows import WSCloseCode, WSListener, WSMsgType, ws_connect

from client import HEARTBEAT, MAX_SIZE, authenticate, derive, new_key, open_frame, seal


class Client(WSListener):
    """Ready, with the key derived, when connect() returns. handler(event, data) gets each message."""

    def __init__(self, handler):
        super().__init__()
        self.handler = handler
        self.key = None
        self.private_key = None
        self.ready = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(cls, uri, handler):
        transport, self = await ws_connect(lambda: cls(handler), uri, max_frame_size=MAX_SIZE)
        self.transport = transport
        await self.ready
        self.task = asyncio.create_task(self.beat())
        return self

    def write(self, text):
        self.transport.send(WSMsgType.TEXT, text.encode())

    def on_ws_connected(self, transport):
        self.transport = transport
        self.private_key = new_key()
        self.write(authenticate(self.private_key))

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type != WSMsgType.TEXT or not frame.fin:
            self.fail('Something else than a whole text has come')
        elif self.key is not None:
            self.handler(*open_frame(self.key, frame.get_payload_as_utf8_text()))
        else:
            self.key = derive(self.private_key, json.loads(frame.get_payload_as_utf8_text()))
            self.ready.set_result(None)

    def on_ws_disconnected(self, transport):
        self.fail('It was closed')

    def fail(self, text):
        if not self.ready.done():
            self.ready.set_exception(RuntimeError(text))
        self.transport.disconnect()

    async def beat(self):
        while True:
            await asyncio.sleep(HEARTBEAT)
            self.write('{"event":"heartbeat"}')

    async def send(self, event, data):
        self.write(seal(self.key, event, data))

    async def close(self):
        self.task.cancel()
        self.transport.send_close(WSCloseCode.OK)
        await self.transport.wait_disconnected()
