#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that name the version, its date and the addresses of the project agree: SOURCE-ROOT VERSION."""
import email.utils
import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree

import tap

VERSION = sys.argv.pop()
ROOT = pathlib.Path(sys.argv.pop())

NAMESPACES = {
    '': 'http://usefulinc.com/ns/doap#',
    'foaf': 'http://xmlns.com/foaf/0.1/',
    'rdf': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
}
RESOURCE = '{%s}resource' % NAMESPACES['rdf']
DOAP = xml.etree.ElementTree.parse(ROOT / 'signal-glib.doap').getroot()
METAINFO = xml.etree.ElementTree.parse(
    ROOT / 'demo' / 'gtk' / 'data' / 'io.github.signal_glib.Demo.metainfo.xml.in').getroot()


def text_of(*names):
    return ROOT.joinpath(*names).read_text(encoding='utf-8')


def field(text, name):
    """A field of a file of Debian or in YAML."""
    return re.search(rf'^{name}: (\S+)$', text, re.MULTILINE)[1]


def resource(path):
    return DOAP.find(path, NAMESPACES).get(RESOURCE)


class Release(unittest.TestCase):
    def test_version_and_date(self):
        heading = re.match(r'(\S+) \((\d{4}-\d\d-\d\d)\)\n', text_of('NEWS'))
        self.assertIsNotNone(heading, 'NEWS begins with "VERSION (YEAR-MONTH-DAY)"')
        self.assertEqual(heading[1], VERSION)

        release = DOAP.find('release/Version', NAMESPACES)
        self.assertEqual(release.findtext('revision', None, NAMESPACES), VERSION)
        self.assertEqual(release.findtext('created', None, NAMESPACES), heading[2])
        newest = METAINFO.find('releases/release')
        self.assertEqual((newest.get('version'), newest.get('date')), heading.groups())
        # Later revisions of the package have dates of their own.
        first = text_of('debian', 'changelog').partition(f'signal-glib ({VERSION}-1) ')[2]
        signature = re.search(r'^ -- .*>  (.+)$', first, re.MULTILINE)
        self.assertEqual(email.utils.parsedate_to_datetime(signature[1]).date().isoformat(), heading[2])

    def test_downloads(self):
        """The examples of a wrap and of a module for Flatpak have the archive of this version."""
        archives = re.findall(r'\S+/download/\S+', text_of('docs', 'installing.md'))
        self.assertGreater(len(archives), 0)
        for archive in archives:
            self.assertIn(f'{resource("download-page")}/download/{VERSION}/signal-glib-{VERSION}.tar.xz', archive)

    def test_addresses(self):
        control = text_of('debian', 'control')
        upstream = text_of('debian', 'upstream', 'metadata')
        urls = {url.get('type'): url.text for url in METAINFO.findall('url')}
        self.assertEqual({resource('homepage'), field(control, 'Homepage')}, {urls['homepage']})
        self.assertEqual({resource('bug-database'), field(upstream, 'Bug-Database')}, {urls['bugtracker']})
        browse = resource('repository/GitRepository/browse')
        self.assertEqual({browse, field(control, 'Vcs-Browser'), field(upstream, 'Repository-Browse')},
                         {urls['vcs-browser']})
        self.assertEqual({resource('repository/GitRepository/location'), field(control, 'Vcs-Git')},
                         {field(upstream, 'Repository')})
        self.assertIn(f'({browse}/security/advisories/new)', text_of('SECURITY.md'))

    def test_description(self):
        """Whatever GNOME reads of signal-glib.doap is there, with each language that has bindings."""
        for path in ('name', 'shortdesc', 'description', 'license', 'maintainer/*/foaf:name'):
            self.assertIsNotNone(DOAP.find(path, NAMESPACES), path)
        names = {name.text.lower() for name in DOAP.findall('programming-language', NAMESPACES)}
        folders = {path.name for path in (ROOT / 'bindings').iterdir() if path.is_dir()}
        self.assertEqual(names, {'c', *folders} - {'gjs'} | {'javascript'})


if __name__ == '__main__':
    tap.main(Release)
