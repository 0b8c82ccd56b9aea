#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The certificates that the program signal-glib accepts, and its errors and hints for others."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import tap
from cli import EXIT_FAILED, EXIT_USAGE, SECONDS, Cli, run, running, serving

EC = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')
HOST = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
CONFIG = '''
[ca]
default_ca = here
[here]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
'''


@unittest.skipUnless(shutil.which('openssl'), 'openssl is not installed')
class Tls(Cli):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.openssl('req', '-x509', *EC, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority')
        cls.openssl('req', '-x509', *EC, '-keyout', 'else.key', '-out', 'else.pem', '-subj', '/CN=else')
        (cls.folder / 'ca.conf').write_text(CONFIG.format(folder=cls.folder), encoding='utf-8')
        (cls.folder / 'index').touch()
        cls.issue('good', HOST, '20200101000000Z', '20990101000000Z')
        cls.issue('other', 'subjectAltName=DNS:other.test', '20200101000000Z', '20990101000000Z')
        cls.issue('old', HOST, '20200101000000Z', '20210101000000Z')

    @classmethod
    def openssl(cls, *args):
        subprocess.run(['openssl', *args], check=True, cwd=cls.folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=SECONDS)

    @classmethod
    def issue(cls, name, host, start, end):
        """Creates NAME.crt with a certificate, NAME.key with its key, and NAME.pem with both."""
        cls.openssl('req', '-new', *EC, '-keyout', f'{name}.key', '-out', f'{name}.csr',
                    '-subj', f'/CN={name}', '-addext', host)
        cls.openssl('ca', '-batch', '-config', 'ca.conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-notext',
                    '-startdate', start, '-enddate', end, '-in', f'{name}.csr', '-out', f'{name}.crt')
        (cls.folder / f'{name}.pem').write_bytes(b''.join(
            (cls.folder / f'{name}.{part}').read_bytes() for part in ('crt', 'key')))

    def path(self, name):
        return str(self.folder / name)

    def reject(self, certificate, *args):
        """Returns the errors that are printed when the certificate of the server is rejected."""
        with serving('--tls-certificate', self.path(certificate)) as (url, _):
            process = run('send', url, 'a', '1', *args)
        self.check_fails(process, EXIT_FAILED, 'certificate')
        return process.stderr

    def test_good(self):
        with serving('--tls-certificate', self.path('good.pem')) as (url, _):
            self.assertTrue(url.startswith('wss://'), url)
            process = run('send', url, 'a', '1', '--ca-file', self.path('ca.pem'))
            self.assertEqual((process.returncode, process.stderr), (0, ''))
            process = run('send', url.replace('wss:', 'ws:'), 'a', '1')
            self.check_fails(process, EXIT_FAILED, 'signal-glib: ')

    def test_self_signed(self):
        self.openssl('req', '-x509', *EC, '-keyout', 'self.key', '-out', 'self.crt', '-subj', '/CN=self',
                     '-addext', HOST)
        with serving('--tls-certificate', self.path('self.crt'),
                     '--tls-key', self.path('self.key')) as (url, _):
            process = run('send', url, 'a', '1', '--ca-file', self.path('self.crt'))
            self.assertEqual((process.returncode, process.stderr), (0, ''))

    def test_separate_key(self):
        with serving('--tls-certificate', self.path('good.crt'),
                     '--tls-key', self.path('good.key')) as (url, _):
            self.assertEqual(run('send', url, 'a', '1', '--ca-file', self.path('ca.pem')).returncode, 0)

    def test_unknown_authority(self):
        text = self.reject('good.pem')
        self.assertIn('use --ca-file', text)
        self.assertNotIn('host name', text)

    def test_other_authority(self):
        text = self.reject('good.pem', '--ca-file', self.path('else.pem'))
        self.assertIn('The file given with --ca-file contains neither', text)

    def test_other_host(self):
        text = self.reject('other.pem', '--ca-file', self.path('ca.pem'))
        self.assertIn('Use a URL with a host name', text)
        self.assertNotIn('--ca-file', text)

    def test_expired(self):
        text = self.reject('old.pem', '--ca-file', self.path('ca.pem'))
        self.assertIn('Check that the system clock', text)
        self.assertNotIn('--ca-file', text)

    def test_hint_is_printed_once(self):
        with serving('--tls-certificate', self.path('good.pem')) as (url, _):
            with running('listen', url, '--room', 'a', '--wait', '--max-retries', '1') as process:
                self.assertEqual(process.wait(SECONDS), EXIT_FAILED)
                self.assertEqual(process.err.rest().count('--ca-file'), 1)

    def test_no_key(self):
        """The server fails before it prints its URL."""
        process = run('serve', '--port', '0', '--tls-certificate', self.path('good.crt'))
        self.check_fails(process, EXIT_FAILED, r'“.*/good\.crt” contains no private key.*--tls-key')
        self.assertEqual(process.stdout, '')

    def test_bad_files(self):
        process = run('send', 'wss://127.0.0.1:1/ws', 'a', '1', '--ca-file', '/nowhere')
        self.check_fails(process, EXIT_FAILED, '/nowhere')
        for args in (('--tls-certificate', '/nowhere'),
                     ('--tls-certificate', self.path('good.crt'), '--tls-key', '/nowhere'),
                     ('--tls-certificate', self.path('good.key'))):
            process = run('serve', '--port', '0', *args)
            self.check_fails(process, EXIT_FAILED, args[-1])
        process = run('serve', '--port', '0', '--tls-key', self.path('good.key'))
        self.check_fails(process, EXIT_USAGE, '--tls-certificate')


if __name__ == '__main__':
    tap.main(Tls)
