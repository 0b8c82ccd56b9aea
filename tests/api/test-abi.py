#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the ABI of the library and of the public types with the references in abi/:
ABIDW ABIDIFF LIBRARY TYPES HEADER… [--update] (writes the references instead)"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

ABIDW, ABIDIFF, LIBRARY, TYPES, *HEADERS = (word for word in sys.argv[1:] if word != '--update')
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'abi')
CHANGES = os.path.join(FOLDER, 'changes.suppr')

# Without what depends on the build directory, the compiler, or the versions of other libraries.
OPTIONS = ['--no-show-locs', '--no-corpus-path', '--no-comp-dir-path', '--no-parameter-names', '--no-elf-needed',
           '--no-write-default-sizes', '--exported-interfaces-only', '--drop-private-types']

# What abidiff's status says about the ABI; its other bits are those of errors.
CHANGED = 4 | 8

ADVICE = '''If this is intended, add an entry with the reason to tests/api/abi/changes.suppr.
If programs that were built before do not work any more with it, the library requires another soversion.'''


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def reference_of(binary):
    """abi/signal-glib-1.0.abi for …/libsignal-glib-1.0.so.0.0.0."""
    name = os.path.basename(binary).split('.so')[0]
    return os.path.join(FOLDER, name.removeprefix('lib') + '.abi')


def describe(binary, path):
    """Writes the ABI of @binary to the file @path. Types that are not in the public headers are opaque."""
    # The option for single headers makes all types opaque in libabigail 2.2.
    with tempfile.TemporaryDirectory() as directory:
        for each in HEADERS:
            shutil.copy(each, directory)
        subprocess.run([ABIDW, *OPTIONS, '--headers-dir', directory, '--out-file', path, binary], check=True)


def corpus(path, attribute):
    """What a description says of itself, such as its "version", of which the first number is that of the format."""
    return re.search(rf"<abi-corpus [^>]*\b{attribute}='([^'.]*)", read(path)).group(1)


def update():
    for binary in (LIBRARY, TYPES):
        describe(binary, reference_of(binary))
    print('1..0 # SKIP the references are written')


class Abi(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, 'abi')

    def verify(self, binary):
        reference = reference_of(binary)
        describe(binary, self.path)
        if '<abi-instr' not in read(self.path):
            self.skipTest('built without debug information')
        for attribute in 'architecture', 'version':
            if corpus(self.path, attribute) != corpus(reference, attribute):
                self.skipTest(f'the reference is of the {attribute} {corpus(reference, attribute)}')
        result = subprocess.run([ABIDIFF, '--no-added-syms', '--suppressions', CHANGES, reference, self.path],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(result.returncode & ~CHANGED, 0, result.stdout)
        self.assertEqual(result.returncode, 0, f'\n{result.stdout}\n{ADVICE}')

    def test_library(self):
        self.verify(LIBRARY)

    def test_public_types(self):
        self.verify(TYPES)

    def test_each_public_type_is_compared(self):
        compared = read(reference_of(LIBRARY)) + read(reference_of(TYPES))
        declared = re.findall(r'^typedef (?:enum|struct)\n\{(.*?)^\} \w+;', '\n'.join(map(read, HEADERS)),
                              re.MULTILINE | re.DOTALL)
        self.assertNotEqual(declared, [])
        for body in declared:
            member = re.search(r'\w+(?=,|;)', body).group()
            with self.subTest(member):
                self.assertTrue(f"name='{member}'" in compared,
                                'not compared yet: mention the type in tests/api/abi/public-types.c')


if __name__ == '__main__':
    if '--update' in sys.argv:
        update()
    else:
        tap.main(Abi)
