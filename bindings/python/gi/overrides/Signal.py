# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes signal-glib at home in Python: native values, await, async with and async for.

PyGObject loads this by itself for "from gi.repository import Signal".
"""
import asyncio
import collections.abc
import json
import selectors
import signal
import threading
import types

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gio, GLib, Json

try:
    from gi.events import GLibEventLoop
except ImportError:
    GLibEventLoop = None

Signal = get_introspection_module('Signal')

__all__ = ['Client', 'Message', 'Server', 'run']

_NOTHING = object()
_INT64 = range(-2 ** 63, 2 ** 63)


def _text_of(value, ensure_ascii=False):
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=ensure_ascii,
                          separators=(',', ':'))
    except (ValueError, RecursionError) as error:
        raise TypeError(f'JSON cannot express the payload: {error}') from None


def _check_event(event):
    if isinstance(event, str) and '\0' in event:
        raise ValueError('the name of an event contains a null character')


def _check_for_node(value):
    """A Json.Node would change these without a word."""
    if isinstance(value, str):
        if '\0' in value:
            raise ValueError('a server cannot send a string with a null character')
    elif isinstance(value, int):
        if int(value) not in _INT64:
            raise OverflowError('a server cannot send an integer of more than 64 bits')
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_for_node(key)
            _check_for_node(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            _check_for_node(member)


def _node_of(value):
    if value is _NOTHING:
        return None
    if isinstance(value, Json.Node):
        return value
    text = _text_of(value)
    _check_for_node(value)
    try:
        return Json.from_string(text)
    except UnicodeEncodeError:
        raise ValueError('a server cannot send half of a surrogate pair') from None


def _drives_glib(loop):
    if isinstance(loop, _EventLoop) or GLibEventLoop and isinstance(loop, GLibEventLoop):
        return True
    # Somebody else's loop, that runs inside one of GLib's.
    return (type(loop).__module__.partition('.')[0] not in ('asyncio', 'uvloop')
            and GLib.MainContext.ref_thread_default().is_owner())


def _check_loop(loop):
    if not _drives_glib(loop):
        raise RuntimeError('this asyncio event loop does not drive GLib, so that nothing would '
                           'ever happen: use Signal.run() instead of asyncio.run()')


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class _Operation(collections.abc.Coroutine):
    """A call that has begun. It goes on whether it is awaited or not."""

    def __init__(self, cancellable, finish, undo=None):
        self._cancellable = cancellable
        self._finish = finish
        self._undo = undo
        self._result = None
        self._waiter = None
        self._steps = None

    def on_ready(self, source, result, *data):
        self._result = result
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self):
        loop = asyncio.get_running_loop()
        _check_loop(loop)
        cancelled = None
        while self._result is None:
            self._waiter = loop.create_future()
            try:
                await self._waiter
            except asyncio.CancelledError as error:
                # The call is over only when it says so.
                cancelled = error.args
                self._cancellable.cancel()
        self._waiter = None
        if cancelled is None:
            return self._finish(self._result)
        self._finish_cancelled()
        raise asyncio.CancelledError(*cancelled)

    def _finish_cancelled(self):
        try:
            self._finish(self._result)
        except GLib.Error:
            return
        if self._undo is not None:
            self._undo()

    def _get_steps(self):
        if self._steps is None:
            self._steps = self._wait()
        return self._steps

    def __await__(self):
        return self._get_steps().__await__()

    def send(self, value):
        return self._get_steps().send(value)

    def throw(self, *error):
        return self._get_steps().throw(*error)

    def close(self):
        if self._steps is not None:
            self._steps.close()


def _call(start, finish, arguments, cancellable, callback, user_data, undo=None):
    """Starts an asynchronous call: with a callback in PyGObject's way, else to be awaited."""
    if callback is not None:
        return start(*arguments, cancellable, callback, *user_data)
    loop = _running_loop()
    if loop is not None:
        _check_loop(loop)
    if cancellable is None:
        cancellable = Gio.Cancellable()
    operation = _Operation(cancellable, finish, undo)
    start(*arguments, cancellable, operation.on_ready)
    return operation


class _Inbox:
    """What a client's handlers put in and an iterator takes out. Knows neither of the two."""

    def __init__(self):
        self.queue = asyncio.Queue()
        self.ended = False
        self.error = None

    def on_message(self, client, message):
        self.queue.put_nowait(message)

    def on_disconnected(self, client, error):
        self.end(error)

    def end(self, error=None):
        if not self.ended:
            self.ended = True
            self.error = error
            self.queue.put_nowait(None)


class _Messages:
    """The messages of a client, for "async for". Dropping it is enough to stop listening."""

    def __init__(self, client, event):
        self._client = client
        self._inbox = _Inbox()
        name = 'message' if event is None else f'message::{event}'
        self._handlers = [client.connect(name, self._inbox.on_message),
                          client.connect('disconnected', self._inbox.on_disconnected)]
        if client.get_state() == Signal.ConnectionState.DISCONNECTED and client.props.attempts > 0:
            self._inbox.end(client.get_last_error())

    def __aiter__(self):
        return self

    async def __anext__(self):
        _check_loop(asyncio.get_running_loop())
        message = await self._inbox.queue.get()
        if message is not None:
            return message
        self._stop()
        # For whoever else waits.
        self._inbox.queue.put_nowait(None)
        error, self._inbox.error = self._inbox.error, None
        if error is not None:
            raise error
        raise StopAsyncIteration

    async def aclose(self):
        self._stop()
        self._inbox.end()

    def _stop(self):
        client, self._client = self._client, None
        if client is not None:
            for handler in self._handlers:
                client.disconnect(handler)

    def __del__(self):
        self._stop()


class Client(Signal.Client):
    def send_message(self, event, payload=_NOTHING):
        """Sends any value that JSON can express, a Json.Node, or no payload at all."""
        _check_event(event)
        if payload is _NOTHING:
            return self.send_json(event, None)
        if isinstance(payload, Json.Node):
            return super().send_message(event, payload)
        try:
            return self.send_json(event, _text_of(payload))
        except UnicodeEncodeError:
            # Half of a surrogate pair, which only an escape can express.
            return self.send_json(event, _text_of(payload, ensure_ascii=True))

    def connect_async(self, token=None, cancellable=None, callback=None, *user_data):
        """Connects; await it, or give a callback."""
        return _call(super().connect_async, self.connect_finish, (token,), cancellable, callback,
                     user_data, undo=self.disconnect_async)

    def disconnect_async(self, cancellable=None, callback=None, *user_data):
        """Disconnects; await it, or give a callback."""
        return _call(super().disconnect_async, self.disconnect_finish, (), cancellable, callback,
                     user_data)

    def messages(self, event=None):
        """What arrives from now on, for "async for": of one event, or of all.

        It ends when the client is disconnected, and raises the error if that was not asked for.
        """
        return _Messages(self, event)

    async def __aenter__(self):
        await self.connect_async()
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.disconnect_async()


Client = override(Client)


# Without the checks of json.loads(): the library has made sure that the text is JSON.
_scan_json = json.JSONDecoder().scan_once


class Message(Signal.Message):
    event = property(Signal.Message.get_event)
    id = property(Signal.Message.get_id)

    @property
    def payload(self):
        """The payload as native values, with all digits of integers; None if there is none.

        Made anew whenever it is asked for.
        """
        text = self.get_payload_json()
        return None if text is None else _scan_json(text, 0)[0]


Message = override(Message)


class Server(Signal.Server):
    def send_to_peer(self, peer, event, payload=_NOTHING):
        _check_event(event)
        return super().send_to_peer(peer, event, _node_of(payload))

    def send_to_user(self, user_id, event, payload=_NOTHING):
        _check_event(event)
        return super().send_to_user(user_id, event, _node_of(payload))

    # The C name of the last argument is a word of Python's own.
    def send_to_room(self, room, event, payload=_NOTHING, except_=None):
        _check_event(event)
        return super().send_to_room(room, event, _node_of(payload), except_)

    def broadcast(self, event, payload=_NOTHING):
        _check_event(event)
        return super().broadcast(event, _node_of(payload))

    def stop_async(self, cancellable=None, callback=None, *user_data):
        """Stops; await it, or give a callback."""
        return _call(super().stop_async, self.stop_finish, (), cancellable, callback, user_data)


Server = override(Server)


class _Watch(GLib.Source):
    """Tells which of a selector's files are ready, and when its time is up."""

    def __init__(self):
        super().__init__()
        self.set_name('asyncio')
        self.tags = {}
        self.ready = []

    def prepare(self):
        return False, -1

    def check(self):
        self.ready = [(fd, condition) for fd, tag in self.tags.items()
                      if (condition := self.query_unix_fd(tag))]
        return bool(self.ready)

    def dispatch(self, callback, arguments):
        return GLib.SOURCE_CONTINUE


def _fd_of(fileobj):
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()


class _Selector(selectors.BaseSelector):
    """Waits for files by one turn of a GLib main context, so that what is GLib's runs as well."""

    def __init__(self, context):
        self._context = context
        self._keys = {}
        self._watch = _Watch()
        self._watch.attach(context)

    def register(self, fileobj, events, data=None):
        fd = _fd_of(fileobj)
        if not events or events & ~(selectors.EVENT_READ | selectors.EVENT_WRITE):
            raise ValueError(f'Invalid events: {events!r}')
        if fd in self._keys:
            raise KeyError(f'{fileobj!r} (FD {fd}) is already registered')
        condition = GLib.IOCondition(0)
        if events & selectors.EVENT_READ:
            condition |= GLib.IOCondition.IN
        if events & selectors.EVENT_WRITE:
            condition |= GLib.IOCondition.OUT
        self._watch.tags[fd] = self._watch.add_unix_fd(fd, condition)
        self._keys[fd] = selectors.SelectorKey(fileobj, fd, events, data)
        return self._keys[fd]

    def unregister(self, fileobj):
        key = self.get_key(fileobj)
        self._watch.remove_unix_fd(self._watch.tags.pop(key.fd))
        return self._keys.pop(key.fd)

    def get_key(self, fileobj):
        return self._keys[_fd_of(fileobj)]

    def get_map(self):
        return types.MappingProxyType(self._keys)

    def select(self, timeout=None):
        may_block = timeout is None or timeout > 0
        if timeout is not None and may_block:
            self._watch.set_ready_time(GLib.get_monotonic_time() + int(timeout * 1e6) + 1)
        # One turn only: what it called may have given asyncio something to do.
        self._watch.ready = []
        self._context.iteration(may_block)
        self._watch.set_ready_time(-1)
        return [(self._keys[fd], self._events_of(fd, condition))
                for fd, condition in self._watch.ready if fd in self._keys]

    def _events_of(self, fd, condition):
        events = 0
        # Errors and the end of the stream are found by reading and by writing.
        if condition & ~GLib.IOCondition.OUT:
            events |= selectors.EVENT_READ
        if condition & ~GLib.IOCondition.IN:
            events |= selectors.EVENT_WRITE
        return events & self._keys[fd].events

    def close(self):
        self._watch.destroy()
        self._keys.clear()


class _EventLoop(asyncio.SelectorEventLoop):
    """asyncio over the main context of this thread, for a PyGObject without a loop of its own."""

    def __init__(self):
        super().__init__(_Selector(GLib.MainContext.ref_thread_default()))

    def run_forever(self):
        if threading.current_thread() is not threading.main_thread():
            return super().run_forever()
        # A signal must end the wait in GLib, or Python hears of it only when that ends by itself.
        previous = signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)
        try:
            super().run_forever()
        finally:
            signal.set_wakeup_fd(previous)


def _new_event_loop():
    if GLibEventLoop is None:
        return _EventLoop()
    return GLibEventLoop(GLib.MainContext.ref_thread_default())


def run(coroutine, *, debug=None):
    """asyncio.run() on an event loop that drives GLib."""
    if _running_loop() is not None:
        raise RuntimeError('Signal.run() cannot be called from a running event loop')
    with asyncio.Runner(debug=debug, loop_factory=_new_event_loop) as runner:
        return runner.run(coroutine)
