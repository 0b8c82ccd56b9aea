// SPDX-License-Identifier: LGPL-2.1-or-later
// What overrides/Signal.js adds to the types that ts-for-gir generates from Signal-1.0.gir.

import type Gio from 'gi://Gio?version=2.0';
import type GLib from 'gi://GLib?version=2.0';
import type Json from 'gi://Json?version=1.0';

declare module 'gi://Signal?version=1.0' {
    export namespace Signal {
        /** A value that JSON can represent. */
        type Value = string | number | boolean | null | Value[] | {[member: string]: Value};

        /** Returns a token. It is called for every attempt to connect. */
        type TokenSource = () => string | null | Promise<string | null>;

        /** An iterator over the messages of a client. */
        interface Messages extends AsyncIterableIterator<Message> {
            /** The number of messages that were dropped because the queue was full. */
            readonly dropped: number;

            next(): Promise<IteratorResult<Message, undefined>>;

            /** Ends the iterator and discards the queued messages. */
            return(value?: any): Promise<IteratorResult<Message, any>>;
        }

        interface Client {
            connect_async(token?: string | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;

            disconnect_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;

            /** Handlers can return a promise for a token. */
            connect(signal: 'authenticate', callback: (client: this) => ReturnType<TokenSource>): number;

            /** Handlers can return a promise for a token, or for true if they call update_token(). */
            connect(
                signal: 'token-requested',
                callback: (client: this) => boolean | void | Promise<string | boolean | void>,
            ): number;

            connect_after(signal: 'authenticate', callback: (client: this) => ReturnType<TokenSource>): number;

            connect_after(
                signal: 'token-requested',
                callback: (client: this) => boolean | void | Promise<string | boolean | void>,
            ): number;

            /** Sets a function that supplies the token. */
            set_token(token: TokenSource): void;

            /** Reports that a requested token cannot be supplied. The client stops if there is no error. */
            fail_token(error?: GLib.Error | null): void;

            /** Sends a message. Without the second argument, it has no payload. */
            sendMessage(event: string, payload?: Value): boolean;

            /** Sends a message, and resolves when it has been written. */
            send(event: string, payload?: Value): Promise<boolean>;

            /** Resolves when all messages that were accepted before have been written or reported. */
            flush(): Promise<boolean>;

            /** Sends a message, and resolves with the answer. The timeout is in milliseconds. */
            request(
                event: string,
                payload?: Value,
                options?: {timeout?: number; cancellable?: Gio.Cancellable | null},
            ): Promise<Message>;

            /** Returns an iterator over the messages of an event, or over all messages. */
            messages(event?: string | null, options?: {limit?: number}): Messages;
        }

        interface Server {
            /** Handlers can return a promise for the ID of a user. */
            connect(
                signal: 'authenticate',
                callback: (
                    server: this, peer: Peer, type: string, token: string,
                ) => string | null | undefined | Promise<string | null | undefined>,
            ): number;

            stop_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            drain_async(duration: number, cancellable?: Gio.Cancellable | null): Promise<boolean>;
        }

        interface Bus {
            connect_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;

            close_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;

            /** Sends a message to the clients in a room, except those with certain IDs. */
            sendToRoom(room: string, event: string, payload?: Value | Json.Node, except?: string[] | null): boolean;

            /** Sends a message to the clients of a user. */
            sendToUser(userId: string, event: string, payload?: Value | Json.Node): boolean;

            /** Sends a message to a client. */
            sendToPeer(clientId: string, event: string, payload?: Value | Json.Node): boolean;

            /** Sends a message to all clients, except those with certain IDs. null means no payload. */
            broadcast(event: string, payload?: Value | Json.Node, except?: string[] | null): boolean;
        }

        interface Message {
            readonly event: string;
            readonly id: string | null;

            /** The payload, or undefined if there is none. */
            readonly value: any;
        }
    }
}
