#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""po/POTFILES.in lists exactly the files with translatable text, sorted: SOURCE-DIRECTORY."""
import pathlib
import re
import sys

import source_tree

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
    paths = source_tree.only_tracked(root, (
        path for ending in MARKED
        for folder in ('demo', 'signal-glib') for path in (root / folder).rglob('*' + ending)))
    found = sorted(str(path.relative_to(root)) for path in paths
                   if any(mark.search(path.read_text(encoding='utf-8')) for ending, mark in MARKED.items()
                          if path.name.endswith(ending)))
    for word, names in (('missing', set(found) - set(listed)), ('needless', set(listed) - set(found))):
        for name in sorted(names):
            print(f'{word}: {name}')
    return int(listed != found)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
