#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the types for TypeScript beside those that ts-for-gir generates from the GIR."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap
from dependencies import Missing, find_program, install_packages

SECONDS = 120
BINDINGS = pathlib.Path(__file__).parents[2] / 'bindings' / 'gjs'
SOURCE = BINDINGS / 'tests' / 'types'


def run(name, *words, cwd):
    """Runs a program from the npm packages, and returns its exit status and output."""
    command = [find_program('node'), options.packages / 'node_modules' / '.bin' / name, *words]
    process = subprocess.run(command, cwd=cwd, timeout=SECONDS, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return process.returncode, process.stdout


class Types(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        directories = [word for path in options.gir_dir for word in ('--girDirectories', path)]
        status, output = run('ts-for-gir', 'generate', 'Signal-1.0', *directories, '--outdir', 'types',
                             '--ignoreVersionConflicts', cwd=cls.folder)
        assert status == 0, output
        for path in (BINDINGS / 'Signal-1.0.d.ts', SOURCE / 'tsconfig.json', SOURCE / 'program.ts'):
            shutil.copy(path, cls.folder)

    def test_program(self):
        self.assertEqual(run('tsc', '--project', '.', cwd=self.folder), (0, ''))

    def test_mistake(self):
        """Verifies that mistakes are found."""
        program = self.folder / 'program.ts'
        text = program.read_text(encoding='utf-8')
        program.write_text(text + "new Signal.Client().sendMessages('chat', 1);\n", encoding='utf-8')
        status, output = run('tsc', '--project', '.', cwd=self.folder)
        program.write_text(text, encoding='utf-8')
        self.assertIn('sendMessages', output)
        self.assertNotEqual(status, 0)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--packages', required=True, type=pathlib.Path, help='where the npm packages go')
    parser.add_argument('--gir-dir', required=True, action='append')
    options = parser.parse_args()
    try:
        find_program('npm')
        os.makedirs(options.packages, exist_ok=True)
        install_packages(options.packages, SOURCE, 'TypeScript and ts-for-gir')
    except Missing as missing:
        print('1..0 # SKIP', missing)
        sys.exit(0)
    tap.main(Types)
