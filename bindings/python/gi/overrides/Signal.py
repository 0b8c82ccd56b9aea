# SPDX-License-Identifier: LGPL-2.1-or-later
"""Overrides for signal-glib: native values, await, async with and async for.

PyGObject loads this module automatically for "from gi.repository import Signal".
"""
import asyncio
import collections.abc
import contextlib
import functools
import hmac
import inspect
import json
import math
import selectors
import signal
import sys
import threading
import types
import warnings
import weakref

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gio, GLib, GObject, Json

try:
    from gi.events import GLibEventLoop
except ImportError:
    GLibEventLoop = None

Signal = get_introspection_module('Signal')

__all__ = ['Bus', 'Client', 'Message', 'Server', 'new_event_loop', 'run']

_NOTHING = object()
# The default limit of messages that are queued for an iterator, and before the first one is created.
_MESSAGES_LIMIT = 1000
_INT64 = range(-2 ** 63, 2 ** 63)
_DOMAIN = GLib.quark_to_string(Signal.error_quark())
_ERRORS = {}


class _Error(GLib.Error):
    """An error of the domain of the library. Each of its codes has a class."""

    _code = None

    def __init__(self, message='', domain=_DOMAIN, code=None):
        super().__init__(message, domain, self._code if code is None else code)


def _define_errors():
    for name in filter(str.isupper, dir(Signal.Error)):
        code = int(getattr(Signal.Error, name))
        class_name = name.title().replace('_', '')
        # For example, the name of an object of the library.
        if hasattr(Signal, class_name):
            class_name += 'Error'
        kind = type(class_name, (_Error,), {
            '__doc__': f'A GLib.Error with the code Signal.Error.{name}.',
            '__module__': Signal.__name__, '_code': code})
        globals()[class_name] = _ERRORS[code] = kind
        __all__.append(class_name)


_define_errors()


def _typed(error):
    """Returns an error as an instance of the class for its code."""
    kind = _ERRORS.get(error.code) if error.domain == _DOMAIN and not isinstance(error, _Error) else None
    return error if kind is None else kind(error.message, error.domain, error.code)


def _raise_typed(function):
    @functools.wraps(function, updated=())
    def call(*args, **keywords):
        try:
            return function(*args, **keywords)
        except GLib.Error as error:
            raise _typed(error) from None

    return call


def _wrap_methods(kind):
    for name, function in list(vars(kind).items()):
        if hasattr(function, 'can_throw_gerror') and function.can_throw_gerror():
            setattr(kind, name, _raise_typed(function))


for _kind in (Signal.Bus, Signal.Client, Signal.Server):
    _wrap_methods(_kind)


def _text_of(value, ensure_ascii=False):
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=ensure_ascii,
                          separators=(',', ':'))
    except (ValueError, RecursionError) as error:
        raise TypeError(f'The payload cannot be represented as JSON: {error}') from None


def _payload_text(payload):
    if payload is _NOTHING:
        return None
    if isinstance(payload, Json.Node):
        return Json.to_string(payload, False)
    text = _text_of(payload)
    try:
        text.encode()
    except UnicodeEncodeError:
        # An unpaired surrogate can only be represented by an escape sequence.
        text = _text_of(payload, ensure_ascii=True)
    return text


def _milliseconds(timeout):
    """Converts a timeout in seconds; 0 is that of the client."""
    if timeout is None:
        return 0
    if not timeout >= 0:
        raise ValueError(f'the timeout must be a number of seconds, not {timeout!r}')
    return max(1, round(timeout * 1000))


def _check_event(event):
    if isinstance(event, str) and '\0' in event:
        raise ValueError('the name of the event contains a null character')


def _check_names(names, function):
    """Rejects a string, which PyGObject would convert to a list of its characters."""
    if isinstance(names, str):
        raise TypeError(f'{function}() takes a list of strings, not a string: [{names!r}]')
    for name in names if isinstance(names, (list, tuple)) else ():
        if not isinstance(name, str):
            raise TypeError(f'{function}() takes a list of strings, and {name!r} is not one')


def _check_for_node(value):
    """Rejects values that a Json.Node would silently change."""
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
        raise ValueError('a server cannot send an unpaired surrogate') from None


def _drives_glib(loop):
    if isinstance(loop, _EventLoop) or GLibEventLoop and isinstance(loop, GLibEventLoop):
        return True
    # The event loop of another library, which runs inside a GLib main loop.
    return (type(loop).__module__.partition('.')[0] not in ('asyncio', 'uvloop')
            and GLib.MainContext.ref_thread_default().is_owner())


def _check_loop(loop):
    if not _drives_glib(loop):
        raise RuntimeError('this asyncio event loop does not drive GLib: use Signal.run() instead '
                           'of asyncio.run()')


def _get_affinity():
    """Returns the main context and the thread to which a new object belongs."""
    return GLib.MainContext.ref_thread_default(), threading.get_ident()


def _check_thread(target):
    """Raises an error that explains how to call the method in Python, unlike those of the library."""
    if target._affinity is None:
        return
    context, thread = target._affinity
    if context.is_owner():
        return
    # The context has no owner before a main loop runs.
    if thread == threading.get_ident() and context.acquire():
        context.release()
        return
    raise RuntimeError(f'a Signal.{type(target).__name__} can only be used in the thread that runs its '
                       'main context: call the method from a function that is passed to '
                       'GLib.idle_add() or to loop.call_soon_threadsafe() of the asyncio event loop')


def _check_await(target, loop):
    _check_loop(loop)
    _check_thread(target)
    if target._affinity is not None and not target._affinity[0].is_owner():
        raise RuntimeError(f'this Signal.{type(target).__name__} belongs to a main context that this '
                           'asyncio event loop does not drive: create it in a coroutine that Signal.run() '
                           'runs in this thread')


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class _Operation(collections.abc.Coroutine):
    """An asynchronous operation in progress. It continues even if it is not awaited."""

    def __init__(self, target, cancellable, finish, undo=None):
        self._target = target
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
        _check_await(self._target, loop)
        cancelled = None
        while self._result is None:
            self._waiter = loop.create_future()
            try:
                await self._waiter
            except asyncio.CancelledError as error:
                # The operation ends only when its callback is called.
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


def _call(target, start, finish, arguments, cancellable, callback, user_data, undo=None):
    """Starts an operation. Without a callback, returns an object that can be awaited."""
    if callback is not None:
        _check_thread(target)
        return start(*arguments, cancellable, callback, *user_data)
    loop = _running_loop()
    if loop is None:
        _check_thread(target)
    else:
        _check_await(target, loop)
    if cancellable is None:
        cancellable = Gio.Cancellable()
    operation = _Operation(target, cancellable, finish, undo)
    start(*arguments, cancellable, operation.on_ready)
    return operation


def _report_dropped(client, text):
    """Emits the signal "error", or a warning if no handler is connected to it."""
    if GObject.signal_has_handler_pending(client, GObject.signal_lookup('error', Signal.Client), 0, True):
        client.emit('error', GLib.Error.new_literal(Signal.error_quark(), text, Signal.Error.FAILED))
    else:
        warnings.warn(text, RuntimeWarning, stacklevel=2)


class _Early:
    """The newest messages that arrive before the first iterator is created."""

    def __init__(self, client):
        self.messages = collections.deque(maxlen=_MESSAGES_LIMIT)
        self.dropped = 0
        self._handler = client.connect('message', self._on_message)

    def _on_message(self, client, message):
        self.dropped += len(self.messages) == self.messages.maxlen
        self.messages.append(message)

    def stop(self, client):
        """Stops queuing messages, and discards those that were queued."""
        if client._early is self:
            client._early = None
            client.disconnect(self._handler)
            self.messages.clear()


class _Inbox:
    """The queue between the handlers of a client and an iterator. It references neither of them."""

    def __init__(self, limit):
        self.queue = asyncio.Queue()
        self.limit = limit
        self.dropped = 0
        self.is_behind = False
        self.ended = False
        self.error = None

    def put(self, message):
        """Queues a message. Returns whether this is the first one for which another had to be dropped."""
        full = 0 < self.limit <= self.queue.qsize()
        if full:
            self.queue.get_nowait()
            self.dropped += 1
        self.queue.put_nowait(message)
        was_behind, self.is_behind = self.is_behind, self.is_behind or full
        return full and not was_behind

    def on_message(self, client, message):
        if self.put(message):
            _report_dropped(client, f'Messages were dropped because more than {self.limit} were queued for an '
                                    'iterator; read them faster, or increase the limit of messages()')

    def on_disconnected(self, client, error):
        self.end(error)

    def clear(self):
        self.ended = False
        while not self.queue.empty():
            self.queue.get_nowait()

    def end(self, error=None):
        if not self.ended:
            self.ended = True
            self.error = error
            self.queue.put_nowait(None)


class _Messages:
    """An iterator over the messages of a client. It disconnects its handlers when it is finalized."""

    _client = None

    def __init__(self, client, event, limit):
        if event is not None and not isinstance(event, str):
            raise TypeError(f'the name of the event must be a string, not {event!r}')
        if isinstance(limit, bool) or not isinstance(limit, int):
            raise TypeError(f'the limit of messages() must be an integer, not {limit!r}')
        if limit < 0:
            raise ValueError('the limit of messages() must not be negative; 0 means no limit')
        _check_event(event)
        inbox = self._inbox = _Inbox(limit)
        self._loops = 0
        name = 'message' if event is None else f'message::{event}'
        self._handlers = [client.connect(name, inbox.on_message),
                          client.connect('disconnected', inbox.on_disconnected)]
        self._client = client
        if client._early is not None:
            self._take_early(client._early, event)

    def _take_early(self, early, event):
        client, inbox = self._client, self._inbox
        for message in early.messages:
            if event is None or message.get_event() == event:
                inbox.put(message)
        inbox.is_behind = False
        inbox.dropped += early.dropped
        # Iterators that are created at the same time receive these messages as well.
        loop = _running_loop()
        if loop is None:
            early.stop(client)
        else:
            loop.call_soon(early.stop, client)
        if inbox.dropped:
            _report_dropped(client, f'{inbox.dropped} messages that arrived before messages() was called '
                                    'were dropped; call it earlier')

    @property
    def dropped(self):
        """The number of messages that were dropped because the queue was full."""
        return self._inbox.dropped

    def __aiter__(self):
        return _Loop(self)

    async def __anext__(self):
        loop = asyncio.get_running_loop()
        if self._client is None:
            _check_loop(loop)
        else:
            _check_await(self._client, loop)
        inbox = self._inbox
        if inbox.queue.empty():
            inbox.is_behind = False
            self._end_if_over()
        message = await inbox.queue.get()
        if message is not None:
            return message
        self._stop()
        # Also ends other loops that are waiting.
        inbox.queue.put_nowait(None)
        error, inbox.error = inbox.error, None
        if error is not None:
            raise _typed(error)
        raise StopAsyncIteration

    def _end_if_over(self):
        client = self._client
        if (client is not None and client.get_state() == Signal.ConnectionState.DISCONNECTED
                and client.props.attempts > 0):
            self._inbox.end(client.get_last_error())

    def enter_loop(self):
        self._loops += 1

    def leave_loop(self):
        self._loops -= 1
        if self._loops == 0:
            self.close()

    def close(self):
        """Ends the iterator and discards the queued messages."""
        self._stop()
        self._inbox.clear()
        self._inbox.end()

    async def aclose(self):
        self.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        self.close()

    def _stop(self):
        client, self._client = self._client, None
        if client is not None:
            for handler in self._handlers:
                client.disconnect(handler)

    def __del__(self, is_finalizing=sys.is_finalizing):
        # PyGObject cannot be called any more while the interpreter exits.
        if not is_finalizing():
            self._stop()


class _Loop:
    """A single "async for" loop over messages. Python finalizes it when the loop is left."""

    def __init__(self, messages):
        self._messages = messages
        messages.enter_loop()

    def __aiter__(self):
        return self

    def __anext__(self):
        return self._messages.__anext__()

    async def aclose(self):
        self._messages.close()

    def __del__(self, is_finalizing=sys.is_finalizing):
        if not is_finalizing():
            self._messages.leave_loop()


def _fail_token(client, error):
    """Makes an attempt fail because an exception prevented a function from supplying the token."""
    if not isinstance(error, GLib.Error):
        error = GLib.Error.new_literal(Signal.error_quark(), f'Could not get a token: {type(error).__name__}: {error}',
                                       Signal.Error.FAILED)
    client.fail_token(error)


class _Tokens:
    """Calls the functions that supply the token of a client, and awaits the coroutines that they return."""

    def __init__(self, client):
        self.source = None
        self._steps = []
        self._task = None
        self._tasks = set()
        connect = GObject.Object.connect
        # Is emitted after "authenticate", whose handlers may have returned coroutines.
        connect(client, 'token-requested', self._request)
        connect(client, 'disconnected', self._cancel)

    def wrap(self, signal, handler):
        function = self._on_token_requested if signal == 'token-requested' else self._on_authenticate
        return functools.partial(function, handler)

    def abandon(self):
        """Ignores what the coroutines that are running return."""
        self._task = None

    def _cancel(self, client, error):
        if self._task is not None:
            self._task.cancel()
        self.abandon()

    def _on_authenticate(self, handler, client, *data):
        """Uses the first token that a handler returns. A coroutine delays the following handlers."""
        if self._task is not None:
            return None
        if self._steps:
            self._steps.append(functools.partial(handler, client, *data))
            return None
        token = handler(client, *data)
        if not inspect.isawaitable(token):
            return token
        self._steps.append(lambda: token)
        return None

    def _on_token_requested(self, handler, client, *data):
        """Calls a handler, whose coroutine can return the token or True."""
        if self._task is not None or self._steps:
            return self._request(client)
        answer = handler(client, *data)
        if not inspect.isawaitable(answer):
            return answer
        self._start(client, [lambda: answer], may_return_true=True)
        return True

    def _request(self, client):
        if self._task is not None:
            return True
        steps, self._steps = self._steps, []
        if steps:
            self._start(client, steps)
            return True
        if self.source is None:
            return False
        try:
            token = self.source()
        except Exception as error:
            _fail_token(client, error)
            return True
        if inspect.isawaitable(token):
            self._start(client, [lambda: token])
        else:
            self._finish(client, token)
        return True

    def _start(self, client, steps, may_return_true=False):
        coroutine = self._run(weakref.ref(client), steps, may_return_true)
        loop = _running_loop()
        if loop is None or not _drives_glib(loop):
            coroutine.close()
            for step in steps[:1]:
                if inspect.iscoroutine(first := step()):
                    first.close()
            _fail_token(client, RuntimeError('a coroutine can supply the token only within Signal.run()'))
            return
        self._task = loop.create_task(coroutine)
        self._tasks.add(self._task)
        self._task.add_done_callback(self._tasks.discard)

    async def _run(self, reference, steps, may_return_true):
        token = failure = None
        try:
            for step in steps:
                token = step()
                if inspect.isawaitable(token):
                    token = await token
                if isinstance(token, str):
                    break
        except Exception as error:
            failure = error
        client = reference()
        if client is None or self._task is not asyncio.current_task():
            return
        self._task = None
        if failure is not None:
            _fail_token(client, failure)
        elif not may_return_true or (token is not None and token is not True):
            self._finish(client, token)

    def _finish(self, client, token):
        if isinstance(token, str):
            client.update_token(token)
        elif token is None or token is False:
            client.fail_token(None)
        else:
            _fail_token(client, TypeError(f'the token must be a string, not {type(token).__name__}'))


class _Handlers:
    """Connects handlers that can be coroutine functions."""

    # The handlers that are connected through another function, by the IDs of the connections.
    _wrapped = None

    def connect(self, signal, handler, *data):
        """Connects a handler. Those that supply or check a token can be coroutine functions."""
        return self._connect(super().connect, signal, handler, data)

    def connect_after(self, signal, handler, *data):
        return self._connect(super().connect_after, signal, handler, data)

    def disconnect(self, number):
        super().disconnect(number)
        if self._wrapped is not None:
            self._wrapped.pop(number, None)

    def disconnect_by_func(self, handler):
        wrapped = self._find_wrapped(handler)
        for number in wrapped:
            self.disconnect(number)
        return len(wrapped) or super().disconnect_by_func(handler)

    def handler_block_by_func(self, handler):
        wrapped = self._find_wrapped(handler)
        for number in wrapped:
            self.handler_block(number)
        return len(wrapped) or super().handler_block_by_func(handler)

    def handler_unblock_by_func(self, handler):
        wrapped = self._find_wrapped(handler)
        for number in wrapped:
            self.handler_unblock(number)
        return len(wrapped) or super().handler_unblock_by_func(handler)

    def _connect(self, connect, signal, handler, data):
        name = signal.replace('_', '-') if isinstance(signal, str) else signal
        wrapper = self._wrap_handler(name, handler) if callable(handler) else handler
        number = connect(signal, wrapper, *data)
        if wrapper is not handler:
            if self._wrapped is None:
                self._wrapped = {}
            self._wrapped[number] = handler
        return number

    def _find_wrapped(self, handler):
        return [number for number, wrapped in (self._wrapped or {}).items() if wrapped == handler]


class Client(_Handlers, Signal.Client):
    _affinity = None
    _early = None
    _tokens = None

    def __init__(self, *args, token=None, **properties):
        if token is not None and not callable(token):
            properties['token'] = token
        super().__init__(*args, **properties)
        self._affinity = _get_affinity()
        if callable(token):
            self.set_token(token)

    def _wrap_handler(self, signal, handler):
        return (self._get_tokens().wrap(signal, handler)
                if signal in ('authenticate', 'token-requested') else handler)

    def _get_tokens(self):
        if self._tokens is None:
            self._tokens = _Tokens(self)
        return self._tokens

    def set_token(self, token):
        """Sets the token, or a function that returns it and may be a coroutine function.

        The function is called without arguments for every attempt to connect.
        """
        if callable(token):
            self._get_tokens().source = token
            return
        if self._tokens is not None:
            self._tokens.source = None
        super().set_token(token)

    def update_token(self, token):
        if self._tokens is not None:
            self._tokens.abandon()
        super().update_token(token)

    def fail_token(self, error=None):
        """Reports that a promised token cannot be supplied. Without an error, the client stops."""
        if self._tokens is not None:
            self._tokens.abandon()
        # PyGObject accepts None only since version 3.50. The library supplies the message.
        super().fail_token(_ERRORS[Signal.Error.AUTHENTICATION_FAILED]() if error is None else error)

    def send_message(self, event, payload=_NOTHING):
        """Sends a message whose payload is a value that JSON can represent or a Json.Node, or has no payload."""
        _check_thread(self)
        _check_event(event)
        if payload is _NOTHING:
            return super().send_json(event, None)
        if isinstance(payload, Json.Node):
            return super().send_message(event, payload)
        return super().send_json(event, _payload_text(payload))

    def send_json(self, event, json):
        _check_thread(self)
        return super().send_json(event, json)

    def send(self, event, payload=_NOTHING):
        """Sends a message like send_message(). Await the result, which is there when it has been written."""
        _check_event(event)
        return _call(self, super().send_json_async, self.send_json_finish, (event, _payload_text(payload)),
                     None, None, ())

    def flush(self):
        """Await the result, which is there when all accepted messages have been written or reported."""
        return _call(self, super().flush_async, self.flush_finish, (), None, None, ())

    def request(self, event, payload=_NOTHING, *, timeout=None):
        """Sends a message with a new ID. Await the result, the answer.

        The timeout is in seconds; without one, it is that of the property request_timeout.
        """
        _check_event(event)
        return _call(self, super().request_json_async, self.request_finish,
                     (event, _payload_text(payload), _milliseconds(timeout)), None, None, ())

    def join_rooms(self, rooms):
        _check_thread(self)
        _check_names(rooms, 'join_rooms')
        return super().join_rooms(rooms)

    def leave_rooms(self, rooms):
        _check_thread(self)
        _check_names(rooms, 'leave_rooms')
        return super().leave_rooms(rooms)

    def connect_async(self, token=None, cancellable=None, callback=None, *user_data):
        """Connects and authenticates. Await the result, or pass a callback."""
        return _call(self, super().connect_async, self.connect_finish, (token,), cancellable, callback,
                     user_data, undo=self.disconnect_async)

    def disconnect_async(self, cancellable=None, callback=None, *user_data):
        """Disconnects and does not reconnect. Await the result, or pass a callback."""
        return _call(self, super().disconnect_async, self.disconnect_finish, (), cancellable, callback,
                     user_data)

    def messages(self, event=None, *, limit=_MESSAGES_LIMIT):
        """Returns an iterator for "async for" over the messages of an event, or over all messages.

        The iterator provides the messages that arrive after the call. Within "async with", the first
        call also provides the messages that have arrived before it. If more than limit messages are
        queued, the oldest are dropped and the signal "error" is emitted; 0 means no limit. The iterator
        ends when the client is disconnected, and raises the error unless disconnect_async() was called.
        """
        _check_thread(self)
        return _Messages(self, event, limit)

    async def __aenter__(self):
        _check_await(self, asyncio.get_running_loop())
        early = None
        if self.get_state() == Signal.ConnectionState.DISCONNECTED:
            self._stop_early()
            early = self._early = _Early(self)
        try:
            await self.connect_async()
        except BaseException:
            if early is not None:
                early.stop(self)
            raise
        return self

    async def __aexit__(self, kind, error, traceback):
        self._stop_early()
        await self.disconnect_async()

    def _stop_early(self):
        if self._early is not None:
            self._early.stop(self)


Client = override(Client)


# Skips the checks of json.loads(), because the library has already verified that the text is JSON.
_scan_json = json.JSONDecoder().scan_once


class Message(Signal.Message):
    event = property(Signal.Message.get_event)
    id = property(Signal.Message.get_id)

    @property
    def payload(self):
        """The payload as a native value, with all digits of integers, or None if there is no payload.

        The payload is parsed each time the property is read.
        """
        text = self.get_payload_json()
        return None if text is None else _scan_json(text, 0)[0]

    def __repr__(self):
        """Describes the message without its payload, which may be confidential."""
        text = self.get_payload_json()
        length = None if text is None else len(text.encode())
        return (f'<Signal.Message event={self.event!r} id={self.id!r} encrypted={self.is_encrypted()} '
                f'length={length}>')


Message = override(Message)


class _Accept:
    """A handler of "authenticate" that accepts certain tokens."""

    def __init__(self, tokens):
        self._users = {token.encode(): user for token, user in tokens.items()}

    def __call__(self, server, peer, kind, token):
        found = None
        for accepted, user in self._users.items():
            if hmac.compare_digest(accepted, token.encode()) and kind == 'Bearer':
                found = user
        return found


class _Checks:
    """The coroutines that check the tokens of the peers of a server."""

    def __init__(self):
        self._tasks = set()

    def on_authenticate(self, handler, server, peer, *arguments):
        user = handler(server, peer, *arguments)
        if not inspect.isawaitable(user):
            return user
        loop = _running_loop()
        if loop is None or not _drives_glib(loop):
            if inspect.iscoroutine(user):
                user.close()
            raise RuntimeError('a coroutine can check a token only within Signal.run()')
        peer.defer_authentication()
        task = loop.create_task(self._finish(peer, user))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    async def _finish(self, peer, checked):
        user = None
        try:
            user = await checked
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {'message': 'A handler of "authenticate" failed', 'exception': error})
        finally:
            peer.finish_authentication(user)


class Server(_Handlers, Signal.Server):
    _affinity = None
    _checks = None

    def __init__(self, *args, token=None, **properties):
        """Creates a server, which accepts a token as that of the user "user", or tokens of a dict of users."""
        super().__init__(*args, **properties)
        self._affinity = _get_affinity()
        if token is not None:
            self.connect('authenticate', _Accept({token: 'user'} if isinstance(token, str) else token))

    def _wrap_handler(self, signal, handler):
        if signal != 'authenticate':
            return handler
        if self._checks is None:
            self._checks = _Checks()
        return functools.partial(self._checks.on_authenticate, handler)

    async def __aenter__(self):
        _check_await(self, asyncio.get_running_loop())
        if self.get_uri() is None:
            self.listen(None, 0)
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.stop_async()

    def listen(self, address, port):
        _check_thread(self)
        return super().listen(address, port)

    def listen_socket(self, socket):
        _check_thread(self)
        return super().listen_socket(socket)

    def send_to_peer(self, peer, event, payload=_NOTHING):
        _check_thread(self)
        _check_event(event)
        return super().send_to_peer(peer, event, _node_of(payload))

    def reply(self, peer, request, payload=_NOTHING):
        _check_thread(self)
        return super().reply(peer, request, _node_of(payload))

    def reply_error(self, peer, request, message):
        _check_thread(self)
        return super().reply_error(peer, request, message)

    def send_to_user(self, user_id, event, payload=_NOTHING):
        _check_thread(self)
        _check_event(event)
        return super().send_to_user(user_id, event, _node_of(payload))

    # The C name of the last argument is a keyword in Python.
    def send_to_room(self, room, event, payload=_NOTHING, except_=None):
        _check_thread(self)
        _check_event(event)
        return super().send_to_room(room, event, _node_of(payload), except_)

    def broadcast(self, event, payload=_NOTHING):
        _check_thread(self)
        _check_event(event)
        return super().broadcast(event, _node_of(payload))

    def stop_async(self, cancellable=None, callback=None, *user_data):
        """Stops the server. Await the result, or pass a callback."""
        return _call(self, super().stop_async, self.stop_finish, (), cancellable, callback, user_data)

    def drain_async(self, duration, cancellable=None, callback=None, *user_data):
        """Closes the connections over the duration in milliseconds. Await the result, or pass a callback."""
        return _call(self, super().drain_async, self.drain_finish, (duration,), cancellable, callback,
                     user_data)


Server = override(Server)


def _check_texts(*texts):
    """Rejects names and IDs that PyGObject would truncate."""
    for text in texts:
        if isinstance(text, str) and '\0' in text:
            raise ValueError('a name or an ID contains a null character')


class Bus(Signal.Bus):
    _affinity = None

    def __init__(self, *args, **properties):
        super().__init__(*args, **properties)
        self._affinity = _get_affinity()

    async def __aenter__(self):
        _check_await(self, asyncio.get_running_loop())
        try:
            await self.connect_async()
        except BaseException:
            # It would continue to try.
            self.close_async()
            raise
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.close_async()

    def connect_async(self, cancellable=None, callback=None, *user_data):
        """Connects to Redis. Await the result, or pass a callback."""
        undo = None if self.get_connected() else self.close_async
        return _call(self, super().connect_async, self.connect_finish, (), cancellable, callback, user_data,
                     undo=undo)

    def close_async(self, cancellable=None, callback=None, *user_data):
        """Closes the connection when all messages are published. Await the result, or pass a callback."""
        return _call(self, super().close_async, self.close_finish, (), cancellable, callback, user_data)

    # The payload of each is a value that JSON can represent or a Json.Node; without one, the message has none.

    def send_to_room(self, room, event, payload=_NOTHING, except_=None):
        """Sends a message to the clients in a room, except those with certain IDs."""
        return self._send(super().send_to_room_json, (room, event), payload, except_)

    def send_to_user(self, user_id, event, payload=_NOTHING):
        """Sends a message to the clients of a user."""
        return self._send(super().send_to_user_json, (user_id, event), payload)

    def send_to_peer(self, client_id, event, payload=_NOTHING):
        """Sends a message to a client."""
        return self._send(super().send_to_peer_json, (client_id, event), payload)

    def broadcast(self, event, payload=_NOTHING, except_=None):
        """Sends a message to all clients, except those with certain IDs."""
        return self._send(super().broadcast_json, (event,), payload, except_)

    def send_to_room_json(self, room, event, json, except_=None):
        return self._send_json(super().send_to_room_json, (room, event), json, except_)

    def send_to_user_json(self, user_id, event, json):
        return self._send_json(super().send_to_user_json, (user_id, event), json)

    def send_to_peer_json(self, client_id, event, json):
        return self._send_json(super().send_to_peer_json, (client_id, event), json)

    def broadcast_json(self, event, json, except_=None):
        return self._send_json(super().broadcast_json, (event,), json, except_)

    def _send(self, send, names, payload, *except_):
        return self._send_json(send, names, _payload_text(payload), *except_)

    def _send_json(self, send, names, json, *except_):
        _check_thread(self)
        _check_texts(*names)
        for ids in except_:
            _check_names(ids, send.__name__.removesuffix('_json'))
            _check_texts(*(ids or ()))
        return send(*names, json, *except_)


Bus = override(Bus)


class _SelectorSource(GLib.Source):
    """A source that detects which files of a selector are ready, and its timeout.

    If another main loop iterates the context, the source also runs the event loop.
    """

    def __init__(self):
        super().__init__()
        self.set_name('asyncio')
        self.tags = {}
        self.ready = []
        self.event_loop = None

    def query(self):
        self.ready = [(fd, condition) for fd, tag in self.tags.items()
                      if (condition := self.query_unix_fd(tag))]

    def prepare(self):
        timeout = -1 if self.event_loop is None else self.event_loop.get_wait()
        return timeout == 0, timeout

    def check(self):
        self.query()
        return bool(self.ready) or (self.event_loop is not None and self.event_loop.get_wait() == 0)

    def dispatch(self, callback, arguments):
        if self.event_loop is not None:
            self.event_loop.run_nested()
        return GLib.SOURCE_CONTINUE


def _fd_of(fileobj):
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()


class _Selector(selectors.BaseSelector):
    """A selector that waits with an iteration of a GLib main context, which also dispatches its sources."""

    def __init__(self, context):
        self._context = context
        self._keys = {}
        self._source = _SelectorSource()
        self._source.attach(context)

    def set_event_loop(self, event_loop):
        """Sets the event loop that the context runs while a main loop iterates it, or None."""
        self._source.event_loop = event_loop

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
        self._source.tags[fd] = self._source.add_unix_fd(fd, condition)
        self._keys[fd] = selectors.SelectorKey(fileobj, fd, events, data)
        return self._keys[fd]

    def unregister(self, fileobj):
        key = self.get_key(fileobj)
        self._source.remove_unix_fd(self._source.tags.pop(key.fd))
        return self._keys.pop(key.fd)

    def get_key(self, fileobj):
        return self._keys[_fd_of(fileobj)]

    def get_map(self):
        return types.MappingProxyType(self._keys)

    def select(self, timeout=None):
        if self._source.event_loop is not None:
            self._source.query()
        else:
            self._iterate(timeout)
        return [(self._keys[fd], self._events_of(fd, condition))
                for fd, condition in self._source.ready if fd in self._keys]

    def _iterate(self, timeout):
        may_block = timeout is None or timeout > 0
        if timeout is not None and may_block:
            self._source.set_ready_time(GLib.get_monotonic_time() + int(timeout * 1e6) + 1)
        # A single iteration, because it may have added callbacks to the asyncio event loop.
        self._source.ready = []
        self._context.iteration(may_block)
        self._source.set_ready_time(-1)

    def _events_of(self, fd, condition):
        events = 0
        # Errors and the end of the stream are detected by reading or writing.
        if condition & ~GLib.IOCondition.OUT:
            events |= selectors.EVENT_READ
        if condition & ~GLib.IOCondition.IN:
            events |= selectors.EVENT_WRITE
        return events & self._keys[fd].events

    def close(self):
        self._source.destroy()
        self._keys.clear()


class _EventLoop(asyncio.SelectorEventLoop):
    """An event loop that drives a main context, for versions of PyGObject that do not provide one."""

    def __init__(self, context):
        self._context = context
        self._main = None
        self._quit = None
        self._result = None
        self._failure = None
        super().__init__(_Selector(context))

    def run_main(self, main, quit_main):
        """Runs a function that runs a main loop, which runs this event loop, and returns its result."""
        self._main, self._quit = main, quit_main
        try:
            self.run_forever()
        finally:
            self._main = self._quit = None
            failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        return self._result

    def _run_once(self):
        if self._main is None:
            super()._run_once()
            return
        main, self._main = self._main, None
        self._selector.set_event_loop(self)
        try:
            self._result = main()
        finally:
            self._selector.set_event_loop(None)
            self._quit = None
            self.stop()

    def get_wait(self):
        """Returns the milliseconds until the event loop has something to do, or -1 if only files can wake it."""
        if self._ready:
            return 0
        if not self._scheduled:
            return -1
        # Not longer than a day, to fit into the range of the main context.
        return math.ceil(min(max(0, self._scheduled[0].when() - self.time()), 86400) * 1000)

    def run_nested(self):
        """Runs what is due, while a main loop iterates the context."""
        try:
            super()._run_once()
        except BaseException as error:
            # The main context would only print it.
            self._failure = error
            self.stop()

    def stop(self):
        super().stop()
        if self._quit is not None:
            self._quit()

    def run_forever(self):
        # Owns the context between iterations as well, to exclude other threads.
        if not self._context.acquire():
            raise RuntimeError('another thread runs the main context of this event loop')
        try:
            self._run_forever()
        finally:
            self._context.release()

    def _run_forever(self):
        if threading.current_thread() is not threading.main_thread():
            return super().run_forever()
        # A signal must wake up the main context, or Python does not handle it until an event occurs.
        previous = signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)
        try:
            super().run_forever()
        finally:
            signal.set_wakeup_fd(previous)


def new_event_loop():
    """Creates an asyncio event loop that drives the thread-default main context of this thread."""
    return (GLibEventLoop or _EventLoop)(GLib.MainContext.ref_thread_default())


def _run_application(application, argv, debug):
    with asyncio.Runner(debug=debug, loop_factory=new_event_loop) as runner:
        loop = runner.get_loop()
        if isinstance(loop, _EventLoop):
            return loop.run_main(functools.partial(application.run, argv), application.quit)
        with loop.running(application.quit):
            return application.run(argv)


@contextlib.contextmanager
def _own_context():
    """Pushes a new main context unless the thread has one or is the main thread and can run the default one."""
    default = GLib.MainContext.default()
    if GLib.MainContext.get_thread_default() is not None:
        yield
    elif threading.current_thread() is threading.main_thread() and default.acquire():
        default.release()
        yield
    else:
        context = GLib.MainContext()
        context.push_thread_default()
        try:
            yield
        finally:
            context.pop_thread_default()


def run(main, argv=None, *, debug=None):
    """Runs a coroutine like asyncio.run(), with an event loop that drives a GLib main context.

    In threads other than the main thread, it uses the thread-default main context, or a new one if there is none.

    With a Gio.Application, runs that with the arguments and returns its exit status. The signal handlers and
    virtual functions of the application can create tasks, which are cancelled after it has quit.
    """
    if _running_loop() is not None:
        raise RuntimeError('Signal.run() cannot be called from a running event loop')
    if isinstance(main, Gio.Application):
        return _run_application(main, argv, debug)
    if argv is not None:
        raise TypeError('Signal.run() takes arguments only with a Gio.Application')
    with _own_context(), asyncio.Runner(debug=debug, loop_factory=new_event_loop) as runner:
        return runner.run(main)
