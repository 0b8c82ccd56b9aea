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

SECONDS = 20
TOKEN = 'chat'
ROOM = 'kitchen'
# What has no text is passed over; what could act on a terminal is not shown.
HOSTILE = ('{"room":"kitchen"}', '{"room":"kitchen","from":1,"text":["a"]}',
           '{"room":"kitchen","from":null,"text":"a"}', '{"room":"kitchen","from":{},"text":null}',
           '{"room":"kitchen","from":"\\u001b[2J\\u0000","text":"\\u009bm\\u202e\\n ☕"}')


processes = []
"""All that were started, to be killed at the end."""


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
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip('\n'))
        self.lines.put(None)

    def hear(self, count):
        return [self.lines.get(timeout=SECONDS) for _ in range(count)]

    def say(self, text):
        self.process.stdin.write(text + '\n')
        self.process.stdin.flush()

    def leave(self):
        self.process.stdin.close()
        return self.process.wait(SECONDS)


    def fail(self):
        """What it says when it ends by itself, and its status."""
        status = self.process.wait(SECONDS)
        return status, self.process.stderr.read()


def says(result, words):
    """The words if they are in the last line and no traceback is, else all that it says."""
    status, text = result
    is_right = words in text[text.rstrip().rfind('\n') + 1:] and not re.search('Traceback|JS ERROR', text)
    return status, words if is_right else text


def refuse(program, commands):
    """The same of chats that cannot connect. Their input stays open."""
    server = Server(program)
    gone = Server(program)
    gone.stop()
    for url, token, words in ((server.url, 'wrong', 'refused the token'), (gone.url, TOKEN, 'Could not connect'),
                              ('nonsense', TOKEN, 'URL is not valid')):
        for name, command in commands:
            chat = Chat(name, command, url, token, stderr=subprocess.PIPE)
            yield f'{name}: {words}', [*chat.hear(1), says(chat.fail(), words)], [None, (1, words)]
    server.stop()


def lose(program, commands):
    """The same of chats whose server comes back and does not want them any more."""
    server = Server(program)
    chats = [Chat(name, command, server.url, stderr=subprocess.PIPE) for name, command in commands]
    heard = [chat.hear(1) for chat in chats]
    server.stop()
    server = Server(program, server.port, 'another')
    for chat, first in zip(chats, heard):
        words = 'refused the token'
        last = [*chat.hear(1), says(chat.fail(), words)]
        yield f'{chat.name}: {words} later', first + last, ['Connected', None, (1, words)]
    server.stop()


def talk(chats, send):
    """(name, heard, expected) of each."""
    for chat in chats:
        yield chat.name, chat.hear(1), ['Connected']
    for chat in chats:
        chat.say(f'hello from {chat.name} ☕ "quoted"')
    for chat in chats:
        yield chat.name, sorted(chat.hear(len(chats) - 1)), sorted(
            f'{other.name}: hello from {other.name} ☕ "quoted"' for other in chats
            if other is not chat)
    for text in HOSTILE:
        send(text)
    for chat in chats:
        yield chat.name, chat.hear(1), ['\ufffd[2J\ufffd: \ufffdm\ufffd\ufffd ☕']
    for chat in chats:
        yield chat.name, [chat.leave(), *chat.hear(1)], [0, None]


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
    results = itertools.chain(talk(chats, send), refuse(options.server, commands), lose(options.server, commands))
    try:
        for number, (name, heard, expected) in enumerate(results, 1):
            print('ok' if heard == expected else 'not ok', number, name, flush=True)
            if heard != expected:
                failed = True
                print('#', heard, 'not', expected, flush=True)
    finally:
        for process in processes:
            process.kill()
            process.wait(SECONDS)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
