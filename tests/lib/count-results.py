#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sums up testlog.json files of meson: "N passed, N failed, N skipped"."""
import json
import re
import sys

POINT = re.compile(r'^(not )?ok\b(.*)$', re.MULTILINE)
DIRECTIVE = re.compile(r'#\s*(skip|todo)', re.IGNORECASE)
GOOD = {'OK', 'EXPECTEDFAIL'}


def count(test):
    """(passed, failed, skipped) of one program: of its TAP lines, or of the program if it has none."""
    passed = failed = skipped = 0
    for bad, rest in POINT.findall(test.get('stdout') or ''):
        directive = DIRECTIVE.search(rest)
        if directive and directive.group(1).lower() == 'skip':
            skipped += 1
        elif bad and not directive:
            failed += 1
        else:
            passed += 1
    if test['result'] not in GOOD | {'SKIP'}:
        return passed, max(failed, 1), skipped
    if passed + skipped == 0:
        return (0, 0, 1) if test['result'] == 'SKIP' else (1, 0, 0)
    return passed, failed, skipped


def main(paths):
    totals = [0, 0, 0]
    for path in paths:
        with open(path, encoding='utf-8') as log:
            for line in log:
                totals = [a + b for a, b in zip(totals, count(json.loads(line)))]
    print('{} passed, {} failed, {} skipped'.format(*totals))
    return 1 if totals[1] or not totals[0] else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
