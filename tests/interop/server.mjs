// SPDX-License-Identifier: LGPL-2.1-or-later
// The public server as an application sets it up: it requires encryption, checks rooms, and has a small
// application on top. PORT, REDIS_PORT and the limits below come from the environment. With Redis Cluster,
// REDIS_CLUSTER are the ports of its nodes.
//
// PUBLIC_KEY_MEMBER is the name of the member of "authenticate" that has the key of a client.
//
// A token is NAME or NAME/MODE, and NAME becomes the user id; the token "nobody" is refused. MODE
// makes the server misbehave towards that user only, in ways that a client must handle.
import {
  ECDH, RedisClusterHelper, RedisHelper, WebSocketEmitter, WebSocketServerHelper,
} from '@venizia/ignis-helpers';

import * as history from './history.mjs';

const number = name => (process.env[name] ? Number(process.env[name]) : undefined);
const isEncrypted = process.env.ENCRYPTION !== 'none';
const canShakeHands = process.env.ENCRYPTION !== 'unconfigured';
const publicKeyMember = process.env.PUBLIC_KEY_MEMBER ?? 'clientPublicKey';
const canCheckRooms = process.env.ROOMS !== 'unconfigured';
const never = new Promise(() => {});
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

const ecdh = ECDH.withAlgorithm(process.env.ECDH_INFO ? { hkdfInfo: process.env.ECDH_INFO } : undefined);
const keys = new Map();
const throwing = new Set();

const acceptedTypes = new Set(['Bearer', 'Device']);

const parseToken = token => {
  const [name, mode] = String(token ?? '').split('/');
  return { name, mode };
};

const authenticate = async ({ type, token, ...further }) => {
  const { name, mode } = parseToken(token);
  if (mode === 'throw')
    throw new Error('the token cannot be checked');
  if (mode === 'throw-once' && !throwing.has(name)) {
    throwing.add(name);
    throw new Error('the token cannot be checked for now');
  }
  if (mode === 'hang')
    await never;
  return acceptedTypes.has(type) && name && name !== 'nobody'
    ? { userId: name, metadata: { mode, type, further } }
    : null;
};

const shakeHands = async ({ clientId, data }) => {
  const { mode } = parseToken(data.token);
  const rawKeyB64 = data[publicKeyMember];
  if (mode === 'no-handshake' || !rawKeyB64)
    return null;
  if (mode === 'hanging-handshake')
    await never;
  if (mode === 'slow-handshake')
    await pause(1500);
  try {
    const peerPublicKey = await ecdh.importPublicKey({ rawKeyB64 });
    const { keyPair, publicKeyB64 } = await ecdh.generateKeyPair();
    const { key, salt } = await ecdh.deriveAESKey({ privateKey: keyPair.privateKey, peerPublicKey });
    keys.set(clientId, key);
    return { serverPublicKey: publicKeyB64, salt };
  } catch {
    return null;
  }
};

// The data of an answer whose envelope has the ID of the request.
class Answer {
  constructor (id, data) {
    this.id = id;
    this.data = data;
  }
}

// "connected" has the data from which the key is derived, so it must not be encrypted with that key.
const transform = async ({ client, event, data }) => {
  const key = keys.get(client.id);
  if (!key || (event === 'connected' && client.metadata?.mode !== 'encrypted-connected'))
    return null;
  const message = JSON.stringify(data instanceof Answer ? { event, ...data } : { event, data });
  return { event: 'encrypted', data: await ecdh.encrypt({ message, secret: key }) };
};

const open = async (clientId, message) => {
  if (message.event !== 'encrypted')
    return isEncrypted ? null : message;
  return JSON.parse(await ecdh.decrypt({ message: message.data, secret: keys.get(clientId) }));
};

const send = (to, event, data) => {
  history.addSend('server', { room: to }, event, data);
  return helper.send({ destination: to, payload: { topic: event, data } });
};

const sendToUser = (userId, event, data) => {
  history.addSend('emitter', { user: userId }, event, data);
  return emitter.toUser({ userId, event, data });
};

const broadcast = (event, data) => {
  history.addSend('server', { all: true }, event, data);
  return helper.send({ payload: { topic: event, data } });
};

const application = {
  'echo': ({ reply, data }) => reply(data),
  'ask': ({ reply, data, id }) => reply(new Answer(id, data)),
  'ask-member': ({ reply, data }) => reply({ n: data.n, requestId: data.requestId }),
  'deny': ({ client, id }) =>
    helper.sendToClient({ clientId: client.id, event: 'error', data: new Answer(id, { message: 'Denied' }) }),
  'where': ({ reply, client }) => reply({ server: process.env.NAME, rooms: [...client.rooms] }),
  'credentials': ({ reply, client }) => reply({ type: client.metadata.type, ...client.metadata.further }),
  'members': ({ reply, data }) =>
    reply(helper.getClientsByRoom({ room: data.room }).map(client => client.userId).sort()),
  'to': ({ data }) => send(data.to, data.event, data.data),
  'to-user': ({ data }) => sendToUser(data.to, data.event, data.data),
  'broadcast': ({ data }) => broadcast(data.event, data.data),
  'close': ({ data, client }) => client.socket.close(data.code, 'as asked'),
};

const handle = async ({ clientId, message }) => {
  const inner = await open(clientId, message);
  const client = helper.getClients({ id: clientId });
  const reply = data => {
    history.addSend('server', { peer: clientId }, inner.event, data instanceof Answer ? data.data : data);
    helper.sendToClient({ clientId, event: inner.event, data });
  };
  if (inner)
    history.add('server', 'receive', {
      by: 'server', connection: clientId, ...history.describe(inner.event, inner.data),
    });
  if (inner && client)
    await application[inner.event]?.({ client, reply, data: inner.data, id: inner.id });
};

// By default, the Redis client of the package does not reconnect.
const redisConnection = process.env.REDIS_CLUSTER
  ? new RedisClusterHelper({
    name: 'interop',
    nodes: process.env.REDIS_CLUSTER.split(' ').map(port => ({ host: '127.0.0.1', port: Number(port) })),
  })
  : new RedisHelper({
    name: 'interop', host: '127.0.0.1', port: number('REDIS_PORT'), autoConnect: true, maxRetry: -1,
  });
const emitter = new WebSocketEmitter({ redisConnection });
let bun;
const helper = new WebSocketServerHelper({
  identifier: 'interop',
  path: '/ws',
  server: { publish: (...args) => bun.publish(...args) },
  redisConnection,
  requireEncryption: isEncrypted,
  handshakeFn: isEncrypted && canShakeHands ? shakeHands : undefined,
  outboundTransformer: isEncrypted ? transform : undefined,
  authenticateFn: authenticate,
  validateRoomFn: canCheckRooms
    ? ({ rooms }) => rooms.filter(room => !room.startsWith('forbidden'))
    : undefined,
  messageHandler: handle,
  clientConnectedFn: ({ clientId, userId }) => {
    history.add('server', 'admitted', {
      connection: clientId, user: userId, rooms: [...helper.getClients({ id: clientId }).rooms],
    });
  },
  clientDisconnectedFn: ({ clientId }) => {
    keys.delete(clientId);
    history.add('server', 'gone', { connection: clientId });
  },
  authTimeout: number('AUTH_TIMEOUT'),
  heartbeatInterval: number('HEARTBEAT_SWEEP'),
  heartbeatTimeout: number('HEARTBEAT_TIMEOUT'),
  serverOptions: process.env.IDLE_TIMEOUT
    ? { idleTimeout: number('IDLE_TIMEOUT'), sendPings: false }
    : undefined,
});

// The members of a room are not known at any time, and encryption changes the order.
for (const actor of ['server', 'emitter']) {
  history.add(actor, 'unordered');
  history.add(actor, 'bus', { group: '', connected: true });
}
await Promise.all([helper.configure(), emitter.configure()]);
bun = Bun.serve({
  hostname: '127.0.0.1',
  port: number('PORT'),
  websocket: helper.getBunWebSocketHandler(),
  fetch (request, server) {
    if (new URL(request.url).pathname !== helper.getPath())
      return new Response('not here', { status: 404 });
    if (server.upgrade(request, { data: { clientId: crypto.randomUUID() } }))
      return undefined;
    return new Response('a WebSocket is expected', { status: 426 });
  },
});

process.on('SIGTERM', async () => {
  bun.stop();
  await helper.shutdown();
  process.exit(0);
});
console.log('listening');
