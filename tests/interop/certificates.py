# SPDX-License-Identifier: LGPL-2.1-or-later
"""Creates a private CA, a server certificate for localhost (only for that name), and a client certificate."""
import os
import subprocess

from dependencies import find_program


def make(folder):
    def openssl(*arguments):
        subprocess.run([find_program('openssl'), *arguments], cwd=folder, check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=30)

    new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl('req', '-x509', *new_key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
            '-subj', '/CN=signal-glib interop CA', '-addext', 'keyUsage=critical,keyCertSign')
    for name, extension in (('server', 'subjectAltName=DNS:localhost'),
                            ('client', 'extendedKeyUsage=clientAuth')):
        path = os.path.join(folder, name)
        with open(path + '.ext', 'w', encoding='ascii') as file:
            file.write(extension + '\n')
        openssl('req', *new_key, '-keyout', name + '.key', '-out', name + '.csr',
                '-subj', f'/CN={name}')
        openssl('x509', '-req', '-in', name + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                '-CAcreateserial', '-days', '2', '-extfile', name + '.ext', '-out', name + '.crt')
        with open(path + '.pem', 'w', encoding='ascii') as pem:
            for part in ('.crt', '.key'):
                with open(path + part, encoding='ascii') as file:
                    pem.write(file.read())
