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


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def authenticate(private_key):
    point = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return json.dumps({
        'event': 'authenticate',
        'data': {'type': 'Bearer', 'token': 'bench', 'clientPublicKey': to_base64(point)},
    })


def derive(private_key, connected):
    if connected['event'] != 'connected':
        raise RuntimeError(f'Unexpected: {connected["event"]}')
    data = connected['data']
    point = base64.b64decode(data['serverPublicKey'], validate=True)
    server_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    shared = private_key.exchange(ec.ECDH(), server_key)
    salt = base64.b64decode(data['salt'], validate=True)
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, INFO).derive(shared))


def open_frame(key, frame):
    encrypted = json.loads(frame)['data']
    iv = base64.b64decode(encrypted['iv'], validate=True)
    text = key.decrypt(iv, base64.b64decode(encrypted['ct'], validate=True), None)
    message = json.loads(text)
    return message['event'], message.get('data')


def seal(key, event, data):
    iv = os.urandom(12)
    inner = json.dumps({'event': event, 'data': data})
    ciphertext = key.encrypt(iv, inner.encode(), None)
    return json.dumps({
        'event': 'encrypted',
        'data': {'iv': to_base64(iv), 'ct': to_base64(ciphertext)},
    })


class Client:
    """Ready, with the key derived, when connect() returns. handler(event, data) gets each message."""

    @classmethod
    async def connect(cls, uri, handler):
        self = cls()
        self.handler = handler
        self.socket = await connect(uri, max_size=MAX_SIZE, proxy=None)
        private_key = new_key()
        await self.socket.send(authenticate(private_key))
        self.key = derive(private_key, json.loads(await self.socket.recv()))
        self.tasks = [asyncio.create_task(self.receive()), asyncio.create_task(self.beat())]
        return self

    async def receive(self):
        async for frame in self.socket:
            self.handler(*open_frame(self.key, frame))

    async def beat(self):
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self.socket.send('{"event":"heartbeat"}')

    async def send(self, event, data):
        await self.socket.send(seal(self.key, event, data))

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.socket.close()
