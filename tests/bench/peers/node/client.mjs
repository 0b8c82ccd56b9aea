// SPDX-License-Identifier: LGPL-2.1-or-later
// A Signal client on ws and WebCrypto, as the specification's TypeScript client is. Decryptions
// run side by side on Node's threads, and a message is handed over as soon as its own is done.

import {Buffer} from 'node:buffer';
import WebSocket from 'ws';

const {subtle} = globalThis.crypto;
const INFO = 'ignis-ecdh-p256-aes-256-gcm-v1';
const HEARTBEAT_MS = 30000;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', {fatal: true});

const toBase64 = bytes => Buffer.from(bytes).toString('base64');
const fromBase64 = text => Buffer.from(text, 'base64');

async function deriveKey(pair, data) {
    const curve = {name: 'ECDH', namedCurve: 'P-256'};
    const serverKey = await subtle.importKey('raw', fromBase64(data.serverPublicKey), curve, false, []);
    const shared = await subtle.deriveBits({name: 'ECDH', public: serverKey}, pair.privateKey, 256);
    const ikm = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);

    return subtle.deriveKey(
        {name: 'HKDF', hash: 'SHA-256', salt: fromBase64(data.salt), info: encoder.encode(INFO)},
        ikm, {name: 'AES-GCM', length: 256}, false, ['encrypt', 'decrypt']);
}

export class Client {
    #socket;
    #pair;
    #key;
    #handler;
    #onReady;
    #onFailure;
    #heartbeat;

    /* Resolves when the key is derived. handler(event, data) gets every message. */
    static connect(uri, handler, onFailure) {
        return new Promise((resolve, reject) => {
            const client = new Client();
            const fail = error => {
                reject(error);
                onFailure(error);
            };

            client.#handler = handler;
            client.#onReady = () => resolve(client);
            client.#onFailure = fail;
            client.#socket = new WebSocket(uri);
            client.#socket.on('open', () => client.#authenticate().catch(fail));
            client.#socket.on('message', data => client.#receive(data).catch(fail));
            client.#socket.on('error', fail);
            client.#socket.on('close', () => {
                clearInterval(client.#heartbeat);
                reject(new Error('It was closed'));
            });
        });
    }

    async #authenticate() {
        this.#pair = await subtle.generateKey({name: 'ECDH', namedCurve: 'P-256'}, false, ['deriveBits']);
        const point = await subtle.exportKey('raw', this.#pair.publicKey);

        this.#socket.send(JSON.stringify({
            event: 'authenticate',
            data: {type: 'Bearer', token: 'bench', clientPublicKey: toBase64(point)},
        }));
    }

    async #receive(frame) {
        const {event, data} = JSON.parse(frame.toString());

        if (event === 'encrypted') {
            const bytes = await subtle.decrypt({name: 'AES-GCM', iv: fromBase64(data.iv)},
                await this.#key, fromBase64(data.ct));
            const message = JSON.parse(decoder.decode(bytes));

            this.#handler(message.event, message.data);
        } else if (event === 'connected') {
            this.#key = deriveKey(this.#pair, data);
            this.#key = await this.#key;
            this.#heartbeat = setInterval(() => {
                this.#socket.send(JSON.stringify({event: 'heartbeat'}));
            }, HEARTBEAT_MS);
            this.#onReady();
        } else {
            throw new Error(`Unexpected: ${event}`);
        }
    }

    async send(event, data) {
        const iv = globalThis.crypto.getRandomValues(new Uint8Array(12));
        const inner = encoder.encode(JSON.stringify({event, data}));
        const ct = await subtle.encrypt({name: 'AES-GCM', iv}, this.#key, inner);

        this.#socket.send(JSON.stringify({
            event: 'encrypted',
            data: {iv: toBase64(iv), ct: toBase64(ct)},
        }));
    }

    close() {
        return new Promise(resolve => {
            this.#socket.on('close', resolve);
            this.#socket.close(1000);
        });
    }
}
