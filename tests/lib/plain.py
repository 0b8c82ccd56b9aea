# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client and a server without encryption, for tests that send what no library would send."""
import base64
import contextlib
import hashlib
import json
import os
import queue
import socket
import struct
import threading

TEXT, CLOSE = 1, 8
GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'


class Frames:
    """The frames on a socket after the upgrade."""

    def __init__(self, stream, masked):
        self.stream, self.masked = stream, masked
        self.bytes = stream.makefile('rb')

    def send(self, opcode, payload):
        mask = os.urandom(4) if self.masked else b''
        if mask:
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        bit = 0x80 if mask else 0
        if len(payload) < 126:
            head = struct.pack('!BB', 0x80 | opcode, bit | len(payload))
        elif len(payload) < 65536:
            head = struct.pack('!BBH', 0x80 | opcode, bit | 126, len(payload))
        else:
            head = struct.pack('!BBQ', 0x80 | opcode, bit | 127, len(payload))
        self.stream.sendall(head + mask + payload)

    def receive(self):
        """The opcode and the payload of the next frame, or None at the end."""
        head = self.bytes.read(2)
        if len(head) < 2:
            return None
        length = head[1] & 0x7f
        if length == 126:
            length = struct.unpack('!H', self.bytes.read(2))[0]
        mask = self.bytes.read(4) if head[1] & 0x80 else b'\0\0\0\0'
        payload = self.bytes.read(length)
        return head[0] & 0x0f, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))

    def read_head(self):
        lines = []
        while (line := self.bytes.readline().strip()):
            lines.append(line.decode())
        return lines

    def send_close(self, code, reason):
        self.send(CLOSE, struct.pack('!H', code) + reason.encode())

    def answer_close(self, code):
        """Completes a close that the other end has started; a client waits for the end of the stream."""
        with contextlib.suppress(OSError):
            self.send_close(code, '')
            self.stream.shutdown(socket.SHUT_RDWR)

    def wait_for_close(self):
        """The code of the close frame, or None at the end without one."""
        while (frame := self.receive()) is not None:
            if frame[0] == CLOSE:
                return struct.unpack('!H', frame[1][:2])[0] if len(frame[1]) >= 2 else 0
        return None


def connect(url, token, seconds):
    """Connects and authenticates a client."""
    address, path = url.removeprefix('ws://').split('/', 1)
    host, port = address.rsplit(':', 1)
    frames = Frames(socket.create_connection((host, int(port)), seconds), masked=True)
    key = base64.b64encode(os.urandom(16)).decode()
    frames.stream.sendall((f'GET /{path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n'
                           f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n'
                           'Sec-WebSocket-Version: 13\r\n\r\n').encode())
    assert '101' in frames.read_head()[0]
    data = {'type': 'Bearer', 'token': token}
    frames.send(TEXT, json.dumps({'event': 'authenticate', 'data': data}).encode())
    opcode, text = frames.receive()
    assert opcode == TEXT and json.loads(text)['event'] == 'connected', text
    return frames


class Server:
    """A server that accepts every token, sends what a test wants, and records what it receives."""

    def __init__(self, seconds, connected=None):
        self.seconds = seconds
        self.connected = connected or {'id': 'one', 'userId': 'ann'}
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.peers = queue.Queue()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.url = f'ws://127.0.0.1:{self.listener.getsockname()[1]}/ws'

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(self.seconds)

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self.listener.accept()
                stream.settimeout(self.seconds)
                self.accept(Frames(stream, masked=False))

    def accept(self, frames):
        head = dict(line.split(': ', 1) for line in frames.read_head()[1:])
        key = next(value for name, value in head.items() if name.lower() == 'sec-websocket-key')
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        frames.stream.sendall(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
                               f'Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n').encode())
        frames.receive()
        frames.send(TEXT, json.dumps({'event': 'connected', 'data': self.connected}).encode())
        self.peers.put(frames)

    def peer(self):
        """The next client that is authenticated."""
        return self.peers.get(timeout=self.seconds)
