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


def dependencies(field, package=None):
    """The names in a field of debian/control, of the source package or of another one, and the least versions."""
    paragraph = next(each for each in text_of('debian', 'control').split('\n\n')
                     if package is None or each.startswith(f'Package: {package}\n'))
    value = re.search(rf'^{field}:(.*(?:\n .*)*)', paragraph, re.MULTILINE)[1]
    return dict(re.match(r'\s*(\S+)(?: \(>= ([\d.]+)\))?', each).groups() for each in re.split('[,|]', value))


class Debian(unittest.TestCase):
    def test_version(self):
        newest = text_of('debian', 'changelog').split('\n', 1)[0]
        self.assertRegex(newest, rf'^signal-glib \({re.escape(VERSION)}-\S+\) ')

    def test_symbols(self):
        listed = re.findall(r'^ (\w+)@Base ', text_of('debian', 'libsignal-glib-1.0-0.symbols'), re.MULTILINE)
        self.assertEqual(listed, text_of('tests', 'api', 'exported-symbols.list').split())

    def assert_versions(self, asked, group):
        for _, what, packages in wanted(group):
            version = what.partition('>=')[2]
            for package in (set(packages.split('|')) & asked.keys()) - OLD if version else ():
                self.assertEqual((asked[package] or '').removesuffix('.0'), version.removesuffix('.0'), package)

    def test_build_dependencies(self):
        """Whatever "tests/install-dependencies gtk" looks for is asked for, and everything with its version."""
        asked = dependencies('Build-Depends')
        self.assertIn('meson', asked)
        for _, _, packages in wanted('gtk'):
            self.assertLessEqual(set(packages.split('|')) - IMPLIED, asked.keys())
        self.assert_versions(asked, 'gtk-test')

    def test_development_dependencies(self):
        """The modules that the .pc file requires, also in private, are there with the package for development."""
        asked = dependencies('Depends', package='libsignal-glib-1.0-dev')
        for how, _, package in wanted('build'):
            if how == 'module':
                self.assertIn(package, asked)
        self.assert_versions(asked, 'build')


if __name__ == '__main__':
    tap.main(Debian)
