#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs into a DESTDIR, and runs the scenario with the installed files only."""
import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

SECONDS = 120
HERE = pathlib.Path(__file__).parent


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, timeout=SECONDS, **options)


def find(root, pattern):
    found = list(root.rglob(pattern))
    if len(found) != 1:
        sys.exit(f'{len(found)} files {pattern} were installed, not 1')
    return found[0]


def move_pkg_config(root, prefix, folder):
    """Writes a copy of the .pc file with the prefix inside the DESTDIR."""
    path = find(root, 'signal-glib-1.0.pc')
    text = path.read_text(encoding='utf-8')
    prefix = prefix.replace(' ', r'\ ')
    moved = text.replace(f'prefix={prefix}\n', f'prefix={root}{prefix}\n')
    assert moved != text, 'the .pc file has no prefix'
    (folder / path.name).write_text(moved, encoding='utf-8')
    os.environ['PKG_CONFIG_PATH'] = str(folder)


def build_c(folder):
    flags = shlex.split(run('pkg-config', '--cflags', '--libs', 'signal-glib-1.0', stdout=subprocess.PIPE,
                            text=True).stdout)
    run(os.environ.get('CC', 'cc'), HERE / 'runner.c', '-o', folder / 'runner-c', *flags)
    return f'c={folder / "runner-c"}'


def build_vala(root, folder):
    vapi = find(root, 'signal-glib-1.0.vapi')
    run('valac', '--vapidir', vapi.parent, '--pkg', 'signal-glib-1.0', '--pkg', 'json-glib-1.0', '-X', '-w',
        '-o', folder / 'runner-vala', HERE / 'runner.vala')
    return f'vala={folder / "runner-vala"}'


def prepare_gjs(root, folder):
    """Prepares the override, which GJS finds itself, and the module for where it does not."""
    data = find(root, 'gjs-1.0').parent
    runner = HERE / 'runner.js'
    text = runner.read_text(encoding='utf-8')
    moved = text.replace("'gi://Signal?version=1.0'", f"'{find(root, 'signal.js').as_uri()}'")
    assert moved != text, 'the runner does not import the namespace'
    copy = folder / runner.name
    copy.write_text(moved, encoding='utf-8')
    return [f'gjs=env,XDG_DATA_DIRS={data},gjs,-m,{runner}', f'gjs-module=gjs,-m,{copy}']


def main():
    parser = argparse.ArgumentParser()
    for name in ('meson', 'build-dir', 'prefix', 'server', 'python'):
        parser.add_argument('--' + name, required=True)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        root = folder / 'root'
        run(options.meson, 'install', '-C', options.build_dir, '--no-rebuild', '--quiet',
            '--destdir', root, stdout=subprocess.DEVNULL)
        move_pkg_config(root, options.prefix, folder)
        os.environ['LD_LIBRARY_PATH'] = str(find(root, 'libsignal-glib-1.0.so').parent)
        os.environ['GI_TYPELIB_PATH'] = str(find(root, 'Signal-1.0.typelib').parent)
        runners = [build_c(folder)]
        if options.python:
            os.environ['PYTHONPATH'] = str(find(root, 'Signal.py').parents[2])
            runners.append(f'python={options.python},{HERE / "runner.py"}')
        if shutil.which('gjs'):
            runners += prepare_gjs(root, folder)
        if shutil.which('valac'):
            runners.append(build_vala(root, folder))
        return subprocess.run([sys.executable, HERE / 'run.py', '--server', options.server,
                               *runners]).returncode


if __name__ == '__main__':
    sys.exit(main())
