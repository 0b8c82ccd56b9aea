#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What subprojects/*.wrap download is verified, and they provide what the project requires: SOURCE-ROOT."""
import configparser
import pathlib
import re
import sys
import unittest

import tap

ROOT = pathlib.Path(sys.argv.pop())
SUBPROJECTS = ROOT / 'subprojects'

# What the wraps require of each other, and what pixiewood brings: GLib, whose subprojects include libintl.
OF_WRAPS = {'libnghttp2', 'libpsl', 'openssl', 'sqlite3'}
OF_PIXIEWOOD = {'gio-2.0', 'glib-2.0', 'gobject-2.0', 'intl'}

DEPENDENCY = re.compile(r"\bdependency\('([^']+)'((?:[^()]|\([^()]*\))*)\)")


def read_wrap(path):
    wrap = configparser.ConfigParser(interpolation=None)
    wrap.read(path, encoding='utf-8')
    return wrap


# pixiewood writes others there, which are of Git.
WRAPS = {path.stem: wrap for path in sorted(SUBPROJECTS.glob('*.wrap'))
         if 'wrap-file' in (wrap := read_wrap(path))}


def names_of(wrap):
    """The dependencies that @wrap provides."""
    provide = wrap['provide']
    names = [name for name in provide if name not in ('dependency_names', 'program_names')]
    return names + [name.strip() for name in provide.get('dependency_names', '').split(',') if name.strip()]


def version_of(wrap):
    """The version in the name of the folder; SQLite writes 3.53.4 as 3530400."""
    version = wrap['wrap-file']['directory'].split('-')[-1]
    if version.isdigit() and len(version) == 7:
        return f'{version[0]}.{int(version[1:3])}.{int(version[3:5])}'
    return version


def required_dependencies():
    """What the project does not do without."""
    found = set()
    for path in ('meson.build', 'demo/gtk/meson.build'):
        for name, rest in DEPENDENCY.findall((ROOT / path).read_text(encoding='utf-8')):
            if 'required:' not in rest:
                found.add(name)
    return found


class Wraps(unittest.TestCase):
    def test_hashes(self):
        for name, wrap in WRAPS.items():
            with self.subTest(name):
                file = wrap['wrap-file']
                for kind in ('source', 'patch'):
                    if f'{kind}_url' in file:
                        self.assertRegex(file[f'{kind}_url'], r'^https://')
                        self.assertRegex(file[f'{kind}_hash'], r'^[0-9a-f]{64}$')
                        self.assertIn(f'{kind}_filename', file)
                self.assertIn('source_url', file)

    def test_overlays(self):
        """An overlay has the version of its wrap, and overrides what the wrap provides."""
        overlays = set()
        for name, wrap in WRAPS.items():
            overlay = wrap['wrap-file'].get('patch_directory')
            if overlay is not None:
                overlays.add(overlay)
                text = (SUBPROJECTS / 'packagefiles' / overlay / 'meson.build').read_text(encoding='utf-8')
                overridden = re.findall(r"meson\.override_dependency\('([^']+)'", text)
                self.assertEqual(sorted(overridden), sorted(names_of(wrap)), name)
                version = re.search(r"project\([^)]*[ (]version: '([^']+)'", text)[1]
                self.assertEqual(version, version_of(wrap), name)
        present = {path.name for path in (SUBPROJECTS / 'packagefiles').iterdir()}
        self.assertLessEqual(overlays, present)

    def test_provided(self):
        required = required_dependencies()
        self.assertIn('libsoup-3.0', required)
        provided = {name for wrap in WRAPS.values() for name in names_of(wrap)}
        self.assertEqual(required - OF_PIXIEWOOD - provided, set())
        self.assertEqual(OF_WRAPS - provided, set())


if __name__ == '__main__':
    tap.main(Wraps)
