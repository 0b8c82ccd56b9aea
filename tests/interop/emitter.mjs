// SPDX-License-Identifier: LGPL-2.1-or-later
// A process that is not a server, and sends to a room: emitter.mjs ROOM EVENT JSON
import { RedisHelper, WebSocketEmitter } from '@venizia/ignis-helpers';

const [room, event, json] = process.argv.slice(2);
const redisConnection = new RedisHelper({
  name: 'interop-emitter', host: '127.0.0.1', port: Number(process.env.REDIS_PORT),
});
const emitter = new WebSocketEmitter({ redisConnection });

await emitter.configure();
await emitter.toRoom({ room, event, data: JSON.parse(json) });
await emitter.shutdown();
process.exit(0);
