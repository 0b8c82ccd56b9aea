# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks leave behind: NAME.json each, or all of them in one file."""
import glob
import json
import os

# In this order; whatever else there is comes after them, by name.
ORDER = ('speed', 'latency', 'connect', 'memory', 'fanout', 'scale', 'comeback', 'growth', 'fairness', 'frames')
MISSED, MUST, AIM = range(3)


def load(folder):
    """All reports in a folder."""
    reports = []
    for path in sorted(glob.glob(os.path.join(folder, '*.json'))):
        with open(path, encoding='utf-8') as report:
            found = json.load(report)
        if 'benchmark' in found:
            reports.append(found)
    names = [report['benchmark'] for report in reports]
    rank = {name: ORDER.index(name) if name in ORDER else len(ORDER) for name in names}
    return sorted(reports, key=lambda report: (rank[report['benchmark']], report['benchmark']))


def judge(row):
    """None where nothing is asked."""
    def reaches(goal):
        return row['value'] <= goal if row.get('better', 'less') == 'less' else row['value'] >= goal

    if 'must' in row and not reaches(row['must']):
        return MISSED
    if 'aim' in row and reaches(row['aim']):
        return AIM
    return MUST if 'must' in row or 'aim' in row else None


def number(value):
    """Three digits that say something, or all before the point."""
    if value == 0:
        return '0'
    if abs(value) >= 100:
        return f'{value:.0f}'
    return f'{value:.1f}' if abs(value) >= 10 else f'{value:.2f}'
