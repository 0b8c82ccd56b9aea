# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the bindings for Rust and programs that use them, with crates from crates.io."""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / 'bindings' / 'rust'
FETCH_SECONDS = 240
BUILD_SECONDS = 1500
# What programs of the guides use beside the bindings, which Cargo.lock has anyway.
CRATES = ('futures-channel = "0.3"', 'futures-util = "0.3"', 'serde_json = "1"')


def find_version(text):
    """The first version in a text, such as (1, 70)."""
    return tuple(map(int, re.search(r'(\d+)\.(\d+)', text).groups()))


def execute(command, timeout, environment=None):
    return subprocess.run(command, cwd=FOLDER, env=environment, stdin=subprocess.DEVNULL, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


@functools.cache
def find_obstacle(build_dir):
    """Why nothing can be built here, or None. Fetches the crates."""
    for name in ('cargo', 'rustc'):
        if not shutil.which(name):
            return f'{name} is not installed here; “tests/install-dependencies interop” installs it'
    manifest = (FOLDER / 'signal-glib' / 'Cargo.toml').read_text(encoding='utf-8')
    needed = find_version(re.search('rust-version.*', manifest)[0])
    version = find_version(execute(['rustc', '--version'], FETCH_SECONDS).stdout)
    if version < needed:
        return 'rustc {}.{} is too old; {}.{} is needed'.format(*version, *needed)
    try:
        fetch = execute(['cargo', 'fetch', '--locked'], FETCH_SECONDS, make_environment(build_dir))
    except subprocess.TimeoutExpired:
        return f'cargo could not fetch the crates within {FETCH_SECONDS} seconds'
    if fetch.returncode == 0:
        return None
    if 'lock file' in fetch.stdout:
        raise AssertionError(fetch.stdout)
    return 'cargo could not fetch the crates: ' + ' '.join(fetch.stdout.split())[-300:]


def make_environment(build_dir):
    """For the library in the build directory, without flags of the caller."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ('RUSTFLAGS', 'CARGO_ENCODED_RUSTFLAGS')}
    for name, folder in (('PKG_CONFIG_PATH', 'meson-uninstalled'), ('LD_LIBRARY_PATH', 'signal-glib')):
        # Once, since cargo builds everything anew after a change of PKG_CONFIG_PATH.
        others = [path for path in environment.get(name, '').split(os.pathsep) if path != str(build_dir / folder)]
        environment[name] = os.pathsep.join([str(build_dir / folder), *filter(None, others)])
    return dict(environment, CARGO_TARGET_DIR=str(build_dir / 'bindings' / 'rust'), CARGO_TERM_COLOR='never')


def run(build_dir, *arguments):
    """Runs cargo and returns what it prints; skips the test where it cannot work."""
    obstacle = find_obstacle(build_dir)
    if obstacle:
        raise unittest.SkipTest(obstacle)
    command = ['cargo', arguments[0], '--locked', '--offline', *arguments[1:]]
    cargo = execute(command, BUILD_SECONDS, make_environment(build_dir))
    if cargo.returncode != 0:
        raise AssertionError(f'cargo {" ".join(arguments)}: {cargo.returncode}\n{cargo.stdout[-5000:]}')
    return cargo.stdout


def find_program(build_dir, *names):
    return build_dir.joinpath('bindings', 'rust', 'debug', *names)


def build_program(build_dir, source, *command):
    """Builds a program that consists of one file, as a package of its own, with a subcommand of cargo."""
    name = 'example-' + source.stem
    package = source.parent / name
    (package / 'src').mkdir(parents=True)
    shutil.copy(source, package / 'src' / 'main.rs')
    shutil.copy(FOLDER / 'Cargo.lock', package)
    (package / 'Cargo.toml').write_text('\n'.join([
        '[package]', f'name = "{name}"', 'version = "0.0.0"', 'edition = "2021"', '[workspace]', '[dependencies]',
        f'signal-glib = {{ path = "{FOLDER / "signal-glib"}" }}', *CRATES]) + '\n', encoding='utf-8')
    obstacle = find_obstacle(build_dir)
    if obstacle:
        raise unittest.SkipTest(obstacle)
    cargo = execute(['cargo', *command, '--offline', '--message-format=json', '--manifest-path',
                     str(package / 'Cargo.toml')], BUILD_SECONDS, make_environment(build_dir))
    messages = [json.loads(line) for line in cargo.stdout.splitlines() if line.startswith('{')]
    reports = [message['message']['rendered'] for message in messages if message['reason'] == 'compiler-message']
    if cargo.returncode != 0 or reports:
        raise AssertionError(f'{source.name}: {cargo.returncode}\n{"".join(reports) or cargo.stdout}')
    return pathlib.Path(next(message['executable'] for message in reversed(messages) if message.get('executable')))
