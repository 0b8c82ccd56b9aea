#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The chats of demo/ in one room, all at once: each hears what each of the others says.

  test-chat.py --server PROGRAM NAME=COMMAND…    (the words of a command are separated by commas)
"""
import argparse
import os
import queue
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


class Chat:
    def __init__(self, name, command, url):
        self.name = name
        self.process = subprocess.Popen([*command, url, ROOM, name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
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
    server = subprocess.Popen([options.server, 'serve', '--port', '0'], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    url = server.stdout.readline().split()[-1]
    chats = []
    failed = False

    def send(text):
        subprocess.run([options.server, 'send', url, 'chat', text], check=True, timeout=SECONDS)

    try:
        for chat in options.chats:
            name, _, command = chat.partition('=')
            chats.append(Chat(name, command.split(','), url))
        print(f'1..{4 * len(chats)}', flush=True)
        for number, (name, heard, expected) in enumerate(talk(chats, send), 1):
            print('ok' if heard == expected else 'not ok', number, name, flush=True)
            if heard != expected:
                failed = True
                print('#', heard, 'not', expected, flush=True)
    finally:
        for process in [server, *(chat.process for chat in chats)]:
            process.terminate()
            process.wait(SECONDS)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main())
