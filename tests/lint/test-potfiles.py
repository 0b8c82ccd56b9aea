#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""po/POTFILES.in lists exactly the files with translatable text, sorted: SOURCE-DIRECTORY."""
import pathlib
import re
import sys

MARKED = {
    '.c': re.compile(r'\b[NC]?_ ?\("|gettext ?\('),
    '.ui': re.compile('translatable="yes"'),
    '.desktop.in': re.compile('^Name=', re.MULTILINE),
    '.metainfo.xml.in': re.compile('<name>'),
    '.gschema.xml': re.compile('<summary>'),
}


def main(root):
    root = pathlib.Path(root)
    listed = (root / 'po' / 'POTFILES.in').read_text(encoding='utf-8').split()
    found = sorted(str(path.relative_to(root)) for ending, mark in MARKED.items()
                   for folder in ('demo', 'signal-glib') for path in (root / folder).rglob('*' + ending)
                   if mark.search(path.read_text(encoding='utf-8')))
    for word, names in (('missing', set(found) - set(listed)), ('needless', set(listed) - set(found))):
        for name in sorted(names):
            print(f'{word}: {name}')
    return int(listed != found)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
