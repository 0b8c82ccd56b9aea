#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the cryptography of the library with OpenSSL, on random values and edge cases: FILTER."""
import ctypes
import ctypes.util
import random
import subprocess
import sys
import unittest

import tap

NID_P256 = 415
NID_SECP256K1 = 714
HKDF = 1036
GET_TAG, SET_TAG = 16, 17
POINT_COMPRESSED, POINT_UNCOMPRESSED, POINT_HYBRID = 2, 4, 6
TAG_SIZE = 16
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b


def load_openssl():
    """libcrypto, or None."""
    for name in (ctypes.util.find_library('crypto'), 'libcrypto.so.3', 'libcrypto.so.1.1'):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None and hasattr(library, 'ECDH_compute_key'):
            return library
    return None


class OpenSSL:
    POINTERS = ('EVP_CIPHER_CTX_new', 'EVP_aes_256_gcm', 'EVP_PKEY_CTX_new_id', 'BN_bin2bn',
                'EC_GROUP_new_by_curve_name', 'EC_POINT_new', 'EC_KEY_new_by_curve_name',
                'EC_GROUP_get0_generator')

    def __init__(self, library):
        self.library = library
        for name in self.POINTERS:
            getattr(library, name).restype = ctypes.c_void_p
        library.EC_POINT_point2oct.restype = ctypes.c_size_t
        self.group = self.call('EC_GROUP_new_by_curve_name', NID_P256)

    def call(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        return ctypes.c_void_p(result) if name in self.POINTERS else result

    def check(self, name, *arguments):
        if self.call(name, *arguments) <= 0:
            raise RuntimeError(f'{name} failed')

    def number(self, value):
        data = value.to_bytes(32, 'big')
        return self.call('BN_bin2bn', data, len(data), None)

    def octets(self, point, form=POINT_UNCOMPRESSED, group=None):
        buffer = ctypes.create_string_buffer(65)
        size = self.call('EC_POINT_point2oct', group or self.group, point, form, buffer,
                         ctypes.c_size_t(65), None)
        return buffer.raw[:size]

    def is_point(self, octets):
        point = self.call('EC_POINT_new', self.group)
        return self.call('EC_POINT_oct2point', self.group, point, octets, ctypes.c_size_t(len(octets)),
                         None) == 1

    def point_of_x(self, x):
        """The point with that x, or None if the curve has none."""
        point = self.call('EC_POINT_new', self.group)
        done = self.call('EC_POINT_set_compressed_coordinates', self.group, point, self.number(x), 0, None)
        return point if done == 1 else None

    def multiply(self, point, scalar):
        """The product of the scalar and the point, which is the generator by default."""
        product = self.call('EC_POINT_new', self.group)
        number = self.number(scalar)
        if point is None:
            self.check('EC_POINT_mul', self.group, product, number, None, None, None)
        else:
            self.check('EC_POINT_mul', self.group, product, None, point, number, None)
        return product

    def agree(self, scalar, octets):
        """The x coordinate of the shared point."""
        point = self.call('EC_POINT_new', self.group)
        self.check('EC_POINT_oct2point', self.group, point, octets, ctypes.c_size_t(len(octets)), None)
        key = self.call('EC_KEY_new_by_curve_name', NID_P256)
        self.check('EC_KEY_set_private_key', key, self.number(scalar))
        shared = ctypes.create_string_buffer(32)
        self.check('ECDH_compute_key', shared, ctypes.c_size_t(32), point, key, None)
        return shared.raw

    def hkdf(self, ikm, salt, info, length):
        context = self.call('EVP_PKEY_CTX_new_id', HKDF, None)
        self.check('EVP_PKEY_derive_init', context)
        for name, value in ((b'md', b'SHA256'), (b'hexkey', ikm.hex().encode()),
                            (b'hexsalt', salt.hex().encode()), (b'hexinfo', info.hex().encode())):
            if value:
                self.check('EVP_PKEY_CTX_ctrl_str', context, name, value)
        okm = ctypes.create_string_buffer(length)
        self.check('EVP_PKEY_derive', context, okm, ctypes.byref(ctypes.c_size_t(length)))
        self.call('EVP_PKEY_CTX_free', context)
        return okm.raw

    def encrypt(self, key, iv, plaintext):
        context = self.call('EVP_CIPHER_CTX_new')
        self.check('EVP_EncryptInit_ex', context, self.call('EVP_aes_256_gcm'), None, key, iv)
        out = ctypes.create_string_buffer(len(plaintext) + TAG_SIZE)
        size = ctypes.c_int(0)
        self.check('EVP_EncryptUpdate', context, out, ctypes.byref(size), plaintext, len(plaintext))
        self.check('EVP_EncryptFinal_ex', context, ctypes.byref(out, size.value), ctypes.byref(size))
        self.check('EVP_CIPHER_CTX_ctrl', context, GET_TAG, TAG_SIZE,
                   ctypes.byref(out, len(plaintext)))
        self.call('EVP_CIPHER_CTX_free', context)
        return out.raw


FILTER = None
LIBRARY = load_openssl()


class Against(unittest.TestCase):
    def setUp(self):
        if LIBRARY is None:
            self.skipTest('there is no OpenSSL library')
        self.openssl = OpenSSL(LIBRARY)
        self.seed = random.SystemRandom().getrandbits(32)
        self.random = random.Random(self.seed)

    def compare(self, cases):
        """@cases: (words, the expected result or None if the input is refused)."""
        lines = [' '.join([words[0]] + [each.hex() or '-' for each in words[1:]]) for words, _ in cases]
        answer = subprocess.run([FILTER], input='\n'.join(lines) + '\n', stdout=subprocess.PIPE, check=True,
                                text=True, timeout=50).stdout.splitlines()
        self.assertEqual(len(answer), len(lines))
        for line, got, (_, expected) in zip(lines, answer, cases):
            wanted = 'refused' if expected is None else expected.hex() or '-'
            self.assertEqual(got[:2000], wanted[:2000], f'{line[:2000]} (seed {self.seed})')
            self.assertTrue(got == wanted, line[:2000])

    def bytes(self, length):
        return self.random.getrandbits(8 * length).to_bytes(length, 'big') if length else b''

    def scalar(self):
        return self.random.randrange(1, ORDER)

    def test_public_keys(self):
        scalars = [1, 2, 3, 2**32, 2**64, 2**128 - 1, 2**255, ORDER - 1, ORDER - 2, ORDER >> 1]
        scalars += [self.scalar() >> shift for shift in range(0, 200, 4)]
        cases = [(('public', each.to_bytes(32, 'big')),
                  self.openssl.octets(self.openssl.multiply(None, each))) for each in scalars if each]
        cases += [(('public', each.to_bytes(32, 'big')), None)
                  for each in (0, ORDER, ORDER + 1, PRIME, 2**256 - 1)]
        self.compare(cases)

    def test_shared_secrets(self):
        cases = []
        for _ in range(200):
            scalar = self.scalar()
            peer = self.openssl.octets(self.openssl.multiply(None, self.scalar()))
            cases.append((('ecdh', scalar.to_bytes(32, 'big'), peer), self.openssl.agree(scalar, peer)))
        self.compare(cases)

    def test_awkward_shared_secrets(self):
        """Peers for which the shared x is near a power of two, 0 or p."""
        wanted = [0, *range(1, 30), *(2**bit + step for bit in range(8, 256, 8) for step in (-1, 0, 1, 2)),
                  *range(PRIME - 20, PRIME)]
        cases = []
        for x in wanted:
            point = self.openssl.point_of_x(x)
            if point is None:
                continue
            scalar = self.scalar()
            inverse = pow(scalar, -1, ORDER)
            peer = self.openssl.octets(self.openssl.multiply(point, inverse))
            self.assertEqual(self.openssl.agree(scalar, peer), x.to_bytes(32, 'big'))
            cases.append((('ecdh', scalar.to_bytes(32, 'big'), peer), x.to_bytes(32, 'big')))
        self.assertGreater(len(cases), 50)
        self.compare(cases)

    def test_points_elsewhere(self):
        """Points off the curve, on its twist and on another curve, and valid points in other encodings."""
        one = (1).to_bytes(32, 'big')
        other = self.openssl.call('EC_GROUP_new_by_curve_name', NID_SECP256K1)
        generator = self.openssl.call('EC_GROUP_get0_generator', other)
        points = [self.openssl.octets(generator, group=other)]
        for _ in range(100):
            point = self.openssl.multiply(None, self.scalar())
            octets = self.openssl.octets(point)
            x, y = int.from_bytes(octets[1:33], 'big'), int.from_bytes(octets[33:], 'big')
            bit = self.random.randrange(512)
            flipped = (x << 256 | y) ^ 1 << bit
            points += [b'\x04' + flipped.to_bytes(64, 'big'), octets[1:], octets[:-1], octets + b'\0',
                       self.openssl.octets(point, POINT_COMPRESSED),
                       self.openssl.octets(point, POINT_HYBRID),
                       b'\x04' + self.bytes(64)]
            while self.openssl.point_of_x(x) is not None:
                x = self.random.randrange(PRIME)
            square = (x**3 - 3 * x + B) % PRIME
            twisted = pow(-square % PRIME, (PRIME + 1) // 4, PRIME)
            self.assertEqual(twisted * twisted % PRIME, -square % PRIME)
            points.append(b'\x04' + x.to_bytes(32, 'big') + twisted.to_bytes(32, 'big'))
        for octets in points:
            if len(octets) == 65 and octets[0] == 4:
                self.assertFalse(self.openssl.is_point(octets))
        self.compare([(('ecdh', one, octets), None) for octets in points])

    def test_hkdf(self):
        lengths = [1, 2, 31, 32, 33, 63, 64, 65, 255, 256, 1000, 255 * 32 - 1, 255 * 32]
        cases = []
        for length in lengths:
            for ikm, salt, info in ((32, 32, 30), (1, 0, 0), (32, 1, 1000), (200, 64, 0), (32, 65, 7)):
                values = [self.bytes(each) for each in (ikm, salt, info)]
                cases.append((('hkdf', *values, bytes(length)), self.openssl.hkdf(*values, length)))
        self.compare(cases)

    def test_sealed(self):
        cases = []
        for length in [*range(0, 300), 1023, 1024, 1025, 4096, 65536, 1000003]:
            key, iv, plaintext = self.bytes(32), self.bytes(12), self.bytes(length)
            ciphertext = self.openssl.encrypt(key, iv, plaintext)
            cases.append((('encrypt', key, iv, plaintext), ciphertext))
            cases.append((('decrypt', key, iv, ciphertext), plaintext))
            damaged = bytearray(ciphertext)
            damaged[self.random.randrange(len(ciphertext))] ^= 1 << self.random.randrange(8)
            cases.append((('decrypt', key, iv, bytes(damaged)), None))
        for iv in (bytes(12), b'\xff' * 12, bytes(11) + b'\1', b'\xff' * 4 + bytes(8)):
            cases.append((('encrypt', bytes(32), iv, bytes(100)), self.openssl.encrypt(bytes(32), iv, bytes(100))))
        self.compare(cases)


if __name__ == '__main__':
    FILTER = sys.argv[1]
    tap.main(Against)
