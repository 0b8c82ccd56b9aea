#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as a subproject of an application in C, and of one in C and Vala."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import tap

SECONDS = 110
WITHIN = 'subprojects/signal-glib'
NOT_WANTED = ('demo', 'docs', 'tests')

C_PROJECT = '''
project('application', 'c')
signal_dep = dependency('signal-glib-1.0', fallback: 'signal-glib')
executable('hello-c', 'hello.c', dependencies: signal_dep)
'''

VALA_PROJECT = C_PROJECT.replace("'c')", "'c', 'vala')") + '''
executable('hello-vala', 'hello.vala', dependencies: signal_dep)
'''

# A library whose introspection data include those of signal-glib.
LIBRARY_PROJECT = C_PROJECT + '''
library = library('kitchen', 'kitchen.c', dependencies: signal_dep)
import('gnome').generate_gir(library, sources: files('kitchen.c'), namespace: 'Kitchen', nsversion: '1.0',
  includes: 'Signal-1.0', dependencies: signal_dep)
'''

C_PROGRAM = r'''
#include <signal-glib/signal-glib.h>

int
main (void)
{
  g_autoptr (SignalClient) client = signal_client_new ("ws://127.0.0.1:8080/ws", NULL);
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);

  g_print ("%s\n", g_enum_get_value (states, signal_client_get_state (client))->value_nick);
  return 0;
}
'''

VALA_PROGRAM = r'''
int main () {
    var client = new Signal.Client ("ws://127.0.0.1:8080/ws") { max_retries = 0 };
    client.message["chat"].connect ((message) => print ("%s\n", message.get_payload_json ()));
    var states = (EnumClass) typeof (Signal.ConnectionState).class_ref ();
    print ("%s\n", states.get_value (client.get_state ()).value_nick);
    return 0;
}
'''


class Application:
    """A folder with a project, and the library in its folder of subprojects."""

    def __init__(self, folder):
        self.source = folder
        self.build = folder / '_build'
        (folder / WITHIN).parent.mkdir()
        (folder / WITHIN).symlink_to(options.source)
        # Without variables set by a developer, and without an installed library.
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ('CFLAGS', 'LDFLAGS', 'LD_LIBRARY_PATH', 'VALAFLAGS')}

    def write(self, **files):
        for name, text in files.items():
            (self.source / name.replace('_', '.')).write_text(text, encoding='utf-8')

    def run(self, *command):
        process = subprocess.run([str(word) for word in command], timeout=SECONDS, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment)
        if process.returncode != 0:
            raise AssertionError(f'{command}: {process.returncode}\n{process.stdout}')
        return process.stdout

    def setup(self, *arguments, introspection='disabled'):
        # Introspection takes long.
        self.run(options.meson, 'setup', '--force-fallback-for=signal-glib-1.0', '-Doptimization=0',
                 f'-Dsignal-glib:introspection={introspection}', *arguments, self.build, self.source)

    def build_and_run(self, program):
        self.run(options.meson, 'compile', '-C', self.build)
        return self.run(self.build / program)

    def folders(self):
        """The folders of the library in which targets are built by default."""
        within = os.path.realpath(options.source)
        for target in json.loads(self.run(options.meson, 'introspect', '--targets', self.build)):
            path = os.path.realpath(target['defined_in'])
            if path.startswith(within + os.sep):
                yield pathlib.Path(path).relative_to(within).parts[0]


class Subproject(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.application = Application(pathlib.Path(folder.name))
        cls.application.write(meson_build=C_PROJECT, hello_c=C_PROGRAM, hello_vala=VALA_PROGRAM)
        cls.application.setup()

    def test_1_c(self):
        self.assertEqual(self.application.build_and_run('hello-c'), 'disconnected\n')

    def test_2_little_is_built(self):
        folders = set(self.application.folders())
        self.assertIn('signal-glib', folders)
        self.assertFalse(folders.intersection(NOT_WANTED), folders)

    @unittest.skipUnless(shutil.which('valac'), 'there is no valac here')
    def test_3_vala_and_c(self):
        self.application.write(meson_build=VALA_PROJECT)
        self.assertEqual(self.application.build_and_run('hello-vala'), 'disconnected\n')
        self.assertEqual(self.application.build_and_run('hello-c'), 'disconnected\n')

    @unittest.skipUnless(shutil.which('g-ir-scanner') and shutil.which('ninja'), 'there is no g-ir-scanner here')
    def test_4_introspection(self):
        """What is to be run is looked at, but not run."""
        self.application.write(meson_build=LIBRARY_PROJECT, kitchen_c='')
        self.application.setup('--reconfigure', introspection='enabled')
        *before, last = self.application.run('ninja', '-C', self.application.build, '-t', 'commands',
                                             'Kitchen-1.0.gir').splitlines()
        self.assertIn(f'--add-include-path={self.application.build / WITHIN / "signal-glib"} ', last)
        self.assertTrue([line for line in before if f'--output {WITHIN}/signal-glib/Signal-1.0.gir' in line])


class Vapi(unittest.TestCase):
    def test_is_as_generated(self):
        if not options.vapi:
            self.skipTest('no vapi is generated in this build')
        kept = pathlib.Path(options.source, 'bindings', 'vala', 'signal-glib-1.0.vapi')
        self.assertEqual(pathlib.Path(options.vapi).read_text(encoding='utf-8'),
                         kept.read_text(encoding='utf-8'),
                         f'please copy {options.vapi} to {kept}')


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    for name in ('meson', 'source', 'vapi'):
        parser.add_argument('--' + name, required=True)
    options = parser.parse_args()
    tap.main(Subproject, Vapi)
