# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the commands tests/NAME/run share: the paths, the installation of what they need, and the build."""
import json
import os
import resource
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INSTALL = os.path.join(ROOT, 'tests', 'install-dependencies')

LSAN_OPTIONS = 'print_suppressions=0:suppressions=' + os.path.join(ROOT, 'tests', 'lsan.supp')


class Failure(Exception):
    """What a command does has failed; the message says why, or has what a program has printed."""


def check_names(parser, kind, names, known):
    """Ends the command if one of @names is not known. (The choices of argparse cannot have a default of several.)"""
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f'no such {kind}: {", ".join(unknown)}; there are: {", ".join(known)}')


def install(group):
    """Installs what is missing of a group of tests/install-dependencies, or ends the command."""
    if subprocess.run([INSTALL, group], stdout=sys.stderr, check=False).returncode != 0:
        sys.exit('Something that is needed is missing')


def configure(directory, *options, environment=None):
    """Configures a build directory, unless it is configured."""
    if os.path.exists(os.path.join(directory, 'build.ninja')):
        return
    if subprocess.run(['meson', 'setup', directory, ROOT, *options], env={**os.environ, **(environment or {})},
                      stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(f'{directory} cannot be configured')


def build(directory, *targets):
    """Builds targets, or everything, in a build directory."""
    if subprocess.run(['ninja', '-C', directory, *targets], stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(f'{directory} does not build: see above. What was missing when it was configured is not looked for '
                 'again; if it is there now, please remove the directory')


def build_tests(*targets, group='build'):
    """Installs what is missing, builds targets in the directory that tests/run uses, and returns its path."""
    install(group)
    directory = os.path.join(ROOT, '_build-tests')
    configure(directory, '-Dhardening=true')
    build(directory, *targets)
    return directory


def introspect(directory, what, meson='meson'):
    """What Meson knows of a build directory: its "targets" or "tests"."""
    return json.loads(subprocess.run([meson, 'introspect', directory, f'--{what}'], check=True,
                                     stdout=subprocess.PIPE).stdout)


def run(command, seconds=None, environment=None, stdin=subprocess.DEVNULL, hint=''):
    """Runs a program with these changes of the environment, and returns what it prints. @hint is added to the failure
    if it takes longer than @seconds."""
    try:
        result = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={**os.environ, **(environment or {})}, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Failure(f'{" ".join(command)}: takes longer than {seconds:g} seconds{hint}') from error
    if result.returncode != 0:
        raise Failure(f'{result.stdout}\n{" ".join(command)}: status {result.returncode}')
    return result.stdout


def cpu_time():
    """The processor time of the programs that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def read_list(path):
    """The words of each line of a file, without comments and without the lines that have no others."""
    lines = (line.split('#')[0].split() for line in read(path).splitlines())
    return [words for words in lines if words]


def write(path, text, mode=0o644):
    """Writes a file, and makes the folders that it is in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    os.chmod(path, mode)
