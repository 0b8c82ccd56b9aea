// SPDX-License-Identifier: LGPL-2.1-or-later
// Is compiled, not run. An error that is expected and does not occur is an error.
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import Json from 'gi://Json?version=1.0';
import Signal from 'gi://Signal?version=1.0';

const fetchToken = async (): Promise<string> => 'secret';

export async function use(): Promise<void> {
    const server = new Signal.Server({path: '/ws'});
    const client = new Signal.Client({server_url: server.get_uri() ?? '', auto_join_rooms: ['kitchen']});

    server.connect('authenticate', async (_server, peer, _type, token) => token === 'secret' ? peer.id : null);
    client.set_token('secret');
    client.set_token(fetchToken);
    client.set_token(() => 'secret');
    client.fail_token();
    client.connect('authenticate', fetchToken);
    client.connect('authenticate', () => null);
    client.connect('token-requested', fetchToken);
    client.connect('token-requested', async source => {
        source.update_token(await fetchToken());
        return true;
    });
    client.connect_after('authenticate', fetchToken);
    client.connect('message::chat', (source, message) => source.sendMessage(message.event, message.value));
    client.connect('disconnected', (_client, error: GLib.Error | null) => print(error?.message));

    const connected: boolean = await client.connect_async();
    await client.connect_async('secret');
    await client.connect_async('secret', new Gio.Cancellable());
    client.connect_async('secret', null, (source, result) => source?.connect_finish(result));

    const accepted: boolean = client.sendMessage('chat', {text: 'hi', tags: ['a', 1, null, true]});
    client.sendMessage('empty');
    const written: boolean = await client.send('chat', null);
    const flushed: boolean = await client.flush();
    const answer: Signal.Message = await client.request('order', {n: 1}, {timeout: 5000});
    await client.request('order');

    const messages: Signal.Messages = client.messages('chat', {limit: 10});
    const {value, done} = await messages.next();
    const id: string | null | undefined = value?.id;
    for await (const message of client.messages())
        print(message.event, message.value.text, message.is_encrypted());
    await messages.return();
    print(connected, accepted, written, flushed, answer.value, id, done, messages.dropped);
    await client.disconnect_async();
    await server.stop_async();
}

export async function send(): Promise<void> {
    const bus = new Signal.Bus({uri: 'redis://localhost', channel_prefix: 'shop:'});
    const server = new Signal.Server({bus});
    const connected: boolean = await bus.connect_async();
    await bus.connect_async(new Gio.Cancellable());
    bus.connect_async(null, (source, result) => source?.connect_finish(result));
    bus.connect('error', (_bus, error: GLib.Error) => print(error.message));

    const sent: boolean = bus.sendToRoom('kitchen', 'chat', {text: 'hi'}, ['c1']);
    bus.sendToUser('ann', 'chat');
    bus.sendToPeer('c1', 'chat', [1, null]);
    bus.broadcast('chat');
    bus.broadcast('chat', 'hi', ['c1']);
    bus.broadcast('chat', Json.from_string('1'), null);
    print(server.bus?.server_id, connected, sent);
    const closed: boolean = await bus.close_async();
    print(closed);
}

export function misuse(client: Signal.Client, message: Signal.Message): void {
    // @ts-expect-error: a function has no representation in JSON
    client.sendMessage('chat', () => 1);
    // @ts-expect-error: the event is a string
    client.messages(5);
    // @ts-expect-error: the options are an object
    client.request('order', null, 5000);
    // @ts-expect-error: the token is a string
    client.set_token(() => 5);
    // @ts-expect-error: the IDs are in an array
    new Signal.Bus().sendToRoom('kitchen', 'chat', 1, 'c1');
    // @ts-expect-error: a message is immutable
    message.event = 'chat';
    // @ts-expect-error: there is no such method
    client.sendMessages('chat', 1);
}
