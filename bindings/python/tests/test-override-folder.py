#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether Python finds an override in the folder into which it is installed: PROGRAM (override-folder.py)"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tap

PROGRAM = sys.argv[1]
FIND = 'import gi.overrides, importlib.util; print(importlib.util.find_spec("gi.overrides.Signal").origin)'


class OverrideFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        removed = ('PYTHONNOUSERSITE', 'PYTHONPATH', 'PYTHONUSERBASE')
        self.environment = {name: value for name, value in os.environ.items() if name not in removed}
        self.environment['HOME'] = str(self.home)

    def python(self, *arguments):
        return subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.PIPE, text=True,
                              env=self.environment).stdout.strip()

    def test_prefix_of_the_user(self):
        if self.python('-c', 'import site; print(bool(site.ENABLE_USER_SITE))') != 'True':
            self.skipTest('this Python does not search the folder of the user')
        folder = self.python('-E', PROGRAM, str(self.home / '.local'))
        self.assertTrue(folder.startswith(str(self.home)), folder)
        override = pathlib.Path(folder) / 'gi' / 'overrides' / 'Signal.py'
        override.parent.mkdir(parents=True)
        override.touch()
        self.assertEqual(self.python('-c', FIND), str(override))

    def test_prefix_that_is_not_searched(self):
        self.assertEqual(self.python('-E', PROGRAM, str(self.home / 'elsewhere')), '')


if __name__ == '__main__':
    tap.main(OverrideFolder)
