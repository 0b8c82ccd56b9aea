#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the library has the hardening that meson.build enables:
READELF LIBRARY ARCHIVE FORTIFY-LEVEL COMPILER… (the command of the C compiler)"""
import os
import platform
import re
import subprocess
import sys
import tempfile
import unittest

import tap

READELF, LIBRARY, ARCHIVE, FORTIFY_LEVEL, *COMPILER = sys.argv[1:]

# Control flow protection by the processor: the argument of the compiler, and its ELF note.
BRANCHES = {
    'x86_64': ('-fcf-protection', re.compile(r'x86 feature: IBT, SHSTK')),
    'aarch64': ('-mbranch-protection=standard', re.compile(r'AArch64 feature: BTI, PAC')),
}


def readelf(*arguments):
    return subprocess.run([READELF, '--wide', *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def imports(name):
    return re.search(rf' UND {name}\b', readelf('--dyn-syms', LIBRARY)) is not None


def flags_of_segment(name):
    """The flags of a program header, or None if there is none."""
    match = re.search(rf'^\s*{name}\s+(?:0x\w+\s+){{5}}([RWE ]+?)\s+0x',
                      readelf('--program-headers', LIBRARY), re.MULTILINE)
    return match and match.group(1)


def makes_marked_library(argument, note):
    """Whether the objects of the C runtime have the note, which a library needs for its own."""
    with tempfile.TemporaryDirectory() as directory:
        source = os.path.join(directory, 'empty.c')
        library = os.path.join(directory, 'empty.so')
        with open(source, 'w', encoding='utf-8') as file:
            file.write('int empty (void);\nint empty (void) { return 0; }\n')
        subprocess.run([*COMPILER, argument, '-shared', '-fPIC', '-o', library, source], check=True)
        return note.search(readelf('--notes', library)) is not None


def knows(argument):
    return subprocess.run([*COMPILER, '-Werror', argument, '-fsyntax-only', '-x', 'c', os.devnull],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


class Hardening(unittest.TestCase):
    def test_relocations_are_read_only(self):
        self.assertIsNotNone(flags_of_segment('GNU_RELRO'))
        self.assertRegex(readelf('--dynamic', LIBRARY), r'\(FLAGS\).*BIND_NOW|FLAGS_1.*NOW')

    def test_stack_is_not_executable(self):
        self.assertEqual(flags_of_segment('GNU_STACK'), 'RW')

    def test_no_segment_is_writable_and_executable(self):
        self.assertNotEqual(readelf('--program-headers', LIBRARY).count(' LOAD '), 0)
        self.assertNotRegex(readelf('--program-headers', LIBRARY), r' LOAD .* RWE ')

    def test_stack_is_guarded(self):
        if not knows('-fstack-protector-strong'):
            self.skipTest('not with this compiler')
        self.assertTrue(imports('__stack_chk_fail'))

    def test_copies_are_checked(self):
        if FORTIFY_LEVEL == '0':
            self.skipTest('built without _FORTIFY_SOURCE')
        if 'GLIBC' not in readelf('--version-info', LIBRARY):
            self.skipTest('other C libraries have other ways')
        self.assertTrue(imports('__memcpy_chk'))

    def test_branches_are_marked(self):
        argument, note = BRANCHES.get(platform.machine(), (None, None))
        if argument is None or not knows(argument):
            self.skipTest('nothing of the kind for this processor or compiler')
        notes = readelf('--notes', ARCHIVE)
        self.assertGreater(notes.count('File: '), 0)
        self.assertEqual(len(note.findall(notes)), notes.count('File: '))
        self.assertEqual(note.search(readelf('--notes', LIBRARY)) is not None,
                         makes_marked_library(argument, note))


if __name__ == '__main__':
    tap.main(Hardening)
