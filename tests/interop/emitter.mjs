// SPDX-License-Identifier: LGPL-2.1-or-later
// A process that is not a server, and sends messages: emitter.mjs JSON…
//
// Each is what a method of the emitter takes: a "room" (and "exclude"), a "userId" or a "clientId", or
// none of them for all clients; "event" and "data".
import { RedisHelper, WebSocketEmitter } from '@venizia/ignis-helpers';

import * as history from './history.mjs';

const redisConnection = new RedisHelper({
  name: 'interop-emitter', host: '127.0.0.1', port: Number(process.env.REDIS_PORT),
});
const emitter = new WebSocketEmitter({ redisConnection });

const target = ({ room, userId, clientId, exclude }) => {
  const name = { room, user: userId, peer: clientId, except: exclude };
  return room ?? userId ?? clientId ? name : { ...name, all: true };
};

const send = message => {
  history.addSend('emitter', target(message), message.event, message.data);
  if ('room' in message)
    return emitter.toRoom(message);
  if ('userId' in message)
    return emitter.toUser(message);
  if ('clientId' in message)
    return emitter.toClient(message);
  return emitter.broadcast(message);
};

history.add('emitter', 'unordered');
history.add('emitter', 'bus', { group: '', connected: true });
await emitter.configure();
for (const message of process.argv.slice(2))
  await send(JSON.parse(message));
await emitter.shutdown();
process.exit(0);
