#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the type stubs with mypy."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import tap

SECONDS = 100
HERE = pathlib.Path(__file__).parent
STUBS = HERE.parent / 'gi-stubs' / 'repository' / 'Signal.pyi'

# As much of the other namespaces as the stubs need. mypy would not check classes without known base classes.
ANY = 'from typing import Any\ndef __getattr__(name: str) -> Any: ...\n'
NAMESPACES = {
    'Gio': ANY + 'class ListModel: ...\n',
    'GLib': ANY + '''
class Error(RuntimeError):
    message: str
    domain: str
    code: int
    def __init__(self, message: str = ..., domain: str = ..., code: int = ...) -> None: ...
''',
    'GObject': '''
import enum
from collections.abc import Callable
class Object:
    class Props: ...
    def connect(self, detailed_signal: str, handler: Callable[..., object], *data: object) -> int: ...
class GBoxed: ...
GEnum = enum.IntEnum
''',
    'Json': ANY,
    'Soup': ANY,
}


def check(program):
    """Returns what mypy prints about a program and the stubs."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        repository = folder / 'gi' / 'repository'
        repository.mkdir(parents=True)
        (folder / 'gi' / '__init__.pyi').touch()
        (repository / '__init__.pyi').touch()
        for namespace, text in NAMESPACES.items():
            (repository / f'{namespace}.pyi').write_text(text, encoding='utf-8')
        shutil.copy(STUBS, repository)
        shutil.copy(program, folder)
        process = subprocess.run(
            ['mypy', '--strict', '--no-error-summary', '--cache-dir', 'cache', '--module', 'gi.repository.Signal',
             '--module', program.stem],
            env=dict(os.environ, MYPYPATH=name, PYTHONPATH=''), cwd=folder, timeout=SECONDS, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return process.stdout


@unittest.skipUnless(shutil.which('mypy'), 'mypy is not installed')
class Types(unittest.TestCase):
    maxDiff = None

    def test_program(self):
        self.assertEqual(check(HERE / 'typed.py'), '')


if __name__ == '__main__':
    tap.main(Types)
