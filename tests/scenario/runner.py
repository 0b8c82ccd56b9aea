#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
import asyncio
import json
import sys

import gi

gi.require_version('Signal', '1.0')
from gi.repository import Gio, GLib, Signal  # noqa: E402

SECONDS = 20


class Runner:
    def __init__(self, client):
        self.client = client
        self.client.connect('authenticate', lambda client: self.token)
        self.url = client.get_server_url()
        self.bus = None
        self.arrived = None
        self.token = None

    def check_error(self, error, nick):
        codes = [code for code in vars(Signal.Error).values()
                 if isinstance(code, Signal.Error) and error.matches(Signal.error_quark(), code)]
        names = [code.value_nick for code in codes]
        assert names == [nick], f'{error.message}, not {nick}'

    async def attempt(self, step, action):
        try:
            result = action()
            if asyncio.iscoroutine(result):
                result = await result
        except GLib.Error as error:
            if 'fails' not in step:
                raise
            self.check_error(error, step['fails'])
        else:
            assert result is True and 'fails' not in step, step

    async def do_connect(self, step):
        self.token = step['token']
        await self.attempt(step, self.enter)
        if 'fails' not in step:
            # Lets messages arrive before they are read.
            await asyncio.sleep(0.02)
            self.arrived = self.client.messages()

    async def do_fetch(self, step):
        async def fetch():
            await asyncio.sleep(0.005)
            return step['token']

        self.client.set_token(fetch)
        await self.do_connect({'token': None})
        self.client.set_token(None)

    async def enter(self):
        """The same as "async with"."""
        return await self.client.__aenter__() is self.client

    async def do_disconnect(self, step):
        await self.client.__aexit__(None, None, None)
        assert [message async for message in self.arrived] == []

    async def do_cancel(self, step):
        task = asyncio.create_task(self.client.connect_async(step['token']))
        await self.do_wait({'state': 'reconnecting'})
        task.cancel()
        try:
            await task
            raise AssertionError('was not cancelled')
        except asyncio.CancelledError:
            assert self.client.get_state() == Signal.ConnectionState.DISCONNECTED

    async def do_send(self, step):
        await self.attempt(step, lambda: self.client.send_message(step['event'], step['payload']))

    async def do_write(self, step):
        assert await self.client.send(step['event'], step['payload']) is True
        assert await self.client.flush() is True

    async def do_request(self, step):
        timeout = step['timeout'] / 1000 if 'timeout' in step else None

        async def ask():
            answer = await self.client.request(step['event'], step['payload'], timeout=timeout)
            assert (answer.event, answer.payload) == (step['event'], step['payload']), answer.payload
            return True

        await self.attempt(step, ask)

    async def do_expect(self, step):
        message = await anext(self.arrived)
        assert (message.event, message.payload) == (step['event'], step['payload']), message.payload

    async def do_echo(self, step):
        values = step['values']
        sent = [{'n': n, 'value': values[n % len(values)]} for n in range(step['count'])]
        for payload in sent:
            self.client.send_message('echo', payload)
        for payload in sent:
            await self.do_expect({'event': 'echo', 'payload': payload})

    async def do_join(self, step):
        self.client.join_rooms(step['rooms'])

    async def do_leave(self, step):
        self.client.leave_rooms(step['rooms'])

    async def do_wait(self, step):
        while self.client.get_state().value_nick != step['state']:
            await asyncio.sleep(0.005)

    async def do_prepend(self, step):
        self.client.props.server_urls = [self.url]
        self.client.props.server_url = step['url']

    async def do_status(self, step):
        props = self.client.props
        assert (props.status_text, props.is_connected) == (step['text'], step['connected']), props.status_text
        assert props.current_url == (self.url if step['connected'] else None), props.current_url
        assert (props.retry_at, props.failures) == (0, 0), props.failures

    async def do_advice(self, step):
        advice = Signal.error_get_advice(self.client.get_last_error())
        assert advice == step['text'], advice

    async def do_bus(self, step):
        self.bus = Signal.Bus(uri=step['uri'])
        assert (self.bus.get_uri(), self.bus.props.connected) == (step['uri'], False)
        server = Signal.Server(bus=self.bus)
        assert server.get_bus() is self.bus
        server.set_bus(None)
        assert server.props.bus is None

    async def do_bus_connect(self, step):
        try:
            await self.bus.connect_async()
        except GLib.Error as error:
            if error.matches(Signal.error_quark(), Signal.Error.FAILED):
                return  # without Redis in the library
            if step['fails'] == 'connection-refused':
                assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_REFUSED), error.message
            else:
                self.check_error(error, step['fails'])
        else:
            raise AssertionError('the bus is connected')

    async def do_bus_send(self, step):
        message = step['event'], step['payload']
        await self.attempt(step, lambda: self.bus.send_to_room('tea', *message, except_=['c1']))
        await self.attempt(step, lambda: self.bus.send_to_user('ann', *message))
        await self.attempt(step, lambda: self.bus.send_to_peer('c1', *message))
        await self.attempt(step, lambda: self.bus.broadcast(*message, except_=['c1']))

    async def do_bus_close(self, step):
        assert await self.bus.close_async() is True

    async def do_server(self, step):
        print('server', step['command'], flush=True)
        assert sys.stdin.readline(), 'the server did not obey'


async def main(scenario, url):
    client = Signal.Client(server_url=url, outbox_limit=1000, base_interval=100, jitter=0,
                           proxy_resolver=Gio.SimpleProxyResolver.new(None, None))
    runner = Runner(client)
    with open(scenario, encoding='utf-8') as file:
        steps = json.load(file)
    async with asyncio.timeout(SECONDS):
        for number, step in enumerate(steps):
            await getattr(runner, 'do_' + step['do'])(step)
            print(f'step {number + 1}: {step["do"]}', flush=True)


if __name__ == '__main__':
    Signal.run(main(*sys.argv[1:]))
