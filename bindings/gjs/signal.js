// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes signal-glib at home in GJS: promises, plain JavaScript values, for await.
//
//   import Signal from 'file:///usr/share/signal-glib-1.0/gjs/signal.js';

import Signal from 'gi://Signal?version=1.0';

/* JSON.stringify() leaves some of these out and makes null of others. */
function refuseWhatIsNotJson(_key, value) {
    switch (typeof value) {
    case 'undefined':
    case 'function':
    case 'symbol':
        throw new TypeError(`JSON cannot express a value of type ${typeof value}`);
    case 'number':
        if (!Number.isFinite(value))
            throw new TypeError(`JSON cannot express ${value}`);
    }
    return value;
}

/* With all its arguments a function is left as it is; without the callback it gives a promise. */
function addPromise(prototype, name) {
    const start = prototype[`${name}_async`];
    const finish = prototype[`${name}_finish`];

    prototype[`${name}_async`] = function (...args) {
        if (args.length >= start.length)
            return start.apply(this, args);
        while (args.length < start.length - 1)
            args.push(null);
        return new Promise((resolve, reject) => {
            start.call(this, ...args, (source, result) => {
                try {
                    resolve(finish.call(source, result));
                } catch (error) {
                    reject(error);
                }
            });
        });
    };
}

/* What arrives at a client, for "for await". */
class Messages {
    #client;
    #handlers;
    #arrived = [];
    #waiting = [];
    #ended = false;
    #error = null;

    constructor(client, event) {
        this.#client = client;
        this.#handlers = [
            client.connect(event === undefined ? 'message' : `message::${event}`,
                (_client, message) => this.#take(message)),
            client.connect('disconnected', (_client, error) => this.#end(error)),
        ];
        if (client.state === Signal.ConnectionState.DISCONNECTED && client.attempts > 0)
            this.#end(client.get_last_error());
    }

    #take(message) {
        const waiting = this.#waiting.shift();

        if (waiting)
            waiting.resolve({done: false, value: message});
        else
            this.#arrived.push(message);
    }

    #end(error) {
        this.#handlers.forEach(id => this.#client?.disconnect(id));
        this.#handlers = [];
        this.#client = null;
        this.#ended = true;
        this.#error = error;
        while (this.#waiting.length > 0)
            this.#settle(this.#waiting.shift());
    }

    #settle({resolve, reject}) {
        const error = this.#error;

        this.#error = null;
        if (error)
            reject(error);
        else
            resolve({done: true, value: undefined});
    }

    next() {
        return new Promise((resolve, reject) => {
            if (this.#arrived.length > 0)
                resolve({done: false, value: this.#arrived.shift()});
            else if (this.#ended)
                this.#settle({resolve, reject});
            else
                this.#waiting.push({resolve, reject});
        });
    }

    return(value) {
        this.#arrived = [];
        this.#end(null);
        return Promise.resolve({done: true, value});
    }

    [Symbol.asyncIterator]() {
        return this;
    }
}

/* The module is evaluated once, but another copy of it may have been here. */
if (!Signal.Client.prototype.sendMessage) {
    addPromise(Signal.Client.prototype, 'connect');
    addPromise(Signal.Client.prototype, 'disconnect');
    addPromise(Signal.Server.prototype, 'stop');

    Object.assign(Signal.Client.prototype, {
        /* Sends any value that JSON can express, or without a second argument no payload at all. */
        sendMessage(event, ...payload) {
            if (String(event).includes('\0'))
                throw new TypeError('The name of an event contains a null character');
            return this.send_json(event,
                payload.length > 0 ? JSON.stringify(payload[0], refuseWhatIsNotJson) : null);
        },

        /* What arrives from now on, of one event or of all. It ends when the client is
         * disconnected, and throws the error if that was not asked for. */
        messages(event) {
            return new Messages(this, event);
        },
    });

    Object.defineProperties(Signal.Message.prototype, {
        event: {
            get() {
                return this.get_event();
            },
        },
        id: {
            get() {
                return this.get_id();
            },
        },
        /* Made anew whenever it is asked for; undefined if there is no payload. */
        value: {
            get() {
                const text = this.get_payload_json();

                return text === null ? undefined : JSON.parse(text);
            },
        },
    });
}

export default Signal;
