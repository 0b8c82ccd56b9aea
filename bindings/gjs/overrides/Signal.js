// SPDX-License-Identifier: LGPL-2.1-or-later
// Additions to signal-glib for GJS: promises, native values, and asynchronous iteration.
//
// GJS loads this file automatically for "import Signal from 'gi://Signal?version=1.0'".

/* exported _init */

const {GLib, GObject, Json} = imports.gi;

let Signal = null;

/* The default limit of messages that are queued for an iterator, and before the first one is created. */
const MESSAGES_LIMIT = 1000;
const EARLY = Symbol('messages that arrive before the first iterator is created');
const TOKENS = Symbol('functions that supply the token');

/* Rejects values that JSON.stringify() omits or replaces by null. */
function refuseWhatIsNotJson(_key, value) {
    switch (typeof value) {
    case 'undefined':
    case 'function':
    case 'symbol':
        throw new TypeError(`A value of type ${typeof value} cannot be represented as JSON`);
    case 'number':
        if (!Number.isFinite(value))
            throw new TypeError(`${value} cannot be represented as JSON`);
    }
    return value;
}

/* Replaces an asynchronous method by one that returns a promise if it is called without a callback. */
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

/* Calls an asynchronous method, and returns a promise for what its finish function returns. */
function promise(client, start, finish, ...args) {
    return new Promise((resolve, reject) => {
        client[start](...args, (source, result) => {
            try {
                resolve(source[finish](result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

function checkEvent(event) {
    if (String(event).includes('\0'))
        throw new TypeError('The name of the event contains a null character');
}

/* Rejects names and IDs that GJS would truncate. */
function checkTexts(...texts) {
    if (texts.some(text => String(text).includes('\0')))
        throw new TypeError('A name or an ID contains a null character');
}

/* Returns the text of a payload, which is a native value or a Json.Node. undefined means no payload. */
function textOf(payload) {
    if (payload === undefined)
        return null;
    return payload instanceof Json.Node ? Json.to_string(payload, false)
        : JSON.stringify(payload, refuseWhatIsNotJson);
}

/* Emits the signal "error", or logs a warning if no handler is connected to it. */
function reportDropped(client, text) {
    const id = GObject.signal_lookup('error', Signal.Client.$gtype);

    if (GObject.signal_has_handler_pending(client, id, 0, true))
        client.emit('error', new GLib.Error(Signal.Error, Signal.Error.FAILED, text));
    else
        console.warn(text);
}

/* A queue of messages, which drops the oldest ones when its limit is exceeded. */
class Queue {
    #messages = [];
    #limit;
    #isBehind = false;
    dropped = 0;

    constructor(limit) {
        this.#limit = limit;
    }

    /* Queues a message. Returns whether this is the first one for which another had to be dropped. */
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

/* Queues messages until messages() is called. */
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

/* An asynchronous iterator over the messages of a client. */
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

    /* The number of messages that were dropped because the queue was full. */
    get dropped() {
        return this.#queue.dropped;
    }

    #takeEarly(early, event) {
        for (const message of early.queue) {
            if (event === null || message.get_event() === event)
                this.#queue.put(message);
        }
        this.#queue.dropped += early.queue.dropped;
        /* Iterators that are created at the same time receive these messages as well. */
        Promise.resolve().then(() => early.stop());
        if (this.dropped > 0) {
            reportDropped(this.#client, `${this.dropped} messages that arrived before messages() was called ` +
                'were dropped; call it earlier');
        }
    }

    #take(message) {
        const waiting = this.#waiting.shift();

        if (waiting) {
            waiting.resolve({done: false, value: message});
        } else if (this.#queue.put(message)) {
            reportDropped(this.#client, 'Messages were dropped because too many were queued for an ' +
                'iterator; read them faster, or increase the limit of messages()');
        }
    }

    #end(error) {
        this.#handlers.forEach(id => this.#client?.disconnect(id));
        this.#handlers = [];
        this.#client = null;
        this.#ended = true;
        this.#error = error;
        while (this.#waiting.length > 0)
            this.#complete(this.#waiting.shift());
    }

    #endIfOver() {
        if (this.#client?.state === Signal.ConnectionState.DISCONNECTED && this.#client.attempts > 0)
            this.#end(this.#client.get_last_error());
    }

    #complete({resolve, reject}) {
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
                this.#complete({resolve, reject});
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

/* Makes an attempt fail because an exception prevented a function from supplying the token. */
function reportFailure(client, error) {
    client.fail_token(error instanceof GLib.Error ? error
        : new GLib.Error(Signal.Error, Signal.Error.FAILED, `Could not get a token: ${error}`));
}

/* Calls the functions that supply the token of a client, and waits for promises that they return. It does
 * not reference the client. */
class Tokens {
    #source = null;
    #steps = [];
    #run = null;

    static of(client) {
        return client[TOKENS] ??= new Tokens(client);
    }

    constructor(client) {
        const {connect} = GObject.Object.prototype;

        /* Is emitted after "authenticate", whose handlers may have returned promises. */
        connect.call(client, 'token-requested', source => this.#request(source));
        connect.call(client, 'disconnected', () => this.abandon());
    }

    /* Sets a function that is called for every attempt, or null. */
    set source(source) {
        this.#source = source;
    }

    /* Ignores what the functions that are running return. */
    abandon() {
        this.#steps = [];
        this.#run = null;
    }

    /* Calls a handler of "authenticate". The first token that a handler returns is used, and a promise
     * delays the following handlers. */
    authenticate(handler, client) {
        if (this.#run)
            return null;

        const step = () => handler(client);

        if (this.#steps.length > 0) {
            this.#steps.push(step);
            return null;
        }

        const token = step();

        if (!(token instanceof Promise))
            return token ?? null;
        this.#steps.push(() => token);
        return null;
    }

    /* Calls a handler of "token-requested". A promise can provide the token or true. */
    request(handler, client) {
        if (this.#run || this.#steps.length > 0)
            return this.#request(client);

        const answer = handler(client);

        if (!(answer instanceof Promise))
            return answer;
        this.#wait(client, [() => answer], true);
        return true;
    }

    #request(client) {
        if (this.#run)
            return true;
        if (this.#steps.length > 0)
            this.#wait(client, this.#steps.splice(0), false);
        else if (this.#source)
            this.#wait(client, [this.#source], false);
        else
            return false;
        return true;
    }

    /* If mayReturnTrue is true, the last step may also call update_token() instead of returning a token. */
    async #wait(client, steps, mayReturnTrue) {
        const run = this.#run = {};
        let token = null;
        let use = () => this.#use(client, token, mayReturnTrue);

        try {
            for (const step of steps) {
                token = await step();
                if (typeof token === 'string')
                    break;
            }
        } catch (error) {
            use = () => reportFailure(client, error);
        }
        if (this.#run !== run)
            return;
        this.#run = null;
        use();
    }

    #use(client, token, mayReturnTrue) {
        if (typeof token === 'string')
            client.update_token(token);
        else if (mayReturnTrue && (token === true || token === undefined))
            return;
        else if (token ?? false)
            reportFailure(client, new TypeError(`The token must be a string, not a ${typeof token}`));
        else
            client.fail_token(null);
    }
}

/* Returns a function to connect to a client instead of a handler that may return a promise. */
function wrapClientHandler(signal, handler) {
    switch (signal) {
    case 'authenticate':
        return source => Tokens.of(source).authenticate(handler, source);
    case 'token-requested':
        return source => Tokens.of(source).request(handler, source);
    default:
        return handler;
    }
}

function wrapServerHandler(signal, handler) {
    if (signal !== 'authenticate')
        return handler;
    return (server, peer, ...args) => {
        const user = handler(server, peer, ...args);

        if (!(user instanceof Promise))
            return user ?? null;
        peer.defer_authentication();
        user.catch(error => {
            logError(error);
            return null;
        }).then(checked => peer.finish_authentication(checked ?? null));
        return null;
    };
}

/* Lets the handlers of some signals return promises. */
function wrapHandlers(prototype, wrap) {
    for (const method of ['connect', 'connect_after']) {
        const connect = prototype[method];

        prototype[method] = function (name, handler) {
            return connect.call(this, name, typeof handler === 'function'
                ? wrap(name.replaceAll('_', '-'), handler) : handler);
        };
    }
}

/* Lets a function supply the token. */
function addTokenSources(prototype) {
    const {_init, set_token: setToken, update_token: updateToken, fail_token: failToken} = prototype;

    Object.assign(prototype, {
        _init({token = null, ...properties} = {}) {
            if (typeof token === 'function') {
                _init.call(this, properties);
                this.set_token(token);
            } else {
                _init.call(this, token === null ? properties : {token, ...properties});
            }
        },

        /* Sets the token, or a function that returns the token or a promise, and is called for every
         * attempt to connect. */
        set_token(token) {
            if (typeof token === 'function') {
                Tokens.of(this).source = token;
                return;
            }
            if (this[TOKENS])
                this[TOKENS].source = null;
            setToken.call(this, token);
        },

        /* The token has been supplied, so that the functions that are running have no further effect. */
        update_token(token) {
            this[TOKENS]?.abandon();
            updateToken.call(this, token);
        },

        fail_token(error = null) {
            this[TOKENS]?.abandon();
            failToken.call(this, error);
        },
    });

    Object.defineProperty(prototype, 'token', {
        set(token) {
            this.set_token(token);
        },
    });
}

/* Queues messages that arrive before the first call of messages(), if connect_async() is awaited. */
function keepEarlyMessages(client) {
    return client.state === Signal.ConnectionState.DISCONNECTED ? new Early(client) : null;
}

function _init() {
    Signal = this;

    addPromise(Signal.Client.prototype, 'connect', keepEarlyMessages);
    addPromise(Signal.Client.prototype, 'disconnect');
    addPromise(Signal.Server.prototype, 'stop');
    addPromise(Signal.Server.prototype, 'drain');
    addPromise(Signal.Bus.prototype, 'connect');
    addPromise(Signal.Bus.prototype, 'close');
    addTokenSources(Signal.Client.prototype);
    wrapHandlers(Signal.Client.prototype, wrapClientHandler);
    wrapHandlers(Signal.Server.prototype, wrapServerHandler);

    Object.assign(Signal.Client.prototype, {
        /* Sends a message whose payload is a value that JSON can represent. Without the second argument,
         * the message has no payload. */
        sendMessage(event, ...payload) {
            checkEvent(event);
            return this.send_json(event,
                payload.length > 0 ? JSON.stringify(payload[0], refuseWhatIsNotJson) : null);
        },

        /* Sends a message like sendMessage(), and resolves when it has been written. */
        async send(event, ...payload) {
            checkEvent(event);
            return promise(this, 'send_json_async', 'send_json_finish', event,
                payload.length > 0 ? JSON.stringify(payload[0], refuseWhatIsNotJson) : null, null);
        },

        /* Resolves when all messages that were accepted before have been written or reported. */
        async flush() {
            return promise(this, 'flush_async', 'flush_finish', null);
        },

        /* Sends a message with a new ID, and resolves with the answer. The timeout is in milliseconds;
         * 0 means the property request-timeout. undefined means no payload. */
        async request(event, payload = undefined, {timeout = 0, cancellable = null} = {}) {
            checkEvent(event);
            if (!Number.isInteger(timeout) || timeout < 0)
                throw new TypeError('The timeout must be a non-negative integer of milliseconds');
            return promise(this, 'request_json_async', 'request_finish', event,
                payload === undefined ? null : JSON.stringify(payload, refuseWhatIsNotJson), timeout,
                cancellable);
        },

        /* Returns an iterator over the messages of an event, or over all messages, that arrive after the
         * call. The first call after an awaited connect_async() also provides the messages that have
         * arrived in the meantime. If more than limit messages are queued, the oldest are dropped and the
         * signal "error" is emitted; 0 means no limit. The iterator ends when the client is disconnected,
         * and throws the error unless disconnect_async() was called. */
        messages(event = null, {limit = MESSAGES_LIMIT} = {}) {
            if (event !== null && typeof event !== 'string')
                throw new TypeError('The name of the event must be a string');
            if (!Number.isInteger(limit) || limit < 0)
                throw new TypeError('The limit of messages() must be a non-negative integer; 0 means no limit');
            return new Messages(this, event, limit);
        },
    });

    const {broadcast} = Signal.Bus.prototype;

    /* The payload is a value that JSON can represent; without it, or if it is undefined, the message has
     * none. except is an array of the IDs of clients that do not receive the message. */
    Object.assign(Signal.Bus.prototype, {
        sendToRoom(room, event, payload = undefined, except = null) {
            checkTexts(room, event, ...except ?? []);
            return this.send_to_room_json(room, event, textOf(payload), except);
        },

        sendToUser(userId, event, payload = undefined) {
            checkTexts(userId, event);
            return this.send_to_user_json(userId, event, textOf(payload));
        },

        sendToPeer(clientId, event, payload = undefined) {
            checkTexts(clientId, event);
            return this.send_to_peer_json(clientId, event, textOf(payload));
        },

        /* Also takes what it takes in C: a Json.Node, or null for no payload. */
        broadcast(event, payload = null, except = null) {
            checkTexts(event, ...except ?? []);
            if (payload === null || payload instanceof Json.Node)
                return broadcast.call(this, event, payload, except);
            return this.broadcast_json(event, textOf(payload), except);
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
        /* The payload, which is parsed each time the property is read, or undefined if there is none. */
        value: {
            get() {
                const text = this.get_payload_json();

                return text === null ? undefined : JSON.parse(text);
            },
        },
    });
}
