# SPDX-License-Identifier: LGPL-2.1-or-later
"""The checker of histories itself: histories that are correct, and the same with a single fault."""
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

import tap

sys.dont_write_bytecode = True
CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'check')
loader = importlib.machinery.SourceFileLoader('check', CHECK)
check = importlib.util.module_from_spec(importlib.util.spec_from_loader('check', loader))
loader.exec_module(check)


class Script:
    """Writes a history. A millisecond passes with each line."""

    def __init__(self):
        self.lines = []
        self.time = 0
        self.n_messages = 0

    def add(self, actor, kind, **members):
        self.time += 1000
        self.lines.append({'time': self.time, 'process': 1, 'actor': actor, 'kind': kind, **members,
                           'where': f'script:{len(self.lines) + 1}'})
        return self

    def admit(self, connection, client, server='server', user='user', rooms=(), **members):
        self.add(server, 'admitted', connection=connection, user=user, rooms=[connection, *rooms], **members)
        return self.add(client, 'connect', connection=connection, rooms=[])

    def join(self, connection, client, room, server='server'):
        self.add(client, 'join', rooms=[room])
        self.add(server, 'joined', connection=connection, rooms=[room])
        return self.add(client, 'joined', connection=connection, rooms=[room])

    def begin(self, actor, payload, event='e', **members):
        self.n_messages += 1
        return self.add(actor, 'send', message=self.n_messages, event=event, payload=json.dumps(payload),
                        **members)

    def end(self, actor, outcome, message=None):
        return self.add(actor, outcome, message=message or self.n_messages)

    def send(self, actor, payload, outcome='accepted', **members):
        return self.begin(actor, payload, **members).end(actor, outcome)

    def receive(self, actor, connection, *payloads, by='client', event='e'):
        for payload in payloads:
            self.add(actor, 'receive', by=by, connection=connection, event=event, payload=json.dumps(payload))
        return self

    def wait(self, seconds):
        self.time += int(seconds * 1_000_000)
        return self

    def check(self):
        lines = [{**line, 'actor': f'{line["process"]}/{line["actor"]}'} for line in self.lines]
        return check.History(lines).check()


def connected():
    """Two clients of a server; the first one is in the room."""
    return Script().admit('a', 'ann').admit('b', 'bob', user='bob').join('a', 'ann', 'tea')


def two_servers():
    """One client of each of two servers that have a bus; both are in the room."""
    script = Script()
    for server in ('server', 'other'):
        script.add(server, 'bus', group='', connected=True)
    script.admit('a', 'ann').admit('b', 'bob', 'other')
    return script.join('a', 'ann', 'tea').join('b', 'bob', 'tea', 'other')


class HistoryTest(unittest.TestCase):
    def assert_correct(self, script):
        self.assertEqual(script.check(), [])

    def assert_fault(self, script, kind):
        """There is one fault, or several of the same kind."""
        self.assertEqual({fault.split(':')[0] for fault in script.check()}, {kind})


class Upwards(HistoryTest):
    """From clients to a server."""

    def test_correct(self):
        self.assert_correct(connected().send('ann', 1).send('ann', 2).send('bob', 1)
                            .receive('server', 'a', 1, 2, by='server').receive('server', 'b', 1, by='server'))

    def test_same_payload_twice(self):
        self.assert_correct(connected().send('ann', 1).send('ann', 1)
                            .receive('server', 'a', 1, 1, by='server'))

    def test_received_twice(self):
        self.assert_fault(connected().send('ann', 1).receive('server', 'a', 1, 1, by='server'), 'received twice')

    def test_received_again_after_reconnect(self):
        self.assert_fault(connected().send('ann', 1).receive('server', 'a', 1, by='server')
                          .admit('a2', 'ann').receive('server', 'a2', 1, by='server'), 'received twice')

    def test_swapped(self):
        self.assert_fault(connected().send('ann', 1).send('ann', 2)
                          .receive('server', 'a', 2, 1, by='server'), 'wrong order')

    def test_swapped_across_connections(self):
        """A server may read the end of a lost connection after the beginning of the next one."""
        self.assert_correct(connected().send('ann', 1).admit('a2', 'ann').send('ann', 2)
                            .receive('server', 'a2', 2, by='server').receive('server', 'a', 1, by='server'))

    def test_swapped_without_order(self):
        script = connected().add('server', 'unordered')
        self.assert_correct(script.send('ann', 1).send('ann', 2).receive('server', 'a', 2, 1, by='server'))

    def test_lost(self):
        self.assert_fault(connected().send('ann', 1).send('ann', 2).send('ann', 3)
                          .receive('server', 'a', 1, 3, by='server'), 'lost')

    def test_lost_with_the_connection(self):
        self.assert_correct(connected().send('ann', 1).send('ann', 2).admit('a2', 'ann').send('ann', 3)
                            .receive('server', 'a', 1, by='server').receive('server', 'a2', 3, by='server'))

    def test_lost_at_the_end(self):
        self.assert_correct(connected().send('ann', 1).send('ann', 2).receive('server', 'a', 1, by='server'))

    def test_lost_is_reported(self):
        self.assert_correct(connected().send('ann', 1).send('ann', 2, 'lost').send('ann', 3)
                            .receive('server', 'a', 1, 3, by='server'))

    def test_lost_without_order(self):
        script = connected().add('server', 'unordered').send('ann', 1).send('ann', 2)
        self.assert_correct(script.receive('server', 'a', 2, by='server'))
        script.wait(2).send('ann', 3).receive('server', 'a', 3, by='server')
        self.assert_fault(script, 'lost')

    def test_after_failure(self):
        self.assert_fault(connected().send('ann', 1, 'failed').receive('server', 'a', 1, by='server'),
                          'received after failure')

    def test_not_sent_is_sent_again(self):
        self.assert_correct(connected().send('ann', 1, 'failed').send('ann', 1)
                            .receive('server', 'a', 1, by='server'))

    def test_invented(self):
        self.assert_fault(connected().send('ann', 1).receive('server', 'a', 2, by='server'), 'invented')

    def test_of_another_client(self):
        self.assert_fault(connected().send('ann', 1).receive('server', 'b', 1, by='server'), 'invented')

    def test_before_it_was_sent(self):
        self.assert_fault(connected().receive('server', 'a', 1, by='server').send('ann', 1), 'invented')

    def test_while_it_is_sent(self):
        self.assert_correct(connected().begin('ann', 1).receive('server', 'a', 1, by='server')
                            .end('ann', 'accepted'))

    def test_after_disconnect(self):
        self.assert_fault(connected().send('ann', 1).add('server', 'gone', connection='a')
                          .receive('server', 'a', 1, by='server'), 'not connected')

    def test_unknown_client(self):
        """What a client sends that records nothing is not known."""
        self.assert_correct(Script().add('server', 'admitted', connection='x', user='x', rooms=['x'])
                            .receive('server', 'x', 1, by='server'))

    def test_answered(self):
        script = connected().begin('ann', 1, request=True).receive('server', 'a', 1, by='server')
        self.assert_correct(script.end('ann', 'answered'))

    def test_answered_without_receiving(self):
        self.assert_fault(connected().send('ann', 1, 'answered', request=True), 'never received')

    def test_correlation_member(self):
        script = connected().begin('ann', {'n': 1}, request=True, member='id')
        self.assert_correct(script.receive('server', 'a', {'n': 1, 'id': 'x'}, by='server')
                            .end('ann', 'answered'))

    def test_ended_twice(self):
        self.assert_fault(connected().send('ann', 1, 'sent').end('ann', 'failed'), 'ended twice')

    def test_never_ended(self):
        script = connected().begin('ann', 1, awaited=True)
        self.assert_correct(script)
        self.assert_fault(script.add('process', 'end'), 'never ended')


class Downwards(HistoryTest):
    """From a server to clients."""

    def test_correct(self):
        self.assert_correct(
            connected().join('b', 'bob', 'tea').send('server', 1, room='tea').send('server', 2, room='tea')
            .send('server', 3, peer='b').send('server', 4, user='bob').send('server', 5, all=True)
            .send('server', 6, room='b').receive('ann', 'a', 1, 2, 5).receive('bob', 'b', 1, 2, 3, 4, 5, 6))

    def test_received_twice(self):
        self.assert_fault(connected().send('server', 1, room='tea').receive('ann', 'a', 1, 1), 'received twice')

    def test_swapped(self):
        self.assert_fault(connected().send('server', 1, room='tea').send('server', 2, all=True)
                          .receive('ann', 'a', 2, 1), 'wrong order')

    def test_lost(self):
        self.assert_fault(connected().send('server', 1, room='tea').send('server', 2, peer='a')
                          .receive('ann', 'a', 2), 'lost')

    def test_lost_among_equal_ones(self):
        self.assert_fault(connected().send('server', 1, all=True).send('server', 1, all=True)
                          .send('server', 2, all=True).receive('ann', 'a', 1, 2), 'lost')

    def test_lost_at_the_end(self):
        self.assert_correct(connected().send('server', 1, room='tea').send('server', 2, room='tea')
                            .receive('ann', 'a', 1))

    def test_invented(self):
        self.assert_fault(connected().receive('ann', 'a', 1), 'invented')

    def test_stranger(self):
        self.assert_fault(connected().send('server', 1, room='tea').receive('ann', 'a', 1).receive('bob', 'b', 1),
                          'received by a stranger')

    def test_other_user(self):
        self.assert_fault(connected().send('server', 1, user='bob').receive('ann', 'a', 1),
                          'received by a stranger')

    def test_other_peer(self):
        self.assert_fault(connected().send('server', 1, peer='b').receive('ann', 'a', 1),
                          'received by a stranger')

    def test_former_member(self):
        script = connected().add('ann', 'leave', rooms=['tea']).add('server', 'left', connection='a', rooms=['tea'])
        self.assert_fault(script.send('server', 1, room='tea').receive('ann', 'a', 1), 'received by a stranger')

    def test_member_later(self):
        script = connected().send('server', 1, room='tea').join('b', 'bob', 'tea')
        self.assert_fault(script.receive('bob', 'b', 1), 'received by a stranger')

    def test_while_joining(self):
        """Either is right."""
        for arrives in (True, False):
            script = connected().add('bob', 'join', rooms=['tea']).begin('server', 1, room='tea')
            script.add('server', 'joined', connection='b', rooms=['tea']).end('server', 'accepted')
            script.send('server', 2, room='tea')
            self.assert_correct(script.receive('bob', 'b', *([1, 2] if arrives else [2])))

    def test_while_leaving(self):
        for arrives in (True, False):
            script = connected().begin('server', 1, room='tea')
            script.add('server', 'left', connection='a', rooms=['tea']).end('server', 'accepted')
            script.send('server', 2, all=True)
            self.assert_correct(script.receive('ann', 'a', *([1, 2] if arrives else [2])))

    def test_asked_to_leave(self):
        """The server delivers within the call, and did not know yet that the client wanted to leave."""
        script = connected().add('ann', 'leave', rooms=['tea']).send('server', 1, room='tea')
        script.add('server', 'left', connection='a', rooms=['tea']).send('server', 2, all=True)
        self.assert_fault(script.receive('ann', 'a', 2), 'lost')

    def test_before_the_connection(self):
        self.assert_fault(Script().add('server', 'admitted', connection='x', user='x', rooms=['x'])
                          .send('server', 1, all=True).admit('a', 'ann').receive('ann', 'a', 1),
                          'received by a stranger')

    def test_excluded(self):
        script = connected().join('b', 'bob', 'tea').send('server', 1, room='tea', **{'except': ['b']})
        script.send('server', 2, all=True).receive('ann', 'a', 1, 2)
        self.assert_fault(script.receive('bob', 'b', 1, 2), 'received by an excluded client')

    def test_not_excluded(self):
        script = connected().join('b', 'bob', 'tea').send('server', 1, room='tea', **{'except': ['b']})
        script.send('server', 2, all=True).receive('bob', 'b', 2)
        self.assert_fault(script.receive('ann', 'a', 2), 'lost')

    def test_after_failure(self):
        self.assert_fault(connected().send('server', 1, 'failed', peer='a').receive('ann', 'a', 1),
                          'received after failure')

    def test_answer(self):
        """An answer is not emitted as a message, and an answer that is late is dropped."""
        script = connected().begin('ann', 1, request=True).receive('server', 'a', 1, by='server')
        script.send('server', 2, peer='a').end('ann', 'answered', message=1)
        self.assert_correct(script.send('server', 3, event='f', peer='a').receive('ann', 'a', 3, event='f'))

    def test_white_space(self):
        script = connected().send('server', 1, all=True)
        script.lines[-2]['payload'] = ' 1 '
        self.assert_correct(script.receive('ann', 'a', 1))

    def test_long_payload(self):
        """It may be recorded as its digest."""
        script = connected().send('server', 'x' * 300, all=True)
        script.lines[-2].update(length=302, sha256=hashlib.sha256(script.lines[-2].pop('payload').encode()).hexdigest())
        self.assert_correct(script.receive('ann', 'a', 'x' * 300))
        self.assert_fault(script.receive('bob', 'b', 'y' * 300), 'invented')

    def test_numbers_of_javascript(self):
        self.assert_correct(connected().send('server', 1152921504606846976, all=True)
                            .receive('ann', 'a', 1152921504606847000))


class Bus(HistoryTest):
    """From a server to the clients of another one."""

    def test_correct(self):
        self.assert_correct(two_servers().send('server', 1, room='tea').send('server', 2, all=True)
                            .receive('ann', 'a', 1, 2).receive('bob', 'b', 1, 2))

    def test_swapped(self):
        self.assert_fault(two_servers().send('server', 1, room='tea').send('server', 2, all=True)
                          .receive('bob', 'b', 2, 1), 'wrong order')

    def test_order_of_two_servers(self):
        self.assert_correct(two_servers().send('server', 1, room='tea').send('other', 2, room='tea')
                            .receive('ann', 'a', 1, 2).receive('bob', 'b', 2, 1))

    def test_lost(self):
        self.assert_fault(two_servers().send('server', 1, room='tea').send('server', 2, room='tea')
                          .receive('bob', 'b', 2), 'lost')

    def test_subscribing(self):
        """The bus may not know yet that a client has joined, a second later it does."""
        script = two_servers().admit('c', 'eve', 'other').add('eve', 'join', rooms=['tea'])
        script.add('other', 'joined', connection='c', rooms=['tea'])
        self.assert_correct(script.send('server', 1, room='tea').send('server', 2, all=True).receive('eve', 'c', 2))
        script.wait(1.1).send('server', 3, room='tea').send('server', 4, all=True)
        self.assert_fault(script.receive('eve', 'c', 4), 'lost')

    def test_lost_with_the_bus(self):
        script = two_servers().send('server', 1, room='tea').add('other', 'bus', group='', connected=False)
        script.add('other', 'bus', group='', connected=True).send('server', 2, room='tea')
        self.assert_correct(script.receive('bob', 'b', 2))

    def test_lost_in_an_outage(self):
        script = two_servers().send('server', 1, room='tea').add('runner', 'outage')
        self.assert_correct(script.send('server', 2, room='tea').receive('bob', 'b', 2))

    def test_other_application(self):
        script = two_servers().add('third', 'bus', group='x:', connected=True).admit('c', 'eve', 'third')
        self.assert_fault(script.send('server', 1, all=True).receive('eve', 'c', 1), 'received by a stranger')

    def test_without_bus(self):
        self.assert_fault(Script().admit('a', 'ann').admit('b', 'bob', 'other').send('server', 1, all=True)
                          .receive('bob', 'b', 1), 'received by a stranger')

    def test_left_in_between(self):
        """The other server may have received the message before or after the client left."""
        for payloads in ((1, 2), (2,)):
            script = two_servers().send('server', 1, room='tea').add('bob', 'leave', rooms=['tea'])
            script.add('other', 'left', connection='b', rooms=['tea']).send('server', 2, all=True)
            self.assert_correct(script.receive('bob', 'b', *payloads))

    def test_former_member(self):
        script = two_servers().add('bob', 'leave', rooms=['tea'])
        script.add('other', 'left', connection='b', rooms=['tea']).send('server', 1, room='tea')
        self.assert_fault(script.receive('bob', 'b', 1), 'received by a stranger')

    def test_emitter(self):
        script = two_servers().add('emitter', 'bus', group='', connected=True).send('emitter', 1, room='tea')
        script.send('emitter', 2, all=True).receive('bob', 'b', 1, 2)
        self.assert_fault(script.receive('ann', 'a', 2), 'lost')


class Inexact(HistoryTest):
    """A server that does not record when it has processed a request to join or to leave, but the client knows
    that it is in a room, or not."""

    def script(self):
        return Script().add('server', 'unordered').admit('a', 'ann')

    def send(self, script, *payloads):
        """Another message that arrives shows that the first one does not any more."""
        script.send('server', 1, room='tea').wait(2).send('server', 2, all=True)
        return script.receive('ann', 'a', *payloads)

    def test_never_joined(self):
        self.assert_fault(self.send(self.script(), 1, 2), 'received by a stranger')

    def test_asked_to_join(self):
        for payloads in ((1, 2), (2,)):
            self.assert_correct(self.send(self.script().add('ann', 'join', rooms=['tea']), *payloads))

    def test_joined(self):
        script = self.script().add('ann', 'join', rooms=['tea'])
        self.assert_fault(self.send(script.add('ann', 'joined', connection='a', rooms=['tea']), 2), 'lost')

    def test_asked_to_leave(self):
        for payloads in ((1, 2), (2,)):
            script = self.script().add('ann', 'join', rooms=['tea'])
            script.add('ann', 'joined', connection='a', rooms=['tea']).add('ann', 'leave', rooms=['tea'])
            self.assert_correct(self.send(script, *payloads))

    def test_left(self):
        script = self.script().add('ann', 'join', rooms=['tea'])
        script.add('ann', 'joined', connection='a', rooms=['tea']).add('ann', 'leave', rooms=['tea'])
        script.add('ann', 'left', connection='a', rooms=['tea'])
        self.assert_fault(self.send(script, 1, 2), 'received by a stranger')

    def test_left_before_it_had_joined(self):
        """The server may process the request to join afterwards."""
        script = self.script().add('ann', 'join', rooms=['tea']).add('ann', 'leave', rooms=['tea'])
        self.assert_correct(self.send(script.add('ann', 'left', connection='a', rooms=['tea']), 1, 2))


class Command(unittest.TestCase):
    def run_check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, '1.jsonl'), 'w', encoding='utf-8') as file:
                file.write(text)
            return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, timeout=30,
                                  check=False)

    def text(self, script):
        return ''.join(json.dumps(line) + '\n' for line in script.lines)

    def test_correct(self):
        result = self.run_check(self.text(connected().send('ann', 1).receive('server', 'a', 1, by='server')))
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual(result.stdout, '1 messages sent, 1 received by servers and 0 by clients, '
                                        'over 2 connections\n')

    def test_fault(self):
        result = self.run_check(self.text(connected().receive('ann', 'a', 1)))
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stdout.startswith('invented: '))

    def test_killed_process(self):
        """The last line is incomplete."""
        self.assertEqual(self.run_check(self.text(connected()) + '{"time":').returncode, 0)

    def test_unreadable(self):
        for text in ('nonsense\n{}\n', '{}\n', '[]\n', self.text(connected().add('ann', 'nonsense')),
                     self.text(connected().end('ann', 'sent', message=7))):
            self.assertEqual(self.run_check(text).returncode, 2)

    def test_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run([sys.executable, CHECK, folder], capture_output=True, timeout=30, check=False)
        self.assertEqual(result.returncode, 2)


if __name__ == '__main__':
    tap.main(Upwards, Downwards, Bus, Inexact, Command)
