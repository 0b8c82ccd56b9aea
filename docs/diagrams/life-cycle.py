#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the connection life cycle for light and dark pages, in the folder of this script or the specified
folder: life-cycle.py [FOLDER]"""
import pathlib
import sys

WIDTH, HEIGHT = 760, 460
# colors: text, lines, border and background of a box, background of the final state
PALETTES = {
    'life-cycle.svg': ('#1e1e1e', '#5e5c64', '#77767b', '#f6f5f4', '#c8f0d0'),
    'life-cycle-dark.svg': ('#f6f5f4', '#c0bfbc', '#9a9996', '#303030', '#1f5130'),
}
# name: x, y, width, height
BOXES = {
    'DISCONNECTED': (10, 60, 160, 40),
    'CONNECTING': (290, 60, 160, 40),
    'CONNECTED': (290, 160, 160, 40),
    'AUTHENTICATING': (290, 260, 160, 40),
    'AUTHENTICATED': (290, 360, 160, 40),
    'RECONNECTING': (580, 140, 160, 260),
}
# path, label, position of the label, alignment of the label
ARROWS = (
    ('M170 80 H290', 'connect_async', 230, 72, 'middle'),
    ('M370 100 V160', 'the socket is open', 380, 134, 'start'),
    ('M370 200 V260', 'the token is sent', 380, 234, 'start'),
    ('M370 300 V360', 'the key is derived', 380, 334, 'start'),
    ('M450 95 H620 V140', 'failed', 535, 112, 'middle'),
    ('M450 180 H580', 'failed', 515, 172, 'middle'),
    ('M450 280 H580', 'failed', 515, 272, 'middle'),
    ('M450 380 H580', 'lost', 515, 372, 'middle'),
    ('M700 140 V65 H450', 'after the delay, or reconnect_now', 575, 56, 'middle'),
    ('M290 280 H120 V100', 'permanently rejected', 210, 272, 'middle'),
    ('M660 400 V435 H60 V100', 'retries exhausted', 370, 427, 'middle'),
)
FROM_EVERYWHERE = 'M50 15 V60'


def draw(text, line, border, box, good):
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
           f'height="{HEIGHT}" role="img" font-family="sans-serif" font-size="13">')
    yield '<title>The states of a connection</title>'
    yield ('<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
           f'orient="auto"><path d="M0 0 L8 4 L0 8 Z" fill="{line}"/></marker></defs>')
    yield f'<g fill="none" stroke="{line}" stroke-width="1.5">'
    for path, *_ in ARROWS:
        yield f'<path d="{path}" marker-end="url(#tip)"/>'
    yield f'<path d="{FROM_EVERYWHERE}" stroke-dasharray="5 4" marker-end="url(#tip)"/>'
    yield '</g>'
    yield f'<g stroke="{border}" stroke-width="1.5">'
    for name, (x, y, width, height) in BOXES.items():
        filling = good if name == 'AUTHENTICATED' else box
        yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{filling}"/>'
    yield '</g>'
    yield f'<g fill="{text}">'
    for name, (x, y, width, height) in BOXES.items():
        yield (f'<text x="{x + width // 2}" y="{y + height // 2 + 5}" text-anchor="middle" '
               f'font-weight="bold">{name}</text>')
    for _, label, x, y, anchor in ARROWS:
        yield f'<text x="{x}" y="{y}" text-anchor="{anchor}">{label}</text>'
    yield '<text x="60" y="32">disconnect_async, from every state</text>'
    yield '</g>'
    yield '</svg>'


if __name__ == '__main__':
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for name, palette in PALETTES.items():
        (folder / name).write_text('\n'.join(draw(*palette)) + '\n', encoding='utf-8')
