#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what the benchmarks found beside what is asked of it, and writes all of it to one file:
table.py FOLDER [RESULTS.json]"""
import json
import os
import platform
import sys

from results import AIM, MISSED, MUST, judge, load, number

MARKS = {None: ' ', MISSED: '−', MUST: '+', AIM: '*'}
LEGEND = '''Beside each figure: what it must reach / what it aims at, and
  * the aim is reached    + what it must be is reached    − missed
“a / b” is how many times what b takes a takes, by the round; median of the rounds.'''


def describe_machine():
    model = platform.processor() or platform.machine()
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as info:
            for line in info:
                if line.startswith('model name'):
                    model = line.split(':', 1)[1].strip()
                    break
    except OSError:
        pass
    return {'processor': model, 'processors': os.cpu_count(), 'kernel': platform.release(),
            'load': os.getloadavg()[0]}


def goals(row):
    if 'must' not in row and 'aim' not in row:
        return ''
    return '/'.join(number(row[key]) if key in row else '–' for key in ('must', 'aim'))


def print_matrix(group, rows):
    """One line for each row's name, one column for each column's."""
    lines = list(dict.fromkeys(row['row'] for row in rows))
    columns = list(dict.fromkeys(row['column'] for row in rows))
    cells = {(row['row'], row['column']):
             f'{number(row["value"]):>6} {goals(row):<9} {MARKS[judge(row)]}' for row in rows}
    widths = {column: max([len(column)] + [len(cells.get((line, column), '')) for line in lines])
              for column in columns}

    print(f'\n{group}')
    print(' ' * 10 + '  '.join(f'{column:>{widths[column]}}' for column in columns))
    for line in lines:
        found = (f'{cells.get((line, column), ""):>{widths[column]}}' for column in columns)
        print(f'{line:<10}' + '  '.join(found))


def print_list(rows):
    width = max(len(row['what']) for row in rows)
    for row in rows:
        unit = '' if row['unit'] == 'ratio' else ' ' + row['unit']
        value = number(row['value']) + unit
        print(f'{row["what"]:<{width}}  {value:>14}  {goals(row):<11} {MARKS[judge(row)]}')


def print_report(report):
    rows = report.get('table', [])
    groups = list(dict.fromkeys(row['group'] for row in rows if 'group' in row))
    plain = [row for row in rows if 'group' not in row]

    print(f'\n== {report["benchmark"]} ==')
    for name, why in report.get('skipped', {}).items():
        print(f'{name}: skipped: {why}')
    for group in groups:
        print_matrix(group, [row for row in rows if row.get('group') == group])
    if plain:
        print_list(plain)


def print_missed(rows):
    missed = [row for row in rows if judge(row) == MISSED]
    asked = [row for row in rows if judge(row) is not None]

    print(f'\n{len(asked)} figures are asked for: {sum(judge(row) == AIM for row in asked)} reach their aim, '
          f'{sum(judge(row) == MUST for row in asked)} what they must, {len(missed)} do not')
    for row in missed:
        unit = '' if row['unit'] == 'ratio' else ' ' + row['unit']
        print(f'  missed: {row["what"]}: {number(row["value"])}{unit}, must be {number(row["must"])}')


def main(folder, output=None):
    reports = load(folder)
    if not reports:
        sys.exit(f'No results in {folder}')

    print(LEGEND)
    for report in reports:
        print_report(report)
    print_missed([row for report in reports for row in report.get('table', [])])
    if output:
        with open(output, 'w', encoding='utf-8') as file:
            json.dump({'machine': describe_machine(), 'benchmarks': reports}, file, indent=2,
                      ensure_ascii=False)


if not 2 <= len(sys.argv) <= 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
