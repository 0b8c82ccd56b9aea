// SPDX-License-Identifier: LGPL-2.1-or-later
// The Node peer. What it is asked to do, and how it answers, is in ../README.md.

import process from 'node:process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';

import {Client} from './client.mjs';

const EVENT = 'bench';
const DEADLINE_MS = 60000;
const PROSE = 'The kettle is on, and there is cake for whoever comes first. ';

/* Of all threads of this process, user and system; then the time on the wall. In nanoseconds. */
function now() {
    const {user, system} = process.cpuUsage();

    return [(user + system) * 1000, Number(process.hrtime.bigint())];
}

function since([cpu, wall]) {
    const [cpuNow, wallNow] = now();

    return {cpu: cpuNow - cpu, wall: wallNow - wall};
}

function readOrder(uri) {
    const query = new URL(uri).searchParams;

    return {
        isReceive: query.get('direction') === 'receive',
        size: Number(query.get('size')),
        count: Number(query.get('count')),
        burst: Number(query.get('burst')),
    };
}

/* The same bytes as the feeder's. */
function makePayload(size) {
    const length = size - '{"text":""}'.length;

    return {text: PROSE.repeat(Math.ceil(length / PROSE.length)).slice(0, length)};
}

function receive(uri, order) {
    const expected = JSON.stringify(makePayload(order.size));

    return new Promise((resolve, reject) => {
        let left = order.count;
        let begun = null;
        const connecting = Client.connect(uri, (event, data) => {
            if (begun === null) {
                begun = now();
                connecting.then(client => client.send('go', null)).catch(reject);
            } else if (--left === 0) {
                const taken = since(begun);

                if (event === EVENT && JSON.stringify(data) === expected)
                    connecting.then(client => client.close()).then(() => resolve(taken)).catch(reject);
                else
                    reject(new Error('Not what was sent has come'));
            }
        }, reject);
    });
}

function send(uri, order) {
    const payload = makePayload(order.size);

    return new Promise((resolve, reject) => {
        let left = order.count;
        let begun = null;
        const connecting = Client.connect(uri, () => {
            begun ??= now();
            if (left === 0) {
                const taken = since(begun);

                connecting.then(client => client.close()).then(() => resolve(taken)).catch(reject);
                return;
            }
            const burst = Math.min(left, order.burst);

            left -= burst;
            connecting.then(client => {
                for (let i = 0; i < burst; i++)
                    client.send(EVENT, payload).catch(reject);
            }).catch(reject);
        }, reject);
    });
}

function withDeadline(promise) {
    const abort = new AbortController();
    const late = sleep(DEADLINE_MS, null, {signal: abort.signal}).then(() => {
        throw new Error('It took too long');
    });

    late.catch(() => {});
    return Promise.race([promise, late]).finally(() => abort.abort());
}

async function messages() {
    for await (const uri of createInterface({input: process.stdin})) {
        const order = readOrder(uri);

        try {
            const {cpu, wall} = await withDeadline((order.isReceive ? receive : send)(uri, order));

            console.log(JSON.stringify({cpu_ns: cpu, wall_ns: wall, messages: order.count}));
        } catch (error) {
            console.log(JSON.stringify({error: error.message}));
        }
    }
}

function connectIdle(uri) {
    return withDeadline(Client.connect(uri, () => {}, () => {}));
}

async function connect(uri, count) {
    const walls = [];
    const cpus = [];

    for (let i = 0; i < count; i++) {
        const begun = now();
        const client = await connectIdle(uri);
        const {cpu, wall} = since(begun);

        walls.push(wall / 1000);
        cpus.push(cpu / 1000);
        await client.close();
    }
    console.log(JSON.stringify({connect_us: walls, cpu_us: cpus}));
}

async function hold(uri, count) {
    const clients = [];

    while (clients.length < count)
        clients.push(await connectIdle(uri));
    console.log(JSON.stringify({held: clients.length}));
    process.stdin.resume();
    await once(process.stdin, 'end');
    process.exit(0);
}

const verbs = {messages: [messages, 0], connect: [connect, 2], hold: [hold, 2]};
const [verb, ...words] = process.argv.slice(2);
const [run, wanted] = Object.hasOwn(verbs, verb ?? '') ? verbs[verb] : [];

if (words.length !== wanted) {
    console.error('usage: peer messages | connect URI COUNT | hold URI COUNT');
    process.exit(2);
}
await run(words[0], Number(words[1]));
process.exit(0);
