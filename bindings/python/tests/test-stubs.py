#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Verifies that the type stubs match the introspected API."""
import ast
import pathlib
import unittest

import tap
from fixture import Signal

from gi.repository import Gio, GObject

STUBS = pathlib.Path(__file__).parents[1] / 'gi-stubs' / 'repository' / 'Signal.pyi'
# Members that PyGObject adds, and members that are not called directly.
LEFT_OUT = {'copy', 'BusClass', 'ClientClass', 'MessageItemClass', 'MessageListClass', 'PeerClass', 'ServerClass'}
OBJECTS = ('Bus', 'Client', 'MessageItem', 'MessageList', 'Peer', 'Server')

# Arguments of constructors that are not properties.
ADDED_ARGUMENTS = {'Server': {'token'}}


def names(body):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id, node
        elif isinstance(node, ast.Assign):
            yield node.targets[0].id, node


def public(words):
    return {word for word in words if not word.startswith('_')} - LEFT_OUT


class Stubs(unittest.TestCase):
    def setUp(self):
        self.stubs = dict(names(ast.parse(STUBS.read_text(encoding='utf-8')).body))

    def test_module(self):
        self.assertEqual(public(self.stubs), public(dir(Signal)))

    def test_methods(self):
        for name in (*OBJECTS, 'Message'):
            actual = public(dir(getattr(Signal, name)))
            if name != 'Message':
                actual -= set(dir(GObject.Object)) | set(dir(Gio.ListModel))
            stubbed = public(name for name, node in names(self.stubs[name].body)) - {'Props', 'props'}
            self.assertEqual(stubbed, actual, name)

    def test_properties(self):
        for name in OBJECTS:
            members = dict(names(self.stubs[name].body))
            specs = {spec.name.replace('-', '_'): spec
                     for spec in GObject.list_properties(getattr(Signal, name))}
            readable = {key for key, spec in specs.items() if spec.flags & GObject.ParamFlags.READABLE}
            writable = {key for key, spec in specs.items() if spec.flags & GObject.ParamFlags.WRITABLE}
            self.assertEqual({key for key, node in names(members['Props'].body)}, readable, name)
            if '__init__' in members:
                arguments = {argument.arg for argument in members['__init__'].args.kwonlyargs}
                self.assertEqual(arguments - ADDED_ARGUMENTS.get(name, set()), writable, name)

    def test_enumerations(self):
        for name in ('ConnectionState', 'Error'):
            stubbed = {key: node.value.value for key, node in names(self.stubs[name].body)}
            enumeration = getattr(Signal, name)
            self.assertEqual(stubbed, {word: int(getattr(enumeration, word))
                                       for word in dir(enumeration) if word.isupper()})


if __name__ == '__main__':
    tap.main(Stubs)
