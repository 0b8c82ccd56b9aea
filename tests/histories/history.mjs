// SPDX-License-Identifier: LGPL-2.1-or-later
// Records what a process of Bun does in a history, like history.h.
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { dlopen, ptr } from 'bun:ffi';

const folder = process.env.SIGNAL_TEST_HISTORY;
const CLOCK_MONOTONIC = 1;
const LONGEST_PAYLOAD = 200;

// The clocks of Bun begin with the process.
const clock = folder === undefined
  ? undefined
  : dlopen('libc.so.6', { clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' } }).symbols;
const timespec = new BigInt64Array(2);

const now = () => {
  clock.clock_gettime(CLOCK_MONOTONIC, ptr(timespec));
  return Number(timespec[0] * 1_000_000n + timespec[1] / 1_000n);
};

let messages = 0;

export const add = (actor, kind, members) => {
  if (folder === undefined)
    return;
  const line = { time: now(), process: process.pid, actor, kind, ...members };
  appendFileSync(`${folder}/${process.pid}.jsonl`, JSON.stringify(line) + '\n');
};

// The event and the payload of a message.
export const describe = (event, data) => {
  if (folder === undefined || data === undefined)
    return { event };
  const payload = JSON.stringify(data);
  const bytes = Buffer.from(payload);
  return bytes.length <= LONGEST_PAYLOAD
    ? { event, payload }
    : { event, length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
};

// A message to a target, which is accepted when it is sent.
export const addSend = (actor, target, event, data) => {
  const message = ++messages;
  add(actor, 'send', { message, ...target, ...describe(event, data) });
  add(actor, 'accepted', { message });
};
