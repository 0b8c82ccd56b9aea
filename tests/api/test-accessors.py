#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every property has accessor functions, which agree with it."""
import unittest

import gi

gi.require_version('Json', '1.0')
gi.require_version('Signal', '1.0')
gi.require_version('Soup', '3.0')
from gi.repository import Gio, GObject, Json, Signal, Soup  # noqa: E402

import tap  # noqa: E402

# A value other than the default, by the name of the property or by its type.
VALUES = {
    'uri': 'redis://localhost',
    'uris': ['redis://localhost:6380'],
    'bus': Signal.Bus.new(None),
    'server-url': 'wss://example.org/ws',
    'client': Signal.Client.new(None, None),
    'event': 'chat',
    'server-urls': ['wss://b.example.org/ws', 'wss://c.example.org/ws'],
    'path': '/other',
    'ecdh-info': 'other',
    'authenticate-type': 'Device',
    'authenticate-data': Json.from_string('{"device": 1}'),
    'public-key-member': 'publicKey',
    'correlation-member': 'requestId',
    'auto-join-rooms': ['tea'],
    'default-rooms': ['tea'],
    'allowed-origins': ['https://example.org'],
    'jitter': 0.5,
    'backoff-multiplier': 3.0,
    'headers': Soup.MessageHeaders.new(Soup.MessageHeadersType.REQUEST),
    'proxy-resolver': Gio.SimpleProxyResolver.new(None, None),
    'network-monitor': Gio.NetworkMonitor.get_default(),
    'tls-database': Gio.TlsBackend.get_default().get_default_database(),
    'tls-certificate': None,
}
WRITE_ONLY = {'token'}


class Accessors(unittest.TestCase):
    def assert_same(self, value, expected):
        if isinstance(expected, Json.Node):
            self.assertTrue(value.equal(expected))
        else:
            self.assertEqual(value, expected)

    def check(self, instance):
        for pspec in type(instance).list_properties():
            if pspec.owner_type != instance.__gtype__:
                continue
            name, function = pspec.name, pspec.name.replace('-', '_')
            with self.subTest(name):
                if pspec.flags & GObject.ParamFlags.READABLE:
                    get = getattr(instance, f'get_{function}')
                    self.assert_same(get(), instance.get_property(name))
                # A property that is set during construction only has no setter.
                if pspec.flags & GObject.ParamFlags.CONSTRUCT_ONLY:
                    self.assertFalse(hasattr(instance, f'set_{function}'))
                elif pspec.flags & GObject.ParamFlags.WRITABLE:
                    put = getattr(instance, f'set_{function}')
                    if name in WRITE_ONLY:
                        put('secret')
                        continue
                    value = VALUES.get(name)
                    if value is None and name not in VALUES:
                        value = not get() if isinstance(get(), bool) else 7
                    put(value)
                    self.assert_same(instance.get_property(name), value)
                    self.assert_same(get(), value)

    def test_client(self):
        self.check(Signal.Client.new(None, None))

    def test_server(self):
        self.check(Signal.Server.new())

    def test_bus(self):
        self.check(Signal.Bus.new(None))

    def test_message_list(self):
        self.check(Signal.MessageList.new(None, None, 0))

    def test_without_constructor(self):
        for type_ in (Signal.MessageItem, Signal.Peer):
            names = [pspec.name for pspec in type_.list_properties() if pspec.owner_type == type_.__gtype__]
            for name in names:
                with self.subTest(name):
                    self.assertTrue(hasattr(type_, 'get_' + name.replace('-', '_')))


if __name__ == '__main__':
    tap.main(Accessors)
