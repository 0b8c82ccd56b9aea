#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""po/POTFILES.in names, sorted, exactly the C files that have text for people: SOURCE-DIRECTORY."""
import pathlib
import re
import sys

MARKED = re.compile(r'\bN?_ ?\("|gettext ?\(')


def main(root):
    root = pathlib.Path(root)
    listed = (root / 'po' / 'POTFILES.in').read_text(encoding='utf-8').split()
    found = sorted(str(path.relative_to(root))
                   for folder in ('demo', 'signal-glib') for path in (root / folder).rglob('*.c')
                   if MARKED.search(path.read_text(encoding='utf-8')))
    for word, names in (('missing', set(found) - set(listed)), ('needless', set(listed) - set(found))):
        for name in sorted(names):
            print(f'{word}: {name}')
    return int(listed != found)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
