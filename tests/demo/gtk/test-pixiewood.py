#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What pixiewood reads of the desktop application, to make an APK of it:
SOURCE-ROOT BUILD-ROOT METAINFO. The build directory need not be of Android."""
import json
import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree

import tap

METAINFO = pathlib.Path(sys.argv.pop()).resolve()
BUILD = pathlib.Path(sys.argv.pop()).resolve()
ROOT = pathlib.Path(sys.argv.pop())
NAMESPACES = {
    'meta': 'https://specifications.freedesktop.org/metainfo/1.0',
    'pw': 'https://sp1rit.arpa/pixiewood/',
    'xi': 'http://www.w3.org/2001/XInclude',
}
MANIFEST = xml.etree.ElementTree.parse(ROOT / 'demo' / 'gtk' / 'pixiewood.xml').getroot()


class Pixiewood(unittest.TestCase):
    def test_metainfo(self):
        """It is in the namespace, with what the manifest of the APK is made of."""
        component = xml.etree.ElementTree.parse(METAINFO).getroot()
        self.assertEqual(component.tag, '{%s}component' % NAMESPACES['meta'])
        self.assertTrue(component.findtext('meta:id', None, NAMESPACES))
        self.assertIn('always', [component.findtext(f'meta:{each}/meta:internet', None, NAMESPACES)
                                 for each in ('requires', 'recommends')])
        language = '{http://www.w3.org/XML/1998/namespace}lang'
        translated = [name.get(language) for name in component.findall('meta:name', NAMESPACES)]
        self.assertIn('de', translated)
        # Only what the rules of gettext for this format name.
        self.assertEqual(len(component.findall('meta:id', NAMESPACES)), 1)
        self.assertEqual(len(component.findall('meta:developer/meta:name', NAMESPACES)), 1)

    def test_paths(self):
        """The included file is built, and the icons are there."""
        path = MANIFEST.find('pw:metainfo/xi:include', NAMESPACES).get('href')
        self.assertEqual(path.split('/', 3)[3], METAINFO.relative_to(BUILD).as_posix())
        drawables = MANIFEST.findall('pw:style/pw:icon/pw:drawable', NAMESPACES)
        self.assertEqual([each.get('target') for each in drawables], ['foreground', 'monochrome'])
        for each in drawables:
            self.assertTrue((ROOT / each.get('path').replace('src://', '')).is_file(), each.get('path'))

    def test_target(self):
        """pixiewood takes the only target of this name."""
        target = MANIFEST.find('pw:build', NAMESPACES).get('target')
        targets = json.loads((BUILD / 'meson-info' / 'intro-targets.json').read_text(encoding='utf-8'))
        self.assertEqual([each['name'] for each in targets].count(target), 1)

    def test_options(self):
        known = re.findall(r"^option\('([^']+)'", (ROOT / 'meson_options.txt').read_text(encoding='utf-8'),
                           re.MULTILINE)
        for option in MANIFEST.findall('pw:build/pw:configure-options/pw:option', NAMESPACES):
            name = re.fullmatch('-D([^=]+)=.+', option.text)[1]
            if ':' not in name:
                self.assertIn(name, known)


if __name__ == '__main__':
    tap.main(Pixiewood)
