# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Signal client on websockets and cryptography, under asyncio."""
import asyncio
import base64
import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import connect

INFO = b'ignis-ecdh-p256-aes-256-gcm-v1'
HEARTBEAT = 30
MAX_SIZE = 16 * 1024 * 1024


def to_base64(data):
    return base64.b64encode(data).decode('ascii')


def derive(private_key, data):
    point = base64.b64decode(data['serverPublicKey'], validate=True)
    server_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    shared = private_key.exchange(ec.ECDH(), server_key)
    salt = base64.b64decode(data['salt'], validate=True)
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, INFO).derive(shared))


class Client:
    """Ready, with the key derived, when connect() returns. handler(event, data) gets each message."""

    @classmethod
    async def connect(cls, uri, handler):
        self = cls()
        self.handler = handler
        self.socket = await connect(uri, max_size=MAX_SIZE, proxy=None)
        private_key = ec.generate_private_key(ec.SECP256R1())
        point = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        await self.socket.send(json.dumps({
            'event': 'authenticate',
            'data': {'type': 'Bearer', 'token': 'bench', 'clientPublicKey': to_base64(point)},
        }))
        connected = json.loads(await self.socket.recv())
        if connected['event'] != 'connected':
            raise RuntimeError(f'Unexpected: {connected["event"]}')
        self.key = derive(private_key, connected['data'])
        self.tasks = [asyncio.create_task(self.receive()), asyncio.create_task(self.beat())]
        return self

    async def receive(self):
        async for frame in self.socket:
            self.handler(*self.open(frame))

    async def beat(self):
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self.socket.send('{"event":"heartbeat"}')

    def open(self, frame):
        encrypted = json.loads(frame)['data']
        iv = base64.b64decode(encrypted['iv'], validate=True)
        text = self.key.decrypt(iv, base64.b64decode(encrypted['ct'], validate=True), None)
        message = json.loads(text)
        return message['event'], message.get('data')

    async def send(self, event, data):
        iv = os.urandom(12)
        inner = json.dumps({'event': event, 'data': data})
        ciphertext = self.key.encrypt(iv, inner.encode(), None)
        await self.socket.send(json.dumps({
            'event': 'encrypted',
            'data': {'iv': to_base64(iv), 'ct': to_base64(ciphertext)},
        }))

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.socket.close()
