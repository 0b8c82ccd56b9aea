# SPDX-License-Identifier: LGPL-2.1-or-later
"""Finds the programs that the interop suite needs, and installs packages from npm."""
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ('server.mjs', 'emitter.mjs', '../histories/history.mjs')
OPTIONAL = ('valkey-server',)  # not in Debian 12
MANIFESTS = ('package.json', 'package-lock.json')
SYSTEM_PATH = os.environ.get('PATH', '') + ':/usr/sbin:/usr/local/sbin'


class Missing(Exception):
    """A program is missing; the message says which."""


def find_program(name):
    found = shutil.which(name, path=SYSTEM_PATH)
    if not found and name in OPTIONAL:
        raise Missing(f'{name} is not installed here')
    if not found:
        raise Missing(f'{name} is not installed here; “tests/install-dependencies interop” installs it')
    return found


def fingerprint(source):
    digest = hashlib.sha256()
    for name in MANIFESTS:
        with open(os.path.join(source, name), 'rb') as manifest:
            digest.update(manifest.read())
    return digest.hexdigest()


def find_bun(folder):
    """The packages are installed without running their scripts, so Bun is in the folder of its package."""
    for bun in sorted(glob.glob(os.path.join(folder, 'node_modules/@oven/bun-*/bin/bun'))):
        try:
            subprocess.run([bun, '--version'], check=True, capture_output=True, timeout=20)
            return bun
        except (OSError, subprocess.SubprocessError):
            continue
    raise Missing('the npm package bun has no program for this machine')


def install_packages(folder, source, what):
    """Runs npm ci for the manifests in a folder, once for each version of them."""
    stamp = os.path.join(folder, 'installed')
    try:
        with open(stamp, encoding='ascii') as installed:
            if installed.read() == fingerprint(source):
                return
    except OSError:
        pass

    for name in MANIFESTS:
        shutil.copy(os.path.join(source, name), folder)
    try:
        npm = subprocess.run(
            [find_program('npm'), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=240, check=False)
    except subprocess.TimeoutExpired as error:
        raise Missing(f'npm could not fetch {what} within 4 minutes') from error
    if npm.returncode != 0:
        reason = ' '.join(npm.stdout.split())[-300:]
        raise Missing(f'npm could not fetch {what}: {reason}')
    with open(stamp, 'w', encoding='ascii') as installed:
        installed.write(fingerprint(source))


def prepare(folder):
    """Returns the path of Bun, after copying the scripts next to the packages that they import."""
    find_program('npm')
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_packages(folder, HERE, 'the public server')
        for script in SCRIPTS:
            name = os.path.basename(script)
            shutil.copy(os.path.join(HERE, script), os.path.join(folder, name + '.new'))
            os.replace(os.path.join(folder, name + '.new'), os.path.join(folder, name))
    return find_bun(folder)
