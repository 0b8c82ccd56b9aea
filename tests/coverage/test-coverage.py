#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/coverage/run counts, and what it does not: SOURCE-ROOT."""
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import sys
import unittest

import source_tree
import tap

ROOT = sys.argv[1]


def load(path):
    loader = importlib.machinery.SourceFileLoader('coverage_run', path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


RUN = load(os.path.join(ROOT, 'tests', 'coverage', 'run'))
LIBRARY = os.path.join(ROOT, RUN.LIBRARY)
SOURCES = {str(path.relative_to(LIBRARY)): path.read_text(encoding='utf-8').splitlines()
           for path in source_tree.only_tracked(ROOT, pathlib.Path(LIBRARY).glob('*/*.c'))}


def is_excepted(line):
    return re.match('|'.join(RUN.NOT_OURS), line) is not None


class Coverage(unittest.TestCase):
    def test_macros(self):
        for line in ('  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);',
                     '      g_assert_not_reached ();',
                     '  g_clear_pointer (&self->key, signal_aead_free);',
                     'G_DEFINE_FINAL_TYPE (SignalChannel, signal_channel, G_TYPE_OBJECT)',
                     '  if (G_IS_INET_SOCKET_ADDRESS (remote))',
                     '  g_autoptr (SignalChannel) self = g_object_ref (user_data);',
                     '  g_autofree char *copy = NULL;'):
            with self.subTest(line):
                self.assertTrue(is_excepted(line))

    def test_code(self):
        for line in ('  if (self->key == NULL)',
                     '  while (!g_queue_is_empty (&self->emissions))',
                     '  g_autoptr (GError) copy = error != NULL ? g_error_copy (error) : NULL;',
                     '  g_autofree char *host = uri != NULL ? compose (uri) : NULL;',
                     '  gboolean is_ready = g_autoptr_is_no_name && self->is_open;',
                     '  return a && g_str_equal (text, "g_assert (a)");'):
            with self.subTest(line):
                self.assertFalse(is_excepted(line))

    def test_patterns_are_used(self):
        lines = [line for text in SOURCES.values() for line in text]
        for pattern in RUN.NOT_OURS:
            with self.subTest(pattern):
                self.assertTrue(any(re.match(pattern, line) for line in lines))

    def test_groups_have_files(self):
        for group, prefix in RUN.GROUPS.items():
            with self.subTest(group):
                self.assertTrue(any(path.startswith(prefix) for path in SOURCES))


tap.main(Coverage)
