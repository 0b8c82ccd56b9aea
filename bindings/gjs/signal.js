// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes signal-glib at home in GJS: promises, plain JavaScript values, for await.
//
//   import Signal from 'file:///usr/share/signal-glib-1.0/gjs/signal.js';

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Signal from 'gi://Signal?version=1.0';

/* How many messages wait for an iterator, and for the first one, unless it says otherwise. */
const MESSAGES_LIMIT = 1000;
const EARLY = Symbol('what arrives before the first iterator is made');

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
function addPromise(prototype, name, begin = () => null) {
    const start = prototype[`${name}_async`];
    const finish = prototype[`${name}_finish`];

    prototype[`${name}_async`] = function (...args) {
        if (args.length >= start.length)
            return start.apply(this, args);
        while (args.length < start.length - 1)
            args.push(null);

        const begun = begin(this);

        return new Promise((resolve, reject) => {
            start.call(this, ...args, (source, result) => {
                try {
                    resolve(finish.call(source, result));
                } catch (error) {
                    reject(error);
                }
            });
        }).catch(error => {
            begun?.stop();
            throw error;
        });
    };
}

/* By the signal "error", or by a warning where nobody listens to that. */
function reportDropped(client, text) {
    const id = GObject.signal_lookup('error', Signal.Client.$gtype);

    if (GObject.signal_has_handler_pending(client, id, 0, true))
        client.emit('error', new GLib.Error(Signal.Error, Signal.Error.FAILED, text));
    else
        console.warn(text);
}

/* The newest messages, at most as many as the limit. */
class Queue {
    #messages = [];
    #limit;
    #isBehind = false;
    dropped = 0;

    constructor(limit) {
        this.#limit = limit;
    }

    /* Returns whether the reader has just fallen behind. */
    put(message) {
        const isFull = this.#limit > 0 && this.#messages.length >= this.#limit;
        const wasBehind = this.#isBehind;

        if (isFull) {
            this.#messages.shift();
            this.dropped++;
            this.#isBehind = true;
        }
        this.#messages.push(message);
        return isFull && !wasBehind;
    }

    take() {
        const message = this.#messages.shift();

        if (this.#messages.length === 0)
            this.#isBehind = false;
        return message;
    }

    clear() {
        this.#messages = [];
    }

    [Symbol.iterator]() {
        return this.#messages.values();
    }
}

/* Keeps what arrives until somebody asks for messages(). */
class Early {
    #client;
    #handlers;
    queue = new Queue(MESSAGES_LIMIT);

    constructor(client) {
        client[EARLY]?.stop();
        client[EARLY] = this;
        this.#client = client;
        this.#handlers = [
            client.connect('message', (_client, message) => this.queue.put(message)),
            client.connect('disconnected', (_client, error) => {
                if (error)
                    this.#leave();
                else
                    this.stop();
            }),
        ];
    }

    #leave() {
        this.#handlers.forEach(id => this.#client.disconnect(id));
        this.#handlers = [];
    }

    stop() {
        this.#leave();
        this.queue.clear();
        if (this.#client[EARLY] === this)
            delete this.#client[EARLY];
    }
}

/* What arrives at a client, for "for await". */
class Messages {
    #client;
    #handlers;
    #queue;
    #waiting = [];
    #ended = false;
    #error = null;

    constructor(client, event, limit) {
        this.#client = client;
        this.#queue = new Queue(limit);
        this.#handlers = [
            client.connect(event === null ? 'message' : `message::${event}`,
                (_client, message) => this.#take(message)),
            client.connect('disconnected', (_client, error) => this.#end(error)),
        ];
        if (client[EARLY])
            this.#takeEarly(client[EARLY], event);
    }

    /* How many messages were dropped because too many were waiting. */
    get dropped() {
        return this.#queue.dropped;
    }

    #takeEarly(early, event) {
        for (const message of early.queue) {
            if (event === null || message.get_event() === event)
                this.#queue.put(message);
        }
        this.#queue.dropped += early.queue.dropped;
        /* Other iterators that are made at once have a right to it, too. */
        Promise.resolve().then(() => early.stop());
        if (this.dropped > 0) {
            reportDropped(this.#client, `${this.dropped} messages that came before messages() was called ` +
                'were dropped; call it earlier');
        }
    }

    #take(message) {
        const waiting = this.#waiting.shift();

        if (waiting) {
            waiting.resolve({done: false, value: message});
        } else if (this.#queue.put(message)) {
            reportDropped(this.#client, 'Messages are dropped: too many were waiting for an iterator; ' +
                'take them faster, or set the limit of messages()');
        }
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

    #endIfOver() {
        if (this.#client?.state === Signal.ConnectionState.DISCONNECTED && this.#client.attempts > 0)
            this.#end(this.#client.get_last_error());
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
            const value = this.#queue.take();

            if (value !== undefined) {
                resolve({done: false, value});
                return;
            }
            this.#endIfOver();
            if (this.#ended)
                this.#settle({resolve, reject});
            else
                this.#waiting.push({resolve, reject});
        });
    }

    return(value) {
        this.#queue.clear();
        this.#end(null);
        return Promise.resolve({done: true, value});
    }

    [Symbol.asyncIterator]() {
        return this;
    }
}

/* What arrives between an awaited connect_async() and the first messages() is kept for that. */
function keepEarlyMessages(client) {
    return client.state === Signal.ConnectionState.DISCONNECTED ? new Early(client) : null;
}

/* The module is evaluated once, but another copy of it may have been here. */
if (!Signal.Client.prototype.sendMessage) {
    addPromise(Signal.Client.prototype, 'connect', keepEarlyMessages);
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

        /* What arrives from now on, of one event or of all; the first call after an awaited
         * connect_async() gives also what has arrived since. While more than limit messages wait, the
         * oldest are dropped, which the signal "error" reports; 0: no limit. It ends when the client
         * is disconnected, and throws the error if that was not asked for. */
        messages(event = null, {limit = MESSAGES_LIMIT} = {}) {
            if (event !== null && typeof event !== 'string')
                throw new TypeError('The name of an event is a string');
            if (!Number.isInteger(limit) || limit < 0)
                throw new TypeError('The limit of messages() is an integer, 0 (none) or more');
            return new Messages(this, event, limit);
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
