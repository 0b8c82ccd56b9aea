# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages of the documentation, and their fenced code blocks."""
import dataclasses
import pathlib
import re

import source_tree

FENCE = re.compile(r'(?:^<!-- (?P<mark>[^>]*?) -->\n)?^```(?P<language>\S*)\n(?P<text>.*?)^```$',
                   re.DOTALL | re.MULTILINE)


@dataclasses.dataclass
class Block:
    path: pathlib.Path
    line: int
    """The number of the first line in the block."""
    language: str
    mark: str
    """The comment immediately before the block, such as “given: static GStrv rooms;”."""
    text: str

    @property
    def name(self):
        return f'{self.path.name}:{self.line}'


def guides(root):
    """The pages that are in the reference."""
    return sorted(source_tree.only_tracked(root, [*(root / 'docs').glob('*.md'), *(root / 'docs/topics').glob('*.md')]))


def pages(root):
    return [*(root / name for name in ('README.md', 'CONTRIBUTING.md', 'SECURITY.md')), *guides(root)]


def blocks(path):
    text = path.read_text(encoding='utf-8')
    for match in FENCE.finditer(text):
        yield Block(path, text.count('\n', 0, match.start('text')) + 1, match['language'],
                    match['mark'] or '', match['text'])
