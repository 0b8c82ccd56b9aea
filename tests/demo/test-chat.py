#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The chat clients of demo/examples/ in one room, all at once: each receives what each of the others
sends. Each also prints the error and ends with 1 when it cannot connect, or can no longer.

  test-chat.py --server PROGRAM NAME=COMMAND…    (the words of a command are separated by commas)
"""
import argparse
import itertools
import os
import queue
import re
import subprocess
import sys
import threading
import time

SECONDS = 20
TOKEN = 'chat'
ROOM = 'kitchen'
READY = '{"room":"kitchen","from":"test","text":"ready"}'
# Messages without text are ignored, and characters that a terminal could interpret are replaced.
HOSTILE = ('{"room":"kitchen"}', '{"room":"kitchen","from":1,"text":["a"]}',
           '{"room":"kitchen","from":null,"text":"a"}', '{"room":"kitchen","from":{},"text":null}',
           '{"room":"kitchen","from":"\\u001b[2J\\u0000","text":"\\u009bm\\u202e\\n ☕"}')


processes = []
"""All processes, which are killed at the end."""


class Server:
    def __init__(self, program, port='0', token=TOKEN):
        self.process = subprocess.Popen([program, 'serve', '--port', port], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True,
                                        env=dict(os.environ, SIGNAL_TOKEN=token))
        processes.append(self.process)
        self.url = self.process.stdout.readline().split()[-1]
        self.port = self.url.split(':')[2].split('/')[0]

    def stop(self):
        self.process.terminate()
        self.process.wait(SECONDS)


class Chat:
    def __init__(self, name, command, url, token=TOKEN, stderr=None):
        self.name = name
        self.process = subprocess.Popen([*command, url, ROOM, name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=stderr, text=True,
                                        env=dict(os.environ, SIGNAL_TOKEN=token))
        processes.append(self.process)
        self.lines = queue.Queue()
        self.is_in_room = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            if line == 'test: ready\n':
                self.is_in_room.set()
            else:
                self.lines.put(line.rstrip('\n'))
        self.lines.put(None)

    def receive(self, count):
        return [self.lines.get(timeout=SECONDS) for _ in range(count)]

    def send(self, text):
        self.process.stdin.write(text + '\n')
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(SECONDS)

    def wait_for_failure(self):
        """The exit status and the errors of a client that exits by itself."""
        status = self.process.wait(SECONDS)
        return status, self.process.stderr.read()


def find_error(result, words):
    """The words if they are in the last line and there is no traceback, else all of the output."""
    status, text = result
    is_right = words in text[text.rstrip().rfind('\n') + 1:] and not re.search('Traceback|JS ERROR', text)
    return status, words if is_right else text


def run_failing(program, commands):
    """Like run_chat(), for clients that cannot connect. Their input stays open."""
    server = Server(program)
    stopped = Server(program)
    stopped.stop()
    for url, token, words in ((server.url, 'wrong', 'rejected the token'), (stopped.url, TOKEN, 'Could not connect'),
                              ('nonsense', TOKEN, 'URL is not valid')):
        for name, command in commands:
            chat = Chat(name, command, url, token, stderr=subprocess.PIPE)
            yield f'{name}: {words}', [*chat.receive(1), find_error(chat.wait_for_failure(), words)], [None, (1, words)]
    server.stop()


def run_rejected(program, commands):
    """Like run_chat(), for clients that a restarted server rejects."""
    server = Server(program)
    chats = [Chat(name, command, server.url, stderr=subprocess.PIPE) for name, command in commands]
    received = [chat.receive(1) for chat in chats]
    server.stop()
    server = Server(program, server.port, 'another')
    for chat, first in zip(chats, received):
        words = 'rejected the token'
        last = [*chat.receive(1), find_error(chat.wait_for_failure(), words)]
        yield f'{chat.name}: {words} later', first + last, ['Connected', None, (1, words)]
    server.stop()


def wait_in_room(chats, send):
    """Waits until the server has let all of them in, which it does not confirm."""
    deadline = time.monotonic() + SECONDS
    while not all(chat.is_in_room.is_set() for chat in chats):
        if time.monotonic() > deadline:
            raise TimeoutError('not all are in the room')
        send(READY)
        for chat in chats:
            chat.is_in_room.wait(0.2)


def run_chat(chats, send):
    """Yields (name, received, expected) for each check."""
    for chat in chats:
        yield chat.name, chat.receive(1), ['Connected']
    wait_in_room(chats, send)
    for chat in chats:
        chat.send(f'hello from {chat.name} ☕ "quoted"')
    for chat in chats:
        yield chat.name, sorted(chat.receive(len(chats) - 1)), sorted(
            f'{other.name}: hello from {other.name} ☕ "quoted"' for other in chats
            if other is not chat)
    for text in HOSTILE:
        send(text)
    for chat in chats:
        yield chat.name, chat.receive(1), ['\ufffd[2J\ufffd: \ufffdm\ufffd\ufffd ☕']
    for chat in chats:
        yield chat.name, [chat.close(), *chat.receive(1)], [0, None]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--server', required=True)
    parser.add_argument('chats', nargs='+')
    options = parser.parse_args()

    os.environ['SIGNAL_TOKEN'] = TOKEN
    os.environ['LC_ALL'] = 'C.UTF-8'
    commands = [(name, command.split(',')) for name, _, command in (
        chat.partition('=') for chat in options.chats)]
    server = Server(options.server)
    chats = [Chat(name, command, server.url) for name, command in commands]
    failed = False

    def send(text):
        subprocess.run([options.server, 'send', server.url, 'chat', text], check=True, timeout=SECONDS)

    print(f'1..{8 * len(chats)}', flush=True)
    results = itertools.chain(run_chat(chats, send), run_failing(options.server, commands),
                              run_rejected(options.server, commands))
    try:
        for number, (name, received, expected) in enumerate(results, 1):
            print('ok' if received == expected else 'not ok', number, name, flush=True)
            if received != expected:
                failed = True
                print('#', received, 'not', expected, flush=True)
    finally:
        for process in processes:
            process.kill()
            process.wait(SECONDS)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
