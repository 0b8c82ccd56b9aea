#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The crates for Rust: their own tests, the scenario, the chat client, what clippy, rustfmt and rustdoc say, and
whether gir makes the same of them."""
import argparse
import pathlib
import re
import subprocess
import sys
import unittest

import cargo
import tap

SECONDS = 300
TESTS = cargo.ROOT / 'tests'
PASSED = r'test result: ok\. [1-9]\d* passed'


def run(*command):
    """Runs a test that prints TAP."""
    return subprocess.run([sys.executable, *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
                          env=cargo.make_environment(options.build_dir))


class Rust(unittest.TestCase):
    maxDiff = None

    def check(self, process):
        self.assertEqual(process.returncode, 0, process.stdout)

    def cargo(self, *arguments):
        return cargo.run(options.build_dir, *arguments)

    def need(self, tool):
        """Skips the test without a subcommand of cargo. rustup has a cargo-fmt even where it has not installed it."""
        try:
            missing = cargo.execute(['cargo', tool, '--version'], SECONDS).returncode != 0
        except FileNotFoundError:
            missing = True
        if missing:
            self.skipTest(f'cargo {tool} is not installed here')

    def test_generated_code(self):
        process = run(cargo.FOLDER / 'generate', '--check', '--gir-file', options.gir_file)
        if process.returncode == 77:
            self.skipTest(process.stdout.strip())
        self.check(process)

    def test_clippy(self):
        self.need('clippy')
        self.cargo('clippy', '--workspace', '--all-targets', '--all-features', '--', '--deny', 'warnings')

    def test_format(self):
        self.need('fmt')
        self.check(cargo.execute(['cargo', 'fmt', '--all', '--check'], SECONDS))

    def test_reference(self):
        """rustdoc has nothing to say, such as of a link that leads nowhere."""
        printed = self.cargo('doc', '--no-deps', '--all-features')
        self.assertIsNone(re.search('^warning', printed, re.MULTILINE), printed)

    def test_abi(self):
        """Sizes and constants are those of the C compiler."""
        self.assertRegex(self.cargo('test', '--package', 'signal-glib-sys', '--all-features'), PASSED)

    def test_crate(self):
        """The client and the embedded server, and the examples in comments."""
        self.assertRegex(self.cargo('test', '--package', 'signal-glib', '--all-features'), PASSED)

    def test_scenario(self):
        self.cargo('build', '--package', 'signal-glib-scenario')
        program = cargo.find_program(options.build_dir, 'scenario')
        self.check(run(TESTS / 'scenario' / 'run.py', '--server', options.scenario_server, f'rust={program}'))

    def test_chat(self):
        """The chat client talks with that in C."""
        self.cargo('build', '--package', 'signal-glib', '--example', 'chat')
        program = cargo.find_program(options.build_dir, 'examples', 'chat')
        self.check(run(TESTS / 'demo' / 'test-chat.py', '--server', options.server, f'rust={program}',
                       f'c={options.chat}'))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--build-dir', required=True, type=pathlib.Path)
    parser.add_argument('--gir-file', required=True)
    parser.add_argument('--scenario-server', required=True, help='that of the scenario')
    parser.add_argument('--server', required=True, help='signal-glib')
    parser.add_argument('--chat', required=True, help='the chat client in C')
    options = parser.parse_args()
    tap.main(Rust)
