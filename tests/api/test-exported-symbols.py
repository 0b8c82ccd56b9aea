#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the exported symbols of the library with the list: NM LIBRARY LIST."""
import difflib
import subprocess
import sys


def main(nm, library, list_path):
    output = subprocess.run([nm, '-D', '--defined-only', library], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    exported = sorted(line.split()[-1].split('@')[0] for line in output.splitlines())
    with open(list_path, encoding='utf-8') as lines:
        expected = lines.read().split()
    if expected != sorted(expected):
        print('the list is not sorted')
        return 1
    for line in difflib.unified_diff(expected, exported, list_path, library, lineterm=''):
        print(line)
    return int(expected != exported)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
