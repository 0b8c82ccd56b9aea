# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that echoes messages, a client for it, and timeouts, for the tests of the overrides."""
import asyncio
import contextlib
import io
import sys

import gi

gi.require_version('Json', '1.0')
gi.require_version('Signal', '1.0')
from gi.repository import Gio, GLib, GObject, Signal  # noqa: E402

TOKEN = 'good'
SECONDS = 20
NOWHERE = 'ws://127.0.0.1:1/ws'


def echo(server, peer, message):
    payload = () if message.get_payload_json() is None else (message.get_payload(),)
    server.send_to_peer(peer, message.event, *payload)


def new_server():
    server = Signal.Server(path='/ws')
    server.connect('authenticate', lambda server, peer, kind, token:
                   'ann' if (kind, token) == ('Bearer', TOKEN) else None)
    server.connect('message', echo)
    server.listen(None, 0)
    return server


def new_client(url, **properties):
    return Signal.Client(server_url=url, jitter=0, base_interval=20,
                         proxy_resolver=Gio.SimpleProxyResolver.new(None, None), **properties)


def has_handlers(client):
    """Returns whether handlers are connected to "message", "message::chat" or "message::echo"."""
    number = GObject.signal_lookup('message', Signal.Client)
    return any(GObject.signal_has_handler_pending(client, number, detail, True)
               for detail in (0, GLib.quark_from_string('chat'), GLib.quark_from_string('echo')))


def run(coroutine):
    async def with_deadline():
        async with asyncio.timeout(SECONDS):
            return await coroutine

    return Signal.run(with_deadline())


@contextlib.contextmanager
def main_loop():
    """Provides a GLib main loop for callbacks. Fails if the loop does not quit in time."""
    loop = GLib.MainLoop()
    late = []
    source = GLib.timeout_add_seconds(SECONDS, lambda: late.append(True) or loop.quit() or True)
    try:
        yield loop
    finally:
        GLib.source_remove(source)
    assert not late, 'the test timed out'


@contextlib.contextmanager
def printed():
    """Captures standard error."""
    text = io.StringIO()
    saved, sys.stderr = sys.stderr, text
    try:
        yield text
    finally:
        sys.stderr = saved


@contextlib.contextmanager
def unraisable():
    """Records exceptions that cannot be caught, such as those of __del__()."""
    seen = []
    saved, sys.unraisablehook = sys.unraisablehook, lambda what: seen.append(what.exc_value)
    try:
        yield seen
    finally:
        sys.unraisablehook = saved
