#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Options that exclude each other stop the setup, instead of leaving out what has been enabled: MESON SOURCE-ROOT."""
import subprocess
import sys
import tempfile
import unittest

import tap

MESON, SOURCE = sys.argv[1:]
SECONDS = 110

DISABLED = {name: 'disabled' for name in ('demo', 'docs', 'gtk_demo', 'introspection', 'systemd', 'tests', 'vapi')}


class Options(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.build = folder.name
        output = cls.configure()
        assert 'Tests              : NO' in output, output

    @classmethod
    def configure(cls, *arguments, **options):
        """Returns what Meson prints."""
        settings = [f'-D{name}={value}' for name, value in {**DISABLED, **options}.items()]
        return subprocess.run([MESON, 'setup', *arguments, *settings, cls.build, SOURCE], timeout=SECONDS, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    def assert_refused(self, reason, **options):
        """The results of the probes are kept, so that this is fast."""
        self.assertIn(f'cannot be enabled: {reason}', self.configure('--reconfigure', **options))

    def test_docs_without_introspection(self):
        self.assert_refused('the reference is made from the introspection data', docs='enabled')

    def test_vapi_without_introspection(self):
        self.assert_refused('the Vala bindings are made from the introspection data', vapi='enabled')

    def test_units_without_the_program(self):
        self.assert_refused('the units run the command-line tool', systemd='enabled')


if __name__ == '__main__':
    tap.main(Options)
