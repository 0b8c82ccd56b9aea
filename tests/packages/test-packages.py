#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What debian/ repeats of the project, which has to be the same: SOURCE-ROOT VERSION."""
import pathlib
import re
import subprocess
import sys
import unittest

import tap

ROOT = pathlib.Path(sys.argv[1])
VERSION = sys.argv[2]

# What every build has, what another package brings, and what only the running application needs.
IMPLIED = {'gcc', 'libc6-dev', 'ninja-build', 'pkg-config', 'librsvg2-common'}
# Debian has had these versions for so long that they are not asked for.
OLD = {'libhiredis-dev', 'libsecret-1-dev'}


def text_of(*names):
    return ROOT.joinpath(*names).read_text(encoding='utf-8')


def wanted(group):
    """What tests/install-dependencies looks for: how, what, and the packages that have it."""
    lines = subprocess.run([ROOT / 'tests' / 'install-dependencies', '--list', group], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return map(str.split, lines)


class Debian(unittest.TestCase):
    def test_version(self):
        newest = text_of('debian', 'changelog').split('\n', 1)[0]
        self.assertRegex(newest, rf'^signal-glib \({re.escape(VERSION)}-\S+\) ')

    def test_symbols(self):
        listed = re.findall(r'^ (\w+)@Base ', text_of('debian', 'libsignal-glib-1.0-0.symbols'), re.MULTILINE)
        self.assertEqual(listed, text_of('tests', 'api', 'exported-symbols.list').split())

    def test_build_dependencies(self):
        """Whatever "tests/install-dependencies gtk" looks for is asked for, and everything with its version."""
        value = re.search(r'^Build-Depends:(.*(?:\n .*)*)', text_of('debian', 'control'), re.MULTILINE)[1]
        asked = dict(re.match(r'\s*(\S+)(?: \(>= ([\d.]+)\))?', each).groups() for each in re.split('[,|]', value))
        self.assertIn('meson', asked)
        for _, _, packages in wanted('gtk'):
            self.assertLessEqual(set(packages.split('|')) - IMPLIED, asked.keys())
        for _, what, packages in wanted('gtk-test'):
            version = what.partition('>=')[2]
            for package in (set(packages.split('|')) & asked.keys()) - OLD if version else ():
                self.assertEqual((asked[package] or '').removesuffix('.0'), version.removesuffix('.0'), package)


if __name__ == '__main__':
    tap.main(Debian)
