# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that speaks as much of the protocol of Redis (RESP2) as a bus needs, in a thread."""
import contextlib
import json
import socket
import threading


class Redis:
    """Use it in "with". It passes messages on, and records them.

    refuse is an error by which PUBLISH is answered, password is required if it is not None, a mute
    server never answers, and one whose event "reading" is cleared does not read.
    """

    def __init__(self, password=None, refuse=None, mute=False, port=0):
        self.password, self.refuse, self.mute = password, refuse, mute
        self.reading = threading.Event()
        self.reading.set()
        self.published = []  # pairs of a channel and a body, which is parsed JSON
        self.commands = []
        self._lock = threading.Lock()
        self._connections = {}  # the channels to which each is subscribed
        self._listener = socket.create_server(('127.0.0.1', port))
        self.port = self._listener.getsockname()[1]
        self.uri = f'redis://127.0.0.1:{self.port}'

    def __enter__(self):
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.reading.set()
        self.drop()

    def drop(self):
        """Closes all connections."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def count(self):
        """Returns the number of connections."""
        with self._lock:
            return len(self._connections)

    def publish(self, channel, body):
        """Sends a message to those that are subscribed, and returns their number."""
        with self._lock:
            receivers = [connection for connection, channels in self._connections.items() if channel in channels]
            for connection in receivers:
                connection.sendall(_array(b'message', channel.encode(), body))
        return len(receivers)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    self._connections[connection] = set()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        allowed = self.password is None
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile('rb') as stream:
            while self.reading.wait() and (line := stream.readline()):
                words = [stream.read(int(stream.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
                self.commands.append(words[0].decode().upper())
                if self.commands[-1] == 'AUTH':
                    allowed = words[-1].decode() == self.password
                if self.mute:
                    continue
                answer = self._answer(connection, *words) if allowed else b'-NOAUTH Authentication required.\r\n'
                with self._lock:
                    connection.sendall(answer)
        with self._lock:
            self._connections.pop(connection, None)

    def _answer(self, connection, name, *operands):
        match name.upper():
            case b'PING' if self._connections[connection]:
                return _array(b'pong', b'')
            case b'PING':
                return b'+PONG\r\n'
            case b'AUTH':
                return b'+OK\r\n'
            case b'PUBLISH' if self.refuse is not None:
                return f'-{self.refuse}\r\n'.encode()
            case b'PUBLISH':
                self.published.append((operands[0].decode(), json.loads(operands[1])))
                return b':%d\r\n' % self.publish(operands[0].decode(), operands[1])
            case b'SUBSCRIBE' | b'UNSUBSCRIBE':
                return b''.join(self._subscribe(connection, name.lower(), channel) for channel in operands)
        return b'-ERR unknown command\r\n'

    def _subscribe(self, connection, name, channel):
        channels = self._connections[connection]
        (channels.add if name == b'subscribe' else channels.discard)(channel.decode())
        return b'*3\r\n' + _bulk(name) + _bulk(channel) + b':%d\r\n' % len(channels)


def _bulk(data):
    return b'$%d\r\n%s\r\n' % (len(data), data)


def _array(*items):
    return b'*%d\r\n' % len(items) + b''.join(map(_bulk, items))
