#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws what the benchmarks found: plot.py FOLDER PICTURE.svg

A log-log plot for each chart that they name, and a bar for each single figure that is asked for."""
import math
import sys
from html import escape

from results import AIM, MISSED, MUST, judge, load, number

COLUMNS = 3
WIDTH, HEIGHT = 380, 280
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 62, 40
BAR_HEIGHT, BAR_LABEL, BAR_WIDTH = 22, 520, 420
MARGIN = 24
INK, FAINT, GRID = '#222222', '#666666', '#e4e4e4'
COLOURS = {'signal-glib': '#1a5fb4', 'libsoup': '#8a8a8a', 'rust': '#c64600', 'rust-one-thread': '#e5a50a',
           'node': '#26a269', 'python': '#813d9c'}
OTHERS = ('#a51d2d', '#613583', '#63452c', '#2190a4', '#865e3c')
VERDICTS = {MISSED: '#c01c28', MUST: '#e5a50a', AIM: '#26a269'}


def text(x, y, words, size=11, colour=INK, anchor='start', weight='normal'):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def line(x1, y1, x2, y2, colour=GRID, width=1.0, dash=''):
    dashes = f' stroke-dasharray="{dash}"' if dash else ''
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dashes}/>')


def tick(value, is_bytes=False):
    if is_bytes and value >= 1 << 20:
        return f'{value / (1 << 20):.4g} Mi'
    if is_bytes and value >= 1 << 10:
        return f'{value / (1 << 10):.4g} Ki'
    return f'{value:,.4g}' if value < 10000 else f'{value:,.0f}'


class Scale:
    """From values to places, by their logarithms."""

    def __init__(self, values, first, last, margin):
        low, high = math.log10(min(values)), math.log10(max(values))
        room = max(high - low, 0.3) * margin
        self.low, self.high = low - room, max(high, low + 0.3) + room
        self.first, self.last = first, last

    def __call__(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)

    def decades(self):
        """Powers of ten that are within; where there are too few of them, 2 and 5 times too."""
        exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
        for factors in ((1,), (1, 2, 5)):
            values = [factor * 10.0 ** exponent for exponent in exponents for factor in factors]
            values = [value for value in values if self.low <= math.log10(value) <= self.high]
            if len(values) >= 3:
                break
        return values


def colour_of(name, used):
    if name in COLOURS:
        return COLOURS[name]
    return used.setdefault(name, OTHERS[len(used) % len(OTHERS)])


def draw_legend(names, left, top, used):
    x, y = left, top
    for name in names:
        width = 20 + 6.2 * len(name)
        if x > left and x + width > left + WIDTH - 2 * RIGHT:
            x, y = left, y + 14
        yield line(x, y - 4, x + 12, y - 4, colour_of(name, used), 2.5)
        yield text(x + 16, y, name, 10)
        x += width + 8


def draw_chart(title, series, left, top, used):
    points = [(x, y) for one in series for x, y in one['points'] if x > 0 and y > 0]
    if not points:
        return
    across = Scale([x for x, _ in points], left + LEFT, left + WIDTH - RIGHT, 0.04)
    upward = Scale([y for _, y in points], top + HEIGHT - BOTTOM, top + TOP, 0.06)
    is_bytes = series[0]['x_label'] == 'bytes'

    yield text(left + 8, top + 16, title, 13, weight='bold')
    yield from draw_legend([one['name'] for one in series], left + 8, top + 34, used)
    for y in upward.decades():
        yield line(left + LEFT, upward(y), left + WIDTH - RIGHT, upward(y))
        yield text(left + LEFT - 5, upward(y) + 4, tick(y), 10, FAINT, 'end')
    for x in sorted({x for x, _ in points}):
        yield line(across(x), top + TOP, across(x), top + HEIGHT - BOTTOM)
        yield text(across(x), top + HEIGHT - BOTTOM + 14, tick(x, is_bytes), 10, FAINT, 'middle')
    centre = left + (LEFT + WIDTH - RIGHT) / 2
    yield text(centre, top + HEIGHT - 8, series[0]['x_label'], 10, FAINT, 'middle')
    middle = top + (TOP + HEIGHT - BOTTOM) / 2
    yield (f'<g transform="rotate(-90 {left + 12:.1f} {middle:.1f})">'
           + text(left + 12, middle, series[0]['y_label'], 10, FAINT, 'middle') + '</g>')
    # Ours last, on top of the others.
    for one in sorted(series, key=lambda one: one['name'] == 'signal-glib'):
        colour = colour_of(one['name'], used)
        places = [(across(x), upward(y)) for x, y in one['points'] if x > 0 and y > 0]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in places)


def draw_bars(rows, top):
    """How far each is on its way to what it must be: beyond the line is good, or bad, as it says."""
    left = MARGIN + BAR_LABEL
    yield text(MARGIN, top + 16, 'What is asked for: the bar is the figure, the line is what it must be', 13,
               weight='bold')
    for index, row in enumerate(rows):
        y = top + 30 + index * BAR_HEIGHT
        goal = row.get('must', row.get('aim'))
        unit = BAR_WIDTH / 2 / goal if goal else 0
        length = min(row['value'] * unit, BAR_WIDTH)
        sign = '≤' if row.get('better', 'less') == 'less' else '≥'
        name = '' if row['unit'] == 'ratio' else ' ' + row['unit']

        yield text(left - 8, y + 13, row['what'], 11, anchor='end')
        yield f'<rect x="{left}" y="{y}" width="{length:.1f}" height="15" fill="{VERDICTS[judge(row)]}"/>'
        yield line(left + goal * unit, y - 2, left + goal * unit, y + 17, INK, 1.5)
        words = f'{number(row["value"])}{name}  (must {sign} {number(goal)})'
        yield text(left + BAR_WIDTH + 8, y + 13, words)


def draw(reports):
    charts = {}
    for report in reports:
        for series in report.get('series', []):
            charts.setdefault(series['chart'], []).append(series)
    rows = [row for report in reports for row in report.get('table', [])
            if judge(row) is not None and 'group' not in row]

    used = {}
    parts = []
    for index, (title, series) in enumerate(charts.items()):
        left = MARGIN + index % COLUMNS * (WIDTH + MARGIN)
        parts += draw_chart(title, series, left, MARGIN + index // COLUMNS * (HEIGHT + MARGIN), used)
    top = MARGIN + math.ceil(len(charts) / COLUMNS) * (HEIGHT + MARGIN)
    if rows:
        parts += draw_bars(rows, top)
        top += 30 + len(rows) * BAR_HEIGHT + MARGIN

    width = MARGIN + COLUMNS * (WIDTH + MARGIN)
    return '\n'.join((
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}" '
        'font-family="Cantarell, DejaVu Sans, sans-serif">',
        '<title>signal-glib: benchmarks</title>',
        f'<rect width="{width}" height="{top}" fill="#ffffff"/>', *parts, '</svg>', ''))


def main(folder, picture):
    reports = load(folder)
    if not reports:
        sys.exit(f'No results in {folder}')
    with open(picture, 'w', encoding='utf-8') as file:
        file.write(draw(reports))


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
