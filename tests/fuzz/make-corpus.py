#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seed corpora: make-corpus.py DIRECTORY. The result is always the same."""
import base64
import json
import pathlib
import random
import sys

TAG = 16
# The generator of P-256, which is a valid public key.
POINT = bytes.fromhex(
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5')
WITH_KEY, AS_SERVER, AS_TEXT, SEALED, ANSWER, DROP, IN_TWO = (1 << bit for bit in range(7))


def encode(data):
    return base64.b64encode(data).decode()


def envelope(event, **members):
    return json.dumps({'event': event, **members}, separators=(',', ':'))


def sealed(length):
    return envelope('encrypted', data={'iv': encode(bytes(12)), 'ct': encode(bytes(length + TAG))})


def frame(payload, head=0x81, mask=None):
    length = len(payload)
    second = 0x80 if mask else 0
    if length < 126:
        size = bytes([second | length])
    elif length < 65536:
        size = bytes([second | 126]) + length.to_bytes(2, 'big')
    else:
        size = bytes([second | 127]) + length.to_bytes(8, 'big')
    if mask:
        payload = mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([head]) + size + payload


def envelopes():
    yield envelope('chat')
    yield envelope('chat', data={'text': 'hé 😀', 'n': [1, -0.5e-3, None, True]}, id='7')
    yield '{"event":"a","event":"\\u0062","data":1,"data":[2]}'
    yield ' { "data" : {"event":"in"} , "event" : "\\ud83d\\ude00\\n" } '
    yield '{"event":7}'
    yield '{"event":"a","data":' + '[' * 256 + ']' * 256 + '}'
    yield '{"event":"a","data":' + '{"":' * 300 + '1' + '}' * 301
    yield sealed(0)
    yield sealed(40)
    yield '{"event":"encrypted","data":{"ct":"\\/\\/AA","iv":"AAAAAAAAAAAAAAAA"}}'


def handshakes():
    keys = {'serverPublicKey': encode(POINT), 'salt': encode(bytes(32))}
    time = '2026-01-01T00:00:00.000Z'
    yield envelope('connected', data={'id': 'c1', 'userId': 'u', 'time': time, **keys})
    yield envelope('connected', data={'id': 'c1', 'time': time})
    yield envelope('connected', data={'id': '', **keys})
    yield envelope('connected', data={'id': 'c1', 'userId': None, **keys, 'salt': None})
    yield envelope('connected', data={'id': 'c1', **keys, 'serverPublicKey': encode(b'\4' + bytes(64))})
    yield envelope('connected', data={'id': 'c1', **keys, 'serverPublicKey': encode(bytes(300))})
    yield envelope('connected', data={'id': 'c1', **keys, 'salt': encode(bytes(300))})
    yield envelope('connected', data=['c1'])
    yield '{"event":"connected","data":{"id":"\\u0000","userId":"\\ud800"}}'


def base64s():
    yield from ('', 'AA==', 'AAA=', 'AAAA', 'AB==', 'AA=A', 'A', 'AAAA\n')
    for length in (11, 32, 65, 100, 257):
        yield encode(bytes(i * 7 % 256 for i in range(length)))
    yield encode(bytes(range(96)))[:-3] + '-_='


def names():
    yield from ('wss://example.org/ws', 'ws://localhost:3000/stream', 'ws://127.0.0.1', 'ws://[::1]:1/',
                'ws://example.org/', 'wss://a:b@example.org/', 'wss://example.org/#f', 'http://a/',
                'wss://é.example/?q=%20', 'ws-default', 'ws:reserved', 'room', '😀' * 128, 'a' * 257,
                'ws://app.LocalHost.:80/', 'wss://[fe80::1%25eth0]:443/', 'wss://a%0d%0aX:%201/',
                'wss://a..b/', 'wss://127.1/', 'wss://a.0x7f/', 'ws://127.0.0.1:0/a b')


def responses():
    head = ('HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
    for piece, text in ((255, head + '\r\n{}\n'), (1, head + '\r\n'), (7, head + 'X: y'),
                        (5, 'HTTP/1.1 103 A\r\nLink: <a>\r\n\r\n' + head + '\r\n\0'),
                        (9, 'HTTP/1.1 503 B\r\nRetry-After: 7\r\n\r\n'),
                        (9, 'HTTP/1.1 503 B\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n\r\n'),
                        (3, head + 'Content-Length: 5\r\n\r\nhello'), (2, 'SSH-2.0-x\r\n'),
                        (255, 17 * 'HTTP/1.1 102 P\r\n\r\n'), (4, 'HTTP/1.1 101 OK\n'),
                        (4, head + 'X: a\0b\r\n\r\n'), (255, head + 'X: ' + 33000 * 'x')):
        yield bytes([piece]) + text.encode()


def channels():
    def texts(flags, *lines):
        return bytes([AS_TEXT | flags]) + '\n'.join(lines).encode()

    yield texts(0, envelope('connected', data={'id': 'c1'}), envelope('chat', data=[1]))
    yield texts(ANSWER | AS_SERVER, envelope('authenticate', data={'token': 't'}), 'no json')
    yield texts(WITH_KEY | SEALED | ANSWER, envelope('chat', data={'a': 1}), envelope('b', id='\n'))
    yield texts(WITH_KEY | SEALED | AS_SERVER | IN_TWO, envelope('connected'), '[]', '')
    yield texts(WITH_KEY | SEALED | DROP, envelope('chat'), envelope('chat'))
    yield texts(WITH_KEY, sealed(5), envelope('chat'), envelope('error', data={'message': 'm'}))
    yield texts(DROP, '{')
    yield texts(WITH_KEY, envelope('encrypted'))
    text = envelope('chat', data='x' * 150).encode()
    yield bytes([ANSWER]) + frame(text) + frame(b'', 0x89) + frame(b'\x03\xe8bye', 0x88)
    yield b'\0' + frame(text[:20], 0x01) + frame(b'p', 0x8a) + frame(text[20:], 0x80)
    yield bytes([AS_SERVER | ANSWER]) + frame(text, mask=b'abcd') + frame(b'\x0f\xa1', 0x88, b'abcd')
    yield b'\0' + frame(text, 0x82) + frame(b'\xff\xfe') + frame(text, 0xc1)
    yield b'\0' + b'\x81\x7f' + b'\xff' * 8 + text
    yield b'\0' + b'\x81\x7f' + (1 << 20).to_bytes(8, 'big') + text
    yield bytes([IN_TWO]) + frame(text, 0x01) + 120 * frame(text, 0x00)
    yield b'\0' + 50 * frame(b'ping', 0x89) + frame(b'', 0x88)
    yield b'\0' + frame(b'\x03', 0x88)


def buses():
    def text(channel, prefix='', **members):
        body = json.dumps({'serverId': 's', **members}, separators=(',', ':'), ensure_ascii=False)
        return f'{prefix}\n{channel}\n{body}'

    yield text('ws:broadcast', type='broadcast', event='a')
    yield text('ws:broadcast', type='broadcast', event='a', data=None, exclude=['c1', 'c"2'])
    yield text('ws:room:tea', type='room', target='tea', event='a', data={'n': [1, -0.5e-3]}, exclude=[])
    yield text('p:ws:client:c1', 'p:', type='client', target='c1', event='hé 😀', data='x')
    yield text('ws:user:a"b', type='user', target='a"b', event='a', data=2 ** 64)
    yield text('ws:user:u', type='room', target='u', event='a')
    yield text('ws:broadcast', type='broadcast', event='connected')
    yield text('ws:broadcast', type='broadcast', event='a', exclude='c1')
    yield text('ws:broadcast', type='nothing', event='')
    yield text('ws:room:', type='room', target='', event=7)
    yield '\nws:broadcast\n{"serverId":"own"}'
    yield '\nws:broadcast\n{"type":"broadcast","event":"a","serverId":"\\u006fwn"}'
    yield ('\nws:room:t\n {"event":"\\u0061","event":"b","data":1,"data":[2],"target":"\\u0074","type":"room",'
           '"exclude":[1,"\\ud800","\\ud83dx",["c"],"\\u0000","c"],"serverId":"s","id":"7"} ')
    yield '\nws:broadcast\n{"serverId":"s","type":"broadcast","event":"a","exclude":' + '[' * 256 + ']' * 256 + '}'
    yield '\nws:broadcast\n{"serverId":"s","type":"broadcast","event":"a","data":' + '[' * 257 + ']' * 257 + '}'
    yield '\n\n'


def jsons():
    yield ' { "a" : [ 1 , -0 , 1.5e-3 , true , false , null ] , "b" : { "" : "" } } '
    yield '{"a":1,"\\u0061":2,"a":3}'
    yield '"\\ud83d\\ude00 \\ud800 \\u0000 \\n\\/é😀"'
    yield '[9223372036854775807,-9223372036854775808,9223372036854775808,1e400,5e-324,1E+2]'
    yield from ('', ' ', '{} {}', '[1,]', '{"a":1,}', '[1 2]', '01', '.5', '1.', '0x10', '+1', '1e', '-', 'nul')
    yield from ("'a'", '/* c */ {}', '// c\n[]', '#c\n1', 'var a = {};', '{a:1}', '"\t"', '"\\v"', '"\\', '[')
    yield '[' * 256 + ']' * 256
    yield '{"":' * 257 + '1' + '}' * 257


def upgrade_requests():
    def request(*fields, flags=0, first='GET /ws HTTP/1.1', host='127.0.0.1', origin=None):
        lines = [first, f'Host: {host}', 'Upgrade: websocket', 'Connection: keep-alive, Upgrade',
                 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', *fields]
        if origin is not None:
            lines.append(f'Origin: {origin}')
        return bytes([flags]) + '\r\n'.join([*lines, '', '']).encode()

    in_two, after_each, half_close, with_list, with_name, drop = (1 << bit for bit in range(6))
    yield request()
    yield request('Sec-WebSocket-Extensions: permessage-deflate', 'Sec-WebSocket-Protocol: a, b', flags=in_two)
    yield request(origin='http://127.0.0.1', flags=after_each)
    yield request(origin='https://listed.example', flags=with_list)
    yield request(origin='HTTPS://LISTED.example:443', flags=with_list | half_close)
    yield request(origin='http://named.example:8080', host='named.example:8080', flags=with_name)
    yield request(origin='http://[::1]:80', host='[::1]')
    yield request(origin='http://evil.example', host='evil.example')
    yield request(origin='null', flags=with_list)
    yield request('Origin: http://localhost', origin='http://localhost', host='localhost')
    yield request('Host: b')
    yield request('Content-Length: 5') + b'hello'
    yield request('Transfer-Encoding: chunked', flags=half_close) + b'5\r\nhello\r\n0\r\n\r\n'
    yield request('Expect: 100-continue', 'Content-Length: 9')
    yield request(first='POST /ws HTTP/1.1')
    yield request(first='GET /other?query HTTP/1.1')
    yield request(first='GET http://127.0.0.1/ws HTTP/1.1')
    yield request(first='GET /ws HTTP/1.0')
    yield request(first='OPTIONS * HTTP/1.1')
    yield request(flags=drop)
    yield request() + frame(envelope('authenticate', data={'type': 'Bearer', 'token': 't'}).encode(), mask=b'abcd')
    yield b'\0' + b'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n'
    yield b'\0' + b'GET /ws HTTP/1.1\nHost: x\n folded\nX: \0\n\n'
    yield b'\0' + b'\x16\x03\x01\0'
    yield bytes([half_close]) + b'GET /ws HT'
    yield request(first='GET http://127.0.0.1/ws HTTP/1.1').replace(b'Host: 127.0.0.1\r\n', b'')


def authenticates():
    optional, defer, close_inside, drop_inside, refuse_rooms, one_by_one, turn_inside, answer = (
        1 << bit for bit in range(8))
    key = encode(POINT)

    def lines(flags, *texts, **members):
        first = envelope('authenticate', data={'type': 'Bearer', 'token': 'alice', **members})
        return bytes([flags]) + '\n'.join([first, *texts]).encode()

    chat = ' ' + envelope('chat', data={'n': 1}, id='7')
    join = envelope('join', data={'rooms': ['tea', 'the-peer', 'tea', 'ws:x']})
    leave = envelope('leave', data={'rooms': ['tea', 'the-peer', 'ws-default']})
    again = envelope('authenticate', data={'type': 'Bearer', 'token': 'bob'})
    yield lines(0)
    yield lines(one_by_one | answer, chat, join, leave, again, ' ' + join, clientPublicKey=key)
    yield lines(0, chat, publicKey=key)
    yield lines(one_by_one, chat, publicKey=key, clientPublicKey=None)
    yield lines(0, clientPublicKey=7)
    yield lines(0, clientPublicKey=encode(b'\4' + bytes(64)))
    yield lines(optional | one_by_one, join, envelope('chat'), envelope('heartbeat'), leave)
    yield lines(optional, clientPublicKey='')
    yield lines(defer | one_by_one, chat, clientPublicKey=key)
    yield lines(close_inside, chat, clientPublicKey=key)
    yield lines(drop_inside | turn_inside, chat, clientPublicKey=key)
    yield lines(refuse_rooms | turn_inside | one_by_one, join, clientPublicKey=key)
    yield lines(0, token='no')
    yield lines(defer, token='bytes')
    yield lines(0, token=7)
    yield lines(0, type=None)
    yield bytes([0]) + b'{"event":"authenticate"}'
    yield bytes([one_by_one]) + '\n'.join([envelope('chat'), join, again, 'x']).encode()
    yield bytes([optional]) + rb'{"event":"authenticate","data":{"type":"\u0000","token":"\ud800","token":"b"}}'
    yield b'\0{"event":"authenticate","data":{"type":"Bearer","token":"a","token":7}}'


def apis():
    for number in range(24):
        generator = random.Random(number)
        yield bytes(generator.randrange(256) for _ in range(20 + number * 12))


def main():
    corpora = {'envelope': envelopes, 'handshake': handshakes, 'base64': base64s, 'names': names,
               'channel': channels, 'response': responses, 'bus': buses,
               'json': jsons, 'authenticate': authenticates, 'api': apis, 'upgrade-request': upgrade_requests}
    for name, make in corpora.items():
        directory = pathlib.Path(sys.argv[1]) / name
        directory.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(make()):
            data = seed if isinstance(seed, bytes) else seed.encode()
            (directory / f'{number:02}').write_bytes(data)


main()
