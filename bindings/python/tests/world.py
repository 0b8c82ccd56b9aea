# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the override share: an echoing server, a client for it, and deadlines."""
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


def is_heard(client):
    """Whether anybody has connected to "message", or to "message::chat" or "message::echo"."""
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
    """A GLib loop for the callback style; it fails when nobody quits it in time."""
    loop = GLib.MainLoop()
    late = []
    source = GLib.timeout_add_seconds(SECONDS, lambda: late.append(True) or loop.quit() or True)
    try:
        yield loop
    finally:
        GLib.source_remove(source)
    assert not late, 'it took too long'


@contextlib.contextmanager
def printed():
    """What goes to standard error."""
    text = io.StringIO()
    saved, sys.stderr = sys.stderr, text
    try:
        yield text
    finally:
        sys.stderr = saved


@contextlib.contextmanager
def unraisable():
    """The exceptions that nobody could catch, such as those of __del__()."""
    seen = []
    saved, sys.unraisablehook = sys.unraisablehook, lambda what: seen.append(what.exc_value)
    try:
        yield seen
    finally:
        sys.unraisablehook = saved
