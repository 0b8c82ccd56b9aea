#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs gi-docgen, and then converts links between guides, which refer to the Markdown files, and copies
the images: generate-reference.py SOURCE OUTPUT COMMAND…"""
import pathlib
import re
import shutil
import subprocess
import sys

# All guides are in the same directory in the reference.
LINK = re.compile(r'(href=")(?:\.\./|topics/)?([\w-]+)\.md(["#])')
PICTURE = re.compile(r'(?:src|srcset)="((?:diagrams|images)/[\w.-]+)"')


def main(source, output, *command):
    source, output = pathlib.Path(source), pathlib.Path(output)
    subprocess.run(command, check=True)
    for page in output.glob('*.html'):
        text = page.read_text(encoding='utf-8')
        page.write_text(LINK.sub(r'\1\2.html\3', text), encoding='utf-8')
        for picture in PICTURE.findall(text):
            (output / picture).parent.mkdir(exist_ok=True)
            shutil.copy(source / picture, output / picture)


if __name__ == '__main__':
    main(*sys.argv[1:])
