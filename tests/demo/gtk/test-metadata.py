#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What software centers and Flatpak read of the desktop application: SOURCE-ROOT VERSION DESKTOP-FILE METAINFO."""
import configparser
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import tap

METAINFO = pathlib.Path(sys.argv.pop())
DESKTOP_FILE = pathlib.Path(sys.argv.pop())
VERSION = sys.argv.pop()
ROOT = pathlib.Path(sys.argv.pop())

NAMESPACE = {'': 'https://specifications.freedesktop.org/metainfo/1.0'}
COMPONENT = xml.etree.ElementTree.parse(METAINFO).getroot()
ID = COMPONENT.findtext('id', None, NAMESPACE)

SCREENSHOTS = f'https://raw.githubusercontent.com/signal-glib/signal-glib/{VERSION}/'
# Flathub's limits.
MAX_SCREENSHOT_SIZE = (1000, 700)

# The registered categories of which an application has one, whatever it has besides.
MAIN_CATEGORIES = {'AudioVideo', 'Development', 'Education', 'Game', 'Graphics', 'Network', 'Office', 'Science',
                   'Settings', 'System', 'Utility'}

# What the application uses: a server, and a display with its graphics processor. Everything else, such as
# notifications and the keyring, has a portal.
PERMISSIONS = {'--share=network', '--share=ipc', '--socket=wayland', '--socket=fallback-x11', '--device=dri'}
RUNTIME_VERSION = '50'


def check(*command):
    process = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=60, check=False)
    if process.returncode != 0:
        raise AssertionError(f'{command[0]}: {process.returncode}\n{process.stdout}')
    return process.stdout


def png_size(path):
    """The width and the height in the header."""
    return struct.unpack('>II', path.read_bytes()[16:24])


class DesktopFile(unittest.TestCase):
    @unittest.skipUnless(shutil.which('desktop-file-validate'), 'needs desktop-file-utils')
    def test_valid(self):
        self.assertEqual(check('desktop-file-validate', DESKTOP_FILE), '')

    def test_category(self):
        parser = configparser.RawConfigParser()
        parser.optionxform = str
        parser.read(DESKTOP_FILE, encoding='utf-8')
        categories = parser['Desktop Entry']['Categories'].strip(';').split(';')
        self.assertEqual(len(MAIN_CATEGORIES.intersection(categories)), 1, categories)


class Metainfo(unittest.TestCase):
    @unittest.skipUnless(shutil.which('appstreamcli'), 'needs appstream')
    def test_valid(self):
        text = METAINFO.read_text(encoding='utf-8')
        version = re.search(r'(\d+)\.\d+', check('appstreamcli', '--version'))
        if int(version[1]) < 1:
            # It knows the developer by another name.
            text = re.sub(r'<developer id="[^"]+">\s*<name>(.+?)</name>\s*</developer>',
                          r'<developer_name>\1</developer_name>', text)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / METAINFO.name
            path.write_text(text, encoding='utf-8')
            check('appstreamcli', 'validate', '--strict', '--no-net', '--explain', path)

    def test_flathub(self):
        """What Flathub asks for in addition."""
        for path in ('developer/name', 'url[@type="homepage"]', 'url[@type="bugtracker"]', 'url[@type="vcs-browser"]',
                     'launchable[@type="desktop-id"]', 'content_rating', 'project_license'):
            self.assertIsNotNone(COMPONENT.find(path, NAMESPACE), path)
        self.assertEqual(METAINFO.name, f'{ID}.metainfo.xml')
        self.assertEqual(DESKTOP_FILE.name, COMPONENT.findtext('launchable', None, NAMESPACE))
        self.assertEqual(COMPONENT.find('releases/release', NAMESPACE).get('version'), VERSION)

    def test_branding(self):
        colors = {color.get('scheme_preference'): color.text
                  for color in COMPONENT.findall('branding/color[@type="primary"]', NAMESPACE)}
        self.assertEqual(set(colors), {'light', 'dark'})
        for color in colors.values():
            self.assertRegex(color, '^#[0-9a-f]{6}$')

    def test_screenshots(self):
        """They are those of the tag of this version."""
        screenshots = COMPONENT.findall('screenshots/screenshot', NAMESPACE)
        self.assertEqual([each.get('type') for each in screenshots].count('default'), 1)
        for each in screenshots:
            self.assertTrue(each.findtext('caption', None, NAMESPACE))
            url = each.findtext('image', None, NAMESPACE)
            self.assertTrue(url.startswith(SCREENSHOTS), url)
            width, height = png_size(ROOT / url.removeprefix(SCREENSHOTS))
            self.assertLessEqual(width, MAX_SCREENSHOT_SIZE[0], url)
            self.assertLessEqual(height, MAX_SCREENSHOT_SIZE[1], url)


class Manifest(unittest.TestCase):
    path = ROOT / 'demo' / 'gtk' / 'data' / f'{ID}.json'

    @classmethod
    def setUpClass(cls):
        cls.manifest = json.loads(cls.path.read_text(encoding='utf-8'))

    def test_names(self):
        self.assertEqual(self.manifest['id'], ID)
        self.assertEqual(self.manifest['command'], COMPONENT.findtext('provides/binary', None, NAMESPACE))
        self.assertEqual(self.manifest['runtime'], 'org.gnome.Platform')
        self.assertEqual(self.manifest['sdk'], 'org.gnome.Sdk')
        self.assertEqual(self.manifest['runtime-version'], RUNTIME_VERSION)

    def test_permissions(self):
        self.assertEqual(sorted(self.manifest['finish-args']), sorted(PERMISSIONS))

    def test_modules(self):
        """The sources are this tree, and its options exist."""
        module = self.manifest['modules'][-1]
        self.assertEqual(module['buildsystem'], 'meson')
        self.assertEqual([source['type'] for source in module['sources']], ['dir'])
        self.assertTrue((self.path.parent / module['sources'][0]['path']).samefile(ROOT))
        known = re.findall(r"^option\('([^']+)'", (ROOT / 'meson_options.txt').read_text(encoding='utf-8'),
                           re.MULTILINE)
        options = dict(re.fullmatch('-D(.+?)=(.+)', option).groups() for option in module['config-opts'])
        self.assertLessEqual(set(options), set(known))
        self.assertEqual(options['gtk_demo'], 'enabled')
        self.assertEqual(options['tests'], 'disabled')

    @unittest.skipUnless(shutil.which('flatpak-builder'), 'needs flatpak-builder')
    def test_flatpak_builder(self):
        """It leaves out what it does not know."""
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.run(['flatpak-builder', '--show-manifest', self.path.resolve()], check=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, timeout=60)
        shown = json.loads(process.stdout)
        self.assertEqual(set(shown), set(self.manifest))
        self.assertEqual(set(shown['modules'][-1]), set(self.manifest['modules'][-1]))


if __name__ == '__main__':
    tap.main(DesktopFile, Metainfo, Manifest)
