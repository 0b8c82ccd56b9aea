#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The part of the coding style that a program can check: SOURCE-ROOT. CONTRIBUTING.md has the rest. Only files that
Git tracks are looked at."""
import os
import re
import sys
import unittest

import source_tree
import tap

ROOT = sys.argv[1]

CODE = {'.c', '.cpp', '.h', '.js', '.mjs', '.py', '.rs', '.sh', '.vala'}
LICENSED = CODE | {'.build', '.css', '.pyi', '.ui', '.xml'}
LINE_LENGTH = 110  # of C; other languages may have 120
FILE_LENGTH = 1400  # of code; a longer file may have two purposes
FUNCTION_LENGTH = 60

# The prototypes in headers are aligned in columns: those may be wider.
HEADER_LINE_LENGTH = 130
# Examples for readers, which are compiled as they are.
WITHOUT_CONFIG = {'demo/examples/chat.c', 'demo/examples/list.c', 'tests/scenario/runner.c',
                  'tests/variants/consumer.c'}
# Generated files, and those that gir generates, which are checked in as in other crates of gtk-rs. They look as gir
# and rustfmt make them: without a licence, with long functions in C, and with long lines and files.
GENERATED = {'package-lock.json', 'Cargo.lock'}
GENERATED_BY_GIR = re.compile(r'bindings/rust/(signal-glib/src/auto/.*|'
                              r'signal-glib-sys/(build\.rs|src/lib\.rs|tests/(abi\.rs|constant\.c|layout\.c)))')

BANNED = re.compile(r'\b(' + '|'.join(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK']) + r')\b')
FORESEEABLE = re.compile(r'\b(g_(random_(int|int_range|boolean)|rand_\w+|uuid_string_random)|G?Random\.|'
                         r'Uuid\.string_random) \(')
FUNCTION = re.compile(r'^(\w+) \([^;{}]*\)\n\{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)


def paths():
    """Every file of the source tree, without generated ones and the corpora of the fuzz targets."""
    for path in source_tree.tracked(ROOT) or []:
        if (os.path.basename(path) not in GENERATED and '/corpus/' not in path
                and not GENERATED_BY_GIR.fullmatch(path)):
            yield path


def read(path):
    """The content of a file, or None if it is not text."""
    try:
        with open(os.path.join(ROOT, path), encoding='utf-8', newline='') as file:
            return file.read()
    except UnicodeDecodeError:
        return None


TEXTS = {path: text for path in paths() if (text := read(path)) is not None}


def of_kind(kinds):
    return {path: text for path, text in TEXTS.items() if os.path.splitext(path)[1] in kinds}


def lines_with(test, texts):
    """The lines that do not pass, each as "path:number"."""
    return [f'{path}:{number}' for path, text in texts.items()
            for number, line in enumerate(text.splitlines(), 1) if test(path, line)]


def is_too_long(path, line):
    limits = {'.c': LINE_LENGTH, '.cpp': LINE_LENGTH, '.h': HEADER_LINE_LENGTH}
    return len(line) > limits.get(os.path.splitext(path)[1], 120)


def count_code_lines(body):
    """The number of lines without comments and blank lines."""
    return sum(bool(line.strip()) for line in COMMENT.sub('', body).splitlines())


@unittest.skipUnless(TEXTS, 'the sources are not a Git checkout')
class Style(unittest.TestCase):
    maxDiff = None

    def test_there_is_something_to_look_at(self):
        self.assertGreater(len(of_kind({'.c'})), 100)
        self.assertIn('signal-glib/client/signal-client.c', TEXTS)

    def test_license(self):
        missing = [path for path, text in of_kind(LICENSED).items()
                   if 'SPDX-License-Identifier: ' not in ''.join(text.splitlines(True)[:3])]
        self.assertEqual(missing, [])

    def test_ends_of_files(self):
        bad = [path for path, text in TEXTS.items()
               if text and (not text.endswith('\n') or text.endswith('\n\n')) or '\r' in text]
        self.assertEqual([path for path in bad if not path.endswith('.svg')], [])

    def test_tabs(self):
        self.assertEqual(lines_with(lambda path, line: '\t' in line, of_kind(LICENSED)), [])

    def test_trailing_blanks(self):
        self.assertEqual(lines_with(lambda path, line: line != line.rstrip(), of_kind(LICENSED)), [])

    def test_line_length(self):
        self.assertEqual(lines_with(is_too_long, of_kind(CODE)), [])

    def test_file_length(self):
        self.assertEqual([f'{path}: {count_code_lines(text)}' for path, text in of_kind(CODE).items()
                          if count_code_lines(text) > FILE_LENGTH], [])

    def test_function_length(self):
        found = [f'{path}: {name}, {count_code_lines(body)}' for path, text in of_kind({'.c'}).items()
                 for name, body in FUNCTION.findall(text) if count_code_lines(body) > FUNCTION_LENGTH]
        self.assertEqual(found, [])

    def test_nothing_secret_is_foreseeable(self):
        """GLib's random numbers are predictable, so that only the backoff may use them."""
        self.assertEqual(lines_with(lambda path, line: FORESEEABLE.search(line), {
            path: text for path, text in of_kind({'.c', '.h', '.vala'}).items()
            if not path.startswith('tests/')}), [])

    def test_config_first(self):
        self.assertEqual([path for path, text in of_kind({'.c'}).items()
                          if re.findall(r'^#include .*', text, re.MULTILINE)[:1] != ['#include "config.h"']
                          and path not in WITHOUT_CONFIG], [])

    def test_headers_are_guarded(self):
        self.assertEqual([path for path, text in of_kind({'.h'}).items()
                          if '#pragma once\n' not in text], [])

    def test_nothing_is_left_to_do(self):
        self.assertEqual(lines_with(lambda path, line: BANNED.search(line), of_kind(LICENSED)), [])


if __name__ == '__main__':
    tap.main(Style)
