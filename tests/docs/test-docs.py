#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages: each is in the reference, every relative link is valid, and the diagrams are those that
their script draws: SOURCE-DIRECTORY [CONFIGURATION REFERENCE-DIRECTORY]"""
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import markdown
import tap

SOURCE = pathlib.Path(sys.argv[1])
CONFIGURATION, REFERENCE = (pathlib.Path(path) for path in sys.argv[2:4]) if len(sys.argv) > 3 else (None, None)
DIAGRAMS = SOURCE / 'docs/diagrams'


def text_of(path):
    """A page without its code blocks."""
    text = markdown.FENCE.sub('', path.read_text(encoding='utf-8'))
    return re.sub(r'`[^`\n]*`', '', text)


def links_of(path):
    text = text_of(path)
    return re.findall(r'\]\(([^)\s]+)\)', text) + re.findall(r'(?:href|src|srcset)="([^"]+)"', text)


def anchors_of(path):
    """The anchors that forges and gi-docgen create from headings."""
    headings = re.findall(r'^#+ (.+)$', path.read_text(encoding='utf-8'), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading).strip().lower().replace(' ', '-') for heading in headings}


class Links(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ('href', 'src', 'srcset')]


class Pages(unittest.TestCase):
    def test_links(self):
        for page in markdown.pages(SOURCE):
            for link in links_of(page):
                url = urllib.parse.urlsplit(link)
                if url.scheme:
                    self.assertEqual(url.scheme, 'https', f'{page.name}: {link}')
                    continue
                target = page.parent / url.path if url.path else page
                self.assertTrue(target.exists(), f'{page.name}: {link}')
                if url.fragment:
                    self.assertIn(url.fragment, anchors_of(target), f'{page.name}: {link}')

    def test_head(self):
        """The metadata for gi-docgen: the title of the page, and its name."""
        for page in markdown.guides(SOURCE):
            head = re.match(r'Title: (.+)\nSlug: (.+)\n\n# (.+)\n', page.read_text(encoding='utf-8'))
            self.assertIsNotNone(head, page.name)
            self.assertEqual(head[2], page.stem)
            self.assertTrue(head[3].startswith(head[1]), page.name)

    def test_pictures_for_light_and_dark(self):
        for page in markdown.pages(SOURCE):
            for picture in re.findall(r'<picture>.*?</picture>', text_of(page), re.DOTALL):
                self.assertRegex(picture, r'alt="[^"]+"', page.name)
                self.assertRegex(picture, r'<source media="\(prefers-color-scheme: dark\)" srcset=', page.name)

    def test_diagrams(self):
        with tempfile.TemporaryDirectory() as folder:
            for script in DIAGRAMS.glob('*.py'):
                subprocess.run([sys.executable, script, folder], check=True, timeout=60)
            drawn = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
        self.assertEqual(drawn, {path.name: path.read_bytes() for path in DIAGRAMS.glob('*.svg')})


@unittest.skipIf(CONFIGURATION is None, 'the reference is not built')
class Reference(unittest.TestCase):
    def test_every_page_is_in_it(self):
        listed = re.search(r'^content_files = \[(.+)\]$', CONFIGURATION.read_text(encoding='utf-8'),
                           re.MULTILINE)[1]
        self.assertEqual(sorted(re.findall(r'"([^"]+)"', listed)),
                         sorted(path.name for path in markdown.guides(SOURCE)))

    def test_links(self):
        for page in markdown.guides(SOURCE):
            built = REFERENCE / (page.stem + '.html')
            for link in Links(built).found:
                url = urllib.parse.urlsplit(link)
                if not url.scheme and url.path:
                    self.assertTrue((REFERENCE / url.path).exists(), f'{built.name}: {link}')

    def test_symbols(self):
        """gi-docgen does not report a name that does not exist."""
        for page in markdown.guides(SOURCE):
            for kind, name in re.findall(r'\[(\w+)@Signal\.([\w.:-]+)\]', text_of(page)):
                page_kind = 'type_func' if kind == 'func' and '.' in name else kind
                built = f'{page_kind}.{re.sub(":+", ".", name)}.html'
                self.assertTrue((REFERENCE / built).exists(), f'{page.name}: {kind} {name}')


if __name__ == '__main__':
    tap.main(Pages, Reference)
