// SPDX-License-Identifier: LGPL-2.1-or-later
// A process that is not a server, and sends messages: emitter.mjs JSON…
//
// Each is what a method of the emitter takes: a "room" (and "exclude"), a "userId" or a "clientId", or
// none of them for all clients; "event" and "data".
import { RedisHelper, WebSocketEmitter } from '@venizia/ignis-helpers';

const redisConnection = new RedisHelper({
  name: 'interop-emitter', host: '127.0.0.1', port: Number(process.env.REDIS_PORT),
});
const emitter = new WebSocketEmitter({ redisConnection });

const send = message => {
  if ('room' in message)
    return emitter.toRoom(message);
  if ('userId' in message)
    return emitter.toUser(message);
  if ('clientId' in message)
    return emitter.toClient(message);
  return emitter.broadcast(message);
};

await emitter.configure();
for (const message of process.argv.slice(2))
  await send(JSON.parse(message));
await emitter.shutdown();
process.exit(0);
