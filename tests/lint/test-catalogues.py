#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every catalogue of po/ is complete, with matching formats and without fuzzy entries:
SOURCE-DIRECTORY."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

ROOT = pathlib.Path(sys.argv.pop())
LANGUAGES = re.sub('#.*', '', (ROOT / 'po' / 'LINGUAS').read_text(encoding='utf-8')).split()
TOOLS = ('xgettext', 'msgmerge', 'msgfmt', 'msgattrib')

# The options of meson's preset for GLib.
XGETTEXT = '''--from-code=UTF-8 --add-comments --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2
--keyword=g_dngettext:2,3 --flag=N_:1:pass-c-format --flag=C_:2:pass-c-format --flag=NC_:2:pass-c-format
--flag=g_dngettext:2:pass-c-format --flag=g_set_error:4:c-format'''.split()

# The number of plural forms of a language (Unicode CLDR).
PLURALS = {'vi': 1, 'de': 2, 'fr': 2, 'es': 2, 'pt_BR': 2}


def run(*command):
    result = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True,
                            timeout=60, check=False)
    if result.returncode != 0:
        raise AssertionError(f'{command[0]}: {result.stderr}')
    return result.stdout


@unittest.skipUnless(all(map(shutil.which, TOOLS)), 'needs gettext')
class Catalogues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.template = pathlib.Path(cls.folder.name) / 'template.pot'
        run('xgettext', *XGETTEXT, '--files-from=po/POTFILES.in', '-o', cls.template)

    def test_there_is_a_template(self):
        self.assertGreater(self.template.read_text(encoding='utf-8').count('\nmsgid '), 100)


def check(language):
    def test(self):
        catalogue = ROOT / 'po' / f'{language}.po'
        merged = pathlib.Path(self.folder.name) / f'{language}.po'

        run('msgmerge', '--quiet', '--no-fuzzy-matching', '-o', merged, catalogue, self.template)
        self.assertEqual(run('msgattrib', '--untranslated', '--no-obsolete', merged), '', 'not translated')
        self.assertEqual(run('msgattrib', '--only-fuzzy', '--no-obsolete', catalogue), '', 'fuzzy')
        self.assertEqual(run('msgattrib', '--only-obsolete', merged), '', 'no longer asked for')
        run('msgfmt', '--check', '-o', merged.with_suffix('.mo'), merged)

        header = catalogue.read_text(encoding='utf-8').split('\n\n')[0]
        self.assertIn(f'"Language: {language}\\n"', header)
        self.assertIn(f'nplurals={PLURALS[language]};', header)
        self.assertIn('needs a review by a speaker', header)
    return test


for each in LANGUAGES:
    setattr(Catalogues, f'test_{each}', check(each))

if __name__ == '__main__':
    tap.main(Catalogues)
