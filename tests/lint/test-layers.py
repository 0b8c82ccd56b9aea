#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layers of the library include lower ones only, and the includes of the library and of the demo have
no circles: SOURCE-ROOT. docs/internals/architecture.md explains the layers."""
import os
import re
import sys
import unittest

import source_tree
import tap

ROOT = sys.argv[1]
LIBRARY = os.path.join(ROOT, 'signal-glib')

# Each layer, and those that it may include besides itself and the public headers.
LAYERS = {
    'util': set(),
    'json': {'util'},
    'crypto': {'util'},
    'websocket': {'util', 'json', 'crypto'},
    'protocol': {'util', 'json', 'crypto', 'websocket'},
    'client': {'util', 'json', 'crypto', 'websocket', 'protocol'},
    'bus': {'util', 'json', 'crypto', 'websocket', 'protocol'},
    'server': {'util', 'json', 'crypto', 'websocket', 'protocol', 'bus'},
}

# The layers that may include a library.
OWNERS = [
    (re.compile(r'nettle/|gnutls/|gmp\.h'), {'crypto'}),
    (re.compile(r'hiredis/'), {'bus'}),
    (re.compile(r'libsoup/'), {'websocket', 'protocol', 'client', 'server'}),
    (re.compile(r'json-glib/'), {'json', 'protocol', 'client', 'bus', 'server'}),
]

INCLUDE = re.compile(r'^#include [<"](.+?)[>"]', re.MULTILINE)


def c_files(folder):
    """The path of each C file below @folder, relative to the source tree, and its content."""
    paths = (os.path.join(directory, name)
             for directory, _names, names in os.walk(os.path.join(ROOT, folder))
             for name in sorted(names) if name.endswith(('.c', '.h')))
    for path in source_tree.only_tracked(ROOT, paths):
        with open(path, encoding='utf-8') as file:
            yield os.path.relpath(path, ROOT), file.read()


SOURCES = {os.path.relpath(path, 'signal-glib'): INCLUDE.findall(text)
           for path, text in c_files('signal-glib')}


def unit_of(path):
    """The node of a file in the graph: a source file, its header and its private header are one."""
    return re.sub(r'(-private)?\.[ch]$', '', path)


def include_graph(folder):
    """The includes between the units below @folder."""
    files = dict(c_files(folder))
    graph = {unit_of(path): set() for path in files}
    for path, text in files.items():
        for name in re.findall(r'^#include "(.+?)"', text, re.MULTILINE):
            for base in (os.path.dirname(path), '', folder):
                included = os.path.normpath(os.path.join(base, name))
                if included in files:
                    graph[unit_of(path)].add(unit_of(included))
                    break
    return {unit: others - {unit} for unit, others in graph.items()}


def circles(graph):
    """The sets of units that include each other."""
    reached = {}
    for unit in graph:
        reached[unit] = set()
        waiting = list(graph[unit])
        while waiting:
            other = waiting.pop()
            if other not in reached[unit]:
                reached[unit].add(other)
                waiting.extend(graph[other])
    return sorted({tuple(sorted(other for other in reached[unit] if unit in reached[other]))
                   for unit in graph if unit in reached[unit]})


def layer_of(path):
    return os.path.dirname(path)


class Layers(unittest.TestCase):
    def test_every_folder_is_a_layer(self):
        self.assertEqual({layer_of(path) for path in SOURCES} - {''}, set(LAYERS))

    def test_nothing_includes_upward(self):
        upward = [f'{path} includes {name}' for path, names in SOURCES.items() for name in names
                  if name in SOURCES and layer_of(name) and layer_of(path)
                  and layer_of(name) != layer_of(path)
                  and layer_of(name) not in LAYERS[layer_of(path)]]
        self.assertEqual(upward, [])

    def test_public_headers_include_no_layer(self):
        inside = [f'{path} includes {name}' for path, names in SOURCES.items() for name in names
                  if not layer_of(path) and layer_of(name) in LAYERS]
        self.assertEqual(inside, [])

    def test_includes_name_the_layer(self):
        names = {os.path.basename(path) for path in SOURCES if layer_of(path)}
        bare = [f'{path} includes {name}' for path, included in SOURCES.items() for name in included
                if name in names]
        self.assertEqual(bare, [])

    def test_libraries_have_owners(self):
        wrong = [f'{path} includes {name}' for path, names in SOURCES.items() for name in names
                 for library, owners in OWNERS
                 if library.match(name) and layer_of(path) and layer_of(path) not in owners]
        self.assertEqual(wrong, [])

    def test_websocket_of_libsoup_has_one_owner(self):
        outside = []
        for path in SOURCES:
            with open(os.path.join(LIBRARY, path), encoding='utf-8') as file:
                names = set(re.findall(r'\b(?:soup_websocket_|SOUP_WEBSOCKET_|SoupWebsocket)\w+', file.read()))
            outside += [f'{path}: {name}' for name in names if layer_of(path) != 'websocket']
        self.assertEqual(sorted(outside), [])

    def test_no_circles(self):
        self.assertEqual(circles({'a': {'b'}, 'b': {'c'}, 'c': {'b'}}), [('b', 'c')])
        for folder, unit, included in (
                ('demo', 'demo/gtk/demo-frame', 'demo/tour/tour-frame'),
                ('signal-glib', 'signal-glib/client/signal-client', 'signal-glib/client/signal-session')):
            graph = include_graph(folder)
            self.assertIn(included, graph[unit])
            self.assertEqual(circles(graph), [])


if __name__ == '__main__':
    tap.main(Layers)
