#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The crate signal-glib-sys has each function of the library, and no other: LIST."""
import pathlib
import re
import sys
import unittest

import cargo
import tap

LIST = pathlib.Path(sys.argv[1])
FUNCTION = re.compile(r'^    pub fn (signal_\w+)', re.MULTILINE)


class Symbols(unittest.TestCase):
    maxDiff = None

    def test_functions(self):
        text = (cargo.FOLDER / 'signal-glib-sys' / 'src' / 'lib.rs').read_text(encoding='utf-8')
        self.assertEqual(sorted(FUNCTION.findall(text)), LIST.read_text(encoding='utf-8').split(),
                         'run bindings/rust/generate')


if __name__ == '__main__':
    tap.main(Symbols)
